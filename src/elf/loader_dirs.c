#include <string.h>

#include "loader.h"

static bool is_dir_string(const char *s, size_t n)
{
	if (n < 2 || n > 255 || s[0] != '/' || s[n - 1] != '/')
		return false;
	for (size_t i = 0; i < n; i++)
		if (s[i] <= ' ' || s[i] > '~' || s[i] == '%' || (s[i] == '/' && i && s[i - 1] == '/'))
			return false;
	return true;
}

/* Length of the run of directory strings at p; how many in *count. */
static size_t run_length(const char *p, size_t left, size_t *count)
{
	size_t at = 0;

	for (*count = 0;; ++*count) {
		const char *end = memchr(p + at, '\0', left - at);
		size_t n = end ? (size_t)(end - (p + at)) : 0;

		if (!is_dir_string(p + at, n))
			return at;
		at += n + 1;
	}
}

static bool mentions_lib(const char *p, size_t n)
{
	return memmem(p, n, "/lib", 4) != NULL;
}

void msk_loader_dirs(const char *data, size_t n, struct msk_strv *dirs)
{
	for (const char *p = data; (p = memchr(p, '/', n - (size_t)(p - data))); p++) {
		size_t count, len;

		if (p != data && p[-1] != '\0')
			continue;
		len = run_length(p, n - (size_t)(p - data), &count);
		/* One string alone may be anything; the list of every known loader has two at least. */
		if (count < 2 || !mentions_lib(p, len))
			continue;
		for (size_t at = 0; at < len; at += strlen(p + at) + 1)
			msk_strv_push_own(dirs, msk_xstrndup(p + at, strlen(p + at) - 1));
		return;
	}
}
