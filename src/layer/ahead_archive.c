#include "ahead_archive.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "mkscratch/ahead.h"
#include "mkscratch/fs.h"

#define BLOCK 512u
#define MAX_MEMBERS 64
#define DOCUMENT (256u << 10)      /* larger blobs are not searched */
#define BLOBS "blobs/sha256/"

/* Where its tar has a blob. */
struct member {
	struct msk_held blob;
	bool is_blob;
	uint64_t next;
};

/* ustar: an octal number of 11 digits. */
static bool read_size(const char *field, uint64_t *out)
{
	*out = 0;
	for (int i = 0; i < 11; i++) {
		if (field[i] < '0' || field[i] > '7')
			return false;
		*out = *out << 3 | (uint64_t)(field[i] - '0');
	}
	return true;
}

/* False at the end, and at whatever is not as this program writes it. */
static bool read_member(int fd, uint64_t at, struct member *m)
{
	struct msk_err ignored = MSK_ERR_INIT;
	char head[BLOCK];
	struct msk_held *b = &m->blob;

	if (msk_pread_full(fd, head, sizeof head, at, "", &ignored) != (ssize_t)sizeof head ||
	    memcmp(head + 257, "ustar", 5) != 0 || !read_size(head + 124, &b->size))
		return false;
	b->offset = at + BLOCK;
	m->next = b->offset + (b->size + BLOCK - 1) / BLOCK * BLOCK;
	memcpy(b->digest.text, "sha256:", 7);
	memcpy(b->digest.text + 7, head + strlen(BLOBS), 64);
	b->digest.text[MSK_DIGEST_CHARS - 1] = '\0';
	m->is_blob = memcmp(head, BLOBS, strlen(BLOBS)) == 0 && msk_digest_valid(b->digest.text);
	return true;
}

static bool names_one(int fd, const struct msk_held *b, const struct msk_strv *digests)
{
	MSK_AUTO_FREE char *text = msk_xmalloc((size_t)b->size + 1);
	struct msk_err ignored = MSK_ERR_INIT;

	if (msk_pread_full(fd, text, (size_t)b->size, b->offset, "", &ignored) != (ssize_t)b->size)
		return false;
	for (size_t i = 0; i < digests->n; i++)
		if (memmem(text, (size_t)b->size, digests->v[i], strlen(digests->v[i])))
			return true;
	return false;
}

/* Which there are by their names; false when none is worth it. */
static bool list(int fd, const struct msk_strv *digests, struct msk_held_blobs *out)
{
	bool named = false;
	uint64_t sum = 0;
	struct member m = { .next = 0 };

	for (int i = 0; i < MAX_MEMBERS && read_member(fd, m.next, &m); i++) {
		if (!m.is_blob)
			continue;
		if (m.blob.size <= DOCUMENT)
			named = named || names_one(fd, &m.blob, digests);
		if (m.blob.size < MSK_AHEAD_LEAST || m.blob.size > MSK_AHEAD_MOST - sum || out->n == MSK_HELD_MOST)
			continue;
		sum += m.blob.size;
		out->v[out->n++] = m.blob;
	}
	return named;
}

static bool hold(int fd, const struct msk_strv *digests, const atomic_bool *stop, struct msk_held_blobs *out)
{
	struct stat after;

	if (!list(fd, digests, out))
		return false;
	for (size_t i = 0; i < out->n; i++) {
		struct msk_digest got;

		if (!msk_hash_range(fd, out->v[i].offset, out->v[i].size, stop, &got) ||
		    strcmp(got.text, out->v[i].digest.text) != 0)
			return false;
	}
	return fstat(fd, &after) == 0 && msk_same_state(&out->st, &after);
}

/* Looked at before it is opened: a FIFO would have a reader for a moment. */
void msk_archive_look(const char *path, const struct msk_strv *digests, const atomic_bool *stop, struct msk_held_blobs *out)
{
	MSK_AUTO_FD int fd = -1;

	out->n = 0;
	if (!digests->n || stat(path, &out->st) < 0 || !S_ISREG(out->st.st_mode))
		return;
	fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &out->st) < 0 || !hold(fd, digests, stop, out))
		out->n = 0;
}
