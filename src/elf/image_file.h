/* An ELF file as the readers of src/elf share it: segments and the file, without libelf. */
#ifndef ELF_IMAGE_FILE_H
#define ELF_IMAGE_FILE_H

#include "mkscratch/elf.h"

struct msk_segment {
	uint32_t type, flags;
	uint64_t offset, vaddr, filesz, memsz;
};

struct msk_image_file {
	const struct msk_rofile *f;
	const char *name;
	struct msk_segment *segments;
	size_t n_segments;
	unsigned arm_arch;               /* Tag_CPU_arch plus one; 0: not stated */
};

/* File offset of a virtual address by the segment that holds it, and the bytes left there; what the file lacks
 * (.bss) does not count. */
bool msk_image_offset(const struct msk_image_file *i, uint64_t addr, uint64_t *offset, uint64_t *left);

/* Tag_CPU_arch of an .ARM.attributes section, plus one; 0 when it is not there (ARM IHI 0045, "build attributes"). */
unsigned msk_arm_cpu_arch(const unsigned char *p, size_t n);

/* A setting of Go's build info ("GOARM") into `out`; false when the program is not Go's or does not say. */
bool msk_go_setting(const struct msk_image_file *i, const char *key, char *out, size_t size);

/* Platform as OCI names it; arch "" when OCI has no name for the machine. */
void msk_platform_of(const struct msk_image_file *i, struct msk_elf *e);

#endif
