#include <elf.h>
#include <string.h>

#include "parse.h"

/* Go's build info (package debug/buildinfo): a magic aligned to 16 in a section of its own, which lies in a writable
 * segment (the first one before Go 1.26), a pointer size and flags behind it. Since 1.18 two counted strings follow at +32;
 * before, pointers to Go strings. */
#define SECTION     ".go.buildinfo"
#define SCAN_LIMIT  (16 << 20)
#define CHUNK       (1 << 16)
#define TEXT_LIMIT  (1 << 20)
#define HEADER      32
#define ALIGNMENT   16
#define FRAME       16             /* bytes at either end of the module text */

static const char magic[] = "\xff Go buildinf:";

static bool find_magic(const unsigned char *buf, size_t n, size_t *at)
{
	for (size_t i = 0; i + HEADER <= n; i += ALIGNMENT)
		if (memcmp(buf + i, magic, sizeof magic - 1) == 0) {
			*at = i;
			return true;
		}
	return false;
}

/* Scan n bytes at an offset. The header is aligned by address; chunks overlap so that it is never cut. */
static int scan(const struct msk_elf_source *s, uint64_t offset, uint64_t vaddr, uint64_t n_bytes, unsigned char *buf,
		uint64_t *budget, uint64_t *out, struct msk_err *err)
{
	uint64_t end = n_bytes < *budget ? n_bytes : *budget;

	*budget -= end;
	for (uint64_t at = -vaddr & (ALIGNMENT - 1); at + HEADER <= end; at += CHUNK - HEADER) {
		size_t n = end - at < CHUNK ? (size_t)(end - at) : CHUNK, found;

		if (msk_elf_source_read(s, offset + at, buf, n, err) < 0)
			return -1;
		if (find_magic(buf, n, &found)) {
			*out = offset + at + found;
			return 0;
		}
	}
	return 0;
}

static int scan_segments(const struct msk_elf_source *s, uint64_t *out, struct msk_err *err)
{
	MSK_AUTO_FREE unsigned char *buf = msk_xmalloc(CHUNK);
	uint64_t budget = SCAN_LIMIT;

	for (size_t i = 0; i < s->n_segs && !*out; i++) {
		const struct msk_segment *g = &s->segs[i];

		if (g->type == PT_LOAD && (g->flags & (PF_X | PF_W)) == PF_W &&
		    scan(s, g->offset, g->vaddr, g->filesz, buf, &budget, out, err) < 0)
			return -1;
	}
	return 0;
}

/* Where the info begins in the file; 0 when there is none. Sections that have names tell whether there is any, which
 * spares programs in other languages the scan. */
static int locate_info(const struct msk_elf_source *s, uint64_t *out, struct msk_err *err)
{
	MSK_CLEANUP(msk_elf_layout_release) struct msk_elf_layout l = { 0 };
	const struct msk_layout_section *info;
	unsigned char head[HEADER + ALIGNMENT];
	uint64_t budget = sizeof head;

	if (msk_layout_sections(s, &l, err) < 0)
		return -1;
	if (!msk_elf_layout_find(&l, ".text") && !msk_elf_layout_find(&l, SECTION))
		return scan_segments(s, out, err);
	info = msk_elf_layout_find(&l, SECTION);
	return info && info->in_file ? scan(s, info->offset, info->addr, info->size, head, &budget, out, err) : 0;
}

/* Add n bytes at `at`, or nothing when they make no sense. */
static int add_text(const struct msk_elf_source *s, uint64_t at, uint64_t n, struct msk_str *out,
		    struct msk_err *err)
{
	MSK_AUTO_FREE char *text = NULL;

	if (n == 0 || n > TEXT_LIMIT || !msk_elf_source_holds(s, at, n))
		return 0;
	text = msk_xmalloc((size_t)n);
	if (msk_elf_source_read(s, at, text, (size_t)n, err) < 0)
		return -1;
	msk_str_add(out, text, (size_t)n);
	return 0;
}

