#include "mkscratch/pem.h"

#include <string.h>

#define DASHES "-----"
#define LINE_BYTES 48           /* of DER in a line of 64 characters */

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void msk_pem_init(struct msk_pem *r, const char *text, size_t n)
{
	*r = (struct msk_pem){ .p = text, .end = text + n, .line = 1 };
	if (n >= 3 && memcmp(text, "\xEF\xBB\xBF", 3) == 0)      /* some editors put a byte order mark */
		r->p += 3;
}

struct line {
	const char *p;
	size_t n;                   /* without the line end and blanks before it */
};

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

static bool next_line(struct msk_pem *r, struct line *out)
{
	const char *nl;
	size_t n;

	if (r->p == r->end)
		return false;
	nl = memchr(r->p, '\n', (size_t)(r->end - r->p));
	n = (size_t)((nl ? nl : r->end) - r->p);
	*out = (struct line){ r->p, n };
	while (out->n && is_blank(out->p[out->n - 1]))
		out->n--;
	r->p += n + (nl != NULL);
	r->line++;
	return true;
}

/* Does the line look as though it was meant to be "-----BEGIN" or "-----END"? */
static bool looks_like(const struct line *l, const char *word)
{
	size_t at = 0, n = strlen(word);

	while (at < l->n && is_blank(l->p[at]))
		at++;
	return l->n - at >= n && memcmp(l->p + at, word, n) == 0;
}

/* The label of a well-formed "-----<word> LABEL-----" line, in out. */
static bool boundary(const struct line *l, const char *word, struct line *out)
{
	size_t head = strlen(word), tail = strlen(DASHES);

	if (l->n <= head + tail || memcmp(l->p, word, head) != 0 || memcmp(l->p + l->n - tail, DASHES, tail) != 0)
		return false;
	*out = (struct line){ l->p + head, l->n - head - tail };
	return memchr(out->p, '-', out->n) == NULL;
}

/* Read up to the END line of a block that has begun. */
static int finish_block(struct msk_pem *r, struct msk_pem_block *b, const char *name, struct msk_err *err)
{
	struct line l, label;

	b->body = b->body_end = r->p;
	while (next_line(r, &l)) {
		if (looks_like(&l, DASHES "BEGIN"))
			break;
		if (looks_like(&l, DASHES "END")) {
			if (boundary(&l, DASHES "END ", &label) && label.n == b->label_len &&
			    memcmp(label.p, b->label, label.n) == 0)
				return 0;
			return msk_fail(err, MSK_E_INPUT, "%s: block %u (line %u): END line does not match", name,
					r->blocks, r->line - 1);
		}
		b->body_end = r->p;
	}
	return msk_fail(err, MSK_E_INPUT, "%s: block %u (line %u): no END line", name, r->blocks, b->line);
}

int msk_pem_next(struct msk_pem *r, struct msk_pem_block *out, bool *found, const char *name, struct msk_err *err)
{
	struct line l, label;

	while (next_line(r, &l)) {
		if (looks_like(&l, DASHES "END"))
			return msk_fail(err, MSK_E_INPUT, "%s: line %u: END without BEGIN", name, r->line - 1);
		if (!looks_like(&l, DASHES "BEGIN"))
			continue;
		if (!boundary(&l, DASHES "BEGIN ", &label))
			return msk_fail(err, MSK_E_INPUT, "%s: line %u: malformed BEGIN line", name, r->line - 1);
		r->blocks++;
		*out = (struct msk_pem_block){ .label = label.p, .label_len = label.n, .line = r->line - 1 };
		*found = true;
		return finish_block(r, out, name, err);
	}
	*found = false;
	return 0;
}

bool msk_pem_label_has(const struct msk_pem_block *b, const char *word)
{
	return memmem(b->label, b->label_len, word, strlen(word)) != NULL;
}

bool msk_pem_label_is(const struct msk_pem_block *b, const char *label)
{
	return b->label_len == strlen(label) && memcmp(b->label, label, b->label_len) == 0;
}

/* Bytes of base64 on their way to bytes. */
struct decoder {
	unsigned bits, n_chars, n_pad;      /* of the present group of four */
	bool ended;                         /* padding was seen: nothing may follow */
};

