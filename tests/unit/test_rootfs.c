/* The rootfs: order, parents, conflicts, and paths that run through links of the image. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>
#include <cmocka.h>

#include "mkscratch/rootfs.h"
#include "mkscratch/rootfs_view.h"
#include "mkscratch/rootfs_walk.h"
#include "seal.h"

#define AUTO_ROOTFS MSK_CLEANUP(msk_rootfs_cleanup) struct msk_rootfs

static struct msk_entry_spec at(const char *path, const char *what)
{
	return (struct msk_entry_spec){ .path = path, .what = what, .why = "test", .mode = 0644,
					.stratum = MSK_STRATUM_APP };
}

static void add_file(struct msk_rootfs *fs, const char *path, const char *what, const char *data)
{
	struct msk_entry_spec s = at(path, what);
	struct msk_err err = MSK_ERR_INIT;

	assert_int_equal(msk_rootfs_add_data(fs, &s, data, strlen(data), &err), 0);
}

static void add_link(struct msk_rootfs *fs, const char *path, const char *text)
{
	struct msk_entry_spec s = at(path, "link");
	struct msk_err err = MSK_ERR_INIT;

	assert_int_equal(msk_rootfs_add_symlink(fs, &s, text, &err), 0);
}

static void assert_refused(const char *path, const char *msg)
{
	AUTO_ROOTFS *fs = msk_rootfs_new();
	struct msk_entry_spec s = at(path, "test");
	struct msk_err err = MSK_ERR_INIT;

	assert_int_equal(msk_rootfs_add_dir(fs, &s, &err), -1);
	assert_int_equal(err.code, MSK_E_INPUT);
	assert_string_equal(err.msg, msg);
}

static void entries_are_sorted_and_parents_come_first(void **state)
{
	AUTO_ROOTFS *fs = msk_rootfs_new();
	static const char *const want[] = { "/a", "/a-b", "/a/b", "/a/b/c", "/etc", "/etc/x" };
	MSK_AUTO_ROOTFS_WALK w;

	(void)state;
	add_file(fs, "/etc/x", "one", "1");
	add_file(fs, "/a/b/c", "two", "2");
	add_file(fs, "/a-b", "three", "3");
	seal(fs);
	assert_int_equal(msk_rootfs_count(fs), sizeof want / sizeof *want);
	msk_rootfs_walk_init(&w, fs);
	for (size_t i = 0; i < msk_rootfs_count(fs); i++)
		assert_string_equal(msk_rootfs_next(&w)->path, want[i]);
	assert_null(msk_rootfs_next(&w));
	assert_null(msk_rootfs_next(&w));
	msk_rootfs_walk_release(&w);
	msk_rootfs_walk_below(&w, fs, "/a");
	assert_string_equal(msk_rootfs_next(&w)->path, "/a/b");
	assert_string_equal(msk_rootfs_next(&w)->path, "/a/b/c");
	assert_null(msk_rootfs_next(&w));
	assert_int_equal(msk_rootfs_find(fs, "/a/b")->mode, 0755);
	assert_true(msk_rootfs_find(fs, "/a/b")->implied);
	assert_null(msk_rootfs_find(fs, "/b"));
}

static void an_implied_parent_lies_in_the_lowest_stratum_below_it(void **state)
{
	static const int order[] = { MSK_STRATUM_APP, MSK_STRATUM_BASE, MSK_STRATUM_LIBS };
	AUTO_ROOTFS *fs = msk_rootfs_new();
	struct msk_err err = MSK_ERR_INIT;

	(void)state;
	for (int i = 0; i < 3; i++) {
		char path[] = "/usr/lib/a";
		struct msk_entry_spec s = at(path, "test");

		path[9] = (char)('a' + i);
		s.stratum = order[i];
		assert_int_equal(msk_rootfs_add_data(fs, &s, "x", 1, &err), 0);
	}
	seal(fs);
	assert_int_equal(msk_rootfs_find(fs, "/usr")->stratum, MSK_STRATUM_BASE);
	assert_int_equal(msk_rootfs_find(fs, "/usr/lib")->stratum, MSK_STRATUM_BASE);
}

static void equal_entries_are_one(void **state)
{
	AUTO_ROOTFS *fs = msk_rootfs_new();

	(void)state;
	add_file(fs, "/x", "one", "same");
	add_file(fs, "/x", "two", "same");
	add_link(fs, "/l", "x");
	add_link(fs, "/l", "x");
	seal(fs);
	assert_int_equal(msk_rootfs_count(fs), 2);
}

static struct msk_rootfs *library_and_file(const char *library, const char *file)
{
	struct msk_rootfs *fs = msk_rootfs_new();
	struct msk_entry_spec s = at("/lib/liba.so", "library");
	struct msk_err err = MSK_ERR_INIT;

	s.mode = 0755;
	s.stratum = MSK_STRATUM_LIBS;
	s.yields = true;
	assert_int_equal(msk_rootfs_add_data(fs, &s, library, strlen(library), &err), 0);
	add_file(fs, "/lib/liba.so", "--tree", file);
	return fs;
}

static void what_yields_gives_way_to_the_same_file(void **state)
{
	AUTO_ROOTFS *fs = library_and_file("same", "same");
	const struct msk_entry *e;

	(void)state;
	seal(fs);
	e = msk_rootfs_find(fs, "/lib/liba.so");
	assert_non_null(e);
	assert_int_equal(e->mode, 0644);
	assert_string_equal(e->origin.what, "--tree");
	assert_int_equal(e->stratum, MSK_STRATUM_LIBS);
}

static void what_yields_is_no_licence_for_another_file(void **state)
{
	AUTO_ROOTFS *fs = library_and_file("one", "two");

	(void)state;
	assert_seal_fails(fs, "/lib/liba.so: given by library and by --tree");
}

static void a_conflict_names_both_sides(void **state)
{
	AUTO_ROOTFS *fs = msk_rootfs_new();

	(void)state;
	add_file(fs, "/etc/passwd", "identity", "a");
	add_file(fs, "/etc/passwd", "--file ./passwd:/etc/passwd", "b");
	assert_seal_fails(fs, "/etc/passwd: given by --file ./passwd:/etc/passwd and by --user");
}

static void directories_that_differ_in_mode_conflict(void **state)
{
	AUTO_ROOTFS *fs = msk_rootfs_new();
	struct msk_entry_spec a = at("/d", "one"), b = at("/d", "two");
	struct msk_err err = MSK_ERR_INIT;

	(void)state;
	b.mode = 0700;
	assert_int_equal(msk_rootfs_add_dir(fs, &a, &err), 0);
	assert_int_equal(msk_rootfs_add_dir(fs, &b, &err), 0);
	assert_int_equal(msk_rootfs_seal(fs, &err), -1);
	assert_string_equal(err.msg, "/d: given by one and by two");
	assert_string_equal(err.hint, "they differ in mode or owner: 0644 0:0 and 0700 0:0");
}

static void a_file_cannot_be_a_parent(void **state)
{
	AUTO_ROOTFS *fs = msk_rootfs_new();

	(void)state;
	add_file(fs, "/app", "--bin app", "x");
	add_file(fs, "/app/config", "--file c", "y");
	assert_seal_fails(fs, "/app: given by --bin app, but /app/config lies below it");
}

static void paths_follow_links_of_the_image(void **state)
{
	AUTO_ROOTFS *fs = msk_rootfs_new();

	(void)state;
	add_link(fs, "/lib", "usr/lib");
	add_link(fs, "/usr/lib/deep", "../../../../opt/./x");
	add_link(fs, "/abs", "/lib/deep");
	add_file(fs, "/lib/a", "one", "a");
	add_file(fs, "/abs/b", "two", "b");
	seal(fs);
	assert_non_null(msk_rootfs_find(fs, "/usr/lib/a"));
	assert_non_null(msk_rootfs_find(fs, "/opt/x/b"));
	assert_null(msk_rootfs_find(fs, "/lib/a"));
}

static void link_loops_are_refused(void **state)
{
	AUTO_ROOTFS *fs = msk_rootfs_new();
	struct msk_err err = MSK_ERR_INIT;

	(void)state;
	add_link(fs, "/a", "b");
	add_link(fs, "/b", "a");
	add_file(fs, "/a/x", "one", "a");
	assert_int_equal(msk_rootfs_seal(fs, &err), -1);
	assert_non_null(strstr(err.msg, "too many symbolic links (40)"));
}

static void odd_paths_are_refused(void **state)
{
	char longest[4200];

	(void)state;
	assert_refused("/", "/: not an absolute, normalised path");
	assert_refused("a", "a: not an absolute, normalised path");
	assert_refused("/a/", "/a/: not an absolute, normalised path");
	assert_refused("/a//b", "/a//b: not an absolute, normalised path");
	assert_refused("/a/../b", "/a/../b: not an absolute, normalised path");
	assert_refused("/./b", "/./b: not an absolute, normalised path");
	assert_refused("/a/.wh.b", "/a/.wh.b: names beginning with .wh. are reserved for deletions");
	memset(longest, 'x', sizeof longest);
	longest[0] = '/';
	longest[4096] = '\0';
	{
		AUTO_ROOTFS *fs = msk_rootfs_new();
		struct msk_entry_spec s = at(longest, "test");
		struct msk_err err = MSK_ERR_INIT;

		assert_int_equal(msk_rootfs_add_dir(fs, &s, &err), -1);
		assert_non_null(strstr(err.msg, "path is too long (4096 vs 4095 bytes)"));
	}
}

static void the_dump_shows_each_entry_with_its_reason(void **state)
{
	AUTO_ROOTFS *fs = msk_rootfs_new();
	MSK_AUTO_STR out = MSK_STR_INIT;

	(void)state;
	add_file(fs, "/d/a\nb", "--file a", "12");
	add_link(fs, "/l", "d");
	seal(fs);
	msk_rootfs_dump(fs, &out);
	assert_string_equal(out.buf, "d0755\t0:0\t0\tapp\t/d\t# parent: parent of /d/a\\x0ab\n"
				     "f0644\t0:0\t2\tapp\t/d/a\\x0ab\t# --file a: test\n"
				     "l0777\t0:0\t0\tapp\t/l -> d\t# link: test\n");
}

static void capabilities_go_to_files_alone(void **state)
{
	AUTO_ROOTFS *fs = msk_rootfs_new();

	(void)state;
	add_file(fs, "/usr/bin/app", "a", "x");
	add_link(fs, "/bin", "usr/bin");
	msk_rootfs_add_caps(fs, "/bin/app", 1 << 10, "--cap 1");
	msk_rootfs_add_caps(fs, "/usr/bin/app", 1, "--cap 2");
	seal(fs);
	assert_int_equal(msk_rootfs_find(fs, "/usr/bin/app")->caps, 1 << 10 | 1);
	assert_int_equal(msk_rootfs_find(fs, "/usr")->caps, 0);
}

static void capabilities_of_a_loop_end(void **state)
{
	AUTO_ROOTFS *fs = msk_rootfs_new();

	(void)state;
	add_link(fs, "/a", "b");
	add_link(fs, "/b", "a");
	msk_rootfs_add_caps(fs, "/a/x", 1, "--cap");
	assert_seal_fails(fs, "/a/x: too many symbolic links (40)");
}

static void of_capabilities_the_first_that_goes_nowhere_is_told(void **state)
{
	AUTO_ROOTFS *fs = msk_rootfs_new(), *other = msk_rootfs_new();

	(void)state;
	add_link(fs, "/a", "a");
	msk_rootfs_add_caps(fs, "/none", 1, "--cap 1");
	msk_rootfs_add_caps(fs, "/a/x", 1, "--cap 2");
	assert_seal_fails(fs, "--cap 1: no such file in the image");
	add_link(other, "/a", "a");
	msk_rootfs_add_caps(other, "/a/x", 1, "--cap 2");
	msk_rootfs_add_caps(other, "/none", 1, "--cap 1");
	assert_seal_fails(other, "/a/x: too many symbolic links (40)");
}

static void bytes_of_our_own_open_as_a_file(void **state)
{
	AUTO_ROOTFS *fs = msk_rootfs_new();
	MSK_AUTO_ROFILE f = MSK_ROFILE_INIT, none = MSK_ROFILE_INIT;
	struct msk_err err = MSK_ERR_INIT;
	struct msk_rootfs_view view;
	struct rlimit was, no_more;
	enum msk_lookup how;
	char got[8] = "";

	(void)state;
	add_file(fs, "/motd", "motd", "hello");
	seal(fs);
	msk_rootfs_view_init(&view, fs);
	assert_int_equal(view.tree.open(&view.tree, "/motd", &how, &f, NULL, &err), 0);
	assert_int_equal(read(f.fd, got, sizeof got), 5);
	assert_string_equal(got, "hello");
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &was), 0);
	no_more = (struct rlimit){ .rlim_cur = 0, .rlim_max = was.rlim_max };
	setrlimit(RLIMIT_NOFILE, &no_more);
	assert_int_equal(view.tree.open(&view.tree, "/motd", &how, &none, NULL, &err), -1);
	setrlimit(RLIMIT_NOFILE, &was);
	assert_string_equal(err.msg, "/motd: cannot hold it in memory (Too many open files)");
	assert_int_equal(err.code, MSK_E_IO);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(capabilities_go_to_files_alone),
		cmocka_unit_test(capabilities_of_a_loop_end),
		cmocka_unit_test(of_capabilities_the_first_that_goes_nowhere_is_told),
		cmocka_unit_test(entries_are_sorted_and_parents_come_first),
		cmocka_unit_test(an_implied_parent_lies_in_the_lowest_stratum_below_it),
		cmocka_unit_test(equal_entries_are_one),
		cmocka_unit_test(what_yields_gives_way_to_the_same_file),
		cmocka_unit_test(what_yields_is_no_licence_for_another_file),
		cmocka_unit_test(a_conflict_names_both_sides),
		cmocka_unit_test(directories_that_differ_in_mode_conflict),
		cmocka_unit_test(a_file_cannot_be_a_parent),
		cmocka_unit_test(paths_follow_links_of_the_image),
		cmocka_unit_test(link_loops_are_refused),
		cmocka_unit_test(odd_paths_are_refused),
		cmocka_unit_test(the_dump_shows_each_entry_with_its_reason),
		cmocka_unit_test(bytes_of_our_own_open_as_a_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
