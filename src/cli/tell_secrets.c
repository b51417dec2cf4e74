/* Values that go into an image for everybody to read, and look as though they should not. */
#include <string.h>

#include "build_report.h"
#include "mkscratch/secret_text.h"

#define ADVICE "; whoever has the image can read it: give it when a container is started"

/* True: told. */
static bool tell_kind(const char *option, const char *name, const char *value, const struct msk_log *log)
{
	MSK_AUTO_FREE char *shown = NULL;
	const char *what;

	if (!msk_secret_in(value, &what, &shown))
		return false;
	msk_warn(log, "%s%s%s: looks like it holds a secret (%s, %s)" ADVICE, option, *name ? " " : "", name, what, shown);
	return true;
}

static void tell_value(const char *option, const char *name, const char *value, const struct msk_log *log)
{
	if (!tell_kind(option, name, value, log) && msk_secret_by_name(name, value))
		msk_warn(log, "%s %s: is a secret by its name" ADVICE, option, name);
}

static void tell_variable(const char *variable, const struct msk_log *log)
{
	size_t n = strcspn(variable, "=");
	MSK_AUTO_FREE char *name = msk_xstrndup(variable, n);

	tell_value("--env", name, variable[n] ? variable + n + 1 : "", log);
}

static void tell_pairs(const char *option, const struct msk_strv *keys, const struct msk_strv *values,
		       const struct msk_log *log)
{
	for (size_t i = 0; i < keys->n; i++)
		tell_value(option, keys->v[i], values->v[i], log);
}

static bool is_option(const char *word)
{
	return word[0] == '-' && word[1];
}

/* As the word that it is; behind a '=' it has been, with its name. */
static bool is_told_itself(const char *word)
{
	MSK_AUTO_FREE char *shown = NULL;
	const char *what;

	return msk_secret_in(word, &what, &shown);
}

/* "--password=x", "PASSWORD=x", and "--password" before an "x": a word without a hyphen says nothing of the next. */
static void tell_word(const char *option, const char *word, const char *next, const struct msk_log *log)
{
	const size_t n = strcspn(word, "=");
	MSK_AUTO_FREE char *name = msk_xstrndup(word, n);
	const char *value = word[n] ? word + n + 1 : is_option(word) && next && !is_option(next) ? next : "";

	if (!tell_kind(option, "", word, log) && !is_told_itself(value))
		tell_value(option, name, value, log);
}

static void tell_words(const char *option, const struct msk_strv *words, const struct msk_log *log)
{
	for (size_t i = 0; i < words->n; i++)
		tell_word(option, words->v[i], i + 1 < words->n ? words->v[i + 1] : NULL, log);
}

void msk_tell_secrets(const struct msk_config *c, const struct msk_log *log)
{
	for (size_t i = 0; i < c->env.n; i++)
		tell_variable(c->env.v[i], log);
	tell_pairs("--label", &c->label_keys, &c->label_values, log);
	tell_pairs("--annotation", &c->annotation_keys, &c->annotation_values, log);
	if (c->author)
		tell_kind("--author", "", c->author, log);
	tell_words("--entrypoint", &c->entrypoint, log);
	tell_words("--cmd", &c->cmd, log);
	if (c->health.kind == MSK_HEALTH_COMMAND)
		tell_words("--healthcheck-cmd", &c->health.test, log);
}
