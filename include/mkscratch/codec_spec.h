/* Which codec at which level: what the plan and the codecs share. Both decide of the bytes of a blob, neither of a DiffID. */
#ifndef MKSCRATCH_CODEC_SPEC_H
#define MKSCRATCH_CODEC_SPEC_H

enum msk_codec_kind { MSK_CODEC_GZIP, MSK_CODEC_ZSTD, MSK_CODEC_NONE };

struct msk_codec_spec {
	enum msk_codec_kind kind;
	int level;
};

/* Level bounds and default: gzip 1..12 (5), zstd 1..19 (3), none 0. */
void msk_codec_levels(enum msk_codec_kind kind, int *min, int *max, int *dflt);

/* What a stream is made by, from its first four bytes (zeros behind fewer); none where they are of neither. */
enum msk_codec_kind msk_codec_by_head(const unsigned char head[4]);

#endif
