/* Paths as text, and symlinks over a tree that is a table. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "mkscratch/path.h"

static void assert_normal(const char *path, const char *want)
{
	MSK_AUTO_FREE char *got = msk_path_normalise(path);

	assert_string_equal(got, want);
}

static void normalising_is_lexical_and_stops_at_the_root(void **state)
{
	(void)state;
	assert_normal("/a//b/../c", "/a/c");
	assert_normal("a/./b/", "/a/b");
	assert_normal("/../../x", "/x");
	assert_normal("", "/");
	assert_normal("/..", "/");
	assert_normal("/a/...", "/a/...");
}

static void a_plain_path_leads_where_it_led(void **state)
{
	static const char *const plain[][2] = {
		{ "app", "app" }, { "./app", "app" }, { ".//a/./b//c/", "a/b/c" }, { "/a//b/", "/a/b" }, { "/", "/" },
		{ "//", "/" }, { ".", "." }, { "./", "." }, { "", "" }, { "../a/../b", "../a/../b" }, { "./..", ".." },
		{ "-", "-" }, { "./-", "./-" }, { "./-x/.", "./-x" }, { "-x", "-x" }, { "...", "..." }, { "a.", "a." },
	};

	(void)state;
	for (size_t i = 0; i < sizeof plain / sizeof *plain; i++) {
		MSK_AUTO_FREE char *got = msk_path_plain(plain[i][0]);

		assert_string_equal(got, plain[i][1]);
	}
}

/* Rows: path, the text of a link or NULL for a directory; a path that ends in ".f" is a file. */
static const char *const rows[][2] = {
	{ "/lib", "usr/lib" }, { "/usr", NULL }, { "/usr/lib", NULL }, { "/usr/lib/x.f", NULL },
	{ "/usr/lib/abs", "/lib/x.f" }, { "/usr/lib/up", "../../../../usr/lib/abs" }, { "/loop", "loop" },
	{ "/usr/lib/dots", "./../lib//x.f" }, { "/usr/lib/gone", "nowhere" }, { "/top", "/" },
};

static enum msk_node_kind look(void *ctx, const char *path, const char **text)
{
	(void)ctx;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		if (strcmp(rows[i][0], path) != 0)
			continue;
		*text = rows[i][1];
		return *text ? MSK_NODE_LINK : strstr(path, ".f") ? MSK_NODE_OTHER : MSK_NODE_DIR;
	}
	return MSK_NODE_NONE;
}

static void on_link(void *ctx, const char *path, const char *text)
{
	msk_str_addf(ctx, "%s>%s;", path, text);
}

static void assert_resolved(const char *path, const char *want, const char *want_links)
{
	MSK_AUTO_STR links = MSK_STR_INIT;
	const struct msk_path_tree t = { look, on_link, &links };
	MSK_AUTO_FREE char *final = NULL;

	assert_int_equal(msk_path_resolve(&t, path, 40, &final), MSK_RESOLVED);
	assert_string_equal(final, want);
	assert_string_equal(msk_str_c(&links), want_links);
}

static void links_are_followed_below_the_root_and_told_of(void **state)
{
	(void)state;
	assert_resolved("/lib/x.f", "/usr/lib/x.f", "/lib>usr/lib;");
	assert_resolved("/usr/lib/up", "/usr/lib/x.f",
			"/usr/lib/up>../../../../usr/lib/abs;/usr/lib/abs>/lib/x.f;/lib>usr/lib;");
	assert_resolved("/usr/lib/dots", "/usr/lib/x.f", "/usr/lib/dots>./../lib//x.f;");
	assert_resolved("/lib/../lib", "/usr/lib", "/lib>usr/lib;");
	assert_resolved("//", "/", "");
	assert_resolved("/top/lib/../..", "/", "/top>/;/lib>usr/lib;");
	assert_resolved("/top", "/", "/top>/;");
}

static enum msk_resolved how(const char *path, int max_links)
{
	const struct msk_path_tree t = { look, NULL, NULL };
	MSK_AUTO_FREE char *final = NULL;
	enum msk_resolved r = msk_path_resolve(&t, path, max_links, &final);

	assert_int_equal(r == MSK_RESOLVED, final != NULL);
	return r;
}

static void what_leads_nowhere_is_absent_and_a_loop_is_one(void **state)
{
	(void)state;
	assert_int_equal(how("/usr/lib/gone", 40), MSK_RESOLVED_ABSENT);
	assert_int_equal(how("/usr/lib/x.f/below", 40), MSK_RESOLVED_ABSENT);
	assert_int_equal(how("/none/../usr", 40), MSK_RESOLVED_ABSENT);
	assert_int_equal(how("/loop", 40), MSK_RESOLVED_LOOP);
	assert_int_equal(how("/usr/lib/up", 3), MSK_RESOLVED);
	assert_int_equal(how("/usr/lib/up", 2), MSK_RESOLVED_LOOP);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_plain_path_leads_where_it_led),
		cmocka_unit_test(normalising_is_lexical_and_stops_at_the_root),
		cmocka_unit_test(links_are_followed_below_the_root_and_told_of),
		cmocka_unit_test(what_leads_nowhere_is_absent_and_a_loop_is_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
