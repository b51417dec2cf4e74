/* Plans of very many values, of which one is odd. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "mkscratch/plan.h"

/* As many accounts and groups, and one group with all of them; then what the caller adds. */
static int make_many(unsigned many, const char *account, const char *group, struct msk_plan *p, struct msk_err *err)
{
	struct msk_options o = MSK_OPTIONS_INIT;
	MSK_AUTO_STR all = MSK_STR_INIT;
	int rc;

	msk_strv_push(&o.bin, "app");
	msk_str_adds(&all, "all:7:root");
	for (unsigned i = 0; i < many; i++) {
		msk_strv_push_own(&o.passwd_entry, msk_xasprintf("u%u:%u", i, 100000 + i));
		msk_strv_push_own(&o.group_entry, msk_xasprintf("g%u:%u", i, 100000 + i));
		msk_str_addf(&all, ",u%u", i);
	}
	if (account)
		msk_strv_push(&o.passwd_entry, account);
	msk_strv_push(&o.group_entry, msk_str_c(&all));
	if (group)
		msk_strv_push(&o.group_entry, group);
	*err = (struct msk_err)MSK_ERR_INIT;
	rc = msk_plan_make(&o, p, err);
	msk_options_release(&o);
	return rc;
}

static void bad_among_many(const char *message, const char *account, const char *group)
{
	struct msk_plan p;
	struct msk_err err;

	assert_int_equal(make_many(30000, account, group, &p, &err), -1);
	assert_string_equal(err.msg, message);
}

static void of_very_many_accounts_and_groups_each_is_told_apart(void **state)
{
	struct msk_plan p;
	struct msk_err err;

	(void)state;
	assert_int_equal(make_many(45000, NULL, NULL, &p, &err), 0);
	assert_int_equal(p.n_accounts, 45002);
	assert_int_equal(p.n_groups, 45003);
	assert_string_equal(p.groups[1].name, "all");
	assert_string_equal(p.accounts[45001].name, "u44999");
	assert_string_equal(p.groups[45002].name, "g44999");
	msk_plan_release(&p);
	bad_among_many("user \"u29999\": given twice (uid 5 and 129999)", "u29999:5", NULL);
	bad_among_many("uid 129999: has two names (app and u29999)", "app:129999", NULL);
	bad_among_many("--group-entry g29999:5: the name is given twice", NULL, "g29999:5");
	bad_among_many("--group-entry g:129999: the gid is given twice", NULL, "g:129999");
	bad_among_many("--group-entry g:5:u29999,u30000: member \"u30000\" is no user of the image", NULL, "g:5:u29999,u30000");
	bad_among_many("--group-entry g:5:u1,u2,u1: member \"u1\" is given twice", NULL, "g:5:u1,u2,u1");
}

static void of_very_many_values_each_is_there_once(void **state)
{
	struct msk_options o = MSK_OPTIONS_INIT;
	struct msk_err err = MSK_ERR_INIT;
	struct msk_plan p;

	(void)state;
	msk_strv_push(&o.bin, "app");
	o.tz = true;
	for (unsigned i = 0; i < 30000; i++) {
		msk_strv_push_own(&o.volume, msk_xasprintf("/v/%u/", i % 29000));
		msk_strv_push_own(&o.tag, msk_xasprintf("a:%u", i % MSK_MAX_TAGS));
		msk_strv_push_own(&o.tz_zones, msk_xasprintf("Z%u", i % 27000));
	}
	assert_int_equal(msk_plan_make(&o, &p, &err), 0);
	assert_int_equal(p.config.volumes.n, 29000);
	assert_string_equal(p.config.volumes.v[28999], "/v/28999");
	assert_int_equal(p.n_tags, MSK_MAX_TAGS);
	assert_string_equal(p.tags[MSK_MAX_TAGS - 1].familiar, "a:4095");
	assert_int_equal(p.zones.n, 27000);
	assert_string_equal(p.zones.v[26999], "Z26999");
	msk_plan_release(&p);
	msk_options_release(&o);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(of_very_many_accounts_and_groups_each_is_told_apart),
		cmocka_unit_test(of_very_many_values_each_is_there_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
