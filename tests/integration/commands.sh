#!/usr/bin/env bash
# What the runtime is told to start is looked for in the image: a wrong path is told before it is deployed.
. "$(dirname "$0")/../lib.sh"
require cc python3
cc -static -x c -o app - <<<'int main(void) { return 0; }'
cc -x c -o dynamic - <<<'int main(void) { return 0; }'
printf '#!/bin/sh\n' >sh.sh && printf '#! /usr/bin/env python3\n' >env.py && echo hello >text && chmod +x sh.sh env.py text
warns() { # NAME WARNING ARG...
	local name=$1 want=$2
	shift 2
	run mk --bin app --media-types oci -n "$@"
	is "$status $(cat "$err")" "0 ${want:+warning: $want}" "$name"
}

warns the_program_itself_is_fine ''
warns a_wrong_path '--entrypoint /srv/nothing: is not in the image' --entrypoint /srv/nothing
warns a_wrong_directory '--entrypoint /usr/bin/app: is not in the image; did you mean /app?' --entrypoint /usr/bin/app
warns a_name_is_looked_for_in_path '--entrypoint app: is in no directory of PATH; did you mean /app?' --entrypoint app
warns ...which_has_a_default '' --file app:/usr/bin/tool --entrypoint tool
warns ...or_is_what_the_image_says '' --file app:/opt/tool --entrypoint tool -e PATH=/opt
warns ...and_replaces_it '--entrypoint tool: is in no directory of PATH; did you mean /usr/bin/tool?' \
	--file app:/usr/bin/tool --entrypoint tool -e PATH=/opt
warns a_relative_path_begins_at_the_workdir '' --file app:/srv/tool --entrypoint ./tool -w /srv
warns ...not_elsewhere '--entrypoint ./tool: is not in the image; did you mean /srv/tool?' --file app:/srv/tool --entrypoint ./tool
warns arguments_in_the_path "--entrypoint /app serve: is not in the image; arguments stand apart, as in '[\"/app\",\"-x\"]'" \
	--entrypoint '/app serve'
warns ...of_what_is_elsewhere "--entrypoint app a b: is in no directory of PATH; arguments stand apart, as in '[\"/app\",\"-x\"]'" \
	--entrypoint 'app a b'
warns links_are_followed '' --link app:/run --entrypoint /run
warns ...and_may_lead_nowhere '--entrypoint /run: is not in the image' --link none:/run --entrypoint /run
warns a_directory '--entrypoint /data: is a directory' --dir /data --entrypoint /data
warns a_volume_may_bring_it '' --volume /plugins --entrypoint /plugins/run
warns the_mode '--entrypoint /tool: user 65534 may not execute it (mode 0700, 0:0)' --file app:/tool:0700 --entrypoint /tool
warns ...of_the_group '' --file app:/tool:0710:0:65534 --entrypoint /tool
warns ...of_the_owner '' --file app:/tool:0100:65534:0 --entrypoint /tool
warns ...does_not_stop_root '' --file app:/tool:0700:5:5 --entrypoint /tool --user root
warns ...nor_does_a_directory_keep_root_out '' --dir /d:0700:5:5 --file app:/d/tool --entrypoint /d/tool --user root
warns a_directory_on_the_way '--entrypoint /d/tool: user 65534 may not search /d (mode 0700, 0:0)' --dir /d:0700 --file app:/d/tool:0755 --entrypoint /d/tool
warns ...of_the_user '' --dir /d:0700:65534:0 --file app:/d/tool:0755 --entrypoint /d/tool
warns a_script_without_its_interpreter '--entrypoint /s: is a script, and its interpreter /bin/sh is not in the image' \
	--file sh.sh:/s --entrypoint /s
warns ...or_with_it '' --file sh.sh:/s --file app:/bin/sh --entrypoint /s
warns a_script_by_env '--entrypoint /s: is a script, and its interpreter python3 is in no directory of PATH' \
	--file env.py:/s --file app:/usr/bin/env --entrypoint /s
