#include "mkscratch/path.h"

#include <string.h>

/* The end of the last part, without trailing slashes; at least 1 for a path that begins with '/'. */
static size_t trimmed_length(const char *path)
{
	size_t n = strlen(path);

	while (n > 1 && path[n - 1] == '/')
		n--;
	return n;
}

char *msk_path_base(const char *path)
{
	size_t n = trimmed_length(path), start = n;

	while (start > 0 && path[start - 1] != '/')
		start--;
	return msk_xstrndup(path + start, n - start);
}

char *msk_path_dir(const char *path)
{
	size_t n = trimmed_length(path);

	while (n > 0 && path[n - 1] != '/')
		n--;
	if (n == 0)
		return msk_xstrdup(".");
	while (n > 1 && path[n - 1] == '/')
		n--;
	return msk_xstrndup(path, n);
}

char *msk_path_plain(const char *typed)
{
	MSK_AUTO_STR out = MSK_STR_INIT;

	if (typed[0] == '/')
		msk_str_addc(&out, '/');
	for (const char *p = typed; *p;) {
		size_t n = strcspn(p, "/");

		if (n && !(n == 1 && *p == '.')) {
			if (out.len && out.buf[out.len - 1] != '/')
				msk_str_addc(&out, '/');
			msk_str_add(&out, p, n);
		}
		p += n;
		p += *p == '/';
	}
	if (out.len == 0 && *typed)
		return msk_xstrdup(".");
	if (out.len && out.buf[0] == '-' && typed[0] != '-')
		return msk_xasprintf("./%s", out.buf);
	return msk_xstrdup(msk_str_c(&out));
}

static void cut_last_part(struct msk_str *path)
{
	while (path->len && path->buf[--path->len] != '/')
		;
	if (path->buf)
		path->buf[path->len] = '\0';
}

static void append_part(struct msk_str *to, const char *part, size_t n)
{
	if (n == 2 && memcmp(part, "..", 2) == 0) {
		cut_last_part(to);
	} else if (n && !(n == 1 && part[0] == '.')) {
		msk_str_addc(to, '/');
		msk_str_add(to, part, n);
	}
}

void msk_path_append(struct msk_str *to, const char *more)
{
	while (*more) {
		size_t n = strcspn(more, "/");

		append_part(to, more, n);
		more += n + (more[n] == '/');
	}
}

char *msk_path_normalise(const char *path)
{
	MSK_AUTO_STR out = MSK_STR_INIT;

	msk_path_append(&out, path);
	return out.len ? msk_str_take(&out) : msk_xstrdup("/");
}

/* A walk in progress: where it stands, and what is still to go. */
struct walk {
	const struct msk_path_tree *t;
	struct msk_str at;
	char *rest;
	const char *pos;
	int links_left;
};

static void walk_release(struct walk *w)
{
	msk_str_release(&w->at);
	free(w->rest);
}

/* The walk stands on a link: back into its directory, and on by its text. */
static enum msk_resolved follow(struct walk *w, const char *text)
{
	char *rest;

	if (w->links_left-- == 0)
		return MSK_RESOLVED_LOOP;
	if (w->t->on_link)
		w->t->on_link(w->t->ctx, w->at.buf, text);
	rest = msk_xasprintf("%s/%s", text, w->pos);
	cut_last_part(&w->at);
	if (text[0] == '/')
		w->at.len = 0;
	free(w->rest);
	w->pos = w->rest = rest;
	return MSK_RESOLVED;
}

/* Into the next part of the path. */
static enum msk_resolved step(struct walk *w)
{
	size_t n = strcspn(w->pos, "/"), before = w->at.len;
	const char *part = w->pos, *text = NULL;
	enum msk_node_kind kind;

	w->pos += n + (w->pos[n] == '/');
	append_part(&w->at, part, n);
	if (w->at.len <= before)
		return MSK_RESOLVED;
	kind = w->t->look(w->t->ctx, w->at.buf, &text);
	if (kind == MSK_NODE_LINK)
		return follow(w, text);
	if (kind == MSK_NODE_NONE || (kind == MSK_NODE_OTHER && *w->pos))
		return MSK_RESOLVED_ABSENT;
	return MSK_RESOLVED;
}

enum msk_resolved msk_path_resolve(const struct msk_path_tree *t, const char *path, int max_links, char **final)
{
	MSK_CLEANUP(walk_release) struct walk w = { .t = t, .rest = msk_xstrdup(path), .links_left = max_links };
	enum msk_resolved how = MSK_RESOLVED;

	w.pos = w.rest;
	while (how == MSK_RESOLVED && *w.pos)
		how = step(&w);
	if (how == MSK_RESOLVED)
		*final = w.at.len ? msk_str_take(&w.at) : msk_xstrdup("/");
	return how;
}

const char *msk_path_behind_transport(const char *name)
{
	static const char *const transports[] = {
		"oci:", "oci-archive:", "docker-archive:", "docker-daemon:", "docker://", "dir:", "containers-storage:",
	};

	for (size_t i = 0; i < sizeof transports / sizeof *transports; i++)
		if (msk_starts_with(name, transports[i]))
			return name + strlen(transports[i]);
	return NULL;
}

bool msk_path_is_stdout(const char *path)
{
	static const char *const names[] = { "-", "/dev/stdout", "/dev/fd/1", "/proc/self/fd/1" };

	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (strcmp(path, names[i]) == 0)
			return true;
	return false;
}
