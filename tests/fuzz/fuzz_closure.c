/* A whole resolution over a tree in memory. The bytes are lines, one for each file, its words separated by blanks; the
 * first is the program:
 *
 *   PATH [KEY=VALUE]...      an ELF file; needed= may come several times
 *   PATH link TARGET         a symlink
 *   PATH text TEXT           any other file; ';' in TEXT is a line break
 *   PATH same OTHER          a second name of another file
 */
#include "../unit/fake_elf.h"
#include "memtree.h"
#include "mkscratch/closure.h"

FUZZ_ALLOCATOR_ENDS;

#define LINE 400

static struct fake_file file;

static void set_number(struct fake *f, const char *key, const char *value)
{
	unsigned long long v = 0;

	if (!msk_parse_u64(value, 0xffffffff, &v))
		return;
	if (strcmp(key, "machine") == 0)
		f->machine = (uint16_t)v;
	else if (strcmp(key, "class") == 0)
		f->elf_class = v == 32 ? 32 : 64;
	else if (strcmp(key, "big") == 0)
		f->big = v & 1;
	else if (strcmp(key, "type") == 0)
		f->type = (uint16_t)v;
	else if (strcmp(key, "flags") == 0)
		f->flags = (uint32_t)v;
	else if (strcmp(key, "flags_1") == 0)
		f->flags_1 = v;
	else if (strcmp(key, "osabi") == 0)
		f->osabi = (uint8_t)v;
}

static void set(struct fake *f, const char *key, const char *value)
{
	const char **const texts[] = { &f->interp, &f->soname, &f->rpath, &f->runpath, &f->filter, &f->auxiliary };
	static const char *const names[] = { "interp", "soname", "rpath", "runpath", "filter", "auxiliary" };
	unsigned n = 0;

	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (strcmp(key, names[i]) == 0)
			*texts[i] = value;
	while (n < FAKE_NEEDED && f->needed[n])
		n++;
	if (strcmp(key, "needed") == 0 && n < FAKE_NEEDED)
		f->needed[n] = value;
	set_number(f, key, value);
}

static void make_elf(const struct msk_strv *words, struct msk_str *out)
{
	struct fake f = { 0 };

	for (size_t i = 1; i < words->n; i++) {
		char *equals = strchr(words->v[i], '=');

		if (equals) {
			*equals = '\0';
			set(&f, words->v[i], equals + 1);
		}
	}
	fake_make(&file, &f);
	msk_str_add(out, file.b, file.n);
}

static void make_text(const char *text, struct msk_str *out)
{
	for (; *text; text++)
		msk_str_addc(out, *text == ';' ? '\n' : *text);
}

static void make_file(struct memtree *t, const struct msk_strv *words, const char *line)
{
	struct memnode *n = memtree_add(t, words->v[0]), *other;
	bool dir;

	if (!n)
		return;
	if (words->n == 3 && strcmp(words->v[1], "link") == 0) {
		n->link = msk_xstrdup(words->v[2]);
	} else if (words->n > 2 && strcmp(words->v[1], "text") == 0) {
		make_text(strstr(line, " text ") + 6, &n->bytes);
	} else if (words->n == 3 && strcmp(words->v[1], "same") == 0) {
		other = memtree_at(t, words->v[2], &dir);
		if (other && other != n && !other->link) {
			msk_str_add(&n->bytes, msk_str_c(&other->bytes), other->bytes.len);
			n->ino = other->ino;
		}
	} else {
		make_elf(words, &n->bytes);
	}
}

static void make_tree(struct memtree *t, const uint8_t *data, size_t size, struct msk_str *program)
{
	MSK_AUTO_FREE char *text = msk_xstrndup((const char *)data, size);
	MSK_AUTO_STRV lines = MSK_STRV_INIT;

	msk_strv_split(&lines, text, "\n");
	for (size_t i = 0; i < lines.n; i++) {
		MSK_AUTO_STRV words = MSK_STRV_INIT;

		if (strlen(lines.v[i]) > LINE)
			lines.v[i][LINE] = '\0';
		msk_strv_split(&words, lines.v[i], " ");
		if (i == 0)
			make_elf(&words, program);
		else
			make_file(t, &words, lines.v[i]);
	}
}

static void check_object(const struct msk_closure *c, size_t i)
{
	const struct msk_object *o = &c->objects[i];

	assert(o->name && o->path && o->parent < c->n_objects);
	assert(i == 0 || o->path[0] == '/');
	for (size_t k = 0; k < o->n_needed; k++)
		assert(o->needed[k] == SIZE_MAX || o->needed[k] < c->n_objects);
	/* A file is one object, but for the interpreter: the kernel maps that, and ld.so does not know it by its file. */
	for (size_t k = 1; k < i; k++)
		assert(o->ino != c->objects[k].ino || o->found_by == MSK_BY_INTERP ||
		       c->objects[k].found_by == MSK_BY_INTERP);
}

static void check_closure(const struct msk_closure *c)
{
	struct msk_err err = MSK_ERR_INIT;
	int rc = msk_closure_check(c, "app", &err);

	assert(c->n_objects > 0 && c->objects[0].found_by == MSK_BY_PROGRAM);
	for (size_t i = 0; i < c->n_objects; i++)
		check_object(c, i);
	for (size_t i = 0; i < c->n_missing; i++)
		assert(c->missing[i].name && c->missing[i].needed_by < c->n_objects);
	assert((rc == 0) == (c->n_missing == 0));
	fuzz_check_error(rc, &err);
}

static void describe(const struct msk_closure *c, struct msk_str *out)
{
	for (size_t i = 0; i < c->n_objects; i++)
		msk_str_addf(out, "%s %d %s\n", c->objects[i].path, c->objects[i].found_by,
			     c->objects[i].rule_dir ? c->objects[i].rule_dir : "");
	for (size_t i = 0; i < c->n_missing; i++)
		msk_str_addf(out, "? %s\n", c->missing[i].name);
}

static int resolve(struct memtree *t, const struct msk_str *program, struct msk_str *out, struct msk_err *err)
{
	MSK_CLEANUP(msk_closure_release) struct msk_closure c = { 0 };
	struct msk_closure_args args = { .tree = &t->tree, .origin = "/opt/app" };
	MSK_AUTO_ROFILE f = fuzz_file(msk_str_c(program), program->len);
	int rc;

	f.ino = UINT64_MAX;
	rc = msk_closure_resolve(&args, &f, "app", &c, err);
	fuzz_check_error(rc, err);
	if (rc == 0) {
		check_closure(&c);
		describe(&c, out);
	}
	return rc;
}

/* The same tree twice gives the same answer. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	MEMTREE_AUTO t = MEMTREE_INIT;
	MSK_AUTO_STR program = MSK_STR_INIT;
	MSK_AUTO_STR once = MSK_STR_INIT;
	MSK_AUTO_STR twice = MSK_STR_INIT;
	struct msk_err err = MSK_ERR_INIT, again = MSK_ERR_INIT;
	int rc;

	make_tree(&t, data, size, &program);
	rc = resolve(&t, &program, &once, &err);
	assert(resolve(&t, &program, &twice, &again) == rc);
	assert(strcmp(msk_str_c(&once), msk_str_c(&twice)) == 0 && strcmp(err.msg, again.msg) == 0);
	return 0;
}
