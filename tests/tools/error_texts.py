#!/usr/bin/env python3
"""Each text by which the program fails, warns or advises is expected by some test.

error_texts.py [TREE]    prints `FILE:LINE: no test expects: TEXT` for each that none does, and ends with 1
error_texts.py --count   also how many there are

Texts are the string literals in calls of the functions below. What stands between the conversions of a format must come
in this order in one line of a test; quotes and backslashes of the test's language do not count. A format of which
nothing is left but punctuation has its words in what it is given.
"""
import os
import re
import sys

CALLS = "msk_fail msk_fail_sys msk_fail_write msk_hint msk_warn msk_note msk_more msk_detail msk_ctx msk_ctx_read warn".split()
TESTS = ("tests/must-fail", "tests/unit", "tests/integration", "tests/fault", "tests/golden", "tests/spec", "tests/repro",
         "tests/oracle", "tests/engines", "tests/doctor")
LITERAL = re.compile(r'"((?:[^"\\\n]|\\.)*)"')
CONVERSION = re.compile(r"%[-+ #0]*(?:\*|\d+)?(?:\.(?:\*|\d+)?)?(?:hh|h|ll|l|j|z|t)?[diouxXcsp]")
ESCAPE = {"n": "\n", "t": "\t", '"': '"', "\\": "\\"}


def files(top, folder, endings):
    for at, dirs, names in os.walk(os.path.join(top, folder)):
        dirs.sort()
        for name in sorted(names):
            if name.endswith(endings):
                yield os.path.join(at, name)


def read(path):
    with open(path, encoding="utf-8", errors="replace") as f:
        return f.read()


def without_comments(text):
    """The same text with comments blanked, so that lines keep their numbers."""
    def blank(m):
        return m[0] if m[0][0] in "\"'" else re.sub(r"[^\n]", " ", m[0])
    return re.sub(r'"(?:[^"\\\n]|\\.)*"|\'(?:[^\'\\\n]|\\.)*\'|/\*.*?\*/|//[^\n]*', blank, text, flags=re.S)


def call_end(text, at):
    """Behind the bracket that closes the one before `at`."""
    depth = 1
    for m in re.compile(r'"(?:[^"\\\n]|\\.)*"|\'(?:[^\'\\\n]|\\.)*\'|[()]').finditer(text, at):
        depth += {"(": 1, ")": -1}.get(m[0], 0)
        if depth == 0:
            return m.start()
    return len(text)


def texts(source):
    """(offset, text) of each literal in a call; neighbours are one."""
    for call in re.finditer(r"(?<![\w.>])(?:%s)\(" % "|".join(CALLS), source):
        end = call_end(source, call.end())
        run, start, behind = "", None, None
        for m in LITERAL.finditer(source, call.end(), end):
            if behind is not None and source[behind:m.start()].strip():
                yield start, run
                run, start = "", None
            start = m.start() if start is None else start
            run += re.sub(r"\\(.)", lambda e: ESCAPE.get(e[1], e[1]), m[1])
            behind = m.end()
        if start is not None:
            yield start, run


def pieces(text):
    """What must be found, in order; the subject in front is another's."""
    text = re.sub(r"^(%s)?: ", "", text)
    parts = [re.sub(r"""["'\\]""", "", p) for p in CONVERSION.sub("\0", text).replace("%%", "%").replace("\n", "\0").split("\0")]
    return [p for p in parts if p.strip()]


def has_words(parts):
    return sum(len(re.findall(r"[A-Za-z]", p)) for p in parts) >= 4


def expected(top):
    """All tests, plain: what their languages add to a text is gone."""
    told = []
    for folder in TESTS:
        for path in files(top, folder, (".sh", ".c", ".h", ".py", ".tsv", ".txt")):
            text = re.sub(r'"\s*\n\s*"', "", read(path))
            told.append(re.sub(r"""["'\\]""", "", text))
    return "\n".join(told)


def main(top):
    told, n, bare = expected(top), 0, 0
    for path in files(top, "src", ".c"):
        source = without_comments(read(path))
        for at, text in texts(source):
            parts = pieces(text)
            if not has_words(parts):
                continue
            n += 1
            if re.search(r"[^\n]*?".join(map(re.escape, parts)), told):
                continue
            bare += 1
            print(f"{os.path.relpath(path, top)}:{source.count(chr(10), 0, at) + 1}: no test expects: {text}")
    if n == 0:
        print("error_texts: found no text at all")
    if "--count" in sys.argv:
        print(n)
    sys.exit(1 if bare or n == 0 else 0)


main(sys.argv[1] if len(sys.argv) > 1 and sys.argv[1] != "--count" else os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))
