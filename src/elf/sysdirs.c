#include <elf.h>
#include <string.h>

#include "loader.h"

/* ld.so holds its system directories as an array of strings that end in '/', one behind the other. Other strings of
 * that shape ("/proc/") stand alone or do not lead to libraries. */

static bool is_path_char(unsigned char c)
{
	return c > ' ' && c < 0x7f && c != ':';
}

/* The path that ends at `end` (a NUL): what precedes it may be unrelated data. */
static const char *path_before(const char *bytes, size_t end)
{
	size_t start = end;

	while (start > 0 && is_path_char((unsigned char)bytes[start - 1]))
		start--;
	return start < end && bytes[start] == '/' ? bytes + start : NULL;
}

static bool is_library_dir(const char *path, size_t n)
{
	return n > 4 && path[n - 1] == '/' && memmem(path, n, "/lib", 4);
}

static void keep_longer(struct msk_strv *best, struct msk_strv *run)
{
	struct msk_strv old = *best;

	if (run->n > best->n) {
		*best = *run;
		*run = old;
	}
	msk_strv_release(run);
}

/* The next string in bytes[*at, n) with `part` in it, as far as it is a path up to its end, which goes to *end; NULL when
 * it is none. False: there is no such string. */
static bool next_path(const char *bytes, size_t n, const char *part, size_t at, const char **path, size_t *end)
{
	const char *hit = memmem(bytes + at, n - at, part, strlen(part));
	const char *nul = hit ? memchr(hit, '\0', n - (size_t)(hit - bytes)) : NULL;

	if (!nul)
		return false;
	*end = (size_t)(nul - bytes);
	*path = path_before(bytes, *end);
	return true;
}

static void scan_dirs(const char *bytes, size_t n, struct msk_strv *best)
{
	MSK_AUTO_STRV run = MSK_STRV_INIT;
	const char *path, *behind = NULL;

	for (size_t at = 0, end; at < n && next_path(bytes, n, "/lib", at, &path, &end); at = end + 1) {
		if (!path || !is_library_dir(path, (size_t)(bytes + end - path)))
			continue;
		if (path != behind)
			keep_longer(best, &run);
		msk_strv_push_own(&run, msk_xstrndup(path, (size_t)(bytes + end - path) - 1));
		behind = bytes + end + 1;
	}
	keep_longer(best, &run);
}

void msk_sysdirs_scan(const char *bytes, size_t n, struct msk_strv *dirs, char **cache_path)
{
	MSK_AUTO_STRV best = MSK_STRV_INIT;
	const char *path;

	scan_dirs(bytes, n, &best);
	for (size_t at = 0, end; at < n && !*cache_path && next_path(bytes, n, "/ld.so.cache", at, &path, &end); at = end + 1)
		if (path && msk_ends_with(path, "/ld.so.cache"))
			*cache_path = msk_xstrdup(path);
	*dirs = best;
	best = (struct msk_strv)MSK_STRV_INIT;
}

/* Debian's multiarch name. */
static const char *triplet_of(const struct msk_elf *e)
{
	switch (e->machine) {
	case EM_X86_64:  return e->elf_class == 64 ? "x86_64-linux-gnu" : "x86_64-linux-gnux32";
	case EM_386:     return "i386-linux-gnu";
	case EM_AARCH64: return "aarch64-linux-gnu";
	case EM_ARM:     return e->flags & 0x400 ? "arm-linux-gnueabihf" : "arm-linux-gnueabi";
	case EM_RISCV:   return "riscv64-linux-gnu";
	case EM_PPC64:   return e->big_endian ? "powerpc64-linux-gnu" : "powerpc64le-linux-gnu";
	case EM_S390:    return "s390x-linux-gnu";
	case EM_MIPS:    return e->elf_class == 64 ? "mips64el-linux-gnuabi64" : "mipsel-linux-gnu";
	case 258:        return "loongarch64-linux-gnu";
	default:         return NULL;
	}
}

static int add_if_dir(struct msk_rotree *t, char *own_path, struct msk_strv *dirs, struct msk_err *err)
{
	MSK_AUTO_FREE char *path = own_path;
	MSK_AUTO_STRV names = MSK_STRV_INIT;
	enum msk_lookup how;

	if (t->list(t, path, &how, &names, err) < 0)
		return -1;
	if (how == MSK_FOUND)
		msk_strv_push_own(dirs, msk_take(&path));
	return 0;
}

int msk_sysdirs_guess(struct msk_rotree *t, const struct msk_elf *program, struct msk_strv *dirs, struct msk_err *err)
{
	const char *triplet = triplet_of(program);
	bool wide = program->elf_class == 64 && program->machine != EM_ALPHA && program->machine != EM_IA_64;

	if (triplet && (add_if_dir(t, msk_xasprintf("/lib/%s", triplet), dirs, err) < 0 ||
			add_if_dir(t, msk_xasprintf("/usr/lib/%s", triplet), dirs, err) < 0))
		return -1;
	if (dirs->n == 0 && wide && program->machine == EM_RISCV) {
		msk_strv_push(dirs, "/lib64/lp64d");
		msk_strv_push(dirs, "/usr/lib64/lp64d");
	} else if (dirs->n == 0 && wide) {
		msk_strv_push(dirs, "/lib64");
		msk_strv_push(dirs, "/usr/lib64");
	}
	msk_strv_push(dirs, "/lib");
	msk_strv_push(dirs, "/usr/lib");
	return 0;
}
