/* ld.so's search for a name without '/': the steps are numbered as they are tried. */
#include <elf.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>

#include "loader.h"
#include "mkscratch/fs.h"

#define PRELOAD       "/etc/ld.so.preload"
#define PRELOAD_LIMIT (1 << 20)
#define DIRS_LIMIT   4096       /* of one search path */

const struct msk_loader_rules msk_glibc_rules = {
	.libc = MSK_LIBC_GLIBC,
	.skips_misfits = true,
	.checks_ident = true,
	.after_failure = MSK_END_OF_LIST,
	.knows_sonames = true,
	.has_filters = true,
	.expands_needed = true,
};

const struct msk_loader_rules msk_other_rules = {
	.libc = MSK_LIBC_OTHER,
	.skips_misfits = true,
	.checks_ident = true,
	.after_failure = MSK_END_OF_LIST,
	.knows_sonames = true,
	.expands_needed = true,
};

/* A relative directory is seen from where the program is started, as is an empty element, which is that place. */
static char *from_cwd(struct msk_loader *l, size_t object, const char *element, const char *dir)
{
	char *path = msk_loader_absolute(l, dir);

	if (*element)
		msk_loader_note(l, "%s: its search path names the relative directory \"%s\"; took it to be %s",
				l->c->objects[object].name, element, path);
	else
		msk_loader_note(l, "%s: its search path names the current directory (an empty element); took it to be %s",
				l->c->objects[object].name, path);
	return path;
}

/* Has it a part, or as a whole a length, that the kernel takes for no path? */
static bool is_too_long(const char *path)
{
	if (strlen(path) > MSK_MAX_PATH)
		return true;
	for (; *path; path += *path == '/') {
		size_t n = strcspn(path, "/");

		if (n > NAME_MAX)
			return true;
		path += n;
	}
	return false;
}

static bool is_no_directory(struct msk_loader *l, const char *path)
{
	struct msk_err err = MSK_ERR_INIT;
	MSK_AUTO_ROFILE f = MSK_ROFILE_INIT;
	enum msk_lookup how;

	return msk_memo_open(l->memo, path, &how, &f, &err) == 0 &&
	       (how == MSK_LOOP || (how == MSK_FOUND && !S_ISDIR(f.mode)));
}

/* One element of a search path. False when none behind it matters: relative directories are taken for granted, and to
 * find a file there gives the list up. */
static bool add_dir(struct msk_loader *l, size_t object, const char *element, struct msk_strv *dirs)
{
	MSK_AUTO_FREE char *dir = msk_token_expand(l, object, element);
	size_t n = dir ? strlen(dir) : 0;
	bool relative, last;

	if (!dir || (n == 0 && *element))
		return true;
	while (n > 1 && dir[n - 1] == '/')
		dir[--n] = '\0';
	relative = dir[0] != '/';
	if (relative) {
		char *path = from_cwd(l, object, element, dir);

		free(dir);
		dir = path;
	}
	last = relative && (is_too_long(dir) || is_no_directory(l, dir));
	if (dirs->n == DIRS_LIMIT)
		msk_loader_note(l, "%s: its search path has more than %d directories", l->c->objects[object].name,
				DIRS_LIMIT);
	else if (!msk_strv_has(dirs, dir))
		msk_strv_push_own(dirs, msk_take(&dir));
	return !last;
}

/* An RPATH or RUNPATH, which is told apart at ':' alone. */
static void add_dirs(struct msk_loader *l, size_t object, const char *list, struct msk_strv *dirs)
{
	MSK_AUTO_STRV elements = MSK_STRV_INIT;

	if (!*list)
		return;
	msk_strv_split(&elements, list, ":");
	for (size_t i = 0; i < elements.n && add_dir(l, object, elements.v[i], dirs); i++)
		;
}

/* RUNPATH or RPATH of an object, whichever it has. */
static const struct msk_strv *path_of(struct msk_loader *l, size_t object)
{
	const struct msk_elf *e = &l->c->objects[object].elf;
	struct msk_search_path *p = msk_loader_path(l, object);
	const char *list = msk_elf_search_path(e);

	if (!p->ready && list)
		add_dirs(l, object, list, &p->dirs);
	p->ready = true;
	return &p->dirs;
}

static int search_rpath_of(struct msk_search *s, size_t object, struct msk_err *err)
{
	if (!s->l->c->objects[object].elf.rpath)
		return 0;
	return msk_search_dirs(s, path_of(s->l, object), MSK_BY_RPATH, err);
}

/* 1. RPATH of the requester, of who asked for that, and so on to the program. A requester with RUNPATH makes no use
 * of anybody's RPATH; an ancestor with RUNPATH merely has none to give. */
