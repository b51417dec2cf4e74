/* The host door: links resolve below the root whatever they say, nothing blocks, kinds are named. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "mkscratch/fs.h"
#include "sysroot.h"

/* Look `path` up; the walk is the caller's. */
static enum msk_lookup look(struct sysroot *s, const char *path, struct msk_rofile *f, struct msk_walk *walk)
{
	struct msk_rotree *t = msk_host_tree(s->host);
	enum msk_lookup how = MSK_DENIED;
	struct msk_err err = MSK_ERR_INIT;

	if (t->open(t, path, &how, f, walk, &err) < 0)
		fail_msg("%s", err.msg);
	return how;
}

static void assert_lookup(struct sysroot *s, const char *path, enum msk_lookup expected)
{
	MSK_AUTO_ROFILE f = MSK_ROFILE_INIT;

	assert_int_equal(look(s, path, &f, NULL), expected);
}

static void assert_leads_to(struct sysroot *s, const char *path, const char *final)
{
	MSK_AUTO_ROFILE f = MSK_ROFILE_INIT;
	MSK_AUTO_WALK walk = MSK_WALK_INIT;

	assert_int_equal(look(s, path, &f, &walk), MSK_FOUND);
	assert_string_equal(walk.final, final);
}

static void a_file_is_open_and_readable(void **state)
{
	struct sysroot *s = *state;
	MSK_AUTO_ROFILE f = MSK_ROFILE_INIT;
	MSK_AUTO_STR text = MSK_STR_INIT;
	struct msk_err err = MSK_ERR_INIT;

	sysroot_file(s, "etc/x", "hello");
	assert_int_equal(look(s, "/etc/x", &f, NULL), MSK_FOUND);
	assert_int_equal(f.size, 5);
	assert_int_equal(msk_read_all(f.fd, 100, &text, "x", &err), 0);
	assert_string_equal(text.buf, "hello");
}

static void an_absolute_link_stays_in_the_root(void **state)
{
	struct sysroot *s = *state;

	sysroot_file(s, "etc/passwd", "inside");
	sysroot_link(s, "/etc/passwd", "lib/p");
	assert_leads_to(s, "/lib/p", "/etc/passwd");
}

static void an_absolute_link_to_a_file_of_the_host_alone_is_absent(void **state)
{
	struct sysroot *s = *state;

	sysroot_link(s, "/etc/passwd", "lib/p");
	assert_lookup(s, "/lib/p", MSK_ABSENT);
}

static void dotdot_stops_at_the_root(void **state)
{
	struct sysroot *s = *state;

	sysroot_file(s, "etc/x", "");
	sysroot_link(s, "../../../../../../../../etc/x", "a/b/l");
	assert_leads_to(s, "/a/b/l", "/etc/x");
	assert_leads_to(s, "/../../etc/x", "/etc/x");
	assert_leads_to(s, "/..", "/");
}

static void dotdot_behind_a_link_is_that_of_its_target(void **state)
{
	struct sysroot *s = *state;

	sysroot_dir(s, "usr/lib/deep");
	sysroot_file(s, "usr/lib/x", "");
	sysroot_link(s, "usr/lib/deep", "l");
	assert_leads_to(s, "/l/../x", "/usr/lib/x");
}

static void each_link_on_the_way_is_told(void **state)
{
	struct sysroot *s = *state;
	MSK_AUTO_ROFILE f = MSK_ROFILE_INIT;
	MSK_AUTO_WALK walk = MSK_WALK_INIT;

	sysroot_file(s, "usr/lib/libz.so.1.3", "");
	sysroot_link(s, "usr/lib", "lib");
	sysroot_link(s, "libz.so.1.3", "usr/lib/libz.so.1");
	assert_int_equal(look(s, "/lib/libz.so.1", &f, &walk), MSK_FOUND);
	assert_int_equal(walk.links.n, 2);
	assert_string_equal(walk.links.v[0], "/lib");
	assert_string_equal(walk.targets.v[0], "usr/lib");
	assert_string_equal(walk.links.v[1], "/usr/lib/libz.so.1");
	assert_string_equal(walk.targets.v[1], "libz.so.1.3");
	assert_string_equal(walk.final, "/usr/lib/libz.so.1.3");
}

