#include "huffman.h"

#include <assert.h>
#include <stdbool.h>
#include <string.h>

#define LONGEST 15
#define SYMBOL_BITS 9

const uint8_t msk_huffman_order[] = { 16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15 };

struct node {
	uint32_t uses;
	uint16_t parent;
};

/* Stable, by eight of the bits. */
static void sort_by(const uint32_t *from, unsigned m, unsigned shift, uint32_t *to)
{
	uint16_t next[256] = { 0 };
	unsigned before = 0;

	for (unsigned i = 0; i < m; i++)
		next[from[i] >> shift & 255]++;
	for (unsigned i = 0; i < 256; i++) {
		unsigned n = next[i];

		next[i] = (uint16_t)before;
		before += n;
	}
	for (unsigned i = 0; i < m; i++)
		to[next[from[i] >> shift & 255]++] = from[i];
}

/* Symbols that occur, as uses and symbol in one number, in ascending order. */
static unsigned sort_symbols(const uint32_t *uses, unsigned n, uint32_t *sorted)
{
	uint32_t other[MSK_HUFFMAN_MOST] = { 0 };
	unsigned m = 0;

	for (unsigned i = 0; i < n; i++)
		if (uses[i])
			other[m++] = uses[i] << SYMBOL_BITS | i;
	sort_by(other, m, SYMBOL_BITS, sorted);
	sort_by(sorted, m, SYMBOL_BITS + 8, other);
	sort_by(other, m, SYMBOL_BITS + 16, sorted);
	return m;
}

/* Symbols are nodes 0 to m - 1, pairs those behind them, in the order in which they are made: both are sorted. */
static void pair_up(struct node *nodes, unsigned m)
{
	unsigned symbol = 0, pair = m;

	for (unsigned made = m; made < 2 * m - 1; made++) {
		nodes[made].uses = 0;
		for (unsigned side = 0; side < 2; side++) {
			bool is_symbol = symbol < m && (pair == made || nodes[symbol].uses <= nodes[pair].uses);
			unsigned least = is_symbol ? symbol++ : pair++;

			nodes[made].uses += nodes[least].uses;
			nodes[least].parent = (uint16_t)made;
		}
	}
}

static void count_depths(const struct node *nodes, unsigned m, unsigned limit, unsigned *count)
{
	uint16_t depth[2 * MSK_HUFFMAN_MOST];

	depth[2 * m - 2] = 0;
	for (unsigned i = 2 * m - 2; i-- > 0;) {
		depth[i] = depth[nodes[i].parent] + 1;
		if (i < m)
			count[depth[i] < limit ? depth[i] : limit]++;
	}
}

/* As many codes as there may be have a sum of 2^-length of one. */
static void keep_limit(unsigned *count, unsigned limit)
{
	unsigned sum = 0, deep;

	for (unsigned l = 1; l <= limit; l++)
		sum += count[l] << (limit - l);
	for (; sum > 1u << limit; sum--) {
		for (deep = limit - 1; !count[deep]; deep--)
			;
		count[deep]--;
		count[deep + 1] += 2;
		count[limit]--;
	}
}

void msk_huffman_lengths(const uint32_t *uses, unsigned n, unsigned limit, uint8_t *lengths)
{
	uint32_t sorted[MSK_HUFFMAN_MOST];
	struct node nodes[2 * MSK_HUFFMAN_MOST];
	unsigned count[LONGEST + 1] = { 0 }, m = sort_symbols(uses, n, sorted), next = 0;

	assert(n >= 2 && n <= MSK_HUFFMAN_MOST && limit <= LONGEST && m <= 1u << limit);
	memset(lengths, 0, n);
	if (m < 2) {
		lengths[0] = lengths[1] = 1;
		if (m && (sorted[0] & ((1u << SYMBOL_BITS) - 1)) > 1) {
			lengths[1] = 0;
			lengths[sorted[0] & ((1u << SYMBOL_BITS) - 1)] = 1;
		}
		return;
	}
	for (unsigned i = 0; i < m; i++)
		nodes[i].uses = sorted[i] >> SYMBOL_BITS;
	pair_up(nodes, m);
	count_depths(nodes, m, limit, count);
	keep_limit(count, limit);
	for (unsigned l = limit; l; l--)
		for (unsigned i = 0; i < count[l]; i++)
			lengths[sorted[next++] & ((1u << SYMBOL_BITS) - 1)] = (uint8_t)l;
}

static uint16_t turned(unsigned code, unsigned length)
{
	unsigned out = 0;

	for (; length; length--, code >>= 1)
		out = out << 1 | (code & 1);
	return (uint16_t)out;
}

void msk_huffman_codes(const uint8_t *lengths, unsigned n, uint16_t *codes)
{
	unsigned count[LONGEST + 1] = { 0 }, next[LONGEST + 1] = { 0 };

	for (unsigned i = 0; i < n; i++)
		count[lengths[i]]++;
	count[0] = 0;
	for (unsigned l = 1; l <= LONGEST; l++)
		next[l] = (next[l - 1] + count[l - 1]) << 1;
	for (unsigned i = 0; i < n; i++)
		codes[i] = lengths[i] ? turned(next[lengths[i]]++, lengths[i]) : 0;
}
