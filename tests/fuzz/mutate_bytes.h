/* LLVMFuzzerMutate for where there is no fuzzer: a byte changed, put in or taken out, the same one at each time. */
#ifndef FUZZ_MUTATE_BYTES_H
#define FUZZ_MUTATE_BYTES_H

#include "mutate.h"

size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t room)
{
	static struct mutation m;
	uint8_t byte;
	size_t at;

	m = (struct mutation){ data, size, room, m.state * 5 + size + 1 };
	byte = (uint8_t)mutation_below(&m, 256);
	at = size ? mutation_below(&m, size) : 0;
	mutation_splice(&m, at, size && mutation_below(&m, 3) ? 1 : 0, &byte, mutation_below(&m, 3) ? 1 : 0);
	return m.n;
}

#endif
