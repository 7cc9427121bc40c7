// SPDX-License-Identifier: Apache-2.0
// Comparing the index behind boards with what the pathways say, and putting it right. What an item ought to have follows
// from the folded state alone; the other way round every row is looked at, a page at a time in the order of pathways, so
// that each pathway is loaded once for a page.
#include "engine/board.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char lists[] = {'r', 'p'};

// ---- what is missing -----------------------------------------------------------------------------------------------

static stepdown_status tell_missing(const struct board_sink *sink, const struct state *s, uint32_t element, char list,
                                    stepdown_error **o) {
    const struct element *el = &s->elements[element];
    stepdown_slice org = board_organization(s, el), name = list == 'p' ? el->owner : el->owner_role;
    char text[400];
    snprintf(text, sizeof text, "MISSING: the row of %llu.%u in the %s of %.*s at %.*s", (unsigned long long)el->id.seq,
             el->id.ord, list == 'p' ? "list" : "queue", (int)name.size, (const char *)name.data, (int)org.size,
             (const char *)org.data);
    const struct board_fault fault = {.pathway = s->id, .item = el->id, .text = text};
    return sink->seen(sink->ctx, &fault, o);
}

// `sink` NULL: the row is put. *changed: one was.
static stepdown_status expect_rows(struct engine *e, const struct state *s, const struct board_sink *sink,
                                   bool *changed, stepdown_error **o) {
    stepdown_status status = STEPDOWN_OK;
    for (size_t i = 0; i < 2 * s->open_count && status == STEPDOWN_OK; i++) {
        uint32_t element = s->open_items[i / 2];
        char list = lists[i % 2];
        struct board_place place = board_place(s, element);
        struct key key;
        struct row row;
        if (!place.listed || (list == 'p' && place.person == 0)) {
            continue;
        }
        board_key(&key, list, s, element, &place);
        stepdown_slice slice = key_slice(&key);
        arena_reset(&e->reading);
        status = transaction_get(&e->transaction, &slice, 1, &e->reading, &row, o);
        if (status == STEPDOWN_OK && !row.present) {
            *changed = true;
            status = sink != NULL ? tell_missing(sink, s, element, list, o)
                                  : transaction_put(&e->transaction, slice, slice_of(NULL, 0), o);
        }
    }
    return status;
}

stepdown_status board_find_missing(struct engine *e, const uint8_t id[RECORD_ID], const struct board_sink *sink,
                                   stepdown_error **o) {
    struct state *s;
    struct head head;
    bool some = false;
    arena_reset(&e->arena);
    stepdown_status status = engine_begin_on(e, id, false, &s, &head, o);
    if (status == STEPDOWN_OK) {
        status = expect_rows(e, s, sink, &some, o);
    }
    transaction_abort(&e->transaction);
    return status;
}

// ---- what stands where it should not -------------------------------------------------------------------------------

// A row on the page at hand.
struct stray {
    const struct row *row;
    uint8_t pathway[RECORD_ID];
    struct ref item;
    bool readable;
};
struct sweep {
    struct engine *e;
    const uint8_t *only;           // rows of one pathway
    const struct board_sink *sink; // NULL: they are taken away
    struct arena arena;            // of the page
    struct key from, to;
    struct state *state; // of the pathway at hand; NULL: there is none
    uint8_t at[RECORD_ID];
    bool loaded, unreadable;
};

static int compare_strays(const void *a, const void *b) {
    const struct stray *x = a, *y = b;
    int order = memcmp(x->pathway, y->pathway, RECORD_ID);
    return order != 0 ? order : slice_compare(x->row->key, y->row->key);
}

// A pathway that cannot be folded is what its own verification is about.
static bool tells_of_its_chain(const struct engine *e, stepdown_status status) {
    return (status == STEPDOWN_CORRUPT || status == STEPDOWN_PROTOCOL || status == STEPDOWN_INVALID ||
            status == STEPDOWN_UNSUPPORTED) &&
           !e->transaction.failed;
}

