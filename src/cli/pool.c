// SPDX-License-Identifier: Apache-2.0
// Pools of memory that dies together. Owns the tool's only calls to malloc.
#include "cli/pool.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { EXIT_OUT_OF_MEMORY = 3, FIRST_ELEMENTS = 8 };

struct pool_block {
    struct pool_block *next;
    max_align_t memory[];
};

void out_of_memory(void) {
    fputs("stepdown: out of memory\n", stderr);
    exit(EXIT_OUT_OF_MEMORY);
}

void *pool_take(struct pool *pool, size_t size) {
    if (size > SIZE_MAX - sizeof(struct pool_block))
        out_of_memory();
    struct pool_block *block = calloc(1, sizeof *block + size);
    if (!block)
        out_of_memory();
    block->next = pool->blocks;
    pool->blocks = block;
    return block->memory;
}

char *pool_copy(struct pool *pool, const char *text, size_t size) {
    char *copy = pool_take(pool, size + 1);
    if (size > 0)
        memcpy(copy, text, size);
    return copy;
}

char *pool_vprint(struct pool *pool, const char *format, va_list arguments) {
    va_list again;
    va_copy(again, arguments);
    int size = vsnprintf(NULL, 0, format, arguments);
    if (size < 0)
        out_of_memory();
    char *text = pool_take(pool, (size_t)size + 1);
    vsnprintf(text, (size_t)size + 1, format, again);
    va_end(again);
    return text;
}

char *pool_print(struct pool *pool, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    char *text = pool_vprint(pool, format, arguments);
    va_end(arguments);
    return text;
}

void *pool_grow(struct pool *pool, void *old, size_t count, size_t size) {
    if (count == 0)
        return pool_take(pool, FIRST_ELEMENTS * size);
    if (count < FIRST_ELEMENTS || (count & (count - 1)) != 0)
        return old; // room is always a power of two
    if (count > SIZE_MAX / 2 / size)
        out_of_memory();
    void *larger = pool_take(pool, 2 * count * size);
    memcpy(larger, old, count * size);
    return larger;
}

void pool_free(struct pool *pool) {
    while (pool->blocks) {
        struct pool_block *next = pool->blocks->next;
        free(pool->blocks);
        pool->blocks = next;
    }
}
