/* The names of what an image is made of, in two languages: OCI's (image-spec "media-types") and Docker's (image manifest
 * version 2, schema 2). The bytes are the same but for these names. Docker's has no name for zstd. */
#ifndef MKSCRATCH_MEDIA_TYPE_H
#define MKSCRATCH_MEDIA_TYPE_H

#include <stdbool.h>
#include "mkscratch/codec_spec.h"

enum msk_media_types { MSK_MEDIA_OCI, MSK_MEDIA_DOCKER };

/* index.json is always OCI's, whatever it points to: it is a part of the layout, not of an image. */
#define MSK_TYPE_INDEX "application/vnd.oci.image.index.v1+json"

/* Annotations by which an index says what an attestation is of (BuildKit, "Image Attestation Storage"). */
#define MSK_REFERENCE_TYPE        "vnd.docker.reference.type"
#define MSK_REFERENCE_ATTESTATION "attestation-manifest"
#define MSK_REFERENCE_DIGEST      "vnd.docker.reference.digest"

enum msk_document { MSK_DOC_INDEX, MSK_DOC_MANIFEST, MSK_DOC_CONFIG };

const char *msk_media_type(enum msk_media_types types, enum msk_document doc);
/* Of a layer; NULL when that language has no word for it. */
const char *msk_media_type_layer(enum msk_media_types types, enum msk_codec_kind codec);
bool msk_media_type_is_docker(const char *type);
/* Of a layer in either language. */
enum msk_codec_kind msk_codec_by_media_type(const char *type);
/* "oci", "docker". */
const char *msk_media_types_name(enum msk_media_types types);

#endif
