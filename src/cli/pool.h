// SPDX-License-Identifier: Apache-2.0
// Memory of the tool: pools whose blocks die together, and growing text. A command-line program that runs out of memory
// can only say so and end, which is what these do. May call: the C library.
#ifndef CLI_POOL_H
#define CLI_POOL_H

#include <stdarg.h>
#include <stddef.h>

struct pool_block;
// Zero-initialised is empty and ready.
struct pool {
    struct pool_block *blocks;
};

// `size` bytes, zeroed and aligned for anything, until pool_free.
void *pool_take(struct pool *pool, size_t size);
// Copy of `size` bytes of text, with a NUL after them.
char *pool_copy(struct pool *pool, const char *text, size_t size);
char *pool_print(struct pool *pool, const char *format, ...) __attribute__((format(printf, 2, 3)));
char *pool_vprint(struct pool *pool, const char *format, va_list arguments) __attribute__((format(printf, 2, 0)));
// Room for one element more behind `count` elements of `size` bytes: `old`, or a larger copy of it.
void *pool_grow(struct pool *pool, void *old, size_t count, size_t size);
void pool_free(struct pool *pool);

// Ends the program as a failure.
void out_of_memory(void) __attribute__((noreturn));

#endif
