// SPDX-License-Identifier: Apache-2.0
// What a record costs: encoding and decoding of the refusal (3 events, 3 withheld fields), beside the digests and the
// entropy it cannot do without. Medians of 9 interleaved rounds.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/platform.h"
#include "record/fixture.h"

enum { ROUNDS = 9, REPEATS = 20000, KINDS = 5 };

struct bench {
    struct env env; // with the system's entropy
    struct fixture f;
    struct sample sample;
    struct buffer row;
};

static void encode(struct bench *b) {
    (void)record_encode(&b->env, b->f.digest, &b->sample.header, b->sample.events, b->sample.event_count, &b->row,
                        b->f.leaf, NULL);
}

static void encode_without_entropy(struct bench *b) {
    (void)record_encode(&b->f.env, b->f.digest, &b->sample.header, b->sample.events, b->sample.event_count, &b->row,
                        b->f.leaf, NULL);
}

// Three short fields, a body, a core: what any encoder has to hash, and the salts it has to draw.
static void floor_of_encode(struct bench *b) {
    static const size_t sizes[] = {60, 37, 33, 190, 300};
    uint8_t hash[DIGEST_SIZE], salts[4 * RECORD_SALT];
    (void)b->env.random(b->env.random_ctx, salts, sizeof salts);
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++)
        (void)digest_sha256(b->f.digest, NULL, 0, b->row.data, sizes[i], hash);
}

static void decode_with(struct bench *b, struct digest *digest) {
    struct record record;
    arena_reset(&b->f.arena);
    if (record_decode(&b->env, digest, &b->f.arena, slice_of(b->row.data, b->row.size), &record, NULL) != STEPDOWN_OK)
        abort();
}

static void decode(struct bench *b) { decode_with(b, b->f.digest); }

static void decode_trusting(struct bench *b) { decode_with(b, NULL); }

static const struct {
    const char *name;
    void (*run)(struct bench *b);
} kinds[KINDS] = {
    {"floor: 5 digests, 64 bytes of entropy", floor_of_encode},
    {"encode", encode},
    {"encode, entropy for nothing", encode_without_entropy},
    {"decode, commitments checked", decode},
    {"decode, trusting", decode_trusting},
};

static int ascending(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

int main(void) {
    static struct bench b;
    struct arena samples;
    double times[KINDS][ROUNDS];
    fixture_open(&b.f);
    arena_init(&samples, &b.f.env);
    b.env = env_default();
    b.sample = sample_make(&samples, 1);
    buffer_init(&b.row, &b.env);
    encode(&b);
    for (size_t round = 0; round < ROUNDS; round++) {
        for (size_t kind = 0; kind < KINDS; kind++) {
            int64_t begin = platform_monotonic();
            for (size_t i = 0; i < REPEATS; i++)
                kinds[kind].run(&b);
            times[kind][round] = (double)(platform_monotonic() - begin) * 1000 / REPEATS;
        }
    }
    for (size_t kind = 0; kind < KINDS; kind++) {
        qsort(times[kind], ROUNDS, sizeof times[kind][0], ascending);
        printf("%-40s %7.0f ns  (%.0f to %.0f)  %.2f x floor\n", kinds[kind].name, times[kind][ROUNDS / 2],
               times[kind][0], times[kind][ROUNDS - 1], times[kind][ROUNDS / 2] / times[0][ROUNDS / 2]);
    }
    printf("row %zu bytes\n", b.row.size);
    buffer_free(&b.row);
    arena_free(&samples);
    fixture_close(&b.f);
    return 0;
}
