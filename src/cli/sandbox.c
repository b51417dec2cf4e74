/* What a run has to do with, as its command line says it: all else is out of its reach from then on (confine.h). */
#include <dirent.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "opt.h"
#include "sandbox.h"
#include "mkscratch/confine.h"
#include "mkscratch/device.h"
#include "mkscratch/fs.h"
#include "mkscratch/path.h"
#include "mkscratch/staging.h"

/* Layouts may share their blobs: then the directory of these is a link. */
static void allow_input(struct msk_confine *c, const char *path)
{
	MSK_AUTO_FREE char *blobs = msk_xasprintf("%s/blobs/sha256", path);

	msk_confine_allow(c, path, MSK_CONFINE_READ);
	msk_confine_allow(c, blobs, MSK_CONFINE_READ);
}

/* An operand as typed: SRC, SRC:DEST, SRC:DEST:MODE..., IMAGE:TAG, IMAGE@DIGEST. Either sign may be part of a name, so each
 * is tried. */
static void allow_typed(void *c, const char *typed)
{
	MSK_AUTO_FREE char *part = msk_xstrdup(typed);

	allow_input(c, part);
	for (char *sign = part + strlen(part); sign > part; sign--) {
		if (*sign != ':' && *sign != '@')
			continue;
		*sign = '\0';
		allow_input(c, part);
	}
}

/* A directory of certificates is full of links to where they are. */
static void allow_links(struct msk_confine *c, const char *dir)
{
	DIR *d = opendir(dir);

	for (struct dirent *e; d && (e = readdir(d));) {
		MSK_AUTO_FREE char *path = msk_xasprintf("%s/%s", dir, e->d_name);

		/* Some file systems do not tell; a rule more than is needed does no harm, unless it is for what is above. */
		if (e->d_type == DT_LNK || (e->d_type == DT_UNKNOWN && strcmp(e->d_name, "..") != 0))
			msk_confine_allow(c, path, MSK_CONFINE_READ);
	}
	if (d)
		closedir(d);
}

/* Each DIR; and / unless one of them is for whatever has none of its own. True when that lets all be read. */
static bool allow_roots(struct msk_confine *c, const struct msk_strv *typed)
{
	struct msk_platform of;
	bool general = false;

	for (size_t i = 0; i < typed->n; i++) {
		const char *dir = msk_root_platform(typed->v[i], &of);

		msk_confine_allow(c, dir ? dir : typed->v[i], MSK_CONFINE_READ);
		general = general || !dir;
	}
	if (!general)
		msk_confine_allow(c, "/", MSK_CONFINE_READ);
	return !general;
}

static void allow_inputs(struct msk_confine *c, const struct msk_options *o, bool has_root)
{
	if (has_root && allow_roots(c, &o->root))
		return;
	msk_opt_each_path(o, allow_typed, c);
	for (size_t i = 0; i < o->args.n; i++)
		allow_typed(c, o->args.v[i]);
	if (o->certs_file)
		allow_links(c, o->certs_file);
	for (size_t i = 0; i < o->cert.n; i++)
		allow_links(c, o->cert.v[i]);
}

/* Files are made beside their destination, directories in theirs; what is neither is written as it is. */
static void allow_output(struct msk_confine *c, const char *path)
{
	MSK_AUTO_FREE char *at = msk_written_at(path), *dir = msk_path_dir(at);
	struct stat st;

	if (stat(path, &st) == 0 && !S_ISREG(st.st_mode))
		msk_confine_allow(c, path, MSK_CONFINE_WRITE);
	else if (msk_device_descriptor(path) < 0)
		msk_confine_allow(c, dir, MSK_CONFINE_WRITE);
}

/* An image that comes by a pipe is put into a file. */
static size_t comes_by_pipe(const char *image)
{
	struct stat st;

	if (!image)
		return 0;
	return strcmp(image, "-") == 0 || (stat(image, &st) == 0 && S_ISFIFO(st.st_mode));
}

/* Unnamed files, which cannot be made in the sandbox: one for the layers that an output is made of; for very many entries one
 * that all shares that memory should not hold; for images that, and those in which programs lie while they are looked at, a
 * few at a time. */
#define FILES_OF_BUILD 1
#define FILES_OF_MANY  1
#define FILES_OF_IMAGE 5
#define MANY_INPUTS    10000

void msk_sandbox_reserve(const struct msk_options *o)
{
	size_t n = FILES_OF_IMAGE + comes_by_pipe(o->base) + comes_by_pipe(o->baseline);

	for (size_t i = 0; i < o->args.n; i++)
		n += comes_by_pipe(o->args.v[i]);
	msk_staging_reserve(o->tmpdir, n);
}

int msk_sandbox_enter(struct msk_confine *c, const struct msk_options *o, struct msk_err *err)
{
	if (msk_confine_enter(c) || !o->require_sandbox)
		return 0;
	msk_fail(err, MSK_E_IO, "--require-sandbox: this kernel has none, or refuses it (Landlock)");
	return msk_hint(err, "it takes Linux 5.13 with landlock among its security modules; without the option it runs anyway");
}

void msk_sandbox_add_build(struct msk_confine *c, const struct msk_options *o, const struct msk_plan *plan,
			   const char *cache_dir)
{
	allow_inputs(c, o, true);
	for (size_t i = 0; !o->dry_run && !o->print && i < plan->n_targets; i++)
		if (plan->targets[i].kind != MSK_TARGET_STDOUT)
			allow_output(c, plan->targets[i].path);
	if (cache_dir)
		msk_confine_allow(c, cache_dir, MSK_CONFINE_WRITE);
}

/* May there be more entries than memory should hold? */
static bool has_many(const struct msk_plan *plan)
{
	for (size_t i = 0; i < plan->n_inputs; i++)
		if (plan->inputs[i].kind == MSK_INPUT_TREE)
			return true;
	return plan->n_inputs > MANY_INPUTS;
}

int msk_sandbox_build(const struct msk_options *o, const struct msk_plan *plan, const char *cache_dir, struct msk_err *err)
{
	MSK_AUTO_CONFINE c = MSK_CONFINE_INIT;

	if (o->several)
		return 0;
	if (o->base || o->baseline)
		msk_sandbox_reserve(o);
	else if (has_many(plan))
		msk_staging_reserve(o->tmpdir, FILES_OF_MANY);
	msk_staging_reserve(o->tmpdir, FILES_OF_BUILD);
	msk_confine_init(&c);
	msk_sandbox_add_build(&c, o, plan, cache_dir);
	return msk_sandbox_enter(&c, o, err);
}

static void allow_outputs(struct msk_confine *c, const struct msk_options *o)
{
	for (size_t i = 0; i < o->output.n; i++)
		if (strcmp(o->output.v[i], "-") != 0)
			allow_output(c, o->output.v[i]);
	for (size_t i = 0; i < o->html.n; i++)
		if (strcmp(o->html.v[i], "-") != 0)
			allow_output(c, o->html.v[i]);
}

void msk_sandbox_add_look(struct msk_confine *c, const struct msk_options *o, bool has_root)
{
	allow_inputs(c, o, has_root);
	allow_outputs(c, o);
}

int msk_sandbox_look(const struct msk_options *o, bool has_root, struct msk_err *err)
{
	MSK_AUTO_CONFINE c = MSK_CONFINE_INIT;

	if (!has_root)
		msk_sandbox_reserve(o);
	msk_confine_init(&c);
	msk_sandbox_add_look(&c, o, has_root);
	return msk_sandbox_enter(&c, o, err);
}
