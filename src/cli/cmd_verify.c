#include <string.h>
#include <unistd.h>

#include "opt.h"
#include "rebuild.h"
#include "recipe.h"
#include "mkscratch/log.h"
#include "mkscratch/plan.h"

static void add_check(struct msk_str *out, const struct msk_check *c)
{
	msk_str_addf(out, "%s ", c->note ? "·" : c->code == MSK_OK ? "✓" : "✗");
	msk_str_add_shown(out, c->what, strlen(c->what));
	if (c->detail[0]) {
		msk_str_adds(out, ": ");
		msk_str_add_shown(out, c->detail, strlen(c->detail));
	}
	msk_str_addc(out, '\n');
}

static bool is_fault(const struct msk_options *o, const struct msk_check *c)
{
	return c->code != MSK_OK || (o->strict && c->note);
}

static size_t count_faults(const struct msk_options *o, const struct msk_checks *c)
{
	size_t n = 0;

	for (size_t i = 0; i < c->n; i++)
		n += is_fault(o, &c->v[i]);
	return n;
}

/* `heading` is the image where there are several, else NULL. */
static int print_list(const struct msk_options *o, const char *heading, const struct msk_checks *c, struct msk_err *err)
{
	const bool quiet = o->level < MSK_LOG_WARN;
	MSK_AUTO_STR out = MSK_STR_INIT;

	if (heading && (!quiet || count_faults(o, c))) {
		msk_str_add_shown(&out, heading, strlen(heading));
		msk_str_adds(&out, ":\n");
	}
	for (size_t i = 0; i < c->n; i++)
		if (!quiet || is_fault(o, &c->v[i]))
			add_check(&out, &c->v[i]);
	return msk_print(&out, err);
}

static int print_json(const struct msk_options *o, const char *image, const struct msk_checks *c, struct msk_err *err)
{
	MSK_AUTO_JSON *v = msk_json_object();
	struct msk_json *list = msk_json_array();

	for (size_t i = 0; i < c->n; i++) {
		struct msk_json *check = msk_json_object();

		msk_json_set_text(check, "check", c->v[i].what);
		msk_json_set(check, "ok", msk_json_bool(!is_fault(o, &c->v[i])));
		if (c->v[i].note)
			msk_json_set(check, "note", msk_json_bool(true));
		msk_json_set_text(check, "detail", c->v[i].detail);
		msk_json_push(list, check);
	}
	msk_json_set_text(v, "image", image);
	msk_json_set(v, "ok", msk_json_bool(!count_faults(o, c)));
	msk_json_set(v, "checks", list);
	return msk_print_json(v, err);
}

/* All that is found goes to one list, those of the second build behind the others. */
static int check(const struct msk_options *o, const char *image, struct msk_checks *c, struct msk_err *err)
{
	MSK_CLEANUP(msk_checks_release) struct msk_checks again = { 0 };
	MSK_CLEANUP(msk_rebuild_release) struct rebuild r = { .o = o, .checks = &again };

	if (msk_validate(image, o->rebuild ? msk_rebuild_note : NULL, &r, c, err) < 0 || msk_rebuild_all(&r, err) < 0)
		return -1;
	msk_checks_append(c, &again);
	return 0;
}

/* A failed check is shown in its place; the error comes behind all images. */
static int verify(const struct msk_options *o, const char *image, struct msk_err *err)
{
	MSK_CLEANUP(msk_checks_release) struct msk_checks c = { .now = o->now, .platform = o->platform };
	const char *heading = o->args.n > 1 ? image : NULL;
	enum msk_code verdict;
	size_t n;

	if (msk_plan_layer_limit(o, &c.max_layer, err) < 0 || check(o, image, &c, err) < 0 ||
	    (o->json ? print_json(o, image, &c, err) : print_list(o, heading, &c, err)) < 0)
		return -1;
	verdict = msk_checks_verdict(&c);
	n = count_faults(o, &c);
	if (verdict != MSK_OK)
		return msk_fail(err, verdict, "%s: %zu of %zu checks failed", image, n, c.n);
	return n ? msk_fail(err, MSK_E_DIFFERS, "%s: --strict: %zu %s, none is allowed", image, n,
			    msk_plural(n, "note", "notes")) : 0;
}

/* The line that makes one of what the others make. */
static void add_join(struct msk_str *out, const struct recipe_list *l)
{
	if (l->json || l->apart || l->lines.n < 2)
		return;
	msk_str_addf(out, "mkscratch index%s --output rebuilt.tar", msk_str_c(&l->join));
	for (size_t i = 0; i < l->lines.n; i++)
		msk_str_addf(out, " rebuilt-%zu.tar", i + 1);
	msk_str_addc(out, '\n');
}

static int print_recipe(const struct msk_options *o, const char *image, struct msk_err *err)
{
	MSK_CLEANUP(msk_checks_release) struct msk_checks c = { .partial = true };
	MSK_CLEANUP(msk_recipe_list_release) struct recipe_list list = { .image = image, .json = o->json };
	MSK_AUTO_STR out = MSK_STR_INIT;
	int rc = msk_plan_layer_limit(o, &c.max_layer, err);

	if (rc == 0)
		rc = msk_validate(image, msk_recipe_collect, &list, &c, err);

	if (rc == 0 && list.lines.n == 0)
		rc = msk_checks_sound(&c, image, err);
	for (size_t i = 0; i < list.lines.n; i++) {
		msk_str_adds(&out, list.lines.v[i]);
		if (o->json)
			msk_str_addc(&out, '\n');
		else
			msk_recipe_add_output(&out, i, list.lines.n);
	}
	add_join(&out, &list);
	return rc < 0 ? -1 : msk_print(&out, err);
}

/* A bad image is told of as it comes, and the others are looked at all the same; the first gives the exit status. */
int msk_cmd_verify(const struct msk_options *o, struct msk_err *err)
{
	const struct msk_log log = { .level = o->level, .fd = STDERR_FILENO };
	enum msk_code first = MSK_OK;

	if (!o->args.n) {
		msk_fail(err, MSK_E_USAGE, "verify: no IMAGE given");
		return msk_hint(err, "mkscratch verify img.tar");
	}
	if (o->recipe && o->rebuild)
		return msk_fail(err, MSK_E_USAGE, "--recipe: not together with --rebuild");
	if (o->rebuild && msk_rebuild_confine(o, err) < 0)
		return -1;
	for (size_t i = 0; i < o->args.n; i++) {
		if ((o->recipe ? print_recipe : verify)(o, o->args.v[i], err) == 0)
			continue;
		first = first ? first : err->code;
		msk_log_error(&log, err);
		*err = (struct msk_err)MSK_ERR_INIT;
	}
	err->code = first;
	return first ? -1 : 0;
}
