/* GNU style: --name=value, --name value, -ovalue, -o value, -nv, and "--" ends the options. Names are not abbreviated,
 * so that a new option never changes what an old command line means. */
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "opt.h"

struct parse {
	const struct verb *verb;
	int argc, at;
	const char *const *argv;
	struct msk_options *o;
	const struct opt_row *bare;        /* an optional-value option without one, right before */
};

const char *msk_opt_nearest(const char *typed, const char *(*at)(size_t i))
{
	const char *best = NULL, *name;
	size_t length = strlen(typed), best_distance = SIZE_MAX;

	for (size_t i = 0; (name = at(i)); i++) {
		size_t distance = msk_edit_distance(typed, name);

		if (length >= 2 && msk_starts_with(name, typed))
			distance = 0;
		if (distance < best_distance && distance <= 2 && distance < length) {
			best = name;
			best_distance = distance;
		}
	}
	return best;
}

static const char *option_name_at(size_t i)
{
	return msk_opt_rows[i].name;
}

static const char *verb_name_at(size_t i)
{
	return msk_verbs[i].name;
}

/* "ls, diff and verify": of several rows of one name those of all. */
static void add_verbs_of(const struct opt_row *row, struct msk_str *out)
{
	MSK_AUTO_STRV names = MSK_STRV_INIT;
	unsigned bits = 0;

	for (const struct opt_row *r = msk_opt_rows; r->name; r++)
		bits |= strcmp(r->name, row->name) == 0 ? r->verbs : 0;
	for (const struct verb *v = msk_verbs; v->name; v++)
		if (v->bit & bits)
			msk_strv_push(&names, v->name);
	for (size_t i = 0; i < names.n; i++)
		msk_str_addf(out, "%s%s", i == 0 ? "" : i + 1 < names.n ? ", " : " and ", names.v[i]);
}

static int check_applies(const struct parse *p, const struct opt_row *row, const char *typed, struct msk_err *err)
{
	MSK_AUTO_STR verbs = MSK_STR_INIT;

	if (row->verbs & p->verb->bit)
		return 0;
	add_verbs_of(row, &verbs);
	msk_fail(err, MSK_E_USAGE, "%s: not an option of %s", typed, p->verb->name);
	return msk_hint(err, "it belongs to mkscratch %s", msk_str_c(&verbs));
}

static int needs_value(const struct opt_row *row, const char *typed, struct msk_err *err)
{
	msk_fail(err, MSK_E_USAGE, "%s: needs a value", typed);
	return msk_hint(err, "%s %s", typed, row->metavar);
}

bool msk_opt_is_host_path(const struct opt_row *row)
{
	static const char *const below_root[] = { "lib", "library-path", NULL };

	for (const char *const *name = below_root; *name; name++)
		if (strcmp(*name, row->name) == 0)
			return false;
	return row->complete == COMPLETE_FILE || row->complete == COMPLETE_DIR;
}

bool msk_opt_takes_words(const struct opt_row *row)
{
	return msk_starts_with(row->metavar, "JSON|");
}

/* Whatever the case of the letters. */
static bool is_word(const char *typed, const char *word)
{
	while (*word && (*typed | 0x20) == *word) {
		typed++;
		word++;
	}
	return !*typed && !*word;
}

enum opt_truth msk_opt_truth(const char *word)
{
	static const char *const words[] = { "true", "false", "yes", "no", "on", "off", "1", "0" };

	for (size_t i = 0; word && i < sizeof words / sizeof *words; i++)
		if (is_word(word, words[i]))
			return i % 2 ? OPT_OFF : OPT_ON;
	return OPT_NO_TRUTH;
}

/* Always -1. */
static int hint_truth(const struct opt_row *row, const char *word, struct msk_err *err)
{
	if (msk_opt_truth(word) == OPT_ON)
		return msk_hint(err, "did you mean --%s? It stands alone", row->name);
	return msk_opt_truth(word) == OPT_OFF ? msk_hint(err, "leave --%s out to be without", row->name) : -1;
}

/* "--certs=yes"; a file that is there is meant. */
static bool is_misled(const struct opt_row *row, const char *value)
{
	return row->kind == OPT_OPTIONAL && msk_opt_truth(value) && !(msk_opt_is_host_path(row) && access(value, F_OK) == 0);
}

/* A path is never empty. Of what has parts, the plan says which is. */
static int store(struct parse *p, const struct opt_row *row, const char *value, struct msk_err *err)
{
	if (value && !*value && msk_opt_is_host_path(row) && !strchr(row->metavar, ':')) {
		msk_fail(err, MSK_E_USAGE, "--%s: the value is empty", row->name);
		return msk_hint(err, "is a variable of the shell not set? --%s %s", row->name, row->metavar);
	}
	if (is_misled(row, value)) {
		msk_fail(err, MSK_E_USAGE, "--%s=%s: takes %s, or nothing", row->name, value, row->metavar);
		return hint_truth(row, value, err);
	}
	row->set(p->o, row, value);
	p->bare = row->kind == OPT_OPTIONAL && !value ? row : NULL;
	return 0;
}

