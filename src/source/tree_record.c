#include "tree_record.h"

#include <string.h>

void msk_tree_key(struct msk_str *out, const char *path)
{
	out->len = 0;
	msk_str_adds(out, path);
	for (size_t i = 0; i < out->len; i++)
		if (out->buf[i] == '/')
			out->buf[i] = '\0';
}

void msk_tree_path(struct msk_str *out, const char *key, size_t n)
{
	out->len = 0;
	msk_str_add(out, key, n);
	for (size_t i = 0; i < n; i++)
		if (out->buf[i] == '\0')
			out->buf[i] = '/';
}

/* Most have none of these, so one byte tells which are there, and the type. */
enum { LINK = 1, CAPS = 2, DATA = 4, IMPLIED = 8, XATTRS = 128 };

static unsigned extras_of(const struct msk_node *n)
{
	bool itself = n->data_layer == (n->type == MSK_TAR_FILE ? n->layer : 0) &&
		      n->data_nth == (n->type == MSK_TAR_FILE ? n->nth : 0);

	return (n->link ? LINK : 0) | (n->caps ? CAPS : 0) | (itself ? 0 : DATA) |
	       (n->nth == MSK_IMPLIED ? IMPLIED : 0) | (n->xattrs ? XATTRS : 0);
}

/* Times before 1970 are few, but they are there. */
static uint64_t zigzag(int64_t n)
{
	return n < 0 ? ~((uint64_t)n << 1) : (uint64_t)n << 1;
}

static int64_t unzigzag(uint64_t n)
{
	return (int64_t)(n & 1 ? ~(n >> 1) : n >> 1);
}

static void put_text(struct msk_str *value, const char *text)
{
	msk_table_put(value, strlen(text));
	msk_str_adds(value, text);
}

void msk_record_put_node(struct msk_str *value, enum msk_record_kind kind, const struct msk_node *n)
{
	unsigned extras = extras_of(n);

	value->len = 0;
	msk_str_addc(value, (char)kind);
	msk_str_addc(value, (char)(n->type << 4 | extras));
	msk_table_put(value, n->mode);
	msk_table_put(value, n->uid);
	msk_table_put(value, n->gid);
	msk_table_put(value, n->size);
	msk_table_put(value, zigzag(n->mtime));
	msk_table_put(value, n->layer);
	if (!(extras & IMPLIED))
		msk_table_put(value, n->nth);
	if (extras & DATA) {
		msk_table_put(value, n->data_layer);
		msk_table_put(value, n->data_nth);
	}
	if (msk_node_is_device(n)) {
		msk_table_put(value, n->dev_major);
		msk_table_put(value, n->dev_minor);
	}
	if (extras & LINK)
		put_text(value, n->link);
	if (extras & XATTRS)
		put_text(value, n->xattrs);
}

enum msk_record_kind msk_record_kind(const unsigned char *value)
{
	return (enum msk_record_kind)value[0];
}

enum msk_tar_type msk_record_type(const unsigned char *value)
{
	return (enum msk_tar_type)(value[1] >> 4 & 7);
}

/* Behind what `texts` holds, with its NUL. Returns where in it. */
static size_t take_text(const unsigned char **p, struct msk_str *texts)
{
	size_t n = msk_table_number(p), at = texts->len;

	msk_str_add(texts, *p, n);
	msk_str_addc(texts, '\0');
	*p += n;
	return at;
}

void msk_record_node(const unsigned char *value, struct msk_str *texts, struct msk_node *out)
{
	const unsigned char *p = value + 2;
	unsigned extras = value[1];
	size_t link = 0, xattrs = 0;

	*out = (struct msk_node){ .type = msk_record_type(value), .caps = extras & CAPS };
	texts->len = 0;
	out->mode = (uint16_t)msk_table_number(&p);
	out->uid = (uint32_t)msk_table_number(&p);
	out->gid = (uint32_t)msk_table_number(&p);
	out->size = msk_table_number(&p);
	out->mtime = unzigzag(msk_table_number(&p));
	out->layer = (uint16_t)msk_table_number(&p);
	out->nth = extras & IMPLIED ? MSK_IMPLIED : (uint32_t)msk_table_number(&p);
	if (extras & DATA) {
		out->data_layer = (uint16_t)msk_table_number(&p);
		out->data_nth = (uint32_t)msk_table_number(&p);
	} else if (out->type == MSK_TAR_FILE) {
		out->data_layer = out->layer;
		out->data_nth = out->nth;
	}
	if (msk_node_is_device(out)) {
		out->dev_major = (uint32_t)msk_table_number(&p);
		out->dev_minor = (uint32_t)msk_table_number(&p);
	}
	if (extras & LINK)
		link = take_text(&p, texts);
	if (extras & XATTRS)
		xattrs = take_text(&p, texts);
	out->link = extras & LINK ? texts->buf + link : NULL;
	out->xattrs = extras & XATTRS ? texts->buf + xattrs : NULL;
}

static void put_two(struct msk_str *value, enum msk_record_kind kind, uint32_t a, uint32_t b)
{
	value->len = 0;
	msk_str_addc(value, (char)kind);
	msk_table_put(value, a);
	msk_table_put(value, b);
}

static void take_two(const unsigned char *value, uint32_t *a, uint32_t *b)
{
	const unsigned char *p = value + 1;

	*a = (uint32_t)msk_table_number(&p);
	*b = (uint32_t)msk_table_number(&p);
}

void msk_record_put_removal(struct msk_str *value, const struct msk_removal *r)
{
	put_two(value, MSK_RECORD_REMOVAL, r->at, r->below);
}

struct msk_removal msk_record_removal(const unsigned char *value)
{
	struct msk_removal r;

	take_two(value, &r.at, &r.below);
	return r;
}

void msk_record_put_asked(struct msk_str *value, const struct msk_place *by)
{
	put_two(value, MSK_RECORD_ASKED, by->layer, by->nth);
}

struct msk_place msk_record_asked(const unsigned char *value)
{
	struct msk_place by;

	take_two(value, &by.layer, &by.nth);
	return by;
}

void msk_place_key(unsigned char key[MSK_PLACE_KEY], uint32_t layer, uint32_t nth)
{
	for (int i = 0; i < 4; i++) {
		key[i] = (unsigned char)(layer >> (24 - 8 * i));
		key[4 + i] = (unsigned char)(nth >> (24 - 8 * i));
	}
}

bool msk_place_seek_layer(struct msk_table_walk *w, uint32_t layer)
{
	unsigned char first[MSK_PLACE_KEY], next[MSK_PLACE_KEY];

	msk_place_key(first, layer, 0);
	msk_place_key(next, layer + 1, 0);
	return msk_table_seek(w, first, sizeof first) && msk_table_compare(w->key, w->n_key, next, sizeof next) < 0;
}
