/* Staging: room that is shared, files that are lent again, and what is said where there is none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "mkscratch/mem.h"
#include "mkscratch/staging.h"

#define MANY (3u << 20)
#define STEP 4099

static void fill(char *p, size_t n, unsigned seed, uint64_t at)
{
	for (size_t i = 0; i < n; i++)
		p[i] = (char)((at + i) * 2654435761u >> 16 ^ seed);
}

static void write_all(struct msk_staged *s, unsigned seed, uint64_t from, uint64_t to)
{
	struct msk_err err = MSK_ERR_INIT;
	char p[STEP];

	for (uint64_t at = from; at < to; at += STEP) {
		fill(p, STEP, seed, at);
		assert_int_equal(msk_staged_write(s, p, STEP, at, &err), 0);
	}
}

static void assert_holds(const struct msk_staged *s, unsigned seed, uint64_t to)
{
	char want[STEP], got[STEP];

	for (uint64_t at = 0; at < to; at += STEP) {
		fill(want, STEP, seed, at);
		msk_staged_read(s, got, STEP, at);
		assert_memory_equal(got, want, STEP);
	}
}

static void what_is_staged_side_by_side_stays_apart(void **state)
{
	struct msk_staged a = { 0 }, b = { 0 }, c = { 0 };

	(void)state;
	write_all(&a, 1, 0, MANY);
	write_all(&b, 2, 0, MANY / 2);
	write_all(&a, 1, (MANY / STEP + 1) * STEP, 2 * MANY);
	assert_holds(&a, 1, 2 * MANY);
	assert_holds(&b, 2, MANY / 2);
	/* The room of one that is gone serves another. */
	msk_staged_release(&a);
	write_all(&c, 3, 0, MANY);
	assert_holds(&c, 3, MANY);
	assert_holds(&b, 2, MANY / 2);
	msk_staged_release(&b);
	msk_staged_release(&c);
}

static void what_is_passed_over_is_zeros(void **state)
{
	struct msk_staged s = { 0 };
	struct msk_err err = MSK_ERR_INIT;
	char *got = msk_xmalloc(3 * MSK_STAGED_PART);

	(void)state;
	write_all(&s, 4, 0, 4 * MSK_STAGED_PART);
	msk_staged_release(&s);
	assert_int_equal(msk_staged_write(&s, "x", 1, 2 * MSK_STAGED_PART, &err), 0);
	msk_staged_read(&s, got, 2 * MSK_STAGED_PART + 1, 0);
	for (size_t i = 0; i < 2 * MSK_STAGED_PART; i++)
		assert_int_equal(got[i], 0);
	assert_int_equal(got[2 * MSK_STAGED_PART], 'x');
	msk_staged_read(&s, got, MSK_STAGED_PART, 7 * MSK_STAGED_PART);
	assert_int_equal(got[0], 0);
	msk_staged_release(&s);
	free(got);
}

static ino_t inode_of(int fd, off_t *size)
{
	struct stat st;

	assert_int_equal(fstat(fd, &st), 0);
	if (size)
		*size = st.st_size;
	return st.st_ino;
}

static int get(void)
{
	struct msk_err err = MSK_ERR_INIT;
	int fd;
	off_t size;

	assert_int_equal(msk_staging_file(&fd, &err), 0);
	inode_of(fd, &size);
	assert_int_equal(size, 0);
	assert_int_equal(lseek(fd, 0, SEEK_CUR), 0);
	assert_int_equal(msk_staging_append(fd, "abc", 3, &err), 0);
	return fd;
}

static void what_all_have_given_back_begins_anew(void **state)
{
	struct msk_staged a = { 0 }, b = { 0 };

	(void)state;
	for (int round = 0; round < 2; round++) {
		write_all(&a, 1, 0, 2 * MSK_STAGED_PART);
		write_all(&b, 2, 0, 2 * MSK_STAGED_PART);
		assert_int_equal(a.parts[0], 1);
		assert_int_equal(b.parts[0], a.n + 1);
		msk_staged_release(&a);
		assert_holds(&b, 2, 2 * MSK_STAGED_PART);
		msk_staged_release(&b);
	}
}

static void a_reserve_is_lent_again_once_it_was_closed(void **state)
{
	int a, b, more;
	ino_t of_a, of_b;

	(void)state;
	msk_staging_reserve("/nonexistent", 2);
	a = get();
	b = get();
	of_a = inode_of(a, NULL);
	of_b = inode_of(b, NULL);
	assert_int_not_equal(of_a, of_b);
	more = get();
	assert_int_not_equal(inode_of(more, NULL), of_a);
	assert_int_not_equal(inode_of(more, NULL), of_b);
	close(more);
	/* The number goes to another file at once. */
	close(b);
	more = open("/dev/null", O_RDONLY | O_CLOEXEC);
	assert_int_equal(more, b);
	b = get();
	assert_int_equal(inode_of(b, NULL), of_b);
	close(a);
	a = get();
	assert_int_equal(inode_of(a, NULL), of_a);
	close(a);
	close(b);
	close(more);
}

/* A disk that is full, as far as a test can have one everywhere. */
static void what_cannot_be_written_names_the_place_and_the_cure(void **state)
{
	const struct rlimit small = { MANY, RLIM_INFINITY };
	struct rlimit old;
	struct msk_staged s = { 0 };
	struct msk_err err = MSK_ERR_INIT;
	char p[STEP] = { 0 };

	(void)state;
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	for (uint64_t at = 0; err.code == MSK_OK && at < 8 * MANY; at += STEP)
		msk_staged_write(&s, p, STEP, at, &err);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
	assert_int_equal(err.code, MSK_E_IO);
	assert_string_equal(err.msg, "staging file in /var/tmp: write failed (File too large)");
	assert_string_equal(err.hint, "set TMPDIR to a directory on a disk with more room");
	msk_staged_release(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_staged_side_by_side_stays_apart),
		cmocka_unit_test(what_is_passed_over_is_zeros),
		cmocka_unit_test(what_all_have_given_back_begins_anew),
		cmocka_unit_test(a_reserve_is_lent_again_once_it_was_closed),
		cmocka_unit_test(what_cannot_be_written_names_the_place_and_the_cure),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
