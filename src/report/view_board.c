// SPDX-License-Identifier: Apache-2.0
// Boards: for everything open its next action, owner, evidence, and what escalates when; what hurts
// first on top. Of one pathway, or across pathways: a person's list, a role's queue, an organization.
#include <string.h>

#include "engine/board.h"
#include "engine/verbs.h"
#include "report/views.h"

enum board_column {
    BOARD_ID,
    BOARD_ACTION,
    BOARD_KIND,
    BOARD_STATE,
    BOARD_OWNER,
    BOARD_OWNER_ROLE,
    BOARD_ACCEPTED,
    BOARD_DUE,
    BOARD_OVERDUE,
    BOARD_UNOWNED,
    BOARD_EVIDENCE,
    BOARD_BLOCKED,
    BOARD_ESCALATES_AT,
    BOARD_ESCALATES_TO,
    BOARD_ROWS,
    BOARD_ATTENTION,
    BOARD_WAITING,
    BOARD_SUSPENDED,
    BOARD_ORGANIZATION,
    BOARD_PATHWAY,
    BOARD_PROTOCOL,
    BOARD_SUBJECT
};
static const struct column board_columns[] = {
    [BOARD_ID] = {"id", STEPDOWN_COLUMN_TEXT},
    [BOARD_ACTION] = {"action", STEPDOWN_COLUMN_TEXT},
    [BOARD_KIND] = {"kind", STEPDOWN_COLUMN_TEXT},
    [BOARD_STATE] = {"state", STEPDOWN_COLUMN_TEXT},
    [BOARD_OWNER] = {"owner", STEPDOWN_COLUMN_TEXT},
    [BOARD_OWNER_ROLE] = {"owner_role", STEPDOWN_COLUMN_TEXT},
    [BOARD_ACCEPTED] = {"accepted", STEPDOWN_COLUMN_BOOLEAN},
    [BOARD_DUE] = {"due", STEPDOWN_COLUMN_TIME},
    [BOARD_OVERDUE] = {"overdue", STEPDOWN_COLUMN_BOOLEAN},
    [BOARD_UNOWNED] = {"unowned", STEPDOWN_COLUMN_BOOLEAN},
    [BOARD_EVIDENCE] = {"evidence", STEPDOWN_COLUMN_TEXT},
    [BOARD_BLOCKED] = {"blocked_by", STEPDOWN_COLUMN_TEXT},
    [BOARD_ESCALATES_AT] = {"escalates_at", STEPDOWN_COLUMN_TIME},
    [BOARD_ESCALATES_TO] = {"escalates_to", STEPDOWN_COLUMN_TEXT},
    [BOARD_ROWS] = {"rows", STEPDOWN_COLUMN_TEXT},
    [BOARD_ATTENTION] = {"attention", STEPDOWN_COLUMN_TEXT},
    [BOARD_WAITING] = {"waiting", STEPDOWN_COLUMN_BOOLEAN},
    [BOARD_SUSPENDED] = {"suspended", STEPDOWN_COLUMN_BOOLEAN},
    [BOARD_ORGANIZATION] = {"organization", STEPDOWN_COLUMN_TEXT},
    [BOARD_PATHWAY] = {"pathway", STEPDOWN_COLUMN_TEXT},
    [BOARD_PROTOCOL] = {"protocol", STEPDOWN_COLUMN_TEXT},
    [BOARD_SUBJECT] = {"subject", STEPDOWN_COLUMN_TEXT},
};

static bool comes_before(const struct state *s, uint32_t a, uint32_t b) {
    const struct element *x = &s->elements[a], *y = &s->elements[b];
    if (board_class(x) != board_class(y)) {
        return board_class(x) < board_class(y);
    }
    int64_t dx = board_due(x), dy = board_due(y);
    return dx != dy ? dx < dy : a < b;
}

