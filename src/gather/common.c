#include "common.h"

#include <string.h>

struct part {
	struct msk_rootfs *fs;         /* NULL: nothing was gathered yet */
	char *evidence;                /* --auto: why it is there, and for which program; NULL: an option asked for it */
	char *program;
};

struct msk_common {
	struct part parts[MSK_N_WANTS];
	struct msk_cert_facts certs;
};

struct msk_common *msk_common_new(void)
{
	return msk_xcalloc(1, sizeof(struct msk_common));
}

static void part_release(struct part *p)
{
	msk_rootfs_free(p->fs);
	free(p->evidence);
	free(p->program);
	*p = (struct part){ NULL, NULL, NULL };
}

void msk_common_cleanup(struct msk_common **c)
{
	for (size_t i = 0; *c && i < MSK_N_WANTS; i++)
		part_release(&(*c)->parts[i]);
	free(*c);
}

static bool same(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

bool msk_common_take(struct msk_gather *g, enum msk_want want)
{
	const struct part *p = g->common ? &g->common->parts[want] : NULL;
	const struct msk_required *by = &g->required[want];

	if (!p || !p->fs || !same(p->evidence, by->evidence) || !same(p->program, by->program))
		return false;
	msk_rootfs_copy(g->fs, p->fs);
	if (want == MSK_WANT_CERTIFICATES)
		g->certs = g->common->certs;
	return true;
}

void msk_common_give(struct msk_gather *g, enum msk_want want, struct msk_rootfs *own_fs)
{
	const struct msk_required *by = &g->required[want];
	struct part *p = g->common ? &g->common->parts[want] : NULL;

	if (!p) {
		msk_rootfs_absorb(g->fs, own_fs);
		msk_rootfs_free(own_fs);
		return;
	}
	part_release(p);
	*p = (struct part){ own_fs, by->evidence ? msk_xstrdup(by->evidence) : NULL,
			    by->program ? msk_xstrdup(by->program) : NULL };
	if (want == MSK_WANT_CERTIFICATES)
		g->common->certs = g->certs;
	msk_rootfs_copy(g->fs, own_fs);
}
