#!/usr/bin/env bash
# Tars that say one thing and hold another, found by fuzzing and by comparison with other readers: refused, and at once.
. "$(dirname "$0")/../lib.sh"
require python3

python3 - <<'P'
import hashlib, io, json, tarfile

def image(out, layer):
    config = {"os": "linux", "architecture": "amd64",
              "rootfs": {"type": "layers", "diff_ids": ["sha256:" + hashlib.sha256(layer).hexdigest()]}}
    manifest = [{"Config": "c.json", "RepoTags": ["a:b"], "Layers": ["l.tar"]}]
    with tarfile.open(out, "w") as t:
        for name, data in ("l.tar", layer), ("c.json", json.dumps(config).encode()), ("manifest.json", json.dumps(manifest).encode()):
            i = tarfile.TarInfo(name)
            i.size = len(data)
            t.addfile(i, io.BytesIO(data))

def layer(name, data, pax, **fields):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as t:
        i = tarfile.TarInfo(name)
        i.size, i.pax_headers = len(data), pax
        for k, v in fields.items():
            setattr(i, k, v)
        t.addfile(i, io.BytesIO(data))
    return out.getvalue()

# A file that has more bytes than it says in its sparse header: libarchive offers to try again, for ever.
image("overlap.tar", layer("a", b"hello", {"GNU.sparse.size": "0"}))
# The same by a map of the form that runtimes read.
image("order.tar", layer("GNUSparseFile.0/a", b"2\n512\n1\n0\n1\n".ljust(512, b"\0") + b"x" * 2,
                         {"GNU.sparse.major": "1", "GNU.sparse.minor": "0", "GNU.sparse.name": "a", "GNU.sparse.realsize": "600"}))
# One with a hole of four exabytes.
hole = b"2\n0\n1\n%d\n0\n" % (1 << 62)
image("hole.tar", layer("GNUSparseFile.0/big", hole.ljust(512, b"\0") + b"x",
                        {"GNU.sparse.major": "1", "GNU.sparse.minor": "0", "GNU.sparse.name": "big", "GNU.sparse.realsize": str(1 << 62)}))
# Links without a target.
image("symlink.tar", layer("s", b"", {}, type=tarfile.SYMTYPE))
image("hardlink.tar", layer("h", b"", {}, type=tarfile.LNKTYPE))

# What tar readers differ about: the layer of NAME.tar is `parts`, of which some are headers made here.
def header(name=b"a", kind=b"0", size=b"00000000000\0", link=b"", magic=b"ustar\x0000", at={}):
    h = bytearray(512)
    for where, text in {0: name, 100: b"0000644\0", 108: b"0000007\0", 116: b"0000010\0", 124: size, 136: b"00000000000\0",
                        156: kind, 157: link, 257: magic, **at}.items():
        h[where:where + len(text)] = text
    h[148:156] = b" " * 8
    h[148:156] = b"%06o\0 " % sum(h)
    return bytes(h)

def block(text):
    return text + bytes(-len(text) % 512)

def pax(*records, kind=b"x"):
    lines = b"".join(b"%d %s\n" % (len(r) + 4, r) for r in records)     # of 10 to 99 bytes
    return header(b"pax", kind, b"%011o\0" % len(lines)) + block(lines)

def long(text, kind=b"L"):
    return header(b"long", kind, b"%011o\0" % len(text)) + block(text)

gnu = b"ustar  \0"
for name, *parts in (
        # libarchive takes the header of `hidden` for a part of what is before it; GNU tar and runtimes unpack it.
        ("hidden", header(magic=gnu, at={482: b"\1"}), header(b"hidden")),
        ("body", pax(b"comment=x"), header(b"h", b"1", b"00000001000\0", b"a"), header(b"hidden")),
        ("slash", header(b"a/")), ("contiguous", header(kind=b"7")), ("sparse", header(kind=b"S", magic=gnu)),
        ("volume", header(kind=b"V"), header()), ("last", header(), header(kind=b"V")),
        ("nul", header(at={124: b"\0" + b"0000001000\0"})), ("gid", header(b"first"), header(at={116: b"12-4567\0"})),
        ("wide", header(at={136: b"\x80\1" + bytes(10)})), ("device", header(b"first"), header(at={329: b"x"})), ("version", header(magic=b"ustar 00")),
        ("star", header(at={345: b"d/" * 77, 508: b"tar\0"})), ("old", pax(b"GNU.sparse.name=b"), header()),
        ("two", pax(b"path=bbb"), pax(b"comment=x"), header()), ("behind", pax(b"path=bbb"), pax(b"path=ccc", kind=b"g"), header()),
        ("both", pax(b"path=bbb"), long(b"ccc\0"), header()), ("empty", long(b"\0"), header()),
        ("number", pax(b"uid=0x10"), header()), ("path", pax(b"path=b\0c"), header()), ("kind", pax(b"linkpath"), header()),
        ("huge", header(kind=b"x", size=b"\x80" + bytes(2) + b"\0" + b"\x7f" + bytes(7)), header()),
        ("negative", header(kind=b"5", size=b"\xff" * 12)),
        ("all", pax(b"path=bbb", kind=b"g"), header()), ("alllinks", header(), pax(b"linkpath=b", kind=b"g"), header(b"b", b"1", link=b"a")),
        ("allsizes", pax(b"comment=x", b"size=10", kind=b"g"), header()), ("allholes", pax(b"GNU.sparse.major=1", kind=b"g"), header())):
    image(name + ".tar", b"".join(parts) + bytes(1024))
