#include "document.h"

#include <string.h>

int msk_document_hint(bool recorded, struct msk_err *err)
{
	return msk_hint(err, "%sfewer labels, variables, ports, volumes, annotations or tags",
			recorded ? "--no-record, or " : "");
}

int msk_document_check(const char *name, const struct msk_str *text, struct msk_err *err)
{
	size_t values = msk_json_values(msk_str_c(text), text->len);

	if (text->len > MSK_MAX_DOCUMENT)
		msk_fail(err, MSK_E_USAGE, "%s: the document is too large for who reads images (%zu vs %u bytes)", name,
			 text->len, MSK_MAX_DOCUMENT);
	else if (values > MSK_MAX_VALUES)
		msk_fail(err, MSK_E_USAGE, "%s: the document is too large for who reads images (%zu vs %d values)", name,
			 values, MSK_MAX_VALUES);
	else
		return 0;
	return msk_document_hint(false, err);
}

int msk_put_document(struct msk_json *own_doc, const char *media_type, struct msk_store *st, struct msk_desc *out,
		     struct msk_err *err)
{
	MSK_AUTO_STR text = MSK_STR_INIT;

	msk_json_dump(own_doc, &text);
	msk_json_free(own_doc);
	return msk_put_bytes(&text, media_type, st, out, err);
}

int msk_put_bytes(const struct msk_str *text, const char *media_type, struct msk_store *st, struct msk_desc *out,
		  struct msk_err *err)
{
	if (msk_document_check(media_type, text, err) < 0)
		return -1;
	out->media_type = media_type;
	out->size = text->len;
	return msk_store_put(st, text->buf, text->len, &out->digest, err);
}

static int by_key(const void *a, const void *b)
{
	return strcmp(((const struct msk_pair *)a)->key, ((const struct msk_pair *)b)->key);
}

void msk_pairs_dump(struct msk_pair *pairs, size_t n, struct msk_str *out)
{
	qsort(pairs, n, sizeof *pairs, by_key);
	msk_str_addc(out, '{');
	for (size_t i = 0; i < n; i++) {
		msk_str_adds(out, i ? "," : "");
		msk_json_dump_string(pairs[i].key, out);
		msk_str_addc(out, ':');
		if (pairs[i].value)
			msk_json_dump_string(pairs[i].value, out);
		else
			msk_str_adds(out, "{}");
	}
	msk_str_addc(out, '}');
}

struct msk_desc msk_desc_outline(const char *media_type, uint64_t size)
{
	struct msk_desc d = { .media_type = media_type, .size = size };

	memset(d.digest.text, '0', MSK_DIGEST_CHARS - 1);
	memcpy(d.digest.text, "sha256:", strlen("sha256:"));
	return d;
}
