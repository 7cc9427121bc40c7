// SPDX-License-Identifier: Apache-2.0
// YAML to tree, event by event, with limits on size and depth.
#include "cli/tree.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

enum { DEPTH_LIMIT = 32, FILE_LIMIT = 1 << 20, MESSAGE_LIMIT = 100 };

struct reader {
    struct pool *pool;
    struct diagnostics *diagnostics;
    const char *file;
    yaml_parser_t parser;
    bool failed; // the parser cannot go on
};

// What several cases continue is read once for each of them, but its mistakes are told once.
static bool is_told(const struct diagnostics *diagnostics, const struct node *at, const char *message) {
    for (size_t i = 0; i < diagnostics->count; i++) {
        const struct diagnostic *told = &diagnostics->list[i];
        if (told->line == at->line && told->column == at->column && strcmp(told->file, at->file) == 0 &&
            strcmp(told->message, message) == 0)
            return true;
    }
    return false;
}

void diagnose(struct diagnostics *diagnostics, const struct node *at, const char *format, ...) {
    if (diagnostics->count >= MESSAGE_LIMIT)
        return;
    va_list arguments;
    va_start(arguments, format);
    const char *message = pool_vprint(diagnostics->pool, format, arguments);
    va_end(arguments);
    if (is_told(diagnostics, at, message))
        return;
    diagnostics->list = pool_grow(diagnostics->pool, diagnostics->list, diagnostics->count, sizeof *diagnostics->list);
    diagnostics->list[diagnostics->count++] = (struct diagnostic){at->file, at->line, at->column, message};
}

static int earlier(const void *a, const void *b) {
    const struct diagnostic *x = a, *y = b;
    int files = strcmp(x->file, y->file);
    if (files != 0)
        return files;
    if (x->line != y->line)
        return x->line < y->line ? -1 : 1;
    return x->column < y->column ? -1 : x->column > y->column;
}

void diagnostics_sort(struct diagnostics *diagnostics) {
    if (diagnostics->count > 1)
        qsort(diagnostics->list, diagnostics->count, sizeof *diagnostics->list, earlier);
}

// ---- parsing ------------------------------------------------------------------------------------------------------

static struct node place(const struct reader *reader, const yaml_mark_t *mark) {
    struct node node = {
        .file = reader->file, .line = (uint32_t)mark->line + 1, .column = (uint32_t)mark->column + 1, .text = ""};
    return node;
}

static bool next_event(struct reader *reader, yaml_event_t *event) {
    if (yaml_parser_parse(&reader->parser, event))
        return true;
    const yaml_parser_t *parser = &reader->parser;
    bool has_mark = parser->error == YAML_SCANNER_ERROR || parser->error == YAML_PARSER_ERROR;
    struct node at = place(reader, has_mark ? &parser->problem_mark : &parser->mark);
    if (parser->error == YAML_MEMORY_ERROR)
        out_of_memory();
    diagnose(reader->diagnostics, &at, "not readable as YAML: %s", parser->problem ? parser->problem : "broken");
    reader->failed = true;
    return false;
}

static struct node *read_node(struct reader *reader, yaml_event_t *event, int depth);

void tree_append(struct pool *pool, struct node *parent, struct node *key, struct node *value) {
    if (parent->kind == NODE_MAP) {
        parent->keys = pool_grow(pool, parent->keys, parent->count, sizeof(struct node *));
        parent->keys[parent->count] = key;
    }
    parent->items = pool_grow(pool, parent->items, parent->count, sizeof(struct node *));
    parent->items[parent->count++] = value;
}

static void read_children(struct reader *reader, struct node *parent, yaml_event_type_t end, int depth) {
    yaml_event_t event;
    while (!reader->failed && next_event(reader, &event)) {
        if (event.type == end) {
            yaml_event_delete(&event);
            return;
        }
        struct node *key = NULL, *first = read_node(reader, &event, depth);
        if (parent->kind == NODE_LIST) {
            tree_append(reader->pool, parent, NULL, first);
            continue;
        }
        key = first;
        if (reader->failed || !next_event(reader, &event))
            return;
        struct node *value = read_node(reader, &event, depth);
        if (key->kind != NODE_TEXT)
            diagnose(reader->diagnostics, key, "a key must be a word");
        else if (tree_get(parent, key->text))
            diagnose(reader->diagnostics, key, "'%s' is given twice", key->text);
        else
            tree_append(reader->pool, parent, key, value);
    }
}

static void refuse_anchor(struct reader *reader, const struct node *node, const yaml_char_t *anchor,
                          const yaml_char_t *tag) {
    if (anchor)
        diagnose(reader->diagnostics, node, "anchors (&) are not allowed here");
    if (tag)
        diagnose(reader->diagnostics, node, "tags (!) are not allowed here");
}

