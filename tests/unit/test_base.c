/* base: strings, numbers, errors and log lines, JSON. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "mkscratch/filecap.h"
#include "mkscratch/fs.h"
#include "mkscratch/json.h"
#include "mkscratch/log.h"
#include "mkscratch/sorted.h"

static void numbers_are_decimal_and_bounded(void **state)
{
	static const char *const bad[] = { "", "-1", "+1", " 1", "1 ", "0x10", "1e3", "2147483648", "99999999999999999999" };
	unsigned long long n = 7;

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		assert_false(msk_parse_u64(bad[i], 2147483647, &n));
	assert_int_equal(n, 7);
	assert_true(msk_parse_u64("2147483647", 2147483647, &n));
	assert_int_equal(n, 2147483647);
	assert_true(msk_parse_u64("18446744073709551615", ~0ull, &n));
	assert_true(n == ~0ull);
	assert_false(msk_parse_u64("18446744073709551616", ~0ull, &n));
	assert_true(msk_parse_u64("000", 0, &n));
	assert_false(msk_parse_u64("7", 5, &n));
}

static void sizes_read_like_a_label(void **state)
{
	static const struct { unsigned long long n; const char *text; } cases[] = {
		{ 0, "0 B" }, { 999, "999 B" }, { 1000, "1.0 kB" }, { 1999, "1.9 kB" }, { 3200000, "3.2 MB" },
		{ 999999, "999.9 kB" }, { 18446744073709551615ull, "18.4 EB" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		MSK_AUTO_STR s = MSK_STR_INIT;

		msk_str_add_size(&s, cases[i].n);
		assert_string_equal(s.buf, cases[i].text);
	}
}

static void control_bytes_and_broken_utf8_are_escaped(void **state)
{
	static const char raw[] = "a\x1b[1m\n\x7f \xc3\xa4 \xff\xc3 \xc2\x9b \xed\xa0\x80 \xc0\xaf";
	MSK_AUTO_STR s = MSK_STR_INIT;

	(void)state;
	msk_str_add_escaped(&s, raw, sizeof raw - 1);
	assert_string_equal(s.buf, "a\\x1b[1m\\x0a\\x7f \xc3\xa4 \\xff\\xc3 \\xc2\\x9b \\xed\\xa0\\x80 \\xc0\\xaf");
}

/* Of a person, too, whom a name may not lead astray: no two names look the same, and none changes what stands around it. */
static void what_is_shown_is_seen(void **state)
{
	static const struct {
		const char *raw, *shown;
	} cases[] = {
		{ "", "" }, { "plain \xc3\xa4 \xf0\x9f\x98\x80", "plain \xc3\xa4 \xf0\x9f\x98\x80" }, { "a\nb", "a\\x0ab" },
		{ "a\\nb\\", "a\\\\nb\\\\" }, { "a\\x0ab", "a\\\\x0ab" }, { "\\\x1b\\\\", "\\\\\\x1b\\\\\\\\" },
		{ "\x7f\xc2\x80\xc2\x9f\xc2\xa0", "\\x7f\\xc2\\x80\\xc2\\x9f\xc2\xa0" },
		{ "\xd8\x9c \xd8\x9d", "\\xd8\\x9c \xd8\x9d" },
		{ "\xe2\x80\x8a\xe2\x80\x8b\xe2\x80\x8c\xe2\x80\x8d\xe2\x80\x8e\xe2\x80\x8f\xe2\x80\x90",
		  "\xe2\x80\x8a\\xe2\\x80\\x8b\xe2\x80\x8c\xe2\x80\x8d\\xe2\\x80\\x8e\\xe2\\x80\\x8f\xe2\x80\x90" },
		{ "\xe2\x80\xa7\xe2\x80\xa8\xe2\x80\xae\xe2\x80\xac\xe2\x80\xaf",
		  "\xe2\x80\xa7\\xe2\\x80\\xa8\\xe2\\x80\\xae\\xe2\\x80\\xac\xe2\x80\xaf" },
		{ "\xe2\x81\x9f\xe2\x81\xa6\xe2\x81\xa9\xe2\x81\xb0",
		  "\xe2\x81\x9f\\xe2\\x81\\xa6\\xe2\\x81\\xa9\xe2\x81\xb0" },
		{ "\xef\xbb\xbf\xef\xbb\xbe\xef\xbf\xb9", "\\xef\\xbb\\xbf\xef\xbb\xbe\\xef\\xbf\\xb9" },
		{ "\xf3\xa0\x81\xbf\xf3\xa0\x82\x80", "\\xf3\\xa0\\x81\\xbf\xf3\xa0\x82\x80" },
		{ "\xe2\x80", "\\xe2\\x80" }, { "\xe2\x80\xe2\x80\xac", "\\xe2\\x80\\xe2\\x80\\xac" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		MSK_AUTO_STR s = MSK_STR_INIT;

		msk_str_add_shown(&s, cases[i].raw, strlen(cases[i].raw));
		assert_string_equal(msk_str_c(&s), cases[i].shown);
	}
}

static void what_has_escapes_of_its_own_keeps_them(void **state)
{
	static const char raw[] = "[\"a\\n\", \"\xe2\x80\xae\"]\n";
	MSK_AUTO_STR s = MSK_STR_INIT;
	MSK_AUTO_JSON *v = msk_json_array();

	(void)state;
	msk_str_add_safe(&s, raw, sizeof raw - 1);
	assert_string_equal(s.buf, "[\"a\\n\", \"\\xe2\\x80\\xae\"]\\x0a");
	s.len = 0;
	msk_json_push(v, msk_json_string("\n \xc3\xa4 \x7f \xc2\x9b \xe2\x80\xae \xe2\x80\xac "
					 "\xf0\x9f\x98\x80 \xf3\xa0\x81\xbf \\"));
	msk_json_dump_safe(v, &s);
	assert_string_equal(s.buf, "[\"\\n \xc3\xa4 \\u007f \\u009b \\u202e \\u202c \xf0\x9f\x98\x80 \\udb40\\udc7f \\\\\"]");
}

static void paths_split_like_dirname_and_basename(void **state)
{
	static const struct { const char *path, *dir, *base; } cases[] = {
		{ "a", ".", "a" }, { "a/b", "a", "b" }, { "/a", "/", "a" }, { "/", "/", "" }, { "a/b/", "a", "b" },
		{ "a//b", "a", "b" }, { "//a", "/", "a" }, { "./x.tar", ".", "x.tar" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		MSK_AUTO_FREE char *dir = msk_path_dir(cases[i].path), *base = msk_path_base(cases[i].path);

		assert_string_equal(dir, cases[i].dir);
		assert_string_equal(base, cases[i].base);
	}
}

static void edit_distance_counts_edits(void **state)
{
	(void)state;
	assert_int_equal(msk_edit_distance("certs", "certs"), 0);
	assert_int_equal(msk_edit_distance("cert", "certs"), 1);
	assert_int_equal(msk_edit_distance("kitten", "sitting"), 3);
	assert_int_equal(msk_edit_distance("", "abc"), 3);
}

/* What a log prints, read back through a pipe. */
static void read_log(const struct msk_err *err, char *buf, size_t size)
{
	struct msk_log log = { .level = MSK_LOG_WARN, .fd = -1 };
	int fds[2];
	ssize_t n;

	assert_int_equal(pipe(fds), 0);
	log.fd = fds[1];
	msk_log_error(&log, err);
	close(fds[1]);
	n = read(fds[0], buf, size - 1);
	close(fds[0]);
	assert_true(n > 0);
	buf[n] = '\0';
}

static void an_error_is_one_line_and_a_hint(void **state)
{
	struct msk_err err = MSK_ERR_INIT;
	char buf[2048];

	(void)state;
	msk_fail(&err, MSK_E_INPUT, "not an ELF file (%d bytes)", 0);
	msk_ctx(&err, "a\x1b" "pp");
	msk_hint(&err, "build it");
	read_log(&err, buf, sizeof buf);
	assert_string_equal(buf, "mkscratch: a\\x1bpp: not an ELF file (0 bytes)\nhint: build it\n");
}

static void details_stand_between_message_and_hint(void **state)
{
	struct msk_err err = MSK_ERR_INIT;
	char buf[4096], name[1500];

	(void)state;
	memset(name, 'n', sizeof name - 1);
	name[sizeof name - 1] = '\0';
	msk_fail(&err, MSK_E_INPUT, "too large");
	msk_hint(&err, "less");
	msk_detail(&err, "  a\nb");
	msk_detail(&err, "%s%s", name, name);     /* finds no room */
	msk_detail(&err, "  c");
	read_log(&err, buf, sizeof buf);
	assert_string_equal(buf, "mkscratch: too large\n  a\\x0ab\n  c\nhint: less\n");
}

static void a_long_line_loses_its_middle(void **state)
{
	struct msk_err err = MSK_ERR_INIT;
	char name[700], buf[2048];

	(void)state;
	memset(name, 'n', sizeof name - 1);
	name[sizeof name - 1] = '\0';
	msk_fail(&err, MSK_E_INPUT, "%s: is a FIFO, expected a regular file", name);
	read_log(&err, buf, sizeof buf);
	assert_true(strlen(buf) <= 280);
	assert_non_null(strstr(buf, "...n"));
	assert_non_null(strstr(buf, "expected a regular file\n"));
}

/* Whatever names come from an input. What is to be typed is there as a whole, and of the message 200 bytes always are. */
static void a_message_gives_way_to_its_hint(void **state)
{
	(void)state;
	for (size_t of_msg = 1; of_msg < 700; of_msg += 9)
		for (size_t of_hint = 0; of_hint < 500; of_hint += 7) {
			struct msk_err err = MSK_ERR_INIT;
			MSK_AUTO_FREE char *name = msk_xcalloc(1, of_msg + 1), *cure = msk_xcalloc(1, of_hint + 1);
			char buf[2048];

			memset(name, 'n', of_msg);
			memset(cure, 'c', of_hint);
			msk_fail(&err, MSK_E_INPUT, "%s", name);
			msk_hint(&err, "%s", cure);
			read_log(&err, buf, sizeof buf);
			assert_in_range(strlen(buf), 1, of_hint < 94 ? 300 : 480);
			if (of_msg < 189)
				assert_non_null(strstr(buf, name));
			if (of_hint && of_hint < 274)
				assert_non_null(strstr(buf, cure));
		}
}

static void system_errors_carry_their_text(void **state)
{
	struct msk_err err = MSK_ERR_INIT;

	(void)state;
	assert_int_equal(msk_fail_sys(&err, 28, "out.tar: write failed"), -1);
	assert_int_equal(err.code, MSK_E_IO);
	assert_string_equal(err.msg, "out.tar: write failed (No space left on device)");
}

static void json_is_compact_with_sorted_keys(void **state)
{
	MSK_AUTO_JSON *o = msk_json_object();
	MSK_AUTO_STR s = MSK_STR_INIT;

	(void)state;
	msk_json_set_string(o, "b", "x/y");
	msk_json_set_int(o, "a", -1);
	msk_json_set(o, "B", msk_json_bool(true));
	msk_json_set(o, "c", msk_json_text("\xff"));
	msk_json_dump(o, &s);
	assert_string_equal(s.buf, "{\"B\":true,\"a\":-1,\"b\":\"x/y\",\"c\":\"\\\\xff\"}");
}

static void assert_dumped_length(const char *text, size_t n)
{
	MSK_AUTO_JSON *v = msk_json_string(text);
	MSK_AUTO_STR s = MSK_STR_INIT;

	msk_json_dump(v, &s);
	assert_int_equal(s.len, n);
	assert_int_equal(msk_json_dumped_length(text, strlen(text)), n);
}

static void json_of_bytes_is_merged_in_the_order_of_keys(void **state)
{
	MSK_AUTO_JSON *o = msk_json_object();
	MSK_AUTO_JSON *none = msk_json_object();
	MSK_AUTO_STR s = MSK_STR_INIT;
	const struct msk_json_member more[] = { { "a", "[1]" }, { "c\"", "{}" }, { "z", "[1]" } };

	(void)state;
	msk_json_set_int(o, "b", 1);
	msk_json_set_int(o, "d", 2);
	msk_json_dump_with(o, more, 3, &s);
	assert_string_equal(s.buf, "{\"a\":[1],\"b\":1,\"c\\\"\":{},\"d\":2,\"z\":[1]}");
	s.len = 0;
	msk_json_dump_with(none, more, 1, &s);
	msk_json_dump_with(none, NULL, 0, &s);
	assert_string_equal(s.buf, "{\"a\":[1]}{}");
	assert_dumped_length("", 2);
	assert_dumped_length("a\"b\\/\x7f\xc3\xa4", 12);
	assert_dumped_length("\b\f\n\r\t", 12);
	assert_dumped_length("\x01\x1f", 14);
	assert_int_equal(msk_json_dumped_length("a\0", 2), 2 + sizeof "a\\u0000" - 1);
}

static struct msk_json *nth_row(void *rows, size_t i)
{
	return msk_json_share(msk_json_at(rows, i));
}

static void rows_that_are_made_one_by_one_are_dumped_as_if_they_were_there(void **state)
{
	static const char *const texts[] = {
		"{\"a\":{\"r\":[1]},\"r\":[]}",
		"{\"b\":\"\\n  \\\"r\\\": [\",\"r\":[{\"x\":[],\"y\":[1,2]},{},3,[\"\\n\"]],\"z\":1}",
	};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct msk_json *v = NULL;
		MSK_AUTO_STR whole = MSK_STR_INIT, apart = MSK_STR_INIT;
		struct msk_err err = MSK_ERR_INIT;
		MSK_AUTO_JSON *rows = NULL;

		assert_int_equal(msk_json_parse(texts[i], strlen(texts[i]), "", &v, &err), 0);
		rows = msk_json_share(msk_json_get(v, "r"));
		msk_json_dump_pretty(v, &whole);
		msk_json_set(v, "r", msk_json_array());
		msk_json_dump_pretty_rows(v, "r", nth_row, msk_json_count(rows), rows, &apart);
		assert_string_equal(apart.buf, whole.buf);
	}
}

static void lengths_are_those_of_what_is_dumped(void **state)
{
	(void)state;
	for (int c = 1; c < 0x80; c++) {
		const char text[] = { 'x', (char)c, 'u', (char)c, '\0' };
		MSK_AUTO_JSON *v = msk_json_string(text);
		MSK_AUTO_STR s = MSK_STR_INIT;

		msk_json_dump(v, &s);
		assert_int_equal(msk_json_dumped_length(text, 4), s.len);
	}
}

static void json_rows_end_where_there_are_too_many(void **state)
{
	struct msk_json_rows rows = { .full = false };
	MSK_AUTO_FREE char *text = msk_xcalloc(MSK_MAX_DOCUMENT / 2 + 1, 1);
	MSK_AUTO_JSON *row = NULL;

	(void)state;
	msk_json_rows_end(&rows);
	assert_string_equal(rows.text.buf, "[]");
	rows.text.len = 0;
	memset(text, 'x', MSK_MAX_DOCUMENT / 2);
	row = msk_json_string(text);
	assert_true(msk_json_rows_add(&rows, row));
	assert_false(rows.full);
	assert_false(msk_json_rows_add(&rows, row));
	assert_true(rows.full);
	msk_str_release(&rows.text);
}

static void assert_json_refused(const char *text, size_t n, const char *msg)
{
	struct msk_err err = MSK_ERR_INIT;
	struct msk_json *v = NULL;

	assert_int_equal(msk_json_parse(text, n, "index.json", &v, &err), -1);
	assert_int_equal(err.code, MSK_E_INPUT);
	assert_string_equal(err.msg, msg);
}

static void hostile_json_is_refused(void **state)
{
	static char deep[100000];
	static const char twice[] = "{\n\"digest\":1,\n\"digest\":2}";

	(void)state;
	memset(deep, '[', sizeof deep);
	assert_json_refused(deep, sizeof deep, "index.json: nested deeper than 64");
	assert_json_refused(twice, sizeof twice - 1, "index.json: line 3: key \"digest\" given twice");
}

static void bounded_reads_refuse_what_is_larger(void **state)
{
	struct msk_err err = MSK_ERR_INIT;
	MSK_AUTO_STR s = MSK_STR_INIT;
	int fds[2];

	(void)state;
	assert_int_equal(pipe(fds), 0);
	assert_int_equal(write(fds[1], "12345", 5), 5);
	close(fds[1]);
	assert_int_equal(msk_read_all(fds[0], 4, &s, "x", &err), -1);
	assert_string_equal(err.msg, "x: larger than 4 bytes");
	close(fds[0]);
}

/* Whatever it had: as much as there is, which may be more or less by now. */
static void a_size_that_was_known_decides_nothing(void **state)
{
	static const uint64_t known[] = { 0, 1, 4, 5, 6, 100, UINT64_MAX };

	(void)state;
	for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
		struct msk_err err = MSK_ERR_INIT;
		MSK_AUTO_STR s = MSK_STR_INIT;
		int fds[2];

		assert_int_equal(pipe(fds), 0);
		assert_int_equal(write(fds[1], "12345", 5), 5);
		close(fds[1]);
		assert_int_equal(msk_read_sized(fds[0], known[i], i % 2 ? 5 : 4, &s, "x", &err), i % 2 ? 0 : -1);
		assert_string_equal(i % 2 ? s.buf : err.msg, i % 2 ? "12345" : "x: larger than 4 bytes");
		close(fds[0]);
	}
}