static void sift(const struct state *s, uint32_t *list, size_t root, size_t count) {
    for (size_t child = 2 * root + 1; child < count; root = child, child = 2 * root + 1) {
        if (child + 1 < count && comes_before(s, list[child], list[child + 1])) {
            child++;
        }
        if (!comes_before(s, list[root], list[child])) {
            return;
        }
        uint32_t keep = list[root];
        list[root] = list[child];
        list[child] = keep;
    }
}

// Heap sort: no allocation, no recursion, no bad case.
static void sort_board(const struct state *s, uint32_t *list, size_t count) {
    for (size_t i = count / 2; i > 0; i--) {
        sift(s, list, i - 1, count);
    }
    for (size_t end = count; end > 1; end--) {
        uint32_t keep = list[0];
        list[0] = list[end - 1];
        list[end - 1] = keep;
        sift(s, list, 0, end - 1);
    }
}

// Unmet needs of every gate that guards a step of this item.
static stepdown_status print_blocked(struct engine *e, const struct reading *rd, uint32_t element, struct buffer *b,
                                     stepdown_error **o) {
    struct state *s = rd->ev.state;
    const struct definitions *defs = s->defs;
    for (size_t i = 0; i < defs->gate_count; i++) {
        const struct gate_def *gate = &defs->gates[i];
        if (gate->item < 0 || (uint32_t)gate->item != s->elements[element].def) {
            continue;
        }
        const struct verb_row *row = lifecycle_event(s->elements[element].kind, gate->code);
        if (row == NULL || (row->from & STATE_BIT(s->elements[element].state)) == 0) {
            continue; // the guarded step is behind it
        }
        struct evaluation ev = engine_evaluation(e, s, rd->ev.now);
        ev.this_element = element;
        stepdown_status status = gate_evaluate(&ev, (int32_t)i, element, &e->gate, o);
        if (status != STEPDOWN_OK) {
            return status;
        }
        for (size_t n = 0; n < e->gate.need_count && !e->gate.open && e->gate.applies; n++) {
            if (e->gate.needs[n].truth != TRUTH_TRUE) {
                const struct def *need = &defs->needs[e->gate.needs[n].need].def;
                buffer_format(b, "%s%s", b->size > 0 ? ", " : "", need->row[0] != '\0' ? need->row : need->name);
            }
        }
    }
    return STEPDOWN_OK;
}

// ---- one row -------------------------------------------------------------------------------------------------------

// Said in words, so that a screen reader and a terminal without colour show it too. Never blank where somebody must act.
static const char *attention(const struct element *el) {
    static const char *const words[] = {
        [HURTS_LATE_UNOWNED] = "UNOWNED, OVERDUE",
        [HURTS_LATE] = "OVERDUE",
        [HURTS_ALERT] = "ALERT",
        [HURTS_UNOWNED] = "UNOWNED",
        [HURTS_DUE] = "",
        [HURTS_SUSPENDED] = "PUT ASIDE",
    };
    uint8_t class = board_class(el);
    return class == HURTS_ALERT && el->owner.size == 0 ? "UNOWNED, ALERT" : words[class];
}

// Sent to somebody who has not answered.
static bool waits(const struct element *el) {
    bool asks = el->kind == KIND_UPDATE || el->kind == KIND_REQUEST;
    return asks && (el->state == STATE_SENT || el->state == STATE_DELIVERED || el->state == STATE_ACKNOWLEDGED);
}

static bool wanted(const struct state *s, const struct element *el, const struct board_filter *f) {
    return (!f->overdue || (el->flags & ELEMENT_OVERDUE_FLAG) != 0) && (!f->unowned || el->owner.size == 0) &&
           (!f->waiting || waits(el)) && (f->due_by == STEPDOWN_TIME_NONE || board_due(el) <= f->due_by) &&
           (f->person.size == 0 || slice_equal(el->owner, f->person)) &&
           (f->role.size == 0 || slice_equal(el->owner_role, f->role)) &&
           (f->organization.size == 0 || slice_equal(board_organization(s, el), f->organization));
}

