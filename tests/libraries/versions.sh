#!/usr/bin/env bash
# Same inputs, same bytes: whatever flags a library was compiled with. Of another version the tar is the same, and all of the image
# where mkscratch compresses, as it does by default; where the library does, it may pack it another way, and then verify
# --rebuild says that this is all there is to it.
. "$(dirname "$0")/common.sh"
require jq cargo cmake

# made NAME FUNCTION FLAGS SOURCE-WORD...: mkscratch as $program with a library in a prefix of its own; SOURCE-WORDs get its source
made() {
	# shellcheck disable=SC2034
	prefix=$libraries/$1/prefix cflags="-fPIC $3"
	run "${@:4}"
	[ "$status" = 0 ] || comment <"$err"
	is "$status" 0 "the source of $1: ${*:4}"
	[ "$status" = 0 ] || return
	run "$2"
	[ "$status" = 0 ] || tail -n 20 "$err" | comment
	is "$status" 0 "built: $1 with $3"
	[ "$status" = 0 ] && linked "$1"
}

codecs=(gzip gzip:1 gzip:2 gzip:3 gzip:4 gzip:6 gzip:7 gzip:8 gzip:12 zstd:3 zstd:19 none)
# images NAME PROGRAM: NAME.CODEC.tar of each codec
images() {
	local codec
	for codec in "${codecs[@]}"; do
		"$2" --no-cache -q --bin inputs/app --tree inputs/site:/srv --compress "$codec" -o "$1.$codec.tar" || return 1
	done
}
t 'images of all codecs, made here' to want.tars "$MKSCRATCH"
images here "$MKSCRATCH"
layers() { # IMAGE FIELD
	mk inspect --json "$1" | jq -c "[.layers[].$2]"
}
codec_of() {
	mk verify --recipe --json "$1" | jq -r .codec
}

# same WHAT: images by $program are what they are here
same() {
	t "$1: images" to other.tars "$program"
	t '... are the same bytes, all of them' cmp other.tars want.tars
	[ "${tests_failed}" != "$failed_before" ] || told "$1" 'the same bytes'
	failed_before=$tests_failed
}
failed_before=$tests_failed

# another WHAT CODEC...: those of the codecs, by another version of what packs them. The recipe names it, so manifests differ. All
# others are the same bytes.
another() {
	local what=$1 codec bytes=() one
	shift
	t "$what: images" images other "$program"
	[ "$(codec_of "other.$1.tar")" != "$(codec_of "here.$1.tar")" ]
	is "$?" 0 '... by another version, which they name'
	for codec in "${codecs[@]}"; do
		is "$(layers "other.$codec.tar" diff_id)" "$(layers "here.$codec.tar" diff_id)" "... $codec: have the same DiffIDs"
		case " $* " in
		*" $codec "*) ;;
		*) t "... $codec: are the same bytes" cmp "other.$codec.tar" "here.$codec.tar" && continue ;;
		esac
		[ "$(layers "other.$codec.tar" digest)" = "$(layers "here.$codec.tar" digest)" ] && bytes+=("$codec=same") || bytes+=("$codec=other")
		for one in "$MKSCRATCH verify --rebuild other.$codec.tar" "$program verify --rebuild here.$codec.tar"; do
			# shellcheck disable=SC2086
			run $one
			is "$status" 0 "... $codec: verify --rebuild takes it for the same"
			like "$(grep rebuild: "$out")" \
				'^✓ rebuild: the same (image, byte for byte: |layers and config; what the manifest says of its making differs|layers before compression \(DiffIDs\) and the same config; compressed by .*(then, by|another build of) )' \
				'... and says what differs'
		done
	done
	[ "$tests_failed" != "$failed_before" ] || told "$what" "the same DiffIDs; compressed bytes: ${bytes[*]}, all others the same"
	failed_before=$tests_failed
}

# The version of the system, by other flags.
for flags in '-O0' '-O3 -march=native' '-O1 -fno-tree-vectorize'; do
	if made "libdeflate$(tr -d ' ' <<<"$flags")" make_libdeflate "$flags" package libdeflate; then same "libdeflate of $suite, $flags"; fi
done
if made zstd-O1 make_zstd '-O1 -DDYNAMIC_BMI2=0' package libzstd; then same "libzstd of $suite, -O1"; fi
if made libarchive-O1 make_libarchive -O1 package libarchive; then same "libarchive of $suite, -O1"; fi

# Another version.
for version in 0.7.5 1.19.3 1.26.1; do
	if made "libdeflate-$version" make_libdeflate -O2 crate libdeflate-sys "$version" libdeflate; then
		another "libdeflate $(sed -n 's/.*VERSION_STRING.*"\(.*\)"/\1/p' "$prefix/include/libdeflate.h"), of a crate" gzip:8 gzip:12
	fi
done
for version in 1.4.20+zstd.1.4.9 2.0.17+zstd.1.5.7; do
	if made "zstd-${version#*+zstd.}" make_zstd -O2 crate zstd-sys "$version" zstd; then
		another "libzstd ${version#*+zstd.}, of a crate" zstd:3 zstd:19
	fi
done
if made libarchive-crate make_libarchive_by_cmake -O2 crate libarchive2-sys 0.2.0 libarchive; then
	version=$(sed -n 's/^#define.*ARCHIVE_VERSION_ONLY_STRING "\(.*\)"/\1/p' "$prefix/include/archive.h")
	grep -qaF "libarchive $version" "$program"
	is "$?" 0 "libarchive $version is part of the program"
	same "libarchive $version, of a crate"
fi
done_testing
