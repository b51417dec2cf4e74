/* A path of an image as a JSON object. */
#ifndef MSK_CLI_NODE_JSON_H
#define MSK_CLI_NODE_JSON_H

#include "mkscratch/image_tree.h"
#include "mkscratch/json.h"

/* "file", "hardlink", "character device", ... */
const char *msk_type_name(enum msk_tar_type type);
/* Members "type" and "mode" to "xattrs"; neither the path nor its layer. */
struct msk_json *msk_node_json(const struct msk_node *n, enum msk_tar_type type);

#endif
