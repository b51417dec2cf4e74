/* Run a program and have its system calls counted, failed, cut short or ended by a signal.
 *
 *   inject [-l FILE] [-d FILE] [-m FILE] [-n NAME:NTH[+|%M]] [-a ACTION] PROGRAM ARG...
 *
 *   -l FILE    list the calls, a line each: which it is of all, name, which of that name, result, path or descriptor
 *   -d FILE    write down what changes files, with the bytes written, for others to replay (see replay.py)
 *   -m FILE    the microseconds from the act to the end
 *   -n NAME:NTH  the call to act upon: the NTH of that name; `+`: that and all behind it; `%M`: every M-th from it on.
 *              NAME `any` counts all calls.
 *   -a ACTION  error=NUMBER: it is not made and fails with that errno; short=N: read or write at most N bytes;
 *              signal=NUMBER: it is made, and the signal comes; kill: it is not made, and the process is killed
 *
 * Counting begins where the program looks whether descriptor 0 is open, its first step: what the loader does before is not
 * the program's. Threads and child processes are counted together. Ends as the program ended. */
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <linux/ptrace.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* Which of its arguments is a path, a descriptor, a buffer; 9: none. */
struct call {
	long nr;
	const char *name;
	int path, fd;
};

#define CALL(name, path, fd) { SYS_##name, #name, path, fd }
static const struct call calls[] = {
	CALL(read, 9, 0), CALL(write, 9, 0), CALL(pread64, 9, 0), CALL(pwrite64, 9, 0), CALL(close, 9, 0),
	CALL(openat, 1, 0), CALL(openat2, 1, 0), CALL(fstat, 9, 0), CALL(newfstatat, 1, 0), CALL(statx, 1, 0),
	CALL(lseek, 9, 0), CALL(mmap, 9, 9), CALL(munmap, 9, 9), CALL(mprotect, 9, 9), CALL(mremap, 9, 9), CALL(brk, 9, 9),
	CALL(fsync, 9, 0), CALL(fdatasync, 9, 0), CALL(sync_file_range, 9, 0), CALL(ftruncate, 9, 0), CALL(fallocate, 9, 0),
	CALL(renameat, 1, 0), CALL(renameat2, 1, 0), CALL(linkat, 1, 0), CALL(unlinkat, 1, 0), CALL(mkdirat, 1, 0),
	CALL(symlinkat, 0, 1), CALL(readlinkat, 1, 0), CALL(faccessat, 1, 0), CALL(faccessat2, 1, 0), CALL(fchmod, 9, 0),
	CALL(fchmodat, 1, 0), CALL(utimensat, 1, 0), CALL(flock, 9, 0), CALL(fcntl, 9, 0), CALL(getdents64, 9, 0),
	CALL(copy_file_range, 9, 0), CALL(getrandom, 9, 9), CALL(futex, 9, 9), CALL(clone, 9, 9), CALL(clone3, 9, 9),
	CALL(rt_sigaction, 9, 9), CALL(rt_sigprocmask, 9, 9), CALL(madvise, 9, 9), CALL(prctl, 9, 9), CALL(ioctl, 9, 0),
	CALL(landlock_create_ruleset, 9, 9), CALL(landlock_add_rule, 9, 0), CALL(landlock_restrict_self, 9, 0),
	CALL(dup, 9, 0), CALL(dup3, 9, 0), CALL(exit_group, 9, 9), CALL(exit, 9, 9), CALL(sched_yield, 9, 9),
	CALL(sched_getaffinity, 9, 9), CALL(clock_nanosleep, 9, 9), CALL(set_robust_list, 9, 9), CALL(rseq, 9, 9),
	CALL(fadvise64, 9, 0), CALL(memfd_create, 9, 9), CALL(getpid, 9, 9), CALL(gettid, 9, 9), CALL(sysinfo, 9, 9),
	CALL(prlimit64, 9, 9), CALL(geteuid, 9, 9), CALL(getuid, 9, 9), CALL(eventfd2, 9, 9), CALL(signalfd4, 9, 9),
	CALL(wait4, 9, 9),
#ifdef SYS_open
	CALL(open, 0, 9), CALL(stat, 0, 9), CALL(lstat, 0, 9), CALL(access, 0, 9), CALL(rename, 0, 9), CALL(unlink, 0, 9),
	CALL(rmdir, 0, 9), CALL(mkdir, 0, 9), CALL(readlink, 0, 9), CALL(poll, 9, 9),
#endif
};

