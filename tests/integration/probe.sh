#!/usr/bin/env bash
# The health probe by itself, on sockets of every kind and against servers that misbehave; and the options that put it
# into an image.
. "$(dirname "$0")/../lib.sh"
require python3 jq readelf bsdtar
case $(uname -m) in
x86_64) arch=amd64 ;;
aarch64) arch=arm64 ;;
*) skip_all "cannot: no probe is expected for $(uname -m)" ;;
esac
P=$BUILD/probe/$arch
[ -x "$P" ] || skip_all "the build made no probe for $arch"
port=$((20000 + RANDOM % 20000))
server='' probe=("$P")
stop() {
	[ -z "$server" ] || kill "$server" 2>/dev/null
	wait 2>/dev/null
	server=''
}
at_exit+=(stop)
serve() { # WAY [WHERE]
	stop
	rm -f s.sock ready
	mkfifo ready
	python3 "$TOP/tests/integration/probe_server.py" "$1" "${2:-$port}" >ready 2>/dev/null &
	server=$!
	read -r _ <ready
	rm -f ready
}
answers() { # NAME STATUS TEXT ARG...: the probe ends with STATUS and says URL: TEXT
	local name=$1 want=$2 text=$3
	shift 3
	run "${probe[@]}" "$@"
	is "$status $(cat "$out" "$err")" "$want ${*: -1}: $text" "$name"
}

serve ok
answers a_port_of_the_loopback 0 'status 200' "http://:$port/health?x=1"
is "$(tr -d '\r' <request | head -n 2 | tr '\n' '|')" "GET /health?x=1 HTTP/1.1|Host: localhost:$port|" the_request_has_path_and_host
answers an_ipv4_address 0 'status 200' "http://127.0.0.1:$port"
is "$(tr -d '\r' <request | head -n 2 | tr '\n' '|')" "GET / HTTP/1.1|Host: 127.0.0.1:$port|" the_path_is_the_root_when_there_is_none
answers localhost 0 'status 200' "http://localhost:$port/"
answers tcp_is_content_with_a_connection 0 'accepts connections' "tcp://:$port"
answers http_is_not_grpc 1 'answered, but not in gRPC' "grpc://:$port"
serve ok "6:$port"
answers the_loopback_of_ipv6_is_tried_too 0 'status 200' "http://:$port/"
answers an_ipv6_address 0 'status 200' "http://[::1]:$port/"
answers another_way_to_write_it 0 'accepts connections' "tcp://[0:0::0:1]:$port"
is "$("${probe[@]}" "http://[::1]:$port/" 2>&1 && tr -d '\r' <request | sed -n 2p)" "http://[::1]:$port/: status 200
Host: [::1]:$port" the_host_keeps_its_brackets
serve ok s.sock
answers http_over_a_unix_socket 0 'status 200' "http+unix://$T/s.sock:/health"
is "$(tr -d '\r' <request | head -n 2 | tr '\n' '|')" 'GET /health HTTP/1.1|Host: localhost|' ...with_the_path_behind_the_colon
answers a_unix_socket 0 'accepts connections' "unix://$T/s.sock"
for way in created:201 early:204 bare:200 slow:200; do
	serve "${way%:*}"
	answers "healthy: ${way%:*}" 0 "status ${way#*:}" "http://:$port/"
done
for way in moved:301 down:503; do
	serve "${way%:*}"
	answers "unhealthy: ${way%:*}" 1 "status ${way#*:}" "http://:$port/"
done
for way in ssh odd odder endless long nothing; do
	serve "$way"
	answers "no HTTP: $way" 1 'answered, but not in HTTP' "http://:$port/"
done
serve silent
answers time_is_bounded 1 'timed out' -t 1 "http://:$port/"
stop
answers nobody_listens 1 'connection refused' "http://:$port/"
answers no_socket 1 'no such socket' "unix://$T/none"
serve serving
answers grpc_serving 0 serving "grpc://:$port"
is "$(python3 -c 'd = open("request", "rb").read(); print(d[:24], b"/grpc.health.v1.Health/Check" in d, b"application/grpc" in d, d.endswith(b"\0\0\5\0\1\0\0\0\1" + bytes(5)))')" \
	"b'PRI * HTTP/2.0\\r\\n\\r\\nSM\\r\\n\\r\\n' True True True" the_grpc_request_is_sound
"${probe[@]}" "grpc://:$port/db" 2>/dev/null
is "$(tail -c 9 request | xxd -p)" 00000000040a026462 a_service_may_be_named
serve padded
answers grpc_with_padding 0 serving "grpc://:$port"
for way in not-serving:'not serving' unknown:unknown refused:'has no such health service' away:'has no such health service'; do
	serve "${way%%:*}"
	answers "grpc: ${way%%:*}" 1 "${way#*:}" "grpc://:$port/"
done
stop

