#include "doctor.h"

#include <string.h>

#include "opt.h"

const char *msk_doctor_fix(enum msk_want w)
{
	return msk_want_option(w) ? msk_want_option(w) : msk_want_advice(w);
}

static struct msk_json *needs_json(const struct msk_diagnosis *d)
{
	struct msk_json *a = msk_json_array();

	for (int w = 0; w < MSK_N_WANTS; w++) {
		const struct msk_finding *f = &d->wants[w];
		struct msk_json *o;

		if (f->level == MSK_IS_UNSEEN || f->level == MSK_IS_EMBEDDED)
			continue;
		o = msk_json_object();
		msk_json_set_string(o, "what", msk_want_name(w));
		msk_json_set_string(o, "level", msk_certainty_name(f->level));
		msk_json_set_text(o, "evidence", f->evidence);
		msk_json_set_string(o, "fix", msk_doctor_fix(w));
		msk_json_set_string(o, "advice", msk_want_advice(w));
		if (msk_symptom_of(w))
			msk_json_set_string(o, "symptom", msk_symptom_of(w)->symptom);
		msk_json_push(a, o);
	}
	return a;
}

static struct msk_json *embedded_json(const struct msk_diagnosis *d)
{
	struct msk_json *a = msk_json_array();

	for (int w = 0; w < MSK_N_WANTS; w++) {
		struct msk_json *o;

		if (d->wants[w].level != MSK_IS_EMBEDDED)
			continue;
		o = msk_json_object();
		msk_json_set_string(o, "what", msk_want_name(w));
		msk_json_set_text(o, "evidence", d->wants[w].evidence);
		msk_json_push(a, o);
	}
	return a;
}

static struct msk_json *hardening_json(const struct msk_hardening *h)
{
	struct msk_json *o = msk_json_object();

	msk_json_set(o, "pie", msk_json_bool(h->pie));
	msk_json_set_string(o, "relro", msk_relro_name(h->relro));
	msk_json_set(o, "nx", msk_json_bool(h->nx));
	msk_json_set(o, "canary", msk_json_bool(h->canary));
	msk_json_set(o, "fortify", msk_json_bool(h->fortify));
	msk_json_set(o, "rwx", msk_json_bool(h->rwx));
	msk_json_set_texts(o, "loose_paths", &h->loose_paths);
	return o;
}

static struct msk_json *secrets_json(const struct msk_diagnosis *d)
{
	struct msk_json *a = msk_json_array();

	for (size_t i = 0; i < d->n_secrets; i++) {
		struct msk_json *o = msk_json_object();

		msk_json_set_string(o, "kind", d->secrets[i].kind);
		msk_json_set_string(o, "what", d->secrets[i].what);
		msk_json_set_int(o, "offset", (int64_t)d->secrets[i].offset);
		msk_json_set_int(o, "count", (int64_t)d->secrets[i].count);
		msk_json_set_text(o, "shown", d->secrets[i].shown);
		msk_json_push(a, o);
	}
	return a;
}

void msk_doctor_missing(const struct doctor_file *f, const struct msk_missing *m, struct msk_str *out)
{
	const char *by = m->needed_by ? f->closure.objects[m->needed_by].name : f->file;
	size_t shown = 0;

	msk_str_adds(out, m->name);
	msk_str_adds(out, ", needed by ");
	msk_str_adds(out, by);
	if (m->skipped.n) {
		msk_str_adds(out, ": passed over ");
		msk_str_adds(out, m->skipped.v[0]);
	}
	for (; shown < m->searched.n && shown < 8; shown++) {
		msk_str_adds(out, shown ? ", " : ": not in ");
		msk_str_adds(out, m->searched.v[shown]);
	}
	if (shown < m->searched.n)
		msk_str_addf(out, " and %zu more", m->searched.n - shown);
}

static struct msk_json *missing_json(const struct doctor_file *f)
{
	struct msk_json *a = msk_json_array();

	for (size_t i = 0; i < f->closure.n_missing; i++) {
		const struct msk_missing *m = &f->closure.missing[i];
		struct msk_json *o = msk_json_object();

		msk_json_set_text(o, "name", m->name);
		msk_json_set_text(o, "needed_by", m->needed_by ? f->closure.objects[m->needed_by].path : f->file);
		msk_json_set_texts(o, "searched", &m->searched);
		msk_json_set_string(o, "fix", MSK_DOCTOR_MISSING_FIX);
		msk_json_push(a, o);
	}
	return a;
}

static struct msk_json *strip_json(const struct msk_diagnosis *d)
{
	struct msk_json *o = msk_json_object();

	msk_json_set_int(o, "debug_bytes", (int64_t)d->debug_bytes);
	msk_json_set_int(o, "symbol_bytes", (int64_t)d->symbol_bytes);
	return o;
}

static struct msk_json *payload_json(const struct msk_diagnosis *d)
{
	struct msk_json *o;

	if (!d->payload_bytes && !d->payload)
		return msk_json_null();
	o = msk_json_object();
	msk_json_set_int(o, "bytes", (int64_t)d->payload_bytes);
	msk_json_set(o, "kind", d->payload ? msk_json_string(d->payload) : msk_json_null());
	return o;
}

static struct msk_json *cut_json(uint64_t end)
{
	return end ? msk_json_int(end < INT64_MAX ? (int64_t)end : INT64_MAX) : msk_json_null();
}

struct msk_json *msk_doctor_json(const struct doctor_file *f)
{
	const struct msk_diagnosis *d = &f->d;
	struct msk_json *o = msk_json_object();
	MSK_AUTO_STR platform = MSK_STR_INIT;

	msk_platform_add(&platform, &d->elf.platform);
	msk_json_set_text(o, "file", f->file);
	msk_json_set_int(o, "size", (int64_t)f->size);
	msk_json_set_string(o, "linkage", msk_linkage_name(d->elf.linkage));
	msk_json_set_string(o, "libc", msk_libc_name(d->libc));
	msk_json_set_text(o, "platform", msk_str_c(&platform));
	msk_json_set(o, "language", d->language ? msk_json_string(d->language) : msk_json_null());
	msk_json_set(o, "language_version", d->language_version ? msk_json_text(d->language_version) : msk_json_null());
	msk_json_set(o, "needs", needs_json(d));
	msk_json_set(o, "embedded", embedded_json(d));
	msk_json_set(o, "missing", missing_json(f));
	msk_json_set(o, "unusable", f->unresolved.code ? msk_json_text(f->unresolved.msg) : msk_json_null());
	msk_json_set(o, "hardening", hardening_json(&d->hardening));
	msk_json_set(o, "strip", strip_json(d));
	msk_json_set(o, "secrets", secrets_json(d));
	msk_json_set_int(o, "more_secrets", (int64_t)d->more_secrets);
	msk_json_set(o, "payload", payload_json(d));
	msk_json_set(o, "sections_end", cut_json(d->elf.cut_end));
	msk_json_set(o, "cert_file", d->cert_file ? msk_json_text(d->cert_file) : msk_json_null());
	return o;
}
