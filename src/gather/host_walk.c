/* Following a path below the root part by part, with the symlinks on the way: what openat2(RESOLVE_IN_ROOT) does in the
 * kernel, for kernels that cannot, and for who asks for the links. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "host_io.h"

/* A directory on the way from the root: to know it again when ".." leads back to it. */
struct step {
	dev_t dev;
	ino_t ino;
};

/* A walk in progress. Only the directory it stands in is open, however deep that is. */
struct walk {
	const struct msk_host *host;
	int fd;                     /* O_PATH on the directory reached */
	struct msk_str at;          /* its canonical path; empty is the root */
	struct step *steps;         /* from the root to it, itself included */
	size_t n_steps, cap_steps;
	struct msk_str rest;        /* what is still to go; pos is how far we are in it */
	size_t pos;
	int links;
	bool by_last;               /* a symlink was followed when nothing of the path was left but it */
	struct msk_walk *log;       /* may be NULL */
};

/* Where a walk ended. */
struct end {
	int fd;                     /* O_PATH, owned */
	struct stat st;
	char *name;                 /* of a file that is no directory, in the directory of the walk; owned */
};

static void walk_release(struct walk *w)
{
	if (w->fd >= 0)
		close(w->fd);
	free(w->steps);
	msk_str_release(&w->at);
	msk_str_release(&w->rest);
}

static void end_release(struct end *e)
{
	if (e->fd >= 0)
		close(e->fd);
	free(e->name);
}

static int changed(const struct walk *w, struct msk_err *err)
{
	return msk_fail(err, MSK_E_IO, "%s/: changed while it was being read", msk_str_c(&w->at));
}

static void stand_in(struct walk *w, int fd, const struct stat *st)
{
	if (w->fd >= 0)
		close(w->fd);
	w->fd = fd;
	MSK_GROW(w->steps, w->n_steps, w->cap_steps);
	w->steps[w->n_steps++] = (struct step){ st->st_dev, st->st_ino };
}

static int go_to_root(struct walk *w, struct msk_err *err)
{
	int fd = fcntl(w->host->fd, F_DUPFD_CLOEXEC, 3);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0) {
		msk_fail_sys(err, errno, "%s: cannot examine", w->host->root);
		if (fd >= 0)
			close(fd);
		return -1;
	}
	w->n_steps = 0;
	msk_str_release(&w->at);
	stand_in(w, fd, &st);
	return 0;
}

static void cut_last_part(struct msk_str *path)
{
	while (path->len && path->buf[--path->len] != '/')
		;
	if (path->buf)
		path->buf[path->len] = '\0';
}

/* The kernel's ".." is that of the whole host. It is the one we mean as long as it leads to the directory we came
 * by, which it does not when somebody moves directories about at the same time. */
static int go_up(struct walk *w, struct msk_err *err)
{
	struct stat st;
	int fd;

	if (w->n_steps == 1)
		return 0;
	fd = openat(w->fd, "..", O_DIRECTORY | MSK_OPEN_LOOK);
	if (fd < 0 || fstat(fd, &st) < 0 || st.st_dev != w->steps[w->n_steps - 2].dev ||
	    st.st_ino != w->steps[w->n_steps - 2].ino) {
		if (fd >= 0)
			close(fd);
		return changed(w, err);
	}
	w->n_steps -= 2;
	cut_last_part(&w->at);
	stand_in(w, fd, &st);
	return 0;
}

/* Put the text of a symlink in front of what is still to go. */
static int follow(struct walk *w, int link_fd, const char *name, enum msk_lookup *how, struct msk_err *err)
{
	MSK_AUTO_FREE char *text = msk_readlink_at(link_fd, "");
	MSK_AUTO_STR rest = MSK_STR_INIT;

	if (!text)
		return msk_errno_is_answer(errno, how) ? 0 :
			msk_fail_sys(err, errno, "%s/%s: cannot read the link", msk_str_c(&w->at), name);
	if (++w->links > MSK_MAX_LINKS) {
		*how = MSK_LOOP;
		return 0;
	}
	w->by_last = w->by_last || !w->rest.buf[w->pos];
	if (w->log) {
		msk_strv_push_own(&w->log->links, msk_xasprintf("%s/%s", msk_str_c(&w->at), name));
		msk_strv_push(&w->log->targets, text);
	}
	msk_str_adds(&rest, text);
	msk_str_adds(&rest, w->rest.buf + w->pos);
	msk_str_release(&w->rest);
	w->rest = rest;
	rest = (struct msk_str)MSK_STR_INIT;
	w->pos = 0;
	return text[0] == '/' ? go_to_root(w, err) : 0;
}

