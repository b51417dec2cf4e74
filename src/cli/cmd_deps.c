#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "opt.h"
#include "mkscratch/closure.h"
#include "mkscratch/fs.h"
#include "mkscratch/host.h"
#include "mkscratch/plan.h"

/* One program and what was found for it. */
struct deps {
	const char *file;
	struct msk_closure closure;
	bool *shown;                   /* of each object, in the tree */
};

static void deps_release(struct deps *d)
{
	msk_closure_release(&d->closure);
	free(d->shown);
}

static const struct msk_object *program(const struct deps *d)
{
	return &d->closure.objects[0];
}

/* $ORIGIN of the program is its directory in the root; one from elsewhere is seen as it would lie in an image. */
static char *origin_of(const struct msk_host *host, const char *file)
{
	MSK_AUTO_FREE char *within = msk_host_within(host, file);

	return within ? msk_path_dir(within) : msk_xstrdup("/");
}

/* What all files have in common. */
struct asked {
	const struct msk_options *o;
	struct msk_host *host;
	struct msk_memo *memo;
	struct msk_strv library_path, dlopen;
};

static void asked_release(struct asked *a)
{
	msk_memo_free(a->memo);
	msk_host_free(a->host);
	msk_strv_release(&a->library_path);
	msk_strv_release(&a->dlopen);
}

static int resolve(const struct asked *a, struct deps *d, struct msk_err *err)
{
	const struct msk_strv no_libs = MSK_STRV_INIT;
	MSK_AUTO_ROFILE f = MSK_ROFILE_INIT;
	MSK_AUTO_FREE char *origin = origin_of(a->host, d->file);
	struct msk_closure_args args = {
		.tree = msk_host_tree(a->host), .memo = a->memo, .library_path = &a->library_path, .libs = &no_libs,
		.origin = origin, .dlopen = &a->dlopen, .start_only = a->o->list, .hwcaps = a->o->hwcaps,
	};

	if (msk_host_open_input(d->file, &f, err) < 0)
		return -1;
	args.set_id = f.mode & (S_ISUID | S_ISGID);
	if (msk_closure_resolve(&args, &f, d->file, &d->closure, err) < 0)
		return -1;
	d->shown = msk_xcalloc(d->closure.n_objects, sizeof *d->shown);
	return 0;
}

/* --- for people --- */

static const struct msk_missing *find_missing(const struct deps *d, size_t needed_by, const char *name)
{
	for (size_t i = 0; i < d->closure.n_missing; i++) {
		const struct msk_missing *m = &d->closure.missing[i];

		if (strcmp(m->name, name) == 0 && (needed_by == SIZE_MAX || m->needed_by == needed_by))
			return m;
	}
	return needed_by == SIZE_MAX ? NULL : find_missing(d, SIZE_MAX, name);
}

static void add_names(struct msk_str *out, const struct msk_strv *names)
{
	for (size_t i = 0; i < names->n; i++) {
		msk_str_adds(out, i ? ", " : "");
		msk_str_add_escaped(out, names->v[i], strlen(names->v[i]));
	}
}

static void add_missing(struct msk_str *out, const struct deps *d, size_t needed_by, const char *name, int indent)
{
	const struct msk_missing *m = find_missing(d, needed_by, name);

	msk_str_addf(out, "%*s", indent, "");
	msk_str_add_escaped(out, name, strlen(name));
	msk_str_adds(out, " => not found (searched ");
	if (m && m->searched.n)
		add_names(out, &m->searched);
	else
		msk_str_adds(out, "nothing");
	if (m && m->skipped.n) {
		msk_str_adds(out, "; passed over ");
		add_names(out, &m->skipped);
	}
	msk_str_adds(out, ")\n");
}

static void add_found(struct msk_str *out, const struct msk_object *o, bool again)
{
	msk_str_add_escaped(out, o->name, strlen(o->name));
	if (again) {
		msk_str_adds(out, " (above)");
		return;
	}
	msk_str_adds(out, " => ");
	msk_str_add_escaped(out, o->path, strlen(o->path));
	msk_str_addf(out, " (%s", msk_found_by_name(o->found_by));
	if (o->rule_dir) {
		msk_str_addc(out, ' ');
		msk_str_add_escaped(out, o->rule_dir, strlen(o->rule_dir));
	}
	msk_str_addc(out, ')');
}

/* What object `at` needs. Each object's own needs stand below its first mention only, so the depth of the recursion
 * is bounded by MSK_CLOSURE_MAX_OBJECTS and the whole by the number of edges. */
static void add_needs(struct msk_str *out, struct deps *d, size_t at, int depth)
{
	const struct msk_object *o = &d->closure.objects[at];

	for (size_t i = 0; i < o->n_needed; i++) {
		size_t child = o->needed[i];

		if (child == SIZE_MAX) {
			add_missing(out, d, at, i < o->elf.needed.n ? o->elf.needed.v[i] : "?", 2 * depth);
			continue;
		}
		msk_str_addf(out, "%*s", 2 * depth, "");
		add_found(out, &d->closure.objects[child], d->shown[child]);
		msk_str_addc(out, '\n');
		if (!d->shown[child]) {
			d->shown[child] = true;
			add_needs(out, d, child, depth + 1);
		}
	}
}

