/* A rootfs over another file system: where paths lead, what gives way, what is replaced, what is there already. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "mkscratch/fs.h"
#include "mkscratch/layer.h"
#include "mkscratch/rootfs_view.h"
#include "seal.h"

#define AUTO_ROOTFS MSK_CLEANUP(msk_rootfs_cleanup) struct msk_rootfs

static const struct {
	const char *path;
	struct msk_below_node node;
} base[] = {
	{ "/bin", { MSK_DIR, 0755, 0, 0, 1, NULL } },
	{ "/etc", { MSK_DIR, 0750, 0, 5, 2, NULL } },
	{ "/etc/conf", { MSK_FILE, 0600, 0, 0, 3, NULL } },
	{ "/lib", { MSK_SYMLINK, 0777, 0, 0, 4, "usr/lib" } },
	{ "/loop", { MSK_SYMLINK, 0777, 0, 0, 5, "loop" } },
	{ "/opt", { MSK_DIR, 0755, 0, 0, 6, NULL } },
	{ "/tmp", { MSK_DIR, 01777, 0, 0, 7, NULL } },
	{ "/top", { MSK_SYMLINK, 0777, 0, 0, 8, "/" } },
	{ "/usr", { MSK_DIR, 0755, 0, 0, 9, NULL } },
	{ "/usr/lib", { MSK_DIR, 0711, 7, 8, 10, NULL } },
	{ "/usr/lib/a", { MSK_FILE, 0644, 0, 0, 11, NULL } },
	{ "/usr/lib/none", { MSK_SYMLINK, 0777, 0, 0, 12, "nowhere" } },
};

static bool look(struct msk_below *b, const char *path, struct msk_below_node *out)
{
	(void)b;
	for (size_t i = 0; i < sizeof base / sizeof *base; i++)
		if (strcmp(base[i].path, path) == 0) {
			*out = base[i].node;
			return true;
		}
	return false;
}

static int open_base(struct msk_below *b, const char *path, int *out_fd, struct msk_err *err)
{
	FILE *f = tmpfile();

	(void)b;
	(void)err;
	assert_string_equal(path, "/etc/conf");
	assert_int_equal(fputs("text", f) >= 0 && fflush(f) == 0, 1);
	*out_fd = dup(fileno(f));
	fclose(f);
	return lseek(*out_fd, 0, SEEK_SET) == 0 ? 0 : -1;
}

static void list(struct msk_below *b, const char *path, struct msk_strv *names)
{
	size_t n = strcmp(path, "/") == 0 ? 0 : strlen(path);

	(void)b;
	for (size_t i = 0; i < sizeof base / sizeof *base; i++)
		if (strncmp(base[i].path, path, n) == 0 && base[i].path[n] == '/' && !strchr(base[i].path + n + 1, '/'))
			msk_strv_push(names, base[i].path + n + 1);
}

static struct msk_rootfs *over_base(void)
{
	static struct msk_below below = { look, open_base, list };
	struct msk_rootfs *fs = msk_rootfs_new();

	msk_rootfs_lay_over(fs, &below);
	return fs;
}

static void add(struct msk_rootfs *fs, enum msk_entry_type type, const char *path, const char *text, bool library)
{
	struct msk_entry_spec s = { .path = path, .what = library ? "library" : "--file", .why = "test", .mode = 0644,
				    .stratum = library ? MSK_STRATUM_LIBS : MSK_STRATUM_APP, .yields = library };
	struct msk_err err = MSK_ERR_INIT;

	if (type == MSK_DIR)
		assert_int_equal(msk_rootfs_add_dir(fs, &s, &err), 0);
	else if (type == MSK_SYMLINK)
		assert_int_equal(msk_rootfs_add_symlink(fs, &s, text, &err), 0);
	else
		assert_int_equal(msk_rootfs_add_data(fs, &s, text, strlen(text), &err), 0);
}

static void paths_run_through_its_links_and_parents_are_as_there(void **state)
{
	AUTO_ROOTFS *fs = over_base();
	const struct msk_entry *parent;

	(void)state;
	add(fs, MSK_FILE, "/lib/x/liba.so", "a", true);
	add(fs, MSK_SYMLINK, "/lib/libb.so", "x/liba.so", true);
	add(fs, MSK_DIR, "/lib", NULL, false);
	seal(fs);
	assert_non_null(msk_rootfs_find(fs, "/usr/lib/x/liba.so"));
	assert_non_null(msk_rootfs_find(fs, "/usr/lib/libb.so"));
	assert_null(msk_rootfs_find(fs, "/lib"));
	assert_int_equal(msk_rootfs_find(fs, "/usr/lib")->mode, 0644);
	assert_false(msk_rootfs_find(fs, "/usr/lib")->kept_below);
	parent = msk_rootfs_find(fs, "/usr/lib/x");
	assert_true(parent->implied && parent->mode == 0755);
}

static void parents_that_are_there_keep_mode_and_owner(void **state)
{
	AUTO_ROOTFS *fs = over_base();
	const struct msk_entry *e;

	(void)state;
	add(fs, MSK_FILE, "/lib/a", "a", false);
	seal(fs);
	e = msk_rootfs_find(fs, "/usr/lib");
	assert_true(e->implied && e->mode == 0711 && e->uid == 7 && e->gid == 8);
}

static void a_link_replaces_an_empty_directory(void **state)
{
	AUTO_ROOTFS *fs = over_base();

	(void)state;
	add(fs, MSK_SYMLINK, "/bin", "usr/bin", false);
	add(fs, MSK_SYMLINK, "/lib", "opt", false);
	add(fs, MSK_FILE, "/etc/conf", "a", false);
	seal(fs);
	assert_true(msk_rootfs_find(fs, "/bin")->replaces);
	assert_false(msk_rootfs_find(fs, "/lib")->replaces);
	assert_false(msk_rootfs_find(fs, "/etc/conf")->replaces);
}

static void assert_refused(enum msk_entry_type type, const char *path, const char *msg)
{
	AUTO_ROOTFS *fs = over_base();

	add(fs, type, path, "a", false);
	assert_seal_fails(fs, msg);
}

static void nothing_of_the_base_vanishes(void **state)
{
	(void)state;
	assert_refused(MSK_FILE, "/etc", "/etc: given by --file, but the base image has a directory there "
		       "(1 entry would vanish)");
	assert_refused(MSK_SYMLINK, "/etc", "/etc: given by --file, but the base image has a directory there "
		       "(1 entry would vanish)");
	assert_refused(MSK_FILE, "/usr", "/usr: given by --file, but the base image has a directory there "
		       "(3 entries would vanish)");
	assert_refused(MSK_FILE, "/opt", "/opt: given by --file, but the base image has a directory there (an empty one)");
	assert_refused(MSK_FILE, "/lib", "/lib: given by --file, but the base image has a link to the directory /usr/lib there "
		       "(2 entries)");
	assert_refused(MSK_FILE, "/top", "/top: given by --file, but the base image has a link to the directory / there "
		       "(12 entries)");
	assert_refused(MSK_DIR, "/etc/conf", "/etc/conf: a directory, given by --file, but the base image has a file there");
}

static void a_link_takes_the_place_of_one_to_a_directory_if_it_leads_to_one(void **state)
{
	static const char *const none[] = { "none", "/etc/conf", "lib", "usr/lib/none", "/new/file" };
	static const char *const some[] = { "etc", "/usr", "/", "/top/etc", "new", "new/deep", "given" };

	(void)state;
	for (size_t i = 0; i < sizeof none / sizeof *none; i++) {
		AUTO_ROOTFS *fs = over_base();

		add(fs, MSK_SYMLINK, "/lib", none[i], false);
		add(fs, MSK_FILE, "/new/file", "a", false);
		assert_seal_fails(fs, "/lib: given by --file, but the base image has a link to the directory /usr/lib there "
				  "(2 entries)");
	}
	for (size_t i = 0; i < sizeof some / sizeof *some; i++) {
		AUTO_ROOTFS *fs = over_base();

		add(fs, MSK_SYMLINK, "/lib", some[i], false);
		add(fs, MSK_DIR, "/given", NULL, false);
		add(fs, MSK_FILE, "/new/deep/file", "a", false);
		seal(fs);
		assert_string_equal(msk_rootfs_find(fs, "/lib")->link, some[i]);
	}
}

static void what_meets_by_a_link_is_told_by_which(void **state)
{
	AUTO_ROOTFS *fs = over_base(), *ours = over_base();

	(void)state;
	add(fs, MSK_FILE, "/lib/new", "a", false);
	add(fs, MSK_FILE, "/usr/lib/new", "b", false);
	assert_seal_fails(fs, "/usr/lib/new: given by --file and by --file, as /lib/new leads there by the link /lib -> "
			  "usr/lib of the base image");
	add(ours, MSK_FILE, "/to/d/new", "a", false);
	add(ours, MSK_FILE, "/etc/d/new", "b", false);
	add(ours, MSK_SYMLINK, "/to", "etc", false);
	assert_seal_fails(ours, "/etc/d/new: given by --file and by --file, as /to/d/new leads there by the link /to -> etc");
}

static void a_link_there_to_no_directory_is_replaced(void **state)
{
	AUTO_ROOTFS *fs = over_base();

	(void)state;
	add(fs, MSK_FILE, "/loop", "a", false);
	add(fs, MSK_FILE, "/usr/lib/none", "a", false);
	seal(fs);
	assert_int_equal(msk_rootfs_find(fs, "/loop")->type, MSK_FILE);
	assert_int_equal(msk_rootfs_find(fs, "/usr/lib/none")->type, MSK_FILE);
}

static void a_file_there_is_nobodys_parent(void **state)
{
	AUTO_ROOTFS *fs = over_base();

	(void)state;
	add(fs, MSK_FILE, "/etc/conf/x", "a", false);
	assert_seal_fails(fs, "/etc/conf: a file of the base image, but /etc/conf/x lies below it");
}

static void what_is_there_already_is_in_no_layer(void **state)
{
	AUTO_ROOTFS *fs = over_base();

	(void)state;
	add(fs, MSK_SYMLINK, "/lib", "usr/lib", true);
	seal(fs);
	assert_true(msk_rootfs_find(fs, "/lib")->kept_below);
	assert_int_equal(msk_layers_count(fs, false), 0);
	msk_rootfs_reopen(fs);
	add(fs, MSK_FILE, "/etc/conf", "text", false);
	seal(fs);
	assert_int_equal(msk_layers_count(fs, false), 1);
	msk_rootfs_keep_below(fs, "/etc/conf");
	assert_int_equal(msk_layers_count(fs, false), 0);
}

static void what_gives_way_goes(void **state)
{
	AUTO_ROOTFS *fs = over_base();
	struct msk_entry_spec tmp = { .path = "/tmp", .what = "skeleton", .why = "", .mode = 0755, .gives_way = true };
	struct msk_entry_spec var = { .path = "/var", .what = "skeleton", .why = "", .mode = 0755, .gives_way = true };
	struct msk_err err = MSK_ERR_INIT;

	(void)state;
	assert_int_equal(msk_rootfs_add_dir(fs, &tmp, &err), 0);
	assert_int_equal(msk_rootfs_add_dir(fs, &var, &err), 0);
	seal(fs);
	assert_int_equal(msk_rootfs_count(fs), 1);
	assert_non_null(msk_rootfs_find(fs, "/var"));
}

static void a_librarys_link_over_a_directory_becomes_links_to_its_files(void **state)
{
	AUTO_ROOTFS *fs = over_base();

	(void)state;
	add(fs, MSK_SYMLINK, "/bin", "usr/lib64", true);
	add(fs, MSK_FILE, "/usr/lib64/ld.so", "ld", true);
	seal(fs);
	assert_null(msk_rootfs_find(fs, "/bin")->link);
	assert_true(msk_rootfs_find(fs, "/bin")->implied);
	assert_string_equal(msk_rootfs_find(fs, "/bin/ld.so")->link, "/usr/lib64/ld.so");
}

static void loops_and_the_root_are_refused(void **state)
{
	AUTO_ROOTFS *fs = over_base(), *root = over_base();

	(void)state;
	add(fs, MSK_FILE, "/loop/x", "a", false);
	assert_seal_fails(fs, "/loop/x: too many symbolic links (40)");
	add(root, MSK_DIR, "/top", NULL, false);
	assert_seal_fails(root, "/top: leads to the root of the image");
}

static void a_program_inside_sees_both(void **state)
{
	AUTO_ROOTFS *fs = over_base();
	struct msk_rootfs_view v;
	struct msk_err err = MSK_ERR_INIT;
	MSK_AUTO_ROFILE f = MSK_ROFILE_INIT;
	MSK_AUTO_STRV names = MSK_STRV_INIT;
	enum msk_lookup how;
	char text[5] = "";

	(void)state;
	add(fs, MSK_FILE, "/etc/own", "a", false);
	add(fs, MSK_SYMLINK, "/x", "top/etc/../etc/conf", false);
	seal(fs);
	msk_rootfs_view_init(&v, fs);
	assert_int_equal(v.tree.open(&v.tree, "/x", &how, &f, NULL, &err), 0);
	assert_int_equal(how, MSK_FOUND);
	assert_int_equal(f.mode, S_IFREG | 0600);
	assert_int_equal(f.size, 4);
	assert_int_equal(read(f.fd, text, 4), 4);
	assert_string_equal(text, "text");
	assert_int_equal(v.tree.list(&v.tree, "/top/etc", &how, &names, &err), 0);
	assert_int_equal(names.n, 2);
	assert_string_equal(names.v[0], "conf");
	assert_string_equal(names.v[1], "own");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(paths_run_through_its_links_and_parents_are_as_there),
		cmocka_unit_test(parents_that_are_there_keep_mode_and_owner),
		cmocka_unit_test(a_link_replaces_an_empty_directory),
		cmocka_unit_test(nothing_of_the_base_vanishes),
		cmocka_unit_test(a_link_takes_the_place_of_one_to_a_directory_if_it_leads_to_one),
		cmocka_unit_test(what_meets_by_a_link_is_told_by_which),
		cmocka_unit_test(a_link_there_to_no_directory_is_replaced),
		cmocka_unit_test(a_file_there_is_nobodys_parent),
		cmocka_unit_test(what_is_there_already_is_in_no_layer),
		cmocka_unit_test(what_gives_way_goes),
		cmocka_unit_test(a_librarys_link_over_a_directory_becomes_links_to_its_files),
		cmocka_unit_test(loops_and_the_root_are_refused),
		cmocka_unit_test(a_program_inside_sees_both),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
