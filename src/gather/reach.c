#include "reach.h"

#include <string.h>

#include "mkscratch/path.h"
#include "mkscratch/rootfs_walk.h"
#include "mkscratch/shell_word.h"
#include "program.h"

void msk_refusal_release(struct msk_refusal *r)
{
	msk_sight_release(&r->at);
}

struct msk_who msk_gather_user(const struct msk_gather *g)
{
	return (struct msk_who){ g->plan->user.uid, g->plan->user.gid, NULL, 0 };
}

/* The first directory on the way that keeps him out, as the path is written. */
static bool find_closed(const struct msk_rootfs_view *v, const struct msk_who *who, const char *path, struct msk_sight *out)
{
	for (const char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		MSK_AUTO_FREE char *dir = msk_xstrndup(path, (size_t)(slash - path));

		if (msk_rootfs_view_look(v, dir, out) && !msk_may_search(who, out->mode, out->uid, out->gid))
			return true;
		msk_sight_release(out);
	}
	*out = (struct msk_sight){ 0 };
	return false;
}

bool msk_find_refusal(const struct msk_rootfs_view *v, const struct msk_who *who, const char *path, unsigned right,
		      struct msk_refusal *out)
{
	MSK_AUTO_SIGHT s = { 0 };
	bool is_dir;

	*out = (struct msk_refusal){ .verb = "search" };
	if (who->uid == 0 && right == MSK_MAY_READ)
		return false;
	if (!msk_rootfs_view_look(v, path, &s))
		return false;
	/* On the way there, and from where links have led on. */
	if (find_closed(v, who, path, &out->at) || find_closed(v, who, s.path, &out->at))
		return true;
	is_dir = s.type == MSK_DIR;
	if (is_dir ? msk_may_search(who, s.mode, s.uid, s.gid) : msk_may(who, s.mode, s.uid, s.gid, right))
		return false;
	out->verb = is_dir ? "search" : right == MSK_MAY_READ ? "read" : "execute";
	out->at = s;
	s.path = NULL;
	return true;
}

char *msk_refusal_text(const struct msk_refusal *r, const struct msk_who *who)
{
	return msk_xasprintf("user %u may not %s %s (mode %04o, %u:%u)", who->uid, r->verb, r->at.path, r->at.mode, r->at.uid,
			     r->at.gid);
}

static const struct msk_input *input_of(const struct msk_plan *plan, const struct msk_entry *e)
{
	for (size_t i = 0; e && i < plan->n_inputs; i++)
		if (strcmp(plan->inputs[i].spec, e->origin.what) == 0)
			return &plan->inputs[i];
	return NULL;
}

/* What of a tree is at this entry, on the host. */
static char *cure_tree(const struct msk_input *in, const struct msk_entry *e, bool executes)
{
	const char *path = (e->asked ? e->asked : e->path) + (in->dest[1] ? strlen(in->dest) : 0);
	MSK_AUTO_FREE char *file = msk_xasprintf("%s%s", in->src, path);
	struct msk_str cure = MSK_STR_INIT;

	msk_str_adds(&cure, executes ? "chmod a+rx " : "chmod a+r ");
	msk_shell_add_file(&cure, file);
	return msk_str_take(&cure);
}

static char *cure_file(const struct msk_input *in, unsigned mode)
{
	MSK_AUTO_FREE char *owner = in->has_owner ? msk_xasprintf(":%u:%u", in->uid, in->gid) : msk_xstrdup("");

	return msk_xasprintf("--%s %s:%s:%04o%s instead of %s", in->kind == MSK_INPUT_BIN ? "bin" : "file", in->src, in->dest,
			     mode, owner, in->spec);
}

/* Who owns it goes on doing so, and may do what he could. */
static char *cure_dir(const struct msk_sight *at, unsigned mode, const struct msk_input *in)
{
	MSK_AUTO_FREE char *owner = at->uid || at->gid ? msk_xasprintf(":%u:%u", at->uid, at->gid) : msk_xstrdup("");

	return msk_xasprintf("--dir %s:%04o%s%s%s", at->path, mode, owner, in ? " instead of " : "", in ? in->spec : "");
}

