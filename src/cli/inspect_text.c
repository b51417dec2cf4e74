#include <string.h>

#include "inspect.h"
#include "mkscratch/timestamp.h"

#define LABEL      14          /* width of the names on the left */
#define LONG_VALUE 400         /* bytes of what is no longer shown whole */

/* "  name          ", behind which the caller puts the value. */
static void add_label(struct msk_str *out, const char *label)
{
	msk_str_addf(out, "  %-*s", LABEL, label);
}

static void add_text(struct msk_str *out, const char *text)
{
	msk_str_add_shown(out, text, strlen(text));
}

/* Of a config or an index, which may say anything. */
static void add_platform(struct msk_str *out, const struct msk_platform *p)
{
	MSK_AUTO_STR platform = MSK_STR_INIT;

	msk_platform_add(&platform, p);
	add_text(out, msk_str_c(&platform));
}

static void add_line(struct msk_str *out, const char *label, const char *text)
{
	add_label(out, label);
	add_text(out, text);
	msk_str_addc(out, '\n');
}

/* Right-aligned in nine columns. */
static void add_size(struct msk_str *out, uint64_t bytes)
{
	MSK_AUTO_STR s = MSK_STR_INIT;

	msk_str_add_size(&s, bytes);
	msk_str_addf(out, "%9s", s.buf);
}

static void add_string(const struct msk_json *object, const char *key, const char *label, struct msk_str *out)
{
	const char *text = msk_json_get_string(object, key);

	if (text && *text)
		add_line(out, label, text);
}

/* As JSON, so that words with blanks are seen as what they are. */
static void add_value(const struct msk_json *object, const char *key, const char *label, struct msk_str *out)
{
	const struct msk_json *v = msk_json_get(object, key);
	MSK_AUTO_STR text = MSK_STR_INIT;

	if (!msk_json_count(v))
		return;
	msk_json_dump_safe(v, &text);
	add_label(out, label);
	msk_str_addf(out, "%s\n", text.buf);
}

/* A line for each, the label on the first. */
struct rows {
	struct msk_str *out;
	const char *label;                     /* NULL: no column for labels */
	bool values;                           /* KEY=VALUE, not the key alone */
};

static void add_row(void *ctx, const char *key, const struct msk_json *value)
{
	struct rows *r = ctx;
	const char *text = msk_json_string_value(value);
	MSK_AUTO_STR line = MSK_STR_INIT;

	msk_str_adds(&line, key);
	if (r->values && text && strlen(text) > LONG_VALUE)
		msk_str_addf(&line, " (%zu bytes)", strlen(text));
	else if (r->values && text)
		msk_str_addf(&line, "=%s", text);
	if (r->label) {
		add_line(r->out, r->label, msk_str_c(&line));
		r->label = "";
		return;
	}
	msk_str_adds(r->out, "  ");
	add_text(r->out, msk_str_c(&line));
	msk_str_addc(r->out, '\n');
}

static void add_members(const struct msk_json *object, const char *label, bool values, struct msk_str *out)
{
	struct rows r = { out, label, values };

	msk_json_each(object, add_row, &r);
}

static void add_env(const struct msk_json *config, struct msk_str *out)
{
	const struct msk_json *env = msk_json_get(config, "Env");

	for (size_t i = 0; i < msk_json_count(env); i++)
		if (msk_json_string_value(msk_json_at(env, i)))
			add_line(out, i ? "" : "env", msk_json_string_value(msk_json_at(env, i)));
}

/* "every 30s" from nanoseconds. */
static void add_duration(const struct msk_json *check, const char *key, const char *words, struct msk_str *out)
{
	int64_t ns;

	if (!msk_json_get_int(check, key, &ns) || ns <= 0)
		return;
	msk_str_addf(out, ", %s ", words);
	msk_duration_add(out, ns);
}

