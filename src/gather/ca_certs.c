#include <openssl/asn1t.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/x509.h>
#include <string.h>

#include "mkscratch/fs.h"
#include "mkscratch/gather.h"
#include "pem.h"

#define MAX_FILE_BYTES (16u << 20)
#define MAX_CERTS      4096
#define MAX_CERT_BYTES 65536
#define DEST           "/etc/ssl/certs/ca-certificates.crt"

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

/* A certificate as RFC 5280 section 4.1 lays it out, down to where its shape ends and keys begin. OpenSSL's own X509
 * would load the public key of each one, which is most of the time and what hostile curves attack; and it keeps the
 * bytes it read, so that encoding it again would prove less. */
typedef struct {
	ASN1_TYPE *not_before, *not_after;
} VALIDITY;

typedef struct {
	X509_ALGOR *algorithm;
	ASN1_BIT_STRING *bits;
} KEY_INFO;

typedef struct {
	ASN1_INTEGER *version, *serial;
	X509_ALGOR *algorithm;
	STACK_OF(ASN1_TYPE) *issuer, *subject;
	VALIDITY *validity;
	KEY_INFO *key;
	ASN1_BIT_STRING *issuer_id, *subject_id;
	STACK_OF(X509_EXTENSION) *extensions;
} CERT_BODY;

typedef struct {
	CERT_BODY *body;
	X509_ALGOR *algorithm;
	ASN1_BIT_STRING *signature;
} CERT;

ASN1_SEQUENCE(VALIDITY) = {
	ASN1_SIMPLE(VALIDITY, not_before, ASN1_ANY),
	ASN1_SIMPLE(VALIDITY, not_after, ASN1_ANY),
} static_ASN1_SEQUENCE_END(VALIDITY)

ASN1_SEQUENCE(KEY_INFO) = {
	ASN1_SIMPLE(KEY_INFO, algorithm, X509_ALGOR),
	ASN1_SIMPLE(KEY_INFO, bits, ASN1_BIT_STRING),
} static_ASN1_SEQUENCE_END(KEY_INFO)

ASN1_SEQUENCE(CERT_BODY) = {
	ASN1_EXP_OPT(CERT_BODY, version, ASN1_INTEGER, 0),
	ASN1_SIMPLE(CERT_BODY, serial, ASN1_INTEGER),
	ASN1_SIMPLE(CERT_BODY, algorithm, X509_ALGOR),
	ASN1_SEQUENCE_OF(CERT_BODY, issuer, ASN1_ANY),
	ASN1_SIMPLE(CERT_BODY, validity, VALIDITY),
	ASN1_SEQUENCE_OF(CERT_BODY, subject, ASN1_ANY),
	ASN1_SIMPLE(CERT_BODY, key, KEY_INFO),
	ASN1_IMP_OPT(CERT_BODY, issuer_id, ASN1_BIT_STRING, 1),
	ASN1_IMP_OPT(CERT_BODY, subject_id, ASN1_BIT_STRING, 2),
	ASN1_EXP_SEQUENCE_OF_OPT(CERT_BODY, extensions, X509_EXTENSION, 3),
} static_ASN1_SEQUENCE_END(CERT_BODY)

ASN1_SEQUENCE(CERT) = {
	ASN1_SIMPLE(CERT, body, CERT_BODY),
	ASN1_SIMPLE(CERT, algorithm, X509_ALGOR),
	ASN1_SIMPLE(CERT, signature, ASN1_BIT_STRING),
} static_ASN1_SEQUENCE_END(CERT)

/* The certificates gathered so far, as DER. */
struct bundle {
	struct msk_str *v;
	size_t n, cap;
};

static void bundle_release(struct bundle *b)
{
	for (size_t i = 0; i < b->n; i++)
		msk_str_release(&b->v[i]);
	free(b->v);
}

