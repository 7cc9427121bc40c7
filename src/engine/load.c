// SPDX-License-Identifier: Apache-2.0
// Pathways in memory. A cached state is used again only when the head row that the open transaction sees is the one it
// was folded to; otherwise the state is built from the newest snapshot and the records after it.
#include "engine/engine.h"

#include <string.h>

// ---- head rows -------------------------------------------------------------------------------------------------------
// version(1) flags(1) seq(8) snapshot(8) recorded(8) due(8) leaf(32) definition(32)

enum { HEAD_VERSION = 1, HEAD_SIZE = 2 + 4 * 8 + 2 * DIGEST_SIZE, HEAD_CLOSED = 1, HEAD_ACCESS = 2 };

void head_write(const struct head *head, struct buffer *out) {
    uint8_t *p = buffer_reserve(out, HEAD_SIZE);
    if (p == NULL) {
        return;
    }
    p[0] = HEAD_VERSION;
    p[1] = (uint8_t)((head->closed ? HEAD_CLOSED : 0) | (head->access ? HEAD_ACCESS : 0));
    write_be64(p + 2, head->seq);
    write_be64(p + 10, head->snapshot_seq);
    write_be64(p + 18, (uint64_t)head->recorded_at);
    write_be64(p + 26, (uint64_t)head->next_due);
    memcpy(p + 34, head->leaf, DIGEST_SIZE);
    memcpy(p + 66, head->definition, DIGEST_SIZE);
    out->size += HEAD_SIZE;
}

bool head_read(stepdown_slice row, struct head *head) {
    if (row.size != HEAD_SIZE || row.data[0] != HEAD_VERSION || (row.data[1] & ~(HEAD_CLOSED | HEAD_ACCESS)) != 0) {
        return false;
    }
    const uint8_t *p = row.data;
    head->closed = (p[1] & HEAD_CLOSED) != 0;
    head->access = (p[1] & HEAD_ACCESS) != 0;
    head->seq = read_be64(p + 2);
    head->snapshot_seq = read_be64(p + 10);
    head->recorded_at = (stepdown_time)read_be64(p + 18);
    head->next_due = (stepdown_time)read_be64(p + 26);
    memcpy(head->leaf, p + 34, DIGEST_SIZE);
    memcpy(head->definition, p + 66, DIGEST_SIZE);
    return true;
}

// ---- cache -----------------------------------------------------------------------------------------------------------
// Open addressing with linear probing; ids are random, so their first bytes are the hash.

static size_t cache_home(const struct engine *e, const uint8_t id[RECORD_ID]) {
    return (size_t)read_be64(id) & (e->cache_cap - 1);
}

static struct cached *cache_find(struct engine *e, const uint8_t id[RECORD_ID]) {
    if (e->cache_cap == 0) {
        return NULL;
    }
    for (size_t i = cache_home(e, id); e->cache[i].state != NULL; i = (i + 1) & (e->cache_cap - 1)) {
        if (memcmp(e->cache[i].state->id, id, RECORD_ID) == 0) {
            return &e->cache[i];
        }
    }
    return NULL;
}

// Take one entry out and close the gap, so that no search stops early.
static void cache_remove(struct engine *e, struct cached *entry) {
    state_free(&entry->state);
    e->cache_count--;
    size_t mask = e->cache_cap - 1, gap = (size_t)(entry - e->cache);
    for (size_t i = (gap + 1) & mask; e->cache[i].state != NULL; i = (i + 1) & mask) {
        size_t home = cache_home(e, e->cache[i].state->id);
        if (((i - home) & mask) >= ((i - gap) & mask)) {
            e->cache[gap] = e->cache[i];
            e->cache[i].state = NULL;
            gap = i;
        }
    }
    e->cache[gap].state = NULL;
}

void engine_forget(struct engine *e, const uint8_t id[RECORD_ID]) {
    struct cached *entry = cache_find(e, id);
    if (entry != NULL) {
        cache_remove(e, entry);
    }
}

