/* Sinks: where images go. The order is fixed: open all, write all, publish all, close all; close without
 * publish leaves nothing visible. A run's old outputs stay byte for byte until publish.
 *
 * Between open and write one sink may be asked for a stage: where in what it writes the blobs will lie, so that they
 * are put there while they are made. Before the first is written each is asked what there is to warn of. */
#ifndef MKSCRATCH_SINK_H
#define MKSCRATCH_SINK_H

#include "mkscratch/image.h"
#include "mkscratch/log.h"

struct msk_sink;

struct msk_sink_ops {
	/* Room for the blobs of a delivery like this one (msk_image_outline); it lives until close. NULL, and a result of
	 * NULL: there is none. One that comes out otherwise costs time, nothing else. */
	struct msk_stage *(*stage)(struct msk_sink *s, const struct msk_product *like);
	/* Warn of what becomes of the image there, as far as it can be known by now. NULL: there is nothing. */
	int (*foresee)(struct msk_sink *s, const struct msk_product *p, struct msk_err *err);
	int (*write)(struct msk_sink *s, const struct msk_product *p, struct msk_store *st, struct msk_err *err);
	int (*publish)(struct msk_sink *s, const struct msk_product *p, struct msk_store *st, struct msk_err *err);
	bool reverts;                          /* close takes back what is published, unless all are there */
	void (*close)(struct msk_sink *s);     /* also frees */
};

struct msk_sink {
	const struct msk_sink_ops *ops;
	const char *name;                      /* the output as typed */
	/* Of several: whether all are published, which the last says in the moment at which it is; one that can be taken back
	 * is while this is false. NULL: there is one alone. */
	bool *all_there;
	bool last;
	bool unchanged;                        /* once published: all was there before, and is left as it was */
};

/* Check that the target can be made and prepare it. Fails: MSK_E_IO, MSK_E_INPUT (a directory that is no layout). */
int msk_sink_open(const struct msk_target *t, const struct msk_log *log, struct msk_sink **out, struct msk_err *err);

/* Those of a run, in the order of the targets. Open them before the long work, so that one which cannot be written is known at
 * once; *out is to be closed also after a failure. */
struct msk_sinks {
	struct msk_sink **v;
	size_t n;
	bool all_there;                        /* sinks point here: do not move it */
	const struct msk_log *log;
};
int msk_sinks_open(const struct msk_target *targets, size_t n, const struct msk_log *log, struct msk_sinks *out,
		   struct msk_err *err);
/* Blobs may be made where an archive will have them; other outputs copy them from there. */
void msk_sinks_stage(const struct msk_sinks *s, const struct msk_product *like, struct msk_store *st);
/* Everything is written everywhere before anything becomes visible anywhere, and nothing where warnings forbid it
 * (msk_warned_check). Archives come first, since they can be taken back
 * when another output fails; so of one layout and any number of archives it is all or none. */
int msk_sinks_deliver(struct msk_sinks *s, const struct msk_product *p, struct msk_store *st, struct msk_err *err);
void msk_sinks_close(struct msk_sinks *s);

/* The two kinds. */
int msk_archive_sink_open(const struct msk_target *t, struct msk_sink **out, struct msk_err *err);
int msk_layout_sink_open(const struct msk_target *t, const struct msk_log *log, struct msk_sink **out, struct msk_err *err);

#endif