static int search_rpath_chain(struct msk_search *s, struct msk_err *err)
{
	const struct msk_object *o = s->l->c->objects;

	if (o[s->by].elf.runpath)
		return 0;
	for (size_t at = s->by;; at = o[at].parent) {
		int rc = search_rpath_of(s, at, err);

		if (rc != MSK_GO_ON || at == 0)
			return rc;
		if (msk_loader_charge(s->l, 1, err) < 0)
			return -1;
	}
}

/* 3. RUNPATH of the requester alone. */
static int search_runpath(struct msk_search *s, struct msk_err *err)
{
	if (!s->l->c->objects[s->by].elf.runpath)
		return 0;
	return msk_search_dirs(s, path_of(s->l, s->by), MSK_BY_RUNPATH, err);
}

bool msk_glibc_is_vdso(const struct msk_loader *l, const char *name)
{
	const struct msk_elf *e = &l->c->objects[0].elf;
	bool numbered = e->machine == EM_PPC64 || e->machine == EM_S390 || e->machine == EM_PPC;
	const char *own = e->machine == EM_386 ? "linux-gate.so.1" : !numbered ? "linux-vdso.so.1" :
			  e->elf_class == 64 ? "linux-vdso64.so.1" : "linux-vdso32.so.1";

	return strcmp(name, own) == 0;
}

bool msk_loader_in_system_dir(const struct msk_loader *l, const char *path)
{
	for (size_t i = 0; i < l->c->system_dirs.n; i++) {
		const char *dir = l->c->system_dirs.v[i];

		if (msk_starts_with(path, dir) && path[strlen(dir)] == '/')
			return true;
	}
	return false;
}

/* 4. One candidate from ld.so.cache; when it does not do, the search goes on behind the cache. */
static int search_cache(struct msk_search *s, struct msk_err *err)
{
	struct msk_loader *l = s->l;
	struct msk_line line = msk_terrain_line(l->terrain, s->name);
	MSK_AUTO_FREE char *relative = line.path && line.path[0] != '/' ? msk_loader_absolute(l, line.path) : NULL;
	const char *path = relative ? relative : line.path;
	size_t skipped = s->trail.skipped.n;
	int rc;

	if (!l->args->start_only)
		msk_search_note(s, l->terrain->cache_path);
	if (line.other)
		msk_search_pass_over(s, line.other, "for better CPUs only");
	if (!path)
		return MSK_GO_ON;
	if (l->c->objects[s->by].elf.nodeflib && msk_loader_in_system_dir(l, path))
		return msk_search_pass_over(s, path, "in a system directory, which the requester rules out (nodefaultlib)");
	rc = msk_search_file(s, path, MSK_BY_CACHE, NULL, err);
	if (rc == MSK_GO_ON && s->trail.skipped.n == skipped)
		msk_search_pass_over(s, path, "in the cache, but not there");
	return rc == MSK_END_OF_LIST ? MSK_GO_ON : rc;
}

static int search_system_dirs(struct msk_search *s, struct msk_err *err)
{
	if (s->l->c->objects[s->by].elf.nodeflib)
		return MSK_GO_ON;
	return msk_search_dirs(s, &s->l->c->system_dirs, MSK_BY_SYSTEM_DIR, err);
}

/* ldconfig takes lib*.so*, ld-*.so*, ld.so.* and ld64.so.* into a cache. */
static bool is_cached_name(const char *name)
{
	return ((msk_starts_with(name, "lib") || msk_starts_with(name, "ld-")) && strstr(name, ".so")) ||
	       msk_starts_with(name, "ld.so.") || msk_starts_with(name, "ld64.so.");
}

/* Not the loader's own rule: what a fresh cache would lead to, for what the loader finds nowhere as the tree stands.
 * ldconfig takes only fitting libraries into it. */
static int search_conf(struct msk_search *s, struct msk_err *err)
{
	struct msk_loader *l = s->l;
	const struct msk_strv *dirs;
	int rc;

	if (!l->terrain->conf_path || !is_cached_name(s->name))
		return MSK_GO_ON;
	if (msk_memo_ldconf(l->memo, l->terrain->conf_path, &dirs, err) < 0)
		return -1;
	s->lenient = true;
	rc = msk_search_dirs(s, dirs, MSK_BY_CONF, err);
	s->lenient = false;
	if (rc == MSK_TAKEN && (l->terrain->cache || !l->terrain->has_cache_file))
		msk_loader_note(l, "%s: %s, so some libraries were found by %s alone; run ldconfig", l->terrain->cache_path,
				l->terrain->cache ? "stale" : "not there", l->terrain->conf_path);
	return rc;
}

