#!/usr/bin/env python3
"""Random library graphs resolved by `mkscratch deps` and by the real loader, which have to agree.

    fuzz.py glibc|musl LOADER GRAPHS SEED [KEEP]

Run as root of a mount namespace of its own: each tree is a root directory in which the loader runs. Prints what
differs, with the number that makes that one graph again (GRAPHS 1, SEED that number), and a count. KEEP: a directory in
which the tree of the first difference is left.
"""
import random
import subprocess
import sys

from arena import Arena
from graph import Graph


def library_path(rng, dirs):
    if rng.random() < 0.8:
        return None
    return ":".join(rng.choice(dirs + ["$ORIGIN"]) for _ in range(rng.randint(1, 3)))


def main():
    libc, loader, graphs, seed = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
    keep = sys.argv[5] if len(sys.argv) > 5 else None
    arena = Arena(libc, loader)
    differ = whole = stopped = 0
    try:
        for i in range(graphs):
            rng = random.Random(seed + i)
            g = Graph(rng, arena.top, libc, arena.interp)
            program = g.make()
            how = rng.choice(arena.levels), library_path(rng, g.dirs)
            theirs, text = arena.theirs(program, *how)
            ours, said = arena.ours(program, *how)
            stopped += theirs is None
            whole += theirs is not None and not theirs[1]
            if not arena.same(ours, theirs, g.auxiliaries):
                differ += 1
                if differ <= 5:
                    print(f"seed {seed + i} differs (--hwcaps {how[0]}, --library-path {how[1]})")
                    print(f"  loader: {theirs}\n{text}  ours:   {ours}\n{said}")
                if keep and differ == 1:
                    subprocess.run(["cp", "-a", "--one-file-system", arena.top, keep], check=False)
            arena.clean()
    finally:
        arena.close()
    print(f"{graphs} graphs from seed {seed}: {whole} complete, {stopped} at which the loader stops, {differ} differ")
    sys.exit(differ != 0)


main()
