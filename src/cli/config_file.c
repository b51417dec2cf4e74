#include "config_file.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "mkscratch/device.h"
#include "mkscratch/fs.h"
#include "mkscratch/json_where.h"
#include "mkscratch/path.h"
#include "mkscratch/plan.h"

#define SCHEMA  MSK_CONFIG_SCHEMA
#define TARGETS MSK_CONFIG_TARGETS

static_assert(MSK_MAX_OPTION_VALUES < MSK_MAX_VALUES, "a document has room for all the values of options");

bool msk_config_holds(const struct opt_row *row)
{
	return row->verbs & VERB_BUILD && row->group != GROUP_RUN;
}

bool msk_config_is_pair(const struct opt_row *row)
{
	return row->kind == OPT_REPEAT && strchr(row->metavar, '=') && row->metavar[0] != '[';
}

bool msk_config_is_exec(const struct opt_row *row)
{
	return row->kind == OPT_VALUE && msk_starts_with(row->metavar, "JSON");
}

/* A value as the words that would be typed. */
struct words {
	struct msk_strv v;
	bool bare, off;              /* the option without a value; not at all */
	bool wrong;
	char *odd;                   /* a name of a pair with "=" in it, which would end there */
};

static void words_release(struct words *w)
{
	msk_strv_release(&w->v);
	free(w->odd);
}

static bool add_word(struct words *w, const struct msk_json *value)
{
	int64_t n;

	if (msk_json_is_string(value))
		msk_strv_push(&w->v, msk_json_string_value(value));
	else if (msk_json_int_value(value, &n))
		msk_strv_push_own(&w->v, msk_xasprintf("%lld", (long long)n));
	else
		return false;
	return true;
}

static void add_pair(void *arg, const char *key, const struct msk_json *value)
{
	struct words *w = arg, one = { .v = MSK_STRV_INIT };

	if (strchr(key, '=') && !w->odd)
		w->odd = msk_xstrdup(key);
	if (add_word(&one, value))
		msk_strv_push_own(&w->v, msk_xasprintf("%s=%s", key, one.v.v[0]));
	else
		w->wrong = true;
	words_release(&one);
}

static bool all_strings(const struct msk_json *list)
{
	for (size_t i = 0; i < msk_json_count(list); i++)
		if (!msk_json_is_string(msk_json_at(list, i)))
			return false;
	return true;
}

static void add_list(const struct opt_row *row, const struct msk_json *list, struct words *w)
{
	if (msk_config_is_exec(row)) {
		MSK_AUTO_STR text = MSK_STR_INIT;

		msk_json_dump(list, &text);
		w->wrong = !all_strings(list);
		msk_strv_push_own(&w->v, msk_str_take(&text));
		return;
	}
	w->wrong = row->kind != OPT_REPEAT && row->kind != OPT_OPTIONAL;
	for (size_t i = 0; i < msk_json_count(list); i++)
		w->wrong = !add_word(w, msk_json_at(list, i)) || w->wrong;
}

static struct words words_of(const struct opt_row *row, const struct msk_json *value)
{
	struct words w = { .v = MSK_STRV_INIT };

	if (msk_json_is_array(value)) {
		add_list(row, value, &w);
	} else if (msk_json_is_object(value)) {
		w.wrong = !msk_config_is_pair(row);
		msk_json_each(value, add_pair, &w);
	} else if (msk_json_is_bool(value)) {
		w.wrong = row->kind != OPT_FLAG && row->kind != OPT_OPTIONAL;
		w.bare = msk_json_is_true(value);
		w.off = !w.bare;
	} else {
		w.wrong = row->kind == OPT_FLAG || !add_word(&w, value);
	}
	return w;
}

static const char *expected(const struct opt_row *row)
{
	if (row->kind == OPT_FLAG)
		return "true or false";
	if (row->kind == OPT_OPTIONAL)
		return "true, false, a string or a list of strings";
	if (msk_config_is_pair(row))
		return "an object of strings or a list of strings";
	return msk_config_is_exec(row) || row->kind == OPT_REPEAT ? "a string or a list of strings" : "a string";
}

/* An error at a member: "mkscratch.json: line 3, column 5: ". */
static int fail_at(const struct config_file *f, const char *const *path, size_t n, const char *fmt, const char *more,
		   struct msk_err *err)
{
	MSK_AUTO_FREE char *what = msk_xasprintf("\"%s\" %s%s", path[n - 1], fmt, more);
	unsigned line, column;

