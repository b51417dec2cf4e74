#include "mkscratch/x509.h"

#include <openssl/asn1t.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <string.h>

#include "mkscratch/timestamp.h"

#define MAX_NAME_TEXT 100

/* No configuration of the host, which may load modules; no texts of errors that nobody reads, which take longer than a
 * bundle; no clean-up at exit, which the kernel does. */
#define NO_NEEDLESS (OPENSSL_INIT_NO_LOAD_CONFIG | OPENSSL_INIT_NO_LOAD_CRYPTO_STRINGS | OPENSSL_INIT_NO_ATEXIT)

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

int msk_x509_start(struct msk_err *err)
{
	if (!OPENSSL_init_crypto(NO_NEEDLESS, NULL))
		return msk_fail(err, MSK_E_IO, "OpenSSL: cannot be initialised");
	return 0;
}

void msk_x509_release(struct msk_x509 *x)
{
	msk_str_release(&x->subject);
	msk_str_release(&x->issuer);
	msk_str_release(&x->key_id);
	msk_str_release(&x->issuer_key_id);
}

static const unsigned char *bytes_of(const struct msk_str *s)
{
	return (const unsigned char *)s->buf;
}

/* Section 4.1.2.5: "YYMMDDHHMMSSZ", where 50 is 1950, or "YYYYMMDDHHMMSSZ"; nothing else. */
static bool read_time(const ASN1_TYPE *t, int64_t *out)
{
	bool utc = t->type == V_ASN1_UTCTIME;
	char text[] = "19yy-mm-ddThh:mm:ssZ";
	const char *p;

	if (!utc && t->type != V_ASN1_GENERALIZEDTIME)
		return false;
	if (ASN1_STRING_length(t->value.asn1_string) != (utc ? 13 : 15))
		return false;
	p = (const char *)ASN1_STRING_get0_data(t->value.asn1_string);
	if (!utc || p[0] < '5')
		memcpy(text, utc ? "20" : p, 2);
	p += utc ? 0 : 2;
	for (size_t i = 0; i < 6; i++)
		memcpy(text + 2 + 3 * i, p + 2 * i, 2);
	return p[12] == 'Z' && msk_rfc3339_parse(text, out);
}

static void keep_octets(struct msk_str *out, const ASN1_OCTET_STRING *octets)
{
	if (octets)
		msk_str_add(out, ASN1_STRING_get0_data(octets), (size_t)ASN1_STRING_length(octets));
}

/* A name, as DER. */
static void keep_name(struct msk_str *out, STACK_OF(ASN1_TYPE) *name)
{
	unsigned char *der = NULL;
	int n = i2d_ASN1_SEQUENCE_ANY(name, &der);

	if (n > 0)
		msk_str_add(out, der, (size_t)n);
	OPENSSL_free(der);
}

/* One that cannot be read says nothing; whoever checks chains will refuse the certificate. */
static void read_extension(X509_EXTENSION *e, struct msk_x509 *out)
{
	const ASN1_OCTET_STRING *value = X509_EXTENSION_get_data(e);
	const unsigned char *p = ASN1_STRING_get0_data(value);
	long n = ASN1_STRING_length(value);
	int nid = OBJ_obj2nid(X509_EXTENSION_get_object(e));

	if (nid == NID_basic_constraints) {
		BASIC_CONSTRAINTS *b = d2i_BASIC_CONSTRAINTS(NULL, &p, n);

		out->is_ca = b && b->ca;
		BASIC_CONSTRAINTS_free(b);
	} else if (nid == NID_subject_key_identifier) {
		ASN1_OCTET_STRING *id = d2i_ASN1_OCTET_STRING(NULL, &p, n);

		keep_octets(&out->key_id, id);
		ASN1_OCTET_STRING_free(id);
	} else if (nid == NID_authority_key_identifier) {
		AUTHORITY_KEYID *id = d2i_AUTHORITY_KEYID(NULL, &p, n);

		keep_octets(&out->issuer_key_id, id ? id->keyid : NULL);
		AUTHORITY_KEYID_free(id);
	}
}

