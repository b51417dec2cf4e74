#include "verify.h"

static void verify_release(struct msk_verify *v)
{
	free(v->libraries);
	free(v->starts);
	free(v->in_scope);
}

int msk_verify_charge(struct msk_verify *v, uint64_t steps, struct msk_err *err)
{
	v->steps += steps;
	if (v->steps > MSK_VERIFY_MAX_STEPS)
		return msk_fail(err, MSK_E_INPUT, "%s: its symbols cannot be looked up within %llu steps",
				v->c->objects[0].name, (unsigned long long)MSK_VERIFY_MAX_STEPS);
	return 0;
}

/* What the program's own needs lead to, and the loader; the rest is loaded when it asks for it. */
static void find_starting(struct msk_verify *v)
{
	const struct msk_closure *c = v->c;
	MSK_AUTO_FREE size_t *queue = msk_xcalloc(c->n_objects, sizeof *queue);
	size_t n = 1;

	v->starts[0] = true;
	for (size_t at = 0; at < n; at++) {
		const struct msk_object *o = &c->objects[queue[at]];

		for (size_t k = 0; k < o->elf.needed.n && k < o->n_needed; k++) {
			size_t i = o->needed[k];

			if (i == MSK_NO_OBJECT || v->starts[i])
				continue;
			v->starts[i] = true;
			queue[n++] = i;
		}
	}
}

/* glibc's loader is one of those searched when a library needs it by name; musl's is libc. */
static void find_scope(struct msk_verify *v)
{
	for (size_t i = 0; i < v->c->n_objects; i++) {
		bool interp = v->c->objects[i].found_by == MSK_BY_INTERP;

		v->in_scope[i] = v->starts[i] || (interp && v->c->libc != MSK_LIBC_GLIBC);
		v->starts[i] = v->starts[i] || interp;
	}
}

static int read_libraries(struct msk_verify *v, struct msk_rotree *tree, const struct msk_rofile *f,
			  struct msk_symstore *st, struct msk_err *err)
{
	msk_symstore_begin(st);
	for (size_t i = 0; i < v->c->n_objects; i++)
		if (msk_symstore_get(st, tree, &v->c->objects[i], i ? NULL : f, &v->libraries[i], err) < 0)
			return -1;
	return 0;
}

/* The symbols of a missing library would all be told as missing themselves. */
static bool lacks_library(const struct msk_closure *c)
{
	for (size_t i = 0; i < c->n_missing; i++)
		if (!c->missing[i].by_wish && !c->missing[i].by_option)
			return true;
	return false;
}

static int verify_linking(struct msk_verify *v, struct msk_rotree *tree, const struct msk_rofile *f,
			  struct msk_symstore *st, struct msk_err *err)
{
	if (read_libraries(v, tree, f, st, err) < 0 || msk_verify_versions(v, err) < 0)
		return -1;
	return lacks_library(v->c) ? 0 : msk_verify_symbols(v, err);
}

int msk_closure_verify(const struct msk_closure *c, struct msk_rotree *tree, const struct msk_rofile *f,
		       struct msk_symstore *st, struct msk_remarks *out, struct msk_err *err)
{
	MSK_CLEANUP(msk_remarks_release) struct msk_remarks remarks = {
		.glibc = msk_xcalloc(c->n_objects, sizeof *remarks.glibc), .n_objects = c->n_objects,
	};
	MSK_CLEANUP(verify_release) struct msk_verify v = {
		.c = c, .out = &remarks, .libraries = msk_xcalloc(c->n_objects, sizeof *v.libraries),
		.starts = msk_xcalloc(c->n_objects, sizeof *v.starts),
		.in_scope = msk_xcalloc(c->n_objects, sizeof *v.in_scope),
		.is_library = c->objects[0].elf.linkage == MSK_ELF_LIBRARY,
	};

	find_starting(&v);
	find_scope(&v);
	msk_closure_verify_abi(c, &remarks);
	if (c->libc != MSK_LIBC_NONE && verify_linking(&v, tree, f, st, err) < 0)
		return -1;
	msk_verify_facts(&v);
	*out = remarks;
	remarks = (struct msk_remarks){ 0 };
	return 0;
}
