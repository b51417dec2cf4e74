/* ld.so's rules, one test each, over trees of made-up ELF files. Expectations are what it does; the oracle suite compares with
 * it where it runs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "fake_note.h"
#include "resolve.h"

/* --- glibc: order and identity --- */

static void objects_come_breadth_first_and_the_loader_where_libc_needs_it(void **state)
{
	struct sysroot *s = *state;

	put_glibc(s);
	PUT(s, "lib/liba.so", .needed = { "libc.so" , "libd.so" });
	PUT(s, "lib/libb.so", .needed = { "libe.so" });
	PUT(s, "lib/libc.so", .needed = { "libc.so.6" });
	PUT(s, "lib/libd.so", .needed = { NULL });
	PUT(s, "lib/libe.so", .needed = { "ld-linux-x86-64.so.2" });
	gives_with(s, APP(.needed = { "liba.so", "libb.so" }), &(struct ask){ 0 },
		   "/lib/liba.so system-dir; /lib/libb.so system-dir; /lib/libc.so system-dir; /lib/libd.so system-dir; "
		   "/lib/libe.so system-dir; /lib/x86_64-linux-gnu/libc.so.6 system-dir; " LDSO " interp");
	gives_with(s, APP(.needed = { "ld-linux-x86-64.so.2", "libd.so" }), &(struct ask){ 0 },
		   LDSO " interp; /lib/libd.so system-dir");
}

static void an_unneeded_loader_comes_last(void **state)
{
	struct sysroot *s = *state;

	put_ldso(s);
	PUT(s, "lib/liba.so", .needed = { NULL });
	gives(s, APP(.needed = { "liba.so" }), "/lib/liba.so system-dir");
	gives(s, APP(.no_dynamic = true), "");
}

static void a_static_program_is_its_own_closure(void **state)
{
	gives_with(*state, &(struct fake){ .type = ET_EXEC, .no_dynamic = true }, &(struct ask){ 0 }, "");
}

static void a_library_is_resolved_under_its_usual_loader(void **state)
{
	struct sysroot *s = *state;

	gives_with(s, &(struct fake){ .needed = { "libc.so.6" } }, &(struct ask){ 0 }, "?libc.so.6");
	put_glibc(s);
	gives_with(s, &(struct fake){ .needed = { "libc.so.6" } }, &(struct ask){ 0 },
		   "/lib/x86_64-linux-gnu/libc.so.6 system-dir; " LDSO " interp");
	gives_with(s, &(struct fake){ .soname = "libself.so" }, &(struct ask){ 0 }, "");
}

static void one_file_under_two_names_is_one_object(void **state)
{
	struct sysroot *s = *state;

	put_ldso(s);
	PUT(s, "lib/liba.so.1.2", .needed = { NULL });
	sysroot_link(s, "liba.so.1.2", "lib/liba.so.1");
	sysroot_link(s, "../../lib/liba.so.1.2", "usr/lib/liba.so");
	gives(s, APP(.needed = { "liba.so", "liba.so.1", "liba.so.1.2" }), "/usr/lib/liba.so system-dir");
}

static void a_loaded_soname_answers_without_a_search(void **state)
{
	struct sysroot *s = *state;

	put_ldso(s);
	PUT(s, "opt/x/libreal.so", .soname = "libname.so");
	PUT(s, "lib/libname.so", .needed = { NULL });
	gives(s, APP(.needed = { "/opt/x/libreal.so", "libname.so" }), "/opt/x/libreal.so path");
	gives(s, APP(.needed = { "libname.so", "/opt/x/libreal.so" }), "/lib/libname.so system-dir; /opt/x/libreal.so path");
	gives(s, APP(.soname = "libname.so", .needed = { "libname.so" }), "");
}

static void cycles_end(void **state)
{
	struct sysroot *s = *state;

	put_ldso(s);
	PUT(s, "lib/liba.so", .needed = { "libb.so", "liba.so" });
	PUT(s, "lib/libb.so", .needed = { "liba.so" });
	gives(s, APP(.needed = { "liba.so" }), "/lib/liba.so system-dir; /lib/libb.so system-dir");
}

static void edges_name_requesters_and_first_parents(void **state)
{
	struct sysroot *s = *state;
	MSK_CLEANUP(msk_closure_release) struct msk_closure c = { 0 };
	struct ask a = { 0 };
	struct msk_err err;

	put_ldso(s);
	PUT(s, "lib/liba.so", .needed = { "libb.so", "libgone.so" });
	PUT(s, "lib/libb.so", .needed = { NULL });
	assert_int_equal(resolve_with(s, APP(.needed = { "liba.so", "libb.so" }), &a, &c, &err), 0);
	assert_int_equal(c.objects[0].n_needed, 2);
	assert_int_equal(c.objects[0].needed[1], 2);
	assert_int_equal(c.objects[1].needed[0], 2);
	assert_int_equal(c.objects[1].needed[1], SIZE_MAX);
	assert_int_equal(c.objects[2].parent, 0);
	assert_string_equal(c.objects[2].rule_dir, "/lib");
	assert_string_equal(c.objects[2].path, "/lib/libb.so");
	assert_int_equal(c.missing[0].needed_by, 1);
	assert_int_equal(c.libc, MSK_LIBC_GLIBC);
	assert_int_equal(c.system_dirs.n, 4);
	assert_string_equal(c.system_dirs.v[0], "/lib/x86_64-linux-gnu");
}

