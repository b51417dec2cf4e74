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

struct msk_entry_spec msk_program_spec(const struct msk_program *p)
{
	const struct msk_input *in = p->in;
	const struct msk_user *u = &p->g->plan->user;

	return (struct msk_entry_spec){ .path = in->dest, .what = in->spec, .why = "program",
					.mode = in->has_mode ? in->mode : 0755, .uid = in->has_owner ? in->uid : u->uid,
					.gid = in->has_owner ? in->gid : u->gid, .stratum = MSK_STRATUM_APP };
}

static int add_program(struct msk_program *p, struct msk_err *err)
{
	const struct msk_entry_spec s = msk_program_spec(p);

	return msk_gather_host_file(p->g->fs, &s, &p->file, msk_xstrdup(p->in->src), err);
}

/* Libraries that $ORIGIN leads to lie beside the file the user named, when that is a file of the root. Otherwise
 * the root is a system of its own, and the program is looked at as though it were installed there at DEST. */
static char *find_origin(const struct msk_program *p)
{
	MSK_AUTO_FREE char *within = msk_host_within(p->g->libs, p->in->src);

	return msk_path_dir(within ? within : p->in->dest);
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
	return msk_program_verify(p, err) < 0 || place_objects(p, err) < 0 ? -1 : msk_program_add_objects(p, err);
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
	if (p->elf.cut_end)
		msk_warn(p->g->log, "%s: section headers end at %llu, the file has %llu bytes: truncated?", p->in->src,
			 (unsigned long long)p->elf.cut_end, (unsigned long long)p->file.size);
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
	if (g->plan->libs.n == 0)
		return 0;
	if (g->n_programs == 0) {
		msk_fail(err, MSK_E_USAGE, "--lib %s: there is no --bin that would load it", g->plan->libs.v[0]);
		return msk_hint(err, "--file SRC:DEST puts a library where programs of the base look");
	}
	for (size_t i = 0; i < g->n_programs; i++)
		if (g->programs[i].elf.linkage == MSK_ELF_DYNAMIC)
			return 0;
	return msk_fail(err, MSK_E_USAGE, "--lib %s: %s is static and loads nothing", g->plan->libs.v[0],
			g->programs[0].in->dest);
}

static bool is_searched(const struct msk_gather *g, const char *path)
{
	for (size_t i = 0; i < g->n_programs; i++)
		if (g->programs[i].elf.linkage == MSK_ELF_DYNAMIC && msk_place_is_searched(&g->programs[i].placing, path))
			return true;
	return false;
}

/* A library that is named by its path lies there in the image too, which is of use to who opens it by that path alone. */
static void warn_unsearched_libs(const struct msk_gather *g)
{
	for (size_t i = 0; i < g->plan->libs.n; i++) {
		const char *path = g->plan->libs.v[i];
		MSK_AUTO_FREE char *base = msk_path_base(path), *dir = msk_path_dir(path);

		if (path[0] == '/' && !is_searched(g, path))
			msk_warn(g->log, "--lib %s: lies at that path in the image, where no loader looks; "
				 "--lib %s --library-path %s puts it where they do", path, base, dir);
	}
}

static size_t count_programs(const struct msk_plan *plan)
{
	size_t n = 0;

	for (size_t i = 0; i < plan->n_inputs; i++)
		n += plan->inputs[i].kind == MSK_INPUT_BIN;
	return n;
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
	g->programs = msk_xcalloc(count_programs(plan) * (plan->hwcaps ? 1 + MSK_HWCAPS_MAX : 1), sizeof *g->programs);
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
	if (check_libs(g, err) < 0)
		return -1;
	warn_unsearched_libs(g);
	return msk_features_check(&plan->dlopen, &features, "of the image", g->log, err);
}

void msk_gather_release(struct msk_gather *g)
{
	for (size_t i = 0; i < g->n_programs; i++)
		program_release(&g->programs[i]);
	free(g->programs);
	for (size_t i = 0; i < MSK_N_WANTS; i++)
		free(g->required[i].evidence);
	msk_symstore_free(g->symbols);
	msk_table_release(&g->tree_elfs);
	g->tree_elfs = (struct msk_table){ 0 };
	msk_over_base_free(g->over_base);
	g->over_base = NULL;
	g->programs = NULL;
	g->symbols = NULL;
	g->n_programs = 0;
}
