#include "mkscratch/probe_url.h"

#include "text.h"

static const char *find(const char *s, char c)
{
	while (*s && *s != c)
		s++;
	return s;
}

/* Four numbers of at most three digits, parted by dots. */
static bool parse_ipv4(const char *s, const char *end, unsigned char *out)
{
	for (int i = 0; i < 4; i++) {
		unsigned n = 0, digits = 0;

		for (; s < end && *s >= '0' && *s <= '9' && digits < 3; s++, digits++)
			n = n * 10 + (unsigned)(*s - '0');
		if (!digits || n > 255 || (i < 3 && (s == end || *s != '.')))
			return false;
		out[i] = (unsigned char)n;
		s += i < 3;
	}
	return s == end;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* Groups of up to four hexadecimal digits; "::" once for as many zeros as are missing. */
static bool parse_ipv6(const char *s, const char *end, unsigned char *out)
{
	unsigned char groups[16];
	int n = 0, gap = -1;

	if (end - s >= 2 && s[0] == ':' && s[1] == ':') {
		gap = 0;
		s += 2;
	}
	while (s < end) {
		unsigned value = 0, digits = 0;

		for (; s < end && hex_digit(*s) >= 0 && digits < 4; s++, digits++)
			value = value << 4 | (unsigned)hex_digit(*s);
		if (!digits || n == 16)
			return false;
		groups[n++] = (unsigned char)(value >> 8);
		groups[n++] = (unsigned char)value;
		if (s == end)
			break;
		if (*s++ != ':' || s == end)
			return false;
		if (*s == ':') {
			if (gap >= 0)
				return false;
			gap = n;
			s++;
		}
	}
	if (gap < 0 ? n != 16 : n > 14)
		return false;
	for (int i = 0; i < 16; i++)
		out[i] = gap < 0 || i < gap ? groups[i] : i < 16 - (n - gap) ? 0 : groups[i - 16 + n];
	return true;
}

static bool same(const char *s, size_t n, const char *word)
{
	return n == probe_text_length(word) && probe_text_after(s, word);
}

static const char *parse_host(const char *s, const char *end, struct probe_url *u)
{
	u->host = s;
	u->host_length = (size_t)(end - s);
	if (s == end || same(s, u->host_length, "localhost"))
		u->family = URL_LOOPBACK;
	else if (*s == '[' && end[-1] == ']' && parse_ipv6(s + 1, end - 1, u->address))
		u->family = URL_IPV6;
	else if (parse_ipv4(s, end, u->address))
		u->family = URL_IPV4;
	else
		return "its host is no address (an IPv4 address, an IPv6 address in brackets, or nothing for loopback)";
	return NULL;
}

/* HOST:PORT, and what follows from the first '/' on. */
static const char *parse_authority(const char *s, unsigned default_port, struct probe_url *u)
{
	const char *slash = find(s, '/'), *bracket = find(s, ']');
	const char *from = bracket < slash ? bracket : s, *colon = find(from, ':');
	const char *wrong;

	if (colon > slash)
		colon = slash;
	u->path = slash;
	u->path_length = probe_text_length(slash);
	u->port = default_port;
	wrong = parse_host(s, colon, u);
	if (wrong)
		return wrong;
	if (colon == slash && !default_port)
		return "it has no port";
	if (colon < slash && !probe_text_number(colon + 1, slash, 65535, &u->port))
		return "its port is no number of 1 to 65535";
	return NULL;
}

static const char *parse_socket(const char *s, bool has_path, struct probe_url *u)
{
	const char *end = s + probe_text_length(s);

	u->family = URL_SOCKET;
	u->socket = s;
	if (has_path) {
		for (const char *p = s; *p; p++)
			if (p[0] == ':' && p[1] == '/')
				end = p;
		u->path = *end ? end + 1 : "/";
		u->path_length = probe_text_length(u->path);
	}
	u->socket_length = (size_t)(end - s);
	if (*s != '/')
		return "its socket is no absolute path";
	return u->socket_length > URL_MAX_SOCKET ? "the path of its socket is longer than 107 bytes" : NULL;
}

/* What would end a line of the request early. */
static bool has_control(const char *s)
{
	for (; *s; s++)
		if ((unsigned char)*s <= ' ' || *s == 127)
			return true;
	return false;
}

const char *probe_url_parse(const char *text, struct probe_url *u)
{
	const char *rest, *wrong;

	*u = (struct probe_url){ 0 };
	if (has_control(text))
		return "it holds a blank or a control byte";
	if ((rest = probe_text_after(text, "http://"))) {
		u->scheme = URL_HTTP;
		wrong = parse_authority(rest, 80, u);
		if (!wrong && !u->path_length) {
			u->path = "/";
			u->path_length = 1;
		}
		return wrong;
	}
	if ((rest = probe_text_after(text, "grpc://"))) {
		u->scheme = URL_GRPC;
		return parse_authority(rest, 0, u);
	}
	if ((rest = probe_text_after(text, "tcp://"))) {
		u->scheme = URL_TCP;
		wrong = parse_authority(rest, 0, u);
		return !wrong && u->path_length ? "a path means nothing to tcp" : wrong;
	}
	u->scheme = URL_HTTP_UNIX;
	if ((rest = probe_text_after(text, "http+unix://")))
		return parse_socket(rest, true, u);
	u->scheme = URL_UNIX;
	if ((rest = probe_text_after(text, "unix://")))
		return parse_socket(rest, false, u);
	if (probe_text_after(text, "https://"))
		return "the probe speaks no TLS";
	return "its scheme is none of http, http+unix, tcp, unix, grpc";
}
