/* Layers laid over one another: what is left, by the rules of image-spec "layer". */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "mkscratch/image_tree.h"
#include "mkscratch/layer_reader.h"
#include "mkscratch/rotree.h"

/* "d:a" is a directory, "f:a" a file, "p:a" a FIFO, "l:a>b" a symlink, "h:a=b" a hard link, "w:a" a whiteout or any other
 * name; "|" ends a layer. The size of a file is its number in its layer, from 0. */
static void lay(struct msk_image_tree *t, const char *text)
{
	struct msk_err err = MSK_ERR_INIT;
	MSK_AUTO_STRV words = MSK_STRV_INIT;
	struct msk_layer_entry entry = { .layer = 1 };

	msk_strv_split(&words, text, " ");
	for (size_t i = 0; i < words.n; i++) {
		struct msk_tar_entry e = { .type = MSK_TAR_FILE };
		char *arrow = strchr(words.v[i], '>');

		if (words.v[i][0] == '|')
			entry = (struct msk_layer_entry){ .layer = entry.layer + 1 };
		if (strlen(words.v[i]) < 3)
			continue;
		e.path = words.v[i] + 2;
		if (words.v[i][0] == 'd' || words.v[i][0] == 'p')
			e.type = words.v[i][0] == 'd' ? MSK_TAR_DIR : MSK_TAR_FIFO;
		if (words.v[i][0] == 'h')
			arrow = strchr(words.v[i], '=');
		if (arrow) {
			e.type = *arrow == '=' ? MSK_TAR_HARDLINK : MSK_TAR_SYMLINK;
			*arrow = '\0';
			e.link = arrow + 1;
		}
		if (e.type == MSK_TAR_FILE)
			e.size = entry.nth;
		entry.e = &e;
		assert_int_equal(msk_image_tree_add(t, &entry, &err), 0);
		entry.nth++;
	}
	assert_int_equal(msk_image_tree_settle(t, &err), 0);
}

/* Each node as "path@layer.nth". */
static void assert_left(const char *layers, const char *want)
{
	MSK_CLEANUP(msk_image_tree_release) struct msk_image_tree t = { 0 };
	MSK_AUTO_STR got = MSK_STR_INIT;
	MSK_AUTO_TREE_WALK w;
	const struct msk_node *n;
	size_t i = 0;

	lay(&t, layers);
	for (msk_tree_walk_init(&w, &t); (n = msk_tree_next(&w)); i++) {
		MSK_AUTO_FREE struct msk_node *found = msk_image_tree_find(&t, n->path);

		msk_str_addf(&got, "%s%s@%u.%d", i ? " " : "", n->path, n->layer, (int)n->nth);
		assert_int_equal(n->at, i);
		assert_int_equal(found->at, i);
		assert_string_equal(found->path, n->path);
	}
	assert_int_equal(t.n, i);
	assert_string_equal(msk_str_c(&got), want);
}

static void test_later_layers_win(void **state)
{
	(void)state;
	assert_left("", "");
	assert_left("d:a f:a/x f:b | f:a/x", "a@1.0 a/x@2.0 b@1.2");
	assert_left("f:x f:y f:x", "x@1.2 y@1.1");
	assert_left("d:a f:a/x | d:a f:a/y", "a@2.0 a/x@1.1 a/y@2.1");
	assert_left("d:a d:a/b f:a/b/c f:a-b f:a.b", "a@1.0 a/b@1.1 a/b/c@1.2 a-b@1.3 a.b@1.4");
}

static void test_names_are_canonical(void **state)
{
	(void)state;
	assert_left("d:./ d:./a/ f:./a//b f:/c", "a@1.1 a/b@1.2 c@1.3");
	assert_null(msk_layer_path("a/../b"));
	assert_null(msk_layer_path(".."));
}

static void test_directories_without_entry_are_there(void **state)
{
	(void)state;
	assert_left("f:a/b/c f:a/b/d f:a/e f:f/g", "a@1.-1 a/b@1.-1 a/b/c@1.0 a/b/d@1.1 a/e@1.2 f@1.-1 f/g@1.3");
	assert_left("d:a f:a/b/c f:ab/c", "a@1.0 a/b@1.-1 a/b/c@1.1 ab@1.-1 ab/c@1.2");
}

