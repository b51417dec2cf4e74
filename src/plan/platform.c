#include "mkscratch/platform.h"

#include <string.h>

bool msk_platform_equal(const struct msk_platform *a, const struct msk_platform *b)
{
	return strcmp(a->os, b->os) == 0 && strcmp(a->arch, b->arch) == 0 && strcmp(a->variant, b->variant) == 0;
}

bool msk_platform_known(const struct msk_platform *p)
{
	return p->os[0] && p->arch[0];
}

void msk_platform_add(struct msk_str *s, const struct msk_platform *p)
{
	msk_str_addf(s, "%s/%s", p->os, p->arch);
	if (p->variant[0])
		msk_str_addf(s, "/%s", p->variant);
}
