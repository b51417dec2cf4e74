#include "mkscratch/ref.h"

#include <stdbool.h>
#include <string.h>

#include "mkscratch/str.h"

/* The grammar is that of distribution's "reference" package, in which every engine reads names. */
#define MAX_NAME 255
#define MAX_TAG  128
#define LOWER    "abcdefghijklmnopqrstuvwxyz"
#define UPPER    "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DIGITS   "0123456789"
#define ALNUM    LOWER DIGITS

void msk_ref_release(struct msk_ref *r)
{
	free(r->familiar);
	free(r->full);
	free(r->tag);
	*r = (struct msk_ref){ 0 };
}

/* Length of a run between two alphanumerics: '.', '_', '__' or any number of dashes; 0 when it is none of these. */
static size_t separator(const char *p)
{
	size_t dashes = strspn(p, "-");

	if (dashes)
		return dashes;
	if (p[0] == '_')
		return p[1] == '_' ? 2 : 1;
	return p[0] == '.';
}

static bool path_part_valid(const char *p)
{
	for (;;) {
		size_t n = strspn(p, ALNUM);

		if (n == 0)
			return false;
		p += n;
		if (!*p)
			return true;
		n = separator(p);
		if (n == 0)
			return false;
		p += n;
	}
}

static bool host_part_valid(const char *p)
{
	size_t n = strlen(p);

	return n > 0 && strspn(p, ALNUM UPPER "-") == n && p[0] != '-' && p[n - 1] != '-';
}

static bool domain_valid(const char *domain)
{
	MSK_AUTO_FREE char *host = msk_xstrdup(domain);
	MSK_AUTO_STRV parts = MSK_STRV_INIT;
	bool bracketed = host[0] == '[';
	char *end = bracketed ? strchr(host, ']') : NULL, *port;

	if (bracketed && !end)
		return false;
	port = strchr(bracketed ? end : host, ':');
	if (port) {
		if (!port[1] || strspn(port + 1, DIGITS) != strlen(port + 1))
			return false;
		*port = '\0';
	}
	if (bracketed)
		return end[1] == '\0' && end > host + 1 && strspn(host + 1, DIGITS "abcdefABCDEF:") == (size_t)(end - host - 1);
	msk_strv_split(&parts, host, ".");
	for (size_t i = 0; i < parts.n; i++)
		if (!host_part_valid(parts.v[i]))
			return false;
	return true;
}

/* Upper case, and the first character that no name may hold, are told wherever they stand. */
static int fail_part(const char *text, const char *part, struct msk_err *err)
{
	const char *odd = part + strspn(part, ALNUM UPPER "._-");
	size_t n = *odd != '\0';

	if (!part[strcspn(part, UPPER)])
		return msk_fail(err, MSK_E_USAGE, "tag \"%s\": \"%s\" is not a name "
				"(a-z, 0-9, single '.', '_' or dashes between them)", text, part);
	if (!n)
		return msk_fail(err, MSK_E_USAGE, "tag \"%s\": upper case is not allowed in a name (\"%s\")", text, part);
	while (((unsigned char)odd[n] & 0xc0) == 0x80)
		n++;
	return msk_fail(err, MSK_E_USAGE, "tag \"%s\": neither upper case nor '%.*s' is allowed in a name (\"%s\")", text,
			(int)n, odd, part);
}

static int check_path(const char *text, const char *path, struct msk_err *err)
{
	MSK_AUTO_STRV parts = MSK_STRV_INIT;

	msk_strv_split(&parts, path, "/");
	for (size_t i = 0; i < parts.n; i++) {
		if (!path_part_valid(parts.v[i]))
			return fail_part(text, parts.v[i], err);
	}
	return 0;
}

static int check_tag(const char *text, const char *tag, struct msk_err *err)
{
	size_t n = strlen(tag);

	if (n > MAX_TAG)
		return msk_fail(err, MSK_E_USAGE, "tag \"%s\": the part behind ':' is too long (%zu vs %d bytes)", text, n,
				MAX_TAG);
	if (n == 0 || strspn(tag, ALNUM UPPER "_.-") != n || tag[0] == '.' || tag[0] == '-')
		return msk_fail(err, MSK_E_USAGE, "tag \"%s\": \"%s\" is not a tag "
				"(A-Z, a-z, 0-9, '_', '.' and '-', the first no '.' or '-')", text, tag);
	return 0;
}

static bool is_domain(const char *first_part)
{
	return first_part[strcspn(first_part, ".:" UPPER)] || strcmp(first_part, "localhost") == 0;
}

