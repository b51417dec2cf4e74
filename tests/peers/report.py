"""Make tests/PEERS.md from the figures that the suites of this folder left in $BUILD/peers."""
import glob
import os
import platform
import subprocess

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.environ.get("BUILD") or os.path.join(TOP, "build")
HEAD = """# Peers

Tools that other people write images with, and what becomes of theirs here and of ours there. Written by `make peers`, never by
hand; they are built from source, as Go modules by name and version. More tools (skopeo, podman, buildah, umoci 0.4, crane, Docker
20.10, containerd 1.6) are held against each other in `./bootstrap check` ([engines](engines), [oracle](oracle/peers_images.sh)).

%s, %s.

| peer | version | it | what | tests | what held |
|---|---|---|---|--:|---|
"""


def rows():
    for path in sorted(glob.glob(os.path.join(BUILD, "peers", "*.tsv"))):
        with open(path, encoding="utf-8") as f:
            for line in f:
                peer, version, how, what, tests, failed = line.rstrip("\n").split("\t")
                does = {"reads": "reads what we write", "writes": "writes what we read"}[how]
                held = "all of them" if failed == "0" else f"**{failed} failed**"
                yield f"| {peer} | {version} | {does} | {what} | {tests} | {held} |\n"


def main():
    program = os.environ.get("MKSCRATCH") or os.path.join(BUILD, "mkscratch")
    version = subprocess.run([program, "--version"], capture_output=True, text=True, check=True).stdout.split("\n")[0]
    table = list(rows())
    if not table:
        raise SystemExit("no peer was tried")
    with open(os.path.join(TOP, "tests", "PEERS.md"), "w", encoding="utf-8") as f:
        f.write(HEAD % (version, platform.machine()) + "".join(table))


main()
