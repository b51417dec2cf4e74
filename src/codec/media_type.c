#include "mkscratch/media_type.h"

#include <stddef.h>
#include <string.h>

#include "mkscratch/str.h"

const char *msk_media_type(enum msk_media_types types, enum msk_document doc)
{
	static const char *const names[][3] = {
		[MSK_MEDIA_OCI] = { MSK_TYPE_INDEX, "application/vnd.oci.image.manifest.v1+json",
				    "application/vnd.oci.image.config.v1+json" },
		[MSK_MEDIA_DOCKER] = { "application/vnd.docker.distribution.manifest.list.v2+json",
				       "application/vnd.docker.distribution.manifest.v2+json",
				       "application/vnd.docker.container.image.v1+json" },
	};

	return names[types][doc];
}

const char *msk_media_type_layer(enum msk_media_types types, enum msk_codec_kind codec)
{
	static const char *const names[][3] = {
		[MSK_MEDIA_OCI] = { [MSK_CODEC_GZIP] = "application/vnd.oci.image.layer.v1.tar+gzip",
				    [MSK_CODEC_ZSTD] = "application/vnd.oci.image.layer.v1.tar+zstd",
				    [MSK_CODEC_NONE] = "application/vnd.oci.image.layer.v1.tar" },
		[MSK_MEDIA_DOCKER] = { [MSK_CODEC_GZIP] = "application/vnd.docker.image.rootfs.diff.tar.gzip",
				       [MSK_CODEC_ZSTD] = NULL,
				       [MSK_CODEC_NONE] = "application/vnd.docker.image.rootfs.diff.tar" },
	};

	return names[types][codec];
}

bool msk_media_type_is_docker(const char *type)
{
	return strncmp(type, "application/vnd.docker.", strlen("application/vnd.docker.")) == 0;
}

enum msk_codec_kind msk_codec_by_media_type(const char *type)
{
	return msk_ends_with(type, "gzip") ? MSK_CODEC_GZIP : msk_ends_with(type, "+zstd") ? MSK_CODEC_ZSTD : MSK_CODEC_NONE;
}

const char *msk_media_types_name(enum msk_media_types types)
{
	return types == MSK_MEDIA_DOCKER ? "docker" : "oci";
}
