/* Judging the certificates of a bundle by the clock and the plan. */
#ifndef GATHER_CERT_CHECK_H
#define GATHER_CERT_CHECK_H

#include "cert_bundle.h"

/* Expired, not yet valid, not a CA: counted in *facts, warned of or noted.
 * Fails: MSK_E_INPUT for one that was named and has expired, unless --allow-expired; and for any that
 * --certs-expiry-min finds too old. */
int msk_bundle_check(const struct msk_gather *g, const struct msk_bundle *b, struct msk_cert_facts *facts,
		     struct msk_err *err);
/* "2026-12-20" */
void msk_date_add(struct msk_str *out, int64_t t);

#endif
