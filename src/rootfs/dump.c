#include <string.h>

#include "mkscratch/filecap.h"
#include "mkscratch/rootfs_walk.h"

static const char *stratum_name(enum msk_strata s)
{
	return s == MSK_STRATUM_BASE ? "base" : s == MSK_STRATUM_LIBS ? "libs" : "app";
}

static void dump_entry(const struct msk_entry *e, struct msk_str *out)
{
	msk_str_addf(out, "%c%04o\t%u:%u\t%llu\t%s\t", "dfl"[e->type], e->mode, e->uid, e->gid,
		     (unsigned long long)e->body.size, stratum_name(e->stratum));
	msk_str_add_escaped(out, e->path, strlen(e->path));
	if (e->link) {
		msk_str_adds(out, " -> ");
		msk_str_add_escaped(out, e->link, strlen(e->link));
	}
	if (e->caps) {
		msk_str_adds(out, " {");
		msk_filecap_add(out, e->caps);
		msk_str_addc(out, '}');
	}
	msk_str_adds(out, "\t# ");
	msk_str_add_escaped(out, e->origin.what, strlen(e->origin.what));
	if (e->origin.why[0]) {
		msk_str_adds(out, ": ");
		msk_str_add_escaped(out, e->origin.why, strlen(e->origin.why));
	}
	if (e->kept_below)
		msk_str_adds(out, " (the base has it)");
	if (e->replaces)
		msk_str_adds(out, " (in place of a directory of the base)");
	msk_str_addc(out, '\n');
}

void msk_rootfs_dump(const struct msk_rootfs *fs, struct msk_str *out)
{
	MSK_AUTO_ROOTFS_WALK w;

	msk_rootfs_walk_init(&w, fs);
	for (const struct msk_entry *e; (e = msk_rootfs_next(&w));)
		dump_entry(e, out);
}
