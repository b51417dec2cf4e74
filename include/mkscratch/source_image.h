/* The images of a source as plain values, whoever wrote it: an OCI layout (directory or tar), or a docker-archive
 * (`docker save`: manifest.json with paths of configs and layers) where there is no OCI side.
 *
 * Guaranteed when a call has succeeded:
 *   - every document is the one its descriptor names: size and SHA-256 were compared before it was parsed. Of index.json,
 *     and of a docker-archive's manifest.json, nothing could say so; the config of a docker-archive is compared with its
 *     name where that is a digest.
 *   - every digest is "sha256:" and 64 lower-case digits, every `path` is that of a file there is or of a blob by digest
 *   - an image has 1 to MSK_MAX_LAYERS layers, as many DiffIDs, an os and an architecture
 *   - what is held is bounded: MSK_MAX_IMAGES manifests, indexes four deep, MSK_MAX_DOCUMENTS bytes and MSK_MAX_VALUES
 *     JSON values in all documents together
 * Not: that layers are what their digests and DiffIDs say. Reading them tells, at their end; nothing of an image that was
 * not read to its end ought to be shown as true.
 *
 * Fails with MSK_E_INPUT (malformed, or beyond a bound), MSK_E_INTEGRITY (bytes that are not what their digest or size
 * says, blobs that are missing), MSK_E_IO. */
#ifndef MKSCRATCH_SOURCE_IMAGE_H
#define MKSCRATCH_SOURCE_IMAGE_H

#include "mkscratch/digest.h"
#include "mkscratch/image.h"
#include "mkscratch/image_tree.h"
#include "mkscratch/layer_reader.h"
#include "mkscratch/platform.h"
#include "mkscratch/source.h"

/* A document: its exact bytes, and what they say. */
struct msk_source_document {
	char *media_type;              /* as its descriptor has it; NULL: it has none */
	struct msk_digest digest;
	uint64_t size;                 /* of its bytes */
	struct msk_str text;           /* the bytes themselves, until they are let go */
	struct msk_json *json;         /* NULL: there is no such document */
};

struct msk_source_layer {
	char *media_type;              /* as the manifest has it; NULL in a docker-archive */
	bool described;                /* by a manifest: digest and size are known before the blob is read */
	struct msk_digest digest;      /* of the blob as it is stored; "" when not described */
	uint64_t size;
	struct msk_digest diff_id;     /* of the plain tar; "" in what is no image */
	const struct msk_json *annotations;    /* of its descriptor; borrowed from the manifest, may be NULL */
	char *path;                    /* of the blob within the source; there may be no file (MSK_E_INTEGRITY when read) */
};

struct msk_source_image {
	struct msk_platform platform;  /* as the config has it, or of others as the index has it; words too long are cut */
	struct msk_strv tags;          /* names in full where the source has them, else ref.name; may be empty */
	struct msk_source_document manifest;   /* json NULL in a docker-archive */
	struct msk_source_document config;     /* json NULL in what is no image */
	const struct msk_json *annotations;    /* of the manifest; borrowed, may be NULL */
	struct msk_json *entry;                /* the descriptor in the index that names it; NULL in a docker-archive */
	struct msk_source_layer *layers;       /* lowest first */
	size_t n_layers;
	struct msk_source_layer blob;          /* of what is no image: its config, not read; path NULL: it names none */
};

struct msk_source_image_list {
	struct msk_source_image *v;
	size_t n, cap;
};

struct msk_source_images {
	struct msk_source *source;             /* owned */
	char *tag, *digest;                    /* that were asked for; both NULL: all */
	uint64_t max_layer;                    /* to be set: bytes a layer may unpack to; 0: MSK_MAX_LAYER */
	struct msk_source_document index;      /* index.json; json NULL in a docker-archive */
	struct msk_source_document named;      /* the index that the tag or the digest names; json NULL: it names none */
	struct msk_source_document docker;     /* manifest.json; json NULL when there is none */
	struct msk_source_image_list images;   /* each manifest once, in the order of the index */
	struct msk_source_image_list others;   /* attestations and artifacts: a manifest that is no image's; no config */
	/* Named by an index, and not there; platform and entry alone. Of an image of several platforms `docker pull` fetches
	 * one, and `docker save` saves the index all the same; image-spec ("image-layout") lets blobs be elsewhere. */
	struct msk_source_image_list absent;
};
#define MSK_AUTO_SOURCE_IMAGES MSK_CLEANUP(msk_source_images_release) struct msk_source_images

/* For who makes a list of what was found: told of each document that is sound, and of each fault, which would else end
 * the reading. `fault` clears the error and returns 0 to go on without that document, or returns -1. `what`: "config".
 * `absent`: is it no fault that the image for this platform, which an index names, is not there? NULL: one it is. */
struct msk_source_watch {
	void (*sound)(void *ctx, const char *what, const char *detail);
	int (*fault)(void *ctx, const char *what, struct msk_err *err);
	bool (*absent)(void *ctx, const struct msk_platform *platform, const char *digest);
	void *ctx;
};

/* The digest of the manifest that the attestation of this entry of an index is of; NULL: it is no attestation's. */
const char *msk_source_attested(const struct msk_json *entry);

