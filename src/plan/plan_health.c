/* --healthcheck and its kin: how the runtime tells whether the service is well. */
#include <string.h>

#include "mkscratch/probe_url.h"
#include "parts.h"

#define NS_PER_MS  1000000LL
#define MAX_NS     (24 * 3600 * 1000 * NS_PER_MS)
#define MAX_RETRIES 1000
#define MAX_SHOWN   120      /* bytes of a list in a hint */

static int plan_duration(const char *option, const char *text, int64_t *out, struct msk_err *err)
{
	if (!text)
		return 0;
	if (msk_duration_parse(option, text, out, err) < 0)
		return -1;
	if (*out < NS_PER_MS || *out > MAX_NS)
		return msk_fail(err, MSK_E_USAGE, "%s %s: is out of range (1ms to 24h)", option, text);
	return 0;
}

static int plan_timing(const struct msk_options *o, struct msk_health *h, struct msk_err *err)
{
	unsigned long long retries = 0;

	if (plan_duration("--health-interval", o->health_interval, &h->interval_ns, err) < 0 ||
	    plan_duration("--health-timeout", o->health_timeout, &h->timeout_ns, err) < 0 ||
	    plan_duration("--health-start-period", o->health_start_period, &h->start_period_ns, err) < 0)
		return -1;
	if (o->health_retries && (!msk_parse_u64(o->health_retries, MAX_RETRIES, &retries) || retries == 0))
		return msk_fail(err, MSK_E_USAGE, "--health-retries %s: not a number from 1 to %d", o->health_retries,
				MAX_RETRIES);
	h->retries = (unsigned)retries;
	return 0;
}

/* The probe gives up by itself when the runtime would stop it, so that it is the probe that says why. */
static void add_limit(struct msk_health *h)
{
	if (h->timeout_ns < 1000 * NS_PER_MS)
		return;
	msk_strv_push(&h->test, "-t");
	msk_strv_push_own(&h->test, msk_xasprintf("%lld", (long long)(h->timeout_ns / (1000 * NS_PER_MS))));
}

static int plan_probe(const char *url, struct msk_health *h, struct msk_err *err)
{
	struct probe_url parsed;
	const char *wrong;

	if (msk_check_utf8("--healthcheck", url, err) < 0)
		return -1;
	wrong = probe_url_parse(url, &parsed);
	if (wrong) {
		msk_fail(err, MSK_E_USAGE, "--healthcheck %s: %s", url, wrong);
		return msk_hint(err, "--healthcheck http://:8080/health, tcp://:5432 or unix:///run/app.sock");
	}
	h->kind = MSK_HEALTH_PROBE;
	msk_strv_push(&h->test, MSK_PROBE_PATH);
	add_limit(h);
	msk_strv_push(&h->test, url);
	return 0;
}

/* One word of a shell from *at on, which is behind it then; false: a quote has no end. */
static bool take_word(const char **at, struct msk_str *word)
{
	char quote = '\0';

	for (const char *p = *at;; p++) {
		if (*p == '\0' || (!quote && strchr(" \t\n", *p))) {
			*at = p;
			return !quote;
		}
		if (quote ? *p == quote : *p == '"' || *p == '\'')
			quote = quote ? '\0' : *p;
		else if (*p == '\\' && p[1] && quote != '\'' && (!quote || strchr("\"\\$`", p[1])))
			msk_str_addc(word, *++p);
		else
			msk_str_addc(word, *p);
	}
}

static bool split_as_shell(const char *text, struct msk_strv *words)
{
	for (text += strspn(text, " \t\n"); *text; text += strspn(text, " \t\n")) {
		MSK_AUTO_STR word = MSK_STR_INIT;

		if (!take_word(&text, &word))
			return false;
		msk_strv_push(words, msk_str_c(&word));
	}
	return true;
}