warns ...or_with_both '' --file env.py:/s --file app:/usr/bin/env --file app:/usr/bin/python3 --entrypoint /s
warns no_program_at_all '--entrypoint /text: is neither a program nor a script that begins with #!' --file text:/text --entrypoint /text
# Other machines by a byte of the header: nothing but the machine is looked at of a static program.
other_machine() { # NUMBER FILE
	python3 - "$@" <<'EOF'
import struct, sys
d = bytearray(open("app", "rb").read())
d[18:20] = struct.pack("<H", int(sys.argv[1]))
open(sys.argv[2], "wb").write(d)
EOF
	chmod +x "$2"
}
other_machine 183 other && other_machine 94 strange
their='is built for arm64, the image for amd64; as --bin it goes into the image of its platform'
warns another_machine "--entrypoint /other: $their" --file other:/other --entrypoint /other

# What --file brings and may be executed is likely to be.
cc -shared -fPIC -x c -o libown.so - <<<'int own(void) { return 0; }'
cc -x c -o needy - -L. -lown <<<'int own(void); int main(void) { return own(); }'
chmod +x libown.so
loader=$(mk deps --json dynamic | sed -n 's/.*"interp": *"\([^"]*\)".*/\1/p')
warns a_program_without_its_loader \
	"--entrypoint /d: its loader $loader is not in the image; give it as --bin, which brings its libraries" \
	--file dynamic:/d --entrypoint /d
warns of_a_file_too "--file dynamic:/d: its loader $loader is not in the image; give it as --bin, which brings its libraries" \
	--file dynamic:/d
warns ...of_another_machine "--file other:/d:0755: $their" --file other:/d:0755
warns ...that_has_no_name '--file strange:/d: is built for an unknown machine, the image for amd64' --file strange:/d
warns ...but_not_of_one_that_is_static '' --file app:/d
warns ...or_cannot_be_executed '' --file other:/d:0644 --file dynamic:/e:0644
warns ...or_is_a_library '' --file libown.so:/d
warns ...that_can_be_started '' --file "$(mk deps --list dynamic | grep /libc.so.6)":/lib/libc.so.6:0755
warns ...or_is_no_program '' --file text:/t --file sh.sh:/s
warns ...once "--entrypoint /d: $their" --file other:/d --entrypoint /d
warns ...by_the_place_that_links_lead_to "--file other:/l/d: $their" --dir /r --link r:/l --file other:/l/d
# With the loader of another program, it is the libraries.
run mk --bin dynamic --media-types oci -n --file needy:/needy
is "$status $(cat "$err")" \
	'0 warning: --file needy:/needy: needs libown.so, which is not in the image; give it as --bin, which brings its libraries' a_library_is_lacking
run mk --bin dynamic --media-types oci -n --file needy:/opt/needy --file libown.so:/opt/libown.so -e LD_LIBRARY_PATH=/opt --file dynamic:/again
is "$status $(cat "$err")" '0 ' '... or there'
run mk --bin dynamic --media-types oci -n --file needy:/opt/needy:4755 --file libown.so:/opt/libown.so -e LD_LIBRARY_PATH=/opt
is "$status $(cat "$err")" \
	'0 warning: --file needy:/opt/needy:4755: needs libown.so, which is not in the image; give it as --bin, which brings its libraries' \
	'... for who gains rights by starting it, and is not led by LD_LIBRARY_PATH'
