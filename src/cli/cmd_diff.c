#include <string.h>
#include <unistd.h>

#include "image_arg.h"
#include "node_json.h"
#include "opt.h"
#include "mkscratch/diff.h"
#include "mkscratch/spool.h"
#include "mkscratch/timestamp.h"
#include "mkscratch/xattr.h"

#define LONG_VALUE 60
#define SAME_SHOWN 16          /* of what two values have in common, before they differ */
#define SHORT_DIGEST 19       /* "sha256:" and twelve digits */

/* The two operands, and what was found so far. */
struct comparison {
	const struct msk_options *o;
	struct msk_source_images a, b;
	struct msk_spool out;                /* shown when all is known */
	bool began;                          /* --json: there is one in front */
	bool differ;
};

static void comparison_release(struct comparison *c)
{
	msk_source_images_release(&c->a);
	msk_source_images_release(&c->b);
	msk_spool_release(&c->out);
}

static struct msk_json *node_json(const struct msk_node *n)
{
	return msk_node_json(n, msk_node_seen_type(n));
}

static bool is_path(const struct msk_difference *n)
{
	return n->kind == MSK_DIFF_ADDED || n->kind == MSK_DIFF_REMOVED || n->kind == MSK_DIFF_CHANGED;
}

static struct msk_json *aspects_json(const struct msk_difference *n)
{
	struct msk_json *a = msk_json_array();

	for (unsigned i = 0; i < MSK_DIFF_N_ASPECTS; i++)
		if (n->aspects & 1u << i)
			msk_json_push(a, msk_json_string(msk_diff_aspect_name(i)));
	return a;
}

static struct msk_json *difference_json(const struct msk_difference *n)
{
	struct msk_json *o = msk_json_object();

	msk_json_set_string(o, "kind", msk_diff_kind_name(n->kind));
	msk_json_set_text(o, is_path(n) ? "path" : "what", n->what);
	if (n->path)
		msk_json_set_text(o, "path", n->path);
	if (n->kind == MSK_DIFF_CHANGED)
		msk_json_set(o, "aspects", aspects_json(n));
	if (is_path(n)) {
		msk_json_set(o, "from", n->kind == MSK_DIFF_ADDED ? msk_json_null() : node_json(&n->a));
		msk_json_set(o, "to", n->kind == MSK_DIFF_REMOVED ? msk_json_null() : node_json(&n->b));
		return o;
	}
	msk_json_set(o, "from", msk_json_text_or_null(n->from));
	msk_json_set(o, "to", msk_json_text_or_null(n->to));
	if (n->kind == MSK_DIFF_LAYER) {
		msk_json_set_int(o, "from_size", (int64_t)n->a.size);
		msk_json_set_int(o, "to_size", (int64_t)n->b.size);
	}
	return o;
}

static void add_text(struct msk_str *out, const char *s)
{
	msk_str_add_shown(out, s, strlen(s));
}

static bool begins_character(const char *s)
{
	return ((unsigned char)*s & 0xC0) != 0x80;
}

/* A list or an object, which has escapes of its own; or a string that looks like one. */
static bool is_json(const char *value)
{
	return value && (*value == '[' || *value == '{');
}

/* A value from `s` on, cut where it is long: --json has the whole. */
static void add_value(struct msk_str *out, const char *s, bool is_escaped)
{
	size_t n = strlen(s), cut = n > LONG_VALUE ? LONG_VALUE : n;

	while (cut < n && cut && !begins_character(s + cut))
		cut--;
	if (is_escaped)
		msk_str_add_safe(out, s, cut);
	else
		msk_str_add_shown(out, s, cut);
	msk_str_adds(out, cut < n ? "..." : "");
}

/* How much of two long values may be left out in front, as it is the same: what is cut behind should not be all that
 * differs. */
static size_t same_front(const char *a, const char *b)
{
	size_t n = 0;

	if (!a || !b || (strlen(a) <= LONG_VALUE && strlen(b) <= LONG_VALUE))
		return 0;
	while (a[n] && a[n] == b[n])
		n++;
	if (n <= LONG_VALUE / 2)
		return 0;
	n -= SAME_SHOWN;
	while (n && !begins_character(a + n))
		n--;
	return n;
}

/* "character device 1,3" */
static void add_type(struct msk_str *out, const struct msk_node *n)
{
	msk_str_adds(out, msk_type_name(msk_node_seen_type(n)));
	if (msk_node_is_device(n))
		msk_str_addf(out, " %u,%u", n->dev_major, n->dev_minor);
}

