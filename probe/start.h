/* Where the kernel enters: the stack pointer goes to probe_start(), which finds argc and argv there. */
#ifndef PROBE_START_H
#define PROBE_START_H

#if defined(__x86_64__)
__asm__(".text\n.global _start\n_start:\n\txor %ebp, %ebp\n\tmov %rsp, %rdi\n\tand $-16, %rsp\n\tcall probe_start\n");
#elif defined(__i386__)
__asm__(".text\n.global _start\n_start:\n\txor %ebp, %ebp\n\tmov %esp, %eax\n\tand $-16, %esp\n\tsub $12, %esp\n"
	"\tpush %eax\n\tcall probe_start\n");
#elif defined(__aarch64__)
__asm__(".text\n.global _start\n_start:\n\tmov x29, #0\n\tmov x0, sp\n\tbl probe_start\n");
#elif defined(__arm__)
__asm__(".text\n.arm\n.global _start\n.type _start, %function\n_start:\n\tmov fp, #0\n\tmov r0, sp\n\tbic sp, sp, #7\n"
	"\tbl probe_start\n");
#elif defined(__riscv)
__asm__(".text\n.global _start\n_start:\n.option push\n.option norelax\n\tla gp, __global_pointer$\n.option pop\n"
	"\tmv a0, sp\n\tandi sp, sp, -16\n\tcall probe_start\n");
#elif defined(__powerpc64__)
__asm__(".text\n.global _start\n.type _start, @function\n_start:\n0:\taddis 2, 12, .TOC.-0b@ha\n\taddi 2, 2, .TOC.-0b@l\n"
	"\tmr 3, 1\n\tclrrdi 1, 1, 4\n\tli 0, 0\n\tstdu 0, -64(1)\n\tmtlr 0\n\tbl probe_start\n\tnop\n");
#else
__asm__(".text\n.global _start\n_start:\n\tlgr %r2, %r15\n\taghi %r15, -160\n\tbrasl %r14, probe_start\n");
#endif

#endif
