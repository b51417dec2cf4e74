/* What is found in the certificate bundles and time zones of an image, whoever made it: who trusts one that cannot be read
 * fails. */
#ifndef MKSCRATCH_IMAGE_CONTENTS_H
#define MKSCRATCH_IMAGE_CONTENTS_H

#include "mkscratch/source_image.h"

/* In one of them, or in several together. */
struct msk_file_look {
	size_t certs, expired, zones;
	struct msk_strv odd;               /* a bundle without a certificate, or with a key: it may be meant so */
	struct msk_strv faults;            /* "/etc/ssl/cert.pem: certificate 3 (line 40): ...": what and what is wrong */
};

void msk_file_look_release(struct msk_file_look *l);
/* A msk_layer_visitor, whose context is a struct msk_file_look: looks at an entry that has the path of a bundle or a zone.
 * Nothing is said of dates. Fails as reading does. */
int msk_file_look_at_entry(void *look, const struct msk_layer_entry *entry, struct msk_err *err);

#endif
