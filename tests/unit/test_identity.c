/* passwd, group, nsswitch.conf and the skeleton. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "sysroot.h"

#define USER(n, u, g) { (char *)(n), (char *)(n), (char *)"/nonexistent", (char *)"/sbin/nologin", u, g, true, false }

static struct msk_account *two_accounts(void)
{
	static struct msk_account a[2];

	a[0] = (struct msk_account)USER("root", 0, 0);
	a[1] = (struct msk_account)USER("app", 1000, 50);
	a[1].home = (char *)"/home/app";
	a[1].makes_home = true;
	return a;
}

static void accounts_and_groups_are_lines(void **state)
{
	struct msk_group groups[] = { { (char *)"root", 0, (char *)"", true },
				      { (char *)"staff", 50, (char *)"app,root", false } };
	struct sysroot *s = *state;

	s->plan.accounts = two_accounts();
	s->plan.n_accounts = 2;
	s->plan.groups = groups;
	s->plan.n_groups = 2;
	gathers(s, msk_gather_identity);
	assert_data(s, "/etc/passwd", "root:x:0:0:root:/nonexistent:/sbin/nologin\n"
				      "app:x:1000:50:app:/home/app:/sbin/nologin\n");
	assert_data(s, "/etc/group", "root:x:0:\nstaff:x:50:app,root\n");
	assert_mode(s, "/etc/passwd", 0644, 0, 0);
	assert_mode(s, "/etc", 0755, 0, 0);
	assert_int_equal(entry_at(s, "/etc/passwd")->stratum, MSK_STRATUM_BASE);
	assert_mode(s, "/home/app", 0700, 1000, 50);
	assert_mode(s, "/home", 0755, 0, 0);
	assert_absent(s, "/nonexistent");
}

static void a_home_that_the_user_gives_is_not_made(void **state)
{
	struct msk_input in = { .kind = MSK_INPUT_DIR, .dest = (char *)"/home/app" };
	struct sysroot *s = *state;

	s->plan.accounts = two_accounts();
	s->plan.n_accounts = 2;
	s->plan.inputs = &in;
	s->plan.n_inputs = 1;
	gathers(s, msk_gather_identity);
	assert_absent(s, "/home/app");
}

#define BASE_PASSWD "root:x:0:0:root:/root:/bin/sh\napp:x:7:7::/:\nno line\napp:x:1000:50::/:\nodd:x:y:1::/:\n"
#define BASE_GROUP  "root:x:0:\nstaff:x:50:\nstaff:x:51:"

static void over_a_base(struct sysroot *s, struct msk_account *accounts, size_t n_accounts, struct msk_group *groups, size_t n)
{
	static struct msk_base_facts base;

	base = (struct msk_base_facts){ .passwd = BASE_PASSWD, .group = BASE_GROUP };
	s->g.base = &base;
	s->plan.accounts = accounts;
	s->plan.n_accounts = n_accounts;
	s->plan.groups = groups;
	s->plan.n_groups = n;
	s->plan.user = (struct msk_user){ (char *)"me", 9, 60 };
}

/* What comes of itself comes only with the user, or with whoever was given. */
static void a_base_gets_the_lines_that_it_lacks(void **state)
{
	struct msk_account accounts[] = { USER("root", 0, 0), USER("app", 7, 70), USER("nobody", 8, 80), USER("me", 9, 60),
					  USER("odd", 11, 90) };
	struct msk_group groups[] = { { (char *)"root", 0, (char *)"", true }, { (char *)"staff", 50, (char *)"", false },
				      { (char *)"app", 70, (char *)"", true }, { (char *)"nobody", 80, (char *)"", true },
				      { (char *)"odd", 90, (char *)"", true }, { (char *)"me", 60, (char *)"", true } };
	struct sysroot *s = *state;

	accounts[1].own = accounts[4].own = false;
	over_a_base(s, accounts, 5, groups, 6);
	gathers(s, msk_gather_identity);
	assert_data(s, "/etc/passwd", BASE_PASSWD "me:x:9:60:me:/nonexistent:/sbin/nologin\n"
				      "odd:x:11:90:odd:/nonexistent:/sbin/nologin\n");
	assert_data(s, "/etc/group", BASE_GROUP "\napp:x:70:\nodd:x:90:\nme:x:60:\n");
}

