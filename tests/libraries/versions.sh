#!/usr/bin/env bash
# Same inputs, same bytes: whatever flags a library was compiled with. Of another version the tar is the same; its compressor
# may pack it another way, and then verify --rebuild says that this is all there is to it.
. "$(dirname "$0")/common.sh"
require jq

# made NAME SUITE PACKAGE FUNCTION FLAGS: a library in a prefix of its own
made() {
	# shellcheck disable=SC2034
	prefix=$libraries/$1/prefix cflags="-fPIC $5"
	run fetched "$2" "$3"
	if [ "$status" != 0 ]; then
		comment <"$err"
		skip "$1" "cannot: the source of $3 of $2 cannot be downloaded from here"
		return 1
	fi
	fetched "$2" "$3"
	run "$4"
	[ "$status" = 0 ] || tail -n 20 "$err" | comment
	is "$status" 0 "built: $3 of $2 with $5"
	other "$1"
}

t 'images of all codecs, made here' to want.tars "$MKSCRATCH"
mk --no-cache -q --bin inputs/app --tree inputs/site:/srv -o here.tar
mk --no-cache -q --bin inputs/app --tree inputs/site:/srv --compress zstd -o here.zst.tar
diff_ids() {
	mk inspect --json "$1" | jq -c '[.layers[].diff_id]'
}

# The version of the system, by other flags.
for flags in '-O0' '-O3 -march=native' '-O1 -fno-tree-vectorize'; do
	name=libdeflate-$(tr -dc 'a-zA-Z0-9' <<<"$flags")
	if made "$name" bookworm libdeflate make_libdeflate "$flags"; then
		t "the same bytes by libdeflate with $flags" to other.tars "$program"
		t '... all of them' cmp other.tars want.tars
	fi
done
if made zstd-O1 bookworm libzstd make_zstd '-O1 -DDYNAMIC_BMI2=0'; then
	t 'the same bytes by libzstd with -O1' to other.tars "$program"
	t '... all of them' cmp other.tars want.tars
fi

# Another version. The recipe of an image names its compressor, so manifests differ.
another() {
	local image=$1 codec=$2
	t "an image by $codec" "$program" --no-cache -q --bin inputs/app --tree inputs/site:/srv --compress "$codec" -o other.tar
	[ "$(mk verify --recipe --json other.tar | jq -r .codec)" != "$(mk verify --recipe --json "$image" | jq -r .codec)" ]
	is "$?" 0 '... which is another version of it'
	is "$(diff_ids other.tar)" "$(diff_ids "$image")" '... has the same DiffIDs'
	for one in "$MKSCRATCH verify --rebuild other.tar" "$program verify --rebuild $image"; do
		# shellcheck disable=SC2086
		run $one
		is "$status" 0 'verify --rebuild takes it for the same'
		like "$(grep rebuild: "$out")" \
			'^✓ rebuild: the same (image, byte for byte: |layers and config; what the manifest says of its making differs|layers before compression \(DiffIDs\) and the same config; compressed by .*(then, by|another build of) )' \
			'... and says what differs'
		comment < <(grep rebuild: "$out")
	done
}
for suite in bullseye trixie; do
	if made "libdeflate-$suite" "$suite" libdeflate make_libdeflate -O2; then another here.tar gzip; fi
done
if made zstd-trixie trixie libzstd make_zstd -O2; then another here.zst.tar zstd; fi
for suite in bullseye trixie; do
	if made "libarchive-$suite" "$suite" libarchive make_libarchive -O2; then
		t "the same bytes by libarchive of $suite" to other.tars "$program"
		t '... all of them' cmp other.tars want.tars
	fi
done
done_testing
