/* Options and verbs as tables. A row of options drives the parser, the help, the man page and the completions; a row
 * of verbs the dispatch and the same texts. To add an option: a field in struct msk_options, a row here, and the check
 * of its value in the plan. To add a verb: a cmd_*.c and a row. */
#ifndef MSK_CLI_OPT_H
#define MSK_CLI_OPT_H

#include "mkscratch/doctor.h"
#include "mkscratch/err.h"
#include "mkscratch/json.h"
#include "mkscratch/options.h"

enum opt_kind {
	OPT_FLAG,                  /* --dry-run */
	OPT_VALUE,                 /* -o PATH, --output PATH, --output=PATH; the last one wins */
	OPT_REPEAT,                /* the same, and all of them count */
	OPT_OPTIONAL,              /* --certs or --certs=FILE; the value never stands apart */
};

enum opt_group {
	GROUP_INPUT, GROUP_LIBRARIES, GROUP_CONTENT, GROUP_USERS, GROUP_CONFIG, GROUP_HEALTH, GROUP_OUTPUT, GROUP_BUDGET,
	GROUP_RUN, GROUP_SPEED, N_GROUPS,
};
enum opt_complete { COMPLETE_NONE, COMPLETE_FILE, COMPLETE_DIR, COMPLETE_WORDS };

struct opt_row {
	char letter;               /* 0: none */
	const char *name, *metavar;
	enum opt_kind kind;
	enum opt_group group;
	unsigned verbs;            /* VERB_* to which it applies */
	const char *help;          /* one sentence or two; wrapped where it is shown */
	void (*set)(struct msk_options *o, const struct opt_row *row, const char *value);
	size_t field;              /* offset in struct msk_options, for the setters that store one field */
	enum opt_complete complete;
	const char *words;         /* COMPLETE_WORDS: separated by blanks */
};

struct opt_group_text {
	const char *topic, *title;
	const char *notes;         /* paragraphs behind the options; "" for none */
};

enum {
	VERB_BUILD = 1, VERB_DEPS = 2, VERB_VERIFY = 4, VERB_HELP = 8, VERB_COMPLETION = 16, VERB_VERSION = 32,
	VERB_WHY = 64, VERB_DOCTOR = 128, VERB_CACHE = 256, VERB_LS = 512, VERB_CAT = 1024, VERB_INSPECT = 2048,
	VERB_INDEX = 4096, VERB_DIFF = 8192, VERB_ALL = 16383,
	/* Those that read what strangers made. */
	SANDBOXED = VERB_BUILD | VERB_DEPS | VERB_DOCTOR | VERB_VERIFY | VERB_WHY | VERB_LS | VERB_CAT | VERB_INSPECT |
		    VERB_DIFF | VERB_INDEX,
};

struct verb {
	const char *name;
	unsigned bit;
	const char *operands;      /* "FILE..."; "" when it takes none */
	const char *summary;
	const char *notes;         /* paragraphs of its page; a line that begins with two blanks stands as it is */
	int (*run)(const struct msk_options *o, struct msk_err *err);
};

/* Both end with a row without a name. */
extern const struct opt_row msk_opt_rows[];
extern const struct opt_group_text msk_opt_groups[N_GROUPS];
extern const struct verb msk_verbs[];

struct topic {
	const char *name, *title, *text;
	void (*add_table)(struct msk_str *out);  /* what follows the text; NULL: nothing */
};
void msk_topic_add(struct msk_str *out, const struct topic *t);   /* text and table */
extern const struct topic msk_topics[];      /* those that are neither a verb nor a group */
extern const char msk_examples[];

/* What users see, why, and what helps; of all needs doctor tells of, and more. Ends with a row without a symptom. */
struct symptom {
	const char *symptom, *cause, *fix;
	enum msk_want want;        /* what the program lacks then, if has_want */
	bool has_want;
};
extern const struct symptom msk_symptoms[];
void msk_symptoms_add(struct msk_str *out);                  /* for people */
struct msk_json *msk_symptoms_json(void);
const struct symptom *msk_symptom_of(enum msk_want w);       /* the first of it; NULL: none */

const struct verb *msk_verb_find(const char *name);          /* NULL: no verb */

/* Options as JSON, by their names in the table, as the recipe of an image has them: true for a flag, a string, a list of
 * strings for what may be repeated; an option with an optional value is true, a string or a list. */