// Consumes the event.
static struct node *read_node(struct reader *reader, yaml_event_t *event, int depth) {
    struct node *node = pool_take(reader->pool, sizeof *node);
    *node = place(reader, &event->start_mark);
    yaml_event_type_t end = YAML_NO_EVENT;
    if (event->type == YAML_SCALAR_EVENT) {
        node->text = pool_copy(reader->pool, (const char *)event->data.scalar.value, event->data.scalar.length);
        node->quoted = event->data.scalar.style != YAML_PLAIN_SCALAR_STYLE;
        refuse_anchor(reader, node, event->data.scalar.anchor, event->data.scalar.tag);
        if (strlen(node->text) != event->data.scalar.length)
            diagnose(reader->diagnostics, node, "text holds a NUL character");
    } else if (event->type == YAML_SEQUENCE_START_EVENT) {
        node->kind = NODE_LIST;
        end = YAML_SEQUENCE_END_EVENT;
        refuse_anchor(reader, node, event->data.sequence_start.anchor, event->data.sequence_start.tag);
    } else if (event->type == YAML_MAPPING_START_EVENT) {
        node->kind = NODE_MAP;
        end = YAML_MAPPING_END_EVENT;
        refuse_anchor(reader, node, event->data.mapping_start.anchor, event->data.mapping_start.tag);
    } else {
        diagnose(reader->diagnostics, node, "aliases (*) are not allowed here");
    }
    yaml_event_delete(event);
    if (end != YAML_NO_EVENT && depth >= DEPTH_LIMIT) {
        diagnose(reader->diagnostics, node, "nested more than %d deep", DEPTH_LIMIT);
        reader->failed = true;
    } else if (end != YAML_NO_EVENT) {
        read_children(reader, node, end, depth + 1);
    }
    return node;
}

static struct node *read_document(struct reader *reader) {
    yaml_event_t event;
    struct node *root = NULL;
    while (!reader->failed && next_event(reader, &event)) {
        yaml_event_type_t type = event.type;
        if (type == YAML_STREAM_START_EVENT || type == YAML_DOCUMENT_START_EVENT || type == YAML_DOCUMENT_END_EVENT ||
            type == YAML_STREAM_END_EVENT) {
            yaml_event_delete(&event);
            if (type == YAML_STREAM_END_EVENT)
                break;
            continue;
        }
        struct node *node = read_node(reader, &event, 0);
        if (root) {
            diagnose(reader->diagnostics, node, "a file holds one document");
            break;
        }
        root = node;
    }
    return reader->failed ? NULL : root;
}

// The whole file, NULL with a diagnostic. `*size` bytes.
static char *read_file(struct pool *pool, const struct node *start, size_t *size, struct diagnostics *diagnostics) {
    FILE *file = fopen(start->file, "rb");
    char *text = NULL;
    if (!file) {
        diagnose(diagnostics, start, "cannot be opened: %s", strerror(errno));
        return NULL;
    }
    text = pool_take(pool, FILE_LIMIT + 1);
    *size = fread(text, 1, FILE_LIMIT + 1, file);
    if (ferror(file)) {
        diagnose(diagnostics, start, "cannot be read: %s", strerror(errno));
        text = NULL;
    } else if (*size > FILE_LIMIT) {
        diagnose(diagnostics, start, "is larger than 1 MiB");
        text = NULL;
    }
    fclose(file);
    return text;
}

struct node *tree_read(struct pool *pool, const char *path, struct diagnostics *diagnostics) {
    size_t size = 0;
    const struct node begin = {.file = path, .line = 1, .column = 1}, *start = &begin;
    char *text = read_file(pool, start, &size, diagnostics);
    if (!text)
        return NULL;
    struct reader reader = {.pool = pool, .diagnostics = diagnostics, .file = path};
    if (!yaml_parser_initialize(&reader.parser))
        out_of_memory();
    yaml_parser_set_input_string(&reader.parser, (const unsigned char *)text, size);
    struct node *root = read_document(&reader);
    yaml_parser_delete(&reader.parser);
    if (!root && diagnostics->count == 0)
        diagnose(diagnostics, start, "is empty");
    return root;
}

const struct node *tree_get(const struct node *map, const char *key) {
    if (!map || map->kind != NODE_MAP)
        return NULL;
    for (size_t i = 0; i < map->count; i++) {
        if (strcmp(map->keys[i]->text, key) == 0)
            return map->items[i];
    }
    return NULL;
}

const char *tree_text(const struct node *map, const char *key, const char *otherwise) {
    const struct node *node = tree_get(map, key);
    return node && node->kind == NODE_TEXT ? node->text : otherwise;
}

bool text_is_yes(const char *text) { return strcmp(text, "yes") == 0 || strcmp(text, "true") == 0; }
