/* What a codec's level makes of blocks, for tests/spec/deflate.sh: the layers of an image are never so small.
 *
 *   deflated LEVEL FILE...             FILE.LEVEL: the file as one block of gzip */
#include <stdio.h>
#include <stdlib.h>

#include "../../src/codec/block_codec.h"
#include "mkscratch/mem.h"

static size_t load(const char *path, unsigned char *out)
{
	FILE *f = fopen(path, "rb");
	size_t n;

	if (!f)
		exit(1);
	n = fread(out, 1, MSK_BLOCK_SIZE, f);
	fclose(f);
	return n;
}

static void save(const char *path, const char *level, const unsigned char *p, size_t n)
{
	char name[4096];
	FILE *f;

	snprintf(name, sizeof name, "%s.%s", path, level);
	f = fopen(name, "wb");
	if (!f || fwrite(p, 1, n, f) != n || fclose(f) != 0)
		exit(1);
}

int main(int argc, char **argv)
{
	const struct msk_block_codec *codec = &msk_gzip_codec;
	size_t room = codec->bound(MSK_BLOCK_SIZE);
	unsigned char *in = msk_xmalloc(MSK_BLOCK_SIZE), *out = msk_xmalloc(room);
	long level = argc < 3 ? 0 : strtol(argv[1], NULL, 10);
	void *state;

	if (level < 1 || level > 12 || !(state = codec->state_new((int)level, false)))
		return 2;
	for (int i = 2; i < argc; i++) {
		size_t n = load(argv[i], in);

		save(argv[i], argv[1], out, codec->encode(state, in, n, out, room));
	}
	codec->state_free(state);
	free(in);
	free(out);
	return 0;
}
