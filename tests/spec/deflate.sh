#!/usr/bin/env bash
# gzip's levels 1 to 7 are, byte for byte, what section 7.1 of oci-layout-spec says: fixture/deflate.py has been written from it.
. "$(dirname "$0")/../lib.sh"
. "$TOP/tests/spec/common.sh"

# A layer of several blocks, one of them of the greatest size.
made() { "$python" "$TOP/tests/spec/deflate_blocks.py" "$@"; }
mkdir files small
t "files are made" made files files "$(command -v bash)"
t "... and a program" "$python" "$FIXTURE/make_inputs.py" in
for level in 1 2 3 4 5 6 7; do
	t "gzip:$level is made" mk --bin in/app --tree files:/files --layers single --compress "gzip:$level" -o level.tar
	holds "gzip:$level is the reference's, byte for byte" gzip_reference level.tar "$level"
done

# Blocks by themselves, of fewer bytes than any in an image.
deflated=$BUILD/release/fuzz/deflated
if [ -x "$deflated" ]; then
	t "blocks are made" made blocks small
	for level in 1 2 3 4 5 6 7; do
		t "blocks are compressed, level $level" "$deflated" "$level" small/*.block
		t "... as the reference does" made same "$level" small
	done
	"$python" "$FIXTURE/deflate.py" 5 <small/text-13.block >by-itself
	t "the reference is a program as well" cmp by-itself small/text-13.block.5
else
	skip "blocks are compressed" 'cannot: the release build has no deflated'
fi

done_testing
