#include <string.h>

#include "mkscratch/elf.h"
#include "mkscratch/gather.h"
#include "mkscratch/path.h"

void msk_crews_release(struct msk_crews *c)
{
	for (size_t i = 0; i < c->n; i++)
		free(c->v[i].members);
	free(c->v);
	*c = (struct msk_crews){ NULL, 0 };
}

static int read_platform(const struct msk_input *in, struct msk_platform *out, struct msk_err *err)
{
	MSK_CLEANUP(msk_elf_release) struct msk_elf elf = { 0 };
	MSK_AUTO_ROFILE f = MSK_ROFILE_INIT;

	if (msk_host_open_input(in->src, &f, err) < 0 || msk_elf_read(&f, in->src, &elf, err) < 0 ||
	    msk_elf_check_program(&elf, in->src, err) < 0)
		return -1;
	*out = elf.platform;
	return msk_rofile_unchanged(&f, f.fd, in->src, err);
}

/* A program and the platform it is built for. */
struct hand {
	const struct msk_input *in;
	struct msk_platform platform;
};

struct hands {
	struct hand *v;              /* by input of the plan; `in` is NULL for what is no program */
	size_t n;
};

static void hands_release(struct hands *h)
{
	free(h->v);
}

/* Programs stand before all other inputs, of which there may be very many. */
static size_t behind_programs(const struct msk_plan *plan)
{
	size_t n = plan->n_inputs;

	while (n && plan->inputs[n - 1].kind != MSK_INPUT_BIN)
		n--;
	return n;
}

static int read_hands(const struct msk_plan *plan, struct hands *h, struct msk_err *err)
{
	size_t n = behind_programs(plan);

	h->v = msk_xcalloc(n, sizeof *h->v);
	for (; h->n < n; h->n++) {
		struct hand *to = &h->v[h->n];

		if (plan->inputs[h->n].kind != MSK_INPUT_BIN)
			continue;
		to->in = &plan->inputs[h->n];
		if (read_platform(to->in, &to->platform, err) < 0)
			return -1;
	}
	return 0;
}

static bool differ_by_level(const struct msk_platform *a, const struct msk_platform *b)
{
	struct msk_platform joined = *a;

	return !msk_platform_equal(a, b) && msk_platform_join(&joined, b);
}

/* Nearly always; then nothing has to be held against all others. */
static bool are_of_one_platform(const struct hands *h)
{
	const struct msk_platform *first = NULL;

	for (size_t i = 0; i < h->n; i++) {
		if (!h->v[i].in)
			continue;
		first = first ? first : &h->v[i].platform;
		if (!msk_platform_equal(first, &h->v[i].platform))
			return false;
	}
	return true;
}

/* Are there programs of several levels for one place? Then each level is a platform of its own. */
static bool are_levels_apart(const struct hands *h)
{
	if (are_of_one_platform(h))
		return false;
	for (size_t i = 0; i < h->n; i++)
		for (size_t k = 0; k < i && h->v[i].in; k++)
			if (h->v[k].in && strcmp(h->v[i].in->dest, h->v[k].in->dest) == 0 &&
			    differ_by_level(&h->v[i].platform, &h->v[k].platform))
				return true;
	return false;
}

static struct msk_crew *find_crew(struct msk_crews *c, const struct msk_platform *pf, bool apart)
{
	for (size_t i = 0; i < c->n; i++)
		if (msk_platform_equal(&c->v[i].platform, pf) || (!apart && msk_platform_join(&c->v[i].platform, pf)))
			return &c->v[i];
	return NULL;
}

static void muster(const struct hands *h, struct msk_crews *c)
{
	bool apart = are_levels_apart(h);

	c->v = msk_xcalloc(h->n, sizeof *c->v);
	for (size_t i = 0; i < h->n; i++) {
		struct msk_crew *crew;

		if (!h->v[i].in)
			continue;
		crew = find_crew(c, &h->v[i].platform, apart);
		if (!crew) {
			crew = &c->v[c->n++];
			crew->platform = h->v[i].platform;
			crew->members = msk_xcalloc(h->n, sizeof *crew->members);
		}
		crew->members[i] = true;
	}
}

static void take_base(const struct msk_platform *of_base, struct msk_crews *c)
{
	c->v = msk_xcalloc(1, sizeof *c->v);
	c->v[c->n++].platform = *of_base;
}

static bool has_dest(const struct msk_crew *c, const struct hands *h, const char *dest)
{
	for (size_t i = 0; i < h->n; i++)
		if (c->members[i] && strcmp(h->v[i].in->dest, dest) == 0)
			return true;
	return false;
}

static const struct msk_input *first_of(const struct msk_crew *c, const struct hands *h)
{
	size_t i = 0;

	while (!c->members[i])
		i++;
	return h->v[i].in;
}

