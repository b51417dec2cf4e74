/* What an image has of itself, besides what it is given: one table, from which the gatherers make it and the help
 * explains it. */
#ifndef MKSCRATCH_PRESET_H
#define MKSCRATCH_PRESET_H

#include <stdint.h>

/* Each has what those before it have. */
enum msk_preset { MSK_PRESET_SCRATCH, MSK_PRESET_DISTROLESS, MSK_N_PRESETS };

enum msk_preset_kind {
	MSK_PRESET_DIR,
	MSK_PRESET_TEXT,            /* a file that holds `text` */
	MSK_PRESET_LINK,            /* a symlink that says `text` */
	MSK_PRESET_HOST,            /* the file of --root, where it has one; `text` is the package that brings it */
	MSK_PRESET_MADE,            /* by the gatherer of accounts, certificates or zones */
	MSK_PRESET_ENV,             /* a variable of the config, NAME=VALUE in `path` */
};

struct msk_preset_item {
	enum msk_preset preset;     /* the first that has it */
	enum msk_preset_kind kind;
	const char *path;
	uint32_t mode;
	const char *text;
	const char *why;
};

/* Ends with an item without path. */
extern const struct msk_preset_item msk_preset_items[];
const char *msk_preset_name(enum msk_preset preset);

#endif
