/* Which build of a library is loaded: what compressed bytes depend on beside the input. */
#ifndef CODEC_LIBRARY_ID_H
#define CODEC_LIBRARY_ID_H

#include "mkscratch/str.h"

/* Append the build ID, in hexadecimal, of the file that holds this function (of the program itself when the library is
 * linked into it). False when it has none. */
bool msk_library_id(const void *function, struct msk_str *out);

#endif
