#include "mkscratch/remarks.h"
#include "program.h"

static void warn(const struct msk_log *log, const struct msk_remarks *f)
{
	for (size_t i = 0; i < f->n; i++) {
		const struct msk_remark *n = &f->v[i];

		if (n->level == MSK_REMARK_WARNING)
			msk_warn(log, "%s: %s", n->subject, n->text);
		else if (n->level == MSK_REMARK_INFO)
			msk_info(log, "%s: %s", n->subject, n->text);
	}
	if (f->left_out)
		msk_warn(log, "%s: and %zu remarks more", f->v[0].subject, f->left_out);
}

int msk_program_verify(struct msk_program *p, struct msk_err *err)
{
	MSK_CLEANUP(msk_remarks_release) struct msk_remarks f = { 0 };
	struct msk_gather *g = p->g;

	if (!g->symbols)
		g->symbols = msk_symstore_new();
	/* Libraries of another C library are missing as a rule; then that is what to tell. */
	if (p->closure.n_missing) {
		msk_closure_verify_abi(&p->closure, &f);
		return msk_remarks_check(&f, err) < 0 ? -1 : msk_closure_check(&p->closure, p->in->src, err);
	}
	if (msk_closure_verify(&p->closure, msk_host_tree(g->libs), &p->file, g->symbols, &f, err) < 0 ||
	    msk_remarks_check(&f, err) < 0)
		return -1;
	if (!msk_program_is_above(p)) {
		msk_platform_raise(&g->platform, f.isa_level);
		warn(g->log, &f);
	}
	return 0;
}
