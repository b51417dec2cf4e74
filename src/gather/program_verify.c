#include "mkscratch/remarks.h"
#include "program.h"

static void warn(const struct msk_log *log, const struct msk_remarks *remarks)
{
	for (size_t i = 0; i < remarks->n; i++) {
		const struct msk_remark *remark = &remarks->v[i];

		if (remark->level == MSK_REMARK_WARNING)
			msk_warn(log, "%s: %s", remark->subject, remark->text);
		else if (remark->level == MSK_REMARK_INFO)
			msk_info(log, "%s: %s", remark->subject, remark->text);
	}
	if (remarks->left_out)
		msk_warn(log, "%s: and %zu remarks more", remarks->v[0].subject, remarks->left_out);
}

static int check(struct msk_program *p, struct msk_remarks *remarks, struct msk_err *err)
{
	struct msk_gather *g = p->g;

	if (!g->symbols)
		g->symbols = msk_symstore_new();
	/* Libraries of another C library are missing as a rule; then that is what to tell. */
	if (p->closure.n_missing) {
		msk_closure_verify_abi(&p->closure, remarks);
		return msk_remarks_check(remarks, err) < 0 ? -1 : msk_closure_check(&p->closure, p->in->src, err);
	}
	return msk_closure_verify(&p->closure, p->tree, &p->file, g->symbols, remarks, err) < 0 ? -1 :
	       msk_remarks_check(remarks, err);
}

int msk_program_fits(struct msk_program *p, struct msk_err *err)
{
	MSK_CLEANUP(msk_remarks_release) struct msk_remarks remarks = { 0 };

	return check(p, &remarks, err);
}

int msk_program_verify(struct msk_program *p, struct msk_err *err)
{
	MSK_CLEANUP(msk_remarks_release) struct msk_remarks remarks = { 0 };
	struct msk_gather *g = p->g;

	if (check(p, &remarks, err) < 0)
		return -1;
	if (p->closure.n_missing)
		return 0;
	if (!msk_program_is_above(p)) {
		msk_platform_raise(&g->platform, remarks.isa_level);
		warn(g->log, &remarks);
	}
	return 0;
}
