#!/usr/bin/env bash
# A dynamic program is resolved once more inside the image before there is one: the same files by the image's own paths,
# environment and cache, or no image. A cache is made only for what nothing else leads to.
. "$(dirname "$0")/../lib.sh"
require cc patchelf jq bsdtar
need_glibc
libc=$(mk deps --list probe | grep -m1 '/libc\.so')
N=-Wl,--enable-new-dtags

lib() { # PATH SONAME NUMBER [FLAGS]: a library whose f() returns a number
	local path=$1 soname=$2 number=$3
	shift 3
	mkdir -p "$(dirname "$path")"
	printf 'int f(void) { return %s; }\n' "$number" |
		cc -shared -fPIC -x c -o "$path" - -x none -Wl,-soname,"$soname" "$@"
}
prog() { # PATH FLAGS: a program that ends with f()
	local path=$1
	shift
	mkdir -p "$(dirname "$path")"
	printf 'int f(void); int main(void) { return f(); }\n' |
		cc -x c -o "$path" - -x none -Wl,--no-as-needed -Wl,--allow-shlib-undefined "$@"
}
root() { # a system of its own: loader and libc
	rm -rf root && mkdir -p root/etc "root$(dirname "$loader")" "root$(dirname "$libc")"
	cp -L "$loader" "root$loader" && cp -L "$libc" "root$libc"
}
unpack() { # ARCHIVE: into out/
	local layer
	rm -rf out && mkdir out
	for layer in $(tar xOf "$1" manifest.json | jq -r '.[0].Layers[]'); do
		tar xOf "$1" "$layer" | bsdtar -xf - -C out
	done
}
runs() { # NAME NUMBER ARG...: the image that ARG... makes gives NUMBER when its program runs
	local name=$1 number=$2
	shift 2
	rm -f i.tar
	run mk "$@" -o i.tar
	[ "$status" = 0 ] || comment <"$err"
	unpack i.tar
	mapfile -t env < <(tar xOf i.tar "$(tar xOf i.tar manifest.json | jq -r '.[0].Config')" | jq -r '.config.Env[]?')
	run env ${env[@]+"${env[@]}"} chroot out /app
	is "$status" "$number" "$name"
}
entries() {
	mk "$@" --print rootfs | cut -f5
}
needs_chroot() {
	chroot / true 2>/dev/null || skip_all 'cannot: no chroot without root'
}
needs_chroot

root && lib root/opt/x/libx.so.1.2 libx.so.1 7 && ln -s libx.so.1.2 root/opt/x/libx.so.1
prog app root/opt/x/libx.so.1.2
echo /opt/x >root/etc/ld.so.conf
runs what_only_ld_so_conf_leads_to_gets_a_cache 7 --bin app --root root
is "$(ldconfig -r out -p | sed -n 's/^\t//p')" 'libx.so.1 (libc6,x86-64) => /opt/x/libx.so.1' ldconfig_reads_that_and_nothing_else_is_in_it
like "$(mk --bin app --root root --print rootfs)" "/etc/ld\.so\.cache	# ld\.so\.cache: leads the loader to /opt/x/libx\.so\.1" the_cache_says_why_it_is_there
ldconfig -r root
runs what_the_cache_leads_to_keeps_its_place 7 --bin app --root root
t the_image_verifies mk verify i.tar
cp i.tar first.tar && mk --bin app --root root -o i.tar && cmp -s first.tar i.tar
is $? 0 the_cache_has_the_same_bytes_each_time
is "$(entries --bin app --root root -e LD_LIBRARY_PATH=/opt/x | grep -c cache)" 0 a_variable_of_the_image_makes_it_needless
runs a_variable_of_the_image_leads_to_it 7 --bin app --root root -e LD_LIBRARY_PATH=/opt/none:/opt/x
runs ...at_a_semicolon_as_well 7 --bin app --root root -e 'LD_LIBRARY_PATH=/opt/none;/opt/x'
rm -f root/etc/ld.so.c*
runs the_variable_is_looked_up_below_the_root 7 --bin app --root root -e 'LD_LIBRARY_PATH=/opt/x'

