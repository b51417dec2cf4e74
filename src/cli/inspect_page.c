/* The page of `inspect --html`: a template, and the image's data as JSON in it. */
#include <string.h>

#include "inspect.h"
#include "mkscratch/fs.h"
#include "mkscratch/rootfs.h"

__asm__(".section .rodata\n.local inspect_page\ninspect_page:\n.incbin \"src/page/inspect.html\"\n.byte 0\n.previous");
extern const char inspect_page[];

#define TITLE "@@TITLE@@"
#define DATA  "@@DATA@@"
#define FLUSH (64u << 10)
/* What a browser still opens and searches at once: rows, and bytes of them. Beyond that the largest files are told, and of
 * all else sums, by the directory at the top. */
#define MAX_ROWS      50000
#define MAX_ROW_BYTES (12u << 20)
#define MAX_SUMS      1000

static void add_html(struct msk_str *out, const char *text)
{
	MSK_AUTO_STR escaped = MSK_STR_INIT;

	msk_str_add_shown(&escaped, text, strlen(text));
	for (const char *p = msk_str_c(&escaped); *p; p++) {
		if (*p == '<')
			msk_str_adds(out, "&lt;");
		else if (*p == '&')
			msk_str_adds(out, "&amp;");
		else
			msk_str_addc(out, *p);
	}
}

/* Inside of a script element nothing ends it but "<", and JSON has another way to write that. */
static void add_json(struct msk_str *out, const struct msk_json *v)
{
	MSK_AUTO_STR text = MSK_STR_INIT;

	msk_json_dump(v, &text);
	for (size_t i = 0; i < text.len; i++) {
		if (text.buf[i] == '<')
			msk_str_adds(out, "\\u003c");
		else
			msk_str_addc(out, text.buf[i]);
	}
}

/* "needed by /app: libz.so.1 (library)" as `why` has it. */
static struct msk_json *reason_json(const struct msk_inspection *i, const struct msk_node *n)
{
	MSK_AUTO_STR path = MSK_STR_INIT;
	MSK_AUTO_STR text = MSK_STR_INIT;
	const struct msk_record_row *row;

	msk_str_addc(&path, '/');
	msk_str_add_escaped(&path, n->path, strlen(n->path));
	row = msk_record_find(&i->record, path.buf);
	if (row)
		msk_str_addf(&text, "%s%s%s (%s)", row->why, row->from ? " " : "", row->from ? row->from : "",
			     msk_what_told(row->what));
	else if (i->record.n && n->type == MSK_TAR_DIR)
		msk_str_adds(&text, "parent");
	return msk_json_text(msk_str_c(&text));
}

/* A row of the page's table; its columns are named there. */
static void add_file(const struct msk_inspection *i, const struct msk_node *n, struct msk_str *out)
{
	static const char *const types[] = { [MSK_TAR_DIR] = "directory", [MSK_TAR_FILE] = "file",
					     [MSK_TAR_SYMLINK] = "symlink", [MSK_TAR_HARDLINK] = "hard link",
					     [MSK_TAR_CHARDEV] = "device", [MSK_TAR_BLOCKDEV] = "device",
					     [MSK_TAR_FIFO] = "fifo" };
	MSK_AUTO_FREE char *mode = msk_xasprintf("%04o", n->mode & 07777), *owner = msk_xasprintf("%u:%u", n->uid, n->gid);
	MSK_AUTO_JSON *row = msk_json_array();

	msk_json_push(row, msk_json_text(n->path));
	msk_json_push(row, msk_json_string(types[n->type]));
	msk_json_push(row, msk_json_int((int64_t)n->size));
	msk_json_push(row, msk_json_string(mode));
	msk_json_push(row, msk_json_string(owner));
	msk_json_push(row, msk_json_int(n->layer));
	msk_json_push(row, msk_json_int(i->origins[n->at]));
	msk_json_push(row, reason_json(i, n));
	if (n->link)
		msk_json_push(row, msk_json_text(n->link));
	add_json(out, row);
}

/* Sizes told apart by their highest five bits. */
#define N_CLASSES (64 * 16)

static unsigned class_of(uint64_t size)
{
	unsigned top = size ? 63 - (unsigned)__builtin_clzll(size) : 0;

	return top * 16 + (unsigned)(top < 4 ? size << (4 - top) : size >> (top - 4)) % 16;
}

/* Which entries have a row of their own: files of a class above `least`, and so many of that one. */
struct choice {
	bool all;
	unsigned least;
	size_t of_least;
};

static void choose(const struct msk_image_tree *t, struct choice *out)
{
	MSK_AUTO_FREE size_t *files = msk_xcalloc(N_CLASSES, sizeof *files);
	MSK_AUTO_TREE_WALK w;
	const struct msk_node *n;
	size_t room = MAX_ROWS;

	*out = (struct choice){ .all = t->n <= MAX_ROWS, .least = N_CLASSES - 1 };
	for (msk_tree_walk_init(&w, t); !out->all && (n = msk_tree_next(&w));)
		files[class_of(n->size)] += n->type == MSK_TAR_FILE;
	for (; out->least && files[out->least] <= room; out->least--)
		room -= files[out->least];
	out->of_least = room;
}

/* What has none, below one directory at the top. */
struct sum {
	struct msk_str dir;
	struct msk_tally by_origin[MSK_N_ORIGINS];
};

