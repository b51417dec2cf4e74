/* What a plan takes over from a base. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "mkscratch/plan.h"

static const char passwd[] = "root:x:0:0:root:/root:/bin/sh\n# no line\napp:x:100:101::/:/bin/sh\nodd:x:y:z\n";
static const char group[] = "root:x:0:\nstaff:x:50:app\n";

static struct msk_json *parse(const char *text)
{
	struct msk_err err = MSK_ERR_INIT;
	struct msk_json *v = NULL;

	assert_int_equal(msk_json_parse(text, strlen(text), "config", &v, &err), 0);
	return v;
}

/* A plan from these words over a base of that config; its config document is what the plan inherited from. */
static int inherit(const char *config, const char *const *words, struct msk_plan *out, struct msk_err *err)
{
	const struct msk_platform amd64 = { .os = "linux", .arch = "amd64" };
	static struct msk_options o;
	static struct msk_plan whole;
	static struct msk_json *doc;
	const bool members[] = { true };

	msk_plan_release(&whole);
	msk_options_release(&o);
	msk_json_free(doc);
	doc = parse(config);
	o = (struct msk_options)MSK_OPTIONS_INIT;
	o.base = "base.tar";
	msk_strv_push(&o.bin, "app");
	for (; *words; words++) {
		if (strncmp(*words, "user=", 5) == 0)
			o.user = *words + 5;
		else
			msk_strv_push(&o.env, *words);
	}
	*err = (struct msk_err)MSK_ERR_INIT;
	if (msk_plan_make(&o, &whole, err) < 0)
		return -1;
	assert_int_equal(msk_plan_narrow(&whole, members, &amd64, out, err), 0);
	return msk_plan_inherit(out, &(struct msk_base_facts){ doc, passwd, group, "docker.io/library/b:v1", NULL }, err);
}

#define WORDS(...) ((const char *const[]){ __VA_ARGS__, NULL })

static void assert_user(const char *config, const char *word, const char *name, uint32_t uid, uint32_t gid)
{
	struct msk_plan p = { 0 };
	struct msk_err err;

	assert_int_equal(inherit(config, (const char *const[]){ word, NULL }, &p, &err), 0);
	assert_string_equal(p.user.name, name);
	assert_int_equal(p.user.uid, uid);
	assert_int_equal(p.user.gid, gid);
	msk_plan_narrow_release(&p);
}

static void users_become_numbers(void **state)
{
	(void)state;
	assert_user("{}", NULL, "nobody", 65534, 65534);
	assert_user("{\"config\":{\"User\":\"\"}}", NULL, "nobody", 65534, 65534);
	assert_user("{\"config\":{\"User\":\"app\"}}", NULL, "app", 100, 101);
	assert_user("{\"config\":{\"User\":\"100\"}}", NULL, "app", 100, 101);
	assert_user("{\"config\":{\"User\":\"100:7\"}}", NULL, "app", 100, 7);
	assert_user("{\"config\":{\"User\":\"app:staff\"}}", NULL, "app", 100, 50);
	assert_user("{\"config\":{\"User\":\"9\"}}", NULL, "user", 9, 0);
	assert_user("{\"config\":{\"User\":\":5\"}}", NULL, "root", 0, 5);
	assert_user("{\"config\":{\"User\":\"app\"}}", "user=root", "root", 0, 0);
	assert_user("{}", "user=app", "app", 100, 101);
}

static void variables_keep_the_place_of_the_base(void **state)
{
	struct msk_plan p = { 0 };
	struct msk_err err;

	(void)state;
	assert_int_equal(inherit("{\"config\":{\"Env\":[\"PATH=/bin\",\"A=1\",\"AB=2\",3]}}", WORDS("A=9", "C=3"), &p,
				 &err), 0);
	assert_int_equal(p.config.env.n, 4);
	assert_string_equal(p.config.env.v[0], "PATH=/bin");
	assert_string_equal(p.config.env.v[1], "A=9");
	assert_string_equal(p.config.env.v[2], "AB=2");
	assert_string_equal(p.config.env.v[3], "C=3");
	assert_string_equal(p.config.annotation_keys.v[0], "org.opencontainers.image.base.name");
	assert_int_equal(p.config.annotation_keys.n, 1);
	msk_plan_narrow_release(&p);
}

