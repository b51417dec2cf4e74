/* Errors as values.
 *
 * Every function that can fail takes `struct msk_err *err` as its last argument, never NULL, and returns
 * 0 or -1. Out-parameters are written on success only. The callee that meets the fault sets the error, callers
 * may put a subject in front of it (msk_ctx), nobody re-phrases it, and only the command line prints it.
 * "Not found" is a value (`bool *found`), not an error.
 *
 * Messages read `<subject>: <what is wrong> (<measured> vs <allowed>)`: no capital, no full stop. Names go in raw;
 * control bytes are escaped once, where the line is printed. */
#ifndef MKSCRATCH_ERR_H
#define MKSCRATCH_ERR_H

#include <stdbool.h>

/* Each code is the process's exit status. */
enum msk_code {
	MSK_OK = 0,
	MSK_E_DIFFERS = 1,    /* `diff` found differences, --strict a warning */
	MSK_E_USAGE = 2,      /* the command line, or a value on it */
	MSK_E_INPUT = 3,      /* a file that is not what it should be */
	MSK_E_MISSING = 4,    /* a dependency is missing or does not fit */
	MSK_E_IO = 5,         /* the system refused, or memory ran out */
	MSK_E_NETWORK = 6,
	MSK_E_INTEGRITY = 7,  /* bytes that do not match their digest or size */
	MSK_E_BUG = 70,
};

/* Lives in the caller's storage; owns nothing. Zero is "no error". */
struct msk_err {
	enum msk_code code;
	bool writing;         /* something could not be written: what was read meanwhile has no part in it */
	char msg[1024];
	char hint[512];       /* what mends it; "" when nothing helps */
	char detail[2048];    /* lines that say more, escaped, each ended; "" for none */
};

#define MSK_ERR_INIT { .code = MSK_OK }

/* Set the error; always -1. The error must not be set already. */
int msk_fail(struct msk_err *err, enum msk_code code, const char *fmt, ...)
	__attribute__((format(printf, 3, 4), cold));
/* The same as MSK_E_IO with the text of errno value `sys` behind it in brackets; with a hint where a limit of the process is
 * too low. */
int msk_fail_sys(struct msk_err *err, int sys, const char *fmt, ...)
	__attribute__((format(printf, 3, 4), cold));
/* The same of what could not be written. */
int msk_fail_write(struct msk_err *err, int sys, const char *fmt, ...)
	__attribute__((format(printf, 3, 4), cold));
/* Put "<subject>: " in front of the message; always -1. */
int msk_ctx(struct msk_err *err, const char *fmt, ...)
	__attribute__((format(printf, 2, 3), cold));
/* The same where the subject is what was being read, for which an error of writing stays as it is. */
int msk_ctx_read(struct msk_err *err, const char *fmt, ...)
	__attribute__((format(printf, 2, 3), cold));
/* Put more behind the message; always -1. */
int msk_more(struct msk_err *err, const char *fmt, ...)
	__attribute__((format(printf, 2, 3), cold));
/* Add a line that says more, shown between message and hint; escaped here. What finds no room is left out. */
void msk_detail(struct msk_err *err, const char *fmt, ...)
	__attribute__((format(printf, 2, 3), cold));
/* Say what mends it, replacing any earlier hint; always -1. */
int msk_hint(struct msk_err *err, const char *fmt, ...)
	__attribute__((format(printf, 2, 3), cold));

#endif
