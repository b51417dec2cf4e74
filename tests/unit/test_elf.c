/* What the ELF reader says of files: the facts by class, byte order and machine, one sentence for each fault, and no
 * byte sequence that it stumbles over. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <cmocka.h>

#include "fake_elf.h"

static struct fake_file file;

static int read_bytes(const void *bytes, size_t n, struct msk_elf *e, struct msk_err *err)
{
	MSK_AUTO_ROFILE f = fake_open(bytes, n);

	*err = (struct msk_err)MSK_ERR_INIT;
	return msk_elf_read(&f, "app", e, err);
}

static struct msk_elf read_good(void)
{
	struct msk_elf e;
	struct msk_err err;

	if (read_bytes(file.b, file.n, &e, &err) < 0)
		fail_msg("%s", err.msg);
	return e;
}

static struct msk_elf read_fake(const struct fake *s)
{
	fake_make(&file, s);
	return read_good();
}

static void fails_with(const void *bytes, size_t n, const char *msg)
{
	struct msk_elf e;
	struct msk_err err;

	assert_int_equal(read_bytes(bytes, n, &e, &err), -1);
	assert_string_equal(err.msg, msg);
	assert_int_equal(err.code, MSK_E_INPUT);
}

static void file_fails(const char *msg)
{
	fails_with(file.b, file.n, msg);
}

static void text_fails(const char *text, const char *msg)
{
	fails_with(text, strlen(text), msg);
}

static const struct fake dynamic_app = {
	.interp = "/lib64/ld-linux-x86-64.so.2", .needed = { "liba.so.1", "libc.so.6" }, .runpath = "$ORIGIN/lib",
	.flags_1 = DF_1_PIE | DF_1_NOW,
};

/* --- facts --- */

