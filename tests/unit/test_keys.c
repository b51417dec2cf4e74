/* Words, each once: their places are those in which they came. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "mkscratch/keys.h"

static void a_word_keeps_its_first_place(void **state)
{
	MSK_AUTO_KEYS k = { 0 };

	(void)state;
	assert_int_equal(msk_keys_place(&k, "a=1", 1), 0);
	assert_int_equal(msk_keys_place(&k, "b", 1), 1);
	assert_int_equal(msk_keys_place(&k, "ab", 2), 2);
	assert_int_equal(msk_keys_place(&k, "", 0), 3);
	assert_int_equal(msk_keys_place(&k, "a=2", 1), 0);
	assert_int_equal(msk_keys_place(&k, "ab", 2), 2);
	assert_int_equal(msk_keys_place(&k, "abc", 0), 3);
	assert_int_equal(k.words.n, 4);
	assert_string_equal(k.words.v[0], "a");
}

static void of_many_words_none_is_taken_for_another(void **state)
{
	MSK_AUTO_KEYS k = { 0 };
	char word[32];

	(void)state;
	for (unsigned round = 0; round < 2; round++)
		for (unsigned i = 0; i < 100000; i++) {
			int n = snprintf(word, sizeof word, "key.%u", i);

			assert_int_equal(msk_keys_place(&k, word, (size_t)n), i);
		}
	assert_int_equal(k.words.n, 100000);
}

static void the_words_are_taken_as_they_came(void **state)
{
	MSK_AUTO_KEYS k = { 0 };
	MSK_AUTO_STRV words = MSK_STRV_INIT;

	(void)state;
	words = msk_keys_take(&k);
	assert_int_equal(words.n, 0);
	msk_keys_place(&k, "b", 1);
	msk_keys_place(&k, "a", 1);
	msk_keys_place(&k, "b", 1);
	words = msk_keys_take(&k);
	assert_int_equal(words.n, 2);
	assert_string_equal(words.v[0], "b");
	assert_string_equal(words.v[1], "a");
	assert_int_equal(msk_keys_place(&k, "a", 1), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_word_keeps_its_first_place),
		cmocka_unit_test(of_many_words_none_is_taken_for_another),
		cmocka_unit_test(the_words_are_taken_as_they_came),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
