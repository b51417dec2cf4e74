/* The health probe: `healthcheck [-t SECONDS] URL` ends with 0 when the service is healthy, 1 when it is not, 2 when it
 * was called wrongly, with one line on stderr that `docker inspect` shows. See probe_url.h for what a URL may be. */
#include "ask.h"
#include "start.h"
#include "sys.h"

#define DEFAULT_SECONDS 10
#define MAX_SECONDS     3600

enum { HEALTHY = 0, UNHEALTHY = 1, USAGE = 2 };

static void print(struct probe_line *l)
{
	if (l->n == sizeof l->buf)
		l->n--;
	l->buf[l->n++] = '\n';
	sys_call(NR_write, 2, (long)l->buf, (long)l->n, 0, 0, 0);
}

static int usage(void)
{
	struct probe_line l = { .n = 0 };

	probe_line_add(&l, "usage: healthcheck [-t SECONDS] http://:PORT/PATH | http+unix:///SOCKET:/PATH | tcp://:PORT | "
		     "unix:///SOCKET | grpc://:PORT");
	print(&l);
	return USAGE;
}

static bool ask(struct net *c, const struct probe_url *u, struct probe_line *say)
{
	switch (u->scheme) {
	case URL_HTTP: case URL_HTTP_UNIX:
		return ask_http(c, u, say);
	case URL_GRPC:
		return ask_grpc(c, u, say);
	default:
		probe_line_add(say, "accepts connections");
		return true;
	}
}

static int probe(const char *text, unsigned seconds)
{
	struct probe_line say = { .n = 0 };
	const char *wrong;
	struct net c = { .fd = -1 };
	struct probe_url u;
	bool healthy;
	long r;

	probe_line_add_bytes(&say, text, probe_text_length(text) < 400 ? probe_text_length(text) : 400);
	probe_line_add(&say, ": ");
	wrong = probe_url_parse(text, &u);
	if (wrong) {
		probe_line_add(&say, wrong);
		print(&say);
		return USAGE;
	}
	net_set_deadline(&c, seconds);
	r = net_connect(&c, &u);
	healthy = r < 0 ? ask_failed(r, &say) : ask(&c, &u, &say);
	print(&say);
	return healthy ? HEALTHY : UNHEALTHY;
}

static int run(int argc, char **argv)
{
	unsigned seconds = DEFAULT_SECONDS;
	int at = 1;

	if (at + 1 < argc && probe_text_after(argv[at], "-t") && !argv[at][2]) {
		const char *s = argv[at + 1];

		if (!probe_text_number(s, s + probe_text_length(s), MAX_SECONDS, &seconds))
			return usage();
		at += 2;
	}
	return at + 1 == argc ? probe(argv[at], seconds) : usage();
}

__attribute__((noreturn, used)) void probe_start(long *stack);

void probe_start(long *stack)
{
	int status = run((int)stack[0], (char **)(stack + 1));

	for (;;)
		sys_call(NR_exit_group, status, 0, 0, 0, 0, 0);
}
