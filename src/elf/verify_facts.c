#include <stdio.h>
#include <string.h>

#include "verify.h"

/* Kernels older than this are kept up by no distribution any more. */
static const unsigned old_kernel[3] = { 4, 18, 0 };

static int compare_kernels(const unsigned a[3], const unsigned b[3])
{
	for (unsigned i = 0; i < 3; i++)
		if (a[i] != b[i])
			return a[i] < b[i] ? -1 : 1;
	return 0;
}

static void verify_kernel(struct msk_verify *v, size_t i)
{
	const unsigned *k = v->c->objects[i].elf.kernel;
	struct msk_remark *remark;

	if (compare_kernels(k, v->out->kernel) > 0)
		memcpy(v->out->kernel, k, sizeof v->out->kernel);
	if (compare_kernels(k, old_kernel) <= 0)
		return;
	remark = msk_remark_add(v->out, msk_about(v->c, i), MSK_REMARK_WARNING, MSK_REMARK_KERNEL,
				"asks for Linux %u.%u.%u or newer", k[0], k[1], k[2]);
	if (i && v->c->libc == MSK_LIBC_GLIBC)
		msk_remark_hint(remark, "before 2.37, glibc takes no notice of such a library where the kernel is older");
}

static void verify_isa(struct msk_verify *v, size_t i)
{
	const struct msk_elf *e = &v->c->objects[i].elf;

	if (e->isa_level > v->out->isa_level)
		v->out->isa_level = e->isa_level;
	if (e->isa_level > 1)
		msk_remark_add(v->out, msk_about(v->c, i), MSK_REMARK_INFO, MSK_REMARK_ISA, "needs a CPU of level x86-64-v%u",
			       e->isa_level);
}

static void verify_protection(struct msk_verify *v, size_t i)
{
	const struct msk_elf *e = &v->c->objects[i].elf;
	struct msk_remark *remark;

	if (e->exec_stack) {
		remark = msk_remark_add(v->out, msk_about(v->c, i), MSK_REMARK_WARNING, MSK_REMARK_EXEC_STACK,
					"asks for an executable stack");
		if (v->starts[i] && !v->is_library)
			msk_remark_hint(remark, "link it by -z noexecstack, unless it makes use of that");
		else
			msk_remark_hint(remark, "from 2.41 on, glibc does not load it into a running program; link it by "
					"-z noexecstack");
	}
	if (e->textrel) {
		remark = msk_remark_add(v->out, msk_about(v->c, i), MSK_REMARK_WARNING, MSK_REMARK_TEXTREL,
					"has relocations in its code, which has to be writable for them");
		msk_remark_hint(remark, "compile all of it by -fPIC or -fPIE");
	}
	if (e->writable_code)
		msk_remark_add(v->out, msk_about(v->c, i), MSK_REMARK_WARNING, MSK_REMARK_RWX,
			       "has a segment that is writable and executable");
}

void msk_verify_facts(struct msk_verify *v)
{
	for (size_t i = 0; i < v->c->n_objects; i++) {
		verify_isa(v, i);
		verify_kernel(v, i);
		verify_protection(v, i);
	}
}

/* "libc.musl-x86_64.so.1" is what Alpine's libraries need, "libc.so" those of musl's own compiler. */
static enum msk_libc libc_by_need(const char *name)
{
	if (strcmp(name, "libc.so.6") == 0 || msk_starts_with(name, "ld-linux"))
		return MSK_LIBC_GLIBC;
	if (strcmp(name, "libc.so") == 0 || msk_starts_with(name, "libc.musl-"))
		return MSK_LIBC_MUSL;
	return MSK_LIBC_NONE;
}

static void say_other_libc(const struct msk_closure *c, size_t i, const char *need, enum msk_libc libc,
			   struct msk_remarks *out)
{
	enum msk_remark_level level = i < c->n_start ? MSK_REMARK_ERROR : MSK_REMARK_WARNING;
	const char *theirs = msk_libc_name(libc), *ours = msk_libc_name(c->libc);
	struct msk_remark *remark;

	if (i == 0)
		remark = msk_remark_add(out, msk_about(c, i), level, MSK_REMARK_ABI,
					"is built for %s (it needs %s), but its loader %s is that of %s", theirs, need,
					c->objects[0].elf.interp, ours);
	else
		remark = msk_remark_add(out, msk_about(c, i), level, MSK_REMARK_ABI,
					"is built for %s (it needs %s), but %s runs with %s", theirs, need,
					c->objects[0].name, ours);
	msk_remark_hint(remark, "a process has one C library: give libraries built for %s by --library-path DIR or --root "
			"DIR", ours);
}

static void verify_libc(const struct msk_closure *c, size_t i, struct msk_remarks *out)
{
	const struct msk_strv *needed = &c->objects[i].elf.needed;

	for (size_t k = 0; k < needed->n; k++) {
		enum msk_libc libc = libc_by_need(needed->v[k]);

		if (libc == MSK_LIBC_NONE || libc == c->libc)
			continue;
		say_other_libc(c, i, needed->v[k], libc, out);
		return;
	}
}

void msk_closure_verify_abi(const struct msk_closure *c, struct msk_remarks *out)
{
	if ((c->libc != MSK_LIBC_GLIBC && c->libc != MSK_LIBC_MUSL) || !c->objects[0].elf.interp)
		return;
	for (size_t i = 0; i < c->n_objects; i++)
		if (c->objects[i].found_by != MSK_BY_INTERP)
			verify_libc(c, i, out);
}