	msk_fail(err, MSK_E_INPUT, "%s", what);
	if (msk_json_where(f->text.buf, f->text.len, path, n, &line, &column))
		msk_ctx(err, "line %u, column %u", line, column);
	return msk_ctx(err, "%s", f->name);
}

static const struct opt_row *row_of(const char *name)
{
	for (const struct opt_row *row = msk_opt_rows; row->name; row++)
		if (strcmp(row->name, name) == 0 && row->verbs & VERB_BUILD)
			return row;
	return NULL;
}

static const char *option_at(size_t i)
{
	size_t n = 0;

	for (const struct opt_row *row = msk_opt_rows; row->name; row++)
		if (msk_config_holds(row) && n++ == i)
			return row->name;
	return i == n ? TARGETS : NULL;
}

/* The members of an object of options, one by one. */
struct check {
	const struct config_file *f;
	const char *target;             /* NULL: the top */
	struct msk_err *err;
	bool failed;
};

static int check_member(const struct check *c, const char *key, const struct msk_json *value, struct msk_err *err)
{
	const char *path[] = { TARGETS, c->target, key };
	const char *const *at = c->target ? path : path + 2;
	size_t n = c->target ? 3 : 1;
	const struct opt_row *row = row_of(key);
	const char *near;
	MSK_CLEANUP(words_release) struct words w = { .v = MSK_STRV_INIT };

	if (!c->target && (strcmp(key, SCHEMA) == 0 || strcmp(key, TARGETS) == 0))
		return 0;
	if (strcmp(key, TARGETS) == 0) {
		fail_at(c->f, at, n, "belongs at the top: targets hold no targets", "", err);
		return msk_hint(err, "name each beside the others");
	}
	if (row && !msk_config_holds(row))
		return fail_at(c->f, at, n, "belongs on the command line alone", "", err);
	if (!row) {
		near = msk_opt_nearest(key, option_at);
		fail_at(c->f, at, n, "is no option", "", err);
		if (msk_opt_of_others(key))
			return msk_hint(err, "%s", msk_opt_of_others(key));
		return near ? msk_hint(err, "did you mean \"%s\"?", near) : msk_hint(err, "mkscratch help config-file");
	}
	if (row->kind == OPT_OPTIONAL && msk_opt_truth(msk_json_string_value(value))) {
		fail_at(c->f, at, n, "is a word in quotes, expected true, false or ", row->metavar, err);
		return msk_hint(err, "true and false stand without quotes; a file of that name is \"./%s\"",
				msk_json_string_value(value));
	}
	w = words_of(row, value);
	if (w.odd)
		return fail_at(c->f, at, n, "has a name with = in it: ", w.odd, err);
	return w.wrong ? fail_at(c->f, at, n, "has a value of another kind, expected ", expected(row), err) : 0;
}

static void visit_member(void *arg, const char *key, const struct msk_json *value)
{
	struct check *c = arg;

	c->failed = c->failed || check_member(c, key, value, c->err) < 0;
}

static int check_options(const struct config_file *f, const char *target, const struct msk_json *options, struct msk_err *err)
{
	struct check c = { f, target, err, false };

	msk_json_each(options, visit_member, &c);
	return c.failed ? -1 : 0;
}

static void note_target(void *arg, const char *key, const struct msk_json *value)
{
	(void)value;
	msk_strv_push(arg, key);
}

static int check_all(struct config_file *f, struct msk_err *err)
{
	const struct msk_json *targets = msk_json_get(f->doc, TARGETS);

	if (!msk_json_is_object(f->doc))
		return msk_fail(err, MSK_E_INPUT, "%s: is a list, expected an object of options", f->name);
	if (check_options(f, NULL, f->doc, err) < 0)
		return -1;
	if (targets && !msk_json_is_object(targets))
		return fail_at(f, (const char *const[]){ TARGETS }, 1, "is no object", "", err);
	msk_json_each(targets, note_target, &f->targets);
	for (size_t i = 0; i < f->targets.n; i++) {
		const char *path[] = { TARGETS, f->targets.v[i] };
		const struct msk_json *options = msk_json_get(targets, f->targets.v[i]);

		if (!msk_json_is_object(options))
			return fail_at(f, path, 2, "is no object of options", "", err);
		if (check_options(f, f->targets.v[i], options, err) < 0)
			return -1;
	}
	return 0;
}

