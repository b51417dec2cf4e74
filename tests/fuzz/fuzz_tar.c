/* A tar by its structure: what a fuzzer of bytes does not come by, checksums and lengths, is right. The first byte chooses
 * what is around it: 0 nothing, 1 gzip, 2 gzip in two members, 3 zstd; and 4 more: the rest are the bytes of the tar as they
 * are. Otherwise lines come, an entry each:
 *
 *   TYPE SIZE NAME [LINK]     TYPE is the character of the header; a file has SIZE bytes of data
 *   x KEY VALUE               a pax record for what follows; g: for all that follows
 *   L NAME, K NAME            GNU's long name, long link
 *   # BYTES                   a block of these bytes
 *
 * Packed and plain it is the same; read from where any of its entries begins, that entry comes first,
 * as long as the headers are those of a sound tar. */
#include <ctype.h>
#include <libdeflate.h>
#include <stdio.h>
#include <stdlib.h>
#include <zstd.h>

#include "fuzz.h"
#include "memory_reader.h"
#include "mkscratch/str.h"
#include "mkscratch/tar.h"
#include "mkscratch/xattr.h"
#include "mutate_tar.h"

FUZZ_ALLOCATOR_ENDS;

#define ROOM (1 << 14)
#define RAW  4

static void pad(struct msk_str *to)
{
	static const char zeros[512];

	msk_str_add(to, zeros, -to->len % 512);
}

static void add_header(struct msk_str *to, char type, unsigned long size, const char *name, const char *link)
{
	char h[512] = "";
	unsigned sum = 0;

	memcpy(h, name, strnlen(name, 100));
	memcpy(h + 100, "0000644\0" "0000000\0" "0000000\0", 24);
	snprintf(h + 124, 12, "%011lo", size & 077777777777);
	memcpy(h + 136, "00000000000\0" "        ", 20);
	h[156] = type;
	memcpy(h + 157, link, strnlen(link, 100));
	memcpy(h + 257, "ustar\0" "00", 8);
	for (size_t i = 0; i < sizeof h; i++)
		sum += (unsigned char)h[i];
	snprintf(h + 148, 8, "%06o", sum);
	msk_str_add(to, h, sizeof h);
}

static void add_data(struct msk_str *to, char type, const char *name, const char *text, size_t n)
{
	add_header(to, type, n, name, "");
	msk_str_add(to, text, n);
	pad(to);
}

/* "LENGTH KEY=VALUE\n", where LENGTH counts itself. */
static void add_pax(struct msk_str *to, char type, const char *key, const char *value)
{
	size_t n = strlen(key) + strlen(value) + 3, digits = 1;
	MSK_AUTO_STR record = MSK_STR_INIT;

	while (digits < 9 && (size_t)snprintf(NULL, 0, "%zu", n + digits) != digits)
		digits++;
	msk_str_addf(&record, "%zu %s=%s\n", n + digits, key, value);
	add_data(to, type, "pax", record.buf, record.len);
}

static void add_line(struct msk_str *to, char *line)
{
	static const char data[4096];
	char type = line[0], *a = strchr(line, ' '), *b = a ? strchr(a + 1, ' ') : NULL, *c;
	unsigned long size;

	a = a ? a + 1 : line + strlen(line);
	if (b)
		*b++ = '\0';
	else
		b = line + strlen(line);
	if (type == 'x' || type == 'g') {
		add_pax(to, type, a, b);
	} else if (type == 'L' || type == 'K') {
		add_data(to, type, "././@LongLink", a, strlen(a) + 1);
	} else if (type == '#') {
		msk_str_add(to, a, strlen(a));
		pad(to);
	} else if (type) {
		size = strtoul(a, NULL, 10);
		c = strchr(b, ' ');
		if (c)
			*c++ = '\0';
		add_header(to, type, size, b, c ? c : "");
		if (type == '0' && size <= sizeof data)
			msk_str_add(to, data, size);
		pad(to);
	}
}

static void make(const uint8_t *p, size_t n, struct msk_str *to)
{
	MSK_AUTO_FREE char *text = msk_xstrndup((const char *)p, n);

	for (char *line = text, *end; line && *line && to->len < ROOM; line = end) {
		end = strchr(line, '\n');
		if (end)
			*end++ = '\0';
		add_line(to, line);
	}
	msk_str_add(to, (const char[1024]){ 0 }, 1024);
}

static void gzip(const struct msk_str *plain, size_t from, size_t n, struct msk_str *to)
{
	struct libdeflate_compressor *c = libdeflate_alloc_compressor(1);
	size_t room = libdeflate_gzip_compress_bound(c, n);
	MSK_AUTO_FREE char *buf = msk_xmalloc(room);

	msk_str_add(to, buf, libdeflate_gzip_compress(c, plain->buf + from, n, buf, room));
	libdeflate_free_compressor(c);
}

static void pack(unsigned how, const struct msk_str *plain, struct msk_str *to)
{
	size_t half = how == 2 ? plain->len / 2 : 0, room = ZSTD_compressBound(plain->len);
	MSK_AUTO_FREE char *buf = msk_xmalloc(room);

	if (how == 3)
		msk_str_add(to, buf, ZSTD_compress(buf, room, plain->buf, plain->len, 1));
	if (how == 2)
		gzip(plain, 0, half, to);
	if (how == 1 || how == 2)
		gzip(plain, half, plain->len - half, to);
	if (how == 0)
		msk_str_add(to, plain->buf, plain->len);
}