static void add_interp(struct msk_str *out, struct deps *d)
{
	for (size_t i = 1; i < d->closure.n_objects; i++) {
		if (d->closure.objects[i].found_by != MSK_BY_INTERP)
			continue;
		msk_str_adds(out, "  ");
		add_found(out, &d->closure.objects[i], false);
		msk_str_addc(out, '\n');
		d->shown[i] = true;
		add_needs(out, d, i, 2);
	}
}

static void add_wish(struct msk_str *out, struct deps *d, const struct msk_wish *w)
{
	const struct msk_object *cause = &d->closure.objects[w->cause];
	MSK_AUTO_STR names = MSK_STR_INIT;
	MSK_AUTO_STR why = MSK_STR_INIT;

	msk_wish_add_names(w, &names);
	msk_wish_add_reason(w, cause->name, &why);
	msk_str_adds(out, "    ");
	if (w->object != SIZE_MAX) {
		add_found(out, &d->closure.objects[w->object], d->shown[w->object]);
	} else {
		msk_str_add_escaped(out, msk_str_c(&names), names.len);
		msk_str_adds(out, w->wanted ? " => not found" : " => left out");
	}
	msk_str_adds(out, "; ");
	msk_str_add_escaped(out, msk_str_c(&why), why.len);
	msk_str_addc(out, '\n');
}

/* Libraries that are not in the loader's list, as nothing names them before the program runs. */
static void add_runtime(struct msk_str *out, struct deps *d)
{
	if (d->closure.n_wishes)
		msk_str_adds(out, "  loaded while it runs:\n");
	for (size_t i = 0; i < d->closure.n_wishes; i++) {
		size_t at = d->closure.wishes[i].object;

		add_wish(out, d, &d->closure.wishes[i]);
		if (at == SIZE_MAX || d->shown[at])
			continue;
		d->shown[at] = true;
		add_needs(out, d, at, 3);
	}
}

static int print_tree(struct deps *d, struct msk_err *err)
{
	MSK_AUTO_STR out = MSK_STR_INIT;

	msk_str_add_escaped(&out, d->file, strlen(d->file));
	msk_str_adds(&out, ": ");
	msk_platform_add(&out, &program(d)->elf.platform);
	msk_str_addf(&out, " %s", msk_linkage_name(program(d)->elf.linkage));
	if (d->closure.libc != MSK_LIBC_NONE)
		msk_str_addf(&out, ", %s", msk_libc_name(d->closure.libc));
	msk_str_addc(&out, '\n');
	d->shown[0] = true;
	add_interp(&out, d);
	add_needs(&out, d, 0, 1);
	add_runtime(&out, d);
	return msk_print(&out, err);
}

/* --- for programs --- */

static int print_list(const struct deps *d, struct msk_err *err)
{
	MSK_AUTO_STR out = MSK_STR_INIT;

	for (size_t i = 1; i < d->closure.n_start; i++)
		msk_str_addf(&out, "%s\n", d->closure.objects[i].path);
	return msk_print(&out, err);
}

static bool needs(const struct msk_object *o, size_t what)
{
	for (size_t i = 0; i < o->n_needed; i++)
		if (o->needed[i] == what)
			return true;
	return false;
}

static bool wishes(const struct deps *d, size_t who, size_t what)
{
	size_t w = d->closure.objects[what].wish;

	return w != SIZE_MAX && d->closure.wishes[w].cause == who;
}

/* Who needs it when the program starts, or, for what comes later, at all; who loads it needs it too. */
static struct msk_json *needed_by_json(const struct deps *d, size_t what)
{
	struct msk_json *a = msk_json_array();
	size_t n = what < d->closure.n_start ? d->closure.n_start : d->closure.n_objects;

	for (size_t i = 0; i < n; i++) {
		const struct msk_object *o = &d->closure.objects[i];

		if (needs(o, what) || (d->closure.objects[what].found_by == MSK_BY_INTERP && i == 0) || wishes(d, i, what))
			msk_json_push(a, msk_json_text(i ? o->path : d->file));
	}
	return a;
}

static struct msk_json *object_json(const struct deps *d, size_t i)
{
	const struct msk_object *object = &d->closure.objects[i];
	struct msk_json *o = msk_json_object();

	msk_json_set(o, "name", msk_json_text(object->name));
	msk_json_set(o, "path", msk_json_text(object->path));
	msk_json_set_string(o, "found_by", msk_found_by_name(object->found_by));
	msk_json_set(o, "needed_by", needed_by_json(d, i));
	return o;
}

static struct msk_json *later_json(const struct deps *d, size_t i)
{
	const struct msk_object *object = &d->closure.objects[i];
	const struct msk_wish *w = object->wish == SIZE_MAX ? NULL : &d->closure.wishes[object->wish];
	struct msk_json *o = object_json(d, i);
	MSK_AUTO_STR why = MSK_STR_INIT;

