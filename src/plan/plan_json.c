#include <string.h>

#include "mkscratch/filecap.h"
#include "mkscratch/plan.h"
#include "mkscratch/timestamp.h"

static void set_text(struct msk_json *o, const char *key, const char *text)
{
	if (text)
		msk_json_set_text(o, key, text);
}

static struct msk_json *pairs(const struct msk_strv *keys, const struct msk_strv *values)
{
	struct msk_json *o = msk_json_object();

	for (size_t i = 0; i < keys->n; i++)
		msk_json_set_string(o, keys->v[i], values->v[i]);
	return o;
}

static struct msk_json *input_json(void *plan, size_t i)
{
	const struct msk_input *in = &((const struct msk_plan *)plan)->inputs[i];
	static const char *const kinds[] = {
		[MSK_INPUT_BIN] = "bin", [MSK_INPUT_FILE] = "file", [MSK_INPUT_TREE] = "tree", [MSK_INPUT_DIR] = "dir",
		[MSK_INPUT_LINK] = "link",
	};
	struct msk_json *o = msk_json_object();

	msk_json_set_string(o, "kind", kinds[in->kind]);
	set_text(o, "src", in->src);
	set_text(o, "dest", in->dest);
	set_text(o, "target", in->target);
	if (in->has_mode) {
		MSK_AUTO_FREE char *mode = msk_xasprintf("%04o", in->mode);

		msk_json_set_string(o, "mode", mode);
	}
	if (in->has_owner) {
		MSK_AUTO_FREE char *owner = msk_xasprintf("%u:%u", in->uid, in->gid);

		msk_json_set_string(o, "owner", owner);
	}
	return o;
}

static struct msk_json *caps_json(const struct msk_plan *p)
{
	struct msk_json *o = msk_json_object();

	for (size_t i = 0; i < p->n_caps; i++) {
		const char *path = p->caps[i].path;
		MSK_AUTO_STR names = MSK_STR_INIT, key = MSK_STR_INIT;

		msk_filecap_add(&names, p->caps[i].caps);
		if (msk_utf8_valid(path, strlen(path)))
			msk_str_adds(&key, path);
		else
			msk_str_add_escaped(&key, path, strlen(path));
		msk_json_set_string(o, key.buf, names.buf);
	}
	return o;
}

static struct msk_json *user_json(const struct msk_user *u)
{
	struct msk_json *o = msk_json_object();

	msk_json_set_string(o, "name", u->name);
	msk_json_set_int(o, "uid", u->uid);
	msk_json_set_int(o, "gid", u->gid);
	return o;
}

static struct msk_json *accounts_json(const struct msk_plan *p)
{
	struct msk_json *a = msk_json_array();

	for (size_t i = 0; i < p->n_accounts; i++) {
		MSK_AUTO_STR line = MSK_STR_INIT;

		msk_account_add(&line, &p->accounts[i]);
		msk_json_push(a, msk_json_string(line.buf));
	}
	return a;
}

static struct msk_json *groups_json(const struct msk_plan *p)
{
	struct msk_json *a = msk_json_array();

	for (size_t i = 0; i < p->n_groups; i++) {
		MSK_AUTO_STR line = MSK_STR_INIT;

		msk_group_add(&line, &p->groups[i]);
		msk_json_push(a, msk_json_string(line.buf));
	}
	return a;
}

static struct msk_json *health_json(const struct msk_health *h)
{
	static const char *const kinds[] = { NULL, "none", "probe", "command" };
	struct msk_json *o;

	if (h->kind == MSK_HEALTH_UNSET)
		return msk_json_null();
	o = msk_json_object();
	msk_json_set_string(o, "kind", kinds[h->kind]);
	msk_json_set(o, "test", msk_json_strings(&h->test));
	msk_json_set_int(o, "interval_ns", h->interval_ns);
	msk_json_set_int(o, "timeout_ns", h->timeout_ns);
	msk_json_set_int(o, "start_period_ns", h->start_period_ns);
	msk_json_set_int(o, "retries", h->retries);
	return o;
}

static struct msk_json *config_json(const struct msk_config *c)
{
	struct msk_json *o = msk_json_object();

	msk_json_set(o, "entrypoint", msk_json_strings(&c->entrypoint));
	msk_json_set(o, "cmd", msk_json_strings(&c->cmd));
	msk_json_set(o, "env", msk_json_strings(&c->env));
	msk_json_set(o, "ports", msk_json_strings(&c->ports));
	msk_json_set(o, "volumes", msk_json_strings(&c->volumes));
	msk_json_set(o, "labels", pairs(&c->label_keys, &c->label_values));
	msk_json_set(o, "annotations", pairs(&c->annotation_keys, &c->annotation_values));
	set_text(o, "workdir", c->workdir);
	set_text(o, "stop_signal", c->stop_signal);
	msk_json_set(o, "health", health_json(&c->health));
	set_text(o, "author", c->author);
	return o;
}

static struct msk_json *roots_json(const struct msk_plan *p)
{
	struct msk_json *o = msk_json_object();

