/* Would a runtime get this image to run? */
#include <string.h>
#include <sys/stat.h>

#include "checks.h"
#include "image_files.h"
#include "starter.h"
#include "mkscratch/closure.h"
#include "mkscratch/fs.h"
#include "mkscratch/path.h"

/* As Linux has it: of the first line, and how often a script may start another. */
#define SCRIPT_LINE 255
#define SCRIPT_HOPS 5

static const char *first_entrypoint(const struct msk_json *config)
{
	const struct msk_json *c = msk_json_get(config, "config");
	const char *e = msk_json_string_value(msk_json_at(msk_json_get(c, "Entrypoint"), 0));

	return e ? e : msk_json_string_value(msk_json_at(msk_json_get(c, "Cmd"), 0));
}

/* What is resolved once more inside the image. */
struct start {
	struct msk_checks *checks;
	struct msk_image_files *files;
	const struct msk_json *config;
	struct msk_starter starter;
	struct msk_image_reader reader;
	const char *named;             /* as the config has it */
	char *path;                    /* in the image; of a script, its interpreter's */
	struct msk_rofile file;
	struct msk_elf elf;
};

static void start_release(struct start *s)
{
	msk_elf_release(&s->elf);
	msk_rofile_release(&s->file);
	msk_starter_release(&s->starter);
	free(s->reader.refused);
	free(s->path);
}

static void read_env(const struct msk_json *config, struct msk_strv *out)
{
	const struct msk_json *env = msk_json_get(msk_json_get(config, "config"), "Env");

	for (size_t i = 0; i < msk_json_count(env); i++)
		if (msk_json_string_value(msk_json_at(env, i)))
			msk_strv_push(out, msk_json_string_value(msk_json_at(env, i)));
}

/* Who is not known gains none. */
static bool gains_rights(const struct msk_starter *s, const struct msk_node *program)
{
	const struct msk_who who = { s->has_uid ? s->who.uid : program->uid, s->has_gid ? s->who.gid : program->gid, NULL, 0 };

	return msk_gains_rights(&who, program->mode, program->uid, program->gid, s->has_uid && program->caps);
}

/* The loader's own rules, over the files of the image, with its environment. */
static int resolve(struct start *s, struct msk_closure *out, struct msk_err *err)
{
	const char *cwd = msk_json_get_string(msk_json_get(s->config, "config"), "WorkingDir");
	MSK_AUTO_FREE struct msk_node *n = msk_image_tree_resolve(s->files->tree, s->path);
	MSK_AUTO_FREE char *full = msk_xasprintf("/%s", n->path), *origin = msk_path_dir(full);
	MSK_AUTO_STRV env = MSK_STRV_INIT;
	MSK_AUTO_STRV library_path = MSK_STRV_INIT;
	struct msk_closure_args args = { .tree = &s->files->files, .library_path = &library_path, .origin = origin,
					 .cwd = cwd && cwd[0] == '/' ? cwd : NULL, .start_only = true,
					 .secure = gains_rights(&s->starter, n) };
	int rc;

	read_env(s->config, &env);
	msk_loader_env_path(&env, &library_path);
	/* Who gains rights reads by these. */
	s->files->reader = args.secure ? NULL : &s->reader;
	rc = msk_closure_resolve(&args, &s->file, s->path, out, err);
	s->files->reader = NULL;
	return rc;
}

static int fail_start(struct start *s, const char *path, const char *why)
{
	msk_checks_fail(s->checks, MSK_E_MISSING, "entrypoint", "%s%s%s: %s", s->named, strcmp(s->named, path) ? ", " : "",
			strcmp(s->named, path) ? path : "", why);
	return 0;
}

static int fail_refused(struct start *s, const char *path, const char *what)
{
	MSK_AUTO_FREE char *why = msk_xasprintf("user %s %s", s->starter.user, what);

	return fail_start(s, path, why);
}

