/*
 * A small HTTP/1.1 service that touches everything a container image built
 * from nothing may lack: CA certificates, time zones, user names and /tmp.
 *
 *	service                 serve on $PORT (8080)
 *	service --probe [PATH]  ask the running service, for health checks
 *	service --once PATH     answer without a socket
 *
 * /etc/passwd, /etc/group, the certificates and the zone headers are read
 * here and not by libc, so that static and dynamic builds fail alike.
 */
#define _GNU_SOURCE
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#ifdef WITH_OPENSSL
#include <openssl/err.h>
#include <openssl/x509_vfy.h>
#endif

#define CA_BUNDLE	"/etc/ssl/certs/ca-certificates.crt"
#define ZONEINFO	"/usr/share/zoneinfo"

#define PEM_BEGIN	"-----BEGIN CERTIFICATE-----"
#define PEM_END		"-----END CERTIFICATE-----"

#define MAX_FILE	(16 << 20)
#define MAX_REQUEST	8192
#define MAX_BODY	2048
#define MAX_ZONE	64
#define MAX_CONNS	128

#define READ_MS		5000
#define WRITE_MS	5000
#define LINGER_MS	500
#define STOP_MS		800
#define PROBE_MS	3000
#define BACKOFF_MS	100

#define TZIF_HEADER	44

struct response {
	int status;
	size_t len;
	char body[MAX_BODY];
};

struct text {
	char *data;
	size_t len;
};

enum conn_state { CONN_READING, CONN_WRITING, CONN_LINGERING };

struct conn {
	int fd;
	enum conn_state state;
	int64_t deadline;
	size_t used, out_len, out_sent;
	char in[MAX_REQUEST + 1];
	char out[MAX_BODY + 512];
};

struct server {
	int listener;
	int64_t now;
	int64_t accept_after;
	int64_t stop_at;	/* 0 while serving */
	size_t nr;
	struct conn *conns[MAX_CONNS];
};

static volatile sig_atomic_t stop_signal;

static void on_signal(int sig)
{
	stop_signal = sig;
}

static int64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

/* Every body is one line; the newline survives even when the text is cut. */
__attribute__((format(printf, 3, 4)))
static void reply(struct response *r, int status, const char *fmt, ...)
{
	size_t max = sizeof(r->body) - 2;
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(r->body, max + 1, fmt, ap);
	va_end(ap);
	r->status = status;
	r->len = n < 0 ? 0 : (size_t)n > max ? max : (size_t)n;
	r->body[r->len++] = '\n';
	r->body[r->len] = '\0';
}

