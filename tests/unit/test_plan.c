/* From typed words to the plan: every field, its default, and the sentence for what it is not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "../../src/cli/opt.h"
#include "mkscratch/plan.h"
#include "mkscratch/timestamp.h"

/* The command line is the shortest way to fill struct msk_options. */
static int make(const char *const *argv, const char *epoch, struct msk_plan *plan, struct msk_err *err)
{
	struct msk_options o = MSK_OPTIONS_INIT;
	int argc = 0, r;

	*err = (struct msk_err)MSK_ERR_INIT;
	while (argv[argc])
		argc++;
	o.now = 1700000000;
	o.source_date_epoch = epoch;
	r = msk_opt_parse(msk_verb_find("build"), argc, argv, &o, err);
	if (r == 0)
		r = msk_plan_make(&o, plan, err);
	msk_options_release(&o);
	return r;
}

static struct msk_plan plan_ok(const char *const *argv, const char *epoch)
{
	struct msk_plan plan;
	struct msk_err err;

	if (make(argv, epoch, &plan, &err) < 0)
		fail_msg("%s", err.msg);
	return plan;
}

static void plan_bad(const char *const *argv, const char *epoch, const char *message)
{
	struct msk_plan plan;
	struct msk_err err;

	assert_int_equal(make(argv, epoch, &plan, &err), -1);
	assert_int_equal(err.code, MSK_E_USAGE);
	assert_string_equal(err.msg, message);
}

#define ARGS(...) ((const char *[]){ __VA_ARGS__, NULL })
/* With "--bin ./app" in front. */
#define OK(...) plan_ok(ARGS("--bin", "./app", __VA_ARGS__), NULL)
#define BAD(message, ...) plan_bad(ARGS("--bin", "./app", __VA_ARGS__), NULL, message)

static void check_list(const struct msk_strv *got, const char *want)
{
	MSK_AUTO_STR joined = MSK_STR_INIT;

	for (size_t i = 0; i < got->n; i++)
		msk_str_addf(&joined, "%s%s", i ? " " : "", got->v[i]);
	assert_string_equal(msk_str_c(&joined), want);
}

static void defaults_are_those_of_the_contract(void **state)
{
	struct msk_plan p = plan_ok(ARGS("--bin", "./app"), NULL);

	(void)state;
	assert_string_equal(p.root, "/");
	assert_string_equal(p.user.name, "nobody");
	assert_int_equal(p.user.uid, 65534);
	assert_int_equal(p.user.gid, 65534);
	check_list(&p.config.entrypoint, "/app");
	assert_string_equal(p.config.workdir, "/");
	assert_null(p.config.stop_signal);
	assert_null(p.config.author);
	assert_int_equal(p.created, 0);
	assert_int_equal(p.mtime, 0);
	assert_int_equal(p.n_tags, 1);
	assert_string_equal(p.tags[0].familiar, "app:latest");
	assert_int_equal(p.codec.kind, MSK_CODEC_GZIP);
	assert_int_equal(p.codec.level, 5);
	assert_false(p.single_layer || p.certs || p.tz);
	assert_int_equal(p.jobs, 0);
	msk_plan_release(&p);
}

static void nothing_to_run_is_an_error(void **state)
{
	(void)state;
	plan_bad(ARGS("--tree", "x:/"), NULL, "nothing to run: no --bin given");
}

/* --- inputs --- */

static void check_input(const char *option, const char *spec, const char *src, const char *dest)
{
	struct msk_plan p = OK(option, spec);
	const struct msk_input *in = &p.inputs[p.n_inputs - 1];

	if (src)
		assert_string_equal(in->src, src);
	else
		assert_null(in->src);
	assert_string_equal(in->dest, dest);
	msk_plan_release(&p);
}

static void programs_have_a_default_dest(void **state)
{
	(void)state;
	check_input("--bin", "build/server", "build/server", "/server");
	check_input("--bin", "server:/usr/bin/s", "server", "/usr/bin/s");
	check_input("--bin", "a/server:/usr/bin/", "a/server", "/usr/bin/server");
	check_input("--bin", "a:b:/c", "a:b", "/c");
	check_input("--bin", "a:/b:/c", "a:/b", "/c");
}

static void image_paths_are_normalised(void **state)
{
	(void)state;
	check_input("--file", "a://b/./c//d", "a", "/b/c/d");
	check_input("--tree", "t:/", "t", "/");
	check_input("--tree", "t/:/srv/", "t/", "/srv");
	check_input("--dir", "/x/", NULL, "/x");
}

static void modes_and_owners(void **state)
{
	struct msk_plan p = OK("--file", "a:/b:4755:0:2147483646", "--dir", "/d:01777", "--file", "c:/d2");

	(void)state;
	assert_int_equal(p.inputs[1].mode, 04755);
	assert_true(p.inputs[1].has_mode && p.inputs[1].has_owner);
	assert_int_equal(p.inputs[1].gid, 2147483646);
	assert_false(p.inputs[2].has_mode || p.inputs[2].has_owner);
	assert_int_equal(p.inputs[3].kind, MSK_INPUT_DIR);
	assert_int_equal(p.inputs[3].mode, 01777);
	assert_false(p.inputs[3].has_owner);
	assert_string_equal(p.inputs[1].spec, "--file a:/b:4755:0:2147483646");
	msk_plan_release(&p);
}

