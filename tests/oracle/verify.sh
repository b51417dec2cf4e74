#!/usr/bin/env bash
# What verification says of a closure, held against ld.so and musl's loader: undefined symbols and missing versions of
# this machine's programs and libraries, and of programs made to lack something. A program that we call broken does not
# start, and one that we pass does.
. "$(dirname "$0")/../lib.sh"
require cc patchelf python3 realpath
need_glibc

beside() { # FILE...: differences, then `compared complaints differences`
	python3 "$TOP/tests/oracle/verify.py" "$MKSCRATCH" "$loader" "$@"
}
verdicts() { # FILE...: `0 differences` behind the two counts
	beside "$@" | tee "$T/.differences" | grep '^#' | head -n 20
	tail -n 1 "$T/.differences"
}

# A third of the machine; EVERY=1 takes all of it.
find /usr/bin /usr/sbin /usr/lib -xdev -type f \( -perm -100 -o -name '*.so*' \) -size -40M 2>/dev/null | sort |
	awk -v every="${EVERY:-8}" 'NR % every == 0' | while read -r f; do
		[ "$(head -c 4 "$f" 2>/dev/null | tail -c 3 | tr -d '\0')" = ELF ] && echo "$f"
	done >candidates
while read -r f; do
	mk deps --list "$f" 2>/dev/null | grep -qxF -- "$loader" && echo "$f"
done <candidates >sweep
mapfile -t files <sweep
counts=$(verdicts "${files[@]}")
printf '%s\n' "$counts" | grep '^#'
like "$(printf '%s\n' "$counts" | tail -n 1)" '^[1-9][0-9]+ [0-9]+ 0$' 'the same complaints as ld.so about files of this machine'

# --- programs made to lack something ---
lib() { # NAME SOURCE [FLAGS]: NAME.so
	local name=$1 source=$2
	shift 2
	printf '%s\n' "$source" | cc -shared -fPIC -x c -o "$name.so" - -x none -Wl,-soname,"$name.so" -Wl,--no-as-needed "$@"
}
prog() { # NAME SOURCE FLAGS...
	local name=$1 source=$2
	shift 2
	printf '%s\n' "$source" | cc -x c -o "$name" - -x none -Wl,--no-as-needed "$@" -Wl,-rpath,"$T" -Wl,--allow-shlib-undefined
}
map() { # FILE TEXT
	printf '%s\n' "$2" >"$1"
}
# NAME PROGRAM STATUS COMPLAINTS: ld.so and we say the same, so many things; and what we end with is what starting it comes to.
same() {
	local got
	got=$(beside "$T/$2")
	is "$(printf '%s\n' "$got" | tail -n 1)" "1 $4 0" "$1"
	printf '%s\n' "$got" | grep '^# .*: only'
	run mk deps "$T/$2"
	is "$status" "$3" "$1: deps ends with $3"
	run "$loader" "$T/$2"
	is "$([ "$status" = 0 ] && echo 0 || echo 4)" "$3" "$1: and so does the program"
}
rename_version() { # OLD NEW: a file in which a version has another name; NEW is not longer
	python3 -c '
import sys
def elf_hash(name):
    v = 0
    for c in name.encode():
        v = (v << 4) + c
        v = (v ^ (v >> 24 & 0xf0)) & 0xfffffff
    return v.to_bytes(4, sys.byteorder)
old, new = sys.argv[1:]
d = sys.stdin.buffer.read().replace(elf_hash(old), elf_hash(new))
sys.stdout.buffer.write(d.replace(old.encode() + b"\0", new.encode().ljust(len(old) + 1, b"\0")))' "$@"
}
says() { # REGEX NAME: of the last program
	like "$(mk deps -v "$T/$program" 2>&1)" "$1" "$2"
}

