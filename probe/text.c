#include "text.h"

size_t probe_text_length(const char *s)
{
	size_t n = 0;

	while (s[n])
		n++;
	return n;
}

const char *probe_text_after(const char *s, const char *prefix)
{
	while (*prefix)
		if (*s++ != *prefix++)
			return NULL;
	return s;
}

bool probe_text_number(const char *s, const char *end, unsigned max, unsigned *out)
{
	unsigned n = 0;

	if (s == end)
		return false;
	for (; s < end; s++) {
		if (*s < '0' || *s > '9')
			return false;
		n = n * 10 + (unsigned)(*s - '0');
		if (n > max)
			return false;
	}
	*out = n;
	return n > 0;
}

void probe_line_add_bytes(struct probe_line *l, const char *s, size_t n)
{
	for (size_t i = 0; i < n && l->n < sizeof l->buf; i++)
		l->buf[l->n++] = (unsigned char)s[i] < ' ' ? '?' : s[i];
}

void probe_line_add(struct probe_line *l, const char *s)
{
	probe_line_add_bytes(l, s, probe_text_length(s));
}

/* Without a division, which some machines do not have. */
void probe_line_add_number(struct probe_line *l, unsigned n)
{
	static const unsigned tens[] = { 1000000000, 100000000, 10000000, 1000000, 100000, 10000, 1000, 100, 10, 1 };
	bool begun = false;

	for (size_t i = 0; i < sizeof tens / sizeof *tens; i++) {
		char digit = '0';

		for (; n >= tens[i]; n -= tens[i])
			digit++;
		begun = begun || digit != '0' || tens[i] == 1;
		probe_line_add_bytes(l, &digit, begun);
	}
}
