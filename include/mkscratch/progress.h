/* How far the work is: the stages of a build tell it, the command line shows it. Nobody below the command line asks for
 * the time or prints, and no byte depends on it.
 *
 * A value that is handed down, NULL where nobody looks. To tell costs one addition for each chunk of a file; any
 * thread may. */
#ifndef MKSCRATCH_PROGRESS_H
#define MKSCRATCH_PROGRESS_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

struct msk_progress {
	_Atomic(const char *) stage;           /* a word for what is being done; NULL before the first */
	_Atomic uint64_t done, total;          /* bytes of this stage; total 0: it is not counted */
};

/* A stage begins. `stage` outlives the progress. */
static inline void msk_progress_stage(struct msk_progress *p, const char *stage, uint64_t total)
{
	if (!p)
		return;
	atomic_store(&p->done, 0);
	atomic_store(&p->total, total);
	atomic_store(&p->stage, stage);
}

static inline void msk_progress_add(struct msk_progress *p, uint64_t bytes)
{
	if (p)
		atomic_fetch_add_explicit(&p->done, bytes, memory_order_relaxed);
}

#endif
