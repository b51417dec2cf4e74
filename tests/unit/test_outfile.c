/* A file over an older one: it stays when it has the bytes already, is replaced by the right ones when not, and nothing else
 * is ever left in the directory. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>
#include <cmocka.h>

#include "mkscratch/fs.h"
#include "mkscratch/outfile.h"
#include "noise.h"

enum { SIZE = 300000, PARTS = 7 };

static char here[] = "/tmp/mkscratch-outfile.XXXXXX";
static unsigned char *bytes, other[SIZE];
static int dirfd_here;

static int make_directory(void **state)
{
	(void)state;
	bytes = make_noise(SIZE, 8);
	memcpy(other, bytes, SIZE);
	if (!mkdtemp(here) || chdir(here) < 0)
		return -1;
	dirfd_here = open(".", O_RDONLY | O_DIRECTORY);
	return dirfd_here < 0 ? -1 : 0;
}

static int remove_directory(void **state)
{
	(void)state;
	close(dirfd_here);
	free(bytes);
	return chdir("/") == 0 && rmdir(here) == 0 ? 0 : -1;
}

static void put_file(const char *name, const void *p, size_t n)
{
	MSK_AUTO_FD int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC, 0666);
	struct msk_err err = MSK_ERR_INIT;
	static const struct timespec old[2] = { { 1000, 0 }, { 1000, 0 } };

	assert_int_equal(msk_write_full(fd, p, n, name, &err), 0);
	assert_int_equal(futimens(fd, old), 0);
}

static void assert_holds(const char *name, const void *p, size_t n)
{
	MSK_AUTO_FD int fd = open(name, O_RDONLY);
	MSK_AUTO_STR text = MSK_STR_INIT;
	struct msk_err err = MSK_ERR_INIT;

	assert_int_equal(msk_read_all(fd, 2 * SIZE, &text, name, &err), 0);
	assert_int_equal(text.len, n);
	assert_memory_equal(msk_str_c(&text), p, n);
}

static size_t count_files(void)
{
	DIR *d = opendir(".");
	size_t n = 0;

	for (struct dirent *e; (e = readdir(d));)
		n += e->d_name[0] != '.' || strlen(e->d_name) > 2;
	closedir(d);
	return n;
}

static struct stat look(const char *name)
{
	struct stat st;

	assert_int_equal(lstat(name, &st), 0);
	return st;
}

static void open_it(struct msk_outfile *o)
{
	struct msk_err err = MSK_ERR_INIT;

	assert_int_equal(msk_outfile_open(o, dirfd_here, "f", false, "f", &err), 0);
}

static void write_part(struct msk_outfile *o, size_t from, size_t to)
{
	struct msk_err err = MSK_ERR_INIT;

	assert_int_equal(msk_outfile_write(o, bytes + from, to - from, from, &err), 0);
}

/* The last first, so that order does not matter. */
static void write_parts(struct msk_outfile *o, size_t n)
{
	for (size_t i = PARTS; i-- > 0;)
		write_part(o, n * i / PARTS, n * (i + 1) / PARTS);
}

static bool put_in_place(struct msk_outfile *o, size_t n)
{
	struct msk_err err = MSK_ERR_INIT;
	bool unchanged;

	assert_int_equal(msk_outfile_end(o, n, &err), 0);
	assert_false(msk_outfile_lost(o));
	assert_int_equal(msk_outfile_put(o, NULL, &unchanged, &err), 0);
	msk_outfile_release(o);
	return unchanged;
}

static bool write_over(size_t n)
{
	struct msk_outfile o;

	open_it(&o);
	write_parts(&o, n);
	return put_in_place(&o, n);
}

static void one_with_these_bytes_stays_and_is_new(void **state)
{
	struct stat was, is;

	(void)state;
	put_file("f", bytes, SIZE);
	was = look("f");
	assert_true(write_over(SIZE));
	is = look("f");
	assert_int_equal(is.st_ino, was.st_ino);
	assert_true(is.st_mtim.tv_sec > 1000);
	assert_holds("f", bytes, SIZE);
	assert_int_equal(count_files(), 1);
	unlink("f");
}

static void wherever_it_differs_there_is_a_new_one(void **state)
{
	static const size_t places[] = { 0, 1, 65535, 65536, SIZE / 2, SIZE - 1 };

	(void)state;
	for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
		other[places[i]] ^= 1;
		put_file("f", other, SIZE);
		assert_false(write_over(SIZE));
		assert_holds("f", bytes, SIZE);
		assert_int_equal(count_files(), 1);
		other[places[i]] ^= 1;
	}
	unlink("f");
}

static void a_longer_and_a_shorter_one_give_way(void **state)
{
	static const size_t sizes[] = { 0, 1, SIZE - 1 };

	(void)state;
	for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
		put_file("f", bytes, sizes[i]);
		assert_false(write_over(SIZE));
		assert_holds("f", bytes, SIZE);
		assert_false(write_over(sizes[i]));
		assert_holds("f", bytes, sizes[i]);
	}
	assert_int_equal(count_files(), 1);
	unlink("f");
}

