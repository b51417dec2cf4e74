/* A whole archive: the tar around, manifest.json, layers that are tars, compressed or not. */
#include "read_image.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	fuzz_read_archive(data, size);
	return 0;
}
