#include "largest.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "mkscratch/doctor.h"

static int compare(const void *pa, const void *pb)
{
	const struct msk_weight *a = pa, *b = pb;
	int c = (a->size < b->size) - (a->size > b->size);

	return c ? c : strcmp(a->path, b->path);
}

static void add(struct msk_weights *w, char *own_path, uint64_t size, const struct msk_entry *e)
{
	MSK_GROW(w->v, w->n, w->cap);
	w->v[w->n++] = (struct msk_weight){ own_path, size, e };
}

/* Is it below what an entry has taken the place of? */
static bool is_deleted(const struct msk_rootfs *fs, const char *path)
{
	MSK_AUTO_FREE char *dir = msk_xstrdup(path);

	for (char *slash; (slash = strrchr(dir, '/')) && slash > dir;) {
		const struct msk_entry *e;

		*slash = '\0';
		e = msk_rootfs_find(fs, dir);
		if (e && e->type != MSK_DIR)
			return true;
	}
	return false;
}

/* What an entry of the image has replaced is no part of it any more; what it leaves in its place is the base's. */
static void add_below(struct msk_weights *w, const struct msk_rootfs *fs, const struct msk_image_tree *below)
{
	MSK_AUTO_TREE_WALK walk;
	const struct msk_node *node;

	for (msk_tree_walk_init(&walk, below); (node = msk_tree_next(&walk));) {
		MSK_AUTO_FREE char *path = msk_xasprintf("/%s", node->path);
		const struct msk_entry *e = msk_rootfs_find(fs, path);

		if (node->type == MSK_TAR_FILE && node->size && (!e || e->kept_below) && !is_deleted(fs, path))
			add(w, msk_take(&path), node->size, NULL);
	}
}

void msk_weigh(const struct msk_rootfs *fs, const struct msk_image_tree *below, struct msk_weights *out)
{
	for (size_t i = 0; i < msk_rootfs_count(fs); i++) {
		const struct msk_entry *e = msk_rootfs_at(fs, i);

		if (e->type == MSK_FILE && e->body.size && !e->kept_below)
			add(out, msk_xstrdup(e->path), e->body.size, e);
	}
	if (below)
		add_below(out, fs, below);
	if (out->n)
		qsort(out->v, out->n, sizeof *out->v, compare);
}

void msk_weights_release(struct msk_weights *w)
{
	for (size_t i = 0; i < w->n; i++)
		free(w->v[i].path);
	free(w->v);
	*w = (struct msk_weights){ 0 };
}

static void tell_strip(const struct msk_entry *e, struct msk_err *err)
{
	MSK_CLEANUP(msk_diagnosis_release) struct msk_diagnosis d = { 0 };
	struct msk_rofile f = { .fd = -1, .mode = S_IFREG | e->mode, .size = e->body.size };
	struct msk_doctor_args args = { .file = &f, .name = e->path };
	struct msk_err ignored = MSK_ERR_INIT;
	MSK_AUTO_STR saved = MSK_STR_INIT;

	if (!e->body.host_path || msk_content_open(&e->body, &f.fd, &ignored) < 0)
		return;
	if (msk_doctor_examine(&args, &d, &ignored) == 0 && msk_strip_advice(&d)) {
		msk_str_add_size(&saved, d.debug_bytes + d.symbol_bytes);
		msk_detail(err, "  %s would be %s less when stripped: %s", e->path, saved.buf, msk_strip_advice(&d));
	}
	close(f.fd);
}

void msk_tell_strip(const struct msk_weight *w, struct msk_err *err)
{
	if (w->e)
		tell_strip(w->e, err);
}