/* `name`: what msk_source_open() takes, or that with :TAG behind it, for the images of one tag: ref.name, or a name as
 * docker has it, in full or in short; or with @sha256:... behind it, for what has that digest: a manifest, an index with all
 * below it, in a docker-archive a config. Of a manifest that is no image's there is one in `others`, and no image.
 * `watch` may be NULL.
 * Without a watcher, images that an index names and that are not there are no fault as long as another one is.
 * Fails also: MSK_E_INPUT `layout: no image has the tag v3` (hint: those there are); `layout: nothing has the
 * digest sha256:...`; `img.tar: holds no image`. */
int msk_source_images_open(const char *name, const struct msk_source_watch *watch, struct msk_source_images *out,
			   struct msk_err *err);
void msk_source_images_release(struct msk_source_images *s);
/* Let the bytes of all documents go, which may be some 16 MiB: who does not print or copy documents has no use for them. */
void msk_source_images_drop_texts(struct msk_source_images *s);
/* Let what a document says go, too, once it was seen. Digests, sizes, names and layers stay. `image`: one of those of s. */
void msk_source_images_drop_config(struct msk_source_images *s, const struct msk_source_image *image);
void msk_source_images_drop_manifest(struct msk_source_images *s, const struct msk_source_image *image);
/* By a tag or a digest: what is told is not all that there is. */
static inline bool msk_source_images_chosen(const struct msk_source_images *s)
{
	return s->tag || s->digest;
}

/* The one image for `platform` ("linux/arm64", "linux/arm/v7"; without a variant any fits, the plain one first), or, when
 * that is NULL, the only one. *out is borrowed.
 * Fails: MSK_E_INPUT `img.tar: 3 images (linux/amd64, linux/arm64, linux/arm/v7)`, hint `--platform linux/amd64`;
 * `img.tar: no image for linux/s390x`, hint `it has linux/amd64, linux/arm64`. MSK_E_INTEGRITY `img.tar: the image for
 * linux/arm64 is named by the index, but is not there`. MSK_E_USAGE for what is no platform. */
int msk_source_images_pick(const struct msk_source_images *s, const char *platform, const struct msk_source_image **out,
			   struct msk_err *err);
/* The same; errors do not say of which source. */
int msk_source_images_choose(const struct msk_source_images *s, const char *platform, const struct msk_source_image **out,
			     struct msk_err *err);
/* The one for a machine of that platform: levels of a CPU are no matter unless there is a choice. Fails as the first. */
int msk_source_images_pick_like(const struct msk_source_images *s, const struct msk_platform *pf,
				const struct msk_source_image **out, struct msk_err *err);

/* What it takes up as it is stored, as `build` says it (msk_image_size): manifest, config and layers, each blob once. Of layers
 * that are not here what the manifest says. */
uint64_t msk_source_image_size(const struct msk_source_image *image);

/* The data of an entry may be read, as far as wanted, by msk_layer_reader_data(). */
typedef int msk_layer_visitor(void *ctx, const struct msk_layer_entry *entry, struct msk_err *err);

/* Is layer `i` one that nobody passes on, by its media type, and not here? Its reader fetches it from where it is published;
 * to all calls below its blob is missing. */
bool msk_source_layer_is_elsewhere(const struct msk_source_images *s, const struct msk_source_image *image, size_t i);

/* Every entry of layer `i` (from 0) as it stands in the tar, whiteouts and all; then size, digest and DiffID are compared.
 * `sums` may be NULL. A blob whose digest is wrong fails with that, whatever else is wrong with it.
 * Fails also: MSK_E_INTEGRITY `layer 2: sha256:...: content hashes to sha256:...`; with what the visitor fails with. */
int msk_source_layer_visit(const struct msk_source_images *s, const struct msk_source_image *image, size_t i,
			   msk_layer_visitor *visit, void *ctx, struct msk_layer_sums *sums, struct msk_err *err);

/* All layers laid over one another. When it succeeds, every layer was read to its end and verified. `sums`, when not
 * NULL, has a place for each layer.
 * Fails also: MSK_E_INPUT `layer 1: entry "../x" goes through ".."`, or when there are too many. */
int msk_source_image_tree(const struct msk_source_images *s, const struct msk_source_image *image,
			  struct msk_image_tree *out, struct msk_layer_sums *sums, struct msk_err *err);

/* Every entry of the final file system with its data, each path once, by layers; `tree` is the image's. Layers are read and
 * compared once more. Layers that have no part in the final file system are not read. */
int msk_source_image_visit(const struct msk_source_images *s, const struct msk_source_image *image,
			   const struct msk_image_tree *tree, msk_layer_visitor *visit, void *ctx, struct msk_err *err);

/* The one entry that has the bytes of a node (which is a file, or a hard link to one). Its layer is read to the end.
 * Fails also: MSK_E_INPUT `img.tar: usr/bin/x: a hard link to usr/bin/y, which is not there`. */
int msk_source_data_visit(const struct msk_source_images *s, const struct msk_source_image *image,
			  const struct msk_node *node, msk_layer_visitor *visit, void *ctx, struct msk_err *err);
/* Its bytes in a staging file (staging.h), which is the caller's to close and stands at its beginning; `size`, in bytes, may be
 * NULL. */
int msk_source_data_file(const struct msk_source_images *s, const struct msk_source_image *image,
			 const struct msk_node *node, int *out_fd, uint64_t *size, struct msk_err *err);

#endif
