#include "diff.h"

#include <string.h>

/* NULL is told apart from "". */
static void put_text(struct msk_str *out, const char *text)
{
	msk_table_put(out, text ? strlen(text) + 1 : 0);
	msk_str_adds(out, text ? text : "");
}

static const char *take_text(const unsigned char **p, struct msk_strv *keep)
{
	size_t n = msk_table_number(p);

	if (!n)
		return NULL;
	msk_strv_push_own(keep, msk_xstrndup((const char *)*p, n - 1));
	*p += n - 1;
	return keep->v[keep->n - 1];
}

static void put_node(struct msk_str *out, const struct msk_node *n)
{
	msk_table_put(out, n->type);
	msk_table_put(out, n->mode);
	msk_table_put(out, n->uid);
	msk_table_put(out, n->gid);
	msk_table_put(out, n->size);
	msk_table_put(out, (uint64_t)n->mtime);
	msk_table_put(out, n->dev_major);
	msk_table_put(out, n->dev_minor);
	put_text(out, n->link);
	put_text(out, n->xattrs);
}

static void take_node(const unsigned char **p, struct msk_strv *keep, struct msk_node *n)
{
	n->type = (uint8_t)msk_table_number(p);
	n->mode = (uint16_t)msk_table_number(p);
	n->uid = (uint32_t)msk_table_number(p);
	n->gid = (uint32_t)msk_table_number(p);
	n->size = msk_table_number(p);
	n->mtime = (int64_t)msk_table_number(p);
	n->dev_major = (uint32_t)msk_table_number(p);
	n->dev_minor = (uint32_t)msk_table_number(p);
	n->link = take_text(p, keep);
	n->xattrs = take_text(p, keep);
}

/* The order is that of the keys. */
static void add_key(struct msk_str *out, const struct msk_difference *n)
{
	msk_str_addc(out, (char)n->kind);
	if (n->path)
		msk_str_add(out, n->path, strlen(n->path) + 1);
	msk_str_adds(out, n->what);
}

void msk_diff_add(struct msk_diff *d, const struct msk_difference *n)
{
	MSK_AUTO_STR key = MSK_STR_INIT, value = MSK_STR_INIT;

	if (d->err.code)
		return;
	add_key(&key, n);
	put_text(&value, n->path);
	put_text(&value, n->from);
	put_text(&value, n->to);
	msk_table_put(&value, n->aspects);
	put_node(&value, &n->a);
	put_node(&value, &n->b);
	d->n++;
	d->of_kind[n->kind]++;
	(void)msk_table_add(&d->table, key.buf, key.len, value.buf, value.len, &d->err);
}

void msk_diff_note(struct msk_diff *d, enum msk_diff_kind kind, const char *what)
{
	msk_diff_note_values(d, kind, what, NULL, NULL);
}

void msk_diff_note_values(struct msk_diff *d, enum msk_diff_kind kind, const char *what, const char *from, const char *to)
{
	msk_diff_add(d, &(struct msk_difference){ .kind = kind, .what = what, .from = from, .to = to });
}

void msk_diff_walk_init(struct msk_diff_walk *w, const struct msk_diff *d)
{
	*w = (struct msk_diff_walk){ .texts = MSK_STRV_INIT };
	msk_table_walk_init(&w->records, &d->table);
}

const struct msk_difference *msk_diff_next(struct msk_diff_walk *w)
{
	const unsigned char *p;
	const char *key;

	if (!msk_table_next(&w->records))
		return NULL;
	msk_strv_release(&w->texts);
	key = w->records.key;
	p = w->records.value;
	w->n = (struct msk_difference){ .kind = (enum msk_diff_kind)key[0] };
	w->n.path = take_text(&p, &w->texts);
	w->n.from = take_text(&p, &w->texts);
	w->n.to = take_text(&p, &w->texts);
	w->n.aspects = (unsigned)msk_table_number(&p);
	take_node(&p, &w->texts, &w->n.a);
	take_node(&p, &w->texts, &w->n.b);
	w->n.what = key + 1 + (w->n.path ? strlen(w->n.path) + 1 : 0);
	return &w->n;
}

void msk_diff_walk_release(struct msk_diff_walk *w)
{
	msk_table_walk_release(&w->records);
	msk_strv_release(&w->texts);
}

void msk_diff_release(struct msk_diff *d)
{
	msk_table_release(&d->table);
	*d = (struct msk_diff){ .n = 0 };
}

int msk_diff_images(const struct msk_diff_side *a, const struct msk_diff_side *b, struct msk_diff *out, struct msk_err *err)
{
	MSK_AUTO_DIFF d = { .n = 0 };

	if (msk_diff_paths(a, b, &d, err) < 0)
		return -1;
	msk_diff_documents(a, b, &d);
	if (d.err.code) {
		*err = d.err;
		return -1;
	}
	if (msk_table_seal(&d.table, err) < 0)
		return -1;
	*out = d;
	d = (struct msk_diff){ .n = 0 };
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
