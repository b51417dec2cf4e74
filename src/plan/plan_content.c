/* --hwcaps, --lib, --library-path, --dlopen, --certs and its kin, --tz, --localtime, --preset. */
#include <string.h>

#include "mkscratch/keys.h"
#include "parts.h"

static int check_not_empty(const char *option, const char *value, struct msk_err *err)
{
	if (value && !*value)
		return msk_fail(err, MSK_E_USAGE, "%s: the value is empty", option);
	return 0;
}

static int copy_names(const char *option, const struct msk_strv *typed, struct msk_strv *out, struct msk_err *err)
{
	for (size_t i = 0; i < typed->n; i++) {
		if (check_not_empty(option, typed->v[i], err) < 0)
			return -1;
		msk_strv_push(out, typed->v[i]);
	}
	return 0;
}

/* A directory of the root; the loader's $ORIGIN may begin it. A relative one would hang on the working directory. */
static int check_library_dir(const char *typed, const char *dir, struct msk_err *err)
{
	if (!*dir)
		return msk_fail(err, MSK_E_USAGE, "--library-path %s: a directory is empty", typed);
	if (dir[0] == '/' || msk_starts_with(dir, "$ORIGIN") || msk_starts_with(dir, "${ORIGIN}"))
		return 0;
	msk_fail(err, MSK_E_USAGE, "--library-path %s: \"%s\" is not an absolute path", typed, dir);
	return msk_hint(err, "--library-path \"$PWD/%s\"; directories are looked up below --root, and begin with / or $ORIGIN",
			dir);
}

/* All loaders tell directories apart at ':'. Some do at ';' too: which, is not known here, but what is behind it is no
 * relative path for any. */
static int add_library_path(const char *typed, struct msk_strv *out, struct msk_err *err)
{
	MSK_AUTO_STRV parts = MSK_STRV_INIT, dirs = MSK_STRV_INIT;

	msk_strv_split(&parts, typed, ":");
	for (size_t i = 0; i < parts.n; i++) {
		msk_strv_split(&dirs, parts.v[i], ";");
		msk_strv_push(out, parts.v[i]);
	}
	for (size_t i = 0; i < dirs.n; i++)
		if (check_library_dir(typed, dirs.v[i], err) < 0)
			return -1;
	return 0;
}

int msk_library_path_parse(const struct msk_strv *typed, struct msk_strv *out, struct msk_err *err)
{
	for (size_t i = 0; i < typed->n; i++)
		if (add_library_path(typed->v[i], out, err) < 0)
			return -1;
	return 0;
}

int msk_dlopen_parse(const struct msk_strv *typed, struct msk_strv *out, struct msk_err *err)
{
	for (size_t i = 0; i < typed->n; i++) {
		const char *word = typed->v[i];

		if (check_not_empty("--dlopen", word, err) < 0)
			return -1;
		if (strcmp(word, "-") == 0) {
			msk_fail(err, MSK_E_USAGE, "--dlopen %s: names no feature", word);
			return msk_hint(err, "--dlopen FEATURE, --dlopen=-FEATURE, --dlopen all or --dlopen none");
		}
		msk_strv_push(out, word);
	}
	return 0;
}

/* What a zone of the tz database may be called: parts of letters, digits, '_', '+', '-' and '.'; a pattern also holds
 * '*' and '?'. The two folders are other encodings of the same zones. */
static bool zone_valid(const char *zone, bool pattern)
{
	static const char letters[] = "*?abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_+-.";
	const char *allowed = pattern ? letters : letters + 2;
	MSK_AUTO_STRV part = MSK_STRV_INIT;

	if (strlen(zone) > 255 || msk_starts_with(zone, "right/") || msk_starts_with(zone, "posix/"))
		return false;
	msk_strv_split(&part, zone, "/");
	for (size_t i = 0; i < part.n; i++) {
		const char *name = part.v[i];

		if (!*name || *name == '.' || *name == '-' || strspn(name, allowed) != strlen(name))
			return false;
	}
	return true;
}

static int check_zone(const char *zone, bool pattern, struct msk_err *err)
{
	if (zone_valid(zone, pattern))
		return 0;
	msk_fail(err, MSK_E_USAGE, "zone \"%s\": not a zone name", zone);
	if (msk_starts_with(zone, "posix/") || msk_starts_with(zone, "right/"))
		return msk_hint(err, "posix/ and right/ hold the same zones in other encodings; their name is %s", zone + 6);
	return pattern ? msk_hint(err, "--tz=Europe/Oslo,UTC or --tz='Europe/*'; --tz alone takes all zones") :
			 msk_hint(err, "--localtime Europe/Oslo");
}

