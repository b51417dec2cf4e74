/* A config file: options by their long names, for all images at the top, and for each of its targets.
 *
 *   { "$schema": "...", "certs": true, "env": { "A": "1" }, "targets": { "one": { "bin": "./one" }, "two": { ... } } }
 *
 * A value is what would be typed: true for an option without a value, a string or a number, a list where an option may be
 * repeated, an object for pairs (K=V). A target's value takes the place of that at the top, and the command line's that of
 * both; pairs add up, and the last of a key counts. Relative paths begin at the directory of the file; of what is no regular
 * file, and of standard input and other descriptors, at the working directory. */
#ifndef MSK_CLI_CONFIG_FILE_H
#define MSK_CLI_CONFIG_FILE_H

#include "opt.h"

#define MSK_CONFIG_FILE    "mkscratch.json"
#define MSK_CONFIG_SCHEMA  "$schema"
#define MSK_CONFIG_TARGETS "targets"

struct config_file {
	char *name, *dir;               /* as typed; where relative paths begin, "" for the working directory */
	struct msk_str text;
	struct msk_json *doc;           /* NULL: it rests */
	struct msk_strv targets;        /* names, sorted */
	struct msk_strv room;           /* values that had to be made up; options point into it */
	struct msk_str *joined;         /* of each option of the table, a byte for each value: was dir put in front? */
	size_t bytes;                   /* in the lists of the options that are being completed */
};
#define MSK_AUTO_CONFIG_FILE MSK_CLEANUP(msk_config_file_release) struct config_file

/* May this option stand in a config file? Those of the run itself may not. */
bool msk_config_holds(const struct opt_row *row);
/* K=V, which may be written as an object; exec form, which may be written as a list. */
bool msk_config_is_pair(const struct opt_row *row);
bool msk_config_is_exec(const struct opt_row *row);

/* Read all of it and check every name and value.
 * Fails: MSK_E_INPUT `mkscratch.json: line 3, column 5: "evn" is no option` (hint: did you mean "env"?), `...: "bin" is a
 * number, expected a string or a list of strings`; MSK_E_IO. */
int msk_config_file_open(const char *name, struct config_file *out, struct msk_err *err);
void msk_config_file_release(struct config_file *f);
/* For now: the values, which take much more memory than the text, are made again when they are asked for. Without targets
 * nobody will ask. What points into the file stays good. */
void msk_config_file_rest(struct config_file *f);

/* Complete options, which the command line has set, by those of a target (NULL: of the top alone). They point into the file.
 * Lists end where they are too long (msk_options_check). */
void msk_config_file_apply(struct config_file *f, const char *target, struct msk_options *o);
/* Of the options that were completed last, the i-th value of one, `word`, as it was typed, be that in the file: its path there
 * begins where the file lies. f may be NULL. Heap. */
char *msk_config_file_typed(const struct config_file *f, const struct opt_row *row, size_t i, const char *word);

/* What the options would be as a config file; fails: MSK_E_USAGE, a value is no UTF-8. */
int msk_config_file_json(const struct msk_options *o, struct msk_json **out, struct msk_err *err);
/* The JSON schema of it, made of the table of options. */
struct msk_json *msk_config_schema(void);

#endif
