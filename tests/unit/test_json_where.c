/* Where members stand in the text of a document. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "mkscratch/json_where.h"

#define KEYS(...) ((const char *const[]){ __VA_ARGS__ })

static void assert_at(const char *text, const char *const *keys, size_t n, unsigned line, unsigned column)
{
	unsigned l = 0, c = 0;

	assert_true(msk_json_where(text, strlen(text), keys, n, &l, &c));
	assert_int_equal(l, line);
	assert_int_equal(c, column);
}

static void keys_are_found_by_their_path(void **state)
{
	static const char text[] = "{\n\t\"a\": {\"b\": [1, {\"c\": 2}], \"c\": {}},\n  \"c\" : true}";

	(void)state;
	assert_at(text, KEYS("a"), 1, 2, 2);
	assert_at(text, KEYS("a", "b"), 2, 2, 8);
	assert_at(text, KEYS("a", "c"), 2, 2, 28);
	assert_at(text, KEYS("c"), 1, 3, 3);
}

static void what_looks_like_a_key_within_a_string_is_none(void **state)
{
	static const char text[] = "{\"x\":\"\\\"c\\\":}\",\"y\":[\"}\",\"\\\\\"],\"c\":0}";

	(void)state;
	assert_at(text, KEYS("c"), 1, 1, 31);
}

static void columns_count_characters(void **state)
{
	(void)state;
	assert_at("{\"\xc3\xa9\xc3\xa9\":1,\"c\":2}", KEYS("c"), 1, 1, 9);
}

static void what_is_not_there_is_not_found(void **state)
{
	static const char *const texts[] = {
		"{}", "[]", "[{\"c\":1}]", "{\"a\":{\"c\":1}}", "{\"cc\":1}", "{\"a\":\"c\"}", "", " ", "{",
	};
	unsigned l, c;

	(void)state;
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		assert_false(msk_json_where(texts[i], strlen(texts[i]), KEYS("c"), 1, &l, &c));
	assert_false(msk_json_where("{\"a\":3}", 7, KEYS("a", "c"), 2, &l, &c));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keys_are_found_by_their_path),
		cmocka_unit_test(what_looks_like_a_key_within_a_string_is_none),
		cmocka_unit_test(columns_count_characters),
		cmocka_unit_test(what_is_not_there_is_not_found),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
