#include <string.h>
#include <unistd.h>

#include "opt.h"
#include "mkscratch/check.h"
#include "mkscratch/log.h"
#include "mkscratch/plan.h"
#include "mkscratch/record.h"
#include "mkscratch/rootfs.h"

/* The question, and whether an image has answered it. */
struct question {
	const struct msk_options *o;
	const char *image;
	bool answered;
	bool on_base;                   /* the record leaves out what a base has brought */
	struct msk_str text;            /* the answers: shown once the image is known to be sound to its end */
	enum msk_code first;            /* of what could not be answered; MSK_OK: all could */
};

/* One answer: the steps of a chain, from the path that was asked for to what nobody brought along. */
struct step {
	char *path;
	const char *what, *why;
	const char *from;               /* NULL at the end of the chain */
};

struct chain {
	struct step *v;
	size_t n, cap;
};

static void chain_release(struct chain *c)
{
	for (size_t i = 0; i < c->n; i++)
		free(c->v[i].path);
	free(c->v);
}

static void add_step(struct chain *c, struct step own_step)
{
	MSK_GROW(c->v, c->n, c->cap);
	c->v[c->n++] = own_step;
}

static bool was_there(const struct chain *c, const char *path)
{
	for (size_t i = 0; i < c->n; i++)
		if (strcmp(c->v[i].path, path) == 0)
			return true;
	return false;
}

static char *without_slash(const char *path)
{
	size_t n = strlen(path);

	return msk_xstrndup(path, n > 1 && path[n - 1] == '/' ? n - 1 : n);
}

/* From `path` on; the rows are the image's own word and may lead in circles. */
static void follow(const struct msk_record *record, const char *path, struct chain *c)
{
	MSK_AUTO_FREE char *at = msk_xstrdup(path);

	while (at && !was_there(c, at)) {
		const struct msk_record_row *row = msk_record_find(record, at);
		const struct msk_record_row *below = row ? NULL : msk_record_find_below(record, at);
		const char *from = row ? row->from : below ? below->path : NULL;

		if (row)
			add_step(c, (struct step){ msk_xstrdup(at), row->what, row->why, from });
		else if (below)
			add_step(c, (struct step){ msk_xstrdup(*at ? at : "/"), "parent", "parent of", from });
		free(at);
		at = from ? without_slash(from) : NULL;
	}
}

/* Names in a record are escaped already; but the record is the image's own. */
static void add_chain(const struct chain *c, struct msk_str *out)
{
	for (size_t i = 0; i < c->n; i++) {
		const struct step *s = &c->v[i];
		MSK_AUTO_FREE char *line = msk_xasprintf("%s: %s%s%s (%s)", s->path, s->why, s->from ? " " : "",
							 s->from ? s->from : "", msk_what_told(s->what));

		msk_str_addf(out, "%*s", (int)(2 * i), "");
		msk_str_add_safe(out, line, strlen(line));
		msk_str_addc(out, '\n');
	}
}

static void add_chain_json(const char *asked, const struct chain *c, struct msk_str *out)
{
	MSK_AUTO_JSON *o = msk_json_object();
	struct msk_json *steps = msk_json_array();

	for (size_t i = 0; i < c->n; i++) {
		struct msk_json *s = msk_json_object();

		msk_json_set_string(s, "path", c->v[i].path);
		msk_json_set_string(s, "what", c->v[i].what);
		msk_json_set_string(s, "why", c->v[i].why);
		if (c->v[i].from)
			msk_json_set_string(s, "from", c->v[i].from);
		msk_json_push(steps, s);
	}
	msk_json_set_text(o, "path", asked);
	msk_json_set(o, "chain", steps);
	msk_json_dump_safe(o, out);
	msk_str_addc(out, '\n');
}

