#include "outputs.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "mkscratch/device.h"
#include "mkscratch/source.h"

void msk_places_find(const struct msk_plan *plan, struct msk_places *out)
{
	out->v = msk_xcalloc(plan->n_targets + 1, sizeof *out->v);
	for (out->n = 0; out->n < plan->n_targets; out->n++) {
		const struct msk_target *t = &plan->targets[out->n];

		if (t->kind == MSK_TARGET_STDOUT)
			msk_written_find_fd(STDOUT_FILENO, &out->v[out->n]);
		else
			msk_written_find(t->path, &out->v[out->n]);
	}
}

void msk_places_release(struct msk_places *p)
{
	for (size_t i = 0; i < p->n; i++)
		msk_written_release(&p->v[i]);
	free(p->v);
	*p = (struct msk_places){ 0 };
}

bool msk_places_clash(const struct msk_written *a, const struct msk_written *b)
{
	return msk_written_same(a, b) && !(a->exists && S_ISCHR(a->mode));
}

bool msk_place_is_layout(const struct msk_target *t, const struct msk_written *w)
{
	return t->kind == MSK_TARGET_LAYOUT || (w->exists && S_ISDIR(w->mode));
}

/* Each of the plan's outputs; where they lie. */
struct outputs {
	const struct msk_plan *plan;
	const struct msk_places *at;
};

static int refuse_closed(const struct outputs *o, struct msk_err *err)
{
	for (size_t i = 0; i < o->at->n; i++) {
		const struct msk_target *t = &o->plan->targets[i];
		int fd = msk_device_descriptor(t->path);

		if (fd >= 0 && !msk_place_is_layout(t, &o->at->v[i]) && !msk_device_is_writable(fd))
			return msk_fail_sys(err, EBADF, "%s: cannot open", t->path);
	}
	return 0;
}

static bool is_same(const struct outputs *o, size_t i, size_t k)
{
	const struct msk_target *a = &o->plan->targets[i], *b = &o->plan->targets[k];

	return (a->kind == MSK_TARGET_STDOUT && b->kind == MSK_TARGET_STDOUT) ||
	       msk_places_clash(&o->at->v[i], &o->at->v[k]);
}

static int refuse_doubles(const struct outputs *o, struct msk_err *err)
{
	for (size_t i = 0; i < o->at->n; i++)
		for (size_t k = 0; k < i; k++) {
			if (!is_same(o, i, k))
				continue;
			msk_fail(err, MSK_E_USAGE, "--output %s: is the same file as --output %s", o->plan->targets[i].path,
				 o->plan->targets[k].path);
			return msk_hint(err, "leave one of them out");
		}
	return 0;
}

/* `path` is read, as `what` says. */
static int spare(const struct outputs *o, const char *what, const char *path, struct msk_err *err)
{
	MSK_AUTO_WRITTEN in = { .exists = false };

	msk_written_find(path, &in);
	for (size_t i = 0; i < o->at->n; i++) {
		if (!in.exists || !msk_places_clash(&o->at->v[i], &in))
			continue;
		return msk_written_fail_input(o->plan->targets[i].path, what, err);
	}
	return 0;
}

/* The value of an option; NULL: none. */
static int spare_value(const struct outputs *o, const char *option, const char *path, struct msk_err *err)
{
	MSK_AUTO_FREE char *what = path ? msk_xasprintf("%s %s", option, path) : NULL;

	return path ? spare(o, what, path, err) : 0;
}

static int spare_values(const struct outputs *o, const char *option, const struct msk_strv *paths, struct msk_err *err)
{
	for (size_t i = 0; i < paths->n; i++)
		if (spare_value(o, option, paths->v[i], err) < 0)
			return -1;
	return 0;
}

/* To a layout other tags may be added. */
static int spare_image(const struct outputs *o, const char *what, const char *name, bool tagged_only, struct msk_err *err)
{
	MSK_AUTO_FREE char *tag = NULL, *digest = NULL;
	MSK_AUTO_FREE char *path = msk_source_split_name(name, &tag, &digest);
	struct stat st;

	if ((tag || digest || !tagged_only) && stat(path, &st) == 0 && S_ISDIR(st.st_mode))
		return 0;
	return spare(o, what, path, err);
}

static int spare_base(const struct outputs *o, const char *base, struct msk_err *err)
{
	MSK_AUTO_FREE char *what = base ? msk_xasprintf("--base %s", base) : NULL;

	return base ? spare_image(o, what, base, true, err) : 0;
}

/* An output in the tree would be packed by the next run, so that no two runs would be the same; standard output that leads
 * there by this one, as far as it is written. */
static int spare_tree(const struct outputs *o, const struct msk_input *tree, struct msk_err *err)
{
	MSK_AUTO_WRITTEN top = { .exists = false };

	msk_written_find(tree->src, &top);
	for (size_t i = 0; i < o->at->n; i++) {
		if (!msk_written_in(&o->at->v[i], &top))
			continue;
		msk_fail(err, MSK_E_USAGE, "--output %s: lies in a directory that is packed (%s)", o->plan->targets[i].path,
			 tree->spec);
		return msk_hint(err, "write it elsewhere");
	}
	return 0;
}

static int spare_trees(const struct outputs *o, struct msk_err *err)
{
	const struct msk_plan *p = o->plan;

	for (size_t i = 0; i < p->n_inputs; i++)
		if (p->inputs[i].kind == MSK_INPUT_TREE && spare_tree(o, &p->inputs[i], err) < 0)
			return -1;
	return 0;
}

static int spare_inputs(const struct outputs *o, struct msk_err *err)
{
	const struct msk_plan *p = o->plan;

	for (size_t i = 0; i < p->n_inputs; i++)
		if (p->inputs[i].src && spare(o, p->inputs[i].spec, p->inputs[i].src, err) < 0)
			return -1;
	if (spare_base(o, p->base, err) < 0 || spare_value(o, "--certs", p->certs_file, err) < 0 ||
	    spare_values(o, "--cert", &p->extra_certs, err) < 0)
		return -1;
	return spare_values(o, "--certs-for", &p->certs_for, err) < 0 ? -1 : spare_trees(o, err);
}

int msk_outputs_check(const struct msk_options *o, const struct msk_plan *plan, struct msk_err *err)
{
	MSK_AUTO_PLACES at = { 0 };
	const struct outputs all = { plan, &at };

	msk_places_find(plan, &at);
	if (refuse_closed(&all, err) < 0 || refuse_doubles(&all, err) < 0 ||
	    spare_value(&all, "--config", o->config, err) < 0 || spare_inputs(&all, err) < 0)
		return -1;
	for (size_t i = 0; i < o->args.n; i++)
		if (spare_image(&all, o->args.v[i], o->args.v[i], false, err) < 0)
			return -1;
	return 0;
}
