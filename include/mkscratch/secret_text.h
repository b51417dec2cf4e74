/* Secrets in what is typed: values that go into an image, where everybody can read them who has it. Nothing is opened and
 * nothing remembered; the answers depend on the texts alone. */
#ifndef MKSCRATCH_SECRET_TEXT_H
#define MKSCRATCH_SECRET_TEXT_H

#include <stdbool.h>

/* Does a text hold a key or token of a kind that is known, or a URL with a password? *what is static ("GitHub token"),
 * *shown what may be shown of it, heap. */
bool msk_secret_in(const char *text, const char **what, char **shown);

/* Is the value a secret by its name: DB_PASSWORD, api-key, org.example.token? What only leads to one is none: nothing, a path,
 * the variable of a shell ("$OTHER"), a place to fill in ("<token>"); nor is a switch, or a number of tokens. */
bool msk_secret_by_name(const char *name, const char *value);

#endif
