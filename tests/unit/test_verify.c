/* What a loader would say of a closure, over trees of made-up ELF files. The oracle suite holds the same against ld.so. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <cmocka.h>

#include "fake_symbols.h"
#include "sysroot.h"
#include "../../src/elf/verify.h"

#define LDSO "/lib64/ld-linux-x86-64.so.2"
#define MUSL "/lib/ld-musl-x86_64.so.1"

static struct fake_file file;

static void put(struct sysroot *s, const char *rel, const struct fake *f)
{
	fake_make(&file, f);
	sysroot_bytes(s, rel, file.b, file.n);
}

#define PUT(s, rel, ...) put(s, rel, &(struct fake){ .soname = NULL, __VA_ARGS__ })
#define APP(...) (&(struct fake){ .interp = LDSO, .flags_1 = DF_1_PIE, .runpath = "/lib", __VA_ARGS__ })

static void put_loader(struct sysroot *s)
{
	PUT(s, "lib64/ld-linux-x86-64.so.2", .soname = "ld-linux-x86-64.so.2");
}

/* Resolve and verify; -1 where that fails. */
static int verify(struct sysroot *s, const struct fake *app, struct msk_symstore *st, struct msk_remarks *out,
		  struct msk_err *err)
{
	MSK_CLEANUP(msk_closure_release) struct msk_closure c = { 0 };
	struct msk_closure_args args = { .tree = msk_host_tree(s->host), .origin = "/" };
	MSK_AUTO_ROFILE f = MSK_ROFILE_INIT;

	fake_make(&file, app);
	f = fake_open(file.b, file.n);
	f.dev = UINT64_MAX;
	*err = (struct msk_err)MSK_ERR_INIT;
	if (msk_closure_resolve(&args, &f, "app", &c, err) < 0)
		return -1;
	return msk_closure_verify(&c, args.tree, &f, st, out, err);
}

/* Made-up files have no PT_GNU_STACK, which means that they ask for an executable stack: one test is about that. */
static bool stacks;

static void add_remarks(const struct msk_remarks *r, struct msk_str *out)
{
	for (size_t i = 0; i < r->n; i++) {
		const struct msk_remark *n = &r->v[i];

		if ((n->kind == MSK_REMARK_EXEC_STACK) == stacks)
			msk_str_addf(out, "%s%s %s %s: %s", out->len ? "; " : "", msk_remark_level_name(n->level),
				     msk_remark_kind_name(n->kind), n->subject, n->text);
	}
}

/* The remarks in their order, "level kind subject: text; ...". */
static void says(struct sysroot *s, const struct fake *app, const char *want)
{
	MSK_CLEANUP(msk_symstore_cleanup) struct msk_symstore *st = msk_symstore_new();
	MSK_CLEANUP(msk_remarks_release) struct msk_remarks r = { 0 };
	MSK_AUTO_STR text = MSK_STR_INIT;
	struct msk_err err;

	if (verify(s, app, st, &r, &err) < 0)
		fail_msg("%s", err.msg);
	add_remarks(&r, &text);
	assert_string_equal(msk_str_c(&text), want);
}

/* fake_symbols: the program calls strong@V1 and copies old@MINE; V1 of liba.so is a weak need, V2 a strong one. */
#define CALLS { .interp = LDSO, .flags_1 = DF_1_PIE, .runpath = "/lib", .needed = { "liba.so" }, .tables = fake_symbols }

static void a_call_that_nothing_answers_is_a_warning(void **state)
{
	struct sysroot *s = *state;

	put_loader(s);
	PUT(s, "lib/liba.so", .soname = "liba.so");
	says(s, &(struct fake)CALLS,
	     "warning no-versions app: asks for version V1 of liba.so, but /lib/liba.so has no versions; "
	     "warning symbol app: calls strong@V1, which nothing it is loaded with defines");
}

static void bind_now_makes_every_call_matter_at_start(void **state)
{
	struct sysroot *s = *state;
	struct fake app = CALLS;

	put_loader(s);
	PUT(s, "lib/liba.so", .soname = "liba.so");
	app.flags_1 |= DF_1_NOW;
	says(s, &app,
	     "warning no-versions app: asks for version V1 of liba.so, but /lib/liba.so has no versions; "
	     "error symbol app: needs strong@V1, which nothing it is loaded with defines");
}