static void add_healthcheck(const struct msk_json *config, struct msk_str *out)
{
	const struct msk_json *check = msk_json_get(config, "Healthcheck");
	MSK_AUTO_STR text = MSK_STR_INIT;
	int64_t retries;

	if (!check)
		return;
	if (msk_json_get(check, "Test"))
		msk_json_dump_safe(msk_json_get(check, "Test"), &text);
	add_duration(check, "Interval", "every", &text);
	add_duration(check, "Timeout", "within", &text);
	add_duration(check, "StartPeriod", "after", &text);
	add_duration(check, "StartInterval", "at first every", &text);
	if (msk_json_get_int(check, "Retries", &retries) && retries > 0)
		msk_str_addf(&text, ", %lld %s", (long long)retries,
			     msk_plural((unsigned long long)retries, "retry", "retries"));
	add_label(out, "healthcheck");
	msk_str_addf(out, "%s\n", msk_str_c(&text));
}

static void add_config(const struct msk_json *doc, struct msk_str *out)
{
	const struct msk_json *c = msk_json_get(doc, "config");
	const char *user = msk_json_get_string(c, "User");

	msk_str_adds(out, "\nHow it runs\n");
	add_line(out, "user", user && *user ? user : "root (not set)");
	add_value(c, "Entrypoint", "entrypoint", out);
	add_value(c, "Cmd", "cmd", out);
	add_string(c, "WorkingDir", "workdir", out);
	add_env(c, out);
	add_members(msk_json_get(c, "ExposedPorts"), "ports", false, out);
	add_members(msk_json_get(c, "Volumes"), "volumes", false, out);
	add_string(c, "StopSignal", "stop signal", out);
	add_healthcheck(c, out);
	add_members(msk_json_get(c, "Labels"), "labels", true, out);
}

/* What the index names besides images that are there. */
static void add_beside(const struct msk_source_images *s, struct msk_str *out)
{
	if (s->others.n) {
		add_label(out, "attached");
		msk_str_addf(out, "%zu that %s no image (attestations and the like)\n", s->others.n,
			     s->others.n == 1 ? "is" : "are");
	}
	for (size_t i = 0; i < s->absent.n; i++) {
		add_label(out, i ? "" : "not here");
		add_platform(out, &s->absent.v[i].platform);
		msk_str_adds(out, ", which the index names\n");
	}
}

static void add_head(const struct inspected *d, struct msk_str *out)
{
	const struct msk_source_image *image = d->arg->image;
	size_t n = d->i->total.files;

	add_text(out, msk_source_name(d->arg->images.source));
	msk_str_adds(out, ": ");
	add_platform(out, &image->platform);
	msk_str_addc(out, '\n');
	for (size_t i = 0; i < image->tags.n; i++)
		add_line(out, i ? "" : "tags", image->tags.v[i]);
	if (image->manifest.json)
		add_line(out, "digest", image->manifest.digest.text);
	add_line(out, "config", image->config.digest.text);
	add_string(image->config.json, "created", "created", out);
	add_string(image->config.json, "author", "author", out);
	add_label(out, "size");
	msk_str_add_size(out, msk_source_image_size(image));
	msk_str_addf(out, " in %zu %s, ", image->n_layers, msk_plural(image->n_layers, "layer", "layers"));
	msk_str_add_size(out, d->i->total.bytes);
	msk_str_addf(out, " in %zu %s\n", n, msk_plural(n, "file", "files"));
	add_beside(&d->arg->images, out);
}

/* "zones 1.4 MB, certificates 220.0 kB" */
static void add_contents(const struct msk_tally *by, struct msk_str *out)
{
	bool any = false;

	for (enum msk_origin_kind k = 0; k < MSK_N_ORIGINS; k++) {
		if (!by[k].files)
			continue;
		msk_str_addf(out, "%s%s ", any ? ", " : "", msk_origin_kind_name(k));
		msk_str_add_size(out, by[k].bytes);
		any = true;
	}
	if (!any)
		msk_str_adds(out, "no files that are left in the end");
}

static void add_layers(const struct inspected *d, struct msk_str *out)
{
	msk_str_adds(out, "\nLayers      size      plain  entries\n");
	for (size_t i = 0; i < d->arg->image->n_layers; i++) {
		const struct msk_layer_sums *s = &d->arg->sums[i];

		msk_str_addf(out, "  %3zu  ", i + 1);
		add_size(out, s->packed_size);
		msk_str_adds(out, "  ");
		add_size(out, s->plain_size);
		msk_str_addf(out, "  %7zu  %s\n  %33s", s->entries, s->packed.text, "");
		add_contents(d->i->by_layer[i], out);
		msk_str_addc(out, '\n');
	}
}

