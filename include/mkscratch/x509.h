/* What one certificate says (RFC 5280), told from its bytes. No key is loaded, no signature evaluated, and no
 * configuration of OpenSSL read: what a host has set up must not decide what a certificate says. */
#ifndef MKSCRATCH_X509_H
#define MKSCRATCH_X509_H

#include <stdbool.h>
#include <stdint.h>
#include "mkscratch/err.h"
#include "mkscratch/str.h"

struct msk_x509 {
	int64_t not_before, not_after;          /* seconds since 1970 */
	bool is_ca;                             /* by its basic constraints; of version 1: if it names itself as issuer */
	struct msk_str subject, issuer;         /* the names as DER, for comparing */
	struct msk_str key_id, issuer_key_id;   /* empty when it has none */
};

/* Once before all others. Fails: MSK_E_IO. */
int msk_x509_start(struct msk_err *err);
/* Does it begin as DER of a certificate does, and no text? */
bool msk_x509_claims(const struct msk_str *file);
/* NULL when `der` is one certificate in strict DER, which is then in *out; else what is wrong with it. */
const char *msk_x509_read(const struct msk_str *der, struct msk_x509 *out);
void msk_x509_release(struct msk_x509 *x);
/* Append a name for people, most special part first: CN=Example Root,O=Example. At most some 100 bytes. */
void msk_x509_add_name(struct msk_str *out, const struct msk_str *name);
/* Can `issuer` have signed `x`, by the names and, where both tell, the key identifiers? */
bool msk_x509_signed_by(const struct msk_x509 *x, const struct msk_x509 *issuer);

#endif
