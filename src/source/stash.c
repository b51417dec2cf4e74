#include "mkscratch/stash.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#define CHUNK     (256u << 10)
#define MAX_STASH (256ull << 20)
#define MAX_FILES 10000

void msk_stash_init(struct msk_stash *s, const struct msk_source_images *images, const struct msk_source_image *image)
{
	*s = (struct msk_stash){ .images = images, .image = image };
	s->filled = msk_xcalloc(image->n_layers + 1, sizeof *s->filled);
}

void msk_stash_release(struct msk_stash *s)
{
	msk_staged_release(&s->bytes);
	free(s->filled);
	free(s->v);
	*s = (struct msk_stash){ 0 };
}

/* Loaders, libraries, and the caches that lead to them. */
static bool is_library(const char *path)
{
	const char *slash = strrchr(path, '/'), *base = slash ? slash + 1 : path;

	return strstr(base, ".so") != NULL;
}

static int stash(void *ctx, const struct msk_layer_entry *entry, struct msk_err *err)
{
	const struct msk_tar_entry *e = entry->e;
	struct msk_stash *s = ctx;
	MSK_AUTO_FREE char *buf = NULL;
	uint64_t at = s->size;
	ssize_t n;

	if (e->type != MSK_TAR_FILE || !e->size || !is_library(e->path) || e->size > MAX_STASH - s->size || s->n == MAX_FILES)
		return 0;
	buf = msk_xmalloc(CHUNK);
	while ((n = msk_layer_reader_data(entry->r, buf, CHUNK, err)) > 0) {
		if (msk_staged_write(&s->bytes, buf, (size_t)n, s->size, err) < 0)
			return -1;
		s->size += (uint64_t)n;
	}
	if (n < 0)
		return -1;
	MSK_GROW(s->v, s->n, s->cap);
	s->v[s->n++] = (struct msk_stashed){ entry->layer, entry->nth, at, s->size - at };
	return 0;
}

static int fill(struct msk_stash *s, uint32_t layer, struct msk_err *err)
{
	if (s->filled[layer - 1])
		return 0;
	s->filled[layer - 1] = true;
	if (msk_source_layer_visit(s->images, s->image, layer - 1, stash, s, NULL, err) < 0)
		return msk_ctx_read(err, "%s", msk_source_name(s->images->source));
	return 0;
}

static const struct msk_stashed *find(const struct msk_stash *s, const struct msk_node *n)
{
	for (size_t i = 0; i < s->n; i++)
		if (s->v[i].layer == n->data_layer && s->v[i].nth == n->data_nth)
			return &s->v[i];
	return NULL;
}

static int copy(const struct msk_staged *from, const struct msk_stashed *what, int to, struct msk_err *err)
{
	MSK_AUTO_FREE char *buf = msk_xmalloc(CHUNK);

	for (uint64_t done = 0; done < what->size;) {
		size_t want = what->size - done < CHUNK ? (size_t)(what->size - done) : CHUNK;

		msk_staged_read(from, buf, want, what->at + done);
		if (msk_staging_append(to, buf, want, err) < 0)
			return -1;
		done += want;
	}
	if (lseek(to, 0, SEEK_SET) < 0)
		return msk_fail_sys(err, errno, "staging file: cannot begin anew");
	return 0;
}

int msk_stash_open(struct msk_stash *s, const struct msk_node *n, int *out_fd, uint64_t *size, struct msk_err *err)
{
	const struct msk_stashed *hit;
	MSK_AUTO_FD int fd = -1;

	if (n->data_layer && is_library(n->path) && fill(s, n->data_layer, err) < 0)
		return -1;
	hit = find(s, n);
	if (!hit)
		return msk_source_data_file(s->images, s->image, n, out_fd, size, err);
	if (msk_staging_file(&fd, err) < 0 || copy(&s->bytes, hit, fd, err) < 0)
		return -1;
	*out_fd = msk_take_fd(&fd);
	if (size)
		*size = hit->size;
	return 0;
}
