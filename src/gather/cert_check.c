/* What the dates and the purpose of certificates are worth: faults of those that were named, notes about the rest. The
 * clock decides here whether there is a word, and whether there is an error; never what is packed. */
#include "cert_check.h"

#include "mkscratch/timestamp.h"

#define HOUR 3600
#define DAY  86400

void msk_date_add(struct msk_str *out, int64_t t)
{
	MSK_AUTO_STR text = MSK_STR_INIT;

	if (t < 0) {
		msk_str_adds(out, "a day before 1970");
		return;
	}
	msk_rfc3339_add(&text, t < MSK_TIME_MAX ? t : MSK_TIME_MAX);
	msk_str_add(out, text.buf, 10);
}

/* Certificates of one kind: how many, and the first of them. */
struct finding {
	size_t n;
	const struct msk_cert *first;
};

struct findings {
	struct finding expired, future, no_ca;
};

static void find(struct finding *f, const struct msk_cert *c)
{
	if (f->n++ == 0)
		f->first = c;
}

static int check_left(const struct msk_cert *c, int64_t now, int64_t least, struct msk_err *err)
{
	MSK_AUTO_STR date = MSK_STR_INIT;
	int64_t unit = least < 2 * DAY ? HOUR : DAY;

	if (c->x.not_after - now >= least)
		return 0;
	msk_date_add(&date, c->x.not_after);
	return msk_cert_fail(c, err, "expires on %s, too soon for --certs-expiry-min (%lld vs %lld %s)", date.buf,
			     (long long)((c->x.not_after - now) / unit), (long long)((least + unit - 1) / unit),
			     unit == DAY ? "days" : "hours");
}

static int fail_expired(const struct msk_cert *c, struct msk_err *err)
{
	MSK_AUTO_STR date = MSK_STR_INIT;

	msk_date_add(&date, c->x.not_after);
	msk_cert_fail(c, err, "expired on %s", date.buf);
	return msk_hint(err, "--allow-expired packs it all the same");
}

static int check_one(const struct msk_gather *g, const struct msk_cert *c, struct findings *f, struct msk_err *err)
{
	const struct msk_plan *p = g->plan;

	if (!c->x.is_ca)
		find(&f->no_ca, c);
	if (c->x.not_before > g->now)
		find(&f->future, c);
	if (c->x.not_after >= g->now)
		return check_left(c, g->now, p->certs_expiry_min, err);
	find(&f->expired, c);
	if (p->allow_expired)
		return 0;
	return c->named || p->certs_expiry_min ? fail_expired(c, err) : 0;
}

/* Nobody chose the certificates of the root one by one, so what is odd about them is told only who asks. */
static void tell(const struct msk_gather *g, const struct finding *f, bool aloud, const char *what, int64_t date)
{
	MSK_AUTO_STR text = MSK_STR_INIT;

	if (!f->n)
		return;
	msk_cert_add_subject(&text, f->first);
	msk_str_addf(&text, ": %s", what);
	if (date)
		msk_date_add(&text, date);
	if (f->n > 1)
		msk_str_addf(&text, " (and %zu more like it)", f->n - 1);
	if (aloud)
		msk_warn(g->log, "%s", text.buf);
	else
		msk_info(g->log, "%s", text.buf);
}

int msk_bundle_check(const struct msk_gather *g, const struct msk_bundle *b, struct msk_cert_facts *facts,
		     struct msk_err *err)
{
	struct findings side[2] = { 0 };        /* of the bundle, and of those that were named */

	for (size_t i = 0; i < b->n; i++)
		if (check_one(g, &b->v[i], &side[b->v[i].named], err) < 0)
			return -1;
	for (int named = 0; named < 2; named++) {
		const struct findings *f = &side[named];
		bool aloud = named || g->plan->certs_file;

		tell(g, &f->expired, aloud && !g->plan->allow_expired, "expired on ",
		     f->expired.n ? f->expired.first->x.not_after : 0);
		tell(g, &f->future, aloud, "not valid before ", f->future.n ? f->future.first->x.not_before : 0);
		tell(g, &f->no_ca, aloud, "is not a CA, so nothing that it signed is trusted", 0);
		facts->expired += f->expired.n;
	}
	return 0;
}
