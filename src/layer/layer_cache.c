#include "layer_cache.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "block_list.h"
#include "body.h"
#include "mkscratch/block_cache.h"
#include "mkscratch/fs.h"
#include "mkscratch/le.h"
#include "mkscratch/tar.h"

/* Of a layer in the cache: what is known of it, and behind that the keys of its blocks. */
struct facts {
	char diff_id[MSK_DIGEST_CHARS], digest[MSK_DIGEST_CHARS];
	unsigned char plain_size[8], size[8], crc[8], blocks[8];
};

#define MAX_BLOCKS 8192
/* What a sketch has of a large file: so many samples of so many bytes, evenly spread from its beginning to its end. */
#define SAMPLES 64
#define SAMPLE 4096u
#define SAMPLED (1u << 20)              /* smaller files go by size and time */
#define MAX_ENTRY (sizeof(struct facts) + MAX_BLOCKS * MSK_DIGEST_CHARS)

struct msk_layer_cache {
	const struct msk_layer_args *args;
	bool keyed[MSK_OWN_LAYERS], had[MSK_OWN_LAYERS];
	struct msk_digest keys[MSK_OWN_LAYERS];
	bool large[MSK_OWN_LAYERS];           /* they have a sketch instead, and a key once their files were read */
	struct msk_digest sketches[MSK_OWN_LAYERS];
	const struct msk_selection *s[MSK_OWN_LAYERS];
	struct msk_digest likely;             /* of a large one: the key of the layer that had its sketch */
	uint64_t content;                     /* of the layer looked for last: the bytes of its files */
	struct facts facts;                   /* and when it was found, what was */
	char entry[MAX_ENTRY];
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
	free(*lc);
	*lc = NULL;
}

bool msk_layer_cache_had(const struct msk_layer_cache *lc, size_t i)
{
	return lc && lc->had[i];
}

static void add_number(struct msk_str *to, unsigned long long n, unsigned base)
{
	msk_str_addc(to, ' ');
	msk_str_addu(to, n, base);
}

static void add_text(struct msk_str *to, const char *text)
{
	add_number(to, text ? strlen(text) : 0, 10);
	msk_str_addc(to, ':');
	msk_str_adds(to, text ? text : "");
}

/* Every field with its length or in a fixed order, so that no two entries are written alike. */
static void add_fields(struct msk_sha256 *to, const struct msk_entry *e, const char *content)
{
	MSK_AUTO_STR text = MSK_STR_INIT;

	msk_str_room(&text, 200);
	msk_str_addu(&text, e->type, 10);
	msk_str_adds(&text, e->replaces ? " over" : "");
	add_number(&text, e->mode, 8);
	add_number(&text, e->uid, 10);
	add_number(&text, e->gid, 10);
	add_number(&text, e->caps, 16);
	add_number(&text, e->body.size, 10);
	msk_str_addc(&text, ' ');
	msk_str_adds(&text, content);
	add_text(&text, e->path);
	add_text(&text, e->link);
	msk_str_addc(&text, '\n');
	msk_sha256_add(to, text.buf, text.len);
}

static int find_digest(const struct msk_layer_args *a, const struct msk_entry *e, struct msk_sha256 *hash,
		       struct msk_digest *out, struct msk_err *err)
{
	if (msk_file_digests_get(a->digests, e->number, out))
		return 0;
	if (!msk_ahead_digest(a->ahead, &e->body, out) && msk_body_hash(&e->body, hash, out, err) < 0)
		return -1;
	return a->digests ? msk_file_digests_set(a->digests, e->number, out, err) : 0;
}

static int add_entry(const struct msk_layer_cache *lc, const struct msk_entry *e, struct msk_sha256 *key,
		     struct msk_sha256 *hash, struct msk_err *err)
{
	struct msk_digest digest = { "" };

	if (e->type == MSK_FILE && find_digest(lc->args, e, hash, &digest, err) < 0)
		return -1;
	add_fields(key, e, digest.text);
	return 0;
}

