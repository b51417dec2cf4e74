#include "mkscratch/cert_list.h"

#include "mkscratch/pem.h"
#include "mkscratch/x509.h"

static void add_der(struct msk_cert_list *l, const char *file, const struct msk_str *der)
{
	struct msk_x509 x = { 0 };
	MSK_AUTO_STR name = MSK_STR_INIT;

	if (msk_x509_read(der, &x)) {
		l->unreadable++;
		return;
	}
	msk_x509_add_name(&name, &x.subject);
	MSK_GROW(l->v, l->n, l->cap);
	l->v[l->n++] = (struct msk_cert_told){ msk_str_take(&name), msk_xstrdup(file), x.not_before, x.not_after };
	msk_x509_release(&x);
}

static void add_block(struct msk_cert_list *l, const char *file, const struct msk_pem_block *block)
{
	MSK_AUTO_STR der = MSK_STR_INIT;
	unsigned bad_line;

	if (!msk_pem_label_has(block, "CERTIFICATE") || l->n >= MSK_MAX_CERTS_TOLD)
		return;
	if (msk_pem_decode(block, &der, &bad_line))
		add_der(l, file, &der);
	else
		l->unreadable++;
}

static void add_pem(struct msk_cert_list *l, const char *file, const struct msk_str *text)
{
	struct msk_err ignored = MSK_ERR_INIT;
	struct msk_pem_block block;
	struct msk_pem r;
	bool found = true;

	msk_pem_init(&r, msk_str_c(text), text->len);
	while (found) {
		if (msk_pem_next(&r, &block, &found, file, &ignored) < 0) {
			l->unreadable++;
			return;
		}
		if (found)
			add_block(l, file, &block);
	}
}

int msk_cert_list_add(struct msk_cert_list *l, const char *file, const struct msk_str *text, struct msk_err *err)
{
	if (msk_x509_start(err) < 0)
		return -1;
	if (msk_x509_claims(text))
		add_der(l, file, text);
	else
		add_pem(l, file, text);
	return 0;
}

void msk_cert_list_release(struct msk_cert_list *l)
{
	for (size_t i = 0; i < l->n; i++) {
		free(l->v[i].subject);
		free(l->v[i].file);
	}
	free(l->v);
}
