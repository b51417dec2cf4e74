#include "mkscratch/file_digests.h"

#include <assert.h>
#include <string.h>

#include "mkscratch/mem.h"
#include "mkscratch/staging.h"

#define PER_PAGE (MSK_STAGED_PART / sizeof(struct msk_digest))
#define FRAMES   3              /* two walks side by side, and one to spare */

/* A page that is in memory. */
struct frame {
	struct msk_digest *v;      /* NULL: none */
	size_t page;
	uint64_t used;             /* when it was looked at last */
	bool changed;
};

struct msk_file_digests {
	size_t entries;
	struct frame frames[FRAMES];
	struct frame seen;         /* read alone: what is in a frame as well counts there */
	uint64_t clock;
	bool *put_away;            /* by page: the file has it */
	struct msk_staged file;
};

struct msk_file_digests *msk_file_digests_new(size_t entries)
{
	struct msk_file_digests *d = msk_xcalloc(1, sizeof *d);

	d->entries = entries;
	d->put_away = msk_xcalloc(entries / PER_PAGE + 1, sizeof *d->put_away);
	return d;
}

void msk_file_digests_free(struct msk_file_digests *d)
{
	if (!d)
		return;
	for (size_t i = 0; i < FRAMES; i++)
		free(d->frames[i].v);
	free(d->seen.v);
	free(d->put_away);
	msk_staged_release(&d->file);
	free(d);
}

void msk_file_digests_cleanup(struct msk_file_digests **d)
{
	msk_file_digests_free(*d);
}

static struct frame *frame_of(struct msk_file_digests *d, size_t page)
{
	for (size_t i = 0; i < FRAMES; i++)
		if (d->frames[i].v && d->frames[i].page == page)
			return &d->frames[i];
	return NULL;
}

/* One that is free, else that which was not looked at for the longest time. */
static struct frame *oldest(struct msk_file_digests *d)
{
	struct frame *best = &d->frames[0];

	for (size_t i = 1; i < FRAMES; i++)
		if (d->frames[i].used < best->used)
			best = &d->frames[i];
	return best;
}

static void load(const struct msk_file_digests *d, struct frame *f, size_t page)
{
	bool alone = d->entries <= PER_PAGE;

	if (!f->v)
		f->v = msk_xcalloc(1, alone ? d->entries * sizeof *f->v : MSK_STAGED_PART);
	else if (!d->put_away[page])
		memset(f->v, 0, MSK_STAGED_PART);
	if (d->put_away[page])
		msk_staged_read(&d->file, f->v, MSK_STAGED_PART, (uint64_t)page * MSK_STAGED_PART);
	f->page = page;
}

static int put_away(struct msk_file_digests *d, struct frame *f, struct msk_err *err)
{
	if (!f->changed)
		return 0;
	if (msk_staged_write(&d->file, f->v, MSK_STAGED_PART, (uint64_t)f->page * MSK_STAGED_PART, err) < 0)
		return -1;
	if (d->seen.v && d->seen.page == f->page)
		memcpy(d->seen.v, f->v, MSK_STAGED_PART);
	d->put_away[f->page] = true;
	f->changed = false;
	return 0;
}

/* Where its page is now, for reading; NULL: nothing on it was ever set. */
static struct frame *look(struct msk_file_digests *d, size_t page)
{
	struct frame *f = frame_of(d, page);

	if (f || !d->put_away[page])
		return f;
	if (!d->seen.v || d->seen.page != page)
		load(d, &d->seen, page);
	return &d->seen;
}

bool msk_file_digests_get(struct msk_file_digests *d, size_t number, struct msk_digest *out)
{
	struct frame *f = d ? look(d, number / PER_PAGE) : NULL;
	const struct msk_digest *digest = f ? &f->v[number % PER_PAGE] : NULL;

	if (!digest || !digest->text[0])
		return false;
	f->used = ++d->clock;
	*out = *digest;
	return true;
}

int msk_file_digests_set(struct msk_file_digests *d, size_t number, const struct msk_digest *digest, struct msk_err *err)
{
	struct frame *f = frame_of(d, number / PER_PAGE);

	assert(number < d->entries);
	if (!f) {
		f = oldest(d);
		if (put_away(d, f, err) < 0)
			return -1;
		load(d, f, number / PER_PAGE);
	}
	f->v[number % PER_PAGE] = *digest;
	f->changed = true;
	f->used = ++d->clock;
	return 0;
}

int msk_file_digests_forget(struct msk_file_digests *d, size_t number, struct msk_err *err)
{
	struct msk_digest known;

	return msk_file_digests_get(d, number, &known) ?
		msk_file_digests_set(d, number, &(struct msk_digest){ "" }, err) : 0;
}