/* Cut "domain/path" in two; names without a domain belong to docker.io, those without a folder to its library/. */
static void split_name(const char *name, char **domain, char **path)
{
	const char *slash = strchr(name, '/');
	MSK_AUTO_FREE char *first = slash ? msk_xstrndup(name, (size_t)(slash - name)) : NULL;
	bool docker;

	if (first && is_domain(first)) {
		docker = strcmp(first, "docker.io") == 0 || strcmp(first, "index.docker.io") == 0;
		*domain = docker ? msk_xstrdup("docker.io") : msk_take(&first);
		name = slash + 1;
	} else {
		docker = true;
		*domain = msk_xstrdup("docker.io");
	}
	*path = docker && !strchr(name, '/') ? msk_xasprintf("library/%s", name) : msk_xstrdup(name);
}

static const char *familiar_path(const char *path)
{
	const char *rest = msk_starts_with(path, "library/") ? path + strlen("library/") : path;

	return strchr(rest, '/') ? path : rest;
}

static int check_name(const char *text, const char *domain, const char *path, struct msk_err *err)
{
	size_t n = strlen(domain) + 1 + strlen(path);
	const char *familiar = familiar_path(path);

	if (n > MAX_NAME)
		return msk_fail(err, MSK_E_USAGE, "tag \"%s\": the name is too long (%zu vs %d bytes)", text, n, MAX_NAME);
	if (!domain_valid(domain))
		return msk_fail(err, MSK_E_USAGE, "tag \"%s\": \"%s\" is not a host name", text, domain);
	if (check_path(text, path, err) < 0)
		return -1;
	if (strcmp(domain, "docker.io") == 0 && strlen(familiar) == 64 && strspn(familiar, DIGITS "abcdef") == 64)
		return msk_fail(err, MSK_E_USAGE, "tag \"%s\": 64 hexadecimal digits are an image ID, not a name", text);
	return 0;
}

/* Names that other tools made of upper case ("ghcr.io/Org/app") are valid without; a tag may keep its own. */
static int suggest_lower(const char *text, size_t name_length, struct msk_err *err)
{
	MSK_AUTO_FREE char *lower = msk_xstrdup(text);
	struct msk_ref ref = { 0 };
	struct msk_err ignored = MSK_ERR_INIT;

	for (size_t i = 0; i < name_length; i++)
		if (lower[i] >= 'A' && lower[i] <= 'Z')
			lower[i] = (char)(lower[i] - 'A' + 'a');
	if (strcmp(lower, text) == 0 || msk_ref_parse(lower, &ref, &ignored) < 0)
		return -1;
	msk_ref_release(&ref);
	return msk_hint(err, "-t %s", lower);
}

int msk_ref_parse(const char *text, struct msk_ref *out, struct msk_err *err)
{
	const char *slash = strrchr(text, '/'), *colon = strrchr(text, ':');
	const char *tag = colon && (!slash || colon > slash) ? colon + 1 : NULL;
	MSK_AUTO_FREE char *name = NULL, *domain = NULL, *path = NULL;

	if (!*text)
		return msk_fail(err, MSK_E_USAGE, "tag \"\": is empty");
	if (strchr(text, '@'))
		return msk_fail(err, MSK_E_USAGE, "tag \"%s\": a digest cannot be chosen, it follows from the image", text);
	name = tag ? msk_xstrndup(text, (size_t)(tag - 1 - text)) : msk_xstrdup(text);
	if (!tag)
		tag = "latest";
	split_name(name, &domain, &path);
	if (check_name(text, domain, path, err) < 0)
		return suggest_lower(text, strlen(name), err);
	if (check_tag(text, tag, err) < 0)
		return -1;
	out->full = msk_xasprintf("%s/%s:%s", domain, path, tag);
	out->familiar = strcmp(domain, "docker.io") == 0 ? msk_xasprintf("%s:%s", familiar_path(path), tag) :
							    msk_xstrdup(out->full);
	out->tag = msk_xstrdup(tag);
	return 0;
}

char *msk_ref_name_from(const char *file_name)
{
	MSK_AUTO_STR name = MSK_STR_INIT;

	for (const char *p = file_name; *p && name.len < 128; p++) {
		bool alnum = strchr(ALNUM UPPER, *p), pending = name.len && strchr("-._", name.buf[name.len - 1]);

		if (alnum)
			msk_str_addc(&name, *p >= 'A' && *p <= 'Z' ? (char)(*p - 'A' + 'a') : *p);
		else if (name.len && !pending)
			msk_str_addc(&name, *p == '.' || *p == '_' ? *p : '-');
	}
	while (name.len && strchr("-._", name.buf[name.len - 1]))
		name.buf[--name.len] = '\0';
	return name.len ? msk_str_take(&name) : NULL;
}
