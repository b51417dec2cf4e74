/* The plan: everything the command line asks for, checked against itself, with defaults filled in.
 *
 * Made without looking at any file, so the same words give the same plan on every host; what is in the files is
 * learned by the gather stage. Immutable once made. It owns copies of all its strings. */
#ifndef MKSCRATCH_PLAN_H
#define MKSCRATCH_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "mkscratch/arena.h"
#include "mkscratch/codec_spec.h"
#include "mkscratch/err.h"
#include "mkscratch/json.h"
#include "mkscratch/media_type.h"
#include "mkscratch/options.h"
#include "mkscratch/platform.h"
#include "mkscratch/preset.h"
#include "mkscratch/ref.h"

struct msk_user {
	char *name;               /* "nobody" */
	uint32_t uid, gid;
};

/* Who says who the user is; of an image without base always the first two. */
enum msk_user_from {
	MSK_USER_GIVEN,
	MSK_USER_DEFAULT,         /* the user of the base goes before */
	MSK_USER_OF_BASE,         /* a name whose numbers the base's passwd has to tell */
};

/* Annotations of ours begin so (oci-layout-spec, section 5.6). */
#define MSK_ANNOTATION_PREFIX  "dev.mkscratch."
#define MSK_ANNOTATION_REASONS MSK_ANNOTATION_PREFIX "reasons"
#define MSK_ANNOTATION_RECIPE  MSK_ANNOTATION_PREFIX "recipe"

/* A line of /etc/passwd; its texts lie in the plan. */
struct msk_account {
	char *name, *comment, *home, *shell;
	uint32_t uid, gid;
	bool own;                 /* not by --passwd-entry, but of itself */
	bool makes_home;          /* the home is a directory that belongs to it */
};

/* A line of /etc/group; members are parted by commas. Its texts lie in the plan. */
struct msk_group {
	char *name;
	uint32_t gid;
	char *members;
	bool own;                 /* not by --group-entry, but of itself */
};

enum msk_input_kind { MSK_INPUT_BIN, MSK_INPUT_FILE, MSK_INPUT_TREE, MSK_INPUT_DIR, MSK_INPUT_LINK };

/* One --bin, --file, --tree, --dir or --link. There may be very many: the texts lie one behind the other, in the plan. */
struct msk_input {
	enum msk_input_kind kind;
	char *spec;               /* as typed, with its option: "--file ./a:/b" for messages and reasons */
	char *src;                /* host path as typed; NULL for dir and link */
	char *dest;               /* absolute and normalised path in the image */
	char *target;             /* link only: the text of the symlink */
	bool has_mode, has_owner;
	uint32_t mode, uid, gid;
};

/* How the runtime finds out whether the service is well. Times are nanoseconds; 0: the runtime's own. */
#define MSK_PROBE_PATH "/healthcheck"
enum msk_health_kind { MSK_HEALTH_UNSET, MSK_HEALTH_OFF, MSK_HEALTH_PROBE, MSK_HEALTH_COMMAND };
struct msk_health {
	enum msk_health_kind kind;
	struct msk_strv test;                    /* the command, in exec form */
	int64_t interval_ns, timeout_ns, start_period_ns;
	unsigned retries;
};

/* One --cap. */
struct msk_cap {
	char *spec;               /* as typed, with its option */
	char *path;               /* in the image */
	uint64_t caps;
};

/* The config of the image as far as the user may set it. */
struct msk_config {
	struct msk_strv entrypoint, cmd, env, volumes;
	struct msk_strv ports;                   /* "8080/tcp", sorted, unique */
	struct msk_strv label_keys, label_values;
	char *workdir, *stop_signal, *author;    /* NULL when not set; workdir defaults to "/" */
	bool cmd_given;                          /* --cmd, be it an empty list */
	bool workdir_given;
	size_t n_given_volumes;                  /* the first of the volumes; those behind them are a base's */
	struct msk_strv annotation_keys, annotation_values;
	struct msk_health health;
};

/* Does the environment have the variable, whatever its value? */
bool msk_config_sets(const struct msk_config *c, const char *variable);

