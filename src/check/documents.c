/* Documents against the rules of image-spec 1.1: what it demands is a fault, what it advises a note. Of images that we have
 * made more is known. */
#include "documents.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "mkscratch/descriptor.h"
#include "mkscratch/media_type.h"
#include "mkscratch/path.h"
#include "mkscratch/pem.h"
#include "mkscratch/stop_signal.h"
#include "mkscratch/timestamp.h"

struct doc {
	struct msk_checks *checks;
	const char *what;
	size_t faults, notes;
	const char *within;            /* the member that is looked at, "history 2: "; NULL: the document itself */
};

static void fault(struct doc *d, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static void fault(struct doc *d, const char *fmt, ...)
{
	MSK_AUTO_FREE char *text = NULL;
	va_list ap;

	va_start(ap, fmt);
	text = msk_xvasprintf(fmt, ap);
	va_end(ap);
	/* A document that is wrong throughout need not say so a thousand times. */
	if (d->faults++ < 20)
		msk_checks_fail(d->checks, MSK_E_INPUT, d->what, "%s%s", d->within ? d->within : "", text);
}

static void note(struct doc *d, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static void note(struct doc *d, const char *fmt, ...)
{
	MSK_AUTO_FREE char *text = NULL;
	va_list ap;

	va_start(ap, fmt);
	text = msk_xvasprintf(fmt, ap);
	va_end(ap);
	if (d->notes++ < 20)
		msk_checks_note(d->checks, d->what, "%s", text);
}

/* JSON null is what Go writes for what is not there. */
static const struct msk_json *member(const struct msk_json *o, const char *key)
{
	const struct msk_json *v = msk_json_get(o, key);

	return v && !msk_json_is_null(v) ? v : NULL;
}

static bool is_media_type(const char *s)
{
	const char *const chars = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789!#$&-^_.+";
	size_t n = strspn(s, chars), m = s[n] == '/' ? strspn(s + n + 1, chars) : 0;

	return n > 0 && m > 0 && s[n + 1 + m] == '\0' && n + m < 255;
}

static void optional_string(struct doc *d, const struct msk_json *o, const char *key)
{
	if (member(o, key) && !msk_json_is_string(msk_json_get(o, key)))
		fault(d, "%s: not a string", key);
}

static void optional_bool(struct doc *d, const struct msk_json *o, const char *key)
{
	if (member(o, key) && !msk_json_is_bool(msk_json_get(o, key)))
		fault(d, "%s: neither true nor false", key);
}

static void optional_number(struct doc *d, const struct msk_json *o, const char *key)
{
	int64_t n;

	if (member(o, key) && !msk_json_int_value(msk_json_get(o, key), &n))
		fault(d, "%s: not a whole number", key);
}

static void optional_strings(struct doc *d, const struct msk_json *o, const char *key)
{
	const struct msk_json *v = member(o, key);

	if (!v)
		return;
	if (!msk_json_is_array(v))
		fault(d, "%s: not a list of strings", key);
	for (size_t i = 0; i < msk_json_count(v) && msk_json_is_array(v); i++)
		if (!msk_json_is_string(msk_json_at(v, i)))
			fault(d, "%s: not a list of strings", key);
}

static void optional_time(struct doc *d, const struct msk_json *o, const char *key)
{
	const char *text = msk_json_get_string(o, key);
	int64_t t;

	optional_string(d, o, key);
	if (text && !msk_rfc3339_parse(text, &t))
		fault(d, "%s \"%.80s\": not a time (RFC 3339)", key, text);
}

struct map_check {
	struct doc *d;
	const char *key;
	bool (*good)(const struct msk_json *v);
};

static void check_member(void *arg, const char *key, const struct msk_json *value)
{
	struct map_check *m = arg;

	if (!m->good(value))
		fault(m->d, "%s: \"%.80s\" has not the value it should have", m->key, key);
}

static void optional_map(struct doc *d, const struct msk_json *o, const char *key, bool (*good)(const struct msk_json *v))
{
	const struct msk_json *v = member(o, key);
	struct map_check m = { d, key, good };

	if (v && !msk_json_is_object(v))
		fault(d, "%s: not an object", key);
	else if (v)
		msk_json_each(v, check_member, &m);
}

static void check_platform(struct doc *d, const struct msk_json *desc)
{
	const struct msk_json *p = member(desc, "platform");

	if (!p)
		return;
	if (!msk_json_get_string(p, "os") || !msk_json_get_string(p, "architecture"))
		fault(d, "platform: has no os or no architecture");
	optional_string(d, p, "variant");
	optional_string(d, p, "os.version");
	optional_strings(d, p, "os.features");
}

/* image-spec "descriptor": `data` is what the digest names, in base64. A reader may take it for the blob itself. */
static void check_data(struct doc *d, const char *which, const struct msk_json *desc)
{
	const char *data = msk_json_get_string(desc, "data"), *digest = msk_json_get_string(desc, "digest");
	struct msk_pem_block block = { .body = data };
	MSK_AUTO_STR bytes = MSK_STR_INIT;
	struct msk_digest got;
	int64_t size = -1;
	unsigned line;

	if (!data)
		return;
	block.body_end = data + strlen(data);
	if (strpbrk(data, " \t\r\n") || !msk_pem_decode(&block, &bytes, &line)) {
		fault(d, "%s: data: not base64", which);
		return;
	}
	msk_json_get_int(desc, "size", &size);
	msk_digest_of(msk_str_c(&bytes), bytes.len, &got);
	if (size >= 0 && (uint64_t)size == bytes.len && digest && strcmp(digest, got.text) == 0)
		return;
	d->faults++;
	msk_checks_fail(d->checks, MSK_E_INTEGRITY, d->what, "%s: data: %zu bytes that hash to %s, which it does not name",
			which, bytes.len, got.text);
}

/* image-spec "descriptor"; digest and size were looked at when it was followed. */
static void check_descriptor(struct doc *d, const char *which, const struct msk_json *desc)
{
	const char *type = msk_json_get_string(desc, "mediaType");

	if (desc && !msk_json_is_object(desc))
		fault(d, "%s: the descriptor is not an object", which);
	else if (!type)
		fault(d, "%s: the descriptor has no mediaType", which);
	else if (!is_media_type(type))
		fault(d, "%s: mediaType \"%.80s\" is none (RFC 6838)", which, type);
	optional_strings(d, desc, "urls");
	optional_map(d, desc, "annotations", msk_json_is_string);
	optional_string(d, desc, "data");
	check_data(d, which, desc);
	optional_string(d, desc, "artifactType");
	check_platform(d, desc);
}

static void check_type(struct doc *d, const struct msk_json *doc, const char *described, bool ours)
{
	const char *type = msk_json_get_string(doc, "mediaType");

	optional_string(d, doc, "mediaType");
	if (type && described && strcmp(type, described) != 0)
		fault(d, "mediaType %.80s, the descriptor says %.80s", type, described);
	else if (!type && ours)
		fault(d, "has no mediaType");
}

static bool is_one_of(const char *type, enum msk_document doc)
{
	return strcmp(type, msk_media_type(MSK_MEDIA_OCI, doc)) == 0 ||
	       strcmp(type, msk_media_type(MSK_MEDIA_DOCKER, doc)) == 0;
}

/* Of one digest there is one size and one type; a manifest that has several names is read but once. */
static void compare_same(struct doc *d, const struct msk_json *manifests, size_t i)
{
	const struct msk_json *desc = msk_json_at(manifests, i);
	const char *digest = msk_json_get_string(desc, "digest"), *type = msk_json_get_string(desc, "mediaType");
	int64_t size = -1, other_size = -1;

	msk_json_get_int(desc, "size", &size);
	for (size_t k = 0; digest && type && k < i; k++) {
		const struct msk_json *other = msk_json_at(manifests, k);
		const char *same = msk_json_get_string(other, "digest"), *other_type = msk_json_get_string(other, "mediaType");

		if (!same || !other_type || strcmp(same, digest) != 0)
			continue;
		msk_json_get_int(other, "size", &other_size);
		if (size != other_size || strcmp(type, other_type) != 0)
			fault(d, "manifest %zu: another size or mediaType than manifest %zu, of the same digest", i + 1, k + 1);
		return;
	}
}

static void check_index(struct doc *d, const struct msk_json *index)
{
	const struct msk_json *manifests = msk_json_get(index, "manifests");
	const char *type = msk_json_get_string(index, "mediaType");

	if (type && !is_one_of(type, MSK_DOC_INDEX))
		fault(d, "mediaType %.80s: not an image index", type);
	for (size_t i = 0; i < msk_json_count(manifests); i++) {
		MSK_AUTO_FREE char *which = msk_xasprintf("manifest %zu", i + 1);

		check_descriptor(d, which, msk_json_at(manifests, i));
		compare_same(d, manifests, i);
	}
	optional_map(d, index, "annotations", msk_json_is_string);
	if (!d->faults)
		msk_checks_pass(d->checks, d->what, "%zu %s", msk_json_count(manifests),
				msk_plural(msk_json_count(manifests), "manifest", "manifests"));
}

void msk_check_index(struct msk_checks *c, const struct msk_source_images *s, bool ours)
{
	struct doc d = { .checks = c, .what = "index.json" };

	check_type(&d, s->index.json, NULL, ours);
	check_index(&d, s->index.json);
}

void msk_check_nested_index(struct msk_checks *c, const struct msk_json *index, const struct msk_json *desc)
{
	struct doc d = { .checks = c, .what = "index" };

	check_type(&d, index, msk_json_get_string(desc, "mediaType"), false);
	check_index(&d, index);
}

static void check_manifest(struct msk_checks *c, const struct msk_source_image *image)
{
	const struct msk_json *m = image->manifest.json, *layers = msk_json_get(m, "layers");
	struct doc d = { .checks = c, .what = "manifest" };
	int64_t version = 0;

	if (!m)
		return;
	if (!msk_json_get_int(m, "schemaVersion", &version) || version != 2)
		fault(&d, "schemaVersion is not 2");
	check_type(&d, m, image->manifest.media_type, false);
	if (image->manifest.media_type && !is_one_of(image->manifest.media_type, MSK_DOC_MANIFEST))
		fault(&d, "mediaType %.80s: not an image manifest", image->manifest.media_type);
	check_descriptor(&d, "config", msk_json_get(m, "config"));
	for (size_t i = 0; i < msk_json_count(layers); i++) {
		MSK_AUTO_FREE char *which = msk_xasprintf("layer %zu", i + 1);

		check_descriptor(&d, which, msk_json_at(layers, i));
	}
	if (member(m, "subject"))
		check_descriptor(&d, "subject", msk_json_get(m, "subject"));
	optional_string(&d, m, "artifactType");
	optional_map(&d, m, "annotations", msk_json_is_string);
}

static bool is_empty_layer(const struct msk_json *item)
{
	return msk_json_is_true(msk_json_get(item, "empty_layer"));
}

static void check_history_item(struct doc *d, const struct msk_json *item, size_t number)
{
	MSK_AUTO_FREE char *within = msk_xasprintf("history %zu: ", number);

	d->within = within;
	if (!msk_json_is_object(item))
		fault(d, "not an object");
	optional_time(d, item, "created");
	optional_string(d, item, "created_by");
	optional_string(d, item, "author");
	optional_string(d, item, "comment");
	optional_bool(d, item, "empty_layer");
	d->within = NULL;
}

static void check_history_items(struct doc *d, const struct msk_json *history)
{
	if (history && !msk_json_is_array(history))
		fault(d, "history: not a list");
	for (size_t i = 0; msk_json_is_array(history) && i < msk_json_count(history); i++)
		check_history_item(d, msk_json_at(history, i), i + 1);
}

/* Docker refuses more items than layers; fewer are nowhere forbidden. */
static void check_history(struct doc *d, const struct msk_source_image *image)
{
	const struct msk_json *history = member(image->config.json, "history");
	size_t filled = 0;

	check_history_items(d, history);
	if (!msk_json_is_array(history))
		return;
	for (size_t i = 0; i < msk_json_count(history); i++)
		filled += !is_empty_layer(msk_json_at(history, i));
	if (filled > image->n_layers)
		fault(d, "history: %zu items for %zu %s", filled, image->n_layers,
		      msk_plural(image->n_layers, "layer", "layers"));
	else if (filled < image->n_layers)
		msk_checks_note(d->checks, "history", "%zu %s for %zu layers", filled, msk_plural(filled, "item", "items"),
				image->n_layers);
}

/* The first word says what the others are. */
static void check_health_test(struct doc *d, const struct msk_json *test)
{
	const char *how = msk_json_string_value(msk_json_at(test, 0));

	if (!how || strcmp(how, "NONE") == 0 || strcmp(how, "") == 0)
		return;
	if (strcmp(how, "CMD") != 0 && strcmp(how, "CMD-SHELL") != 0)
		note(d, "Healthcheck: Test: \"%.80s\": neither NONE nor CMD nor CMD-SHELL", how);
	else if (msk_json_count(test) < 2)
		note(d, "Healthcheck: Test: %s without a command", how);
}

/* Docker's own, in its image's config since 1.12. */
static void check_health(struct doc *d, const struct msk_json *c)
{
	static const char *const numbers[] = { "Interval", "Timeout", "StartPeriod", "StartInterval", "Retries", NULL };
	const struct msk_json *health = member(c, "Healthcheck");
	int64_t ns;

	d->within = "Healthcheck: ";
	if (health && !msk_json_is_object(health))
		fault(d, "not an object");
	optional_strings(d, health, "Test");
	for (size_t i = 0; numbers[i]; i++)
		optional_number(d, health, numbers[i]);
	d->within = NULL;
	/* The last is a count; Docker runs no container of an image with less than a millisecond. */
	for (size_t i = 0; i < 4; i++)
		if (msk_json_get_int(health, numbers[i], &ns) && ns && ns < 1000000)
			note(d, "Healthcheck: %s: shorter than a millisecond, which Docker refuses",
					numbers[i]);
	if (msk_json_get_int(health, "Retries", &ns) && ns < 0)
		note(d, "Healthcheck: Retries: less than none, which Docker refuses");
	check_health_test(d, msk_json_get(health, "Test"));
}

/* image-spec "config": VARNAME=VARVALUE; of two of one name programs take the first or the last. */
static void check_env(struct doc *d, const struct msk_json *c)
{
	const struct msk_json *env = member(c, "Env");
	MSK_AUTO_STRV names = MSK_STRV_INIT;

	for (size_t i = 0; i < msk_json_count(env); i++) {
		const char *e = msk_json_string_value(msk_json_at(env, i)), *is = e ? strchr(e, '=') : NULL;

		if (e && (!is || is == e))
			fault(d, "Env: \"%.80s\": not NAME=VALUE", e);
		if (is)
			msk_strv_push_own(&names, msk_xstrndup(e, (size_t)(is - e)));
	}
	msk_strv_sort(&names);
	for (size_t i = 1; i < names.n; i++)
		if (strcmp(names.v[i - 1], names.v[i]) == 0) {
			note(d, "Env: %.80s is there twice", names.v[i]);
			return;
		}
}

/* image-spec "config": "port/tcp", "port/udp", "port"; Docker has sctp besides. */
static void check_port(void *arg, const char *key, const struct msk_json *value)
{
	MSK_AUTO_FREE char *number = msk_xstrndup(key, strcspn(key, "/"));
	const char *protocol = key + strlen(number);
	unsigned long long port = 0;

	(void)value;
	if (!msk_parse_u64(number, UINT16_MAX, &port) || port == 0 ||
	    (*protocol && strcmp(protocol, "/tcp") != 0 && strcmp(protocol, "/udp") != 0 && strcmp(protocol, "/sctp") != 0))
		fault(arg, "ExposedPorts: \"%.80s\": not a port", key);
}

/* image-spec "config": "SIGNAME", of those that Linux has; Docker takes numbers too, and makes no container with another.
 * Windows has none. */
static void check_stop_signal(struct doc *d, const struct msk_json *config, const struct msk_json *c)
{
	const char *text = msk_json_get_string(c, "StopSignal"), *os = msk_json_get_string(config, "os");
	MSK_AUTO_FREE char *name = text && *text ? msk_signal_name(text) : NULL;

	if (text && *text && !name && !(os && strcmp(os, "windows") == 0))
		fault(d, "StopSignal: \"%.80s\": not a signal", text);
}

static void check_volume(void *arg, const char *key, const struct msk_json *value)
{
	MSK_AUTO_FREE char *path = msk_path_normalise(key);

	(void)value;
	if (*key != '/')
		note(arg, "Volumes: \"%.80s\": not an absolute path", key);
	else if (strcmp(path, "/") == 0)
		note(arg, "Volumes: \"%.80s\": the root of the image cannot be one", key);
}

/* image-spec "config", "properties", and what Docker adds: what runtimes decode into fixed types. */
static void check_runtime(struct doc *d, const struct msk_json *config)
{
	static const char *const strings[] = { "User", "WorkingDir", "StopSignal", NULL };
	static const char *const lists[] = { "Env", "Entrypoint", "Cmd", "Shell", "OnBuild", NULL };
	const struct msk_json *c = member(config, "config");
	const char *workdir = msk_json_get_string(c, "WorkingDir");

	if (c && !msk_json_is_object(c))
		fault(d, "config: not an object");
	check_health(d, c);
	optional_bool(d, c, "ArgsEscaped");
	optional_number(d, c, "StopTimeout");
	for (size_t i = 0; strings[i]; i++)
		optional_string(d, c, strings[i]);
	for (size_t i = 0; lists[i]; i++)
		optional_strings(d, c, lists[i]);
	check_env(d, c);
	check_stop_signal(d, config, c);
	optional_map(d, c, "ExposedPorts", msk_json_is_object);
	if (msk_json_is_object(member(c, "ExposedPorts")))
		msk_json_each(member(c, "ExposedPorts"), check_port, d);
	if (workdir && *workdir && *workdir != '/')
		note(d, "WorkingDir \"%.80s\": not an absolute path", workdir);
	optional_map(d, c, "Volumes", msk_json_is_object);
	if (msk_json_is_object(member(c, "Volumes")))
		msk_json_each(member(c, "Volumes"), check_volume, d);
	optional_map(d, c, "Labels", msk_json_is_string);
}

/* What an index says of a platform is what machines choose by; the config is what they get. */
static void compare_platform(struct doc *d, const struct msk_source_image *image)
{
	const struct msk_json *p = msk_json_get(image->entry, "platform");
	const char *os = msk_json_get_string(p, "os"), *arch = msk_json_get_string(p, "architecture");

	if (os && arch && (strcmp(os, image->platform.os) != 0 || strcmp(arch, image->platform.arch) != 0))
		note(d, "%s/%s, the index says %.40s/%.40s", image->platform.os,
				image->platform.arch, os, arch);
}

static void check_members(struct doc *d, const struct msk_json *config)
{
	optional_time(d, config, "created");
	optional_string(d, config, "author");
	optional_string(d, config, "variant");
	optional_string(d, config, "os.version");
	optional_strings(d, config, "os.features");
	check_runtime(d, config);
}

/* Engines choose by Go's words; containerd understands some others besides. */
static void check_architecture(struct doc *d, const struct msk_json *config)
{
	const char *os = msk_json_get_string(config, "os"), *arch = msk_json_get_string(config, "architecture");
	MSK_AUTO_FREE char *text = os && arch ? msk_xasprintf("%s/%s", os, arch) : NULL;
	struct msk_platform p;

	if (text && msk_platform_parse(text, &p) && strcmp(p.arch, arch) != 0)
		note(d, "architecture \"%.40s\": its name is %s", arch, p.arch);
}

static void check_config(struct msk_checks *c, const struct msk_source_image *image)
{
	struct doc d = { .checks = c, .what = "config" };

	check_members(&d, image->config.json);
	check_history(&d, image);
	check_architecture(&d, image->config.json);
	compare_platform(&d, image);
}

int msk_check_inherited(const struct msk_json *config, struct msk_err *err)
{
	MSK_CLEANUP(msk_checks_release) struct msk_checks checks = { 0 };
	struct doc d = { .checks = &checks, .what = "config" };

	check_members(&d, config);
	check_history_items(&d, member(config, "history"));
	for (size_t i = 0; i < checks.n; i++)
		if (checks.v[i].code != MSK_OK)
			return msk_fail(err, checks.v[i].code, "%s: %s", checks.v[i].what, checks.v[i].detail);
	return 0;
}

void msk_check_documents(struct msk_checks *c, const struct msk_source_image *image)
{
	enum msk_code before = msk_checks_verdict(c);
	MSK_AUTO_STR platform = MSK_STR_INIT;

	check_manifest(c, image);
	check_config(c, image);
	msk_platform_add(&platform, &image->platform);
	if (before == msk_checks_verdict(c))
		msk_checks_pass(c, "documents", "as image-spec has them, for %s", platform.buf);
}