static void links_behind_an_absolute_link_are_told_from_the_root(void **state)
{
	struct sysroot *s = *state;
	MSK_AUTO_ROFILE f = MSK_ROFILE_INIT;
	MSK_AUTO_WALK walk = MSK_WALK_INIT;

	sysroot_file(s, "usr/lib/ld.so", "");
	sysroot_link(s, "usr/lib", "lib");
	sysroot_link(s, "/lib/ld.so", "usr/lib64/ld.so.2");
	assert_int_equal(look(s, "/usr/lib64/ld.so.2", &f, &walk), MSK_FOUND);
	assert_int_equal(walk.links.n, 2);
	assert_string_equal(walk.links.v[0], "/usr/lib64/ld.so.2");
	assert_string_equal(walk.links.v[1], "/lib");
	assert_string_equal(walk.final, "/usr/lib/ld.so");
}

static void an_absolute_link_to_a_file_at_the_top_is_followed(void **state)
{
	struct sysroot *s = *state;

	sysroot_file(s, "x", "");
	sysroot_link(s, "/x", "a/b/l");
	assert_leads_to(s, "/a/b/l", "/x");
}

static void links_are_told_even_when_they_lead_nowhere(void **state)
{
	struct sysroot *s = *state;
	MSK_AUTO_ROFILE f = MSK_ROFILE_INIT;
	MSK_AUTO_WALK walk = MSK_WALK_INIT;

	sysroot_link(s, "../../../etc/shadow", "lib/libx.so");
	assert_int_equal(look(s, "/lib/libx.so", &f, &walk), MSK_ABSENT);
	assert_int_equal(walk.links.n, 1);
	assert_string_equal(walk.targets.v[0], "../../../etc/shadow");
	assert_null(walk.final);
}

/* l1 -> l2 -> ... -> l<n> -> x */
static void chain(struct sysroot *s, int n)
{
	char name[16], target[16];

	for (int i = 1; i <= n; i++) {
		snprintf(name, sizeof name, "l%d", i);
		snprintf(target, sizeof target, i < n ? "l%d" : "x", i + 1);
		sysroot_link(s, target, name);
	}
	sysroot_file(s, "x", "");
}

static void forty_links_are_followed(void **state)
{
	struct sysroot *s = *state;

	chain(s, 40);
	assert_leads_to(s, "/l1", "/x");
}

static void the_forty_first_link_is_a_loop(void **state)
{
	struct sysroot *s = *state;

	chain(s, 41);
	assert_lookup(s, "/l1", MSK_LOOP);
}

static void a_link_to_itself_is_a_loop(void **state)
{
	struct sysroot *s = *state;

	sysroot_link(s, "l", "l");
	assert_lookup(s, "/l", MSK_LOOP);
}

static void a_file_is_no_directory_on_the_way(void **state)
{
	struct sysroot *s = *state;

	sysroot_file(s, "x", "");
	assert_lookup(s, "/x/y", MSK_ABSENT);
	assert_lookup(s, "/x/", MSK_ABSENT);
	assert_lookup(s, "/x/..", MSK_ABSENT);
}

static void a_name_too_long_for_any_file_is_absent(void **state)
{
	struct sysroot *s = *state;
	char path[6000];

	memset(path, 'a', sizeof path - 1);
	path[0] = '/';
	path[sizeof path - 1] = '\0';
	assert_lookup(s, path, MSK_ABSENT);
	path[300] = '\0';
	assert_lookup(s, path, MSK_ABSENT);
}

