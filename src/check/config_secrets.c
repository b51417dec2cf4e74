/* Values of a config that anybody reads who has the image, and that look as though they should not be there. Builders write
 * the arguments of a build into the history. */
#include <string.h>

#include "checks.h"
#include "mkscratch/secret_text.h"

#define MAX_TOLD 20

struct telling {
	struct msk_checks *checks;
	const char *where;             /* "Env" */
	size_t told;
};

/* `name`: of the value, "" where it has none. */
static void look(struct telling *t, const char *name, const char *value)
{
	const char *gap = *name ? " " : "", *what;
	MSK_AUTO_FREE char *shown = NULL;

	if (t->told == MAX_TOLD)
		return;
	if (msk_secret_in(value, &what, &shown))
		msk_checks_note(t->checks, "secrets", "config: %s%s%.80s: looks like it holds a secret (%s, %s)", t->where, gap,
				name, what, shown);
	else if (msk_secret_by_name(name, value))
		msk_checks_note(t->checks, "secrets", "config: %s%s%.80s: is a secret by its name", t->where, gap, name);
	else
		return;
	t->told++;
}

static void look_at_member(void *ctx, const char *name, const struct msk_json *value)
{
	const char *text = msk_json_string_value(value);

	if (text)
		look(ctx, name, text);
}

static void look_at_env(struct telling *t, const struct msk_json *env)
{
	for (size_t i = 0; i < msk_json_count(env); i++) {
		const char *text = msk_json_string_value(msk_json_at(env, i));
		const char *equals = text ? strchr(text, '=') : NULL;
		MSK_AUTO_FREE char *name = equals ? msk_xstrndup(text, (size_t)(equals - text)) : NULL;

		if (equals)
			look(t, name, equals + 1);
	}
}

static void look_at_words(struct telling *t, const struct msk_json *words)
{
	for (size_t i = 0; i < msk_json_count(words); i++)
		look_at_member(t, "", msk_json_at(words, i));
}

static void look_at_history(struct telling *t, const struct msk_json *history)
{
	for (size_t i = 0; i < msk_json_count(history); i++)
		look_at_member(t, "", msk_json_get(msk_json_at(history, i), "created_by"));
}

void msk_check_config_secrets(struct msk_checks *c, const struct msk_json *config)
{
	const struct msk_json *run = msk_json_get(config, "config"), *labels = msk_json_get(run, "Labels");
	struct telling t = { c, "Env", 0 };

	look_at_env(&t, msk_json_get(run, "Env"));
	t.where = "Labels";
	if (msk_json_is_object(labels))
		msk_json_each(labels, look_at_member, &t);
	t.where = "Entrypoint";
	look_at_words(&t, msk_json_get(run, "Entrypoint"));
	t.where = "Cmd";
	look_at_words(&t, msk_json_get(run, "Cmd"));
	t.where = "author";
	look_at_member(&t, "", msk_json_get(config, "author"));
	t.where = "history";
	look_at_history(&t, msk_json_get(config, "history"));
}
