#include <stddef.h>

#include "opt.h"

static void set_flag(struct msk_options *o, const struct opt_row *row, const char *value)
{
	(void)value;
	*(bool *)((char *)o + row->field) = true;
}

static void set_text(struct msk_options *o, const struct opt_row *row, const char *value)
{
	*(const char **)((char *)o + row->field) = value;
}

static void set_push(struct msk_options *o, const struct opt_row *row, const char *value)
{
	msk_strv_push((struct msk_strv *)((char *)o + row->field), value);
}

static void set_certs(struct msk_options *o, const struct opt_row *row, const char *value)
{
	(void)row;
	o->certs = true;
	o->certs_file = value;
}

static void set_tz(struct msk_options *o, const struct opt_row *row, const char *value)
{
	(void)row;
	o->tz = true;
	if (value)
		msk_strv_push(&o->tz_zones, value);
	else
		o->tz_whole = true;
}

static void set_quiet(struct msk_options *o, const struct opt_row *row, const char *value)
{
	(void)row;
	(void)value;
	o->level = MSK_LOG_ERROR;
}

static void set_verbose(struct msk_options *o, const struct opt_row *row, const char *value)
{
	(void)row;
	(void)value;
	o->level = o->level >= MSK_LOG_INFO ? MSK_LOG_DEBUG : MSK_LOG_INFO;
}

#define TO_FLAG(member) set_flag, offsetof(struct msk_options, member)
#define TO_TEXT(member) set_text, offsetof(struct msk_options, member)
#define TO_LIST(member) set_push, offsetof(struct msk_options, member)
#define B VERB_BUILD

