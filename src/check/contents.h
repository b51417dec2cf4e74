/* What stands in certain files of an image, looked at while its layers are read. */
#ifndef CHECK_CONTENTS_H
#define CHECK_CONTENTS_H

#include "checks.h"

struct msk_contents {
	struct msk_str passwd, group;      /* /etc/passwd, /etc/group: the last of them, at most 1 MiB */
	bool has_passwd, has_group;
	size_t certs, expired, zones;
	int64_t now;                       /* in: what certificates are held against; 0: nothing is said of dates */
	struct msk_strv odd;               /* a bundle without a certificate, or with a key: it may be meant so */
	struct msk_strv faults;            /* "/etc/ssl/cert.pem: certificate 3 (line 40): ...": what and what is wrong */
};

void msk_contents_release(struct msk_contents *c);
/* Look at an entry that stands at its data. Fails as reading does. */
int msk_contents_look(struct msk_contents *c, const struct msk_layer_entry *entry, struct msk_err *err);
/* Findings, the same whoever made the image: who trusts a bundle or a zone cannot read it. */
void msk_contents_tell(const struct msk_contents *c, struct msk_checks *checks);

/* Is there a line for this name? */
bool msk_contents_names(const struct msk_str *table, const char *name, size_t n);

#endif
