#include "mkscratch/digest.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <string.h>

#include "mkscratch/mem.h"

#define SHA256_BYTES 32

struct msk_sha256 {
	EVP_MD_CTX *ctx;
	EVP_MD *md;
};

/* The default provider's SHA-256 can fail for want of memory only. */
static void must(int ok)
{
	if (ok != 1)
		msk_oom();
}

struct msk_sha256 *msk_sha256_new(void)
{
	struct msk_sha256 *h = msk_xcalloc(1, sizeof *h);

	/* No configuration of the host: it takes a third of the start-up, and may load modules of its own. */
	must(OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG | OPENSSL_INIT_NO_ATEXIT, NULL));
	h->md = EVP_MD_fetch(NULL, "SHA256", NULL);
	h->ctx = EVP_MD_CTX_new();
	must(h->md && h->ctx);
	must(EVP_DigestInit_ex2(h->ctx, h->md, NULL));
	return h;
}

void msk_sha256_free(struct msk_sha256 *h)
{
	if (!h)
		return;
	EVP_MD_CTX_free(h->ctx);
	EVP_MD_free(h->md);
	free(h);
}

void msk_sha256_cleanup(struct msk_sha256 **h)
{
	msk_sha256_free(*h);
}

void msk_sha256_add(struct msk_sha256 *h, const void *p, size_t n)
{
	must(EVP_DigestUpdate(h->ctx, p, n));
}

void msk_sha256_end(struct msk_sha256 *h, struct msk_digest *out)
{
	static const char hex[] = "0123456789abcdef";
	unsigned char sum[EVP_MAX_MD_SIZE];
	char *to = out->text + sizeof "sha256:" - 1;

	must(EVP_DigestFinal_ex(h->ctx, sum, NULL));
	memcpy(out->text, "sha256:", sizeof "sha256:" - 1);
	for (int i = 0; i < SHA256_BYTES; i++) {
		*to++ = hex[sum[i] >> 4];
		*to++ = hex[sum[i] & 15];
	}
	*to = '\0';
	must(EVP_DigestInit_ex2(h->ctx, h->md, NULL));
}

void msk_digest_of(const void *p, size_t n, struct msk_digest *out)
{
	MSK_CLEANUP(msk_sha256_cleanup) struct msk_sha256 *h = msk_sha256_new();

	msk_sha256_add(h, p, n);
	msk_sha256_end(h, out);
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
