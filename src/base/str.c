#include "mkscratch/str.h"

#include <limits.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define USUAL_TEXT 120

void msk_str_release(struct msk_str *s)
{
	free(s->buf);
	*s = (struct msk_str)MSK_STR_INIT;
}

static void reserve(struct msk_str *s, size_t n)
{
	size_t want;

	if (n > SIZE_MAX / 2 - s->len - 1)
		msk_oom();
	want = s->len + n + 1;
	if (want <= s->cap)
		return;
	s->cap = want > 2 * s->cap ? want + 32 : 2 * s->cap;
	s->buf = msk_xrealloc(s->buf, s->cap, 1);
}

void msk_str_add(struct msk_str *s, const void *p, size_t n)
{
	reserve(s, n);
	if (n)
		memcpy(s->buf + s->len, p, n);
	s->len += n;
	s->buf[s->len] = '\0';
}

char *msk_str_room(struct msk_str *s, size_t n)
{
	reserve(s, n);
	return s->buf + s->len;
}

void msk_str_wrote(struct msk_str *s, size_t k)
{
	s->len += k;
	s->buf[s->len] = '\0';
}

void msk_str_adds(struct msk_str *s, const char *text)
{
	msk_str_add(s, text, strlen(text));
}

void msk_str_addc(struct msk_str *s, char c)
{
	msk_str_add(s, &c, 1);
}

/* Most texts are short: they are printed once, and those for which there is no room again. */
void msk_str_addf(struct msk_str *s, const char *fmt, ...)
{
	va_list ap;
	int n;

	reserve(s, USUAL_TEXT);
	va_start(ap, fmt);
	n = vsnprintf(s->buf + s->len, s->cap - s->len, fmt, ap);
	va_end(ap);
	if (n < 0)
		msk_oom();
	if ((size_t)n >= s->cap - s->len) {
		reserve(s, (size_t)n);
		va_start(ap, fmt);
		vsnprintf(s->buf + s->len, (size_t)n + 1, fmt, ap);
		va_end(ap);
	}
	s->len += (size_t)n;
}

void msk_str_addu(struct msk_str *s, unsigned long long n, unsigned base)
{
	char digits[3 * sizeof n], *p = digits + sizeof digits;

	do
		*--p = "0123456789abcdef"[n % base];
	while (n /= base);
	msk_str_add(s, p, (size_t)(digits + sizeof digits - p));
}

const char *msk_str_c(const struct msk_str *s)
{
	return s->buf ? s->buf : "";
}

char *msk_str_take(struct msk_str *s)
{
	char *taken = s->buf ? s->buf : msk_xstrdup("");

	*s = (struct msk_str)MSK_STR_INIT;
	return taken;
}

/* Length of the UTF-8 sequence at p (RFC 3629: no overlong form, no surrogate, nothing above U+10FFFF); 0: none. */
static size_t utf8_sequence(const unsigned char *p, size_t n)
{
	size_t len = p[0] < 0x80 ? 1 : p[0] < 0xC2 ? 0 : p[0] < 0xE0 ? 2 : p[0] < 0xF0 ? 3 : p[0] < 0xF5 ? 4 : 0;

	if (len == 0 || len > n)
		return 0;
	for (size_t i = 1; i < len; i++)
		if ((p[i] & 0xC0) != 0x80)
			return 0;
	if ((p[0] == 0xE0 && p[1] < 0xA0) || (p[0] == 0xED && p[1] > 0x9F) ||
	    (p[0] == 0xF0 && p[1] < 0x90) || (p[0] == 0xF4 && p[1] > 0x8F))
		return 0;
	return len;
}

static uint32_t code_point(const unsigned char *p, size_t len)
{
	uint32_t c = len == 1 ? p[0] : p[0] & (0xFFu >> (len + 1));

	for (size_t i = 1; i < len; i++)
		c = c << 6 | (p[i] & 0x3F);
	return c;
}

/* C0, DEL and the C1 block, which some terminals obey too. */
static bool is_control(uint32_t c)
{
	return c < 0x20 || (c >= 0x7F && c < 0xA0);
}

/* Characters that are not seen themselves but turn or break the line they stand in, or are not seen at all: bidirectional
 * controls (Unicode Standard Annex 9), separators of lines and paragraphs, blanks without width, tags. */
static bool is_hidden(uint32_t c)
{
	static const uint32_t ranges[][2] = {
		{ 0x061C, 0x061C }, { 0x200B, 0x200B }, { 0x200E, 0x200F }, { 0x2028, 0x202E }, { 0x2060, 0x206F },
		{ 0xFEFF, 0xFEFF }, { 0xFFF9, 0xFFFB }, { 0xE0000, 0xE007F },
	};

	for (size_t i = 0; i < sizeof ranges / sizeof *ranges; i++)
		if (c >= ranges[i][0] && c <= ranges[i][1])
			return true;
	return false;
}

bool msk_utf8_is_safe(uint32_t c)
{
	return !is_control(c) && !is_hidden(c);
}

size_t msk_utf8_take(const char *text, size_t n, uint32_t *c)
{
	const unsigned char *p = (const unsigned char *)text;
	size_t len = utf8_sequence(p, n);

	*c = code_point(p, len ? len : 1);
	return len;
}

/* Run by run. */
static void add_checked(struct msk_str *s, const char *text, size_t n, bool hide)
{
	size_t run = 0;

	for (size_t i = 0, len; i < n; i += len) {
		uint32_t c;

		len = msk_utf8_take(text + i, n - i, &c);
		if (len && !is_control(c) && !(hide && is_hidden(c)))
			continue;
		msk_str_add(s, text + run, i - run);
		len = len ? len : 1;
		run = i + len;
		for (size_t k = i; k < run; k++)
			msk_str_addf(s, "\\x%02x", (unsigned char)text[k]);
	}
	msk_str_add(s, text + run, n - run);
}