static void put_whose(struct stepdown_result *r, const struct state *s, const struct element *el) {
    char id[27];
    base32_print_id(s->id, id);
    result_text(r, BOARD_ORGANIZATION, board_organization(s, el));
    result_string(r, BOARD_PATHWAY, id);
    result_string(r, BOARD_PROTOCOL, s->defs->sources[0].name);
    result_text(r, BOARD_SUBJECT, s->subject);
}

static void put_action(struct engine *e, struct stepdown_result *r, struct reading *rd, uint32_t element,
                       struct buffer *b) {
    const struct state *s = rd->ev.state;
    const struct element *el = &s->elements[element];
    const struct def *def = view_def(s, element);
    const struct kind_row *kind = lifecycle_kind(el->kind);
    const char *evidence = el->def < s->defs->item_count ? s->defs->items[el->def].evidence : NULL;
    stepdown_time at;
    view_id(r, BOARD_ID, s, element);
    view_title(rd, element, b);
    result_buffer(r, BOARD_ACTION, b);
    result_string(r, BOARD_KIND, kind != NULL ? kind->word : "");
    result_string(r, BOARD_STATE, lifecycle_state_word(el->state));
    result_text(r, BOARD_OWNER, el->owner);
    result_text(r, BOARD_OWNER_ROLE, el->owner_role);
    result_number(r, BOARD_ACCEPTED, (el->flags & ELEMENT_ACCEPTED) != 0);
    result_number(r, BOARD_DUE, el->kind == KIND_ALERT ? el->step_due : el->due); // an alert: answer by
    result_number(r, BOARD_OVERDUE, (el->flags & ELEMENT_OVERDUE_FLAG) != 0);
    result_number(r, BOARD_UNOWNED, el->owner.size == 0);
    result_string(r, BOARD_EVIDENCE,
                  evidence != NULL         ? evidence
                  : el->kind == KIND_ALERT ? "owned and resolved with a reason"
                                           : "");
    bool escalates = escalate_preview(e, rd->ev.state, element, rd->ev.now, b, &at);
    result_number(r, BOARD_ESCALATES_AT, escalates ? at : STEPDOWN_TIME_NONE);
    result_buffer(r, BOARD_ESCALATES_TO, b);
    result_string(r, BOARD_ROWS, def != NULL && def->row != NULL ? def->row : "");
    result_string(r, BOARD_ATTENTION, attention(el));
    result_number(r, BOARD_WAITING, waits(el));
    result_number(r, BOARD_SUSPENDED, (el->flags & ELEMENT_SUSPENDED) != 0);
    put_whose(r, s, el);
}

// A row for the item, unless the filter leaves it out.
static stepdown_status add_action(struct engine *e, struct stepdown_result *r, struct reading *rd, uint32_t element,
                                  const struct board_filter *f, struct buffer *b, stepdown_error **o) {
    struct state *s = rd->ev.state;
    const struct element *el = &s->elements[element];
    if (!wanted(s, el, f)) {
        return STEPDOWN_OK;
    }
    buffer_clear(b);
    stepdown_status status = print_blocked(e, rd, element, b, o);
    bool blocked = b->size > 0 || el->state == STATE_BLOCKED;
    if (status != STEPDOWN_OK || (f->blocked && !blocked)) {
        buffer_clear(b);
        return status;
    }
    result_add(r);
    result_buffer(r, BOARD_BLOCKED, b);
    put_action(e, r, rd, element, b);
    return STEPDOWN_OK;
}

// "Due within" counts from now on.
static struct board_filter counted_from(const struct board_filter *filter, stepdown_time now) {
    struct board_filter f = *filter;
    bool far = f.due_within < 0 || f.due_within > TIME_MAX - now;
    f.due_by = far ? STEPDOWN_TIME_NONE : now + f.due_within;
    return f;
}

