#include <string.h>

#include "layout.h"

#define REF_NAME   "org.opencontainers.image.ref.name"
#define IMAGE_NAME "io.containerd.image.name"

static const char *annotation(const struct msk_json *entry, const char *key)
{
	return msk_json_get_string(msk_json_get(entry, "annotations"), key);
}

static bool same_tag(const struct msk_json *entry, const struct msk_ref *tag)
{
	const char *name = annotation(entry, REF_NAME);

	return name && strcmp(name, tag->tag) == 0;
}

static void merge_tag(struct msk_json *manifests, const struct msk_product *p, const struct msk_ref *tag,
		      const char *name, const struct msk_log *log)
{
	bool placed = false;

	for (size_t i = 0; i < msk_json_count(manifests);) {
		const struct msk_json *entry = msk_json_at(manifests, i);
		const char *full = annotation(entry, IMAGE_NAME);

		if (!same_tag(entry, tag)) {
			i++;
		} else if (full && strcmp(full, tag->full) != 0) {
			msk_warn(log, "%s: tag %s now stands for both %s and %s; readers that choose by tag alone "
				 "find it ambiguous", name, tag->tag, full, tag->full);
			i++;
		} else {
			msk_json_remove(manifests, i);
			if (!placed)
				msk_json_insert(manifests, i++, msk_index_entry_json(p, tag));
			placed = true;
		}
	}
	if (!placed)
		msk_json_push(manifests, msk_index_entry_json(p, tag));
}

int msk_index_merge(struct msk_json *index, const struct msk_product *p, const char *name, const struct msk_log *log,
		    struct msk_err *err)
{
	struct msk_json *manifests = msk_json_get_mut(index, "manifests");

	if (!msk_json_is_array(manifests))
		return msk_fail(err, MSK_E_INPUT, "%s/index.json: not an image index (no list of manifests)", name);
	for (size_t i = 0; i < msk_json_count(manifests); i++)
		if (!msk_json_is_object(msk_json_at(manifests, i)))
			return msk_fail(err, MSK_E_INPUT, "%s/index.json: manifest %zu is no descriptor", name, i + 1);
	for (size_t i = 0; i < p->n_tags; i++)
		merge_tag(manifests, p, &p->tags[i], name, log);
	if (msk_json_count(manifests) <= MSK_MAX_IMAGES)
		return 0;
	msk_fail(err, MSK_E_INPUT, "%s/index.json: would have more manifests than readers take (%zu vs %d)", name,
		 msk_json_count(manifests), MSK_MAX_IMAGES);
	return msk_hint(err, "-o ANOTHER/");
}