/* RFC 8259, 8.1: a reader may pass over the mark that some editors put first. */
static void drop_mark(struct msk_str *text)
{
	static const char mark[] = "\xef\xbb\xbf";

	if (!msk_starts_with(msk_str_c(text), mark))
		return;
	text->len -= sizeof mark - 1;
	memmove(text->buf, text->buf + sizeof mark - 1, text->len + 1);
}

/* What is JSON in other tools. */
static int hint_at_others(struct msk_err *err)
{
	if (strstr(err->msg, "near '/'") || strstr(err->msg, "near '#'"))
		return msk_hint(err, "JSON has no comments");
	if (strstr(err->msg, "expected near '}'") && strstr(err->msg, "string or"))
		return msk_hint(err, "the last member has no comma behind it");
	if (strstr(err->msg, "'[' or '{' expected") || msk_ends_with(err->msg, ": is empty"))
		return msk_hint(err, "options are JSON here: --print config writes those of a command line so");
	return -1;
}

/* What comes by standard input or as `<(...)` of a shell was written where it is read: /dev/fd is nobody's directory. */
static char *directory_of(const char *name, mode_t mode)
{
	MSK_AUTO_FREE char *dir = msk_path_dir(name);
	bool stream = strcmp(name, "-") == 0 || msk_device_descriptor(name) >= 0;

	return stream || !S_ISREG(mode) || strcmp(dir, ".") == 0 ? msk_xstrdup("") : msk_take(&dir);
}

static int read_file(struct config_file *f, struct msk_err *err)
{
	MSK_AUTO_FD int fd = strcmp(f->name, "-") == 0 ? dup(STDIN_FILENO) : msk_open_to_read(f->name);
	struct stat st = { 0 };

	if (fd < 0 && errno == ENOENT)
		return msk_fail(err, MSK_E_INPUT, "--config %s: no such file", f->name);
	if (fd < 0 || (strcmp(f->name, "-") != 0 && fcntl(fd, F_SETFL, 0) < 0))
		return msk_fail_sys(err, errno, "--config %s: cannot open", f->name);
	if (fstat(fd, &st) == 0 && S_ISDIR(st.st_mode)) {
		msk_fail(err, MSK_E_INPUT, "--config %s: is a directory", f->name);
		return msk_hint(err, "--config %s/" MSK_CONFIG_FILE, f->name);
	}
	if (msk_read_all(fd, MSK_MAX_DOCUMENT, &f->text, f->name, err) < 0)
		return -1;
	f->dir = directory_of(f->name, st.st_mode);
	drop_mark(&f->text);
	if (msk_json_parse(msk_str_c(&f->text), f->text.len, f->name, &f->doc, err) < 0)
		return hint_at_others(err);
	return 0;
}

int msk_config_file_open(const char *name, struct config_file *out, struct msk_err *err)
{
	MSK_AUTO_CONFIG_FILE f = { .name = msk_xstrdup(name) };

	if (read_file(&f, err) < 0 || check_all(&f, err) < 0)
		return -1;
	*out = f;
	f = (struct config_file){ 0 };
	return 0;
}

static void forget_joined(struct config_file *f)
{
	for (size_t i = 0; f->joined && msk_opt_rows[i].name; i++)
		msk_str_release(&f->joined[i]);
	free(f->joined);
	f->joined = NULL;
}

void msk_config_file_release(struct config_file *f)
{
	free(f->name);
	free(f->dir);
	msk_str_release(&f->text);
	msk_json_free(f->doc);
	msk_strv_release(&f->targets);
	msk_strv_release(&f->room);
	forget_joined(f);
}

/* Where in a word the path of the host begins: behind the platform of "linux/arm64=DIR". */
static size_t path_at(const struct opt_row *row, const char *word)
{
	struct msk_platform ignored;
	const char *dir = msk_starts_with(row->metavar, "[PLATFORM=]") ? msk_root_platform(word, &ignored) : NULL;

	return dir ? (size_t)(dir - word) : 0;
}

/* Has the word a path that begins at the directory of the file? */
static bool begins_at_file(const struct config_file *f, const struct opt_row *row, const char *word)
{
	char first = word[path_at(row, word)];

	return msk_opt_is_host_path(row) && *f->dir && first && first != '/' && strcmp(word, "-") != 0;
}

