/* Names of the files that runs of ours leave in directories that they write to: the lock of a layout, which stays, and
 * temporary files, of which a run that is killed leaves one. Both are of no meaning to anybody else. */
#ifndef MKSCRATCH_LEAVINGS_H
#define MKSCRATCH_LEAVINGS_H

#include <stdbool.h>

#define MSK_LOCK_NAME        ".mkscratch.lock"
#define MSK_TEMPFILE_MARK    ".mkscratch-"       /* "." and the name of the file that is made stand before it, */
#define MSK_TEMPFILE_DIGITS  16                  /* so many hexadecimal digits behind */

bool msk_is_tempfile_name(const char *name);
/* Either of them, by its name without directories. */
bool msk_is_leaving(const char *name);

#endif
