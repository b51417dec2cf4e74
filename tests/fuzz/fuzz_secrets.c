/* A file that may hold a secret: the first line is its path, the rest what is in it; and the path once more as NAME=VALUE.
 * What is told depends on path and bytes alone, up to a NUL; only of files that are of such a kind, or begin so; and never the
 * value. */
#include "fuzz.h"
#include "mkscratch/secret_file.h"
#include "mkscratch/secret_text.h"
#include "mkscratch/str.h"

#define ROOM (1 << 14)

/* The bytes and nothing behind them. */
static bool look(const char *path, const char *text, size_t n, const char **what, char **shown)
{
	MSK_AUTO_FREE char *exact = n ? memcpy(msk_xmalloc(n), text, n) : NULL;

	return msk_secret_in_file(path, exact ? exact : "", n, what, shown);
}

static void check_files(const char *path, const char *text, size_t n, const char *what, const char *shown)
{
	MSK_CLEANUP(msk_secret_files_release) struct msk_secret_files f = { 0 };
	MSK_AUTO_FREE char *told = NULL, *wanted = NULL;

	msk_secret_files_look(&f, path, "there", text, n);
	msk_secret_files_look(&f, path, "elsewhere", text, n);
	assert(f.n == 1 && f.v[0].n == 2);
	told = msk_secret_found_text(&f.v[0]);
	wanted = msk_xasprintf("there: looks like it holds a secret (%s, %s; 2 such files)", what, shown);
	assert(strcmp(told, wanted) == 0);
}

/* Of a URL what stands before the password, of a name that alone, of a token its beginning. */
static void check_shown(const char *what, const char *shown)
{
	if (strcmp(what, "URL with a password") == 0)
		assert(msk_ends_with(shown, ":...@") && strstr(shown, "://"));
	else if (strcmp(what, "secret by its name") == 0)
		assert(!strchr(shown, '=') && !strchr(shown, '\n'));
	else
		assert(msk_starts_with(shown, "-----BEGIN ") || (msk_ends_with(shown, "...") && strlen(shown) < 40));
}

static void check_file(const char *path, const char *text, size_t n)
{
	const size_t plain = strnlen(text, n);
	MSK_AUTO_FREE char *shown = NULL, *again = NULL;
	const char *what = NULL, *what_again = NULL;
	const bool found = look(path, text, n, &what, &shown);

	assert(look(path, text, plain, &what_again, &again) == found);
	if (!found) {
		assert(!shown && !again);
		return;
	}
	assert(msk_may_hold_secret(path) || msk_may_begin_key(text, n));
	assert(what == what_again && strcmp(shown, again) == 0);
	assert(*what && *shown);
	check_shown(what, shown);
	check_files(path, text, n, what, shown);
}

static void check_words(const char *line)
{
	MSK_AUTO_FREE char *shown = NULL;
	const char *what, *equals = strchr(line, '=');
	MSK_AUTO_FREE char *name = equals ? msk_xstrndup(line, (size_t)(equals - line)) : NULL;

	if (msk_secret_in(line, &what, &shown)) {
		assert(*what && *shown);
		check_shown(what, shown);
	}
	if (name && msk_secret_by_name(name, equals + 1))
		assert(*name && equals[1]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data, *end = size ? memchr(text, '\n', size) : NULL;
	MSK_AUTO_FREE char *path = NULL;

	if (!end || size > ROOM || memchr(text, '\0', (size_t)(end - text)))
		return 0;
	path = msk_xstrndup(text, (size_t)(end - text));
	check_words(path);
	check_file(path, end + 1, size - (size_t)(end + 1 - text));
	return 0;
}
