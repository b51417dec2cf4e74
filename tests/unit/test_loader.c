/* What loaders take for granted of each machine: names, directories, kinds of cache entries, levels of CPUs, ABIs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "../../src/elf/ldcache_format.h"
#include "../../src/elf/loader.h"
#include "sysroot.h"
#include <elf.h>

#define LOONGARCH 258

static const struct machine {
	struct msk_elf e;
	const char *loader, *platform;  /* NULL: none that is known */
	uint32_t kind;                  /* of an entry in ld.so.cache */
	const char *levels;
} machines[] = {
	{ { .machine = EM_X86_64, .elf_class = 64 }, "/lib64/ld-linux-x86-64.so.2", "x86_64", 0x303, "v2 v3 v4" },
	{ { .machine = EM_X86_64, .elf_class = 32 }, "/libx32/ld-linux-x32.so.2", "x86_64", 0x803, "" },
	{ { .machine = EM_386, .elf_class = 32 }, "/lib/ld-linux.so.2", "i686", 3, "" },
	{ { .machine = EM_AARCH64, .elf_class = 64 }, "/lib/ld-linux-aarch64.so.1", "aarch64", 0xa03, "" },
	{ { .machine = EM_ARM, .elf_class = 32, .flags = 0x5000400 }, "/lib/ld-linux-armhf.so.3", "v7l", 0x903, "" },
	{ { .machine = EM_ARM, .elf_class = 32, .flags = 0x5000200 }, "/lib/ld-linux.so.3", "v6l", 0xb03, "" },
	{ { .machine = EM_RISCV, .elf_class = 64, .flags = 5 }, "/lib/ld-linux-riscv64-lp64d.so.1", NULL, 0x1003, "" },
	{ { .machine = EM_PPC64, .elf_class = 64, .flags = 2 }, "/lib64/ld64.so.2", "power8", 0x503, "power9 power10" },
	{ { .machine = EM_PPC64, .elf_class = 64, .big_endian = true }, "/lib64/ld64.so.1", "power8", 0x503, "" },
	{ { .machine = EM_S390, .elf_class = 64, .big_endian = true }, "/lib/ld64.so.1", "z900", 0x403, "z13 z14 z15 z16 z17" },
	{ { .machine = LOONGARCH, .elf_class = 64, .flags = 0x43 }, "/lib64/ld-linux-loongarch-lp64d.so.1", NULL, 0x1203, "" },
	{ { .machine = EM_MIPS, .elf_class = 64 }, "/lib64/ld.so.1", NULL, 0x703, "" },
	{ { .machine = EM_MIPS, .elf_class = 64, .flags = 0x400 }, "/lib64/ld-linux-mipsn8.so.1", NULL, 0xe03, "" },
	{ { .machine = EM_MIPS, .elf_class = 32, .flags = 0x20 }, "/lib32/ld.so.1", NULL, 0x603, "" },
	{ { .machine = EM_MIPS, .elf_class = 32, .flags = 0x420 }, "/lib32/ld-linux-mipsn8.so.1", NULL, 0xd03, "" },
	{ { .machine = EM_MIPS, .elf_class = 32 }, "/lib/ld.so.1", NULL, 3, "" },
	{ { .machine = EM_MIPS, .elf_class = 32, .flags = 0x400 }, "/lib/ld-linux-mipsn8.so.1", NULL, 0xc03, "" },
	{ { .machine = EM_SPARCV9, .elf_class = 64, .big_endian = true }, "/lib64/ld-linux.so.2", NULL, 0x103, "" },
	{ { .machine = 4711, .elf_class = 64 }, NULL, NULL, 3, "" },
};

#define N_MACHINES (sizeof machines / sizeof *machines)

static void same_text(const char *got, const char *want)
{
	assert_string_equal(got ? got : "none", want ? want : "none");
}

static void each_machine_has_its_loader_and_platform(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_MACHINES; i++) {
		same_text(msk_loader_usual(&machines[i].e), machines[i].loader);
		same_text(msk_platform_baseline(&machines[i].e), machines[i].platform);
	}
}

static void each_machine_has_its_kind_of_cache_entries(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_MACHINES; i++)
		assert_int_equal(msk_ldcache_flags(&machines[i].e), machines[i].kind);
	assert_int_equal(msk_ldcache_flags(&(struct msk_elf){ .machine = EM_RISCV, .elf_class = 64 }), 0xf03);
	assert_int_equal(msk_ldcache_flags(&(struct msk_elf){ .machine = LOONGARCH, .elf_class = 64, .flags = 1 }), 0x1103);
}

