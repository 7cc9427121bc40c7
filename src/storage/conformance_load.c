// SPDX-License-Identifier: Apache-2.0
// Conformance rules about size and repetition: large commits, many rows, and long runs of random steps held against a
// model or an invariant. Random numbers come from a fixed seed, so a failure comes again.
// May call: base, the guard.
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "storage/backend.h"
#include "storage/conformance.h"

// xorshift64*: any odd-looking sequence will do, as long as it is the same everywhere.
static uint32_t random_next(uint64_t *state, uint32_t below) {
    *state ^= *state >> 12;
    *state ^= *state << 25;
    *state ^= *state >> 27;
    return (uint32_t)((*state * UINT64_C(2685821657736338717)) >> 33) % below;
}

static bool rule_thousand_operations_in_one_commit(struct play *p) {
    char key[16];
    if (!play_begin(p, 0, true))
        return false;
    for (size_t i = 0; i < 1000; i++) {
        (void)snprintf(key, sizeof key, "%03zu", (i * 37) % 1000); // out of order, each once
        if (!play_put(p, 0, key, key))
            return false;
    }
    if (!play_commit(p, 0, STEPDOWN_OK) || !play_begin(p, 0, true))
        return false;
    for (size_t i = 0; i < 1000; i++) {
        (void)snprintf(key, sizeof key, "%03zu", i);
        if (!play_sees(p, 0, key, key) || (i % 10 != 0 && !play_delete(p, 0, key)))
            return false;
    }
    return play_commit(p, 0, STEPDOWN_OK) && play_begin(p, 0, false) &&
           play_scans(p, 0, "5", "55", false, 10, "500 510 520 530 540", false);
}

static bool rule_mebibyte_in_one_commit(struct play *p) {
    enum { COUNT = 17 }; // 17 times 65,535 bytes
    uint8_t *data = arena_alloc(&p->arena, STORAGE_VALUE_MAX);
    if (data == NULL || !play_begin(p, 0, true))
        return play_wrong(p, "out of memory");
    for (size_t i = 0; i < COUNT; i++) {
        uint8_t key = (uint8_t)i;
        memset(data, (int)i, STORAGE_VALUE_MAX);
        if (!play_put_bytes(p, 0, slice_of(&key, 1), slice_of(data, STORAGE_VALUE_MAX)))
            return false;
    }
    if (!play_commit(p, 0, STEPDOWN_OK) || !play_begin(p, 0, false))
        return false;
    for (size_t i = 0; i < COUNT; i++) {
        uint8_t key = (uint8_t)i;
        memset(data, (int)i, STORAGE_VALUE_MAX);
        if (!play_sees_bytes(p, 0, slice_of(&key, 1), slice_of(data, STORAGE_VALUE_MAX)))
            return false;
    }
    return true;
}

static bool rows_store(struct play *p, uint32_t count) {
    for (uint32_t i = 0; i < count;) {
        if (!play_begin(p, 0, true))
            return false;
        for (uint32_t end = i + 1000; i < count && i < end; i++) {
            uint8_t key[4];
            write_be32(key, i);
            if (!play_put_bytes(p, 0, slice_of(key, 4), slice_of(key, 4)))
                return false;
        }
        if (!play_commit(p, 0, STEPDOWN_OK))
            return false;
    }
    return true;
}

// Read all rows in pages, resuming each behind the last; every row once, in order.
static bool rows_page(struct play *p, uint32_t count, bool descending, size_t limit) {
    uint8_t bound[5] = {0};
    size_t bound_size = 0;
    bool more = true;
    uint32_t seen = 0;
    struct arena arena;
    arena_init(&arena, p->env);
    while (more) {
        struct row *rows = NULL;
        size_t got = 0;
        stepdown_error *error = NULL;
        arena_reset(&arena);
        stepdown_slice at = slice_of(bound, bound_size), open = {NULL, 0};
        stepdown_status status = transaction_scan(&p->seats[0], descending ? open : at, descending ? at : open,
                                                  descending, limit, &arena, &rows, &got, &more, &error);
        if (!play_status(p, "scan", STEPDOWN_OK, status, &error))
            break;
        for (size_t i = 0; i < got; i++, seen++) {
            write_be32(bound, descending ? count - 1 - seen : seen);
            if (!slice_equal(rows[i].key, slice_of(bound, 4)))
                play_wrong(p, "row %" PRIu32 " of %" PRIu32 " is not the key that belongs there", seen, count);
        }
        bound_size = descending ? 4 : 5; // ascending: the least key behind the last
        more = more && got > 0 && p->detail[0] == '\0';
    }
    arena_free(&arena);
    return p->detail[0] == '\0' && (seen == count || play_wrong(p, "%" PRIu32 " rows of %" PRIu32, seen, count));
}