static void add_head(const struct msk_layer_cache *lc, struct msk_sha256 *to)
{
	MSK_AUTO_STR head = MSK_STR_INIT;

	msk_str_addf(&head, "mkscratch %s, %s, %s, mtime %lld\n", MSK_VERSION, msk_tar_identity(),
		     msk_block_cache_identity(lc->args->blocks), (long long)lc->args->mtime);
	msk_sha256_add(to, head.buf, head.len);
}

static int make_key(const struct msk_layer_cache *lc, const struct msk_selection *s, struct msk_digest *out,
		    struct msk_err *err)
{
	MSK_CLEANUP(msk_sha256_cleanup) struct msk_sha256 *key = msk_sha256_new();
	MSK_CLEANUP(msk_sha256_cleanup) struct msk_sha256 *hash = msk_sha256_new();
	MSK_AUTO_ROOTFS_WALK w;

	msk_rootfs_walk_init(&w, lc->args->fs);
	add_head(lc, key);
	for (const struct msk_entry *e; (e = msk_selection_next(s, &w));)
		if (add_entry(lc, e, key, hash, err) < 0)
			return -1;
	msk_sha256_end(key, out);
	return 0;
}

static bool add_samples(struct msk_sha256 *to, const struct msk_content *c)
{
	MSK_AUTO_FD int fd = -1;
	struct msk_err ignored = MSK_ERR_INIT;
	char buf[SAMPLE];

	if (msk_content_open(c, &fd, &ignored) < 0)
		return false;
	for (uint64_t i = 0; i < SAMPLES; i++) {
		if (msk_pread_full(fd, buf, SAMPLE, (c->size - SAMPLE) / (SAMPLES - 1) * i, "", &ignored) != SAMPLE)
			return false;
		msk_sha256_add(to, buf, SAMPLE);
	}
	return true;
}

/* A guess at the key, by little of the bytes: whether it holds is seen later. False: a file cannot be read. */
static bool make_sketch(const struct msk_layer_cache *lc, const struct msk_selection *s, struct msk_digest *out)
{
	MSK_CLEANUP(msk_sha256_cleanup) struct msk_sha256 *to = msk_sha256_new();
	MSK_AUTO_ROOTFS_WALK w;

	msk_rootfs_walk_init(&w, lc->args->fs);
	msk_sha256_add(to, "sketch ", sizeof "sketch " - 1);
	add_head(lc, to);
	for (const struct msk_entry *e; (e = msk_selection_next(s, &w));) {
		bool sampled = e->type == MSK_FILE && !e->body.data && e->body.size >= SAMPLED;
		char time[32] = "";

		if (e->type == MSK_FILE && !e->body.data && !sampled)
			snprintf(time, sizeof time, "%lld", (long long)e->body.mtime_ns);
		add_fields(to, e, time);
		if (sampled && !add_samples(to, &e->body))
			return false;
	}
	msk_sha256_end(to, out);
	return true;
}

static uint64_t content_size(const struct msk_layer_cache *lc, const struct msk_selection *s)
{
	uint64_t sum = 0;
	MSK_AUTO_ROOTFS_WALK w;

	msk_rootfs_walk_init(&w, lc->args->fs);
	for (const struct msk_entry *e; (e = msk_selection_next(s, &w));)
		sum += e->body.size;
	return sum;
}

static bool recall(struct msk_layer_cache *lc, const struct msk_digest *key)
{
	size_t n = msk_cache_get(lc->args->cache, MSK_CACHE_LAYER, key, lc->entry, sizeof lc->entry);

	if (n < sizeof lc->facts)
		return false;
	memcpy(&lc->facts, lc->entry, sizeof lc->facts);
	return msk_eight_bytes(lc->facts.blocks) == (n - sizeof lc->facts) / MSK_DIGEST_CHARS;
}

/* Is there a layer that this one is likely to be? */
static bool guess(struct msk_layer_cache *lc, size_t i)
{
	struct msk_digest *likely = &lc->likely;

	lc->large[i] = make_sketch(lc, lc->s[i], &lc->sketches[i]);
	if (!lc->large[i] || msk_cache_get(lc->args->cache, MSK_CACHE_SKETCH, &lc->sketches[i], likely->text,
					   sizeof likely->text) != sizeof likely->text)
		return false;
	return !likely->text[sizeof likely->text - 1] && msk_digest_valid(likely->text) && recall(lc, likely);
}

