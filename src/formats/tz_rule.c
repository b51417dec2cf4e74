/* The footer of a zone file: a TZ string as POSIX (XBD 8.3) and RFC 9636 section 3.3.1 write it, or nothing. */
#include <string.h>

#include "mkscratch/tzif.h"

/* What is still to be read; every step moves `p` on or fails. */
struct rule {
	const char *p, *end;
};

static bool take(struct rule *r, char c)
{
	if (r->p == r->end || *r->p != c)
		return false;
	r->p++;
	return true;
}

static size_t span(const struct rule *r, const char *set)
{
	size_t n = 0;

	while (r->p + n < r->end && r->p[n] && strchr(set, r->p[n]))
		n++;
	return n;
}

/* A number of at most `digits` digits in lowest..highest. */
static bool number(struct rule *r, size_t digits, unsigned lowest, unsigned highest)
{
	size_t n = span(r, "0123456789");
	unsigned value = 0;

	if (n == 0 || n > digits)
		return false;
	while (n--)
		value = value * 10 + (unsigned)(*r->p++ - '0');
	return value >= lowest && value <= highest;
}

#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"

/* "CET" or "<+0330>" */
static bool name(struct rule *r)
{
	bool quoted = take(r, '<');
	size_t n = span(r, quoted ? LETTERS "0123456789+-" : LETTERS);

	r->p += n;
	return n >= 3 && (!quoted || take(r, '>'));
}

/* [+-]hh[:mm[:ss]] */
static bool clock_time(struct rule *r, unsigned hours)
{
	if (!take(r, '-'))
		take(r, '+');
	if (!number(r, 3, 0, hours))
		return false;
	for (int i = 0; i < 2 && take(r, ':'); i++)
		if (!number(r, 2, 0, 59))
			return false;
	return true;
}

/* ",M3.5.0/2", ",J60" or ",59" */
static bool change(struct rule *r)
{
	bool good;

	if (!take(r, ','))
		return false;
	if (take(r, 'M'))
		good = number(r, 2, 1, 12) && take(r, '.') && number(r, 1, 1, 5) && take(r, '.') && number(r, 1, 0, 6);
	else if (take(r, 'J'))
		good = number(r, 3, 1, 365);
	else
		good = number(r, 3, 0, 365);
	return good && (!take(r, '/') || clock_time(r, 167));
}

bool msk_tz_rule_valid(const char *text, size_t n)
{
	struct rule r = { text, text + n };

	if (n == 0)
		return true;
	if (!name(&r) || !clock_time(&r, 24))
		return false;
	if (r.p == r.end)
		return true;
	if (!name(&r) || (r.p < r.end && *r.p != ',' && !clock_time(&r, 24)))
		return false;
	return r.p == r.end || (change(&r) && change(&r) && r.p == r.end);
}
