#include "mkscratch/host.h"
#include "mkscratch/fs.h"
#include "mkscratch/platform.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "host_io.h"

/* While others move directories about, the kernel may not be able to tell in or out; it asks to be asked again. */
#define TRIES 32

void msk_rofile_release(struct msk_rofile *f)
{
	if (f->fd >= 0)
		close(f->fd);
	f->fd = -1;
}

void msk_walk_release(struct msk_walk *w)
{
	msk_strv_release(&w->links);
	msk_strv_release(&w->targets);
	free(w->final);
	w->final = NULL;
}

static int64_t mtime_ns(const struct stat *st)
{
	/* Wraps for times beyond the year 2262; it is only compared with itself. */
	return (int64_t)((uint64_t)st->st_mtim.tv_sec * 1000000000u + (uint64_t)st->st_mtim.tv_nsec);
}

void msk_rofile_fill(struct msk_rofile *f, const struct stat *st, int fd)
{
	*f = (struct msk_rofile){
		.fd = fd,
		.mode = st->st_mode,
		.size = (uint64_t)st->st_size,
		.dev = st->st_dev,
		.ino = st->st_ino,
		.mtime_ns = mtime_ns(st),
	};
}

int msk_rofile_unchanged(const struct msk_rofile *was, int fd, const char *name, struct msk_err *err)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return msk_fail_sys(err, errno, "%s: cannot examine", name);
	if (st.st_dev != was->dev || st.st_ino != was->ino || (uint64_t)st.st_size != was->size ||
	    mtime_ns(&st) != was->mtime_ns)
		return msk_fail(err, MSK_E_IO, "%s: changed while it was being read", name);
	return 0;
}

bool msk_stat_same(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino && a->st_mode == b->st_mode;
}

int msk_open_same(int dirfd, const char *name, int flags, const struct stat *st)
{
	MSK_AUTO_FD int fd = openat(dirfd, name, MSK_OPEN_READ | flags);
	struct stat now;
	int out;

	if (fd < 0 || fstat(fd, &now) < 0)
		return -1;
	if (!msk_stat_same(&now, st)) {
		errno = ESTALE;
		return -1;
	}
	out = fd;
	fd = -1;
	return out;
}

int msk_open_listed(int dirfd, const struct msk_dir_entry *e, struct stat *st)
{
	const bool dir = e->type == DT_DIR;
	MSK_AUTO_FD int fd = openat(dirfd, e->name, MSK_OPEN_READ | O_NOFOLLOW | (dir ? O_DIRECTORY : 0));
	int out;

	if (fd < 0 || fstat(fd, st) < 0)
		return -1;
	if (dir ? !S_ISDIR(st->st_mode) : !S_ISREG(st->st_mode)) {
		errno = ESTALE;
		return -1;
	}
	out = fd;
	fd = -1;
	return out;
}

char *msk_readlink_at(int dirfd, const char *name)
{
	char text[MSK_MAX_PATH + 2];
	ssize_t n = readlinkat(dirfd, name, text, sizeof text);

	if (n < 0)
		return NULL;
	if ((size_t)n > MSK_MAX_PATH) {
		errno = ENAMETOOLONG;
		return NULL;
	}
	return msk_xstrndup(text, (size_t)n);
}

/* An errno that is an answer rather than a failure. */
bool msk_errno_is_answer(int sys, enum msk_lookup *how)
{
	switch (sys) {
	case ENOENT: case ENOTDIR: case ENAMETOOLONG:
		*how = MSK_ABSENT;
		return true;
	case ELOOP:
		*how = MSK_LOOP;
		return true;
	case EACCES: case EPERM:
		*how = MSK_DENIED;
		return true;
	default:
		return false;
	}
}

/* Let the kernel follow `path` below the root. False where it cannot tell: no such call (ENOSYS), one that a filter
 * forbids (EPERM, which is no answer here), a link of /proc (ELOOP, as is any loop). Asked anew each time, since a filter
 * can come at any time. */
static bool ask_kernel(const struct msk_host *h, const char *path, int flags, enum msk_lookup *how, int *fd)
{
	const struct open_how ask = {
		.flags = (unsigned)flags, .resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS,
	};

	if (h->own_walk)
		return false;
	for (int i = 0; i < TRIES; i++) {
		*fd = (int)syscall(SYS_openat2, h->fd, path, &ask, sizeof ask);
		if (*fd >= 0 || errno != EAGAIN)
			break;
	}
	*how = MSK_FOUND;
	return *fd >= 0 || (errno != EPERM && errno != ELOOP && msk_errno_is_answer(errno, how));
}

/* Nothing there. Is the name a symlink that leads nowhere? */
static void note_absent(const struct msk_host *h, const char *path, struct msk_rofile *out)
{
	MSK_AUTO_FD int fd = -1;
	enum msk_lookup how;
	struct stat st;

	if (ask_kernel(h, path, MSK_OPEN_LOOK, &how, &fd) && fd >= 0 && fstat(fd, &st) == 0 && S_ISLNK(st.st_mode))
		*out = (struct msk_rofile){ .fd = -1, .mode = S_IFLNK };
}