/* One that a side has; NULL of a side that does not. */
static void add_xattr(struct msk_str *out, const struct msk_xattr *a, const struct msk_xattr *b)
{
	add_text(out, msk_str_c(a ? &a->name : &b->name));
	msk_str_addc(out, ' ');
	if (a)
		msk_xattr_add_value(out, a);
	else
		msk_str_adds(out, "(none)");
	msk_str_adds(out, " -> ");
	if (b)
		msk_xattr_add_value(out, b);
	else
		msk_str_adds(out, "(none)");
}

static bool same_value(const struct msk_xattr *a, const struct msk_xattr *b)
{
	return a->size == b->size && strcmp(a->digest.text, b->digest.text) == 0 &&
	       (a->digest.text[0] || memcmp(a->value, b->value, a->size) == 0);
}

/* Two lists side by side, by name. */
static void add_xattrs(struct msk_str *out, const char *ta, const char *tb)
{
	MSK_AUTO_XATTR a = { .name = MSK_STR_INIT };
	MSK_AUTO_XATTR b = { .name = MSK_STR_INIT };
	bool in_a = ta && msk_xattr_next(&ta, &a), in_b = tb && msk_xattr_next(&tb, &b);
	const char *before = "xattr ";

	while (in_a || in_b) {
		int c = !in_b ? -1 : !in_a ? 1 : msk_xattr_compare(&a, &b);

		if (c != 0 || !same_value(&a, &b)) {
			msk_str_adds(out, before);
			add_xattr(out, c <= 0 ? &a : NULL, c >= 0 ? &b : NULL);
			before = ", xattr ";
		}
		if (c <= 0)
			in_a = msk_xattr_next(&ta, &a);
		if (c >= 0)
			in_b = msk_xattr_next(&tb, &b);
	}
}

static void add_aspect(struct msk_str *out, const struct msk_difference *n, enum msk_diff_aspect aspect)
{
	const struct msk_node *a = &n->a, *b = &n->b;

	switch (aspect) {
	case MSK_DIFF_CONTENT:
		msk_str_adds(out, "content ");
		msk_str_add_size(out, a->size);
		msk_str_adds(out, " -> ");
		msk_str_add_size(out, b->size);
		break;
	case MSK_DIFF_MODE:
		msk_str_addf(out, "mode %04o -> %04o", a->mode & 07777, b->mode & 07777);
		break;
	case MSK_DIFF_OWNER:
		msk_str_addf(out, "owner %u:%u -> %u:%u", a->uid, a->gid, b->uid, b->gid);
		break;
	case MSK_DIFF_TYPE:
		msk_str_adds(out, "type ");
		add_type(out, a);
		msk_str_adds(out, " -> ");
		add_type(out, b);
		break;
	case MSK_DIFF_LINK:
		msk_str_adds(out, "link ");
		add_text(out, a->link);
		msk_str_adds(out, " -> ");
		add_text(out, b->link);
		break;
	case MSK_DIFF_XATTR:
		add_xattrs(out, a->xattrs, b->xattrs);
		break;
	case MSK_DIFF_TIME:
		msk_str_adds(out, "time ");
		msk_time_add(out, a->mtime);
		msk_str_adds(out, " -> ");
		msk_time_add(out, b->mtime);
		break;
	}
}

static void add_path(struct msk_str *out, const struct msk_difference *n, bool times)
{
	unsigned shown = n->aspects & ~(times ? 0u : (unsigned)MSK_DIFF_TIME), first = shown;
	const struct msk_node *node = n->kind == MSK_DIFF_ADDED ? &n->b : &n->a;

	add_text(out, n->what);
	if (n->kind != MSK_DIFF_CHANGED && node->type == MSK_TAR_DIR)
		msk_str_addc(out, '/');
	if (n->kind != MSK_DIFF_CHANGED && node->type == MSK_TAR_FILE) {
		msk_str_adds(out, "  ");
		msk_str_add_size(out, node->size);
	}
	for (unsigned i = 0; i < MSK_DIFF_N_ASPECTS; i++) {
		if (!(shown & 1u << i))
			continue;
		msk_str_adds(out, (first & ((1u << i) - 1)) ? ", " : "  ");
		add_aspect(out, n, (enum msk_diff_aspect)(1u << i));
	}
}

