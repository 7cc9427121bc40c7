// SPDX-License-Identifier: Apache-2.0
// Files, entropy, clocks and mutexes on POSIX systems. The only file that includes the system's own headers.
// May call: env.
#define _POSIX_C_SOURCE 200809L
#define _DEFAULT_SOURCE 1 // getentropy
#define _DARWIN_C_SOURCE 1

#include "base/platform.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/env.h"

static int64_t clock_read(clockid_t id) {
    struct timespec now = {0, 0};
    clock_gettime(id, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

int64_t platform_clock(void) { return clock_read(CLOCK_REALTIME); }

int64_t platform_monotonic(void) { return clock_read(CLOCK_MONOTONIC); }

bool platform_entropy(uint8_t *out, size_t size) {
    enum { ENTROPY_MOST = 256 }; // one call of getentropy gives no more
    while (size > 0) {
        size_t part = size < ENTROPY_MOST ? size : ENTROPY_MOST;
        if (getentropy(out, part) != 0)
            return false;
        out += part;
        size -= part;
    }
    return true;
}

void platform_sleep(int64_t microseconds) {
    if (microseconds <= 0)
        return;
    struct timespec left = {.tv_sec = (time_t)(microseconds / 1000000),
                            .tv_nsec = (long)(microseconds % 1000000 * 1000)};
    while (nanosleep(&left, &left) != 0 && errno == EINTR) {
        // interrupted by a signal of the host: sleep what is left
    }
}

// Read up to `size` bytes. False: the system failed. *out_size tells how many there were before the end of the file.
static bool file_read(int fd, uint8_t *data, size_t size, size_t *out_size) {
    size_t have = 0;
    while (have < size) {
        ssize_t got = read(fd, data + have, size - have);
        if (got == 0)
            break;
        if (got > 0)
            have += (size_t)got;
        else if (errno != EINTR)
            return false;
    }
    *out_size = have;
    return true;
}

static enum platform_file file_read_open(const struct env *env, int fd, size_t limit, uint8_t **out, size_t *out_size) {
    struct stat about;
    if (fstat(fd, &about) != 0)
        return PLATFORM_FILE_ERROR;
    if (!S_ISREG(about.st_mode))
        return PLATFORM_FILE_MISSING;
    if (about.st_size < 0 || (uint64_t)about.st_size > limit)
        return PLATFORM_FILE_TOO_LARGE;
    // One byte more than the system says, for the NUL; it also shows whether the file grew meanwhile.
    size_t room = (size_t)about.st_size + 1;
    uint8_t *data = env_alloc(env, room);
    if (data == NULL)
        return PLATFORM_FILE_NOMEM;
    size_t have = 0;
    if (!file_read(fd, data, room, &have) || have == room) {
        env_free(env, data);
        return PLATFORM_FILE_ERROR;
    }
    data[have] = '\0';
    *out = data;
    *out_size = have;
    return PLATFORM_FILE_OK;
}

enum platform_file platform_read_file(const struct env *env, const char *path, size_t limit, uint8_t **out,
                                      size_t *out_size) {
    int fd;
    do
        fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK); // not to wait for a writer, should the path be a pipe
    while (fd < 0 && errno == EINTR);
    if (fd < 0)
        return errno == ENOENT || errno == ENOTDIR ? PLATFORM_FILE_MISSING : PLATFORM_FILE_ERROR;
    enum platform_file result = file_read_open(env, fd, limit < SIZE_MAX ? limit : SIZE_MAX - 1, out, out_size);
    close(fd);
    return result;
}

struct platform_mutex {
    pthread_mutex_t lock;
    // Who holds it. Another thread may read both while they change, but never finds its own name in them: it would
    // have had to write it itself. `holder` is written before `held` is set.
    _Atomic(pthread_t) holder;
    atomic_bool held;
};

struct platform_mutex *platform_mutex_new(const struct env *env) {
    struct platform_mutex *m = env_zalloc(env, sizeof *m);
    if (m == NULL)
        return NULL;
    if (pthread_mutex_init(&m->lock, NULL) != 0) {
        env_free(env, m);
        return NULL;
    }
    return m;
}

void platform_mutex_free(const struct env *env, struct platform_mutex *m) {
    if (m == NULL)
        return;
    pthread_mutex_destroy(&m->lock);
    env_free(env, m);
}

bool platform_mutex_held(struct platform_mutex *m) {
    return atomic_load(&m->held) && pthread_equal(atomic_load(&m->holder), pthread_self());
}

bool platform_mutex_lock(struct platform_mutex *m) {
    if (platform_mutex_held(m))
        return false;
    pthread_mutex_lock(&m->lock);
    atomic_store(&m->holder, pthread_self());
    atomic_store(&m->held, true);
    return true;
}

bool platform_mutex_lock_for(struct platform_mutex *m, int64_t microseconds) {
    if (platform_mutex_held(m))
        return false;
    if (pthread_mutex_trylock(&m->lock) != 0) {
        int64_t until = platform_clock() + microseconds; // the only clock that a timed lock takes everywhere
        const struct timespec end = {.tv_sec = (time_t)(until / 1000000), .tv_nsec = (long)(until % 1000000 * 1000)};
        if (pthread_mutex_timedlock(&m->lock, &end) != 0)
            return false;
    }
    atomic_store(&m->holder, pthread_self());
    atomic_store(&m->held, true);
    return true;
}

void platform_mutex_unlock(struct platform_mutex *m) {
    atomic_store(&m->held, false);
    pthread_mutex_unlock(&m->lock);
}
