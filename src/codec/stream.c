#include "mkscratch/stream.h"

int msk_writer_write(struct msk_writer *w, const void *p, size_t n, struct msk_err *err)
{
	return n ? w->write(w, p, n, err) : 0;
}

int msk_writer_finish(struct msk_writer *w, struct msk_err *err)
{
	return w->finish(w, err);
}

static int str_write(struct msk_writer *w, const void *p, size_t n, struct msk_err *err)
{
	(void)err;
	msk_str_add(((struct msk_str_writer *)w)->to, p, n);
	return 0;
}

static int str_finish(struct msk_writer *w, struct msk_err *err)
{
	(void)w;
	(void)err;
	return 0;
}

struct msk_str_writer msk_str_writer(struct msk_str *to)
{
	return (struct msk_str_writer){ { str_write, str_finish }, to };
}
