#include "doctor.h"

#include <string.h>

#include "mkscratch/gather.h"
#include "mkscratch/shell_word.h"

static void add_text(struct msk_str *out, const char *text)
{
	msk_str_add_shown(out, text, strlen(text));
}

/* "go1.26.8, static, linux/amd64, 7.2 MB" */
static void add_facts(const struct doctor_file *f, struct msk_str *out)
{
	const struct msk_diagnosis *d = &f->d;

	msk_str_adds(out, "  ");
	if (d->language && strcmp(d->language, "go") == 0 && d->language_version) {
		add_text(out, d->language_version);
	} else {
		msk_str_adds(out, d->language ? d->language : "language unknown");
		if (d->language_version) {
			msk_str_adds(out, " (");
			add_text(out, d->language_version);
			msk_str_addc(out, ')');
		}
	}
	msk_str_addf(out, ", %s", msk_linkage_name(d->elf.linkage));
	if (d->libc != MSK_LIBC_NONE)
		msk_str_addf(out, " with %s", d->libc == MSK_LIBC_OTHER ? "another libc" : msk_libc_name(d->libc));
	msk_str_adds(out, ", ");
	msk_platform_add(out, &d->elf.platform);
	msk_str_adds(out, ", ");
	msk_str_add_size(out, f->size);
	msk_str_addc(out, '\n');
}

static void add_cut(const struct doctor_file *f, struct msk_str *out)
{
	if (f->d.elf.cut_end)
		msk_str_addf(out, "  truncated?    section headers end at %llu, the file has %llu bytes\n",
			     (unsigned long long)f->d.elf.cut_end, (unsigned long long)f->size);
}

static void add_need(const struct msk_diagnosis *d, enum msk_want w, struct msk_str *out)
{
	const struct msk_finding *f = &d->wants[w];
	const char *option = msk_want_option(w);

	msk_str_addf(out, "  %-12s  %-8s  ", msk_want_name(w), msk_certainty_name(f->level));
	add_text(out, f->evidence);
	if (f->level == MSK_IS_EMBEDDED)
		msk_str_adds(out, "\n                          nothing to add: the program brings its own\n");
	else
		msk_str_addf(out, "\n                          %s%s%s\n", option ? option : "", option ? ": " : "",
			     msk_want_advice(w));
}

static void add_needs(const struct msk_diagnosis *d, struct msk_str *out)
{
	static const enum msk_certainty order[] = { MSK_IS_REQUIRED, MSK_IS_LIKELY, MSK_IS_HINT, MSK_IS_EMBEDDED };
	size_t shown = 0;

	for (size_t i = 0; i < sizeof order / sizeof *order; i++)
		for (int w = 0; w < MSK_N_WANTS; w++)
			if (d->wants[w].level == order[i]) {
				add_need(d, w, out);
				shown++;
			}
	if (!shown)
		msk_str_addf(out, "  needs nothing besides %s, as far as its bytes tell\n",
			     d->elf.interp ? "its libraries" : "itself");
}

static void add_cert_file(const struct msk_diagnosis *d, struct msk_str *out)
{
	if (!d->cert_file)
		return;
	msk_str_adds(out, "  openssl       ");
	add_text(out, d->cert_file);
	msk_str_adds(out, ": where it looks for certificates, unless SSL_CERT_FILE says otherwise\n");
}

/* Of the root that was looked at: another one may have them. */
static void add_missing(const struct doctor_file *f, struct msk_str *out)
{
	for (size_t i = 0; i < f->closure.n_missing; i++) {
		MSK_AUTO_STR missing = MSK_STR_INIT;

		msk_doctor_missing(f, &f->closure.missing[i], &missing);
		msk_str_adds(out, "  library       missing   ");
		add_text(out, msk_str_c(&missing));
		msk_str_addf(out, "\n                          %s\n", MSK_DOCTOR_MISSING_FIX);
	}
	if (f->unresolved.code) {
		msk_str_adds(out, "  library       unusable  ");
		add_text(out, f->unresolved.msg);
		msk_str_addc(out, '\n');
	}
}

static void add_hardening(const struct msk_hardening *h, struct msk_str *out)
{
	msk_str_addf(out, "  hardening     %s, RELRO %s, %s, %s, %s%s\n", h->pie ? "PIE" : "no PIE",
		     msk_relro_name(h->relro), h->nx ? "NX" : "stack is executable", h->canary ? "canary" : "no canary",
		     h->fortify ? "fortify" : "no fortify", h->rwx ? ", memory that is written and executed" : "");
	for (size_t i = 0; i < h->loose_paths.n; i++) {
		msk_str_adds(out, "  RUNPATH       ");
		add_text(out, h->loose_paths.v[i]);
		msk_str_adds(out, ": relative, or where others may write; patchelf --set-rpath changes it\n");
	}
}

