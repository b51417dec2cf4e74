#include "contents.h"

#include <string.h>

#include "image_files.h"

#define MAX_TABLE  (1u << 20)
#define MAX_BUNDLE (16u << 20)
#define MAX_ZONE   (1u << 20)
#define ZONES      "usr/share/zoneinfo"

/* What a file is to a program. */
enum kind { NOTHING, PASSWD, GROUP, BUNDLE, ZONE };

/* Bundles: where libraries look for one. */
static const struct {
	const char *path;
	enum kind kind;
} files[] = {
	{ "etc/passwd", PASSWD },
	{ "etc/group", GROUP },
	{ "etc/ssl/certs/ca-certificates.crt", BUNDLE },
	{ "etc/ssl/cert.pem", BUNDLE },
	{ "etc/ssl/ca-bundle.pem", BUNDLE },
	{ "etc/pki/tls/certs/ca-bundle.crt", BUNDLE },
	{ "etc/pki/tls/cacert.pem", BUNDLE },
	{ "etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem", BUNDLE },
	{ "etc/localtime", ZONE },
};

#define N_FILES (sizeof files / sizeof *files)

static enum kind kind_of(const char *path)
{
	for (size_t i = 0; i < N_FILES; i++)
		if (strcmp(files[i].path, path) == 0)
			return files[i].kind;
	return msk_starts_with(path, ZONES "/") ? ZONE : NOTHING;
}

void msk_contents_release(struct msk_contents *c)
{
	msk_str_release(&c->passwd.text);
	msk_str_release(&c->group.text);
	msk_file_look_release(&c->sum);
	msk_secret_files_release(&c->secrets);
	msk_table_release(&c->looked);
}

/* All of it, or `most` bytes and perhaps a few more. */
static int read_start(const struct msk_layer_entry *entry, size_t most, struct msk_str *out, struct msk_err *err)
{
	char buf[16384];
	ssize_t n;

	out->len = 0;
	while (out->len < most && (n = msk_layer_reader_data(entry->r, buf, sizeof buf, err)) != 0) {
		if (n < 0)
			return -1;
		msk_str_add(out, buf, (size_t)n);
	}
	return 0;
}

/* *whole false: it is larger than that, and is left alone. */
static int read_data(const struct msk_layer_entry *entry, size_t most, struct msk_str *out, bool *whole, struct msk_err *err)
{
	*whole = entry->e->size <= most;
	if (*whole && read_start(entry, most + 1, out, err) < 0)
		return -1;
	*whole = *whole && out->len <= most;
	return 0;
}

static size_t most_of(enum kind kind)
{
	static const size_t most[] = { [BUNDLE] = MAX_BUNDLE, [ZONE] = MAX_ZONE, [PASSWD] = MAX_TABLE,
					[GROUP] = MAX_TABLE, [NOTHING] = MAX_TABLE };

	return most[kind];
}

/* A file that is not too large for its kind. */
struct file {
	enum kind kind;
	const char *path;                  /* relative, for messages */
	const struct msk_layer_entry *entry;
	const struct msk_str *data;
};

/* `kind`: BUNDLE or ZONE */
static int look_at(struct msk_file_look *look, enum kind kind, const char *path, const struct msk_str *data, int64_t now,
		   struct msk_err *err)
{
	if (kind == BUNDLE)
		return msk_file_look_at_bundle(look, data, path, now, err);
	msk_file_look_at_zone(look, data, path);
	return 0;
}

static int take(struct msk_contents *c, const struct file *f, struct msk_file_look *look, struct msk_err *err)
{
	struct msk_contents_table *t = f->kind == PASSWD ? &c->passwd : &c->group;

	if (f->kind == BUNDLE || f->kind == ZONE)
		return look_at(look, f->kind, f->path, f->data, c->now, err);
	t->text.len = 0;
	msk_str_add(&t->text, msk_str_c(f->data), f->data->len);
	t->layer = f->entry->layer;
	t->nth = f->entry->nth;
	return 0;
}

