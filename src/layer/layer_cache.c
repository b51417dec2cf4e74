#include "layer_cache.h"

#include <assert.h>
#include <string.h>

#include "body.h"
#include "mkscratch/tar.h"

/* Of a layer in the cache: what is known of it, and behind that its blob. */
struct facts {
	char diff_id[MSK_DIGEST_CHARS], digest[MSK_DIGEST_CHARS];
	unsigned char plain_size[8];
};

struct msk_layer_cache {
	struct msk_block_cache blocks;        /* first: what the compressor calls back with is this */
	const struct msk_layer_args *args;
	struct msk_str identity;
	bool keyed[MSK_OWN_LAYERS], had[MSK_OWN_LAYERS];
	struct msk_digest keys[MSK_OWN_LAYERS];
	unsigned char *entry;                 /* of the layer found last, and its size */
	size_t n;
};

static size_t block_get(struct msk_block_cache *c, const void *plain, size_t n, struct msk_digest *key, void *out, size_t room)
{
	const struct msk_layer_cache *lc = (const struct msk_layer_cache *)c;
	MSK_CLEANUP(msk_sha256_cleanup) struct msk_sha256 *h = msk_sha256_new();

	msk_sha256_add(h, lc->identity.buf, lc->identity.len);
	msk_sha256_add(h, plain, n);
	msk_sha256_end(h, key);
	return msk_cache_get(lc->args->cache, MSK_CACHE_BLOCK, key, out, room);
}

static void block_put(struct msk_block_cache *c, const struct msk_digest *key, const void *packed, size_t n)
{
	const struct msk_layer_cache *lc = (const struct msk_layer_cache *)c;

	msk_cache_put(lc->args->cache, MSK_CACHE_BLOCK, key, packed, n);
}

struct msk_layer_cache *msk_layer_cache_new(const struct msk_layer_args *a)
{
	struct msk_layer_cache *lc;

	if (!a->cache)
		return NULL;
	lc = msk_xcalloc(1, sizeof *lc);
	lc->blocks = (struct msk_block_cache){ block_get, block_put };
	lc->args = a;
	if (msk_codec_identity(&a->codec, &lc->identity))
		return lc;
	msk_layer_cache_cleanup(&lc);
	return NULL;
}

void msk_layer_cache_cleanup(struct msk_layer_cache **lc)
{
	if (!*lc)
		return;
	msk_str_release(&(*lc)->identity);
	free((*lc)->entry);
	free(*lc);
	*lc = NULL;
}

struct msk_block_cache *msk_layer_cache_blocks(struct msk_layer_cache *lc)
{
	return lc ? &lc->blocks : NULL;
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
		     msk_str_c(&lc->identity), (long long)lc->args->mtime);
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

int msk_layer_cache_find(struct msk_layer_cache *lc, size_t i, const struct msk_selection *s, struct msk_err *err)
{
	const size_t room = sizeof(struct facts) + LAYER_CACHE_PACKED;
	uint64_t content = lc ? content_size(lc, s) : 0;

	if (!lc || content > LAYER_CACHE_PLAIN)
		return 0;
	if (make_key(lc, s, &lc->keys[i], err) < 0)
		return -1;
	lc->keyed[i] = true;
	if (!lc->entry)
		lc->entry = msk_xmalloc(room);
	lc->n = msk_cache_get(lc->args->cache, MSK_CACHE_LAYER, &lc->keys[i], lc->entry, room);
	lc->had[i] = lc->n > sizeof(struct facts);
	if (lc->had[i])
		msk_progress_add(lc->args->progress, content);
	return 0;
}

int msk_layer_cache_recall(struct msk_layer_cache *lc, size_t i, struct msk_store *st, struct msk_layer_desc *out,
			   struct msk_err *err)
{
	struct facts facts;

	assert(lc->had[i]);
	memcpy(&facts, lc->entry, sizeof facts);
	memcpy(out->diff_id.text, facts.diff_id, sizeof facts.diff_id);
	out->plain_size = get_le64(facts.plain_size);
	out->blob.size = lc->n - sizeof facts;
	memcpy(out->blob.digest.text, facts.digest, sizeof facts.digest);
	return msk_store_put_known(st, lc->entry + sizeof facts, (size_t)out->blob.size, &out->blob.digest, err);
}

void msk_layer_cache_keep(struct msk_layer_cache *lc, size_t i, struct msk_store *st, const struct msk_layer_desc *l)
{
	struct msk_err ignored = MSK_ERR_INIT;
	MSK_AUTO_STR entry = MSK_STR_INIT;
	struct msk_str_writer to = msk_str_writer(&entry);
	struct facts facts;

	if (!lc || !lc->keyed[i] || lc->had[i] || l->blob.size > LAYER_CACHE_PACKED)
		return;
	memset(&facts, 0, sizeof facts);
	memcpy(facts.diff_id, l->diff_id.text, sizeof facts.diff_id);
	memcpy(facts.digest, l->blob.digest.text, sizeof facts.digest);
	put_le64(facts.plain_size, l->plain_size);
	msk_str_add(&entry, &facts, sizeof facts);
	if (msk_store_send(st, &l->blob.digest, &to.w, &ignored) == 0)
		msk_cache_put_later(lc->args->cache, MSK_CACHE_LAYER, &lc->keys[i], &entry);
}
