#!/usr/bin/env bash
# Command lines that mean nothing: exit 2, the sentence, the hint, and nothing made. (The sentences of each value are
# in unit/test_plan.c; here are those a user meets first, from outside.)
. "$(dirname "$0")/../lib.sh"
printf '\177ELF' >app && echo old >img.tar

must_fail 2 '--cert-s: unknown option' 'did you mean --certs?' -- --bin app --cert-s -o img.tar
must_fail 2 '--ouptut: unknown option' 'did you mean --output?' -- --bin app --ouptut=img.tar
must_fail 2 '-Z: unknown option' 'mkscratch --help' -- -Z
must_fail 2 '--copy: unknown option' '--file SRC:DEST, or --tree SRC:DEST for a directory' -- --bin app --copy app:/b
must_fail 2 'push: neither a verb nor an option' \
	'nothing is pushed here: skopeo copy oci-archive:img.tar docker://HOST/NAME:TAG' -- push img.tar
touch Dockerfile
for context in . ./Dockerfile; do
	must_fail 2 "$context: neither a verb nor an option" \
		'there is no Dockerfile and no context: mkscratch --bin ./PROGRAM -o img.tar' -- build -t app:v1 "$context"
done
must_fail 2 '--push: unknown option' \
	'nothing is pushed here: skopeo copy oci-archive:img.tar docker://HOST/NAME:TAG' -- --bin app --push x -o img.tar
must_fail 2 '--list: not an option of build' 'it belongs to mkscratch deps' -- --list
must_fail 2 '--json: not an option of cat' \
	'it belongs to mkscratch build, deps, doctor, inspect, ls, diff, verify, index, why, cache and help' -- cat --json x.tar /a
must_fail 2 '--tag: not an option of deps' 'it belongs to mkscratch build and index' -- deps --tag x
must_fail 2 '--bin: needs a value' '--bin SRC[:DEST[:MODE[:UID:GID]]]' -- --bin
must_fail 2 '--compress: needs a value, and -o is an option' \
	'--compress CODEC[:LEVEL], or --compress=-o where that is the value' -- --bin app --compress -o img.tar
must_fail 2 '-t: needs a value, and --output=img.tar is an option' \
	'-t REF, or --tag=--output=img.tar where that is the value' -- --bin app -t --output=img.tar
must_fail 2 '--dry-run: takes no value ("1")' 'did you mean --dry-run? It stands alone' -- --dry-run=1
must_fail 2 '--auto: takes no value ("off")' 'leave --auto out to be without' -- --bin app --auto=off
must_fail 2 '--auto: takes no value ("x")' -- --bin app --auto=x
for word in yes true on 1 True YES; do
	must_fail 2 "--certs=$word: takes FILE, or nothing" 'did you mean --certs? It stands alone' -- --bin app --certs=$word -o x.tar
	must_fail 2 "--tz=$word: takes ZONE,..., or nothing" 'did you mean --tz? It stands alone' -- --bin app --tz=$word -o x.tar
done
must_fail 2 '--certs=no: takes FILE, or nothing' 'leave --certs out to be without' -- --bin app --certs=no -o x.tar
must_fail 2 '--tz=0: takes ZONE,..., or nothing' 'leave --tz out to be without' -- --bin app --tz=0 -o x.tar
must_fail 2 'yes: neither a verb nor an option' 'did you mean --certs? It stands alone' -- --bin app --certs yes
must_fail 2 'off: neither a verb nor an option' 'leave --tz out to be without' -- --bin app --tz off
echo >on
t 'a file of such a name is meant' mk --bin app --certs=on --print plan
must_fail 2 'on: neither a verb nor an option' 'did you mean --certs=on?' -- --bin app --certs on
rm on
must_fail 2 'app: neither a verb nor an option' 'did you mean: mkscratch --bin app -o img.tar' -- app
cp app kept.tar
must_fail 2 'kept.tar: neither a verb nor an option' 'of an image: mkscratch inspect kept.tar, or verify, ls, diff' -- kept.tar
rm kept.tar
must_fail 2 'verfy: neither a verb nor an option' 'did you mean: mkscratch verify' -- verfy img.tar
cp app hello
must_fail 2 'hello: neither a verb nor an option' 'did you mean: mkscratch --bin hello -o img.tar' -- hello -o x.tar
rm hello
must_fail 2 'hello: neither a verb nor an option' 'did you mean: mkscratch help' -- hello -o x.tar
must_fail 2 'nonsense: neither a verb nor an option' \
	"the verbs are $("$MKSCRATCH" help | sed -n '/^Verbs:/,/^More:/{ s/^Verbs://; /^More:/!p }' | xargs | sed 's/ /, /g')" -- nonsense
