#include "mkscratch/roll.h"

#include <string.h>

#include "mkscratch/str.h"

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

/* The next line of passwd(5) or group(5) as its fields: name, password, id, and in passwd the gid. False: there is none. */
static bool next_line(const char **text, struct msk_strv *f, uint32_t *first, uint32_t *second)
{
	while (**text) {
		size_t n = strcspn(*text, "\n");
		MSK_AUTO_FREE char *line = msk_xstrndup(*text, n);
		unsigned long long id, more = 0;

		*text += n + ((*text)[n] == '\n');
		msk_strv_release(f);
		msk_strv_split(f, line, ":");
		if (f->n < 4 || !msk_parse_u64(f->v[2], UINT32_MAX, &id))
			continue;
		msk_parse_u64(f->v[3], UINT32_MAX, &more);
		*first = (uint32_t)id;
		*second = f->n >= 7 ? (uint32_t)more : 0;
		return true;
	}
	return false;
}

void msk_roll_read(struct msk_roll *r, const char *text)
{
	MSK_AUTO_STRV f = MSK_STRV_INIT;
	uint32_t id, ignored;

	while (next_line(&text, &f, &id, &ignored)) {
		msk_names_add(&r->names, f.v[0], id);
		msk_names_add_id(&r->ids, &(uint64_t){ id }, 1, id);
	}
}

bool msk_account_lookup(const char *text, const char *name, const uint32_t *id, char **out_name, uint32_t *uid, uint32_t *gid)
{
	MSK_AUTO_STRV f = MSK_STRV_INIT;
	uint32_t first, second;

	while (next_line(&text, &f, &first, &second)) {
		if ((name && strcmp(f.v[0], name) != 0) || (id && first != *id))
			continue;
		if (out_name)
			*out_name = msk_xstrdup(f.v[0]);
		*uid = first;
		*gid = second;
		return true;
	}
	return false;
}
