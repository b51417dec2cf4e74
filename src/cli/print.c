#include <string.h>
#include <unistd.h>

#include "opt.h"
#include "mkscratch/fs.h"
#include "mkscratch/timestamp.h"

int msk_print(const struct msk_str *text, struct msk_err *err)
{
	return msk_write_full(STDOUT_FILENO, msk_str_c(text), text->len, "standard output", err);
}

bool msk_result_wanted(const struct msk_options *o)
{
	return o->json || o->level >= MSK_LOG_WARN;
}

int msk_print_result(const struct msk_options *o, const struct msk_str *text, struct msk_err *err)
{
	return msk_result_wanted(o) ? msk_print(text, err) : 0;
}

bool msk_colour_wanted(const struct msk_options *o)
{
	return isatty(STDOUT_FILENO) && o->term && strcmp(o->term, "dumb") != 0 && !(o->no_color && *o->no_color);
}

int msk_print_json(const struct msk_json *v, struct msk_err *err)
{
	MSK_AUTO_STR text = MSK_STR_INIT;

	msk_json_dump_safe(v, &text);
	msk_str_addc(&text, '\n');
	return msk_print(&text, err);
}

void msk_add_failure(const char *key, const char *operand, const struct msk_err *why, struct msk_str *out)
{
	MSK_AUTO_JSON *o = msk_json_object();

	msk_json_set_text(o, key, operand);
	msk_json_set_text(o, "error", why->msg);
	if (why->hint[0])
		msk_json_set_text(o, "hint", why->hint);
	msk_json_set_int(o, "exit", why->code);
	msk_json_dump_safe(o, out);
	msk_str_addc(out, '\n');
}

struct msk_json *msk_time_json(int64_t t)
{
	MSK_AUTO_STR s = MSK_STR_INIT;

	if (!msk_rfc3339_can(t))
		return msk_json_null();
	msk_rfc3339_add(&s, t);
	return msk_json_string(s.buf);
}
