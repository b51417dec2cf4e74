/* --base: what an image takes over from the one below, by the rules of a Dockerfile. */
#include <string.h>

#include "mkscratch/keys.h"
#include "mkscratch/path.h"
#include "parts.h"

#define ANNOTATION_NAME   "org.opencontainers.image.base.name"
#define ANNOTATION_DIGEST "org.opencontainers.image.base.digest"

/* In the place of one of the same name, else behind the others. */
static void set_variable(struct msk_strv *env, struct msk_keys *names, const char *variable)
{
	size_t at = msk_keys_place(names, variable, strcspn(variable, "="));

	if (at == env->n) {
		msk_strv_push(env, variable);
		return;
	}
	free(env->v[at]);
	env->v[at] = msk_xstrdup(variable);
}

/* Of two of one name in a base the last counts, as runtimes have it. */
static void inherit_env(const struct msk_json *base, struct msk_strv *env)
{
	struct msk_strv ours = *env;
	MSK_AUTO_KEYS names = { 0 };

	*env = (struct msk_strv)MSK_STRV_INIT;
	for (size_t i = 0; i < msk_json_count(base); i++)
		if (msk_json_string_value(msk_json_at(base, i)))
			set_variable(env, &names, msk_json_string_value(msk_json_at(base, i)));
	for (size_t i = 0; i < ours.n; i++)
		set_variable(env, &names, ours.v[i]);
	msk_strv_release(&ours);
}

/* What a base has beside ours. Its own keys are each there once. */
struct beside {
	struct msk_names ours;
	struct msk_strv *keys;
	struct msk_strv *values;           /* NULL: {"8080/tcp":{}}, the keys count; else only strings do */
};

static void add_beside(void *arg, const char *key, const struct msk_json *value)
{
	struct beside *b = arg;
	const char *text = msk_json_string_value(value);
	size_t place;

	if ((b->values && !text) || msk_names_find(&b->ours, key, &place))
		return;
	msk_strv_push(b->keys, key);
	if (b->values)
		msk_strv_push(b->values, text);
}

static void inherit_keys(const struct msk_json *base, struct msk_strv *keys, struct msk_strv *values)
{
	struct beside b = { .keys = keys, .values = values };

	for (size_t i = 0; i < keys->n; i++)
		msk_names_lend(&b.ours, keys->v[i], i);
	msk_json_each(base, add_beside, &b);
	msk_names_release(&b.ours);
}

static void annotate(struct msk_config *c, const char *key, const char *value)
{
	if (!value || msk_strv_has(&c->annotation_keys, key))
		return;
	msk_strv_push(&c->annotation_keys, key);
	msk_strv_push(&c->annotation_values, value);
}

static void take_text(char **ours, bool given, const char *base)
{
	if (given || !base || !*base)
		return;
	free(*ours);
	*ours = msk_xstrdup(base);
}

/* A relative one begins at the root, as a WORKDIR of a Dockerfile would. */
static void take_workdir(struct msk_config *c, const char *base)
{
	MSK_AUTO_FREE char *from_root = base && *base && *base != '/' ? msk_path_normalise(base) : NULL;

	take_text(&c->workdir, c->workdir_given, from_root ? from_root : base);
}

static int parse_id(const char *user, const char *text, uint32_t *out, struct msk_err *err)
{
	if (msk_id_parse("id", text, out, err) == 0)
		return 0;
	err->code = MSK_E_INPUT;
	return msk_ctx(err, "the base's User \"%s\"", user);
}

/* As runtimes read it: names by the files of the image; a user that is not told is 0, a group that of passwd,
 * or 0. */
static int base_user(const char *text, const struct msk_base_facts *base, struct msk_user *out, struct msk_err *err)
{
	size_t n = strcspn(text, ":");
	MSK_AUTO_FREE char *user = n ? msk_xstrndup(text, n) : msk_xstrdup("0");
	const char *group = text[n] ? text + n + 1 : "";
	const bool number = msk_is_digits(user);
	uint32_t uid = 0, gid = 0, ignored;
	char *name = NULL;

	if (number && parse_id(text, user, &uid, err) < 0)
		return -1;
	if (!msk_account_lookup(base->passwd, number ? NULL : user, number ? &uid : NULL, &name, &uid, &gid) && !number) {
		msk_fail(err, MSK_E_INPUT, "the base's User \"%s\": its passwd does not know \"%s\"", text, user);
		return msk_hint(err, "--user UID[:GID] says who instead");
	}
	out->name = name ? name : msk_xstrdup("user");
	if (msk_is_digits(group)) {
		if (parse_id(text, group, &gid, err) < 0)
			return -1;
	} else if (*group && !msk_account_lookup(base->group, group, NULL, NULL, &gid, &ignored)) {
		msk_fail(err, MSK_E_INPUT, "the base's User \"%s\": its group does not know \"%s\"", text, group);
		return msk_hint(err, "--user UID[:GID] says who instead");
	}
	out->uid = uid;
	out->gid = gid;
	return 0;
}