static void assert_data(const char *layers, const char *path, uint32_t layer, uint32_t nth)
{
	MSK_CLEANUP(msk_image_tree_release) struct msk_image_tree t = { 0 };

	MSK_AUTO_FREE struct msk_node *n = NULL;

	lay(&t, layers);
	n = msk_image_tree_find(&t, path);
	assert_int_equal(n->data_layer, layer);
	assert_int_equal(n->data_nth, nth);
}

static void assert_lost(const char *layers, size_t n, const char *first)
{
	MSK_CLEANUP(msk_image_tree_release) struct msk_image_tree t = { 0 };

	lay(&t, layers);
	assert_int_equal(t.lost_links, n);
	if (n)
		assert_string_equal(t.first_lost, first);
}

/* A runtime has failed by the time at which a later layer would put it right. */
static void test_hard_links_to_nothing_that_are_gone(void **state)
{
	(void)state;
	assert_lost("h:y=x | f:y", 1, "layer 1: /y: a hard link to what is not there (x)");
	assert_lost("d:d h:d/y=./x h:z=x | w:.wh.d w:.wh.z", 2, "layer 1: /d/y: a hard link to what is not there (./x)");
	assert_lost("d:x h:y=x | w:.wh.y | f:x", 1, "layer 1: /y: a hard link to what is not there (x)");
	assert_lost("f:x | w:.wh.x | h:y=x | h:y=z", 1, "layer 3: /y: a hard link to what is not there (x)");
	assert_lost("l:l>d f:d/x | h:l/y=l/x | w:d/.wh.y", 0, NULL);
	assert_lost("f:x h:y=x h:z=y | f:y f:z w:.wh.x", 0, NULL);
	assert_lost("h:y=x", 0, NULL);
}

static void assert_bent(const char *layers, size_t n, const char *first)
{
	MSK_CLEANUP(msk_image_tree_release) struct msk_image_tree t = { 0 };

	lay(&t, layers);
	assert_int_equal(t.bent, n);
	if (n)
		assert_string_equal(t.first_bent, first);
}

static void test_entries_below_what_is_no_directory(void **state)
{
	(void)state;
	assert_bent("f:a f:a/b d:a/c", 2, "layer 1: /a/b");
	assert_bent("f:a | f:a/b", 1, "layer 2: /a/b");
	assert_bent("p:a | d:c | f:a/b/c", 1, "layer 3: /a/b/c");
	/* What a later layer makes of it comes too late. */
	assert_bent("f:a | f:a/b | d:a", 1, "layer 2: /a/b");
	assert_bent("f:a | f:a/b | f:a", 1, "layer 2: /a/b");
	assert_bent("f:a | f:a/b | w:.wh.a", 1, "layer 2: /a/b");
	assert_bent("f:a | f:a/b | w:a/.wh.b", 1, "layer 2: /a/b");
	assert_bent("f:a | f:a/b | d:a f:a/b", 1, "layer 2: /a/b");
	assert_bent("d:d f:d/a | f:d/a/b | w:.wh.d", 1, "layer 2: /d/a/b");
	assert_bent("f:a f:a/b | w:.wh.a", 1, "layer 1: /a/b");
	assert_bent("f:a | f:a/b | f:a | f:a/b | d:a", 2, "layer 2: /a/b");
	assert_bent("d:d f:d/a | l:l>d | f:l/a/b | w:.wh.d", 1, "layer 3: /d/a/b");
	/* What an earlier one made of it, or the same, does not. */
	assert_bent("f:a | d:a f:a/b", 0, NULL);
	assert_bent("f:a | d:a | f:a/b", 0, NULL);
	assert_bent("f:a | w:.wh.a f:a/b", 0, NULL);
	assert_bent("f:a | w:.wh.a | f:a/b | f:a", 0, NULL);
	assert_bent("d:d f:d/a | w:d/.wh..wh..opq f:d/a/b", 0, NULL);
	assert_bent("d:d f:d/a | w:.wh.d | f:d/a/b", 0, NULL);
	assert_bent("d:d f:d/a | w:.wh..wh..opq | f:d/a/b", 0, NULL);
	assert_bent("d:a f:a/b | f:a", 0, NULL);
	assert_bent("d:d f:d/a | f:d | d:d f:d/a/b", 0, NULL);
	assert_bent("f:a l:a-b>/ f:a.b/c | f:ab/c", 0, NULL);
	/* What takes it away may come between two of the same. */
	assert_bent("d:d f:d/a | w:.wh.d | f:d/a | f:d/a/b | d:d/a", 1, "layer 4: /d/a/b");
}