const struct opt_row msk_opt_rows[] = {
	{ 0, "bin", "SRC[:DEST[:MODE[:UID:GID]]]", OPT_REPEAT, GROUP_INPUT, B,
	  "An ELF program, at /NAME, 0755, the image's user's. The first is the entrypoint. A dynamic one brings its "
	  "libraries. Of several platforms: an index of images.",
	  TO_LIST(bin), COMPLETE_FILE, NULL },
	{ 0, "file", "SRC:DEST[:MODE[:UID:GID]]", OPT_REPEAT, GROUP_INPUT, B,
	  "A file, 0:0; 0755 when it may be executed, else 0644, unless MODE (octal) says another.",
	  TO_LIST(file), COMPLETE_FILE, NULL },
	{ 0, "tree", "SRC:DEST[::UID:GID]", OPT_REPEAT, GROUP_INPUT, B,
	  "A directory with all below it but caches of mkscratch; modes and links kept, owner 0:0.",
	  TO_LIST(tree), COMPLETE_DIR, NULL },
	{ 0, "dir", "PATH[:MODE[:UID:GID]]", OPT_REPEAT, GROUP_INPUT, B,
	  "An empty directory; 0755 and 0:0 by default.",
	  TO_LIST(dir), COMPLETE_NONE, NULL },
	{ 0, "link", "TARGET:PATH", OPT_REPEAT, GROUP_INPUT, B,
	  "A symlink at PATH to TARGET.",
	  TO_LIST(link), COMPLETE_NONE, NULL },
	{ 0, "cap", "PATH=CAPABILITY,...", OPT_REPEAT, GROUP_INPUT, B,
	  "What the file at PATH in the image may do, whoever runs it: cap_net_bind_service and others of "
	  "capabilities(7), effective and permitted.",
	  TO_LIST(cap), COMPLETE_NONE, NULL },
	{ 0, "base", "IMAGE", OPT_VALUE, GROUP_INPUT, B,
	  "Lie over this archive or layout directory (or :TAG of either). Its layers stay, its config is inherited as by a "
	  "Dockerfile; see mkscratch help base.",
	  TO_TEXT(base), COMPLETE_FILE, NULL },
	{ 0, "no-base-labels", NULL, OPT_FLAG, GROUP_CONFIG, B,
	  "Leave out the labels of --base.",
	  TO_FLAG(no_base_labels), COMPLETE_NONE, NULL },
	{ 0, "root", "[PLATFORM=]DIR", OPT_REPEAT, GROUP_LIBRARIES, B | VERB_DEPS | VERB_DOCTOR | VERB_VERIFY,
	  "Look up libraries, certificates and zones below DIR; linux/arm64=DIR: that platform's libraries.",
	  TO_LIST(root), COMPLETE_DIR, NULL },
	{ 0, "lib", "NAME|PATH", OPT_REPEAT, GROUP_LIBRARIES, B,
	  "A library the program loads while it runs (dlopen): its name, or its path below --root.",
	  TO_LIST(lib), COMPLETE_FILE, NULL },
	{ 0, "library-path", "DIR[:DIR]", OPT_REPEAT, GROUP_LIBRARIES, B | VERB_DEPS | VERB_DOCTOR,
	  "More directories, as LD_LIBRARY_PATH has them.",
	  TO_LIST(library_path), COMPLETE_DIR, NULL },
	{ 0, "hwcaps", "LEVEL", OPT_VALUE, GROUP_LIBRARIES, B | VERB_DEPS,
	  "Libraries for better CPUs (glibc-hwcaps) too, up to v2, v3, v4 (amd64), power10, z15, ... or all.",
	  TO_TEXT(hwcaps), COMPLETE_WORDS, "v2 v3 v4 all" },
	{ 0, "dlopen", "FEATURE", OPT_REPEAT, GROUP_LIBRARIES, B | VERB_DEPS,
	  "What files say they open while they run (.note.dlopen): FEATURE too, without -FEATURE, all or none; by "
	  "default what is required or recommended.",
	  TO_LIST(dlopen), COMPLETE_WORDS, "all none" },

	{ 0, "auto", NULL, OPT_FLAG, GROUP_CONTENT, B,
	  "Add what the programs require, as doctor finds it: certificates, zones. A line on stderr for each.",
	  TO_FLAG(automatic), COMPLETE_NONE, NULL },
	{ 0, "certs", "FILE", OPT_OPTIONAL, GROUP_CONTENT, B,
	  "The CA certificates of --root, or of FILE (PEM, DER or a directory), at "
	  "/etc/ssl/certs/ca-certificates.crt.",
	  set_certs, 0, COMPLETE_FILE, NULL },
	{ 0, "cert", "FILE", OPT_REPEAT, GROUP_CONTENT, B,
	  "More CA certificates, added to those of --certs; one that has expired is an error.",
	  TO_LIST(cert), COMPLETE_FILE, NULL },
	{ 0, "certs-for", "FILE", OPT_REPEAT, GROUP_CONTENT, B,
	  "Of --certs only the roots that end the certificate chains in FILE, which servers present.",
	  TO_LIST(certs_for), COMPLETE_FILE, NULL },
	{ 0, "certs-expiry-min", "DURATION", OPT_VALUE, GROUP_CONTENT, B,
	  "Fail when a certificate would expire within DURATION: 90d, 12h.",
	  TO_TEXT(certs_expiry_min), COMPLETE_NONE, NULL },
	{ 0, "allow-expired", NULL, OPT_FLAG, GROUP_CONTENT, B,
	  "Certificates that have expired are packed without a word.",
	  TO_FLAG(allow_expired), COMPLETE_NONE, NULL },
	{ 0, "tz", "ZONE,...", OPT_OPTIONAL, GROUP_CONTENT, B,
	  "All of /usr/share/zoneinfo, or these zones with the links they go through; 'Europe/*' names all of a kind.",
	  set_tz, 0, COMPLETE_NONE, NULL },
	{ 0, "localtime", "ZONE", OPT_VALUE, GROUP_CONTENT, B,
	  "The zone the program lives in: packs it, links /etc/localtime to it and sets TZ.",
	  TO_TEXT(localtime), COMPLETE_NONE, NULL },
	{ 0, "user", "SPEC", OPT_VALUE, GROUP_USERS, B,
	  "Who the program runs as: nobody (65534:65534, the default), nonroot (65532:65532), root, UID[:GID], "
	  "NAME:UID[:GID], or the name of a --passwd-entry.",
	  TO_TEXT(user), COMPLETE_WORDS, "nobody nonroot root" },
	{ 0, "passwd-entry", "LINE", OPT_REPEAT, GROUP_USERS, B,
	  "One more user: NAME:UID[:GID[:HOME[:SHELL]]], or a line of passwd(5). HOME is made, for its owner alone. "
	  "--user may name it.",
	  TO_LIST(passwd_entry), COMPLETE_NONE, NULL },
	{ 0, "group-entry", "LINE", OPT_REPEAT, GROUP_USERS, B,
	  "One more group: NAME:GID[:MEMBER,...], or a line of group(5).",
	  TO_LIST(group_entry), COMPLETE_NONE, NULL },
	{ 0, "preset", "NAME", OPT_VALUE, GROUP_USERS, B,
	  "What the image has of itself: scratch, the default, or distroless, the useful part of that with certificates, "
	  "zones and nonroot as its user. See mkscratch help presets.",
	  TO_TEXT(preset), COMPLETE_WORDS, "scratch distroless" },

	{ 0, "entrypoint", "JSON|PATH", OPT_VALUE, GROUP_CONFIG, B,
	  "What starts, as '[\"/app\",\"serve\"]' or one path; the first --bin by default.",
	  TO_TEXT(entrypoint), COMPLETE_NONE, NULL },
	{ 0, "cmd", "JSON|ARG", OPT_REPEAT, GROUP_CONFIG, B,
	  "Default arguments; several add up.",
	  TO_LIST(cmd), COMPLETE_NONE, NULL },
	{ 'e', "env", "K=V", OPT_REPEAT, GROUP_CONFIG, B,
	  "An environment variable.",
	  TO_LIST(env), COMPLETE_NONE, NULL },
	{ 'p', "expose", "PORT[/PROTO]", OPT_REPEAT, GROUP_CONFIG, B,
	  "A port, or a range 8000-8010, it listens on; tcp, udp or sctp.",
	  TO_LIST(expose), COMPLETE_NONE, NULL },
	{ 'w', "workdir", "DIR", OPT_VALUE, GROUP_CONFIG, B,
	  "Where it starts, / by default; a directory of the user's where the image has none there.",
	  TO_TEXT(workdir), COMPLETE_NONE, NULL },
	{ 'l', "label", "K=V", OPT_REPEAT, GROUP_CONFIG, B,
	  "A label in the config, which docker inspect shows.",
	  TO_LIST(label), COMPLETE_NONE, NULL },
	{ 0, "annotation", "K=V", OPT_REPEAT, GROUP_CONFIG, B | VERB_INDEX,
	  "An annotation of the manifest, which registries read.",
	  TO_LIST(annotation), COMPLETE_NONE, NULL },
	{ 0, "volume", "DIR", OPT_REPEAT, GROUP_CONFIG, B,
	  "A directory that outlives the container.",
	  TO_LIST(volume), COMPLETE_NONE, NULL },
	{ 0, "stop-signal", "SIG", OPT_VALUE, GROUP_CONFIG, B,
	  "The signal that asks it to stop: a name or a number.",
	  TO_TEXT(stop_signal), COMPLETE_WORDS, "SIGTERM SIGINT SIGQUIT SIGHUP SIGUSR1 SIGUSR2" },
	{ 0, "author", "TEXT", OPT_VALUE, GROUP_CONFIG, B,
	  "Who made it.",
	  TO_TEXT(author), COMPLETE_NONE, NULL },
	{ 0, "healthcheck", "URL|none", OPT_VALUE, GROUP_HEALTH, B,
	  "Put a small static probe at /healthcheck and let the runtime ask it: http://:8080/health, tcp://:5432, "
	  "unix:///run/app.sock, http+unix:///run/app.sock:/health, grpc://:50051. none turns a check off.",
	  TO_TEXT(healthcheck), COMPLETE_WORDS, "none" },
	{ 0, "healthcheck-cmd", "JSON|WORDS", OPT_VALUE, GROUP_HEALTH, B,
	  "A command of the image that ends with 0 when all is well.",
	  TO_TEXT(healthcheck_cmd), COMPLETE_NONE, NULL },
	{ 0, "health-interval", "TIME", OPT_VALUE, GROUP_HEALTH, B,
	  "How often it is asked: 30s, 1m30s.",
	  TO_TEXT(health_interval), COMPLETE_NONE, NULL },
	{ 0, "health-timeout", "TIME", OPT_VALUE, GROUP_HEALTH, B,
	  "How long an answer may take.",
	  TO_TEXT(health_timeout), COMPLETE_NONE, NULL },
	{ 0, "health-start-period", "TIME", OPT_VALUE, GROUP_HEALTH, B,
	  "How long failures at the start do not count.",
	  TO_TEXT(health_start_period), COMPLETE_NONE, NULL },
	{ 0, "health-retries", "N", OPT_VALUE, GROUP_HEALTH, B,
	  "How many failures in a row make it unhealthy.",
	  TO_TEXT(health_retries), COMPLETE_NONE, NULL },
	{ 0, "created", "TIME", OPT_VALUE, GROUP_CONFIG, B,
	  "RFC 3339 or its date alone, seconds since 1970, or now; by default $SOURCE_DATE_EPOCH, else 1970-01-01T00:00:00Z.",
	  TO_TEXT(created), COMPLETE_WORDS, "now" },

	{ 'o', "output", "PATH|-", OPT_REPEAT, GROUP_OUTPUT, B | VERB_INDEX,
	  "Where the image goes: a tar; for a directory or a name that ends in / an OCI layout, to which the tag is "
	  "added; - is the tar on standard output.",
	  TO_LIST(output), COMPLETE_FILE, NULL },
	{ 't', "tag", "REF", OPT_REPEAT, GROUP_OUTPUT, B | VERB_INDEX,
	  "Its name; by default that of the first --bin; of joined images the names that all have.",
	  TO_LIST(tag), COMPLETE_NONE, NULL },
	{ 0, "platform", "PLATFORM", OPT_VALUE, GROUP_OUTPUT, B,
	  "Of several platforms the one whose image docker load finds in the tar; linux/amd64 by default.",
	  TO_TEXT(platform), COMPLETE_WORDS, "linux/amd64 linux/arm64 linux/arm/v7" },
	{ 0, "compress", "CODEC[:LEVEL]", OPT_VALUE, GROUP_OUTPUT, B,
	  "gzip (the default, 1..12), zstd (1..19; needs Docker 23 or later) or none.",
	  TO_TEXT(compress), COMPLETE_WORDS, "gzip zstd none" },
	{ 0, "layers", "split|single", OPT_VALUE, GROUP_OUTPUT, B,
	  "split, the default: certificates and zones, libraries, the program, each a layer; or one for all.",
	  TO_TEXT(layers), COMPLETE_WORDS, "split single" },
	{ 0, "media-types", "oci|docker", OPT_VALUE, GROUP_OUTPUT, B,
	  "What manifest, config and layers are called: oci, the default, or docker, in which podman and buildah keep a "
	  "health check.",
	  TO_TEXT(media_types), COMPLETE_WORDS, "oci docker" },
	{ 0, "no-record", NULL, OPT_FLAG, GROUP_OUTPUT, B,
	  "Leave out of the manifest why each file is in the image, and how it was made.",
	  TO_FLAG(no_record), COMPLETE_NONE, NULL },

	{ 0, "max-size", "SIZE", OPT_VALUE, GROUP_BUDGET, B,
	  "Write no image whose size (manifest, config and compressed layers) is larger: 500k, 12M, 1Gi. What is large in it "
	  "is told.",
	  TO_TEXT(max_size), COMPLETE_NONE, NULL },
	{ 0, "max-layer-size", "SIZE", OPT_VALUE, GROUP_BUDGET,
	  B | VERB_INDEX | VERB_VERIFY | VERB_WHY | VERB_LS | VERB_CAT | VERB_INSPECT | VERB_DIFF,
	  "Refuse a layer that unpacks to more; 16Gi by default.",
	  TO_TEXT(max_layer_size), COMPLETE_NONE, NULL },
	{ 0, "max-growth", "PERCENT", OPT_VALUE, GROUP_BUDGET, B,
	  "Write no image that has grown by more than this since --baseline: 5%, 0.5%. What grew in it is told.",
	  TO_TEXT(max_growth), COMPLETE_NONE, NULL },
	{ 0, "baseline", "IMAGE", OPT_VALUE, GROUP_BUDGET, B,
	  "The earlier image for --max-growth: an archive or layout directory of any tool, also the one that -o replaces.",
	  TO_TEXT(baseline), COMPLETE_FILE, NULL },
	{ 0, "strict", NULL, OPT_FLAG, GROUP_BUDGET, B,
	  "Write no image that was warned of: exit status 1. What is warned of the run alone, as of a cache that is not "
	  "used, is no matter.",
	  TO_FLAG(strict), COMPLETE_NONE, NULL },
	{ 0, "strict", NULL, OPT_FLAG, GROUP_RUN, VERB_DEPS | VERB_INDEX,
	  "A warning is an error: exit status 1.",
	  TO_FLAG(strict), COMPLETE_NONE, NULL },
	{ 0, "strict", NULL, OPT_FLAG, GROUP_RUN, VERB_VERIFY,
	  "Take notes for failures: exit status 1.",
	  TO_FLAG(strict), COMPLETE_NONE, NULL },
	{ 'n', "dry-run", NULL, OPT_FLAG, GROUP_RUN, B,
	  "Read all inputs, say what would be made, write nothing.",
	  TO_FLAG(dry_run), COMPLETE_NONE, NULL },
	{ 0, "config", "FILE", OPT_VALUE, GROUP_RUN, B,
	  "Options from a JSON file too; without any --bin that is mkscratch.json. See mkscratch help config-file.",
	  TO_TEXT(config), COMPLETE_FILE, NULL },
	{ 0, "target", "NAME", OPT_REPEAT, GROUP_RUN, B,
	  "Of the images in the config file this one; all by default.",
	  TO_LIST(target), COMPLETE_NONE, NULL },
	{ 0, "print", "WHAT", OPT_VALUE, GROUP_RUN, B,
	  "plan: as it was checked, in JSON; rootfs: every entry and why it is there; config: a config file of these options; "
	  "schema: that of config files. Nothing is written.",
	  TO_TEXT(print), COMPLETE_WORDS, "plan rootfs config schema" },
	{ 0, "list", NULL, OPT_FLAG, GROUP_RUN, VERB_DEPS,
	  "Only the paths, in the order the loader takes them, one a line.",
	  TO_FLAG(list), COMPLETE_NONE, NULL },
	{ 0, "layers", NULL, OPT_FLAG, GROUP_RUN, VERB_LS,
	  "Each layer as it stands, whiteouts and all, instead of what is left of them.",
	  TO_FLAG(by_layer), COMPLETE_NONE, NULL },
	{ 0, "html", "FILE", OPT_REPEAT, GROUP_RUN, VERB_INSPECT,
	  "Write a page for a browser: a map of sizes, every file with its reason, certificates, libraries (-: to "
	  "stdout). It replaces nothing but such a page.",
	  TO_LIST(html), COMPLETE_FILE, NULL },
	{ 0, "config", NULL, OPT_FLAG, GROUP_RUN, VERB_INSPECT,
	  "The config alone, byte for byte.",
	  TO_FLAG(raw_config), COMPLETE_NONE, NULL },
	{ 0, "manifest", NULL, OPT_FLAG, GROUP_RUN, VERB_INSPECT,
	  "The manifest alone, byte for byte.",
	  TO_FLAG(raw_manifest), COMPLETE_NONE, NULL },
	{ 0, "index", NULL, OPT_FLAG, GROUP_RUN, VERB_INSPECT,
	  "The source's index.json alone, byte for byte, or the index that IMAGE:TAG or IMAGE@DIGEST names; of a "
	  "docker-archive its manifest.json.",
	  TO_FLAG(raw_index), COMPLETE_NONE, NULL },
	{ 0, "platform", "OS/ARCH[/VARIANT]", OPT_VALUE, GROUP_RUN, VERB_LS | VERB_CAT | VERB_INSPECT | VERB_DIFF | VERB_WHY,
	  "Which image of several: linux/arm64, linux/arm/v7.",
	  TO_TEXT(platform), COMPLETE_WORDS, "linux/amd64 linux/arm64 linux/arm/v7" },
	{ 0, "platform", "PLATFORM", OPT_REPEAT, GROUP_RUN, VERB_INDEX,
	  "Which of several: A,B or --platform A --platform B.",
	  TO_LIST(platforms), COMPLETE_WORDS, "linux/amd64 linux/arm64 linux/arm/v7" },
	{ 0, "platform", "OS/ARCH", OPT_VALUE, GROUP_RUN, VERB_VERIFY,
	  "Of what an index names, this alone has to be there.",
	  TO_TEXT(platform), COMPLETE_WORDS, "linux/amd64 linux/arm64 linux/arm/v7" },
	{ 0, "rebuild", NULL, OPT_FLAG, GROUP_RUN, VERB_VERIFY,
	  "Build the image again by its recipe, from the inputs that are here, and compare; write nothing.",
	  TO_FLAG(rebuild), COMPLETE_NONE, NULL },
	{ 0, "recipe", NULL, OPT_FLAG, GROUP_RUN, VERB_VERIFY,
	  "Print the command line that makes the image.",
	  TO_FLAG(recipe), COMPLETE_NONE, NULL },
	{ 0, "man", NULL, OPT_FLAG, GROUP_RUN, VERB_HELP,
	  "Print the man page in roff.",
	  TO_FLAG(man), COMPLETE_NONE, NULL },
	{ 0, "json", NULL, OPT_FLAG, GROUP_RUN,
	  B | VERB_INDEX | VERB_DEPS | VERB_DOCTOR | VERB_HELP | VERB_VERIFY | VERB_WHY | VERB_CACHE |
	  VERB_LS | VERB_INSPECT | VERB_DIFF,
	  "Print the result as JSON.",
	  TO_FLAG(json), COMPLETE_NONE, NULL },
	{ 0, "sarif", NULL, OPT_FLAG, GROUP_RUN, VERB_DOCTOR,
	  "Print the result as SARIF 2.1.0, which code hosts show beside a change.",
	  TO_FLAG(sarif), COMPLETE_NONE, NULL },
	{ 'q', "quiet", NULL, OPT_FLAG, GROUP_RUN,
	  B | VERB_INDEX | VERB_DEPS | VERB_DOCTOR | VERB_VERIFY | VERB_WHY | VERB_CACHE | VERB_LS | VERB_CAT | VERB_INSPECT |
	  VERB_DIFF,
	  "No warnings, and nothing on stdout when all is well.",
	  set_quiet, 0, COMPLETE_NONE, NULL },
	{ 'v', "verbose", NULL, OPT_FLAG, GROUP_RUN, B | VERB_DEPS | VERB_DIFF,
	  "Say on stderr what is done and why; twice for more.",
	  set_verbose, 0, COMPLETE_NONE, NULL },
	{ 0, "progress", "auto|always|never", OPT_VALUE, GROUP_RUN, B,
	  "Show on stderr how far the work is, once it takes half a second; auto: on a terminal only. With --json and "
	  "always, a JSON object a line.",
	  TO_TEXT(progress), COMPLETE_WORDS, "auto always never" },
	{ 'j', "jobs", "N", OPT_VALUE, GROUP_SPEED, B,
	  "Threads that compress; one a core by default. More than 64 count as 64. Never changes a byte.",
	  TO_TEXT(jobs), COMPLETE_NONE, NULL },
	{ 0, "cache", "DIR", OPT_VALUE, GROUP_SPEED, B | VERB_CACHE,
	  "Where compressed blocks of earlier runs lie; by default $XDG_CACHE_HOME/mkscratch or ~/.cache/mkscratch. Never "
	  "changes a byte.",
	  TO_TEXT(cache), COMPLETE_DIR, NULL },
	{ 0, "no-cache", NULL, OPT_FLAG, GROUP_SPEED, B,
	  "Neither read nor write a cache.",
	  TO_FLAG(no_cache), COMPLETE_NONE, NULL },
	{ 0, "cache-size", "SIZE", OPT_VALUE, GROUP_SPEED, B | VERB_CACHE,
	  "Keep the cache below SIZE: bytes, or 500M, 2G, 4Gi; 1G by default.",
	  TO_TEXT(cache_size), COMPLETE_NONE, NULL },
	{ 0, "paranoid", NULL, OPT_FLAG, GROUP_SPEED, B,
	  "Decode every compressed block and compare it with what it was made from; take nothing from the cache. Never "
	  "changes a byte.",
	  TO_FLAG(paranoid), COMPLETE_NONE, NULL },
	{ 0, "require-sandbox", NULL, OPT_FLAG, GROUP_SPEED, B | VERB_VERIFY,
	  "Fail where the kernel cannot confine the run to its inputs and outputs (Landlock), as is done anyhow.",
	  TO_FLAG(require_sandbox), COMPLETE_NONE, NULL },
	{ 'h', "help", NULL, OPT_FLAG, GROUP_RUN, VERB_ALL,
	  "Help; behind a verb, that verb's.",
	  TO_FLAG(help), COMPLETE_NONE, NULL },
	{ 0, "version", NULL, OPT_FLAG, GROUP_RUN, VERB_ALL,
	  "The version.",
	  TO_FLAG(version), COMPLETE_NONE, NULL },
	{ .name = NULL },
};