/* Of bundles and zones the path stays with what is said, which names it. */
static int keep(struct msk_contents *c, const struct file *f, const struct msk_file_look *look, struct msk_err *err)
{
	unsigned char place[MSK_PLACE_KEY];
	MSK_AUTO_STR value = MSK_STR_INIT;

	if (f->kind == PASSWD || f->kind == GROUP)
		return 0;
	msk_place_key(place, f->entry->layer, f->entry->nth);
	msk_str_add(&value, f->path, strlen(f->path) + 1);
	msk_file_look_pack(look, &value);
	return msk_table_add(&c->looked, place, sizeof place, value.buf, value.len, err);
}

int msk_file_look_at_entry(void *look, const struct msk_layer_entry *entry, struct msk_err *err)
{
	MSK_AUTO_FREE char *path = entry->e->type == MSK_TAR_FILE ? msk_layer_path(entry->e->path) : NULL;
	enum kind kind = path ? kind_of(path) : NOTHING;
	MSK_AUTO_STR data = MSK_STR_INIT;
	bool whole;

	if (kind != BUNDLE && kind != ZONE)
		return 0;
	if (read_data(entry, most_of(kind), &data, &whole, err) < 0)
		return -1;
	return whole ? look_at(look, kind, path, &data, 0, err) : 0;
}

static void look_for_secret(struct msk_contents *c, const struct file *f)
{
	MSK_AUTO_FREE char *where = msk_xasprintf("layer %u: /%s", f->entry->layer, f->path);
	const size_t n = f->data->len < MSK_SECRET_FILE_MOST ? f->data->len : MSK_SECRET_FILE_MOST;

	msk_secret_files_look(&c->secrets, f->path, where, msk_str_c(f->data), n);
}

int msk_contents_look(struct msk_contents *c, const struct msk_layer_entry *entry, struct msk_err *err)
{
	MSK_CLEANUP(msk_file_look_release) struct msk_file_look look = { 0 };
	MSK_AUTO_FREE char *path = entry->e->type == MSK_TAR_FILE ? msk_layer_path(entry->e->path) : NULL;
	MSK_AUTO_STR data = MSK_STR_INIT;
	struct file f = { path ? kind_of(path) : NOTHING, path, entry, &data };
	const bool may_hold_secret = path && msk_may_hold_secret(path);
	const bool fits = f.kind != NOTHING && entry->e->size <= most_of(f.kind);
	bool whole = false;

	if (!fits && !may_hold_secret)
		return 0;
	if ((fits ? read_data(entry, most_of(f.kind), &data, &whole, err) :
		    read_start(entry, MSK_SECRET_FILE_MOST, &data, err)) < 0)
		return -1;
	if (may_hold_secret)
		look_for_secret(c, &f);
	return !whole ? 0 : take(c, &f, &look, err) < 0 ? -1 : keep(c, &f, &look, err);
}

int msk_contents_look_for_key(struct msk_contents *c, const struct msk_layer_entry *entry, struct msk_err *err)
{
	const bool small = entry->e->type == MSK_TAR_FILE && entry->e->size && entry->e->size <= MSK_SECRET_FILE_MOST;
	MSK_AUTO_FREE char *path = small ? msk_layer_path(entry->e->path) : NULL;
	MSK_AUTO_STR data = MSK_STR_INIT, rest = MSK_STR_INIT;
	const struct file f = { NOTHING, path, entry, &data };
	char start[MSK_KEY_START];
	size_t have = 0;
	ssize_t n = 1;

	if (!path || kind_of(path) != NOTHING || msk_may_hold_secret(path))
		return 0;
	for (; n > 0 && have < sizeof start; have += n > 0 ? (size_t)n : 0)
		n = msk_layer_reader_data(entry->r, start + have, sizeof start - have, err);
	if (n < 0 || !msk_may_begin_key(start, have))
		return n < 0 ? -1 : 0;
	if (read_start(entry, MSK_SECRET_FILE_MOST, &rest, err) < 0)
		return -1;
	msk_str_add(&data, start, have);
	msk_str_add(&data, msk_str_c(&rest), rest.len);
	look_for_secret(c, &f);
	return 0;
}

/* Files that count, by their places: what they are, and their paths. */
struct search {
	struct msk_contents *c;
	const struct msk_image_files *files;
	struct msk_table wanted;
};

static void search_release(struct search *s)
{
	msk_table_release(&s->wanted);
}

