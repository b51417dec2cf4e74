/* Confinement: from the moment at which it is known what the process has to do with, the kernel refuses it everything
 * else (Landlock, landlock(7)). What is open already stays usable. It is for this thread and those it makes later, and
 * cannot be undone. Where the kernel has no Landlock nothing is confined, and that is told.
 *
 * Nothing may be executed or connected to at all. */
#ifndef MKSCRATCH_CONFINE_H
#define MKSCRATCH_CONFINE_H

#include <stdbool.h>
#include <stdint.h>
#include "mkscratch/err.h"
#include "mkscratch/mem.h"

struct msk_confine {
	int fd;                   /* of the rules under way; -1: the kernel has none such */
	uint64_t known;           /* the rights this kernel tells apart */
};

#define MSK_CONFINE_INIT { .fd = -1 }
#define MSK_AUTO_CONFINE MSK_CLEANUP(msk_confine_release) struct msk_confine

enum msk_confine_right {
	MSK_CONFINE_READ,         /* files, directories and all below */
	MSK_CONFINE_WRITE,        /* make, write, rename and remove files and directories below, and read them */
};

/* Begin with nothing allowed. */
void msk_confine_init(struct msk_confine *c);
void msk_confine_release(struct msk_confine *c);
/* Allow what is at `path`, links followed; nothing when nothing is there: who opens it will say so. When that cannot be
 * done there is no confinement. */
void msk_confine_allow(struct msk_confine *c, const char *path, enum msk_confine_right right);
/* From here on. False: the kernel has none, or would not. */
bool msk_confine_enter(struct msk_confine *c);

#endif