/* What is put in front of such a path, but for a "/". */
static const char *joint(const struct config_file *f)
{
	return strcmp(f->dir, "/") == 0 ? "" : f->dir;
}

/* The word as it would be typed here. */
static char *typed_here(const struct config_file *f, const struct opt_row *row, const char *word)
{
	size_t at = path_at(row, word);

	if (!begins_at_file(f, row, word))
		return msk_xstrdup(word);
	return msk_xasprintf("%.*s%s/%s", (int)at, word, joint(f), word + at);
}

char *msk_config_file_typed(const struct config_file *f, const struct opt_row *row, size_t i, const char *word)
{
	const struct msk_str *joined = f && f->joined ? &f->joined[row - msk_opt_rows] : NULL;
	size_t at = path_at(row, word);

	if (!joined || i >= joined->len || !joined->buf[i])
		return msk_xstrdup(word);
	return msk_xasprintf("%.*s%s", (int)at, word, word + at + strlen(joint(f)) + 1);
}

/* Lists that are longer together than msk_options_check allows need not be completed for it to say so. */
static bool are_long_enough(const struct config_file *f, const struct opt_row *row)
{
	return row->kind == OPT_REPEAT && f->bytes > MSK_MAX_OPTION_BYTES;
}

/* Of what is there once the last value counts. */
static void note_joined(struct config_file *f, const struct opt_row *row, bool is)
{
	struct msk_str *joined = &f->joined[row - msk_opt_rows];

	if (row->kind != OPT_REPEAT)
		joined->len = 0;
	if (msk_opt_is_host_path(row))
		msk_str_addc(joined, is);
}

/* A list has copies of its own; what is there once points to what is kept. */
static void set_word(struct config_file *f, const struct opt_row *row, const char *word, struct msk_options *o)
{
	MSK_AUTO_FREE char *here = typed_here(f, row, word);

	row->set(o, row, here);
	note_joined(f, row, begins_at_file(f, row, word));
	if (row->kind == OPT_REPEAT)
		f->bytes += strlen(here);
	else
		msk_strv_push_own(&f->room, msk_take(&here));
}

static void set(struct config_file *f, const struct opt_row *row, const struct msk_json *value, struct msk_options *o)
{
	MSK_CLEANUP(words_release) struct words w = words_of(row, value);

	if (w.bare)
		row->set(o, row, NULL);
	for (size_t i = 0; i < w.v.n && !are_long_enough(f, row); i++)
		set_word(f, row, w.v.v[i], o);
}

/* Those of the file stand before those that were typed: of a key the last one counts. */
static void set_pairs(struct config_file *f, const struct opt_row *row, const struct msk_json *top,
		      const struct msk_json *target, struct msk_options *o)
{
	struct msk_strv *field = (struct msk_strv *)((char *)o + row->field), typed = *field;

	*field = (struct msk_strv)MSK_STRV_INIT;
	if (top)
		set(f, row, top, o);
	if (target)
		set(f, row, target, o);
	for (size_t i = 0; i < typed.n; i++)
		msk_strv_push(field, typed.v[i]);
	msk_strv_release(&typed);
}

/* Options that say the same thing in two ways: who says one has decided on the other. */
static const char *other_way(const char *name)
{
	static const char *const pairs[][2] = { { "healthcheck", "healthcheck-cmd" }, { "cache", "no-cache" } };

	for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++)
		for (size_t k = 0; k < 2; k++)
			if (strcmp(name, pairs[i][k]) == 0)
				return pairs[i][1 - k];
	return NULL;
}

/* A check that is turned off has no times. */
static bool times_a_check(const char *name)
{
	return msk_starts_with(name, "health-");
}

static bool is_none(const char *healthcheck)
{
	return healthcheck && strcmp(healthcheck, "none") == 0;
}

/* Names that are decided on by others that were typed. */
static void note_decided(const struct msk_options *typed, struct msk_strv *names)
{
	for (const struct opt_row *row = msk_opt_rows; row->name; row++) {
		const char *other = msk_config_holds(row) ? other_way(row->name) : NULL;

		if ((other && msk_opt_given(typed, row_of(other))) ||
		    (times_a_check(row->name) && is_none(typed->healthcheck)))
			msk_strv_push(names, row->name);
	}
}