static void bad_inputs_have_their_sentences(void **state)
{
	(void)state;
	BAD("--file a:b: DEST \"b\" is not an absolute path", "--file", "a:b");
	BAD("--bin app:bin/app: DEST \"bin/app\" is not an absolute path", "--bin", "app:bin/app");
	BAD("--file a: has no DEST", "--file", "a");
	BAD("--tree a: has no DEST", "--tree", "a");
	BAD("--file :/b: SRC is empty", "--file", ":/b");
	BAD("--bin dir/: \"dir/\" names a directory", "--bin", "dir/");
	BAD("--file dir/:/x: \"dir/\" names a directory", "--file", "dir/:/x");
	BAD("--bin a:/b:0755:1: an owner is UID:GID (1 vs 2 numbers)", "--bin", "a:/b:0755:1");
	BAD("--tree a:/b:0755: a tree keeps the modes of its files (\"0755\")", "--tree", "a:/b:0755");
	BAD("--tree a:/b::1: an owner is UID:GID (1 vs 2 numbers)", "--tree", "a:/b::1");
	BAD("--tree a:/b:: an owner is UID:GID (0 vs 2 numbers)", "--tree", "a:/b:");
	BAD("--file a:/b/../c: \"..\" is not allowed in a path of the image", "--file", "a:/b/../c");
	BAD("--file a:/.wh.b: the name \".wh.b\" means a deletion in an image (.wh.)", "--file", "a:/.wh.b");
	BAD("--file a:/.: the root of the image cannot be replaced", "--file", "a:/.");
	BAD("--dir d: \"d\" is not an absolute path", "--dir", "d");
	BAD("--dir /: the root of the image cannot be replaced", "--dir", "/");
}

static void bad_modes_and_owners_have_their_sentences(void **state)
{
	(void)state;
	BAD("--file a:/b:rw: mode \"rw\" is not octal", "--file", "a:/b:rw");
	BAD("--file a:/b:: mode \"\" is not octal", "--file", "a:/b:");
	BAD("--file a:/b:0888: mode \"0888\" is not octal", "--file", "a:/b:0888");
	BAD("--dir /b:17777: mode is too large (17777 vs 7777)", "--dir", "/b:17777");
	BAD("--file a:/b:644:0: an owner is UID:GID (1 vs 2 numbers)", "--file", "a:/b:644:0");
	BAD("--file a:/b:644:0:0:0: an owner is UID:GID (3 vs 2 numbers)", "--file", "a:/b:644:0:0:0");
	BAD("--file a:/b:644:me:0: uid \"me\": not a whole number", "--file", "a:/b:644:me:0");
	BAD("--file a:/b:644:0:2147483647: gid 2147483647: larger than 2147483646", "--file", "a:/b:644:0:2147483647");
}

static void names_and_paths_are_bounded(void **state)
{
	char spec[6000], message[7000];

	(void)state;
	snprintf(spec, sizeof spec, "/%0256d", 0);
	snprintf(message, sizeof message, "--dir %s: name in the image is too long (256 vs 255 bytes)", spec);
	message[1023] = '\0';
	BAD(message, "--dir", spec);
	spec[0] = '\0';
	for (int i = 0; i < 2048; i++)
		memcpy(spec + 2 * i, "/a", 3);
	{
		struct msk_err err = MSK_ERR_INIT;
		char *path;

		assert_int_equal(msk_image_path("--dir", spec, &path, &err), -1);
		assert_string_equal(err.msg, "--dir: path in the image is too long (4096 vs 4095 bytes)");
	}
	memcpy(spec + 4096, ":/b", 4);
	{
		struct msk_plan plan;
		struct msk_err err;

		assert_int_equal(make(ARGS("--bin", "./app", "--link", spec), NULL, &plan, &err), -1);
		assert_int_equal(err.code, MSK_E_USAGE);
		assert_non_null(strstr(err.msg, "/a:/b: TARGET is too long (4096 vs 4095 bytes)"));
	}
}

static void links_keep_their_text(void **state)
{
	struct msk_plan p = OK("--link", "../x:y:/l");

	(void)state;
	assert_string_equal(p.inputs[1].target, "../x:y");
	assert_string_equal(p.inputs[1].dest, "/l");
	assert_null(p.inputs[1].src);
	msk_plan_release(&p);
	BAD("--link a: has no absolute PATH behind TARGET", "--link", "a");
	BAD("--link a:b: has no absolute PATH behind TARGET", "--link", "a:b");
	BAD("--link :/l: TARGET is empty", "--link", ":/l");
	BAD("--link a:/l:755: nothing may follow the path in the image (\":755\")", "--link", "a:/l:755");
}

static void inputs_are_in_the_order_of_their_kinds(void **state)
{
	struct msk_plan p = OK("--link", "a:/l", "--file", "f:/f", "--bin", "second");

	(void)state;
	assert_int_equal(p.n_inputs, 4);
	assert_int_equal(p.inputs[0].kind, MSK_INPUT_BIN);
	assert_string_equal(p.inputs[1].src, "second");
	assert_int_equal(p.inputs[2].kind, MSK_INPUT_FILE);
	assert_int_equal(p.inputs[3].kind, MSK_INPUT_LINK);
	msk_plan_release(&p);
}

/* --- content --- */

static void check_user(const char *spec, const char *name, uint32_t uid, uint32_t gid)
{
	struct msk_plan p = OK("--user", spec);

	assert_string_equal(p.user.name, name);
	assert_int_equal(p.user.uid, uid);
	assert_int_equal(p.user.gid, gid);
	msk_plan_release(&p);
}

