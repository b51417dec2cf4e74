/* A list of certificates with where each was found. */
#ifndef GATHER_CERT_BUNDLE_H
#define GATHER_CERT_BUNDLE_H

#include "mkscratch/gather.h"
#include "mkscratch/x509.h"

struct msk_cert {
	struct msk_str der;
	struct msk_x509 x;
	const char *name;           /* of its file, as a user knows it; owned by the bundle */
	size_t number;              /* among the certificates of the file, from 1 */
	unsigned line;              /* 0: it has no lines */
	bool named;                 /* by --cert: it is wanted for itself, not as one of a bundle */
};

struct msk_bundle {
	struct msk_cert *v;
	size_t n, cap;
	struct msk_strv names;      /* of the files read */
	bool naming;                /* what is added is `named` */
	bool reads_only;            /* nothing of it will be packed, so what stands beside the certificates is passed over */
};

void msk_cert_release(struct msk_cert *c);
#define MSK_AUTO_BUNDLE MSK_CLEANUP(msk_bundle_release) struct msk_bundle
void msk_bundle_release(struct msk_bundle *b);

/* Add what is in a file the user named (PEM with any number of certificates, or one in DER), or in all files below a
 * directory whose names end in .crt, .pem, .cer or .der. Fails: MSK_E_INPUT for what is no certificate, a private
 * key, too much, or nothing at all; MSK_E_IO. */
int msk_bundle_add_input(struct msk_bundle *b, const char *path, struct msk_err *err);
/* The same for an open file. */
int msk_bundle_add_file(struct msk_bundle *b, const struct msk_rofile *f, const char *name, struct msk_err *err);

/* Set an error about a certificate: `ca.pem: certificate 2 (line 31), CN=x: expired on 2001-01-01`; always -1. */
int msk_cert_fail(const struct msk_cert *c, struct msk_err *err, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* "ca.pem: certificate 2 (line 31), CN=x" */
void msk_cert_add_subject(struct msk_str *out, const struct msk_cert *c);

/* Reduce the bundle to the `named` ones and those that end a chain which begins in `chains`, by names and key
 * identifiers. Fails: MSK_E_INPUT when one of the chains ends in none. */
int msk_bundle_keep_signers(struct msk_bundle *b, const struct msk_bundle *chains, struct msk_err *err);

#endif
