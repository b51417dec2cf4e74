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
warns a_volume_that_is_a_file '--volume /app: is a file, expected a directory' --volume /data --volume /app
warns quiet_is_quiet '' -q --entrypoint /none
done_testing
