#include <errno.h>
#include <fcntl.h>
#include <sys/auxv.h>
#include <unistd.h>

#include "opt.h"
#include "mkscratch/mem.h"
#include "mkscratch/undo.h"

/* Where 0, 1 or 2 is closed, the next open() would take its number, and a message would land in an image. What stands in
 * is opened the wrong way round, so that a result that goes nowhere is an error as with any closed descriptor. */
static int fill_standard_fds(struct msk_err *err)
{
	for (int fd = 0; fd <= 2; fd++) {
		int flags = fd == 0 ? O_WRONLY : fd == 1 ? O_RDONLY : O_RDWR;

		if (fcntl(fd, F_GETFD) >= 0 || errno != EBADF)
			continue;
		if (open("/dev/null", flags) != fd)
			return msk_fail_sys(err, errno, "/dev/null: cannot open");
	}
	return 0;
}

int msk_start(struct msk_err *err)
{
	if (fill_standard_fds(err) < 0)
		return -1;
	if (getauxval(AT_SECURE))
		return msk_fail(err, MSK_E_USAGE, "refusing to run with the privileges of its file (set-id)");
	msk_undo_catch_signals();
	msk_heap_return_large();
	return 0;
}
