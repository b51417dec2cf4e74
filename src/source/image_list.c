/* The list of images: its life, the choice of one, and what one takes up. */
#include <stdio.h>
#include <string.h>

#include "reading.h"

static void image_release(struct msk_source_image *image)
{
	for (size_t i = 0; i < image->n_layers; i++) {
		free(image->layers[i].media_type);
		free(image->layers[i].path);
	}
	free(image->layers);
	free(image->blob.media_type);
	free(image->blob.path);
	msk_strv_release(&image->tags);
	msk_document_release(&image->manifest);
	msk_document_release(&image->config);
	msk_json_free(image->entry);
}

struct msk_source_image *msk_image_list_add(struct msk_source_image_list *l)
{
	MSK_GROW(l->v, l->n, l->cap);
	l->v[l->n] = (struct msk_source_image){ 0 };
	return &l->v[l->n++];
}

void msk_image_list_drop_last(struct msk_source_image_list *l)
{
	image_release(&l->v[--l->n]);
}

static void list_release(struct msk_source_image_list *l)
{
	while (l->n)
		msk_image_list_drop_last(l);
	free(l->v);
}

void msk_source_images_release(struct msk_source_images *s)
{
	msk_source_free(s->source);
	free(s->tag);
	free(s->digest);
	msk_document_release(&s->index);
	msk_document_release(&s->named);
	msk_document_release(&s->docker);
	list_release(&s->images);
	list_release(&s->others);
	list_release(&s->absent);
	*s = (struct msk_source_images){ 0 };
}

static void list_drop_texts(struct msk_source_image_list *l)
{
	for (size_t i = 0; i < l->n; i++) {
		msk_str_release(&l->v[i].manifest.text);
		msk_str_release(&l->v[i].config.text);
	}
}

void msk_source_images_drop_texts(struct msk_source_images *s)
{
	msk_str_release(&s->index.text);
	msk_str_release(&s->named.text);
	msk_str_release(&s->docker.text);
	list_drop_texts(&s->images);
	list_drop_texts(&s->others);
}

static void drop_document(struct msk_source_document *d)
{
	msk_str_release(&d->text);
	msk_json_free(d->json);
	d->json = NULL;
}

void msk_source_images_drop_config(struct msk_source_images *s, const struct msk_source_image *image)
{
	drop_document(&s->images.v[image - s->images.v].config);
}

/* What is borrowed from it goes with it. */
void msk_source_images_drop_manifest(struct msk_source_images *s, const struct msk_source_image *image)
{
	struct msk_source_image *of = &s->images.v[image - s->images.v];

	drop_document(&of->manifest);
	of->annotations = NULL;
	for (size_t i = 0; i < of->n_layers; i++)
		of->layers[i].annotations = NULL;
}

/* Layers without a digest are known by their paths: those of a docker-archive. */
static bool same_blob(const struct msk_source_layer *a, const struct msk_source_layer *b)
{
	if (a->described && b->described)
		return strcmp(a->digest.text, b->digest.text) == 0;
	return strcmp(a->path, b->path) == 0;
}

uint64_t msk_source_image_size(const struct msk_source_image *image)
{
	uint64_t total = image->config.size + image->blob.size + image->manifest.size;

	for (size_t i = 0; i < image->n_layers; i++) {
		size_t first = 0;

		while (!same_blob(&image->layers[first], &image->layers[i]))
			first++;
		total += first == i ? image->layers[i].size : 0;
	}
	return total;
}

static void list_platforms(const struct msk_source_images *s, struct msk_str *out)
{
	for (size_t i = 0; i < s->images.n && out->len < 200; i++) {
		MSK_AUTO_STR one = MSK_STR_INIT;

		msk_platform_add(&one, &s->images.v[i].platform);
		msk_str_addf(out, "%s%s", out->len ? ", " : "", one.buf);
	}
}

/* 0: another platform; 1: fits; 2: is just what was asked for. */
static int fitness(const struct msk_platform *have, const struct msk_platform *want)
{
	return msk_platform_equal(have, want) ? 2 : msk_platform_covers(want, have);
}

/* Their names, as they may be given. */
static int hint_names(const struct msk_source_images *s, const struct msk_platform *platform, struct msk_err *err)
{
	MSK_AUTO_STR list = MSK_STR_INIT;

	for (size_t i = 0; i < s->images.n && list.len < 200; i++) {
		const struct msk_source_image *one = &s->images.v[i];

		if (one->tags.n && msk_platform_equal(&one->platform, platform))
			msk_str_addf(&list, "%s%s:%s", list.len ? ", " : "", msk_source_name(s->source), one->tags.v[0]);
	}
	return list.len ? msk_hint(err, "choose one: %s", list.buf) : -1;
}