	for (size_t i = 0; i < p->n_roots; i++) {
		MSK_AUTO_STR platform = MSK_STR_INIT;

		msk_platform_add(&platform, &p->roots[i].platform);
		set_text(o, platform.buf, p->roots[i].dir);
	}
	return o;
}

static struct msk_json *tags_json(const struct msk_plan *p)
{
	struct msk_json *a = msk_json_array();

	for (size_t i = 0; i < p->n_tags; i++)
		msk_json_push(a, msk_json_string(p->tags[i].full));
	return a;
}

static struct msk_json *outputs_json(const struct msk_plan *p)
{
	static const char *const kinds[] = {
		[MSK_TARGET_ARCHIVE] = "archive", [MSK_TARGET_STDOUT] = "stdout",
		[MSK_TARGET_LAYOUT_OR_ARCHIVE] = "layout if a directory, else archive", [MSK_TARGET_LAYOUT] = "layout",
	};
	struct msk_json *a = msk_json_array();

	for (size_t i = 0; i < p->n_targets; i++) {
		struct msk_json *o = msk_json_object();

		set_text(o, "path", p->targets[i].path);
		msk_json_set_string(o, "kind", kinds[p->targets[i].kind]);
		msk_json_push(a, o);
	}
	return a;
}

static struct msk_json *codec_json(const struct msk_codec_spec *codec)
{
	static const char *const names[] = {
		[MSK_CODEC_GZIP] = "gzip", [MSK_CODEC_ZSTD] = "zstd", [MSK_CODEC_NONE] = "none",
	};
	struct msk_json *o = msk_json_object();

	msk_json_set_string(o, "codec", names[codec->kind]);
	if (codec->kind != MSK_CODEC_NONE)
		msk_json_set_int(o, "level", codec->level);
	return o;
}

void msk_plan_dump(const struct msk_plan *p, struct msk_str *out)
{
	struct msk_json *o = msk_json_object();
	MSK_AUTO_STR time = MSK_STR_INIT;

	msk_rfc3339_add(&time, p->created);
	set_text(o, "root", p->root);
	if (p->n_roots)
		msk_json_set(o, "roots", roots_json(p));
	set_text(o, "base", p->base);
	if (p->base)
		msk_json_set(o, "base_labels", msk_json_bool(p->base_labels));
	msk_json_set(o, "inputs", msk_json_array());
	if (p->n_caps)
		msk_json_set(o, "caps", caps_json(p));
	msk_json_set_texts(o, "libs", &p->libs);
	msk_json_set_texts(o, "library_path", &p->library_path);
	set_text(o, "hwcaps", p->hwcaps);
	msk_json_set_texts(o, "dlopen", &p->dlopen);
	msk_json_set(o, "auto", msk_json_bool(p->automatic));
	msk_json_set(o, "certs", msk_json_bool(p->certs));
	set_text(o, "certs_file", p->certs_file);
	msk_json_set_texts(o, "extra_certs", &p->extra_certs);
	msk_json_set_texts(o, "certs_for", &p->certs_for);
	msk_json_set(o, "allow_expired", msk_json_bool(p->allow_expired));
	msk_json_set_int(o, "certs_expiry_min", p->certs_expiry_min);
	msk_json_set(o, "tz", msk_json_bool(p->tz));
	msk_json_set(o, "zones", msk_json_strings(&p->zones));
	set_text(o, "localtime", p->localtime);
	msk_json_set_string(o, "preset", msk_preset_name(p->preset));
	msk_json_set(o, "passwd", accounts_json(p));
	msk_json_set(o, "group", groups_json(p));
	if (p->user_from != MSK_USER_OF_BASE)
		msk_json_set(o, "user", user_json(&p->user));
	else
		msk_json_set_string(o, "user", p->user.name);
	msk_json_set(o, "config", config_json(&p->config));
	msk_json_set_string(o, "created", msk_str_c(&time));
	msk_json_set_int(o, "mtime", p->mtime);
	msk_json_set(o, "tags", tags_json(p));
	if (msk_platform_known(&p->loaded)) {
		MSK_AUTO_STR platform = MSK_STR_INIT;

		msk_platform_add(&platform, &p->loaded);
		msk_json_set_string(o, "platform", platform.buf);
	}
	msk_json_set(o, "outputs", outputs_json(p));
	msk_json_set(o, "compress", codec_json(&p->codec));
	msk_json_set_string(o, "media_types", msk_media_types_name(p->media_types));
	msk_json_set_string(o, "layers", p->single_layer ? "single" : "split");
	msk_json_set(o, "record", msk_json_bool(p->record));
	if (p->max_size)
		msk_json_set_int(o, "max_size", (int64_t)p->max_size);
	if (p->max_layer)
		msk_json_set_int(o, "max_layer_size", (int64_t)p->max_layer);
	set_text(o, "baseline", p->baseline);
	if (p->baseline)
		msk_json_set_int(o, "max_growth_hundredths", p->max_growth);
	if (p->paranoid)
		msk_json_set(o, "paranoid", msk_json_bool(true));
	if (p->jobs)
		msk_json_set_int(o, "jobs", p->jobs);
	msk_json_dump_pretty_rows(o, "inputs", input_json, p->n_inputs, (void *)(uintptr_t)p, out);
}