/* That it is there is looked at with the libraries. */
static bool may_load(struct start *s)
{
	MSK_AUTO_FREE char *refused = s->elf.interp ? msk_starter_refused(&s->starter, s->files->tree, s->elf.interp,
									  MSK_MAY_EXECUTE) : NULL;

	return !refused || fail_refused(s, s->elf.interp, refused);
}

/* What a loader cannot open it passes over: then the reason is told besides. */
static int fail_libraries(struct start *s, struct msk_err *err)
{
	if (err->code == MSK_E_INPUT)
		err->code = MSK_E_MISSING;
	if (!s->reader.refused || err->code != MSK_E_MISSING)
		return msk_checks_absorb(s->checks, "libraries", err);
	msk_checks_fail(s->checks, err->code, "libraries", "%s; user %s: %s", err->msg, s->starter.user, s->reader.refused);
	*err = (struct msk_err)MSK_ERR_INIT;
	return 0;
}

/* A dynamic program: all it needs at its start is found inside. */
static int check_libraries(struct start *s, struct msk_err *err)
{
	MSK_CLEANUP(msk_closure_release) struct msk_closure c = { 0 };

	if (s->elf.linkage != MSK_ELF_DYNAMIC || !may_load(s))
		return 0;
	s->reader.who = &s->starter;
	s->reader.loader = s->elf.interp;
	if (resolve(s, &c, err) < 0 || msk_closure_check(&c, s->path, err) < 0)
		return fail_libraries(s, err);
	msk_checks_pass(s->checks, "libraries", "%zu, found as the loader %s looks for them", c.n_objects - 1,
			s->elf.interp);
	return 0;
}

/* execve(2), "Interpreter scripts": what stands behind "#!" on the first line. NULL: no script. Heap. */
static char *script_interpreter(struct start *s, struct msk_err *err)
{
	char line[SCRIPT_LINE + 1];
	ssize_t n = msk_pread_full(s->file.fd, line, SCRIPT_LINE, 0, s->path, err);
	char *from = line + 2;

	if (n < 2 || line[0] != '#' || line[1] != '!')
		return NULL;
	line[n] = '\0';
	from += strspn(from, " \t");
	from[strcspn(from, " \t\r\n")] = '\0';
	return msk_xstrdup(from);
}

/* True: there is a file that may be executed. */
static bool is_program(struct start *s, const char *path)
{
	MSK_AUTO_FREE struct msk_node *n = msk_image_tree_resolve(s->files->tree, path);

	return n && (n->type == MSK_TAR_FILE || n->type == MSK_TAR_HARDLINK) && (n->mode & 0111);
}

/* What the kernel opens to execute it: the program, or its loader. True: there is such a file, and the user may. */
static bool is_executable(struct start *s, const char *path)
{
	MSK_AUTO_FREE struct msk_node *n = msk_image_tree_resolve(s->files->tree, path);
	MSK_AUTO_FREE char *mode = n ? msk_xasprintf("not executable (mode %04o)", n->mode) : NULL;
	MSK_AUTO_FREE char *refused = NULL;

	if (!n)
		return fail_start(s, path, msk_links_loop(s->files->tree, path) ? "a loop of links" : "not in the image");
	if (n->type != MSK_TAR_FILE && n->type != MSK_TAR_HARDLINK)
		return fail_start(s, path, "not a regular file");
	if (!(n->mode & 0111))
		return fail_start(s, path, mode);
	refused = msk_starter_refused(&s->starter, s->files->tree, path, MSK_MAY_EXECUTE);
	return !refused || fail_refused(s, path, refused);
}

/* s->file is left closed where it would not start. */
static int check_file(struct start *s, const char *path, struct msk_err *err)
{
	struct msk_rotree *t = &s->files->files;
	enum msk_lookup how;

	free(s->path);
	s->path = msk_xstrdup(path);
	msk_rofile_release(&s->file);
	s->file = (struct msk_rofile)MSK_ROFILE_INIT;
	return is_executable(s, path) ? t->open(t, path, &how, &s->file, NULL, err) : 0;
}

