#include "sha256_pair.h"

/* Compilers that know the instructions. */
#if defined __x86_64__ && (defined __clang__ || __GNUC__ >= 8)

#include <cpuid.h>
#include <immintrin.h>

#define SHA __attribute__((target("sha,sse4.1")))

/* FIPS 180-4, 4.2.2. */
static const uint32_t constants[64] __attribute__((aligned(16))) = {
	0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
	0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
	0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
	0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
	0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
	0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
	0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
	0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};

/* The words of a state as the instructions want them, from the highest lane to the lowest. */
struct state {
	__m128i abef, cdgh;
};

SHA static inline struct state load(const uint32_t h[8])
{
	__m128i dcba = _mm_loadu_si128((const __m128i *)h), hgfe = _mm_loadu_si128((const __m128i *)(h + 4));
	__m128i cdab = _mm_shuffle_epi32(dcba, 0xB1), efgh = _mm_shuffle_epi32(hgfe, 0x1B);

	return (struct state){ _mm_alignr_epi8(cdab, efgh, 8), _mm_blend_epi16(efgh, cdab, 0xF0) };
}

SHA static inline void store(uint32_t h[8], struct state s)
{
	__m128i feba = _mm_shuffle_epi32(s.abef, 0x1B), dchg = _mm_shuffle_epi32(s.cdgh, 0xB1);

	_mm_storeu_si128((__m128i *)h, _mm_blend_epi16(feba, dchg, 0xF0));
	_mm_storeu_si128((__m128i *)(h + 4), _mm_alignr_epi8(dchg, feba, 8));
}

SHA static inline struct state plus(struct state s, struct state t)
{
	return (struct state){ _mm_add_epi32(s.abef, t.abef), _mm_add_epi32(s.cdgh, t.cdgh) };
}

/* Four rounds; w: words of the schedule with their constants. */
SHA static inline struct state rounds(struct state s, __m128i w)
{
	s.cdgh = _mm_sha256rnds2_epu32(s.cdgh, s.abef, w);
	s.abef = _mm_sha256rnds2_epu32(s.abef, s.cdgh, _mm_shuffle_epi32(w, 0x0E));
	return s;
}

/* m: the last sixteen words of the schedule, four by four. Those of the rounds from 16 on are made while the ones before are
 * used: first half of each (msg1) as soon as its four are done with, second (msg2) right before it is needed. */
SHA static inline __attribute__((always_inline))
void add_block(struct state *a, struct state *b, const unsigned char *p)
{
	const __m128i swap = _mm_set_epi64x(0x0c0d0e0f08090a0b, 0x0405060700010203);
	const struct state was_a = *a, was_b = *b;
	__m128i m[4];

	for (int i = 0; i < 4; i++)
		m[i] = _mm_shuffle_epi8(_mm_loadu_si128((const __m128i *)(p + 16 * i)), swap);
#pragma GCC unroll 16
	for (int i = 0; i < 16; i++) {
		const __m128i now = m[i % 4], before = m[(i + 3) % 4];
		const __m128i w = _mm_add_epi32(now, _mm_load_si128((const __m128i *)(constants + 4 * i)));

		if (i >= 3 && i < 15)
			m[(i + 1) % 4] = _mm_sha256msg2_epu32(
				_mm_add_epi32(m[(i + 1) % 4], _mm_alignr_epi8(now, before, 4)), now);
		*a = rounds(*a, w);
		*b = rounds(*b, w);
		if (i >= 1 && i < 13)
			m[(i + 3) % 4] = _mm_sha256msg1_epu32(before, now);
	}
	*a = plus(*a, was_a);
	*b = plus(*b, was_b);
}

SHA void msk_sha256_pair(uint32_t a[8], uint32_t b[8], const unsigned char *p, size_t blocks)
{
	struct state sa = load(a), sb = load(b);

	for (; blocks; blocks--, p += MSK_SHA256_BLOCK)
		add_block(&sa, &sb, p);
	store(a, sa);
	store(b, sb);
}

bool msk_sha256_pair_can(void)
{
	unsigned eax, ebx, ecx, edx;

	return __get_cpuid(1, &eax, &ebx, &ecx, &edx) && (ecx & bit_SSSE3) && (ecx & bit_SSE4_1) &&
	       __get_cpuid_count(7, 0, &eax, &ebx, &ecx, &edx) && (ebx & bit_SHA);
}

#else

bool msk_sha256_pair_can(void)
{
	return false;
}

void msk_sha256_pair(uint32_t a[8], uint32_t b[8], const unsigned char *p, size_t blocks)
{
	(void)a, (void)b, (void)p, (void)blocks;
}

#endif
