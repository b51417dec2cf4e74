/* Build attributes of ARM: the variant that they give, and what is malformed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "fake_elf.h"

static struct fake_file file;

/* A file with these bytes as its only section of attributes, `n_sections` headers told. */
static struct msk_elf read_attributes(const void *bytes, size_t n, unsigned n_sections)
{
	MSK_AUTO_ROFILE f = MSK_ROFILE_INIT;
	struct msk_err err = MSK_ERR_INIT;
	struct msk_elf e;
	size_t at, sections;

	fake_make(&file, &(struct fake){ .machine = EM_ARM, .elf_class = 32, .flags = 0x5000400, .flags_1 = DF_1_PIE });
	at = fake_bytes(&file, bytes, n, 4);
	sections = fake_bytes(&file, (char[80]){ 0 }, 80, 4);
	fake_put(&file, sections + 40 + 4, 0x70000003, 4);
	fake_put(&file, sections + 40 + 16, at, 4);
	fake_put(&file, sections + 40 + 20, n, 4);
	fake_put(&file, 32, sections, 4);
	fake_put(&file, 48, n_sections, 2);
	f = fake_open(file.b, file.n);
	if (msk_elf_read(&f, "app", &e, &err) < 0)
		fail_msg("%s", err.msg);
	return e;
}

/* {'A', length, "aeabi", 1, length, CPU_name "x", CPU_arch n} as the only section. */
static void arm_attributes_give_the_variant(void **state)
{
	static const struct {
		unsigned char cpu_arch;
		const char *want;
	} cases[] = {
		{ 0, NULL }, { 1, NULL }, { 2, NULL }, { 3, "v5" }, { 4, "v5" }, { 5, "v5" }, { 6, "v6" }, { 7, "v6" },
		{ 8, "v6" }, { 9, "v6" }, { 10, "v7" }, { 11, "v6" }, { 12, "v6" }, { 13, "v7" }, { 14, "v8" }, { 17, "v8" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		const unsigned char attributes[] = { 'A', 20, 0, 0, 0, 'a', 'e', 'a', 'b', 'i', 0,
						     1, 10, 0, 0, 0, 5, 'x', 0, 6, cases[i].cpu_arch };
		struct msk_elf e = read_attributes(attributes, sizeof attributes, 2);

		assert_string_equal(e.platform.variant, cases[i].want ? cases[i].want : "v7");
		assert_int_equal(e.variant_guessed, !cases[i].want);
		msk_elf_release(&e);
	}
}

/* What stands before CPU_arch is passed over, by the rules for its kind; what is malformed says nothing. */
static void arm_attributes_are_read_with_care(void **state)
{
	static const struct {
		const char *bytes;
		size_t n;
		bool says;
	} cases[] = {
#define ROW(says, text) { text, sizeof text - 1, says }
#define AEABI(length) "A" length "\0\0\0aeabi\0"
		ROW(true, AEABI("\22") "\1\10\0\0\0\6\6\0"),
		ROW(true, "A\7\0\0\0gnu\22\0\0\0aeabi\0\1\10\0\0\0\6\6\0"),
		ROW(true, AEABI("\27") "\2\5\0\0\0\1\10\0\0\0\6\6\0"),
		ROW(true, AEABI("\41") "\1\27\0\0\0\4a\0\5b\0\40\1c\0\103d\0\43e\0\6\6"),
		ROW(true, AEABI("\27") "\1\15\0\0\0\7\200\1\42\1\6\206\0"),
		ROW(false, AEABI("\24") "\1\12\0\0\0\6\377\377\3\0"),
		ROW(false, AEABI("\27") "\1\15\0\0\0\200\200\200\200\200\200\200\200"),
		ROW(false, AEABI("\34") "\1\22\0\0\0\200\200\200\200\200\200\200\200\200\200\200\6\6"),
		ROW(false, AEABI("\20") "\1\6\0\0\0\6"),
		ROW(false, AEABI("\22") "\1\10\0\0\0\5ab"),
		ROW(false, AEABI("\22") "\1\10\0\0\0\40\1c"),
		ROW(false, AEABI("\21") "\1\7\0\0\0\7\1"),
		ROW(false, AEABI("\22") "\2\10\0\0\0\6\6\0"),
		ROW(false, AEABI("\22") "\1\4\0\0\0\6\6\0"),
		ROW(false, AEABI("\22") "\1\11\0\0\0\6\6\0"),
		ROW(false, AEABI("\16") "\1\6\0\0\0"),
		ROW(false, "A\11\0\0\0aeabi\6"),
		ROW(false, "A\14\0\0\0armcc\0\6\6"),
		ROW(false, "A\3\0\0\0aeabi\0"),
		ROW(false, "A\14\0\0\0aeabi\0"),
		ROW(false, "B\22\0\0\0aeabi\0\1\10\0\0\0\6\6\0"),
		ROW(false, "A"),
	};
	const char *arm = "A\22\0\0\0aeabi\0\1\10\0\0\0\6\6\0";
	struct msk_elf e;

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		e = read_attributes(cases[i].bytes, cases[i].n, 2);
		if (e.variant_guessed == cases[i].says || (cases[i].says && strcmp(e.platform.variant, "v6") != 0))
			fail_msg("attributes %zu: %s%s", i, e.platform.variant, e.variant_guessed ? ", guessed" : "");
		msk_elf_release(&e);
	}
	for (unsigned n_sections = 0; n_sections < 2; n_sections++) {
		e = read_attributes(arm, 19, n_sections ? 4097 : 0);
		assert_true(e.variant_guessed);
		msk_elf_release(&e);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(arm_attributes_give_the_variant),
		cmocka_unit_test(arm_attributes_are_read_with_care),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
