/* What stands in certain files of an image: accounts, certificates, zones, secrets.
 *
 * While the layers are read, what has the path of such a file is looked at; which of it counts is known when the tree is
 * settled. What stands there by a link, or came under another name, is read then. A secret counts in whichever layer it is: who
 * has the image has that, even where a later layer deletes the file. */
#ifndef CHECK_CONTENTS_H
#define CHECK_CONTENTS_H

#include "checks.h"
#include "file_look.h"
#include "mkscratch/secret_file.h"

/* /etc/passwd or /etc/group: at most 1 MiB of it. */
struct msk_contents_table {
	struct msk_str text;
	uint32_t layer, nth;               /* where it comes from; layer 0: it was not read */
};

struct msk_contents {
	struct msk_contents_table passwd, group;
	int64_t now;                       /* in: what certificates are held against; 0: nothing is said of dates */
	struct msk_file_look sum;          /* of all that counts */
	struct msk_secret_files secrets;   /* of all layers */
	struct msk_table looked;           /* by their places, bundles and zones, each a packed look */
};

void msk_contents_release(struct msk_contents *c);
/* Look at an entry that stands at its data. Fails as reading does. */
int msk_contents_look(struct msk_contents *c, const struct msk_layer_entry *entry, struct msk_err *err);
/* The same entry once more: of a small file that the above leaves alone the beginning is read, and all of one that may be a
 * private key. Fails as reading does. */
int msk_contents_look_for_key(struct msk_contents *c, const struct msk_layer_entry *entry, struct msk_err *err);
/* Find what a program finds: `of` is the settled tree, `config` says which bundle it takes. What cannot be read is left
 * out: it was told with its layer. Fails: MSK_E_IO. */
struct msk_image_files;
int msk_contents_settle(struct msk_contents *c, const struct msk_image_files *of, const struct msk_json *config,
			struct msk_err *err);
/* Findings, the same whoever made the image: who trusts a bundle or a zone cannot read it. */
void msk_contents_tell(const struct msk_contents *c, struct msk_checks *checks);

/* Is there a line for this name? */
bool msk_contents_names(const struct msk_contents_table *table, const char *name, size_t n);

#endif
