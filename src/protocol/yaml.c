// SPDX-License-Identifier: Apache-2.0
// The YAML reader: libyaml's events into a tree. libyaml's own memory cannot be redirected; running out of it is NOMEM
// like any other. Limits on size, depth and number of nodes keep a hostile file from costing more than its size.
// May call: libyaml, base.
#include "protocol/yaml.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "protocol/compile.h"

struct reader {
    struct arena *arena;
    struct diagnostics *diagnostics;
    const char *file;
    yaml_parser_t parser;
    uint32_t nodes;
    bool failed; // no tree: the text cannot be followed any further
    bool nomem;
};

// A growing run of children while their parent is open.
struct run {
    struct yaml **list;
    size_t count, cap;
};

__attribute__((format(printf, 3, 4))) static void complain(struct reader *r, const yaml_mark_t *at, const char *format,
                                                           ...) {
    va_list args;
    char text[512];
    va_start(args, format);
    (void)vsnprintf(text, sizeof text, format, args);
    va_end(args);
    diagnostics_add(r->diagnostics, r->file, (uint32_t)at->line + 1, (uint32_t)at->column + 1, "syntax", "%s", text);
    if (r->diagnostics->count >= YAML_PROBLEMS_MAX)
        r->failed = true;
}

static void *reader_alloc(struct reader *r, size_t size) {
    void *block = arena_zalloc(r->arena, size > 0 ? size : 1);
    if (!block)
        r->nomem = r->failed = true;
    return block;
}

static bool run_add(struct reader *r, struct run *run, struct yaml *node) {
    if (run->count == run->cap) {
        size_t cap = run->cap > 0 ? run->cap * 2 : 8;
        struct yaml **list = reader_alloc(r, cap * sizeof(struct yaml *));
        if (!list)
            return false;
        if (run->count > 0)
            memcpy(list, run->list, run->count * sizeof *list);
        run->list = list;
        run->cap = cap;
    }
    run->list[run->count++] = node;
    return true;
}

// Next event, or false after a diagnostic. The caller deletes the event.
static bool next_event(struct reader *r, yaml_event_t *event) {
    if (yaml_parser_parse(&r->parser, event))
        return true;
    r->failed = true;
    if (r->parser.error == YAML_MEMORY_ERROR) {
        r->nomem = true;
        return false;
    }
    const char *problem = r->parser.problem ? r->parser.problem : "not YAML";
    if (r->parser.context)
        complain(r, &r->parser.problem_mark, "%s (%s)", problem, r->parser.context);
    else
        complain(r, &r->parser.problem_mark, "%s", problem);
    return false;
}

static struct yaml *new_node(struct reader *r, uint8_t kind, const yaml_mark_t *at) {
    if (++r->nodes > YAML_NODES_MAX) {
        complain(r, at, "more than %d nodes", YAML_NODES_MAX);
        r->failed = true;
        return NULL;
    }
    struct yaml *node = reader_alloc(r, sizeof *node);
    if (node) {
        node->kind = kind;
        node->file = r->file;
        node->line = (uint32_t)at->line + 1;
        node->column = (uint32_t)at->column + 1;
    }
    return node;
}

static struct yaml *read_scalar(struct reader *r, const yaml_event_t *event) {
    struct yaml *node = new_node(r, YAML_SCALAR, &event->start_mark);
    if (!node)
        return NULL;
    if (event->data.scalar.anchor)
        complain(r, &event->start_mark, "anchors are not part of this language; write the value again");
    if (event->data.scalar.tag)
        complain(r, &event->start_mark, "tags are not part of this language");
    node->size = event->data.scalar.length;
    if (memchr(event->data.scalar.value, 0, node->size)) {
        complain(r, &event->start_mark, "a text holds a NUL character");
        node->size = strlen((const char *)event->data.scalar.value);
    }
    node->text = arena_text(r->arena, (const char *)event->data.scalar.value, node->size);
    node->quoted = event->data.scalar.style != YAML_PLAIN_SCALAR_STYLE;
    if (!node->text)
        r->nomem = r->failed = true;
    return node;
}

static struct yaml *read_node(struct reader *r, yaml_event_t *event, int depth);