static void add_origins(const struct inspected *d, struct msk_str *out)
{
	msk_str_adds(out, "\nBy origin\n");
	for (enum msk_origin_kind k = 0; k < MSK_N_ORIGINS; k++) {
		size_t n = d->i->by_origin[k].files;

		if (!n)
			continue;
		add_label(out, msk_origin_kind_name(k));
		add_size(out, d->i->by_origin[k].bytes);
		msk_str_addf(out, "  %zu %s\n", n, msk_plural(n, "file", "files"));
	}
}

static void add_largest(const struct inspected *d, struct msk_str *out)
{
	if (d->i->n_largest)
		msk_str_adds(out, "\nLargest files\n");
	for (size_t i = 0; i < d->i->n_largest; i++) {
		const struct msk_node *n = d->i->largest[i];

		add_size(out, n->size);
		msk_str_adds(out, "  /");
		add_text(out, n->path);
		msk_str_addc(out, '\n');
	}
}

/* What has expired is counted; told is what will. */
static void add_certificates(const struct inspected *d, struct msk_str *out)
{
	const struct msk_cert_list *l = &d->i->certs;
	const struct msk_cert_told *first = NULL;
	size_t expired = 0;

	if (!l->n && !l->unreadable)
		return;
	for (size_t i = 0; i < l->n; i++) {
		if (l->v[i].not_after < d->now)
			expired++;
		else if (!first || l->v[i].not_after < first->not_after)
			first = &l->v[i];
	}
	msk_str_addf(out, "\nCertificates\n  %zu", l->n);
	if (l->unreadable)
		msk_str_addf(out, ", %zu that cannot be read", l->unreadable);
	if (expired)
		msk_str_addf(out, ", %zu expired", expired);
	if (first && first->not_after >= 0 && first->not_after <= MSK_TIME_MAX) {
		MSK_AUTO_STR date = MSK_STR_INIT;

		msk_rfc3339_add(&date, first->not_after);
		msk_str_addf(out, "; the %s to expire, on %.10s: ", expired ? "next" : "first", date.buf);
		add_text(out, first->subject);
	}
	msk_str_addc(out, '\n');
}

void msk_inspect_add_text(const struct inspected *d, struct msk_str *out)
{
	const struct msk_json *annotations = d->arg->image->annotations;

	add_head(d, out);
	add_config(d->arg->image->config.json, out);
	add_layers(d, out);
	add_origins(d, out);
	add_largest(d, out);
	add_certificates(d, out);
	if (msk_json_count(annotations))
		msk_str_adds(out, "\nAnnotations\n");
	add_members(annotations, NULL, true, out);
}

static void add_list_line(const struct msk_source_image *image, const char *kind, struct msk_str *out)
{
	MSK_AUTO_STR platform = MSK_STR_INIT;

	add_platform(&platform, &image->platform);
	msk_str_addf(out, "  %-16s ", msk_str_c(&platform));
	add_size(out, msk_source_image_size(image));
	msk_str_addf(out, "  %2zu %-6s  %s", image->n_layers, msk_plural(image->n_layers, "layer", "layers"),
		     msk_source_image_digest(image));
	for (size_t i = 0; i < image->tags.n; i++) {
		msk_str_addc(out, ' ');
		add_text(out, image->tags.v[i]);
	}
	msk_str_addf(out, "%s\n", kind);
}

void msk_inspect_add_list(const struct msk_source_images *s, struct msk_str *out)
{
	add_text(out, msk_source_name(s->source));
	msk_str_addf(out, ": %zu images\n", s->images.n);
	for (size_t i = 0; i < s->images.n; i++)
		add_list_line(&s->images.v[i], "", out);
	for (size_t i = 0; i < s->others.n; i++)
		add_list_line(&s->others.v[i], " (no image)", out);
	for (size_t i = 0; i < s->absent.n; i++) {
		msk_str_adds(out, "  ");
		add_platform(out, &s->absent.v[i].platform);
		msk_str_adds(out, " is named by the index, but not here: ");
		add_text(out, msk_json_get_string(s->absent.v[i].entry, "digest"));
		msk_str_addc(out, '\n');
	}
}
