/* Tars altered header by header, with the checksum made right behind it: numbers in octal and in base 256, types, names,
 * magics; entries repeated, removed, exchanged; pax records with their lengths, GNU's long names and sparse headers before
 * an entry. */
#ifndef FUZZ_MUTATE_TAR_H
#define FUZZ_MUTATE_TAR_H

#include <stdio.h>

#include "mutate.h"

#define TAR_BLOCK   512u
#define TAR_HEADERS 64

static inline unsigned tar_sum(const uint8_t *h)
{
	unsigned sum = 8 * ' ';

	for (size_t i = 0; i < TAR_BLOCK; i++)
		sum += i >= 148 && i < 156 ? 0 : h[i];
	return sum;
}

static inline void tar_seal(uint8_t *h)
{
	snprintf((char *)h + 148, 8, "%06o", tar_sum(h));
	h[155] = ' ';
}

static inline bool tar_is_header(const uint8_t *h)
{
	char digits[9] = "", *end;

	memcpy(digits, h + 148, 8);
	return strtoul(digits, &end, 8) == tar_sum(h) && end != digits;
}

/* Where the headers are: all blocks with a right checksum, also those within what they head. */
static inline size_t tar_headers(const struct mutation *m, size_t *at)
{
	size_t n = 0;

	for (size_t i = 0; i + TAR_BLOCK <= m->n && n < TAR_HEADERS; i += TAR_BLOCK)
		if (tar_is_header(m->p + i))
			at[n++] = i;
	return n;
}

static const struct {
	size_t at, width;
} tar_numbers[] = { { 100, 8 }, { 108, 8 }, { 116, 8 }, { 124, 12 }, { 136, 12 }, { 329, 8 }, { 337, 8 }, { 386, 12 }, { 483,
	12 } };

static inline void tar_number(struct mutation *m, uint8_t *h)
{
	size_t i = mutation_below(m, sizeof tar_numbers / sizeof *tar_numbers), width = tar_numbers[i].width;
	uint8_t *p = h + tar_numbers[i].at;
	uint64_t v = mutation_number(m, mutation_below(m, 2048), 8);
	char text[32];

	switch (mutation_below(m, 4)) {
	case 0:
		memset(p, mutation_below(m, 2) ? 0xff : 0, width);
		p[0] |= 0x80;
		for (size_t k = 1; k < width && k <= 8; k++)
			p[width - k] = (uint8_t)(v >> 8 * (k - 1));
		break;
	case 1:
		snprintf(text, sizeof text, "%*llo", (int)width - 1, (unsigned long long)v);
		memcpy(p, text, width);
		break;
	case 2:
		p[mutation_below(m, width)] = (uint8_t)" 0-978\0\xff"[mutation_below(m, 8)];
		break;
	default:
		snprintf(text, sizeof text, "%0*llo", (int)width - 1, (unsigned long long)(v % 4096));
		memcpy(p, text, width);
	}
}

static inline void tar_name(struct mutation *m, uint8_t *h)
{
	static const char *const names[] = { "a", "a/", "./a", "/a", "../a", "a/../b", "a//b", ".", "/", ".wh.a",
		"a/.wh..wh..opq", ".wh.",
					     "a/b/c", "blobs/sha256/0", "index.json", "manifest.json", "\xff\xfe", "a\nb", "" };
	static const size_t fields[] = { 0, 157, 345, 265, 297 };
	size_t at = fields[mutation_below(m, 5)], width = at == 345 ? 155 : at >= 265 ? 32 : 100;

	if (mutation_below(m, 8) == 0)
		memset(h + at, 'n', width);
	else
		strncpy((char *)h + at, names[mutation_below(m, sizeof names / sizeof *names)], width - 1);
}

static inline void tar_field(struct mutation *m, uint8_t *h)
{
	static const char types[] = { '0', '1', '2', '3', '4', '5', '6', '7', 'x', 'g', 'L', 'K', 'S', 'D', 'V', 'M', 'N',
		'A', '\0' };
	static const char magics[][9] = { "ustar\0" "00", "ustar  ", "        ", "ustar\0" "  " };

	switch (mutation_below(m, 5)) {
	case 0:
	case 1:  tar_number(m, h); break;
	case 2:  h[156] = (uint8_t)types[mutation_below(m, sizeof types)]; break;
	case 3:  tar_name(m, h); break;
	default: memcpy(h + 257, magics[mutation_below(m, 4)], 8);
	}
	tar_seal(h);
}