static void add_change(struct msk_str *out, const char *from, const char *to)
{
	size_t front = same_front(from, to);

	msk_str_adds(out, front ? "..." : "");
	if (from)
		add_value(out, from + front, is_json(from));
	else
		msk_str_adds(out, to ? "(none)" : "");
	msk_str_adds(out, from || to ? " -> " : "");
	msk_str_adds(out, front ? "..." : "");
	add_value(out, to ? to + front : from ? "(none)" : "", is_json(to));
}

/* Where one side has nothing, the other alone is told. */
static void add_values(struct msk_str *out, const struct msk_difference *n)
{
	add_text(out, n->what);
	msk_str_adds(out, n->from || n->to ? "  " : "");
	if (n->kind == MSK_DIFF_LAYER) {
		msk_str_adds(out, "same content, other compression: ");
		msk_str_add_size(out, n->a.size);
		msk_str_adds(out, " -> ");
		msk_str_add_size(out, n->b.size);
		return;
	}
	if (n->kind == MSK_DIFF_FORM) {
		msk_str_adds(out, "  the same in other bytes");
		return;
	}
	add_change(out, n->from, n->to);
	if (n->path) {
		msk_str_adds(out, "  in ");
		add_text(out, n->path);
	}
}

static bool is_time_alone(const struct msk_difference *n)
{
	return n->kind == MSK_DIFF_CHANGED && n->aspects == MSK_DIFF_TIME;
}

static int add_differences(struct msk_spool *out, const struct msk_diff *d, bool times, struct msk_err *err)
{
	MSK_AUTO_DIFF_WALK w;
	const struct msk_difference *n;
	size_t hidden = 0;

	for (msk_diff_walk_init(&w, d); (n = msk_diff_next(&w));) {
		if (is_time_alone(n) && !times) {
			hidden++;
			continue;
		}
		msk_str_addf(&out->text, "%-8s  ", msk_diff_kind_name(n->kind));
		if (is_path(n))
			add_path(&out->text, n, times);
		else
			add_values(&out->text, n);
		msk_str_addc(&out->text, '\n');
		if (msk_spool_added(out, err) < 0)
			return -1;
	}
	if (hidden)
		msk_str_addf(&out->text, "changed   %zu %s in time alone (-v lists them)\n", hidden,
			     msk_plural(hidden, "path", "paths"));
	return 0;
}

/* "a.tar sha256:... and b.tar sha256:... differ in the content of /app" */
static void add_sentence(struct comparison *c, const struct msk_diff_side *a, const struct msk_diff_side *b,
			 const char *platform, const struct msk_diff *d)
{
	const struct msk_diff_side *const sides[] = { a, b };

	if (platform) {
		add_text(&c->out.text, platform);
		msk_str_adds(&c->out.text, ": ");
	}
	for (int i = 0; i < 2; i++) {
		const struct msk_source_image *image = sides[i]->image;

		msk_str_adds(&c->out.text, i ? " and " : "");
		add_text(&c->out.text, c->o->args.v[i]);
		msk_str_addf(&c->out.text, " (%.*s)", SHORT_DIGEST,
			     image->manifest.digest.text[0] ? image->manifest.digest.text : image->config.digest.text);
	}
	msk_str_adds(&c->out.text, " differ in ");
	msk_diff_add_cause(d, &c->out.text);
	msk_str_addc(&c->out.text, '\n');
}

/* JSON is one array. */
static int add_json(struct comparison *c, const struct msk_json *o, struct msk_err *err)
{
	msk_str_addc(&c->out.text, c->began ? ',' : '[');
	c->began = true;
	msk_json_dump_safe(o, &c->out.text);
	return msk_spool_added(&c->out, err);
}

static int add_all_json(struct comparison *c, const struct msk_diff *d, const char *platform, struct msk_err *err)
{
	MSK_AUTO_DIFF_WALK w;
	const struct msk_difference *n;

	for (msk_diff_walk_init(&w, d); (n = msk_diff_next(&w));) {
		MSK_AUTO_JSON *o = difference_json(n);

		if (platform)
			msk_json_set_text(o, "platform", platform);
		if (add_json(c, o, err) < 0)
			return -1;
	}
	return 0;
}

static int compare(struct comparison *c, const struct msk_source_image *ia, const struct msk_source_image *ib,
		   const char *platform, struct msk_err *err)
{
	const struct msk_diff_side a = { &c->a, ia }, b = { &c->b, ib };
	MSK_AUTO_DIFF d = { .n = 0 };

	if (msk_diff_images(&a, &b, &d, err) < 0)
		return -1;
	if (!d.n)
		return 0;
	c->differ = true;
	if (c->o->json)
		return add_all_json(c, &d, platform, err);
	add_sentence(c, &a, &b, platform, &d);
	return add_differences(&c->out, &d, c->o->level >= MSK_LOG_INFO, err);
}

