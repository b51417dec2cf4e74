/* A sorted table is what a sort of its records is, whether it fits into memory or not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "mkscratch/table.h"

static void add(struct msk_table *t, const char *key, const char *value)
{
	struct msk_err err = MSK_ERR_INIT;

	assert_int_equal(msk_table_add(t, key, strlen(key), value, strlen(value), &err), 0);
}

static void seal(struct msk_table *t)
{
	struct msk_err err = MSK_ERR_INIT;

	assert_int_equal(msk_table_seal(t, &err), 0);
}

static void assert_order(const struct msk_table *t, const char *want)
{
	MSK_AUTO_STR got = MSK_STR_INIT;
	MSK_AUTO_TABLE_WALK w;

	for (msk_table_walk_init(&w, t); msk_table_next(&w);)
		msk_str_addf(&got, "%s%.*s=%.*s", got.len ? " " : "", (int)w.n_key, w.key, (int)w.n_value, w.value);
	assert_string_equal(msk_str_c(&got), want);
}

static void test_by_key_then_as_they_came(void **state)
{
	MSK_CLEANUP(msk_table_release) struct msk_table t = { 0 };

	(void)state;
	seal(&t);
	assert_order(&t, "");
	add(&t, "b", "1");
	add(&t, "ab", "2");
	add(&t, "b", "3");
	add(&t, "a", "4");
	seal(&t);
	assert_order(&t, "a=4 ab=2 b=1 b=3");
	/* Once more filled: its records come behind those of the same key that were there. */
	add(&t, "b", "5");
	add(&t, "a", "6");
	seal(&t);
	assert_order(&t, "a=4 a=6 ab=2 b=1 b=3 b=5");
}

static void test_sorted_is_one_run_without_twins(void **state)
{
	MSK_CLEANUP(msk_table_release) struct msk_table t = { 0 };
	struct msk_err err = MSK_ERR_INIT;

	(void)state;
	add(&t, "b", "1");
	add(&t, "b", "1");
	seal(&t);
	add(&t, "a", "");
	add(&t, "b", "1");
	add(&t, "b", "2");
	assert_int_equal(msk_table_sort(&t, &err), 0);
	assert_int_equal(t.n_runs, 1);
	assert_int_equal(t.n, 3);
	assert_order(&t, "a= b=1 b=2");
}

/* A permutation of 0 to N - 1 in no order; 40 bytes of value each are far more than stays in memory. */
enum { N = 400009, STEP = 263119 };

static void name(char *key, uint32_t i)
{
	snprintf(key, 40, "directory-%03u/file-%06u", i / 1000, i);
}

static void fill(struct msk_table *t, uint32_t step)
{
	char key[40], value[80];

	for (uint32_t i = 0, k = 0; i < N; i++, k = (uint32_t)(((uint64_t)k + step) % N)) {
		name(key, k);
		snprintf(value, sizeof value, "%u, and what makes it long: %020u", k, k * 2654435761u);
		add(t, key, value);
	}
	seal(t);
}

static void assert_whole(struct msk_table_walk *w)
{
	char key[40];
	uint32_t n = 0;

	for (; msk_table_next(w); n++) {
		name(key, n);
		assert_int_equal(w->n_key, strlen(key));
		assert_memory_equal(w->key, key, w->n_key);
		assert_int_equal(strtoul((const char *)w->value, NULL, 10), n);
	}
	assert_int_equal(n, N);
}

static void test_more_than_fits_into_memory(void **state)
{
	MSK_CLEANUP(msk_table_release) struct msk_table t = { 0 };
	struct msk_table_walk w;

	(void)state;
	fill(&t, STEP);
	assert_true(t.file.n && t.n_runs > 1);
	assert_in_range(t.memory, 1, MSK_TABLE_MEMORY);
	msk_table_walk_init(&w, &t);
	assert_whole(&w);
	msk_table_walk_release(&w);
	msk_table_walk_consume(&w, &t);
	assert_whole(&w);
	msk_table_walk_release(&w);
	assert_int_equal(t.memory, 0);
}

