/* What both loaders' rules are made of: paths, directories, tokens. */
#include <elf.h>
#include <string.h>
#include <sys/stat.h>

#include "loader.h"
#include "mkscratch/fs.h"

static const char *kind_name(mode_t mode)
{
	switch (mode & S_IFMT) {
	case S_IFDIR: return "a directory";
	case S_IFIFO: return "a FIFO";
	case S_IFSOCK: return "a socket";
	case S_IFCHR: return "a character device";
	case S_IFBLK: return "a block device";
	default: return "something else";
	}
}

static void note_skipped(struct msk_request *rq, const char *path, const char *why)
{
	msk_strv_push_own(&rq->tried.skipped, msk_xasprintf("%s: %s", path, why));
}

/* dl-load.c passes over objects of another class, machine or ABI and goes on searching. */
static bool fits(const struct msk_resolver *r, const struct msk_elf *e)
{
	const struct msk_elf *p = &r->c->objects[0].elf;

	return e->elf_class == p->elf_class && e->machine == p->machine && e->big_endian == p->big_endian;
}

static int take_hit(struct msk_resolver *r, struct msk_request *rq, struct msk_object *own_o, struct msk_err *err)
{
	if (!own_o->elf.has_dynamic)
		return msk_fail(err, MSK_E_INPUT, "%s: %s cannot be loaded (no dynamic section)", r->name, own_o->path);
	if (own_o->elf.type == ET_EXEC || own_o->elf.pie)
		return msk_fail(err, MSK_E_INPUT, "%s: %s is a program, it cannot be loaded as a library", r->name,
				own_o->path);
	rq->hit = *own_o;
	rq->found = true;
	*own_o = (struct msk_object){ 0 };
	return 0;
}

/* Values of a lookup that mean "go on", and those at which a loader gives up. */
static int judge_lookup(const char *path, enum msk_lookup how, const struct msk_rofile *f, struct msk_request *rq,
			bool *usable, struct msk_err *err)
{
	*usable = false;
	if (how == MSK_DENIED)
		note_skipped(rq, path, "permission denied");
	if (how == MSK_LOOP)
		return msk_fail(err, MSK_E_INPUT, "%s: too many symbolic links (%d)", path, MSK_MAX_LINKS);
	if (how != MSK_FOUND)
		return 0;
	if (!S_ISREG(f->mode))
		return msk_fail(err, MSK_E_INPUT, "%s: is %s, expected a regular file", path, kind_name(f->mode));
	*usable = true;
	return 0;
}

int msk_try_path(struct msk_resolver *r, struct msk_request *rq, const char *path, enum msk_found_by by,
		 const char *rule_dir, struct msk_err *err)
{
	struct msk_rotree *tree = r->args->tree;
	MSK_CLEANUP(msk_object_release) struct msk_object o = { .walk = MSK_WALK_INIT };
	MSK_AUTO_ROFILE f = MSK_ROFILE_INIT;
	enum msk_lookup how;
	bool usable;

	if (tree->open(tree, path, &how, &f, &o.walk, err) < 0 ||
	    judge_lookup(path, how, &f, rq, &usable, err) < 0)
		return -1;
	if (!usable)
		return 0;
	if (msk_elf_read(&f, path, &o.elf, err) < 0)
		return msk_ctx(err, "%s", r->name);
	if (!fits(r, &o.elf)) {
		MSK_AUTO_FREE char *why = msk_xasprintf("built for %s", msk_elf_machine_name(&o.elf));

		note_skipped(rq, path, why);
		if (r->c->libc != MSK_LIBC_MUSL)
			return 0;
		/* musl takes the first file that opens, whatever it is. */
		return msk_fail(err, MSK_E_MISSING, "%s: built for %s, the program is %s", path,
				msk_elf_machine_name(&o.elf), msk_elf_machine_name(&r->c->objects[0].elf));
	}
	o.name = msk_xstrdup(rq->name);
	o.path = msk_xstrdup(path);
	o.found_by = by;
	o.rule_dir = rule_dir ? msk_xstrdup(rule_dir) : NULL;
	o.parent = rq->by;
	o.dev = f.dev;
	o.ino = f.ino;
	return take_hit(r, rq, &o, err);
}

