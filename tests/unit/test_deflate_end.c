/* The walker over deflate streams, held to zlib's inflate: whatever zlib reads to its end, it finds the same end and
 * the same last block. (It may accept more: it never looks at what a distance leads to.) Codes that zlib refuses, as they
 * are not complete, are held to a decoder that takes bit after bit. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include <libdeflate.h>

#include "../../src/codec/deflate_end.h"
#include "../fuzz/zlib_end.h"
#include "../../src/codec/deflate_walk.h"
#include "mkscratch/mem.h"

#define ROOM (64u << 10)

static uint32_t seed = 1;

static uint32_t next_random(void)
{
	seed = seed * 1664525 + 1013904223;
	return seed >> 8;
}

/* Stretches of different kinds, so that compressors begin new blocks: words, noise, one byte, counters, zeros. */
static void fill(unsigned char *p, size_t n)
{
	for (size_t at = 0; at < n;) {
		unsigned kind = next_random() % 5;
		size_t end = at + 1 + next_random() % 20000;

		for (; at < n && at < end; at++)
			p[at] = (unsigned char)(kind == 0 ? (unsigned)"the quick brown fox, "[next_random() % 3 + at % 19] :
						kind == 1 ? next_random() : kind == 2 ? 'x' :
						kind == 3 ? (unsigned)at / 4 : 0u);
	}
}

static bool compare(const unsigned char *p, size_t n)
{
	/* Exactly as long as it says, for the address sanitizer to see a step too far. */
	unsigned char *exact = msk_xmalloc(n + !n);
	struct msk_deflate_end ours = { 0 }, theirs = { 0 };
	bool found, sound;

	memcpy(exact, p, n);
	found = msk_deflate_find_end(exact, n, &ours);
	sound = zlib_finds_end(exact, n, &theirs);
	if (sound) {
		assert_true(found);
		assert_int_equal(ours.bits, theirs.bits);
		assert_int_equal(ours.last_header, theirs.last_header);
	}
	if (found)
		assert_true(ours.bits <= n * 8 && ours.last_header < ours.bits);
	free(exact);
	return sound;
}

static size_t by_libdeflate(int level, const unsigned char *in, size_t n, unsigned char *out, size_t room)
{
	struct libdeflate_compressor *c = libdeflate_alloc_compressor(level);
	size_t made = libdeflate_deflate_compress(c, in, n, out, room);

	libdeflate_free_compressor(c);
	return made;
}

static size_t by_zlib(int level, int strategy, const unsigned char *in, size_t n, unsigned char *out, size_t room)
{
	z_stream z = { .next_in = (unsigned char *)(uintptr_t)in, .avail_in = (unsigned)n, .next_out = out,
		       .avail_out = (unsigned)room };

	assert_int_equal(deflateInit2(&z, level, Z_DEFLATED, -15, 1 + (int)(next_random() % 9), strategy), Z_OK);
	assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
	deflateEnd(&z);
	return room - z.avail_out;
}

static size_t make_stream(unsigned char *out, size_t room)
{
	static unsigned char in[ROOM];
	size_t n = next_random() % (next_random() % 4 ? 3000 : sizeof in);

	fill(in, n);
	if (next_random() % 2)
		return by_libdeflate((int)(next_random() % 13), in, n, out, room);
	return by_zlib((int)(next_random() % 10), (int)(next_random() % 5), in, n, out, room);
}

static void whole_streams_end_where_zlib_says(void **state)
{
	static unsigned char out[2 * ROOM];

	(void)state;
	for (int i = 0; i < 600; i++)
		assert_true(compare(out, make_stream(out, sizeof out)));
}

static void bent_and_cut_streams_end_where_zlib_says_if_anywhere(void **state)
{
	static unsigned char out[2 * ROOM];
	unsigned sound = 0, broken = 0;

	(void)state;
	for (int i = 0; i < 150; i++) {
		size_t n = make_stream(out, sizeof out);

		for (int k = 0; k < 40; k++) {
			size_t at = next_random() % 3 ? next_random() % n : next_random() % (n < 100 ? n : 100);
			unsigned char bit = (unsigned char)(1u << next_random() % 8);

			out[at] ^= bit;
			if (compare(out, next_random() % 5 ? n : next_random() % n))
				sound++;
			else
				broken++;
			if (k % 3)
				out[at] ^= bit;
		}
	}
	/* Both kinds must have come, lest nothing was compared. */
	assert_true(sound > 500 && broken > 500);
}

static void noise_is_refused_or_ends_where_zlib_says(void **state)
{
	unsigned char p[400];

	(void)state;
	for (int i = 0; i < 20000; i++) {
		size_t n = next_random() % sizeof p;

		for (size_t k = 0; k < n; k++)
			p[k] = (unsigned char)next_random();
		compare(p, n);
	}
}