static void levels_come_the_least_first_and_directories_the_best(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_MACHINES; i++) {
		MSK_AUTO_STRV levels = MSK_STRV_INIT;
		MSK_AUTO_STRV subdirs = MSK_STRV_INIT;
		MSK_AUTO_STR got = MSK_STR_INIT;
		struct msk_err err = MSK_ERR_INIT;

		assert_int_equal(msk_hwcaps_levels(&machines[i].e, "all", &levels, &err), 0);
		assert_int_equal(msk_hwcaps_subdirs(&machines[i].e, "all", &subdirs, &err), 0);
		assert_int_equal(levels.n, subdirs.n);
		assert_int_equal(msk_hwcaps_any(&machines[i].e), levels.n > 0);
		for (size_t k = 0; k < levels.n; k++) {
			msk_str_addf(&got, "%s%s", k ? " " : "", levels.v[k]);
			assert_true(msk_ends_with(subdirs.v[levels.n - 1 - k], levels.v[k]));
			assert_true(msk_starts_with(subdirs.v[k], "glibc-hwcaps/"));
		}
		assert_string_equal(msk_str_c(&got), machines[i].levels);
	}
}

static void a_level_that_a_machine_has_not_is_refused(void **state)
{
	const struct { uint16_t machine; const char *msg, *hint; } rows[] = {
		{ EM_X86_64, "--hwcaps v9: x86-64 has no such level", "it has v2, v3, v4, and all" },
		{ EM_RISCV, "--hwcaps v9: riscv64 has no such level", "leave --hwcaps away" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		const struct msk_elf e = { .machine = rows[i].machine, .elf_class = 64 };
		MSK_AUTO_STRV levels = MSK_STRV_INIT;
		struct msk_err err = MSK_ERR_INIT;

		assert_int_equal(msk_hwcaps_levels(&e, "v9", &levels, &err), -1);
		assert_int_equal(err.code, MSK_E_USAGE);
		assert_string_equal(err.msg, rows[i].msg);
		assert_string_equal(err.hint, rows[i].hint);
		assert_int_equal(levels.n, 0);
	}
}

static void musl_is_known_by_what_is_needed(void **state)
{
	static const struct {
		struct msk_elf e;
		const char *loader;
	} cases[] = {
		{ { .machine = EM_X86_64, .elf_class = 64 }, "/lib/ld-musl-x86_64.so.1" },
		{ { .machine = EM_386, .elf_class = 32 }, "/lib/ld-musl-i386.so.1" },
		{ { .machine = EM_AARCH64, .elf_class = 64 }, "/lib/ld-musl-aarch64.so.1" },
		{ { .machine = EM_ARM, .elf_class = 32, .flags = 0x400 }, "/lib/ld-musl-armhf.so.1" },
		{ { .machine = EM_ARM, .elf_class = 32 }, "/lib/ld-musl-arm.so.1" },
		{ { .machine = EM_RISCV, .elf_class = 64 }, "/lib/ld-musl-riscv64.so.1" },
		{ { .machine = EM_PPC64, .elf_class = 64 }, "/lib/ld-musl-powerpc64le.so.1" },
		{ { .machine = EM_S390, .elf_class = 64 }, "/lib/ld-musl-s390x.so.1" },
		{ { .machine = LOONGARCH, .elf_class = 64 }, "/lib/ld-musl-loongarch64.so.1" },
		{ { .machine = EM_MIPS, .elf_class = 64 }, NULL },
	};
	char *libc[] = { (char *)"libx.so", (char *)"libc.musl-x.so.1" }, *bare[] = { (char *)"libc.so" };

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct msk_elf e = cases[i].e;

		e.needed = (struct msk_strv){ .v = libc, .n = 2 };
		same_text(msk_loader_usual(&e), cases[i].loader);
		e.needed = (struct msk_strv){ .v = bare, .n = 1 };
		same_text(msk_loader_usual(&e), cases[i].loader);
	}
}

