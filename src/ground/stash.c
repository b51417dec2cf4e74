#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "ground.h"

#define CHUNK     (256u << 10)
#define MAX_STASH (256ull << 20)          /* what does not fit is read from its layer every time */

void msk_stash_release(struct msk_stash *s)
{
	msk_staged_release(&s->bytes);
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

	if (e->type != MSK_TAR_FILE || !is_library(e->path) || e->size > MAX_STASH - s->size)
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
	s->v[s->n++] = (struct msk_stashed){ msk_ground_file_id(entry->layer, entry->nth), at, s->size - at };
	return 0;
}

static int fill(struct msk_ground *g, struct msk_err *err)
{
	struct msk_stash *s = &g->stash;

	if (s->filled)
		return 0;
	s->filled = true;
	return msk_source_image_visit(g->images, g->image, &g->tree, stash, s, err);
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

int msk_stash_open(struct msk_ground *g, const struct msk_node *n, bool *found, int *out_fd, struct msk_err *err)
{
	const struct msk_stashed *hit = NULL;
	MSK_AUTO_FD int fd = -1;

	*found = false;
	if (!n->data_layer || !is_library(n->path))
		return 0;
	if (fill(g, err) < 0)
		return -1;
	for (size_t i = 0; i < g->stash.n && !hit; i++)
		if (g->stash.v[i].id == msk_ground_file_id(n->data_layer, n->data_nth))
			hit = &g->stash.v[i];
	if (!hit)
		return 0;
	if (msk_staging_file(&fd, err) < 0 || copy(&g->stash.bytes, hit, fd, err) < 0)
		return -1;
	*found = true;
	*out_fd = fd;
	fd = -1;
	return 0;
}
