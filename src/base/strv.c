#include <string.h>

#include "mkscratch/str.h"

void msk_strv_release(struct msk_strv *sv)
{
	for (size_t i = 0; i < sv->n; i++)
		free(sv->v[i]);
	free(sv->v);
	*sv = (struct msk_strv)MSK_STRV_INIT;
}

void msk_strv_push_own(struct msk_strv *sv, char *own_s)
{
	MSK_GROW(sv->v, sv->n, sv->cap);
	sv->v[sv->n++] = own_s;
}

void msk_strv_push(struct msk_strv *sv, const char *s)
{
	msk_strv_push_own(sv, msk_xstrdup(s));
}

void msk_strv_copy(struct msk_strv *to, const struct msk_strv *from)
{
	*to = (struct msk_strv)MSK_STRV_INIT;
	for (size_t i = 0; i < from->n; i++)
		msk_strv_push(to, from->v[i]);
}

bool msk_strv_has(const struct msk_strv *sv, const char *s)
{
	for (size_t i = 0; i < sv->n; i++)
		if (strcmp(sv->v[i], s) == 0)
			return true;
	return false;
}

void msk_strv_split(struct msk_strv *sv, const char *s, const char *separators)
{
	for (;;) {
		size_t n = strcspn(s, separators);

		msk_strv_push_own(sv, msk_xstrndup(s, n));
		if (!s[n])
			return;
		s += n + 1;
	}
}

static int by_bytes(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

void msk_strv_sort(struct msk_strv *sv)
{
	if (sv->n > 1)
		qsort(sv->v, sv->n, sizeof *sv->v, by_bytes);
}
