/* A whole examination of any ELF file: sections, scan, Go's tables, secrets, auditable data, symbols. */
#include "fuzz.h"
#include "mkscratch/doctor.h"
#include "mutate_elf.h"

FUZZ_ALLOCATOR_ENDS;

static void check(const struct msk_diagnosis *d, size_t size)
{
	for (int w = 0; w < MSK_N_WANTS; w++) {
		assert(d->wants[w].level <= MSK_IS_EMBEDDED);
		assert((d->wants[w].level == MSK_IS_UNSEEN) == (d->wants[w].evidence == NULL));
	}
	assert(d->n_secrets <= MSK_DOCTOR_MAX_SECRETS && d->payload_bytes <= size);
	for (size_t i = 0; i < d->n_secrets; i++)
		assert(d->secrets[i].offset < size && d->secrets[i].count && d->secrets[i].shown[0]);
	assert(d->hardening.relro <= MSK_RELRO_FULL && d->libc <= MSK_LIBC_OTHER);
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t room, unsigned seed)
{
	return mutate_elf(data, size, room, seed);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	MSK_AUTO_ROFILE f = fuzz_file(data, size);
	MSK_CLEANUP(msk_diagnosis_release) struct msk_diagnosis d = { 0 };
	const struct msk_doctor_args args = { .file = &f, .name = "x" };
	struct msk_err err = MSK_ERR_INIT;
	int rc = msk_doctor_examine(&args, &d, &err);

	fuzz_check_error(rc, &err);
	if (rc == 0)
		check(&d, size);
	return 0;
}
