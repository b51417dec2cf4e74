/* --bin, --file, --tree, --dir, --link.
 *
 * A path in the image is absolute and holds no colon, so in SRC:DEST the last colon that a '/' follows ends SRC,
 * and SRC may hold any other colons: "./a:b:/app" is the file "./a:b". */
#include <assert.h>
#include <string.h>

#include "parts.h"
#include "mkscratch/fs.h"
#include "mkscratch/rotree.h"

static int check_part(const char *what, const char *part, struct msk_err *err)
{
	if (strcmp(part, "..") == 0)
		return msk_fail(err, MSK_E_USAGE, "%s: \"..\" is not allowed in a path of the image", what);
	if (msk_starts_with(part, ".wh."))
		return msk_fail(err, MSK_E_USAGE, "%s: the name \"%s\" means a deletion in an image (.wh.)", what, part);
	if (strlen(part) > MSK_MAX_NAME)
		return msk_fail(err, MSK_E_USAGE, "%s: name in the image is too long (%zu vs %d bytes)", what, strlen(part),
				MSK_MAX_NAME);
	return 0;
}

int msk_image_path(const char *what, const char *typed, char **out, struct msk_err *err)
{
	MSK_AUTO_STRV parts = MSK_STRV_INIT;
	MSK_AUTO_STR path = MSK_STR_INIT;

	if (typed[0] != '/')
		return msk_fail(err, MSK_E_USAGE, "%s: \"%s\" is not an absolute path", what, typed);
	msk_strv_split(&parts, typed, "/");
	for (size_t i = 0; i < parts.n; i++) {
		const char *part = parts.v[i];

		if (!*part || strcmp(part, ".") == 0)
			continue;
		if (check_part(what, part, err) < 0)
			return -1;
		msk_str_addc(&path, '/');
		msk_str_adds(&path, part);
	}
	if (path.len > MSK_MAX_PATH)
		return msk_fail(err, MSK_E_USAGE, "%s: path in the image is too long (%zu vs %d bytes)", what, path.len,
				MSK_MAX_PATH);
	if (path.len == 0)
		msk_str_addc(&path, '/');
	*out = msk_str_take(&path);
	return 0;
}

static const char *last_dest(const char *text)
{
	const char *found = NULL;

	for (const char *p = text; (p = strstr(p, ":/")); p++)
		found = p;
	return found;
}

/* What stands before DEST; of --dir nothing does. */
static char *tidy_source(const struct msk_input *in, const char *typed)
{
	const char *split = last_dest(typed);
	MSK_AUTO_FREE char *src = split ? msk_xstrndup(typed, (size_t)(split - typed)) : msk_xstrdup(typed);

	return in->kind == MSK_INPUT_DIR || in->kind == MSK_INPUT_LINK ? msk_xstrdup(in->target ? in->target : "") :
	       msk_path_plain(src);
}

static void add_attributes(const struct msk_input *in, struct msk_str *out)
{
	bool runs = in->kind == MSK_INPUT_BIN || in->kind == MSK_INPUT_DIR;
	bool owned = in->has_owner && (in->kind == MSK_INPUT_BIN || in->uid != 0 || in->gid != 0);

	if (in->has_mode && (owned || !(runs && in->mode == 0755)))
		msk_str_addf(out, ":%04o", (unsigned)in->mode);
	else if (owned)
		msk_str_addc(out, ':');
	if (owned)
		msk_str_addf(out, ":%u:%u", (unsigned)in->uid, (unsigned)in->gid);
}

/* A colon in SRC has to be told from the one before DEST. */
static bool has_default_dest(const struct msk_input *in, const char *src)
{
	MSK_AUTO_FREE char *base = msk_path_base(src);

	return in->kind == MSK_INPUT_BIN && !strchr(src, ':') && strcmp(in->dest + 1, base) == 0;
}

/* DEST ends at a colon: one in the name of SRC has come of the directory that was given. */
static char *tidy_dest(const struct msk_input *in)
{
	const char *name = strrchr(in->dest, '/') + 1;

	return strchr(name, ':') ? msk_xstrndup(in->dest, (size_t)(name - in->dest)) : msk_xstrdup(in->dest);
}

