#include "mkscratch/layer.h"

#include <assert.h>
#include <string.h>

#include "body.h"
#include "layer_cache.h"
#include "mkscratch/compress.h"
#include "mkscratch/tar.h"
#include "split.h"
#include "twin.h"

/* Bodies go into the tar, are told as progress, and hashed when somebody asks. */
struct into_tar {
	struct msk_body_taker t;
	struct msk_tar *tar;
	struct msk_progress *progress;
	struct msk_sha256 *hash;
};

static int take_for_tar(struct msk_body_taker *t, const void *p, size_t n, struct msk_err *err)
{
	struct into_tar *to = (struct into_tar *)t;

	msk_progress_add(to->progress, n);
	if (to->hash)
		msk_sha256_add(to->hash, p, n);
	return msk_tar_data(to->tar, p, n, err);
}

/* A large file, whose digest is made along with the layer's and known some time later. */
struct large {
	struct msk_span span;                 /* first: the span is this */
	struct larges *of;
	struct large *next;
	size_t number;                        /* of its entry */
};

/* Those that are under way, the oldest first. */
struct larges {
	struct msk_file_digests *digests;
	struct large *first, **end;
};

static void drop_first(struct larges *l)
{
	struct large *f = l->first;

	l->first = f->next;
	if (!l->first)
		l->end = &l->first;
	msk_sha256_free(f->span.hash);
	free(f);
}

static void larges_cleanup(struct larges *l)
{
	while (l->first)
		drop_first(l);
}

static int close_large(struct msk_span *s, struct msk_err *err)
{
	struct large *f = (struct large *)s;
	struct larges *of = f->of;
	int rc = msk_file_digests_set(of->digests, f->number, &s->digest, err);

	assert(f == of->first);
	drop_first(of);
	return rc;
}

static struct msk_span *add_large(struct larges *l, const struct msk_entry *e)
{
	struct large *f = msk_xcalloc(1, sizeof *f);

	*f = (struct large){ { .size = e->body.size, .hash = msk_sha256_new(), .close = close_large }, l, NULL, e->number };
	*l->end = f;
	l->end = &f->next;
	return &f->span;
}

/* Where the entries of a layer go. */
struct sink {
	const struct msk_layer_args *a;
	struct msk_compressor *c;
	struct msk_tar *tar;
	struct msk_sha256 *hash;              /* empty: for a file after the other */
	struct larges *larges;
};

/* image-spec "whiteouts": delete what the layers below have at the path of an entry. It stands right before that. */
static int add_whiteout(const struct msk_entry *e, const struct sink *to, struct msk_err *err)
{
	const char *base = strrchr(e->path, '/') + 1;
	MSK_AUTO_FREE char *path = msk_xasprintf("%.*s.wh.%s", (int)(base - e->path - 1), e->path + 1, base);
	const struct msk_tar_entry te = { .path = path, .type = MSK_TAR_FILE, .mode = 0644, .mtime = to->a->mtime };

	return msk_tar_header(to->tar, &te, err);
}

static int add_body(const struct msk_entry *e, const struct sink *s, struct msk_err *err)
{
	const struct msk_layer_args *a = s->a;
	struct msk_digest digest;
	bool asked = a->digests && !msk_file_digests_get(a->digests, e->number, &digest);
	bool large = asked && e->body.size >= MSK_SPAN_LEAST;
	struct into_tar to = { { take_for_tar }, s->tar, a->progress, asked && !large ? s->hash : NULL };

	if (large)
		msk_compressor_span(s->c, add_large(s->larges, e));
	if (msk_body_read(&e->body, &to.t, err) < 0)
		return -1;
	if (!to.hash)
		return 0;
	msk_sha256_end(to.hash, &digest);
	return msk_file_digests_set(a->digests, e->number, &digest, err);
}

