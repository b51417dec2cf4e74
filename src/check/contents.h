/* What stands in certain files of an image, looked at while its layers are read. */
#ifndef CHECK_CONTENTS_H
#define CHECK_CONTENTS_H

#include "checks.h"

struct msk_contents {
	struct msk_str passwd, group;      /* /etc/passwd, /etc/group: the last of them, at most 1 MiB */
	bool has_passwd, has_group;
	size_t certs, expired, zones;
	int64_t now;                       /* in: what certificates are held against; 0: nothing is said of dates */
	struct msk_strv empty;             /* bundles without a certificate: whoever put them there may have meant it */
	struct msk_strv faults;            /* "/etc/ssl/cert.pem: certificate 3 (line 40): ...": what and what is wrong */
};

void msk_contents_release(struct msk_contents *c);
/* Look at an entry that stands at its data. Fails as reading does. */
int msk_contents_look(struct msk_contents *c, const struct msk_layer_entry *entry, struct msk_err *err);
/* Findings; faults of images by others are notes. */
void msk_contents_tell(const struct msk_contents *c, struct msk_checks *checks, bool ours);

/* Is there a line for this name? */
bool msk_contents_names(const struct msk_str *table, const char *name, size_t n);

#endif
