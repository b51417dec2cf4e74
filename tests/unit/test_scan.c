/* The scan for many patterns at once, held to the plain way of looking for one after the other. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "../../src/doctor/scan.h"
#include "mkscratch/mem.h"
#include "mkscratch/staging.h"

#define SIZE (700u << 10)          /* several windows */

static uint32_t seed = 7;

static uint32_t next_random(void)
{
	seed = seed * 1664525 + 1013904223;
	return seed >> 8;
}

static const struct scan_pattern patterns[] = {
	{ "aaaa", 4 }, { "aaaab", 5 }, { "abab", 4 }, { "bbbbbbbbbbbbbbbb", 16 }, { "\0\0\0a", 4 }, { "abba\0", 5 },
	{ "b\0b\0b", 5 },
};
#define N (sizeof patterns / sizeof *patterns)

struct seen {
	const unsigned char *data;
	size_t n, seen;                /* bytes of it, and hits so far */
	uint64_t last, sum[N];
	size_t count[N];
};

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* What is promised around a hit is looked at each time, the whole of the window at every 256th. */
static void on_hit(void *ctx, const struct scan_hit *h)
{
	struct seen *s = ctx;
	bool whole = s->seen++ % 256 == 0;
	size_t before = whole ? h->before : least(h->before, SCAN_BEFORE);
	size_t after = whole ? h->after : least(h->after, SCAN_AHEAD);

	assert_true(h->which < N && h->offset >= s->last);
	assert_memory_equal(h->p, patterns[h->which].bytes, patterns[h->which].n);
	assert_memory_equal(h->p - before, s->data + h->offset - before, before + after);
	assert_true(h->after >= SCAN_AHEAD || h->offset + h->after == s->n);
	assert_true(h->before >= SCAN_BEFORE || h->before == h->offset);
	s->last = h->offset;
	s->count[h->which]++;
	s->sum[h->which] += h->offset;
}

/* `n` bytes of few kinds, so that there are many hits. */
static void scan(size_t n)
{
	MSK_CLEANUP(scan_set_cleanup) struct scan_set *set = scan_set_new(patterns, N);
	MSK_AUTO_FREE unsigned char *data = msk_xmalloc(n + 1);
	struct seen got = { .data = data, .n = n }, want = { .n = n };
	struct msk_rofile f = { .fd = -1, .size = n };
	struct msk_err err = MSK_ERR_INIT;

	for (size_t i = 0; i < n; i++)
		data[i] = (unsigned char)"ab\0b"[next_random() % 4];
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < N; k++)
			if (patterns[k].n <= n - i && memcmp(data + i, patterns[k].bytes, patterns[k].n) == 0) {
				want.count[k]++;
				want.sum[k] += i;
			}
	assert_int_equal(msk_staging_file(&f.fd, &err), 0);
	assert_int_equal(pwrite(f.fd, data, n, 0), n);
	assert_int_equal(scan_file(set, &f, "file", on_hit, &got, &err), 0);
	assert_memory_equal(got.count, want.count, sizeof want.count);
	assert_memory_equal(got.sum, want.sum, sizeof want.sum);
	close(f.fd);
}

static void every_hit_is_found_once_wherever_it_lies(void **state)
{
	(void)state;
	for (size_t n = 0; n < 200; n++)
		scan(n);
	for (size_t more = 0; more < 6; more++)
		scan(SIZE + more);
	/* The ends of windows. */
	for (size_t n = (256u << 10) - 9; n < (256u << 10) + 9; n++)
		scan(n);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_hit_is_found_once_wherever_it_lies),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