static void a_fifo_does_not_block_and_is_not_opened(void **state)
{
	struct sysroot *s = *state;
	MSK_AUTO_ROFILE f = MSK_ROFILE_INIT;

	sysroot_fifo(s, "libx.so");
	assert_int_equal(look(s, "/libx.so", &f, NULL), MSK_FOUND);
	assert_int_equal(f.fd, -1);
	assert_true(S_ISFIFO(f.mode));
}

static void what_may_not_be_read_is_denied(void **state)
{
	struct sysroot *s = *state;

	bool root = geteuid() == 0;

	sysroot_file(s, "x", "");
	sysroot_chmod(s, "x", 0);
	if (root)
		assert_int_equal(seteuid(65534), 0);
	assert_lookup(s, "/x", MSK_DENIED);
	if (root)
		assert_int_equal(seteuid(0), 0);
}

static void list_is_sorted_by_bytes(void **state)
{
	struct sysroot *s = *state;
	struct msk_rotree *t = msk_host_tree(s->host);
	static const char *const expected[] = { "B", "a", "a-b", "a.b", "b", "\xC3\xA4" };
	MSK_AUTO_STRV names = MSK_STRV_INIT;
	enum msk_lookup how;
	struct msk_err err = MSK_ERR_INIT;

	sysroot_file(s, "d/b", "");
	sysroot_file(s, "d/\xC3\xA4", "");
	sysroot_file(s, "d/a.b", "");
	sysroot_file(s, "d/B", "");
	sysroot_file(s, "d/a-b", "");
	sysroot_file(s, "d/a", "");
	assert_int_equal(t->list(t, "/d", &how, &names, &err), 0);
	assert_int_equal(how, MSK_FOUND);
	assert_int_equal(names.n, 6);
	for (size_t i = 0; i < names.n; i++)
		assert_string_equal(names.v[i], expected[i]);
}

static void list_of_no_directory_is_absent(void **state)
{
	struct sysroot *s = *state;
	struct msk_rotree *t = msk_host_tree(s->host);
	MSK_AUTO_STRV names = MSK_STRV_INIT;
	enum msk_lookup how;
	struct msk_err err = MSK_ERR_INIT;

	sysroot_file(s, "x", "");
	assert_int_equal(t->list(t, "/x", &how, &names, &err), 0);
	assert_int_equal(how, MSK_ABSENT);
	assert_int_equal(t->list(t, "/nowhere", &how, &names, &err), 0);
	assert_int_equal(how, MSK_ABSENT);
}

static void a_root_that_is_none_is_a_usage_error(void **state)
{
	struct sysroot *s = *state;
	struct msk_err err = MSK_ERR_INIT;
	struct msk_host *h = NULL;

	(void)s;
	assert_int_equal(msk_host_new("/nonexistent/root", &h, &err), -1);
	assert_int_equal(err.code, MSK_E_USAGE);
	assert_string_equal(err.msg, "--root /nonexistent/root: no such directory");
	err = (struct msk_err)MSK_ERR_INIT;
	assert_int_equal(msk_host_new("/etc/passwd", &h, &err), -1);
	assert_string_equal(err.msg, "--root /etc/passwd: not a directory");
}

static void a_file_knows_its_place_in_the_root(void **state)
{
	struct sysroot *s = *state;
	MSK_AUTO_FREE char *inside = NULL, *outside = NULL;

	sysroot_file(s, "opt/app", "");
	sysroot_link(s, "opt/app", "l");
	inside = msk_host_within(s->host, sysroot_path(s, "l"));
	assert_string_equal(inside, "/opt/app");
	outside = msk_host_within(s->host, "/etc/passwd");
	assert_null(outside);
}

static void assert_input_refused(const char *path, enum msk_code code, const char *what)
{
	MSK_AUTO_FREE char *msg = msk_xasprintf("%s: %s", path, what);
	MSK_AUTO_ROFILE f = MSK_ROFILE_INIT;
	struct msk_err err = MSK_ERR_INIT;

	assert_int_equal(msk_host_open_input(path, &f, &err), -1);
	assert_string_equal(err.msg, msg);
	assert_int_equal(err.code, code);
}