static stepdown_status sweep_load(struct sweep *w, const uint8_t id[RECORD_ID], stepdown_error **o) {
    struct engine *e = w->e;
    struct key key;
    struct row row;
    struct head head;
    stepdown_error *cause = NULL;
    if (w->loaded && memcmp(w->at, id, RECORD_ID) == 0) {
        return STEPDOWN_OK;
    }
    w->state = NULL;
    w->loaded = w->unreadable = false;
    key_pathway(&key, id, SPACE_HEAD);
    stepdown_slice slice = key_slice(&key);
    stepdown_status status = transaction_get(&e->transaction, &slice, 1, &w->arena, &row, &cause);
    if (status == STEPDOWN_OK) {
        status = engine_load(e, id, &row, &w->state, &head, &cause);
        w->unreadable = tells_of_its_chain(e, status);
    }
    if (w->unreadable || (status == STEPDOWN_NOT_FOUND && !e->transaction.failed)) {
        stepdown_error_free(&cause);
        status = STEPDOWN_OK;
    }
    error_pass(&cause, o);
    memcpy(w->at, id, RECORD_ID);
    w->loaded = status == STEPDOWN_OK;
    return status;
}

// NULL: the row is as it should be.
static const char *misplaced(const struct sweep *w, const struct stray *stray) {
    const struct state *s = w->state;
    if (!stray->readable) {
        return "LEFT OVER: a row that is none of a board";
    }
    if (s == NULL) {
        return "LEFT OVER: there is no such pathway";
    }
    uint32_t element = state_find(s, stray->item);
    if (element == NO_ELEMENT || !board_place(s, element).listed) {
        return "LEFT OVER: it leads to nothing that is open";
    }
    struct board_place place = board_place(s, element);
    for (size_t i = 0; i < sizeof lists; i++) {
        struct key key;
        board_key(&key, lists[i], s, element, &place);
        bool stands = lists[i] != 'p' || place.person != 0;
        if (stands && slice_equal(key_slice(&key), stray->row->key)) {
            return stray->row->value.size == 0 ? NULL : "WRONG: the row holds something";
        }
    }
    return "WRONG: the item does not belong there";
}

static stepdown_status tell_misplaced(const struct sweep *w, const struct stray *stray, const char *why,
                                      stepdown_error **o) {
    enum { KEY_SHOWN = 96 };
    char text[400], hex[2 * KEY_SHOWN + 1];
    stepdown_slice key = stray->row->key;
    hex_print(key.data, key.size < KEY_SHOWN ? key.size : KEY_SHOWN, hex);
    snprintf(text, sizeof text, "%s: %llu.%u in row %s", why, (unsigned long long)stray->item.seq, stray->item.ord,
             hex);
    const struct board_fault fault = {
        .pathway = stray->readable ? stray->pathway : NULL, .item = stray->item, .text = text};
    return w->sink->seen(w->sink->ctx, &fault, o);
}

static stepdown_status sweep_row(struct sweep *w, const struct stray *stray, bool *changed, stepdown_error **o) {
    if (w->only != NULL && (!stray->readable || memcmp(w->only, stray->pathway, RECORD_ID) != 0)) {
        return STEPDOWN_OK;
    }
    stepdown_status status = stray->readable ? sweep_load(w, stray->pathway, o) : STEPDOWN_OK;
    if (status != STEPDOWN_OK || (stray->readable && w->unreadable)) {
        return status;
    }
    const char *why = misplaced(w, stray);
    if (why == NULL) {
        return STEPDOWN_OK;
    }
    if (w->sink != NULL) {
        return tell_misplaced(w, stray, why, o);
    }
    *changed = true;
    status = transaction_delete(&w->e->transaction, stray->row->key, o);
    bool stands = status == STEPDOWN_OK && strncmp(why, "WRONG: the row", 14) == 0;
    return stands ? transaction_put(&w->e->transaction, stray->row->key, slice_of(NULL, 0), o) : status;
}

