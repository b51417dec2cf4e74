/* What tells where an OpenSSL looks for certificates (mkscratch/openssl.h), for a pass over a file that looks for other
 * things too. */
#ifndef DOCTOR_OPENSSL_SEARCH_H
#define DOCTOR_OPENSSL_SEARCH_H

#include "mkscratch/openssl.h"
#include "scan.h"

struct openssl_search {
	struct msk_openssl found;
	bool variable;                 /* it knows SSL_CERT_FILE */
};

#define DOCTOR_N_OPENSSL 3

struct scan_pattern doctor_openssl_pattern(size_t i);
void doctor_openssl_hit(struct openssl_search *s, const struct scan_hit *h, size_t i);
/* When the pass is over: the result is the caller's. */
struct msk_openssl doctor_openssl_take(struct openssl_search *s);
void doctor_openssl_release(struct openssl_search *s);

#endif