static int read_fd(int fd, struct text *t)
{
	struct stat st;
	ssize_t n;

	if (fstat(fd, &st))
		return errno;
	if (!S_ISREG(st.st_mode))
		return S_ISDIR(st.st_mode) ? EISDIR : EINVAL;
	if (st.st_size > MAX_FILE)
		return EFBIG;
	t->data = malloc((size_t)st.st_size + 1);
	if (!t->data)
		return ENOMEM;
	while (t->len < (size_t)st.st_size) {
		n = read(fd, t->data + t->len, (size_t)st.st_size - t->len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return errno;
		if (!n)
			break;
		t->len += (size_t)n;
	}
	t->data[t->len] = '\0';
	return 0;
}

/* Returns 0 or an errno value; t->data is the caller's to free in any case. */
static int read_file(const char *path, struct text *t)
{
	/* A fifo put in the place of the file must not stall the service. */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	int err;

	t->data = NULL;
	t->len = 0;
	if (fd < 0)
		return errno;
	err = read_fd(fd, t);
	close(fd);
	return err;
}

static void get_health(struct response *r, const char *query)
{
	(void)query;
	reply(r, 200, "ok");
}

static const char *ca_bundle(void)
{
	const char *path = getenv("SSL_CERT_FILE");

	return path && *path ? path : CA_BUNDLE;
}

#ifdef WITH_OPENSSL

static const char *count_roots(struct text *t, unsigned *count)
{
	X509_STORE *store = X509_STORE_new();
	const char *why = NULL;

	(void)t;
	*count = 0;
	ERR_clear_error();
	if (!store || X509_STORE_load_locations(store, ca_bundle(), NULL) != 1) {
		why = ERR_reason_error_string(ERR_peek_last_error());
		if (!why)
			why = "OpenSSL cannot load it";
	} else {
		*count = (unsigned)sk_X509_OBJECT_num(
				X509_STORE_get0_objects(store));
		if (!*count)
			why = "no certificates in it";
	}
	X509_STORE_free(store);
	return why;
}

#else

static int base64_value(unsigned char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	return c == '+' ? 62 : c == '/' ? 63 : -1;
}

/* Decodes in place, which is safe because the output trails the input. */
static bool base64_decode(unsigned char *p, size_t n, size_t *len)
{
	unsigned bits = 0, digits = 0, pad = 0;
	size_t out = 0;

	for (size_t i = 0; i < n; i++) {
		int v = base64_value(p[i]);

		if (isspace(p[i]))
			continue;
		if (p[i] == '=') {
			pad++;
			v = 0;
		} else if (v < 0 || pad) {
			return false;
		}
		bits = bits << 6 | (unsigned)v;
		if (++digits % 4)
			continue;
		p[out++] = bits >> 16 & 0xff;
		p[out++] = bits >> 8 & 0xff;
		p[out++] = bits & 0xff;
	}
	if (digits % 4 || pad > 2)
		return false;
	*len = out - pad;
	return true;
}

static bool der_is_one_sequence(const unsigned char *der, size_t n)
{
	size_t octets, len = 0;

	if (n < 2 || der[0] != 0x30)
		return false;
	if (der[1] < 0x80)
		return n - 2 == der[1];
	octets = der[1] & 0x7f;
	if (!octets || octets > 4 || n - 2 < octets)
		return false;
	for (size_t i = 0; i < octets; i++)
		len = len << 8 | der[2 + i];
	return n - 2 - octets == len;
}

static const char *check_cert(char *text, size_t n)
{
	unsigned char *der = (unsigned char *)text;
	size_t len;

	if (!base64_decode(der, n, &len))
		return "broken base64";
	if (!der_is_one_sequence(der, len))
		return "not one DER sequence of the stated length";
	return NULL;
}

static char *find_line(char *text, const char *start)
{
	for (char *p = text; (p = strstr(p, start)); p++)
		if (p == text || p[-1] == '\n')
			return p;
	return NULL;
}

/* Returns what is wrong with certificate number *count, or NULL. */
static const char *count_roots(struct text *t, unsigned *count)
{
	char *p = t->data, *end;
	const char *why = NULL;

	*count = 0;
	if (memchr(t->data, '\0', t->len))
		return "not a text file";
	while (!why && (p = find_line(p, PEM_BEGIN))) {
		++*count;
		p += strlen(PEM_BEGIN);
		end = strstr(p, PEM_END);
		if (!end)
			return "no END line";
		why = check_cert(p, (size_t)(end - p));
		p = end + strlen(PEM_END);
	}
	return why || *count ? why : "no certificates in it";
}

#endif

static void get_tls(struct response *r, const char *query)
{
	const char *path = ca_bundle(), *why;
	struct text t;
	unsigned count;
	int err = read_file(path, &t);

	(void)query;
	if (err) {
		reply(r, 500, "x509: no CA certificates: %s: %s", path,
		      strerror(err));
	} else {
		why = count_roots(&t, &count);
		if (!why)
			reply(r, 200, "roots: %u", count);
		else if (count)
			reply(r, 500, "x509: %s: certificate %u: %s", path,
			      count, why);
		else
			reply(r, 500, "x509: %s: %s", path, why);
	}
	free(t.data);
}

static uint32_t be32(const char *p)
{
	const unsigned char *u = (const unsigned char *)p;

	return (uint32_t)u[0] << 24 | (uint32_t)u[1] << 16 |
	       (uint32_t)u[2] << 8 | u[3];
}

/* The size of one TZif header and its data, or 0 where there is no header. */
static uint64_t tzif_size(const char *p, size_t n, unsigned time_size)
{
	uint64_t isut, isstd, leap, times, types, chars;

	if (n < TZIF_HEADER || memcmp(p, "TZif", 4))
		return 0;
	isut = be32(p + 20);
	isstd = be32(p + 24);
	leap = be32(p + 28);
	times = be32(p + 32);
	types = be32(p + 36);
	chars = be32(p + 40);
	return TZIF_HEADER + times * (time_size + 1) + types * 6 + chars +
	       leap * (time_size + 4) + isstd + isut;
}

/* libc answers in UTC when the file is cut short, so that is found here. */
static bool tzif_is_whole(const struct text *t)
{
	uint64_t first = tzif_size(t->data, t->len, 4), second;

	if (!first || first > t->len)
		return false;
	if (!t->data[4])
		return true;
	second = tzif_size(t->data + first, t->len - first, 8);
	return second && first + second < t->len &&
	       t->data[first + second] == '\n' && t->data[t->len - 1] == '\n';
}

static int hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/*
 * No zone has a dot in its name, so leaving dots out refuses ".." as well.
 * "+" stays itself: a name like Etc/GMT+3 is far likelier than a space.
 */
static bool parse_zone(const char *query, char zone[MAX_ZONE + 1])
{
	size_t n = 0;

	while (*query && *query != '&') {
		int c = (unsigned char)*query++;

		if (c == '%') {
			int hi = hex_value(query[0]);
			int lo = hi < 0 ? -1 : hex_value(query[1]);

			if (lo < 0)
				return false;
			c = hi << 4 | lo;
			query += 2;
		}
		if (n == MAX_ZONE || c > 0x7f ||
		    (!isalnum(c) && (!c || !strchr("_+-/", c))))
			return false;
		zone[n++] = (char)c;
	}
	zone[n] = '\0';
	return n && zone[0] != '/' && zone[n - 1] != '/';
}

static const char *find_parameter(const char *query, const char *name)
{
	size_t n = strlen(name);

	while (query) {
		if (!strncmp(query, name, n) && query[n] == '=')
			return query + n + 1;
		query = strchr(query, '&');
		if (query)
			query++;
	}
	return NULL;
}

static void reply_time(struct response *r, const char *zone)
{
	char tz[MAX_ZONE + 2];
	time_t now = time(NULL);
	struct tm tm;
	long minutes;

	/*
	 * A relative name works with musl even under AT_SECURE, which a
	 * program with a file capability gets.
	 */
	snprintf(tz, sizeof(tz), ":%s", zone);
	unsetenv("TZDIR");
	if (setenv("TZ", tz, 1)) {
		reply(r, 500, "cannot set the zone: %s", strerror(errno));
		return;
	}
	tzset();
	if (!localtime_r(&now, &tm)) {
		reply(r, 500, "cannot convert the time: %s", strerror(errno));
		return;
	}
	minutes = labs(tm.tm_gmtoff) / 60;
	reply(r, 200, "%04d-%02d-%02dT%02d:%02d:%02d%c%02ld:%02ld %s",
	      tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday, tm.tm_hour,
	      tm.tm_min, tm.tm_sec, tm.tm_gmtoff < 0 ? '-' : '+',
	      minutes / 60, minutes % 60, tm.tm_zone);
}

static void get_time(struct response *r, const char *query)
{
	const char *value = find_parameter(query, "zone");
	char zone[MAX_ZONE + 1];
	char path[sizeof(ZONEINFO "/") + MAX_ZONE];
	struct text t;
	int err;

	if (!value || !parse_zone(value, zone)) {
		reply(r, 400, "%s: try /time?zone=Europe/Moscow",
		      value ? "invalid zone name" : "no zone given");
		return;
	}
	snprintf(path, sizeof(path), ZONEINFO "/%s", zone);
	err = read_file(path, &t);
	if (err)
		reply(r, 404, "unknown time zone %s: %s: %s", zone, path,
		      strerror(err));
	else if (t.len < 4 || memcmp(t.data, "TZif", 4))
		reply(r, 404, "unknown time zone %s: %s: not a TZif file",
		      zone, path);
	else if (!tzif_is_whole(&t))
		reply(r, 500, "broken time zone %s: %s: cut short", zone, path);
	else
		reply_time(r, zone);
	free(t.data);
}

/* passwd and group agree in their first three fields: name, password, id. */
static bool line_has_id(char *line, unsigned long id)
{
	char *colon = strchr(line, ':'), *field, *end;

	field = colon ? strchr(colon + 1, ':') : NULL;
	if (!field || !isdigit((unsigned char)field[1]))
		return false;
	if (strtoul(field + 1, &end, 10) != id || *end != ':')
		return false;
	*colon = '\0';
	return true;
}

/* Makes "65534(nobody)", or "65534" where the file has no such id. */
static void format_id(char *out, size_t size, const char *path,
		      unsigned long id)
{
	char *line = NULL;
	size_t cap = 0;
	FILE *f = fopen(path, "re");

	snprintf(out, size, "%lu", id);
	while (f && getline(&line, &cap, f) > 0) {
		if (line_has_id(line, id)) {
			snprintf(out, size, "%lu(%.64s)", id, line);
			break;
		}
	}
	free(line);
	if (f)
		fclose(f);
}

static const char *try_tmp(void)
{
	char path[] = "/tmp/.service-XXXXXX";
	int fd = mkostemp(path, O_CLOEXEC);

	if (fd < 0)
		return strerror(errno);
	close(fd);
	unlink(path);
	return NULL;
}

static void get_whoami(struct response *r, const char *query)
{
	char user[96], group[96], cwd[1024];
	const char *why = try_tmp();

	(void)query;
	format_id(user, sizeof(user), "/etc/passwd", getuid());
	format_id(group, sizeof(group), "/etc/group", getgid());
	if (!getcwd(cwd, sizeof(cwd)))
		strcpy(cwd, "?");
	reply(r, 200, "uid=%s gid=%s cwd=%s tmp=%s%s%s", user, group, cwd,
	      why ? "not writable (" : "writable", why ? why : "",
	      why ? ")" : "");
}

static const struct route {
	const char *path;
	void (*get)(struct response *r, const char *query);
} routes[] = {
	{ "/health", get_health },
	{ "/tls", get_tls },
	{ "/time", get_time },
	{ "/whoami", get_whoami },
};

static void respond(struct response *r, const char *method, char *target)
{
	char *query = strchr(target, '?');

	if (query)
		*query++ = '\0';
	for (size_t i = 0; i < sizeof(routes) / sizeof(*routes); i++) {
		if (strcmp(target, routes[i].path))
			continue;
		if (strcmp(method, "GET") && strcmp(method, "HEAD"))
			reply(r, 405, "method not allowed");
		else
			routes[i].get(r, query);
		return;
	}
	reply(r, 404, "404 page not found");
}

static bool is_target(const char *s)
{
	if (*s != '/')
		return false;
	for (; *s; s++)
		if ((unsigned char)*s <= ' ' || *s == 0x7f)
			return false;
	return true;
}

static bool has_header(const char *headers, const char *name)
{
	size_t n = strlen(name);

	for (const char *p = headers; p; p = strchr(p, '\n')) {
		if (*p == '\n')
			p++;
		if (!strncasecmp(p, name, n) && p[n] == ':')
			return true;
	}
	return false;
}

/* Cuts "GET /path HTTP/1.1" into its parts; the headers follow the line. */
static bool split_request(char *in, char *part[3], char **headers)
{
	char *end = strchr(in, '\n');

	if (!end)
		return false;
	*headers = end + 1;
	if (end > in && end[-1] == '\r')
		end--;
	*end = '\0';
	part[0] = in;
	for (int i = 1; i < 3; i++) {
		part[i] = strchr(part[i - 1], ' ');
		if (!part[i])
			return false;
		*part[i]++ = '\0';
	}
	return *part[0] && is_target(part[1]) &&
	       !strncmp(part[2], "HTTP/1.", 7) &&
	       isdigit((unsigned char)part[2][7]) && !part[2][8];
}

static const char *reason(int status)
{
	switch (status) {
	case 200: return "OK";
	case 400: return "Bad Request";
	case 404: return "Not Found";
	case 405: return "Method Not Allowed";
	case 408: return "Request Timeout";
	case 431: return "Request Header Fields Too Large";
	default: return "Internal Server Error";
	}
}

static int64_t deadline_in(const struct server *s, int64_t ms)
{
	int64_t t = s->now + ms;

	return s->stop_at && t > s->stop_at ? s->stop_at : t;
}

/*
 * Closing at once would reset the connection when bytes of the client are
 * still unread, and a reset can destroy the response on its way.
 */
static bool conn_linger(struct server *s, struct conn *c)
{
	shutdown(c->fd, SHUT_WR);
	c->state = CONN_LINGERING;
	c->deadline = deadline_in(s, LINGER_MS);
	return true;
}

static bool conn_write(struct server *s, struct conn *c)
{
	while (c->out_sent < c->out_len) {
		ssize_t n = send(c->fd, c->out + c->out_sent,
				 c->out_len - c->out_sent, MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return errno == EAGAIN;
		c->out_sent += (size_t)n;
	}
	return conn_linger(s, c);
}

static bool conn_reply(struct server *s, struct conn *c,
		       const struct response *r, bool head)
{
	char date[64] = "";
	time_t now = time(NULL);
	struct tm tm;
	int n;

	if (gmtime_r(&now, &tm))
		strftime(date, sizeof(date), "%a, %d %b %Y %H:%M:%S GMT", &tm);
	n = snprintf(c->out, sizeof(c->out),
		     "HTTP/1.1 %d %s\r\n"
		     "Date: %s\r\n"
		     "Content-Type: text/plain; charset=utf-8\r\n"
		     "Content-Length: %zu\r\n"
		     "%s"
		     "Connection: close\r\n\r\n%s",
		     r->status, reason(r->status), date, r->len,
		     r->status == 405 ? "Allow: GET, HEAD\r\n" : "",
		     head ? "" : r->body);
	c->out_len = (size_t)n;
	c->out_sent = 0;
	c->state = CONN_WRITING;
	c->deadline = deadline_in(s, WRITE_MS);
	return conn_write(s, c);
}

static bool conn_refuse(struct server *s, struct conn *c, int status)
{
	struct response r;

	reply(&r, status, "%s", reason(status));
	return conn_reply(s, c, &r, false);
}

static bool conn_answer(struct server *s, struct conn *c)
{
	struct response r;
	char *part[3], *headers;

	c->in[c->used] = '\0';
	if (strlen(c->in) != c->used || !split_request(c->in, part, &headers))
		return conn_refuse(s, c, 400);
	if (!strcmp(part[2], "HTTP/1.1") && !has_header(headers, "Host"))
		return conn_refuse(s, c, 400);
	respond(&r, part[0], part[1]);
	return conn_reply(s, c, &r, !strcmp(part[0], "HEAD"));
}

/* The length of the request through its empty line, 0 while incomplete. */
static size_t request_length(const char *in, size_t from, size_t used)
{
	for (size_t i = from; i < used; i++) {
		if (in[i] != '\n')
			continue;
		if (i + 1 < used && in[i + 1] == '\n')
			return i + 2;
		if (i + 2 < used && in[i + 1] == '\r' && in[i + 2] == '\n')
			return i + 3;
	}
	return 0;
}

static bool conn_read(struct server *s, struct conn *c)
{
	ssize_t n = recv(c->fd, c->in + c->used, MAX_REQUEST - c->used, 0);
	size_t from, len;

	if (n < 0)
		return errno == EAGAIN || errno == EINTR;
	if (!n)
		return c->used ? conn_refuse(s, c, 400) : false;
	from = c->used > 2 ? c->used - 2 : 0;
	c->used += (size_t)n;
	len = request_length(c->in, from, c->used);
	if (len) {
		c->used = len;
		return conn_answer(s, c);
	}
	return c->used < MAX_REQUEST ? true : conn_refuse(s, c, 431);
}

static bool conn_drain(struct conn *c)
{
	ssize_t n = recv(c->fd, c->in, MAX_REQUEST, 0);

	return n > 0 || (n < 0 && (errno == EAGAIN || errno == EINTR));
}

/* Returns false when the connection is to be closed. */
static bool conn_step(struct server *s, struct conn *c, short revents)
{
	if (s->now >= c->deadline) {
		if (c->state == CONN_READING && c->used && !s->stop_at)
			return conn_refuse(s, c, 408);
		return false;
	}
	if (!revents)
		return true;
	switch (c->state) {
	case CONN_READING:
		return conn_read(s, c);
	case CONN_WRITING:
		return conn_write(s, c);
	case CONN_LINGERING:
		return conn_drain(c);
	}
	return false;
}

static void server_close(struct server *s, size_t i)
{
	close(s->conns[i]->fd);
	free(s->conns[i]);
	s->conns[i] = s->conns[--s->nr];
}

static void server_add(struct server *s, int fd)
{
	struct conn *c = malloc(sizeof(*c));

	if (!c) {
		close(fd);
		return;
	}
	c->fd = fd;
	c->state = CONN_READING;
	c->deadline = deadline_in(s, READ_MS);
	c->used = c->out_len = c->out_sent = 0;
	s->conns[s->nr++] = c;
}

static void server_accept(struct server *s)
{
	while (s->nr < MAX_CONNS) {
		int fd = accept4(s->listener, NULL, NULL,
				 SOCK_NONBLOCK | SOCK_CLOEXEC);

		if (fd >= 0) {
			server_add(s, fd);
			continue;
		}
		if (errno == EINTR || errno == ECONNABORTED)
			continue;
		/* Out of descriptors: poll would report it without end. */
		if (errno != EAGAIN)
			s->accept_after = s->now + BACKOFF_MS;
		return;
	}
}

/* Whoever is in the kernel's queue already believes to be connected. */
static void server_stop(struct server *s)
{
	s->stop_at = s->now + STOP_MS;
	server_accept(s);
	close(s->listener);
	s->listener = -1;
	for (size_t i = 0; i < s->nr; i++)
		if (s->conns[i]->deadline > s->stop_at)
			s->conns[i]->deadline = s->stop_at;
}

static int64_t server_prepare(struct server *s, struct pollfd *fds)
{
	bool paused = s->accept_after > s->now;
	int64_t next = paused && s->listener >= 0 ? s->accept_after : INT64_MAX;

	for (size_t i = 0; i < s->nr; i++) {
		const struct conn *c = s->conns[i];

		fds[i].fd = c->fd;
		fds[i].events = c->state == CONN_WRITING ? POLLOUT : POLLIN;
		fds[i].revents = 0;
		if (c->deadline < next)
			next = c->deadline;
	}
	fds[s->nr].fd = paused || s->nr == MAX_CONNS ? -1 : s->listener;
	fds[s->nr].events = POLLIN;
	fds[s->nr].revents = 0;
	return next;
}

static int server_wait(struct server *s, struct pollfd *fds, int64_t next,
		       const sigset_t *mask)
{
	int64_t ms = next > s->now ? next - s->now : 0;
	struct timespec ts = { .tv_sec = (time_t)(ms / 1000),
			       .tv_nsec = (long)(ms % 1000) * 1000000 };
	int n = ppoll(fds, s->nr + 1, next == INT64_MAX ? NULL : &ts, mask);

	s->now = now_ms();
	return n;
}

static int server_run(struct server *s, const sigset_t *mask)
{
	struct pollfd fds[MAX_CONNS + 1];

	s->now = now_ms();
	while (!s->stop_at || s->nr) {
		int64_t next = server_prepare(s, fds);
		size_t nr = s->nr;

		if (server_wait(s, fds, next, mask) < 0 && errno != EINTR)
			return -1;
		if (stop_signal && !s->stop_at) {
			server_stop(s);
			continue;
		}
		/* Downwards, for closing moves the last one into the gap. */
		for (size_t i = nr; i-- > 0;)
			if (!conn_step(s, s->conns[i], fds[i].revents))
				server_close(s, i);
		if (fds[nr].revents)
			server_accept(s);
	}
	return 0;
}

static int listen_on(int family, uint16_t port)
{
	struct sockaddr_in6 in6 = { .sin6_family = AF_INET6,
				    .sin6_port = htons(port) };
	struct sockaddr_in in4 = { .sin_family = AF_INET,
				   .sin_port = htons(port) };
	bool six = family == AF_INET6;
	const void *addr = six ? (const void *)&in6 : (const void *)&in4;
	socklen_t len = six ? sizeof(in6) : sizeof(in4);
	int on = 1, off = 0, err;
	int fd = socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -1;
	if (!setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) &&
	    (!six || !setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off,
				 sizeof(off))) &&
	    !bind(fd, addr, len) && !listen(fd, SOMAXCONN))
		return fd;
	err = errno;
	close(fd);
	errno = err;
	return -1;
}

