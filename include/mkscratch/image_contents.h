/* What stands in certain files of an image, looked at while its layers are read: who trusts a certificate bundle or a zone
 * that cannot be read fails, whoever made the image. */
#ifndef MKSCRATCH_IMAGE_CONTENTS_H
#define MKSCRATCH_IMAGE_CONTENTS_H

#include "mkscratch/source_image.h"

struct msk_content_fault {
	char *text;                        /* "/etc/ssl/cert.pem: certificate 3 (line 40): ...": what and what is wrong */
	char *path;                        /* "etc/ssl/cert.pem" */
	uint32_t layer, nth;               /* the entry: a later layer may bring another file */
	bool odd;                          /* a bundle without a certificate, or with a key: it may be meant so */
};

struct msk_contents {
	struct msk_str passwd, group;      /* /etc/passwd, /etc/group: the last of them, at most 1 MiB */
	bool has_passwd, has_group;
	size_t certs, expired, zones;
	int64_t now;                       /* in: what certificates are held against; 0: nothing is said of dates */
	struct msk_content_fault *faults;  /* at most a thousand */
	size_t n_faults, cap_faults;
};

void msk_contents_release(struct msk_contents *c);
/* A msk_layer_visitor, whose context is a struct msk_contents. Fails as reading does. */
int msk_contents_look(void *contents, const struct msk_layer_entry *entry, struct msk_err *err);
/* Is there a line for this name? */
bool msk_contents_names(const struct msk_str *table, const char *name, size_t n);

#endif
