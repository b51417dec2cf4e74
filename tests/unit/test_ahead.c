/* Digests taken ahead: of files, and of what an archive holds that tells of one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "mkscratch/ahead.h"
#include "mkscratch/fs.h"
#include "noise.h"

enum { SIZE = MSK_AHEAD_LEAST + 777, BLOCK = 512, OFFSET = 3 * BLOCK };

static char here[] = "/tmp/mkscratch-ahead.XXXXXX";
static unsigned char *bytes;
static struct msk_digest digest;

static int make_directory(void **state)
{
	(void)state;
	bytes = make_noise(SIZE, 8);
	msk_digest_of(bytes, SIZE, &digest);
	return mkdtemp(here) && chdir(here) == 0 ? 0 : -1;
}

static int remove_directory(void **state)
{
	(void)state;
	free(bytes);
	unlink("program");
	unlink("a.tar");
	return chdir("/") == 0 && rmdir(here) == 0 ? 0 : -1;
}

static void write_file(const char *path, const void *p, size_t n)
{
	MSK_AUTO_FD int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0666);

	assert_int_equal(msk_write_full(fd, p, n, path, &(struct msk_err)MSK_ERR_INIT), 0);
}

static void add_member(struct msk_str *tar, const char *name, const void *p, size_t n)
{
	static const char zeros[BLOCK];
	char head[BLOCK] = "";

	snprintf(head, 100, "%s", name);
	snprintf(head + 124, 12, "%011o", (unsigned)n);
	memcpy(head + 257, "ustar", 6);
	msk_str_add(tar, head, sizeof head);
	msk_str_add(tar, p, n);
	msk_str_add(tar, zeros, -n % BLOCK);
}

/* index.json, then the blob under the name of `digest`, then a document with this text. */
static void write_archive(const void *blob, size_t n, const char *text)
{
	MSK_AUTO_STR tar = MSK_STR_INIT, name = MSK_STR_INIT;
	struct msk_digest d;

	msk_str_addf(&name, "blobs/sha256/%s", digest.text + 7);
	add_member(&tar, "index.json", "{}", 2);
	add_member(&tar, name.buf, blob, n);
	msk_digest_of(text, strlen(text), &d);
	name.len = 0;
	msk_str_addf(&name, "blobs/sha256/%s", d.text + 7);
	add_member(&tar, name.buf, text, strlen(text));
	write_file("a.tar", tar.buf, tar.len);
}

static struct msk_ahead *begin(void)
{
	MSK_AUTO_STRV paths = MSK_STRV_INIT;

	msk_strv_push(&paths, "program");
	return msk_ahead_start(NULL, &paths, "a.tar");
}

static bool holds(struct msk_ahead *a, uint64_t offset)
{
	struct stat st;

	return stat("a.tar", &st) == 0 && msk_ahead_holds(a, &st, offset, &digest, SIZE);
}

static void an_archive_that_tells_of_a_file_is_hashed(void **state)
{
	MSK_CLEANUP(msk_ahead_cleanup) struct msk_ahead *a = NULL;
	MSK_AUTO_STR text = MSK_STR_INIT;
	struct stat st;
	struct msk_digest other;

	(void)state;
	write_file("program", bytes, SIZE);
	msk_str_addf(&text, "{\"program\":\"%s\"}", digest.text);
	write_archive(bytes, SIZE, text.buf);
	a = begin();
	assert_true(holds(a, OFFSET));
	assert_false(holds(a, OFFSET + BLOCK));
	assert_false(holds(NULL, OFFSET));
	assert_int_equal(stat("a.tar", &st), 0);
	msk_digest_of("", 0, &other);
	assert_false(msk_ahead_holds(a, &st, OFFSET, &other, SIZE));
	assert_false(msk_ahead_holds(a, &st, OFFSET, &digest, SIZE - 1));
	/* As though it had been written to since. */
	assert_int_equal(utimensat(AT_FDCWD, "a.tar", (const struct timespec[]){ { 1000, 0 }, { 1000, 0 } }, 0), 0);
	assert_false(holds(a, OFFSET));
}

static void assert_holds_nothing(void)
{
	MSK_CLEANUP(msk_ahead_cleanup) struct msk_ahead *a = begin();

	assert_false(holds(a, OFFSET));
}

static void any_other_is_not(void **state)
{
	MSK_AUTO_STR text = MSK_STR_INIT;

	(void)state;
	write_file("program", bytes, SIZE);
	write_archive(bytes, SIZE, "{\"program\":\"another\"}");
	assert_holds_nothing();
	msk_str_addf(&text, "{\"program\":\"%s\"}", digest.text);
	bytes[SIZE / 2] ^= 1;
	write_archive(bytes, SIZE, text.buf);
	bytes[SIZE / 2] ^= 1;
	assert_holds_nothing();
	write_archive(bytes, SIZE, text.buf);
	assert_int_equal(truncate("a.tar", OFFSET + SIZE - 1), 0);
	assert_holds_nothing();
	write_file("a.tar", "no archive", 10);
	assert_holds_nothing();
	unlink("a.tar");
	assert_holds_nothing();
	assert_int_equal(mkfifo("a.tar", 0666), 0);
	assert_holds_nothing();
	unlink("a.tar");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_archive_that_tells_of_a_file_is_hashed),
		cmocka_unit_test(any_other_is_not),
	};

	return cmocka_run_group_tests(tests, make_directory, remove_directory);
}
