"""What is measured: programs, trees and files, made from what every machine with a compiler has."""
import json
import os
import re
import shutil
import subprocess

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
CERTS = "/etc/ssl/certs/ca-certificates.crt"
ZONES = "/usr/share/zoneinfo"
MB = 1000 * 1000

NANO = "void answer(void) {}\nvoid _start(void) { answer(); for (;;); }\n"
# One function, and behind it the payload; the changed one is longer, so that all behind it moves.
LARGE = """
volatile long seen;
void answer(void) { %s }
void _start(void) { answer(); for (;;); }
__asm__(".text\\n.balign 16\\n.incbin \\"payload\\"\\n");
"""


def run(*argv, **how):
    subprocess.run(argv, check=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, **how)


def elf_files():
    """Programs and libraries of this system, by path, each file once."""
    seen = set()
    for top in ("/usr/bin", "/usr/lib", "/usr/libexec"):
        for folder, folders, names in os.walk(top):
            folders.sort()
            for path in (os.path.join(folder, name) for name in sorted(names)):
                if os.path.islink(path) or not os.path.isfile(path):
                    continue
                st = os.stat(path)
                if (st.st_dev, st.st_ino) in seen or st.st_size < 16384:
                    continue
                seen.add((st.st_dev, st.st_ino))
                with open(path, "rb") as f:
                    if f.read(4) == b"\x7fELF":
                        yield path


def pour(path, size):
    """A file of exactly `size` bytes of machine code, from the start again where the system has no more."""
    files = list(elf_files())
    with open(path, "wb") as to:
        while to.tell() < size:
            for name in files:
                with open(name, "rb") as f:
                    to.write(f.read(size - to.tell()))
                if to.tell() >= size:
                    return


def build_c(work, out, source):
    with open(os.path.join(work, "program.c"), "w", encoding="ascii") as f:
        f.write(source)
    run(os.environ.get("CC", "cc"), "-O1", "-fno-toplevel-reorder", "-ffreestanding", "-fno-stack-protector", "-static",
        "-nostdlib", "-s", "-Wl,--build-id=none", "-o", out, "program.c", cwd=work)


def payload_program(work, out, size, changed):
    """A static program of about `size` bytes and the same with one function changed."""
    pour(os.path.join(work, "payload"), size)
    build_c(work, out, LARGE % "seen = 1;")
    if changed:
        build_c(work, changed, LARGE % "for (int i = 0; i < 9; i++) { seen += i; seen ^= seen << 3; }")
    os.unlink(os.path.join(work, "payload"))


def go_service(work, out, change):
    source = os.path.join(work, "go-source")
    shutil.rmtree(source, ignore_errors=True)
    shutil.copytree(os.path.join(TOP, "examples/go-like-service/go"), source)
    if change:
        path = os.path.join(source, "main.go")
        with open(path, encoding="utf-8") as f:
            text = f.read()
        with open(path, "w", encoding="utf-8") as f:
            f.write(re.sub(r'(func health\(.*\n)\treturn (.*), "ok"', r'\1\treturn \2, "all is well"', text))
    env = dict(os.environ, CGO_ENABLED="0", GOTOOLCHAIN="local", GOFLAGS="", GOPROXY="off")
    run("go", "build", "-trimpath", "-buildvcs=false", "-ldflags=-s -w", "-o", out, ".", cwd=source, env=env)


PROMETHEUS = ("github.com/prometheus/prometheus", "v0.316.0")


def go_large(work, out, changed, download):
    """A large Go program as people run it, and the same with its main function changed: Prometheus, from its modules.
    Without `download` only when they are on this machine already. Raises CalledProcessError when it cannot be built."""
    source = os.path.join(work, "go-large")
    shutil.rmtree(source, ignore_errors=True)
    os.makedirs(source)
    module, version = PROMETHEUS
    env = dict(os.environ, CGO_ENABLED="0", GOFLAGS="-mod=mod", GOTOOLCHAIN="local")
    if not download:
        env["GOPROXY"] = "off"
    told = subprocess.run(["go", "mod", "download", "-json", f"{module}@{version}"], cwd=source, env=env, check=True,
                          capture_output=True, text=True)
    there = json.loads(told.stdout)["Dir"]
    for name in os.listdir(os.path.join(there, "cmd/prometheus")):
        if name.endswith(".go") and not name.endswith("_test.go"):
            shutil.copyfile(os.path.join(there, "cmd/prometheus", name), os.path.join(source, name))
    shutil.copyfile(os.path.join(there, "go.sum"), os.path.join(source, "go.sum"))
    with open(os.path.join(there, "go.mod"), encoding="utf-8") as f:
        requirements = f.read().split("\n", 1)[1]
    with open(os.path.join(source, "go.mod"), "w", encoding="utf-8") as f:
        f.write(f"module example.com/large\n{requirements}\nrequire {module} {version}\n")
    build = ["go", "build", "-p", "2", "-trimpath", "-buildvcs=false", "-o"]
    run(*build, out, ".", cwd=source, env=env, stderr=subprocess.DEVNULL)
    path = os.path.join(source, "main.go")
    with open(path, encoding="utf-8") as f:
        text = f.read()
    with open(path, "w", encoding="utf-8") as f:
        f.write(text.replace("\nfunc main() {\n", "\nfunc main() {\n\tif len(os.Args) == 99 {\n\t\tos.Exit(7)\n\t}\n", 1))
    run(*build, changed, ".", cwd=source, env=env, stderr=subprocess.DEVNULL)


