// SPDX-License-Identifier: Apache-2.0
// Memory that is handed out in order and given back all at once. Blocks form one list; those behind `current` are
// spare ones kept by a reset. A request looks at the current and at the next block only, so its cost does not depend
// on how many there are, and the same requests after a reset find the same blocks.
// May call: env.
#include "base/arena.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { ARENA_ALIGN = 16, ARENA_FIRST = 960, ARENA_LARGEST = 256 * 1024 };

struct arena_block {
    struct arena_block *next;
    uint8_t *data; // aligned start
    size_t size, used;
};

void arena_init(struct arena *arena, const struct env *env) { *arena = (struct arena){.env = env}; }

void arena_free(struct arena *arena) {
    struct arena_block *block = arena->first;
    while (block != NULL) {
        struct arena_block *next = block->next;
        env_free(arena->env, block);
        block = next;
    }
    *arena = (struct arena){.env = arena->env};
}

void arena_reset(struct arena *arena) {
    arena->current = arena->first;
    if (arena->current != NULL)
        arena->current->used = 0;
    arena->used = 0;
}

// A block with room for `size` becomes current: the spare one behind the current, or a new one put there.
static bool arena_advance(struct arena *arena, size_t size) {
    struct arena_block *current = arena->current;
    struct arena_block *spare = current != NULL ? current->next : NULL;
    if (spare != NULL && spare->size >= size) {
        spare->used = 0;
        arena->current = spare;
        return true;
    }
    size_t room = current == NULL ? ARENA_FIRST : current->size * 2;
    if (room > ARENA_LARGEST)
        room = ARENA_LARGEST;
    if (room < size)
        room = size;
    struct arena_block *block = env_alloc(arena->env, sizeof *block + ARENA_ALIGN + room);
    if (block == NULL)
        return false;
    uint8_t *start = (uint8_t *)(block + 1);
    size_t skip = (size_t)(-(uintptr_t)start & (ARENA_ALIGN - 1));
    *block = (struct arena_block){.next = spare, .data = start + skip, .size = room};
    if (current == NULL)
        arena->first = block;
    else
        current->next = block;
    arena->current = block;
    return true;
}

void *arena_alloc(struct arena *arena, size_t size) {
    if (size > SIZE_MAX / 2)
        return NULL;
    size = size == 0 ? ARENA_ALIGN : (size + ARENA_ALIGN - 1) & ~(size_t)(ARENA_ALIGN - 1);
    struct arena_block *block = arena->current;
    if (block == NULL || block->size - block->used < size) {
        if (!arena_advance(arena, size))
            return NULL;
        block = arena->current;
    }
    void *out = block->data + block->used;
    block->used += size;
    arena->used += size;
    return out;
}

void *arena_zalloc(struct arena *arena, size_t size) {
    void *out = arena_alloc(arena, size);
    if (out != NULL)
        memset(out, 0, size);
    return out;
}

char *arena_text(struct arena *arena, const char *text, size_t size) {
    char *out = size == SIZE_MAX ? NULL : arena_alloc(arena, size + 1);
    if (out == NULL)
        return NULL;
    if (size > 0)
        memcpy(out, text, size);
    out[size] = '\0';
    return out;
}

char *arena_format(struct arena *arena, const char *format, ...) {
    va_list args;
    va_start(args, format);
    int size = vsnprintf(NULL, 0, format, args);
    va_end(args);
    char *out = size < 0 ? NULL : arena_alloc(arena, (size_t)size + 1);
    if (out == NULL)
        return NULL;
    va_start(args, format);
    vsnprintf(out, (size_t)size + 1, format, args);
    va_end(args);
    return out;
}

bool arena_slice(struct arena *arena, stepdown_slice in, stepdown_slice *out) {
    uint8_t *copy = arena_alloc(arena, in.size + 1);
    if (copy == NULL)
        return false;
    if (in.size > 0)
        memcpy(copy, in.data, in.size);
    copy[in.size] = 0;
    *out = (stepdown_slice){.data = copy, .size = in.size};
    return true;
}
