#include "cert_bundle.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "mkscratch/fs.h"
#include "mkscratch/pem.h"

#define MAX_FILE_BYTES (16u << 20)
#define MAX_CERTS      4096
#define MAX_CERT_BYTES 65536

void msk_cert_release(struct msk_cert *c)
{
	msk_str_release(&c->der);
	msk_x509_release(&c->x);
}

void msk_bundle_release(struct msk_bundle *b)
{
	for (size_t i = 0; i < b->n; i++)
		msk_cert_release(&b->v[i]);
	free(b->v);
	msk_strv_release(&b->names);
}

static void add_spot(struct msk_str *out, const struct msk_cert *c)
{
	msk_str_addf(out, "%s: certificate %zu", c->name, c->number);
	if (c->line)
		msk_str_addf(out, " (line %u)", c->line);
}

void msk_cert_add_subject(struct msk_str *out, const struct msk_cert *c)
{
	add_spot(out, c);
	msk_str_adds(out, ", ");
	msk_x509_add_name(out, &c->x.subject);
}

int msk_cert_fail(const struct msk_cert *c, struct msk_err *err, const char *fmt, ...)
{
	MSK_AUTO_STR subject = MSK_STR_INIT;
	char fault[256];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(fault, sizeof fault, fmt, ap);
	va_end(ap);
	msk_cert_add_subject(&subject, c);
	return msk_fail(err, MSK_E_INPUT, "%s: %s", subject.buf, fault);
}

/* About a certificate of which nothing is known but its place. */
static int fail_at(const struct msk_cert *c, const char *fault, struct msk_err *err)
{
	MSK_AUTO_STR spot = MSK_STR_INIT;

	add_spot(&spot, c);
	return msk_fail(err, MSK_E_INPUT, "%s: %s", spot.buf, fault);
}

static int add_cert(struct msk_bundle *b, struct msk_cert *c, struct msk_err *err)
{
	const char *fault;

	if (c->number > MAX_CERTS || b->n == MAX_CERTS)
		return msk_fail(err, MSK_E_INPUT, "%s: more than %d certificates", c->name, MAX_CERTS);
	if (c->der.len > MAX_CERT_BYTES)
		return msk_fail(err, MSK_E_INPUT, "%s: certificate %zu: too large (%zu vs %d bytes)", c->name, c->number,
				c->der.len, MAX_CERT_BYTES);
	fault = msk_x509_read(&c->der, &c->x);
	if (fault)
		return fail_at(c, fault, err);
	MSK_GROW(b->v, b->n, b->cap);
	c->named = b->naming;
	b->v[b->n++] = *c;
	c->der = (struct msk_str)MSK_STR_INIT;
	return 0;
}

static bool is_certificate(const struct msk_pem_block *block)
{
	return msk_pem_label_is(block, "CERTIFICATE") || msk_pem_label_is(block, "X509 CERTIFICATE");
}

static int refuse_block(const struct msk_pem *r, const struct msk_pem_block *block, const char *name, struct msk_err *err)
{
	if (msk_pem_label_has(block, "PRIVATE KEY"))
		return msk_fail(err, MSK_E_INPUT, "%s: holds a private key (block %u); refusing to pack it", name,
				r->blocks);
	msk_fail(err, MSK_E_INPUT, "%s: block %u (line %u) is no certificate but \"%.*s\"", name, r->blocks,
		 block->line, block->label_len > 64 ? 64 : (int)block->label_len, block->label);
	if (msk_pem_label_is(block, "TRUSTED CERTIFICATE"))
		msk_hint(err, "openssl x509 -in FILE writes it as a plain certificate");
	return -1;
}

static int add_block(struct msk_bundle *b, const struct msk_pem_block *block, struct msk_cert *c, struct msk_err *err)
{
	unsigned bad_line;
	int rc;

	c->number++;
	c->line = block->line;
	if (!msk_pem_decode(block, &c->der, &bad_line)) {
		c->line = bad_line;
		rc = fail_at(c, "invalid base64", err);
	} else {
		rc = add_cert(b, c, err);
	}
	msk_str_release(&c->der);
	return rc;
}

