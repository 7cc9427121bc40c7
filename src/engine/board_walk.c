// SPDX-License-Identifier: Apache-2.0
// Reading the index behind boards, in the order of what hurts first. A person's list and a role's queue are one run of
// rows; an organization's board is the queues of its roles, merged. May call: engine's neighbours.
#include "engine/board.h"

#include <string.h>

enum { PAGE = 32 };

// The rows of one queue within one class, a page at a time.
struct board_stream {
    uint64_t organization, name;
    char list;
    struct key from, to;
    struct row *rows;
    size_t count, at;
    bool more;
};

// ---- streams -------------------------------------------------------------------------------------------------------

static stepdown_status stream_fill(struct board_walk *w, struct board_stream *s, stepdown_error **o) {
    struct engine *e = w->e;
    s->at = s->count = 0;
    if (!s->more) {
        return STEPDOWN_OK;
    }
    stepdown_status status = transaction_scan(&e->transaction, key_slice(&s->from), key_slice(&s->to), false, PAGE,
                                              &e->arena, &s->rows, &s->count, &s->more, o);
    if (status == STEPDOWN_OK && s->count > 0) {
        key_resume(&s->from, s->rows[s->count - 1].key);
    }
    s->more = s->more && s->count > 0;
    return status;
}

// The stream's rows of the class at hand, from the place where the page before ended.
static stepdown_status stream_class(struct board_walk *w, struct board_stream *s, stepdown_error **o) {
    key_board(&s->from, s->list, s->organization, s->name);
    s->to = s->from;
    key_board_range(&s->from, &s->to, w->class, w->query->due_by);
    if (w->resumes && key_board_class(&w->after) == w->class) {
        key_board(&s->from, s->list, s->organization, s->name);
        key_board_behind(&s->from, &w->after);
    }
    s->more = slice_compare(key_slice(&s->from), key_slice(&s->to)) < 0;
    return stream_fill(w, s, o);
}

static stepdown_status class_begin(struct board_walk *w, stepdown_error **o) {
    stepdown_status status = STEPDOWN_OK;
    for (size_t i = 0; i < w->stream_count && status == STEPDOWN_OK; i++) {
        status = stream_class(w, &w->streams[i], o);
    }
    return status;
}

// Every role that has a queue in the organization, found by skipping from one to the next.
static stepdown_status find_roles(struct board_walk *w, uint64_t organization, stepdown_error **o) {
    struct engine *e = w->e;
    struct key from, to;
    size_t cap = 0;
    stepdown_status status = STEPDOWN_OK;
    key_board_organization(&from, &to, 'r', organization);
    for (bool found = true; found && status == STEPDOWN_OK;) {
        struct row *rows;
        size_t count = 0;
        bool more;
        status = transaction_scan(&e->transaction, key_slice(&from), key_slice(&to), false, 1, &e->arena, &rows, &count,
                                  &more, o);
        found = status == STEPDOWN_OK && count > 0;
        if (found && w->stream_count == cap) {
            cap = cap == 0 ? 16 : cap * 2;
            struct board_stream *grown = arena_alloc(&e->arena, cap * sizeof *grown);
            if (grown == NULL) {
                return status_nomem(&e->env, o);
            }
            if (w->stream_count > 0) {
                memcpy(grown, w->streams, w->stream_count * sizeof *grown);
            }
            w->streams = grown;
        }
        if (found) {
            uint64_t role = key_board_name(rows[0].key);
            w->streams[w->stream_count++] =
                (struct board_stream){.organization = organization, .name = role, .list = 'r'};
            key_board(&from, 'r', organization, role);
            key_board_end(&from);
        }
    }
    return status;
}

// ---- the walk ------------------------------------------------------------------------------------------------------

static uint8_t last_class(const struct board_query *q) { return q->overdue ? HURTS_LATE : HURTS_CLASSES - 1; }

stepdown_status board_walk_begin(struct board_walk *w, struct engine *e, const struct board_query *query,
                                 stepdown_slice resume, stepdown_error **o) {
    *w = (struct board_walk){.e = e, .query = query, .resumes = resume.size > 0};
    if (w->resumes && (!key_board_parse(&w->after, resume) || key_board_class(&w->after) >= HURTS_CLASSES)) {
        return status_fail(&e->env, o, STEPDOWN_INVALID, "resume: is no token of a board");
    }
    uint64_t organization = board_hash(query->organization);
    stepdown_status status = STEPDOWN_OK;
    if (query->person.size > 0 || query->role.size > 0) {
        bool person = query->person.size > 0;
        w->streams = arena_zalloc(&e->arena, sizeof *w->streams);
        if (w->streams == NULL) {
            return status_nomem(&e->env, o);
        }
        *w->streams = (struct board_stream){.organization = organization,
                                            .name = board_hash(person ? query->person : query->role),
                                            .list = person ? 'p' : 'r'};
        w->stream_count = 1;
    } else {
        status = find_roles(w, organization, o);
    }
    w->class = w->resumes ? key_board_class(&w->after) : 0;
    return status == STEPDOWN_OK ? class_begin(w, o) : status;
}

static struct board_stream *nearest(struct board_walk *w) {
    struct board_stream *best = NULL;
    for (size_t i = 0; i < w->stream_count; i++) {
        struct board_stream *s = &w->streams[i];
        if (s->at < s->count && (best == NULL || key_board_compare(s->rows[s->at].key, best->rows[best->at].key) < 0)) {
            best = s;
        }
    }
    return best;
}

stepdown_status board_walk_next(struct board_walk *w, struct board_row *row, bool *found, stepdown_error **o) {
    struct board_stream *s = nearest(w);
    stepdown_status status = STEPDOWN_OK;
    *found = false;
    while (s == NULL && w->class < last_class(w->query) && status == STEPDOWN_OK) {
        w->class ++;
        status = class_begin(w, o);
        s = nearest(w);
    }
    if (status != STEPDOWN_OK || s == NULL || w->class > last_class(w->query)) {
        return status;
    }
    stepdown_slice key = s->rows[s->at].key;
    if (!key_board_item(key, row->pathway, &row->item.seq, &row->item.ord)) {
        return status_fail(&w->e->env, o, STEPDOWN_CORRUPT, "the index of boards cannot be read");
    }
    key_board_token(key, row->token);
    *found = true;
    if (++s->at == s->count) {
        status = stream_fill(w, s, o);
    }
    return status;
}

bool board_row_stands(const struct board_walk *w, const struct state *s, uint32_t element) {
    if (element == NO_ELEMENT) {
        return false;
    }
    const struct element *el = &s->elements[element];
    const struct board_query *q = w->query;
    return board_place(s, element).listed && slice_equal(board_organization(s, el), q->organization) &&
           (q->person.size == 0 || slice_equal(el->owner, q->person)) &&
           (q->role.size == 0 || slice_equal(el->owner_role, q->role)) && board_class(el) == w->class;
}
