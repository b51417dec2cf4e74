#include <string.h>
#include <sys/stat.h>

#include "content.h"
#include "mkscratch/cache_tag.h"
#include "mkscratch/gather.h"
#include "mkscratch/leavings.h"
#include "mkscratch/path.h"
#include "tree_elf.h"

#define SET_ID_BITS (S_ISUID | S_ISGID)

static struct msk_entry_spec spec_of(const struct msk_input *in)
{
	return (struct msk_entry_spec){ .path = in->dest, .what = in->spec, .why = "named on the command line",
					.mode = in->mode, .uid = in->uid, .gid = in->gid,
					.stratum = MSK_STRATUM_APP, .lent = true };
}

/* What the umask of a host has made of a mode must not show: a file is either to be run or to be read. */
static uint32_t plain_mode(mode_t mode)
{
	return mode & 0111 ? 0755 : 0644;
}

static int add_file(struct msk_gather *g, const struct msk_input *in, struct msk_err *err)
{
	MSK_AUTO_ROFILE f = MSK_ROFILE_INIT;
	struct msk_entry_spec s = spec_of(in);

	if (msk_host_open_input(in->src, &f, err) < 0)
		return msk_host_is_dir(in->src) ? msk_hint(err, "--tree %s:%s", in->src, in->dest) : -1;
	if (!in->has_mode)
		s.mode = plain_mode(f.mode);
	return msk_gather_lent_file(g->fs, &s, &f, in->src, err);
}

static int add_dir(struct msk_gather *g, const struct msk_input *in, struct msk_err *err)
{
	struct msk_entry_spec s = spec_of(in);

	if (!in->has_mode)
		s.mode = 0755;
	return msk_rootfs_add_dir(g->fs, &s, err);
}

static int add_link(struct msk_gather *g, const struct msk_input *in, struct msk_err *err)
{
	struct msk_entry_spec s = spec_of(in);

	return msk_rootfs_add_symlink(g->fs, &s, in->target, err);
}

/* A --tree on its way into the image. */
struct tree {
	struct msk_gather *g;
	const struct msk_input *in;
	size_t number;              /* of the tree in the set */
	size_t set_ids;             /* entries that lost their set-id bits */
	char *first_set_id;
};

/* A directory's sticky bit says how it is to be used; set-id bits give rights, and come by --file alone. */
static uint32_t tree_mode(struct tree *t, const struct msk_visit *v)
{
	mode_t mode = v->file->mode;

	if (mode & SET_ID_BITS && !t->first_set_id)
		t->first_set_id = msk_xstrdup(v->rel);
	t->set_ids += (mode & SET_ID_BITS) != 0;
	return S_ISDIR(mode) ? mode & 01777 : mode & 0777;
}

static int check_empty(const struct tree *t, const struct msk_visit *v, struct msk_err *err)
{
	MSK_AUTO_FREE char *path = msk_xasprintf("%s/%s", t->in->src, v->rel);

	return msk_gather_check_empty(v->file, path, err);
}

static char *tree_dest(const struct tree *t, const char *rel)
{
	const char *top = strcmp(t->in->dest, "/") == 0 ? "" : t->in->dest;

	return msk_xasprintf("%s%s%s", top, rel[0] ? "/" : "", rel);
}

static int note_elf(struct tree *t, const struct msk_visit *v, struct msk_err *err)
{
	MSK_AUTO_FREE char *path = msk_tree_elf_may_be(v) ? tree_dest(t, v->rel) : NULL;

	return path ? msk_tree_elf_note(t->g, v, path, err) : 0;
}

static int add_tree_file(struct tree *t, const struct msk_visit *v, struct msk_err *err)
{
	const struct msk_content facts = msk_gather_facts(v->file);

	if ((v->file->size == 0 && check_empty(t, v, err) < 0) || note_elf(t, v, err) < 0)
		return -1;
	return msk_rootfs_add_tree_file(t->g->fs, t->number, v->rel, tree_mode(t, v), &facts, err);
}

static struct msk_entry_spec tree_spec(const struct msk_input *in)
{
	struct msk_entry_spec s = spec_of(in);

	s.why = "below the directory named on the command line";
	s.lent = false;             /* the paths are made on the way */
	return s;
}