map v12 'V1 { one; }; V2 { two; three; } V1;'
map v1 'V1 { one; two; three; };'
three='int one(void) { return 1; } int two = 2; int three(void) { return 3; }'
use='int one(void); extern int two; int three(void); int (*p)(void) = three; int main(void) { return one() + two + p() - 6; }'
lib a "$three" -Wl,--version-script=v12 && prog p "$use" a.so && program=p
same all_is_there p 0 0
lib a "$three" -Wl,--version-script=v1
same a_version_is_missing p 4 3
says "^mkscratch: .*/p: needs version V2 of a\.so, which $T/a\.so does not have\$" '... in these words'
says '^hint: give the library it was linked against by --library-path DIR or --root DIR$' '... with a hint'
lib a "$three"
same a_library_without_versions_will_do p 0 1
says "^  warning: .*/p: asks for version V1 of a\.so, but $T/a\.so has no versions\$" '... with a warning'
lib a "$three" -nostdlib
same but_one_without_any_table_will_not p 4 1
says "^mkscratch: .*/p: takes symbols with versions from $T/a\.so, which has no versions at all: glibc stops there\$" '... in these words'
says '^hint: give the library it was linked against by --library-path DIR or --root DIR$' '... with a hint'
map v3 'V1 { one; }; V2 { four; } V1; V3 { two; three; } V2;'
lib a "$three int four;" -Wl,--version-script=v3
same a_symbol_of_another_version_is_none p 4 2
says '^mkscratch: .*/p: needs 2 symbols that nothing it is loaded with defines: (two@V2, three@V2|three@V2, two@V2)$' '... in these words'
says '^hint: its libraries are others than it was linked against: give those by --library-path DIR or --root DIR$' '... with a hint'

map v45 'V1 { one; }; V2 { four; } V1;'
lib b 'int two = 2; int three(void) { return 3; }' -Wl,--version-script=<(echo 'V2 { two; three; };')
lib a 'int one(void) { return 1; } int four;' -Wl,--version-script=v45 b.so -Wl,-rpath,"$T"
same a_version_may_be_defined_in_another_library p 0 0

lib a "$three" -Wl,--version-script=v1 && prog w 'int one(void) __attribute__((weak)); int main(void) { int (*volatile p)(void) = one; return p == main; }' a.so
# No linker here writes a weak need: V1 becomes one.
python3 - <<'END'
d = bytearray(open('w', 'rb').read())
at = d.index((ord('V') * 16 + ord('1')).to_bytes(4, 'little'))
d[at + 4] |= 2
open('w', 'wb').write(d)
END
map other 'OTHER { one; };'
lib a 'int one(void) { return 1; }' -Wl,--version-script=other
program=w
same a_weak_version_may_be_missing w 0 1
says "^  warning: .*/w: asks for version V1 of a\.so, which .*/a\.so does not have; it can do without\$" '... with a warning'

# References without versions, to a library that has them.
lib a "$three" && prog u "$use" a.so -Wl,-z,now && program=u
versions() { # TEXT OF .symver LINES, MAP
	map m "$2"
	printf '%s\n%s\n' 'int two = 2; int three(void) { return 3; } int old(void) { return 1; } int new(void) { return 1; }' \
		"__asm__(\"$1\");" | cc -shared -fPIC -x c -o a.so - -Wl,-soname,a.so -Wl,--version-script=m
}
versions '.symver old, one@V1\n.symver new, one@@V2' 'V1 { local: old; }; V2 { one; two; three; } V1;'
same an_unversioned_reference_takes_the_first_version u 0 0
versions '.symver old, one@V1' 'V1 { two; three; };'
same even_when_it_is_hidden u 0 0
versions '.symver old, one@V2' 'V1 { two; three; }; V2 { } V1;'
same but_no_later_one_that_is u 4 1
versions '.symver old, one@@V2' 'V1 { two; three; }; V2 { one; } V1;'
same and_one_that_is_not u 0 0
versions '.symver old, one@V2\n.symver new, one@@V3' 'V1 { two; three; }; V2 { local: old; } V1; V3 { one; } V2;'
same the_default_among_later_ones u 0 0

