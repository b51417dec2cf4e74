"""What loaders print of the libraries they find."""
import re

# What musl says of a library that it does not find, rather than of a file that is none.
MUSL_GOES_ON = "No such file or directory", "Not a directory", "Symbolic link loop", "No error information"


def absolute(path):
    """As seen from /, where all programs start."""
    return re.sub(r"/+(\./+)*", "/", path if path.startswith("/") else "/" + path)


def parse_glibc(status, text):
    """([paths], {missing}) of a trace; None where ld.so stopped."""
    if status or "error while loading" in text:
        return None
    paths, missing = [], set()
    for line in text.splitlines():
        if m := re.fullmatch(r"\t(.*) => not found", line):
            missing.add(m[1])
        elif m := re.fullmatch(r"\t(?:.* => )?(\S.*) \(0x[0-9a-f]+\)", line):
            if not m[1].startswith(("linux-vdso", "linux-gate")):
                paths.append(absolute(m[1]))
    return paths, missing


def parse_musl(text, loader):
    """The same of musl's --list, which goes on where the program would not; without the loader, which it always shows."""
    paths, missing = [], set()
    for line in text.splitlines():
        if m := re.fullmatch(r"Error loading shared library (.*): (.*) \(needed by .*\)", line):
            if m[2] not in MUSL_GOES_ON:
                return None
            missing.add(m[1])
        elif m := re.fullmatch(r"\t(.*) => (.*) \(0x[0-9a-f]+\)", line):
            if m[2] != loader:
                paths.append(absolute(m[2]))
    return paths, missing
