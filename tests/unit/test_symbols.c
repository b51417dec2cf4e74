/* Dynamic symbols: the same facts in every class and byte order, counted by each way there is, and one sentence for each
 * table that does not hold what it promises. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <cmocka.h>

#include "fake_symbols.h"
#include "mkscratch/symbols.h"

static struct fake_file file;

static int read_file(struct msk_symbols *s, struct msk_err *err)
{
	MSK_AUTO_ROFILE f = fake_open(file.b, file.n);

	*err = (struct msk_err)MSK_ERR_INIT;
	return msk_symbols_read(&f, "lib", s, err);
}

static struct msk_symbols read_good(void)
{
	struct msk_symbols s;
	struct msk_err err;

	if (read_file(&s, &err) < 0)
		fail_msg("%s", err.msg);
	return s;
}

static void make(enum counted by)
{
	counted = by;
	fake_make(&file, &(struct fake){ .soname = "libself.so", .tables = fake_symbols });
}

static void file_fails(const char *msg)
{
	struct msk_symbols s;
	struct msk_err err;

	assert_int_equal(read_file(&s, &err), -1);
	assert_string_equal(err.msg, msg);
	assert_int_equal(err.code, MSK_E_INPUT);
}

static void check_symbols(const struct msk_symbols *s, size_t n)
{
	const struct msk_symbol *v = s->v - 1;

	assert_int_equal(s->n, n - 1);
	assert_string_equal(v[STRONG].name, "strong");
	assert_true(v[STRONG].imported && !v[STRONG].defined && !v[STRONG].stand_in);
	assert_true(v[STRONG].by_call && !v[STRONG].by_data);
	assert_string_equal(v[STRONG].version_name, "V1");
	assert_int_equal(v[WEAK].bind, STB_WEAK);
	assert_true(v[WEAK].by_data && !v[WEAK].by_call);
	assert_string_equal(v[WEAK].version_name, "V2");
	assert_true(v[OLD].by_copy && v[OLD].hidden);
	assert_string_equal(v[OLD].version_name, "MINE");
	assert_int_equal(v[OLD].type, STT_OBJECT);
	assert_true(msk_symbols_import(s, "strong") && msk_symbols_import(s, "weak"));
	assert_true(!msk_symbols_import(s, "plain") && !msk_symbols_import(s, "MINE"));
}

/* Only the hash table makes a definition one that can be found. */
static void check_definitions(const struct msk_symbols *s)
{
	const struct msk_symbol *v = s->v - 1;

	assert_true(v[PLAIN].defined && !v[PLAIN].hidden && !v[PLAIN].binds_here);
	assert_true(v[OLD].defined && v[ABS].defined && v[ABS].binds_here);
	assert_true(!v[LOCAL].defined && v[LOCAL].binds_here);
	assert_true(!v[EMPTY].defined && !v[SECTION].defined);
	assert_null(v[EMPTY].version_name);
	assert_int_equal(v[EMPTY].version, 9);
}

static void check_versions(const struct msk_symbols *s)
{
	assert_true(s->versioned);
	assert_int_equal(s->n_needs, 2);
	assert_string_equal(s->needs[0].file, "liba.so");
	assert_string_equal(s->needs[0].name, "V1");
	assert_true(s->needs[0].weak && !s->needs[0].hidden);
	assert_int_equal(s->needs[0].hash, 0x111);
	assert_int_equal(s->needs[1].index, 3);
	assert_true(!s->needs[1].weak && s->needs[1].hidden);
	assert_int_equal(s->n_defs, 2);
	assert_true(s->defs[0].base && !s->defs[1].base);
	assert_string_equal(s->defs[0].name, "libself.so");
	assert_string_equal(s->defs[1].name, "MINE");
	assert_int_equal(s->defs[1].hash, 0x444);
}