void engine_forget_all(struct engine *e) {
    for (size_t i = 0; i < e->cache_cap; i++) {
        state_free(&e->cache[i].state);
    }
    e->cache_count = 0;
}

// The least recently used of a few neighbours goes: near enough to the oldest, at a fixed cost.
static void cache_evict(struct engine *e, const uint8_t keep[RECORD_ID]) {
    enum { SAMPLE = 16 };
    struct cached *oldest = NULL;
    size_t at = cache_home(e, keep), seen = 0;
    for (size_t i = 0; i < e->cache_cap && seen < SAMPLE; i++) {
        struct cached *entry = &e->cache[(at + i) & (e->cache_cap - 1)];
        if (entry->state == NULL || memcmp(entry->state->id, keep, RECORD_ID) == 0) {
            continue;
        }
        seen++;
        if (oldest == NULL || entry->used < oldest->used) {
            oldest = entry;
        }
    }
    if (oldest != NULL) {
        cache_remove(e, oldest);
    }
}

static bool cache_ready(struct engine *e) {
    if (e->cache_cap > 0) {
        return true;
    }
    size_t cap = 16;
    while (cap < (size_t)e->cache_max * 2 + 2) {
        cap *= 2;
    }
    e->cache = env_zalloc(&e->env, cap * sizeof *e->cache);
    e->cache_cap = e->cache != NULL ? cap : 0;
    return e->cache != NULL;
}

// At least one state is kept while a call works on it, also when the host asked for no cache.
stepdown_status engine_keep(struct engine *e, struct state *state, const struct head *head, stepdown_error **o) {
    struct cached *entry = cache_find(e, state->id);
    if (entry != NULL && entry->state != state) {
        cache_remove(e, entry);
        entry = NULL;
    }
    if (entry == NULL) {
        if (!cache_ready(e)) {
            return status_nomem(&e->env, o);
        }
        if (e->cache_count > e->cache_max) {
            cache_evict(e, state->id);
        }
        size_t i = cache_home(e, state->id);
        while (e->cache[i].state != NULL) {
            i = (i + 1) & (e->cache_cap - 1);
        }
        entry = &e->cache[i];
        entry->state = state;
        e->cache_count++;
    }
    entry->head = *head;
    entry->used = ++e->tick;
    return STEPDOWN_OK;
}

// ---- building a state ------------------------------------------------------------------------------------------------

static stepdown_status set_zone(struct engine *e, struct state *s, stepdown_error **o) {
    if (s->zone != NULL || s->zone_name.size == 0) {
        return STEPDOWN_OK;
    }
    return engine_zone(e, s->zone_name, &s->zone, o);
}

// Fold the records from `from` on. Every commitment, leaf and link is checked on the way: hashing costs less than
// decoding, and nothing is ever built on a record that does not fit.
static stepdown_status fold_from(struct engine *e, struct state *s, uint64_t from, uint64_t last, stepdown_error **o) {
    enum { PAGE = 64 };
    struct key first, end;
    key_record(&first, s->id, from);
    key_record(&end, s->id, last + 1);
    stepdown_status status = STEPDOWN_OK;
    uint64_t seq = from;
    while (status == STEPDOWN_OK && seq <= last) {
        struct row *rows;
        size_t count;
        bool more;
        arena_reset(&e->reading);
        status = transaction_scan(&e->transaction, key_slice(&first), key_slice(&end), false, PAGE, &e->reading, &rows,
                                  &count, &more, o);
        if (status == STEPDOWN_OK && count == 0) {
            status = status_fail(&e->env, o, STEPDOWN_CORRUPT, "record %llu is missing", (unsigned long long)seq);
        }
        for (size_t i = 0; i < count && status == STEPDOWN_OK; i++, seq++) {
            struct record record;
            status = record_decode(&e->env, e->digest, &e->reading, rows[i].value, &record, o);
            if (status == STEPDOWN_OK && memcmp(record.header.log_id, e->log_id, RECORD_ID) != 0) {
                status = status_fail(&e->env, o, STEPDOWN_CORRUPT, "record %llu belongs to another log",
                                     (unsigned long long)seq);
            }
            if (status == STEPDOWN_OK) {
                status = fold_record(s, &record, o);
            }
            if (status == STEPDOWN_OK) {
                status = set_zone(e, s, o);
            }
            key_resume(&first, rows[i].key);
        }
    }
    return status;
}

