/* The compressor: what comes out are blocks that zlib and libdeflate decode to what went in, in no more room than was said, and
 * it depends on nothing but the bytes and the effort. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include <libdeflate.h>
#include <zlib.h>

#include "../../src/codec/deflate_parts.h"
#include "../../src/codec/huffman.h"
#include "mkscratch/digest.h"
#include "noise.h"

#define MOST MSK_DEFLATE_MOST
#define FINAL "\3"                        /* and the NUL behind it */

#define EFFORTS (sizeof msk_deflate_efforts / sizeof *msk_deflate_efforts)
#define QUICKS 3                          /* the first of them */

/* Used by all tests, so that each begins with what the one before has left. */
static struct msk_deflate *used[EFFORTS];
static unsigned char plain[MOST + 1];

/* Bytes that end where their memory does, at any address: for the address sanitizer to see a step too far. */
struct exact {
	unsigned char *memory, *p;
};

static struct exact exact_room(size_t n, unsigned odd)
{
	struct exact e = { .memory = msk_xmalloc(n + odd + !(n + odd)) };

	e.p = e.memory + odd;
	return e;
}

static void assert_zlib_decodes(const unsigned char *p, size_t n_packed, const unsigned char *in, size_t n)
{
	z_stream z = { .next_in = (unsigned char *)(uintptr_t)p, .avail_in = (unsigned)n_packed, .next_out = plain,
		       .avail_out = (unsigned)n };

	assert_int_equal(inflateInit2(&z, -15), Z_OK);
	/* As much room as there must be; the end is found without any. */
	assert_int_equal(inflate(&z, Z_FINISH), Z_STREAM_END);
	assert_int_equal(z.avail_in, 0);
	assert_int_equal(z.avail_out, 0);
	inflateEnd(&z);
	assert_memory_equal(plain, in, n);
}

static void assert_libdeflate_decodes(const unsigned char *p, size_t n_packed, const unsigned char *in, size_t n)
{
	static struct libdeflate_decompressor *d;
	enum libdeflate_result result;
	size_t taken, made;

	d = d ? d : libdeflate_alloc_decompressor();
	memset(plain, 0xee, n);
	result = libdeflate_deflate_decompress_ex(d, p, n_packed, plain, sizeof plain, &taken, &made);
	assert_int_equal(result, LIBDEFLATE_SUCCESS);
	assert_int_equal(taken, n_packed);
	assert_int_equal(made, n);
	assert_memory_equal(plain, in, n);
}

static void assert_decodes(const unsigned char *packed, size_t made, const unsigned char *in, size_t n)
{
	unsigned char *stream = msk_xmalloc(made + sizeof FINAL);

	/* An empty stored block, and all before it is as open. */
	assert_true(made >= 5);
	assert_memory_equal(packed + made - 4, "\0\0\xff\xff", 4);
	memcpy(stream, packed, made);
	memcpy(stream + made, FINAL, sizeof FINAL);
	assert_zlib_decodes(stream, made + sizeof FINAL, in, n);
	assert_libdeflate_decodes(stream, made + sizeof FINAL, in, n);
	free(stream);
}

static size_t make(struct msk_deflate *d, const unsigned char *in, size_t n, struct exact *out)
{
	static unsigned odd;
	struct exact bytes = exact_room(n, odd++ % 2);
	size_t made;

	memcpy(bytes.p, in, n);
	*out = exact_room(msk_deflate_bound(n), odd / 2 % 2);
	made = msk_deflate_part(d, bytes.p, n, out->p);
	/* Neither may lead from one table of the state into the next. */
	assert_true(d->n_pieces <= PIECES);
	assert_true(d->pieces[d->n_pieces].steps <= d->steps + STEPS);
	assert_true(made <= msk_deflate_bound(n));
	assert_memory_equal(bytes.p, in, n);
	free(bytes.memory);
	return made;
}

