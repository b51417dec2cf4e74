#include <elf.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "loader.h"
#include "mkscratch/fs.h"

/* Steps along chains and lists: beyond this the files mean us harm. */
#define MAX_STEPS ((uint64_t)1 << 28)

int msk_loader_charge(struct msk_loader *l, uint64_t steps, struct msk_err *err)
{
	l->steps += steps;
	l->spent = l->probes > MSK_CLOSURE_MAX_PROBES || l->steps > MAX_STEPS;
	if (l->spent)
		return msk_fail(err, MSK_E_INPUT, "%s: its libraries cannot be found within %d files tried", l->program,
				MSK_CLOSURE_MAX_PROBES);
	return 0;
}

void msk_loader_note(const struct msk_loader *l, const char *fmt, ...)
{
	char text[1024];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	if (l->c->notes.n < 64 && !msk_strv_has(&l->c->notes, text))
		msk_strv_push(&l->c->notes, text);
}

char *msk_loader_origin(const struct msk_loader *l, size_t object)
{
	if (object == 0)
		return l->args->origin ? msk_xstrdup(l->args->origin) : NULL;
	return msk_path_dir(l->c->objects[object].path);
}

void msk_search_release(struct msk_search *s)
{
	free(s->trail.name);
	free(s->trail.why);
	msk_strv_release(&s->trail.searched);
	msk_strv_release(&s->trail.skipped);
	free(s->hit.name);
	free(s->hit.path);
	free(s->hit.rule_dir);
	msk_elf_release(&s->hit.elf);
	msk_walk_release(&s->hit.walk);
}

static int pass_over(struct msk_search *s, const char *path, const char *why)
{
	msk_strv_push_own(&s->trail.skipped, msk_xasprintf("%s: %s", path, why));
	if (!s->trail.why)
		s->trail.why = msk_xstrdup(why);
	return 0;
}

/* Lexical: what a link's text means, seen from the directory of the link. */
static char *link_target(const char *link, const char *text)
{
	MSK_AUTO_FREE char *dir = msk_path_dir(link);
	MSK_AUTO_STR all = MSK_STR_INIT;
	MSK_AUTO_STR out = MSK_STR_INIT;
	MSK_AUTO_STRV parts = MSK_STRV_INIT;

	msk_str_addf(&all, "%s/%s", text[0] == '/' ? "" : dir, text);
	msk_strv_split(&parts, msk_str_c(&all), "/");
	for (size_t i = 0; i < parts.n; i++) {
		if (strcmp(parts.v[i], "..") == 0) {
			while (out.len && out.buf[--out.len] != '/')
				;
			if (out.buf)
				out.buf[out.len] = '\0';
		} else if (parts.v[i][0] && strcmp(parts.v[i], ".") != 0) {
			msk_str_addf(&out, "/%s", parts.v[i]);
		}
	}
	return out.len ? msk_str_take(&out) : msk_xstrdup("/");
}

/* The file is not there. When its own name is a symlink, say where that leads to; links among its directories are
 * the tree's business. */
static int pass_over_absent(struct msk_search *s, const char *path, const struct msk_walk *w)
{
	MSK_AUTO_FREE char *base = msk_path_base(path), *target = NULL;

	for (size_t i = 0; i < w->links.n; i++) {
		MSK_AUTO_FREE char *link = msk_path_base(w->links.v[i]);

		if (target ? strcmp(target, w->links.v[i]) != 0 : strcmp(link, base) != 0)
			continue;
		free(target);
		target = link_target(w->links.v[i], w->targets.v[i]);
	}
	if (target) {
		MSK_AUTO_FREE char *why = msk_xasprintf("link target %s does not exist in the root", target);

		return pass_over(s, path, why);
	}
	return 0;
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
	if (s->lenient && err->code != MSK_E_IO) {
		*err = (struct msk_err)MSK_ERR_INIT;
		return 0;
	}
	if (!err->hint[0])
		msk_hint(err, "the loader would open %s and stop there", path);
	return -1;
}

/* What ld.so checks once it has decided for a file. */
static int check_library(const struct msk_search *s, const struct msk_elf *e, struct msk_err *err)
{
	const char *name = s->name;

	if (strcmp(e->platform.os, "linux") != 0)
		return msk_fail(err, MSK_E_MISSING, "%s: built for %s, not for Linux", name, e->platform.os);
	if (e->osabi == ELFOSABI_NONE && e->abiversion && e->machine != EM_MIPS)
		return msk_fail(err, MSK_E_INPUT, "%s: unknown ABI version %u", name, e->abiversion);
	if (e->type == ET_EXEC || e->pie)
		return msk_fail(err, MSK_E_INPUT, "%s: is a program, not a library", name);
	if (!e->has_dynamic)
		return msk_fail(err, MSK_E_INPUT, "%s: has no dynamic section, so it is no library", name);
	return 0;
}

