#include "mkscratch/staging.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "mkscratch/fs.h"
#include "mkscratch/mem.h"
#include "mkscratch/tempfile.h"

#define MAX_RESERVE 32
#define PART        MSK_STAGED_PART

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static struct {
	const char *tmpdir;            /* "" for none */
	char names[4][300];            /* what messages call files in each of the directories; once set it stays */
	_Atomic(const char *) name;    /* of the directory of the last file that was made; read without the lock */
	struct msk_err refused;        /* why there are fewer in reserve than were asked for */
	struct reserved {
		int fd;
		int lent;              /* the duplicate that somebody has, or had; -1: nobody yet */
	} v[MAX_RESERVE];
	size_t n;
} reserve = { .name = "staging file" };

/* The file of all that is staged, and the parts of it that nobody has. */
static struct {
	bool has_file;
	int fd;
	uint32_t end;
	uint32_t *spare;
	size_t n_spare, cap_spare;
} shared;

/* Under the lock. Whoever reads a name has it from `reserve.name`, which is set behind it. */
static void learn_where(size_t i, const char *dir)
{
	if (!reserve.names[i][0])
		snprintf(reserve.names[i], sizeof reserve.names[i], "staging file in %s", dir);
	atomic_store(&reserve.name, reserve.names[i]);
}

/* Under the lock. */
static int make_file(int *out_fd, struct msk_err *err)
{
	const char *const dirs[] = { reserve.tmpdir, "/var/tmp", "/tmp", ".", NULL };
	size_t i = reserve.tmpdir && *reserve.tmpdir ? 0 : 1;
	const char *where;

	if (msk_tempfile_anonymous(dirs + i, &where, out_fd, err) < 0)
		return -1;
	while (dirs[i] != where)
		i++;
	learn_where(i, where);
	return 0;
}

void msk_staging_reserve(const char *tmpdir, size_t files)
{
	pthread_mutex_lock(&lock);
	reserve.tmpdir = tmpdir;
	for (; files && reserve.n < MAX_RESERVE && !reserve.refused.code; files--) {
		struct reserved *r = &reserve.v[reserve.n];

		r->lent = -1;
		if (make_file(&r->fd, &reserve.refused) == 0)
			reserve.n++;
	}
	pthread_mutex_unlock(&lock);
}

/* Whoever has closed it may have another file of that number by now. In doubt it is lent. */
static bool is_lent(const struct reserved *r)
{
	struct stat ours, theirs;

	if (r->lent < 0)
		return false;
	if (fstat(r->fd, &ours) < 0)
		return true;
	if (fstat(r->lent, &theirs) < 0)
		return errno != EBADF;
	return ours.st_dev == theirs.st_dev && ours.st_ino == theirs.st_ino;
}

static bool make_empty(const struct reserved *r)
{
	return r->lent < 0 || (ftruncate(r->fd, 0) == 0 && lseek(r->fd, 0, SEEK_SET) == 0);
}

static int lend(struct reserved *r, int *out_fd, struct msk_err *err)
{
	int fd = fcntl(r->fd, F_DUPFD_CLOEXEC, 3);

	if (fd < 0)
		return msk_fail_write(err, errno, "staging file: cannot be lent");
	*out_fd = r->lent = fd;
	return 0;
}

/* Under the lock. */
static int get_file(int *out_fd, struct msk_err *err)
{
	for (size_t i = 0; i < reserve.n; i++)
		if (!is_lent(&reserve.v[i]) && make_empty(&reserve.v[i]))
			return lend(&reserve.v[i], out_fd, err);
	if (make_file(out_fd, err) == 0)
		return 0;
	/* That it may not be made any more would hide why there is none. */
	if (reserve.refused.code)
		*err = reserve.refused;
	return -1;
}

int msk_staging_file(int *out_fd, struct msk_err *err)
{
	int rc;

	pthread_mutex_lock(&lock);
	rc = get_file(out_fd, err);
	pthread_mutex_unlock(&lock);
	return rc;
}

static int advise(struct msk_err *err)
{
	return msk_hint(err, "set TMPDIR to a directory on a disk with more room");
}

int msk_staging_new(int *out_fd, struct msk_err *err)
{
	int rc;

	pthread_mutex_lock(&lock);
	rc = make_file(out_fd, err);
	pthread_mutex_unlock(&lock);
	return rc;
}

int msk_staging_append(int fd, const void *p, size_t n, struct msk_err *err)
{
	return msk_write_full(fd, p, n, reserve.name, err) < 0 ? advise(err) : 0;
}

static int open_shared(struct msk_err *err)
{
	if (!shared.has_file && get_file(&shared.fd, err) < 0)
		return -1;
	shared.has_file = true;
	return 0;
}

static int take_part(uint32_t *part, struct msk_err *err)
{
	int rc;

	pthread_mutex_lock(&lock);
	rc = open_shared(err);
	if (rc == 0)
		*part = shared.n_spare ? shared.spare[--shared.n_spare] : ++shared.end;
	pthread_mutex_unlock(&lock);
	return rc;
}

#define NOWHERE UINT64_MAX

/* As much of it as lies in one piece. */
static size_t piece(const struct msk_staged *s, uint64_t at, size_t n, uint64_t *in_file)
{
	uint64_t left = PART - at % PART;

	*in_file = at / PART < s->n && s->parts[at / PART] ? (uint64_t)(s->parts[at / PART] - 1) * PART + at % PART : NOWHERE;
	return n < left ? n : (size_t)left;
}

int msk_staged_write(struct msk_staged *s, const void *p, size_t n, uint64_t at, struct msk_err *err)
{
	const char *from = p;
	uint64_t in_file;

	for (size_t step; n; n -= step, from += step, at += step) {
		for (; s->n <= at / PART; s->n++) {
			MSK_GROW(s->parts, s->n, s->cap);
			s->parts[s->n] = 0;
		}
		if (!s->parts[at / PART] && take_part(&s->parts[at / PART], err) < 0)
			return -1;
		step = piece(s, at, n, &in_file);
		if (msk_pwrite_full(shared.fd, from, step, in_file, reserve.name, err) < 0)
			return advise(err);
	}
	return 0;
}

void msk_staged_read(const struct msk_staged *s, void *p, size_t n, uint64_t at)
{
	struct msk_err err = MSK_ERR_INIT;
	char *to = p;
	uint64_t in_file;

	for (size_t step; n; n -= step, to += step, at += step) {
		ssize_t got;

		step = piece(s, at, n, &in_file);
		if (in_file == NOWHERE) {
			memset(to, 0, step);
			continue;
		}
		got = msk_pread_full(shared.fd, to, step, in_file, reserve.name, &err);
		if (got >= 0 && (size_t)got < step)
			msk_fail_sys(&err, EIO, "%s: read failed", reserve.name);
		if (err.code) {
			advise(&err);
			msk_end(&err);
		}
	}
}

/* Under the lock. Nobody has any part: the next begins at the beginning, and there is no list to keep. */
static void forget_spare(void)
{
	if (shared.n_spare < shared.end)
		return;
	free(shared.spare);
	shared.spare = NULL;
	shared.n_spare = shared.cap_spare = 0;
	shared.end = 0;
}

void msk_staged_release(struct msk_staged *s)
{
	pthread_mutex_lock(&lock);
	for (; s->n; s->n--) {
		MSK_GROW(shared.spare, shared.n_spare, shared.cap_spare);
		if (s->parts[s->n - 1])
			shared.spare[shared.n_spare++] = s->parts[s->n - 1];
	}
	forget_spare();
	pthread_mutex_unlock(&lock);
	free(s->parts);
	*s = (struct msk_staged){ 0 };
}
