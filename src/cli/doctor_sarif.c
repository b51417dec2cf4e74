/* Static Analysis Results Interchange Format 2.1.0 (OASIS): what code hosts show beside a change. */
#include "doctor.h"

#include <string.h>

#define SCHEMA "https://json.schemastore.org/sarif-2.1.0.json"

/* Rules besides the wants. */
enum { RULE_KEY = MSK_N_WANTS, RULE_TOKEN, RULE_BUILD_PATH, RULE_STACK, RULE_RWX, RULE_LOOSE_PATH, RULE_RELRO, RULE_LIBRARY,
       N_RULES };

static const struct {
	const char *id, *what;
} rules[] = {
	[RULE_KEY - MSK_N_WANTS] = { "secret/private-key", "a private key is in the program" },
	[RULE_TOKEN - MSK_N_WANTS] = { "secret/token", "a token is in the program" },
	[RULE_BUILD_PATH - MSK_N_WANTS] = { "secret/build-path", "the program tells where it was built" },
	[RULE_STACK - MSK_N_WANTS] = { "hardening/nx", "the stack is executable" },
	[RULE_RWX - MSK_N_WANTS] = { "hardening/rwx", "memory is both written and executed" },
	[RULE_LOOSE_PATH - MSK_N_WANTS] = { "hardening/runpath", "libraries are looked for where others may write" },
	[RULE_LIBRARY - MSK_N_WANTS] = { "needs/library", "a library that the program needs is missing" },
	[RULE_RELRO - MSK_N_WANTS] = { "hardening/relro", "relocations stay writable" },
};

static struct msk_json *text_json(const char *text)
{
	struct msk_json *o = msk_json_object();

	msk_json_set(o, "text", msk_json_text(text));
	return o;
}

static char *rule_id(int rule)
{
	return rule < MSK_N_WANTS ? msk_xasprintf("needs/%s", msk_want_name(rule)) :
	       msk_xstrdup(rules[rule - MSK_N_WANTS].id);
}

static struct msk_json *rules_json(void)
{
	struct msk_json *a = msk_json_array();

	for (int i = 0; i < N_RULES; i++) {
		struct msk_json *o = msk_json_object();
		MSK_AUTO_FREE char *id = rule_id(i);
		MSK_AUTO_FREE char *what = i < MSK_N_WANTS ? msk_xasprintf("the program needs %s", msk_want_name(i)) :
					   msk_xstrdup(rules[i - MSK_N_WANTS].what);

		msk_json_set_string(o, "id", id);
		msk_json_set(o, "shortDescription", text_json(what));
		msk_json_push(a, o);
	}
	return a;
}

/* RFC 3986: what is no letter of a path is written as %XX. */
static char *uri(const char *path)
{
	MSK_AUTO_STR s = MSK_STR_INIT;

	for (const unsigned char *p = (const unsigned char *)path; *p; p++) {
		if (strchr("/-._~", *p) || (*p >= '0' && *p <= '9') || (*p >= 'A' && *p <= 'Z') || (*p >= 'a' && *p <= 'z'))
			msk_str_addc(&s, (char)*p);
		else
			msk_str_addf(&s, "%%%02X", *p);
	}
	return msk_str_take(&s);
}

static struct msk_json *location_json(const struct doctor_file *f, const uint64_t *offset)
{
	struct msk_json *o = msk_json_object(), *physical = msk_json_object(), *artifact = msk_json_object();
	struct msk_json *region, *a = msk_json_array();
	MSK_AUTO_FREE char *where = uri(f->file);

	msk_json_set_string(artifact, "uri", where);
	msk_json_set(physical, "artifactLocation", artifact);
	if (offset) {
		region = msk_json_object();
		msk_json_set_int(region, "byteOffset", (int64_t)*offset);
		msk_json_set(physical, "region", region);
	}
	msk_json_set(o, "physicalLocation", physical);
	msk_json_push(a, o);
	return a;
}

static void add_result(struct msk_json *results, const struct doctor_file *f, int rule, const char *level,
		       const char *text, const uint64_t *offset)
{
	struct msk_json *o = msk_json_object();
	MSK_AUTO_FREE char *id = rule_id(rule);

	msk_json_set_string(o, "ruleId", id);
	msk_json_set_int(o, "ruleIndex", rule);
	msk_json_set_string(o, "level", level);
	msk_json_set(o, "message", text_json(text));
	msk_json_set(o, "locations", location_json(f, offset));
	msk_json_push(results, o);
}

