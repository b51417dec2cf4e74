/* Where in the text of a JSON document a member stands, for messages to whoever wrote it by hand. */
#ifndef MKSCRATCH_JSON_WHERE_H
#define MKSCRATCH_JSON_WHERE_H

#include <stdbool.h>
#include <stddef.h>

/* The key at the end of `path` (`n_keys` of them, from the top on) in a text that has been parsed without fault; keys that are
 * written with escapes are not found. Lines and columns begin with 1. */
bool msk_json_where(const char *text, size_t n, const char *const *path, size_t n_keys, unsigned *line, unsigned *column);

#endif