/* Quotes and backslashes would become part of words. The hint is what they stand for in a shell, where that is plain: what is
 * quoted is one word, and a backslash keeps what follows it. */
static int refuse_quotes(const char *text, struct msk_err *err)
{
	MSK_AUTO_STRV words = MSK_STRV_INIT;
	MSK_AUTO_JSON *list = NULL;
	MSK_AUTO_STR json = MSK_STR_INIT;
	const char *sign = text + strcspn(text, "\"'\\");

	if (!*sign)
		return 0;
	msk_fail(err, MSK_E_USAGE, "--healthcheck-cmd %s: %c has no meaning here, as no shell is run", text, *sign);
	if (split_as_shell(text, &words)) {
		list = msk_json_strings(&words);
		msk_json_dump(list, &json);
	}
	if (!json.len || json.len > MAX_SHOWN || strpbrk(json.buf, "'\\"))
		return msk_hint(err, "--healthcheck-cmd '[\"/app\",\"an argument\"]'");
	return msk_hint(err, "--healthcheck-cmd '%s'", json.buf);
}

/* JSON, or words parted by blanks: there is no shell that would part them. */
static int plan_command(const char *text, struct msk_health *h, struct msk_err *err)
{
	MSK_AUTO_STRV words = MSK_STRV_INIT;

	h->kind = MSK_HEALTH_COMMAND;
	if (text[0] == '[') {
		if (msk_plan_args("--healthcheck-cmd", text, &h->test, err) < 0)
			return -1;
	} else {
		if (msk_check_utf8("--healthcheck-cmd", text, err) < 0)
			return -1;
		if (refuse_quotes(text, err) < 0)
			return -1;
		msk_strv_split(&words, text, " \t\n");
		for (size_t i = 0; i < words.n; i++)
			if (*words.v[i])
				msk_strv_push(&h->test, words.v[i]);
	}
	if (!h->test.n || !*h->test.v[0])
		return msk_fail(err, MSK_E_USAGE, "--healthcheck-cmd %s: nothing to run", text);
	if (strcmp(h->test.v[0], "CMD") != 0 && strcmp(h->test.v[0], "CMD-SHELL") != 0)
		return 0;
	msk_fail(err, MSK_E_USAGE, "--healthcheck-cmd %s: %s is a word of Dockerfiles", text, h->test.v[0]);
	return msk_hint(err, "the program and its arguments stand alone, and no shell is run: "
			"--healthcheck-cmd '[\"/app\",\"--check\"]'");
}

static int check_alone(const struct msk_options *o, struct msk_err *err)
{
	const char *timing = o->health_interval ? "--health-interval" : o->health_timeout ? "--health-timeout" :
			     o->health_start_period ? "--health-start-period" : o->health_retries ? "--health-retries" : NULL;
	bool none = o->healthcheck && strcmp(o->healthcheck, "none") == 0;

	if (o->healthcheck && o->healthcheck_cmd)
		return msk_fail(err, MSK_E_USAGE, "--healthcheck-cmd %s: there is --healthcheck %s already", o->healthcheck_cmd,
				o->healthcheck);
	if (!timing || (o->healthcheck && !none) || o->healthcheck_cmd)
		return 0;
	msk_fail(err, MSK_E_USAGE, "%s: there is no health check to time", timing);
	return msk_hint(err, "--healthcheck http://:8080/health");
}

int msk_plan_health(const struct msk_options *o, struct msk_plan *p, struct msk_err *err)
{
	struct msk_health *h = &p->config.health;

	if (check_alone(o, err) < 0 || plan_timing(o, h, err) < 0)
		return -1;
	if (o->healthcheck_cmd)
		return plan_command(o->healthcheck_cmd, h, err);
	if (!o->healthcheck)
		return 0;
	if (strcmp(o->healthcheck, "none") != 0)
		return plan_probe(o->healthcheck, h, err);
	h->kind = MSK_HEALTH_OFF;
	return 0;
}
