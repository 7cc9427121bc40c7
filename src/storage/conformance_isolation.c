// SPDX-License-Identifier: Apache-2.0
// Conformance rules about transactions that overlap: snapshots stay as they were, and of two that write or check the
// same key only the first to commit wins. One thread plays all parts, so writes are mostly not announced: a back end
// may make an announced writer wait for the other.
// May call: base, the guard.
#include <stdio.h>

#include "base/error.h"
#include "storage/backend.h"
#include "storage/conformance.h"

static bool rule_snapshot_is_stable(struct play *p) {
    return play_store(p, 0, "a", "1") && play_store(p, 0, "b", "1") && play_begin(p, 1, false) &&
           play_sees(p, 1, "a", "1") && play_store(p, 0, "a", "2") && play_store(p, 0, "c", "2") &&
           play_begin(p, 0, true) && play_delete(p, 0, "b") && play_commit(p, 0, STEPDOWN_OK) &&
           play_sees(p, 1, "a", "1") && play_sees(p, 1, "b", "1") && play_sees(p, 1, "c", NULL) &&
           play_scans(p, 1, "", "", false, 10, "a b", false) && play_scans(p, 1, "", "", true, 10, "b a", false) &&
           play_commit(p, 1, STEPDOWN_OK) && play_holds(p, "a", "2") && play_holds(p, "b", NULL) &&
           play_holds(p, "c", "2");
}

static bool rule_each_snapshot_has_its_own_state(struct play *p) {
    enum { SNAPSHOTS = PLAY_SEATS - 2, ROUNDS = 40 };
    size_t writer = SNAPSHOTS;
    char value[16], start[SNAPSHOTS][16];
    for (size_t round = 0; round < ROUNDS; round++) {
        size_t seat = round % SNAPSHOTS;
        if (round >= SNAPSHOTS && !(play_sees(p, seat, "a", start[seat]) && play_commit(p, seat, STEPDOWN_OK)))
            return false;
        (void)snprintf(value, sizeof value, "%zu", round);
        if (!play_store(p, writer, "a", value) || !play_begin(p, seat, false) || !play_sees(p, seat, "a", value))
            return false;
        (void)snprintf(start[seat], sizeof start[seat], "%s", value);
        for (size_t i = 0; i < SNAPSHOTS && i <= round; i++)
            if (!play_sees(p, i, "a", start[i]))
                return false;
    }
    return true;
}

static bool rule_lost_update_conflicts(struct play *p) {
    return play_store(p, 0, "a", "1") && play_begin_all(p, 2) && play_sees(p, 0, "a", "1") &&
           play_sees(p, 1, "a", "1") && play_put(p, 0, "a", "2") && play_put(p, 1, "a", "3") &&
           play_put(p, 1, "b", "3") && play_commit(p, 0, STEPDOWN_OK) && play_commit(p, 1, STEPDOWN_CONFLICT) &&
           play_holds(p, "a", "2") && play_holds(p, "b", NULL);
}

static bool rule_conflict_is_gone_after_a_new_snapshot(struct play *p) {
    return rule_lost_update_conflicts(p) && play_begin(p, 1, false) && play_sees(p, 1, "a", "2") &&
           play_put(p, 1, "a", "3") && play_commit(p, 1, STEPDOWN_OK) && play_holds(p, "a", "3");
}

static bool rule_blind_writers_of_new_keys_conflict(struct play *p) {
    return play_store(p, 0, "z", "1") && play_begin_all(p, 2) && play_sees(p, 0, "a", NULL) &&
           play_sees(p, 1, "a", NULL) && play_put(p, 0, "a", "0") && play_put(p, 1, "a", "1") &&
           play_commit(p, 1, STEPDOWN_OK) && play_commit(p, 0, STEPDOWN_CONFLICT) && play_holds(p, "a", "1");
}

static bool rule_one_put_new_wins(struct play *p) {
    return play_begin_all(p, 3) && play_sees(p, 0, "a", NULL) && play_sees(p, 1, "a", NULL) &&
           play_sees(p, 2, "a", NULL) && play_put_new(p, 0, "a", "0") && play_put_new(p, 1, "a", "1") &&
           play_put_new(p, 2, "a", "2") && play_commit(p, 1, STEPDOWN_OK) && play_commit(p, 0, STEPDOWN_CONFLICT) &&
           play_commit(p, 2, STEPDOWN_CONFLICT) && play_holds(p, "a", "1");
}

static bool rule_delete_and_write_conflict(struct play *p) {
    return play_store(p, 0, "a", "1") && play_store(p, 0, "b", "1") && play_begin_all(p, 2) &&
           play_sees(p, 0, "a", "1") && play_sees(p, 1, "a", "1") && play_delete(p, 0, "a") &&
           play_put(p, 1, "a", "2") && play_commit(p, 0, STEPDOWN_OK) && play_commit(p, 1, STEPDOWN_CONFLICT) &&
           play_holds(p, "a", NULL) && play_begin_all(p, 2) && play_sees(p, 0, "b", "1") && play_sees(p, 1, "b", "1") &&
           play_put(p, 0, "b", "2") && play_delete(p, 1, "b") && play_commit(p, 0, STEPDOWN_OK) &&
           play_commit(p, 1, STEPDOWN_CONFLICT) && play_holds(p, "b", "2");
}

