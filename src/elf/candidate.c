/* A file that may be what is looked for: is it taken, passed over, or what the loader stops at? */
#include <elf.h>
#include <string.h>
#include <sys/stat.h>

#include "loader.h"
#include "mkscratch/fs.h"
#include "mkscratch/path.h"

/* Of ELFOSABI_GNU, 0 included: as of glibc 2.36 (libc-abis). */
#define GNU_ABI_VERSIONS 4

#define TEXT_OF(x) #x
#define TEXT(x)    TEXT_OF(x)

static void give_reason(struct msk_search *s, const char *path, const char *why)
{
	free(s->trail.why);
	free(s->trail.found);
	s->trail.why = msk_xstrdup(why);
	s->trail.found = msk_xstrdup(path);
}

/* The same, and should nothing else be found, this is the reason to give. */
static int pass_over(struct msk_search *s, const char *path, const char *why)
{
	if (!s->trail.why)
		give_reason(s, path, why);
	return msk_search_pass_over(s, path, why);
}

/* Lexical: what a link's text means, seen from the directory of the link. */
static char *link_target(const char *link, const char *text)
{
	MSK_AUTO_FREE char *dir = msk_path_dir(link);
	MSK_AUTO_FREE char *all = msk_xasprintf("%s/%s", text[0] == '/' ? "" : dir, text);

	return msk_path_normalise(all);
}

/* Where the symlink of that name leads to, which is not there; links among its directories are the tree's business. */
static char *lost_target(const char *path, const struct msk_walk *w)
{
	MSK_AUTO_FREE char *base = msk_path_base(path);
	char *target = NULL;

	for (size_t i = 0; i < w->links.n; i++) {
		MSK_AUTO_FREE char *link = msk_path_base(w->links.v[i]);

		if (target ? strcmp(target, w->links.v[i]) != 0 : strcmp(link, base) != 0)
			continue;
		free(target);
		target = link_target(w->links.v[i], w->targets.v[i]);
	}
	return target;
}

static int pass_over_lost_link(struct msk_search *s, const char *path, struct msk_err *err)
{
	struct msk_rotree *t = msk_memo_tree(s->l->memo);
	MSK_AUTO_ROFILE f = MSK_ROFILE_INIT;
	MSK_AUTO_WALK w = MSK_WALK_INIT;
	MSK_AUTO_FREE char *target = NULL, *why = NULL;
	enum msk_lookup how;

	if (t->open(t, path, &how, &f, &w, err) < 0)
		return -1;
	target = lost_target(path, &w);
	if (!target)
		return MSK_GO_ON;
	why = msk_xasprintf("link target %s does not exist in the root", target);
	return pass_over(s, path, why);
}

static const char *kind_of(mode_t mode)
{
	switch (mode & S_IFMT) {
	case S_IFDIR:  return "a directory";
	case S_IFIFO:  return "a FIFO";
	case S_IFSOCK: return "a socket";
	case S_IFBLK: case S_IFCHR: return "a device";
	default:       return "no regular file";
	}
}

/* What stops a loader stops us; a lenient search goes on. */
static int stop_at(struct msk_search *s, const char *path, struct msk_err *err)
{
	if ((s->lenient || s->optional) && err->code != MSK_E_IO) {
		size_t subject = msk_starts_with(err->msg, s->name) ? strlen(s->name) + 2 : 0;

		msk_search_pass_over(s, path, err->msg + subject);
		*err = (struct msk_err)MSK_ERR_INIT;
		return s->lenient ? MSK_GO_ON : MSK_END_OF_SEARCH;
	}
	/* What would help a program that is no ELF file, a script, is of no use for a library. */
	if (!err->hint[0] || err->code == MSK_E_INPUT)
		msk_hint(err, "the loader would open %s and stop there", path);
	return -1;
}

/* What ld.so goes by of the rest of e_ident. MIPS has versions of its own. */
static int check_ident(const char *name, const struct msk_elf *e, struct msk_err *err)
{
	unsigned known = e->osabi == ELFOSABI_GNU ? GNU_ABI_VERSIONS : 1;

	if (e->abiversion >= known && e->machine != EM_MIPS)
		return msk_fail(err, MSK_E_INPUT, "%s: unknown ABI version %u", name, e->abiversion);
	if (e->padded)
		return msk_fail(err, MSK_E_INPUT, "%s: has bytes other than 0 behind the ABI version in its header", name);
	return 0;
}

/* What ld.so checks once it has decided for a file. */
static int check_library(const struct msk_search *s, const struct msk_elf *e, struct msk_err *err)
{
	const char *name = s->name;

	if (strcmp(e->platform.os, "linux") != 0)
		return msk_fail(err, MSK_E_MISSING, "%s: built for %s, not for Linux", name, e->platform.os);
	if (s->l->rules->checks_ident && check_ident(name, e, err) < 0)
		return -1;
	if ((e->type == ET_EXEC || e->pie) && !s->l->rules->takes_programs)
		return msk_fail(err, MSK_E_INPUT, "%s: is a program, not a library", name);
	if (!e->has_dynamic)
		return msk_fail(err, MSK_E_INPUT, "%s: has no dynamic section, so it is no library", name);
	return 0;
}

/* A file for another machine. ld.so stops at another byte order, but not before it has looked at class and machine,
 * which it reads in its own: so only a file that is marked wrong stops it, and that is no sound header to begin with. */
static int meet_misfit(struct msk_search *s, const char *path, const char *why, struct msk_err *err)
{
	const struct msk_loader *l = s->l;

	if (l->rules->skips_misfits || s->lenient)
		return pass_over(s, path, why);
	msk_fail(err, MSK_E_MISSING, "%s: %s%sneeds %s, found %s: %s", l->program, s->by ? l->c->objects[s->by].name : "",
		 s->by ? " " : "", s->name, path, why);
	return stop_at(s, path, err);
}

