#!/usr/bin/env python3
"""Random library graphs resolved by `mkscratch deps` and by the real loader, which have to agree.

    fuzz.py glibc|musl LOADER GRAPHS SEED [KEEP]

Run as root of a mount namespace of its own: each tree is a root directory in which the loader runs. Prints what
differs, with the number that makes that one graph again (GRAPHS 1, SEED that number), and a count. KEEP: a directory in
which the tree of the first difference is left.
"""
import json
import os
import random
import re
import select
import shutil
import signal
import subprocess
import sys
import tempfile

import loaders
from graph import Graph

TUNABLE = {None: "-POPCNT", "v2": "-AVX2", "v3": "-AVX512F", "v4": None}


class Inside:
    """A process that lives in the root and runs loaders there, so that each costs one spawn and no chroot."""

    def __init__(self, top):
        self.requests, child_in = os.pipe()[::-1]
        self.answers, child_out = os.pipe()
        if os.fork() == 0:
            os.close(self.requests)
            os.close(self.answers)
            os.chroot(top)
            os.chdir("/")
            self.serve(os.fdopen(child_in), os.fdopen(child_out, "w"))
            os._exit(0)
        os.close(child_in)
        os.close(child_out)
        self.requests, self.answers = os.fdopen(self.requests, "w"), os.fdopen(self.answers)

    @staticmethod
    def serve(requests, answers):
        for line in requests:
            argv, env = json.loads(line)
            out_r, out_w = os.pipe()
            pid = os.posix_spawn(argv[0], argv, env, file_actions=[
                (os.POSIX_SPAWN_DUP2, out_w, 1), (os.POSIX_SPAWN_DUP2, out_w, 2)])
            os.close(out_w)
            text = b""
            while chunk := os.read(out_r, 65536) if select.select([out_r], [], [], 5)[0] else None:
                text += chunk
            if chunk is None:
                os.kill(pid, signal.SIGKILL)        # ld.so may go round in circles
            os.close(out_r)
            text = text.decode("utf-8", "replace")
            status = os.waitpid(pid, 0)[1]
            answers.write(json.dumps([status, text]) + "\n")
            answers.flush()

    def run(self, argv, env):
        self.requests.write(json.dumps([argv, env]) + "\n")
        self.requests.flush()
        return json.loads(self.answers.readline())


def by_loader(inside, libc, loader, program, level, library_path):
    """([paths], {missing}), or None where the loader stops; and what it printed."""
    env = {"LD_LIBRARY_PATH": library_path} if library_path else {}
    if libc == "musl":
        status, text = inside.run([loader, "--list", program], env)
        return loaders.parse_musl(text, loader), text
    env["LD_TRACE_LOADED_OBJECTS"] = "1"
    if TUNABLE[level]:
        env["GLIBC_TUNABLES"] = "glibc.cpu.hwcaps=" + TUNABLE[level]
    status, text = inside.run([program], env)
    return loaders.parse_glibc(status, text), text


def by_us(top, program, level, library_path):
    argv = [os.environ["MKSCRATCH"], "deps", "--json", "--dlopen", "none", "--root", top]
    argv += ["--hwcaps", level] if level else []
    argv += ["--library-path", library_path] if library_path else []
    try:
        p = subprocess.run(argv + [top + program], capture_output=True, text=True, close_fds=False, timeout=20)
    except subprocess.TimeoutExpired:
        return (["no end"], set()), ""
    if p.returncode not in (0, 3, 4):
        return ([f"ended with {p.returncode}"], set()), p.stderr
    if not p.stdout:
        return None, p.stderr
    d = json.loads(p.stdout)
    d = d[0] if isinstance(d, list) else d
    paths = [loaders.absolute(o["path"]) for o in d["objects"]]
    return (paths, {m["name"] for m in d["missing"]}), p.stderr


def same(ours, theirs, loader, libc, auxiliaries):
    if ours is None or theirs is None:
        return ours is theirs
    paths, missing = ours
    # Names are ours as they stand in the file and theirs with their tokens expanded; ld.so tells missing auxiliaries.
    missing, told = ({os.path.basename(name) for name in names} for names in (missing, theirs[1]))
    # Whoever names it or not, ours has the loader; ld.so tells it only where something needs it, musl always.
    if libc == "musl":
        paths = [p for p in paths if p != loader]
    elif loader not in theirs[0] and paths and paths[-1] == loader:
        paths = paths[:-1]
    return paths == theirs[0] and missing <= told and told - missing <= auxiliaries


def clean(top):
    for name in os.listdir(top):
        if name not in ("proc", "loader"):
            path = os.path.join(top, name)
            if os.path.isdir(path) and not os.path.islink(path):
                shutil.rmtree(path)
            else:
                os.unlink(path)


def main():
    libc, loader, graphs, seed = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
    keep = sys.argv[5] if len(sys.argv) > 5 else None
    top = tempfile.mkdtemp(prefix="mkscratch-fuzz.", dir="/dev/shm" if os.access("/dev/shm", os.W_OK) else None)
    interp = "/lib64/ld-linux-x86-64.so.2" if libc == "glibc" else "/lib/ld-musl-x86_64.so.1"
    os.mkdir(top + "/proc")
    os.mkdir(top + "/loader")
    subprocess.run(["mount", "--rbind", "/proc", top + "/proc"], check=True)
    shutil.copy(loader, top + "/loader/ld")
    inside = Inside(top)
    supported = [None]
    if libc == "glibc":
        text = subprocess.run([loader, "--help"], capture_output=True, text=True).stdout
        supported += [v for v in ("v2", "v3", "v4") if re.search(rf"x86-64-{v} \(supported", text)]
    differ = whole = stopped = 0
    try:
        for i in range(graphs):
            rng = random.Random(seed + i)
            os.makedirs(top + os.path.dirname(interp), exist_ok=True)
            os.link(top + "/loader/ld", top + interp)
            g = Graph(rng, top, libc, interp)
            program = g.make()
            level = rng.choice(supported)
            library_path = ":".join(rng.choice(g.dirs + ["$ORIGIN"]) for _ in range(rng.randint(1, 3))) \
                if rng.random() < 0.2 else None
            theirs, text = by_loader(inside, libc, interp, program, level, library_path)
            ours, said = by_us(top, program, level, library_path)
            stopped += theirs is None
            whole += theirs is not None and not theirs[1]
            if not same(ours, theirs, interp, libc, g.auxiliaries):
                differ += 1
                if differ <= 5:
                    print(f"seed {seed + i} differs (--hwcaps {level}, --library-path {library_path})")
                    print(f"  loader: {theirs}\n{text}  ours:   {ours}\n{said}")
                if keep and differ == 1:
                    subprocess.run(["cp", "-a", "--one-file-system", top, keep], check=False)
            clean(top)
    finally:
        subprocess.run(["umount", "--lazy", top + "/proc"], check=False)
        shutil.rmtree(top, ignore_errors=True)
    print(f"{graphs} graphs from seed {seed}: {whole} complete, {stopped} at which the loader stops, {differ} differ")
    sys.exit(differ != 0)


main()
