/* Going over all entries: to count them, or to remove what was used longest ago. */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cache_dir.h"
#include "mkscratch/str.h"

#define MAX_ENTRIES 4000000            /* counted or trimmed in one go */
#define MAX_DEPTH 16                   /* of directories in the place of an entry */
#define ABANDONED_SECONDS 3600         /* nobody writes one entry for that long */

struct entry {
	int64_t used_ns;
	uint64_t size;
	enum msk_cache_kind kind;
	char name[65];
};

struct listing {
	struct entry *v;
	size_t n, cap;
};

static bool is_key(const char *name)
{
	return strlen(name) == 64 && strspn(name, "0123456789abcdef") == 64;
}

static void list_entry(struct listing *l, int bucket, enum msk_cache_kind kind, const char *name, int64_t now)
{
	bool key = is_key(name);
	struct stat st;

	if ((!key && !msk_starts_with(name, CACHE_TEMP_MARK)) || l->n == MAX_ENTRIES ||
	    fstatat(bucket, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return;
	if (!key) {
		if (now > st.st_mtim.tv_sec + ABANDONED_SECONDS)
			unlinkat(bucket, name, 0);
		return;
	}
	MSK_GROW(l->v, l->n, l->cap);
	l->v[l->n] = (struct entry){ .used_ns = (int64_t)st.st_mtim.tv_sec * 1000000000 + st.st_mtim.tv_nsec,
				     .size = (uint64_t)st.st_size, .kind = kind };
	memcpy(l->v[l->n++].name, name, sizeof l->v->name);
}

static void list_bucket(struct listing *l, int dir, enum msk_cache_kind kind, const char *digits, int64_t now)
{
	int fd = msk_cache_bucket_open(dir, kind, digits, false);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);

	if (!d) {
		if (fd >= 0)
			close(fd);
		return;
	}
	for (struct dirent *e; (e = readdir(d));)
		list_entry(l, fd, kind, e->d_name, now);
	closedir(d);
}

static void list_all(struct listing *l, int dir, int64_t now)
{
	char digits[3];

	for (int kind = 0; kind < MSK_CACHE_KINDS; kind++)
		for (unsigned i = 0; i < 256; i++) {
			snprintf(digits, sizeof digits, "%02x", i & 255);
			list_bucket(l, dir, (enum msk_cache_kind)kind, digits, now);
		}
}

static int by_age(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;

	if (x->used_ns != y->used_ns)
		return x->used_ns < y->used_ns ? -1 : 1;
	return memcmp(x->name, y->name, sizeof x->name);
}

static uint64_t sum(const struct listing *l, struct msk_cache_stat *out)
{
	*out = (struct msk_cache_stat){ 0 };
	for (size_t i = 0; i < l->n; i++) {
		out->entries[l->v[i].kind]++;
		out->bytes += l->v[i].size;
	}
	return out->bytes;
}

/* Whatever somebody put in the place of an entry goes with all that is in it. */
static bool remove_all(int dirfd, const char *name, int depth)
{
	int fd;
	DIR *dir;

	if (unlinkat(dirfd, name, 0) == 0)
		return true;
	fd = depth < MAX_DEPTH ? openat(dirfd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC) : -1;
	dir = fd >= 0 ? fdopendir(fd) : NULL;
	for (struct dirent *e; dir && (e = readdir(dir));)
		if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
			remove_all(fd, e->d_name, depth + 1);
	if (dir)
		closedir(dir);
	else if (fd >= 0)
		close(fd);
	return unlinkat(dirfd, name, AT_REMOVEDIR) == 0;
}

static bool remove_entry(int dir, const struct entry *e)
{
	MSK_AUTO_FD int bucket = msk_cache_bucket_open(dir, e->kind, e->name, false);

	return bucket >= 0 && remove_all(bucket, e->name, 0);
}

void msk_cache_dir_stat(int dir, struct msk_cache_stat *out)
{
	struct listing l = { 0 };

	list_all(&l, dir, 0);
	sum(&l, out);
	free(l.v);
}

void msk_cache_dir_trim(int dir, uint64_t most, uint64_t keep, int64_t now, struct msk_cache_stat *removed)
{
	struct listing l = { 0 };
	struct msk_cache_stat all;
	uint64_t left;

	*removed = (struct msk_cache_stat){ 0 };
	list_all(&l, dir, now);
	left = sum(&l, &all);
	if (left <= most)
		keep = left;
	if (left > keep)
		qsort(l.v, l.n, sizeof *l.v, by_age);
	for (size_t i = 0; i < l.n && left > keep; i++) {
		left -= l.v[i].size;
		if (!remove_entry(dir, &l.v[i]))
			continue;
		removed->entries[l.v[i].kind]++;
		removed->bytes += l.v[i].size;
	}
	msk_cache_dir_counted(dir, left);
	free(l.v);
}

int msk_cache_stat(const struct msk_cache_args *a, struct msk_cache_stat *out, struct msk_err *err)
{
	MSK_AUTO_FD int dir = -1;

	if (msk_cache_dir_open(a, false, &dir, err) < 0)
		return -1;
	*out = (struct msk_cache_stat){ 0 };
	if (dir >= 0)
		msk_cache_dir_stat(dir, out);
	return 0;
}

int msk_cache_trim(const struct msk_cache_args *a, uint64_t keep, struct msk_cache_stat *removed, struct msk_err *err)
{
	MSK_AUTO_FD int dir = -1;

	if (msk_cache_dir_open(a, false, &dir, err) < 0)
		return -1;
	*removed = (struct msk_cache_stat){ 0 };
	if (dir >= 0)
		msk_cache_dir_trim(dir, keep, keep, a->now, removed);
	return 0;
}