def server(work, quick):
    """A stripped Go server of 6.3 MB and its next version; where Go is not installed, code of the system of that size.
    Returns what it is."""
    out, changed = os.path.join(work, "app"), os.path.join(work, "app-changed")
    if shutil.which("go") and not quick:
        go_service(work, out, False)
        go_service(work, changed, True)
        return "a stripped Go server"
    payload_program(work, out, 400_000 if quick else 6_300_000, changed)
    return "a static program"


def root_of(work, name, program):
    """The tree that the peers are given: program, CA bundle, zones; and as a tar that is ready to be appended."""
    root = os.path.join(work, name)
    shutil.rmtree(root, ignore_errors=True)
    os.makedirs(root)
    shutil.copy(program, os.path.join(root, "app"))
    if name == "w1":
        os.makedirs(os.path.join(root, "etc/ssl/certs"))
        shutil.copy(CERTS, os.path.join(root, "etc/ssl/certs"))
        shutil.copytree(ZONES, os.path.join(root, "usr/share/zoneinfo"), symlinks=True,
                        ignore=lambda folder, names: {"right", "posix"} if folder == ZONES else set())
    ready_tar(work, root, name + ".tar")
    return os.path.getsize(os.path.join(work, name + ".tar"))


def ready_tar(work, root, out):
    run("tar", "--sort=name", "--mtime=@0", "--owner=0", "--group=0", "--numeric-owner", "-cf",
        os.path.join(work, out), "-C", root, ".")


def tree(work, name, count):
    """`count` small files, a hundred in a directory, 100 to 8,000 bytes each."""
    root = os.path.join(work, name)
    shutil.rmtree(root, ignore_errors=True)
    pool = os.path.join(work, "pool")
    pour(pool, 4 * MB)
    with open(pool, "rb") as f:
        data = f.read()
    for i in range(count):
        folder = os.path.join(root, f"d{i // 10000:02}", f"e{i // 100 % 100:02}")
        if i % 100 == 0:
            os.makedirs(folder)
        at, n = i * 7919 % (len(data) - 8000), 100 + i * 613 % 7900
        with open(os.path.join(folder, f"f{i % 100:02}"), "wb") as f:
            f.write(data[at:at + n])
    os.unlink(pool)
    ready_tar(work, root, name + ".tar")
    return os.path.getsize(os.path.join(work, name + ".tar"))


def mostly_holes(work, name, size):
    """A file of `size` bytes, an eighth of it code and the rest holes: large without taking a disk."""
    pool = os.path.join(work, "pool")
    step = min(64 << 20, size)
    pour(pool, step // 8)
    with open(pool, "rb") as f:
        data = f.read()
    with open(os.path.join(work, name), "wb") as f:
        for at in range(0, size, step):
            f.seek(at)
            f.write(data)
        f.truncate(size)
    os.unlink(pool)


def loader_of(path):
    with open(path, "rb") as f:
        head = f.read(8192)
    found = re.search(rb"/lib[0-9a-z/_-]*/ld-[A-Za-z0-9._-]+", head)
    return found.group().decode() if found else None


def dynamic_files(loader, count):
    """Files of this system that its loader can resolve."""
    chosen = []
    for path in elf_files():
        if len(chosen) == count:
            break
        ran = subprocess.run([loader, "--list", path], capture_output=True, text=True, check=False)
        if ran.returncode == 0 and "=>" in ran.stdout and "not found" not in ran.stdout:
            chosen.append(path)
    return chosen