stepdown_status engine_snapshot(struct engine *e, const struct state *s, stepdown_error **o) {
    uint8_t hash[DIGEST_SIZE];
    buffer_clear(&e->bytes);
    stepdown_status status = snapshot_write(s, &e->bytes, o);
    if (status != STEPDOWN_OK) {
        return status;
    }
    if (!digest_sha256(e->digest, NULL, 0, e->bytes.data, e->bytes.size, hash)) {
        return status_fail(&e->env, o, STEPDOWN_INTERNAL, "the digest provider failed");
    }
    buffer_append(&e->bytes, hash, sizeof hash);
    return e->bytes.failed ? status_nomem(&e->env, o) : STEPDOWN_OK;
}

static stepdown_status read_snapshot(struct engine *e, const uint8_t id[RECORD_ID], struct definitions *defs,
                                     struct state **out, stepdown_error **o) {
    struct key from, to;
    key_pathway(&from, id, SPACE_SNAPSHOT);
    key_pathway(&to, id, SPACE_SNAPSHOT + 1);
    struct row *rows;
    size_t count;
    arena_reset(&e->reading);
    stepdown_status status = engine_scan_all(e, &from, &to, &e->reading, &rows, &count, o);
    if (status != STEPDOWN_OK) {
        return status;
    }
    buffer_clear(&e->bytes);
    for (size_t i = 0; i < count; i++) {
        buffer_append(&e->bytes, rows[i].value.data, rows[i].value.size);
    }
    if (e->bytes.failed) {
        return status_nomem(&e->env, o);
    }
    uint8_t hash[DIGEST_SIZE];
    size_t size = e->bytes.size - (e->bytes.size < DIGEST_SIZE ? e->bytes.size : DIGEST_SIZE);
    if (!digest_sha256(e->digest, NULL, 0, e->bytes.data, size, hash)) {
        return status_fail(&e->env, o, STEPDOWN_INTERNAL, "the digest provider failed");
    }
    if (size == 0 || memcmp(e->bytes.data + size, hash, DIGEST_SIZE) != 0) {
        return status_fail(&e->env, o, STEPDOWN_CORRUPT, "a snapshot does not fit its hash");
    }
    return snapshot_read(&e->env, defs, id, slice_of(e->bytes.data, size), out, o);
}

static void log_line(const struct engine *e, int32_t level, const char *message) {
    if (e->env.log != NULL) {
        e->env.log(e->env.log_ctx, level, message);
    }
}