/* Returns the size. */
static size_t check_one(unsigned effort, const unsigned char *in, size_t n)
{
	struct exact out;
	size_t made = make(used[effort], in, n, &out);

	assert_decodes(out.p, made, in, n);
	free(out.memory);
	return made;
}

static void check(const unsigned char *in, size_t n)
{
	for (unsigned e = 0; e < EFFORTS; e++)
		check_one(e, in, n);
}

static uint64_t chance = 42;

static uint32_t next_random(void)
{
	chance = chance * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(chance >> 33);
}

static void fill_noise(unsigned char *p, size_t n, unsigned values)
{
	for (size_t i = 0; i < n; i++)
		p[i] = (unsigned char)(next_random() % values);
}

static void fill_words(unsigned char *p, size_t n)
{
	static const char *const words[] = { "the ", "layer ", "of ", "an ", "image ", "is ", "a tar\n", "of files, ", "whose ",
					     "owner ", "and mode\n", "are ", "in its header; ", "zeros " };

	for (size_t i = 0; i < n;)
		for (const char *w = words[next_random() % (sizeof words / sizeof *words)]; *w && i < n; w++)
			p[i++] = (unsigned char)*w;
}

/* Numbers of 32 bits that grow by a few. */
static void fill_counters(unsigned char *p, size_t n)
{
	uint32_t v = 1000;

	for (size_t i = 0; i < n; i++) {
		v += i % 4 ? 0 : next_random() % 9;
		p[i] = (unsigned char)(v >> 8 * (i % 4));
	}
}

static void fill_period(unsigned char *p, size_t n, size_t period)
{
	fill_noise(p, n < period ? n : period, 256);
	for (size_t i = period; i < n; i++)
		p[i] = p[i - period];
}

/* Values that are common, and others that occur 1, 1, 2, 3, 5, ... times, all over. */
static void fill_fibonacci(unsigned char *p, size_t n)
{
	size_t a = 1, b = 1;

	fill_noise(p, n, 16);
	for (unsigned value = 100; value < 118; value++) {
		size_t sum = a + b;

		for (size_t i = 0; i < a && n; i++)
			p[next_random() % n] = (unsigned char)value;
		a = b;
		b = sum;
	}
}

/* Stretches of all of these, so that there are several blocks. */
static void fill_mixed(unsigned char *p, size_t n)
{
	for (size_t at = 0, part; at < n; at += part) {
		part = 1 + next_random() % 60000;
		part = part < n - at ? part : n - at;
		switch (next_random() % 6) {
		case 0: memset(p + at, 0, part); break;
		case 1: fill_noise(p + at, part, 256); break;
		case 2: fill_words(p + at, part); break;
		case 3: fill_counters(p + at, part); break;
		case 4: fill_period(p + at, part, 1 + next_random() % 300); break;
		default: fill_noise(p + at, part, 2 + next_random() % 100); break;
		}
	}
}

/* In blocks that are nearly, but not quite, worth to be compressed; each other than its neighbours, so that they stay apart. */
static void fill_barely(unsigned char *p, size_t n, unsigned bias)
{
	for (size_t i = 0; i < n; i++) {
		unsigned favourite = (unsigned)(i / PIECE * 37 % 256);

		p[i] = (unsigned char)(next_random() % 1000 < bias ? favourite + next_random() % 8 : next_random());
	}
}

enum kind { ZEROS, FEW, NOISE, WORDS, COUNTERS, PERIOD, FIBONACCI, BARELY, MIXED, KINDS };

static void fill(unsigned char *p, size_t n, enum kind kind)
{
	chance = 42 + (unsigned)kind;
	switch (kind) {
	case ZEROS: memset(p, 0, n); break;
	case FEW: fill_noise(p, n, 5); break;
	case NOISE: fill_noise(p, n, 256); break;
	case WORDS: fill_words(p, n); break;
	case COUNTERS: fill_counters(p, n); break;
	case PERIOD: fill_period(p, n, 37); break;
	case FIBONACCI: fill_fibonacci(p, n); break;
	case BARELY: fill_barely(p, n, 40); break;
	default: fill_mixed(p, n); break;
	}
}