static int answer(struct question *q, const struct msk_record *record, const struct msk_image_tree *tree,
		  const char *asked, struct msk_err *err)
{
	MSK_CLEANUP(chain_release) struct chain c = { NULL, 0, 0 };
	/* The root is a parent as any other, and no entry. */
	MSK_AUTO_FREE char *path = asked[0] == '/' && strspn(asked, "/") == strlen(asked) ? msk_xstrdup("") :
				   msk_image_tree_locate(tree, asked);
	MSK_AUTO_STR escaped = MSK_STR_INIT;

	if (!path)
		return msk_fail(err, MSK_E_INPUT, "%s: %s is not in the image", q->image, asked);
	msk_str_add_escaped(&escaped, path, strlen(path));
	follow(record, msk_str_c(&escaped), &c);
	if (c.n == 0 && q->on_base)
		add_step(&c, (struct step){ msk_xstrdup(msk_str_c(&escaped)), "--base", "of the base image", NULL });
	if (c.n == 0)
		return msk_fail(err, MSK_E_INPUT, "%s: its record does not speak of %s", q->image, asked);
	if (q->o->json)
		add_chain_json(asked, &c, &q->text);
	else
		add_chain(&c, &q->text);
	return 0;
}

static int fail_no_record(const char *image, struct msk_err *err)
{
	msk_fail(err, MSK_E_INPUT, "%s: has no record of why its files are there", image);
	return msk_hint(err, "images made with --no-record, or by another tool, have none");
}

/* A path that is not there is told of, and the others are answered all the same; the first gives the exit status. */
static void answer_all(struct question *q, const struct msk_record *record, const struct msk_image_tree *tree)
{
	const struct msk_log log = { .level = q->o->level, .fd = STDERR_FILENO };

	for (size_t i = 1; i < q->o->args.n; i++) {
		struct msk_err err = MSK_ERR_INIT;

		if (answer(q, record, tree, q->o->args.v[i], &err) == 0)
			continue;
		q->first = q->first ? q->first : err.code;
		msk_log_error(&log, &err);
		if (q->o->json && q->o->args.n > 2)
			msk_add_failure("path", q->o->args.v[i], &err, &q->text);
	}
}

/* The recipe tells whether it was laid over another image. */
static bool has_base(const struct msk_source_image *image)
{
	const char *text = msk_json_get_string(image->annotations, MSK_ANNOTATION_RECIPE);
	struct msk_err ignored = MSK_ERR_INIT;
	MSK_AUTO_JSON *recipe = NULL;

	return text && msk_json_parse(text, strlen(text), MSK_ANNOTATION_RECIPE, &recipe, &ignored) == 0 &&
	       msk_json_get(recipe, "base");
}

static bool is_asked(const struct question *q, const struct msk_platform *have)
{
	struct msk_platform want;

	return !q->o->platform || !msk_platform_parse(q->o->platform, &want) || msk_platform_covers(&want, have);
}

static int visit(void *ctx, const struct msk_validated *image, struct msk_err *err)
{
	struct question *q = ctx;
	MSK_AUTO_RECORD record = { 0 };

	/* Several tags of one layout, several platforms: the first image answers. */
	if (q->answered || !is_asked(q, &image->image->platform))
		return 0;
	q->answered = true;
	if (msk_checks_sound(image->checks, q->image, err) < 0)
		return -1;
	if (msk_record_read(image->image, &record, err) < 0)
		return msk_ctx(err, "%s", q->image);
	if (!record.json)
		return fail_no_record(q->image, err);
	q->on_base = has_base(image->image);
	answer_all(q, &record, image->tree);
	return 0;
}

static int ask(struct question *q, struct msk_err *err)
{
	MSK_CLEANUP(msk_checks_release) struct msk_checks c = { .partial = true, .platform = q->o->platform };

	if (msk_plan_layer_limit(q->o, &c.max_layer, err) < 0 || msk_validate(q->image, visit, q, &c, err) < 0)
		return -1;
	if (!q->answered)
		return msk_checks_sound(&c, q->image, err);
	if (q->text.len && msk_print_result(q->o, &q->text, err) < 0)
		return -1;
	err->code = q->first;
	return q->first ? -1 : 0;
}

int msk_cmd_why(const struct msk_options *o, struct msk_err *err)
{
	struct question q = { .o = o, .image = o->args.n ? o->args.v[0] : NULL };
	int rc;

	if (o->args.n < 2) {
		msk_fail(err, MSK_E_USAGE, o->args.n ? "why: no PATH given" : "why: no IMAGE given");
		return msk_hint(err, "mkscratch why img.tar /app");
	}
	rc = ask(&q, err);
	msk_str_release(&q.text);
	return rc;
}
