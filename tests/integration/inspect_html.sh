#!/usr/bin/env bash
# inspect --html: one page that asks for nothing from anywhere, in a real browser.
. "$(dirname "$0")/../lib.sh"
require cc jq python3
printf 'int f(void) { return 1; }\n' | cc -shared -fPIC -x c -o libx.so.1 - -Wl,-soname,libx.so.1
printf 'int f(void); int main(void) { return f(); }\n' | cc -x c -o app - -x none libx.so.1
mkdir -p site/a && for i in $(seq 400); do echo "$i" >"site/a/$i"; done
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout /dev/null -days 30 \
	-subj '/O=Test/CN=Soon' -out ca.pem 2>/dev/null || skip_all 'openssl is not installed'
mk -q --bin app --library-path "$PWD" --certs=ca.pem --tz=UTC --tree site:/site -e A=b -o i.tar
mk inspect --html page.html i.tar
is "$(stat -c %a page.html) $(head -n 1 page.html)" '644 <!doctype html>' 'the page'
mk inspect --html - i.tar >again.html
t 'its bytes depend on the image alone' cmp page.html again.html
touch -d @0 page.html && (TZ=Asia/Tokyo LC_ALL=C.UTF-8 mk inspect --html page.html i.tar)
t '... and replace those of the page before' cmp page.html again.html
is "$(sed 's/<script type="application\/json".*//' page.html | grep -cE '(src|href)="?(https?:)?//|@import|url\(')" 0 \
	'nothing in it is elsewhere'
sed -n '/^<script type="application\/json" id="data">/,/<\/script>$/p' page.html | sed 's/^<script[^>]*>//; s/<\/script>$//' >data.json
is "$(jq -c '[.image, (.files | length), (.objects | length)]' data.json)" "[\"i.tar\",$(mk ls --json i.tar | jq length),4]" \
	'its data is JSON'
python3 -B "$TOP/tests/integration/make_layers.py" odd.tar "[('</script><script>document.title=1</script>', 'file', 'x'),
	('<img src=x onerror=document.title=2>', 'file', 'y'), ('a\xff\xfe\"\\\\', 'dir'), ('r\u202etxt\x1b\\\\n', 'sym', 'l\u2066')]"
mk inspect --html odd.html odd.tar
is "$(grep -c '</script><script>document' odd.html)" 0 'a name does not end the data'
must_fail 5 'none/page.html: cannot create (No such file or directory)' 'mkdir -p none' -- inspect --html none/page.html i.tar
must_fail 2 'inspect: --config, --manifest and --index each stand alone, and without --json and --html' 'one run for each' -- \
	inspect --config --html x.html i.tar
must_fail 2 'inspect: no IMAGE given' 'mkscratch inspect --html image.html img.tar' -- inspect --html i.tar
mk inspect --html one.html --html two.html i.tar && cmp page.html two.html
t 'several are the same page' cmp page.html one.html
mk inspect --json i.tar >alone.json && mk inspect --json --html beside.html i.tar >beside.json && cmp beside.html page.html
t '--json prints beside it' cmp alone.json beside.json
mk inspect --html - --html beside.html i.tar >again.html
t 'one of several may be standard output' cmp page.html again.html
must_fail 2 '--html -: standard output is taken by --json already' '--html image.html' -- inspect --json --html - i.tar
must_fail 2 '--html /dev/stdout: standard output is taken by another --html already' '--html image.html' -- \
	inspect --html - --html x.html --html /dev/stdout i.tar
is "$(mk inspect -q --html quiet.html i.tar; cmp quiet.html page.html)" '' '-q leaves the page'
ln -s i.tar alias.tar && cp i.tar before.tar
must_fail 2 '--html i.tar: is the image itself' 'write the page elsewhere: --html image.html' -- inspect --html i.tar i.tar
must_fail 2 '--html ./alias.tar: is the image itself' -- inspect --html ./alias.tar i.tar:latest
t '... and the image is as it was' cmp i.tar before.tar
mk -q --bin app --library-path "$PWD" -o lay/
must_fail 2 '--html lay/index.json: lies in the image' 'write the page elsewhere: --html image.html' -- \
	inspect --html lay/index.json lay
for page in lay/blobs/sha256/p.html lay/blobs/../p.html "$PWD/lay/blobs/p.html"; do
	must_fail 2 "--html $page: lies in the image" 'write the page elsewhere: --html image.html' -- inspect --html "$page" lay
