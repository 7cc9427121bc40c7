// SPDX-License-Identifier: Apache-2.0
// The failing disk. Methods forward to the file of the real VFS, which lies behind ours in one block. For one thread.
#include "storage/disk.h"

#include <stdlib.h>
#include <string.h>

#include <sqlite3.h>

struct disk_file {
    sqlite3_file base;
    sqlite3_file *real;
};

static struct {
    enum disk_call call;
    size_t at, seen, hits;
    int code;
    bool persistent;
} armed;

void disk_arm(enum disk_call call, size_t at, int code, bool persistent) {
    armed.call = call;
    armed.at = at;
    armed.seen = armed.hits = 0;
    armed.code = code;
    armed.persistent = persistent;
}

void disk_disarm(void) { disk_arm(DISK_CALLS, 0, SQLITE_OK, false); }

size_t disk_hits(void) { return armed.hits; }

static int disk_strike(enum disk_call call) {
    if (call != armed.call)
        return SQLITE_OK;
    armed.seen++;
    if (armed.seen < armed.at || (armed.seen > armed.at && !armed.persistent))
        return SQLITE_OK;
    armed.hits++;
    return armed.code;
}

static sqlite3_file *real_of(sqlite3_file *file) { return ((struct disk_file *)file)->real; }

static int disk_close(sqlite3_file *file) { return real_of(file)->pMethods->xClose(real_of(file)); }

static int disk_read(sqlite3_file *file, void *data, int size, sqlite3_int64 offset) {
    int code = disk_strike(DISK_READ);
    return code != SQLITE_OK ? code : real_of(file)->pMethods->xRead(real_of(file), data, size, offset);
}

static int disk_write(sqlite3_file *file, const void *data, int size, sqlite3_int64 offset) {
    int code = disk_strike(DISK_WRITE);
    if (code == SQLITE_OK)
        return real_of(file)->pMethods->xWrite(real_of(file), data, size, offset);
    (void)real_of(file)->pMethods->xWrite(real_of(file), data, size / 2, offset); // as far as there was room
    return code;
}

static int disk_truncate(sqlite3_file *file, sqlite3_int64 size) {
    int code = disk_strike(DISK_TRUNCATE);
    return code != SQLITE_OK ? code : real_of(file)->pMethods->xTruncate(real_of(file), size);
}

static int disk_sync(sqlite3_file *file, int flags) {
    int code = disk_strike(DISK_SYNC);
    return code != SQLITE_OK ? code : real_of(file)->pMethods->xSync(real_of(file), flags);
}

static int disk_size(sqlite3_file *file, sqlite3_int64 *size) {
    return real_of(file)->pMethods->xFileSize(real_of(file), size);
}

static int disk_lock(sqlite3_file *file, int lock) { return real_of(file)->pMethods->xLock(real_of(file), lock); }

static int disk_unlock(sqlite3_file *file, int lock) { return real_of(file)->pMethods->xUnlock(real_of(file), lock); }

static int disk_check(sqlite3_file *file, int *out) {
    return real_of(file)->pMethods->xCheckReservedLock(real_of(file), out);
}

static int disk_control(sqlite3_file *file, int op, void *argument) {
    return real_of(file)->pMethods->xFileControl(real_of(file), op, argument);
}

static int disk_sector(sqlite3_file *file) { return real_of(file)->pMethods->xSectorSize(real_of(file)); }

static int disk_traits(sqlite3_file *file) { return real_of(file)->pMethods->xDeviceCharacteristics(real_of(file)); }

static int disk_shm_map(sqlite3_file *file, int page, int size, int extend, void volatile **out) {
    return real_of(file)->pMethods->xShmMap(real_of(file), page, size, extend, out);
}

static int disk_shm_lock(sqlite3_file *file, int offset, int count, int flags) {
    return real_of(file)->pMethods->xShmLock(real_of(file), offset, count, flags);
}

static void disk_shm_barrier(sqlite3_file *file) { real_of(file)->pMethods->xShmBarrier(real_of(file)); }

static int disk_shm_unmap(sqlite3_file *file, int remove) {
    return real_of(file)->pMethods->xShmUnmap(real_of(file), remove);
}

static const sqlite3_io_methods disk_methods = {
    .iVersion = 2,
    .xClose = disk_close,
    .xRead = disk_read,
    .xWrite = disk_write,
    .xTruncate = disk_truncate,
    .xSync = disk_sync,
    .xFileSize = disk_size,
    .xLock = disk_lock,
    .xUnlock = disk_unlock,
    .xCheckReservedLock = disk_check,
    .xFileControl = disk_control,
    .xSectorSize = disk_sector,
    .xDeviceCharacteristics = disk_traits,
    .xShmMap = disk_shm_map,
    .xShmLock = disk_shm_lock,
    .xShmBarrier = disk_shm_barrier,
    .xShmUnmap = disk_shm_unmap,
};

static sqlite3_vfs *real_vfs;

static int disk_open(sqlite3_vfs *vfs, sqlite3_filename name, sqlite3_file *file, int flags, int *out_flags) {
    (void)vfs;
    struct disk_file *f = (struct disk_file *)file;
    f->base.pMethods = NULL;
    f->real = (sqlite3_file *)(f + 1);
    int code = disk_strike(DISK_OPEN);
    if (code == SQLITE_OK)
        code = real_vfs->xOpen(real_vfs, name, f->real, flags, out_flags);
    if (code == SQLITE_OK)
        f->base.pMethods = &disk_methods;
    return code;
}

void disk_install(void) {
    static sqlite3_vfs vfs;
    if (real_vfs != NULL)
        return;
    real_vfs = sqlite3_vfs_find(NULL);
    vfs = *real_vfs; // everything about names, time and randomness stays
    vfs.zName = "disk";
    vfs.szOsFile = (int)sizeof(struct disk_file) + real_vfs->szOsFile;
    vfs.xOpen = disk_open;
    sqlite3_vfs_register(&vfs, 1);
    disk_disarm();
}
