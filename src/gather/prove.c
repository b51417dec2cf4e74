#include <string.h>

#include "mkscratch/ldcache.h"
#include "mkscratch/path.h"
#include "mkscratch/rootfs_view.h"
#include "over_base.h"
#include "program.h"

#define WHAT "ld.so.cache"

/* A name that leads elsewhere in the image, or nowhere, and where it should lead. */
struct lack {
	const struct msk_program *program;
	const char *name;
	const char *path;               /* of the file in the image */
};

struct proof {
	struct msk_gather *g;
	struct msk_rootfs_view view;
	struct msk_strv library_path;   /* LD_LIBRARY_PATH of the image */
	struct lack *lacks;             /* of all runs */
	size_t n, cap;
	size_t fresh;                   /* those from here on are of this run */
	bool cacheable;                 /* a cache may mend all of them */
	struct msk_err first;           /* what is wrong, told of the first */
};

static void proof_release(struct proof *pr)
{
	msk_strv_release(&pr->library_path);
	free(pr->lacks);
}

/* One program's two closures side by side. */
struct pair {
	struct proof *pr;
	const struct msk_program *p;
	const struct msk_closure *here, *there;
	size_t *other;                  /* by object of `here`: its counterpart in `there`, or MSK_NO_OBJECT */
	size_t *queue, queued;
};

static void pair_release(struct pair *q)
{
	free(q->other);
	free(q->queue);
}

static const char *request_name(const struct pair *q, const struct msk_object *o, size_t k)
{
	return k < o->elf.needed.n ? o->elf.needed.v[k] : q->pr->g->plan->libs.v[k - o->elf.needed.n];
}

/* Is object j of the image the base's object i, or does it have its bytes from the file that object i is below --root? */
static bool same_file(const struct pair *q, size_t i, size_t j)
{
	const struct msk_object *here = &q->here->objects[i], *there = &q->there->objects[j];
	const struct msk_entry *e = msk_rootfs_view_find(&q->pr->view, there->path);

	if (msk_object_is_of_base(here))
		return msk_object_is_of_base(there) && there->ino == here->ino;
	return e && !e->body.data && e->body.dev == here->dev && e->body.ino == here->ino;
}

static void say_lack(struct pair *q, const char *asker, const char *name, size_t want, size_t got)
{
	const char *path = msk_program_path(q->p, want);
	struct msk_err *err = &q->pr->first;

	if (got == MSK_NO_OBJECT)
		msk_fail(err, MSK_E_MISSING, "in the image, %s does not find %s, which lies at %s", asker, name, path);
	else
		msk_fail(err, MSK_E_MISSING, "in the image, %s finds %s for %s, not %s", asker,
			 q->there->objects[got].path, name, path);
	if (msk_program_gains_rights(q->p))
		msk_hint(err, "started with more rights than its user has, it is not led by LD_LIBRARY_PATH or $ORIGIN: "
			      "RUNPATH without a token leads it there");
	else
		msk_hint(err, "--bin SRC:DEST with the place it has below --root, or -e LD_LIBRARY_PATH=DIR, leads it there");
}

/* Object `asker` asked for `name` and got something else in the image. */
static void note_lack(struct pair *q, size_t asker, const char *name, size_t want, size_t got)
{
	struct proof *pr = q->pr;

	if (pr->n == pr->fresh && pr->first.code == MSK_OK)
		say_lack(q, msk_program_path(q->p, asker), name, want, got);
	MSK_GROW(pr->lacks, pr->n, pr->cap);
	pr->lacks[pr->n++] = (struct lack){ q->p, name, msk_program_path(q->p, want) };
	pr->cacheable = pr->cacheable && q->here->cache_path && !strchr(name, '/') && !strchr(name, '$');
}

static void note_fault(struct pair *q, const char *what, const char *path)
{
	if (q->pr->first.code == MSK_OK)
		msk_fail(&q->pr->first, MSK_E_MISSING, "in the image, %s %s %s", q->p->in->dest, what, path);
	q->pr->cacheable = false;
}

static void settle(struct pair *q, size_t i, size_t j)
{
	if (q->other[i] == MSK_NO_OBJECT) {
		q->other[i] = j;
		q->queue[q->queued++] = i;
	} else if (q->other[i] != j) {
		note_fault(q, "loads two copies of one library,", q->there->objects[j].path);
	}
}

