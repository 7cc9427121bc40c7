// SPDX-License-Identifier: Apache-2.0
// The floor: a program that knows nothing of pathways and only writes the rows that the library wrote, in the same
// transactions. The rows are recorded from a real run.
#ifndef TESTS_BENCH_FLOOR_H
#define TESTS_BENCH_FLOOR_H

#include <stepdown.h>

#include <stdbool.h>
#include <stddef.h>

// Commits as they were made: a list of operations in memory.
struct tape_op {
    int32_t kind; // STEPDOWN_STORAGE_PUT, PUT_NEW, DELETE
    size_t at;    // of the key in `bytes`; the value stands behind it
    uint16_t key, value;
};
struct tape {
    uint8_t *bytes;
    size_t size, cap;
    struct tape_op *ops;
    size_t op_count, op_cap;
    size_t *ends; // by commit: first operation behind it
    size_t end_count, end_cap;
};
void tape_free(struct tape *tape);
stepdown_slice tape_key(const struct tape *tape, size_t op);
stepdown_slice tape_value(const struct tape *tape, size_t op);
size_t tape_first(const struct tape *tape, size_t commit); // its first operation

// A memory store that writes every commit onto the tape that recorder_record names (NULL: none). One store at a time.
stepdown_storage *recorder_open(void);
void recorder_record(struct tape *tape);

// SQLite by bare calls: a table of keys and values like ours.
struct bare;
struct bare *bare_open(const char *path, const char *synchronous);
void bare_close(struct bare *b);
// Commits [from, to) of the tape.
void bare_play(struct bare *b, const struct tape *tape, size_t from, size_t to);

// The memory store by bare calls: records are encoded and hashed anew, all rows stored. With `records_only`, just those.
struct keeper;
struct keeper *keeper_open(bool records_only);
void keeper_close(struct keeper *k);
void keeper_learn(struct keeper *k, const struct tape *tape); // decodes the records, ahead of time
void keeper_play(struct keeper *k, const struct tape *tape, size_t from, size_t to);

#endif
