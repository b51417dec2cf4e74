#include "memo.h"

#include <string.h>
#include <sys/stat.h>

#include "loader.h"

#define LOADER_LIMIT (8 << 20)
#define CACHE_LIMIT  (16 << 20)
#define PATHS_LIMIT  (8u << 20)     /* bytes of paths that are remembered */
#define FACTS_LIMIT  (16u << 20)    /* bytes of names and texts in facts */

/* Where a path has led. */
struct path {
	enum msk_lookup how;
	struct msk_rofile file;        /* fd -1 */
};

/* What a file says: its header, or all of it. */
struct facts {
	struct msk_elf elf;
	bool whole;
};

struct cache {
	bool found;
	struct msk_ldcache *cache;
};

struct msk_memo {
	struct msk_rotree *tree;
	struct msk_names path_names, fact_names, import_names, loader_names, cache_names, conf_names, terrain_names;
	struct path *paths;
	struct facts *facts;
	/* Each on its own, since they are borrowed while more are added. */
	struct msk_imports **imports;
	struct msk_loader_facts **loaders;
	struct cache *caches;
	struct msk_strv **confs;
	struct msk_terrain **terrains;
	size_t n_paths, cap_paths, n_facts, cap_facts, n_imports, cap_imports;
	size_t n_loaders, cap_loaders, n_caches, cap_caches, n_confs, cap_confs, n_terrains, cap_terrains;
	struct msk_names words;        /* that terrains are known by */
	size_t path_bytes, fact_bytes;
};

struct msk_memo *msk_memo_new(struct msk_rotree *t)
{
	struct msk_memo *m = msk_xcalloc(1, sizeof *m);

	m->tree = t;
	return m;
}

static void loader_facts_free(struct msk_loader_facts *f)
{
	msk_strv_release(&f->system_dirs);
	free(f->cache_path);
	free(f);
}

static void imports_free(struct msk_imports *im)
{
	for (size_t i = 0; i < MSK_USES; i++)
		free(im->uses[i]);
	free(im);
}

static void free_names(struct msk_memo *m)
{
	msk_names_release(&m->path_names);
	msk_names_release(&m->fact_names);
	msk_names_release(&m->import_names);
	msk_names_release(&m->loader_names);
	msk_names_release(&m->cache_names);
	msk_names_release(&m->conf_names);
	msk_names_release(&m->terrain_names);
	msk_names_release(&m->words);
}

void msk_memo_free(struct msk_memo *m)
{
	if (!m)
		return;
	free_names(m);
	for (size_t i = 0; i < m->n_facts; i++)
		msk_elf_release(&m->facts[i].elf);
	for (size_t i = 0; i < m->n_imports; i++)
		imports_free(m->imports[i]);
	for (size_t i = 0; i < m->n_loaders; i++)
		loader_facts_free(m->loaders[i]);
	for (size_t i = 0; i < m->n_caches; i++)
		msk_ldcache_free(m->caches[i].cache);
	for (size_t i = 0; i < m->n_confs; i++) {
		msk_strv_release(m->confs[i]);
		free(m->confs[i]);
	}
	for (size_t i = 0; i < m->n_terrains; i++) {
		msk_terrain_release(m->terrains[i]);
		free(m->terrains[i]);
	}
	free(m->terrains);
	free(m->paths);
	free(m->facts);
	free(m->imports);
	free(m->loaders);
	free(m->caches);
	free(m->confs);
	free(m);
}

void msk_memo_cleanup(struct msk_memo **m)
{
	msk_memo_free(*m);
}

struct msk_rotree *msk_memo_tree(const struct msk_memo *m)
{
	return m->tree;
}

static void learn_path(struct msk_memo *m, const char *path, enum msk_lookup how, const struct msk_rofile *f)
{
	m->path_bytes += strlen(path) + sizeof *m->paths;
	if (m->path_bytes > PATHS_LIMIT)
		return;
	MSK_GROW(m->paths, m->n_paths, m->cap_paths);
	m->paths[m->n_paths] = (struct path){ how, *f };
	m->paths[m->n_paths].file.fd = -1;
	msk_names_add(&m->path_names, path, m->n_paths++);
}

int msk_memo_open(struct msk_memo *m, const char *path, enum msk_lookup *how, struct msk_rofile *out, struct msk_err *err)
{
	size_t i;

	if (msk_names_find(&m->path_names, path, &i)) {
		*how = m->paths[i].how;
		*out = m->paths[i].file;
		return 0;
	}
	if (m->tree->open(m->tree, path, how, out, NULL, err) < 0)
		return -1;
	learn_path(m, path, *how, out);
	return 0;
}

