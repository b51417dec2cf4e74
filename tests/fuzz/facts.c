/* What the parsers read, for tests/oracle/differ.py to hold against what other tools read.
 *
 *   facts elf FILE...                  the facts of each: "file NAME", then "KEY VALUE" lines, or "refused WHY"
 *   facts tar FILE...                  its entries: "entry TYPE MODE UID GID SIZE MTIME" and what follows it, "path TEXT" and
 *                                      "link TEXT"; or "refused WHY"
 *   facts mutate elf|tar|json SEED N FILE DIR
 *                                      DIR/0 to DIR/N-1: the file altered by mutate_elf.h, mutate_tar.h or mutate_json.h
 *
 * In a TEXT, bytes below blank and above '~' and the backslash are \ and three octal digits. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>

#include "mkscratch/elf.h"
#include "mkscratch/fs.h"
#include "mkscratch/tar.h"
#include "mutate_bytes.h"
#include "memory_reader.h"
#include "mutate_elf.h"
#include "mutate_json.h"
#include "mutate_tar.h"

#define LIMIT (64u << 20)
#define MORE  4096

static void say(const char *key, const char *text)
{
	printf("%s ", key);
	for (; text && *text; text++)
		if ((unsigned char)*text < ' ' || (unsigned char)*text > '~' || *text == '\\')
			printf("\\%03o", (unsigned char)*text);
		else
			putchar(*text);
	putchar('\n');
}

static void load(const char *path, struct msk_str *out)
{
	MSK_AUTO_FD int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct msk_err err = MSK_ERR_INIT;

	if (fd < 0 || msk_read_all(fd, LIMIT, out, path, &err) < 0) {
		fprintf(stderr, "%s: cannot be read\n", path);
		exit(1);
	}
}

static void tell_elf(const struct msk_str *bytes)
{
	static const char *const needs[] = { "needed", "filter", "auxiliary" };
	MSK_CLEANUP(msk_elf_release) struct msk_elf e = { 0 };
	MSK_AUTO_ROFILE f = fuzz_file(msk_str_c(bytes), bytes->len);
	struct msk_err err = MSK_ERR_INIT;

	if (msk_elf_read(&f, "x", &e, &err) < 0) {
		say("refused", err.msg);
		return;
	}
	printf("class %u\ndata %s\nmachine %u\ntype %u\nflags 0x%x\nosabi %u\n", e.elf_class, e.big_endian ? "big" : "little",
	       e.machine, e.type, e.flags, e.osabi);
	for (size_t i = 0; i < e.needed.n; i++)
		say(needs[e.need_kinds[i]], e.needed.v[i]);
	if (e.interp)
		say("interp", e.interp);
	if (e.soname)
		say("soname", e.soname);
	if (e.rpath)
		say("rpath", e.rpath);
	if (e.runpath)
		say("runpath", e.runpath);
	if (e.kernel[0])
		printf("kernel %u.%u.%u\n", e.kernel[0], e.kernel[1], e.kernel[2]);
	printf("dynamic %d\n", e.has_dynamic);
}

static void tell_entry(const struct msk_tar_entry *e)
{
	static const char types[] = "dflhcbp";

	printf("entry %c %04o %u %u %llu %lld\n", types[e->type], e->mode, e->uid, e->gid, (unsigned long long)e->size,
	       (long long)e->mtime);
	say("path", e->path);
	if (e->link)
		say("link", e->link);
}

/* The bytes of an entry, as far as LIMIT: a sparse one can be of any length. */
static int pass_over(struct msk_tar_in *t, struct msk_err *err)
{
	char buf[4096];
	ssize_t n = 0;

	for (size_t total = 0; total < LIMIT && (n = msk_tar_in_read(t, buf, sizeof buf, err)) > 0; total += (size_t)n)
		;
	return n < 0 ? -1 : 0;
}

static void tell_tar(const struct msk_str *bytes)
{
	MSK_CLEANUP(msk_tar_in_cleanup) struct msk_tar_in *t = NULL;
	struct memory m = memory_of(bytes->buf, bytes->len);
	struct msk_err err = MSK_ERR_INIT;
	struct msk_tar_entry e;
	bool more = true;
	int rc = msk_tar_in_new(&m.r, "x", &t, &err);

	while (rc == 0) {
		rc = msk_tar_in_next(t, &e, &more, &err);
		if (rc < 0 || !more)
			break;
		tell_entry(&e);
		rc = pass_over(t, &err);
	}
	if (rc < 0)
		say("refused", err.msg);
}

static int mutate(const char *how, unsigned long seed, unsigned long count, const char *file, const char *dir)
{
	MSK_AUTO_STR bytes = MSK_STR_INIT;
	size_t room;
	uint8_t *p;

	load(file, &bytes);
	room = bytes.len + MORE;
	p = msk_xmalloc(room);
	for (unsigned long i = 0; i < count; i++) {
		MSK_AUTO_FREE char *path = msk_xasprintf("%s/%lu", dir, i);
		MSK_AUTO_FD int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
		size_t n = bytes.len;
		unsigned one = (unsigned)(seed + i);

		memcpy(p, msk_str_c(&bytes), n);
		n = how[0] == 'e' ? mutate_elf(p, n, room, one) : how[0] == 't' ? mutate_tar(p, n, room,
			one) : mutate_json(p, n, room, one);
		if (fd < 0 || write(fd, p, n) != (ssize_t)n)
			return 1;
	}
	free(p);
	return 0;
}

int main(int argc, char **argv)
{
	if (argc == 7 && strcmp(argv[1], "mutate") == 0)
		return mutate(argv[2], strtoul(argv[3], NULL, 10), strtoul(argv[4], NULL, 10), argv[5], argv[6]);
	if (argc < 2 || (strcmp(argv[1], "elf") != 0 && strcmp(argv[1], "tar") != 0)) {
		fprintf(stderr, "usage: facts elf|tar FILE...\n       facts mutate elf|tar|json SEED N FILE DIR\n");
		return 2;
	}
	for (int i = 2; i < argc; i++) {
		MSK_AUTO_STR bytes = MSK_STR_INIT;

		load(argv[i], &bytes);
		printf("file %s\n", argv[i]);
		if (argv[1][0] == 'e')
			tell_elf(&bytes);
		else
			tell_tar(&bytes);
	}
	return 0;
}