# When symbols are looked up.
lib a 'int one(void) { return 1; } int (*two)(void); int three(void) { return 0; }'
calls='int one(void), three(void); int main(int c, char **v) { (void)v; return c > 1 ? one() : three(); }'
prog lazy "$calls" a.so -Wl,-z,lazy && prog now "$calls" a.so -Wl,-z,now
prog noplt "$calls" a.so -Wl,-z,lazy -fno-plt
lib a 'int three(void) { return 0; }'
program=lazy && same a_call_waits_until_it_is_made lazy 0 1
says '^  warning: .*/lazy: calls one, which nothing it is loaded with defines$' '... with a warning'
program=now && same bound_now_it_cannot_wait now 4 1
says '^mkscratch: .*/now: needs one, which nothing it is loaded with defines$' '... in these words'
same a_call_through_the_got_is_data noplt 4 1
lib inner 'int gone(void); int three(void) { return 0; } int f(void) { return gone(); }' -Wl,-z,lazy
lib a '' inner.so -Wl,-rpath,"$T"
prog outer 'int three(void); int main(void) { return three(); }' a.so inner.so
same a_library_lacks_what_it_calls outer 0 1
lib inner 'extern int gone; int three(void) { return 0; } int *f(void) { return &gone; }'
same a_library_lacks_data outer 4 1
prog outer 'int gone; int three(void); int main(void) { return three(); }' a.so inner.so -rdynamic
same the_program_may_define_it outer 0 0

# Programs at fixed addresses.
lib a 'int one(void) { return 1; } int two = 2; int three(void) { return 0; }'
fixed='int one(void); extern int two; int three(void); int main(int c, char **v) { (void)v; return c > 1 ? two + one() : three(); }'
prog copy "$fixed" a.so -no-pie -fno-pie -Wl,-z,lazy
same copies_are_found copy 0 0
lib a 'int one(void) { return 1; } int three(void) { return 0; }'
same the_original_of_a_copy_is_missing copy 4 1
lib a 'int one(void) { return 1; } int three(void) { return 0; }'
lib inner 'int one(void); int (*const p)(void) = one; int three(void) { return 0; }'
prog stub 'int one(void); int three(void); int main(int c, char **v) { (void)v; int (*volatile p)(void) = one; return c > 1 ? p() + one() : three(); }' \
	-Wl,--no-as-needed a.so inner.so -no-pie -fno-pie -Wl,-z,lazy
lib a 'int three(void) { return 0; }'
same a_stub_answers_data_but_no_call stub 0 1

# Kinds of tables and symbols.
for style in sysv gnu both; do
	lib a "$three" -Wl,--hash-style=$style && prog h "$use" a.so -Wl,--hash-style=$style
	same "hash_tables_of_style_$style" h 0 0
	lib a 'int one(void) { return 1; }' -Wl,--hash-style=$style
	same "hash_tables_of_style_$style, and something is missing" h 4 2
done
lib a 'static int f(void) { return 1; } static void *r(void) { return f; } int one(void) __attribute__((ifunc("r")));
__thread int two = 2; int three __attribute__((weak)) = 3;'
prog kinds 'int one(void); extern __thread int two; extern int three; int main(void) { return one() + two + three - 6; }' a.so
same functions_by_choice_thread_data_and_weak_definitions kinds 0 0
lib a 'int one(void) { return 1; } int three;'
same thread_data_is_missing kinds 4 1

# Relative relocations in compressed form.
prog relr 'int x, *q = &x; int main(void) { return 0; }' -Wl,-z,pack-relative-relocs 2>"$err"
if readelf -VW relr 2>/dev/null | grep -q GLIBC_ABI_DT_RELR; then
	same compressed_relocations_with_their_version relr 0 0
	rename_version GLIBC_ABI_DT_RELR GLIBC_2.34 <relr >bare && chmod +x bare && program=bare
	same compressed_relocations_without_it bare 4 1
	says '^mkscratch: .*/bare: has DT_RELR, but does not need version GLIBC_ABI_DT_RELR, without which glibc refuses it$' '... in these words'
	says '^hint: link it by -z pack-relative-relocs, which knows of both$' '... with a hint'
else
	skip compressed_relocations 'cannot: this linker packs no relocations'
fi

