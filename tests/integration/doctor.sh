#!/usr/bin/env bash
# doctor: facts of programs made on the spot, and the forms they are shown in. (How well it judges is measured by
# doctor_set.sh.)
. "$(dirname "$0")/../lib.sh"
require cc jq strip objcopy openssl

printf 'int main(void) { return 0; }\n' >least.c
cat >text.c <<'END'
#include <stdio.h>
int main(void) { return puts(TEXT) < 0; }
END
with_text() {
	cc -w -o "$1" -DTEXT="\"$2\"" text.c
}
# FILE FILTER: what jq makes of the object
says() {
	mk doctor --json "$1" | jq -c "$2"
}

# the contract
cc -o least least.c
is "$(says least 'keys - ["advice","cert_file","embedded","language_version","missing","more_secrets","payload","secrets","sections_end","size","strip","unusable"]')" \
	'["file","hardening","language","libc","linkage","needs","platform"]' '--json has the keys of the contract'
cc -o uses -x c - <<'END'
#include <pwd.h>
#include <stdio.h>
int main(int n, char **v) { tmpfile(); return !getpwnam(v[n - 1]); }
END
is "$(says uses '.needs | map(keys) | unique')" '[["advice","evidence","fix","level","symptom","what"]]' '... of each need too'
is "$(says uses '[.needs[] | .what]')" '["passwd","tmp"]' 'imports tell needs'
is "$(says uses '.needs[0].evidence')" '"getpwnam imported by the program"' '... with the evidence'
is "$(mk doctor --json least uses | jq -r .file | xargs)" 'least uses' 'several files: an object each, one a line'
cc -o mangled -x c - <<'END'
int _ZN3std3env8temp_dir17h0123456789abcdefE(void) { return 0; }
int main(void) { return _ZN3std3env8temp_dir17h0123456789abcdefE(); }
END
like "$(says mangled '.needs[0].evidence')" '^"std::env::temp_dir in [.]strtab at 0x' '... by the name that people know it by'
mk doctor uses >text
like "$(cat text)" '^  passwd        likely    getpwnam imported by the program$' 'the screen shows need, level and evidence'
like "$(tail -n 1 text)" '^  => mkscratch --bin uses -o img.tar$' '... and ends with a command to copy'
t '... of a dozen lines' test "$(wc -l <text)" -le 24
t '... that runs' sh -c "$(sed -n 's/^  => mkscratch/"\$MKSCRATCH"/p' text)"
for how in -static -static-pie; do
	cc -w $how -o linked -x c - <<'END'
#include <netdb.h>
#include <pwd.h>
int main(int c, char **v) { return !getpwnam(v[c - 1]) + !getservbyname("x", "y"); }
END
	is "$(mk doctor linked | awk '$2 == "likely" { print $1 }' | xargs)" 'passwd services' "what is linked in is found by name: $how"
done
mkdir odd
for name in 'a b' "it's" -dash $'e\x1b[0m' $'c1\xc2\x9b31m'; do
	cp uses "odd/$name"
	like "$(cd odd && sh_of=$(mk doctor -- "$name" | sed -n 's/^  => mkscratch/mk -q/p') && eval "$sh_of" && mk ls img.tar)" . \
		"... whatever the name is: $(printf %q "$name")"
done

# a library that is not there
cc -shared -fPIC -o libgone.so -x c - -Wl,-soname,libgone.so.2 <<<'int f(void) { return 1; }'
echo 'int f(void); int main(void) { return f(); }' | cc -o needs -x c - -x none libgone.so
like "$(mk doctor needs)" '^  library       missing   libgone\.so\.2, needed by needs: not in /.*/lib' 'a missing library, with where it was looked for'
is "$(mk doctor needs | grep -A1 'library       missing' | tail -n 1 | sed 's/^ *//')" \
	'install it, or --library-path DIR; --root DIR for the libraries of another system' '... and what helps'
is "$(says needs '[.missing[0] | .name, .needed_by, (.searched | length > 3)]')" '["libgone.so.2","needs",true]' '... in JSON'
is "$(mk doctor --sarif needs | jq -c '[.runs[0].results[] | select(.ruleId == "needs/library") | .level]')" '["error"]' '... in SARIF'
ln -s libgone.so libgone.so.2
is "$(mk doctor --library-path "$PWD" --json needs | jq -c .missing)" '[]' '... which --library-path finds'
mkdir nothing
is "$(mk doctor needs | grep -c '=> mkscratch')" 0 '... and no command that would fail for it'
mkdir -p 'my libs' && ln libgone.so 'my libs/libgone.so.2'
is "$(mk doctor --root / --library-path "$PWD/my libs" needs | sed -n 's/^  => //p')" \
	"mkscratch --bin needs --root / --library-path '$PWD/my libs' -o img.tar" 'the command looks where doctor was told to look'
t '... and runs' sh -c "$(mk doctor --library-path "$PWD/my libs" needs | sed -n 's/^  => mkscratch/"\$MKSCRATCH" -q/p')"
is "$(mk doctor --root nothing least | grep -c '=> mkscratch')" 0 'no command for what cannot be used'
is "$(mk doctor --json --root nothing least | jq -r .unusable | sed 's,loader .* is,loader X is,')" 'least: its loader X is not in the root' \
	'a root without its loader'

