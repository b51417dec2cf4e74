/* What was typed, unchecked: the parser only stores. Values keep the spelling of the command line. */
#ifndef MKSCRATCH_OPTIONS_H
#define MKSCRATCH_OPTIONS_H

#include <stdbool.h>
#include "mkscratch/err.h"
#include "mkscratch/log.h"
#include "mkscratch/str.h"

struct msk_options {
	/* where more of these come from */
	const char *config;                                /* NULL: mkscratch.json, when no program is named */
	struct msk_strv target;
	/* input */
	struct msk_strv bin, file, tree, dir, link;       /* SRC:DEST and so on, as typed */
	struct msk_strv cap;
	struct msk_strv lib, library_path, dlopen;
	const char *hwcaps;                                /* NULL: the baseline */
	struct msk_strv root;                              /* DIR, of which the last counts, and PLATFORM=DIR */
	const char *base;                                  /* NULL: nothing is below */
	bool no_base_labels;
	/* content */
	bool automatic;                                    /* --auto */
	bool certs;
	const char *certs_file;                            /* NULL: the root's bundle */
	struct msk_strv cert, certs_for;
	bool allow_expired;
	const char *certs_expiry_min;                      /* NULL: no gate */
	bool tz, tz_whole;                                 /* --tz in any form; --tz without zones */
	struct msk_strv tz_zones;                          /* each ZONE[,ZONE...] */
	const char *localtime;                             /* NULL: the image has no zone of its own */
	const char *user;                                  /* NULL: as the preset says */
	struct msk_strv passwd_entry, group_entry;
	const char *preset;                                /* NULL: scratch */
	/* config */
	const char *entrypoint, *workdir, *stop_signal, *author, *created;
	struct msk_strv cmd, env, expose, label, annotation, volume;
	const char *healthcheck, *healthcheck_cmd;
	const char *health_interval, *health_timeout, *health_start_period, *health_retries;
	/* output */
	struct msk_strv output, tag;
	const char *compress, *layers, *media_types;
	const char *max_size, *max_layer_size, *max_growth, *baseline;     /* NULL: no matter */
	bool no_record;
	const char *platform;                              /* which image of several; NULL: the only one, a default */
	struct msk_strv platforms;                         /* index: which of several, each PLATFORM[,PLATFORM...]; none: all */
	/* run */
	bool dry_run, json, paranoid, strict;
	const char *print, *progress;
	const char *cache, *cache_size;
	bool no_cache;
	const char *jobs;
	enum msk_level level;
	bool require_sandbox;
	bool several;                                      /* more builds than this one by the same process ... */
	const char *of_target;                             /* ... of which this is the target; NULL: the only one */
	bool help, version;                                /* the parser stops at these */
	/* operands of verbs other than build */
	struct msk_strv args;
	bool list;                                         /* deps --list */
	bool by_layer;                                     /* ls --layers */
	bool raw_config, raw_manifest, raw_index;          /* inspect --config and so on */
	struct msk_strv html;                              /* inspect --html */
	bool rebuild, recipe;                              /* verify --rebuild, --recipe */
	bool sarif;                                        /* doctor --sarif */
	bool man;                                          /* help --man */
	/* the environment, read by the command line alone */
	const char *source_date_epoch, *tmpdir, *term, *no_color, *home, *xdg_cache_home;
	long long now;                                     /* for --created now and expiry; seconds */
};

#define MSK_OPTIONS_INIT { .level = MSK_LOG_WARN }
void msk_options_release(struct msk_options *o);

/* All lists together hold no more values than these (a hundred thousand of a kind, and what else is needed), and no more bytes
 * in them: what is made of them lies in memory. */
#define MSK_MAX_OPTION_VALUES 101000
#define MSK_MAX_OPTION_BYTES  (9u << 19)
/* Fails: MSK_E_USAGE `too many values of options (101001 vs 101000)`. */
int msk_options_check(const struct msk_options *o, struct msk_err *err);

#endif