static void versions_are_looked_for_among_those_of_the_library(void **state)
{
	struct sysroot *s = *state;

	put_loader(s);
	PUT(s, "lib/liba.so", .soname = "liba.so", .tables = fake_symbols);
	says(s, &(struct fake)CALLS,
	     "warning version app: asks for version V1 of liba.so, which /lib/liba.so does not have; it can do without; "
	     "error version app: needs version V2 of liba.so, which /lib/liba.so does not have; "
	     "warning version /lib/liba.so: asks for version V1 of liba.so, which /lib/liba.so does not have; it can do "
	     "without; error version /lib/liba.so: needs version V2 of liba.so, which /lib/liba.so does not have; "
	     "warning symbol app: calls strong@V1, which nothing it is loaded with defines; "
	     "warning symbol /lib/liba.so: calls strong@V1, which nothing it is loaded with defines");
}

static void musl_goes_by_names_and_at_once(void **state)
{
	struct sysroot *s = *state;
	struct fake app = CALLS;

	PUT(s, "lib/ld-musl-x86_64.so.1", .soname = "libc.so");
	PUT(s, "lib/liba.so", .soname = "liba.so", .tables = fake_symbols);
	app.interp = MUSL;
	says(s, &app,
	     "error symbol app: needs strong@V1, which nothing it is loaded with defines; "
	     "error symbol /lib/liba.so: needs strong@V1, which nothing it is loaded with defines");
}

static void c_libraries_do_not_mix(void **state)
{
	struct sysroot *s = *state;

	put_loader(s);
	PUT(s, "lib/ld-musl-x86_64.so.1", .soname = "libc.so");
	PUT(s, "lib/libc.so", .soname = "libc.so");
	PUT(s, "lib/libm.so", .soname = "libm.so", .needed = { "libc.so" });
	PUT(s, "lib/libg.so", .soname = "libg.so", .needed = { "libc.so.6" });
	says(s, APP(.needed = { "libm.so" }),
	     "error abi /lib/libm.so: is built for musl (it needs libc.so), but app runs with glibc");
	says(s, &(struct fake){ .interp = MUSL, .needed = { "libg.so" } },
	     "error abi /lib/libg.so: is built for glibc (it needs libc.so.6), but app runs with musl");
}

static void what_a_deployment_should_know_is_told(void **state)
{
	static const unsigned char isa[] = { 4, 0, 0, 0, 16, 0, 0, 0, 5, 0, 0, 0, 'G', 'N', 'U', 0,
					     2, 0x80, 0, 0xc0, 4, 0, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0 };
	static const unsigned char kernel[] = { 4, 0, 0, 0, 16, 0, 0, 0, 1, 0, 0, 0, 'G', 'N', 'U', 0,
						0, 0, 0, 0, 6, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0 };
	struct sysroot *s = *state;

	put_loader(s);
	PUT(s, "lib/libi.so", .soname = "libi.so", .note = isa, .note_size = sizeof isa);
	PUT(s, "lib/libk.so", .soname = "libk.so", .note = kernel, .note_size = sizeof kernel, .note_align = 4);
	says(s, APP(.needed = { "libi.so", "libk.so" }),
	     "info isa /lib/libi.so: needs a CPU of level x86-64-v3; "
	     "warning kernel /lib/libk.so: asks for Linux 6.1.2 or newer");
}

static void textrel(struct fake_file *f)
{
	fake_extra(f, DT_TEXTREL, 0);
}

static void relocations_in_code_are_told(void **state)
{
	struct sysroot *s = *state;

	put_loader(s);
	PUT(s, "lib/libt.so", .soname = "libt.so", .tables = textrel);
	says(s, APP(.needed = { "libt.so" }),
	     "warning textrel /lib/libt.so: has relocations in its code, which has to be writable for them");
}

static void executable_stacks_are_told(void **state)
{
	struct sysroot *s = *state;

	put_loader(s);
	stacks = true;
	says(s, APP(.soname = NULL), "warning exec-stack app: asks for an executable stack; "
	     "warning exec-stack " LDSO ": asks for an executable stack");
	stacks = false;
}

/* --- limits --- */

