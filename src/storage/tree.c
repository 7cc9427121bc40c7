// SPDX-License-Identifier: Apache-2.0
// The B+tree behind the memory store. Full nodes are split on the way down, so that an insertion that runs out of
// memory leaves a sound tree; nodes that run low are merged with a neighbour on the way up, which never allocates.
// May call: base.
#include "storage/tree.h"

#include <string.h>

enum { NODE_LOW = NODE_ROOM / 4 };

static stepdown_slice cell_key(const struct cell *cell) { return (stepdown_slice){cell->key, cell->key_size}; }

static size_t common_prefix(const uint8_t *a, const uint8_t *b, size_t size) {
    size_t n = 0;
    while (n < size && a[n] == b[n])
        n++;
    return n;
}

static uint64_t key_head(const uint8_t *key, size_t size, size_t skip) {
    if (size >= skip + 8)
        return read_be64(key + skip);
    uint8_t padded[8] = {0};
    if (size > skip)
        memcpy(padded, key + skip, size - skip);
    return read_be64(padded);
}

// How many of the ascending `heads` are less than `head` (or not greater, when `after`). No branch depends on the data:
// where the search goes cannot be guessed, and a wrong guess costs more than the step.
static size_t heads_below(const uint64_t *heads, size_t count, uint64_t head, bool after) {
    const uint64_t *base = heads;
    while (count > 0) {
        size_t half = (count + 1) / 2;
        base += half * (size_t)((base[half - 1] < head) | (after & (base[half - 1] == head)));
        count -= half;
    }
    return (size_t)(base - heads);
}

// Ask for the heads all at once. Inner nodes are few and stay in the caches; of leaves each line has to come from memory,
// and one after the other, as a search would want them, takes several times as long.
static void leaf_fetch(const struct node *leaf) {
    enum { LINE = 64 };
    for (size_t at = LINE; at < offsetof(struct node, cells); at += LINE)
        __builtin_prefetch((const uint8_t *)leaf + at);
}