static void assert_found(struct msk_table_walk *w, uint32_t i)
{
	char key[40];

	name(key, i);
	assert_true(msk_table_find(w, key, strlen(key)));
	assert_int_equal(w->number, i);
	assert_int_equal(strtoul((const char *)w->value, NULL, 10), i);
}

static void test_what_is_there_is_found(void **state)
{
	MSK_CLEANUP(msk_table_release) struct msk_table t = { 0 };
	MSK_AUTO_TABLE_WALK w;

	(void)state;
	fill(&t, 1);
	assert_int_equal(t.n_runs, 1);
	msk_table_walk_init(&w, &t);
	for (uint32_t i = 0, k = 0; i < 20000; i++, k = (uint32_t)(((uint64_t)k + STEP) % N))
		assert_found(&w, k);
	for (uint32_t i = 0; i < N; i += 7)
		assert_found(&w, i);
	assert_false(msk_table_find(&w, "directory-000/file-000000x", 26));
	assert_int_equal(w.number, 1);
	assert_false(msk_table_find(&w, "z", 1));
	assert_false(msk_table_find(&w, "", 0));
	assert_int_equal(w.number, 0);
	assert_true(msk_table_next(&w));
	assert_int_equal(w.number, 1);
}

/* Many of one key, over several blocks: the first of them is found. */
static void test_the_first_of_a_key(void **state)
{
	MSK_CLEANUP(msk_table_release) struct msk_table t = { 0 };
	MSK_AUTO_TABLE_WALK w;
	char value[16];

	(void)state;
	add(&t, "a", "");
	for (int i = 0; i < 5000; i++) {
		snprintf(value, sizeof value, "%d", i);
		add(&t, "b", value);
	}
	add(&t, "c", "");
	seal(&t);
	msk_table_walk_init(&w, &t);
	assert_true(msk_table_find(&w, "c", 1));
	assert_true(msk_table_find(&w, "b", 1));
	assert_int_equal(w.number, 1);
	assert_true(msk_table_find(&w, "a", 1));
}

/* Keys that have nothing in common, each longer than what a block is else. */
static void test_what_long_keys_leave_in_memory(void **state)
{
	MSK_CLEANUP(msk_table_release) struct msk_table t = { 0 };
	size_t kept = 0, all = 0;
	char key[4001];

	(void)state;
	memset(key, 'x', sizeof key);
	for (int i = 0; i < 3000; i++) {
		snprintf(key, sizeof key, "%07d", i * 7919 % 3000);
		key[7] = 'x';
		key[sizeof key - 1] = '\0';
		add(&t, key, "v");
		all += sizeof key;
	}
	seal(&t);
	for (size_t r = 0; r < t.n_runs; r++)
		for (size_t b = 0; b < t.runs[r].n; b++)
			kept += t.runs[r].v[b].n_key;
	assert_true(kept > 0);
	assert_true(kept < all / MSK_TABLE_PER_KEY + t.n_runs * 2 * sizeof key);
}

static void test_numbers(void **state)
{
	static const uint64_t all[] = { 0, 1, 127, 128, 16383, 16384, UINT32_MAX, INT64_MAX, UINT64_MAX };
	MSK_AUTO_STR s = MSK_STR_INIT;
	const unsigned char *p;

	(void)state;
	for (size_t i = 0; i < sizeof all / sizeof *all; i++)
		msk_table_put(&s, all[i]);
	p = (const unsigned char *)s.buf;
	for (size_t i = 0; i < sizeof all / sizeof *all; i++)
		assert_true(msk_table_number(&p) == all[i]);
	assert_ptr_equal(p, s.buf + s.len);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_by_key_then_as_they_came),
		cmocka_unit_test(test_sorted_is_one_run_without_twins),
		cmocka_unit_test(test_more_than_fits_into_memory),
		cmocka_unit_test(test_what_is_there_is_found),
		cmocka_unit_test(test_the_first_of_a_key),
		cmocka_unit_test(test_what_long_keys_leave_in_memory),
		cmocka_unit_test(test_numbers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
