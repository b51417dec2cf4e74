#!/usr/bin/env bash
# What libc loads by itself when certain functions are called: the unwinder, and modules of the name service where libc
# does not have them inside.
. "$(dirname "$0")/../lib.sh"
require cc jq patchelf
need_glibc

prog() { # NAME CODE [FLAGS]
	local name=$1 code=$2
	shift 2
	printf '#include <pthread.h>\n#include <execinfo.h>\n#include <pwd.h>\n#include <netdb.h>\n%s\n' "$code" |
		cc -x c -o "$name" - -x none "$@"
}
wishes() { # ARG...: NAME IMPORT BY WANTED FOUND of each
	mk deps --json "$@" | jq -r '.dlopen[] | "\(.names | join("|")) \(.import) \(.by | sub(".*/"; "")) \(.wanted) \(.path != null)"'
}

prog cancels 'int main(void) { return pthread_cancel(pthread_self()); }'
is "$(wishes cancels)" 'libgcc_s.so.1 pthread_cancel cancels true true' pthread_cancel_may_load_the_unwinder
prog exits 'int main(void) { pthread_exit(0); }'
is "$(wishes exits)" 'libgcc_s.so.1 pthread_exit exits true true' pthread_exit_may_load_the_unwinder
prog traces 'int main(void) { void *p[4]; return backtrace(p, 4); }'
is "$(wishes traces)" 'libgcc_s.so.1 backtrace traces true true' backtrace_may_load_the_unwinder
prog threads 'static void *f(void *p) { return p; } int main(void) { pthread_t t; return pthread_create(&t, 0, f, 0); }'
is "$(wishes threads)" '' a_thread_that_returns_needs_none
printf 'void stop(void *); void stop(void *p) { extern void pthread_exit(void *); pthread_exit(p); }' |
	cc -shared -fPIC -x c -o libstop.so - -Wl,-soname,libstop.so
prog by 'void stop(void *); int main(void) { stop(0); }' libstop.so -Wl,-rpath,"$T"
is "$(wishes by)" 'libgcc_s.so.1 pthread_exit libstop.so true true' imports_of_libraries_count
prog linked 'int main(void) { pthread_exit(0); }' -Wl,--no-as-needed -lgcc_s
is "$(wishes linked)" '' what_is_needed_by_name_is_there_anyway
run mk --bin cancels --print rootfs
like "$(cat "$out")" '/libgcc_s\.so\.1	# library: libgcc_s\.so\.1: /cancels imports pthread_cancel, which may load it, found by' the_reason_is_recorded
run mk --bin cancels -v -n
like "$(cat "$err")" '^cancels: libgcc_s\.so\.1: /cancels imports pthread_cancel, which may load it, found by' v_says_why
is "$(mk --bin cancels --dlopen=-unwind --print rootfs | grep -c libgcc_s)" 0 the_unwinder_can_be_left_out
is "$(mk deps --list cancels | grep -c libgcc_s)" 0 list_is_what_the_loader_maps_at_start

# Without it the program ends; with it not.
prog ends '#include <stdio.h>
static void *f(void *p) { puts("in"); fflush(stdout); pthread_exit(p); }
int main(void) { pthread_t t; pthread_create(&t, 0, f, 0); pthread_join(t, 0); puts("out"); return 0; }'
unpack() { # DIR ARG...
	local dir=$1
	shift
	mk -q "$@" --compress none --layers single -o "$dir.tar" && mkdir "$dir" &&
		tar xOf "$dir.tar" "$(tar xOf "$dir.tar" manifest.json | jq -r '.[0].Layers[0]')" | tar xf - -C "$dir"
}
if [ "$(id -u)" = 0 ]; then
	unpack with --bin ends && unpack without --bin ends --dlopen none
	is "$(chroot with /ends 2>&1 | xargs)" 'in out' the_program_runs_with_it
	like "$(chroot without /ends 2>&1 | xargs)" 'libgcc_s.so.1 must be installed for pthread_exit to work' '... and ends without'
else
	skip the_program_runs_with_it 'cannot: chroot wants root'
fi

# A root without it.
mkdir -p bare && mk deps --list cancels | while read -r f; do mkdir -p "bare$(dirname "$f")" && cp -L "$f" "bare$f"; done
run mk --bin cancels --root bare -n
like "$status $(cat "$err")" '^0 warning: cancels: libgcc_s\.so\.1 not found \(searched [0-9]+ directories\); cancels imports pthread_cancel, which may load it$' \
	where_there_is_none_it_is_a_warning
run mk --bin cancels --root bare --dlopen unwind -o x.tar
like "$status $(head -n 1 "$err")" '^4 mkscratch: cancels: needs libgcc_s\.so\.1 while it runs, not found \(searched [0-9]+ directories\)$' \
	'... or an error when it is asked for'
