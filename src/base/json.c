#include "mkscratch/json.h"

#include <assert.h>
#include <jansson.h>
#include <string.h>

#define MAX_DEPTH 64

/* struct msk_json is json_t under another name, so that no other file sees the library. */
static json_t *in(const struct msk_json *v)
{
	return (json_t *)(uintptr_t)v;
}

static struct msk_json *out_of(json_t *v)
{
	if (!v)
		msk_oom();
	return (struct msk_json *)v;
}

struct msk_json *msk_json_object(void)
{
	return out_of(json_object());
}

struct msk_json *msk_json_array(void)
{
	return out_of(json_array());
}

struct msk_json *msk_json_string(const char *utf8)
{
	return out_of(json_string(utf8));
}

struct msk_json *msk_json_text(const char *bytes)
{
	MSK_AUTO_STR s = MSK_STR_INIT;

	if (msk_utf8_valid(bytes, strlen(bytes)))
		return msk_json_string(bytes);
	msk_str_add_escaped(&s, bytes, strlen(bytes));
	return msk_json_string(msk_str_c(&s));
}

struct msk_json *msk_json_int(int64_t n)
{
	return out_of(json_integer(n));
}

struct msk_json *msk_json_bool(bool b)
{
	return out_of(json_boolean(b));
}

struct msk_json *msk_json_text_or_null(const char *bytes)
{
	return bytes ? msk_json_text(bytes) : msk_json_null();
}

struct msk_json *msk_json_null(void)
{
	return out_of(json_null());
}

struct msk_json *msk_json_strings(const struct msk_strv *sv)
{
	struct msk_json *array = msk_json_array();

	for (size_t i = 0; i < sv->n; i++)
		msk_json_push(array, msk_json_string(sv->v[i]));
	return array;
}

struct msk_json *msk_json_share(const struct msk_json *v)
{
	return out_of(json_incref(in(v)));
}

void msk_json_free(struct msk_json *own_v)
{
	json_decref(in(own_v));
}

void msk_json_cleanup(struct msk_json **v)
{
	msk_json_free(*v);
}

void msk_json_set(struct msk_json *object, const char *key, struct msk_json *own_value)
{
	if (json_object_set_new(in(object), key, in(own_value)) < 0)
		msk_oom();
}

void msk_json_set_string(struct msk_json *object, const char *key, const char *utf8)
{
	msk_json_set(object, key, msk_json_string(utf8));
}

static struct msk_json *base64(const char *bytes)
{
	MSK_AUTO_STR s = MSK_STR_INIT;

	msk_str_add_base64(&s, bytes, strlen(bytes));
	return msk_json_string(msk_str_c(&s));
}

void msk_json_set_text(struct msk_json *object, const char *key, const char *bytes)
{
	MSK_AUTO_FREE char *exact = NULL;

	msk_json_set(object, key, msk_json_text_or_null(bytes));
	if (!bytes || msk_utf8_valid(bytes, strlen(bytes)))
		return;
	exact = msk_xasprintf("%s_base64", key);
	msk_json_set(object, exact, base64(bytes));
}

void msk_json_set_texts(struct msk_json *object, const char *key, const struct msk_strv *bytes)
{
	MSK_AUTO_FREE char *exact = msk_xasprintf("%s_base64", key);
	struct msk_json *texts = msk_json_array(), *all;
	bool valid = true;

	for (size_t i = 0; i < bytes->n; i++) {
		msk_json_push(texts, msk_json_text(bytes->v[i]));
		valid = valid && msk_utf8_valid(bytes->v[i], strlen(bytes->v[i]));
	}
	msk_json_set(object, key, texts);
	if (valid)
		return;
	all = msk_json_array();
	for (size_t i = 0; i < bytes->n; i++)
		msk_json_push(all, base64(bytes->v[i]));
	msk_json_set(object, exact, all);
}

void msk_json_set_int(struct msk_json *object, const char *key, int64_t n)
{
	msk_json_set(object, key, msk_json_int(n));
}

void msk_json_push(struct msk_json *array, struct msk_json *own_value)
{
	if (json_array_append_new(in(array), in(own_value)) < 0)
		msk_oom();
}

