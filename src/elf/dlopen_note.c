/* .note.dlopen: an array of {"soname": [...], "feature", "description", "priority"} with a NUL behind it
 * (https://uapi-group.org/specifications/specs/elf_dlopen_metadata/). */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "mkscratch/json.h"
#include "parse.h"

void msk_dlopen_release(struct msk_dlopen *d)
{
	msk_strv_release(&d->sonames);
	free(d->feature);
	free(d->description);
}

/* The first fault is the one that is told. */
void msk_note_fault(struct msk_elf *e, const char *fmt, ...)
{
	char text[256];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	if (!e->note_fault)
		e->note_fault = msk_xstrdup(text);
}

static void fault(struct msk_elf *e, const char *what)
{
	msk_note_fault(e, "malformed .note.dlopen: %s", what);
}

static bool take_priority(const char *text, enum msk_priority *out)
{
	static const char *const names[] = {
		[MSK_REQUIRED] = "required", [MSK_RECOMMENDED] = "recommended", [MSK_SUGGESTED] = "suggested",
	};

	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (strcmp(text, names[i]) == 0) {
			*out = (enum msk_priority)i;
			return true;
		}
	return false;
}

static const char *take_sonames(const struct msk_json *list, struct msk_strv *out)
{
	size_t n = msk_json_count(list);

	if (!msk_json_is_array(list) || n == 0)
		return "an entry has no list of sonames";
	if (n > MSK_ELF_MAX_DLOPENS)
		return "an entry has too many sonames";
	for (size_t i = 0; i < n; i++) {
		const char *name = msk_json_string_value(msk_json_at(list, i));

		if (!name || !*name || strlen(name) > MSK_MAX_PATH)
			return "a soname is no name of a file";
		msk_strv_push(out, name);
	}
	return NULL;
}

/* An optional member which has to be a string. */
static const char *take_text(const struct msk_json *entry, const char *key, char **out)
{
	const struct msk_json *v = msk_json_get(entry, key);

	if (v && !msk_json_is_string(v))
		return "a member of an entry is no string";
	if (v)
		*out = msk_xstrdup(msk_json_string_value(v));
	return NULL;
}

/* NULL, or what is wrong with it. */
static const char *take_entry(const struct msk_json *entry, struct msk_dlopen *d)
{
	MSK_AUTO_FREE char *priority = NULL;
	const char *wrong;

	d->priority = MSK_RECOMMENDED;
	if (!msk_json_is_object(entry))
		return "an entry is no object";
	if ((wrong = take_sonames(msk_json_get(entry, "soname"), &d->sonames)) ||
	    (wrong = take_text(entry, "feature", &d->feature)) ||
	    (wrong = take_text(entry, "description", &d->description)) ||
	    (wrong = take_text(entry, "priority", &priority)))
		return wrong;
	return !priority || take_priority(priority, &d->priority) ? NULL : "an entry has an unknown priority";
}

static void add_entry(struct msk_elf *e, const struct msk_json *entry)
{
	struct msk_dlopen d = { .priority = MSK_RECOMMENDED };
	const char *wrong = e->n_dlopens == MSK_ELF_MAX_DLOPENS ? "too many entries" : take_entry(entry, &d);

	if (wrong) {
		fault(e, wrong);
		msk_dlopen_release(&d);
		return;
	}
	MSK_GROW(e->dlopens, e->n_dlopens, e->cap_dlopens);
	e->dlopens[e->n_dlopens++] = d;
}

void msk_dlopen_note_add(struct msk_elf *e, const unsigned char *json, size_t n)
{
	MSK_AUTO_JSON *list = NULL;
	struct msk_err err = MSK_ERR_INIT;

	while (n && json[n - 1] == '\0')
		n--;
	if (e->n_dlopen_notes++ >= MSK_ELF_MAX_DLOPENS) {
		fault(e, "too many notes");
	} else if (n > MSK_ELF_MAX_JSON) {
		fault(e, "larger than 65536 bytes");
	} else if (msk_json_parse((const char *)json, n, "JSON", &list, &err) < 0) {
		fault(e, err.msg);
	} else if (!msk_json_is_array(list)) {
		fault(e, "not an array");
	} else {
		for (size_t i = 0; i < msk_json_count(list); i++)
			add_entry(e, msk_json_at(list, i));
	}
}
