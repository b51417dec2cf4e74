#include "mkscratch/sorted.h"

size_t msk_lower_bound(const void *key, const void *v, size_t n, size_t size,
		       int (*compare)(const void *key, const void *element))
{
	size_t from = 0, to = n;

	while (from < to) {
		size_t mid = from + (to - from) / 2;

		if (compare(key, (const char *)v + mid * size) > 0)
			from = mid + 1;
		else
			to = mid;
	}
	return from;
}