# Below a directory that only a pattern, and only relative to the root, leads to; the cache knew nothing of it.
root && ldconfig -r root && lib root/opt/x/libx.so libx.so 7 && mkdir -p root/etc/d/one && prog app root/opt/x/libx.so
echo 'include d/*/x.conf' >root/etc/ld.so.conf && echo opt/x >root/etc/d/one/x.conf
runs what_a_stale_cache_lacks_gets_a_cache_of_the_image 7 --bin app --root root
like "$(mk --bin app --root root --print rootfs 2>&1)" 'warning: /etc/ld\.so\.cache: stale, so some libraries were found by /etc/ld\.so\.conf alone' ...and_is_told
runs the_cache_leads_there_from_any_directory 7 --bin app --root root --workdir /opt

# Two more that the cache leads to, one of them in front of a namesake in a system directory.
root && lib root/opt/x/libx.so libx.so 7 && lib root/usr/lib/libx.so libx.so 8 && echo /opt/x >root/etc/ld.so.conf
prog app root/opt/x/libx.so
ldconfig -r root
runs the_cache_wins_over_a_system_directory 7 --bin app --root root
mkdir -p tree && cp root/usr/lib/libx.so tree/
runs ...even_where_the_image_has_the_namesake_too 7 --bin app --root root --tree tree:/usr/lib
prog app2 root/opt/x/libx.so -Wl,-z,nodefaultlib
patchelf --set-rpath "$(dirname "$libc")" app2
runs nodeflib_takes_what_lies_elsewhere_from_the_cache 7 --bin app2:/app --root root

# Where no cache helps there is no image.
root && lib root/opt/x/libx.so libx.so 7
prog app $N root/opt/x/libx.so -Wl,-rpath,/opt/first:/opt/x
lib tree/libx.so libx.so 9
must_fail 4 'in the image, /app finds /opt/first/libx.so for libx.so, not /opt/x/libx.so' \
	'--bin SRC:DEST with the place it has below --root, or -e LD_LIBRARY_PATH=DIR, leads it there' -- \
	--bin app --root root --tree tree:/opt/first -o x.tar
runs without_the_other_file_all_is_well 7 --bin app --root root
must_fail 2 "$loader: given by library and by --file probe:$loader" -- --bin app --root root --file "probe:$loader" -o x.tar
root && lib root/opt/x/libx.so libx.so 7 && echo /opt/x >root/etc/ld.so.conf && prog app root/opt/x/libx.so
ldconfig -r root
echo mine >cache
must_fail 2 '/etc/ld.so.cache: given by ld.so.cache and by --file cache:/etc/ld.so.cache' -- \
	--bin app --root root --file cache:/etc/ld.so.cache -o x.tar
prog app3 -Wl,-z,nodefaultlib $N root/opt/x/libx.so -Wl,-rpath,"$(dirname "$libc")"
runs two_programs_share_the_cache 7 --bin app --bin app3:/bin/app3 --root root
is "$(chroot out /bin/app3; echo $?)" 7 ...and_both_start

