/* The parser of options, and the texts made from their table. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "../../src/cli/recipe.h"

#define ARGS(...) ((const char *[]){ __VA_ARGS__, NULL })

static int parse(const char *verb, const char *const *argv, struct msk_options *o, struct msk_err *err)
{
	int argc = 0;

	*o = (struct msk_options)MSK_OPTIONS_INIT;
	*err = (struct msk_err)MSK_ERR_INIT;
	while (argv[argc])
		argc++;
	return msk_opt_parse(msk_verb_find(verb), argc, argv, o, err);
}

static void parse_ok(const char *verb, const char *const *argv, struct msk_options *o)
{
	struct msk_err err;

	if (parse(verb, argv, o, &err) < 0)
		fail_msg("%s", err.msg);
}

static void parse_bad(const char *verb, const char *const *argv, const char *message, const char *hint)
{
	struct msk_options o;
	struct msk_err err;

	assert_int_equal(parse(verb, argv, &o, &err), -1);
	assert_int_equal(err.code, MSK_E_USAGE);
	assert_string_equal(err.msg, message);
	assert_string_equal(err.hint, hint);
	msk_options_release(&o);
}

static void every_spelling_of_a_value(void **state)
{
	struct msk_options o;

	(void)state;
	parse_ok("build", ARGS("--output=a", "--output", "b", "-oc", "-o", "d", "-o="), &o);
	assert_int_equal(o.output.n, 5);
	assert_string_equal(o.output.v[0], "a");
	assert_string_equal(o.output.v[1], "b");
	assert_string_equal(o.output.v[2], "c");
	assert_string_equal(o.output.v[3], "d");
	assert_string_equal(o.output.v[4], "=");
	msk_options_release(&o);
}

static void flags_are_bundled_and_a_value_may_end_them(void **state)
{
	struct msk_options o;

	(void)state;
	parse_ok("build", ARGS("-nqj4"), &o);
	assert_true(o.dry_run);
	assert_int_equal(o.level, MSK_LOG_ERROR);
	assert_string_equal(o.jobs, "4");
	parse_ok("build", ARGS("-vv"), &o);
	assert_int_equal(o.level, MSK_LOG_DEBUG);
	parse_ok("build", ARGS("-v"), &o);
	assert_int_equal(o.level, MSK_LOG_INFO);
}

static void optional_values_never_stand_apart(void **state)
{
	struct msk_options o;

	(void)state;
	parse_ok("build", ARGS("--certs", "--tz"), &o);
	assert_true(o.certs && o.tz && o.tz_whole);
	assert_null(o.certs_file);
	parse_ok("build", ARGS("--certs=ca.pem", "--tz=UTC"), &o);
	assert_true(o.certs && o.tz && !o.tz_whole);
	assert_string_equal(o.certs_file, "ca.pem");
	assert_string_equal(o.tz_zones.v[0], "UTC");
	msk_options_release(&o);
	parse_bad("build", ARGS("--certs", "ca.pem"), "ca.pem: neither a verb nor an option", "did you mean --certs=ca.pem?");
}

static void the_last_of_a_single_value_wins(void **state)
{
	struct msk_options o;

	(void)state;
	parse_ok("build", ARGS("-w", "/a", "--workdir=/b"), &o);
	assert_string_equal(o.workdir, "/b");
	msk_options_release(&o);
	parse_ok("build", ARGS("--certs=a.pem", "--certs"), &o);
	assert_null(o.certs_file);
	msk_options_release(&o);
	parse_ok("build", ARGS("--certs", "--certs=b.pem"), &o);
	assert_string_equal(o.certs_file, "b.pem");
	msk_options_release(&o);
	for (const struct opt_row *row = msk_opt_rows; row->name; row++) {
		char typed[40];

		if (row->kind != OPT_VALUE || !(row->verbs & VERB_BUILD))
			continue;
		snprintf(typed, sizeof typed, "--%s", row->name);
		parse_ok("build", ARGS(typed, "first", typed, "second"), &o);
		assert_string_equal(*(const char **)((char *)&o + row->field), "second");
		msk_options_release(&o);
	}
}

static void two_dashes_end_the_options(void **state)
{
	struct msk_options o;

	(void)state;
	parse_ok("deps", ARGS("--list", "--", "--json", "-x"), &o);
	assert_true(o.list && !o.json);
	assert_int_equal(o.args.n, 2);
	assert_string_equal(o.args.v[0], "--json");
	msk_options_release(&o);
}

static void a_dash_alone_is_an_operand(void **state)
{
	struct msk_options o;

	(void)state;
	parse_ok("verify", ARGS("-"), &o);
	assert_string_equal(o.args.v[0], "-");
	msk_options_release(&o);
}

static void values_may_look_like_options(void **state)
{
	struct msk_options o;

	(void)state;
	parse_ok("build", ARGS("--cmd", "--help", "-o", "-"), &o);
	assert_string_equal(o.cmd.v[0], "--help");
	assert_string_equal(o.output.v[0], "-");
	assert_false(o.help);
	msk_options_release(&o);
}

static void help_stops_the_parser(void **state)
{
	struct msk_options o;

	(void)state;
	parse_ok("build", ARGS("--help", "--nonsense"), &o);
	assert_true(o.help);
	parse_ok("deps", ARGS("-h"), &o);
	assert_true(o.help);
	parse_ok("build", ARGS("--version", "--nonsense"), &o);
	assert_true(o.version);
}

static void unknown_options_name_the_nearest(void **state)
{
	(void)state;
	parse_bad("build", ARGS("--cert-s"), "--cert-s: unknown option", "did you mean --certs?");
	parse_bad("build", ARGS("--ouput=x"), "--ouput: unknown option", "did you mean --output?");
	parse_bad("build", ARGS("--lab"), "--lab: unknown option", "did you mean --label?");
	parse_bad("build", ARGS("--Bin", "x"), "--Bin: unknown option", "did you mean --bin?");
	parse_bad("build", ARGS("--no-such-thing"), "--no-such-thing: unknown option", "mkscratch --help");
	parse_bad("build", ARGS("-Z"), "-Z: unknown option", "mkscratch --help");
	parse_bad("build", ARGS("-certs"), "-c: unknown option", "did you mean --certs?");
}

static void options_of_another_verb_say_whose(void **state)
{
	(void)state;
	parse_bad("build", ARGS("--list"), "--list: not an option of build", "it belongs to mkscratch deps");
	parse_bad("deps", ARGS("--platform", "x"), "--platform: not an option of deps",
		  "it belongs to mkscratch build, inspect, ls, cat, diff, verify, index and why");
	parse_bad("deps", ARGS("-o", "x"), "-o: not an option of deps", "it belongs to mkscratch build and index");
}

static void values_that_lack_or_are_too_much(void **state)
{
	(void)state;
	parse_bad("build", ARGS("--bin"), "--bin: needs a value", "--bin SRC[:DEST[:MODE[:UID:GID]]]");
	parse_bad("build", ARGS("-no"), "-o: needs a value", "-o PATH|-");
	parse_bad("build", ARGS("--dry-run=yes"), "--dry-run: takes no value (\"yes\")",
		  "did you mean --dry-run? It stands alone");
}

static void words_out_of_place(void **state)
{
	(void)state;
	parse_bad("build", ARGS("/dev/null"), "/dev/null: neither a verb nor an option",
		  "did you mean: mkscratch --bin /dev/null -o img.tar");
	parse_bad("build", ARGS("verfy"), "verfy: neither a verb nor an option", "did you mean: mkscratch verify");
	parse_bad("build", ARGS("--json", "deps"), "deps: a verb comes first, before any option", "mkscratch deps ...");
	parse_bad("build", ARGS("--bin", "app", "serve"), "serve: neither a verb nor an option",
		  "did you mean --cmd serve?");
	parse_bad("version", ARGS("x"), "version: takes no operand (\"x\")", "");
}

/* A new option of build belongs to the recipe of an image, or here: it changes no byte, or names the output. */
static void the_recipe_holds_whatever_may_change_a_byte(void **state)
{
	MSK_AUTO_STR out = MSK_STR_INIT;

	(void)state;
	for (const struct opt_row *row = msk_opt_rows; row->name; row++)
		if ((row->verbs & VERB_BUILD) && !msk_recipe_holds(row))
			msk_str_addf(&out, "%s ", row->name);
	assert_string_equal(msk_str_c(&out),
			    "certs-expiry-min output tag platform no-record max-size max-layer-size max-growth baseline "
			    "strict dry-run config target print json quiet verbose progress jobs cache no-cache cache-size "
			    "paranoid require-sandbox help version ");
}

