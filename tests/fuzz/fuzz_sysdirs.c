/* The bytes of a loader, searched for the directories it looks in. */
#include "../../src/elf/loader.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	MSK_AUTO_STRV dirs = MSK_STRV_INIT;
	MSK_AUTO_FREE char *cache = NULL;

	msk_sysdirs_scan((const char *)data, size, &dirs, &cache);
	for (size_t i = 0; i < dirs.n; i++) {
		size_t n = strlen(dirs.v[i]);

		assert(dirs.v[i][0] == '/' && n < size && strstr(dirs.v[i], "/lib"));
	}
	assert(!cache || (cache[0] == '/' && msk_ends_with(cache, "/ld.so.cache")));
	return 0;
}
