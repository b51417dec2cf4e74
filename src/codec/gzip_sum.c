#include "mkscratch/gzip_sum.h"

#include <libdeflate.h>
#include <string.h>

#include "mkscratch/le.h"

#define HEAD 4                        /* ID1, ID2, CM, FLG: of the last the three highest bits are zero */

static bool is_head(const unsigned char *p)
{
	return p[0] == 0x1f && p[1] == 0x8b && p[2] == 8 && p[3] < 0x20;
}

static void note_head(struct msk_gzip_sum *s, const unsigned char *p, uint64_t at)
{
	if (!is_head(p))
		return;
	if (at == 0)
		s->is_gzip = true;
	else
		s->has_more = true;
}

/* Heads that begin in what came before and end in `p`. */
static void look_across(struct msk_gzip_sum *s, const unsigned char *p, size_t n)
{
	unsigned char seam[2 * (HEAD - 1)];
	size_t before = s->packed < HEAD - 1 ? (size_t)s->packed : HEAD - 1, after = n < HEAD - 1 ? n : HEAD - 1;

	memcpy(seam, s->last + sizeof s->last - before, before);
	memcpy(seam + before, p, after);
	for (size_t i = 0; i < before && i + HEAD <= before + after; i++)
		note_head(s, seam + i, s->packed - before + i);
}

void msk_gzip_sum_packed(struct msk_gzip_sum *s, const void *pv, size_t n)
{
	const unsigned char *p = pv, *end = p + n, *at = p;
	size_t keep = n < sizeof s->last ? n : sizeof s->last;

	for (size_t i = 0; s->packed + i < sizeof s->head && i < n; i++)
		s->head[s->packed + i] = p[i];
	look_across(s, p, n);
	while (n >= HEAD && !s->has_more && at <= end - HEAD && (at = memchr(at, 0x1f, (size_t)(end - HEAD - at) + 1))) {
		note_head(s, at, s->packed + (uint64_t)(at - p));
		at++;
	}
	memmove(s->last, s->last + keep, sizeof s->last - keep);
	memcpy(s->last + sizeof s->last - keep, end - keep, keep);
	s->packed += n;
}

void msk_gzip_sum_plain(struct msk_gzip_sum *s, const void *p, size_t n)
{
	if (s->is_gzip && !s->has_more)
		s->crc = libdeflate_crc32(s->crc, p, n);
	s->plain += n;
}

bool msk_gzip_sum_is_right(const struct msk_gzip_sum *s)
{
	const unsigned char *trailer = s->last + sizeof s->last - 8;

	if (!s->is_gzip || s->has_more)
		return true;
	return msk_four_bytes(trailer) == s->crc && msk_four_bytes(trailer + 4) == (uint32_t)s->plain;
}
