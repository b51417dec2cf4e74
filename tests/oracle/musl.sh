#!/usr/bin/env bash
# musl's rules against musl itself. Its --list prints the loader first, whoever asked for it; the rest is compared in order.
. "$(dirname "$0")/../lib.sh"
require musl-gcc patchelf
loader=$(printf 'int main(void){return 0;}' | musl-gcc -x c -o probe - && patchelf --print-interpreter probe)
[ -x "$loader" ] || skip_all "cannot: $loader is not here"

lib() { # PATH SONAME [FLAGS]
	local path=$1 soname=$2
	shift 2
	mkdir -p "$(dirname "$path")"
	printf 'int f_%s(void) { return 1; }\n' "$(basename "$path" .so)" |
		musl-gcc -shared -fPIC -x c -o "$path" - -x none -Wl,-soname,"$soname" -Wl,--no-as-needed "$@"
}
prog() { # PATH FLAGS
	local path=$1
	shift
	printf 'int main(void) { return 0; }\n' |
		musl-gcc -x c -o "$path" - -x none -Wl,--no-as-needed -Wl,--allow-shlib-undefined "$@"
}
same() { # NAME PROGRAM [LIBRARY-PATH]
	LD_LIBRARY_PATH=${3-} "$loader" --list "$T/$2" 2>/dev/null |
		sed -n 's/.* => \(\/.*\) (0x[0-9a-f]*)$/\1/p' | grep -vxF -- "$loader" >want
	mk deps ${3+--library-path "$3"} --list "$T/$2" 2>"$err" | grep -vxF -- "$loader" >got
	is "$(cat got)" "$(cat want)" "$1"
}
N=-Wl,--enable-new-dtags R=-Wl,--disable-new-dtags

lib b/libb.so libb.so && lib a/liba.so liba.so b/libb.so
# shellcheck disable=SC2016
prog p1 $N a/liba.so -Wl,-rpath,'$ORIGIN/a:$ORIGIN/b'
same runpath_is_inherited p1
prog p2 $R a/liba.so -Wl,-rpath,"$T/a:$T/b"
same rpath_is_inherited p2
lib other/liba.so liba.so
same extra_directories_come_before_rpath p2 "$T/other"
lib c/libc1.so libname.so && cp c/libc1.so c/libname.so
prog p3 $N c/libc1.so -Wl,-rpath,"$T/c" && patchelf --add-needed libc1.so p3
same sonames_are_not_consulted p3
ln a/liba.so a/libalias.so
prog p4 $N a/liba.so -Wl,-rpath,"$T/a:$T/b" && patchelf --add-needed libalias.so p4
same one_file_under_two_names_is_one_object p4
# shellcheck disable=SC2016
prog p5 $N a/liba.so -Wl,-rpath,"$T/a:$T/b:"'$LIB'
same a_token_it_does_not_know_voids_the_path p5
prog p6 $N b/libb.so -Wl,-rpath,"$T/b" && patchelf --add-needed libm.so.6 --add-needed libpthread.so.0 p6
same its_own_names_lead_to_itself p6
done_testing
