#include "diff.h"

#include <string.h>

struct msk_difference *msk_diff_note(struct msk_diff *d, enum msk_diff_kind kind, const char *what)
{
	MSK_GROW(d->v, d->n, d->cap);
	d->v[d->n] = (struct msk_difference){ .kind = kind, .what = msk_xstrdup(what) };
	return &d->v[d->n++];
}

void msk_diff_note_values(struct msk_diff *d, enum msk_diff_kind kind, const char *what, const char *from, const char *to)
{
	struct msk_difference *n = msk_diff_note(d, kind, what);

	n->from = from ? msk_xstrdup(from) : NULL;
	n->to = to ? msk_xstrdup(to) : NULL;
}

void msk_diff_release(struct msk_diff *d)
{
	for (size_t i = 0; i < d->n; i++) {
		struct msk_difference *n = &d->v[i];

		free(n->what);
		free(n->path);
		free(n->from);
		free(n->to);
		free(n->link_a);
		free(n->link_b);
	}
	free(d->v);
	*d = (struct msk_diff){ NULL, 0, 0 };
}

static int compare(const void *pa, const void *pb)
{
	const struct msk_difference *a = pa, *b = pb;
	int c = (a->kind > b->kind) - (a->kind < b->kind);

	if (c == 0 && a->path && b->path)
		c = strcmp(a->path, b->path);
	return c ? c : strcmp(a->what, b->what);
}

int msk_diff_images(const struct msk_diff_side *a, const struct msk_diff_side *b, struct msk_diff *out, struct msk_err *err)
{
	MSK_AUTO_DIFF d = { NULL, 0, 0 };

	if (msk_diff_paths(a, b, &d, err) < 0)
		return -1;
	msk_diff_documents(a->image, b->image, &d);
	if (d.n > 1)
		qsort(d.v, d.n, sizeof *d.v, compare);
	*out = d;
	d = (struct msk_diff){ NULL, 0, 0 };
	return 0;
}

const char *msk_diff_kind_name(enum msk_diff_kind k)
{
	static const char *const names[] = {
		[MSK_DIFF_CONFIG] = "config", [MSK_DIFF_MANIFEST] = "manifest", [MSK_DIFF_LAYER] = "layer",
		[MSK_DIFF_FORM] = "form", [MSK_DIFF_ADDED] = "added", [MSK_DIFF_REMOVED] = "removed",
		[MSK_DIFF_CHANGED] = "changed", [MSK_DIFF_GO] = "go",
	};

	return names[k];
}

const char *msk_diff_aspect_name(unsigned i)
{
	static const char *const names[MSK_DIFF_N_ASPECTS] = {
		"content", "mode", "owner", "type", "link", "xattr", "time",
	};

	return names[i];
}
