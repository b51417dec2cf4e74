/* Seals of a rootfs, and how they fail. */
#ifndef UNIT_SEAL_H
#define UNIT_SEAL_H

#include "mkscratch/rootfs.h"

static inline void seal(struct msk_rootfs *fs)
{
	struct msk_err err = MSK_ERR_INIT;

	assert_int_equal(msk_rootfs_seal(fs, &err), 0);
}

static inline void assert_seal_fails(struct msk_rootfs *fs, const char *msg)
{
	struct msk_err err = MSK_ERR_INIT;

	assert_int_equal(msk_rootfs_seal(fs, &err), -1);
	assert_int_equal(err.code, MSK_E_USAGE);
	assert_string_equal(err.msg, msg);
}

#endif