run mk --bin dynamic --media-types oci -n --file needy:/opt/needy:4755 --file libown.so:/opt/libown.so -e LD_LIBRARY_PATH=/opt --user 0
is "$status $(cat "$err")" '0 ' '... as root does not'
run mk --bin dynamic --bin needy:/needy --library-path "$PWD" --media-types oci -n
is "$status $(cat "$err")" '0 ' '... with --bin'
run mk --bin app -q -n --file other:/other
is "$status $(cat "$err")" '0 ' '... -q says nothing'
warns a_health_check '--healthcheck-cmd /bin/curl: is not in the image' --healthcheck-cmd '/bin/curl -f http://localhost/'
warns ...by_name '--healthcheck-cmd curl: is in no directory of PATH' --healthcheck-cmd 'curl -f http://localhost/'
warns ...that_is_there '' --healthcheck-cmd '/app --check'
warns arguments_are_not_looked_for '' --cmd serve
warns a_cmd_that_stands_alone_is '--cmd /none: is not in the image' --entrypoint '[]' --cmd /none
warns a_workdir_that_is_a_file '--workdir /app: is a file, expected a directory' -w /app
warns ...by_a_link '--workdir /run: is a file, expected a directory' --link app:/run -w /run
warns ...or_none_yet '' -w /srv/data

# What the user of the image cannot get at.
warns a_workdir_that_the_user_may_not_enter '--workdir /data: user 65534 may not search /data (mode 0700, 0:0): not every runtime begins there, and no file is found from there; --dir /data:0755 instead of --dir /data:0700 lets everybody' \
	-w /data --dir /data:0700
warns ...by_its_hint '' -w /data --dir /data:0755
warns ...that_is_of_the_user '' -w /data --dir /data:0700:65534:65534
warns ...above_it '--workdir /a/b: user 65534 may not search /a (mode 0700, 0:0): not every runtime begins there, and no file is found from there; --dir /a:0755 instead of --dir /a:0700 lets everybody' \
	-w /a/b --dir /a:0700
data='user 65534 may not search /data (mode 1770, 5:6): not every runtime begins there, and no file is found from there'
warns ...whose_it_stays "--workdir /data: $data; --dir /data:1775:5:6 instead of --dir /data:1770:5:6 lets everybody" -w /data --dir /data:1770:5:6
warns ...which_root_may '' -w /data --dir /data:0700 --user 0
(umask 077 && mkdir -p shut/usr/share/a shut/etc/a pub half && echo x >shut/usr/share/a/d && echo x >shut/etc/a/d && echo x >pub/i.html && echo x >half/a)
chmod 755 pub half && echo x >half/b
none='none of its files can be read: user 65534 may not'
warns a_tree_of_which_nothing_can_be_read '--tree pub:/srv: none of its files can be read: user 65534 may not read /srv/i.html (mode 0600, 0:0); chmod -R a+rX pub lets everybody' \
	--tree pub:/srv
warns ...which_root_can '' --tree pub:/srv --user 0
warns ...or_one_file '' --tree half:/srv
warns ...where_links_lead_to '' --dir /r --link r:/l --tree half:/l/x
touch half/d && mkdir -m 700 half/e && echo x >half/e/f && chmod 600 half/b half/d
warns ...in_no_directory_of_it "--tree half:/: $none read /a (mode 0600, 0:0); chmod -R a+rX half lets everybody" --tree half:/
chmod 700 pub
warns ...since_it_is_closed_itself "--tree pub:/srv: $none search /srv (mode 0700, 0:0); chmod -R a+rX pub lets everybody" --tree pub:/srv
chmod -R a+rX pub
warns ...by_its_hint '' --tree pub:/srv
mkdir -- ' shut' -shut && echo x >' shut/f' && echo x >-shut/f && chmod 600 -- ' shut/f' -shut/f
warns ...quoted_for_a_shell "--tree  shut:/srv: $none read /srv/f (mode 0600, 0:0); chmod -R a+rX ' shut' lets everybody" --tree ' shut:/srv'
warns ...not_an_option "--tree -shut:/srv: $none read /srv/f (mode 0600, 0:0); chmod -R a+rX ./-shut lets everybody" --tree=-shut:/srv
mkdir empty && warns ...that_has_no_file '' --tree empty:/srv
told() { # NAME STATUS TEXT ARG...: all that is said
	local name=$1 want="$2 $3"
	shift 3
	run mk --media-types oci -n "$@"
	is "$status $(cat "$err")" "$want" "$name"
}
told what_programs_ask_for 0 "warning: user 65534 may not search /etc (mode 0700, 0:0): accounts, certificates and settings there are not found; chmod a+rx shut/etc lets everybody
warning: user 65534 may not search /usr (mode 0700, 0:0): time zones are not found; chmod a+rx shut/usr lets everybody
warning: --tree shut:/: $none search /etc (mode 0700, 0:0); chmod -R a+rX shut lets everybody" \
	--bin app --certs --tz=UTC --tree shut:/
