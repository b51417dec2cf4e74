#include "openssl_search.h"

#include <string.h>

#define PATH_LIMIT 255             /* bytes; a longer path is none */
#define FILE_NAME  "/cert.pem"

/* A path ends with the first, and behind it a NUL. */
enum { PATH_END, VARIABLE, BUNDLE };

static const struct scan_pattern patterns[DOCTOR_N_OPENSSL] = {
	[PATH_END] = { FILE_NAME, sizeof FILE_NAME },
	[VARIABLE] = { "\0SSL_CERT_FILE", sizeof "\0SSL_CERT_FILE" },
	[BUNDLE] = { "ca-certificates.crt", sizeof "ca-certificates.crt" - 1 },
};

_Static_assert(SCAN_BEFORE > PATH_LIMIT, "a path may begin before what is seen of it");

struct scan_pattern doctor_openssl_pattern(size_t i)
{
	return patterns[i];
}

void msk_openssl_release(struct msk_openssl *o)
{
	free(o->cert_file);
	*o = (struct msk_openssl){ 0 };
}

void doctor_openssl_release(struct openssl_search *s)
{
	msk_openssl_release(&s->found);
}

/* Something to make a path of the image of: of OPENSSLDIR "/" there is no directory to make. */
static bool is_path(const char *text, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if ((unsigned char)text[i] < ' ' || text[i] == 0x7f)
			return false;
	return n > strlen(FILE_NAME) && n <= PATH_LIMIT && *text == '/' && !memmem(text, n, "/.wh.", 5);
}

/* Of a whole string, from one NUL to the next, that ends with the name. */
static char *path_of(const struct scan_hit *h)
{
	size_t seen = h->before < PATH_LIMIT ? h->before : PATH_LIMIT;
	const char *end = (const char *)h->p + strlen(FILE_NAME), *nul = memrchr(h->p - seen, '\0', seen);
	MSK_AUTO_FREE char *text = nul && is_path(nul + 1, (size_t)(end - nul - 1)) ? msk_xstrdup(nul + 1) : NULL;

	return text ? msk_path_normalise(text) : NULL;
}

void doctor_openssl_hit(struct openssl_search *s, const struct scan_hit *h, size_t i)
{
	if (i == VARIABLE)
		s->variable = true;
	else if (i == BUNDLE)
		s->found.knows_bundle = true;
	else if (!s->found.cert_file)
		s->found.cert_file = path_of(h);
}

struct msk_openssl doctor_openssl_take(struct openssl_search *s)
{
	struct msk_openssl found = s->found;

	s->found = (struct msk_openssl){ 0 };
	if (!s->variable)
		msk_openssl_release(&found);
	return found;
}

static void on_hit(void *ctx, const struct scan_hit *h)
{
	doctor_openssl_hit(ctx, h, h->which);
}

int msk_openssl_look(const struct msk_rofile *f, const char *name, struct msk_openssl *out, struct msk_err *err)
{
	MSK_CLEANUP(scan_set_cleanup) struct scan_set *set = scan_set_new(patterns, DOCTOR_N_OPENSSL);
	MSK_CLEANUP(doctor_openssl_release) struct openssl_search s = { .variable = false };

	*out = (struct msk_openssl){ 0 };
	if (scan_file(set, f, name, on_hit, &s, err) < 0)
		return -1;
	*out = doctor_openssl_take(&s);
	return 0;
}