# A version need that names a library which is not loaded. ld.so finds that beyond words.
lib a "$three" -Wl,--version-script=v1 && prog bereft "$use" a.so && patchelf --remove-needed a.so bereft
program=bereft
run mk deps bereft
is "$status" 4 a_version_is_asked_of_a_library_that_is_not_loaded
says '^mkscratch: .*/bereft: needs version V1 of a\.so, which it does not load$' '... in these words'
says '^hint: its DT_NEEDED and its version needs name other files; link it again$' '... with a hint'
run "$loader" "$T/bereft"
like "$(cat "$err")" 'Assertion' '... where ld.so stumbles'

# What glibc of another age would need.
newer=GLIBC_2.99
prog aged 'int main(void) { return 0; }'
newest=$(readelf -VW aged | sed -n 's/.*Name: \(GLIBC_2\.[0-9][0-9]\) .*/\1/p' | sort -V | tail -n 1)
rename_version "$newest" $newer <aged >aged2 && mv aged2 aged
chmod +x aged && program=aged
same a_newer_libc_is_needed aged 4 2
says "^mkscratch: .*/aged: needs version $newer of libc\.so\.6, which /.*/libc\.so\.6 does not have\$" '... in these words'
says '^hint: that one has up to GLIBC_2\.[0-9]+: build on a system as old, or give a newer one by --root DIR$' '... with a hint'
says "^.*/aged: linux/[^ ]+ dynamic, glibc 2\.99, Linux [0-9.]+\$" 'the head line says what is needed'
must_fail 4 "aged: needs version $newer of libc.so.6, which $(mk deps --list probe | grep -m1 '/libc\.so') does not have" \
	-- --bin aged -o img.tar
lib a 'int one(void) { return 1; }' -Wl,--version-script=other
run mk --bin w -o w.tar
is "$status" 0 'a warning stops no image'
is "$(cat "$err")" "warning: w: asks for version V1 of a.so, which $T/a.so does not have; it can do without" '... and is on stderr'

# --- musl: by name alone, and all at once ---
if command -v musl-gcc >/dev/null; then
	mkdir musl && cd musl || exit 1
	musl() { # NAME SOURCE FLAGS...
		local name=$1 source=$2
		shift 2
		printf '%s\n' "$source" | musl-gcc -x c -o "$name" - -x none "$@"
	}
	musl liba.so "$three" -shared -fPIC && musl p "$use" -L. -la "-Wl,-rpath,$PWD" -Wl,-z,lazy
	musl_loader=$(patchelf --print-interpreter p)
	musl_same() { # NAME PROGRAM STATUS
		mk deps --json "$2" 2>/dev/null | python3 -c '
import json, sys
print("\n".join(sorted({s.split("@")[0] for f in json.load(sys.stdin)["findings"] if f["kind"] == "symbol" for s in f["symbols"]})))' >ours
		"$musl_loader" --list "./$2" 2>&1 | sed -n 's/^Error relocating .*: \(.*\): symbol not found$/\1/p' | sort -u >theirs
		is "$(grep . ours)" "$(grep . theirs)" "musl: $1"
		run mk deps "$2"
		is "$status" "$3" "musl: $1: deps ends with $3"
		run "$musl_loader" "./$2"
		is "$([ "$status" = 0 ] && echo 0 || echo 4)" "$3" "musl: $1: and so does the program"
	}
	musl_same all_is_there p 0
	musl liba.so 'int two = 2; int three(void) { return 3; }' -shared -fPIC
	musl_same a_call_does_not_wait p 4
	musl liba.so "$three" -shared -fPIC -Wl,--version-script=../v12
	musl_same versions_count_for_nothing p 0
	printf '%s\n' "$three __asm__(\".symver one, one@V1\");" | musl-gcc -shared -fPIC -x c -o liba.so - -Wl,--version-script=<(echo 'V1 { two; three; };')
	musl_same except_that_old_ones_are_not_found p 4
	cd ..
	# Two C libraries.
	lib a 'int one(void); int three(void) { return 3; }' && patchelf --add-needed libc.musl-x86_64.so.1 a.so
	prog g 'int three(void); int main(void) { return three(); }' a.so
	must_fail 4 "$T/a.so: is built for musl (it needs libc.musl-x86_64.so.1), but g runs with glibc" \
		'a process has one C library: give libraries built for glibc by --library-path DIR or --root DIR' -- --bin g -o img.tar
	run mk deps g
	is "$status" 4 'musl in a glibc program'
	cp a.so musl/liba.so && patchelf --remove-needed libc.musl-x86_64.so.1 musl/liba.so
	patchelf --print-needed musl/liba.so | grep -qx libc.so.6 || patchelf --add-needed libc.so.6 musl/liba.so
	cd musl || exit 1
	must_fail 4 "$T/musl/liba.so: is built for glibc (it needs libc.so.6), but p runs with musl" \
		'a process has one C library: give libraries built for musl by --library-path DIR or --root DIR' -- --bin p -o img.tar
	cd ..
	prog mixed 'int main(void) { return 0; }' && patchelf --set-interpreter "$musl_loader" mixed
	must_fail 4 "mixed: is built for glibc (it needs libc.so.6), but its loader $musl_loader is that of musl" \
		'a process has one C library: give libraries built for musl by --library-path DIR or --root DIR' -- --bin mixed -o img.tar
