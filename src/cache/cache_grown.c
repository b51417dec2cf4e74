/* How much a cache has grown since all of it was last looked at, so that not every run that adds something has to look
 * at hundreds of directories. It is a line with the bytes there were, then a line for each run that added. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cache_dir.h"
#include "mkscratch/fs.h"

#define NAME "grown"
#define NEW_NAME CACHE_TEMP_MARK NAME
#define MAX_BYTES 4096                 /* then it is time to look again: what others removed is not in it */

static bool write_line(int fd, uint64_t bytes)
{
	struct msk_err ignored = MSK_ERR_INIT;
	char line[32];
	int n = snprintf(line, sizeof line, "%llu\n", (unsigned long long)bytes);

	return msk_write_full(fd, line, (size_t)n, NAME, &ignored) == 0;
}

/* False for anything but lines of numbers. */
static bool sum_lines(const char *text, uint64_t *sum)
{
	while (*text) {
		char *end;
		unsigned long long n = strtoull(text, &end, 10);

		if (*text < '0' || *text > '9' || *end != '\n' || n > UINT64_MAX - *sum)
			return false;
		*sum += n;
		text = end + 1;
	}
	return true;
}

bool msk_cache_dir_grew(int dir, uint64_t bytes, uint64_t *total)
{
	MSK_AUTO_FD int fd = openat(dir, NAME, O_RDWR | O_APPEND | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	struct msk_err ignored = MSK_ERR_INIT;
	char text[MAX_BYTES + 1];
	ssize_t n;

	if (fd < 0 || !write_line(fd, bytes))
		return false;
	n = msk_pread_full(fd, text, sizeof text, 0, NAME, &ignored);
	if (n < 0 || n > MAX_BYTES)
		return false;
	text[n] = '\0';
	*total = 0;
	return strlen(text) == (size_t)n && sum_lines(text, total);
}

void msk_cache_dir_counted(int dir, uint64_t total)
{
	MSK_AUTO_FD int fd = openat(dir, NEW_NAME, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);

	if (fd >= 0 && write_line(fd, total))
		renameat(dir, NEW_NAME, dir, NAME);
}

void msk_cache_dir_forget(int dir)
{
	unlinkat(dir, NAME, 0);
	unlinkat(dir, NEW_NAME, 0);
}
