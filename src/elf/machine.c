/* From the machine of an ELF file to the platform of an image (image-spec "image index", variants as Go names them). */
#include <elf.h>
#include <stdio.h>
#include <string.h>

#include "image_file.h"

struct machine {
	uint16_t machine;
	uint8_t elf_class, big_endian;
	const char *arch, *name;
};

static const struct machine machines[] = {
	{ EM_X86_64, 64, 0, "amd64", "x86-64" },
	{ EM_386, 32, 0, "386", "i386" },
	{ EM_AARCH64, 64, 0, "arm64", "aarch64" },
	{ EM_ARM, 32, 0, "arm", "ARM" },
	{ EM_RISCV, 64, 0, "riscv64", "RISC-V 64" },
	{ EM_PPC64, 64, 0, "ppc64le", "ppc64le" },
	{ EM_PPC64, 64, 1, "ppc64", "ppc64" },
	{ EM_S390, 64, 1, "s390x", "s390x" },
	{ 258, 64, 0, "loong64", "LoongArch 64" },
	{ EM_MIPS, 64, 0, "mips64le", "MIPS 64 little-endian" },
	{ EM_MIPS, 64, 1, "mips64", "MIPS 64" },
	{ EM_MIPS, 32, 0, "mipsle", "MIPS little-endian" },
	{ EM_MIPS, 32, 1, "mips", "MIPS" },
	/* No name in OCI: */
	{ EM_X86_64, 32, 0, "", "x32" },
	{ EM_AARCH64, 64, 1, "", "aarch64 big-endian" },
	{ EM_RISCV, 32, 0, "", "RISC-V 32" },
	{ EM_S390, 32, 1, "", "s390" },
	{ EM_SPARCV9, 64, 1, "", "SPARC 64" },
};

static const struct machine *find_machine(const struct msk_elf *e)
{
	for (size_t i = 0; i < sizeof machines / sizeof *machines; i++)
		if (machines[i].machine == e->machine && machines[i].elf_class == e->elf_class &&
		    machines[i].big_endian == e->big_endian)
			return &machines[i];
	return NULL;
}

const char *msk_elf_machine_name(const struct msk_elf *e)
{
	const struct machine *m = find_machine(e);

	return m ? m->name : "an unknown machine";
}

/* Tag_CPU_arch: 0 pre-v4, 1 v4, 2 v4T, 3 v5T, 4 v5TE, 5 v5TEJ, 6..9 v6, 10 v7, 11 v6-M, 12 v6S-M, 13 v7E-M, 14 v8-A ... */
static const char *arm_variant_of_arch(unsigned tag)
{
	if (tag <= 5)
		return "v5";
	if (tag <= 9 || tag == 11 || tag == 12)
		return "v6";
	return tag <= 13 ? "v7" : "v8";
}

static void set_variant(struct msk_platform *p, const char *variant)
{
	snprintf(p->variant, sizeof p->variant, "%s", variant);
}

/* Always stated for arm. A Go program says GOARM ("7", "6,softfloat"); its header never does. */
static void arm_variant(const struct msk_image_file *i, const struct msk_elf *e, struct msk_platform *p)
{
	char goarm[16];

	if (msk_go_setting(i, "GOARM", goarm, sizeof goarm) && goarm[0] >= '5' && goarm[0] <= '8') {
		snprintf(p->variant, sizeof p->variant, "v%c", goarm[0]);
	} else if (i->arm_arch) {
		set_variant(p, arm_variant_of_arch(i->arm_arch - 1));
	} else {
		/* Stripped of its sections: soft float means armel, whose baseline is v5. */
		set_variant(p, e->flags & EF_ARM_ABI_FLOAT_SOFT ? "v5" : "v7");
	}
}

static void amd64_variant(const struct msk_image_file *i, struct msk_platform *p)
{
	char level[16];

	if (msk_go_setting(i, "GOAMD64", level, sizeof level) && strlen(level) == 2 && level[0] == 'v' &&
	    level[1] >= '2' && level[1] <= '4')
		set_variant(p, level);
}

void msk_platform_of(const struct msk_image_file *i, struct msk_elf *e)
{
	const struct machine *m = find_machine(e);

	snprintf(e->platform.os, sizeof e->platform.os, "linux");
	if (!m)
		return;
	snprintf(e->platform.arch, sizeof e->platform.arch, "%s", m->arch);
	if (e->machine == EM_ARM)
		arm_variant(i, e, &e->platform);
	else if (e->machine == EM_X86_64)
		amd64_variant(i, &e->platform);
}
