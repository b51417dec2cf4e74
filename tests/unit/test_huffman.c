/* Code lengths, held to an exact optimum (package-merge), which is computed without any tree, and to what the header says word
 * for word; codes, to RFC 1951. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "../../src/codec/huffman.h"
#include "mkscratch/mem.h"

#define LONGEST 15
#define UNLIMITED 40                      /* bits: more than 2^27 of all uses together lead to */
#define USES_END (1u << 22)

static uint32_t seed = 1;

static uint32_t next_random(void)
{
	seed = seed * 1664525 + 1013904223;
	return seed >> 8;
}

static int compare_weights(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

/* Bits of all uses with the best code of at most `limit` bits: of coins worth 2^-1 to 2^-limit, one of each for every symbol
 * and as dear as it is used, the cheapest that are worth m - 1. Two of one worth are as good as one of twice that. */
static uint64_t least_bits(const uint32_t *uses, unsigned n, unsigned limit)
{
	uint64_t coins[2 * MSK_HUFFMAN_MOST], symbols[MSK_HUFFMAN_MOST], bits = 0;
	unsigned m = 0, have;

	for (unsigned i = 0; i < n; i++)
		if (uses[i])
			symbols[m++] = uses[i];
	memcpy(coins, symbols, m * sizeof *symbols);
	have = m;
	for (unsigned l = 1; l <= limit; l++) {
		qsort(coins, have, sizeof *coins, compare_weights);
		if (l == limit)
			break;
		for (unsigned i = 0; i + 1 < have; i += 2)
			coins[i / 2] = coins[i] + coins[i + 1];
		have /= 2;
		memcpy(coins + have, symbols, m * sizeof *symbols);
		have += m;
	}
	for (unsigned i = 0; i < 2 * (m - 1); i++)
		bits += coins[i];
	return bits;
}

struct plain_node {
	uint64_t uses;
	int parent;
	bool taken;
};

/* Symbols come before pairs, lower and older ones before others: in the order of `nodes`. */
static int least_of(const struct plain_node *nodes, int n)
{
	int best = -1;

	for (int i = 0; i < n; i++)
		if (nodes[i].uses && !nodes[i].taken && (best < 0 || nodes[i].uses < nodes[best].uses))
			best = i;
	return best;
}

static void deepen_one(unsigned *depths, unsigned m, unsigned limit)
{
	unsigned deep = 0, at_limit = 0;

	for (unsigned i = 1; i < m; i++)
		if (depths[i] < limit && (depths[deep] >= limit || depths[i] > depths[deep]))
			deep = i;
	while (at_limit + 1 < m && depths[at_limit] != limit)
		at_limit++;
	assert_int_equal(depths[at_limit], limit);
	depths[deep]++;
	depths[at_limit] = depths[deep];
}

static uint64_t kraft(const unsigned *depths, unsigned m)
{
	uint64_t sum = 0;

	for (unsigned i = 0; i < m; i++)
		sum += (1ull << UNLIMITED) >> depths[i];
	return sum;
}

/* What the header says, with no thought to time. Returns the depth before the limit. */
static unsigned plain_lengths(const uint32_t *uses, int n, unsigned limit, uint8_t *lengths)
{
	struct plain_node nodes[2 * MSK_HUFFMAN_MOST] = { 0 };
	unsigned depths[MSK_HUFFMAN_MOST], m = 0, deepest = 0;
	int made = n;

	for (int i = 0; i < n; i++)
		nodes[i] = (struct plain_node){ .uses = uses[i], .parent = -1 };
	for (;;) {
		int a = least_of(nodes, made), b;

		nodes[a].taken = true;
		b = least_of(nodes, made);
		if (b < 0)
			break;
		nodes[b].taken = true;
		nodes[a].parent = nodes[b].parent = made;
		nodes[made++] = (struct plain_node){ .uses = nodes[a].uses + nodes[b].uses, .parent = -1 };
	}
	for (int i = 0; i < n; i++) {
		if (!uses[i])
			continue;
		depths[m] = 0;
		for (int up = nodes[i].parent; up >= 0; up = nodes[up].parent)
			depths[m]++;
		deepest = depths[m] > deepest ? depths[m] : deepest;
		depths[m] = depths[m] < limit ? depths[m] : limit;
		m++;
	}
	while (kraft(depths, m) > 1ull << UNLIMITED)
		deepen_one(depths, m, limit);
	memset(lengths, 0, (size_t)n);
	for (unsigned given = 0, deep, least; given < m; given++) {
		for (deep = least = 0; !uses[least] || lengths[least]; least++)
			;
		for (unsigned i = least + 1; i < (unsigned)n; i++)
			if (uses[i] && !lengths[i] && uses[i] < uses[least])
				least = i;
		for (unsigned i = 1; i < m; i++)
			if (depths[i] > depths[deep])
				deep = i;
		lengths[least] = (uint8_t)depths[deep];
		depths[deep] = 0;
	}
	return deepest;
}

static void assert_complete(const uint8_t *lengths, const uint32_t *uses, unsigned n, unsigned limit)
{
	unsigned sum = 0;

	for (unsigned i = 0; i < n; i++) {
		assert_int_equal(!lengths[i], !uses[i]);
		assert_true(lengths[i] <= limit);
		sum += lengths[i] ? 1u << (limit - lengths[i]) : 0;
	}
	assert_int_equal(sum, 1u << limit);
}

/* At least two symbols occur. Returns whether the limit took effect. */
static bool check(const uint32_t *uses, unsigned n, unsigned limit)
{
	/* Exactly as long as they are, for the address sanitizer to see a step too far. */
	MSK_AUTO_FREE uint32_t *exact = msk_xmalloc(n * sizeof *exact);
	MSK_AUTO_FREE uint8_t *lengths = msk_xmalloc(n);
	uint8_t plain[MSK_HUFFMAN_MOST];
	uint64_t bits = 0, least = least_bits(uses, n, limit), without_limit = least_bits(uses, n, UNLIMITED);
	unsigned deepest = plain_lengths(uses, (int)n, limit, plain);

	memcpy(exact, uses, n * sizeof *exact);
	memset(lengths, 0xff, n);
	msk_huffman_lengths(exact, n, limit, lengths);
	assert_complete(lengths, uses, n, limit);
	assert_memory_equal(lengths, plain, n);
	for (unsigned i = 0; i < n; i++)
		bits += (uint64_t)uses[i] * lengths[i];
	assert_true(bits >= least);
	/* Of all the best codes it is one of the least depth: the limit costs nothing unless it costs any code something. */
	assert_int_equal(deepest > limit, least > without_limit);
	if (deepest <= limit)
		assert_int_equal(bits, least);
	else                                  /* next to the best at deflate's limit, worse at one that is of no use */
		assert_true(bits - least <= least / (limit < 14 ? 4 : 200));
	return deepest > limit;
}

/* Shapes: much the same, few that differ much, powers, sums of two before, a lot that occur once. */
static void fill_uses(uint32_t *uses, unsigned n, unsigned shape)
{
	uint32_t a = 1, b = 1;

	for (unsigned i = 0; i < n; i++) {
		uint32_t sum = a + b;

		uses[i] = shape == 0 ? 1 + next_random() % 100 : shape == 1 ? next_random() % USES_END :
			  shape == 2 ? 1u << next_random() % 22 : shape == 3 ? a :
			  next_random() % 40 ? 1 : next_random() % 9000;
		if (next_random() % 5 == 0)
			uses[i] = 0;
		a = b;
		b = sum < USES_END ? sum : 1;
	}
	uses[next_random() % (n / 2)] = 1 + next_random() % 3;
	uses[n / 2 + next_random() % (n - n / 2)] = USES_END - 1;
}

static void codes_are_complete_within_the_limit_and_the_best(void **state)
{
	uint32_t uses[MSK_HUFFMAN_MOST];
	unsigned limited = 0, free_of_it = 0;

	(void)state;
	for (unsigned i = 0; i < 2000; i++) {
		unsigned n = 2 + next_random() % (i % 4 ? 40 : MSK_HUFFMAN_MOST - 1), limit = 14;

		if (i % 3 == 0)
			n = n < 19 ? n : 19, limit = 7;
		fill_uses(uses, n, i % 5);
		if (check(uses, n, limit))
			limited++;
		else
			free_of_it++;
	}
	assert_true(limited > 300 && free_of_it > 300);
}

/* As many symbols as a limit has codes: all have the longest. */
static void a_full_code_has_one_length(void **state)
{
	uint32_t uses[128];
	uint8_t lengths[128];

	(void)state;
	for (unsigned i = 0; i < 128; i++)
		uses[i] = 1 + i * i * i;
	check(uses, 128, 7);
	msk_huffman_lengths(uses, 128, 7, lengths);
	for (unsigned i = 0; i < 128; i++)
		assert_int_equal(lengths[i], 7);
}

static void the_deepest_trees_are_cut(void **state)
{
	uint32_t uses[32] = { 1, 1 };

	(void)state;
	for (unsigned i = 2; i < 32; i++)
		uses[i] = uses[i - 1] + uses[i - 2];
	for (unsigned n = 2; n <= 32; n++)
		for (unsigned limit = 5; limit <= LONGEST; limit++)
			assert_int_equal(check(uses, n, limit), n - 1 > limit);
}

static void assert_lengths(const uint32_t *uses, const uint8_t *want, unsigned n, unsigned limit)
{
	uint8_t lengths[MSK_HUFFMAN_MOST];

	msk_huffman_lengths(uses, n, limit, lengths);
	assert_memory_equal(lengths, want, n);
}

#define LENGTHS(limit, ...) assert_lengths(uses, (const uint8_t[]){ __VA_ARGS__ }, sizeof uses / sizeof *uses, limit)

/* A symbol before a pair that occurs as often: two lengths, not three. */
static void equals_are_paired_in_order(void **state)
{
	(void)state;
	{
		const uint32_t uses[] = { 2, 1, 2, 1 };

		LENGTHS(14, 2, 2, 2, 2);
	}
	{
		const uint32_t uses[] = { 1, 1, 1 };

		LENGTHS(14, 2, 2, 1);
	}
	{
		const uint32_t uses[] = { 3, 3, 3, 3, 3 };

		LENGTHS(14, 3, 3, 2, 2, 2);
	}
	{
		const uint32_t uses[] = { 1, 1, 2, 3, 5, 8 };

		LENGTHS(14, 5, 5, 4, 3, 2, 1);
		LENGTHS(4, 4, 4, 4, 4, 2, 1);
		LENGTHS(3, 3, 3, 3, 3, 2, 2);
	}
}

static void fewer_than_two_symbols_have_a_complete_code_too(void **state)
{
	(void)state;
	{
		const uint32_t uses[] = { 0, 0, 0, 0 };

		LENGTHS(14, 1, 1, 0, 0);
	}
	for (uint32_t often = 1; often < USES_END; often = often * 7 + 1) {
		const uint32_t first[] = { often, 0, 0, 0 }, second[] = { 0, often, 0, 0 }, last[] = { 0, 0, 0, often };

		assert_lengths(first, (const uint8_t[]){ 1, 1, 0, 0 }, 4, 14);
		assert_lengths(second, (const uint8_t[]){ 1, 1, 0, 0 }, 4, 14);
		assert_lengths(last, (const uint8_t[]){ 1, 0, 0, 1 }, 4, 14);
	}
	{
		const uint32_t uses[] = { 0, USES_END - 1, 0, 1 };

		LENGTHS(14, 0, 1, 0, 1);
		LENGTHS(1, 0, 1, 0, 1);
	}
}

/* Of lengths a code is a number of so many bits: the first of a length is the last of the one before, plus one, with zeros
 * behind it; deflate has them with the first bit lowest. */
static void assert_codes(const uint8_t *lengths, unsigned n)
{
	uint16_t codes[MSK_HUFFMAN_MOST];
	unsigned next = 0;

	msk_huffman_codes(lengths, n, codes);
	for (unsigned l = 1; l <= LONGEST; l++) {
		next <<= 1;
		for (unsigned i = 0; i < n; i++) {
			unsigned turned = 0;

			if (lengths[i] != l)
				continue;
			for (unsigned bit = 0; bit < l; bit++)
				turned |= (next >> bit & 1) << (l - 1 - bit);
			assert_int_equal(codes[i], turned);
			next++;
		}
	}
	for (unsigned i = 0; i < n; i++)
		assert_true(lengths[i] || !codes[i]);
}

static void codes_ascend_by_length_and_symbol(void **state)
{
	static const uint8_t of_the_rfc[] = { 3, 3, 3, 3, 3, 2, 4, 4 };
	static const uint16_t turned[] = { 2, 6, 1, 5, 3, 0, 7, 15 };
	uint32_t uses[MSK_HUFFMAN_MOST];
	uint8_t lengths[MSK_HUFFMAN_MOST];
	uint16_t codes[8];

	(void)state;
	msk_huffman_codes(of_the_rfc, 8, codes);
	assert_memory_equal(codes, turned, sizeof turned);
	for (unsigned i = 0; i < 200; i++) {
		unsigned n = 2 + next_random() % (MSK_HUFFMAN_MOST - 1);

		fill_uses(uses, n, i % 5);
		msk_huffman_lengths(uses, n, 9 + i % 7, lengths);
		assert_codes(lengths, n);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(codes_are_complete_within_the_limit_and_the_best),
		cmocka_unit_test(a_full_code_has_one_length),
		cmocka_unit_test(the_deepest_trees_are_cut),
		cmocka_unit_test(equals_are_paired_in_order),
		cmocka_unit_test(fewer_than_two_symbols_have_a_complete_code_too),
		cmocka_unit_test(codes_ascend_by_length_and_symbol),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