static bool rule_unchanged_check_conflicts(struct play *p) {
    return play_store(p, 0, "a", "1") && play_store(p, 0, "b", "1") && play_begin_all(p, 2) &&
           play_sees(p, 0, "a", "1") && play_sees(p, 1, "a", "1") && play_put(p, 0, "a", "2") &&
           play_unchanged(p, 1, "a") && play_put(p, 1, "b", "2") && play_commit(p, 0, STEPDOWN_OK) &&
           play_commit(p, 1, STEPDOWN_CONFLICT) && play_holds(p, "b", "1");
}

static bool rule_checks_alone_conflict(struct play *p) {
    return play_store(p, 0, "a", "1") && play_begin(p, 1, false) && play_sees(p, 1, "a", "1") &&
           play_unchanged(p, 1, "a") && play_store(p, 0, "a", "2") && play_commit(p, 1, STEPDOWN_CONFLICT);
}

static bool rule_absent_check_conflicts(struct play *p) {
    return play_begin_all(p, 2) && play_sees(p, 0, "a", NULL) && play_sees(p, 1, "a", NULL) &&
           play_put(p, 0, "a", "1") && play_absent(p, 1, "a") && play_put(p, 1, "b", "1") &&
           play_commit(p, 0, STEPDOWN_OK) && play_commit(p, 1, STEPDOWN_CONFLICT) && play_holds(p, "b", NULL);
}

// Two people on call, each goes off call because the other one is still on: checks forbid it.
static bool rule_checks_prevent_write_skew(struct play *p) {
    return play_store(p, 0, "a", "on") && play_store(p, 0, "b", "on") && play_begin_all(p, 2) &&
           play_sees(p, 0, "b", "on") && play_sees(p, 1, "a", "on") && play_put(p, 0, "a", "off") &&
           play_unchanged(p, 0, "b") && play_put(p, 1, "b", "off") && play_unchanged(p, 1, "a") &&
           play_commit(p, 0, STEPDOWN_OK) && play_commit(p, 1, STEPDOWN_CONFLICT) && play_holds(p, "a", "off") &&
           play_holds(p, "b", "on");
}

static bool rule_readers_never_conflict(struct play *p) {
    return play_store(p, 0, "a", "1") && play_begin(p, 1, false) && play_sees(p, 1, "a", "1") &&
           play_store(p, 0, "a", "2") && play_store(p, 0, "a", "3") && play_sees(p, 1, "a", "1") &&
           play_commit(p, 1, STEPDOWN_OK);
}

// Writers of different keys: both may win, or the second has to come again. Neither is lost.
static bool rule_writers_of_different_keys_lose_nothing(struct play *p) {
    if (!(play_store(p, 0, "a", "1") && play_begin_all(p, 2) && play_sees(p, 0, "a", "1") &&
          play_sees(p, 1, "b", NULL) && play_put(p, 0, "a", "2") && play_put(p, 1, "b", "2") &&
          play_commit(p, 0, STEPDOWN_OK)))
        return false;
    stepdown_error *error = NULL;
    stepdown_status status = transaction_commit(&p->seats[1], &error);
    if (status == STEPDOWN_CONFLICT) {
        error_free(&error);
        return play_holds(p, "b", NULL) && play_store(p, 1, "b", "2") && play_holds(p, "a", "2") &&
               play_holds(p, "b", "2");
    }
    return play_status(p, "second commit", STEPDOWN_OK, status, &error) && play_holds(p, "a", "2") &&
           play_holds(p, "b", "2");
}

// Two that announce their writes: the second waits (here in vain, one thread plays both) or meets a conflict.
static bool rule_announced_writers_exclude_or_conflict(struct play *p) {
    if (!(play_store(p, 0, "a", "1") && play_begin(p, 0, true) && play_sees(p, 0, "a", "1")))
        return false;
    stepdown_error *error = NULL;
    stepdown_status status = transaction_begin(&p->seats[1], true, NULL, 0, &error);
    if (status == STEPDOWN_BUSY || status == STEPDOWN_TIMEOUT) {
        error_free(&error);
        return play_put(p, 0, "a", "2") && play_commit(p, 0, STEPDOWN_OK) && play_store(p, 1, "a", "3") &&
               play_holds(p, "a", "3");
    }
    return play_status(p, "second begin", STEPDOWN_OK, status, &error) && play_sees(p, 1, "a", "1") &&
           play_put(p, 0, "a", "2") && play_put(p, 1, "a", "3") && play_commit(p, 0, STEPDOWN_OK) &&
           play_commit(p, 1, STEPDOWN_CONFLICT) && play_holds(p, "a", "2");
}

