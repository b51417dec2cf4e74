/* Numbers in bytes, the lowest first, wherever they lie: one instruction where the processor has them so. */
#ifndef MKSCRATCH_LE_H
#define MKSCRATCH_LE_H

#include <stdint.h>
#include <string.h>

static inline uint32_t msk_four_bytes(const unsigned char *p)
{
	uint32_t v;

	memcpy(&v, p, sizeof v);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
	v = __builtin_bswap32(v);
#endif
	return v;
}

static inline uint64_t msk_eight_bytes(const unsigned char *p)
{
	uint64_t v;

	memcpy(&v, p, sizeof v);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
	v = __builtin_bswap64(v);
#endif
	return v;
}

static inline void msk_put_four_bytes(unsigned char *to, uint32_t v)
{
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
	v = __builtin_bswap32(v);
#endif
	memcpy(to, &v, sizeof v);
}

static inline void msk_put_eight_bytes(unsigned char *to, uint64_t v)
{
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
	v = __builtin_bswap64(v);
#endif
	memcpy(to, &v, sizeof v);
}

#endif