static int want(struct search *s, enum kind kind, const struct msk_node *n, struct msk_err *err)
{
	unsigned char place[MSK_PLACE_KEY];
	MSK_AUTO_STR value = MSK_STR_INIT;

	if (!n || !n->data_layer)
		return 0;
	msk_place_key(place, n->data_layer, n->data_nth);
	msk_str_addc(&value, (char)kind);
	msk_str_add(&value, n->path, strlen(n->path) + 1);
	return msk_table_add(&s->wanted, place, sizeof place, value.buf, value.len, err);
}

static int want_path(struct search *s, enum kind kind, const char *path, bool *there, struct msk_err *err)
{
	MSK_AUTO_FREE struct msk_node *n = strlen(path) > MSK_MAX_PATH ? NULL :
					   msk_image_tree_resolve(s->files->tree, path);

	*there = n;
	return want(s, kind, n, err);
}

/* What OpenSSL, Go and others take instead of what they would find. */
static int want_named_bundle(struct search *s, const struct msk_json *config, struct msk_err *err)
{
	const struct msk_json *env = msk_json_get(msk_json_get(config, "config"), "Env");
	const char *path = NULL;
	bool there;

	for (size_t i = 0; i < msk_json_count(env); i++) {
		const char *e = msk_json_string_value(msk_json_at(env, i));

		if (e && msk_starts_with(e, "SSL_CERT_FILE="))
			path = e + strlen("SSL_CERT_FILE=");
	}
	if (!path || *path != '/')
		return 0;
	if (want_path(s, BUNDLE, path, &there, err) < 0)
		return -1;
	if (!there)
		msk_strv_push_own(&s->c->sum.odd, msk_xasprintf("%s: not in the image (SSL_CERT_FILE)", path));
	return 0;
}

static int want_zones(struct search *s, struct msk_err *err)
{
	MSK_AUTO_FREE struct msk_node *dir = msk_image_tree_resolve(s->files->tree, "/" ZONES);
	MSK_AUTO_TREE_WALK w = { .path = MSK_STR_INIT };
	const struct msk_node *n;

	if (!dir || dir->type != MSK_TAR_DIR)
		return 0;
	msk_tree_walk_init(&w, s->files->tree);
	for (n = msk_tree_walk_to(&w, dir->path); n && msk_is_at_or_below(n->path, dir->path); n = msk_tree_next(&w))
		if (want(s, ZONE, n, err) < 0)
			return -1;
	return 0;
}

static int want_all(struct search *s, const struct msk_json *config, struct msk_err *err)
{
	bool there;

	for (size_t i = 0; i < N_FILES; i++)
		if (want_path(s, files[i].kind, files[i].path, &there, err) < 0)
			return -1;
	if (want_named_bundle(s, config, err) < 0 || want_zones(s, err) < 0 || msk_table_seal(&s->c->looked, err) < 0)
		return -1;
	return msk_table_sort(&s->wanted, err);
}

static bool is_at(const struct msk_contents_table *t, const struct msk_table_walk *place)
{
	unsigned char key[MSK_PLACE_KEY];

	msk_place_key(key, t->layer, t->nth);
	return t->layer && memcmp(place->key, key, sizeof key) == 0;
}

/* What was looked at when it came by, if that was for what it is, and under the path that it has. */
static bool take_known(struct msk_contents *c, struct msk_table_walk *looked, const struct msk_table_walk *file)
{
	const char *path = (const char *)file->value + 1;
	enum kind kind = file->value[0];

	if (kind == PASSWD || kind == GROUP)
		return is_at(kind == PASSWD ? &c->passwd : &c->group, file);
	if (kind_of(path) != kind || !msk_table_find(looked, file->key, file->n_key) ||
	    strcmp((const char *)looked->value, path) != 0)
		return false;
	msk_file_look_add(&c->sum, looked->value + strlen(path) + 1);
	return true;
}

/* Of several paths of a file the first counts. */
static int sort_out(struct search *s, struct msk_table *missing, struct msk_err *err)
{
	MSK_AUTO_TABLE_WALK looked = { 0 };
	MSK_AUTO_TABLE_WALK w = { 0 };
	unsigned char last[MSK_PLACE_KEY + 1] = { 0 };
	bool known[ZONE + 1] = { false };

	msk_table_walk_init(&looked, &s->c->looked);
	for (msk_table_walk_init(&w, &s->wanted); msk_table_next(&w);) {
		unsigned char file[MSK_PLACE_KEY + 1];

		memcpy(file, w.key, MSK_PLACE_KEY);
		file[MSK_PLACE_KEY] = w.value[0];
		if (memcmp(file, last, sizeof file) == 0)
			continue;
		memcpy(last, file, sizeof file);
		known[w.value[0]] = take_known(s->c, &looked, &w);
		if (!known[w.value[0]] && msk_table_add(missing, w.key, w.n_key, w.value, w.n_value, err) < 0)
			return -1;
	}
	if (!known[PASSWD])
		s->c->passwd.layer = 0;
	if (!known[GROUP])
		s->c->group.layer = 0;
	return msk_table_sort(missing, err);
}

