#include "mkscratch/spool.h"

#include "mkscratch/fs.h"

#define IN_MEMORY (1u << 20)
#define CHUNK     (256u << 10)

int msk_spool_added(struct msk_spool *s, struct msk_err *err)
{
	if (s->text.len < IN_MEMORY)
		return 0;
	if (msk_staged_write(&s->file, s->text.buf, s->text.len, s->in_file, err) < 0)
		return -1;
	s->in_file += s->text.len;
	s->text.len = 0;
	return 0;
}

int msk_spool_write(const struct msk_spool *s, int fd, const char *name, struct msk_err *err)
{
	MSK_AUTO_FREE char *buf = msk_xmalloc(CHUNK);

	for (uint64_t done = 0; done < s->in_file;) {
		size_t want = s->in_file - done < CHUNK ? (size_t)(s->in_file - done) : CHUNK;

		msk_staged_read(&s->file, buf, want, done);
		if (msk_write_full(fd, buf, want, name, err) < 0)
			return -1;
		done += want;
	}
	return msk_write_full(fd, msk_str_c(&s->text), s->text.len, name, err);
}

void msk_spool_release(struct msk_spool *s)
{
	msk_str_release(&s->text);
	msk_staged_release(&s->file);
	*s = (struct msk_spool){ 0 };
}
