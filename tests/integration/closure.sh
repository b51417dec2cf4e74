#!/usr/bin/env bash
# The closure by the rules of the loader. Each fixture is small, named by its rule, and held against the real ld.so
# in the same place: the same objects, found in the same directories, in the same order.
. "$(dirname "$0")/../lib.sh"
require cc patchelf
need_glibc

lib() { # PATH SONAME [FLAGS]: a library
	local path=$1 soname=$2
	shift 2
	mkdir -p "$(dirname "$path")"
	printf 'int f_%s(void) { return 1; }\n' "$(basename "$path" | tr -c 'a-z0-9\n' _)" |
		cc -shared -fPIC -x c -o "$path" - -x none -Wl,-soname,"$soname" -Wl,--no-as-needed "$@"
}
prog() { # PATH FLAGS: a program
	local path=$1
	shift
	mkdir -p "$(dirname "$path")"
	printf 'int main(void) { return 0; }\n' | cc -x c -o "$path" - -x none -Wl,--no-as-needed -Wl,--allow-shlib-undefined "$@"
}
R=-Wl,--disable-new-dtags N=-Wl,--enable-new-dtags

same() { # NAME PROGRAM [LIBRARY-PATH]: as the loader says
	LD_LIBRARY_PATH=${3-} LD_TRACE_LOADED_OBJECTS=1 "$loader" "$T/$2" 2>/dev/null |
		sed -n 's/.*=> \(\/.*\) (0x[0-9a-f]*)$/\1/p; s/^\t\(\/[^ ]*\) (0x[0-9a-f]*)$/\1/p' >want
	mk deps ${3+--library-path "$3"} --list "$T/$2" >got 2>"$err"
	is "$(cat got)" "$(cat want)" "$1"
}

lib a/libx.so libx.so && lib b/libx.so libx.so
prog p1 $N a/libx.so -Wl,-rpath,"$T/b:$T/a"
same runpath_is_searched_in_its_order p1
prog p2 $R a/libx.so -Wl,-rpath,"$T/a"
same rpath_beats_library_path p2 "$T/b"
prog p3 $N a/libx.so -Wl,-rpath,"$T/a"
same library_path_beats_runpath p3 "$T/b"

lib mid/libmid.so libmid.so a/libx.so
prog p4 $R mid/libmid.so -Wl,-rpath,"$T/mid:$T/a"
same rpath_of_the_requester_is_inherited p4
prog p5 $N mid/libmid.so -Wl,-rpath,"$T/mid:$T/a" -Wl,-rpath-link,"$T/a"
LD_TRACE_LOADED_OBJECTS=1 "$loader" ./p5 | grep -q 'libx.so => not found' || echo '# ld.so finds libx.so elsewhere'
run mk deps --list "$T/p5"
is "$status" 4 runpath_is_not_inherited
lib own/libown.so libown.so $N a/libx.so -Wl,-rpath,"$T/b"
prog p6 $R own/libown.so -Wl,-rpath,"$T/own:$T/a" -Wl,-rpath-link,"$T/a"
same runpath_of_an_object_hides_the_rpaths_above p6

mkdir -p o/bin o/lib && lib o/lib/liborigin.so liborigin.so
# shellcheck disable=SC2016
prog o/bin/app $N o/lib/liborigin.so -Wl,-rpath,'$ORIGIN/../lib'
same origin_is_the_directory_of_the_program o/bin/app
# shellcheck disable=SC2016
lib o/lib/libouter.so libouter.so $N o/lib/liborigin.so -Wl,-rpath,'$ORIGIN'
prog p7 $N o/lib/libouter.so -Wl,-rpath,"$T/o/lib"
same origin_of_a_library_is_its_own_directory p7
ln -s o/lib linked
prog p8 $N o/lib/libouter.so -Wl,-rpath,"$T/linked"
same origin_keeps_the_symlink_it_was_found_by p8

lib d/libreal.so.1.2 libreal.so.1 && ln -s libreal.so.1.2 d/libreal.so.1
prog p9 $N d/libreal.so.1.2 -Wl,-rpath,"$T/d"
same a_soname_is_found_through_its_link p9
lib e/libalias.so libalias.so && ln e/libalias.so e/libother.so
prog p10 $N e/libalias.so -Wl,-rpath,"$T/e" && patchelf --add-needed libother.so p10
same one_file_under_two_names_is_one_object p10
prog p11 "$T/a/libx.so" && patchelf --replace-needed libx.so "$T/b/libx.so" p11
same a_name_with_a_slash_is_opened_directly p11