static void a_loader_is_known_by_its_name(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_MACHINES; i++)
		if (machines[i].loader)
			assert_int_equal(msk_loader_kind(machines[i].loader), MSK_LIBC_GLIBC);
	assert_int_equal(msk_loader_kind("/nix/store/x/lib/ld-2.31.so"), MSK_LIBC_GLIBC);
	assert_int_equal(msk_loader_kind("/lib64/ld-lsb-x86-64.so.3"), MSK_LIBC_GLIBC);
	assert_int_equal(msk_loader_kind("/lib/ld-musl-x86_64.so.1"), MSK_LIBC_MUSL);
	assert_int_equal(msk_loader_kind("/lib/ld-uClibc.so.0"), MSK_LIBC_OTHER);
	assert_int_equal(msk_loader_kind("/lib/ld64-uClibc.so.1"), MSK_LIBC_OTHER);
	assert_int_equal(msk_loader_kind("/system/bin/linker64"), MSK_LIBC_OTHER);
	assert_int_equal(msk_loader_kind("/bin/sh"), MSK_LIBC_OTHER);
}

/* "all fits" or why not, of a library of the first kind for a program of the second. */
static void misfit(const struct msk_elf *lib, const struct msk_elf *program, const char *want)
{
	MSK_AUTO_STR why = MSK_STR_INIT;

	assert_int_equal(msk_elf_misfit(program, lib, &why), want != NULL);
	assert_string_equal(msk_str_c(&why), want ? want : "");
}

#define OF(m, c, f) (&(struct msk_elf){ .machine = m, .elf_class = c, .flags = f })

static void abis_of_one_machine_are_told_apart(void **state)
{
	(void)state;
	misfit(OF(EM_ARM, 32, 0x200), OF(EM_ARM, 32, 0x400), "built for the soft-float ABI, the program for hard-float");
	misfit(OF(EM_ARM, 32, 0), OF(EM_ARM, 32, 0x400), NULL);     /* one that says nothing goes with both */
	misfit(OF(EM_ARM, 32, 0x400), OF(EM_ARM, 32, 0), NULL);
	misfit(OF(EM_RISCV, 64, 0), OF(EM_RISCV, 64, 5), "built for the soft-float ABI, the program for double-float");
	misfit(OF(EM_RISCV, 64, 4), OF(EM_RISCV, 64, 5), NULL);     /* compressed instructions are no ABI */
	misfit(OF(EM_PPC64, 64, 1), OF(EM_PPC64, 64, 2), "built for the ELFv1 ABI, the program for ELFv2");
	misfit(OF(EM_PPC64, 64, 0), OF(EM_PPC64, 64, 2), NULL);
	misfit(OF(EM_MIPS, 64, 0x400), OF(EM_MIPS, 64, 0), "built for the NaN-2008 ABI, the program for legacy-NaN");
	misfit(OF(EM_MIPS, 32, 0x20), OF(EM_MIPS, 32, 0), "built for the n32 ABI, the program for n64 or o32");
	misfit(OF(EM_MIPS, 64, 0x200), OF(EM_MIPS, 64, 0), "built for the FP64 ABI, which 64-bit programs have no part in");
	misfit(OF(EM_MIPS, 32, 0x200), OF(EM_MIPS, 32, 0), NULL);
	misfit(OF(LOONGARCH, 64, 1), OF(LOONGARCH, 64, 3), NULL);   /* its loader does not look */
	misfit(OF(EM_386, 32, 0), OF(EM_X86_64, 64, 0), "built for i386, the program is x86-64");
	misfit(OF(EM_X86_64, 32, 0), OF(EM_X86_64, 64, 0), "built for x32, the program is x86-64");
}

/* The directories of a loader that does not tell, one behind the other. */
static void guesses(struct sysroot *s, const struct msk_elf *e, const char *want)
{
	MSK_AUTO_STRV dirs = MSK_STRV_INIT;
	MSK_AUTO_STR got = MSK_STR_INIT;
	struct msk_err err = MSK_ERR_INIT;

	assert_int_equal(msk_sysdirs_guess(msk_host_tree(s->host), e, &dirs, &err), 0);
	for (size_t i = 0; i < dirs.n; i++)
		msk_str_addf(&got, "%s%s", i ? " " : "", dirs.v[i]);
	assert_string_equal(msk_str_c(&got), want);
}

