/* The documents of a layout, whole by their digests: the index, a manifest and a config, each ended by a NUL. In them
 * MANIFEST, CONFIG and LAYER stand for the digest and size of what they name, DIFFID for that of the layer, which is an
 * empty tar. */
#include "mkscratch/digest.h"
#include "mkscratch/tar.h"
#include "mutate_json.h"
#include "read_image.h"

FUZZ_ALLOCATOR_ENDS;

struct collector {
	struct msk_writer w;
	struct msk_str *to;
};

static int collect(struct msk_writer *w, const void *p, size_t n, struct msk_err *err)
{
	(void)err;
	msk_str_add(((struct collector *)w)->to, p, n);
	return 0;
}

static int collected(struct msk_writer *w, struct msk_err *err)
{
	(void)w;
	(void)err;
	return 0;
}

static void put(struct msk_tar *t, const char *path, const void *p, size_t n)
{
	const struct msk_tar_entry e = { .path = path, .type = MSK_TAR_FILE, .mode = 0644, .size = n };
	struct msk_err err = MSK_ERR_INIT;

	assert(msk_tar_header(t, &e, &err) == 0 && msk_tar_data(t, p, n, &err) == 0);
}

/* "digest":"...","size":n of a blob that is put into the archive. */
static char *put_blob(struct msk_tar *t, const void *p, size_t n)
{
	MSK_AUTO_FREE char *path = NULL;
	struct msk_digest d;

	msk_digest_of(p, n, &d);
	path = msk_xasprintf("blobs/sha256/%s", d.text + strlen("sha256:"));
	put(t, path, p, n);
	return msk_xasprintf("\"digest\":\"%s\",\"size\":%zu", d.text, n);
}

static void replace(struct msk_str *text, const char *word, const char *by)
{
	MSK_AUTO_STR out = MSK_STR_INIT;
	const char *at = msk_str_c(text), *hit;

	while ((hit = strstr(at, word)) && out.len < 1 << 20) {
		msk_str_add(&out, at, (size_t)(hit - at));
		msk_str_adds(&out, by);
		at = hit + strlen(word);
	}
	msk_str_adds(&out, at);
	msk_str_release(text);
	*text = out;
	out = (struct msk_str)MSK_STR_INIT;
}

static void next_document(const uint8_t **data, size_t *size, struct msk_str *out)
{
	size_t n = strnlen((const char *)*data, *size);

	msk_str_add(out, *data, n);
	n += n < *size;
	*data += n;
	*size -= n;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t room, unsigned seed)
{
	return mutate_json(data, size, room, seed);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char layer[1024];
	static const char diff_id[] = "\"sha256:5f70bf18a086007016e948b04aed3b82103a36bea41755b6cddfaf10ace3c6ef\"";
	MSK_AUTO_STR archive = MSK_STR_INIT;
	MSK_AUTO_STR index = MSK_STR_INIT;
	MSK_AUTO_STR manifest = MSK_STR_INIT;
	MSK_AUTO_STR config = MSK_STR_INIT;
	char *names[3];
	struct collector to = { { collect, collected }, &archive };
	struct msk_err err = MSK_ERR_INIT;
	struct msk_tar *t;

	assert(msk_tar_new(&to.w, &t, &err) == 0);
	next_document(&data, &size, &index);
	next_document(&data, &size, &manifest);
	next_document(&data, &size, &config);
	replace(&config, "DIFFID", diff_id);
	names[0] = put_blob(t, layer, sizeof layer);
	names[1] = put_blob(t, config.buf, config.len);
	replace(&manifest, "LAYER", names[0]);
	replace(&manifest, "CONFIG", names[1]);
	names[2] = put_blob(t, manifest.buf, manifest.len);
	replace(&index, "MANIFEST", names[2]);
	put(t, "oci-layout", "{\"imageLayoutVersion\":\"1.0.0\"}", 30);
	put(t, "index.json", index.buf, index.len);
	assert(msk_tar_finish(t, &err) == 0);
	msk_tar_free(t);
	fuzz_read_archive(archive.buf, archive.len);
	for (size_t i = 0; i < 3; i++)
		free(names[i]);
	return 0;
}
