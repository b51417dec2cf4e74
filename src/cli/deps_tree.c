#include <string.h>

#include "deps.h"

/* Deeper down, the indentation stays: a chain of thousands would be more blanks than words. */
#define MAX_INDENT 64

/* A tree can be larger than the closure, as it shows each edge. */
#define BLOCK 65536

#define RED   "\033[31m"
#define FAINT "\033[2m"
#define PLAIN "\033[0m"

/* An object whose needs are being shown, and how far we are with them. */
struct level {
	size_t object, next;
};

struct tree {
	const struct msk_deps *d;
	struct msk_str *out;
	bool verbose, colour, failed;
	struct msk_err *err;
	bool *shown;                   /* by object */
	struct level *levels;          /* on the way from the root to where we are */
	size_t n, cap;
};

/* What is there so far; once that has failed, nothing more. */
static void print(struct tree *t)
{
	t->failed = t->failed || msk_print(t->out, t->err) < 0;
	t->out->len = 0;
}

static void add_text(struct tree *t, const char *text)
{
	msk_str_add_shown(t->out, text, strlen(text));
}

static void begin(struct tree *t, const char *colour)
{
	if (t->colour)
		msk_str_adds(t->out, colour);
}

static void end(struct tree *t)
{
	begin(t, PLAIN);
}

static void indent(struct tree *t, size_t by)
{
	msk_str_addf(t->out, "%*s", by < MAX_INDENT ? (int)by : MAX_INDENT, "");
}

static const struct msk_missing *find_missing(const struct msk_closure *c, size_t needed_by, const char *name)
{
	for (size_t i = 0; i < c->n_missing + c->n_lacking; i++) {
		const struct msk_missing *m = &c->missing[i];

		if (strcmp(m->name, name) == 0 && (needed_by == MSK_NO_OBJECT || m->needed_by == needed_by))
			return m;
	}
	return needed_by == MSK_NO_OBJECT ? NULL : find_missing(c, MSK_NO_OBJECT, name);
}

static void add_list(struct tree *t, const struct msk_strv *names)
{
	for (size_t i = 0; i < names->n; i++) {
		msk_str_adds(t->out, i ? ", " : "");
		add_text(t, names->v[i]);
	}
}

/* What a loader does without: a filter that need not be there or that it knows nothing of, and what the kernel maps. */
static void add_left_aside(struct tree *t, enum msk_need kind)
{
	begin(t, FAINT);
	msk_str_adds(t->out, kind == MSK_NEED ? "mapped by the kernel" : "left aside");
	end(t);
	msk_str_addc(t->out, '\n');
}

static void add_missing(struct tree *t, size_t needed_by, size_t k, size_t at)
{
	const struct msk_elf *e = &t->d->closure.objects[needed_by].elf;
	const char *name = k < e->needed.n ? e->needed.v[k] : "?";
	const struct msk_missing *m = find_missing(&t->d->closure, needed_by, name);

	indent(t, at);
	add_text(t, name);
	msk_str_adds(t->out, " => ");
	if (!m) {
		add_left_aside(t, k < e->needed.n ? (enum msk_need)e->need_kinds[k] : MSK_NEED);
		return;
	}
	begin(t, RED);
	msk_str_adds(t->out, "not found");
	end(t);
	msk_str_adds(t->out, " (searched ");
	if (m->searched.n)
		add_list(t, &m->searched);
	else
		msk_str_adds(t->out, "nothing");
	if (m->skipped.n) {
		msk_str_adds(t->out, "; passed over ");
		add_list(t, &m->skipped);
	}
	msk_str_adds(t->out, ")\n");
}

static void add_found(struct tree *t, const struct msk_object *o, bool again)
{
	add_text(t, o->name);
	if (again) {
		begin(t, FAINT);
		msk_str_adds(t->out, " (above)");
		end(t);
		return;
	}
	msk_str_adds(t->out, " => ");
	add_text(t, o->path);
	begin(t, FAINT);
	msk_str_addf(t->out, " (%s", msk_found_by_name(o->found_by));
	if (o->rule_dir) {
		msk_str_addc(t->out, ' ');
		add_text(t, o->rule_dir);
	}
	msk_str_addc(t->out, ')');
	end(t);
}

/* What was met before it was found. */
static void add_skipped(struct tree *t, const struct msk_object *o, size_t at)
{
	for (size_t i = 0; t->verbose && i < o->skipped.n; i++) {
		indent(t, at);
		msk_str_adds(t->out, "passed over ");
		add_text(t, o->skipped.v[i]);
		msk_str_addc(t->out, '\n');
	}
}

static void descend(struct tree *t, size_t object)
{
	t->shown[object] = true;
	MSK_GROW(t->levels, t->n, t->cap);
	t->levels[t->n++] = (struct level){ object, 0 };
}

