#include <string.h>

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

static void take_imports(const struct msk_symbols *s, struct msk_object *o)
{
	for (size_t i = 0; i < s->n; i++) {
		if (!s->v[i].imported)
			continue;
		for (size_t k = 0; k < sizeof watched / sizeof *watched; k++)
			if (!o->uses[watched[k].use] && matches(&watched[k], s->v[i].name))
				o->uses[watched[k].use] = msk_xstrdup(s->v[i].name);
	}
}

/* *out is written when the file is there and its symbols make sense. */
static int read_symbols(struct msk_loader *l, size_t object, struct msk_symbols *out, struct msk_err *err)
{
	const struct msk_object *o = &l->c->objects[object];
	MSK_AUTO_ROFILE opened = MSK_ROFILE_INIT;
	enum msk_lookup how;

	if (object > 0 && l->args->tree->open(l->args->tree, o->path, &how, &opened, NULL, err) < 0)
		return -1;
	if (object > 0 && opened.fd < 0)
		return 0;
	if (msk_symbols_read(object > 0 ? &opened : l->file, o->name, out, err) == 0)
		return 0;
	if (err->code != MSK_E_INPUT)
		return -1;
	msk_loader_note(l, "%s; what it may load while it runs is not known", err->msg);
	*err = (struct msk_err)MSK_ERR_INIT;
	return 0;
}

int msk_uses_read(struct msk_loader *l, size_t object, struct msk_err *err)
{
	MSK_CLEANUP(msk_symbols_release) struct msk_symbols s = { 0 };
	size_t libc;

	/* What libc does, it does for those that call it. */
	if (object == l->interp || (msk_names_find(&l->names, "libc.so.6", &libc) && libc == object))
		return 0;
	if (read_symbols(l, object, &s, err) < 0)
		return -1;
	take_imports(&s, &l->c->objects[object]);
	return 0;
}

/* 2.34 is also the release that took threads into libc, so every machine's libc has symbols of that version. */
int msk_uses_libc_has_nss(struct msk_loader *l, bool *out, struct msk_err *err)
{
	MSK_CLEANUP(msk_symbols_release) struct msk_symbols s = { 0 };
	size_t libc;

	if (l->nss == LIBC_UNREAD && msk_names_find(&l->names, "libc.so.6", &libc)) {
		if (read_symbols(l, libc, &s, err) < 0)
			return -1;
		l->nss = LIBC_WITHOUT_NSS;
		for (size_t i = 0; i < s.n_defs; i++)
			if (s.defs[i].name && strcmp(s.defs[i].name, "GLIBC_2.34") == 0)
				l->nss = LIBC_WITH_NSS;
	}
	*out = l->nss != LIBC_WITHOUT_NSS;
	return 0;
}
