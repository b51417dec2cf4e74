/* Secrets in what is typed: values of variables, labels and annotations, which everybody can read who has the image. */
#include "examine.h"

#include <string.h>

#define SCHEME_MAX 32

static bool is_of_scheme(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '+' || c == '-' || c == '.';
}

static char upper(char c)
{
	return c == '-' || c == '.' ? '_' : c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
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

bool msk_names_secret(const char *name)
{
	static const char *const ends[] = { "PASSWORD", "PASSWD", "PASSPHRASE", "SECRET", "TOKEN", "CREDENTIALS", "APIKEY",
					    "API_KEY", "ACCESS_KEY", "SECRET_KEY", "PRIVATE_KEY" };
	MSK_AUTO_STR words = MSK_STR_INIT;

	for (; *name; name++)
		msk_str_addc(&words, upper(*name));
	for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
		size_t n = strlen(ends[i]);

		if (msk_ends_with(msk_str_c(&words), ends[i]) && (words.len == n || words.buf[words.len - n - 1] == '_'))
			return true;
	}
	return false;
}
