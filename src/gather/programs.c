#include <stdio.h>
#include <string.h>

#include "content.h"
#include "mkscratch/fs.h"
#include "over_base.h"
#include "program.h"
#include "runtime.h"

static void program_release(struct msk_program *p)
{
	msk_placing_release(&p->placing);
	msk_closure_release(&p->closure);
	msk_elf_release(&p->elf);
	msk_rofile_release(&p->file);
	free(p->origin);
	free(p->level);
}

static int read_program(struct msk_program *p, struct msk_err *err)
{
	if (msk_host_open_input(p->in->src, &p->file, err) < 0 ||
	    msk_elf_read(&p->file, p->in->src, &p->elf, err) < 0 ||
	    msk_elf_check_program(&p->elf, p->in->src, err) < 0)
		return -1;
	return msk_rofile_unchanged(&p->file, p->file.fd, p->in->src, err);
}

/* It was read before, to learn whose image it is for. */
static int check_platform(struct msk_program *p, struct msk_err *err)
{
	struct msk_platform pf = p->g->platform;

	if (msk_platform_equal(&pf, &p->elf.platform) || msk_platform_join(&pf, &p->elf.platform))
		return 0;
	return msk_fail(err, MSK_E_IO, "%s: changed while it was being read", p->in->src);
}

static int add_program(struct msk_program *p, struct msk_err *err)
{
	const struct msk_input *in = p->in;
	const struct msk_user *u = &p->g->plan->user;

	return msk_gather_host_file(p->g->fs, &(struct msk_entry_spec){
		.path = in->dest, .what = in->spec, .why = "program", .mode = 0755,
		.uid = u->uid, .gid = u->gid,
		.stratum = MSK_STRATUM_APP }, &p->file, msk_xstrdup(in->src), err);
}

/* Libraries that $ORIGIN leads to lie beside the file the user named, when that is a file of the root. Otherwise
 * the root is a system of its own, and the program is looked at as though it were installed there at DEST. */
static char *find_origin(const struct msk_program *p)
{
	MSK_AUTO_FREE char *within = msk_host_within(p->g->libs, p->in->src);

	return msk_path_dir(within ? within : p->in->dest);
}

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

	if (!dir && name[0] != '/')
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

static int add_objects(struct msk_program *p, struct msk_err *err)
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

/* What the image's environment will name is looked at below --root too. */
static int resolve(struct msk_program *p, struct msk_err *err)
{
	const struct msk_plan *plan = p->g->plan;
	MSK_AUTO_STRV library_path = MSK_STRV_INIT;
	struct msk_closure_args args = {
		.tree = p->tree,
		.library_path = &library_path,
		.libs = &plan->libs,
		.dlopen = &plan->dlopen,
		.advise = p->g->log->level >= MSK_LOG_INFO,
		.cwd = plan->config.workdir,
		.hwcaps = p->level,
	};

	for (size_t i = 0; i < plan->library_path.n; i++)
		msk_strv_push(&library_path, plan->library_path.v[i]);
	msk_loader_env_path(&plan->config.env, &library_path);
	args.origin = p->origin = find_origin(p);
	return msk_closure_resolve(&args, &p->file, p->in->src, &p->closure, err);
}

static int place_objects(struct msk_program *p, struct msk_err *err)
{
	static const struct msk_strv no_env = MSK_STRV_INIT;

	p->placing = (struct msk_placing){ &p->closure, p->origin, p->in->dest,
					   msk_program_gains_rights(p) ? &no_env : &p->g->plan->config.env, NULL };
	return msk_place_objects(&p->placing, err);
}

static int add_closure(struct msk_program *p, struct msk_err *err)
{
	return msk_program_verify(p, err) < 0 || place_objects(p, err) < 0 ? -1 : add_objects(p, err);
}

static void tell(const struct msk_program *p)
{
	for (size_t i = 0; i < p->closure.notes.n; i++)
		msk_warn(p->g->log, "%s", p->closure.notes.v[i]);
	msk_runtime_report(&p->closure, p->in->src, p->g->log);
	msk_runtime_advise(&p->closure, p->in->src, p->g->plan, p->g->log);
}

