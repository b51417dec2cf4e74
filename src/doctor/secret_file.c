#include "mkscratch/secret_file.h"

#include <string.h>

#include "mkscratch/secret_text.h"
#include "mkscratch/str.h"

/* What a file of some name holds, where it does. */
enum form {
	KEY,                   /* a private key in PEM */
	VARIABLES,             /* NAME=VALUE, a line each */
	URLS,
	VALUES,                /* behind certain names: "name": "value", name = value, name value */
};

#define MAX_NAMES 4
#define BLANK " \t"

/* "*x": paths that end so; "x*": names that begin so; with a slash: the last parts of the path; else the whole name. */
static const struct kind {
	const char *pattern;
	size_t n;
	enum form form;
	const char *names[MAX_NAMES];
} kinds[] = {
#define KIND(pattern, ...) { pattern, sizeof pattern - 1, __VA_ARGS__ }
	KIND("id_rsa", KEY, { NULL }), KIND("id_dsa", KEY, { NULL }), KIND("id_ecdsa", KEY, { NULL }),
	KIND("id_ed25519", KEY, { NULL }), KIND("*.pem", KEY, { NULL }), KIND("*.key", KEY, { NULL }),
	KIND("*.p8", KEY, { NULL }),
	KIND("*.env", VARIABLES, { NULL }), KIND(".env.*", VARIABLES, { NULL }),
	KIND(".git-credentials", URLS, { NULL }),
	KIND(".npmrc", VALUES, { "_authToken", "_auth", "_password" }),
	KIND(".netrc", VALUES, { "password" }), KIND("_netrc", VALUES, { "password" }),
	KIND(".pypirc", VALUES, { "password" }),
	KIND(".aws/credentials", VALUES, { "aws_secret_access_key", "aws_session_token" }),
	KIND(".docker/config.json", VALUES, { "auth", "identitytoken", "registrytoken", "password" }),
	KIND(".dockerconfigjson", VALUES, { "auth", "identitytoken", "registrytoken", "password" }),
	KIND("containers/auth.json", VALUES, { "auth", "identitytoken" }),
	KIND(".kube/config", VALUES, { "client-key-data", "token", "password" }),
	KIND("kubeconfig", VALUES, { "client-key-data", "token", "password" }),
	KIND("*.kubeconfig", VALUES, { "client-key-data", "token", "password" }),
#undef KIND
};

/* Files that show how another is to be filled in. */
static bool is_sample(const char *name)
{
	static const char *const ends[] = { ".example", ".sample", ".template", ".dist", ".defaults", ".schema" };

	for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
		if (msk_ends_with(name, ends[i]))
			return true;
	return false;
}

/* `name`: the last part of the path, which is n bytes. The last byte first: there may be a million paths. */
static bool matches(const struct kind *k, const char *path, size_t n, const char *name)
{
	const char *pattern = k->pattern;
	const bool ends = pattern[0] == '*';
	const size_t n_end = k->n - ends;

	if (pattern[k->n - 1] == '*')
		return strncmp(name, pattern, k->n - 1) == 0 && !is_sample(name);
	if (n < n_end || path[n - 1] != pattern[k->n - 1] || memcmp(path + n - n_end, pattern + ends, n_end) != 0)
		return false;
	return ends || n == n_end || path[n - n_end - 1] == '/';
}

static const struct kind *kind_of(const char *path)
{
	const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
	const size_t n = strlen(path);

	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
		if (matches(&kinds[i], path, n, name))
			return &kinds[i];
	return NULL;
}

bool msk_may_hold_secret(const char *path)
{
	return kind_of(path);
}

static bool tell_name(const char *name, const char **what, char **shown)
{
	*what = "secret by its name";
	*shown = msk_xstrdup(name);
	return true;
}

/* "export DB_PASSWORD='x'" */
static bool in_variable(char *line, const char **what, char **shown)
{
	char *value = strchr(line, '=');

	if (!value)
		return false;
	if (msk_secret_in(value + 1, what, shown))
		return true;
	if (msk_starts_with(line, "export "))
		line += strlen("export ");
	line[strcspn(line, BLANK "=")] = '\0';
	value += 1 + strspn(value + 1, BLANK "\"'");
	value[strcspn(value, "\"'\r#")] = '\0';
	return msk_secret_by_name(line, value) && tell_name(line, what, shown);
}