static void users(void **state)
{
	(void)state;
	check_user("nobody", "nobody", 65534, 65534);
	check_user("nonroot", "nonroot", 65532, 65532);
	check_user("root", "root", 0, 0);
	check_user("0", "root", 0, 0);
	check_user("65532", "nonroot", 65532, 65532);
	check_user("1000", "user", 1000, 1000);
	check_user("1000:50", "user", 1000, 50);
	check_user("app:1000", "app", 1000, 1000);
	check_user("app:1000:50", "app", 1000, 50);
	check_user("app:2147483646:0", "app", 2147483646, 0);
}

static void check_lines(struct msk_plan p, const char *passwd, const char *group)
{
	MSK_AUTO_STR got = MSK_STR_INIT;
	MSK_AUTO_STR got_group = MSK_STR_INIT;

	for (size_t i = 0; i < p.n_accounts; i++) {
		msk_account_add(&got, &p.accounts[i]);
		msk_str_addc(&got, p.accounts[i].makes_home ? '!' : ' ');
	}
	for (size_t i = 0; i < p.n_groups; i++) {
		msk_group_add(&got_group, &p.groups[i]);
		msk_str_addc(&got_group, ' ');
	}
	assert_string_equal(msk_str_c(&got), passwd);
	assert_string_equal(msk_str_c(&got_group), group);
	msk_plan_release(&p);
}

#define ROOT "root:x:0:0:root:/root:/sbin/nologin"
#define NOBODY "nobody:x:65534:65534:nobody:/nonexistent:/sbin/nologin "

static void passwd_and_group_name_root_and_the_user(void **state)
{
	(void)state;
	check_lines(OK("--user", "nobody"), ROOT " " NOBODY, "root:x:0: nobody:x:65534: ");
	check_lines(OK("--user", "root"), ROOT " ", "root:x:0: ");
	check_lines(OK("--user", "app:1000:0"), ROOT " app:x:1000:0:app:/nonexistent:/sbin/nologin ", "root:x:0: ");
	check_lines(OK("--user", "0:5"), "root:x:0:5:root:/root:/sbin/nologin ", "root:x:0: group:x:5: ");
}

static void entries_join_them_sorted_by_number(void **state)
{
	(void)state;
	check_lines(OK("--passwd-entry", "web:33:30:/srv/web:/bin/sh", "--passwd-entry", "a:5"),
		    ROOT " a:x:5:5:a:/nonexistent:/sbin/nologin web:x:33:30:web:/srv/web:/bin/sh!" NOBODY,
		    "root:x:0: a:x:5: web:x:30: nobody:x:65534: ");
	check_lines(OK("--passwd-entry", "daemon:*:1:1:The daemon:/usr/sbin:/usr/sbin/nologin"),
		    ROOT " daemon:x:1:1:The daemon:/usr/sbin:/usr/sbin/nologin " NOBODY,
		    "root:x:0: daemon:x:1: nobody:x:65534: ");
	check_lines(OK("--passwd-entry", "root:x:0:0:me:/root:/bin/sh"), "root:x:0:0:me:/root:/bin/sh!" NOBODY,
		    "root:x:0: nobody:x:65534: ");
	check_lines(OK("--group-entry", "ssl:30:nobody,root", "--group-entry", "tty:x:5:"), ROOT " " NOBODY,
		    "root:x:0: tty:x:5: ssl:x:30:nobody,root nobody:x:65534: ");
	check_lines(OK("--group-entry", "nobody:5"), ROOT " " NOBODY, "root:x:0: nobody:x:5: group:x:65534: ");
	check_lines(OK("--group-entry", "nobody:5", "--group-entry", "group:6"), ROOT " " NOBODY,
		    "root:x:0: nobody:x:5: group:x:6: group65534:x:65534: ");
}

static void check_entry_user(const char *entry, const char *user, const char *name, uint32_t uid, uint32_t gid)
{
	struct msk_plan p = OK("--passwd-entry", entry, "--user", user);

	assert_string_equal(p.user.name, name);
	assert_int_equal(p.user.uid, uid);
	assert_int_equal(p.user.gid, gid);
	assert_int_equal(p.n_accounts, 2);
	msk_plan_release(&p);
}

static void the_user_may_be_an_entry(void **state)
{
	(void)state;
	check_entry_user("app:1000:50:/home/app", "app", "app", 1000, 50);
	check_entry_user("app:1000:50:/home/app", "1000", "app", 1000, 50);
	check_entry_user("app:1000:50:/home/app", "1000:7", "app", 1000, 7);
	check_entry_user("app:1000:50:/home/app", "app:1000:7", "app", 1000, 7);
	check_entry_user("nobody:99", "nobody", "nobody", 99, 99);
	BAD("user \"app:1001\": --passwd-entry gives app the uid 1000", "--passwd-entry", "app:1000", "--user", "app:1001");
	BAD("uid 1000: has two names (app and web)", "--passwd-entry", "app:1000", "--user", "web:1000");
}

