#include <elf.h>
#include <string.h>

#include "loader.h"

const char *msk_platform_baseline(const struct msk_elf *e)
{
	switch (e->machine) {
	case EM_X86_64:  return "x86_64";
	case EM_386:     return "i686";
	case EM_AARCH64: return "aarch64";
	case EM_ARM:     return e->flags & 0x400 ? "v7l" : "v6l";
	case EM_PPC64:   return "power8";
	case EM_S390:    return "z900";
	default:         return NULL;
	}
}

/* The length of `$NAME` or `${NAME}` at p, or 0. The bare form must not run on into a longer identifier. */
static size_t token_length(const char *p, const char *name)
{
	size_t n = strlen(name);
	bool braced = p[1] == '{';
	const char *at = p + 1 + braced;
	char after;

	if (strncmp(at, name, n) != 0)
		return 0;
	after = at[n];
	if (braced)
		return after == '}' ? n + 3 : 0;
	if ((after >= 'A' && after <= 'Z') || (after >= 'a' && after <= 'z') || (after >= '0' && after <= '9') ||
	    after == '_')
		return 0;
	return n + 1;
}

bool msk_token_any(const char *text)
{
	for (; (text = strchr(text, '$')); text++)
		if (token_length(text, "ORIGIN") || token_length(text, "PLATFORM") || token_length(text, "LIB"))
			return true;
	return false;
}

char *msk_closure_fill_lib(const struct msk_closure *c, const char *text)
{
	MSK_AUTO_STR out = MSK_STR_INIT;

	for (size_t n; *text; text += n) {
		n = *text == '$' && c->lib_token ? token_length(text, "LIB") : 0;
		if (n)
			msk_str_adds(&out, c->lib_token);
		else
			msk_str_addc(&out, text[n++]);
	}
	return msk_xstrdup(msk_str_c(&out));
}

static char *platform_value(struct msk_loader *l, size_t object)
{
	const char *base = msk_platform_baseline(&l->c->objects[0].elf);

	msk_loader_note(l, "%s: uses $PLATFORM, which depends on the CPU; took it to be %s",
			l->c->objects[object].name, base ? base : "unknown");
	return base ? msk_xstrdup(base) : NULL;
}

/* Append the value of the token at p and return its length; 0: no token. *known is false for one without value. */
static size_t take_token(struct msk_loader *l, size_t object, const char *p, struct msk_str *out, bool *known)
{
	MSK_AUTO_FREE char *value = NULL;
	size_t n;

	if ((n = token_length(p, "ORIGIN")))
		value = msk_loader_origin(l, object);
	else if ((n = token_length(p, "PLATFORM")))
		value = platform_value(l, object);
	else if ((n = token_length(p, "LIB")))
		value = l->terrain->lib_token ? msk_xstrdup(l->terrain->lib_token) : NULL;
	else
		return 0;
	*known = value != NULL;
	if (value)
		msk_str_adds(out, value);
	return n;
}

/* Where a program gains rights, $ORIGIN is all of the first part of a path; and that of the program itself, which its
 * user may have linked to a place of his own, has to lead to where the system's libraries are. */
static bool is_trusted(const struct msk_loader *l, size_t object, const char *text, const char *expanded)
{
	const char *origin = strchr(text, '$');
	size_t n;

	for (; origin && !(n = token_length(origin, "ORIGIN")); origin = strchr(origin + 1, '$'))
		;
	if (!l->args->secure || !origin)
		return true;
	if (origin != text || (text[n] && text[n] != '/'))
		return false;
	return object != 0 || msk_secure_trusts(l, expanded);
}

char *msk_token_expand(struct msk_loader *l, size_t object, const char *text)
{
	MSK_AUTO_STR out = MSK_STR_INIT;
	const char *whole = text;

	while (*text) {
		bool known = true;
		size_t n = *text == '$' ? take_token(l, object, text, &out, &known) : 0;

		if (!known || out.len > MSK_ELF_MAX_STRING)
			return NULL;
		if (n == 0)
			msk_str_addc(&out, *text++);
		text += n;
	}
	return is_trusted(l, object, whole, msk_str_c(&out)) ? msk_str_take(&out) : NULL;
}
