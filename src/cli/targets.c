#include "targets.h"

#include <assert.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "outputs.h"
#include "mkscratch/source.h"

/* The lists are its own. */
static void copy_options(const struct msk_options *from, struct msk_options *to)
{
	*to = *from;
	for (const struct opt_row *row = msk_opt_rows; row->name; row++)
		if (row->kind == OPT_REPEAT)
			msk_strv_copy((struct msk_strv *)((char *)to + row->field),
				      (const struct msk_strv *)((const char *)from + row->field));
	msk_strv_copy(&to->tz_zones, &from->tz_zones);
	msk_strv_copy(&to->args, &from->args);
}

void msk_target_options(const struct msk_options *typed, struct config_file *f, const char *target, struct msk_options *o)
{
	copy_options(typed, o);
	o->several = f->targets.n > 1 && typed->target.n != 1;
	o->of_target = o->several ? target : NULL;
	o->config = f->name;
	msk_config_file_apply(f, target, o);
}

/* One place that is read. */
struct reading {
	struct msk_written at;
	const char *given;         /* as the plan has it */
	char *tag;                 /* of an image: what stands behind its path; NULL: nothing */
	bool image, tree;
	bool late;                 /* only when something is written */
};

struct target {
	const char *name;
	struct msk_plan plan;
	struct msk_places at;
	struct reading *reads;
	size_t n_reads, cap_reads;
	bool chosen, planned;
	enum { UNSEEN, UNDER_WAY, SETTLED } state;
};

struct targets {
	struct target *v;
	size_t n;
	struct msk_strv way;       /* those under way, each of which reads what the next one writes */
};

static void targets_release(struct targets *all)
{
	for (size_t i = 0; i < all->n; i++) {
		struct target *t = &all->v[i];

		for (size_t k = 0; k < t->n_reads; k++) {
			msk_written_release(&t->reads[k].at);
			free(t->reads[k].tag);
		}
		free(t->reads);
		msk_places_release(&t->at);
		msk_plan_release(&t->plan);
	}
	free(all->v);
	msk_strv_release(&all->way);
}

static struct reading *add_reading(struct target *t, const char *path)
{
	struct reading *r;

	MSK_GROW(t->reads, t->n_reads, t->cap_reads);
	r = &t->reads[t->n_reads++];
	*r = (struct reading){ .given = path };
	msk_written_find(path, &r->at);
	return r;
}

static void add_readings(struct target *t, const struct msk_strv *paths)
{
	for (size_t i = 0; i < paths->n; i++)
		add_reading(t, paths->v[i]);
}

/* DIR:TAG, whose directory need not be there yet: each colon may be the one. */
static void add_image(struct target *t, const char *given, bool late)
{
	MSK_AUTO_FREE char *digest = NULL;
	MSK_AUTO_FREE char *name = given ? msk_source_cut_digest(given, &digest) : NULL;
	struct reading *r;

	if (!name)
		return;
	r = add_reading(t, name);
	*r = (struct reading){ .at = r->at, .given = given, .image = true, .late = late };
	for (const char *colon = strchr(name, ':'); colon; colon = strchr(colon + 1, ':')) {
		MSK_AUTO_FREE char *path = msk_xstrndup(name, (size_t)(colon - name));

		if (!*path)
			continue;
		r = add_reading(t, path);
		*r = (struct reading){
			.at = r->at, .given = given, .tag = msk_xstrdup(colon + 1), .image = true, .late = late,
		};
	}
}

static void find_readings(struct target *t)
{
	const struct msk_plan *p = &t->plan;

	for (size_t i = 0; i < p->n_inputs; i++)
		if (p->inputs[i].src)
			add_reading(t, p->inputs[i].src)->tree = p->inputs[i].kind == MSK_INPUT_TREE;
	add_image(t, p->base, false);
	add_image(t, p->baseline, true);
	if (p->certs_file)
		add_reading(t, p->certs_file);
	add_readings(t, &p->extra_certs);
	add_readings(t, &p->certs_for);
}

static void look_at(const struct msk_options *typed, struct config_file *f, struct target *t)
{
	struct msk_err ignored = MSK_ERR_INIT;
	struct msk_options o;

	msk_target_options(typed, f, t->name, &o);
	t->planned = msk_plan_make(&o, &t->plan, &ignored) == 0;
	if (t->planned) {
		msk_places_find(&t->plan, &t->at);
		find_readings(t);
	}
	msk_options_release(&o);
}

