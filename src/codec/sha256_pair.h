/* The compression function of SHA-256 (FIPS 180-4, 6.2.2) over two states and the same blocks. Each round has to wait for
 * the one before it, and the processor's instructions for SHA-256 could do another in that time; and the message schedule,
 * which is of the bytes alone, is made once. So both together take about as long as one. */
#ifndef CODEC_SHA256_PAIR_H
#define CODEC_SHA256_PAIR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MSK_SHA256_BLOCK 64

/* Does this processor have the instructions, and the compiler? Whoever keeps the library from them (OPENSSL_ia32cap) is not
 * asked. */
bool msk_sha256_pair_can(void);
/* Only where it has. */
void msk_sha256_pair(uint32_t a[8], uint32_t b[8], const unsigned char *p, size_t blocks);

#endif