char *msk_input_tidy(const struct msk_input *in, const char *typed)
{
	MSK_AUTO_FREE char *src = tidy_source(in, typed), *dest = tidy_dest(in);
	MSK_AUTO_STR attributes = MSK_STR_INIT;

	add_attributes(in, &attributes);
	if (!attributes.len && has_default_dest(in, src))
		return msk_take(&src);
	return msk_xasprintf("%s%s%s%s", src, in->kind == MSK_INPUT_DIR ? "" : ":", dest, msk_str_c(&attributes));
}

static int parse_mode(struct msk_input *in, const char *text, struct msk_err *err)
{
	if (in->kind == MSK_INPUT_TREE && *text) {
		msk_fail(err, MSK_E_USAGE, "%s: a tree keeps the modes of its files (\"%s\")", in->spec, text);
		return msk_hint(err, "--tree SRC:DEST::UID:GID gives it an owner");
	}
	if (in->kind == MSK_INPUT_TREE)
		return 0;
	if (text[0] == '\0' || strspn(text, "01234567") != strlen(text))
		return msk_fail(err, MSK_E_USAGE, "%s: mode \"%s\" is not octal", in->spec, text);
	if (strspn(text, "0") + 4 < strlen(text))
		return msk_fail(err, MSK_E_USAGE, "%s: mode is too large (%s vs 7777)", in->spec, text);
	in->mode = (uint32_t)strtoul(text, NULL, 8);
	in->has_mode = true;
	return 0;
}

/* [:MODE[:UID:GID]] behind a path, of a tree [::UID:GID]; `text` is "" or begins with the colon. */
static int parse_attributes(struct msk_input *in, const char *text, struct msk_err *err)
{
	MSK_AUTO_STRV part = MSK_STRV_INIT;

	if (!*text)
		return 0;
	msk_strv_split(&part, text + 1, ":");
	if (parse_mode(in, part.v[0], err) < 0)
		return -1;
	if (part.n == 1 && in->kind != MSK_INPUT_TREE)
		return 0;
	if (part.n != 3)
		return msk_fail(err, MSK_E_USAGE, "%s: an owner is UID:GID (%zu vs 2 numbers)", in->spec, part.n - 1);
	in->has_owner = true;
	if (msk_id_parse("uid", part.v[1], &in->uid, err) < 0 || msk_id_parse("gid", part.v[2], &in->gid, err) < 0)
		return msk_ctx(err, "%s", in->spec);
	return 0;
}

static bool takes_attributes(enum msk_input_kind kind)
{
	return kind != MSK_INPUT_LINK;
}

/* The path at `text`, up to a colon, and what follows it. A DEST that ends in '/' is the directory for SRC's name. */
static int parse_dest(struct msk_arena *a, struct msk_input *in, const char *text, struct msk_err *err)
{
	size_t n = strcspn(text, ":");
	MSK_AUTO_FREE char *typed = msk_xstrndup(text, n);
	MSK_AUTO_FREE char *path = NULL;
	bool into = (in->kind == MSK_INPUT_BIN || in->kind == MSK_INPUT_FILE) && msk_ends_with(typed, "/");

	if (into) {
		MSK_AUTO_FREE char *base = msk_path_base(in->src);
		char *joined = msk_xasprintf("%s%s", typed, base);

		free(typed);
		typed = joined;
	}
	if (text[n] && !takes_attributes(in->kind))
		return msk_fail(err, MSK_E_USAGE, "%s: nothing may follow the path in the image (\"%s\")", in->spec, text + n);
	if (msk_image_path(in->spec, typed, &path, err) < 0 || parse_attributes(in, text + n, err) < 0)
		return -1;
	assert(path);
	in->dest = msk_arena_text(a, path, strlen(path));
	if (in->kind != MSK_INPUT_TREE && strcmp(in->dest, "/") == 0)
		return msk_fail(err, MSK_E_USAGE, "%s: the root of the image cannot be replaced", in->spec);
	return 0;
}

static int check_src(const struct msk_input *in, struct msk_err *err)
{
	if (!*in->src)
		return msk_fail(err, MSK_E_USAGE, "%s: SRC is empty", in->spec);
	if (in->kind != MSK_INPUT_TREE && msk_ends_with(in->src, "/"))
		return msk_fail(err, MSK_E_USAGE, "%s: \"%s\" names a directory", in->spec, in->src);
	return 0;
}

