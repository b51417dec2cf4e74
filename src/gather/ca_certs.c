#include <stdio.h>
#include <string.h>

#include "cert_bundle.h"
#include "cert_check.h"
#include "mkscratch/pem.h"

/* Where distributions keep the bundle. */
static const char *const places[] = {
	"/etc/ssl/certs/ca-certificates.crt",                   /* Debian, Ubuntu, Alpine, Arch, Gentoo, NixOS */
	"/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",    /* Fedora, RHEL */
	"/etc/pki/tls/certs/ca-bundle.crt",                     /* older of them */
	"/var/lib/ca-certificates/ca-bundle.pem",               /* openSUSE */
	"/etc/ssl/ca-bundle.pem",
	"/etc/ssl/cert.pem",                                    /* the BSDs, some musl systems */
};
#define N_PLACES (sizeof places / sizeof places[0])

static int add_root_bundle(struct msk_bundle *b, struct msk_host *h, struct msk_str *from, struct msk_err *err)
{
	for (size_t i = 0; i < N_PLACES; i++) {
		MSK_AUTO_ROFILE f = MSK_ROFILE_INIT;
		MSK_AUTO_FREE char *name = NULL;
		bool found;

		if (msk_host_open_file(h, places[i], &found, &f, NULL, err) < 0)
			return -1;
		if (!found)
			continue;
		name = msk_host_path(h, places[i]);
		msk_str_adds(from, places[i]);
		return msk_bundle_add_file(b, &f, name, err);
	}
	msk_fail(err, MSK_E_INPUT, "CA bundle: none found in %s (looked in %zu places)", msk_host_root(h), N_PLACES);
	if (strcmp(msk_host_root(h), "/") == 0)
		return msk_hint(err, "apt-get install ca-certificates, or --certs=FILE");
	return msk_hint(err, "install ca-certificates in %s, or take this host's: --certs=%s", msk_host_root(h), places[0]);
}

static int compare_certs(const void *pa, const void *pb)
{
	const struct msk_str *a = &((const struct msk_cert *)pa)->der, *b = &((const struct msk_cert *)pb)->der;
	int c = memcmp(a->buf, b->buf, a->len < b->len ? a->len : b->len);

	return c ? c : (a->len > b->len) - (a->len < b->len);
}

/* Each certificate once, in the order of their bytes. Returns how many were dropped. */
static size_t sort_set(struct msk_bundle *b)
{
	size_t kept = 0, all = b->n;

	if (b->n > 1)
		qsort(b->v, b->n, sizeof *b->v, compare_certs);
	for (size_t i = 0; i < all; i++) {
		if (kept && compare_certs(&b->v[kept - 1], &b->v[i]) == 0)
			msk_cert_release(&b->v[i]);
		else
			b->v[kept++] = b->v[i];
	}
	b->n = kept;
	return all - kept;
}

/* The set as one text that depends on nothing but the set, and what is known of it. */
static void print_set(const struct msk_bundle *b, struct msk_str *out, struct msk_cert_facts *facts)
{
	const struct msk_cert *first = &b->v[0];
	MSK_AUTO_STR name = MSK_STR_INIT;
	size_t room = 0;

	for (size_t i = 0; i < b->n; i++)
		room += msk_pem_room("CERTIFICATE", b->v[i].der.len);
	msk_str_room(out, room);
	for (size_t i = 0; i < b->n; i++) {
		msk_pem_add(out, "CERTIFICATE", (const unsigned char *)b->v[i].der.buf, b->v[i].der.len);
		if (b->v[i].x.not_after < first->x.not_after)
			first = &b->v[i];
	}
	facts->count = b->n;
	facts->first_expiry = first->x.not_after;
	msk_x509_add_name(&name, &first->x.subject);
	snprintf(facts->first_subject, sizeof facts->first_subject, "%s", name.buf);
}

static int add_chains(struct msk_bundle *chains, const struct msk_strv *files, struct msk_err *err)
{
	for (size_t i = 0; i < files->n; i++)
		if (msk_bundle_add_input(chains, files->v[i], err) < 0)
			return -1;
	return 0;
}

