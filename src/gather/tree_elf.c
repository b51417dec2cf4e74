#include "tree_elf.h"

#include <string.h>
#include <unistd.h>

#include "mkscratch/closure.h"
#include "mkscratch/fs.h"
#include "mkscratch/memo.h"
#include "mkscratch/names.h"
#include "mkscratch/path.h"
#include "mkscratch/rootfs_view.h"
#include "mkscratch/rootfs_walk.h"
#include "program.h"

#define MAX_NAMES 10000         /* different libraries that are lacking; further ones are not told */
#define MAX_TOLD  5             /* of them one by one */
#define MEMO_FILES 1000         /* that one memo is for: what it holds is then mostly of no more use */

static bool may_be_elf(const char *path, mode_t mode)
{
	const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;

	return mode & 0111 || strstr(name, ".so") || msk_ends_with(name, ".node");
}

bool msk_tree_elf_may_be(const struct msk_visit *v)
{
	return may_be_elf(v->rel, v->file->mode);
}

int msk_tree_elf_note(struct msk_gather *g, const struct msk_visit *v, const char *path, struct msk_err *err)
{
	char head[4];

	if (!msk_log_warns(g->log) ||
	    pread(v->file->fd, head, sizeof head, 0) != sizeof head || memcmp(head, "\177ELF", sizeof head) != 0)
		return 0;
	return msk_table_add(&g->tree_elfs, path, strlen(path), NULL, 0, err);
}

struct look {
	struct msk_gather *g;
	struct msk_rootfs_view view;
	struct msk_memo *memo;
	struct msk_strv library_path;
	struct msk_names index;         /* of names that were not found, to their places in: */
	struct msk_strv names;
	bool *present;                  /* by name: a file of the image is called so, wherever it is */
	struct msk_table wants;         /* paths of files to the names they lack, each with its NUL */
};

static void look_release(struct look *l)
{
	msk_memo_free(l->memo);
	msk_strv_release(&l->library_path);
	msk_names_release(&l->index);
	msk_strv_release(&l->names);
	free(l->present);
	msk_table_release(&l->wants);
}

static void want(struct look *l, const char *name, struct msk_str *out)
{
	if (!*name || strchr(name, '$') || l->names.n == MAX_NAMES)
		return;
	if (msk_names_add(&l->index, name, l->names.n))
		msk_strv_push(&l->names, name);
	msk_str_add(out, name, strlen(name) + 1);
}

/* Where there is no loader to ask, all that it would be asked for. */
static void want_all(struct look *l, const struct msk_elf *elf, struct msk_str *out)
{
	if (elf->interp && !msk_rootfs_view_find(&l->view, elf->interp))
		want(l, elf->interp, out);
	for (size_t i = 0; i < elf->needed.n; i++)
		want(l, elf->needed.v[i], out);
}

static void resolve(struct look *l, const struct msk_rofile *f, const char *path, const struct msk_elf *elf,
		    struct msk_str *out)
{
	MSK_AUTO_FREE char *origin = msk_path_dir(path);
	const struct msk_closure_args args = { .tree = &l->view.tree, .memo = l->memo, .library_path = &l->library_path,
					       .origin = origin, .cwd = l->g->plan->config.workdir, .start_only = true };
	MSK_CLEANUP(msk_closure_release) struct msk_closure found = { 0 };
	struct msk_err ignored = MSK_ERR_INIT;

	if (msk_closure_resolve(&args, f, path, &found, &ignored) < 0) {
		want_all(l, elf, out);
		return;
	}
	for (size_t i = 0; i < found.n_missing; i++)
		if (!found.missing[i].level)
			want(l, found.missing[i].name, out);
}

/* Files for other machines are there for other images, or for none. */
static int look_at(struct look *l, const struct msk_entry *e, struct msk_err *err)
{
	MSK_CLEANUP(msk_elf_release) struct msk_elf elf = { 0 };
	MSK_AUTO_ROFILE f = MSK_ROFILE_INIT;
	MSK_AUTO_STR names = MSK_STR_INIT;
	struct msk_err ignored = MSK_ERR_INIT;

	if (msk_rootfs_view_open_entry(e, &f, err) < 0)
		return -1;
	if (msk_elf_read_links(&f, e->path, &elf, &ignored) < 0 || elf.linkage == MSK_ELF_STATIC ||
	    !msk_platform_runs(elf.platform.arch, l->g->platform.arch))
		return 0;
	resolve(l, &f, e->path, &elf, &names);
	return names.len ? msk_table_add(&l->wants, e->path, strlen(e->path), names.buf, names.len, err) : 0;
}

/* What is there under that name may be loaded before, or by a path: it is not for us to say that it is not found. */
static void find_present(struct look *l)
{
	MSK_AUTO_ROOTFS_WALK w = { 0 };
	size_t i;

	l->present = msk_xcalloc(l->names.n, sizeof *l->present);
	msk_rootfs_walk_init(&w, l->g->fs);
	for (const struct msk_entry *e; (e = msk_rootfs_next(&w));)
		if (e->type != MSK_DIR && msk_names_find(&l->index, strrchr(e->path, '/') + 1, &i))
			l->present[i] = true;
}