/* A file system of three paths, each in the one before: what it is, by the latest layer that says. */
enum { GONE, DIRECTORY, SOLID };
#define DEPTH 3

struct model {
	int is[DEPTH];
	bool said[DEPTH];              /* by this layer */
	size_t bent;
};

static unsigned next_random(uint64_t *seed)
{
	*seed = *seed * 6364136223846793005u + 1442695040888963407u;
	return (unsigned)(*seed >> 33);
}

static void gone_from(struct model *m, int depth)
{
	for (; depth < DEPTH; depth++)
		m->is[depth] = GONE;
}

/* One layer as words: an entry, a whiteout or nothing of each path, whiteouts first. */
static void add_layer(struct model *m, struct msk_str *words, uint64_t *seed)
{
	static const char *const paths[] = { "a", "a/b", "a/b/c" }, *const whiteouts[] = { ".wh.a", "a/.wh.b", "a/b/.wh.c" };
	int kinds[DEPTH];

	msk_str_adds(words, " |");
	for (int i = 0; i < DEPTH; i++) {
		if (next_random(seed) % 5 == 0) {
			msk_str_addf(words, " w:%s", whiteouts[i]);
			gone_from(m, i);
		}
		kinds[i] = (int)(next_random(seed) % 5);
	}
	for (int i = 0; i < DEPTH; i++) {
		m->said[i] = kinds[i] == DIRECTORY || kinds[i] == SOLID;
		if (m->said[i])
			msk_str_addf(words, " %c:%s", kinds[i] == SOLID ? 'f' : 'd', paths[i]);
	}
	for (int i = 0; i < DEPTH; i++) {
		bool below = false;

		for (int above = 0; above < i; above++)
			below = below || (m->said[above] ? kinds[above] : m->is[above]) == SOLID;
		m->bent += m->said[i] && below;
		/* A file takes away what is below it; what the layer itself has there stays, and is bent. */
		if (m->said[i] && kinds[i] == SOLID)
			gone_from(m, i + 1);
		if (m->said[i])
			m->is[i] = kinds[i];
	}
}

static void test_layers_by_chance_are_bent_as_a_model_is(void **state)
{
	uint64_t seed = 7;
	size_t bent = 0;

	(void)state;
	for (int n = 0; n < 2000; n++) {
		MSK_CLEANUP(msk_image_tree_release) struct msk_image_tree t = { 0 };
		MSK_AUTO_STR words = MSK_STR_INIT;
		struct model m = { .bent = 0 };

		for (unsigned layers = 2 + next_random(&seed) % 4; layers; layers--)
			add_layer(&m, &words, &seed);
		lay(&t, words.buf);
		if (t.bent != m.bent)
			print_error("%s: %zu\n", words.buf, m.bent);
		assert_int_equal(t.bent, m.bent);
		bent += m.bent > 0;
	}
	assert_in_range(bent, 500, 1900);
}

/* A hard link is what stood at that path when it was made, whatever stands there later. */
static void test_hard_links(void **state)
{
	(void)state;
	assert_data("f:x h:y=x", "y", 1, 0);
	assert_data("f:x h:y=x | f:x", "y", 1, 0);
	assert_data("f:x | h:y=./x | w:.wh.x", "y", 1, 0);
	assert_data("f:x h:y=x h:z=/y", "z", 1, 0);
	assert_data("h:y=x f:x", "y", 0, 0);
	assert_data("h:y=y", "y", 0, 0);
	assert_data("d:x h:y=x", "y", 0, 0);
	assert_data("f:x h:y=../x", "y", 0, 0);
	assert_data("f:a f:x f:x h:y=x f:x", "y", 1, 2);
}

/* Each node as "type:path", with its link or size. */
static void assert_seen(const char *layers, const char *want)
{
	static const char types[] = { [MSK_TAR_DIR] = 'd', [MSK_TAR_FILE] = 'f', [MSK_TAR_SYMLINK] = 'l',
				      [MSK_TAR_HARDLINK] = 'h', [MSK_TAR_FIFO] = 'p' };
	MSK_CLEANUP(msk_image_tree_release) struct msk_image_tree t = { 0 };
	MSK_AUTO_STR got = MSK_STR_INIT;
	MSK_AUTO_TREE_WALK w;
	const struct msk_node *n;

	lay(&t, layers);
	for (msk_tree_walk_init(&w, &t); (n = msk_tree_next(&w));) {
		msk_str_addf(&got, "%s%c:%s", got.len ? " " : "", types[n->type], n->path);
		if (n->type == MSK_TAR_FILE)
			msk_str_addf(&got, "(%d)", (int)n->size);
		else if (n->link)
			msk_str_addf(&got, "=%s", n->link);
	}
	assert_string_equal(msk_str_c(&got), want);
}

