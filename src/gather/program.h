/* The programs of an image with what was found for them: gathered first, proven once the set of entries is closed. */
#ifndef GATHER_PROGRAM_H
#define GATHER_PROGRAM_H

#include "mkscratch/closure.h"
#include "mkscratch/remarks.h"
#include "mkscratch/gather.h"
#include "place.h"

struct msk_program {
	struct msk_gather *g;
	const struct msk_input *in;
	struct msk_rofile file;
	struct msk_elf elf;
	struct msk_rotree *tree;        /* in which it was resolved: --root, or the base and then that */
	char *level;                    /* of the CPU it is looked at for (--hwcaps); NULL: the baseline */
	struct msk_closure closure;     /* of a dynamic program, as found in the tree */
	char *origin;                   /* the directory that $ORIGIN stood for there */
	struct msk_placing placing;     /* where its objects go */
	struct msk_patient *patient;    /* its examination; NULL: there is none. Owned by *g->needs */
};

/* The path in the image at which object i of the closure is found. */
const char *msk_program_path(const struct msk_program *p, size_t i);

/* Add the objects of its closure, once they are placed: files and the links on the way to them, and links for the other
 * names that something asks for. Fails: MSK_E_INPUT, MSK_E_IO when a file is not the one that was resolved. */
int msk_program_add_objects(struct msk_program *p, struct msk_err *err);

/* What it is in the image: path, mode and owner. */
struct msk_entry_spec msk_program_spec(const struct msk_program *p);

/* Do its set-id bits or --cap give it rights that the user of the image does not have? The kernel then sets AT_SECURE, and
 * its loader trusts less. */
bool msk_program_gains_rights(const struct msk_program *p);

/* Does it only stand for what CPUs above the least level make of the program before it? */
bool msk_program_is_above(const struct msk_program *p);

/* What an examination found, which is waited for. NULL: there was none (msk_gather_needs), or it failed. */
const struct msk_diagnosis *msk_program_diagnosis(const struct msk_program *p);

/* Would its loader start it? What it only warns of is warned of, and g->platform rises to the CPU level that its
 * libraries need. Fails: MSK_E_MISSING for what is missing or does not fit, MSK_E_INPUT, MSK_E_IO. */
int msk_program_verify(struct msk_program *p, struct msk_err *err);
/* The same without a word and without consequences. */
int msk_program_fits(struct msk_program *p, struct msk_err *err);

/* The second run: each dynamic program is resolved again inside the sealed image, with the image's own paths and
 * environment, and has to find the very same files. Libraries that are reached through nothing else get an
 * ld.so.cache of their own, which is added to g->fs.
 * Fails: MSK_E_MISSING `in the image, <program> finds no <name>, ...` and its kin; MSK_E_USAGE, MSK_E_IO. */
int msk_gather_prove(struct msk_gather *g, struct msk_err *err);

#endif
