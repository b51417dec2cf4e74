/* Inside of the resolver: one resolution in progress, one search in it, and the rules of the loaders. */
#ifndef ELF_LOADER_H
#define ELF_LOADER_H

#include "mkscratch/closure.h"
#include "mkscratch/names.h"
#include "memo.h"
#include "terrain.h"

/* The directories of one object's RPATH or RUNPATH, tokens expanded. */
struct msk_search_path {
	bool ready;
	struct msk_strv dirs;
};

/* What trying a file, a list of directories, or every rule has led to; -1 is an error. */
enum msk_tried {
	MSK_GO_ON,                     /* nothing: try what comes next */
	MSK_TAKEN,                     /* `known` or `hit` of the search is set */
	MSK_END_OF_LIST,               /* the loader gives the rest of this list of directories up */
	MSK_END_OF_SEARCH,             /* and here the name as a whole */
};

struct msk_search;

/* How loaders differ. */
struct msk_loader_rules {
	enum msk_libc libc;
	bool skips_misfits;            /* a library for another machine is passed over, not an error */
	bool checks_ident;             /* all of e_ident is compared, not only class and byte order */
	bool replaces_libc;            /* a C library of any name and place is the loader itself */
	bool takes_programs;           /* a program will do where a library is needed */
	bool knows_the_loader_by_file; /* a link to the loader is the loader, not a second copy of it */
	enum msk_tried after_failure;  /* when a file is there but cannot be opened (symbolic links without end) */
	bool knows_sonames;            /* a loaded object answers to its DT_SONAME, and to every name it was found by */
	bool has_filters;              /* DT_FILTER and DT_AUXILIARY mean something */
	bool expands_needed;           /* $ORIGIN and its kin in DT_NEEDED */
};

struct msk_loader {
	const struct msk_closure_args *args;
	struct msk_memo *memo;         /* all files are looked at through it */
	struct msk_closure *c;
	const char *program;           /* its name, for messages */
	const struct msk_rofile *file; /* the program */
	bool has_unwinder;             /* libgcc_s.so.1 was thought of */
	bool has_files, has_dns;       /* and so were the NSS modules of these names */
	enum { LIBC_UNREAD, LIBC_WITH_NSS, LIBC_WITHOUT_NSS } nss;
	const struct msk_loader_rules *rules;
	size_t interp;                 /* object; MSK_NO_OBJECT: none */
	struct msk_names names;        /* what a loaded object answers to */
	struct msk_names ids;          /* device and number of the files of loaded objects */
	struct msk_names missing;      /* names that were not found */
	struct msk_strv library_path;
	struct msk_search_path *paths; /* one for each object that was asked for */
	size_t n_paths;
	struct msk_names subdirs_seen; /* 1: a directory of that path is there, 0: it is not */
	struct msk_terrain *terrain;   /* the memo's; musl has an empty one */
	size_t probes;                 /* files tried so far */
	uint64_t steps;                /* and list elements looked at */
	size_t need_bytes;             /* that names and edges take */
	size_t trail_bytes;            /* that trails take */
	bool spent;                    /* that was too much */
	struct msk_strv unsound;       /* of objects: what is wrong with their symbols */
};

/* A search for one name on behalf of one object. */
struct msk_search {
	struct msk_loader *l;
	const char *name;              /* tokens expanded */
	size_t by;
	bool by_option;
	bool optional;                 /* what would stop the loader only ends the search */
	bool lenient;                  /* pass over whatever is no fitting library */
	struct msk_missing trail;      /* what was tried; becomes the report when nothing is found */
	size_t known;                  /* the file found is this object already */
	struct msk_object hit;         /* else it is this new one */
};

/* What a request asks for and for whom. */
struct msk_request {
	const char *name;
	size_t by;
	enum msk_need kind;
	bool by_option;
	bool optional;                 /* not there is no news; *trail is then what was tried, unless NULL */
	struct msk_missing *trail;
};