static bool rule_pages_cover_every_row_once(struct play *p) {
    uint32_t count = p->thorough ? 1000000 : 5003;
    size_t limit = p->thorough ? 1000 : 97;
    return rows_store(p, count) && play_begin(p, 0, false) && rows_page(p, count, false, limit) &&
           rows_page(p, count, true, limit);
}

enum { MODEL_KEYS = 48, MODEL_VALUE = 8 };

// What the store must hold: for each key a value, "" for absent.
struct model {
    char values[MODEL_KEYS][MODEL_VALUE];
};

static void model_key(size_t at, char key[4]) {
    key[0] = (char)('a' + at % 3);
    key[1] = (char)('0' + at / 10 % 10);
    key[2] = (char)('0' + at % 10);
    key[3] = 0;
}

static bool model_step(struct play *p, struct model *model, uint64_t *seed, uint32_t step) {
    struct model next = *model;
    bool conflict = false;
    char key[4], value[MODEL_VALUE];
    if (!play_begin(p, 0, random_next(seed, 2) == 0))
        return false;
    for (uint32_t i = 1 + random_next(seed, 6); i > 0; i--) {
        size_t at = random_next(seed, MODEL_KEYS);
        model_key(at, key);
        (void)snprintf(value, sizeof value, "%" PRIu32, step % 1000000);
        uint32_t kind = random_next(seed, 8);
        bool put = kind > 2, fresh = kind == 2;
        bool done = put ? play_put(p, 0, key, value) : fresh ? play_put_new(p, 0, key, value) : play_delete(p, 0, key);
        conflict = conflict || (fresh && model->values[at][0] != '\0');
        if (!done)
            return false;
        (void)snprintf(next.values[at], MODEL_VALUE, "%s", put || fresh ? value : "");
        if (fresh)
            break; // a later operation on the key would replace this one
    }
    if (random_next(seed, 10) == 0) {
        play_abort(p, 0);
        return true;
    }
    if (!play_commit(p, 0, conflict ? STEPDOWN_CONFLICT : STEPDOWN_OK))
        return false;
    if (!conflict)
        *model = next;
    return true;
}

static bool model_compare(struct play *p, const struct model *model) {
    char key[4];
    if (!play_begin(p, 1, false))
        return false;
    for (size_t i = 0; i < MODEL_KEYS; i++) {
        model_key(i, key);
        if (!play_sees(p, 1, key, model->values[i][0] == '\0' ? NULL : model->values[i]))
            return false;
    }
    return play_commit(p, 1, STEPDOWN_OK);
}

static bool rule_random_steps_agree_with_a_model(struct play *p) {
    struct model model;
    memset(&model, 0, sizeof model);
    uint64_t seed = 20250309;
    uint32_t steps = p->thorough ? 200000 : 2000;
    for (uint32_t step = 0; step < steps; step++) {
        if (!model_step(p, &model, &seed, step))
            return false;
        if (step % 100 == 0) {
            if (!model_compare(p, &model))
                return false;
            arena_reset(&p->arena);
        }
    }
    return model_compare(p, &model);
}

enum { ACCOUNTS = 12, ACCOUNT_START = 100 };

// Read an account in a transaction.
static bool account_read(struct play *p, size_t seat, uint32_t account, uint32_t *out) {
    uint8_t key = (uint8_t)account;
    const stepdown_slice slice = slice_of(&key, 1);
    struct row row;
    stepdown_error *error = NULL;
    stepdown_status status = transaction_get(&p->seats[seat], &slice, 1, &p->arena, &row, &error);
    if (!play_status(p, "get", STEPDOWN_OK, status, &error))
        return false;
    if (!row.present || row.value.size != 4)
        return play_wrong(p, "account %" PRIu32 " is missing", account);
    *out = read_be32(row.value.data);
    return true;
}

static bool account_write(struct play *p, size_t seat, uint32_t account, uint32_t amount) {
    uint8_t key = (uint8_t)account, value[4];
    write_be32(value, amount);
    return play_put_bytes(p, seat, slice_of(&key, 1), slice_of(value, 4));
}