/* A page under way: what was not yet written. */
struct page {
	const struct inspected *d;
	struct msk_str text;
	int fd;
	const char *name;
	struct choice choice;
	size_t rows, sums, unlisted;
	uint64_t row_bytes;
	struct sum here, rest;         /* of the directory that the walk is in; of what is in none, or in too many */
};

static int flush(struct page *p, size_t unless_below, struct msk_err *err)
{
	if (p->text.len < unless_below)
		return 0;
	if (msk_write_full(p->fd, msk_str_c(&p->text), p->text.len, p->name, err) < 0)
		return -1;
	p->text.len = 0;
	return 0;
}

static void begin_row(struct page *p)
{
	msk_str_adds(&p->text, p->rows++ ? ",\n" : "");
}

static void add_sum(struct page *p, const struct sum *s)
{
	for (int i = 0; i < MSK_N_ORIGINS; i++) {
		MSK_AUTO_FREE char *path = msk_xasprintf("%s%s…", msk_str_c(&s->dir), s->dir.len ? "/" : "");
		MSK_AUTO_FREE char *why = msk_xasprintf("%zu entries that are not told one by one", s->by_origin[i].files);
		MSK_AUTO_JSON *row = msk_json_array();

		if (!s->by_origin[i].files)
			continue;
		msk_json_push(row, msk_json_text(path));
		msk_json_push(row, msk_json_string("smaller"));
		msk_json_push(row, msk_json_int((int64_t)s->by_origin[i].bytes));
		msk_json_push(row, msk_json_string(""));
		msk_json_push(row, msk_json_string(""));
		msk_json_push(row, msk_json_int(0));
		msk_json_push(row, msk_json_int(i));
		msk_json_push(row, msk_json_string(why));
		begin_row(p);
		add_json(&p->text, row);
	}
}

static void end_directory(struct page *p)
{
	bool has_own = p->sums < MAX_SUMS;

	for (int i = 0; !has_own && i < MSK_N_ORIGINS; i++) {
		p->rest.by_origin[i].files += p->here.by_origin[i].files;
		p->rest.by_origin[i].bytes += p->here.by_origin[i].bytes;
	}
	if (has_own)
		add_sum(p, &p->here);
	p->sums++;
	msk_str_release(&p->here.dir);
	p->here = (struct sum){ .dir = MSK_STR_INIT };
}

/* What is below a directory stands right behind it. */
static struct sum *sum_for(struct page *p, const char *path)
{
	size_t n = strcspn(path, "/");

	if (!path[n])
		return &p->rest;
	if (p->here.dir.len == n && memcmp(p->here.dir.buf, path, n) == 0)
		return &p->here;
	if (p->here.dir.len)
		end_directory(p);
	msk_str_add(&p->here.dir, path, n);
	return &p->here;
}

static void count_in_sum(struct page *p, const struct msk_node *n)
{
	struct msk_tally *t = &sum_for(p, n->path)->by_origin[p->d->i->origins[n->at]];

	t->files++;
	t->bytes += n->type == MSK_TAR_FILE ? n->size : 0;
	p->unlisted++;
}

static bool has_row(struct page *p, const struct msk_node *n)
{
	unsigned class = class_of(n->size);

	if (p->row_bytes > MAX_ROW_BYTES)
		return false;
	if (p->choice.all)
		return true;
	if (n->type != MSK_TAR_FILE || class < p->choice.least || (class == p->choice.least && !p->choice.of_least))
		return false;
	p->choice.of_least -= class == p->choice.least;
	return true;
}

/* The rows go out one by one: as values all of them would take ten times the room. */
static int add_data(struct page *p, struct msk_err *err)
{
	MSK_AUTO_JSON *summary = msk_inspect_json(p->d);
	MSK_AUTO_TREE_WALK w;
	const struct msk_node *n;

	add_json(&p->text, summary);
	p->text.len--;                         /* its closing brace */
	msk_str_adds(&p->text, ",\"files\":[");
	choose(p->d->i->tree, &p->choice);
	for (msk_tree_walk_init(&w, p->d->i->tree); (n = msk_tree_next(&w));) {
		size_t before;

		if (!has_row(p, n)) {
			count_in_sum(p, n);
			continue;
		}
		begin_row(p);
		before = p->text.len;
		add_file(p->d->i, n, &p->text);
		p->row_bytes += p->text.len - before;
		if (flush(p, FLUSH, err) < 0)
			return -1;
	}
	end_directory(p);
	add_sum(p, &p->rest);
	msk_str_addf(&p->text, "],\"unlisted\":%zu}", p->unlisted);
	return 0;
}

static int write_page(struct page *p, struct msk_err *err)
{
	const struct msk_source_image *image = p->d->arg->image;
	const char *title = strstr(inspect_page, TITLE), *data = strstr(inspect_page, DATA);

	msk_str_add(&p->text, inspect_page, (size_t)(title - inspect_page));
	add_html(&p->text, image->tags.n ? image->tags.v[0] : msk_source_name(p->d->arg->images.source));
	title += strlen(TITLE);
	msk_str_add(&p->text, title, (size_t)(data - title));
	if (add_data(p, err) < 0)
		return -1;
	msk_str_adds(&p->text, data + strlen(DATA));
	return flush(p, 0, err);
}

int msk_inspect_write_page(const struct inspected *d, int fd, const char *name, struct msk_err *err)
{
	struct page p = { .d = d, .fd = fd, .name = name };
	int rc = write_page(&p, err);

	msk_str_release(&p.text);
	msk_str_release(&p.here.dir);
	return rc;
}
