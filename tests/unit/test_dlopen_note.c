/* .note.dlopen: what is taken from it, and what is said of one that makes no sense. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <cmocka.h>

#include "../../src/elf/parse.h"
#include "fake_note.h"

static struct fake_file file;

static struct msk_elf read_note(const struct msk_str *note, const struct fake *like)
{
	struct fake s = *like;
	struct msk_err err = MSK_ERR_INIT;
	struct msk_elf e;

	s.note = msk_str_c(note);
	s.note_size = note->len;
	s.note_align = 4;
	s.interp = "/lib64/ld.so";
	fake_make(&file, &s);
	MSK_AUTO_ROFILE f = fake_open(file.b, file.n);
	if (msk_elf_read(&f, "app", &e, &err) < 0)
		fail_msg("%s", err.msg);
	return e;
}

static struct msk_elf read_json(const char *json)
{
	MSK_AUTO_STR note = MSK_STR_INIT;

	note_add(&note, false, json);
	return read_note(&note, &(struct fake){ .big = false });
}

/* "so1|so2 feature priority; ..." */
static void takes(struct msk_elf e, const char *want)
{
	MSK_AUTO_STR got = MSK_STR_INIT;

	for (size_t i = 0; i < e.n_dlopens; i++) {
		const struct msk_dlopen *d = &e.dlopens[i];

		msk_str_adds(&got, i ? "; " : "");
		for (size_t k = 0; k < d->sonames.n; k++)
			msk_str_addf(&got, "%s%s", k ? "|" : "", d->sonames.v[k]);
		msk_str_addf(&got, " %s %d", d->feature ? d->feature : "-", d->priority);
	}
	assert_string_equal(msk_str_c(&got), want);
	assert_null(e.note_fault);
	msk_elf_release(&e);
}

static void faults(const char *json, const char *want)
{
	struct msk_elf e = read_json(json);

	assert_int_equal(e.n_dlopens, 0);
	assert_non_null(e.note_fault);
	assert_string_equal(e.note_fault, want);
	msk_elf_release(&e);
}

static void every_member_is_taken(void **state)
{
	struct msk_elf e = read_json("[{\"soname\":[\"liba.so.1\"],\"feature\":\"f\",\"description\":\"what\","
				     "\"priority\":\"required\",\"more\":[1]}]");

	(void)state;
	assert_string_equal(e.dlopens[0].description, "what");
	takes(e, "liba.so.1 f 0");
}

static void priority_is_recommended_unless_told(void **state)
{
	(void)state;
	takes(read_json("[{\"soname\":[\"liba.so.1\"]}]"), "liba.so.1 - 1");
	takes(read_json("[{\"soname\":[\"a\"],\"priority\":\"suggested\"},{\"soname\":[\"b\"],\"priority\":\"recommended\"}]"),
	      "a - 2; b - 1");
}

static void sonames_keep_their_order(void **state)
{
	(void)state;
	takes(read_json("[{\"soname\":[\"libz.so.2\",\"liba.so.1\",\"libz.so.1\"]}]"),
	      "libz.so.2|liba.so.1|libz.so.1 - 1");
}

static void several_notes_add_up(void **state)
{
	MSK_AUTO_STR note = MSK_STR_INIT;

	(void)state;
	note_add(&note, false, "[{\"soname\":[\"a\"]},{\"soname\":[\"b\"]}]");
	note_add(&note, false, "[]");
	note_add(&note, false, "[{\"soname\":[\"c\"]}]");
	takes(read_note(&note, &(struct fake){ .big = false }), "a - 1; b - 1; c - 1");
}

static void any_class_and_byte_order_will_do(void **state)
{
	MSK_AUTO_STR note = MSK_STR_INIT;

	(void)state;
	note_add(&note, true, "[{\"soname\":[\"a\"]}]");
	takes(read_note(&note, &(struct fake){ .big = true, .machine = EM_S390 }), "a - 1");
	takes(read_note(&note, &(struct fake){ .big = true, .machine = EM_PPC, .elf_class = 32 }), "a - 1");
}

