#include "mkscratch/cache.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cache_dir.h"
#include "mkscratch/fs.h"

#define MAGIC "mkscrch1"

/* In front of the bytes: their digest with the kind and key, so that an entry in another's place is found out. */
struct head {
	char magic[sizeof MAGIC - 1];
	char digest[64];
};

struct msk_cache {
	int top, dir;
	uint64_t max_size;
	bool resized;
	int64_t now;
	const struct msk_log *log;
	char *name;
	atomic_uint hits[MSK_CACHE_KINDS], misses[MSK_CACHE_KINDS];
	atomic_ullong added;                  /* bytes */
	atomic_bool broken;                   /* writing failed: told, and not tried again */
};

static const char *hex(const struct msk_digest *key)
{
	return key->text + sizeof "sha256:" - 1;
}

static struct head head_for(enum msk_cache_kind kind, const struct msk_digest *key, const void *p, size_t n)
{
	MSK_CLEANUP(msk_sha256_cleanup) struct msk_sha256 *h = msk_sha256_new();
	struct msk_digest sum;
	struct head head;

	msk_sha256_add(h, msk_cache_kind_names[kind], strlen(msk_cache_kind_names[kind]));
	msk_sha256_add(h, key->text, strlen(key->text));
	msk_sha256_add(h, p, n);
	msk_sha256_end(h, &sum);
	memcpy(head.magic, MAGIC, sizeof head.magic);
	memcpy(head.digest, hex(&sum), sizeof head.digest);
	return head;
}

struct msk_cache *msk_cache_open(const struct msk_cache_args *a)
{
	struct msk_err err = MSK_ERR_INIT;
	struct msk_cache *c;
	int top, dir;

	if (msk_cache_top_open(a, true, &top, &err) < 0 || msk_cache_dir_open(a, top, &dir, &err) < 0) {
		if (top >= 0)
			close(top);
		if (a->asked)
			msk_warn_of_run(a->log, "cache %s; nothing is cached", err.msg);
		else
			msk_info(a->log, "cache %s; nothing is cached", err.msg);
		return NULL;
	}
	c = msk_xcalloc(1, sizeof *c);
	c->top = top;
	c->dir = dir;
	c->max_size = a->max_size;
	c->resized = a->resized;
	c->now = a->now;
	c->log = a->log;
	c->name = msk_xstrdup(a->dir);
	return c;
}

/* A part of it goes, so that the next run does not find it full again. */
static void keep_small(struct msk_cache *c)
{
	struct msk_cache_stat removed;
	uint64_t total;

	if (c->resized || (c->added && (!msk_cache_dir_grew(c->dir, c->added, &total) || total > c->max_size)))
		msk_cache_dir_trim(c->top, c->max_size, c->max_size - c->max_size / 8, c->now, &removed);
}

void msk_cache_free(struct msk_cache *c)
{
	if (!c)
		return;
	msk_info(c->log, "cache %s: %u of %u blocks, %u of %u layers", c->name, c->hits[MSK_CACHE_BLOCK],
		 c->hits[MSK_CACHE_BLOCK] + c->misses[MSK_CACHE_BLOCK], c->hits[MSK_CACHE_LAYER],
		 c->hits[MSK_CACHE_LAYER] + c->misses[MSK_CACHE_LAYER]);
	keep_small(c);
	close(c->dir);
	close(c->top);
	free(c->name);
	free(c);
}

void msk_cache_cleanup(struct msk_cache **c)
{
	msk_cache_free(*c);
}

/* The bytes of an open entry when they are what was put there; 0 when not. */
static size_t read_entry(int fd, enum msk_cache_kind kind, const struct msk_digest *key, void *out, size_t room)
{
	struct msk_err ignored = MSK_ERR_INIT;
	struct head head, want;
	struct stat st;
	size_t n;

	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || st.st_size <= (off_t)sizeof head ||
	    (uint64_t)st.st_size - sizeof head > room)
		return 0;
	n = (size_t)st.st_size - sizeof head;
	if (msk_read_full(fd, &head, sizeof head, "cache", &ignored) != (ssize_t)sizeof head ||
	    msk_read_full(fd, out, n, "cache", &ignored) != (ssize_t)n)
		return 0;
	want = head_for(kind, key, out, n);
	return memcmp(&head, &want, sizeof head) == 0 ? n : 0;
}

