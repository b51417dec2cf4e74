#include "mkscratch/closure.h"

#include <string.h>
#include <sys/stat.h>

#include "loader.h"
#include "mkscratch/fs.h"

#define MAX_LOADER (16u << 20)
#define MAX_CACHE  (16u << 20)

void msk_object_release(struct msk_object *o)
{
	free(o->name);
	free(o->path);
	free(o->rule_dir);
	free(o->needed);
	msk_elf_release(&o->elf);
	msk_walk_release(&o->walk);
}

static void missing_release(struct msk_missing *m)
{
	free(m->name);
	msk_strv_release(&m->searched);
	msk_strv_release(&m->skipped);
}

void msk_closure_release(struct msk_closure *c)
{
	for (size_t i = 0; i < c->n_objects; i++)
		msk_object_release(&c->objects[i]);
	for (size_t i = 0; i < c->n_missing; i++)
		missing_release(&c->missing[i]);
	free(c->objects);
	free(c->missing);
	*c = (struct msk_closure){ 0 };
}

static void resolver_release(struct msk_resolver *r)
{
	msk_names_free(r->names);
	msk_object_release(&r->interp);
	msk_strv_release(&r->system_dirs);
	msk_strv_release(&r->conf_dirs);
	msk_ldcache_release(&r->cache);
	free(r->lib);
}

static void request_release(struct msk_request *rq)
{
	msk_object_release(&rq->hit);
	missing_release(&rq->tried);
}

/* The loader's own name tells whose rules hold. */
static enum msk_libc libc_of(const char *interp)
{
	const char *base = strrchr(interp, '/') + 1;

	if (msk_starts_with(base, "ld-musl-"))
		return MSK_LIBC_MUSL;
	if (msk_starts_with(base, "ld-linux") || msk_starts_with(base, "ld64.so.") || msk_starts_with(base, "ld.so."))
		return MSK_LIBC_GLIBC;
	return MSK_LIBC_OTHER;
}

static size_t append_object(struct msk_closure *c, struct msk_object *own_o)
{
	MSK_GROW(c->objects, c->n_objects, c->cap_objects);
	c->objects[c->n_objects] = *own_o;
	*own_o = (struct msk_object){ 0 };
	return c->n_objects++;
}

/* ---- the loader ---- */

static int no_loader(const struct msk_resolver *r, const char *interp, struct msk_err *err)
{
	msk_fail(err, MSK_E_MISSING, "%s: its loader %s does not exist in the root", r->name, interp);
	return msk_hint(err, "look into the system it was built for (--root DIR), or link it statically "
			"(CGO_ENABLED=0, -static)");
}

static int check_loader(const struct msk_resolver *r, const struct msk_elf *e, const char *interp, struct msk_err *err)
{
	const struct msk_elf *p = &r->c->objects[0].elf;

	if (e->machine == p->machine && e->elf_class == p->elf_class && e->big_endian == p->big_endian)
		return 0;
	msk_fail(err, MSK_E_MISSING, "%s: built for %s, the program is %s", interp, msk_elf_machine_name(e),
		 msk_elf_machine_name(p));
	return msk_hint(err, "look into a system of the program's machine: --root DIR");
}

/* Read the loader whole: its strings name the directories it searches. */
static int read_loader_dirs(struct msk_resolver *r, const struct msk_rofile *f, const char *interp, struct msk_err *err)
{
	MSK_AUTO_STR bytes = MSK_STR_INIT;

	if (msk_read_all(f->fd, MAX_LOADER, &bytes, interp, err) < 0)
		return -1;
	msk_loader_dirs(msk_str_c(&bytes), bytes.len, &r->system_dirs);
	return 0;
}

static int open_loader(struct msk_resolver *r, struct msk_err *err)
{
	struct msk_rotree *tree = r->args->tree;
	const char *interp = r->c->objects[0].elf.interp;
	MSK_AUTO_ROFILE f = MSK_ROFILE_INIT;
	enum msk_lookup how;

	if (tree->open(tree, interp, &how, &f, &r->interp.walk, err) < 0)
		return -1;
	if (how == MSK_LOOP)
		return msk_fail(err, MSK_E_INPUT, "%s: too many symbolic links (%d)", interp, MSK_MAX_LINKS);
	if (how != MSK_FOUND)
		return no_loader(r, interp, err);
	if (!S_ISREG(f.mode))
		return msk_fail(err, MSK_E_INPUT, "%s: not a regular file, expected a loader", interp);
	if (msk_elf_read(&f, interp, &r->interp.elf, err) < 0)
		return msk_ctx(err, "%s", r->name);
	if (check_loader(r, &r->interp.elf, interp, err) < 0)
		return -1;
	r->interp.name = msk_xstrdup(interp);
	r->interp.path = msk_xstrdup(interp);
	r->interp.found_by = MSK_BY_INTERP;
	r->interp.dev = f.dev;
	r->interp.ino = f.ino;
	return r->c->libc == MSK_LIBC_MUSL ? 0 : read_loader_dirs(r, &f, interp, err);
}

