// SPDX-License-Identifier: Apache-2.0
// Drawing a sample: the frame is what the definition selects at this moment, the order a hash over seed and id, so that
// whoever has the record draws the same again (docs/format.md says how). Frame, seed, strata and what was drawn stand in
// one event; for each that was drawn an item is opened. May call: actions, verbs.
#include "engine/actions.h"
#include "engine/verbs.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SEED_SIZE = 16, SEED_MAX = 64, DRAWN_MAX = 256 };

// One of the frame.
struct lot {
    uint32_t element;
    stepdown_slice stratum;
    struct ref id;
    uint8_t hash[DIGEST_SIZE];
};
struct sample_frame {
    struct lot *lots;
    size_t count;
    stepdown_slice seed;
    uint8_t digest[DIGEST_SIZE]; // over the ids in ascending order
};

static int by_id(const void *a, const void *b) {
    const struct lot *x = a, *y = b;
    return x->id.seq != y->id.seq ? (x->id.seq < y->id.seq ? -1 : 1)
                                  : (x->id.ord > y->id.ord) - (x->id.ord < y->id.ord);
}

static int by_stratum_and_hash(const void *a, const void *b) {
    const struct lot *x = a, *y = b;
    size_t shorter = x->stratum.size < y->stratum.size ? x->stratum.size : y->stratum.size;
    int order = shorter > 0 ? memcmp(x->stratum.data, y->stratum.data, shorter) : 0;
    if (order == 0) {
        order = (x->stratum.size > y->stratum.size) - (x->stratum.size < y->stratum.size);
    }
    if (order == 0) {
        order = memcmp(x->hash, y->hash, DIGEST_SIZE);
    }
    return order != 0 ? order : by_id(a, b);
}

// ---- the frame -------------------------------------------------------------------------------------------------------------

// Given with the command, else drawn from the host's randomness.
static stepdown_status choose_seed(struct draft *d, struct command *c, struct sample_frame *f, stepdown_error **o) {
    uint8_t bytes[SEED_SIZE];
    stepdown_status status = argument_text(d, c, "seed", &f->seed, o);
    if (status != STEPDOWN_OK) {
        return status;
    }
    if (f->seed.size > SEED_MAX) {
        status = status_fail(&d->e->env, o, STEPDOWN_INVALID, "seed: is at most %d bytes long", SEED_MAX);
        status_detail(o, "field", "seed");
        return status;
    }
    if (f->seed.size > 0) {
        return STEPDOWN_OK;
    }
    char *text = arena_alloc(d->arena, 2 * SEED_SIZE + 1);
    if (text == NULL) {
        return status_nomem(&d->e->env, o);
    }
    if (!d->e->env.random(d->e->env.random_ctx, bytes, sizeof bytes)) {
        return status_fail(&d->e->env, o, STEPDOWN_INTERNAL, "no entropy for the seed of the sample");
    }
    hex_print(bytes, sizeof bytes, text);
    f->seed = slice_text(text);
    return STEPDOWN_OK;
}

// The words of a stratum; without a known value all of them are of the stratum "".
static stepdown_slice stratum_of(struct draft *d, const struct draw_def *draw, uint32_t element) {
    struct evaluation ev = engine_evaluation(d->e, d->state, d->now);
    struct value value;
    ev.this_element = ev.trigger_element = element;
    bool known = draw->strata >= 0 && rule_term(&ev, draw->strata, &value, NULL);
    return known && value.text.size > 0 ? value.text : slice_of(NULL, 0);
}

// Order of the lot: SHA-256 of seed, a line feed, and the id as it is printed.
static bool hash_lot(struct draft *d, const struct sample_frame *f, struct lot *lot) {
    char text[48];
    struct buffer *b = &d->e->bytes;
    int size = snprintf(text, sizeof text, "\n%" PRIu64 ".%" PRIu32, lot->id.seq, lot->id.ord);
    buffer_clear(b);
    buffer_append(b, f->seed.data, f->seed.size);
    buffer_append(b, text, (size_t)size);
    return !b->failed && digest_sha256(d->e->digest, NULL, 0, b->data, b->size, lot->hash);
}

