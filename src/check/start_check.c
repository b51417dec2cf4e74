/* Would a runtime get this image to run? */
#include <string.h>

#include "checks.h"
#include "image_files.h"
#include "mkscratch/closure.h"
#include "mkscratch/path.h"

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
	const char *path;              /* of the entrypoint, as the config has it */
	struct msk_rofile file;
	struct msk_elf elf;
};

static void start_release(struct start *s)
{
	msk_elf_release(&s->elf);
	msk_rofile_release(&s->file);
}

static void read_env(const struct msk_json *config, struct msk_strv *out)
{
	const struct msk_json *env = msk_json_get(msk_json_get(config, "config"), "Env");

	for (size_t i = 0; i < msk_json_count(env); i++)
		if (msk_json_string_value(msk_json_at(env, i)))
			msk_strv_push(out, msk_json_string_value(msk_json_at(env, i)));
}

/* The loader's own rules, over the files of the image, with its environment. */
static int resolve(struct start *s, struct msk_closure *out, struct msk_err *err)
{
	const char *cwd = msk_json_get_string(msk_json_get(s->config, "config"), "WorkingDir");
	const struct msk_node *n = msk_image_tree_resolve(s->files->tree, s->path);
	MSK_AUTO_FREE char *full = msk_xasprintf("/%s", n->path), *origin = msk_path_dir(full);
	MSK_AUTO_STRV env = MSK_STRV_INIT;
	MSK_AUTO_STRV library_path = MSK_STRV_INIT;
	struct msk_closure_args args = { .tree = &s->files->files, .library_path = &library_path, .origin = origin,
					 .cwd = cwd && cwd[0] == '/' ? cwd : NULL, .start_only = true };

	read_env(s->config, &env);
	msk_loader_env_path(&env, &library_path);
	return msk_closure_resolve(&args, &s->file, s->path, out, err);
}

/* A dynamic program: all it needs at its start is found inside. */
static int check_libraries(struct start *s, struct msk_err *err)
{
	MSK_CLEANUP(msk_closure_release) struct msk_closure c = { 0 };

	if (s->elf.linkage != MSK_ELF_DYNAMIC)
		return 0;
	if (resolve(s, &c, err) < 0 || msk_closure_check(&c, s->path, err) < 0) {
		if (err->code == MSK_E_INPUT)
			err->code = MSK_E_MISSING;
		return msk_checks_absorb(s->checks, "libraries", err);
	}
	msk_checks_pass(s->checks, "libraries", "%zu, found as the loader %s looks for them", c.n_objects - 1,
			s->elf.interp);
	return 0;
}

static int check_program(struct start *s, struct msk_err *err)
{
	struct msk_rotree *t = &s->files->files;
	const char *arch = msk_json_get_string(s->config, "architecture");
	enum msk_lookup how;

	if (t->open(t, s->path, &how, &s->file, NULL, err) < 0)
		return -1;
	if (msk_elf_read(&s->file, s->path, &s->elf, err) < 0) {
		if (err->code == MSK_E_INPUT)
			err->code = MSK_E_MISSING;
		return msk_checks_absorb(s->checks, "entrypoint", err);
	}
	if (!arch || strcmp(arch, s->elf.platform.arch) != 0) {
		msk_checks_fail(s->checks, MSK_E_MISSING, "entrypoint", "%s: built for %s, the image says %s", s->path,
				s->elf.platform.arch, arch ? arch : "nothing");
		return 0;
	}
	msk_checks_pass(s->checks, "entrypoint", "%s, %s, %s", s->path, msk_linkage_name(s->elf.linkage),
			msk_elf_machine_name(&s->elf));
	return check_libraries(s, err);
}

static int check_entrypoint(struct start *s, struct msk_err *err)
{
	struct msk_checks *c = s->checks;
	const struct msk_node *n;

	s->path = first_entrypoint(s->config);
	if (!s->path) {
		msk_checks_fail(c, MSK_E_MISSING, "entrypoint", "neither Entrypoint nor Cmd is set");
		return 0;
	}
	if (s->path[0] != '/') {
		msk_checks_pass(c, "entrypoint", "%s, looked up in PATH when it starts", s->path);
		return 0;
	}
	n = msk_image_tree_resolve(s->files->tree, s->path);
	if (!n)
		msk_checks_fail(c, MSK_E_MISSING, "entrypoint", "%s: not in the image", s->path);
	else if (n->type != MSK_TAR_FILE && n->type != MSK_TAR_HARDLINK)
		msk_checks_fail(c, MSK_E_MISSING, "entrypoint", "%s: not a regular file", s->path);
	else if (!(n->mode & 0111))
		msk_checks_fail(c, MSK_E_MISSING, "entrypoint", "%s: not executable (mode %04o)", s->path, n->mode);
	else if (msk_checks_verdict(c) == MSK_OK || msk_checks_verdict(c) == MSK_E_MISSING)
		return check_program(s, err);
	return 0;
}

static void check_user(struct msk_checks *c, const struct msk_image_tree *t, const struct msk_json *config)
{
	const char *user = msk_json_get_string(msk_json_get(config, "config"), "User");

	if (!user || !*user)
		msk_checks_pass(c, "user", "not set: root");
	else if (user[strspn(user, "0123456789:")] == '\0')
		msk_checks_pass(c, "user", "%s", user);
	else if (!msk_image_tree_resolve(t, "/etc/passwd"))
		msk_checks_fail(c, MSK_E_MISSING, "user", "%s: a name, but the image has no /etc/passwd", user);
	else
		msk_checks_pass(c, "user", "%s, by name", user);
}

/* Where the layers are damaged already, what is in them is not looked at: it would only be told twice. */
int msk_check_start(struct msk_checks *c, struct msk_image_files *files, const struct msk_json *config,
		    struct msk_err *err)
{
	MSK_CLEANUP(start_release) struct start s = { .checks = c, .files = files, .config = config,
						      .file = MSK_ROFILE_INIT };

	check_user(c, files->tree, config);
	return check_entrypoint(&s, err);
}