static void the_preset_distroless(void **state)
{
	struct msk_plan p = OK("--preset", "distroless");

	(void)state;
	check_list(&p.config.env, "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin "
				  "SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt");
	assert_string_equal(p.config.workdir, "/home/nonroot");
	assert_true(p.certs && p.tz && p.zones.n == 0);
	check_lines(p, "root:x:0:0:root:/root:/sbin/nologin!nonroot:x:65532:65532:nonroot:/home/nonroot:/sbin/nologin!" NOBODY,
		    "root:x:0: nonroot:x:65532: nobody:x:65534: ");
	p = OK("--preset", "distroless", "--user", "me:65532", "--tz=UTC", "-e", "PATH=/bin", "-w", "/", "--localtime", "UTC");
	check_list(&p.config.env, "PATH=/bin SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt TZ=UTC");
	check_list(&p.zones, "UTC");
	assert_string_equal(p.config.workdir, "/");
	check_lines(p, "root:x:0:0:root:/root:/sbin/nologin!me:x:65532:65532:me:/home/nonroot:/sbin/nologin!" NOBODY,
		    "root:x:0: me:x:65532: nobody:x:65534: ");
	BAD("--preset debian: is none of scratch, distroless", "--preset", "debian");
}

static void bad_entries_have_their_sentences(void **state)
{
	(void)state;
	BAD("--passwd-entry app: has no uid", "--passwd-entry", "app");
	BAD("--passwd-entry app:1:1:/:/:/: has too many fields", "--passwd-entry", "app:1:1:/:/:/");
	BAD("--passwd-entry a b:1: character \" \" is not allowed", "--passwd-entry", "a b:1");
	BAD("--passwd-entry app:x: uid \"x\": not a whole number", "--passwd-entry", "app:x");
	BAD("--passwd-entry app:1:2147483647: gid 2147483647: larger than 2147483646", "--passwd-entry", "app:1:2147483647");
	BAD("--passwd-entry app:0: uid 0 and the name root belong together", "--passwd-entry", "app:0");
	BAD("--passwd-entry app:1:1:home: \"home\" is not an absolute path", "--passwd-entry", "app:1:1:home");
	BAD("--passwd-entry app:1:1:/..: \"..\" is not allowed in a path of the image", "--passwd-entry", "app:1:1:/..");
	BAD("--passwd-entry app: holds a password, which everybody could read", "--passwd-entry", "app:$6$abc:1:1::/:");
	BAD("--passwd-entry app:x:1:1:a\nb:/:: control bytes are not allowed", "--passwd-entry", "app:x:1:1:a\nb:/:");
	BAD("--passwd-entry app:x:1:1:\xff:/:: not valid UTF-8", "--passwd-entry", "app:x:1:1:\xff:/:");
	BAD("user \"app\": given twice (uid 1 and 2)", "--passwd-entry", "app:1", "--passwd-entry", "app:2");
	BAD("uid 1: has two names (a and b)", "--passwd-entry", "b:1", "--passwd-entry", "a:1");
	BAD("--group-entry app: has no gid", "--group-entry", "app");
	BAD("--group-entry app:1:::: has too many fields", "--group-entry", "app:1:::");
	BAD("--group-entry :1: the name is empty", "--group-entry", ":1");
	BAD("--group-entry app:-1: gid \"-1\": not a whole number", "--group-entry", "app:-1");
	BAD("--group-entry wheel:0: gid 0 and the name root belong together", "--group-entry", "wheel:0");
	BAD("--group-entry app:1:joe: member \"joe\" is no user of the image", "--group-entry", "app:1:joe");
	BAD("--group-entry b:1: the gid is given twice", "--group-entry", "a:1", "--group-entry", "b:1");
	BAD("--group-entry a:2: the name is given twice", "--group-entry", "a:1", "--group-entry", "a:2");
	BAD("--group-entry app: holds a password, which everybody could read", "--group-entry", "app:secret:1:");
}

static void bad_users_have_their_sentences(void **state)
{
	(void)state;
	BAD("user \"a:b\": character \":\" is not allowed", "--user", "a:b");
	BAD("user \"a b:1\": character \" \" is not allowed", "--user", "a b:1");
	BAD("user \"../x:1\": character \"/\" is not allowed", "--user", "../x:1");
	BAD("user \"\": the name is empty", "--user", "");
	BAD("user \":1\": the name is empty", "--user", ":1");
	BAD("user \"-1\": a name cannot begin with \"-\"", "--user", "-1");
	BAD("user \"app\": has no uid and is none of nobody, nonroot, root", "--user", "app");
	BAD("user \"app:1:2:3\": too many parts (4 vs 3)", "--user", "app:1:2:3");
	BAD("user \"root:5\": uid 0 and the name root belong together", "--user", "root:5");
	BAD("user \"app:0\": uid 0 and the name root belong together", "--user", "app:0");
	BAD("user \"abcdefghijklmnopqrstuvwxyzabcdefg:1\": the name is too long (33 vs 32 bytes)", "--user",
	    "abcdefghijklmnopqrstuvwxyzabcdefg:1");
	BAD("uid 4294967296: larger than 2147483646", "--user", "4294967296");
	BAD("uid 2147483647: larger than 2147483646", "--user", "app:2147483647");
	BAD("gid 99999999999999999999: larger than 2147483646", "--user", "1:99999999999999999999");
	BAD("gid \"\": not a whole number", "--user", "1:");
}

