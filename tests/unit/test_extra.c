/* --file, --tree, --dir, --link: what the user names, with nothing of the host but what was asked for. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <sys/mman.h>

#include "sysroot.h"

/* The plan has one input; SRC is below the root. */
static void ask(struct sysroot *s, enum msk_input_kind kind, const char *src, const char *dest)
{
	s->plan.inputs = calloc(1, sizeof *s->plan.inputs);
	s->plan.n_inputs = 1;
	s->plan.inputs[0] = (struct msk_input){
		.kind = kind,
		.spec = strdup("--file ./a:/b"),
		.src = src ? strdup(sysroot_path(s, src)) : NULL,
		.dest = strdup(dest),
	};
}

static int extra_teardown(void **state)
{
	struct sysroot *s = *state;

	for (size_t i = 0; i < s->plan.n_inputs; i++) {
		free(s->plan.inputs[i].spec);
		free(s->plan.inputs[i].src);
		free(s->plan.inputs[i].dest);
	}
	free(s->plan.inputs);
	return sysroot_teardown(state);
}

#define extra_test(f) cmocka_unit_test_setup_teardown(f, sysroot_setup, extra_teardown)

static void assert_file_mode(struct sysroot *s, mode_t host, uint32_t expected)
{
	sysroot_file(s, "a", "data");
	sysroot_chmod(s, "a", host);
	ask(s, MSK_INPUT_FILE, "a", "/b");
	gathers(s, msk_gather_extra);
	assert_mode(s, "/b", expected, 0, 0);
}

static void a_file_to_be_read_is_0644_whatever_the_umask(void **state)
{
	assert_file_mode(*state, 0600, 0644);
}

static void a_file_to_be_run_is_0755_whatever_the_umask(void **state)
{
	assert_file_mode(*state, 0700, 0755);
}

static void set_id_bits_of_the_host_do_not_come_along(void **state)
{
	assert_file_mode(*state, 06755, 0755);
}

static void a_mode_and_owner_that_are_given_are_exact(void **state)
{
	struct sysroot *s = *state;

	sysroot_file(s, "a", "data");
	ask(s, MSK_INPUT_FILE, "a", "/b");
	s->plan.inputs[0].has_mode = s->plan.inputs[0].has_owner = true;
	s->plan.inputs[0].mode = 04710;
	s->plan.inputs[0].uid = 7;
	s->plan.inputs[0].gid = 8;
	gathers(s, msk_gather_extra);
	assert_mode(s, "/b", 04710, 7, 8);
}

static void a_file_is_read_later_and_known_by_its_identity(void **state)
{
	struct sysroot *s = *state;
	const struct msk_entry *e;
	struct stat st;

	sysroot_file(s, "a", "data");
	assert_int_equal(stat(sysroot_path(s, "a"), &st), 0);
	ask(s, MSK_INPUT_FILE, "a", "/b");
	gathers(s, msk_gather_extra);
	e = entry_at(s, "/b");
	assert_null(e->body.data);
	assert_int_equal(e->body.fd, -1);
	assert_string_equal(e->body.host_path, s->plan.inputs[0].src);
	assert_int_equal(e->body.size, 4);
	assert_int_equal(e->body.ino, st.st_ino);
	assert_int_equal(e->stratum, MSK_STRATUM_APP);
	assert_string_equal(e->origin.what, "--file ./a:/b");
}

static void a_directory_is_no_file(void **state)
{
	struct sysroot *s = *state;
	MSK_AUTO_FREE char *msg = NULL, *hint = NULL;

	sysroot_dir(s, "a");
	ask(s, MSK_INPUT_FILE, "a", "/b");
	msg = msk_xasprintf("%s: is a directory, expected a regular file", s->plan.inputs[0].src);
	hint = msk_xasprintf("--tree %s:/b", s->plan.inputs[0].src);
	gather_fails(s, msk_gather_extra, MSK_E_INPUT, msg, hint);
}

static void a_dir_is_0755_of_root_unless_told_otherwise(void **state)
{
	struct sysroot *s = *state;

	ask(s, MSK_INPUT_DIR, NULL, "/data");
	gathers(s, msk_gather_extra);
	assert_int_equal(entry_at(s, "/data")->type, MSK_DIR);
	assert_mode(s, "/data", 0755, 0, 0);
}

static void a_link_keeps_its_text(void **state)
{
	struct sysroot *s = *state;

	ask(s, MSK_INPUT_LINK, NULL, "/bin/sh");
	s->plan.inputs[0].target = (char *)"../app";
	gathers(s, msk_gather_extra);
	assert_link(s, "/bin/sh", "../app");
}

static void a_tree_keeps_modes_and_links_and_belongs_to_root(void **state)
{
	struct sysroot *s = *state;

	sysroot_file(s, "t/bin/x", "x");
	sysroot_chmod(s, "t/bin/x", 0750);
	sysroot_dir(s, "t/tmp");
	sysroot_chmod(s, "t/tmp", 01777);
	sysroot_link(s, "/nowhere/at all", "t/l");
	sysroot_chmod(s, "t", 0711);
	assert_int_equal(chown(sysroot_path(s, "t/bin/x"), geteuid() ? geteuid() : 7, getegid()), 0);
	ask(s, MSK_INPUT_TREE, "t", "/srv");
	gathers(s, msk_gather_extra);
	assert_mode(s, "/srv", 0711, 0, 0);
	assert_mode(s, "/srv/bin", 0755, 0, 0);
	assert_mode(s, "/srv/bin/x", 0750, 0, 0);
	assert_mode(s, "/srv/tmp", 01777, 0, 0);
	assert_link(s, "/srv/l", "/nowhere/at all");
	assert_int_equal(entry_at(s, "/srv/bin/x")->stratum, MSK_STRATUM_APP);
}

