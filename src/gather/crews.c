#include "mkscratch/elf.h"
#include "mkscratch/gather.h"

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

/* The first program sets the platform; of CPU levels the highest counts. */
static int join(struct msk_crew *c, const struct msk_input *first, const struct msk_input *in,
		const struct msk_platform *pf, struct msk_err *err)
{
	MSK_AUTO_STR mine = MSK_STR_INIT, theirs = MSK_STR_INIT;

	if (in == first)
		c->platform = *pf;
	if (msk_platform_equal(&c->platform, pf) || msk_platform_join(&c->platform, pf))
		return 0;
	msk_platform_add(&mine, pf);
	msk_platform_add(&theirs, &c->platform);
	msk_fail(err, MSK_E_USAGE, "%s: built for %s, but %s for %s", in->src, mine.buf, first->src, theirs.buf);
	return msk_hint(err, "an image holds one platform; build one for each");
}

int msk_gather_crews(const struct msk_plan *plan, struct msk_crews *out, struct msk_err *err)
{
	MSK_CLEANUP(msk_crews_release) struct msk_crews c = { msk_xcalloc(1, sizeof *c.v), 1 };

	c.v[0].members = msk_xcalloc(plan->n_inputs, sizeof *c.v[0].members);
	for (size_t i = 0; i < plan->n_inputs; i++) {
		const struct msk_input *in = &plan->inputs[i];
		struct msk_platform pf;

		if (in->kind != MSK_INPUT_BIN)
			continue;
		if (read_platform(in, &pf, err) < 0 || join(&c.v[0], &plan->inputs[0], in, &pf, err) < 0)
			return -1;
		c.v[0].members[i] = true;
	}
	*out = c;
	c = (struct msk_crews){ NULL, 0 };
	return 0;
}
