/* Diagnostics on stderr: warnings, and with -v the reasons behind what was done. Results never pass here.
 * A log is a value handed down by the command line; nothing here changes a byte of any output. */
#ifndef MKSCRATCH_LOG_H
#define MKSCRATCH_LOG_H

#include <stdatomic.h>
#include <stdbool.h>

#include "mkscratch/err.h"

enum msk_level { MSK_LOG_ERROR, MSK_LOG_WARN, MSK_LOG_INFO, MSK_LOG_DEBUG };

struct msk_log {
	enum msk_level level;   /* -q: ERROR, default: WARN, -v: INFO, -vv: DEBUG */
	int fd;
	const char *target;     /* of several that are built, the one that warnings are of; NULL: there is none to tell apart */
	struct msk_said *said;  /* what was said once is not said again; NULL: it is */
	atomic_uint *warned;    /* --strict: how many warnings of the image there were, of all threads; NULL: no matter */
};

/* What was said, by any thread. */
struct msk_said *msk_said_new(void);
void msk_said_cleanup(struct msk_said **s);

/* "warning: <text>"; plain lines: a note for everybody who is not quiet, the others for -v and -vv. Escaped, one write
 * each. A warning is of the image, which may not do what is expected of it, and counts where they are counted: then it is said
 * to who is quiet, too. What is of the run alone, or of the machine (a cache that is not used), never counts. */
void msk_warn(const struct msk_log *log, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void msk_warn_of_run(const struct msk_log *log, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void msk_note(const struct msk_log *log, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void msk_info(const struct msk_log *log, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void msk_debug(const struct msk_log *log, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Is it of any use to look for what may be warned of? */
bool msk_log_warns(const struct msk_log *log);
/* The one place that decides whether what was warned of stops a run: asked before a result is put in place. Fails:
 * MSK_E_DIFFERS, `--strict: 2 warnings, none is allowed`, where they are counted and there were any. */
int msk_warned_check(const struct msk_log *log, struct msk_err *err);

/* The one place where an error becomes text: "mkscratch: <msg>\n", its details, and, when there is one,
 * "hint: <hint>\n". An error without message was told already and is but an exit status. The first line holds at most
 * 280 bytes; a longer message loses its middle. */
void msk_log_error(const struct msk_log *log, const struct msk_err *err);

#endif
