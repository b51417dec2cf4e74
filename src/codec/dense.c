#include "dense.h"

#include <stdint.h>
#include <string.h>

#include "mkscratch/le.h"

#define GLANCE 4096u
#define GLANCE_SUM 73728u
#define WINDOW 32768u             /* of deflate */
#define SLOTS (1u << 13)          /* 17 bits of the hash, the upper 4 of which are zeros */
#define NEVER UINT32_MAX

/* How often each value occurs, squared and added up. Four tables: one would wait for itself where values repeat. */
static uint64_t sum_of_squares(const unsigned char *p, size_t n)
{
	uint32_t count[4][256] = { { 0 } };
	uint64_t sum = 0;

	for (size_t i = 0; i < n; i++)
		count[i % 4][p[i]]++;
	for (unsigned v = 0; v < 256; v++) {
		uint64_t all = (uint64_t)count[0][v] + count[1][v] + count[2][v] + count[3][v];

		sum += all * all;
	}
	return sum;
}

static bool seldom_repeats(const unsigned char *p, size_t n)
{
	uint32_t last[SLOTS];
	size_t samples = 0, repeated = 0;

	memset(last, 0xff, sizeof last);
	for (uint32_t i = 0; i + 4 <= n; i++) {
		uint32_t v = msk_four_bytes(p + i), h = v * 0x9E3779B1u, *at = &last[h >> 15 & (SLOTS - 1)];

		if (h >> 28)
			continue;
		samples++;
		repeated += *at != NEVER && i - *at <= WINDOW && msk_four_bytes(p + *at) == v;
		*at = i;
	}
	return repeated * 100 < samples;
}

bool msk_dense(const unsigned char *p, size_t n)
{
	if (n < GLANCE || sum_of_squares(p, GLANCE) > GLANCE_SUM)
		return false;
	return sum_of_squares(p, n) * 256 * 50 <= (uint64_t)n * n * 51 && seldom_repeats(p, n);
}
