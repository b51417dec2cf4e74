/* JSON values. The only door to the JSON library; a value is opaque outside.
 *
 * Ownership: builders return a value that the caller owns; msk_json_set and msk_json_push take theirs over.
 * Readers return borrowed values. Lack of memory ends the process (msk_oom), so builders never return NULL.
 * Strings must be UTF-8: the plan has checked what users typed; msk_json_text() escapes what was not checked.
 * The dump is compact with keys sorted by bytes, so it depends on the value alone; a document is dumped once
 * and those very bytes are hashed and stored. */
#ifndef MKSCRATCH_JSON_H
#define MKSCRATCH_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "mkscratch/err.h"
#include "mkscratch/str.h"

struct msk_json;

/* The largest document that is read into memory; callers see to it. And how many values one may hold, each of which takes
 * up to 130 bytes of memory. All documents of a source together may have so many bytes, and as many values as one. */
#define MSK_MAX_DOCUMENT  (4u << 20)
#define MSK_MAX_DOCUMENTS (16u << 20)
#define MSK_MAX_VALUES    200000

struct msk_json *msk_json_object(void);
struct msk_json *msk_json_array(void);
struct msk_json *msk_json_string(const char *utf8);
struct msk_json *msk_json_text(const char *bytes);            /* bytes that are no UTF-8 become \xNN */
struct msk_json *msk_json_text_or_null(const char *bytes);    /* NULL becomes null */
struct msk_json *msk_json_int(int64_t n);
struct msk_json *msk_json_bool(bool b);
struct msk_json *msk_json_null(void);
struct msk_json *msk_json_strings(const struct msk_strv *sv); /* an array */
/* The same value, owned once more, which costs nothing: none of its owners may change it from then on. */
struct msk_json *msk_json_share(const struct msk_json *v);
void msk_json_free(struct msk_json *own_v);
void msk_json_cleanup(struct msk_json **v);
#define MSK_AUTO_JSON MSK_CLEANUP(msk_json_cleanup) struct msk_json

void msk_json_set(struct msk_json *object, const char *key, struct msk_json *own_value);
void msk_json_set_string(struct msk_json *object, const char *key, const char *utf8);
/* Bytes that nobody has checked, as names of files are: as msk_json_text() has them, and where that is not the same, as they
 * are no UTF-8, a member KEY_base64 with the bytes themselves. NULL becomes null. */
void msk_json_set_text(struct msk_json *object, const char *key, const char *bytes);
/* A list of such; KEY_base64 has all of them where one is no UTF-8. */
void msk_json_set_texts(struct msk_json *object, const char *key, const struct msk_strv *bytes);
void msk_json_set_int(struct msk_json *object, const char *key, int64_t n);
void msk_json_push(struct msk_json *array, struct msk_json *own_value);
void msk_json_insert(struct msk_json *array, size_t i, struct msk_json *own_value);
void msk_json_remove(struct msk_json *array, size_t i);
void msk_json_unset(struct msk_json *object, const char *key);   /* absent: nothing */

/* Append the compact form; no newline. */
void msk_json_dump(const struct msk_json *v, struct msk_str *out);
/* The same of a string, and of a list of them, of which there is no value. */
void msk_json_dump_string(const char *utf8, struct msk_str *out);
void msk_json_dump_strings(const struct msk_strv *sv, struct msk_str *out);
/* The same of an object that has members more, of which there are the bytes already: the compact forms of values. In the order
 * of their keys. */
struct msk_json_member {
	const char *key;
	const char *value;
};
void msk_json_dump_with(const struct msk_json *object, const struct msk_json_member *more, size_t n, struct msk_str *out);
/* How long a string with this text is in the compact form. */
size_t msk_json_dumped_length(const char *utf8, size_t n);

/* Of a list that is never there as a whole: row by row, each borrowed. False: no more of them. */
typedef bool msk_json_row_visitor(void *arg, const struct msk_json *row);
/* The list as bytes, in the compact form: what visits the rows is this with the text. It ends where there are more bytes than a
 * document may have: then `full` is set, and the text is of no use. */
struct msk_json_rows {
	struct msk_str text;
	bool full;
};
bool msk_json_rows_add(void *rows, const struct msk_json *row);
void msk_json_rows_end(struct msk_json_rows *rows);
/* The same value where a terminal may be what reads it: characters that msk_utf8_is_safe() is false of are \uXXXX. Never
 * hashed. */
void msk_json_dump_safe(const struct msk_json *v, struct msk_str *out);
/* The same value for people: indented by two, a newline at the end. Never hashed. */
void msk_json_dump_pretty(const struct msk_json *v, struct msk_str *out);
/* The same of an object with very many rows in one of its members: there it has an empty array, and the n rows are made one by
 * one. Takes own_object over. */
void msk_json_dump_pretty_rows(struct msk_json *own_object, const char *key, struct msk_json *(*row)(void *arg, size_t i),
			       size_t n, void *arg, struct msk_str *out);

/* Parse untrusted bytes: an object or array at the top, no key twice, nested 64 deep at most. `name` is for messages.
 * Fails: MSK_E_INPUT `<name>: line 9: key "digest" given twice`, `<name>: nested deeper than 64`,
 * `<name>: more than 200000 values`, ... */
int msk_json_parse(const char *buf, size_t n, const char *name, struct msk_json **out, struct msk_err *err);

/* No fewer values than these bytes hold; by their commas and brackets, without parsing them. */
size_t msk_json_values(const char *buf, size_t n);

/* Readers: NULL, false or 0 when the value is absent or of another kind. */
const struct msk_json *msk_json_get(const struct msk_json *object, const char *key);
const char *msk_json_get_string(const struct msk_json *object, const char *key);
bool msk_json_get_int(const struct msk_json *object, const char *key, int64_t *out);
bool msk_json_is_object(const struct msk_json *v);
bool msk_json_is_array(const struct msk_json *v);
bool msk_json_is_string(const struct msk_json *v);
bool msk_json_is_true(const struct msk_json *v);
bool msk_json_is_null(const struct msk_json *v);
bool msk_json_is_bool(const struct msk_json *v);
bool msk_json_int_value(const struct msk_json *v, int64_t *out);
const char *msk_json_string_value(const struct msk_json *v);
size_t msk_json_count(const struct msk_json *array_or_object);
const struct msk_json *msk_json_at(const struct msk_json *array, size_t i);
struct msk_json *msk_json_at_mut(struct msk_json *array, size_t i);
struct msk_json *msk_json_get_mut(struct msk_json *object, const char *key);
/* Do they say the same? NULL is the same as NULL alone. */
bool msk_json_equal(const struct msk_json *a, const struct msk_json *b);
/* Visit the members of an object in the order of their keys' bytes. */
void msk_json_each(const struct msk_json *object,
		   void (*visit)(void *arg, const char *key, const struct msk_json *value), void *arg);

#endif
