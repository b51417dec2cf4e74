#include "mkscratch/log.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "mkscratch/str.h"

#define LINE_MAX_BYTES 280
/* Of an error with its hint; but so much of the message is shown, however long the hint. */
#define BOTH_MAX_BYTES 300
#define MESSAGE_LEAST_BYTES 200

static void write_bytes(const struct msk_log *log, const char *p, size_t left)
{
	/* A stderr that cannot be written has nobody to be told about it. */
	while (left) {
		ssize_t n = write(log->fd, p, left);

		if (n <= 0)
			return;
		p += n;
		left -= (size_t)n;
	}
}

struct msk_said {
	pthread_mutex_t lock;
	struct msk_strv lines;
};

struct msk_said *msk_said_new(void)
{
	struct msk_said *s = msk_xcalloc(1, sizeof *s);

	pthread_mutex_init(&s->lock, NULL);
	return s;
}

void msk_said_cleanup(struct msk_said **s)
{
	if (!*s)
		return;
	msk_strv_release(&(*s)->lines);
	pthread_mutex_destroy(&(*s)->lock);
	free(*s);
	*s = NULL;
}

static bool was_said(struct msk_said *s, const char *line)
{
	bool was;

	if (!s)
		return false;
	pthread_mutex_lock(&s->lock);
	was = msk_strv_has(&s->lines, line);
	if (!was)
		msk_strv_push(&s->lines, line);
	pthread_mutex_unlock(&s->lock);
	return was;
}

static void write_line(const struct msk_log *log, const struct msk_str *line)
{
	write_bytes(log, line->buf, line->len);
}

static void add_vescaped(struct msk_str *line, const char *fmt, va_list ap) __attribute__((format(printf, 2, 0)));

static void add_vescaped(struct msk_str *line, const char *fmt, va_list ap)
{
	MSK_AUTO_FREE char *text = NULL;

	if (vasprintf(&text, fmt, ap) < 0)
		msk_oom();
	msk_str_add_shown(line, text, strlen(text));
	msk_str_addc(line, '\n');
}

/* What a warning begins with. */
static void add_warning(const struct msk_log *log, struct msk_str *line)
{
	msk_str_adds(line, "warning: ");
	if (!log->target)
		return;
	msk_str_adds(line, "target ");
	msk_str_add_shown(line, log->target, strlen(log->target));
	msk_str_adds(line, ": ");
}

/* True: it was not said before. */
static bool say(const struct msk_log *log, bool warning, const char *fmt, va_list ap)
	__attribute__((format(printf, 3, 0)));

static bool say(const struct msk_log *log, bool warning, const char *fmt, va_list ap)
{
	MSK_AUTO_STR line = MSK_STR_INIT;

	if (warning)
		add_warning(log, &line);
	add_vescaped(&line, fmt, ap);
	if (was_said(log->said, line.buf))
		return false;
	write_line(log, &line);
	return true;
}

bool msk_log_warns(const struct msk_log *log)
{
	return log->level >= MSK_LOG_WARN || log->warned;
}

void msk_warn(const struct msk_log *log, const char *fmt, ...)
{
	va_list ap;

	if (!msk_log_warns(log))
		return;
	va_start(ap, fmt);
	if (say(log, true, fmt, ap) && log->warned)
		atomic_fetch_add(log->warned, 1);
	va_end(ap);
}

#define DEFINE_LEVEL(name, at, warning) \
	void name(const struct msk_log *log, const char *fmt, ...) \
	{ \
		va_list ap; \
\
		if (log->level < (at)) \
			return; \
		va_start(ap, fmt); \
		say(log, warning, fmt, ap); \
		va_end(ap); \
	}

DEFINE_LEVEL(msk_warn_of_run, MSK_LOG_WARN, true)
DEFINE_LEVEL(msk_note, MSK_LOG_WARN, false)
DEFINE_LEVEL(msk_info, MSK_LOG_INFO, false)
DEFINE_LEVEL(msk_debug, MSK_LOG_DEBUG, false)

int msk_warned_check(const struct msk_log *log, struct msk_err *err)
{
	unsigned n = log->warned ? atomic_load(log->warned) : 0;

	if (!n)
		return 0;
	msk_fail(err, MSK_E_DIFFERS, "--strict: %u %s, none is allowed", n, msk_plural(n, "warning", "warnings"));
	return msk_hint(err, "mend what is warned of; without --strict it is told and no more");
}

/* Where to cut so that no UTF-8 sequence is torn: back over continuation bytes. */
static size_t cut_before(const char *s, size_t at)
{
	while (at > 0 && ((unsigned char)s[at] & 0xC0) == 0x80)
		at--;
	return at;
}

/* What a reader needs of a long line is its head (the subject) and its tail (the figures). */
static void add_shortened(struct msk_str *line, const struct msk_str *whole, size_t room)
{
	static const char dots[] = "...";
	size_t head, tail;

	if (whole->len <= room) {
		msk_str_add(line, whole->buf, whole->len);
		return;
	}
	head = cut_before(whole->buf, room / 2);
	tail = whole->len - (room - sizeof dots - head);
	while (tail < whole->len && ((unsigned char)whole->buf[tail] & 0xC0) == 0x80)
		tail++;
	msk_str_add(line, whole->buf, head);
	msk_str_adds(line, dots);
	msk_str_adds(line, whole->buf + tail);
}

/* A line of at most `most` bytes. */
static void report(const struct msk_log *log, const char *prefix, const struct msk_str *whole, size_t most)
{
	MSK_AUTO_STR line = MSK_STR_INIT;

	msk_str_adds(&line, prefix);
	add_shortened(&line, whole, most - strlen(prefix) - 1);
	msk_str_addc(&line, '\n');
	write_line(log, &line);
}

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* A hint is typed as it stands, so the message gives way to it. */
void msk_log_error(const struct msk_log *log, const struct msk_err *err)
{
	static const char message[] = "mkscratch: ", hint[] = "hint: ";
	MSK_AUTO_STR msg = MSK_STR_INIT, cure = MSK_STR_INIT;
	size_t of_msg, of_cure;

	if (!err->msg[0])
		return;
	msk_str_add_shown(&msg, err->msg, strlen(err->msg));
	msk_str_add_shown(&cure, err->hint, strlen(err->hint));
	of_cure = cure.len ? least(cure.len + sizeof hint, LINE_MAX_BYTES) : 0;
	of_msg = of_cure < BOTH_MAX_BYTES - MESSAGE_LEAST_BYTES ? BOTH_MAX_BYTES - of_cure : MESSAGE_LEAST_BYTES;
	of_msg = least(least(msg.len + sizeof message, LINE_MAX_BYTES), of_msg);
	report(log, message, &msg, of_msg);
	write_bytes(log, err->detail, strlen(err->detail));
	if (cure.len)
		report(log, hint, &cure, of_cure);
}