/* --- glibc: where it looks --- */

static void rpath_is_inherited_down_the_chain(void **state)
{
	struct sysroot *s = *state;

	put_ldso(s);
	PUT(s, "opt/one/liba.so", .needed = { "libb.so" });
	PUT(s, "opt/one/libb.so", .needed = { "libd.so" });
	PUT(s, "opt/one/libd.so", .needed = { NULL });
	PUT(s, "lib/libd.so", .needed = { NULL });
	gives(s, APP(.rpath = "/opt/one", .needed = { "liba.so" }),
	      "/opt/one/liba.so rpath; /opt/one/libb.so rpath; /opt/one/libd.so rpath");
}

static void runpath_is_not_inherited(void **state)
{
	struct sysroot *s = *state;

	put_ldso(s);
	PUT(s, "opt/one/liba.so", .needed = { "libb.so" });
	PUT(s, "opt/one/libb.so", .needed = { NULL });
	gives(s, APP(.runpath = "/opt/one", .needed = { "liba.so" }), "/opt/one/liba.so runpath; ?libb.so");
}

static void a_requester_with_runpath_uses_nobody_s_rpath(void **state)
{
	struct sysroot *s = *state;

	put_ldso(s);
	PUT(s, "opt/one/liba.so", .runpath = "/opt/two", .needed = { "libb.so" });
	PUT(s, "opt/one/libb.so", .needed = { NULL });
	gives(s, APP(.rpath = "/opt/one", .needed = { "liba.so" }), "/opt/one/liba.so rpath; ?libb.so");
}

static void an_ancestor_with_runpath_does_not_end_the_chain(void **state)
{
	struct sysroot *s = *state;

	put_ldso(s);
	PUT(s, "opt/one/liba.so", .runpath = "/opt/two", .needed = { "libb.so" });
	PUT(s, "opt/two/libb.so", .needed = { "libd.so" });
	PUT(s, "opt/one/libd.so", .needed = { NULL });
	gives(s, APP(.rpath = "/opt/one", .needed = { "liba.so" }),
	      "/opt/one/liba.so rpath; /opt/two/libb.so runpath; /opt/one/libd.so rpath");
}

static void the_first_requester_in_breadth_first_order_decides(void **state)
{
	struct sysroot *s = *state;

	put_ldso(s);
	/* Depth first, liba -> libb -> libz would search /deep. Breadth first, the program's second entry asks first. */
	PUT(s, "lib/liba.so", .needed = { "libb.so" });
	PUT(s, "lib/libb.so", .rpath = "/deep", .needed = { "libz.so" });
	PUT(s, "lib/libx.so", .rpath = "/wide", .needed = { "libz.so" });
	PUT(s, "deep/libz.so", .needed = { NULL });
	PUT(s, "wide/libz.so", .needed = { NULL });
	gives(s, APP(.needed = { "liba.so", "libx.so" }),
	      "/lib/liba.so system-dir; /lib/libx.so system-dir; /lib/libb.so system-dir; /wide/libz.so rpath");
}

static void library_path_stands_between_rpath_and_runpath(void **state)
{
	struct sysroot *s = *state;
	struct ask a = { 0 };

	put_ldso(s);
	PUT(s, "own/liba.so", .needed = { NULL });
	PUT(s, "extra/liba.so", .needed = { NULL });
	msk_strv_push(&a.library_path, "/extra/");
	gives_with(s, APP(.rpath = "/own", .needed = { "liba.so" }), &a, "/own/liba.so rpath; " LDSO " interp");
	gives_with(s, APP(.runpath = "/own", .needed = { "liba.so" }), &a,
		   "/extra/liba.so library-path; " LDSO " interp");
	msk_strv_release(&a.library_path);
}

static void system_dirs_come_from_the_loader_s_own_bytes(void **state)
{
	static const char dirs[] = "\1\2\3/nix/store/abc-glibc/lib/\0/nix/store/abc-glibc/etc/ld.so.cache\0";
	struct sysroot *s = *state;

	PUT(s, "nix/ld-linux-x86-64.so.2", .tail = dirs, .tail_size = sizeof dirs);
	PUT(s, "nix/store/abc-glibc/lib/liba.so", .needed = { NULL });
	PUT(s, "lib/libb.so", .needed = { NULL });
	gives(s, &(struct fake){ .interp = "/nix/ld-linux-x86-64.so.2", .needed = { "liba.so", "libb.so" } },
	      "/nix/store/abc-glibc/lib/liba.so system-dir; ?libb.so");
}

