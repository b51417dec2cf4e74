/* Bytes in memory, read as a file would be. */
#ifndef MEMORY_READER_H
#define MEMORY_READER_H

#include <string.h>

#include "mkscratch/stream.h"
#include "mkscratch/str.h"

struct memory {
	struct msk_reader r;
	const struct msk_str *bytes;
	size_t at;
};

static ssize_t memory_read(struct msk_reader *r, void *p, size_t n, struct msk_err *err)
{
	struct memory *m = (struct memory *)r;
	size_t left = m->bytes->len - m->at;

	(void)err;
	n = n < left ? n : left;
	if (n)
		memcpy(p, m->bytes->buf + m->at, n);
	m->at += n;
	return (ssize_t)n;
}

#endif
