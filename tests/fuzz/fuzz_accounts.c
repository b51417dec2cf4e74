/* Lines of passwd and group: the first line is --user (none when it is empty), of the others those that begin with "g " are
 * --group-entry, the rest --passwd-entry. Whatever is taken is two sound tables in which the user has a name. */
#include "fuzz.h"
#include "mkscratch/plan.h"

#define ROOM 4096

static size_t count(const struct msk_str *s, char c)
{
	size_t n = 0;

	for (size_t i = 0; i < s->len; i++)
		n += s->buf[i] == c;
	return n;
}

static void check_line(const struct msk_str *line, size_t colons)
{
	assert(count(line, ':') == colons);
	for (size_t i = 0; i < line->len; i++)
		assert((unsigned char)line->buf[i] >= 0x20 && line->buf[i] != 0x7f);
}

static void check_tables(const struct msk_plan *p)
{
	bool user = false, group = false;

	for (size_t i = 0; i < p->n_accounts; i++) {
		MSK_AUTO_STR line = MSK_STR_INIT;

		msk_account_add(&line, &p->accounts[i]);
		check_line(&line, 6);
		assert(i == 0 || p->accounts[i].uid > p->accounts[i - 1].uid);
		user = user || (p->accounts[i].uid == p->user.uid && strcmp(p->accounts[i].name, p->user.name) == 0);
	}
	for (size_t i = 0; i < p->n_groups; i++) {
		MSK_AUTO_STR line = MSK_STR_INIT;

		msk_group_add(&line, &p->groups[i]);
		check_line(&line, 3);
		assert(i == 0 || p->groups[i].gid > p->groups[i - 1].gid);
		group = group || p->groups[i].gid == p->user.gid;
	}
	assert(user && group && p->accounts[0].uid == 0 && p->groups[0].gid == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	MSK_CLEANUP(msk_plan_release) struct msk_plan p = { 0 };
	MSK_CLEANUP(msk_options_release) struct msk_options o = MSK_OPTIONS_INIT;
	MSK_AUTO_FREE char *text = NULL;
	MSK_AUTO_STRV line = MSK_STRV_INIT;
	struct msk_err err = MSK_ERR_INIT;
	int rc;

	if (size > ROOM || (size && memchr(data, '\0', size)))
		return 0;
	text = msk_xstrndup(size ? (const char *)data : "", size);
	msk_strv_split(&line, text, "\n");
	msk_strv_push(&o.bin, "app");
	o.user = line.n && *line.v[0] ? line.v[0] : NULL;
	for (size_t i = 1; i < line.n; i++)
		if (line.v[i][0] == 'g' && line.v[i][1] == ' ')
			msk_strv_push(&o.group_entry, line.v[i] + 2);
		else
			msk_strv_push(&o.passwd_entry, line.v[i]);
	rc = msk_plan_make(&o, &p, &err);
	assert(rc == 0 || (rc == -1 && err.code == MSK_E_USAGE && err.msg[0]));
	if (rc == 0)
		check_tables(&p);
	return 0;
}