bundle=/etc/ssl/certs/ca-certificates.crt
told ...a_file_alone 0 "warning: user 65534 may not read $bundle (mode 0600, 0:0): certificates are not found; --file text:$bundle:0644 instead of --file text:$bundle:0600 lets everybody" \
	--bin app --file "text:$bundle:0600"
libc=$(mk deps --list dynamic | grep /libc.so.6) && libdir=$(dirname "$(realpath "$libc")")
mkdir -p opt/lib && cp libown.so opt/lib
# shellcheck disable=SC2016
cc -x c -o opt/needy - -L. -lown -Wl,-rpath,'$ORIGIN/lib' <<<'int own(void); int main(void) { return own(); }'
told what_a_program_loads 4 "mkscratch: in the image, user 65534 may not search /usr (mode 0700, 0:0): /d does not start without $libc
hint: chmod a+rx shut/usr lets everybody" --bin dynamic:/d --tree shut:/
chmod -R a+rX shut
told ...by_its_hint 0 '' --bin dynamic:/d --tree shut:/
told ...in_a_directory_that_was_named 4 "mkscratch: in the image, user 65534 may not search $libdir (mode 0700, 0:0): /d does not start without $libc
hint: --dir $libdir:0755 instead of --dir $libdir:0700 lets everybody" --bin dynamic:/d --dir "$libdir:0700"
told ...by_its_hint 0 '' --bin dynamic:/d --dir "$libdir:0755"
told ...as_root 0 '' --bin dynamic:/d --dir "$libdir:0700" --user 0
told ...by_another_program 4 "mkscratch: in the image, user 65534 may not search /opt/lib (mode 0700, 0:0): /opt/needy does not start without /opt/lib/libown.so
hint: --dir /opt/lib:0755 instead of --dir /opt/lib:0700 lets everybody" \
	--bin app --bin opt/needy:/opt/needy --dir /opt/lib:0700
told ...that_is_not_for_the_user 0 '' --bin app --bin opt/needy:/opt/needy:0700:0:0 --dir /opt/lib:0700
told the_program_itself 4 'mkscratch: in the image, user 65534 may not execute /app (mode 0700, 0:0): /app does not start without it
hint: --bin app:/app:0755:0:0 instead of --bin app:/app:0700:0:0 lets everybody' --bin app:/app:0700:0:0
told ...as_its_hint_has_it 0 '' --bin app:/app:0755:0:0
told ...that_does_not_start_by_itself 0 '' --bin app --bin app:/other:0700:0:0
told ...whose_mode_is_its_users_and_not_the_bases 0 '' --bin app:/app:0700
warns below_a_mount_of_the_runtime '--file app:/proc/x: will not be seen, as runtimes put their own /proc there' --file app:/proc/x
warns ...at_it '--link app:/dev: will not be seen, as runtimes put their own /dev there' --link app:/dev
warns ...or_in_its_place '--file text:/etc/hosts: will not be seen, as runtimes put their own /etc/hosts there' --file text:/etc/hosts
warns ...but_the_directory_is_fine '' --dir /proc --dir /sys --file text:/etc/hosts.allow --dir /device