/* Take an object over: it gets an index and is known by its file. Fails: MSK_E_INPUT beyond the limits. */
int msk_loader_add(struct msk_loader *l, struct msk_object *own_o, size_t *index, struct msk_err *err);
/* The names by which a later request finds an object, which was asked for by `asked`, without a search. */
void msk_loader_learn_names(struct msk_loader *l, size_t i, const char *asked);
/* *index: the object that answers, loaded or new, or MSK_NO_OBJECT: then what was tried is among what is missing, unless
 * the request is optional. */
int msk_loader_answer(struct msk_loader *l, const struct msk_request *r, size_t *index, struct msk_err *err);

/* What an object may do by its imports; a file whose symbols make no sense is noted and tells nothing. */
int msk_uses_read(struct msk_loader *l, size_t object, struct msk_err *err);
/* Is the file at `path` a C library, by what it defines? `f` is it; `e` are its facts. */
int msk_uses_is_libc(struct msk_loader *l, const char *path, struct msk_rofile *f, const struct msk_elf *e, bool *out,
		     struct msk_err *err);
/* Do files and dns lie in libc itself (glibc 2.34 and later)? */
int msk_uses_libc_has_nss(struct msk_loader *l, bool *out, struct msk_err *err);

/* Fill in the closure's advice. */
int msk_advise(struct msk_loader *l, struct msk_err *err);
/* Of an object that calls dlopen: the libraries that its strings name and that are there. */
int msk_advise_named(struct msk_loader *l, size_t object, struct msk_err *err);
/* The first word on a matter stays. */
void msk_advice_add(struct msk_loader *l, char *own_what, char *own_evidence, char *own_fix);

/* Add the wishes of an object to those of the closure. */
int msk_wishes_collect(struct msk_loader *l, size_t object, struct msk_err *err);
/* Look for what wish `i` asks for; its `object` is the result. */
int msk_wish_grant(struct msk_loader *l, size_t i, struct msk_err *err);
void msk_wish_release(struct msk_wish *w);
bool msk_wish_is_needed(const struct msk_wish *w);
/* When all has been looked for: tell what the program lacks from what only libraries lack that it can do without. */
void msk_missing_settle(struct msk_closure *c);
void msk_missing_release(struct msk_missing *m);
void msk_object_release(struct msk_object *o);

/* Try one file; enum msk_tried, or -1 where the loader would stop. */
int msk_search_file(struct msk_search *s, const char *path, enum msk_found_by rule, const char *dir,
		    struct msk_err *err);
/* Try the name in each of the directories; the same results. */
int msk_search_dirs(struct msk_search *s, const struct msk_strv *dirs, enum msk_found_by rule, struct msk_err *err);
/* Is the name in `subdir` of any directory that was searched? Told in the trail, as of `level`; never taken. */
int msk_search_variant(struct msk_search *s, const char *subdir, const char *level, struct msk_err *err);
/* Add a directory or file to what was searched, as long as there is room for trails. */
void msk_search_note(struct msk_search *s, const char *path);
/* Add what is worth telling of a candidate to the trail; it was not taken. */
int msk_search_pass_over(struct msk_search *s, const char *path, const char *why);
void msk_search_release(struct msk_search *s);

/* Is there a directory at `path`? Asked once for each path. */
int msk_loader_is_directory(struct msk_loader *l, const char *path, bool *yes, struct msk_err *err);