static void a_loader_that_does_not_tell_gets_the_usual_dirs(void **state)
{
	struct sysroot *s = *state;

	PUT(s, "lib64/ld-linux-x86-64.so.2", .needed = { NULL });
	PUT(s, "lib64/liba.so", .needed = { NULL });
	gives(s, APP(.needed = { "liba.so" }), "/lib64/liba.so system-dir");
	sysroot_dir(s, "usr/lib/x86_64-linux-gnu");
	PUT(s, "usr/lib/x86_64-linux-gnu/libb.so", .needed = { NULL });
	gives(s, APP(.needed = { "libb.so" }), "/usr/lib/x86_64-linux-gnu/libb.so system-dir");
}

static void nodeflib_skips_the_system_dirs(void **state)
{
	struct sysroot *s = *state;

	put_ldso(s);
	PUT(s, "lib/liba.so", .needed = { NULL });
	gives(s, APP(.flags_1 = DF_1_NODEFLIB, .needed = { "liba.so" }), "?liba.so");
}

static void without_a_cache_ld_so_conf_is_followed(void **state)
{
	struct sysroot *s = *state;

	put_ldso(s);
	PUT(s, "opt/b/liba.so", .needed = { NULL });
	PUT(s, "opt/d/libd.so", .needed = { NULL });
	PUT(s, "opt/c/liba.so", .machine = EM_AARCH64);
	sysroot_file(s, "opt/d/liba.so", "no library at all\n");
	sysroot_file(s, "etc/ld.so.conf", "# comment\ninclude conf.d/*.conf /etc/more\n/opt/b # behind\n");
	sysroot_file(s, "etc/conf.d/1.conf", "/opt/c/\n/opt/d=libc6\n");
	sysroot_file(s, "etc/conf.d/.hidden.conf", "/opt/hidden\n");
	sysroot_file(s, "etc/more", "include more\n");
	gives(s, APP(.needed = { "liba.so", "libd.so" }), "/opt/b/liba.so ld.so.conf; /opt/d/libd.so ld.so.conf");
}

static void hwcaps_variants_are_not_taken(void **state)
{
	struct sysroot *s = *state;

	put_ldso(s);
	PUT(s, "lib/glibc-hwcaps/x86-64-v2/liba.so", .needed = { NULL });
	PUT(s, "lib/liba.so", .needed = { NULL });
	gives(s, APP(.needed = { "liba.so" }), "/lib/liba.so system-dir");
}

static void a_name_with_a_slash_is_opened_as_it_is(void **state)
{
	struct sysroot *s = *state;

	put_ldso(s);
	PUT(s, "opt/liba.so", .needed = { "$ORIGIN/sub/libb.so" });
	PUT(s, "opt/sub/libb.so", .needed = { NULL });
	gives(s, APP(.needed = { "/opt/liba.so" }), "/opt/liba.so path; /opt/sub/libb.so path");
	fails(s, APP(.needed = { "/opt/gone.so" }), MSK_E_MISSING, "app: needs /opt/gone.so, not found");
	fails(s, APP(.needed = { "sub/liba.so" }), MSK_E_MISSING, "app: needs sub/liba.so, not found");
	gives(s, APP(.needed = { "opt/sub/libb.so" }), "/opt/sub/libb.so path");
}

static void tokens_are_expanded(void **state)
{
	struct sysroot *s = *state;

	put_ldso(s);
	PUT(s, "opt/app/lib/liba.so", .needed = { NULL });
	PUT(s, "x/lib/x86_64-linux-gnu/libb.so", .needed = { NULL });
	PUT(s, "y/x86_64/libd.so", .needed = { NULL });
	PUT(s, "$ORIGINX/libe.so", .needed = { NULL });
	PUT(s, "$FOO/libf.so", .needed = { NULL });
	gives(s, APP(.runpath = "${ORIGIN}/lib:/x/$LIB:/y/$PLATFORM:/$ORIGINX:/$FOO:",
		     .needed = { "liba.so", "libb.so", "libd.so", "libe.so", "libf.so" }),
	      "/opt/app/lib/liba.so runpath; /x/lib/x86_64-linux-gnu/libb.so runpath; /y/x86_64/libd.so runpath; "
	      "/$ORIGINX/libe.so runpath; /$FOO/libf.so runpath");
}

static void origin_of_a_library_is_where_it_was_found(void **state)
{
	struct sysroot *s = *state;

	put_ldso(s);
	PUT(s, "real/liba.so", .runpath = "$ORIGIN", .needed = { "libb.so" });
	sysroot_link(s, "/real/liba.so", "alias/liba.so");
	PUT(s, "real/libb.so", .needed = { NULL });
	gives(s, APP(.runpath = "/alias", .needed = { "liba.so" }), "/alias/liba.so runpath; ?libb.so");
}

