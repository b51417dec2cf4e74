#include "zone_names.h"

#include <fnmatch.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "mkscratch/tzif.h"

#define N_NEAREST    3
#define MAX_DISTANCE 3

bool msk_zone_left_out(const char *rel)
{
	return strcmp(rel, "right") == 0 || strcmp(rel, "posix") == 0;
}

bool msk_zone_may_be_table(const char *rel)
{
	return !strchr(rel, '/') || strchr(rel, '.');
}

bool msk_zone_is_pattern(const char *name)
{
	return strpbrk(name, "*?") != NULL;
}

/* Links at the top are other names of zones, but for the setting of the host. */
static bool is_zone(const struct msk_visit *v)
{
	char head[4];
	struct msk_str start = { head, 0, 0 };
	ssize_t n;

	if (v->link)
		return strcmp(v->rel, "localtime") != 0;
	if (!S_ISREG(v->file->mode))
		return false;
	if (!msk_zone_may_be_table(v->rel))
		return true;
	n = pread(v->file->fd, head, sizeof head, 0);
	start.len = n < 0 ? 0 : (size_t)n;
	return msk_tzif_claims(&start);
}

struct match {
	const char *pattern;
	struct msk_strv *out;
};

static int visit_match(void *ctx, const struct msk_visit *v, struct msk_err *err)
{
	const struct match *m = ctx;

	(void)err;
	if (msk_zone_left_out(v->rel))
		return MSK_VISIT_SKIP;
	if (fnmatch(m->pattern, v->rel, FNM_PATHNAME | FNM_NOESCAPE) == 0 && is_zone(v))
		msk_strv_push(m->out, v->rel);
	return MSK_VISIT_GO;
}

int msk_zone_match(struct msk_host *h, const char *pattern, struct msk_strv *out, struct msk_err *err)
{
	struct match m = { pattern, out };
	bool found;

	return msk_host_visit(h, MSK_ZONEINFO, &found, visit_match, &m, err);
}

/* The zones nearest to what was typed, the nearest first, equally near ones by name. */
struct nearest {
	const char *typed;          /* in small letters */
	char *name[N_NEAREST];
	size_t distance[N_NEAREST], n;
};

static char *small_letters(const char *s)
{
	char *copy = msk_xstrdup(s);

	for (char *p = copy; *p; p++)
		if (*p >= 'A' && *p <= 'Z')
			*p = (char)(*p - 'A' + 'a');
	return copy;
}

static const char *last_part(const char *name)
{
	const char *slash = strrchr(name, '/');

	return slash ? slash + 1 : name;
}

/* "oslo" and "Asia/Oslo" mean Europe/Oslo, but a slip of the hand comes first. */
static size_t distance_of(const char *typed, const char *zone)
{
	size_t whole = msk_edit_distance(typed, zone);
	size_t last = msk_edit_distance(last_part(typed), last_part(zone)) + 1;

	return whole < last ? whole : last;
}

static void keep_if_near(struct nearest *best, const char *rel)
{
	MSK_AUTO_FREE char *zone = small_letters(rel);
	size_t d = distance_of(best->typed, zone), at = best->n;

	if (d > MAX_DISTANCE || d >= strlen(last_part(zone)))
		return;
	while (at && best->distance[at - 1] > d)
		at--;
	if (at == N_NEAREST)
		return;
	if (best->n == N_NEAREST)
		free(best->name[--best->n]);
	memmove(&best->name[at + 1], &best->name[at], (best->n - at) * sizeof *best->name);
	memmove(&best->distance[at + 1], &best->distance[at], (best->n - at) * sizeof *best->distance);
	best->name[at] = msk_xstrdup(rel);
	best->distance[at] = d;
	best->n++;
}

static int visit_nearest(void *ctx, const struct msk_visit *v, struct msk_err *err)
{
	(void)err;
	if (msk_zone_left_out(v->rel))
		return MSK_VISIT_SKIP;
	if (is_zone(v))
		keep_if_near(ctx, v->rel);
	return MSK_VISIT_GO;
}

int msk_zone_nearest(struct msk_host *h, const char *typed, struct msk_str *out, struct msk_err *err)
{
	MSK_AUTO_FREE char *small = small_letters(typed);
	struct nearest best = { .typed = small };
	bool found;
	int rc = msk_host_visit(h, MSK_ZONEINFO, &found, visit_nearest, &best, err);
	size_t n = best.n;

	/* Those that are clearly farther than the first are noise. */
	while (n > 1 && best.distance[n - 1] > best.distance[0] + 1)
		n--;
	for (size_t i = 0; i < n; i++)
		msk_str_addf(out, "%s%s", i == 0 ? "" : i + 1 == n ? " or " : ", ", best.name[i]);
	for (size_t i = 0; i < best.n; i++)
		free(best.name[i]);
	return rc;
}