static bool same_bytes(const struct msk_str *a, const struct msk_str *b)
{
	return a->len == b->len && (a->len == 0 || memcmp(a->buf, b->buf, a->len) == 0);
}

static const char *read_body(const CERT_BODY *b, struct msk_x509 *out)
{
	if (!read_time(b->validity->not_before, &out->not_before) || !read_time(b->validity->not_after, &out->not_after))
		return "its dates are malformed";
	keep_name(&out->subject, b->subject);
	keep_name(&out->issuer, b->issuer);
	for (int i = 0; i < sk_X509_EXTENSION_num(b->extensions); i++)
		read_extension(sk_X509_EXTENSION_value(b->extensions, i), out);
	if (!b->version)
		out->is_ca = same_bytes(&out->subject, &out->issuer);
	return NULL;
}

/* A SEQUENCE whose length takes more than one byte; a text may begin with '0', the same first byte, but not go on so. */
bool msk_x509_claims(const struct msk_str *file)
{
	return file->len >= 2 && file->buf[0] == 0x30 && ((unsigned char)file->buf[1] & 0xf8) == 0x80;
}

const char *msk_x509_read(const struct msk_str *der, struct msk_x509 *out)
{
	const unsigned char *p = bytes_of(der), *start = p;
	unsigned char *again = NULL;
	const char *fault = NULL;
	struct msk_x509 x = { 0 };
	CERT *cert;
	int n;

	if (der->len == 0)
		return "is empty";
	cert = (CERT *)ASN1_item_d2i(NULL, &p, (long)der->len, ASN1_ITEM_rptr(CERT));
	ERR_clear_error();
	if (!cert)
		return "not an X.509 certificate";
	if (p != start + der->len)
		fault = "bytes follow the certificate";
	n = ASN1_item_i2d((ASN1_VALUE *)cert, &again, ASN1_ITEM_rptr(CERT));
	/* One certificate must have one encoding, or its fingerprint says nothing. */
	if (!fault && (n < 0 || (size_t)n != der->len || memcmp(again, der->buf, der->len) != 0))
		fault = "not in DER (encoded again it gives other bytes)";
	if (!fault)
		fault = read_body(cert->body, &x);
	OPENSSL_free(again);
	ASN1_item_free((ASN1_VALUE *)cert, ASN1_ITEM_rptr(CERT));
	ERR_clear_error();
	if (fault)
		msk_x509_release(&x);
	else
		*out = x;
	return fault;
}

void msk_x509_add_name(struct msk_str *out, const struct msk_str *name)
{
	const unsigned char *p = bytes_of(name);
	X509_NAME *parsed = d2i_X509_NAME(NULL, &p, (long)name->len);
	BIO *text = BIO_new(BIO_s_mem());
	char *start;
	long n = 0;

	if (parsed && text && X509_NAME_print_ex(text, parsed, 0, XN_FLAG_RFC2253 & ~ASN1_STRFLGS_ESC_MSB) >= 0)
		n = BIO_get_mem_data(text, &start);
	if (n > MAX_NAME_TEXT) {
		for (n = MAX_NAME_TEXT; n && (start[n] & 0xc0) == 0x80; n--)     /* not within a character */
			;
		msk_str_add(out, start, (size_t)n);
		msk_str_adds(out, "...");
	} else if (n > 0) {
		msk_str_add(out, start, (size_t)n);
	} else {
		msk_str_adds(out, "no name");
	}
	BIO_free(text);
	X509_NAME_free(parsed);
	ERR_clear_error();
}

bool msk_x509_signed_by(const struct msk_x509 *x, const struct msk_x509 *issuer)
{
	if (!same_bytes(&x->issuer, &issuer->subject))
		return false;
	return x->issuer_key_id.len == 0 || issuer->key_id.len == 0 || same_bytes(&x->issuer_key_id, &issuer->key_id);
}