// From the snapshot when there is a usable one. A snapshot that cannot be used is never an error: records are the truth.
static stepdown_status build(struct engine *e, const uint8_t id[RECORD_ID], const struct head *head,
                             struct definitions *defs, bool from_snapshot, struct state **out, stepdown_error **o) {
    struct state *s = NULL;
    stepdown_status status = STEPDOWN_OK;
    if (from_snapshot && head->snapshot_seq > 0) {
        stepdown_error *cause = NULL;
        status = read_snapshot(e, id, defs, &s, &cause);
        if (status == STEPDOWN_CORRUPT || status == STEPDOWN_UNSUPPORTED || (s != NULL && s->seq > head->seq)) {
            state_free(&s);
            stepdown_error_free(&cause);
            log_line(e, 2, "a snapshot could not be used; the pathway is folded from its records");
            status = STEPDOWN_OK;
        }
        error_pass(&cause, o);
    }
    if (status == STEPDOWN_OK && s == NULL) {
        status = state_new(&e->env, defs, id, &s, o);
    }
    if (status == STEPDOWN_OK) {
        status = set_zone(e, s, o);
    }
    if (status == STEPDOWN_OK) {
        status = fold_from(e, s, s->empty ? 0 : s->seq + 1, head->seq, o);
    }
    if (status == STEPDOWN_OK && memcmp(s->leaf, head->leaf, DIGEST_SIZE) != 0) {
        status = status_fail(&e->env, o, STEPDOWN_CORRUPT, "the head of the pathway does not fit its last record");
    }
    if (status == STEPDOWN_OK && memcmp(s->definition, head->definition, DIGEST_SIZE) != 0) {
        status = status_fail(&e->env, o, STEPDOWN_CORRUPT,
                             "the head of the pathway names another definition set than its records");
    }
    if (status != STEPDOWN_OK) {
        state_free(&s);
        return status;
    }
    s->snapshot_seq = head->snapshot_seq;
    *out = s;
    return STEPDOWN_OK;
}

stepdown_status engine_fold_all(struct engine *e, const uint8_t id[RECORD_ID], const struct head *head,
                                struct state **out, stepdown_error **o) {
    struct definitions *defs;
    stepdown_status status = engine_definitions(e, head->definition, &defs, o);
    return status == STEPDOWN_OK ? build(e, id, head, defs, false, out, o) : status;
}

// ---- as it was -------------------------------------------------------------------------------------------------------

// The moment at which a record was made, and the definitions that it was made under.
static stepdown_status read_moment(struct engine *e, const uint8_t id[RECORD_ID], uint64_t seq, stepdown_time *at,
                                   uint8_t definition[DIGEST_SIZE], stepdown_error **o) {
    struct key key;
    struct row row;
    struct record record;
    key_record(&key, id, seq);
    stepdown_slice slice = key_slice(&key);
    arena_reset(&e->reading);
    stepdown_status status = transaction_get(&e->transaction, &slice, 1, &e->reading, &row, o);
    if (status == STEPDOWN_OK && !row.present) {
        status = status_fail(&e->env, o, STEPDOWN_CORRUPT, "record %llu is missing", (unsigned long long)seq);
    }
    if (status == STEPDOWN_OK) {
        status = record_decode(&e->env, e->digest, &e->reading, row.value, &record, o);
    }
    if (status == STEPDOWN_OK) {
        *at = record.header.recorded_at;
        memcpy(definition, record.header.definition, DIGEST_SIZE);
    }
    return status;
}

// Records are in the order in which they were made.
stepdown_status engine_known_at(struct engine *e, const uint8_t id[RECORD_ID], uint64_t last, stepdown_time at,
                                uint64_t *seq, uint8_t *definition, bool *found, stepdown_error **o) {
    uint64_t low = 0, high = last + 1; // those below `low` were made by then, those from `high` on were not
    stepdown_status status = STEPDOWN_OK;
    while (low < high && status == STEPDOWN_OK) {
        uint64_t middle = low + (high - low) / 2;
        stepdown_time made = 0;
        uint8_t under[DIGEST_SIZE];
        status = read_moment(e, id, middle, &made, under, o);
        if (status == STEPDOWN_OK && made <= at) {
            low = middle + 1;
            if (definition != NULL) {
                memcpy(definition, under, DIGEST_SIZE);
            }
        } else {
            high = middle;
        }
    }
    *found = low > 0;
    *seq = low > 0 ? low - 1 : 0;
    return status;
}

stepdown_status engine_fold_until(struct engine *e, const uint8_t id[RECORD_ID], uint64_t seq, struct state **out,
                                  stepdown_error **o) {
    struct definitions *defs = NULL;
    struct state *s = NULL;
    stepdown_time at;
    uint8_t definition[DIGEST_SIZE];
    stepdown_status status = read_moment(e, id, seq, &at, definition, o);
    if (status == STEPDOWN_OK) {
        status = engine_definitions(e, definition, &defs, o);
    }
    if (status == STEPDOWN_OK) {
        status = state_new(&e->env, defs, id, &s, o);
    }
    if (status == STEPDOWN_OK) {
        status = fold_from(e, s, 0, seq, o);
    }
    if (status != STEPDOWN_OK) {
        state_free(&s);
        return status;
    }
    *out = s;
    return STEPDOWN_OK;
}

