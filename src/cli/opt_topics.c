/* The prose of the help and the man page. Paragraphs are parted by empty lines and wrapped where they are shown; lines
 * that begin with two blanks stand as they are. */
#include <string.h>

#include "opt.h"
#include "mkscratch/preset.h"

const char msk_examples[] =
	"  mkscratch --bin ./app --certs --tz -o img.tar   program, TLS roots, time zones\n"
	"  mkscratch --bin ./app -o - | docker load        straight into docker\n"
	"  mkscratch doctor ./app                          what a program needs to run\n"
	"  mkscratch verify img.tar                        check every byte of an image\n";

const struct opt_group_text msk_opt_groups[N_GROUPS] = {
	[GROUP_INPUT] = { "input", "What goes in",
		"DEST and PATH are absolute, without a colon (SRC: --bin ./a:b:/app); a DEST that ends in / gets SRC's name. "
		"What two give at one path must be equal." },
	[GROUP_LIBRARIES] = { "libraries", "What a dynamic program loads",
		"Its loader and libraries come along by themselves, found by the rules of that loader; these options are for "
		"what lies elsewhere, or what no file names. mkscratch deps ./app shows what is found." },
	[GROUP_CONTENT] = { "content", "Certificates and zones",
		"mkscratch doctor ./app tells what a program needs of these." },
	[GROUP_USERS] = { "users", "Who it runs as",
		"Every image has /etc/passwd and /etc/group with root and the image's user, /etc/nsswitch.conf, and /tmp with "
		"mode 1777. Config.User is always numeric." },
	[GROUP_CONFIG] = { "config", "How it runs",
		"As in a Dockerfile, exec form only: there is no shell in the image. For a key or variable given twice the "
		"last value counts." },
	[GROUP_HEALTH] = { "health", "How the runtime tells that it is well",
		"Docker heeds it; podman and buildah drop it from images of OCI types, which a warning tells: --media-types "
		"docker keeps it, and oci silences the warning." },
	[GROUP_OUTPUT] = { "output", "Where it goes",
		"A tar is an OCI layout and a docker-archive at once: docker, podman, skopeo, buildah and ctr read it. "
		"Several -o get the same image. Until the new one is complete and on the disk, an old output stays as it is; "
		"its chmod 600 outlives it. Links and devices are written through; a FIFO if read in 10 s." },
	[GROUP_BUDGET] = { "budgets", "When it is not written",
		"Past a budget nothing is written, and the exit status is 3. What is told: the largest files, or those that "
		"grew, and what strip would take off them. What counts is what a machine fetches: manifest, config and layers, "
		"as they are stored; where one of two images is compressed and the other is not, their plain layers. -n does "
		"not compress, and so does not ask.\n\n"
		"--strict is for who reads no warnings: a missing certificate bundle, a program that would not start in the "
		"image, a secret in a variable and whatever else is a warning of the image end the run before anything is "
		"put in place; with -n and --print, too, and with -q they are told all the same." },
	[GROUP_RUN] = { "run", "The run itself",
		"Success prints one line on stdout, or with --json an object; with -o - it goes to stderr. Of an option that "
		"takes one value and is given again, the last value counts." },
	[GROUP_SPEED] = { "speed", "Threads and the cache",
		"None of these changes a byte of an image." },
};

void msk_topic_add(struct msk_str *out, const struct topic *t)
{
	msk_str_adds(out, t->text);
	if (t->add_table)
		t->add_table(out);
}

static void add_presets(struct msk_str *out)
{
	for (enum msk_preset p = 0; p < MSK_N_PRESETS; p++) {
		msk_str_addf(out, "\n%s %s:\n", msk_preset_name(p), p ? "has these too" : "has");
		for (const struct msk_preset_item *i = msk_preset_items; i->path; i++) {
			if (i->preset == p && strlen(i->path) + 4 + strlen(i->why) <= 79 && strlen(i->path) > 34)
				msk_str_addf(out, "  %s %s\n", i->path, i->why);
			else if (i->preset == p && strlen(i->path) > 34)
				msk_str_addf(out, "  %s\n  %-34s %s\n", i->path, "", i->why);
			else if (i->preset == p)
				msk_str_addf(out, "  %-34s %s\n", i->path, i->why);
		}
	}
}