/* Count work, so that hostile files cannot keep us for ever. */
int msk_loader_charge(struct msk_loader *l, uint64_t steps, struct msk_err *err);
void msk_loader_note(const struct msk_loader *l, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* A relative path or directory, "" for the directory itself, as seen from where the program is started; heap. */
char *msk_loader_absolute(const struct msk_loader *l, const char *path);
/* The search path of an object, empty and not ready at first; valid until the next call. */
struct msk_search_path *msk_loader_path(struct msk_loader *l, size_t object);
/* Is the file one that is loaded? */
bool msk_loader_has_file(const struct msk_loader *l, const struct msk_rofile *f, size_t *object);
/* The directory that $ORIGIN of an object stands for, as a heap string; NULL: unknown. */
char *msk_loader_origin(const struct msk_loader *l, size_t object);

/* AT_PLATFORM of the least CPU that the ABI allows; NULL: none. */
const char *msk_platform_baseline(const struct msk_elf *e);
/* Expand $ORIGIN, $LIB and $PLATFORM as ld.so does; NULL when one of them has no value, or none that is trusted. */
char *msk_token_expand(struct msk_loader *l, size_t object, const char *text);

/* Is there any of them in it? */
bool msk_token_any(const char *text);

/* May a program that gains rights look for libraries in `dir`, which its $ORIGIN leads to? */
bool msk_secure_trusts(const struct msk_loader *l, const char *dir);
/* Fails: MSK_E_MISSING for a name in DT_NEEDED that ld.so does not take from such a program. */
int msk_secure_check_name(const struct msk_loader *l, size_t by, const char *name, struct msk_err *err);
/* Say of a program with set-id bits or capabilities what its loader would not do for some of its users. */
void msk_secure_note(const struct msk_loader *l);

/* Does `path` begin with one of the loader's system directories and a '/'? */
bool msk_loader_in_system_dir(const struct msk_loader *l, const char *path);

/* ld.so: facts from the interpreter's own bytes, and the search of one name without '/'. */
int msk_glibc_prepare(struct msk_loader *l, struct msk_err *err);
int msk_glibc_search(struct msk_search *s, struct msk_err *err);
/* Is this the soname of what the kernel maps into every process? ld.so has it in its list, and never looks for it. */
bool msk_glibc_is_vdso(const struct msk_loader *l, const char *name);
extern const struct msk_loader_rules msk_glibc_rules;

int msk_musl_prepare(struct msk_loader *l, struct msk_err *err);
int msk_musl_search(struct msk_search *s, struct msk_err *err);
bool msk_musl_is_libc(const char *name);
extern const struct msk_loader_rules msk_musl_rules;

/* A loader we have no description of: its usual ground, like glibc's without configuration. */
extern const struct msk_loader_rules msk_other_rules;

/* Which loader a PT_INTERP path names, and the usual path for a machine. */
enum msk_libc msk_loader_kind(const char *interp);
const struct msk_loader_rules *msk_loader_rules(const char *interp);
const char *msk_loader_usual(const struct msk_elf *e);

/* Has the machine any level above the baseline? */
bool msk_hwcaps_any(const struct msk_elf *e);
/* Of the glibc-hwcaps subdirectories of a machine, best first ("glibc-hwcaps/x86-64-v3"), those that a CPU of `level`
 * ("v3", "z15", "all") makes use of. Fails: MSK_E_USAGE when the machine has no such level. */
int msk_hwcaps_subdirs(const struct msk_elf *e, const char *level, struct msk_strv *out, struct msk_err *err);
/* Those that loaders before 2.37 tried as well, whatever the CPU: tls/x86_64, tls, x86_64. */
void msk_hwcaps_legacy(const struct msk_elf *e, struct msk_strv *out);

/* The release that a loader's banner names, 236 for 2.36; 232 for one that is older than banners; 0: unknown. */
unsigned msk_glibc_version(const char *bytes, size_t n);
/* The directories compiled into a glibc loader, without trailing '/', and the path of its cache, from the bytes of the
 * file; nothing is added when it has none. */
void msk_sysdirs_scan(const char *bytes, size_t n, struct msk_strv *dirs, char **cache_path);
/* What distributions use, when the loader does not tell. */
int msk_sysdirs_guess(struct msk_rotree *t, const struct msk_elf *program, struct msk_strv *dirs, struct msk_err *err);

/* The directories of ld.so.conf and what it includes, in order. */
int msk_ldconf_read(struct msk_rotree *t, const char *path, struct msk_strv *dirs, struct msk_err *err);

/* Append the paths that an absolute pattern matches, sorted by bytes: "*", "?" and "[...]" within the parts of a path, a
 * "." in front matched by itself alone. A path without a pattern matches whether it is there or not. *room is the bytes of
 * names to look at, and is used up; without it nothing more is found. */
int msk_tree_glob(struct msk_rotree *t, const char *pattern, size_t *room, struct msk_strv *out, struct msk_err *err);

/* Read a small file of the tree; *found false when there is none that can be read. More than `limit` bytes count as
 * none. */
int msk_tree_slurp(struct msk_rotree *t, const char *path, size_t limit, bool *found, struct msk_str *out,
		   struct msk_err *err);

#endif
