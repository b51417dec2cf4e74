#include <string.h>

#include "opt.h"

static void add_verbs(struct msk_str *out)
{
	for (const struct verb *v = msk_verbs; v->name; v++)
		msk_str_addf(out, "%s%s", v == msk_verbs ? "" : " ", v->name);
}

static void add_topics(struct msk_str *out)
{
	for (size_t i = 0; msk_help_topic_at(i); i++)
		msk_str_addf(out, "%s%s", i ? " " : "", msk_help_topic_at(i));
}

/* The words of which one is wanted behind the verb; NULL: files. */
static const char *operand_words(const struct verb *v)
{
	return strchr(v->operands, '|') ? v->operands : NULL;
}

/* Of "a|b", blanks between. */
static void add_parted(struct msk_str *out, const char *words)
{
	for (; words && *words; words++)
		msk_str_addc(out, *words == '|' ? ' ' : *words);
}

/* A menu has room for a sentence, or what stands in it before a list. */
static char *first_sentence(const char *help)
{
	static const char *const ends[] = { ". ", ";", ": " };
	size_t n = strlen(help);

	for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
		const char *end = strstr(help, ends[i]);

		if (end && (size_t)(end - help) < n)
			n = (size_t)(end - help);
	}
	return msk_xstrndup(help, n);
}

/* --- bash --- */

static void bash_options(struct msk_str *out, const struct verb *v)
{
	msk_str_addf(out, "\t%s)\n\t\twords='", v->name);
	for (const struct opt_row *row = msk_opt_rows; row->name; row++) {
		if (!(row->verbs & v->bit))
			continue;
		msk_str_addf(out, "--%s ", row->name);
		if (row->kind == OPT_OPTIONAL)
			msk_str_addf(out, "--%s= ", row->name);
	}
	out->buf[out->len - 1] = '\'';
	msk_str_adds(out, " ;;\n");
}

/* What stands behind an option that takes a value. */
static void bash_value(struct msk_str *out, const struct opt_row *row)
{
	if (row->kind == OPT_FLAG)
		return;
	if (row->kind == OPT_OPTIONAL && row->complete == COMPLETE_NONE)
		return;
	msk_str_adds(out, "\t");
	if (row->letter)
		msk_str_addf(out, "-%c | ", row->letter);
	msk_str_addf(out, "--%s%s)", row->name, row->kind == OPT_OPTIONAL ? "=" : "");
	if (row->complete == COMPLETE_FILE)
		msk_str_adds(out, " compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- \"$cur\");");
	else if (row->complete == COMPLETE_DIR)
		msk_str_adds(out, " compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- \"$cur\");");
	else if (row->complete == COMPLETE_WORDS)
		msk_str_addf(out, " mapfile -t COMPREPLY < <(compgen -W '%s' -- \"$cur\");", row->words);
	msk_str_adds(out, " return ;;\n");
}

static void add_bash(struct msk_str *out)
{
	msk_str_adds(out, "# bash completion for mkscratch; made by `mkscratch completion bash`\n"
			  "_mkscratch()\n{\n"
			  "\tlocal cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} verb=build words\n"
			  "\tCOMPREPLY=()\n"
			  "\t# \"--name=value\" comes as three words\n"
			  "\tif [[ $cur == = ]]; then prev=$prev=; cur=\n"
			  "\telif [[ $prev == = ]]; then prev=${COMP_WORDS[COMP_CWORD-2]};"
			  " [[ $prev == --certs ]] && prev=$prev=; fi\n"
			  "\tif ((COMP_CWORD > 1)); then\n\t\tcase ${COMP_WORDS[1]} in\n\t\t");
	for (const struct verb *v = msk_verbs; v->name; v++)
		msk_str_addf(out, "%s%s", v == msk_verbs ? "" : " | ", v->name);
	msk_str_adds(out, ") verb=${COMP_WORDS[1]} ;;\n\t\tesac\n\tfi\n\tcase $prev in\n");
	for (const struct opt_row *row = msk_opt_rows; row->name; row++)
		bash_value(out, row);
	msk_str_adds(out, "\tesac\n\tcase $verb in\n");
	for (const struct verb *v = msk_verbs; v->name; v++)
		bash_options(out, v);
	msk_str_adds(out, "\tesac\n\tif [[ $cur == -* ]]; then\n"
			  "\t\tmapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$cur\")\n"
			  "\t\t[[ ${COMPREPLY[0]-} == *= ]] && compopt -o nospace\n"
			  "\telif [[ $verb == help ]]; then\n\t\tmapfile -t COMPREPLY < <(compgen -W '");
	add_topics(out);
	msk_str_adds(out, "' -- \"$cur\")\n");
	for (const struct verb *v = msk_verbs; v->name; v++) {
		if (!operand_words(v))
			continue;
		msk_str_addf(out, "\telif [[ $verb == %s ]]; then\n\t\tmapfile -t COMPREPLY < <(compgen -W '", v->name);
		add_parted(out, operand_words(v));
		msk_str_adds(out, "' -- \"$cur\")\n");
	}
	msk_str_adds(out, "\telif ((COMP_CWORD == 1)); then\n\t\tmapfile -t COMPREPLY < <(compgen -W '");
	add_verbs(out);
	msk_str_adds(out, "' -- \"$cur\")\n\telif [[ $verb != build && $verb != version ]]; then\n"
			  "\t\tcompopt -o filenames\n\t\tmapfile -t COMPREPLY < <(compgen -f -- \"$cur\")\n\tfi\n}\n"
			  "complete -F _mkscratch mkscratch\n");
}

