/* Bytes in memory, read as a file would be. */
#ifndef MEMORY_READER_H
#define MEMORY_READER_H

#include <stdint.h>
#include <string.h>

#include "mkscratch/stream.h"

struct memory {
	struct msk_reader r;       /* first: the reader is this */
	const void *p;
	size_t n, at;
	size_t most;               /* at once */
};

static ssize_t memory_read(struct msk_reader *r, void *p, size_t n, struct msk_err *err)
{
	struct memory *m = (struct memory *)r;
	size_t left = m->n - m->at;

	(void)err;
	n = n < left ? n : left;
	n = n < m->most ? n : m->most;
	if (n)
		memcpy(p, (const char *)m->p + m->at, n);
	m->at += n;
	return (ssize_t)n;
}

/* Borrows the bytes. */
static inline struct memory memory_of(const void *p, size_t n)
{
	return (struct memory){ { memory_read }, p, n, 0, SIZE_MAX };
}

#endif
