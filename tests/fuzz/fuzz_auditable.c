/* The bytes of a .dep-v0 section. */
#include "../../src/doctor/examine.h"
#include "fuzz.h"
#include "mkscratch/json.h"

FUZZ_ALLOCATOR_ENDS;

static void visit(void *ctx, const char *name)
{
	*(size_t *)ctx += strlen(name);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t bytes = 0;
	bool sound = doctor_auditable_parse(data, size, visit, &bytes);

	assert((sound || bytes == 0) && bytes <= MSK_MAX_DOCUMENT);
	return 0;
}
