#!/usr/bin/env bash
# The cache saves work and never changes a byte: cold, warm, shared, half gone or poisoned.
. "$(dirname "$0")/../lib.sh"
require jq python3
. "$TOP/tests/spec/common.sh"
"$python" "$FIXTURE/make_inputs.py" in
blocks in/site/large 1700000
unset XDG_CACHE_HOME

# $1: output, made anew; more words: options. What -v says of the cache is left in $hits.
build() {
	rm -f "$1"
	over "$@"
}
# The same over whatever is there.
over() {
	local to=$1
	shift
	run mk -v --bin in/app --tree in/site:/srv -o "$to" "$@"
	[ "$status" = 0 ] || comment <"$err"
	hits=$(sed -n 's/^cache .*: \([0-9]* of [0-9]* blocks, .*\)/\1/p' "$err")
}
same() {
	run cmp "$1" "$2"
	is "$status $(cat "$out" "$err")" '0 ' "$3"
}
files() {
	find c/6 -type f | LC_ALL=C sort
}

build want.tar --no-cache
is "$hits" '' no_cache_uses_none
build cold.tar --cache c
same want.tar cold.tar cold_is_the_same
is "$hits" '0 of 6 blocks, 0 of 2 layers' cold_has_nothing
build warm.tar --cache c
same want.tar warm.tar warm_is_the_same
is "$hits" '6 of 6 blocks, 2 of 2 layers' warm_takes_whole_layers
t warm_verifies mk verify -q warm.tar
is "$(find c ! -type d ! -perm 0600 -o -type d ! -perm 0700)" '' all_of_it_is_private
like "$(head -n 1 c/CACHEDIR.TAG)" '^Signature: 8a477f597d28d172789f06886806bc55$' backups_are_told

# What an output has already where it belongs is not even read from the cache; it is held against what the cache knows of it.
over warm.tar --cache c
same want.tar warm.tar over_itself_is_the_same
is "$hits" '0 of 0 blocks, 2 of 2 layers' over_itself_no_block_is_read
change() { # FILE OFFSET
	printf '\125' | dd of="$1" bs=1 seek="$2" conv=notrunc status=none
}
# Documents, then the header and the bytes of each layer, in one of several blocks, then config and manifest.
for offset in 600 5000 10000 1000000 1700000 $(($(stat -c %s want.tar) - 3000)); do
	change warm.tar "$offset"
	over warm.tar --cache c
	same want.tar warm.tar "over_one_that_differs_at_${offset}_is_the_same"
	like "$hits" '^[06] of [06] blocks, 2 of 2 layers$|^([1-6]) of \1 blocks, 2 of 2 layers$' '... and each layer is taken'
done
truncate -s 1000000 warm.tar
over warm.tar --cache c
same want.tar warm.tar over_a_part_is_the_same
over warm.tar --cache c --certs="$FIXTURE/certs.pem"
build plain.tar --no-cache --certs="$FIXTURE/certs.pem"
same plain.tar warm.tar over_one_where_it_lies_elsewhere_is_the_same
# Of a large file the blob in the output is hashed ahead, once a document there tells of the file.
blocks big 1700000
build plain.tar --no-cache --file big:/big
build warm.tar --cache c --file big:/big
for offset in '' 5000 1200000 $(($(stat -c %s plain.tar) - 3000)); do
	[ -z "$offset" ] || change warm.tar "$offset"
	over warm.tar --cache c --file big:/big
	same plain.tar warm.tar "over_what_is_hashed_ahead${offset:+_and_differs_at_$offset}_is_the_same"
done
rm big
over warm.tar --cache c --paranoid
same want.tar warm.tar over_another_paranoid_is_the_same
rm -r c
build cold.tar --cache c

