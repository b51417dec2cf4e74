/* Things that programs open while they run and that no table of theirs names: recognised by what they import and by the
 * libraries they have. */
#include <string.h>
#include <sys/stat.h>

#include "loader.h"
#include "mkscratch/path.h"

#define LIBCRYPTO_LIMIT (32 << 20)
#define LINE_LIMIT      4096

/* Where something lies. "$L/" stands for the first system directory that has it. */
struct places {
	const char *path[4];
};

static const struct {
	enum msk_use use;
	const char *what;
	struct places places;
	const char *remark;
} by_use[] = {
	{ MSK_USE_ICONV, "character sets beyond UTF-8, UCS-2, UCS-4 and ASCII", { { "$L/gconv" } }, NULL },
	{ MSK_USE_LOCALE, "locales beyond C and C.UTF-8", { { "/usr/lib/locale" } },
	  "-e LC_ALL=C.UTF-8 needs no file from glibc 2.35 on" },
	{ MSK_USE_GETTEXT, "translated messages", { { "/usr/share/locale" } }, NULL },
};

/* Libraries that load plug-ins or read data of their own, by the beginning of their soname. */
static const struct {
	const char *soname, *what;
	struct places places;
} by_soname[] = {
	{ "libpam.so.", "PAM modules and their configuration", { { "/etc/pam.d", "$L/security" } } },
	{ "libsasl2.so.", "SASL mechanisms", { { "$L/sasl2" } } },
	{ "libp11-kit.so.", "PKCS#11 modules", { { "$L/pkcs11", "/usr/share/p11-kit/modules" } } },
	{ "libkrb5.so.", "Kerberos configuration and plug-ins", { { "/etc/krb5.conf", "$L/krb5/plugins" } } },
	{ "libGLdispatch.so.", "OpenGL drivers (GLVND)", { { "/usr/share/glvnd", "$L/dri" } } },
	{ "libvulkan.so.", "Vulkan drivers", { { "/usr/share/vulkan" } } },
	{ "libOpenCL.so.", "OpenCL drivers", { { "/etc/OpenCL/vendors" } } },
	{ "libodbc.so.", "ODBC drivers", { { "/etc/odbcinst.ini", "$L/odbc" } } },
	{ "libgstreamer-1.0.so.", "GStreamer plug-ins", { { "$L/gstreamer-1.0" } } },
	{ "libQt5Core.so.", "Qt plug-ins", { { "$L/qt5/plugins" } } },
	{ "libQt6Core.so.", "Qt plug-ins", { { "$L/qt6/plugins" } } },
	{ "libgio-2.0.so.", "GIO modules", { { "$L/gio/modules" } } },
	{ "libgdk_pixbuf-2.0.so.", "image loaders", { { "$L/gdk-pixbuf-2.0" } } },
	{ "libfontconfig.so.", "fonts and their configuration", { { "/etc/fonts", "/usr/share/fonts" } } },
	{ "libasound.so.", "ALSA's configuration", { { "/usr/share/alsa" } } },
	{ "libmagic.so.", "the magic database", { { "/usr/share/misc/magic.mgc" } } },
	{ "libproj.so.", "PROJ's data", { { "/usr/share/proj" } } },
	{ "libgdal.so.", "GDAL's data", { { "/usr/share/gdal" } } },
	{ "libMagickCore-", "ImageMagick's modules and policy", { { "$L/ImageMagick-6.9.11", "/etc/ImageMagick-6" } } },
	{ "libperl.so.", "Perl's modules", { { "$L/perl-base", "/usr/share/perl" } } },
	{ "libcoreclr.so", "ICU for .NET (or InvariantGlobalization)", { { "$L/libicuuc.so.72", "$L/libicui18n.so.72" } } },
	{ "libhostfxr.so", "ICU for .NET (or InvariantGlobalization)", { { "$L/libicuuc.so.72", "$L/libicui18n.so.72" } } },
	{ "libnss3.so", "NSS's token modules", { { "$L/libsoftokn3.so", "$L/libfreebl3.so", "$L/libnssckbi.so" } } },
};