static void of_two_lines_of_a_base_the_first_counts(void **state)
{
	struct msk_account account = USER("app", 1000, 0);
	struct msk_group group = { (char *)"staff", 51, (char *)"", false };
	struct sysroot *s = *state;

	account.own = false;
	over_a_base(s, &account, 1, &group, 1);
	gather_fails(s, msk_gather_identity, MSK_E_USAGE, "--passwd-entry app: passwd of the base has it as 7, not 1000",
		     "choose another name, or the number of the base");
	over_a_base(s, &account, 0, &group, 1);
	gather_fails(s, msk_gather_identity, MSK_E_USAGE, "--group-entry staff: group of the base has it as 50, not 51",
		     "choose another name, or the number of the base");
}

static void names_come_from_files_and_hosts_from_dns_too(void **state)
{
	struct sysroot *s = *state;

	gathers(s, msk_gather_skeleton);
	assert_data(s, "/etc/nsswitch.conf", "passwd: files\ngroup: files\nshadow: files\nhosts: files dns\n"
					     "networks: files\nprotocols: files\nservices: files\n");
}

static void scratch_has_nothing_of_the_host(void **state)
{
	struct sysroot *s = *state;

	sysroot_file(s, "etc/services", "http 80/tcp\n");
	gathers(s, msk_gather_skeleton);
	assert_absent(s, "/etc/services");
	assert_absent(s, "/etc/os-release");
}

static void distroless_has_the_tables_of_the_host(void **state)
{
	struct sysroot *s = *state;

	s->plan.preset = MSK_PRESET_DISTROLESS;
	sysroot_file(s, "etc/services", "http 80/tcp\n");
	sysroot_file(s, "usr/etc/protocols", "tcp 6 TCP\n");
	sysroot_link(s, "/usr/etc/protocols", "etc/protocols");
	gathers(s, msk_gather_skeleton);
	assert_data(s, "/etc/services", "http 80/tcp\n");
	assert_data(s, "/etc/protocols", "tcp 6 TCP\n");
	assert_mode(s, "/etc/services", 0644, 0, 0);
	assert_absent(s, "/etc/mime.types");
	assert_link(s, "/etc/os-release", "../usr/lib/os-release");
	assert_data(s, "/usr/lib/os-release", "NAME=\"mkscratch\"\nID=mkscratch\n"
					      "PRETTY_NAME=\"image without a distribution\"\n");
}

static void a_table_is_a_file_of_a_size(void **state)
{
	struct sysroot *s = *state;

	s->plan.preset = MSK_PRESET_DISTROLESS;
	sysroot_fifo(s, "etc/services");
	gather_fails(s, msk_gather_skeleton, MSK_E_INPUT, "/etc/services: is a FIFO, expected a regular file", "");
	assert_int_equal(unlink(sysroot_path(s, "etc/services")), 0);
	sysroot_file(s, "etc/services", "x");
	assert_int_equal(truncate(s->path, (4 << 20) + 1), 0);
	gather_fails(s, msk_gather_skeleton, MSK_E_INPUT, "/etc/services: larger than 4194304 bytes", "");
}

static void tmp_is_for_all(void **state)
{
	struct sysroot *s = *state;

	gathers(s, msk_gather_skeleton);
	assert_int_equal(entry_at(s, "/tmp")->type, MSK_DIR);
	assert_mode(s, "/tmp", 01777, 0, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		sysroot_test(accounts_and_groups_are_lines),
		sysroot_test(a_home_that_the_user_gives_is_not_made),
		sysroot_test(a_base_gets_the_lines_that_it_lacks),
		sysroot_test(of_two_lines_of_a_base_the_first_counts),
		sysroot_test(names_come_from_files_and_hosts_from_dns_too),
		sysroot_test(scratch_has_nothing_of_the_host),
		sysroot_test(distroless_has_the_tables_of_the_host),
		sysroot_test(a_table_is_a_file_of_a_size),
		sysroot_test(tmp_is_for_all),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