static void zones_are_split_and_unique(void **state)
{
	struct msk_plan p = OK("--tz=UTC,Europe/Oslo", "--tz=UTC,Etc/GMT+5");

	(void)state;
	check_list(&p.zones, "UTC Europe/Oslo Etc/GMT+5");
	assert_true(p.tz);
	msk_plan_release(&p);
	p = OK("--tz=UTC", "--tz");
	assert_int_equal(p.zones.n, 0);
	msk_plan_release(&p);
	BAD("zone \"../../etc/passwd\": not a zone name", "--tz=../../etc/passwd");
	BAD("zone \"/etc/passwd\": not a zone name", "--tz=/etc/passwd");
	BAD("zone \"right/UTC\": not a zone name", "--tz=UTC,right/UTC");
	BAD("zone \"posix/UTC\": not a zone name", "--tz=posix/UTC");
	BAD("zone \"\": not a zone name", "--tz=UTC,");
	BAD("zone \"a b\": not a zone name", "--tz=a b");
}

static void lookups(void **state)
{
	struct msk_plan p = OK("--library-path", "/a:/b", "--library-path=$ORIGIN/../lib", "--lib", "libx.so", "--root", "sys",
			       "--certs=ca.pem", "--cert", "more.pem");

	(void)state;
	check_list(&p.library_path, "/a /b $ORIGIN/../lib");
	check_list(&p.libs, "libx.so");
	check_list(&p.extra_certs, "more.pem");
	assert_string_equal(p.root, "sys");
	assert_string_equal(p.certs_file, "ca.pem");
	msk_plan_release(&p);
	BAD("--library-path lib: \"lib\" is not an absolute path", "--library-path", "lib");
	BAD("--library-path /a::/b: a directory is empty", "--library-path", "/a::/b");
	BAD("--lib: the value is empty", "--lib", "");
	BAD("--cert: the value is empty", "--cert", "");
	BAD("--certs: the value is empty", "--certs=");
	BAD("--root: the value is empty", "--root", "");
}

/* --- config --- */

static void commands_are_json_or_one_word(void **state)
{
	struct msk_plan p = OK("--entrypoint", "[\"/app\", \"a b\", \"\\u00e9\"]",
			       "--cmd", "one two",
			       "--cmd", "[\"x\",\"y\"]");

	(void)state;
	assert_int_equal(p.config.entrypoint.n, 3);
	assert_string_equal(p.config.entrypoint.v[1], "a b");
	assert_string_equal(p.config.entrypoint.v[2], "\xc3\xa9");
	assert_int_equal(p.config.cmd.n, 3);
	assert_string_equal(p.config.cmd.v[0], "one two");
	assert_string_equal(p.config.cmd.v[2], "y");
	msk_plan_release(&p);
	p = OK("--entrypoint", "/other");
	check_list(&p.config.entrypoint, "/other");
	msk_plan_release(&p);
	p = OK("--entrypoint", "[]", "--cmd", "/app");
	assert_int_equal(p.config.entrypoint.n, 0);
	msk_plan_release(&p);
}

static void bad_commands_have_their_sentences(void **state)
{
	struct msk_plan plan;
	struct msk_err err;

	(void)state;
	BAD("--cmd [\"a\",1]: element 2 is not a string", "--cmd", "[\"a\",1]");
	BAD("--entrypoint []: nothing to run", "--entrypoint", "[]");
	BAD("--entrypoint : nothing to run", "--entrypoint", "");
	BAD("--cmd {\"a\":1}: is a JSON object, expected a word or a list of words", "--cmd", "{\"a\":1}");
	assert_int_equal(make(ARGS("--bin", "app", "--entrypoint", "{}"), NULL, &plan, &err), -1);
	assert_string_equal(err.hint, "--entrypoint '[\"/app\", \"argument\"]'");
	err = (struct msk_err)MSK_ERR_INIT;
	plan = OK("--cmd", "{name}");
	check_list(&plan.config.cmd, "{name}");
	msk_plan_release(&plan);
	BAD("--cmd: not valid UTF-8, which JSON needs", "--cmd", "\xff");
	assert_int_equal(make(ARGS("--bin", "app", "--entrypoint", "[\"a\""), NULL, &plan, &err), -1);
	assert_int_equal(err.code, MSK_E_USAGE);
	assert_true(msk_starts_with(err.msg, "--entrypoint: "));
	assert_string_equal(err.hint, "--entrypoint '[\"/app\", \"argument\"]'");
	plan_bad(ARGS("--bin", "app:/\xff"), NULL, "--bin app:/\xff: not valid UTF-8, which JSON needs");
}

static void variables_keep_their_first_place_and_last_value(void **state)
{
	struct msk_plan p = OK("-e", "A=1", "-e", "B=x=y", "-e", "A=", "-l", "k=1", "-l", "j=2", "-l", "k=3", "--annotation",
			       "org.x=a", "--annotation", "org.x=b");

	(void)state;
	check_list(&p.config.env, "A= B=x=y");
	check_list(&p.config.label_keys, "k j");
	check_list(&p.config.label_values, "3 2");
	check_list(&p.config.annotation_keys, "org.x");
	check_list(&p.config.annotation_values, "b");
	msk_plan_release(&p);
	BAD("--env A: has no value", "-e", "A");
	BAD("--env =x: the name is empty", "-e", "=x");
	BAD("--label k: has no value", "-l", "k");
	BAD("--annotation =v: the name is empty", "--annotation", "=v");
	BAD("--env A: not valid UTF-8, which JSON needs", "-e", "A=\xc0\x80");
	BAD("--label k: not valid UTF-8, which JSON needs", "-l", "k=\xff", "-l", "ok=1");
	BAD("--annotation org.x: not valid UTF-8, which JSON needs", "--annotation", "org.x=\xff");
	BAD("--label \xff: not valid UTF-8, which JSON needs", "-l", "\xff=1");
}

