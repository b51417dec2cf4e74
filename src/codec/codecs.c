/* The codecs as the command line knows them. */
#include "block_codec.h"

const struct msk_block_codec msk_plain_codec = { .encode = NULL };

const char *msk_codec_media_type(const struct msk_codec_spec *codec)
{
	switch (codec->kind) {
	case MSK_CODEC_GZIP: return "application/vnd.oci.image.layer.v1.tar+gzip";
	case MSK_CODEC_ZSTD: return "application/vnd.oci.image.layer.v1.tar+zstd";
	default: return "application/vnd.oci.image.layer.v1.tar";
	}
}

void msk_codec_levels(enum msk_codec_kind kind, int *min, int *max, int *dflt)
{
	static const int levels[][3] = {
		[MSK_CODEC_GZIP] = { 1, 12, 6 },
		[MSK_CODEC_ZSTD] = { 1, 19, 3 },
		[MSK_CODEC_NONE] = { 0, 0, 0 },
	};

	*min = levels[kind][0];
	*max = levels[kind][1];
	*dflt = levels[kind][2];
}
