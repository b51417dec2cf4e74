#include "tar_headers.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define BLOCK 512u

/* Fields of a header. */
enum {
	MODE = 100, UID = 108, GID = 116, SIZE = 124, MTIME = 136, TYPE = 156, MAGIC = 257, MAJOR = 329, MINOR = 337,
	PREFIX = 345, GNU_REST = 369, GNU_END = 495, STAR_PREFIX_END = 475, STAR_MAGIC = 508,
};

struct run {
	const unsigned char *p;
	uint64_t n, at;
	unsigned pax, name, link;      /* how many of each extension */
	bool sparse, major, minor;     /* of pax records: any of a sparse file; its form is 1.0 */
	bool has_size;
	int64_t size;
	struct text { const char *p; size_t n; } path, linkpath, sparse_name;
	struct tar_told *told;
};

void tar_headers_add(struct tar_headers *h, uint64_t at, const void *p, size_t n)
{
	uint64_t gone = h->next > h->from ? h->next - h->from : 0, skip = h->next > at ? h->next - at : 0;

	if (gone > 0) {
		gone = gone < h->kept.len ? gone : h->kept.len;
		memmove(h->kept.buf, h->kept.buf + gone, h->kept.len - gone);
		h->kept.len -= gone;
		h->from += gone;
	}
	if (skip >= n)
		return;
	if (h->kept.len == 0)
		h->from = at + skip;
	msk_str_add(&h->kept, (const char *)p + skip, n - skip);
}

/* Octal between blanks, ended by NUL; or, the first bit set, 8 bytes at the end and before them only their sign. Blank: 0. */
static bool read_number(const unsigned char *p, size_t n, int64_t *out)
{
	uint64_t v = 0;
	size_t i = 0, first;

	*out = 0;
	if (p[0] & 0x80) {
		v = p[0] == 0xff ? UINT64_MAX : 0;
		for (i = 1; i < n; i++) {
			if (i + 8 < n && p[i] != (p[0] == 0xff ? 0xff : 0))
				return false;
			v = v << 8 | p[i];
		}
		*out = (int64_t)v;
		return (p[0] == 0x80 || p[0] == 0xff) && (*out < 0) == (p[0] == 0xff);
	}
	while (i < n && p[i] == ' ')
		i++;
	for (first = i; i < n && p[i] >= '0' && p[i] <= '7'; i++)
		v = v << 3 | (uint64_t)(p[i] - '0');
	*out = (int64_t)v;
	if (i > first && i < n && p[i] == '\0')
		return true;
	while (i < n && (p[i] == ' ' || p[i] == '\0'))
		i++;
	return i == n;
}

static bool is_number(const unsigned char *p, size_t n)
{
	int64_t v;

	return read_number(p, n, &v);
}

static bool is_zero(const unsigned char *p, size_t from, size_t to)
{
	while (from < to && p[from] == '\0')
		from++;
	return from == to;
}

static bool is_key(const char *key, size_t n, const char *text)
{
	return strlen(text) == n && memcmp(key, text, n) == 0;
}

static size_t digits(const char *p, size_t n)
{
	size_t i = 0;

	while (i < n && isdigit((unsigned char)p[i]))
		i++;
	return i;
}

static bool fits(const char *p, size_t n)
{
	int64_t v = 0;

	for (size_t i = 0; i < n; i++)
		if (__builtin_mul_overflow(v, 10, &v) || __builtin_add_overflow(v, p[i] - '0', &v))
			return false;
	return true;
}

/* Digits, as many as 63 bits have; of a time also a sign before and a fraction behind. */
static bool is_decimal(const char *p, size_t n, bool time)
{
	size_t sign = time && n > 0 && p[0] == '-', whole = digits(p + sign, n - sign), i = sign + whole;

	if (time && i < n && p[i] == '.')
		i += 1 + digits(p + i + 1, n - i - 1);
	return i == n && whole > 0 && fits(p + sign, whole);
}

