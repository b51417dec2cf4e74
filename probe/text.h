/* Strings, as far as the probe needs them, without a C library. */
#ifndef PROBE_TEXT_H
#define PROBE_TEXT_H

#include <stdbool.h>
#include <stddef.h>

size_t probe_text_length(const char *s);
/* Behind the prefix, or NULL when s does not begin with it. */
const char *probe_text_after(const char *s, const char *prefix);
/* A decimal number of 1 to `max`, without sign, that ends at `end`. */
bool probe_text_number(const char *s, const char *end, unsigned max, unsigned *out);

/* A line that is put together; what does not fit is left out. */
struct probe_line {
	char buf[640];
	size_t n;
};
void probe_line_add(struct probe_line *l, const char *s);
void probe_line_add_bytes(struct probe_line *l, const char *s, size_t n);   /* control bytes become '?' */
void probe_line_add_number(struct probe_line *l, unsigned n);

#endif