/* Where a code has no length but one, whoever begins within a symbol never falls into step; where it has many, at once. */
static void long_blocks_of_any_code_end_where_zlib_says(void **state)
{
	static unsigned char in[4 * ROOM], out[5 * ROOM];

	(void)state;
	for (unsigned kinds = 2; kinds <= 256; kinds += 1 + kinds / 2)
		for (unsigned skewed = 0; skewed < 2; skewed++) {
			size_t n;

			for (size_t i = 0; i < sizeof in; i++)
				in[i] = (unsigned char)(next_random() % (skewed ? 1 + next_random() % kinds : kinds));
			n = by_zlib(6, Z_HUFFMAN_ONLY, in, sizeof in, out, sizeof out);
			assert_true(compare(out, n));
			n = by_libdeflate(1 + (int)(kinds % 9), in, sizeof in, out, sizeof out);
			assert_true(compare(out, n));
			assert_false(compare(out, n - 1));
		}
}

/* The symbol whose code comes next, as 3.2.2 has it; -1: it is none's, or there are not enough bits. */
static int plain_symbol(const uint8_t *lengths, unsigned n, struct msk_bits *b)
{
	unsigned code = 0, next = 0;

	for (unsigned len = 1; len <= MSK_DEFLATE_LENGTH && b->at < (uint64_t)b->n * 8; len++) {
		code = code << 1 | (b->p[b->at / 8] >> b->at % 8 & 1);
		b->at++;
		next <<= 1;
		for (unsigned symbol = 0; symbol < n; symbol++)
			if (lengths[symbol] == len && next++ == code)
				return (int)symbol;
	}
	return -1;
}

static bool plain_walk(const uint8_t *litlen, const uint8_t *dist, struct msk_bits *b)
{
	for (;;) {
		int symbol = plain_symbol(litlen, MSK_DEFLATE_LITLEN, b);

		if (symbol < 0 || symbol > 285 || b->at > (uint64_t)b->n * 8)
			return false;
		if (symbol == 256)
			return true;
		if (symbol < 256)
			continue;
		b->at += symbol < 265 || symbol == 285 ? 0u : (unsigned)(symbol - 261) / 4;
		symbol = plain_symbol(dist, MSK_DEFLATE_DIST, b);
		if (symbol < 0 || symbol > 29)
			return false;
		b->at += symbol < 4 ? 0u : (unsigned)symbol / 2 - 1;
	}
}

/* Lengths for some of the symbols, as long as there is room, long for one; now and then some have none in spite of it. */
static void random_lengths(uint8_t *lengths, unsigned n, unsigned rare)
{
	unsigned shape = next_random() % 3, left = 1u << MSK_DEFLATE_LENGTH, given = 0;
	const bool gaps = next_random() % 4 == 0;

	memset(lengths, 0, n);
	lengths[rare] = (uint8_t)(11 + next_random() % 5);
	left -= 1u << (MSK_DEFLATE_LENGTH - lengths[rare]);
	for (unsigned tries = 0; tries < 3 * n && left; tries++) {
		unsigned symbol = next_random() % n;
		unsigned len = shape == 0 ? 1 + next_random() % 15 : shape == 1 ? 4 + next_random() % 9 : 1 + given % 15;

		if (lengths[symbol])
			continue;
		while (len < MSK_DEFLATE_LENGTH && 1u << (MSK_DEFLATE_LENGTH - len) > left)
			len++;
		left -= 1u << (MSK_DEFLATE_LENGTH - len);
		lengths[symbol] = (uint8_t)(gaps && len > 10 && next_random() % 4 == 0 ? 0 : len);
		given++;
	}
}

/* Codes of all lengths, complete or not, over noise: where there is a code that nobody has, an end of block, an end of
 * the bytes, no walk goes on. The end of block is rare, so that the walks are long. */
