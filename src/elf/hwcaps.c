#include <elf.h>
#include <string.h>

#include "loader.h"

/* Subdirectories of glibc-hwcaps, the least demanding first. The level is what users call it. */
static const struct level {
	uint16_t machine;
	const char *subdir, *level;
} levels[] = {
	{ EM_X86_64, "x86-64-v2", "v2" },
	{ EM_X86_64, "x86-64-v3", "v3" },
	{ EM_X86_64, "x86-64-v4", "v4" },
	{ EM_PPC64, "power9", "power9" },
	{ EM_PPC64, "power10", "power10" },
	{ EM_S390, "z13", "z13" },
	{ EM_S390, "z14", "z14" },
	{ EM_S390, "z15", "z15" },
	{ EM_S390, "z16", "z16" },
	{ EM_S390, "z17", "z17" },
};

#define N_LEVELS (sizeof levels / sizeof *levels)

static bool is_level(const struct level *l, const char *text)
{
	return strcmp(text, l->level) == 0 || strcmp(text, l->subdir) == 0;
}

static bool is_of(const struct level *l, const struct msk_elf *e)
{
	return l->machine == e->machine && e->elf_class == 64 && (e->machine != EM_PPC64 || !e->big_endian);
}

bool msk_hwcaps_any(const struct msk_elf *e)
{
	bool any = false;

	for (size_t i = 0; i < N_LEVELS; i++)
		any = any || is_of(&levels[i], e);
	return any;
}

static int fail_level(const struct msk_elf *e, const char *level, struct msk_err *err)
{
	MSK_AUTO_STR known = MSK_STR_INIT;

	for (size_t i = 0; i < N_LEVELS; i++)
		if (is_of(&levels[i], e))
			msk_str_addf(&known, "%s, ", levels[i].level);
	msk_fail(err, MSK_E_USAGE, "--hwcaps %s: %s has no such level", level, msk_elf_machine_name(e));
	return msk_hint(err, known.len ? "it has %sand all" : "%sleave --hwcaps away", msk_str_c(&known));
}

/* How many of the machine's levels a CPU of `level` has; indices go to `of`. */
static int levels_of(const struct msk_elf *e, const char *level, size_t of[N_LEVELS], size_t *n, struct msk_err *err)
{
	bool all = strcmp(level, "all") == 0, reached = false;

	*n = 0;
	for (size_t i = 0; i < N_LEVELS && !reached; i++) {
		if (!is_of(&levels[i], e))
			continue;
		of[(*n)++] = i;
		reached = is_level(&levels[i], level);
	}
	return all || reached ? 0 : fail_level(e, level, err);
}

int msk_hwcaps_levels(const struct msk_elf *program, const char *level, struct msk_strv *out, struct msk_err *err)
{
	size_t of[N_LEVELS], n;

	if (levels_of(program, level, of, &n, err) < 0)
		return -1;
	for (size_t i = 0; i < n; i++)
		msk_strv_push(out, levels[of[i]].level);
	return 0;
}

int msk_hwcaps_subdirs(const struct msk_elf *e, const char *level, struct msk_strv *out, struct msk_err *err)
{
	size_t of[N_LEVELS], n;

	if (levels_of(e, level, of, &n, err) < 0)
		return -1;
	while (n)
		msk_strv_push_own(out, msk_xasprintf("glibc-hwcaps/%s", levels[of[--n]].subdir));
	return 0;
}

/* "tls" was for systems with thread-local storage, which is all of them; the platform's directory is only sure to be
 * looked into where the machine has but one platform. */
void msk_hwcaps_legacy(const struct msk_elf *e, struct msk_strv *out)
{
	bool sure = (e->machine == EM_X86_64 && e->elf_class == 64) || e->machine == EM_AARCH64;
	const char *platform = sure ? msk_platform_baseline(e) : NULL;

	if (platform)
		msk_strv_push_own(out, msk_xasprintf("tls/%s", platform));
	msk_strv_push(out, "tls");
	if (platform)
		msk_strv_push(out, platform);
}

unsigned msk_glibc_version(const char *bytes, size_t n)
{
	static const char banner[] = " release version ";
	const char *at = memmem(bytes, n, banner, sizeof banner - 1);
	const char *end = bytes + n;
	unsigned major = 0, minor = 0;

	/* Banners came with 2.33, as did the directories for better CPUs. */
	if (!at)
		return memmem(bytes, n, "GLIBC_2.", 8) && !memmem(bytes, n, "glibc-hwcaps", 12) ? 232 : 0;
	for (at += sizeof banner - 1; at < end && *at >= '0' && *at <= '9' && major < 100; at++)
		major = 10 * major + (unsigned)(*at - '0');
	if (at == end || *at != '.')
		return 0;
	for (at++; at < end && *at >= '0' && *at <= '9' && minor < 100; at++)
		minor = 10 * minor + (unsigned)(*at - '0');
	return minor < 100 ? 100 * major + minor : 0;
}
