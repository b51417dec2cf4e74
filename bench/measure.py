"""Runs of commands side by side: what each costs, what it writes, and whether it writes the same twice."""
import hashlib
import json
import os
import shutil
import statistics
import subprocess
from dataclasses import dataclass, field


class Failed(Exception):
    """A command that did not work; the text says why in one line."""


def digest_of(path):
    total = hashlib.sha256()
    with open(path, "rb") as f:
        while chunk := f.read(1 << 20):
            total.update(chunk)
    return total.hexdigest()


@dataclass
class Row:
    """One command in a group. `us` are measured against `peer`; `limit` and `floor` are bounds, not tools."""
    tool: str
    command: object                 # a list, or a text for the shell
    role: str = "us"
    output: str = None              # the file it writes
    before: str = None              # what is there when it begins: a copy of this file; None: nothing
    prepare: object = None          # called before each run, not measured
    inner: bool = False             # the command prints its own seconds
    samples: list = field(default_factory=list)
    rss: list = field(default_factory=list)
    digests: set = field(default_factory=set)
    bytes: int = None

    def result(self):
        same = len(self.digests) == 1 if len(self.samples) > 1 and self.digests else None
        return {
            "tool": self.tool, "role": self.role, "seconds": round(statistics.median(self.samples), 6),
            "fastest": round(min(self.samples), 6), "runs": len(self.samples), "bytes": self.bytes,
            "rss_kib": max(self.rss), "same_bytes_twice": same,
        }


class Bench:
    def __init__(self, work, stopwatch, env, quick):
        self.work, self.stopwatch, self.env, self.quick = work, stopwatch, env, quick
        self.skipped = []

    def skip(self, what, why):
        if (what, why) not in self.skipped:
            self.skipped.append((what, why))
            print(f"skipped: {what} ({why})", flush=True)

    def once(self, command):
        """Run it; seconds, peak and standard output."""
        argv = ["sh", "-ec", command] if isinstance(command, str) else command
        read, write = os.pipe()

        def give_three():
            os.dup2(write, 3)

        ran = subprocess.run([self.stopwatch, *argv], cwd=self.work, env=self.env, stdin=subprocess.DEVNULL,
                             capture_output=True, text=True, errors="replace", preexec_fn=give_three,
                             pass_fds=(3,), check=False)
        os.close(write)
        with os.fdopen(read) as pipe:
            told = pipe.read()
        cost = json.loads(told) if told else {"status": 1}
        if cost["status"] != 0:
            lines = (ran.stderr.strip() or "no message").splitlines()
            raise Failed(f"status {cost['status']}: {lines[-1][:160]}")
        return cost["seconds"], cost["rss_kib"], ran.stdout

    def lay_out(self, row):
        """Whoever writes over something has to get rid of it, or may find it there already: neither is what a row tells of
        unless it says so."""
        path = os.path.join(self.work, row.output)
        if os.path.exists(path):
            os.unlink(path)
        if row.before:
            shutil.copyfile(os.path.join(self.work, row.before), path)

    def sample(self, row):
        if row.output:
            self.lay_out(row)
        if row.prepare:
            row.prepare()
        # What the one before left to be written is not to be paid by the next.
        if not self.quick:
            os.sync()
        seconds, rss, text = self.once(row.command)
        if row.inner:
            told = json.loads(text)
            seconds, row.bytes = told["seconds"], told["out"]
        row.samples.append(seconds)
        row.rss.append(rss)
        if row.output and len(row.samples) <= 2:
            path = os.path.join(self.work, row.output)
            row.bytes = os.path.getsize(path)
            row.digests.add(digest_of(path))

    def group(self, name, title, rows, runs, input_bytes=None):
        """Alternate over the rows; who begins changes from turn to turn."""
        live = list(rows)
        for turn in range(runs):
            for row in live[turn % max(len(live), 1):] + live[:turn % max(len(live), 1)]:
                try:
                    self.sample(row)
                except (Failed, OSError) as e:
                    if row.role == "us":
                        raise Failed(f"{name}: {row.tool}: {e}") from e
                    self.skip(f"{row.tool} in {name}", str(e))
                    row.samples = []
            live = [row for row in live if row.samples]
        return {"name": name, "title": title, "input_bytes": input_bytes, "rows": [row.result() for row in live]}
