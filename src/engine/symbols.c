// SPDX-License-Identifier: Apache-2.0
// The table of symbols: numbers that stand in records for the names of protocols. It only grows, one number after the
// other, and a digest runs along it; records that bring in definitions cite number and digest, so that nobody can give
// old numbers other names without its being seen (docs/format.md, "Symbols").
#include "engine/sets.h"
#include "engine/verify.h"

#include <string.h>

enum { COUNTER_SIZE = 4 + DIGEST_SIZE };

// How far the table goes: the number that comes next, and the digest over all before it.
struct symbols_end {
    uint32_t next;
    uint8_t digest[DIGEST_SIZE];
};

static stepdown_status read_end(struct engine *e, const struct row *row, struct symbols_end *out, stepdown_error **o) {
    *out = (struct symbols_end){.next = SYMBOL_FIRST};
    if (!row->present) {
        return STEPDOWN_OK;
    }
    if (row->value.size != COUNTER_SIZE || read_be32(row->value.data) < SYMBOL_FIRST) {
        return status_fail(&e->env, o, STEPDOWN_CORRUPT, "the end of the table of symbols cannot be read");
    }
    out->next = read_be32(row->value.data);
    memcpy(out->digest, row->value.data + 4, DIGEST_SIZE);
    return STEPDOWN_OK;
}

// The digest one symbol further: over the digest before it, its number and its name.
static bool run_along(struct engine *e, struct symbols_end *end, stepdown_slice name) {
    uint8_t before[COUNTER_SIZE];
    memcpy(before, end->digest, DIGEST_SIZE);
    write_be32(before + DIGEST_SIZE, end->next);
    end->next++;
    return digest_sha256(e->digest, before, sizeof before, name.data, name.size, end->digest);
}

// ---- growing -----------------------------------------------------------------------------------------------------------

static bool named(const char *const *names, size_t count, const char *name) {
    for (size_t i = 0; i < count; i++) {
        if (strcmp(names[i], name) == 0) {
            return true;
        }
    }
    return false;
}

// The names of every half, each once: what the halves share has one number.
static const char **all_names(const struct halves *halves, struct arena *arena, size_t *out_count) {
    size_t most = 1, count = 0;
    for (size_t h = 0; h < halves->count; h++) {
        most += halves->list[h]->name_count;
    }
    const char **names = arena_alloc(arena, most * sizeof *names);
    for (size_t h = 0; names != NULL && h < halves->count; h++) {
        const struct definitions *d = halves->list[h];
        size_t before = count;
        for (size_t i = 0; i < d->name_count; i++) {
            if (!named(names, before, d->names[i].qualified)) {
                names[count++] = d->names[i].qualified;
            }
        }
    }
    *out_count = count;
    return names;
}

static stepdown_status put_symbol(struct engine *e, stepdown_slice name_key, stepdown_slice name,
                                  struct symbols_end *end, stepdown_error **o) {
    struct key key;
    uint8_t number[4];
    write_be32(number, end->next);
    key_symbol_number(&key, end->next);
    stepdown_status status = transaction_put(&e->transaction, name_key, slice_of(number, sizeof number), o);
    if (status == STEPDOWN_OK) {
        status = transaction_put_new(&e->transaction, key_slice(&key), name, o); // a number is given once
    }
    if (status == STEPDOWN_OK && !run_along(e, end, name)) {
        status = status_fail(&e->env, o, STEPDOWN_INTERNAL, "the digest provider failed");
    }
    return status;
}

static stepdown_status put_end(struct engine *e, const struct key *key, const struct symbols_end *end,
                               stepdown_error **o) {
    uint8_t value[COUNTER_SIZE];
    write_be32(value, end->next);
    memcpy(value + 4, end->digest, DIGEST_SIZE);
    return transaction_put(&e->transaction, key_slice(key), slice_of(value, sizeof value), o);
}

stepdown_status symbols_put(struct engine *e, const struct halves *halves, struct arena *arena, stepdown_error **o) {
    size_t count = 0;
    const char **names = all_names(halves, arena, &count);
    struct key *keys = arena_alloc(arena, (count + 1) * sizeof *keys);
    stepdown_slice *slices = arena_alloc(arena, (count + 1) * sizeof *slices);
    struct row *rows = arena_alloc(arena, (count + 1) * sizeof *rows);
    struct symbols_end end;
    if (names == NULL || keys == NULL || slices == NULL || rows == NULL) {
        return status_nomem(&e->env, o);
    }
    key_symbol_counter(&keys[count]);
    slices[count] = key_slice(&keys[count]);
    for (size_t i = 0; i < count; i++) {
        key_symbol_name(&keys[i], slice_text(names[i]));
        slices[i] = key_slice(&keys[i]);
    }
    stepdown_status status = transaction_get(&e->transaction, slices, count + 1, arena, rows, o);
    if (status == STEPDOWN_OK) {
        status = read_end(e, &rows[count], &end, o);
    }
    uint32_t first = status == STEPDOWN_OK ? end.next : 0;
    for (size_t i = 0; i < count && status == STEPDOWN_OK; i++) {
        status = rows[i].present ? STEPDOWN_OK : put_symbol(e, slices[i], slice_text(names[i]), &end, o);
    }
    return status == STEPDOWN_OK && end.next != first ? put_end(e, &keys[count], &end, o) : status;
}

