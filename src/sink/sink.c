#include "mkscratch/sink.h"

#include <string.h>
#include <sys/stat.h>

static bool is_directory(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

int msk_sink_open(const struct msk_target *t, const struct msk_log *log, struct msk_sink **out, struct msk_err *err)
{
	if (t->kind == MSK_TARGET_LAYOUT || (t->kind == MSK_TARGET_LAYOUT_OR_ARCHIVE && is_directory(t->path)))
		return msk_layout_sink_open(t, log, out, err);
	return msk_archive_sink_open(t, out, err);
}
