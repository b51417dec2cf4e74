#include "examine.h"

#include <string.h>

#include "mkscratch/fs.h"

void msk_diagnosis_release(struct msk_diagnosis *d)
{
	msk_elf_release(&d->elf);
	free(d->language_version);
	free(d->cert_file);
	for (size_t i = 0; i < MSK_N_WANTS; i++)
		free(d->wants[i].evidence);
	msk_strv_release(&d->hardening.loose_paths);
	for (size_t i = 0; i < d->n_secrets; i++)
		free(d->secrets[i].shown);
	free(d->secrets);
	*d = (struct msk_diagnosis){ 0 };
}

static void examination_release(struct examination *x)
{
	msk_elf_layout_release(&x->layout);
	free(x->seen);
	doctor_openssl_release(&x->openssl);
}

/* Signs that are in no bytes of the pass: names of sections and of libraries. */
static void see_names(struct examination *x)
{
	const struct msk_elf *e = &x->d->elf;

	for (size_t i = 0; i < doctor_n_signs; i++) {
		const struct sign *s = &doctor_signs[i];

		for (size_t k = 0; s->kind == SIGN_SECTION && k < x->layout.n_sections; k++)
			if (msk_starts_with(x->layout.sections[k].name, s->text))
				doctor_see(x, i, SEEN_FACT, 0, NULL);
		for (size_t k = 0; s->kind == SIGN_NEEDED && k < e->needed.n; k++)
			if (msk_starts_with(e->needed.v[k], s->text))
				doctor_see(x, i, SEEN_FACT, 0, NULL);
	}
}

/* Where the last byte stands that is not zero, and behind it: some linkers leave room at the end of what they write. */
static int find_tail(struct examination *x, uint64_t *end, struct msk_err *err)
{
	unsigned char buf[16384];
	uint64_t at = x->args->file->size;

	while (at > x->layout.end) {
		size_t n = at - x->layout.end < sizeof buf ? (size_t)(at - x->layout.end) : sizeof buf;
		ssize_t got = msk_pread_full(x->args->file->fd, buf, n, at - n, x->args->name, err);

		if (got < 0)
			return -1;
		for (size_t i = (size_t)got; i > 0; i--)
			if (buf[i - 1]) {
				*end = at - n + i;
				return 0;
			}
		at -= n;
	}
	*end = x->layout.end;
	return 0;
}

static int see_payload(struct examination *x, struct msk_err *err)
{
	struct msk_diagnosis *d = x->d;
	uint64_t end;

	if (find_tail(x, &end, err) < 0)
		return -1;
	if (end > x->layout.end)
		d->payload_bytes = x->args->file->size - x->layout.end;
	for (size_t i = 0; i < doctor_n_signs && !d->payload; i++)
		if (x->seen[i].how && doctor_signs[i].payload)
			d->payload = doctor_signs[i].payload;
	return 0;
}

/* Libraries are none of it: a libcrypto that looks elsewhere gets a link there in the image. */
static void see_openssl(struct examination *x)
{
	MSK_CLEANUP(msk_openssl_release) struct msk_openssl openssl = doctor_openssl_take(&x->openssl);

	if (!openssl.knows_bundle && !(x->marks & MARK_GO))
		x->d->cert_file = msk_take(&openssl.cert_file);
}

static int examine(struct examination *x, struct msk_err *err)
{
	const struct msk_doctor_args *a = x->args;

	if (msk_elf_read(a->file, a->name, &x->d->elf, err) < 0 ||
	    msk_elf_layout_read(a->file, a->name, &x->layout, err) < 0)
		return -1;
	x->marks |= x->d->elf.interp ? MARK_DYNAMIC : MARK_STATIC;
	see_names(x);
	if (doctor_read_bytes(x, err) < 0 || doctor_go_calls(x, err) < 0 || doctor_auditable_read(x, err) < 0 ||
	    doctor_comment_read(x, err) < 0 || doctor_read_imports(x, err) < 0 || see_payload(x, err) < 0)
		return -1;
	doctor_language(x);
	see_openssl(x);
	doctor_hardening(x);
	doctor_weigh(x);
	return 0;
}

int msk_doctor_examine(const struct msk_doctor_args *args, struct msk_diagnosis *out, struct msk_err *err)
{
	MSK_CLEANUP(msk_diagnosis_release) struct msk_diagnosis d = { 0 };
	MSK_CLEANUP(examination_release) struct examination x = { .args = args, .d = &d };

	x.seen = msk_xcalloc(doctor_n_signs, sizeof *x.seen);
	if (examine(&x, err) < 0)
		return -1;
	*out = d;
	d = (struct msk_diagnosis){ 0 };
	return 0;
}
