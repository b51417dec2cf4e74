#include <elf.h>
#include <string.h>

#include "parse.h"

#define FLOAT_ABI_RISCV 0x6u
#ifndef EM_LOONGARCH
#define EM_LOONGARCH 258
#endif
#define MIPS_ABI2    0x20u       /* n32 */
#define MIPS_FP64    0x200u
#define MIPS_NAN2008 0x400u
#define ARM_SOFT     0x200u
#define ARM_HARD     0x400u

/* Class 0 and order 0 mean any. `arch` "" : OCI has no word for it, or no runtime runs it. */
static const struct machine {
	uint16_t machine;
	unsigned elf_class;
	char order;                 /* 'L', 'B' */
	const char *name, *arch;
} machines[] = {
	{ EM_X86_64, 64, 'L', "x86-64", "amd64" },
	{ EM_X86_64, 32, 'L', "x32", "" },
	{ EM_386, 32, 'L', "i386", "386" },
	{ EM_AARCH64, 64, 'L', "aarch64", "arm64" },
	{ EM_AARCH64, 64, 'B', "big-endian aarch64", "" },
	{ EM_AARCH64, 32, 0, "32-bit aarch64", "" },
	{ EM_ARM, 32, 'L', "arm", "arm" },
	{ EM_ARM, 32, 'B', "big-endian arm", "" },
	{ EM_RISCV, 64, 'L', "riscv64", "riscv64" },
	{ EM_RISCV, 32, 'L', "riscv32", "" },
	{ EM_PPC64, 64, 'L', "ppc64le", "ppc64le" },
	{ EM_PPC64, 64, 'B', "ppc64", "ppc64" },
	{ EM_PPC, 32, 0, "powerpc", "" },
	{ EM_S390, 64, 'B', "s390x", "s390x" },
	{ EM_S390, 32, 'B', "s390", "" },
	{ EM_LOONGARCH, 64, 'L', "loongarch64", "loong64" },
	{ EM_LOONGARCH, 32, 'L', "loongarch32", "" },
	{ EM_MIPS, 64, 'L', "mips64el", "mips64le" },
	{ EM_MIPS, 64, 'B', "mips64", "mips64" },
	{ EM_MIPS, 32, 'L', "mipsel", "mipsle" },
	{ EM_MIPS, 32, 'B', "mips", "mips" },
	{ EM_SPARCV9, 64, 'B', "sparc64", "" },
	{ EM_SPARC, 32, 'B', "sparc", "" },
	{ EM_IA_64, 64, 0, "ia64", "" },
	{ EM_ALPHA, 64, 'L', "alpha", "" },
	{ EM_PARISC, 0, 'B', "hppa", "" },
	{ EM_68K, 32, 'B', "m68k", "" },
	{ EM_SH, 32, 0, "sh", "" },
	{ EM_BPF, 64, 0, "eBPF", "" },
};

static const struct machine *find_machine(const struct msk_elf *e)
{
	char order = e->big_endian ? 'B' : 'L';

	for (size_t i = 0; i < sizeof machines / sizeof *machines; i++) {
		const struct machine *m = &machines[i];

		if (m->machine == e->machine && (!m->elf_class || m->elf_class == e->elf_class) &&
		    (!m->order || m->order == order))
			return m;
	}
	return NULL;
}

char msk_machine_order(uint16_t machine)
{
	char order = 0;

	for (size_t i = 0; i < sizeof machines / sizeof *machines; i++) {
		const struct machine *m = &machines[i];

		if (m->machine != machine)
			continue;
		if (!m->order || (order && order != m->order))
			return 0;
		order = m->order;
	}
	return order;
}

const char *msk_elf_machine_name(const struct msk_elf *e)
{
	const struct machine *m = find_machine(e);

	return m ? m->name : "an unknown machine";
}

