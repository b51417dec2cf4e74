#!/usr/bin/env bash
# Systems of other machines, resolved on this one, against their own loaders run by qemu; and programs for them that are
# packed here and run there. The roots are Debian's cross packages, where a loader finds what it looks for.
. "$(dirname "$0")/../lib.sh"
require jq
[ "$(id -u)" = 0 ] || skip_all 'cannot: chroot wants root'

# The program's loader in the root, with nothing of this machine to fall back on. It is to tell what it would load.
listed() { # ROOT QEMU LOADER PATH
	chroot "$1" "/$2" -E LD_TRACE_LOADED_OBJECTS=1 "$3" "$4" 2>/dev/null |
		sed -n 's/.*=> \(\/.*\) (0x[0-9a-f]*)$/\1/p; s/^\t\(\/[^ ]*\) (0x[0-9a-f]*)$/\1/p'
}

# Programs and libraries that bring the rules into play, below DIR/t of the root.
compile() { # DIR COMPILER
	local t=$1/t CC=$2-gcc CXX=$2-g++ N=-Wl,--no-as-needed,--allow-shlib-undefined
	mkdir -p "$t/o/bin" "$t/o/lib" "$t/r" "$t/x/sub"
	echo 'int deep(void) { return 40; }' >deep.c
	echo 'int deep(void); int mid(void) { return deep() + 2; }' >mid.c
	cat >main.c <<-'C'
	#include <math.h>
	#include <pthread.h>
	#include <pwd.h>
	#include <stdio.h>
	int mid(void);
	static void *f(void *p) { *(double *)p = sqrt(*(double *)p); pthread_exit(p); }
	int main(void)
	{
		double d = 2.25;
		pthread_t t;
		struct passwd *u = getpwuid(65534);
		pthread_create(&t, 0, f, &d);
		pthread_join(t, 0);
		printf("%d %g %s\n", mid(), d, u ? u->pw_name : "?");
		return 0;
	}
	C
	cat >main.cc <<-'C'
	#include <future>
	#include <iostream>
	#include <stdexcept>
	static int odd(int n) { if (n % 2) throw std::runtime_error("odd"); return n; }
	int main()
	{
		for (int i = 0; i < 3; i++)
			try { std::cout << std::async(std::launch::async, odd, i).get() << ' '; }
			catch (const std::exception &e) { std::cout << e.what() << ' '; }
		std::cout << '\n';
	}
	C
	# $ORIGIN, one library beside another; RPATH of the program that a library inherits; one that RUNPATH does not give.
	# shellcheck disable=SC2016
	"$CC" -shared -fPIC -o "$t/o/lib/libdeep.so" deep.c && cp "$t/o/lib/libdeep.so" "$t/r/" &&
		"$CC" -shared -fPIC -o "$t/o/lib/libmid.so" mid.c -L"$t/o/lib" -ldeep '-Wl,--enable-new-dtags,-rpath,$ORIGIN' &&
		"$CC" -shared -fPIC -o "$t/r/libmid.so" mid.c -L"$t/o/lib" -ldeep &&
		"$CC" -pthread -o "$t/o/bin/main" main.c -lm -L"$t/o/lib" -lmid -Wl,-rpath-link,"$t/o/lib" \
			'-Wl,--enable-new-dtags,-rpath,$ORIGIN/../lib' &&
		"$CC" -pthread -o "$t/rpath" main.c -lm -L"$t/r" -lmid -Wl,-rpath-link,"$t/r" -Wl,--disable-new-dtags,-rpath,/t/r &&
		"$CC" -pthread -o "$t/runpath" main.c -lm -L"$t/r" -lmid -Wl,-rpath-link,"$t/r" -Wl,--enable-new-dtags,-rpath,/t/r &&
		"$CXX" -pthread -o "$t/cxx" main.cc $N -lgomp -latomic || return
	# A link to it elsewhere, a file of this machine that comes first, a name with a slash.
	ln -s o/lib "$t/linked"
	"$CC" -pthread -o "$t/linkedrun" main.c -lm -L"$t/o/lib" -lmid -Wl,-rpath-link,"$t/o/lib" -Wl,--enable-new-dtags,-rpath,/t/linked
	echo 'int mid(void) { return 0; }' | cc -shared -fPIC -x c -o "$t/x/libmid.so" - 2>/dev/null
	"$CC" -pthread -o "$t/passedover" main.c -lm -L"$t/o/lib" -lmid -Wl,-rpath-link,"$t/o/lib" -Wl,--enable-new-dtags,-rpath,/t/x:/t/o/lib
	"$CC" -shared -fPIC -o "$t/x/sub/libslash.so" deep.c -Wl,-soname,/t/x/sub/libslash.so &&
		echo 'int deep(void); int main(void) { return deep() - 40; }' | "$CC" -x c -o "$t/slash" - -x none "$t/x/sub/libslash.so"
}

# Libraries and programs marked for soft float or for neither, which the loader of hard float passes over or takes.
mark() { # FILE BYTE: of e_flags, the second
	printf "\\x$2" | dd of="$1" bs=1 seek=37 conv=notrunc status=none
}
float_abis() { # DIR COMPILER
	local t=$1/t lib
	for lib in soft hard plain; do
		mkdir "$t/$lib" && "$2-gcc" -shared -fPIC -o "$t/$lib/libdeep.so" deep.c -Wl,-soname,libdeep.so || return
	done
	mark "$t/soft/libdeep.so" 02 && mark "$t/plain/libdeep.so" 00
	for lib in soft plain; do
		echo 'int deep(void); int main(void) { return deep() - 40; }' |
			"$2-gcc" -x c -o "$t/$lib-first" - -x none "$t/hard/libdeep.so" -Wl,--enable-new-dtags,-rpath,"/t/$lib:/t/hard" || return
		cp "$t/$lib-first" "$t/$lib-first-unmarked" && mark "$t/$lib-first-unmarked" 00
	done
}

