#include "mkscratch/budget.h"

#include "largest.h"

#define SHOWN 8

static void tell_largest(const struct msk_rootfs *fs, struct msk_err *err)
{
	const struct msk_entry *largest[SHOWN];
	size_t n = msk_largest(fs, largest, SHOWN);

	msk_detail(err, "the largest files, before compression:");
	for (size_t i = 0; i < n; i++) {
		MSK_AUTO_STR size = MSK_STR_INIT;

		msk_str_add_size(&size, largest[i]->body.size);
		msk_detail(err, "  %8s  %s", size.buf, largest[i]->path);
	}
	for (size_t i = 0; i < n; i++)
		msk_tell_strip(largest[i], err);
}

int msk_budget_check(const struct msk_plan *p, const struct msk_rootfs *fs, uint64_t size, struct msk_err *err)
{
	if (!p->max_size || size <= p->max_size)
		return 0;
	msk_fail(err, MSK_E_INPUT, "--max-size: the image is larger (%llu vs %llu bytes)", (unsigned long long)size,
		 (unsigned long long)p->max_size);
	tell_largest(fs, err);
	return msk_hint(err, "nothing was written; --print rootfs lists every file and why it is there");
}
