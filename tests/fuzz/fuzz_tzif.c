/* A zone file, and the same bytes as the TZ string that ends one. */
#include "mkscratch/tzif.h"
#include "fuzz.h"

#define ROOM (1 << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	MSK_AUTO_STR file = MSK_STR_INIT;
	struct msk_err err = MSK_ERR_INIT;
	int rc;

	if (size > ROOM)
		return 0;
	if (size)
		msk_str_add(&file, data, size);
	rc = msk_tzif_check(&file, "x", &err);
	fuzz_check_error(rc, &err);
	/* What is sound says what it is, has a header, and ends where it says. */
	assert(rc < 0 || (msk_tzif_claims(&file) && size >= 44));
	if (rc == 0 && size > 1 && data[4]) {
		assert(data[size - 1] == '\n');
		file.len--;
		err = (struct msk_err)MSK_ERR_INIT;
		assert(msk_tzif_check(&file, "x", &err) < 0);
	}
	if (size && msk_tz_rule_valid((const char *)data, size))
		assert(!memchr(data, '\n', size));
	return 0;
}
