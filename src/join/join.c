#include "mkscratch/join.h"

#include <string.h>

#include "attest.h"
#include "convert.h"

void msk_join_release(struct msk_join *j)
{
	for (size_t i = 0; i < j->n_sources; i++)
		msk_source_images_release(&j->sources[i]);
	free(j->sources);
	for (size_t i = 0; i < j->n; i++)
		free(j->v[i].attestations);
	free(j->v);
	*j = (struct msk_join){ 0 };
}

static int parse_platforms(const char *typed, struct msk_platform **out, size_t *n, struct msk_err *err)
{
	MSK_AUTO_STRV words = MSK_STRV_INIT;
	MSK_AUTO_FREE struct msk_platform *v = NULL;

	msk_strv_split(&words, typed, ",");
	v = msk_xcalloc(words.n, sizeof *v);
	for (size_t i = 0; i < words.n; i++)
		if (!msk_platform_parse(words.v[i], &v[i]))
			return msk_fail(err, MSK_E_USAGE, "--platform %s: expected OS/ARCH or OS/ARCH/VARIANT", typed);
	*n = words.n;
	*out = msk_take(&v);
	return 0;
}

static int fail_two(const struct msk_joined *a, const struct msk_joined *b, struct msk_err *err)
{
	const char *one = msk_source_name(a->from->source), *other = msk_source_name(b->from->source);
	MSK_AUTO_STR platform = MSK_STR_INIT;

	msk_platform_add(&platform, &b->image->platform);
	if (a->from != b->from) {
		msk_fail(err, MSK_E_INPUT, "%s: a second image for %s, the first is in %s", other, platform.buf, one);
		return msk_hint(err, "leave one of them out; --platform takes only some of what there is");
	}
	msk_fail(err, MSK_E_INPUT, "%s: two images for %s", one, platform.buf);
	return b->image->tags.n ? msk_hint(err, "choose one by its tag: %s:%s", other, b->image->tags.v[0]) : -1;
}

/* By one of its names: others say arm64/v8 for arm64. What is no word would not fit into an index. */
static int platform_of(const struct msk_joined *m, struct msk_platform *out, struct msk_err *err)
{
	MSK_AUTO_STR text = MSK_STR_INIT;

	msk_platform_add(&text, &m->image->platform);
	if (msk_platform_parse(text.buf, out))
		return 0;
	return msk_fail(err, MSK_E_INPUT, "%s: \"%s\" is no platform", msk_source_name(m->from->source), text.buf);
}

static int add(struct msk_join *j, struct msk_joined *new, struct msk_err *err)
{
	if (platform_of(new, &new->plain, err) < 0)
		return -1;
	for (size_t i = 0; i < j->n; i++) {
		if (strcmp(j->v[i].image->manifest.digest.text, new->image->manifest.digest.text) == 0)
			return 0;
		if (msk_platform_equal(&j->v[i].plain, &new->plain))
			return fail_two(&j->v[i], new, err);
	}
	MSK_GROW(j->v, j->n, j->cap);
	j->v[j->n++] = *new;
	return 0;
}

static bool is_wanted(const struct msk_platform *wanted, size_t n, const struct msk_platform *have)
{
	for (size_t i = 0; i < n; i++)
		if (msk_platform_covers(&wanted[i], have))
			return true;
	return n == 0;
}

static int add_source(struct msk_join *j, struct msk_source_images *s, const struct msk_platform *wanted, size_t n,
		      struct msk_err *err)
{
	for (size_t i = 0; i < s->images.n; i++) {
		struct msk_joined one = { .from = s, .image = &s->images.v[i] };

		if (!is_wanted(wanted, n, &one.image->platform))
			continue;
		if (!one.image->manifest.json && msk_join_convert(s, &s->images.v[i], err) < 0)
			return msk_ctx(err, "%s", msk_source_name(s->source));
		if (add(j, &one, err) < 0)
			return -1;
	}
	return 0;
}

