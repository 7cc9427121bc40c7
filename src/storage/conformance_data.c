// SPDX-License-Identifier: Apache-2.0
// Conformance rules about one transaction at a time: what is stored comes back, in order, whole or not at all.
// May call: base, the guard.
#include <string.h>

#include "storage/backend.h"
#include "storage/conformance.h"

static bool rule_new_store_is_empty(struct play *p) {
    return play_begin(p, 0, false) && play_sees(p, 0, "a", NULL) && play_scans(p, 0, "", "", false, 10, "", false) &&
           play_scans(p, 0, "", "", true, 10, "", false) && play_commit(p, 0, STEPDOWN_OK);
}

static bool rule_committed_value_is_read(struct play *p) {
    return play_store(p, 0, "a", "one") && play_holds(p, "a", "one") && play_store(p, 0, "a", "two") &&
           play_holds(p, "a", "two") && play_holds(p, "b", NULL);
}

static bool rule_get_answers_each_key(struct play *p) {
    static const char *const keys[] = {"c", "missing", "a", "c", "b"};
    static const char *const values[] = {"3", NULL, "1", "3", NULL};
    enum { COUNT = 5 };
    if (!(play_store(p, 0, "a", "1") && play_store(p, 0, "c", "3") && play_begin(p, 0, false)))
        return false;
    stepdown_slice list[COUNT];
    struct row rows[COUNT];
    for (size_t i = 0; i < COUNT; i++)
        list[i] = slice_text(keys[i]);
    stepdown_error *error = NULL;
    stepdown_status status = transaction_get(&p->seats[0], list, COUNT, &p->arena, rows, &error);
    if (!play_status(p, "get", STEPDOWN_OK, status, &error))
        return false;
    for (size_t i = 0; i < COUNT; i++) {
        bool right = values[i] == NULL ? !rows[i].present : rows[i].present && slice_is(rows[i].value, values[i]);
        if (!right || !slice_is(rows[i].key, keys[i]))
            return play_wrong(p, "answer %zu (key '%s') is not what was stored", i, keys[i]);
    }
    return true;
}

static bool rule_prefetch_is_a_hint(struct play *p) {
    const stepdown_slice keys[] = {slice_text("a"), slice_text("missing")};
    stepdown_error *error = NULL;
    if (!play_store(p, 0, "a", "1"))
        return false;
    stepdown_status status = transaction_begin(&p->seats[0], false, keys, 2, &error);
    return play_status(p, "begin with prefetch", STEPDOWN_OK, status, &error) && play_sees(p, 0, "missing", NULL) &&
           play_sees(p, 0, "b", NULL) && play_sees(p, 0, "a", "1");
}

// Bytes that differ with `seed` and place.
static void pattern_fill(uint8_t *data, size_t size, size_t seed) {
    for (size_t i = 0; i < size; i++)
        data[i] = (uint8_t)((i * 131 + seed * 29 + (i >> 8)) & 0xff);
}

static bool rule_values_of_every_length(struct play *p) {
    static const size_t sizes[] = {0, 1, 2, 254, 255, 256, 4095, 4096, 4097, 32768, 65534, 65535};
    uint8_t *data = arena_alloc(&p->arena, STORAGE_VALUE_MAX);
    if (data == NULL)
        return play_wrong(p, "out of memory");
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        uint8_t key = (uint8_t)i;
        pattern_fill(data, sizes[i], i);
        stepdown_slice value = slice_of(data, sizes[i]);
        if (!(play_begin(p, 0, true) && play_put_bytes(p, 0, slice_of(&key, 1), value) &&
              play_commit(p, 0, STEPDOWN_OK)))
            return false;
    }
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        uint8_t key = (uint8_t)i;
        pattern_fill(data, sizes[i], i);
        if (!(play_begin(p, 0, false) && play_sees_bytes(p, 0, slice_of(&key, 1), slice_of(data, sizes[i])) &&
              play_commit(p, 0, STEPDOWN_OK)))
            return false;
    }
    return true;
}

