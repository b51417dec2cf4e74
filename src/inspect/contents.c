#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "inspect.h"
#include "mkscratch/elf.h"
#include "mkscratch/staging.h"

#define CHUNK          (256u << 10)
#define MAX_CERTS_FILE (4u << 20)

/* A reading under way. */
struct contents {
	struct msk_inspection *i;
	size_t cap;                    /* of objects */
	char *buf;                     /* CHUNK bytes */
};

/* The whole of a file of at most `limit` bytes; more is left. */
static int read_text(struct contents *c, const struct msk_layer_entry *entry, struct msk_str *out, struct msk_err *err)
{
	ssize_t n;

	while ((n = msk_layer_reader_data(entry->r, c->buf, CHUNK, err)) > 0)
		msk_str_add(out, c->buf, (size_t)n);
	return n < 0 ? -1 : 0;
}

static int read_certs(struct contents *c, const struct msk_layer_entry *entry, const struct msk_node *n, struct msk_err *err)
{
	MSK_AUTO_STR text = MSK_STR_INIT;

	if (n->size > MAX_CERTS_FILE)
		return 0;
	if (read_text(c, entry, &text, err) < 0)
		return -1;
	return msk_cert_list_add(&c->i->certs, n->path, &text, err);
}

static void add_object(struct contents *c, const struct msk_node *n, const struct msk_elf *e)
{
	struct msk_inspection *i = c->i;
	struct msk_object_told *o;

	MSK_GROW(i->objects, i->n_objects, c->cap);
	o = &i->objects[i->n_objects++];
	*o = (struct msk_object_told){ .node = msk_image_tree_find(i->tree, n->path),
				       .soname = e->soname ? msk_xstrdup(e->soname) : NULL };
	for (size_t k = 0; k < e->needed.n; k++)
		msk_strv_push(&o->needed, e->needed.v[k]);
	if (e->interp)
		msk_strv_push(&o->needed, e->interp);
	o->found = msk_xcalloc(o->needed.n + 1, sizeof *o->found);
}

/* The ELF reader goes to and fro, a layer only forth. *is_elf false: it begins otherwise, and is not read further. */
static int stage(struct contents *c, const struct msk_layer_entry *entry, struct msk_rofile *f, bool *is_elf,
		 struct msk_err *err)
{
	ssize_t n = msk_layer_reader_data(entry->r, c->buf, CHUNK, err);

	*is_elf = n >= 4 && memcmp(c->buf, "\177ELF", 4) == 0;
	if (n < 0 || !*is_elf)
		return n < 0 ? -1 : 0;
	if (msk_staging_file(&f->fd, err) < 0)
		return -1;
	for (; n > 0; n = msk_layer_reader_data(entry->r, c->buf, CHUNK, err)) {
		if (msk_staging_append(f->fd, c->buf, (size_t)n, err) < 0)
			return -1;
		f->size += (uint64_t)n;
	}
	return n < 0 ? -1 : 0;
}

static int read_object(struct contents *c, const struct msk_layer_entry *entry, const struct msk_node *n, struct msk_err *err)
{
	MSK_AUTO_ROFILE f = { .fd = -1, .mode = S_IFREG };
	struct msk_elf e = { 0 };
	bool is_elf;

	if (c->i->n_objects == MSK_MAX_OBJECTS_TOLD)
		return 0;
	if (stage(c, entry, &f, &is_elf, err) < 0)
		return -1;
	if (!is_elf)
		return 0;
	if (msk_elf_read_links(&f, n->path, &e, err) == 0)
		add_object(c, n, &e);
	else if (err->code == MSK_E_IO)
		return -1;
	msk_elf_release(&e);
	*err = (struct msk_err)MSK_ERR_INIT;
	return 0;
}

static int visit(void *ctx, const struct msk_layer_entry *entry, struct msk_err *err)
{
	struct contents *c = ctx;
	const struct msk_node n = msk_node_of_entry(entry, entry->path);

	if (entry->e->type != MSK_TAR_FILE)
		return 0;
	switch (msk_origin_of(c->i, &n)) {
	case MSK_ORIGIN_CERTIFICATE: return read_certs(c, entry, &n, err);
	case MSK_ORIGIN_PROGRAM:
	case MSK_ORIGIN_LIBRARY:     return read_object(c, entry, &n, err);
	default:                     return 0;
	}
}

static int by_path(const void *a, const void *b)
{
	uint64_t na = ((const struct msk_object_told *)a)->node->at, nb = ((const struct msk_object_told *)b)->node->at;

	return (na > nb) - (na < nb);
}

/* A name that objects go by. */
struct name {
	const char *text;
	size_t object;
};

static int compare_names(const void *pa, const void *pb)
{
	const struct name *a = pa, *b = pb;
	int c = strcmp(a->text, b->text);

	return c ? c : (a->object > b->object) - (a->object < b->object);
}

static int text_vs_name(const void *key, const void *n)
{
	return strcmp(key, ((const struct name *)n)->text);
}

static const char *base_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* By soname or file name, wherever it lies: this is a picture; `deps` and `verify` know what loaders do. */
static void connect(struct msk_inspection *i)
{
	MSK_AUTO_FREE struct name *names = msk_xcalloc(2 * i->n_objects + 1, sizeof *names);
	size_t n = 0;

	for (size_t k = 0; k < i->n_objects; k++) {
		names[n++] = (struct name){ base_of(i->objects[k].node->path), k };
		if (i->objects[k].soname)
			names[n++] = (struct name){ i->objects[k].soname, k };
	}
	qsort(names, n, sizeof *names, compare_names);
	for (size_t k = 0; k < i->n_objects; k++)
		for (size_t j = 0; j < i->objects[k].needed.n; j++) {
			const char *wanted = base_of(i->objects[k].needed.v[j]);
			const struct name *found = bsearch(wanted, names, n, sizeof *names, text_vs_name);

			i->objects[k].found[j] = found ? found->object : SIZE_MAX;
		}
}

int msk_inspect_contents(struct msk_inspection *i, const struct msk_source_images *s, struct msk_err *err)
{
	MSK_AUTO_FREE char *buf = msk_xmalloc(CHUNK);
	struct contents c = { .i = i, .buf = buf };

	if (msk_source_image_visit(s, i->image, i->tree, visit, &c, err) < 0)
		return -1;
	if (i->n_objects)
		qsort(i->objects, i->n_objects, sizeof *i->objects, by_path);
	connect(i);
	return 0;
}