static void relative_directories_start_where_the_program_does(void **state)
{
	struct sysroot *s = *state;
	MSK_CLEANUP(msk_closure_release) struct msk_closure c = { 0 };
	struct ask a = { .cwd = "/srv" };
	struct msk_err err;

	put_ldso(s);
	PUT(s, "srv/rel/dir/liba.so", .needed = { NULL });
	PUT(s, "srv/libb.so", .needed = { NULL });
	PUT(s, "srv/libc1.so", .needed = { NULL });
	assert_int_equal(resolve_with(s, APP(.runpath = "rel/dir::./rel", .needed = { "liba.so", "libb.so", "./libc1.so" }),
				      &a, &c, &err), 0);
	assert_string_equal(c.objects[1].path, "/srv/rel/dir/liba.so");
	assert_string_equal(c.objects[2].path, "/srv/libb.so");
	assert_string_equal(c.objects[3].path, "/srv/libc1.so");
	assert_int_equal(c.notes.n, 4);
	assert_string_equal(c.notes.v[0],
			    "app: its search path names the relative directory \"rel/dir\"; took it to be /srv/rel/dir");
	assert_string_equal(c.notes.v[1],
			    "app: its search path names the current directory (an empty element); took it to be /srv");
	assert_string_equal(c.notes.v[3], "app: needs the relative path \"./libc1.so\"; took it to be /srv/libc1.so");
}

/* --- glibc: filters --- */

static void a_filter_stands_in_front_of_its_requester(void **state)
{
	struct sysroot *s = *state;

	put_ldso(s);
	PUT(s, "lib/liba.so", .filter = "libf.so", .needed = { "libn.so" });
	PUT(s, "lib/libf.so", .needed = { "libg.so" });
	PUT(s, "lib/libg.so", .needed = { NULL });
	PUT(s, "lib/libn.so", .needed = { NULL });
	gives(s, APP(.needed = { "liba.so" }),
	      "/lib/libf.so system-dir; /lib/liba.so system-dir; /lib/libn.so system-dir; /lib/libg.so system-dir");
}

static void a_filter_known_further_down_moves_up(void **state)
{
	struct sysroot *s = *state;

	put_ldso(s);
	PUT(s, "lib/liba.so", .auxiliary = "libf.so", .needed = { NULL });
	PUT(s, "lib/libb.so", .needed = { NULL });
	PUT(s, "lib/libf.so", .needed = { NULL });
	gives(s, APP(.needed = { "liba.so", "libb.so", "libf.so" }),
	      "/lib/libf.so system-dir; /lib/liba.so system-dir; /lib/libb.so system-dir");
	gives(s, APP(.needed = { "libf.so", "liba.so" }), "/lib/libf.so system-dir; /lib/liba.so system-dir");
}

static void filters_in_a_circle_are_an_error(void **state)
{
	struct sysroot *s = *state;

	put_ldso(s);
	PUT(s, "lib/liba.so", .filter = "libb.so");
	PUT(s, "lib/libb.so", .filter = "liba.so");
	fails(s, APP(.needed = { "liba.so" }), MSK_E_INPUT,
	      "liba.so: its filters (DT_FILTER, DT_AUXILIARY) go round in a circle");
}

static void an_auxiliary_that_is_no_library_is_passed_over(void **state)
{
	struct sysroot *s = *state;

	put_ldso(s);
	PUT(s, "lib/liba.so", .auxiliary = "libtext.so", .needed = { "libb.so" });
	PUT(s, "lib/libb.so", .needed = { NULL });
	sysroot_file(s, "lib/libtext.so", "no library at all\n");
	gives(s, APP(.needed = { "liba.so" }), "/lib/liba.so system-dir; /lib/libb.so system-dir");
}

static void only_an_auxiliary_may_be_missing(void **state)
{
	struct sysroot *s = *state;

	put_ldso(s);
	gives(s, APP(.auxiliary = "libf.so"), "");
	gives(s, APP(.filter = "libf.so"), "?libf.so");
}

/* --- glibc: candidates --- */

static void other_byte_orders_are_passed_over(void **state)
{
	struct sysroot *s = *state;

	put_ldso(s);
	PUT(s, "big/liba.so", .machine = EM_S390, .big = true);
	PUT(s, "big/libb.so", .machine = EM_AARCH64, .big = true);
	PUT(s, "lib/liba.so", .needed = { NULL });
	PUT(s, "lib/libb.so", .needed = { NULL });
	gives(s, APP(.runpath = "/big", .needed = { "liba.so", "libb.so" }),
	      "/lib/liba.so system-dir; /lib/libb.so system-dir");
}

static void other_machines_are_passed_over(void **state)
{
	struct sysroot *s = *state;

	put_ldso(s);
	PUT(s, "one/liba.so", .machine = EM_AARCH64);
	PUT(s, "two/liba.so", .machine = EM_386, .elf_class = 32);
	PUT(s, "three/liba.so", .needed = { NULL });
	gives(s, APP(.runpath = "/one:/two:/three", .needed = { "liba.so" }), "/three/liba.so runpath");
}

