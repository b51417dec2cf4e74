#!/usr/bin/env bash
# Layers are what section 6 of oci-layout-spec says: which entries, in which order, with which bytes.
. "$(dirname "$0")/../lib.sh"
. "$TOP/tests/spec/common.sh"

check_layers() {
	holds "$1: headers_are_ustar_byte_for_byte" layer_headers "$2"
	holds "$1: two_blocks_of_zeros_end_it" layer_end "$2"
	holds "$1: entries_are_sorted_and_unique" layer_order "$2"
	holds "$1: parents_come_first_in_every_layer" layer_parents "$2"
	holds "$1: one_mtime" layer_mtime "$2" "$3"
	holds "$1: diff_ids_are_those_of_the_tars" diff_ids "$2"
}

t "the golden image is made" golden_image made
check_layers golden made/img.tar 1700000000
t "its one-layer form is made" golden_image single --layers single
check_layers single single/img.tar 1700000000

# What ustar cannot hold: long and foreign names, long links, large ids; and what it can, just so.
mkdir -p "tree/$(printf 'd%.0s' {1..90})" "tree/$(printf 'p%.0s' {1..150})/$(printf 'q%.0s' {1..99})"
echo x >"tree/$(printf 'd%.0s' {1..90})/just-over-a-hundred"
echo x >"tree/$(printf 'n%.0s' {1..120})"
echo x >"tree/$(printf 'p%.0s' {1..150})/$(printf 'q%.0s' {1..99})/file"
echo x >$'tree/na\xc3\xafve'
echo x >$'tree/byte-\xff'
echo x >'tree/a-b' && mkdir tree/a && echo x >tree/a/b && echo x >tree/a.b
ln -s "$(printf 'l%.0s' {1..100})" tree/link-of-100
ln -s "$(printf 'l%.0s' {1..101})" tree/link-of-101
ln -s $'na\xc3\xafve' tree/foreign-link
echo x >large
t "an image of odd names is made" mk --bin made/app --tree tree:/tree --file large:/large:0600:3000000:262143 \
	--dir /large-gid:0755:262143:262144 -o odd.tar
check_layers odd odd.tar 0

# Capabilities: the one record that only an option brings.
t "an image with capabilities is made" mk --bin made/app --file large:/deep/tool:0755 -o caps.tar \
	--cap /deep/tool=cap_net_raw,cap_checkpoint_restore --cap /app=cap_net_bind_service
check_layers caps caps.tar 0
caps_of() {
	"$python" - "$1" "$TOP/tests/spec" <<-'END'
		import sys
		sys.path.insert(0, sys.argv[2])
		from archive import Image, parse_tar
		for _, _, tar in Image(sys.argv[1]).layers():
		    for e in parse_tar(tar):
		        for key, value in e.pax.items():
		            print(e.path.decode(), key.decode(), value.hex())
	END
}
is "$(caps_of caps.tar)" \
	'app SCHILY.xattr.security.capability 0100000200040000000000000000000000000000
deep/tool SCHILY.xattr.security.capability 0100000200200000000000000001000000000000' capabilities_are_20_bytes_of_revision_2

# Odd for the eye, plain for others: nothing is lost on the way through a foreign tar.
mkdir blobs unpacked
tar -C blobs -xf odd.tar
layer=$("$python" -c 'import json,sys; i=json.load(open("blobs/manifest.json")); print(i[0]["Layers"][-1])')
tar -xzf "blobs/$layer" -C unpacked --warning=no-unknown-keyword --no-same-owner 2>/dev/null
t gnu_tar_finds_every_name_and_link diff -r --no-dereference tree unpacked/tree

# --created dates the image and leaves the layers alone; SOURCE_DATE_EPOCH dates both.
mk --bin made/app -o plain.tar --json >plain.json
mk --bin made/app -o dated.tar --created 2001-02-03T04:05:06Z --json >dated.json
diff_ids() {
	"$python" -c 'import json,sys; print(*[l["diff_id"] for l in json.load(open(sys.argv[1]))["layers"]])' "$1"
}
is "$(diff_ids dated.json)" "$(diff_ids plain.json)" created_does_not_change_layers
for epoch in 2147483646 2147483647 8589934592; do
	t "SOURCE_DATE_EPOCH=$epoch is taken" env SOURCE_DATE_EPOCH=$epoch "$MKSCRATCH" --bin made/app -o late.tar
	check_layers "epoch $epoch" late.tar $epoch
done

# The split: base files never share a layer with a program.
holds split_writes_base_and_program one_history_a_layer plain.tar
is "$("$python" -c 'import json; print(len(json.load(open("plain.json"))["layers"]))')" 2 an_empty_stratum_makes_no_layer

done_testing
