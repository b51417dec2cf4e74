/* The archive: blobs that were made where they belong, or were not, come out as the same file. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "../../src/sink/layout.h"
#include "mkscratch/fs.h"
#include "mkscratch/mem.h"
#include "mkscratch/sink.h"

static char here[] = "/tmp/mkscratch-sink.XXXXXX";

static int make_directory(void **state)
{
	(void)state;
	return mkdtemp(here) && chdir(here) == 0 ? 0 : -1;
}

static int remove_directory(void **state)
{
	(void)state;
	unlink("a.tar");
	unlink("b.tar");
	return chdir("/") == 0 && rmdir(here) == 0 ? 0 : -1;
}

static struct msk_ref tags[40];

/* An image of two layers; so many tags make its documents long. */
static struct msk_product image_of(size_t n_tags)
{
	static char tag[] = "latest", full[] = "docker.io/library/app:latest";
	static struct msk_layer_desc layers[2];
	static struct msk_image img = { .layers = { layers, 2, 2 }, .config.media_type = "T" };
	struct msk_product p = { .images = &img, .n_images = 1, .tags = tags, .n_tags = n_tags };

	for (size_t i = 0; i < n_tags; i++) {
		tags[i].tag = tag;
		tags[i].full = full;
	}
	p.top.media_type = msk_media_type(MSK_MEDIA_OCI, MSK_DOC_MANIFEST);
	return p;
}

static void put_blobs(struct msk_store *st, bool double_too)
{
	static char bytes[1500];
	struct msk_err err = MSK_ERR_INIT;
	struct msk_digest d;

	for (size_t n = 0; n < sizeof bytes; n += 211) {
		memset(bytes, (int)n, n);
		assert_int_equal(msk_store_put(st, bytes, n, &d, &err), 0);
	}
	if (!double_too)
		return;
	/* A double, longer than what will follow it in the archive. */
	assert_int_equal(msk_store_put(st, memset(bytes, 6 * 211, 6 * 211), 6 * 211, &d, &err), 0);
	assert_int_equal(msk_store_put(st, memset(bytes, 7 * 211, 7 * 211), 7 * 211, &d, &err), 0);
}

/* `like`: what the image is taken for when its blobs are staged; NULL: they are not. */
static void write_archive(const char *path, const struct msk_product *img, const struct msk_product *like, const char *beside)
{
	const struct msk_target t = { MSK_TARGET_ARCHIVE, (char *)(uintptr_t)path };
	const struct msk_target u = { MSK_TARGET_ARCHIVE, (char *)(uintptr_t)beside };
	MSK_CLEANUP(msk_store_cleanup) struct msk_store *st = msk_store_new();
	struct msk_sink *s = NULL, *other = NULL;
	struct msk_err err = MSK_ERR_INIT;

	assert_int_equal(msk_sink_open(&t, NULL, &s, &err), 0);
	if (beside)
		assert_int_equal(msk_sink_open(&u, NULL, &other, &err), 0);
	if (like)
		msk_store_stage_in(st, s->ops->stage(s, like));
	put_blobs(st, true);
	assert_int_equal(s->ops->write(s, img, st, &err), 0);
	if (other)
		assert_int_equal(other->ops->write(other, img, st, &err), 0);
	assert_int_equal(s->ops->publish(s, img, st, &err), 0);
	if (other)
		assert_int_equal(other->ops->publish(other, img, st, &err), 0);
	s->ops->close(s);
	if (other)
		other->ops->close(other);
}

static void assert_same_file(const char *a, const char *b)
{
	MSK_AUTO_STR one = MSK_STR_INIT, two = MSK_STR_INIT;
	struct msk_err err = MSK_ERR_INIT;
	MSK_AUTO_FD int fa = open(a, O_RDONLY), fb = open(b, O_RDONLY);

	assert_int_equal(msk_read_all(fa, 1 << 20, &one, a, &err), 0);
	assert_int_equal(msk_read_all(fb, 1 << 20, &two, b, &err), 0);
	assert_int_equal(one.len, two.len);
	assert_memory_equal(one.buf, two.buf, one.len);
}

static void staged_or_not_the_archive_is_the_same(void **state)
{
	struct msk_product img = image_of(3);

	(void)state;
	write_archive("a.tar", &img, NULL, NULL);
	write_archive("b.tar", &img, &img, NULL);
	assert_same_file("a.tar", "b.tar");
}

