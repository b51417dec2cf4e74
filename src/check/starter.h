/* Who an image is started as, and what its files let that user do. */
#ifndef CHECK_STARTER_H
#define CHECK_STARTER_H

#include "checks.h"
#include "contents.h"
#include "mkscratch/access.h"
#include "mkscratch/image_tree.h"

/* By the config, and by passwd and group of the image, as runtimes read them. What they do not tell is not known. */
struct msk_starter {
	const char *user;              /* as the config has it, "root" for nothing; borrowed */
	bool has_uid, has_gid;
	struct msk_who who;
	uint32_t *groups;              /* owned; those of `who` */
};

void msk_starter_init(struct msk_starter *s, const struct msk_json *config, const struct msk_contents *contents,
		      const struct msk_image_tree *t);
void msk_starter_release(struct msk_starter *s);

/* Is this, of `n` bytes, a number that a runtime takes for a user or a group? */
bool msk_starter_id(const char *text, size_t n);

/* What keeps the starter from `right` on the file that `path` leads to: "may not search /p (mode 0700, 0:0)",
 * "may not execute it (mode 0700, 0:0)". NULL: nothing that is known. Heap. */
char *msk_starter_refused(const struct msk_starter *s, const struct msk_image_tree *t, const char *path, unsigned right);

/* Does `path` lead through links without end? */
bool msk_links_loop(const struct msk_image_tree *t, const char *path);

#endif