char *msk_refusal_cure(const struct msk_refusal *r, const struct msk_plan *plan)
{
	const struct msk_input *in = input_of(plan, r->at.e);
	bool executes = strcmp(r->verb, "read") != 0;
	unsigned mode = r->at.mode | (executes ? 0555 : 0444);

	if (in && in->kind == MSK_INPUT_TREE)
		return cure_tree(in, r->at.e, executes);
	if (r->at.type != MSK_DIR)
		return in ? cure_file(in, mode) : NULL;
	return cure_dir(&r->at, mode, in);
}

/* One that is looked at for the image's user. */
struct reach {
	struct msk_gather *g;
	struct msk_rootfs_view view;
	struct msk_who who;
	struct msk_strv told;           /* paths of what was warned of */
};

static int refuse(const struct reach *r, const struct msk_refusal *refusal, const char *program, const char *of,
		  struct msk_err *err)
{
	MSK_AUTO_FREE char *text = msk_refusal_text(refusal, &r->who);
	MSK_AUTO_FREE char *cure = msk_refusal_cure(refusal, r->g->plan);

	msk_fail(err, MSK_E_MISSING, "in the image, %s: %s does not start without %s", text, program, of);
	return cure ? msk_hint(err, "%s lets everybody", cure) : -1;
}

/* Is it what the image starts by itself? Others may be meant for others. */
static bool is_started(const struct reach *r, const struct msk_program *p)
{
	const struct msk_config *c = &r->g->plan->config;
	const char *first = c->entrypoint.n ? c->entrypoint.v[0] : c->cmd.n ? c->cmd.v[0] : "";
	const struct msk_entry *e = msk_rootfs_view_find(&r->view, p->in->dest);

	return first[0] == '/' && e && msk_rootfs_view_find(&r->view, first) == e;
}

/* What it loads at its start. Who gains rights by starting it reads by these. */
static int check_libraries(const struct reach *r, const struct msk_program *p, struct msk_err *err)
{
	const struct msk_closure *c = &p->closure;

	for (size_t i = 1; i < c->n_objects && i < c->n_start && !msk_program_gains_rights(p); i++) {
		bool interp = c->objects[i].found_by == MSK_BY_INTERP;
		const char *path = interp ? p->elf.interp : msk_program_path(p, i);
		MSK_AUTO_REFUSAL refusal = { 0 };

		if (msk_find_refusal(&r->view, &r->who, path, interp ? MSK_MAY_EXECUTE : MSK_MAY_READ, &refusal))
			return refuse(r, &refusal, p->in->dest, path, err);
	}
	return 0;
}

static int check_program(const struct reach *r, const struct msk_program *p, struct msk_err *err)
{
	MSK_AUTO_REFUSAL refusal = { 0 };

	if (!msk_find_refusal(&r->view, &r->who, p->in->dest, MSK_MAY_EXECUTE, &refusal))
		return p->elf.linkage == MSK_ELF_DYNAMIC ? check_libraries(r, p, err) : 0;
	return is_started(r, p) ? refuse(r, &refusal, p->in->dest, "it", err) : 0;
}

/* `why`: what becomes of it. What keeps him from several things is told once. */
static void warn(struct reach *r, const char *who, const struct msk_refusal *refusal, const char *why)
{
	MSK_AUTO_FREE char *text = msk_refusal_text(refusal, &r->who);
	MSK_AUTO_FREE char *cure = msk_refusal_cure(refusal, r->g->plan);

	if (msk_strv_has(&r->told, refusal->at.path))
		return;
	msk_strv_push(&r->told, refusal->at.path);
	msk_warn(r->g->log, "%s%s: %s%s%s%s", who, text, why, cure ? "; " : "", cure ? cure : "",
		 cure ? " lets everybody" : "");
}

