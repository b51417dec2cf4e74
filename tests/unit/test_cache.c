#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "mkscratch/cache.h"
#include "mkscratch/str.h"
#include "remove_tree.h"

#define ROOM 65536

struct fixture {
	char top[64], dir[80];
	FILE *said;
	struct msk_log log;
	struct msk_cache_args args;
};

static int set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof *f);

	strcpy(f->top, "/tmp/mkscratch-t.XXXXXX");
	assert_non_null(mkdtemp(f->top));
	snprintf(f->dir, sizeof f->dir, "%s/a/b", f->top);
	f->said = tmpfile();
	f->log = (struct msk_log){ .level = MSK_LOG_WARN, .fd = fileno(f->said) };
	f->args = (struct msk_cache_args){
		.dir = f->dir, .asked = true, .max_size = 1000000, .uid = geteuid(), .log = &f->log,
	};
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	remove_tree(f->top);
	fclose(f->said);
	free(f);
	return 0;
}

/* What was said so far. */
static const char *said(struct fixture *f)
{
	static char text[1024];
	ssize_t n = pread(fileno(f->said), text, sizeof text - 1, 0);

	text[n < 0 ? 0 : n] = '\0';
	return text;
}

static struct msk_digest key_of(const char *text)
{
	struct msk_digest d;

	msk_digest_of(text, strlen(text), &d);
	return d;
}

static void entry_path(const struct fixture *f, const char *kind, const char *key, char *out, size_t room)
{
	struct msk_digest d = key_of(key);

	snprintf(out, room, "%s/6/%s/%.2s/%s", f->dir, kind, d.text + 7, d.text + 7);
}

/* Another file in the same directory. */
static void beside(char *path, size_t room, const char *name)
{
	size_t n = (size_t)(strrchr(path, '/') + 1 - path);

	assert_true((size_t)snprintf(path + n, room - n, "%s", name) < room - n);
}

static void put(struct fixture *f, const char *key, const char *text)
{
	struct msk_cache *c = msk_cache_open(&f->args);
	struct msk_digest d = key_of(key);

	assert_non_null(c);
	msk_cache_put(c, MSK_CACHE_BLOCK, &d, text, strlen(text));
	msk_cache_free(c);
}

/* "" when it is not there. */
static const char *get(struct fixture *f, enum msk_cache_kind kind, const char *key)
{
	static char text[ROOM + 1];
	struct msk_cache *c = msk_cache_open(&f->args);
	struct msk_digest d = key_of(key);

	assert_non_null(c);
	text[msk_cache_get(c, kind, &d, text, ROOM)] = '\0';
	msk_cache_free(c);
	return text;
}

static void what_was_put_is_got(void **state)
{
	struct fixture *f = *state;

	assert_string_equal(get(f, MSK_CACHE_BLOCK, "k"), "");
	put(f, "k", "some bytes");
	assert_string_equal(get(f, MSK_CACHE_BLOCK, "k"), "some bytes");
	assert_string_equal(get(f, MSK_CACHE_BLOCK, "other"), "");
	assert_string_equal(get(f, MSK_CACHE_LAYER, "k"), "");
	assert_string_equal(said(f), "");
}

static void what_is_dropped_is_gone(void **state)
{
	struct fixture *f = *state;
	struct msk_digest d = key_of("k");
	struct msk_cache *c;

	put(f, "k", "some bytes");
	put(f, "l", "others");
	c = msk_cache_open(&f->args);
	msk_cache_drop(c, MSK_CACHE_SKETCH, &d);
	msk_cache_drop(c, MSK_CACHE_BLOCK, &d);
	msk_cache_free(c);
	assert_string_equal(get(f, MSK_CACHE_BLOCK, "k"), "");
	assert_string_equal(get(f, MSK_CACHE_BLOCK, "l"), "others");
	assert_string_equal(said(f), "");
}

static void all_is_private(void **state)
{
	struct fixture *f = *state;
	mode_t old = umask(0);
	char path[300];
	struct stat st;

	put(f, "k", "v");
	umask(old);
	entry_path(f, "block", "k", path, sizeof path);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	while (strlen(path) > strlen(f->top) + 2) {
		*strrchr(path, '/') = '\0';
		assert_int_equal(stat(path, &st), 0);
		assert_int_equal(st.st_mode & 07777, 0700);
	}
	snprintf(path, sizeof path, "%s/CACHEDIR.TAG", f->dir);
	assert_int_equal(access(path, F_OK), 0);
}

