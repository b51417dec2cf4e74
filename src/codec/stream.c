#include "mkscratch/stream.h"

int msk_writer_write(struct msk_writer *w, const void *p, size_t n, struct msk_err *err)
{
	return n ? w->write(w, p, n, err) : 0;
}

int msk_writer_finish(struct msk_writer *w, struct msk_err *err)
{
	return w->finish(w, err);
}
