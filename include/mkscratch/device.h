/* What is no regular file, and is written as it is: a device, a FIFO, a pipe by its name in /dev/fd or /proc. */
#ifndef MKSCRATCH_DEVICE_H
#define MKSCRATCH_DEVICE_H

#include <stdbool.h>
#include "mkscratch/err.h"

/* Open for writing. A FIFO takes what is written only while somebody reads: whoever that is gets ten seconds to come.
 * `reader` is a command that would, for the hint.
 * Fails: MSK_E_IO `x: is a socket, expected a file, FIFO or device`, `x: a FIFO that nobody reads (waited 10 s)`. */
int msk_device_open(const char *path, const char *reader, int *out_fd, struct msk_err *err);

/* Which descriptor of this process it is a name of: /dev/fd/7, /dev/stderr, /proc/self/task/9/fd/7, a link to one of them;
 * -1: of none. One that is not open by the time at which nothing was opened yet is nobody's to name; later it may be one of
 * our own. What is to be written there is written to the descriptor itself, as whoever opened it expects: where it stands, or
 * at the end if it was opened for appending. */
int msk_device_descriptor(const char *path);
/* It is open, and not for reading alone. */
bool msk_device_is_writable(int fd);

#endif
