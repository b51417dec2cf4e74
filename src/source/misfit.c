/* What a file is that was taken for an image and is none. */
#include <string.h>

#include "mkscratch/fs.h"
#include "mkscratch/magic.h"
#include "source.h"

#define FORMS "an image is an archive (of -o img.tar, docker save, skopeo) or an OCI layout directory"

struct head {
	char bytes[MSK_MAGIC_BYTES];
	size_t n;
	const char *wrap;       /* what it lies in: " in gzip" */
};

/* The first bytes, of what is compressed those within. Fails as reading does. */
static int read_head(struct msk_source *s, struct head *out, struct msk_err *err)
{
	MSK_CLEANUP(msk_archive_pass_release) struct msk_archive_pass p = { 0 };
	ssize_t n = msk_pread_full(s->fd, out->bytes, sizeof out->bytes, 0, s->name, err);
	const struct msk_magic *m = n > 0 ? msk_magic_find(out->bytes, (size_t)n) : NULL;

	out->wrap = "";
	out->n = n > 0 ? (size_t)n : 0;
	if (n < 0 || msk_archive_pass_begin_plain(&p, s, 0, err) < 0)
		return -1;
	if (!m || msk_inflate_passes(p.inflate))
		return 0;
	out->wrap = strcmp(m->what, "gzip data") == 0 ? " in gzip" : " in zstd";
	n = msk_inflate_reader(p.inflate)->read(msk_inflate_reader(p.inflate), out->bytes, sizeof out->bytes, err);
	out->n = n > 0 ? (size_t)n : 0;
	return n < 0 ? -1 : 0;
}

static int fail_text(const struct msk_source *s, const struct head *h, struct msk_err *err)
{
	MSK_AUTO_STR start = MSK_STR_INIT;

	msk_magic_add_head(&start, h->bytes, h->n);
	msk_fail(err, MSK_E_INPUT, "%s: not an image, but text%s (starts with %s)", s->name, h->wrap, start.buf);
	return msk_hint(err, FORMS);
}

static int fail_unknown(const struct msk_source *s, const struct head *h, struct msk_err *err)
{
	MSK_AUTO_STR start = MSK_STR_INIT;

	msk_magic_add_head(&start, h->bytes, h->n);
	msk_fail(err, MSK_E_INPUT, "%s: not an image%s (starts with %s)", s->name, h->wrap, start.buf);
	return msk_hint(err, FORMS);
}

static int fail_kind(const struct msk_source *s, const struct head *h, const struct msk_magic *m, struct msk_err *err)
{
	msk_fail(err, MSK_E_INPUT, "%s: not an image, but %s%s", s->name, m->what, h->wrap);
	return msk_hint(err, m->packed ? "unpack it first" : FORMS);
}

static int fail_program(const struct msk_source *s, const struct head *h, struct msk_err *err)
{
	msk_fail(err, MSK_E_INPUT, "%s: not an image, but an ELF file%s", s->name, h->wrap);
	return msk_hint(err, "%s", *h->wrap ? FORMS : "mkscratch --bin FILE -o img.tar makes an image of a program");
}

int msk_source_misfit(struct msk_source *s, struct msk_err *err)
{
	struct msk_err ignored = MSK_ERR_INIT;
	const struct msk_magic *m;
	struct head h;

	if (err->code != MSK_E_INPUT || read_head(s, &h, &ignored) < 0)
		return -1;
	*err = (struct msk_err)MSK_ERR_INIT;
	if (h.n >= 4 && memcmp(h.bytes, "\177ELF", 4) == 0)
		return fail_program(s, &h, err);
	m = msk_magic_find(h.bytes, h.n);
	if (m)
		return fail_kind(s, &h, m, err);
	return msk_magic_is_text(h.bytes, h.n) ? fail_text(s, &h, err) : fail_unknown(s, &h, err);
}

static bool is_empty(const struct msk_source *s)
{
	struct msk_err ignored = MSK_ERR_INIT;
	MSK_AUTO_STRV names = MSK_STRV_INIT;
	char byte;

	if (!s->is_dir)
		return msk_pread_full(s->fd, &byte, 1, 0, s->name, &ignored) == 0;
	return msk_list_fd(s->fd, 1000, s->name, &names, &ignored) == 0 && names.n == 0;
}

int msk_source_no_image(const struct msk_source *s, struct msk_err *err)
{
	if (is_empty(s))
		msk_fail(err, MSK_E_INPUT, "%s: is empty", s->name);
	else if (s->is_dir)
		msk_fail(err, MSK_E_INPUT, "%s: is a directory, but not an OCI layout (oci-layout is missing)", s->name);
	else
		msk_fail(err, MSK_E_INPUT, "%s: is an archive, but not of an image (oci-layout and manifest.json are missing)",
			 s->name);
	return msk_hint(err, FORMS);
}