static int try_dir(struct msk_resolver *r, struct msk_request *rq, const char *dir, enum msk_found_by by,
		   struct msk_err *err)
{
	MSK_AUTO_FREE char *path = msk_xasprintf("%s/%s", strcmp(dir, "/") == 0 ? "" : dir, rq->name);

	if (!msk_strv_has(&rq->tried.searched, dir))
		msk_strv_push(&rq->tried.searched, dir);
	return msk_try_path(r, rq, path, by, dir, err);
}

int msk_try_dirs(struct msk_resolver *r, struct msk_request *rq, const struct msk_strv *dirs, enum msk_found_by by,
		 struct msk_err *err)
{
	for (size_t i = 0; dirs && i < dirs->n && !rq->found; i++)
		if (try_dir(r, rq, dirs->v[i], by, err) < 0)
			return -1;
	return 0;
}

static const char *platform_token(const struct msk_elf *e)
{
	switch (e->machine) {
	case EM_X86_64: return "x86_64";
	case EM_AARCH64: return "aarch64";
	case EM_386: return "i686";
	case EM_ARM: return "v7l";
	case EM_S390: return "z900";
	default: return NULL;
	}
}

static char *origin_of(const struct msk_resolver *r, size_t owner)
{
	if (owner == 0)
		return r->args->origin ? msk_xstrdup(r->args->origin) : NULL;
	return msk_path_dir(r->c->objects[owner].path);
}

/* The token at `p` ("$LIB", "${LIB}"): its length, 0 when it is none. A name goes on as long as letters do. */
static size_t token_length(const char *p, const char *name)
{
	size_t n = strlen(name);

	if (p[1] == '{')
		return strncmp(p + 2, name, n) == 0 && p[2 + n] == '}' ? n + 3 : 0;
	if (strncmp(p + 1, name, n) != 0)
		return 0;
	return p[1 + n] && strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_", p[1 + n]) ? 0 : n + 1;
}

char *msk_expand_tokens(const struct msk_resolver *r, const char *text, size_t owner)
{
	MSK_AUTO_FREE char *origin = origin_of(r, owner);
	bool glibc = r->c->libc != MSK_LIBC_MUSL;
	const struct { const char *name, *value; } tokens[] = {
		{ "ORIGIN", origin },
		{ glibc ? "LIB" : "ORIGIN", glibc ? r->lib : origin },
		{ glibc ? "PLATFORM" : "ORIGIN", glibc ? platform_token(&r->c->objects[0].elf) : origin },
	};
	MSK_AUTO_STR out = MSK_STR_INIT;

	while (*text) {
		size_t n = 0;

		for (size_t i = 0; *text == '$' && i < 3 && !n; i++) {
			n = token_length(text, tokens[i].name);
			if (n && !tokens[i].value)
				return NULL;
			if (n)
				msk_str_adds(&out, tokens[i].value);
		}
		if (!n) {
			/* musl gives up on a path with any other token; glibc keeps it as it stands. */
			if (*text == '$' && !glibc)
				return NULL;
			msk_str_addc(&out, *text);
			n = 1;
		}
		text += n;
	}
	return msk_str_take(&out);
}

int msk_try_search_path(struct msk_resolver *r, struct msk_request *rq, const char *path, const char *separators,
			size_t owner, enum msk_found_by by, struct msk_err *err)
{
	MSK_AUTO_STRV parts = MSK_STRV_INIT;

	msk_strv_split(&parts, path, separators);
	for (size_t i = 0; i < parts.n && !rq->found; i++) {
		MSK_AUTO_FREE char *dir = msk_expand_tokens(r, parts.v[i], owner);
		size_t n = dir ? strlen(dir) : 0;

		/* An empty or relative element means the working directory of a run that is not ours to know. */
		if (!dir || dir[0] != '/') {
			if (dir)
				note_skipped(rq, *dir ? dir : "(empty)", "relative to the working directory");
			continue;
		}
		while (n > 1 && dir[n - 1] == '/')
			dir[--n] = '\0';
		if (try_dir(r, rq, dir, by, err) < 0)
			return -1;
	}
	return 0;
}
