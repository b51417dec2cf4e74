/* The resolver's inside: one closure under way, and what each loader's rules are given to work with.
 *
 * Rule numbers in the .c files follow the loaders: glibc's dl-load, musl's dynlink. */
#ifndef ELF_LOADER_H
#define ELF_LOADER_H

#include "mkscratch/closure.h"

/* ld.so.cache: name -> path, for one kind of object (glibc's cache.h, "glibc-ld.so.cache1.1"). */
struct msk_ldcache {
	char *data;
	size_t size;
	const unsigned char *entries;
	size_t n_entries;
	const char *base;          /* string offsets count from here */
	size_t base_size;
	bool big_endian;
};

/* False when the bytes are no cache of the new format in a known byte order. Takes own_data over. */
bool msk_ldcache_parse(struct msk_ldcache *c, char *own_data, size_t n, bool big_endian);
void msk_ldcache_release(struct msk_ldcache *c);
/* The baseline entry (no hwcap) of this name for objects like `e`; NULL when there is none. Borrowed. */
const char *msk_ldcache_find(const struct msk_ldcache *c, const char *name, const struct msk_elf *e);

/* Directories of ld.so.conf and what it includes, in order. No file: none. */
int msk_ldconf_dirs(struct msk_rotree *tree, struct msk_strv *dirs, struct msk_err *err);

/* Directories that are compiled into a loader: absolute strings ending in '/', one behind the other. */
void msk_loader_dirs(const char *data, size_t n, struct msk_strv *dirs);

struct msk_names;              /* name -> index of the object that answers to it */
struct msk_names *msk_names_new(void);
void msk_names_free(struct msk_names *n);
void msk_names_add(struct msk_names *n, const char *name, size_t object);   /* the first to take a name keeps it */
bool msk_names_find(const struct msk_names *n, const char *name, size_t *object);

/* A closure under way. */
struct msk_resolver {
	const struct msk_closure_args *args;
	struct msk_closure *c;
	const char *name;          /* of the program, for messages */
	struct msk_names *names;
	struct msk_object interp;  /* until something needs it it stands aside */
	size_t interp_at;          /* its place in c->objects; SIZE_MAX: aside */
	struct msk_strv system_dirs;
	struct msk_strv conf_dirs;
	struct msk_ldcache cache;
	char *lib;                 /* what $LIB stands for */
};

/* One request: `by` needs `name`. A hit fills `hit`; missing collects what was tried. */
struct msk_request {
	const char *name;
	size_t by;
	struct msk_object hit;     /* valid when found */
	bool found;
	struct msk_missing tried;
};

void msk_object_release(struct msk_object *o);

/* The loaders' search. 0 with rq->found or not; -1 for what a loader would stop at. */
int msk_glibc_search(struct msk_resolver *r, struct msk_request *rq, struct msk_err *err);
int msk_musl_search(struct msk_resolver *r, struct msk_request *rq, struct msk_err *err);

/* Try one path or one directory. `any_machine`: the loader does not look at class and machine (musl). */
int msk_try_path(struct msk_resolver *r, struct msk_request *rq, const char *path, enum msk_found_by by,
		 const char *rule_dir, struct msk_err *err);
int msk_try_dirs(struct msk_resolver *r, struct msk_request *rq, const struct msk_strv *dirs, enum msk_found_by by,
		 struct msk_err *err);
/* An RPATH, RUNPATH or library path of `owner`: split at any of `separators`, tokens expanded. */
int msk_try_search_path(struct msk_resolver *r, struct msk_request *rq, const char *path, const char *separators,
			size_t owner, enum msk_found_by by, struct msk_err *err);
/* Replace $ORIGIN and, for glibc, $LIB and $PLATFORM. NULL when a token has no value. Heap. */
char *msk_expand_tokens(const struct msk_resolver *r, const char *text, size_t owner);

#endif