/* Would a better CPU find all that is missing? */
static bool is_for_better_cpus(const struct msk_closure *c)
{
	for (size_t i = 0; i < c->n_missing; i++)
		if (!c->missing[i].level)
			return false;
	return c->n_missing > 0;
}

static void forget_closure(struct msk_program *p)
{
	msk_placing_release(&p->placing);
	msk_closure_release(&p->closure);
	free(p->origin);
	p->origin = NULL;
}

static int resolve_at(struct msk_program *p, const char *level, struct msk_err *err)
{
	forget_closure(p);
	free(p->level);
	p->level = msk_xstrdup(level);
	return resolve(p, err);
}

/* With --hwcaps the variants lie beside the baseline at their own paths: what CPUs of each level up to that would map.
 * The least level that finds everything takes the place of the baseline; those above it follow in slots of their own. */
static int add_levels(struct msk_program *p, struct msk_err *err)
{
	struct msk_gather *g = p->g;
	MSK_AUTO_STRV levels = MSK_STRV_INIT;
	size_t i = 0;

	if (msk_hwcaps_levels(&p->elf, g->plan->hwcaps, &levels, err) < 0)
		return -1;
	while (i < levels.n && is_for_better_cpus(&p->closure))
		if (resolve_at(p, levels.v[i++], err) < 0)
			return -1;
	if (add_closure(p, err) < 0)
		return -1;
	for (; i < levels.n; i++) {
		struct msk_program *above = &g->programs[g->n_programs++];

		*above = (struct msk_program){ .g = g, .in = p->in, .file = MSK_ROFILE_INIT, .tree = p->tree };
		if (read_program(above, err) < 0 || resolve_at(above, levels.v[i], err) < 0 || add_closure(above, err) < 0)
			return -1;
	}
	return 0;
}

bool msk_program_is_above(const struct msk_program *p)
{
	return p > p->g->programs && p[-1].in == p->in;
}

/* CPUs below the least level cannot run the program: the platform says so, where OCI has a word for it. */
static void raise_platform(struct msk_gather *g)
{
	bool has_word = strcmp(g->platform.arch, "amd64") == 0 || strcmp(g->platform.arch, "ppc64le") == 0;

	for (size_t i = 0; i < g->n_programs; i++) {
		const struct msk_program *p = &g->programs[i];

		if (!p->level || msk_program_is_above(p))
			continue;
		msk_warn(g->log, "%s: has libraries that are there for CPUs of level %s and better only", p->in->src, p->level);
		if (has_word && strverscmp(g->platform.variant, p->level) < 0)
			snprintf(g->platform.variant, sizeof g->platform.variant, "%s", p->level);
	}
}

static bool has_of_base(const struct msk_program *p)
{
	for (size_t i = 1; i < p->closure.n_objects; i++)
		if (msk_object_is_of_base(&p->closure.objects[i]))
			return true;
	return false;
}

/* What the base has stays where it is. */
static int check_places(struct msk_program *p, struct msk_err *err)
{
	if (place_objects(p, err) < 0)
		return -1;
	for (size_t i = 1; i < p->closure.n_objects; i++)
		if (p->placing.placed[i] && msk_object_is_of_base(&p->closure.objects[i]))
			return msk_fail(err, MSK_E_MISSING, "%s of the base is not where the program would find it",
					p->closure.objects[i].path);
	msk_placing_release(&p->placing);
	return 0;
}

/* Where its loader looks by itself is known when it was followed once. */
static int resolve_over_base(struct msk_program *p, struct msk_err *err)
{
	p->tree = msk_over_base_tree(p->g->over_base);
	msk_over_base_look_in(p->g->over_base, NULL);
	if (resolve(p, err) < 0)
		return -1;
	msk_over_base_look_in(p->g->over_base, &p->closure.system_dirs);
	forget_closure(p);
	return resolve(p, err);
}

/* Libraries of the base come first, and those of --root where it has none. Where a program would not start so, it gets all of
 * them from --root, and they take the places of the base's. */