/* The port is at the same place in both kinds of address. */
static unsigned bound_port(int fd, unsigned port)
{
	struct sockaddr_in6 addr = { 0 };
	socklen_t len = sizeof(addr);

	if (getsockname(fd, (struct sockaddr *)&addr, &len))
		return port;
	return ntohs(addr.sin6_port);
}

static int open_listener(uint16_t port)
{
	int fd = listen_on(AF_INET6, port);

	/* Falling back from a taken port would hide half of the clients. */
	if (fd < 0 && errno != EADDRINUSE && errno != EACCES)
		fd = listen_on(AF_INET, port);
	return fd;
}

static int serve(uint16_t port)
{
	struct server s = { 0 };
	struct sigaction sa = { .sa_handler = on_signal };
	sigset_t blocked, mask;
	int err;

	/* Delivered only inside ppoll, so that none is lost before it. */
	sigemptyset(&blocked);
	sigaddset(&blocked, SIGTERM);
	sigaddset(&blocked, SIGINT);
	sigprocmask(SIG_BLOCK, &blocked, &mask);
	sigdelset(&mask, SIGTERM);
	sigdelset(&mask, SIGINT);
	sigaction(SIGTERM, &sa, NULL);
	sigaction(SIGINT, &sa, NULL);

	s.listener = open_listener(port);
	if (s.listener < 0) {
		fprintf(stderr, "service: cannot listen on :%u: %s\n", port,
			strerror(errno));
		return 1;
	}
	fprintf(stderr, "listening on :%u\n", bound_port(s.listener, port));
	err = server_run(&s, &mask) ? errno : 0;
	if (s.listener >= 0)
		close(s.listener);
	while (s.nr)
		server_close(&s, s.nr - 1);
	if (err) {
		fprintf(stderr, "service: poll: %s\n", strerror(err));
		return 1;
	}
	fputs("stopped\n", stderr);
	return 0;
}

