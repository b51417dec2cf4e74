#include "content.h"

#include "mkscratch/fs.h"

struct msk_content msk_gather_facts(const struct msk_rofile *f)
{
	return (struct msk_content){
		.fd = -1,
		.size = f->size,
		.dev = f->dev,
		.ino = f->ino,
		.mtime_ns = f->mtime_ns,
	};
}

int msk_gather_check_empty(const struct msk_rofile *f, const char *path, struct msk_err *err)
{
	char byte;
	ssize_t n = f->size || f->fd < 0 ? 0 : msk_pread_full(f->fd, &byte, 1, 0, path, err);

	if (n <= 0)
		return (int)n;
	msk_fail(err, MSK_E_INPUT, "%s: says that it has 0 bytes, and has more", path);
	return msk_hint(err, "cat %s >copy, and take that", path);
}

int msk_gather_host_file(struct msk_rootfs *fs, const struct msk_entry_spec *s, const struct msk_rofile *f,
			 char *own_path, struct msk_err *err)
{
	struct msk_content body = msk_gather_facts(f);

	body.host_path = own_path;
	if (msk_gather_check_empty(f, own_path, err) < 0) {
		free(own_path);
		return -1;
	}
	return msk_rootfs_add_file(fs, s, &body, err);
}

int msk_gather_lent_file(struct msk_rootfs *fs, const struct msk_entry_spec *s, const struct msk_rofile *f, const char *path,
			 struct msk_err *err)
{
	struct msk_content body = msk_gather_facts(f);

	body.host_path = (char *)(uintptr_t)path;
	body.lent = true;
	return msk_gather_check_empty(f, path, err) < 0 ? -1 : msk_rootfs_add_file(fs, s, &body, err);
}
