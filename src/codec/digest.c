/* OpenSSL calls these functions deprecated, for EVP's. Before those hash a byte they set up a provider with all of its
 * algorithms, which takes longer than all else of a small image; the instructions they come to are the same. */
#define OPENSSL_SUPPRESS_DEPRECATED
#include "mkscratch/digest.h"

#include <openssl/sha.h>
#include <string.h>

#include "mkscratch/mem.h"

struct msk_sha256 {
	SHA256_CTX ctx;
};

struct msk_sha256 *msk_sha256_new(void)
{
	struct msk_sha256 *h = msk_xcalloc(1, sizeof *h);

	SHA256_Init(&h->ctx);
	return h;
}

void msk_sha256_free(struct msk_sha256 *h)
{
	free(h);
}

void msk_sha256_cleanup(struct msk_sha256 **h)
{
	msk_sha256_free(*h);
}

void msk_sha256_add(struct msk_sha256 *h, const void *p, size_t n)
{
	SHA256_Update(&h->ctx, p, n);
}

void msk_sha256_end(struct msk_sha256 *h, struct msk_digest *out)
{
	static const char hex[] = "0123456789abcdef";
	unsigned char sum[SHA256_DIGEST_LENGTH];
	char *to = out->text + sizeof "sha256:" - 1;

	SHA256_Final(sum, &h->ctx);
	memcpy(out->text, "sha256:", sizeof "sha256:" - 1);
	for (size_t i = 0; i < sizeof sum; i++) {
		*to++ = hex[sum[i] >> 4];
		*to++ = hex[sum[i] & 15];
	}
	*to = '\0';
	SHA256_Init(&h->ctx);
}

void msk_digest_of(const void *p, size_t n, struct msk_digest *out)
{
	struct msk_sha256 h;

	SHA256_Init(&h.ctx);
	msk_sha256_add(&h, p, n);
	msk_sha256_end(&h, out);
}

bool msk_digest_valid(const char *text)
{
	return strncmp(text, "sha256:", 7) == 0 && strlen(text) == MSK_DIGEST_CHARS - 1 &&
	       strspn(text + 7, "0123456789abcdef") == 64;
}

static int hash_write(struct msk_writer *w, const void *p, size_t n, struct msk_err *err)
{
	struct msk_hash_writer *hw = (struct msk_hash_writer *)w;

	msk_sha256_add(hw->hash, p, n);
	hw->size += n;
	return hw->next ? msk_writer_write(hw->next, p, n, err) : 0;
}

static int hash_finish(struct msk_writer *w, struct msk_err *err)
{
	struct msk_hash_writer *hw = (struct msk_hash_writer *)w;

	msk_sha256_end(hw->hash, &hw->digest);
	return hw->next ? msk_writer_finish(hw->next, err) : 0;
}

void msk_hash_writer_init(struct msk_hash_writer *hw, struct msk_writer *next)
{
	*hw = (struct msk_hash_writer){
		.w = { hash_write, hash_finish },
		.next = next,
		.hash = msk_sha256_new(),
	};
}

void msk_hash_writer_release(struct msk_hash_writer *hw)
{
	msk_sha256_free(hw->hash);
	hw->hash = NULL;
}
