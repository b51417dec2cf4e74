#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "mkscratch/gather.h"
#include "mkscratch/task.h"
#include "program.h"

#define WORTH_A_THREAD (1u << 20)

/* Where programs look for a want, and the variables that send them elsewhere. */
static const struct source {
	enum msk_want want;
	const char *places[6];
	const char *variables[3];
	const char *base_marks[4];          /* where a base has one of these, it has it all */
} sources[] = {
	{ MSK_WANT_CERTIFICATES, { "/etc/ssl/certs", "/etc/ssl", "/etc/pki" }, { "SSL_CERT_FILE", "SSL_CERT_DIR" },
	  { MSK_CERTS_PATH, "/etc/ssl/cert.pem", "/etc/pki/tls/certs/ca-bundle.crt" } },
	{ MSK_WANT_ZONES, { "/usr/share/zoneinfo", "/usr/share/lib/zoneinfo", "/etc/zoneinfo" }, { "ZONEINFO", "TZDIR" },
	  { "/usr/share/zoneinfo" } },
	{ MSK_WANT_SERVICES, { "/etc/services" }, { NULL }, { "/etc/services" } },
};
#define N_ALL_SOURCES (sizeof sources / sizeof *sources)
#define N_SOURCES     (N_ALL_SOURCES - 1)      /* the last is never required */

static bool is_below(const char *path, const char *dir)
{
	size_t n = strlen(dir);

	return strncmp(path, dir, n) == 0 && (n == 1 || path[n] == '/' || path[n] == '\0');
}

/* Does the user bring the place, or something below it? Of a tree above it one has to look. */
static bool brings(const struct msk_input *in, const char *place)
{
	MSK_AUTO_FREE char *within = NULL;

	if (in->kind == MSK_INPUT_BIN)
		return false;
	if (is_below(in->dest, place))
		return true;
	if (in->kind != MSK_INPUT_TREE || !is_below(place, in->dest))
		return false;
	within = msk_xasprintf("%s/%s", in->src, place + (in->dest[1] ? strlen(in->dest) : 0));
	return access(within, F_OK) == 0;
}

static bool base_has(const struct msk_gather *g, const struct source *s)
{
	struct msk_below *b = msk_rootfs_below(g->fs);
	struct msk_below_node n;

	for (const char *const *mark = s->base_marks; b && *mark; mark++)
		if (b->look(b, *mark, &n))
			return true;
	return false;
}

static bool supplied(const struct msk_gather *g, const struct source *s)
{
	const struct msk_plan *p = g->plan;

	if (base_has(g, s))
		return true;
	if (s->want == MSK_WANT_CERTIFICATES && (p->certs || p->certs_file || p->extra_certs.n))
		return true;
	if (s->want == MSK_WANT_ZONES && p->tz)
		return true;
	if (s->want == MSK_WANT_SERVICES && p->preset == MSK_PRESET_DISTROLESS)
		return true;
	for (const char *const *v = s->variables; *v; v++)
		if (msk_config_sets(&p->config, *v))
			return true;
	for (const char *const *place = s->places; *place; place++)
		for (size_t i = 0; i < p->n_inputs; i++)
			if (brings(&p->inputs[i], *place))
				return true;
	return false;
}

static bool is_required(const struct msk_diagnosis *d, const struct source *s)
{
	return d->wants[s->want].level == MSK_IS_REQUIRED;
}

static void warn(const struct msk_log *log, const char *src, const struct source *s, const struct msk_diagnosis *d)
{
	msk_warn(log, "%s: requires %s, and the image has none (%s); add %s, or --auto", src, msk_want_name(s->want),
		 d->wants[s->want].evidence, msk_want_option(s->want));
}

/* With --auto: the first program that requires it is why it comes along. */
static void take(struct msk_gather *g, const struct msk_program *p, const struct source *s, const struct msk_diagnosis *d)
{
	const char *evidence = d->wants[s->want].evidence;

	if (!is_required(d, s) || g->required[s->want].evidence || supplied(g, s))
		return;
	g->required[s->want] = (struct msk_required){ msk_xstrdup(evidence), p->in->dest };
	msk_note(g->log, "--auto: %s for %s (%s)", msk_want_option(s->want), p->in->src, evidence);
}

static int add_needs_of(struct msk_gather *g, const struct msk_program *p, bool *likely, struct msk_err *err)
{
	const struct msk_doctor_args args = { .file = &p->file, .name = p->in->src };
	MSK_CLEANUP(msk_diagnosis_release) struct msk_diagnosis d = { 0 };

	if (msk_doctor_examine(&args, &d, err) < 0)
		return -1;
	for (size_t k = 0; k < N_SOURCES; k++)
		take(g, p, &sources[k], &d);
	for (size_t k = 0; k < N_ALL_SOURCES; k++)
		likely[k] = d.wants[sources[k].want].level == MSK_IS_LIKELY;
	return 0;
}

