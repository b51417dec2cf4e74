/* Secrets in files by which programs get at something: keys, and what tools keep where a user logs in. It goes by the name
 * first, so that all other files need not be read, and by whether it begins as a key in PEM; then by what is there: a
 * certificate without its key, a public key, a file of which nothing is filled in are none. Nothing is opened; the answers
 * depend on path and bytes alone. */
#ifndef MKSCRATCH_SECRET_FILE_H
#define MKSCRATCH_SECRET_FILE_H

#include <stdbool.h>
#include <stddef.h>

#define MSK_SECRET_FILE_MOST (64u << 10)     /* so much from its beginning is looked at, in bytes */

/* May a file with this path, absolute or relative, be of such a kind: "root/.ssh/id_rsa", "/app/.env", "ca.pem"? */
bool msk_may_hold_secret(const char *path);

/* Is it worth to look at a file whatever its name? MSK_KEY_START bytes of it tell: behind blank lines a block in PEM begins. */
#define MSK_KEY_START 64
bool msk_may_begin_key(const char *text, size_t n);

/* Does its text, n bytes that need no end, hold one? *what is static ("private key"), *shown what may be shown of it (the name
 * of a value, never the value), heap. */
bool msk_secret_in_file(const char *path, const char *text, size_t n, const char **what, char **shown);

/* What has been found in a list of files, of each kind its first and how many; all zero at first. */
struct msk_secret_files {
	struct msk_secret_found {
		const char *what;            /* static */
		char *shown, *where;         /* of the first */
		size_t n;
	} *v;
	size_t n, cap;
};

/* Look at one more; `where` is how the first of its kind is to be called, copied. */
void msk_secret_files_look(struct msk_secret_files *f, const char *path, const char *where, const char *text, size_t n);
/* "/app/key.pem: looks like it holds a secret (private key, -----BEGIN PRIVATE KEY-----; 2 such files)"; heap. */
char *msk_secret_found_text(const struct msk_secret_found *found);
void msk_secret_files_release(struct msk_secret_files *f);

#endif
