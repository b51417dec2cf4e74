#include "mkscratch/cache_tag.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "mkscratch/fs.h"

#define NAME "CACHEDIR.TAG"

static const char text[] = "Signature: 8a477f597d28d172789f06886806bc55\n"
			   "# A cache of mkscratch; it may be removed at any time.\n";

void msk_cache_tag_put(int dir)
{
	MSK_AUTO_FD int fd = openat(dir, NAME, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	struct msk_err ignored = MSK_ERR_INIT;

	if (fd >= 0)
		msk_write_full(fd, text, sizeof text - 1, NAME, &ignored);
}

/* Looked at before it is opened: most directories have none, and what has the name may be anything. */
bool msk_cache_tag_is_in(int dir)
{
	MSK_AUTO_FD int fd = -1;
	char have[sizeof text];
	struct stat st;

	if (fstatat(dir, NAME, &st, AT_SYMLINK_NOFOLLOW) < 0 || !S_ISREG(st.st_mode) || st.st_size != sizeof text - 1)
		return false;
	fd = openat(dir, NAME, O_RDONLY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC);
	return fd >= 0 && pread(fd, have, sizeof have, 0) == sizeof text - 1 && memcmp(have, text, sizeof text - 1) == 0;
}

void msk_cache_tag_drop(int dir)
{
	if (msk_cache_tag_is_in(dir))
		unlinkat(dir, NAME, 0);
}