static int add_zones(const char *typed, struct msk_keys *out, struct msk_err *err)
{
	MSK_AUTO_STRV zone = MSK_STRV_INIT;

	msk_strv_split(&zone, typed, ",");
	for (size_t i = 0; i < zone.n; i++) {
		if (check_zone(zone.v[i], true, err) < 0)
			return -1;
		msk_keys_place(out, zone.v[i], strlen(zone.v[i]));
	}
	return 0;
}

static int plan_zones(const struct msk_options *o, struct msk_plan *p, struct msk_err *err)
{
	MSK_AUTO_KEYS zones = { 0 };

	p->tz = o->tz || o->localtime || p->preset == MSK_PRESET_DISTROLESS;
	p->tz_by = o->tz ? "--tz" : p->preset == MSK_PRESET_DISTROLESS ? "--preset" : "--localtime";
	for (size_t i = 0; i < o->tz_zones.n; i++)
		if (add_zones(o->tz_zones.v[i], &zones, err) < 0)
			return -1;
	if (o->localtime) {
		if (check_zone(o->localtime, false, err) < 0)
			return -1;
		p->localtime = msk_xstrdup(o->localtime);
		msk_keys_place(&zones, p->localtime, strlen(p->localtime));
	}
	/* All zones are more than some; those of a preset are as many as the user wants. */
	if (!o->tz_whole && (p->preset != MSK_PRESET_DISTROLESS || o->tz))
		p->zones = msk_keys_take(&zones);
	return 0;
}

/* What the clock says of certificates is told at every build; SOURCE_DATE_EPOCH is about what is written. */
static int plan_expiry(const struct msk_options *o, struct msk_plan *p, struct msk_err *err)
{
	int64_t ns;

	p->allow_expired = o->allow_expired;
	if (!o->certs_expiry_min)
		return 0;
	if (msk_duration_parse("--certs-expiry-min", o->certs_expiry_min, &ns, err) < 0)
		return -1;
	p->certs_expiry_min = ns / 1000000000;
	if (p->certs || p->certs_file || p->extra_certs.n || o->automatic)
		return 0;
	msk_fail(err, MSK_E_USAGE, "--certs-expiry-min %s: no certificates are packed", o->certs_expiry_min);
	return msk_hint(err, "--certs, --cert FILE or --certs-for FILE");
}

static int plan_certs(const struct msk_options *o, struct msk_plan *p, struct msk_err *err)
{
	if (check_not_empty("--certs", o->certs_file, err) < 0)
		return -1;
	p->certs = o->certs || o->certs_for.n || p->preset == MSK_PRESET_DISTROLESS;
	p->certs_by = o->certs ? "--certs" : o->certs_for.n ? "--certs-for" : p->certs ? "--preset" : "--cert";
	p->certs_file = o->certs_file ? msk_xstrdup(o->certs_file) : NULL;
	if (copy_names("--cert", &o->cert, &p->extra_certs, err) < 0 ||
	    copy_names("--certs-for", &o->certs_for, &p->certs_for, err) < 0)
		return -1;
	return plan_expiry(o, p, err);
}

static int plan_preset(const struct msk_options *o, struct msk_plan *p, struct msk_err *err)
{
	for (enum msk_preset preset = 0; o->preset && preset < MSK_N_PRESETS; preset++)
		if (strcmp(o->preset, msk_preset_name(preset)) == 0) {
			p->preset = preset;
			return 0;
		}
	if (!o->preset)
		return 0;
	msk_fail(err, MSK_E_USAGE, "--preset %s: is none of scratch, distroless", o->preset);
	return msk_hint(err, "mkscratch help presets");
}

static int plan_base(const struct msk_options *o, struct msk_plan *p, struct msk_err *err)
{
	if (o->no_base_labels && !o->base)
		return msk_fail(err, MSK_E_USAGE, "--no-base-labels: there is no --base");
	if (check_not_empty("--base", o->base, err) < 0)
		return -1;
	p->base = o->base ? msk_xstrdup(o->base) : NULL;
	p->base_labels = o->base && !o->no_base_labels;
	return 0;
}

int msk_plan_content(const struct msk_options *o, struct msk_plan *p, struct msk_err *err)
{
	if (plan_preset(o, p, err) < 0 || plan_base(o, p, err) < 0)
		return -1;
	p->automatic = o->automatic;
	if (check_not_empty("--hwcaps", o->hwcaps, err) < 0)
		return -1;
	p->hwcaps = o->hwcaps ? msk_xstrdup(o->hwcaps) : NULL;
	if (plan_certs(o, p, err) < 0 || copy_names("--lib", &o->lib, &p->libs, err) < 0)
		return -1;
	if (msk_library_path_parse(&o->library_path, &p->library_path, err) < 0 ||
	    msk_dlopen_parse(&o->dlopen, &p->dlopen, err) < 0 || plan_zones(o, p, err) < 0)
		return -1;
	return msk_plan_accounts(o, p, err);
}