/* NULL when `der` is one certificate in DER, else what is wrong with it. */
static const char *der_fault(const struct msk_str *der)
{
	const unsigned char *p = (const unsigned char *)der->buf, *start = p;
	unsigned char *again = NULL;
	const char *fault = NULL;
	ASN1_VALUE *cert;
	int n;

	if (der->len == 0)
		return "is empty";
	cert = ASN1_item_d2i(NULL, &p, (long)der->len, ASN1_ITEM_rptr(CERT));
	ERR_clear_error();
	if (!cert)
		return "not an X.509 certificate";
	if (p != start + der->len)
		fault = "bytes follow the certificate";
	n = ASN1_item_i2d(cert, &again, ASN1_ITEM_rptr(CERT));
	/* One certificate must have one encoding, or its fingerprint says nothing. */
	if (!fault && (n < 0 || (size_t)n != der->len || memcmp(again, der->buf, der->len) != 0))
		fault = "not in DER (encoded again it gives other bytes)";
	OPENSSL_free(again);
	ASN1_item_free(cert, ASN1_ITEM_rptr(CERT));
	return fault;
}

/* Where a certificate was found, for messages. */
struct spot {
	const char *name;           /* of the file */
	size_t number;              /* among its certificates, from 1 */
	unsigned line;              /* 0: it has no lines */
};

static int fail_at(const struct spot *at, const char *fault, struct msk_err *err)
{
	if (at->line)
		return msk_fail(err, MSK_E_INPUT, "%s: certificate %zu (line %u): %s", at->name, at->number, at->line,
				fault);
	return msk_fail(err, MSK_E_INPUT, "%s: certificate %zu: %s", at->name, at->number, fault);
}

static int add_cert(struct bundle *b, const struct spot *at, struct msk_str *der, struct msk_err *err)
{
	const char *fault;

	if (at->number > MAX_CERTS || b->n == MAX_CERTS)
		return msk_fail(err, MSK_E_INPUT, "%s: more than %d certificates", at->name, MAX_CERTS);
	if (der->len > MAX_CERT_BYTES)
		return msk_fail(err, MSK_E_INPUT, "%s: certificate %zu: too large (%zu vs %d bytes)", at->name,
				at->number, der->len, MAX_CERT_BYTES);
	fault = der_fault(der);
	if (fault)
		return fail_at(at, fault, err);
	MSK_GROW(b->v, b->n, b->cap);
	b->v[b->n++] = *der;
	*der = (struct msk_str)MSK_STR_INIT;
	return 0;
}

static int check_label(const struct msk_pem *r, const struct msk_pem_block *block, const char *name, struct msk_err *err)
{
	if (msk_pem_label_is(block, "CERTIFICATE") || msk_pem_label_is(block, "X509 CERTIFICATE"))
		return 0;
	if (msk_pem_label_has(block, "PRIVATE KEY"))
		return msk_fail(err, MSK_E_INPUT, "%s: holds a private key (block %u); refusing to pack it", name,
				r->blocks);
	msk_fail(err, MSK_E_INPUT, "%s: block %u (line %u) is no certificate but \"%.*s\"", name, r->blocks,
		 block->line, block->label_len > 64 ? 64 : (int)block->label_len, block->label);
	if (msk_pem_label_is(block, "TRUSTED CERTIFICATE"))
		msk_hint(err, "openssl x509 -in FILE writes it as a plain certificate");
	return -1;
}

static int add_pem(struct bundle *b, const char *name, const struct msk_str *text, struct msk_err *err)
{
	struct msk_pem_block block;
	struct spot at = { name, 0, 0 };
	struct msk_pem r;
	bool found;

	msk_pem_init(&r, text->buf, text->len);
	for (;;) {
		MSK_AUTO_STR der = MSK_STR_INIT;
		unsigned bad_line;

		if (msk_pem_next(&r, &block, &found, name, err) < 0)
			return -1;
		if (!found)
			break;
		if (check_label(&r, &block, name, err) < 0)
			return -1;
		at.number++;
		at.line = block.line;
		if (!msk_pem_decode(&block, &der, &bad_line)) {
			at.line = bad_line;
			return fail_at(&at, "invalid base64", err);
		}
		if (add_cert(b, &at, &der, err) < 0)
			return -1;
	}
	return at.number ? 0 : msk_fail(err, MSK_E_INPUT, "%s: no certificate found", name);
}

/* DER begins with a SEQUENCE whose length takes more than one byte; a text may begin with '0', which is the same
 * first byte, but not go on so. */