static void damage(struct fixture *f, const char *kind, const char *key, off_t at, off_t size)
{
	char path[300], byte;
	int fd;

	entry_path(f, kind, key, path, sizeof path);
	fd = open(path, O_RDWR);
	assert_true(fd >= 0);
	if (size >= 0) {
		assert_int_equal(ftruncate(fd, size), 0);
	} else {
		assert_int_equal(pread(fd, &byte, 1, at), 1);
		byte ^= 1;
		assert_int_equal(pwrite(fd, &byte, 1, at), 1);
	}
	close(fd);
}

/* Every bit of an entry counts; a damaged one is removed, so that a good one can take its place. */
static void a_damaged_entry_is_not_there(void **state)
{
	struct fixture *f = *state;
	char path[300];

	entry_path(f, "block", "k", path, sizeof path);
	for (off_t at = 0; at < 72 + 10; at++) {
		put(f, "k", "some bytes");
		damage(f, "block", "k", at, -1);
		assert_string_equal(get(f, MSK_CACHE_BLOCK, "k"), "");
		assert_int_equal(access(path, F_OK), -1);
	}
	put(f, "k", "some bytes");
	assert_string_equal(get(f, MSK_CACHE_BLOCK, "k"), "some bytes");
	assert_string_equal(said(f), "");
}

static void a_truncated_or_longer_entry_is_not_there(void **state)
{
	struct fixture *f = *state;

	for (off_t size = 0; size < 72 + 20; size++) {
		if (size == 72 + 10)
			continue;
		put(f, "k", "some bytes");
		damage(f, "block", "k", 0, size);
		assert_string_equal(get(f, MSK_CACHE_BLOCK, "k"), "");
	}
}

static void an_entry_in_the_place_of_another_is_not_there(void **state)
{
	struct fixture *f = *state;
	char from[300], to[300], *slash;

	put(f, "k", "some bytes");
	put(f, "other", "other bytes");
	entry_path(f, "block", "k", from, sizeof from);
	entry_path(f, "block", "other", to, sizeof to);
	assert_int_equal(rename(from, to), 0);
	assert_string_equal(get(f, MSK_CACHE_BLOCK, "other"), "");

	put(f, "k", "some bytes");
	entry_path(f, "layer", "k", to, sizeof to);
	slash = strrchr(to, '/');
	*slash = '\0';
	*strrchr(to, '/') = '\0';
	mkdir(to, 0700);
	entry_path(f, "layer", "k", to, sizeof to);
	*strrchr(to, '/') = '\0';
	mkdir(to, 0700);
	entry_path(f, "layer", "k", to, sizeof to);
	assert_int_equal(rename(from, to), 0);
	assert_string_equal(get(f, MSK_CACHE_LAYER, "k"), "");
}

static void no_file_is_an_entry_that_is_none(void **state)
{
	struct fixture *f = *state;
	char path[300];

	entry_path(f, "block", "k", path, sizeof path);
	put(f, "k", "x");
	assert_int_equal(unlink(path), 0);
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_string_equal(get(f, MSK_CACHE_BLOCK, "k"), "");
	unlink(path);
	assert_int_equal(symlink("/etc/passwd", path), 0);
	assert_string_equal(get(f, MSK_CACHE_BLOCK, "k"), "");
	unlink(path);
	assert_int_equal(mkdir(path, 0700), 0);
	assert_string_equal(get(f, MSK_CACHE_BLOCK, "k"), "");
	put(f, "k", "x");
}

static void an_entry_that_does_not_fit_is_not_there(void **state)
{
	struct fixture *f = *state;
	struct msk_digest d = key_of("k");
	struct msk_cache *c;
	char out[16];

	put(f, "k", "seventeen bytes..");
	c = msk_cache_open(&f->args);
	assert_int_equal(msk_cache_get(c, MSK_CACHE_BLOCK, &d, out, sizeof out), 0);
	msk_cache_free(c);
}

static void a_directory_that_cannot_be_made_is_a_warning_when_asked_for(void **state)
{
	struct fixture *f = *state;
	char want[200];

	f->args.dir = "/proc/nothing/here";
	assert_null(msk_cache_open(&f->args));
	assert_string_equal(said(f), "warning: cache /proc/nothing/here: cannot create (No such file or directory); "
				     "nothing is cached\n");
	f->args.asked = false;
	assert_null(msk_cache_open(&f->args));
	snprintf(want, sizeof want, "warning: cache /proc/nothing/here: cannot create (No such file or directory); "
				    "nothing is cached\n");
	assert_string_equal(said(f), want);
	msk_cache_free(NULL);
}