/* Of the records only those that runtimes go by. An empty one takes none away that stands in the header. */
static const char *read_record(struct run *r, const char *key, size_t n, const char *value, size_t length)
{
	bool time = is_key(key, n, "mtime") || is_key(key, n, "atime") || is_key(key, n, "ctime");

	if (n > 11 && memcmp(key, "GNU.sparse.", 11) == 0) {
		r->sparse = true;
		r->major = r->major || (is_key(key, n, "GNU.sparse.major") && is_key(value, length, "1"));
		r->minor = r->minor || (is_key(key, n, "GNU.sparse.minor") && is_key(value, length, "0"));
	}
	if (is_key(key, n, "path"))
		r->path = (struct text){ value, length };
	if (is_key(key, n, "linkpath"))
		r->linkpath = (struct text){ value, length };
	if (is_key(key, n, "GNU.sparse.name"))
		r->sparse_name = (struct text){ value, length };
	if ((is_key(key, n, "path") || is_key(key, n, "linkpath") || is_key(key, n, "uname") || is_key(key, n, "gname")) &&
	    (length == 0 || memchr(value, '\0', length)))
		return "a name that is empty or has a NUL";
	if ((time || is_key(key, n, "uid") || is_key(key, n, "gid") || is_key(key, n, "size")) &&
	    !is_decimal(value, length, time))
		return "a number";
	if (is_key(key, n, "size")) {
		r->has_size = true;
		r->size = strtoll(value, NULL, 10);
	}
	return NULL;
}

/* "LENGTH KEY=VALUE\n", one after the other. */
static const char *read_records(struct run *r, const char *p, uint64_t n)
{
	const char *why = NULL;

	while (n > 0 && !why) {
		uint64_t length = 0, i = 0;
		const char *equals;

		while (i < n && i < 12 && isdigit((unsigned char)p[i]))
			length = 10 * length + (uint64_t)(p[i++] - '0');
		if (i == 0 || length > n || i + 2 >= length || p[i] != ' ' || p[length - 1] != '\n')
			return "pax records";
		i++;
		equals = memchr(p + i, '=', length - i);
		if (!equals)
			return "pax records";
		why = read_record(r, p + i, (size_t)(equals - p - (ptrdiff_t)i), equals + 1, (size_t)(p + length - equals - 2));
		p += length;
		n -= length;
	}
	return why;
}

static bool are_numbers(const unsigned char *b)
{
	bool devices = memcmp(b + MAGIC, "ustar", 5) == 0;

	return is_number(b + MODE, 8) && is_number(b + UID, 8) && is_number(b + GID, 8) && is_number(b + SIZE, 12) &&
	       is_number(b + MTIME, 12) && (!devices || (is_number(b + MAJOR, 8) && is_number(b + MINOR, 8)));
}

/* Which fields there are, and are those numbers that have to be? */
static const char *check_form(const unsigned char *b)
{
	bool ustar = memcmp(b + MAGIC, "ustar", 6) == 0, gnu = memcmp(b + MAGIC, "ustar  ", 8) == 0;

	if (!ustar && !gnu && memcmp(b + MAGIC, "ustar", 5) == 0)
		return "the version";
	if (ustar && memcmp(b + STAR_MAGIC, "tar", 4) == 0 && b[STAR_PREFIX_END] != '\0')
		return "where the path ends";
	if (gnu && (!is_number(b + PREFIX, 12) || !is_number(b + PREFIX + 12, 12) || !is_zero(b, GNU_REST, GNU_END)))
		return "what follows the devices";
	return are_numbers(b) ? NULL : "a number";
}

/* May this one still come? Of two, or of pax records and a long name, readers prefer one or the other. */
static bool is_clear(struct run *r, unsigned char type)
{
	unsigned before = r->pax + r->name + r->link;

	switch (type) {
	case 'x': return r->pax++ + before == 0;
	case 'L': return r->name++ + r->pax == 0;
	case 'K': return r->link++ + r->pax == 0;
	default: return before == 0;
	}
}

/* Global records are passed over by the library and by runtimes; GNU tar goes by them. Owners and times, as who makes archives
 * writes them, may differ by that; these make other entries. */
static bool names_or_sizes(const struct run *global)
{
	return global->path.p || global->linkpath.p || global->has_size || global->sparse;
}

