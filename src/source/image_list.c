/* The list of images: its life, and the choice of one. */
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
	msk_document_release(&s->index);
	msk_document_release(&s->docker);
	list_release(&s->images);
	list_release(&s->others);
	*s = (struct msk_source_images){ 0 };
}

static bool copy_word(char *to, size_t room, const char *word)
{
	size_t n = strlen(word);

	if (n == 0 || n >= room)
		return false;
	memcpy(to, word, n + 1);
	return true;
}

/* OS/ARCH[/VARIANT] */
static int parse_platform(const char *text, struct msk_platform *out, struct msk_err *err)
{
	MSK_AUTO_STRV parts = MSK_STRV_INIT;

	*out = (struct msk_platform){ 0 };
	msk_strv_split(&parts, text, "/");
	if (parts.n < 2 || parts.n > 3 || !copy_word(out->os, sizeof out->os, parts.v[0]) ||
	    !copy_word(out->arch, sizeof out->arch, parts.v[1]) ||
	    (parts.n == 3 && !copy_word(out->variant, sizeof out->variant, parts.v[2])))
		return msk_fail(err, MSK_E_USAGE, "--platform %s: expected OS/ARCH or OS/ARCH/VARIANT", text);
	return 0;
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
	struct msk_platform any = *have;

	if (msk_platform_equal(have, want))
		return 2;
	any.variant[0] = '\0';
	return !want->variant[0] && msk_platform_equal(&any, want);
}

static int pick_platform(const struct msk_source_images *s, const char *platform, const struct msk_source_image **out,
			 struct msk_err *err)
{
	struct msk_platform want;
	MSK_AUTO_STR have = MSK_STR_INIT;
	int best = 0;

	if (parse_platform(platform, &want, err) < 0)
		return -1;
	for (size_t i = 0; i < s->images.n; i++) {
		int fit = fitness(&s->images.v[i].platform, &want);

		if (fit > best)
			*out = &s->images.v[i];
		best = fit > best ? fit : best;
	}
	if (best)
		return 0;
	list_platforms(s, &have);
	msk_fail(err, MSK_E_INPUT, "%s: no image for %s", msk_source_name(s->source), platform);
	return msk_hint(err, "it has %s", msk_str_c(&have));
}

/* What tells the images apart: platforms where they differ, else tags. */
static int fail_several(const struct msk_source_images *s, struct msk_err *err)
{
	const struct msk_source_image *a = &s->images.v[0], *b = &s->images.v[1];
	MSK_AUTO_STR have = MSK_STR_INIT;
	MSK_AUTO_STR first = MSK_STR_INIT;

	list_platforms(s, &have);
	msk_fail(err, MSK_E_INPUT, "%s: %zu images (%s)", msk_source_name(s->source), s->images.n, have.buf);
	msk_platform_add(&first, &a->platform);
	if (!msk_platform_equal(&a->platform, &b->platform))
		return msk_hint(err, "choose one: --platform %s", first.buf);
	if (a->tags.n)
		return msk_hint(err, "choose one: %s:%s", msk_source_name(s->source), a->tags.v[0]);
	return -1;
}

int msk_source_images_pick(const struct msk_source_images *s, const char *platform, const struct msk_source_image **out,
			   struct msk_err *err)
{
	if (platform)
		return pick_platform(s, platform, out, err);
	if (s->images.n > 1)
		return fail_several(s, err);
	*out = &s->images.v[0];
	return 0;
}