static void add_xattrs(const char *text, struct msk_str *out)
{
	MSK_AUTO_XATTR x = { .name = MSK_STR_INIT };

	while (msk_xattr_next(&text, &x)) {
		msk_str_addf(out, "%s ", msk_str_c(&x.name));
		msk_xattr_add_value(out, &x);
		msk_str_addc(out, '\n');
	}
}

/* What the first `max` entries say of themselves, and how it ends; *where, if not NULL: where each begins. The size of a
 * hard link is left out: whether bytes follow is for what came before to say. */
static void list(struct msk_reader *r, size_t max, struct msk_str *out, struct msk_str *where)
{
	MSK_CLEANUP(msk_tar_in_cleanup) struct msk_tar_in *t = NULL;
	struct msk_err err = MSK_ERR_INIT;
	struct msk_tar_entry e;
	bool more = true;
	char buf[512];
	ssize_t n;
	int rc = msk_tar_in_new(r, "x", &t, &err);

	while (rc == 0 && max-- > 0) {
		rc = msk_tar_in_next(t, &e, &more, &err);
		if (rc < 0 || !more)
			break;
		assert(e.path && (e.type != MSK_TAR_SYMLINK || e.link) && (e.type != MSK_TAR_HARDLINK || e.link));
		if (where) {
			uint64_t at = msk_tar_in_position(t);

			msk_str_add(where, &at, sizeof at);
		}
		msk_str_addf(out, "%d %s %s %o %u %u %llu %lld %s\n", e.type, e.path, e.link ? e.link : "", e.mode, e.uid,
			     e.gid, (unsigned long long)(e.type == MSK_TAR_HARDLINK ? 0 : e.size), (long long)e.mtime,
			     e.xattrs ? e.xattrs : "");
		add_xattrs(e.xattrs ? e.xattrs : "", out);
		while ((n = msk_tar_in_read(t, buf, sizeof buf, &err)) > 0)
			;
		rc = n < 0 ? -1 : 0;
	}
	fuzz_check_error(rc, &err);
	if (rc < 0)
		msk_str_addf(out, "fails\n");
}

/* What is not read alike at the beginning of a tar and within: no name, a type that nobody knows, GNU's old sparse file, a
 * link to nothing or with bytes of its own. */
static bool is_odd(const struct msk_str *plain)
{
	for (size_t at = 0; at + TAR_BLOCK <= plain->len; at += TAR_BLOCK) {
		const char *h = plain->buf + at;
		char type = h[156];

		if (!tar_is_header((const uint8_t *)h))
			continue;
		if (!h[0] || type == 'S' || (type && !isalnum((unsigned char)type)))
			return true;
		if ((type == '1' || type == '2') && (!h[157] || memcmp(h + 124, "00000000000", 11) != 0))
			return true;
	}
	return false;
}

static void check_positions(const struct msk_str *plain, bool odd, const struct msk_str *listed, const struct msk_str *where)
{
	const char *line = msk_str_c(listed);

	for (size_t i = 0; i < where->len / sizeof(uint64_t); i++) {
		struct memory m = memory_of(plain->buf, plain->len);
		MSK_AUTO_STR one = MSK_STR_INIT;
		uint64_t at;

		memcpy(&at, where->buf + i * sizeof at, sizeof at);
		assert(at <= plain->len);
		m.at = (size_t)at;
		list(&m.r, 1, &one, NULL);
		assert(odd || strncmp(line, msk_str_c(&one), strcspn(line, "\n")) == 0);
		line += strcspn(line, "\n") + 1;
	}
}

/* One that holds for all behind it, which what is read from the middle does not know of. */
static bool has_global(const uint8_t *data, size_t size)
{
	if (!(data[0] & RAW))
		return memmem(data, size, "\ng ", 3) || data[1] == 'g';
	for (size_t at = 1; at + TAR_BLOCK <= size; at += TAR_BLOCK)
		if (data[at + 156] == 'g')
			return true;
	return false;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t room, unsigned seed)
{
	if (size == 0 || !(data[0] & RAW))
		return LLVMFuzzerMutate(data, size, room);
	return 1 + mutate_tar(data + 1, size - 1, room - 1, seed);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	MSK_AUTO_STR plain = MSK_STR_INIT;
	MSK_AUTO_STR packed = MSK_STR_INIT;
	MSK_AUTO_STR listed = MSK_STR_INIT;
	MSK_AUTO_STR again = MSK_STR_INIT;
	MSK_AUTO_STR where = MSK_STR_INIT;
	struct memory m, p;
	MSK_CLEANUP(msk_inflate_cleanup) struct msk_inflate *i = NULL;
	struct msk_err err = MSK_ERR_INIT;

	if (size < 2)
		return 0;
	if (data[0] & RAW)
		msk_str_add(&plain, data + 1, size - 1 < ROOM ? size - 1 : ROOM);
	else
		make(data + 1, size - 1, &plain);
	m = memory_of(plain.buf, plain.len);
	list(&m.r, SIZE_MAX, &listed, &where);
	if (!has_global(data, size))
		check_positions(&plain, data[0] & RAW || is_odd(&plain), &listed, &where);
	pack(data[0] & 3, &plain, &packed);
	p = memory_of(packed.buf, packed.len);
	assert(msk_inflate_new(&p.r, "x", &i, &err) == 0);
	list(msk_inflate_reader(i), SIZE_MAX, &again, NULL);
	assert(strcmp(msk_str_c(&listed), msk_str_c(&again)) == 0);
	return 0;
}
