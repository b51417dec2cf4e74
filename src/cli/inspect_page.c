/* The page of `inspect --html`: a template, and the image's data as JSON in it. */
#include <string.h>

#include "inspect.h"
#include "mkscratch/fs.h"

__asm__(".section .rodata\n.local inspect_page\ninspect_page:\n.incbin \"src/page/inspect.html\"\n.byte 0\n.previous");
extern const char inspect_page[];

#define TITLE "@@TITLE@@"
#define DATA  "@@DATA@@"
#define FLUSH (64u << 10)

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
		msk_str_addf(&text, "%s%s%s (%s)", row->why, row->from ? " " : "", row->from ? row->from : "", row->what);
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

/* A page under way: what was not yet written. */
struct page {
	const struct inspected *d;
	struct msk_str text;
	int fd;
	const char *name;
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

/* The rows go out one by one: as values all of them would take ten times the room. */
static int add_data(struct page *p, struct msk_err *err)
{
	MSK_AUTO_JSON *summary = msk_inspect_json(p->d);
	MSK_AUTO_TREE_WALK w;
	const struct msk_node *n;

	add_json(&p->text, summary);
	p->text.len--;                         /* its closing brace */
	msk_str_adds(&p->text, ",\"files\":[");
	for (msk_tree_walk_init(&w, p->d->i->tree); (n = msk_tree_next(&w));) {
		msk_str_adds(&p->text, n->at ? ",\n" : "");
		add_file(p->d->i, n, &p->text);
		if (flush(p, FLUSH, err) < 0)
			return -1;
	}
	msk_str_adds(&p->text, "]}");
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
	return rc;
}
