/* Go's table of functions at the start of a segment. First byte: 1 big-endian, 2 32 bit. */
#include "../../src/doctor/examine.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	unsigned how = size ? data[0] : 0;
	struct msk_layout_segment segment = { .kind = MSK_SEGMENT_LOAD, .offset = 1, .filesz = size ? size - 1 : 0 };
	struct msk_elf_layout l = { .is64 = !(how & 2), .big_endian = how & 1, .segments = &segment, .n_segments = 1 };
	struct scan_hit h = { .offset = 1, .p = data + 1, .before = 1, .after = size ? size - 1 : 0 };
	struct go_table t;

	if (size < 2)
		return 0;
	if (doctor_go_table(&h, &l, &t)) {
		assert(t.names.from >= 1 && t.names.from <= t.names.to && t.names.to <= size);
		assert(!t.functions || (t.list > 1 && t.list < size + 1));
	}
	return 0;
}