static int collect(struct msk_gather *g, struct msk_bundle *b, struct msk_str *from, struct msk_err *err)
{
	MSK_AUTO_BUNDLE chains = { .reads_only = true };
	const struct msk_plan *p = g->plan;

	if (p->certs_file) {
		msk_str_adds(from, p->certs_file);
		if (msk_bundle_add_input(b, p->certs_file, err) < 0)
			return -1;
	} else if ((p->certs || g->required[MSK_WANT_CERTIFICATES].evidence) && add_root_bundle(b, g->host, from, err) < 0) {
		return -1;
	}
	b->naming = true;
	for (size_t i = 0; i < p->extra_certs.n; i++) {
		msk_str_addf(from, "%s%s", from->len ? ", " : "", p->extra_certs.v[i]);
		if (msk_bundle_add_input(b, p->extra_certs.v[i], err) < 0)
			return -1;
	}
	if (!p->certs_for.n)
		return 0;
	if (add_chains(&chains, &p->certs_for, err) < 0)
		return -1;
	return msk_bundle_keep_signers(b, &chains, err);
}

/* What has expired is no more to expire; it was told before. */
static const struct msk_cert *next_of(const struct msk_bundle *b, int64_t now)
{
	const struct msk_cert *next = NULL;

	for (size_t i = 0; i < b->n; i++)
		if (b->v[i].x.not_after >= now && (!next || b->v[i].x.not_after < next->x.not_after))
			next = &b->v[i];
	return next;
}

static void tell(const struct msk_gather *g, const struct msk_bundle *b, const char *from, size_t dropped)
{
	const struct msk_cert *next = next_of(b, g->now);
	MSK_AUTO_STR date = MSK_STR_INIT, name = MSK_STR_INIT;

	msk_info(g->log, "certificates: %zu from %s, %zu duplicates dropped", b->n, from, dropped);
	if (!next)
		return;
	msk_date_add(&date, next->x.not_after);
	msk_x509_add_name(&name, &next->x.subject);
	msk_info(g->log, "certificates: the %s to expire is %s, on %s", g->certs.expired ? "next" : "first", name.buf,
		 date.buf);
}

const char *msk_certs_by(const struct msk_gather *g)
{
	if (g->required[MSK_WANT_CERTIFICATES].evidence)
		return "--auto";
	return g->plan->certs || g->plan->extra_certs.n ? g->plan->certs_by : NULL;
}

int msk_gather_certs(struct msk_gather *g, struct msk_err *err)
{
	MSK_AUTO_BUNDLE b = { 0 };
	MSK_AUTO_STR from = MSK_STR_INIT;
	MSK_AUTO_STR text = MSK_STR_INIT;
	MSK_AUTO_FREE char *count = NULL, *why = NULL, *lasting = NULL;
	const struct msk_required *required = &g->required[MSK_WANT_CERTIFICATES];
	size_t dropped;

	if (!msk_certs_by(g))
		return 0;
	if (msk_x509_start(err) < 0 || collect(g, &b, &from, err) < 0 || msk_bundle_check(g, &b, &g->certs, err) < 0)
		return -1;
	dropped = sort_set(&b);
	print_set(&b, &text, &g->certs);
	tell(g, &b, from.buf, dropped);
	count = msk_xasprintf("%zu %s", g->certs.count, msk_plural(g->certs.count, "certificate", "certificates"));
	if (required->evidence)
		msk_str_addf(&from, ", for %s: %s", required->program, required->evidence);
	why = msk_xasprintf("%s from %s", count, from.buf);
	lasting = required->evidence ? msk_xasprintf("%s, for %s of", count, required->evidence) : msk_take(&count);
	return msk_rootfs_add_text(g->fs, &(struct msk_entry_spec){
		.path = MSK_CERTS_PATH, .what = msk_certs_by(g), .why = why,
		.lasting = lasting, .from = required->program, .mode = 0644, .stratum = MSK_STRATUM_BASE },
		&text, err);
}
