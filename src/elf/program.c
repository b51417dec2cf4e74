/* What makes an ELF file a program for an image, and the names of what it is. */
#include <elf.h>

#include "mkscratch/elf.h"

static const char *osabi_name(uint8_t osabi)
{
	switch (osabi) {
	case ELFOSABI_HPUX: return "HP-UX";
	case ELFOSABI_NETBSD: return "NetBSD";
	case ELFOSABI_SOLARIS: return "Solaris";
	case ELFOSABI_AIX: return "AIX";
	case ELFOSABI_FREEBSD: return "FreeBSD";
	case ELFOSABI_OPENBSD: return "OpenBSD";
	case ELFOSABI_STANDALONE: return "no operating system";
	default: return NULL;
	}
}

int msk_elf_check_program(const struct msk_elf *e, const char *name, struct msk_err *err)
{
	const char *other = osabi_name(e->osabi);

	if (other)
		return msk_fail(err, MSK_E_INPUT, "%s: built for %s, an image needs a program for Linux", name, other);
	if (e->linkage == MSK_ELF_LIBRARY) {
		msk_fail(err, MSK_E_INPUT, "%s: shared library, not a program", name);
		return msk_hint(err, "add it beside a program with --lib %s", name);
	}
	if (!e->platform.arch[0])
		return msk_fail(err, MSK_E_INPUT, "%s: built for %s (machine %u), which OCI has no name for", name,
				msk_elf_machine_name(e), e->machine);
	return 0;
}

const char *msk_linkage_name(enum msk_linkage l)
{
	static const char *const names[] = { "static", "static-pie", "dynamic", "library" };

	return names[l];
}

const char *msk_libc_name(enum msk_libc l)
{
	static const char *const names[] = { "none", "glibc", "musl", "other" };

	return names[l];
}
