/* Nodes as records of a table. */
#ifndef SOURCE_TREE_RECORD_H
#define SOURCE_TREE_RECORD_H

#include "mkscratch/image_tree.h"

/* What a record says of the path that is its key. Of one path they stand in the order in which they were added. Of a tree
 * that is settled there are nodes alone. */
enum msk_record_kind {
	MSK_RECORD_NODE,           /* it has this entry */
	MSK_RECORD_WHITEOUT,       /* it is the name of a whiteout, which hard links may name as they may any other */
	MSK_RECORD_REMOVAL,        /* what layers below have here, or below here, is gone */
	MSK_RECORD_ASKED,          /* a hard link that comes now means what is here by now */
};

/* Layers before these are gone: from the path itself, and from below it. */
struct msk_removal {
	uint32_t at, below;
};

/* Where an entry stands. */
struct msk_place {
	uint32_t layer, nth;
};

/* Values. `kind` is NODE or WHITEOUT. */
void msk_record_put_node(struct msk_str *value, enum msk_record_kind kind, const struct msk_node *n);
void msk_record_put_removal(struct msk_str *value, const struct msk_removal *r);
void msk_record_put_asked(struct msk_str *value, const struct msk_place *by);
enum msk_record_kind msk_record_kind(const unsigned char *value);
/* Of a NODE or WHITEOUT; no path. `texts` holds its link and its extended attributes. */
void msk_record_node(const unsigned char *value, struct msk_str *texts, struct msk_node *out);
enum msk_tar_type msk_record_type(const unsigned char *value);
struct msk_removal msk_record_removal(const unsigned char *value);
struct msk_place msk_record_asked(const unsigned char *value);

/* msk_image_tree_add() of what is known already. */
int msk_image_tree_add_node(struct msk_image_tree *t, const struct msk_node *n, struct msk_err *err);
/* tree_links.c: of a sealed tree that is not settled. Fails as msk_image_tree_settle() does. */
int msk_tree_follow_links(struct msk_image_tree *t, struct msk_err *err);
/* tree_heirs.c: take in that a hard link of the settled tree means this file, which has come to the path of this key. */
int msk_tree_note_original(struct msk_table *originals, const struct msk_str *key, const struct msk_node *file,
			   struct msk_err *err);
/* Have hard links whose file is no longer where they say be the file. Fails: MSK_E_IO. */
int msk_tree_find_heirs(struct msk_image_tree *t, struct msk_table *originals, struct msk_err *err);

#endif
