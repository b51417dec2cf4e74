/* Runs a fuzz target over files, without a fuzzer: replay [-m N] [-o N] DIR-OR-FILE... prints TAP, one test for each file and,
 * before those of a directory, one for no bytes at all.
 * With -m also over N alterations of each, by the target's own mutator where it has one: the same at each time. An input that
 * takes more than ten seconds is a hang.
 *
 * With -o (under the address sanitizer) also N times each in a process that is refused one allocation, another at each time,
 * all of them where there are no more: it says that memory ran out and ends with 5, or does without it, all that the target
 * asserts of a result holds, and it leaves no block behind. The last line tells how many did what, and of how many. */
#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>

#include "mutate_bytes.h"
#include "mkscratch/err.h"
#include "mkscratch/fs.h"
#include "mkscratch/str.h"
#include "oom.h"

#define LIMIT   (16u << 20)
#define SECONDS 10
#define MORE    4096            /* bytes that an alteration may add */
#define LEAKS   66              /* an exit status that is nobody else's */

static unsigned n_tests, n_failed, n_mutants, n_refused;
static struct {
	unsigned long ended, went_on, points, whole;
} refusals;                            /* of `points` allocations; all those of `whole` inputs */

#pragma weak LLVMFuzzerCustomMutator

/* From a heap block of just that size, so that a sanitizer sees the first byte too many; allocation number `at` fails. */
static void run_without(const uint8_t *bytes, size_t n, unsigned long at)
{
	uint8_t *copy = malloc(n ? n : 1);

	assert(copy);
	if (n)
		memcpy(copy, bytes, n);
	alarm(SECONDS);
	heap.count = 0;
	heap.at = at;
	LLVMFuzzerTestOneInput(copy, n);
	heap.at = 0;
	alarm(0);
	free(copy);
}

static void run_bytes(const uint8_t *bytes, size_t n)
{
	run_without(bytes, n, 0);
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

/* The status of a process without that allocation, which leaves as many blocks as one that has it; *said is what it says. */
static int status_without(const struct msk_str *bytes, unsigned long at, long leaves, struct msk_str *said)
{
	struct msk_err err = MSK_ERR_INIT;
	MSK_AUTO_FD int fd = memfd_create("stderr", MFD_CLOEXEC);
	int status = -1;
	pid_t pid = fork();

	assert(fd >= 0 && pid >= 0);
	if (pid == 0) {
		long before = heap.live;

		dup2(fd, STDERR_FILENO);
		run_without((const uint8_t *)bytes->buf, bytes->len, at);
		_exit(heap.live - before != leaves && oom_leaks() ? LEAKS : 0);
	}
	assert(waitpid(pid, &status, 0) == pid && lseek(fd, 0, SEEK_SET) == 0);
	assert(msk_read_all(fd, LIMIT, said, "stderr", &err) == 0);
	return status;
}

static bool refuse(const struct msk_str *bytes, unsigned long at, long leaves)
{
	MSK_AUTO_STR said = MSK_STR_INIT;
	int status = status_without(bytes, at, leaves, &said);
	bool oom = WIFEXITED(status) && WEXITSTATUS(status) == MSK_E_IO;

	refusals.ended += oom;
	refusals.went_on += status == 0;
	if (status == 0 || (oom && strcmp(msk_str_c(&said), "mkscratch: out of memory\n") == 0))
		return true;
	printf("# without allocation %lu: status %#x\n", at, (unsigned)status);
	for (char *line = said.buf, *end; line && *line; line = end + 1) {
		end = strchrnul(line, '\n');
		printf("# %.*s\n", (int)(end - line), line);
		if (!*end)
			break;
	}
	return false;
}

/* Spread over the run, from another one on for each input. */
static bool run_refused(const struct msk_str *bytes)
{
	long leaves = heap.live;
	unsigned long total, n;
	bool good = true;

	run_without((const uint8_t *)bytes->buf, bytes->len, ULONG_MAX);
	leaves = heap.live - leaves;
	total = heap.count;
	n = n_refused < total ? n_refused : total;
	refusals.points += total;
	refusals.whole += n == total;
	for (unsigned long i = 0; i < n; i++)
		good &= refuse(bytes, 1 + (i * total + n_tests * 37ul % total) / n % total, leaves);
	return good;
}

static void run(const char *path, const struct msk_str *bytes)
{
	bool good = true;

	printf("# %s\n", path);
	run_bytes((const uint8_t *)bytes->buf, bytes->len);
	run_mutants(bytes);
	if (n_refused)
		good = run_refused(bytes);
	n_failed += !good;
	printf("%sok %u - %s\n", good ? "" : "not ", ++n_tests, path);
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
	closedir(dir);
	msk_strv_sort(&names);
	run("no bytes at all", &(struct msk_str)MSK_STR_INIT);
	for (size_t i = 0; i < names.n; i++)
		run_file(names.v[i]);
}

int main(int argc, char **argv)
{
	setvbuf(stdout, NULL, _IOLBF, 0);
	for (int option; (option = getopt(argc, argv, "m:o:")) != -1;)
		*(option == 'o' ? &n_refused : &n_mutants) = (unsigned)strtoul(optarg, NULL, 10);
	for (; optind < argc; optind++) {
		DIR *dir = opendir(argv[optind]);

		if (dir)
			run_dir(argv[optind], dir);
		else
			run_file(argv[optind]);
	}
	printf("1..%u\n", n_tests);
	printf("# refused: %lu ended, %lu went on, of %lu; all of %lu inputs\n", refusals.ended, refusals.went_on,
	       refusals.points, refusals.whole);
	return n_failed != 0;
}