static void a_tree_over_the_root_is_merged_into_it(void **state)
{
	struct sysroot *s = *state;

	sysroot_file(s, "t/etc/x", "x");
	ask(s, MSK_INPUT_TREE, "t", "/");
	gathers(s, msk_gather_extra);
	assert_mode(s, "/etc/x", 0644, 0, 0);
	assert_int_equal(msk_rootfs_count(s->g.fs), 2);
}

static void the_top_of_a_tree_may_be_a_link(void **state)
{
	struct sysroot *s = *state;

	sysroot_file(s, "t/x", "x");
	sysroot_link(s, "t", "l");
	ask(s, MSK_INPUT_TREE, "l", "/srv");
	gathers(s, msk_gather_extra);
	assert_mode(s, "/srv/x", 0644, 0, 0);
}

static void hard_links_of_a_tree_become_files_of_their_own(void **state)
{
	struct sysroot *s = *state;
	char other[128];

	sysroot_file(s, "t/x", "x");
	snprintf(other, sizeof other, "%s/t/y", s->top);
	assert_int_equal(link(sysroot_path(s, "t/x"), other), 0);
	ask(s, MSK_INPUT_TREE, "t", "/srv");
	gathers(s, msk_gather_extra);
	assert_int_equal(entry_at(s, "/srv/x")->type, MSK_FILE);
	assert_int_equal(entry_at(s, "/srv/y")->type, MSK_FILE);
}

static void set_id_bits_of_a_tree_are_left_out_with_a_warning(void **state)
{
	struct sysroot *s = *state;
	MSK_AUTO_FREE char *expected = NULL;
	char said[512] = "";
	int fd = memfd_create("log", MFD_CLOEXEC);

	s->log = (struct msk_log){ .level = MSK_LOG_WARN, .fd = fd };
	sysroot_file(s, "t/bin/su", "x");
	sysroot_chmod(s, "t/bin/su", 04755);
	sysroot_chmod(s, "t/bin", 02755);
	ask(s, MSK_INPUT_TREE, "t", "/srv");
	gathers(s, msk_gather_extra);
	assert_mode(s, "/srv/bin", 0755, 0, 0);
	assert_mode(s, "/srv/bin/su", 0755, 0, 0);
	expected = msk_xasprintf("warning: %s: set-id bits of 2 entries left out (the first: \"bin\"); "
				 "--file SRC:DEST:MODE keeps them\n", s->plan.inputs[0].src);
	assert_true(pread(fd, said, sizeof said - 1, 0) > 0);
	close(fd);
	assert_string_equal(said, expected);
}

/* hint: what stands in it before the source, "" for none. */
static void assert_tree_fails_with(struct sysroot *s, const char *what, const char *hint)
{
	MSK_AUTO_FREE char *msg = NULL, *cure = NULL;
	const char *src;

	ask(s, MSK_INPUT_TREE, "t", "/srv");
	src = s->plan.inputs[0].src;
	msg = msk_xasprintf("%s%s", src, what);
	cure = *hint ? msk_xasprintf("%s %s:/srv", hint, src) : msk_xstrdup("");
	gather_fails(s, msk_gather_extra, MSK_E_INPUT, msg, cure);
}

static void assert_tree_fails(struct sysroot *s, const char *what)
{
	assert_tree_fails_with(s, what, "");
}

static void a_fifo_in_a_tree_is_refused_by_its_path(void **state)
{
	sysroot_fifo(*state, "t/run/pipe");
	assert_tree_fails(*state, "/run/pipe: is a FIFO, expected a regular file, directory or link");
}

static void a_name_that_means_a_deletion_is_refused(void **state)
{
	sysroot_file(*state, "t/etc/.wh.passwd", "");
	assert_tree_fails(*state, "/etc/.wh.passwd: names beginning with .wh. are reserved for deletions");
}

static void a_tree_that_is_not_there_is_refused(void **state)
{
	assert_tree_fails(*state, ": no such directory");
}

static void a_file_is_no_tree(void **state)
{
	sysroot_file(*state, "t", "");
	assert_tree_fails_with(*state, ": is a regular file, expected a directory", "--file");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		extra_test(a_file_to_be_read_is_0644_whatever_the_umask),
		extra_test(a_file_to_be_run_is_0755_whatever_the_umask),
		extra_test(set_id_bits_of_the_host_do_not_come_along),
		extra_test(a_mode_and_owner_that_are_given_are_exact),
		extra_test(a_file_is_read_later_and_known_by_its_identity),
		extra_test(a_directory_is_no_file),
		extra_test(a_dir_is_0755_of_root_unless_told_otherwise),
		extra_test(a_link_keeps_its_text),
		extra_test(a_tree_keeps_modes_and_links_and_belongs_to_root),
		extra_test(a_tree_over_the_root_is_merged_into_it),
		extra_test(the_top_of_a_tree_may_be_a_link),
		extra_test(hard_links_of_a_tree_become_files_of_their_own),
		extra_test(set_id_bits_of_a_tree_are_left_out_with_a_warning),
		extra_test(a_fifo_in_a_tree_is_refused_by_its_path),
		extra_test(a_name_that_means_a_deletion_is_refused),
		extra_test(a_tree_that_is_not_there_is_refused),
		extra_test(a_file_is_no_tree),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