const struct topic msk_topics[] = {
	{ "troubleshooting", "When it does not run",
	  "What you see, why, and what helps. mkscratch doctor ./app tells beforehand. With --json as JSON.\n",
	  msk_symptoms_add },
	{ "presets", "What an image has of itself",
	  "An image has what its --preset says. Tables that the host does not have are left out with a warning; "
	  "certificates and zones must be there.\n",
	  add_presets },
	{ "config-file", "Options from a file",
	  "--config FILE takes options from a JSON file: an object of their long names. A value is what would be typed: "
	  "true, a string or a number; a list where an option may be repeated, an object for K=V. Relative paths begin at "
	  "the directory of the file; of one that comes by a pipe (-, <(...)) at the "
	  "working directory. Without --config, mkscratch.json in the working directory is read when the command "
	  "line names no program (--bin): mkscratch build.\n\n"
	  "  { \"certs\": true, \"env\": { \"MODE\": \"prod\" },\n"
	  "    \"targets\": { \"one\": { \"bin\": \"./one\", \"output\": \"one.tar\" },\n"
	  "                 \"two\": { \"bin\": \"./two\", \"output\": \"two.tar\" } } }\n\n"
	  "Of several targets all are built, or those of --target, in that order; but a target comes after those whose "
	  "outputs it is made of (as \"base\", \"file\" or any other input). No two may write one file; in one directory "
	  "each needs a \"tag\" of its own. What a target says takes the place of what the top says, and the command line "
	  "that of both; pairs K=V add up, and the last of a key counts. certs-expiry-min and no-base-labels of the top "
	  "count where there are certificates, or a base. --print config writes such a file from a command line, --print "
	  "schema what editors check it against.\n", NULL },
	{ "base", "On top of another image",
	  "--base takes an image that any tool has made. Its layers are verified and stay byte for byte as they are; ours "
	  "lie on top. Of files that it has already, with mode and owner, nothing is stored again; parents keep the mode "
	  "they have there, paths run through its links, and /tmp and the like are added only where it has none. A file takes "
	  "the place of a file; at the path of a directory it is refused (--bin app:/usr/bin/ puts it there).\n\n"
	  "Inherited as by a Dockerfile: variables (ours win by name), ports, volumes, labels (--no-base-labels: none), "
	  "author, health check, stop signal and working directory unless given. Its entrypoint and command stay, unless "
	  "--bin or --entrypoint gives ours. ONBUILD is not kept. What would make a faulty image (a port that is none) "
	  "is refused unless an option says something else.\n\n"
	  "Without --user the base's user runs it, as numbers; nobody, where it names none. --user may be a name of its "
	  "passwd; a user that it does not know is added to its passwd and group.\n\n"
	  "A program runs with the libraries of the base, and brings along from --root what the base lacks. Where it would "
	  "not start so (a symbol is missing, a version is too old) all come from --root; a warning says why, and names each "
	  "file of the base that is replaced. The platforms have to be the same.\n",
	  NULL },
	{ "reproducibility", "Same inputs, same bytes",
	  "The image depends on the contents of the input files (with --file and --tree on their permissions too), the "
	  "options, $SOURCE_DATE_EPOCH and the version of mkscratch; on nothing else of the host: no clock, time zone, "
	  "locale, umask, user, working directory, file time, directory order or number of cores.\n\n"
	  "File times are 0, or $SOURCE_DATE_EPOCH. --created sets the date of the image; only \"now\" reads the clock.\n\n"
	  "With --compress gzip:8 to gzip:12 or zstd the bytes of compressed layers, and so the digest of "
	  "the image, depend on the build of libdeflate or zstd as well; DiffIDs (digests of the uncompressed layers) do "
	  "not.\n", NULL },
	{ "exit-status", "Exit status",
	  "  0   fine\n"
	  "  1   diff found differences, or --strict a warning\n"
	  "  2   usage: the command line, or a value on it\n"
	  "  3   bad input: a file is not what it should be\n"
	  "  4   a dependency is missing or does not fit\n"
	  "  5   I/O error, or memory ran out\n"
	  "  7   integrity: bytes do not match their digest or size\n"
	  "  70  a bug in mkscratch\n\n"
	  "A signal ends it as that signal; so does a reader of its text that goes away (head), but of an image that is an "
	  "error. An error is one line on stderr, \"mkscratch: SUBJECT: WHAT IS WRONG\", and "
	  "where one helps a line \"hint: ...\". Nothing is printed on stdout then (but deps and verify show what is "
	  "wrong in its place), old outputs stay as they were, and no temporary file remains. Of several "
	  "targets those that were made before a failure stay made.\n", NULL },
	{ "environment", "Environment",
	  "  SOURCE_DATE_EPOCH  seconds since 1970: the time of every file in the image,\n"
	  "                     and the default of --created\n"
	  "  TMPDIR             where that waits which is too large for memory;\n"
	  "                     /var/tmp by default\n"
	  "  XDG_CACHE_HOME     the cache is mkscratch/ in it; $HOME/.cache by default;\n"
	  "                     without either there is none\n"
	  "  TERM               dumb: no progress unless asked for, no colours\n"
	  "  NO_COLOR           set to anything: no colours, which only a terminal gets\n", NULL },
	{ .name = NULL },
};