/* Their file may be gone from where they say; then the first of them is the file. */
static void test_hard_links_outlive_their_file(void **state)
{
	(void)state;
	assert_seen("d:d f:x h:y=./x", "d:d f:x(1) h:y=./x");
	assert_seen("d:d f:x h:y=x h:z=x | w:.wh.x", "d:d f:y(1) h:z=y");
	assert_seen("d:d f:x h:y=x | f:x", "d:d f:x(0) f:y(1)");
	assert_seen("d:d f:d/x h:y=d/x h:d/z=y | d:d w:d/.wh..wh..opq", "d:d f:y(1)");
	assert_seen("d:d f:x | h:y=x w:.wh.x", "d:d f:y(1)");
	assert_seen("d:d f:x h:y=x | h:x=y", "d:d f:x(1) h:y=x");
	assert_seen("d:d f:x h:y=x h:z=y | w:.wh.y", "d:d f:x(1) h:z=x");
	assert_seen("d:d f:x h:y=x h:z=y | w:.wh.y f:x", "d:d f:x(1) f:z(1)");
	assert_seen("l:e>d d:d f:x h:e/y=x h:e/z=e/y | w:.wh.x", "d:d f:d/y(2) h:d/z=d/y l:e=d");
	assert_data("d:d f:x h:y=x | w:.wh.x", "y", 1, 1);
	/* It was gone before. */
	assert_seen("f:x | w:.wh.x h:y=x", "h:y=x");
	assert_seen("f:x | w:.wh.x f:x h:y=x", "f:x(1) h:y=x");
	assert_data("f:x | w:.wh.x h:y=x", "y", 0, 0);
}

/* Or what it lay in was, which a layer between says, at any height; a layer's own links see what is below it. */
static void test_hard_links_to_what_a_directory_has_lost(void **state)
{
	(void)state;
	assert_data("f:d/x | w:d/.wh..wh..opq | h:y=d/x", "y", 0, 0);
	assert_data("f:d/e/x | w:.wh.d | h:y=d/e/x", "y", 0, 0);
	assert_data("f:d/e/x | w:.wh..wh..opq | h:y=d/e/x", "y", 0, 0);
	assert_data("f:d/x | f:d | h:y=d/x", "y", 0, 0);
	assert_data("f:d/x | w:d/.wh..wh..opq f:d/x | h:y=d/x", "y", 2, 1);
	assert_data("f:d/x | w:d/.wh..wh..opq | f:d/x | h:y=d/x", "y", 3, 0);
	assert_data("f:d/x f:dd/x | w:.wh.d | h:y=dd/x", "y", 1, 1);
	assert_data("f:c/x f:d/x | w:c/.wh..wh..opq | h:y=d/x", "y", 1, 1);
	assert_data("f:d/x | h:y=d/x | w:d/.wh..wh..opq", "y", 1, 0);
	assert_data("f:d/x | w:d/.wh..wh..opq h:y=d/x", "y", 1, 0);
}

static void test_hard_links_to_other_than_files(void **state)
{
	(void)state;
	assert_seen("l:x>to h:y=x h:z=y | w:.wh.x", "l:y=to l:z=to");
	assert_seen("p:x h:y=x", "p:x p:y");
	assert_seen("d:x h:y=x", "d:x h:y=x");
}

static void add_entry(struct msk_image_tree *t, uint32_t nth, enum msk_tar_type type, const char *path, const char *link)
{
	struct msk_tar_entry e = { .type = type, .path = path, .link = link };
	struct msk_layer_entry entry = { .e = &e, .layer = 1, .nth = nth };
	struct msk_err err = MSK_ERR_INIT;

	assert_int_equal(msk_image_tree_add(t, &entry, &err), 0);
}