/* Before the first of them is built. */
static int check_own(const struct msk_options *typed, struct config_file *f, const struct target *t, struct msk_err *err)
{
	struct msk_options o;
	int rc;

	if (!t->chosen || !t->planned)
		return 0;
	msk_target_options(typed, f, t->name, &o);
	rc = msk_outputs_check(&o, &t->plan, err);
	msk_options_release(&o);
	return rc < 0 ? msk_ctx(err, "target %s", t->name) : 0;
}

/* A name that both give to their image, else NULL. */
static const char *common_tag(const struct msk_plan *a, const struct msk_plan *b)
{
	for (size_t i = 0; i < a->n_tags; i++)
		for (size_t k = 0; k < b->n_tags; k++)
			if (strcmp(a->tags[i].full, b->tags[k].full) == 0)
				return a->tags[i].familiar;
	return NULL;
}

static bool both_to_stdout(const struct msk_target *a, const struct msk_target *b)
{
	return a->kind == MSK_TARGET_STDOUT && b->kind == MSK_TARGET_STDOUT;
}

/* The i-th output of a, the k-th of b. */
static int check_pair(const struct target *a, size_t i, const struct target *b, size_t k, struct msk_err *err)
{
	const struct msk_target *of_a = &a->plan.targets[i], *of_b = &b->plan.targets[k];
	const char *tag;

	if (!msk_places_clash(&a->at.v[i], &b->at.v[k]) && !both_to_stdout(of_a, of_b))
		return 0;
	if (!msk_place_is_layout(of_a, &a->at.v[i]) || !msk_place_is_layout(of_b, &b->at.v[k])) {
		msk_fail(err, MSK_E_USAGE, "targets %s and %s: both write %s", a->name, b->name, of_b->path);
		return msk_hint(err, "give each an \"output\" of its own, or a directory for all: images/");
	}
	tag = common_tag(&a->plan, &b->plan);
	if (!tag)
		return 0;
	msk_fail(err, MSK_E_USAGE, "targets %s and %s: both write %s in %s", a->name, b->name, tag, of_b->path);
	return msk_hint(err, "give each a \"tag\" of its own");
}

static int check_two(const struct target *a, const struct target *b, struct msk_err *err)
{
	for (size_t i = 0; i < a->at.n; i++)
		for (size_t k = 0; k < b->at.n; k++)
			if (check_pair(a, i, b, k, err) < 0)
				return -1;
	return 0;
}

static int check_all(const struct targets *all, struct msk_err *err)
{
	for (size_t i = 0; i < all->n; i++)
		for (size_t k = i + 1; all->v[i].chosen && k < all->n; k++)
			if (all->v[k].chosen && check_two(&all->v[i], &all->v[k], err) < 0)
				return -1;
	return 0;
}

static bool writes_to(const struct target *t, const struct msk_written *at)
{
	for (size_t i = 0; i < t->at.n; i++)
		if (msk_written_same(&t->at.v[i], at))
			return true;
	return false;
}

static bool has_tag(const struct msk_plan *p, const char *tag)
{
	for (size_t i = 0; i < p->n_tags; i++)
		if (strcmp(tag, p->tags[i].tag) == 0 || strcmp(tag, p->tags[i].full) == 0 ||
		    strcmp(tag, p->tags[i].familiar) == 0)
			return true;
	return false;
}

/* What `reader` reads there, does `writer` write it by its i-th output? In a layout each has its own image. */
static bool meets(const struct target *reader, const struct reading *r, const struct target *writer, size_t i)
{
	const struct msk_written *at = &writer->at.v[i];

	if (r->tree)
		return msk_written_in(at, &r->at);
	if (!msk_places_clash(at, &r->at))
		return false;
	if (!r->image || !msk_place_is_layout(&writer->plan.targets[i], at))
		return true;
	return r->tag ? has_tag(&writer->plan, r->tag) : !writes_to(reader, at);
}

static bool makes(const struct target *writer, const struct target *reader, const struct reading *r)
{
	for (size_t i = 0; reader != writer && i < writer->at.n; i++)
		if (meets(reader, r, writer, i))
			return true;
	return false;
}

static bool reads_of(const struct target *reader, const struct target *writer)
{
	for (size_t k = 0; k < reader->n_reads; k++)
		if (makes(writer, reader, &reader->reads[k]))
			return true;
	return false;
}

/* Of what it reads, may this not be there yet when nothing is written? */
static bool may_lack(const struct reading *r)
{
	return !r->late && (!r->at.exists || (r->tag && S_ISDIR(r->at.mode)));
}