static stepdown_status no_pathway(struct engine *e, const uint8_t id[RECORD_ID], stepdown_error **o) {
    char text[27];
    base32_print_id(id, text);
    return status_fail(&e->env, o, STEPDOWN_NOT_FOUND, "there is no pathway %s", text);
}

stepdown_status engine_load(struct engine *e, const uint8_t id[RECORD_ID], const struct row *head_row,
                            struct state **out, struct head *out_head, stepdown_error **o) {
    struct head head;
    if (!head_row->present) {
        return no_pathway(e, id, o);
    }
    if (head_row->value.size > 0 && head_row->value.data[0] > HEAD_VERSION) {
        return status_fail(&e->env, o, STEPDOWN_UNSUPPORTED, "the head of a pathway has version %d, not %d",
                           head_row->value.data[0], HEAD_VERSION);
    }
    if (!head_read(head_row->value, &head)) {
        return status_fail(&e->env, o, STEPDOWN_CORRUPT, "the head of a pathway cannot be read");
    }
    if (head.access) {
        return no_pathway(e, id, o);
    }
    struct cached *entry = cache_find(e, id);
    if (entry != NULL && entry->head.seq == head.seq && memcmp(entry->head.leaf, head.leaf, DIGEST_SIZE) == 0) {
        entry->used = ++e->tick;
        *out = entry->state;
        *out_head = head;
        return STEPDOWN_OK;
    }
    if (entry != NULL) {
        cache_remove(e, entry);
    }
    struct definitions *defs;
    struct state *s = NULL;
    stepdown_status status = engine_definitions(e, head.definition, &defs, o);
    if (status == STEPDOWN_OK) {
        status = build(e, id, &head, defs, true, &s, o);
    }
    if (status == STEPDOWN_OK) {
        status = engine_keep(e, s, &head, o);
        if (status != STEPDOWN_OK) {
            state_free(&s);
        }
    }
    if (status != STEPDOWN_OK) {
        return status;
    }
    *out = s;
    *out_head = head;
    return STEPDOWN_OK;
}

bool engine_was_applied(struct engine *e, const uint8_t id[RECORD_ID], uint64_t seq) {
    struct key key;
    struct row row = {.present = false};
    key_record(&key, id, seq);
    stepdown_slice slice = key_slice(&key);
    stepdown_status status = transaction_begin(&e->transaction, false, &slice, 1, NULL);
    if (status == STEPDOWN_OK) {
        status = transaction_get(&e->transaction, &slice, 1, &e->arena, &row, NULL);
        transaction_abort(&e->transaction);
    }
    return status == STEPDOWN_OK && row.present && slice_equal(row.value, slice_of(e->row.data, e->row.size));
}

stepdown_status engine_begin_on(struct engine *e, const uint8_t id[RECORD_ID], bool write, struct state **out,
                                struct head *head, stepdown_error **o) {
    struct key key;
    struct row row;
    key_pathway(&key, id, SPACE_HEAD);
    stepdown_slice slice = key_slice(&key);
    stepdown_status status = transaction_begin(&e->transaction, write, &slice, 1, o);
    if (status == STEPDOWN_OK) {
        status = transaction_get(&e->transaction, &slice, 1, &e->arena, &row, o);
    }
    return status == STEPDOWN_OK ? engine_load(e, id, &row, out, head, o) : status;
}

// ---- doing without snapshots -----------------------------------------------------------------------------------------

