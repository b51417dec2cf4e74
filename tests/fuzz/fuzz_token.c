/* $ORIGIN, $LIB and $PLATFORM in a search path or a name. First byte: 1 no origin, 2 no $LIB; the rest picks a
 * machine and its flags. */
#include <elf.h>

#include "../../src/elf/loader.h"
#include "fuzz.h"

static const uint16_t machines[] = { EM_X86_64, EM_386, EM_AARCH64, EM_ARM, EM_PPC64, EM_S390, EM_MIPS, EM_RISCV };

static char *expand(unsigned how, const char *text)
{
	MSK_CLEANUP(msk_closure_release) struct msk_closure c = { 0 };
	struct msk_closure_args args = { .origin = how & 1 ? NULL : "/opt/app" };
	char lib[] = "lib/x86_64-linux-gnu";
	struct msk_terrain terrain = { .lib_token = how & 2 ? NULL : lib };
	struct msk_loader l = { .args = &args, .c = &c, .program = "x", .terrain = &terrain };

	c.objects = msk_xcalloc(1, sizeof *c.objects);
	c.n_objects = 1;
	c.objects[0].name = msk_xstrdup("x");
	c.objects[0].elf.machine = machines[how >> 2 & 7];
	c.objects[0].elf.flags = how & 32 ? 0x400 : 0;
	c.objects[0].elf.elf_class = 64;
	return msk_token_expand(&l, 0, text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	MSK_AUTO_FREE char *text = size ? msk_xstrndup((const char *)data + 1, size - 1) : NULL;
	MSK_AUTO_FREE char *out = NULL;

	if (!text)
		return 0;
	out = expand(data[0], text);
	assert(!out || strlen(out) <= MSK_ELF_MAX_STRING + 64);
	/* What holds no dollar comes back as it was. */
	assert(strchr(text, '$') || strlen(text) > MSK_ELF_MAX_STRING || (out && strcmp(out, text) == 0));
	return 0;
}
