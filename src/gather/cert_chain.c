/* --certs-for: which certificates of a bundle end the chains that servers present.
 *
 * Who signed whom is told by names and key identifiers, as the certificates themselves say it. That picks at worst a
 * root too many; whether signatures hold is decided by the program that trusts the bundle. */
#include <string.h>

#include "cert_bundle.h"

#define MAX_CERTS 256           /* of all chains: each is held against each */

/* A search over the certificates of the chains. */
struct search {
	struct msk_bundle *roots;
	const struct msk_bundle *chains;
	bool *wanted;               /* of the roots */
	bool *seen;                 /* of the chains, in the present search */
	bool ended;                 /* the present search met a root */
};

static bool same_cert(const struct msk_cert *a, const struct msk_cert *b)
{
	return a->der.len == b->der.len && memcmp(a->der.buf, b->der.buf, a->der.len) == 0;
}

static void look_among_roots(struct search *s, const struct msk_cert *c)
{
	for (size_t i = 0; i < s->roots->n; i++) {
		const struct msk_cert *root = &s->roots->v[i];

		if (!same_cert(c, root) && !msk_x509_signed_by(&c->x, &root->x))
			continue;
		s->wanted[i] = true;
		s->ended = true;
	}
}

/* From the certificate `at` upwards, whatever the order in the file and however many ways there are. Each is met
 * once, so the depth is at most MAX_CERTS. */
static void climb(struct search *s, size_t at)
{
	const struct msk_cert *c = &s->chains->v[at];

	if (s->seen[at])
		return;
	s->seen[at] = true;
	look_among_roots(s, c);
	for (size_t i = 0; i < s->chains->n; i++)
		if (msk_x509_signed_by(&c->x, &s->chains->v[i].x))
			climb(s, i);
}

/* A chain begins with what has signed no other. */
static bool begins_chain(const struct msk_bundle *chains, size_t at)
{
	for (size_t i = 0; i < chains->n; i++)
		if (i != at && msk_x509_signed_by(&chains->v[i].x, &chains->v[at].x) &&
		    !same_cert(&chains->v[i], &chains->v[at]))
			return false;
	return true;
}

static void keep(struct msk_bundle *b, const bool *wanted)
{
	size_t kept = 0;

	for (size_t i = 0; i < b->n; i++) {
		if (wanted[i] || b->v[i].named)
			b->v[kept++] = b->v[i];
		else
			msk_cert_release(&b->v[i]);
	}
	b->n = kept;
}

static int fail_unsigned(const struct msk_bundle *roots, const struct msk_cert *c, struct msk_err *err)
{
	MSK_AUTO_STR issuer = MSK_STR_INIT;

	msk_x509_add_name(&issuer, &c->x.issuer);
	msk_cert_fail(c, err, "none of %zu roots ends its chain (issuer %s)", roots->n, issuer.buf);
	return msk_hint(err, "openssl s_client -showcerts -connect HOST:443 prints a whole chain; --cert FILE adds a root");
}

int msk_bundle_keep_signers(struct msk_bundle *b, const struct msk_bundle *chains, struct msk_err *err)
{
	MSK_AUTO_FREE bool *wanted = msk_xcalloc(b->n + 1, sizeof *wanted);
	MSK_AUTO_FREE bool *seen = msk_xcalloc(chains->n + 1, sizeof *seen);
	struct search s = { .roots = b, .chains = chains, .wanted = wanted, .seen = seen };
	bool begun = false;

	if (chains->n > MAX_CERTS)
		return msk_fail(err, MSK_E_INPUT, "--certs-for: too many certificates (%zu vs %d)", chains->n, MAX_CERTS);
	/* Certificates that all have signed one another have no beginning: then the last one is as good as any. */
	for (size_t i = 0; i < chains->n; i++) {
		if (!begins_chain(chains, i) && (begun || i + 1 < chains->n))
			continue;
		begun = true;
		memset(seen, 0, chains->n * sizeof *seen);
		s.ended = false;
		climb(&s, i);
		if (!s.ended)
			return fail_unsigned(b, &chains->v[i], err);
	}
	keep(b, wanted);
	return 0;
}