enum { N_CALLS = sizeof calls / sizeof *calls, MAX_THREADS = 256 };
enum action { NOTHING, FAIL, SHORT, SIGNAL, KILL };

static struct {
	const char *name;
	unsigned long nth, every;      /* every: 0 once, 1 from then on, M each M-th */
	enum action action;
	long value;
} what = { .name = "" };

static struct thread {
	pid_t tid;
	bool failing, first_set, count_set;
	long nr, args[6];
	unsigned long of_all, of_name;
} threads[MAX_THREADS];

static unsigned long count_all, count_of[N_CALLS];
static bool counting;
static FILE *list, *dump, *measure;
static struct timespec acted;

static void die(const char *why)
{
	fprintf(stderr, "inject: %s: %s\n", why, strerror(errno));
	exit(99);
}

static struct thread *thread_of(pid_t tid)
{
	struct thread *room = NULL;

	for (int i = 0; i < MAX_THREADS; i++) {
		if (threads[i].tid == tid)
			return &threads[i];
		if (!room && !threads[i].tid)
			room = &threads[i];
	}
	if (!room)
		die("threads");
	*room = (struct thread){ .tid = tid };
	return room;
}

static int index_of(long nr)
{
	for (int i = 0; i < N_CALLS; i++)
		if (calls[i].nr == nr)
			return i;
	return -1;
}

static size_t peek(pid_t tid, long from, void *to, size_t n)
{
	struct iovec local = { to, n }, remote = { (void *)from, n };
	ssize_t got = process_vm_readv(tid, &local, 1, &remote, 1, 0);

	return got < 0 ? 0 : (size_t)got;
}

/* A string ends at the latest with its page, since the next may not be there. */
static void peek_string(pid_t tid, long from, char *to, size_t room)
{
	size_t n = 0;

	while (n < room - 1) {
		size_t step = 4096 - (size_t)(from + (long)n) % 4096;

		if (step > room - 1 - n)
			step = room - 1 - n;
		step = peek(tid, from + (long)n, to + n, step);
		if (!step || memchr(to + n, 0, step))
			break;
		n += step;
	}
	to[room - 1] = '\0';
	if (n == 0 && !peek(tid, from, to, 1))
		to[0] = '\0';
}

#if defined __x86_64__
enum { RESULT_IS_FIRST = 0 };
static void skip_call(pid_t tid)
{
	ptrace(PTRACE_POKEUSER, tid, offsetof(struct user_regs_struct, orig_rax), -1L);
}
static void set_result(pid_t tid, long value)
{
	ptrace(PTRACE_POKEUSER, tid, offsetof(struct user_regs_struct, rax), value);
}
static void set_count(pid_t tid, long value)
{
	ptrace(PTRACE_POKEUSER, tid, offsetof(struct user_regs_struct, rdx), value);
}
static void set_first(pid_t tid, long value)
{
	ptrace(PTRACE_POKEUSER, tid, offsetof(struct user_regs_struct, rdi), value);
}
#elif defined __aarch64__
enum { RESULT_IS_FIRST = 1 };
static void skip_call(pid_t tid)
{
	int nr = -1;
	struct iovec v = { &nr, sizeof nr };

	ptrace(PTRACE_SETREGSET, tid, 0x404 /* NT_ARM_SYSTEM_CALL */, &v);
}
static void set_reg(pid_t tid, int n, long value)
{
	struct user_regs_struct regs;
	struct iovec v = { &regs, sizeof regs };

	ptrace(PTRACE_GETREGSET, tid, NT_PRSTATUS, &v);
	regs.regs[n] = (unsigned long)value;
	ptrace(PTRACE_SETREGSET, tid, NT_PRSTATUS, &v);
}
static void set_result(pid_t tid, long value)
{
	set_reg(tid, 0, value);
}
static void set_count(pid_t tid, long value)
{
	set_reg(tid, 2, value);
}
static void set_first(pid_t tid, long value)
{
	set_reg(tid, 0, value);
}
#else
#error "not known here: how to skip a system call"
#endif