static void a_library_for_another_machine_only_is_told(void **state)
{
	struct sysroot *s = *state;

	put_ldso(s);
	PUT(s, "lib/libz.so.1", .machine = EM_AARCH64);
	fails_hint(s, APP(.needed = { "libz.so.1" }), MSK_E_MISSING,
		   "app: needs libz.so.1, found only /lib/libz.so.1: built for aarch64, the program is x86-64", "looked in "
		   "/lib/x86_64-linux-gnu, /usr/lib/x86_64-linux-gnu, /lib, /usr/lib; add --library-path DIR, or --root "
		   "of another system");
}

static void float_abis_do_not_mix(void **state)
{
	struct sysroot *s = *state;

	PUT(s, "lib/ld-linux-armhf.so.3", .machine = EM_ARM, .elf_class = 32, .flags = 0x5000400);
	PUT(s, "lib/liba.so", .machine = EM_ARM, .elf_class = 32, .flags = 0x5000200);
	fails(s, &(struct fake){ .interp = "/lib/ld-linux-armhf.so.3", .machine = EM_ARM, .elf_class = 32,
				 .flags = 0x5000400, .needed = { "liba.so" } },
	      MSK_E_MISSING,
	      "app: needs liba.so, found only /lib/liba.so: built for the soft-float ABI, the program for hard-float");
}

static void what_ld_so_would_stop_at_stops_us(void **state)
{
	struct sysroot *s = *state;

	put_ldso(s);
	PUT(s, "lib/good.so", .needed = { NULL });
	sysroot_file(s, "bad/text.so", "/* GNU ld script */\n");
	sysroot_dir(s, "bad/dir.so");
	sysroot_fifo(s, "bad/fifo.so");
	sysroot_link(s, "loop.so", "bad/loop.so");
	PUT(s, "bad/exec.so", .type = ET_EXEC);
	PUT(s, "bad/pie.so", .flags_1 = DF_1_PIE);
	PUT(s, "bad/nodyn.so", .no_dynamic = true);
	PUT(s, "bad/os.so", .osabi = ELFOSABI_FREEBSD);
	PUT(s, "bad/abi.so", .abiversion = 9);
	PUT(s, "bad/gnu.so", .osabi = ELFOSABI_GNU, .abiversion = 4);
	PUT(s, "bad/pad.so", .needed = { NULL });
	file.b[EI_NIDENT - 1] = 1;
	sysroot_bytes(s, "bad/pad.so", file.b, file.n);
#define STOPS(name, code, msg) fails(s, APP(.runpath = "/bad", .needed = { name }), code, name ": " msg)
	STOPS("text.so", MSK_E_INPUT, "not an ELF file (starts with \"/* GNU l\")");
	STOPS("dir.so", MSK_E_INPUT, "is a directory, expected a regular file");
	STOPS("fifo.so", MSK_E_INPUT, "is a FIFO, expected a regular file");
	fails(s, APP(.runpath = "/bad", .needed = { "loop.so" }), MSK_E_INPUT,
	      "app: needs loop.so, found only /bad/loop.so: too many symbolic links (40)");
	STOPS("exec.so", MSK_E_INPUT, "is a program, not a library");
	STOPS("pie.so", MSK_E_INPUT, "is a program, not a library");
	STOPS("nodyn.so", MSK_E_INPUT, "has no dynamic section, so it is no library");
	STOPS("os.so", MSK_E_MISSING, "built for FreeBSD, not for Linux");
	STOPS("abi.so", MSK_E_INPUT, "unknown ABI version 9");
	STOPS("gnu.so", MSK_E_INPUT, "unknown ABI version 4");
	STOPS("pad.so", MSK_E_INPUT, "has bytes other than 0 behind the ABI version in its header");
#undef STOPS
	fails_hint(s, APP(.runpath = "/bad", .needed = { "text.so" }), MSK_E_INPUT,
		   "text.so: not an ELF file (starts with \"/* GNU l\")",
		   "the loader would open /bad/text.so and stop there");
}

/* --- what is missing --- */

static void a_missing_library_is_told_with_the_number_of_directories(void **state)
{
	struct sysroot *s = *state;

	put_ldso(s);
	fails_hint(s, APP(.runpath = "/opt/x:/opt/y/:/opt/x", .needed = { "libfoo.so.2", "libbar.so" }), MSK_E_MISSING,
		   "app: needs libfoo.so.2, not found (searched 6 directories)",
		   "also missing: libbar.so; looked in /opt/x, /opt/y, /lib/x86_64-linux-gnu, "
		   "/usr/lib/x86_64-linux-gnu, /lib, /usr/lib; add --library-path DIR, or --root of another system");
	PUT(s, "lib/liba.so", .flags_1 = DF_1_NODEFLIB, .runpath = "/opt", .needed = { "libb.so" });
	fails(s, APP(.needed = { "liba.so" }), MSK_E_MISSING, "app: liba.so needs libb.so, not found (searched 1 directory)");
	sysroot_file(s, "etc/ld.so.conf", "/usr/lib\n/opt/z\n");
	fails_hint(s, APP(.needed = { "libfoo.so.2" }), MSK_E_MISSING,
		   "app: needs libfoo.so.2, not found (searched 6 directories)",
		   "looked in /lib/x86_64-linux-gnu, /usr/lib/x86_64-linux-gnu, /lib, /usr/lib, /opt/z; add "
		   "--library-path DIR, or --root of another system");
}