static uint64_t caps_of(const char *list)
{
	uint64_t caps = 0;
	const char *bad;

	return msk_filecap_parse(list, &caps, &bad) ? caps : UINT64_MAX;
}

static void capabilities_have_names(void **state)
{
	MSK_AUTO_STR text = MSK_STR_INIT;

	(void)state;
	assert_int_equal(caps_of("cap_chown"), 1);
	assert_int_equal(caps_of("CAP_NET_BIND_SERVICE,net_raw,Cap_Checkpoint_Restore"), 1ULL << 10 | 1ULL << 13 | 1ULL << 40);
	assert_int_equal(caps_of(""), UINT64_MAX);
	assert_int_equal(caps_of("cap_chown,"), UINT64_MAX);
	assert_int_equal(caps_of("cap_"), UINT64_MAX);
	assert_int_equal(caps_of("cap_chownx"), UINT64_MAX);
	msk_filecap_add(&text, 1ULL << 63 | 1ULL << 40 | 1);
	assert_string_equal(text.buf, "cap_chown,cap_checkpoint_restore,63");
}

static void capabilities_are_what_the_kernel_reads(void **state)
{
	static const unsigned char revision_1[12] = { 1, 0, 0, 1, 0, 4 }, revision_3[24] = { 1, 0, 0, 3, 0, 4 };
	unsigned char value[MSK_FILECAP_BYTES];
	uint64_t caps;

	(void)state;
	msk_filecap_encode(1ULL << 40 | 1ULL << 10, value);
	assert_memory_equal(value, "\1\0\0\2\0\4\0\0\0\0\0\0\0\1\0\0\0\0\0\0", 20);
	assert_true(msk_filecap_decode(value, sizeof value, &caps));
	assert_int_equal(caps, 1ULL << 40 | 1ULL << 10);
	assert_true(msk_filecap_decode(revision_1, sizeof revision_1, &caps));
	assert_int_equal(caps, 1 << 10);
	assert_true(msk_filecap_decode(revision_3, sizeof revision_3, &caps));
	assert_false(msk_filecap_decode(value, 19, &caps));
	assert_false(msk_filecap_decode(value, 3, &caps));
	value[3] = 4;
	assert_false(msk_filecap_decode(value, 20, &caps));
}