// ---- of one pathway ------------------------------------------------------------------------------------------------

stepdown_status view_board(struct engine *e, struct reading *rd, const struct board_filter *filter,
                           stepdown_result **out, stepdown_error **o) {
    struct state *s = rd->ev.state;
    const struct board_filter f = counted_from(filter, rd->ev.now);
    uint32_t *list = arena_alloc(&e->arena, (s->open_count + 1) * sizeof *list);
    struct stepdown_result *r = list != NULL ? result_new(&e->env, RESULT_COLUMNS(board_columns)) : NULL;
    if (r == NULL) {
        return status_nomem(&e->env, o);
    }
    if (s->open_count > 0) {
        memcpy(list, s->open_items, s->open_count * sizeof *list);
    }
    sort_board(s, list, s->open_count);
    struct buffer b;
    buffer_init(&b, &e->env);
    e->directory.fresh = false;
    stepdown_status status = engine_directory(e, o); // who would be told
    for (size_t i = 0; i < s->open_count && status == STEPDOWN_OK; i++) {
        status = add_action(e, r, rd, list[i], &f, &b, o);
    }
    buffer_free(&b);
    return result_done(status, r, out, o);
}

// ---- across pathways -----------------------------------------------------------------------------------------------

enum { BOARD_LOOKED_MAX = 1000 }; // rows of the index that one page looks at, however few of them it shows

// A page in the making.
struct page {
    struct engine *e;
    const struct session_info *session;
    const struct board_filter *filter;
    struct stepdown_result *r;
    struct buffer b;
    struct board_walk walk;
    uint32_t limit;
    struct shown {
        uint8_t id[RECORD_ID];
        uint64_t seq;
        bool crossing;
    } * shown; // pathways of which something is on the page
    size_t shown_count;
};

static void note_shown(struct page *p, const struct state *s) {
    for (size_t i = 0; i < p->shown_count; i++) {
        if (memcmp(p->shown[i].id, s->id, RECORD_ID) == 0) {
            return;
        }
    }
    struct shown *one = &p->shown[p->shown_count++];
    memcpy(one->id, s->id, RECORD_ID);
    one->seq = s->seq;
    one->crossing = !slice_equal(p->session->organization, s->org);
}

// A pathway that cannot be read keeps nobody else's work from being seen, and is not left out in silence.
static void add_unreadable(struct page *p, const struct board_row *row) {
    char id[27];
    base32_print_id(row->pathway, id);
    result_add(p->r);
    result_format(p->r, BOARD_ID, "%llu.%u", (unsigned long long)row->item.seq, row->item.ord);
    result_string(p->r, BOARD_ACTION, "this pathway cannot be read: have it verified");
    result_string(p->r, BOARD_ATTENTION, "UNREADABLE");
    result_number(p->r, BOARD_DUE, STEPDOWN_TIME_NONE);
    result_number(p->r, BOARD_ESCALATES_AT, STEPDOWN_TIME_NONE);
    result_string(p->r, BOARD_PATHWAY, id);
}

static stepdown_status add_row(struct page *p, const struct board_row *row, stepdown_error **o) {
    struct engine *e = p->e;
    struct key key;
    struct row head_row;
    struct state *s = NULL;
    struct head head;
    stepdown_error *cause = NULL;
    key_pathway(&key, row->pathway, SPACE_HEAD);
    stepdown_slice slice = key_slice(&key);
    arena_reset(&e->scratch);
    stepdown_status status = transaction_get(&e->transaction, &slice, 1, &e->arena, &head_row, &cause);
    if (status == STEPDOWN_OK) {
        status = engine_load(e, row->pathway, &head_row, &s, &head, &cause);
    }
    if ((status == STEPDOWN_CORRUPT || status == STEPDOWN_UNSUPPORTED) && !e->transaction.failed) {
        stepdown_error_free(&cause);
        add_unreadable(p, row);
        return STEPDOWN_OK;
    }
    error_pass(&cause, o);
    if (status != STEPDOWN_OK) {
        return status;
    }
    uint32_t element = state_find(s, row->item);
    if (!board_row_stands(&p->walk, s, element) || engine_may_see(e, p->session, s, NULL) != STEPDOWN_OK) {
        return STEPDOWN_OK;
    }
    size_t before = p->r->row_count;
    struct reading reading;
    reading_begin(&reading, e, s, p->session);
    status = add_action(e, p->r, &reading, element, p->filter, &p->b, o);
    if (p->r->row_count > before) {
        note_shown(p, s);
    }
    return status;
}