done
t '... and none is there' test -z "$(find lay -name p.html)"
echo precious >notes && cp notes notes.before && sed 's/name="generator" content="mkscratch"/name="generator" content="other"/' page.html >other.html
for file in notes other.html before.tar; do
	must_fail 2 "--html $file: is there already, and is no page of mkscratch" \
		'write the page elsewhere: --html image.html; or remove that file first' -- inspect --html "$file" i.tar
done
t '... and it is as it was' cmp notes notes.before
mkdir pages
must_fail 2 '--html pages: is a directory' 'write the page elsewhere: --html image.html' -- inspect --html pages i.tar
must_fail 2 '--html new/: is a directory' -- inspect --html new/ i.tar
ln -s round round
must_fail 5 'round: cannot create (Too many levels of symbolic links)' -- inspect --html round i.tar
: >empty.html && ln -s pages/real.html link.html
mk inspect --html empty.html i.tar && mk inspect --html link.html i.tar && mk inspect --html link.html i.tar
t 'an empty file is no loss' cmp page.html empty.html
t 'a link is written through' test -L link.html -a -f pages/real.html
for name in /dev/stdout /dev/fd/1 /proc/self/fd/1; do
	t "$name is standard output" bash -c '"$MKSCRATCH" inspect --html "$1" i.tar | cmp - page.html' - "$name"
done
t 'a pipe that a shell names' bash -c '"$MKSCRATCH" inspect --html >(cat >from-pipe) i.tar; wait $!; cmp from-pipe page.html'
echo before >into && mk inspect --html /dev/fd/9 9>>into i.tar
t 'a file that is opened for appending is appended to' cmp into <(echo before; cat page.html)
must_fail 5 '/dev/fd/9: cannot open (Bad file descriptor)' -- inspect --html /dev/fd/9 i.tar 9<into
mkfifo fifo && { cat fifo >from-fifo & } && mk inspect --html fifo i.tar && wait
t 'a FIFO' cmp from-fifo page.html
mk inspect --html /dev/null i.tar
t 'a device stays one' test -c /dev/null
run bash -c 'ulimit -f 8; "$MKSCRATCH" inspect --html page.html odd.tar'
is "$status $(cat "$err")" '5 mkscratch: page.html: write failed (File too large)' 'a page that cannot be written says so'
run mk inspect --html /dev/full i.tar
is "$status $(cat "$err")" '5 mkscratch: /dev/full: write failed (No space left on device)' '... nor to a full device'
is "$(cmp page.html again.html && find . -name '*.mkscratch-*' | wc -l)" 0 '... leaves the one before, and nothing else'
cp page.html old.html
head -c 3000 i.tar >cut.tar
run mk inspect --html old.html cut.tar
t 'an image that cannot be read leaves the page as it was' cmp old.html page.html

# Of an image of very many entries the largest files alone have a row, so that a browser can open the page; sums stay right.
python3 - <<'P'
import io, tarfile
with open("many.layer", "wb") as f:
    for d in range(60):
        for i in range(1000):
            info = tarfile.TarInfo("opt/d%02d/f%04d" % (d, i))
            info.size = 3000 if i == 7 else 5
            f.write(info.tobuf(tarfile.USTAR_FORMAT) + b"x" * info.size + bytes(-info.size % 512))
        info = tarfile.TarInfo("srv%d" % d)
        info.type, info.linkname = tarfile.SYMTYPE, "opt"
        f.write(info.tobuf(tarfile.USTAR_FORMAT))
    f.write(bytes(1024))
P
python3 -B "$TOP/tests/integration/make_image.py" many.tar v1 '{"architecture":"amd64","os":"linux"}' many.layer
mk inspect --html many.html many.tar
data_of() {
	sed -n '/^<script type="application\/json" id="data">/,/<\/script>$/p' "$1" | sed 's/^<script[^>]*>//; s/<\/script>$//'
}
data_of many.html >many.json
is "$(jq -c '[([.files[] | select(.[1] == "file")] | length), ([.files[] | select(.[2] == 3000)] | length), ([.files[][2]] | add) == .file_size]' \
	many.json)" '[50000,60,true]' 'of very many entries the page names the largest, and loses no byte'
is "$(jq -c '[.unlisted, ([.files[] | select(.[1] == "smaller")] | map([.[0], .[2], .[7]]))]' many.json)" \
	'[10121,[["opt/…",50000,"10060 entries that are not told one by one"],["…",0,"61 entries that are not told one by one"]]]' '... and tells what it does not'