static void a_place_may_be_written_twice(void **state)
{
	struct msk_outfile o;
	struct msk_err err = MSK_ERR_INIT;
	char at;

	(void)state;
	put_file("f", bytes, SIZE);
	open_it(&o);
	write_parts(&o, SIZE);
	assert_int_equal(msk_outfile_write(&o, "x", 1, 100, &err), 0);
	write_part(&o, 0, 200);
	assert_int_equal(msk_outfile_read(&o, &at, 1, SIZE - 1, &err), 1);
	assert_int_equal((unsigned char)at, bytes[SIZE - 1]);
	assert_false(put_in_place(&o, SIZE));
	assert_holds("f", bytes, SIZE);
	unlink("f");
}

static void given_up_it_leaves_the_old_one_alone(void **state)
{
	struct msk_outfile o;
	struct stat was, is;

	(void)state;
	put_file("f", other, SIZE);
	was = look("f");
	open_it(&o);
	write_part(&o, 0, SIZE / 2);
	msk_outfile_release(&o);
	is = look("f");
	assert_int_equal(is.st_mtim.tv_sec, 1000);
	assert_int_equal(is.st_ino, was.st_ino);
	assert_int_equal(count_files(), 1);
	unlink("f");
}

static void assert_replaced(void)
{
	struct stat was = look("f");

	assert_false(write_over(SIZE));
	assert_int_not_equal(look("f").st_ino, was.st_ino);
	assert_true(S_ISREG(look("f").st_mode));
	assert_holds("f", bytes, SIZE);
	unlink("f");
}

/* What a new one in its place has: of the old one's bits those that the umask leaves. */
static void nobody_may_read_what_takes_its_place_who_might_not_before(void **state)
{
	static const struct {
		mode_t umask, old, new;
	} rows[] = {
		{ 022, 0644, 0644 }, { 022, 0600, 0600 }, { 022, 0444, 0444 }, { 022, 0666, 0644 }, { 077, 0644, 0600 },
		{ 022, 0755, 0644 }, { 022, 04644, 0644 }, { 0, 0640, 0640 }, { 022, 0, 0400 },
	};
	mode_t umask_was = umask(022);

	(void)state;
	other[0] ^= 1;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct stat was;

		umask(rows[i].umask);
		for (int same = 0; same < 2; same++) {
			put_file("f", same ? bytes : other, SIZE);
			assert_int_equal(chmod("f", rows[i].old), 0);
			was = look("f");
			write_over(SIZE);
			assert_int_equal(look("f").st_mode & 07777, rows[i].new);
			/* With the same bytes and mode it is left. */
			assert_int_equal(look("f").st_ino == was.st_ino, same && rows[i].old == rows[i].new);
			unlink("f");
		}
	}
	other[0] ^= 1;
	umask(umask_was);
}

static void one_that_is_not_as_a_new_one_would_be_is_replaced(void **state)
{
	mode_t umask_was = umask(022);

	(void)state;
	put_file("f", bytes, SIZE);
	assert_int_equal(chmod("f", 0664), 0);
	assert_replaced();
	put_file("f", bytes, SIZE);
	umask(077);
	assert_replaced();
	umask(022);
	put_file("f", bytes, SIZE);
	assert_int_equal(link("f", "g"), 0);
	assert_replaced();
	assert_int_equal(symlink("g", "f"), 0);
	assert_replaced();
	unlink("g");
	if (geteuid() == 0) {
		put_file("f", bytes, SIZE);
		assert_int_equal(chown("f", 1, 0), 0);
		assert_replaced();
		put_file("f", bytes, SIZE);
		assert_int_equal(chown("f", 0, 1), 0);
		assert_replaced();
	}
	umask(umask_was);
}

/* Of the new file's group and others nobody knows which they were of the old one's. */
static void another_group_may_what_it_might_either_way(void **state)
{
	static const struct {
		mode_t old, new;
	} rows[] = { { 0640, 0600 }, { 0604, 0600 }, { 0644, 0644 }, { 0664, 0644 }, { 0600, 0600 } };
	mode_t umask_was = umask(0);

	(void)state;
	if (geteuid() != 0)
		skip();
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		put_file("f", bytes, SIZE);
		assert_int_equal(chown("f", 0, 1), 0);
		assert_int_equal(chmod("f", rows[i].old), 0);
		write_over(SIZE);
		assert_int_equal(look("f").st_gid, getegid());
		assert_int_equal(look("f").st_mode & 07777, rows[i].new);
		unlink("f");
	}
	/* It stays the same where the directory says so. */
	assert_int_equal(fchown(dirfd_here, (uid_t)-1, 1), 0);
	assert_int_equal(fchmod(dirfd_here, 02700), 0);
	put_file("f", other, SIZE - 1);
	assert_int_equal(chmod("f", 0640), 0);
	write_over(SIZE);
	assert_int_equal(look("f").st_gid, 1);
	assert_int_equal(look("f").st_mode & 07777, 0640);
	unlink("f");
	assert_int_equal(fchmod(dirfd_here, 0700), 0);
	assert_int_equal(fchown(dirfd_here, (uid_t)-1, getegid()), 0);
	umask(umask_was);
}

