#include <string.h>
#include <sys/stat.h>

#include "mkscratch/fs.h"
#include "mkscratch/gather.h"
#include "mkscratch/tzif.h"
#include "zone_names.h"

#define MAX_FILE_BYTES (1u << 20)
#define MAX_ALL_BYTES  (64u << 20)      /* held in memory until the layer is written */

/* Zones on their way into the image. Paths are relative to zoneinfo. */
struct zones {
	struct msk_gather *g;
	size_t files;                   /* zone files, tables not counted */
	size_t bytes;
	char *lasting;                  /* the reason, where it is what a program requires */
	char *behind;                   /* the link that leads to what comes next; NULL: it was asked for by its name */
	struct msk_str path;            /* where the present one comes to be */
};

/* Good until the next. */
static const char *path_of(struct zones *z, const char *rel)
{
	z->path.len = 0;
	msk_str_adds(&z->path, MSK_ZONEINFO);
	if (rel[0])
		msk_str_addc(&z->path, '/');
	msk_str_adds(&z->path, rel);
	return z->path.buf;
}

static int too_large(size_t bytes, struct msk_err *err)
{
	return msk_fail(err, MSK_E_INPUT, "zoneinfo: larger than %u bytes (%zu)", MAX_ALL_BYTES, bytes);
}

static struct msk_entry_spec spec_for(const struct zones *z, const char *path, uint32_t mode, const char *why)
{
	const struct msk_plan *p = z->g->plan;

	if (z->behind)
		return (struct msk_entry_spec){ .path = path, .what = p->tz_by, .why = "zone behind a link",
						.lasting = "the zone behind", .from = z->behind, .mode = mode,
						.stratum = MSK_STRATUM_BASE };
	return (struct msk_entry_spec){ .path = path, .what = p->tz ? p->tz_by : "--auto", .why = why,
					.lasting = p->tz ? "time zones" : z->lasting, .mode = mode,
					.from = p->tz ? NULL : z->g->required[MSK_WANT_ZONES].program,
					.stratum = MSK_STRATUM_BASE };
}

/* Of its size as gathered, which is compared afterwards: looking for its end would be a call more for each of many
 * files. One without a size may have bytes all the same. */
static int read_file(const struct msk_rofile *f, const char *rel, struct msk_str *data, struct msk_err *err)
{
	ssize_t got;

	if (f->size == 0 || f->size > MAX_FILE_BYTES)
		return msk_read_all(f->fd, MAX_FILE_BYTES, data, rel, err);
	got = msk_read_full(f->fd, msk_str_room(data, (size_t)f->size), (size_t)f->size, rel, err);
	if (got < 0)
		return -1;
	if ((uint64_t)got != f->size)
		return msk_fail(err, MSK_E_IO, "%s: changed while it was being read", rel);
	msk_str_wrote(data, (size_t)got);
	return 0;
}

static int add_file(struct zones *z, const char *rel, const struct msk_rofile *f, bool must_be_zone,
		    struct msk_err *err)
{
	MSK_AUTO_STR data = MSK_STR_INIT;
	struct msk_entry_spec s = spec_for(z, path_of(z, rel), 0644, "zone");

	if (!S_ISREG(f->mode))
		return msk_fail(err, MSK_E_INPUT, "%s: is %s, expected a regular file", rel, msk_mode_kind(f->mode));
	if (read_file(f, rel, &data, err) < 0 || msk_rofile_unchanged(f, f->fd, rel, err) < 0)
		return -1;
	z->bytes += data.len;
	if (z->bytes > MAX_ALL_BYTES)
		return too_large(z->bytes, err);
	if (must_be_zone || msk_tzif_claims(&data) || !msk_zone_may_be_table(rel)) {
		if (msk_tzif_check(&data, rel, err) < 0)
			return -1;
		z->files++;
	} else {
		s.why = "table of the zones";
	}
	return msk_rootfs_add_text(z->g->fs, &s, &data, err);
}

/* Append the parts of `more` to `to`; false when ".." leads out. */
static bool join(struct msk_str *to, const char *more)
{
	while (*more) {
		size_t n = strcspn(more, "/");

		if (n == 2 && memcmp(more, "..", 2) == 0) {
			if (to->len == 0)
				return false;
			while (to->len && to->buf[--to->len] != '/')
				;
			to->buf[to->len] = '\0';
		} else if (n && !(n == 1 && more[0] == '.')) {
			if (to->len)
				msk_str_addc(to, '/');
			msk_str_add(to, more, n);
		}
		more += n + (more[n] == '/');
	}
	return true;
}

/* Does the symlink `rel` lead to something that is packed too? */
static bool stays_inside(const char *rel, const char *text)
{
	MSK_AUTO_STR to = MSK_STR_INIT;
	const char *slash = strrchr(rel, '/');
	size_t top;

	if (text[0] == '/') {
		if (!msk_starts_with(text, MSK_ZONEINFO "/"))
			return false;
		text += sizeof MSK_ZONEINFO;
	} else if (slash) {
		msk_str_add(&to, rel, (size_t)(slash - rel));
	}
	if (!join(&to, text) || to.len == 0)
		return false;
	top = strcspn(to.buf, "/");
	to.buf[top] = '\0';
	return !msk_zone_left_out(to.buf);
}