static int visit(void *ctx, const struct msk_visit *v, struct msk_err *err)
{
	struct tree *t = ctx;
	mode_t mode = v->file->mode;
	MSK_AUTO_FREE char *dest = NULL;
	struct msk_entry_spec s;

	if (!v->link && S_ISREG(mode))
		return add_tree_file(t, v, err);
	dest = tree_dest(t, v->rel);
	if (!dest[0])               /* the root of the image is no entry */
		return MSK_VISIT_GO;
	s = tree_spec(t->in);
	s.path = dest;
	if (v->link)
		return msk_rootfs_add_symlink(t->g->fs, &s, v->link, err);
	if (!S_ISDIR(mode))
		return msk_fail(err, MSK_E_INPUT, "%s/%s: is %s, expected a regular file, directory or link",
				t->in->src, v->rel, msk_mode_kind(mode));
	s.mode = tree_mode(t, v);
	return msk_rootfs_add_dir(t->g->fs, &s, err);
}

/* A cache of ours, of this run or any other, is no input: what is there hangs on what was built before. */
static int leave_out(const struct tree *t, const struct msk_visit *v, struct msk_err *err)
{
	if (!v->rel[0]) {
		msk_fail(err, MSK_E_USAGE, "--tree %s: is a cache of mkscratch (CACHEDIR.TAG)", t->in->src);
		return msk_hint(err, "--cache with a directory of its own; remove CACHEDIR.TAG here, and the cache beside it");
	}
	msk_info(t->g->log, "%s/%s: left out, it is a cache of mkscratch (CACHEDIR.TAG)", t->in->src, v->rel);
	return MSK_VISIT_SKIP;
}

/* Names that mean "delete" in a layer are caught here for the sake of the path that the user knows. */
static int visit_checked(void *ctx, const struct msk_visit *v, struct msk_err *err)
{
	const struct tree *t = ctx;
	const char *slash = strrchr(v->rel, '/'), *name = slash ? slash + 1 : v->rel;

	if (msk_starts_with(name, ".wh."))
		return msk_fail(err, MSK_E_INPUT, "%s/%s: names beginning with .wh. are reserved for deletions",
				t->in->src, v->rel);
	if (S_ISDIR(v->file->mode) && msk_cache_tag_is_in(v->file->fd))
		return leave_out(t, v, err);
	/* What other runs have left is of them, not of the tree. */
	if (S_ISREG(v->file->mode) && msk_is_leaving(name)) {
		msk_info(t->g->log, "%s/%s: left out, a run of mkscratch has left it", t->in->src, v->rel);
		return MSK_VISIT_SKIP;
	}
	return visit(ctx, v, err);
}

static int visit_all(struct tree *t, struct msk_err *err)
{
	const char *src = t->in->src;
	struct stat st;

	if (stat(src, &st) == 0 && S_ISREG(st.st_mode)) {
		msk_fail(err, MSK_E_INPUT, "%s: is a regular file, expected a directory", src);
		return msk_hint(err, "--file %s:%s", src, t->in->dest);
	}
	return msk_host_visit_input(src, visit_checked, t, err);
}

static int add_tree(struct msk_gather *g, const struct msk_input *in, struct msk_err *err)
{
	const struct msk_entry_spec s = tree_spec(in);
	struct tree t = { .g = g, .in = in, .number = msk_rootfs_add_tree(g->fs, &s, in->src) };
	int rc = visit_all(&t, err);

	if (rc == 0 && t.set_ids)
		msk_warn(g->log, "%s: set-id bits of %zu %s left out (the first: \"%s\"); --file SRC:DEST:MODE keeps them",
			 in->src, t.set_ids, msk_plural(t.set_ids, "entry", "entries"), t.first_set_id);
	free(t.first_set_id);
	return rc;
}

static int add_input(struct msk_gather *g, const struct msk_input *in, struct msk_err *err)
{
	switch (in->kind) {
	case MSK_INPUT_FILE: return add_file(g, in, err);
	case MSK_INPUT_TREE: return add_tree(g, in, err);
	case MSK_INPUT_DIR: return add_dir(g, in, err);
	case MSK_INPUT_LINK: return add_link(g, in, err);
	case MSK_INPUT_BIN: break;      /* programs have their own gatherer */
	}
	return 0;
}

int msk_gather_extra(struct msk_gather *g, struct msk_err *err)
{
	for (size_t i = 0; i < g->plan->n_inputs; i++)
		if (add_input(g, &g->plan->inputs[i], err) < 0)
			return -1;
	return 0;
}