static void compare_requests(struct pair *q, size_t i)
{
	const struct msk_object *here = &q->here->objects[i], *there = &q->there->objects[q->other[i]];

	for (size_t k = 0; k < here->n_needed; k++) {
		size_t want = here->needed[k], got = k < there->n_needed ? there->needed[k] : MSK_NO_OBJECT;

		if (want == MSK_NO_OBJECT && got != MSK_NO_OBJECT)
			note_fault(q, "loads what it does not find outside,", q->there->objects[got].path);
		else if (want != MSK_NO_OBJECT && (got == MSK_NO_OBJECT || !same_file(q, want, got)))
			note_lack(q, i, request_name(q, here, k), want, got);
		else if (want != MSK_NO_OBJECT)
			settle(q, want, got);
	}
}

/* The wish of object `cause` that is the n-th of its own; NULL when it has no such. */
static const struct msk_wish *nth_wish(const struct msk_closure *c, size_t cause, size_t n)
{
	for (size_t i = 0; i < c->n_wishes; i++)
		if (c->wishes[i].cause == cause && n-- == 0)
			return &c->wishes[i];
	return NULL;
}

/* What is loaded while the program runs has to be there again; more than that is no fault. */
static void compare_wishes(struct pair *q, size_t i)
{
	const struct msk_wish *here, *there;

	for (size_t n = 0; (here = nth_wish(q->here, i, n)); n++) {
		size_t got;

		there = nth_wish(q->there, q->other[i], n);
		got = there ? there->object : MSK_NO_OBJECT;
		if (here->object == MSK_NO_OBJECT)
			continue;
		if (got == MSK_NO_OBJECT || !same_file(q, here->object, got))
			note_lack(q, here->by, here->names.v[here->taken], here->object, got);
		else
			settle(q, here->object, got);
	}
}

static size_t find_interp(const struct msk_closure *c)
{
	for (size_t i = 0; i < c->n_objects; i++)
		if (c->objects[i].found_by == MSK_BY_INTERP)
			return i;
	return MSK_NO_OBJECT;
}

static void compare(struct pair *q)
{
	size_t i = find_interp(q->here), j = find_interp(q->there);

	for (size_t k = 0; k < q->here->n_objects; k++)
		q->other[k] = MSK_NO_OBJECT;
	settle(q, 0, 0);
	if (i != MSK_NO_OBJECT && j != MSK_NO_OBJECT && same_file(q, i, j))
		settle(q, i, j);
	else if (i != MSK_NO_OBJECT)
		note_fault(q, "starts with another loader than", q->here->objects[i].path);
	for (size_t at = 0; at < q->queued; at++) {
		compare_requests(q, q->queue[at]);
		compare_wishes(q, q->queue[at]);
	}
}

static int prove_program(struct proof *pr, const struct msk_program *p, struct msk_err *err)
{
	const struct msk_entry *e = msk_rootfs_view_find(&pr->view, p->in->dest);
	MSK_CLEANUP(msk_closure_release) struct msk_closure there = { 0 };
	MSK_AUTO_FREE char *origin = msk_path_dir(e->path);
	MSK_AUTO_ROFILE f = MSK_ROFILE_INIT;
	struct msk_closure_args args = { .tree = &pr->view.tree, .library_path = &pr->library_path,
					 .libs = &pr->g->plan->libs, .dlopen = &pr->g->plan->dlopen,
					 .origin = origin, .cwd = pr->g->plan->config.workdir,
					 .hwcaps = p->level, .secure = msk_program_gains_rights(p) };
	enum msk_lookup how;

	if (args.tree->open(args.tree, e->path, &how, &f, NULL, err) < 0)
		return -1;
	if (msk_closure_resolve(&args, &f, p->in->dest, &there, err) < 0)
		return msk_ctx(err, "in the image");
	MSK_CLEANUP(pair_release) struct pair q = {
		.pr = pr, .p = p, .here = &p->closure, .there = &there,
		.other = msk_xcalloc(p->closure.n_objects, sizeof(size_t)),
		.queue = msk_xcalloc(p->closure.n_objects, sizeof(size_t)),
	};
	compare(&q);
	return 0;
}

