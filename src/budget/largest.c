#include "largest.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "mkscratch/doctor.h"

static int compare(const void *pa, const void *pb)
{
	const struct msk_entry *a = *(const struct msk_entry *const *)pa, *b = *(const struct msk_entry *const *)pb;

	int c = (a->body.size < b->body.size) - (a->body.size > b->body.size);

	return c ? c : strcmp(a->path, b->path);
}

size_t msk_largest(const struct msk_rootfs *fs, const struct msk_entry **out, size_t n)
{
	MSK_AUTO_FREE const struct msk_entry **all = msk_xcalloc(msk_rootfs_count(fs) + 1, sizeof *all);
	size_t found = 0;

	for (size_t i = 0; i < msk_rootfs_count(fs); i++)
		if (msk_rootfs_at(fs, i)->type == MSK_FILE && msk_rootfs_at(fs, i)->body.size)
			all[found++] = msk_rootfs_at(fs, i);
	qsort(all, found, sizeof *all, compare);
	if (found < n)
		n = found;
	for (size_t i = 0; i < n; i++)
		out[i] = all[i];
	return n;
}

void msk_tell_strip(const struct msk_entry *e, struct msk_err *err)
{
	MSK_CLEANUP(msk_diagnosis_release) struct msk_diagnosis d = { 0 };
	struct msk_rofile f = { .fd = -1, .mode = S_IFREG | e->mode, .size = e->body.size };
	struct msk_doctor_args args = { .file = &f, .name = e->path };
	struct msk_err ignored = MSK_ERR_INIT;
	MSK_AUTO_STR saved = MSK_STR_INIT;

	if (!e->body.host_path || msk_content_open(&e->body, &f.fd, &ignored) < 0)
		return;
	if (msk_doctor_examine(&args, &d, &ignored) == 0 && msk_strip_advice(&d)) {
		msk_str_add_size(&saved, d.debug_bytes + d.symbol_bytes);
		msk_detail(err, "  %s would be %s less when stripped: %s", e->path, saved.buf, msk_strip_advice(&d));
	}
	close(f.fd);
}