static int add_entry(const struct msk_entry *e, const struct sink *s, struct msk_err *err)
{
	static const enum msk_tar_type type[] = {
		[MSK_DIR] = MSK_TAR_DIR, [MSK_FILE] = MSK_TAR_FILE, [MSK_SYMLINK] = MSK_TAR_SYMLINK,
	};
	struct msk_tar_entry te = {
		.path = e->path + 1,
		.type = type[e->type],
		.link = e->link,
		.mode = e->mode,
		.uid = e->uid,
		.gid = e->gid,
		.size = e->body.size,
		.mtime = s->a->mtime,
		.caps = e->caps,
	};

	if ((e->replaces && add_whiteout(e, s, err) < 0) || msk_tar_header(s->tar, &te, err) < 0)
		return -1;
	return e->type == MSK_FILE ? add_body(e, s, err) : 0;
}

/* A layer on its way: its tar goes through the compressor into a blob. */
struct job {
	struct msk_part part;                 /* first: the part is the job */
	struct msk_store *store;
	struct msk_layer_desc *out;
	bool plain;                           /* the blob is the tar: one digest is both */
	struct msk_strv keys;                 /* of its blocks */
};

static int open_blob(struct msk_part *p, struct msk_writer **to, struct msk_err *err)
{
	struct job *j = (struct job *)p;

	(void)err;
	*to = j->plain ? msk_store_begin_known(j->store) : msk_store_begin(j->store);
	return 0;
}

static int close_blob(struct msk_part *p, struct msk_err *err)
{
	struct job *j = (struct job *)p;

	j->out->diff_id = p->digest;
	j->out->plain_size = p->size;
	if (j->plain) {
		j->out->blob.digest = p->digest;
		j->out->blob.size = p->size;
		return msk_store_end_known(j->store, &p->digest, p->size, err);
	}
	return msk_store_end(j->store, &j->out->blob.digest, &j->out->blob.size, err);
}

static int write_entries(const struct msk_layer_args *a, const struct msk_selection *s, struct msk_compressor *c,
			 struct msk_part *p, struct larges *larges, struct msk_err *err)
{
	MSK_CLEANUP(msk_tar_cleanup) struct msk_tar *tar = NULL;
	MSK_CLEANUP(msk_sha256_cleanup) struct msk_sha256 *hash = msk_sha256_new();
	MSK_AUTO_ROOTFS_WALK w;
	struct sink to;

	msk_rootfs_walk_init(&w, a->fs);
	if (msk_tar_new(msk_compressor_begin(c, p), &tar, err) < 0)
		return -1;
	to = (struct sink){ a, c, tar, hash, larges };
	for (const struct msk_entry *e; (e = msk_selection_next(s, &w));)
		if (add_entry(e, &to, err) < 0)
			return -1;
	return msk_tar_finish(tar, err);
}

static struct msk_layer_desc describe(const struct msk_layer_args *a, const struct msk_selection *s)
{
	size_t whiteouts = 0;
	MSK_AUTO_ROOTFS_WALK w;

	msk_rootfs_walk_init(&w, a->fs);
	for (const struct msk_entry *e; msk_rootfs_below(a->fs) && (e = msk_selection_next(s, &w));)
		whiteouts += e->replaces;
	return (struct msk_layer_desc){
		.blob.media_type = msk_media_type_layer(a->media_types, a->codec.kind),
		.entries = s->n + whiteouts,
		.history = s->history,
	};
}

static void begin_job(struct job *j, const struct msk_layer_args *a, struct msk_store *st, struct msk_layer_desc *out)
{
	*j = (struct job){ { .open = open_blob, .close = close_blob, .keys = &j->keys }, st, out,
			   a->codec.kind == MSK_CODEC_NONE, MSK_STRV_INIT };
}

/* Layers follow one another into the compressor without waiting. One that is in the cache waits until those before it
 * are written: blobs come in the order of the layers. */
