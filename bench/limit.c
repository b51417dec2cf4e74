/* The limit: what hashing and compressing the same bytes costs when they lie in memory and nothing is written.
 *
 *   limit LEVEL[:KIB] THREADS FILE...     prints {"seconds":…,"in":…,"out":…}
 *
 * One thread hashes the whole (SHA-256 cannot be cut) and then helps the others, which compress blocks of KIB (512) by
 * libdeflate. No program that hashes a tar and has libdeflate compress it at this level on this machine can be faster. */
#include <fcntl.h>
#include <libdeflate.h>
#include <openssl/evp.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define MAX_THREADS 256

static struct {
	unsigned char *bytes;
	size_t n, block;
	int level;
	atomic_size_t next, made;
} work;

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static void read_file(const char *path)
{
	int fd = open(path, O_RDONLY);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		die(path);
	work.bytes = realloc(work.bytes, work.n + (size_t)st.st_size + 1);
	if (!work.bytes)
		die(path);
	for (ssize_t got; (got = read(fd, work.bytes + work.n, 1 << 20)) != 0; work.n += (size_t)got)
		if (got < 0)
			die(path);
	close(fd);
}

static void *compress_blocks(void *unused)
{
	struct libdeflate_compressor *c = libdeflate_alloc_compressor(work.level);
	size_t room = libdeflate_deflate_compress_bound(NULL, work.block);
	unsigned char *out = malloc(room);

	(void)unused;
	if (!c || !out)
		die("memory");
	for (size_t at; (at = atomic_fetch_add(&work.next, work.block)) < work.n;) {
		size_t n = work.n - at < work.block ? work.n - at : work.block;

		atomic_fetch_add(&work.made, libdeflate_deflate_compress(c, work.bytes + at, n, out, room));
	}
	free(out);
	libdeflate_free_compressor(c);
	return NULL;
}

static void *hash_all(void *unused)
{
	unsigned char sum[EVP_MAX_MD_SIZE];

	if (!EVP_Digest(work.bytes, work.n, sum, NULL, EVP_sha256(), NULL))
		die("sha256");
	return compress_blocks(unused);
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

int main(int argc, char **argv)
{
	pthread_t threads[MAX_THREADS];
	int n = argc > 3 ? (int)strtol(argv[2], NULL, 10) : 0;
	char *rest;
	double start;

	if (n < 1 || n > MAX_THREADS) {
		fputs("usage: limit LEVEL[:KIB] THREADS FILE...\n", stderr);
		return 2;
	}
	work.level = (int)strtol(argv[1], &rest, 10);
	work.block = (*rest == ':' ? strtoul(rest + 1, NULL, 10) : 512) << 10;
	if (!work.block)
		die("block size");
	for (int i = 3; i < argc; i++)
		read_file(argv[i]);
	start = now();
	for (int i = 0; i < n; i++)
		if (pthread_create(&threads[i], NULL, i ? compress_blocks : hash_all, NULL) != 0)
			die("thread");
	for (int i = 0; i < n; i++)
		pthread_join(threads[i], NULL);
	printf("{\"seconds\":%.6f,\"in\":%zu,\"out\":%zu}\n", now() - start, work.n, (size_t)work.made);
	return 0;
}
