/* What Go's build info tells of two programs: versions of Go and of modules, and how they were built. */
#include <string.h>
#include <sys/stat.h>

#include "diff.h"
#include "mkscratch/elf.h"

/* "dep golang.org/x/net" and its version, in the order of the text. */
struct facts {
	struct msk_strv keys, values;
};

static void facts_release(struct facts *f)
{
	msk_strv_release(&f->keys);
	msk_strv_release(&f->values);
}

static void add(struct facts *f, const char *key, const char *value)
{
	msk_strv_push(&f->keys, key);
	msk_strv_push(&f->values, value);
}

/* "dep<TAB>path<TAB>version<TAB>sum", "=>" for what takes its place, "build<TAB>key=value". */
static void add_line(struct facts *f, const char *line)
{
	MSK_AUTO_STRV part = MSK_STRV_INIT;

	msk_strv_split(&part, line, "\t");
	if (part.n >= 3 && (strcmp(part.v[0], "dep") == 0 || strcmp(part.v[0], "mod") == 0)) {
		add(f, part.v[1], part.v[2]);
	} else if (part.n >= 3 && strcmp(part.v[0], "=>") == 0 && f->values.n) {
		char **last = &f->values.v[f->values.n - 1];
		char *both = msk_xasprintf("%s => %s %s", *last, part.v[1], part.v[2]);

		free(*last);
		*last = both;
	} else if (part.n >= 2 && strcmp(part.v[0], "build") == 0) {
		size_t n = strcspn(part.v[1], "=");
		MSK_AUTO_FREE char *key = msk_xasprintf("build %.*s", (int)n, part.v[1]);

		add(f, key, part.v[1][n] ? part.v[1] + n + 1 : "");
	}
}

/* *found false: it is no program of Go. */
static int read_facts(const struct msk_diff_program *p, struct facts *out, bool *found, struct msk_err *err)
{
	MSK_CLEANUP(msk_elf_release) struct msk_elf elf = { 0 };
	MSK_AUTO_ROFILE f = MSK_ROFILE_INIT;
	MSK_AUTO_STRV lines = MSK_STRV_INIT;
	struct msk_err ignored = MSK_ERR_INIT;

	*found = false;
	if (msk_source_data_file(p->side->images, p->side->image, p->node, &f.fd, &f.size, err) < 0)
		return -1;
	f.mode = S_IFREG;
	if (msk_elf_read(&f, p->node->path, &elf, &ignored) < 0 || !elf.go_version)
		return 0;
	*found = true;
	add(out, "go", elf.go_version);
	msk_strv_split(&lines, elf.go_info ? elf.go_info : "", "\n");
	for (size_t i = 0; i < lines.n; i++)
		add_line(out, lines.v[i]);
	return 0;
}

static const char *value_of(const struct facts *f, const char *key)
{
	for (size_t i = 0; i < f->keys.n; i++)
		if (strcmp(f->keys.v[i], key) == 0)
			return f->values.v[i];
	return NULL;
}

static void note(struct msk_diff *d, const char *path, const char *key, const char *from, const char *to)
{
	if (from && to && strcmp(from, to) == 0)
		return;
	msk_diff_add(d, &(struct msk_difference){ .kind = MSK_DIFF_GO, .what = key, .path = path, .from = from, .to = to });
}

int msk_diff_go(const char *path, const struct msk_diff_program *a, const struct msk_diff_program *b, struct msk_diff *d,
		struct msk_err *err)
{
	MSK_CLEANUP(facts_release) struct facts fa = { MSK_STRV_INIT, MSK_STRV_INIT };
	MSK_CLEANUP(facts_release) struct facts fb = { MSK_STRV_INIT, MSK_STRV_INIT };
	bool go_a, go_b;

	if (read_facts(a, &fa, &go_a, err) < 0 || (go_a && read_facts(b, &fb, &go_b, err) < 0))
		return -1;
	if (!go_a || !go_b)
		return 0;
	for (size_t i = 0; i < fa.keys.n; i++)
		note(d, path, fa.keys.v[i], fa.values.v[i], value_of(&fb, fa.keys.v[i]));
	for (size_t i = 0; i < fb.keys.n; i++)
		if (!value_of(&fa, fb.keys.v[i]))
			note(d, path, fb.keys.v[i], NULL, fb.values.v[i]);
	return 0;
}
