/* What a file that is no ELF file is instead, in words. */
#ifndef ELF_KIND_H
#define ELF_KIND_H

#include "mkscratch/rotree.h"

/* Fail with MSK_E_INPUT `<name>: not an ELF file (...)`. `head` is the first n bytes. */
int msk_refuse_no_elf(const char *name, const unsigned char *head, size_t n, uint64_t size, struct msk_err *err);

#endif