static char *recipe_of(const char *const *argv)
{
	struct msk_plan plan = { 0 };
	struct msk_options o;
	struct msk_err err;
	char *recipe;

	parse_ok("build", argv, &o);
	if (msk_plan_make(&o, &plan, &err) < 0)
		fail_msg("%s", err.msg);
	recipe = msk_recipe_make(&(struct recipe_of){ &o, &plan, NULL });
	msk_plan_release(&plan);
	msk_options_release(&o);
	return recipe;
}

/* Values of an option that say the same, in whatever spelling and order, and how the recipe has them. */
static void what_says_the_same_is_there_in_one_spelling(void **state)
{
	static const char *const same[][4] = {
		{ "--bin=a", "--bin=./a:/a", "--bin=a:/:0755", "\"bin\":[\"a\"]" },
		{ "--bin=d//a:/a", "--bin=d/a:/a:755", "--bin=d/a", "\"bin\":[\"d/a\"]" },
		{ "--bin=a:/b/", "--bin=a:/b/./a", "--bin=a:/b/a:00755", "\"bin\":[\"a:/b/a\"]" },
		{ "--bin=a:/a:755:0:0", "--bin=a:/a:0755:0:0", "--bin=a:/a:00755:00:0", "\"bin\":[\"a:/a:0755:0:0\"]" },
		{ "--bin=x:/y:/y", "--bin=x:/y:/y:755", "--bin=./x:/y:/y", "\"bin\":[\"x:/y:/y\"]" },
		{ "--file=a:/a", "--file=./a:/", "--file=a://a", "\"file\":[\"a:/a\"]" },
		{ "--file=a:/a:755", "--file=a:/a:0755:0:0", "--file=a:/:0755", "\"file\":[\"a:/a:0755\"]" },
		{ "--file=a:/a:644:0:5", "--file=a:/a:0644:0:5", "--file=a:/a:00644:00:05", "\"file\":[\"a:/a:0644:0:5\"]" },
		{ "--tree=t:/", "--tree=t/://", "--tree=./t:/.", "\"tree\":[\"t:/\"]" },
		{ "--dir=/d", "--dir=/d/:755", "--dir=//d:0755:0:0", "\"dir\":[\"/d\"]" },
		{ "--dir=/d:700", "--dir=/d:0700", "--dir=/d:0700:0:0", "\"dir\":[\"/d:0700\"]" },
		{ "--link=./t:/l", "--link=./t://l", "--link=./t:/./l/", "\"link\":[\"./t:/l\"]" },
		{ "--expose=80", "--expose=80/tcp", "--expose=80-80", "\"expose\":[\"80/tcp\"]" },
		{ "--expose=1-65535/udp", "--expose=01-65535/udp", "--expose=1-0065535/udp", "\"expose\":[\"1-65535/udp\"]" },
		{ "--volume=/v", "--volume=/v/", "--volume=//./v", "\"volume\":[\"/v\"]" },
		{ "--tz=UTC,Europe/*", "--tz=Europe/*,UTC", "--tz=UTC,Europe/*,UTC", "\"tz\":[\"Europe/*\",\"UTC\"]" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof same / sizeof *same; i++)
		for (size_t k = 0; k < 3; k++) {
			const char *base = strncmp(same[i][k], "--bin", 5) == 0 ? "-q" : "--bin=z";
			MSK_AUTO_FREE char *recipe = recipe_of(ARGS(base, same[i][k]));

			if (!strstr(recipe, same[i][3]))
				fail_msg("%s: the recipe is %s", same[i][k], recipe);
		}
}

static void ports_and_zones_of_several_options_are_put_together(void **state)
{
	MSK_AUTO_FREE char *one = recipe_of(ARGS("--bin=a", "-p82", "-p80", "-p81/tcp", "-p81/udp", "--tz=B/C,A", "--tz=A"));
	MSK_AUTO_FREE char *two = recipe_of(ARGS("--bin=a", "-p81-81/udp", "-p80-82", "-p80", "--tz=A", "--tz=B/C"));

	(void)state;
	assert_string_equal(one, two);
	assert_non_null(strstr(one, "\"expose\":[\"80-82/tcp\",\"81/udp\"]"));
	assert_non_null(strstr(one, "\"tz\":[\"A\",\"B/C\"]"));
}

static void where_order_has_a_meaning_it_is_kept(void **state)
{
	MSK_AUTO_FREE char *recipe = recipe_of(ARGS("--bin=b", "--bin=a", "-eB=1", "-eA=2", "--cmd=y", "--cmd=x"));

	(void)state;
	assert_non_null(strstr(recipe, "\"bin\":[\"b\",\"a\"],\"cmd\":[\"y\",\"x\"],\"env\":[\"B=1\",\"A=2\"]"));
}

/* Ways to say what holds anyhow, of each option of which the help tells that. */
static const struct {
	const char *name, *value;
	bool distroless;
} said[] = {
	{ "root", "/", false }, { "root", "//", false }, { "user", "nobody", false }, { "user", "65534", false },
	{ "user", "65534:65534", false }, { "user", "nobody:65534", false }, { "user", "nonroot", true },
	{ "user", "65532", true },
	{ "preset", "scratch", false }, { "entrypoint", "/a", false }, { "entrypoint", "[\"/a\"]", false },
	{ "workdir", "/", false }, { "workdir", "//", false }, { "workdir", "/home/nonroot/", true },
	{ "created", "0", false }, { "created", "1970-01-01T00:00:00Z", false }, { "compress", "gzip", false },
	{ "compress", "gzip:5", false }, { "layers", "split", false }, { "media-types", "oci", false },
};

static void a_default_is_no_part_of_the_recipe(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof said / sizeof *said; i++) {
		MSK_AUTO_FREE char *option = msk_xasprintf("--%s=%s", said[i].name, said[i].value);
		const char *const preset = said[i].distroless ? "--preset=distroless" : "-q";
		MSK_AUTO_FREE char *with = recipe_of(ARGS("--bin=a", preset, option));
		MSK_AUTO_FREE char *without = recipe_of(ARGS("--bin=a", preset));

		assert_string_equal(with, without);
	}
	for (const struct opt_row *row = msk_opt_rows; row->name; row++) {
		bool known = row->kind == OPT_REPEAT || !msk_recipe_holds(row) || !strstr(row->help, "default");

		for (size_t i = 0; i < sizeof said / sizeof *said; i++)
			known = known || strcmp(said[i].name, row->name) == 0;
		if (!known)
			fail_msg("--%s: its default is not among those above", row->name);
	}
}

