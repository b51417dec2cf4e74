#include "examine.h"

#include <string.h>

/* A secret has a prefix that is rare and a body whose letters and length are known: the prefix alone, as in the source
 * of a scanner or in a format string, is none. */
typedef size_t checker(const unsigned char *p, size_t n);       /* length of what was found; 0: nothing */

static bool is_alnum(unsigned char c)
{
	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

static bool is_upper(unsigned char c)
{
	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z');
}

static bool is_word(unsigned char c)
{
	return is_alnum(c) || c == '_' || c == '-';
}

static bool is_base64(unsigned char c)
{
	return is_alnum(c) || c == '+' || c == '/' || c == '=';
}

/* No more than `most`: whatever repeats a prefix without end is not read to its end each time. */
static size_t span(const unsigned char *p, size_t n, size_t most, bool (*is)(unsigned char))
{
	size_t i = 0;

	n = n < most ? n : most;
	while (i < n && is(p[i]))
		i++;
	return i;
}

/* A place-holder (xxxx, 0000) repeats itself. */
static bool varied(const unsigned char *p, size_t n)
{
	bool met[256] = { false };
	size_t kinds = 0;

	for (size_t i = 0; i < n; i++) {
		kinds += !met[p[i]];
		met[p[i]] = true;
	}
	return kinds >= 8;
}

/* A prefix of `skip` bytes, then exactly `body` bytes of one kind; more of them would be another thing. */
static size_t fixed(const unsigned char *p, size_t n, size_t skip, size_t body, bool (*is)(unsigned char))
{
	if (n < skip + body || span(p + skip, n - skip, body + 1, is) != body || !varied(p + skip, body))
		return 0;
	return skip + body;
}

static size_t aws_key(const unsigned char *p, size_t n)
{
	/* The one that every manual shows ends in EXAMPLE. */
	return n >= 20 && memcmp(p + 13, "EXAMPLE", 7) == 0 ? 0 : fixed(p, n, 4, 16, is_upper);
}

static size_t github(const unsigned char *p, size_t n)
{
	return n > 4 && p[3] == '_' ? fixed(p, n, 4, 36, is_alnum) : 0;
}

static size_t github_fine(const unsigned char *p, size_t n)
{
	return n > 33 && p[33] == '_' ? fixed(p, n, 11, 82, is_word) : 0;
}

static size_t gitlab(const unsigned char *p, size_t n)
{
	return fixed(p, n, 6, 20, is_word);
}

static size_t npm(const unsigned char *p, size_t n)
{
	return fixed(p, n, 4, 36, is_alnum);
}

static size_t stripe(const unsigned char *p, size_t n)
{
	size_t body = n > 8 ? span(p + 8, n - 8, 129, is_alnum) : 0;

	return body >= 24 && body <= 128 && varied(p + 8, body) ? 8 + body : 0;
}

static size_t google(const unsigned char *p, size_t n)
{
	return fixed(p, n, 4, 35, is_word);
}

static size_t pypi(const unsigned char *p, size_t n)
{
	size_t body = n > 21 ? span(p + 21, n - 21, 4096, is_word) : 0;

	return body >= 50 ? 21 + body : 0;
}

/* xoxb-NUMBERS-NUMBERS-LETTERS and its kin */
static size_t slack(const unsigned char *p, size_t n)
{
	size_t body;

	if (n < 6 || !strchr("abeprs", p[3]) || p[4] != '-' || p[5] < '0' || p[5] > '9')
		return 0;
	body = span(p + 5, n - 5, 251, is_word);
	return body >= 20 && body <= 250 && memchr(p + 5, '-', body) && varied(p + 5, body) ? 5 + body : 0;
}

/* A line break in bytes, or as source code spells it. */
static size_t line_break(const unsigned char *p, size_t n)
{
	static const char *const breaks[] = { "\r\n", "\n", "\\r\\n", "\\n" };

	for (size_t i = 0; i < sizeof breaks / sizeof *breaks; i++)
		if (n >= strlen(breaks[i]) && memcmp(p, breaks[i], strlen(breaks[i])) == 0)
			return strlen(breaks[i]);
	return 0;
}

/* Behind "PRIVATE KEY-----" there has to be a line of base64: programs that read keys hold the bare first line. Keys
 * that are encrypted by the old rule have two lines of header first. */
static size_t private_key(const unsigned char *p, size_t n)
{
	static const char end[] = "PRIVATE KEY";
	const size_t reach = n < 64 ? n : 64;
	const unsigned char *at = memmem(p, reach, end, sizeof end - 1), *colon;
	size_t i;

	if (!at)
		return 0;
	i = (size_t)(at - p) + sizeof end - 1;
	if (n - i > 6 && memcmp(p + i, " BLOCK", 6) == 0)
		i += 6;
	if (n - i < 7 || memcmp(p + i, "-----", 5) != 0 || !line_break(p + i + 5, n - i - 5))
		return 0;
	i += 5;
	for (int lines = 0; lines < 6 && line_break(p + i, n - i); lines++) {
		i += line_break(p + i, n - i);
		if (span(p + i, n - i, 40, is_base64) >= 40)
			return i;
		colon = memmem(p + i, n - i < 32 ? n - i : 32, ": ", 2);
		while (colon && i < n && !line_break(p + i, n - i))
			i++;
	}
	return 0;
}

static bool is_path(unsigned char c)
{
	return is_word(c) || c == '/' || c == '.' || c == '@' || c == '+' || c == '~' || c == '!';
}

/* The path of a source file below somebody's home; what follows its suffix may be the next text. */
static size_t build_path(const unsigned char *p, size_t n)
{
	static const char *const suffixes[] = { ".go", ".rs", ".c", ".cc", ".cpp", ".cxx", ".h", ".hpp", ".zig", ".nim",
						".swift", ".s", ".S" };
	size_t len = span(p, n, 512, is_path), user;

	user = p[1] == 'r' ? 0 : span(p + (p[1] == 'h' ? 6 : 7), n > 7 ? n - 7 : 0, 512, is_word);
	if (p[1] != 'r' && user == 0)
		return 0;
	for (size_t i = 7; i < len; i++) {
		if (p[i] != '.')
			continue;
		for (size_t k = 0; k < sizeof suffixes / sizeof *suffixes; k++) {
			size_t s = strlen(suffixes[k]);

			if (len - i >= s && memcmp(p + i, suffixes[k], s) == 0 &&
			    (i + s == len || !is_alnum(p[i + s]) || s > 2))
				return i + s;
		}
	}
	return 0;
}

/* Within a longer path it is none; Rust's texts follow one another without a gap. */
static bool begins(const struct scan_hit *h, size_t len)
{
	return h->before == 0 || !is_path(h->p[-1]) || memmem(h->p, len, "/.cargo/", 8);
}

enum secret_kind { KEY, TOKEN, PATH };

static const struct rule {
	const char *prefix;
	size_t n;
	enum secret_kind kind;
	const char *what;
	checker *check;
} rules[] = {
#define RULE(prefix, kind, what, check) { prefix, sizeof prefix - 1, kind, what, check }
	RULE("-----BEGIN ", KEY, "private key", private_key),
	RULE("AKIA", TOKEN, "AWS access key", aws_key), RULE("ASIA", TOKEN, "AWS access key", aws_key),
	RULE("ghp_", TOKEN, "GitHub token", github), RULE("gho_", TOKEN, "GitHub token", github),
	RULE("ghu_", TOKEN, "GitHub token", github), RULE("ghs_", TOKEN, "GitHub token", github),
	RULE("ghr_", TOKEN, "GitHub token", github), RULE("github_pat_", TOKEN, "GitHub token", github_fine),
	RULE("glpat-", TOKEN, "GitLab token", gitlab),
	RULE("npm_", TOKEN, "npm token", npm),
	RULE("sk_live_", TOKEN, "Stripe key", stripe), RULE("rk_live_", TOKEN, "Stripe key", stripe),
	RULE("AIza", TOKEN, "Google API key", google),
	RULE("pypi-AgEIcHlwaS5vcmc", TOKEN, "PyPI token", pypi),
	RULE("xoxb-", TOKEN, "Slack token", slack), RULE("xoxp-", TOKEN, "Slack token", slack),
	RULE("xoxa-", TOKEN, "Slack token", slack), RULE("xoxr-", TOKEN, "Slack token", slack),
	RULE("xoxs-", TOKEN, "Slack token", slack), RULE("xoxe-", TOKEN, "Slack token", slack),
	RULE("/home/", PATH, "build path", build_path), RULE("/root/", PATH, "build path", build_path),
	RULE("/Users/", PATH, "build path", build_path),
#undef RULE
};

static const char *const kinds[] = { [KEY] = "private-key", [TOKEN] = "token", [PATH] = "build-path" };

size_t doctor_n_secrets(void)
{
	return sizeof rules / sizeof *rules;
}

struct scan_pattern doctor_secret_pattern(size_t rule)
{
	return (struct scan_pattern){ rules[rule].prefix, rules[rule].n };
}

/* Of a key its first line, of a token what all of its kind share and a little more, of paths the whole. */
static char *shown(const struct rule *r, const unsigned char *p, size_t n)
{
	const unsigned char *end = r->kind == KEY ? memmem(p + r->n, n - r->n, "-----", 5) : NULL;

	if (r->kind == TOKEN)
		return msk_xasprintf("%.*s...", (int)r->n + 2, (const char *)p);
	return msk_xstrndup((const char *)p, end ? (size_t)(end - p) + 5 : n);
}

/* Paths of one home count as one, and so does a secret that is there twice. */
static bool is_known(struct msk_diagnosis *d, const struct rule *r, const char *text)
{
	for (size_t i = 0; i < d->n_secrets; i++) {
		struct msk_secret *s = &d->secrets[i];
		size_t n = r->kind != PATH ? strlen(text) + 1 : text[1] == 'r' ? r->n :
			   r->n + strcspn(text + r->n, "/") + 1;

		if (s->kind == kinds[r->kind] && strncmp(s->shown, text, n) == 0) {
			s->count++;
			return true;
		}
	}
	return false;
}

void doctor_secret_hit(struct msk_diagnosis *d, const struct scan_hit *h, size_t rule)
{
	const struct rule *r = &rules[rule];
	const size_t n = r->check(h->p, h->after);
	MSK_AUTO_FREE char *text = NULL;

	if (n == 0 || (r->kind == PATH && !begins(h, n)))
		return;
	text = shown(r, h->p, n);
	if (is_known(d, r, text))
		return;
	if (d->n_secrets == MSK_DOCTOR_MAX_SECRETS) {
		d->more_secrets++;
		return;
	}
	MSK_GROW(d->secrets, d->n_secrets, d->cap_secrets);
	d->secrets[d->n_secrets++] = (struct msk_secret){ kinds[r->kind], r->what, h->offset, 1, msk_take(&text) };
}

const char *doctor_secret_at(const char *text, size_t n, size_t at, char **out_shown)
{
	const unsigned char *p = (const unsigned char *)text + at;

	for (size_t i = 0; i < sizeof rules / sizeof *rules; i++) {
		const struct rule *r = &rules[i];
		size_t len;

		if (r->kind == PATH || n - at < r->n || memcmp(p, r->prefix, r->n) != 0 || !(len = r->check(p, n - at)))
			continue;
		*out_shown = shown(r, p, len);
		return r->what;
	}
	return NULL;
}
