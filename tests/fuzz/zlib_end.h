/* Where zlib finds the end of a raw deflate stream, and the header of its last block: what our own walk is held against. */
#ifndef FUZZ_ZLIB_END_H
#define FUZZ_ZLIB_END_H

#include <stdlib.h>
#include <zlib.h>

#include "../../src/codec/deflate_end.h"

/* False: the stream is not sound, or does not end. After every block zlib stops, and tells how many bits of the last byte it
 * has not used: there the next header begins, or, after the last block, the stream ends. */
static inline bool zlib_finds_end(const unsigned char *p, size_t n, struct msk_deflate_end *out)
{
	static unsigned char plain[1u << 20];
	z_stream z = { .next_in = (unsigned char *)(uintptr_t)p, .avail_in = (unsigned)n };
	int rc;

	if (inflateInit2(&z, -15) != Z_OK)
		abort();
	do {
		z.next_out = plain;
		z.avail_out = sizeof plain;
		rc = inflate(&z, Z_BLOCK);
		if (rc == Z_OK && (z.data_type & 128))
			*(z.data_type & 64 ? &out->bits : &out->last_header) =
				(uint64_t)(n - z.avail_in) * 8 - (unsigned)(z.data_type & 7);
	} while (rc == Z_OK);
	inflateEnd(&z);
	return rc == Z_STREAM_END;
}

#endif
