/* Writes the seeds that are bytes rather than text: seeds DIR fills DIR/elf, DIR/symbols, DIR/notes, DIR/ldcache.
 * `make fuzz-seeds` runs it over tests/fuzz/corpus, and seeds.py; most seeds of the other targets are written by hand. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>

#include "../unit/fake_note.h"
#include "../unit/fake_symbols.h"
#include "mkscratch/fs.h"

static const char *top;

static void put(const char *name, const void *bytes, size_t n)
{
	MSK_AUTO_FREE char *path = msk_xasprintf("%s/%s", top, name);
	MSK_AUTO_FD int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	if (fd < 0 || write(fd, bytes, n) != (ssize_t)n) {
		perror(path);
		exit(1);
	}
}

static void put_fake(const char *dir, const char *name, const struct fake *spec)
{
	static struct fake_file f;
	MSK_AUTO_FREE char *path = msk_xasprintf("%s/%s", dir, name);

	fake_make(&f, spec);
	put(path, f.b, f.n);
}

#define ELF(name, ...) put_fake("elf", name, &(struct fake){ __VA_ARGS__ })
#define SYMBOLS(name, ...) \
	put_fake("symbols", name, &(struct fake){ .tables = fake_symbols, .soname = "liba.so", __VA_ARGS__ })

static const char go_info[] = "\xff Go buildinf:\x08\x02\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x08go1.22.1\x4a"
			      "0123456789abcdef" "path\tx\nmod\tx\t(devel)\t\nbuild\tGOARCH=arm\nbuild\tGOARM=7\n"
			      "0123456789abcdef";
/* GNU properties: x86 ISA needed v2, IBT */
static const char properties[] = "\4\0\0\0\x20\0\0\0\5\0\0\0GNU\0" "\2\x80\0\xc0\4\0\0\0\2\0\0\0\0\0\0\0"
				 "\2\0\0\xc0\4\0\0\0\1\0\0\0\0\0\0\0";
static const char abi_tag[] = "\4\0\0\0\x10\0\0\0\1\0\0\0GNU\0" "\0\0\0\0\3\0\0\0\2\0\0\0\0\0\0\0";
static const char freebsd[] = "\x08\0\0\0\4\0\0\0\1\0\0\0FreeBSD\0" "\xad\x14\x13\0";

/* One .note.dlopen, first byte as in fuzz_notes.c. */
static void put_dlopen(const char *name, unsigned how, const char *json)
{
	MSK_AUTO_FREE char *path = msk_xasprintf("notes/%s", name);
	MSK_AUTO_STR note = MSK_STR_INIT;

	msk_str_addc(&note, (char)how);
	note_add(&note, how & 1, json);
	put(path, note.buf, note.len);
}

static void put_elves(void)
{
	ELF("program", .interp = "/lib64/ld-linux-x86-64.so.2", .needed = { "libz.so.1", "libc.so.6" },
	    .runpath = "$ORIGIN/../lib:/opt/lib", .flags_1 = DF_1_PIE | DF_1_NOW);
	ELF("library", .soname = "libz.so.1", .rpath = "/opt/lib", .needed = { "libc.so.6" });
	ELF("filter", .soname = "libf.so", .filter = "libreal.so", .auxiliary = "libmaybe.so", .flags_1 = DF_1_NODEFLIB);
	ELF("static", .type = ET_EXEC, .no_dynamic = true, .entry = 64);
	ELF("static-pie", .flags_1 = DF_1_PIE, .entry = 64);
	ELF("go", .type = ET_EXEC, .no_dynamic = true, .tail = go_info, .tail_size = sizeof go_info - 1);
	ELF("arm", .elf_class = 32, .machine = EM_ARM, .flags = 0x5000400, .interp = "/lib/ld-linux-armhf.so.3",
	    .needed = { "libc.so.6" });
	ELF("s390x", .big = true, .machine = EM_S390, .interp = "/lib/ld64.so.1", .needed = { "libc.so.6" });
	ELF("musl", .interp = "/lib/ld-musl-x86_64.so.1", .needed = { "libc.so" });
	ELF("isa", .interp = "/lib64/ld-linux-x86-64.so.2", .note = properties, .note_size = sizeof properties - 1);
	ELF("freebsd", .osabi = 9, .interp = "/libexec/ld-elf.so.1", .note = freebsd, .note_size = sizeof freebsd - 1);
	put("elf/object", ELFMAG "\2\1\1\0\0\0\0\0\0\0\0\0\1\0\x3e\0\1\0\0", 23);
	put("elf/script", "#!/bin/sh\n", 10);
}