static size_t get(struct msk_cache *c, enum msk_cache_kind kind, const struct msk_digest *key, void *out, size_t room)
{
	MSK_AUTO_FD int bucket = msk_cache_bucket_open(c->dir, kind, hex(key), false);
	MSK_AUTO_FD int fd = bucket < 0 ? -1
		: openat(bucket, hex(key), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	size_t n;

	if (fd < 0)
		return 0;
	n = read_entry(fd, kind, key, out, room);
	if (n)
		futimens(fd, NULL);           /* used just now: trimmed last */
	else
		unlinkat(bucket, hex(key), 0);
	return n;
}

size_t msk_cache_get(struct msk_cache *c, enum msk_cache_kind kind, const struct msk_digest *key, void *out, size_t room)
{
	size_t n = get(c, kind, key, out, room);

	atomic_fetch_add(n ? &c->hits[kind] : &c->misses[kind], 1);
	return n;
}

void msk_cache_touch(struct msk_cache *c, enum msk_cache_kind kind, const struct msk_digest *key)
{
	MSK_AUTO_FD int bucket = msk_cache_bucket_open(c->dir, kind, hex(key), false);

	if (bucket >= 0)
		utimensat(bucket, hex(key), NULL, AT_SYMLINK_NOFOLLOW);
}

void msk_cache_drop(struct msk_cache *c, enum msk_cache_kind kind, const struct msk_digest *key)
{
	MSK_AUTO_FD int bucket = msk_cache_bucket_open(c->dir, kind, hex(key), false);

	if (bucket >= 0)
		unlinkat(bucket, hex(key), 0);
}

/* A file without a name gets one when it is complete. Where the file system has none such, a temporary name is left
 * behind by a run that is killed; trimming removes it. */
static int open_new(int bucket, char *name, size_t room)
{
	int fd = openat(bucket, ".", O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600);
	unsigned long long random;

	name[0] = '\0';
	if (fd >= 0 || getrandom(&random, sizeof random, 0) != (ssize_t)sizeof random)
		return fd;
	snprintf(name, room, CACHE_TEMP_MARK "%016llx", random);
	return openat(bucket, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
}

/* An entry that is there already is as good. */
static int give_name(int bucket, int fd, const char *temp, const char *name)
{
	char path[40];

	if (temp[0])
		return renameat(bucket, temp, bucket, name);
	snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	return linkat(AT_FDCWD, path, bucket, name, AT_SYMLINK_FOLLOW) < 0 && errno != EEXIST ? -1 : 0;
}

static int put(struct msk_cache *c, enum msk_cache_kind kind, const struct msk_digest *key, const void *p, size_t n,
	       struct msk_err *err)
{
	MSK_AUTO_FD int bucket = msk_cache_bucket_open(c->dir, kind, hex(key), true);
	struct head head = head_for(kind, key, p, n);
	MSK_AUTO_FD int fd = -1;
	char temp[32];

	fd = bucket < 0 ? -1 : open_new(bucket, temp, sizeof temp);
	if (fd < 0)
		return msk_fail_sys(err, errno, "%s: cannot create", c->name);
	if (msk_write_full(fd, &head, sizeof head, c->name, err) == 0 && msk_write_full(fd, p, n, c->name, err) == 0) {
		if (give_name(bucket, fd, temp, hex(key)) == 0)
			return 0;
		msk_fail_sys(err, errno, "%s: cannot create", c->name);
	}
	if (temp[0])
		unlinkat(bucket, temp, 0);
	return -1;
}

static void settle(struct msk_cache *c, size_t n, const struct msk_err *err)
{
	if (err->code == MSK_OK)
		atomic_fetch_add(&c->added, sizeof(struct head) + n);
	else if (!atomic_exchange(&c->broken, true))
		msk_warn_of_run(c->log, "cache %s; nothing more is cached", err->msg);
}

static bool may_put(const struct msk_cache *c, size_t n)
{
	return n && n <= MSK_CACHE_MAX_ENTRY && !atomic_load(&c->broken);
}

void msk_cache_put(struct msk_cache *c, enum msk_cache_kind kind, const struct msk_digest *key, const void *p, size_t n)
{
	struct msk_err err = MSK_ERR_INIT;

	if (!may_put(c, n))
		return;
	put(c, kind, key, p, n, &err);
	settle(c, n, &err);
}
