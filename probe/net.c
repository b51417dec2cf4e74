#include "net.h"

struct address {
	unsigned char bytes[112];
	size_t n;
};

static struct sys_timespec now(void)
{
	struct sys_timespec t = { 0, 0 };

	sys_call(NR_clock_gettime, SYS_CLOCK_MONOTONIC, (long)&t, 0, 0, 0, 0);
	return t;
}

void net_set_deadline(struct net *c, unsigned seconds)
{
	c->deadline = now();
	c->deadline.sec += (long)seconds;
}

/* What is left until then; negative seconds when it is over. */
static struct sys_timespec time_left(const struct net *c)
{
	struct sys_timespec t = now();

	t.sec = c->deadline.sec - t.sec;
	t.nsec = c->deadline.nsec - t.nsec;
	if (t.nsec < 0) {
		t.sec--;
		t.nsec += 1000000000;
	}
	return t;
}

/* Until the descriptor is ready, or the time is up. */
static long wait_for(struct net *c, short events)
{
	for (;;) {
		struct sys_timespec left = time_left(c);
		struct sys_pollfd p = { c->fd, events, 0 };
		long r;

		if (left.sec < 0)
			return -SYS_ETIMEDOUT;
		r = sys_call(NR_ppoll, (long)&p, 1, (long)&left, 0, 8, 0);
		if (r != -SYS_EINTR && r != 0)
			return r < 0 ? r : 0;
	}
}

static void put(struct address *a, const void *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		a->bytes[a->n++] = ((const unsigned char *)p)[i];
}

static void put_family(struct address *a, unsigned short family)
{
	put(a, &family, sizeof family);
}

static void put_port(struct address *a, unsigned port)
{
	const unsigned char p[2] = { (unsigned char)(port >> 8), (unsigned char)port };

	put(a, p, sizeof p);
}

/* struct sockaddr_in, _in6 and _un, as the kernel lays them out. */
static void put_ipv4(struct address *a, unsigned port, const unsigned char *ip)
{
	static const unsigned char pad[8];

	put_family(a, SYS_AF_INET);
	put_port(a, port);
	put(a, ip, 4);
	put(a, pad, 8);
}

static void put_ipv6(struct address *a, unsigned port, const unsigned char *ip)
{
	static const unsigned char zero[4];

	put_family(a, SYS_AF_INET6);
	put_port(a, port);
	put(a, zero, 4);
	put(a, ip, 16);
	put(a, zero, 4);
}

static void put_unix(struct address *a, const char *path, size_t n)
{
	put_family(a, SYS_AF_UNIX);
	put(a, path, n);
	put(a, "", 1);
}

static long finish_connect(struct net *c)
{
	int error = 0, size = sizeof error;
	long r = wait_for(c, SYS_POLLOUT);

	if (r < 0)
		return r;
	r = sys_call(NR_getsockopt, c->fd, SYS_SOL_SOCKET, SYS_SO_ERROR, (long)&error, (long)&size, 0);
	return r < 0 ? r : -error;
}

static long connect_to(struct net *c, int family, const struct address *a)
{
	long r = sys_call(NR_socket, family, SYS_SOCK_STREAM | SYS_SOCK_NONBLOCK | SYS_SOCK_CLOEXEC, 0, 0, 0, 0);

	if (r < 0)
		return r;
	c->fd = (int)r;
	r = sys_call(NR_connect, c->fd, (long)a->bytes, (long)a->n, 0, 0, 0);
	if (r == -SYS_EINPROGRESS || r == -SYS_EINTR)
		r = finish_connect(c);
	if (r < 0)
		sys_call(NR_close, c->fd, 0, 0, 0, 0, 0);
	return r;
}

static long connect_loopback(struct net *c, unsigned port)
{
	static const unsigned char ip4[4] = { 127, 0, 0, 1 }, ip6[16] = { [15] = 1 };
	struct address a = { .n = 0 }, b = { .n = 0 };
	long first;

	put_ipv4(&a, port, ip4);
	put_ipv6(&b, port, ip6);
	first = connect_to(c, SYS_AF_INET, &a);
	/* Who listens on neither is told of the one that everybody has. */
	return first < 0 && connect_to(c, SYS_AF_INET6, &b) < 0 ? first : 0;
}

long net_connect(struct net *c, const struct probe_url *u)
{
	struct address a = { .n = 0 };

	c->at = c->n = 0;
	switch (u->family) {
	case URL_IPV4:
		put_ipv4(&a, u->port, u->address);
		return connect_to(c, SYS_AF_INET, &a);
	case URL_IPV6:
		put_ipv6(&a, u->port, u->address);
		return connect_to(c, SYS_AF_INET6, &a);
	case URL_SOCKET:
		put_unix(&a, u->socket, u->socket_length);
		return connect_to(c, SYS_AF_UNIX, &a);
	default:
		return connect_loopback(c, u->port);
	}
}

long net_send(struct net *c, const void *p, size_t n)
{
	for (size_t done = 0; done < n;) {
		long r = sys_call(NR_sendto, c->fd, (long)p + (long)done, (long)(n - done), SYS_MSG_NOSIGNAL, 0, 0);

		if (r == -SYS_EAGAIN)
			r = wait_for(c, SYS_POLLOUT);
		else if (r > 0)
			done += (size_t)r;
		if (r < 0 && r != -SYS_EINTR)
			return r;
	}
	return 0;
}

static int refill(struct net *c)
{
	for (;;) {
		long r = sys_call(NR_read, c->fd, (long)c->buf, sizeof c->buf, 0, 0, 0);

		if (r == 0)
			return NET_END;
		if (r > 0) {
			c->at = 0;
			c->n = (size_t)r;
			return 0;
		}
		if (r == -SYS_EAGAIN)
			r = wait_for(c, SYS_POLLIN);
		if (r < 0 && r != -SYS_EINTR)
			return (int)r;
	}
}

int net_byte(struct net *c)
{
	int r = c->at < c->n ? 0 : refill(c);

	return r ? r : c->buf[c->at++];
}

int net_bytes(struct net *c, unsigned char *p, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		int b = net_byte(c);

		if (b < 0 || b == NET_END)
			return b;
		p[i] = (unsigned char)b;
	}
	return 0;
}

const char *net_reason(long error)
{
	static const struct {
		short error;
		const char *text;
	} reasons[] = {
		{ 2, "no such socket" }, { 13, "permission denied" }, { 97, "no such kind of address here" },
		{ 99, "no such address here" }, { 101, "network is unreachable" }, { 104, "connection was reset" },
		{ 32, "connection was closed" }, { 110, "timed out" }, { 111, "connection refused" },
		{ 113, "host is unreachable" },
	};

	for (size_t i = 0; i < sizeof reasons / sizeof *reasons; i++)
		if (reasons[i].error == -error)
			return reasons[i].text;
	return NULL;
}