// ---- looking up --------------------------------------------------------------------------------------------------------

stepdown_status symbols_bind(struct engine *e, struct arena *arena, struct definitions *d, stepdown_error **o) {
    size_t count = d->name_count;
    struct key key;
    stepdown_slice *slices = arena_alloc(arena, (count + 1) * sizeof *slices);
    struct row *rows = arena_alloc(arena, (count + 1) * sizeof *rows);
    uint32_t *numbers = arena_alloc(arena, (count + 1) * sizeof *numbers);
    if (slices == NULL || rows == NULL || numbers == NULL) {
        return status_nomem(&e->env, o);
    }
    for (size_t i = 0; i < count; i++) {
        key_symbol_name(&key, slice_text(d->names[i].qualified));
        if (!arena_slice(arena, key_slice(&key), &slices[i])) {
            return status_nomem(&e->env, o);
        }
    }
    stepdown_status status = transaction_get(&e->transaction, slices, count, arena, rows, o);
    for (size_t i = 0; i < count && status == STEPDOWN_OK; i++) {
        if (!rows[i].present || rows[i].value.size != 4) {
            return status_fail(&e->env, o, STEPDOWN_CORRUPT, "the store has no number for %s", d->names[i].qualified);
        }
        numbers[i] = read_be32(rows[i].value.data);
        key_symbol_number(&key, numbers[i]);
        if (!arena_slice(arena, key_slice(&key), &slices[i])) {
            return status_nomem(&e->env, o);
        }
    }
    if (status == STEPDOWN_OK) { // and back: a number that means another name would make records say something else
        status = transaction_get(&e->transaction, slices, count, arena, rows, o);
    }
    for (size_t i = 0; i < count && status == STEPDOWN_OK; i++) {
        if (!rows[i].present || !slice_is(rows[i].value, d->names[i].qualified)) {
            return status_fail(&e->env, o, STEPDOWN_CORRUPT, "the number of %s names something else",
                               d->names[i].qualified);
        }
    }
    return status == STEPDOWN_OK ? definitions_bind(d, numbers, o) : status;
}

// ---- on record ---------------------------------------------------------------------------------------------------------

stepdown_status symbols_cite(struct draft *d, struct event_draft *ev, stepdown_error **o) {
    struct key key;
    struct row row = {.present = false};
    struct symbols_end end;
    key_symbol_counter(&key);
    stepdown_slice slice = key_slice(&key);
    stepdown_status status = transaction_get(&d->e->transaction, &slice, 1, d->arena, &row, o);
    if (status == STEPDOWN_OK) {
        status = read_end(d->e, &row, &end, o);
    }
    struct value *parts = draft_list(d, 2);
    uint8_t *digest = arena_alloc(d->arena, DIGEST_SIZE);
    if (status == STEPDOWN_OK && (parts == NULL || digest == NULL)) {
        status = status_nomem(&d->e->env, o);
    }
    if (status != STEPDOWN_OK) {
        return status;
    }
    memcpy(digest, end.digest, DIGEST_SIZE);
    parts[0] = draft_number(VALUE_QUANTITY, end.next);
    parts[1] = draft_text(VALUE_BYTES, slice_of(digest, DIGEST_SIZE));
    struct value list = {.type = VALUE_LIST, .items = parts, .count = 2};
    event_value(ev, d, ATTR_SYMBOLS, &list);
    return STEPDOWN_OK;
}

static stepdown_status read_name(struct engine *e, uint32_t number, struct row *out, stepdown_error **o) {
    struct key key;
    key_symbol_number(&key, number);
    stepdown_slice slice = key_slice(&key);
    return transaction_get(&e->transaction, &slice, 1, &e->scratch, out, o);
}

static bool is_end(const struct value *cited) {
    return cited->type == VALUE_LIST && cited->count == 2 && cited->items[0].type == VALUE_QUANTITY &&
           cited->items[0].number >= SYMBOL_FIRST && cited->items[0].number <= UINT32_MAX &&
           cited->items[1].type == VALUE_BYTES && cited->items[1].text.size == DIGEST_SIZE;
}

stepdown_status symbols_check(struct engine *e, const struct value *cited, struct symbols_seen *seen, bool *fits,
                              stepdown_error **o) {
    struct symbols_end end = {.next = SYMBOL_FIRST};
    *fits = is_end(cited);
    bool again = *fits && seen->next == (uint64_t)cited->items[0].number;
    stepdown_status status = STEPDOWN_OK;
    while (*fits && !again && status == STEPDOWN_OK && end.next < (uint64_t)cited->items[0].number) {
        struct row row = {.present = false};
        arena_reset(&e->scratch);
        status = read_name(e, end.next, &row, o);
        *fits = status == STEPDOWN_OK && row.present && run_along(e, &end, row.value);
    }
    if (status == STEPDOWN_OK && *fits && !again) {
        seen->next = end.next;
        memcpy(seen->digest, end.digest, DIGEST_SIZE);
    }
    *fits = *fits && memcmp(seen->digest, cited->items[1].text.data, DIGEST_SIZE) == 0;
    return status;
}
