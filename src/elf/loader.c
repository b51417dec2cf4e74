#include "loader.h"

#include <elf.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "mkscratch/fs.h"

/* Steps along chains and lists: beyond this the files mean us harm. */
#define MAX_STEPS ((uint64_t)1 << 28)

int msk_loader_charge(struct msk_loader *l, uint64_t steps, struct msk_err *err)
{
	l->steps += steps;
	l->spent = l->probes > MSK_CLOSURE_MAX_PROBES || l->steps > MAX_STEPS;
	if (l->spent)
		return msk_fail(err, MSK_E_INPUT, "%s: its libraries cannot be found within %d files tried", l->program,
				MSK_CLOSURE_MAX_PROBES);
	return 0;
}

void msk_loader_note(const struct msk_loader *l, const char *fmt, ...)
{
	char text[1024];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	if (l->c->notes.n < 64 && !msk_strv_has(&l->c->notes, text))
		msk_strv_push(&l->c->notes, text);
}

struct msk_search_path *msk_loader_path(struct msk_loader *l, size_t object)
{
	if (object >= l->n_paths) {
		size_t n = l->c->n_objects + l->c->n_objects / 2;

		l->paths = msk_xrealloc(l->paths, n, sizeof *l->paths);
		memset(l->paths + l->n_paths, 0, (n - l->n_paths) * sizeof *l->paths);
		l->n_paths = n;
	}
	return &l->paths[object];
}

char *msk_loader_origin(const struct msk_loader *l, size_t object)
{
	if (object == 0 && l->args->find_origin)
		return l->args->find_origin(l->args->find_ctx);
	if (object == 0)
		return l->args->origin ? msk_xstrdup(l->args->origin) : NULL;
	return msk_path_dir(l->c->objects[object].path);
}

char *msk_loader_absolute(const struct msk_loader *l, const char *path)
{
	const char *cwd = l->args->cwd ? l->args->cwd : "/";

	while (path[0] == '.' && (path[1] == '/' || path[1] == '\0'))
		for (path++; *path == '/';)
			path++;
	if (!*path)
		return msk_xstrdup(cwd);
	return msk_xasprintf("%s%s%s", cwd, msk_ends_with(cwd, "/") ? "" : "/", path);
}

enum msk_libc msk_loader_kind(const char *interp)
{
	MSK_AUTO_FREE char *base = msk_path_base(interp);

	if (msk_starts_with(base, "ld-musl-"))
		return MSK_LIBC_MUSL;
	if (msk_starts_with(base, "ld-uClibc") || msk_starts_with(base, "ld64-uClibc") || msk_starts_with(base, "linker"))
		return MSK_LIBC_OTHER;
	/* ld-linux*.so.N, ld64.so.N, ld-2.31.so, ld.so.1, ld-lsb*.so.3 */
	if (msk_starts_with(base, "ld") && strstr(base, ".so"))
		return MSK_LIBC_GLIBC;
	return MSK_LIBC_OTHER;
}

const struct msk_loader_rules *msk_loader_rules(const char *interp)
{
	switch (interp ? msk_loader_kind(interp) : MSK_LIBC_OTHER) {
	case MSK_LIBC_GLIBC: return &msk_glibc_rules;
	case MSK_LIBC_MUSL:  return &msk_musl_rules;
	default:             return &msk_other_rules;
	}
}

static const char *usual_mips(const struct msk_elf *e)
{
	bool nan2008 = e->flags & 0x400, n32 = e->flags & 0x20;
	const char *plain = e->elf_class == 64 ? "/lib64/ld.so.1" : n32 ? "/lib32/ld.so.1" : "/lib/ld.so.1";
	const char *n8 = e->elf_class == 64 ? "/lib64/ld-linux-mipsn8.so.1" :
			 n32 ? "/lib32/ld-linux-mipsn8.so.1" : "/lib/ld-linux-mipsn8.so.1";

	return nan2008 ? n8 : plain;
}

static const char *usual_musl(const struct msk_elf *e)
{
	switch (e->machine) {
	case EM_X86_64:  return "/lib/ld-musl-x86_64.so.1";
	case EM_386:     return "/lib/ld-musl-i386.so.1";
	case EM_AARCH64: return "/lib/ld-musl-aarch64.so.1";
	case EM_ARM:     return e->flags & 0x400 ? "/lib/ld-musl-armhf.so.1" : "/lib/ld-musl-arm.so.1";
	case EM_RISCV:   return "/lib/ld-musl-riscv64.so.1";
	case EM_PPC64:   return "/lib/ld-musl-powerpc64le.so.1";
	case EM_S390:    return "/lib/ld-musl-s390x.so.1";
	case 258:        return "/lib/ld-musl-loongarch64.so.1";
	default:         return NULL;
	}
}

static const char *usual_glibc(const struct msk_elf *e)
{
	switch (e->machine) {
	case EM_X86_64:  return e->elf_class == 64 ? "/lib64/ld-linux-x86-64.so.2" : "/libx32/ld-linux-x32.so.2";
	case EM_386:     return "/lib/ld-linux.so.2";
	case EM_AARCH64: return "/lib/ld-linux-aarch64.so.1";
	case EM_ARM:     return e->flags & 0x400 ? "/lib/ld-linux-armhf.so.3" : "/lib/ld-linux.so.3";
	case EM_RISCV:   return "/lib/ld-linux-riscv64-lp64d.so.1";
	case EM_PPC64:   return e->big_endian ? "/lib64/ld64.so.1" : "/lib64/ld64.so.2";
	case EM_S390:    return "/lib/ld64.so.1";
	case 258:        return "/lib64/ld-linux-loongarch-lp64d.so.1";
	case EM_MIPS:    return usual_mips(e);
	case EM_SPARCV9: return "/lib64/ld-linux.so.2";
	default:         return NULL;
	}
}

const char *msk_loader_usual(const struct msk_elf *e)
{
	for (size_t i = 0; i < e->needed.n; i++)
		if (strcmp(e->needed.v[i], "libc.so") == 0 || msk_starts_with(e->needed.v[i], "libc.musl-"))
			return usual_musl(e);
	return usual_glibc(e);
}

void msk_loader_env_path(const struct msk_strv *env, struct msk_strv *lists)
{
	static const char var[] = "LD_LIBRARY_PATH=";

	for (size_t i = 0; i < env->n; i++)
		if (msk_starts_with(env->v[i], var) && env->v[i][sizeof var - 1])
			msk_strv_push(lists, env->v[i] + sizeof var - 1);
}

void msk_loader_split_path(enum msk_libc libc, const char *list, struct msk_strv *dirs)
{
	msk_strv_split(dirs, list, libc == MSK_LIBC_GLIBC ? ":;" : libc == MSK_LIBC_MUSL ? ":\n" : ":");
}
