/* Digests of files are what they were set to, whether memory holds them or not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "mkscratch/file_digests.h"

#define MANY 100000             /* some 7 MB */

static struct msk_digest nth(size_t i, unsigned round)
{
	struct msk_digest d;

	snprintf(d.text, sizeof d.text, "sha256:%032zx%032x", i, round);
	return d;
}

static void set(struct msk_file_digests *d, size_t i, unsigned round)
{
	struct msk_digest digest = nth(i, round);
	struct msk_err err = MSK_ERR_INIT;

	assert_int_equal(msk_file_digests_set(d, i, &digest, &err), 0);
}

static void assert_is(struct msk_file_digests *d, size_t i, unsigned round)
{
	struct msk_digest want = nth(i, round), got;

	assert_true(msk_file_digests_get(d, i, &got));
	assert_string_equal(got.text, want.text);
}

static void few_are_known_once_they_are_set(void **state)
{
	MSK_CLEANUP(msk_file_digests_cleanup) struct msk_file_digests *d = msk_file_digests_new(3);
	struct msk_err err = MSK_ERR_INIT;
	struct msk_digest got;

	(void)state;
	assert_false(msk_file_digests_get(NULL, 0, &got));
	assert_false(msk_file_digests_get(d, 2, &got));
	set(d, 2, 1);
	assert_is(d, 2, 1);
	assert_false(msk_file_digests_get(d, 0, &got));
	assert_int_equal(msk_file_digests_forget(d, 2, &err), 0);
	assert_int_equal(msk_file_digests_forget(d, 1, &err), 0);
	assert_false(msk_file_digests_get(d, 2, &got));
}

/* Two rows side by side, as two walks give them; every 7th is left out. */
static void fill(struct msk_file_digests *d)
{
	for (size_t i = 0; i < MANY / 2; i++) {
		if (i % 7)
			set(d, i, 1);
		if ((MANY / 2 + i) % 7)
			set(d, MANY / 2 + i, 1);
	}
}

static void of_many_each_is_what_it_was_set_to(void **state)
{
	MSK_CLEANUP(msk_file_digests_cleanup) struct msk_file_digests *d = msk_file_digests_new(MANY);
	struct msk_err err = MSK_ERR_INIT;
	struct msk_digest got;

	(void)state;
	fill(d);
	/* What was read is changed, and read again. */
	for (size_t i = 1; i < MANY; i += 7000) {
		assert_is(d, MANY - i, 1);
		set(d, MANY - i, 2);
		assert_is(d, MANY - i, 2);
		assert_int_equal(msk_file_digests_forget(d, MANY - i, &err), 0);
		assert_false(msk_file_digests_get(d, MANY - i, &got));
		set(d, MANY - i, 3);
	}
	for (size_t i = 0; i < MANY; i++) {
		if ((MANY - 1 - i) % 7000 == 0)
			assert_is(d, i, 3);
		else if (i % 7)
			assert_is(d, i, 1);
		else
			assert_false(msk_file_digests_get(d, i, &got));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(few_are_known_once_they_are_set),
		cmocka_unit_test(of_many_each_is_what_it_was_set_to),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
