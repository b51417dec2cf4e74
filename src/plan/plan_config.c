/* What goes into the image's config: --entrypoint, --cmd, -e, -p, -w, -l, --annotation, --volume, --stop-signal,
 * --author. */
#include <string.h>

#include "mkscratch/keys.h"
#include "mkscratch/stop_signal.h"
#include "parts.h"

#define MAX_PORT 65535

int msk_check_utf8(const char *what, const char *text, struct msk_err *err)
{
	if (msk_utf8_valid(text, strlen(text)))
		return 0;
	return msk_fail(err, MSK_E_USAGE, "%s: not valid UTF-8, which JSON needs", what);
}

static int hint_list(const char *option, struct msk_err *err)
{
	return msk_hint(err, "%s '[\"/app\", \"argument\"]'", option);
}

/* The exec form of a Dockerfile. */
static int add_json_args(const char *option, const char *text, struct msk_strv *out, struct msk_err *err)
{
	MSK_AUTO_JSON *list = NULL;

	if (msk_json_parse(text, strlen(text), option, &list, err) < 0) {
		err->code = MSK_E_USAGE;
		return hint_list(option, err);
	}
	for (size_t i = 0; i < msk_json_count(list); i++) {
		const char *arg = msk_json_string_value(msk_json_at(list, i));

		if (!arg)
			return msk_fail(err, MSK_E_USAGE, "%s %s: element %zu is not a string", option, text, i + 1);
		msk_strv_push(out, arg);
	}
	return 0;
}

/* Braces that are no object are a word, as {name} of a template. */
static bool is_object(const char *text)
{
	struct msk_err ignored = MSK_ERR_INIT;
	MSK_AUTO_JSON *doc = NULL;

	return text[0] == '{' && msk_json_parse(text, strlen(text), "", &doc, &ignored) == 0;
}

int msk_plan_args(const char *option, const char *text, struct msk_strv *out, struct msk_err *err)
{
	if (msk_check_utf8(option, text, err) < 0)
		return -1;
	if (text[0] == '[')
		return add_json_args(option, text, out, err);
	if (is_object(text)) {
		msk_fail(err, MSK_E_USAGE, "%s %s: is a JSON object, expected a word or a list of words", option, text);
		return hint_list(option, err);
	}
	msk_strv_push(out, text);
	return 0;
}

/* The first program is the entrypoint unless one is given; inputs are in the order of their kinds, programs first. */
static int plan_command(const struct msk_options *o, struct msk_plan *p, struct msk_config *c, struct msk_err *err)
{
	p->entrypoint_given = o->entrypoint != NULL;
	p->starts_first = !o->entrypoint && p->has_programs;
	if (p->starts_first) {
		if (msk_check_utf8(p->inputs[0].spec, p->inputs[0].dest, err) < 0)
			return msk_hint(err, "give it a name in the image: --bin SRC:/NAME; the recipe is left out then "
					"(verify --rebuild)");
		msk_strv_push(&c->entrypoint, p->inputs[0].dest);
	} else if (o->entrypoint && msk_plan_args("--entrypoint", o->entrypoint, &c->entrypoint, err) < 0) {
		return -1;
	}
	c->cmd_given = o->cmd.n > 0;
	for (size_t i = 0; i < o->cmd.n; i++)
		if (msk_plan_args("--cmd", o->cmd.v[i], &c->cmd, err) < 0)
			return -1;
	if (!p->has_programs && !o->entrypoint)
		return 0;
	if (c->entrypoint.n ? !*c->entrypoint.v[0] : c->cmd.n == 0 || !*c->cmd.v[0]) {
		msk_fail(err, MSK_E_USAGE, "--entrypoint %s: nothing to run", o->entrypoint);
		return msk_hint(err, "leave --entrypoint out to run %s",
				p->has_programs ? "the first --bin" : "what the base runs");
	}
	return 0;
}

/* The last value of a key wins and the first place stays, as with docker. */
static void set_value(struct msk_strv *values, size_t i, char *own_value)
{
	if (i == values->n) {
		msk_strv_push_own(values, own_value);
		return;
	}
	free(values->v[i]);
	values->v[i] = own_value;
}

/* K=V, both valid UTF-8, K not empty. */
static int split_pair(const char *option, const char *text, char **key, const char **value, struct msk_err *err)
{
	const char *equals = strchr(text, '=');
	MSK_AUTO_FREE char *what = NULL;

	if (!equals) {
		msk_fail(err, MSK_E_USAGE, "%s %s: has no value", option, text);
		return msk_hint(err, "%s %s=VALUE", option, text);
	}
	if (equals == text)
		return msk_fail(err, MSK_E_USAGE, "%s %s: the name is empty", option, text);
	*key = msk_xstrndup(text, (size_t)(equals - text));
	*value = equals + 1;
	what = msk_xasprintf("%s %s", option, *key);
	return msk_check_utf8(what, text, err);
}