static void take_turn(const struct targets *all, const struct target *t, struct msk_turns *out)
{
	struct msk_turn *turn;

	MSK_GROW(out->v, out->n, out->cap);
	turn = &out->v[out->n++];
	*turn = (struct msk_turn){ .target = t->name };
	for (size_t k = 0; k < t->n_reads; k++)
		for (size_t i = 0; i < all->n && may_lack(&t->reads[k]); i++) {
			if (!all->v[i].chosen || !makes(&all->v[i], t, &t->reads[k]))
				continue;
			turn->awaits = msk_xstrdup(t->reads[k].given);
			turn->maker = all->v[i].name;
			turn->in_layout = t->reads[k].at.exists;
			return;
		}
}

void msk_turns_release(struct msk_turns *t)
{
	for (size_t i = 0; i < t->n; i++)
		free(t->v[i].awaits);
	free(t->v);
	*t = (struct msk_turns){ 0 };
}

static int fail_circle(const struct targets *all, const struct target *again, struct msk_err *err)
{
	MSK_AUTO_STR names = MSK_STR_INIT;
	size_t from = 0;

	assert(all->way.n);
	while (strcmp(all->way.v[from], again->name) != 0)
		from++;
	for (size_t i = from; i < all->way.n && names.len < 200; i++)
		msk_str_addf(&names, "%s%s", i > from ? ", " : "", all->way.v[i]);
	msk_fail(err, MSK_E_USAGE, "targets %s: each reads what the next one writes, in a circle", names.buf);
	return msk_hint(err, "--target %s makes one alone, of what is there", again->name);
}

static int settle(struct targets *all, struct target *t, struct msk_turns *out, struct msk_err *err)
{
	if (t->state == UNDER_WAY)
		return fail_circle(all, t, err);
	if (t->state == SETTLED)
		return 0;
	t->state = UNDER_WAY;
	msk_strv_push(&all->way, t->name);
	for (size_t i = 0; i < all->n; i++)
		if (all->v[i].chosen && reads_of(t, &all->v[i]) && settle(all, &all->v[i], out, err) < 0)
			return -1;
	free(all->way.v[--all->way.n]);
	take_turn(all, t, out);
	t->state = SETTLED;
	return 0;
}

/* The base is not there, and a target would make it that was not asked for. */
static int check_base(const struct targets *all, const struct target *t, bool writes, struct msk_err *err)
{
	MSK_AUTO_FREE char *tag = NULL, *digest = NULL;
	MSK_AUTO_FREE char *path = t->plan.base ? msk_source_split_name(t->plan.base, &tag, &digest) : NULL;

	for (size_t i = 0; path && access(path, F_OK) < 0 && i < all->n; i++) {
		const char *maker = all->v[i].name;

		if (all->v[i].chosen || !reads_of(t, &all->v[i]))
			continue;
		msk_fail(err, MSK_E_INPUT, "target %s: %s: no such image", t->name, t->plan.base);
		return writes ? msk_hint(err, "target %s makes it: --target %s --target %s", maker, maker, t->name) :
				msk_hint(err, "nothing is written here; --target %s alone would make it", maker);
	}
	return 0;
}

static struct target *find(const struct targets *all, const char *name)
{
	for (size_t i = 0; i < all->n; i++)
		if (strcmp(all->v[i].name, name) == 0)
			return &all->v[i];
	return NULL;
}

int msk_targets_settle(const struct msk_options *typed, struct config_file *f, const struct msk_strv *chosen,
		       struct msk_turns *out, struct msk_err *err)
{
	MSK_CLEANUP(targets_release) struct targets all = { .v = msk_xcalloc(f->targets.n + 1, sizeof *all.v) };
	const bool writes = !typed->dry_run && !typed->print, reads = !typed->print || strcmp(typed->print, "rootfs") == 0;

	for (; all.n < f->targets.n; all.n++) {
		const char *name = f->targets.v[all.n];

		all.v[all.n] = (struct target){ .name = name, .chosen = msk_strv_has(chosen, name) };
		look_at(typed, f, &all.v[all.n]);
	}
	if (!typed->print && check_all(&all, err) < 0)
		return -1;
	for (size_t i = 0; i < all.n; i++)
		if (check_own(typed, f, &all.v[i], err) < 0)
			return -1;
	for (size_t i = 0; i < chosen->n; i++) {
		struct target *t = find(&all, chosen->v[i]);

		assert(t);
		if ((reads && check_base(&all, t, writes, err) < 0) || settle(&all, t, out, err) < 0)
			return -1;
	}
	return 0;
}
