#include <string.h>

#include "checks.h"
#include "mkscratch/pem.h"
#include "mkscratch/tzif.h"
#include "mkscratch/x509.h"

#define MAX_TABLE  (1u << 20)
#define MAX_BUNDLE (16u << 20)
#define MAX_ZONE   (1u << 20)
#define MAX_FAULTS 1000
#define MAX_TOLD   20
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
	for (size_t i = 0; i < c->n_faults; i++) {
		free(c->faults[i].text);
		free(c->faults[i].path);
	}
	free(c->faults);
}

/* A file that is looked at. */
struct look {
	struct msk_contents *c;
	const struct msk_layer_entry *entry;
	const char *path;
};

static void add(struct look *l, bool odd, char *own_text)
{
	struct msk_contents *c = l->c;

	if (c->n_faults == MAX_FAULTS) {
		free(own_text);
		return;
	}
	MSK_GROW(c->faults, c->n_faults, c->cap_faults);
	c->faults[c->n_faults++] = (struct msk_content_fault){ own_text, msk_xstrdup(l->path), l->entry->layer,
							       l->entry->nth, odd };
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

static void look_at_certificate(struct look *l, const struct msk_pem_block *b, size_t number)
{
	struct msk_contents *c = l->c;
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
		add(l, false, msk_xasprintf("/%s: certificate %zu (line %u): %s", l->path, number, line, wrong));
	else if (c->now && x.not_after < c->now)
		c->expired++;
	if (!wrong)
		msk_x509_release(&x);
}

static int look_at_bundle(struct look *l, const struct msk_str *text, struct msk_err *err)
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

		if (msk_pem_next(&pem, &b, &found, l->path, &wrong) < 0) {
			add(l, false, msk_xasprintf("/%s", wrong.msg));
			return 0;
		}
		if (found && msk_pem_label_is(&b, "CERTIFICATE"))
			look_at_certificate(l, &b, ++n);
		else if (found && msk_pem_label_has(&b, "PRIVATE"))
			add(l, true, msk_xasprintf("/%s: holds a private key (line %u)", l->path, b.line));
	}
	if (n == 0)
		add(l, true, msk_xasprintf("/%s: no certificate found", l->path));
	return 0;
}

static void look_at_zone(struct look *l, const struct msk_str *data)
{
	struct msk_err wrong = MSK_ERR_INIT;

	if (!msk_tzif_claims(data))
		return;
	l->c->zones++;
	if (msk_tzif_check(data, l->path, &wrong) < 0)
		add(l, false, msk_xasprintf("/%s", wrong.msg));
}

static bool is_bundle(const char *path)
{
	for (const char *const *b = bundles; *b; b++)
		if (strcmp(*b, path) == 0)
			return true;
	return false;
}

int msk_contents_look(void *contents, const struct msk_layer_entry *entry, struct msk_err *err)
{
	struct msk_contents *c = contents;
	MSK_AUTO_FREE char *path = entry->e->type == MSK_TAR_FILE ? msk_layer_path(entry->e->path) : NULL;
	struct look l = { c, entry, path };
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
		return whole ? look_at_bundle(&l, &data, err) : 0;
	}
	if (!msk_starts_with(path, ZONES))
		return 0;
	if (read_data(entry, MAX_ZONE, &data, &whole, err) < 0)
		return -1;
	if (whole)
		look_at_zone(&l, &data);
	return 0;
}

static bool is_left(const struct msk_content_fault *f, const struct msk_image_tree *t)
{
	MSK_AUTO_FREE struct msk_node *n = msk_image_tree_resolve(t, f->path);

	return n && n->data_layer == f->layer && n->data_nth == f->nth;
}

static size_t tell(const struct msk_contents *c, bool odd, const struct msk_image_tree *t, struct msk_checks *checks)
{
	size_t told = 0;

	for (size_t i = 0; i < c->n_faults && told < MAX_TOLD; i++) {
		if (c->faults[i].odd != odd || !is_left(&c->faults[i], t))
			continue;
		told++;
		if (odd)
			msk_checks_note(checks, "content", "%s", c->faults[i].text);
		else
			msk_checks_fail(checks, MSK_E_INPUT, "content", "%s", c->faults[i].text);
	}
	return told;
}

void msk_contents_tell(const struct msk_contents *c, const struct msk_image_tree *t, struct msk_checks *checks)
{
	bool sound = tell(c, false, t, checks) == 0;

	tell(c, true, t, checks);
	if (c->certs && sound)
		msk_checks_pass(checks, "certificates", "%zu", c->certs);
	if (c->expired)
		msk_checks_note(checks, "certificates", "%zu of %zu have expired", c->expired, c->certs);
	if (c->zones && sound)
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
