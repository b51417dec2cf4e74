#include <string.h>

#include "mkscratch/fs.h"
#include "mkscratch/gather.h"

#define MAX_TABLE_BYTES (4u << 20)

/* What the host lacks of a preset, told in one line. */
struct skeleton {
	struct msk_gather *g;
	struct msk_strv missing, packages;
};

static int add_table(struct skeleton *s, const struct msk_preset_item *i, const struct msk_entry_spec *spec,
		     struct msk_err *err)
{
	MSK_AUTO_ROFILE f = MSK_ROFILE_INIT;
	MSK_AUTO_STR data = MSK_STR_INIT;
	bool found;

	if (msk_host_open_file(s->g->host, i->path, &found, &f, NULL, err) < 0)
		return -1;
	if (!found) {
		msk_strv_push(&s->missing, i->path);
		if (!msk_strv_has(&s->packages, i->text))
			msk_strv_push(&s->packages, i->text);
		return 0;
	}
	if (msk_read_all(f.fd, MAX_TABLE_BYTES, &data, i->path, err) < 0 ||
	    msk_rofile_unchanged(&f, f.fd, i->path, err) < 0)
		return -1;
	return msk_rootfs_add_data(s->g->fs, spec, msk_str_c(&data), data.len, err);
}

static int add(struct skeleton *s, const struct msk_preset_item *i, struct msk_err *err)
{
	MSK_AUTO_FREE char *what = i->preset == MSK_PRESET_SCRATCH ? msk_xstrdup("skeleton") :
				   msk_xasprintf("--preset %s", msk_preset_name(i->preset));
	struct msk_entry_spec spec = { .path = i->path, .what = what, .why = i->why, .mode = i->mode,
				       .stratum = MSK_STRATUM_BASE, .gives_way = true,
				       .stands_in = i->kind != MSK_PRESET_DIR };
	struct msk_rootfs *fs = s->g->fs;

	switch (i->kind) {
	case MSK_PRESET_DIR: return msk_rootfs_add_dir(fs, &spec, err);
	case MSK_PRESET_TEXT: return msk_rootfs_add_data(fs, &spec, i->text, strlen(i->text), err);
	case MSK_PRESET_LINK: return msk_rootfs_add_symlink(fs, &spec, i->text, err);
	case MSK_PRESET_HOST: return add_table(s, i, &spec, err);
	case MSK_PRESET_MADE:
	case MSK_PRESET_ENV: break;
	}
	return 0;
}

static void add_list(struct msk_str *out, const struct msk_strv *list)
{
	for (size_t i = 0; i < list->n; i++)
		msk_str_addf(out, "%s%s", i == 0 ? "" : i + 1 == list->n ? " and " : ", ", list->v[i]);
}

static void tell_missing(const struct skeleton *s)
{
	MSK_AUTO_STR text = MSK_STR_INIT;

	if (!s->missing.n)
		return;
	add_list(&text, &s->missing);
	msk_str_addf(&text, ": left out, not in %s (packages ", msk_host_root(s->g->host));
	add_list(&text, &s->packages);
	msk_warn(s->g->log, "%s)", text.buf);
}

int msk_gather_skeleton(struct msk_gather *g, struct msk_err *err)
{
	struct skeleton s = { .g = g };
	int rc = 0;

	for (const struct msk_preset_item *i = msk_preset_items; i->path && rc == 0; i++)
		if (i->preset <= g->plan->preset)
			rc = add(&s, i, err);
	if (rc == 0)
		tell_missing(&s);
	msk_strv_release(&s.missing);
	msk_strv_release(&s.packages);
	return rc;
}
