#include <string.h>
#include <sys/stat.h>

#include "loader.h"
#include "mkscratch/symbols.h"

/* Imports that tell what an object may do; a '*' at the end stands for whatever follows. */
static const struct watched {
	const char *name;
	enum msk_use use;
} watched[] = {
	/* The three of these that end threads end the process when libgcc_s.so.1 is not there. */
	{ "pthread_cancel", MSK_USE_UNWIND }, { "pthread_exit", MSK_USE_UNWIND }, { "thrd_exit", MSK_USE_UNWIND },
	{ "backtrace", MSK_USE_UNWIND },
	{ "getpw*", MSK_USE_NSS }, { "getgr*", MSK_USE_NSS }, { "getspnam*", MSK_USE_NSS }, { "initgroups", MSK_USE_NSS },
	{ "getserv*", MSK_USE_NSS }, { "getproto*", MSK_USE_NSS }, { "getnetby*", MSK_USE_NSS },
	{ "getaddrinfo*", MSK_USE_HOSTS }, { "getnameinfo", MSK_USE_HOSTS }, { "gethostby*", MSK_USE_HOSTS },
	{ "iconv_open", MSK_USE_ICONV },
	{ "setlocale", MSK_USE_LOCALE }, { "newlocale", MSK_USE_LOCALE },
	{ "bindtextdomain", MSK_USE_GETTEXT },
	{ "dlopen", MSK_USE_DLOPEN }, { "dlmopen", MSK_USE_DLOPEN },
};

static bool matches(const struct watched *w, const char *name)
{
	size_t n = strlen(w->name);

	return w->name[n - 1] == '*' ? strncmp(w->name, name, n - 1) == 0 : strcmp(w->name, name) == 0;
}

/* GLIBC_2.36 is 236; 0: no such version. */
static unsigned release_of(const char *version)
{
	unsigned minor = 0;

	if (!msk_starts_with(version, "GLIBC_2."))
		return 0;
	for (const char *p = version + strlen("GLIBC_2."); *p >= '0' && *p <= '9' && minor < 100; p++)
		minor = 10 * minor + (unsigned)(*p - '0');
	return minor < 100 ? 200 + minor : 0;
}

static bool defines(const struct msk_symbols *s, const char *name)
{
	for (size_t i = 0; i < s->n; i++)
		if (s->v[i].defined && strcmp(s->v[i].name, name) == 0)
			return true;
	return false;
}

static struct msk_imports *take_imports(const struct msk_symbols *s)
{
	struct msk_imports *im = msk_xcalloc(1, sizeof *im);

	im->is_libc = defines(s, "__libc_start_main") && defines(s, "stdin");
	for (size_t i = 0; i < s->n; i++) {
		if (!s->v[i].imported)
			continue;
		for (size_t k = 0; k < sizeof watched / sizeof *watched; k++)
			if (!im->uses[watched[k].use] && matches(&watched[k], s->v[i].name))
				im->uses[watched[k].use] = msk_xstrdup(s->v[i].name);
	}
	for (size_t i = 0; i < s->n_defs; i++) {
		unsigned release = s->defs[i].name ? release_of(s->defs[i].name) : 0;

		if (release > im->release)
			im->release = release;
	}
	return im;
}

static int read_symbols(struct msk_loader *l, const char *path, const char *name, struct msk_rofile *f,
			const struct msk_imports **out, struct msk_err *err)
{
	MSK_CLEANUP(msk_symbols_release) struct msk_symbols s = { 0 };

	*out = msk_memo_imports(l->memo, f);
	if (*out)
		return 0;
	if (msk_memo_reopen(l->memo, path, f, err) < 0)
		return -1;
	if (msk_symbols_read(f, name, &s, err) == 0) {
		*out = msk_memo_learn_imports(l->memo, f, take_imports(&s));
		return 0;
	}
	if (err->code != MSK_E_INPUT)
		return -1;
	if (!msk_strv_has(&l->unsound, err->msg))
		msk_strv_push(&l->unsound, err->msg);
	*err = (struct msk_err)MSK_ERR_INIT;
	return 0;
}

/* *out is the memo's; NULL when the file is not there or its symbols make no sense. */
static int read_imports(struct msk_loader *l, size_t object, const struct msk_imports **out, struct msk_err *err)
{
	const struct msk_object *o = &l->c->objects[object];
	struct msk_rofile program = *l->file;
	MSK_AUTO_ROFILE f = MSK_ROFILE_INIT;
	enum msk_lookup how;

	*out = NULL;
	if (object == 0)
		return read_symbols(l, o->path, o->name, &program, out, err);
	if (msk_memo_open(l->memo, o->path, &how, &f, err) < 0)
		return -1;
	return how == MSK_FOUND && S_ISREG(f.mode) ? read_symbols(l, o->path, o->name, &f, out, err) : 0;
}

/* What needs a C library is none, which spares us its symbols. */
int msk_uses_is_libc(struct msk_loader *l, const char *path, struct msk_rofile *f, const struct msk_elf *e, bool *out,
		     struct msk_err *err)
{
	const struct msk_imports *im;

	*out = false;
	for (size_t i = 0; i < e->needed.n; i++)
		if (msk_musl_is_libc(e->needed.v[i]))
			return 0;
	if (read_symbols(l, path, path, f, &im, err) < 0)
		return -1;
	*out = im && im->is_libc;
	return 0;
}

int msk_uses_read(struct msk_loader *l, size_t object, struct msk_err *err)
{
	const struct msk_imports *im;
	size_t libc;

	/* What libc does, it does for those that call it. */
	if (object == l->interp || (msk_names_find(&l->names, "libc.so.6", &libc) && libc == object))
		return 0;
	if (read_imports(l, object, &im, err) < 0)
		return -1;
	for (size_t i = 0; im && i < MSK_USES; i++)
		l->c->objects[object].uses[i] = im->uses[i] ? msk_xstrdup(im->uses[i]) : NULL;
	return 0;
}

/* 2.34 took the modules files and dns into libc. The loader tells the release; where it does not, the versions that libc
 * defines do, since 2.34 is also the one that took threads in, for which every machine's libc has symbols. */
int msk_uses_libc_has_nss(struct msk_loader *l, bool *out, struct msk_err *err)
{
	const struct msk_imports *im;
	unsigned release = l->terrain->version;
	size_t libc;

	if (l->nss == LIBC_UNREAD && msk_names_find(&l->names, "libc.so.6", &libc)) {
		if (!release && read_imports(l, libc, &im, err) < 0)
			return -1;
		if (!release)
			release = im ? im->release : 0;
		l->nss = release >= 234 ? LIBC_WITH_NSS : LIBC_WITHOUT_NSS;
	}
	*out = l->nss != LIBC_WITHOUT_NSS;
	return 0;
}