enum msk_target_kind { MSK_TARGET_ARCHIVE, MSK_TARGET_STDOUT, MSK_TARGET_LAYOUT_OR_ARCHIVE, MSK_TARGET_LAYOUT };
struct msk_target {
	enum msk_target_kind kind;  /* LAYOUT_OR_ARCHIVE: a layout if the path is a directory by then */
	char *path;
};

/* One --root PLATFORM=DIR: where libraries for that platform are looked up. */
struct msk_root {
	struct msk_platform platform;
	char *dir;
};

struct msk_plan {
	char *root;
	struct msk_root *roots;
	size_t n_roots;
	const char *lib_root;                     /* of a plan for one platform: where its libraries are; else NULL */
	bool several;                             /* of such a plan: there are others */
	char *base;                               /* an image as typed; NULL: nothing is below */
	bool base_labels;                         /* its labels are taken over */
	const struct msk_json *inherited;         /* its config; of a narrowed plan, once that has inherited; borrowed */
	char *hwcaps;                             /* level of CPUs; NULL: the baseline alone */
	struct msk_input *inputs;
	size_t n_inputs;                          /* in the order of their kinds, then as typed */
	bool all_inputs;                          /* of a plan for one platform: the very same as of the whole; borrowed */
	struct msk_arena texts;                   /* of inputs, accounts and groups */
	struct msk_cap *caps;
	size_t n_caps;
	struct msk_strv libs, library_path;
	struct msk_strv dlopen;                   /* "all", "none", FEATURE or -FEATURE, in the order given */
	bool automatic;                           /* add what the programs are found to require */
	bool certs, tz;
	const char *certs_by, *tz_by;             /* the option that asked for them; static */
	char *certs_file;
	struct msk_strv extra_certs, certs_for;
	bool allow_expired;
	int64_t certs_expiry_min;                 /* seconds a certificate must have left; 0: no matter */
	struct msk_strv zones;                    /* names and patterns; empty: all */
	char *localtime;                          /* NULL: none; else among the zones */
	enum msk_preset preset;
	struct msk_user user;
	enum msk_user_from user_from;
	struct msk_account *accounts;             /* by uid; the user is among them */
	size_t n_accounts, cap_accounts;
	struct msk_group *groups;                 /* by gid */
	size_t n_groups, cap_groups;
	struct msk_config config;
	bool entrypoint_given;
	bool has_programs;                        /* false: over a base alone, whose programs are run */
	bool starts_first;                        /* the entrypoint is the first program, as none was given */
	int64_t created;                          /* of config and history, seconds since 1970 */
	int64_t mtime;                            /* of every entry */
	struct msk_ref *tags;
	size_t n_tags;
	struct msk_platform loaded;               /* whose image `docker load` gets; "" when that was not said */
	struct msk_target *targets;
	size_t n_targets;
	struct msk_codec_spec codec;
	enum msk_media_types media_types;
	bool single_layer;
	bool record;                              /* the manifest tells why each path is there */
	uint64_t max_size;                        /* bytes as stored; 0: no matter */
	uint64_t max_layer;                       /* bytes a layer of base or baseline may unpack to; 0: the default */
	char *baseline;                           /* the image that max_growth refers to; NULL: no matter */
	unsigned max_growth;                      /* hundredths of a percent */
	unsigned jobs;                            /* 0: one per core; never changes a byte */
	bool paranoid;                            /* compressed blocks are decoded and compared; never changes a byte */
};

/* What a base says of itself. */
struct msk_base_facts {
	const struct msk_json *config;            /* the document of its config */
	const char *passwd, *group;               /* what its files hold; "" when there are none */
	const char *name, *digest;                /* in full, of its manifest; NULL when nothing tells */
};

/* Fails: MSK_E_USAGE with the option, the value and what is wrong with it. */
int msk_plan_make(const struct msk_options *o, struct msk_plan *out, struct msk_err *err);
/* Of the verbs that read images: how much a layer may unpack to. 0: nothing was said. Fails: MSK_E_USAGE
 * `--max-layer-size x: not a size`. */
int msk_plan_layer_limit(const struct msk_options *o, uint64_t *out, struct msk_err *err);
/* Of `index`: outputs, annotations, and as names `names` unless others were given. Nothing else is set.
 * Fails: MSK_E_USAGE. */
