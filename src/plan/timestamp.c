#include "mkscratch/timestamp.h"

#include <assert.h>
#include <string.h>

#define DAY 86400
#define CYCLE_YEARS 400         /* after which the calendar repeats itself */
#define CYCLE_DAYS  146097

/* Days from 1970-01-01 to the first of January of a year, not before 0, of the proleptic Gregorian calendar. */
static int64_t days_to_year(int year)
{
	int64_t y = year - 1 + CYCLE_YEARS;    /* division rounds down only above zero */

	return y * 365 + y / 4 - y / 100 + y / 400 - CYCLE_DAYS - 719162;
}

static bool is_leap(int year)
{
	return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

static int days_in_month(int year, int month)
{
	static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };

	return days[month - 1] + (month == 2 && is_leap(year));
}

/* Read exactly n digits at *p and step over them. */
static bool digits(const char **p, int n, int *out)
{
	int value = 0;

	for (int i = 0; i < n; i++) {
		if ((*p)[i] < '0' || (*p)[i] > '9')
			return false;
		value = value * 10 + ((*p)[i] - '0');
	}
	*p += n;
	*out = value;
	return true;
}

static bool one_of(const char **p, const char *set)
{
	if (!**p || !strchr(set, **p))
		return false;
	(*p)++;
	return true;
}

static bool parse_date(const char **p, int64_t *days)
{
	int year, month, day;

	if (!digits(p, 4, &year) || !one_of(p, "-") || !digits(p, 2, &month) || !one_of(p, "-") || !digits(p, 2, &day))
		return false;
	if (month < 1 || month > 12 || day < 1 || day > days_in_month(year, month))
		return false;
	*days = days_to_year(year) + day - 1;
	while (--month)
		*days += days_in_month(year, month);
	return true;
}

static bool parse_clock(const char **p, int *seconds)
{
	int h, m, s;

	if (!digits(p, 2, &h) || !one_of(p, ":") || !digits(p, 2, &m) || !one_of(p, ":") || !digits(p, 2, &s))
		return false;
	if (h > 23 || m > 59 || s > 60)         /* 60: a leap second, which POSIX time counts as the next one */
		return false;
	if (one_of(p, ".")) {
		size_t n = strspn(*p, "0123456789");

		if (n == 0)
			return false;
		*p += n;
	}
	*seconds = h * 3600 + m * 60 + s;
	return true;
}

static bool parse_offset(const char **p, int *seconds)
{
	int sign, h, m;

	*seconds = 0;
	if (one_of(p, "Zz"))
		return true;
	sign = **p == '-' ? -1 : 1;
	if (!one_of(p, "+-") || !digits(p, 2, &h) || !one_of(p, ":") || !digits(p, 2, &m) || h > 23 || m > 59)
		return false;
	*seconds = sign * (h * 3600 + m * 60);
	return true;
}

bool msk_rfc3339_parse(const char *text, int64_t *out)
{
	const char *p = text;
	int64_t days;
	int clock, offset;

	if (!parse_date(&p, &days) || !one_of(&p, "Tt ") || !parse_clock(&p, &clock) || !parse_offset(&p, &offset) || *p)
		return false;
	*out = days * DAY + clock - offset;
	return true;
}

/* A point of time as calendar and clock have it. */
struct moment {
	int64_t year;
	int month, day, seconds;       /* seconds since midnight */
};

static struct moment moment_of(int64_t t)
{
	int64_t days = t / DAY - (t % DAY < 0), cycles = days / CYCLE_DAYS - (days % CYCLE_DAYS < 0), day;
	int year, month = 1;

	days -= cycles * CYCLE_DAYS;
	year = 1970 + (int)(days / 366);
	while (days_to_year(year + 1) <= days)
		year++;
	day = days - days_to_year(year);
	while (day >= days_in_month(year, month))
		day -= days_in_month(year, month++);
	return (struct moment){ year + cycles * CYCLE_YEARS, month, (int)day + 1, (int)((t % DAY + DAY) % DAY) };
}

void msk_rfc3339_add(struct msk_str *s, int64_t t)
{
	struct moment m = moment_of(t);

	assert(msk_rfc3339_can(t));
	msk_str_addf(s, "%04d-%02d-%02dT%02d:%02d:%02dZ", (int)m.year, m.month, m.day, m.seconds / 3600,
		     m.seconds / 60 % 60, m.seconds % 60);
}

bool msk_rfc3339_can(int64_t t)
{
	return t >= MSK_TIME_YEAR_0 && t <= MSK_TIME_MAX;
}

void msk_time_add(struct msk_str *s, int64_t t)
{
	struct moment m = moment_of(t);

	msk_str_addf(s, "%04lld-%02d-%02d %02d:%02d:%02d", (long long)m.year, m.month, m.day, m.seconds / 3600,
		     m.seconds / 60 % 60, m.seconds % 60);
}