void msk_json_insert(struct msk_json *array, size_t i, struct msk_json *own_value)
{
	if (json_array_insert_new(in(array), i, in(own_value)) < 0)
		msk_oom();
}

void msk_json_remove(struct msk_json *array, size_t i)
{
	json_array_remove(in(array), i);
}

void msk_json_unset(struct msk_json *object, const char *key)
{
	json_object_del(in(object), key);
}

static int add_chunk(const char *buf, size_t n, void *arg)
{
	msk_str_add(arg, buf, n);
	return 0;
}

static void dump(const struct msk_json *v, struct msk_str *out, size_t flags, json_dump_callback_t add)
{
	if (json_dump_callback(in(v), add, out, flags | JSON_SORT_KEYS | JSON_ENCODE_ANY) < 0)
		msk_oom();
}

void msk_json_dump(const struct msk_json *v, struct msk_str *out)
{
	dump(v, out, JSON_COMPACT, add_chunk);
}

void msk_json_dump_string(const char *utf8, struct msk_str *out)
{
	MSK_AUTO_JSON *string = msk_json_string(utf8);

	msk_json_dump(string, out);
}

void msk_json_dump_strings(const struct msk_strv *sv, struct msk_str *out)
{
	msk_str_addc(out, '[');
	for (size_t i = 0; i < sv->n; i++) {
		msk_str_adds(out, i ? "," : "");
		msk_json_dump_string(sv->v[i], out);
	}
	msk_str_addc(out, ']');
}

static void add_member(struct msk_str *out, const char *key, const struct msk_json *value, const char *bytes)
{
	if (out->buf[out->len - 1] != '{')
		msk_str_addc(out, ',');
	msk_json_dump_string(key, out);
	msk_str_addc(out, ':');
	assert(value || bytes);
	if (value)
		msk_json_dump(value, out);
	else
		msk_str_adds(out, bytes);
}

struct merging {
	const struct msk_json_member *more;
	size_t n;
	struct msk_str *out;
};

static void merge_member(void *arg, const char *key, const struct msk_json *value)
{
	struct merging *m = arg;

	for (; m->n && strcmp(m->more->key, key) < 0; m->more++, m->n--)
		add_member(m->out, m->more->key, NULL, m->more->value);
	add_member(m->out, key, value, NULL);
}

void msk_json_dump_with(const struct msk_json *object, const struct msk_json_member *more, size_t n, struct msk_str *out)
{
	struct merging m = { more, n, out };

	msk_str_addc(out, '{');
	msk_json_each(object, merge_member, &m);
	for (; m.n; m.more++, m.n--)
		add_member(out, m.more->key, NULL, m.more->value);
	msk_str_addc(out, '}');
}

/* RFC 8259, 7: what has to be escaped; the five with a letter of their own, the others by number. */
size_t msk_json_dumped_length(const char *utf8, size_t n)
{
	size_t length = n + 2;

	for (size_t i = 0; i < n; i++) {
		unsigned char c = (unsigned char)utf8[i];

		if (c == '"' || c == '\\' || memchr("\b\f\n\r\t", c, 5))
			length++;
		else if (c < 0x20)
			length += strlen("u0000");
	}
	return length;
}

bool msk_json_rows_add(void *rows, const struct msk_json *row)
{
	struct msk_json_rows *r = rows;

	msk_str_addc(&r->text, r->text.len ? ',' : '[');
	msk_json_dump(row, &r->text);
	r->full = r->text.len >= MSK_MAX_DOCUMENT;
	return !r->full;
}

void msk_json_rows_end(struct msk_json_rows *rows)
{
	msk_str_adds(&rows->text, rows->text.len ? "]" : "[]");
}

static void add_utf16(struct msk_str *out, uint32_t c)
{
	if (c >= 0x10000)
		msk_str_addf(out, "\\u%04x\\u%04x", 0xD800 + (c - 0x10000) / 0x400, 0xDC00 + (c - 0x10000) % 0x400);
	else
		msk_str_addf(out, "\\u%04x", c);
}

