#!/usr/bin/env bash
# ELF files that come by --tree: what they need and the image lacks is told in one warning.
. "$(dirname "$0")/../lib.sh"
require cc patchelf python3
need_glibc
lib() { # PATH SONAME [FLAGS]
	local path=$1 soname=$2
	shift 2
	mkdir -p "$(dirname "$path")"
	printf 'int f(void) { return 1; }\n' | cc -shared -fPIC -x c -o "$path" - -x none -Wl,-soname,"$soname" -Wl,--no-as-needed "$@"
}
cc -static -x c -o app - <<<'int main(void) { return 0; }'
cc -x c -o dynamic - <<<'int main(void) { return 0; }'
libc=$(mk deps --list dynamic | grep /libc.so.6)
lib libs/liba.so.1 liba.so.1 && lib libs/libb.so.1 libb.so.1
tree() { rm -rf tree && mkdir -p tree; }
says() { # NAME WARNING ARG...
	local name=$1 want=$2
	shift 2
	run mk --media-types oci -n --tree tree:/opt "$@"
	is "$status $(cat "$err")" "0 ${want:+warning: $want}" "$name"
}
beside='puts them beside those of the program'

tree && lib tree/sub/ext.so ext.so libs/liba.so.1
says a_library_is_lacking \
	"--tree: 1 ELF file needs what is not in the image: liba.so.1 (/opt/sub/ext.so); --lib liba.so.1 puts them beside those of the program" --bin dynamic
says ...by_its_hint '' --bin dynamic --lib liba.so.1 --library-path "$PWD/libs"
says ...or_as_a_file_of_its_name '' --bin dynamic --file libs/liba.so.1:/srv/liba.so.1
says ...or_where_the_environment_leads '' --bin dynamic --dir /x --file libs/liba.so.1:/x/liba.so.1 -e LD_LIBRARY_PATH=/x
says ...without_a_loader "--tree: 1 ELF file needs what is not in the image: liba.so.1 (/opt/sub/ext.so), libc.so.6 (/opt/sub/ext.so); a program that is given as --bin brings its libraries" \
	--bin app
run mk --media-types oci -q -n --tree tree:/opt --bin dynamic
is "$status $(cat "$err")" '0 ' '... -q says nothing'
run mk --media-types oci -n --strict --tree tree:/opt --bin dynamic
is "$status" 1 '... --strict refuses'
run mk --media-types oci -n --bin dynamic --dir /r --link r:/l --tree tree:/l/x
is "$status $(cat "$err")" \
	"0 warning: --tree: 1 ELF file needs what is not in the image: liba.so.1 (/r/x/sub/ext.so); --lib liba.so.1 $beside" ...where_a_link_has_led_it
cp libs/liba.so.1 tree/sub/
says a_file_of_the_tree_is_in_the_image '' --bin dynamic

tree && lib tree/ext.so ext.so libs/liba.so.1 && lib tree/a.node a.node libs/libb.so.1 libs/liba.so.1 && cp tree/ext.so tree/run
chmod 644 tree/ext.so tree/a.node && chmod 755 tree/run && cp tree/ext.so tree/data && chmod 644 tree/data
says names_and_modes_tell_which_are_looked_at \
	"--tree: 3 ELF files need what is not in the image: libb.so.1 (/opt/a.node), liba.so.1 (/opt/a.node); --lib libb.so.1 --lib liba.so.1 $beside" --bin dynamic
tree
for i in 1 2 3 4 5 6 7; do lib "libs/libn$i.so" "libn$i.so" && lib "tree/$i.so" "$i.so" "libs/libn$i.so"; done
says many "--tree: 7 ELF files need what is not in the image: libn1.so (/opt/1.so), libn2.so (/opt/2.so), libn3.so (/opt/3.so), libn4.so (/opt/4.so), libn5.so (/opt/5.so) and 2 more; --lib libn1.so --lib libn2.so --lib libn3.so --lib libn4.so --lib libn5.so $beside" \
	--bin dynamic

# More than one memo is for.
tree && for i in 0 1 2 3 4 5 6 7 8 9; do
	mkdir "tree/$i" && cp libs/libn1.so "tree/$i/lib0.so" && patchelf --add-needed libgone.so "tree/$i/lib0.so"
	for k in $(seq 300); do ln "tree/$i/lib0.so" "tree/$i/lib$k.so"; done
done
says thousands "--tree: 3010 ELF files need what is not in the image: libgone.so (/opt/0/lib0.so); --lib libgone.so $beside" --bin dynamic

# What is no concern of this image, or nothing at all.
tree && lib tree/ext.so ext.so libs/liba.so.1 && printf '\267\0' | dd of=tree/ext.so bs=1 seek=18 conv=notrunc status=none
printf '\177ELF' >tree/short.so && printf '\177ELF and no more' >tree/bad.so && echo text >tree/text.so && : >tree/empty.so
cp app tree/static && printf '#!/bin/sh\n' >tree/script && chmod +x tree/script
says others_are_left_alone '' --bin dynamic

# A program of a tree, whose place is what $ORIGIN is.
# shellcheck disable=SC2016
tree && lib tree/lib/liba.so.1 liba.so.1 && mkdir tree/bin && cc -x c -o tree/bin/prog - -x none tree/lib/liba.so.1 -Wl,-rpath,'$ORIGIN/../lib' <<<'int f(void); int main(void) { return f(); }'
says origin_is_its_place '' --bin dynamic
rm tree/lib/liba.so.1
says ...from_which_nothing_leads "--tree: 1 ELF file needs what is not in the image: liba.so.1 (/opt/bin/prog); --lib liba.so.1 $beside" --bin dynamic
says ...without_its_loader "--tree: 1 ELF file needs what is not in the image: $loader (/opt/bin/prog), liba.so.1 (/opt/bin/prog), libc.so.6 (/opt/bin/prog); a program that is given as --bin brings its libraries" \
	--bin app
mk -q --bin app --file "$libc:$libc" --file "$loader:$loader:0755" --file libs/liba.so.1:/lib/liba.so.1 -o base.tar
says ...which_a_base_has '' --base base.tar --bin app

# Of two trees one line; of two platforms each once.
tree && lib tree/ext.so ext.so libs/liba.so.1 && cp -r tree other
says two_trees "--tree: 2 ELF files need what is not in the image: liba.so.1 (/opt/ext.so); --lib liba.so.1 $beside" --bin dynamic --tree other:/srv
done_testing
