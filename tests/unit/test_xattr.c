/* Extended attributes as one text, and what it says again. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "mkscratch/xattr.h"

static const char caps[] = "\1\0\0\2\0\4\0\0\0\0\0\0\0\1\0\0\0\0\0\0";

static void the_text_is_sorted_and_of_one_meaning(void **state)
{
	static const char *const names[] = {
		"user.b", "user a=\\\n", "user.a", "user", "security.capability", "trusted.\xc3\xa9",
	};
	MSK_AUTO_STRV list = MSK_STRV_INIT;
	MSK_AUTO_STR text = MSK_STR_INIT;
	char value[MSK_XATTR_SHORT + 1];

	(void)state;
	memset(value, 'x', sizeof value);
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		msk_xattrs_add(&list, names[i], value, i == 0 ? 65 : i);
	msk_xattrs_text(&list, &text);
	assert_string_equal(text.buf,
			    "security.capability=4:78787878 trusted.\xc3\xa9=5:7878787878 user.a=2:7878 "
			    "user.b=65:sha256:9537c5fdf120482f7d58d25e9ed583f52c02b4e304ea814db1633ad565aed7e9 user=3:787878 "
			    "user\\040a\\075\\134\\012=1:78");
}

static void it_is_read_as_it_was_made(void **state)
{
	static const struct {
		const char *name;
		size_t size;
	} want[] = { { "security.capability", 20 }, { "user.a", 0 }, { "user.b", 200 }, { "user", 3 }, { "user a=\\\n", 64 } };
	MSK_AUTO_STRV list = MSK_STRV_INIT;
	MSK_AUTO_STR text = MSK_STR_INIT;
	MSK_AUTO_XATTR x = { .name = MSK_STR_INIT };
	const char *p;
	char value[200] = "";
	size_t n = 0;

	(void)state;
	msk_xattrs_add(&list, "user", "a\0b", 3);
	msk_xattrs_add(&list, "user.b", value, sizeof value);
	msk_xattrs_add(&list, "user.a", "", 0);
	msk_xattrs_add(&list, "user a=\\\n", value, MSK_XATTR_SHORT);
	msk_xattrs_add(&list, "security.capability", caps, 20);
	msk_xattrs_text(&list, &text);
	for (p = text.buf; msk_xattr_next(&p, &x); n++) {
		assert_true(n < sizeof want / sizeof *want);
		assert_string_equal(msk_str_c(&x.name), want[n].name);
		assert_int_equal(strlen(x.digest.text), n == 2 ? 71 : 0);
		if (n == 0)
			assert_memory_equal(x.value, caps, 20);
		if (n == 3)
			assert_memory_equal(x.value, "a\0b", 3);
		assert_int_equal(x.size, want[n].size);
	}
	assert_int_equal(n, 5);
	assert_int_equal(*p, '\0');
}

static void names_compare_as_they_stand(void **state)
{
	const char *a = "user.a=0: user=0:", *b = "user.a=2:6869 user\\040=0:";
	MSK_AUTO_XATTR x = { .name = MSK_STR_INIT };
	MSK_AUTO_XATTR y = { .name = MSK_STR_INIT };

	(void)state;
	assert_true(msk_xattr_next(&a, &x) && msk_xattr_next(&b, &y));
	assert_int_equal(msk_xattr_compare(&x, &y), 0);
	assert_true(msk_xattr_next(&a, &x) && msk_xattr_compare(&y, &x) < 0);
	assert_true(msk_xattr_next(&b, &y) && msk_xattr_compare(&x, &y) < 0);
	assert_false(msk_xattr_next(&a, &x) || msk_xattr_next(&b, &y));
}

static void assert_value(const char *name, const char *value, size_t n, const char *want)
{
	MSK_AUTO_STRV list = MSK_STRV_INIT;
	MSK_AUTO_STR text = MSK_STR_INIT, got = MSK_STR_INIT;
	MSK_AUTO_XATTR x = { .name = MSK_STR_INIT };
	const char *p;

	msk_xattrs_add(&list, name, value, n);
	msk_xattrs_text(&list, &text);
	p = text.buf;
	assert_true(msk_xattr_next(&p, &x));
	msk_xattr_add_value(&got, &x);
	assert_string_equal(got.buf, want);
}

static void values_are_shown_as_what_they_are(void **state)
{
	char large[65] = "";

	(void)state;
	assert_value("user.a", "", 0, "\"\"");
	assert_value("user.a", "hi there", 8, "\"hi there\"");
	assert_value("user.a", "hi\n", 3, "0x68690a");
	assert_value("security.selinux", "u:r:t:s0", 9, "\"u:r:t:s0\\0\"");
	assert_value("user.a", "a\0\0", 3, "0x610000");
	assert_value("user.a", "\"", 1, "0x22");
	assert_value("user.a", "\\", 1, "0x5c");
	assert_value("user.a", "\xc3\xa9", 2, "0xc3a9");
	assert_value("user.a", large, sizeof large,
		     "65 bytes sha256:98ce42deef51d40269d542f5314bef2c7468d401ad5d85168bfab4c0108f75f7");
	assert_value("security.capability", caps, 20, "cap_net_bind_service,cap_checkpoint_restore=ep");
	assert_value("security.capability", caps, 19, "0x01000002000400000000000000010000000000");
	assert_value("user.security.capability", caps, 4, "0x01000002");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_text_is_sorted_and_of_one_meaning),
		cmocka_unit_test(it_is_read_as_it_was_made),
		cmocka_unit_test(names_compare_as_they_stand),
		cmocka_unit_test(values_are_shown_as_what_they_are),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
