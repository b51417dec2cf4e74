#include "ustar.h"

#include <string.h>

/* Fields: where they are and, of numbers, how many digits they have. */
#define NAME_AT     0
#define NAME_BYTES  100
#define MODE_AT     100
#define UID_AT      108
#define GID_AT      116
#define ID_DIGITS   6
#define SIZE_AT     124
#define MTIME_AT    136
#define LONG_DIGITS 11
#define SUM_AT      148
#define SUM_DIGITS  6
#define TYPE_AT     156
#define LINK_AT     157
#define MAGIC_AT    257
#define MAJOR_AT    329
#define MINOR_AT    337

#define ID_END    (UINT32_C(1) << 3 * ID_DIGITS)
#define MTIME_END INT32_MAX              /* of the library, which has a pax record from then on */

/* Bytes beyond ASCII have a pax record, and so has a name without a place. */
static bool is_plain(const char *text, size_t most)
{
	size_t n = 0;

	while (text[n] && !((unsigned char)text[n] & 0x80) && n <= most)
		n++;
	return n > 0 && n <= most && !text[n];
}

static bool fits(const struct msk_tar_entry *e)
{
	return is_plain(e->path, NAME_BYTES - (e->type == MSK_TAR_DIR)) && e->path[strlen(e->path) - 1] != '/' &&
	       (e->type != MSK_TAR_SYMLINK || is_plain(e->link, NAME_BYTES)) && !e->caps &&
	       e->mode <= 07777 && e->uid < ID_END && e->gid < ID_END && e->mtime >= 0 && e->mtime < MTIME_END &&
	       (e->type != MSK_TAR_FILE || e->size < MSK_TAR_USTAR_LIMIT);
}

static void put_octal(unsigned char *to, unsigned digits, uint64_t n)
{
	while (digits--) {
		to[digits] = (unsigned char)('0' + (n & 7));
		n >>= 3;
	}
}

/* A blank ends it, and a NUL where there is room. */
static void put_number(unsigned char *to, unsigned digits, uint64_t n)
{
	put_octal(to, digits, n);
	to[digits] = ' ';
}

static void put_sum(unsigned char *out)
{
	unsigned sum = 8 * ' ';

	for (size_t i = 0; i < MSK_TAR_BLOCK; i++)
		sum += out[i];
	put_octal(out + SUM_AT, SUM_DIGITS, sum);
	out[SUM_AT + SUM_DIGITS + 1] = ' ';
}

bool msk_ustar_header(const struct msk_tar_entry *e, unsigned char out[MSK_TAR_BLOCK])
{
	size_t n = strlen(e->path);

	if (!fits(e))
		return false;
	memset(out, 0, MSK_TAR_BLOCK);
	memcpy(out + NAME_AT, e->path, n);
	if (e->type == MSK_TAR_DIR)
		out[NAME_AT + n] = '/';
	put_number(out + MODE_AT, ID_DIGITS, e->mode);
	put_number(out + UID_AT, ID_DIGITS, e->uid);
	put_number(out + GID_AT, ID_DIGITS, e->gid);
	put_number(out + SIZE_AT, LONG_DIGITS, e->type == MSK_TAR_FILE ? e->size : 0);
	put_number(out + MTIME_AT, LONG_DIGITS, (uint64_t)e->mtime);
	out[TYPE_AT] = e->type == MSK_TAR_DIR ? '5' : e->type == MSK_TAR_SYMLINK ? '2' : '0';
	if (e->type == MSK_TAR_SYMLINK)
		memcpy(out + LINK_AT, e->link, strlen(e->link));
	memcpy(out + MAGIC_AT, "ustar\00000", 8);
	put_number(out + MAJOR_AT, ID_DIGITS, 0);
	put_number(out + MINOR_AT, ID_DIGITS, 0);
	put_sum(out);
	return true;
}