lib deep/liba.so liba.so && lib deep/libb.so libb.so deep/liba.so && lib deep/libc1.so libc1.so deep/libb.so
prog p12 $R deep/libc1.so deep/liba.so -Wl,-rpath,"$T/deep"
same the_order_is_breadth_first p12
lib cyc/libq.so libq.so && lib cyc/libp.so libp.so cyc/libq.so && lib cyc/libq.so libq.so cyc/libp.so
prog p13 $R cyc/libp.so -Wl,-rpath,"$T/cyc"
same a_cycle_ends p13
mkdir -p empty/glibc-hwcaps && prog p14 $N a/libx.so -Wl,-rpath,"$T/none:$T/empty:$T/a"
same directories_that_are_not_there_are_passed_over p14
if command -v aarch64-linux-gnu-gcc >/dev/null; then
	mkdir -p foreign && echo | aarch64-linux-gnu-gcc -shared -x c -o foreign/libx.so - -nostdlib
	prog p15 $N a/libx.so -Wl,-rpath,"$T/foreign:$T/a"
	same a_library_for_another_machine_is_passed_over p15
fi

# The image starts: what was found lies where the loader of the image looks.
mkdir image && mk -q --bin o/bin/app:/srv/bin/app --compress none --layers single -o image/i.tar
layer=$(tar xOf image/i.tar manifest.json | sed 's/.*"Layers":\["\([^"]*\)".*/\1/')
mkdir root && tar xOf image/i.tar "$layer" | tar xf - -C root 2>/dev/null
like "$(mk --bin o/bin/app:/srv/bin/app --print rootfs | cut -f5)" '^/srv/lib/liborigin.so$' origin_is_kept_when_the_program_moves
# ld.so learns $ORIGIN from /proc.
if unshare --mount true 2>/dev/null; then
	mkdir -p root/proc
	t it_starts_at_the_new_place unshare --mount sh -c 'mount --bind /proc root/proc && chroot root /srv/bin/app'
else
	skip it_starts_at_the_new_place 'cannot: no mount namespace here'
fi
t the_image_verifies mk verify image/i.tar
prog plain
like "$(mk --bin plain --lib "$T/a/libx.so" --print rootfs | cut -f5)" "^$T/a/libx.so\$" lib_adds_what_is_loaded_at_run_time
run mk --bin plain --lib a/libx.so -n -w /srv
is "$status $(head -n 2 "$err")" "4 warning: --lib a/libx.so: a relative path; took it to be /srv/a/libx.so of the root
mkscratch: --lib a/libx.so: not found" ...by_a_path_of_the_root
mkdir dest && cp plain dest/plain && cd dest && mkdir plugins && cp ../a/libx.so plugins/libplug.so || exit 1
hint() { # LIB: the cure of --lib LIB, which is not found
	run mk --bin plain --lib "$1" -o x.tar
	[ "$status" = 4 ] && sed -n 's/^hint: looked in [^;]*; //p' "$err"
}
cure='--lib libplug.so --library-path "$PWD/plugins"' file=--file
is "$(hint plugins/libplug.so)" "$cure puts it where the loader looks" a_path_of_the_working_directory_has_a_cure
is "$(hint ./plugins/libplug.so)" "$cure puts it where the loader looks" ...however_it_is_written
is "$(hint ./libplug.so)" '--lib libplug.so --library-path "$PWD" puts it where the loader looks' ...beside_the_program_too
is "$(hint ./plugins/libplug.so:/usr/lib/libplug.so)" \
	"it takes no DEST; $cure, or $file ./plugins/libplug.so:/usr/lib/libplug.so:0755" ...and_so_has_a_dest
is "$(hint "$PWD/p/x.so:/x.so")" "it takes no DEST; --lib x.so --library-path $PWD/p, or $file $PWD/p/x.so:/x.so:0755" \
	...of_a_whole_path
is "$(hint /none.so)" 'a path is looked up below --root; --lib none.so looks for it by name' ...or_a_path_of_the_root
like "$(eval "mk --bin plain $cure --print rootfs" | cut -f5)" '^/(usr/)?lib.*/libplug\.so$' the_cure_puts_it_where_the_loader_looks

# Where a loader looks, or a plug-in of the system lies, nothing is said.
unsearched() { # what is said of --lib
	run mk --bin "$@" -n
	[ "$status" = 0 ] || echo "exit $status"
	grep -e --lib "$err"
}
is "$(unsearched plain --lib "$PWD/plugins/libplug.so" | sed "s,$PWD,HERE,g")" \
	"warning: --lib HERE/plugins/libplug.so: lies at that path in the image, where no loader looks; --lib libplug.so --library-path HERE/plugins puts it where they do" \
	no_loader_looks_in_a_workspace