run "$P"
is "$status $(grep -c '^usage: ' "$err")" '2 1' without_a_url_it_says_how
run "$P" -t 0 http://:1/
is "$status $(grep -c '^usage: ' "$err")" '2 1' no_time_is_no_time
probe=("$P")
bad() { # URL TEXT: refused by the probe and by mkscratch alike
	answers "the probe refuses $1" 2 "$2" "$1"
	must_fail 2 "--healthcheck $1: $2" -- --bin x --healthcheck "$1" -o x.tar
}
bad ftp://x 'its scheme is none of http, http+unix, tcp, unix, grpc'
bad https://:1/ 'the probe speaks no TLS'
address='its host is no address (an IPv4 address, an IPv6 address in brackets, or nothing for loopback)'
bad http://example.com/ "$address"
bad http://1.2.3/ "$address"
bad http://1.2.3.256/ "$address"
bad 'http://[1:2]/' "$address"
bad 'http://[1::2::3]/' "$address"
bad tcp://:0 'its port is no number of 1 to 65535'
bad tcp://:65536 'its port is no number of 1 to 65535'
bad tcp://127.0.0.1 'it has no port'
bad tcp://:80/x 'a path means nothing to tcp'
bad unix://x 'its socket is no absolute path'
bad 'http://:1/a b' 'it holds a blank or a control byte'
bad "unix:///$(printf '%0110d' 0)" 'the path of its socket is longer than 107 bytes'