/* A platform that one of them has alone. */
static int tell_lack(struct comparison *c, const char *platform, bool in_a, struct msk_err *err)
{
	MSK_AUTO_JSON *o = NULL;

	c->differ = true;
	if (c->o->json) {
		o = msk_json_object();
		msk_json_set_string(o, "kind", in_a ? "removed" : "added");
		msk_json_set_text(o, "platform", platform);
		return add_json(c, o, err);
	}
	add_text(&c->out.text, platform);
	msk_str_adds(&c->out.text, ": only in ");
	add_text(&c->out.text, c->o->args.v[in_a ? 0 : 1]);
	msk_str_addc(&c->out.text, '\n');
	return 0;
}

static void add_platforms(const struct msk_source_images *s, struct msk_strv *out)
{
	for (size_t i = 0; i < s->images.n; i++) {
		MSK_AUTO_STR text = MSK_STR_INIT;

		msk_platform_add(&text, &s->images.v[i].platform);
		if (!msk_strv_has(out, msk_str_c(&text)))
			msk_strv_push(out, msk_str_c(&text));
	}
}

static bool has(const struct msk_source_images *s, const char *platform)
{
	MSK_AUTO_STRV all = MSK_STRV_INIT;

	add_platforms(s, &all);
	return msk_strv_has(&all, platform);
}

/* Of several platforms each with its like. */
static int compare_each(struct comparison *c, struct msk_err *err)
{
	MSK_AUTO_STRV all = MSK_STRV_INIT;

	add_platforms(&c->a, &all);
	add_platforms(&c->b, &all);
	for (size_t i = 0; i < all.n; i++) {
		const struct msk_source_image *a, *b;

		if (!has(&c->a, all.v[i]) || !has(&c->b, all.v[i])) {
			if (tell_lack(c, all.v[i], has(&c->a, all.v[i]), err) < 0)
				return -1;
			continue;
		}
		if (msk_source_images_pick(&c->a, all.v[i], &a, err) < 0 ||
		    msk_source_images_pick(&c->b, all.v[i], &b, err) < 0 || compare(c, a, b, all.v[i], err) < 0)
			return -1;
	}
	return 0;
}

static int compare_images(struct comparison *c, struct msk_err *err)
{
	const struct msk_source_image *a, *b;

	if (!c->o->platform && (c->a.images.n > 1 || c->b.images.n > 1))
		return compare_each(c, err);
	if (msk_source_images_pick(&c->a, c->o->platform, &a, err) < 0 ||
	    msk_source_images_pick(&c->b, c->o->platform, &b, err) < 0)
		return -1;
	return compare(c, a, b, NULL, err);
}

static int show(struct comparison *c, struct msk_err *err)
{
	if (c->o->json)
		msk_str_adds(&c->out.text, c->began ? "]\n" : "[]\n");
	else if (!msk_result_wanted(c->o))
		return 0;
	return msk_spool_write(&c->out, STDOUT_FILENO, "standard output", err);
}

static int open_side(const struct msk_options *o, size_t i, struct msk_source_images *out, struct msk_err *err)
{
	if (msk_image_arg_images(o, o->args.v[i], out, err) < 0)
		return -1;
	msk_source_images_drop_texts(out);
	return 0;
}

int msk_cmd_diff(const struct msk_options *o, struct msk_err *err)
{
	MSK_CLEANUP(comparison_release) struct comparison c = { .o = o };

	if (o->args.n != 2) {
		msk_fail(err, MSK_E_USAGE, "diff: takes two images (%zu given)", o->args.n);
		return msk_hint(err, "mkscratch diff old.tar new.tar");
	}
	if (strcmp(o->args.v[0], "-") == 0 && strcmp(o->args.v[1], "-") == 0)
		return msk_fail(err, MSK_E_USAGE, "diff: standard input can be read once only");
	if (open_side(o, 0, &c.a, err) < 0 || open_side(o, 1, &c.b, err) < 0 || compare_images(&c, err) < 0 ||
	    show(&c, err) < 0)
		return -1;
	if (!c.differ)
		return 0;
	err->code = MSK_E_DIFFERS;
	return -1;
}
