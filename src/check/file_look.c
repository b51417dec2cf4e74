#include "file_look.h"

#include <string.h>

#include "mkscratch/pem.h"
#include "mkscratch/table.h"
#include "mkscratch/tzif.h"
#include "mkscratch/x509.h"

#define MAX_FAULTS 20

void msk_file_look_release(struct msk_file_look *l)
{
	msk_strv_release(&l->odd);
	msk_strv_release(&l->faults);
}

static void add(struct msk_strv *to, char *own_text)
{
	if (to->n < MAX_FAULTS)
		msk_strv_push_own(to, own_text);
	else
		free(own_text);
}

static void look_at_certificate(struct msk_file_look *l, const struct msk_pem_block *b, const char *path, size_t number,
				int64_t now)
{
	MSK_AUTO_STR der = MSK_STR_INIT;
	struct msk_x509 x = { 0 };
	const char *wrong = NULL;
	unsigned line = b->line, bad_line = 0;

	l->certs++;
	if (!msk_pem_decode(b, &der, &bad_line)) {
		wrong = "invalid base64";
		line = bad_line;
	} else {
		wrong = msk_x509_read(&der, &x);
	}
	if (wrong)
		add(&l->faults, msk_xasprintf("/%s: certificate %zu (line %u): %s", path, number, line, wrong));
	else if (now && x.not_after < now)
		l->expired++;
	if (!wrong)
		msk_x509_release(&x);
}

int msk_file_look_at_bundle(struct msk_file_look *l, const struct msk_str *text, const char *path, int64_t now,
			    struct msk_err *err)
{
	struct msk_pem_block b;
	struct msk_pem pem;
	bool found = true;
	size_t n = 0;

	if (msk_x509_start(err) < 0)
		return -1;
	msk_pem_init(&pem, msk_str_c(text), text->len);
	while (found) {
		struct msk_err wrong = MSK_ERR_INIT;

		if (msk_pem_next(&pem, &b, &found, path, &wrong) < 0) {
			add(&l->faults, msk_xasprintf("/%s", wrong.msg));
			return 0;
		}
		if (found && msk_pem_label_is(&b, "CERTIFICATE"))
			look_at_certificate(l, &b, path, ++n, now);
		else if (found && msk_pem_label_has(&b, "PRIVATE"))
			add(&l->odd, msk_xasprintf("/%s: holds a private key (line %u)", path, b.line));
	}
	if (n == 0)
		add(&l->odd, msk_xasprintf("/%s: no certificate found", path));
	return 0;
}

void msk_file_look_at_zone(struct msk_file_look *l, const struct msk_str *data, const char *path)
{
	struct msk_err wrong = MSK_ERR_INIT;

	if (!msk_tzif_claims(data))
		return;
	l->zones++;
	if (msk_tzif_check(data, path, &wrong) < 0)
		add(&l->faults, msk_xasprintf("/%s", wrong.msg));
}

static void pack_texts(const struct msk_strv *texts, struct msk_str *out)
{
	msk_table_put(out, texts->n);
	for (size_t i = 0; i < texts->n; i++)
		msk_str_add(out, texts->v[i], strlen(texts->v[i]) + 1);
}

static void add_texts(struct msk_strv *to, const unsigned char **p)
{
	for (uint64_t n = msk_table_number(p); n; n--) {
		const char *text = (const char *)*p;

		add(to, msk_xstrdup(text));
		*p += strlen(text) + 1;
	}
}

void msk_file_look_pack(const struct msk_file_look *l, struct msk_str *out)
{
	msk_table_put(out, l->certs);
	msk_table_put(out, l->expired);
	msk_table_put(out, l->zones);
	pack_texts(&l->odd, out);
	pack_texts(&l->faults, out);
}

void msk_file_look_add(struct msk_file_look *l, const unsigned char *packed)
{
	l->certs += msk_table_number(&packed);
	l->expired += msk_table_number(&packed);
	l->zones += msk_table_number(&packed);
	add_texts(&l->odd, &packed);
	add_texts(&l->faults, &packed);
}