/* What is to be told, of the names in the order of the files that lack them. */
struct lacking {
	size_t files, names;
	struct msk_str text, options;
};

static void lacking_release(struct lacking *t)
{
	msk_str_release(&t->text);
	msk_str_release(&t->options);
}

static void tell_name(struct look *l, const char *name, const struct msk_table_walk *w, struct lacking *out)
{
	size_t i;

	if (!msk_names_find(&l->index, name, &i) || l->present[i])
		return;
	l->present[i] = true;           /* told */
	if (out->names++ >= MAX_TOLD)
		return;
	msk_str_addf(&out->text, "%s%s (%.*s)", out->text.len ? ", " : "", name, (int)w->n_key, w->key);
	msk_str_addf(&out->options, "%s--lib %s", out->options.len ? " " : "", name);
}

static bool lacks_any(const struct look *l, const struct msk_table_walk *w, const bool *present)
{
	const char *name = (const char *)w->value, *end = name + w->n_value;
	size_t i;

	for (; name < end; name += strlen(name) + 1)
		if (msk_names_find(&l->index, name, &i) && !present[i])
			return true;
	return false;
}

static void sum_up(struct look *l, struct lacking *out)
{
	MSK_AUTO_FREE bool *present = msk_xcalloc(l->names.n, sizeof *present);
	MSK_AUTO_TABLE_WALK w = { 0 };

	memcpy(present, l->present, l->names.n * sizeof *present);
	for (msk_table_walk_init(&w, &l->wants); msk_table_next(&w);) {
		if (!lacks_any(l, &w, present))
			continue;
		out->files++;
		for (size_t at = 0; at < w.n_value; at += strlen((const char *)w.value + at) + 1)
			tell_name(l, (const char *)w.value + at, &w, out);
	}
}

/* --lib is for images with a program that loads something, and names no loader. */
static bool takes_libs(const struct msk_gather *g, const struct lacking *what)
{
	bool any = false;

	for (size_t i = 0; i < g->n_programs; i++)
		any = any || g->programs[i].elf.linkage == MSK_ELF_DYNAMIC;
	return any && !strchr(what->options.buf, '/');
}

static void tell(const struct msk_gather *g, const struct lacking *what)
{
	MSK_AUTO_STR more = MSK_STR_INIT;

	if (what->names > MAX_TOLD)
		msk_str_addf(&more, " and %zu more", what->names - MAX_TOLD);
	msk_warn(g->log, "--tree: %zu ELF %s what is not in the image: %s%s; %s%s", what->files,
		 msk_plural(what->files, "file needs", "files need"), what->text.buf, msk_str_c(&more),
		 takes_libs(g, what) ? what->options.buf : "a program that is given as --bin brings its libraries",
		 takes_libs(g, what) ? " puts them beside those of the program" : "");
}

/* Was it noted when the tree was walked? By then no link had led it elsewhere. */
static bool is_noted(struct msk_table_walk *noted, const struct msk_entry *e)
{
	const char *path = e->asked ? e->asked : e->path;

	return e->type == MSK_FILE && may_be_elf(e->path, e->mode) && msk_table_find(noted, path, strlen(path));
}

static int look_at_all(struct look *l, struct msk_err *err)
{
	MSK_AUTO_TABLE_WALK noted = { 0 };
	MSK_AUTO_ROOTFS_WALK w = { 0 };
	size_t n = 0;

	msk_table_walk_init(&noted, &l->g->tree_elfs);
	msk_rootfs_walk_init(&w, l->g->fs);
	for (const struct msk_entry *e; (e = msk_rootfs_next(&w));) {
		if (!is_noted(&noted, e))
			continue;
		if (n++ % MEMO_FILES == 0) {
			msk_memo_free(l->memo);
			l->memo = msk_memo_new(&l->view.tree);
		}
		if (look_at(l, e, err) < 0)
			return -1;
	}
	return msk_table_seal(&l->wants, err);
}

int msk_check_tree_elfs(struct msk_gather *g, struct msk_err *err)
{
	MSK_CLEANUP(look_release) struct look l = { .g = g };
	MSK_CLEANUP(lacking_release) struct lacking what = { 0 };

	if (!g->tree_elfs.n)
		return 0;
	if (msk_table_sort(&g->tree_elfs, err) < 0)
		return -1;
	msk_rootfs_view_init(&l.view, g->fs);
	msk_loader_env_path(&g->plan->config.env, &l.library_path);
	if (look_at_all(&l, err) < 0)
		return -1;
	if (!l.wants.n)
		return 0;
	find_present(&l);
	sum_up(&l, &what);
	if (what.files)
		tell(g, &what);
	return 0;
}