/* Verbs may share a name for what is not the same: the verb's own row comes first. */
static const struct opt_row *find_name(const struct parse *p, const char *name, size_t n)
{
	const struct opt_row *other = NULL;

	for (const struct opt_row *row = msk_opt_rows; row->name; row++) {
		if (strlen(row->name) != n || memcmp(row->name, name, n) != 0)
			continue;
		if (row->verbs & p->verb->bit)
			return row;
		other = row;
	}
	return other;
}

static const struct opt_row *find_letter(char letter)
{
	for (const struct opt_row *row = msk_opt_rows; row->name; row++)
		if (row->letter == letter)
			return row;
	return NULL;
}

/* The option of this verb that `word` is. */
static const struct opt_row *option_in(const struct parse *p, const char *word)
{
	const struct opt_row *row = NULL;

	if (word[0] == '-' && word[1] == '-' && word[2])
		row = find_name(p, word + 2, strcspn(word + 2, "="));
	else if (word[0] == '-' && word[1] && word[1] != '-')
		row = find_letter(word[1]);
	return row && row->verbs & p->verb->bit ? row : NULL;
}

/* A value that stands apart. "--compress -o x.tar" lacks one: the next word is an option. */
static int next_value(struct parse *p, const struct opt_row *row, const char *typed, const char **out, struct msk_err *err)
{
	if (p->at == p->argc)
		return needs_value(row, typed, err);
	*out = p->argv[p->at++];
	if (msk_opt_takes_words(row) || !option_in(p, *out))
		return 0;
	msk_fail(err, MSK_E_USAGE, "%s: needs a value, and %s is an option", typed, *out);
	return msk_hint(err, "%s %s, or --%s=%s where that is the value", typed, row->metavar, row->name, *out);
}

/* What other tools call it, or do and this one does not. */
const char *msk_opt_of_others(const char *typed)
{
	static const struct { const char *word, *instead; } table[] = {
		{ "push", "nothing is pushed here: skopeo copy oci-archive:img.tar docker://HOST/NAME:TAG" },
		{ "run", "nothing is run here: docker load -i img.tar, then docker run" },
		{ "load", "docker load -i img.tar" },
		{ "pull", "skopeo copy docker://HOST/NAME:TAG oci-archive:base.tar, then --base base.tar" },
		{ "copy", "--file SRC:DEST, or --tree SRC:DEST for a directory" },
		{ "add", "--file SRC:DEST, or --tree SRC:DEST for a directory" },
		{ "from", "--base IMAGE" },
		{ "name", "--tag REF" },
		{ "image", "--tag REF for its name, --base IMAGE for what it lies on" },
		{ "port", "--expose PORT[/PROTO]" },
		{ "ports", "--expose PORT[/PROTO]" },
		{ "publish", "--expose PORT[/PROTO]" },
		{ "environment", "--env K=V" },
		{ "command", "--cmd JSON|ARG" },
		{ NULL, NULL },
	};
	size_t i = 0;

	while (table[i].word && strcmp(table[i].word, typed) != 0)
		i++;
	return table[i].instead;
}

static int unknown_name(const char *name, size_t n, struct msk_err *err)
{
	MSK_AUTO_FREE char *typed = msk_xstrndup(name, n);
	const char *near = msk_opt_nearest(typed, option_name_at);

	msk_fail(err, MSK_E_USAGE, "--%s: unknown option", typed);
	if (msk_opt_of_others(typed))
		return msk_hint(err, "%s", msk_opt_of_others(typed));
	return near ? msk_hint(err, "did you mean --%s?", near) : msk_hint(err, "mkscratch --help");
}

static int parse_long(struct parse *p, const char *arg, struct msk_err *err)
{
	size_t n = strcspn(arg + 2, "=");
	const char *value = arg[2 + n] ? arg + 2 + n + 1 : NULL;
	const struct opt_row *row = find_name(p, arg + 2, n);
	char typed[32];

	if (!row)
		return unknown_name(arg + 2, n, err);
	snprintf(typed, sizeof typed, "--%s", row->name);
	if (check_applies(p, row, typed, err) < 0)
		return -1;
	if (row->kind == OPT_FLAG && value) {
		msk_fail(err, MSK_E_USAGE, "%s: takes no value (\"%s\")", typed, value);
		return hint_truth(row, value, err);
	}
	if ((row->kind == OPT_VALUE || row->kind == OPT_REPEAT) && !value && next_value(p, row, typed, &value, err) < 0)
		return -1;
	return store(p, row, value, err);
}

/* "-certs" is seen as the letter c; what was meant is likely the long name. */
static int unknown_letter(const char *arg, char letter, struct msk_err *err)
{
	const char *near = arg[2] ? msk_opt_nearest(arg + 1, option_name_at) : NULL;

	msk_fail(err, MSK_E_USAGE, "-%c: unknown option", letter);
	return near ? msk_hint(err, "did you mean --%s?", near) : msk_hint(err, "mkscratch --help");
}