static bool takes_entrypoint(const struct msk_plan *p)
{
	return !p->has_programs && !p->entrypoint_given;
}

static void inherit_words(const struct msk_json *base, struct msk_strv *to)
{
	for (size_t i = 0; i < msk_json_count(base); i++)
		if (msk_json_string_value(msk_json_at(base, i)))
			msk_strv_push(to, msk_json_string_value(msk_json_at(base, i)));
}

/* An image without programs of its own runs those of the base. --cmd takes the place of the base's, as in a Dockerfile. */
static int inherit_command(const struct msk_plan *p, const struct msk_json *config, struct msk_config *c, struct msk_err *err)
{
	if (!takes_entrypoint(p))
		return 0;
	inherit_words(msk_json_get(config, "Entrypoint"), &c->entrypoint);
	if (!c->cmd_given)
		inherit_words(msk_json_get(config, "Cmd"), &c->cmd);
	if (c->entrypoint.n || c->cmd.n)
		return 0;
	msk_fail(err, MSK_E_USAGE, "nothing to run: no --bin given, and the base has no entrypoint");
	return msk_hint(err, "--bin ./app, or --entrypoint PATH for a program of the base");
}

static int inherit_user(struct msk_plan *p, const struct msk_json *config, const struct msk_base_facts *base,
			struct msk_err *err)
{
	const char *theirs = msk_json_get_string(config, "User");
	struct msk_user u = { 0 };

	if (p->user_from == MSK_USER_GIVEN || (p->user_from == MSK_USER_DEFAULT && (!theirs || !*theirs)))
		return 0;
	if (p->user_from == MSK_USER_DEFAULT) {
		if (base_user(theirs, base, &u, err) < 0) {
			free(u.name);
			return -1;
		}
	} else if (!msk_account_lookup(base->passwd, p->user.name, NULL, &u.name, &u.uid, &u.gid)) {
		msk_fail(err, MSK_E_USAGE, "user \"%s\": has no uid, and the base's passwd does not know it", p->user.name);
		return msk_hint(err, "--user NAME:UID[:GID]");
	}
	free(p->user.name);
	p->user = u;
	return 0;
}

static void take(struct msk_json *to, const struct msk_json *from, const char *key, bool given)
{
	const struct msk_json *v = msk_json_get(from, key);

	if (v && !given)
		msk_json_set(to, key, msk_json_share(v));
}

struct msk_json *msk_plan_takes(const struct msk_plan *p, const struct msk_json *config)
{
	const struct msk_json *from = msk_json_get(config, "config");
	const struct msk_config *c = &p->config;
	struct msk_json *all = msk_json_object(), *to = msk_json_object();

	take(all, config, "author", c->author != NULL);
	take(all, config, "os.version", false);
	take(all, config, "os.features", false);
	take(all, config, "history", false);
	take(all, config, "config", false);
	if (!msk_json_is_object(from)) {
		msk_json_free(to);
		return all;
	}
	take(to, from, "User", p->user_from != MSK_USER_DEFAULT);
	take(to, from, "WorkingDir", c->workdir_given);
	take(to, from, "StopSignal", c->stop_signal != NULL);
	take(to, from, "Healthcheck", c->health.kind != MSK_HEALTH_UNSET);
	take(to, from, "Entrypoint", !takes_entrypoint(p));
	take(to, from, "Cmd", !takes_entrypoint(p) || c->cmd_given);
	take(to, from, "Labels", !p->base_labels);
	for (const char *const *key = (const char *const[]){ "Env", "ExposedPorts", "Volumes", "Shell", "StopTimeout", NULL };
	     *key; key++)
		take(to, from, *key, false);
	msk_json_set(all, "config", to);
	return all;
}

int msk_plan_inherit(struct msk_plan *p, const struct msk_base_facts *base, struct msk_err *err)
{
	const struct msk_json *config = msk_json_get(base->config, "config");
	struct msk_config *c = &p->config;

	p->inherited = base->config;
	inherit_env(msk_json_get(config, "Env"), &c->env);
	inherit_keys(msk_json_get(config, "ExposedPorts"), &c->ports, NULL);
	inherit_keys(msk_json_get(config, "Volumes"), &c->volumes, NULL);
	if (p->base_labels)
		inherit_keys(msk_json_get(config, "Labels"), &c->label_keys, &c->label_values);
	take_workdir(c, msk_json_get_string(config, "WorkingDir"));
	take_text(&c->stop_signal, c->stop_signal != NULL, msk_json_get_string(config, "StopSignal"));
	take_text(&c->author, c->author != NULL, msk_json_get_string(base->config, "author"));
	annotate(c, ANNOTATION_NAME, base->name);
	annotate(c, ANNOTATION_DIGEST, base->digest);
	return inherit_command(p, config, c, err) < 0 ? -1 : inherit_user(p, config, base, err);
}
