#include <string.h>

#include "verify.h"

static size_t find_among_needs(const struct msk_object *o, const char *file)
{
	for (size_t k = 0; k < o->elf.needed.n && k < o->n_needed; k++)
		if (strcmp(o->elf.needed.v[k], file) == 0)
			return o->needed[k] == MSK_NO_OBJECT ? MSK_VERIFY_ABSENT : o->needed[k];
	return MSK_VERIFY_NONE;
}

/* ld.so looks among all that is loaded for one that was asked for by the name. */
size_t msk_verify_named(struct msk_verify *v, size_t by, const char *file)
{
	const struct msk_closure *c = v->c;
	size_t found = find_among_needs(&c->objects[by], file);

	for (size_t i = 0; i < c->n_objects && found == MSK_VERIFY_NONE; i++) {
		const struct msk_object *o = &c->objects[i];

		v->steps += 1 + o->elf.needed.n;
		found = find_among_needs(o, file);
		if (found == MSK_VERIFY_NONE && i && (strcmp(o->name, file) == 0 || strcmp(o->path, file) == 0))
			found = i;
	}
	return found;
}

static const struct msk_version_def *find_def(const struct msk_symbols *s, const struct msk_version_need *need)
{
	for (size_t i = 0; i < s->n_defs; i++)
		if (s->defs[i].hash == need->hash && strcmp(s->defs[i].name, need->name) == 0)
			return &s->defs[i];
	return NULL;
}

/* "GLIBC_2.34" as 2034000; 0 for other names. */
static unsigned glibc_release(const char *name)
{
	static const unsigned weights[] = { 1000000, 1000, 1 };
	unsigned release = 0;

	if (!msk_starts_with(name, "GLIBC_"))
		return 0;
	name += strlen("GLIBC_");
	for (size_t i = 0; i < 3; i++) {
		unsigned n = 0;

		if (*name < '0' || *name > '9')
			return 0;
		while (*name >= '0' && *name <= '9' && n < 1000)
			n = n * 10 + (unsigned)(*name++ - '0');
		release += n * weights[i];
		if (*name != '.')
			break;
		name++;
	}
	return *name ? 0 : release;
}

static const char *newest_glibc(const struct msk_symbols *s)
{
	const char *best = NULL;

	for (size_t i = 0; i < s->n_defs; i++)
		if (glibc_release(s->defs[i].name) > (best ? glibc_release(best) : 0))
			best = s->defs[i].name;
	return best;
}

/* How grave it is when the loader refuses an object: what was asked for by --lib is to work as well. */
static enum msk_remark_level refused(const struct msk_verify *v, size_t object)
{
	return object < v->c->n_start ? MSK_REMARK_ERROR : MSK_REMARK_WARNING;
}

static void say_missing(struct msk_verify *v, size_t by, const struct msk_version_need *need, size_t provider)
{
	const char *newest = glibc_release(need->name) ? newest_glibc(&v->libraries[provider]->symbols) : NULL;
	struct msk_remark *remark;

	if (need->weak) {
		msk_remark_add(v->out, msk_about(v->c, by), MSK_REMARK_WARNING, MSK_REMARK_VERSION,
			       "asks for version %s of %s, which %s does not have; it can do without", need->name,
			       need->file, msk_verify_name(v->c, provider));
		return;
	}
	remark = msk_remark_add(v->out, msk_about(v->c, by), refused(v, by), MSK_REMARK_VERSION,
				"needs version %s of %s, which %s does not have", need->name, need->file,
				msk_verify_name(v->c, provider));
	if (newest)
		msk_remark_hint(remark, "that one has up to %s: build on a system as old, or give a newer one by --root DIR",
				newest);
	else
		msk_remark_hint(remark, "give the library it was linked against by --library-path DIR or --root DIR");
}