void msk_str_add_escaped(struct msk_str *s, const char *text, size_t n)
{
	add_checked(s, text, n, false);
}

void msk_str_add_base64(struct msk_str *s, const void *bytes, size_t n)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const unsigned char *p = bytes;

	for (size_t i = 0; i < n; i += 3) {
		uint32_t group = (uint32_t)p[i] << 16 | (uint32_t)(i + 1 < n ? p[i + 1] : 0) << 8 | (i + 2 < n ? p[i + 2] : 0);

		msk_str_addc(s, digits[group >> 18]);
		msk_str_addc(s, digits[group >> 12 & 63]);
		msk_str_addc(s, i + 1 < n ? digits[group >> 6 & 63] : '=');
		msk_str_addc(s, i + 2 < n ? digits[group & 63] : '=');
	}
}

void msk_str_add_safe(struct msk_str *s, const char *text, size_t n)
{
	add_checked(s, text, n, true);
}

void msk_str_add_shown(struct msk_str *s, const char *text, size_t n)
{
	for (const char *p = text, *end = text + n, *backslash; p < end; p = backslash + 1) {
		backslash = memchr(p, '\\', (size_t)(end - p));
		msk_str_add_safe(s, p, (size_t)((backslash ? backslash : end) - p));
		if (!backslash)
			return;
		msk_str_adds(s, "\\\\");
	}
}

void msk_str_add_size(struct msk_str *s, unsigned long long bytes)
{
	static const char *const unit[] = { "kB", "MB", "GB", "TB", "PB", "EB" };
	unsigned long long scale = 1000;
	size_t i = 0;

	if (bytes < 1000) {
		msk_str_addf(s, "%llu B", bytes);
		return;
	}
	while (bytes / scale >= 1000) {
		scale *= 1000;
		i++;
	}
	msk_str_addf(s, "%llu.%llu %s", bytes / scale, bytes % scale / (scale / 10), unit[i]);
}

bool msk_utf8_valid(const char *text, size_t n)
{
	const unsigned char *p = (const unsigned char *)text;

	for (size_t i = 0, len; i < n; i += len) {
		len = utf8_sequence(p + i, n - i);
		if (len == 0)
			return false;
	}
	return true;
}

bool msk_starts_with(const char *s, const char *prefix)
{
	return strncmp(s, prefix, strlen(prefix)) == 0;
}

bool msk_ends_with(const char *s, const char *suffix)
{
	size_t n = strlen(s), m = strlen(suffix);

	return n >= m && memcmp(s + n - m, suffix, m) == 0;
}

bool msk_is_digits(const char *s)
{
	return *s && s[strspn(s, "0123456789")] == '\0';
}

bool msk_parse_u64(const char *s, unsigned long long max, unsigned long long *out)
{
	unsigned long long n = 0;

	if (!*s)
		return false;
	for (; *s; s++) {
		unsigned digit = (unsigned)(*s - '0');

		if (*s < '0' || *s > '9' || n > (max - (digit > max ? max : digit)) / 10 || n * 10 + digit > max)
			return false;
		n = n * 10 + digit;
	}
	*out = n;
	return true;
}

/* "k", "Mi", "GB": what it stands for; 0 when it is none. */
static unsigned long long unit_bytes(const char *unit)
{
	static const char letters[] = "kmgt";
	const char *letter = *unit ? strchr(letters, *unit | 0x20) : NULL;
	bool binary = letter && (unit[1] | 0x20) == 'i';
	const char *rest = unit + (letter ? 1 : 0) + (binary ? 1 : 0);
	unsigned long long bytes = 1;

	if (*rest && ((*rest | 0x20) != 'b' || rest[1]))
		return 0;
	for (const char *l = letters; letter && l <= letter; l++)
		bytes *= binary ? 1024 : 1000;
	return bytes;
}

bool msk_parse_size(const char *s, unsigned long long *out)
{
	static const unsigned long long tens[] = { 1, 10, 100, 1000 };
	size_t whole = strspn(s, "0123456789"), behind = s[whole] == '.' ? strspn(s + whole + 1, "0123456789") : 0;
	size_t number = whole + (s[whole] == '.' ? 1 + behind : 0);
	MSK_AUTO_FREE char *before = msk_xstrndup(s, whole), *after = msk_xstrndup(s + number - behind, behind);
	unsigned long long bytes = unit_bytes(s + number), n, part = 0;

	/* No part of a byte. */
	if (!bytes || !msk_parse_u64(before, INT64_MAX / bytes - (behind ? 1 : 0), &n) ||
	    (s[whole] == '.' && (bytes == 1 || !behind || behind >= sizeof tens / sizeof *tens ||
				 !msk_parse_u64(after, 999, &part))))
		return false;
	*out = n * bytes + part * bytes / tens[behind];
	return true;
}

const char *msk_plural(unsigned long long n, const char *one, const char *many)
{
	return n == 1 ? one : many;
}

size_t msk_edit_distance(const char *a, const char *b)
{
	size_t n = strlen(a), m = strlen(b), row[65];

	if (n > 64 || m > 64)
		return SIZE_MAX;
	for (size_t j = 0; j <= m; j++)
		row[j] = j;
	for (size_t i = 1; i <= n; i++) {
		size_t diagonal = row[0];

		row[0] = i;
		for (size_t j = 1; j <= m; j++) {
			size_t best = diagonal + (a[i - 1] != b[j - 1]);

			diagonal = row[j];
			if (row[j] + 1 < best)
				best = row[j] + 1;
			if (row[j - 1] + 1 < best)
				best = row[j - 1] + 1;
			row[j] = best;
		}
	}
	return row[m];
}
