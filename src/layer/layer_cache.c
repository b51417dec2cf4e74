#include "layer_cache.h"

#include <assert.h>
#include <string.h>

#include "body.h"
#include "mkscratch/block_cache.h"
#include "mkscratch/tar.h"

/* Of a layer in the cache: what is known of it, and behind that the keys of its blocks. */
struct facts {
	char diff_id[MSK_DIGEST_CHARS], digest[MSK_DIGEST_CHARS];
	unsigned char plain_size[8], crc[8], blocks[8];
};

#define MAX_BLOCKS 256
#define MAX_ENTRY (sizeof(struct facts) + MAX_BLOCKS * MSK_DIGEST_CHARS)

struct msk_layer_cache {
	const struct msk_layer_args *args;
	bool keyed[MSK_OWN_LAYERS], had[MSK_OWN_LAYERS];
	struct msk_digest keys[MSK_OWN_LAYERS];
	struct facts facts;                   /* of the layer found last, and its blob */
	struct msk_str blob;
};

struct msk_layer_cache *msk_layer_cache_new(const struct msk_layer_args *a)
{
	struct msk_layer_cache *lc;

	if (!a->cache || !a->blocks)
		return NULL;
	lc = msk_xcalloc(1, sizeof *lc);
	lc->args = a;
	return lc;
}

void msk_layer_cache_cleanup(struct msk_layer_cache **lc)
{
	if (!*lc)
		return;
	msk_str_release(&(*lc)->blob);
	free(*lc);
	*lc = NULL;
}

bool msk_layer_cache_had(const struct msk_layer_cache *lc, size_t i)
{
	return lc && lc->had[i];
}

/* Every field with its length or in a fixed order, so that no two entries are written alike. */
static int add_entry(const struct msk_layer_cache *lc, size_t i, struct msk_sha256 *key,
		     struct msk_sha256 *hash, struct msk_err *err)
{
	const struct msk_entry *e = msk_rootfs_at(lc->args->fs, i);
	MSK_AUTO_STR text = MSK_STR_INIT;
	struct msk_digest digest = { "" };

	if (e->type == MSK_FILE && !msk_ahead_digest(lc->args->ahead, &e->body, &digest) &&
	    msk_body_hash(&e->body, hash, &digest, err) < 0)
		return -1;
	if (lc->args->digests)
		lc->args->digests[i] = digest;
	msk_str_addf(&text, "%d%s %o %u %u %llx %llu %s %zu:%s %zu:%s\n", (int)e->type, e->replaces ? " over" : "",
		     e->mode, e->uid, e->gid, (unsigned long long)e->caps,
		     (unsigned long long)e->body.size, digest.text, strlen(e->path), e->path, e->link ? strlen(e->link) : 0,
		     e->link ? e->link : "");
	msk_sha256_add(key, text.buf, text.len);
	return 0;
}

static int make_key(const struct msk_layer_cache *lc, const struct msk_selection *s, struct msk_digest *out,
		    struct msk_err *err)
{
	MSK_CLEANUP(msk_sha256_cleanup) struct msk_sha256 *key = msk_sha256_new();
	MSK_CLEANUP(msk_sha256_cleanup) struct msk_sha256 *hash = msk_sha256_new();
	MSK_AUTO_STR head = MSK_STR_INIT;

	msk_str_addf(&head, "mkscratch %s, %s, %s, mtime %lld\n", MSK_VERSION, msk_tar_identity(),
		     msk_block_cache_identity(lc->args->blocks), (long long)lc->args->mtime);
	msk_sha256_add(key, head.buf, head.len);
	for (size_t i = 0; i < s->n; i++)
		if (add_entry(lc, s->v[i], key, hash, err) < 0)
			return -1;
	msk_sha256_end(key, out);
	return 0;
}

static uint64_t content_size(const struct msk_layer_cache *lc, const struct msk_selection *s)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < s->n; i++)
		sum += msk_rootfs_at(lc->args->fs, s->v[i])->body.size;
	return sum;
}

static uint64_t get_le64(const unsigned char *p)
{
	uint64_t n = 0;

	for (int i = 7; i >= 0; i--)
		n = n << 8 | p[i];
	return n;
}

static void put_le64(unsigned char *p, uint64_t n)
{
	for (int i = 0; i < 8; i++)
		p[i] = (unsigned char)(n >> (8 * i));
}

