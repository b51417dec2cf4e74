/* What an ELF file says of itself, from its program headers alone (section headers may be stripped or lie; only the
 * ARM build attributes have no other home). The file is read piece by piece with every offset checked against its
 * size first; nothing is mapped, and a large file is not read whole.
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

/* An entry of .note.dlopen (UAPI.12): a library that the file may open while it runs. */
enum msk_priority { MSK_REQUIRED, MSK_RECOMMENDED, MSK_SUGGESTED };
struct msk_dlopen {
	struct msk_strv sonames;       /* not empty, best first: the first that is there is taken */
	char *feature, *description;   /* NULL when not told */
	enum msk_priority priority;
};

/* What asks for another object: DT_NEEDED, or the rare two that stand in for the object that has them. */
enum msk_need { MSK_NEED, MSK_NEED_FILTER, MSK_NEED_AUXILIARY };

#define MSK_ELF_MAX_NEEDED   4096            /* of one object */
#define MSK_ELF_MAX_NAMES    (1 << 20)       /* bytes of their names together */
#define MSK_ELF_MAX_PHDRS    65536           /* bytes of program headers, as the kernel allows */
#define MSK_ELF_MAX_DYNAMIC  (1 << 20)       /* entries */
#define MSK_ELF_MAX_STRING   65536           /* bytes of a search path */
#define MSK_ELF_MAX_DLOPENS  256             /* .note.dlopen of one file, their entries, and sonames of one entry */
#define MSK_ELF_MAX_JSON     65536           /* bytes of one such note */

struct msk_elf {
	unsigned elf_class;            /* 32 or 64 */
	bool big_endian;
	uint16_t machine, type;        /* e_machine, e_type */
	uint32_t flags;                /* e_flags */
	uint8_t osabi, abiversion;
	bool padded;                   /* bytes behind abiversion, which mean nothing, are not 0 */
	enum msk_linkage linkage;
	struct msk_platform platform;  /* os "linux" unless notes say otherwise; arch "" for what OCI cannot name */
	bool variant_guessed;          /* nothing in the file tells the variant */
	unsigned isa_level;            /* x86: what the property note demands, 0 or 1..4 for x86-64-v1..v4 */
	char *interp;                  /* PT_INTERP; NULL for static */
	struct msk_strv needed;        /* DT_NEEDED, DT_FILTER and DT_AUXILIARY in file order */
	unsigned char *need_kinds;     /* enum msk_need, one for each of `needed` */
	char *soname, *rpath, *runpath;/* NULL when absent; rpath is NULL when there is a runpath */
	char *audit;                   /* the last DT_AUDIT or DT_DEPAUDIT: libraries that watch the loader; NULL */
	struct msk_dlopen *dlopens;    /* of all .note.dlopen, in file order */
	size_t n_dlopens, cap_dlopens, n_dlopen_notes;
	char *note_fault;              /* why some of them are not there: "malformed .note.dlopen: line 1: ..."; NULL */
	bool nodeflib, pie, bind_now;  /* DF_1_NODEFLIB, DF_1_PIE */
	uint64_t cut_end;              /* where the section headers would end, when the file ends before that; 0: it does not */
	bool has_dynamic;
	bool relr, textrel;            /* DT_RELR; DT_TEXTREL or DF_TEXTREL */
	bool exec_stack;               /* PT_GNU_STACK asks for one, or is missing where that means it */
	bool writable_code;            /* a segment is writable and executable at once */
	unsigned kernel[3];            /* the least Linux by the GNU ABI note; 0 when there is none */
	char *go_version;              /* "go1.22.1"; NULL when it is no Go program */
	char *go_info;                 /* the module text of Go's build info; NULL when there is none */
	size_t *owners;                /* of all that is pointed to, shared by copies; NULL: this one alone */
};

/* DT_RUNPATH or else DT_RPATH, borrowed; NULL: neither. */
const char *msk_elf_search_path(const struct msk_elf *e);

void msk_elf_release(struct msk_elf *e);
/* Facts do not change once they are read, so a copy shares what `e` points to; each is released on its own. */
struct msk_elf msk_elf_share(struct msk_elf *e);

/* Read the identification alone: class, byte order, machine, type, flags, osabi. Enough to say whether a loader passes
 * the file over; it may be unsound further on. Fails: MSK_E_INPUT for what is not ELF or is cut, MSK_E_IO. */
int msk_elf_read_header(const struct msk_rofile *f, const char *name, struct msk_elf *out, struct msk_err *err);

/* Read the facts of `f`. `name` is for messages: `app: not an ELF file (starts with "#!")` and its kin.
 * Fails: MSK_E_INPUT for whatever is no sound ELF file of a kind that can be loaded, MSK_E_IO. */
int msk_elf_read(const struct msk_rofile *f, const char *name, struct msk_elf *out, struct msk_err *err);

/* The same without Go's build info, and what it tells of the platform: all that loaders go by. */
int msk_elf_read_links(const struct msk_rofile *f, const char *name, struct msk_elf *out, struct msk_err *err);

/* The stricter rule for --bin: a program (static, static-pie or dynamic) for Linux with a platform that OCI can
 * name; libraries are refused too, each with its sentence. Fails: MSK_E_INPUT. */
int msk_elf_check_program(const struct msk_elf *e, const char *name, struct msk_err *err);

/* Why a loader of `program` passes `lib` over: "built for aarch64, the program is x86-64" appended to `why`, or
 * false when it fits. */
bool msk_elf_misfit(const struct msk_elf *program, const struct msk_elf *lib, struct msk_str *why);

/* A "build" line of Go's build info, "GOARM=7" for key "GOARM": the value as a heap string; NULL when absent. */
char *msk_elf_go_setting(const struct msk_elf *e, const char *key);

/* "x86-64", "aarch64": the machine in words, for messages. */
const char *msk_elf_machine_name(const struct msk_elf *e);
const char *msk_linkage_name(enum msk_linkage l);
const char *msk_libc_name(enum msk_libc l);

#endif
