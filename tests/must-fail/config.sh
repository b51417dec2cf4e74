#!/usr/bin/env bash
# Config files that are none.
. "$(dirname "$0")/../lib.sh"
printf '\177ELF' >app

refused() { # LINE [HINT] -- TEXT: of the file c.json
	local words=("$1")
	shift
	while [ "$1" != -- ]; do
		words+=("$1")
		shift
	done
	printf '%s' "$2" >c.json
	must_fail 3 "${words[@]}" -- --config c.json -o x.tar
}

must_fail 3 '--config none.json: no such file' -- --config none.json
seq 100999 | sed 's/.*/"k&": ""/' | paste -sd, | sed 's/.*/{"bin":"app","output":"x.tar","label":{&}}/' >c.json
must_fail 2 'too many values of options (101001 vs 101000)' '--tree SRC:DEST takes a directory with whatever is in it' -- --config c.json
long=long/$(printf %0200d 0)
mkdir -p "$long"
seq 30000 | sed 's/.*/"&:\/&"/' | paste -sd, | sed 's/.*/{"file":[&]}/' >"$long/c.json"
must_fail 2 'the values of options are too long together (4718642 vs 4718592 bytes)' \
	'--tree SRC:DEST takes a directory with whatever is in it' -- --config "$long/c.json" --bin app --output x.tar
# ... where single values do not count: none of the others is lost.
python3 - "$long/c.json" <<'PY'
import json, sys
json.dump({"entrypoint": ["/app", "x" * 2900000], "file": [f"f{i}:/f{i}" for i in range(9500)],
           "env": {"LAST": "is there"}, "workdir": "/home"}, open(sys.argv[1], "w"))
PY
t 'a long value takes nothing from the others' \
	bash -c '"$0" --config "$1" --bin app --output x.tar --print plan >plan.json && grep -q "LAST=is there" plan.json && grep -q /home plan.json' \
	"$MKSCRATCH" "$long/c.json"
echo '{"bin":"app","cert":""}' >c.json && must_fail 2 '--cert: the value is empty' -- --config c.json -o x.tar
refused 'c.json: line 1, column 22: U+0000 in a string' -- '{"bin":"app\u0000/etc"}'
refused 'c.json: line 1, column 14: "envs" is no option' 'did you mean "env"?' -- '{"bin":"app","envs":{}}'
refused 'c.json: line 1, column 30: "targets" belongs at the top: targets hold no targets' 'name each beside the others' -- \
	'{"bin":"app","targets":{"a":{"targets":{}}}}'
refused 'c.json: line 3, column 3: "qqq" is no option' 'mkscratch help config-file' -- '{
  "bin": ["a{", "\"b"],
  "qqq": 1
}'
refused 'c.json: line 4, column 9: "ouput" is no option' 'did you mean "output"?' -- '{
  "env": { "targets": "ouput", "one": "]" },
  "targets": { "é": {}, "one": {
        "ouput": "x" } }
}'
refused 'c.json: line 1, column 2: "quiet" belongs on the command line alone' -- '{"quiet":true}'
refused 'c.json: line 1, column 2: "ports" is no option' '--expose PORT[/PROTO]' -- '{"ports":[80]}'
refused 'c.json: line 1, column 2: "env" has a name with = in it: A=B' -- '{"env":{"A=B":"x"}}'
refused "c.json: line 1, column 13: '}' expected near '/'" 'JSON has no comments' -- '{"bin":"app"// no
}'
refused "c.json: line 1, column 1: '[' or '{' expected near '#'" 'JSON has no comments' -- '# no
{"bin":"app"}'
refused "c.json: line 1, column 14: string or '}' expected near '}'" 'the last member has no comma behind it' -- '{"bin":"app",}'
refused 'c.json: line 1: key "user" given twice' -- '{"bin":"app","targets":{"a":{"user":"root","user":"1"}}}'
refused 'c.json: line 1: key "a" given twice' -- '{"bin":"app","targets":{"a":{},"a":{}}}'
refused 'c.json: line 1: key "A" given twice' -- '{"bin":"app","env":{"A":"1","A":"1"}}'
refused 'c.json: nested deeper than 64' -- "{\"bin\":$(printf '[%.0s' {1..3000})$(printf ']%.0s' {1..3000})}"
refused 'c.json: line 2, column 3: "qqq" is no option' 'mkscratch help config-file' -- "$(printf '\357\273\277{\r\n  "qqq": 1\r\n}\r\n')"
mkdir c.d
must_fail 3 '--config c.d: is a directory' '--config c.d/mkscratch.json' -- --config c.d -o x.tar
refused 'c.json: line 1, column 2: "list" is no option' 'did you mean "link"?' -- '{"list":true}'
refused 'c.json: line 1, column 2: "bin" has a value of another kind, expected a string or a list of strings' -- '{"bin":true}'
refused 'c.json: line 1, column 2: "bin" has a value of another kind, expected a string or a list of strings' -- '{"bin":[["a"]]}'
refused 'c.json: line 1, column 2: "user" has a value of another kind, expected a string' -- '{"user":["root"]}'
refused 'c.json: line 1, column 2: "no-record" has a value of another kind, expected true or false' -- '{"no-record":"yes"}'
refused 'c.json: line 1, column 2: "certs" is a word in quotes, expected true, false or FILE' \
	'true and false stand without quotes; a file of that name is "./yes"' -- '{"certs":"yes"}'