static void add_needs(struct msk_json *results, const struct doctor_file *f)
{
	for (int w = 0; w < MSK_N_WANTS; w++) {
		const struct msk_finding *n = &f->d.wants[w];
		MSK_AUTO_FREE char *text = NULL;

		if (n->level != MSK_IS_REQUIRED && n->level != MSK_IS_LIKELY)
			continue;
		text = msk_xasprintf("%s %s: %s. %s", msk_want_name(w), msk_certainty_name(n->level), n->evidence,
				     msk_doctor_fix(w));
		add_result(results, f, w, n->level == MSK_IS_REQUIRED ? "warning" : "note", text, NULL);
	}
}

static void add_missing(struct msk_json *results, const struct doctor_file *f)
{
	for (size_t i = 0; i < f->closure.n_missing; i++) {
		MSK_AUTO_STR text = MSK_STR_INIT;

		msk_doctor_missing(f, &f->closure.missing[i], &text);
		msk_str_adds(&text, ". " MSK_DOCTOR_MISSING_FIX);
		add_result(results, f, RULE_LIBRARY, "error", msk_str_c(&text), NULL);
	}
	if (f->unresolved.code)
		add_result(results, f, RULE_LIBRARY, "warning", f->unresolved.msg, NULL);
}

static void add_secrets(struct msk_json *results, const struct doctor_file *f)
{
	for (size_t i = 0; i < f->d.n_secrets; i++) {
		const struct msk_secret *s = &f->d.secrets[i];
		int rule = strcmp(s->kind, "private-key") == 0 ? RULE_KEY :
			   strcmp(s->kind, "token") == 0 ? RULE_TOKEN : RULE_BUILD_PATH;
		MSK_AUTO_FREE char *text = msk_xasprintf("%s: %s", s->what, s->shown);

		add_result(results, f, rule, rule == RULE_BUILD_PATH ? "note" : "error", text, &s->offset);
	}
}

static void add_hardening(struct msk_json *results, const struct doctor_file *f)
{
	const struct msk_hardening *h = &f->d.hardening;

	if (!h->nx)
		add_result(results, f, RULE_STACK, "warning", "the stack is executable: link with -z noexecstack", NULL);
	if (h->rwx)
		add_result(results, f, RULE_RWX, "warning", "a segment may be written and executed", NULL);
	if (h->relro == MSK_RELRO_NONE && f->d.elf.interp)
		add_result(results, f, RULE_RELRO, "note", "relocations stay writable: link with -z relro -z now", NULL);
	for (size_t i = 0; i < h->loose_paths.n; i++) {
		MSK_AUTO_FREE char *text = msk_xasprintf("RUNPATH %s: relative, or where others may write",
							 h->loose_paths.v[i]);

		add_result(results, f, RULE_LOOSE_PATH, "warning", text, NULL);
	}
}

static struct msk_json *tool_json(void)
{
	struct msk_json *tool = msk_json_object(), *driver = msk_json_object();

	msk_json_set_string(driver, "name", "mkscratch");
	msk_json_set_string(driver, "version", MSK_VERSION);
	msk_json_set(driver, "rules", rules_json());
	msk_json_set(tool, "driver", driver);
	return tool;
}

struct msk_json *msk_doctor_sarif(const struct doctor_file *files, size_t n)
{
	struct msk_json *o = msk_json_object(), *run = msk_json_object(), *runs = msk_json_array();
	struct msk_json *results = msk_json_array();

	for (size_t i = 0; i < n; i++) {
		add_needs(results, &files[i]);
		add_missing(results, &files[i]);
		add_secrets(results, &files[i]);
		add_hardening(results, &files[i]);
	}
	msk_json_set(run, "tool", tool_json());
	msk_json_set(run, "results", results);
	msk_json_push(runs, run);
	msk_json_set_string(o, "$schema", SCHEMA);
	msk_json_set_string(o, "version", "2.1.0");
	msk_json_set(o, "runs", runs);
	return o;
}