static bool rule_keys_of_every_length(struct play *p) {
    uint8_t key[STORAGE_KEY_MAX];
    memset(key, 'k', sizeof key); // each a prefix of the next
    if (!play_begin(p, 0, true))
        return false;
    for (size_t size = 1; size <= STORAGE_KEY_MAX; size++)
        if (!play_put_bytes(p, 0, slice_of(key, size), slice_of(&(uint8_t){(uint8_t)size}, 1)))
            return false;
    if (!play_commit(p, 0, STEPDOWN_OK) || !play_begin(p, 0, false))
        return false;
    for (size_t size = 1; size <= STORAGE_KEY_MAX; size++)
        if (!play_sees_bytes(p, 0, slice_of(key, size), slice_of(&(uint8_t){(uint8_t)size}, 1)))
            return false;
    return true;
}

static bool rule_too_long_is_refused(struct play *p) {
    static const uint8_t zeros[STORAGE_VALUE_MAX + 1] = {0};
    static const struct { size_t key, value; } sizes[] = {{0, 1}, {STORAGE_KEY_MAX + 1, 1}, {1, STORAGE_VALUE_MAX + 1}};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        stepdown_error *error = NULL;
        if (!play_begin(p, 0, true))
            return false;
        stepdown_status status =
            transaction_put(&p->seats[0], slice_of(zeros, sizes[i].key), slice_of(zeros, sizes[i].value), &error);
        if (!play_status(p, "put that is too long", STEPDOWN_LIMIT, status, &error))
            return false;
        play_abort(p, 0);
    }
    return play_begin(p, 0, false) && play_scans(p, 0, "", "", false, 10, "", false);
}

static bool rule_keys_are_ordered_as_unsigned_bytes(struct play *p) {
    static const struct {
        uint8_t bytes[4];
        size_t size;
    } keys[] = {{{0x00}, 1},       {{0x00, 0x00}, 2}, {{0x00, 0x01}, 2}, {{0x01}, 1},
                {{0x7f}, 1},       {{0x7f, 0xff}, 2}, {{0x80}, 1},       {{0x80, 0x00}, 2},
                {{0xfe, 0xff}, 2}, {{0xff}, 1},       {{0xff, 0x00}, 2}, {{0xff, 0xff, 0xff, 0xff}, 4}};
    enum { COUNT = sizeof keys / sizeof *keys };
    if (!play_begin(p, 0, true))
        return false;
    for (size_t i = 0; i < COUNT; i++) {
        size_t at = (i * 5) % COUNT; // 5 and 12 have no common factor: every key once, out of order
        if (!play_put_bytes(p, 0, slice_of(keys[at].bytes, keys[at].size), slice_text("")))
            return false;
    }
    if (!play_commit(p, 0, STEPDOWN_OK) || !play_begin(p, 0, false))
        return false;
    struct row *rows = NULL;
    size_t count = 0;
    bool more = false;
    stepdown_error *error = NULL;
    stepdown_status status = transaction_scan(&p->seats[0], slice_text(""), slice_text(""), false, 100, &p->arena,
                                              &rows, &count, &more, &error);
    if (!play_status(p, "scan", STEPDOWN_OK, status, &error))
        return false;
    for (size_t i = 0; i < count && i < COUNT; i++)
        if (!slice_equal(rows[i].key, slice_of(keys[i].bytes, keys[i].size)))
            return play_wrong(p, "row %zu of %zu is not the key that belongs there", i, count);
    return count == COUNT || play_wrong(p, "%zu keys stored, %zu found", (size_t)COUNT, count);
}

static bool letters_store(struct play *p) {
    static const char *const letters[] = {"b", "d", "f", "h", "j"};
    if (!play_begin(p, 0, true))
        return false;
    for (size_t i = 0; i < 5; i++)
        if (!play_put(p, 0, letters[i], letters[i]))
            return false;
    return play_commit(p, 0, STEPDOWN_OK) && play_begin(p, 0, false);
}