static void a_name_missing_here_may_be_found_for_another(void **state)
{
	struct sysroot *s = *state;

	put_ldso(s);
	PUT(s, "lib/liba.so", .runpath = "/x", .needed = { "libz.so" });
	PUT(s, "x/libz.so", .needed = { NULL });
	gives(s, APP(.needed = { "libz.so", "liba.so" }), "/lib/liba.so system-dir; /x/libz.so runpath; ?libz.so");
}

static void a_dangling_link_names_its_target_inside_the_root(void **state)
{
	struct sysroot *s = *state;

	put_ldso(s);
	sysroot_link(s, "libx.so.1", "lib/libx.so");
	sysroot_link(s, "../../../etc/shadow", "lib/libx.so.1");
	fails(s, APP(.needed = { "libx.so" }), MSK_E_MISSING,
	      "app: needs libx.so, found only /lib/libx.so: link target /etc/shadow does not exist in the root");
	sysroot_link(s, "usr/lib", "lib32");
	fails(s, APP(.runpath = "/lib32", .needed = { "liby.so" }), MSK_E_MISSING,
	      "app: needs liby.so, not found (searched 5 directories)");
}

/* ldconfig takes no others into a cache. */
static void ld_so_conf_leads_to_names_of_libraries_only(void **state)
{
	struct sysroot *s = *state;

	put_ldso(s);
	sysroot_file(s, "etc/ld.so.conf", "/opt/l\n");
	PUT(s, "opt/l/plug.so", .soname = "plug.so");
	PUT(s, "opt/l/libplug", .soname = "libplug");
	PUT(s, "opt/l/libplug.so.1", .soname = "libplug.so.1");
	gives(s, APP(.needed = { "plug.so", "libplug", "libplug.so.1" }), "/opt/l/libplug.so.1 ld.so.conf; ?plug.so; ?libplug");
}

/* One note, or none. */
static void notes(struct sysroot *s, const struct fake *app, const char *want)
{
	MSK_CLEANUP(msk_closure_release) struct msk_closure c = { 0 };
	struct ask a = { 0 };
	struct msk_err err;

	assert_int_equal(resolve_with(s, app, &a, &c, &err), 0);
	assert_int_equal(c.notes.n, want != NULL);
	if (want)
		assert_string_equal(c.notes.v[0], want);
}

static void audit(struct fake_file *f)
{
	fake_extra(f, DT_AUDIT, fake_name(f, "watcher.so"));
}

static void auditors_are_noted(void **state)
{
	struct sysroot *s = *state;

	put_glibc(s);
	notes(s, APP(.needed = { "libc.so.6" }, .tables = audit),
	      "app: asks to be watched by watcher.so (DT_AUDIT), which is not looked for; --lib adds it");
}

static void what_a_system_preloads_is_noted(void **state)
{
	struct sysroot *s = *state;

	put_glibc(s);
	sysroot_file(s, "etc/ld.so.preload", " :\n# libx.so\n\t#");
	notes(s, APP(.needed = { "libc.so.6" }), NULL);
	sysroot_file(s, "etc/ld.so.preload", "# libx.so\n:libx.so");
	notes(s, APP(.needed = { "libc.so.6" }),
	      "/etc/ld.so.preload: loads libraries into every program there, which were left aside; --lib adds one");
}

/* A tree in which some files may not be read. */
struct shut {
	struct msk_rotree tree, *in;
};

static int open_unless_shut(struct msk_rotree *t, const char *path, enum msk_lookup *how, struct msk_rofile *out,
			    struct msk_walk *walk, struct msk_err *err)
{
	struct msk_rotree *in = ((struct shut *)t)->in;

	if (!msk_starts_with(path, "/shut"))
		return in->open(in, path, how, out, walk, err);
	*how = MSK_DENIED;
	return 0;
}

static int list_in(struct msk_rotree *t, const char *path, enum msk_lookup *how, struct msk_strv *names, struct msk_err *err)
{
	struct msk_rotree *in = ((struct shut *)t)->in;

	return in->list(in, path, how, names, err);
}