# The end is cut off: within what fills the block of the last file, as umoci writes layers; before, or behind it.
for name, end in ("filling", 1200), ("file", 1029), ("data", 1028), ("none", 1024), ("header", 1836):
    image("cut-%s.tar" % name, (header(b"first") + header(b"five", size=b"00000000005\0") + block(b"hello") + header(b"last"))[:end])
# Which bits a file has is said by its header alone.
image("others.tar", pax(b"comment=x", b"uid=77", b"mtime=100", kind=b"g") + header() + header(b"b") + bytes(1024))
image("list.tar", pax(b"SCHILY.acl.access=u::rwx,g::rwx,o::rwx") + header() + bytes(1024))
P
while read -r name at why; do
	must_fail 3 "$name.tar: layer 1: not a sound tar archive (readers differ about the header at byte $at: $why)" -- ls "$name.tar"
done <<'END'
hidden 0 what follows the devices
body 0 the size
slash 0 the type
contiguous 0 the type
sparse 0 the type
volume 0 the type
last 512 the type
nul 0 a number
gid 512 a number
wide 0 a number
device 512 a number
version 0 the version
star 0 where the path ends
old 0 a sparse file of an old form
overlap 0 a sparse file of an old form
behind 0 which extension holds
all 0 a path or size for all that follows
alllinks 512 a path or size for all that follows
allsizes 0 a path or size for all that follows
allholes 0 a path or size for all that follows
both 0 which extension holds
empty 0 a name that is empty or has a NUL
path 0 a name that is empty or has a NUL
number 0 a number
kind 0 pax records
END
must_fail 3 'two.tar: layer 1: not a sound tar archive (Ignoring malformed pax extended attribute)' -- ls two.tar
must_fail 3 'huge.tar: layer 1: not a sound tar archive (Special header too large)' -- ls huge.tar
must_fail 3 'negative.tar: layer 1: not a sound tar archive (Tar entry has negative size)' -- ls negative.tar
run "$MKSCRATCH" ls list.tar
like "$(cat "$out")" '-rw-r--r--' 'an access list changes no bits'
must_fail 3 'order.tar: layer 1: not a sound tar archive (Encountered out-of-order sparse blocks)' -- cat order.tar a
for verb in ls inspect verify 'cat hole.tar big' 'diff hole.tar'; do
	# shellcheck disable=SC2086
	run timeout 20 "$MKSCRATCH" $verb hole.tar
	is "$status" 3 "${verb%% *}: a hole of four exabytes is refused"
	like "$(cat "$out" "$err")" 'layer 1: expands beyond 17179869184 bytes' '... in these words'
done
is "$(mk ls others.tar)" "$(printf -- '-rw-r--r-- 7/8 0 1970-01-01 00:00 %s\n' a b)" \
	'a global header of anything else is passed over, as the runtimes do'
for name in filling file; do
	is "$(mk ls cut-$name.tar | wc -l) $(mk cat cut-$name.tar five)" '2 hello' "$name: what ends behind the bytes of its last file is read"
	run "$MKSCRATCH" verify cut-$name.tar
	is "$status $(grep -c 'its tar ends in the midst of a block, behind all bytes of its last file' "$out")" '0 1' '... and verify notes it'
done
t '... a base, too' mk -q --bin "$(command -v "$MKSCRATCH")" --base cut-file.tar -o over.tar
for name in data none header; do
	run "$MKSCRATCH" ls cut-$name.tar
	is "$status $(grep -c "cut-$name.tar: layer 1: not a sound tar archive (Truncated" "$err")" '3 1' "$name: what is cut elsewhere is refused"
done
must_fail 3 'symlink.tar: layer 1: s: a link to nothing' -- ls symlink.tar
must_fail 3 'hardlink.tar: layer 1: h: a link to nothing' -- ls hardlink.tar
done_testing
