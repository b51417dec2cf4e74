/* Attestations of the images that are joined. */
#ifndef JOIN_ATTEST_H
#define JOIN_ATTEST_H

#include "mkscratch/join.h"

/* To each image of the sorted list those that are of its manifest, from all sources. */
void msk_join_attach(struct msk_join *j);

#endif
