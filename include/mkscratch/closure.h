/* The ELF closure: the files a dynamic program's own loader would map, found without running anything.
 *
 * The rules are those of the loader that PT_INTERP names: glibc's ld.so (breadth first; RPATH of the requester and its
 * ancestors, extra directories, RUNPATH, ld.so.cache or ld.so.conf, system directories) or musl's. The result
 * depends on the tree and the arguments alone, never on the CPU or the environment of the host: of libraries that exist
 * in variants for better CPUs (glibc-hwcaps) the baseline is taken unless a level is asked for, and $PLATFORM is the
 * baseline's name. */
#ifndef MKSCRATCH_CLOSURE_H
#define MKSCRATCH_CLOSURE_H

#include "mkscratch/elf.h"
#include "mkscratch/log.h"
#include "mkscratch/memo.h"

#define MSK_NO_OBJECT SIZE_MAX              /* where an object is told by its index */

#define MSK_CLOSURE_MAX_OBJECTS 8192
#define MSK_CLOSURE_MAX_WISHES  8192
#define MSK_CLOSURE_MAX_NEEDS   (40 << 20)  /* bytes that names and edges of all objects take */
#define MSK_CLOSURE_MAX_PROBES  1000000     /* files tried; thousands are usual for large programs */

enum msk_found_by {
	MSK_BY_PROGRAM, MSK_BY_INTERP, MSK_BY_RPATH, MSK_BY_LIBRARY_PATH, MSK_BY_RUNPATH, MSK_BY_CACHE,
	MSK_BY_CONF, MSK_BY_SYSTEM_DIR, MSK_BY_PATH, MSK_BY_OPTION,
};

/* What an object may do while it runs, told by what it imports: end threads by unwinding them; ask for users, services
 * and the like; ask for hosts; convert character sets; set a locale; translate messages; load what it names itself. */
enum msk_use {
	MSK_USE_UNWIND, MSK_USE_NSS, MSK_USE_HOSTS, MSK_USE_ICONV, MSK_USE_LOCALE, MSK_USE_GETTEXT, MSK_USE_DLOPEN, MSK_USES
};

/* What an object may load while the program runs: by its .note.dlopen, or because of what it imports. */
struct msk_wish {
	struct msk_strv names;         /* any of them will do, best first */
	enum msk_priority priority;
	char *feature, *description;   /* NULL when it has none; of imports "unwind" or "nss" */
	size_t cause;                  /* the object with the note or the import */
	char *import;                  /* NULL: a note */
	size_t by;                     /* on whose behalf it is looked for: `cause`, or libc */
	bool wanted;                   /* by its priority and --dlopen */
	bool named;                    /* its feature was asked for: as good as required */
	size_t object;                 /* MSK_NO_OBJECT: not there, or not wanted */
	size_t taken;                  /* which of `names` that answers to; 0 when none is there */
	size_t n_dirs;                 /* where the first of them was looked for, when none is there */
	char *fault;                   /* what a loader would say of a file that it meets and cannot take; NULL */
	char *lacks;                   /* `object` is there, but cannot be loaded: "libfoo.so.1 needs libbar.so.2, not found" */
};

/* What the closure may open besides: files of no fixed name, plug-ins, libraries that only a string names. Told, never
 * added. */
struct msk_advice {
	char *what;                    /* "character sets" */
	char *evidence;                /* "libidn2.so.0 imports iconv_open" */
	char *fix;                     /* options that add it: "--tree DIR:DIR"; or that there is none in the root */
};

struct msk_object {
	char *name;                    /* as it was first asked for */
	char *path;                    /* as found; for a program its path in the tree or the name it was given */
	enum msk_found_by found_by;    /* MSK_BY_OPTION: a path given by --lib; a name goes by the rule that found it */
	char *rule_dir;                /* the directory the rule gave; NULL where no directory took part */
	struct msk_strv searched;      /* as in struct msk_missing: what was tried before it was found */
	struct msk_strv skipped;
	size_t parent;                 /* index of the first requester; itself for the program */
	size_t wish;                   /* that brought it; MSK_NO_OBJECT: it is needed by `parent` */
	size_t *needed;                /* for each of elf.needed (then --lib, for the program): index, or MSK_NO_OBJECT for
	                                * what is missing, or ignored by this loader */
	size_t n_needed;
	struct msk_elf elf;
	char *uses[MSK_USES];          /* the first import that tells so, or NULL */
	uint64_t dev, ino;
};

struct msk_missing {
	char *name;
	size_t needed_by;
	bool by_option;                /* asked for by --lib, not by a file */
	bool by_wish;                  /* a wish that cannot be done without: `wish` */
	size_t wish;
	struct msk_strv searched;      /* directories and files in the order they were tried */
	size_t n_dirs;                 /* how many of them are directories */
	struct msk_strv skipped;       /* "path: reason" of candidates that the loader passes over */
	char *why, *found;             /* why the first that fell short could not be taken, and its path; NULL */
	enum msk_code code;            /* MSK_OK unless `why` is graver than its being missing */
	char *level;                   /* only CPUs of this level (of --hwcaps) would find it; NULL */
};