static void an_outline_that_was_wrong_costs_nothing_but_time(void **state)
{
	struct msk_product img = image_of(20), shorter = img, longer = img;

	(void)state;
	shorter.n_tags = 1;
	longer.n_tags = 40;
	image_of(40);
	write_archive("a.tar", &img, NULL, NULL);
	write_archive("b.tar", &img, &shorter, NULL);
	assert_same_file("a.tar", "b.tar");
	write_archive("b.tar", &img, &longer, NULL);
	assert_same_file("a.tar", "b.tar");
}

static void another_output_copies_from_the_stage(void **state)
{
	struct msk_product img = image_of(5), wrong = img;

	(void)state;
	write_archive("a.tar", &img, &img, "b.tar");
	assert_same_file("a.tar", "b.tar");
	wrong.n_tags = 30;
	image_of(30);
	write_archive("a.tar", &img, &wrong, "b.tar");
	assert_same_file("a.tar", "b.tar");
}

/* What others do to an archive that has these blobs already while it is being written: `when` is before or after the rest of
 * it is held against it. */
enum when { BLOBS, ALL };

static int write_while(void (*act)(void), enum when when, const struct msk_product *like, const struct msk_product *img,
		       struct msk_err *err)
{
	const struct msk_target t = { MSK_TARGET_ARCHIVE, (char *)(uintptr_t)"a.tar" };
	MSK_CLEANUP(msk_store_cleanup) struct msk_store *st = msk_store_new();
	struct msk_sink *s = NULL;
	int rc;

	/* Long ago: whatever is done to it now shows in its times, however coarse they are. */
	utimensat(AT_FDCWD, "a.tar", (const struct timespec[]){ { 1000, 0 }, { 1000, 0 } }, 0);
	assert_int_equal(msk_sink_open(&t, NULL, &s, err), 0);
	msk_store_stage_in(st, s->ops->stage(s, like));
	put_blobs(st, false);
	if (when == BLOBS)
		act();
	rc = s->ops->write(s, img, st, err);
	if (rc == 0 && when == ALL)
		act();
	rc = rc < 0 ? rc : s->ops->publish(s, img, st, err);
	s->ops->close(s);
	return rc;
}

static void leave_alone(void)
{
}

static void replace(void)
{
	MSK_AUTO_FD int fd = open("c.tar", O_WRONLY | O_CREAT, 0666);

	assert_int_equal(write(fd, "of another", 10), 10);
	assert_int_equal(rename("c.tar", "a.tar"), 0);
}

static void remove_it(void)
{
	unlink("a.tar");
}

static void write_front(void)
{
	MSK_AUTO_FD int fd = open("a.tar", O_WRONLY);

	assert_int_equal(pwrite(fd, "x", 1, 0), 1);
}

/* The last byte of the last blob. */
static void write_blob(void)
{
	MSK_AUTO_FD int fd = open("a.tar", O_RDWR);
	off_t end = lseek(fd, 0, SEEK_END) - 1024;
	char byte = 0;

	while (!byte)
		assert_int_equal(pread(fd, &byte, 1, --end), 1);
	byte ^= 1;
	assert_int_equal(pwrite(fd, &byte, 1, end), 1);
}

static ino_t inode_of(const char *path)
{
	struct stat st;

	assert_int_equal(stat(path, &st), 0);
	return st.st_ino;
}

static void an_archive_that_is_there_already_stays(void **state)
{
	struct msk_product img = image_of(3);
	struct msk_err err = MSK_ERR_INIT;
	ino_t was;

	(void)state;
	unlink("a.tar");
	assert_int_equal(write_while(leave_alone, ALL, &img, &img, &err), 0);
	was = inode_of("a.tar");
	assert_int_equal(rename("a.tar", "b.tar"), 0);
	assert_int_equal(write_while(leave_alone, ALL, &img, &img, &err), 0);
	assert_same_file("a.tar", "b.tar");
	assert_int_equal(rename("b.tar", "a.tar"), 0);
	assert_int_equal(write_while(leave_alone, ALL, &img, &img, &err), 0);
	assert_int_equal(inode_of("a.tar"), was);
}

