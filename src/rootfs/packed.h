/* The files of trees, of which there may be very many: one packed behind the other in a sorted table (table.h), of which little
 * is in memory.
 *
 * They do nothing to the rest of a set, nor it to them: no link leads to them, nothing else is at their paths or below, nobody
 * grants them anything. Where that is not so the seal takes them out, and they are entries like any other. Their directories,
 * and links, always are. */
#ifndef ROOTFS_PACKED_H
#define ROOTFS_PACKED_H

#include "mkscratch/names.h"
#include "mkscratch/rootfs_walk.h"
#include "mkscratch/table.h"

/* What all files of a tree have in common. */
struct msk_packed_tree {
	const char *dest, *host_dir;    /* texts of the set; dest is "" for the root */
	size_t n_dest, n_host_dir;
	struct msk_origin origin;
	uint32_t uid, gid;
	enum msk_strata stratum;
};

struct msk_packed {
	struct msk_packed_tree *trees;
	size_t n_trees, cap_trees;
	struct msk_table files;         /* key: path; value: see packed.c */
	/* Of a sealed set: where it was looked last, and what was found. */
	struct msk_table_walk looking;
	struct msk_names found;
	struct msk_entry **shown;
	size_t n_shown, cap_shown;
};

void msk_packed_free(struct msk_packed *p);

/* Fails as msk_table_add() does. */
int msk_packed_add(struct msk_packed *p, size_t tree, const char *path, uint32_t mode, const struct msk_content *facts,
		   struct msk_err *err);

/* What a record of the table says, with its texts in `path` and `host_path`. */
void msk_packed_show(const struct msk_packed *p, const struct msk_table_walk *at, struct msk_entry *e, struct msk_str *path,
		     struct msk_str *host_path);

/* Of a sealed set; good until it is open again. NULL: there is none. */
const struct msk_entry *msk_packed_find(struct msk_packed *p, const char *path, size_t first_number);
/* What was found is not good any more. */
void msk_packed_forget(struct msk_packed *p);

/* Steps of the seal; all may be called of a set that has none. First: sort them, and take out those that are there twice, and
 * those that links of the set lead to. */
int msk_packed_settle(struct msk_rootfs *fs, struct msk_err *err);
/* Once links were followed: take out those that have something else at their paths or below. */
int msk_packed_make_way(struct msk_rootfs *fs, struct msk_err *err);
/* Take out those at the n paths, where there are any. */
int msk_packed_take(struct msk_rootfs *fs, const char *const *paths, size_t n, struct msk_err *err);

#endif