must_fail 2 'img.tar: neither a verb nor an option' 'did you mean --bin img.tar, or --cmd img.tar?' -- --bin app img.tar
must_fail 2 'ca.pem: neither a verb nor an option' 'did you mean --certs=ca.pem?' -- --bin app --certs ca.pem
must_fail 2 'deps: a verb comes first, before any option' 'mkscratch deps ...' -- --json deps app
must_fail 2 'deps: no FILE given' 'mkscratch deps ./app' -- deps
must_fail 2 'deps: --list and --json are two forms of one result (2 vs 1)' -- deps --list --json app
must_fail 2 'doctor: no FILE given' 'mkscratch doctor ./app' -- doctor
must_fail 2 'doctor: --json and --sarif are two forms of one result (2 vs 1)' -- doctor --json --sarif app
must_fail 2 'verify: no IMAGE given' 'mkscratch verify img.tar' -- verify
must_fail 2 'help nonsense: no such topic' -- help nonsense
like "$(cat "$err")" '^hint: topics: input libraries .* environment ' 'the topics there are'
must_fail 2 'help confg: no such topic' 'did you mean: mkscratch help config' -- help confg
must_fail 2 'help --json: one topic alone is a table' 'mkscratch help --json troubleshooting' -- help --json input
must_fail 2 'help: one topic at a time (2 vs 1)' -- help a b
must_fail 2 'completion ksh: no such shell here' 'mkscratch completion bash, zsh or fish' -- completion ksh
must_fail 2 'completion: needs the name of a shell (0 vs 1)' -- completion

for words in 'deps|FILE...' 'doctor|FILE...' 'inspect|IMAGE' 'ls|IMAGE [PATH...]' 'cat|IMAGE PATH...' 'diff|A B' 'verify|IMAGE...' \
	'index|IMAGE...' 'why|IMAGE PATH...' 'cache|stat|trim|clear' 'help|[TOPIC]' 'completion|bash|zsh|fish'; do
	verb=${words%%|*}
	must_fail 2 "$verb: an argument is empty" "is a variable of the shell not set? mkscratch $verb ${words#*|}" -- "$verb" ''
	must_fail 2 "$verb: an argument is empty" -- "$verb" app ''
done
must_fail 2 'build: an argument is empty' 'is a variable of the shell not set? mkscratch build' -- ''
must_fail 2 'build: an argument is empty' -- --bin app -o img.tar ''
must_fail 2 'the name of an image is empty' -- ls "@sha256:$(printf %064d 0)"
must_fail 2 'the name of an image is empty' -- ls oci-archive:
must_fail 2 '--root: the value is empty' 'is a variable of the shell not set? --root [PLATFORM=]DIR' -- deps --root= app
must_fail 2 '--output: the value is empty' 'is a variable of the shell not set? --output PATH|-' -- --bin app -o ''
must_fail 2 '--html: the value is empty' 'is a variable of the shell not set? --html FILE' -- inspect --html '' img.tar
must_fail 2 '--config: the value is empty' -- --config ''
must_fail 2 '--jobs: the value is empty' -- --bin app -j '' -o img.tar