struct msk_closure {
	/* [0] is the program, then the order in which the loader lists what it has mapped: breadth first, in the order of
	 * DT_NEEDED; a DT_FILTER or DT_AUXILIARY object stands in front of the one that asked for it. The interpreter
	 * stands where it is first needed by name (libc.so.6 does), and last when nothing names it.
	 * From n_start on: what is loaded while the program runs, each with what it needs behind it. */
	struct msk_object *objects;
	size_t n_objects, cap_objects, n_start;
	struct msk_missing *missing;   /* once for each name */
	size_t n_missing, cap_missing;
	size_t n_lacking;              /* behind them: what only libraries lack that the program can do without */
	struct msk_wish *wishes;       /* in the order of the objects that have them, then of the file */
	size_t n_wishes, cap_wishes;
	struct msk_advice *advice;     /* with args.advise, in the order of the objects */
	size_t n_advice, cap_advice;
	enum msk_libc libc;
	struct msk_strv system_dirs;   /* where this loader looks without cache, configuration or environment */
	char *lib_token;               /* what $LIB stands for in the paths of its objects; NULL: for nothing */
	char *cache_path;              /* of the cache this loader reads, there or not; NULL: it reads none */
	struct msk_strv notes;         /* sentences worth a warning: relative directories, an unknown loader, ... */
};

struct msk_closure_args {
	struct msk_rotree *tree;
	struct msk_memo *memo;                 /* of the same tree, for who resolves several programs; may be NULL */
	const struct msk_strv *library_path;   /* stands where LD_LIBRARY_PATH would: lists of directories, which the loader
	                                        * takes apart in its own way; may be NULL */
	const struct msk_strv *libs;           /* --lib: resolved as though the program needed them; may be NULL */
	const char *origin;                    /* the directory that $ORIGIN of the program stands for; NULL: none */
	char *(*find_origin)(void *ctx);       /* for who would have to look for `origin`: called when it is of use; NULL */
	void *find_ctx;
	const struct msk_strv *dlopen;         /* --dlopen: "all", "none", FEATURE or -FEATURE, the last that fits counts;
	                                        * may be NULL */
	bool start_only;                       /* leave wishes and what they bring aside */
	bool advise;                           /* look for what may be worth adding by hand, too */
	const char *cwd;                       /* where the program is started: relative names start here; NULL: "/" */
	const char *hwcaps;                    /* level of the CPU ("v3", "z15", "all"); NULL: the baseline */
	bool secure;                           /* it starts with more rights than its user has (AT_SECURE): loaders ignore
	                                        * library_path, and $ORIGIN where users may have a hand in it */
	bool set_id, has_caps;                 /* it does for some users, by its mode or its file capabilities: what they
	                                        * will meet is noted */
};

/* `text` with this loader's value for each $LIB, where there is one. Heap. */
char *msk_closure_fill_lib(const struct msk_closure *c, const char *text);

/* Resolve the closure of the program in `f`; of a static one that is the program alone. A library is resolved under
 * the loader that programs of its platform usually name. Missing objects are reported in the result, not as an error.
 * Fails: MSK_E_INPUT or MSK_E_MISSING for what a loader would stop at, MSK_E_USAGE for a level that the machine does
 * not have, MSK_E_IO. */
int msk_closure_resolve(const struct msk_closure_args *args, const struct msk_rofile *f, const char *name,
			struct msk_closure *out, struct msk_err *err);
void msk_closure_release(struct msk_closure *c);

/* Append LD_LIBRARY_PATH of an image's environment: what library_path of a resolution inside the image is. */
void msk_loader_env_path(const struct msk_strv *env, struct msk_strv *lists);
/* Append the directories of such a list, as loaders of that kind tell them apart: at ':' all, glibc's at ';' and musl's at
 * the end of a line too. */
void msk_loader_split_path(enum msk_libc libc, const char *list, struct msk_strv *dirs);

#define MSK_HWCAPS_MAX 8                    /* levels of one machine */

/* The levels of a program's machine up to `level`, the least one first. Fails: MSK_E_USAGE when it is none of them. */
int msk_hwcaps_levels(const struct msk_elf *program, const char *level, struct msk_strv *out, struct msk_err *err);

/* Turn missing objects into the error of exit 4: `app: needs libfoo.so.2, not found (searched 7 directories)`. */
int msk_closure_check(const struct msk_closure *c, const char *name, struct msk_err *err);
const char *msk_found_by_name(enum msk_found_by by);
const char *msk_priority_name(enum msk_priority p);

/* "loaded by /app while it runs (feature tpm, recommended)" or "/app imports pthread_cancel, which may load it": why
 * there is such a wish, `who` being the name of the object that is its cause. */
void msk_wish_add_reason(const struct msk_wish *w, const char *who, struct msk_str *out);
/* Add the features that the closure's notes name, once each. */
void msk_features_add(const struct msk_closure *c, struct msk_strv *features);
/* Does --dlopen speak of anything there is? `who`: "of the image". Fails: MSK_E_USAGE `--dlopen tmp: no file of the image
 * has that feature`. Leaving out what is not there is a warning. */
int msk_features_check(const struct msk_strv *words, const struct msk_strv *features, const char *who,
		       const struct msk_log *log, struct msk_err *err);
/* "libfoo.so.2 or libfoo.so.1". */
void msk_wish_add_names(const struct msk_wish *w, struct msk_str *out);

#endif
