// SPDX-License-Identifier: Apache-2.0
// A B+tree of cells in the order of their keys as unsigned bytes. Nodes hold the first bytes of each key beside the
// pointer, so that a search seldom leaves the node. Not for two threads at once. Owns nodes, not cells.
// May call: base.
#ifndef STORAGE_TREE_H
#define STORAGE_TREE_H

#include "base/bytes.h"
#include "base/env.h"

struct version; // memory.c

struct cell {
    struct version *latest;    // newest first
    struct cell *garbage_next; // queue of cells with versions that may have become unreachable
    uint64_t garbage_stamp;
    bool garbage_queued;
    uint16_t key_size;
    uint8_t key[];
};

enum { NODE_ROOM = 64, NODE_PREFIX = 28, TREE_HEIGHT = 24 };

// A leaf has `count` cells. An inner node has `count` separators and one child more: what is not less than
// separator i lies in child i + 1 or later.
struct node {
    struct node *previous, *next; // of leaves
    uint16_t count;
    bool leaf;
    uint8_t prefix_size;
    uint8_t prefix[NODE_PREFIX]; // shared by all keys of the node
    uint64_t heads[NODE_ROOM];   // the 8 bytes after the prefix, big-endian, padded with zeros
    struct cell *cells[NODE_ROOM];
    struct node *children[]; // inner: NODE_ROOM + 1
};

struct tree {
    const struct env *env;
    struct node *root; // NULL: empty
    size_t count, nodes;
};

// Where a key is, or would be.
struct cursor {
    struct node *leaf; // NULL: before the first or behind the last cell
    size_t at;
};

void tree_init(struct tree *tree, const struct env *env);
// Free nodes and separators, handing each cell to `drop`.
void tree_free(struct tree *tree, void (*drop)(void *ctx, struct cell *cell), void *ctx);
struct cell *tree_find(const struct tree *tree, stepdown_slice key); // NULL: absent
// The key of `cell` must not be in the tree. False: out of memory, and the tree is as it was.
bool tree_insert(struct tree *tree, struct cell *cell);
void tree_remove(struct tree *tree, const struct cell *cell); // must be in the tree
// First cell whose key is not less than `key`; last cell whose key is less (an empty key: the last of all).
struct cursor tree_seek(const struct tree *tree, stepdown_slice key);
struct cursor tree_seek_before(const struct tree *tree, stepdown_slice key);
struct cell *cursor_cell(const struct cursor *cursor); // NULL: past the end
void cursor_next(struct cursor *cursor);
void cursor_previous(struct cursor *cursor);

#endif
