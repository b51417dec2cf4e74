#include <string.h>

#include "mkscratch/json.h"
#include "mkscratch/rootfs_walk.h"
#include "mkscratch/rootfs_view.h"

const char *msk_what_told(const char *what)
{
	if (strcmp(what, "identity") == 0)
		return "--user";
	return strcmp(what, "skeleton") == 0 ? "mkscratch itself" : what;
}

/* The option without its value: "--file" of "--file ./a:/b". */
static size_t option_length(const char *what)
{
	return strcspn(what, " ");
}

static const char *reason_of(const struct msk_origin *o)
{
	return o->lasting ? o->lasting : o->why;
}

static bool same_text(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

static bool same_reason(const struct msk_origin *a, const struct msk_origin *b)
{
	size_t n = option_length(a->what);

	return n == option_length(b->what) && strncmp(a->what, b->what, n) == 0 &&
	       same_text(reason_of(a), reason_of(b)) && same_text(a->from, b->from);
}

/* Why, and which entry says so. */
struct reason {
	struct msk_origin origin;
	size_t number;
};

static struct reason own_reason(const struct msk_entry *e)
{
	return (struct reason){ e->origin, e->number };
}

/* The one reason of a directory and all below it, parents aside; false when there are several, or only one entry. */
static bool shared_reason(const struct msk_rootfs *fs, const struct msk_entry *dir, struct reason *shared)
{
	size_t n = !dir->implied;
	MSK_AUTO_ROOTFS_WALK w;

	*shared = own_reason(dir);
	msk_rootfs_walk_below(&w, fs, dir->path);
	for (const struct msk_entry *e; (e = msk_rootfs_next(&w));) {
		if (e->implied)
			continue;
		if (n && !same_reason(&shared->origin, &e->origin))
			return false;
		*shared = own_reason(e);
		n++;
	}
	return n > 1;
}

static void mark_below(const struct msk_rootfs *fs, const struct msk_entry *dir, bool *told)
{
	MSK_AUTO_ROOTFS_WALK w;

	msk_rootfs_walk_below(&w, fs, dir->path);
	for (const struct msk_entry *e; (e = msk_rootfs_next(&w));)
		told[e->number] = true;
}

static void add_text(struct msk_json *row, const char *text, size_t n)
{
	MSK_AUTO_STR s = MSK_STR_INIT;

	msk_str_add_escaped(&s, text, n);
	msk_json_push(row, msk_json_string(msk_str_c(&s)));
}

struct listener {
	msk_json_row_visitor *visit;
	void *arg;
};

/* The entry that brought this one along, by its place in the image, whatever links led to it when it was found; a link that
 * brought what it leads to by its own. */
static void add_from(struct msk_json *row, const struct msk_rootfs_view *view, const struct reason *brought)
{
	const struct msk_entry *e = msk_rootfs_view_find(view, brought->origin.from);
	const char *from = e && e->number != brought->number ? e->path : brought->origin.from;

	add_text(row, from, strlen(from));
}

static bool tell(const struct listener *to, const struct msk_rootfs_view *view, const char *path, const struct reason *r)
{
	MSK_AUTO_JSON *row = msk_json_array();
	const char *why = reason_of(&r->origin);

	add_text(row, path, strlen(path));
	add_text(row, r->origin.what, option_length(r->origin.what));
	add_text(row, why, strlen(why));
	if (r->origin.from)
		add_from(row, view, r);
	return to->visit(to->arg, row);
}

void msk_rootfs_reasons(const struct msk_rootfs *fs, msk_json_row_visitor *visit, void *arg)
{
	const struct listener to = { visit, arg };
	MSK_AUTO_FREE bool *told = msk_xcalloc(msk_rootfs_count(fs) + 1, sizeof *told);
	struct msk_rootfs_view view;
	bool more = true;
	MSK_AUTO_ROOTFS_WALK w;

	msk_rootfs_view_init(&view, fs);
	msk_rootfs_walk_init(&w, fs);
	for (const struct msk_entry *e; more && (e = msk_rootfs_next(&w));) {
		struct reason r = own_reason(e);

		if (told[e->number])
			continue;
		if (e->type == MSK_DIR && shared_reason(fs, e, &r)) {
			MSK_AUTO_FREE char *path = msk_xasprintf("%s/", e->path);

			mark_below(fs, e, told);
			more = tell(&to, &view, path, &r);
		} else if (!e->implied) {
			r = own_reason(e);
			more = tell(&to, &view, e->path, &r);
		}
	}
}