must_fail 2 'nothing to run: no --bin given' 'mkscratch --bin ./app -o app.tar, or a file mkscratch.json with "bin" for mkscratch build' -- --certs -o img.tar
must_fail 2 'nowhere to write: no --output given' '-o img.tar' -- --bin app
if script -qec true /dev/null >/dev/null 2>&1; then
	script -qec "'$MKSCRATCH' --bin app -o -" /dev/null >typed </dev/null
	is "$(tr -d '\r' <typed)" "mkscratch: --output -: standard output is a terminal
hint: -o img.tar, or -o - | docker load" 'no image is written to a terminal'
else
	skip 'no image is written to a terminal' 'script is not installed'
fi
must_fail 2 '--output ./img.tar: is the same file as --output img.tar' 'leave one of them out' -- --bin app -o img.tar -o ./img.tar
must_fail 2 '--output img.tar: is the same file as --output img.tar' -- --bin app -o img.tar -o img.tar
must_fail 2 '--output /dev/stdout: is the same file as --output -' -- --bin app -o - -o /dev/stdout
must_fail 2 '--output app: is also an input (--bin ./app)' -- --bin ./app -o app
touch conf
must_fail 2 '--output conf: is also an input (--file ./conf:/f)' -- --bin app --file ./conf:/f -o conf
must_fail 2 '--output new: is the same file as --output new/' 'leave one of them out' -- --bin app -o new/ -o new
must_fail 2 '--progress sometimes: is none of auto, always, never' -- --bin /bin/true --progress sometimes -o img.tar
must_fail 2 '--progress foo: is none of auto, always, never' -- --bin /bin/true --progress foo -n
must_fail 2 '--progress foo: is none of auto, always, never' -- --bin /bin/true --progress foo --print plan
must_fail 2 '--cache: the value is empty' -- --bin /bin/true --cache '' -o img.tar
must_fail 2 '--cache-size 1X: not a size' '--cache-size 500M, 2G or 4Gi' -- --bin /bin/true --cache-size 1X -o img.tar
must_fail 2 'cache: no action given' 'mkscratch cache stat, trim or clear' -- cache
must_fail 2 'cache: one action at a time (2 vs 1)' -- cache trim clear
must_fail 2 'cache wipe: no such action' 'mkscratch cache stat, trim or clear' -- cache wipe
must_fail 2 '--no-cache: not an option of cache' 'it belongs to mkscratch build' -- cache stat --no-cache
HOME='' must_fail 2 'cache: no directory is known (neither XDG_CACHE_HOME nor HOME is set)' '--cache DIR' -- cache stat
must_fail 5 'app: cannot open (Not a directory)' -- cache stat --cache app
must_fail 2 '--print tree: is none of plan, rootfs, config, schema' -- --bin app --print tree
must_fail 2 '--bin app:bin/app: DEST "bin/app" is not an absolute path' \
	'--bin app:/bin/app; or --bin app:bin/app:/PATH, where the colon belongs to the name of the file' -- \
	--bin app:bin/app -o img.tar
must_fail 2 $'--bin ./b\\xff: not valid UTF-8, which JSON needs' 'give it a name in the image: --bin SRC:/NAME; the recipe is left out then (verify --rebuild)' -- \
	--bin $'./b\xff' -o img.tar
must_fail 2 '--file app: has no DEST' '--file app:/PATH/IN/IMAGE' -- --bin app --file app -o img.tar
must_fail 2 '--file app:/b:999: mode "999" is not octal' -- --bin app --file app:/b:999 -o img.tar
must_fail 2 'user "a:b": character ":" is not allowed' \
	'--user nobody, nonroot, root, UID[:GID], NAME:UID[:GID], or the name of a --passwd-entry' -- \
	--bin app --user a:b -o img.tar
must_fail 2 'uid 4294967296: larger than 2147483646' -- --bin app --user 4294967296 -o img.tar
must_fail 2 'zone "../../etc/passwd": not a zone name' -- --bin app --tz=../../etc/passwd -o img.tar
must_fail 2 '--env PATH: has no value' '--env PATH=VALUE' -- --bin app -e PATH -o img.tar
must_fail 2 '--expose 8080:80: "8080:80" is not a port' \
	'--expose takes ports of the image; those of the host belong to docker run -p' -- --bin app -p 8080:80 -o img.tar