static int prove_all(struct proof *pr, struct msk_err *err)
{
	pr->fresh = pr->n;
	pr->cacheable = true;
	pr->first = (struct msk_err)MSK_ERR_INIT;
	msk_rootfs_view_init(&pr->view, pr->g->fs);
	for (size_t i = 0; i < pr->g->n_programs; i++) {
		const struct msk_program *p = &pr->g->programs[i];

		if (p->elf.linkage == MSK_ELF_DYNAMIC && prove_program(pr, p, err) < 0)
			return -1;
	}
	return 0;
}

/* The entries of the cache at `cache_path`, each name once: two libraries of one name cannot both be led to, which
 * the next run tells. */
static size_t collect(const struct proof *pr, const char *cache_path, struct msk_ldcache_entry *out)
{
	size_t n = 0;

	for (size_t i = 0; i < pr->n; i++) {
		const struct lack *l = &pr->lacks[i];
		bool seen = strcmp(l->program->closure.cache_path, cache_path) != 0;

		for (size_t k = 0; k < n && !seen; k++)
			seen = strcmp(out[k].name, l->name) == 0;
		if (!seen)
			out[n++] = (struct msk_ldcache_entry){ l->name, l->path };
	}
	return n;
}

static int add_cache(struct proof *pr, const struct msk_program *p, struct msk_err *err)
{
	MSK_AUTO_FREE struct msk_ldcache_entry *entries = msk_xcalloc(pr->n, sizeof *entries);
	MSK_AUTO_FREE char *why = NULL;
	MSK_AUTO_STR bytes = MSK_STR_INIT;
	size_t n = collect(pr, p->closure.cache_path, entries);
	struct msk_entry_spec s = { .path = p->closure.cache_path, .what = WHAT, .mode = 0644,
				    .stratum = MSK_STRATUM_LIBS };

	msk_ldcache_write(&p->elf, entries, n, &bytes);
	s.from = entries[0].path;
	s.lasting = "leads the loader to";
	s.why = why = msk_xasprintf("leads the loader to %s%s", entries[0].path, n > 1 ? " and others" : "");
	return msk_rootfs_add_data(pr->g->fs, &s, bytes.buf, bytes.len, err);
}

static bool is_first_with_cache(const struct proof *pr, size_t i)
{
	for (size_t k = 0; k < i; k++)
		if (strcmp(pr->lacks[k].program->closure.cache_path, pr->lacks[i].program->closure.cache_path) == 0)
			return false;
	return true;
}

static int add_caches(struct proof *pr, struct msk_err *err)
{
	msk_rootfs_reopen(pr->g->fs);
	for (size_t i = 0; i < pr->n; i++) {
		if (!is_first_with_cache(pr, i))
			continue;
		if (pr->fresh)
			msk_rootfs_remove(pr->g->fs, pr->lacks[i].program->closure.cache_path, WHAT);
		if (add_cache(pr, pr->lacks[i].program, err) < 0)
			return -1;
	}
	return msk_rootfs_seal(pr->g->fs, err);
}

/* Is there a name that the cache does not have yet? */
static bool lacks_something_new(const struct proof *pr)
{
	for (size_t i = pr->fresh; pr->cacheable && i < pr->n; i++) {
		bool known = false;

		for (size_t k = 0; k < pr->fresh && !known; k++)
			known = strcmp(pr->lacks[k].name, pr->lacks[i].name) == 0;
		if (!known)
			return true;
	}
	return false;
}

int msk_gather_prove(struct msk_gather *g, struct msk_err *err)
{
	MSK_CLEANUP(proof_release) struct proof pr = { .g = g };

	msk_loader_env_path(&g->plan->config.env, &pr.library_path);
	if (prove_all(&pr, err) < 0)
		return -1;
	/* What a library that is found now asks for can only be seen in the run after. */
	while (lacks_something_new(&pr))
		if (add_caches(&pr, err) < 0 || prove_all(&pr, err) < 0)
			return -1;
	if (pr.first.code == MSK_OK)
		return 0;
	*err = pr.first;
	return -1;
}
