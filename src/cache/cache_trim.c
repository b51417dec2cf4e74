/* Going over all entries: to count them, or to remove what was used longest ago. */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cache_dir.h"
#include "mkscratch/cache_tag.h"
#include "mkscratch/str.h"

#define MAX_ENTRIES 4000000            /* counted or trimmed in one go */
#define MAX_DEPTH 16                   /* of directories in the place of an entry */
#define ABANDONED_SECONDS 3600         /* nobody writes one entry for that long */

struct entry {
	int64_t used_ns;
	uint64_t size;
	unsigned format;
	enum msk_cache_kind kind;
	char name[65];
};

struct listing {
	struct entry *v;
	size_t n, cap;
	int dirs[CACHE_FORMAT + 1];    /* by format, from the first on; -1: there is none */
};

static void close_listing(struct listing *l)
{
	for (unsigned f = CACHE_FIRST_FORMAT; f <= CACHE_FORMAT; f++)
		if (l->dirs[f] >= 0)
			close(l->dirs[f]);
	free(l->v);
}

static bool is_key(const char *name)
{
	return strlen(name) == 64 && strspn(name, "0123456789abcdef") == 64;
}

static void list_entry(struct listing *l, unsigned format, int bucket, enum msk_cache_kind kind, const char *name, int64_t now)
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
				     .size = (uint64_t)st.st_size, .format = format, .kind = kind };
	memcpy(l->v[l->n++].name, name, sizeof l->v->name);
}

static void list_bucket(struct listing *l, unsigned format, enum msk_cache_kind kind, const char *digits, int64_t now)
{
	int fd = msk_cache_bucket_open(l->dirs[format], kind, digits, false);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);

	if (!d) {
		if (fd >= 0)
			close(fd);
		return;
	}
	for (struct dirent *e; (e = readdir(d));)
		list_entry(l, format, fd, kind, e->d_name, now);
	closedir(d);
}

static void list_format(struct listing *l, unsigned format, int64_t now)
{
	char digits[3];

	for (int kind = 0; kind < MSK_CACHE_KINDS; kind++)
		for (unsigned i = 0; i < 256; i++) {
			snprintf(digits, sizeof digits, "%02x", i & 255);
			list_bucket(l, format, (enum msk_cache_kind)kind, digits, now);
		}
}

static void list_all(struct listing *l, int top, int64_t now)
{
	for (unsigned f = CACHE_FIRST_FORMAT; f <= CACHE_FORMAT; f++) {
		l->dirs[f] = msk_cache_format_open(top, f);
		if (l->dirs[f] >= 0)
			list_format(l, f, now);
	}
}

/* Nothing of an older format is read again. */
static int by_age(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;

	if (x->format != y->format && (x->format < CACHE_FORMAT || y->format < CACHE_FORMAT))
		return x->format < y->format ? -1 : 1;
	if (x->used_ns != y->used_ns)
		return x->used_ns < y->used_ns ? -1 : 1;
	return memcmp(x->name, y->name, sizeof x->name);
}

static void count(struct msk_cache_stat *s, const struct entry *e)
{
	s->entries[e->kind]++;
	s->bytes += e->size;
	s->older_bytes += e->format < CACHE_FORMAT ? e->size : 0;
}

static uint64_t sum(const struct listing *l, struct msk_cache_stat *out)
{
	*out = (struct msk_cache_stat){ 0 };
	for (size_t i = 0; i < l->n; i++)
		count(out, &l->v[i]);
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

static bool remove_entry(const struct listing *l, const struct entry *e)
{
	MSK_AUTO_FD int bucket = msk_cache_bucket_open(l->dirs[e->format], e->kind, e->name, false);

	return bucket >= 0 && remove_all(bucket, e->name, 0);
}

static bool remove_kind(int dir, enum msk_cache_kind kind)
{
	char path[16];

	for (unsigned i = 0; i < 256; i++) {
		snprintf(path, sizeof path, "%s/%02x", msk_cache_kind_names[kind], i & 255);
		unlinkat(dir, path, AT_REMOVEDIR);
	}
	return unlinkat(dir, msk_cache_kind_names[kind], AT_REMOVEDIR) == 0;
}

/* What is empty of an older format. A number may name somebody else's directory, too: that has no such kinds in it. */
static void remove_format(int top, int dir, unsigned format)
{
	bool ours = false, tagged;
	char name[16];

	for (int kind = 0; kind < MSK_CACHE_KINDS; kind++)
		ours |= remove_kind(dir, (enum msk_cache_kind)kind);
	if (!ours)
		return;
	msk_cache_dir_forget(dir);
	tagged = msk_cache_tag_is_in(dir);
	msk_cache_tag_drop(dir);
	snprintf(name, sizeof name, "%u", format);
	if (unlinkat(top, name, AT_REMOVEDIR) < 0 && tagged)
		msk_cache_tag_put(dir);
}

/* What is left of the bytes is counted in this format's directory. */
static void tidy(const struct listing *l, int top, uint64_t left)
{
	for (unsigned f = CACHE_FIRST_FORMAT; f < CACHE_FORMAT; f++)
		if (l->dirs[f] >= 0)
			remove_format(top, l->dirs[f], f);
	if (l->dirs[CACHE_FORMAT] >= 0)
		msk_cache_dir_counted(l->dirs[CACHE_FORMAT], left);
}

void msk_cache_dir_trim(int top, uint64_t most, uint64_t keep, int64_t now, struct msk_cache_stat *removed)
{
	struct listing l = { 0 };
	struct msk_cache_stat all;
	uint64_t left;

	*removed = (struct msk_cache_stat){ 0 };
	list_all(&l, top, now);
	left = sum(&l, &all);
	if (left <= most)
		keep = left;
	if (left > keep)
		qsort(l.v, l.n, sizeof *l.v, by_age);
	for (size_t i = 0; i < l.n && left > keep; i++) {
		left -= l.v[i].size;
		if (remove_entry(&l, &l.v[i]))
			count(removed, &l.v[i]);
	}
	tidy(&l, top, left);
	close_listing(&l);
}

int msk_cache_stat(const struct msk_cache_args *a, struct msk_cache_stat *out, struct msk_err *err)
{
	MSK_AUTO_FD int top = -1;
	struct listing l = { 0 };

	if (msk_cache_top_open(a, false, &top, err) < 0)
		return -1;
	*out = (struct msk_cache_stat){ 0 };
	if (top < 0)
		return 0;
	list_all(&l, top, 0);
	sum(&l, out);
	close_listing(&l);
	return 0;
}

int msk_cache_trim(const struct msk_cache_args *a, uint64_t keep, struct msk_cache_stat *removed, struct msk_err *err)
{
	MSK_AUTO_FD int top = -1;

	if (msk_cache_top_open(a, false, &top, err) < 0)
		return -1;
	*removed = (struct msk_cache_stat){ 0 };
	if (top >= 0)
		msk_cache_dir_trim(top, keep, keep, a->now, removed);
	return 0;
}
