/* A memo that others have filled changes no answer, and spares the tree questions. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "../../src/elf/memo.h"
#include "fake_elf.h"
#include "sysroot.h"
#include "mkscratch/closure.h"

#define LDSO "/lib64/ld-linux-x86-64.so.2"

static struct fake_file file;

static void put(struct sysroot *s, const char *rel, const struct fake *f)
{
	fake_make(&file, f);
	sysroot_bytes(s, rel, file.b, file.n);
}

#define PUT(s, rel, ...) put(s, rel, &(struct fake){ __VA_ARGS__ })

/* A tree that counts what it is asked. */
struct counting {
	struct msk_rotree tree;
	struct msk_rotree *under;
	unsigned opened;
};

static int counting_open(struct msk_rotree *t, const char *path, enum msk_lookup *how, struct msk_rofile *out,
			 struct msk_walk *walk, struct msk_err *err)
{
	struct counting *c = (struct counting *)t;

	c->opened++;
	return c->under->open(c->under, path, how, out, walk, err);
}

static int counting_list(struct msk_rotree *t, const char *path, enum msk_lookup *how, struct msk_strv *names,
			 struct msk_err *err)
{
	struct counting *c = (struct counting *)t;

	return c->under->list(c->under, path, how, names, err);
}

static struct counting count(struct sysroot *s)
{
	return (struct counting){ { counting_open, counting_list }, msk_host_tree(s->host), 0 };
}

static void describe(struct msk_rotree *t, struct msk_memo *m, const struct fake *app, struct msk_str *out)
{
	MSK_CLEANUP(msk_closure_release) struct msk_closure c = { 0 };
	struct msk_closure_args args = { .tree = t, .memo = m, .origin = "/opt/app" };
	MSK_AUTO_ROFILE f = MSK_ROFILE_INIT;
	struct msk_err err = MSK_ERR_INIT;

	fake_make(&file, app);
	f = fake_open(file.b, file.n);
	f.ino = (uint64_t)(uintptr_t)app;
	if (msk_closure_resolve(&args, &f, "app", &c, &err) < 0) {
		msk_str_addf(out, "%s | %s", err.msg, err.hint);
		return;
	}
	for (size_t i = 0; i < c.n_objects; i++)
		msk_str_addf(out, "%s %d %s; ", c.objects[i].path, c.objects[i].found_by,
			     c.objects[i].elf.soname ? c.objects[i].elf.soname : "");
	for (size_t i = 0; i < c.n_missing; i++)
		msk_str_addf(out, "?%s ", c.missing[i].name);
	for (size_t i = 0; i < c.notes.n; i++)
		msk_str_addf(out, "%s; ", c.notes.v[i]);
}

static const struct fake apps[] = {
	{ .interp = LDSO, .needed = { "liba.so", "libc.so.6" } },
	{ .interp = LDSO, .needed = { "liba.so" }, .runpath = "$ORIGIN/lib:/opt/arm:/opt" },
	{ .interp = LDSO, .needed = { "libgone.so", "liblost.so", "liba.so" } },
	{ .interp = LDSO, .needed = { "libtext.so" } },
	{ .interp = LDSO, .needed = { "libconf.so" } },
	{ .interp = "/lib/ld-musl-x86_64.so.1", .needed = { "liba.so", "libc.so" } },
	{ .interp = "/lib/ld-other", .needed = { "liba.so" } },
	{ .machine = EM_AARCH64, .interp = "/lib/ld-linux-aarch64.so.1", .needed = { "liba.so" }, .runpath = "/opt/arm" },
	{ .interp = LDSO, .needed = { "libdir.so" } },
	{ .soname = "libplugin.so", .needed = { "liba.so" } },
};
#define N_APPS (sizeof apps / sizeof *apps)