/* For user 1, too. */
static const unsigned char acl[] = {
	2, 0, 0, 0,
	1, 0, 6, 0, 255, 255, 255, 255, 2, 0, 4, 0, 1, 0, 0, 0, 4, 0, 4, 0, 255, 255, 255, 255,
	16, 0, 4, 0, 255, 255, 255, 255, 32, 0, 4, 0, 255, 255, 255, 255,
};

/* Somebody may read it whom the mode does not tell of. */
static void one_with_an_acl_is_replaced(void **state)
{
	mode_t umask_was = umask(022);

	(void)state;
	put_file("f", bytes, SIZE);
	if (setxattr("f", "system.posix_acl_access", acl, sizeof acl, 0) == 0) {
		assert_int_equal(look("f").st_mode & 0777, 0644);
		assert_replaced();
		/* Its group bits were those of the mask, and others might be one who was refused. */
		put_file("f", bytes, SIZE);
		assert_int_equal(setxattr("f", "system.posix_acl_access", acl, sizeof acl, 0), 0);
		write_over(SIZE);
		assert_int_equal(look("f").st_mode & 07777, 0600);
	}
	unlink("f");
	umask(umask_was);
}

/* Whom it was for is known all the same. */
static void one_that_may_not_be_read_keeps_its_mode(void **state)
{
	mode_t umask_was = umask(0);
	const bool root = geteuid() == 0;

	(void)state;
	if (root) {
		assert_int_equal(fchown(dirfd_here, 65534, (gid_t)-1), 0);
		assert_int_equal(seteuid(65534), 0);
	}
	for (int listed = 0; listed < 2; listed++) {
		put_file("f", bytes, SIZE);
		if (listed && setxattr("f", "system.posix_acl_access", acl, sizeof acl, 0) < 0)
			break;
		assert_int_equal(chmod("f", 0044), 0);
		assert_int_equal(open("f", O_RDONLY), -1);
		write_over(SIZE);
		assert_int_equal(look("f").st_mode & 07777, listed ? 0400 : 0444);
		unlink("f");
	}
	unlink("f");
	if (root) {
		assert_int_equal(seteuid(0), 0);
		assert_int_equal(fchown(dirfd_here, 0, (gid_t)-1), 0);
	}
	umask(umask_was);
}

static void lose_by_replacing(void)
{
	put_file("g", bytes, SIZE);
	assert_int_equal(rename("g", "f"), 0);
}

static void lose_by_removing(void)
{
	unlink("f");
}

static void lose_by_writing(void)
{
	MSK_AUTO_FD int fd = open("f", O_WRONLY);

	assert_int_equal(pwrite(fd, "x", 1, 5), 1);
}

static void one_that_does_not_stay_itself_is_missed(void **state)
{
	static void (*const ways[])(void) = { lose_by_replacing, lose_by_removing, lose_by_writing };

	(void)state;
	for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
		struct msk_outfile o;
		struct msk_err err = MSK_ERR_INIT;

		put_file("f", bytes, SIZE);
		open_it(&o);
		write_parts(&o, SIZE);
		assert_int_equal(msk_outfile_end(&o, SIZE, &err), 0);
		ways[i]();
		assert_true(msk_outfile_lost(&o));
		assert_true(msk_outfile_shared(&o));
		msk_outfile_release(&o);
		unlink("f");
	}
}

static void what_was_taken_from_one_that_changed_is_doubtful(void **state)
{
	struct msk_outfile o;

	(void)state;
	for (int changed = 0; changed < 2; changed++) {
		other[SIZE - 1] ^= 1;
		put_file("f", other, SIZE);
		other[SIZE - 1] ^= 1;
		open_it(&o);
		write_part(&o, 0, SIZE / 2);
		if (changed)
			lose_by_writing();
		write_part(&o, SIZE / 2, SIZE);
		assert_int_equal(msk_outfile_shared(&o), changed);
		msk_outfile_release(&o);
	}
	unlink("f");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_with_these_bytes_stays_and_is_new),
		cmocka_unit_test(wherever_it_differs_there_is_a_new_one),
		cmocka_unit_test(a_longer_and_a_shorter_one_give_way),
		cmocka_unit_test(a_place_may_be_written_twice),
		cmocka_unit_test(given_up_it_leaves_the_old_one_alone),
		cmocka_unit_test(nobody_may_read_what_takes_its_place_who_might_not_before),
		cmocka_unit_test(one_that_is_not_as_a_new_one_would_be_is_replaced),
		cmocka_unit_test(another_group_may_what_it_might_either_way),
		cmocka_unit_test(one_with_an_acl_is_replaced),
		cmocka_unit_test(one_that_may_not_be_read_keeps_its_mode),
		cmocka_unit_test(one_that_does_not_stay_itself_is_missed),
		cmocka_unit_test(what_was_taken_from_one_that_changed_is_doubtful),
	};

	return cmocka_run_group_tests(tests, make_directory, remove_directory);
}