/* More than memory holds, and the links in another order than their files. */
static void test_many_hard_links(void **state)
{
	MSK_CLEANUP(msk_image_tree_release) struct msk_image_tree t = { 0 };
	const uint32_t n = 120000;
	struct msk_err err = MSK_ERR_INIT;
	MSK_AUTO_TREE_WALK w;
	const struct msk_node *node;
	size_t links = 0;
	char path[32], link[32];

	(void)state;
	for (uint32_t i = 0; i < n; i++) {
		snprintf(path, sizeof path, "f%u", i);
		add_entry(&t, i, MSK_TAR_FILE, path, NULL);
	}
	for (uint32_t i = 0; i < n; i++) {
		snprintf(path, sizeof path, "h%u", i);
		snprintf(link, sizeof link, "f%u", n - 1 - i);
		add_entry(&t, n + i, MSK_TAR_HARDLINK, path, link);
	}
	assert_int_equal(msk_image_tree_settle(&t, &err), 0);
	for (msk_tree_walk_init(&w, &t); (node = msk_tree_next(&w));)
		links += node->type == MSK_TAR_HARDLINK && node->data_layer == 1 && node->data_nth + node->nth == 2 * n - 1;
	assert_int_equal(links, n);
}

/* Each to the one before; all of a thousand are followed. */
static int settle_chain(uint32_t n, struct msk_err *err)
{
	MSK_CLEANUP(msk_image_tree_release) struct msk_image_tree t = { 0 };
	char path[32], link[32];

	add_entry(&t, 0, MSK_TAR_FILE, "h0", NULL);
	for (uint32_t i = 1; i < n; i++) {
		snprintf(path, sizeof path, "h%u", i);
		snprintf(link, sizeof link, "h%u", i - 1);
		add_entry(&t, i, MSK_TAR_HARDLINK, path, link);
	}
	return msk_image_tree_settle(&t, err);
}

static void test_chained_hard_links(void **state)
{
	struct msk_err err = MSK_ERR_INIT;

	(void)state;
	assert_int_equal(settle_chain(1000, &err), 0);
	assert_int_equal(settle_chain(1600, &err), -1);
	assert_int_equal(err.code, MSK_E_INPUT);
	assert_string_equal(err.msg, "layer 1: too many chained hard links");
}

/* Layers of aufs hold what it kept for itself, as docker save of old had it. */
static void test_aufs(void **state)
{
	(void)state;
	assert_seen("d:d f:d/x | w:.wh..wh.aufs d:.wh..wh.orph d:.wh..wh.plnk f:.wh..wh.plnk/1.2 h:y=.wh..wh.plnk/1.2",
		    "d:d f:d/x(1) f:y(3)");
	assert_seen("d:d d:d/.wh..wh.x", "d:d");
	assert_data("d:.wh..wh.plnk f:.wh..wh.plnk/1.2 h:y=.wh..wh.plnk/1.2", "y", 1, 1);
}

static void test_whiteouts(void **state)
{
	(void)state;
	assert_left("f:a f:b | w:.wh.a", "b@1.1");
	assert_left("d:a f:a/x d:a/d f:a/d/y f:ab | w:.wh.a", "ab@1.4");
	assert_left("d:a f:a/x | d:a w:a/.wh.x f:a/y", "a@2.0 a/y@2.2");
	assert_left("d:a f:a/x f:a/y f:b | d:a w:a/.wh..wh..opq f:a/z", "a@2.0 a/z@2.2 b@1.3");
	assert_left("f:a | w:.wh..wh..opq f:b", "b@2.1");
	/* In one layer a whiteout takes nothing away that the layer itself brings, wherever it stands. */
	assert_left("f:a | f:a w:.wh.a", "a@2.0");
	assert_left("f:a | w:.wh.a | f:a", "a@3.0");
	assert_left("d:a f:a/x | w:.wh.a | d:a", "a@3.0");
	assert_left("d:a d:a/b f:a/b/c | w:a/b/.wh.c | f:a/b/d", "a@1.0 a/b@1.1 a/b/d@3.0");
	assert_left("d:a d:a/b f:a/b/c | w:.wh.a | d:a d:a/b | d:a w:a/b/.wh.c", "a@4.0 a/b@3.1");
}

static void test_what_is_no_directory_has_nothing_below(void **state)
{
	(void)state;
	assert_left("d:a f:a/x | f:a", "a@2.0");
	assert_left("d:a f:a/x | l:a>b", "a@2.0");
	assert_left("d:a f:a/x | f:a | d:a f:a/y", "a@3.0 a/y@3.1");
	assert_left("f:a | d:a f:a/y", "a@2.0 a/y@2.1");
}

