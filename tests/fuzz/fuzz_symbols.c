/* Dynamic symbols of an ELF file, and the verification of a program made of these bytes that loads a second copy of them. */
#include "memtree.h"
#include "mkscratch/remarks.h"
#include "mkscratch/symbols.h"
#include "mutate_elf.h"

static void check_text(const struct msk_symbols *s, const char *text)
{
	assert(text >= s->strings && text < s->strings + s->strings_size);
}

static void check_symbols(const struct msk_symbols *s)
{
	assert(s->n < MSK_SYMBOLS_MAX && s->n_needs <= MSK_VERSIONS_MAX && s->n_defs <= MSK_VERSIONS_MAX);
	for (size_t i = 0; i < s->n; i++) {
		const struct msk_symbol *y = &s->v[i];

		check_text(s, y->name);
		assert(!(y->imported && y->defined) && (!y->stand_in || y->imported));
		assert(y->version < 0x8000 && (y->version > 1 || !y->version_name));
		assert(!y->imported || msk_symbols_import(s, y->name));
	}
	for (size_t i = 0; i < s->n_needs; i++) {
		check_text(s, s->needs[i].file);
		check_text(s, s->needs[i].name);
	}
	for (size_t i = 0; i < s->n_defs; i++)
		check_text(s, s->defs[i].name);
}

/* Object 1 is a library that the first of the program's needs, when there is any, leads to. */
static void verify(const uint8_t *data, size_t size, enum msk_libc libc, const struct msk_elf *e, struct msk_err *err)
{
	MEMTREE_AUTO t = MEMTREE_INIT;
	MSK_CLEANUP(msk_symstore_cleanup) struct msk_symstore *st = msk_symstore_new();
	MSK_CLEANUP(msk_remarks_release) struct msk_remarks r = { 0 };
	MSK_AUTO_ROFILE f = fuzz_file(data, size);
	size_t *needed = msk_xcalloc(e->needed.n + 1, sizeof *needed);
	struct msk_object objects[] = {
		{ .name = (char *)"app", .path = (char *)"/app", .dev = 1, .ino = 99, .needed = needed, .elf = *e,
		  .wish = SIZE_MAX },
		{ .name = (char *)"liba.so", .path = (char *)"/liba.so", .dev = 1, .elf = *e, .wish = SIZE_MAX },
	};
	struct msk_closure c = { .objects = objects, .n_objects = 2, .n_start = 2, .libc = libc };
	struct memnode *node;
	int rc;

	node = memtree_add(&t, "/liba.so");
	msk_str_add(&node->bytes, data, size);
	objects[1].ino = node->ino;
	objects[0].n_needed = e->needed.n;
	for (size_t k = 0; k < e->needed.n; k++)
		needed[k] = 1;
	rc = msk_closure_verify(&c, &t.tree, &f, st, &r, err);
	fuzz_check_error(rc, err);
	for (size_t i = 0; i < r.n; i++)
		assert(r.v[i].object < 2 && r.v[i].text[0] && r.v[i].subject[0]);
	free(needed);
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t room, unsigned seed)
{
	return mutate_elf(data, size, room, seed);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	MSK_AUTO_ROFILE f = fuzz_file(data, size);
	MSK_CLEANUP(msk_symbols_release) struct msk_symbols s = { 0 };
	MSK_CLEANUP(msk_elf_release) struct msk_elf e = { 0 };
	struct msk_err err = MSK_ERR_INIT, other = MSK_ERR_INIT;
	int rc = msk_symbols_read(&f, "x", &s, &err);

	fuzz_check_error(rc, &err);
	if (rc < 0)
		return 0;
	check_symbols(&s);
	if (msk_elf_read(&f, "x", &e, &other) < 0)
		return 0;
	for (enum msk_libc libc = MSK_LIBC_GLIBC; libc <= MSK_LIBC_MUSL; libc++) {
		err = (struct msk_err)MSK_ERR_INIT;
		verify(data, size, libc, &e, &err);
	}
	return 0;
}
