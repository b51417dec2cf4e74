/* Runs a fuzz target over files, without a fuzzer: replay [-m N] DIR-OR-FILE... prints TAP, one test for each file. With -m
 * also over N alterations of each, by the target's own mutator where it has one: the same at each time. An input that takes
 * more than ten seconds is a hang. */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>

#include "mutate_bytes.h"
#include "mkscratch/fs.h"
#include "mkscratch/str.h"

#define LIMIT   (16u << 20)
#define SECONDS 10
#define MORE    4096            /* bytes that an alteration may add */

static unsigned n_tests, n_mutants;

#pragma weak LLVMFuzzerCustomMutator

/* From a heap block of just that size, so that a sanitizer sees the first byte too many. */
static void run_bytes(const uint8_t *bytes, size_t n)
{
	uint8_t *copy = malloc(n ? n : 1);

	assert(copy);
	if (n)
		memcpy(copy, bytes, n);
	alarm(SECONDS);
	LLVMFuzzerTestOneInput(copy, n);
	alarm(0);
	free(copy);
}

static void run_mutants(const struct msk_str *bytes)
{
	size_t room = bytes->len + MORE;
	uint8_t *p = malloc(room);

	assert(p);
	for (unsigned seed = 1; seed <= n_mutants; seed++) {
		size_t n = bytes->len;

		if (n)
			memcpy(p, bytes->buf, n);
		n = LLVMFuzzerCustomMutator ? LLVMFuzzerCustomMutator(p, n, room, seed) : LLVMFuzzerMutate(p, n, room);
		assert(n <= room);
		run_bytes(p, n);
	}
	free(p);
}

static void run(const char *path, const struct msk_str *bytes)
{
	printf("# %s\n", path);
	run_bytes((const uint8_t *)bytes->buf, bytes->len);
	run_mutants(bytes);
	printf("ok %u - %s\n", ++n_tests, path);
}

static void run_file(const char *path)
{
	MSK_AUTO_FD int fd = open(path, O_RDONLY | O_CLOEXEC);
	MSK_AUTO_STR bytes = MSK_STR_INIT;
	struct msk_err err = MSK_ERR_INIT;

	if (fd < 0 || msk_read_all(fd, LIMIT, &bytes, path, &err) < 0) {
		printf("not ok %u - %s: %s\n", ++n_tests, path, fd < 0 ? "cannot open" : err.msg);
		exit(1);
	}
	run(path, &bytes);
}

static void run_dir(const char *path, DIR *dir)
{
	MSK_AUTO_STRV names = MSK_STRV_INIT;

	for (const struct dirent *e; (e = readdir(dir));)
		if (e->d_name[0] != '.')
			msk_strv_push_own(&names, msk_xasprintf("%s/%s", path, e->d_name));
	msk_strv_sort(&names);
	for (size_t i = 0; i < names.n; i++)
		run_file(names.v[i]);
}

int main(int argc, char **argv)
{
	setvbuf(stdout, NULL, _IOLBF, 0);
	run("no bytes at all", &(struct msk_str)MSK_STR_INIT);
	for (int option; (option = getopt(argc, argv, "m:")) == 'm';)
		n_mutants = (unsigned)strtoul(optarg, NULL, 10);
	for (; optind < argc; optind++) {
		DIR *dir = opendir(argv[optind]);

		if (dir)
			run_dir(argv[optind], dir);
		else
			run_file(argv[optind]);
		if (dir)
			closedir(dir);
	}
	printf("1..%u\n", n_tests);
	return 0;
}