/* EI_OSABI as far as loaders for Linux accept it: System V, GNU, and ARM's two. */
static const char *os_by_abi(const struct msk_elf *e)
{
	switch (e->osabi) {
	case ELFOSABI_NONE: case ELFOSABI_GNU: return NULL;
	case ELFOSABI_ARM_AEABI: case ELFOSABI_ARM: return e->machine == EM_ARM ? NULL : "another system";
	case ELFOSABI_HPUX:    return "HP-UX";
	case ELFOSABI_NETBSD:  return "NetBSD";
	case ELFOSABI_SOLARIS: return "Solaris";
	case ELFOSABI_AIX:     return "AIX";
	case ELFOSABI_IRIX:    return "IRIX";
	case ELFOSABI_FREEBSD: return "FreeBSD";
	case ELFOSABI_TRU64:   return "Tru64";
	case ELFOSABI_OPENBSD: return "OpenBSD";
	default:               return "another system";
	}
}

static void set_text(char *to, size_t size, const char *text)
{
	size_t n = strlen(text);

	if (n >= size)
		n = size - 1;
	memcpy(to, text, n);
	to[n] = '\0';
}

/* Tag_CPU_arch of the ARM ABI's build attributes (table "Tag_CPU_arch"). */
static unsigned arm_by_attribute(int cpu_arch)
{
	switch (cpu_arch) {
	case -1: case 0: case 1: case 2: return 0;
	case 3: case 4: case 5:          return 5;
	case 6: case 7: case 8: case 9: case 11: case 12: return 6;
	case 10: case 13:                return 7;
	default:                         return 8;
	}
}

/* GOARM=7, GOARM=6,softfloat */
static unsigned arm_by_go(const struct msk_elf *e)
{
	MSK_AUTO_FREE char *v = msk_elf_go_setting(e, "GOARM");

	return v && v[0] >= '5' && v[0] <= '7' && (v[1] == '\0' || v[1] == ',') ? (unsigned)(v[0] - '0') : 0;
}

/* Go's own code carries no attributes, so a cgo program needs the higher of the two. */
static void set_arm_variant(struct msk_elf *e, int cpu_arch)
{
	unsigned v = arm_by_attribute(cpu_arch), go = arm_by_go(e);
	bool hard = (e->flags & ARM_HARD) || (e->interp && strstr(e->interp, "armhf"));

	if (go > v)
		v = go;
	e->variant_guessed = v == 0;
	if (v == 0)
		v = hard ? 7 : 6;
	e->platform.variant[0] = 'v';
	e->platform.variant[1] = (char)('0' + v);
	e->platform.variant[2] = '\0';
}

/* x86-64-v1 is the architecture's default and has no variant. */
static void set_amd64_variant(struct msk_elf *e)
{
	MSK_AUTO_FREE char *go = msk_elf_go_setting(e, "GOAMD64");
	unsigned v = e->isa_level;

	if (go && go[0] == 'v' && go[1] >= '2' && go[1] <= '4' && go[2] == '\0' && (unsigned)(go[1] - '0') > v)
		v = (unsigned)(go[1] - '0');
	if (v < 2)
		return;
	e->platform.variant[0] = 'v';
	e->platform.variant[1] = (char)('0' + v);
	e->platform.variant[2] = '\0';
}

/* Where Go's build info alone tells what the code asks of the CPU. The least of each is what the architecture stands for
 * without a variant. */
static void set_go_variant(struct msk_elf *e)
{
	static const struct {
		const char *arch, *key, *prefix, *least;
	} known[] = {
		{ "arm64", "GOARM64", "v", "v8" }, { "ppc64le", "GOPPC64", "power", "power8" },
		{ "riscv64", "GORISCV64", "rva", "rva20u64" },
	};

	for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
		bool is_its = strcmp(e->platform.arch, known[i].arch) == 0;
		MSK_AUTO_FREE char *v = is_its ? msk_elf_go_setting(e, known[i].key) : NULL;

		if (!v || !msk_starts_with(v, known[i].prefix))
			continue;
		v[strcspn(v, ".,")] = '\0';         /* v9.0,lse */
		if (strcmp(v, known[i].least) != 0 && strlen(v) < sizeof e->platform.variant &&
		    v[strspn(v, "abcdefghijklmnopqrstuvwxyz0123456789")] == '\0')
			set_text(e->platform.variant, sizeof e->platform.variant, v);
	}
}

