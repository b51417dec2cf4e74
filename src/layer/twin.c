#include "twin.h"

#include <string.h>

static bool same_text(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

/* Files of the host are looked at again when they are read: one that is the same file now has the same bytes. */
static bool same_body(const struct msk_content *a, const struct msk_content *b)
{
	if (a->size != b->size || !a->data != !b->data)
		return false;
	if (a->data)
		return memcmp(a->data, b->data, (size_t)a->size) == 0;
	return a->dev == b->dev && a->ino == b->ino && a->mtime_ns == b->mtime_ns;
}

static bool same_entry(const struct msk_entry *a, const struct msk_entry *b)
{
	return a->type == b->type && a->replaces == b->replaces && a->mode == b->mode && a->uid == b->uid && a->gid == b->gid &&
	       a->caps == b->caps && same_text(a->path, b->path) && same_text(a->link, b->link) &&
	       (a->type != MSK_FILE || same_body(&a->body, &b->body));
}

static bool same_layer(const struct msk_rootfs *fs, const struct msk_selection *s, const struct msk_rootfs *other_fs,
		       const struct msk_selection *other)
{
	MSK_AUTO_ROOTFS_WALK w, other_w;

	msk_rootfs_walk_init(&w, fs);
	msk_rootfs_walk_init(&other_w, other_fs);
	if (s->n != other->n || strcmp(s->history, other->history) != 0)
		return false;
	for (const struct msk_entry *e; (e = msk_selection_next(s, &w));)
		if (!same_entry(e, msk_selection_next(other, &other_w)))
			return false;
	return true;
}

static int copy_digests(const struct msk_layered *other, const struct msk_selection *theirs,
			const struct msk_layer_args *a, const struct msk_selection *s, struct msk_err *err)
{
	MSK_AUTO_ROOTFS_WALK w, other_w;

	msk_rootfs_walk_init(&w, a->fs);
	msk_rootfs_walk_init(&other_w, other->fs);
	for (const struct msk_entry *e; a->digests && (e = msk_selection_next(s, &w));) {
		const struct msk_entry *same = msk_selection_next(theirs, &other_w);
		struct msk_digest digest;

		if (msk_file_digests_get(other->digests, same->number, &digest) &&
		    msk_file_digests_set(a->digests, e->number, &digest, err) < 0)
			return -1;
	}
	return 0;
}

static int find_in(const struct msk_layered *other, const struct msk_layer_args *a, const struct msk_selection *s,
		   const struct msk_layer_desc **out, struct msk_err *err)
{
	struct msk_selection theirs[MSK_OWN_LAYERS];
	size_t n = msk_split(other->fs, a->single, theirs);
	int rc = 0;

	for (size_t i = 0; i < n && !*out; i++)
		if (same_layer(a->fs, s, other->fs, &theirs[i])) {
			*out = &other->layers[i];
			rc = copy_digests(other, &theirs[i], a, s, err);
		}
	for (size_t i = 0; i < MSK_OWN_LAYERS; i++)
		msk_selection_release(&theirs[i]);
	return rc;
}

int msk_layer_twin(const struct msk_layer_args *a, const struct msk_selection *s, const struct msk_layer_desc **out,
		   struct msk_err *err)
{
	MSK_AUTO_ROOTFS_WALK w = { 0 };

	*out = NULL;
	for (size_t i = 0; i < a->n_before && !*out; i++)
		if (find_in(&a->before[i], a, s, out, err) < 0)
			return -1;
	msk_rootfs_walk_init(&w, a->fs);
	for (const struct msk_entry *e; *out && (e = msk_selection_next(s, &w));)
		msk_progress_add(a->progress, e->body.size);
	return 0;
}