static int check_elf(struct start *s, struct msk_err *err)
{
	const char *arch = msk_json_get_string(s->config, "architecture");

	if (msk_elf_read(&s->file, s->path, &s->elf, err) < 0) {
		if (err->code == MSK_E_INPUT)
			err->code = MSK_E_MISSING;
		return msk_checks_absorb(s->checks, "entrypoint", err);
	}
	if (!arch || !msk_platform_runs(s->elf.platform.arch, arch)) {
		msk_checks_fail(s->checks, MSK_E_MISSING, "entrypoint", "%s: built for %s, the image says %s", s->path,
				s->elf.platform.arch, arch ? arch : "nothing");
		return 0;
	}
	msk_checks_pass(s->checks, "entrypoint", "%s, %s, %s", s->path, msk_linkage_name(s->elf.linkage),
			msk_elf_machine_name(&s->elf));
	return check_libraries(s, err);
}

/* Its interpreter reads a script as the user. */
static bool is_readable(struct start *s, const char *path)
{
	MSK_AUTO_FREE char *refused = msk_starter_refused(&s->starter, s->files->tree, path, MSK_MAY_READ);

	return !refused || fail_refused(s, path, refused);
}

/* A script is started by its interpreter, which may be a script again. */
static int check_program(struct start *s, const char *path, struct msk_err *err)
{
	MSK_AUTO_FREE char *at = msk_xstrdup(path);

	for (int hops = 0; hops <= SCRIPT_HOPS; hops++) {
		char *next;

		if (check_file(s, at, err) < 0)
			return -1;
		if (s->file.fd < 0)
			return 0;
		next = script_interpreter(s, err);
		if (err->code != MSK_OK)
			return -1;
		if (!next)
			return check_elf(s, err);
		if (!is_readable(s, at)) {
			free(next);
			return 0;
		}
		free(at);
		at = next;
		if (at[0] != '/')
			return fail_start(s, at, "its interpreter is no absolute path");
	}
	return fail_start(s, path, "a script of a script of a script");
}

static const char *search_path(const struct msk_json *config)
{
	const struct msk_json *env = msk_json_get(msk_json_get(config, "config"), "Env");
	const char *path = NULL;

	for (size_t i = 0; i < msk_json_count(env); i++) {
		const char *e = msk_json_string_value(msk_json_at(env, i));

		if (e && msk_starts_with(e, "PATH="))
			path = e + strlen("PATH=");
	}
	return path ? path : "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
}

/* As execvp(3) finds it; NULL when nowhere. Heap. */
static char *look_up(struct start *s, const char *name)
{
	MSK_AUTO_STRV dirs = MSK_STRV_INIT;

	msk_strv_split(&dirs, search_path(s->config), ":");
	for (size_t i = 0; i < dirs.n; i++) {
		MSK_AUTO_FREE char *path = msk_xasprintf("%s/%s", dirs.v[i], name);

		if (dirs.v[i][0] == '/' && is_program(s, path))
			return msk_take(&path);
	}
	return NULL;
}

/* Where the runtime looks for a program; NULL: in no directory of PATH. Heap. */
static char *place_of(struct start *s, const char *program)
{
	const char *cwd = msk_json_get_string(msk_json_get(s->config, "config"), "WorkingDir");

	if (program[0] == '/')
		return msk_xstrdup(program);
	if (strchr(program, '/'))
		return msk_xasprintf("%s/%s", cwd && cwd[0] == '/' ? cwd : "", program);
	return look_up(s, program);
}

/* Where the layers are damaged already, what is in them is not looked at: it would only be told twice. */
static bool is_damaged(const struct start *s)
{
	enum msk_code so_far = msk_checks_verdict(s->checks);

	return so_far != MSK_OK && so_far != MSK_E_MISSING;
}

static int check_entrypoint(struct start *s, struct msk_err *err)
{
	MSK_AUTO_FREE char *path = NULL;

	s->named = first_entrypoint(s->config);
	if (!s->named) {
		msk_checks_note(s->checks, "entrypoint", "neither Entrypoint nor Cmd is set: whoever runs it says what starts");
		return 0;
	}
	if (is_damaged(s))
		return 0;
	path = place_of(s, s->named);
	if (path)
		return check_program(s, path, err);
	msk_checks_fail(s->checks, MSK_E_MISSING, "entrypoint", "%s: in no directory of PATH (%s)", s->named,
			search_path(s->config));
	return 0;
}