static stepdown_status fill_page(struct page *p, const struct board_query *query, stepdown_slice resume,
                                 stepdown_error **o) {
    struct board_row row = {.token = ""};
    bool found = true;
    p->e->directory.fresh = false;
    stepdown_status status = engine_directory(p->e, o);
    if (status == STEPDOWN_OK) {
        status = board_walk_begin(&p->walk, p->e, query, resume, o);
    }
    for (uint32_t looked = 0; status == STEPDOWN_OK && found; looked++) {
        char token[sizeof row.token];
        memcpy(token, row.token, sizeof token);
        status = board_walk_next(&p->walk, &row, &found, o);
        if (status != STEPDOWN_OK || !found) {
            break;
        }
        if (p->r->row_count == p->limit || looked == BOARD_LOOKED_MAX) {
            result_set_next(p->r, "%s", token); // behind the last one that was looked at
            break;
        }
        status = add_row(p, &row, o);
    }
    return status;
}

// Which pathways were shown is on record; across organizations before they are.
static stepdown_status note_page(struct page *p, stepdown_error **o) {
    stepdown_status status = STEPDOWN_OK;
    bool crossing = false;
    for (size_t i = 0; i < p->shown_count && status == STEPDOWN_OK; i++) {
        const struct shown *one = &p->shown[i];
        crossing |= one->crossing;
        status = access_note(p->e, EVENT_ACCESS_READ, p->session, one->id, one->seq, "board", NULL, o);
    }
    if (status != STEPDOWN_OK) {
        return status;
    }
    return crossing ? access_flush(p->e, o) : access_flush_old(p->e, o);
}

stepdown_status view_boards(struct engine *e, const struct session_info *session, const struct board_filter *filter,
                            stepdown_slice resume, uint32_t limit, stepdown_result **out, stepdown_error **o) {
    const struct board_filter f = counted_from(filter, engine_now(e));
    const struct board_query query = {.organization = f.organization,
                                      .person = f.person,
                                      .role = f.person.size == 0 ? f.role : slice_of(NULL, 0),
                                      .overdue = f.overdue,
                                      .due_by = f.due_by};
    struct page p = {.e = e, .session = session, .filter = &f, .limit = limit};
    arena_reset(&e->arena);
    p.r = result_new(&e->env, RESULT_COLUMNS(board_columns));
    p.shown = p.r != NULL ? arena_alloc(&e->arena, (limit + 1) * sizeof *p.shown) : NULL;
    if (p.shown == NULL) {
        result_free(&p.r);
        return status_nomem(&e->env, o);
    }
    buffer_init(&p.b, &e->env);
    stepdown_status status = access_flush_old(e, o);
    if (status == STEPDOWN_OK) {
        status = transaction_begin(&e->transaction, false, NULL, 0, o);
    }
    if (status == STEPDOWN_OK) {
        status = fill_page(&p, &query, resume, o);
        transaction_abort(&e->transaction);
    }
    buffer_free(&p.b);
    if (status == STEPDOWN_OK) {
        status = note_page(&p, o);
    }
    if (status != STEPDOWN_OK) {
        result_free(&p.r);
        return status;
    }
    return result_finish(p.r, out, o);
}
