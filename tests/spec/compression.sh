#!/usr/bin/env bash
# Compressed layers are what section 7 of oci-layout-spec says.
. "$(dirname "$0")/../lib.sh"
. "$TOP/tests/spec/common.sh"

t "inputs are made" "$python" "$FIXTURE/make_inputs.py" in
blocks large 1700000
head -c 1500000 /dev/zero >zeros
build() {
	mk --bin in/app --file large:/large --file zeros:/zeros "$@"
}

t "gzip is made" build -o gzip.tar
holds gzip_is_the_default media_type gzip.tar +gzip
holds gzip_is_one_member gzip_one_member gzip.tar
holds gzip_header_holds_no_time_and_no_system gzip_header gzip.tar
holds gzip_blocks_stand_alone gzip_blocks gzip.tar
holds gzip_content_has_its_diff_id diff_ids gzip.tar
for level in 1 9 12; do
	t "gzip:$level is made" build --compress "gzip:$level" -o level.tar
	holds "gzip:$level has the same header" gzip_header level.tar
	holds "gzip:$level is one member of blocks" gzip_blocks level.tar
done

# What looks like chance, and the same with a repetition too many for that.
"$python" -c 'import random; r = random.Random(1).randbytes(600000)
open("chance", "wb").write(r)
open("again", "wb").write(r[:300000] + r[290000:300000] * 30)'
for level in 1 5 9; do
	t "gzip:$level of dense files is made" mk --bin in/app --file chance:/chance --file again:/again --compress "gzip:$level" -o dense.tar
	holds "gzip:$level stores what is dense" gzip_dense dense.tar
done
holds dense_content_has_its_diff_id diff_ids dense.tar

t "zstd is made" build --compress zstd -o zstd.tar
holds zstd_has_its_media_type media_type zstd.tar +zstd
holds zstd_is_a_frame_a_block zstd_frames zstd.tar
if command -v zstd >/dev/null; then
	holds zstd_content_has_its_diff_id diff_ids zstd.tar
else
	skip zstd_content_has_its_diff_id "no zstd program"
fi

t "none is made" build --compress none -o none.tar
holds none_has_its_media_type media_type none.tar ''
holds none_has_its_diff_id diff_ids none.tar

t "gzip is made for Docker" build --media-types docker -o docker.tar
holds docker_has_its_media_type media_type docker.tar .gzip
holds docker_documents_match_our_schemas our_schemas docker.tar
t "none is made for Docker" build --media-types docker --compress none -o docker-none.tar
holds docker_none_matches_our_schemas our_schemas docker-none.tar
holds docker_none_has_its_diff_id diff_ids docker-none.tar

# The same tar under every codec.
plain_layers() {
	"$python" -c 'import sys; sys.path.insert(0, sys.argv[1]); from archive import Image
print(*Image(sys.argv[2]).config["rootfs"]["diff_ids"])' "$TOP/tests/spec" "$1"
}
is "$(plain_layers gzip.tar)" "$(plain_layers none.tar)" codec_does_not_change_diff_ids
is "$(plain_layers zstd.tar)" "$(plain_layers none.tar)" zstd_does_not_change_diff_ids

# Readers of others, which stop at what they do not like.
mkdir x && tar -C x -xf gzip.tar
for layer in $("$python" -c 'import json; print(*json.load(open("x/manifest.json"))[0]["Layers"])'); do
	cp "x/$layer" layer.gz
	t "gzip -t takes ${layer:13:12}" gzip -t layer.gz
	t "tar lists ${layer:13:12}" tar -tzf layer.gz
done

# Blocks that do not become smaller, on more threads than there are cores: the memory stays what it may be.
peak() {
	"$python" -c 'import resource, subprocess, sys
ended = subprocess.call([sys.argv[1], *sys.argv[2:]])
print(ended, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024)' "$MKSCRATCH" "$@"
}
# Their values are too few for what is stored as it is.
"$python" -c 'import random; r = random.Random(1); open("noise", "wb").write(r.randbytes(96 << 20).translate(bytes(b % 200 for b in range(256))))'
for codec in gzip gzip:7 gzip:3 zstd:3; do
	case $MKSCRATCH in
	*/asan/* | */tsan/* | */cov/* | */debug/*)
		skip "$codec on 31 threads needs at most 64 MiB" 'cannot: this is no release build, of which the memory is another'
		continue ;;
	esac
	read -r ended mib < <(peak -q --no-cache -j 64 --compress "$codec" --bin in/app --file noise:/noise -o big.tar)
	t "$codec on 31 threads needs at most 64 MiB (${mib:-?})" test "${ended:-1}" = 0 -a "${mib:-999}" -le 64
done

done_testing