static int make_layers(const struct msk_layer_args *a, const struct msk_selection *s, struct msk_layer_cache *lc,
		       struct msk_store *st, struct job *jobs, struct msk_layer_desc *made, size_t n, struct msk_err *err)
{
	const struct msk_compress_args args = {
		.codec = a->codec, .pool = a->pool, .paranoid = a->paranoid, .early = a->early,
		.cache = a->paranoid ? NULL : a->blocks,
	};
	MSK_CLEANUP(larges_cleanup) struct larges larges = { a->digests, NULL, &larges.first };
	MSK_CLEANUP(msk_compressor_cleanup) struct msk_compressor *c = NULL;

	if (msk_compressor_new(&args, &c, err) < 0)
		return -1;
	for (size_t i = 0; i < n; i++) {
		const struct msk_layer_desc *twin;

		if (msk_layer_twin(a, &s[i], &twin, err) < 0)
			return -1;
		if (twin) {
			made[i] = *twin;
			continue;
		}
		if (msk_layer_cache_find(lc, i, &s[i], err) < 0)
			return -1;
		if (msk_layer_cache_had(lc, i)) {
			if (msk_compressor_wait(c, err) < 0 || msk_layer_cache_recall(lc, i, st, &made[i], err) < 0)
				return -1;
			if (msk_layer_cache_had(lc, i))
				continue;
		}
		begin_job(&jobs[i], a, st, &made[i]);
		if (write_entries(a, &s[i], c, &jobs[i].part, &larges, err) < 0)
			return -1;
	}
	return msk_compressor_finish(c, err);
}

static int write_layers(const struct msk_layer_args *a, const struct msk_selection *s, struct msk_store *st,
			struct msk_layer_desc *made, size_t n, struct msk_err *err)
{
	/* Who is paranoid trusts no earlier run either. */
	MSK_CLEANUP(msk_layer_cache_cleanup) struct msk_layer_cache *lc = a->paranoid ? NULL : msk_layer_cache_new(a);
	struct job jobs[MSK_OWN_LAYERS] = { 0 };
	int rc = make_layers(a, s, lc, st, jobs, made, n, err);

	for (size_t i = 0; i < n; i++) {
		if (rc == 0 && msk_layer_cache_wants(lc, i))
			msk_layer_cache_keep(lc, i, &jobs[i].part, &made[i]);
		msk_strv_release(&jobs[i].keys);
	}
	return rc;
}

/* Digests of files that no layer of ours holds, since they are below already. */
static int hash_kept(const struct msk_layer_args *a, struct msk_err *err)
{
	MSK_CLEANUP(msk_sha256_cleanup) struct msk_sha256 *hash = msk_sha256_new();
	MSK_AUTO_ROOTFS_WALK w;

	msk_rootfs_walk_init(&w, a->fs);
	for (const struct msk_entry *e; a->digests && msk_rootfs_below(a->fs) && (e = msk_rootfs_next(&w));) {
		struct msk_digest digest;

		if (!e->kept_below || e->type != MSK_FILE)
			continue;
		if (msk_body_hash(&e->body, hash, &digest, err) < 0 ||
		    msk_file_digests_set(a->digests, e->number, &digest, err) < 0)
			return -1;
	}
	return 0;
}

void msk_layers_release(struct msk_layers *l)
{
	free(l->v);
	*l = (struct msk_layers){ NULL, 0, 0 };
}

int msk_layers_write(const struct msk_layer_args *a, struct msk_store *st, struct msk_layers *out, struct msk_err *err)
{
	struct msk_selection s[MSK_OWN_LAYERS];
	size_t n = msk_split(a->fs, a->single, s), below = out->n;
	int rc;

	for (size_t i = 0; i < n; i++) {
		MSK_GROW(out->v, out->n, out->cap);
		out->v[out->n++] = describe(a, &s[i]);
	}
	rc = n ? write_layers(a, s, st, out->v + below, n, err) : 0;
	if (rc == 0)
		rc = hash_kept(a, err);
	for (size_t i = 0; i < MSK_OWN_LAYERS; i++)
		msk_selection_release(&s[i]);
	return rc;
}