static void values_of_other_kinds_are_passed_over(void **state)
{
	struct msk_plan p = { 0 };
	struct msk_err err;

	(void)state;
	assert_int_equal(inherit("{\"author\":1,\"config\":{\"Env\":{},\"Labels\":[\"x\"],\"ExposedPorts\":7,\"User\":8,"
				 "\"WorkingDir\":null,\"StopSignal\":{}}}", WORDS("A=9"), &p, &err), 0);
	assert_int_equal(p.config.env.n, 1);
	assert_int_equal(p.config.label_keys.n, 0);
	assert_string_equal(p.config.workdir, "/");
	assert_null(p.config.stop_signal);
	assert_int_equal(p.user.uid, 65534);
	msk_plan_narrow_release(&p);
}

static void of_two_variables_of_one_name_the_last_counts(void **state)
{
	struct msk_plan p = { 0 };
	struct msk_err err;

	(void)state;
	assert_int_equal(inherit("{\"config\":{\"Env\":[\"A=1\",\"B=2\",\"A=3\",\"B=4\"]}}", WORDS("A=9"), &p, &err), 0);
	assert_int_equal(p.config.env.n, 2);
	assert_string_equal(p.config.env.v[0], "A=9");
	assert_string_equal(p.config.env.v[1], "B=4");
	msk_plan_narrow_release(&p);
}

static void a_relative_directory_begins_at_the_root(void **state)
{
	struct msk_plan p = { 0 };
	struct msk_err err;

	(void)state;
	assert_int_equal(inherit("{\"config\":{\"WorkingDir\":\"srv//app\"}}", WORDS("A=9"), &p, &err), 0);
	assert_string_equal(p.config.workdir, "/srv/app");
	msk_plan_narrow_release(&p);
}

static char *taken(const char *config, const struct msk_plan *p)
{
	MSK_AUTO_JSON *doc = parse(config), *v = msk_plan_takes(p, doc);
	struct msk_str text = MSK_STR_INIT;

	msk_json_dump(v, &text);
	return text.buf;
}

static void what_is_given_is_not_taken(void **state)
{
	static const char config[] = "{\"author\":1,\"created\":2,\"config\":{\"User\":3,\"WorkingDir\":4,\"StopSignal\":5,"
		"\"Healthcheck\":6,\"Labels\":7,\"Env\":8,\"Entrypoint\":9,\"OnBuild\":10}}";
	struct msk_plan p = { .base_labels = true, .has_programs = true, .user_from = MSK_USER_DEFAULT };
	char author[] = "us", signal[] = "SIGINT";

	(void)state;
	MSK_AUTO_FREE char *all = taken(config, &p);
	assert_string_equal(all, "{\"author\":1,\"config\":{\"Env\":8,\"Healthcheck\":6,\"Labels\":7,\"StopSignal\":5,"
			    "\"User\":3,\"WorkingDir\":4}}");
	p.has_programs = false;
	MSK_AUTO_FREE char *run = taken(config, &p);
	assert_non_null(strstr(run, "\"Entrypoint\":9"));
	p = (struct msk_plan){ .has_programs = true, .user_from = MSK_USER_GIVEN,
			       .config = { .author = author, .stop_signal = signal, .workdir_given = true,
					   .health = { .kind = MSK_HEALTH_OFF } } };
	MSK_AUTO_FREE char *rest = taken(config, &p);
	assert_string_equal(rest, "{\"config\":{\"Env\":8}}");
	MSK_AUTO_FREE char *odd = taken("{\"config\":[1]}", &p);
	assert_string_equal(odd, "{\"config\":[1]}");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(users_become_numbers),
		cmocka_unit_test(variables_keep_the_place_of_the_base),
		cmocka_unit_test(values_of_other_kinds_are_passed_over),
		cmocka_unit_test(of_two_variables_of_one_name_the_last_counts),
		cmocka_unit_test(a_relative_directory_begins_at_the_root),
		cmocka_unit_test(what_is_given_is_not_taken),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
