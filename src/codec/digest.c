/* OpenSSL calls these functions deprecated, for EVP's. Before those hash a byte they set up a provider with all of its
 * algorithms, which takes longer than all else of a small image; the instructions they come to are the same. */
#define OPENSSL_SUPPRESS_DEPRECATED
#include "mkscratch/digest.h"

#include <assert.h>
#include <openssl/sha.h>
#include <string.h>

#include "mkscratch/mem.h"
#include "sha256_pair.h"

struct msk_sha256 {
	SHA256_CTX ctx;
	enum { UNASKED, ALONE, IN_PAIRS } how;   /* what the processor can: to ask it takes long on a virtual machine */
};

/* The library's context is open: `h` is the state, `num` how many bytes wait for a full block, Nh and Nl count bits. What
 * cannot be asserted here, test_digest would find. */
static_assert(sizeof ((SHA256_CTX *)0)->h == 8 * sizeof(uint32_t), "the state of SHA-256");
static_assert(sizeof ((SHA256_CTX *)0)->Nl == sizeof(uint32_t), "half of its count");

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

static void add_each(struct msk_sha256 *a, struct msk_sha256 *b, const void *p, size_t n)
{
	msk_sha256_add(a, p, n);
	msk_sha256_add(b, p, n);
}

static void count_bytes(SHA256_CTX *c, uint64_t n)
{
	uint64_t bits = ((uint64_t)c->Nh << 32 | c->Nl) + (n << 3);

	c->Nl = (SHA_LONG)bits;
	c->Nh = (SHA_LONG)(bits >> 32);
}

static bool in_pairs(struct msk_sha256 *h)
{
	if (h->how == UNASKED)
		h->how = msk_sha256_pair_can() ? IN_PAIRS : ALONE;
	return h->how == IN_PAIRS;
}

/* Whole blocks. */
static void add_blocks(struct msk_sha256 *a, struct msk_sha256 *b, const unsigned char *p, size_t blocks)
{
	if (!in_pairs(a)) {
		add_each(a, b, p, blocks * MSK_SHA256_BLOCK);
		return;
	}
	msk_sha256_pair(a->ctx.h, b->ctx.h, p, blocks);
	count_bytes(&a->ctx, (uint64_t)blocks * MSK_SHA256_BLOCK);
	count_bytes(&b->ctx, (uint64_t)blocks * MSK_SHA256_BLOCK);
}

void msk_sha256_add_both(struct msk_sha256 *a, struct msk_sha256 *b, const void *p, size_t n)
{
	const unsigned char *from = p;
	size_t first = (MSK_SHA256_BLOCK - a->ctx.num) % MSK_SHA256_BLOCK, blocks;

	if (a->ctx.num != b->ctx.num || n < first) {
		add_each(a, b, p, n);
		return;
	}
	blocks = (n - first) / MSK_SHA256_BLOCK;
	add_each(a, b, from, first);
	add_blocks(a, b, from + first, blocks);
	first += blocks * MSK_SHA256_BLOCK;
	add_each(a, b, from + first, n - first);
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
