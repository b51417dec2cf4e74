/* Inside of the reading of images: what its parts share. */
#ifndef SOURCE_READING_H
#define SOURCE_READING_H

#include "mkscratch/source_image.h"
#include "source.h"

/* A reading under way. */
struct msk_reading {
	struct msk_source_images *s;
	const struct msk_source_watch *watch;  /* may be NULL */
	struct msk_strv seen;                  /* digests of manifests and indexes, each followed once */
	size_t bytes, values;                  /* of all documents so far */
	size_t faults;
};

/* A fault of `what`: told to the watcher, who may have the reading go on (0), or the end of it. */
int msk_reading_fault(struct msk_reading *r, const char *what, struct msk_err *err);
void msk_reading_sound(struct msk_reading *r, const char *what, const char *detail);

/* Nothing has the tag that was asked for; these are there. */
int msk_reading_no_tag(const struct msk_reading *r, const struct msk_strv *tags, struct msk_err *err);

/* The parts of a descriptor, borrowed from it. */
struct msk_descriptor {
	const char *media_type;                /* NULL: it has none */
	const char *digest;
	uint64_t size;
};
/* Checked before the digest may become a path. Fails: MSK_E_INPUT `descriptor has no digest` and so on. */
int msk_descriptor_read(const struct msk_json *d, struct msk_descriptor *out, struct msk_err *err);
char *msk_blob_path(const char *digest);       /* heap */

/* A document that is read by its path alone. json stays NULL when there is no such file. */
int msk_document_read_plain(struct msk_reading *r, const char *path, struct msk_source_document *out, struct msk_err *err);
/* A document by descriptor: size, then digest, then parsed. json stays NULL when there was a fault and the watcher went on. */
int msk_document_read(struct msk_reading *r, const char *what, const struct msk_json *desc, struct msk_source_document *out,
		      struct msk_err *err);
/* A sound descriptor of a blob that the source does not have. */
bool msk_document_is_absent(struct msk_reading *r, const struct msk_json *desc);
void msk_document_release(struct msk_source_document *d);

/* A new image behind the list, to be filled. */
struct msk_source_image *msk_image_list_add(struct msk_source_image_list *l);
void msk_image_list_drop_last(struct msk_source_image_list *l);

/* What only the config can say, into an image that has one: platform, and a DiffID for each of its layers.
 * Fails: MSK_E_INPUT `os or architecture is missing`, `3 layers, but 2 DiffIDs` and so on. */
int msk_image_read_config(struct msk_source_image *image, struct msk_err *err);

/* The images of a manifest.json. */
int msk_docker_archive_read(struct msk_reading *r, struct msk_err *err);
/* Is `name` (app:v1, docker.io/library/app:v1) what `tag` (one of these, or v1) means? */
bool msk_tag_means(const char *tag, const char *name);

#endif