static void ports_are_sorted_and_ranges_expanded(void **state)
{
	struct msk_plan p = OK("-p", "8080", "-p", "53/udp", "-p", "08080/tcp", "-p", "8079-8081", "-p", "53/sctp",
			       "-p", "65535");

	(void)state;
	check_list(&p.config.ports, "53/sctp 53/udp 8079/tcp 8080/tcp 8081/tcp 65535/tcp");
	msk_plan_release(&p);
	BAD("--expose 0: port is out of range (0 vs 1..65535)", "-p", "0");
	BAD("--expose 65536: port is out of range (65536 vs 1..65535)", "-p", "65536");
	BAD("--expose 8080:80: \"8080:80\" is not a port", "-p", "8080:80");
	BAD("--expose http: \"http\" is not a port", "-p", "http");
	BAD("--expose : \"\" is not a port", "-p", "");
	BAD("--expose 80-: \"\" is not a port", "-p", "80-");
	BAD("--expose 90-80: range runs backwards (90 vs 80)", "-p", "90-80");
	BAD("--expose 80/icmp: protocol \"icmp\" is none of tcp, udp, sctp", "-p", "80/icmp");
}

static void directories_of_the_config(void **state)
{
	struct msk_plan p = OK("-w", "//srv/./x/", "--volume", "/data/", "--volume", "/data", "--author", "A B");

	(void)state;
	assert_string_equal(p.config.workdir, "/srv/x");
	check_list(&p.config.volumes, "/data");
	assert_string_equal(p.config.author, "A B");
	msk_plan_release(&p);
	BAD("--workdir srv: \"srv\" is not an absolute path", "-w", "srv");
	BAD("--workdir /a/..: \"..\" is not allowed in a path of the image", "-w", "/a/..");
	BAD("--workdir: not valid UTF-8, which JSON needs", "-w", "/\xff");
	BAD("--volume data: \"data\" is not an absolute path", "--volume", "data");
	BAD("--volume /: the root of the image cannot be a volume", "--volume", "/");
	BAD("--author: not valid UTF-8, which JSON needs", "--author", "\xff");
}

static void check_signal(const char *typed, const char *want)
{
	struct msk_plan p = OK("--stop-signal", typed);

	assert_string_equal(p.config.stop_signal, want);
	msk_plan_release(&p);
}

static void stop_signals(void **state)
{
	(void)state;
	check_signal("SIGTERM", "SIGTERM");
	check_signal("quit", "SIGQUIT");
	check_signal("9", "9");
	check_signal("64", "64");
	check_signal("SIGRTMIN+3", "SIGRTMIN+3");
	check_signal("RTMAX-14", "SIGRTMAX-14");
	BAD("--stop-signal 0: not a signal", "--stop-signal", "0");
	BAD("--stop-signal 65: not a signal", "--stop-signal", "65");
	BAD("--stop-signal SIGFOO: not a signal", "--stop-signal", "SIGFOO");
	BAD("--stop-signal SIGRTMIN+16: not a signal", "--stop-signal", "SIGRTMIN+16");
	BAD("--stop-signal SIG: not a signal", "--stop-signal", "SIG");
	BAD("--stop-signal : not a signal", "--stop-signal", "");
}

static void check_least(const char *typed, int64_t seconds)
{
	struct msk_plan p = OK("--certs", "--certs-expiry-min", typed);

	assert_int_equal(p.certs_expiry_min, seconds);
	msk_plan_release(&p);
}

static void durations_are_those_of_go_and_days(void **state)
{
	static const char *const bad[] = { "", "90", "d", "1.d", ".5h", "-1d", "1 d", "1dx", "1w", "99999999999999999999d",
					   "106752d", "1.0000000000000000001s" };

	(void)state;
	check_least("90d", 90 * 86400);
	check_least("1h30m", 5400);
	check_least("1.5h", 5400);
	check_least("2500ms", 2);
	check_least("1d1us1ns", 86400);
	check_least("106751d", 106751LL * 86400);
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		MSK_AUTO_FREE char *message = msk_xasprintf("--certs-expiry-min %s: not a duration", bad[i]);

		BAD(message, "--certs", "--certs-expiry-min", bad[i]);
	}
}