static void malformed_notes_are_faults(void **state)
{
	static const struct { const char *json, *want; } cases[] = {
		{ "{\"soname\":[\"a\"]}", "malformed .note.dlopen: not an array" },
		{ "[1]", "malformed .note.dlopen: an entry is no object" },
		{ "[{}]", "malformed .note.dlopen: an entry has no list of sonames" },
		{ "[{\"soname\":\"a\"}]", "malformed .note.dlopen: an entry has no list of sonames" },
		{ "[{\"soname\":[]}]", "malformed .note.dlopen: an entry has no list of sonames" },
		{ "[{\"soname\":[\"\"]}]", "malformed .note.dlopen: a soname is no name of a file" },
		{ "[{\"soname\":[1]}]", "malformed .note.dlopen: a soname is no name of a file" },
		{ "[{\"soname\":[\"a\"],\"feature\":1}]", "malformed .note.dlopen: a member of an entry is no string" },
		{ "[{\"soname\":[\"a\"],\"priority\":\"high\"}]",
		  "malformed .note.dlopen: an entry has an unknown priority" },
		{ "[{\"soname\":[\"a\"],\"soname\":[\"b\"]}]",
		  "malformed .note.dlopen: JSON: line 1: key \"soname\" given twice" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		faults(cases[i].json, cases[i].want);
}

static void what_is_no_json_is_a_fault(void **state)
{
	struct msk_elf e = read_json("[{\"soname\":");

	(void)state;
	assert_true(e.note_fault && msk_starts_with(e.note_fault, "malformed .note.dlopen: JSON: line 1, column "));
	msk_elf_release(&e);
}

static void a_fault_leaves_the_other_entries(void **state)
{
	struct msk_elf e = read_json("[{\"soname\":[\"a\"]},{},{\"soname\":[\"b\"]}]");

	(void)state;
	assert_int_equal(e.n_dlopens, 2);
	assert_non_null(e.note_fault);
	msk_elf_release(&e);
}

static void number_of_entries_is_limited(void **state)
{
	MSK_AUTO_STR json = MSK_STR_INIT;
	struct msk_elf e;

	(void)state;
	for (int i = 0; i < MSK_ELF_MAX_DLOPENS + 1; i++)
		msk_str_addf(&json, "%s{\"soname\":[\"lib%d.so\"]}", i ? "," : "[", i);
	msk_str_adds(&json, "]");
	e = read_json(msk_str_c(&json));
	assert_int_equal(e.n_dlopens, MSK_ELF_MAX_DLOPENS);
	assert_string_equal(e.note_fault, "malformed .note.dlopen: too many entries");
	msk_elf_release(&e);
}

static void number_of_sonames_is_limited(void **state)
{
	MSK_AUTO_STR json = MSK_STR_INIT;

	(void)state;
	msk_str_adds(&json, "[{\"soname\":[\"a\"");
	for (int i = 0; i < MSK_ELF_MAX_DLOPENS; i++)
		msk_str_adds(&json, ",\"a\"");
	msk_str_adds(&json, "]}]");
	faults(msk_str_c(&json), "malformed .note.dlopen: an entry has too many sonames");
}

static void number_of_notes_is_limited(void **state)
{
	MSK_AUTO_STR note = MSK_STR_INIT;
	struct msk_elf e;

	(void)state;
	for (int i = 0; i < MSK_ELF_MAX_DLOPENS; i++)
		note_add(&note, false, "[]");
	note_add(&note, false, "[{\"soname\":[\"a\"]}]");
	e = read_note(&note, &(struct fake){ .big = false });
	assert_int_equal(e.n_dlopens, 0);
	assert_string_equal(e.note_fault, "malformed .note.dlopen: too many notes");
	msk_elf_release(&e);
}

/* A segment larger than the file can be is made by its header alone. */
static void huge_notes_are_not_read(void **state)
{
	MSK_AUTO_STR note = MSK_STR_INIT;
	struct msk_err err = MSK_ERR_INIT;
	struct msk_elf e;

	(void)state;
	note_add(&note, false, "[{\"soname\":[\"a\"]}]");
	e = read_note(&note, &(struct fake){ .big = false });
	assert_int_equal(e.n_dlopens, 1);
	msk_elf_release(&e);
	fake_word(&file, 64 + 2 * 56 + 32, 2 << 20);
	MSK_AUTO_ROFILE f = fake_open(file.b, file.n);
	assert_int_equal(msk_elf_read(&f, "app", &e, &err), 0);
	assert_int_equal(e.n_dlopens, 0);
	assert_string_equal(e.note_fault, "notes of 2097152 bytes were not read (allowed: 1048576)");
	msk_elf_release(&e);
}

static void long_json_is_not_parsed(void **state)
{
	static struct msk_elf e;
	MSK_AUTO_STR json = MSK_STR_INIT;

	(void)state;
	/* By the parser of the note itself: the made-up file has no room for as much. */
	msk_str_adds(&json, "[{\"soname\":[\"a\"]}");
	while (json.len < MSK_ELF_MAX_JSON)
		msk_str_addc(&json, ' ');
	msk_str_addc(&json, ']');
	msk_dlopen_note_add(&e, (const unsigned char *)msk_str_c(&json), json.len);
	assert_int_equal(e.n_dlopens, 0);
	assert_string_equal(e.note_fault, "malformed .note.dlopen: larger than 65536 bytes");
	msk_elf_release(&e);
}

/* Any prefix and any changed byte is read without harm. */
static void no_bytes_make_it_stumble(void **state)
{
	static const char json[] = "[{\"soname\":[\"liba.so.1\",\"b\"],\"feature\":\"f\",\"priority\":\"required\"}]";

	(void)state;
	for (size_t n = 0; n < sizeof json; n++) {
		char copy[sizeof json];

		for (unsigned bit = 0; bit < 8; bit++) {
			MSK_AUTO_STR note = MSK_STR_INIT;
			struct msk_elf e;

			memcpy(copy, json, sizeof json);
			copy[n] = (char)(copy[n] ^ (1 << bit));
			note_add_bytes(&note, false, copy, bit ? sizeof json : n);
			e = read_note(&note, &(struct fake){ .big = false });
			msk_elf_release(&e);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_member_is_taken),
		cmocka_unit_test(priority_is_recommended_unless_told),
		cmocka_unit_test(sonames_keep_their_order),
		cmocka_unit_test(several_notes_add_up),
		cmocka_unit_test(any_class_and_byte_order_will_do),
		cmocka_unit_test(malformed_notes_are_faults),
		cmocka_unit_test(what_is_no_json_is_a_fault),
		cmocka_unit_test(a_fault_leaves_the_other_entries),
		cmocka_unit_test(number_of_entries_is_limited),
		cmocka_unit_test(number_of_sonames_is_limited),
		cmocka_unit_test(number_of_notes_is_limited),
		cmocka_unit_test(huge_notes_are_not_read),
		cmocka_unit_test(long_json_is_not_parsed),
		cmocka_unit_test(no_bytes_make_it_stumble),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
