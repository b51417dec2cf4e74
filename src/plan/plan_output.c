/* -o, -t, --compress, --media-types, --layers, -j. */
#include <string.h>

#include "parts.h"
#include "mkscratch/fs.h"

/* skopeo's way to name a destination. What we write is named by its path, and pushed by others. */
static int refuse_transport(const char *path, const char *behind, struct msk_err *err)
{
	msk_fail(err, MSK_E_USAGE, "--output %s: a path is wanted, not a transport", path);
	if (msk_starts_with(path, "oci:"))
		return msk_hint(err, "-o %.*s/ for a layout directory, -t for its tag; ./%s is a file of that name",
				(int)strcspn(behind, ":"), behind, path);
	if (msk_starts_with(path, "oci-archive:") || msk_starts_with(path, "docker-archive:"))
		return msk_hint(err, "-o %.*s, which is both archives in one; -t for its tag",
				(int)strcspn(behind, ":"), behind);
	if (msk_starts_with(path, "docker-daemon:"))
		return msk_hint(err, "-o - | docker load");
	return msk_hint(err, "-o img.tar, then: skopeo copy oci-archive:img.tar %s", path);
}

static enum msk_target_kind target_kind(const char *path)
{
	if (msk_path_is_stdout(path))
		return MSK_TARGET_STDOUT;
	return msk_ends_with(path, "/") ? MSK_TARGET_LAYOUT : MSK_TARGET_LAYOUT_OR_ARCHIVE;
}

int msk_plan_targets(const struct msk_strv *typed, struct msk_plan *p, struct msk_err *err)
{
	p->targets = msk_xcalloc(typed->n + 1, sizeof *p->targets);
	for (size_t i = 0; i < typed->n; i++) {
		const char *path = typed->v[i];

		if (!*path)
			return msk_fail(err, MSK_E_USAGE, "--output: the value is empty");
		if (msk_path_behind_transport(path))
			return refuse_transport(path, msk_path_behind_transport(path), err);
		p->targets[p->n_targets].kind = target_kind(path);
		p->targets[p->n_targets++].path = msk_xstrdup(path);
	}
	return 0;
}

/* `known` has the tags that there are, in full. */
static int add_tag(struct msk_plan *p, struct msk_names *known, const char *text, struct msk_err *err)
{
	struct msk_ref ref;
	size_t place;

	if (msk_ref_parse(text, &ref, err) < 0)
		return -1;
	if (msk_names_find(known, ref.full, &place)) {
		msk_ref_release(&ref);
		return 0;
	}
	msk_names_lend(known, ref.full, p->n_tags);
	p->tags[p->n_tags++] = ref;
	return 0;
}

/* Programs for several platforms, under whatever names, that are one program of the image. */
static bool shares_dest(const struct msk_plan *p, const struct msk_input *bin)
{
	for (size_t i = 0; i < p->n_inputs; i++)
		if (&p->inputs[i] != bin && p->inputs[i].kind == MSK_INPUT_BIN && strcmp(p->inputs[i].dest, bin->dest) == 0)
			return true;
	return false;
}

/* What the image is called by: its first program, else the base, which `vendor.tar` and `layout:v1` name. */
static char *called_by(const struct msk_plan *p)
{
	const struct msk_input *first = &p->inputs[0];
	char *base;

	if (p->has_programs)
		return msk_path_base(shares_dest(p, first) ? first->dest : first->src);
	base = msk_path_base(p->base);
	base[strcspn(base, ":@")] = '\0';
	if (msk_ends_with(base, ".tar"))
		base[strlen(base) - strlen(".tar")] = '\0';
	return base;
}

static int default_tag(struct msk_plan *p, struct msk_err *err)
{
	MSK_AUTO_FREE char *base = called_by(p);
	MSK_AUTO_FREE char *name = msk_ref_name_from(base);

	if (name && msk_ref_parse(name, &p->tags[0], err) == 0) {
		p->n_tags = 1;
		return 0;
	}
	if (!name)
		msk_fail(err, MSK_E_USAGE, "%s: no image name can be made of \"%s\"",
			 p->has_programs ? p->inputs[0].spec : "--base", base);
	return msk_hint(err, "-t NAME[:TAG]");
}

