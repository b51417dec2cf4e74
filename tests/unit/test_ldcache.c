/* ld.so.cache in both layouts and byte orders, as ld.so reads it, and what a resolution makes of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <cmocka.h>

#include "mkscratch/ldcache.h"
#include "fake_elf.h"
#include "sysroot.h"
#include "mkscratch/closure.h"

/* Entries in the order of the file: descending. */
struct row {
	uint32_t flags;
	const char *name, *path;
	uint32_t hwcap_high;
};

static void add_u32(struct msk_str *s, uint32_t v, bool big)
{
	for (unsigned i = 0; i < 4; i++)
		msk_str_addc(s, (char)(v >> 8 * (big ? 3 - i : i)));
}

static uint32_t add_name(struct msk_str *strings, const char *text)
{
	uint32_t at = (uint32_t)strings->len;

	msk_str_add(strings, text, strlen(text) + 1);
	return at;
}

/* The extension area behind the strings: one section, the names of variants, of which there is one. */
static void add_extensions(struct msk_str *out, uint32_t name, bool big)
{
	uint32_t at = (uint32_t)out->len;

	add_u32(out, 0xeaa42174, big);
	add_u32(out, 1, big);
	add_u32(out, 1, big);
	add_u32(out, 0, big);
	add_u32(out, at + 24, big);
	add_u32(out, 4, big);
	add_u32(out, name, big);
}

/* The new layout behind what `out` already holds. */
static void add_new(struct msk_str *out, const struct row *rows, size_t n, bool big, unsigned char order)
{
	MSK_AUTO_STR strings = MSK_STR_INIT;
	uint32_t at = 48 + 24 * (uint32_t)n, base = (uint32_t)out->len, extensions, variant;

	for (size_t i = 0; i < n; i++) {
		add_name(&strings, rows[i].name);
		add_name(&strings, rows[i].path);
	}
	variant = at + add_name(&strings, "x86-64-v3");
	while (strings.len % 4)
		msk_str_addc(&strings, '\0');
	extensions = base + at + (uint32_t)strings.len;
	strings.len = 0;
	msk_str_adds(out, "glibc-ld.so.cache1.1");
	add_u32(out, (uint32_t)n, big);
	add_u32(out, 0, big);
	msk_str_addc(out, (char)order);
	msk_str_add(out, "\0\0", 3);
	add_u32(out, extensions, big);
	for (unsigned i = 0; i < 12; i++)
		msk_str_addc(out, '\0');
	for (size_t i = 0; i < n; i++) {
		add_u32(out, rows[i].flags, big);
		add_u32(out, at + add_name(&strings, rows[i].name), big);
		add_u32(out, at + add_name(&strings, rows[i].path), big);
		add_u32(out, 0, big);
		add_u32(out, big ? rows[i].hwcap_high : 0, big);
		add_u32(out, big ? 0 : rows[i].hwcap_high, big);
	}
	add_name(&strings, "x86-64-v3");
	msk_str_add(out, strings.buf, strings.len);
	while (out->len < extensions)
		msk_str_addc(out, '\0');
	add_extensions(out, base + variant, big);
}

static void add_old(struct msk_str *out, const struct row *rows, size_t n, bool big)
{
	MSK_AUTO_STR strings = MSK_STR_INIT;

	msk_str_add(out, "ld.so-1.7.0\0", 12);
	add_u32(out, (uint32_t)n, big);
	for (size_t i = 0; i < n; i++) {
		add_u32(out, rows[i].flags, big);
		add_u32(out, add_name(&strings, rows[i].name), big);
		add_u32(out, add_name(&strings, rows[i].path), big);
	}
	msk_str_add(out, strings.buf, strings.len);
}

static const struct msk_elf amd64 = { .elf_class = 64, .machine = EM_X86_64 };
static const struct msk_elf s390x = { .elf_class = 64, .machine = EM_S390, .big_endian = true };
static const struct msk_elf armhf = { .elf_class = 32, .machine = EM_ARM, .flags = 0x400 };

static const struct msk_strv no_subdirs = MSK_STRV_INIT;
static const struct msk_ldcache_want baseline = { &no_subdirs, false };

static const struct row table[] = {
	{ 0x303, "libz.so.10", "/z/libz.so.10", 0 },
	{ 0x303, "libz.so.9", "/z/libz.so.9", 0 },
	{ 0x403, "libb.so", "/s390/libb.so", 0 },
	{ 0x303, "libb.so", "/hw/libb.so", 0x40000000 },
	{ 0x303, "libb.so", "/b/libb.so", 0 },
	{ 0x303, "libb.so", "/second/libb.so", 0 },
	{ 0x303, "liba.so", "/hw/liba.so", 0x40000000 },
};
#define N_TABLE (sizeof table / sizeof *table)

