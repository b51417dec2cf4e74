#include "parts.h"

void msk_roll_add(struct msk_roll *r, const char *name, uint32_t id, size_t place)
{
	msk_names_lend(&r->names, name, place);
	msk_names_add_id(&r->ids, &(uint64_t){ id }, 1, place);
}

bool msk_roll_name(const struct msk_roll *r, const char *name, size_t *place)
{
	return msk_names_find(&r->names, name, place);
}

bool msk_roll_id(const struct msk_roll *r, uint32_t id, size_t *place)
{
	return msk_names_find_id(&r->ids, &(uint64_t){ id }, 1, place);
}

void msk_roll_release(struct msk_roll *r)
{
	msk_names_release(&r->names);
	msk_names_release(&r->ids);
}
