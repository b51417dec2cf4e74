/* Words for platforms: one form for all of them, and which means which. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "mkscratch/platform.h"

static void one_platform_has_one_name(void **state)
{
	static const char *const words[][2] = {
		{ "linux/amd64", "linux/amd64" }, { "amd64", "linux/amd64" }, { "linux/x86_64", "linux/amd64" },
		{ "linux/amd64/v1", "linux/amd64" }, { "linux/amd64/v3", "linux/amd64/v3" },
		{ "aarch64", "linux/arm64" }, { "linux/arm64/v8", "linux/arm64" }, { "linux/arm/v7", "linux/arm/v7" },
		{ "linux/arm", "linux/arm" }, { "linux/armhf/v7", "linux/arm/v7" }, { "windows/amd64", "windows/amd64" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
		MSK_AUTO_STR name = MSK_STR_INIT;
		struct msk_platform p;

		assert_true(msk_platform_parse(words[i][0], &p));
		msk_platform_add(&name, &p);
		assert_string_equal(name.buf, words[i][1]);
	}
}

static void what_is_no_platform_is_refused(void **state)
{
	static const char *const words[] = {
		"", "/", "linux", "linux/", "/amd64", "linux//v7", "linux/arm/v7/x", "linux/a b", "LINUX/AMD64",
		"linux/an-architecture-of-a-long-name", "a/b/c/d", "linux/arm/",
	};
	struct msk_platform p;

	(void)state;
	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		assert_false(msk_platform_parse(words[i], &p));
}

static void without_a_variant_it_means_them_all(void **state)
{
	struct msk_platform arm, v6, v7, arm64;

	(void)state;
	assert_true(msk_platform_parse("linux/arm", &arm) && msk_platform_parse("linux/arm/v6", &v6) &&
		    msk_platform_parse("linux/arm/v7", &v7) && msk_platform_parse("linux/arm64", &arm64));
	assert_true(msk_platform_covers(&arm, &v6) && msk_platform_covers(&v7, &v7));
	assert_false(msk_platform_covers(&v6, &v7) || msk_platform_covers(&v6, &arm) || msk_platform_covers(&arm, &arm64));
	assert_true(msk_platform_compare(&v6, &v7) < 0 && msk_platform_compare(&v7, &arm64) < 0);
}

static void levels_of_one_architecture_have_an_order(void **state)
{
	static const struct { const char *lesser, *better; bool below; } cases[] = {
		{ "linux/amd64", "linux/amd64/v3", true }, { "linux/amd64/v2", "linux/amd64/v3", true },
		{ "linux/amd64/v3", "linux/amd64/v2", false }, { "linux/amd64/v3", "linux/amd64/v3", false },
		{ "linux/ppc64le/power9", "linux/ppc64le/power10", true }, { "linux/riscv64", "linux/riscv64/rva22u64", true },
		{ "linux/arm64", "linux/amd64/v3", false }, { "windows/amd64", "linux/amd64/v3", false },
		{ "linux/arm/v6", "linux/arm/v7", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct msk_platform lesser, better;

		assert_true(msk_platform_parse(cases[i].lesser, &lesser) && msk_platform_parse(cases[i].better, &better));
		assert_int_equal(msk_platform_is_below(&lesser, &better), cases[i].below);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_platform_has_one_name),
		cmocka_unit_test(what_is_no_platform_is_refused),
		cmocka_unit_test(without_a_variant_it_means_them_all),
		cmocka_unit_test(levels_of_one_architecture_have_an_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
