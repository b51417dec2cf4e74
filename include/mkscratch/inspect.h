/* What there is to tell about one image: sizes by origin and by layer, the largest files, certificates, libraries and who
 * needs them. Depends on the image alone.
 *
 * The origin of a file is told by the record of the image where it has one, by its place where it has none. */
#ifndef MKSCRATCH_INSPECT_H
#define MKSCRATCH_INSPECT_H

#include "mkscratch/cert_list.h"
#include "mkscratch/record.h"
#include "mkscratch/source_image.h"

enum msk_origin_kind {
	MSK_ORIGIN_PROGRAM, MSK_ORIGIN_LIBRARY, MSK_ORIGIN_CERTIFICATE, MSK_ORIGIN_ZONE, MSK_ORIGIN_OTHER, MSK_N_ORIGINS
};
/* "program", "libraries", "certificates", "zones", "other". */
const char *msk_origin_kind_name(enum msk_origin_kind o);

/* Of files alone; a hard link is none. */
struct msk_tally {
	size_t files;
	uint64_t bytes;
};

#define MSK_LARGEST 20
#define MSK_MAX_OBJECTS_TOLD 2000

/* An ELF file of the image, and what it names. */
struct msk_object_told {
	struct msk_node *node;
	char *soname;                  /* NULL: it has none */
	struct msk_strv needed;        /* as it names them */
	size_t *found;                 /* for each: index of the object of that name, or SIZE_MAX */
};

struct msk_inspection {
	const struct msk_source_image *image;
	const struct msk_image_tree *tree;     /* these two are borrowed */
	struct msk_record record;
	struct msk_node *entrypoint;           /* NULL: it has none, or it leads nowhere */
	unsigned char *origins;                /* enum msk_origin_kind, for each node of the tree */
	struct msk_tally total, by_origin[MSK_N_ORIGINS];
	struct msk_tally (*by_layer)[MSK_N_ORIGINS];   /* of what is left of each layer in the end */
	struct msk_node *largest[MSK_LARGEST];         /* files, largest first */
	size_t n_largest;
	struct msk_cert_list certs;
	struct msk_object_told *objects;       /* programs and libraries, in the order of the tree */
	size_t n_objects;
};
#define MSK_AUTO_INSPECTION MSK_CLEANUP(msk_inspection_release) struct msk_inspection

/* `tree`: that of msk_source_image_tree(). The layers are read once more, for certificates and libraries.
 * Fails: as msk_record_read() and msk_source_image_visit() do; MSK_E_IO. What is no sound certificate or ELF file is passed
 * over. */
int msk_inspect(const struct msk_source_images *s, const struct msk_source_image *image, const struct msk_image_tree *tree,
		struct msk_inspection *out, struct msk_err *err);
void msk_inspection_release(struct msk_inspection *i);

#endif
