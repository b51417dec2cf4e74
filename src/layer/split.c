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

/* An implied directory is nobody's own wish: it goes wherever something below it goes. */
static void select_strata(const struct msk_rootfs *fs, enum msk_strata from, enum msk_strata to,
			  struct msk_selection *s)
{
	MSK_AUTO_ROOTFS_WALK w;

	s->has = msk_xcalloc(msk_rootfs_count(fs) + 1, sizeof *s->has);
	msk_rootfs_walk_init(&w, fs);
	for (const struct msk_entry *e; (e = msk_rootfs_next(&w));)
		if (!e->implied && !e->kept_below && e->stratum >= from && e->stratum <= to)
			select_with_parents(fs, s, e);
	if (!s->n)
		msk_selection_release(s);
}

size_t msk_split(const struct msk_rootfs *fs, bool single, struct msk_selection out[MSK_OWN_LAYERS])
{
	static const char *const history[] = {
		[MSK_STRATUM_BASE] = "mkscratch: base files",
		[MSK_STRATUM_LIBS] = "mkscratch: libraries",
		[MSK_STRATUM_APP] = "mkscratch: program",
	};
	size_t n = 0;

	memset(out, 0, 3 * sizeof *out);
	if (single) {
		select_strata(fs, MSK_STRATUM_BASE, MSK_STRATUM_APP, &out[0]);
		out[0].history = "mkscratch: all files";
		return out[0].n ? 1 : 0;
	}
	for (int s = MSK_STRATUM_BASE; s <= MSK_STRATUM_APP; s++) {
		select_strata(fs, s, s, &out[n]);
		out[n].history = history[s];
		n += out[n].n ? 1 : 0;
	}
	return n;
}

size_t msk_layers_count(const struct msk_rootfs *fs, bool single)
{
	struct msk_selection s[3];
	size_t n = msk_split(fs, single, s);

	for (size_t i = 0; i < 3; i++)
		msk_selection_release(&s[i]);
	return n;
}

size_t msk_layer_headers_before(const char *path)
{
	size_t n = 0;

	for (; *path; path++)
		n += *path == '/';
	return n * TAR_HEADER;
}
