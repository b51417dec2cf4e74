#include <string.h>

#include "parts.h"

#define MAX_ID   2147483646ULL
#define MAX_NAME 32

static const struct {
	const char *name;
	uint32_t id;
} known[] = { { "nobody", 65534 }, { "nonroot", 65532 }, { "root", 0 } };

int msk_id_parse(const char *what, const char *text, uint32_t *out, struct msk_err *err)
{
	unsigned long long n;

	if (msk_parse_u64(text, MAX_ID, &n)) {
		*out = (uint32_t)n;
		return 0;
	}
	if (msk_is_digits(text))
		return msk_fail(err, MSK_E_USAGE, "%s %s: larger than %llu", what, text, MAX_ID);
	return msk_fail(err, MSK_E_USAGE, "%s \"%s\": not a whole number", what, text);
}

static const char *name_of(uint32_t uid)
{
	for (size_t i = 0; i < sizeof known / sizeof *known; i++)
		if (known[i].id == uid)
			return known[i].name;
	return "user";
}

/* What passwd(5) and every parser of it agree on. */
int msk_user_name_check(const char *what, const char *name, struct msk_err *err)
{
	static const char first[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_";
	static const char rest[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789.-";
	size_t good = strspn(name, rest);

	if (!*name)
		return msk_fail(err, MSK_E_USAGE, "%s: the name is empty", what);
	if (name[good])
		return msk_fail(err, MSK_E_USAGE, "%s: character \"%c\" is not allowed", what, name[good]);
	if (!strchr(first, name[0]))
		return msk_fail(err, MSK_E_USAGE, "%s: a name cannot begin with \"%c\"", what, name[0]);
	if (strlen(name) > MAX_NAME)
		return msk_fail(err, MSK_E_USAGE, "%s: the name is too long (%zu vs %d bytes)", what, strlen(name), MAX_NAME);
	return 0;
}

static int fill(const char *text, const char *name, const char *uid, const char *gid, struct msk_user *out,
		struct msk_err *err)
{
	struct msk_user u = { 0 };

	if (msk_id_parse("uid", uid, &u.uid, err) < 0 || msk_id_parse("gid", gid ? gid : uid, &u.gid, err) < 0)
		return -1;
	/* passwd holds root beside this user: one name cannot have two ids, and uid 0 is called root. */
	if (name && (strcmp(name, "root") == 0) != (u.uid == 0))
		return msk_fail(err, MSK_E_USAGE, "user \"%s\": uid 0 and the name root belong together", text);
	out->name = msk_xstrdup(name ? name : name_of(u.uid));
	out->uid = u.uid;
	out->gid = u.gid;
	return 0;
}

static int parse(const char *text, struct msk_user *out, struct msk_err *err)
{
	MSK_AUTO_FREE char *what = msk_xasprintf("user \"%s\"", text);
	MSK_AUTO_STRV part = MSK_STRV_INIT;

	for (size_t i = 0; i < sizeof known / sizeof *known; i++)
		if (strcmp(text, known[i].name) == 0) {
			out->name = msk_xstrdup(text);
			out->uid = out->gid = known[i].id;
			return 0;
		}
	msk_strv_split(&part, text, ":");
	if (msk_is_digits(part.v[0]) && part.n <= 2)
		return fill(text, NULL, part.v[0], part.n > 1 ? part.v[1] : NULL, out, err);
	/* Without numbers behind it the whole is meant as a name, and a name holds no colon. */
	if (msk_user_name_check(what, part.n > 1 && msk_is_digits(part.v[1]) ? part.v[0] : text, err) < 0)
		return -1;
	if (part.n < 2)
		return msk_fail(err, MSK_E_USAGE, "user \"%s\": has no uid and is none of nobody, nonroot, root", text);
	if (part.n > 3)
		return msk_fail(err, MSK_E_USAGE, "user \"%s\": too many parts (%zu vs 3)", text, part.n);
	return fill(text, part.v[0], part.v[1], part.n > 2 ? part.v[2] : NULL, out, err);
}

int msk_user_parse(const char *text, struct msk_user *out, struct msk_err *err)
{
	if (parse(text, out, err) == 0)
		return 0;
	return msk_hint(err, "--user nobody, nonroot, root, UID[:GID], NAME:UID[:GID], or the name of a --passwd-entry");
}
