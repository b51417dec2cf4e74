#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "deps.h"
#include "mkscratch/fs.h"
#include "mkscratch/host.h"
#include "mkscratch/names.h"
#include "mkscratch/plan.h"

#define NOTES 1024              /* that are told once only */

static void deps_release(struct msk_deps *d)
{
	msk_remarks_release(&d->remarks);
	msk_closure_release(&d->closure);
}

struct place {
	struct msk_host *host;
	const char *file;
};

/* $ORIGIN of the program is its directory in the root; one from elsewhere is seen as it would lie in an image. */
static char *find_origin(void *ctx)
{
	const struct place *p = ctx;
	MSK_AUTO_FREE char *within = msk_host_within(p->host, p->file);

	return within ? msk_path_dir(within) : msk_xstrdup("/");
}

/* What all files have in common. */
struct asked {
	const struct msk_options *o;
	const struct msk_log *log;
	struct msk_host *host;
	struct msk_memo *memo;
	struct msk_symstore *symbols;
	struct msk_strv library_path, dlopen;
	struct msk_names listed;       /* paths that --list has printed */
	struct msk_strv noted;         /* notes that were told */
	struct msk_names told;         /* errors that were */
	struct msk_strv features;      /* what --dlopen may speak of */
};

static void asked_release(struct asked *a)
{
	msk_memo_free(a->memo);
	msk_host_free(a->host);
	msk_symstore_free(a->symbols);
	msk_strv_release(&a->library_path);
	msk_strv_release(&a->dlopen);
	msk_strv_release(&a->noted);
	msk_strv_release(&a->features);
	msk_names_release(&a->listed);
	msk_names_release(&a->told);
}

static int resolve(const struct asked *a, struct msk_deps *d, struct msk_err *err)
{
	const struct msk_strv no_libs = MSK_STRV_INIT;
	MSK_AUTO_ROFILE f = MSK_ROFILE_INIT;
	struct place place = { a->host, d->file };
	struct msk_closure_args args = {
		.tree = msk_host_tree(a->host), .memo = a->memo, .library_path = &a->library_path, .libs = &no_libs,
		.find_origin = find_origin, .find_ctx = &place, .dlopen = &a->dlopen, .start_only = a->o->list,
		.advise = a->o->json || a->o->level >= MSK_LOG_INFO, .hwcaps = a->o->hwcaps,
	};

	if (msk_host_open_input(d->file, &f, err) < 0)
		return -1;
	args.set_id = f.mode & (S_ISUID | S_ISGID);
	args.has_caps = msk_host_has_caps(&f);
	if (msk_closure_resolve(&args, &f, d->file, &d->closure, err) < 0)
		return -1;
	/* A table that is not sound is told behind what was found. */
	if (a->o->list || msk_closure_verify(&d->closure, args.tree, &f, a->symbols, &d->remarks, &d->fault) == 0 ||
	    d->fault.code == MSK_E_INPUT)
		return 0;
	*err = d->fault;
	return -1;
}

/* Of several files: what all of them need, each path once. */
static int print_list(struct asked *a, const struct msk_closure *c, struct msk_err *err)
{
	MSK_AUTO_STR out = MSK_STR_INIT;

	for (size_t i = 1; i < c->n_start; i++)
		if (msk_names_add(&a->listed, c->objects[i].path, 0))
			msk_str_addf(&out, "%s\n", c->objects[i].path);
	return msk_print(&out, err);
}

static int print_json(const struct msk_deps *d, struct msk_err *err)
{
	MSK_AUTO_JSON *o = msk_deps_json(d);

	return msk_print_json(o, err);
}

static int show(struct asked *a, const struct msk_deps *d, struct msk_err *err)
{
	if (a->o->json)
		return print_json(d, err);
	if (a->o->list)
		return print_list(a, &d->closure, err);
	if (!msk_result_wanted(a->o))
		return 0;
	return msk_deps_print_tree(d, a->o->level >= MSK_LOG_INFO, msk_colour_wanted(a->o), err);
}