static int add_pem(struct msk_bundle *b, const char *name, const struct msk_str *text, struct msk_err *err)
{
	struct msk_cert c = { .name = name };
	struct msk_pem_block block;
	struct msk_pem r;
	bool found;

	msk_pem_init(&r, text->buf, text->len);
	for (;;) {
		if (msk_pem_next(&r, &block, &found, name, err) < 0)
			return -1;
		if (!found)
			break;
		if (is_certificate(&block)) {
			if (add_block(b, &block, &c, err) < 0)
				return -1;
		} else if (!b->reads_only) {
			return refuse_block(&r, &block, name, err);
		}
	}
	if (c.number)
		return 0;
	msk_fail(err, MSK_E_INPUT, "%s: no certificate found", name);
	return msk_hint(err, text->len ? "certificates are PEM (-----BEGIN CERTIFICATE-----) or DER" : "it is empty");
}

int msk_bundle_add_file(struct msk_bundle *b, const struct msk_rofile *f, const char *name, struct msk_err *err)
{
	MSK_AUTO_STR text = MSK_STR_INIT;
	struct msk_cert c = { .number = 1 };
	int rc;

	if (msk_read_sized(f->fd, f->size, MAX_FILE_BYTES, &text, name, err) < 0 ||
	    msk_rofile_unchanged(f, f->fd, name, err) < 0)
		return -1;
	msk_strv_push(&b->names, name);
	c.name = b->names.v[b->names.n - 1];
	if (!msk_x509_claims(&text))
		return add_pem(b, c.name, &text, err);
	c.der = text;
	text = (struct msk_str)MSK_STR_INIT;
	rc = add_cert(b, &c, err);
	msk_str_release(&c.der);
	return rc;
}

static int add_path(struct msk_bundle *b, const char *path, struct msk_err *err)
{
	MSK_AUTO_ROFILE f = MSK_ROFILE_INIT;

	if (msk_host_open_input(path, &f, err) < 0)
		return -1;
	return msk_bundle_add_file(b, &f, path, err);
}

/* A directory of certificates on its way into a bundle. */
struct dir {
	struct msk_bundle *b;
	const char *path;
};

/* As `openssl rehash` calls them: 8 digits of the subject's hash, and a number. */
static bool has_hash_name(const char *rel)
{
	const char *slash = strrchr(rel, '/'), *name = slash ? slash + 1 : rel;

	return strspn(name, "0123456789abcdef") == 8 && name[8] == '.' && msk_is_digits(name + 9);
}

static bool has_cert_name(const char *rel)
{
	static const char *const endings[] = { ".crt", ".pem", ".cer", ".der" };

	for (size_t i = 0; i < sizeof endings / sizeof *endings; i++)
		if (msk_ends_with(rel, endings[i]))
			return true;
	return has_hash_name(rel);
}

static int visit(void *ctx, const struct msk_visit *v, struct msk_err *err)
{
	const struct dir *d = ctx;
	MSK_AUTO_FREE char *path = msk_xasprintf("%s/%s", d->path, v->rel);

	if (S_ISDIR(v->file->mode) || !has_cert_name(v->rel))
		return MSK_VISIT_GO;
	if (v->link)                /* to a file, as those of /etc/ssl/certs and of mounted secrets; or to a directory */
		return msk_host_is_dir(path) ? MSK_VISIT_GO : add_path(d->b, path, err);
	if (!S_ISREG(v->file->mode))
		return MSK_VISIT_GO;
	return msk_bundle_add_file(d->b, v->file, path, err);
}

int msk_bundle_add_input(struct msk_bundle *b, const char *path, struct msk_err *err)
{
	struct dir d = { b, path };
	size_t before = b->n;

	if (!msk_host_is_dir(path))
		return add_path(b, path, err);
	if (msk_host_visit_input(path, visit, &d, err) < 0)
		return -1;
	if (b->n > before)
		return 0;
	msk_fail(err, MSK_E_INPUT, "%s: no certificate found", path);
	return msk_hint(err, "of a directory the files *.crt, *.pem, *.cer, *.der and those of openssl rehash are read");
}
