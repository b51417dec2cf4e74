/* The notes of an otherwise sound file. First byte: 1 big-endian, 2 32 bit, 4 i386 or arm instead of amd64 or arm64. */
#include "../unit/fake_elf.h"
#include "mutate_elf.h"

FUZZ_ALLOCATOR_ENDS;

#define ROOM 32768

/* The first byte, and the notes as words of four bytes. */
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t room, unsigned seed)
{
	struct mutation m = mutation_of(data, size, room, seed);
	const struct elf_shape s = { .big = size && data[0] & 1, .word = 4 };

	if (size < 17 || mutation_below(&m, 3) == 0)
		mutation_by_fuzzer(&m);
	else
		elf_alter(&m, &s, 1 + 4 * mutation_below(&m, (size - 1) / 4), 4);
	return m.n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct fake_file file;
	unsigned how = size ? data[0] : 0;
	struct fake spec = {
		.big = how & 1, .elf_class = how & 2 ? 32 : 64,
		.machine = how & 1 ? EM_PPC64 : how & 4 ? EM_386 : EM_X86_64,
		.interp = "/lib/ld.so", .note = data + 1, .note_size = size ? size - 1 : 0,
	};
	MSK_CLEANUP(msk_elf_release) struct msk_elf e = { 0 };
	MSK_AUTO_ROFILE f = MSK_ROFILE_INIT;
	struct msk_err err = MSK_ERR_INIT;
	int rc;

	if (size < 2 || size > ROOM)
		return 0;
	fake_make(&file, &spec);
	f = fuzz_file(file.b, file.n);
	/* No note makes a sound file an unsound one. */
	rc = msk_elf_read(&f, "x", &e, &err);
	fuzz_check_error(rc, &err);
	assert(rc == 0 && e.isa_level <= 4 && e.platform.os[0] && e.n_dlopens <= MSK_ELF_MAX_DLOPENS);
	for (size_t i = 0; i < e.n_dlopens; i++)
		assert(e.dlopens[i].sonames.n && e.dlopens[i].sonames.n <= MSK_ELF_MAX_DLOPENS);
	return 0;
}
