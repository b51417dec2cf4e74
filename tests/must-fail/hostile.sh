#!/usr/bin/env bash
# Files made to keep a resolver busy or to fill its memory: the work is in proportion to what lies there, memory stays
# below 64 MiB, and what is too much is said. The limit on the CPU's time is no measure, only the end of a hang.
. "$(dirname "$0")/../lib.sh"
require python3

cat >make.py <<'PY'
import os, struct
LD = "/lib64/ld-linux-x86-64.so.2"

def elf(needed=(), soname=None, runpath=None, interp=None):
    names, dyn, at = b"\0", [], {}
    def add(tag, text):
        nonlocal names
        if text not in at:
            at[text] = len(names)
            names += text.encode() + b"\0"
        dyn.append((tag, at[text]))
    for name in needed:
        add(1, name)
    if soname:
        add(14, soname)
    if runpath:
        add(29, runpath)
    path = interp.encode() + b"\0" if interp else b""
    start = 64 + 56 * 3
    where = (start + len(path) + 15) // 16 * 16
    strings = where + 16 * (len(dyn) + 3)
    dyn += [(5, strings), (10, len(names)), (0, 0)]
    size = strings + len(names)
    out = b"\x7fELF\2\1\1" + bytes(9) + struct.pack("<HHIQQQIHHHHHH", 3, 62, 1, 0, 64, 0, 0, 64, 56, 3 if interp else 2, 64, 0, 0)
    out += struct.pack("<IIQQQQQQ", 1, 5, 0, 0, 0, size, size, 16)
    out += struct.pack("<IIQQQQQQ", 2, 4, where, where, where, 16 * len(dyn), 16 * len(dyn), 8)
    out += struct.pack("<IIQQQQQQ", 3, 4, start, start, start, len(path), len(path), 1) if interp else bytes(56)
    return (out + path).ljust(where, b"\0") + b"".join(struct.pack("<QQ", *d) for d in dyn) + names

def put(path, data):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as f:
        f.write(data)

def case(name, app, libs, links=()):
    put(f"{name}/root{LD}", elf(soname="ld-linux-x86-64.so.2"))
    put(f"{name}/app", elf(interp=LD, **app))
    for lib, data in libs:
        put(f"{name}/root/lib/{lib}", data)
    for link, target in links:
        os.symlink(target, f"{name}/root/lib/{link}")

case("chain", {"needed": ["l0.so"]}, ((f"l{i}.so", elf([f"l{i + 1}.so"] if i < 8189 else [])) for i in range(8190)))
case("longer", {"needed": ["l0.so"]}, ((f"l{i}.so", elf([f"l{i + 1}.so"] if i < 8192 else [])) for i in range(8193)))
ring = [f"r{k % 100}.so" for k in range(4096)]
case("ring", {"needed": ring}, ((f"r{i}.so", elf(ring)) for i in range(100)))
aliases = [[f"a{i}-{k}.so" for k in range(4000)] for i in range(25)]
case("alias", {"needed": [f"m{i}.so" for i in range(25)]},
     [("real.so", elf())] + [(f"m{i}.so", elf(aliases[i])) for i in range(25)],
     ((a, "real.so") for some in aliases for a in some))
case("dirs", {"needed": [f"n{k}.so" for k in range(4096)], "runpath": ":".join(f"/d{k}" for k in range(4096))}, [])
case("missing", {"needed": [f"m{i}.so" for i in range(8)]},
     ((f"m{i}.so", elf([f"gone{i}-{k}.so" for k in range(4096)])) for i in range(8)))
case("names", {"needed": ["x" * 4000 + str(k) for k in range(300)]}, [])
case("edges", {"needed": ["m0.so"]},
     ((f"m{i}.so", elf([f"m{i + 1}.so"] + ["r" * 200 + str(k % 2) + ".so" for k in range(4000)])) for i in range(60)),
     [])
PY
cat >peak.py <<'PY'
import resource, subprocess, sys
resource.setrlimit(resource.RLIMIT_CPU, (60, 60))
status = subprocess.run(sys.argv[2:], stdout=open("shown", "wb"), stderr=open("said", "wb")).returncode
print(status, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss < 64 * 1024)
PY
python3 make.py || skip_all 'cannot: no room for ten thousands of files'

deps() { # NAME [OPTION]
	python3 peak.py 64 "$MKSCRATCH" deps ${2-} --root "$1/root" "$1/app"
}

for how in '' --list --json; do
	is "$(deps chain $how)" '0 True' "a chain of 8,190 libraries ($how)"
	is "$(deps ring $how)" '0 True' "a hundred libraries that name each other forty times ($how)"
done
is "$(deps alias)" '0 True' '100,000 names of one library'
is "$(deps chain --list >/dev/null; wc -l <shown | xargs) $(deps alias --list >/dev/null; wc -l <shown | xargs)" '8191 27' \
	'... all of them are found'
says() { # NAME LINE
	is "$(deps "$1") $(head -n 1 said)" "$2" "$1"
}
says longer '3 True mkscratch: longer/app: needs more than 8192 libraries'
says dirs '3 True mkscratch: dirs/app: its libraries cannot be found within 1000000 files tried'
says missing '4 True mkscratch: missing/app: more than 8192 libraries are missing'
says names '3 True mkscratch: names/app: names of its libraries are longer than 1048576 bytes together'
says edges '3 True mkscratch: edges/app: what its libraries need takes more than 41943040 bytes to name'

done_testing