/* What is worth a warning, once for all files. */
static void warn(struct asked *a, const struct msk_closure *c)
{
	for (size_t i = 0; i < c->notes.n; i++) {
		if (msk_strv_has(&a->noted, c->notes.v[i]))
			continue;
		if (a->noted.n < NOTES)
			msk_strv_push(&a->noted, c->notes.v[i]);
		msk_warn(a->log, "%s", c->notes.v[i]);
	}
}

/* Of several files each has its line. */
static int print_failure(const struct asked *a, const char *file, struct msk_err *err)
{
	struct msk_err unprinted = MSK_ERR_INIT;
	MSK_AUTO_STR line = MSK_STR_INIT;

	if (!a->o->json || a->o->args.n == 1)
		return 0;
	msk_add_failure("file", file, err, &line);
	if (msk_print(&line, &unprinted) == 0)
		return 0;
	*err = unprinted;
	return -1;
}

/* What is missing is shown in its place, and is the file's error behind it. *stop when nothing can be shown at all. */
static int one_file(struct asked *a, const char *file, bool *stop, struct msk_err *err)
{
	MSK_CLEANUP(deps_release) struct msk_deps d = { .file = file };

	if (resolve(a, &d, err) < 0) {
		*stop = print_failure(a, file, err) < 0;
		return -1;
	}
	*stop = show(a, &d, err) < 0;
	if (*stop)
		return -1;
	warn(a, &d.closure);
	msk_features_add(&d.closure, &a->features);
	if (msk_closure_check(&d.closure, file, err) < 0)
		return -1;
	*err = d.fault;
	return err->code ? -1 : msk_remarks_check(&d.remarks, err);
}

/* --list leaves alone what files open while they run; where none says so, a word that fits many systems is no mistake. */
static int check_words(const struct asked *a, struct msk_err *err)
{
	const char *who = a->o->args.n > 1 ? "of these" : "here";

	if (a->o->list || a->features.n)
		return a->o->list ? 0 : msk_features_check(&a->dlopen, &a->features, who, a->log, err);
	for (size_t i = 0; i < a->dlopen.n; i++)
		if (strcmp(a->dlopen.v[i], "all") != 0 && strcmp(a->dlopen.v[i], "none") != 0)
			msk_warn(a->log, "--dlopen %s: no file %s has any feature", a->dlopen.v[i], who);
	return 0;
}

/* A file that is wrong is told of as it comes, and the others are shown all the same; the first gives the exit status. What is
 * wrong with a library that several have is told once. */
static int all_files(struct asked *a, struct msk_err *err)
{
	enum msk_code first = MSK_OK;
	bool stop = false;

	for (size_t i = 0; i < a->o->args.n; i++) {
		if (one_file(a, a->o->args.v[i], &stop, err) == 0)
			continue;
		if (stop)
			return -1;
		first = first ? first : err->code;
		if (msk_names_add(&a->told, err->msg, 0))
			msk_log_error(a->log, err);
		*err = (struct msk_err)MSK_ERR_INIT;
	}
	err->code = first;
	return first || check_words(a, err) < 0 ? -1 : msk_warned_check(a->log, err);
}

int msk_cmd_deps(const struct msk_options *o, struct msk_err *err)
{
	atomic_uint warned = 0;
	const struct msk_log log = { .level = o->level, .fd = STDERR_FILENO, .warned = o->strict ? &warned : NULL };
	MSK_CLEANUP(asked_release) struct asked a = { .o = o, .log = &log };
	const char *root;

	if (o->args.n == 0) {
		msk_fail(err, MSK_E_USAGE, "deps: no FILE given");
		return msk_hint(err, "mkscratch deps ./app");
	}
	if (o->list && o->json)
		return msk_fail(err, MSK_E_USAGE, "deps: --list and --json are two forms of one result (2 vs 1)");
	if (msk_library_path_parse(&o->library_path, &a.library_path, err) < 0 ||
	    msk_dlopen_parse(&o->dlopen, &a.dlopen, err) < 0 || msk_root_parse(&o->root, &root, err) < 0 ||
	    msk_host_new(root, &a.host, err) < 0)
		return -1;
	a.memo = msk_memo_new(msk_host_tree(a.host));
	a.symbols = msk_symstore_new();
	return all_files(&a, err);
}
