#!/usr/bin/env bash
# What distributions never ship but loaders have rules for, held against the real ld.so: filters, tokens, and files that
# are no fitting library where one is looked for first.
. "$(dirname "$0")/../lib.sh"
require cc patchelf objcopy python3
need_glibc
R=-Wl,--disable-new-dtags N=-Wl,--enable-new-dtags

lib() { # NAME [FLAGS]: l/NAME.so
	local name=$1
	shift
	printf 'int f_%s(void) { return 1; }\n' "$name" |
		cc -shared -fPIC -x c -o "l/$name.so" - -x none -Wl,-soname,"$name.so" -Wl,--no-as-needed \
			-Wl,--allow-shlib-undefined "$@"
}
prog() { # NAME FLAGS
	local name=$1
	shift
	printf 'int main(void) { return 0; }\n' |
		cc -x c -o "$name" - -x none -Wl,--no-as-needed -Wl,--allow-shlib-undefined "$@"
}
trace() {
	LD_TRACE_LOADED_OBJECTS=1 "$loader" "$T/$1" 2>/dev/null |
		sed -n 's/.*=> \(\/.*\) (0x[0-9a-f]*)$/\1/p; s/^\t\(\/[^ ]*\) (0x[0-9a-f]*)$/\1/p'
}
same() { # NAME PROGRAM: the loader and we list the same
	is "$(mk deps --list "$T/$2" 2>"$err")" "$(trace "$2")" "$1"
}
both_stop() { # NAME PROGRAM STATUS: the loader ends without a list, and we with this status
	is "$(trace "$2")" '' "$1: ld.so stops"
	run mk deps --list "$T/$2"
	is "$status" "$3" "$1: so do we"
}

mkdir l
lib g && lib f l/g.so && lib f2 && lib n && lib b
lib a -Wl,-f,f.so -Wl,-f,f2.so l/n.so
prog p1 $R l/a.so l/b.so -Wl,-rpath,"$T/l"
same auxiliaries_stand_before_their_requester p1
prog p2 $R l/a.so l/b.so l/f.so l/f2.so -Wl,-rpath,"$T/l"
same an_auxiliary_known_further_down_moves_up p2
prog p3 $R l/f.so l/a.so l/b.so -Wl,-rpath,"$T/l"
same an_auxiliary_known_further_up_stays p3
lib filter -Wl,-F,f.so l/n.so
prog p4 $R l/filter.so l/f2.so l/a.so -Wl,-rpath,"$T/l"
same filters_and_auxiliaries_mix p4
lib lone -Wl,-f,none.so l/n.so
prog p5 $R l/lone.so -Wl,-rpath,"$T/l"
same a_missing_auxiliary_is_passed_over p5
lib inner -Wl,-f,f.so && lib outer -Wl,-f,inner.so l/n.so
prog p6 $R l/outer.so l/f.so l/b.so l/inner.so -Wl,-rpath,"$T/l"
same an_auxiliary_may_have_one_of_its_own p6
lib alone -Wl,-z,nodefaultlib
libc=$(mk deps --list probe | grep -m1 '/libc\.so')
prog p7 $N -Wl,-z,nodefaultlib l/alone.so -Wl,-rpath,"$T/l:$(dirname "$libc")"
same nodefaultlib_leaves_the_cache_aside p7

# shellcheck disable=SC2016
{
	mkdir -p 'y/$ORIGINX' 'y/$FOO'
	cp l/b.so 'y/$ORIGINX/' && cp l/b.so 'y/$FOO/'
	prog p8 $N l/b.so -Wl,-rpath,"$T"'/y/$ORIGINX'
	same a_longer_name_is_no_token p8
	prog p9 $N l/b.so -Wl,-rpath,"$T"'/y/${FOO}:'"$T"'/y/$FOO//'
	same an_unknown_token_stays_as_it_is p9
	prog p10 $N l/b.so -Wl,-rpath,'${ORIGIN}/./l//'
	same origin_in_braces_and_slashes_at_the_end p10
	lib_dir=$("$loader" --list-diagnostics 2>/dev/null | sed -n 's/^dl_dst_lib="\(.*\)"$/\1/p')
	if [ -n "$lib_dir" ]; then
		mkdir -p "z/$lib_dir" && cp l/b.so "z/$lib_dir/"
		prog p11 $N l/b.so -Wl,-rpath,"$T"'/z/$LIB'
		same lib_is_that_of_the_loader p11
	else
		skip lib_is_that_of_the_loader 'cannot: this ld.so does not tell its $LIB'
	fi
}

# t/ is searched before l/.
prog q $N l/b.so -Wl,-rpath,"$T/t:$T/l"
mkdir t
ln -s nowhere t/b.so
same a_dangling_link_is_passed_over q
rm t/b.so
patch() { # OFFSET VALUE: l/b.so with one byte changed, as t/b.so
	python3 -c 'import sys
d = bytearray(open("l/b.so", "rb").read()); d[int(sys.argv[1])] = int(sys.argv[2]); open("t/b.so", "wb").write(d)' "$@"
}
patch 18 183
same another_machine_is_passed_over q
patch 4 1
same another_class_is_passed_over q
patch 7 3
same the_gnu_osabi_is_taken q
patch 7 9
both_stop another_osabi q 4
patch 5 2
both_stop another_byte_order q 3
echo 'INPUT(x)' >t/b.so
both_stop a_linker_script q 3
: >t/b.so
both_stop an_empty_file q 3
objcopy --only-keep-debug l/b.so t/b.so
both_stop separate_debug_information q 3
cp p1 t/b.so
both_stop a_program_for_a_library q 3
rm t/b.so && mkdir t/b.so
both_stop a_directory q 3
done_testing
