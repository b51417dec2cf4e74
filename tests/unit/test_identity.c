/* passwd, group, nsswitch.conf and the skeleton. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "sysroot.h"

static void set_user(struct sysroot *s, const char *name, uint32_t uid, uint32_t gid)
{
	s->plan.user = (struct msk_user){ (char *)name, uid, gid };
}

static void the_user_stands_behind_root(void **state)
{
	struct sysroot *s = *state;

	gathers(s, msk_gather_identity);
	assert_data(s, "/etc/passwd", "root:x:0:0:root:/root:/sbin/nologin\n"
				      "nobody:x:65534:65534:nobody:/nonexistent:/sbin/nologin\n");
	assert_data(s, "/etc/group", "root:x:0:\nnobody:x:65534:\n");
	assert_mode(s, "/etc/passwd", 0644, 0, 0);
	assert_mode(s, "/etc", 0755, 0, 0);
	assert_int_equal(entry_at(s, "/etc/passwd")->stratum, MSK_STRATUM_BASE);
}

static void root_alone_is_one_line(void **state)
{
	struct sysroot *s = *state;

	set_user(s, "root", 0, 0);
	gathers(s, msk_gather_identity);
	assert_data(s, "/etc/passwd", "root:x:0:0:root:/root:/sbin/nologin\n");
	assert_data(s, "/etc/group", "root:x:0:\n");
}

static void gid_0_is_the_group_of_root(void **state)
{
	struct sysroot *s = *state;

	set_user(s, "app", 1000, 0);
	gathers(s, msk_gather_identity);
	assert_data(s, "/etc/passwd", "root:x:0:0:root:/root:/sbin/nologin\n"
				      "app:x:1000:0:app:/nonexistent:/sbin/nologin\n");
	assert_data(s, "/etc/group", "root:x:0:\n");
}

static void every_gid_has_a_name(void **state)
{
	struct sysroot *s = *state;

	set_user(s, "root", 0, 5);
	gathers(s, msk_gather_identity);
	assert_data(s, "/etc/group", "root:x:0:\ngroup:x:5:\n");
}

static void names_come_from_files_and_hosts_from_dns_too(void **state)
{
	struct sysroot *s = *state;

	gathers(s, msk_gather_identity);
	assert_data(s, "/etc/nsswitch.conf", "passwd: files\ngroup: files\nshadow: files\nhosts: files dns\n"
					     "networks: files\nprotocols: files\nservices: files\n");
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
		sysroot_test(the_user_stands_behind_root),
		sysroot_test(root_alone_is_one_line),
		sysroot_test(gid_0_is_the_group_of_root),
		sysroot_test(every_gid_has_a_name),
		sysroot_test(names_come_from_files_and_hosts_from_dns_too),
		sysroot_test(tmp_is_for_all),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
