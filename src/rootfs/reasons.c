#include <string.h>

#include "entry.h"
#include "mkscratch/json.h"
#include "mkscratch/rootfs_view.h"

/* The option without its value: "--file" of "--file ./a:/b". */
static size_t option_length(const char *what)
{
	return strcspn(what, " ");
}

static const char *reason_of(const struct msk_entry *e)
{
	return e->origin.lasting ? e->origin.lasting : e->origin.why;
}

static bool same_text(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

static bool same_reason(const struct msk_entry *a, const struct msk_entry *b)
{
	size_t n = option_length(a->origin.what);

	return n == option_length(b->origin.what) && strncmp(a->origin.what, b->origin.what, n) == 0 &&
	       same_text(reason_of(a), reason_of(b)) && same_text(a->origin.from, b->origin.from);
}

/* The entries below a directory: [*first, the result). */
static size_t range_below(const struct msk_rootfs *fs, const char *dir, size_t *first)
{
	MSK_AUTO_FREE char *prefix = msk_xasprintf("%s/", dir);
	size_t lo = 0, hi = fs->n, end;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (strcmp(fs->v[mid].path, prefix) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	for (end = lo; end < fs->n && msk_starts_with(fs->v[end].path, prefix); end++)
		;
	*first = lo;
	return end;
}

/* The one reason of a directory and all below it, parents aside; NULL when there are several, or only one entry. */
static const struct msk_entry *shared_reason(const struct msk_rootfs *fs, const struct msk_entry *dir, size_t first,
					     size_t end)
{
	const struct msk_entry *shared = dir->implied ? NULL : dir;
	size_t n = shared != NULL;

	for (size_t i = first; i < end; i++) {
		const struct msk_entry *e = &fs->v[i];

		if (e->implied)
			continue;
		if (shared && !same_reason(shared, e))
			return NULL;
		shared = e;
		n++;
	}
	return n > 1 ? shared : NULL;
}

static void add_text(struct msk_json *row, const char *text, size_t n)
{
	MSK_AUTO_STR s = MSK_STR_INIT;

	msk_str_add_escaped(&s, text, n);
	msk_json_push(row, msk_json_string(msk_str_c(&s)));
}

/* The entry that brought this one along, by its place in the image, whatever links led to it when it was found; a link that
 * brought what it leads to by its own. */
static void add_from(struct msk_json *row, const struct msk_rootfs_view *view, const struct msk_entry *brought)
{
	const struct msk_entry *e = msk_rootfs_view_find(view, brought->origin.from);
	const char *from = e && e != brought ? e->path : brought->origin.from;

	add_text(row, from, strlen(from));
}

static void add_row(struct msk_json *rows, const struct msk_rootfs_view *view, const char *path, const struct msk_entry *e)
{
	struct msk_json *row = msk_json_array();
	const char *why = reason_of(e);

	add_text(row, path, strlen(path));
	add_text(row, e->origin.what, option_length(e->origin.what));
	add_text(row, why, strlen(why));
	if (e->origin.from)
		add_from(row, view, e);
	msk_json_push(rows, row);
}

struct msk_json *msk_rootfs_reasons(const struct msk_rootfs *fs)
{
	MSK_AUTO_FREE bool *told = msk_xcalloc(fs->n + 1, sizeof *told);
	struct msk_json *rows = msk_json_array();
	struct msk_rootfs_view view;

	msk_rootfs_view_init(&view, fs);
	for (size_t i = 0; i < fs->n; i++) {
		const struct msk_entry *e = &fs->v[i], *shared = NULL;
		size_t first = 0, end = 0;

		if (told[i])
			continue;
		if (e->type == MSK_DIR) {
			end = range_below(fs, e->path, &first);
			shared = shared_reason(fs, e, first, end);
		}
		if (shared) {
			MSK_AUTO_FREE char *path = msk_xasprintf("%s/", e->path);

			memset(told + first, true, end - first);
			add_row(rows, &view, path, shared);
		} else if (!e->implied) {
			add_row(rows, &view, e->path, e);
		}
	}
	return rows;
}
