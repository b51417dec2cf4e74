/* Words of a command line that is shown to be copied. */
#ifndef MKSCRATCH_SHELL_WORD_H
#define MKSCRATCH_SHELL_WORD_H

#include "mkscratch/str.h"

/* A word that a shell takes for exactly these bytes, whatever they are, and that a terminal only shows: quoted where it
 * has to be; as $'...' (POSIX.1-2024; bash, zsh, ksh) when it has what msk_str_add_safe() would not let through. */
void msk_shell_add_word(struct msk_str *out, const char *word);
/* The same of a file as an operand: one that begins with a hyphen is no option. */
void msk_shell_add_file(struct msk_str *out, const char *path);

#endif
