"""A root directory in which a real loader runs, and `mkscratch deps` beside it.

Needs a mount namespace of its own, and to be root there.
"""
import json
import os
import re
import select
import shutil
import signal
import subprocess
import tempfile

import loaders

INTERP = {"glibc": "/lib64/ld-linux-x86-64.so.2", "musl": "/lib/ld-musl-x86_64.so.1"}
# What makes a CPU of each level of this one.
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


class Arena:
    def __init__(self, libc, loader):
        self.libc, self.interp = libc, INTERP[libc]
        self.top = tempfile.mkdtemp(prefix="mkscratch-arena.", dir="/dev/shm" if os.access("/dev/shm", os.W_OK) else None)
        os.mkdir(self.top + "/proc")
        os.mkdir(self.top + "/loader")
        subprocess.run(["mount", "--rbind", "/proc", self.top + "/proc"], check=True)
        shutil.copy(loader, self.top + "/loader/ld")
        self.inside = Inside(self.top)
        self.levels, self.version = [None], 0
        if libc == "glibc":
            text = subprocess.run([loader, "--help"], capture_output=True, text=True).stdout
            self.levels += [v for v in ("v2", "v3", "v4") if re.search(rf"x86-64-{v} \(supported", text)]
            text = subprocess.run([loader, "--version"], capture_output=True, text=True).stdout
            release = re.search(r"release version (\d+)\.(\d+)", text)
            self.version = 100 * int(release[1]) + int(release[2]) if release else 0
        self.clean()

    def clean(self):
        """Nothing but the loader is left."""
        for name in os.listdir(self.top):
            path = os.path.join(self.top, name)
            if os.path.isdir(path) and not os.path.islink(path):
                if name not in ("proc", "loader"):
                    shutil.rmtree(path)
            else:
                os.unlink(path)
        os.makedirs(self.top + os.path.dirname(self.interp))
        os.link(self.top + "/loader/ld", self.top + self.interp)

    def close(self):
        subprocess.run(["umount", "--lazy", self.top + "/proc"], check=False)
        shutil.rmtree(self.top, ignore_errors=True)

    def ldconfig(self):
        """Make a cache of what there is, and leave the links of libraries as they are."""
        subprocess.run(["ldconfig", "-X", "-r", self.top], check=True, stderr=subprocess.DEVNULL)

    def theirs(self, program, level=None, library_path=None):
        """([paths], {missing}), or None where the loader stops; and what it printed."""
        env = {"LD_LIBRARY_PATH": library_path} if library_path else {}
        if self.libc == "musl":
            text = self.inside.run([self.interp, "--list", program], env)[1]
            return loaders.parse_musl(text, self.interp), text
        env["LD_TRACE_LOADED_OBJECTS"] = "1"
        if TUNABLE[level]:
            env["GLIBC_TUNABLES"] = "glibc.cpu.hwcaps=" + TUNABLE[level]
        status, text = self.inside.run([program], env)
        return loaders.parse_glibc(status, text), text

    def ours(self, program, level=None, library_path=None):
        """The same by `mkscratch deps`."""
        argv = [os.environ["MKSCRATCH"], "deps", "--json", "--dlopen", "none", "--root", self.top]
        argv += ["--hwcaps", level] if level else []
        argv += ["--library-path", library_path] if library_path else []
        try:
            p = subprocess.run(argv + [self.top + program], capture_output=True, text=True, close_fds=False, timeout=20)
        except subprocess.TimeoutExpired:
            return (["no end"], set()), ""
        if p.returncode not in (0, 3, 4):
            return ([f"ended with {p.returncode}"], set()), p.stderr
        if not p.stdout:
            return None, p.stderr
        d = json.loads(p.stdout)
        return ([loaders.absolute(o["path"]) for o in d["objects"]], {m["name"] for m in d["missing"]}), p.stderr

    def same(self, ours, theirs, auxiliaries=frozenset()):
        """Whether the two agree, as far as they tell the same things."""
        if ours is None or theirs is None:
            return ours is theirs
        paths, missing = ours
        # Names are ours as they stand in the file and theirs with tokens expanded; ld.so tells missing auxiliaries.
        missing, told = ({os.path.basename(name) for name in names} for names in (missing, theirs[1]))
        # Whoever names it or not, ours has the loader; ld.so tells it only where something needs it, musl always.
        if self.libc == "musl":
            paths = [p for p in paths if p != self.interp]
        elif self.interp not in theirs[0] and paths and paths[-1] == self.interp:
            paths = paths[:-1]
        return paths == theirs[0] and missing <= told and told - missing <= auxiliaries