static void finds_in(struct msk_str *own_bytes, const struct msk_elf *e, const char *name, const char *want)
{
	struct msk_ldcache *c = msk_ldcache_new(own_bytes, e);
	const char *variant, *got;

	assert_non_null(c);
	got = msk_ldcache_find(c, name, &baseline, &variant);
	if (want) {
		assert_non_null(got);
		assert_string_equal(got, want);
	} else {
		assert_null(got);
	}
	msk_ldcache_free(c);
}

static void finds(const struct row *r, size_t n, const struct msk_elf *e, const char *name, const char *want)
{
	struct msk_str s = MSK_STR_INIT;

	add_new(&s, r, n, e->big_endian, e->big_endian ? 3 : 2);
	finds_in(&s, e, name, want);
}

static void is_no_cache(struct msk_str *own_bytes, const struct msk_elf *e)
{
	assert_null(msk_ldcache_new(own_bytes, e));
}

static void numbers_in_names_order_by_value(void **state)
{
	(void)state;
	finds(table, N_TABLE, &amd64, "libz.so.10", "/z/libz.so.10");
	finds(table, N_TABLE, &amd64, "libz.so.9", "/z/libz.so.9");
	finds(table, N_TABLE, &amd64, "libz.so.8", NULL);
	finds(table, N_TABLE, &amd64, "libz.so", NULL);
	finds(table, 0, &amd64, "libz.so.9", NULL);
}

static void the_first_plain_entry_of_the_machine_counts(void **state)
{
	(void)state;
	finds(table, N_TABLE, &amd64, "libb.so", "/b/libb.so");
}

static void entries_for_better_cpus_are_told_apart(void **state)
{
	struct msk_str s = MSK_STR_INIT;
	struct msk_ldcache *c;
	const char *variant;

	(void)state;
	add_new(&s, table, N_TABLE, false, 2);
	c = msk_ldcache_new(&s, &amd64);
	assert_non_null(c);
	assert_null(msk_ldcache_find(c, "liba.so", &baseline, &variant));
	assert_string_equal(variant, "/hw/liba.so");
	assert_non_null(msk_ldcache_find(c, "libb.so", &baseline, &variant));
	assert_null(variant);
	msk_ldcache_free(c);
}

static void a_wanted_variant_comes_first(void **state)
{
	MSK_AUTO_STRV v3 = MSK_STRV_INIT, v2 = MSK_STRV_INIT;
	struct msk_str s = MSK_STR_INIT;
	struct msk_ldcache *c;
	const char *other;

	(void)state;
	msk_strv_push(&v3, "glibc-hwcaps/x86-64-v3");
	msk_strv_push(&v2, "glibc-hwcaps/x86-64-v2");
	add_old(&s, NULL, 0, false);
	add_new(&s, table, N_TABLE, false, 2);
	c = msk_ldcache_new(&s, &amd64);
	assert_non_null(c);
	assert_string_equal(msk_ldcache_find(c, "libb.so", &(struct msk_ldcache_want){ &v3, false }, &other), "/hw/libb.so");
	assert_string_equal(msk_ldcache_find(c, "liba.so", &(struct msk_ldcache_want){ &v3, false }, &other), "/hw/liba.so");
	assert_string_equal(msk_ldcache_find(c, "libb.so", &(struct msk_ldcache_want){ &v2, false }, &other), "/b/libb.so");
	assert_null(msk_ldcache_find(c, "liba.so", &(struct msk_ldcache_want){ &v2, false }, &other));
	assert_string_equal(other, "/hw/liba.so");
	msk_ldcache_free(c);
}

static void old_loaders_prefer_tls_directories(void **state)
{
	static const struct row rows[] = {
		{ 0x303, "liba.so", "/tls/liba.so", 0x80000000 },
		{ 0x303, "liba.so", "/liba.so", 0 },
	};
	struct msk_str s = MSK_STR_INIT;
	struct msk_ldcache *c;
	const char *other;

	(void)state;
	add_new(&s, rows, 2, false, 2);
	c = msk_ldcache_new(&s, &amd64);
	assert_non_null(c);
	assert_string_equal(msk_ldcache_find(c, "liba.so", &(struct msk_ldcache_want){ &no_subdirs, true }, &other),
			    "/tls/liba.so");
	assert_string_equal(msk_ldcache_find(c, "liba.so", &baseline, &other), "/liba.so");
	msk_ldcache_free(c);
}

