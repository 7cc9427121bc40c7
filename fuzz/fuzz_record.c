// SPDX-License-Identifier: Apache-2.0
// Any bytes as a row. What decodes must print, must have canonical parts, and must decode to the same leaf after one of
// its disclosures has been erased. The input's size decides which allocation fails, so that every failure replays.
// May call: record, base.
#include <stdlib.h>
#include <string.h>

#include "record/cbor.h"
#include "record/record.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static unsigned long countdown; // allocations until one fails; 0: none fails

static void *fuzz_allocate(void *ctx, void *block, size_t size) {
    (void)ctx;
    if (size == 0) {
        free(block);
        return NULL;
    }
    if (countdown > 0 && --countdown == 0)
        return NULL;
    return realloc(block, size);
}

static void require(bool holds) {
    if (!holds)
        abort();
}

static void erase_one(const struct env *env, struct digest *digest, struct arena *arena, stepdown_slice row,
                      uint16_t number, const struct record *whole) {
    struct buffer erased;
    struct record record;
    buffer_init(&erased, env);
    if (record_erase(env, row, number, &erased, NULL) == STEPDOWN_OK) {
        require(record_decode(env, digest, arena, slice_of(erased.data, erased.size), &record, NULL) == STEPDOWN_OK);
        require(memcmp(record.leaf, whole->leaf, DIGEST_SIZE) == 0);
        require(record_erase(env, slice_of(erased.data, erased.size), number, &erased, NULL) == STEPDOWN_NOT_FOUND);
    }
    buffer_free(&erased);
}

static void decode(const struct env *env, struct digest *digest, stepdown_slice row) {
    struct arena arena;
    struct buffer text;
    struct record record;
    struct cbor_reader r;
    arena_init(&arena, env);
    buffer_init(&text, env);
    if (record_decode(env, digest, &arena, row, &record, NULL) == STEPDOWN_OK) {
        cbor_reader_init(&r, row);
        require(cbor_skip(&r) && cbor_at_end(&r));
        cbor_reader_init(&r, record.core);
        require(cbor_skip(&r) && cbor_at_end(&r));
        record_print(&record, NULL, &text);
        for (uint16_t number = 0; digest && number <= record.disclosure_count && number < 4; number++)
            erase_one(env, digest, &arena, row, number, &record);
    }
    buffer_free(&text);
    arena_free(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct env env = env_default();
    struct digest *digest = NULL;
    stepdown_slice row = {data, size};
    env.allocate = fuzz_allocate;
    countdown = 0;
    if (digest_new(&env, &digest, NULL) != STEPDOWN_OK)
        return 0;
    decode(&env, digest, row); // mutations rarely get past the commitments …
    decode(&env, NULL, row);   // … so once without them
    countdown = 1 + size % 8;
    decode(&env, NULL, row);
    countdown = 0;
    digest_free(&digest);
    return 0;
}
