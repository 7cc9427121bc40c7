// SPDX-License-Identifier: Apache-2.0
// YAML to a tree in which every node knows its file, line and column. Scalars stay text: what they mean depends on the
// key they stand under, so `20:00` and `1.0.0` mean what they look like. Anchors, aliases, tags, duplicate keys and a
// second document are diagnostics. May call: libyaml, base.
#ifndef PROTOCOL_YAML_H
#define PROTOCOL_YAML_H

#include "base/arena.h"
#include "base/bytes.h"

enum { YAML_DEPTH_MAX = 32, YAML_NODES_MAX = 100000, YAML_PROBLEMS_MAX = 100 };

enum yaml_kind { YAML_SCALAR, YAML_LIST, YAML_MAP };
struct yaml;
struct yaml_pair {
    struct yaml *key, *value; // key: a scalar
};
struct yaml {
    uint8_t kind; // enum yaml_kind
    bool quoted;
    uint32_t line, column; // from 1
    uint32_t count;        // of items or pairs
    const char *file;
    const char *text; // scalar, NUL-terminated, at most one line for names
    size_t size;
    struct yaml **items;     // list
    struct yaml_pair *pairs; // map
};

// Read one file into `arena`. What is wrong with it becomes diagnostics of rule "syntax" and *out stays NULL; a file
// that can be read in spite of a diagnostic (a duplicate key, say) gives a tree as well, so that the rest can be checked.
stepdown_status yaml_read(struct arena *arena, const char *file, stepdown_slice text, struct diagnostics *diagnostics,
                          struct yaml **out, stepdown_error **out_error);

// Value under `key`, NULL: none, or not a map.
struct yaml *yaml_get(const struct yaml *map, const char *key);
bool yaml_is(const struct yaml *scalar, const char *text);
stepdown_slice yaml_slice(const struct yaml *scalar);
// An unquoted word that other readers of YAML take for a boolean or for nothing (yes, off, ~ …).
bool yaml_looks_boolean(const struct yaml *scalar);

#endif