static void what_may_not_be_read_is_passed_over(void **state)
{
	struct sysroot *s = *state;
	struct shut shut = { { open_unless_shut, list_in }, msk_host_tree(s->host) };
	struct msk_closure_args args = { .tree = &shut.tree };
	MSK_CLEANUP(msk_closure_release) struct msk_closure c = { 0 };
	MSK_AUTO_ROFILE f = MSK_ROFILE_INIT;
	MSK_AUTO_STR got = MSK_STR_INIT;
	struct msk_err err = MSK_ERR_INIT;

	put_ldso(s);
	PUT(s, "r/liba.so", .needed = { NULL });
	fake_make(&file, APP(.runpath = "/shut:/r", .needed = { "liba.so", "libb.so" }));
	f = fake_open(file.b, file.n);
	f.dev = UINT64_MAX;
	assert_int_equal(msk_closure_resolve(&args, &f, "app", &c, &err), 0);
	describe(&c, &got);
	assert_string_equal(msk_str_c(&got), "/r/liba.so runpath; " LDSO " interp; ?libb.so");
	assert_string_equal(c.notes.v[0], "/shut/liba.so: cannot be read, so it was passed over");
	assert_int_equal(msk_closure_check(&c, "app", &err), -1);
	assert_string_equal(err.msg, "app: needs libb.so, found only /shut/libb.so: cannot be read (Permission denied)");
}

static void what_interpreter_a_loader_names_is_its_own_affair(void **state)
{
	struct sysroot *s = *state;

	PUT(s, "lib64/ld-linux-x86-64.so.2", .interp = "/none", .soname = "ld-linux-x86-64.so.2");
	gives(s, APP(.needed = { NULL }), "");
}

static void a_missing_loader_is_told(void **state)
{
	struct sysroot *s = *state;

	fails_hint(s, APP(.needed = { "libc.so.6" }), MSK_E_MISSING, "app: its loader " LDSO " is not in the root",
		   "give the system it was built for by --root DIR, or link it statically");
	PUT(s, "lib64/ld-linux-x86-64.so.2", .machine = EM_AARCH64);
	fails(s, APP(.needed = { "libc.so.6" }), MSK_E_MISSING,
	      "app: its loader " LDSO " is built for aarch64, the program is x86-64");
}

static void a_loader_must_be_a_file(void **state)
{
	struct sysroot *s = *state;

	sysroot_dir(s, "lib64/ld-linux-x86-64.so.2");
	fails(s, APP(.needed = { "libc.so.6" }), MSK_E_INPUT, "app: its loader " LDSO " is no regular file");
	sysroot_link(s, "x", "x");
	fails(s, &(struct fake){ .interp = "/x" }, MSK_E_INPUT, "app: its loader /x goes through too many symbolic links");
	sysroot_file(s, "y", "#!/bin/sh\n");
	fails(s, &(struct fake){ .interp = "/y" }, MSK_E_INPUT, "/y: not an ELF file (starts with \"#!\")");
}

static void libraries_by_option_are_needed_by_the_program(void **state)
{
	struct sysroot *s = *state;
	MSK_CLEANUP(msk_closure_release) struct msk_closure c = { 0 };
	struct ask a = { 0 };
	struct msk_err err;

	put_ldso(s);
	PUT(s, "lib/liba.so", .needed = { "libb.so" });
	PUT(s, "lib/libb.so", .needed = { NULL });
	PUT(s, "opt/libp.so", .needed = { NULL });
	msk_strv_push(&a.libs, "liba.so");
	msk_strv_push(&a.libs, "/opt/libp.so");
	gives_with(s, APP(.no_dynamic = true), &a,
		   "/lib/liba.so system-dir; /opt/libp.so option; /lib/libb.so system-dir; " LDSO " interp");
	msk_strv_push(&a.libs, "libgone.so");
	assert_int_equal(resolve_with(s, APP(.no_dynamic = true), &a, &c, &err), 0);
	assert_int_equal(msk_closure_check(&c, "app", &err), -1);
	assert_string_equal(err.msg, "--lib libgone.so: not found (searched 4 directories)");
	msk_strv_release(&a.libs);
}

/* --- size --- */

/* A chain of 3,000 libraries, each of which also needs the first and one that is nowhere. */
static void a_long_chain_takes_linear_time(void **state)
{
	struct sysroot *s = *state;
	MSK_CLEANUP(msk_closure_release) struct msk_closure c = { 0 };
	struct ask a = { 0 };
	struct msk_err err;
	char path[64], next[64];

	put_ldso(s);
	for (unsigned i = 0; i < 3000; i++) {
		snprintf(path, sizeof path, "lib/l%u.so", i);
		snprintf(next, sizeof next, "l%u.so", i + 1);
		PUT(s, path, .needed = { "l0.so", i < 2999 ? next : NULL });
	}
	assert_int_equal(resolve_with(s, APP(.needed = { "l0.so" }), &a, &c, &err), 0);
	assert_int_equal(c.n_objects, 3002);
	assert_int_equal(c.n_missing, 0);
}