int msk_layer_cache_find(struct msk_layer_cache *lc, size_t i, const struct msk_selection *s, struct msk_err *err)
{
	if (!lc)
		return 0;
	lc->s[i] = s;
	lc->content = content_size(lc, s);
	if (lc->content > LAYER_CACHE_PLAIN) {
		/* Without digests to be told, there would be no key to keep it by. */
		lc->had[i] = lc->args->digests && guess(lc, i);
		return 0;
	}
	if (make_key(lc, s, &lc->keys[i], err) < 0)
		return -1;
	lc->keyed[i] = true;
	lc->had[i] = recall(lc, &lc->keys[i]);
	return 0;
}

static struct msk_block_list blocks_of(const struct msk_layer_cache *lc)
{
	return (struct msk_block_list){ lc->args->cache, lc->args->pool, lc->entry + sizeof lc->facts,
					msk_eight_bytes(lc->facts.blocks), msk_block_bound(&lc->args->codec) };
}

/* The blob, put together from its blocks; *all is false when one of them is gone. */
static int assemble(const struct msk_layer_cache *lc, struct msk_writer *to, uint64_t *size, bool *all, struct msk_err *err)
{
	const struct msk_codec_spec *codec = &lc->args->codec;
	const struct msk_block_list blocks = blocks_of(lc);
	MSK_AUTO_STR head = MSK_STR_INIT, tail = MSK_STR_INIT;
	struct msk_str_writer to_head = msk_str_writer(&head), to_tail = msk_str_writer(&tail);
	struct msk_part p = { .to = &to_head.w, .size = msk_eight_bytes(lc->facts.plain_size),
			      .crc = (unsigned)msk_eight_bytes(lc->facts.crc) };

	if (msk_part_head(codec, &p, err) < 0)
		return -1;
	p.to = &to_tail.w;
	if (msk_part_tail(codec, &p, err) < 0)
		return -1;
	*size = head.len + tail.len;
	if (msk_writer_write(to, head.buf, head.len, err) < 0 || msk_block_list_send(&blocks, to, size, all, err) < 0)
		return -1;
	return *all ? msk_writer_write(to, tail.buf, tail.len, err) : 0;
}

static bool is_held(const struct msk_layer_cache *lc, const struct msk_store *st, const struct msk_digest *digest,
		    uint64_t size)
{
	uint64_t offset;
	const struct stat *older = msk_store_older(st, &offset);

	return older && msk_ahead_holds(lc->args->ahead, older, offset, digest, size);
}

/* The blob, from where it lies already, or put together. */
static int fetch(const struct msk_layer_cache *lc, struct msk_store *st, uint64_t *size, bool *all, struct msk_err *err)
{
	const struct msk_block_list blocks = blocks_of(lc);
	struct msk_writer *to = msk_store_begin_known(st);
	struct msk_digest digest;

	memcpy(digest.text, lc->facts.digest, sizeof digest.text);
	*size = msk_eight_bytes(lc->facts.size);
	*all = msk_store_adopt(st, &digest, *size, is_held(lc, st, &digest, *size));
	if (!*all)
		return assemble(lc, to, size, all, err);
	msk_block_list_touch(&blocks);
	return 0;
}

/* The files of a large layer are read on one thread while its blob is put together on another. */
struct reading {
	struct msk_task task;                 /* first: the task is this */
	struct msk_layer_cache *lc;
	size_t i;
	struct msk_err err;
	int rc;
};

static void read_files(struct msk_task *t)
{
	struct reading *r = (struct reading *)t;

	r->rc = make_key(r->lc, r->lc->s[r->i], &r->lc->keys[r->i], &r->err);
}

/* As fetch(); *all is false as well when the files are not those of the layer that was likely. */
static int fetch_beside_reading(struct msk_layer_cache *lc, size_t i, struct msk_store *st, uint64_t *size, bool *all,
				struct msk_err *err)
{
	struct reading r = { .task = { .run = read_files }, .lc = lc, .i = i, .err = MSK_ERR_INIT };
	int rc;