static void assert_resolves(const struct msk_image_tree *t, const char *path, const char *to)
{
	MSK_AUTO_FREE struct msk_node *n = msk_image_tree_resolve(t, path);

	assert_true(to ? n && strcmp(n->path, to) == 0 : n == NULL);
}

static void test_links_are_followed(void **state)
{
	MSK_CLEANUP(msk_image_tree_release) struct msk_image_tree t = { 0 };
	MSK_AUTO_FREE char *at = NULL;

	(void)state;
	lay(&t, "f:usr/bin/sh l:bin>usr/bin l:usr/up>../bin l:loop>loop");
	assert_resolves(&t, "/bin/sh", "usr/bin/sh");
	assert_resolves(&t, "/usr/up/sh", "usr/bin/sh");
	assert_resolves(&t, "/loop", NULL);
	assert_resolves(&t, "/none", NULL);
	at = msk_image_tree_locate(&t, "usr/up/sh");
	assert_string_equal(at, "/usr/bin/sh");
}

static void test_bad_names_are_refused(void **state)
{
	MSK_CLEANUP(msk_image_tree_release) struct msk_image_tree t = { 0 };
	const struct msk_tar_entry e = { .path = "a/../../\x1b" };
	const struct msk_layer_entry entry = { .e = &e, .layer = 3 };
	struct msk_err err = MSK_ERR_INIT;

	(void)state;
	assert_int_equal(msk_image_tree_add(&t, &entry, &err), -1);
	assert_int_equal(err.code, MSK_E_INPUT);
	assert_string_equal(err.msg, "layer 3: entry \"a/../../\x1b\" goes through \"..\"");
}

/* The limit is one of the path as it is kept: slashes and dots that lead nowhere do not count. */
static void test_names_that_are_too_long_are_refused(void **state)
{
	MSK_CLEANUP(msk_image_tree_release) struct msk_image_tree t = { 0 };
	char path[MSK_MAX_PATH + 64];
	const struct msk_tar_entry e = { .path = path };
	const struct msk_layer_entry entry = { .e = &e, .layer = 3 };
	struct msk_err err = MSK_ERR_INIT;

	(void)state;
	memset(path, '/', sizeof path);
	memcpy(path + 60, "a/..", 5);
	assert_string_equal(msk_layer_path_fault(path), "goes through \"..\"");
	memset(path, 'a', sizeof path);
	path[MSK_MAX_PATH + 1] = '\0';
	assert_int_equal(msk_image_tree_add(&t, &entry, &err), -1);
	assert_int_equal(err.code, MSK_E_INPUT);
	assert_true(msk_ends_with(err.msg, "\" is a path of more than the 4095 bytes that Linux takes"));
	memcpy(path, "./", 2);
	assert_int_equal(msk_image_tree_add(&t, &entry, &err), 0);
}

static void assert_too_much(struct msk_image_tree *t)
{
	MSK_CLEANUP(msk_image_tree_release) struct msk_image_tree full = *t;
	const struct msk_tar_entry e = { .path = "a/b" };
	const struct msk_layer_entry entry = { .e = &e, .layer = 2 };
	struct msk_err err = MSK_ERR_INIT;

	assert_int_equal(msk_image_tree_add(&full, &entry, &err), -1);
	assert_int_equal(err.code, MSK_E_INPUT);
	assert_string_equal(err.msg, "layer 2: more than 4000000 entries, or their names and extended attributes are longer "
			    "than 536870912 bytes");
}

static void test_there_is_an_end(void **state)
{
	(void)state;
	assert_too_much(&(struct msk_image_tree){ .n = MSK_MAX_IMAGE_ENTRIES });
	assert_too_much(&(struct msk_image_tree){ .name_bytes = MSK_MAX_NAME_BYTES - 2 });
}