static void a_directory_of_others_is_not_used(void **state)
{
	struct fixture *f = *state;
	struct msk_cache_stat stat;
	struct msk_err err = MSK_ERR_INIT;
	char want[300];

	put(f, "k", "v");
	assert_int_equal(chmod(f->dir, 0777), 0);
	assert_null(msk_cache_open(&f->args));
	snprintf(want, sizeof want, "warning: cache %s: others may write to it (mode 0777); nothing is cached\n", f->dir);
	assert_string_equal(said(f), want);
	assert_int_equal(chmod(f->dir, 0700), 0);
	f->args.uid++;
	assert_int_equal(msk_cache_stat(&f->args, &stat, &err), -1);
	snprintf(want, sizeof want, "%s: belongs to another user (%u vs %u)", f->dir, geteuid(), f->args.uid);
	assert_string_equal(err.msg, want);
	assert_int_equal(err.code, MSK_E_INPUT);
}

static void a_directory_that_is_a_file_is_an_error(void **state)
{
	struct fixture *f = *state;
	struct msk_cache_stat stat;
	struct msk_err err = MSK_ERR_INIT;

	f->args.dir = "/dev/null";
	assert_int_equal(msk_cache_stat(&f->args, &stat, &err), -1);
	assert_string_equal(err.msg, "/dev/null: cannot open (Not a directory)");
	assert_int_equal(err.code, MSK_E_IO);
}

/* What a full disk looks like: the limit lets small entries through and stops the large one. */
static void a_full_disk_is_told_once_and_leaves_no_part(void **state)
{
	struct fixture *f = *state;
	struct rlimit was, small = { 0 };
	struct msk_digest a = key_of("a"), b = key_of("b"), d = key_of("d");
	static char large[20000], out[ROOM];
	struct msk_cache_stat stat;
	struct msk_err err = MSK_ERR_INIT;
	struct msk_cache *c = msk_cache_open(&f->args);
	char want[300];

	signal(SIGXFSZ, SIG_IGN);
	getrlimit(RLIMIT_FSIZE, &was);
	small = (struct rlimit){ 10000, was.rlim_max };
	msk_cache_put(c, MSK_CACHE_BLOCK, &a, "small", 5);
	setrlimit(RLIMIT_FSIZE, &small);
	msk_cache_put(c, MSK_CACHE_BLOCK, &b, large, sizeof large);
	msk_cache_put(c, MSK_CACHE_BLOCK, &d, large, sizeof large);
	setrlimit(RLIMIT_FSIZE, &was);
	assert_int_equal(msk_cache_get(c, MSK_CACHE_BLOCK, &a, out, ROOM), 5);
	assert_int_equal(msk_cache_get(c, MSK_CACHE_BLOCK, &b, out, ROOM), 0);
	msk_cache_free(c);
	snprintf(want, sizeof want, "warning: cache %s: write failed (File too large); nothing more is cached\n", f->dir);
	assert_string_equal(said(f), want);
	assert_int_equal(msk_cache_stat(&f->args, &stat, &err), 0);
	assert_int_equal(stat.entries[MSK_CACHE_BLOCK], 1);
	assert_int_equal(stat.bytes, 72 + 5);
}

static void age(struct fixture *f, const char *key, time_t seconds)
{
	const struct timespec t[2] = { { seconds, 0 }, { seconds, 0 } };
	char path[300];

	entry_path(f, "block", key, path, sizeof path);
	assert_int_equal(utimensat(AT_FDCWD, path, t, 0), 0);
}

static void what_was_used_longest_ago_goes_first(void **state)
{
	struct fixture *f = *state;

	put(f, "a", "28 bytes, which make a hundred");
	put(f, "b", "28 bytes, which make a hundred");
	put(f, "c", "28 bytes, which make a hundred");
	age(f, "a", 1000);
	age(f, "b", 1001);
	age(f, "c", 1002);
	assert_string_equal(get(f, MSK_CACHE_BLOCK, "a"), "28 bytes, which make a hundred");
	f->args.max_size = 350;               /* seven eighths of it hold three */
	put(f, "d", "28 bytes, which make a hundred");
	assert_string_equal(get(f, MSK_CACHE_BLOCK, "b"), "");
	assert_string_equal(get(f, MSK_CACHE_BLOCK, "a"), "28 bytes, which make a hundred");
	assert_string_equal(get(f, MSK_CACHE_BLOCK, "c"), "28 bytes, which make a hundred");
	assert_string_equal(get(f, MSK_CACHE_BLOCK, "d"), "28 bytes, which make a hundred");
}

