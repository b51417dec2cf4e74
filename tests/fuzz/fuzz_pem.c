/* PEM blocks among any text: what decodes is written again and read again, and is the same. */
#include "mkscratch/pem.h"
#include "fuzz.h"

#define ROOM (1 << 16)

static void check_again(const struct msk_str *der)
{
	MSK_AUTO_STR text = MSK_STR_INIT;
	MSK_AUTO_STR again = MSK_STR_INIT;
	struct msk_err err = MSK_ERR_INIT;
	struct msk_pem_block b;
	struct msk_pem r;
	unsigned line = 0;
	bool found;

	msk_pem_add(&text, "CERTIFICATE", (const unsigned char *)msk_str_c(der), der->len);
	msk_pem_init(&r, text.buf, text.len);
	assert(msk_pem_next(&r, &b, &found, "x", &err) == 0 && found && b.line == 1);
	assert(msk_pem_label_is(&b, "CERTIFICATE") && msk_pem_label_has(&b, "CERTIFICATE"));
	assert(msk_pem_decode(&b, &again, &line));
	assert(again.len == der->len && memcmp(msk_str_c(&again), msk_str_c(der), der->len) == 0);
	assert(msk_pem_next(&r, &b, &found, "x", &err) == 0 && !found);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data;
	struct msk_err err = MSK_ERR_INIT;
	struct msk_pem r;
	bool found = true;
	int rc = 0;

	if (size > ROOM)
		return 0;
	msk_pem_init(&r, text, size);
	for (unsigned n = 1; found; n++) {
		MSK_AUTO_STR der = MSK_STR_INIT;
		struct msk_pem_block b;
		unsigned line = 0;

		rc = msk_pem_next(&r, &b, &found, "x", &err);
		fuzz_check_error(rc, &err);
		if (rc < 0 || !found)
			break;
		assert(r.blocks == n && b.line >= n && b.line <= size + 1);
		assert(text <= b.label && b.label + b.label_len <= b.body && b.body <= b.body_end && b.body_end <= text + size);
		if (msk_pem_decode(&b, &der, &line))
			check_again(&der);
		else
			assert(line >= b.line);
	}
	return 0;
}