static void a_cache_of_another_byte_order_is_none(void **state)
{
	struct msk_str s = MSK_STR_INIT;

	(void)state;
	finds(table, N_TABLE, &s390x, "libb.so", "/s390/libb.so");
	add_new(&s, table, N_TABLE, true, 3);
	is_no_cache(&s, &amd64);
	add_new(&s, table, N_TABLE, false, 1);
	is_no_cache(&s, &amd64);
	add_new(&s, table, N_TABLE, false, 0);
	finds_in(&s, &amd64, "libb.so", "/b/libb.so");
}

static void a_second_choice_kind_yields_to_the_first(void **state)
{
	static const struct row soft_and_hard[] = {
		{ 0x903, "libd.so", "/hard/libd.so", 0 },
		{ 3, "libd.so", "/any/libd.so", 0 },
		{ 3, "libc.so", "/one/libc.so", 0 },
		{ 3, "libc.so", "/two/libc.so", 0 },
	};

	(void)state;
	finds(soft_and_hard, 4, &armhf, "libd.so", "/hard/libd.so");
	finds(soft_and_hard, 4, &armhf, "libc.so", "/one/libc.so");
}

static void the_old_layout_is_read_alone_and_in_front_of_the_new(void **state)
{
	static const struct row old[] = { { 0x303, "liba.so", "/old/liba.so", 0 } };
	static const struct row new[] = { { 0x303, "liba.so", "/new/liba.so", 0 } };
	struct msk_str s = MSK_STR_INIT;

	(void)state;
	add_old(&s, old, 1, false);
	finds_in(&s, &amd64, "liba.so", "/old/liba.so");
	add_old(&s, NULL, 0, false);
	add_new(&s, new, 1, false, 2);
	finds_in(&s, &amd64, "liba.so", "/new/liba.so");
}

static void what_is_no_cache_is_not_used(void **state)
{
	struct msk_str s = MSK_STR_INIT;

	(void)state;
	is_no_cache(&s, &amd64);
	msk_str_adds(&s, "no cache");
	is_no_cache(&s, &amd64);
	add_new(&s, table, N_TABLE, false, 2);
	s.len = 48 + 24;                /* the table is cut */
	is_no_cache(&s, &amd64);
}

static void no_mutation_of_a_cache_does_harm(void **state)
{
	MSK_AUTO_STR good = MSK_STR_INIT;
	uint32_t x = 1;

	(void)state;
	add_old(&good, NULL, 0, false);
	add_new(&good, table, N_TABLE, false, 2);
	for (unsigned round = 0; round < 20000; round++) {
		struct msk_str s = MSK_STR_INIT;
		struct msk_ldcache *c;
		const char *variant;

		x = x * 1664525 + 1013904223;
		msk_str_add(&s, good.buf, round % 7 ? good.len : 1 + (x >> 8) % good.len);
		s.buf[(x >> 9) % s.len] = (char)(x >> 24);
		c = msk_ldcache_new(&s, &amd64);
		for (size_t i = 0; c && i < N_TABLE; i++) {
			const char *path = msk_ldcache_find(c, table[i].name, &baseline, &variant);

			assert_true(!path || strlen(path) <= good.len);
		}
		msk_ldcache_free(c);
	}
}

/* --- in a resolution --- */

static struct fake_file file;

static void put(struct sysroot *s, const char *rel, const struct fake *f)
{
	fake_make(&file, f);
	sysroot_bytes(s, rel, file.b, file.n);
}

#define PLAIN_LIBRARY (&(struct fake){ .flags = 0 })

static void put_cache(struct sysroot *s, const struct row *r, size_t n)
{
	MSK_AUTO_STR bytes = MSK_STR_INIT;

	add_new(&bytes, r, n, false, 2);
	sysroot_bytes(s, "etc/ld.so.cache", bytes.buf, bytes.len);
}

