/* What tells two images apart: documents field by field, layers, and the final file systems path by path.
 *
 * Both images are read to their ends and verified; contents are compared by their digests, so nothing of them is kept. The
 * result depends on the two images alone, and images that are the same differ in nothing. */
#ifndef MKSCRATCH_DIFF_H
#define MKSCRATCH_DIFF_H

#include "mkscratch/source_image.h"

enum msk_diff_kind {
	MSK_DIFF_CONFIG,           /* a field of the config: "config.Env PATH", "created" */
	MSK_DIFF_MANIFEST,         /* of the manifest: "annotations KEY", "mediaType" */
	MSK_DIFF_LAYER,            /* the same plain bytes, stored otherwise */
	MSK_DIFF_FORM,             /* a document of the same values or a layer of the same entries, in other bytes */
	MSK_DIFF_ADDED, MSK_DIFF_REMOVED, MSK_DIFF_CHANGED,     /* a path */
	MSK_DIFF_GO,               /* of two programs of Go at one path: a module, the version of Go, a setting */
	MSK_DIFF_N_KINDS,
};

/* What of a path has changed. */
enum msk_diff_aspect {
	MSK_DIFF_CONTENT = 1, MSK_DIFF_MODE = 2, MSK_DIFF_OWNER = 4, MSK_DIFF_TYPE = 8, MSK_DIFF_LINK = 16, MSK_DIFF_XATTR = 32,
	MSK_DIFF_TIME = 64,
};
#define MSK_DIFF_N_ASPECTS 7

/* One of them; all strings are borrowed. */
struct msk_difference {
	enum msk_diff_kind kind;
	const char *what;          /* field, path (with a leading slash), "layer 2", module */
	const char *path;          /* MSK_DIFF_GO: of the program */
	const char *from, *to;     /* values as text; NULL: there is none */
	unsigned aspects;          /* of a path that changed */
	struct msk_node a, b;      /* of a path: all but where it stands; of a layer: size */
};

/* By kind, of programs by path, then by `what`. There may be millions, so they lie in a table. */
struct msk_diff {
	struct msk_table table;
	size_t n, of_kind[MSK_DIFF_N_KINDS];
	size_t entries[2];         /* in the layers of each, whiteouts and what is overwritten as well */
	bool moved;                /* a path that both have stands at another place in the layers */
	struct msk_err err;        /* the first that could not be noted, if any; told by msk_diff_images() */
};
#define MSK_AUTO_DIFF MSK_CLEANUP(msk_diff_release) struct msk_diff

/* A walk over them. What it gives is good until the next step; NULL: there is none. */
struct msk_diff_walk {
	struct msk_table_walk records;
	struct msk_difference n;
	struct msk_strv texts;
};
#define MSK_AUTO_DIFF_WALK MSK_CLEANUP(msk_diff_walk_release) struct msk_diff_walk

void msk_diff_walk_init(struct msk_diff_walk *w, const struct msk_diff *d);
const struct msk_difference *msk_diff_next(struct msk_diff_walk *w);
void msk_diff_walk_release(struct msk_diff_walk *w);

struct msk_diff_side {
	struct msk_source_images *images;
	const struct msk_source_image *image;
};

/* What the documents of both say is let go once it was compared: of an image there is no config and no manifest behind it.
 * Fails as reading and verifying them does: MSK_E_INPUT, MSK_E_INTEGRITY, MSK_E_IO. */
int msk_diff_images(const struct msk_diff_side *a, const struct msk_diff_side *b, struct msk_diff *out, struct msk_err *err);
void msk_diff_release(struct msk_diff *d);

/* What makes the digests differ, behind "differ in ": "the content of /app and the config (Env PATH)". */
void msk_diff_add_cause(const struct msk_diff *d, struct msk_str *out);
const char *msk_diff_kind_name(enum msk_diff_kind k);           /* "config", "added", ... */
const char *msk_diff_aspect_name(unsigned i);                   /* "content", "mode", ... */

#endif