/* Under several tags. */
static int fail_alike(const struct msk_source_images *s, const struct msk_source_image *one, const char *platform,
		      struct msk_err *err)
{
	msk_fail(err, MSK_E_INPUT, "several images for %s", platform);
	return hint_names(s, &one->platform, err);
}

/* As an image that was pulled for one platform is saved. */
static int fail_absent(const struct msk_source_images *s, const char *platform, struct msk_err *err)
{
	MSK_AUTO_STR have = MSK_STR_INIT;

	list_platforms(s, &have);
	msk_fail(err, MSK_E_INTEGRITY, "the image for %s is named by the index, but is not there", platform);
	return msk_hint(err, "there is %s", msk_str_c(&have));
}

static int pick_platform(const struct msk_source_images *s, const char *platform, const struct msk_source_image **out,
			 struct msk_err *err)
{
	struct msk_platform want;
	MSK_AUTO_STR have = MSK_STR_INIT;
	int best = 0;

	if (!msk_platform_parse(platform, &want))
		return msk_fail(err, MSK_E_USAGE, "--platform %s: expected OS/ARCH or OS/ARCH/VARIANT", platform);
	for (size_t i = 0; i < s->images.n; i++) {
		int fit = fitness(&s->images.v[i].platform, &want);

		if (fit > best)
			*out = &s->images.v[i];
		best = fit > best ? fit : best;
	}
	for (size_t i = 0; best && i < s->images.n; i++)
		if (&s->images.v[i] != *out && msk_platform_equal(&s->images.v[i].platform, &(*out)->platform))
			return fail_alike(s, *out, platform, err);
	if (best)
		return 0;
	for (size_t i = 0; i < s->absent.n; i++)
		if (fitness(&s->absent.v[i].platform, &want))
			return fail_absent(s, platform, err);
	list_platforms(s, &have);
	msk_fail(err, MSK_E_INPUT, "no image for %s", platform);
	return msk_hint(err, "it has %s", msk_str_c(&have));
}

/* Chosen by its digest. */
static int fail_other(const struct msk_source_images *s, struct msk_err *err)
{
	msk_fail(err, MSK_E_INPUT, "%s is of no image (an attestation or the like)", s->digest);
	return msk_hint(err, "inspect --manifest and --config print its documents");
}

/* What tells the images apart: platforms where they differ, else tags. */
static int fail_several(const struct msk_source_images *s, struct msk_err *err)
{
	const struct msk_source_image *a = &s->images.v[0], *b = &s->images.v[1];
	MSK_AUTO_STR have = MSK_STR_INIT;
	MSK_AUTO_STR first = MSK_STR_INIT;

	list_platforms(s, &have);
	msk_fail(err, MSK_E_INPUT, "%zu images (%s)", s->images.n, have.buf);
	msk_platform_add(&first, &a->platform);
	if (!msk_platform_equal(&a->platform, &b->platform))
		return msk_hint(err, "choose one: --platform %s", first.buf);
	return hint_names(s, &a->platform, err);
}

int msk_source_images_choose(const struct msk_source_images *s, const char *platform, const struct msk_source_image **out,
			     struct msk_err *err)
{
	if (!s->images.n && s->digest)
		return fail_other(s, err);
	if (platform)
		return pick_platform(s, platform, out, err);
	if (s->images.n > 1)
		return fail_several(s, err);
	*out = &s->images.v[0];
	return 0;
}

int msk_source_images_pick(const struct msk_source_images *s, const char *platform, const struct msk_source_image **out,
			   struct msk_err *err)
{
	if (msk_source_images_choose(s, platform, out, err) == 0)
		return 0;
	return err->code == MSK_E_USAGE ? -1 : msk_ctx(err, "%s", msk_source_name(s->source));
}

int msk_source_images_pick_like(const struct msk_source_images *s, const struct msk_platform *pf,
				const struct msk_source_image **out, struct msk_err *err)
{
	MSK_AUTO_FREE char *plain = msk_xasprintf("%s/%s", pf->os, pf->arch);
	struct msk_err ignored = MSK_ERR_INIT;
	MSK_AUTO_STR exact = MSK_STR_INIT;

	msk_platform_add(&exact, pf);
	if (msk_source_images_choose(s, exact.buf, out, &ignored) == 0)
		return 0;
	return msk_source_images_pick(s, plain, out, err);
}
