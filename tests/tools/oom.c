/* Memory that runs out: preloaded, it fails the N-th allocation of the process, once or from then on. It stands in for the
 * allocator of every library too. The program has its own malloc() in front of that of the C library, which it calls by
 * another name: that is what is taken here.
 *
 *   OOM_AT=N       which fails, from 1 on; 0: none
 *   OOM_ALL=1      and all behind it
 *   OOM_COUNT=FILE at a proper end: how many there were, and how many of them were never freed
 *   OOM_STACKS=FILE  a line for each place that allocates: the number of the first allocation from there, and what the place
 *                  is known by: the eight callers nearest to it, which takes addresses that are not random
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <unwind.h>

enum { SEEN = 1 << 16, DEPTH = 8 };

static struct {
	void *(*malloc)(size_t n);
	void *(*calloc)(size_t n, size_t size);
	void *(*realloc)(void *p, size_t n);
	void *(*memalign)(size_t align, size_t n);
	void (*free)(void *p);
} next;

static atomic_ulong count;
static atomic_long live;
static unsigned long at;
static bool all;
static int stacks = -1, counts = -1;
static _Thread_local bool inside;
static uint64_t seen[SEEN];
static unsigned long first[SEEN];
static atomic_flag busy = ATOMIC_FLAG_INIT;

struct walk {
	uint64_t hash;
	int depth;
};

static _Unwind_Reason_Code step(struct _Unwind_Context *c, void *arg)
{
	struct walk *w = arg;

	w->hash = (w->hash ^ (uint64_t)_Unwind_GetIP(c)) * 0x100000001b3u;
	return ++w->depth < DEPTH + 2 ? _URC_NO_REASON : _URC_END_OF_STACK;
}

static void note_place(unsigned long n)
{
	struct walk w = { 0xcbf29ce484222325u, 0 };
	size_t i;

	inside = true;
	_Unwind_Backtrace(step, &w);
	w.hash |= 1;
	while (atomic_flag_test_and_set(&busy))
		;
	for (i = w.hash % SEEN; seen[i] && seen[i] != w.hash; i = (i + 1) % SEEN)
		;
	if (!seen[i]) {
		seen[i] = w.hash;
		first[i] = n;
	}
	atomic_flag_clear(&busy);
	inside = false;
}

static bool refused(void)
{
	unsigned long n;

	if (inside)
		return false;
	n = atomic_fetch_add(&count, 1) + 1;
	if (stacks >= 0)
		note_place(n);
	if (!at || n < at || (n > at && !all))
		return false;
	errno = ENOMEM;
	return true;
}

static void *counted(void *p)
{
	if (p && !inside)
		atomic_fetch_add(&live, 1);
	return p;
}

/* dlsym() allocates nothing as long as it finds what it is asked for. */
static void find(void)
{
	if (next.free)
		return;
	inside = true;
	*(void **)&next.malloc = dlsym(RTLD_NEXT, "__libc_malloc");
	*(void **)&next.calloc = dlsym(RTLD_NEXT, "__libc_calloc");
	*(void **)&next.realloc = dlsym(RTLD_NEXT, "__libc_realloc");
	*(void **)&next.memalign = dlsym(RTLD_NEXT, "__libc_memalign");
	*(void **)&next.free = dlsym(RTLD_NEXT, "free");
	inside = false;
}

void *__libc_malloc(size_t n)
{
	find();
	return refused() ? NULL : counted(next.malloc(n));
}

void *__libc_calloc(size_t n, size_t size)
{
	find();
	return refused() ? NULL : counted(next.calloc(n, size));
}

void *__libc_realloc(void *p, size_t n)
{
	void *q;

	find();
	if (refused())
		return NULL;
	q = next.realloc(p, n);
	return p ? q : counted(q);
}

void *__libc_memalign(size_t align, size_t n)
{
	find();
	return refused() ? NULL : counted(next.memalign(align, n));
}

void free(void *ptr)
{
	find();
	if (ptr && !inside)
		atomic_fetch_sub(&live, 1);
	next.free(ptr);
}

/* Out of the way of the numbers that the program gets. */
static int open_high(const char *path)
{
	int fd = path ? open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600) : -1;
	int high = fd < 0 ? -1 : fcntl(fd, F_DUPFD_CLOEXEC, 200);

	if (fd >= 0)
		close(fd);
	return high;
}

__attribute__((constructor)) static void begin(void)
{
	const char *n = getenv("OOM_AT");

	inside = true;
	at = n ? strtoul(n, NULL, 10) : 0;
	all = getenv("OOM_ALL") != NULL;
	/* Later the sandbox would not let us. */
	stacks = open_high(getenv("OOM_STACKS"));
	counts = open_high(getenv("OOM_COUNT"));
	inside = false;
}

__attribute__((destructor)) static void end(void)
{
	inside = true;
	if (counts >= 0)
		dprintf(counts, "%lu %ld\n", atomic_load(&count), atomic_load(&live));
	for (size_t i = 0; stacks >= 0 && i < SEEN; i++)
		if (seen[i])
			dprintf(stacks, "%lu %llx\n", first[i], (unsigned long long)seen[i]);
}
