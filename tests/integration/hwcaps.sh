#!/usr/bin/env bash
# Libraries for better CPUs (glibc-hwcaps): left out unless asked for, then beside the baseline at their own paths.
. "$(dirname "$0")/../lib.sh"
require cc patchelf
case $(cc -dumpmachine) in
x86_64*gnu) ;;
*) skip_all 'cannot: the levels here are those of x86-64 and glibc' ;;
esac

lib() { # PATH
	mkdir -p "$(dirname "$1")"
	echo "int f(void) { return $RANDOM; }" | cc -shared -fPIC -x c -o "$1" - -x none -Wl,-soname,libx.so.1
}
for dir in l l/glibc-hwcaps/x86-64-v2 l/glibc-hwcaps/x86-64-v3 l/glibc-hwcaps/x86-64-v4; do
	lib "$dir/libx.so.1"
done
echo 'int f(void); int main(void) { return f() < 0; }' | cc -x c -o app - -x none l/libx.so.1 -Wl,-rpath,"$T/l"

ours() { # OPTION...: what of ./l is in the image
	mk --bin app "$@" --print rootfs 2>"$err" | cut -f5 | grep "^$T/l/.*so" | sed "s,^$T/l/,," | xargs
}
is "$(ours)" libx.so.1 'by default the baseline alone'
is "$(ours --hwcaps v2)" 'glibc-hwcaps/x86-64-v2/libx.so.1 libx.so.1' 'a variant lies beside it'
is "$(ours --hwcaps v3)" 'glibc-hwcaps/x86-64-v2/libx.so.1 glibc-hwcaps/x86-64-v3/libx.so.1 libx.so.1' '... and those of lower levels'
is "$(ours --hwcaps all | wc -w)" 4 '... or all'
is "$(mk deps --list --hwcaps x86-64-v3 app | head -n 1)" "$T/l/glibc-hwcaps/x86-64-v3/libx.so.1" 'deps answers as such a CPU would'
mk -q --bin app --hwcaps v3 -o i.tar
t 'the image verifies' mk verify i.tar
like "$(mk --bin app --hwcaps v3 -o i.tar)" ' linux/amd64 ' 'variants beside a baseline do not raise the platform'

rm l/libx.so.1 l/glibc-hwcaps/x86-64-v2/libx.so.1
run mk --bin app -o none.tar
like "$status $(head -n 1 "$err")" '^4 mkscratch: app: needs libx.so.1, not found' 'a variant alone is not found'
like "$(cat "$err")" "^hint: found only $T/l/glibc-hwcaps/x86-64-v3/libx.so.1: for CPUs of level v3 only; --hwcaps v3 finds it;" '... which is told'
run mk --bin app --hwcaps v2 -o none.tar
is "$status" 4 '... nor by a lower level'
run mk --bin app --hwcaps all -o v3.tar
like "$(cat "$out")" ' linux/amd64/v3 ' 'the least level that works is the platform of the image'
like "$(cat "$err")" '^warning: app: has libraries that are there for CPUs of level v3 and better only$' '... and told'
is "$(ours --hwcaps all)" 'glibc-hwcaps/x86-64-v3/libx.so.1 glibc-hwcaps/x86-64-v4/libx.so.1' '... with what is above it'

# A loader without banner that knows nothing of such directories is older than both, and looks into tls.
loader=$(patchelf --print-interpreter app)
mkdir -p "old/$(dirname "$loader")" && LC_ALL=C sed 's/glibc-hwcaps/glibc_hwcaps/g; s/ release version /_release_version_/' <"$loader" >"old$loader"
for dir in old/l old/l/tls old/l/glibc-hwcaps/x86-64-v2; do
	lib "$dir/libx.so.1"
done
cp app old/app && patchelf --set-rpath /l old/app
is "$(mk deps --root old --list --hwcaps v3 old/app | head -n 1)" /l/tls/libx.so.1 'old loaders do not know variants, but tls'
cp "$loader" "old$loader"
is "$(mk deps --root old --list --hwcaps v3 old/app | head -n 1)" /l/glibc-hwcaps/x86-64-v2/libx.so.1 '... unlike this one'

must_fail 2 '--hwcaps v5: x86-64 has no such level' 'it has v2, v3, v4, and all' -- --bin app --hwcaps v5 -o none.tar
must_fail 2 '--hwcaps z15: x86-64 has no such level' -- deps --hwcaps z15 app
must_fail 2 '--hwcaps: the value is empty' -- --bin app --hwcaps '' -o none.tar
done_testing