// One page in one transaction; `from` moves behind it when that has succeeded.
static stepdown_status sweep_page(struct sweep *w, bool *more, stepdown_error **o) {
    enum { PAGE = 4096 };
    struct engine *e = w->e;
    struct row *rows = NULL;
    size_t count = 0;
    bool changed = false;
    w->loaded = false;
    arena_reset(&w->arena);
    stepdown_status status = transaction_begin(&e->transaction, w->sink == NULL, NULL, 0, o);
    if (status == STEPDOWN_OK) {
        status = transaction_scan(&e->transaction, key_slice(&w->from), key_slice(&w->to), false, PAGE, &w->arena,
                                  &rows, &count, more, o);
    }
    struct stray *list = status == STEPDOWN_OK ? arena_zalloc(&w->arena, (count + 1) * sizeof *list) : NULL;
    if (status == STEPDOWN_OK && list == NULL) {
        status = status_nomem(&e->env, o);
    }
    for (size_t i = 0; i < count && status == STEPDOWN_OK; i++) {
        list[i].row = &rows[i];
        list[i].readable = key_board_item(rows[i].key, list[i].pathway, &list[i].item.seq, &list[i].item.ord);
    }
    if (status == STEPDOWN_OK && count > 0) {
        qsort(list, count, sizeof *list, compare_strays);
    }
    for (size_t i = 0; i < count && status == STEPDOWN_OK; i++) {
        status = sweep_row(w, &list[i], &changed, o);
    }
    if (status != STEPDOWN_OK || !changed) {
        transaction_abort(&e->transaction);
    } else {
        status = transaction_commit(&e->transaction, o);
    }
    if (status == STEPDOWN_OK && count > 0) {
        key_resume(&w->from, rows[count - 1].key);
    }
    *more = *more && count > 0;
    return status;
}

static stepdown_status sweep_all(struct engine *e, const uint8_t *only, const struct board_sink *sink,
                                 stepdown_error **o) {
    struct sweep w = {.e = e, .only = only, .sink = sink};
    stepdown_status status = STEPDOWN_OK;
    arena_init(&w.arena, &e->env);
    key_index_range('b', &w.from, &w.to);
    for (bool more = true; more && status == STEPDOWN_OK;) {
        stepdown_error *cause = NULL;
        for (uint32_t tries = 0;; tries++) {
            status = sweep_page(&w, &more, &cause);
            if (!engine_again(e, &status, tries, &cause, o)) {
                break;
            }
        }
    }
    arena_free(&w.arena);
    return status;
}

stepdown_status board_find_wrong(struct engine *e, const uint8_t *pathway, const struct board_sink *sink,
                                 stepdown_error **o) {
    return sweep_all(e, pathway, sink, o);
}

// ---- putting right -------------------------------------------------------------------------------------------------

// Whoever moves the pathway on meanwhile wins, and it is tried again.
static stepdown_status put_missing(struct engine *e, const struct key *from, struct key *next, bool *found,
                                   stepdown_error **o) {
    struct key key;
    struct row row;
    struct state *s = NULL;
    struct head head;
    uint8_t id[RECORD_ID];
    bool changed = false;
    stepdown_error *cause = NULL;
    *next = *from;
    arena_reset(&e->arena);
    stepdown_status status = transaction_begin(&e->transaction, true, NULL, 0, o);
    if (status == STEPDOWN_OK) {
        status = engine_next_head(e, next, &row, id, found, o);
    }
    if (status == STEPDOWN_OK && *found) {
        status = engine_load(e, id, &row, &s, &head, &cause);
        if (tells_of_its_chain(e, status) || (status == STEPDOWN_NOT_FOUND && !e->transaction.failed)) {
            stepdown_error_free(&cause); // an access chain, or a pathway for verification to speak of
            status = STEPDOWN_OK;
        }
        error_pass(&cause, o);
    }
    if (status == STEPDOWN_OK && s != NULL) {
        key_pathway(&key, id, SPACE_HEAD);
        status = expect_rows(e, s, NULL, &changed, o);
        if (status == STEPDOWN_OK && changed) {
            status = transaction_check_unchanged(&e->transaction, key_slice(&key), o);
        }
    }
    if (status != STEPDOWN_OK || !changed) {
        transaction_abort(&e->transaction);
        return status;
    }
    return transaction_commit(&e->transaction, o);
}

stepdown_status board_rebuild(struct engine *e, stepdown_error **o) {
    struct key from, next;
    stepdown_status status = sweep_all(e, NULL, NULL, o);
    key_first_pathway(&from);
    for (bool found = true; found && status == STEPDOWN_OK; from = next) {
        stepdown_error *cause = NULL;
        for (uint32_t tries = 0;; tries++) {
            found = false;
            status = put_missing(e, &from, &next, &found, &cause);
            if (!engine_again(e, &status, tries, &cause, o)) {
                break;
            }
        }
    }
    return status;
}
