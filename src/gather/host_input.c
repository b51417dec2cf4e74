#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "mkscratch/fs.h"
#include "host_io.h"
#include "mkscratch/filecap.h"

const char *msk_mode_kind(mode_t mode)
{
	switch (mode & S_IFMT) {
	case S_IFREG: return "a regular file";
	case S_IFDIR: return "a directory";
	case S_IFLNK: return "a symbolic link";
	case S_IFIFO: return "a FIFO";
	case S_IFSOCK: return "a socket";
	case S_IFCHR: return "a character device";
	case S_IFBLK: return "a block device";
	default: return "of an unknown kind";
	}
}

static int refuse_kind(const char *path, mode_t mode, const char *expected, struct msk_err *err)
{
	return msk_fail(err, MSK_E_INPUT, "%s: is %s, expected %s", path, msk_mode_kind(mode), expected);
}

static int refuse_open(const char *path, int sys, const char *expected, struct msk_err *err)
{
	if (sys == ENOENT || sys == ENOTDIR)
		return msk_fail(err, MSK_E_INPUT, "%s: no such %s", path, expected);
	if (sys == ELOOP)
		return msk_fail(err, MSK_E_INPUT, "%s: too many symbolic links (%d)", path, MSK_MAX_LINKS);
	if (sys == ESTALE)
		return msk_fail(err, MSK_E_IO, "%s: changed while it was being read", path);
	return msk_fail_sys(err, sys, "%s: cannot open", path);
}