is "$(jq -c .unlisted data.json)" 0 '... where nothing is left out'

command -v chromium >/dev/null || skip_all 'chromium is not installed'
browser() { # PAGE [OPTION...]: what the page is in the end
	chromium --headless --no-sandbox --disable-gpu --disable-dev-shm-usage --user-data-dir="$T/.browser" --window-size=1200,900 \
		"${@:2}" --dump-dom "file://$PWD/$1" 2>/dev/null
}
# What a person would do: functions behind the page, each from a fresh start; what they return stands in the title.
act() { # PAGE ACTS [OPTION...]: prints an object of results
	python3 - "$1" "$2" <<-'P'
		import sys
		page, acts = open(sys.argv[1], encoding="utf-8").read(), open(sys.argv[2], encoding="utf-8").read()
		act = """<script>{
		const key = (e, k) => e.dispatchEvent(new KeyboardEvent('keydown', { key: k, bubbles: true, cancelable: true }));
		const write = (id, v) => { $(id).value = v; $(id).dispatchEvent(new Event(id === 'search' ? 'input' : 'change')); };
		const rows = () => [...$('list').tBodies[0].rows].map(r => r.cells[0].textContent);
		const map = $('treemap'), got = {};
		const acts = { %s };
		for (const [name, act] of Object.entries(acts)) {
			order = { column: 1, down: true };
			write('origin', '');
			write('search', '');
			showMap(root, false);
			try { got[name] = act(); } catch (e) { got[name] = String(e); }
		}
		document.title = 'GOT ' + JSON.stringify(got);
		}</script>""" % acts
		open("act.html", "w", encoding="utf-8").write(page.replace("</body>", act + "</body>"))
	P
	browser act.html "${@:3}" | sed -n 's/^.*<title>GOT \(.*\)<\/title>.*$/\1/p' | sed 's/&lt;/</g; s/&gt;/>/g; s/&amp;/\&/g'
}
got() { # NAME: of the last acts
	jq -c ".$1" got.json
}
cat >acts <<'J'
	first: () => [$('name').textContent, rows().length, $('more').hidden, document.querySelectorAll('h2').length],
	path: () => { write('search', 'site/a/39'); return rows().sort(); },
	reason: () => { write('search', 'NEEDED BY /app libx'); return rows(); },
	nothing: () => { write('search', 'no such'); return [rows(), $('count').textContent]; },
	origin: () => { write('origin', 'certificates'); return rows(); },
	more: () => { $('more').click(); return rows().length > 300; },
	sorted: () => { const b = $('list').querySelectorAll('th button'); b[0].click(); const up = rows()[0]; b[0].click();
		return [up, rows()[0], $('list').tHead.rows[0].cells[0].getAttribute('aria-sort')]; },
	largest: () => rows()[0],
	keys: () => { const names = () => [...map.children].map(b => b.firstChild.textContent), top = names()[0];
		map.firstElementChild.focus(); document.activeElement.click(); const inside = names()[0];
		key(document.activeElement, 'ArrowRight'); const moved = document.activeElement === map.children[1];
		key(document.activeElement, 'Escape'); return [top, inside, moved, names()[0], $('pointed').textContent.split(',')[0]]; },
	tab: () => [...document.querySelectorAll('button, input, select, a, summary, g[tabindex]')].filter(e => e.tabIndex !== 0).length,
	named: () => [...document.querySelectorAll('button, input, select, [role=img], [role=group]')].filter(e =>
		!(e.textContent.trim() || e.getAttribute('aria-label') || e.labels.length)).length,
	inside: () => { const r = map.getBoundingClientRect(); return [...map.children].filter(b => { const q = b.getBoundingClientRect();
		return q.left < r.left - 1 || q.right > r.right + 1 || q.top < r.top - 1 || q.bottom > r.bottom + 1; }).length; },
	area: () => { const sum = [...map.children].reduce((s, b) => s + b.offsetWidth * b.offsetHeight, 0);
		return Math.abs(sum / (map.clientWidth * map.clientHeight) - 1) < 0.05; },
	graph: () => { const g = [...document.querySelectorAll('#graph g')].map(g => g.querySelector('text').textContent);
		return [g.includes('app'), g.includes('libx.so.1'), document.querySelectorAll('#graph path').length > 2]; },
	near: () => { document.querySelector('#graph g').focus(); return document.querySelectorAll('#graph path.near').length > 0; },
	expiry: () => [...$('certs').querySelectorAll('tbody td')].map(c => [c.className, c.textContent])[0],
