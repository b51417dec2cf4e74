#include <string.h>

#include "cache_options.h"
#include "opt.h"

/* A sketch is a second name of a layer; one may outlive its layer, or be lost before it. */
static uint64_t count_layers(const struct msk_cache_stat *s)
{
	uint64_t layers = s->entries[MSK_CACHE_LAYER], sketches = s->entries[MSK_CACHE_SKETCH];

	return layers > sketches ? layers : sketches;
}

/* "12 blocks and 2 layers, 3.2 MB" */
static void add_content(struct msk_str *out, const struct msk_cache_stat *s)
{
	unsigned long long blocks = s->entries[MSK_CACHE_BLOCK], layers = count_layers(s);

	msk_str_addf(out, "%llu %s and %llu %s, ", blocks, msk_plural(blocks, "block", "blocks"), layers,
		     msk_plural(layers, "layer", "layers"));
	msk_str_add_size(out, s->bytes);
	if (!s->older_bytes)
		return;
	msk_str_adds(out, " (");
	msk_str_add_size(out, s->older_bytes);
	msk_str_adds(out, " in older formats)");
}

static void set_content(struct msk_json *o, const struct msk_cache_stat *s)
{
	msk_json_set_int(o, "blocks", (int64_t)s->entries[MSK_CACHE_BLOCK]);
	msk_json_set_int(o, "layers", (int64_t)count_layers(s));
	msk_json_set_int(o, "size", (int64_t)s->bytes);
	if (s->older_bytes)
		msk_json_set_int(o, "older_size", (int64_t)s->older_bytes);
}

/* `removed`: NULL when only looking. */
static int print(const struct msk_options *o, const struct msk_cache_args *a, const struct msk_cache_stat *removed,
		 struct msk_err *err)
{
	MSK_AUTO_JSON *v = msk_json_object();
	MSK_AUTO_STR text = MSK_STR_INIT;
	struct msk_cache_stat left;

	if (msk_cache_stat(a, &left, err) < 0)
		return -1;
	msk_json_set_text(v, "dir", a->dir);
	set_content(v, &left);
	msk_json_set_int(v, "max_size", (int64_t)a->max_size);
	msk_str_add_shown(&text, a->dir, strlen(a->dir));
	msk_str_adds(&text, ": ");
	if (removed) {
		struct msk_json *r = msk_json_object();

		set_content(r, removed);
		msk_json_set(v, "removed", r);
		msk_str_adds(&text, "removed ");
		add_content(&text, removed);
		msk_str_adds(&text, "; left ");
	}
	add_content(&text, &left);
	msk_str_adds(&text, " of ");
	msk_str_add_size(&text, a->max_size);
	msk_str_addc(&text, '\n');
	return o->json ? msk_print_json(v, err) : msk_print_result(o, &text, err);
}

static int run(const struct msk_options *o, const struct msk_cache_args *a, const char *what, struct msk_err *err)
{
	struct msk_cache_stat removed;

	if (strcmp(what, "stat") == 0)
		return print(o, a, NULL, err);
	if (strcmp(what, "trim") != 0 && strcmp(what, "clear") != 0) {
		msk_fail(err, MSK_E_USAGE, "cache %s: no such action", what);
		return msk_hint(err, "mkscratch cache stat, trim or clear");
	}
	if (msk_cache_trim(a, strcmp(what, "trim") == 0 ? a->max_size : 0, &removed, err) < 0)
		return -1;
	return print(o, a, &removed, err);
}

int msk_cmd_cache(const struct msk_options *o, struct msk_err *err)
{
	struct msk_log log = { .level = o->level, .fd = 2 };
	MSK_AUTO_STR dir = MSK_STR_INIT;
	struct msk_cache_args a;

	if (o->args.n != 1) {
		if (o->args.n == 0)
			msk_fail(err, MSK_E_USAGE, "cache: no action given");
		else
			msk_fail(err, MSK_E_USAGE, "cache: one action at a time (%zu vs 1)", o->args.n);
		return msk_hint(err, "mkscratch cache stat, trim or clear");
	}
	if (msk_cache_options(o, &log, &dir, &a, err) < 0)
		return -1;
	if (!a.dir) {
		msk_fail(err, MSK_E_USAGE, "cache: no directory is known (neither XDG_CACHE_HOME nor HOME is set)");
		return msk_hint(err, "--cache DIR");
	}
	return run(o, &a, o->args.v[0], err);
}
