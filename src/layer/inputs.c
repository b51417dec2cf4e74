#include <assert.h>
#include <string.h>

#include "mkscratch/json.h"
#include "mkscratch/layer.h"
#include "mkscratch/rootfs_walk.h"

/* Stands for those that are not known yet. */
static const struct msk_digest made_up = {
	"sha256:0000000000000000000000000000000000000000000000000000000000000000"
};

/* Entries that one option brought along and that are told as one: those of a --tree, all zones. */
struct group {
	const char *what;
	char *first;                          /* path of the first and the last, a slash behind a directory's */
	struct msk_str last;
	size_t n;
	uint64_t size;
	struct msk_sha256 *listing, *link;    /* NULL: nothing is hashed */
};

static bool is_zone(const struct msk_entry *e)
{
	return msk_starts_with(e->path, "/usr/share/zoneinfo/") &&
	       (strcmp(e->origin.what, "--tz") == 0 || strcmp(e->origin.what, "--auto") == 0);
}

static bool is_grouped(const struct msk_entry *e)
{
	return e->origin.what && (msk_starts_with(e->origin.what, "--tree ") || is_zone(e));
}

/* What mkscratch makes itself is no input, but what it has made of inputs is one. */
static bool is_input(const struct msk_entry *e)
{
	const char *what = e->origin.what;

	return e->type == MSK_FILE && what && (msk_starts_with(what, "--") || strcmp(what, "library") == 0);
}

static const char *content_digest(const struct group *g, const struct msk_entry *e, const struct msk_digest *of_file,
				  struct msk_digest *room)
{
	if (e->type == MSK_FILE)
		return of_file->text;
	if (e->type == MSK_DIR)
		return "-";
	msk_sha256_add(g->link, e->link, strlen(e->link));
	msk_sha256_end(g->link, room);
	return room->text;
}

/* A line of the listing that is hashed; NUL ends it, which no path holds. */
static void add_line(struct group *g, const struct msk_entry *e, const struct msk_digest *of_file)
{
	static const char kinds[] = { [MSK_DIR] = 'd', [MSK_FILE] = 'f', [MSK_SYMLINK] = 'l' };
	MSK_AUTO_STR line = MSK_STR_INIT;
	struct msk_digest room;

	msk_str_addf(&line, "%c%04o ", kinds[e->type], e->mode);
	msk_str_addu(&line, e->uid, 10);
	msk_str_addc(&line, ':');
	msk_str_addu(&line, e->gid, 10);
	msk_str_addc(&line, ' ');
	msk_str_adds(&line, content_digest(g, e, of_file, &room));
	msk_str_addc(&line, ' ');
	msk_str_adds(&line, e->path);
	msk_sha256_add(g->listing, line.buf, line.len + 1);
}

static void group_release(struct group *g)
{
	free(g->first);
	msk_str_release(&g->last);
	msk_sha256_free(g->listing);
	msk_sha256_free(g->link);
}

static void set_path(struct msk_str *to, const struct msk_entry *e)
{
	to->len = 0;
	msk_str_adds(to, e->path);
	msk_str_adds(to, e->type == MSK_DIR ? "/" : "");
}

/* The entries of the same option as the first of them. */
static void gather_group(const struct msk_rootfs *fs, struct msk_file_digests *digests, bool *told, struct group *g)
{
	struct msk_digest digest;
	MSK_AUTO_ROOTFS_WALK w;

	msk_rootfs_walk_init(&w, fs);
	for (const struct msk_entry *e; (e = msk_rootfs_next(&w));) {
		if (told[e->number] || !is_grouped(e) || strcmp(e->origin.what, g->what) != 0)
			continue;
		told[e->number] = true;
		if (digests) {
			bool known = msk_file_digests_get(digests, e->number, &digest);

			assert(known || e->type != MSK_FILE);
			(void)known;
			add_line(g, e, &digest);
		}
		set_path(&g->last, e);
		if (!g->n++)
			g->first = msk_xstrdup(g->last.buf);
		g->size += e->type == MSK_FILE ? e->body.size : 0;
	}
}

/* The directory, with a slash, that holds them all: what the first and the last of a sorted list have in common. */
static char *group_path(const struct group *g)
{
	size_t end = 0;

	if (g->n == 1)
		return msk_xstrdup(g->first);
	for (size_t n = 0; g->first[n] && g->first[n] == g->last.buf[n]; n++)
		if (g->first[n] == '/')
			end = n + 1;
	return msk_xstrndup(g->first, end);
}

struct listener {
	msk_json_row_visitor *visit;
	void *arg;
};

static bool tell(const struct listener *to, const char *path, const char *what, const struct msk_digest *digest, uint64_t size)
{
	MSK_AUTO_FREE char *option = msk_xstrndup(what, strcspn(what, " "));
	MSK_AUTO_STR name = MSK_STR_INIT;
	MSK_AUTO_JSON *row = msk_json_array();

	msk_str_add_escaped(&name, path, strlen(path));
	msk_json_push(row, msk_json_string(msk_str_c(&name)));
	msk_json_push(row, msk_json_string(option));
	msk_json_push(row, msk_json_string(digest->text));
	msk_json_push(row, msk_json_int((int64_t)size));
	return to->visit(to->arg, row);
}

static bool tell_file(const struct listener *to, const struct msk_entry *e, struct msk_file_digests *digests)
{
	struct msk_digest digest = made_up;

	if (digests) {
		bool known = msk_file_digests_get(digests, e->number, &digest);

		assert(known);
		(void)known;
	}
	return tell(to, e->path, e->origin.what, &digest, e->body.size);
}

static bool tell_group(const struct listener *to, const struct msk_rootfs *fs, const char *what,
		       struct msk_file_digests *digests, bool *told)
{
	MSK_CLEANUP(group_release) struct group g = { .what = what };
	struct msk_digest digest = made_up;
	MSK_AUTO_FREE char *path = NULL;

	if (digests) {
		g.listing = msk_sha256_new();
		g.link = msk_sha256_new();
	}
	gather_group(fs, digests, told, &g);
	path = group_path(&g);
	if (digests)
		msk_sha256_end(g.listing, &digest);
	return tell(to, path, what, &digest, g.size);
}

void msk_layer_inputs(const struct msk_rootfs *fs, struct msk_file_digests *digests, msk_json_row_visitor *visit, void *arg)
{
	const struct listener to = { visit, arg };
	MSK_AUTO_FREE bool *told = msk_xcalloc(msk_rootfs_count(fs) + 1, sizeof *told);
	bool more = true;
	MSK_AUTO_ROOTFS_WALK w;

	msk_rootfs_walk_init(&w, fs);
	for (const struct msk_entry *e; more && (e = msk_rootfs_next(&w));) {
		if (is_grouped(e) && !told[e->number])
			more = tell_group(&to, fs, e->origin.what, digests, told);
		else if (!is_grouped(e) && is_input(e))
			more = tell_file(&to, e, digests);
	}
}
