/* Signs in the bytes of a program: each counts where it is whole, and nearly is not enough. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "fake_elf.h"
#include "mkscratch/doctor.h"

static struct fake_file file;

/* What is made of a program with these bytes in a writable segment. */
static struct msk_diagnosis examine(const void *bytes, size_t n)
{
	MSK_AUTO_ROFILE f = MSK_ROFILE_INIT;
	struct msk_err err = MSK_ERR_INIT;
	struct msk_diagnosis d;

	fake_make(&file, &(struct fake){ .flags_1 = DF_1_PIE, .tail = bytes, .tail_size = n });
	f = fake_open(file.b, file.n);
	if (msk_doctor_examine(&(struct msk_doctor_args){ .file = &f, .name = "app" }, &d, &err) < 0)
		fail_msg("%s", err.msg);
	return d;
}

#define DIGITS "0123456789abcdef0123456789abcdef01234567"
#define ROW(text, want) { text, sizeof text - 1, want }

static void a_commit_of_rust_has_forty_digits_and_its_library(void **state)
{
	static const struct {
		const char *bytes;
		size_t n;
		bool rust;
	} rows[] = {
		ROW("\0/rustc/" DIGITS "/library/core\0", true),
		ROW("\0/rustc/" DIGITS "/libraries/\0", false),
		ROW("\0/rustc/" DIGITS, false),
		ROW("\0/rustc/0123456789abcdef0123456789abcdef0123456G/library/\0", false),
		ROW("\0/rustc/0123456789abcdef0123456789abcdef0123456\0/library/\0", false),
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct msk_diagnosis d = examine(rows[i].bytes, rows[i].n);

		if ((d.language != NULL) != rows[i].rust)
			fail_msg("row %zu: %s", i, d.language ? d.language : "none");
		if (rows[i].rust)
			assert_string_equal(d.language_version, "commit 0123456789ab");
		msk_diagnosis_release(&d);
	}
}

/* The marker that .NET's host keeps behind the offset of its bundle. */
#define BUNDLE "\x8b\x12\x02\xb9\x6a\x61\x20\x38\x72\x7b\x93\x02\x14\xd7\xa0\x32\x13\xf5\xb9\xe6\xef\xae\x33" \
	       "\x18\xee\x3b\x2d\xce\x24\xb3\x6a\xae"

static void a_bundle_of_dotnet_has_an_offset(void **state)
{
	static const struct {
		const char *bytes;
		size_t n;
		bool there;
	} rows[] = {
		ROW("\0\0\1\0\0\0\0\0" BUNDLE "\0", true),
		ROW("\0\0\0\0\0\0\0\0" BUNDLE "\0", false),
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct msk_diagnosis d = examine(rows[i].bytes, rows[i].n);

		assert_int_equal(d.payload != NULL, rows[i].there);
		if (rows[i].there)
			assert_string_equal(d.payload, ".NET");
		msk_diagnosis_release(&d);
	}
}

static void an_address_ends_with_its_port(void **state)
{
	static const struct {
		const char *bytes;
		size_t n;
		bool there;
	} rows[] = {
		ROW("\0000.0.0.0:80\0", true),
		ROW("\000[::]:443/path\0", true),
		ROW("\0000.0.0.0:8080\0", false),
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct msk_diagnosis d = examine(rows[i].bytes, rows[i].n);

		if ((d.wants[MSK_WANT_LOW_PORT].level == MSK_IS_HINT) != rows[i].there)
			fail_msg("row %zu", i);
		msk_diagnosis_release(&d);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_commit_of_rust_has_forty_digits_and_its_library),
		cmocka_unit_test(a_bundle_of_dotnet_has_an_offset),
		cmocka_unit_test(an_address_ends_with_its_port),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
