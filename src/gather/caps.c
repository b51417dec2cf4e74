/* --cap, and the one capability that is missed most often. */
#include <string.h>

#include "mkscratch/filecap.h"
#include "program.h"
#include "reach.h"

#define FIRST_FREE_PORT 1024
#define BINDS           "cap_net_bind_service"

int msk_gather_caps(struct msk_gather *g, struct msk_err *err)
{
	(void)err;
	for (size_t i = 0; i < g->plan->n_caps; i++)
		msk_rootfs_add_caps(g->fs, g->plan->caps[i].path, g->plan->caps[i].caps, g->plan->caps[i].spec);
	return 0;
}

bool msk_program_gains_rights(const struct msk_program *p)
{
	const struct msk_plan *plan = p->g->plan;
	const struct msk_who who = msk_gather_user(p->g);
	const struct msk_entry_spec s = msk_program_spec(p);
	uint64_t caps = 0;

	for (size_t i = 0; i < plan->n_caps; i++)
		if (strcmp(plan->caps[i].path, p->in->dest) == 0)
			caps = plan->caps[i].caps;
	return msk_gains_rights(&who, s.mode, s.uid, s.gid, caps);
}

/* The port of the lowest number: they are sorted. */
static const char *low_port(const struct msk_config *c)
{
	return c->ports.n && strtoul(c->ports.v[0], NULL, 10) < FIRST_FREE_PORT ? c->ports.v[0] : NULL;
}

void msk_warn_low_port(const struct msk_gather *g)
{
	const struct msk_config *c = &g->plan->config;
	const char *port = low_port(c), *program = c->entrypoint.n ? c->entrypoint.v[0] : c->cmd.v[0];
	const struct msk_entry *e;

	if (!port || g->plan->user.uid == 0)
		return;
	e = program[0] == '/' ? msk_rootfs_find(g->fs, program) : NULL;
	if (e && e->caps >> msk_filecap_number(BINDS) & 1)
		return;
	msk_warn(g->log, "--expose %s: not every runtime lets user %u bind a port below %d; --cap %s=" BINDS " does", port,
		 g->plan->user.uid, FIRST_FREE_PORT, program);
}
