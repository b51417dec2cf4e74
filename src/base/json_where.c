#include "mkscratch/json_where.h"

#include <string.h>

struct cursor {
	const char *p, *end;
};

static void skip_blank(struct cursor *c)
{
	while (c->p < c->end && strchr(" \t\r\n", *c->p))
		c->p++;
}

/* From a quote to behind its counterpart. */
static void skip_string(struct cursor *c)
{
	for (c->p++; c->p < c->end && *c->p != '"'; c->p++)
		if (*c->p == '\\')
			c->p++;
	c->p++;
}

/* Of an object or array: from its bracket to behind the counterpart. */
static void skip_nested(struct cursor *c)
{
	size_t depth = 0;

	do {
		if (*c->p == '"') {
			skip_string(c);
			continue;
		}
		depth += *c->p == '{' || *c->p == '[';
		depth -= *c->p == '}' || *c->p == ']';
		c->p++;
	} while (c->p < c->end && depth);
}

static void skip_value(struct cursor *c)
{
	if (c->p < c->end && *c->p == '"')
		skip_string(c);
	else if (c->p < c->end && (*c->p == '{' || *c->p == '['))
		skip_nested(c);
	while (c->p < c->end && *c->p != ',' && *c->p != '}')
		c->p++;
}

/* The key in the object at the cursor; behind it the cursor stands at its value. */
static const char *find(struct cursor *c, const char *key)
{
	size_t n = strlen(key);

	skip_blank(c);
	if (c->p >= c->end || *c->p != '{')
		return NULL;
	for (c->p++; c->p < c->end; c->p++) {
		const char *at;

		skip_blank(c);
		at = c->p;
		if (at >= c->end || *at != '"')
			return NULL;
		skip_string(c);
		skip_blank(c);
		c->p++;
		skip_blank(c);
		if ((size_t)(c->end - at) > n + 1 && memcmp(at + 1, key, n) == 0 && at[1 + n] == '"')
			return at;
		skip_value(c);
		if (c->p < c->end && *c->p == '}')
			return NULL;
	}
	return NULL;
}

bool msk_json_where(const char *text, size_t n, const char *const *path, size_t n_keys, unsigned *line, unsigned *column)
{
	struct cursor c = { text, text + n };
	const char *at = NULL;

	for (size_t i = 0; i < n_keys; i++) {
		at = find(&c, path[i]);
		if (!at)
			return false;
	}
	*line = *column = 1;
	for (const char *p = text; at && p < at; p++) {
		if (*p == '\n') {
			++*line;
			*column = 1;
		} else if (((unsigned char)*p & 0xC0) != 0x80) {
			++*column;
		}
	}
	return at != NULL;
}