like "$(sed -n 2p "$err")" '^hint: .*--dlopen=-unwind leaves it out; ' '... with a way out'

# The name service: from glibc 2.34 on it needs no module for files and dns.
users='int main(void) { return getpwnam("root") != 0; }' hosts='int main(void) { return gethostbyname("a") != 0; }'
prog users "$users" && prog hosts "$hosts"
if readelf -V "$(mk deps --list users | grep '/libc\.so')" | grep -q 'GLIBC_2\.34'; then
	is "$(wishes users)$(wishes hosts)" '' a_new_libc_has_files_and_dns_inside
fi
# An old one is known by the release its loader tells.
mkdir -p old/lib64 old/lib
cp -L "$loader" "old$loader" 2>/dev/null || { mkdir -p "old$(dirname "$loader")" && cp -L "$loader" "old$loader"; }
banner() { LC_ALL=C sed -i "s/ release version 2\.[0-9][0-9]/ release version $1/" "old$loader"; } # 2.NN
banner 2.33
printf 'GLIBC_2.2.5 { global: *; };\n' >versions
printf 'void *getpwnam(const char *n) { return (void *)n; } void *gethostbyname(const char *n) { return (void *)n; }' |
	cc -shared -fPIC -nostdlib -x c -o old/lib/libc.so.6 - -Wl,-soname,libc.so.6,--version-script=versions
for name in libnss_files.so.2 libnss_dns.so.2 libresolv.so.2; do
	echo | cc -shared -nostdlib -x c -o "old/lib/$name" - -x none -Wl,-soname,"$name"
done
patchelf --add-needed libresolv.so.2 old/lib/libnss_dns.so.2
old() { # NAME CODE
	printf '%s\nvoid _start(void); void _start(void) { main(); }' "$2" |
		cc -nostdlib -nostartfiles -fno-builtin -include pwd.h -include netdb.h -x c -o "$1" - -x none old/lib/libc.so.6
}
old users2 "$users" && old hosts2 "$hosts"
is "$(wishes --root old users2)" 'libnss_files.so.2 getpwnam users2 true true' an_old_libc_loads_files
is "$(wishes --root old hosts2)" 'libnss_files.so.2 gethostbyname hosts2 true true
libnss_dns.so.2 gethostbyname hosts2 true true' '... and dns for hosts'
banner 2.34
is "$(wishes --root old users2)" '' '... and one of 2.34 has them inside'
# A loader that does not tell leaves it to the versions that libc defines.
LC_ALL=C sed -i 's/ release version / release_version /' "old$loader"
is "$(wishes --root old users2)" 'libnss_files.so.2 getpwnam users2 true true' '... which the versions of libc tell as well'
is "$(mk --root old --bin hosts2 --print rootfs | grep ^f | cut -f5 | grep -E '^/lib/lib(nss|res)' | xargs)" \
	'/lib/libnss_dns.so.2 /lib/libnss_files.so.2 /lib/libresolv.so.2' '... with what they need'
is "$(mk --root old --bin hosts2 --dlopen=-nss --print rootfs | grep -c 'nss_')" 0 the_modules_can_be_left_out
rm old/lib/libnss_dns.so.2
run mk --root old --bin hosts2 -n
like "$status $(cat "$err")" '^0 warning: hosts2: libnss_dns\.so\.2 not found \(searched [0-9]+ directories\); hosts2 imports gethostbyname, which may load it$' \
	'... or a warning'

# The minimal nsswitch.conf does.
prog lookup '#include <stdio.h>
int main(void) { struct passwd *p = getpwuid(65534); struct servent *s = getservbyname("http", "tcp");
struct hostent *h = gethostbyname("here"); printf("%s %d %s\n", p ? p->pw_name : "-", s ? s->s_port >> 8 : 0, h ? h->h_name : "-"); return 0; }'
printf 'http 80/tcp\n' >services && printf '127.0.0.9 here\n' >hosts.txt
if [ "$(id -u)" = 0 ]; then
	unpack nss --bin lookup --file services:/etc/services --file hosts.txt:/etc/hosts
	is "$(chroot nss /lookup)" 'nobody 80 here' users_services_and_hosts_are_found
	is "$(cat nss/etc/nsswitch.conf)" 'passwd: files
group: files
shadow: files
hosts: files dns
networks: files
protocols: files
services: files' nsswitch_conf_names_files_and_dns_alone
fi
musl=$(command -v musl-gcc) && {
	printf '#include <pthread.h>\n#include <pwd.h>\nint main(void) { getpwuid(0); pthread_exit(0); }' | "$musl" -x c -o m -
	is "$(wishes m)" '' musl_has_all_of_it_inside
}
done_testing