static void facts_are_the_same_in_every_class_and_byte_order(void **state)
{
	static const struct fake kinds[] = {
		{ .elf_class = 64 }, { .elf_class = 64, .big = true, .machine = EM_PPC64 },
		{ .elf_class = 32, .machine = EM_386 }, { .elf_class = 32, .big = true, .machine = EM_PPC },
	};

	(void)state;
	for (size_t i = 0; i < 4; i++)
		for (counted = BY_HASH; counted <= BY_GNU_HASH; counted++) {
			struct fake f = kinds[i];
			struct msk_symbols s;

			f.tables = fake_symbols;
			fake_make(&file, &f);
			/* Copy relocations have a number by machine. */
			if (f.big)
				put_relocation(&file, 2, OLD, 19);
			s = read_good();
			check_symbols(&s, N);
			check_definitions(&s);
			check_versions(&s);
			msk_symbols_release(&s);
		}
}

static void a_stub_with_an_address_answers_data(void **state)
{
	struct msk_symbols s;

	(void)state;
	make(BY_HASH);
	s = read_good();
	assert_true(s.v[WEAK - 1].stand_in && !s.v[WEAK - 1].defined && !s.v[STRONG - 1].stand_in);
	msk_symbols_release(&s);
}

static void relocations_count_what_no_hash_table_lists(void **state)
{
	struct msk_symbols s;

	(void)state;
	make(BY_RELOCATIONS);
	s = read_good();
	check_symbols(&s, OLD + 1);
	assert_false(s.v[PLAIN - 1].defined);
	msk_symbols_release(&s);
	make(BY_NOTHING);
	s = read_good();
	assert_int_equal(s.n, 0);
	check_versions(&s);
	msk_symbols_release(&s);
}

static void an_empty_gnu_hash_lists_nothing(void **state)
{
	struct msk_symbols s;

	(void)state;
	make(BY_GNU_HASH);
	fake_put(&file, fake_at.hash + 24, 0, 4);
	s = read_good();
	check_symbols(&s, OLD + 1);
	assert_false(s.v[OLD - 1].defined);
	msk_symbols_release(&s);
}

static void mips_symbols(struct fake_file *f)
{
	put_symbols(f);
	fake_extra(f, 0x70000011, N);
	fake_extra(f, 0x70000013, WEAK);
}

static void mips_counts_its_symbols_and_looks_up_its_got(void **state)
{
	struct msk_symbols s;

	(void)state;
	fake_make(&file, &(struct fake){ .elf_class = 32, .big = true, .machine = EM_MIPS, .tables = mips_symbols });
	s = read_good();
	assert_int_equal(s.n, N - 1);
	assert_true(!s.v[STRONG - 1].by_data && s.v[WEAK - 1].by_data && s.v[PLAIN - 1].by_data);
	assert_false(s.v[WEAK - 1].stand_in);
	msk_symbols_release(&s);
}