static bool rule_scan_is_half_open(struct play *p) {
    return letters_store(p) && play_scans(p, 0, "", "", false, 10, "b d f h j", false) &&
           play_scans(p, 0, "d", "h", false, 10, "d f", false) &&
           play_scans(p, 0, "c", "i", false, 10, "d f h", false) &&
           play_scans(p, 0, "d", "", false, 10, "d f h j", false) && play_scans(p, 0, "", "d", false, 10, "b", false) &&
           play_scans(p, 0, "j", "", false, 10, "j", false) && play_scans(p, 0, "k", "", false, 10, "", false) &&
           play_scans(p, 0, "d", "d", false, 10, "", false) && play_scans(p, 0, "h", "d", false, 10, "", false) &&
           play_scans(p, 0, "", "a", false, 10, "", false);
}

static bool rule_scan_descends(struct play *p) {
    return letters_store(p) && play_scans(p, 0, "", "", true, 10, "j h f d b", false) &&
           play_scans(p, 0, "d", "h", true, 10, "f d", false) && play_scans(p, 0, "c", "i", true, 10, "h f d", false) &&
           play_scans(p, 0, "d", "", true, 10, "j h f d", false) && play_scans(p, 0, "", "d", true, 10, "b", false) &&
           play_scans(p, 0, "h", "d", true, 10, "", false) && play_scans(p, 0, "", "b", true, 10, "", false);
}

static bool rule_scan_keeps_to_its_limit(struct play *p) {
    return letters_store(p) && play_scans(p, 0, "", "", false, 2, "b d", true) &&
           play_scans(p, 0, "", "", false, 5, "b d f h j", false) && play_scans(p, 0, "", "", true, 1, "j", true) &&
           play_scans(p, 0, "", "f", false, 2, "b d", false) && play_scans(p, 0, "d", "j", true, 2, "h f", true);
}

static bool rule_abort_discards(struct play *p) {
    if (!(play_store(p, 0, "a", "1") && play_begin(p, 0, true) && play_put(p, 0, "a", "2") &&
          play_put(p, 0, "b", "2") && play_delete(p, 0, "a")))
        return false;
    play_abort(p, 0);
    return play_holds(p, "a", "1") && play_holds(p, "b", NULL);
}

static bool rule_own_writes_are_invisible(struct play *p) {
    return play_store(p, 0, "a", "1") && play_begin(p, 0, true) && play_put(p, 0, "a", "2") &&
           play_put(p, 0, "b", "2") && play_sees(p, 0, "a", "1") && play_sees(p, 0, "b", NULL) &&
           play_scans(p, 0, "", "", false, 10, "a", false) && play_commit(p, 0, STEPDOWN_OK) &&
           play_holds(p, "a", "2") && play_holds(p, "b", "2");
}

static bool rule_last_operation_of_a_key_wins(struct play *p) {
    return play_store(p, 0, "x", "old") && play_begin(p, 0, true) && play_put(p, 0, "a", "1") &&
           play_put(p, 0, "b", "1") && play_put(p, 0, "a", "2") && play_delete(p, 0, "b") && play_delete(p, 0, "c") &&
           play_put(p, 0, "c", "3") && play_put_new(p, 0, "x", "new") && play_put(p, 0, "x", "put") &&
           play_commit(p, 0, STEPDOWN_OK) && play_holds(p, "a", "2") && play_holds(p, "b", NULL) &&
           play_holds(p, "c", "3") && play_holds(p, "x", "put");
}

static bool rule_delete_removes(struct play *p) {
    return play_store(p, 0, "a", "1") && play_begin(p, 0, true) && play_delete(p, 0, "a") &&
           play_commit(p, 0, STEPDOWN_OK) && play_holds(p, "a", NULL) && play_begin(p, 0, false) &&
           play_scans(p, 0, "", "", false, 10, "", false) && play_commit(p, 0, STEPDOWN_OK) &&
           play_store(p, 0, "a", "2") && play_holds(p, "a", "2");
}

static bool rule_delete_of_an_absent_key_is_ok(struct play *p) {
    return play_begin(p, 0, true) && play_delete(p, 0, "a") && play_put(p, 0, "b", "1") &&
           play_commit(p, 0, STEPDOWN_OK) && play_holds(p, "a", NULL) && play_holds(p, "b", "1");
}