/* --- zsh --- */

/* Inside '...' and the [...] of a description. */
static void zsh_text(struct msk_str *out, const char *text)
{
	for (; *text; text++) {
		if (*text == '\'')
			msk_str_adds(out, "'\\''");
		else if (strchr("[]:\\", *text))
			msk_str_addf(out, "\\%c", *text);
		else
			msk_str_addc(out, *text);
	}
}

static void zsh_option(struct msk_str *out, const struct opt_row *row)
{
	static const char *const actions[] = {
		[COMPLETE_NONE] = " ", [COMPLETE_FILE] = "_files", [COMPLETE_DIR] = "_files -/",
	};
	static const char *const joins[] = {
		[OPT_FLAG] = "", [OPT_VALUE] = "=", [OPT_REPEAT] = "=", [OPT_OPTIONAL] = "=-",
	};
	const char *many = row->kind == OPT_REPEAT ? "*" : "";
	MSK_AUTO_FREE char *help = first_sentence(row->help);

	msk_str_adds(out, "\t\t'");
	if (row->letter && row->kind == OPT_REPEAT)
		msk_str_addf(out, "*'{-%c+,--%s=}'", row->letter, row->name);
	else if (row->letter)
		msk_str_addf(out, "'{-%c%s,--%s%s}'", row->letter, row->kind == OPT_FLAG ? "" : "+", row->name,
			     row->kind == OPT_FLAG ? "" : "=");
	else
		msk_str_addf(out, "%s--%s%s", many, row->name, joins[row->kind]);
	msk_str_addc(out, '[');
	zsh_text(out, help);
	msk_str_addc(out, ']');
	if (row->kind != OPT_FLAG) {
		msk_str_adds(out, row->kind == OPT_OPTIONAL ? "::" : ":");
		zsh_text(out, row->metavar);
		if (row->complete == COMPLETE_WORDS)
			msk_str_addf(out, ":(%s)", row->words);
		else
			msk_str_addf(out, ":%s", actions[row->complete]);
	}
	msk_str_adds(out, "' \\\n");
}

static void zsh_operand(struct msk_str *out, const struct verb *v)
{
	if (v->bit == VERB_HELP) {
		msk_str_adds(out, "\t\t'*:topic:(");
		add_topics(out);
		msk_str_adds(out, ")'\n");
	} else if (operand_words(v)) {
		msk_str_addf(out, "\t\t'*:%s:(", v->name);
		add_parted(out, operand_words(v));
		msk_str_adds(out, ")'\n");
	} else if (v->bit == VERB_BUILD) {
		msk_str_adds(out, "\t\t'1:verb:(");
		add_verbs(out);
		msk_str_adds(out, ")'\n");
	} else {
		msk_str_adds(out, "\t\t'*:file:_files'\n");
	}
}