int msk_plan_join(const struct msk_options *o, const struct msk_strv *names, struct msk_plan *out, struct msk_err *err);
void msk_plan_release(struct msk_plan *p);

/* The plan of an image for one platform: of the programs of the whole it has those which `members` marks, by their places
 * among the inputs, and the first of these is the entrypoint unless one was given. Borrows everything else; *out is the
 * caller's to release, also after a failure. Fails: MSK_E_USAGE, the entrypoint is no UTF-8. */
int msk_plan_narrow(const struct msk_plan *whole, const bool *members, const struct msk_platform *pf,
		    struct msk_plan *out, struct msk_err *err);
/* Who the user is and where the program starts when nothing is said, be it by a base. */
const char *msk_plan_default_user(const struct msk_plan *p);
bool msk_plan_has_default_user(const struct msk_plan *p);     /* by name and numbers; entries of passwd left aside */
const char *msk_plan_default_workdir(const struct msk_plan *p);

/* Of the document of a base's config, what a narrowed plan takes over from it: an image built on it would have that. */
struct msk_json *msk_plan_takes(const struct msk_plan *p, const struct msk_json *config);
/* Complete a narrowed plan by what a Dockerfile would inherit: variables, ports, volumes, labels; working directory, user,
 * stop signal and health check where none was given. The facts must outlive it.
 * What is of a type that it should not have is passed over: the caller has seen to it (msk_plan_takes()).
 * Fails: MSK_E_INPUT, a user without numbers; MSK_E_USAGE, the base does not know the user. */
int msk_plan_inherit(struct msk_plan *p, const struct msk_base_facts *base, struct msk_err *err);
void msk_plan_narrow_release(struct msk_plan *p);
/* What an input was made of, in one spelling: SRC as in `typed`, but plainly (msk_path_plain), the path in the image as it is
 * there, and neither a DEST nor attributes that hold without them; heap. */
char *msk_input_tidy(const struct msk_input *in, const char *typed);
/* --root as typed, with the path of the host spelled plainly; heap. */
char *msk_root_plain(const char *typed);
/* Ports as in a config (struct msk_config) as --expose takes them, "80/tcp" and, where they follow one another, "90-99/udp". */
void msk_ports_ranges(const struct msk_strv *ports, struct msk_strv *out);
/* Has the plan for one platform kept the i-th program of the whole? This --root, as typed or spelled plainly? */
bool msk_plan_keeps_program(const struct msk_plan *p, const struct msk_plan *whole, size_t i);
bool msk_plan_keeps_root(const struct msk_plan *p, const char *typed);

/* All of it as JSON for people; of inputs there may be very many. */
void msk_plan_dump(const struct msk_plan *p, struct msk_str *out);

/* The lines of passwd(5) and group(5), without their ends. */
void msk_account_add(struct msk_str *out, const struct msk_account *a);
void msk_group_add(struct msk_str *out, const struct msk_group *g);

/* DIR of a --root PLATFORM=DIR, and the platform; NULL: it is for all. */
const char *msk_root_platform(const char *typed, struct msk_platform *out);
/* --root as typed for what takes one alone: the last, "/" without any. Fails: MSK_E_USAGE, one is for a platform. */
int msk_root_parse(const struct msk_strv *typed, const char **out, struct msk_err *err);

/* --library-path as typed, split and checked: directories below the root, absolute or from $ORIGIN on.
 * Fails: MSK_E_USAGE. */
int msk_library_path_parse(const struct msk_strv *typed, struct msk_strv *out, struct msk_err *err);

/* --dlopen as typed, checked. Fails: MSK_E_USAGE. */
int msk_dlopen_parse(const struct msk_strv *typed, struct msk_strv *out, struct msk_err *err);

/* Absolute, normalised image path from what a user typed: empty and "." parts vanish; "..", whiteout names
 * (.wh.*), names over 255 and paths over 4095 bytes are refused. "/" is a path; whether it may be named is the
 * caller's question. `what` is the option with its value. Fails: MSK_E_USAGE. */
int msk_image_path(const char *what, const char *typed, char **out, struct msk_err *err);

#endif