/* 32 libraries may say as much as one may; one word more is too much. */
static void wishes_are_bounded(void **state)
{
	enum { FULL = MSK_CLOSURE_MAX_WISHES / MSK_ELF_MAX_DLOPENS };
	MSK_AUTO_STR json = MSK_STR_INIT;
	MSK_AUTO_STR full = MSK_STR_INIT;
	MSK_AUTO_STR one = MSK_STR_INIT;
	struct fake app = *APP(.needed = { "l0.so" });
	struct sysroot *s = *state;
	char path[32], next[16];

	put_ldso(s);
	for (int i = 0; i < MSK_ELF_MAX_DLOPENS; i++)
		msk_str_addf(&json, "%s{\"soname\":[\"x\"],\"priority\":\"suggested\"}", i ? "," : "[");
	msk_str_adds(&json, "]");
	note_add(&full, false, msk_str_c(&json));
	note_add(&one, false, "[{\"soname\":[\"x\"],\"priority\":\"suggested\"}]");
	for (unsigned i = 0; i < FULL; i++) {
		snprintf(path, sizeof path, "lib/l%u.so", i);
		snprintf(next, sizeof next, "l%u.so", i + 1);
		PUT(s, path, .needed = { i + 1 < FULL ? next : NULL }, .note = full.buf, .note_size = full.len,
		    .note_align = 4);
	}
	{
		MSK_CLEANUP(msk_closure_release) struct msk_closure c = { 0 };
		struct ask a = { 0 };
		struct msk_err err;

		assert_int_equal(resolve_with(s, &app, &a, &c, &err), 0);
		assert_int_equal(c.n_wishes, MSK_CLOSURE_MAX_WISHES);
	}
	app.note = one.buf;
	app.note_size = one.len;
	app.note_align = 4;
	fails(s, &app, MSK_E_INPUT, "app: may load more than 8192 libraries while it runs");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		sysroot_test(objects_come_breadth_first_and_the_loader_where_libc_needs_it),
		sysroot_test(an_unneeded_loader_comes_last),
		sysroot_test(a_static_program_is_its_own_closure),
		sysroot_test(a_library_is_resolved_under_its_usual_loader),
		sysroot_test(one_file_under_two_names_is_one_object),
		sysroot_test(a_loaded_soname_answers_without_a_search),
		sysroot_test(cycles_end),
		sysroot_test(edges_name_requesters_and_first_parents),
		sysroot_test(rpath_is_inherited_down_the_chain),
		sysroot_test(runpath_is_not_inherited),
		sysroot_test(a_requester_with_runpath_uses_nobody_s_rpath),
		sysroot_test(an_ancestor_with_runpath_does_not_end_the_chain),
		sysroot_test(the_first_requester_in_breadth_first_order_decides),
		sysroot_test(library_path_stands_between_rpath_and_runpath),
		sysroot_test(system_dirs_come_from_the_loader_s_own_bytes),
		sysroot_test(a_loader_that_does_not_tell_gets_the_usual_dirs),
		sysroot_test(nodeflib_skips_the_system_dirs),
		sysroot_test(without_a_cache_ld_so_conf_is_followed),
		sysroot_test(hwcaps_variants_are_not_taken),
		sysroot_test(a_name_with_a_slash_is_opened_as_it_is),
		sysroot_test(tokens_are_expanded),
		sysroot_test(origin_of_a_library_is_where_it_was_found),
		sysroot_test(relative_directories_start_where_the_program_does),
		sysroot_test(a_filter_stands_in_front_of_its_requester),
		sysroot_test(a_filter_known_further_down_moves_up),
		sysroot_test(filters_in_a_circle_are_an_error),
		sysroot_test(an_auxiliary_that_is_no_library_is_passed_over),
		sysroot_test(only_an_auxiliary_may_be_missing),
		sysroot_test(other_machines_are_passed_over),
		sysroot_test(other_byte_orders_are_passed_over),
		sysroot_test(a_library_for_another_machine_only_is_told),
		sysroot_test(float_abis_do_not_mix),
		sysroot_test(what_ld_so_would_stop_at_stops_us),
		sysroot_test(a_missing_library_is_told_with_the_number_of_directories),
		sysroot_test(a_name_missing_here_may_be_found_for_another),
		sysroot_test(a_dangling_link_names_its_target_inside_the_root),
		sysroot_test(auditors_are_noted),
		sysroot_test(ld_so_conf_leads_to_names_of_libraries_only),
		sysroot_test(what_a_system_preloads_is_noted),
		sysroot_test(what_may_not_be_read_is_passed_over),
		sysroot_test(what_interpreter_a_loader_names_is_its_own_affair),
		sysroot_test(a_missing_loader_is_told),
		sysroot_test(a_loader_must_be_a_file),
		sysroot_test(libraries_by_option_are_needed_by_the_program),
		sysroot_test(a_long_chain_takes_linear_time),
		sysroot_test(wishes_are_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
