#include "mkscratch/fs.h"
#include "mkscratch/gather.h"
#include "mkscratch/rootfs_walk.h"
#include "mkscratch/secret_file.h"
#include "mkscratch/str.h"

/* The beginning of a file; less of one that is shorter. One that has changed meanwhile is refused by who packs it. */
static size_t read_start(const struct msk_content *c, char *buf, size_t n)
{
	struct msk_err ignored = MSK_ERR_INIT;
	MSK_AUTO_FD int fd = -1;
	ssize_t got;

	if (msk_content_open(c, &fd, &ignored) < 0)
		return 0;
	got = msk_pread_full(fd, buf, n, 0, "", &ignored);
	return got < 0 ? 0 : (size_t)got;
}

/* Files of trees would have to be opened for it, of which there may be a million. */
static bool is_small_and_named(const struct msk_entry *e)
{
	return e->body.size && e->body.size <= MSK_SECRET_FILE_MOST && msk_starts_with(e->origin.what, "--file ");
}

/* By either name: /run/key may be what was ~/.ssh/id_rsa, and the other way round. */
static void look(struct msk_secret_files *found, const struct msk_entry *e, char *buf)
{
	const char *path = msk_may_hold_secret(e->path) ? e->path : e->body.host_path;
	MSK_AUTO_FREE char *where = NULL;

	if (!msk_may_hold_secret(path)) {
		if (!is_small_and_named(e))
			return;
		path = e->path;
	}
	where = msk_xasprintf("%s (%s)", e->path, e->origin.what);
	msk_secret_files_look(found, path, where, buf, read_start(&e->body, buf, MSK_SECRET_FILE_MOST));
}

void msk_gather_tell_secrets(const struct msk_rootfs *fs, const struct msk_log *log)
{
	MSK_CLEANUP(msk_secret_files_release) struct msk_secret_files found = { 0 };
	MSK_AUTO_FREE char *buf = msk_xmalloc(MSK_SECRET_FILE_MOST);
	MSK_AUTO_ROOTFS_WALK w = { 0 };

	msk_rootfs_walk_init(&w, fs);
	for (const struct msk_entry *e; (e = msk_rootfs_next(&w));)
		if (e->type == MSK_FILE && e->body.host_path && e->stratum == MSK_STRATUM_APP)
			look(&found, e, buf);
	for (size_t i = 0; i < found.n; i++) {
		MSK_AUTO_FREE char *text = msk_secret_found_text(&found.v[i]);

		msk_warn(log, "%s; whoever has the image can read it: mount it when a container is started", text);
	}
}