static bool accounts_open(struct play *p) {
    if (!play_begin(p, 0, true))
        return false;
    for (uint32_t i = 0; i < ACCOUNTS; i++)
        if (!account_write(p, 0, i, ACCOUNT_START))
            return false;
    return play_commit(p, 0, STEPDOWN_OK);
}

static bool accounts_sum(struct play *p, size_t seat) {
    uint32_t sum = 0, amount = 0;
    if (!play_begin(p, seat, false))
        return false;
    for (uint32_t i = 0; i < ACCOUNTS; i++) {
        if (!account_read(p, seat, i, &amount))
            return false;
        sum += amount;
    }
    play_abort(p, seat);
    return sum == ACCOUNTS * ACCOUNT_START ||
           play_wrong(p, "%d accounts hold %" PRIu32 " instead of %d", ACCOUNTS, sum, ACCOUNTS * ACCOUNT_START);
}

// One unit from one account to another; not committed yet.
static bool transfer_prepare(struct play *p, size_t seat, uint64_t *seed) {
    uint32_t from = random_next(seed, ACCOUNTS), to = (from + 1 + random_next(seed, ACCOUNTS - 1)) % ACCOUNTS;
    uint32_t from_amount = 0, to_amount = 0;
    if (!(play_begin(p, seat, false) && account_read(p, seat, from, &from_amount) &&
          account_read(p, seat, to, &to_amount)))
        return false;
    return account_write(p, seat, from, from_amount - 1) && account_write(p, seat, to, to_amount + 1);
}

static bool rule_transfers_keep_the_sum(struct play *p) {
    enum { TELLERS = 4 };
    uint64_t seed = 4711;
    uint32_t rounds = p->thorough ? 20000 : 300, won = 0;
    if (!accounts_open(p))
        return false;
    for (uint32_t round = 0; round < rounds; round++) {
        for (size_t i = 0; i < TELLERS; i++)
            if (!transfer_prepare(p, i, &seed))
                return false;
        for (size_t i = 0; i < TELLERS; i++) {
            stepdown_error *error = NULL;
            stepdown_status status = transaction_commit(&p->seats[i], &error);
            won += status == STEPDOWN_OK;
            if (status == STEPDOWN_CONFLICT)
                error_free(&error);
            else if (!play_status(p, "commit", STEPDOWN_OK, status, &error))
                return false;
        }
        if (!accounts_sum(p, TELLERS))
            return false;
        arena_reset(&p->arena);
    }
    return won >= rounds ||
           play_wrong(p, "%" PRIu32 " rounds, %" PRIu32 " transfers: in a round one must win", rounds, won);
}

static bool rule_queue_drains_without_a_trace(struct play *p) {
    uint32_t rounds = p->thorough ? 2000 : 100;
    char key[16], first[16];
    for (uint32_t round = 0; round < rounds; round++) {
        if (!play_begin(p, 0, true))
            return false;
        for (uint32_t i = 0; i < 5; i++) {
            (void)snprintf(key, sizeof key, "q%08" PRIu32, round * 5 + i);
            if (!play_put(p, 0, key, "x"))
                return false;
        }
        (void)snprintf(first, sizeof first, "q%08" PRIu32, round * 5);
        if (!play_commit(p, 0, STEPDOWN_OK) || !play_begin(p, 0, true) ||
            !play_scans(p, 0, "q", "r", false, 1, first, true))
            return false;
        for (uint32_t i = 0; i < 5; i++) {
            (void)snprintf(key, sizeof key, "q%08" PRIu32, round * 5 + i);
            if (!play_delete(p, 0, key))
                return false;
        }
        if (!play_commit(p, 0, STEPDOWN_OK))
            return false;
    }
    return play_begin(p, 0, false) && play_scans(p, 0, "", "", false, 1, "", false);
}

const struct rule conformance_load_rules[] = {
    {"thousand_operations_in_one_commit", rule_thousand_operations_in_one_commit},
    {"mebibyte_in_one_commit", rule_mebibyte_in_one_commit},
    {"pages_cover_every_row_once", rule_pages_cover_every_row_once},
    {"random_steps_agree_with_a_model", rule_random_steps_agree_with_a_model},
    {"transfers_keep_the_sum", rule_transfers_keep_the_sum},
    {"queue_drains_without_a_trace", rule_queue_drains_without_a_trace},
    {NULL, NULL},
};
