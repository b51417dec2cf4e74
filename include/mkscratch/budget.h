/* Budgets: how large an image may be. Asked when it is made and before any of it becomes visible; what has outgrown its
 * budget is told with whatever has the largest part in that. */
#ifndef MKSCRATCH_BUDGET_H
#define MKSCRATCH_BUDGET_H

#include "mkscratch/plan.h"
#include "mkscratch/rootfs.h"

/* `size`: of the image as it is stored. Fails: MSK_E_INPUT `--max-size: the image is larger (13421234 vs 12000000
 * bytes)`, with the largest files and what strip would save as details; MSK_E_IO. */
int msk_budget_check(const struct msk_plan *p, const struct msk_rootfs *fs, uint64_t size, struct msk_err *err);

#endif