/* The file was looked at and is a regular one; open it for reading. */
static bool open_regular(const struct msk_host *h, const char *path, const struct stat *st, enum msk_lookup *how,
			 struct msk_rofile *out)
{
	MSK_AUTO_FD int fd = -1;
	struct stat now;

	if (!ask_kernel(h, path, MSK_OPEN_READ, how, &fd))
		return false;
	if (*how != MSK_FOUND)
		return *how == MSK_DENIED;
	if (fstat(fd, &now) < 0 || !msk_stat_same(st, &now))
		return false;
	msk_rofile_fill(out, st, fd);
	fd = -1;
	return true;
}

/* Looked at first, so that no device is opened. False: the walk has to answer, as it does when all changes under us. */
static bool kernel_open(const struct msk_host *h, const char *path, enum msk_lookup *how, struct msk_rofile *out)
{
	MSK_AUTO_FD int fd = -1;
	struct stat st;

	if (!ask_kernel(h, path, O_PATH | O_CLOEXEC, how, &fd))
		return false;
	if (*how == MSK_ABSENT)
		note_absent(h, path, out);
	if (*how != MSK_FOUND)
		return true;
	if (fstat(fd, &st) < 0)
		return false;
	if (S_ISREG(st.st_mode))
		return open_regular(h, path, &st, how, out);
	msk_rofile_fill(out, &st, -1);
	return true;
}

static int host_open(struct msk_rotree *t, const char *path, enum msk_lookup *how, struct msk_rofile *out,
		     struct msk_walk *log, struct msk_err *err)
{
	const struct msk_host *h = (const struct msk_host *)t;

	if (!log && kernel_open(h, path, how, out))
		return 0;
	return msk_host_walk_open(h, path, how, out, log, err);
}

int msk_host_open_dir(struct msk_host *h, const char *path, enum msk_lookup *how, int *out_fd, struct msk_err *err)
{
	int fd;

	if (!ask_kernel(h, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC, how, &fd))
		return msk_host_walk_dir(h, path, how, out_fd, err);
	if (*how == MSK_FOUND)
		*out_fd = fd;
	return 0;
}

static int host_list(struct msk_rotree *t, const char *path, enum msk_lookup *how, struct msk_strv *names,
		     struct msk_err *err)
{
	MSK_AUTO_FD int fd = -1;

	if (msk_host_open_dir((struct msk_host *)t, path, how, &fd, err) < 0)
		return -1;
	return *how == MSK_FOUND ? msk_list_fd(fd, MSK_MAX_ENTRIES, path, names, err) : 0;
}

/* "arm64=DIR" was likely meant to be the root of a platform. */
static int fail_root(const char *root, const char *what, struct msk_err *err)
{
	MSK_AUTO_FREE char *word = msk_xstrndup(root, strcspn(root, "=/"));
	struct msk_platform ignored;

	msk_fail(err, MSK_E_USAGE, "--root %s: %s", root, what);
	if (root[strlen(word)] == '=' && msk_platform_parse(word, &ignored))
		return msk_hint(err, "--root linux/%s", root);
	return -1;
}

int msk_host_new(const char *root, struct msk_host **out, struct msk_err *err)
{
	int fd = open(root, O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct msk_host *h;

	if (fd < 0) {
		const char *what = errno == ENOENT ? "no such directory" : errno == ENOTDIR ? "not a directory" : NULL;

		if (what)
			return fail_root(root, what, err);
		return msk_fail_sys(err, errno, "--root %s: cannot open", root);
	}
	h = msk_xcalloc(1, sizeof *h);
	h->tree.open = host_open;
	h->tree.list = host_list;
	h->root = msk_xstrdup(root);
	h->fd = fd;
	*out = h;
	return 0;
}

void msk_host_free(struct msk_host *h)
{
	if (!h)
		return;
	close(h->fd);
	free(h->root);
	free(h);
}

void msk_host_cleanup(struct msk_host **h)
{
	msk_host_free(*h);
}

struct msk_rotree *msk_host_tree(struct msk_host *h)
{
	return &h->tree;
}

const char *msk_host_root(const struct msk_host *h)
{
	return h->root;
}

char *msk_host_path(const struct msk_host *h, const char *path)
{
	size_t n = strlen(h->root);

	while (n && h->root[n - 1] == '/')
		n--;
	return msk_xasprintf("%.*s%s", (int)n, h->root, path);
}

char *msk_host_within(const struct msk_host *h, const char *host_path)
{
	MSK_AUTO_FREE char *root = realpath(h->root, NULL);
	MSK_AUTO_FREE char *full = realpath(host_path, NULL);
	size_t n;

	if (!root || !full)
		return NULL;
	n = strcmp(root, "/") == 0 ? 0 : strlen(root);
	if (strncmp(full, root, n) != 0 || full[n] != '/')
		return NULL;
	return msk_xstrdup(full + n);
}
