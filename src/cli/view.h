/* The line that shows how far the work is (--progress). A thread of its own looks at the counters ten times a second and
 * writes to stderr; it begins after half a second, so short work shows nothing.
 *
 *   on a terminal   one line, written over and over, gone at the end
 *   elsewhere       a plain line a second
 *   with --json     a JSON object a second: {"stage","done","total","bytes_per_second","seconds_left"}
 *
 * auto, the default: on a terminal that can move its cursor, unless -q, -v or --json say that a person is not the one
 * to read it. While a view is open it takes INT, TERM and HUP, clears its line and hands them on. */
#ifndef MSK_CLI_VIEW_H
#define MSK_CLI_VIEW_H

#include "mkscratch/options.h"
#include "mkscratch/progress.h"

struct msk_view;

/* Fails: MSK_E_USAGE, `--progress x: is none of auto, always, never`. */
int msk_view_check(const struct msk_options *o, struct msk_err *err);
struct msk_view *msk_view_open(const struct msk_options *o);     /* NULL: nothing is to be shown */
struct msk_progress *msk_view_counters(struct msk_view *v);      /* NULL for NULL */
/* The line is gone while something else is said. */
void msk_view_hold(struct msk_view *v);
void msk_view_let_go(struct msk_view *v);
void msk_view_close(struct msk_view *v);                         /* clears the line */
void msk_view_cleanup(struct msk_view **v);

#endif