/* Go into or end at `name` of the directory we stand in. */
static int step_to(struct walk *w, const char *name, struct end *end, enum msk_lookup *how, struct msk_err *err)
{
	MSK_AUTO_FD int fd = openat(w->fd, name, MSK_OPEN_LOOK);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return msk_errno_is_answer(errno, how) ? 0 :
			msk_fail_sys(err, errno, "%s/%s: cannot open", msk_str_c(&w->at), name);
	if (S_ISLNK(st.st_mode))
		return follow(w, fd, name, how, err);
	if (S_ISDIR(st.st_mode)) {
		stand_in(w, fd, &st);
		fd = -1;
		msk_str_addf(&w->at, "/%s", name);
		return 0;
	}
	if (w->rest.buf[w->pos]) {
		*how = MSK_ABSENT;
		return 0;
	}
	end->fd = fd;
	fd = -1;
	end->st = st;
	end->name = msk_xstrdup(name);
	return 0;
}

/* The next part of the path as a heap string; NULL at its end. */
static char *next_part(struct walk *w)
{
	const char *p;
	size_t n;

	while (w->rest.buf[w->pos] == '/')
		w->pos++;
	p = w->rest.buf + w->pos;
	n = strcspn(p, "/");
	w->pos += n;
	return n ? msk_xstrndup(p, n) : NULL;
}

static int walk_parts(struct walk *w, struct end *end, enum msk_lookup *how, struct msk_err *err)
{
	for (;;) {
		MSK_AUTO_FREE char *part = next_part(w);
		int rc = 0;

		if (!part)
			return 0;
		if (strcmp(part, "..") == 0)
			rc = go_up(w, err);
		else if (strcmp(part, ".") != 0)
			rc = step_to(w, part, end, how, err);
		if (rc < 0 || *how != MSK_FOUND || end->fd >= 0)
			return rc;
	}
}

/* Follow `path` part by part. */
static int walk_to(struct walk *w, const char *path, struct end *end, enum msk_lookup *how, struct msk_err *err)
{
	*how = MSK_FOUND;
	if (strlen(path) > MSK_MAX_PATH) {
		*how = MSK_ABSENT;
		return 0;
	}
	msk_str_adds(&w->rest, "/");
	msk_str_adds(&w->rest, path);
	if (go_to_root(w, err) < 0 || walk_parts(w, end, how, err) < 0)
		return -1;
	if (*how == MSK_FOUND && end->fd < 0) {
		end->fd = w->fd;
		w->fd = -1;
		if (fstat(end->fd, &end->st) < 0)
			return msk_fail_sys(err, errno, "%s: cannot examine", path);
	}
	return 0;
}

/* Nothing there. Is the name a symlink that leads nowhere? */
static void note_absent(const struct walk *w, enum msk_lookup how, struct msk_rofile *out)
{
	if (how == MSK_ABSENT && w->by_last)
		*out = (struct msk_rofile){ .fd = -1, .mode = S_IFLNK };
}

static int open_end(const struct walk *w, const struct end *end, enum msk_lookup *how, struct msk_rofile *out,
		    struct msk_err *err)
{
	int fd = -1;

	if (S_ISREG(end->st.st_mode)) {
		fd = msk_open_same(w->fd, end->name, O_NOFOLLOW, &end->st);
		if (fd < 0 && errno == ESTALE)
			return changed(w, err);
		if (fd < 0)
			return msk_errno_is_answer(errno, how) ? 0 :
				msk_fail_sys(err, errno, "%s/%s: cannot open", msk_str_c(&w->at), end->name);
	}
	msk_rofile_fill(out, &end->st, fd);
	return 0;
}

int msk_host_walk_open(const struct msk_host *h, const char *path, enum msk_lookup *how, struct msk_rofile *out,
		       struct msk_walk *log, struct msk_err *err)
{
	MSK_CLEANUP(walk_release) struct walk w = { .host = h, .fd = -1, .log = log };
	MSK_CLEANUP(end_release) struct end end = { .fd = -1 };

	if (walk_to(&w, path, &end, how, err) < 0)
		return -1;
	if (*how != MSK_FOUND) {
		note_absent(&w, *how, out);
		return 0;
	}
	if (open_end(&w, &end, how, out, err) < 0)
		return -1;
	if (*how == MSK_FOUND && log)
		log->final = end.name ? msk_xasprintf("%s/%s", msk_str_c(&w.at), end.name) :
			     msk_xstrdup(w.at.len ? w.at.buf : "/");
	return 0;
}

int msk_host_walk_dir(const struct msk_host *h, const char *path, enum msk_lookup *how, int *out_fd, struct msk_err *err)
{
	MSK_CLEANUP(walk_release) struct walk w = { .host = h, .fd = -1 };
	MSK_CLEANUP(end_release) struct end end = { .fd = -1 };
	int fd;

	if (walk_to(&w, path, &end, how, err) < 0)
		return -1;
	if (*how == MSK_FOUND && end.name)
		*how = MSK_ABSENT;
	if (*how != MSK_FOUND)
		return 0;
	fd = openat(end.fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return msk_errno_is_answer(errno, how) ? 0 : msk_fail_sys(err, errno, "%s: cannot open", path);
	*out_fd = fd;
	return 0;
}