static bool is_due(const struct thread *t, const char *name)
{
	bool any = strcmp(what.name, "any") == 0;
	unsigned long k = any ? t->of_all : t->of_name;

	if (what.action == NOTHING || (!any && strcmp(what.name, name) != 0) || k < what.nth)
		return false;
	return what.every ? (k - what.nth) % what.every == 0 : k == what.nth;
}

static void act(struct thread *t, pid_t leader)
{
	clock_gettime(CLOCK_MONOTONIC, &acted);
	switch (what.action) {
	case FAIL:
		/* brk(2) knows no errno: it answers with where the break still is. */
		if (t->nr == SYS_brk) {
			set_first(t->tid, 0);
			t->first_set = true;
			break;
		}
		skip_call(t->tid);
		t->failing = true;
		break;
	case SHORT:
		t->count_set = t->args[2] > what.value;
		if (t->count_set)
			set_count(t->tid, what.value);
		break;
	case SIGNAL:
		/* What is no thread of it is a child, which goes when it goes. */
		if (syscall(SYS_tgkill, leader, t->tid, (int)what.value) < 0)
			kill(leader, (int)what.value);
		break;
	case KILL:
		skip_call(t->tid);
		kill(leader, SIGKILL);
		break;
	case NOTHING:
		break;
	}
}

static void on_entry(struct thread *t, const struct ptrace_syscall_info *info, pid_t leader)
{
	int i;

	t->nr = (long)info->entry.nr;
	for (int k = 0; k < 6; k++)
		t->args[k] = (long)info->entry.args[k];
	counting = counting || (t->nr == SYS_fcntl && t->args[0] == 0);
	if (!counting)
		return;
	i = index_of(t->nr);
	t->of_all = ++count_all;
	t->of_name = i < 0 ? 0 : ++count_of[i];
	if (i >= 0 && is_due(t, calls[i].name))
		act(t, leader);
}

static void put_hex(const unsigned char *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		fprintf(dump, "%02x", p[i]);
}

static void dump_bytes(const struct thread *t, long from, size_t n)
{
	static unsigned char buf[1 << 16];

	while (n) {
		size_t got = peek(t->tid, from, buf, n < sizeof buf ? n : sizeof buf);

		if (!got)
			break;
		put_hex(buf, got);
		from += (long)got;
		n -= got;
	}
}

/* NAME RESULT ARG... [hex of a path, of a second path, or of bytes] */
static void dump_call(const struct thread *t, const struct call *c, long result)
{
	char path[4200];

	fprintf(dump, "%s %ld %ld %ld %ld %ld", c->name, result, t->args[0], t->args[1], t->args[2], t->args[3]);
	if (c->path != 9) {
		peek_string(t->tid, t->args[c->path], path, sizeof path);
		fputc(' ', dump);
		put_hex((unsigned char *)path, strlen(path));
	}
	if (strncmp(c->name, "renameat", 8) == 0 || strcmp(c->name, "linkat") == 0 || strcmp(c->name, "rename") == 0) {
		peek_string(t->tid, t->args[strcmp(c->name, "rename") == 0 ? 1 : 3], path, sizeof path);
		fputc(' ', dump);
		put_hex((unsigned char *)path, strlen(path));
	}
	if ((t->nr == SYS_write || t->nr == SYS_pwrite64) && result > 0) {
		fputc(' ', dump);
		dump_bytes(t, t->args[1], (size_t)result);
	}
	fputc('\n', dump);
}

static void list_call(const struct thread *t, const struct call *c, long result)
{
	char path[4200] = "";

	if (c->path != 9)
		peek_string(t->tid, t->args[c->path], path, sizeof path);
	fprintf(list, "%lu %s %lu %ld %d %s\n", t->of_all, c->name, t->of_name, result,
		c->fd == 9 ? -1 : (int)t->args[c->fd], path);
}

static void on_exit_of(struct thread *t, const struct ptrace_syscall_info *info)
{
	int i = index_of(t->nr);
	long result = (long)info->exit.rval;

	if (t->failing) {
		set_result(t->tid, -what.value);
		result = -what.value;
	}
	/* The kernel leaves arguments as they were, and programs rely on it (but for the one that has the result on arm). */
	if (t->count_set)
		set_count(t->tid, t->args[2]);
	if (t->first_set && !RESULT_IS_FIRST)
		set_first(t->tid, t->args[0]);
	t->failing = t->count_set = t->first_set = false;
	if (counting && i >= 0 && list)
		list_call(t, &calls[i], result);
	if (counting && i >= 0 && dump)
		dump_call(t, &calls[i], result);
}