/* Variables that come of themselves stand first, as those of a base image would, and give way to what was typed. */
static void default_env(const struct msk_plan *p, struct msk_strv *env)
{
	for (const struct msk_preset_item *i = msk_preset_items; i->path; i++)
		if (i->kind == MSK_PRESET_ENV && i->preset <= p->preset)
			msk_strv_push(env, i->path);
	if (p->localtime)
		msk_strv_push_own(env, msk_xasprintf("TZ=%s", p->localtime));
}

static int add_env(const struct msk_strv *typed, struct msk_strv *env, struct msk_err *err)
{
	MSK_AUTO_KEYS keys = { 0 };

	for (size_t i = 0; i < typed->n; i++) {
		MSK_AUTO_FREE char *key = NULL;
		const char *value;

		if (split_pair("--env", typed->v[i], &key, &value, err) < 0 || !key)
			return -1;
		set_value(env, msk_keys_place(&keys, key, strlen(key)), msk_xstrdup(typed->v[i]));
	}
	return 0;
}

static int plan_env(const struct msk_options *o, const struct msk_plan *p, struct msk_strv *env, struct msk_err *err)
{
	MSK_AUTO_STRV all = MSK_STRV_INIT;

	default_env(p, &all);
	for (size_t i = 0; i < o->env.n; i++)
		msk_strv_push(&all, o->env.v[i]);
	return add_env(&all, env, err);
}

/* What the program writes itself. */
static int check_annotations(const struct msk_strv *keys, struct msk_err *err)
{
	for (size_t i = 0; i < keys->n; i++)
		if (msk_starts_with(keys->v[i], MSK_ANNOTATION_PREFIX))
			return msk_fail(err, MSK_E_USAGE, "--annotation %s: keys beginning with %s are made by mkscratch",
					keys->v[i], MSK_ANNOTATION_PREFIX);
	return 0;
}

static int plan_pairs(const char *option, const struct msk_strv *typed, struct msk_strv *keys, struct msk_strv *values,
		      struct msk_err *err)
{
	MSK_AUTO_KEYS known = { 0 };

	for (size_t i = 0; i < typed->n; i++) {
		MSK_AUTO_FREE char *key = NULL;
		const char *value = "";
		size_t at;

		if (split_pair(option, typed->v[i], &key, &value, err) < 0 || !key)
			return -1;
		at = msk_keys_place(&known, key, strlen(key));
		if (at == keys->n)
			msk_strv_push(keys, key);
		set_value(values, at, msk_xstrdup(value));
	}
	return 0;
}

int msk_plan_annotations(const struct msk_options *o, struct msk_config *c, struct msk_err *err)
{
	if (plan_pairs("--annotation", &o->annotation, &c->annotation_keys, &c->annotation_values, err) < 0)
		return -1;
	return check_annotations(&c->annotation_keys, err);
}

static const char *const protocols[] = { "sctp", "tcp", "udp" };
#define N_PROTOCOLS (sizeof protocols / sizeof *protocols)

static int port_number(const char *typed, const char *text, unsigned long long *out, struct msk_err *err)
{
	bool number = msk_parse_u64(text, MAX_PORT, out);

	if (number && *out >= 1)
		return 0;
	if (msk_is_digits(text))
		return msk_fail(err, MSK_E_USAGE, "--expose %s: port is out of range (%s vs 1..%d)", typed, text, MAX_PORT);
	msk_fail(err, MSK_E_USAGE, "--expose %s: \"%s\" is not a port", typed, text);
	if (strchr(text, ':'))
		return msk_hint(err, "--expose takes ports of the image; those of the host belong to docker run -p");
	return msk_hint(err, "--expose 8080, --expose 53/udp or --expose 8000-8010");
}

static int protocol_number(const char *typed, const char *name, size_t *out, struct msk_err *err)
{
	for (*out = 0; *out < N_PROTOCOLS; ++*out)
		if (strcmp(name, protocols[*out]) == 0)
			return 0;
	return msk_fail(err, MSK_E_USAGE, "--expose %s: protocol \"%s\" is none of tcp, udp, sctp", typed, name);
}

/* PORT[-PORT][/PROTO] into the set, a byte for each port and protocol. */
static int add_ports(const char *typed, char *set, struct msk_err *err)
{
	size_t n = strcspn(typed, "/"), protocol;
	MSK_AUTO_FREE char *low = msk_xstrndup(typed, n);
	char *dash = strchr(low, '-');
	unsigned long long from, to;

	if (dash)
		*dash = '\0';
	if (protocol_number(typed, typed[n] ? typed + n + 1 : "tcp", &protocol, err) < 0 ||
	    port_number(typed, low, &from, err) < 0 || port_number(typed, dash ? dash + 1 : low, &to, err) < 0)
		return -1;
	if (to < from)
		return msk_fail(err, MSK_E_USAGE, "--expose %s: range runs backwards (%llu vs %llu)", typed, from, to);
	for (; from <= to; from++)
		set[from * N_PROTOCOLS + protocol] = 1;
	return 0;
}