/* The library never cuts a character in two. */
static int add_safe_chunk(const char *buf, size_t n, void *arg)
{
	size_t run = 0;

	for (size_t i = 0; i < n;) {
		uint32_t c;
		size_t len = msk_utf8_take(buf + i, n - i, &c);

		if (!msk_utf8_is_safe(c)) {
			msk_str_add(arg, buf + run, i - run);
			add_utf16(arg, c);
			run = i + len;
		}
		i += len ? len : 1;          /* there is nothing but UTF-8 */
	}
	msk_str_add(arg, buf + run, n - run);
	return 0;
}

void msk_json_dump_safe(const struct msk_json *v, struct msk_str *out)
{
	dump(v, out, JSON_COMPACT, add_safe_chunk);
}

void msk_json_dump_pretty(const struct msk_json *v, struct msk_str *out)
{
	dump(v, out, JSON_INDENT(2), add_chunk);
	msk_str_addc(out, '\n');
}

/* No string of JSON holds a newline as it is: behind one that is no other, `key` with this indent is the member. */
static const char *find_empty(const char *text, const char *key)
{
	MSK_AUTO_FREE char *member = msk_xasprintf("\n  \"%s\": [", key);
	const char *at = strstr(text, member);

	return at ? at + strlen(member) : NULL;
}

static void add_indented(const struct msk_json *row, struct msk_str *one, struct msk_str *out)
{
	const char *line;
	size_t n;

	one->len = 0;
	dump(row, one, JSON_INDENT(2), add_chunk);
	for (line = one->buf; *line; line += n + (line[n] == '\n')) {
		n = strcspn(line, "\n");
		msk_str_adds(out, "\n    ");
		msk_str_add(out, line, n);
	}
}

void msk_json_dump_pretty_rows(struct msk_json *own_object, const char *key, struct msk_json *(*row)(void *arg, size_t i),
			       size_t n, void *arg, struct msk_str *out)
{
	MSK_AUTO_STR frame = MSK_STR_INIT, one = MSK_STR_INIT;
	const char *at;

	msk_json_dump_pretty(own_object, &frame);
	msk_json_free(own_object);
	at = find_empty(frame.buf, key);
	assert(at && *at == ']');
	msk_str_add(out, frame.buf, (size_t)(at - frame.buf));
	for (size_t i = 0; i < n; i++) {
		MSK_AUTO_JSON *v = row(arg, i);

		msk_str_adds(out, i ? "," : "");
		add_indented(v, &one, out);
	}
	msk_str_adds(out, n ? "\n  " : "");
	msk_str_adds(out, at);
}

/* What is measured on the bytes, before anything is made of them or recurses over them. */
struct shape {
	int depth;
	size_t values;
};

static struct shape measure(const char *buf, size_t n)
{
	struct shape s = { 0, 1 };
	bool in_string = false;
	int depth = 0;

	for (size_t i = 0; i < n; i++) {
		if (in_string) {
			if (buf[i] == '\\')
				i++;
			else if (buf[i] == '"')
				in_string = false;
		} else if (buf[i] == '"') {
			in_string = true;
		} else if (buf[i] == '[' || buf[i] == '{') {
			s.values++;
			if (++depth > s.depth)
				s.depth = depth;
		} else if (buf[i] == ']' || buf[i] == '}') {
			depth--;
		} else if (buf[i] == ',') {
			s.values++;
		}
	}
	return s;
}

size_t msk_json_values(const char *buf, size_t n)
{
	return measure(buf, n).values;
}

/* The library quotes the key it met twice as `... near '"key"'`. */
static int parse_failure(const json_error_t *e, const char *name, struct msk_err *err)
{
	const char *near = strstr(e->text, " near '");

	if (json_error_code(e) == json_error_out_of_memory)
		msk_oom();
	if (json_error_code(e) == json_error_null_character || json_error_code(e) == json_error_null_byte_in_key)
		return msk_fail(err, MSK_E_INPUT, "%s: line %d, column %d: U+0000 in a string", name, e->line,
				e->column ? e->column : 1);
	if (json_error_code(e) == json_error_duplicate_key && near) {
		const char *key = near + strlen(" near '");

		return msk_fail(err, MSK_E_INPUT, "%s: line %d: key %.*s given twice", name, e->line,
				(int)strcspn(key, "'"), key);
	}
	return msk_fail(err, MSK_E_INPUT, "%s: line %d, column %d: %s", name, e->line, e->column ? e->column : 1, e->text);
}

