/* Files of trees lie packed, and nothing but memory shows it: a set that has them is what it is when each is added alone. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "mkscratch/rootfs.h"
#include "mkscratch/rootfs_walk.h"

#define AUTO_ROOTFS MSK_CLEANUP(msk_rootfs_cleanup) struct msk_rootfs
#define ROUNDS 4000
#define MANY   120000            /* more than a table keeps in memory */

static uint32_t state_of_chance;

static unsigned chance(unsigned n)
{
	state_of_chance = state_of_chance * 1664525u + 1013904223u;
	return (state_of_chance >> 16) % n;
}

/* A set that is being made: the same steps, with its trees packed or not. */
struct making {
	struct msk_rootfs *fs;
	bool packed;
};

static struct msk_content facts_of(unsigned ino)
{
	return (struct msk_content){ .fd = -1, .size = ino % 3, .dev = 1, .ino = ino, .mtime_ns = -7 };
}

static void add_tree_dir(const struct making *m, struct msk_entry_spec s, const char *path)
{
	struct msk_err err = MSK_ERR_INIT;

	s.path = path;
	s.mode = 0755;
	if (path[0])
		assert_int_equal(msk_rootfs_add_dir(m->fs, &s, &err), 0);
}

static void add_tree_file(const struct making *m, size_t tree, const struct msk_entry_spec *of, const char *rel, unsigned ino)
{
	const char *dest = strcmp(of->path, "/") == 0 ? "" : of->path;
	MSK_AUTO_FREE char *path = msk_xasprintf("%s/%s", dest, rel);
	struct msk_content facts = facts_of(ino);
	struct msk_entry_spec s = *of;
	struct msk_err err = MSK_ERR_INIT;

	s.path = path;
	s.mode = ino % 2 ? 0644 : 0755;
	if (m->packed) {
		assert_int_equal(msk_rootfs_add_tree_file(m->fs, tree, rel, s.mode, &facts, &err), 0);
		return;
	}
	facts.host_path = msk_xasprintf("host/%s", rel);
	assert_int_equal(msk_rootfs_add_file(m->fs, &s, &facts, &err), 0);
}

static const char *any_path(char buf[64])
{
	static const char *const parts[] = { "/a", "/b", "/a-b" };

	char *end = buf;

	for (unsigned n = 1 + chance(3); n; n--)
		end = stpcpy(end, parts[chance(3)]);
	return buf;
}

/* One or two directories with a file or two in each. */
static void add_tree(const struct making *m, unsigned nth)
{
	static const char *const subs[] = { "", "a/", "a-b/", "a/b/" }, *const names[] = { "a", "b", "c", "a-b" };
	char dest[64], what[80];
	struct msk_entry_spec s = { .path = chance(4) ? any_path(dest) : "/", .what = what, .why = "below", .uid = nth,
				    .stratum = MSK_STRATUM_APP };
	const char *top = strcmp(s.path, "/") == 0 ? "" : s.path;
	size_t tree = 0;

	snprintf(what, sizeof what, "--tree t%u:%s", nth, s.path);
	if (m->packed)
		tree = msk_rootfs_add_tree(m->fs, &s, "host");
	add_tree_dir(m, s, top);
	for (unsigned sub = 0; sub < 4; sub++) {
		MSK_AUTO_FREE char *dir = msk_xasprintf("%s/%.*s", top, (int)(strlen(subs[sub]) - (sub > 0)), subs[sub]);
		bool used[4] = { false };

		if (sub && chance(2))
			continue;
		if (sub == 3) {
			MSK_AUTO_FREE char *above = msk_xasprintf("%s/a", top);

			add_tree_dir(m, s, above);
		}
		if (sub)
			add_tree_dir(m, s, dir);
		for (unsigned n = chance(3); n; n--) {
			unsigned name = chance(4);
			MSK_AUTO_FREE char *rel = msk_xasprintf("%s%s", subs[sub], names[name]);

			/* A name that is a directory's there is no file's. */
			if (!used[name] && !(sub == 0 && (name == 0 || name == 3)) && !(sub == 1 && name == 1))
				add_tree_file(m, tree, &s, rel, 1 + chance(6));
			used[name] = true;
		}
	}
}

