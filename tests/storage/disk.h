// SPDX-License-Identifier: Apache-2.0
// A disk that fails when it is told to: a VFS in front of SQLite's own that becomes the default one of the process.
#ifndef TESTS_STORAGE_DISK_H
#define TESTS_STORAGE_DISK_H

#include <stdbool.h>
#include <stddef.h>

enum disk_call { DISK_READ, DISK_WRITE, DISK_SYNC, DISK_TRUNCATE, DISK_OPEN, DISK_CALLS };

void disk_install(void);
// The `at`th call of this kind from now on (1: the next) fails with `code` of SQLite; later ones too if persistent.
void disk_arm(enum disk_call call, size_t at, int code, bool persistent);
void disk_disarm(void);
size_t disk_hits(void); // calls made to fail since armed

#endif