total=0 wrong=0
compare() { # DIR QEMU LOADER PATH
	local want got
	want=$(listed "$1" "$2" "$3" "$4")
	[ -n "$want" ] || return 1
	got=$(mk deps --root "$1" --list "$1$4" 2>/dev/null)
	compared=$((compared + 1)) total=$((total + 1))
	[ "$want" = "$got" ] && return
	differ="$differ $4" wrong=$((wrong + 1))
	diff <(echo "$want") <(echo "$got") | head -n 6 | comment
}

architecture() { # NAME TRIPLET QEMU LOADER PLATFORM
	local name=$1 triplet=$2 qemu=qemu-$3-static loader=$4 platform=$5 dir=$T/$1 compared=0 differ='' unlisted='' f
	if ! command -v "$triplet-gcc" >/dev/null || ! command -v "$triplet-g++" >/dev/null || ! command -v "$qemu" >/dev/null; then
		skip "$name: the same as its loader" "no compiler for $triplet, or no $qemu"
		return
	fi
	mkdir -p "$dir/proc" && mkdir "$dir/lib" &&
		find "/usr/$triplet/lib" -maxdepth 1 -name '*.so*' -exec cp -a {} "$dir/lib/" \; && cp "$(command -v "$qemu")" "$dir/"
	[ ! -d "/usr/$triplet/lib64" ] || cp -a "/usr/$triplet/lib64" "$dir/"
	{ compile "$dir" "$triplet" && { [ "$qemu" != qemu-arm-static ] || float_abis "$dir" "$triplet"; }; } >cc.log 2>&1 || { head -n 5 cc.log | comment; fail "$name: compiles"; return; }
	chroot "$dir" "/$qemu" "$loader" --version >/dev/null 2>&1 ||
		{ skip "$name: the same as its loader" "cannot: $qemu does not run $loader here"; return; }
	while read -r f; do
		compare "$dir" "$qemu" "$loader" "${f#"$dir"}" || unlisted="$unlisted ${f##*/}"
	done < <(find "$dir/t" "$dir/lib" -type f \( -perm -100 -o -name '*.so*' \) ! -path '*/x/libmid.so' ! -path "$dir$loader" | sort)
	echo "# $name: $compared files compared; the loader lists nothing for:${unlisted:- none}"
	is "$differ" '' "$name: the same objects in the same order as its loader"
	[ "$compared" -ge 30 ]
	is $? 0 "$name: there was something to compare"
	is "$(mk deps --root "$dir" --json "$dir/t/cxx" | jq -c '[.platform, .libc, .missing]')" "[\"$platform\",\"glibc\",[]]" "$name: the platform"
	starts
	[ "$qemu" != qemu-arm-static ] || mixed_floats
}

mixed_floats() {
	rm -r "$dir/t/hard"
	run mk deps --root "$dir" "$dir/t/soft-first"
	like "$status $(head -n 1 "$err")" '^4 mkscratch: .*/soft-first: needs libdeep\.so, found only /t/soft/libdeep\.so: built for the soft-float ABI, the program for hard-float$' \
		'soft float does not serve hard float, and both are named'
	mark "$dir/t/plain-first" 02
	run mk deps --root "$dir" "$dir/t/plain-first"
	like "$status $(head -n 1 "$err")" '^4 mkscratch: .*/plain-first: its loader /lib/ld-linux-armhf\.so\.3 is built for the hard-float ABI, the program for soft-float$' \
		'... nor does its loader serve soft float'
}

# What is packed here runs there. qemu has to be told of no root, as it runs inside.
starts() {
	local p args
	for p in o/bin/main cxx; do
		args=(--root "$dir" --bin "$dir/t/$p:/srv/$p")
		mk -q "${args[@]}" --compress none --layers single -o "$name.tar" 2>"$err" || { comment <"$err"; fail "$name: $p is packed"; continue; }
		rm -rf run && mkdir run && tar xOf "$name.tar" "$(tar xOf "$name.tar" manifest.json | jq -r '.[0].Layers[0]')" | tar xf - -C run
		cp "$dir/$qemu" run/ && mkdir -p run/proc
		is "$(unshare --mount sh -c 'mount --bind /proc run/proc; exec chroot --userspec=65534:65534 run "$@"' sh "/$qemu" "/srv/$p" 2>&1)" \
			"$([ "$p" = cxx ] && echo '0 odd 2 ' || echo '42 1.5 nobody')" "$name: $p starts from its image"
	done
}

architecture arm64 aarch64-linux-gnu aarch64 /lib/ld-linux-aarch64.so.1 linux/arm64
architecture armhf arm-linux-gnueabihf arm /lib/ld-linux-armhf.so.3 linux/arm/v7
architecture riscv64 riscv64-linux-gnu riscv64 /lib/ld-linux-riscv64-lp64d.so.1 linux/riscv64
architecture ppc64le powerpc64le-linux-gnu ppc64le /lib64/ld64.so.2 linux/ppc64le
architecture s390x s390x-linux-gnu s390x /lib/ld64.so.1 linux/s390x
echo "# $total files of other machines compared with their loaders, $wrong differ"
done_testing