/* A program that needs liba.so, under a loader that looks in /lib and /usr/lib. */
static void resolve(struct sysroot *s, uint64_t flags_1, struct msk_closure *c)
{
	struct msk_closure_args args = { .tree = msk_host_tree(s->host) };
	MSK_AUTO_ROFILE f = MSK_ROFILE_INIT;
	struct msk_err err = MSK_ERR_INIT;

	put(s, "ld-linux-x86-64.so.2", &(struct fake){ .tail = "\0/lib/\0/usr/lib/", .tail_size = 17 });
	fake_make(&file, &(struct fake){ .interp = "/ld-linux-x86-64.so.2", .needed = { "liba.so" }, .flags_1 = flags_1 });
	f = fake_open(file.b, file.n);
	f.dev = UINT64_MAX;
	if (msk_closure_resolve(&args, &f, "app", c, &err) < 0)
		fail_msg("%s", err.msg);
}

static void resolves(struct sysroot *s, uint64_t flags_1, const char *want, enum msk_found_by rule)
{
	MSK_CLEANUP(msk_closure_release) struct msk_closure c = { 0 };

	resolve(s, flags_1, &c);
	if (!want) {
		assert_int_equal(c.n_missing, 1);
		return;
	}
	assert_int_equal(c.n_missing, 0);
	assert_string_equal(c.objects[1].path, want);
	assert_int_equal(c.objects[1].found_by, rule);
}

static void the_cache_comes_before_the_system_dirs(void **state)
{
	static const struct row r[] = { { 0x303, "liba.so", "/opt/liba.so", 0 } };
	struct sysroot *s = *state;

	put_cache(s, r, 1);
	put(s, "lib/liba.so", PLAIN_LIBRARY);
	resolves(s, 0, "/lib/liba.so", MSK_BY_SYSTEM_DIR);      /* a stale entry: the search goes on */
	put(s, "opt/liba.so", &(struct fake){ .machine = EM_AARCH64 });
	resolves(s, 0, "/lib/liba.so", MSK_BY_SYSTEM_DIR);      /* and so for one that does not fit */
	put(s, "opt/liba.so", PLAIN_LIBRARY);
	resolves(s, 0, "/opt/liba.so", MSK_BY_CACHE);
}

static void nodeflib_discards_entries_in_system_dirs(void **state)
{
	static const struct row in_system[] = { { 0x303, "liba.so", "/lib/liba.so", 0 } };
	static const struct row beside[] = { { 0x303, "liba.so", "/lib2/liba.so", 0 } };
	struct sysroot *s = *state;

	put(s, "lib/liba.so", PLAIN_LIBRARY);
	put(s, "lib2/liba.so", PLAIN_LIBRARY);
	put_cache(s, in_system, 1);
	resolves(s, DF_1_NODEFLIB, NULL, MSK_BY_CACHE);
	put_cache(s, beside, 1);
	resolves(s, DF_1_NODEFLIB, "/lib2/liba.so", MSK_BY_CACHE);
}

static void a_stale_cache_is_told_and_ld_so_conf_followed(void **state)
{
	struct sysroot *s = *state;
	MSK_CLEANUP(msk_closure_release) struct msk_closure c = { 0 };

	sysroot_file(s, "etc/ld.so.conf", "/opt\n");
	put(s, "opt/liba.so", PLAIN_LIBRARY);
	resolves(s, 0, "/opt/liba.so", MSK_BY_CONF);
	put_cache(s, table, 0);
	resolve(s, 0, &c);
	assert_string_equal(c.objects[1].path, "/opt/liba.so");
	assert_string_equal(c.notes.v[0],
			    "/etc/ld.so.cache: stale, so some libraries were found by /etc/ld.so.conf alone; run ldconfig");
	put(s, "lib/liba.so", PLAIN_LIBRARY);
	resolves(s, 0, "/lib/liba.so", MSK_BY_SYSTEM_DIR);      /* which the loader finds by itself */
}

static void a_cache_that_is_not_there_is_told_and_ld_so_conf_followed(void **state)
{
	struct sysroot *s = *state;
	MSK_CLEANUP(msk_closure_release) struct msk_closure c = { 0 };

	sysroot_file(s, "etc/ld.so.conf", "/opt\n");
	put(s, "opt/liba.so", PLAIN_LIBRARY);
	resolve(s, 0, &c);
	assert_string_equal(c.objects[1].path, "/opt/liba.so");
	assert_int_equal(c.notes.n, 1);
	assert_string_equal(c.notes.v[0], "/etc/ld.so.cache: not there, so some libraries were found by /etc/ld.so.conf "
					  "alone; run ldconfig");
}

