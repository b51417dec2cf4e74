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

static void copy_digests(const struct msk_layered *other, const struct msk_selection *theirs,
			 const struct msk_layer_args *a, const struct msk_selection *s)
{
	MSK_AUTO_ROOTFS_WALK w, other_w;

	msk_rootfs_walk_init(&w, a->fs);
	msk_rootfs_walk_init(&other_w, other->fs);
	for (const struct msk_entry *e; a->digests && (e = msk_selection_next(s, &w));)
		a->digests[e->number] = other->digests[msk_selection_next(theirs, &other_w)->number];
}

static const struct msk_layer_desc *find_in(const struct msk_layered *other, const struct msk_layer_args *a,
					    const struct msk_selection *s)
{
	struct msk_selection theirs[MSK_OWN_LAYERS];
	const struct msk_layer_desc *found = NULL;
	size_t n = msk_split(other->fs, a->single, theirs);

	for (size_t i = 0; i < n && !found; i++)
		if (same_layer(a->fs, s, other->fs, &theirs[i])) {
			found = &other->layers[i];
			copy_digests(other, &theirs[i], a, s);
		}
	for (size_t i = 0; i < MSK_OWN_LAYERS; i++)
		msk_selection_release(&theirs[i]);
	return found;
}

const struct msk_layer_desc *msk_layer_twin(const struct msk_layer_args *a, const struct msk_selection *s)
{
	const struct msk_layer_desc *found = NULL;
	MSK_AUTO_ROOTFS_WALK w;

	for (size_t i = 0; i < a->n_before && !found; i++)
		found = find_in(&a->before[i], a, s);
	msk_rootfs_walk_init(&w, a->fs);
	for (const struct msk_entry *e; found && (e = msk_selection_next(s, &w));)
		msk_progress_add(a->progress, e->body.size);
	return found;
}
