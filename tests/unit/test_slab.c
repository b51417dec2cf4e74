/* Memory for blocks: pieces apart from each other, and those that have been touched first. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "../../src/codec/slab.h"

#define COUNT 7
#define SIZE ((1u << 20) + 1)

static void pieces_lie_apart_on_cache_lines(void **state)
{
	(void)state;
	for (size_t small = 0; small <= COUNT; small++) {
		unsigned char *piece[COUNT];
		struct msk_slab s;

		msk_slab_init(&s, COUNT, SIZE, small);
		for (int i = 0; i < COUNT; i++) {
			piece[i] = msk_slab_take(&s);
			assert_int_equal((uintptr_t)piece[i] % 64, 0);
			memset(piece[i], i, SIZE);
		}
		for (int i = 0; i < COUNT; i++) {
			assert_int_equal(piece[i][0], i);
			assert_int_equal(piece[i][SIZE - 1], i);
		}
		msk_slab_release(&s);
	}
}

static void what_came_back_last_goes_first(void **state)
{
	unsigned char *a, *b, *c;
	struct msk_slab s;

	(void)state;
	msk_slab_init(&s, 3, SIZE, 1);
	a = msk_slab_take(&s);
	b = msk_slab_take(&s);
	msk_slab_give(&s, b);
	msk_slab_give(&s, a);
	assert_ptr_equal(msk_slab_take(&s), a);
	assert_ptr_equal(msk_slab_take(&s), b);
	c = msk_slab_take(&s);
	assert_true(c != a && c != b);
	msk_slab_release(&s);
}

/* Of a codec that makes nothing. */
static void pieces_may_have_no_bytes(void **state)
{
	struct msk_slab s;

	(void)state;
	msk_slab_init(&s, 2, 0, 2);
	assert_non_null(msk_slab_take(&s));
	msk_slab_release(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pieces_lie_apart_on_cache_lines),
		cmocka_unit_test(what_came_back_last_goes_first),
		cmocka_unit_test(pieces_may_have_no_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