# Over a base: what it brings counts, and so does the health check it brings.
mk --bin app:/theirs --file app:/opt/tool --file app:/bin/sh:0700 -q --media-types docker --healthcheck-cmd /opt/tool -o with.tar
mk --bin app:/theirs -q --media-types docker --healthcheck-cmd /theirs -o without.tar
warns over_a_base '' --base with.tar
warns ...what_it_has_is_found '' --base with.tar --entrypoint /opt/tool --healthcheck-cmd '/theirs -x'
warns ...by_name_too '' --base with.tar --entrypoint tool -e PATH=/opt
warns ...what_it_has_not_is_not '--entrypoint /opt/tool: is not in the image' --base without.tar --entrypoint /opt/tool
warns ...nor_may_the_user_run_all '--entrypoint /bin/sh: user 65534 may not execute it (mode 0700, 0:0)' --base with.tar --entrypoint /bin/sh
mk --bin app:/theirs --file needy:/opt/needy:4755 --file libown.so:/opt/libown.so -q --media-types docker -o set-id.tar
run mk --base set-id.tar --bin dynamic --media-types oci -n --entrypoint /opt/needy -e LD_LIBRARY_PATH=/opt
is "$status $(cat "$err")" \
	'0 warning: --entrypoint /opt/needy: needs libown.so, which is not in the image; give it as --bin, which brings its libraries' \
	'... that gains rights by its mode'
run mk --base set-id.tar --bin dynamic --media-types oci -n --entrypoint /opt/needy -e LD_LIBRARY_PATH=/opt --user 0
is "$status $(cat "$err")" '0 ' '... or does not'
mk --bin app:/theirs -q --media-types docker --healthcheck-cmd /opt/tool -o lacking.tar
warns ...what_is_not_there_is_told "the base's health check /opt/tool: is not in the image" --base lacking.tar
warns ...what_is_replaced_is_gone "the base's health check /opt/tool: is neither a program nor a script that begins with #!" \
	--base with.tar --file text:/opt/tool:0755
shell_form() { # TEST SHELL: the base without.tar with this health check
	python3 - "$@" <<-'P'
		import json, os, subprocess, sys
		config = {"architecture": os.environ["ARCH"], "os": "linux", "config": {"Healthcheck": {"Test": json.loads(sys.argv[1])}}}
		if len(sys.argv) > 2:
		    config["config"]["Shell"] = [sys.argv[2], "-c"]
		subprocess.run(["tar", "cf", "l.tar", "--owner=0", "--group=0", "text"], check=True)
		subprocess.run(["python3", os.environ["TOP"] + "/tests/integration/make_image.py", "shell.tar", "v1", json.dumps(config), "l.tar"],
		               check=True)
	P
}
ARCH=$(mk --json -n --bin app | sed -n 's,.*"platform":"linux/\([^"]*\)".*,\1,p')
export ARCH
shell_form '["CMD-SHELL","curl -f http://localhost/"]'
warns a_shell_form_needs_a_shell "the base's health check /bin/sh: is not in the image" --base shell.tar
warns ...or_ours '' --base shell.tar --file app:/bin/sh
warns ...or_none '' --base shell.tar --healthcheck none
shell_form '["CMD-SHELL","x"]' /bin/bash
warns ...that_the_base_names "the base's health check /bin/bash: is not in the image" --base shell.tar
shell_form '["NONE"]'
warns no_health_check_needs_none '' --base shell.tar

dirs() { mk --bin app -q -o w.tar "$@" && mk ls w.tar | awk '$6 ~ /^(srv|s$)/ { print $1, $2, $6 }' | xargs; }
is "$(dirs -w /srv/work)" 'drwxr-xr-x 0/0 srv/ drwxr-xr-x 65534/65534 srv/work/' "a working directory is made, the user's"
is "$(dirs -w /srv/work --user 7:8 --file text:/srv/work/text)" \
	'drwxr-xr-x 0/0 srv/ drwxr-xr-x 0/0 srv/work/ -rwxr-xr-x 0/0 srv/work/text' '... but what is there stays as it is'