typedef bool opt_filter(const struct opt_row *row);
/* Of the options that are wanted those which are set. *exact becomes false where a value is no UTF-8: then it is escaped. */
struct msk_json *msk_opt_json(const struct msk_options *o, opt_filter *wanted, bool *exact);
bool msk_opt_given(const struct msk_options *o, const struct opt_row *row);
/* The other way; strings are borrowed from `v`. Fails: MSK_E_INPUT, a name that is none of those wanted, or a value of another
 * kind. */
int msk_opt_from_json(const struct msk_json *v, opt_filter *wanted, struct msk_options *o, struct msk_err *err);

/* What other notations have for true and false (yes, On, 0); OPT_NO_TRUTH of another word, and of NULL. */
enum opt_truth { OPT_NO_TRUTH, OPT_ON, OPT_OFF };
enum opt_truth msk_opt_truth(const char *word);

/* Is its value in exec form? A program's own words look like options as a rule, so that any may stand behind it. */
bool msk_opt_takes_words(const struct opt_row *row);
/* Is its value a path of the host, or does it begin with one? */
bool msk_opt_is_host_path(const struct opt_row *row);
/* All values that are files or directories, or name some, whatever the option (COMPLETE_FILE, COMPLETE_DIR); as typed. */
void msk_opt_each_path(const struct msk_options *o, void (*visit)(void *arg, const char *typed), void *arg);
/* Store what argv[0..argc) says into o; argv is borrowed. Stops at --help and --version. Fails: MSK_E_USAGE. */
int msk_opt_parse(const struct verb *verb, int argc, const char *const *argv, struct msk_options *o, struct msk_err *err);
/* The name among the candidates that `typed` was likely meant to be, or NULL. */
const char *msk_opt_nearest(const char *typed, const char *(*at)(size_t i));
/* What is to be said to who types a name that other tools have for an option, or that an option of theirs has; or NULL. */
const char *msk_opt_of_others(const char *typed);

void msk_help_short(struct msk_str *out);
/* false: no such topic. */
bool msk_help_topic(const char *name, struct msk_str *out);
void msk_help_verb(const struct verb *verb, struct msk_str *out);
const char *msk_help_topic_at(size_t i);     /* names of all topics; NULL behind the last */
void msk_man_page(struct msk_str *out);
bool msk_completion(const char *shell, struct msk_str *out);

int msk_cmd_build(const struct msk_options *o, struct msk_err *err);
int msk_cmd_deps(const struct msk_options *o, struct msk_err *err);
int msk_cmd_doctor(const struct msk_options *o, struct msk_err *err);
int msk_cmd_verify(const struct msk_options *o, struct msk_err *err);
int msk_cmd_index(const struct msk_options *o, struct msk_err *err);
int msk_cmd_why(const struct msk_options *o, struct msk_err *err);
int msk_cmd_ls(const struct msk_options *o, struct msk_err *err);
int msk_cmd_inspect(const struct msk_options *o, struct msk_err *err);
int msk_cmd_diff(const struct msk_options *o, struct msk_err *err);
int msk_cmd_cat(const struct msk_options *o, struct msk_err *err);
int msk_cmd_cache(const struct msk_options *o, struct msk_err *err);
int msk_cmd_help(const struct msk_options *o, struct msk_err *err);
int msk_cmd_completion(const struct msk_options *o, struct msk_err *err);
int msk_cmd_version(const struct msk_options *o, struct msk_err *err);

/* Results: all of `text` on standard output. Fails: MSK_E_IO. */
int msk_print(const struct msk_str *text, struct msk_err *err);
/* What of a result is for people: nothing with -q, but JSON that was asked for. */
bool msk_result_wanted(const struct msk_options *o);
int msk_print_result(const struct msk_options *o, const struct msk_str *text, struct msk_err *err);
/* May standard output have colours? A terminal that is not dumb, unless NO_COLOR is set. */
bool msk_colour_wanted(const struct msk_options *o);
/* A line of JSON for one of several operands that failed, in its place among the others: {"KEY": operand, "error": the message,
 * "hint", "exit": status}. */
void msk_add_failure(const char *key, const char *operand, const struct msk_err *why, struct msk_str *out);
/* The value as one line. */
int msk_print_json(const struct msk_json *v, struct msk_err *err);
/* "2024-05-01T10:00:00Z"; null of a year that RFC 3339 cannot write. */
struct msk_json *msk_time_json(int64_t t);

/* Make the process fit to run: descriptors 0 to 2 are open, signals end it cleanly, no foreign privileges. */
int msk_start(struct msk_err *err);

#endif