void msk_advice_add(struct msk_loader *l, char *own_what, char *own_evidence, char *own_fix)
{
	struct msk_closure *c = l->c;
	bool said = !own_fix || !*own_fix;

	for (size_t i = 0; i < c->n_advice; i++)
		said = said || strcmp(c->advice[i].what, own_what) == 0;
	if (said) {
		free(own_what);
		free(own_evidence);
		free(own_fix);
		return;
	}
	MSK_GROW(c->advice, c->n_advice, c->cap_advice);
	c->advice[c->n_advice++] = (struct msk_advice){ own_what, own_evidence, own_fix };
}

/* The option that adds `path`, or nothing when it is not there, or loaded already. */
static int add_option(struct msk_loader *l, const char *path, struct msk_str *fix, bool *found, struct msk_err *err)
{
	MSK_AUTO_ROFILE f = MSK_ROFILE_INIT;
	enum msk_lookup how;
	size_t loaded;

	*found = false;
	if (msk_memo_open(l->memo, path, &how, &f, err) < 0)
		return -1;
	if (how != MSK_FOUND || (!S_ISDIR(f.mode) && !S_ISREG(f.mode)))
		return 0;
	*found = true;
	if (msk_loader_has_file(l, &f, &loaded))
		return 0;
	if (S_ISREG(f.mode) && strstr(path, ".so"))
		msk_str_addf(fix, "%s--lib %s", fix->len ? " " : "", path);
	else
		msk_str_addf(fix, "%s%s %s:%s", fix->len ? " " : "", S_ISDIR(f.mode) ? "--tree" : "--file", path, path);
	return 0;
}

/* "$L/gconv" below each system directory, that of /usr first, where /lib is but a link to it. */
static int add_below_libs(struct msk_loader *l, const char *rest, struct msk_str *fix, bool *out, struct msk_err *err)
{
	bool found = false;

	for (size_t i = 0; i < l->c->system_dirs.n && !found; i++) {
		const char *dir = l->c->system_dirs.v[i];
		MSK_AUTO_FREE char *usr = msk_xasprintf("/usr%s%s", dir, rest);
		MSK_AUTO_FREE char *plain = msk_xasprintf("%s%s", dir, rest);

		if (!msk_starts_with(dir, "/usr/") && add_option(l, usr, fix, &found, err) < 0)
			return -1;
		if (!found && add_option(l, plain, fix, &found, err) < 0)
			return -1;
	}
	*out = found;
	return 0;
}

/* The options for all the places, or where they would be; nothing when all that is there is loaded already. */
static int describe(struct msk_loader *l, const struct places *p, struct msk_str *fix, struct msk_err *err)
{
	bool found, any = false;

	for (size_t i = 0; i < 4 && p->path[i]; i++) {
		const char *path = p->path[i];
		int rc = msk_starts_with(path, "$L/") ? add_below_libs(l, path + 2, fix, &found, err) :
							 add_option(l, path, fix, &found, err);

		if (rc < 0)
			return -1;
		any = any || found;
	}
	if (!any) {
		msk_str_adds(fix, "the root has none of it (");
		for (size_t i = 0; i < 4 && p->path[i]; i++)
			msk_str_addf(fix, "%s%s%s", i ? ", " : "", p->path[i][0] == '$' ? "LIBDIR/" : "",
				     p->path[i] + (p->path[i][0] == '$' ? 3 : 0));
		msk_str_addc(fix, ')');
	}
	return 0;
}

static int advise_by_use(struct msk_loader *l, struct msk_err *err)
{
	for (size_t k = 0; k < sizeof by_use / sizeof *by_use; k++) {
		const struct msk_object *o = NULL;
		MSK_AUTO_STR fix = MSK_STR_INIT;

		for (size_t i = 0; i < l->c->n_objects && !o; i++)
			if (l->c->objects[i].uses[by_use[k].use])
				o = &l->c->objects[i];
		if (!o)
			continue;
		if (describe(l, &by_use[k].places, &fix, err) < 0)
			return -1;
		if (fix.len && by_use[k].remark)
			msk_str_addf(&fix, "; %s", by_use[k].remark);
		msk_advice_add(l, msk_xstrdup(by_use[k].what),
			       msk_xasprintf("%s imports %s", o->name, o->uses[by_use[k].use]), msk_str_take(&fix));
	}
	return 0;
}

