/* What the fuzz targets share. A target is a file fuzz_<parser>.c with LLVMFuzzerTestOneInput: it hands the bytes to one
 * parser and asserts what must hold of the result whatever they were. Bytes of length 0 are an input like any other.
 *
 * With clang, libFuzzer drives it (`make fuzz`); replay.c runs it over tests/fuzz/corpus/<parser>/ (`make check`). */
#ifndef FUZZ_H
#define FUZZ_H

#undef NDEBUG                       /* the asserts are the test */
#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "mkscratch/rotree.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Stands in the targets behind which libarchive or jansson read: these go on with memory that they were refused. In the program
 * the allocator ends the process before they can (base/heap.c), so under these targets it does too; see oom.h. */
#define FUZZ_ALLOCATOR_ENDS const bool fuzz_allocator_ends = true

/* The bytes as an open file in memory, at its beginning. */
static inline struct msk_rofile fuzz_file(const void *data, size_t size)
{
	int fd = memfd_create("fuzz", MFD_CLOEXEC);

	assert(fd >= 0 && pwrite(fd, data, size, 0) == (ssize_t)size);
	return (struct msk_rofile){ .fd = fd, .mode = S_IFREG | 0755, .size = size, .dev = 1, .ino = 1 };
}

/* The error of a parser that ended with rc: set when it failed, and only then; one line, never an I/O error, as nothing
 * here changes under its reader. */
static inline void fuzz_check_error(int rc, const struct msk_err *err)
{
	assert(rc == 0 || rc == -1);
	assert((rc == 0) == (err->code == MSK_OK));
	assert(rc == 0 || err->code == MSK_E_INPUT || err->code == MSK_E_MISSING);
	assert(rc == 0 || err->msg[0]);
}

#endif
