/* Values that go into an image for everybody to read, and look as though they should not. */
#include <string.h>

#include "build_report.h"
#include "mkscratch/doctor.h"

#define ADVICE "; whoever has the image can read it: give it when a container is started"

/* True: told. */
static bool tell_value(const char *option, const char *key, const char *value, const struct msk_log *log)
{
	MSK_AUTO_FREE char *shown = NULL;
	const char *what;

	if (!msk_secret_in(value, &what, &shown))
		return false;
	msk_warn(log, "%s%s%s: looks like it holds a secret (%s, %s)" ADVICE, option, *key ? " " : "", key, what, shown);
	return true;
}

/* A path is where the secret is, not what it is; nor is the name of a variable that somebody else will put in. */
static void tell_variable(const char *variable, const struct msk_log *log)
{
	size_t n = strcspn(variable, "=");
	MSK_AUTO_FREE char *name = msk_xstrndup(variable, n);
	const char *value = variable[n] ? variable + n + 1 : "";

	if (!tell_value("--env", name, value, log) && msk_names_secret(name) && *value && *value != '/' && *value != '$')
		msk_warn(log, "--env %s: is a secret by its name" ADVICE, name);
}

static void tell_pairs(const char *option, const struct msk_strv *keys, const struct msk_strv *values,
		       const struct msk_log *log)
{
	for (size_t i = 0; i < keys->n; i++)
		tell_value(option, keys->v[i], values->v[i], log);
}

static void tell_words(const char *option, const struct msk_strv *words, const struct msk_log *log)
{
	for (size_t i = 0; i < words->n; i++)
		tell_value(option, "", words->v[i], log);
}

void msk_tell_secrets(const struct msk_config *c, const struct msk_log *log)
{
	for (size_t i = 0; i < c->env.n; i++)
		tell_variable(c->env.v[i], log);
	tell_pairs("--label", &c->label_keys, &c->label_values, log);
	tell_pairs("--annotation", &c->annotation_keys, &c->annotation_values, log);
	tell_words("--entrypoint", &c->entrypoint, log);
	tell_words("--cmd", &c->cmd, log);
	if (c->health.kind == MSK_HEALTH_COMMAND)
		tell_words("--healthcheck-cmd", &c->health.test, log);
}
