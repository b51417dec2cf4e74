#include <string.h>

#include "attest.h"

static bool is_digest(const struct msk_source_image *image, const char *digest)
{
	return strcmp(image->manifest.digest.text, digest) == 0;
}

static struct msk_joined *subject_of(const struct msk_join *j, const struct msk_source_image *attestation)
{
	const char *of = msk_source_attested(attestation->entry);

	for (size_t i = 0; of && i < j->n; i++)
		if (is_digest(j->v[i].image, of))
			return &j->v[i];
	return NULL;
}

static void attach(struct msk_joined *m, const struct msk_source_images *from, const struct msk_source_image *attestation)
{
	for (size_t i = 0; i < m->n_attestations; i++)
		if (is_digest(m->attestations[i].image, attestation->manifest.digest.text))
			return;
	MSK_GROW(m->attestations, m->n_attestations, m->cap_attestations);
	m->attestations[m->n_attestations++] = (struct msk_joined_attestation){ from, attestation };
}

static int by_digest(const void *a, const void *b)
{
	return strcmp(((const struct msk_joined_attestation *)a)->image->manifest.digest.text,
		      ((const struct msk_joined_attestation *)b)->image->manifest.digest.text);
}

void msk_join_attach(struct msk_join *j)
{
	for (size_t i = 0; i < j->n_sources; i++)
		for (size_t k = 0; k < j->sources[i].others.n; k++) {
			struct msk_joined *m = subject_of(j, &j->sources[i].others.v[k]);

			if (m)
				attach(m, &j->sources[i], &j->sources[i].others.v[k]);
		}
	for (size_t i = 0; i < j->n; i++)
		if (j->v[i].n_attestations)
			qsort(j->v[i].attestations, j->v[i].n_attestations, sizeof *j->v[i].attestations, by_digest);
}

/* Of an image of its source that was not taken, or is not there, which is told anyway. */
static bool goes_with_subject(const struct msk_source_images *s, const struct msk_source_image *attestation)
{
	const char *of = msk_source_attested(attestation->entry);

	for (size_t i = 0; of && i < s->images.n; i++)
		if (is_digest(&s->images.v[i], of))
			return true;
	for (size_t i = 0; of && i < s->absent.n; i++)
		if (strcmp(msk_json_get_string(s->absent.v[i].entry, "digest"), of) == 0)
			return true;
	return false;
}

size_t msk_join_left_out(const struct msk_join *j, const struct msk_source_images *s)
{
	size_t n = 0;

	for (size_t i = 0; i < s->others.n; i++)
		n += !subject_of(j, &s->others.v[i]) && !goes_with_subject(s, &s->others.v[i]);
	return n;
}