# Part of it is there.
rm -r c/6/layer
build blocks.tar --cache c
same want.tar blocks.tar blocks_alone_give_the_same
is "$hits" '6 of 6 blocks, 0 of 2 layers' blocks_alone_do_most_of_it
# A layer that has lost a block is made again.
build blocks.tar --cache c
find c/6/block -type f | LC_ALL=C sort | head -n 1 | xargs rm
build lost.tar --cache c
same want.tar lost.tar a_lost_block_is_the_same
is "$(echo "$hits" | awk '{ print $3 - $1, $5, $7 }')" '2 2 2' '... and is all that is missed, once by its layer'
files | awk 'NR % 2' | xargs rm
build half.tar --cache c
same want.tar half.tar half_deleted_is_the_same

# All of it is wrong, in several ways. What was damaged is good afterwards.
poison() {
	local name=$1
	shift
	files | while read -r file; do "$@" "$file"; done
	build poisoned.tar --cache c
	same want.tar poisoned.tar "$name"
	build again.tar --cache c
	is "$hits" '6 of 6 blocks, 2 of 2 layers' "... and mended"
}
# Layers are asked for first; without them the blocks must stand the test.
flip_middle() {
	printf '\125' | dd of="$1" bs=1 seek=$(($(stat -c %s "$1") / 2)) conv=notrunc status=none
}
cut_short() {
	truncate -s -1 "$1"
}
empty() {
	: >"$1"
}
fill_with_another() {
	cat "$(files | head -n 1)" >"$T/another" && cat "$T/another" >"$1"
}
remove_layers() {
	rm -rf c/6/layer
}
for how in flip_middle cut_short empty fill_with_another; do
	poison "$how"_is_the_same "$how"
	remove_layers
	poison "$how"_of_blocks_is_the_same "$how"
done
files | while read -r file; do rm "$file" && mkdir "$file"; done
build dirs.tar --cache c
same want.tar dirs.tar directories_in_the_place_of_entries_are_no_harm
find c/6 -mindepth 3 -maxdepth 3 -type d | while read -r dir; do mkdir -p "$dir/a/b" && touch "$dir/a/file" "$dir/c"; done
t clearing_takes_directories_too mk cache clear --cache c
is "$(find c/6 -mindepth 3)" '' '... with all that is in them'
rm -rf c

# Of a large layer some bytes tell which one it is likely to be; all of them tell whether it is.
blocks big 1700000
truncate -s 40M big
large() {
	rm -f "$1"
	large_over "$@"
}
large_over() {
	run mk -v --bin in/app --file big:/big -o "$@"
	[ "$status" = 0 ] || comment <"$err"
	hits=$(sed -n 's/^cache .*: \([0-9]* of [0-9]* blocks, .*\)/\1/p' "$err")
}
spoil() {
	local kind=$1 name=$2
	shift 2
	find c/6/"$kind" -type f | while read -r file; do "$@" "$file"; done
	large spoiled.tar --cache c
	same big.tar spoiled.tar "$name"
	large again.tar --cache c
	like "$hits" '^([0-9]+) of \1 blocks, 2 of 2 layers$' "... and mended"
}
large big.tar --no-cache
large cold.tar --cache c
same big.tar cold.tar large_cold_is_the_same
is "$(find c/6/sketch -type f | wc -l)" 1 a_large_layer_leaves_a_sketch
large warm.tar --cache c
same big.tar warm.tar large_warm_is_the_same
like "$hits" '^([0-9]+) of \1 blocks, 2 of 2 layers$' large_warm_takes_the_layer
large_over warm.tar --cache c
same big.tar warm.tar large_over_itself_is_the_same
like "$hits" '^([01]) of \1 blocks, 2 of 2 layers$' large_over_itself_no_block_is_read_but_a_first_guess
change warm.tar 900000
large_over warm.tar --cache c
same big.tar warm.tar large_over_one_that_differs_is_the_same
large alone.tar --cache c -j 1
same big.tar alone.tar large_warm_is_the_same_on_one_thread
for how in flip_middle cut_short empty fill_with_another; do
	for kind in block layer sketch; do
		spoil "$kind" "large: $how of each $kind is the same" "$how"
	done