static bool rule_put_new_needs_an_absent_key(struct play *p) {
    return play_begin(p, 0, true) && play_put_new(p, 0, "a", "1") && play_commit(p, 0, STEPDOWN_OK) &&
           play_begin(p, 0, true) && play_put(p, 0, "b", "2") && play_put_new(p, 0, "a", "2") &&
           play_commit(p, 0, STEPDOWN_CONFLICT) && play_holds(p, "a", "1") && play_holds(p, "b", NULL) &&
           play_begin(p, 0, true) && play_delete(p, 0, "a") && play_commit(p, 0, STEPDOWN_OK) &&
           play_begin(p, 0, true) && play_put_new(p, 0, "a", "3") && play_commit(p, 0, STEPDOWN_OK) &&
           play_holds(p, "a", "3");
}

static bool rule_absent_check_needs_an_absent_key(struct play *p) {
    return play_store(p, 0, "a", "1") && play_begin(p, 0, true) && play_absent(p, 0, "b") && play_put(p, 0, "c", "1") &&
           play_commit(p, 0, STEPDOWN_OK) && play_begin(p, 0, true) && play_absent(p, 0, "a") &&
           play_put(p, 0, "c", "2") && play_commit(p, 0, STEPDOWN_CONFLICT) && play_holds(p, "c", "1");
}

static bool rule_checks_alone_commit(struct play *p) {
    return play_store(p, 0, "a", "1") && play_begin(p, 0, true) && play_unchanged(p, 0, "a") &&
           play_absent(p, 0, "b") && play_commit(p, 0, STEPDOWN_OK) && play_begin(p, 0, false) &&
           play_absent(p, 0, "a") && play_commit(p, 0, STEPDOWN_CONFLICT) && play_holds(p, "a", "1");
}

static bool rule_empty_commit_is_ok(struct play *p) {
    return play_begin(p, 0, true) && play_commit(p, 0, STEPDOWN_OK) && play_begin(p, 0, false) &&
           play_commit(p, 0, STEPDOWN_OK) && play_store(p, 0, "a", "1");
}

static bool rule_commit_consumes_the_transaction(struct play *p) {
    stepdown_error *error = NULL;
    if (!play_store(p, 0, "a", "1"))
        return false;
    stepdown_status status = transaction_put(&p->seats[0], slice_text("a"), slice_text("2"), &error);
    if (!play_status(p, "put after commit", STEPDOWN_MISUSE, status, &error))
        return false;
    struct row row;
    const stepdown_slice key = slice_text("a");
    status = transaction_get(&p->seats[0], &key, 1, &p->arena, &row, &error);
    return play_status(p, "get after commit", STEPDOWN_MISUSE, status, &error) && play_commit(p, 0, STEPDOWN_MISUSE) &&
           play_store(p, 0, "a", "3") && play_holds(p, "a", "3");
}

static bool rule_after_a_failure_only_abort(struct play *p) {
    stepdown_error *error = NULL;
    if (!(play_begin(p, 0, true) && play_put(p, 0, "a", "1")))
        return false;
    stepdown_status status = transaction_put(&p->seats[0], slice_text(""), slice_text("2"), &error);
    return play_status(p, "put without a key", STEPDOWN_LIMIT, status, &error) && play_commit(p, 0, STEPDOWN_MISUSE) &&
           play_holds(p, "a", NULL) && play_store(p, 0, "a", "2");
}

static bool rule_closed_storage_says_so(struct play *p) {
    stepdown_error *error = NULL;
    if (!play_store(p, 0, "a", "1") || !play_begin(p, 1, false) || !play_sees(p, 1, "a", "1"))
        return false;
    stepdown_status status = storage_close(p->storage, &error);
    if (!play_status(p, "close", STEPDOWN_OK, status, &error))
        return false;
    status = transaction_begin(&p->seats[0], false, NULL, 0, &error);
    return play_status(p, "begin after close", STEPDOWN_CLOSED, status, &error) && play_sees(p, 1, "a", "1") &&
           play_commit(p, 1, STEPDOWN_OK);
}