static void a_broken_cache_is_told_and_ld_so_conf_followed(void **state)
{
	struct sysroot *s = *state;
	MSK_CLEANUP(msk_closure_release) struct msk_closure c = { 0 };

	sysroot_file(s, "etc/ld.so.conf", "/opt\n");
	sysroot_file(s, "etc/ld.so.cache", "rubbish");
	put(s, "opt/liba.so", PLAIN_LIBRARY);
	resolve(s, 0, &c);
	assert_string_equal(c.objects[1].path, "/opt/liba.so");
	assert_int_equal(c.notes.n, 1);
	assert_string_equal(c.notes.v[0],
			    "/etc/ld.so.cache: not a cache that the loader of app can use; went by /etc/ld.so.conf");
}

static void assert_answers(const struct msk_elf *e, const struct msk_str *bytes, const char *name, const char *path)
{
	MSK_AUTO_STR copy = MSK_STR_INIT;
	const char *variant, *got;
	struct msk_ldcache *c;

	msk_str_add(&copy, bytes->buf, bytes->len);
	c = msk_ldcache_new(&copy, e);
	assert_non_null(c);
	got = msk_ldcache_find(c, name, &baseline, &variant);
	if (path)
		assert_string_equal(got, path);
	else
		assert_null(got);
	msk_ldcache_free(c);
}

static void what_is_written_is_found_in_either_byte_order(void **state)
{
	static const struct msk_elf machines[] = {
		{ .elf_class = 64, .machine = EM_X86_64 },
		{ .elf_class = 64, .machine = EM_S390, .big_endian = true },
		{ .elf_class = 32, .machine = EM_ARM, .flags = 0x400 },
	};
	const char *const names[] = { "libz.so.1", "liba.so.10", "liba.so.9", "lib.so", "libb.so.2" };

	(void)state;
	for (size_t m = 0; m < sizeof machines / sizeof *machines; m++) {
		struct msk_ldcache_entry entries[] = {
			{ names[0], "/opt/z/libz.so.1" }, { names[1], "/opt/liba.so.10" }, { names[2], "/srv/liba.so.9" },
			{ names[3], "/opt/other.so" }, { names[4], "/opt/libb.so.2" },
		};
		MSK_AUTO_STR bytes = MSK_STR_INIT;

		msk_ldcache_write(&machines[m], entries, 5, &bytes);
		for (size_t i = 0; i < 5; i++)
			assert_answers(&machines[m], &bytes, entries[i].name, entries[i].path);
		assert_answers(&machines[m], &bytes, "libnone.so", NULL);
		assert_answers(&machines[m], &bytes, "other.so", NULL);
	}
}

static void the_order_of_the_entries_changes_no_byte(void **state)
{
	const struct msk_elf e = { .elf_class = 64, .machine = EM_X86_64 };
	struct msk_ldcache_entry one[] = { { "liba.so", "/x/liba.so" }, { "libb.so", "/x/libb.so" } };
	struct msk_ldcache_entry two[] = { { "libb.so", "/x/libb.so" }, { "liba.so", "/x/liba.so" } };
	MSK_AUTO_STR a = MSK_STR_INIT;
	MSK_AUTO_STR b = MSK_STR_INIT;

	(void)state;
	msk_ldcache_write(&e, one, 2, &a);
	msk_ldcache_write(&e, two, 2, &b);
	assert_int_equal(a.len, b.len);
	assert_memory_equal(a.buf, b.buf, a.len);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_written_is_found_in_either_byte_order),
		cmocka_unit_test(the_order_of_the_entries_changes_no_byte),
		cmocka_unit_test(numbers_in_names_order_by_value),
		cmocka_unit_test(the_first_plain_entry_of_the_machine_counts),
		cmocka_unit_test(entries_for_better_cpus_are_told_apart),
		cmocka_unit_test(a_wanted_variant_comes_first),
		cmocka_unit_test(old_loaders_prefer_tls_directories),
		cmocka_unit_test(a_cache_of_another_byte_order_is_none),
		cmocka_unit_test(a_second_choice_kind_yields_to_the_first),
		cmocka_unit_test(the_old_layout_is_read_alone_and_in_front_of_the_new),
		cmocka_unit_test(what_is_no_cache_is_not_used),
		cmocka_unit_test(no_mutation_of_a_cache_does_harm),
		sysroot_test(the_cache_comes_before_the_system_dirs),
		sysroot_test(nodeflib_discards_entries_in_system_dirs),
		sysroot_test(a_stale_cache_is_told_and_ld_so_conf_followed),
		sysroot_test(a_cache_that_is_not_there_is_told_and_ld_so_conf_followed),
		sysroot_test(a_broken_cache_is_told_and_ld_so_conf_followed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
