/* A directory without an end: an LD_PRELOAD library under which every directory has one file after the other. */
#include <dirent.h>
#include <stdio.h>

struct dirent64 *readdir64(DIR *dirp)
{
	static struct dirent64 e;
	static unsigned n;

	(void)dirp;
	e.d_type = DT_REG;
	snprintf(e.d_name, sizeof e.d_name, "%u", n++);
	return &e;
}
