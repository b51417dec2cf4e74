/* The host door: links resolve below the root whatever they say, nothing blocks, kinds are named. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "../../src/gather/host_io.h"
#include "mkscratch/fs.h"
#include "sysroot.h"

/* --- paths by the kernel, or by our own walk: every test with both --- */

static int own_setup(void **state)
{
	int rc = sysroot_setup(state);

	((struct sysroot *)*state)->host->own_walk = true;
	return rc;
}

#define both_tests(f) \
	sysroot_test(f), { #f " by the own walk", f, own_setup, sysroot_teardown, NULL }

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

/* As by who exchanges files while a directory is being read. */
static void what_was_listed_as_another_type_is_not_opened(void **state)
{
	static const struct { const char *name; unsigned char type; int sys; } rows[] = {
		{ "file", DT_REG, 0 }, { "dir", DT_DIR, 0 }, { "file", DT_DIR, ENOTDIR }, { "dir", DT_REG, ESTALE },
		{ "fifo", DT_REG, ESTALE }, { "link", DT_REG, ELOOP }, { "link", DT_DIR, ENOTDIR }, { "gone", DT_REG, ENOENT },
	};
	struct sysroot *s = *state;
	int dir;

	sysroot_file(s, "t/file", "");
	sysroot_dir(s, "t/dir");
	sysroot_link(s, "file", "t/link");
	assert_int_equal(mkfifo(sysroot_path(s, "t/fifo"), 0600), 0);
	dir = open(sysroot_path(s, "t"), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_true(dir >= 0);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		const struct msk_dir_entry e = { (char *)rows[i].name, rows[i].type };
		struct stat st;
		MSK_AUTO_FD int fd = (errno = 0, msk_open_listed(dir, &e, &st));

		assert_int_equal(errno, rows[i].sys);
		assert_int_equal(fd >= 0, rows[i].sys == 0);
	}
	close(dir);
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

static void a_link_that_leads_nowhere_is_told_from_no_link(void **state)
{
	struct sysroot *s = *state;
	MSK_AUTO_ROFILE f = MSK_ROFILE_INIT;

	sysroot_link(s, "b", "a");
	sysroot_link(s, "/c/d", "b");
	sysroot_link(s, "nowhere", "dir");
	assert_int_equal(look(s, "/a", &f, NULL), MSK_ABSENT);
	assert_true(S_ISLNK(f.mode));
	f = (struct msk_rofile)MSK_ROFILE_INIT;
	assert_int_equal(look(s, "/x", &f, NULL), MSK_ABSENT);
	assert_int_equal(look(s, "/dir/x", &f, NULL), MSK_ABSENT);
	assert_int_equal(f.mode, 0);
}

static void a_name_may_hold_a_newline(void **state)
{
	struct sysroot *s = *state;

	sysroot_file(s, "a\nb/c\n", "");
	sysroot_link(s, "a\nb/c\n", "l\n");
	assert_leads_to(s, "/l\n", "/a\nb/c\n");
}

/* --- the two ways answer alike --- */

static unsigned pick(uint64_t *seed, unsigned n)
{
	*seed = *seed * 6364136223846793005u + 1442695040888963407u;
	return (unsigned)(*seed >> 33) % n;
}

/* A path of one to five parts, mostly of names that the tree is made of. */
static void random_path(uint64_t *seed, bool absolute, struct msk_str *out)
{
	static const char *const parts[] = { "a", "b", "c", "d", "..", ".", "e", "" };
	unsigned n = 1 + pick(seed, 5);

	for (unsigned i = 0; i < n; i++)
		msk_str_addf(out, "%s%s", i || absolute ? "/" : "", parts[pick(seed, 8)]);
	if (out->len == 0)
		msk_str_adds(out, ".");
}

/* Directories, links and files at random; what cannot be made where it is wanted is left out. */
static void random_tree(struct sysroot *s, uint64_t *seed)
{
	static const char *const dirs[] = { "a", "b", "a/b", "a/c", "b/d", "a/b/c" };
	static const char *const names[] = { "a", "b", "c", "d", "e" };

	for (size_t i = 0; i < 6; i++)
		if (pick(seed, 4))
			mkdir(sysroot_path(s, dirs[i]), 0755);
	for (int i = 0; i < 12; i++) {
		MSK_AUTO_FREE char *rel = msk_xasprintf("%s/%s", dirs[pick(seed, 6)], names[pick(seed, 5)]);
		MSK_AUTO_STR target = MSK_STR_INIT;
		int fd = -1;

		random_path(seed, pick(seed, 2), &target);
		if (pick(seed, 3))
			(void)!symlink(target.buf, sysroot_path(s, pick(seed, 2) ? rel : names[pick(seed, 5)]));
		else
			fd = open(sysroot_path(s, rel), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
		if (fd >= 0)
			close(fd);
	}
}

static void describe(struct sysroot *s, bool own, const char *path, struct msk_str *out)
{
	struct msk_rotree *t = msk_host_tree(s->host);
	MSK_AUTO_ROFILE f = MSK_ROFILE_INIT;
	MSK_AUTO_STRV names = MSK_STRV_INIT;
	enum msk_lookup how, listed;
	struct msk_err err = MSK_ERR_INIT;

	s->host->own_walk = own;
	assert_int_equal(t->open(t, path, &how, &f, NULL, &err), 0);
	assert_int_equal(t->list(t, path, &listed, &names, &err), 0);
	msk_str_addf(out, "%s: %d %o %llu %d, list %d %zu", path, how, f.mode, (unsigned long long)f.ino, f.fd >= 0, listed,
		     names.n);
}

static void compare_ways(struct sysroot *s, uint64_t *seed, unsigned *found)
{
	MSK_AUTO_STR path = MSK_STR_INIT;
	MSK_AUTO_STR ours = MSK_STR_INIT;
	MSK_AUTO_STR kernels = MSK_STR_INIT;

	random_path(seed, true, &path);
	describe(s, true, path.buf, &ours);
	describe(s, false, path.buf, &kernels);
	assert_string_equal(ours.buf, kernels.buf);
	*found += strstr(ours.buf, ": 0 ") != NULL;
}

static void both_ways_answer_alike_over_random_trees(void **state)
{
	unsigned found = 0, asked = 0;
	uint64_t seed = 1;

	(void)state;
	for (int tree = 0; tree < 150; tree++) {
		void *fresh;

		sysroot_setup(&fresh);
		random_tree(fresh, &seed);
		for (int i = 0; i < 40; i++, asked++)
			compare_ways(fresh, &seed, &found);
		sysroot_teardown(&fresh);
	}
	/* Neither nothing nor everything was there. */
	assert_in_range(found, asked / 10, asked * 9 / 10);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		both_tests(a_file_is_open_and_readable),
		both_tests(an_absolute_link_stays_in_the_root),
		both_tests(an_absolute_link_to_a_file_of_the_host_alone_is_absent),
		both_tests(dotdot_stops_at_the_root),
		both_tests(dotdot_behind_a_link_is_that_of_its_target),
		both_tests(each_link_on_the_way_is_told),
		both_tests(links_behind_an_absolute_link_are_told_from_the_root),
		both_tests(an_absolute_link_to_a_file_at_the_top_is_followed),
		both_tests(links_are_told_even_when_they_lead_nowhere),
		both_tests(forty_links_are_followed),
		both_tests(the_forty_first_link_is_a_loop),
		both_tests(a_link_to_itself_is_a_loop),
		both_tests(a_file_is_no_directory_on_the_way),
		both_tests(a_name_too_long_for_any_file_is_absent),
		both_tests(a_fifo_does_not_block_and_is_not_opened),
		both_tests(what_may_not_be_read_is_denied),
		both_tests(list_is_sorted_by_bytes),
		both_tests(list_of_no_directory_is_absent),
		both_tests(a_root_that_is_none_is_a_usage_error),
		both_tests(a_file_knows_its_place_in_the_root),
		both_tests(an_input_that_is_not_there_is_named),
		both_tests(an_input_of_another_kind_is_named_by_its_kind),
		both_tests(an_input_that_links_to_itself_is_named),
		both_tests(an_input_may_be_a_link_out_of_any_root),
		both_tests(a_file_that_grows_is_noticed),
		both_tests(a_file_that_is_replaced_is_noticed),
		both_tests(a_walk_is_sorted_and_follows_no_link),
		sysroot_test(what_was_listed_as_another_type_is_not_opened),
		both_tests(a_walk_of_nothing_is_not_found),
		both_tests(a_walk_too_deep_is_refused),
		both_tests(a_link_that_leads_nowhere_is_told_from_no_link),
		both_tests(a_name_may_hold_a_newline),
		cmocka_unit_test(both_ways_answer_alike_over_random_trees),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