static void add_strip(const struct msk_diagnosis *d, struct msk_str *out)
{
	const char *advice = msk_strip_advice(d);

	if (d->debug_bytes + d->symbol_bytes == 0)
		return;
	msk_str_adds(out, "  strip         ");
	msk_str_add_size(out, d->debug_bytes + d->symbol_bytes);
	msk_str_addf(out, " less (debug information and symbols): %s\n",
		     advice ? advice : "not here: strip would drop what is appended");
}

static void add_payload(const struct msk_diagnosis *d, struct msk_str *out)
{
	if (!d->payload && !d->payload_bytes)
		return;
	msk_str_adds(out, "  payload       ");
	if (d->payload_bytes) {
		msk_str_add_size(out, d->payload_bytes);
		msk_str_adds(out, " appended");
	}
	if (d->payload)
		msk_str_addf(out, "%s%s", d->payload_bytes ? ", " : "", d->payload);
	msk_str_adds(out, "; never strip or rewrite this file\n");
}

static void add_secrets(const struct msk_diagnosis *d, struct msk_str *out)
{
	for (size_t i = 0; i < d->n_secrets; i++) {
		const struct msk_secret *s = &d->secrets[i];
		const bool path = strcmp(s->kind, "build-path") == 0;

		msk_str_addf(out, "  %-12s  ", path ? "build path" : "secret");
		if (!path)
			msk_str_addf(out, "%s ", s->what);
		add_text(out, s->shown);
		msk_str_addf(out, " at 0x%llx", (unsigned long long)s->offset);
		if (s->count > 1)
			msk_str_addf(out, " and %zu more", s->count - 1);
		if (path)
			msk_str_adds(out, d->language && strcmp(d->language, "go") == 0 ? ": go build -trimpath" :
				     d->language && strcmp(d->language, "rust") == 0 ? ": rustc --remap-path-prefix" :
				     ": cc -ffile-prefix-map=OLD=NEW");
		msk_str_addc(out, '\n');
	}
	if (d->more_secrets)
		msk_str_addf(out, "  secret        %zu more\n", d->more_secrets);
}

static bool recommends(const struct msk_diagnosis *d, enum msk_want w)
{
	return msk_want_auto(w) && (d->wants[w].level == MSK_IS_REQUIRED || d->wants[w].level == MSK_IS_LIKELY);
}

static void add_option(const char *option, const char *value, struct msk_str *out)
{
	msk_str_addf(out, " %s%c", option, *value == '-' ? '=' : ' ');
	msk_shell_add_word(out, value);
}

/* Would the command fail for what was just told? */
static bool is_unusable(const struct doctor_file *f)
{
	return f->unresolved.code != MSK_OK || f->closure.n_missing > 0;
}

/* The command that supplies what is required or likely and not in every image anyway. */
static void add_command(const struct doctor_file *f, struct msk_str *out)
{
	msk_str_adds(out, "  => mkscratch");
	add_option("--bin", f->file, out);
	for (size_t i = 0; i < f->roots->n; i++)
		add_option("--root", f->roots->v[i], out);
	for (size_t i = 0; i < f->library_paths->n; i++)
		add_option("--library-path", f->library_paths->v[i], out);
	for (int w = 0; w < MSK_N_WANTS; w++)
		if (recommends(&f->d, w))
			msk_str_addf(out, " %s", msk_want_option(w));
	if (f->d.cert_file && recommends(&f->d, MSK_WANT_CERTIFICATES))
		msk_str_adds(out, " -e SSL_CERT_FILE=" MSK_CERTS_PATH);
	msk_str_adds(out, " -o img.tar\n");
}

void msk_doctor_text(const struct doctor_file *f, struct msk_str *out)
{
	add_text(out, f->file);
	msk_str_addc(out, '\n');
	add_facts(f, out);
	add_cut(f, out);
	add_needs(&f->d, out);
	add_cert_file(&f->d, out);
	add_missing(f, out);
	add_hardening(&f->d.hardening, out);
	add_strip(&f->d, out);
	add_payload(&f->d, out);
	add_secrets(&f->d, out);
	if (f->d.elf.linkage != MSK_ELF_LIBRARY && !is_unusable(f))
		add_command(f, out);
}