static void add_other(const struct making *m, unsigned nth)
{
	char path[64], target[64], what[80];
	struct msk_entry_spec s = { .path = any_path(path), .what = what, .why = "named", .mode = 0755, .stratum = chance(3) };
	struct msk_content body = facts_of(1 + chance(6));
	struct msk_err err = MSK_ERR_INIT;

	snprintf(what, sizeof what, "--other %u", nth);
	switch (chance(5)) {
	case 0:
		assert_int_equal(msk_rootfs_add_dir(m->fs, &s, &err), 0);
		break;
	case 1:
		body.host_path = msk_xstrdup("other");
		s.yields = chance(2);
		assert_int_equal(msk_rootfs_add_file(m->fs, &s, &body, &err), 0);
		break;
	case 2: case 3:
		assert_int_equal(msk_rootfs_add_symlink(m->fs, &s, any_path(target) + chance(2), &err), 0);
		break;
	default:
		msk_rootfs_add_caps(m->fs, path, 1u << nth, what);
	}
}

static void fill(const struct making *m, uint32_t seed)
{
	state_of_chance = seed;
	for (unsigned n = 1 + chance(2), i = 0; i < n; i++)
		add_tree(m, i);
	for (unsigned n = chance(4), i = 0; i < n; i++)
		add_other(m, i);
}

/* All that can be seen of it. */
static void describe(const struct making *m, struct msk_str *out)
{
	struct msk_json_rows reasons = { .full = false };
	MSK_AUTO_ROOTFS_WALK w;

	msk_rootfs_dump(m->fs, out);
	msk_rootfs_reasons(m->fs, msk_json_rows_add, &reasons);
	msk_json_rows_end(&reasons);
	msk_str_adds(out, reasons.text.buf);
	msk_str_release(&reasons.text);
	msk_str_addf(out, "\n%zu entries, %llu bytes\n", msk_rootfs_count(m->fs),
		     (unsigned long long)msk_rootfs_content_size(m->fs));
	msk_rootfs_walk_init(&w, m->fs);
	for (const struct msk_entry *e; (e = msk_rootfs_next(&w));) {
		const struct msk_entry *found = msk_rootfs_find(m->fs, e->path);

		assert_int_equal(found->number, e->number);
		assert_string_equal(found->path, e->path);
		msk_str_addf(out, "%s: %s %llu %llu %lld, %04o %u\n", e->path,
			     found->body.host_path ? found->body.host_path : "", (unsigned long long)found->body.dev,
			     (unsigned long long)found->body.ino,
			     (long long)found->body.mtime_ns, found->mode, found->uid);
	}
}

static void close_set(const struct making *m, struct msk_str *out)
{
	struct msk_err err = MSK_ERR_INIT;

	if (msk_rootfs_seal(m->fs, &err) == 0)
		describe(m, out);
	else
		msk_str_addf(out, "%s\n%s\n", err.msg, err.hint);
}

/* Sealed, and once more with something else. */
static void make(bool packed, uint32_t seed, struct msk_str *out)
{
	AUTO_ROOTFS *fs = msk_rootfs_new();
	const struct making m = { fs, packed };
	size_t len;

	fill(&m, seed);
	close_set(&m, out);
	len = out->len;
	if (!strstr(msk_str_c(out), " entries, "))
		return;
	msk_rootfs_reopen(fs);
	add_other(&m, 9);
	close_set(&m, out);
	assert_true(out->len > len);
}

static void a_set_with_trees_is_that_of_their_files(void **state)
{
	unsigned sealed = 0;

	(void)state;
	for (uint32_t seed = 1; seed <= ROUNDS; seed++) {
		MSK_AUTO_STR packed = MSK_STR_INIT, plain = MSK_STR_INIT;

		make(true, seed, &packed);
		make(false, seed, &plain);
		assert_string_equal(msk_str_c(&packed), msk_str_c(&plain));
		sealed += strstr(plain.buf, " entries, ") != NULL;
	}
	/* Neither all are refused nor none. */
	assert_in_range(sealed, ROUNDS / 10, ROUNDS - ROUNDS / 10);
}

