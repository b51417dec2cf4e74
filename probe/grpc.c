/* grpc.health.v1.Health/Check over HTTP/2 (RFC 9113) without TLS, headers uncompressed (RFC 7541 6.2.2). */
#include "ask.h"

enum { DATA = 0, HEADERS = 1, RST_STREAM = 3, SETTINGS = 4, PING = 6, GOAWAY = 7 };
enum { END_STREAM = 1, ACK = 1, END_HEADERS = 4, PADDED = 8 };

#define MAX_SERVICE 100
#define MAX_FRAMES 1000

struct frame {
	unsigned length, type, flags;
};

static void add_frame(struct probe_line *l, unsigned type, unsigned flags, unsigned stream, size_t n)
{
	const char head[9] = { 0, (char)(n >> 8), (char)n, (char)type, (char)flags, 0, 0, 0, (char)stream };

	for (size_t i = 0; i < sizeof head; i++)
		l->buf[l->n++] = head[i];
}

/* A length and a string. */
static void add_string(struct probe_line *l, const char *s, size_t n)
{
	l->buf[l->n++] = (char)n;
	for (size_t i = 0; i < n; i++)
		l->buf[l->n++] = s[i];
}

static void add_text(struct probe_line *l, const char *s)
{
	add_string(l, s, probe_text_length(s));
}

static void add_headers(struct probe_line *l, const struct probe_url *u)
{
	l->buf[l->n++] = (char)0x83;           /* :method POST */
	l->buf[l->n++] = (char)0x86;           /* :scheme http */
	l->buf[l->n++] = 0x04;                 /* :path */
	add_text(l, "/grpc.health.v1.Health/Check");
	l->buf[l->n++] = 0x01;                 /* :authority */
	if (u->host_length && u->host_length < MAX_SERVICE)
		add_string(l, u->host, u->host_length);
	else
		add_text(l, "localhost");
	l->buf[l->n++] = 0x0f;                 /* content-type */
	l->buf[l->n++] = 0x10;
	add_text(l, "application/grpc");
	l->buf[l->n++] = 0x00;                 /* a name of its own */
	add_text(l, "te");
	add_text(l, "trailers");
}

/* HealthCheckRequest: field 1, the name of the service; without one the server as a whole is meant. */
static void add_request(struct probe_line *l, const char *service, size_t n)
{
	const size_t message = n ? 2 + n : 0;

	add_frame(l, DATA, END_STREAM, 1, 5 + message);
	for (int i = 0; i < 4; i++)
		l->buf[l->n++] = 0;
	l->buf[l->n++] = (char)message;
	if (n) {
		l->buf[l->n++] = 0x0a;
		add_string(l, service, n);
	}
}

static long send_request(struct net *c, const struct probe_url *u, const char *service, size_t n)
{
	static const char preface[] = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
	struct probe_line headers = { .n = 0 }, all = { .n = 0 };
	long r;

	add_headers(&headers, u);
	add_frame(&all, SETTINGS, 0, 0, 0);
	add_frame(&all, HEADERS, END_HEADERS, 1, headers.n);
	for (size_t i = 0; i < headers.n; i++)
		all.buf[all.n++] = headers.buf[i];
	add_request(&all, service, n);
	r = net_send(c, preface, sizeof preface - 1);
	return r < 0 ? r : net_send(c, all.buf, all.n);
}

static int read_frame_head(struct net *c, struct frame *f)
{
	unsigned char h[9];
	int r = net_bytes(c, h, sizeof h);

	*f = (struct frame){ (unsigned)h[0] << 16 | (unsigned)h[1] << 8 | h[2], h[3], h[4] };
	return r;
}

static int skip(struct net *c, unsigned n)
{
	while (n--) {
		int b = net_byte(c);

		if (b < 0 || b == NET_END)
			return b;
	}
	return 0;
}

/* What comes with a frame we need nothing of, answered where the peer waits for an answer. */
static int pass_frame(struct net *c, const struct frame *f)
{
	struct probe_line reply = { .n = 0 };
	unsigned char payload[8];
	int r;

	if (f->type == PING && f->length == 8 && !(f->flags & ACK)) {
		if ((r = net_bytes(c, payload, sizeof payload)))
			return r;
		add_frame(&reply, PING, ACK, 0, 8);
		for (int i = 0; i < 8; i++)
			reply.buf[reply.n++] = (char)payload[i];
	} else {
		if ((r = skip(c, f->length)))
			return r;
		if (f->type == SETTINGS && !(f->flags & ACK))
			add_frame(&reply, SETTINGS, ACK, 0, 0);
	}
	/* A peer that has said all may be gone; what it said is still to be read. */
	net_send(c, reply.buf, reply.n);
	return 0;
}

/* HealthCheckResponse: field 1, the status as a number; 0 where it is left out. -1: no such message. */
static int parse_response(const unsigned char *p, size_t n)
{
	if (n < 5 || p[0] != 0)
		return -1;
	if (p[1] || p[2] || p[3] || p[4] == 0)
		return p[4] == 0 ? 0 : -1;
	return n >= 7 && p[5] == 0x08 && p[6] < 0x80 ? p[6] : -1;
}

/* The message in a DATA frame; its first bytes tell all. */
static int read_data(struct net *c, const struct frame *f, int *status)
{
	unsigned char p[8], pad = 0;
	unsigned left = f->length, n;
	int r;

	if (f->flags & PADDED && left) {
		if ((r = net_bytes(c, &pad, 1)))
			return r;
		left--;
	}
	left = pad < left ? left - pad : 0;
	n = left < sizeof p ? left : sizeof p;
	if ((r = net_bytes(c, p, n)))
		return r;
	*status = parse_response(p, n);
	return 0;
}

/* Frames until the one that answers. *status stays -1 when the stream ends without. */
static int read_answer(struct net *c, int *status)
{
	struct frame f;
	int r;

	*status = -1;
	for (int i = 0; i < MAX_FRAMES; i++) {
		if ((r = read_frame_head(c, &f)))
			return r;
		if (f.type == DATA && f.length)
			return read_data(c, &f, status);
		if (f.type == RST_STREAM || f.type == GOAWAY || (f.type == HEADERS && f.flags & END_STREAM))
			return 0;
		if ((r = pass_frame(c, &f)))
			return r;
	}
	return NET_END;
}

bool ask_grpc(struct net *c, const struct probe_url *u, struct probe_line *say)
{
	static const char *const words[] = { "unknown", "serving", "not serving", "service unknown" };
	const char *service = u->path_length ? u->path + 1 : u->path;
	size_t n = u->path_length ? u->path_length - 1 : 0;
	int status, r;

	if (n > MAX_SERVICE) {
		probe_line_add(say, "the name of the service is longer than 100 bytes");
		return false;
	}
	send_request(c, u, service, n);
	r = read_answer(c, &status);
	if (r < 0)
		return ask_failed(r, say);
	if (r == NET_END)
		probe_line_add(say, "answered, but not in gRPC");
	else if (status < 0 || status > 3)
		probe_line_add(say, "has no such health service");
	else
		probe_line_add(say, words[status]);
	return r == 0 && status == 1;
}
