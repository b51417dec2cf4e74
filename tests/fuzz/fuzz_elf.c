/* An ELF file: header, segments, dynamic section, notes, build info, attributes. */
#include "fuzz.h"
#include "mkscratch/elf.h"
#include "mutate_elf.h"

FUZZ_ALLOCATOR_ENDS;

static void check_facts(const struct msk_elf *e)
{
	assert(e->elf_class == 32 || e->elf_class == 64);
	assert(e->needed.n <= MSK_ELF_MAX_NEEDED);
	assert(!e->needed.n || e->has_dynamic);
	assert(!(e->rpath && e->runpath));
	assert(!e->interp || (e->interp[0] == '/' && strlen(e->interp) <= MSK_MAX_PATH));
	assert((e->interp != NULL) == (e->linkage == MSK_ELF_DYNAMIC));
	assert(e->isa_level <= 4);
	assert(e->go_version || !e->go_info);
	for (size_t i = 0; i < e->needed.n; i++)
		assert(e->need_kinds[i] <= MSK_NEED_AUXILIARY && strlen(e->needed.v[i]) <= MSK_MAX_PATH);
}

/* The questions that others ask of the facts. */
static void use_facts(const struct msk_elf *e)
{
	MSK_AUTO_FREE char *setting = msk_elf_go_setting(e, "GOARM");
	MSK_AUTO_STR why = MSK_STR_INIT;
	struct msk_err err = MSK_ERR_INIT;
	int rc = msk_elf_check_program(e, "x", &err);

	fuzz_check_error(rc, &err);
	assert(rc < 0 || e->linkage != MSK_ELF_LIBRARY);
	assert(rc < 0 || e->platform.arch[0]);
	assert(msk_elf_misfit(e, e, &why) == (why.len > 0));
	assert(msk_elf_machine_name(e)[0] && msk_linkage_name(e->linkage)[0]);
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t room, unsigned seed)
{
	return mutate_elf(data, size, room, seed);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	MSK_AUTO_ROFILE f = fuzz_file(data, size);
	MSK_CLEANUP(msk_elf_release) struct msk_elf e = { 0 };
	struct msk_elf head = { 0 };
	struct msk_err err = MSK_ERR_INIT, head_err = MSK_ERR_INIT;
	int rc = msk_elf_read(&f, "x", &e, &err), head_rc = msk_elf_read_header(&f, "x", &head, &head_err);

	fuzz_check_error(rc, &err);
	fuzz_check_error(head_rc, &head_err);
	assert(rc < 0 || head_rc == 0);
	if (rc < 0)
		return 0;
	assert(head.machine == e.machine && head.elf_class == e.elf_class && head.type == e.type);
	check_facts(&e);
	use_facts(&e);
	return 0;
}
