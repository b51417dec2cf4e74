#include "document.h"
#include "mkscratch/timestamp.h"

static struct msk_json *timestamp(int64_t seconds)
{
	MSK_AUTO_STR text = MSK_STR_INIT;

	msk_rfc3339_add(&text, seconds);
	return msk_json_string(text.buf);
}

/* Members of "config" of which there may be very many: never all of them as values. Each as its bytes, in the order of the
 * keys; `text` NULL: it has none. */
enum { CMD, ENTRYPOINT, ENV, PORTS, LABELS, VOLUMES, N_LARGE };
static const char *const large_keys[] = { "Cmd", "Entrypoint", "Env", "ExposedPorts", "Labels", "Volumes" };

struct large {
	struct msk_str texts[N_LARGE];
};

static void large_release(struct large *l)
{
	for (size_t i = 0; i < N_LARGE; i++)
		msk_str_release(&l->texts[i]);
}

static void dump_list(const struct msk_strv *list, struct msk_str *out)
{
	if (list->n)
		msk_json_dump_strings(list, out);
}

/* Without values it is a set as Go writes it: {"8080/tcp":{}}. */
static void dump_map(const struct msk_strv *keys, const struct msk_strv *values, struct msk_str *out)
{
	MSK_AUTO_FREE struct msk_pair *pairs = msk_xcalloc(keys->n + 1, sizeof *pairs);

	for (size_t i = 0; i < keys->n; i++)
		pairs[i] = (struct msk_pair){ keys->v[i], values ? values->v[i] : NULL };
	if (keys->n)
		msk_pairs_dump(pairs, keys->n, out);
}

static void dump_large(const struct msk_config *c, struct large *out)
{
	dump_list(&c->cmd, &out->texts[CMD]);
	dump_list(&c->entrypoint, &out->texts[ENTRYPOINT]);
	dump_list(&c->env, &out->texts[ENV]);
	dump_map(&c->ports, NULL, &out->texts[PORTS]);
	dump_map(&c->label_keys, &c->label_values, &out->texts[LABELS]);
	dump_map(&c->volumes, NULL, &out->texts[VOLUMES]);
}

static void set_time(struct msk_json *o, const char *key, int64_t ns)
{
	if (ns)
		msk_json_set_int(o, key, ns);
}

/* Not in image-spec's list of fields: Docker's, which it reads from either kind of config. */
static struct msk_json *healthcheck(const struct msk_health *h)
{
	struct msk_json *o = msk_json_object(), *test = msk_json_array();

	msk_json_push(test, msk_json_string(h->kind == MSK_HEALTH_OFF ? "NONE" : "CMD"));
	for (size_t i = 0; i < h->test.n; i++)
		msk_json_push(test, msk_json_string(h->test.v[i]));
	msk_json_set(o, "Test", test);
	set_time(o, "Interval", h->interval_ns);
	set_time(o, "Timeout", h->timeout_ns);
	set_time(o, "StartPeriod", h->start_period_ns);
	set_time(o, "Retries", h->retries);
	return o;
}

/* What a base says and no option of ours speaks of. */
static void carry(struct msk_json *to, const struct msk_json *from, const char *key)
{
	const struct msk_json *v = msk_json_get(from, key);

	if (v && !msk_json_get(to, key))
		msk_json_set(to, key, msk_json_share(v));
}

/* All but the large ones. */
static struct msk_json *small_members(const struct msk_config *c, const struct msk_user *u, const struct msk_json *base)
{
	MSK_AUTO_FREE char *user = msk_xasprintf("%u:%u", u->uid, u->gid);
	struct msk_json *o = msk_json_object();

	msk_json_set_string(o, "User", user);
	msk_json_set_string(o, "WorkingDir", c->workdir ? c->workdir : "/");
	if (c->stop_signal)
		msk_json_set_string(o, "StopSignal", c->stop_signal);
	if (c->health.kind != MSK_HEALTH_UNSET)
		msk_json_set(o, "Healthcheck", healthcheck(&c->health));
	carry(o, base, "Healthcheck");
	carry(o, base, "Shell");
	carry(o, base, "StopTimeout");
	return o;
}

static void dump_runtime(const struct msk_config *c, const struct msk_user *u, const struct msk_json *base, struct msk_str *out)
{
	MSK_CLEANUP(large_release) struct large large = { 0 };
	MSK_AUTO_JSON *small = small_members(c, u, base);
	struct msk_json_member members[N_LARGE];
	size_t n = 0;

	dump_large(c, &large);
	for (size_t i = 0; i < N_LARGE; i++)
		if (large.texts[i].len)
			members[n++] = (struct msk_json_member){ large_keys[i], large.texts[i].buf };
	msk_json_dump_with(small, members, n, out);
}

/* The base's own, and an item for each of its layers that it says nothing of: some readers count. */
static size_t base_history(const struct msk_json *base, struct msk_json *list)
{
	const struct msk_json *theirs = msk_json_get(base, "history");
	size_t layers = msk_json_count(msk_json_get(msk_json_get(base, "rootfs"), "diff_ids")), told = 0;

	for (size_t i = 0; i < msk_json_count(theirs); i++) {
		const struct msk_json *item = msk_json_at(theirs, i);

		told += msk_json_is_object(item) && !msk_json_is_true(msk_json_get(item, "empty_layer"));
		if (msk_json_is_object(item) && told <= layers)
			msk_json_push(list, msk_json_share(item));
	}
	for (; told < layers; told++) {
		struct msk_json *o = msk_json_object();

		msk_json_set_string(o, "created_by", "layer of the base image");
		msk_json_push(list, o);
	}
	return layers;
}

static struct msk_json *history(const struct msk_plan *p, const struct msk_layers *l)
{
	struct msk_json *list = msk_json_array();

	for (size_t i = base_history(p->inherited, list); i < l->n; i++) {
		struct msk_json *o = msk_json_object();

		msk_json_set(o, "created", timestamp(p->created));
		msk_json_set_string(o, "created_by", l->v[i].history);
		if (p->config.author)
			msk_json_set_string(o, "author", p->config.author);
		msk_json_push(list, o);
	}
	return list;
}

static struct msk_json *rootfs(const struct msk_layers *l)
{
	struct msk_json *o = msk_json_object(), *diff_ids = msk_json_array();

	for (size_t i = 0; i < l->n; i++)
		msk_json_push(diff_ids, msk_json_string(l->v[i].diff_id.text));
	msk_json_set_string(o, "type", "layers");
	msk_json_set(o, "diff_ids", diff_ids);
	return o;
}

void msk_config_dump(const struct msk_plan *p, const struct msk_platform *pf, const struct msk_layers *l, struct msk_str *out)
{
	MSK_AUTO_JSON *o = msk_json_object();
	MSK_AUTO_STR runtime = MSK_STR_INIT;

	msk_json_set(o, "created", timestamp(p->created));
	if (p->config.author)
		msk_json_set_string(o, "author", p->config.author);
	msk_json_set_string(o, "os", pf->os);
	msk_json_set_string(o, "architecture", pf->arch);
	if (pf->variant[0])
		msk_json_set_string(o, "variant", pf->variant);
	carry(o, p->inherited, "os.version");
	carry(o, p->inherited, "os.features");
	msk_json_set(o, "rootfs", rootfs(l));
	msk_json_set(o, "history", history(p, l));
	dump_runtime(&p->config, &p->user, msk_json_get(p->inherited, "config"), &runtime);
	msk_json_dump_with(o, &(struct msk_json_member){ "config", runtime.buf }, 1, out);
}
