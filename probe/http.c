#include "ask.h"

#define MAX_HEADERS 65536              /* bytes of a response in front of its body */

bool ask_failed(long error, struct probe_line *say)
{
	const char *reason = net_reason(error);

	if (reason) {
		probe_line_add(say, reason);
	} else {
		probe_line_add(say, "error ");
		probe_line_add_number(say, (unsigned)-error);
	}
	return false;
}

/* RFC 9112: the host as the URL has it, and the port unless it is the usual one. */
static void add_host(struct probe_line *l, const struct probe_url *u)
{
	if (!u->host_length)
		probe_line_add(l, "localhost");
	probe_line_add_bytes(l, u->host, u->host_length);
	if (u->port && u->port != 80) {
		probe_line_add(l, ":");
		probe_line_add_number(l, u->port);
	}
}

static long send_text(struct net *c, const char *s)
{
	return net_send(c, s, probe_text_length(s));
}

static long send_request(struct net *c, const struct probe_url *u)
{
	struct probe_line host = { .n = 0 };
	long r;

	add_host(&host, u);
	if ((r = send_text(c, "GET ")) < 0 || (r = net_send(c, u->path, u->path_length)) < 0 ||
	    (r = send_text(c, " HTTP/1.1\r\nHost: ")) < 0 || (r = net_send(c, host.buf, host.n)) < 0)
		return r;
	return send_text(c, "\r\nUser-Agent: mkscratch-healthcheck\r\nAccept: */*\r\nConnection: close\r\n\r\n");
}

/* One line of the head, without its end, as far as `size` holds it. */
static int read_line(struct net *c, char *buf, size_t size, size_t *n, unsigned *budget)
{
	*n = 0;
	while (*budget) {
		int b = net_byte(c);

		--*budget;
		if (b < 0 || b == NET_END)
			return b;
		if (b == '\n') {
			*n -= *n && buf[*n - 1] == '\r';
			return 0;
		}
		if (*n < size)
			buf[(*n)++] = (char)b;
	}
	return NET_END;
}

/* "HTTP/1.1 200 OK" is 200; 0: no status line. */
static unsigned parse_status(const char *s, size_t n)
{
	unsigned status = 0;

	if (n < 12 || !probe_text_after(s, "HTTP/1.") || s[8] != ' ' || (n > 12 && s[12] != ' '))
		return 0;
	return probe_text_number(s + 9, s + 12, 999, &status) && status >= 100 ? status : 0;
}

/* The final status; those of 1xx come before it. */
static int read_status(struct net *c, unsigned *status)
{
	unsigned budget = MAX_HEADERS;
	char line[80] = { 0 };
	size_t n;

	for (;;) {
		int r = read_line(c, line, sizeof line - 1, &n, &budget);

		if (r)
			return r;
		*status = parse_status(line, n);
		if (*status < 100 || *status > 199)
			return 0;
		while (n)
			if ((r = read_line(c, line, sizeof line - 1, &n, &budget)))
				return r;
	}
}

bool ask_http(struct net *c, const struct probe_url *u, struct probe_line *say)
{
	unsigned status = 0;
	long r = send_request(c, u);
	int got;

	/* A server may answer and close before it has read everything. */
	got = read_status(c, &status);
	if (got < 0)
		return ask_failed(r < 0 ? r : got, say);
	if (got == NET_END || !status) {
		probe_line_add(say, "answered, but not in HTTP");
		return false;
	}
	probe_line_add(say, "status ");
	probe_line_add_number(say, status);
	return status >= 200 && status <= 299;
}
