/* Which codec at which level: the one value the plan and the codecs share. */
#ifndef MKSCRATCH_CODEC_SPEC_H
#define MKSCRATCH_CODEC_SPEC_H

enum msk_codec_kind { MSK_CODEC_GZIP, MSK_CODEC_ZSTD, MSK_CODEC_NONE };

struct msk_codec_spec {
	enum msk_codec_kind kind;
	int level;
};

#endif
