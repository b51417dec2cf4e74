#!/usr/bin/env bash
# doctor on programs of languages besides those of doctor_set.sh: made by a compiler that is there or that PyPI has, or
# as npm brings them. What is installed stays below $BUILD.
. "$(dirname "$0")/../lib.sh"
require jq
kept=$BUILD/doctor-langs
mkdir -p "$kept"

# FILE WANT NAME: language, linkage and libc, what it needs for sure or likely, and what is appended
judged() {
	is "$(mk doctor --json "$1" | jq -r '[.language, .linkage, .libc, ([.needs[] | select(.level != "hint") | .what] | join(",")),
		.payload.kind // "-"] | join(" ")')" "$2" "$3"
}

# --- Nim ---

nim_program() {
	cat >"$1.nim" && nim c --hints:off -d:release -d:ssl --nimcache:"$T/nim-cache-$1" -o:"$T/$1" "$1.nim"
}
if command -v nim >/dev/null && command -v cc >/dev/null; then
	t 'Nim: a program' nim_program nimhello <<<'echo "hello"'
	judged nimhello 'nim dynamic glibc  -' '... is told, and needs nothing'
	cp nimhello nimstrip && strip nimstrip
	judged nimstrip 'nim dynamic glibc  -' '... also stripped'
	t 'Nim: a client of HTTP' nim_program nimhttp <<'END'
import httpclient
echo newHttpClient().getContent("https://example.org")
END
	judged nimhttp 'nim dynamic glibc certificates,resolver,plugins -' '... needs certificates, and opens OpenSSL'
else
	skip 'Nim' 'nim is not installed'
fi

# --- Zig ---

zig() {
	ZIG_GLOBAL_CACHE_DIR=$kept/zig-cache ZIG_LOCAL_CACHE_DIR=$T/zig-local "$kept/zig/ziglang/zig" "$@"
}
get_zig() {
	[ -x "$kept/zig/ziglang/zig" ] ||
		HOME=$old_home python3 -m pip install -q --no-deps --target "$kept/zig" ziglang >/dev/null 2>&1
}
if ! python3 -m pip --version >/dev/null 2>&1; then
	skip 'Zig' 'pip is not installed'
elif ! get_zig; then
	skip 'Zig' 'cannot: PyPI has no ziglang for this machine, or is not to be reached'
else
	cat >hello.zig <<'END'
const std = @import("std");
pub fn main() void {
    std.debug.print("hello\n", .{});
}
END
	cat >user.zig <<'END'
const std = @import("std");
extern "c" fn getpwnam(name: [*:0]const u8) ?*anyopaque;
pub fn main() void {
    if (getpwnam("app") == null) std.debug.print("nobody\n", .{});
}
END
	t 'Zig: a program as its own linker writes it' zig build-exe hello.zig -femit-bin=zigdebug
	judged zigdebug 'zig static none  -' '... is told, and the room at its end is no payload'
	t 'Zig: the smallest' zig build-exe hello.zig -O ReleaseSmall -femit-bin=zigsmall
	judged zigsmall 'zig static none  -' '... is told too'
	t 'Zig: one with libc' zig build-exe user.zig -lc -O ReleaseSmall -femit-bin=zigdyn
	like "$(mk doctor --json zigdyn | jq -r '[.language, .linkage, .libc, (.needs[] | select(.what == "passwd") | .level)] | join(" ")')" \
		'^zig dynamic (glibc|musl) likely$' '... needs what it imports'
fi

# --- As npm brings them ---

# PACKAGE FILE: "" when it cannot be had
from_npm() {
	local dir=$kept/npm file
	file=$dir/node_modules/$1/$2
	[ -e "$file" ] || HOME=$old_home npm install --prefix "$dir" --silent --no-audit --no-fund --ignore-scripts "$1" >/dev/null 2>&1
	[ ! -e "$file" ] || echo "$file"
}
if ! command -v npm >/dev/null; then
	skip 'Go without build information, Java' 'npm is not installed'
elif [ "$(uname -m)" != x86_64 ]; then
	skip 'Go without build information, Java' 'cannot: the packages are those of amd64'
else
	file=$(from_npm @esbuild/linux-x64 bin/esbuild)
	if [ -n "$file" ]; then
		judged "$file" 'go static none  -' 'Go without build information: it serves, and asks nobody'
	else
		skip 'Go without build information' 'cannot: npm is not to be reached'
	fi
	file=$(from_npm google-closure-compiler-linux compiler)
	if [ -n "$file" ]; then
		judged "$file" 'java static musl resolver -' 'Java as GraalVM compiles it, with musl'
	else
		skip 'Java as GraalVM compiles it' 'cannot: npm is not to be reached'
	fi
fi
done_testing