static void say_not_loaded(struct msk_verify *v, size_t by, const struct msk_version_need *need)
{
	struct msk_remark *remark = msk_remark_add(v->out, msk_about(v->c, by), refused(v, by), MSK_REMARK_VERSION,
						   "needs version %s of %s, which it does not load", need->name, need->file);

	msk_remark_hint(remark, "its DT_NEEDED and its version needs name other files; link it again");
}

static void say_unversioned(struct msk_verify *v, size_t by, const struct msk_version_need *need, size_t provider)
{
	msk_remark_add(v->out, msk_about(v->c, by), MSK_REMARK_WARNING, MSK_REMARK_UNVERSIONED,
		       "asks for version %s of %s, but %s has no versions", need->name, need->file,
		       msk_verify_name(v->c, provider));
}

static void keep_newest(struct msk_verify *v, size_t by, const char *name)
{
	char **kept = &v->out->glibc[by];
	unsigned release = glibc_release(name), had = 0;

	if (*kept) {
		MSK_AUTO_FREE char *old = msk_xasprintf("GLIBC_%s", *kept);

		had = glibc_release(old);
	}
	if (release <= had)
		return;
	free(*kept);
	*kept = msk_xstrdup(name + strlen("GLIBC_"));
}

static int verify_need(struct msk_verify *v, size_t by, const struct msk_version_need *need, size_t provider,
		       bool first, struct msk_err *err)
{
	const struct msk_symbols *s;

	if (provider == MSK_VERIFY_ABSENT)
		return 0;
	if (provider == MSK_VERIFY_NONE) {
		say_not_loaded(v, by, need);
		return 0;
	}
	s = &v->libraries[provider]->symbols;
	if (msk_verify_charge(v, 1 + s->n_defs, err) < 0)
		return -1;
	if (s->n_defs == 0 && first)
		say_unversioned(v, by, need, provider);
	else if (s->n_defs && !find_def(s, need))
		say_missing(v, by, need, provider);
	return 0;
}

/* glibc from 2.36 on wants programs with DT_RELR to say so by a version, which older ones then do not have. */
static void verify_relr(struct msk_verify *v, size_t by)
{
	const struct msk_object *o = &v->c->objects[by];
	const struct msk_symbols *s = &v->libraries[by]->symbols;
	struct msk_remark *remark;
	bool libc = false;

	if (!o->elf.relr || s->n_needs == 0)
		return;
	for (size_t i = 0; i < s->n_needs; i++)
		if (strcmp(s->needs[i].name, "GLIBC_ABI_DT_RELR") == 0)
			return;
	for (size_t k = 0; k < o->elf.needed.n; k++)
		libc = libc || msk_starts_with(o->elf.needed.v[k], "libc.so.");
	if (!libc)
		return;
	remark = msk_remark_add(v->out, msk_about(v->c, by), refused(v, by), MSK_REMARK_RELR,
				"has DT_RELR, but does not need version GLIBC_ABI_DT_RELR, without which glibc refuses it");
	msk_remark_hint(remark, "link it by -z pack-relative-relocs, which knows of both");
}

static int verify_object(struct msk_verify *v, size_t by, struct msk_err *err)
{
	const struct msk_symbols *s = &v->libraries[by]->symbols;
	const char *file = NULL;
	size_t provider = MSK_VERIFY_NONE;

	for (size_t i = 0; i < s->n_needs; i++) {
		const struct msk_version_need *need = &s->needs[i];

		/* Needs of one file stand together. */
		bool first = need->file != file;

		if (first)
			provider = msk_verify_named(v, by, need->file);
		file = need->file;
		keep_newest(v, by, need->name);
		if (v->c->libc == MSK_LIBC_GLIBC && verify_need(v, by, need, provider, first, err) < 0)
			return -1;
	}
	if (v->c->libc == MSK_LIBC_GLIBC)
		verify_relr(v, by);
	return 0;
}

int msk_verify_versions(struct msk_verify *v, struct msk_err *err)
{
	for (size_t i = 0; i < v->c->n_objects; i++)
		if (verify_object(v, i, err) < 0)
			return -1;
	return 0;
}