static unsigned char in[MOST];

static void any_size_of_any_kind_is_decoded(void **state)
{
	static const size_t sizes[] = { 0, 1, 2, 3, 11, 12, 13, 14, 257, 258, 259, 260, 271, 8191, 8192, 8193, 8204, 8205,
					16384, 32767, 32768, 32769, 32770, 65535, 65536, 65537, MOST - 1, MOST };

	(void)state;
	for (enum kind kind = 0; kind < KINDS; kind++)
		for (unsigned i = 0; i < sizeof sizes / sizeof *sizes; i++) {
			fill(in, sizes[i], kind);
			check(in, sizes[i]);
		}
}

static void every_small_size_is_decoded(void **state)
{
	(void)state;
	for (enum kind kind = 0; kind < KINDS; kind++)
		for (size_t n = 0; n < 70; n++) {
			fill(in, n, kind);
			check(in, n);
		}
}

/* Copies of all lengths over themselves, and of the longest, one behind the other. */
static void every_short_period_is_decoded(void **state)
{
	(void)state;
	for (size_t period = 1; period <= 300; period++) {
		size_t n = 2 * period + 700 + period % 7;

		fill_period(in, n, period);
		for (unsigned e = 0; e < EFFORTS; e++)
			assert_true(check_one(e, in, n) < period + 150);
	}
}

/* Distances of more than the window, of which some look like shorter ones as they are kept in 16 bits. */
static void every_long_period_is_decoded(void **state)
{
	static const size_t periods[] = { 32767, 32768, 32769, 49152, 65535, 65536, 65537, 98304, 131072, 262144 };

	(void)state;
	for (unsigned i = 0; i < sizeof periods / sizeof *periods; i++) {
		fill_period(in, MOST, periods[i]);
		for (unsigned e = 0; e < EFFORTS; e++) {
			size_t made = check_one(e, in, MOST);

			if (periods[i] <= MSK_WINDOW)
				assert_in_range(made, periods[i], periods[i] + (e < QUICKS ? 8000 : 6000));
			else
				assert_true(made > MOST);
		}
	}
}

/* Bytes of `n` with a copy of so many at `at`, from so far back, and no other. */
static size_t size_with_copy(unsigned effort, size_t n, size_t at, size_t length, size_t distance)
{
	chance = 1;
	fill_noise(in, n, 100);
	for (size_t i = at; i < at + length; i++)
		in[i] = in[i - distance];
	return check_one(effort, in, n);
}

static void copies_are_found_within_the_window(void **state)
{
	static const size_t distances[] = { 1, 2, 3, 4, 5, 24576, 24577, 32766, 32767, 32768 };

	(void)state;
	for (unsigned e = 0; e < EFFORTS; e++) {
		const size_t n = 80000, none = size_with_copy(e, n, 70000, 0, 1);

		for (unsigned i = 0; i < sizeof distances / sizeof *distances; i++)
			assert_in_range(size_with_copy(e, n, 70000, 200, distances[i]), none - 170, none - 150);
		assert_in_range(size_with_copy(e, n, 70000, 200, 32769), none - 5, none + 5);
		assert_in_range(size_with_copy(e, n, 70000, 200, 65536), none - 5, none + 5);
	}
}

static void copies_at_the_end_are_found(void **state)
{
	(void)state;
	for (unsigned e = 0; e < EFFORTS; e++)
		for (size_t behind = 0; behind < 16; behind++) {
			const size_t n = 5000, none = size_with_copy(e, n, 0, 0, 1);

			for (size_t length = 1; length < 40; length++)
				assert_true(size_with_copy(e, n, n - length - behind, length, 1234) <= none + 4);
			assert_true(size_with_copy(e, n, n - 40 - behind, 40, 1234) < none - 25);
			assert_true(size_with_copy(e, n, n - 300 - behind, 300, 1234) < none - 230);
		}
}

