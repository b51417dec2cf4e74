/* Where libraries go in the image: beside DEST what lay beside SRC, and what only the host's settings led to into the
 * directory where the loader looks by itself. The closures are made by hand; no file is touched. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "../../src/gather/place.h"

#define PROGRAM_DIR "/home/u/build/bin"
#define LIBC_DIR    "/lib/x86_64-linux-gnu"

/* A closure of a program in PROGRAM_DIR that goes to `dest`. */
struct scene {
	struct msk_object objects[4];
	struct msk_closure closure;
	struct msk_strv env;
	struct msk_placing placing;
};

static void scene_init(struct scene *s, const char *dest, const char *runpath, const char *rpath)
{
	memset(s, 0, sizeof *s);
	s->objects[0] = (struct msk_object){
		.name = (char *)"app", .path = (char *)PROGRAM_DIR "/app", .found_by = MSK_BY_PROGRAM,
		.elf = { .interp = (char *)"/lib64/ld-linux-x86-64.so.2", .runpath = (char *)runpath, .rpath = (char *)rpath },
	};
	s->objects[1] = (struct msk_object){
		.name = (char *)"libc.so.6", .path = (char *)LIBC_DIR "/libc.so.6", .found_by = MSK_BY_CACHE,
	};
	s->closure = (struct msk_closure){ .objects = s->objects, .n_objects = 2, .libc = MSK_LIBC_GLIBC };
	msk_strv_split(&s->closure.system_dirs, LIBC_DIR ":/usr" LIBC_DIR ":/lib/:/usr/lib/", ":");
	s->placing = (struct msk_placing){ &s->closure, PROGRAM_DIR, dest, &s->env, NULL };
}

static struct msk_object *scene_add(struct scene *s, const char *name, const char *path, enum msk_found_by by,
				    size_t parent)
{
	struct msk_object *o = &s->objects[s->closure.n_objects++];

	*o = (struct msk_object){ .name = (char *)name, .path = (char *)path, .found_by = by, .parent = parent };
	return o;
}

/* Object 2, and what comes after it, go to these places; NULL: they keep theirs. */
static void assert_placed(struct scene *s, const char *second, const char *third)
{
	struct msk_err err = MSK_ERR_INIT;

	if (msk_place_objects(&s->placing, &err) < 0)
		fail_msg("%s", err.msg);
	assert_null(s->placing.placed[1]);
	if (second)
		assert_string_equal(s->placing.placed[2], second);
	else
		assert_null(s->placing.placed[2]);
	if (third)
		assert_string_equal(s->placing.placed[3], third);
	msk_placing_release(&s->placing);
	msk_strv_release(&s->env);
	msk_strv_release(&s->closure.system_dirs);
}

static void what_lies_beside_src_goes_beside_dest(void **state)
{
	struct scene s;

	(void)state;
	scene_init(&s, "/app", "$ORIGIN/lib", NULL);
	scene_add(&s, "libx.so", PROGRAM_DIR "/lib/libx.so", MSK_BY_RUNPATH, 0);
	assert_placed(&s, "/lib/libx.so", NULL);
}

static void dotdot_behind_origin_is_followed_from_dest(void **state)
{
	struct scene s;

	(void)state;
	scene_init(&s, "/opt/a/bin/app", "/opt/none:${ORIGIN}/../lib", NULL);
	scene_add(&s, "libx.so", PROGRAM_DIR "/../lib/libx.so", MSK_BY_RUNPATH, 0);
	assert_placed(&s, "/opt/a/lib/libx.so", NULL);
}

static void dotdot_behind_origin_stops_at_the_root_of_the_image(void **state)
{
	struct scene s;

	(void)state;
	scene_init(&s, "/app", "$ORIGIN/../../x", NULL);
	scene_add(&s, "libx.so", "/home/u/x/libx.so", MSK_BY_RUNPATH, 0);
	assert_placed(&s, "/x/libx.so", NULL);
}

static void origin_of_a_library_is_where_the_library_was_put(void **state)
{
	struct scene s;

	(void)state;
	scene_init(&s, "/srv/app", "$ORIGIN/lib", NULL);
	scene_add(&s, "libx.so", PROGRAM_DIR "/lib/libx.so", MSK_BY_RUNPATH, 0)->elf.runpath = (char *)"$ORIGIN/sub";
	scene_add(&s, "liby.so", PROGRAM_DIR "/lib/sub/liby.so", MSK_BY_RUNPATH, 2);
	assert_placed(&s, "/srv/lib/libx.so", "/srv/lib/sub/liby.so");
}

