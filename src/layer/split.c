#include "split.h"

#include <string.h>

#define TAR_HEADER 512u

void msk_selection_release(struct msk_selection *s)
{
	free(s->has);
	*s = (struct msk_selection){ 0 };
}

const struct msk_entry *msk_selection_next(const struct msk_selection *s, struct msk_rootfs_walk *w)
{
	const struct msk_entry *e;

	while ((e = msk_rootfs_next(w)) && !s->has[e->number])
		;
	return e;
}

/* Select an entry and its parents; a selected parent has all of its own selected already. */
static void select_with_parents(const struct msk_rootfs *fs, struct msk_selection *s, const struct msk_entry *e)
{
	MSK_AUTO_FREE char *path = msk_xstrdup(e->path);

	while (!s->has[e->number]) {
		char *slash = strrchr(path, '/');

		s->has[e->number] = true;
		s->n++;
		if (slash == path)
			return;
		*slash = '\0';
		e = msk_rootfs_find(fs, path);
	}
}

/* The selection of a stratum, and of what it selected last the directory, all of whose parents are in it too. */
struct selecting {
	struct msk_selection s;
	struct msk_str dir;         /* with a slash behind it */
};

static void select_entry(const struct msk_rootfs *fs, struct selecting *to, const struct msk_entry *e)
{
	size_t dir = (size_t)(strrchr(e->path, '/') - e->path) + 1;

	if (!to->s.has)
		to->s.has = msk_xcalloc(msk_rootfs_count(fs), sizeof *to->s.has);
	if (to->dir.buf && dir == to->dir.len && memcmp(e->path, to->dir.buf, dir) == 0) {
		to->s.n += !to->s.has[e->number];
		to->s.has[e->number] = true;
		return;
	}
	select_with_parents(fs, &to->s, e);
	to->dir.len = 0;
	msk_str_add(&to->dir, e->path, dir);
}

/* An implied directory is nobody's own wish: it goes wherever something below it goes. */
static void select_strata(const struct msk_rootfs *fs, bool single, struct selecting by[MSK_OWN_LAYERS])
{
	MSK_AUTO_ROOTFS_WALK w;

	msk_rootfs_walk_init(&w, fs);
	for (const struct msk_entry *e; (e = msk_rootfs_next(&w));)
		if (!e->implied && !e->kept_below)
			select_entry(fs, &by[single ? 0 : e->stratum], e);
}

/* The probe alone, as of a static program: it lies in the root, and brings no parent along. */
static bool is_probe_alone(const struct msk_rootfs *fs, const struct msk_selection *s)
{
	MSK_AUTO_ROOTFS_WALK w;
	const struct msk_entry *e;

	msk_rootfs_walk_init(&w, fs);
	e = s->n == 1 ? msk_selection_next(s, &w) : NULL;
	return e && strcmp(e->origin.what, "--healthcheck") == 0;
}

static const char *history_of(const struct msk_rootfs *fs, size_t stratum, const struct msk_selection *s)
{
	static const char *const history[] = {
		[MSK_STRATUM_BASE] = "mkscratch: base files",
		[MSK_STRATUM_LIBS] = "mkscratch: libraries",
		[MSK_STRATUM_APP] = "mkscratch: program",
	};

	return stratum == MSK_STRATUM_LIBS && is_probe_alone(fs, s) ? "mkscratch: health probe" : history[stratum];
}

size_t msk_split(const struct msk_rootfs *fs, bool single, struct msk_selection out[MSK_OWN_LAYERS])
{
	struct selecting by[MSK_OWN_LAYERS] = { 0 };
	size_t n = 0;

	memset(out, 0, MSK_OWN_LAYERS * sizeof *out);
	select_strata(fs, single, by);
	for (size_t i = 0; i < MSK_OWN_LAYERS; i++) {
		msk_str_release(&by[i].dir);
		if (!by[i].s.n)
			continue;
		out[n] = by[i].s;
		out[n++].history = single ? "mkscratch: all files" : history_of(fs, i, &by[i].s);
	}
	return n;
}

/* As many as there are strata with something in them. */
size_t msk_layers_count(const struct msk_rootfs *fs, bool single)
{
	bool has[MSK_OWN_LAYERS] = { false };
	size_t n = 0;
	MSK_AUTO_ROOTFS_WALK w;

	msk_rootfs_walk_init(&w, fs);
	for (const struct msk_entry *e; n < (single ? 1 : MSK_OWN_LAYERS) && (e = msk_rootfs_next(&w));) {
		if (e->implied || e->kept_below || has[e->stratum])
			continue;
		has[e->stratum] = true;
		n++;
	}
	return n;
}

size_t msk_layer_headers_before(const char *path)
{
	size_t n = 0;

	for (; *path; path++)
		n += *path == '/';
	return n * TAR_HEADER;
}
