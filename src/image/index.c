#include "document.h"
#include "mkscratch/media_type.h"

/* image-spec "image-index" has them in both places; a machine with Windows chooses by the first. */
static void set_also(struct msk_json *o, const struct msk_json *config)
{
	const struct msk_json *version = msk_json_get(config, "os.version"), *features = msk_json_get(config, "os.features");

	if (msk_json_is_string(version))
		msk_json_set(o, "os.version", msk_json_share(version));
	if (msk_json_is_array(features))
		msk_json_set(o, "os.features", msk_json_share(features));
}

static struct msk_json *platform_json(const struct msk_platform *pf, const struct msk_json *config)
{
	struct msk_json *o = msk_json_object();

	msk_json_set_string(o, "os", pf->os);
	msk_json_set_string(o, "architecture", pf->arch);
	if (pf->variant[0])
		msk_json_set_string(o, "variant", pf->variant);
	set_also(o, config);
	return o;
}

/* As BuildKit writes it: no machine takes it for an image of its platform. */
static struct msk_json *attestation_json(const struct msk_attestation *attestation, const struct msk_image *of)
{
	static const struct msk_platform none = { .os = "unknown", .arch = "unknown" };
	struct msk_json *o = msk_desc_json(&attestation->manifest), *a = msk_json_object();

	msk_json_set_string(a, MSK_REFERENCE_TYPE, MSK_REFERENCE_ATTESTATION);
	msk_json_set_string(a, MSK_REFERENCE_DIGEST, of->manifest.digest.text);
	msk_json_set(o, "annotations", a);
	msk_json_set(o, "platform", platform_json(&none, NULL));
	if (attestation->artifact_type)
		msk_json_set_string(o, "artifactType", attestation->artifact_type);
	return o;
}

/* Who asks for amd64 asks without a level, and takes no image that has one: the least of an architecture goes without. */
static struct msk_platform listed_platform(const struct msk_image *images, size_t n, size_t which)
{
	struct msk_platform pf = images[which].platform, plain = pf;

	plain.variant[0] = '\0';
	for (size_t i = 0; i < n; i++)
		if (msk_platform_is_below(&images[i].platform, &pf))
			return pf;
	return msk_platform_is_below(&plain, &pf) ? plain : pf;
}

struct msk_json *msk_image_index_json(const struct msk_plan *p, const struct msk_image *images, size_t n)
{
	struct msk_json *o = msk_json_object(), *manifests = msk_json_array();

	for (size_t i = 0; i < n; i++) {
		struct msk_json *d = msk_desc_json(&images[i].manifest);
		const struct msk_platform pf = listed_platform(images, n, i);

		msk_json_set(d, "platform", platform_json(&pf, images[i].also));
		msk_json_push(manifests, d);
	}
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < images[i].n_attestations; k++)
			msk_json_push(manifests, attestation_json(&images[i].attestations[k], &images[i]));
	msk_json_set_int(o, "schemaVersion", 2);
	msk_json_set_string(o, "mediaType", msk_media_type(p->media_types, MSK_DOC_INDEX));
	msk_json_set(o, "manifests", manifests);
	msk_annotations_set(o, &p->config);
	return o;
}

/* No "platform" here: a single manifest with a foreign one is passed over by importers that filter. */
struct msk_json *msk_index_entry_json(const struct msk_product *p, const struct msk_ref *tag)
{
	struct msk_json *o = msk_desc_json(&p->top), *a = msk_json_object();

	msk_json_set_string(a, "org.opencontainers.image.ref.name", tag->tag);
	msk_json_set_string(a, "io.containerd.image.name", tag->full);
	msk_json_set(o, "annotations", a);
	return o;
}

struct msk_json *msk_index_json(const struct msk_product *p)
{
	struct msk_json *o = msk_json_object(), *manifests = msk_json_array();

	for (size_t i = 0; i < p->n_tags; i++)
		msk_json_push(manifests, msk_index_entry_json(p, &p->tags[i]));
	msk_json_set_int(o, "schemaVersion", 2);
	msk_json_set_string(o, "mediaType", MSK_TYPE_INDEX);
	msk_json_set(o, "manifests", manifests);
	return o;
}
