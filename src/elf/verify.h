/* Inside of verification: a closure with the symbols of its objects at hand. */
#ifndef ELF_VERIFY_H
#define ELF_VERIFY_H

#include "mkscratch/remarks.h"
#include "mkscratch/symbols.h"

/* An object's symbols with its definitions by name. */
struct msk_library {
	struct msk_symbols symbols;
	struct msk_slot *slots;        /* open addressing, a power of two of them */
	size_t mask;
};

struct msk_slot {
	uint32_t hash;
	uint32_t symbol;               /* its index and one; 0: empty */
};

/* A store that holds `limit` bytes instead of MSK_SYMSTORE_MAX. */
struct msk_symstore *msk_symstore_of(size_t limit);
/* The library of an object, read when it is not held yet. `program` stands for object 0. */
int msk_symstore_get(struct msk_symstore *st, struct msk_rotree *tree, const struct msk_object *o,
		     const struct msk_rofile *program, const struct msk_library **out, struct msk_err *err);
/* Make room before a closure is verified; what was handed out is gone. */
void msk_symstore_begin(struct msk_symstore *st);
uint32_t msk_symbol_hash(const char *name);

struct msk_verify {
	const struct msk_closure *c;
	struct msk_remarks *out;
	const struct msk_library **libraries;  /* by object */
	bool *starts;                  /* is mapped when the program starts */
	bool *in_scope;                /* starts, and its symbols are looked at */
	bool is_library;               /* the root is one: what it lacks, the program it is loaded by may have */
	uint64_t steps;
};

/* Does it take part in versions? Tables without an entry count for none. */
bool msk_library_versioned(const struct msk_library *l);

/* Count work, so that hostile files cannot keep us for ever. */
int msk_verify_charge(struct msk_verify *v, uint64_t steps, struct msk_err *err);
/* The object that goes by the name of a library, as a version need of object `by` has it. */
#define MSK_VERIFY_NONE   SIZE_MAX
#define MSK_VERIFY_ABSENT (SIZE_MAX - 1)       /* asked for, but missing: told elsewhere */
size_t msk_verify_named(struct msk_verify *v, size_t by, const char *file);
int msk_verify_versions(struct msk_verify *v, struct msk_err *err);
int msk_verify_symbols(struct msk_verify *v, struct msk_err *err);
void msk_verify_facts(struct msk_verify *v);

/* The name of an object for people. */
const char *msk_verify_name(const struct msk_closure *c, size_t object);
/* What a remark is about: an object of a closure. */
struct msk_about {
	const struct msk_closure *c;
	size_t object;
};

static inline struct msk_about msk_about(const struct msk_closure *c, size_t object)
{
	return (struct msk_about){ c, object };
}

/* Add a remark with text by format; borrowed until the next, NULL when there are too many. */
struct msk_remark *msk_remark_add(struct msk_remarks *remarks, struct msk_about about, enum msk_remark_level level,
				  enum msk_remark_kind kind, const char *fmt, ...) __attribute__((format(printf, 5, 6)));
void msk_remark_hint(struct msk_remark *remark, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#endif