// What was drawn from, as one hash: the ids in ascending order, each with a line feed behind it.
static bool hash_frame(struct draft *d, struct sample_frame *f) {
    char text[48];
    struct buffer *b = &d->e->bytes;
    buffer_clear(b);
    qsort(f->lots, f->count, sizeof *f->lots, by_id);
    for (size_t i = 0; i < f->count; i++) {
        int size = snprintf(text, sizeof text, "%" PRIu64 ".%" PRIu32 "\n", f->lots[i].id.seq, f->lots[i].id.ord);
        buffer_append(b, text, (size_t)size);
    }
    return !b->failed && digest_sha256(d->e->digest, NULL, 0, b->data, b->size, f->digest);
}

static stepdown_status read_frame(struct draft *d, const struct draw_def *draw, struct sample_frame *f,
                                  stepdown_error **o) {
    struct evaluation ev = engine_evaluation(d->e, d->state, d->now);
    f->count = rule_select(&ev, draw->selector, NULL, 0);
    if (f->count == 0) {
        return STEPDOWN_OK;
    }
    uint32_t *found = arena_alloc(d->arena, f->count * sizeof *found);
    f->lots = arena_zalloc(d->arena, f->count * sizeof *f->lots);
    if (found == NULL || f->lots == NULL) {
        return status_nomem(&d->e->env, o);
    }
    f->count = rule_select(&ev, draw->selector, found, f->count);
    bool hashed = true;
    for (size_t i = 0; i < f->count; i++) {
        f->lots[i].element = found[i];
        f->lots[i].id = d->state->elements[found[i]].id;
        f->lots[i].stratum = stratum_of(d, draw, found[i]);
        hashed = hashed && hash_lot(d, f, &f->lots[i]);
    }
    if (!hashed || !hash_frame(d, f)) {
        return status_nomem(&d->e->env, o);
    }
    qsort(f->lots, f->count, sizeof *f->lots, by_stratum_and_hash);
    return STEPDOWN_OK;
}

// ---- drawing ---------------------------------------------------------------------------------------------------------------

static int64_t whole(struct draft *d, int32_t term) {
    struct evaluation ev = engine_evaluation(d->e, d->state, d->now);
    struct value value;
    bool known = term >= 0 && rule_term(&ev, term, &value, NULL) && value.type == VALUE_QUANTITY && value.scale == 0;
    return known && value.number > 0 ? value.number : 0;
}

// How many of `count`: the number or the percentage, whichever is more, and never more than there are.
static size_t stratum_size(struct draft *d, const struct draw_def *draw, size_t count) {
    int64_t least = whole(d, draw->at_least), percent = whole(d, draw->percent);
    size_t share = percent > 100 ? count : (count * (size_t)percent + 99) / 100;
    size_t size = (uint64_t)least > share ? (size_t)least : share;
    return size < count ? size : count;
}

static size_t stratum_end(const struct sample_frame *f, size_t from) {
    size_t end = from;
    while (end < f->count && slice_equal(f->lots[end].stratum, f->lots[from].stratum)) {
        end++;
    }
    return end;
}

