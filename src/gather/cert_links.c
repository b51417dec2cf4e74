/* OpenSSL does not look where the certificates are put, but where it was told to when it was built. On a host the distribution
 * has a link there, and so has the image of a program with such a libcrypto. */
#include <string.h>

#include "mkscratch/openssl.h"
#include "mkscratch/rootfs_view.h"
#include "program.h"

#define LIBRARY       "libcrypto.so."
#define VARIABLE      "SSL_CERT_FILE"
#define PROGRAM_LIMIT (64u << 20)     /* of larger ones nothing is told: they may have to be read for this alone */

struct places {
	struct msk_gather *g;
	struct msk_rootfs_view view;
	struct msk_strv links;         /* to be made */
	struct msk_strv by;            /* of each the libcrypto that looks there, by its path in the image */
	struct msk_strv seen;          /* all of those that were read */
};

static void places_release(struct places *p)
{
	msk_strv_release(&p->links);
	msk_strv_release(&p->by);
	msk_strv_release(&p->seen);
}

/* Is anything of that name in the image, a link that leads nowhere too? No link on the way is followed. */
static bool is_taken(const struct places *p, const char *path)
{
	struct msk_below *below = msk_rootfs_below(p->g->fs);
	struct msk_below_node n;

	return msk_rootfs_find(p->g->fs, path) || (below && below->look(below, path, &n));
}

/* Where the file would come to lie, links on the way followed: nothing may be there, and what is on the way are directories.
 * Heap; NULL: there is no room for it. */
static char *room_for(const struct places *p, const char *path)
{
	MSK_AUTO_FREE char *way = msk_xstrdup("");

	for (const char *part = path + 1, *slash; (slash = strchr(part, '/')); part = slash + 1) {
		MSK_AUTO_FREE char *dir = msk_xasprintf("%s/%.*s", way, (int)(slash - part), part);
		MSK_AUTO_SIGHT s = { 0 };

		if (!msk_rootfs_view_look(&p->view, dir, &s))
			return is_taken(p, dir) ? NULL : msk_xasprintf("%s/%s", dir, slash + 1);
		if (s.type != MSK_DIR)
			return NULL;
		free(way);
		way = msk_take(&s.path);
	}
	MSK_AUTO_FREE char *last = msk_path_base(path), *file = msk_xasprintf("%s/%s", way, last);

	return is_taken(p, file) ? NULL : msk_take(&file);
}

static int look_in_library(struct places *p, const struct msk_program *program, size_t i, struct msk_err *err)
{
	MSK_CLEANUP(msk_openssl_release) struct msk_openssl openssl = { 0 };
	const struct msk_object *o = &program->closure.objects[i];
	const char *at = msk_program_path(program, i);
	MSK_AUTO_ROFILE f = MSK_ROFILE_INIT;
	MSK_AUTO_FREE char *link = NULL;
	enum msk_lookup how;

	if (!o->elf.soname || !msk_starts_with(o->elf.soname, LIBRARY) || msk_strv_has(&p->seen, at))
		return 0;
	msk_strv_push(&p->seen, at);
	if (program->tree->open(program->tree, o->path, &how, &f, NULL, err) < 0)
		return -1;
	if (how != MSK_FOUND || f.fd < 0)
		return 0;
	if (msk_openssl_look(&f, o->path, &openssl, err) < 0)
		return -1;
	link = openssl.cert_file ? room_for(p, openssl.cert_file) : NULL;
	if (link && !msk_strv_has(&p->links, link)) {
		msk_strv_push(&p->links, link);
		msk_strv_push(&p->by, at);
	}
	return 0;
}

/* Where the program itself looks, if not for the bundle by name: it is read only if nobody has done so. Heap or NULL. */
static int own_cert_file(const struct msk_program *program, char **out, struct msk_err *err)
{
	MSK_CLEANUP(msk_openssl_release) struct msk_openssl openssl = { 0 };
	const struct msk_diagnosis *d = msk_program_diagnosis(program);

	if (d) {
		*out = d->cert_file ? msk_xstrdup(d->cert_file) : NULL;
		return 0;
	}
	if (msk_openssl_look(&program->file, program->in->src, &openssl, err) < 0)
		return -1;
	*out = openssl.knows_bundle ? NULL : msk_take(&openssl.cert_file);
	return 0;
}

/* One that has OpenSSL in itself may have been built anywhere, and may use it for anything. */
static int look_in_program(const struct places *p, const struct msk_program *program, struct msk_err *err)
{
	MSK_AUTO_FREE char *cert_file = NULL, *link = NULL;

	if (program->elf.go_version || program->file.size > PROGRAM_LIMIT || msk_program_is_above(program))
		return 0;
	if (own_cert_file(program, &cert_file, err) < 0)
		return -1;
	link = cert_file ? room_for(p, cert_file) : NULL;
	if (link && !msk_strv_has(&p->links, link))
		msk_warn(p->g->log, "%s: looks for certificates in %s, and the image has none there; add -e " VARIABLE "="
			 MSK_CERTS_PATH, program->in->src, cert_file);
	return 0;
}

static int look(struct places *p, struct msk_err *err)
{
	for (size_t i = 0; i < p->g->n_programs; i++)
		for (size_t k = 1; k < p->g->programs[i].closure.n_objects; k++)
			if (look_in_library(p, &p->g->programs[i], k, err) < 0)
				return -1;
	for (size_t i = 0; i < p->g->n_programs; i++)
		if (look_in_program(p, &p->g->programs[i], err) < 0)
			return -1;
	return 0;
}

static int add_link(const struct places *p, size_t i, struct msk_err *err)
{
	const char *by = p->by.v[i];
	MSK_AUTO_FREE char *why = msk_xasprintf("where %s looks for certificates", by);

	return msk_rootfs_add_symlink(p->g->fs, &(struct msk_entry_spec){
		.path = p->links.v[i], .what = msk_certs_by(p->g), .why = why,
		.lasting = "where certificates are looked for by", .from = by, .stratum = MSK_STRATUM_BASE,
		.gives_way = true }, MSK_CERTS_PATH, err);
}

int msk_gather_cert_links(struct msk_gather *g, struct msk_err *err)
{
	MSK_CLEANUP(places_release) struct places p = { .g = g };

	if (!msk_certs_by(g) || msk_config_sets(&g->plan->config, VARIABLE))
		return 0;
	msk_rootfs_view_init(&p.view, g->fs);
	if (look(&p, err) < 0)
		return -1;
	if (!p.links.n)
		return 0;
	msk_rootfs_reopen(g->fs);
	for (size_t i = 0; i < p.links.n; i++)
		if (add_link(&p, i, err) < 0)
			return -1;
	return msk_rootfs_seal(g->fs, err);
}