/* Loaders compare files with what they were built for themselves: a program need not be marked as its loader is. */
static const struct msk_elf *reference(const struct msk_loader *l)
{
	return &l->c->objects[l->interp == MSK_NO_OBJECT ? 0 : l->interp].elf;
}

/* musl does not let a second C library in. */
static int replace_libc(struct msk_search *s, const char *path, struct msk_rofile *f, struct msk_err *err)
{
	bool is_libc;

	if (s->l->interp == MSK_NO_OBJECT)
		return MSK_TAKEN;
	if (msk_uses_is_libc(s->l, path, f, &s->hit.elf, &is_libc, err) < 0)
		return -1;
	if (is_libc) {
		msk_elf_release(&s->hit.elf);
		s->known = s->l->interp;
	}
	return MSK_TAKEN;
}

/* The header first: of a file that does not fit, the rest may be anything. */
static int examine(struct msk_search *s, const char *path, struct msk_rofile *f, struct msk_err *err)
{
	struct msk_memo *m = s->l->memo;
	MSK_AUTO_STR why = MSK_STR_INIT;
	struct msk_elf head;

	if (msk_memo_header(m, path, f, s->name, &head, err) < 0)
		return stop_at(s, path, err);
	if (msk_elf_misfit(reference(s->l), &head, &why))
		return meet_misfit(s, path, msk_str_c(&why), err);
	if (msk_memo_read(m, path, f, s->name, &s->hit.elf, err) < 0)
		return stop_at(s, path, err);
	if (check_library(s, &s->hit.elf, err) < 0) {
		msk_elf_release(&s->hit.elf);
		return stop_at(s, path, err);
	}
	return s->l->rules->replaces_libc ? replace_libc(s, path, f, err) : MSK_TAKEN;
}

/* A cache gives whole paths. */
static char *rule_dir(const char *path, enum msk_found_by rule, const char *dir)
{
	return rule == MSK_BY_CACHE ? msk_path_dir(path) : dir ? msk_xstrdup(dir) : NULL;
}

static int take_hit(struct msk_search *s, const char *path, enum msk_found_by rule, const char *dir,
		    const struct msk_rofile *f)
{
	s->hit.path = msk_xstrdup(path);
	s->hit.found_by = rule;
	s->hit.rule_dir = rule_dir(path, rule, dir);
	s->hit.dev = f->dev;
	s->hit.ino = f->ino;
	return MSK_TAKEN;
}

int msk_loader_is_directory(struct msk_loader *l, const char *path, bool *yes, struct msk_err *err)
{
	MSK_AUTO_ROFILE f = MSK_ROFILE_INIT;
	enum msk_lookup how;
	size_t known;

	if (!msk_names_find(&l->subdirs_seen, path, &known)) {
		l->probes++;
		if (msk_loader_charge(l, 1, err) < 0 || msk_memo_open(l->memo, path, &how, &f, err) < 0)
			return -1;
		known = how == MSK_FOUND && S_ISDIR(f.mode);
		msk_names_add(&l->subdirs_seen, path, known);
	}
	*yes = known;
	return 0;
}

/* It is there, and yet it cannot be opened. A loader that passes this over in the end finds nothing else, as a rule. */
static int cannot_open(struct msk_search *s, const char *path, const char *why)
{
	if (s->trail.code == MSK_OK) {
		give_reason(s, path, why);
		s->trail.code = MSK_E_INPUT;
	}
	msk_search_pass_over(s, path, why);
	return s->l->rules->after_failure;
}

/* ld.so gives a list up for a file that it cannot open, but not for a directory that is none. */
static int meet_loop(struct msk_search *s, const char *path, enum msk_found_by rule, const char *list_dir,
		     struct msk_err *err)
{
	MSK_AUTO_FREE char *dir = rule_dir(path, rule, list_dir);
	bool there = true;

	if (dir && s->l->rules->after_failure == MSK_END_OF_LIST && msk_loader_is_directory(s->l, dir, &there, err) < 0)
		return -1;
	if (!there)
		return msk_search_pass_over(s, path, "its directory goes through too many symbolic links");
	return cannot_open(s, path, "too many symbolic links (" TEXT(MSK_MAX_LINKS) ")");
}

int msk_search_file(struct msk_search *s, const char *path, enum msk_found_by rule, const char *dir,
		    struct msk_err *err)
{
	MSK_AUTO_ROFILE f = MSK_ROFILE_INIT;
	enum msk_lookup how;
	int rc;

	s->l->probes++;
	if (msk_loader_charge(s->l, 1, err) < 0 || msk_memo_open(s->l->memo, path, &how, &f, err) < 0)
		return -1;
	if (how == MSK_ABSENT)
		return S_ISLNK(f.mode) ? pass_over_lost_link(s, path, err) : MSK_GO_ON;
	if (how == MSK_DENIED) {
		msk_loader_note(s->l, "%s: cannot be read, so it was passed over", path);
		return pass_over(s, path, "cannot be read (Permission denied)");
	}
	if (how == MSK_LOOP)
		return meet_loop(s, path, rule, dir, err);
	if (S_ISSOCK(f.mode))
		return cannot_open(s, path, "is a socket, expected a regular file");
	if (!S_ISREG(f.mode)) {
		msk_fail(err, MSK_E_INPUT, "%s: is %s, expected a regular file", s->name, kind_of(f.mode));
		return stop_at(s, path, err);
	}
	if (msk_loader_has_file(s->l, &f, &s->known))
		return MSK_TAKEN;
	rc = examine(s, path, &f, err);
	return rc == MSK_TAKEN && s->known == MSK_NO_OBJECT ? take_hit(s, path, rule, dir, &f) : rc;
}