/* A header of that type with `n` bytes of data, put in at `at`. */
static inline void tar_insert(struct mutation *m, size_t at, char type, const char *text, size_t n)
{
	uint8_t b[2 * TAR_BLOCK] = "extension";

	n = n < TAR_BLOCK ? n : TAR_BLOCK;
	memcpy(b + 100, "0000644\0" "0000000\0" "0000000\0", 24);
	snprintf((char *)b + 124, 12, "%011o", (unsigned)n);
	memcpy(b + 136, "00000000000", 12);
	b[156] = (uint8_t)type;
	memcpy(b + 257, "ustar\0" "00", 8);
	tar_seal(b);
	memcpy(b + TAR_BLOCK, text, n);
	mutation_splice(m, at, 0, b, sizeof b);
}

static inline void tar_insert_pax(struct mutation *m, size_t at)
{
	static const char *const keys[] = { "path", "linkpath", "size", "mtime", "uid", "gid", "uname", "SCHILY.xattr.user.a",
					    "SCHILY.xattr.security.capability", "LIBARCHIVE.xattr.user.b", "GNU.sparse.major",
					    "GNU.sparse.minor", "GNU.sparse.name", "GNU.sparse.realsize", "GNU.sparse.map",
						"GNU.sparse.size",
					    "GNU.sparse.numblocks", "hdrcharset", "SCHILY.acl.access", "comment",
						"SCHILY.fflags", "charset" };
	static const char *const values[] = { "", "0", "1", "-1", "1.5", "-1.000000001", "512", "8589934592",
		"9223372036854775807",
					      "99999999999999999999", "a", "a/b", "../x", "/x", "0,512", "0,1,1024,1", "BINARY",
					      "\1\0\0\2\0\4\0\0\0\0\0\0\0\0\0\0\0\0\0\0", "u::rwx,g::r,o::r", "\xff", "x=y\n" };
	const char *key = keys[mutation_below(m, sizeof keys / sizeof *keys)];
	const char *value = values[mutation_below(m, sizeof values / sizeof *values)];
	size_t bytes = value[0] == '\1' ? 20 : strlen(value), n = strlen(key) + bytes + 3, all = n + 1;
	MSK_AUTO_STR record = MSK_STR_INIT;

	all += all >= 10 ? 1 : 0;
	all += all >= 100 ? 1 : 0;
	msk_str_addf(&record, "%zu %s=", all, key);
	msk_str_add(&record, value, bytes);
	msk_str_addc(&record, '\n');
	tar_insert(m, at, mutation_below(m, 6) ? 'x' : 'g', record.buf, record.len);
}

static inline size_t tar_entry_size(const struct mutation *m, size_t at, const size_t *next, bool last)
{
	return last ? m->n - at : *next - at;
}

/* The entry at one place goes once more, or no more, to another. */
static inline void tar_shuffle(struct mutation *m, const size_t *at, size_t n)
{
	size_t i = mutation_below(m, n), k = mutation_below(m, n);
	size_t size = tar_entry_size(m, at[i], &at[i + 1 < n ? i + 1 : i], i + 1 == n);

	if (mutation_below(m, 3) == 0)
		mutation_splice(m, at[i], size, "", 0);
	else
		mutation_splice(m, at[k], 0, m->p + at[i], size);
}

static inline size_t mutate_tar(uint8_t *data, size_t size, size_t room, unsigned seed)
{
	struct mutation m = mutation_of(data, size, room, seed);
	size_t at[TAR_HEADERS];

	for (uint64_t more = 1 + mutation_below(&m, 3); more > 0; more--) {
		size_t n = tar_headers(&m, at), one;

		if (n == 0 || mutation_below(&m, 4) == 0) {
			mutation_by_fuzzer(&m);
			continue;
		}
		one = at[mutation_below(&m, n)];
		switch (mutation_below(&m, 6)) {
		case 0:  tar_insert_pax(&m, one); break;
		case 1:  tar_insert(&m, one, mutation_below(&m, 2) ? 'L' : 'K', "long/name/of", mutation_below(&m, 12)); break;
		case 2:  tar_shuffle(&m, at, n); break;
		default: tar_field(&m, m.p + one);
		}
	}
	return m.n;
}

#endif
