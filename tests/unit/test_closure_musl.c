/* musl's rules, and those of loaders that we know nothing of, over trees of made-up ELF files. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "resolve.h"

static void musl_is_its_own_libc_by_any_name(void **state)
{
	struct sysroot *s = *state;

	put_musl(s);
	PUT(s, "lib/liba.so", .needed = { NULL });
	gives_with(s, MUSL_APP(.needed = { "libc.so", "libm.so.6", "libc.musl-x86_64.so.1", "libpthread.so.0", "liba.so" }),
		   &(struct ask){ 0 }, MUSL " interp; /lib/liba.so system-dir");
}

static void musl_inherits_runpath(void **state)
{
	struct sysroot *s = *state;

	put_musl(s);
	PUT(s, "opt/app/liba.so", .needed = { "libb.so" });
	PUT(s, "opt/app/libb.so", .needed = { NULL });
	gives(s, MUSL_APP(.runpath = "$ORIGIN", .needed = { "liba.so" }),
	      "/opt/app/liba.so runpath; /opt/app/libb.so runpath");
}

static void musl_ignores_sonames_and_knows_names_it_searched(void **state)
{
	struct sysroot *s = *state;

	put_musl(s);
	PUT(s, "opt/libreal.so", .soname = "libname.so");
	PUT(s, "lib/libname.so", .needed = { NULL });
	gives(s, MUSL_APP(.needed = { "/opt/libreal.so", "libname.so" }), "/opt/libreal.so path; /lib/libname.so system-dir");
}

static void musl_searches_extra_directories_first(void **state)
{
	struct sysroot *s = *state;
	struct ask a = { 0 };

	put_musl(s);
	PUT(s, "own/liba.so", .needed = { NULL });
	PUT(s, "extra/liba.so", .needed = { NULL });
	msk_strv_push(&a.library_path, "/extra");
	gives_with(s, MUSL_APP(.rpath = "/own", .needed = { "liba.so" }), &a,
		   "/extra/liba.so library-path; " MUSL " interp");
	msk_strv_release(&a.library_path);
}

static void musl_path_file_replaces_the_default(void **state)
{
	struct sysroot *s = *state;

	put_musl(s);
	PUT(s, "usr/local/lib/liba.so", .needed = { NULL });
	PUT(s, "opt/lib/libb.so", .needed = { NULL });
	gives(s, MUSL_APP(.needed = { "liba.so", "libb.so" }), "/usr/local/lib/liba.so system-dir; ?libb.so");
	sysroot_file(s, "etc/ld-musl-x86_64.path", "/nowhere\n/opt/lib:/other\n");
	gives(s, MUSL_APP(.needed = { "liba.so", "libb.so" }), "/opt/lib/libb.so system-dir; ?liba.so");
}

static void musl_drops_a_path_with_other_tokens(void **state)
{
	struct sysroot *s = *state;

	put_musl(s);
	PUT(s, "opt/liba.so", .needed = { NULL });
	gives(s, MUSL_APP(.runpath = "/opt:/x/$LIB", .needed = { "liba.so" }), "?liba.so");
}

static void musl_stops_at_a_foreign_library(void **state)
{
	struct sysroot *s = *state;

	put_musl(s);
	PUT(s, "lib/liba.so", .machine = EM_AARCH64);
	PUT(s, "usr/lib/liba.so", .needed = { NULL });
	fails_hint(s, MUSL_APP(.needed = { "liba.so" }), MSK_E_MISSING,
		   "app: needs liba.so, found /lib/liba.so: built for aarch64, the program is x86-64",
		   "the loader would open /lib/liba.so and stop there");
}

static void an_unknown_loader_is_told(void **state)
{
	struct sysroot *s = *state;
	MSK_CLEANUP(msk_closure_release) struct msk_closure c = { 0 };
	struct ask a = { 0 };
	struct msk_err err;

	PUT(s, "system/bin/linker64", .needed = { NULL });
	PUT(s, "lib/liba.so", .needed = { NULL });
	assert_int_equal(resolve_with(s, &(struct fake){ .interp = "/system/bin/linker64", .needed = { "liba.so" } }, &a, &c,
				      &err), 0);
	assert_int_equal(c.libc, MSK_LIBC_OTHER);
	assert_string_equal(c.objects[1].path, "/lib/liba.so");
	assert_string_equal(c.notes.v[0],
			    "app: its loader /system/bin/linker64 is not one whose rules are known; took the usual ones");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		sysroot_test(musl_is_its_own_libc_by_any_name),
		sysroot_test(musl_inherits_runpath),
		sysroot_test(musl_ignores_sonames_and_knows_names_it_searched),
		sysroot_test(musl_searches_extra_directories_first),
		sysroot_test(musl_path_file_replaces_the_default),
		sysroot_test(musl_drops_a_path_with_other_tokens),
		sysroot_test(musl_stops_at_a_foreign_library),
		sysroot_test(an_unknown_loader_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
