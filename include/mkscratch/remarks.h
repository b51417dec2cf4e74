/* What a loader would say when it starts a closure, told without running anything: versions and symbols that nothing
 * defines, C libraries that do not mix, and what a deployment should know (CPU level, kernel, executable stack).
 *
 * The rules are those of the loader itself. glibc: every version need is looked for among the definitions of the
 * library it names, a symbol breadth first among all that is loaded; lazy references wait for their call. musl: by name
 * alone, all at once. What the program may load while it runs can be wanting and the program still starts, so nothing
 * about it is graver than a warning; and what a plug-in lacks, whoever loads it may have. */
#ifndef MKSCRATCH_REMARKS_H
#define MKSCRATCH_REMARKS_H

#include "mkscratch/closure.h"

#define MSK_REMARKS_MAX         4096              /* kept; further ones are counted */
#define MSK_REMARK_SYMBOLS_MAX  4096              /* names in one */
#define MSK_VERIFY_MAX_STEPS     ((uint64_t)1 << 28)
#define MSK_SYMSTORE_MAX         ((size_t)1 << 30) /* bytes of symbols held at once */

enum msk_remark_level { MSK_REMARK_INFO, MSK_REMARK_WARNING, MSK_REMARK_ERROR };

enum msk_remark_kind {
	MSK_REMARK_ABI,               /* glibc and musl in one closure */
	MSK_REMARK_VERSION,           /* a version that its library does not define, or no such library */
	MSK_REMARK_UNVERSIONED,       /* a version is asked of a library that has none */
	MSK_REMARK_RELR,              /* DT_RELR without the version that guards it */
	MSK_REMARK_SYMBOL,            /* symbols that nothing defines */
	MSK_REMARK_ISA,               /* a CPU beyond the baseline */
	MSK_REMARK_KERNEL,            /* a kernel beyond what the C library itself asks for */
	MSK_REMARK_EXEC_STACK,
	MSK_REMARK_TEXTREL,           /* relocations change code */
	MSK_REMARK_RWX,               /* a segment that can be written and executed */
};

struct msk_remark {
	enum msk_remark_level level;
	enum msk_remark_kind kind;
	size_t object;                 /* of the closure */
	char *subject;                 /* its name for people */
	char *text;                    /* "needs version GLIBC_2.38 of libc.so.6, which /lib/libc.so.6 does not have" */
	char *hint;                    /* what mends it; NULL */
	struct msk_strv symbols;       /* MSK_REMARK_SYMBOL: "name" or "name@VERSION", in the order of the file */
};

struct msk_remarks {
	struct msk_remark *v;
	size_t n, cap;
	size_t left_out;               /* beyond the limit */
	char **glibc;                  /* for each object: the newest GLIBC_x.y it needs, "2.34"; NULL */
	size_t n_objects;
	unsigned isa_level;            /* x86: of all that is loaded, 0 or 1..4 */
	unsigned kernel[3];            /* the least Linux for all of it */
};

/* Symbols of objects, each file read once for all the closures it is part of. */
struct msk_symstore;
struct msk_symstore *msk_symstore_new(void);
void msk_symstore_free(struct msk_symstore *st);
void msk_symstore_cleanup(struct msk_symstore **st);

/* Verify the closure that msk_closure_resolve made of the program in `f` over `tree`. Symbols are looked up only when
 * no library is missing. Of a static program only the program's own facts are told.
 * Fails: MSK_E_INPUT for symbol tables that are not sound or too large, MSK_E_IO. */
int msk_closure_verify(const struct msk_closure *c, struct msk_rotree *tree, const struct msk_rofile *f,
		       struct msk_symstore *st, struct msk_remarks *out, struct msk_err *err);
void msk_remarks_release(struct msk_remarks *remarks);

/* Do C libraries mix? Needs no file to be read; for closures with missing libraries, of which it may be the reason. */
void msk_closure_verify_abi(const struct msk_closure *c, struct msk_remarks *out);

/* Turn the first error among them into that of exit 4: `app: needs version GLIBC_2.38 of libc.so.6, which ...`. */
int msk_remarks_check(const struct msk_remarks *remarks, struct msk_err *err);
const char *msk_remark_level_name(enum msk_remark_level l);
const char *msk_remark_kind_name(enum msk_remark_kind k);

#endif
