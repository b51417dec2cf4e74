#include <string.h>
#include <unistd.h>

#include "mkscratch/gather.h"
#include "program.h"

/* Where programs look for a want, and the variables that send them elsewhere. */
static const struct source {
	enum msk_want want;
	const char *places[6];
	const char *variables[3];
} sources[] = {
	{ MSK_WANT_CERTIFICATES, { "/etc/ssl/certs", "/etc/ssl", "/etc/pki" }, { "SSL_CERT_FILE", "SSL_CERT_DIR" } },
	{ MSK_WANT_ZONES, { "/usr/share/zoneinfo", "/usr/share/lib/zoneinfo", "/etc/zoneinfo" }, { "ZONEINFO", "TZDIR" } },
};

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

static bool sets(const struct msk_plan *p, const char *variable)
{
	size_t n = strlen(variable);

	for (size_t i = 0; i < p->config.env.n; i++)
		if (strncmp(p->config.env.v[i], variable, n) == 0 && p->config.env.v[i][n] == '=')
			return true;
	return false;
}

static bool supplied(const struct msk_plan *p, const struct source *s)
{
	if (s->want == MSK_WANT_CERTIFICATES && (p->certs || p->certs_file || p->extra_certs.n))
		return true;
	if (s->want == MSK_WANT_ZONES && p->tz)
		return true;
	for (const char *const *v = s->variables; *v; v++)
		if (sets(p, *v))
			return true;
	for (const char *const *place = s->places; *place; place++)
		for (size_t i = 0; i < p->n_inputs; i++)
			if (brings(&p->inputs[i], *place))
				return true;
	return false;
}

/* `diagnosis` requires what `s` is about, and nobody has been told yet. */
static void take(struct msk_gather *g, const struct msk_program *p, const struct source *s,
		 const struct msk_diagnosis *diagnosis, bool *told)
{
	const struct msk_finding *f = &diagnosis->wants[s->want];

	if (f->level != MSK_IS_REQUIRED || *told || supplied(g->plan, s))
		return;
	*told = true;
	if (g->plan->automatic) {
		g->required[s->want] = msk_xasprintf("%s: %s", p->in->dest, f->evidence);
		msk_note(g->log, "--auto: %s for %s (%s)", msk_want_option(s->want), p->in->src, f->evidence);
	} else {
		msk_warn(g->log, "%s: requires %s, and the image has none (%s); add %s, or --auto", p->in->src,
			 msk_want_name(s->want), f->evidence, msk_want_option(s->want));
	}
}

/* Is there anything left that could be told or added? */
static bool is_idle(const struct msk_gather *g)
{
	if (!g->plan->automatic && g->log->level < MSK_LOG_WARN)
		return true;
	for (size_t i = 0; i < sizeof sources / sizeof *sources; i++)
		if (!supplied(g->plan, &sources[i]))
			return false;
	return true;
}

int msk_gather_needs(struct msk_gather *g, struct msk_err *err)
{
	bool told[MSK_N_WANTS] = { false };

	if (is_idle(g))
		return 0;
	for (size_t i = 0; i < g->n_programs; i++) {
		struct msk_program *p = &g->programs[i];
		/* Libraries by themselves make nothing required. */
		const struct msk_doctor_args args = { .file = &p->file, .name = p->in->src };
		MSK_CLEANUP(msk_diagnosis_release) struct msk_diagnosis d = { 0 };

		if (p->level)
			continue;
		if (msk_doctor_examine(&args, &d, err) < 0)
			return -1;
		for (size_t k = 0; k < sizeof sources / sizeof *sources; k++)
			take(g, p, &sources[k], &d, &told[sources[k].want]);
	}
	return 0;
}