static void directories_are_guessed_by_what_is_there(void **state)
{
	struct sysroot *s = *state;

	guesses(s, OF(EM_X86_64, 64, 0), "/lib64 /usr/lib64 /lib /usr/lib");
	guesses(s, OF(EM_RISCV, 64, 5), "/lib64/lp64d /usr/lib64/lp64d /lib /usr/lib");
	guesses(s, OF(EM_386, 32, 0), "/lib /usr/lib");
	sysroot_dir(s, "lib/x86_64-linux-gnu");
	sysroot_dir(s, "usr/lib/arm-linux-gnueabihf");
	sysroot_dir(s, "usr/lib/arm-linux-gnueabi");
	guesses(s, OF(EM_X86_64, 64, 0), "/lib/x86_64-linux-gnu /lib /usr/lib");
	guesses(s, OF(EM_ARM, 32, 0x400), "/usr/lib/arm-linux-gnueabihf /lib /usr/lib");
	guesses(s, OF(EM_ARM, 32, 0x200), "/usr/lib/arm-linux-gnueabi /lib /usr/lib");
	guesses(s, OF(EM_AARCH64, 64, 0), "/lib64 /usr/lib64 /lib /usr/lib");
	guesses(s, OF(EM_ALPHA, 64, 0), "/lib /usr/lib");
	guesses(s, OF(EM_IA_64, 64, 0), "/lib /usr/lib");
	guesses(s, OF(4711, 64, 0), "/lib64 /usr/lib64 /lib /usr/lib");
}

/* The name that Debian has for the machine. */
static void each_machine_has_its_multiarch_directory(void **state)
{
	static const struct {
		struct msk_elf e;
		const char *triplet;
	} rows[] = {
		{ { .machine = EM_X86_64, .elf_class = 32 }, "x86_64-linux-gnux32" },
		{ { .machine = EM_386, .elf_class = 32 }, "i386-linux-gnu" },
		{ { .machine = EM_AARCH64, .elf_class = 64 }, "aarch64-linux-gnu" },
		{ { .machine = EM_RISCV, .elf_class = 64 }, "riscv64-linux-gnu" },
		{ { .machine = EM_PPC64, .elf_class = 64 }, "powerpc64le-linux-gnu" },
		{ { .machine = EM_PPC64, .elf_class = 64, .big_endian = true }, "powerpc64-linux-gnu" },
		{ { .machine = EM_S390, .elf_class = 64, .big_endian = true }, "s390x-linux-gnu" },
		{ { .machine = EM_MIPS, .elf_class = 64 }, "mips64el-linux-gnuabi64" },
		{ { .machine = EM_MIPS, .elf_class = 32 }, "mipsel-linux-gnu" },
		{ { .machine = LOONGARCH, .elf_class = 64 }, "loongarch64-linux-gnu" },
	};
	struct sysroot *s = *state;

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		MSK_AUTO_FREE char *dir = msk_xasprintf("usr/lib/%s", rows[i].triplet);
		MSK_AUTO_STR want = MSK_STR_INIT;

		msk_str_addf(&want, "/%s /lib /usr/lib", dir);
		sysroot_dir(s, dir);
		guesses(s, &rows[i].e, msk_str_c(&want));
	}
}

static void a_banner_tells_the_release(void **state)
{
#define RELEASE(text) msk_glibc_version(text, sizeof text - 1)
	(void)state;
	assert_int_equal(RELEASE("ld.so (Debian GLIBC 2.36-9) stable release version 2.36.\n"), 236);
	assert_int_equal(RELEASE("x\0GNU C Library development release version 2.41.9000.\0"), 241);
	assert_int_equal(RELEASE("release version 2."), 0);
	assert_int_equal(RELEASE(" release version 2.1000"), 0);
	assert_int_equal(RELEASE(" release version x"), 0);
	assert_int_equal(RELEASE("GLIBC_2.2.5"), 232);              /* older than banners */
	assert_int_equal(RELEASE("GLIBC_2.2.5 glibc-hwcaps"), 0);
	assert_int_equal(RELEASE(""), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_machine_has_its_loader_and_platform),
		cmocka_unit_test(each_machine_has_its_kind_of_cache_entries),
		cmocka_unit_test(levels_come_the_least_first_and_directories_the_best),
		cmocka_unit_test(a_level_that_a_machine_has_not_is_refused),
		cmocka_unit_test(musl_is_known_by_what_is_needed),
		cmocka_unit_test(a_loader_is_known_by_its_name),
		cmocka_unit_test(abis_of_one_machine_are_told_apart),
		sysroot_test(directories_are_guessed_by_what_is_there),
		sysroot_test(each_machine_has_its_multiarch_directory),
		cmocka_unit_test(a_banner_tells_the_release),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
