#include "maker_record.h"

#include <string.h>

#include "mkscratch/compress.h"
#include "mkscratch/layer.h"

void msk_maker_record_release(struct msk_maker_record *r)
{
	free(r->reasons);
	free(r->recipe);
}

static bool keeps(const struct msk_build *b, const struct msk_plan *p, const char *option, size_t i, const char *typed)
{
	return strcmp(option, "bin") == 0 ? msk_plan_keeps_program(p, b->plan, i) : msk_plan_keeps_root(p, typed);
}

/* The recipe makes this image alone: of programs and roots it has those of its platform. False: they are more than a
 * document may have. */
static bool narrow_options(const struct msk_build *b, const struct msk_plan *p, struct msk_str *out)
{
	static const char *const names[] = { "bin", "root" };
	struct msk_err ignored = MSK_ERR_INIT;
	MSK_AUTO_JSON *options = NULL;

	if (msk_json_parse(b->recipe, strlen(b->recipe), "options", &options, &ignored) < 0)
		return false;
	for (size_t k = 0; k < sizeof names / sizeof *names; k++) {
		struct msk_json *typed = msk_json_get_mut(options, names[k]);

		for (size_t i = msk_json_count(typed); i-- > 0;)
			if (!keeps(b, p, names[k], i, msk_json_string_value(msk_json_at(typed, i))))
				msk_json_remove(typed, i);
		if (msk_json_count(typed) == 0)
			msk_json_unset(options, names[k]);
	}
	msk_json_dump(options, out);
	return true;
}

/* The base is the input that lies below all others. */
static void add_base(struct msk_json_rows *inputs, const struct msk_ground *g)
{
	const struct msk_source_document *doc = msk_ground_document(g);
	MSK_AUTO_JSON *row = msk_json_array();

	msk_json_push(row, msk_json_string("/"));
	msk_json_push(row, msk_json_string("--base"));
	msk_json_push(row, msk_json_string(doc->digest.text));
	msk_json_push(row, msk_json_int((int64_t)doc->size));
	msk_json_rows_add(inputs, row);
}

/* The recipe but for its lists. */
static struct msk_json *recipe_head(const struct msk_edition *e)
{
	struct msk_json *o = msk_json_object();
	const char *codec = msk_codec_maker(&e->plan.codec);
	MSK_AUTO_STR platform = MSK_STR_INIT;

	msk_platform_add(&platform, &e->platform);
	msk_json_set_int(o, "epoch", e->plan.mtime);
	msk_json_set_string(o, "platform", platform.buf);
	if (e->ground)
		msk_json_set_string(o, "base", msk_ground_id(e->ground));
	msk_json_set_string(o, "tool", "mkscratch " MSK_VERSION);
	if (codec)
		msk_json_set_string(o, "codec", codec);
	return o;
}

static void rows_release(struct msk_json_rows *rows)
{
	msk_str_release(&rows->text);
}

/* The options with what the files have told. NULL: more than a document has room for. */
static char *recipe(const struct msk_build *b, const struct msk_edition *e)
{
	MSK_AUTO_JSON *head = recipe_head(e);
	MSK_AUTO_STR narrowed = MSK_STR_INIT;
	MSK_CLEANUP(rows_release) struct msk_json_rows inputs = { .full = false };
	struct msk_json_member lists[] = { { "inputs", NULL }, { "options", b->recipe } };
	struct msk_str out = MSK_STR_INIT;

	if (!*b->recipe)
		return NULL;
	if (e->ground)
		add_base(&inputs, e->ground);
	msk_layer_inputs(e->fs, e->digests, msk_json_rows_add, &inputs);
	if (inputs.full)
		return NULL;
	msk_json_rows_end(&inputs);
	lists[0].value = msk_str_c(&inputs.text);
	if (e->plan.several) {
		if (!narrow_options(b, &e->plan, &narrowed))
			return NULL;
		lists[1].value = msk_str_c(&narrowed);
	}
	msk_json_dump_with(head, lists, sizeof lists / sizeof *lists, &out);
	return msk_str_take(&out);
}

static char *reasons(const struct msk_rootfs *fs)
{
	MSK_CLEANUP(rows_release) struct msk_json_rows rows = { .full = false };

	msk_rootfs_reasons(fs, msk_json_rows_add, &rows);
	if (rows.full)
		return NULL;
	msk_json_rows_end(&rows);
	return msk_str_take(&rows.text);
}

struct msk_maker_record msk_maker_record_make(const struct msk_build *b, const struct msk_edition *e)
{
	if (!e->plan.record)
		return (struct msk_maker_record){ NULL, NULL };
	return (struct msk_maker_record){ reasons(e->fs), b->recipe ? recipe(b, e) : NULL };
}

void msk_maker_record_tell_lacking(const struct msk_build *b, const struct msk_maker_record *r)
{
	if (!r->reasons)
		msk_warn(b->log, "the reasons have no room in a manifest (%u bytes, %d values): the image cannot tell why each "
			 "path is there (why)", MSK_MAX_DOCUMENT, MSK_MAX_VALUES);
	if (!r->recipe && b->recipe)
		msk_warn(b->log, "the recipe has no room in a manifest (%u bytes, %d values): the image cannot tell how it "
			 "was made (verify --rebuild)", MSK_MAX_DOCUMENT, MSK_MAX_VALUES);
}
