#include <string.h>

#include "opt.h"

#define WIDTH  79
#define COLUMN 26              /* where the text of an option begins */

/* The words of one line of `text`, wrapped; the first line begins where `out` stands, at `at`. */
static void add_words(struct msk_str *out, const char *text, size_t n, size_t indent, size_t at)
{
	while (n) {
		size_t word = 0;

		while (word < n && text[word] != ' ')
			word++;
		if (at > indent && at + 1 + word > WIDTH) {
			msk_str_addf(out, "\n%*s", (int)indent, "");
			at = indent;
		}
		if (at > indent) {
			msk_str_addc(out, ' ');
			at++;
		}
		msk_str_add(out, text, word);
		at += word;
		word += word < n;
		text += word;
		n -= word;
	}
	msk_str_addc(out, '\n');
}

static void add_prose(struct msk_str *out, const char *text)
{
	while (*text) {
		size_t n = strcspn(text, "\n");

		if (msk_starts_with(text, "  "))
			msk_str_addf(out, "%.*s\n", (int)n, text);
		else
			add_words(out, text, n, 0, 0);
		text += n + (text[n] == '\n');
	}
}

static void add_option(struct msk_str *out, const struct opt_row *row)
{
	MSK_AUTO_STR left = MSK_STR_INIT;

	if (row->letter)
		msk_str_addf(&left, "  -%c, --%s", row->letter, row->name);
	else
		msk_str_addf(&left, "  --%s", row->name);
	if (row->metavar)
		msk_str_addf(&left, row->kind == OPT_OPTIONAL ? "[=%s]" : " %s", row->metavar);
	if (left.len > COLUMN - 2)
		msk_str_addf(out, "%s\n%*s", left.buf, COLUMN, "");
	else
		msk_str_addf(out, "%-*s", COLUMN, left.buf);
	add_words(out, row->help, strlen(row->help), COLUMN, COLUMN);
}

/* "  input     --bin --file ...": what one line holds, so that the whole stays within a screen. */
#define NAMES_COLUMN 12
#define NAMES_ROOM   (WIDTH - NAMES_COLUMN - 4)
static void add_names(struct msk_str *out, enum opt_group group, unsigned verbs)
{
	MSK_AUTO_STR names = MSK_STR_INIT;

	for (const struct opt_row *row = msk_opt_rows; row->name; row++) {
		if (row->group != group || !(row->verbs & verbs))
			continue;
		if (names.len + strlen(row->name) + (row->letter ? 6 : 3) > NAMES_ROOM) {
			msk_str_adds(&names, " ...");
			break;
		}
		if (row->letter)
			msk_str_addf(&names, "%s-%c,--%s", names.len ? " " : "", row->letter, row->name);
		else
			msk_str_addf(&names, "%s--%s", names.len ? " " : "", row->name);
	}
	msk_str_addf(out, "  %-*s%s\n", NAMES_COLUMN - 2, msk_opt_groups[group].topic, msk_str_c(&names));
}

static void add_all_names(struct msk_str *out)
{
	for (enum opt_group g = 0; g < N_GROUPS; g++)
		add_names(out, g, VERB_BUILD);
}

const char *msk_help_topic_at(size_t i)
{
	size_t n = 0;

	if (i < N_GROUPS)
		return msk_opt_groups[i].topic;
	i -= N_GROUPS;
	while (msk_topics[n].name)
		n++;
	return i < n ? msk_topics[i].name : msk_verbs[i - n].name;
}

void msk_help_short(struct msk_str *out)
{
	MSK_AUTO_STR more = MSK_STR_INIT;
	MSK_AUTO_STR verbs = MSK_STR_INIT;

	msk_str_adds(out, "Examples:\n");
	msk_str_adds(out, msk_examples);
	msk_str_adds(out, "\nmkscratch turns an ELF program into an OCI image: no Docker, root or network.\n"
			  "Usage: mkscratch [build] --bin SRC[:DEST] [OPTION...] -o PATH\n"
			  "       mkscratch VERB [OPTION...] [OPERAND...]\nOptions by topic:\n");
	add_all_names(out);
	for (const struct verb *v = msk_verbs; v->name; v++)
		msk_str_addf(&verbs, "%s%s", verbs.len ? " " : "", v->name);
	msk_str_adds(out, "Verbs: ");
	add_words(out, msk_str_c(&verbs), verbs.len, 7, 7);
	msk_str_adds(out, "More:  ");
	msk_str_adds(&more, "mkscratch help TOPIC (also");
	for (const struct topic *t = msk_topics; t->name; t++)
		msk_str_addf(&more, "%s%s", t == msk_topics ? " " : ", ", t->name);
	msk_str_adds(&more, "); mkscratch VERB --help");
	add_words(out, msk_str_c(&more), more.len, 7, 7);
}

static bool help_group(const char *name, struct msk_str *out)
{
	for (enum opt_group g = 0; g < N_GROUPS; g++) {
		if (strcmp(msk_opt_groups[g].topic, name) != 0)
			continue;
		msk_str_addf(out, "%s:\n", msk_opt_groups[g].title);
		for (const struct opt_row *row = msk_opt_rows; row->name; row++)
			if (row->group == g && (row->verbs & VERB_BUILD))
				add_option(out, row);
		msk_str_addc(out, '\n');
		add_prose(out, msk_opt_groups[g].notes);
		return true;
	}
	return false;
}

/* Those that every verb has are explained with the run. */
static void add_verb_options(const struct verb *verb, struct msk_str *out)
{
	MSK_AUTO_STR options = MSK_STR_INIT;

	for (const struct opt_row *row = msk_opt_rows; row->name; row++)
		if (row->verbs & verb->bit && row->verbs != VERB_ALL)
			add_option(&options, row);
	msk_str_addf(out, "Usage: mkscratch %s%s%s%s\n", verb->name, options.len ? " [OPTION...]" : "",
		     *verb->operands ? " " : "", verb->operands);
	if (options.len)
		msk_str_addf(out, "\n%s", options.buf);
}

void msk_help_verb(const struct verb *verb, struct msk_str *out)
{
	msk_str_addf(out, "mkscratch %s: %s\n\n", verb->name, verb->summary);
	if (verb->bit == VERB_BUILD) {
		msk_str_adds(out, msk_examples);
		msk_str_adds(out, "\nUsage: mkscratch [build] --bin SRC[:DEST] [OPTION...] -o PATH\n\n"
				  "Options by topic; mkscratch help TOPIC explains them:\n");
		add_all_names(out);
	} else {
		add_verb_options(verb, out);
	}
	if (*verb->notes)
		msk_str_addc(out, '\n');
	add_prose(out, verb->notes);
	if (verb->bit == VERB_HELP) {
		MSK_AUTO_STR names = MSK_STR_INIT;

		for (size_t i = 0; msk_help_topic_at(i); i++)
			msk_str_addf(&names, "%s%s", i ? " " : "\nTopics: ", msk_help_topic_at(i));
		add_prose(out, msk_str_c(&names));
	}
}

bool msk_help_topic(const char *name, struct msk_str *out)
{
	const struct verb *verb = msk_verb_find(name);
	MSK_AUTO_STR text = MSK_STR_INIT;

	if (verb) {
		msk_help_verb(verb, out);
		return true;
	}
	for (const struct topic *t = msk_topics; t->name; t++)
		if (strcmp(t->name, name) == 0) {
			msk_str_addf(out, "%s:\n\n", t->title);
			msk_topic_add(&text, t);
			add_prose(out, msk_str_c(&text));
			return true;
		}
	return help_group(name, out);
}
