/* Bytes that look like chance and are the same on every machine. */
#ifndef UNIT_NOISE_H
#define UNIT_NOISE_H

#include <stddef.h>
#include <stdint.h>
#include "mkscratch/mem.h"

/* Of `bits` random bits (1 to 8) each: fewer can be compressed. */
static inline unsigned char *make_noise(size_t n, unsigned bits)
{
	unsigned char *p = msk_xmalloc(n);
	uint64_t x = 42;

	for (size_t i = 0; i < n; i++) {
		x = x * 6364136223846793005u + 1442695040888963407u;
		p[i] = (unsigned char)(x >> (64 - bits));
	}
	return p;
}

#endif