static void mips64_relocations(struct fake_file *f)
{
	put_symbols(f);
	fake_at.relocations = fake_bytes(f, "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 16, 8);
	fake_put(f, fake_at.relocations + 8, WEAK, 4);
	f->b[fake_at.relocations + 15] = 3;
	fake_extra(f, DT_REL, fake_at.relocations);
	fake_extra(f, DT_RELSZ, 16);
	fake_extra(f, DT_RELENT, 16);
}

static void mips64_writes_the_symbol_first_in_both_orders(void **state)
{
	(void)state;
	for (int big = 0; big < 2; big++) {
		struct msk_symbols s;

		fake_make(&file, &(struct fake){ .big = big, .machine = EM_MIPS, .tables = mips64_relocations });
		s = read_good();
		assert_int_equal(s.n, WEAK);
		assert_true(s.v[WEAK - 1].by_data);
		msk_symbols_release(&s);
	}
}

static void wide_hash(struct fake_file *f)
{
	const uint32_t words[] = { 0, 1, 0, N };

	put_symbols(f);
	fake_extra(f, DT_HASH, put_words(f, words, 4));
}

static void s390x_has_a_wide_hash_table(void **state)
{
	struct msk_symbols s;

	(void)state;
	fake_make(&file, &(struct fake){ .big = true, .machine = EM_S390, .tables = wide_hash });
	s = read_good();
	assert_int_equal(s.n, N - 1);
	msk_symbols_release(&s);
}

static void no_dynamic_section_means_no_symbols(void **state)
{
	struct msk_symbols s;

	(void)state;
	fake_make(&file, &(struct fake){ .type = ET_EXEC, .no_dynamic = true });
	s = read_good();
	assert_int_equal(s.n, 0);
	assert_false(msk_symbols_import(&s, "strong"));
	msk_symbols_release(&s);
}

/* --- faults --- */

/* The value of a tag that is there. */
static void set_tag(uint64_t tag, uint64_t value)
{
	for (unsigned i = 0; i < file.n_dynamic; i++)
		if (file.b[file.dynamic + 16 * i] == (tag & 0xff) && file.b[file.dynamic + 16 * i + 3] == (tag >> 24))
			fake_put(&file, file.dynamic + 16 * i + 8, value, 8);
}

static void tables_outside_the_file_are_told(void **state)
{
	static const struct {
		uint64_t tag;
		const char *what;
	} tables[] = {
		{ DT_SYMTAB, "symbol table" }, { DT_GNU_HASH, "hash table" }, { DT_STRTAB, "string table" },
		{ DT_RELA, "relocation table" }, { DT_VERSYM, "table of symbol versions" },
		{ DT_VERNEED, "table of version needs" }, { DT_VERDEF, "table of version definitions" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof tables / sizeof *tables; i++) {
		MSK_AUTO_FREE char *msg = msk_xasprintf("lib: %s at 0x99999 is outside the file", tables[i].what);

		make(BY_GNU_HASH);
		set_tag(tables[i].tag, 0x99999);
		file_fails(msg);
	}
}

static void tables_that_run_out_are_told(void **state)
{
	MSK_AUTO_FREE char *msg = NULL;

	(void)state;
	make(BY_HASH);
	set_tag(DT_SYMTAB, file.n - 30);
	file_fails("lib: symbol table runs past its segment (entry at 192, 30 bytes there)");
	make(BY_HASH);
	set_tag(DT_HASH, file.n - 2);
	file_fails("lib: hash table runs past its segment (entry at 0, 2 bytes there)");
	make(BY_GNU_HASH);
	fake_put(&file, fake_at.hash, 0xffffffff, 4);
	msg = msk_xasprintf("lib: hash table runs past its segment (entry at %zu, %zu bytes there)",
			    24 + (file.n - fake_at.hash - 24) / 4 * 4, file.n - fake_at.hash);
	file_fails(msg);
	make(BY_HASH);
	set_tag(DT_RELASZ, 1 << 20);
	set_tag(DT_RELACOUNT, (1 << 20) / 24 - 1);
	free(msk_take(&msg));
	msg = msk_xasprintf("lib: relocation table runs past its segment (entry at %u, %zu bytes there)",
			    ((1 << 20) / 24 - 1) * 24, file.n - fake_at.relocations);
	file_fails(msg);
}

static void counts_are_capped(void **state)
{
	(void)state;
	make(BY_HASH);
	fake_put(&file, fake_at.hash + 4, MSK_SYMBOLS_MAX + 1, 4);
	file_fails("lib: has too many symbols (1048577 vs 1048576)");
	make(BY_GNU_HASH);
	fake_put(&file, fake_at.hash + 4, MSK_SYMBOLS_MAX, 4);
	fake_put(&file, fake_at.hash + 24, MSK_SYMBOLS_MAX, 4);
	file_fails("lib: has too many symbols (more than 1048576)");
	make(BY_GNU_HASH);
	fake_put(&file, fake_at.hash + 4, PLAIN + 1, 4);
	file_fails("lib: hash table lists symbol 3, but begins with 4");
	make(BY_HASH);
	put_relocation(&file, 1, MSK_SYMBOLS_MAX, 1);
	file_fails("lib: a relocation names symbol 1048576 (allowed: below 1048576)");
	make(BY_HASH);
	set_tag(DT_RELASZ, 24 * (MSK_RELOCATIONS_MAX + 3ull));
	file_fails("lib: has too many relocations (16777218 vs 16777216)");
	fake_make(&file, &(struct fake){ .machine = EM_MIPS, .tables = mips_symbols });
	set_tag(0x70000011, MSK_SYMBOLS_MAX + 1);
	file_fails("lib: has too many symbols (1048577 vs 1048576)");
}

static void entry_sizes_are_checked(void **state)
{
	(void)state;
	make(BY_HASH);
	set_tag(DT_SYMENT, 16);
	file_fails("lib: symbol entry size is 16, expected 24");
	make(BY_HASH);
	set_tag(DT_RELAENT, 12);
	file_fails("lib: relocation entry size is 12, expected 24");
}

static void names_outside_the_string_table_are_told(void **state)
{
	(void)state;
	make(BY_HASH);
	fake_put(&file, fake_at.symbols + 24, 5000, 4);
	set_tag(DT_STRSZ, 80);
	file_fails("lib: symbol name at offset 5000 is outside the string table (80 bytes)");
	make(BY_HASH);
	fake_put(&file, fake_at.needs + 24, 5001, 4);
	set_tag(DT_STRSZ, 80);
	file_fails("lib: version name at offset 5001 is outside the string table (80 bytes)");
	make(BY_HASH);
	fake_put(&file, fake_at.needs + 4, 5002, 4);
	set_tag(DT_STRSZ, 80);
	file_fails("lib: name of a versioned library at offset 5002 is outside the string table (80 bytes)");
	make(BY_HASH);
	fake_put(&file, fake_at.defs + 48, 5003, 4);
	set_tag(DT_STRSZ, 80);
	file_fails("lib: version name at offset 5003 is outside the string table (80 bytes)");
}

static void version_chains_end(void **state)
{
	MSK_AUTO_FREE char *msg = NULL;

	(void)state;
	make(BY_HASH);
	fake_put(&file, fake_at.needs, 2, 2);
	file_fails("lib: table of version needs has an unknown format (2 vs 1)");
	make(BY_HASH);
	fake_put(&file, fake_at.defs + 28, 0, 2);
	file_fails("lib: table of version definitions has an unknown format (0 vs 1)");
	make(BY_HASH);
	fake_put(&file, fake_at.needs + 44, 0x7fffffff, 4);
	msg = msk_xasprintf("lib: table of version needs runs past its segment (entry at 2147483679, %zu bytes there)",
			    file.n - fake_at.needs);
	file_fails(msg);
}

/* Each word is a name and a step of four bytes: records that overlap, and none is the last. */
static void version_records_are_capped(void **state)
{
	static unsigned char large[FAKE_ROOM + 4 * (MSK_VERSIONS_MAX + 8)];
	struct msk_symbols s;
	struct msk_err err = MSK_ERR_INIT;

	(void)state;
	make(BY_HASH);
	fake_put(&file, fake_at.needs + 8, (uint32_t)(FAKE_ROOM - fake_at.needs), 4);
	fake_word(&file, file.size_at_phdrs + 32, sizeof large);
	fake_word(&file, file.size_at_phdrs + 40, sizeof large);
	memcpy(large, file.b, sizeof file.b);
	for (size_t i = FAKE_ROOM; i < sizeof large; i += 4)
		large[i] = 4;
	MSK_AUTO_ROFILE f = fake_open(large, sizeof large);
	assert_int_equal(msk_symbols_read(&f, "lib", &s, &err), -1);
	assert_string_equal(err.msg, "lib: table of version needs has more than 32768 records");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(facts_are_the_same_in_every_class_and_byte_order),
		cmocka_unit_test(a_stub_with_an_address_answers_data),
		cmocka_unit_test(relocations_count_what_no_hash_table_lists),
		cmocka_unit_test(an_empty_gnu_hash_lists_nothing),
		cmocka_unit_test(mips_counts_its_symbols_and_looks_up_its_got),
		cmocka_unit_test(mips64_writes_the_symbol_first_in_both_orders),
		cmocka_unit_test(s390x_has_a_wide_hash_table),
		cmocka_unit_test(no_dynamic_section_means_no_symbols),
		cmocka_unit_test(tables_outside_the_file_are_told),
		cmocka_unit_test(tables_that_run_out_are_told),
		cmocka_unit_test(counts_are_capped),
		cmocka_unit_test(entry_sizes_are_checked),
		cmocka_unit_test(names_outside_the_string_table_are_told),
		cmocka_unit_test(version_chains_end),
		cmocka_unit_test(version_records_are_capped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
