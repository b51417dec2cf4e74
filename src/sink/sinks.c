#include <stdlib.h>

#include "mkscratch/sink.h"

int msk_sinks_open(const struct msk_target *targets, size_t n, const struct msk_log *log, struct msk_sinks *out,
		   struct msk_err *err)
{
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

int msk_sinks_deliver(const struct msk_sinks *s, const struct msk_product *p, struct msk_store *st, struct msk_err *err)
{
	for (size_t i = 0; i < s->n; i++)
		if (s->v[i]->ops->write(s->v[i], p, st, err) < 0)
			return -1;
	for (size_t i = 0; i < s->n; i++)
		if (s->v[i]->ops->publish(s->v[i], p, st, err) < 0)
			return -1;
	return 0;
}

void msk_sinks_close(struct msk_sinks *s)
{
	for (size_t i = 0; i < s->n; i++)
		s->v[i]->ops->close(s->v[i]);
	free(s->v);
	*s = (struct msk_sinks){ NULL, 0 };
}