static void assert_caps_text(const char *value, size_t n, const char *want)
{
	MSK_AUTO_STR text = MSK_STR_INIT;

	assert_int_equal(msk_filecap_add_value(&text, value, n), want != NULL);
	assert_string_equal(msk_str_c(&text), want ? want : "");
}

/* As getcap(8) has them. */
static void all_that_a_value_says_of_capabilities_is_told(void **state)
{
	(void)state;
	assert_caps_text("\1\0\0\2\0\4\0\0\0\0\0\0\0\1\0\0\0\0\0\0", 20, "cap_net_bind_service,cap_checkpoint_restore=ep");
	assert_caps_text("\0\0\0\2\3\0\0\0\6\0\0\0\0\0\0\0\0\1\0\0", 20,
			 "cap_chown=p cap_dac_override=ip cap_dac_read_search,cap_checkpoint_restore=i");
	assert_caps_text("\1\0\0\1\1\0\0\0\2\0\0\0", 12, "cap_chown=ep cap_dac_override=ei");
	assert_caps_text("\1\0\0\3\0\4\0\0\0\0\0\0\0\0\0\0\0\0\0\0\xe8\3\0\0", 24, "cap_net_bind_service=ep [rootid=1000]");
	assert_caps_text("\1\0\0\2\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 20, "=");
	assert_caps_text("\1\0\0\2\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 19, NULL);
	assert_caps_text("", 0, NULL);
}

static void numbers_and_formats_add_what_printf_would(void **state)
{
	static const unsigned long long numbers[] = { 0, 7, 8, 9, 10, 255, 0644, 4294967296, 18446744073709551615ull };

	(void)state;
	for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
		MSK_AUTO_STR s = MSK_STR_INIT;
		char want[100];

		snprintf(want, sizeof want, "%llo %llu %llx", numbers[i], numbers[i], numbers[i]);
		msk_str_addu(&s, numbers[i], 8);
		msk_str_addc(&s, ' ');
		msk_str_addu(&s, numbers[i], 10);
		msk_str_addc(&s, ' ');
		msk_str_addu(&s, numbers[i], 16);
		assert_string_equal(s.buf, want);
	}
	for (int n = 0; n < 600; n += 7) {
		MSK_AUTO_STR s = MSK_STR_INIT;

		msk_str_adds(&s, "<");
		msk_str_addf(&s, "%*s>", n, "");
		assert_int_equal(s.len, n + 2);
		assert_int_equal(s.buf[n + 1], '>');
		assert_int_equal(strlen(s.buf), s.len);
	}
}

static int by_number(const void *key, const void *element)
{
	return *(const int *)key - *(const int *)element;
}

static void a_lower_bound_is_where_the_key_would_stand(void **state)
{
	static const int v[] = { 2, 4, 4, 4, 9 };
	static const struct { int key; size_t n, place; } of[] = {
		{ 1, 5, 0 }, { 2, 5, 0 }, { 3, 5, 1 }, { 4, 5, 1 }, { 5, 5, 4 }, { 9, 5, 4 }, { 10, 5, 5 }, { 4, 0, 0 },
		{ 4, 1, 1 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof of / sizeof *of; i++)
		assert_int_equal(msk_lower_bound(&of[i].key, v, of[i].n, sizeof *v, by_number), of[i].place);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_and_formats_add_what_printf_would),
		cmocka_unit_test(capabilities_have_names),
		cmocka_unit_test(capabilities_are_what_the_kernel_reads),
		cmocka_unit_test(all_that_a_value_says_of_capabilities_is_told),
		cmocka_unit_test(numbers_are_decimal_and_bounded),
		cmocka_unit_test(sizes_read_like_a_label),
		cmocka_unit_test(control_bytes_and_broken_utf8_are_escaped),
		cmocka_unit_test(what_is_shown_is_seen),
		cmocka_unit_test(what_has_escapes_of_its_own_keeps_them),
		cmocka_unit_test(paths_split_like_dirname_and_basename),
		cmocka_unit_test(edit_distance_counts_edits),
		cmocka_unit_test(an_error_is_one_line_and_a_hint),
		cmocka_unit_test(details_stand_between_message_and_hint),
		cmocka_unit_test(a_long_line_loses_its_middle),
		cmocka_unit_test(a_message_gives_way_to_its_hint),
		cmocka_unit_test(system_errors_carry_their_text),
		cmocka_unit_test(json_is_compact_with_sorted_keys),
		cmocka_unit_test(json_of_bytes_is_merged_in_the_order_of_keys),
		cmocka_unit_test(rows_that_are_made_one_by_one_are_dumped_as_if_they_were_there),
		cmocka_unit_test(lengths_are_those_of_what_is_dumped),
		cmocka_unit_test(json_rows_end_where_there_are_too_many),
		cmocka_unit_test(hostile_json_is_refused),
		cmocka_unit_test(bounded_reads_refuse_what_is_larger),
		cmocka_unit_test(a_lower_bound_is_where_the_key_would_stand),
		cmocka_unit_test(a_size_that_was_known_decides_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
