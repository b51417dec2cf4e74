#include "mkscratch/sink.h"

#include <errno.h>
#include <sys/stat.h>

/* What cannot be looked at might be a layout that is there. */
static int look_if_directory(const char *path, bool *is, struct msk_err *err)
{
	struct stat st;

	if (stat(path, &st) < 0)
		return errno == ENOENT ? 0 : msk_fail_sys(err, errno, "%s: cannot create", path);
	*is = S_ISDIR(st.st_mode);
	return 0;
}

int msk_sink_open(const struct msk_target *t, const struct msk_log *log, struct msk_sink **out, struct msk_err *err)
{
	bool layout = t->kind == MSK_TARGET_LAYOUT;

	if (t->kind == MSK_TARGET_LAYOUT_OR_ARCHIVE && look_if_directory(t->path, &layout, err) < 0)
		return -1;
	return layout ? msk_layout_sink_open(t, log, out, err) : msk_archive_sink_open(t, out, err);
}
