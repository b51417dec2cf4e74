/* What the mutators by structure share. Each is a header mutate_<format>.h with one function that alters bytes where its
 * format has its fields, in place, within `room`, and returns their new number; fields that depend on others (checksums,
 * lengths) are made right again, so that an input comes past the first check. The same seed alters the same way.
 *
 * A target names one as LLVMFuzzerCustomMutator. Every third or so alteration is left to the fuzzer, which spoils what a
 * mutator keeps sound. */
#ifndef FUZZ_MUTATE_H
#define FUZZ_MUTATE_H

#include "fuzz.h"

/* libFuzzer's own alteration; in builds without it that of replay.c. */
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t room);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t room, unsigned seed);

struct mutation {
	uint8_t *p;
	size_t n, room;
	uint64_t state;             /* of the random numbers */
};

static inline struct mutation mutation_of(uint8_t *data, size_t size, size_t room, unsigned seed)
{
	return (struct mutation){ data, size, room, seed * 0x9e3779b97f4a7c15u + 1 };
}

/* Evenly below n, which is not 0. */
static inline uint64_t mutation_below(struct mutation *m, uint64_t n)
{
	m->state ^= m->state << 13;
	m->state ^= m->state >> 7;
	m->state ^= m->state << 17;
	return (m->state >> 11) % n;
}

static inline void mutation_by_fuzzer(struct mutation *m)
{
	m->n = LLVMFuzzerMutate(m->p, m->n, m->room);
}

/* Put `n` bytes (which may be some of p) in the place of the `old` at `at`; nothing happens where there is no room. */
static inline void mutation_splice(struct mutation *m, size_t at, size_t old, const void *bytes, size_t n)
{
	MSK_AUTO_FREE uint8_t *copy = msk_xmalloc(n + 1);

	if (at > m->n || old > m->n - at || m->n - old > m->room || n > m->room - (m->n - old))
		return;
	if (n)
		memcpy(copy, bytes, n);
	memmove(m->p + at + n, m->p + at + old, m->n - at - old);
	memcpy(m->p + at, copy, n);
	m->n += n - old;
}

/* A number at which readers of `width` bytes are wrong by one, or one near `old`. */
static inline uint64_t mutation_number(struct mutation *m, uint64_t old, unsigned width)
{
	const uint64_t top = width >= 8 ? UINT64_MAX : (1ull << 8 * width) - 1;
	const uint64_t edges[] = {
		0, 1, 2, 3, 4, 8, 16, 24, 56, 64, 512, 4096, 65535, 65536, 1 << 20, (1 << 20) + 1, top, top - 1, top / 2,
		top / 2 + 1, top - 7, m->n, m->n - 1, m->n + 1, m->n / 2,
	};

	switch (mutation_below(m, 4)) {
	case 0:  return old + 1 - 2 * mutation_below(m, 2);
	case 1:  return old ^ 1ull << mutation_below(m, 8 * width);
	case 2:  return old + 8 - mutation_below(m, 17);
	default: return edges[mutation_below(m, sizeof edges / sizeof *edges)];
	}
}

#endif
