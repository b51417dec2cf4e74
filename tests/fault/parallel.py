"""Many processes add tags to one layout while others read it: no tag is lost, and whoever looks finds a layout that is
whole. In the long form others do the same, for comparison."""
import threading

from common import *

tap = Tap()
room = Room()
WRITERS, TAGS = (32, 50) if FULL else (16, 5)
LAYOUT = os.path.join(room.work, "l")


def tags_in(layout):
    try:
        with open(layout + "/index.json", "rb") as f:
            names = [d.get("annotations", {}).get("org.opencontainers.image.ref.name") for d in json.load(f)["manifests"]]
    except (OSError, ValueError):
        return set()
    return {n for n in names if n and n.startswith("t")}


def in_parallel(command):
    """`command(writer, k)` by WRITERS threads of TAGS each; how many of them ended well."""
    good, lock = [0], threading.Lock()

    def work(writer):
        for k in range(TAGS):
            p = subprocess.run(command(f"t{writer}-{k}"), cwd=room.work, env={**ENV, "HOME": room.top}, capture_output=True,
                               check=False, stdin=subprocess.DEVNULL)
            with lock:
                good[0] += p.returncode == 0

    threads = [threading.Thread(target=work, args=(w,)) for w in range(WRITERS)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    return good[0]


def watch(stop, looks, faults):
    while not stop.is_set():
        faults += layout_faults(LAYOUT)
        looks[0] += 1
        if os.path.exists(LAYOUT + "/index.json"):
            ran = run(room, ["verify", "-q", "l"])
            looks[1] += 1
            if ran.status:
                faults.append(str(ran))
        time.sleep(0.02)


def ours():
    room.reset()
    stop, looks, faults = threading.Event(), [0, 0], []
    readers = [threading.Thread(target=watch, args=(stop, looks, faults)) for _ in range(2)]
    for r in readers:
        r.start()
    good = in_parallel(lambda tag: [MKSCRATCH, "--no-cache", "-q", "-j", "1", "--bin", "../in/app", "-l", f"tag={tag}",
                                    "-t", f"app:{tag}", "-o", "l/"])
    stop.set()
    for r in readers:
        r.join()
    kept = len(tags_in(LAYOUT))
    tap.ok(good == kept == WRITERS * TAGS, f"{WRITERS} processes add {TAGS} tags each", f"{good} ended well, {kept} are there")
    tap.ok(not faults and looks[1], f"{looks[0]} looks at it meanwhile found it whole", *faults[:5])
    ran = run(room, ["verify", "l"])
    tap.ok(ran.status == 0 and not temporaries(room.work), "... and in the end it verifies, with nothing left beside", ran)
    return {"ended_well": good, "kept": kept, "looks": looks[0], "verified": looks[1], "faults": len(faults)}


def others():
    """What the same does to layouts of other tools: how many said they did it, how many tags are there."""
    room.reset()
    run(room, ["--no-cache", "-q", "--bin", "../in/app", "-o", "img.tar"], check=True)
    run(room, ["--no-cache", "-q", "--bin", "../in/app", "-t", "app:base", "-o", "u/"], check=True)
    os.makedirs(room.top + "/.config/containers", exist_ok=True)
    policy = room.top + "/policy.json"
    write(policy, b'{"default":[{"type":"insecureAcceptAnything"}]}')
    out = {}
    if shutil.which("skopeo"):
        good = in_parallel(lambda tag: ["skopeo", "--policy", policy, "copy", "-q", "oci-archive:img.tar", f"oci:s:{tag}"])
        out["skopeo"] = {"ended_well": good, "kept": len(tags_in(room.work + "/s"))}
    if shutil.which("umoci"):
        good = in_parallel(lambda tag: ["umoci", "tag", "--image", "u:base", tag])
        out["umoci"] = {"ended_well": good, "kept": len(tags_in(room.work + "/u"))}
    crane = shutil.which("crane") or shutil.which("crane", path=os.path.expanduser("~/go/bin"))
    if crane:
        out["crane"] = crane_pulls(crane)
    return out


def crane_pulls(crane):
    """crane writes layouts only from a registry: its own serves the image."""
    address = "127.0.0.1:15077"
    server = subprocess.Popen([crane, "registry", "serve", "--address", address], cwd=room.work,
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        for _ in range(50):
            if subprocess.run([crane, "push", "docker.tar", f"{address}/app"], cwd=room.work, check=False,
                              capture_output=True).returncode == 0:
                break
            subprocess.run([MKSCRATCH, "--no-cache", "-q", "--bin", "../in/app", "-o", "docker.tar"], cwd=room.work, check=False)
            time.sleep(0.1)

        def pull(tag):
            return ["sh", "-c", f'"$0" tag {address}/app {tag} && "$0" pull --format=oci --annotate-ref {address}/app:{tag} c',
                    crane]
        good = in_parallel(pull)
    finally:
        server.terminate()
        server.wait()
    with open(room.work + "/c/index.json", "rb") as f:
        text = f.read()
    try:
        entries = json.loads(text)["manifests"]
    except ValueError:
        return {"ended_well": good, "kept": 0, "torn": True}
    names = {d.get("annotations", {}).get("org.opencontainers.image.ref.name", "") for d in entries}
    return {"ended_well": good, "kept": len({n for n in names if ":t" in n})}


result = {"writers": WRITERS, "tags": TAGS, "mkscratch": ours()}
if FULL:
    result.update(others())
figures("parallel", **result, failed=tap.failed)
room.remove()
tap.done()
