/* The URL of a health probe: what is asked, and where. This code is part of the probe as well as of mkscratch, which so
 * refuses what the probe would refuse; it needs no C library.
 *
 *   http://HOST:PORT/PATH       GET PATH; healthy when the status is 2xx
 *   http+unix:///SOCKET:/PATH   the same over a unix socket
 *   tcp://HOST:PORT             healthy when the port accepts a connection
 *   unix:///SOCKET              the same for a unix socket
 *   grpc://HOST:PORT/SERVICE    grpc.health.v1.Health/Check; healthy when it is SERVING; SERVICE may be
 *                               left out
 *
 * HOST is an IPv4 address, an IPv6 address in brackets, or empty or "localhost": the loopback of either family. There is
 * no resolver. PORT may be left out for http (80). */
#ifndef MKSCRATCH_PROBE_URL_H
#define MKSCRATCH_PROBE_URL_H

#include <stdbool.h>
#include <stddef.h>

enum url_scheme { URL_HTTP, URL_TCP, URL_UNIX, URL_HTTP_UNIX, URL_GRPC };
enum url_family { URL_LOOPBACK, URL_IPV4, URL_IPV6, URL_SOCKET };

#define URL_MAX_SOCKET 107                 /* bytes of a unix socket's path */

struct probe_url {
	enum url_scheme scheme;
	enum url_family family;
	unsigned char address[16];         /* 4 or 16 bytes, in network order */
	unsigned port;
	const char *host, *socket, *path;  /* into the text */
	size_t host_length, socket_length, path_length;
};

/* NULL when it is sound; else what is wrong with it, as an end for the sentence "URL: ...". */
const char *probe_url_parse(const char *text, struct probe_url *u);

#endif
