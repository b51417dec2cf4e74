#include "image_files.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "mkscratch/fs.h"
#include "mkscratch/layer_reader.h"
#include "mkscratch/path.h"
#include "mkscratch/tempfile.h"

#define STAGING "staging file"
#define CHUNK   (256u << 10)

static bool same_path(const char *entry, const char *path)
{
	size_t n = strlen(path);

	return strncmp(entry, path, n) == 0 && (entry[n] == '\0' || strcmp(entry + n, "/") == 0);
}

static int copy_bytes(struct msk_layer_reader *r, int fd, struct msk_err *err)
{
	MSK_AUTO_FREE char *buf = msk_xmalloc(CHUNK);
	ssize_t n;

	while ((n = msk_layer_reader_data(r, buf, CHUNK, err)) > 0)
		if (msk_write_full(fd, buf, (size_t)n, STAGING, err) < 0)
			return -1;
	return n < 0 ? -1 : 0;
}

/* The last entry of that path counts. *size stays what it was when there is none. */
static int find_bytes(struct msk_layer_reader *r, const char *path, int fd, uint64_t *size, struct msk_err *err)
{
	struct msk_tar_entry e;

	for (bool more = true; more;) {
		if (msk_layer_reader_next(r, &e, &more, err) < 0)
			return -1;
		if (!more || e.type != MSK_TAR_FILE || !same_path(e.path, path))
			continue;
		if (ftruncate(fd, 0) < 0 || lseek(fd, 0, SEEK_SET) < 0)
			return msk_fail_sys(err, errno, STAGING ": cannot begin anew");
		if (copy_bytes(r, fd, err) < 0)
			return -1;
		*size = e.size;
	}
	return 0;
}

static int open_bytes(const struct msk_image_files *f, const struct msk_node *n, struct msk_rofile *out,
		      struct msk_err *err)
{
	static const char *const dirs[] = { "/var/tmp", "/tmp", ".", NULL };
	const char *digest = msk_json_get_string(msk_json_at(f->layers, n->layer - 1), "digest");
	MSK_AUTO_FREE char *blob = msk_xasprintf("blobs/sha256/%s", digest + strlen("sha256:"));
	MSK_CLEANUP(msk_layer_reader_cleanup) struct msk_layer_reader *r = NULL;
	MSK_AUTO_FD int fd = -1;
	bool found;

	if (msk_tempfile_anonymous(dirs, &fd, err) < 0 ||
	    msk_layer_reader_new(f->source, blob, digest, &found, &r, err) < 0)
		return -1;
	if (!found)
		return msk_fail(err, MSK_E_INTEGRITY, "%s: blob is missing", digest);
	if (find_bytes(r, n->path, fd, &out->size, err) < 0)
		return -1;
	if (lseek(fd, 0, SEEK_SET) < 0)
		return msk_fail_sys(err, errno, STAGING ": cannot begin anew");
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

void msk_image_files_init(struct msk_image_files *f, const struct msk_image_tree *tree, struct msk_source *source,
			  const struct msk_json *layers)
{
	*f = (struct msk_image_files){ { files_open, files_list }, tree, source, layers };
}
