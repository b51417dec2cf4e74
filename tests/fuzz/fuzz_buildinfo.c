/* Go's build info: what stands behind its magic in a writable segment. */
#include "../unit/fake_elf.h"
#include "fuzz.h"

#define MAGIC "\xff Go buildinf:"
#define ROOM  32768

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct fake_file file;
	static unsigned char tail[ROOM];
	struct fake spec = { .type = ET_EXEC, .no_dynamic = true, .tail = tail, .tail_size = sizeof MAGIC - 1 + size };
	MSK_CLEANUP(msk_elf_release) struct msk_elf e = { 0 };
	MSK_AUTO_ROFILE f = MSK_ROFILE_INIT;
	struct msk_err err = MSK_ERR_INIT;
	int rc;

	if (size > ROOM - sizeof MAGIC)
		return 0;
	memcpy(tail, MAGIC, sizeof MAGIC - 1);
	memcpy(tail + sizeof MAGIC - 1, data, size);
	fake_make(&file, &spec);
	f = fuzz_file(file.b, file.n);
	/* No build info makes a sound file an unsound one. */
	rc = msk_elf_read(&f, "x", &e, &err);
	fuzz_check_error(rc, &err);
	assert(rc == 0 && (e.go_version || !e.go_info));
	assert(!e.go_version || strlen(e.go_version) < 256);
	return 0;
}
