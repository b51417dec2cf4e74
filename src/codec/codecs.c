/* The codecs as the command line knows them. */
#include "block_codec.h"
#include "library_id.h"
#include "mkscratch/media_type.h"

/* Raised when the same bytes at the same level become other blocks. */
#define BLOCK_FORMAT 1

const struct msk_block_codec msk_plain_codec = { .encode = NULL };

const struct msk_block_codec *msk_codec_of(enum msk_codec_kind kind)
{
	static const struct msk_block_codec *const codecs[] = {
		[MSK_CODEC_GZIP] = &msk_gzip_codec,
		[MSK_CODEC_ZSTD] = &msk_zstd_codec,
		[MSK_CODEC_NONE] = &msk_plain_codec,
	};

	return codecs[kind];
}

bool msk_codec_identity(const struct msk_codec_spec *codec, struct msk_str *out)
{
	const struct msk_block_codec *c = msk_codec_of(codec->kind);
	const void *library;

	if (!c->maker)
		return false;
	msk_str_addf(out, "blocks %d, media type %s, level %d, ", BLOCK_FORMAT,
		     msk_media_type_layer(MSK_MEDIA_OCI, codec->kind), codec->level);
	library = c->linked(codec->level);
	msk_str_addf(out, "%s ", library ? "library" : c->maker(codec->level));
	return !library || msk_library_id(library, out);
}

const char *msk_codec_maker(const struct msk_codec_spec *codec)
{
	const struct msk_block_codec *c = msk_codec_of(codec->kind);

	return c->maker ? c->maker(codec->level) : NULL;
}

bool msk_codec_is_own(const struct msk_codec_spec *codec)
{
	const struct msk_block_codec *c = msk_codec_of(codec->kind);

	return c->maker && !c->linked(codec->level);
}

void msk_codec_levels(enum msk_codec_kind kind, int *min, int *max, int *dflt)
{
	static const int levels[][3] = {
		[MSK_CODEC_GZIP] = { 1, 12, 5 },
		[MSK_CODEC_ZSTD] = { 1, 19, 3 },
		[MSK_CODEC_NONE] = { 0, 0, 0 },
	};

	*min = levels[kind][0];
	*max = levels[kind][1];
	*dflt = levels[kind][2];
}

enum msk_codec_kind msk_codec_by_head(const unsigned char head[4])
{
	if (head[0] == 0x1f && head[1] == 0x8b)
		return MSK_CODEC_GZIP;
	/* A frame, or one of those that are skipped (RFC 8878, 3.1). */
	if ((head[0] == 0x28 && head[1] == 0xb5 && head[2] == 0x2f && head[3] == 0xfd) ||
	    ((head[0] & 0xf0) == 0x50 && head[1] == 0x2a && head[2] == 0x4d && head[3] == 0x18))
		return MSK_CODEC_ZSTD;
	return MSK_CODEC_NONE;
}
