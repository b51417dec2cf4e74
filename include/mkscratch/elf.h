/* What an ELF file says of itself, from its program headers alone (section headers may be stripped or lie; only the
 * ARM build attributes have no other home). The file is read piece by piece with every offset checked against its
 * size first; nothing is mapped.
 *
 * Sources: System V ABI chapters 4-5, the loaders' behaviour, OCI image-spec "platform". */
#ifndef MKSCRATCH_ELF_H
#define MKSCRATCH_ELF_H

#include <stdbool.h>
#include <stdint.h>
#include "mkscratch/err.h"
#include "mkscratch/platform.h"
#include "mkscratch/rotree.h"
#include "mkscratch/str.h"

enum msk_linkage { MSK_ELF_STATIC, MSK_ELF_STATIC_PIE, MSK_ELF_DYNAMIC, MSK_ELF_LIBRARY };
enum msk_libc { MSK_LIBC_NONE, MSK_LIBC_GLIBC, MSK_LIBC_MUSL, MSK_LIBC_OTHER };

#define MSK_ELF_MAX_NEEDED 4096

struct msk_elf {
	unsigned elf_class;            /* 32 or 64 */
	bool big_endian;
	uint16_t machine, type;        /* e_machine, e_type */
	uint32_t flags;                /* e_flags */
	uint8_t osabi;
	enum msk_linkage linkage;
	struct msk_platform platform;  /* os "linux"; variant "" for the architecture's default */
	char *interp;                  /* PT_INTERP; NULL for static */
	struct msk_strv needed;        /* DT_NEEDED in file order */
	char *soname, *rpath, *runpath;/* NULL when absent; rpath is NULL when there is a runpath */
	bool nodeflib, pie, bind_now;  /* DF_1_NODEFLIB, DF_1_PIE */
	bool has_dynamic;
};

void msk_elf_release(struct msk_elf *e);

/* Read the facts of `f`. `name` is for messages: `app: not an ELF file (starts with "#!")` and its kin.
 * Fails: MSK_E_INPUT for whatever is no sound ELF file of a kind that can be loaded, MSK_E_IO. */
int msk_elf_read(const struct msk_rofile *f, const char *name, struct msk_elf *out, struct msk_err *err);

/* The stricter rule for --bin: a program (static, static-pie or dynamic) for Linux with a platform that OCI can
 * name; libraries, objects and cores are refused, each with its sentence. Fails: MSK_E_INPUT. */
int msk_elf_check_program(const struct msk_elf *e, const char *name, struct msk_err *err);

/* "x86-64", "aarch64": the machine in words, for messages. */
const char *msk_elf_machine_name(const struct msk_elf *e);
const char *msk_linkage_name(enum msk_linkage l);
const char *msk_libc_name(enum msk_libc l);

#endif
