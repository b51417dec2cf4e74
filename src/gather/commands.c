/* Behind the seal: will the runtime find what it is told to start? A wrong path is a warning, since volumes and runtimes
 * may bring what the image has not. */
#include <string.h>
#include <unistd.h>

#include "mkscratch/closure.h"
#include "mkscratch/fs.h"
#include "mkscratch/gather.h"
#include "mkscratch/path.h"
#include "mkscratch/rootfs_view.h"
#include "mkscratch/rootfs_walk.h"
#include "reach.h"

#define DEFAULT_PATH  "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
#define HASH_BANG_MAX 255       /* the kernel reads no more of the line */

struct commands {
	struct msk_gather *g;
	struct msk_rootfs_view view;
	struct msk_strv started;        /* paths of the entries that are */
};

/* As runc does it: a name without slash is looked for in PATH, another from the working directory on. */
static bool find_in_path(const struct commands *c, const char *name, struct msk_sight *out)
{
	const struct msk_strv *env = &c->g->plan->config.env;
	const char *path = DEFAULT_PATH;
	MSK_AUTO_STRV dirs = MSK_STRV_INIT;

	for (size_t i = 0; i < env->n; i++)
		if (msk_starts_with(env->v[i], "PATH="))
			path = env->v[i] + strlen("PATH=");
	msk_strv_split(&dirs, path, ":");
	for (size_t i = 0; i < dirs.n; i++) {
		MSK_AUTO_FREE char *full = msk_xasprintf("%s/%s", dirs.v[i], name);

		if (msk_rootfs_view_look(&c->view, full, out) && out->type == MSK_FILE && out->mode & 0111)
			return true;
		msk_sight_release(out);
	}
	*out = (struct msk_sight){ 0 };
	return false;
}

/* *out is the caller's to release. */
static bool find(const struct commands *c, const char *program, struct msk_sight *out)
{
	const char *cwd = c->g->plan->config.workdir;
	MSK_AUTO_FREE char *full = NULL;

	if (program[0] == '/')
		return msk_rootfs_view_look(&c->view, program, out);
	if (!strchr(program, '/'))
		return find_in_path(c, program, out);
	full = msk_xasprintf("%s/%s", cwd ? cwd : "", program);
	return msk_rootfs_view_look(&c->view, full, out);
}

static bool is_absent(const struct commands *c, const char *program)
{
	MSK_AUTO_SIGHT s = { 0 };

	return !find(c, program, &s);
}

static bool may_come_with_a_volume(const struct msk_plan *p, const char *program)
{
	for (size_t i = 0; i < p->config.volumes.n; i++) {
		const char *v = p->config.volumes.v[i];
		size_t n = strlen(v);

		if (strncmp(program, v, n) == 0 && program[n] == '/')
			return true;
	}
	return false;
}

/* The path of the file of that name which is somewhere else; heap, NULL when there is none. */
static char *namesake(const struct msk_rootfs *fs, const char *program)
{
	MSK_AUTO_FREE char *name = msk_path_base(program);
	MSK_AUTO_ROOTFS_WALK w;

	msk_rootfs_walk_init(&w, fs);
	for (const struct msk_entry *e; (e = msk_rootfs_next(&w));)
		if (e->type == MSK_FILE && strcmp(strrchr(e->path, '/') + 1, name) == 0)
			return msk_xstrdup(e->path);
	return NULL;
}

static void warn_absent(const struct commands *c, const char *what, const char *program)
{
	MSK_AUTO_FREE char *other = namesake(c->g->fs, program);
	const char *where = strchr(program, '/') ? "not in the image" : "in no directory of PATH";
	MSK_AUTO_FREE char *first = msk_xstrndup(program, strcspn(program, " "));
	bool has_words = strlen(first) < strlen(program);
	MSK_AUTO_FREE char *meant = !has_words ? NULL : is_absent(c, first) ? namesake(c->g->fs, first) : msk_xstrdup(first);

	if (may_come_with_a_volume(c->g->plan, program))
		return;
	if (meant)
		msk_warn(c->g->log, "%s %s: is %s; arguments stand apart, as in '[\"%s\",\"-x\"]'", what, program, where,
			 meant);
	else
		msk_warn(c->g->log, "%s %s: is %s%s%s%s", what, program, where, other ? "; did you mean " : "",
			 other ? other : "", other ? "?" : "");
}