static void list_platforms(const struct msk_join *j, struct msk_str *out)
{
	for (size_t i = 0; i < j->n_sources; i++)
		for (size_t k = 0; k < j->sources[i].images.n && out->len < 200; k++) {
			msk_str_adds(out, out->len ? ", " : "");
			msk_platform_add(out, &j->sources[i].images.v[k].platform);
		}
}

/* Of all platforms that were asked for there is an image. */
static int check_wanted(const struct msk_join *j, const struct msk_platform *wanted, size_t n, struct msk_err *err)
{
	for (size_t i = 0; i < n; i++) {
		MSK_AUTO_STR want = MSK_STR_INIT, have = MSK_STR_INIT;
		size_t k = 0;

		while (k < j->n && !msk_platform_covers(&wanted[i], &j->v[k].image->platform))
			k++;
		if (k < j->n)
			continue;
		msk_platform_add(&want, &wanted[i]);
		list_platforms(j, &have);
		msk_fail(err, MSK_E_INPUT, "--platform %s: no image for it", want.buf);
		return msk_hint(err, "there are images for %s", msk_str_c(&have));
	}
	return 0;
}

static int by_platform(const void *a, const void *b)
{
	return msk_platform_compare(&((const struct msk_joined *)a)->image->platform,
				    &((const struct msk_joined *)b)->image->platform);
}

static int open_all(const struct msk_strv *names, const struct msk_platform *wanted, size_t n, struct msk_join *j,
		    struct msk_err *err)
{
	j->sources = msk_xcalloc(names->n, sizeof *j->sources);
	for (; j->n_sources < names->n; j->n_sources++)
		if (msk_source_images_open(names->v[j->n_sources], NULL, &j->sources[j->n_sources], err) < 0)
			return -1;
	for (size_t i = 0; i < j->n_sources; i++) {
		const struct msk_source_image *none;

		j->sources[i].max_layer = j->max_layer;
		if (!j->sources[i].images.n && msk_source_images_pick(&j->sources[i], NULL, &none, err) < 0)
			return -1;
		if (add_source(j, &j->sources[i], wanted, n, err) < 0)
			return -1;
	}
	if (check_wanted(j, wanted, n, err) < 0)
		return -1;
	if (j->n)
		qsort(j->v, j->n, sizeof *j->v, by_platform);
	msk_join_attach(j);
	return 0;
}

int msk_join_open(const struct msk_strv *names, const char *platforms, struct msk_join *out, struct msk_err *err)
{
	MSK_CLEANUP(msk_join_release) struct msk_join j = { .max_layer = out->max_layer };
	MSK_AUTO_FREE struct msk_platform *wanted = NULL;
	size_t n = 0;

	if ((platforms && parse_platforms(platforms, &wanted, &n, err) < 0) || open_all(names, wanted, n, &j, err) < 0)
		return -1;
	*out = j;
	j = (struct msk_join){ 0 };
	return 0;
}

static bool all_have(const struct msk_join *j, const char *tag)
{
	for (size_t i = 0; i < j->n; i++)
		if (!msk_strv_has(&j->v[i].image->tags, tag))
			return false;
	return true;
}

void msk_join_tags(const struct msk_join *j, struct msk_strv *out)
{
	const struct msk_strv *first = &j->v[0].image->tags;

	/* A tag alone says nothing about the name. */
	for (size_t i = 0; i < first->n; i++)
		if (strchr(first->v[i], '/') && all_have(j, first->v[i]))
			msk_strv_push(out, first->v[i]);
}

enum msk_media_types msk_join_media_types(const struct msk_join *j)
{
	for (size_t i = 0; i < j->n; i++) {
		const char *type = j->v[i].image->manifest.media_type;

		if (!type || !msk_media_type_is_docker(type) || j->v[i].n_attestations)
			return MSK_MEDIA_OCI;
	}
	return MSK_MEDIA_DOCKER;
}