static bool rule_announced_writer_reads_the_newest(struct play *p) {
    return play_store(p, 0, "a", "1") && play_begin(p, 1, false) && play_sees(p, 1, "a", "1") &&
           play_store(p, 0, "a", "2") && play_begin(p, 2, true) && play_sees(p, 2, "a", "2") &&
           play_sees(p, 1, "a", "1") && play_put(p, 2, "a", "3") && play_commit(p, 2, STEPDOWN_OK) &&
           play_sees(p, 1, "a", "1") && play_commit(p, 1, STEPDOWN_OK) && play_holds(p, "a", "3");
}

static bool rule_conflict_applies_nothing(struct play *p) {
    return play_store(p, 0, "m", "1") && play_store(p, 0, "x", "1") && play_begin(p, 1, false) &&
           play_sees(p, 1, "m", "1") && play_put(p, 1, "a", "2") && play_delete(p, 1, "x") &&
           play_put(p, 1, "m", "2") && play_put_new(p, 1, "z", "2") && play_store(p, 0, "m", "other") &&
           play_commit(p, 1, STEPDOWN_CONFLICT) && play_holds(p, "a", NULL) && play_holds(p, "x", "1") &&
           play_holds(p, "m", "other") && play_holds(p, "z", NULL);
}

static bool rule_deleted_and_made_anew_is_changed(struct play *p) {
    return play_store(p, 0, "a", "1") && play_begin(p, 1, false) && play_sees(p, 1, "a", "1") &&
           play_begin(p, 0, true) && play_delete(p, 0, "a") && play_commit(p, 0, STEPDOWN_OK) &&
           play_store(p, 0, "a", "1") && play_sees(p, 1, "a", "1") && play_put(p, 1, "a", "2") &&
           play_commit(p, 1, STEPDOWN_CONFLICT) && play_holds(p, "a", "1");
}

static bool rule_abort_leaves_others_alone(struct play *p) {
    if (!(play_store(p, 0, "a", "1") && play_begin_all(p, 3) && play_sees(p, 0, "a", "1") &&
          play_sees(p, 1, "a", "1") && play_sees(p, 2, "a", "1") && play_put(p, 0, "a", "2") &&
          play_put(p, 1, "a", "3")))
        return false;
    play_abort(p, 0);
    return play_sees(p, 2, "a", "1") && play_commit(p, 1, STEPDOWN_OK) && play_sees(p, 2, "a", "1") &&
           play_commit(p, 2, STEPDOWN_OK) && play_holds(p, "a", "3");
}

static bool rule_what_was_read_stays_readable(struct play *p) {
    const stepdown_slice key = slice_text("a");
    struct row row;
    stepdown_error *error = NULL;
    if (!(play_store(p, 0, "a", "first") && play_begin(p, 1, false)))
        return false;
    stepdown_status status = transaction_get(&p->seats[1], &key, 1, &p->arena, &row, &error);
    if (!(play_status(p, "get", STEPDOWN_OK, status, &error) && play_store(p, 0, "a", "other") &&
          play_commit(p, 1, STEPDOWN_OK) && play_holds(p, "a", "other")))
        return false;
    return (row.present && slice_is(row.value, "first")) || play_wrong(p, "a value changed after it had been read");
}

const struct rule conformance_isolation_rules[] = {
    {"snapshot_is_stable", rule_snapshot_is_stable},
    {"each_snapshot_has_its_own_state", rule_each_snapshot_has_its_own_state},
    {"lost_update_conflicts", rule_lost_update_conflicts},
    {"conflict_is_gone_after_a_new_snapshot", rule_conflict_is_gone_after_a_new_snapshot},
    {"blind_writers_of_new_keys_conflict", rule_blind_writers_of_new_keys_conflict},
    {"one_put_new_wins", rule_one_put_new_wins},
    {"delete_and_write_conflict", rule_delete_and_write_conflict},
    {"unchanged_check_conflicts", rule_unchanged_check_conflicts},
    {"checks_alone_conflict", rule_checks_alone_conflict},
    {"absent_check_conflicts", rule_absent_check_conflicts},
    {"checks_prevent_write_skew", rule_checks_prevent_write_skew},
    {"readers_never_conflict", rule_readers_never_conflict},
    {"writers_of_different_keys_lose_nothing", rule_writers_of_different_keys_lose_nothing},
    {"announced_writers_exclude_or_conflict", rule_announced_writers_exclude_or_conflict},
    {"announced_writer_reads_the_newest", rule_announced_writer_reads_the_newest},
    {"conflict_applies_nothing", rule_conflict_applies_nothing},
    {"deleted_and_made_anew_is_changed", rule_deleted_and_made_anew_is_changed},
    {"abort_leaves_others_alone", rule_abort_leaves_others_alone},
    {"what_was_read_stays_readable", rule_what_was_read_stays_readable},
    {NULL, NULL},
};
