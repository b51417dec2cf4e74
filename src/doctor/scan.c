#include "scan.h"

#include <string.h>

#include "mkscratch/le.h"
#include "mkscratch/fs.h"

/* A bitmap that stays in the nearest cache knows three bytes of every pattern, from the first and from the second on,
 * so every other place of the file is enough to look at. Only where it says yes is another one asked, which knows the
 * first four; and only where that says yes are patterns compared. Unlike an automaton no step waits for the one before
 * it. */
#define HASH_BITS 15
#define HASH_SIZE (1u << HASH_BITS)
#define WINDOW    (256u << 10)

struct scan_set {
	const struct scan_pattern *patterns;
	size_t n;
	uint64_t maybe[HASH_SIZE / 64], likely[HASH_SIZE / 64];
	uint32_t first[HASH_SIZE];     /* 1 + index of a pattern; 0: none */
	uint32_t *next;                /* the same, for patterns that share a hash */
};

static uint32_t hash(uint32_t v)
{
	return (v * 2654435761u) >> (32 - HASH_BITS);
}

static uint32_t hash_at(const unsigned char *p)
{
	return hash(msk_four_bytes(p));
}

/* Of three bytes: the fourth is shifted out. */
static uint32_t short_hash(uint32_t v)
{
	return hash(v << 8);
}

static void set_bit(uint64_t *map, uint32_t h)
{
	map[h / 64] |= 1ull << (h % 64);
}

static bool has_bit(const uint64_t *map, uint32_t h)
{
	return map[h / 64] >> (h % 64) & 1;
}

struct scan_set *scan_set_new(const struct scan_pattern *patterns, size_t n)
{
	struct scan_set *s = msk_xcalloc(1, sizeof *s);

	s->patterns = patterns;
	s->n = n;
	s->next = msk_xcalloc(n ? n : 1, sizeof *s->next);
	for (size_t i = n; i-- > 0;) {
		uint32_t v = msk_four_bytes((const unsigned char *)patterns[i].bytes), h = hash(v);

		s->next[i] = s->first[h];
		s->first[h] = (uint32_t)i + 1;
		set_bit(s->likely, h);
		set_bit(s->maybe, short_hash(v));
		set_bit(s->maybe, short_hash(v >> 8));
	}
	return s;
}

void scan_set_cleanup(struct scan_set **s)
{
	if (!*s)
		return;
	free((*s)->next);
	free(*s);
	*s = NULL;
}

struct window {
	unsigned char *buf;
	size_t n;                      /* bytes in it */
	uint64_t offset;               /* of its first byte in the file */
};

static void compare(const struct scan_set *s, const struct window *w, size_t at,
		    void (*on_hit)(void *ctx, const struct scan_hit *h), void *ctx)
{
	for (uint32_t i = s->first[hash_at(w->buf + at)]; i; i = s->next[i - 1]) {
		const struct scan_pattern *p = &s->patterns[i - 1];

		if (p->n <= w->n - at && memcmp(w->buf + at, p->bytes, p->n) == 0)
			on_hit(ctx, &(struct scan_hit){ i - 1, w->offset + at, w->buf + at, at, w->n - at });
	}
}

/* Look at the places [from, to), each of which has four bytes. */
static void search(const struct scan_set *s, const struct window *w, size_t from, size_t to,
		   void (*on_hit)(void *ctx, const struct scan_hit *h), void *ctx)
{
	for (size_t i = from + 1; i < to; i += 2) {
		if (__builtin_expect(!has_bit(s->maybe, short_hash(msk_four_bytes(w->buf + i))), 1))
			continue;
		if (has_bit(s->likely, hash_at(w->buf + i - 1)))
			compare(s, w, i - 1, on_hit, ctx);
		if (has_bit(s->likely, hash_at(w->buf + i)))
			compare(s, w, i, on_hit, ctx);
	}
	if (from < to && (to - from) % 2)
		compare(s, w, to - 1, on_hit, ctx);
}

int scan_file(const struct scan_set *s, const struct msk_rofile *f, const char *name,
	      void (*on_hit)(void *ctx, const struct scan_hit *h), void *ctx, struct msk_err *err)
{
	MSK_AUTO_FREE unsigned char *buf = msk_xmalloc(WINDOW);
	struct window w = { buf, 0, 0 };
	size_t from = 0;               /* where the search goes on */

	for (;;) {
		ssize_t got = msk_pread_full(f->fd, buf + w.n, WINDOW - w.n, w.offset + w.n, name, err);
		size_t to, keep;

		if (got < 0)
			return -1;
		w.n += (size_t)got;
		to = w.n < SCAN_MIN_PATTERN ? 0 : w.n - (SCAN_MIN_PATTERN - 1);
		if (w.n == WINDOW)
			to = WINDOW - SCAN_AHEAD;
		search(s, &w, from, to, on_hit, ctx);
		if (w.n < WINDOW)
			return 0;
		keep = to - SCAN_BEFORE;
		memmove(buf, buf + keep, w.n - keep);
		w = (struct window){ buf, w.n - keep, w.offset + keep };
		from = SCAN_BEFORE;
	}
}
