/* Documents of an image: values in, exact bytes out. Pure. */
#ifndef MKSCRATCH_IMAGE_H
#define MKSCRATCH_IMAGE_H

#include "mkscratch/layer.h"
#include "mkscratch/plan.h"
#include "mkscratch/platform.h"

/* What readers of images take, ours among them: whoever writes holds to it. */
#define MSK_MAX_IMAGES 4096            /* manifests of an index, and of all its indexes together */
#define MSK_MAX_LAYERS 512             /* of an image */

/* What an image says of its making, in annotations of its manifest, as JSON; NULL: nothing. */
struct msk_maker_record {
	char *reasons;                   /* why each path is there */
	char *recipe;                    /* what it was made from, and how */
};

/* Of an image that exists, carried along with it; the index names it behind the images. */
struct msk_attestation {
	struct msk_desc manifest;
	const char *artifact_type;       /* of the manifest; borrowed; NULL: it has none */
};

struct msk_image {
	struct msk_platform platform;
	const struct msk_json *also;     /* a config, of which os.version and os.features are taken; borrowed, or NULL */
	struct msk_layers layers;        /* owned */
	struct msk_desc config, manifest;
	struct msk_attestation *attestations;    /* owned */
	size_t n_attestations;
	uint64_t size;                   /* manifest, config and layers, each once, as stored */
	size_t values;                   /* of JSON, in its documents and attestations */
};

/* What a run delivers under its tags: one image, or one for each of several platforms and an index over them. There is an
 * index too where an image has attestations. */
struct msk_product {
	struct msk_image *images;        /* owned, with what they own */
	size_t n_images;
	size_t loaded;                   /* which of them is on the docker-archive side */
	struct msk_desc top;             /* what the tags name: the manifest of the one image, or the index */
	const struct msk_ref *tags;      /* borrowed from the plan */
	size_t n_tags;
	uint64_t size;                   /* all blobs, each once */
};

void msk_product_release(struct msk_product *p);
bool msk_product_has_index(const struct msk_product *p);

/* Is a document one that readers take? `name` is for the message.
 * Fails: MSK_E_USAGE, beyond MSK_MAX_DOCUMENT bytes or MSK_MAX_VALUES values. */
int msk_document_check(const char *name, const struct msk_str *text, struct msk_err *err);
/* Config (image-spec "config"): one history item a layer, numeric User. In the compact form, as there may be very many labels,
 * variables, ports and volumes, which as values would take many times the room. */
void msk_config_dump(const struct msk_plan *p, const struct msk_platform *pf, const struct msk_layers *l, struct msk_str *out);
/* In the compact form, too, for the annotations and the record. */
void msk_manifest_dump(const struct msk_plan *p, const struct msk_desc *config, const struct msk_layers *l,
		       const struct msk_maker_record *record, struct msk_str *out);
/* The image index over images of several platforms, in their order, and their attestations behind them. */
struct msk_json *msk_image_index_json(const struct msk_plan *p, const struct msk_image *images, size_t n);
/* One entry of index.json for a tag: org.opencontainers.image.ref.name and io.containerd.image.name. */
struct msk_json *msk_index_entry_json(const struct msk_product *p, const struct msk_ref *tag);
struct msk_json *msk_index_json(const struct msk_product *p);
/* manifest.json, which `docker load` reads. */
struct msk_json *msk_docker_manifest_json(const struct msk_product *p);

void msk_image_release(struct msk_image *img);
/* Manifest, config and layers, each blob once. */
uint64_t msk_image_size(const struct msk_image *img);

/* Config and manifest into the store, and all that is known about the image, which takes the layers over.
 * A document larger than readers take (MSK_MAX_DOCUMENT, MSK_MAX_VALUES) is none: the manifest goes without the recipe
 * then, and without the reasons too if that does not do; what it had no room for is freed, and NULL. Fails: MSK_E_USAGE, too
 * large all the same; MSK_E_IO. */
int msk_image_make(const struct msk_plan *p, const struct msk_platform *pf, struct msk_layers *own_layers,
		   struct msk_maker_record *record, struct msk_store *st, struct msk_image *out, struct msk_err *err);

/* What the tags of the plan name: the one image, or an index, which goes into the store. `images` are sorted
 * by platform. Takes own_images over whatever the result. Fails: MSK_E_USAGE, when all documents together
 * are more than readers take (MSK_MAX_DOCUMENTS, MSK_MAX_VALUES); MSK_E_IO. */
int msk_product_make(const struct msk_plan *p, struct msk_image *own_images, size_t n, struct msk_store *st,
		     struct msk_product *out, struct msk_err *err);

/* The same of outlines. */
void msk_product_outline(const struct msk_plan *p, struct msk_image *own_images, size_t n, struct msk_product *out);
/* An image of that many layers before any of it is there: every digest and size is made up, and every document as
 * long as the real one will be, but for the digits of sizes. */
void msk_image_outline(const struct msk_plan *p, const struct msk_platform *pf, size_t n_layers,
		       struct msk_maker_record *record, struct msk_image *out);

#define MSK_OCI_LAYOUT "{\"imageLayoutVersion\":\"1.0.0\"}"

#endif