static void a_duration_is_told_exactly(void **state)
{
	static const struct {
		int64_t ns;
		const char *text;
	} all[] = {
		{ 0, "0s" }, { 1, "1ns" }, { 999, "999ns" }, { 1000, "1us" }, { 1001, "1.001us" }, { 1500000, "1.5ms" },
		{ 999999999, "999.999999ms" }, { 1000000000, "1s" }, { 1500000000, "1.5s" }, { 30000000000, "30s" },
		{ 59999999999, "59.999999999s" }, { 60000000000, "1m" }, { 60000000001, "1m0.000000001s" },
		{ 90000000000, "1m30s" }, { 3600000000000, "1h" }, { 3600500000000, "1h0.5s" }, { 5400000000000, "1h30m" },
		{ 90061000000000, "25h1m1s" }, { -1, "-1ns" }, { -90000000000, "-1m30s" },
		{ INT64_MAX, "2562047h47m16.854775807s" }, { INT64_MIN, "-2562047h47m16.854775808s" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
		MSK_AUTO_STR text = MSK_STR_INIT;

		msk_duration_add(&text, all[i].ns);
		assert_string_equal(text.buf, all[i].text);
	}
}

/* --- times --- */

static void check_created(const char *typed, int64_t want)
{
	struct msk_plan p = OK("--created", typed);

	assert_int_equal(p.created, want);
	assert_int_equal(p.mtime, 0);
	msk_plan_release(&p);
}

static void times_are_rfc_3339_seconds_or_now(void **state)
{
	(void)state;
	check_created("1970-01-01T00:00:00Z", 0);
	check_created("2000-02-29T23:59:59Z", 951868799);
	check_created("2024-05-01T12:00:00+02:00", 1714557600);
	check_created("2024-05-01T10:00:00.999z", 1714557600);
	check_created("1969-12-31T23:00:00-01:00", 0);
	check_created("2016-12-31T23:59:60Z", 1483228800);
	check_created("9999-12-31T23:59:59Z", MSK_TIME_MAX);
	check_created("2024-05-01", 1714521600);
	check_created("1234", 1234);
	check_created("now", 1700000000);
}

static void bad_times_have_their_sentences(void **state)
{
	static const char *const bad[] = {
		"yesterday", "", "2024-13-01T00:00:00Z", "2023-02-29T00:00:00Z", "1900-02-29T00:00:00Z",
		"2024-01-32", "2024-1-1",
		"2024-01-01T00:00:00", "2024-01-01T24:00:00Z", "2024-01-01T00:60:00Z", "2024-01-01T00:00:00+24:00",
		"2024-01-01T00:00:00.Z", "2024-01-01T00:00:00Zx", "2024-1-1T0:0:0Z", "-1", "1e3",
	};

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		char message[100];

		snprintf(message, sizeof message, "--created %s: not a time", bad[i]);
		BAD(message, "--created", bad[i]);
	}
	BAD("--created 1969-12-31T23:59:59Z: outside the years 1970 to 9999 (-1 vs 0..253402300799 s)", "--created",
	    "1969-12-31T23:59:59Z");
	BAD("--created 253402300800: outside the years 1970 to 9999 (253402300800 vs 0..253402300799 s)", "--created",
	    "253402300800");
	BAD("--created 9999-12-31T23:59:59-00:01: outside the years 1970 to 9999 (253402300859 vs 0..253402300799 s)",
	    "--created", "9999-12-31T23:59:59-00:01");
}

static void source_date_epoch_dates_files_and_image(void **state)
{
	struct msk_plan p = plan_ok(ARGS("--bin", "app"), "1700000001");

	(void)state;
	assert_int_equal(p.mtime, 1700000001);
	assert_int_equal(p.created, 1700000001);
	msk_plan_release(&p);
	p = plan_ok(ARGS("--bin", "app", "--created", "5"), "1700000001");
	assert_int_equal(p.mtime, 1700000001);
	assert_int_equal(p.created, 5);
	msk_plan_release(&p);
	plan_bad(ARGS("--bin", "app"), "12x", "SOURCE_DATE_EPOCH \"12x\": not a whole number of seconds");
	plan_bad(ARGS("--bin", "app"), "-1", "SOURCE_DATE_EPOCH \"-1\": not a whole number of seconds");
	plan_bad(ARGS("--bin", "app"), "253402300800",
		 "SOURCE_DATE_EPOCH \"253402300800\": later than the year 9999 (253402300800 vs 253402300799 s)");
}

static void dates_survive_the_round_trip(void **state)
{
	(void)state;
	/* A prime step, so that all months, leap years and times of day are met. */
	for (int64_t t = MSK_TIME_YEAR_0; t <= MSK_TIME_MAX; t += 86400LL * 97 + 3607) {
		MSK_AUTO_STR text = MSK_STR_INIT;
		int64_t back = -1;

		msk_rfc3339_add(&text, t);
		assert_true(msk_rfc3339_parse(text.buf, &back));
		assert_int_equal(back, t);
	}
}