static void on_stop(pid_t tid, pid_t leader)
{
	struct ptrace_syscall_info info = { 0 };
	struct thread *t = thread_of(tid);

	if (ptrace(PTRACE_GET_SYSCALL_INFO, tid, sizeof info, &info) < 0)
		return;
	if (info.op == PTRACE_SYSCALL_INFO_ENTRY)
		on_entry(t, &info, leader);
	else if (info.op == PTRACE_SYSCALL_INFO_EXIT)
		on_exit_of(t, &info);
}

static int end_as(int status)
{
	struct rlimit none = { 0, 0 };

	struct timespec end;

	clock_gettime(CLOCK_MONOTONIC, &end);
	if (measure && acted.tv_sec)
		fprintf(measure, "%ld", (end.tv_sec - acted.tv_sec) * 1000000 + (end.tv_nsec - acted.tv_nsec) / 1000);
	if (measure)
		fclose(measure);
	if (list)
		fclose(list);
	if (dump)
		fclose(dump);
	if (WIFEXITED(status))
		return WEXITSTATUS(status);
	setrlimit(RLIMIT_CORE, &none);
	signal(WTERMSIG(status), SIG_DFL);
	raise(WTERMSIG(status));
	return 98;
}

static int watch(pid_t leader)
{
	int status, last = 0;
	pid_t tid;

	while ((tid = waitpid(-1, &status, __WALL)) > 0) {
		int sig = 0;

		if (WIFEXITED(status) || WIFSIGNALED(status)) {
			thread_of(tid)->tid = 0;
			if (tid == leader)
				last = status;
			continue;
		}
		if (WSTOPSIG(status) == (SIGTRAP | 0x80))
			on_stop(tid, leader);
		else if (status >> 16 == 0 && WSTOPSIG(status) != SIGSTOP)
			sig = WSTOPSIG(status);
		ptrace(PTRACE_SYSCALL, tid, 0, (long)sig);
	}
	return end_as(last);
}

static void parse_where(char *text)
{
	char *colon = strchr(text, ':'), *end;

	if (!colon)
		die("-n NAME:NTH");
	*colon = '\0';
	what.name = text;
	what.nth = strtoul(colon + 1, &end, 10);
	if (*end == '+')
		what.every = 1;
	if (*end == '%')
		what.every = strtoul(end + 1, NULL, 10);
}

static void parse_action(const char *text)
{
	const char *is = strchr(text, '=');

	what.value = is ? strtol(is + 1, NULL, 10) : 0;
	what.action = strncmp(text, "error=", 6) == 0 ? FAIL : strncmp(text, "short=", 6) == 0 ? SHORT :
		      strncmp(text, "signal=", 7) == 0 ? SIGNAL : strcmp(text, "kill") == 0 ? KILL : NOTHING;
	if (what.action == NOTHING)
		die("-a ACTION");
}

int main(int argc, char **argv)
{
	pid_t child;
	int c;

	while ((c = getopt(argc, argv, "+l:d:m:n:a:")) != -1) {
		if (c == 'l' && !(list = fopen(optarg, "we")))
			die(optarg);
		if (c == 'd' && !(dump = fopen(optarg, "we")))
			die(optarg);
		if (c == 'm' && !(measure = fopen(optarg, "we")))
			die(optarg);
		if (c == 'n')
			parse_where(optarg);
		if (c == 'a')
			parse_action(optarg);
		if (c == '?')
			return 99;
	}
	child = fork();
	if (child == 0) {
		ptrace(PTRACE_TRACEME, 0, 0, 0);
		raise(SIGSTOP);
		execv(argv[optind], argv + optind);
		die(argv[optind]);
	}
	if (child < 0 || waitpid(child, NULL, 0) != child)
		die("fork");
	if (ptrace(PTRACE_SETOPTIONS, child, 0,
		   PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACECLONE | PTRACE_O_TRACEFORK | PTRACE_O_TRACEEXEC |
		   PTRACE_O_EXITKILL) < 0)
		die("ptrace");
	ptrace(PTRACE_SYSCALL, child, 0, 0);
	return watch(child);
}