static void an_input_that_is_not_there_is_named(void **state)
{
	assert_input_refused(sysroot_path(*state, "app"), MSK_E_INPUT, "no such file");
	assert_input_refused("/etc/passwd/app", MSK_E_INPUT, "no such file");
}

static void an_input_of_another_kind_is_named_by_its_kind(void **state)
{
	struct sysroot *s = *state;
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	MSK_AUTO_FD int sock = socket(AF_UNIX, SOCK_STREAM, 0);

	sysroot_dir(s, "d");
	assert_input_refused(sysroot_path(s, "d"), MSK_E_INPUT, "is a directory, expected a regular file");
	sysroot_fifo(s, "f");
	assert_input_refused(sysroot_path(s, "f"), MSK_E_INPUT, "is a FIFO, expected a regular file");
	assert_input_refused("/dev/null", MSK_E_INPUT, "is a character device, expected a regular file");
	snprintf(addr.sun_path, sizeof addr.sun_path, "%s/s", s->top);
	assert_int_equal(bind(sock, (struct sockaddr *)&addr, sizeof addr), 0);
	assert_input_refused(addr.sun_path, MSK_E_INPUT, "is a socket, expected a regular file");
}

static void an_input_that_links_to_itself_is_named(void **state)
{
	struct sysroot *s = *state;

	sysroot_link(s, "l", "l");
	assert_input_refused(sysroot_path(s, "l"), MSK_E_INPUT, "too many symbolic links (40)");
}

static void an_input_may_be_a_link_out_of_any_root(void **state)
{
	struct sysroot *s = *state;
	MSK_AUTO_ROFILE f = MSK_ROFILE_INIT;
	struct msk_err err = MSK_ERR_INIT;

	sysroot_link(s, "/etc/passwd", "l");
	assert_int_equal(msk_host_open_input(sysroot_path(s, "l"), &f, &err), 0);
	assert_true(f.fd >= 0);
}

static void a_file_that_grows_is_noticed(void **state)
{
	struct sysroot *s = *state;
	MSK_AUTO_ROFILE f = MSK_ROFILE_INIT;
	struct msk_err err = MSK_ERR_INIT;

	sysroot_file(s, "x", "one");
	assert_int_equal(msk_host_open_input(sysroot_path(s, "x"), &f, &err), 0);
	assert_int_equal(msk_rofile_unchanged(&f, f.fd, "x", &err), 0);
	sysroot_file(s, "x", "three");
	assert_int_equal(msk_rofile_unchanged(&f, f.fd, "x", &err), -1);
	assert_int_equal(err.code, MSK_E_IO);
	assert_string_equal(err.msg, "x: changed while it was being read");
}

static void a_file_that_is_replaced_is_noticed(void **state)
{
	struct sysroot *s = *state;
	MSK_AUTO_ROFILE f = MSK_ROFILE_INIT, now = MSK_ROFILE_INIT;
	struct msk_err err = MSK_ERR_INIT;
	char old[128];

	sysroot_file(s, "x", "one");
	assert_int_equal(msk_host_open_input(sysroot_path(s, "x"), &f, &err), 0);
	snprintf(old, sizeof old, "%s/x", s->top);
	sysroot_file(s, "y", "one");
	assert_int_equal(rename(sysroot_path(s, "y"), old), 0);
	assert_int_equal(msk_host_open_input(old, &now, &err), 0);
	assert_int_equal(msk_rofile_unchanged(&f, now.fd, "x", &err), -1);
}

static int note(void *ctx, const struct msk_visit *v, struct msk_err *err)
{
	(void)err;
	msk_str_addf(ctx, "%s%s%s|", v->rel, v->link ? ">" : "", v->link ? v->link : "");
	return strcmp(v->rel, "skip") == 0 ? MSK_VISIT_SKIP : MSK_VISIT_GO;
}