is "$(unsearched plain --lib "$PWD/plugins/libplug.so" -e "LD_LIBRARY_PATH=/x:$PWD/plugins")" '' ...unless_the_environment_says_so
prog led -Wl,-rpath,"$PWD/plugins" && prog origin -Wl,-rpath,'$ORIGIN/plugins'
is "$(unsearched led --lib "$PWD/plugins/libplug.so")" '' ...or_the_program
is "$(unsearched "origin:$PWD/origin" --lib "$PWD/plugins/libplug.so")" '' ...from_where_it_lies_in_the_image
like "$(unsearched origin --lib "$PWD/plugins/libplug.so")" 'where no loader looks' ...which_is_elsewhere_here
mkdir -p root/lib/parts && cp plugins/libplug.so root/lib/parts && mk deps --list plain | while read -r object; do
	mkdir -p "root$(dirname "$object")" && cp "$object" "root$object"
done
is "$(unsearched plain --root root --lib /lib/parts/libplug.so)" '' ...nor_below_a_directory_of_its_own
cd ..
is "$(mk deps --json "$T/p4" | python3 -c 'import json, sys
d = json.load(sys.stdin); print(d["libc"], sorted({o["found_by"] for o in d["objects"]}), d["missing"])')" \
	"glibc ['interp', 'ld.so.cache', 'rpath'] []" json_tells_the_rule_that_found_each

# What nobody looks for is not told as missing.
lib aux/libaux.so libaux.so a/libx.so -Wl,-f,libnone.so && prog p9 $R aux/libaux.so -Wl,-rpath,"$T/aux:$T/a"
run mk deps "$T/p9"
is "$status $(grep -c '^    libnone\.so => left aside$' "$out")" '0 1' an_auxiliary_that_is_not_there_is_left_aside
if [ "$(uname -m)" = x86_64 ] && command -v patchelf >/dev/null; then
	patchelf --add-needed linux-vdso.so.1 p9
	run mk deps "$T/p9"
	is "$status $(grep -c '^  linux-vdso\.so\.1 => mapped by the kernel$' "$out")" '0 1' what_the_kernel_maps_is_not_looked_for
	t ...nor_missed_in_an_image mk --bin p9 -o p9.tar
else
	skip what_the_kernel_maps_is_not_looked_for 'cannot: no patchelf, or not x86-64'
	skip ...nor_missed_in_an_image 'cannot: no patchelf, or not x86-64'
fi
# The kernel tells a loader of capabilities as it does of set-id bits.
prog unnamed && patchelf --add-needed '' unnamed
mk -q --bin unnamed -o unnamed.tar
t an_empty_name_is_the_program_s_own mk verify unnamed.tar
if python3 -c 'import os
os.setxattr("plain", "security.capability", bytes.fromhex("0100000200040000000000000000000000000000"))' 2>/dev/null; then
	run mk deps --list --library-path "$T/a" plain
	is "$(cat "$err")" 'warning: plain: has file capabilities; for users who gain rights by that, its loader ignores LD_LIBRARY_PATH' \
		deps_tells_what_capabilities_do_to_a_loader
else
	skip deps_tells_what_capabilities_do_to_a_loader 'cannot: no right to set a capability'
fi

# More remarks than are kept: a program with thousands of versions that it can do without, and a library that has none.
n=4200
seq $n | sed 's/.*/V& { global: f&; };/' >versions && seq $n | sed 's/.*/int f&(void) { return 0; }/' >many.c
cc -shared -fPIC -o libmany.so many.c -Wl,-soname,libmany.so,--version-script=versions
{ seq $n | sed 's/.*/extern int f&(void) __attribute__((weak));/'; echo 'void *p[] = {'; seq $n | sed 's/.*/f&,/'; echo '}; int main(void) { return 0; }'; } |
	cc -x c -o manyneeds - -x none -Wl,--no-as-needed libmany.so -Wl,-rpath,"$T"
python3 - <<'P'
import subprocess
d = bytearray(open("manyneeds", "rb").read())
at = next(int(line.split()[4], 16) for line in subprocess.run(
    ["readelf", "-SW", "manyneeds"], capture_output=True, text=True).stdout.replace("[ ", "[").splitlines() if ".gnu.version_r" in line)
word = lambda p, n: int.from_bytes(d[p:p + n], "little")
while at:
    aux = at + word(at + 8, 4)
    for _ in range(word(at + 2, 2) if word(at + 2, 2) > 1000 else 0):
        d[aux + 4] |= 2                 # VER_FLG_WEAK
        aux += word(aux + 12, 4)
    at = at + word(at + 12, 4) if word(at + 12, 4) else 0
open("manyneeds", "wb").write(d)
P
echo 'V { global: *; };' >one && echo 'int g(void) { return 0; }' |
	cc -shared -fPIC -x c -o libmany.so - -Wl,-soname,libmany.so,--version-script=one
run mk --bin manyneeds -n
is "$status $(tail -n 1 "$err") $(grep -c 'it can do without' "$err")" '0 warning: manyneeds: and 104 remarks more 4096' \
	remarks_beyond_the_limit_are_counted
like "$(mk deps manyneeds | tail -n 1)" '^  and 104 more$' '... and by deps'
done_testing