done
find c/6/block -type f | LC_ALL=C sort | tail -n 1 | xargs rm
large lost.tar --cache c
same big.tar lost.tar large_with_a_lost_block_is_the_same
large dir --cache c -o lost.tar
same big.tar lost.tar large_to_two_outputs_is_the_same
# Between the samples: same sketch, other bytes, and no time that shows it.
cp -a big kept.big
printf x | dd of=big bs=1 seek=1000000 conv=notrunc status=none
touch -r kept.big big
large plain.tar --no-cache
large changed.tar --cache c
same plain.tar changed.tar a_change_that_no_sketch_shows_is_seen
run cmp big.tar changed.tar
is "$status" 1 '... and is a change'
large changed.tar --cache c
same plain.tar changed.tar a_sketch_that_was_wrong_is_replaced
like "$hits" '^([0-9]+) of \1 blocks, 2 of 2 layers$' '... by one that is right'
large plain.tar --no-cache --no-record
large bare.tar --cache c --no-record
same plain.tar bare.tar large_without_a_record_is_the_same
rm -rf c big kept.big dir

# Another codec or level never gets the blocks of this one.
build cold.tar --cache c
for codec in gzip:1 gzip:9 zstd zstd:9 none; do
	build plain.tar --no-cache --compress "$codec"
	build first.tar --cache c --compress "$codec"
	build second.tar --cache c --compress "$codec"
	same plain.tar first.tar "${codec}_beside_gzip"
	same plain.tar second.tar "${codec}_a_second_time"
done
SOURCE_DATE_EPOCH=1000000000 build plain.tar --no-cache
SOURCE_DATE_EPOCH=1000000000 build other.tar --cache c
same plain.tar other.tar another_time_is_another_layer
build plain.tar --no-cache --layers single --user root
build other.tar --cache c --layers single --user root
same plain.tar other.tar other_options_are_another_layer

# A layer that is there may follow one that is not; the archive has them in their order all the same.
build plain.tar --no-cache --certs="$FIXTURE/certs.pem"
build other.tar --cache c --certs="$FIXTURE/certs.pem"
same plain.tar other.tar a_layer_that_is_there_waits_for_one_that_is_not
is "$hits" '5 of 6 blocks, 1 of 2 layers' '... and is taken'

# Only content counts: same size and time, other bytes.
cp -a in/site/large kept
printf x | dd of=in/site/large bs=1 seek=1000000 conv=notrunc status=none
touch -r kept in/site/large
build plain.tar --no-cache
build changed.tar --cache c
same plain.tar changed.tar a_change_that_no_time_shows_is_seen
run cmp want.tar changed.tar
is "$status" 1 '... and is a change'
like "$hits" '^[2-5] of 6 blocks, 1 of 2 layers$' blocks_that_did_not_change_are_taken
{ echo 'some bytes more'; cat kept; } >in/site/large
build plain.tar --no-cache
build moved.tar --cache c
same plain.tar moved.tar what_moved_is_the_same
like "$hits" '^[4-6] of [67] blocks, 1 of 2 layers$' blocks_that_only_moved_are_taken
cp -a kept in/site/large

# Where it lies.
XDG_CACHE_HOME=$T/xdg build x.tar
t xdg_cache_home_is_used test -d xdg/mkscratch/6
build x.tar
t else_below_home test -d "$HOME/.cache/mkscratch/6"
rm -rf "$HOME/.cache"
(cd in && XDG_CACHE_HOME=relative "$MKSCRATCH" --bin app -o ../x.tar >/dev/null)
is "$([ -e in/relative ] && echo made)$([ -d "$HOME/.cache/mkscratch" ] && echo home)" home a_relative_xdg_cache_home_counts_for_none
run env -u HOME "$MKSCRATCH" -v --bin in/app -o x.tar
is "$status $(grep -c '^cache' "$err")" '0 0' without_home_there_is_none
run env HOME=/proc/nothing "$MKSCRATCH" --bin in/app -o x.tar
is "$status $(cat "$err")" '0 ' a_home_that_cannot_be_written_is_no_news
rm -rf "$HOME/.cache"
mk --bin in/app -n -o x.tar >/dev/null && mk --bin in/app --print rootfs >/dev/null
t dry_runs_make_none test ! -e "$HOME/.cache"