	if (w)
		msk_wish_add_reason(w, d->closure.objects[w->cause].name, &why);
	else
		msk_str_addf(&why, "needed by %s", d->closure.objects[object->parent].name);
	msk_json_set(o, "why", msk_json_text(msk_str_c(&why)));
	return o;
}

static struct msk_json *text_or_null(const char *text)
{
	return text ? msk_json_text(text) : msk_json_null();
}

static struct msk_json *texts(const struct msk_strv *sv)
{
	struct msk_json *a = msk_json_array();

	for (size_t i = 0; i < sv->n; i++)
		msk_json_push(a, msk_json_text(sv->v[i]));
	return a;
}

static struct msk_json *missing_json(const struct deps *d, const struct msk_missing *m)
{
	struct msk_json *o = msk_json_object();

	msk_json_set(o, "name", msk_json_text(m->name));
	msk_json_set(o, "needed_by", msk_json_text(m->needed_by ? d->closure.objects[m->needed_by].path : d->file));
	msk_json_set(o, "searched", texts(&m->searched));
	return o;
}

static struct msk_json *wish_json(const struct deps *d, const struct msk_wish *w)
{
	struct msk_json *o = msk_json_object();

	msk_json_set(o, "names", texts(&w->names));
	msk_json_set(o, "by", msk_json_text(w->cause ? d->closure.objects[w->cause].path : d->file));
	msk_json_set(o, "import", text_or_null(w->import));
	msk_json_set(o, "feature", text_or_null(w->feature));
	msk_json_set(o, "description", text_or_null(w->description));
	msk_json_set_string(o, "priority", msk_priority_name(w->priority));
	msk_json_set(o, "wanted", msk_json_bool(w->wanted));
	msk_json_set(o, "path", text_or_null(w->object == SIZE_MAX ? NULL : d->closure.objects[w->object].path));
	return o;
}

static int print_json(const struct deps *d, struct msk_err *err)
{
	MSK_AUTO_JSON *o = msk_json_object();
	MSK_AUTO_STR platform = MSK_STR_INIT;
	struct msk_json *objects = msk_json_array(), *missing = msk_json_array();
	struct msk_json *runtime = msk_json_array(), *wishes = msk_json_array();

	for (size_t i = 1; i < d->closure.n_start; i++)
		msk_json_push(objects, object_json(d, i));
	for (size_t i = d->closure.n_start; i < d->closure.n_objects; i++)
		msk_json_push(runtime, later_json(d, i));
	for (size_t i = 0; i < d->closure.n_wishes; i++)
		msk_json_push(wishes, wish_json(d, &d->closure.wishes[i]));
	for (size_t i = 0; i < d->closure.n_missing; i++)
		msk_json_push(missing, missing_json(d, &d->closure.missing[i]));
	msk_platform_add(&platform, &program(d)->elf.platform);
	msk_json_set(o, "file", msk_json_text(d->file));
	msk_json_set(o, "interp", program(d)->elf.interp ? msk_json_text(program(d)->elf.interp) : msk_json_null());
	msk_json_set_string(o, "libc", msk_libc_name(d->closure.libc));
	msk_json_set_string(o, "platform", msk_str_c(&platform));
	msk_json_set(o, "objects", objects);
	msk_json_set(o, "missing", missing);
	msk_json_set(o, "runtime", runtime);
	msk_json_set(o, "dlopen", wishes);
	return msk_print_json(o, err);
}

static int show(const struct msk_options *o, struct deps *d, struct msk_err *err)
{
	if (o->json)
		return print_json(d, err);
	return o->list ? print_list(d, err) : print_tree(d, err);
}

/* What is missing is shown in its place; the error comes behind it, as `first` of all files. */
static int one_file(const struct asked *a, const char *file, struct msk_err *first, struct msk_err *err)
{
	MSK_CLEANUP(deps_release) struct deps d = { .file = file };

	if (resolve(a, &d, err) < 0 || show(a->o, &d, err) < 0)
		return -1;
	if (first->code == MSK_OK)
		msk_closure_check(&d.closure, file, first);
	return 0;
}

int msk_cmd_deps(const struct msk_options *o, struct msk_err *err)
{
	MSK_CLEANUP(asked_release) struct asked a = { .o = o };
	struct msk_err missing = MSK_ERR_INIT;

	if (o->args.n == 0) {
		msk_fail(err, MSK_E_USAGE, "deps: no FILE given");
		return msk_hint(err, "mkscratch deps ./app");
	}
	if (msk_library_path_parse(&o->library_path, &a.library_path, err) < 0 ||
	    msk_dlopen_parse(&o->dlopen, &a.dlopen, err) < 0 || msk_host_new(o->root ? o->root : "/", &a.host, err) < 0)
		return -1;
	a.memo = msk_memo_new(msk_host_tree(a.host));
	for (size_t i = 0; i < o->args.n; i++)
		if (one_file(&a, o->args.v[i], &missing, err) < 0)
			return -1;
	if (missing.code == MSK_OK)
		return 0;
	*err = missing;
	return -1;
}