const struct verb msk_verbs[] = {
	{ "build", VERB_BUILD, "", "make an image; the default verb",
	  "The word build may be left out.\n", msk_cmd_build },
	{ "deps", VERB_DEPS, "FILE...", "show the libraries a program needs, and which rule found each",
	  "Nothing is run: the rules of the program's own loader (glibc's or musl's) are applied to the files below "
	  "--root. Exit status 4 when something is missing or would be refused (--list looks up no symbols). All FILEs "
	  "are shown; the first at fault gives the status. --list has each path once, --json an object a "
	  "line.\n", msk_cmd_deps },
	{ "doctor", VERB_DOCTOR, "FILE...", "tell what a program needs, and the option that gives it",
	  "Nothing is run: Go's table of functions, Rust's list of packages, imports and texts are read from the bytes of "
	  "the file, for any architecture. What is required cannot work without; likely and hint are weaker; embedded is "
	  "what the program brings itself. Also: libraries that are missing below --root, language, hardening, what strip "
	  "would save, secrets and build paths.\n\n"
	  "  mkscratch doctor ./app\n"
	  "  mkscratch doctor --sarif ./app > doctor.sarif\n",
	  msk_cmd_doctor },
	{ "inspect", VERB_INSPECT, "IMAGE", "tell what an image is and what takes its room",
	  "Config, layers, sizes by origin, the largest files, certificates. IMAGE is an archive (- for standard input), a "
	  "layout directory, or DIR:TAG, whoever made it; all of it is read and verified first. Of several images only the "
	  "list is shown, unless --platform names one. Its size is that of manifest, config and compressed layers, each blob "
	  "once. Every IMAGE may be IMAGE@sha256:...: an image by its manifest (of a docker-archive, its ID), an index, an "
	  "attestation.\n", msk_cmd_inspect },
	{ "ls", VERB_LS, "IMAGE [PATH...]", "list what is in an image",
	  "As tar -tv does: the file system as a program finds it, layers laid over one another, or only what is at PATH and "
	  "below it. IMAGE is an archive (- for standard input), a layout directory, or DIR:TAG, whoever made it. All of it is "
	  "read and verified before a line is printed.\n"
	  "With --json mtime is seconds since 1970, and time the same in words (RFC 3339), or null where the year is none of 0 "
	  "to 9999; xattrs has extended attributes with their values, or the digests of those over 64 bytes. A name that is "
	  "no UTF-8 has \\xNN for such bytes, and path_base64 all of them; so it is with every verb (file_base64, ...).\n",
	  msk_cmd_ls },
	{ "cat", VERB_CAT, "IMAGE PATH...", "print files of an image",
	  "Symlinks are followed inside the image. All of it is read and verified before a byte is printed.\n", msk_cmd_cat },
	{ "diff", VERB_DIFF, "A B", "tell two images apart, file by file and field by field",
	  "The first line says what makes their digests differ; then come fields of config and manifest, layers that are the "
	  "same but for their compression, paths that were added, removed or changed, and for two programs of Go the modules. "
	  "Files that differ in their times alone are counted; -v lists them. Exit status 0 when nothing differs, 1 when "
	  "something does; -q prints nothing. Images of any tool can be compared. Their names, and what an index or an archive "
	  "says beside them, are no part of them.\n", msk_cmd_diff },
	{ "verify", VERB_VERIFY, "IMAGE...", "check every digest, size and document of an image",
	  "IMAGE is an archive, a layout directory, or DIR:TAG. Every blob is read to its end. Exit status 7 for bytes that "
	  "do not match, 3 for a malformed document, 4 for a program that would not start. What is only advised is a note.\n"
	  "--rebuild makes the image again by the recipe in its manifest and compares. Inputs are looked for where they were "
	  "named then, libraries below --root. An input that is not here is exit status 3, one that has changed 7; where only "
	  "the compressor is another one, the DiffIDs decide.\n",
	  msk_cmd_verify },
	{ "index", VERB_INDEX, "IMAGE...", "join images of several platforms, or choose from them",
	  "Images that were made on different machines come under one index. IMAGE is an archive, a layout directory, or "
	  "DIR:TAG. Each stays byte for byte as it is, and is checked. --platform takes those of an index, one alone as "
	  "an image, unless an attestation goes with it.\n\n"
	  "  mkscratch index -t app:v1 -o app.tar amd64.tar arm64.tar\n"
	  "  mkscratch index --platform linux/arm64 -o arm64.tar app.tar\n", msk_cmd_index },
	{ "why", VERB_WHY, "IMAGE PATH...", "tell why a path is in an image",
	  "The chain from the path to the program, option or evidence that brought it along, as the manifest records it. "
	  "IMAGE is an archive, a layout directory, or DIR:TAG; it is verified on the way.\n", msk_cmd_why },
	{ "cache", VERB_CACHE, "stat|trim|clear", "look at the cache, make it smaller, empty it",
	  "Compressed blocks of earlier runs are kept, so that an image of which little changed is made in a fraction of the "
	  "time. trim removes what was used longest ago until --cache-size is met; clear removes all. Every build trims "
	  "too. The cache never changes a byte of an image, and may be removed at any time.\n", msk_cmd_cache },
	{ "help", VERB_HELP, "[TOPIC]", "explain a topic or a verb", "", msk_cmd_help },
	{ "completion", VERB_COMPLETION, "bash|zsh|fish", "print completions for a shell",
	  "  mkscratch completion bash > /etc/bash_completion.d/mkscratch\n", msk_cmd_completion },
	{ "version", VERB_VERSION, "", "print the version", "", msk_cmd_version },
	{ .name = NULL },
};
