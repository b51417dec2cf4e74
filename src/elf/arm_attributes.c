/* .ARM.attributes: 'A', then subsections {u32 length, vendor name, NUL, {tag, u32 length, attributes}...}. Numbers are
 * ULEB128 but for the lengths, which have the file's byte order: only little-endian ARM is of interest here. */
#include <string.h>

#include "image_file.h"

#define TAG_FILE 1
#define TAG_CPU_ARCH 6

struct bytes {
	const unsigned char *p;
	size_t n;
};

static bool take_u32(struct bytes *b, uint32_t *out)
{
	if (b->n < 4)
		return false;
	*out = b->p[0] | (uint32_t)b->p[1] << 8 | (uint32_t)b->p[2] << 16 | (uint32_t)b->p[3] << 24;
	b->p += 4;
	b->n -= 4;
	return true;
}

static bool take_uleb(struct bytes *b, uint64_t *out)
{
	unsigned shift = 0;

	for (*out = 0; b->n && shift < 63; shift += 7) {
		unsigned char c = *b->p++;

		b->n--;
		*out |= (uint64_t)(c & 0x7f) << shift;
		if (!(c & 0x80))
			return true;
	}
	return false;
}

static bool skip_string(struct bytes *b)
{
	const unsigned char *end = memchr(b->p, 0, b->n);

	if (!end)
		return false;
	b->n -= (size_t)(end + 1 - b->p);
	b->p = end + 1;
	return true;
}

/* Tags 4, 5 and 67 hold strings, 32 a number and a string, odd ones from 33 on strings, all others numbers. */
static bool skip_value(struct bytes *b, uint64_t tag)
{
	uint64_t ignored;

	if (tag == 4 || tag == 5 || tag == 67 || (tag > 32 && tag % 2))
		return skip_string(b);
	return take_uleb(b, &ignored) && (tag != 32 || skip_string(b));
}

static unsigned find_cpu_arch(struct bytes b)
{
	uint64_t tag, value;

	while (b.n && take_uleb(&b, &tag)) {
		if (tag == TAG_CPU_ARCH)
			return take_uleb(&b, &value) && value < 256 ? (unsigned)value + 1 : 0;
		if (!skip_value(&b, tag))
			return 0;
	}
	return 0;
}

unsigned msk_arm_cpu_arch(const unsigned char *p, size_t n)
{
	struct bytes b = { p + 1, n - 1 };
	uint32_t length;

	if (n < 1 || p[0] != 'A' || !take_u32(&b, &length) || length < 4 || length - 4 > b.n)
		return 0;
	b.n = length - 4;
	if (b.n < 6 || memcmp(b.p, "aeabi", 6) != 0 || !skip_string(&b))
		return 0;
	if (b.n < 5 || b.p[0] != TAG_FILE)
		return 0;
	b.p++;
	b.n--;
	if (!take_u32(&b, &length) || length < 5 || length - 5 > b.n)
		return 0;
	b.n = length - 5;
	return find_cpu_arch(b);
}