static void an_inherited_rpath_means_the_origin_of_who_has_it(void **state)
{
	struct scene s;

	(void)state;
	scene_init(&s, "/srv/app", NULL, "$ORIGIN/lib");
	scene_add(&s, "libx.so", PROGRAM_DIR "/lib/libx.so", MSK_BY_RPATH, 0);
	scene_add(&s, "liby.so", PROGRAM_DIR "/lib/liby.so", MSK_BY_RPATH, 2);
	assert_placed(&s, "/srv/lib/libx.so", "/srv/lib/liby.so");
}

static void a_literal_runpath_stays_as_it_is(void **state)
{
	struct scene s;

	(void)state;
	scene_init(&s, "/app", "/opt/lib:$ORIGIN/lib", NULL);
	scene_add(&s, "libx.so", "/opt/lib/libx.so", MSK_BY_RUNPATH, 0);
	assert_placed(&s, NULL, NULL);
}

static void a_program_that_does_not_move_moves_nothing(void **state)
{
	struct scene s;

	(void)state;
	scene_init(&s, PROGRAM_DIR "/app", "$ORIGIN/../lib", NULL);
	scene_add(&s, "libx.so", PROGRAM_DIR "/../lib/libx.so", MSK_BY_RUNPATH, 0);
	assert_placed(&s, NULL, NULL);
}

static void a_hwcaps_directory_below_origin_stays_below_it(void **state)
{
	struct scene s;

	(void)state;
	scene_init(&s, "/app", "$ORIGIN/lib", NULL);
	scene_add(&s, "libx.so", PROGRAM_DIR "/lib/glibc-hwcaps/x86-64-v2/libx.so", MSK_BY_RUNPATH, 0);
	assert_placed(&s, "/lib/glibc-hwcaps/x86-64-v2/libx.so", NULL);
}

static void a_needed_name_with_origin_is_taken_from_dest(void **state)
{
	struct scene s;

	(void)state;
	scene_init(&s, "/srv/app", NULL, NULL);
	scene_add(&s, "$ORIGIN/p/libx.so", PROGRAM_DIR "/p/libx.so", MSK_BY_PATH, 0);
	assert_placed(&s, "/srv/p/libx.so", NULL);
}

static void origin_with_another_token_cannot_be_told(void **state)
{
	struct msk_err err = MSK_ERR_INIT;
	struct scene s;

	(void)state;
	scene_init(&s, "/app", "$ORIGIN/$LIB", NULL);
	scene_add(&s, "libx.so", PROGRAM_DIR "/lib64/libx.so", MSK_BY_RUNPATH, 0);
	assert_int_equal(msk_place_objects(&s.placing, &err), -1);
	assert_int_equal(err.code, MSK_E_MISSING);
	assert_string_equal(err.msg, "libx.so: found in " PROGRAM_DIR "/lib64 by way of $ORIGIN, which is elsewhere in "
				     "the image");
	assert_string_equal(err.hint, "give the program the DEST it has below --root, or --library-path "
				      PROGRAM_DIR "/lib64");
	msk_placing_release(&s.placing);
	msk_strv_release(&s.closure.system_dirs);
}

static void lib_is_what_the_loader_has_for_it(void **state)
{
	static const char *const texts[] = { "$ORIGIN/$LIB", "${ORIGIN}/${LIB}" };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct scene s;

		scene_init(&s, "/srv/app", texts[i], NULL);
		s.closure.lib_token = (char *)"lib64";
		scene_add(&s, "libx.so", PROGRAM_DIR "/lib64/libx.so", MSK_BY_RUNPATH, 0);
		assert_placed(&s, "/srv/lib64/libx.so", NULL);
	}
}

static void what_an_extra_directory_leads_to_goes_where_the_loader_looks(void **state)
{
	struct scene s;

	(void)state;
	scene_init(&s, "/app", NULL, NULL);
	scene_add(&s, "libx.so.1", "/home/u/lib/libx.so.1.2", MSK_BY_LIBRARY_PATH, 0);
	scene_add(&s, "liby.so.1", "/home/u/lib/liby.so.1", MSK_BY_LIBRARY_PATH, 0);
	assert_placed(&s, LIBC_DIR "/libx.so.1", LIBC_DIR "/liby.so.1");
}

