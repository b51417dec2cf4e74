/* ld.so.conf, read by ldconfig's rules; the oracle suite compares them with ldconfig itself. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "../../src/elf/loader.h"
#include "sysroot.h"

/* The directories of etc/ld.so.conf, one behind the other. */
static void gives(struct sysroot *s, const char *text, const char *want)
{
	MSK_AUTO_STRV dirs = MSK_STRV_INIT;
	MSK_AUTO_STR got = MSK_STR_INIT;
	struct msk_err err = MSK_ERR_INIT;

	sysroot_file(s, "etc/ld.so.conf", text);
	assert_int_equal(msk_ldconf_read(msk_host_tree(s->host), "/etc/ld.so.conf", &dirs, &err), 0);
	for (size_t i = 0; i < dirs.n && i < 16; i++)
		msk_str_addf(&got, "%s%s", i ? " " : "", dirs.v[i]);
	assert_string_equal(msk_str_c(&got), want);
}

static void a_line_is_a_directory(void **state)
{
	gives(*state, "", "");
	gives(*state, "/a\n\n  /b \t\r\n/c//\n/d=libc6\n/e f # /g\n#/h\n/\nhwcap 1 x\n/i", "/a /b /c /d /e f /i");
}

static void a_relative_directory_starts_at_the_root(void **state)
{
	gives(*state, "a/b\n./c\n", "/a/b /./c");
}

static void includes_start_beside_their_file(void **state)
{
	struct sysroot *s = *state;

	sysroot_file(s, "etc/d/x.conf", "/a\ninclude y.conf\n/c\n");
	sysroot_file(s, "etc/d/y.conf", "/b\n");
	gives(s, "include d/x.conf /etc/d/y.conf none\n/d\n", "/a /b /c /b /d");
	gives(s, "includes /x\ninclude\td/y.conf\n", "/includes /x /b");
}

static void patterns_may_stand_in_any_part(void **state)
{
	struct sysroot *s = *state;

	sysroot_file(s, "etc/d1/a/x.conf", "/a\n");
	sysroot_file(s, "etc/d1/a.b/x.conf", "/a.b\n");
	sysroot_file(s, "etc/d2/b/x.conf", "/b\n");
	sysroot_file(s, "etc/d2/.h/x.conf", "/h\n");
	sysroot_file(s, "etc/d2/*/x.conf", "/star\n");
	sysroot_file(s, "etc/d2/file", "/file\n");
	gives(s, "include d?/*/*.conf\n", "/a.b /a /star /b");
	gives(s, "include /*/d2/[!*]/x.conf\n", "/b");
	gives(s, "include d2/\\*/x.conf\n", "/star");
	gives(s, "include d1/../d2/b/*\n", "/b");
	gives(s, "include d2/.*/x.conf\n", "/h");
	gives(s, "include none/*/x.conf\n", "");
	gives(s, "include / //\n/a\n", "/a");
}

static void files_that_include_one_another_end(void **state)
{
	struct sysroot *s = *state;

	sysroot_file(s, "etc/d/1", "/1\ninclude *\n");
	sysroot_file(s, "etc/d/2", "/2\ninclude *\n");
	gives(s, "include d/*\n/end\n", "/1 /1 /1 /1 /1 /1 /1 /1 /1 /1 /1 /1 /1 /1 /1 /1");
}

/* Patterns of thousands of parts, thousands of times, over a directory that leads to itself. */
static void work_has_an_end(void **state)
{
	struct sysroot *s = *state;
	MSK_AUTO_STR text = MSK_STR_INIT;
	char name[32];

	for (int i = 0; i < 200; i++) {
		snprintf(name, sizeof name, "etc/l%d", i);
		sysroot_link(s, ".", name);
	}
	for (int line = 0; line < 300; line++) {
		msk_str_adds(&text, "include ");
		for (int i = 0; i < 1500; i++)
			msk_str_adds(&text, "*/");
		msk_str_adds(&text, "x\n");
	}
	msk_str_adds(&text, "/end\n");
	gives(s, msk_str_c(&text), "/end");
	text.len = 0;
	msk_str_adds(&text, "include /");
	for (int i = 0; i < MSK_MAX_PATH; i++)
		msk_str_addc(&text, 'x');
	msk_str_adds(&text, "\n/end\n");
	gives(s, msk_str_c(&text), "/end");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		sysroot_test(a_line_is_a_directory),
		sysroot_test(a_relative_directory_starts_at_the_root),
		sysroot_test(includes_start_beside_their_file),
		sysroot_test(patterns_may_stand_in_any_part),
		sysroot_test(files_that_include_one_another_end),
		sysroot_test(work_has_an_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
