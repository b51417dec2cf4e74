#include <unistd.h>

#include "doctor.h"
#include "mkscratch/fs.h"
#include "mkscratch/host.h"
#include "mkscratch/log.h"
#include "mkscratch/plan.h"
#include "opt.h"

struct doctor_files {
	struct doctor_file *v;
	size_t n;
	struct msk_str json;           /* with --json: a line for each of several, also for one that is not among `v` */
};

static void file_release(struct doctor_file *f)
{
	msk_diagnosis_release(&f->d);
	msk_closure_release(&f->closure);
}

static void doctor_files_release(struct doctor_files *fs)
{
	for (size_t i = 0; i < fs->n; i++)
		file_release(&fs->v[i]);
	free(fs->v);
	msk_str_release(&fs->json);
}

/* The libraries are worth a look where they are to be found; a program can be judged without them. */
static bool resolve(struct msk_host *host, const struct msk_strv *library_path, const struct msk_rofile *f,
		    const char *file, struct msk_closure *out, struct msk_err *why_not)
{
	const struct msk_strv no_libs = MSK_STRV_INIT;
	MSK_AUTO_FREE char *within = msk_host_within(host, file);
	MSK_AUTO_FREE char *origin = within ? msk_path_dir(within) : msk_xstrdup("/");
	struct msk_closure_args args = {
		.tree = msk_host_tree(host), .library_path = library_path, .libs = &no_libs, .origin = origin,
	};

	return msk_closure_resolve(&args, f, file, out, why_not) == 0;
}

static int examine(struct msk_host *host, const struct msk_strv *library_path, struct doctor_file *out, struct msk_err *err)
{
	MSK_AUTO_ROFILE f = MSK_ROFILE_INIT;
	struct msk_doctor_args args = { .file = &f, .name = out->file, .tree = msk_host_tree(host) };

	if (msk_host_open_input(out->file, &f, err) < 0)
		return -1;
	out->size = f.size;
	if (resolve(host, library_path, &f, out->file, &out->closure, &out->unresolved))
		args.closure = &out->closure;
	else if (out->unresolved.code == MSK_E_IO) {
		*err = out->unresolved;
		return -1;
	}
	return msk_doctor_examine(&args, &out->d, err);
}

static int show(const struct msk_options *o, const struct doctor_files *fs, struct msk_err *err)
{
	MSK_AUTO_STR text = MSK_STR_INIT;

	if (o->sarif) {
		MSK_AUTO_JSON *v = msk_doctor_sarif(fs->v, fs->n);

		return msk_print_json(v, err);
	}
	if (o->json)
		return msk_print_result(o, &fs->json, err);
	for (size_t i = 0; i < fs->n; i++) {
		msk_str_adds(&text, i ? "\n" : "");
		msk_doctor_text(&fs->v[i], &text);
	}
	return msk_print_result(o, &text, err);
}

static void add_line(struct doctor_files *fs, const struct doctor_file *f)
{
	MSK_AUTO_JSON *v = msk_doctor_json(f);

	msk_json_dump_safe(v, &fs->json);
	msk_str_addc(&fs->json, '\n');
}

/* A file that is wrong is told of, and the others are shown all the same. Returns the exit status of the first, or 0. */
static enum msk_code examine_all(const struct msk_options *o, struct msk_host *host, const struct msk_strv *library_path,
				 struct doctor_files *fs, struct msk_err *err)
{
	const struct msk_log log = { .level = o->level, .fd = STDERR_FILENO };
	enum msk_code first = MSK_OK;

	fs->v = msk_xcalloc(o->args.n, sizeof *fs->v);
	for (size_t i = 0; i < o->args.n; i++) {
		struct doctor_file *f = &fs->v[fs->n];

		f->file = o->args.v[i];
		f->roots = &o->root;
		f->library_paths = &o->library_path;
		if (examine(host, library_path, f, err) == 0) {
			if (o->json)
				add_line(fs, f);
			fs->n++;
			continue;
		}
		if (o->json && o->args.n > 1)
			msk_add_failure("file", f->file, err, &fs->json);
		first = first ? first : err->code;
		msk_log_error(&log, err);
		*err = (struct msk_err)MSK_ERR_INIT;
		file_release(f);
		*f = (struct doctor_file){ 0 };
	}
	return first;
}

int msk_cmd_doctor(const struct msk_options *o, struct msk_err *err)
{
	MSK_CLEANUP(msk_host_cleanup) struct msk_host *host = NULL;
	MSK_CLEANUP(doctor_files_release) struct doctor_files fs = { NULL, 0, MSK_STR_INIT };
	MSK_AUTO_STRV library_path = MSK_STRV_INIT;
	enum msk_code first;
	const char *root;

	if (o->args.n == 0) {
		msk_fail(err, MSK_E_USAGE, "doctor: no FILE given");
		return msk_hint(err, "mkscratch doctor ./app");
	}
	if (o->json && o->sarif)
		return msk_fail(err, MSK_E_USAGE, "doctor: --json and --sarif are two forms of one result (2 vs 1)");
	if (msk_library_path_parse(&o->library_path, &library_path, err) < 0 ||
	    msk_root_parse(&o->root, &root, err) < 0 || msk_host_new(root, &host, err) < 0)
		return -1;
	first = examine_all(o, host, &library_path, &fs, err);
	if ((fs.n || fs.json.len) && show(o, &fs, err) < 0)
		return -1;
	err->code = first;
	return first ? -1 : 0;
}