static void what_is_touched_counts_as_used(void **state)
{
	struct fixture *f = *state;
	struct msk_digest a = key_of("a"), none = key_of("none");
	struct msk_cache *c;

	put(f, "a", "28 bytes, which make a hundred");
	put(f, "b", "28 bytes, which make a hundred");
	age(f, "a", 1000);
	age(f, "b", 1001);
	c = msk_cache_open(&f->args);
	msk_cache_touch(c, MSK_CACHE_BLOCK, &a);
	msk_cache_touch(c, MSK_CACHE_BLOCK, &none);
	msk_cache_free(c);
	f->args.max_size = 240;               /* seven eighths of it hold two */
	put(f, "c", "28 bytes, which make a hundred");
	assert_string_equal(get(f, MSK_CACHE_BLOCK, "b"), "");
	assert_string_equal(get(f, MSK_CACHE_BLOCK, "a"), "28 bytes, which make a hundred");
	assert_string_equal(get(f, MSK_CACHE_BLOCK, "none"), "");
}

static char *grown_path(struct fixture *f)
{
	static char path[300];

	snprintf(path, sizeof path, "%s/6/grown", f->dir);
	return path;
}

static const char *grown(struct fixture *f)
{
	static char text[300];
	FILE *in = fopen(grown_path(f), "r");

	text[in ? fread(text, 1, sizeof text - 1, in) : 0] = '\0';
	if (in)
		fclose(in);
	return text;
}

static void write_grown(struct fixture *f, const char *text)
{
	FILE *out = fopen(grown_path(f), "w");

	fputs(text, out);
	fclose(out);
}

static void all_is_looked_at_only_when_there_may_be_too_much(void **state)
{
	struct fixture *f = *state;

	put(f, "a", "28 bytes, which make a hundred");
	assert_string_equal(grown(f), "102\n");
	put(f, "b", "28 bytes, which make a hundred");
	assert_string_equal(grown(f), "102\n102\n");
	write_grown(f, "102\n99999999999999999999999\n");
	put(f, "c", "28 bytes, which make a hundred");
	assert_string_equal(grown(f), "306\n");
	write_grown(f, "102\n-5\n");
	put(f, "a", "another of the same name");
	assert_string_equal(grown(f), "306\n");
	age(f, "a", 1000);
	f->args.max_size = 350;
	put(f, "d", "28 bytes, which make a hundred");
	assert_string_equal(grown(f), "306\n");
	assert_string_equal(get(f, MSK_CACHE_BLOCK, "a"), "");
}

static void trimming_counts_and_spares_what_is_not_ours(void **state)
{
	struct fixture *f = *state;
	struct msk_cache_stat stat;
	struct msk_err err = MSK_ERR_INIT;
	char path[400];
	int fd;

	assert_int_equal(msk_cache_trim(&f->args, 0, &stat, &err), 0);
	assert_int_equal(stat.bytes, 0);
	put(f, "a", "12345678");
	entry_path(f, "block", "a", path, sizeof path);
	beside(path, sizeof path, "notes.txt");
	fd = open(path, O_CREAT | O_WRONLY, 0600);
	assert_true(fd >= 0);
	close(fd);
	assert_int_equal(msk_cache_stat(&f->args, &stat, &err), 0);
	assert_int_equal(stat.entries[MSK_CACHE_BLOCK], 1);
	assert_int_equal(stat.entries[MSK_CACHE_LAYER], 0);
	assert_int_equal(stat.bytes, 80);
	assert_int_equal(msk_cache_trim(&f->args, 80, &stat, &err), 0);
	assert_int_equal(stat.bytes, 0);
	assert_int_equal(msk_cache_trim(&f->args, 79, &stat, &err), 0);
	assert_int_equal(stat.bytes, 80);
	assert_int_equal(access(path, F_OK), 0);
	assert_string_equal(get(f, MSK_CACHE_BLOCK, "a"), "");
}

