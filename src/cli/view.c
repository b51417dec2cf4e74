#include "view.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#include "mkscratch/fs.h"
#include "mkscratch/json.h"

#define FIRST_MS 500
#define REDRAW_MS 100
#define REPEAT_MS 1000
#define CLEAR "\r\033[K"

enum form { OVER, PLAIN, JSON };

struct msk_view {
	struct msk_progress counters;
	enum form form;
	bool shown;                   /* a line stands on the terminal */
	const char *stage;            /* as last seen, and when the look before that was */
	double stage_since, last_look;
	int signals, stop;            /* signalfd, eventfd */
	sigset_t was;                 /* of the thread that opened it */
	pthread_mutex_t drawing;
	pthread_t thread;
};

struct look {
	const char *stage;
	uint64_t done, total, per_second, seconds_left;
};

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* False: nothing has begun. */
static bool look(struct msk_view *v, struct look *l)
{
	double t = now(), took;

	*l = (struct look){ .stage = atomic_load(&v->counters.stage), .done = atomic_load(&v->counters.done),
			    .total = atomic_load(&v->counters.total) };
	if (l->stage != v->stage)
		v->stage_since = v->last_look;
	v->stage = l->stage;
	v->last_look = t;
	took = t - v->stage_since;
	if (l->done > l->total)
		l->done = l->total;
	l->per_second = took > 0 ? (uint64_t)((double)l->done / took) : 0;
	l->seconds_left = l->per_second ? (l->total - l->done + l->per_second - 1) / l->per_second : 0;
	return l->stage != NULL;
}

/* "compressing 45.2 MB of 126.0 MB, 92.1 MB/s, 1 s left" */
static void add_words(struct msk_str *out, const struct look *l)
{
	msk_str_adds(out, l->stage);
	if (!l->total)
		return;
	msk_str_addc(out, ' ');
	msk_str_add_size(out, l->done);
	msk_str_adds(out, " of ");
	msk_str_add_size(out, l->total);
	if (!l->per_second)
		return;
	msk_str_adds(out, ", ");
	msk_str_add_size(out, l->per_second);
	msk_str_addf(out, "/s, %llu s left", (unsigned long long)l->seconds_left);
}

static void add_json(struct msk_str *out, const struct look *l)
{
	MSK_AUTO_JSON *o = msk_json_object();

	msk_json_set_string(o, "stage", l->stage);
	if (l->total) {
		msk_json_set_int(o, "done", (int64_t)l->done);
		msk_json_set_int(o, "total", (int64_t)l->total);
		msk_json_set_int(o, "bytes_per_second", (int64_t)l->per_second);
		msk_json_set_int(o, "seconds_left", (int64_t)l->seconds_left);
	}
	msk_json_dump(o, out);
}

/* A line that is longer than the terminal is wide could not be taken back. */
static void fit_terminal(struct msk_str *line)
{
	struct winsize size;

	if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) < 0 || size.ws_col < 2 || line->len < size.ws_col)
		return;
	line->len = size.ws_col - 1u;
	line->buf[line->len] = '\0';
}

/* Whoever shows how far it is has no use for the news that it cannot be shown. */
static void put(const char *text, size_t n)
{
	struct msk_err ignored = MSK_ERR_INIT;

	msk_write_full(STDERR_FILENO, text, n, "standard error", &ignored);
}

static void show(struct msk_view *v)
{
	MSK_AUTO_STR line = MSK_STR_INIT;
	MSK_AUTO_STR text = MSK_STR_INIT;
	struct look l;

	if (!look(v, &l))
		return;
	if (v->form == JSON)
		add_json(&text, &l);
	else
		add_words(&text, &l);
	if (v->form == OVER)
		fit_terminal(&text);
	msk_str_addf(&line, v->form == OVER ? CLEAR "%s" : "%s\n", msk_str_c(&text));
	put(line.buf, line.len);
	v->shown = v->form == OVER;
}

static void clear(struct msk_view *v)
{
	if (v->shown)
		put(CLEAR, sizeof CLEAR - 1);
	v->shown = false;
}