static bool same_file(const struct msk_rofile *a, const struct msk_rofile *b)
{
	return a->dev == b->dev && a->ino == b->ino && a->size == b->size && a->mtime_ns == b->mtime_ns;
}

int msk_memo_reopen(struct msk_memo *m, const char *path, struct msk_rofile *f, struct msk_err *err)
{
	MSK_AUTO_ROFILE now = MSK_ROFILE_INIT;
	enum msk_lookup how;

	if (f->fd >= 0)
		return 0;
	if (m->tree->open(m->tree, path, &how, &now, NULL, err) < 0)
		return -1;
	if (how != MSK_FOUND || now.fd < 0 || !same_file(f, &now))
		return msk_fail(err, MSK_E_IO, "%s: changed while it was being read", path);
	*f = now;
	now.fd = -1;
	return 0;
}

/* A file as it is now: a changed one is another. */
#define IDENTITY 4

static const uint64_t *identity(const struct msk_rofile *f, uint64_t id[IDENTITY])
{
	id[0] = f->dev;
	id[1] = f->ino;
	id[2] = f->size;
	id[3] = (uint64_t)f->mtime_ns;
	return id;
}

static struct facts *find_facts(const struct msk_memo *m, const struct msk_rofile *f)
{
	uint64_t id[IDENTITY];
	size_t i;

	return msk_names_find_id(&m->fact_names, identity(f, id), IDENTITY, &i) ? &m->facts[i] : NULL;
}

/* What facts weigh, as far as a file can make them heavy. */
static size_t weight(const struct msk_elf *e)
{
	size_t n = sizeof *e + (e->go_info ? strlen(e->go_info) : 0) + e->n_dlopens * 256;

	for (size_t i = 0; i < e->needed.n; i++)
		n += strlen(e->needed.v[i]) + 16;
	return n;
}

static void learn_facts(struct msk_memo *m, const struct msk_rofile *f, struct msk_elf *e, bool whole)
{
	struct facts *known = find_facts(m, f);
	uint64_t id[IDENTITY];

	m->fact_bytes += weight(e);
	if (m->fact_bytes > FACTS_LIMIT)
		return;
	if (!known) {
		MSK_GROW(m->facts, m->n_facts, m->cap_facts);
		known = &m->facts[m->n_facts];
		msk_names_add_id(&m->fact_names, identity(f, id), IDENTITY, m->n_facts++);
	}
	*known = (struct facts){ whole ? msk_elf_share(e) : *e, whole };
}

static struct msk_elf header_of(const struct msk_elf *e)
{
	return (struct msk_elf){
		.elf_class = e->elf_class, .big_endian = e->big_endian, .machine = e->machine, .type = e->type,
		.flags = e->flags, .osabi = e->osabi, .abiversion = e->abiversion, .padded = e->padded,
	};
}

/* Most files are sound, and then all is read at once. */
static int read_header(struct msk_memo *m, const struct msk_rofile *f, const char *name, struct msk_elf *out,
		       struct msk_err *err)
{
	MSK_CLEANUP(msk_elf_release) struct msk_elf all = { 0 };
	struct msk_err unsound = MSK_ERR_INIT;

	if (msk_elf_read_links(f, name, &all, &unsound) == 0) {
		learn_facts(m, f, &all, true);
		*out = header_of(&all);
		return 0;
	}
	if (msk_elf_read_header(f, name, out, err) < 0)
		return -1;
	learn_facts(m, f, out, false);
	return 0;
}

int msk_memo_header(struct msk_memo *m, const char *path, struct msk_rofile *f, const char *name, struct msk_elf *out,
		    struct msk_err *err)
{
	const struct facts *known = find_facts(m, f);

	if (known) {
		*out = header_of(&known->elf);
		return 0;
	}
	return msk_memo_reopen(m, path, f, err) < 0 ? -1 : read_header(m, f, name, out, err);
}

int msk_memo_read(struct msk_memo *m, const char *path, struct msk_rofile *f, const char *name, struct msk_elf *out,
		  struct msk_err *err)
{
	struct facts *known = find_facts(m, f);

	if (known && known->whole) {
		*out = msk_elf_share(&known->elf);
		return 0;
	}
	if (msk_memo_reopen(m, path, f, err) < 0 || msk_elf_read_links(f, name, out, err) < 0)
		return -1;
	learn_facts(m, f, out, true);
	return 0;
}

const struct msk_imports *msk_memo_imports(const struct msk_memo *m, const struct msk_rofile *f)
{
	uint64_t id[IDENTITY];
	size_t i;

	return msk_names_find_id(&m->import_names, identity(f, id), IDENTITY, &i) ? m->imports[i] : NULL;
}

