#include "outer_tar.h"

#include <assert.h>
#include <string.h>

static int add_dir(struct msk_tar *tar, const char *path, struct msk_err *err)
{
	const struct msk_tar_entry e = { .path = path, .type = MSK_TAR_DIR, .mode = 0755 };

	return msk_tar_header(tar, &e, err);
}

static int add_text(struct msk_tar *tar, const char *path, const char *text, size_t n, struct msk_err *err)
{
	const struct msk_tar_entry e = { .path = path, .type = MSK_TAR_FILE, .mode = 0644, .size = n };

	if (msk_tar_header(tar, &e, err) < 0)
		return -1;
	return msk_tar_data(tar, text, n, err);
}

static int add_document(struct msk_tar *tar, const char *path, struct msk_json *own_doc, struct msk_err *err)
{
	MSK_AUTO_STR text = MSK_STR_INIT;

	msk_json_dump(own_doc, &text);
	msk_json_free(own_doc);
	if (msk_document_check(path, &text, err) < 0)
		return -1;
	return add_text(tar, path, text.buf, text.len, err);
}

static int add_front(struct msk_tar *tar, const struct msk_product *p, struct msk_err *err)
{
	if (add_text(tar, "oci-layout", MSK_OCI_LAYOUT, strlen(MSK_OCI_LAYOUT), err) < 0 ||
	    add_document(tar, "index.json", msk_index_json(p), err) < 0 ||
	    add_document(tar, "manifest.json", msk_docker_manifest_json(p), err) < 0 ||
	    add_dir(tar, "blobs", err) < 0)
		return -1;
	return add_dir(tar, "blobs/sha256", err);
}

static int add_blob_header(struct msk_tar *tar, const struct msk_digest *digest, uint64_t size, struct msk_err *err)
{
	MSK_AUTO_FREE char *path = msk_xasprintf("blobs/sha256/%s", digest->text + strlen("sha256:"));
	const struct msk_tar_entry e = { .path = path, .type = MSK_TAR_FILE, .mode = 0644, .size = size };

	return msk_tar_header(tar, &e, err);
}

/* The store pushes a blob's bytes; the tar takes them. */
struct into_tar {
	struct msk_writer w;
	struct msk_tar *tar;
};

static int into_tar_write(struct msk_writer *w, const void *p, size_t n, struct msk_err *err)
{
	return msk_tar_data(((struct into_tar *)w)->tar, p, n, err);
}

static int add_blob(struct msk_tar *tar, struct msk_store *st, size_t i, struct msk_err *err)
{
	struct into_tar to = { { into_tar_write, NULL }, tar };
	struct msk_digest digest;
	uint64_t size;

	msk_store_at(st, i, &digest, &size);
	if (add_blob_header(tar, &digest, size, err) < 0)
		return -1;
	return msk_store_send(st, &digest, &to.w, err);
}

int msk_outer_tar_write(const struct msk_product *p, struct msk_store *st, struct msk_writer *to, struct msk_err *err)
{
	MSK_CLEANUP(msk_tar_cleanup) struct msk_tar *tar = NULL;

	if (msk_tar_new(to, &tar, err) < 0 || add_front(tar, p, err) < 0)
		return -1;
	for (size_t i = 0; i < msk_store_count(st); i++)
		if (add_blob(tar, st, i, err) < 0)
			return -1;
	return msk_tar_finish(tar, err);
}

/* Neither tar is finished, so that nothing is there that would end it. */
int msk_outer_tar_front(const struct msk_product *p, struct msk_str *out, struct msk_err *err)
{
	struct msk_str_writer to = msk_str_writer(out);
	MSK_CLEANUP(msk_tar_cleanup) struct msk_tar *tar = NULL;

	return msk_tar_new(&to.w, &tar, err) < 0 ? -1 : add_front(tar, p, err);
}

int msk_outer_tar_header(const struct msk_digest *digest, uint64_t size, unsigned char out[MSK_TAR_BLOCK],
			 struct msk_err *err)
{
	MSK_AUTO_STR header = MSK_STR_INIT;
	struct msk_str_writer to = msk_str_writer(&header);
	MSK_CLEANUP(msk_tar_cleanup) struct msk_tar *tar = NULL;

	if (msk_tar_new(&to.w, &tar, err) < 0 || add_blob_header(tar, digest, size, err) < 0)
		return -1;
	assert(header.len == MSK_TAR_BLOCK);
	memcpy(out, header.buf, MSK_TAR_BLOCK);
	return 0;
}
