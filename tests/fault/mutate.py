"""Every good file is spoiled byte by byte, and given again: no crash, no hang, one line and a known exit; and what is taken
all the same makes an image that verifies."""
from images import *

tap = Tap()
room = use(Room())
totals = {"mutants": 0, "accepted": 0, "refused": 0}
HOW = ((lambda b: b ^ 0xFF), (lambda b: b ^ 0x01), (lambda b: 0), (lambda b: 0x7F)) if FULL else ((lambda b: b ^ 0xFF),)
BUILD_WORDS = ["--no-cache", "-q", "-j", "1", "--root", "root", "-o", "x.tar"]


def mutants(data, limit):
    """Each byte in each way; not more than `limit` of them, spread over the whole."""
    all_of_them = [(i, how) for i in range(len(data)) for how in HOW if how(data[i]) != data[i]]
    step = max(1, -(-len(all_of_them) // limit))
    for i, how in all_of_them[::step]:
        yield i, data[:i] + bytes([how(data[i])]) + data[i + 1:]


def wrong(ran, words):
    """What may not be; None: refused or taken as it should."""
    if ran.status not in (0, 2, 3, 4, 5, 7):
        return f"{words[0]}: {ran}"
    said = [x for x in ran.err.decode("utf-8", "replace").splitlines() if x.startswith("mkscratch: ")]
    if ran.status and len(said) != 1:
        return f"{words[0]}: {ran}"
    totals["accepted" if ran.status == 0 else "refused"] += 1
    return None


def attempt(words):
    ran = run(room, words, seconds=20)
    fault = wrong(ran, words)
    if fault is None and ran.status == 0 and words[-1] == "x.tar":
        check = run(room, ["verify", "-q", "x.tar"], seconds=20)
        if check.status:
            fault = f"taken, but: {check}"
    return fault


def series(name, data, place, *commands):
    """`place(mutant)` puts it where the commands meet it."""
    faults, n = [], 0
    for i, mutant in mutants(data, 4000 if FULL else 60):
        place(mutant)
        for words in commands:
            totals["mutants"] += 1
            n += 1
            try:
                fault = attempt(words)
            except subprocess.TimeoutExpired:
                fault = f"{words[0]}: hangs"
            if fault:
                faults.append(f"byte {i}: {fault}")
    tap.ok(not faults, f"{n} runs over spoiled bytes: {name}", *faults[:6])


def fresh():
    room.reset()
    shutil.copytree(room.top + "/in/root", at("root"), symlinks=True)
    put("app", static_elf(), 0o755)


def programs():
    fresh()
    series("a static program", static_elf(), lambda m: put("p", m, 0o755),
           ["--bin", "p:/app", *BUILD_WORDS], ["doctor", "--root", "root", "p"])
    with open(room.top + "/in/dyn", "rb") as f:
        data = f.read()
    series("a dynamic program", data, lambda m: put("p", m, 0o755),
           ["--bin", "p:/app", *BUILD_WORDS], ["deps", "--root", "root", "p"])
    with open(at("root/lib/libone.so.1"), "rb") as f:
        data = f.read()
    put("p", open(room.top + "/in/dyn", "rb").read(), 0o755)
    series("a library", data, lambda m: put("root/lib/libone.so.1", m, 0o755), ["--bin", "p:/app", *BUILD_WORDS])


def content():
    fresh()
    with open(room.top + "/in/certs.pem", "rb") as f:
        data = f.read()
    series("certificates", data, lambda m: put("ca.pem", m), ["--bin", "app", "--certs=ca.pem", *BUILD_WORDS])
    zone = make_inputs.tzif(3600, "CET", "CET-1CEST,M3.5.0,M10.5.0/3")
    series("a zone", zone, lambda m: put("root/usr/share/zoneinfo/Europe/Oslo", m),
           ["--bin", "app", "--tz=Europe/Oslo", *BUILD_WORDS])
    put("root/etc/ld.so.conf", "/lib\ninclude /etc/ld.so.conf.d/*.conf\n")
    put("p", open(room.top + "/in/dyn", "rb").read(), 0o755)
    series("ld.so.conf", b"/opt/lib\ninclude /etc/x.conf\n# more\n", lambda m: put("root/etc/ld.so.conf", m),
           ["--bin", "p:/app", *BUILD_WORDS])


class Spoiled(Image):
    """A layout in which one document is another, and everything that names it says so."""

    def __init__(self, which, data):
        super().__init__()
        self.which, self.data = which, data

    def blob(self, data, kind):
        spoil = {"config": "config.v1+json", "manifest": "manifest.v1+json", "layer": "layer.v1.tar"}[self.which]
        return super().blob(self.data if self.data is not None and kind.endswith(spoil) else data, kind)

    def original(self):
        kept, self.data = self.data, None
        self.save()
        self.data = kept
        return {"layer": self.layer, "config": json.dumps(self.config).encode(),
                "manifest": self.blobs[self.top["manifests"][-1]["digest"]]}[self.which]


def images():
    for which in ("config", "manifest", "layer"):
        fresh()
        data = Spoiled(which, None).original()
        data = data[:2048]                       # of the layer the headers

        def place(mutant, which=which):
            shutil.rmtree(at("l"))
            image = Spoiled(which, mutant if which != "layer" else mutant + Image().layer[2048:])
            image.save()
        series(f"a {which}, named by its new digest", data, place, ["verify", "l"])
    fresh()
    Image().save()
    for name in ("index.json", "oci-layout"):
        with open(at("l/" + name), "rb") as f:
            data = f.read()
        series(name, data, lambda m, name=name: put("l/" + name, m), ["verify", "l"])
        put("l/" + name, data)
    run(room, ["--bin", "app", *BUILD_WORDS], check=True)
    with open(at("x.tar"), "rb") as f:
        data = f.read()
    series("an archive", data, lambda m: put("i.tar", m), ["verify", "i.tar"])


programs()
content()
images()
figures("mutate", totals=totals, failed=tap.failed)
room.remove()
tap.done()
