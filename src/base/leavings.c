#include "mkscratch/leavings.h"

#include <string.h>

bool msk_is_tempfile_name(const char *name)
{
	const char *mark = strstr(name, MSK_TEMPFILE_MARK), *digits = mark ? mark + strlen(MSK_TEMPFILE_MARK) : "";

	return name[0] == '.' && mark && strlen(digits) == MSK_TEMPFILE_DIGITS &&
	       strspn(digits, "0123456789abcdef") == MSK_TEMPFILE_DIGITS;
}

bool msk_is_leaving(const char *name)
{
	return strcmp(name, MSK_LOCK_NAME) == 0 || msk_is_tempfile_name(name);
}