// Index of the first cell or separator whose key is >= `key` (or > `key` when `after`).
static size_t node_search(const struct node *node, stepdown_slice key, bool after) {
    size_t shared = key.size < node->prefix_size ? key.size : node->prefix_size;
    int order = shared == 0 ? 0 : memcmp(key.data, node->prefix, shared);
    if (order < 0 || (order == 0 && key.size < node->prefix_size))
        return 0;
    if (order > 0)
        return node->count;
    uint64_t head = key_head(key.data, key.size, node->prefix_size);
    size_t low = heads_below(node->heads, node->count, head, false);
    if (low == node->count || node->heads[low] != head)
        return low;
    size_t high = low + heads_below(node->heads + low, node->count - low, head, true);
    while (low < high) { // these agree in the head: only the whole key tells
        size_t middle = (low + high) / 2;
        order = slice_compare(key, cell_key(node->cells[middle]));
        if (order > 0 || (order == 0 && after))
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

// Set the prefix to the longest that all keys share and compute every head.
static void node_rehead(struct node *node) {
    node->prefix_size = 0;
    if (node->count == 0)
        return;
    const struct cell *first = node->cells[0], *last = node->cells[node->count - 1];
    size_t most = first->key_size < last->key_size ? first->key_size : last->key_size;
    size_t shared = common_prefix(first->key, last->key, most < NODE_PREFIX ? most : NODE_PREFIX);
    memcpy(node->prefix, first->key, shared);
    node->prefix_size = (uint8_t)shared;
    for (size_t i = 0; i < node->count; i++)
        node->heads[i] = key_head(node->cells[i]->key, node->cells[i]->key_size, shared);
}

// Put a cell or separator at `at`; for an inner node `child` becomes the child behind it.
static void node_insert(struct node *node, size_t at, struct cell *cell, struct node *child) {
    size_t behind = node->count - at;
    memmove(&node->cells[at + 1], &node->cells[at], behind * sizeof *node->cells);
    memmove(&node->heads[at + 1], &node->heads[at], behind * sizeof *node->heads);
    node->cells[at] = cell;
    if (!node->leaf) {
        memmove(&node->children[at + 2], &node->children[at + 1], behind * sizeof *node->children);
        node->children[at + 1] = child;
    }
    node->count++;
    bool fits = cell->key_size >= node->prefix_size && memcmp(cell->key, node->prefix, node->prefix_size) == 0;
    if (node->count == 1 || !fits)
        node_rehead(node);
    else
        node->heads[at] = key_head(cell->key, cell->key_size, node->prefix_size);
}

// Take out the cell or separator at `at`, and the child behind it.
static void node_remove(struct node *node, size_t at) {
    size_t behind = node->count - at - 1u;
    memmove(&node->cells[at], &node->cells[at + 1], behind * sizeof *node->cells);
    memmove(&node->heads[at], &node->heads[at + 1], behind * sizeof *node->heads);
    if (!node->leaf)
        memmove(&node->children[at + 1], &node->children[at + 2], behind * sizeof *node->children);
    node->count--;
}

static struct node *node_new(struct tree *tree, bool leaf) {
    size_t children = leaf ? 0 : (NODE_ROOM + 1) * sizeof(struct node *);
    struct node *node = env_alloc(tree->env, sizeof *node + children);
    if (node == NULL)
        return NULL;
    node->previous = node->next = NULL;
    node->count = 0;
    node->leaf = leaf;
    node->prefix_size = 0;
    tree->nodes++;
    return node;
}

static void node_free(struct tree *tree, struct node *node) {
    env_free(tree->env, node);
    tree->nodes--;
}

// The shortest key that is greater than `left` and not greater than `right`.
static struct cell *separator_new(const struct tree *tree, const struct cell *left, const struct cell *right) {
    size_t least = left->key_size < right->key_size ? left->key_size : right->key_size;
    size_t size = common_prefix(left->key, right->key, least) + 1;
    struct cell *cell = env_zalloc(tree->env, sizeof *cell + size);
    if (cell == NULL)
        return NULL;
    cell->key_size = (uint16_t)size;
    memcpy(cell->key, right->key, size);
    return cell;
}

static void leaf_link(struct node *left, struct node *right) {
    right->previous = left;
    right->next = left->next;
    if (right->next != NULL)
        right->next->previous = right;
    left->next = right;
}

// Split the full child `at` of `parent` (which has room) in two halves.
static bool node_split(struct tree *tree, struct node *parent, size_t at) {
    struct node *left = parent->children[at];
    size_t half = NODE_ROOM / 2;
    struct cell *separator = left->leaf ? separator_new(tree, left->cells[half - 1], left->cells[half]) : NULL;
    struct node *right = left->leaf && separator == NULL ? NULL : node_new(tree, left->leaf);
    if (right == NULL) {
        env_free(tree->env, separator);
        return false;
    }
    size_t from = half;
    if (!left->leaf) { // the middle separator moves up
        separator = left->cells[half];
        from = half + 1;
        memcpy(right->children, &left->children[from], (NODE_ROOM + 1 - from) * sizeof *right->children);
    }
    right->count = (uint16_t)(NODE_ROOM - from);
    memcpy(right->cells, &left->cells[from], right->count * sizeof *right->cells);
    left->count = (uint16_t)half;
    node_rehead(left);
    node_rehead(right);
    if (left->leaf)
        leaf_link(left, right);
    node_insert(parent, at, separator, right);
    return true;
}

// An inner root above a full one, so that it can be split like any other.
static bool root_raise(struct tree *tree) {
    struct node *root = node_new(tree, false);
    if (root == NULL)
        return false;
    root->children[0] = tree->root;
    tree->root = root;
    return true;
}

static void root_lower(struct tree *tree) {
    while (tree->root != NULL && tree->root->count == 0) {
        struct node *root = tree->root;
        tree->root = root->leaf ? NULL : root->children[0];
        node_free(tree, root);
    }
}

void tree_init(struct tree *tree, const struct env *env) { *tree = (struct tree){.env = env}; }

bool tree_insert(struct tree *tree, struct cell *cell) {
    if (tree->root == NULL && (tree->root = node_new(tree, true)) == NULL)
        return false;
    stepdown_slice key = cell_key(cell);
    bool done = tree->root->count < NODE_ROOM || root_raise(tree);
    struct node *node = tree->root;
    while (done && !node->leaf) {
        size_t at = node_search(node, key, true);
        if (node->children[at]->count == NODE_ROOM) {
            done = node_split(tree, node, at);
            if (done && slice_compare(key, cell_key(node->cells[at])) >= 0)
                at++;
        }
        node = node->children[at];
    }
    if (done) {
        node_insert(node, node_search(node, key, false), cell, NULL);
        tree->count++;
    } else {
        root_lower(tree);
    }
    return done;
}

struct cell *tree_find(const struct tree *tree, stepdown_slice key) {
    const struct node *node = tree->root;
    if (node == NULL)
        return NULL;
    while (!node->leaf)
        node = node->children[node_search(node, key, true)];
    leaf_fetch(node);
    size_t at = node_search(node, key, false);
    if (at == node->count || !slice_equal(cell_key(node->cells[at]), key))
        return NULL;
    return node->cells[at];
}

// Move everything of child `at` + 1 into child `at`, if it fits.
static void node_merge(struct tree *tree, struct node *parent, size_t at) {
    struct node *left = parent->children[at], *right = parent->children[at + 1];
    size_t down = left->leaf ? 0 : 1; // an inner node also takes the separator between the two
    if (left->count + down + right->count > NODE_ROOM)
        return;
    struct cell *separator = parent->cells[at];
    if (left->leaf) {
        left->next = right->next;
        if (left->next != NULL)
            left->next->previous = left;
        env_free(tree->env, separator);
    } else {
        left->cells[left->count] = separator;
        memcpy(&left->children[left->count + 1u], right->children, (right->count + 1u) * sizeof *right->children);
    }
    memcpy(&left->cells[left->count + down], right->cells, right->count * sizeof *right->cells);
    left->count = (uint16_t)(left->count + down + right->count);
    node_rehead(left);
    node_remove(parent, at);
    node_free(tree, right);
}

void tree_remove(struct tree *tree, const struct cell *cell) {
    struct node *path[TREE_HEIGHT];
    size_t index[TREE_HEIGHT], depth = 0;
    stepdown_slice key = cell_key(cell);
    struct node *node = tree->root;
    while (!node->leaf) {
        size_t at = node_search(node, key, true);
        path[depth] = node;
        index[depth++] = at;
        node = node->children[at];
    }
    node_remove(node, node_search(node, key, false));
    tree->count--;
    while (node->count < NODE_LOW && depth > 0) {
        struct node *parent = path[--depth];
        if (parent->count > 0)
            node_merge(tree, parent, index[depth] > 0 ? index[depth] - 1 : 0);
        node = parent;
    }
    root_lower(tree);
}

static void node_drop(struct tree *tree, struct node *node, void (*drop)(void *ctx, struct cell *cell), void *ctx) {
    for (size_t i = 0; i < node->count; i++) {
        if (node->leaf)
            drop(ctx, node->cells[i]);
        else
            env_free(tree->env, node->cells[i]);
    }
    for (size_t i = 0; !node->leaf && i <= node->count; i++)
        node_drop(tree, node->children[i], drop, ctx);
    node_free(tree, node);
}

void tree_free(struct tree *tree, void (*drop)(void *ctx, struct cell *cell), void *ctx) {
    if (tree->root != NULL)
        node_drop(tree, tree->root, drop, ctx);
    *tree = (struct tree){.env = tree->env};
}

// Leaves are seldom empty, but may be where a lone child had no neighbour to merge with: step over them.
static void cursor_settle(struct cursor *cursor) {
    while (cursor->leaf != NULL && cursor->at >= cursor->leaf->count)
        *cursor = (struct cursor){.leaf = cursor->leaf->next};
}

struct cursor tree_seek(const struct tree *tree, stepdown_slice key) {
    struct node *node = tree->root;
    while (node != NULL && !node->leaf)
        node = node->children[node_search(node, key, true)];
    struct cursor cursor = {.leaf = node, .at = node == NULL ? 0 : node_search(node, key, false)};
    cursor_settle(&cursor);
    return cursor;
}

struct cursor tree_seek_before(const struct tree *tree, stepdown_slice key) {
    struct node *node = tree->root;
    while (node != NULL && !node->leaf)
        node = node->children[key.size == 0 ? node->count : node_search(node, key, true)];
    struct cursor cursor = {.leaf = node};
    if (node == NULL)
        return cursor;
    cursor.at = key.size == 0 ? node->count : node_search(node, key, false);
    cursor_previous(&cursor);
    return cursor;
}

struct cell *cursor_cell(const struct cursor *cursor) {
    return cursor->leaf == NULL ? NULL : cursor->leaf->cells[cursor->at];
}

void cursor_next(struct cursor *cursor) {
    cursor->at++;
    cursor_settle(cursor);
}

void cursor_previous(struct cursor *cursor) {
    while (cursor->leaf != NULL && cursor->at == 0) {
        cursor->leaf = cursor->leaf->previous;
        cursor->at = cursor->leaf == NULL ? 0 : cursor->leaf->count;
    }
    if (cursor->leaf != NULL)
        cursor->at--;
}
