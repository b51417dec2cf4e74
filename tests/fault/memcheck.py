"""Every verb under valgrind's memcheck, well and not: no error, and nothing that was allocated is left when it ends.

Part of `make valgrind`, not of `make check`: a run takes seconds. Suppressed is what libcrypto keeps for itself (libcrypto.supp), nothing of ours.
"""
from common import *

tap = Tap()
room = Room()
MEMCHECK = ["valgrind", "-q", "--error-exitcode=99", "--leak-check=full", "--show-leak-kinds=all",
            "--errors-for-leak-kinds=all", "--num-callers=30",
            "--suppressions=" + os.path.join(TOP, "tests/fault/libcrypto.supp")]
LINE = re.compile(r"^==\d+==.*", re.M)

if shutil.which("valgrind") is None:
    tap.skip("memory is used well", "valgrind is not installed")
    tap.done()


def watched(name, words, statuses):
    ran = run(room, words, around=MEMCHECK, seconds=600)
    said = LINE.findall(ran.err.decode("utf-8", "backslashreplace"))
    tap.ok(ran.status in statuses and not said, name, f"{words}: ended with {ran.status}", *said, "" if said else ran)


def others(room):
    """Verbs and options that the scenarios of the other tests have not, over the same image."""
    image = room.prepare("memcheck", ["--no-cache", "-q", "--bin", "../in/dyn", "--root", "../in/root", "-o", "img.tar", "-o", "l/"],
                         ["--no-cache", "-q", "--bin", "../in/app", "-t", "two:1", "--tree", "../in/site:/srv", "-o", "two.tar"])
    write(os.path.join(image, "r.json"), json.dumps({"bin": ["../in/app"], "output": ["three.tar"]}).encode())
    write(os.path.join(image, "cut.tar"), open(os.path.join(image, "img.tar"), "rb").read()[:7000])
    static = ["--no-cache", "-q", "--bin", "../in/app"]
    rows = [
        ("version", ["version"]), ("help", ["help"]), ("man page", ["help", "--man"]), ("help of a verb", ["help", "verify"]),
        ("completion for bash", ["completion", "bash"]), ("completion for zsh", ["completion", "zsh"]),
        ("completion for fish", ["completion", "fish"]), ("the schema", ["--print", "schema"]),
        ("inspect", ["inspect", "img.tar"]), ("inspect of a layout, JSON", ["inspect", "--json", "l"]),
        ("inspect, HTML", ["inspect", "--html=-", "img.tar"]), ("inspect of a program", ["inspect", "../in/dyn"]),
        ("ls", ["ls", "img.tar"]), ("ls of a layout, by layers", ["ls", "--layers", "l"]), ("cat", ["cat", "two.tar", "/srv/index.html"]),
        ("diff", ["diff", "img.tar", "two.tar"]), ("diff, JSON", ["diff", "--json", "img.tar", "two.tar"]),
        ("diff of the same", ["diff", "img.tar", "l"]), ("why", ["why", "l", "/dyn"]), ("verify, JSON", ["verify", "--json", "two.tar"]),
        ("deps, JSON", ["deps", "--json", "--root", "../in/root", "../in/dyn"]),
        ("deps, a list", ["deps", "--list", "--root", "../in/root", "../in/dyn"]),
        ("doctor, JSON", ["doctor", "--json", "--root", "../in/root", "../in/dyn"]),
        ("doctor, SARIF", ["doctor", "--sarif", "../in/app"]), ("doctor of itself", ["doctor", MKSCRATCH]),
        ("deps of itself", ["deps", MKSCRATCH]),
        ("index", ["index", "-t", "both:1", "-o", "both.tar", "img.tar"]),
        ("cache", ["cache", "--cache", "../cache", "stat"]), ("the plan", [*static, "--print", "plan", "-o", "x.tar"]),
        ("the tree", [*static, "--print", "rootfs", "--tree", "../in/site:/srv", "-o", "x.tar"]),
        ("a base", [*static, "--base", "img.tar", "-o", "based.tar"]),
        ("a recipe", ["--no-cache", "-q", "--config", "r.json"]),
        ("four threads", ["--no-cache", "-q", "-j", "4", "--bin", MKSCRATCH, "-o", "self.tar"]),
        ("gzip at its best", [*static, "--compress", "gzip:9", "-o", "nine.tar"]),
        ("what the default is on this machine", ["--no-cache", "-q", "--bin", "/bin/true", "--certs", "--tz", "-o", "host.tar"]),
        ("an image that is cut short", ["verify", "cut.tar"]), ("no such image", ["inspect", "none.tar"]),
        ("no such option", ["--no-such"]), ("a program that is none", ["--bin", "r.json", "-o", "x.tar"]),
        ("a library that is missing", ["--bin", "../in/dyn", "--root", "../in/site", "-o", "x.tar"]),
        ("no such recipe", ["--config", "none.json"]), ("a malformed recipe", ["--config", "img.tar"]),
        ("no room for the output", [*static, "-o", "/dev/full"]),
    ]
    room.reset(image)
    return rows


for s in builds(room) + readers(room) + image_verbs(room):
    s.begin()
    watched(s.name, s.words, (s.ran.status,))
for row in others(room):
    watched(*row, range(0, 99))
figures("memcheck", runs=tap.run, failed=tap.failed)
room.remove()
tap.done()