/* ---- where it looks ---- */

/* Read a file of the tree; *found false when there is none. */
static int read_file(struct msk_resolver *r, const char *path, size_t limit, bool *found, struct msk_str *out,
		     struct msk_err *err)
{
	struct msk_rotree *tree = r->args->tree;
	MSK_AUTO_ROFILE f = MSK_ROFILE_INIT;
	enum msk_lookup how;

	*found = false;
	if (tree->open(tree, path, &how, &f, NULL, err) < 0)
		return -1;
	if (how != MSK_FOUND || f.fd < 0)
		return 0;
	*found = true;
	return msk_read_all(f.fd, limit, out, path, err);
}

static void default_dirs(struct msk_strv *dirs)
{
	static const char *const table[] = { "/lib64", "/usr/lib64", "/lib", "/usr/lib" };

	for (size_t i = 0; i < sizeof table / sizeof *table; i++)
		msk_strv_push(dirs, table[i]);
}

/* $LIB: "lib/<triplet>" where the distribution has such directories, else the last part of the first. */
static char *lib_token(const struct msk_strv *dirs)
{
	const char *first = dirs->n ? dirs->v[0] : "/lib";
	const char *at = strstr(first, "/lib");

	return msk_xstrdup(at ? at + 1 : "lib");
}

static int prepare_glibc(struct msk_resolver *r, struct msk_err *err)
{
	MSK_AUTO_STR bytes = MSK_STR_INIT;
	bool found, sound = false;
	size_t n;

	if (r->system_dirs.n == 0)
		default_dirs(&r->system_dirs);
	r->lib = lib_token(&r->system_dirs);
	if (read_file(r, "/etc/ld.so.cache", MAX_CACHE, &found, &bytes, err) < 0)
		return -1;
	n = bytes.len;
	if (found)
		sound = msk_ldcache_parse(&r->cache, msk_str_take(&bytes), n, r->c->objects[0].elf.big_endian);
	return sound ? 0 : msk_ldconf_dirs(r->args->tree, &r->conf_dirs, err);
}

/* <prefix>/etc/ld-musl-ARCH.path, prefix being the loader's path without its last two parts. */
static char *musl_path_file(const char *interp)
{
	MSK_AUTO_FREE char *lib = msk_path_dir(interp);
	MSK_AUTO_FREE char *prefix = msk_path_dir(lib);
	MSK_AUTO_FREE char *base = msk_path_base(interp);
	char *dot = strstr(base, ".so");

	if (dot)
		*dot = '\0';
	return msk_xasprintf("%s/etc/%s.path", strcmp(prefix, "/") == 0 ? "" : prefix, base);
}

static int prepare_musl(struct msk_resolver *r, struct msk_err *err)
{
	MSK_AUTO_FREE char *path = musl_path_file(r->interp.path);
	MSK_AUTO_STRV parts = MSK_STRV_INIT;
	MSK_AUTO_STR text = MSK_STR_INIT;
	bool found;

	if (read_file(r, path, MAX_CACHE, &found, &text, err) < 0)
		return -1;
	msk_strv_split(&parts, found ? msk_str_c(&text) : "/lib:/usr/local/lib:/usr/lib", ":\n");
	for (size_t i = 0; i < parts.n; i++)
		if (parts.v[i][0] == '/')
			msk_strv_push(&r->system_dirs, parts.v[i]);
	return 0;
}

/* ---- breadth first ---- */

/* musl is its own libc: these never touch the disk. */
static bool is_musl_alias(const char *name)
{
	static const char *const own[] = { "libc.", "libpthread.", "librt.", "libm.", "libdl.", "libutil.", "libxnet." };

	for (size_t i = 0; i < sizeof own / sizeof *own; i++)
		if (msk_starts_with(name, own[i]))
			return true;
	return false;
}

static bool names_interp(const struct msk_resolver *r, const char *name)
{
	if (strcmp(name, r->interp.path ? r->interp.path : r->c->objects[r->interp_at].path) == 0)
		return true;
	if (r->c->libc == MSK_LIBC_MUSL)
		return is_musl_alias(name);
	return r->interp.elf.soname && strcmp(name, r->interp.elf.soname) == 0;
}