# Started with more rights than its user has, a program is not led by the environment, and by $ORIGIN only into system
# directories. What it would not find so the cache leads to.
starts() { # NAME USER CACHES ARG...: /opt/app/bin/app of the image gives 7 for its user, with so many caches
	local name=$1 user=$2 caches=$3
	shift 3
	rm -f i.tar
	run mk --user "$user" --root root "$@" -o i.tar
	[ "$status" = 0 ] || comment <"$err"
	unpack i.tar && mkdir -p out/proc
	run unshare --mount sh -c 'mount --bind /proc out/proc && exec env "$2" chroot --userspec="$1" out /opt/app/bin/app' - \
		"$user" "$(tar xOf i.tar "$(tar xOf i.tar manifest.json | jq -r '.[0].Config')" | jq -r '.config.Env[]?' | tail -n 1 | grep . || echo NO=1)"
	is "$status $(find out/etc -name ld.so.cache | wc -l)" "7 $caches" "$name"
}
if unshare --mount true 2>/dev/null; then
	A=/opt/app/bin/app
	root && lib root/opt/app/lib/libx.so libx.so 7
	# shellcheck disable=SC2016
	prog root$A $N root/opt/app/lib/libx.so '-Wl,-rpath,$ORIGIN/../lib'
	cap=(--cap "$A=cap_net_bind_service")
	starts a_program_goes_by_its_origin 65534:65534 0 --bin root$A:$A
	starts ...with_a_capability_by_a_cache 65534:65534 1 --bin root$A:$A "${cap[@]}"
	starts ...that_root_has_anyway_by_its_origin 0:0 0 --bin root$A:$A "${cap[@]}"
	starts set_id_bits_are_a_gain_too 65534:65534 1 --bin root$A:$A:4755:0:0
	starts ...of_the_group 65534:65534 1 --bin root$A:$A:2755:0:0
	starts ...of_another_than_root 0:0 1 --bin root$A:$A:4755:5:5
	starts ...not_of_the_user_itself 65534:65534 0 --bin root$A:$A:6755
	starts ...nor_of_a_group_that_may_not_execute_it 65534:65534 0 --bin root$A:$A:2705:65534:0
	prog root$A root/opt/app/lib/libx.so
	starts a_variable_leads_to_a_library 65534:65534 0 --bin root$A:$A -e LD_LIBRARY_PATH=/opt/app/lib
	starts ...but_not_who_gains_rights 65534:65534 0 --bin root$A:$A -e LD_LIBRARY_PATH=/opt/app/lib "${cap[@]}"
	is "$(find out -name libx.so)" "out$(dirname "$libc")/libx.so" '...whose library lies where its loader looks'
	# shellcheck disable=SC2016
	patchelf --replace-needed libx.so '$ORIGIN/../lib/libx.so' root$A
	# shellcheck disable=SC2016
	must_fail 4 "in the image: $A: needs \"\$ORIGIN/../lib/libx.so\", and no loader takes a \$ token there where a program gains rights" -- \
		--user 65534 --root root --bin root$A:$A "${cap[@]}" -o x.tar
else
	skip programs_that_gain_rights 'cannot: no mount namespace here'
fi

# musl reads its own list on the host, which the image does not have.
if command -v musl-gcc >/dev/null; then
	musl=$(printf 'int main(void){return 0;}' | musl-gcc -x c -o mprobe - && patchelf --print-interpreter mprobe)
	rm -rf root && mkdir -p root/lib root/etc root/opt/m && cp -L "$musl" "root/lib/$(basename "$musl")"
	printf 'int f(void) { return 6; }\n' | musl-gcc -shared -fPIC -x c -o root/opt/m/libm1.so - -x none
	printf 'int f(void); int main(void) { return f(); }\n' | musl-gcc -x c -o mapp - -x none root/opt/m/libm1.so
	patchelf --replace-needed root/opt/m/libm1.so libm1.so mapp
	echo /opt/m >"root/etc/$(basename "$musl" .so.1).path"
	runs what_musls_list_leads_to_lies_in_its_default_directory 6 --bin mapp:/app --root root
	mkdir -p root/opt/app/bin && mv root/opt/m root/opt/app/lib && cp mapp root/opt/app/bin/app
	# shellcheck disable=SC2016
	patchelf --set-rpath '$ORIGIN/../lib' root/opt/app/bin/app
	must_fail 4 'in the image, /opt/app/bin/app does not find libm1.so, which lies at /opt/app/bin/../lib/libm1.so' \
		'started with more rights than its user has, it is not led by LD_LIBRARY_PATH or $ORIGIN: RUNPATH without a token leads it there' -- \
		--user 65534 --root root --bin root/opt/app/bin/app:/opt/app/bin/app --cap /opt/app/bin/app=cap_net_bind_service -o x.tar
	must_fail 4 'in the image, /opt/app/bin/app does not find libm1.so, which lies at /opt/app/bin/../lib/libm1.so' -- \
		--user 65534 --root root --bin mprobe:/other --bin root/opt/app/bin/app:/opt/app/bin/app:4755:0:0 -o x.tar
else
	skip what_musls_list_leads_to_lies_in_its_default_directory 'musl-gcc is not installed'
fi
done_testing
