/* What users see when something is missing, in the words of those who say it, and what helps. The README's table is
 * made from this one (tests/tools/readme-table.sh); texts in backticks are exact. */
#include <string.h>

#include "opt.h"

#define ROW(what, why, helps)     { .symptom = what, .cause = why, .fix = helps }
#define NEED(w, what, why, helps) \
	{ .symptom = what, .cause = why, .fix = helps, .want = MSK_WANT_##w, .has_want = true }

const struct symptom msk_symptoms[] = {
	ROW("`exec /app: no such file or directory`, and the file is there",
	  "a dynamic program without its loader, or a script without its interpreter",
	  "give it as `--bin`, not as `--file`: then its loader and libraries come along"),
	ROW("`exec format error`", "built for another machine, or a script without a first line `#!`",
	  "`--bin` takes the platform from the file and refuses scripts: an image has no shell to run them"),
	NEED(PLUGINS, "`error while loading shared libraries`, `cannot open shared object file`",
	  "a library opened at run time (`dlopen`), which no file names", "`--lib libfoo.so.2`"),
	ROW("`needs libfoo.so.2, not found` (exit 4)",
	  "the library is not below `--root` where the loader looks",
	  "install it, or `--library-path DIR`"),
	ROW("``version `GLIBC_2.38' not found``", "built on a newer system than that below `--root`",
	  "build on the older one, or `--root` of the newer"),
	NEED(CERTIFICATES,
	  "`x509: certificate signed by unknown authority`, `unable to get local issuer certificate`, "
	  "`CERTIFICATE_VERIFY_FAILED`, `UnknownIssuer`", "no CA certificates in the image",
	  "`--certs`, or `--auto`; for a company's own CA also `--cert FILE`"),
	NEED(ZONES, "`unknown time zone Europe/Berlin`, or times are UTC that should not be",
	  "no zones in the image",
	  "`--tz`, `--tz=Europe/Berlin`, or `--auto`; Go: `import _ \"time/tzdata\"`"),
	NEED(PASSWD, "`user: unknown user app`, `user: unknown userid 1000`, `getpwuid(): uid not found: 1000`",
	  "the user is not in `/etc/passwd`",
	  "`--user app:1000:1000`, `--passwd-entry`"),
	NEED(RESOLVER, "`lookup db on [::1]:53`, `lookup db: no such host`, `Temporary failure in name resolution`",
	  "the container has no network, or no `resolv.conf`",
	  "nothing in the image: the runtime gives both"),
	NEED(NSS,
	  "a static program that crashes or says `Name or service not known` when it asks for a host or a user",
	  "static with glibc before 2.34, which opens its NSS modules at run time",
	  "link it dynamically, or with musl; Go: `CGO_ENABLED=0`"),
	NEED(TMP, "`open /tmp/x: read-only file system`", "the runtime makes the image read-only, `/tmp` too",
	  "a tmpfs at `/tmp`, which the runtime mounts"),
	NEED(MIME, "files are served as `text/plain` or `application/octet-stream`, whatever their names end in",
	  "no table of MIME types in the image", "`--preset distroless`, or `--file /etc/mime.types:/etc/mime.types`"),
	NEED(SERVICES, "`unknown port`, `Servname not supported for ai_socktype`",
	  "ports by name, and no `/etc/services`",
	  "`--preset distroless`, or `--file /etc/services:/etc/services`"),
	NEED(LOCALE, "`cannot set locale`, `locale::facet::_S_create_c_locale name not valid`",
	  "a locale by name, and none in the image",
	  "`--tree /usr/lib/locale/C.utf8:/usr/lib/locale/C.utf8`, and `-e LC_ALL=C.UTF-8`"),
	NEED(GCONV, "`iconv_open: Invalid argument`, `Unsupported conversion`",
	  "glibc converts character sets by modules it opens",
	  "`--tree` with the `gconv` directory of the C library to the same path; UTF-8, UCS-2, UCS-4 and ASCII need none"),
	ROW("`Couldn't find a valid ICU package` (.NET)", ".NET opens ICU at run time",
	  "`-e DOTNET_SYSTEM_GLOBALIZATION_INVARIANT=1`, or `--lib libicuuc.so.72` and its kin"),
	ROW("`DOTNET_BUNDLE_EXTRACT_BASE_DIR is not set` (.NET)", "a program in one file that unpacks itself at start",
	  "`-e DOTNET_BUNDLE_EXTRACT_BASE_DIR=/tmp`"),
	ROW("`user 65534 may not search /usr (mode 0700, 0:0)` (exit 4, or a warning)",
	  "a directory of `--tree` or `--dir` is closed to the image's user",
	  "what the hint says: `chmod a+rx DIR`, or `--dir PATH:0755`"),
	ROW("`permission denied` where the program writes", "it runs as 65534, the directories are root's",
	  "`--dir PATH:0700:65534:65534`; `/tmp` is writable anyway"),
	NEED(LOW_PORT, "`listen tcp :80: bind: permission denied`",
	  "some runtimes keep ports below 1024 for root",
	  "listen on 8080, or `--cap /app=cap_net_bind_service`"),
	ROW("`podman inspect` shows no health check, or `podman healthcheck run` says `has no defined healthcheck`",
	  "podman and buildah drop it from images of OCI media types", "`--media-types docker`"),
	ROW("umoci: `does not point to ispec.MediaTypeImageManifest`; skopeo: `no descriptor found for reference`",
	  "they look for OCI media types in a layout directory", "`--media-types oci`, the default, or a tar"),
	ROW("`exec /app: operation not permitted`", "`--cap`, and the runtime drops that capability",
	  "give it back: `NET_BIND_SERVICE`, also where all others are dropped"),
	ROW("`container has runAsNonRoot and image will run as root`", "`--user root`",
	  "leave it out; `User` is numeric, so Kubernetes can tell"),
	ROW("a variable `$HOME` or `$PATH` stays as it is in the arguments", "no shell expands it",
	  "`-e`, and the exec form with whole words"),
	ROW("the digest changes although the source does not",
	  "the program itself differs (paths, build id, commit), or `--created now`",
	  "Go: `-trimpath -buildvcs=false`; C: `-ffile-prefix-map`; compare with `--print rootfs`"),
	ROW("`unexpected EOF` in Docker 20.10", "zstd, which it cannot read", "`--compress gzip`, the default"),
	ROW("skopeo: `more than one image`", "several tags in one archive or directory",
	  "name one: `oci-archive:img.tar:v1`, `oci:images:v1`"),
	ROW("a warning that a tag stands for two names", "two images with one tag in one layout directory",
	  "other tags, or a directory for each image"),
	ROW("`given by ... and by ...` (exit 2)", "two options put different things at one path",
	  "leave one out; `--print rootfs` shows who gives what"),
	{ .symptom = NULL },
};

/* Words of `text` at a margin of `indent`, in lines of 78 columns. */
static void add_indented(struct msk_str *out, const char *text, int indent)
{
	size_t column = 0;

	while (*text) {
		size_t n = strcspn(text, " ");

		if (column && column + 1 + n > 78) {
			msk_str_addc(out, '\n');
			column = 0;
		}
		msk_str_addf(out, "%*s%.*s", column ? 1 : indent, "", (int)n, text);
		column += (column ? 1 : (size_t)indent) + n;
		text += n + strspn(text + n, " ");
	}
	msk_str_addc(out, '\n');
}

void msk_symptoms_add(struct msk_str *out)
{
	for (const struct symptom *s = msk_symptoms; s->symptom; s++) {
		MSK_AUTO_FREE char *fix = msk_xasprintf("=> %s", s->fix);

		msk_str_addc(out, '\n');
		add_indented(out, s->symptom, 2);
		add_indented(out, s->cause, 6);
		add_indented(out, fix, 6);
	}
}

struct msk_json *msk_symptoms_json(void)
{
	struct msk_json *a = msk_json_array();

	for (const struct symptom *s = msk_symptoms; s->symptom; s++) {
		struct msk_json *o = msk_json_object();

		msk_json_set_string(o, "symptom", s->symptom);
		msk_json_set_string(o, "cause", s->cause);
		msk_json_set_string(o, "fix", s->fix);
		if (s->has_want)
			msk_json_set_string(o, "need", msk_want_name(s->want));
		msk_json_push(a, o);
	}
	return a;
}

const struct symptom *msk_symptom_of(enum msk_want w)
{
	const struct symptom *s = msk_symptoms;

	while (s->symptom && !(s->has_want && s->want == w))
		s++;
	return s->symptom ? s : NULL;
}