# hardening
cc -o none -no-pie -fno-stack-protector -U_FORTIFY_SOURCE -Wl,-z,norelro,-z,execstack -w -Wl,-rpath,/tmp/lib:lib:/opt/lib least.c
is "$(says none '.hardening | [.pie, .relro, .nx, .canary, .fortify, .loose_paths]')" \
	'[false,"none",false,false,false,["/tmp/lib","lib"]]' 'a program without any hardening'
cat >full.c <<'END'
#include <stdio.h>
#include <string.h>
int main(int n, char **v) { char b[64]; strcpy(b, v[n - 1]); return printf(b) > n; }
END
cc -o full -O2 -w -fPIE -pie -fstack-protector-all -D_FORTIFY_SOURCE=2 -Wl,-z,relro,-z,now,-z,noexecstack full.c
is "$(says full '.hardening | [.pie, .relro, .nx, .canary, .fortify, .loose_paths]')" '[true,"full",true,true,true,[]]' \
	'a program with all of it'
cc -o partial -w -Wl,-z,relro,-z,lazy least.c
is "$(says partial .hardening.relro)" '"partial"' 'RELRO without binding at once is partial'
cc -o static -static -fstack-protector-all -w least.c
is "$(says static '[.linkage, .libc, .hardening.canary]')" '["static","glibc",true]' 'a static program of glibc'
# Modules of the name service: before 2.34 a static glibc has none inside.
nss_of() { says "$1" '[.needs[] | select(.what == "nss") | .level]'; }
is "$(nss_of static)" '[]' '... that asks for no name needs none of its modules'
for text in 'libnss_files.so.2 /etc/nsswitch.conf' 'libnss_%s /etc/nsswitch.conf nss_files/files-hosts.c' 'libnss_'; do
	cc -w -static -o nss -DTEXT="\"$text\"" text.c
	nss_of nss
done >nss.out
is "$(xargs <nss.out)" '[likely] [hint] []' '... likely where all are opened at run time, a hint where those for files and DNS are inside'
if getconf GNU_LIBC_VERSION | sed 's/.* //; 1i 2.34' | sort -C -V; then
	printf '#include <netdb.h>\nint main(void) { struct addrinfo *r; return getaddrinfo("localhost", "80", 0, &r); }\n' >ask.c
	cc -w -static -o ask ask.c && strip -o ask.strip ask
	is "$(nss_of ask) $(nss_of ask.strip)" '["hint"] ["hint"]' '... as they are in a program that asks for an address'
else
	skip 'a program that asks for an address' 'this glibc is older than 2.34'
fi
echo 'void _start(void) { for (;;); }' | cc -o rwx -nostdlib -static -Wl,-N,--no-warn-rwx-segments -x c -
is "$(says rwx .hardening.rwx)" true 'memory that is written and executed'

# what strip would save, computed
cc -g -o debug full.c -w && cp debug stripped && strip stripped
saved=$(($(stat -c %s debug) - $(stat -c %s stripped)))
told=$(says debug '.strip | .debug_bytes + .symbol_bytes')
is "$((saved - told < 4096 && told - saved < 4096))" 1 'what strip saves is told to within a page'
is "$(says stripped .strip)" '{"debug_bytes":0,"symbol_bytes":0}' '... and it saves nothing twice'

# secrets: what is really there, and never the whole of it
openssl genpkey -algorithm ed25519 -out key.pem 2>/dev/null
openssl genrsa -out rsa.pem 2048 2>/dev/null
with_text key "$(awk '{ printf "%s\\n", $0 }' rsa.pem)"
is "$(says key '[.secrets[] | [.kind, .shown]]')" '[["private-key","-----BEGIN PRIVATE KEY-----"]]' 'a private key'
with_text key2 "$(awk '{ printf "%s\\n", $0 }' key.pem)"
is "$(says key2 '.secrets | length')" 1 '... a short one'
with_text tokens "ghp_0123456789abcdefABCDEF0123456789abcd AKIAQ3EGRZ5NT7YVWKPD xoxb-123456789012-123456789012-AbCdEfGhIjKl"
is "$(says tokens '[.secrets[].what]')" '["GitHub token","AWS access key","Slack token"]' 'tokens'
t '... are not repeated' sh -c '! "$MKSCRATCH" doctor tokens | grep -q 0123456789'
with_text forms "-----BEGIN RSA PRIVATE KEY----- -----BEGIN EC PRIVATE KEY-----\\\\n%s ghp_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx AKIAIOSFODNN7EXAMPLE xoxb-%s AKIA"
is "$(says forms .secrets)" '[]' 'their forms alone are none'
with_text path "/home/alice/src/app/main.c"
is "$(says path '[.secrets[] | [.kind, .shown]]')" '[["build-path","/home/alice/src/app/main.c"]]' 'a build path below a home'
with_text config "/home/%s/.config/app.conf /root /home/nonroot/"
is "$(says config .secrets)" '[]' 'other paths below /home are none'

