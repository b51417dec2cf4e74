/* Go's build info, as far as the platform needs it: "\xff Go buildinf:" on a 16-byte boundary of a writable segment; since
 * Go 1.18 the texts follow in place, before that two pointers to Go strings do. */
#include <string.h>

#include "image_file.h"
#include "mkscratch/fs.h"

#define PT_LOAD 1
#define PF_W 2
#define MAX_SEARCH (1u << 20)       /* the linker puts it first in the data segment */
#define MAX_MODINFO (4u << 20)

static const unsigned char magic[14] = "\xff Go buildinf:";

static size_t read_at(const struct msk_image_file *i, void *buf, size_t n, uint64_t offset)
{
	struct msk_err ignored = MSK_ERR_INIT;
	ssize_t got = msk_pread_full(i->f->fd, buf, n, offset, i->name, &ignored);

	return got < 0 ? 0 : (size_t)got;
}

static bool find_magic(const struct msk_image_file *i, uint64_t *offset)
{
	unsigned char buf[65536];

	for (size_t k = 0; k < i->n_segments; k++) {
		const struct msk_segment *s = &i->segments[k];
		uint64_t end = s->filesz < MAX_SEARCH ? s->filesz : MAX_SEARCH;

		if (s->type != PT_LOAD || !(s->flags & PF_W))
			continue;
		/* Pieces overlap, so that no header lies across the end of one. */
		for (uint64_t at = 0; at < end; at += sizeof buf - 16) {
			size_t n = read_at(i, buf, sizeof buf, s->offset + at);

			for (size_t p = 0; p + 32 <= n; p += 16)
				if (memcmp(buf + p, magic, sizeof magic) == 0) {
					*offset = s->offset + at + p;
					return true;
				}
		}
	}
	return false;
}

static uint64_t get_word(const unsigned char *p, unsigned size, bool big_endian)
{
	uint64_t v = 0;

	for (unsigned k = 0; k < size; k++)
		v = v << 8 | p[big_endian ? k : size - 1 - k];
	return v;
}

/* A text with its length in front; *at moves behind it. */
static bool inline_text(const struct msk_image_file *i, uint64_t *at, uint64_t *start, uint64_t *n)
{
	unsigned char head[10];
	size_t got = read_at(i, head, sizeof head, *at);

	*n = 0;
	for (size_t k = 0; k < got && k < 9; k++) {
		*n |= (uint64_t)(head[k] & 0x7f) << (7 * k);
		if (head[k] & 0x80)
			continue;
		*start = *at + k + 1;
		*at = *start + *n;
		return *n <= MAX_MODINFO;
	}
	return false;
}

/* A pointer to a Go string header {pointer, length}. */
static bool pointed_text(const struct msk_image_file *i, const unsigned char *p, unsigned size, bool big_endian,
			 uint64_t *start, uint64_t *n)
{
	unsigned char header[16];
	uint64_t at, left;

	if (!msk_image_offset(i, get_word(p, size, big_endian), &at, &left) || left < 2 * size ||
	    read_at(i, header, 2 * size, at) != 2 * size)
		return false;
	*n = get_word(header + size, size, big_endian);
	return msk_image_offset(i, get_word(header, size, big_endian), start, &left) && *n <= left && *n <= MAX_MODINFO;
}

static bool find_modinfo(const struct msk_image_file *i, uint64_t *start, uint64_t *n)
{
	unsigned char head[32];
	uint64_t at;

	if (!find_magic(i, &at) || read_at(i, head, sizeof head, at) != sizeof head)
		return false;
	if (head[15] & 2) {
		at += 32;
		return inline_text(i, &at, start, n) && inline_text(i, &at, start, n);
	}
	if (head[14] != 4 && head[14] != 8)
		return false;
	return pointed_text(i, head + 16 + head[14], head[14], head[15] & 1, start, n);
}

bool msk_go_setting(const struct msk_image_file *i, const char *key, char *out, size_t size)
{
	MSK_AUTO_FREE char *line = msk_xasprintf("\nbuild\t%s=", key);
	MSK_AUTO_FREE char *text = NULL;
	const char *value;
	uint64_t start, n;
	size_t len;

	if (!find_modinfo(i, &start, &n))
		return false;
	text = msk_xcalloc(1, (size_t)n + 1);
	if (read_at(i, text, (size_t)n, start) != n)
		return false;
	value = memmem(text, (size_t)n, line, strlen(line));
	if (!value)
		return false;
	value += strlen(line);
	len = strcspn(value, "\n");
	if (len >= size)
		return false;
	memcpy(out, value, len);
	out[len] = '\0';
	return true;
}