/* True: told. */
static bool warn_refused(const struct commands *c, const char *name, const struct msk_sight *s)
{
	const struct msk_who who = msk_gather_user(c->g);
	MSK_AUTO_REFUSAL refusal = { 0 };

	if (!msk_may(&who, s->mode, s->uid, s->gid, MSK_MAY_EXECUTE))
		msk_warn(c->g->log, "%s: user %u may not execute it (mode %04o, %u:%u)", name, who.uid, s->mode, s->uid,
			 s->gid);
	else if (msk_find_refusal(&c->view, &who, s->path, MSK_MAY_EXECUTE, &refusal))
		msk_warn(c->g->log, "%s: user %u may not search %s (mode %04o, %u:%u)", name, who.uid, refusal.at.path,
			 refusal.at.mode, refusal.at.uid, refusal.at.gid);
	else
		return false;
	return true;
}

/* The interpreter of "#!/usr/bin/env python3", and the program that env looks for. */
static void warn_script(const struct commands *c, const char *name, const char *line)
{
	MSK_AUTO_STRV words = MSK_STRV_INIT;
	MSK_AUTO_STRV all = MSK_STRV_INIT;

	msk_strv_split(&all, line, " \t");
	for (size_t i = 0; i < all.n; i++)
		if (*all.v[i])
			msk_strv_push(&words, all.v[i]);
	if (words.n && is_absent(c, words.v[0]))
		msk_warn(c->g->log, "%s: is a script, and its interpreter %s is not in the image", name, words.v[0]);
	else if (words.n > 1 && msk_ends_with(words.v[0], "/env") && words.v[1][0] != '-' && is_absent(c, words.v[1]))
		msk_warn(c->g->log, "%s: is a script, and its interpreter %s is in no directory of PATH", name, words.v[1]);
}

/* A file that is looked at as the kernel would. */
struct look {
	const char *name;               /* "--entrypoint /app" */
	const struct msk_sight *at;
	struct msk_rofile file;
	struct msk_elf elf;
};

static void look_release(struct look *l)
{
	msk_elf_release(&l->elf);
	msk_rofile_release(&l->file);
}

static bool gains_rights(const struct commands *c, const struct msk_sight *s)
{
	const struct msk_who who = msk_gather_user(c->g);

	return msk_gains_rights(&who, s->mode, s->uid, s->gid, s->e && s->e->caps);
}

/* The first library that its loader would not find; what stops a loader otherwise is for verify to tell. */
static void warn_libraries(const struct commands *c, const struct look *l)
{
	const struct msk_config *config = &c->g->plan->config;
	MSK_AUTO_FREE char *origin = msk_path_dir(l->at->path);
	MSK_AUTO_STRV library_path = MSK_STRV_INIT;
	const struct msk_closure_args args = { .tree = (struct msk_rotree *)&c->view.tree, .library_path = &library_path,
					       .origin = origin, .cwd = config->workdir, .start_only = true,
					       .secure = gains_rights(c, l->at) };
	MSK_CLEANUP(msk_closure_release) struct msk_closure found = { 0 };
	struct msk_err ignored = MSK_ERR_INIT;

	msk_loader_env_path(&config->env, &library_path);
	if (msk_closure_resolve(&args, &l->file, l->at->path, &found, &ignored) == 0 && found.n_missing)
		msk_warn(c->g->log, "%s: needs %s, which is not in the image; give it as --bin, which brings its libraries",
			 l->name, found.missing[0].name);
}

