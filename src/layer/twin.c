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
	if (s->n != other->n || strcmp(s->history, other->history) != 0)
		return false;
	for (size_t i = 0; i < s->n; i++)
		if (!same_entry(msk_rootfs_at(fs, s->v[i]), msk_rootfs_at(other_fs, other->v[i])))
			return false;
	return true;
}

static void copy_digests(const struct msk_layered *other, const struct msk_selection *theirs,
			 const struct msk_layer_args *a, const struct msk_selection *s)
{
	for (size_t i = 0; a->digests && i < s->n; i++)
		a->digests[s->v[i]] = other->digests[theirs->v[i]];
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

	for (size_t i = 0; i < a->n_before && !found; i++)
		found = find_in(&a->before[i], a, s);
	for (size_t i = 0; found && i < s->n; i++)
		msk_progress_add(a->progress, msk_rootfs_at(a->fs, s->v[i])->body.size);
	return found;
}
