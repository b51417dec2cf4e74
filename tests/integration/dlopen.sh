#!/usr/bin/env bash
# .note.dlopen, made by the assembler: what it names comes along as its priority and --dlopen say, with all that needs.
. "$(dirname "$0")/../lib.sh"
require cc objcopy python3 jq patchelf
printf 'int main(void){return 0;}' | cc -x c -o probe - && mk deps --json probe >json || skip_all 'cannot: no loader for what cc makes'
[ "$(jq -r .libc json)" = glibc ] || skip_all 'cannot: the compiler makes no glibc programs'

note() { # JSON: the note as a line of C
	printf '__asm__(".pushsection .note.dlopen,\\"a\\",%%note\\n.p2align 2\\n.long 4, 1f-0f, 0x407c0c0a\\n'
	printf '.asciz \\"FDO\\"\\n0: .asciz \\"%s\\"\\n1: .p2align 2\\n.popsection\\n");\n' "$(sed 's/"/\\\\\\\"/g' <<<"$1")"
}
lib() { # NAME [JSON [FLAGS]]: l/NAME
	local name=$1 json=${2-}
	shift $(($# > 2 ? 2 : $#))
	{ [ -z "$json" ] || note "$json"; echo "int f_$(tr -c 'a-z0-9\n' _ <<<"$name")(void) { return 1; }"; } |
		cc -shared -fPIC -x c -o "l/$name" - -x none -Wl,-soname,"$name" -Wl,--no-as-needed "$@"
}
prog() { # NAME JSON [FLAGS]
	local name=$1 json=$2
	shift 2
	{ [ -z "$json" ] || note "$json"; echo 'int main(void) { return 0; }'; } |
		cc -x c -o "$name" - -x none -Wl,--no-as-needed -Wl,-rpath,"$T/l" "$@"
}
libs() { # the libraries of l/ in the image
	run mk --bin "$@" --print rootfs
	[ "$status" = 0 ] || { cat "$err"; return; }
	grep ^f "$out" | cut -f5 | sed -n "s,^$T/l/,,p" | sort | xargs
}

mkdir l
all='[{"soname":["libreq.so.1"],"feature":"core","priority":"required"},
{"soname":["librec.so.1"],"feature":"extra","description":"more of it"},
{"soname":["libsug.so.1"],"feature":"toys","priority":"suggested"}]'
lib libdeep.so.1 && lib libneeded.so.1 '' l/libdeep.so.1 -Wl,-rpath,"$T/l"
lib libreq.so.1 '' l/libneeded.so.1 -Wl,-rpath,"$T/l" && lib librec.so.1 && lib libsug.so.1
prog app "$(tr -d '\n' <<<"$all")"
readelf -n app >notes
like "$(cat notes)" 'FDO' 'the assembler made the note'
is "$(libs app)" 'libdeep.so.1 libneeded.so.1 librec.so.1 libreq.so.1' required_and_recommended_come_with_what_they_need
is "$(libs app --dlopen toys)" 'libdeep.so.1 libneeded.so.1 librec.so.1 libreq.so.1 libsug.so.1' a_feature_adds_what_is_suggested
is "$(libs app --dlopen=-extra)" 'libdeep.so.1 libneeded.so.1 libreq.so.1' a_feature_can_be_left_out
is "$(libs app --dlopen all)" 'libdeep.so.1 libneeded.so.1 librec.so.1 libreq.so.1 libsug.so.1' all_is_all
is "$(libs app --dlopen none)" '' none_is_none
is "$(libs app --dlopen none --dlopen toys)" 'libsug.so.1' the_last_word_counts
objcopy --strip-section-headers app stripped 2>/dev/null || python3 - <<'P'
d = bytearray(open('app', 'rb').read())
d[40:48] = bytes(8); d[58:64] = bytes(6)
open('stripped', 'wb').write(d)
P
is "$(libs stripped)" 'libdeep.so.1 libneeded.so.1 librec.so.1 libreq.so.1' the_note_is_found_without_section_headers

run mk --bin app --print rootfs
like "$(grep 'libreq.so.1' "$out")" '# library: libreq\.so\.1: loaded by /app while it runs \(feature core, required\), found by runpath' the_reason_is_recorded
run mk --bin app -v -n
like "$(cat "$err")" '^app: librec\.so\.1: loaded by /app while it runs \(feature extra, recommended\)' v_says_why
like "$(cat "$err")" '^app: libsug\.so\.1 left out; loaded by app while it runs \(feature toys, suggested\); --dlopen toys adds it$' v_says_what_is_left_out

# deps: the loader's list stays the loader's.
mk deps --list app >list
is "$(grep -c "$T/l" list)" 0 list_is_what_the_loader_maps_at_start
plain() { sed "s,$T/,,g; s,([^()]*[^)]*l)\\(;\\|$\\),(runpath)\\1,"; }
is "$(mk deps app | sed -n '/loaded while it runs:/,$p' | plain)" \
	"  loaded while it runs:
    libreq.so.1 => l/libreq.so.1 (runpath); loaded by app while it runs (feature core, required)
      libneeded.so.1 => l/libneeded.so.1 (runpath)
        libdeep.so.1 => l/libdeep.so.1 (runpath)
          libc.so.6 (above)
        libc.so.6 (above)
      libc.so.6 (above)
    librec.so.1 => l/librec.so.1 (runpath); loaded by app while it runs (feature extra, recommended)
      libc.so.6 (above)
    libsug.so.1 => left out; loaded by app while it runs (feature toys, suggested)" the_tree_shows_them_apart
mk deps --json app >json
is "$(jq -c '[.runtime[] | [.name, .found_by, .why, (.needed_by | map(sub(".*/"; "")))]] | .[0:2]' json)" \
	'[["libreq.so.1","runpath","loaded by app while it runs (feature core, required)",["app"]],["libneeded.so.1","runpath","needed by libreq.so.1",["libreq.so.1"]]]' json_names_them_with_the_reason
is "$(jq -c '[.dlopen[] | [.names, .by, .feature, .description, .priority, .wanted, (.path != null)]] | .[1:3]' json)" \
	'[[["librec.so.1"],"app","extra","more of it","recommended",true,true],[["libsug.so.1"],"app","toys",null,"suggested",false,false]]' json_has_the_notes
is "$(jq -r '.objects[].name' json | grep -c "libre")" 0 json_objects_are_what_the_loader_maps_at_start
is "$(mk deps --json --dlopen toys app | jq -r '.runtime[].name' | xargs)" 'libreq.so.1 libneeded.so.1 libdeep.so.1 librec.so.1 libsug.so.1' deps_takes_dlopen

# Names in order; the rules of the loader for the object that has the note.
prog alt '[{"soname":["libnone.so.2","librec.so.1","libsug.so.1"]}]'
is "$(libs alt)" 'librec.so.1' the_first_name_that_is_there_is_taken
mkdir l/own && lib libhidden.so.1 && mv l/libhidden.so.1 l/own/
# shellcheck disable=SC2016
lib libnoter.so.1 '[{"soname":["libhidden.so.1"]}]' -Wl,--enable-new-dtags,-rpath,'$ORIGIN/own'
prog through '' l/libnoter.so.1
is "$(libs through)" 'libnoter.so.1 own/libhidden.so.1' runpath_of_the_noting_object_counts
prog notthrough '[{"soname":["libhidden.so.1"]}]' l/libnoter.so.1
is "$(mk deps --json notthrough | jq -c '[.dlopen[] | [.by, .path != null] | .[0] |= sub(".*/"; "")]')" '[["notthrough",false],["libnoter.so.1",true]]' \
	'... and of nobody else'
lib libtop.so.1 '[{"soname":["libreq.so.1"],"priority":"required"},{"soname":["libtop.so.1"]}]' -Wl,-rpath,"$T/l"
prog chain '[{"soname":["libtop.so.1"]}]'
is "$(libs chain)" 'libdeep.so.1 libneeded.so.1 libreq.so.1 libtop.so.1' notes_of_what_is_loaded_later_count_too
prog both '[{"soname":["libreq.so.1"]},{"soname":["libreq.so.1"]}]' l/libreq.so.1
is "$(mk deps --json both | jq -c '[(.runtime | length), ([.objects[] | select(.name == "libreq.so.1")] | length), (.dlopen | map(.path != null))]')" \
	'[0,1,[true,true]]' what_is_loaded_already_is_no_second_object

# Where it starts: dlopen finds what was packed.
cat >start.c <<'C'
#include <dlfcn.h>
#include <stdio.h>
C
note '[{"soname":["libreq.so.1"],"priority":"required"}]' >>start.c
cat >>start.c <<'C'
int main(void)
{
	void *h = dlopen("libreq.so.1", RTLD_NOW);
	puts(h && dlsym(h, "f_libreq_so_1") ? "loaded" : dlerror());
	return 0;
}
C
cc -o start start.c -Wl,-rpath,"$T/l" && mk -q --bin start --compress none --layers single -o start.tar
mkdir root && tar xOf start.tar "$(tar xOf start.tar manifest.json | jq -r '.[0].Layers[0]')" | tar xf - -C root
if [ "$(id -u)" = 0 ]; then
	is "$(chroot root /start)" loaded dlopen_finds_it_in_the_image
else
	skip dlopen_finds_it_in_the_image 'cannot: chroot wants root'
fi

# What is absent. How many directories are searched is the machine's affair.
lacks() { # MESSAGE ARG...: exit 4 with that message
	local want=$1
	shift
	run mk --bin "$@" -o x.tar
	is "$status $(head -n 1 "$err" | sed 's/searched [0-9]* directories/searched/') $(ls x.tar 2>/dev/null)" "4 mkscratch: $want, not found (searched) " "$want"
}
prog lacks '[{"soname":["libgone.so.2","libgone.so.1"],"priority":"required","feature":"gone"}]'
lacks 'lacks: needs libgone.so.2 or libgone.so.1 while it runs' lacks
like "$(sed -n 2p "$err")" '^hint: .*--dlopen=-gone leaves it out; ' '... and how to do without'
is "$(libs lacks --dlopen=-gone)" '' a_required_one_can_be_left_out
lib liblacks.so.1 '[{"soname":["libgone.so.1"],"priority":"required"}]'
prog lacks2 '' l/liblacks.so.1
lacks 'lacks2: liblacks.so.1 needs libgone.so.1 while it runs' lacks2
like "$(sed -n 2p "$err")" '^hint: .*--dlopen none leaves it out; ' '... and how to do without a feature'
run mk deps lacks
is "$status $(grep -c 'libgone.so.2 or libgone.so.1 => not found; loaded by lacks while it runs' "$out")" '4 1' deps_shows_it_in_its_place
prog mayLack '[{"soname":["libgone.so.1"],"feature":"gone"}]'
run mk --bin mayLack -n
is "$status $(sed 's/searched [0-9]* directories/searched/' "$err")" '0 warning: mayLack: libgone.so.1 not found (searched); loaded by mayLack while it runs (feature gone, recommended)' \
	a_recommended_one_that_is_missing_is_a_warning
lacks 'mayLack: needs libgone.so.1 while it runs' mayLack --dlopen gone
echo 'no library' >l/libtext.so.1
prog text '[{"soname":["libtext.so.1","librec.so.1"]}]'
is "$(libs text)" librec.so.1 a_file_that_is_no_library_makes_way_for_the_next
prog text1 '[{"soname":["libtext.so.1"]}]'
run mk --bin text1 -n
is "$status $(cat "$err")" '0 warning: text1: libtext.so.1 cannot be loaded (libtext.so.1: not an ELF file (starts with "no libra")); loaded by text1 while it runs (recommended)' \
	'... or is a warning'
must_fail 2 '--dlopen toyz: no file of the image has that feature' 'they have: core, extra, toys' -- --bin app --dlopen toyz -o x.tar
prog none ''
must_fail 2 '--dlopen toys: no file of the image has that feature' 'none of them has any; --lib NAME adds a library' -- \
	--bin none --dlopen toys -o x.tar
run mk --bin app --dlopen=-toyz -n
is "$status $(cat "$err")" '0 warning: --dlopen=-toyz: no file of the image has that feature' leaving_out_what_is_not_there_is_a_warning
must_fail 2 '--dlopen: the value is empty' -- --bin app --dlopen= -o x.tar
must_fail 2 '--dlopen -: names no feature' '--dlopen FEATURE, --dlopen=-FEATURE, --dlopen all or --dlopen none' -- --bin app --dlopen - -o x.tar

# deps knows the words as well.
run mk deps app --dlopen toyz
is "$status $(cat "$err")" '2 mkscratch: --dlopen toyz: no file here has that feature
hint: they have: core, extra, toys' deps_refuses_a_feature_that_no_file_has
run mk deps none app --dlopen toyz
is "$status $(head -n 1 "$err")" '2 mkscratch: --dlopen toyz: no file of these has that feature' '... of several files'
t '... and takes one that some have' mk deps none app --dlopen toys
run mk deps none --dlopen toyz
is "$status $(cat "$err")" '0 warning: --dlopen toyz: no file here has any feature' '... and warns where there are none'
run mk deps app --dlopen=-toyz
is "$status $(cat "$err")" '0 warning: --dlopen=-toyz: no file here has that feature' '... or nothing to leave out'

# What a recommended library lacks is no fault of the program.
lib libhollow.so.1 '' l/libdeep.so.1 && patchelf --replace-needed libdeep.so.1 libgone.so.1 l/libhollow.so.1
prog hollow '[{"soname":["libhollow.so.1"],"feature":"air"}]'
run mk --bin hollow -n
is "$status $(cat "$err")" '0 warning: hollow: libhollow.so.1 is of no use (libhollow.so.1 needs libgone.so.1, not found); loaded by hollow while it runs (feature air, recommended)' \
	what_a_recommended_library_lacks_is_a_warning
run mk deps hollow
like "$status $(grep libhollow "$out")" '^0 .*; cannot be loaded: libhollow.so.1 needs libgone.so.1, not found$' '... in its place'
like "$(cat "$out")" 'libgone.so.1 => not found \(searched .*/lib' '... with where it was looked for'
is "$(mk deps --json hollow | jq -r '"\(.missing | length) \(.dlopen[] | select(.feature == "air").lacks)"')" \
	'0 libhollow.so.1 needs libgone.so.1, not found' '... and for programs'
lacks 'hollow: libhollow.so.1 needs libgone.so.1' hollow --dlopen air
prog both '[{"soname":["libhollow.so.1"]},{"soname":["libhollow2.so.1"],"priority":"required"}]'
lib libhollow2.so.1 '' l/libdeep.so.1 && patchelf --replace-needed libdeep.so.1 libgone.so.1 l/libhollow2.so.1
lacks 'both: libhollow2.so.1 needs libgone.so.1' both

# Notes that make no sense.
for json in '[{"soname":' '{}' '[{"soname":"libreq.so.1"}]' '[{"soname":["libreq.so.1"],"priority":"dire"}]'; do
	prog bad "$json"
	run mk --bin bad -n
	like "$status $(cat "$err")" '^0 warning: bad: malformed \.note\.dlopen: .*; a library it loads while it runs may be absent$' "malformed: $json"
done
python3 -c 'print("[" + ",".join("""{"soname":["lib%d.so"]}""" % i for i in range(300)) + "]")' >many
prog many "$(cat many)"
run mk --bin many -n
like "$(cat "$err")" '^warning: many: malformed \.note\.dlopen: too many entries;' a_flood_of_entries_is_cut
is "$(grep -c 'not found' "$err")" 256 '... at its limit'
printf '__asm__(".pushsection .note.dlopen,\\"a\\",%%note\\n.p2align 2\\n.long 4, 2000000, 0x407c0c0a\\n.asciz \\"FDO\\"\\n.fill 2000000,1,32\\n.popsection");int main(void){return 0;}' |
	cc -x c -o huge -
run mk --bin huge -n
like "$status $(cat "$err")" '^0 warning: huge: notes of [0-9]+ bytes were not read \(allowed: 1048576\);' a_huge_note_is_not_read
done_testing