	msk_task_start(lc->args->pool, &r.task);
	rc = fetch(lc, st, size, all, err);
	msk_task_join(&r.task);
	if (rc == 0 && r.rc < 0)
		*err = r.err;
	if (rc < 0 || r.rc < 0)
		return -1;
	lc->keyed[i] = true;
	*all = *all && strcmp(lc->keys[i].text, lc->likely.text) == 0;
	if (!*all)
		msk_cache_drop(lc->args->cache, MSK_CACHE_SKETCH, &lc->sketches[i]);
	return 0;
}

/* What was read for a large layer is read again: digests and key shall be those of the bytes that are written. */
static int forget_reading(struct msk_layer_cache *lc, size_t i, struct msk_err *err)
{
	for (size_t k = 0; lc->large[i] && k < msk_rootfs_count(lc->args->fs); k++)
		if (lc->s[i]->has[k] && msk_file_digests_forget(lc->args->digests, k, err) < 0)
			return -1;
	lc->keyed[i] = lc->keyed[i] && !lc->large[i];
	return 0;
}

int msk_layer_cache_recall(struct msk_layer_cache *lc, size_t i, struct msk_store *st, struct msk_layer_desc *out,
			   struct msk_err *err)
{
	uint64_t size;

	assert(lc->had[i]);
	if ((lc->large[i] ? fetch_beside_reading(lc, i, st, &size, &lc->had[i], err)
			  : fetch(lc, st, &size, &lc->had[i], err)) < 0)
		return -1;
	if (!lc->had[i]) {
		msk_store_abandon(st);
		return forget_reading(lc, i, err);
	}
	memcpy(out->diff_id.text, lc->facts.diff_id, sizeof lc->facts.diff_id);
	memcpy(out->blob.digest.text, lc->facts.digest, sizeof lc->facts.digest);
	out->plain_size = msk_eight_bytes(lc->facts.plain_size);
	out->blob.size = size;
	msk_progress_add(lc->args->progress, lc->content);
	return msk_store_end_known(st, &out->blob.digest, size, err);
}

bool msk_layer_cache_wants(const struct msk_layer_cache *lc, size_t i)
{
	return lc && (lc->keyed[i] || lc->large[i]) && !lc->had[i];
}

/* The digests of a large layer's files are known once it is written, where somebody asked for them. */
static bool key_large(struct msk_layer_cache *lc, size_t i)
{
	struct msk_err ignored = MSK_ERR_INIT;

	if (!lc->keyed[i])
		lc->keyed[i] = make_key(lc, lc->s[i], &lc->keys[i], &ignored) == 0;
	return lc->keyed[i];
}

void msk_layer_cache_keep(struct msk_layer_cache *lc, size_t i, const struct msk_part *p, const struct msk_layer_desc *l)
{
	MSK_AUTO_STR entry = MSK_STR_INIT;
	struct facts facts;

	assert(msk_layer_cache_wants(lc, i));
	if (p->keys->n > MAX_BLOCKS || (lc->large[i] ? !key_large(lc, i) : l->blob.size > LAYER_CACHE_PACKED))
		return;
	memset(&facts, 0, sizeof facts);
	memcpy(facts.diff_id, l->diff_id.text, sizeof facts.diff_id);
	memcpy(facts.digest, l->blob.digest.text, sizeof facts.digest);
	msk_put_eight_bytes(facts.plain_size, p->size);
	msk_put_eight_bytes(facts.size, l->blob.size);
	msk_put_eight_bytes(facts.crc, p->crc);
	msk_put_eight_bytes(facts.blocks, p->keys->n);
	msk_str_add(&entry, &facts, sizeof facts);
	for (size_t k = 0; k < p->keys->n; k++)
		msk_str_add(&entry, p->keys->v[k], MSK_DIGEST_CHARS);
	msk_cache_put(lc->args->cache, MSK_CACHE_LAYER, &lc->keys[i], entry.buf, entry.len);
	if (lc->large[i])
		msk_cache_put(lc->args->cache, MSK_CACHE_SKETCH, &lc->sketches[i], lc->keys[i].text,
			      sizeof lc->keys[i].text);
}