/* Is any of the options there, typed, of the target or of the top? */
static bool any_is_there(const struct msk_json *top, const struct msk_json *target, const struct msk_options *typed,
			 const char *const *names)
{
	for (; *names; names++) {
		const struct msk_json *own = msk_json_get(target, *names), *here = own ? own : msk_json_get(top, *names);

		if ((here && !(msk_json_is_bool(here) && !msk_json_is_true(here))) || msk_opt_given(typed, row_of(*names)))
			return true;
	}
	return false;
}

static bool preset_has_certs(const struct msk_json *top, const struct msk_json *target, const struct msk_options *typed)
{
	const char *own = msk_json_get_string(target, "preset"), *name = own ? own : msk_json_get_string(top, "preset");

	name = typed->preset ? typed->preset : name;
	return name && strcmp(name, msk_preset_name(MSK_PRESET_DISTROLESS)) == 0;
}

/* A default for several targets is one for those that have what it is about. */
static bool means_nothing(const struct config_file *f, const struct msk_json *target, const char *name,
			  const struct msk_options *typed)
{
	static const char *const certs[] = { "certs", "cert", "certs-for", "auto", NULL };
	static const char *const base[] = { "base", NULL };
	const char *const *about = strcmp(name, "certs-expiry-min") == 0 ? certs :
				   strcmp(name, "no-base-labels") == 0 ? base : NULL;

	if (!target || !about || any_is_there(f->doc, target, typed, about))
		return false;
	return about == base || !preset_has_certs(f->doc, target, typed);
}

/* What the top says that counts for a target. */
static const struct msk_json *of_top(const struct config_file *f, const struct msk_json *target, const struct opt_row *row,
				      const struct msk_options *typed)
{
	const char *other = other_way(row->name);

	if ((other && msk_json_get(target, other)) ||
	    (times_a_check(row->name) && is_none(msk_json_get_string(target, "healthcheck"))))
		return NULL;
	return means_nothing(f, target, row->name, typed) ? NULL : msk_json_get(f->doc, row->name);
}

void msk_config_file_rest(struct config_file *f)
{
	msk_json_free(f->doc);
	f->doc = NULL;
	if (!f->targets.n)
		msk_str_release(&f->text);
}

/* It was read before. */
static void wake(struct config_file *f)
{
	struct msk_err none = MSK_ERR_INIT;

	if (!f->doc && msk_json_parse(msk_str_c(&f->text), f->text.len, f->name, &f->doc, &none) < 0)
		msk_end(&none);
}

static struct msk_str *new_joined(void)
{
	size_t n = 0;

	while (msk_opt_rows[n].name)
		n++;
	return msk_xcalloc(n, sizeof(struct msk_str));
}

void msk_config_file_apply(struct config_file *f, const char *target, struct msk_options *o)
{
	const struct msk_json *of_target;
	MSK_AUTO_STRV decided = MSK_STRV_INIT;

	wake(f);
	f->bytes = 0;
	forget_joined(f);
	f->joined = new_joined();
	of_target = target ? msk_json_get(msk_json_get(f->doc, TARGETS), target) : NULL;
	note_decided(o, &decided);
	for (const struct opt_row *row = msk_opt_rows; row->name; row++) {
		const struct msk_json *top = of_top(f, of_target, row, o), *own = msk_json_get(of_target, row->name);

		if (!msk_config_holds(row) || msk_strv_has(&decided, row->name))
			continue;
		if (msk_config_is_pair(row))
			set_pairs(f, row, top, own, o);
		else if ((own || top) && !msk_opt_given(o, row))
			set(f, row, own ? own : top, o);
	}
}

/* '["/app","serve"]' as the list that it is. */
static void unfold(struct msk_json *options, const char *name)
{
	const char *text = msk_json_get_string(options, name);
	struct msk_err ignored = MSK_ERR_INIT;
	struct msk_json *list = NULL;

	if (text && text[0] == '[' && msk_json_parse(text, strlen(text), name, &list, &ignored) == 0)
		msk_json_set(options, name, list);
}

int msk_config_file_json(const struct msk_options *o, struct msk_json **out, struct msk_err *err)
{
	bool exact;
	MSK_AUTO_JSON *v = msk_opt_json(o, msk_config_holds, &exact);

	if (!exact)
		return msk_fail(err, MSK_E_USAGE, "--print config: a value is not valid UTF-8, which JSON needs");
	for (const struct opt_row *row = msk_opt_rows; row->name; row++)
		if (msk_config_holds(row) && msk_config_is_exec(row))
			unfold(v, row->name);
	*out = msk_take(&v);
	return 0;
}