static void symbols_have_room_in_memory_or_are_refused(void **state)
{
	struct sysroot *s = *state;
	MSK_CLEANUP(msk_symstore_cleanup) struct msk_symstore *st = msk_symstore_of(1000);
	MSK_CLEANUP(msk_remarks_release) struct msk_remarks r = { 0 };
	struct msk_err err;

	put_loader(s);
	PUT(s, "lib/liba.so", .soname = "liba.so", .tables = fake_symbols);
	assert_int_equal(verify(s, &(struct fake)CALLS, st, &r, &err), -1);
	assert_int_equal(err.code, MSK_E_INPUT);
	assert_string_equal(err.msg, LDSO ": symbols of all libraries take more than 1000 bytes");
}

static void looking_up_has_an_end(void **state)
{
	struct msk_object o = { .name = (char *)"app" };
	const struct msk_closure c = { .objects = &o, .n_objects = 1 };
	struct msk_verify v = { .c = &c, .steps = MSK_VERIFY_MAX_STEPS - 1 };
	struct msk_err err = MSK_ERR_INIT;

	(void)state;
	assert_int_equal(msk_verify_charge(&v, 1, &err), 0);
	assert_int_equal(msk_verify_charge(&v, 1, &err), -1);
	assert_int_equal(err.code, MSK_E_INPUT);
	assert_string_equal(err.msg, "app: its symbols cannot be looked up within 268435456 steps");
}

static void remarks_beyond_the_limit_are_counted(void **state)
{
	struct msk_object o = { .name = (char *)"app" };
	const struct msk_closure c = { .objects = &o, .n_objects = 1 };
	MSK_CLEANUP(msk_remarks_release) struct msk_remarks r = { 0 };

	(void)state;
	for (size_t i = 0; i < MSK_REMARKS_MAX + 3; i++)
		msk_remark_hint(msk_remark_add(&r, msk_about(&c, 0), MSK_REMARK_WARNING, MSK_REMARK_RWX, "is odd"), "mend it");
	assert_int_equal(r.n, MSK_REMARKS_MAX);
	assert_int_equal(r.left_out, 3);
}

static void a_string_table_has_a_size(void **state)
{
	MSK_CLEANUP(msk_symbols_release) struct msk_symbols out = { 0 };
	const uint64_t size = (uint64_t)MSK_SYMBOLS_STRINGS + 4096;
	MSK_AUTO_ROFILE f = MSK_ROFILE_INIT;
	struct msk_err err = MSK_ERR_INIT;
	char want[128];

	(void)state;
	fake_make(&file, APP(.needed = { "liba.so" }, .tables = fake_symbols));
	/* The first segment reaches as far as the file does, and so does the table. */
	for (size_t p = file.size_at_phdrs; p < file.size_at_phdrs + 56 * file.n_phdrs; p += 56)
		if (file.b[p] == PT_LOAD) {
			fake_put(&file, p + 32, size - file.strings, 8);
			fake_put(&file, p + 40, size - file.strings, 8);
			break;
		}
	for (size_t p = file.dynamic; p < file.n; p += 16)
		if (file.b[p] == DT_STRSZ) {
			fake_put(&file, p + 8, size, 8);
			break;
		}
	f = fake_open(file.b, file.n);
	f.size = size;
	assert_int_equal(ftruncate(f.fd, (off_t)size), 0);
	assert_int_equal(msk_symbols_read(&f, "app", &out, &err), -1);
	snprintf(want, sizeof want, "app: string table is too large (%llu vs %u bytes)",
		 (unsigned long long)(size - 2 * file.strings), MSK_SYMBOLS_STRINGS);
	assert_string_equal(err.msg, want);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		sysroot_test(a_call_that_nothing_answers_is_a_warning),
		sysroot_test(bind_now_makes_every_call_matter_at_start),
		sysroot_test(versions_are_looked_for_among_those_of_the_library),
		sysroot_test(musl_goes_by_names_and_at_once),
		sysroot_test(c_libraries_do_not_mix),
		sysroot_test(what_a_deployment_should_know_is_told),
		sysroot_test(relocations_in_code_are_told),
		sysroot_test(executable_stacks_are_told),
		sysroot_test(symbols_have_room_in_memory_or_are_refused),
		cmocka_unit_test(looking_up_has_an_end),
		cmocka_unit_test(remarks_beyond_the_limit_are_counted),
		cmocka_unit_test(a_string_table_has_a_size),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
