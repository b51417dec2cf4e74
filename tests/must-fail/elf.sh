#!/usr/bin/env bash
# Files that are no program: each with its sentence, before anything is written.
. "$(dirname "$0")/../lib.sh"
require cc python3 patchelf
cat >app.c <<'C'
int main(void) { return 0; }
C
cc -o dynamic app.c && cc -c -o app.o app.c

# edit FILE OFFSET FORMAT VALUE: overwrite a field of a copy of ./dynamic
edit() {
	python3 - "$@" <<'P'
import struct, sys
name, offset, fmt, value = sys.argv[1], int(sys.argv[2], 0), sys.argv[3], int(sys.argv[4], 0)
data = bytearray(open('dynamic', 'rb').read())
struct.pack_into(fmt, data, offset, value)
open(name, 'wb').write(data)
P
}
size=$(stat -c %s dynamic)

printf '#!/bin/sh\necho hi\n' >run.sh
mkdir -p scripts/lib && cp run.sh scripts/lib/ld.so && cp dynamic by-script && patchelf --set-interpreter /lib/ld.so by-script
must_fail 3 '/lib/ld.so: not an ELF file (starts with "#!")' 'it is the loader that by-script asks for' -- --root scripts --bin by-script -o x.tar
printf '#!/usr/bin/env python3\nimport json\n' >run.py
must_fail 3 'run.py: not an ELF file (starts with "#!")' \
	'it is a script: --bin /usr/bin/env:/usr/bin/env and python3 likewise, --tree its standard library, --file it, and --entrypoint its path in the image' \
	-- --bin run.py -o x.tar
must_fail 3 'run.sh: not an ELF file (starts with "#!")' 'it is a script: --bin /bin/sh:/bin/sh, --file it, and --entrypoint its path in the image' -- --bin run.sh -o x.tar
: >empty
must_fail 3 'empty: is empty' -- --bin empty -o x.tar
printf x >member && tar --format=ustar -cf member.bin member
must_fail 3 'member.bin: not an ELF file (a tar archive)' 'unpack it first; of an image: mkscratch inspect, or --base' -- --bin member.bin -o x.tar
head -c 40 dynamic >short
must_fail 3 'short: ELF header is truncated (40 of 64 bytes)' -- --bin short -o x.tar
edit phoff 32 '<Q' $((size - 56))
run mk --bin phoff -o x.tar
like "$status $(head -n1 "$err")" "^3 mkscratch: phoff: program headers end at [0-9]+, file has $size bytes\$" 'program headers past the end of the file'
edit phent 54 '<H' 1
must_fail 3 'phent: program header entry size is 1, expected 56' -- --bin phent -o x.tar
must_fail 3 'app.o: relocatable object, not a program' 'link it into a program first' -- --bin app.o -o x.tar
edit core 16 '<H' 4
run mk --bin core -o x.tar
like "$status $(head -n1 "$err")" '^3 mkscratch: core: core' 'a core dump is refused as such'
edit wrong-endian 5 '<B' 2
run mk --bin wrong-endian -o x.tar
is "$status" 3 'a byte order that does not fit the rest is refused'
run mk --bin "$(realpath /lib/x86_64-linux-gnu/libz.so.1 2>/dev/null || echo /none)" -o x.tar
like "$status" 3 'a shared library is no program'
cc -shared -fPIC -o lib.so app.c
must_fail 3 'lib.so: shared library, not a program' '--lib adds a library to an image' -- --bin lib.so -o x.tar
gzip -kc dynamic >packed
run mk --bin packed -o x.tar
like "$(head -n1 "$err")" 'packed: not an ELF file \(.*gzip' 'a compressed program is recognised'
must_fail 3 'none: no such file' -- --bin none -o x.tar
mkdir dir
must_fail 3 'dir: is a directory, expected a regular file' -- --bin dir -o x.tar
mkfifo fifo
must_fail 3 'fifo: is a FIFO, expected a regular file' -- --bin fifo -o x.tar

# DT_STRTAB and DT_NEEDED that lead nowhere.
cat >dyn.py <<'P'
import struct, sys
data = bytearray(open('dynamic', 'rb').read())
want, value = int(sys.argv[2]), int(sys.argv[3], 0)
phoff, phnum = struct.unpack_from('<Q', data, 32)[0], struct.unpack_from('<H', data, 56)[0]
for i in range(phnum):
    t, = struct.unpack_from('<I', data, phoff + 56 * i)
    if t == 2:
        at, = struct.unpack_from('<Q', data, phoff + 56 * i + 8)
while struct.unpack_from('<Q', data, at)[0] != want:
    at += 16