// [stratum, how many there are, how many were drawn] for each.
static stepdown_status list_strata(struct draft *d, const struct draw_def *draw, const struct sample_frame *f,
                                   struct value *out, size_t *drawn, stepdown_error **o) {
    size_t count = 0, total = 0;
    for (size_t i = 0; i < f->count; i = stratum_end(f, i)) {
        count++;
        total += stratum_size(d, draw, stratum_end(f, i) - i);
    }
    if (total > DRAWN_MAX) {
        return status_fail(&d->e->env, o, STEPDOWN_LIMIT, "%zu would be drawn; one sample has at most %d", total,
                           DRAWN_MAX);
    }
    struct value *rows = draft_list(d, count);
    size_t row = 0;
    for (size_t i = 0; rows != NULL && i < f->count; i = stratum_end(f, i)) {
        struct value *parts = draft_list(d, 3);
        size_t size = stratum_end(f, i) - i;
        if (parts == NULL) {
            return status_nomem(&d->e->env, o);
        }
        parts[0] = draft_text(VALUE_TEXT, f->lots[i].stratum);
        parts[1] = draft_number(VALUE_QUANTITY, (int64_t)size);
        parts[2] = draft_number(VALUE_QUANTITY, (int64_t)stratum_size(d, draw, size));
        rows[row++] = (struct value){.type = VALUE_LIST, .items = parts, .count = 3};
    }
    *out = (struct value){.type = VALUE_LIST, .items = rows, .count = (uint32_t)count};
    *drawn = total;
    return rows != NULL ? STEPDOWN_OK : status_nomem(&d->e->env, o);
}

// The first lots of each stratum, in order.
static void take(struct draft *d, const struct draw_def *draw, const struct sample_frame *f, struct value *refs,
                 uint32_t *elements) {
    size_t taken = 0;
    for (size_t i = 0; i < f->count; i = stratum_end(f, i)) {
        size_t size = stratum_size(d, draw, stratum_end(f, i) - i);
        for (size_t k = 0; k < size; k++) {
            uint32_t element = f->lots[i + k].element;
            refs[taken] = draft_ref(d->state, element, 0, state_version(d->state, element));
            elements[taken++] = element;
        }
    }
}

static stepdown_status open_each(struct draft *d, uint32_t sample, const struct action_def *action,
                                 const uint32_t *elements, size_t count, stepdown_error **o) {
    stepdown_status status = STEPDOWN_OK;
    for (size_t i = 0; i < count && status == STEPDOWN_OK; i++) {
        struct opening how = opening_none();
        how.about = sample;
        how.trigger = elements[i];
        how.with_first = action->with_first;
        how.with_count = action->with_count;
        status = item_open(d, action->item, &how, NULL, o);
    }
    return status;
}

stepdown_status sample_draw(struct draft *d, struct command *c, uint32_t element, stepdown_error **o) {
    const struct draw_def *draw = &d->defs->items[d->state->elements[element].def].draw;
    struct sample_frame f = {.count = 0};
    struct value strata;
    size_t drawn = 0;
    char *frame = arena_alloc(d->arena, 2 * DIGEST_SIZE + 1);
    stepdown_status status = choose_seed(d, c, &f, o);
    if (status == STEPDOWN_OK) {
        status = read_frame(d, draw, &f, o);
    }
    if (status == STEPDOWN_OK) {
        status = list_strata(d, draw, &f, &strata, &drawn, o);
    }
    if (status != STEPDOWN_OK) {
        return status;
    }
    struct value *refs = draft_list(d, drawn);
    uint32_t *elements = arena_alloc(d->arena, (drawn + 1) * sizeof *elements);
    if (refs == NULL || elements == NULL || frame == NULL) {
        return status_nomem(&d->e->env, o);
    }
    take(d, draw, &f, refs, elements);
    struct value list = {.type = VALUE_LIST, .items = refs, .count = (uint32_t)drawn};
    struct event_draft ev;
    hex_print(f.digest, sizeof f.digest, frame);
    event_start(&ev, d, EVENT_SAMPLE_DRAWN, 0, element);
    event_number(&ev, d, ATTR_COUNT, (int64_t)f.count);
    event_text(&ev, d, ATTR_KIND, VALUE_TEXT, slice_text(frame));
    event_text(&ev, d, ATTR_BASIS, VALUE_TEXT, f.seed);
    event_withheld(&ev, d, ATTR_VALUE, &strata,
                   rule_term_label(d->defs, draw->strata)); // named by values of that field
    event_value(&ev, d, ATTR_EVIDENCE, &list);
    status = draft_emit(d, &ev, NULL, o);
    return status == STEPDOWN_OK ? open_each(d, element, &d->defs->actions[draw->action], elements, drawn, o) : status;
}