/* The program of a health check: Docker runs the shell form by "Shell". NULL: none is run. */
static const char *health_program(struct start *s)
{
	const struct msk_json *c = msk_json_get(s->config, "config");
	const struct msk_json *test = msk_json_get(msk_json_get(c, "Healthcheck"), "Test");
	const char *form = msk_json_string_value(msk_json_at(test, 0));
	const char *shell = msk_json_string_value(msk_json_at(msk_json_get(c, "Shell"), 0));

	if (form && strcmp(form, "CMD") == 0)
		return msk_json_string_value(msk_json_at(test, 1));
	if (form && strcmp(form, "CMD-SHELL") == 0)
		return shell ? shell : "/bin/sh";
	return NULL;                       /* other forms are told of with the documents */
}

/* An image starts without, and a volume may bring it; but it will never be called healthy. */
static void check_healthcheck(struct start *s)
{
	const char *program = health_program(s);
	MSK_AUTO_FREE char *path = program ? place_of(s, program) : NULL;
	MSK_AUTO_FREE char *refused = NULL;

	if (!program || is_damaged(s))
		return;
	if (path)
		refused = msk_starter_refused(&s->starter, s->files->tree, path, MSK_MAY_EXECUTE);
	if (!path || !is_program(s, path))
		msk_checks_note(s->checks, "healthcheck", "%.80s: no program of the image", program);
	else if (refused)
		msk_checks_note(s->checks, "healthcheck", "%.80s: user %s %s", program, s->starter.user, refused);
	else
		msk_checks_pass(s->checks, "healthcheck", "%s", path);
}

/* Numbers need nobody; a name needs its line. *what: "user" or "group". */
static void check_account(struct msk_checks *c, const char *what, const char *name, size_t n, const char *file,
			  const struct msk_contents_table *table, const struct msk_image_tree *t)
{
	MSK_AUTO_FREE struct msk_node *there = NULL;

	if (n && strspn(name, "0123456789") >= n && !msk_starter_id(name, n))
		msk_checks_fail(c, MSK_E_MISSING, what, "%.*s: beyond what runtimes take (2147483647)", (int)n, name);
	if (n == 0 || strspn(name, "0123456789") >= n)
		return;
	there = msk_image_tree_resolve(t, file);
	if (!there)
		msk_checks_fail(c, MSK_E_MISSING, what, "%.*s: a name, but the image has no %s", (int)n, name, file);
	else if (!table->layer)
		msk_checks_note(c, what, "%.*s: a name; %s was not read", (int)n, name, file);
	else if (!msk_contents_names(table, name, n))
		msk_checks_fail(c, MSK_E_MISSING, what, "%.*s: not in %s", (int)n, name, file);
}

static void check_user(struct msk_checks *c, const struct msk_image_tree *t, const struct msk_json *config,
		       const struct msk_contents *contents)
{
	const char *user = msk_json_get_string(msk_json_get(config, "config"), "User");
	size_t n = user ? strcspn(user, ":") : 0, before = c->n;

	if (!user || !*user) {
		msk_checks_pass(c, "user", "not set: root");
		return;
	}
	check_account(c, "user", user, n, "/etc/passwd", &contents->passwd, t);
	if (user[n])
		check_account(c, "group", user + n + 1, strlen(user + n + 1), "/etc/group", &contents->group, t);
	if (c->n == before)
		msk_checks_pass(c, "user", "%s", user);
}

/* What runtimes make a directory of, with all above it: nothing of that may be there as something else. */
static void check_directory(struct start *s, const char *what, const char *path)
{
	MSK_AUTO_FREE char *at = msk_path_normalise(path);
	MSK_AUTO_FREE struct msk_node *n = NULL;

	while (!(n = msk_image_tree_resolve(s->files->tree, at)) && strcmp(at, "/") != 0) {
		char *above = msk_path_dir(at);

		free(at);
		at = above;
	}
	if (n && n->type != MSK_TAR_DIR)
		msk_checks_fail(s->checks, MSK_E_MISSING, what, "%s%s%s: not a directory", path, strcmp(at, path) ? ", " : "",
				strcmp(at, path) ? at : "");
}