stepdown_status engine_delete_snapshot(struct engine *e, const uint8_t id[RECORD_ID], stepdown_error **o) {
    struct key from, to;
    struct row *rows;
    size_t count = 0;
    key_pathway(&from, id, SPACE_SNAPSHOT);
    key_pathway(&to, id, SPACE_SNAPSHOT + 1);
    stepdown_status status = engine_scan_all(e, &from, &to, &e->reading, &rows, &count, o);
    for (size_t i = 0; i < count && status == STEPDOWN_OK; i++) {
        status = transaction_delete(&e->transaction, rows[i].key, o);
    }
    return status;
}

static stepdown_status drop_snapshot(struct engine *e, const struct head *head, const uint8_t id[RECORD_ID],
                                     stepdown_error **o) {
    stepdown_status status = engine_delete_snapshot(e, id, o);
    if (status == STEPDOWN_OK) {
        struct head next = *head;
        struct key key;
        next.snapshot_seq = 0;
        key_pathway(&key, id, SPACE_HEAD);
        buffer_clear(&e->bytes);
        head_write(&next, &e->bytes);
        status = e->bytes.failed
                     ? status_nomem(&e->env, o)
                     : transaction_put(&e->transaction, key_slice(&key), slice_of(e->bytes.data, e->bytes.size), o);
    }
    return status;
}

stepdown_status engine_next_head(struct engine *e, struct key *from, struct row *head, uint8_t id[RECORD_ID],
                                 bool *found, stepdown_error **o) {
    struct key to;
    struct row *rows;
    size_t count;
    bool more;
    arena_reset(&e->reading);
    key_end_pathways(&to);
    *found = false;
    stepdown_status status = transaction_scan(&e->transaction, key_slice(from), key_slice(&to), false, 1, &e->reading,
                                              &rows, &count, &more, o);
    if (status != STEPDOWN_OK || count == 0) {
        return status;
    }
    if (rows[0].key.size < 1 + RECORD_ID) {
        return status_fail(&e->env, o, STEPDOWN_CORRUPT, "a key of the store is too short");
    }
    memcpy(id, rows[0].key.data + 1, RECORD_ID);
    struct key key;
    key_pathway(&key, id, SPACE_HEAD);
    *head = rows[0];
    head->present = slice_equal(rows[0].key, key_slice(&key)); // otherwise it has lost its head
    key_after_pathway(from, id);
    *found = true;
    return STEPDOWN_OK;
}

// One pathway in one commit; `from` moves behind it.
static stepdown_status drop_next(struct engine *e, struct key *from, bool *found, stepdown_error **o) {
    struct row row = {.present = false};
    struct head head;
    uint8_t id[RECORD_ID];
    *found = false;
    stepdown_status status = transaction_begin(&e->transaction, true, NULL, 0, o);
    if (status == STEPDOWN_OK) {
        status = engine_next_head(e, from, &row, id, found, o);
    }
    bool drop = *found && row.present && head_read(row.value, &head) && head.snapshot_seq > 0;
    if (status == STEPDOWN_OK && drop) {
        status = drop_snapshot(e, &head, id, o);
    }
    if (status != STEPDOWN_OK || !drop) {
        transaction_abort(&e->transaction);
        return status;
    }
    return transaction_commit(&e->transaction, o);
}

static stepdown_status drop_racing(struct engine *e, struct key *from, bool *found, stepdown_error **o) {
    struct key start = *from;
    for (uint32_t tries = 0;; tries++) {
        stepdown_error *cause = NULL;
        *from = start;
        stepdown_status status = drop_next(e, from, found, &cause);
        if (!engine_again(e, &status, tries, &cause, o)) {
            return status;
        }
    }
}

stepdown_status engine_drop_snapshots(struct engine *e, stepdown_error **o) {
    struct key from;
    key_first_pathway(&from);
    stepdown_status status = STEPDOWN_OK;
    for (bool found = true; found && status == STEPDOWN_OK;) {
        status = drop_racing(e, &from, &found, o);
    }
    return status;
}
