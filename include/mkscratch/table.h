/* Records sorted by their keys, as many as there are: what does not fit into a few megabytes of memory lies in an unnamed
 * file (staging.h), packed, and is read back where it is looked at.
 *
 * Keys are bytes, compared by memcmp(), a prefix before what it begins; records of one key keep the order in which they
 * were added. Memory is bounded by MSK_TABLE_MEMORY and MSK_TABLE_PENDING, one part in MSK_TABLE_PER_KEY of the whole for
 * finding things, and twice the largest record. Records that are added in the order of their keys cost no sorting.
 *
 * All zero is an empty table. A table is filled, then sealed, then looked at; it may be filled further and sealed again.
 * What was put away and cannot be had back (the disk fails) ends the process, as msk_staged_read() does. */
#ifndef MKSCRATCH_TABLE_H
#define MKSCRATCH_TABLE_H

#include <stdbool.h>
#include <stdint.h>
#include "mkscratch/err.h"
#include "mkscratch/staging.h"
#include "mkscratch/str.h"

#define MSK_TABLE_MEMORY  (4u << 20)   /* of packed records that are kept out of the file */
#define MSK_TABLE_PENDING (2u << 20)   /* of records that were not yet sorted */
#define MSK_TABLE_PER_KEY 24
#define MSK_TABLE_BLOCK   4096         /* the least room a block takes: one size for most, so that it serves again */

/* Some KiB of records, packed: each is how much its key has in common with the one before, the rest, and its value. */
struct msk_table_block {
	unsigned char *bytes;      /* NULL: in the file */
	uint64_t at;               /* there */
	uint64_t first;            /* number of its first record in the run */
	uint32_t length;
	uint32_t n_key;
	char *key;                 /* of its first record */
};

struct msk_table_run {         /* sorted */
	struct msk_table_block *v;
	size_t n, cap;
	uint64_t records;
};

struct msk_table {
	struct msk_table_run *runs;
	size_t n_runs, cap_runs;
	uint64_t n;                /* records in all */
	struct msk_str pending;    /* not yet sorted; where each begins: */
	uint32_t *begins;
	size_t n_begins, cap_begins;
	struct msk_str block, last;            /* of the last run: the block that grows, and the last key */
	struct msk_str first;                  /* key of the first record of that block */
	uint64_t block_first;
	size_t memory;             /* taken by blocks */
	struct msk_staged file;
	uint64_t file_size;
};

/* Key and value are copied. Fails: MSK_E_IO, when there is no place for the file. */
int msk_table_add(struct msk_table *t, const void *key, size_t n_key, const void *value, size_t n_value, struct msk_err *err);
int msk_table_seal(struct msk_table *t, struct msk_err *err);
/* The same, and as if it had been filled in order; of records of one key and one value only one is left. */
int msk_table_sort(struct msk_table *t, struct msk_err *err);
void msk_table_release(struct msk_table *t);

/* A walk over all records in their order, from wherever it was put. Of a sealed table, which must not change meanwhile. */
struct msk_table_walk {
	/* The record it is at: good until the next step. */
	const char *key;
	size_t n_key;
	const unsigned char *value;
	size_t n_value;
	uint64_t number;           /* from 0; of a table that was filled in order, else of no meaning */
	/* Inside. */
	struct msk_table *t;
	struct msk_table_cursor *v;
	size_t *heap, n;
	bool begun, consumes;
};
#define MSK_AUTO_TABLE_WALK MSK_CLEANUP(msk_table_walk_release) struct msk_table_walk

/* Before the first record. `consume`: blocks are given back as soon as the walk has left them; then the table can only be
 * released. */
void msk_table_walk_init(struct msk_table_walk *w, const struct msk_table *t);
void msk_table_walk_consume(struct msk_table_walk *w, struct msk_table *t);
void msk_table_walk_release(struct msk_table_walk *w);
/* To the next record; false: there is none. */
bool msk_table_next(struct msk_table_walk *w);
/* To the first record whose key does not come before this one; false: there is none. Cheap where it lies a little ahead. Of
 * a table that was filled in order. */
bool msk_table_seek(struct msk_table_walk *w, const void *key, size_t n_key);
/* To the first record of this very key; false: there is none. */
bool msk_table_find(struct msk_table_walk *w, const void *key, size_t n_key);

/* As memcmp(), and a prefix comes first. */
int msk_table_compare(const void *a, size_t na, const void *b, size_t nb);

/* Numbers within a value: seven bits a byte, the lowest first. Reading moves *p behind it. */
void msk_table_put(struct msk_str *value, uint64_t n);
uint64_t msk_table_number(const unsigned char **p);

#endif
