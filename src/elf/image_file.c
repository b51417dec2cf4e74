#include "image_file.h"

#define PT_LOAD 1

bool msk_image_offset(const struct msk_image_file *i, uint64_t addr, uint64_t *offset, uint64_t *left)
{
	for (size_t k = 0; k < i->n_segments; k++) {
		const struct msk_segment *s = &i->segments[k];

		if (s->type != PT_LOAD || addr < s->vaddr || addr - s->vaddr >= s->filesz)
			continue;
		*offset = s->offset + (addr - s->vaddr);
		*left = s->filesz - (addr - s->vaddr);
		return *offset <= i->f->size && *left <= i->f->size - *offset;
	}
	return false;
}
