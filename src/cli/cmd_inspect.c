#include <string.h>

#include "inspect.h"
#include "mkscratch/fs.h"

uint64_t msk_inspected_plain(const struct inspected *d)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < d->arg->image->n_layers; i++)
		sum += d->arg->sums[i].plain_size;
	return sum;
}

const char *msk_source_image_digest(const struct msk_source_image *image)
{
	return image->manifest.json ? image->manifest.digest.text : image->config.digest.text;
}

static int print_document(const struct msk_source_images *s, const struct msk_source_document *d, const char *what,
			  struct msk_err *err)
{
	if (!d->json)
		return msk_fail(err, MSK_E_INPUT, "%s: a docker-archive, which has no %s", msk_source_name(s->source), what);
	return msk_print(&d->text, err);
}

/* What the name of the image names, or that of the source. */
static int print_index(const struct msk_source_images *s, struct msk_err *err)
{
	const char *name = msk_source_name(s->source);

	if (!s->index.json || !msk_source_images_chosen(s))
		return print_document(s, s->index.json ? &s->index : &s->docker, "index", err);
	if (s->named.json)
		return msk_print(&s->named.text, err);
	msk_fail(err, MSK_E_INPUT, "%s: %s names a manifest, no index", name, s->digest ? s->digest : s->tag);
	return msk_hint(err, "inspect --manifest prints it; inspect --index %s prints index.json", name);
}

/* The config of what is no image was not read with the rest. */
static int print_blob(const struct msk_source_images *s, const struct msk_source_layer *blob, struct msk_err *err)
{
	const char *name = msk_source_name(s->source);
	MSK_AUTO_STR text = MSK_STR_INIT;
	struct msk_digest got;
	bool found = false;

	if (!blob->path)
		return msk_fail(err, MSK_E_INPUT, "%s: %s has no config", name, s->digest);
	if (msk_source_read(s->source, blob->path, &found, &text, err) < 0)
		return -1;
	if (!found)
		return msk_fail(err, MSK_E_INTEGRITY, "%s: config: %s: blob is missing", name, blob->digest.text);
	msk_digest_of(msk_str_c(&text), text.len, &got);
	if (text.len != blob->size || strcmp(got.text, blob->digest.text) != 0)
		return msk_fail(err, MSK_E_INTEGRITY, "%s: config: %s: content hashes to %s", name, blob->digest.text,
				got.text);
	return msk_print(&text, err);
}

static int print_raw(const struct msk_options *o, const struct msk_source_images *s, struct msk_err *err)
{
	const struct msk_source_image *image;

	if (o->raw_index)
		return print_index(s, err);
	if (!s->images.n && s->others.n)
		return o->raw_config ? print_blob(s, &s->others.v[0].blob, err) :
				       msk_print(&s->others.v[0].manifest.text, err);
	if (msk_source_images_pick(s, o->platform, &image, err) < 0)
		return -1;
	return o->raw_config ? print_document(s, &image->config, "config", err) :
			       print_document(s, &image->manifest, "manifest", err);
}

static int print_list(const struct msk_options *o, const struct msk_source_images *s, struct msk_err *err)
{
	MSK_AUTO_STR text = MSK_STR_INIT;
	MSK_AUTO_JSON *json = NULL;

	if (o->json) {
		json = msk_inspect_list_json(s);
		return msk_print_json(json, err);
	}
	msk_inspect_add_list(s, &text);
	return msk_print_result(o, &text, err);
}

static int put_pages(const struct msk_options *o, const struct inspected *d, struct msk_err *err)
{
	for (size_t i = 0; i < o->html.n; i++)
		if (msk_page_put(d, o->html.v[i], err) < 0)
			return -1;
	return 0;
}

static int print_one(const struct msk_options *o, struct msk_source_images *own_images, struct msk_err *err)
{
	MSK_AUTO_IMAGE_ARG a = { 0 };
	MSK_AUTO_INSPECTION i = { 0 };
	const struct inspected d = { &a, &i, o->now };
	MSK_AUTO_STR text = MSK_STR_INIT;
	MSK_AUTO_JSON *json = NULL;

	if (msk_image_arg_read(o, own_images, &a, err) < 0 || msk_inspect(&a.images, a.image, &a.tree, &i, err) < 0)
		return -1;
	if (put_pages(o, &d, err) < 0)
		return -1;
	if (o->json) {
		json = msk_inspect_json(&d);
		return msk_print_json(json, err);
	}
	if (o->html.n)
		return 0;
	msk_inspect_add_text(&d, &text);
	return msk_print_result(o, &text, err);
}

/* What is written there by two is no page, and no JSON. */
static int check_stdout(const struct msk_options *o, struct msk_err *err)
{
	bool taken = o->json;

	for (size_t i = 0; i < o->html.n; i++) {
		if (!msk_path_is_stdout(o->html.v[i]))
			continue;
		if (taken) {
			msk_fail(err, MSK_E_USAGE, "--html %s: standard output is taken by %s already", o->html.v[i],
				 o->json ? "--json" : "another --html");
			return msk_hint(err, "--html image.html");
		}
		taken = true;
	}
	return 0;
}

/* Before anything is read: may the pages be written? */
static int check_pages(const struct msk_options *o, const char *image, struct msk_err *err)
{
	for (size_t i = 0; i < o->html.n; i++)
		if (msk_page_may_be(o->html.v[i], image, err) < 0)
			return -1;
	return 0;
}

static int check_usage(const struct msk_options *o, struct msk_err *err)
{
	if (!o->args.n && o->html.n) {             /* the image was taken for the page */
		msk_fail(err, MSK_E_USAGE, "inspect: no IMAGE given");
		return msk_hint(err, "mkscratch inspect --html image.html img.tar");
	}
	if (o->args.n > 1)
		return msk_fail(err, MSK_E_USAGE, "inspect: one IMAGE at a time (\"%s\")", o->args.v[1]);
	if (o->raw_config + o->raw_manifest + o->raw_index + (o->json || o->html.n) > 1) {
		msk_fail(err, MSK_E_USAGE, "inspect: --config, --manifest and --index each stand alone, and without --json "
					   "and --html");
		return msk_hint(err, "one run for each");
	}
	return check_stdout(o, err);
}

/* Documents are verified when they are read; what else is told, when all layers were. */
int msk_cmd_inspect(const struct msk_options *o, struct msk_err *err)
{
	MSK_AUTO_SOURCE_IMAGES s = { 0 };

	if (check_usage(o, err) < 0 || msk_image_arg_source(o, "inspect", &s, err) < 0)
		return -1;
	if (o->raw_config || o->raw_manifest || o->raw_index)
		return print_raw(o, &s, err);
	if (check_pages(o, msk_source_name(s.source), err) < 0)
		return -1;
	return s.images.n > 1 && !o->platform && !o->html.n ? print_list(o, &s, err) : print_one(o, &s, err);
}
