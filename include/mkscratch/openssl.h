/* Where an OpenSSL looks for certificates by itself: in OPENSSLDIR/cert.pem, a directory that was chosen when it was built, and
 * a path that it has among its strings. SSL_CERT_FILE, which it has as well, names another file. So it is with LibreSSL and
 * BoringSSL. The result depends on the bytes alone. */
#ifndef MKSCRATCH_OPENSSL_H
#define MKSCRATCH_OPENSSL_H

#include "mkscratch/rotree.h"

struct msk_openssl {
	char *cert_file;               /* "/usr/lib/ssl/cert.pem", normalised; NULL: no OpenSSL is seen in it */
	bool knows_bundle;             /* it names ca-certificates.crt too: it may look there by itself */
};

/* Look through a file, which is read in pieces; `name` is for messages. Fails: MSK_E_IO. */
int msk_openssl_look(const struct msk_rofile *f, const char *name, struct msk_openssl *out, struct msk_err *err);
void msk_openssl_release(struct msk_openssl *o);

#endif