static void warn_elf(const struct commands *c, const struct look *l)
{
	const struct msk_elf *elf = &l->elf;
	const char *arch = elf->platform.arch;

	if (!msk_platform_runs(arch, c->g->platform.arch))
		msk_warn(c->g->log, "%s: is built for %s, the image for %s%s", l->name,
			 *arch ? arch : msk_elf_machine_name(elf), c->g->platform.arch,
			 *arch ? "; as --bin it goes into the image of its platform" : "");
	else if (elf->interp && is_absent(c, elf->interp))
		msk_warn(c->g->log, "%s: its loader %s is not in the image; give it as --bin, which brings its libraries",
			 l->name, elf->interp);
	else if (elf->linkage == MSK_ELF_DYNAMIC)
		warn_libraries(c, l);
}

/* What is no script and no program. */
static bool is_neither(const char *head, ssize_t n)
{
	return n < 4 || memcmp(head, "\177ELF", 4) != 0;
}

static int open_entry(const struct commands *c, struct look *l, struct msk_err *err)
{
	struct msk_rotree *t = (struct msk_rotree *)&c->view.tree;
	enum msk_lookup how;

	return t->open(t, l->at->path, &how, &l->file, NULL, err);
}

/* What the kernel would make of it. */
static int look_inside(struct commands *c, const char *name, const struct msk_sight *at, struct msk_err *err)
{
	MSK_CLEANUP(look_release) struct look l = { .name = name, .at = at, .file = MSK_ROFILE_INIT };
	struct msk_err ignored = MSK_ERR_INIT;
	char head[HASH_BANG_MAX + 1];
	ssize_t n;

	msk_strv_push(&c->started, at->path);
	if (open_entry(c, &l, err) < 0)
		return -1;
	n = l.file.fd >= 0 ? pread(l.file.fd, head, sizeof head - 1, 0) : -1;
	if (n < 0)
		return 0;
	head[n] = '\0';
	if (n > 2 && memcmp(head, "#!", 2) == 0) {
		head[strcspn(head, "\n")] = '\0';
		warn_script(c, name, head + 2);
	} else if (is_neither(head, n)) {
		msk_warn(c->g->log, "%s: is neither a program nor a script that begins with #!", name);
	} else if (msk_elf_read_links(&l.file, name, &l.elf, &ignored) == 0) {
		warn_elf(c, &l);
	}
	return 0;
}

static int check(struct commands *c, const char *what, const char *program, struct msk_err *err)
{
	MSK_AUTO_FREE char *name = msk_xasprintf("%s %s", what, program);
	MSK_AUTO_SIGHT s = { 0 };

	if (!find(c, program, &s))
		warn_absent(c, what, program);
	else if (s.type != MSK_FILE)
		msk_warn(c->g->log, "%s: is a directory", name);
	else if (!warn_refused(c, name, &s))
		return look_inside(c, name, &s, err);
	return 0;
}

/* C libraries are programs too, which tell their version; nobody means to start them. */
static bool is_program(const struct msk_elf *elf)
{
	return elf->linkage != MSK_ELF_LIBRARY && !elf->soname;
}

/* One that may be executed and would not start is likely meant to be given as a program. */
static int check_file(struct commands *c, const struct msk_input *in, struct msk_err *err)
{
	MSK_AUTO_SIGHT s = { 0 };
	bool found = msk_rootfs_view_look(&c->view, in->dest, &s);
	MSK_CLEANUP(look_release) struct look l = { .name = in->spec, .at = &s, .file = MSK_ROFILE_INIT };
	struct msk_err ignored = MSK_ERR_INIT;
	char head[4];

	if (!found || s.type != MSK_FILE || !(s.mode & 0111) || msk_strv_has(&c->started, s.path))
		return 0;
	if (open_entry(c, &l, err) < 0)
		return -1;
	if (l.file.fd >= 0 && !is_neither(head, pread(l.file.fd, head, sizeof head, 0)) &&
	    msk_elf_read_links(&l.file, l.name, &l.elf, &ignored) == 0 && is_program(&l.elf))
		warn_elf(c, &l);
	return 0;
}

