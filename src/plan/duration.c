/* Durations as Go writes them, which Docker takes: 30s, 1m30s, 1.5h, 250ms; and days, 90d. */
#include <stdio.h>
#include <string.h>

#include "parts.h"
#include "mkscratch/timestamp.h"

#define MAX_DIGITS 18           /* behind the point; more say nothing in an int64 */

static const struct {
	const char *name;
	int64_t ns;
} units[] = {
	/* "ms" stands before "m", as the first that fits is taken. */
	{ "ns", 1 }, { "us", 1000 }, { "ms", 1000000 }, { "s", 1000000000 }, { "m", 60000000000 },
	{ "h", 3600000000000 }, { "d", 86400000000000 },
};

static bool take_unit(const char **p, int64_t *ns)
{
	for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
		if (!msk_starts_with(*p, units[i].name))
			continue;
		*ns = units[i].ns;
		*p += strlen(units[i].name);
		return true;
	}
	return false;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* "1.5h" at *p is added to *sum. */
static bool take_part(const char **p, int64_t *sum)
{
	int64_t whole = 0, unit, part;
	const char *start = *p, *fraction;
	size_t n;

	for (; is_digit(**p); (*p)++)
		if (__builtin_mul_overflow(whole, 10, &whole) || __builtin_add_overflow(whole, **p - '0', &whole))
			return false;
	if (*p == start)
		return false;
	fraction = **p == '.' ? *p + 1 : *p;
	n = **p == '.' ? strspn(fraction, "0123456789") : 0;
	if ((**p == '.' && n == 0) || n > MAX_DIGITS)
		return false;
	*p = fraction + n;
	if (!take_unit(p, &unit) || __builtin_mul_overflow(whole, unit, &part) || __builtin_add_overflow(*sum, part, sum))
		return false;
	for (size_t i = 0; i < n; i++) {
		unit /= 10;
		if (__builtin_add_overflow(*sum, unit * (fraction[i] - '0'), sum))
			return false;
	}
	return true;
}

int msk_duration_parse(const char *option, const char *text, int64_t *out, struct msk_err *err)
{
	const char *p = text;
	int64_t sum = 0;
	bool good = *p != '\0';

	while (good && *p)
		good = take_part(&p, &sum);
	if (good) {
		*out = sum;
		return 0;
	}
	msk_fail(err, MSK_E_USAGE, "%s %s: not a duration", option, text);
	return msk_hint(err, "%s 90s, 1m30s, 12h or 90d", option);
}

/* "1.5s": so many of a unit, with what is left of it behind the point. */
static void add_decimal(struct msk_str *s, uint64_t n, uint64_t unit, const char *name)
{
	MSK_AUTO_STR digits = MSK_STR_INIT;
	int places = 0;

	msk_str_addf(s, "%llu", (unsigned long long)(n / unit));
	for (uint64_t u = unit; u > 1; u /= 10)
		places++;
	msk_str_addf(&digits, "%0*llu", places, (unsigned long long)(n % unit));
	while (places && digits.buf[places - 1] == '0')
		places--;
	if (places)
		msk_str_addf(s, ".%.*s", places, digits.buf);
	msk_str_adds(s, name);
}

void msk_duration_add(struct msk_str *s, int64_t ns)
{
	const uint64_t second = 1000000000, minute = 60 * second, hour = 60 * minute;
	uint64_t n = ns < 0 ? -(uint64_t)ns : (uint64_t)ns;

	msk_str_adds(s, ns < 0 ? "-" : "");
	if (n >= hour)
		msk_str_addf(s, "%lluh", (unsigned long long)(n / hour));
	if (n % hour >= minute)
		msk_str_addf(s, "%llum", (unsigned long long)(n % hour / minute));
	if (n >= minute && n % minute == 0)
		return;
	n %= minute;
	if (n >= second || ns >= (int64_t)minute || ns <= -(int64_t)minute || n == 0)
		add_decimal(s, n, second, "s");
	else if (n >= 1000000)
		add_decimal(s, n, 1000000, "ms");
	else if (n >= 1000)
		add_decimal(s, n, 1000, "us");
	else
		add_decimal(s, n, 1, "ns");
}