static int find_libraries(struct msk_program *p, struct msk_err *err)
{
	struct msk_err why = MSK_ERR_INIT;

	p->tree = msk_host_tree(p->g->libs);
	if (!p->g->over_base)
		return resolve(p, err);
	if (resolve_over_base(p, &why) == 0 && msk_program_fits(p, &why) == 0 && check_places(p, &why) == 0)
		return 0;
	if (why.code != MSK_E_MISSING && why.code != MSK_E_INPUT) {
		*err = why;
		return -1;
	}
	if (has_of_base(p))
		msk_warn(p->g->log, "%s: the base's libraries do not do, those of --root come along: %s", p->in->src, why.msg);
	forget_closure(p);
	p->tree = msk_host_tree(p->g->libs);
	return resolve(p, err);
}

static int gather_program(struct msk_program *p, struct msk_err *err)
{
	if (read_program(p, err) < 0 || check_platform(p, err) < 0 || add_program(p, err) < 0)
		return -1;
	if (p->elf.linkage != MSK_ELF_DYNAMIC)
		return 0;
	if (find_libraries(p, err) < 0)
		return -1;
	tell(p);
	return p->g->plan->hwcaps ? add_levels(p, err) : add_closure(p, err);
}

/* Of several platforms each has a root of its own: a hint that names the option names that. */
static void name_root(const struct msk_program *p, struct msk_err *err)
{
	static const char *const words[] = { "--root of another system", "--root DIR" };
	MSK_AUTO_FREE char *hint = msk_xstrdup(err->hint);
	MSK_AUTO_STR platform = MSK_STR_INIT;

	msk_platform_add(&platform, &p->g->platform);
	for (size_t i = 0; p->g->plan->several && i < sizeof words / sizeof *words; i++) {
		char *at = strstr(hint, words[i]);

		if (!at)
			continue;
		*at = '\0';
		msk_hint(err, "%s--root %s=DIR%s", hint, platform.buf, at + strlen(words[i]));
		return;
	}
}

/* --lib is for those that load something. */
static int check_libs(const struct msk_gather *g, struct msk_err *err)
{
	if (g->plan->libs.n == 0 || g->n_programs == 0)
		return 0;
	for (size_t i = 0; i < g->n_programs; i++)
		if (g->programs[i].elf.linkage == MSK_ELF_DYNAMIC)
			return 0;
	return msk_fail(err, MSK_E_USAGE, "--lib %s: %s is static and loads nothing", g->plan->libs.v[0],
			g->programs[0].in->dest);
}

int msk_gather_programs(struct msk_gather *g, struct msk_err *err)
{
	const struct msk_plan *plan = g->plan;
	MSK_AUTO_STRV features = MSK_STRV_INIT;

	if (msk_rootfs_below(g->fs)) {
		g->over_base = msk_over_base_new(msk_rootfs_below(g->fs), msk_host_tree(g->libs), err);
		if (!g->over_base)
			return -1;
	}
	/* All at once: a placing points into its program, which must not move. */
	g->programs = msk_xcalloc(plan->n_inputs * (plan->hwcaps ? 1 + MSK_HWCAPS_MAX : 1), sizeof *g->programs);
	for (size_t i = 0; i < plan->n_inputs; i++) {
		struct msk_program *p = &g->programs[g->n_programs];

		if (plan->inputs[i].kind != MSK_INPUT_BIN)
			continue;
		*p = (struct msk_program){ .g = g, .in = &plan->inputs[i], .file = MSK_ROFILE_INIT };
		g->n_programs++;
		if (gather_program(p, err) < 0) {
			name_root(p, err);
			return -1;
		}
		msk_features_add(&p->closure, &features);
	}
	raise_platform(g);
	return check_libs(g, err) < 0 ? -1 : msk_features_check(&plan->dlopen, &features, "of the image", g->log,
								err);
}

void msk_gather_release(struct msk_gather *g)
{
	for (size_t i = 0; i < g->n_programs; i++)
		program_release(&g->programs[i]);
	free(g->programs);
	for (size_t i = 0; i < MSK_N_WANTS; i++)
		free(g->required[i].evidence);
	msk_symstore_free(g->symbols);
	msk_over_base_free(g->over_base);
	g->over_base = NULL;
	g->programs = NULL;
	g->symbols = NULL;
	g->n_programs = 0;
}
