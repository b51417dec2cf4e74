#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "../../src/codec/cut.h"
#include "mkscratch/compress.h"
#include "noise.h"
#include "mkscratch/mem.h"

#define MANY 200

struct cuts {
	size_t v[MANY], n;           /* where blocks end */
};

/* The rule as cut.h states it, word by word. */
static size_t block_by_the_rule(const unsigned char *p, size_t n)
{
	for (size_t len = MSK_CUT_MIN; len <= n && len < MSK_BLOCK_SIZE; len++) {
		uint64_t s = 0;

		for (size_t distance = 0; distance < 64; distance++)
			s += ((uint64_t)p[len - 1 - distance] + 1) << distance;
		if (s * 0x9E3779B97F4A7C15u < (uint64_t)1 << (64 - MSK_CUT_BITS))
			return len;
	}
	return n < MSK_BLOCK_SIZE ? n : MSK_BLOCK_SIZE;
}

static void cut_by_the_rule(const unsigned char *p, size_t n, struct cuts *out)
{
	out->n = 0;
	for (size_t at = 0; at < n;) {
		at += block_by_the_rule(p + at, n - at);
		out->v[out->n++] = at;
	}
}

static void cut(const unsigned char *p, size_t n, size_t step, struct cuts *out)
{
	struct msk_cut c = { 0 };
	bool ends = true;

	out->n = 0;
	for (size_t at = 0; at < n;) {
		size_t part = step < n - at ? step : n - at;

		while (part) {
			size_t took = msk_cut_scan(&c, p + at, part, &ends);

			assert_in_range(took, 1, part);
			at += took;
			part -= took;
			if (ends)
				out->v[out->n++] = at;
		}
	}
	if (!ends)
		out->v[out->n++] = n;
}

static void assert_same(const struct cuts *a, const struct cuts *b)
{
	assert_int_equal(a->n, b->n);
	assert_memory_equal(a->v, b->v, a->n * sizeof *a->v);
}

static void cuts_are_those_of_the_rule(void **state)
{
	size_t n = 12 * MSK_BLOCK_SIZE + 77, by_content = 0, by_size = 0;
	bool met[4] = { false };                /* by how far behind MSK_CUT_MIN, of the four that are looked at together */
	MSK_AUTO_FREE unsigned char *p = make_noise(n, 8);
	struct cuts want, got;

	(void)state;
	cut_by_the_rule(p, n, &want);
	for (size_t i = 0; i + 1 < want.n; i++) {
		size_t len = want.v[i] - (i ? want.v[i - 1] : 0);

		assert_in_range(len, MSK_CUT_MIN, MSK_BLOCK_SIZE);
		*(len == MSK_BLOCK_SIZE ? &by_size : &by_content) += 1;
		met[len % 4] = met[len % 4] || len < MSK_BLOCK_SIZE;
	}
	assert_true(met[0] && met[1] && met[2] && met[3]);
	assert_true(by_content > 5);
	assert_true(by_size > 0);
	cut(p, n, n, &got);
	assert_same(&want, &got);
}

static void how_it_is_written_does_not_matter(void **state)
{
	static const size_t steps[] = { 1, 63, 512, 4097, MSK_CUT_MIN - 64, MSK_CUT_MIN, MSK_BLOCK_SIZE, 1000003 };
	size_t n = 5 * MSK_BLOCK_SIZE;
	MSK_AUTO_FREE unsigned char *p = make_noise(n, 8);
	struct cuts want, got;

	(void)state;
	cut(p, n, n, &want);
	for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
		cut(p, n, steps[i], &got);
		assert_same(&want, &got);
	}
}

static void what_has_no_cuts_is_cut_by_size(void **state)
{
	size_t n = 3 * MSK_BLOCK_SIZE + 1;
	MSK_AUTO_FREE unsigned char *p = msk_xcalloc(1, n);
	struct cuts got;

	(void)state;
	for (int byte = 0; byte < 256; byte += 51) {
		memset(p, byte, n);
		cut(p, n, 100000, &got);
		assert_int_equal(got.n, 4);
		assert_int_equal(got.v[2], 3 * MSK_BLOCK_SIZE);
	}
}

/* A byte put in front moves the cuts by one once they have met again; that is what all this is for. */
static void cuts_find_their_way_back(void **state)
{
	size_t n = 12 * MSK_BLOCK_SIZE, back = 0;
	MSK_AUTO_FREE unsigned char *p = make_noise(n + 1, 8);
	struct cuts before, after;

	(void)state;
	cut(p + 1, n, n, &before);
	cut(p, n + 1, n, &after);
	for (size_t i = 0; i < before.n; i++)
		for (size_t k = 0; k < after.n; k++)
			back += after.v[k] == before.v[i] + 1;
	assert_true(back > before.n * 3 / 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cuts_are_those_of_the_rule),
		cmocka_unit_test(how_it_is_written_does_not_matter),
		cmocka_unit_test(what_has_no_cuts_is_cut_by_size),
		cmocka_unit_test(cuts_find_their_way_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