/* Half a million whiteouts over as many files end in the time of a sort. */
static void test_many_whiteouts(void **state)
{
	enum { N = 300000 };
	MSK_CLEANUP(msk_image_tree_release) struct msk_image_tree t = { 0 };
	struct msk_err err = MSK_ERR_INIT;
	char name[32];

	(void)state;
	for (uint32_t layer = 1; layer <= 2; layer++)
		for (uint32_t i = 0; i < N; i++) {
			const struct msk_tar_entry e = { .path = name, .type = MSK_TAR_FILE };
			const struct msk_layer_entry entry = { .e = &e, .layer = layer, .nth = i };

			snprintf(name, sizeof name, "%s%u", layer == 2 ? ".wh." : "", i);
			assert_int_equal(msk_image_tree_add(&t, &entry, &err), 0);
		}
	assert_int_equal(msk_image_tree_settle(&t, &err), 0);
	assert_int_equal(t.n, 0);
}

/* Entries go where the links of their directories lead that are there when they come, as runtimes unpack them. */
static void test_entries_behind_links(void **state)
{
	(void)state;
	assert_left("d:usr d:usr/lib l:lib>usr/lib | f:lib/a", "lib@1.2 usr@1.0 usr/lib@1.1 usr/lib/a@2.0");
	assert_left("d:r l:n>r f:n/f", "n@1.1 r@1.0 r/f@1.2");
	assert_left("f:n/f | l:n>r f:n/f", "n@2.0 r@2.-1 r/f@2.1");
	assert_left("f:u/z f:u/y l:l>u | w:l/.wh.z", "l@1.2 u@1.-1 u/y@1.1");
	assert_left("f:u/z l:l>u | d:l w:l/.wh..wh..opq", "l@2.0 u@1.-1 u/z@1.0");
	assert_left("f:u/z l:l>u | w:l/.wh..wh..opq f:l/y", "l@1.1 u@2.-1 u/y@2.1");
	/* Absolute, and never above the root. */
	assert_left("l:a/b>/c | f:a/b/x", "a@1.-1 a/b@1.0 c@2.-1 c/x@2.0");
	assert_left("l:a/b>../../../c | f:a/b/x", "a@1.-1 a/b@1.0 c@2.-1 c/x@2.0");
	assert_left("l:a>/ | f:a/x", "a@1.0 x@2.0");
	/* Through several, of which one comes to light only when another is followed. */
	assert_left("l:a>b l:b>c | f:a/x", "a@1.0 b@1.1 c@2.-1 c/x@2.0");
	assert_left("l:a>b l:a/l>c f:b/l/x", "a@1.0 b@1.-1 b/c@1.-1 b/c/x@1.2 b/l@1.1");
	assert_left("l:a>b l:a/l>c d:a/l f:b/l/x", "a@1.0 b@1.-1 b/l@1.2 b/l/x@1.3");
	/* What is there when they come: not what came later, nor what is gone. */
	assert_left("l:a>b | w:.wh.a f:a/x", "a@2.-1 a/x@2.1");
	assert_left("l:d/a>b | w:.wh.d f:d/a/x", "d@2.-1 d/a@2.-1 d/a/x@2.1");
	assert_left("l:d/a>b | w:d/.wh..wh..opq f:d/a/x", "d@2.-1 d/a@2.-1 d/a/x@2.1");
	assert_left("l:d/a>b | f:d | f:d/a/x", "d@2.0 d/a@3.-1 d/a/x@3.0");
	assert_left("l:a>b | d:a f:a/x", "a@2.0 a/x@2.1");
	assert_left("l:a>b | l:a>c f:a/x", "a@2.0 c@2.-1 c/x@2.1");
	assert_left("l:a>b f:a/x | l:a>c f:a/x", "a@2.0 b@1.-1 b/x@1.1 c@2.-1 c/x@2.1");
	/* A loop leads nowhere. */
	assert_left("l:a>b l:b>a | f:a/x", "a@1.0 a/x@2.0 b@1.1");
	assert_data("f:u/x l:l>u h:y=l/x", "y", 1, 0);
	assert_data("f:u/x l:l>u h:l/y=/l/x", "u/y", 1, 0);
}

static void test_what_was_moved_is_told(void **state)
{
	MSK_CLEANUP(msk_image_tree_release) struct msk_image_tree t = { 0 };
	MSK_CLEANUP(msk_image_tree_release) struct msk_image_tree plain = { 0 };

	(void)state;
	lay(&t, "l:l>u f:l/b f:l/a");
	assert_int_equal(t.moved, 2);
	assert_string_equal(t.first_moved, "l/b");
	lay(&plain, "l:l>u f:u/b");
	assert_int_equal(plain.moved, 0);
	assert_null(plain.first_moved);
}