/* Nothing was found. Is it there for better CPUs? */
static int look_for_variants(struct msk_search *s, struct msk_err *err)
{
	const struct msk_elf *program = &s->l->c->objects[0].elf;
	MSK_AUTO_STRV levels = MSK_STRV_INIT, subdirs = MSK_STRV_INIT;

	if (!msk_hwcaps_any(program))
		return MSK_GO_ON;
	if (msk_hwcaps_levels(program, "all", &levels, err) < 0 || msk_hwcaps_subdirs(program, "all", &subdirs, err) < 0)
		return -1;
	for (size_t i = 0; i < subdirs.n; i++) {
		if (msk_strv_has(&s->l->terrain->subdirs, subdirs.v[subdirs.n - 1 - i]))
			continue;
		if (msk_search_variant(s, subdirs.v[subdirs.n - 1 - i], levels.v[i], err) < 0)
			return -1;
	}
	return MSK_GO_ON;
}

int msk_glibc_search(struct msk_search *s, struct msk_err *err)
{
	struct msk_loader *l = s->l;
	int rc = search_rpath_chain(s, err);

	if (rc == MSK_GO_ON)
		rc = msk_search_dirs(s, &l->library_path, MSK_BY_LIBRARY_PATH, err);      /* 2. LD_LIBRARY_PATH */
	if (rc == MSK_GO_ON)
		rc = search_runpath(s, err);
	if (rc == MSK_GO_ON && l->terrain->cache)
		rc = search_cache(s, err);
	if (rc == MSK_GO_ON)
		rc = search_system_dirs(s, err);                                           /* 5. */
	if (rc == MSK_GO_ON)
		rc = search_conf(s, err);
	return rc == MSK_GO_ON ? look_for_variants(s, err) : rc;
}

/* What of a system is not as the loader would have it. */
static void note_cache(struct msk_loader *l)
{
	const struct msk_terrain *t = l->terrain;

	if (t->has_cache_file && !t->cache)
		msk_loader_note(l, "%s: not a cache that the loader of %s can use; went by %s", t->cache_path, l->program,
				t->conf_path);
}

/* Names stand between blanks and colons, comments run to the end of the line. */
static bool preloads(const char *text)
{
	for (;;) {
		text += strspn(text, " \t\n:");
		if (*text != '#')
			return *text != '\0';
		text += strcspn(text, "\n");
	}
}

/* What only takes effect on systems, not in the image of one program. */
static int note_preload(struct msk_loader *l, struct msk_err *err)
{
	MSK_AUTO_STR text = MSK_STR_INIT;
	MSK_AUTO_ROFILE f = MSK_ROFILE_INIT;
	enum msk_lookup how;
	bool found;

	if (l->rules->libc != MSK_LIBC_GLIBC)
		return 0;
	if (msk_memo_open(l->memo, PRELOAD, &how, &f, err) < 0)
		return -1;
	if (how != MSK_FOUND)
		return 0;
	if (msk_tree_slurp(msk_memo_tree(l->memo), PRELOAD, PRELOAD_LIMIT, &found, &text, err) < 0)
		return -1;
	if (found && preloads(msk_str_c(&text)))
		msk_loader_note(l, PRELOAD ": loads libraries into every program there, which were left aside; "
				"--lib adds one");
	return 0;
}

/* ld.so loads them into a world of their own, and goes on without those that are not there. */
static void note_audit(struct msk_loader *l)
{
	const char *names = l->c->objects[0].elf.audit;

	if (names && l->rules->libc == MSK_LIBC_GLIBC)
		msk_loader_note(l, "%s: asks to be watched by %.200s (DT_AUDIT), which is not looked for; --lib adds it",
				l->program, names);
}

static void add_library_path(struct msk_loader *l)
{
	MSK_AUTO_STRV dirs = MSK_STRV_INIT;

	for (size_t i = 0; !l->args->secure && l->args->library_path && i < l->args->library_path->n; i++)
		msk_loader_split_path(l->rules->libc, l->args->library_path->v[i], &dirs);
	for (size_t i = 0; i < dirs.n && add_dir(l, 0, dirs.v[i], &l->library_path); i++)
		;
}

int msk_glibc_prepare(struct msk_loader *l, struct msk_err *err)
{
	const struct msk_terrain_of of = {
		&l->c->objects[0].elf, l->interp == MSK_NO_OBJECT ? NULL : l->c->objects[l->interp].path, l->rules->libc,
		l->args->hwcaps,
	};

	if (msk_memo_terrain(l->memo, &of, &l->terrain, err) < 0)
		return -1;
	msk_strv_copy(&l->c->system_dirs, &l->terrain->system_dirs);
	l->c->lib_token = l->terrain->lib_token ? msk_xstrdup(l->terrain->lib_token) : NULL;
	l->c->cache_path = l->terrain->cache_path ? msk_xstrdup(l->terrain->cache_path) : NULL;
	note_cache(l);
	if (note_preload(l, err) < 0)
		return -1;
	add_library_path(l);
	note_audit(l);
	return 0;
}
