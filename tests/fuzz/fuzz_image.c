/* A whole archive: the tar around, manifest.json, layers that are tars, compressed or not. */
#include "mutate_tar.h"
#include "read_image.h"

FUZZ_ALLOCATOR_ENDS;

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t room, unsigned seed)
{
	return mutate_tar(data, size, room, seed);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	fuzz_read_archive(data, size);
	return 0;
}
