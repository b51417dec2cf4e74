/* musl's search for a name without '/'. */
#include <limits.h>
#include <string.h>

#include "loader.h"
#include "mkscratch/fs.h"

#define PATH_FILE_LIMIT (1 << 20)

const struct msk_loader_rules msk_musl_rules = {
	.libc = MSK_LIBC_MUSL,
	.replaces_libc = true,
	.takes_programs = true,
	.knows_the_loader_by_file = true,
	.after_failure = MSK_END_OF_SEARCH,
};

/* These are all the interpreter itself, by the beginning of the name alone. */
bool msk_musl_is_libc(const char *name)
{
	static const char *const own[] = { "libc.", "libpthread.", "librt.", "libm.", "libdl.", "libutil.",
					   "libxnet." };

	for (size_t i = 0; i < sizeof own / sizeof *own; i++)
		if (msk_starts_with(name, own[i]))
			return true;
	return false;
}

static void add_dirs(struct msk_loader *l, const char *who, const char *list, struct msk_strv *dirs)
{
	MSK_AUTO_STRV elements = MSK_STRV_INIT;

	msk_strv_split(&elements, list, ":\n");
	for (size_t i = 0; i < elements.n; i++) {
		const char *dir = elements.v[i];

		if (dir[0] == '/') {
			msk_strv_push(dirs, dir);
		} else if (dir[0]) {
			MSK_AUTO_FREE char *path = msk_loader_absolute(l, dir);

			msk_loader_note(l, "%s: its search path names the relative directory \"%s\"; took it to be %s", who,
					dir, path);
			msk_strv_push_own(dirs, msk_take(&path));
		}
	}
}

/* $ORIGIN and ${ORIGIN} are replaced wherever they stand; any other $ makes the whole path void, as does every one of a
 * program that gains rights. */
static char *expand_origin(struct msk_loader *l, size_t object, const char *list)
{
	MSK_AUTO_FREE char *origin = msk_loader_origin(l, object);
	MSK_AUTO_STR out = MSK_STR_INIT;
	bool trusted = origin && (object != 0 || !l->args->secure);

	while (*list && out.len <= MSK_ELF_MAX_STRING) {
		size_t n = msk_starts_with(list, "$ORIGIN") ? 7 : msk_starts_with(list, "${ORIGIN}") ? 9 : 0;

		if (*list != '$') {
			msk_str_addc(&out, *list++);
			continue;
		}
		if (n == 0 || !trusted)
			return NULL;
		msk_str_adds(&out, strcmp(origin, "/") == 0 ? "" : origin);
		list += n;
	}
	return *list ? NULL : msk_str_take(&out);
}

static const struct msk_strv *path_of(struct msk_loader *l, size_t object)
{
	const struct msk_object *o = &l->c->objects[object];
	struct msk_search_path *p = msk_loader_path(l, object);
	const char *list = msk_elf_search_path(&o->elf);

	if (!p->ready && list) {
		MSK_AUTO_FREE char *expanded = expand_origin(l, object, list);

		if (expanded)
			add_dirs(l, o->name, expanded, &p->dirs);
	}
	p->ready = true;
	return &p->dirs;
}

/* RPATH and RUNPATH are one and the same, and inherited. */
static int search_chain(struct msk_search *s, struct msk_err *err)
{
	const struct msk_object *o = s->l->c->objects;

	for (size_t at = s->by;; at = o[at].parent) {
		int rc = msk_search_dirs(s, path_of(s->l, at), o[at].elf.runpath ? MSK_BY_RUNPATH : MSK_BY_RPATH, err);

		if (rc != MSK_GO_ON || at == 0)
			return rc;
		if (msk_loader_charge(s->l, 1, err) < 0)
			return -1;
	}
}

int msk_musl_search(struct msk_search *s, struct msk_err *err)
{
	int rc;

	if (strlen(s->name) > NAME_MAX)
		return 0;
	rc = msk_search_dirs(s, &s->l->library_path, MSK_BY_LIBRARY_PATH, err);
	if (rc == MSK_GO_ON)
		rc = search_chain(s, err);
	if (rc == MSK_GO_ON)
		rc = msk_search_dirs(s, &s->l->c->system_dirs, MSK_BY_SYSTEM_DIR, err);
	return rc;
}

/* <prefix>/etc/ld-musl-ARCH.path, where the interpreter is <prefix>/lib/ld-musl-ARCH.so.1. */
static char *path_file(const char *interp)
{
	MSK_AUTO_FREE char *dir = msk_path_dir(interp), *prefix = msk_path_dir(dir), *base = msk_path_base(interp);
	size_t n = strcspn(base, ".");

	return msk_xasprintf("%s/etc/%.*s.path", strcmp(prefix, "/") == 0 ? "" : prefix, (int)n, base);
}

/* The file replaces the default as a whole, even an empty one; one that cannot be read leaves nothing. */
static int read_system_dirs(struct msk_loader *l, struct msk_err *err)
{
	const char *interp = l->c->objects[0].elf.interp;
	MSK_AUTO_FREE char *file = path_file(interp ? interp : msk_loader_usual(&l->c->objects[0].elf));
	struct msk_rotree *t = msk_memo_tree(l->memo);
	MSK_AUTO_ROFILE f = MSK_ROFILE_INIT;
	MSK_AUTO_STR text = MSK_STR_INIT;
	enum msk_lookup how;

	if (t->open(t, file, &how, &f, NULL, err) < 0)
		return -1;
	if (how == MSK_ABSENT) {
		add_dirs(l, file, "/lib:/usr/local/lib:/usr/lib", &l->c->system_dirs);
		return 0;
	}
	if (how != MSK_FOUND || f.fd < 0) {
		msk_loader_note(l, "%s: cannot be read, so no system directory was searched", file);
		return 0;
	}
	if (msk_read_all(f.fd, PATH_FILE_LIMIT, &text, file, err) < 0)
		return -1;
	add_dirs(l, file, msk_str_c(&text), &l->c->system_dirs);
	return 0;
}

int msk_musl_prepare(struct msk_loader *l, struct msk_err *err)
{
	for (size_t i = 0; !l->args->secure && l->args->library_path && i < l->args->library_path->n; i++)
		add_dirs(l, l->program, l->args->library_path->v[i], &l->library_path);
	return read_system_dirs(l, err);
}