// Children of a list or map up to its end event.
static bool read_children(struct reader *r, struct run *run, yaml_event_type_t end, int depth) {
    for (;;) {
        yaml_event_t event;
        if (!next_event(r, &event))
            return false;
        bool done = event.type == end;
        struct yaml *child = done ? NULL : read_node(r, &event, depth);
        yaml_event_delete(&event);
        if (done)
            return true;
        if (r->failed || !child || !run_add(r, run, child))
            return false;
    }
}

// A collection deeper or more tangled than a person would write is refused before it is read.
static bool open_collection(struct reader *r, const yaml_event_t *event, bool anchor, bool tag, int depth) {
    if (anchor)
        complain(r, &event->start_mark, "anchors are not part of this language; write the values again");
    if (tag)
        complain(r, &event->start_mark, "tags are not part of this language");
    if (depth < YAML_DEPTH_MAX)
        return true;
    complain(r, &event->start_mark, "nested more than %d deep", YAML_DEPTH_MAX);
    r->failed = true;
    return false;
}

static struct yaml *read_list(struct reader *r, const yaml_event_t *event, int depth) {
    struct run run = {0};
    struct yaml *node = new_node(r, YAML_LIST, &event->start_mark);
    if (!node || !open_collection(r, event, event->data.sequence_start.anchor, event->data.sequence_start.tag, depth) ||
        !read_children(r, &run, YAML_SEQUENCE_END_EVENT, depth + 1))
        return NULL;
    node->items = run.list;
    node->count = (uint32_t)run.count;
    return node;
}

static int compare_keys(const void *a, const void *b) {
    const struct yaml *left = *(struct yaml *const *)a, *right = *(struct yaml *const *)b;
    int order = strcmp(left->text, right->text);
    if (order == 0)
        order = (left->line > right->line) - (left->line < right->line);
    return order != 0 ? order : (left->column > right->column) - (left->column < right->column);
}

// Sorting makes a file of many keys cost no more than it should.
static void refuse_duplicates(struct reader *r, const struct yaml *map) {
    struct yaml **keys = reader_alloc(r, map->count * sizeof(struct yaml *));
    if (!keys)
        return;
    for (uint32_t i = 0; i < map->count; i++)
        keys[i] = map->pairs[i].key;
    qsort(keys, map->count, sizeof(struct yaml *), compare_keys);
    for (uint32_t i = 1; i < map->count && !r->failed; i++) {
        if (strcmp(keys[i - 1]->text, keys[i]->text) == 0)
            complain(r, &(yaml_mark_t){.line = keys[i]->line - 1, .column = keys[i]->column - 1},
                     "\"%.60s\" stands here twice; first on line %u", keys[i]->text, (unsigned)keys[i - 1]->line);
    }
}

static struct yaml *read_map(struct reader *r, const yaml_event_t *event, int depth) {
    struct run run = {0};
    struct yaml *node = new_node(r, YAML_MAP, &event->start_mark);
    if (!node || !open_collection(r, event, event->data.mapping_start.anchor, event->data.mapping_start.tag, depth) ||
        !read_children(r, &run, YAML_MAPPING_END_EVENT, depth + 1))
        return NULL;
    node->count = (uint32_t)(run.count / 2);
    node->pairs = reader_alloc(r, node->count * sizeof *node->pairs);
    if (!node->pairs)
        return NULL;
    for (uint32_t i = 0; i < node->count; i++) {
        node->pairs[i] = (struct yaml_pair){run.list[2 * i], run.list[2 * i + 1]};
        if (node->pairs[i].key->kind == YAML_SCALAR)
            continue;
        complain(r, &event->start_mark, "a key of this map is not a word");
        r->failed = true;
        return NULL;
    }
    refuse_duplicates(r, node);
    return node;
}

static struct yaml *read_node(struct reader *r, yaml_event_t *event, int depth) {
    switch (event->type) {
    case YAML_SCALAR_EVENT: return read_scalar(r, event);
    case YAML_SEQUENCE_START_EVENT: return read_list(r, event, depth);
    case YAML_MAPPING_START_EVENT: return read_map(r, event, depth);
    case YAML_ALIAS_EVENT:
        complain(r, &event->start_mark, "aliases are not part of this language; write the value again");
        return new_node(r, YAML_LIST, &event->start_mark);
    default: // libyaml's grammar leaves no other event here
        complain(r, &event->start_mark, "not expected here");
        r->failed = true;
        return NULL;
    }
}