# What is built: small, static, needing nothing.
for p in "$BUILD"/probe/*; do
	a=$(basename "$p")
	case $a in
	table.*) continue ;;
	esac
	is "$(($(stat -c %s "$p") <= 40960)) $(readelf -lW "$p" | grep -cE 'INTERP|DYNAMIC')" '1 0' "the probe for $a is small and static"
	q=$(command -v "qemu-$(sed 's/amd64/x86_64/; s/arm64/aarch64/; s/^386/i386/' <<<"$a")-static") || q=''
	if [ -n "$q" ]; then
		serve ok
		probe=("$q" "$p")
		answers "... and runs: $a" 0 'status 200' "http://:$port/"
		stop
		answers "... $a tells what is wrong" 1 'connection refused' "tcp://:$port"
	else
		skip "... and runs: $a" 'qemu-user-static is not installed'
	fi
done
is "$(find "$BUILD/probe" -name amd64 -o -name arm64 | wc -l)" 2 amd64_and_arm64_are_there

# In an image.
printf 'int main(void) { return 0; }\n' | cc -static -x c -o app -
cc -static -x c -o tool - <<<'int main(void) { return 0; }'
config() {
	mk -q --bin app "$@" -o i.tar && tar xOf i.tar "$(tar xOf i.tar manifest.json | jq -r '.[0].Config')" | jq -c .config.Healthcheck
}
is "$(config --healthcheck http://:8080/health)" '{"Test":["CMD","/healthcheck","http://:8080/health"]}' the_probe_is_the_test
layers=$(tar xOf i.tar manifest.json | jq -r '.[0].Layers[]')
for layer in $layers; do tar xOf i.tar "$layer" | bsdtar -xf - healthcheck 2>/dev/null; done
cmp -s healthcheck "$P"
is $? 0 it_lies_in_the_image
is "$(config --healthcheck tcp://:1 --health-interval 1m30s --health-timeout 2.5s --health-start-period 500ms --health-retries 4)" \
	'{"Interval":90000000000,"Retries":4,"StartPeriod":500000000,"Test":["CMD","/healthcheck","-t","2","tcp://:1"],"Timeout":2500000000}' \
	times_are_nanoseconds
history() {
	mk -q "$@" -o h.tar && mk inspect --json h.tar | jq -r '[.config.history[].created_by] | join(", ")'
}
is "$(history --bin app --healthcheck tcp://:1)" 'mkscratch: base files, mkscratch: health probe, mkscratch: program' a_layer_of_the_probe_alone_says_so
is "$(history --bin app --layers single --healthcheck tcp://:1)" 'mkscratch: all files' ...of_its_own
is "$(history --bin "$(type -P true)" --healthcheck tcp://:1)" 'mkscratch: base files, mkscratch: libraries, mkscratch: program' \
	...without_libraries
is "$(config --healthcheck none)" '{"Test":["NONE"]}' none_turns_it_off
is "$(config --healthcheck-cmd '/app  check --deep')" '{"Test":["CMD","/app","check","--deep"]}' a_command_in_words
is "$(config --healthcheck-cmd '["/app","a b"]')" '{"Test":["CMD","/app","a b"]}' a_command_in_json
is "$(config)" null without_the_option_nothing_is_said
is "$(mk why i.tar /healthcheck 2>&1)" 'mkscratch: i.tar: /healthcheck is not in the image' and_there_is_no_probe
# Who drops it is told, unless the media types were chosen.
warned() {
	mk --bin app "$@" -n 2>&1 >/dev/null | grep -c 'podman and buildah drop it from images of OCI media types; --media-types docker keeps it (oci: no warning)'
}
is "$(warned --healthcheck tcp://:1)" 1 readers_that_drop_it_are_named
is "$(warned --healthcheck-cmd /app)" 1 ...for_a_command_too
is "$(warned --healthcheck none)" 0 ...not_where_nothing_is_lost
is "$(warned)" 0 ...nor_without_one
is "$(warned --healthcheck tcp://:1 --media-types docker)" 0 docker_types_keep_it
is "$(warned --healthcheck tcp://:1 --media-types oci)" 0 oci_types_that_were_asked_for_are_meant
is "$(warned --healthcheck tcp://:1 -q)" 0 ...and_-q_is_quiet
config --media-types docker --healthcheck tcp://:1 >docker.json
is "$(cat docker.json)" '{"Test":["CMD","/healthcheck","tcp://:1"]}' the_config_is_the_same_in_docker_types
t verify_takes_docker_types mk verify i.tar
is "$(mk why i.tar /healthcheck | head -1)" '/healthcheck: the static probe (--healthcheck)' ...and_why_does
is "$(mk --bin app --media-types docker -t a:b -o layout/ 2>&1 >/dev/null)" \
	"warning: layout: in a directory, umoci and skopeo (by tag) may pass over an image of Docker's media types; in a tar it is found" \
	a_layout_of_docker_types_is_warned_about
t ...and_verifies mk verify layout:b

must_fail 2 '--healthcheck-cmd /x: there is --healthcheck tcp://:1 already' -- --bin app --healthcheck tcp://:1 --healthcheck-cmd /x -o x.tar
no_shell='the program and its arguments stand alone, and no shell is run: --healthcheck-cmd '"'[\"/app\",\"--check\"]'"
must_fail 2 '--healthcheck-cmd ["CMD-SHELL","curl -f x"]: CMD-SHELL is a word of Dockerfiles' "$no_shell" -- \
	--bin app --healthcheck-cmd '["CMD-SHELL","curl -f x"]' -o x.tar
must_fail 2 '--healthcheck-cmd CMD /app: CMD is a word of Dockerfiles' "$no_shell" -- --bin app --healthcheck-cmd 'CMD /app' -o x.tar
quoted() { # WORDS AS-SHOWN SIGN HINT: what a shell would have taken apart otherwise
	must_fail 2 "--healthcheck-cmd $2: $3 has no meaning here, as no shell is run" "$4" -- --bin app --healthcheck-cmd "$1" -o x.tar
}
quoted '/app -q "a b"' '/app -q "a b"' '"' "--healthcheck-cmd '[\"/app\",\"-q\",\"a b\"]'"
quoted "/app 'it is' x" "/app 'it is' x" "'" "--healthcheck-cmd '[\"/app\",\"it is\",\"x\"]'"
quoted '/app a\ b "c\$d"' '/app a\\ b "c\\$d"' '\\' "--healthcheck-cmd '[\"/app\",\"a b\",\"c\$d\"]'"
quoted '/app ""' '/app ""' '"' "--healthcheck-cmd '[\"/app\",\"\"]'"
for words in '/app "a' "/app 'a" '/app "it'"'"'s"' "/app 'a\\b'" '/app \"' '/app "a\b"'; do
	shown=${words//\\/\\\\} sign=${words//[^\"\'\\]/}
	quoted "$words" "$shown" "$(sed 's/\\/&&/' <<<"${sign:0:1}")" "--healthcheck-cmd '[\"/app\",\"an argument\"]'"
done
is "$(config --healthcheck-cmd '["/app","-q","a b","\"\\"]')" '{"Test":["CMD","/app","-q","a b","\"\\"]}' a_list_has_quotes_and_backslashes
must_fail 2 '--healthcheck-cmd  : nothing to run' -- --bin app --healthcheck-cmd ' ' -o x.tar
must_fail 2 '--health-interval: there is no health check to time' '--healthcheck http://:8080/health' -- --bin app --health-interval 1s -o x.tar
must_fail 2 '--health-retries: there is no health check to time' -- --bin app --healthcheck none --health-retries 2 -o x.tar
must_fail 2 '--health-timeout 5: not a duration' -- --bin app --healthcheck tcp://:1 --health-timeout 5 -o x.tar
must_fail 2 '--health-timeout 1us: is out of range (1ms to 24h)' -- --bin app --healthcheck tcp://:1 --health-timeout 1us -o x.tar
must_fail 2 '--health-retries 0: not a number from 1 to 1000' -- --bin app --healthcheck tcp://:1 --health-retries 0 -o x.tar
must_fail 2 '/healthcheck: given by --healthcheck and by --bin tool:/healthcheck' -- \
	--bin app --bin tool:/healthcheck --healthcheck tcp://:1 -o x.tar
# A program for a machine that no probe was made for.
python3 - <<'END'
import struct
d = bytearray(open("app", "rb").read())
struct.pack_into("<H", d, 18, 258)
open("other", "wb").write(d)
END
must_fail 4 '--healthcheck: this mkscratch holds no probe for linux/loong64' \
	'--healthcheck-cmd with a program of the image, or a mkscratch built where a compiler for it is' -- \
	--bin other --healthcheck tcp://:1 -o x.tar
done_testing
