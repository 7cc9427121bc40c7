// SPDX-License-Identifier: Apache-2.0
// Memory for what dies together. Blocks double from 960 bytes to 256 KiB; nothing is freed singly.
// May call: env.
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include "base/env.h"

struct arena_block;
struct arena {
    const struct env *env;
    struct arena_block *first, *current; // reset keeps the blocks
    size_t used;                         // bytes handed out since init or reset
};

void arena_init(struct arena *arena, const struct env *env);
void arena_free(struct arena *arena);                // give every block back
void arena_reset(struct arena *arena);               // forget all contents, keep the blocks for reuse
void *arena_alloc(struct arena *arena, size_t size); // 16-byte aligned, not cleared; NULL: out of memory
void *arena_zalloc(struct arena *arena, size_t size);
char *arena_text(struct arena *arena, const char *text, size_t size); // copy, NUL-terminated
char *arena_format(struct arena *arena, const char *format, ...) __attribute__((format(printf, 2, 3)));
bool arena_slice(struct arena *arena, stepdown_slice in, stepdown_slice *out); // copy bytes; a NUL behind them

#endif
