"""What stands on a terminal while a command runs, and after.

    progress.py [--after TEXT KEYS] COMMAND...

Runs it on a pseudo-terminal of 80 columns; when TEXT has appeared, types KEYS. Prints JSON: status (negative: the
signal), raw (all that was written) and screen (the lines that stand there at the end)."""
import json
import os
import pty
import re
import sys


def screen(raw):
    """A terminal that knows what is used here: carriage return, new line, erase to the end of the line."""
    lines, at = [[]], 0
    for token in re.findall(r"\x1b\[K|.", raw, re.S):
        line = lines[-1]
        if token == "\r":
            at = 0
        elif token == "\n":
            lines.append([])
        elif token == "\x1b[K":
            del line[at:]
        else:
            line[at:at + 1] = token
            at += 1
    return ["".join(line).rstrip() for line in lines if line]


def main():
    words, after, keys = sys.argv[1:], None, b""
    if words[0] == "--after":
        after, keys, words = words[1], words[2].encode().decode("unicode_escape").encode(), words[3:]
    pid, fd = pty.fork()
    if pid == 0:
        os.execvp(words[0], words)
    raw = b""
    while True:
        try:
            got = os.read(fd, 65536)
        except OSError:
            break
        if not got:
            break
        raw += got
        if after and after.encode() in raw:
            os.write(fd, keys)
            after = None
    status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    text = raw.decode(errors="replace")
    json.dump({"status": status, "raw": text, "screen": screen(text)}, sys.stdout)


main()
