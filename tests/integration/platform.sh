#!/usr/bin/env bash
# The platform of an image is the program's, whatever machine makes it.
. "$(dirname "$0")/../lib.sh"
require jq
echo 'int main(void) { return 0; }' >app.c

platform() { # PROGRAM: os/arch/variant as the summary and the config say
	local summary
	summary=$(mk --bin "$1" --compress none -o p.tar | cut -d' ' -f3)
	tar xOf p.tar "$(tar xOf p.tar manifest.json | jq -r '.[0].Config')" |
		jq -r --arg s "$summary" '[.os, .architecture, .variant // empty] | join("/") | if . == $s then . else "\(.) is not \($s)" end'
}

cross() { # PLATFORM COMPILER FLAGS...
	local want=$1 cc=$2
	shift 2
	if command -v "$cc" >/dev/null; then
		"$cc" -static "$@" -o prog app.c && is "$(platform prog)" "$want" "$want by $cc $*"
	else
		skip "$want by $cc $*" "no $cc"
	fi
}
cross linux/arm64 aarch64-linux-gnu-gcc
cross linux/arm/v7 arm-linux-gnueabihf-gcc
if [ "$(uname -m)" = x86_64 ]; then
	cross linux/amd64 cc
fi

if command -v go >/dev/null; then
	printf 'package main\n\nfunc main() { println("hi") }\n' >main.go
	export GOCACHE=$BUILD/fixtures/go-cache GOFLAGS=-trimpath CGO_ENABLED=0 GOTOOLCHAIN=local GO111MODULE=off
	while read -r want settings; do
		# shellcheck disable=SC2086
		env GOOS=linux $settings go build -ldflags='-s -w' -o prog main.go &&
			is "$(platform prog)" "$want" "$want by go with $settings"
	done <<-EOF
		linux/amd64 GOARCH=amd64
		linux/amd64/v2 GOARCH=amd64 GOAMD64=v2
		linux/amd64/v3 GOARCH=amd64 GOAMD64=v3
		linux/amd64/v4 GOARCH=amd64 GOAMD64=v4
		linux/386 GOARCH=386
		linux/arm/v5 GOARCH=arm GOARM=5
		linux/arm/v6 GOARCH=arm GOARM=6
		linux/arm/v7 GOARCH=arm GOARM=7
		linux/arm64 GOARCH=arm64
		linux/arm64 GOARCH=arm64 GOARM64=v8.2,lse
		linux/arm64/v9 GOARCH=arm64 GOARM64=v9.0
		linux/riscv64 GOARCH=riscv64
		linux/riscv64/rva22u64 GOARCH=riscv64 GORISCV64=rva22u64
		linux/ppc64le GOARCH=ppc64le
		linux/ppc64le/power9 GOARCH=ppc64le GOPPC64=power9
		linux/s390x GOARCH=s390x
		linux/mips64le GOARCH=mips64le
	EOF
	GOOS=linux GOARCH=arm64 go build -o least main.go && GOOS=linux GOARCH=arm64 GOARM64=v9.0 go build -o better main.go
	like "$(mk --bin least --bin better -n)" 'linux/arm64/v9' 'of two levels the image needs the higher one'
	for level in power9 power10; do
		GOOS=linux GOARCH=ppc64le GOPPC64=$level go build -o $level main.go && mk --bin $level -o $level.tar
	done
	for level in v8.0 v9.0; do
		GOOS=linux GOARCH=arm64 GOARM64=$level go build -o $level main.go && mk --bin $level -o $level.tar
	done
	like "$(mk --base power10.tar --bin power9:/nine -n)" 'linux/ppc64le/power10' 'the level of a base counts, by its number'
	like "$(mk --base power9.tar --bin power10:/ten -n)" 'linux/ppc64le/power10' '... where it is the lower one too'
	like "$(mk --base v9.0.tar --bin v8.0:/eight -n)" 'linux/arm64/v9' '... of arm64 too'
	GOOS=freebsd go build -o bsd main.go
	must_fail 3 'bsd: built for FreeBSD, not for Linux' -- --bin bsd -o x.tar
	GOOS=windows go build -o win.exe main.go
	must_fail 3 'win.exe: not an ELF file (a Windows program)' \
		'build it for Linux' -- --bin win.exe -o x.tar
	GOOS=linux GOARCH=arm64 go build -o arm main.go && GOOS=linux GOARCH=amd64 go build -o amd main.go
	must_fail 2 'arm: built for linux/arm64, for which there is no /amd (for linux/amd64 there is)' \
		'every platform has the same programs: --bin arm:/amd' -- \
		--bin amd --bin arm -o x.tar
fi
done_testing
