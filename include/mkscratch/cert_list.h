/* What is told of the certificates in a file of an image that exists. Nothing is judged, no signature looked at, and no clock
 * asked. */
#ifndef MKSCRATCH_CERT_LIST_H
#define MKSCRATCH_CERT_LIST_H

#include <stdint.h>
#include "mkscratch/err.h"
#include "mkscratch/str.h"

#define MSK_MAX_CERTS_TOLD 10000

struct msk_cert_told {
	char *subject;                 /* for people: CN=Example Root,O=Example */
	char *file;                    /* in which it is, as the caller calls that */
	int64_t not_before, not_after; /* seconds since 1970 */
};

struct msk_cert_list {
	struct msk_cert_told *v;
	size_t n, cap;
	size_t unreadable;             /* blocks that are no certificate after all, and files cut short by a bad one */
};

/* Add those of a text in PEM, or of one certificate in DER; of anything else none. Beyond MSK_MAX_CERTS_TOLD none are added.
 * Fails: MSK_E_IO. */
int msk_cert_list_add(struct msk_cert_list *l, const char *file, const struct msk_str *text, struct msk_err *err);
void msk_cert_list_release(struct msk_cert_list *l);

#endif
