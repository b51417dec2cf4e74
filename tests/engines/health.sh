#!/usr/bin/env bash
# What --healthcheck promises, in a real dockerd: healthy while the service answers, unhealthy when it does not, and the
# probe's own words in `docker inspect`.
. "$(dirname "$0")/../lib.sh"
. "$TOP/tests/engines/common.sh"
require dockerd docker jq cc
cat >service.c <<'C'
/* Answers every request with 200, or with 503 once SIGUSR1 has come; listens on a port or, given a path, on a socket. */
#include <arpa/inet.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static volatile sig_atomic_t down;

static void turn(int signal)
{
	(void)signal;
	down = 1;
}

int main(int argc, char **argv)
{
	struct sockaddr_in in = { .sin_family = AF_INET, .sin_port = htons(8080), .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	int s = socket(argc > 1 ? AF_UNIX : AF_INET, SOCK_STREAM, 0), on = 1;

	signal(SIGUSR1, turn);
	signal(SIGPIPE, SIG_IGN);
	setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
	if (argc > 1)
		strncpy(un.sun_path, argv[1], sizeof un.sun_path - 1);
	if (bind(s, argc > 1 ? (void *)&un : (void *)&in, argc > 1 ? sizeof un : sizeof in) < 0 || listen(s, 8) < 0)
		return 1;
	for (;;) {
		int c = accept(s, 0, 0);
		char buf[1024];
		const char *answer = down ? "HTTP/1.1 503 Down\r\n\r\n" : "HTTP/1.1 200 OK\r\n\r\n";

		if (c < 0)
			continue;
		if (read(c, buf, sizeof buf) > 0 && write(c, answer, strlen(answer)) < 0)
			continue;
		close(c);
	}
}
C
cc -static -O1 -o service service.c
need_dockerd
run_image() { # NAME ARG...: load what ARG... makes and start it; its id
	local name=$1
	shift
	mk -q --bin service -t "$name:v1" --health-interval 1s --health-timeout 2s --health-retries 2 "$@" -o "$name.tar" &&
		d load -q -i "$name.tar" >/dev/null &&
		d run -d --network none --read-only --tmpfs /tmp:mode=1777 --cap-drop ALL --security-opt no-new-privileges "$name:v1"
}
becomes() { # ID STATE
	local state
	for _ in $(seq 60); do
		state=$(d inspect "$1" | jq -r '.[0].State.Health.Status')
		[ "$state" != "$2" ] || break
		sleep 0.25
	done
	echo "$state"
}
last_word() {
	d inspect "$1" | jq -r '.[0].State.Health.Log[-1].Output' | tr -d '\n'
}

http=$(run_image http --healthcheck http://:8080/health)
is "$(becomes "$http" healthy)" healthy a_service_that_answers_is_healthy
is "$(last_word "$http")" 'http://:8080/health: status 200' ...and_docker_inspect_says_why
d kill -s USR1 "$http" >/dev/null
is "$(becomes "$http" unhealthy)" unhealthy a_service_that_answers_503_is_unhealthy
is "$(last_word "$http")" 'http://:8080/health: status 503' ...and_docker_inspect_says_why_too
wrong=$(run_image wrong --healthcheck tcp://:9)
is "$(becomes "$wrong" unhealthy)" unhealthy nobody_on_the_port_is_unhealthy
is "$(last_word "$wrong")" 'tcp://:9: connection refused' ...which_it_says
docker=$(run_image docker --media-types docker --healthcheck http://:8080/health)
is "$(becomes "$docker" healthy)" healthy "an image of Docker's media types is healthy too"
unix=$(run_image unix --cmd /tmp/s --healthcheck http+unix:///tmp/s:/)
is "$(becomes "$unix" healthy)" healthy a_unix_socket_is_asked
off=$(run_image off --healthcheck-cmd /service)
is "$(d inspect "$off" | jq -c '.[0].Config.Healthcheck.Test')" '["CMD","/service"]' a_command_of_the_image
mk -q --bin service -t none:v1 --healthcheck none -o none.tar && d load -q -i none.tar >/dev/null
is "$(d image inspect none:v1 | jq -c '.[0].Config.Healthcheck.Test')" '["NONE"]' none_arrives
d kill "$http" "$wrong" "$docker" "$unix" >/dev/null 2>&1
done_testing