static int value_of(char c)
{
	/* What the alphabet says, plus one: zero is what is not in it. */
	static const unsigned char values[256] = {
		['A'] = 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26,
		['a'] = 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40, 41, 42, 43, 44, 45, 46, 47, 48, 49, 50,
		51, 52, ['0'] = 53, 54, 55, 56, 57, 58, 59, 60, 61, 62, ['+'] = 63, ['/'] = 64,
	};

	return values[(unsigned char)c] - 1;
}

static bool end_group(struct decoder *d, struct msk_str *out)
{
	unsigned bytes = 3 - d->n_pad;
	unsigned char b[3] = { (unsigned char)(d->bits >> 16), (unsigned char)(d->bits >> 8), (unsigned char)d->bits };

	/* Bits that fall away must be zero, or two texts would mean the same bytes. */
	for (unsigned i = bytes; i < 3; i++)
		if (b[i])
			return false;
	msk_str_add(out, b, bytes);
	d->ended = d->n_pad > 0;
	d->bits = d->n_chars = d->n_pad = 0;
	return true;
}

static bool take_char(struct decoder *d, char c, struct msk_str *out)
{
	int v = value_of(c);

	if (d->ended)
		return false;
	if (c == '=' && d->n_chars >= 2)
		d->n_pad++;
	else if (v < 0 || d->n_pad)
		return false;
	d->bits = d->bits << 6 | (v < 0 ? 0 : (unsigned)v);
	return ++d->n_chars < 4 || end_group(d, out);
}

/* The whole groups from p on, up to what takes a closer look; at most a line of them. Returns where it stopped. */
static const char *take_groups(const char *p, const char *end, struct msk_str *out)
{
	unsigned char bytes[LINE_BYTES];
	size_t n = 0;

	for (; end - p >= 4 && n < sizeof bytes; p += 4) {
		int a = value_of(p[0]), b = value_of(p[1]), c = value_of(p[2]), d = value_of(p[3]);

		if ((a | b | c | d) < 0)
			break;
		bytes[n++] = (unsigned char)(a << 2 | b >> 4);
		bytes[n++] = (unsigned char)(b << 4 | c >> 2);
		bytes[n++] = (unsigned char)(c << 6 | d);
	}
	msk_str_add(out, bytes, n);
	return p;
}

bool msk_pem_decode(const struct msk_pem_block *b, struct msk_str *out, unsigned *bad_line)
{
	struct decoder d = { 0 };

	*bad_line = b->line + 1;
	msk_str_room(out, (size_t)(b->body_end - b->body) / 4 * 3);
	for (const char *p = b->body; p < b->body_end; p++) {
		if (!d.ended && !d.n_chars && (p = take_groups(p, b->body_end, out)) == b->body_end)
			break;
		if (*p == '\n')
			(*bad_line)++;
		else if (!is_blank(*p) && !take_char(&d, *p, out))
			return false;
	}
	if (d.n_chars == 0)
		return true;
	(*bad_line)--;
	return false;
}

static void add_line(struct msk_str *out, const unsigned char *p, size_t n)
{
	char line[LINE_BYTES / 3 * 4 + 1], *to = line;

	for (size_t i = 0; i < n; i += 3) {
		unsigned bits = (unsigned)p[i] << 16 | (i + 1 < n ? (unsigned)p[i + 1] << 8 : 0) |
				(i + 2 < n ? p[i + 2] : 0);

		*to++ = alphabet[bits >> 18];
		*to++ = alphabet[bits >> 12 & 63];
		*to++ = i + 1 < n ? alphabet[bits >> 6 & 63] : '=';
		*to++ = i + 2 < n ? alphabet[bits & 63] : '=';
	}
	*to++ = '\n';
	msk_str_add(out, line, (size_t)(to - line));
}

size_t msk_pem_room(const char *label, size_t n)
{
	return 2 * strlen(DASHES "BEGIN " DASHES "\n") + 2 * strlen(label) + (n / LINE_BYTES + 1) * (LINE_BYTES / 3 * 4 + 1);
}

void msk_pem_add(struct msk_str *out, const char *label, const unsigned char *der, size_t n)
{
	msk_str_addf(out, DASHES "BEGIN %s" DASHES "\n", label);
	for (size_t i = 0; i < n; i += LINE_BYTES)
		add_line(out, der + i, n - i < LINE_BYTES ? n - i : LINE_BYTES);
	msk_str_addf(out, DASHES "END %s" DASHES "\n", label);
}
