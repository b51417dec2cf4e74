#include "mkscratch/xattr.h"

#include <string.h>

#include "mkscratch/filecap.h"

static void add_name(struct msk_str *out, const char *name)
{
	for (const unsigned char *p = (const unsigned char *)name; *p; p++) {
		if (*p <= ' ' || *p == 0x7F || *p == '=' || *p == '\\')
			msk_str_addf(out, "\\%03o", *p);
		else
			msk_str_addc(out, (char)*p);
	}
}

void msk_xattrs_add(struct msk_strv *list, const char *name, const void *value, size_t n)
{
	const unsigned char *bytes = value;
	MSK_AUTO_STR s = MSK_STR_INIT;
	struct msk_digest digest;

	add_name(&s, name);
	msk_str_addf(&s, "=%zu:", n);
	if (n > MSK_XATTR_SHORT) {
		msk_digest_of(value, n, &digest);
		msk_str_adds(&s, digest.text);
	}
	for (size_t i = 0; i < n && n <= MSK_XATTR_SHORT; i++)
		msk_str_addf(&s, "%02x", bytes[i]);
	msk_strv_push_own(list, msk_str_take(&s));
}

void msk_xattrs_text(struct msk_strv *list, struct msk_str *out)
{
	out->len = 0;
	msk_strv_sort(list);
	for (size_t i = 0; i < list->n; i++)
		msk_str_addf(out, "%s%s", i ? " " : "", list->v[i]);
}

static unsigned octal(const char *p)
{
	return (unsigned)(p[0] - '0') * 64 + (unsigned)(p[1] - '0') * 8 + (unsigned)(p[2] - '0');
}

static const char *take_name(const char *p, struct msk_str *out)
{
	out->len = 0;
	for (; *p != '='; p++) {
		msk_str_addc(out, (char)(*p == '\\' ? octal(p + 1) : (unsigned char)*p));
		p += *p == '\\' ? 3 : 0;
	}
	return p + 1;
}

static unsigned nibble(char c)
{
	return (unsigned)(c <= '9' ? c - '0' : c - 'a' + 10);
}

bool msk_xattr_next(const char **text, struct msk_xattr *x)
{
	const char *p = *text;
	char *end;

	if (!*p)
		return false;
	x->at = p;
	x->digest.text[0] = '\0';
	p = take_name(p, &x->name);
	x->size = strtoull(p, &end, 10);
	p = end + 1;
	if (x->size > MSK_XATTR_SHORT) {
		memcpy(x->digest.text, p, sizeof x->digest.text - 1);
		x->digest.text[sizeof x->digest.text - 1] = '\0';
		p += strlen(x->digest.text);
	}
	for (size_t i = 0; i < x->size && x->size <= MSK_XATTR_SHORT; i++, p += 2)
		x->value[i] = (unsigned char)(nibble(p[0]) << 4 | nibble(p[1]));
	*text = *p == ' ' ? p + 1 : p;
	return true;
}

int msk_xattr_compare(const struct msk_xattr *a, const struct msk_xattr *b)
{
	const unsigned char *p = (const unsigned char *)a->at, *q = (const unsigned char *)b->at;

	for (; *p == *q && *p != '='; p++, q++)
		;
	return *p - *q;
}

void msk_xattr_release(struct msk_xattr *x)
{
	msk_str_release(&x->name);
}

static bool is_printable(const unsigned char *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (p[i] < ' ' || p[i] > '~' || p[i] == '"' || p[i] == '\\')
			return false;
	return true;
}

void msk_xattr_add_value(struct msk_str *out, const struct msk_xattr *x)
{
	bool ends = x->size && !x->digest.text[0] && !x->value[x->size - 1];
	size_t n = x->size - ends;

	if (x->digest.text[0]) {
		msk_str_addf(out, "%llu bytes %s", (unsigned long long)x->size, x->digest.text);
		return;
	}
	if (strcmp(msk_str_c(&x->name), MSK_FILECAP_XATTR) == 0 && msk_filecap_add_value(out, x->value, x->size))
		return;
	if (is_printable(x->value, n)) {
		msk_str_addf(out, "\"%.*s%s\"", (int)n, (const char *)x->value, ends ? "\\0" : "");
		return;
	}
	msk_str_adds(out, "0x");
	for (size_t i = 0; i < x->size; i++)
		msk_str_addf(out, "%02x", x->value[i]);
}
