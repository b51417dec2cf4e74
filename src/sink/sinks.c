#include <stdlib.h>

#include "mkscratch/sink.h"

int msk_sinks_open(const struct msk_target *targets, size_t n, const struct msk_log *log, struct msk_sinks *out,
		   struct msk_err *err)
{
	out->log = log;
	out->v = msk_xcalloc(n, sizeof *out->v);
	for (; out->n < n; out->n++)
		if (msk_sink_open(&targets[out->n], log, &out->v[out->n], err) < 0)
			return -1;
	return 0;
}

void msk_sinks_stage(const struct msk_sinks *s, const struct msk_product *like, struct msk_store *st)
{
	for (size_t i = 0; i < s->n; i++) {
		const struct msk_sink_ops *ops = s->v[i]->ops;
		struct msk_stage *stage = ops->stage ? ops->stage(s->v[i], like) : NULL;

		if (stage) {
			msk_store_stage_in(st, stage);
			return;
		}
	}
}

/* Those that can be taken back, or those that cannot. `left`: how many of all are still to come. */
static int publish_such(struct msk_sinks *s, bool reverts, size_t *left, const struct msk_product *p, struct msk_store *st,
			struct msk_err *err)
{
	for (size_t i = 0; i < s->n; i++) {
		struct msk_sink *one = s->v[i];

		if (one->ops->reverts != reverts)
			continue;
		one->all_there = s->n > 1 ? &s->all_there : NULL;
		one->last = --*left == 0;
		if (one->ops->publish(one, p, st, err) < 0)
			return -1;
	}
	return 0;
}

static int publish_all(struct msk_sinks *s, const struct msk_product *p, struct msk_store *st, struct msk_err *err)
{
	size_t left = s->n;

	if (publish_such(s, true, &left, p, st, err) < 0)
		return -1;
	return publish_such(s, false, &left, p, st, err);
}

static void tell_unchanged(const struct msk_sinks *s)
{
	for (size_t i = 0; i < s->n; i++)
		if (s->v[i]->unchanged)
			msk_info(s->log, "%s: unchanged, left as it was", s->v[i]->name);
}

static int foresee_all(const struct msk_sinks *s, const struct msk_product *p, struct msk_err *err)
{
	for (size_t i = 0; i < s->n; i++)
		if (s->v[i]->ops->foresee && s->v[i]->ops->foresee(s->v[i], p, err) < 0)
			return -1;
	return 0;
}

int msk_sinks_deliver(struct msk_sinks *s, const struct msk_product *p, struct msk_store *st, struct msk_err *err)
{
	if (foresee_all(s, p, err) < 0 || msk_warned_check(s->log, err) < 0)
		return -1;
	for (size_t i = 0; i < s->n; i++)
		if (s->v[i]->ops->write(s->v[i], p, st, err) < 0)
			return -1;
	if (publish_all(s, p, st, err) < 0)
		return -1;
	tell_unchanged(s);
	return 0;
}

void msk_sinks_close(struct msk_sinks *s)
{
	for (size_t i = 0; i < s->n; i++)
		s->v[i]->ops->close(s->v[i]);
	free(s->v);
	*s = (struct msk_sinks){ 0 };
}
