"""The other tools: how each makes an archive of the same files, those of `root/` or of the ready `root.tar`."""
import os
import shutil
import subprocess
import tempfile
import time

CRANE = "github.com/google/go-containerregistry/cmd/crane@v0.22.1"
BUILDKIT = "github.com/moby/buildkit"
DEBIAN = {"umoci": "umoci", "buildah": "buildah", "libtree": "libtree"}

SCRIPTS = {
    "crane": "crane append --oci-empty-base -f {root}.tar -t app:latest -o {out} >/dev/null 2>&1",
    "umoci": """
        umoci init --layout u && umoci new --image u:latest
        for f in $(cd {root} && echo *); do
            umoci insert --rootless --image u:latest {root}/$f /$f >/dev/null
        done
        umoci config --image u:latest --config.entrypoint /app --config.user 65534:65534
        tar -cf {out} -C u .""",
    "buildah": """
        c=$($buildah from scratch)
        for f in $(cd {root} && echo *); do
            if [ -d {root}/$f ]; then $buildah copy -q $c {root}/$f /$f; else $buildah copy -q $c {root}/$f /; fi
        done >/dev/null
        $buildah config --entrypoint '["/app"]' --user 65534:65534 $c
        $buildah commit -q $c docker-archive:{out}:app:latest >/dev/null
        $buildah rm $c >/dev/null""",
    "BuildKit": """
        printf 'FROM scratch\\nCOPY . /\\nUSER 65534:65534\\nENTRYPOINT ["/app"]\\n' >Dockerfile.{root}
        buildctl build --no-cache --frontend dockerfile.v0 --local context={root} --local dockerfile=. \\
            --opt filename=Dockerfile.{root} --output type=docker,name=app:latest,dest={out} >/dev/null 2>&1""",
    "tar, gzip, sha256sum": """
        mkdir -p h/blobs/sha256
        tar -cf h/l.tar -C {root} . && d=$(sha256sum <h/l.tar)
        gzip -n h/l.tar && b=$(sha256sum <h/l.tar.gz) && mv h/l.tar.gz h/blobs/sha256/${{b%% *}}
        printf '{{"architecture":"amd64","os":"linux","config":{{"User":"65534:65534","Entrypoint":["/app"]}},"rootfs":'\\
'{{"type":"layers","diff_ids":["sha256:%s"]}}}}' ${{d%% *}} >h/config.json
        printf '[{{"Config":"config.json","RepoTags":["app:latest"],"Layers":["blobs/sha256/%s"]}}]' ${{b%% *}} \\
            >h/manifest.json
        tar -cf {out} -C h .""",
}


def clear(work):
    """What scripts leave beside their output."""
    for folder in ("u", "h"):
        shutil.rmtree(os.path.join(work, folder), ignore_errors=True)


def install_buildkit(bin_dir):
    """Its daemon and client, as requirements of an empty module."""
    env = dict(os.environ, CGO_ENABLED="0", GOFLAGS="-mod=mod", GOTOOLCHAIN="local")
    with tempfile.TemporaryDirectory() as module:
        for command in (["go", "mod", "init", "example.com/bench"], ["go", "get", BUILDKIT + "/cmd/buildctl@latest"],
                        ["go", "build", "-o", bin_dir + "/", BUILDKIT + "/cmd/buildkitd", BUILDKIT + "/cmd/buildctl"]):
            if subprocess.run(command, cwd=module, env=env, check=False, stderr=subprocess.DEVNULL).returncode:
                return


def start_buildkit(folder):
    """A daemon of our own where none is up; what to wait for at the end, or None."""
    if not shutil.which("buildkitd") or not absent("BuildKit") or os.geteuid() != 0:
        return None
    os.makedirs(folder)
    os.environ["BUILDKIT_HOST"] = f"unix://{folder}/socket"
    with open(os.path.join(folder, "log"), "wb") as log:
        daemon = subprocess.Popen(["buildkitd", "--addr", os.environ["BUILDKIT_HOST"], "--root", os.path.join(folder, "root"),
                                   "--oci-worker-snapshotter", "native"], stdout=log, stderr=log)
    for _ in range(100):
        if not absent("BuildKit") or daemon.poll() is not None:
            break
        time.sleep(0.1)
    return daemon


def install(bin_dir):
    """Only when asked for: crane and BuildKit as Go modules, the others as packages of Debian."""
    if not shutil.which("crane") and shutil.which("go"):
        subprocess.run(["go", "install", CRANE], env=dict(os.environ, GOBIN=bin_dir), check=False)
    if not shutil.which("buildctl") and shutil.which("go"):
        install_buildkit(bin_dir)
    missing = [package for tool, package in DEBIAN.items() if not shutil.which(tool)]
    if missing and shutil.which("apt-get"):
        subprocess.run(["apt-get", "install", "-y", "-qq", "--no-install-recommends", *missing], check=False,
                       stdout=subprocess.DEVNULL)


def absent(tool):
    """Why it cannot take part; None when it can."""
    if tool == "BuildKit":
        if not shutil.which("buildctl"):
            return "not installed"
        up = subprocess.run(["buildctl", "debug", "workers"], capture_output=True, check=False).returncode == 0
        return None if up else "no daemon is up"
    for program in ("tar", "gzip", "sha256sum") if tool.startswith("tar") else (tool,):
        if not shutil.which(program):
            return "not installed"
    return None


def script(tool, root, out):
    if tool == "buildah":
        head = "export STORAGE_DRIVER=vfs BUILDAH_ISOLATION=chroot\nbuildah='buildah --root b/root --runroot b/run'\n"
    else:
        head = ""
    return head + SCRIPTS[tool].format(root=root, out=out)


def version(tool):
    command = {"crane": ["crane", "version"], "umoci": ["umoci", "--version"], "buildah": ["buildah", "--version"],
               "BuildKit": ["buildctl", "--version"], "tar, gzip, sha256sum": ["tar", "--version"],
               "libtree": ["libtree", "--version"]}[tool]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    words = [word for word in (ran.stdout or "?").split("\n")[0].split() if word[0].isdigit() or word[:2] == "v0"]
    return words[0].strip(",") if words else "unknown"