static int add_link(struct zones *z, const char *rel, const char *text, struct msk_err *err)
{
	struct msk_entry_spec s = spec_for(z, path_of(z, rel), 0777, "another name of a zone");

	return msk_rootfs_add_symlink(z->g->fs, &s, text, err);
}

/* A link to what is not packed becomes the file it leads to; `localtime` is a setting of the host and stays there,
 * and so does what leads nowhere. */
static int add_link_out(struct zones *z, const char *rel, const char *text, struct msk_err *err)
{
	MSK_AUTO_ROFILE f = MSK_ROFILE_INIT;
	struct msk_rotree *t = msk_host_tree(z->g->host);
	enum msk_lookup how = MSK_ABSENT;

	if (strcmp(text, "/etc/localtime") != 0 && t->open(t, path_of(z, rel), &how, &f, NULL, err) < 0)
		return -1;
	if (how == MSK_FOUND && S_ISREG(f.mode))
		return add_file(z, rel, &f, false, err);
	msk_debug(z->g->log, "zoneinfo: %s left out, it leads to %s", rel, text);
	return 0;
}

static int visit(void *ctx, const struct msk_visit *v, struct msk_err *err)
{
	struct zones *z = ctx;

	if (msk_zone_left_out(v->rel))
		return MSK_VISIT_SKIP;
	if (v->link)
		return stays_inside(v->rel, v->link) ? add_link(z, v->rel, v->link, err) :
						       add_link_out(z, v->rel, v->link, err);
	if (S_ISDIR(v->file->mode)) {
		struct msk_entry_spec s = spec_for(z, path_of(z, v->rel), 0755, "directory of zones");

		return msk_rootfs_add_dir(z->g->fs, &s, err);
	}
	return add_file(z, v->rel, v->file, false, err);
}

static int fail_none(struct zones *z, struct msk_err *err)
{
	const char *root = msk_host_root(z->g->host);

	msk_fail(err, MSK_E_INPUT, "zoneinfo: no zones found in %s (looked in %s)", root, MSK_ZONEINFO);
	if (strcmp(root, "/") == 0)
		return msk_hint(err, "apt-get install tzdata, dnf install tzdata or apk add tzdata");
	return msk_hint(err, "install tzdata in %s, or take this host's: --tree %s:%s", root, MSK_ZONEINFO, MSK_ZONEINFO);
}

static int add_all(struct zones *z, struct msk_err *err)
{
	bool found;

	if (msk_host_visit(z->g->host, MSK_ZONEINFO, &found, visit, z, err) < 0)
		return -1;
	return found && z->files ? 0 : fail_none(z, err);
}

static int fail_unknown(struct zones *z, const char *zone, struct msk_err *err)
{
	MSK_AUTO_STR near = MSK_STR_INIT;
	struct msk_err ignored = MSK_ERR_INIT;

	msk_zone_nearest(z->g->host, zone, &near, &ignored);
	msk_fail(err, MSK_E_USAGE, "zone \"%s\": not in %s", zone, MSK_ZONEINFO);
	return near.len ? msk_hint(err, "did you mean %s?", near.buf) : -1;
}

static int fail_directory(const char *zone, struct msk_err *err)
{
	msk_fail(err, MSK_E_USAGE, "zone \"%s\": is a directory of zones", zone);
	return msk_hint(err, "'%s/*' names all that are in it", zone);
}

/* Taken, it would make an image depend on where it was built. */
static int fail_localtime(struct msk_err *err)
{
	msk_fail(err, MSK_E_USAGE, "zone \"localtime\": is a setting of the host, no zone");
	return msk_hint(err, "name the zone itself: --localtime Europe/Oslo");
}

/* The path below `top`, or NULL when it lies elsewhere. */
static const char *below(const char *path, const char *top)
{
	size_t n = strlen(top);

	return strncmp(path, top, n) == 0 && path[n] == '/' ? path + n + 1 : NULL;
}

/* What comes next is there because of the link `rel`. */
static void go_behind(struct zones *z, const char *rel)
{
	free(z->behind);
	z->behind = rel ? msk_xasprintf("%s/%s", MSK_ZONEINFO, rel) : NULL;
}

/* Lay down the links on the way to a zone, then its file; where a link leads out, the file takes the link's place. */
static int add_way(struct zones *z, const char *top, const char *zone, const struct msk_walk *walk,
		   const struct msk_rofile *f, struct msk_err *err)
{
	const char *rel;

	for (size_t i = 0; i < walk->links.n; i++) {
		rel = below(walk->links.v[i], top);
		if (!rel)
			continue;
		if (!stays_inside(rel, walk->targets.v[i]))
			return add_file(z, rel, f, true, err);
		if (add_link(z, rel, walk->targets.v[i], err) < 0)
			return -1;
		go_behind(z, rel);
	}
	rel = below(walk->final, top);
	return add_file(z, rel ? rel : zone, f, true, err);
}

