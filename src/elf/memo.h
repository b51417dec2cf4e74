/* Inside of the resolver: questions to the tree, each asked once. */
#ifndef ELF_MEMO_H
#define ELF_MEMO_H

#include "mkscratch/closure.h"
#include "mkscratch/ldcache.h"
#include "terrain.h"

struct msk_rotree *msk_memo_tree(const struct msk_memo *m);

/* Where does `path` lead? As msk_rotree.open; but a regular file that was met before comes back with fd -1. */
int msk_memo_open(struct msk_memo *m, const char *path, enum msk_lookup *how, struct msk_rofile *out,
		  struct msk_err *err);
/* Open for reading what msk_memo_open has shown; nothing to do when it is open. Fails: MSK_E_IO when it is another. */
int msk_memo_reopen(struct msk_memo *m, const char *path, struct msk_rofile *f, struct msk_err *err);

/* The header of a file, as msk_elf_read_header. `f` is open or else opened by `path`; `name` is for messages. */
int msk_memo_header(struct msk_memo *m, const char *path, struct msk_rofile *f, const char *name, struct msk_elf *out,
		    struct msk_err *err);
/* Its facts, as msk_elf_read_links; *out is to be released. */
int msk_memo_read(struct msk_memo *m, const char *path, struct msk_rofile *f, const char *name, struct msk_elf *out,
		  struct msk_err *err);

/* What the dynamic symbols of a file tell of what it does while it runs. */
struct msk_imports {
	char *uses[MSK_USES];          /* as in struct msk_object */
	bool is_libc;                  /* it defines what every C library does, and nothing else should */
	unsigned release;              /* 236 when GLIBC_2.36 is the last such version it defines; 0: it defines none */
};
/* Of a file, when they are known; NULL otherwise. Borrowed, as is what comes back from telling them. */
const struct msk_imports *msk_memo_imports(const struct msk_memo *m, const struct msk_rofile *f);
const struct msk_imports *msk_memo_learn_imports(struct msk_memo *m, const struct msk_rofile *f,
						 struct msk_imports *own_im);

/* What a loader's own bytes tell. */
struct msk_loader_facts {
	struct msk_strv system_dirs;   /* empty: it does not tell */
	char *cache_path;              /* NULL: the same */
	unsigned version;              /* glibc 2.36 is 236; 0: unknown */
};
/* Of the glibc loader at `path`; all results are borrowed from the memo. */
int msk_memo_loader(struct msk_memo *m, const char *path, const struct msk_loader_facts **out, struct msk_err *err);

/* The cache at `path` for programs like `e`: NULL when there is none (*found false) or none that they can use. */
int msk_memo_ldcache(struct msk_memo *m, const char *path, const struct msk_elf *e, bool *found,
		     const struct msk_ldcache **out, struct msk_err *err);

/* The terrain of such programs; borrowed. Fails as msk_terrain_read. */
int msk_memo_terrain(struct msk_memo *m, const struct msk_terrain_of *of, struct msk_terrain **out, struct msk_err *err);

/* The directories that ld.so.conf at `path` names. */
int msk_memo_ldconf(struct msk_memo *m, const char *path, const struct msk_strv **out, struct msk_err *err);

#endif
