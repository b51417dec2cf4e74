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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_word_keeps_its_first_place),
		cmocka_unit_test(of_many_words_none_is_taken_for_another),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
