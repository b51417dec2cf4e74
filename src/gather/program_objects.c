/* From the objects of a closure to entries of the image, each with the reason it is there. */
#include <string.h>

#include "content.h"
#include "mkscratch/fs.h"
#include "over_base.h"
#include "program.h"

const char *msk_program_path(const struct msk_program *p, size_t i)
{
	if (i == 0)
		return p->in->dest;
	return p->placing.placed[i] ? p->placing.placed[i] : p->closure.objects[i].path;
}

/* There because of --lib alone? */
static bool is_named(const struct msk_program *p, const struct msk_object *o)
{
	return o->parent == 0 && o->wish == MSK_NO_OBJECT && msk_strv_has(&p->g->plan->libs, o->name) &&
	       !msk_strv_has(&p->closure.objects[0].elf.needed, o->name);
}

/* "libz.so.1 needed by /app, found by runpath in /opt/lib" */
static char *reason(const struct msk_program *p, size_t i)
{
	const struct msk_object *o = &p->closure.objects[i];
	MSK_AUTO_STR s = MSK_STR_INIT;

	/* libc may ask for it first by name, but it is there because the kernel looks for it. */
	if (o->found_by == MSK_BY_INTERP)
		return msk_xasprintf("interpreter of %s", p->in->dest);
	if (is_named(p, o)) {
		msk_str_addf(&s, "%s named on the command line", o->name);
	} else if (o->wish == MSK_NO_OBJECT) {
		msk_str_addf(&s, "%s needed by %s", o->name, msk_program_path(p, o->parent));
	} else {
		const struct msk_wish *w = &p->closure.wishes[o->wish];

		msk_str_addf(&s, "%s: ", o->name);
		msk_wish_add_reason(w, msk_program_path(p, w->cause), &s);
	}
	msk_str_addf(&s, ", found by %s", msk_found_by_name(o->found_by));
	if (o->rule_dir)
		msk_str_addf(&s, " in %s", o->rule_dir);
	if (p->level)
		msk_str_addf(&s, ", for CPUs of level %s", p->level);
	if (p->placing.placed[i])
		msk_str_adds(&s, ", put where the loader of the image looks");
	return msk_str_take(&s);
}

static struct msk_entry_spec library_spec(const char *path, const char *why, const char *from)
{
	return (struct msk_entry_spec){ .path = path, .what = "library", .why = why, .from = from, .mode = 0755,
					.stratum = MSK_STRATUM_LIBS, .yields = true };
}

/* Which rule found it, and by which path, differs from host to host; that it is needed does not. */
static char *lasting_reason(const struct msk_object *o)
{
	if (o->found_by == MSK_BY_INTERP)
		return msk_xstrdup("interpreter of");
	return msk_xasprintf(o->wish == MSK_NO_OBJECT ? "%s needed by" : "%s opened at run time by", o->name);
}

/* What brought it along: the option, or another object. */
static void set_lasting(const struct msk_program *p, const struct msk_object *o, const char *lasting,
			struct msk_entry_spec *s)
{
	s->lasting = lasting;
	if (is_named(p, o)) {
		s->what = "--lib";
		s->lasting = "named on the command line";
		s->from = NULL;
	} else if (o->wish != MSK_NO_OBJECT) {
		s->from = msk_program_path(p, p->closure.wishes[o->wish].cause);
	}
}

/* Open the file of an object again; it is still the one that was resolved. */
static int open_object(struct msk_program *p, const struct msk_object *o, struct msk_rofile *f, struct msk_walk *walk,
		       struct msk_err *err)
{
	struct msk_rotree *t = p->tree;
	enum msk_lookup how;

	if (t->open(t, o->path, &how, f, walk, err) < 0)
		return -1;
	if (how != MSK_FOUND || f->fd < 0 || f->dev != o->dev || f->ino != o->ino)
		return msk_fail(err, MSK_E_IO, "%s: changed while it was being read", o->path);
	return 0;
}

static int add_links(struct msk_program *p, const struct msk_object *o, const struct msk_walk *walk, struct msk_err *err)
{
	MSK_AUTO_FREE char *why = msk_xasprintf("on the way to %s", o->path);

	for (size_t i = 0; i < walk->links.n; i++) {
		struct msk_entry_spec s = library_spec(walk->links.v[i], why, walk->final);

		s.lasting = "on the way to";
		if (msk_rootfs_add_symlink(p->g->fs, &s, walk->targets.v[i], err) < 0)
			return -1;
	}
	return 0;
}

