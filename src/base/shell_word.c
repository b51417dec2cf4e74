#include "mkscratch/shell_word.h"

#include <string.h>

/* "=ls" at the front is a program's path to zsh. */
static bool is_plain(const char *word)
{
	const char *const plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-+=:,./@%";

	return *word && *word != '=' && word[strspn(word, plain)] == '\0';
}

/* How many bytes at p show what they are; 0: the next n must not reach a terminal. */
static size_t shown(const char *p, size_t *n)
{
	uint32_t c;
	size_t len = msk_utf8_take(p, strlen(p), &c);

	*n = len ? len : 1;
	return len && msk_utf8_is_safe(c) ? len : 0;
}

static bool is_safe(const char *word)
{
	for (size_t n; *word; word += n)
		if (!shown(word, &n))
			return false;
	return true;
}

static void add_dollar_quoted(struct msk_str *out, const char *word)
{
	msk_str_adds(out, "$'");
	for (size_t n; *word; word += n) {
		size_t len = shown(word, &n);

		if (*word == '\'' || *word == '\\')
			msk_str_addc(out, '\\');
		msk_str_add(out, word, len);
		for (size_t i = 0; i < n && !len; i++)
			msk_str_addf(out, "\\%03o", (unsigned char)word[i]);
	}
	msk_str_addc(out, '\'');
}

static void add_quoted(struct msk_str *out, const char *word)
{
	msk_str_addc(out, '\'');
	for (; *word; word++) {
		if (*word == '\'')
			msk_str_adds(out, "'\\''");
		else
			msk_str_addc(out, *word);
	}
	msk_str_addc(out, '\'');
}

void msk_shell_add_word(struct msk_str *out, const char *word)
{
	if (is_plain(word))
		msk_str_adds(out, word);
	else if (is_safe(word))
		add_quoted(out, word);
	else
		add_dollar_quoted(out, word);
}

void msk_shell_add_file(struct msk_str *out, const char *path)
{
	MSK_AUTO_STR word = MSK_STR_INIT;

	msk_str_addf(&word, "%s%s", *path == '-' ? "./" : "", path);
	msk_shell_add_word(out, msk_str_c(&word));
}