else
	skip 'musl' 'musl-gcc is not installed'
fi

# --- what a deployment should know ---
lib a 'int three(void) { return 0; }' && prog k 'int three(void); int main(void) { return three(); }' a.so && program=k
lib a 'int three(void) { return 0; }' -z execstack
says "^  warning: $T/a\.so: asks for an executable stack\$" 'a library with an executable stack'
lib a '__asm__(".text\n.quad three"); int three(void) { return 0; }' -Wl,-z,notext 2>"$err"
says "^  warning: $T/a\.so: has relocations in its code, which has to be writable for them\$" 'relocations in code'
lib a '__asm__(".section mixed,\"awx\"\n.byte 0\n.text"); int three(void) { return 0; }' 2>"$err"
says "^  warning: $T/a\.so: has a segment that is writable and executable\$" 'a segment for everything'
note='__asm__(".section .note.ABI-tag,\"a\"\n.balign 4\n.long 4,16,1\n.asciz \"GNU\"\n.long 0,99,1,2\n.text");'
lib a "$note int three(void) { return 0; }"
says "^  warning: $T/a\.so: asks for Linux 99\.1\.2 or newer\$" 'a library for a later kernel'
says '^.*/k: linux/[^ ]+ dynamic, glibc 2\.[0-9]+, Linux 99\.1\.2$' '... which is then what all of it needs'
if [ "$(uname -m)" = x86_64 ]; then
	lib a 'int three(void) { return 0; }' -Wl,-z,x86-64-v3
	says "^  info: $T/a\.so: needs a CPU of level x86-64-v3\$" 'a library for better CPUs'
	like "$(mk --bin k -o v3.tar)" ' linux/amd64/v3 ' '... makes an image for them'
	prog k2 'int three(void); int main(void) { return three(); }' a.so -Wl,-z,x86-64-v2
	like "$(mk --bin probe --bin k2 --bin k -o v3.tar)" ' linux/amd64/v3 ' '... whichever program loads it'
	prog k3 'int main(void) { return 0; }' -Wl,-z,x86-64-v2
	like "$(mk --bin probe --bin k3 -o v2.tar)" ' linux/amd64/v2 ' 'and so does a program'
fi
is "$(mk deps --json k | python3 -c 'import json, sys; n = json.load(sys.stdin)["needs"]; print(sorted(n), n["kernel"] != None)')" \
	"['cpu', 'glibc', 'kernel'] True" 'all of that is in --json'

# Plug-ins: what they lack, whoever loads them may have.
lib plug 'int host(void); int (*p)(void) = host;' && prog app 'int main(void) { return 0; }' && program=app
is "$(beside "$T/plug.so" | tail -n 1)" '1 1 0' 'a plug-in lacks what ld.so says'
run mk deps plug.so
is "$status" 0 '... and is none the worse for it'
run mk --bin app --lib "$T/plug.so" -o img.tar
is "$status" 0 '... nor is an image with it'
done_testing