/* As date(1) has them, where it has any. */
static void any_time_has_a_date(void **state)
{
	static const struct {
		int64_t t;
		const char *date;
	} all[] = {
		{ 0, "1970-01-01 00:00:00" }, { -1, "1969-12-31 23:59:59" }, { -86400, "1969-12-31 00:00:00" },
		{ 951782399, "2000-02-28 23:59:59" }, { 951782400, "2000-02-29 00:00:00" },
		{ MSK_TIME_MAX, "9999-12-31 23:59:59" }, { MSK_TIME_MAX + 1, "10000-01-01 00:00:00" },
		{ MSK_TIME_YEAR_0, "0000-01-01 00:00:00" }, { MSK_TIME_YEAR_0 - 1, "-001-12-31 23:59:59" },
		{ 67767976233532799, "2147483647-12-31 23:59:59" },
		{ INT64_MAX, "292277026596-12-04 15:30:07" }, { INT64_MIN, "-292277022657-01-27 08:29:52" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
		MSK_AUTO_STR text = MSK_STR_INIT;

		msk_time_add(&text, all[i].t);
		assert_string_equal(text.buf, all[i].date);
		assert_true(msk_rfc3339_can(all[i].t) == (text.len == 19 && text.buf[0] != '-'));
	}
}

/* --- outputs --- */

static void outputs_tell_their_kind(void **state)
{
	struct msk_plan p = OK("-o", "img.tar", "-o", "dir/", "-o", "-");

	(void)state;
	assert_int_equal(p.n_targets, 3);
	assert_int_equal(p.targets[0].kind, MSK_TARGET_LAYOUT_OR_ARCHIVE);
	assert_int_equal(p.targets[1].kind, MSK_TARGET_LAYOUT);
	assert_int_equal(p.targets[2].kind, MSK_TARGET_STDOUT);
	msk_plan_release(&p);
	BAD("--output: the value is empty", "-o", "");
}

static void tags_are_unique_and_named_after_the_program(void **state)
{
	struct msk_plan p = OK("-t", "a:1", "-t", "docker.io/a:1", "-t", "a:2");

	(void)state;
	assert_int_equal(p.n_tags, 2);
	assert_string_equal(p.tags[1].familiar, "a:2");
	msk_plan_release(&p);
	p = plan_ok(ARGS("--bin", "build/My Server:/s"), NULL);
	assert_string_equal(p.tags[0].familiar, "my-server:latest");
	msk_plan_release(&p);
	BAD("tag \"A\": upper case is not allowed in a name (\"A\")", "-t", "A");
	plan_bad(ARGS("--bin", "__:/x"), NULL, "--bin __:/x: no image name can be made of \"__\"");
}

static void codecs_and_levels(void **state)
{
	struct msk_plan p = OK("--compress", "zstd", "--layers", "single", "-j", "64", "--paranoid");

	(void)state;
	assert_int_equal(p.codec.kind, MSK_CODEC_ZSTD);
	assert_int_equal(p.codec.level, 3);
	assert_true(p.single_layer);
	assert_int_equal(p.jobs, 64);
	assert_true(p.paranoid);
	msk_plan_release(&p);
	p = OK("--compress", "gzip:12");
	assert_int_equal(p.codec.level, 12);
	assert_false(p.paranoid);
	msk_plan_release(&p);
	p = OK("--compress", "none");
	assert_int_equal(p.codec.kind, MSK_CODEC_NONE);
	msk_plan_release(&p);
	p = OK("-j", "65");
	assert_int_equal(p.jobs, 64);
	msk_plan_release(&p);
	p = OK("-j", "65535");
	assert_int_equal(p.jobs, 64);
	msk_plan_release(&p);
	BAD("--compress lz4: \"lz4\" is none of gzip, zstd, none", "--compress", "lz4");
	BAD("--compress gzip:13: gzip has no such level (13 vs 1..12)", "--compress", "gzip:13");
	BAD("--compress gzip:0: gzip has no such level (0 vs 1..12)", "--compress", "gzip:0");
	BAD("--compress zstd:20: zstd has no such level (20 vs 1..19)", "--compress", "zstd:20");
	BAD("--compress gzip:: the level is empty", "--compress", "gzip:");
	BAD("--compress none:1: none has no level", "--compress", "none:1");
	BAD("--layers both: is none of split, single", "--layers", "both");
	BAD("--jobs 0: out of range (0 vs 1..65535)", "-j", "0");
	BAD("--jobs 65536: out of range (65536 vs 1..65535)", "-j65536");
	BAD("--jobs many: out of range (many vs 1..65535)", "-j", "many");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(defaults_are_those_of_the_contract),
		cmocka_unit_test(nothing_to_run_is_an_error),
		cmocka_unit_test(programs_have_a_default_dest),
		cmocka_unit_test(image_paths_are_normalised),
		cmocka_unit_test(modes_and_owners),
		cmocka_unit_test(bad_inputs_have_their_sentences),
		cmocka_unit_test(bad_modes_and_owners_have_their_sentences),
		cmocka_unit_test(names_and_paths_are_bounded),
		cmocka_unit_test(links_keep_their_text),
		cmocka_unit_test(inputs_are_in_the_order_of_their_kinds),
		cmocka_unit_test(users),
		cmocka_unit_test(passwd_and_group_name_root_and_the_user),
		cmocka_unit_test(entries_join_them_sorted_by_number),
		cmocka_unit_test(the_user_may_be_an_entry),
		cmocka_unit_test(the_preset_distroless),
		cmocka_unit_test(bad_entries_have_their_sentences),
		cmocka_unit_test(bad_users_have_their_sentences),
		cmocka_unit_test(zones_are_split_and_unique),
		cmocka_unit_test(lookups),
		cmocka_unit_test(commands_are_json_or_one_word),
		cmocka_unit_test(bad_commands_have_their_sentences),
		cmocka_unit_test(variables_keep_their_first_place_and_last_value),
		cmocka_unit_test(ports_are_sorted_and_ranges_expanded),
		cmocka_unit_test(directories_of_the_config),
		cmocka_unit_test(stop_signals),
		cmocka_unit_test(durations_are_those_of_go_and_days),
		cmocka_unit_test(a_duration_is_told_exactly),
		cmocka_unit_test(times_are_rfc_3339_seconds_or_now),
		cmocka_unit_test(bad_times_have_their_sentences),
		cmocka_unit_test(source_date_epoch_dates_files_and_image),
		cmocka_unit_test(dates_survive_the_round_trip),
		cmocka_unit_test(any_time_has_a_date),
		cmocka_unit_test(outputs_tell_their_kind),
		cmocka_unit_test(tags_are_unique_and_named_after_the_program),
		cmocka_unit_test(codecs_and_levels),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
