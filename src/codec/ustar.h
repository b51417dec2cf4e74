/* The one block of 512 bytes that most entries need, as the library lays it out: of a layer with time zones there are
 * hundreds, and on its way to the same bytes the library copies each entry and looks for a character set.
 * (POSIX.1-1988 ustar.) */
#ifndef CODEC_USTAR_H
#define CODEC_USTAR_H

#include "mkscratch/tar.h"

/* False, and nothing is written: the entry takes more than the block, or the library may have a way of its own with it. */
bool msk_ustar_header(const struct msk_tar_entry *e, unsigned char out[MSK_TAR_BLOCK]);

#endif