static int add_zone(struct zones *z, const char *top, const char *zone, struct msk_err *err)
{
	MSK_AUTO_FREE char *path = msk_xasprintf("%s/%s", top, zone);
	MSK_AUTO_ROFILE f = MSK_ROFILE_INIT;
	MSK_AUTO_WALK walk = MSK_WALK_INIT;
	struct msk_rotree *t = msk_host_tree(z->g->host);
	enum msk_lookup how;
	int rc;

	if (t->open(t, path, &how, &f, &walk, err) < 0)
		return -1;
	if (how == MSK_DENIED || how == MSK_LOOP)
		return msk_fail(err, MSK_E_INPUT, "zone \"%s\": %s", zone,
				how == MSK_LOOP ? "too many symbolic links (40)" : "may not be read");
	if (how == MSK_FOUND && S_ISDIR(f.mode))
		return fail_directory(zone, err);
	if (how == MSK_FOUND && strcmp(zone, "localtime") == 0)
		return fail_localtime(err);
	if (how == MSK_ABSENT)
		return fail_unknown(z, zone, err);
	rc = add_way(z, top, zone, &walk, &f, err);
	go_behind(z, NULL);
	return rc;
}

/* Where zoneinfo really lies: the links met on the way to a zone are told in canonical paths. */
static char *find_top(struct zones *z, struct msk_err *err)
{
	MSK_AUTO_ROFILE f = MSK_ROFILE_INIT;
	MSK_AUTO_WALK walk = MSK_WALK_INIT;
	struct msk_rotree *t = msk_host_tree(z->g->host);
	enum msk_lookup how;

	if (t->open(t, MSK_ZONEINFO, &how, &f, &walk, err) < 0)
		return NULL;
	if (how == MSK_ABSENT) {
		fail_none(z, err);
		return NULL;
	}
	return how == MSK_FOUND ? msk_take(&walk.final) : msk_xstrdup(MSK_ZONEINFO);
}

static int add_matching(struct zones *z, const char *top, const char *pattern, struct msk_err *err)
{
	MSK_AUTO_STRV names = MSK_STRV_INIT;

	if (msk_zone_match(z->g->host, pattern, &names, err) < 0)
		return -1;
	for (size_t i = 0; i < names.n; i++)
		if (add_zone(z, top, names.v[i], err) < 0)
			return -1;
	if (names.n)
		return 0;
	msk_fail(err, MSK_E_USAGE, "zone \"%s\": matches nothing in %s", pattern, MSK_ZONEINFO);
	return msk_hint(err, "* and ? stop at \"/\", as in Europe/* and America/*/*");
}

static int add_chosen(struct zones *z, const struct msk_strv *names, struct msk_err *err)
{
	MSK_AUTO_FREE char *top = find_top(z, err);
	int rc = top ? 0 : -1;

	for (size_t i = 0; i < names->n && rc == 0; i++)
		rc = msk_zone_is_pattern(names->v[i]) ? add_matching(z, top, names->v[i], err) :
							add_zone(z, top, names->v[i], err);
	return rc;
}

/* Its zone is packed as any other; that it is one is known only when all were asked for once it has been seen. */
static int add_localtime(struct zones *z, const char *zone, struct msk_err *err)
{
	MSK_AUTO_FREE char *target = msk_xasprintf("..%s/%s", MSK_ZONEINFO, zone);
	MSK_AUTO_FREE char *top = find_top(z, err);

	if (!top || add_zone(z, top, zone, err) < 0)
		return -1;
	return msk_rootfs_add_symlink(z->g->fs, &(struct msk_entry_spec){
		.path = "/etc/localtime", .what = "--localtime", .why = "the zone of the image",
		.stratum = MSK_STRATUM_BASE }, target, err);
}

int msk_gather_zoneinfo(struct msk_gather *g, struct msk_err *err)
{
	const struct msk_plan *p = g->plan;
	struct zones z = { .g = g };
	int rc;

	if (!p->tz && !g->required[MSK_WANT_ZONES].evidence)
		return 0;
	z.lasting = p->tz ? NULL : msk_xasprintf("time zones, for %s of", g->required[MSK_WANT_ZONES].evidence);
	rc = p->zones.n ? add_chosen(&z, &p->zones, err) : add_all(&z, err);
	if (rc == 0 && p->localtime)
		rc = add_localtime(&z, p->localtime, err);
	free(z.lasting);
	msk_str_release(&z.path);
	if (rc < 0)
		return -1;
	msk_info(g->log, "zoneinfo: %zu zone files, %zu bytes", z.files, z.bytes);
	return 0;
}