# Faults are one warning, and the image is the same.
faulty() {
	local name=$1 want=$2
	shift 2
	run "$@"
	cmp -s want.tar "$out"
	is "$status $? $(grep -c '^warning' "$err")" '0 0 1' "$name"
	is "$(grep '^warning' "$err")" "warning: cache $want" "... and says so"
}
: >file
to_stdout=("$MKSCRATCH" --bin in/app --tree in/site:/srv -o -)
faulty a_file_for_a_directory 'file: cannot open (Not a directory); nothing is cached' "${to_stdout[@]}" --cache file
mkdir -m 777 open && chmod 777 open
faulty a_directory_others_may_write_to 'open: others may write to it (mode 0777); nothing is cached' \
	"${to_stdout[@]}" --cache open
limited() (
	set -o pipefail
	(ulimit -f 1 && exec "$@") | cat
)
faulty a_full_disk 'full: write failed (File too large); nothing more is cached' limited "${to_stdout[@]}" --cache full
is "$(find full -type f -size +2k)$(find full -name '.tmp*')" '' a_full_disk_leaves_no_part

# Many at once.
rm -rf c
for i in 1 2 3 4 5 6; do
	mk --bin in/app --tree in/site:/srv --cache c -o "p$i.tar" >/dev/null &
done
wait
is "$(sha256sum p?.tar | cut -c 1-64 | sort -u)" "$(sha256sum <want.tar | cut -c 1-64)" six_at_once_make_the_same

# Kept small; looked at; emptied.
build x.tar --cache c --cache-size 1000k
t a_build_trims test "$(mk cache stat --cache c --json | jq .size)" -le 1000000
build x.tar --cache c
like "$(mk cache stat --cache c)" '^c: [0-9]+ blocks? and 2 layers, [0-9.]+ [kM]B of 1\.0 GB$' stat_tells
is "$(mk cache stat --cache c --json | jq -c 'keys')" '["blocks","dir","layers","max_size","size"]' stat_tells_in_json
mkdir -p c/6/block && echo mine >c/6/block/notes
: >c/mine
rm -rf c/6/layer
build x.tar --cache c
like "$(mk cache trim --cache c --cache-size 900k)" '^c: removed [0-9]+ blocks? and [0-2] layers?, .*B; left .*B of 900\.0 kB$' \
	trim_tells
t trim_meets_the_size test "$(mk cache stat --cache c --json | jq .size)" -le 900000
is "$(mk cache clear --cache c --json | jq -c '[.blocks, .layers, .size, .removed.size > 0]')" '[0,0,0,true]' clear_empties_it
is "$(mk cache clear -q --cache c)" '' quiet_says_nothing
is "$(cat c/6/block/notes) $([ -e c/mine ] && echo there)" 'mine there' what_is_not_ours_stays
is "$(mk cache stat --cache nowhere)" 'nowhere: 0 blocks and 0 layers, 0 B of 1.0 GB' no_directory_is_an_empty_cache
t stat_makes_none test ! -e nowhere

# What versions before this one left is told, goes first and goes all; but a number may be the name of others' directories.
older() { # what is there of older formats, and beside them
	rm -rf c/3 c/5 c/7 && mkdir -p c/3/block/ab c/5/layer/cd c/5/sketch/00 c/7/block/ab c/2/block/ab c/1/notes c/03
	head -c 3000 /dev/zero | tee c/3/block/ab/ab"$(printf '%062d' 0)" >c/7/block/ab/ab"$(printf '%062d' 0)"
	head -c 2000 /dev/zero >c/5/layer/cd/cd"$(printf '%062d' 0)"
	echo 5000 | tee c/3/grown >c/1/grown
	echo mine >c/2/block/ab/notes
}
rm -rf c && build x.tar --cache c
size=$(mk cache stat --cache c --json | jq .size)
older
is "$(mk cache stat --cache c --json | jq -c '[.size, .older_size]')" "[$((size + 5000)),5000]" stat_tells_older_formats
like "$(mk cache stat --cache c)" ' \(5\.0 kB in older formats\) of 1\.0 GB$' ...and_in_words
is "$(mk cache trim --cache c --cache-size $((size + 2500)) --json | jq -c '[.size, .older_size, .removed.size]')" \
	"[$((size + 2000)),2000,3000]" trim_removes_the_oldest_first
