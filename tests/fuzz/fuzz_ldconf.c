/* ld.so.conf and what it includes. The bytes are files with NULs between them: "PATH\nCONTENTS". */
#include "../../src/elf/loader.h"
#include "memtree.h"

static void add_file(struct memtree *t, const char *p, size_t n)
{
	const char *eol = memchr(p, '\n', n);
	MSK_AUTO_FREE char *path = msk_xstrndup(p, eol ? (size_t)(eol - p) : n);
	struct memnode *node = memtree_add(t, path);

	if (node && eol)
		msk_str_add(&node->bytes, eol + 1, (size_t)(p + n - eol - 1));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	MEMTREE_AUTO t = MEMTREE_INIT;
	MSK_AUTO_STRV dirs = MSK_STRV_INIT;
	struct msk_err err = MSK_ERR_INIT;

	for (size_t at = 0; at < size;) {
		const uint8_t *nul = memchr(data + at, '\0', size - at);
		size_t n = nul ? (size_t)(nul - data) - at : size - at;

		add_file(&t, (const char *)data + at, n);
		at += n + 1;
	}
	assert(msk_ldconf_read(&t.tree, "/etc/ld.so.conf", &dirs, &err) == 0);
	for (size_t i = 0; i < dirs.n; i++)
		assert(dirs.v[i][0] == '/' && !strpbrk(dirs.v[i], "#=\n"));
	return 0;
}
