#!/usr/bin/env bash
# Paths below --root are followed by the kernel where it can, else by our own walk: the same answers, whatever refuses.
. "$(dirname "$0")/../lib.sh"
require strace cc

mkdir -p root/usr/lib root/etc && ln -s usr/lib root/lib && ln -s lib root/lib64
cp "$(realpath /lib64/ld-linux-x86-64.so.2)" root/usr/lib/ld-linux-x86-64.so.2 2>/dev/null ||
	skip_all "cannot: the loader of this machine is another"
cp -L /lib/x86_64-linux-gnu/libc.so.6 root/usr/lib/libc.so.6.real && ln -s ../lib/libc.so.6.real root/usr/lib/libc.so.6
echo "int main(void) { return 0; }" | cc -x c -o app -

deps() {
	mk deps --root root --json app
}


injected() {
	strace -f -qq -o log -e trace=openat2 -e inject=openat2:"$1" "$MKSCRATCH" "${@:2}"
}

run deps
want=$(cat "$out")
like "$want" '"path": ?"/lib64/ld-linux' "the library is found through links"
strace -f -qq -o log -e trace=openat2 "$MKSCRATCH" deps --root root app >/dev/null
if grep -q '= [0-9]' log; then
	pass "the kernel is asked"
else
	skip "the kernel is asked" "cannot: this kernel has no openat2"
fi
for how in error=ENOSYS error=EPERM error=EINVAL error=EAGAIN error=ENOSYS:when=3+2 error=EAGAIN:when=2+5; do
	run injected "$how" deps --root root --json app
	is "$(cat "$out")" "$want" "deps answers the same with openat2 $how"
	t "and it was asked again" test "$(grep -c INJECTED log)" -gt 2
done
mk --bin app --root root -o img.tar && want=$(sha256sum <img.tar) && rm img.tar
run injected error=ENOSYS --bin app --root root -o img.tar
is "$(sha256sum <img.tar)" "$want" "an image is the same without openat2"

done_testing