static bool is_of_name(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
}

/* Is there a value behind a name? A place to fill in and the variable of a shell are none. */
static bool has_value(const char *behind)
{
	const char *at = behind + (*behind == '"');

	at += strspn(at, BLANK);
	at += *at == ':' || *at == '=';
	at += strspn(at, BLANK);
	at += *at == '"' || *at == '\'';
	return at > behind && !strchr("\r\"'$<{[", *at) && strncmp(at, "null", 4) != 0;
}

static bool in_value_of(const char *line, const char *name)
{
	const size_t n = strlen(name);

	for (const char *at = line; (at = strstr(at, name)); at += n)
		if (!is_of_name(at[n]) && (at == line || !is_of_name(at[-1])) && has_value(at + n))
			return true;
	return false;
}

static bool in_line(const struct kind *k, char *line, const char **what, char **shown)
{
	line += strspn(line, BLANK);
	if (*line == '#' || *line == ';')
		return false;
	if (k->form == VARIABLES)
		return in_variable(line, what, shown);
	for (size_t i = 0; i < MAX_NAMES && k->names[i]; i++)
		if (in_value_of(line, k->names[i]))
			return tell_name(k->names[i], what, shown);
	return false;
}

static bool in_lines(const struct kind *k, char *text, const char **what, char **shown)
{
	char *end;

	for (; text; text = end ? end + 1 : NULL) {
		end = strchr(text, '\n');
		if (end)
			*end = '\0';
		if (in_line(k, text, what, shown))
			return true;
	}
	return false;
}

/* In a bundle there may be other things before it. */
static bool is_key(const char *text, const char **what, char **shown)
{
	const char *at = strstr(text, "-----BEGIN ");

	return at && msk_secret_in(at, what, shown);
}

bool msk_may_begin_key(const char *text, size_t n)
{
	static const char begin[] = "-----BEGIN ";
	size_t at = 0;

	while (at < n && text[at] && strchr(BLANK "\r\n", text[at]))
		at++;
	return n - at >= sizeof begin - 1 && memcmp(text + at, begin, sizeof begin - 1) == 0;
}

bool msk_secret_in_file(const char *path, const char *text, size_t n, const char **what, char **shown)
{
	const struct kind *k = kind_of(path);
	const bool begins = msk_may_begin_key(text, n);
	MSK_AUTO_FREE char *whole = k || begins ? msk_xstrndup(text, n) : NULL;

	if (begins && msk_secret_in(whole + strspn(whole, BLANK "\r\n"), what, shown))
		return true;
	if (!k)
		return false;
	if (k->form == KEY)
		return is_key(whole, what, shown);
	return k->form == URLS ? msk_secret_in(whole, what, shown) : in_lines(k, whole, what, shown);
}

void msk_secret_files_look(struct msk_secret_files *f, const char *path, const char *where, const char *text, size_t n)
{
	MSK_AUTO_FREE char *shown = NULL;
	const char *what;

	if (!msk_secret_in_file(path, text, n, &what, &shown))
		return;
	for (size_t i = 0; i < f->n; i++)
		if (strcmp(f->v[i].what, what) == 0) {
			f->v[i].n++;
			return;
		}
	MSK_GROW(f->v, f->n, f->cap);
	f->v[f->n++] = (struct msk_secret_found){ what, msk_take(&shown), msk_xstrdup(where), 1 };
}

char *msk_secret_found_text(const struct msk_secret_found *found)
{
	MSK_AUTO_STR text = MSK_STR_INIT;

	msk_str_addf(&text, "%s: looks like it holds a secret (%s, %s", found->where, found->what, found->shown);
	if (found->n > 1)
		msk_str_addf(&text, "; %zu such files", found->n);
	msk_str_addc(&text, ')');
	return msk_str_take(&text);
}

void msk_secret_files_release(struct msk_secret_files *f)
{
	for (size_t i = 0; i < f->n; i++) {
		free(f->v[i].shown);
		free(f->v[i].where);
	}
	free(f->v);
	*f = (struct msk_secret_files){ 0 };
}
