/* Compression of a layer: a writer that cuts its input in blocks of MSK_BLOCK_SIZE, compresses them on `jobs`
 * threads and passes them on in order.
 *
 * The output depends on the input, the codec, its level and the version of the codec's library; never on the number
 * of threads, the CPU or how the input was cut into writes.
 *   gzip  RFC 1952, ONE member: blocks are raw deflate streams joined by empty stored blocks (a sync flush), header
 *         with zero time, XFL 0, OS 255. Several readers stop after the first member, hence one.
 *   zstd  RFC 8878, one frame a block, each with content size and checksum.
 *   none  the bytes. */
#ifndef MKSCRATCH_COMPRESS_H
#define MKSCRATCH_COMPRESS_H

#include "mkscratch/codec_spec.h"
#include "mkscratch/stream.h"

#define MSK_BLOCK_SIZE (512u * 1024)

struct msk_compressor;

/* jobs 0: one thread per core. Threads start only when there is a second block. */
int msk_compressor_new(const struct msk_codec_spec *codec, unsigned jobs, struct msk_writer *next,
		       struct msk_compressor **out, struct msk_err *err);
struct msk_writer *msk_compressor_writer(struct msk_compressor *c);
void msk_compressor_free(struct msk_compressor *c);          /* stops the threads; also half-way */
void msk_compressor_cleanup(struct msk_compressor **c);

/* "application/vnd.oci.image.layer.v1.tar+gzip" and so on. */
const char *msk_codec_media_type(const struct msk_codec_spec *codec);

#endif