static void any_code_is_walked_as_bit_by_bit(void **state)
{
	static struct msk_deflate_codes codes;
	unsigned ended = 0, refused = 0, far = 0;

	(void)state;
	for (int i = 0; i < 1000; i++) {
		uint8_t litlen[MSK_DEFLATE_LITLEN], dist[MSK_DEFLATE_DIST];
		size_t n = next_random() % (next_random() % 4 ? 12000 : 100);
		unsigned char *exact = msk_xmalloc(n + !n);
		struct msk_bits ours = { exact, n, n ? next_random() % 8 : 0 }, theirs = ours;
		bool sound;

		random_lengths(litlen, MSK_DEFLATE_LITLEN, 256);
		random_lengths(dist, MSK_DEFLATE_DIST, 30);
		for (size_t k = 0; k < n; k++)
			exact[k] = (unsigned char)next_random();
		assert_true(msk_deflate_codes_build(&codes, litlen, MSK_DEFLATE_LITLEN, dist, MSK_DEFLATE_DIST));
		sound = plain_walk(litlen, dist, &theirs);
		assert_int_equal(msk_deflate_walk(&codes, &ours), sound);
		if (sound)
			assert_int_equal(ours.at, theirs.at);
		far += theirs.at > 1500 * 8;
		ended += sound;
		refused += !sound;
		free(exact);
	}
	/* All kinds must have come. */
	assert_true(ended > 50 && refused > 50 && far > 30);
}

static void put(unsigned char *p, uint64_t *at, const char *bits)
{
	for (; *bits; bits++, ++*at)
		p[*at / 8] |= (unsigned char)((unsigned)(*bits == '1') << *at % 8);
}

/* The longest distance there is, a length with one that is nearly as long, and a length whose code is as long as a table
 * can take, over and over: more bits than are seen at once, from every place of a byte and with every one as the first. */
static void the_widest_steps_are_seen_whole(void **state)
{
	static unsigned char p[8000];
	static struct msk_deflate_codes codes;
	uint8_t litlen[MSK_DEFLATE_LITLEN] = { 2, 3, 4, 5, 6, 7, 8, 9 }, dist[MSK_DEFLATE_DIST] = { 1, 2, 3, 4, 5, 6, 7, 8, 9 };

	(void)state;
	litlen[257] = 1;
	litlen[256] = 10;
	litlen[254] = litlen[285] = 11;
	dist[27] = 10;
	dist[28] = dist[29] = 11;
	assert_true(msk_deflate_codes_build(&codes, litlen, MSK_DEFLATE_LITLEN, dist, MSK_DEFLATE_DIST));
	for (unsigned from = 0; from < 24; from++) {
		struct msk_bits ours = { p, sizeof p, from % 8 }, theirs = ours;
		uint64_t at = from % 8;

		memset(p, 0, sizeof p);
		for (unsigned i = 0; i < from / 8; i++)
			put(p, &at, "10");
		while (at < 7900 * 8)
			put(p, &at, "11111111111" "11111111111" "1111111111111" "0" "1111111110" "111111111111");
		put(p, &at, "1111111110");
		assert_true(plain_walk(litlen, dist, &theirs) && theirs.at == at);
		assert_true(msk_deflate_walk(&codes, &ours));
		assert_int_equal(ours.at, at);
	}
}

/* Opened streams one behind the other, and a final block, are one stream. */
static void opened_ends_join(void **state)
{
	static unsigned char joined[ROOM * 3], in[ROOM];
	struct msk_deflate_end end, theirs = { 0 };

	(void)state;
	for (int round = 0; round < 40; round++) {
		size_t at = 0;

		while (at < ROOM) {
			size_t n = next_random() % 5000, made;

			fill(in, n);
			made = by_libdeflate((int)(next_random() % 13), in, n, joined + at, sizeof joined - at);
			made = msk_deflate_open_end(joined + at, made);
			assert_true(made > 0);
			at += made;
		}
		memcpy(joined + at, "\3", 2);
		assert_true(msk_deflate_find_end(joined, at + 2, &end));
		assert_true(zlib_finds_end(joined, at + 2, &theirs));
		assert_int_equal(end.bits, theirs.bits);
		assert_int_equal(end.last_header, (uint64_t)at * 8);
	}
}

static void what_has_no_end_is_not_opened(void **state)
{
	unsigned char empty[] = { 3, 0, 0, 0, 0, 0, 0, 0 }, broken[] = { 7, 0, 0, 0, 0, 0, 0, 0 };

	(void)state;
	assert_int_equal(msk_deflate_open_end(empty, 2), 6);
	assert_int_equal(msk_deflate_open_end(broken, 2), 0);
	assert_int_equal(msk_deflate_open_end(empty, 0), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whole_streams_end_where_zlib_says),
		cmocka_unit_test(bent_and_cut_streams_end_where_zlib_says_if_anywhere),
		cmocka_unit_test(noise_is_refused_or_ends_where_zlib_says),
		cmocka_unit_test(long_blocks_of_any_code_end_where_zlib_says),
		cmocka_unit_test(any_code_is_walked_as_bit_by_bit),
		cmocka_unit_test(the_widest_steps_are_seen_whole),
		cmocka_unit_test(opened_ends_join),
		cmocka_unit_test(what_has_no_end_is_not_opened),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