static void a_walk_is_sorted_and_follows_no_link(void **state)
{
	struct sysroot *s = *state;
	MSK_AUTO_STR seen = MSK_STR_INIT;
	struct msk_err err = MSK_ERR_INIT;
	bool found;

	sysroot_file(s, "t/b/y", "");
	sysroot_file(s, "t/b/x", "");
	sysroot_file(s, "t/skip/never", "");
	sysroot_link(s, "b", "t/a");
	assert_int_equal(msk_host_visit(s->host, "/t", &found, note, &seen, &err), 0);
	assert_true(found);
	assert_string_equal(seen.buf, "|a>b|b|b/x|b/y|skip|");
}

static void a_walk_of_nothing_is_not_found(void **state)
{
	struct sysroot *s = *state;
	MSK_AUTO_STR seen = MSK_STR_INIT;
	struct msk_err err = MSK_ERR_INIT;
	bool found = true;

	assert_int_equal(msk_host_visit(s->host, "/t", &found, note, &seen, &err), 0);
	assert_false(found);
}

static void a_walk_too_deep_is_refused(void **state)
{
	struct sysroot *s = *state;
	MSK_AUTO_STR seen = MSK_STR_INIT;
	MSK_AUTO_STR path = MSK_STR_INIT;
	MSK_AUTO_FREE char *top = NULL, *msg = NULL;
	struct msk_err err = MSK_ERR_INIT;

	msk_str_adds(&path, "t");
	for (int i = 0; i < MSK_MAX_DEPTH; i++)
		msk_str_adds(&path, "/d");
	sysroot_dir(s, path.buf);
	top = msk_xstrdup(sysroot_path(s, "t"));
	msg = msk_xasprintf("%s: nested deeper than 256 directories", top);
	assert_int_equal(msk_host_visit_input(top, note, &seen, &err), -1);
	assert_int_equal(err.code, MSK_E_INPUT);
	assert_string_equal(err.msg, msg);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		sysroot_test(a_file_is_open_and_readable),
		sysroot_test(an_absolute_link_stays_in_the_root),
		sysroot_test(an_absolute_link_to_a_file_of_the_host_alone_is_absent),
		sysroot_test(dotdot_stops_at_the_root),
		sysroot_test(dotdot_behind_a_link_is_that_of_its_target),
		sysroot_test(each_link_on_the_way_is_told),
		sysroot_test(links_behind_an_absolute_link_are_told_from_the_root),
		sysroot_test(an_absolute_link_to_a_file_at_the_top_is_followed),
		sysroot_test(links_are_told_even_when_they_lead_nowhere),
		sysroot_test(forty_links_are_followed),
		sysroot_test(the_forty_first_link_is_a_loop),
		sysroot_test(a_link_to_itself_is_a_loop),
		sysroot_test(a_file_is_no_directory_on_the_way),
		sysroot_test(a_name_too_long_for_any_file_is_absent),
		sysroot_test(a_fifo_does_not_block_and_is_not_opened),
		sysroot_test(what_may_not_be_read_is_denied),
		sysroot_test(list_is_sorted_by_bytes),
		sysroot_test(list_of_no_directory_is_absent),
		sysroot_test(a_root_that_is_none_is_a_usage_error),
		sysroot_test(a_file_knows_its_place_in_the_root),
		sysroot_test(an_input_that_is_not_there_is_named),
		sysroot_test(an_input_of_another_kind_is_named_by_its_kind),
		sysroot_test(an_input_that_links_to_itself_is_named),
		sysroot_test(an_input_may_be_a_link_out_of_any_root),
		sysroot_test(a_file_that_grows_is_noticed),
		sysroot_test(a_file_that_is_replaced_is_noticed),
		sysroot_test(a_walk_is_sorted_and_follows_no_link),
		sysroot_test(a_walk_of_nothing_is_not_found),
		sysroot_test(a_walk_too_deep_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