static void facts_are_the_same_in_every_class_and_byte_order(void **state)
{
	static const struct {
		unsigned elf_class;
		bool big;
		uint16_t machine;
		const char *arch;
	} kinds[] = {
		{ 64, false, EM_X86_64, "amd64" }, { 64, true, EM_S390, "s390x" },
		{ 32, false, EM_386, "386" }, { 32, true, EM_MIPS, "mips" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
		struct fake s = dynamic_app;
		struct msk_elf e;

		s.elf_class = kinds[i].elf_class;
		s.big = kinds[i].big;
		s.machine = kinds[i].machine;
		s.soname = "libself.so";
		e = read_fake(&s);
		assert_int_equal(e.elf_class, kinds[i].elf_class);
		assert_int_equal(e.big_endian, kinds[i].big);
		assert_string_equal(e.platform.arch, kinds[i].arch);
		assert_string_equal(e.interp, s.interp);
		assert_int_equal(e.needed.n, 2);
		assert_string_equal(e.needed.v[0], "liba.so.1");
		assert_string_equal(e.needed.v[1], "libc.so.6");
		assert_string_equal(e.runpath, "$ORIGIN/lib");
		assert_string_equal(e.soname, "libself.so");
		assert_true(e.pie && e.bind_now && e.has_dynamic && !e.nodeflib);
		msk_elf_release(&e);
	}
}

static void runpath_discards_rpath(void **state)
{
	struct msk_elf e = read_fake(&(struct fake){ .soname = "x", .rpath = "/a", .runpath = "/b" });

	(void)state;
	assert_null(e.rpath);
	assert_string_equal(e.runpath, "/b");
	msk_elf_release(&e);
	e = read_fake(&(struct fake){ .soname = "x", .rpath = "/a" });
	assert_string_equal(e.rpath, "/a");
	assert_null(e.runpath);
	msk_elf_release(&e);
}

static void filters_keep_their_place_among_the_needed(void **state)
{
	struct msk_elf e = read_fake(&(struct fake){ .needed = { "n" }, .filter = "f", .auxiliary = "a" });

	(void)state;
	assert_int_equal(e.needed.n, 3);
	assert_string_equal(e.needed.v[1], "f");
	assert_int_equal(e.need_kinds[0], MSK_NEED);
	assert_int_equal(e.need_kinds[1], MSK_NEED_FILTER);
	assert_int_equal(e.need_kinds[2], MSK_NEED_AUXILIARY);
	msk_elf_release(&e);
}

static void last_of_a_single_tag_wins_and_null_ends_the_list(void **state)
{
	struct msk_elf e;

	(void)state;
	fake_make(&file, &(struct fake){ .needed = { "one", "two", "three" }, .soname = "self" });
	fake_put(&file, file.dynamic + 16, DT_SONAME, 8);       /* "two" is a soname now, before the real one */
	e = read_good();
	assert_string_equal(e.soname, "self");
	assert_int_equal(e.needed.n, 2);
	msk_elf_release(&e);
	fake_put(&file, file.dynamic + 32, DT_NULL, 8);
	fake_put(&file, file.dynamic, 0x6ffffff0, 8);
	file_fails("app: names libraries, but has no string table");
}

static void last_dynamic_segment_wins(void **state)
{
	struct msk_elf e;

	(void)state;
	fake_make(&file, &(struct fake){ .needed = { "one" } });
	fake_segment(&file, PT_DYNAMIC, PF_R, file.dynamic + 16, 0, 8);
	fake_put(&file, 56, file.n_phdrs, 2);
	fake_word(&file, file.size_at_phdrs + 56 * (file.n_phdrs - 1) + 32, 16);
	e = read_good();
	assert_int_equal(e.needed.n, 0);
	msk_elf_release(&e);
}

static void linkage_follows_interp_pie_and_names(void **state)
{
	static const struct {
		struct fake s;
		enum msk_linkage want;
	} cases[] = {
		{ { .interp = "/ld.so", .needed = { "x" } }, MSK_ELF_DYNAMIC },
		{ { .interp = "/ld.so", .no_dynamic = true }, MSK_ELF_DYNAMIC },
		{ { .interp = "/ld.so", .soname = "libc.so.6" }, MSK_ELF_DYNAMIC },
		{ { .type = ET_EXEC, .no_dynamic = true }, MSK_ELF_STATIC },
		{ { .flags_1 = DF_1_PIE }, MSK_ELF_STATIC_PIE },
		{ { .entry = 0x40 }, MSK_ELF_STATIC_PIE },
		{ { .entry = 0x40, .soname = "x" }, MSK_ELF_LIBRARY },
		{ { .needed = { "x" } }, MSK_ELF_LIBRARY },
		{ { .soname = "x" }, MSK_ELF_LIBRARY },
		{ { .entry = 0 }, MSK_ELF_LIBRARY },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct msk_elf e = read_fake(&cases[i].s);

		assert_string_equal(msk_linkage_name(e.linkage), msk_linkage_name(cases[i].want));
		msk_elf_release(&e);
	}
}

static void a_huge_file_is_not_read_whole(void **state)
{
	MSK_AUTO_ROFILE f = MSK_ROFILE_INIT;
	struct msk_err err = MSK_ERR_INIT;
	struct msk_elf e;

	(void)state;
	fake_make(&file, &dynamic_app);
	f = fake_open(file.b, file.n);
	f.size = (uint64_t)1 << 40;
	assert_int_equal(ftruncate(f.fd, (off_t)f.size), 0);
	assert_int_equal(msk_elf_read(&f, "app", &e, &err), 0);
	assert_int_equal(e.needed.n, 2);
	msk_elf_release(&e);
}

/* --- platform --- */

static void platforms_are_named_as_oci_does(void **state)
{
	static const struct {
		struct fake s;
		const char *want, *machine;
	} cases[] = {
		{ { .machine = EM_X86_64 }, "linux/amd64", "x86-64" },
		{ { .machine = EM_X86_64, .osabi = ELFOSABI_GNU }, "linux/amd64", "x86-64" },
		{ { .machine = EM_386, .elf_class = 32 }, "linux/386", "i386" },
		{ { .machine = EM_AARCH64 }, "linux/arm64", "aarch64" },
		{ { .machine = EM_ARM, .elf_class = 32, .flags = 0x5000400 }, "linux/arm/v7", "arm" },
		{ { .machine = EM_ARM, .elf_class = 32, .flags = 0x5000200 }, "linux/arm/v6", "arm" },
		{ { .machine = EM_RISCV }, "linux/riscv64", "riscv64" },
		{ { .machine = EM_PPC64, .flags = 2 }, "linux/ppc64le", "ppc64le" },
		{ { .machine = EM_PPC64, .big = true }, "linux/ppc64", "ppc64" },
		{ { .machine = EM_S390, .big = true }, "linux/s390x", "s390x" },
		{ { .machine = 258 }, "linux/loong64", "loongarch64" },
		{ { .machine = EM_MIPS }, "linux/mips64le", "mips64el" },
		{ { .machine = EM_MIPS, .big = true }, "linux/mips64", "mips64" },
		{ { .machine = EM_MIPS, .elf_class = 32 }, "linux/mipsle", "mipsel" },
		{ { .machine = EM_MIPS, .elf_class = 32, .big = true }, "linux/mips", "mips" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct fake s = cases[i].s;
		struct msk_err err = MSK_ERR_INIT;
		MSK_AUTO_STR text = MSK_STR_INIT;
		struct msk_elf e;

		s.flags_1 = DF_1_PIE;
		e = read_fake(&s);
		msk_platform_add(&text, &e.platform);
		assert_string_equal(msk_str_c(&text), cases[i].want);
		assert_string_equal(msk_elf_machine_name(&e), cases[i].machine);
		assert_int_equal(msk_elf_check_program(&e, "app", &err), 0);
		msk_elf_release(&e);
	}
}

static void programs_that_no_image_can_hold_are_refused_by_name(void **state)
{
	static const struct {
		struct fake s;
		const char *want;
	} cases[] = {
		{ { .machine = EM_X86_64, .elf_class = 32, .flags_1 = DF_1_PIE },
		  "app: built for x32, which image platforms have no name for" },
		{ { .machine = EM_AARCH64, .big = true, .flags_1 = DF_1_PIE },
		  "app: built for big-endian aarch64, which image platforms have no name for" },
		{ { .machine = EM_MIPS, .elf_class = 32, .flags = 0x20, .flags_1 = DF_1_PIE },
		  "app: built for mipsel, which image platforms have no name for" },
		{ { .machine = 4711, .flags_1 = DF_1_PIE },
		  "app: built for an unknown machine, which image platforms have no name for" },
		{ { .osabi = ELFOSABI_FREEBSD, .flags_1 = DF_1_PIE }, "app: built for FreeBSD, not for Linux" },
		{ { .osabi = ELFOSABI_OPENBSD, .flags_1 = DF_1_PIE }, "app: built for OpenBSD, not for Linux" },
		{ { .osabi = ELFOSABI_SOLARIS, .flags_1 = DF_1_PIE }, "app: built for Solaris, not for Linux" },
		{ { .osabi = ELFOSABI_HPUX, .flags_1 = DF_1_PIE }, "app: built for HP-UX, not for Linux" },
		{ { .osabi = ELFOSABI_NETBSD, .flags_1 = DF_1_PIE }, "app: built for NetBSD, not for Linux" },
		{ { .osabi = ELFOSABI_AIX, .flags_1 = DF_1_PIE }, "app: built for AIX, not for Linux" },
		{ { .osabi = ELFOSABI_IRIX, .flags_1 = DF_1_PIE }, "app: built for IRIX, not for Linux" },
		{ { .osabi = ELFOSABI_TRU64, .flags_1 = DF_1_PIE }, "app: built for Tru64, not for Linux" },
		{ { .osabi = ELFOSABI_ARM, .flags_1 = DF_1_PIE }, "app: built for another system, not for Linux" },
		{ { .osabi = ELFOSABI_ARM_AEABI, .flags_1 = DF_1_PIE }, "app: built for another system, not for Linux" },
		{ { .osabi = 200, .flags_1 = DF_1_PIE }, "app: built for another system, not for Linux" },
		{ { .soname = "libx.so" }, "app: shared library, not a program" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct msk_elf e = read_fake(&cases[i].s);
		struct msk_err err = MSK_ERR_INIT;

		assert_int_equal(msk_elf_check_program(&e, "app", &err), -1);
		assert_string_equal(err.msg, cases[i].want);
		assert_int_equal(err.code, MSK_E_INPUT);
		msk_elf_release(&e);
	}
}

static void notes_tell_other_systems(void **state)
{
	static const unsigned char netbsd[] = { 7, 0, 0, 0, 4, 0, 0, 0, 1, 0, 0, 0, 'N', 'e', 't', 'B', 'S', 'D', 0, 0,
						0, 0, 0, 0, 1, 2, 3, 4 };
	static const unsigned char hurd[] = { 4, 0, 0, 0, 16, 0, 0, 0, 1, 0, 0, 0, 'G', 'N', 'U', 0,
					      1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 };
	struct msk_elf e = read_fake(&(struct fake){ .note = netbsd, .note_size = sizeof netbsd });

	(void)state;
	assert_string_equal(e.platform.os, "NetBSD");
	msk_elf_release(&e);
	e = read_fake(&(struct fake){ .note = hurd, .note_size = sizeof hurd });
	assert_string_equal(e.platform.os, "the Hurd");
	msk_elf_release(&e);
}

/* NT_GNU_PROPERTY_TYPE_0 with one property before X86_ISA_1_NEEDED. */
static void isa_note_gives_the_amd64_variant(void **state)
{
	unsigned char note[] = { 4, 0, 0, 0, 32, 0, 0, 0, 5, 0, 0, 0, 'G', 'N', 'U', 0,
				 2, 0, 0, 0xc0, 4, 0, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0,
				 2, 0x80, 0, 0xc0, 4, 0, 0, 0, 7, 0, 0, 0, 0, 0, 0, 0 };
	struct msk_elf e = read_fake(&(struct fake){ .note = note, .note_size = sizeof note });

	(void)state;
	assert_int_equal(e.isa_level, 3);
	assert_string_equal(e.platform.variant, "v3");
	msk_elf_release(&e);
	note[40] = 1;
	e = read_fake(&(struct fake){ .note = note, .note_size = sizeof note });
	assert_int_equal(e.isa_level, 1);
	assert_string_equal(e.platform.variant, "");
	msk_elf_release(&e);
}

/* Build info of Go 1.18 and later, at the start of a writable segment. */
static size_t go_info(unsigned char *to, const char *settings)
{
	static const unsigned char head[32] = "\xff Go buildinf:\x08\x02";
	MSK_AUTO_STR text = MSK_STR_INIT;
	size_t n;

	msk_str_add(&text, "0123456789abcdef", 16);
	msk_str_adds(&text, "path\tx\n");
	msk_str_adds(&text, settings);
	msk_str_add(&text, "01234567\0009abcdef", 16);
	memcpy(to, head, sizeof head);
	n = sizeof head;
	to[n++] = 8;
	memcpy(to + n, "go1.22.3", 8);
	n += 8;
	assert_true(text.len < 128);
	to[n++] = (unsigned char)text.len;
	memcpy(to + n, text.buf, text.len);
	return n + text.len;
}

static void go_settings_give_the_variant(void **state)
{
	static const struct {
		struct fake s;
		const char *setting, *want;
		bool guessed;
	} cases[] = {
		{ { .machine = EM_ARM, .elf_class = 32, .flags = 0x5000002 }, "build\tGOARM=5\n", "linux/arm/v5", false },
		{ { .machine = EM_ARM, .elf_class = 32, .flags = 0x5000002 }, "build\tGOARM=7,softfloat\n", "linux/arm/v7",
		  false },
		{ { .machine = EM_ARM, .elf_class = 32, .flags = 0x5000002 }, "build\tGOARMX=7\n", "linux/arm/v6", true },
		{ { .machine = EM_X86_64 }, "build\tGOAMD64=v3\n", "linux/amd64/v3", false },
		{ { .machine = EM_X86_64 }, "build\tGOAMD64=v1\n", "linux/amd64", false },
		{ { .machine = EM_X86_64 }, "build\tGOAMD64=v9\n", "linux/amd64", false },
		{ { .machine = EM_AARCH64 }, "build\tGOARM64=v8.0\n", "linux/arm64", false },
		{ { .machine = EM_AARCH64 }, "build\tGOARM64=v8.3,lse\n", "linux/arm64", false },
		{ { .machine = EM_AARCH64 }, "build\tGOARM64=v9.0,lse,crypto\n", "linux/arm64/v9", false },
		{ { .machine = EM_AARCH64 }, "build\tGOARM64=best\n", "linux/arm64", false },
		{ { .machine = EM_PPC64, .flags = 2 }, "build\tGOPPC64=power8\n", "linux/ppc64le", false },
		{ { .machine = EM_PPC64, .flags = 2 }, "build\tGOPPC64=power10\n", "linux/ppc64le/power10", false },
		{ { .machine = EM_RISCV }, "build\tGORISCV64=rva20u64\n", "linux/riscv64", false },
		{ { .machine = EM_RISCV }, "build\tGORISCV64=rva22u64\n", "linux/riscv64/rva22u64", false },
		{ { .machine = EM_RISCV }, "build\tGORISCV64=rva/../x\n", "linux/riscv64", false },
		{ { .machine = EM_X86_64 }, "build\tGOARM64=v9.0\n", "linux/amd64", false },
		{ { .machine = EM_X86_64 }, "build\tGOOS=illumos\n", "illumos/amd64", false },
	};
	unsigned char info[256];

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct fake s = cases[i].s;
		MSK_AUTO_STR text = MSK_STR_INIT;
		struct msk_elf e;

		s.type = ET_EXEC;
		s.no_dynamic = true;
		s.tail = info;
		s.tail_size = go_info(info, cases[i].setting);
		e = read_fake(&s);
		assert_string_equal(e.go_version, "go1.22.3");
		msk_platform_add(&text, &e.platform);
		assert_string_equal(msk_str_c(&text), cases[i].want);
		assert_int_equal(e.variant_guessed, cases[i].guessed);
		msk_elf_release(&e);
	}
}

/* Section headers of the 64-bit `file`: none, one of a name, and the names themselves. */
static void add_sections(const char *name, uint64_t addr, uint64_t size)
{
	char names[64] = { 0 };
	size_t names_at, at;

	snprintf(names + 1, sizeof names - 1, "%s", name);
	names_at = fake_bytes(&file, names, sizeof names, 1);
	at = fake_bytes(&file, (char[192]){ 0 }, 192, 8);
	fake_put(&file, at + 64, 1, 4);
	fake_put(&file, at + 64 + 4, SHT_PROGBITS, 4);
	fake_put(&file, at + 64 + 16, addr, 8);
	fake_put(&file, at + 64 + 24, addr, 8);
	fake_put(&file, at + 64 + 32, size, 8);
	fake_put(&file, at + 128 + 4, SHT_STRTAB, 4);
	fake_put(&file, at + 128 + 24, names_at, 8);
	fake_put(&file, at + 128 + 32, sizeof names, 8);
	fake_put(&file, 40, at, 8);
	fake_put(&file, 60, 3, 2);
	fake_put(&file, 62, 2, 2);
}

/* The info stands where its section says; where sections have names and none is its own, there is none. */
static void sections_tell_where_go_s_build_info_is(void **state)
{
	unsigned char info[256];
	struct fake s = { .type = ET_EXEC, .no_dynamic = true, .tail = info,
			  .tail_size = go_info(info, "build\tGOAMD64=v3\n") };
	static const struct {
		const char *section;
		bool found;
	} cases[] = { { ".go.buildinfo", true }, { ".text", false }, { ".unheard", true } };

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct msk_elf e;

		fake_make(&file, &s);
		add_sections(cases[i].section, file.tail, s.tail_size);
		e = read_good();
		assert_int_equal(e.go_version != NULL, cases[i].found);
		assert_string_equal(e.platform.variant, cases[i].found ? "v3" : "");
		msk_elf_release(&e);
	}
}

static void what_loaders_go_by_is_read_without_build_info(void **state)
{
	unsigned char info[256];
	struct fake s = { .type = ET_EXEC, .needed = { "libc.so.6" }, .tail = info,
			  .tail_size = go_info(info, "build\tGOAMD64=v3\n") };
	MSK_AUTO_ROFILE f = MSK_ROFILE_INIT;
	struct msk_err err = MSK_ERR_INIT;
	struct msk_elf e;

	(void)state;
	fake_make(&file, &s);
	f = fake_open(file.b, file.n);
	assert_int_equal(msk_elf_read_links(&f, "app", &e, &err), 0);
	assert_string_equal(e.needed.v[0], "libc.so.6");
	assert_null(e.go_version);
	assert_string_equal(e.platform.variant, "");
	msk_elf_release(&e);
}

/* --- faults --- */

static void what_is_not_elf_is_named(void **state)
{
	(void)state;
	fails_with("", 0, "app: is empty");
	text_fails("#!/bin/sh\n", "app: not an ELF file (starts with \"#!\")");
	text_fails("MZ\x90", "app: not an ELF file (a Windows program)");
	text_fails("MZqFpD='", "app: not an ELF file (an Actually Portable Executable)");
	text_fails("\xcf\xfa\xed\xfe", "app: not an ELF file (a macOS program)");
	text_fails("\x1f\x8b\x08", "app: not an ELF file (gzip data)");
	text_fails("PK\x03\x04", "app: not an ELF file (a zip archive)");
	fails_with("\0asm\1\0\0\0", 8, "app: not an ELF file (a WebAssembly module)");
	text_fails("!<arch>\n", "app: not an ELF file (a static library)");
	text_fails("BC\xc0\xde", "app: not an ELF file (LLVM bitcode)");
	text_fails("hello world", "app: not an ELF file (starts with \"hello wo\")");
	text_fails("hi\nyou all", "app: not an ELF file (starts with \"hi\")");
	text_fails("\x7f" "EL", "app: not an ELF file (starts with 7f 45 4c)");
}

static void a_script_s_hint_names_its_interpreter(void **state)
{
	struct msk_elf e;
	struct msk_err err;

	(void)state;
	assert_int_equal(read_bytes("#! /usr/bin/env python3\n", 24, &e, &err), -1);
	assert_string_equal(err.hint,
			    "it is a script: --bin /usr/bin/env:/usr/bin/env and python3 likewise, --tree its standard "
			    "library, --file it, and --entrypoint its path in the image");
	assert_int_equal(read_bytes("#!/bin/sh -e\nx", 14, &e, &err), -1);
	assert_string_equal(err.hint,
			    "it is a script: --bin /bin/sh:/bin/sh, --file it, and --entrypoint its path in the image");
	assert_int_equal(read_bytes("#!/usr/bin/env -S a", 19, &e, &err), -1);
	assert_string_equal(err.hint,
			    "it is a script: --bin /usr/bin/env:/usr/bin/env, --file it, and "
			    "--entrypoint its path in the image");
	assert_int_equal(read_bytes("#!\n", 3, &e, &err), -1);
	assert_string_equal(err.hint, "");
}

static void a_header_is_checked_field_by_field(void **state)
{
	(void)state;
	fake_make(&file, &dynamic_app);
	fails_with(file.b, 40, "app: ELF header is truncated (40 of 64 bytes)");
	fails_with(file.b, 10, "app: ELF header is truncated (10 of 64 bytes)");
	file.b[EI_CLASS] = 7;
	file_fails("app: unknown ELF class 7");
	file.b[EI_CLASS] = ELFCLASS64;
	file.b[EI_DATA] = 9;
	file_fails("app: unknown ELF byte order 9");
	file.b[EI_DATA] = ELFDATA2MSB;
	file_fails("app: marked as big-endian, but written the other way round");
	file.b[EI_DATA] = ELFDATA2LSB;
	file.b[EI_VERSION] = 2;
	file_fails("app: unknown ELF version 2");
	file.b[EI_VERSION] = EV_CURRENT;
	fake_put(&file, 20, 3, 4);
	file_fails("app: unknown ELF version 3");
	fake_put(&file, 20, 1, 4);
	fake_put(&file, 52, 10, 2);
	file_fails("app: ELF header size is 10, expected 64");
	fake_make(&file, &(struct fake){ .big = true, .machine = EM_X86_64 });
	file_fails("app: marked as big-endian, which x86-64 never is");
}

static void kinds_that_no_loader_takes_are_named(void **state)
{
	(void)state;
	fake_make(&file, &(struct fake){ .type = ET_REL });
	file_fails("app: relocatable object, not a program");
	fake_make(&file, &(struct fake){ .type = ET_CORE });
	file_fails("app: core dump, not a program");
	fake_make(&file, &(struct fake){ .type = 77 });
	file_fails("app: unknown ELF type 77");
}

static void program_headers_are_checked(void **state)
{
	(void)state;
	fake_make(&file, &dynamic_app);
	fake_put(&file, 54, 1, 2);
	file_fails("app: program header entry size is 1, expected 56");
	fake_put(&file, 54, 56, 2);
	fake_put(&file, 56, 0, 2);
	file_fails("app: has no program headers");
	fake_put(&file, 56, 0xffff, 2);
	file_fails("app: too many program headers (65535 vs 1170)");
	fake_put(&file, 56, 3, 2);
	fake_put(&file, 32, 1000000, 8);
	{
		char want[128];

		snprintf(want, sizeof want, "app: program headers end at 1000168, file has %zu bytes", file.n);
		file_fails(want);
		fake_put(&file, 32, UINT64_MAX - 8, 8);
		snprintf(want, sizeof want, "app: program headers end at 18446744073709551615, file has %zu bytes", file.n);
		file_fails(want);
	}
	fake_make(&file, &(struct fake){ .no_dynamic = true });
	fake_put(&file, file.size_at_phdrs, PT_PHDR, 4);
	file_fails("app: has no segment to load");
}

static uint64_t cut_end(void)
{
	MSK_AUTO_ROFILE f = fake_open(file.b, file.n);
	struct msk_err err = MSK_ERR_INIT;
	struct msk_elf e;
	uint64_t end;

	assert_int_equal(msk_elf_read(&f, "app", &e, &err), 0);
	end = e.cut_end;
	msk_elf_release(&e);
	return end;
}

/* e_shoff is at 40, e_shentsize at 58, e_shnum at 60. */
static void section_headers_behind_the_end_are_a_cut(void **state)
{
	(void)state;
	fake_make(&file, &(struct fake){ .soname = "x" });
	fake_put(&file, 60, 3, 2);
	assert_int_equal(cut_end(), 0);
	fake_put(&file, 58, 64, 2);
	fake_put(&file, 40, file.n - 3 * 64, 8);
	assert_int_equal(cut_end(), 0);
	fake_put(&file, 40, file.n - 3 * 64 + 1, 8);
	assert_int_equal(cut_end(), file.n + 1);
	fake_put(&file, 40, UINT64_MAX - 8, 8);
	assert_int_equal(cut_end(), UINT64_MAX);
	fake_put(&file, 60, 0, 2);
	assert_int_equal(cut_end(), 0);
}

/* The fields of the first PT_LOAD: offset 8, address 16, filesz 32, memsz 40, alignment 48. */
static void segments_are_checked(void **state)
{
	struct msk_elf largest;
	char want[160];
	size_t p;

	(void)state;
	fake_make(&file, &(struct fake){ .soname = "x" });
	p = file.size_at_phdrs;
	snprintf(want, sizeof want, "app: truncated: segment ends at %zu, file has %zu bytes", file.n, file.n - 1);
	fails_with(file.b, file.n - 1, want);
	fake_put(&file, p + 40, 1, 8);
	snprintf(want, sizeof want, "app: segment at offset 0 is larger in the file than in memory (%zu vs 1 bytes)", file.n);
	file_fails(want);
	fake_put(&file, p + 40, UINT64_MAX, 8);
	fake_put(&file, p + 16, 16, 8);
	file_fails("app: segment at 0x10 wraps round the address space");
	fake_put(&file, p + 16, 0, 8);
	fake_put(&file, p + 40, (uint64_t)1 << 63, 8);
	file_fails("app: segment at 0x0 takes 9223372036854775808 bytes, beyond what a kernel maps");
	fake_put(&file, p + 40, ((uint64_t)1 << 56) + 1, 8);
	file_fails("app: segment at 0x0 takes 72057594037927937 bytes, beyond what a kernel maps");
	fake_put(&file, p + 16, 0x10000, 8);
	fake_put(&file, p + 40, ((uint64_t)1 << 56) - 0xffff, 8);
	file_fails("app: segment at 0x10000 takes 72057594037862401 bytes, beyond what a kernel maps");
	fake_put(&file, p + 16, 0, 8);
	fake_put(&file, p + 40, (uint64_t)1 << 56, 8);
	largest = read_good();
	msk_elf_release(&largest);
	fake_put(&file, p + 40, file.n, 8);
	fake_put(&file, p + 16, 8, 8);
	file_fails("app: segment at 0x8 lies at offset 0x0, which its alignment 0x10 rules out");
}

static void debug_information_is_no_program(void **state)
{
	(void)state;
	fake_make(&file, &dynamic_app);
	fake_put(&file, file.size_at_phdrs + 56 + 32, 0, 8);
	file_fails("app: separate debug information, not a program");
	fake_make(&file, &(struct fake){ .type = ET_EXEC, .no_dynamic = true });
	fake_put(&file, file.size_at_phdrs + 32, 0, 8);
	file_fails("app: separate debug information, not a program");
}

static void the_loader_s_path_is_checked(void **state)
{
	size_t p;

	(void)state;
	fake_make(&file, &(struct fake){ .interp = "ld.so" });
	file_fails("app: path of its loader \"ld.so\" is not absolute");
	fake_make(&file, &dynamic_app);
	p = file.size_at_phdrs + 56;
	fake_put(&file, p + 32, 1, 8);
	file_fails("app: path of its loader has 1 bytes (allowed: 2 to 4096)");
	fake_put(&file, p + 32, 5, 8);
	file_fails("app: path of its loader is not terminated");
	fake_put(&file, p + 8, UINT64_MAX, 8);
	{
		char want[128];

		snprintf(want, sizeof want, "app: path of its loader ends at 18446744073709551615, file has %zu bytes",
			 file.n);
		file_fails(want);
	}
}

static void the_dynamic_section_is_checked(void **state)
{
	char want[160], name[5000];
	size_t strtab;

	(void)state;
	fake_make(&file, &(struct fake){ .needed = { "libx.so" } });
	strtab = file.dynamic + 16;
	fake_put(&file, strtab + 8, 0xdead0000, 8);
	file_fails("app: string table at 0xdead0000 is outside the file");
	fake_put(&file, strtab + 8, file.strings, 8);
	fake_put(&file, file.dynamic + 8, 812, 8);
	file_fails("app: library name at offset 812 runs past the string table");
	fake_put(&file, file.dynamic + 8, 1, 8);
	fake_put(&file, strtab + 16 + 8, 4, 8);
	file_fails("app: library name at offset 1 runs past the string table");
	fake_put(&file, file.dynamic, DT_SONAME, 8);
	file_fails("app: soname at offset 1 runs past the string table");
	fake_put(&file, file.dynamic, DT_RUNPATH, 8);
	file_fails("app: search path at offset 1 runs past the string table");
	fake_put(&file, file.size_at_phdrs + 56 + 8, 1 << 20, 8);
	snprintf(want, sizeof want, "app: dynamic section ends at %zu, file has %zu bytes",
		 ((size_t)1 << 20) + (file.strings - file.dynamic), file.n);
	file_fails(want);

	fake_make(&file, &(struct fake){ .needed = { "libx.so" } });
	memset(name, 'x', sizeof name);
	name[sizeof name - 1] = '\0';
	memcpy(file.b + file.strings + 1, name, sizeof name);
	file.n = file.strings + 1 + sizeof name;
	fake_put(&file, file.dynamic + 16 + 16 + 8, 1 + sizeof name, 8);
	fake_put(&file, file.size_at_phdrs + 32, file.n, 8);
	fake_put(&file, file.size_at_phdrs + 40, file.n, 8);
	file_fails("app: library name at offset 1 is longer than 4095 bytes");
}

/* 4,096 names are fine, one more is not. The dynamic section is at the end of the file, the strings before it. */
static void a_file_may_need_4096_libraries(void **state)
{
	static unsigned char big[FAKE_ROOM + 16 * 5000];
	size_t n;

	(void)state;
	fake_make(&file, &(struct fake){ .needed = { "libx.so" } });
	n = (file.n + 15) / 16 * 16;
	memcpy(big, file.b, file.n);
	for (size_t i = 0; i < 4097; i++)
		memcpy(big + n + 16 * i, file.b + file.dynamic, 16);
	memcpy(big + n + 16 * 4097, file.b + file.dynamic + 16, 48);
	memcpy(file.b, big, file.n);
	fake_put(&file, file.size_at_phdrs + 56 + 8, n, 8);
	fake_put(&file, file.size_at_phdrs + 56 + 32, 16 * 4100, 8);
	memcpy(big, file.b, file.n);
	fails_with(big, n + 16 * 4100, "app: needs more than 4096 libraries");
	memset(big + n, 0x11, 8);               /* one entry becomes something else */
	{
		struct msk_elf e;
		struct msk_err err;

		assert_int_equal(read_bytes(big, n + 16 * 4100, &e, &err), 0);
		assert_int_equal(e.needed.n, 4096);
		msk_elf_release(&e);
	}
}

static void a_dynamic_section_has_an_end(void **state)
{
	MSK_AUTO_ROFILE f = MSK_ROFILE_INIT;
	struct msk_err err = MSK_ERR_INIT;
	struct msk_elf e;

	(void)state;
	fake_make(&file, &(struct fake){ .needed = { "libx.so" } });
	fake_put(&file, file.size_at_phdrs + 56 + 32, (uint64_t)16 << 21, 8);
	f = fake_open(file.b, file.n);
	f.size = (uint64_t)1 << 40;
	assert_int_equal(ftruncate(f.fd, (off_t)f.size), 0);
	assert_int_equal(msk_elf_read(&f, "app", &e, &err), -1);
	assert_string_equal(err.msg, "app: dynamic section is too large (2097152 vs 1048576 entries)");
}

static void a_file_that_shrinks_is_noticed(void **state)
{
	MSK_AUTO_ROFILE f = MSK_ROFILE_INIT;
	struct msk_err err = MSK_ERR_INIT;
	struct msk_elf e;

	(void)state;
	fake_make(&file, &dynamic_app);
	f = fake_open(file.b, file.n);
	assert_int_equal(ftruncate(f.fd, 200), 0);
	assert_int_equal(msk_elf_read(&f, "app", &e, &err), -1);
	assert_string_equal(err.msg, "app: changed while it was being read");
	assert_int_equal(err.code, MSK_E_IO);
}

/* --- hostile bytes --- */

static uint32_t lcg(uint32_t *x)
{
	*x = *x * 1664525 + 1013904223;
	return *x >> 8;
}

/* Whatever the bytes: a value or one error about the file, and nothing else. */
static void survives(const unsigned char *bytes, size_t n)
{
	struct msk_elf e;
	struct msk_err err;

	if (read_bytes(bytes, n, &e, &err) == 0) {
		MSK_AUTO_STR why = MSK_STR_INIT;

		assert_int_equal(err.code, MSK_OK);
		msk_elf_check_program(&e, "app", &err);
		msk_elf_misfit(&e, &e, &why);
		msk_elf_release(&e);
	} else {
		assert_int_equal(err.code, MSK_E_INPUT);
		assert_int_equal(strncmp(err.msg, "app: ", 5), 0);
	}
}

static void survives_mutations_of(const struct fake *s, uint32_t seed)
{
	static unsigned char bytes[FAKE_ROOM];

	fake_make(&file, s);
	for (size_t n = 0; n < file.n; n++)
		survives(file.b, n);
	for (size_t at = 0; at < file.n; at++)
		for (unsigned bit = 0; bit < 8; bit++) {
			file.b[at] ^= (unsigned char)(1u << bit);
			survives(file.b, file.n);
			file.b[at] ^= (unsigned char)(1u << bit);
		}
	for (unsigned round = 0; file.n && round < 3000; round++) {
		memcpy(bytes, file.b, file.n);
		for (unsigned k = 1 + lcg(&seed) % 6; k; k--) {
			static const unsigned char telling[] = { 0, 1, 0x7f, 0x80, 0xff };
			size_t at = lcg(&seed) % file.n, run = 1 + lcg(&seed) % 8;
			unsigned char v = telling[lcg(&seed) % sizeof telling];

			for (size_t i = at; i < at + run && i < file.n; i++)
				bytes[i] = v;
		}
		survives(bytes, file.n);
	}
}

static void no_mutation_of_a_dynamic_program_does_harm(void **state)
{
	static const unsigned char note[] = { 4, 0, 0, 0, 16, 0, 0, 0, 5, 0, 0, 0, 'G', 'N', 'U', 0,
					      2, 0x80, 0, 0xc0, 4, 0, 0, 0, 7, 0, 0, 0, 0, 0, 0, 0 };
	unsigned char info[256];
	struct fake s = dynamic_app;

	(void)state;
	s.note = note;
	s.note_size = sizeof note;
	s.tail = info;
	s.tail_size = go_info(info, "build\tGOAMD64=v3\n");
	survives_mutations_of(&s, 1);
	s.elf_class = 32;
	s.big = true;
	s.machine = EM_MIPS;
	s.rpath = "/a:/b";
	s.runpath = NULL;
	survives_mutations_of(&s, 2);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(facts_are_the_same_in_every_class_and_byte_order),
		cmocka_unit_test(runpath_discards_rpath),
		cmocka_unit_test(filters_keep_their_place_among_the_needed),
		cmocka_unit_test(last_of_a_single_tag_wins_and_null_ends_the_list),
		cmocka_unit_test(last_dynamic_segment_wins),
		cmocka_unit_test(linkage_follows_interp_pie_and_names),
		cmocka_unit_test(a_huge_file_is_not_read_whole),
		cmocka_unit_test(platforms_are_named_as_oci_does),
		cmocka_unit_test(programs_that_no_image_can_hold_are_refused_by_name),
		cmocka_unit_test(notes_tell_other_systems),
		cmocka_unit_test(isa_note_gives_the_amd64_variant),
		cmocka_unit_test(go_settings_give_the_variant),
		cmocka_unit_test(sections_tell_where_go_s_build_info_is),
		cmocka_unit_test(what_loaders_go_by_is_read_without_build_info),
		cmocka_unit_test(what_is_not_elf_is_named),
		cmocka_unit_test(a_script_s_hint_names_its_interpreter),
		cmocka_unit_test(a_header_is_checked_field_by_field),
		cmocka_unit_test(kinds_that_no_loader_takes_are_named),
		cmocka_unit_test(program_headers_are_checked),
		cmocka_unit_test(segments_are_checked), cmocka_unit_test(section_headers_behind_the_end_are_a_cut),
		cmocka_unit_test(debug_information_is_no_program),
		cmocka_unit_test(the_loader_s_path_is_checked),
		cmocka_unit_test(the_dynamic_section_is_checked),
		cmocka_unit_test(a_file_may_need_4096_libraries),
		cmocka_unit_test(a_dynamic_section_has_an_end),
		cmocka_unit_test(a_file_that_shrinks_is_noticed),
		cmocka_unit_test(no_mutation_of_a_dynamic_program_does_harm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
