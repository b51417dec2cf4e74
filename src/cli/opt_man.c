/* The man page, in the man(7) macros that groff and mandoc share. The date is that of the texts, never of the build. */
#include <string.h>

#include "opt.h"

/* Text on a line: a backslash and a leading control character would be read as commands, a bare '-' as a hyphen. */
static void add_text(struct msk_str *out, const char *text, size_t n)
{
	if (n && (text[0] == '.' || text[0] == '\''))
		msk_str_adds(out, "\\&");
	for (size_t i = 0; i < n; i++)
		if (text[i] == '\\')
			msk_str_adds(out, "\\e");
		else if (text[i] == '-')
			msk_str_adds(out, "\\-");
		else if (text[i] == '\'')
			msk_str_adds(out, "\\(aq");
		else
			msk_str_addc(out, text[i]);
}

static void add_line(struct msk_str *out, const char *text)
{
	add_text(out, text, strlen(text));
	msk_str_addc(out, '\n');
}

/* Filled text may be broken where we like; short lines keep a later diff of the page short. */
static void add_filled(struct msk_str *out, const char *text, size_t n)
{
	while (n) {
		size_t end = n < 60 ? n : 60;

		while (end < n && text[end] != ' ')
			end++;
		add_text(out, text, end);
		msk_str_addc(out, '\n');
		end += end < n;
		text += end;
		n -= end;
	}
}

static void add_prose(struct msk_str *out, const char *text)
{
	bool verbatim = false, first = true;

	while (*text) {
		size_t n = strcspn(text, "\n");
		bool as_it_is = msk_starts_with(text, "  ");

		if (as_it_is && !verbatim)
			msk_str_adds(out, first ? ".nf\n" : ".PP\n.nf\n");
		if (!as_it_is && verbatim)
			msk_str_adds(out, ".fi\n");
		if (as_it_is)
			add_text(out, text, n);
		if (as_it_is)
			msk_str_addc(out, '\n');
		else if (n)
			add_filled(out, text, n);
		else
			msk_str_adds(out, ".PP\n");
		verbatim = as_it_is;
		first = false;
		text += n + (text[n] == '\n');
	}
	if (verbatim)
		msk_str_adds(out, ".fi\n");
}

static void add_option(struct msk_str *out, const struct opt_row *row)
{
	MSK_AUTO_STR head = MSK_STR_INIT;

	if (row->letter)
		msk_str_addf(&head, "-%c, ", row->letter);
	msk_str_addf(&head, "--%s", row->name);
	if (row->metavar)
		msk_str_addf(&head, row->kind == OPT_OPTIONAL ? "[=%s]" : " %s", row->metavar);
	msk_str_adds(out, ".TP\n.B ");
	add_line(out, msk_str_c(&head));
	add_filled(out, row->help, strlen(row->help));
}

static void add_group(struct msk_str *out, enum opt_group g)
{
	msk_str_adds(out, ".SS ");
	add_line(out, msk_opt_groups[g].title);
	add_filled(out, msk_opt_groups[g].notes, strlen(msk_opt_groups[g].notes));
	for (const struct opt_row *row = msk_opt_rows; row->name; row++)
		if (row->group == g && (row->verbs & VERB_BUILD))
			add_option(out, row);
}

static void add_verb(struct msk_str *out, const struct verb *verb)
{
	MSK_AUTO_STR head = MSK_STR_INIT;

	msk_str_addf(&head, "mkscratch %s%s%s", verb->name, *verb->operands ? " " : "", verb->operands);
	msk_str_adds(out, ".SS ");
	add_line(out, msk_str_c(&head));
	msk_str_addf(out, "%c%s.\n", verb->summary[0] - 'a' + 'A', verb->summary + 1);
	if (*verb->notes)
		msk_str_adds(out, ".PP\n");
	add_prose(out, verb->notes);
	for (const struct opt_row *row = msk_opt_rows; row->name; row++)
		if ((row->verbs & verb->bit) && !(row->verbs & VERB_BUILD))
			add_option(out, row);
	if (verb->bit != VERB_BUILD && (verb->bit & (VERB_DEPS | VERB_DOCTOR | VERB_VERIFY | VERB_LS | VERB_INSPECT))) {
		msk_str_adds(out, ".PP\nAlso, as above:\n");
		for (const struct opt_row *row = msk_opt_rows; row->name; row++)
			if ((row->verbs & verb->bit) && (row->verbs & VERB_BUILD) && row->verbs != VERB_ALL)
				msk_str_addf(out, "\\fB\\-\\-%s\\fR\n", row->name);
	}
}

static void add_topic(struct msk_str *out, const struct topic *t)
{
	MSK_AUTO_STR text = MSK_STR_INIT;

	msk_str_adds(out, ".SH ");
	for (const char *p = t->title; *p; p++)
		msk_str_addc(out, *p >= 'a' && *p <= 'z' ? (char)(*p - 'a' + 'A') : *p);
	msk_str_addc(out, '\n');
	msk_topic_add(&text, t);
	add_prose(out, msk_str_c(&text));
}

void msk_man_page(struct msk_str *out)
{
	msk_str_adds(out, ".\\\" Made by `mkscratch help --man` from the table of options.\n"
			  ".TH MKSCRATCH 1 2026-11-24 \"mkscratch " MSK_VERSION "\" \"User Commands\"\n"
			  ".SH NAME\nmkscratch \\- turn an ELF program into an OCI image\n"
			  ".SH SYNOPSIS\n.nf\n"
			  "\\fBmkscratch\\fR [\\fBbuild\\fR] \\fB\\-\\-bin\\fR SRC[:DEST] [OPTION...] \\fB\\-o\\fR PATH\n"
			  "\\fBmkscratch\\fR VERB [OPTION...] [OPERAND...]\n.fi\n"
			  ".SH DESCRIPTION\n"
			  "Makes a container image of a program, the libraries it needs, certificates,\n"
			  "time zones and a user, with no Docker, no root and no network.\n"
			  "The same inputs give the same bytes every time.\n"
			  "The program is read, never run.\n"
			  ".SH EXAMPLES\n");
	add_prose(out, msk_examples);
	msk_str_adds(out, ".SH OPTIONS\n");
	for (enum opt_group g = 0; g < N_GROUPS; g++)
		add_group(out, g);
	msk_str_adds(out, ".SH VERBS\n");
	for (const struct verb *v = msk_verbs; v->name; v++)
		add_verb(out, v);
	for (const struct topic *t = msk_topics; t->name; t++)
		add_topic(out, t);
	msk_str_adds(out, ".SH SEE ALSO\n.BR docker (1),\n.BR podman (1),\n.BR skopeo (1),\n.BR ld.so (8)\n");
}