/* The program of a health check that a base brings; NULL: it has none, or one that runtimes pass over. */
static const char *inherited_health(const struct msk_json *base)
{
	const struct msk_json *test = msk_json_get(msk_json_get(base, "Healthcheck"), "Test");
	const char *form = msk_json_string_value(msk_json_at(test, 0));
	const char *shell = msk_json_string_value(msk_json_at(msk_json_get(base, "Shell"), 0));

	if (form && strcmp(form, "CMD") == 0)
		return msk_json_string_value(msk_json_at(test, 1));
	return form && strcmp(form, "CMD-SHELL") == 0 ? shell ? shell : "/bin/sh" : NULL;
}

static int check_health(struct commands *c, struct msk_err *err)
{
	const struct msk_plan *p = c->g->plan;
	const char *program = inherited_health(msk_json_get(p->inherited, "config"));

	if (p->config.health.kind == MSK_HEALTH_COMMAND)
		return check(c, "--healthcheck-cmd", p->config.health.test.v[0], err);
	return p->config.health.kind == MSK_HEALTH_UNSET && program ? check(c, "the base's health check", program, err) : 0;
}

/* The runtime begins in a directory and mounts volumes on directories, which it makes where there are none. */
static void check_directory(const struct commands *c, const char *what, const char *path)
{
	const struct msk_entry *e = msk_rootfs_view_find(&c->view, path);

	if (e && e->type == MSK_FILE)
		msk_warn(c->g->log, "%s %s: is a file, expected a directory", what, path);
}

/* The place of the runtime's own that is at `dest` or above it. */
static const char *mounted_over(const struct msk_input *in)
{
	static const char *const places[] = { "/proc", "/sys", "/dev", "/etc/resolv.conf", "/etc/hosts", "/etc/hostname" };

	for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
		size_t n = strlen(places[i]);

		if (strncmp(in->dest, places[i], n) != 0)
			continue;
		/* To have the directory itself is no mistake: something is mounted there. */
		if (in->dest[n] == '/' || (!in->dest[n] && in->kind != MSK_INPUT_DIR))
			return places[i];
	}
	return NULL;
}

static void check_places(const struct commands *c)
{
	const struct msk_plan *p = c->g->plan;

	for (size_t i = 0; i < p->n_inputs; i++)
		if (mounted_over(&p->inputs[i]))
			msk_warn(c->g->log, "%s: will not be seen, as runtimes put their own %s there", p->inputs[i].spec,
				 mounted_over(&p->inputs[i]));
}

/* What is to be started, and then what may be. */
static int check_programs(struct commands *c, struct msk_err *err)
{
	const struct msk_plan *p = c->g->plan;
	const struct msk_config *config = &p->config;

	if (config->entrypoint.n && check(c, "--entrypoint", config->entrypoint.v[0], err) < 0)
		return -1;
	if (!config->entrypoint.n && config->cmd.n && check(c, "--cmd", config->cmd.v[0], err) < 0)
		return -1;
	if (check_health(c, err) < 0)
		return -1;
	for (size_t i = 0; i < p->n_inputs; i++)
		if (p->inputs[i].kind == MSK_INPUT_FILE && check_file(c, &p->inputs[i], err) < 0)
			return -1;
	return 0;
}

int msk_check_commands(struct msk_gather *g, struct msk_err *err)
{
	const struct msk_config *config = &g->plan->config;
	struct commands c = { .g = g, .started = MSK_STRV_INIT };
	int rc;

	if (!msk_log_warns(g->log))
		return 0;
	msk_rootfs_view_init(&c.view, g->fs);
	check_places(&c);
	if (config->workdir)
		check_directory(&c, "--workdir", config->workdir);
	for (size_t i = 0; i < config->volumes.n; i++)
		check_directory(&c, "--volume", config->volumes.v[i]);
	rc = check_programs(&c, err);
	msk_strv_release(&c.started);
	return rc;
}
