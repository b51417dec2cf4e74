#include "examine.h"

#include <string.h>

/* Signs that are names of symbols, sorted, to be looked up for each symbol. */
struct names {
	size_t *v;
	size_t n;
};

static int by_text(const void *a, const void *b)
{
	return strcmp(doctor_signs[*(const size_t *)a].text, doctor_signs[*(const size_t *)b].text);
}

static void names_init(struct names *t)
{
	t->v = msk_xcalloc(doctor_n_signs, sizeof *t->v);
	t->n = 0;
	for (size_t i = 0; i < doctor_n_signs; i++)
		if (doctor_signs[i].kind == SIGN_IMPORT || doctor_signs[i].kind == SIGN_NAME)
			t->v[t->n++] = i;
	qsort(t->v, t->n, sizeof *t->v, by_text);
}

static void names_release(struct names *t)
{
	free(t->v);
}

/* The first of the signs with this text, which lie side by side; t->n when there is none. */
static size_t find(const struct names *t, const char *text)
{
	size_t lo = 0, hi = t->n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (strcmp(doctor_signs[t->v[mid]].text, text) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo < t->n && strcmp(doctor_signs[t->v[lo]].text, text) == 0 ? lo : t->n;
}

/* `by`: the library whose symbols these are; NULL for the program. */
static void take_symbols(struct examination *x, const struct names *t, const struct msk_symbols *s, const char *by)
{
	for (size_t i = 0; i < s->n; i++) {
		const struct msk_symbol *y = &s->v[i];

		if (!by && y->imported && msk_starts_with(y->name, "__") && msk_ends_with(y->name, "_chk"))
			x->marks |= MARK_FORTIFY;
		for (size_t k = find(t, y->name); k < t->n && strcmp(doctor_signs[t->v[k]].text, y->name) == 0; k++)
			if (doctor_signs[t->v[k]].kind == SIGN_IMPORT ? y->imported : !by)
				doctor_see(x, t->v[k], by ? SEEN_LIBRARY : SEEN_IMPORT, 0, by);
	}
}

/* Libraries that come with every program of their kind: what they can do is no sign that this one does it. */
static bool is_runtime(const char *name)
{
	static const char *const runtimes[] = { "libc.", "libm.", "libpthread.", "libdl.", "librt.", "ld-", "ld64.",
						"libgcc_s.", "libstdc++.", "libc++.", "libc++abi.", "libresolv.",
						"libcrypto.", "libssl.", "libgnutls.", "libglib-2.0.", "libp11-kit." };

	for (size_t i = 0; i < sizeof runtimes / sizeof *runtimes; i++)
		if (msk_starts_with(name, runtimes[i]))
			return true;
	return false;
}

/* What cannot be read tells nothing. */
static void take_library(struct examination *x, const struct names *t, const struct msk_object *o)
{
	MSK_CLEANUP(msk_symbols_release) struct msk_symbols s = { 0 };
	MSK_AUTO_ROFILE f = MSK_ROFILE_INIT;
	struct msk_err ignored = MSK_ERR_INIT;
	enum msk_lookup how;

	if (is_runtime(o->name) || !o->path)
		return;
	if (x->args->tree->open(x->args->tree, o->path, &how, &f, NULL, &ignored) < 0 || how != MSK_FOUND ||
	    f.fd < 0 || msk_symbols_read(&f, o->name, &s, &ignored) < 0)
		return;
	take_symbols(x, t, &s, o->name);
}

int doctor_read_imports(struct examination *x, struct msk_err *err)
{
	MSK_CLEANUP(msk_symbols_release) struct msk_symbols s = { 0 };
	MSK_CLEANUP(names_release) struct names t;
	const struct msk_closure *c = x->args->closure;

	names_init(&t);
	if (msk_symbols_read(x->args->file, x->args->name, &s, err) < 0)
		return -1;
	take_symbols(x, &t, &s, NULL);
	for (size_t i = 1; c && x->args->tree && i < c->n_objects; i++)
		take_library(x, &t, &c->objects[i]);
	return 0;
}