static void put_symbols_of_all_kinds(void)
{
	for (counted = BY_HASH; counted <= BY_NOTHING; counted++) {
		MSK_AUTO_FREE char *name = msk_xasprintf("table-%d", counted), *big = msk_xasprintf("big-%d", counted);

		SYMBOLS(name, .needed = { "liba.so", "libc.so.6" });
		SYMBOLS(big, .elf_class = 32, .big = true, .machine = EM_PPC, .needed = { "liba.so" });
	}
	counted = BY_GNU_HASH;
	SYMBOLS("i386", .elf_class = 32, .machine = EM_386, .needed = { "liba.so" });
	SYMBOLS("mips64", .machine = EM_MIPS);
	SYMBOLS("s390x", .big = true, .machine = EM_S390);
}

static void put_notes(void)
{
	static const struct {
		const char *name, *bytes;
		size_t n;
	} seeds[] = {
		{ "properties", properties, sizeof properties - 1 },
		{ "abi-tag", abi_tag, sizeof abi_tag - 1 },
		{ "freebsd", freebsd, sizeof freebsd - 1 },
	};
	unsigned char buf[256];

	for (size_t i = 0; i < sizeof seeds / sizeof *seeds; i++)
		for (unsigned how = 0; how < 4; how += 2) {
			MSK_AUTO_FREE char *path = msk_xasprintf("notes/%s-%u", seeds[i].name, how ? 32 : 64);

			buf[0] = (unsigned char)how;
			memcpy(buf + 1, seeds[i].bytes, seeds[i].n);
			put(path, buf, seeds[i].n + 1);
		}
}

static size_t put_u32(unsigned char *p, uint32_t v, bool big)
{
	for (unsigned i = 0; i < 4; i++)
		p[big ? 3 - i : i] = (unsigned char)(v >> 8 * i);
	return 4;
}

/* Two libraries, the first one with a variant, in an old table, a new one, or the new behind the old. */
static void put_cache(const char *name, bool big, bool old, bool new)
{
	static const char strings[] = "libz.so.1\0/lib/libz.so.1\0libc.so.6\0/lib/libc.so.6\0/lib/v3/libz.so.1";
	static const uint32_t rows[][3] = { { 0, 10, 0 }, { 0, 61, 1 }, { 25, 35, 0 } };
	MSK_AUTO_FREE char *path = msk_xasprintf("ldcache/%s", name);
	unsigned char b[512] = { big };
	size_t at = 1, start;
	uint32_t base;

	if (old) {
		memcpy(b + at, "ld.so-1.7.0", 12);
		put_u32(b + at + 12, 3, big);
		at += 16;
		for (unsigned i = 0; i < 3; i++) {
			at += put_u32(b + at, 3, big);
			at += put_u32(b + at, rows[i][0] + (new ? 48 + 72 + 4 : 0), big);
			at += put_u32(b + at, rows[i][1] + (new ? 48 + 72 + 4 : 0), big);
		}
		while (new && (at - 1) % 8)
			at++;
	}
	if (new) {
		start = at;
		memcpy(b + at, "glibc-ld.so.cache1.1", 20);
		put_u32(b + at + 20, 3, big);
		put_u32(b + at + 24, sizeof strings, big);
		b[at + 28] = big ? 3 : 2;
		at += 48;
		base = 48 + 3 * 24;
		for (unsigned i = 0; i < 3; i++) {
			at += put_u32(b + at, big ? 0x503 : 0x303, big);
			at += put_u32(b + at, base + rows[i][0], big);
			at += put_u32(b + at, base + rows[i][1], big);
			at += 4;
			put_u32(b + at + (big ? 0 : 4), rows[i][2] << 30, big);
			at += 8;
		}
		assert(at - start == base);
	}
	if (big)
		b[0] |= 7 << 2;
	memcpy(b + at, strings, sizeof strings);
	put(path, b, at + sizeof strings);
}

