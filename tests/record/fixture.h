// SPDX-License-Identifier: Apache-2.0
// What the tests of this room share: an environment without chance (counted memory, salts that count up), and the sample
// records that the golden files hold.
#ifndef TESTS_RECORD_FIXTURE_H
#define TESTS_RECORD_FIXTURE_H

#include "base/arena.h"
#include "record/record.h"
#include "support/memory.h"

struct fixture {
    struct test_memory memory;
    struct env env;
    struct digest *digest;
    struct buffer row;
    struct arena arena;
    uint8_t leaf[DIGEST_SIZE];
    bool no_entropy;
    unsigned draws;
    uint8_t salt; // next byte of entropy
};

void fixture_open(struct fixture *f);
void fixture_close(struct fixture *f);   // fails the test when memory is still held
void fixture_restart(struct fixture *f); // salts from the beginning

// Values without ceremony.
struct value text_value(const char *text);
struct value word_value(enum value_type type, const char *word);
struct value number_value(enum value_type type, int64_t number);
struct value list_value(enum value_type type, const struct value *items, uint32_t count);
struct attr plain(uint32_t key, struct value value);
struct attr withheld(uint32_t key, struct value value, const char *label);

// One value of every type that may stand in a record, several for types with several forms.
const struct value *every_value(size_t *count);

// Sample records, by number. Lists live in `arena`.
struct sample {
    const char *name;
    struct record_header header;
    struct event *events;
    uint32_t event_count;
    int erase; // disclosure erased afterwards, -1: none
};
enum { SAMPLE_COUNT = 7 };
struct sample sample_make(struct arena *arena, unsigned number);
// Encode into f->row and f->leaf, the disclosure erased.
void sample_encode(struct fixture *f, unsigned number);

#endif
