#include "mkscratch/secret_text.h"

#include <string.h>

#include "examine.h"

#define SCHEME_MAX 32

static bool is_of_scheme(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '+' || c == '-' || c == '.';
}

/* "scheme://user:password@host" whose colon is at `at`; a password that is a variable of a shell is none yet. */
static bool url_at(const char *text, size_t at, char **shown)
{
	size_t from = at, user, password;

	while (from > 0 && at - from < SCHEME_MAX && is_of_scheme(text[from - 1]))
		from--;
	if (from == at || strncmp(text + at, "://", 3) != 0)
		return false;
	user = strcspn(text + at + 3, ":@/?# \t\r\n\"'<>");
	if (text[at + 3 + user] != ':')
		return false;
	password = strcspn(text + at + 3 + user + 1, "@/?# \t\r\n\"'<>");
	if (password == 0 || text[at + 3 + user + 1] == '$' || text[at + 3 + user + 1 + password] != '@')
		return false;
	*shown = msk_xasprintf("%.*s:...@", (int)(at + 3 + user - from), text + from);
	return true;
}

bool msk_secret_in(const char *text, const char **what, char **shown)
{
	const size_t n = strlen(text);

	for (size_t i = 0; i < n; i++) {
		*what = "URL with a password";
		if (text[i] == ':' && url_at(text, i, shown))
			return true;
		*what = doctor_secret_at(text, n, i, shown);
		if (*what)
			return true;
	}
	return false;
}

/* In capitals, words parted by '_'; heap. */
static char *plainly(const char *text)
{
	char *out = msk_xstrdup(text);

	for (char *c = out; *c; c++)
		*c = *c == '-' || *c == '.' ? '_' : *c >= 'a' && *c <= 'z' ? (char)(*c - 'a' + 'A') : *c;
	return out;
}

static bool is_any(const char *word, const char *const *of)
{
	while (*of && strcmp(word, *of) != 0)
		of++;
	return *of;
}

static bool ends_with_word(const char *name, const char *word)
{
	const size_t n = strlen(name), n_word = strlen(word);

	return msk_ends_with(name, word) && (n == n_word || name[n - n_word - 1] == '_');
}

static bool names_secret(const char *name)
{
	static const char *const ends[] = { "PASSWORD", "PASSWD", "PASSPHRASE", "PASS", "PWD", "SECRET", "TOKEN", "AUTHTOKEN",
					    "CREDENTIALS", "APIKEY", "API_KEY", "ACCESS_KEY", "SECRET_KEY", "PRIVATE_KEY" };
	static const char *const directories[] = { "PWD", "OLDPWD", NULL };

	for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
		if (ends_with_word(name, ends[i]))
			return !is_any(name, directories);
	return false;
}

/* How many tokens, how long they last, whether there has to be one. */
static bool is_setting(const char *name, const char *value)
{
	static const char *const switches[] = { "TRUE", "FALSE", "YES", "NO", "ON", "OFF", "NONE", "NULL", "REQUIRED",
						 "OPTIONAL", NULL };
	const size_t digits = strspn(value, "0123456789");

	return is_any(value, switches) || (!value[digits] && (digits < 4 || ends_with_word(name, "TOKEN")));
}

bool msk_secret_by_name(const char *name, const char *value)
{
	MSK_AUTO_FREE char *plain_name = plainly(name), *plain_value = plainly(value);

	return *value && !strchr("/$<", *value) && names_secret(plain_name) && !is_setting(plain_name, plain_value);
}