/* An ARM file with build attributes, the only thing that is read by way of the sections. */
static void put_attributes(const char *name, const char *bytes, size_t n)
{
	static struct fake_file f;
	MSK_AUTO_FREE char *path = msk_xasprintf("elf/%s", name);
	const struct fake spec = { .elf_class = 32, .machine = EM_ARM, .interp = "/lib/ld-linux.so.3" };
	static const char zero[40];
	size_t at, table;

	fake_make(&f, &spec);
	at = fake_bytes(&f, bytes, n, 4);
	table = fake_bytes(&f, zero, sizeof zero, 4);
	fake_put(&f, table + 4, 0x70000003, 4);
	fake_put(&f, table + 16, at, 4);
	fake_put(&f, table + 20, n, 4);
	fake_put(&f, 32, table, 4);
	fake_put(&f, 46, sizeof zero, 2);
	fake_put(&f, 48, 1, 2);
	put(path, f.b, f.n);
}

static void put_all_attributes(void)
{
	static const char cpu[] = "A" "\x2b\0\0\0" "aeabi\0" "\2\x06\0\0\0\0" "\1\x1b\0\0\0" "\x05" "7-A\0" "\x20\0x\0"
				  "\x41" "k\0" "\x84\1\1" "\x06\x0a\x08\1";
	static const char other[] = "A" "\x08\0\0\0" "gnu\0" "\x10\0\0\0" "aeabi\0" "\1\x06\0\0\0" "\x06";
	static const char cut[] = "A" "\x13\0\0\0" "aeabi\0" "\1\x09\0\0\0" "\x05" "7-A";

	put_attributes("attributes", cpu, sizeof cpu - 1);
	put_attributes("attributes-other", other, sizeof other - 1);
	put_attributes("attributes-cut", cut, sizeof cut - 1);
}

/* The same table for a reader of each machine, class and ABI. */
static void put_readers(void)
{
	for (unsigned how = 0; how < 256; how += 2)
		if (how < 32 || (how >> 2 & 7) == 4 || how >> 5 == 3 || how >> 5 == 5) {
			MSK_AUTO_FREE char *path = msk_xasprintf("ldcache/reader-%02x", how);
			unsigned char b[64] = { (unsigned char)how };

			memcpy(b + 1, "glibc-ld.so.cache1.1", 20);
			put(path, b, 49);
		}
}

int main(int argc, char **argv)
{
	if (argc != 2) {
		fprintf(stderr, "usage: seeds DIR\n");
		return 2;
	}
	top = argv[1];
	put_elves();
	put_all_attributes();
	put_readers();
	put_symbols_of_all_kinds();
	put_notes();
	put_dlopen("dlopen", 0, "[{\"soname\":[\"liba.so.1\",\"liba.so.0\"],\"feature\":\"f\",\"description\":\"d\","
		   "\"priority\":\"required\"},{\"soname\":[\"libb.so.1\"],\"priority\":\"suggested\"}]");
	put_dlopen("dlopen-big", 1, "[{\"soname\":[\"liba.so.1\"],\"priority\":\"recommended\"}]");
	put_dlopen("dlopen-cut", 2, "[{\"soname\":[\"liba.so.1\"");
	put_dlopen("dlopen-kinds", 2, "[{\"soname\":\"liba.so.1\"},{\"soname\":[]},{\"soname\":[1]},{},1,[]]");
	put_cache("new", false, false, true);
	put_cache("new-big", true, false, true);
	put_cache("old", false, true, false);
	put_cache("both", false, true, true);
	return 0;
}