/* "app-linux-arm64" is app; false: the name does not end in the word. */
static bool cut_word(char *name, const char *word)
{
	size_t n = strlen(name), w = strlen(word);

	if (n <= w + 1 || strcmp(name + n - w, word) != 0 || !strchr("-_.", name[n - w - 1]))
		return false;
	name[n - w - 1] = '\0';
	return true;
}

static char *plain_name(const struct msk_input *in, const struct msk_platform *pf)
{
	char *name = msk_path_base(in->src);

	if (cut_word(name, pf->arch))
		cut_word(name, pf->os);
	return name;
}

/* Files that are called by their platforms have become two programs that were to be one. */
static int hint_dest(const struct msk_input *in, const struct msk_platform *pf, const struct hand *other,
		     struct msk_err *err)
{
	MSK_AUTO_FREE char *mine = plain_name(in, pf), *theirs = plain_name(other->in, &other->platform);
	MSK_AUTO_FREE char *base = msk_path_base(other->in->src);

	if (strcmp(mine, theirs) == 0 && strcmp(theirs, base) != 0)
		return msk_hint(err, "every platform has the same programs: --bin %s:/%s --bin %s:/%s", other->in->src, theirs,
				in->src, mine);
	return msk_hint(err, "every platform has the same programs: --bin %s:%s", in->src, other->in->dest);
}

static int fail_lacking(const struct msk_crew *c, const struct hands *h, const struct hand *other, struct msk_err *err)
{
	MSK_AUTO_STR mine = MSK_STR_INIT, theirs = MSK_STR_INIT;
	const struct msk_input *first = first_of(c, h);

	msk_platform_add(&mine, &c->platform);
	msk_platform_add(&theirs, &other->platform);
	msk_fail(err, MSK_E_USAGE, "%s: built for %s, for which there is no %s (for %s there is)", first->src, mine.buf,
		 other->in->dest, theirs.buf);
	return hint_dest(first, &c->platform, other, err);
}

/* A program that was built for another machine by mistake would else become an image that lacks the others. */
static int check_dests(const struct msk_crews *c, const struct hands *h, struct msk_err *err)
{
	for (size_t i = 0; i < h->n && c->n > 1; i++)
		for (size_t k = 0; k < c->n && h->v[i].in; k++)
			if (!has_dest(&c->v[k], h, h->v[i].in->dest))
				return fail_lacking(&c->v[k], h, &h->v[i], err);
	return 0;
}

static bool is_there(const struct msk_crews *c, const struct msk_platform *want)
{
	for (size_t i = 0; i < c->n; i++)
		if (msk_platform_covers(want, &c->v[i].platform))
			return true;
	return false;
}

static int fail_absent(const struct msk_plan *plan, const struct msk_crews *c, const char *option,
		       const struct msk_platform *pf, struct msk_err *err)
{
	MSK_AUTO_STR want = MSK_STR_INIT, have = MSK_STR_INIT;

	msk_platform_add(&want, pf);
	for (size_t i = 0; i < c->n; i++) {
		msk_str_adds(&have, i ? ", " : "");
		msk_platform_add(&have, &c->v[i].platform);
	}
	if (!plan->has_programs)
		return msk_fail(err, MSK_E_USAGE, "%s %s: the base is for %s", option, want.buf, have.buf);
	msk_fail(err, MSK_E_USAGE, "%s %s: no program is built for it", option, want.buf);
	return msk_hint(err, "there are programs for %s", have.buf);
}

static int check_options(const struct msk_plan *plan, const struct msk_crews *c, struct msk_err *err)
{
	if (msk_platform_known(&plan->loaded) && !is_there(c, &plan->loaded))
		return fail_absent(plan, c, "--platform", &plan->loaded, err);
	for (size_t i = 0; i < plan->n_roots; i++)
		if (!is_there(c, &plan->roots[i].platform))
			return fail_absent(plan, c, "--root", &plan->roots[i].platform, err);
	return 0;
}

static int by_platform(const void *a, const void *b)
{
	return msk_platform_compare(&((const struct msk_crew *)a)->platform, &((const struct msk_crew *)b)->platform);
}

int msk_gather_crews(const struct msk_plan *plan, const struct msk_platform *of_base, struct msk_crews *out,
		     struct msk_err *err)
{
	MSK_CLEANUP(hands_release) struct hands h = { NULL, 0 };
	MSK_CLEANUP(msk_crews_release) struct msk_crews c = { NULL, 0 };

	if (read_hands(plan, &h, err) < 0)
		return -1;
	if (plan->has_programs)
		muster(&h, &c);
	else
		take_base(of_base, &c);
	qsort(c.v, c.n, sizeof *c.v, by_platform);
	if (check_dests(&c, &h, err) < 0 || check_options(plan, &c, err) < 0)
		return -1;
	*out = c;
	c = (struct msk_crews){ NULL, 0 };
	return 0;
}