/* So many volumes: a config may have a million. */
#define MAX_VOLUMES 1000

struct volumes {
	struct start *s;
	size_t n;
};

static void check_volume(void *arg, const char *path, const struct msk_json *value)
{
	struct volumes *v = arg;

	(void)value;
	if (path[0] == '/' && v->n++ < MAX_VOLUMES)
		check_directory(v->s, "volume", path);
}

/* Docker enters it as root, others as the user alone. */
static void check_workdir(const struct start *s, const char *workdir)
{
	MSK_AUTO_FREE struct msk_node *n = msk_image_tree_resolve(s->files->tree, workdir);
	MSK_AUTO_FREE char *why = n ? msk_starter_refused(&s->starter, s->files->tree, workdir, MSK_MAY_EXECUTE) : NULL;

	if (why)
		msk_checks_note(s->checks, "workdir", "%s: user %s %s: not every runtime begins there", workdir,
				s->starter.user, why);
}

static void check_directories(struct start *s)
{
	const struct msk_json *c = msk_json_get(s->config, "config"), *list = msk_json_get(c, "Volumes");
	const char *workdir = msk_json_get_string(c, "WorkingDir");

	if (workdir && workdir[0] == '/') {
		check_directory(s, "workdir", workdir);
		check_workdir(s, workdir);
	}
	if (msk_json_is_object(list))
		msk_json_each(list, check_volume, &(struct volumes){ s, 0 });
}

/* Nothing of that is needed to start, but much that programs ask for; what keeps the user from several things is told once. */
static void check_needs(const struct start *s)
{
	static const struct {
		const char *path;
		unsigned right;
		const char *what, *why;
	} needs[] = {
		{ "/etc", MSK_MAY_EXECUTE, "", "accounts, certificates and settings there are not found" },
		{ "/etc/passwd", MSK_MAY_READ, "/etc/passwd: ", "accounts are not found" },
		{ "/etc/ssl/certs/ca-certificates.crt", MSK_MAY_READ, "/etc/ssl/certs/ca-certificates.crt: ",
		  "certificates are not found" },
		{ "/usr/share/zoneinfo", MSK_MAY_EXECUTE, "", "time zones are not found" },
	};
	MSK_AUTO_STRV told = MSK_STRV_INIT;

	for (size_t i = 0; i < sizeof needs / sizeof *needs; i++) {
		MSK_AUTO_FREE struct msk_node *n = msk_image_tree_resolve(s->files->tree, needs[i].path);
		MSK_AUTO_FREE char *why = n ? msk_starter_refused(&s->starter, s->files->tree, needs[i].path, needs[i].right) :
					      NULL;

		if (!why || msk_strv_has(&told, why))
			continue;
		msk_strv_push(&told, why);
		msk_checks_note(s->checks, "user", "%s%s: %s", msk_starts_with(why, "may not search") ? "" : needs[i].what, why,
				needs[i].why);
	}
}

int msk_check_start(struct msk_checks *c, struct msk_image_files *files, const struct msk_source_image *image,
		    const struct msk_contents *contents, struct msk_err *err)
{
	MSK_CLEANUP(start_release) struct start s = { .checks = c, .files = files, .config = image->config.json,
						      .file = MSK_ROFILE_INIT };

	if (strcmp(image->platform.os, "linux") != 0) {
		msk_checks_note(c, "entrypoint", "for %s: whether it would start is not looked at", image->platform.os);
		return 0;
	}
	check_user(c, files->tree, image->config.json, contents);
	msk_starter_init(&s.starter, s.config, contents, files->tree);
	check_needs(&s);
	check_directories(&s);
	check_healthcheck(&s);
	return check_entrypoint(&s, err);
}
