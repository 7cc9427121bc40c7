// SPDX-License-Identifier: Apache-2.0
// A YAML file as a tree in which every node knows its line and column, and the list of what is wrong with it.
// Scalars are text; anchors, aliases, tags and a key given twice are mistakes. May call: libyaml, pool.
#ifndef CLI_TREE_H
#define CLI_TREE_H

#include "cli/pool.h"

#include <stdbool.h>
#include <stdint.h>

enum node_kind { NODE_TEXT, NODE_LIST, NODE_MAP };

struct node {
    enum node_kind kind;
    uint32_t line, column; // from 1
    const char *file;      // where it stands
    const char *text;      // NODE_TEXT; "" otherwise
    bool quoted;           // a quoted or block scalar
    size_t count;          // elements of a list, pairs of a map
    struct node **items;   // elements; values of a map
    struct node **keys;    // NODE_MAP: one NODE_TEXT for each value
};

struct diagnostic {
    const char *file;
    uint32_t line, column;
    const char *message;
};
struct diagnostics {
    struct pool *pool;
    size_t count;
    struct diagnostic *list;
};

void diagnose(struct diagnostics *diagnostics, const struct node *at, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
// File by file, in the order of each.
void diagnostics_sort(struct diagnostics *diagnostics);

// Reads the file (its path is kept, not copied); NULL when it cannot be read or is not YAML at all (a diagnostic says why). Nodes live in `pool`.
struct node *tree_read(struct pool *pool, const char *path, struct diagnostics *diagnostics);
// Adds a key to a map, or an element to a list (`key` NULL).
void tree_append(struct pool *pool, struct node *parent, struct node *key, struct node *value);
// Value of a key of a map; NULL: absent, or `map` is NULL or no map.
const struct node *tree_get(const struct node *map, const char *key);
// Text of a key; `otherwise` when absent.
const char *tree_text(const struct node *map, const char *key, const char *otherwise);

// "yes" or "true", "no" or "false".
bool text_is_yes(const char *text);

#endif
