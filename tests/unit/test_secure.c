/* AT_SECURE: what loaders do not take from a program that starts with more rights than its user has. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "resolve.h"

/* As `gives`, of a program that gains rights. */
static void securely_gives(struct sysroot *s, const struct fake *app, const char *origin, const char *want)
{
	struct ask a = { .secure = true, .origin = origin };

	msk_strv_push(&a.library_path, "/env");
	gives_with(s, app, &a, want);
	msk_strv_release(&a.library_path);
}

static void who_gains_rights_is_not_led_by_the_environment(void **state)
{
	struct sysroot *s = *state;

	put_ldso(s);
	PUT(s, "env/liba.so", .needed = { NULL });
	PUT(s, "lib/ld-musl-x86_64.so.1", .needed = { NULL });
	securely_gives(s, APP(.needed = { "liba.so" }), NULL, LDSO " interp; ?liba.so");
	securely_gives(s, MUSL_APP(.needed = { "liba.so" }), NULL, MUSL " interp; ?liba.so");
}

static void who_gains_rights_is_led_by_origin_into_system_directories_alone(void **state)
{
	struct sysroot *s = *state;

	put_ldso(s);
	sysroot_dir(s, "opt/bin");
	sysroot_dir(s, "usr/lib/app/bin");
	sysroot_dir(s, "usr/lib/app/bin-x");
	PUT(s, "usr/lib/app/lib/liba.so", .runpath = "$ORIGIN/sub", .needed = { "libb.so" });
	PUT(s, "usr/lib/app/lib/sub/libb.so", .needed = { NULL });
	PUT(s, "opt/lib/liba.so", .runpath = "$ORIGIN", .needed = { "libb.so" });
	PUT(s, "opt/lib/libb.so", .needed = { NULL });
#define GIVES(path, origin, want) \
	securely_gives(s, APP(.runpath = path, .needed = { "liba.so" }), origin, want LDSO " interp")
	GIVES("$ORIGIN/../lib", "/usr/lib/app/bin", "/usr/lib/app/bin/../lib/liba.so runpath; "
	      "/usr/lib/app/bin/../lib/sub/libb.so runpath; ");
	GIVES("${ORIGIN}/lib", "/usr/lib/app", "/usr/lib/app/lib/liba.so runpath; /usr/lib/app/lib/sub/libb.so runpath; ");
	/* What is not the user's to choose may lead anywhere, and so may a library that was found there. */
	GIVES("/opt/lib", "/opt/bin", "/opt/lib/liba.so runpath; /opt/lib/libb.so runpath; ");
#undef GIVES
#define GIVES(path, origin) \
	securely_gives(s, APP(.runpath = path, .needed = { "liba.so" }), origin, LDSO " interp; ?liba.so")
	GIVES("$ORIGIN/../lib", "/opt/bin");
	GIVES("$ORIGIN/../../../../opt/lib", "/usr/lib/app/bin");
	GIVES("//$ORIGIN/../lib", "/usr/lib/app/bin");
	GIVES("$ORIGIN-x/../lib", "/usr/lib/app/bin");
#undef GIVES
}

static void who_gains_rights_under_musl_has_no_origin(void **state)
{
	struct sysroot *s = *state;

	PUT(s, "lib/ld-musl-x86_64.so.1", .needed = { NULL });
	PUT(s, "lib/app/liba.so", .runpath = "$ORIGIN/sub", .needed = { "libb.so" });
	PUT(s, "lib/app/sub/libb.so", .needed = { NULL });
	securely_gives(s, MUSL_APP(.runpath = "$ORIGIN:/lib/app", .needed = { "liba.so" }), "/lib/app",
		       MUSL " interp; ?liba.so");
	securely_gives(s, MUSL_APP(.runpath = "/lib/app", .needed = { "liba.so" }), "/lib/app",
		       "/lib/app/liba.so runpath; /lib/app/sub/libb.so runpath; " MUSL " interp");
}

static void who_gains_rights_needs_names_without_tokens(void **state)
{
	struct sysroot *s = *state;
	MSK_CLEANUP(msk_closure_release) struct msk_closure c = { 0 };
	struct ask a = { .secure = true, .origin = "/usr/lib" };
	struct msk_err err;

	put_ldso(s);
	PUT(s, "usr/lib/liba.so", .needed = { NULL });
	assert_int_equal(resolve_with(s, APP(.needed = { "$ORIGIN/liba.so" }), &a, &c, &err), -1);
	assert_string_equal(err.msg, "app: needs \"$ORIGIN/liba.so\", and no loader takes a $ token there where a program "
				     "gains rights");
	assert_string_equal(err.hint, "leave its capability or set-id bit away, or have it need the library by a plain name");
	assert_int_equal(err.code, MSK_E_MISSING);
	securely_gives(s, APP(.needed = { "$FOO" }), NULL, LDSO " interp; ?$FOO");
}

static void assert_notes(struct sysroot *s, const struct fake *app, struct ask a, const char *first, const char *second)
{
	MSK_CLEANUP(msk_closure_release) struct msk_closure c = { 0 };
	struct msk_err err;

	msk_strv_push(&a.library_path, "/env");
	assert_int_equal(resolve_with(s, app, &a, &c, &err), 0);
	assert_int_equal(c.notes.n, second ? 2 : 1);
	assert_string_equal(c.notes.v[0], first);
	if (second)
		assert_string_equal(c.notes.v[1], second);
	msk_strv_release(&a.library_path);
}

static void what_users_who_gain_rights_will_meet_is_noted(void **state)
{
	const struct ask by_mode = { .set_id = true }, by_caps = { .has_caps = true };
	struct sysroot *s = *state;
#define GAIN "app: set-uid or set-gid; for users who gain rights by that, its loader "

	put_ldso(s);
	PUT(s, "lib/ld-musl-x86_64.so.1", .needed = { NULL });
	PUT(s, "env/liba.so", .needed = { NULL });
	assert_notes(s, APP(.needed = { "liba.so" }), by_mode, GAIN "ignores LD_LIBRARY_PATH", NULL);
	assert_notes(s, APP(.runpath = "$ORIGIN", .needed = { "liba.so" }), by_mode, GAIN "ignores LD_LIBRARY_PATH",
		     GAIN "takes $ORIGIN only where it leads to a system directory");
	assert_notes(s, MUSL_APP(.rpath = "$ORIGIN", .needed = { "liba.so" }), by_mode, GAIN "ignores LD_LIBRARY_PATH",
		     GAIN "takes $ORIGIN nowhere");
	assert_notes(s, APP(.needed = { "liba.so" }), by_caps,
		     "app: has file capabilities; for users who gain rights by that, its loader ignores LD_LIBRARY_PATH", NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		sysroot_test(who_gains_rights_is_not_led_by_the_environment),
		sysroot_test(who_gains_rights_is_led_by_origin_into_system_directories_alone),
		sysroot_test(who_gains_rights_under_musl_has_no_origin),
		sysroot_test(who_gains_rights_needs_names_without_tokens),
		sysroot_test(what_users_who_gain_rights_will_meet_is_noted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
