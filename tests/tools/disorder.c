/* Directories in another order, for LD_PRELOAD: what readdir() gives is read to its end first and given back to front. */
#include <dirent.h>
#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

struct listing {
	DIR *dir;
	struct dirent64 **v;
	size_t n;
	struct listing *next;
};
static __thread struct listing *listings;

static void *real(const char *name)
{
	return dlsym(RTLD_NEXT, name);
}

static struct listing *listing_of(DIR *d)
{
	struct dirent64 *(*next)(DIR *) = (struct dirent64 *(*)(DIR *))real("readdir64");
	struct listing *l;

	for (l = listings; l; l = l->next)
		if (l->dir == d)
			return l;
	l = calloc(1, sizeof *l);
	*l = (struct listing){ .dir = d, .next = listings };
	listings = l;
	for (struct dirent64 *e; (e = next(d));) {
		l->v = realloc(l->v, (l->n + 1) * sizeof *l->v);
		l->v[l->n] = malloc(sizeof *e);
		memcpy(l->v[l->n++], e, e->d_reclen);
	}
	return l;
}

struct dirent64 *readdir64(DIR *dirp)
{
	struct listing *l = listing_of(dirp);

	return l->n ? l->v[--l->n] : NULL;
}

int closedir(DIR *dirp)
{
	int (*next)(DIR *) = (int (*)(DIR *))real("closedir");

	for (struct listing **l = &listings; *l; l = &(*l)->next) {
		if ((*l)->dir == dirp) {
			*l = (*l)->next;
			break;
		}
	}
	return next(dirp);
}