static void what_the_cache_or_its_configuration_leads_to_stays(void **state)
{
	struct scene s;

	(void)state;
	scene_init(&s, "/app", NULL, NULL);
	scene_add(&s, "libx.so.1", "/usr/local/lib/libx.so.1", MSK_BY_CACHE, 0);
	scene_add(&s, "liby.so.1", "/opt/lib/liby.so.1", MSK_BY_CONF, 0);
	assert_placed(&s, NULL, NULL);
	assert_null(s.placing.placed);
}

static void what_the_cache_finds_in_a_directory_of_the_loader_stays(void **state)
{
	struct scene s;

	(void)state;
	scene_init(&s, "/app", NULL, NULL);
	scene_add(&s, "libx.so.1", LIBC_DIR "/libx.so.1", MSK_BY_CACHE, 0);
	assert_placed(&s, NULL, NULL);
	scene_init(&s, "/app", NULL, NULL);
	scene_add(&s, "libx.so.1", "/usr/lib/libx.so.1", MSK_BY_CACHE, 0);
	assert_placed(&s, NULL, NULL);
}

static void a_program_that_shuns_system_directories_needs_a_library_path(void **state)
{
	struct msk_err err = MSK_ERR_INIT;
	struct scene s;

	(void)state;
	scene_init(&s, "/app", NULL, NULL);
	s.objects[0].elf.nodeflib = true;
	scene_add(&s, "libx.so.1", "/opt/x/libx.so.1", MSK_BY_LIBRARY_PATH, 0);
	assert_int_equal(msk_place_objects(&s.placing, &err), -1);
	assert_int_equal(err.code, MSK_E_MISSING);
	assert_string_equal(err.msg, "libx.so.1: found by library-path in /opt/x, where the loader of the image does not look");
	assert_string_equal(err.hint, "-e LD_LIBRARY_PATH=/opt/x lets it look there");
	msk_placing_release(&s.placing);
	msk_strv_release(&s.closure.system_dirs);
}

static void a_library_path_that_the_image_sets_too_is_kept(void **state)
{
	struct scene s;

	(void)state;
	scene_init(&s, "/app", NULL, NULL);
	scene_add(&s, "libx.so.1", "/opt/x/libx.so.1", MSK_BY_LIBRARY_PATH, 0);
	msk_strv_push(&s.env, "LD_LIBRARY_PATH=/opt/y:/opt/x/");
	assert_placed(&s, NULL, NULL);
}

static void musl_looks_in_three_directories(void **state)
{
	struct scene s;

	(void)state;
	scene_init(&s, "/app", NULL, NULL);
	s.closure.libc = MSK_LIBC_MUSL;
	s.objects[1] = (struct msk_object){ .name = (char *)"ld-musl-x86_64.so.1", .path = (char *)"/lib/ld-musl-x86_64.so.1",
					    .found_by = MSK_BY_INTERP };
	scene_add(&s, "libx.so", "/usr/local/lib/libx.so", MSK_BY_CONF, 0);
	scene_add(&s, "liby.so", "/opt/lib/liby.so", MSK_BY_SYSTEM_DIR, 0);
	assert_placed(&s, NULL, "/lib/liby.so");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_lies_beside_src_goes_beside_dest),
		cmocka_unit_test(dotdot_behind_origin_is_followed_from_dest),
		cmocka_unit_test(dotdot_behind_origin_stops_at_the_root_of_the_image),
		cmocka_unit_test(origin_of_a_library_is_where_the_library_was_put),
		cmocka_unit_test(an_inherited_rpath_means_the_origin_of_who_has_it),
		cmocka_unit_test(a_literal_runpath_stays_as_it_is),
		cmocka_unit_test(a_program_that_does_not_move_moves_nothing),
		cmocka_unit_test(a_hwcaps_directory_below_origin_stays_below_it),
		cmocka_unit_test(a_needed_name_with_origin_is_taken_from_dest),
		cmocka_unit_test(origin_with_another_token_cannot_be_told),
		cmocka_unit_test(lib_is_what_the_loader_has_for_it),
		cmocka_unit_test(what_an_extra_directory_leads_to_goes_where_the_loader_looks),
		cmocka_unit_test(what_the_cache_or_its_configuration_leads_to_stays),
		cmocka_unit_test(what_the_cache_finds_in_a_directory_of_the_loader_stays),
		cmocka_unit_test(a_program_that_shuns_system_directories_needs_a_library_path),
		cmocka_unit_test(a_library_path_that_the_image_sets_too_is_kept),
		cmocka_unit_test(musl_looks_in_three_directories),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
