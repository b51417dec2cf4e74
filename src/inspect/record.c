#include "mkscratch/record.h"

#include <string.h>

#include "mkscratch/plan.h"
#include "mkscratch/sorted.h"

static const char *field(const struct msk_json *row, size_t i)
{
	return msk_json_string_value(msk_json_at(row, i));
}

static int compare_rows(const void *a, const void *b)
{
	return strcmp(((const struct msk_record_row *)a)->path, ((const struct msk_record_row *)b)->path);
}

int msk_record_read(const struct msk_source_image *image, struct msk_record *out, struct msk_err *err)
{
	const char *text = msk_json_get_string(image->annotations, MSK_ANNOTATION_REASONS);

	*out = (struct msk_record){ 0 };
	if (!text)
		return 0;
	if (msk_json_parse(text, strlen(text), MSK_ANNOTATION_REASONS, &out->json, err) < 0)
		return -1;
	out->v = msk_xcalloc(msk_json_count(out->json) + 1, sizeof *out->v);
	for (size_t i = 0; i < msk_json_count(out->json); i++) {
		const struct msk_json *row = msk_json_at(out->json, i);

		if (field(row, 0) && field(row, 1) && field(row, 2))
			out->v[out->n++] = (struct msk_record_row){ field(row, 0), field(row, 1), field(row, 2),
								    field(row, 3) };
	}
	qsort(out->v, out->n, sizeof *out->v, compare_rows);
	return 0;
}

void msk_record_release(struct msk_record *r)
{
	msk_json_free(r->json);
	free(r->v);
}

static int path_vs_row(const void *path, const void *row)
{
	return strcmp(path, ((const struct msk_record_row *)row)->path);
}

static size_t rows_from(const struct msk_record *r, const char *path)
{
	return msk_lower_bound(path, r->v, r->n, sizeof *r->v, path_vs_row);
}

static const struct msk_record_row *find_exact(const struct msk_record *r, const char *path)
{
	size_t i = rows_from(r, path);

	return i < r->n && strcmp(r->v[i].path, path) == 0 ? &r->v[i] : NULL;
}

const struct msk_record_row *msk_record_find(const struct msk_record *r, const char *path)
{
	const struct msk_record_row *row = find_exact(r, path);
	MSK_AUTO_FREE char *dir = msk_xasprintf("%s/", path);

	while (!row && *dir) {
		char *slash;

		row = find_exact(r, dir);
		dir[strlen(dir) - 1] = '\0';
		slash = strrchr(dir, '/');
		if (!slash)
			break;
		slash[1] = '\0';
	}
	return row;
}

const struct msk_record_row *msk_record_find_below(const struct msk_record *r, const char *path)
{
	MSK_AUTO_FREE char *dir = msk_xasprintf("%s/", path);
	size_t i = rows_from(r, dir);

	return i < r->n && msk_starts_with(r->v[i].path, dir) ? &r->v[i] : NULL;
}