is "$(dirs -w /srv/work --dir /srv/work:0700:9:9)" 'drwxr-xr-x 0/0 srv/ drwx------ 9/9 srv/work/' '... or as it was asked for'
is "$(dirs -w /s/work --dir /srv --link srv:/s)" 'lrwxrwxrwx 0/0 s drwxr-xr-x 0/0 srv/ drwxr-xr-x 65534/65534 srv/work/' \
	'... or where a link leads'
is "$(dirs -w /s --link srv:/s)" 'lrwxrwxrwx 0/0 s' '... and a link that leads nowhere stays'
is "$(mk why w.tar /s)" '/s: named on the command line (--link)' '... by whom it is'
mk --bin app -q -o base.tar --dir /srv/work:0711:3:3
mk --bin app -q -o w.tar --base base.tar -w /srv/work
is "$(mk ls w.tar /srv/work | xargs)" 'drwx--x--x 3/3 0 1970-01-01 00:00 srv/work/' '... as does that of a base'
mk --bin app -q -o base.tar -w /var/app && mk --bin app -q -o w.tar --base base.tar --user 5
is "$(mk ls w.tar /var/app | xargs)" 'drwxr-xr-x 65534/65534 0 1970-01-01 00:00 var/app/' '... whoever runs it then'
t 'all of it verifies' mk verify -q w.tar

# So is a volume, as the runtime would make it as root's and the program could not write there.
is "$(dirs --volume /srv/b/c --volume /srv/a)" \
	'drwxr-xr-x 0/0 srv/ drwxr-xr-x 65534/65534 srv/a/ drwxr-xr-x 0/0 srv/b/ drwxr-xr-x 65534/65534 srv/b/c/' \
	"the directory of a volume is made, the user's"
is "$(mk why w.tar /srv/a)" '/srv/a: what the program keeps (--volume)' '... which why tells'
is "$(dirs --volume /srv/a --volume /srv --user 7:8)" 'drwxr-xr-x 7/8 srv/ drwxr-xr-x 7/8 srv/a/' '... of both that lie in each other'
is "$(dirs --volume /srv -w /srv)" 'drwxr-xr-x 65534/65534 srv/' '... once where the program begins in it'
is "$(dirs --volume /srv/x --dir /srv/x:0700:9:9 --volume /srv)" 'drwxr-xr-x 0/0 srv/ drwx------ 9/9 srv/x/' '... but not what is there'
mkdir -p tree/srv
is "$(dirs --volume /srv --tree tree:/)" 'drwxr-xr-x 0/0 srv/' '... or in a tree'
is "$(dirs --volume /s/work --dir /srv --link srv:/s)" 'lrwxrwxrwx 0/0 s drwxr-xr-x 0/0 srv/ drwxr-xr-x 65534/65534 srv/work/' \
	'... or where a link leads'
mk --bin app -q -o base.tar --dir /srv/work:0711:3:3
is "$(dirs --base base.tar --volume /srv/work --volume /srv/more)" \
	'drwxr-xr-x 0/0 srv/ drwxr-xr-x 65534/65534 srv/more/ drwx--x--x 3/3 srv/work/' '... or in a base'
python3 "$TOP/tests/integration/make_image.py" theirs.tar v1 \
	'{"architecture":"'"$ARCH"'","os":"linux","config":{"Volumes":{"/srv/theirs":{}}}}' l.tar
is "$(dirs --base theirs.tar --volume /srv/ours)" 'drwxr-xr-x 0/0 srv/ drwxr-xr-x 65534/65534 srv/ours/' \
	'... and not what a base names only'
warns a_volume_that_is_a_file '--volume /app: is a file, expected a directory' --volume /data --volume /app
warns quiet_is_quiet '' -q --entrypoint /none
done_testing
