#include "mkscratch/zlib.h"

#include <libdeflate.h>

/* libdeflate wants the whole room at once; it grows towards the limit, so that a small stream costs little. */
#define FIRST_ROOM 65536

static enum libdeflate_result inflate(struct libdeflate_decompressor *d, const void *p, size_t n, size_t room,
				      struct msk_str *out)
{
	MSK_AUTO_FREE char *buf = msk_xmalloc(room);
	size_t made = 0;
	enum libdeflate_result r = libdeflate_zlib_decompress(d, p, n, buf, room, &made);

	if (r == LIBDEFLATE_SUCCESS)
		msk_str_add(out, buf, made);
	return r;
}

bool msk_zlib_inflate(const void *p, size_t n, size_t limit, struct msk_str *out)
{
	struct libdeflate_decompressor *d = libdeflate_alloc_decompressor();
	enum libdeflate_result r = LIBDEFLATE_INSUFFICIENT_SPACE;
	size_t room = limit < FIRST_ROOM ? limit : FIRST_ROOM;

	if (!d)
		msk_oom();
	for (;; room = room > limit / 4 ? limit : room * 4) {
		r = inflate(d, p, n, room, out);
		if (r != LIBDEFLATE_INSUFFICIENT_SPACE || room == limit)
			break;
	}
	libdeflate_free_decompressor(d);
	return r == LIBDEFLATE_SUCCESS;
}