static bool is_loaded(const struct msk_loader *l, const struct msk_rofile *f, size_t *object)
{
	char id[64];

	snprintf(id, sizeof id, "%" PRIu64 ":%" PRIu64, f->dev, f->ino);
	return msk_names_find(&l->ids, id, object);
}

/* 1: a library that fits, 0: passed over, -1: the loader would stop. */
static int examine(struct msk_search *s, const char *path, const struct msk_rofile *f, struct msk_err *err)
{
	const struct msk_elf *program = &s->l->c->objects[0].elf;
	MSK_AUTO_STR why = MSK_STR_INIT;
	struct msk_elf head;

	if (msk_elf_read_header(f, s->name, &head, err) < 0)
		return stop_at(s, path, err);
	if (msk_elf_misfit(program, &head, &why)) {
		/* Of another byte order is no reason to go on for ld.so, unless class or machine differ first. */
		bool fatal = !s->l->rules->skips_misfits ||
			     (head.elf_class == program->elf_class && head.big_endian != program->big_endian);

		if (!fatal || s->lenient)
			return pass_over(s, path, msk_str_c(&why));
		msk_fail(err, MSK_E_MISSING, "%s: %s", s->name, msk_str_c(&why));
		return stop_at(s, path, err);
	}
	if (msk_elf_read(f, s->name, &s->hit.elf, err) < 0)
		return stop_at(s, path, err);
	if (check_library(s, &s->hit.elf, err) < 0) {
		msk_elf_release(&s->hit.elf);
		return stop_at(s, path, err);
	}
	return 1;
}

static int take_hit(struct msk_search *s, const char *path, enum msk_found_by rule, const char *dir,
		    const struct msk_rofile *f, struct msk_walk *w)
{
	s->hit.path = msk_xstrdup(path);
	s->hit.found_by = rule;
	s->hit.rule_dir = dir ? msk_xstrdup(dir) : NULL;
	s->hit.dev = f->dev;
	s->hit.ino = f->ino;
	s->hit.walk = *w;
	*w = (struct msk_walk)MSK_WALK_INIT;
	return 1;
}

int msk_search_file(struct msk_search *s, const char *path, enum msk_found_by rule, const char *dir,
		    struct msk_err *err)
{
	struct msk_rotree *t = s->l->args->tree;
	MSK_AUTO_ROFILE f = MSK_ROFILE_INIT;
	MSK_AUTO_WALK w = MSK_WALK_INIT;
	enum msk_lookup how;
	int rc;

	s->l->probes++;
	if (msk_loader_charge(s->l, 1, err) < 0 || t->open(t, path, &how, &f, &w, err) < 0)
		return -1;
	if (how == MSK_ABSENT)
		return pass_over_absent(s, path, &w);
	if (how == MSK_DENIED) {
		msk_loader_note(s->l, "%s: cannot be read, so it was passed over", path);
		return pass_over(s, path, "cannot be read (Permission denied)");
	}
	if (how == MSK_LOOP) {
		msk_fail(err, MSK_E_INPUT, "%s: too many symbolic links (%d)", s->name, MSK_MAX_LINKS);
		return stop_at(s, path, err);
	}
	if (f.fd < 0) {
		msk_fail(err, MSK_E_INPUT, "%s: is %s, expected a regular file", s->name, kind_of(f.mode));
		return stop_at(s, path, err);
	}
	if (is_loaded(s->l, &f, &s->known))
		return 1;
	rc = examine(s, path, &f, err);
	return rc > 0 ? take_hit(s, path, rule, dir, &f, &w) : rc;
}

int msk_search_dirs(struct msk_search *s, const struct msk_strv *dirs, enum msk_found_by rule, struct msk_err *err)
{
	for (size_t i = 0; i < dirs->n; i++) {
		const char *dir = dirs->v[i];
		MSK_AUTO_FREE char *path = msk_xasprintf("%s/%s", strcmp(dir, "/") == 0 ? "" : dir, s->name);
		int rc;

		msk_strv_push(&s->trail.searched, dir);
		s->trail.n_dirs++;
		rc = msk_search_file(s, path, rule, dir, err);
		if (rc)
			return rc;
	}
	return 0;
}