static int print_body(const char *body, size_t len, int status)
{
	if (fwrite(body, 1, len, stdout) != len || fflush(stdout)) {
		fprintf(stderr, "service: stdout: %s\n", strerror(errno));
		return 1;
	}
	return status >= 200 && status < 300 ? 0 : 1;
}

static int once(char *target)
{
	struct response r;

	respond(&r, "GET", target);
	return print_body(r.body, r.len, r.status);
}

static int send_all(int fd, const char *p, size_t len)
{
	while (len) {
		ssize_t n = send(fd, p, len, MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return errno;
		p += n;
		len -= (size_t)n;
	}
	return 0;
}

static int recv_all(int fd, char *buf, size_t size, size_t *len)
{
	int64_t deadline = now_ms() + PROBE_MS;

	for (*len = 0; *len < size;) {
		ssize_t n = recv(fd, buf + *len, size - *len, 0);

		if (n < 0 && errno != EINTR)
			return errno;
		if (!n)
			return 0;
		if (n > 0)
			*len += (size_t)n;
		if (now_ms() > deadline)
			return ETIMEDOUT;
	}
	return EMSGSIZE;
}

/* Returns an errno value; the response is in buf, NUL-terminated. */
static int exchange(uint16_t port, const char *target, char *buf, size_t size)
{
	struct sockaddr_in in4 = { .sin_family = AF_INET,
				   .sin_port = htons(port),
				   .sin_addr = { htonl(INADDR_LOOPBACK) } };
	struct timeval tv = { .tv_sec = PROBE_MS / 1000 };
	size_t len = 0;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), n, err;

	if (fd < 0)
		return errno;
	/* HTTP/1.0 spares the probe chunked responses. */
	n = snprintf(buf, size, "GET %s HTTP/1.0\r\nHost: 127.0.0.1:%u\r\n\r\n",
		     target, port);
	if (n < 0 || (size_t)n >= size)
		err = EMSGSIZE;
	else if (setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &tv, sizeof(tv)) ||
		 setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv)) ||
		 connect(fd, (struct sockaddr *)&in4, sizeof(in4)))
		err = errno;
	else if (!(err = send_all(fd, buf, (size_t)n)))
		err = recv_all(fd, buf, size - 1, &len);
	buf[len] = '\0';
	close(fd);
	return err == EAGAIN || err == EINPROGRESS ? ETIMEDOUT : err;
}