/* SRC without DEST: fine for a program, if its name can be told from a DEST that lacks its '/'. */
static int default_dest(struct msk_arena *a, struct msk_input *in, const char *text, struct msk_err *err)
{
	MSK_AUTO_FREE char *base = NULL, *path = NULL;
	const char *colon = strrchr(text, ':');

	in->src = msk_arena_text(a, text, strlen(text));
	if (colon) {
		msk_fail(err, MSK_E_USAGE, "%s: DEST \"%s\" is not an absolute path", in->spec, colon + 1);
		return msk_hint(err, "%.*s:/%s; or %s:/PATH, where the colon belongs to the name of the file",
				(int)(strlen(in->spec) - strlen(colon)), in->spec, colon + 1, in->spec);
	}
	if (in->kind != MSK_INPUT_BIN) {
		msk_fail(err, MSK_E_USAGE, "%s: has no DEST", in->spec);
		return msk_hint(err, "%s:/PATH/IN/IMAGE", in->spec);
	}
	if (check_src(in, err) < 0)
		return -1;
	base = msk_path_base(text);
	path = msk_xasprintf("/%s", base);
	return parse_dest(a, in, path, err);
}

static int parse_pair(struct msk_arena *a, struct msk_input *in, const char *text, struct msk_err *err)
{
	const char *split = last_dest(text);

	if (!split)
		return default_dest(a, in, text, err);
	in->src = msk_arena_text(a, text, (size_t)(split - text));
	if (check_src(in, err) < 0)
		return -1;
	return parse_dest(a, in, split + 1, err);
}

static int parse_dir(struct msk_arena *a, struct msk_input *in, const char *text, struct msk_err *err)
{
	return parse_dest(a, in, text, err);
}

static int parse_link(struct msk_arena *a, struct msk_input *in, const char *text, struct msk_err *err)
{
	const char *split = last_dest(text);

	if (!split || split == text) {
		msk_fail(err, MSK_E_USAGE, "%s: %s", in->spec,
			 split ? "TARGET is empty" : "has no absolute PATH behind TARGET");
		return msk_hint(err, "--link TARGET:/PATH makes /PATH a symlink to TARGET");
	}
	in->target = msk_arena_text(a, text, (size_t)(split - text));
	if (strlen(in->target) > MSK_MAX_PATH)
		return msk_fail(err, MSK_E_USAGE, "%s: TARGET is too long (%zu vs %d bytes)", in->spec, strlen(in->target),
				MSK_MAX_PATH);
	return parse_dest(a, in, split + 1, err);
}

static int add_inputs(struct msk_plan *p, enum msk_input_kind kind, const char *option, const struct msk_strv *typed,
		      int (*parse)(struct msk_arena *a, struct msk_input *in, const char *text, struct msk_err *err),
		      struct msk_err *err)
{
	MSK_AUTO_STR spec = MSK_STR_INIT;

	for (size_t i = 0; i < typed->n; i++) {
		struct msk_input *in = &p->inputs[p->n_inputs++];

		in->kind = kind;
		spec.len = 0;
		msk_str_adds(&spec, option);
		msk_str_addc(&spec, ' ');
		msk_str_adds(&spec, typed->v[i]);
		in->spec = msk_arena_text(&p->texts, spec.buf, spec.len);
		if (parse(&p->texts, in, typed->v[i], err) < 0)
			return -1;
	}
	return 0;
}

int msk_plan_inputs(const struct msk_options *o, struct msk_plan *p, struct msk_err *err)
{
	p->has_programs = o->bin.n > 0;
	if (!p->has_programs && !o->base) {
		msk_fail(err, MSK_E_USAGE, "nothing to run: no --bin given");
		return msk_hint(err, "mkscratch --bin ./app -o app.tar, or a file mkscratch.json with \"bin\" for "
				"mkscratch build");
	}
	p->inputs = msk_xcalloc(o->bin.n + o->file.n + o->tree.n + o->dir.n + o->link.n, sizeof *p->inputs);
	if (add_inputs(p, MSK_INPUT_BIN, "--bin", &o->bin, parse_pair, err) < 0 ||
	    add_inputs(p, MSK_INPUT_FILE, "--file", &o->file, parse_pair, err) < 0 ||
	    add_inputs(p, MSK_INPUT_TREE, "--tree", &o->tree, parse_pair, err) < 0 ||
	    add_inputs(p, MSK_INPUT_DIR, "--dir", &o->dir, parse_dir, err) < 0 ||
	    add_inputs(p, MSK_INPUT_LINK, "--link", &o->link, parse_link, err) < 0)
		return -1;
	return 0;
}