static void make_tree(struct sysroot *s)
{
	static const char dirs[] = "\0/lib/\0/usr/lib/\0/etc/ld.so.cache\0";

	PUT(s, "lib64/ld-linux-x86-64.so.2", .soname = "ld-linux-x86-64.so.2", .tail = dirs, .tail_size = sizeof dirs);
	PUT(s, "lib/ld-musl-x86_64.so.1", .soname = "libc.so");
	PUT(s, "lib/ld-linux-aarch64.so.1", .machine = EM_AARCH64, .soname = "ld-linux-aarch64.so.1");
	PUT(s, "lib/ld-other", .soname = "ld-other");
	PUT(s, "lib/libc.so.6", .soname = "libc.so.6", .needed = { "ld-linux-x86-64.so.2" });
	PUT(s, "lib/liba.so", .soname = "liba.so", .needed = { "libb.so" });
	PUT(s, "usr/lib/libb.so", .soname = "libb.so", .needed = { "liba.so", "libmissing.so" });
	PUT(s, "opt/liba.so", .soname = "libother.so", .needed = { "libb.so" });
	PUT(s, "opt/arm/liba.so", .machine = EM_AARCH64, .soname = "libarm.so");
	PUT(s, "opt/conf/libconf.so", .soname = "libconf.so");
	sysroot_file(s, "etc/ld.so.conf", "/opt/conf\n");
	sysroot_file(s, "lib/libtext.so", "GROUP ( x )");
	sysroot_link(s, "nowhere", "lib/liblost.so");
	sysroot_dir(s, "lib/libdir.so");
}

static void a_full_memo_answers_as_an_empty_one(void **state)
{
	struct sysroot *s = *state;
	struct msk_rotree *t = msk_host_tree(s->host);
	struct msk_memo *m = msk_memo_new(t);

	make_tree(s);
	for (int round = 0; round < 3; round++)
		for (size_t i = 0; i < N_APPS; i++) {
			MSK_AUTO_STR alone = MSK_STR_INIT;
			MSK_AUTO_STR shared = MSK_STR_INIT;

			describe(t, NULL, &apps[i], &alone);
			describe(t, m, &apps[i], &shared);
			assert_string_equal(msk_str_c(&alone), msk_str_c(&shared));
			assert_true(alone.len > 0);
		}
	msk_memo_free(m);
}

static void the_second_time_the_tree_is_asked_nothing(void **state)
{
	struct sysroot *s = *state;
	struct counting c = count(s);
	struct msk_memo *m = msk_memo_new(&c.tree);
	MSK_AUTO_STR out = MSK_STR_INIT;

	make_tree(s);
	describe(&c.tree, m, &apps[1], &out);
	assert_true(c.opened > 5);
	c.opened = 0;
	describe(&c.tree, m, &apps[1], &out);
	assert_int_equal(c.opened, 0);
	msk_memo_free(m);
}

static void a_file_that_is_replaced_between_look_and_read_is_an_error(void **state)
{
	struct sysroot *s = *state;
	struct msk_memo *m = msk_memo_new(msk_host_tree(s->host));
	MSK_AUTO_ROFILE f = MSK_ROFILE_INIT, again = MSK_ROFILE_INIT;
	struct msk_err err = MSK_ERR_INIT;
	enum msk_lookup how;

	sysroot_file(s, "x", "one");
	assert_int_equal(msk_memo_open(m, "/x", &how, &f, &err), 0);
	assert_true(f.fd >= 0);
	sysroot_file(s, "x", "longer");
	assert_int_equal(msk_memo_open(m, "/x", &how, &again, &err), 0);
	assert_int_equal(again.fd, -1);
	assert_int_equal(again.size, 3);
	assert_int_equal(msk_memo_reopen(m, "/x", &again, &err), -1);
	assert_int_equal(err.code, MSK_E_IO);
	assert_string_equal(err.msg, "/x: changed while it was being read");
	msk_memo_free(m);
}

static void facts_outlive_the_memo(void **state)
{
	struct sysroot *s = *state;
	struct msk_memo *m = msk_memo_new(msk_host_tree(s->host));
	MSK_CLEANUP(msk_elf_release) struct msk_elf e = { 0 };
	MSK_CLEANUP(msk_elf_release) struct msk_elf again = { 0 };
	MSK_AUTO_ROFILE f = MSK_ROFILE_INIT;
	struct msk_err err = MSK_ERR_INIT;

	fake_make(&file, &apps[0]);
	f = fake_open(file.b, file.n);
	assert_int_equal(msk_memo_read(m, "/app", &f, "app", &e, &err), 0);
	assert_int_equal(msk_memo_read(m, "/app", &f, "app", &again, &err), 0);
	assert_ptr_equal(e.interp, again.interp);
	msk_memo_free(m);
	assert_string_equal(e.interp, LDSO);
	assert_string_equal(again.needed.v[0], "liba.so");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		sysroot_test(a_full_memo_answers_as_an_empty_one),
		sysroot_test(the_second_time_the_tree_is_asked_nothing),
		sysroot_test(a_file_that_is_replaced_between_look_and_read_is_an_error),
		sysroot_test(facts_outlive_the_memo),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