static bool rule_reopened_store_keeps_what_was_committed(struct play *p) {
    return play_store(p, 0, "a", "1") && play_store(p, 0, "b", "1") && play_store(p, 0, "b", "2") &&
           play_store(p, 0, "c", "1") && play_begin(p, 0, true) && play_delete(p, 0, "c") &&
           play_commit(p, 0, STEPDOWN_OK) && play_begin(p, 0, true) && play_put(p, 0, "d", "never committed") &&
           play_reopen(p) && play_holds(p, "a", "1") && play_holds(p, "b", "2") && play_holds(p, "c", NULL) &&
           play_holds(p, "d", NULL) && play_store(p, 0, "d", "4") && play_reopen(p) && play_holds(p, "d", "4");
}

static bool control_answers(struct play *p, int32_t kind, const char *name) {
    stepdown_error *error = NULL;
    struct buffer figures;
    buffer_init(&figures, p->env);
    stepdown_status status =
        storage_control(p->storage, kind, NULL, kind == STEPDOWN_STORAGE_STATISTICS ? &figures : NULL, &error);
    buffer_free(&figures);
    if (status == STEPDOWN_UNSUPPORTED && kind != STEPDOWN_STORAGE_PING) {
        error_free(&error);
        return true;
    }
    return play_status(p, name, STEPDOWN_OK, status, &error);
}

static bool rule_maintenance_leaves_the_data_alone(struct play *p) {
    return play_store(p, 0, "a", "1") && play_store(p, 0, "b", "1") && play_begin(p, 0, true) &&
           play_delete(p, 0, "b") && play_commit(p, 0, STEPDOWN_OK) &&
           control_answers(p, STEPDOWN_STORAGE_PING, "ping") &&
           control_answers(p, STEPDOWN_STORAGE_STATISTICS, "statistics") &&
           control_answers(p, STEPDOWN_STORAGE_CHECKPOINT, "checkpoint") &&
           control_answers(p, STEPDOWN_STORAGE_VACUUM, "vacuum") && play_holds(p, "a", "1") &&
           play_holds(p, "b", NULL) && play_store(p, 0, "a", "2") && play_holds(p, "a", "2");
}

const struct rule conformance_data_rules[] = {
    {"new_store_is_empty", rule_new_store_is_empty},
    {"committed_value_is_read", rule_committed_value_is_read},
    {"get_answers_each_key", rule_get_answers_each_key},
    {"prefetch_is_a_hint", rule_prefetch_is_a_hint},
    {"values_of_every_length", rule_values_of_every_length},
    {"keys_of_every_length", rule_keys_of_every_length},
    {"too_long_is_refused", rule_too_long_is_refused},
    {"keys_are_ordered_as_unsigned_bytes", rule_keys_are_ordered_as_unsigned_bytes},
    {"scan_is_half_open", rule_scan_is_half_open},
    {"scan_descends", rule_scan_descends},
    {"scan_keeps_to_its_limit", rule_scan_keeps_to_its_limit},
    {"abort_discards", rule_abort_discards},
    {"own_writes_are_invisible", rule_own_writes_are_invisible},
    {"last_operation_of_a_key_wins", rule_last_operation_of_a_key_wins},
    {"delete_removes", rule_delete_removes},
    {"delete_of_an_absent_key_is_ok", rule_delete_of_an_absent_key_is_ok},
    {"put_new_needs_an_absent_key", rule_put_new_needs_an_absent_key},
    {"absent_check_needs_an_absent_key", rule_absent_check_needs_an_absent_key},
    {"checks_alone_commit", rule_checks_alone_commit},
    {"empty_commit_is_ok", rule_empty_commit_is_ok},
    {"commit_consumes_the_transaction", rule_commit_consumes_the_transaction},
    {"after_a_failure_only_abort", rule_after_a_failure_only_abort},
    {"closed_storage_says_so", rule_closed_storage_says_so},
    {"reopened_store_keeps_what_was_committed", rule_reopened_store_keeps_what_was_committed},
    {"maintenance_leaves_the_data_alone", rule_maintenance_leaves_the_data_alone},
    {NULL, NULL},
};