/* What does not is refused at its first word, however deep brackets seem to lie in it. */
static bool begins_document(const char *buf, size_t n)
{
	size_t at = 0;

	while (at < n && buf[at] && strchr(" \t\r\n", buf[at]))
		at++;
	return at < n && (buf[at] == '[' || buf[at] == '{');
}

int msk_json_parse(const char *buf, size_t n, const char *name, struct msk_json **out, struct msk_err *err)
{
	struct shape shape = begins_document(buf, n) ? measure(buf, n) : (struct shape){ 0, 0 };
	json_error_t e;
	json_t *v;

	if (n == 0)
		return msk_fail(err, MSK_E_INPUT, "%s: is empty", name);
	if (shape.depth > MAX_DEPTH)
		return msk_fail(err, MSK_E_INPUT, "%s: nested deeper than %d", name, MAX_DEPTH);
	if (shape.values > MSK_MAX_VALUES)
		return msk_fail(err, MSK_E_INPUT, "%s: more than %d values", name, MSK_MAX_VALUES);
	v = json_loadb(buf, n, JSON_REJECT_DUPLICATES, &e);
	if (!v)
		return parse_failure(&e, name, err);
	*out = (struct msk_json *)v;
	return 0;
}

struct msk_json *msk_json_get_mut(struct msk_json *object, const char *key)
{
	return (struct msk_json *)json_object_get(in(object), key);
}

const struct msk_json *msk_json_get(const struct msk_json *object, const char *key)
{
	return (const struct msk_json *)json_object_get(in(object), key);
}

const char *msk_json_get_string(const struct msk_json *object, const char *key)
{
	return json_string_value(json_object_get(in(object), key));
}

bool msk_json_get_int(const struct msk_json *object, const char *key, int64_t *out)
{
	json_t *v = json_object_get(in(object), key);

	if (!json_is_integer(v))
		return false;
	*out = json_integer_value(v);
	return true;
}

bool msk_json_is_object(const struct msk_json *v)
{
	return json_is_object(in(v));
}

bool msk_json_is_array(const struct msk_json *v)
{
	return json_is_array(in(v));
}

bool msk_json_is_null(const struct msk_json *v)
{
	return json_is_null(in(v));
}

bool msk_json_is_true(const struct msk_json *v)
{
	return json_is_true(in(v));
}

bool msk_json_is_string(const struct msk_json *v)
{
	return json_is_string(in(v));
}

bool msk_json_is_bool(const struct msk_json *v)
{
	return json_is_boolean(in(v));
}

bool msk_json_int_value(const struct msk_json *v, int64_t *out)
{
	*out = json_integer_value(in(v));
	return json_is_integer(in(v));
}

const char *msk_json_string_value(const struct msk_json *v)
{
	return json_string_value(in(v));
}

size_t msk_json_count(const struct msk_json *array_or_object)
{
	const json_t *v = in(array_or_object);

	return json_is_object(v) ? json_object_size(v) : json_array_size(v);
}

const struct msk_json *msk_json_at(const struct msk_json *array, size_t i)
{
	return (const struct msk_json *)json_array_get(in(array), i);
}

struct msk_json *msk_json_at_mut(struct msk_json *array, size_t i)
{
	return (struct msk_json *)json_array_get(in(array), i);
}

bool msk_json_equal(const struct msk_json *a, const struct msk_json *b)
{
	return a == b || json_equal(in(a), in(b));
}

void msk_json_each(const struct msk_json *object,
		   void (*visit)(void *arg, const char *key, const struct msk_json *value), void *arg)
{
	MSK_AUTO_STRV keys = MSK_STRV_INIT;
	const char *key;
	json_t *value;

	json_object_foreach(in(object), key, value)
		msk_strv_push(&keys, key);
	msk_strv_sort(&keys);
	for (size_t i = 0; i < keys.n; i++)
		visit(arg, keys.v[i], msk_json_get(object, keys.v[i]));
}