static int probe(uint16_t port, const char *target)
{
	static char buf[2 * MAX_REQUEST];
	int err = exchange(port, target, buf, sizeof(buf)), status;
	char *body;

	if (err) {
		fprintf(stderr, "service: 127.0.0.1:%u: %s\n", port,
			strerror(err));
		return 1;
	}
	body = strstr(buf, "\r\n\r\n");
	if (!body || sscanf(buf, "HTTP/1.%*1[0-9] %3d", &status) != 1) {
		fprintf(stderr, "service: 127.0.0.1:%u: not an HTTP response\n",
			port);
		return 1;
	}
	body += 4;
	return print_body(body, strlen(body), status);
}

static bool parse_port(unsigned long min, uint16_t *port)
{
	const char *s = getenv("PORT");
	unsigned long n;
	char *end;

	if (!s || !*s)
		s = "8080";
	errno = 0;
	n = strtoul(s, &end, 10);
	if (!isdigit((unsigned char)*s) || *end || errno || n < min ||
	    n > 65535) {
		fprintf(stderr, "service: PORT is not a port: %s\n", s);
		return false;
	}
	*port = (uint16_t)n;
	return true;
}

static int usage(FILE *f, int status)
{
	fputs("usage: service [--probe [/path] | --once /path]\n", f);
	return status;
}

int main(int argc, char **argv)
{
	char health[] = "/health";
	const char *mode = argc > 1 ? argv[1] : "";
	char *target = argc > 2 ? argv[2] : health;
	uint16_t port;

	if (argc == 2 && (!strcmp(mode, "--help") || !strcmp(mode, "-h")))
		return usage(stdout, 0);
	if (argc > 3 || !is_target(target))
		return usage(stderr, 2);
	if (argc == 3 && !strcmp(mode, "--once"))
		return once(target);
	if (argc > 1 && !strcmp(mode, "--probe"))
		return parse_port(1, &port) ? probe(port, target) : 1;
	if (argc > 1)
		return usage(stderr, 2);
	return parse_port(0, &port) ? serve(port) : 1;
}