static bool is_der(const struct msk_str *s)
{
	return s->len >= 2 && (unsigned char)s->buf[0] == 0x30 && (unsigned char)s->buf[1] >= 0x80;
}

static int add_source(struct bundle *b, const struct msk_rofile *f, const char *name, struct msk_err *err)
{
	MSK_AUTO_STR text = MSK_STR_INIT;

	if (msk_read_all(f->fd, MAX_FILE_BYTES, &text, name, err) < 0 || msk_rofile_unchanged(f, f->fd, name, err) < 0)
		return -1;
	if (is_der(&text))
		return add_cert(b, &(struct spot){ name, 1, 0 }, &text, err);
	return add_pem(b, name, &text, err);
}

static int add_user_file(struct bundle *b, const char *path, struct msk_err *err)
{
	MSK_AUTO_ROFILE f = MSK_ROFILE_INIT;

	if (msk_host_open_input(path, &f, err) < 0)
		return -1;
	return add_source(b, &f, path, err);
}

static int add_root_bundle(struct bundle *b, struct msk_host *h, struct msk_str *from, struct msk_err *err)
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
		return add_source(b, &f, name, err);
	}
	msk_fail(err, MSK_E_INPUT, "CA bundle: none found in %s (looked in %zu places)", msk_host_root(h), N_PLACES);
	return msk_hint(err, "apt-get install ca-certificates, or --certs=FILE");
}

static int compare_der(const void *pa, const void *pb)
{
	const struct msk_str *a = pa, *b = pb;
	int c = memcmp(a->buf, b->buf, a->len < b->len ? a->len : b->len);

	return c ? c : (a->len > b->len) - (a->len < b->len);
}

/* The set of certificates as one text that depends on nothing but the set. Returns how many there are. */
static size_t print_set(struct bundle *b, struct msk_str *out)
{
	size_t unique = 0;

	qsort(b->v, b->n, sizeof *b->v, compare_der);
	for (size_t i = 0; i < b->n; i++) {
		if (i && compare_der(&b->v[i - 1], &b->v[i]) == 0)
			continue;
		msk_pem_add(out, "CERTIFICATE", (const unsigned char *)b->v[i].buf, b->v[i].len);
		unique++;
	}
	return unique;
}

static int collect(struct msk_gather *g, struct bundle *b, struct msk_str *from, struct msk_err *err)
{
	const struct msk_plan *p = g->plan;

	/* No openssl.cnf: what a host has configured must not decide what is read. */
	if (!OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, NULL))
		return msk_fail(err, MSK_E_IO, "OpenSSL: cannot be initialised");
	if (p->certs_file) {
		msk_str_adds(from, p->certs_file);
		if (add_user_file(b, p->certs_file, err) < 0)
			return -1;
	} else if (p->certs && add_root_bundle(b, g->host, from, err) < 0) {
		return -1;
	}
	for (size_t i = 0; i < p->extra_certs.n; i++) {
		msk_str_addf(from, "%s%s", from->len ? ", " : "", p->extra_certs.v[i]);
		if (add_user_file(b, p->extra_certs.v[i], err) < 0)
			return -1;
	}
	return 0;
}

int msk_gather_certs(struct msk_gather *g, struct msk_err *err)
{
	MSK_CLEANUP(bundle_release) struct bundle b = { NULL, 0, 0 };
	MSK_AUTO_STR from = MSK_STR_INIT;
	MSK_AUTO_STR text = MSK_STR_INIT;
	MSK_AUTO_FREE char *why = NULL;
	size_t n;

	if (!g->plan->certs && !g->plan->certs_file && g->plan->extra_certs.n == 0)
		return 0;
	if (collect(g, &b, &from, err) < 0)
		return -1;
	n = print_set(&b, &text);
	msk_info(g->log, "certificates: %zu from %s, %zu duplicates dropped", n, from.buf, b.n - n);
	why = msk_xasprintf("%zu certificates from %s", n, from.buf);
	return msk_rootfs_add_data(g->fs, &(struct msk_entry_spec){
		.path = DEST, .what = g->plan->certs || g->plan->certs_file ? "--certs" : "--cert", .why = why,
		.mode = 0644, .stratum = MSK_STRATUM_BASE }, text.buf, text.len, err);
}