/* A few copies from the end of the window behind a lot of noise: a block of its own, for which fixed codes are the best. */
static void fixed_codes_reach_as_far(void **state)
{
	const size_t noise = MOST - PIECE;
	size_t n = noise;

	(void)state;
	chance = 3;
	fill_noise(in, noise, 256);
	for (size_t i = 0; i < 10; i++) {
		size_t distance = MSK_WINDOW - i * 700, end = n + 12 + 9 * i;

		for (; n < end; n++)
			in[n] = in[n - distance];
	}
	/* Quick efforts do not find them all: of most slots a later place is known. */
	for (unsigned e = 0; e < EFFORTS; e++)
		assert_in_range(check_one(e, in, n), noise + 76, noise + (e < QUICKS ? 400 : 81));
}

/* One byte that repeats, up to the last but some. */
static void runs_at_the_end_are_found(void **state)
{
	(void)state;
	for (size_t length = 1; length < 600; length += 1 + length / 40)
		for (size_t behind = 0; behind < 14; behind += 1 + behind / 2) {
			chance = 1;
			fill_noise(in, 2000, 256);
			memset(in + 2000 - behind - length, 'x', length);
			check(in, 2000);
		}
}

/* Of the code of a block's literals and lengths: pairs that are made as in huffman.h, but of any length. */
static unsigned depth_without_limit(const uint32_t *uses)
{
	struct { uint32_t uses; unsigned depth; } left[LITLEN];
	unsigned n = 0;

	for (unsigned i = 0; i < LITLEN; i++)
		if (uses[i]) {
			left[n].uses = uses[i];
			left[n++].depth = 0;
		}
	for (; n > 1; n--) {
		/* The two least go to the end. */
		for (unsigned place = n - 1; place + 3 > n; place--)
			for (unsigned i = 0; i < place; i++)
				if (left[i].uses < left[place].uses) {
					typeof(left[0]) swapped = left[i];

					left[i] = left[place];
					left[place] = swapped;
				}
		left[n - 2].uses += left[n - 1].uses;
		left[n - 2].depth = 1 + (left[n - 1].depth > left[n - 2].depth ? left[n - 1].depth : left[n - 2].depth);
	}
	return left[0].depth;
}

static unsigned deepest_block(const struct msk_deflate *d)
{
	unsigned deepest = 0;

	for (unsigned i = 0; i < d->n_pieces; i = d->next[i]) {
		unsigned depth = depth_without_limit(d->pieces[i].uses);

		deepest = depth > deepest ? depth : deepest;
	}
	return deepest;
}

static void codes_that_would_be_too_long_are_cut(void **state)
{
	(void)state;
	for (unsigned e = 0; e < EFFORTS; e++) {
		fill(in, MOST, FIBONACCI);
		check_one(e, in, MOST);
		assert_true(deepest_block(used[e]) > CODE_MOST);
	}
}

static void the_worst_fits(void **state)
{
	(void)state;
	chance = 7;
	for (size_t n = 1; n < MOST; n += 1 + n / 2) {
		fill_noise(in, n, 256);
		for (unsigned e = 0; e < EFFORTS; e++)
			assert_true(check_one(e, in, n) <= n + 5 * (n / PIECE + 2));
	}
	for (unsigned bias = 0; bias < 100; bias += 7) {
		fill_barely(in, MOST, bias);
		check_one(bias % EFFORTS, in, MOST);
	}
}

/* Many short steps: three or four bytes each, near. */
static void the_shortest_copies_fit(void **state)
{
	(void)state;
	chance = 9;
	for (unsigned values = 2; values < 40; values += 1 + values / 3) {
		/* Any three bytes were there before, no seven were. */
		fill_noise(in, MOST, values);
		for (unsigned e = 0; e < EFFORTS; e += 3)
			check_one(e, in, MOST);
		for (size_t i = 3000; i + 4 < MOST; i += 4) {
			size_t from = i - 20 - next_random() % 2900;

			memmove(in + i, in + from, 3);
			in[i + 3] = (unsigned char)next_random();
		}
		for (unsigned e = 1; e <= QUICKS; e++)
			check_one(e, in, MOST);
	}
}

