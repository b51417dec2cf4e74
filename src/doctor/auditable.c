#include "examine.h"

#include <string.h>

#include "mkscratch/fs.h"
#include "mkscratch/json.h"
#include "mkscratch/zlib.h"

/* cargo-auditable: a zlib stream of JSON with "packages", each with a "name". */
#define AUDITABLE_SECTION ".dep-v0"
#define AUDITABLE_MAX     (4u << 20)       /* bytes of the section */

bool doctor_auditable_parse(const void *p, size_t n, doctor_package *visit, void *ctx)
{
	MSK_AUTO_STR text = MSK_STR_INIT;
	MSK_AUTO_JSON *v = NULL;
	struct msk_err ignored = MSK_ERR_INIT;
	const struct msk_json *packages;

	if (!msk_zlib_inflate(p, n, MSK_MAX_DOCUMENT, &text) ||
	    msk_json_parse(msk_str_c(&text), text.len, AUDITABLE_SECTION, &v, &ignored) < 0)
		return false;
	packages = msk_json_get(v, "packages");
	for (size_t i = 0; i < msk_json_count(packages); i++) {
		const char *name = msk_json_get_string(msk_json_at(packages, i), "name");

		if (name)
			visit(ctx, name);
	}
	return packages != NULL;
}

static void take(void *ctx, const char *name)
{
	doctor_see_crate(ctx, name, strlen(name), SEEN_AUDITABLE, 0);
}

int doctor_auditable_read(struct examination *x, struct msk_err *err)
{
	const struct msk_layout_section *s = msk_elf_layout_find(&x->layout, AUDITABLE_SECTION);
	MSK_AUTO_FREE char *buf = NULL;
	ssize_t got;

	if (!s || !s->in_file || s->size == 0 || s->size > AUDITABLE_MAX)
		return 0;
	buf = msk_xmalloc((size_t)s->size);
	got = msk_pread_full(x->args->file->fd, buf, (size_t)s->size, s->offset, x->args->name, err);
	if (got < 0)
		return -1;
	if (doctor_auditable_parse(buf, (size_t)got, take, x))
		x->marks |= MARK_RUST;
	return 0;
}
