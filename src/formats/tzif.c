#include "mkscratch/tzif.h"

#include <stdint.h>
#include <string.h>

#define MAGIC        "TZif"
#define HEADER_BYTES 44
#define COUNTS_AT    20

/* The six counts of a header, in the order of the file. */
struct counts {
	uint64_t isut, isstd, leap, time, type, chars;
};

static uint64_t be32(const char *p)
{
	const unsigned char *u = (const unsigned char *)p;

	return (uint64_t)u[0] << 24 | (uint64_t)u[1] << 16 | (uint64_t)u[2] << 8 | u[3];
}

static struct counts read_counts(const char *header)
{
	const char *p = header + COUNTS_AT;

	return (struct counts){ be32(p), be32(p + 4), be32(p + 8), be32(p + 12), be32(p + 16), be32(p + 20) };
}

/* Bytes of the data block behind a header; six counts of 32 bits cannot overflow 64. */
static uint64_t block_bytes(const struct counts *c, unsigned time_size)
{
	return c->time * time_size + c->time + c->type * 6 + c->chars + c->leap * (time_size + 4) + c->isstd + c->isut;
}

/* RFC 8536 section 3.1, for the header a reader uses. */
static bool counts_fit(const struct counts *c)
{
	return c->type > 0 && c->chars > 0 && (c->isut == 0 || c->isut == c->type) &&
	       (c->isstd == 0 || c->isstd == c->type);
}

bool msk_tzif_claims(const struct msk_str *file)
{
	return file->len >= 4 && memcmp(file->buf, MAGIC, 4) == 0;
}

static int fail_length(uint64_t expected, const struct msk_str *file, const char *name, struct msk_err *err)
{
	return msk_fail(err, MSK_E_INPUT, "%s: length from header is %llu, file has %zu bytes", name,
			(unsigned long long)expected, file->len);
}

/* A version 2 file ends in a TZ string between two line feeds. */
static bool footer_fits(const char *p, size_t n)
{
	return n >= 2 && p[0] == '\n' && p[n - 1] == '\n' && msk_tz_rule_valid(p + 1, n - 2);
}

/* Section 3.2: the numbers in a block of data point at what is there. `p` is behind the header, the block fits. */
static int check_data(const char *p, const struct counts *c, unsigned time_size, const char *name, struct msk_err *err)
{
	const unsigned char *index = (const unsigned char *)p + c->time * time_size;
	const unsigned char *type = index + c->time;

	for (uint64_t i = 0; i < c->time; i++)
		if (index[i] >= c->type)
			return msk_fail(err, MSK_E_INPUT, "%s: transition %llu goes to type %u (%llu types)", name,
					(unsigned long long)i, index[i], (unsigned long long)c->type);
	for (uint64_t i = 0; i < c->type; i++, type += 6)
		if (type[4] > 1 || type[5] >= c->chars)
			return msk_fail(err, MSK_E_INPUT, "%s: local time type %llu is malformed", name,
					(unsigned long long)i);
	return 0;
}

static int check_second(const struct msk_str *file, uint64_t at, const char *name, struct msk_err *err)
{
	struct counts c;
	uint64_t end;

	if (at + HEADER_BYTES > file->len)
		return fail_length(at + HEADER_BYTES, file, name, err);
	if (memcmp(file->buf + at, file->buf, 5) != 0)
		return msk_fail(err, MSK_E_INPUT, "%s: second header is missing at byte %llu", name,
				(unsigned long long)at);
	c = read_counts(file->buf + at);
	if (!counts_fit(&c))
		return msk_fail(err, MSK_E_INPUT, "%s: header counts contradict each other", name);
	end = at + HEADER_BYTES + block_bytes(&c, 8);
	if (end > file->len)
		return fail_length(end, file, name, err);
	if (check_data(file->buf + at + HEADER_BYTES, &c, 8, name, err) < 0)
		return -1;
	if (!footer_fits(file->buf + end, file->len - (size_t)end))
		return msk_fail(err, MSK_E_INPUT, "%s: footer is damaged (%zu bytes)", name, file->len - (size_t)end);
	return 0;
}

int msk_tzif_check(const struct msk_str *file, const char *name, struct msk_err *err)
{
	struct counts c;
	uint64_t end;
	char version;

	if (!msk_tzif_claims(file))
		return msk_fail(err, MSK_E_INPUT, "%s: not a zone file (no TZif header)", name);
	if (file->len < HEADER_BYTES)
		return msk_fail(err, MSK_E_INPUT, "%s: zone header is truncated (%zu of %d bytes)", name, file->len,
				HEADER_BYTES);
	version = file->buf[4];
	if (version != '\0' && (version < '2' || version > '9'))
		return msk_fail(err, MSK_E_INPUT, "%s: zone format version 0x%02x is not known", name,
				(unsigned char)version);
	c = read_counts(file->buf);
	end = HEADER_BYTES + block_bytes(&c, 4);
	if (version != '\0')
		return end > file->len ? fail_length(end, file, name, err) : check_second(file, end, name, err);
	if (!counts_fit(&c))
		return msk_fail(err, MSK_E_INPUT, "%s: header counts contradict each other", name);
	if (end != file->len)
		return fail_length(end, file, name, err);
	return check_data(file->buf + HEADER_BYTES, &c, 4, name, err);
}
