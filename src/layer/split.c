#include "split.h"

#include <string.h>

void msk_selection_release(struct msk_selection *s)
{
	free(s->v);
	*s = (struct msk_selection){ 0 };
}

/* Mark an entry and its parents; a marked parent has all of its own marked already. */
static void mark(const struct msk_rootfs *fs, bool *marks, size_t i)
{
	MSK_AUTO_FREE char *path = msk_xstrdup(msk_rootfs_at(fs, i)->path);

	while (!marks[i]) {
		char *slash = strrchr(path, '/');

		marks[i] = true;
		if (slash == path)
			return;
		*slash = '\0';
		i = (size_t)(msk_rootfs_find(fs, path) - msk_rootfs_at(fs, 0));
	}
}

static void select_marked(const bool *marks, size_t n, struct msk_selection *s)
{
	for (size_t i = 0; i < n; i++) {
		if (!marks[i])
			continue;
		MSK_GROW(s->v, s->n, s->cap);
		s->v[s->n++] = i;
	}
}

/* An implied directory is nobody's own wish: it goes wherever something below it goes. */
static void select_strata(const struct msk_rootfs *fs, enum msk_strata from, enum msk_strata to,
			  struct msk_selection *s)
{
	size_t n = msk_rootfs_count(fs);
	MSK_AUTO_FREE bool *marks = msk_xcalloc(n, sizeof *marks);

	for (size_t i = 0; i < n; i++) {
		const struct msk_entry *e = msk_rootfs_at(fs, i);

		if (!e->implied && !e->kept_below && e->stratum >= from && e->stratum <= to)
			mark(fs, marks, i);
	}
	select_marked(marks, n, s);
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
