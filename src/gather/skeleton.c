#include "mkscratch/gather.h"

int msk_gather_skeleton(struct msk_gather *g, struct msk_err *err)
{
	return msk_rootfs_add_dir(g->fs, &(struct msk_entry_spec){
		.path = "/tmp", .what = "skeleton", .why = "programs expect it", .mode = 01777,
		.stratum = MSK_STRATUM_BASE }, err);
}