static void what_a_killed_run_left_is_removed_after_an_hour(void **state)
{
	struct fixture *f = *state;
	struct msk_cache_stat stat;
	struct msk_err err = MSK_ERR_INIT;
	char path[400];
	struct stat st;
	int fd;

	put(f, "a", "x");
	entry_path(f, "block", "a", path, sizeof path);
	beside(path, sizeof path, ".tmp-0123456789abcdef");
	fd = open(path, O_CREAT | O_WRONLY, 0600);
	assert_int_equal(fstat(fd, &st), 0);
	close(fd);
	f->args.now = st.st_mtime + 3600;
	assert_int_equal(msk_cache_trim(&f->args, 1000, &stat, &err), 0);
	assert_int_equal(access(path, F_OK), 0);
	f->args.now++;
	assert_int_equal(msk_cache_trim(&f->args, 1000, &stat, &err), 0);
	assert_int_equal(access(path, F_OK), -1);
}

#define THREADS 4
#define EACH 200

struct share {
	struct msk_cache *c;
	int wrong;
};

static void *use(void *arg)
{
	struct share *s = arg;
	char key[32], text[64], out[ROOM];

	for (int i = 0; i < EACH; i++) {
		struct msk_digest d;
		size_t n;

		snprintf(key, sizeof key, "%d", i);
		snprintf(text, sizeof text, "the bytes of %d", i);
		msk_digest_of(key, strlen(key), &d);
		n = msk_cache_get(s->c, MSK_CACHE_BLOCK, &d, out, ROOM);
		if (n && (n != strlen(text) || memcmp(out, text, n) != 0))
			s->wrong++;
		msk_cache_put(s->c, MSK_CACHE_BLOCK, &d, text, strlen(text));
	}
	return NULL;
}

static void threads_and_caches_share_a_directory(void **state)
{
	struct fixture *f = *state;
	struct share s[THREADS];
	pthread_t t[THREADS];
	struct msk_cache *c[2] = { msk_cache_open(&f->args), msk_cache_open(&f->args) };

	for (int i = 0; i < THREADS; i++) {
		s[i] = (struct share){ c[i % 2], 0 };
		assert_int_equal(pthread_create(&t[i], NULL, use, &s[i]), 0);
	}
	for (int i = 0; i < THREADS; i++) {
		pthread_join(t[i], NULL);
		assert_int_equal(s[i].wrong, 0);
	}
	msk_cache_free(c[0]);
	msk_cache_free(c[1]);
	assert_string_equal(get(f, MSK_CACHE_BLOCK, "199"), "the bytes of 199");
	assert_string_equal(said(f), "");
}

static void sizes(void **state)
{
	static const struct { const char *text; unsigned long long bytes; } good[] = {
		{ "0", 0 }, { "12", 12 }, { "12B", 12 }, { "3k", 3000 }, { "5M", 5000000 }, { "1GB", 1000000000 },
		{ "2Ki", 2048 }, { "1MiB", 1048576 }, { "4Gi", 4ull << 30 }, { "9223372036854775807", INT64_MAX },
		{ "1m", 1000000 }, { "1T", 1000000000000 }, { "2kib", 2048 }, { "1.5G", 1500000000 }, { "0.125Mi", 131072 },
		{ "7b", 7 },
	};
	static const char *const bad[] = {
		"", "M", "-1", "1.5", "1.G", ".5G", "1.2345G", "1.5.5G",
		"1i", "1iB", "10 M", "9223372036854.9M", "9223372036854775808", "9223372037G", "1MM", "1BB", "0x10",
	};
	unsigned long long n;

	(void)state;
	for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
		assert_true(msk_parse_size(good[i].text, &n));
		assert_int_equal(n, good[i].bytes);
	}
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		assert_false(msk_parse_size(bad[i], &n));
}

#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(what_was_put_is_got),
		T(what_is_dropped_is_gone),
		T(all_is_private),
		T(a_damaged_entry_is_not_there),
		T(a_truncated_or_longer_entry_is_not_there),
		T(an_entry_in_the_place_of_another_is_not_there),
		T(no_file_is_an_entry_that_is_none),
		T(an_entry_that_does_not_fit_is_not_there),
		T(a_directory_that_cannot_be_made_is_a_warning_when_asked_for),
		T(a_directory_of_others_is_not_used),
		T(a_directory_that_is_a_file_is_an_error),
		T(a_full_disk_is_told_once_and_leaves_no_part),
		T(what_was_used_longest_ago_goes_first),
		T(what_is_touched_counts_as_used),
		T(all_is_looked_at_only_when_there_may_be_too_much),
		T(trimming_counts_and_spares_what_is_not_ours),
		T(what_a_killed_run_left_is_removed_after_an_hour),
		T(threads_and_caches_share_a_directory),
		cmocka_unit_test(sizes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
