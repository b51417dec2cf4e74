#include "content.h"

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

int msk_gather_host_file(struct msk_rootfs *fs, const struct msk_entry_spec *s, const struct msk_rofile *f,
			 char *own_path, struct msk_err *err)
{
	struct msk_content body = msk_gather_facts(f);

	body.host_path = own_path;
	return msk_rootfs_add_file(fs, s, &body, err);
}
