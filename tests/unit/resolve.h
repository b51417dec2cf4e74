/* Trees of made-up ELF files, and what the resolver makes of them: for the tests of the loaders' rules. */
#ifndef TEST_RESOLVE_H
#define TEST_RESOLVE_H

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "fake_elf.h"
#include "sysroot.h"
#include "mkscratch/closure.h"

#define LDSO "/lib64/ld-linux-x86-64.so.2"
#define MUSL "/lib/ld-musl-x86_64.so.1"

static struct fake_file file;

/* --- making a tree --- */

static inline void put(struct sysroot *s, const char *rel, const struct fake *f)
{
	fake_make(&file, f);
	sysroot_bytes(s, rel, file.b, file.n);
}

#define PUT(s, rel, ...) put(s, rel, &(struct fake){ .soname = NULL, __VA_ARGS__ })

/* A glibc loader which says, as real ones do, where it looks. */
static inline void put_ldso(struct sysroot *s)
{
	static const char dirs[] = "\0/lib/x86_64-linux-gnu/\0/usr/lib/x86_64-linux-gnu/\0/lib/\0/usr/lib/\0"
				   "/etc/ld.so.cache\0/proc/";

	PUT(s, "lib64/ld-linux-x86-64.so.2", .soname = "ld-linux-x86-64.so.2", .tail = dirs, .tail_size = sizeof dirs);
}

static inline void put_libc(struct sysroot *s)
{
	PUT(s, "lib/x86_64-linux-gnu/libc.so.6", .soname = "libc.so.6", .needed = { "ld-linux-x86-64.so.2" });
}

static inline void put_glibc(struct sysroot *s)
{
	put_ldso(s);
	put_libc(s);
}

static inline void put_musl(struct sysroot *s)
{
	PUT(s, "lib/ld-musl-x86_64.so.1", .soname = "libc.so");
}

/* --- asking --- */

struct ask {
	const char *origin, *cwd, *hwcaps;
	struct msk_strv library_path, libs;
	bool secure, set_id, has_caps;
};

static inline int resolve_with(struct sysroot *s, const struct fake *app, const struct ask *a, struct msk_closure *c,
			struct msk_err *err)
{
	struct msk_closure_args args = { .tree = msk_host_tree(s->host), .origin = a->origin ? a->origin : "/opt/app" };
	MSK_AUTO_ROFILE f = MSK_ROFILE_INIT;

	args.library_path = &a->library_path;
	args.cwd = a->cwd;
	args.hwcaps = a->hwcaps;
	args.libs = &a->libs;
	args.secure = a->secure;
	args.set_id = a->set_id;
	args.has_caps = a->has_caps;
	fake_make(&file, app);
	f = fake_open(file.b, file.n);
	f.dev = UINT64_MAX;
	*err = (struct msk_err)MSK_ERR_INIT;
	return msk_closure_resolve(&args, &f, "app", c, err);
}

/* "path rule; path rule; ?missing" */
static inline void describe(const struct msk_closure *c, struct msk_str *out)
{
	for (size_t i = 1; i < c->n_objects; i++)
		msk_str_addf(out, "%s%s %s", i > 1 ? "; " : "", c->objects[i].path,
			     msk_found_by_name(c->objects[i].found_by));
	for (size_t i = 0; i < c->n_missing; i++)
		msk_str_addf(out, "%s?%s", out->len ? "; " : "", c->missing[i].name);
}

static inline void gives_with(struct sysroot *s, const struct fake *app, const struct ask *a, const char *want)
{
	MSK_CLEANUP(msk_closure_release) struct msk_closure c = { 0 };
	MSK_AUTO_STR got = MSK_STR_INIT;
	struct msk_err err;

	if (resolve_with(s, app, a, &c, &err) < 0)
		fail_msg("%s", err.msg);
	describe(&c, &got);
	assert_string_equal(msk_str_c(&got), want);
}

/* The loader itself always comes last in these, so it is left out of `want`. */
static inline void gives(struct sysroot *s, const struct fake *app, const char *want)
{
	MSK_AUTO_FREE char *all = msk_xasprintf("%s%s%s interp", want, *want ? "; " : "", app->interp);
	const char *q = strstr(want, "?");
	struct ask a = { 0 };

	if (q) {
		free(all);
		all = msk_xasprintf("%.*s%s interp; %s", (int)(q - want), want, app->interp, q);
	}
	gives_with(s, app, &a, all);
}

#define APP(...) (&(struct fake){ .interp = LDSO, __VA_ARGS__ })
#define MUSL_APP(...) (&(struct fake){ .interp = MUSL, __VA_ARGS__ })

/* Either the loader would stop, or something is missing: what the user is told. */
static inline void fails_hint(struct sysroot *s, const struct fake *app, enum msk_code code, const char *msg, const char *hint)
{
	MSK_CLEANUP(msk_closure_release) struct msk_closure c = { 0 };
	struct ask a = { 0 };
	struct msk_err err;

	if (resolve_with(s, app, &a, &c, &err) == 0)
		assert_int_equal(msk_closure_check(&c, "app", &err), -1);
	assert_string_equal(err.msg, msg);
	assert_int_equal(err.code, code);
	if (hint)
		assert_string_equal(err.hint, hint);
}

static inline void fails(struct sysroot *s, const struct fake *app, enum msk_code code, const char *msg)
{
	fails_hint(s, app, code, msg, NULL);
}

#endif