static void assert_same_as_fresh(unsigned effort, enum kind kind, size_t n)
{
	struct msk_deflate *fresh = msk_deflate_new(&msk_deflate_efforts[effort]);
	struct exact a, b;
	size_t n_a, n_b;

	fill(in, n, kind);
	n_a = make(fresh, in, n, &a);
	n_b = make(used[effort], in, n, &b);
	assert_int_equal(n_a, n_b);
	assert_memory_equal(a.p, b.p, n_a);
	free(a.memory);
	free(b.memory);
	msk_deflate_free(fresh);
}

static void the_processor_decides_of_no_byte(void **state)
{
	struct msk_deflate *plainly;
	struct exact a, b;
	size_t n_a, n_b;

	(void)state;
	if (!msk_deflate_shifts_fast()) {
		print_message("cannot: this processor has the slow way alone\n");
		skip();
	}
	for (unsigned e = 0; e < EFFORTS; e++) {
		plainly = msk_deflate_new(&msk_deflate_efforts[e]);
		assert_true(plainly->shifts_fast);
		plainly->shifts_fast = false;
		for (unsigned k = 0; k < KINDS; k++) {
			fill(in, 200000, k);
			n_a = make(plainly, in, 200000, &a);
			n_b = make(used[e], in, 200000, &b);
			assert_int_equal(n_a, n_b);
			assert_memory_equal(a.p, b.p, n_a);
			free(a.memory);
			free(b.memory);
		}
		msk_deflate_free(plainly);
	}
}

static void nothing_of_before_is_left(void **state)
{
	static const size_t sizes[] = { MOST, 0, 300000, 5, 40000, MOST, 70000, 13 };

	(void)state;
	for (unsigned round = 0; round < 5; round++)
		for (unsigned i = 0; i < 8; i++)
			assert_same_as_fresh((round + i) % EFFORTS, (i * (2 * round + 1) + round) % KINDS,
					     sizes[(i * 3 + round) % 8]);
}

static void more_effort_is_worth_it(void **state)
{
	size_t size[EFFORTS];

	(void)state;
	for (unsigned e = 0; e < EFFORTS; e++) {
		fill(in, MOST, WORDS);
		size[e] = check_one(e, in, MOST);
		/* So few words are as easy for the last of the quick as for the next. */
		assert_true(e == 0 || e == QUICKS || size[e] < size[e - 1]);
	}
}

static void add_made(struct msk_sha256 *hash, size_t n, enum kind kind, unsigned from, unsigned to)
{
	fill(in, n, kind);
	for (unsigned e = from; e < to; e++) {
		struct exact out;
		size_t made = make(used[e], in, n, &out);

		msk_sha256_add(hash, out.p, made);
		free(out.memory);
	}
}

static void assert_made(enum kind kind, unsigned from, unsigned to, const char *want)
{
	static const size_t sizes[] = { 0, 1, 2, 3, 5, 9, 13, 20, 30, 50, 80, 130, 300, 1000, 4000, 8192, 20000, MOST };
	MSK_CLEANUP(msk_sha256_cleanup) struct msk_sha256 *hash = msk_sha256_new();
	struct msk_digest digest;

	for (unsigned i = 0; i < sizeof sizes / sizeof *sizes; i++)
		add_made(hash, sizes[i], kind, from, to);
	msk_sha256_end(hash, &digest);
	assert_string_equal(digest.text, want);
}

/* Whoever changes one of these changes what images are made of: the number in MSK_DEFLATE_NAME is raised then, what
 * oci-layout-spec/README.md says of it is changed with it, and CHANGELOG.md tells. */