/* {uvarint length, bytes}; *at moves behind it. */
static int add_counted(const struct msk_elf_source *s, uint64_t *at, struct msk_str *out, struct msk_err *err)
{
	unsigned char buf[10];
	uint64_t left = *at < s->file->size ? s->file->size - *at : 0, n = 0;
	size_t got = left < sizeof buf ? (size_t)left : sizeof buf, i = 0;

	if (msk_elf_source_read(s, *at, buf, got, err) < 0)
		return -1;
	while (i < got && i < 9) {
		n |= (uint64_t)(buf[i] & 0x7f) << (7 * i);
		if (!(buf[i++] & 0x80)) {
			*at += i + n;
			return add_text(s, *at - n, n, out, err);
		}
	}
	return 0;
}

/* The string header that address `where` points at: {pointer, length} in the file's words. */
static int add_pointed(const struct msk_elf_source *s, uint64_t where, struct msk_str *out,
		       struct msk_err *err)
{
	const size_t word = s->is64 ? 8 : 4;
	unsigned char header[16];
	uint64_t at, room, n;

	if (!msk_elf_source_locate(s, where, &at, &room) || room < 2 * word)
		return 0;
	if (msk_elf_source_read(s, at, header, 2 * word, err) < 0)
		return -1;
	n = msk_elf_source_word(s, header + word);
	if (!msk_elf_source_locate(s, msk_elf_source_word(s, header), &at, &room) || room < n)
		return 0;
	return add_text(s, at, n, out, err);
}

/* The frame's bytes are no text, and may hold NUL; the text ends with a newline before the last of them. */
static char *without_frame(const char *framed, size_t n)
{
	if (n < 2 * FRAME + 1 || framed[n - FRAME - 1] != '\n')
		return NULL;
	return msk_xstrndup(framed + FRAME, n - 2 * FRAME);
}

static bool is_version(const struct msk_str *v)
{
	const char *text = msk_str_c(v);

	return (msk_starts_with(text, "go") || msk_starts_with(text, "devel")) && v->len < 256 && strlen(text) == v->len;
}

static int read_info(const struct msk_elf_source *s, uint64_t at, struct msk_str *version,
		     struct msk_str *text, struct msk_err *err)
{
	const size_t word = s->is64 ? 8 : 4;
	unsigned char head[HEADER];
	uint64_t strings = at + HEADER;

	if (msk_elf_source_read(s, at, head, sizeof head, err) < 0)
		return -1;
	if (head[15] & 2)
		return add_counted(s, &strings, version, err) < 0 ? -1 : add_counted(s, &strings, text, err);
	return add_pointed(s, msk_elf_source_word(s, head + 16), version, err) < 0 ? -1 :
	       add_pointed(s, msk_elf_source_word(s, head + 16 + word), text, err);
}

int msk_golang_read(const struct msk_elf_source *s, struct msk_elf *e, struct msk_err *err)
{
	MSK_AUTO_STR version = MSK_STR_INIT;
	MSK_AUTO_STR text = MSK_STR_INIT;
	uint64_t at = 0;

	if (locate_info(s, &at, err) < 0)
		return -1;
	if (at && read_info(s, at, &version, &text, err) < 0)
		return -1;
	if (is_version(&version)) {
		e->go_version = msk_str_take(&version);
		e->go_info = without_frame(msk_str_c(&text), text.len);
	}
	return 0;
}

char *msk_elf_go_setting(const struct msk_elf *e, const char *key)
{
	size_t n = strlen(key);

	for (const char *line = e->go_info; line && *line;) {
		const char *end = strchr(line, '\n');
		size_t len = end ? (size_t)(end - line) : strlen(line);

		if (len > 7 + n && msk_starts_with(line, "build\t") && strncmp(line + 6, key, n) == 0 &&
		    line[6 + n] == '=')
			return msk_xstrndup(line + 7 + n, len - 7 - n);
		line = end ? end + 1 : NULL;
	}
	return NULL;
}
