#include <errno.h>
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

/* A program under examination: all it needs is its own. */
struct msk_patient {
	struct msk_task *task;
	char *src;
	struct msk_rofile file;
	struct msk_diagnosis d;
	struct msk_err err;
};

struct msk_needs {
	struct msk_task task;          /* first: the task is this */
	bool supplied[N_SOURCES];
	struct msk_patient *v;
	size_t n;
	struct msk_needs *next;
};

static void examine_all(struct msk_task *t)
{
	struct msk_needs *n = (struct msk_needs *)t;

	for (size_t i = 0; i < n->n; i++) {
		struct msk_patient *p = &n->v[i];

		if (p->file.fd < 0)
			continue;
		msk_doctor_examine(&(struct msk_doctor_args){ .file = &p->file, .name = p->src }, &p->d, &p->err);
		msk_rofile_release(&p->file);
	}
}

/* Libraries by themselves make nothing required. */
static void admit(struct msk_needs *n, struct msk_program *p)
{
	struct msk_patient *to = &n->v[n->n];

	if (p->level)
		return;
	*to = (struct msk_patient){ .task = &n->task, .file = p->file, .err = MSK_ERR_INIT };
	to->file.fd = fcntl(p->file.fd, F_DUPFD_CLOEXEC, 3);
	if (to->file.fd < 0)
		msk_fail_sys(&to->err, errno, "%s: cannot examine", p->in->src);
	to->src = msk_xstrdup(p->in->src);
	p->patient = to;
	n->n++;
}

/* Is there anything that could be told? */
static bool is_idle(const struct msk_gather *g)
{
	for (size_t i = 0; i < N_SOURCES; i++)
		if (!supplied(g, &sources[i]))
			return !msk_log_warns(g->log);
	return true;
}

/* With --auto what they require has to be known before anything else is gathered. */
static struct msk_needs *begin(struct msk_gather *g)
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
	msk_task_start(size >= WORTH_A_THREAD && !g->plan->automatic ? g->pool : NULL, &n->task);
	return n;
}

const struct msk_diagnosis *msk_program_diagnosis(const struct msk_program *p)
{
	if (!p->patient)
		return NULL;
	msk_task_join(p->patient->task);
	return p->patient->err.code == MSK_OK ? &p->patient->d : NULL;
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

/* What a program may do without is left to the user, and told as options to be pasted. */
static void tell_likely(const struct msk_gather *g, const struct msk_program *p, const struct msk_diagnosis *d)
{
	MSK_AUTO_STR options = MSK_STR_INIT;

	for (size_t k = 0; k < N_ALL_SOURCES; k++) {
		const enum msk_want want = sources[k].want;

		if (d->wants[want].level == MSK_IS_LIKELY && !g->required[want].evidence && !supplied(g, &sources[k]))
			msk_str_addf(&options, " %s", msk_want_option(want));
	}
	if (options.len)
		msk_note(g->log, "--auto: %s likely needs%s too; mkscratch doctor %s says why", p->in->src,
			 msk_str_c(&options), p->in->src);
}

/* Of all programs before anything is told of one. Nothing is left to be warned of. */
static int add_required(struct msk_gather *g, struct msk_needs *n, struct msk_err *err)
{
	for (size_t i = 0; i < g->n_programs; i++) {
		const struct msk_program *p = &g->programs[i];

		if (p->patient && p->patient->err.code != MSK_OK) {
			*err = p->patient->err;
			return -1;
		}
		for (size_t k = 0; k < N_SOURCES && p->patient; k++)
			take(g, p, &sources[k], &p->patient->d);
	}
	for (size_t i = 0; i < g->n_programs; i++)
		if (g->programs[i].patient)
			tell_likely(g, &g->programs[i], &g->programs[i].patient->d);
	memset(n->supplied, true, sizeof n->supplied);
	return 0;
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

	if (!g->plan->automatic && is_idle(g))
		return 0;
	while (*end)
		end = &(*end)->next;
	*end = begin(g);
	return g->plan->automatic ? add_required(g, *end, err) : 0;
}