must_fail 2 '--expose http: "http" is not a port' '--expose 8080, --expose 53/udp or --expose 8000-8010' -- --bin app -p http -o img.tar
must_fail 2 '--stop-signal SIGFOO: not a signal' '--stop-signal SIGTERM, a number 1..64, SIGRTMIN+1..15 or SIGRTMAX-1..14' -- \
	--bin app --stop-signal SIGFOO -o img.tar
must_fail 2 '--healthcheck ftp://x/: its scheme is none of http, http+unix, tcp, unix, grpc' \
	'--healthcheck http://:8080/health, tcp://:5432 or unix:///run/app.sock' -- --bin app --healthcheck ftp://x/ -o img.tar
must_fail 2 '--entrypoint: line 1, column 11: U+0000 in a string' -- --bin app --entrypoint '["a\u0000b"]' -o img.tar
must_fail 2 '--entrypoint []: nothing to run' 'leave --entrypoint out to run the first --bin' -- --bin app --entrypoint '[]' -o img.tar
must_fail 2 '--link :/b: TARGET is empty' '--link TARGET:/PATH makes /PATH a symlink to TARGET' -- --bin app --link :/b -o img.tar
must_fail 2 '--created yesterday: not a time' '--created 2024-05-01T12:00:00Z, a date (midnight UTC), seconds since 1970, or now' -- \
	--bin app --created yesterday -o img.tar
must_fail 2 'tag "App": upper case is not allowed in a name ("App")' '-t app' -- --bin app -t App -o img.tar
must_fail 2 'tag "ghcr.io/Org/app:V1": upper case is not allowed in a name ("Org")' '-t ghcr.io/org/app:V1' -- \
	--bin app -t ghcr.io/Org/app:V1 -o img.tar
must_fail 2 "tag \"A B\": neither upper case nor ' ' is allowed in a name (\"A B\")" -- --bin app -t 'A B' -o img.tar
must_fail 2 "tag \"aüB\": neither upper case nor 'ü' is allowed in a name (\"aüB\")" -- --bin app -t 'aüB' -o img.tar
must_fail 2 'tag "a@sha256:0": a digest cannot be chosen, it follows from the image' -- --bin app -t a@sha256:0 -o img.tar
must_fail 2 '--media-types oci1: is none of oci, docker' -- --bin app --media-types oci1 -o img.tar
must_fail 2 '--media-types docker: has no name for layers of zstd' '--compress gzip, or --media-types oci' -- \
	--bin app --media-types docker --compress zstd -o img.tar
must_fail 2 '--compress gzip:99: gzip has no such level (99 vs 1..12)' -- --bin app --compress gzip:99 -o img.tar
must_fail 3 '.: is a directory, expected a regular file' '--tree .:/srv' -- --bin /bin/true --file .:/srv -o img.tar
must_fail 2 '--library-path lib: "lib" is not an absolute path' \
	'--library-path "$PWD/lib"; directories are looked up below --root, and begin with / or $ORIGIN' -- --bin app --library-path lib -o img.tar
SOURCE_DATE_EPOCH=12x must_fail 2 'SOURCE_DATE_EPOCH "12x": not a whole number of seconds' -- --bin app -o img.tar

# Control bytes of a name do not reach the terminal, and a long one does not drown the message.
must_fail 2 '--\x1b[31m: unknown option' -- "$(printf -- '--\033[31m')"
long=$(printf 'x%.0s' $(seq 2000))
run mk "--$long"
like "$status $(head -n 1 "$err")" '^2 mkscratch: --x+\.\.\.x+: unknown option$' 'a long name is shortened in the middle'
t '... to a line of 280 bytes' test "$(head -n 1 "$err" | wc -c)" -le 280
is "$(cat img.tar)" old 'the old output is as it was'
must_fail 2 'verify --rebuild: /dev/fd/9: is a FIFO, and an image is read twice' 'CMD | mkscratch verify --rebuild -' -- \
	verify --rebuild /dev/fd/9 9< <(:)
done_testing