const struct msk_imports *msk_memo_learn_imports(struct msk_memo *m, const struct msk_rofile *f, struct msk_imports *own_im)
{
	uint64_t id[IDENTITY];

	MSK_GROW(m->imports, m->n_imports, m->cap_imports);
	m->imports[m->n_imports] = own_im;
	msk_names_add_id(&m->import_names, identity(f, id), IDENTITY, m->n_imports++);
	return own_im;
}

int msk_memo_loader(struct msk_memo *m, const char *path, const struct msk_loader_facts **out, struct msk_err *err)
{
	MSK_AUTO_STR bytes = MSK_STR_INIT;
	struct msk_loader_facts *f;
	bool found;
	size_t i;

	if (msk_names_find(&m->loader_names, path, &i)) {
		*out = m->loaders[i];
		return 0;
	}
	if (msk_tree_slurp(m->tree, path, LOADER_LIMIT, &found, &bytes, err) < 0)
		return -1;
	f = msk_xcalloc(1, sizeof *f);
	msk_sysdirs_scan(msk_str_c(&bytes), bytes.len, &f->system_dirs, &f->cache_path);
	f->version = msk_glibc_version(msk_str_c(&bytes), bytes.len);
	MSK_GROW(m->loaders, m->n_loaders, m->cap_loaders);
	m->loaders[m->n_loaders] = f;
	msk_names_add(&m->loader_names, path, m->n_loaders++);
	*out = f;
	return 0;
}

int msk_memo_ldcache(struct msk_memo *m, const char *path, const struct msk_elf *e, bool *found,
		     const struct msk_ldcache **out, struct msk_err *err)
{
	/* All of a program that a cache is read by. */
	MSK_AUTO_FREE char *name = msk_xasprintf("%u %u %d %x %s", e->machine, e->elf_class, e->big_endian, e->flags, path);
	MSK_AUTO_STR bytes = MSK_STR_INIT;
	size_t i;

	if (!msk_names_find(&m->cache_names, name, &i)) {
		struct cache *c;

		MSK_GROW(m->caches, m->n_caches, m->cap_caches);
		c = &m->caches[m->n_caches];
		*c = (struct cache){ 0 };
		if (msk_tree_slurp(m->tree, path, CACHE_LIMIT, &c->found, &bytes, err) < 0)
			return -1;
		c->cache = c->found ? msk_ldcache_new(&bytes, e) : NULL;
		i = m->n_caches++;
		msk_names_add(&m->cache_names, name, i);
	}
	*found = m->caches[i].found;
	*out = m->caches[i].cache;
	return 0;
}

int msk_memo_ldconf(struct msk_memo *m, const char *path, const struct msk_strv **out, struct msk_err *err)
{
	size_t i;

	if (!msk_names_find(&m->conf_names, path, &i)) {
		MSK_AUTO_STRV dirs = MSK_STRV_INIT;

		if (msk_ldconf_read(m->tree, path, &dirs, err) < 0)
			return -1;
		MSK_GROW(m->confs, m->n_confs, m->cap_confs);
		m->confs[m->n_confs] = msk_xcalloc(1, sizeof **m->confs);
		*m->confs[m->n_confs] = dirs;
		dirs = (struct msk_strv)MSK_STRV_INIT;
		i = m->n_confs++;
		msk_names_add(&m->conf_names, path, i);
	}
	*out = m->confs[i];
	return 0;
}

/* A text as a number; 0: none. */
static uint64_t number_of(struct msk_memo *m, const char *text)
{
	size_t n;

	if (!text)
		return 0;
	if (msk_names_find(&m->words, text, &n))
		return n;
	n = m->words.n + 1;
	msk_names_add(&m->words, text, n);
	return n;
}

int msk_memo_terrain(struct msk_memo *m, const struct msk_terrain_of *of, struct msk_terrain **out, struct msk_err *err)
{
	const struct msk_elf *e = of->program;
	const uint64_t id[] = {
		(uint64_t)e->machine << 48 | (uint64_t)e->elf_class << 32 | e->flags, e->big_endian, of->libc,
		number_of(m, of->interp), number_of(m, of->hwcaps),
	};
	size_t i;

	if (!msk_names_find_id(&m->terrain_names, id, sizeof id / sizeof *id, &i)) {
		struct msk_terrain t;

		if (msk_terrain_read(m, of, &t, err) < 0)
			return -1;
		MSK_GROW(m->terrains, m->n_terrains, m->cap_terrains);
		i = m->n_terrains++;
		m->terrains[i] = msk_xcalloc(1, sizeof t);
		*m->terrains[i] = t;
		msk_names_add_id(&m->terrain_names, id, sizeof id / sizeof *id, i);
	}
	*out = m->terrains[i];
	return 0;
}