/* A header of the entry behind it, or of all. */
static const char *read_extension(struct run *r, const unsigned char *b)
{
	struct run all_that_follow = { 0 };
	unsigned char type = b[TYPE];
	const char *text, *why;
	uint64_t all;
	int64_t size;

	read_number(b + SIZE, 12, &size);
	if (size < 0 || (uint64_t)size > r->n - r->at)
		return "the size of an extension";
	all = (uint64_t)size + -(uint64_t)size % BLOCK;
	if (all > r->n - r->at)
		return "the size of an extension";
	if (!is_clear(r, type))
		return "which extension holds";
	text = (const char *)r->p + r->at;
	r->at += all;
	if (type == 'L' || type == 'K')
		return size > 0 && *text ? NULL : "a name that is empty or has a NUL";
	why = read_records(type == 'x' ? r : &all_that_follow, text, (uint64_t)size);
	return why ? why : names_or_sizes(&all_that_follow) ? "a path or size for all that follows" : NULL;
}

static const char *read_entry(struct run *r, const unsigned char *b)
{
	bool file = b[TYPE] == '0' || b[TYPE] == '\0';
	const struct text *path;
	int64_t mode, size;

	if (r->sparse && !(r->major && r->minor && file))
		return "a sparse file of an old form";
	read_number(b + MODE, 8, &mode);
	read_number(b + SIZE, 12, &size);
	size = r->has_size ? r->size : size;
	if (size < 0 || size > INT64_MAX / 2)
		return "the size";
	path = r->sparse && r->sparse_name.p ? &r->sparse_name : &r->path;
	*r->told = (struct tar_told){
		.mode = (uint32_t)mode & 07777, .body = file ? (uint64_t)size : 0, .type = (char)b[TYPE], .sparse = r->sparse,
		.path = path->p, .path_len = path->n, .link = r->linkpath.p, .link_len = r->linkpath.n,
	};
	return NULL;
}

const char *tar_headers_next(struct tar_headers *h, uint64_t start, uint64_t end, struct tar_told *out)
{
	struct run r = { .told = out };
	const char *why = NULL;
	bool done = false;

	*out = (struct tar_told){ 0 };
	if (start != h->next || start < h->from || end > h->from + h->kept.len)
		return "where the entry begins";
	r.p = (const unsigned char *)h->kept.buf + (start - h->from);
	r.n = end - start;
	while (!why && !done && r.n - r.at >= BLOCK) {
		const unsigned char *b = r.p + r.at;

		r.at += BLOCK;
		done = !memchr("xgLK", b[TYPE], 4);
		why = done && b[TYPE] && !strchr("0123456", b[TYPE]) ? "the type" : check_form(b);
		if (!why)
			why = done ? read_entry(&r, b) : read_extension(&r, b);
	}
	if (!why && (!done || (r.at != r.n && !(out->sparse && r.n - r.at <= out->body))))
		why = "where the headers end";
	h->body_end = start + r.at + out->body;
	h->next = h->body_end + -out->body % BLOCK;
	return why;
}

size_t tar_headers_at_end(const struct tar_headers *h)
{
	uint64_t end = h->from + h->kept.len;

	return h->next < h->from || h->next > end ? 0 : (size_t)(end - h->next);
}

size_t tar_headers_lack(const struct tar_headers *h, uint64_t end)
{
	return end >= h->body_end && end < h->next ? (size_t)(h->next - end) : 0;
}

const char *tar_headers_end(const struct tar_headers *h)
{
	size_t n = tar_headers_at_end(h);
	const unsigned char *p = n ? (const unsigned char *)h->kept.buf + (h->next - h->from) : NULL;

	if (n < BLOCK)
		return NULL;
	if (!is_zero(p, 0, BLOCK))
		return "the type";
	return n == BLOCK || (n >= TAR_END && is_zero(p, BLOCK, TAR_END)) ? NULL :
		"one block of zeros, where an end has two";
}

void tar_headers_release(struct tar_headers *h)
{
	msk_str_release(&h->kept);
}
