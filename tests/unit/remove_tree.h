/* Takes away what a test laid down. */
#ifndef TEST_REMOVE_TREE_H
#define TEST_REMOVE_TREE_H

#include <ftw.h>
#include <stdio.h>

static inline int remove_one(const char *path, const struct stat *st, int type, struct FTW *at)
{
	(void)st;
	(void)type;
	(void)at;
	return remove(path);
}

/* The directory and all below it; 0, or what nftw() says. */
static inline int remove_tree(const char *top)
{
	return nftw(top, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

#endif