/* At its place, and the links that lead there; or where it was put, to which none need lead. */
static int add_object(struct msk_program *p, size_t i, struct msk_err *err)
{
	const struct msk_object *o = &p->closure.objects[i];
	const char *placed = p->placing.placed[i];
	MSK_AUTO_FREE char *why = reason(p, i), *lasting = lasting_reason(o);
	MSK_AUTO_ROFILE f = MSK_ROFILE_INIT;
	MSK_AUTO_WALK walk = MSK_WALK_INIT;
	struct msk_entry_spec s;

	if (open_object(p, o, &f, &walk, err) < 0 || (!placed && add_links(p, o, &walk, err) < 0))
		return -1;
	s = library_spec(placed ? placed : walk.final, why,
			 msk_program_path(p, o->found_by == MSK_BY_INTERP ? 0 : o->parent));
	set_lasting(p, o, lasting, &s);
	return msk_gather_host_file(p->g->fs, &s, &f, msk_host_path(p->g->libs, walk.final), err);
}

/* Does the loader, having mapped `o`, know it by this name without looking for it? */
static bool answers_to(const struct msk_program *p, const struct msk_object *o, const char *name)
{
	MSK_AUTO_FREE char *base = msk_path_base(o->path);

	if (strcmp(o->name, name) == 0 || strcmp(o->path, name) == 0)
		return true;
	if (p->closure.libc == MSK_LIBC_MUSL)   /* it goes by names of files, and is libc, libm, ... itself */
		return o->found_by == MSK_BY_INTERP || strcmp(base, name) == 0;
	return o->elf.soname && strcmp(o->elf.soname, name) == 0;
}

/* A second name for an object that is there: the loader looks for it as for any other before it sees that it is the
 * same file, so a link in the directory where it looks last, whoever asks, stands for all the ways that led to it. */
static int add_alias(struct msk_program *p, size_t i, const char *name, struct msk_err *err)
{
	struct msk_rotree *t = p->tree;
	MSK_AUTO_FREE char *dir = strchr(name, '/') ? NULL : msk_place_loader_dir(&p->closure);
	MSK_AUTO_FREE char *path = NULL, *why = NULL;
	MSK_AUTO_WALK walk = MSK_WALK_INIT;
	MSK_AUTO_ROFILE f = MSK_ROFILE_INIT;
	struct msk_entry_spec s;
	enum msk_lookup how;

	/* The empty name is the program's own. */
	if (!*name || (!dir && name[0] != '/'))
		return 0;
	/* Links on the way to a directory are links of the image as well: a link lies where they end. */
	if (dir && t->open(t, dir, &how, &f, &walk, err) < 0)
		return -1;
	path = dir ? msk_xasprintf("%s/%s", walk.final ? walk.final : dir, name) : msk_xstrdup(name);
	why = msk_xasprintf("another name of %s", msk_program_path(p, i));
	s = library_spec(path, why, msk_program_path(p, i));
	s.lasting = "another name of";
	return msk_rootfs_add_symlink(p->g->fs, &s, msk_program_path(p, i), err);
}

static int add_aliases_for(struct msk_program *p, size_t asker, struct msk_err *err)
{
	const struct msk_object *o = &p->closure.objects[asker];

	for (size_t k = 0; k < o->n_needed; k++) {
		const char *name = k < o->elf.needed.n ? o->elf.needed.v[k] : p->g->plan->libs.v[k - o->elf.needed.n];
		size_t i = o->needed[k];

		if (i != MSK_NO_OBJECT && !answers_to(p, &p->closure.objects[i], name) && add_alias(p, i, name, err) < 0)
			return -1;
	}
	return 0;
}

/* What nobody needs by name is told without being asked twice. */
static void say_why(const struct msk_program *p, size_t i)
{
	MSK_AUTO_FREE char *why = reason(p, i);

	msk_info(p->g->log, "%s: %s", p->in->src, why);
}

static int add_wish_aliases(struct msk_program *p, struct msk_err *err)
{
	for (size_t k = 0; k < p->closure.n_wishes; k++) {
		const struct msk_wish *w = &p->closure.wishes[k];
		const char *name = w->names.v[w->taken];

		if (w->object != MSK_NO_OBJECT && !answers_to(p, &p->closure.objects[w->object], name) &&
		    add_alias(p, w->object, name, err) < 0)
			return -1;
	}
	return 0;
}

int msk_program_add_objects(struct msk_program *p, struct msk_err *err)
{
	for (size_t i = 0; i < p->closure.n_objects; i++) {
		if (i > 0 && !msk_object_is_of_base(&p->closure.objects[i]) && add_object(p, i, err) < 0)
			return -1;
		if (add_aliases_for(p, i, err) < 0)
			return -1;
		if (i > 0 && p->closure.objects[i].wish != MSK_NO_OBJECT)
			say_why(p, i);
		msk_debug(p->g->log, "%s: %s", p->in->src, msk_program_path(p, i));
	}
	return add_wish_aliases(p, err);
}