static void assert_not_settled(struct msk_image_tree *t)
{
	struct msk_err err = MSK_ERR_INIT;

	assert_int_equal(msk_image_tree_settle(t, &err), -1);
	assert_int_equal(err.code, MSK_E_INPUT);
	assert_string_equal(err.msg, "entries of the layers stand behind more than 10000 links, or behind links behind links "
				     "without end");
	msk_image_tree_release(t);
}

/* `n` links, each with an entry below it. */
static void add_links(struct msk_image_tree *t, uint32_t n)
{
	struct msk_err err = MSK_ERR_INIT;

	for (uint32_t i = 0; i < 2 * n; i++) {
		MSK_AUTO_FREE char *path = msk_xasprintf("l%u%s", i / 2, i % 2 ? "/f" : "");
		MSK_AUTO_FREE char *to = msk_xasprintf("/l%u", i / 2 + 1);
		const struct msk_tar_entry e = { .path = path, .type = i % 2 ? MSK_TAR_FILE : MSK_TAR_SYMLINK,
						 .link = i % 2 ? NULL : to };
		const struct msk_layer_entry entry = { .e = &e, .layer = 1, .nth = i };

		assert_int_equal(msk_image_tree_add(t, &entry, &err), 0);
	}
}

static void test_links_have_an_end(void **state)
{
	MSK_CLEANUP(msk_image_tree_release) struct msk_image_tree t = { 0 };
	struct msk_err err = MSK_ERR_INIT;

	(void)state;
	add_links(&t, 10001);
	assert_not_settled(&t);
	add_links(&t, 10000);
	assert_int_equal(msk_image_tree_settle(&t, &err), 0);
}

/* What was never unpacked has no plain bytes. */
static void test_a_reader_that_has_not_begun_has_no_plain_bytes(void **state)
{
	char dir[] = "/tmp/mkscratch-test.XXXXXX";
	MSK_CLEANUP(msk_layer_reader_cleanup) struct msk_layer_reader *r = NULL;
	MSK_CLEANUP(msk_source_cleanup) struct msk_source *s = NULL;
	struct msk_err err = MSK_ERR_INIT;
	MSK_AUTO_FREE char *path = NULL;
	struct msk_digest digest;
	bool found = false;
	FILE *f;

	(void)state;
	assert_non_null(mkdtemp(dir));
	path = msk_xasprintf("%s/blob", dir);
	f = fopen(path, "w");
	assert_non_null(f);
	assert_int_equal(fclose(f), 0);
	assert_int_equal(msk_source_open(dir, &s, &err), 0);
	assert_int_equal(msk_layer_reader_new(s, "blob", "layer 1", 1, &found, &r, &err), 0);
	assert_true(found);
	assert_int_equal(msk_layer_reader_plain(r, &digest, &err), -1);
	assert_string_equal(err.msg, "layer 1: cannot be unpacked");
	assert_int_equal(err.code, MSK_E_INPUT);
	unlink(path);
	rmdir(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_later_layers_win),
		cmocka_unit_test(test_a_reader_that_has_not_begun_has_no_plain_bytes),
		cmocka_unit_test(test_names_are_canonical),
		cmocka_unit_test(test_directories_without_entry_are_there),
		cmocka_unit_test(test_hard_links),
		cmocka_unit_test(test_entries_below_what_is_no_directory),
		cmocka_unit_test(test_layers_by_chance_are_bent_as_a_model_is),
		cmocka_unit_test(test_hard_links_to_nothing_that_are_gone),
		cmocka_unit_test(test_hard_links_outlive_their_file),
		cmocka_unit_test(test_hard_links_to_what_a_directory_has_lost),
		cmocka_unit_test(test_hard_links_to_other_than_files),
		cmocka_unit_test(test_many_hard_links),
		cmocka_unit_test(test_chained_hard_links),
		cmocka_unit_test(test_aufs),
		cmocka_unit_test(test_whiteouts),
		cmocka_unit_test(test_what_is_no_directory_has_nothing_below),
		cmocka_unit_test(test_links_are_followed),
		cmocka_unit_test(test_entries_behind_links),
		cmocka_unit_test(test_what_was_moved_is_told),
		cmocka_unit_test(test_links_have_an_end),
		cmocka_unit_test(test_bad_names_are_refused),
		cmocka_unit_test(test_names_that_are_too_long_are_refused),
		cmocka_unit_test(test_there_is_an_end),
		cmocka_unit_test(test_many_whiteouts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