static int plan_ports(const struct msk_strv *typed, struct msk_strv *ports, struct msk_err *err)
{
	MSK_AUTO_FREE char *set = typed->n ? msk_xcalloc(MAX_PORT + 1, N_PROTOCOLS) : NULL;

	for (size_t i = 0; i < typed->n; i++)
		if (add_ports(typed->v[i], set, err) < 0)
			return -1;
	for (size_t i = 0; set && i < (MAX_PORT + 1) * N_PROTOCOLS; i++)
		if (set[i])
			msk_strv_push_own(ports, msk_xasprintf("%zu/%s", i / N_PROTOCOLS, protocols[i % N_PROTOCOLS]));
	return 0;
}

static void add_range(long from, long to, const char *protocol, struct msk_strv *out)
{
	if (from == to)
		msk_strv_push_own(out, msk_xasprintf("%ld/%s", from, protocol));
	else
		msk_strv_push_own(out, msk_xasprintf("%ld-%ld/%s", from, to, protocol));
}

static void add_ranges(const struct msk_strv *ports, const char *protocol, struct msk_strv *out)
{
	long from = 0, to = 0;

	for (size_t i = 0; i < ports->n; i++) {
		char *slash;
		long port = strtol(ports->v[i], &slash, 10);

		if (strcmp(slash + 1, protocol) != 0)
			continue;
		if (to && port > to + 1)
			add_range(from, to, protocol, out);
		if (!to || port > to + 1)
			from = port;
		to = port;
	}
	if (to)
		add_range(from, to, protocol, out);
}

void msk_ports_ranges(const struct msk_strv *ports, struct msk_strv *out)
{
	for (size_t k = 0; k < N_PROTOCOLS; k++)
		add_ranges(ports, protocols[k], out);
}

/* A directory of the image that ends up in JSON. */
static int config_path(const char *option, const char *typed, char **out, struct msk_err *err)
{
	MSK_AUTO_FREE char *what = msk_xasprintf("%s %s", option, typed);

	if (msk_check_utf8(option, typed, err) < 0)
		return -1;
	return msk_image_path(what, typed, out, err);
}

static int plan_volumes(const struct msk_strv *typed, struct msk_config *c, struct msk_err *err)
{
	MSK_AUTO_KEYS paths = { 0 };

	for (size_t i = 0; i < typed->n; i++) {
		MSK_AUTO_FREE char *path = NULL;

		if (config_path("--volume", typed->v[i], &path, err) < 0)
			return -1;
		if (strcmp(path, "/") == 0)
			return msk_fail(err, MSK_E_USAGE, "--volume %s: the root of the image cannot be a volume", typed->v[i]);
		msk_keys_place(&paths, path, strlen(path));
	}
	c->volumes = msk_keys_take(&paths);
	c->n_given_volumes = c->volumes.n;
	return 0;
}

static int plan_stop_signal(const char *typed, char **out, struct msk_err *err)
{
	*out = msk_signal_name(typed);
	if (*out)
		return 0;
	msk_fail(err, MSK_E_USAGE, "--stop-signal %s: not a signal", typed);
	return msk_hint(err, "--stop-signal SIGTERM, a number 1..64, SIGRTMIN+1..15 or SIGRTMAX-1..14");
}

/* That of distroless images, whose nonroot starts at home. */
const char *msk_plan_default_workdir(const struct msk_plan *p)
{
	return p->preset == MSK_PRESET_DISTROLESS && p->user.uid == 65532 ? "/home/nonroot" : "/";
}

bool msk_config_sets(const struct msk_config *c, const char *variable)
{
	size_t n = strlen(variable);

	for (size_t i = 0; i < c->env.n; i++)
		if (strncmp(c->env.v[i], variable, n) == 0 && c->env.v[i][n] == '=')
			return true;
	return false;
}

int msk_plan_config(const struct msk_options *o, struct msk_plan *p, struct msk_err *err)
{
	struct msk_config *c = &p->config;

	if (plan_command(o, p, c, err) < 0 || plan_env(o, p, &c->env, err) < 0 ||
	    plan_ports(&o->expose, &c->ports, err) < 0 || plan_volumes(&o->volume, c, err) < 0 ||
	    plan_pairs("--label", &o->label, &c->label_keys, &c->label_values, err) < 0 ||
	    msk_plan_annotations(o, c, err) < 0)
		return -1;
	c->workdir_given = o->workdir || p->preset != MSK_PRESET_SCRATCH;
	if (config_path("--workdir", o->workdir ? o->workdir : msk_plan_default_workdir(p), &c->workdir, err) < 0)
		return -1;
	if (o->stop_signal && plan_stop_signal(o->stop_signal, &c->stop_signal, err) < 0)
		return -1;
	if (o->author && msk_check_utf8("--author", o->author, err) < 0)
		return -1;
	c->author = o->author ? msk_xstrdup(o->author) : NULL;
	return 0;
}
