#include "mkscratch/spool.h"

#include <errno.h>
#include <unistd.h>

#include "mkscratch/fs.h"
#include "mkscratch/tempfile.h"

#define IN_MEMORY (1u << 20)
#define CHUNK     (256u << 10)
#define STAGING   "staging file"

int msk_spool_added(struct msk_spool *s, struct msk_err *err)
{

	if (s->text.len < IN_MEMORY)
		return 0;
	if (!s->has_file && msk_tempfile_anonymous(msk_stage_dirs, &s->fd, err) < 0)
		return -1;
	s->has_file = true;
	if (msk_pwrite_full(s->fd, s->text.buf, s->text.len, s->in_file, STAGING, err) < 0)
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
		ssize_t n = msk_pread_full(s->fd, buf, want, done, STAGING, err);

		if (n == 0)
			return msk_fail_sys(err, EIO, STAGING ": cannot read");
		if (n < 0 || msk_write_full(fd, buf, (size_t)n, name, err) < 0)
			return -1;
		done += (uint64_t)n;
	}
	return msk_write_full(fd, msk_str_c(&s->text), s->text.len, name, err);
}

void msk_spool_release(struct msk_spool *s)
{
	msk_str_release(&s->text);
	if (s->has_file)
		close(s->fd);
	*s = (struct msk_spool){ 0 };
}