J
cat >looks <<'J'
	ground: () => getComputedStyle(document.body).backgroundColor,
	faint: () => {
		const l = c => { const v = c.match(/[0-9.]+/g).slice(0, 3).map(x => (x /= 255) <= 0.03928 ? x / 12.92 : ((x + 0.055) / 1.055) ** 2.4);
			return 0.2126 * v[0] + 0.7152 * v[1] + 0.0722 * v[2]; };
		const ratio = (a, b) => { const [x, y] = [l(a), l(b)].sort((p, q) => q - p); return (x + 0.05) / (y + 0.05); };
		const bad = [], ground = getComputedStyle(document.body).backgroundColor;
		for (const e of document.querySelectorAll('h1, h2, .quiet, dt, dd, td, th, a')) {
			const c = ratio(getComputedStyle(e).color, ground);
			if (c < 4.5) bad.push(e.tagName + ' ' + c);
		}
		for (const b of map.children) {
			const t = getComputedStyle(b);
			if (ratio(t.color, t.backgroundColor) < 3) bad.push(b.className);
		}
		return bad;
	},
J
browser page.html >dom
like "$(head -c 300 dom)" 'data-ready="yes"' 'the page runs to its end in a browser'
cat acts looks >both
act page.html both >got.json
is "$(got first)" '["docker.io/library/app:latest",300,false,6]' 'name, the first files, the sections'
is "$(got path)" '["/site/a/39","/site/a/390","/site/a/391","/site/a/392","/site/a/393","/site/a/394","/site/a/395","/site/a/396","/site/a/397","/site/a/398","/site/a/399"]' \
	'a search in paths'
is "$(got reason)" "$(mk ls --json i.tar | jq -c '[.[].path | select(endswith("libx.so.1")) | "/" + .]')" '... and in reasons'
is "$(got nothing)" '[[],"0 entries, 0 B"]' '... for nothing'
is "$(got origin)" '["/etc/ssl/certs/ca-certificates.crt","/etc/ssl/certs/"]' 'one origin'
is "$(got more)" true 'more files'
is "$(got sorted)" '["/app","/usr/share/zoneinfo/UTC → Etc/UTC","descending"]' 'sorted both ways by path'
is "$(got largest)" "\"/$(mk inspect --json i.tar | jq -r '.largest[0].path')\"" 'the largest first'
is "$(got keys)" '["usr/","lib/",true,"usr/","/usr"]' 'the map opens, moves and closes by keys'
is "$(got tab)" 0 'all that can be clicked can be reached by Tab'
is "$(got named)" 0 '... and has a name'
is "$(got inside)" 0 'the map stays within its frame'
is "$(got area)" true '... and fills it'
is "$(got graph)" '[true,true,true]' 'the graph of libraries'
is "$(got near)" true '... tells who needs whom'
like "$(got expiry)" '^\["alarm","2[0-9-]+ \(in (29|30) days\)"\]$' 'a certificate that expires soon is marked'
is "$(got ground) $(got faint)" '"rgb(251, 251, 250)" []' 'light: texts stand out'
act page.html looks --blink-settings=preferredColorScheme=0 >got.json
is "$(got ground) $(got faint)" '"rgb(20, 23, 26)" []' 'dark: so they do'
echo 'many: () => [rows().length, $("count").textContent, $("summary").textContent.replace(/.* in /, ""), map.children.length,
	map.firstElementChild.firstChild.textContent, (write("search", "…"), rows())],' >acts
act many.html acts >got.json
is "$(got many)" '[300,"50,002 entries, 479.7 kB (the largest files; 10,121 entries are told as sums, marked …)","60,000 files",1,"opt/",["/opt/…","/…"]]' \
	'a page of very many entries works'
echo 'odd: () => [document.images.length, rows().length, rows().some(r => r.startsWith("/<" + "/script>"))],
	turned: () => { write("search", "r"); return rows().filter(r => r.includes("txt")); },' >acts
act odd.html acts >got.json
is "$(got odd)" '[0,6,true]' 'hostile names are but names'
is "$(got turned)" '["/r\\xe2\\x80\\xaetxt\\x1b\\\\n → l\\xe2\\x81\\xa6"]' '... that turn no line, and look like no others'
python3 -B "$TOP/tests/integration/make_layers.py" empty.tar '[]'
mk inspect --html empty.html empty.tar
like "$(browser empty.html | head -c 300)" 'data-ready="yes"' 'an image of nothing'
done_testing