bool msk_host_is_dir(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

int msk_host_open_input(const char *path, struct msk_rofile *out, struct msk_err *err)
{
	/* Looked at before it is opened: opening a device can do things, opening a FIFO is noticed at its other end. */
	struct stat st;
	int fd;

	if (stat(path, &st) < 0)
		return refuse_open(path, errno, "file", err);
	if (!S_ISREG(st.st_mode))
		return refuse_kind(path, st.st_mode, "a regular file", err);
	fd = msk_open_same(AT_FDCWD, path, 0, &st);
	if (fd < 0)
		return refuse_open(path, errno, "file", err);
	msk_rofile_fill(out, &st, fd);
	return 0;
}

bool msk_host_has_caps(const struct msk_rofile *f)
{
	unsigned char value[MSK_FILECAP_MOST];
	ssize_t n = fgetxattr(f->fd, MSK_FILECAP_XATTR, value, sizeof value);
	uint64_t caps;

	return n > 0 && msk_filecap_decode(value, (size_t)n, &caps) && caps;
}

/* Turn how a look-up in the root ended into *found; a loop or a refusal is an error. */
static int settle(const char *path, enum msk_lookup how, bool *found, struct msk_err *err)
{
	if (how == MSK_LOOP)
		return refuse_open(path, ELOOP, "", err);
	if (how == MSK_DENIED)
		return refuse_open(path, EACCES, "", err);
	*found = how == MSK_FOUND;
	return 0;
}

int msk_host_open_file(struct msk_host *h, const char *path, bool *found, struct msk_rofile *out, char **final,
		       struct msk_err *err)
{
	MSK_AUTO_WALK walk = MSK_WALK_INIT;
	enum msk_lookup how;

	if (h->tree.open(&h->tree, path, &how, out, &walk, err) < 0 || settle(path, how, found, err) < 0)
		return -1;
	if (!*found)
		return 0;
	if (!S_ISREG(out->mode))
		return refuse_kind(path, out->mode, "a regular file", err);
	if (final)
		*final = msk_take(&walk.final);
	return 0;
}

/* A walk over a directory. */
struct visiting {
	const char *name;           /* of the top, for messages */
	struct msk_str rel;
	size_t entries, depth;
	msk_visitor *fn;
	void *ctx;
};

static int visit_dir(struct visiting *v, int fd, struct msk_err *err);

static int fail_at(const struct visiting *v, int sys, struct msk_err *err)
{
	MSK_AUTO_FREE char *path = msk_xasprintf("%s/%s", v->name, msk_str_c(&v->rel));

	/* It was listed a moment ago. */
	return refuse_open(path, sys == ENOENT || sys == ENOTDIR || sys == ELOOP || sys == EINVAL ? ESTALE : sys, "", err);
}

/* fd: -1 for what is neither file nor directory, else own. */
static int visit_file(struct visiting *v, const struct stat *st, int fd, struct msk_err *err)
{
	MSK_AUTO_ROFILE file = MSK_ROFILE_INIT;
	int rc;

	msk_rofile_fill(&file, st, fd);
	rc = v->fn(v->ctx, &(struct msk_visit){ msk_str_c(&v->rel), &file, NULL }, err);
	if (rc < 0 || rc == MSK_VISIT_SKIP || !S_ISDIR(st->st_mode))
		return rc < 0 ? -1 : 0;
	return visit_dir(v, file.fd, err);
}

static int visit_link(struct visiting *v, int dirfd, const char *name, struct msk_err *err)
{
	MSK_AUTO_FREE char *text = msk_readlink_at(dirfd, name);
	struct msk_rofile file = { .fd = -1, .mode = S_IFLNK | 0777 };

	if (!text)
		return fail_at(v, errno, err);
	return v->fn(v->ctx, &(struct msk_visit){ msk_str_c(&v->rel), &file, text }, err) < 0 ? -1 : 0;
}

/* What the directory does not tell, or tells to be neither file nor directory, is looked at before it is opened. */
static int visit_other(struct visiting *v, int dirfd, const char *name, struct msk_err *err)
{
	struct stat st;
	int fd = -1;

	if (fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return fail_at(v, errno, err);
	if (S_ISLNK(st.st_mode))
		return visit_link(v, dirfd, name, err);
	if (S_ISREG(st.st_mode) || S_ISDIR(st.st_mode)) {
		fd = msk_open_same(dirfd, name, O_NOFOLLOW | (S_ISDIR(st.st_mode) ? O_DIRECTORY : 0), &st);
		if (fd < 0)
			return fail_at(v, errno, err);
	}
	return visit_file(v, &st, fd, err);
}

static int visit_entry(struct visiting *v, int dirfd, const struct msk_dir_entry *e, struct msk_err *err)
{
	struct stat st;
	int fd;

	if (++v->entries > MSK_MAX_ENTRIES)
		return msk_fail(err, MSK_E_INPUT, "%s: more than %d entries", v->name, MSK_MAX_ENTRIES);
	if (e->type == DT_LNK)
		return visit_link(v, dirfd, e->name, err);
	if (e->type != DT_REG && e->type != DT_DIR)
		return visit_other(v, dirfd, e->name, err);
	fd = msk_open_listed(dirfd, e, &st);
	return fd < 0 ? fail_at(v, errno, err) : visit_file(v, &st, fd, err);
}

static int visit_dir(struct visiting *v, int fd, struct msk_err *err)
{
	MSK_AUTO_DIR_LIST all = { NULL, 0, 0 };
	size_t len = v->rel.len;

	if (++v->depth > MSK_MAX_DEPTH)
		return msk_fail(err, MSK_E_INPUT, "%s: nested deeper than %d directories", v->name, MSK_MAX_DEPTH);
	if (msk_dir_list_read(fd, MSK_MAX_ENTRIES, v->name, &all, err) < 0)
		return -1;
	for (size_t i = 0; i < all.n; i++) {
		if (len)
			msk_str_addc(&v->rel, '/');
		msk_str_adds(&v->rel, all.v[i].name);
		if (visit_entry(v, fd, &all.v[i], err) < 0)
			return -1;
		v->rel.len = len;
		v->rel.buf[len] = '\0';
	}
	v->depth--;
	return 0;
}

static int visit_top(int fd, const char *name, msk_visitor *fn, void *ctx, struct msk_err *err)
{
	struct visiting v = { .name = name, .fn = fn, .ctx = ctx };
	struct msk_rofile file;
	struct stat st;
	int rc;

	if (fstat(fd, &st) < 0)
		return msk_fail_sys(err, errno, "%s: cannot examine", name);
	msk_rofile_fill(&file, &st, fd);
	rc = fn(ctx, &(struct msk_visit){ "", &file, NULL }, err);
	if (rc == MSK_VISIT_GO)
		rc = visit_dir(&v, fd, err);
	msk_str_release(&v.rel);
	return rc < 0 ? -1 : 0;
}

int msk_host_visit_input(const char *path, msk_visitor *fn, void *ctx, struct msk_err *err)
{
	MSK_AUTO_FD int look = open(path, O_PATH | O_CLOEXEC);
	MSK_AUTO_FD int fd = -1;
	struct stat st;

	if (look < 0 || fstat(look, &st) < 0)
		return refuse_open(path, errno, "directory", err);
	if (!S_ISDIR(st.st_mode))
		return refuse_kind(path, st.st_mode, "a directory", err);
	fd = openat(look, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return refuse_open(path, errno, "directory", err);
	return visit_top(fd, path, fn, ctx, err);
}

int msk_host_visit(struct msk_host *h, const char *path, bool *found, msk_visitor *fn, void *ctx, struct msk_err *err)
{
	MSK_AUTO_FD int fd = -1;
	enum msk_lookup how;

	if (msk_host_open_dir(h, path, &how, &fd, err) < 0 || settle(path, how, found, err) < 0)
		return -1;
	return *found ? visit_top(fd, path, fn, ctx, err) : 0;
}
