#include "image_files.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "mkscratch/fs.h"
#include "mkscratch/path.h"
#include "mkscratch/tempfile.h"

#define STAGING "staging file"
#define CHUNK   (256u << 10)

/* The bytes of one node on their way into a file. */
struct copy {
	const struct msk_node *node;
	int fd;
};

static int copy_if_it(void *ctx, const struct msk_layer_entry *entry, struct msk_err *err)
{
	struct copy *c = ctx;
	MSK_AUTO_FREE char *buf = NULL;
	ssize_t n;

	if (entry->nth != c->node->nth)
		return 0;
	buf = msk_xmalloc(CHUNK);
	while ((n = msk_layer_reader_data(entry->r, buf, CHUNK, err)) > 0)
		if (msk_write_full(c->fd, buf, (size_t)n, STAGING, err) < 0)
			return -1;
	return n < 0 ? -1 : 0;
}

static int open_bytes(const struct msk_image_files *f, const struct msk_node *n, struct msk_rofile *out,
		      struct msk_err *err)
{
	static const char *const dirs[] = { "/var/tmp", "/tmp", ".", NULL };
	struct copy c = { .node = n };
	MSK_AUTO_FD int fd = -1;

	if (msk_tempfile_anonymous(dirs, &fd, err) < 0)
		return -1;
	c.fd = fd;
	if (msk_source_layer_visit(f->images, f->image, n->layer - 1, copy_if_it, &c, NULL, err) < 0)
		return -1;
	if (lseek(fd, 0, SEEK_SET) < 0)
		return msk_fail_sys(err, errno, STAGING ": cannot begin anew");
	out->size = n->size;
	out->fd = fd;
	fd = -1;
	return 0;
}

static mode_t type_of(const struct msk_node *n)
{
	switch (n->type) {
	case MSK_TAR_DIR:     return S_IFDIR;
	case MSK_TAR_SYMLINK: return S_IFLNK;
	case MSK_TAR_DEVICE:  return S_IFCHR;
	default:              return S_IFREG;
	}
}

/* A hard link is the file it names: the same inode, and its bytes are those of the other. */
static const struct msk_node *follow_hardlinks(const struct msk_image_tree *t, const struct msk_node *n)
{
	for (int hops = 0; n && n->type == MSK_TAR_HARDLINK && hops < MSK_MAX_LINKS; hops++)
		n = n->link ? msk_image_tree_find(t, n->link) : NULL;
	return n;
}

static int files_open(struct msk_rotree *t, const char *path, enum msk_lookup *how, struct msk_rofile *out,
		      struct msk_walk *walk, struct msk_err *err)
{
	const struct msk_image_files *f = (const struct msk_image_files *)t;
	const struct msk_node *n = strlen(path) > MSK_MAX_PATH ? NULL : msk_image_tree_resolve(f->tree, path);
	MSK_AUTO_FREE char *dangling = n ? NULL : msk_image_tree_locate(f->tree, path);

	n = follow_hardlinks(f->tree, n);
	*how = n ? MSK_FOUND : MSK_ABSENT;
	if (!n) {
		if (dangling && msk_image_tree_find(f->tree, dangling)->type == MSK_TAR_SYMLINK)
			out->mode = S_IFLNK;
		return 0;
	}
	*out = (struct msk_rofile){ .fd = -1, .mode = type_of(n) | n->mode, .ino = (uint64_t)(n - f->tree->v) + 1 };
	if (walk)
		walk->final = msk_xasprintf("/%s", n->path);
	return S_ISREG(out->mode) ? open_bytes(f, n, out, err) : 0;
}

static int files_list(struct msk_rotree *t, const char *path, enum msk_lookup *how, struct msk_strv *names,
		      struct msk_err *err)
{
	const struct msk_image_files *f = (const struct msk_image_files *)t;
	const struct msk_node *dir = msk_image_tree_resolve(f->tree, path);
	size_t n = dir ? strlen(dir->path) : 0;

	(void)err;
	*how = dir && dir->type == MSK_TAR_DIR ? MSK_FOUND : MSK_ABSENT;
	for (size_t i = 0; *how == MSK_FOUND && i < f->tree->n; i++) {
		const char *p = f->tree->v[i].path;

		if (strncmp(p, dir->path, n) == 0 && p[n] == '/' && !strchr(p + n + 1, '/'))
			msk_strv_push(names, p + n + 1);
	}
	msk_strv_sort(names);
	return 0;
}

void msk_image_files_init(struct msk_image_files *f, const struct msk_image_tree *tree,
			  const struct msk_source_images *images, const struct msk_source_image *image)
{
	*f = (struct msk_image_files){ { files_open, files_list }, tree, images, image };
}
