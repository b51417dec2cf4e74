/* The kernel, called directly: the probe has no C library, so that it is small and runs in any image of its machine.
 * Calls return the kernel's word: a negative errno on failure. */
#ifndef PROBE_SYS_H
#define PROBE_SYS_H

#if defined(__x86_64__)
enum { NR_read = 0, NR_close = 3, NR_write = 1, NR_socket = 41, NR_connect = 42, NR_sendto = 44, NR_getsockopt = 55,
       NR_ppoll = 271, NR_clock_gettime = 228, NR_exit_group = 231 };
#elif defined(__aarch64__) || defined(__riscv)
enum { NR_read = 63, NR_close = 57, NR_write = 64, NR_socket = 198, NR_connect = 203, NR_sendto = 206,
       NR_getsockopt = 209, NR_ppoll = 73, NR_clock_gettime = 113, NR_exit_group = 94 };
#elif defined(__arm__)
enum { NR_read = 3, NR_close = 6, NR_write = 4, NR_socket = 281, NR_connect = 283, NR_sendto = 290, NR_getsockopt = 295,
       NR_ppoll = 336, NR_clock_gettime = 263, NR_exit_group = 248 };
#elif defined(__i386__)
enum { NR_read = 3, NR_close = 6, NR_write = 4, NR_socket = 359, NR_connect = 362, NR_sendto = 369, NR_getsockopt = 365,
       NR_ppoll = 309, NR_clock_gettime = 265, NR_exit_group = 252 };
#elif defined(__powerpc64__)
enum { NR_read = 3, NR_close = 6, NR_write = 4, NR_socket = 326, NR_connect = 328, NR_sendto = 335, NR_getsockopt = 340,
       NR_ppoll = 281, NR_clock_gettime = 246, NR_exit_group = 234 };
#elif defined(__s390x__)
enum { NR_read = 3, NR_close = 6, NR_write = 4, NR_socket = 359, NR_connect = 362, NR_sendto = 369, NR_getsockopt = 365,
       NR_ppoll = 302, NR_clock_gettime = 260, NR_exit_group = 248 };
#else
#error "the probe does not know this machine"
#endif

/* The same on every machine above. */
enum { SYS_EINTR = 4, SYS_EAGAIN = 11, SYS_EINPROGRESS = 115, SYS_ETIMEDOUT = 110 };
enum { SYS_AF_UNIX = 1, SYS_AF_INET = 2, SYS_AF_INET6 = 10, SYS_SOCK_STREAM = 1, SYS_SOCK_NONBLOCK = 04000,
       SYS_SOCK_CLOEXEC = 02000000, SYS_SOL_SOCKET = 1, SYS_SO_ERROR = 4, SYS_MSG_NOSIGNAL = 0x4000 };
enum { SYS_POLLIN = 1, SYS_POLLOUT = 4, SYS_CLOCK_MONOTONIC = 1 };

struct sys_timespec {
	long sec, nsec;
};

struct sys_pollfd {
	int fd;
	short events, revents;
};

static inline long sys_call(long nr, long a, long b, long c, long d, long e, long f)
{
#if defined(__x86_64__)
	register long r10 __asm__("r10") = d, r8 __asm__("r8") = e, r9 __asm__("r9") = f;

	__asm__ volatile("syscall" : "+a"(nr) : "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
			 : "rcx", "r11", "memory");
	return nr;
#elif defined(__aarch64__)
	register long x8 __asm__("x8") = nr, x0 __asm__("x0") = a, x1 __asm__("x1") = b, x2 __asm__("x2") = c,
		      x3 __asm__("x3") = d, x4 __asm__("x4") = e, x5 __asm__("x5") = f;

	__asm__ volatile("svc 0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5) : "memory");
	return x0;
#elif defined(__riscv)
	register long a7 __asm__("a7") = nr, a0 __asm__("a0") = a, a1 __asm__("a1") = b, a2 __asm__("a2") = c,
		      a3 __asm__("a3") = d, a4 __asm__("a4") = e, a5 __asm__("a5") = f;

	__asm__ volatile("ecall" : "+r"(a0) : "r"(a7), "r"(a1), "r"(a2), "r"(a3), "r"(a4), "r"(a5) : "memory");
	return a0;
#elif defined(__arm__)
	register long r7 __asm__("r7") = nr, r0 __asm__("r0") = a, r1 __asm__("r1") = b, r2 __asm__("r2") = c,
		      r3 __asm__("r3") = d, r4 __asm__("r4") = e, r5 __asm__("r5") = f;

	__asm__ volatile("svc 0" : "+r"(r0) : "r"(r7), "r"(r1), "r"(r2), "r"(r3), "r"(r4), "r"(r5) : "memory");
	return r0;
#elif defined(__i386__)
	/* The sixth argument would be %ebp, which the compiler may need: it is saved around the call. */
	long args[2] = { a, f };

	__asm__ volatile("push %%ebp\n\tpush %%ebx\n\tmov 4(%%ebx), %%ebp\n\tmov (%%ebx), %%ebx\n\tint $0x80\n\t"
			 "pop %%ebx\n\tpop %%ebp" : "+a"(nr) : "b"(args), "c"(b), "d"(c), "S"(d), "D"(e) : "memory");
	return nr;
#elif defined(__powerpc64__)
	register long r0 __asm__("r0") = nr, r3 __asm__("r3") = a, r4 __asm__("r4") = b, r5 __asm__("r5") = c,
		      r6 __asm__("r6") = d, r7 __asm__("r7") = e, r8 __asm__("r8") = f;

	__asm__ volatile("sc\n\tbns+ 1f\n\tneg %0, %0\n1:" : "+r"(r3), "+r"(r0), "+r"(r4), "+r"(r5), "+r"(r6), "+r"(r7),
			 "+r"(r8) : : "memory", "cr0", "ctr", "xer", "r9", "r10", "r11", "r12");
	return r3;
#else
	register long r1 __asm__("1") = nr, r2 __asm__("2") = a, r3 __asm__("3") = b, r4 __asm__("4") = c,
		      r5 __asm__("5") = d, r6 __asm__("6") = e, r7 __asm__("7") = f;

	__asm__ volatile("svc 0" : "+d"(r2) : "d"(r1), "d"(r3), "d"(r4), "d"(r5), "d"(r6), "d"(r7) : "memory");
	return r2;
#endif
}

#endif
