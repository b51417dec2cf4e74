/* A connection with a deadline that holds for all that is done with it. */
#ifndef PROBE_NET_H
#define PROBE_NET_H

#include <stddef.h>

#include "mkscratch/probe_url.h"
#include "sys.h"

struct net {
	int fd;
	struct sys_timespec deadline;  /* of the monotonic clock */
	unsigned char buf[4096];       /* what has come and was not taken yet: [at, n) */
	size_t at, n;
};

/* Nothing that is done with the connection goes on for longer than this from now. */
void net_set_deadline(struct net *c, unsigned seconds);
/* Connect; of the loopback, IPv4 is tried before IPv6. 0, or a negative errno. */
long net_connect(struct net *c, const struct probe_url *u);
/* Send all of it. 0, or a negative errno. */
long net_send(struct net *c, const void *p, size_t n);
/* The next byte; NET_END at the end, or a negative errno. */
#define NET_END 256
int net_byte(struct net *c);
/* Exactly n bytes. 0, NET_END, or a negative errno. */
int net_bytes(struct net *c, unsigned char *p, size_t n);

/* "connection refused": an errno in words; NULL for those that hardly occur. */
const char *net_reason(long error);

#endif