static void assert_walks(struct msk_rootfs_walk *w, const char *dir)
{
	const struct msk_entry *e;
	char path[64];

	for (unsigned i = 0; i < MANY / 2; i++) {
		e = msk_rootfs_next(w);
		snprintf(path, sizeof path, "%s/%06u", dir, i);
		assert_string_equal(e->path, path);
		assert_int_equal(e->body.ino, i + 1);
	}
}

static void very_many_are_walked_in_order_and_found(void **state)
{
	AUTO_ROOTFS *fs = msk_rootfs_new();
	const struct msk_entry_spec s = { .path = "/x", .what = "--tree t:/x", .why = "" }, dirs[] = {
		{ .path = "/x", .what = "--tree t:/x", .why = "" }, { .path = "/x/a", .what = "--tree t:/x", .why = "" },
		{ .path = "/x/b", .what = "--tree t:/x", .why = "" },
	};
	size_t tree = msk_rootfs_add_tree(fs, &s, "t");
	struct msk_err err = MSK_ERR_INIT;
	MSK_AUTO_ROOTFS_WALK all, below;

	(void)state;
	for (unsigned i = 0; i < MANY; i++) {
		/* Each place of the two directories in turn, from behind. */
		unsigned at = (MANY - 1 - i) / 2;
		struct msk_content facts = { .fd = -1, .ino = at + 1 };
		char rel[32];

		snprintf(rel, sizeof rel, "%c/%06u", i % 2 ? 'a' : 'b', at);
		assert_int_equal(msk_rootfs_add_tree_file(fs, tree, rel, 0644, &facts, &err), 0);
	}
	for (unsigned i = 0; i < 3; i++)
		assert_int_equal(msk_rootfs_add_dir(fs, &dirs[i], &err), 0);
	assert_int_equal(msk_rootfs_seal(fs, &err), 0);
	assert_int_equal(msk_rootfs_count(fs), MANY + 3);
	msk_rootfs_walk_init(&all, fs);
	assert_string_equal(msk_rootfs_next(&all)->path, "/x");
	assert_string_equal(msk_rootfs_next(&all)->path, "/x/a");
	assert_walks(&all, "/x/a");
	assert_string_equal(msk_rootfs_next(&all)->path, "/x/b");
	assert_walks(&all, "/x/b");
	assert_null(msk_rootfs_next(&all));
	msk_rootfs_walk_below(&below, fs, "/x/b");
	assert_walks(&below, "/x/b");
	assert_null(msk_rootfs_next(&below));
	assert_string_equal(msk_rootfs_find(fs, "/x/b/031415")->body.host_path, "t/b/031415");
	assert_ptr_equal(msk_rootfs_find(fs, "/x/b/031415"), msk_rootfs_find(fs, "/x/b/031415"));
	assert_null(msk_rootfs_find(fs, "/x/b/031415x"));
	assert_null(msk_rootfs_find(fs, "/x/b/0"));
}

static void what_no_path_may_be_is_refused_at_once(void **state)
{
	AUTO_ROOTFS *fs = msk_rootfs_new();
	const struct msk_entry_spec s = { .path = "/", .what = "--tree t:/", .why = "" };
	size_t tree = msk_rootfs_add_tree(fs, &s, "t");
	const struct msk_content facts = { .fd = -1 };
	struct msk_err err = MSK_ERR_INIT;

	(void)state;
	assert_int_equal(msk_rootfs_add_tree_file(fs, tree, "../x", 0644, &facts, &err), -1);
	assert_string_equal(err.msg, "/../x: not an absolute, normalised path");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_set_with_trees_is_that_of_their_files),
		cmocka_unit_test(very_many_are_walked_in_order_and_found),
		cmocka_unit_test(what_no_path_may_be_is_refused_at_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
