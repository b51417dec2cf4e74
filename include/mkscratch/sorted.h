/* Places in sorted arrays. */
#ifndef MKSCRATCH_SORTED_H
#define MKSCRATCH_SORTED_H

#include <stddef.h>

/* Where the first element is that does not come before the key: there is what equals it, if anything does, and there it would
 * have to stand. `compare` gets the key and an element, as bsearch(3) has it. From 0 to n. */
size_t msk_lower_bound(const void *key, const void *v, size_t n, size_t size,
		       int (*compare)(const void *key, const void *element));

#endif
