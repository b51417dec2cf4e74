"""A repository of apk packages that holds one, for each architecture. usage: apk.py DIR ARCH=PROGRAM...

A package is three gzip members, or two where nobody signs: control, a tar without its end, and data. The index names a
package by the SHA-1 of its control, and that holds the SHA-256 of the data."""
import base64
import gzip
import hashlib
import io
import os
import sys
import tarfile


def entry(name, data=b"", mode=0o644, link="", **members):
    info = tarfile.TarInfo(name)
    info.mode, info.linkname, info.size = mode, link, len(data)
    info.type = members.get("type", tarfile.SYMTYPE if link else tarfile.REGTYPE)
    if info.type != tarfile.DIRTYPE:
        info.pax_headers = {"APK-TOOLS.checksum.SHA1": hashlib.sha1(data or link.encode()).hexdigest()}
    return info, data


def directory(name):
    return entry(name, mode=0o755, type=tarfile.DIRTYPE)


def member(entries, end=True):
    raw = io.BytesIO()
    with tarfile.open(fileobj=raw, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for info, data in entries:
            tar.addfile(info, io.BytesIO(data))
        size = tar.offset
    return gzip.compress(raw.getvalue() if end else raw.getvalue()[:size], mtime=0)


def package(arch, program):
    data = member([directory("usr"), directory("usr/bin"), entry("usr/bin/say", program, 0o755), entry("usr/bin/speak", link="say"),
                   directory("srv"), entry("srv/file", b"hello\n")])
    facts = {"pkgname": "say", "pkgver": "1.0-r0", "pkgdesc": "says", "url": "http://example.org", "size": len(program), "arch": arch,
             "origin": "say", "license": "MIT", "datahash": hashlib.sha256(data).hexdigest()}
    control = member([entry(".PKGINFO", "".join(f"{k} = {v}\n" for k, v in facts.items()).encode())], end=False)
    return control, data


def main():
    for word in sys.argv[2:]:
        arch, _, path = word.partition("=")
        where = os.path.join(sys.argv[1], arch)
        os.makedirs(where)
        with open(path, "rb") as f:
            control, data = package(arch, f.read())
        with open(os.path.join(where, "say-1.0-r0.apk"), "wb") as f:
            f.write(control + data)
        name = "Q1" + base64.b64encode(hashlib.sha1(control).digest()).decode()
        index = f"C:{name}\nP:say\nV:1.0-r0\nA:{arch}\nS:{len(control + data)}\nI:4096\nT:says\nU:http://example.org\nL:MIT\no:say\n\n"
        with open(os.path.join(where, "APKINDEX.tar.gz"), "wb") as f:
            f.write(member([entry("DESCRIPTION", b"one package\n"), entry("APKINDEX", index.encode())]))


main()