is "$(echo c/[0-9]*)" 'c/03 c/1 c/2 c/5 c/6 c/7' ...with_its_directories
older
build x.tar --cache c --cache-size "$size"
is "$(mk cache stat --cache c --json | jq -c '[.size <= '"$size"', .older_size]')" "[true,null]" \
	...and_so_does_a_build
older
is "$(mk cache clear --cache c --json | jq -c '[.size, .older_size, .removed.older_size]')" '[0,null,5000]' clear_removes_them
is "$(find c/[0-57]* -type f | LC_ALL=C sort | cut -c 1-20 | xargs)" 'c/1/grown c/2/block/ab/notes c/7/block/ab/ab00000' ...but_nothing_of_others
is "$(echo c/[0-9]*)" 'c/03 c/1 c/2 c/6 c/7' ...nor_their_directories
older && rm -rf c/6
is "$(mk cache clear --cache c --json | jq -c .removed.older_size)" 5000 ...when_there_is_none_of_ours_yet
rm -rf c && mkdir -p c/0/block/ab && echo mine | tee c/mine >c/0/block/ab/ab"$(printf '%062d' 0)" && build x.tar --cache c
older
cp c/6/CACHEDIR.TAG c/5/ && cp c/6/CACHEDIR.TAG c/2/ && mkdir c/2/layer
mk cache clear -q --cache c
is "$(echo c/[0-9]*) $(find c/2 -mindepth 1 -maxdepth 1 -printf '%f\n' | sort | xargs) $(find c/0 -type f | wc -l)" 'c/0 c/03 c/1 c/2 c/6 c/7 CACHEDIR.TAG block 1' \
	...the_tag_of_one_goes_with_it_or_stays

# A capability is part of what a layer is.
cc -static -x c -o capped - <<<'int main(void) { return 0; }'
digest() { "$MKSCRATCH" --json "$@" -o caps.tar | jq -r .digest; }
want=$(digest --bin capped --cap /capped=cap_net_bind_service --no-cache) plain=$(digest --bin capped --no-cache)
digest --bin capped --cache caps >/dev/null
is "$(digest --bin capped --cap /capped=cap_net_bind_service --cache caps) $(digest --bin capped --cache caps)" "$want $plain" \
	a_capability_is_not_taken_from_or_lost_to_the_cache

# A cache that lies in a tree is no input: the image is the same without, with an empty and with a full one.
mkdir project && echo 1 >project/a && echo 2 >project/b
inside() { (cd project && "$MKSCRATCH" --json --bin ../capped --tree .:/t "$@" | jq -r .digest); }
want=$(inside --no-cache -o ../inside.tar)
for i in cold warm; do
	is "$(inside --cache .c -o ../inside.tar)" "$want" "a_${i}_cache_in_a_tree_is_left_out"