static void termination_signals(sigset_t *set)
{
	sigemptyset(set);
	sigaddset(set, SIGINT);
	sigaddset(set, SIGTERM);
	sigaddset(set, SIGHUP);
}

/* The line goes, then the signal does what it would have done: here, in this thread. */
static void hand_on_signal(struct msk_view *v)
{
	struct signalfd_siginfo got;
	sigset_t set;

	if (read(v->signals, &got, sizeof got) != (ssize_t)sizeof got)
		return;
	clear(v);
	termination_signals(&set);
	pthread_sigmask(SIG_UNBLOCK, &set, NULL);
	raise((int)got.ssi_signo);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
}

static void show_alone(struct msk_view *v)
{
	pthread_mutex_lock(&v->drawing);
	show(v);
	pthread_mutex_unlock(&v->drawing);
}

static void *watch(void *arg)
{
	struct msk_view *v = arg;
	struct pollfd on[] = { { .fd = v->stop, .events = POLLIN }, { .fd = v->signals, .events = POLLIN } };

	for (int wait = FIRST_MS;; wait = v->form == OVER ? REDRAW_MS : REPEAT_MS) {
		int n = poll(on, 2, wait);

		if (on[0].revents)
			return NULL;
		if (n > 0 && on[1].revents)
			hand_on_signal(v);
		else if (n == 0)
			show_alone(v);
	}
}

static void release(struct msk_view *v)
{
	pthread_sigmask(SIG_SETMASK, &v->was, NULL);
	if (v->signals >= 0)
		close(v->signals);
	if (v->stop >= 0)
		close(v->stop);
	pthread_mutex_destroy(&v->drawing);
	free(v);
}

/* Without descriptors or a thread there is no view, and the work goes on. The signals are blocked before any thread is
 * made, so that all inherit that and only the view sees them. */
static struct msk_view *start(enum form form)
{
	struct msk_view *v = msk_xcalloc(1, sizeof *v);
	sigset_t set;

	termination_signals(&set);
	pthread_sigmask(SIG_BLOCK, &set, &v->was);
	pthread_mutex_init(&v->drawing, NULL);
	v->form = form;
	v->last_look = now();
	v->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	v->stop = eventfd(0, EFD_CLOEXEC);
	if (v->signals >= 0 && v->stop >= 0 && pthread_create(&v->thread, NULL, watch, v) == 0)
		return v;
	release(v);
	return NULL;
}

static bool wanted(const struct msk_options *o)
{
	if (o->progress && strcmp(o->progress, "auto") != 0)
		return strcmp(o->progress, "always") == 0;
	return o->level == MSK_LOG_WARN && !o->json && isatty(STDERR_FILENO) && o->term &&
	       strcmp(o->term, "dumb") != 0;
}

static enum form form_of(const struct msk_options *o)
{
	if (o->json)
		return JSON;
	return isatty(STDERR_FILENO) ? OVER : PLAIN;
}

int msk_view_check(const struct msk_options *o, struct msk_err *err)
{
	const char *typed = o->progress;

	if (!typed || strcmp(typed, "auto") == 0 || strcmp(typed, "always") == 0 || strcmp(typed, "never") == 0)
		return 0;
	return msk_fail(err, MSK_E_USAGE, "--progress %s: is none of auto, always, never", typed);
}

struct msk_view *msk_view_open(const struct msk_options *o)
{
	return wanted(o) ? start(form_of(o)) : NULL;
}

struct msk_progress *msk_view_counters(struct msk_view *v)
{
	return v ? &v->counters : NULL;
}

void msk_view_hold(struct msk_view *v)
{
	if (!v)
		return;
	pthread_mutex_lock(&v->drawing);
	clear(v);
}

void msk_view_let_go(struct msk_view *v)
{
	if (v)
		pthread_mutex_unlock(&v->drawing);
}

void msk_view_close(struct msk_view *v)
{
	const uint64_t one = 1;

	if (!v)
		return;
	/* The counter of a new eventfd has room, so this cannot fail. */
	while (write(v->stop, &one, sizeof one) < 0 && errno == EINTR)
		;
	pthread_join(v->thread, NULL);
	clear(v);
	release(v);
}

void msk_view_cleanup(struct msk_view **v)
{
	msk_view_close(*v);
}