# what is appended
cp least bundle && printf 'anything\n---- Bun! ----\n' >>bundle
is "$(says bundle '[.payload.kind, .payload.bytes, .language]')" '["Bun",24,"javascript"]' 'an appended payload is told and named'
cp least plain && echo tail >>plain
is "$(says plain .payload)" '{"bytes":5,"kind":null}' '... and one of no known kind too'
cp least room && truncate -s +20000 room
is "$(says room .payload)" null '... zeros are none: some linkers leave room'
echo x >>room
is "$(says room .payload.bytes)" 20002 '... but what follows them is'

# what is cut off: a copy that ended early, behind all that a process needs
size=$(stat -c %s least) && head -c $((size - 1)) least >short && chmod +x short
t 'a program whose last byte is missing runs' ./short
like "$(mk doctor short)" "^  truncated\\?    section headers end at $size, the file has $((size - 1)) bytes$" '... and doctor tells that it was cut'
is "$(says short .sections_end) $(says least .sections_end)" "$size null" '... in JSON too'
run mk --bin short -o cut.tar
is "$(cat "$err")" "warning: short: section headers end at $size, the file has $((size - 1)) bytes: truncated?" '... and build warns of it'
is "$(mk -q --bin short -o cut.tar 2>&1; mk --bin least -o cut.tar 2>&1 >/dev/null)" '' '... which -q silences, and of a whole one nothing is said'
cp least bare && printf '\0\0\0\0\0\0\0\0' | dd of=bare bs=1 seek=40 conv=notrunc status=none &&
	printf '\0\0\0\0' | dd of=bare bs=1 seek=60 conv=notrunc status=none && truncate -s -1 bare
is "$(says bare .sections_end)" null 'one that has no section headers is not judged'
echo archive >archive && objcopy --add-section pydata=archive least pyinstaller
is "$(says pyinstaller .payload.kind)" '"PyInstaller"' '... and one that PyInstaller put into a section'
cat >nim.c <<'END'
#include <stdio.h>
void NimMain(void) { puts("@/etc/ssl/certs/ca-certificates.crt"); }
int main(void) { NimMain(); return 0; }
END
cc -o nim nim.c
is "$(says nim '[.language, (.needs[] | select(.what == "certificates") | .level)]')" '["nim","likely"]' 'the texts of Nim tell certificates'
is "$(says least .payload)" null '... and none is none'
like "$(mk doctor bundle)" 'never strip or rewrite this file' '... with the advice'

# languages by sign
for pair in .svm_heap:java __managedcode:.net swift5_types:swift; do
	cp least sign && echo x >x && objcopy --add-section "${pair%:*}=x" sign
	is "$(says sign .language)" "\"${pair#*:}\"" "a section ${pair%:*} tells ${pair#*:}"
done
is "$(says least '[.language, (.language_version | startswith("GCC "))]')" '["c",true]' 'C, and its compiler'
cc -o nim -w -x c - <<'END'
void NimMain(void) {}
int main(void) { NimMain(); return 0; }
END
is "$(says nim .language)" '"nim"' 'NimMain tells nim'

# SARIF
mk doctor --sarif tokens none uses >sarif
is "$(jq -c '[.version, (.runs | length), .runs[0].tool.driver.name]' sarif)" '["2.1.0",1,"mkscratch"]' 'SARIF 2.1.0: one run'
is "$(jq -c '[.runs[0] | .tool.driver.rules as $r | .results[] | $r[.ruleIndex].id == .ruleId] | unique' sarif)" '[true]' \
	'... each result points at its rule'
is "$(jq -c '[.runs[0].results[] | select(.level == "error") | .ruleId] | unique' sarif)" '["secret/token"]' '... secrets are errors'
is "$(jq -c '[.runs[0].results[] | .locations[0].physicalLocation.artifactLocation.uri] | unique' sarif)" \
	'["none","tokens","uses"]' '... each names its file'
cp tokens 'a b%'
is "$(mk doctor --sarif 'a b%' | jq -r '.runs[0].results[0].locations[0].physicalLocation.artifactLocation.uri')" 'a%20b%25' \
	'... as a URI'

# A large file is read in pieces.
cp least large && truncate -s 300M large
t 'a file of 300 MB' mk doctor large
if command -v /usr/bin/time >/dev/null; then
	/usr/bin/time -f %M -o rss "$MKSCRATCH" doctor large >/dev/null
	t '... takes less than 64 MB of memory' test "$(cat rss)" -lt 65536
else
	t '... in 64 MB of memory' sh -c 'ulimit -v 262144 && "$MKSCRATCH" doctor large'
fi
echo text >no-program
run mk doctor --json no-program "$(type -P true)" missing
is "$status $(wc -l <"$out") $(grep -c '^mkscratch: ' "$err")" '3 3 2' 'a file that is wrong does not stop the others'
is "$(jq -c 'if .error then [.file, .error, .exit] else has("needs") end' "$out")" '["no-program","no-program: not an ELF file (starts with \"text\")",3]
true
["missing","missing: no such file",3]' '... and has its line'
run mk doctor --json no-program
is "$status $(wc -c <"$out")" '3 0' '... unless it is the only one'
done_testing
