// SPDX-License-Identifier: Apache-2.0
// The only file of the library that knows the operating system: files, entropy, clock, mutex. A port is one new
// platform_*.c.
#ifndef BASE_PLATFORM_H
#define BASE_PLATFORM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct env;

int64_t platform_clock(void);     // microseconds UTC
int64_t platform_monotonic(void); // microseconds, for waiting only
bool platform_entropy(uint8_t *out, size_t size);
void platform_sleep(int64_t microseconds);

enum platform_file {
    PLATFORM_FILE_OK,
    PLATFORM_FILE_MISSING,
    PLATFORM_FILE_TOO_LARGE,
    PLATFORM_FILE_ERROR,
    PLATFORM_FILE_NOMEM
};
// MISSING: no regular file of that name (a directory is none).
// Read a whole file of at most `limit` bytes into memory of `env` (caller frees with env_free), NUL-terminated.
enum platform_file platform_read_file(const struct env *env, const char *path, size_t limit, uint8_t **out,
                                      size_t *out_size);

struct platform_mutex; // not recursive; remembers its holder so that re-entry can be told apart from waiting
struct platform_mutex *platform_mutex_new(const struct env *env);
void platform_mutex_free(const struct env *env, struct platform_mutex *m);
bool platform_mutex_lock(struct platform_mutex *m); // false: this thread holds it already
// The same, giving up after that long. False: this thread holds it already, or the time is over.
bool platform_mutex_lock_for(struct platform_mutex *m, int64_t microseconds);
void platform_mutex_unlock(struct platform_mutex *m);
bool platform_mutex_held(struct platform_mutex *m); // by this thread

// Counters for reference counts, shared between threads.
typedef struct platform_count {
    _Atomic(int32_t) value;
} platform_count;

#endif
