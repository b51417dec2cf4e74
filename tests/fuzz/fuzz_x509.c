/* One certificate in DER. */
#include "mkscratch/x509.h"
#include "fuzz.h"

#define ROOM (1 << 16)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static bool started;
	struct msk_err err = MSK_ERR_INIT;
	MSK_AUTO_STR der = MSK_STR_INIT;
	MSK_AUTO_STR name = MSK_STR_INIT;
	struct msk_x509 x;
	const char *wrong;

	if (size > ROOM)
		return 0;
	assert(started || msk_x509_start(&err) == 0);
	started = true;
	if (size)
		msk_str_add(&der, data, size);
	wrong = msk_x509_read(&der, &x);
	if (wrong) {
		assert(*wrong);
		return 0;
	}
	msk_x509_add_name(&name, &x.subject);
	assert(name.len < 400);
	for (size_t i = 0; i < name.len; i++)
		assert((unsigned char)name.buf[i] >= 0x20 && name.buf[i] != 0x7f);
	/* One that names itself as its issuer may have signed itself, unless its key identifiers say no. */
	if (msk_x509_signed_by(&x, &x))
		assert(x.subject.len == x.issuer.len);
	msk_x509_release(&x);
	return 0;
}