struct.pack_into('<Q', data, at + 8, value)
open(sys.argv[1], 'wb').write(data)
P
python3 dyn.py strtab 5 0xdead0000
must_fail 3 'strtab: string table at 0xdead0000 is outside the file' -- --bin strtab -o x.tar
python3 dyn.py needed 1 99999
must_fail 3 'needed: library name at offset 99999 runs past the string table' -- --bin needed -o x.tar

# A root of its own for what its loader would meet.
root() {
	rm -rf root && mkdir -p root/lib64 root/lib root/usr/lib root/etc
	cp -L "$(patchelf --print-interpreter dynamic)" "root$(patchelf --print-interpreter dynamic)" 2>/dev/null ||
		{ mkdir -p "root$(dirname "$(patchelf --print-interpreter dynamic)")" &&
			cp -L "$(patchelf --print-interpreter dynamic)" "root$(patchelf --print-interpreter dynamic)"; }
}
root
run mk --bin dynamic --root root -o x.tar
like "$status $(head -n1 "$err")" '^4 mkscratch: dynamic: needs libc.so.6, not found \(searched [0-9]+ directories\)$' 'a missing library'
like "$(sed -n 2p "$err")" '^hint: .*/lib' '... and where it was looked for'
rm -rf root/lib64/* root/lib/ld*
run mk --bin dynamic --root root -o x.tar
like "$status $(head -n1 "$err")" '^4 mkscratch: dynamic: .*loader .*ld-linux' 'a missing loader is named'
cc -shared -o libx.so app.c && cc -o linked app.c -Wl,--no-as-needed -L. -lx -Wl,-rpath,/opt
root && mkdir root/opt
ln -s libx.so root/opt/libx.so
run mk --bin linked --root root -o x.tar
like "$status $(head -n1 "$err")" '^3 mkscratch: .*libx.so: too many symbolic links \(40\)$' 'a symlink loop'
rm root/opt/libx.so && mkfifo root/opt/libx.so
run mk --bin linked --root root -o x.tar
like "$status $(head -n1 "$err")" '^3 mkscratch: .*libx.so: is a FIFO, expected a regular file$' 'a FIFO for a library does not block'
rm root/opt/libx.so && ln -s ../../../../../../etc/hostname root/opt/libx.so
run mk --bin linked --root root -o x.tar
is "$status" 4 'a link that leaves the root leads nowhere'
if command -v aarch64-linux-gnu-gcc >/dev/null; then
	aarch64-linux-gnu-gcc -shared -o root/opt/foreign.so app.c && rm root/opt/libx.so && mv root/opt/foreign.so root/opt/libx.so
	run mk --bin linked --root root -o x.tar
	like "$status $(head -n1 "$err")" '^4 mkscratch: linked: needs libx.so, found only /opt/libx.so: built for aarch64, the program is x86-64$' 'a library for another machine'
else
	skip 'a library for another machine' 'no cross compiler'
fi
# What is wrong with symbols is said once.
bend_symbols() { # FROM TO
	python3 - "$@" <<-'P'
		import struct, sys
		data = bytearray(open(sys.argv[1], "rb").read())
		at, = struct.unpack_from("<Q", data, 32)
		while struct.unpack_from("<I", data, at)[0] != 2:
		    at += 56
		at, = struct.unpack_from("<Q", data, at + 8)
		while struct.unpack_from("<q", data, at)[0] != 11:
		    at += 16
		struct.pack_into("<Q", data, at + 8, 7)
		open(sys.argv[2], "wb").write(data)
	P
	chmod +x "$2"
}
bend_symbols dynamic symbols
for verb in '--bin symbols -o x.tar' 'deps --list symbols' 'deps symbols'; do
	# shellcheck disable=SC2086
	run "$MKSCRATCH" $verb
	is "$status $(cat "$err")" "$([ "${verb#*--list}" = "$verb" ] && echo '3 mkscratch: symbols: symbol entry size is 7, expected 24' || echo '0 ')" \
		"symbols that are not sound: $verb"
done
cp symbols lacking && patchelf --add-needed libnone.so lacking
run "$MKSCRATCH" deps lacking
is "$status $(head -n 2 "$err" | cut -d'(' -f1 | xargs -d '\n')" \
	'4 warning: lacking: symbol entry size is 7, expected 24; what it may load while it runs is not known mkscratch: lacking: needs libnone.so, not found ' \
	'... and of a program that lacks a library a warning'
cc -shared -o libshared.so app.c && bend_symbols libshared.so libshared.so
cp dynamic one && patchelf --add-needed libshared.so one && patchelf --set-rpath '$ORIGIN' one && cp one two
run "$MKSCRATCH" deps one two
is "$status $(grep -c '^[ot][nw][eo]: ' "$out") $(cat "$err")" \
	"3 2 mkscratch: $PWD/libshared.so: symbol entry size is 7, expected 24" '... also of a library that several have'
is "$(ls -- *.tar 2>/dev/null)" '' 'no output came of any of it'
done_testing
