/* Growable byte strings and vectors of strings.
 *
 * Invariant of msk_str: once anything was added, buf[len] is NUL; an empty one may have buf == NULL, so print
 * through msk_str_c(). Contents may hold NUL bytes. */
#ifndef MKSCRATCH_STR_H
#define MKSCRATCH_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "mkscratch/mem.h"

struct msk_str {
	char *buf;
	size_t len, cap;
};

#define MSK_STR_INIT { NULL, 0, 0 }
#define MSK_AUTO_STR MSK_CLEANUP(msk_str_release) struct msk_str

void msk_str_release(struct msk_str *s);
void msk_str_add(struct msk_str *s, const void *p, size_t n);
/* Room for n bytes behind what there is. Whoever writes k of them calls msk_str_wrote(s, k) before anything else. */
char *msk_str_room(struct msk_str *s, size_t n);
void msk_str_wrote(struct msk_str *s, size_t k);
void msk_str_adds(struct msk_str *s, const char *text);
void msk_str_addc(struct msk_str *s, char c);
void msk_str_addf(struct msk_str *s, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* As %llo, %llu or %llx would, where a format is too slow: 8, 10 or 16. */
void msk_str_addu(struct msk_str *s, unsigned long long n, unsigned base);
const char *msk_str_c(const struct msk_str *s);
char *msk_str_take(struct msk_str *s);            /* heap string, never NULL; s is empty afterwards */

/* A name or a value from elsewhere as a person is shown it, so that it can reach a terminal and is told from any other: with
 * control characters, bytes that are no UTF-8 and characters that are not seen but turn or break the line (as U+202E) as
 * \xNN, byte by byte, and a backslash doubled. */
void msk_str_add_shown(struct msk_str *s, const char *text, size_t n);
/* The same of what has escapes of its own already (JSON, a record): backslashes stay as they are. */
void msk_str_add_safe(struct msk_str *s, const char *text, size_t n);
/* For programs: the form that names have in records of images and in JSON. Only control characters and bytes that are no UTF-8
 * are \xNN. Bytes of images depend on it. */
void msk_str_add_escaped(struct msk_str *s, const char *text, size_t n);

/* RFC 4648, with padding. */
void msk_str_add_base64(struct msk_str *s, const void *bytes, size_t n);

/* "3.2 MB": decimal units, one digit behind the point from kB on. */
void msk_str_add_size(struct msk_str *s, unsigned long long bytes);

bool msk_utf8_valid(const char *text, size_t n);
/* The character that n > 0 bytes begin with: how long it is, and its number; 0: none of UTF-8. */
size_t msk_utf8_take(const char *text, size_t n, uint32_t *c);
/* May a person be shown it as it is? */
bool msk_utf8_is_safe(uint32_t c);
bool msk_starts_with(const char *s, const char *prefix);
bool msk_ends_with(const char *s, const char *suffix);

/* Digits from end to end, and at least one. */
bool msk_is_digits(const char *s);

/* Parse the whole of `s` as a decimal number without sign, blank or leading plus. False when it is none or > max. */
bool msk_parse_u64(const char *s, unsigned long long max, unsigned long long *out);

/* "500M", "1.5g": bytes, or k, M, G, T (thousands), Ki, Mi, Gi, Ti (powers of 1024), in either case, each with or without a B
 * behind it; with up to three decimals. At most INT64_MAX. */
bool msk_parse_size(const char *s, unsigned long long *out);

/* The word that goes with the number. */
const char *msk_plural(unsigned long long n, const char *one, const char *many);

/* Edit distance, for "did you mean". Names over 64 bytes are infinitely far. */
size_t msk_edit_distance(const char *a, const char *b);

/* A vector that owns its strings. */
struct msk_strv {
	char **v;
	size_t n, cap;
};

#define MSK_STRV_INIT { NULL, 0, 0 }
#define MSK_AUTO_STRV MSK_CLEANUP(msk_strv_release) struct msk_strv

void msk_strv_release(struct msk_strv *sv);
void msk_strv_push(struct msk_strv *sv, const char *s);          /* copies */
void msk_strv_copy(struct msk_strv *to, const struct msk_strv *from);   /* whatever `to` held */
void msk_strv_push_own(struct msk_strv *sv, char *own_s);
bool msk_strv_has(const struct msk_strv *sv, const char *s);
void msk_strv_split(struct msk_strv *sv, const char *s, const char *separators);   /* empty parts are kept */
void msk_strv_sort(struct msk_strv *sv);                          /* by bytes, never by locale */

#endif