struct late {
	struct msk_contents *c;
	struct msk_table_walk missing;
};

static int read_late(void *ctx, const struct msk_layer_entry *entry, struct msk_err *err)
{
	struct late *l = ctx;
	MSK_AUTO_STR data = MSK_STR_INIT;
	unsigned char place[MSK_PLACE_KEY];
	bool whole;

	msk_place_key(place, entry->layer, entry->nth);
	if (!msk_table_find(&l->missing, place, sizeof place))
		return 0;
	if (read_data(entry, MAX_BUNDLE, &data, &whole, err) < 0)
		return -1;
	do {
		const struct file f = { l->missing.value[0], (const char *)l->missing.value + 1, entry, &data };

		if (whole && data.len <= most_of(f.kind) && take(l->c, &f, &l->c->sum, err) < 0)
			return -1;
	} while (msk_table_next(&l->missing) && memcmp(l->missing.key, place, sizeof place) == 0);
	return 0;
}

static int read_missing(struct late *l, const struct msk_image_files *of, struct msk_err *err)
{
	for (uint32_t layer = 1; layer <= of->image->n_layers; layer++) {
		if (!msk_place_seek_layer(&l->missing, layer) ||
		    msk_source_layer_visit(of->images, of->image, layer - 1, read_late, l, NULL, err) == 0)
			continue;
		if (err->code == MSK_E_IO || err->code == MSK_E_BUG)
			return -1;
		*err = (struct msk_err)MSK_ERR_INIT;   /* told with the layer */
	}
	return 0;
}

int msk_contents_settle(struct msk_contents *c, const struct msk_image_files *of, const struct msk_json *config,
			struct msk_err *err)
{
	MSK_CLEANUP(search_release) struct search s = { .c = c, .files = of };
	MSK_CLEANUP(msk_table_release) struct msk_table missing = { 0 };
	struct late l = { .c = c };
	int rc;

	if (want_all(&s, config, err) < 0 || sort_out(&s, &missing, err) < 0)
		return -1;
	msk_table_walk_init(&l.missing, &missing);
	rc = read_missing(&l, of, err);
	msk_table_walk_release(&l.missing);
	return rc;
}

static void tell_secrets(const struct msk_contents *c, struct msk_checks *checks)
{
	for (size_t i = 0; i < c->secrets.n; i++) {
		MSK_AUTO_FREE char *text = msk_secret_found_text(&c->secrets.v[i]);

		msk_checks_note(checks, "secrets", "%s", text);
	}
}

void msk_contents_tell(const struct msk_contents *c, struct msk_checks *checks)
{
	const struct msk_file_look *sum = &c->sum;

	for (size_t i = 0; i < sum->faults.n; i++)
		msk_checks_fail(checks, MSK_E_INPUT, "content", "%s", sum->faults.v[i]);
	for (size_t i = 0; i < sum->odd.n; i++)
		msk_checks_note(checks, "content", "%s", sum->odd.v[i]);
	if (sum->certs && !sum->faults.n)
		msk_checks_pass(checks, "certificates", "%zu", sum->certs);
	if (sum->expired)
		msk_checks_note(checks, "certificates", "%zu of %zu have expired", sum->expired, sum->certs);
	if (sum->zones && !sum->faults.n)
		msk_checks_pass(checks, "zones", "%zu", sum->zones);
	tell_secrets(c, checks);
}

bool msk_contents_names(const struct msk_contents_table *table, const char *name, size_t n)
{
	for (const char *line = msk_str_c(&table->text); line && *line;) {
		const char *end = strchr(line, '\n');

		if (strncmp(line, name, n) == 0 && line[n] == ':')
			return true;
		line = end ? end + 1 : NULL;
	}
	return false;
}