/* Nothing of that is needed to start, but much that programs ask for. A base may have it so. */
static void check_needs(struct reach *r)
{
	static const struct {
		const char *path;
		unsigned right;
		const char *why;
	} needs[] = {
		{ "/etc", MSK_MAY_EXECUTE, "accounts, certificates and settings there are not found" },
		{ "/etc/passwd", MSK_MAY_READ, "accounts are not found" },
		{ MSK_CERTS_PATH, MSK_MAY_READ, "certificates are not found" },
		{ "/usr/share/zoneinfo", MSK_MAY_EXECUTE, "time zones are not found" },
	};

	for (size_t i = 0; i < sizeof needs / sizeof *needs; i++) {
		MSK_AUTO_REFUSAL refusal = { 0 };

		if (msk_find_refusal(&r->view, &r->who, needs[i].path, needs[i].right, &refusal))
			warn(r, "", &refusal, needs[i].why);
	}
}

/* Docker enters it as root, others as the user alone. */
static void check_workdir(struct reach *r)
{
	const struct msk_config *c = &r->g->plan->config;
	MSK_AUTO_FREE char *name = c->workdir ? msk_xasprintf("%s %s: ", c->workdir_given ? "--workdir" : "working directory",
							      c->workdir) : NULL;
	MSK_AUTO_REFUSAL refusal = { 0 };

	if (c->workdir && msk_find_refusal(&r->view, &r->who, c->workdir, MSK_MAY_EXECUTE, &refusal))
		warn(r, name, &refusal, "not every runtime begins there, and no file is found from there");
}

/* The first file of a tree that he may not read; false: there is one that he may, or no file at all. Of what lies in a
 * directory that keeps him out only the first is looked for. */
static bool is_all_refused(const struct reach *r, const struct msk_input *in, const char *dir, struct msk_refusal *first)
{
	MSK_AUTO_STR closed = MSK_STR_INIT;
	MSK_AUTO_ROOTFS_WALK w = { 0 };
	bool any = false;

	msk_rootfs_walk_below(&w, r->g->fs, dir);
	for (const struct msk_entry *e; (e = msk_rootfs_next(&w));) {
		MSK_AUTO_REFUSAL refusal = { 0 };

		if (e->type != MSK_FILE || strcmp(e->origin.what, in->spec) != 0 ||
		    (any && !msk_may(&r->who, e->mode, e->uid, e->gid, MSK_MAY_READ)) ||
		    (closed.len && strncmp(e->path, closed.buf, closed.len) == 0))
			continue;
		if (!msk_find_refusal(&r->view, &r->who, e->path, MSK_MAY_READ, &refusal))
			return false;
		if (refusal.at.type == MSK_DIR) {
			closed.len = 0;
			msk_str_addf(&closed, "%s/", refusal.at.path);
		}
		if (any)
			continue;
		any = true;
		*first = refusal;
		refusal.at.path = NULL;
	}
	return any;
}

static void check_tree(const struct reach *r, const struct msk_input *in)
{
	MSK_AUTO_REFUSAL first = { 0 };
	MSK_AUTO_SIGHT top = { 0 };
	MSK_AUTO_FREE char *text = NULL;
	MSK_AUTO_STR src = MSK_STR_INIT;

	if (in->kind != MSK_INPUT_TREE || (!msk_rootfs_view_look(&r->view, in->dest, &top) && in->dest[1]) ||
	    !is_all_refused(r, in, in->dest[1] ? top.path : "/", &first))
		return;
	text = msk_refusal_text(&first, &r->who);
	msk_shell_add_file(&src, in->src);
	msk_warn(r->g->log, "%s: none of its files can be read: %s; chmod -R a+rX %s lets everybody", in->spec, text,
		 msk_str_c(&src));
}

int msk_check_reach(struct msk_gather *g, struct msk_err *err)
{
	struct reach r = { .g = g, .who = msk_gather_user(g), .told = MSK_STRV_INIT };

	msk_rootfs_view_init(&r.view, g->fs);
	for (size_t i = 0; i < g->n_programs; i++)
		if (check_program(&r, &g->programs[i], err) < 0)
			return -1;
	if (r.who.uid == 0 || !msk_log_warns(g->log))
		return 0;
	check_needs(&r);
	check_workdir(&r);
	for (size_t i = 0; i < g->plan->n_inputs; i++)
		check_tree(&r, &g->plan->inputs[i]);
	msk_strv_release(&r.told);
	return 0;
}
