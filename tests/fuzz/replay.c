/* Runs a fuzz target over files, without a fuzzer: replay DIR-OR-FILE... prints TAP, one test for each file. An input
 * that takes more than ten seconds is a hang. */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>

#include "fuzz.h"
#include "mkscratch/fs.h"
#include "mkscratch/str.h"

#define LIMIT   (16u << 20)
#define SECONDS 10

static unsigned n_tests;

/* From a heap block of just that size, so that a sanitizer sees the first byte too many. */
static void run(const char *path, const struct msk_str *bytes)
{
	uint8_t *copy = malloc(bytes->len);

	assert(copy || bytes->len == 0);
	if (bytes->len)
		memcpy(copy, bytes->buf, bytes->len);
	printf("# %s\n", path);
	alarm(SECONDS);
	LLVMFuzzerTestOneInput(copy, bytes->len);
	alarm(0);
	free(copy);
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
	for (int i = 1; i < argc; i++) {
		DIR *dir = opendir(argv[i]);

		if (dir)
			run_dir(argv[i], dir);
		else
			run_file(argv[i]);
		if (dir)
			closedir(dir);
	}
	printf("1..%u\n", n_tests);
	return 0;
}
