/* Names of libraries in the strings of those that call dlopen. A string is no promise, so what it names is told and not
 * added. */
#include <string.h>

#include "loader.h"
#include "mkscratch/fs.h"

#define FILE_LIMIT  (64 << 20)
#define NAMES_LIMIT 64         /* of one object; real ones have a handful */
#define NAME_LIMIT  128        /* bytes */

static bool is_name_char(unsigned char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || (c && strchr("_+-.()|", c));
}

/* Nim writes libssl.so(.3|.1.1|): every choice is a name. */
static void add_choices(const char *name, struct msk_strv *out)
{
	const char *open = strchr(name, '('), *close = open ? strchr(open, ')') : NULL;
	MSK_AUTO_STRV choices = MSK_STRV_INIT;
	MSK_AUTO_FREE char *inner = NULL;

	if (!open || !close || close[1]) {
		if (!strpbrk(name, "()|"))
			msk_strv_push(out, name);
		return;
	}
	inner = msk_xstrndup(open + 1, (size_t)(close - open - 1));
	msk_strv_split(&choices, inner, "|");
	for (size_t i = 0; i < choices.n && out->n < NAMES_LIMIT; i++)
		msk_strv_push_own(out, msk_xasprintf("%.*s%s", (int)(open - name), name, choices.v[i]));
}

/* A whole string, from one NUL to the next, of the form lib*.so*. */
static void collect(const struct msk_str *bytes, struct msk_strv *out)
{
	const char *p = bytes->buf, *end = p + bytes->len;

	while (out->n < NAMES_LIMIT && (p = memmem(p, (size_t)(end - p), "\0lib", 4))) {
		const char *name = ++p, *q = name;

		while (q < end && is_name_char((unsigned char)*q))
			q++;
		if (q < end && *q == '\0' && q - name < NAME_LIMIT && strstr(name, ".so") && !msk_strv_has(out, name))
			add_choices(name, out);
		p = q;
	}
}

/* What the loader would find, were it asked; nothing is loaded. */
static int look_up(struct msk_loader *l, size_t by, const char *name, char **path, struct msk_err *err)
{
	MSK_CLEANUP(msk_search_release) struct msk_search s = {
		.l = l, .name = name, .by = by, .optional = true, .lenient = true, .known = MSK_NO_OBJECT,
	};
	int rc = l->rules->libc == MSK_LIBC_MUSL ? msk_musl_search(&s, err) : msk_glibc_search(&s, err);

	if (rc < 0 && (err->code == MSK_E_IO || l->spent))
		return -1;
	*err = (struct msk_err)MSK_ERR_INIT;
	if (rc == MSK_TAKEN && s.known == MSK_NO_OBJECT)
		*path = msk_xstrdup(s.hit.path);
	return 0;
}

static int advise_name(struct msk_loader *l, size_t object, const char *name, struct msk_err *err)
{
	MSK_AUTO_FREE char *path = NULL;
	size_t known;

	if (msk_names_find(&l->names, name, &known) || (l->rules->libc == MSK_LIBC_MUSL && msk_musl_is_libc(name)))
		return 0;
	if (msk_loader_charge(l, 1, err) < 0 || look_up(l, object, name, &path, err) < 0)
		return -1;
	if (path)
		msk_advice_add(l, msk_xstrdup(name),
			       msk_xasprintf("%s imports %s and names it", l->c->objects[object].name,
					     l->c->objects[object].uses[MSK_USE_DLOPEN]),
			       msk_xasprintf("--lib %s adds %s", name, path));
	return 0;
}

/* The program is open, and its name need be none of the tree. */
static int read_program(struct msk_loader *l, struct msk_str *out, struct msk_err *err)
{
	size_t size = l->file->size <= FILE_LIMIT ? (size_t)l->file->size : 0;
	MSK_AUTO_FREE char *bytes = msk_xmalloc(size + 1);
	ssize_t n = msk_pread_full(l->file->fd, bytes, size, 0, l->program, err);

	if (n < 0)
		return -1;
	msk_str_add(out, bytes, (size_t)n);
	return 0;
}

static int read_bytes(struct msk_loader *l, size_t object, struct msk_str *out, struct msk_err *err)
{
	const char *path = l->c->objects[object].path;
	bool found;

	if (object == 0)
		return read_program(l, out, err);
	return msk_tree_slurp(msk_memo_tree(l->memo), path, FILE_LIMIT, &found, out, err);
}

int msk_advise_named(struct msk_loader *l, size_t object, struct msk_err *err)
{
	MSK_AUTO_STRV names = MSK_STRV_INIT;
	MSK_AUTO_STR bytes = MSK_STR_INIT;

	if (!l->c->objects[object].uses[MSK_USE_DLOPEN])
		return 0;
	if (read_bytes(l, object, &bytes, err) < 0)
		return -1;
	if (bytes.len)
		collect(&bytes, &names);
	for (size_t i = 0; i < names.n; i++)
		if (advise_name(l, object, names.v[i], err) < 0)
			return -1;
	return 0;
}