/* The next thing that the object at the end of the way needs; `depth` is its own. */
static void add_next(struct tree *t, size_t depth)
{
	struct level *level = &t->levels[t->n - 1];
	const struct msk_object *o = &t->d->closure.objects[level->object];
	size_t k = level->next++, child, at = 2 * (depth + t->n - 1);

	if (k == o->n_needed) {
		t->n--;
		return;
	}
	child = o->needed[k];
	if (child == MSK_NO_OBJECT) {
		add_missing(t, level->object, k, at);
		return;
	}
	indent(t, at);
	add_found(t, &t->d->closure.objects[child], t->shown[child]);
	msk_str_addc(t->out, '\n');
	if (t->shown[child])
		return;
	add_skipped(t, &t->d->closure.objects[child], at + 2);
	descend(t, child);
}

/* What `object` needs, and so on. Each object's own needs stand below its first mention only, so that the whole is as
 * long as there are edges. Chains can be long, so the way is kept on the heap. */
static void add_needs(struct tree *t, size_t object, size_t depth)
{
	descend(t, object);
	while (t->n) {
		add_next(t, depth);
		if (t->out->len > BLOCK)
			print(t);
	}
}

static void add_interp(struct tree *t)
{
	const struct msk_closure *c = &t->d->closure;

	for (size_t i = 1; i < c->n_objects; i++) {
		if (c->objects[i].found_by != MSK_BY_INTERP)
			continue;
		indent(t, 2);
		add_found(t, &c->objects[i], false);
		msk_str_addc(t->out, '\n');
		add_needs(t, i, 2);
	}
}

static void add_wish(struct tree *t, const struct msk_wish *w)
{
	const struct msk_closure *c = &t->d->closure;
	MSK_AUTO_STR names = MSK_STR_INIT;
	MSK_AUTO_STR why = MSK_STR_INIT;

	msk_wish_add_names(w, &names);
	msk_wish_add_reason(w, c->objects[w->cause].name, &why);
	indent(t, 4);
	if (w->object != MSK_NO_OBJECT) {
		add_found(t, &c->objects[w->object], t->shown[w->object]);
	} else {
		add_text(t, msk_str_c(&names));
		msk_str_adds(t->out, w->wanted ? " => not found" : " => left out");
	}
	msk_str_adds(t->out, "; ");
	add_text(t, msk_str_c(&why));
	if (w->lacks) {
		msk_str_adds(t->out, "; cannot be loaded: ");
		add_text(t, w->lacks);
	}
	msk_str_addc(t->out, '\n');
}

/* Libraries that are not in the loader's list, as nothing names them before the program runs. */
static void add_runtime(struct tree *t)
{
	const struct msk_closure *c = &t->d->closure;

	if (c->n_wishes)
		msk_str_adds(t->out, "  loaded while it runs:\n");
	for (size_t i = 0; i < c->n_wishes; i++) {
		size_t at = c->wishes[i].object;

		add_wish(t, &c->wishes[i]);
		if (at != MSK_NO_OBJECT && !t->shown[at])
			add_needs(t, at, 3);
	}
}

static void add_advice(struct tree *t)
{
	const struct msk_closure *c = &t->d->closure;

	if (c->n_advice)
		msk_str_adds(t->out, "  may open besides, and is not added by itself:\n");
	for (size_t i = 0; i < c->n_advice; i++) {
		const struct msk_advice *a = &c->advice[i];

		indent(t, 4);
		add_text(t, a->what);
		msk_str_adds(t->out, ": ");
		add_text(t, a->evidence);
		msk_str_adds(t->out, "; ");
		add_text(t, a->fix);
		msk_str_addc(t->out, '\n');
	}
}

static void add_heading(struct tree *t)
{
	const struct msk_closure *c = &t->d->closure;

	add_text(t, t->d->file);
	msk_str_adds(t->out, ": ");
	msk_platform_add(t->out, &c->objects[0].elf.platform);
	msk_str_addf(t->out, " %s", msk_linkage_name(c->objects[0].elf.linkage));
	if (c->libc != MSK_LIBC_NONE)
		msk_str_addf(t->out, ", %s", msk_libc_name(c->libc));
	msk_deps_add_least(t->d, t->out);
	msk_str_addc(t->out, '\n');
}

int msk_deps_print_tree(const struct msk_deps *d, bool verbose, bool colour, struct msk_err *err)
{
	const struct msk_closure *c = &d->closure;
	MSK_AUTO_STR out = MSK_STR_INIT;
	struct tree t = { .d = d, .out = &out, .verbose = verbose, .colour = colour, .err = err };

	t.shown = msk_xcalloc(c->n_objects, sizeof *t.shown);
	add_heading(&t);
	t.shown[0] = true;
	add_interp(&t);
	add_needs(&t, 0, 1);
	add_runtime(&t);
	add_advice(&t);
	msk_deps_add_remarks(d, verbose, &out);
	print(&t);
	free(t.shown);
	free(t.levels);
	return t.failed ? -1 : 0;
}