static void add_zsh(struct msk_str *out)
{
	msk_str_adds(out, "#compdef mkscratch\n# made by `mkscratch completion zsh`\n_mkscratch()\n{\n\tlocal verb=build\n"
			  "\tif ((CURRENT > 2)); then\n\t\tcase $words[2] in\n\t\t");
	for (const struct verb *v = msk_verbs; v->name; v++)
		msk_str_addf(out, "%s%s", v == msk_verbs ? "" : "|", v->name);
	msk_str_adds(out, ")\n\t\t\tverb=$words[2]\n\t\t\tshift words\n\t\t\t((CURRENT--))\n\t\t\t;;\n\t\tesac\n\tfi\n"
			  "\tcase $verb in\n");
	for (const struct verb *v = msk_verbs; v->name; v++) {
		msk_str_addf(out, "\t%s)\n\t\t_arguments -s -S \\\n", v->name);
		for (const struct opt_row *row = msk_opt_rows; row->name; row++)
			if (row->verbs & v->bit)
				zsh_option(out, row);
		zsh_operand(out, v);
		msk_str_adds(out, "\t\t;;\n");
	}
	msk_str_adds(out, "\tesac\n}\n_mkscratch \"$@\"\n");
}

/* --- fish --- */

static void fish_text(struct msk_str *out, const char *text)
{
	msk_str_addc(out, '\'');
	for (; *text; text++) {
		if (*text == '\'' || *text == '\\')
			msk_str_addc(out, '\\');
		msk_str_addc(out, *text);
	}
	msk_str_addc(out, '\'');
}

static void fish_condition(struct msk_str *out, unsigned verbs)
{
	if (verbs == VERB_ALL)
		return;
	msk_str_adds(out, " -n '");
	if (verbs & VERB_BUILD) {
		msk_str_adds(out, "not __fish_seen_subcommand_from");
		for (const struct verb *v = msk_verbs; v->name; v++)
			if (!(v->bit & verbs))
				msk_str_addf(out, " %s", v->name);
	} else {
		msk_str_adds(out, "__fish_seen_subcommand_from");
		for (const struct verb *v = msk_verbs; v->name; v++)
			if (v->bit & verbs)
				msk_str_addf(out, " %s", v->name);
	}
	msk_str_addc(out, '\'');
}

static void fish_operand(struct msk_str *out, const struct verb *v)
{
	if (!*v->operands || v->bit == VERB_HELP)
		return;
	msk_str_addf(out, "complete -c mkscratch -n '__fish_seen_subcommand_from %s' ", v->name);
	msk_str_adds(out, operand_words(v) ? "-a '" : "-F");
	if (operand_words(v))
		add_parted(out, operand_words(v));
	msk_str_adds(out, operand_words(v) ? "'\n" : "\n");
}

static void fish_option(struct msk_str *out, const struct opt_row *row)
{
	MSK_AUTO_FREE char *help = first_sentence(row->help);

	msk_str_adds(out, "complete -c mkscratch");
	fish_condition(out, row->verbs);
	if (row->letter)
		msk_str_addf(out, " -s %c", row->letter);
	msk_str_addf(out, " -l %s", row->name);
	if (row->kind == OPT_VALUE || row->kind == OPT_REPEAT)
		msk_str_adds(out, row->complete == COMPLETE_FILE ? " -r -F" : " -x");
	if (row->complete == COMPLETE_DIR)
		msk_str_adds(out, " -a '(__fish_complete_directories)'");
	if (row->complete == COMPLETE_WORDS)
		msk_str_addf(out, " -a '%s'", row->words);
	msk_str_adds(out, " -d ");
	fish_text(out, help);
	msk_str_addc(out, '\n');
}

static void add_fish(struct msk_str *out)
{
	msk_str_adds(out, "# fish completion for mkscratch; made by `mkscratch completion fish`\n"
			  "complete -c mkscratch -f\n");
	for (const struct verb *v = msk_verbs; v->name; v++) {
		msk_str_addf(out, "complete -c mkscratch -n __fish_use_subcommand -a %s -d ", v->name);
		fish_text(out, v->summary);
		msk_str_addc(out, '\n');
	}
	for (const struct verb *v = msk_verbs; v->name; v++)
		fish_operand(out, v);
	msk_str_adds(out, "complete -c mkscratch -n '__fish_seen_subcommand_from help' -a '");
	add_topics(out);
	msk_str_adds(out, "'\n");
	for (const struct opt_row *row = msk_opt_rows; row->name; row++)
		fish_option(out, row);
}

bool msk_completion(const char *shell, struct msk_str *out)
{
	static const struct {
		const char *name;
		void (*add)(struct msk_str *out);
	} shells[] = { { "bash", add_bash }, { "zsh", add_zsh }, { "fish", add_fish } };

	for (size_t i = 0; i < sizeof shells / sizeof *shells; i++)
		if (strcmp(shell, shells[i].name) == 0) {
			shells[i].add(out);
			return true;
		}
	return false;
}