static void the_bytes_are_those_of_this_name(void **state)
{
	static const char *const quick[KINDS] = {
		[ZEROS] = "sha256:f77264fb4cbfbb5580f783cd188346ed5a375a881d6c6c49075b7e6d498ff28e",
		[FEW] = "sha256:c529bfcaeb518a575d570ea5f4a90ac63bd1cd4620545b00a51da13fc7eb0928",
		[NOISE] = "sha256:1eae883f1b97ce1dd093ea846287bcd3d280d3f67c56222f00501b73518019f5",
		[WORDS] = "sha256:cd46da2bd1dfcc237226e47bec54475ccf84e5b83bd255597a99100a85ed0958",
		[COUNTERS] = "sha256:9cc5811975649722131c10febbcba342a42014da367b72098bf6e807c451d49b",
		[PERIOD] = "sha256:11cf8b093b9b022acf49a1c5de31f6cc59e723ceb7239dad6de3d7b2e35508b5",
		[FIBONACCI] = "sha256:8253aade68f90007ac05181999d1af85fe46dc3bc1b7b95e28f842d6ad4aebdb",
		[BARELY] = "sha256:103639491a09ef8870229cb3ff000bc3c339efbe6b8196bea42ca013bc03b62e",
		[MIXED] = "sha256:dae7baac3e5015092651803cf2c86fbe9fa29be08d824bf9d7a79d9c5d51e132",
	};
	static const char *const others[KINDS] = {
		[ZEROS] = "sha256:54cb30da4b66cb3e2dac0952b0d05ee6b6aa2a21f40180cfe97dfe57377414bd",
		[FEW] = "sha256:1b4689d0c56ea69b6298a4a60432a4740f71e8a93e36e7da01b7311603e7c293",
		[NOISE] = "sha256:7dde717483ec053edabc4c8d7c71887ac4d129c4f1d902844028c8870302d58f",
		[WORDS] = "sha256:d5a138132ba330b9a294dbc5f07b85482a7691f11c8d5b4de8eabbcb140cf724",
		[COUNTERS] = "sha256:76ba15c85f3ac36cbd157d69d34e659f6d113271463cddcf64939ec8f5703ab2",
		[PERIOD] = "sha256:78bed036c11d28742b6e92835bff026c5aa91a73cd3aba9746ea4fe9ee9632dc",
		[FIBONACCI] = "sha256:8a00cc5d9a571655361542e8ead8550007950172c1eb64728c3e52d84821cc1c",
		[BARELY] = "sha256:c6a562e6741d92ba4f56686d072951186417d6a3c0e39e5cb0e5305471167b6a",
		[MIXED] = "sha256:7ffa3b377d31a6518d84a3fdb426f140db39b1aa885c51bed497f15c7276b416",
	};

	(void)state;
	assert_string_equal(MSK_DEFLATE_NAME, "mkscratch deflate 1");
	for (enum kind kind = 0; kind < KINDS; kind++) {
		assert_made(kind, QUICKS, EFFORTS, others[kind]);
		assert_made(kind, 0, QUICKS, quick[kind]);
	}
}

static int set_up(void **state)
{
	(void)state;
	for (unsigned e = 0; e < EFFORTS; e++)
		used[e] = msk_deflate_new(&msk_deflate_efforts[e]);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	for (unsigned e = 0; e < EFFORTS; e++)
		msk_deflate_free(used[e]);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(any_size_of_any_kind_is_decoded),
		cmocka_unit_test(every_small_size_is_decoded),
		cmocka_unit_test(every_short_period_is_decoded),
		cmocka_unit_test(every_long_period_is_decoded),
		cmocka_unit_test(copies_are_found_within_the_window),
		cmocka_unit_test(copies_at_the_end_are_found),
		cmocka_unit_test(fixed_codes_reach_as_far),
		cmocka_unit_test(runs_at_the_end_are_found),
		cmocka_unit_test(codes_that_would_be_too_long_are_cut),
		cmocka_unit_test(the_worst_fits),
		cmocka_unit_test(the_shortest_copies_fit),
		cmocka_unit_test(the_processor_decides_of_no_byte),
		cmocka_unit_test(nothing_of_before_is_left),
		cmocka_unit_test(more_effort_is_worth_it),
		cmocka_unit_test(the_bytes_are_those_of_this_name),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