static int advise_by_soname(struct msk_loader *l, const struct msk_object *o, struct msk_err *err)
{
	const char *name = o->elf.soname ? o->elf.soname : o->name;

	for (size_t k = 0; k < sizeof by_soname / sizeof *by_soname; k++) {
		MSK_AUTO_STR fix = MSK_STR_INIT;

		if (!msk_starts_with(name, by_soname[k].soname))
			continue;
		if (describe(l, &by_soname[k].places, &fix, err) < 0)
			return -1;
		msk_advice_add(l, msk_xstrdup(by_soname[k].what), msk_xasprintf("%s is one of its libraries", name),
			       msk_str_take(&fix));
	}
	return 0;
}

/* libcrypto says where it looks, in so many words: MODULESDIR: "/usr/lib/x86_64-linux-gnu/ossl-modules". */
static int advise_openssl_line(struct msk_loader *l, const struct msk_str *bytes, const char *name, const char *key,
			       const char *what, const char *below, struct msk_err *err)
{
	MSK_AUTO_FREE char *start = msk_xasprintf("%s: \"/", key);
	const char *at = memmem(bytes->buf, bytes->len, start, strlen(start)), *dir, *end;
	MSK_AUTO_FREE char *path = NULL;
	MSK_AUTO_STR fix = MSK_STR_INIT;
	bool found;
	size_t room;

	if (!at)
		return 0;
	dir = at + strlen(start) - 1;
	room = (size_t)(bytes->buf + bytes->len - dir);
	end = memchr(dir, '"', room < LINE_LIMIT ? room : LINE_LIMIT);
	if (!end || memchr(dir, '\0', (size_t)(end - dir)))
		return 0;
	path = msk_xasprintf("%.*s%s", (int)(end - dir), dir, below);
	if (add_option(l, path, &fix, &found, err) < 0)
		return -1;
	if (!found)
		msk_str_addf(&fix, "the root has none of it (%s)", path);
	msk_advice_add(l, msk_xstrdup(what), msk_xasprintf("%s has %s: \"%.*s\"", name, key, (int)(end - dir), dir),
		       msk_str_take(&fix));
	return 0;
}

static int advise_openssl(struct msk_loader *l, const struct msk_object *o, struct msk_err *err)
{
	MSK_AUTO_STR bytes = MSK_STR_INIT;
	bool found;

	if (!o->elf.soname || !msk_starts_with(o->elf.soname, "libcrypto.so."))
		return 0;
	if (msk_tree_slurp(msk_memo_tree(l->memo), o->path, LIBCRYPTO_LIMIT, &found, &bytes, err) < 0)
		return -1;
	if (!found || bytes.len == 0)
		return 0;
	if (advise_openssl_line(l, &bytes, o->name, "OPENSSLDIR", "OpenSSL's configuration", "/openssl.cnf", err) < 0 ||
	    advise_openssl_line(l, &bytes, o->name, "MODULESDIR", "OpenSSL's providers (legacy, fips)", "", err) < 0)
		return -1;
	return advise_openssl_line(l, &bytes, o->name, "ENGINESDIR", "OpenSSL's engines", "", err);
}

int msk_advise(struct msk_loader *l, struct msk_err *err)
{
	if (l->rules->libc == MSK_LIBC_GLIBC && advise_by_use(l, err) < 0)
		return -1;
	/* By index: a search for what a string names may move the objects. */
	for (size_t i = 0; i < l->c->n_objects; i++)
		if (advise_by_soname(l, &l->c->objects[i], err) < 0 ||
		    advise_openssl(l, &l->c->objects[i], err) < 0 || msk_advise_named(l, i, err) < 0)
			return -1;
	return 0;
}
