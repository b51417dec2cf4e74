#include "mkscratch/layer_reader.h"

#include <string.h>

#include "mkscratch/gzip_sum.h"

#define CHUNK (256u << 10)

/* Hash and count what is pulled through. */
struct hash_reader {
	struct msk_reader r;
	struct msk_reader *from;
	struct msk_sha256 *hash;
	uint64_t size, limit;
	const char *name;
	struct msk_gzip_sum *gzip;     /* both are shown what they pass on */
	void (*sum)(struct msk_gzip_sum *s, const void *p, size_t n);
};

static int fail_bomb(const char *name, uint64_t limit, struct msk_err *err)
{
	return msk_fail(err, MSK_E_INPUT, "%s: expands beyond %llu bytes (--max-layer-size)", name,
			(unsigned long long)limit);
}

static ssize_t hash_read(struct msk_reader *pr, void *p, size_t n, struct msk_err *err)
{
	struct hash_reader *r = (struct hash_reader *)pr;
	ssize_t got = r->from->read(r->from, p, n, err);

	if (got <= 0)
		return got;
	r->size += (uint64_t)got;
	if (r->size > r->limit)
		return fail_bomb(r->name, r->limit, err);
	msk_sha256_add(r->hash, p, (size_t)got);
	r->sum(r->gzip, p, (size_t)got);
	return got;
}

struct msk_layer_reader {
	char *what;
	uint64_t limit;
	struct msk_reader *blob;
	struct hash_reader packed, plain;
	struct msk_gzip_sum gzip;
	struct msk_inflate *inflate;
	struct msk_tar_in *tar;
	uint64_t told;                 /* bytes that the entries say they have; those of a sparse file need not be in the tar */
};

int msk_layer_reader_new(struct msk_source *s, const char *path, const char *what, uint64_t limit, bool *found,
			 struct msk_layer_reader **out, struct msk_err *err)
{
	MSK_CLEANUP(msk_source_stream_cleanup) struct msk_reader *blob = NULL;
	struct msk_layer_reader *r;

	if (msk_source_stream(s, path, found, &blob, err) < 0)
		return -1;
	if (!*found)
		return 0;
	r = msk_xcalloc(1, sizeof *r);
	r->what = msk_xstrdup(what);
	r->limit = limit;
	r->blob = msk_take(&blob);
	r->packed = (struct hash_reader){ { hash_read }, r->blob, msk_sha256_new(), 0, UINT64_MAX, r->what, &r->gzip,
					  msk_gzip_sum_packed };
	*out = r;
	return 0;
}

void msk_layer_reader_free(struct msk_layer_reader *r)
{
	if (!r)
		return;
	msk_tar_in_free(r->tar);
	msk_inflate_free(r->inflate);
	msk_sha256_free(r->packed.hash);
	msk_sha256_free(r->plain.hash);
	msk_source_stream_free(r->blob);
	free(r->what);
	free(r);
}

void msk_layer_reader_cleanup(struct msk_layer_reader **r)
{
	msk_layer_reader_free(*r);
}

/* Not when it is made: a blob that is no layer has a digest all the same. */
static int begin(struct msk_layer_reader *r, struct msk_err *err)
{
	if (r->tar)
		return 0;
	if (msk_inflate_new(&r->packed.r, r->what, &r->inflate, err) < 0)
		return -1;
	r->plain = (struct hash_reader){ { hash_read }, msk_inflate_reader(r->inflate), msk_sha256_new(), 0, r->limit,
					 r->what, &r->gzip, msk_gzip_sum_plain };
	if (msk_tar_in_new(&r->plain.r, r->what, &r->tar, err) < 0)
		return -1;
	msk_tar_in_fill(r->tar);
	return 0;
}

int msk_layer_reader_next(struct msk_layer_reader *r, struct msk_tar_entry *e, bool *more, struct msk_err *err)
{
	if (begin(r, err) < 0 || msk_tar_in_next(r->tar, e, more, err) < 0)
		return -1;
	if (!*more || e->type != MSK_TAR_FILE)
		return 0;
	if (e->size > r->limit - r->told)
		return fail_bomb(r->what, r->limit, err);
	r->told += e->size;
	return 0;
}

ssize_t msk_layer_reader_data(struct msk_layer_reader *r, void *p, size_t n, struct msk_err *err)
{
	return msk_tar_in_read(r->tar, p, n, err);
}

static int drain(struct hash_reader *r, struct msk_err *err)
{
	MSK_AUTO_FREE char *rest = msk_xmalloc(CHUNK);
	ssize_t n;

	while ((n = r->r.read(&r->r, rest, CHUNK, err)) > 0)
		;
	return n < 0 ? -1 : 0;
}

int msk_layer_reader_finish(struct msk_layer_reader *r, struct msk_layer_sums *out, struct msk_err *err)
{
	if (begin(r, err) < 0 || drain(&r->plain, err) < 0 || drain(&r->packed, err) < 0)
		return -1;
	if (!msk_gzip_sum_is_right(&r->gzip))
		return msk_fail(err, MSK_E_INPUT, "%s: the gzip stream does not end with its checksum and length", r->what);
	msk_sha256_end(r->packed.hash, &out->packed);
	msk_sha256_end(r->plain.hash, &out->plain);
	memcpy(out->head, r->gzip.head, sizeof out->head);
	out->cut = msk_tar_in_was_filled(r->tar);
	out->packed_size = r->packed.size;
	out->plain_size = r->plain.size;
	return 0;
}

int msk_layer_reader_packed(struct msk_layer_reader *r, struct msk_digest *digest, uint64_t *size, struct msk_err *err)
{
	if (drain(&r->packed, err) < 0)
		return -1;
	msk_sha256_end(r->packed.hash, digest);
	*size = r->packed.size;
	return 0;
}

int msk_layer_reader_plain(struct msk_layer_reader *r, struct msk_digest *digest, struct msk_err *err)
{
	if (!r->inflate)
		return msk_fail(err, MSK_E_INPUT, "%s: cannot be unpacked", r->what);
	if (drain(&r->plain, err) < 0)
		return -1;
	msk_sha256_end(r->plain.hash, digest);
	return 0;
}

bool msk_layer_reader_is_full(const struct msk_layer_reader *r)
{
	return r->inflate && r->plain.size > r->plain.limit;
}
