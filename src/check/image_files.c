#include "image_files.h"

#include <string.h>
#include <sys/stat.h>

#include "mkscratch/path.h"

static mode_t type_of(const struct msk_node *n)
{
	switch (n->type) {
	case MSK_TAR_DIR:      return S_IFDIR;
	case MSK_TAR_SYMLINK:  return S_IFLNK;
	case MSK_TAR_CHARDEV:  return S_IFCHR;
	case MSK_TAR_BLOCKDEV: return S_IFBLK;
	case MSK_TAR_FIFO:     return S_IFIFO;
	default:               return S_IFREG;
	}
}

static bool is_refused(const struct msk_image_files *f, const struct msk_node *n, const char *path)
{
	struct msk_image_reader *r = f->reader;
	MSK_AUTO_FREE struct msk_node *loader = r && r->loader ? msk_image_tree_resolve(f->tree, r->loader) : NULL;
	MSK_AUTO_FREE char *why = NULL;

	if (!r || !n->data_layer || (loader && loader->at == n->at))
		return false;
	why = msk_starter_refused(r->who, f->tree, path, MSK_MAY_READ);
	if (why && !r->refused)
		r->refused = msk_xasprintf("%s: %s", path, why);
	return why;
}

static int files_open(struct msk_rotree *t, const char *path, enum msk_lookup *how, struct msk_rofile *out,
		      struct msk_walk *walk, struct msk_err *err)
{
	struct msk_image_files *f = (struct msk_image_files *)t;
	MSK_AUTO_FREE struct msk_node *n = strlen(path) > MSK_MAX_PATH ? NULL : msk_image_tree_resolve(f->tree, path);
	MSK_AUTO_FREE char *dangling = n ? NULL : msk_image_tree_locate(f->tree, path);
	MSK_AUTO_FREE struct msk_node *link = dangling ? msk_image_tree_find(f->tree, dangling) : NULL;

	*how = n ? MSK_FOUND : MSK_ABSENT;
	if (!n) {
		if (link && link->type == MSK_TAR_SYMLINK)
			out->mode = S_IFLNK;
		return 0;
	}
	if (is_refused(f, n, path)) {
		*how = MSK_DENIED;
		return 0;
	}
	/* A hard link is the file it names: the same inode. */
	*out = (struct msk_rofile){ .fd = -1, .mode = type_of(n) | n->mode, .dev = n->data_layer,
				    .ino = n->data_layer ? n->data_nth : n->at };
	if (walk)
		walk->final = msk_xasprintf("/%s", n->path);
	return n->data_layer ? msk_stash_open(&f->stash, n, &out->fd, &out->size, err) : 0;
}

static int files_list(struct msk_rotree *t, const char *path, enum msk_lookup *how, struct msk_strv *names,
		      struct msk_err *err)
{
	const struct msk_image_files *f = (const struct msk_image_files *)t;
	MSK_AUTO_FREE struct msk_node *dir = msk_image_tree_resolve(f->tree, path);

	(void)err;
	*how = dir && dir->type == MSK_TAR_DIR ? MSK_FOUND : MSK_ABSENT;
	if (*how == MSK_FOUND)
		msk_image_tree_list(f->tree, dir->path, names);
	msk_strv_sort(names);
	return 0;
}

void msk_image_files_init(struct msk_image_files *f, const struct msk_image_tree *tree,
			  const struct msk_source_images *images, const struct msk_source_image *image)
{
	*f = (struct msk_image_files){ .files = { files_open, files_list }, .tree = tree, .images = images, .image = image };
	msk_stash_init(&f->stash, images, image);
}

void msk_image_files_release(struct msk_image_files *f)
{
	msk_stash_release(&f->stash);
}
