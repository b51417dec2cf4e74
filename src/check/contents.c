#include "contents.h"

#include <string.h>

#include "mkscratch/pem.h"
#include "mkscratch/tzif.h"
#include "mkscratch/x509.h"

#define MAX_TABLE  (1u << 20)
#define MAX_BUNDLE (16u << 20)
#define MAX_ZONE   (1u << 20)
#define MAX_FAULTS 20
#define ZONES      "usr/share/zoneinfo/"

/* Where libraries look for a bundle. */
static const char *const bundles[] = {
	"etc/ssl/certs/ca-certificates.crt", "etc/ssl/cert.pem", "etc/ssl/ca-bundle.pem", "etc/pki/tls/certs/ca-bundle.crt",
	"etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem", NULL,
};

void msk_contents_release(struct msk_contents *c)
{
	msk_str_release(&c->passwd);
	msk_str_release(&c->group);
	msk_strv_release(&c->faults);
	msk_strv_release(&c->odd);
}

static void add(struct msk_strv *to, char *own_text)
{
	if (to->n < MAX_FAULTS)
		msk_strv_push_own(to, own_text);
	else
		free(own_text);
}

static void fault(struct msk_contents *c, char *own_text)
{
	add(&c->faults, own_text);
}

/* *whole false: it is larger than that, and is left alone. */
static int read_data(const struct msk_layer_entry *entry, size_t most, struct msk_str *out, bool *whole, struct msk_err *err)
{
	char buf[16384];
	ssize_t n;

	*whole = entry->e->size <= most;
	out->len = 0;
	while (*whole && (n = msk_layer_reader_data(entry->r, buf, sizeof buf, err)) != 0) {
		if (n < 0)
			return -1;
		msk_str_add(out, buf, (size_t)n);
		*whole = out->len <= most;
	}
	return 0;
}

static void look_at_certificate(struct msk_contents *c, const struct msk_pem_block *b, const char *path, size_t number)
{
	MSK_AUTO_STR der = MSK_STR_INIT;
	struct msk_x509 x = { 0 };
	const char *wrong = NULL;
	unsigned line = b->line, bad_line = 0;

	c->certs++;
	if (!msk_pem_decode(b, &der, &bad_line)) {
		wrong = "invalid base64";
		line = bad_line;
	} else {
		wrong = msk_x509_read(&der, &x);
	}
	if (wrong)
		fault(c, msk_xasprintf("/%s: certificate %zu (line %u): %s", path, number, line, wrong));
	else if (c->now && x.not_after < c->now)
		c->expired++;
	if (!wrong)
		msk_x509_release(&x);
}

static int look_at_bundle(struct msk_contents *c, const struct msk_str *text, const char *path, struct msk_err *err)
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
			fault(c, msk_xasprintf("/%s", wrong.msg));
			return 0;
		}
		if (found && msk_pem_label_is(&b, "CERTIFICATE"))
			look_at_certificate(c, &b, path, ++n);
		else if (found && msk_pem_label_has(&b, "PRIVATE"))
			add(&c->odd, msk_xasprintf("/%s: holds a private key (line %u)", path, b.line));
	}
	if (n == 0)
		add(&c->odd, msk_xasprintf("/%s: no certificate found", path));
	return 0;
}

static void look_at_zone(struct msk_contents *c, const struct msk_str *data, const char *path)
{
	struct msk_err wrong = MSK_ERR_INIT;

	if (!msk_tzif_claims(data))
		return;
	c->zones++;
	if (msk_tzif_check(data, path, &wrong) < 0)
		fault(c, msk_xasprintf("/%s", wrong.msg));
}

static bool is_bundle(const char *path)
{
	for (const char *const *b = bundles; *b; b++)
		if (strcmp(*b, path) == 0)
			return true;
	return false;
}

int msk_contents_look(struct msk_contents *c, const struct msk_layer_entry *entry, struct msk_err *err)
{
	MSK_AUTO_FREE char *path = entry->e->type == MSK_TAR_FILE ? msk_layer_path(entry->e->path) : NULL;
	MSK_AUTO_STR data = MSK_STR_INIT;
	bool whole;

	if (!path)
		return 0;
	if (strcmp(path, "etc/passwd") == 0)
		return read_data(entry, MAX_TABLE, &c->passwd, &c->has_passwd, err);
	if (strcmp(path, "etc/group") == 0)
		return read_data(entry, MAX_TABLE, &c->group, &c->has_group, err);
	if (is_bundle(path)) {
		if (read_data(entry, MAX_BUNDLE, &data, &whole, err) < 0)
			return -1;
		return whole ? look_at_bundle(c, &data, path, err) : 0;
	}
	if (!msk_starts_with(path, ZONES))
		return 0;
	if (read_data(entry, MAX_ZONE, &data, &whole, err) < 0)
		return -1;
	if (whole)
		look_at_zone(c, &data, path);
	return 0;
}

void msk_contents_tell(const struct msk_contents *c, struct msk_checks *checks)
{
	for (size_t i = 0; i < c->faults.n; i++)
		msk_checks_fail(checks, MSK_E_INPUT, "content", "%s", c->faults.v[i]);
	for (size_t i = 0; i < c->odd.n; i++)
		msk_checks_note(checks, "content", "%s", c->odd.v[i]);
	if (c->certs && !c->faults.n)
		msk_checks_pass(checks, "certificates", "%zu", c->certs);
	if (c->expired)
		msk_checks_note(checks, "certificates", "%zu of %zu have expired", c->expired, c->certs);
	if (c->zones && !c->faults.n)
		msk_checks_pass(checks, "zones", "%zu", c->zones);
}

bool msk_contents_names(const struct msk_str *table, const char *name, size_t n)
{
	for (const char *line = msk_str_c(table); line && *line;) {
		const char *end = strchr(line, '\n');

		if (strncmp(line, name, n) == 0 && line[n] == ':')
			return true;
		line = end ? end + 1 : NULL;
	}
	return false;
}
