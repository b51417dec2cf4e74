/* What is no regular file, and is written as it is: a device, a FIFO, a pipe by its name in /dev/fd or /proc. */
#ifndef MKSCRATCH_DEVICE_H
#define MKSCRATCH_DEVICE_H

#include <stdbool.h>
#include "mkscratch/err.h"

/* Open for writing. A FIFO takes what is written only while somebody reads: whoever that is gets ten seconds to come.
 * `reader` is a command that would, for the hint.
 * Fails: MSK_E_IO `x: is a socket, expected a file, FIFO or device`, `x: a FIFO that nobody reads (waited 10 s)`. */
int msk_device_open(const char *path, const char *reader, int *out_fd, struct msk_err *err);

/* /dev/fd/7, /proc/self/fd/7, by whichever name of this process: a descriptor that is not open by the time at which nothing
 * was opened yet is nobody's to name; later it may be one of our own. */
bool msk_device_is_descriptor(const char *path);

#endif