/* Flags that make another ABI of the same machine. */
static bool abi_has_name(const struct msk_elf *e)
{
	if (e->machine == EM_MIPS && e->elf_class == 32)
		return !(e->flags & MIPS_ABI2);
	if (e->machine == EM_PPC64 && !e->big_endian)
		return (e->flags & 3) != 1;
	return true;
}

void msk_elf_set_platform(struct msk_elf *e, int cpu_arch)
{
	MSK_AUTO_FREE char *goos = msk_elf_go_setting(e, "GOOS");
	const struct machine *m = find_machine(e);
	const char *os = os_by_abi(e);

	if (os)
		set_text(e->platform.os, sizeof e->platform.os, os);
	else if (goos && strcmp(goos, "linux") != 0)
		set_text(e->platform.os, sizeof e->platform.os, goos);
	if (!m || !abi_has_name(e))
		return;
	set_text(e->platform.arch, sizeof e->platform.arch, m->arch);
	if (strcmp(m->arch, "arm") == 0)
		set_arm_variant(e, cpu_arch);
	else if (strcmp(m->arch, "amd64") == 0)
		set_amd64_variant(e);
	else
		set_go_variant(e);
}

static const char *arm_float(uint32_t flags)
{
	return flags & ARM_HARD ? "hard-float" : flags & ARM_SOFT ? "soft-float" : NULL;
}

static const char *riscv_float(uint32_t flags)
{
	static const char *const names[] = { "soft-float", "single-float", "double-float", "quad-float" };

	return names[(flags & FLOAT_ABI_RISCV) >> 1];
}

static const char *power_abi(uint32_t flags)
{
	static const char *const names[] = { NULL, "ELFv1", "ELFv2", "unknown" };

	return names[flags & 3];
}

static const char *mips_nan(uint32_t flags)
{
	return flags & MIPS_NAN2008 ? "NaN-2008" : "legacy-NaN";
}

static const char *mips_abi(uint32_t flags)
{
	return flags & MIPS_ABI2 ? "n32" : "n64 or o32";
}

/* What the loader of a machine compares of an ABI before it takes a library, in words; NULL fits any. */
static void abi_words(const struct msk_elf *e, const char *words[2])
{
	words[0] = words[1] = NULL;
	switch (e->machine) {
	case EM_ARM:   words[0] = arm_float(e->flags); break;
	case EM_RISCV: words[0] = riscv_float(e->flags); break;
	case EM_PPC64: words[0] = power_abi(e->flags); break;
	case EM_MIPS:
		words[0] = mips_abi(e->flags);
		words[1] = mips_nan(e->flags);
		break;
	default: break;
	}
}

static bool abi_misfit(const struct msk_elf *program, const struct msk_elf *lib, struct msk_str *why)
{
	const char *p[2], *l[2];

	abi_words(program, p);
	abi_words(lib, l);
	for (size_t i = 0; i < 2; i++) {
		if (!p[i] || !l[i] || strcmp(p[i], l[i]) == 0)
			continue;
		msk_str_addf(why, "built for the %s ABI, the program for %s", l[i], p[i]);
		return true;
	}
	if (lib->machine == EM_MIPS && lib->elf_class == 64 && (lib->flags & MIPS_FP64)) {
		msk_str_adds(why, "built for the FP64 ABI, which 64-bit programs have no part in");
		return true;
	}
	return false;
}

bool msk_elf_misfit(const struct msk_elf *program, const struct msk_elf *lib, struct msk_str *why)
{
	if (lib->elf_class == program->elf_class && lib->machine == program->machine &&
	    lib->big_endian == program->big_endian)
		return abi_misfit(program, lib, why);
	msk_str_addf(why, "built for %s, the program is %s", msk_elf_machine_name(lib), msk_elf_machine_name(program));
	return true;
}