refused 'c.json: line 1, column 2: "tz" is a word in quotes, expected true, false or ZONE,...' -- '{"tz":"true"}'
refused 'c.json: line 1, column 2: "tz" is a word in quotes, expected true, false or ZONE,...' -- '{"tz":"Yes"}'
refused 'c.json: line 1, column 2: "certs" has a value of another kind, expected true, false, a string or a list of strings' -- \
	'{"certs":null}'
refused 'c.json: line 1, column 2: "env" has a value of another kind, expected an object of strings or a list of strings' -- \
	'{"env":{"A":null}}'
refused 'c.json: line 1, column 2: "entrypoint" has a value of another kind, expected a string or a list of strings' -- \
	'{"entrypoint":[1]}'
refused 'c.json: line 1, column 2: "targets" is no object' -- '{"targets":3}'
refused 'c.json: line 1, column 14: "a" is no object of options' -- '{"targets": {"a":[]}}'
refused 'c.json: is a list, expected an object of options' -- '[]'
refused "c.json: line 2, column 6: ':' expected near '1'" -- '{
"bin"1}'
refused 'c.json: line 1: key "bin" given twice' -- '{"bin":"a", "bin": 1}'
refused 'c.json: is empty' 'options are JSON here: --print config writes those of a command line so' -- ''
refused "c.json: line 1, column 3: '[' or '{' expected near 'bin'" 'options are JSON here: --print config writes those of a command line so' -- \
	'bin: app # [[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[['
truncate -s 5M large.json
must_fail 3 'large.json: larger than 4194304 bytes' -- --config large.json -o x.tar

# Targets.
echo '{ "bin": "app", "targets": { "one": {}, "two": {} } }' >c.json
must_fail 2 '--target three: no such target in c.json' 'it has one, two' -- --config c.json --target three -o x.tar
must_fail 2 '--output x.tar: would be written by each of 2 targets' '--target one, or a directory: -o images/' -- --config c.json -o x.tar
must_fail 2 '--target one: there is no config file' '--config FILE, or mkscratch.json here' -- --target one
must_fail 2 '--target one: there is no config file' 'with --bin it has to be named: --config mkscratch.json' -- --bin app --target one
printf '{ "bin": "app" }' >none.json
must_fail 2 '--target one: no such target in none.json' 'it has none' -- --config none.json --target one -o x.tar
must_fail 3 'target one: app: ELF header is truncated (4 of 64 bytes)' -- --config c.json --target one -o x.tar
must_fail 2 '--print tree: is none of plan, rootfs, config, schema' -- --print tree
must_fail 2 '--print config: a value is not valid UTF-8, which JSON needs' -- --bin app --file "$(printf 'a\377'):/a" -o x.tar --print config
# ... among themselves: one file of two of them, and what is made of what another makes.
pair() { echo "{ \"bin\": \"app\", \"targets\": { \"a\": { $1 }, \"b\": { $2 } } }" >pair.json; }
own='give each an "output" of its own, or a directory for all: images/'
ln -s . here
for name in ./x.tar here/x.tar "$PWD/x.tar"; do
	pair '"output": "x.tar"' '"output": ["y.tar", "'"$name"'"]'
	must_fail 2 "targets a and b: both write $name" "$own" -- --config pair.json
	must_fail 2 "targets a and b: both write $name" "$own" -- --config pair.json --target b --target a -n
done
pair '"output": "-"' '"output": "/dev/stdout"'
must_fail 2 'targets a and b: both write /dev/stdout' "$own" -- --config pair.json
pair '"output": "l/", "tag": ["x:1", "y:1"]' '"output": "./l/", "tag": "y:1"'
must_fail 2 'targets a and b: both write y:1 in ./l/' 'give each a "tag" of its own' -- --config pair.json
pair '"output": "a.tar", "base": "b.tar"' '"output": "b.tar", "file": "a.tar:/a"'
must_fail 2 'targets a, b: each reads what the next one writes, in a circle' '--target a makes one alone, of what is there' -- \
	--config pair.json
pair '"output": "a.tar", "base": "b.tar"' '"output": "b.tar"'
must_fail 3 'target a: b.tar: no such image' 'target b makes it: --target b --target a' -- --config pair.json --target a
must_fail 3 'target a: b.tar: no such image' 'nothing is written here; --target b alone would make it' -- --config pair.json -n --target a
# What is wrong with the outputs of the second is said before the first is built.
mkdir srv && cp "$(command -v true)" whole
sound() { echo "{ \"bin\": \"whole\", \"targets\": { \"a\": { \"output\": \"a.tar\" }, \"b\": { $1 } } }" >pair.json; }
sound '"output": "srv/b.tar", "tree": "srv:/srv"'
must_fail 2 'target b: --output srv/b.tar: lies in a directory that is packed (--tree srv:/srv)' 'write it elsewhere' -- --config pair.json
sound '"output": "/dev/fd/9"'
must_fail 5 'target b: /dev/fd/9: cannot open (Bad file descriptor)' -- --config pair.json
sound '"output": ["b.tar", "./here/b.tar"]'
must_fail 2 'target b: --output ./here/b.tar: is the same file as --output b.tar' 'leave one of them out' -- --config pair.json
cp c.json mkscratch.json
must_fail 2 '--output x.tar: would be written by each of 2 targets' -- build -o x.tar
done_testing