int msk_plan_tags(const struct msk_strv *typed, struct msk_plan *p, struct msk_err *err)
{
	MSK_CLEANUP(msk_names_release) struct msk_names known = { 0 };

	p->tags = msk_xcalloc(typed->n + 1, sizeof *p->tags);
	for (size_t i = 0; i < typed->n && p->n_tags <= MSK_MAX_TAGS; i++)
		if (add_tag(p, &known, typed->v[i], err) < 0)
			return -1;
	if (p->n_tags > MSK_MAX_TAGS)
		return msk_fail(err, MSK_E_USAGE, "too many tags for who reads images (%zu vs %d)", typed->n, MSK_MAX_TAGS);
	return 0;
}

static int plan_codec(const char *typed, struct msk_codec_spec *out, struct msk_err *err)
{
	static const char *const names[] = { "gzip", "zstd", "none" };       /* as enum msk_codec_kind */
	size_t n = strcspn(typed, ":");
	int kind = 0, min, max, level;
	unsigned long long number;

	while (kind < 3 && (strlen(names[kind]) != n || memcmp(names[kind], typed, n) != 0))
		kind++;
	if (kind == 3)
		return msk_fail(err, MSK_E_USAGE, "--compress %s: \"%.*s\" is none of gzip, zstd, none", typed, (int)n, typed);
	msk_codec_levels((enum msk_codec_kind)kind, &min, &max, &level);
	if (typed[n]) {
		if (kind == MSK_CODEC_NONE)
			return msk_fail(err, MSK_E_USAGE, "--compress %s: none has no level", typed);
		if (!typed[n + 1])
			return msk_fail(err, MSK_E_USAGE, "--compress %s: the level is empty", typed);
		if (!msk_parse_u64(typed + n + 1, (unsigned long long)max, &number) || number < (unsigned long long)min)
			return msk_fail(err, MSK_E_USAGE, "--compress %s: %s has no such level (%s vs %d..%d)", typed,
					names[kind], typed + n + 1, min, max);
		level = (int)number;
	}
	out->kind = (enum msk_codec_kind)kind;
	out->level = level;
	return 0;
}

static int plan_layers(const char *typed, bool *single, struct msk_err *err)
{
	*single = strcmp(typed, "single") == 0;
	if (*single || strcmp(typed, "split") == 0)
		return 0;
	return msk_fail(err, MSK_E_USAGE, "--layers %s: is none of split, single", typed);
}

static int plan_media_types(const char *typed, struct msk_plan *p, struct msk_err *err)
{
	p->media_types = strcmp(typed, msk_media_types_name(MSK_MEDIA_DOCKER)) == 0 ? MSK_MEDIA_DOCKER : MSK_MEDIA_OCI;
	if (strcmp(typed, msk_media_types_name(p->media_types)) != 0)
		return msk_fail(err, MSK_E_USAGE, "--media-types %s: is none of oci, docker", typed);
	if (msk_media_type_layer(p->media_types, p->codec.kind))
		return 0;
	msk_fail(err, MSK_E_USAGE, "--media-types %s: has no name for layers of zstd", typed);
	return msk_hint(err, "--compress gzip, or --media-types oci");
}

static int plan_jobs(const char *typed, unsigned *out, struct msk_err *err)
{
	unsigned long long n;

	if (!*typed)
		return msk_fail(err, MSK_E_USAGE, "--jobs: the value is empty");
	if (!msk_parse_u64(typed, MSK_MOST_JOBS, &n) || n < 1)
		return msk_fail(err, MSK_E_USAGE, "--jobs %s: out of range (%s vs 1..%d)", typed, typed, MSK_MOST_JOBS);
	*out = n < MSK_MAX_JOBS ? (unsigned)n : MSK_MAX_JOBS;
	return 0;
}

int msk_plan_outputs(const struct msk_options *o, struct msk_plan *p, struct msk_err *err)
{
	if (msk_plan_targets(&o->output, p, err) < 0 || msk_plan_tags(&o->tag, p, err) < 0 ||
	    (!p->n_tags && default_tag(p, err) < 0) ||
	    plan_codec(o->compress ? o->compress : "gzip", &p->codec, err) < 0 ||
	    plan_media_types(o->media_types ? o->media_types : "oci", p, err) < 0 ||
	    plan_layers(o->layers ? o->layers : "split", &p->single_layer, err) < 0)
		return -1;
	p->record = !o->no_record;
	p->paranoid = o->paranoid;
	return o->jobs ? plan_jobs(o->jobs, &p->jobs, err) : 0;
}
