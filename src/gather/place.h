/* Where the objects of a closure go in the image.
 *
 * The closure was found on the host with the program at SRC; in the image it stands at DEST, and extra search
 * directories and musl's path file are not there. An object that was found by those is put where the loader of the
 * image does look. What the host's ld.so.cache led to keeps its place: the second run finds out whether it needs a
 * cache there too. */
#ifndef GATHER_PLACE_H
#define GATHER_PLACE_H

#include "mkscratch/closure.h"

struct msk_placing {
	const struct msk_closure *closure;
	const char *origin;             /* what $ORIGIN of the program was on the host */
	const char *dest;               /* the program in the image */
	const struct msk_strv *env;     /* of the image: LD_LIBRARY_PATH counts */
	char **placed;                  /* out: by object: new path, or NULL where it keeps the one it was found by */
};

/* Fill p->placed (heap, one for each object). Fails: MSK_E_MISSING for what cannot be found in the image. */
int msk_place_objects(struct msk_placing *p, struct msk_err *err);
/* A directory in which the loader of the closure looks by itself; heap. */
char *msk_place_loader_dir(const struct msk_closure *c);
/* Does the loader look for libraries in the directory of `path`, by itself, by a search path of the closure or by the
 * environment? A directory below one of its own counts, as plug-ins of the system have theirs there. */
bool msk_place_is_searched(const struct msk_placing *p, const char *path);
void msk_placing_release(struct msk_placing *p);

#endif