done
is "$(inside --no-cache -o ../inside.tar)" "$want" ...and_when_it_is_not_used
is "$(inside --cache ../caps -o ../inside.tar)" "$want" ...and_by_a_run_that_has_another
is "$(cd project && "$MKSCRATCH" verify -q --rebuild ../inside.tar 2>&1; echo $?)" 0 ...and_it_is_made_again
is "$("$MKSCRATCH" -v --bin capped --tree project:/t --cache project/.c -o inside.tar 2>&1 | grep -c '^project/\.c: left out, it is a cache of mkscratch (CACHEDIR.TAG)$')" 1 ...which_is_told
rm project/.c/CACHEDIR.TAG
is "$(inside --cache .c -o ../inside.tar)" "$want" ...and_one_that_had_lost_its_tag
rm -r project/.c
mkdir project/.d && printf 'Signature: 8a477f597d28d172789f06886806bc55\n' >project/.d/CACHEDIR.TAG
run mk --bin capped --tree project:/t --no-cache -o inside.tar
is "$(mk cat inside.tar /t/.d/CACHEDIR.TAG)" "$(cat project/.d/CACHEDIR.TAG)" the_cache_of_another_program_is_a_directory_as_any
rm project/.d/CACHEDIR.TAG && mkfifo project/.d/CACHEDIR.TAG
run mk --bin capped --tree project:/t --no-cache -o inside.tar
is "$status $(head -n 1 "$err")" '3 mkscratch: project/.d/CACHEDIR.TAG: is a FIFO, expected a regular file, directory or link' ...and_a_FIFO_is_a_FIFO
rm -r project/.d
# Nor is what runs leave in layouts that lie in a tree: the lock, and the temporary file of one that was killed.
cp -r project lay && "$MKSCRATCH" -q --bin capped -o lay/image/ && want=$(digest --bin capped --tree lay:/t --no-cache)
echo 4711 >lay/image/.mkscratch.lock && echo half >lay/image/blobs/.img.tar.mkscratch-0123456789abcdef
is "$(digest --bin capped --tree lay:/t --no-cache)" "$want" what_runs_leave_in_a_tree_is_left_out
is "$("$MKSCRATCH" -v --bin capped --tree lay:/t --no-cache -o inside.tar 2>&1 | grep 'left out')" \
	'lay/image/.mkscratch.lock: left out, a run of mkscratch has left it
lay/image/blobs/.img.tar.mkscratch-0123456789abcdef: left out, a run of mkscratch has left it' ...which_is_told
t ...all_else_is_there sh -c '"$MKSCRATCH" ls inside.tar /t >l; grep -q image/oci-layout l && ! grep mkscratch l'
is "$("$MKSCRATCH" verify -q --rebuild inside.tar 2>&1; echo $?)" 0 ...and_it_is_made_again
mkdir lay/.x.mkscratch-0123456789abcdef && touch lay/x.mkscratch-0123456789abcdef lay/.x.mkscratch-mine
mk --bin capped --tree lay:/t --file lay/image/.mkscratch.lock:/lock --no-cache -q -o inside.tar
is "$("$MKSCRATCH" ls inside.tar | grep -o '[^ ]*\(lock\|mkscratch\).*' | sort | xargs)" \
	'lock t/.x.mkscratch-0123456789abcdef/ t/.x.mkscratch-mine t/x.mkscratch-0123456789abcdef' ...but_nothing_else
# Who caches in a directory that is not his alone has but his own left out of it.
mkdir shared && echo theirs >shared/file && want=$(digest --bin capped --tree shared:/t --no-cache)
for i in cold warm; do
	is "$(digest --bin capped --tree shared:/t --cache shared)" "$want" "in_a_directory_of_others_a_${i}_cache_alone_is_left_out"
done
is "$("$MKSCRATCH" ls caps.tar /t | grep -o 't/.*' | xargs)" 't/ t/file' ...and_what_is_theirs_is_there
t ...it_is_a_cache_all_the_same test "$(mk cache stat --cache shared)" != 'shared: 0 blocks and 0 layers, 0 B of 1.0 GB' -a ! -e shared/CACHEDIR.TAG
run mk --bin capped --tree caps:/t --no-cache -o inside.tar
is "$status $(cat "$err")" '2 mkscratch: --tree caps: is a cache of mkscratch (CACHEDIR.TAG)
hint: --cache with a directory of its own; remove CACHEDIR.TAG here, and the cache beside it' a_tree_that_is_a_cache_is_refused

mkdir absent && rmdir absent
HOME=$PWD/absent XDG_CACHE_HOME='' "$MKSCRATCH" -q --bin capped -o home.tar
t a_home_that_is_not_there_is_not_made test ! -e absent
done_testing