// The one document of the stream.
static struct yaml *read_stream(struct reader *r) {
    struct yaml *root = NULL;
    for (bool more = true; more && !r->failed;) {
        yaml_event_t event;
        if (!next_event(r, &event))
            return NULL;
        switch (event.type) {
        case YAML_STREAM_START_EVENT:
        case YAML_DOCUMENT_END_EVENT: break;
        case YAML_STREAM_END_EVENT: more = false; break;
        case YAML_DOCUMENT_START_EVENT:
            if (root) {
                complain(r, &event.start_mark, "a second document begins here; one file holds one protocol");
                r->failed = true;
            }
            break;
        default: root = read_node(r, &event, 0); break;
        }
        yaml_event_delete(&event);
    }
    return r->failed ? NULL : root;
}

// Where a byte stands, for complaints made before libyaml sees the text.
static void position(stepdown_slice text, size_t offset, yaml_mark_t *at) {
    *at = (yaml_mark_t){.index = offset};
    for (size_t i = 0; i < offset; i++) {
        at->column++;
        if (text.data[i] == '\n') {
            at->line++;
            at->column = 0;
        }
    }
}

// Whole-file checks that need no parser.
static bool acceptable(struct reader *r, stepdown_slice text) {
    yaml_mark_t at = {0};
    size_t bad = 0;
    if (text.size > PROTOCOL_SOURCE_MAX) {
        complain(r, &at, "the file has %zu bytes; at most %d are read", text.size, PROTOCOL_SOURCE_MAX);
        return false;
    }
    if (!utf8_valid(text, &bad)) {
        position(text, bad, &at);
        complain(r, &at, "not UTF-8");
        return false;
    }
    const uint8_t *nul = text.size > 0 ? memchr(text.data, 0, text.size) : NULL;
    if (nul) {
        position(text, (size_t)(nul - text.data), &at);
        complain(r, &at, "a NUL character");
        return false;
    }
    return true;
}

stepdown_status yaml_read(struct arena *arena, const char *file, stepdown_slice text, struct diagnostics *diagnostics,
                          struct yaml **out, stepdown_error **out_error) {
    struct reader r = {.arena = arena, .diagnostics = diagnostics, .file = file};
    if (!acceptable(&r, text))
        return STEPDOWN_OK;
    if (!yaml_parser_initialize(&r.parser))
        return status_nomem(arena->env, out_error);
    yaml_parser_set_input_string(&r.parser, text.data ? text.data : (const uint8_t *)"", text.size);
    yaml_parser_set_encoding(&r.parser, YAML_UTF8_ENCODING);
    struct yaml *root = read_stream(&r);
    yaml_parser_delete(&r.parser);
    if (r.nomem)
        return status_nomem(arena->env, out_error);
    if (!root && !r.failed)
        diagnostics_add(diagnostics, file, 1, 1, "syntax", "the file is empty");
    if (root)
        *out = root;
    return STEPDOWN_OK;
}

struct yaml *yaml_get(const struct yaml *map, const char *key) {
    for (uint32_t i = 0; map && map->kind == YAML_MAP && i < map->count; i++) {
        if (strcmp(map->pairs[i].key->text, key) == 0)
            return map->pairs[i].value;
    }
    return NULL;
}

bool yaml_is(const struct yaml *scalar, const char *text) {
    return scalar && scalar->kind == YAML_SCALAR && strcmp(scalar->text, text) == 0;
}

stepdown_slice yaml_slice(const struct yaml *scalar) { return slice_of(scalar->text, scalar->size); }

bool yaml_looks_boolean(const struct yaml *scalar) {
    static const char *const words[] = {"yes", "no", "on", "off", "true", "false", "y", "n", "null", "~", ""};
    char lower[8] = "";
    if (scalar->kind != YAML_SCALAR || scalar->quoted || scalar->size >= sizeof lower)
        return false;
    for (size_t i = 0; i < scalar->size; i++) {
        char c = scalar->text[i];
        lower[i] = c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
    }
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (strcmp(lower, words[i]) == 0)
            return true;
    }
    return false;
}