/* An outline that was wrong included: blobs are read from what is there then. */
static void whatever_becomes_of_it_meanwhile_the_right_one_is_there_in_the_end(void **state)
{
	static void (*const acts[])(void) = { replace, remove_it, write_front };
	struct msk_product img = image_of(3), wrong = image_of(20);
	struct msk_err err = MSK_ERR_INIT;

	(void)state;
	unlink("a.tar");
	assert_int_equal(write_while(leave_alone, ALL, &img, &img, &err), 0);
	assert_int_equal(rename("a.tar", "b.tar"), 0);
	for (size_t i = 0; i < 3 * sizeof acts / sizeof *acts; i++) {
		assert_int_equal(write_while(leave_alone, ALL, &img, &img, &err), 0);
		assert_int_equal(write_while(acts[i / 3], i % 3 ? BLOBS : ALL, i % 3 == 2 ? &wrong : &img, &img, &err), 0);
		assert_same_file("a.tar", "b.tar");
	}
}

static void blobs_that_are_changed_meanwhile_are_found_out(void **state)
{
	struct msk_product img = image_of(3);

	(void)state;
	for (int when = BLOBS; when <= ALL; when++) {
		struct msk_err err = MSK_ERR_INIT;

		unlink("a.tar");
		assert_int_equal(write_while(leave_alone, ALL, &img, &img, &err), 0);
		assert_int_equal(write_while(write_blob, when, &img, &img, &err), -1);
		assert_int_equal(err.code, MSK_E_IO);
		assert_string_equal(err.msg, "a.tar: changed while it was being written");
		assert_string_equal(err.hint, "another program writes to it: run again when that is done");
	}
}

/* Who has the lock is told by its process, where it left that. */
static void a_lock_of_another_is_waited_for_and_no_longer(void **state)
{
	static const char *const messages[] = { "d: locked by process unknown", "d: locked by process 4711" };
	MSK_AUTO_FD int dirfd = open(".", O_RDONLY | O_DIRECTORY), fd = -1;
	MSK_AUTO_FD int other = open(".mkscratch.lock", O_RDWR | O_CREAT, 0666);

	(void)state;
	assert_int_equal(flock(other, LOCK_EX), 0);
	for (int i = 0; i < 2; i++) {
		struct msk_err err = MSK_ERR_INIT;

		assert_int_equal(msk_layout_lock(dirfd, "d", 0, NULL, &fd, &err), -1);
		assert_int_equal(fd, -1);
		assert_int_equal(err.code, MSK_E_IO);
		assert_string_equal(err.msg, messages[i]);
		assert_string_equal(err.hint, "wait for it, or end it; the lock goes with the process");
		assert_int_equal(pwrite(other, "4711\nrest", 9, 0), 9);
	}
	msk_layout_lock_remove(dirfd, -1);
	assert_int_equal(access(".mkscratch.lock", F_OK), 0);
	flock(other, LOCK_UN);
	for (int i = 0; i < 2; i++) {
		struct msk_err err = MSK_ERR_INIT;
		char text[16] = "";

		assert_int_equal(msk_layout_lock(dirfd, "d", 0, NULL, &fd, &err), 0);
		assert_true(pread(other, text, sizeof text - 1, 0) > 0);
		assert_int_equal(strtol(text, NULL, 10), getpid());
		if (i == 1)
			break;
		msk_layout_unlock(&fd);
		assert_int_equal(fd, -1);
		assert_int_equal(lseek(other, 0, SEEK_END), 0);
	}
	msk_layout_lock_remove(dirfd, fd);
	assert_int_equal(access(".mkscratch.lock", F_OK), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(staged_or_not_the_archive_is_the_same),
		cmocka_unit_test(an_outline_that_was_wrong_costs_nothing_but_time),
		cmocka_unit_test(another_output_copies_from_the_stage),
		cmocka_unit_test(an_archive_that_is_there_already_stays),
		cmocka_unit_test(whatever_becomes_of_it_meanwhile_the_right_one_is_there_in_the_end),
		cmocka_unit_test(blobs_that_are_changed_meanwhile_are_found_out),
		cmocka_unit_test(a_lock_of_another_is_waited_for_and_no_longer),
	};

	return cmocka_run_group_tests(tests, make_directory, remove_directory);
}