/* The loader takes its place in the list when something needs it for the first time. */
static size_t place_interp(struct msk_resolver *r, size_t by)
{
	MSK_AUTO_FREE char *soname = r->interp.elf.soname ? msk_xstrdup(r->interp.elf.soname) : NULL;
	MSK_AUTO_FREE char *path = msk_xstrdup(r->interp.path);

	r->interp.parent = by;
	r->interp_at = append_object(r->c, &r->interp);
	msk_names_add(r->names, path, r->interp_at);
	if (soname)
		msk_names_add(r->names, soname, r->interp_at);
	return r->interp_at;
}

/* The same file under another name is the same object. */
static bool find_file(const struct msk_resolver *r, const struct msk_object *o, size_t *at)
{
	MSK_AUTO_FREE char *key = msk_xasprintf("\001%llx:%llx", (unsigned long long)o->dev, (unsigned long long)o->ino);

	return msk_names_find(r->names, key, at);
}

static void learn_names(struct msk_resolver *r, size_t at, const char *asked)
{
	const struct msk_object *o = &r->c->objects[at];
	MSK_AUTO_FREE char *key = msk_xasprintf("\001%llx:%llx", (unsigned long long)o->dev, (unsigned long long)o->ino);

	msk_names_add(r->names, key, at);
	if (asked)
		msk_names_add(r->names, asked, at);
	msk_names_add(r->names, o->path, at);
	/* musl never looks at a soname. */
	if (o->elf.soname && r->c->libc != MSK_LIBC_MUSL)
		msk_names_add(r->names, o->elf.soname, at);
}

static void report_missing(struct msk_resolver *r, struct msk_request *rq)
{
	struct msk_closure *c = r->c;

	MSK_GROW(c->missing, c->n_missing, c->cap_missing);
	rq->tried.name = msk_xstrdup(rq->name);
	rq->tried.needed_by = rq->by;
	c->missing[c->n_missing++] = rq->tried;
	rq->tried = (struct msk_missing){ 0 };
}

static int take_object(struct msk_resolver *r, struct msk_request *rq, size_t *at, struct msk_err *err)
{
	bool is_interp = r->interp_at == SIZE_MAX && rq->hit.dev == r->interp.dev && rq->hit.ino == r->interp.ino;

	if (is_interp) {
		*at = place_interp(r, rq->by);
		msk_names_add(r->names, rq->name, *at);
		return 0;
	}
	if (find_file(r, &rq->hit, at)) {
		msk_names_add(r->names, rq->name, *at);
		return 0;
	}
	if (r->c->n_objects == MSK_CLOSURE_MAX_OBJECTS)
		return msk_fail(err, MSK_E_INPUT, "%s: needs more than %d objects", r->name, MSK_CLOSURE_MAX_OBJECTS);
	*at = append_object(r->c, &rq->hit);
	learn_names(r, *at, rq->name);
	return 0;
}

/* Find what object `by` calls `name`; *at is its index, SIZE_MAX when it is missing. */
static int resolve_name(struct msk_resolver *r, size_t by, const char *name, size_t *at, struct msk_err *err)
{
	MSK_CLEANUP(request_release) struct msk_request rq = { .name = name, .by = by };
	int rc;

	if (msk_names_find(r->names, name, at))
		return 0;
	if (r->interp_at == SIZE_MAX && names_interp(r, name)) {
		*at = place_interp(r, by);
		msk_names_add(r->names, name, *at);
		return 0;
	}
	if (r->interp_at != SIZE_MAX && r->c->libc == MSK_LIBC_MUSL && is_musl_alias(name)) {
		*at = r->interp_at;
		return 0;
	}
	rc = r->c->libc == MSK_LIBC_MUSL ? msk_musl_search(r, &rq, err) : msk_glibc_search(r, &rq, err);
	if (rc < 0)
		return -1;
	if (rq.found)
		return take_object(r, &rq, at, err);
	*at = SIZE_MAX;
	report_missing(r, &rq);
	msk_names_add(r->names, name, SIZE_MAX);
	return 0;
}

/* The program may also be given libraries by --lib: the last of what it needs. */
static size_t count_needs(const struct msk_resolver *r, size_t i)
{
	size_t extra = i == 0 && r->args->libs ? r->args->libs->n : 0;

	return r->c->objects[i].elf.needed.n + extra;
}

static const char *need_at(const struct msk_resolver *r, size_t i, size_t k)
{
	const struct msk_strv *own = &r->c->objects[i].elf.needed;

	return k < own->n ? own->v[k] : r->args->libs->v[k - own->n];
}

