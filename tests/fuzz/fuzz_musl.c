/* musl's path file, by way of a program that needs one library. */
#include "../unit/fake_elf.h"
#include "memtree.h"
#include "mkscratch/closure.h"

#define LDSO "/lib/ld-musl-x86_64.so.1"

static struct fake_file file;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	MEMTREE_AUTO t = MEMTREE_INIT;
	MSK_CLEANUP(msk_closure_release) struct msk_closure c = { 0 };
	struct msk_closure_args args = { .tree = &t.tree, .origin = "/" };
	MSK_AUTO_ROFILE f = MSK_ROFILE_INIT;
	struct msk_err err = MSK_ERR_INIT;

	fake_make(&file, &(struct fake){ .soname = "libc.so" });
	msk_str_add(&memtree_add(&t, LDSO)->bytes, file.b, file.n);
	msk_str_add(&memtree_add(&t, "/etc/ld-musl-x86_64.path")->bytes, data, size);
	fake_make(&file, &(struct fake){ .interp = LDSO, .needed = { "libx.so" } });
	f = fuzz_file(file.b, file.n);
	f.ino = UINT64_MAX;
	assert(msk_closure_resolve(&args, &f, "app", &c, &err) == 0);
	assert(c.n_objects == 2 && c.n_missing == 1);
	for (size_t i = 0; i < c.system_dirs.n; i++)
		assert(c.system_dirs.v[i][0] == '/' && !strpbrk(c.system_dirs.v[i], ":\n"));
	return 0;
}