static bool add_block(struct msk_layer_cache *lc, const char *key, unsigned char *buf, size_t room)
{
	struct msk_digest digest;
	size_t n;

	memcpy(digest.text, key, sizeof digest.text);
	digest.text[sizeof digest.text - 1] = '\0';
	n = msk_digest_valid(digest.text) ? msk_cache_get(lc->args->cache, MSK_CACHE_BLOCK, &digest, buf, room) : 0;
	msk_str_add(&lc->blob, buf, n);
	return n > 0 && lc->blob.len <= LAYER_CACHE_PACKED;
}

/* Put the blob together from its blocks, all of which must be there still. */
static bool assemble(struct msk_layer_cache *lc, const char *keys)
{
	const struct msk_codec_spec *codec = &lc->args->codec;
	const size_t room = msk_block_bound(codec);
	MSK_AUTO_FREE unsigned char *buf = msk_xmalloc(room);
	struct msk_str_writer to = msk_str_writer(&lc->blob);
	struct msk_part p = { .to = &to.w, .size = get_le64(lc->facts.plain_size), .crc = (unsigned)get_le64(lc->facts.crc) };
	struct msk_err ignored = MSK_ERR_INIT;

	msk_str_release(&lc->blob);
	if (msk_part_head(codec, &p, &ignored) < 0)
		return false;
	for (uint64_t i = 0; i < get_le64(lc->facts.blocks); i++)
		if (!add_block(lc, keys + i * MSK_DIGEST_CHARS, buf, room))
			return false;
	return msk_part_tail(codec, &p, &ignored) == 0;
}

static bool recall(struct msk_layer_cache *lc, const struct msk_digest *key)
{
	MSK_AUTO_FREE char *entry = msk_xmalloc(MAX_ENTRY);
	size_t n = msk_cache_get(lc->args->cache, MSK_CACHE_LAYER, key, entry, MAX_ENTRY);

	if (n < sizeof lc->facts)
		return false;
	memcpy(&lc->facts, entry, sizeof lc->facts);
	return get_le64(lc->facts.blocks) == (n - sizeof lc->facts) / MSK_DIGEST_CHARS &&
	       assemble(lc, entry + sizeof lc->facts);
}

int msk_layer_cache_find(struct msk_layer_cache *lc, size_t i, const struct msk_selection *s, struct msk_err *err)
{
	uint64_t content = lc ? content_size(lc, s) : 0;

	if (!lc || content > LAYER_CACHE_PLAIN)
		return 0;
	if (make_key(lc, s, &lc->keys[i], err) < 0)
		return -1;
	lc->keyed[i] = true;
	lc->had[i] = recall(lc, &lc->keys[i]);
	if (lc->had[i])
		msk_progress_add(lc->args->progress, content);
	return 0;
}

int msk_layer_cache_recall(struct msk_layer_cache *lc, size_t i, struct msk_store *st, struct msk_layer_desc *out,
			   struct msk_err *err)
{
	assert(lc->had[i]);
	memcpy(out->diff_id.text, lc->facts.diff_id, sizeof lc->facts.diff_id);
	out->plain_size = get_le64(lc->facts.plain_size);
	out->blob.size = lc->blob.len;
	memcpy(out->blob.digest.text, lc->facts.digest, sizeof lc->facts.digest);
	return msk_store_put_known(st, lc->blob.buf, lc->blob.len, &out->blob.digest, err);
}

bool msk_layer_cache_wants(const struct msk_layer_cache *lc, size_t i)
{
	return lc && lc->keyed[i] && !lc->had[i];
}

void msk_layer_cache_keep(struct msk_layer_cache *lc, size_t i, const struct msk_part *p, const struct msk_layer_desc *l)
{
	MSK_AUTO_STR entry = MSK_STR_INIT;
	struct facts facts;

	assert(msk_layer_cache_wants(lc, i));
	if (l->blob.size > LAYER_CACHE_PACKED || p->keys->n > MAX_BLOCKS)
		return;
	memset(&facts, 0, sizeof facts);
	memcpy(facts.diff_id, l->diff_id.text, sizeof facts.diff_id);
	memcpy(facts.digest, l->blob.digest.text, sizeof facts.digest);
	put_le64(facts.plain_size, p->size);
	put_le64(facts.crc, p->crc);
	put_le64(facts.blocks, p->keys->n);
	msk_str_add(&entry, &facts, sizeof facts);
	for (size_t k = 0; k < p->keys->n; k++)
		msk_str_add(&entry, p->keys->v[k], MSK_DIGEST_CHARS);
	msk_cache_put(lc->args->cache, MSK_CACHE_LAYER, &lc->keys[i], entry.buf, entry.len);
}