/* What a program may do without is left to the user, and told as options to be pasted. */
static void tell_likely(const struct msk_gather *g, const struct msk_program *p, const bool *likely)
{
	MSK_AUTO_STR options = MSK_STR_INIT;

	for (size_t k = 0; k < N_ALL_SOURCES; k++)
		if (likely[k] && !g->required[sources[k].want].evidence && !supplied(g, &sources[k]))
			msk_str_addf(&options, " %s", msk_want_option(sources[k].want));
	if (options.len)
		msk_note(g->log, "--auto: %s likely needs%s too; mkscratch doctor %s says why", p->in->src,
			 msk_str_c(&options), p->in->src);
}

static int add_required(struct msk_gather *g, struct msk_err *err)
{
	MSK_AUTO_FREE bool *likely = msk_xcalloc(g->n_programs + 1, N_ALL_SOURCES * sizeof *likely);

	for (size_t i = 0; i < g->n_programs; i++)
		if (!g->programs[i].level && add_needs_of(g, &g->programs[i], likely + i * N_ALL_SOURCES, err) < 0)
			return -1;
	for (size_t i = 0; i < g->n_programs; i++)
		tell_likely(g, &g->programs[i], likely + i * N_ALL_SOURCES);
	return 0;
}

/* A program under examination: all it needs is its own. */
struct patient {
	char *src;
	struct msk_rofile file;
	struct msk_diagnosis d;
	struct msk_err err;
};

struct msk_needs {
	struct msk_task task;          /* first: the task is this */
	bool supplied[N_SOURCES];
	struct patient *v;
	size_t n;
	struct msk_needs *next;
};

static void examine_all(struct msk_task *t)
{
	struct msk_needs *n = (struct msk_needs *)t;

	for (size_t i = 0; i < n->n; i++) {
		struct patient *p = &n->v[i];

		msk_doctor_examine(&(struct msk_doctor_args){ .file = &p->file, .name = p->src }, &p->d, &p->err);
	}
}

/* Libraries by themselves make nothing required. */
static void admit(struct msk_needs *n, const struct msk_program *p)
{
	struct patient *to = &n->v[n->n];

	if (p->level)
		return;
	*to = (struct patient){ .file = p->file, .err = MSK_ERR_INIT };
	to->file.fd = fcntl(p->file.fd, F_DUPFD_CLOEXEC, 3);
	if (to->file.fd < 0)
		return;
	to->src = msk_xstrdup(p->in->src);
	n->n++;
}

/* Is there anything that could be told? */
static bool is_idle(const struct msk_gather *g)
{
	for (size_t i = 0; i < N_SOURCES; i++)
		if (!supplied(g, &sources[i]))
			return g->log->level < MSK_LOG_WARN;
	return true;
}

static struct msk_needs *begin(const struct msk_gather *g)
{
	struct msk_needs *n = msk_xcalloc(1, sizeof *n);
	uint64_t size = 0;

	for (size_t i = 0; i < N_SOURCES; i++)
		n->supplied[i] = supplied(g, &sources[i]);
	n->v = msk_xcalloc(g->n_programs, sizeof *n->v);
	for (size_t i = 0; i < g->n_programs; i++)
		admit(n, &g->programs[i]);
	for (size_t i = 0; i < n->n; i++)
		size += n->v[i].file.size;
	n->task.run = examine_all;
	msk_task_start(size >= WORTH_A_THREAD ? g->pool : NULL, &n->task);
	return n;
}

static void tell(struct msk_needs *n, const struct msk_log *log)
{
	bool told[N_SOURCES];

	memcpy(told, n->supplied, sizeof told);
	for (size_t i = 0; i < n->n; i++) {
		if (n->v[i].err.code != MSK_OK)
			msk_warn(log, "%s", n->v[i].err.msg);
		for (size_t k = 0; k < N_SOURCES; k++) {
			if (told[k] || !is_required(&n->v[i].d, &sources[k]))
				continue;
			told[k] = true;
			warn(log, n->v[i].src, &sources[k], &n->v[i].d);
		}
	}
}

static void needs_free(struct msk_needs *n)
{
	for (size_t i = 0; i < n->n; i++) {
		free(n->v[i].src);
		msk_rofile_release(&n->v[i].file);
		msk_diagnosis_release(&n->v[i].d);
	}
	free(n->v);
	free(n);
}

void msk_needs_tell(struct msk_needs **all, const struct msk_log *log)
{
	for (struct msk_needs *n; (n = *all);) {
		msk_task_join(&n->task);
		if (log)
			tell(n, log);
		*all = n->next;
		needs_free(n);
	}
}

int msk_gather_needs(struct msk_gather *g, struct msk_err *err)
{
	struct msk_needs **end = g->needs;

	if (g->plan->automatic)
		return add_required(g, err);
	if (is_idle(g))
		return 0;
	while (*end)
		end = &(*end)->next;
	*end = begin(g);
	return 0;
}