static int resolve_needs_of(struct msk_resolver *r, size_t i, struct msk_err *err)
{
	size_t n = count_needs(r, i);
	MSK_AUTO_FREE size_t *needed = msk_xcalloc(n, sizeof *needed);

	for (size_t k = 0; k < n; k++) {
		size_t before = r->c->n_objects, own = r->c->objects[i].elf.needed.n;

		if (resolve_name(r, i, need_at(r, i, k), &needed[k], err) < 0)
			return -1;
		if (k >= own && needed[k] == before && before < r->c->n_objects)
			r->c->objects[before].found_by = MSK_BY_OPTION;
	}
	r->c->objects[i].needed = msk_take(&needed);
	r->c->objects[i].n_needed = n;
	return 0;
}

static int resolve_dynamic(struct msk_resolver *r, struct msk_err *err)
{
	r->c->libc = libc_of(r->c->objects[0].elf.interp);
	if (open_loader(r, err) < 0)
		return -1;
	if ((r->c->libc == MSK_LIBC_MUSL ? prepare_musl(r, err) : prepare_glibc(r, err)) < 0)
		return -1;
	learn_names(r, 0, NULL);
	for (size_t i = 0; i < r->c->n_objects; i++)
		if (resolve_needs_of(r, i, err) < 0)
			return -1;
	if (r->interp_at == SIZE_MAX)
		place_interp(r, 0);
	return 0;
}

int msk_closure_resolve(const struct msk_closure_args *args, const struct msk_rofile *f, const char *name,
			struct msk_closure *out, struct msk_err *err)
{
	MSK_CLEANUP(msk_closure_release) struct msk_closure c = { 0 };
	MSK_CLEANUP(resolver_release) struct msk_resolver r = { .args = args, .c = &c, .name = name,
								.interp_at = SIZE_MAX };
	struct msk_object program = { .found_by = MSK_BY_PROGRAM, .dev = f->dev, .ino = f->ino };

	r.names = msk_names_new();
	if (msk_elf_read(f, name, &program.elf, err) < 0)
		return -1;
	program.name = msk_xstrdup(name);
	program.path = msk_xstrdup(name);
	append_object(&c, &program);
	if (c.objects[0].elf.interp && resolve_dynamic(&r, err) < 0)
		return -1;
	*out = c;
	c = (struct msk_closure){ 0 };
	return 0;
}

/* The candidate that was there but did not fit says more than "not found". */
static const char *misfit(const struct msk_missing *m)
{
	for (size_t i = 0; i < m->skipped.n; i++)
		if (strstr(m->skipped.v[i], ": built for "))
			return m->skipped.v[i];
	return NULL;
}

static void add_searched(struct msk_str *s, const struct msk_missing *m)
{
	for (size_t i = 0; i < m->searched.n; i++)
		msk_str_addf(s, "%s%s", i ? ", " : "", m->searched.v[i]);
}

int msk_closure_check(const struct msk_closure *c, const char *name, struct msk_err *err)
{
	MSK_AUTO_STR names = MSK_STR_INIT;
	MSK_AUTO_STR where = MSK_STR_INIT;
	const struct msk_missing *m = c->missing;

	if (c->n_missing == 0)
		return 0;
	if (misfit(m)) {
		const char *what = strstr(misfit(m), ": built for ");

		msk_fail(err, MSK_E_MISSING, "%s%s, the program is %s", m->name, what,
			 msk_elf_machine_name(&c->objects[0].elf));
		return msk_hint(err, "look into a system of the program's machine (--root DIR), or add a directory "
				"(--library-path DIR)");
	}
	for (size_t i = 0; i < c->n_missing; i++)
		msk_str_addf(&names, "%s%s", i ? ", " : "", c->missing[i].name);
	add_searched(&where, m);
	msk_fail(err, MSK_E_MISSING, "%s: needs %s, not found (searched %zu director%s)", name, names.buf,
		 m->searched.n, m->searched.n == 1 ? "y" : "ies");
	return msk_hint(err, "looked in %s; add a directory with --library-path, a system with --root", msk_str_c(&where));
}

const char *msk_found_by_name(enum msk_found_by by)
{
	static const char *const names[] = {
		[MSK_BY_PROGRAM] = "program", [MSK_BY_INTERP] = "interp", [MSK_BY_RPATH] = "rpath",
		[MSK_BY_LIBRARY_PATH] = "library-path", [MSK_BY_RUNPATH] = "runpath", [MSK_BY_CACHE] = "cache",
		[MSK_BY_CONF] = "conf", [MSK_BY_SYSTEM_DIR] = "system-dir", [MSK_BY_PATH] = "path",
		[MSK_BY_OPTION] = "option",
	};

	return names[by];
}