static int parse_letters(struct parse *p, const char *arg, struct msk_err *err)
{
	for (const char *at = arg + 1; *at; at++) {
		const struct opt_row *row = find_letter(*at);
		char typed[3] = { '-', *at, '\0' };
		const char *value = at + 1;

		if (!row)
			return unknown_letter(arg, *at, err);
		if (check_applies(p, row, typed, err) < 0)
			return -1;
		if (row->kind == OPT_FLAG) {
			if (store(p, row, NULL, err) < 0)
				return -1;
			continue;
		}
		if (!*value && next_value(p, row, typed, &value, err) < 0)
			return -1;
		return store(p, row, value, err);
	}
	return 0;
}

/* No verb, and no file: which verbs there are. */
static int list_verbs(struct msk_err *err)
{
	MSK_AUTO_STR names = MSK_STR_INIT;

	for (const struct verb *v = msk_verbs; v->name; v++)
		msk_str_addf(&names, "%s%s", names.len ? ", " : "", v->name);
	return msk_hint(err, "the verbs are %s", msk_str_c(&names));
}

/* No program: a directory, or what docker build would read. */
static bool is_context(const char *arg)
{
	const char *slash = strrchr(arg, '/'), *name = slash ? slash + 1 : arg;
	struct stat st;

	return msk_ends_with(name, "ockerfile") || msk_ends_with(name, "Containerfile") ||
	       (stat(arg, &st) == 0 && S_ISDIR(st.st_mode));
}

/* A word where none belongs: a misspelt verb, a program without --bin, or a value that stands apart. */
static int refuse_operand(const struct parse *p, const char *arg, struct msk_err *err)
{
	const char *near = msk_opt_nearest(arg, verb_name_at);

	if (p->verb->bit != VERB_BUILD)
		return msk_fail(err, MSK_E_USAGE, "%s: takes no operand (\"%s\")", p->verb->name, arg);
	if (p->bare) {
		msk_fail(err, MSK_E_USAGE, "%s: neither a verb nor an option", arg);
		return is_misled(p->bare, arg) ? hint_truth(p->bare, arg, err) :
						 msk_hint(err, "did you mean --%s=%s?", p->bare->name, arg);
	}
	if (msk_verb_find(arg)) {
		msk_fail(err, MSK_E_USAGE, "%s: a verb comes first, before any option", arg);
		return msk_hint(err, "mkscratch %s ...", arg);
	}
	msk_fail(err, MSK_E_USAGE, "%s: neither a verb nor an option", arg);
	/* A file that is there is meant, however much its name is like a verb. */
	if (near && access(arg, F_OK) < 0)
		return msk_hint(err, "did you mean: mkscratch %s", near);
	if (msk_opt_of_others(arg) && access(arg, F_OK) < 0)
		return msk_hint(err, "%s", msk_opt_of_others(arg));
	if (is_context(arg))
		return msk_hint(err, "there is no Dockerfile and no context: mkscratch --bin ./PROGRAM -o img.tar");
	if (access(arg, F_OK) < 0)
		return p->o->bin.n ? msk_hint(err, "did you mean --cmd %s?", arg) : list_verbs(err);
	if (!p->o->bin.n && msk_ends_with(arg, ".tar"))
		return msk_hint(err, "of an image: mkscratch inspect %s, or verify, ls, diff", arg);
	return p->o->bin.n ? msk_hint(err, "did you mean --bin %s, or --cmd %s?", arg, arg) :
			     msk_hint(err, "did you mean: mkscratch --bin %s -o img.tar", arg);
}

/* "$app" of a variable that is not set. */
static int fail_empty(const struct parse *p, struct msk_err *err)
{
	const char *operands = p->verb->operands;

	msk_fail(err, MSK_E_USAGE, "%s: an argument is empty", p->verb->name);
	return msk_hint(err, "is a variable of the shell not set? mkscratch %s%s%s", p->verb->name, *operands ? " " : "",
			operands);
}

static int parse_operand(struct parse *p, const char *arg, struct msk_err *err)
{
	if (!*arg)
		return fail_empty(p, err);
	if (!*p->verb->operands)
		return refuse_operand(p, arg, err);
	msk_strv_push(&p->o->args, arg);
	return 0;
}

int msk_opt_parse(const struct verb *verb, int argc, const char *const *argv, struct msk_options *o, struct msk_err *err)
{
	struct parse p = { .verb = verb, .argc = argc, .argv = argv, .o = o };
	bool options = true;

	while (p.at < argc && !o->help && !o->version) {
		const char *arg = argv[p.at++];
		int r;

		if (options && strcmp(arg, "--") == 0) {
			options = false;
			continue;
		}
		if (!options || arg[0] != '-' || strchr(":@", arg[1]))
			r = parse_operand(&p, arg, err);
		else
			r = arg[1] == '-' ? parse_long(&p, arg, err) : parse_letters(&p, arg, err);
		if (r < 0)
			return -1;
	}
	return 0;
}