/* What looks like a default and is none. */
static void another_value_is_part_of_the_recipe(void **state)
{
	static const char *const others[][3] = {
		{ "--compress=zstd:3", NULL, "\"compress\":\"zstd\"" },
		{ "--compress=gzip:06", NULL, "\"compress\":\"gzip:6\"" },
		{ "--compress=none", NULL, "\"compress\":\"none\"" },
		{ "--user=nonroot", NULL, "\"user\":\"nonroot\"" },
		{ "--user=nobody", "--base=b.tar", "\"user\":\"nobody\"" },
		{ "--workdir=/", "--base=b.tar", "\"workdir\":\"/\"" },
		{ "--user=nobody", "--preset=distroless", "\"user\":\"nobody\"" },
		{ "--user=65534", "--passwd-entry=app:65534", "\"user\":\"65534\"" },
		{ "--user=app:65534", NULL, "\"user\":\"app:65534\"" },
		{ "--user=65534:0", NULL, "\"user\":\"65534:0\"" },
		{ "--workdir=/", "--preset=distroless", "\"workdir\":\"/\"" },
		{ "--created=1", NULL, "\"created\":\"1\"" },
		{ "--entrypoint=/a", "--bin=c", "\"entrypoint\":\"/a\"" },
		{ "--entrypoint=[\"/a\",\"x\"]", NULL, "\"entrypoint\":" },
		{ "--root=/r", NULL, "\"root\":[\"/r\"]" },
		{ "--root=linux/arm64=/", NULL, "\"root\":[\"linux/arm64=/\"]" },
		{ "--layers=single", NULL, "\"layers\":\"single\"" },
		{ "--media-types=docker", NULL, "\"media-types\":\"docker\"" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
		MSK_AUTO_FREE char *recipe = recipe_of(ARGS("--bin=a", others[i][0], others[i][1] ? others[i][1] : "-q"));

		if (!strstr(recipe, others[i][2]))
			fail_msg("%s: the recipe is %s", others[i][0], recipe);
	}
}

static void options_survive_as_json(void **state)
{
	const char *const argv[] = { "--bin", "a:/b", "--certs=x", "--tz=A,B", "--tz=C", "--auto", "-e", "K=\n", "-q",
				     NULL };
	MSK_AUTO_STR first = MSK_STR_INIT, second = MSK_STR_INIT;
	MSK_AUTO_JSON *v = NULL, *again = NULL;
	struct msk_options o, back = MSK_OPTIONS_INIT;
	struct msk_err err = MSK_ERR_INIT;
	bool exact;

	(void)state;
	parse_ok("build", argv, &o);
	v = msk_opt_json(&o, msk_recipe_holds, &exact);
	msk_json_dump(v, &first);
	assert_true(exact);
	assert_string_equal(first.buf, "{\"auto\":true,\"bin\":[\"a:/b\"],\"certs\":\"x\",\"env\":[\"K=\\n\"],"
			    "\"tz\":[\"A,B\",\"C\"]}");
	assert_int_equal(msk_opt_from_json(v, msk_recipe_holds, &back, &err), 0);
	again = msk_opt_json(&back, msk_recipe_holds, &exact);
	msk_json_dump(again, &second);
	assert_string_equal(second.buf, first.buf);
	msk_options_release(&o);
	msk_options_release(&back);
}

static void assert_not_options(const char *text, const char *message)
{
	struct msk_options o = MSK_OPTIONS_INIT;
	struct msk_err err = MSK_ERR_INIT;
	MSK_AUTO_JSON *v = NULL;

	assert_int_equal(msk_json_parse(text, strlen(text), "test", &v, &err), 0);
	assert_int_equal(msk_opt_from_json(v, msk_recipe_holds, &o, &err), -1);
	assert_int_equal(err.code, MSK_E_INPUT);
	assert_string_equal(err.msg, message);
	msk_options_release(&o);
}

static void json_that_is_no_options_is_refused(void **state)
{
	(void)state;
	assert_not_options("{\"bin\":\"a\"}", "option \"bin\": not a value it may have");
	assert_not_options("{\"bin\":[]}", "option \"bin\": not a value it may have");
	assert_not_options("{\"bin\":[1]}", "option \"bin\": not a value it may have");
	assert_not_options("{\"auto\":false}", "option \"auto\": not a value it may have");
	assert_not_options("{\"output\":[\"/etc/passwd\"]}", "1 option that mkscratch " MSK_VERSION " does not know");
}

static void option_rows_are_sound(void **state)
{
	(void)state;
	for (const struct opt_row *a = msk_opt_rows; a->name; a++) {
		assert_true(a->verbs != 0 && a->set && a->help && a->help[strlen(a->help) - 1] == '.');
		assert_true((a->kind == OPT_FLAG) == !a->metavar);
		assert_true((a->complete == COMPLETE_WORDS) == !!a->words);
		assert_true(strlen(a->name) < 30);
		for (const struct opt_row *b = a + 1; b->name; b++) {
			assert_true(strcmp(a->name, b->name) != 0 || !(a->verbs & b->verbs));
			assert_true(!a->letter || a->letter != b->letter);
		}
	}
}

/* Longest line and number of lines. */
static void measure(const struct msk_str *text, size_t *width, size_t *lines)
{
	*width = *lines = 0;
	for (const char *p = text->buf; *p; p++) {
		size_t n = strcspn(p, "\n");

		assert_true(n == 0 || p[n - 1] != ' ');
		*width = n > *width ? n : *width;
		++*lines;
		p += n;
		assert_int_equal(*p, '\n');
	}
}

static void help_fits_a_screen(void **state)
{
	size_t width, lines;

	(void)state;
	for (size_t i = 0; msk_help_topic_at(i); i++) {
		MSK_AUTO_STR text = MSK_STR_INIT;

		if (strcmp(msk_help_topic_at(i), "troubleshooting") == 0)      /* a table to search in */
			continue;
		assert_true(msk_help_topic(msk_help_topic_at(i), &text));
		measure(&text, &width, &lines);
		if (width > 80 || lines > 24)
			fail_msg("help %s: %zu columns, %zu lines", msk_help_topic_at(i), width, lines);
	}
}

static void short_help_fits_a_screen_and_begins_with_examples(void **state)
{
	MSK_AUTO_STR text = MSK_STR_INIT;
	size_t width, lines;

	(void)state;
	msk_help_short(&text);
	measure(&text, &width, &lines);
	assert_in_range(width, 1, 80);
	assert_in_range(lines, 1, 24);
	assert_true(msk_starts_with(text.buf, "Examples:\n  mkscratch --bin ./app --certs --tz -o img.tar"));
}

/* `dashes` is how the text writes "--". */
static void check_has_all(const struct msk_str *text, const char *dashes, unsigned verbs)
{
	for (const struct opt_row *row = msk_opt_rows; row->name; row++) {
		MSK_AUTO_STR name = MSK_STR_INIT;

		msk_str_adds(&name, dashes);
		for (const char *p = row->name; *p; p++)
			msk_str_addf(&name, *p == '-' && dashes[0] == '\\' ? "\\-" : "%c", *p);
		if ((row->verbs & verbs) && !strstr(text->buf, name.buf))
			fail_msg("%s is missing", name.buf);
	}
}

static void every_option_is_in_every_text(void **state)
{
	static const char *const shells[] = { "bash", "zsh", "fish" };
	MSK_AUTO_STR help = MSK_STR_INIT;
	MSK_AUTO_STR man = MSK_STR_INIT;

	(void)state;
	for (int g = 0; g < N_GROUPS; g++)
		assert_true(msk_help_topic(msk_opt_groups[g].topic, &help));
	check_has_all(&help, "--", VERB_BUILD);
	msk_man_page(&man);
	check_has_all(&man, "\\-\\-", VERB_ALL);
	for (size_t i = 0; i < 3; i++) {
		MSK_AUTO_STR text = MSK_STR_INIT;

		assert_true(msk_completion(shells[i], &text));
		check_has_all(&text, i == 2 ? "-l " : "--", VERB_ALL);
	}
}

static void topics_are_verbs_groups_and_prose(void **state)
{
	MSK_AUTO_STR text = MSK_STR_INIT;

	(void)state;
	assert_false(msk_help_topic("nonsense", &text));
	for (const struct verb *v = msk_verbs; v->name; v++)
		assert_true(msk_help_topic(v->name, &text));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_spelling_of_a_value),
		cmocka_unit_test(flags_are_bundled_and_a_value_may_end_them),
		cmocka_unit_test(optional_values_never_stand_apart),
		cmocka_unit_test(the_last_of_a_single_value_wins),
		cmocka_unit_test(two_dashes_end_the_options),
		cmocka_unit_test(a_dash_alone_is_an_operand),
		cmocka_unit_test(values_may_look_like_options),
		cmocka_unit_test(help_stops_the_parser),
		cmocka_unit_test(unknown_options_name_the_nearest),
		cmocka_unit_test(options_of_another_verb_say_whose),
		cmocka_unit_test(values_that_lack_or_are_too_much),
		cmocka_unit_test(words_out_of_place),
		cmocka_unit_test(the_recipe_holds_whatever_may_change_a_byte),
		cmocka_unit_test(what_says_the_same_is_there_in_one_spelling),
		cmocka_unit_test(ports_and_zones_of_several_options_are_put_together),
		cmocka_unit_test(where_order_has_a_meaning_it_is_kept),
		cmocka_unit_test(a_default_is_no_part_of_the_recipe),
		cmocka_unit_test(another_value_is_part_of_the_recipe),
		cmocka_unit_test(options_survive_as_json),
		cmocka_unit_test(json_that_is_no_options_is_refused),
		cmocka_unit_test(option_rows_are_sound),
		cmocka_unit_test(help_fits_a_screen),
		cmocka_unit_test(short_help_fits_a_screen_and_begins_with_examples),
		cmocka_unit_test(every_option_is_in_every_text),
		cmocka_unit_test(topics_are_verbs_groups_and_prose),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
