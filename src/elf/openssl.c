#include "mkscratch/openssl.h"

#include <string.h>

#include "mkscratch/fs.h"

#define PIECE      (1u << 18)
#define OVERLAP    512             /* more than any text that is looked for */
#define PATH_LIMIT 255             /* bytes; a longer path is none */

#define VARIABLE   "\0SSL_CERT_FILE"
#define FILE_NAME  "/cert.pem"
#define BUNDLE     "ca-certificates.crt"

struct search {
	struct msk_openssl found;
	bool variable;
};

void msk_openssl_release(struct msk_openssl *o)
{
	free(o->cert_file);
	*o = (struct msk_openssl){ 0 };
}

/* Something to make a path of the image of: of OPENSSLDIR "/" there is no directory to make. */
static bool is_path(const char *text, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if ((unsigned char)text[i] < ' ' || text[i] == 0x7f)
			return false;
	return n > strlen(FILE_NAME) && n <= PATH_LIMIT && *text == '/' && !memmem(text, n, "/.wh.", 5);
}

/* A whole string, from one NUL to the next, that ends with the name. */
static char *find_cert_file(const char *bytes, size_t n)
{
	const char *end = bytes + n;

	for (const char *at = bytes; (at = memmem(at, (size_t)(end - at), FILE_NAME, sizeof FILE_NAME)); at++) {
		const char *nul = memrchr(bytes, '\0', (size_t)(at - bytes));
		size_t length = nul ? (size_t)(at - nul - 1) + strlen(FILE_NAME) : 0;
		MSK_AUTO_FREE char *text = is_path(nul ? nul + 1 : "", length) ? msk_xstrndup(nul + 1, length) : NULL;

		if (text)
			return msk_path_normalise(text);
	}
	return NULL;
}

static void look_in_piece(struct search *s, const char *bytes, size_t n)
{
	if (!s->found.cert_file)
		s->found.cert_file = find_cert_file(bytes, n);
	s->variable = s->variable || memmem(bytes, n, VARIABLE, sizeof VARIABLE);
	s->found.knows_bundle = s->found.knows_bundle || memmem(bytes, n, BUNDLE, strlen(BUNDLE));
}

static bool is_complete(const struct search *s)
{
	return s->found.cert_file && s->variable && s->found.knows_bundle;
}

/* A piece begins with the end of the one before, so that nothing is missed where they meet. */
int msk_openssl_look(const struct msk_rofile *f, const char *name, struct msk_openssl *out, struct msk_err *err)
{
	MSK_AUTO_FREE char *buf = msk_xmalloc(PIECE + OVERLAP);
	struct search s = { 0 };
	size_t kept = 0;
	ssize_t n = 1;

	*out = (struct msk_openssl){ 0 };
	for (uint64_t at = 0; n > 0 && !is_complete(&s); at += (uint64_t)n) {
		size_t all;

		n = msk_pread_full(f->fd, buf + kept, PIECE, at, name, err);
		if (n < 0) {
			msk_openssl_release(&s.found);
			return -1;
		}
		all = kept + (size_t)n;
		look_in_piece(&s, buf, all);
		kept = all < OVERLAP ? all : OVERLAP;
		memmove(buf, buf + all - kept, kept);
	}
	if (!s.variable)
		msk_openssl_release(&s.found);
	*out = s.found;
	return 0;
}
