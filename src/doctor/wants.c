#include "examine.h"

#include <string.h>

static const struct {
	const char *name, *option, *advice;
} wants[] = {
	[MSK_WANT_CERTIFICATES] = { "certificates", "--certs", "the CA certificates of the host" },
	[MSK_WANT_ZONES] = { "zones", "--tz", "the time zones, or some of them: --tz=Europe/Oslo,UTC" },
	[MSK_WANT_PASSWD] = { "passwd", "--user", "/etc/passwd and /etc/group are in every image; --user says who is in them" },
	[MSK_WANT_RESOLVER] = { "resolver", NULL, "the runtime gives resolv.conf and hosts, every image has nsswitch.conf" },
	[MSK_WANT_TMP] = { "tmp", NULL, "/tmp is in every image; with a read-only root give it a tmpfs" },
	[MSK_WANT_MIME] = { "mime", "--file /etc/mime.types:/etc/mime.types", "types beyond those built in" },
	[MSK_WANT_SERVICES] = { "services", "--file /etc/services:/etc/services", "ports by name" },
	[MSK_WANT_LOCALE] = { "locale", "--tree /usr/lib/locale/C.utf8:/usr/lib/locale/C.utf8",
			      "without it the locale is C" },
	[MSK_WANT_GCONV] = { "gconv", NULL, "--tree GCONV:GCONV with the gconv directory of the C library; "
			     "UTF-8, UCS-2, UCS-4 and ASCII are built in" },
	[MSK_WANT_NSS] = { "nss", NULL, "link it dynamically, or with musl: static glibc opens NSS modules at run time, "
			 "since 2.34 none for files and DNS" },
	[MSK_WANT_PLUGINS] = { "plugins", "--lib", "--lib NAME for each library it opens while it runs" },
	[MSK_WANT_LOW_PORT] = { "low-port", "--cap /app=cap_net_bind_service",
				"or a port from 1024 on: below it some runtimes want root" },
};

const char *msk_want_name(enum msk_want w)
{
	return wants[w].name;
}

const char *msk_want_option(enum msk_want w)
{
	return wants[w].option;
}

const char *msk_want_advice(enum msk_want w)
{
	return wants[w].advice;
}

bool msk_want_auto(enum msk_want w)
{
	return w == MSK_WANT_CERTIFICATES || w == MSK_WANT_ZONES;
}

const char *msk_certainty_name(enum msk_certainty c)
{
	static const char *const names[] = { "unseen", "hint", "likely", "required", "embedded" };

	return names[c];
}

void doctor_see(struct examination *x, size_t sign, enum seen_how how, uint64_t offset, const char *by)
{
	if (x->seen[sign].how)
		return;
	x->seen[sign] = (struct seen){ how, offset, by };
	if (how != SEEN_LIBRARY)
		x->marks |= doctor_signs[sign].mark;
}

void doctor_see_crate(struct examination *x, const char *name, size_t n, enum seen_how how, uint64_t offset)
{
	for (size_t i = 0; i < doctor_n_signs; i++)
		if (doctor_signs[i].kind == SIGN_CRATE && doctor_signs[i].n == n &&
		    memcmp(doctor_signs[i].text, name, n) == 0)
			doctor_see(x, i, how, offset, NULL);
}

/* ".rodata at 0x2f31a0" */
static void add_place(const struct examination *x, uint64_t offset, struct msk_str *s)
{
	const struct msk_layout_section *in = msk_elf_layout_at(&x->layout, offset);

	if (in && *in->name) {
		msk_str_adds(s, " in ");
		msk_str_adds(s, in->name);
	}
	msk_str_addf(s, " at 0x%llx", (unsigned long long)offset);
}

/* "3std3env8temp_dir", as it stands in a mangled name, for people: "std::env::temp_dir". */
static void add_demangled(const char *text, struct msk_str *out)
{
	while (*text) {
		char *part;
		size_t n = strtoul(text, &part, 10);

		msk_str_addf(out, "%s%.*s", out->len ? "::" : "", (int)n, part);
		text = part + n;
	}
}

static char *evidence(const struct examination *x, const struct sign *s, const struct seen *e)
{
	MSK_AUTO_STR t = MSK_STR_INIT;
	const bool quoted = s->kind == SIGN_STRING || s->kind == SIGN_WORD || s->kind == SIGN_ADDRESS ||
			    s->kind == SIGN_CODE || s->kind == SIGN_ZONE;

	if (s->kind == SIGN_CRATE)
		msk_str_adds(&t, "crate ");
	if (s->kind == SIGN_MANGLED)
		add_demangled(s->text, &t);
	else
		msk_str_addf(&t, quoted ? "\"%s\"" : "%s", s->text);
	switch (e->how) {
	case SEEN_IMPORT:
		msk_str_adds(&t, " imported by the program");
		break;
	case SEEN_LIBRARY:
		msk_str_adds(&t, " imported by ");
		msk_str_adds(&t, e->by);
		break;
	case SEEN_AUDITABLE:
		msk_str_adds(&t, " in .dep-v0");
		break;
	case SEEN_AT:
		add_place(x, e->offset, &t);
		break;
	default:
		break;
	}
	return msk_str_take(&t);
}

/* What a library can do its program need not ask for; cgo brings the C side of a whole package. */
static enum msk_certainty weight(const struct examination *x, const struct sign *s, const struct seen *e)
{
	const bool second_hand = e->how == SEEN_LIBRARY ||
				 (s->kind == SIGN_IMPORT && e->how == SEEN_IMPORT && (x->marks & MARK_GO));

	if (s->level == MSK_IS_EMBEDDED || !second_hand)
		return s->level;
	return s->level - 1;
}

static void keep(const struct examination *x, const struct sign *s, const struct seen *e, enum msk_certainty level)
{
	struct msk_finding *f = &x->d->wants[s->want];

	if (level <= f->level)
		return;
	free(f->evidence);
	*f = (struct msk_finding){ level, evidence(x, s, e) };
}

/* The program's own ones end the matter where Go's rule is known: fallback roots and embedded zones stand in when the
 * system has none. Elsewhere both may be in use. */
static void keep_embedded(const struct examination *x, const struct sign *s, const struct seen *e)
{
	struct msk_finding *f = &x->d->wants[s->want];

	if (f->level == MSK_IS_EMBEDDED)
		return;
	if (f->level == MSK_IS_REQUIRED && !(x->marks & MARK_GO)) {
		f->level = MSK_IS_LIKELY;
		return;
	}
	free(f->evidence);
	*f = (struct msk_finding){ MSK_IS_EMBEDDED, evidence(x, s, e) };
}

static bool applies(const struct examination *x, const struct sign *s)
{
	return (x->marks & s->with) == s->with && !(x->marks & s->without);
}

void doctor_weigh(struct examination *x)
{
	for (int embedded = 0; embedded < 2; embedded++)
		for (size_t i = 0; i < doctor_n_signs; i++) {
			const struct sign *s = &doctor_signs[i];

			if (!x->seen[i].how || s->level == MSK_IS_UNSEEN || (s->level == MSK_IS_EMBEDDED) != embedded ||
			    !applies(x, s))
				continue;
			if (embedded)
				keep_embedded(x, s, &x->seen[i]);
			else
				keep(x, s, &x->seen[i], weight(x, s, &x->seen[i]));
		}
}
