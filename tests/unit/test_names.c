/* The map from names to numbers, and the arena that its copies lie in. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "mkscratch/mem.h"
#include "mkscratch/names.h"

#define MANY 20000

static const char *nth(char buf[32], size_t i)
{
	snprintf(buf, 32, "lib%zu.so.%zu", i % 7, i);
	return buf;
}

static void of_many_names_each_keeps_its_first_number(void **state)
{
	struct msk_names n = { 0 };
	size_t number = 77;
	char buf[32];

	(void)state;
	assert_false(msk_names_find(&n, "", &number));
	for (size_t i = 0; i < MANY; i++)
		assert_true(msk_names_add(&n, nth(buf, i), i));
	for (size_t i = 0; i < MANY; i++) {
		assert_false(msk_names_add(&n, nth(buf, i), MANY + i));
		assert_true(msk_names_find(&n, nth(buf, i), &number));
		assert_int_equal(number, i);
	}
	assert_false(msk_names_find(&n, nth(buf, MANY), &number));
	assert_int_equal(number, MANY - 1);
	msk_names_release(&n);
}

static void names_are_told_apart_by_all_their_bytes(void **state)
{
	static const char *const names[] = { "", "1", "12", "1234567", "12345678", "123456789", "123456780", "023456789",
					     "12345678\x80", "1234567\xff", "1234567812345678", "1234567812345679" };
	struct msk_names n = { 0 };
	size_t number;

	(void)state;
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		assert_true(msk_names_add(&n, names[i], i));
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		assert_true(msk_names_find(&n, names[i], &number));
		assert_int_equal(number, i);
	}
	msk_names_release(&n);
}

static void a_name_moves_and_a_borrowed_one_is_found_by_its_text(void **state)
{
	struct msk_names n = { 0 };
	char lent[] = "libx.so";
	size_t number;

	(void)state;
	msk_names_lend(&n, lent, 1);
	msk_names_move(&n, "libx.so", 2);
	msk_names_move(&n, "liby.so", 3);
	assert_true(msk_names_find(&n, "libx.so", &number));
	assert_int_equal(number, 2);
	assert_false(msk_names_find(&n, "liby.so", &number));
	msk_names_release(&n);
	assert_false(msk_names_find(&n, "libx.so", &number));
}

static void rows_of_numbers_are_names_too(void **state)
{
	struct msk_names n = { 0 };
	size_t number;

	(void)state;
	for (uint64_t i = 0; i < MANY; i++)
		msk_names_add_id(&n, (const uint64_t[]){ i, i << 32, 0, UINT64_MAX - i }, 4, (size_t)i);
	for (uint64_t i = 0; i < MANY; i++) {
		assert_true(msk_names_find_id(&n, (const uint64_t[]){ i, i << 32, 0, UINT64_MAX - i }, 4, &number));
		assert_int_equal(number, i);
		assert_false(msk_names_find_id(&n, (const uint64_t[]){ i, i << 32, 1, UINT64_MAX - i }, 4, &number));
		assert_false(msk_names_find_id(&n, (const uint64_t[]){ i, i << 32, 0 }, 3, &number));
	}
	msk_names_release(&n);
}

static void what_an_arena_gave_stays_where_it_is(void **state)
{
	struct msk_arena a = { 0 };
	MSK_AUTO_FREE char *large = msk_xcalloc(200000, 1);
	const char *texts[300];
	char buf[32];

	(void)state;
	memset(large, 'x', 199999);
	for (size_t i = 0; i < 300; i++) {
		const uint64_t *copy;

		nth(buf, i);
		texts[i] = msk_arena_text(&a, buf, strlen(buf));
		copy = msk_arena_copy(&a, &i, sizeof i);
		assert_int_equal((uintptr_t)copy % sizeof(uint64_t), 0);
		assert_int_equal(*copy, i);
		if (i == 150)
			assert_string_equal(msk_arena_text(&a, large, 199999), large);
	}
	for (size_t i = 0; i < 300; i++)
		assert_string_equal(texts[i], nth(buf, i));
	assert_string_equal(msk_arena_text(&a, "abc", 0), "");
	msk_arena_release(&a);
	msk_arena_release(&a);
}

static void what_one_arena_takes_over_from_another_stays_where_it_is(void **state)
{
	struct msk_arena a = { 0 }, other = { 0 };
	char *texts[3][2000];

	(void)state;
	for (size_t round = 0; round < 3; round++) {
		for (size_t i = 0; i < 2000; i++) {
			char buf[32];

			texts[round][i] = msk_arena_text(round == 2 ? &a : &other, nth(buf, i), strlen(nth(buf, i)));
		}
		if (round < 2)
			msk_arena_absorb(&a, &other);
		assert_null(other.last);
	}
	msk_arena_absorb(&a, &other);
	for (size_t i = 0; i < 6000; i++) {
		char buf[32];

		assert_string_equal(texts[i / 2000][i % 2000], nth(buf, i % 2000));
	}
	msk_arena_release(&a);
	msk_arena_release(&other);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(of_many_names_each_keeps_its_first_number),
		cmocka_unit_test(names_are_told_apart_by_all_their_bytes),
		cmocka_unit_test(a_name_moves_and_a_borrowed_one_is_found_by_its_text),
		cmocka_unit_test(rows_of_numbers_are_names_too),
		cmocka_unit_test(what_an_arena_gave_stays_where_it_is),
		cmocka_unit_test(what_one_arena_takes_over_from_another_stays_where_it_is),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
