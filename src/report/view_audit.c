// SPDX-License-Identifier: Apache-2.0
// Proof as rows: what a command did, the records of a pathway, the auditable validation, the verification of chains.
#include <string.h>

#include "engine/board.h"
#include "engine/verbs.h"
#include "report/views.h"

// ---- events ----------------------------------------------------------------------------------------------------------------

static void put_value(const struct state *s, const char *label, const struct value *value, struct buffer *out) {
    if (value != NULL) {
        buffer_text(out, out->size > 0 ? "; " : "");
        buffer_text(out, label);
        buffer_text(out, " ");
        view_value(s, value, out);
    }
}

static void put_recipients(const struct value *told, struct buffer *out) {
    for (uint32_t i = 0; told != NULL && i < told->count; i++) {
        const struct value *parts = told->items[i].items;
        if (told->items[i].count == 3) {
            buffer_format(out, "%s%.*s (%.*s)",
                          i > 0           ? ", "
                          : out->size > 0 ? "; told "
                                          : "told ",
                          (int)parts[2].text.size, (const char *)parts[2].text.data, (int)parts[0].text.size,
                          (const char *)parts[0].text.data);
        }
    }
}

static const struct attr *find_attr(const struct event *event, uint32_t key) {
    for (uint32_t i = 0; i < event->attr_count; i++) {
        if (event->attrs[i].key == key) {
            return &event->attrs[i];
        }
    }
    return NULL;
}

static void put_attr(struct reading *rd, const char *label, const struct attr *attr, bool own, struct buffer *out) {
    static const struct value hidden = {.type = VALUE_TEXT, .text = {(const uint8_t *)WITHHELD, sizeof WITHHELD - 1}};
    if (attr != NULL) {
        bool shown = own || attr->value.type == VALUE_ERASED || reading_may_attr(rd, attr);
        put_value(rd->ev.state, label, shown ? &attr->value : &hidden, out);
    }
}

// Everything an event says that people want to read, protocol fields by their names.
void view_event_text(struct reading *rd, const struct event *event, bool own, struct buffer *out) {
    static const struct {
        uint32_t key;
        const char *label;
    } parts[] = {
        {ATTR_DECIDED, "decided"}, {ATTR_TEXT, "text"},           {ATTR_REASON, "reason"},
        {ATTR_FLAG, "flag"},       {ATTR_OUTCOME, "outcome"},     {ATTR_VERDICT, "verdict"},
        {ATTR_START, "start"},     {ATTR_STEP_DUE, "answer by"},  {ATTR_EVIDENCE, "evidence"},
        {ATTR_KIND, "kind"},       {ATTR_ZONE, "zone"},           {ATTR_AT, "at"},
        {ATTR_BASIS, "basis"},     {ATTR_AUTHORITY, "authority"},
    };
    const struct state *s = rd->ev.state;
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        put_attr(rd, parts[i].label, find_attr(event, parts[i].key), own, out);
    }
    put_recipients(event_get(event, ATTR_RECIPIENTS), out);
    for (uint32_t i = 0; i < event->attr_count; i++) {
        const struct name_def *name =
            event->attrs[i].key >= SYMBOL_FIRST ? definitions_symbol(s->defs, event->attrs[i].key) : NULL;
        if (name != NULL && name->kind == NAME_FIELD) {
            put_attr(rd, s->defs->fields[name->index].def.name, &event->attrs[i], own, out);
        }
    }
}

enum event_column {
    EVENT_NAME,
    EVENT_ID,
    EVENT_DEF,
    EVENT_ABOUT,
    EVENT_OWNER,
    EVENT_OWNER_ROLE,
    EVENT_DUE,
    EVENT_TEXT
};
static const struct column event_columns[] = {
    [EVENT_NAME] = {"event", STEPDOWN_COLUMN_TEXT},  [EVENT_ID] = {"id", STEPDOWN_COLUMN_TEXT},
    [EVENT_DEF] = {"name", STEPDOWN_COLUMN_TEXT},    [EVENT_ABOUT] = {"about", STEPDOWN_COLUMN_TEXT},
    [EVENT_OWNER] = {"owner", STEPDOWN_COLUMN_TEXT}, [EVENT_OWNER_ROLE] = {"owner_role", STEPDOWN_COLUMN_TEXT},
    [EVENT_DUE] = {"due", STEPDOWN_COLUMN_TIME},     [EVENT_TEXT] = {"text", STEPDOWN_COLUMN_TEXT},
};

static const char *symbol_name(const struct definitions *defs, uint32_t symbol) {
    const struct name_def *name = symbol != 0 ? definitions_symbol(defs, symbol) : NULL;
    if (name == NULL) {
        return "";
    }
    const char *dot = strchr(name->qualified, '.'); // behind the protocol's name
    return dot != NULL ? dot + 1 : name->qualified;
}

// An event's own place in its record is the id of what it made: an element, a mark.
static void add_event(struct stepdown_result *r, struct reading *rd, uint64_t seq, uint32_t ord,
                      const struct event *event, bool own, struct buffer *b) {
    const struct state *s = rd->ev.state;
    const struct event_row *row = event_row(event->code);
    bool makes = row != NULL &&
                 (row->class == EVENT_CLASS_OPEN || row->class == EVENT_CLASS_ENTRY || row->class == EVENT_CLASS_MARK);
    bool whole = event->target.seq == 0 && event->target.ord == 0;
    uint32_t element = whole && !(makes && seq == 0) ? NO_ELEMENT : state_find(s, event->target);
    const struct value *due = event_get(event, ATTR_DUE), *person = event_get(event, ATTR_PERSON);
    const struct value *role = event_get(event, ATTR_OWNER_ROLE);
    result_add(r);
    buffer_text(b, row != NULL ? row->family : "");
    buffer_text(b, ".");
    buffer_text(b, row != NULL ? row->word : "");
    result_buffer(r, EVENT_NAME, b);
    struct ref id = makes ? (struct ref){.seq = seq, .ord = ord} : event->target;
    buffer_decimal(b, id.seq);
    buffer_text(b, ".");
    buffer_decimal(b, id.ord);
    result_buffer(r, EVENT_ID, b);
    const char *name = symbol_name(s->defs, event->name);
    result_string(r, EVENT_DEF, name[0] != '\0' ? name : element != NO_ELEMENT ? reading_name(rd, element) : "pathway");
    uint32_t about =
        element != NO_ELEMENT && row != NULL && row->class != EVENT_CLASS_MARK && row->class != EVENT_CLASS_ENGINE
            ? s->elements[element].about
            : element;
    result_string(r, EVENT_ABOUT, about != NO_ELEMENT ? reading_name(rd, about) : "pathway");
    result_text(r, EVENT_OWNER, person != NULL ? person->text : slice_of(NULL, 0));
    result_text(r, EVENT_OWNER_ROLE, role != NULL ? role->text : slice_of(NULL, 0));
    result_number(r, EVENT_DUE, due != NULL ? due->number : STEPDOWN_TIME_NONE);
    view_event_text(rd, event, own, b);
    result_buffer(r, EVENT_TEXT, b);
}

// `own`: the first of them, the cause, is the reader's own word.
static void add_events(struct stepdown_result *r, size_t column, struct reading *rd, uint64_t seq,
                       const struct event *events, uint32_t count, bool own) {
    struct stepdown_result *rows = result_nest(r, column, RESULT_COLUMNS(event_columns));
    struct buffer b;
    buffer_init(&b, &r->env);
    for (uint32_t i = 0; i < count; i++) {
        add_event(rows, rd, seq, i, &events[i], own && i == 0, &b);
    }
    buffer_free(&b);
}

// ---- receipts --------------------------------------------------------------------------------------------------------------

static const struct column receipt_columns[] = {
    {"pathway", STEPDOWN_COLUMN_TEXT},     {"sequence", STEPDOWN_COLUMN_INTEGER}, {"recorded_at", STEPDOWN_COLUMN_TIME},
    {"repeated", STEPDOWN_COLUMN_BOOLEAN}, {"events", STEPDOWN_COLUMN_ROWS},
};

stepdown_status view_receipt(struct engine *e, const struct session_info *who, struct state *s,
                             const struct receipt *receipt, stepdown_result **out, stepdown_error **o) {
    struct stepdown_result *r = result_new(&e->env, RESULT_COLUMNS(receipt_columns));
    char id[27];
    if (r == NULL) {
        return status_nomem(&e->env, o);
    }
    base32_print_id(receipt->pathway, id);
    result_add(r);
    result_string(r, 0, id);
    result_number(r, 1, (int64_t)receipt->seq);
    result_number(r, 2, receipt->recorded_at);
    result_number(r, 3, receipt->repeated);
    if (s != NULL) {
        struct reading reading;
        reading_begin(&reading, e, s, who);
        add_events(r, 4, &reading, receipt->seq, receipt->events, receipt->event_count, true);
    }
    return result_finish(r, out, o);
}

// ---- records ---------------------------------------------------------------------------------------------------------------

enum record_column {
    RECORD_SEQUENCE,
    RECORD_RECORDED,
    RECORD_OCCURRED,
    RECORD_CAUSE,
    RECORD_ACTOR,
    RECORD_ROLE,
    RECORD_ORG,
    RECORD_PURPOSE,
    RECORD_LEAF,
    RECORD_PREVIOUS,
    RECORD_BYTES,
    RECORD_EVENTS,
    RECORD_COMMAND
};
static const struct column record_columns[] = {
    [RECORD_SEQUENCE] = {"sequence", STEPDOWN_COLUMN_INTEGER},
    [RECORD_RECORDED] = {"recorded_at", STEPDOWN_COLUMN_TIME},
    [RECORD_OCCURRED] = {"occurred_at", STEPDOWN_COLUMN_TIME},
    [RECORD_CAUSE] = {"cause", STEPDOWN_COLUMN_TEXT},
    [RECORD_ACTOR] = {"actor", STEPDOWN_COLUMN_TEXT},
    [RECORD_ROLE] = {"role", STEPDOWN_COLUMN_TEXT},
    [RECORD_ORG] = {"organization", STEPDOWN_COLUMN_TEXT},
    [RECORD_PURPOSE] = {"purpose", STEPDOWN_COLUMN_TEXT},
    [RECORD_LEAF] = {"leaf", STEPDOWN_COLUMN_TEXT},
    [RECORD_PREVIOUS] = {"previous", STEPDOWN_COLUMN_TEXT},
    [RECORD_BYTES] = {"bytes", STEPDOWN_COLUMN_INTEGER},
    [RECORD_EVENTS] = {"events", STEPDOWN_COLUMN_ROWS},
    [RECORD_COMMAND] = {"command", STEPDOWN_COLUMN_TEXT},
};

static void add_record(struct stepdown_result *r, struct reading *rd, const struct record *record, size_t bytes) {
    static const char *const causes[] = {"genesis", "command", "timer", "signal", "import", "erasure", "access"};
    const struct record_header *h = &record->header;
    char hex[2 * DIGEST_SIZE + 1];
    result_add(r);
    result_number(r, RECORD_SEQUENCE, (int64_t)h->seq);
    result_number(r, RECORD_RECORDED, h->recorded_at);
    result_number(r, RECORD_OCCURRED, h->occurred_at);
    result_string(r, RECORD_CAUSE, h->cause < sizeof causes / sizeof causes[0] ? causes[h->cause] : "");
    result_text(r, RECORD_ACTOR, h->actor.type == ACTOR_ENGINE ? slice_text("stepdown") : h->actor.id);
    result_text(r, RECORD_ROLE, h->actor.role);
    result_text(r, RECORD_ORG, h->actor.behalf);
    result_text(r, RECORD_PURPOSE, h->purpose);
    hex_print(record->leaf, DIGEST_SIZE, hex);
    result_string(r, RECORD_LEAF, hex);
    hex_print(h->previous, DIGEST_SIZE, hex);
    result_string(r, RECORD_PREVIOUS, h->seq > 0 ? hex : "");
    result_number(r, RECORD_BYTES, (int64_t)bytes);
    add_events(r, RECORD_EVENTS, rd, h->seq, record->events, record->event_count, reading_own(rd, h->actor.behalf));
    result_text(r, RECORD_COMMAND, h->command_id);
}

stepdown_status view_records(struct engine *e, struct reading *rd, const struct head *head, uint64_t from,
                             uint32_t limit, stepdown_result **out, stepdown_error **o) {
    const struct state *s = rd->ev.state;
    struct key first, end;
    struct row *rows;
    size_t count;
    bool more;
    key_record(&first, s->id, from);
    key_record(&end, s->id, head->seq + 1);
    arena_reset(&e->reading);
    stepdown_status status = transaction_scan(&e->transaction, key_slice(&first), key_slice(&end), false, limit,
                                              &e->reading, &rows, &count, &more, o);
    struct stepdown_result *r = status == STEPDOWN_OK ? result_new(&e->env, RESULT_COLUMNS(record_columns)) : NULL;
    if (r == NULL) {
        return status != STEPDOWN_OK ? status : status_nomem(&e->env, o);
    }
    for (size_t i = 0; i < count && status == STEPDOWN_OK; i++) {
        struct record record;
        status = record_decode(&e->env, e->digest, &e->reading, rows[i].value, &record, o);
        if (status == STEPDOWN_OK) {
            add_record(r, rd, &record, rows[i].value.size);
        }
    }
    if (status != STEPDOWN_OK) {
        result_free(&r);
        return status;
    }
    uint64_t next = from + count;
    if (count > 0 && next <= head->seq) {
        result_set_next(r, "%llu", (unsigned long long)next);
    }
    return result_finish(r, out, o);
}

// ---- validation ------------------------------------------------------------------------------------------------------------

enum confirm_column {
    CONFIRM_ROW,
    CONFIRM_SAYS,
    CONFIRM_ABOUT,
    CONFIRM_ANSWERED,
    CONFIRM_VALUE,
    CONFIRM_LABEL,
    CONFIRM_VACUOUS,
    CONFIRM_DUE,
    CONFIRM_RECORDS,
    CONFIRM_LACKING,
    CONFIRM_NAME,
    CONFIRM_WITHHELD
};
static const struct column confirm_columns[] = {
    [CONFIRM_ROW] = {"row", STEPDOWN_COLUMN_TEXT},
    [CONFIRM_SAYS] = {"says", STEPDOWN_COLUMN_TEXT},
    [CONFIRM_ABOUT] = {"about", STEPDOWN_COLUMN_TEXT},
    [CONFIRM_ANSWERED] = {"answered", STEPDOWN_COLUMN_TEXT},
    [CONFIRM_VALUE] = {"value", STEPDOWN_COLUMN_TEXT},
    [CONFIRM_LABEL] = {"label", STEPDOWN_COLUMN_TEXT},
    [CONFIRM_VACUOUS] = {"vacuous", STEPDOWN_COLUMN_BOOLEAN},
    [CONFIRM_DUE] = {"due", STEPDOWN_COLUMN_TIME},
    [CONFIRM_RECORDS] = {"records", STEPDOWN_COLUMN_ROWS},
    [CONFIRM_LACKING] = {"lacking", STEPDOWN_COLUMN_ROWS},
    [CONFIRM_NAME] = {"name", STEPDOWN_COLUMN_TEXT},
    [CONFIRM_WITHHELD] = {"withheld", STEPDOWN_COLUMN_BOOLEAN},
};
static const struct column lacking_columns[] = {{"reason", STEPDOWN_COLUMN_TEXT},
                                                {"explanation", STEPDOWN_COLUMN_TEXT}};

// A word that stands for what a field says gives the field away: it is withheld with it.
static bool label_may(struct reading *rd, const struct confirm_def *confirm) {
    bool may = true;
    for (uint32_t i = 0; i < confirm->label_count && may; i++) {
        may = reading_may_node(rd, rd->ev.defs->labels[confirm->label_first + i].node);
    }
    return may;
}

// Answered or not is for everybody who takes part; what the answer is, for those who may read what it is made of.
static void put_answer(struct stepdown_result *r, struct reading *rd, const struct evaluation *ev,
                       const struct confirm_result *c, struct buffer *b) {
    const struct confirm_def *confirm = &ev->defs->confirms[c->confirm];
    bool value = reading_may_term(rd, confirm->value), label = label_may(rd, confirm);
    if (c->has_value && value) {
        view_value(ev->state, &c->value, b);
    } else if (c->has_value) {
        buffer_text(b, WITHHELD);
    }
    result_buffer(r, CONFIRM_VALUE, b);
    result_string(r, CONFIRM_LABEL, c->label == NULL || label ? c->label : WITHHELD);
    result_number(r, CONFIRM_WITHHELD, (c->has_value && !value) || (c->label != NULL && !label));
}

static void add_confirmation(struct stepdown_result *r, struct reading *rd, const struct evaluation *ev,
                             const struct confirm_result *c, struct buffer *b) {
    const struct def *def = &ev->defs->confirms[c->confirm].def;
    result_add(r);
    result_string(r, CONFIRM_ROW, def->row[0] != '\0' ? def->row : def->name);
    result_string(r, CONFIRM_NAME, def->name);
    result_string(r, CONFIRM_SAYS, def->says);
    result_string(r, CONFIRM_ABOUT, c->element != NO_ELEMENT ? reading_name(rd, c->element) : "");
    result_string(r, CONFIRM_ANSWERED, answered_word(c->answered));
    put_answer(r, rd, ev, c, b);
    result_number(r, CONFIRM_VACUOUS, c->vacuous);
    result_number(r, CONFIRM_DUE, c->due);
    bool confirmed = c->answered == ANSWER_CONFIRMED;
    view_evidence(r, CONFIRM_RECORDS, ev->state, c->verdict.evidence, confirmed ? c->verdict.evidence_count : 0);
    struct stepdown_result *lacking = result_nest(r, CONFIRM_LACKING, RESULT_COLUMNS(lacking_columns));
    for (size_t i = 0; i < c->verdict.unmet_count && c->answered == ANSWER_UNCONFIRMED; i++) {
        result_add(lacking);
        result_string(lacking, 0, reason_word(c->verdict.unmet[i].reason));
        rule_explain(ev, &c->verdict.unmet[i], b);
        result_buffer(lacking, 1, b);
    }
}

static stepdown_status fill_validation(struct engine *e, struct reading *rd, struct stepdown_result *r,
                                       stepdown_error **o) {
    struct state *s = rd->ev.state;
    struct confirm_result c;
    struct buffer b;
    stepdown_status status = STEPDOWN_OK;
    confirm_result_init(&c, &e->env);
    buffer_init(&b, &e->env);
    for (size_t i = 0; i < s->defs->confirm_count && status == STEPDOWN_OK; i++) {
        struct evaluation ev = engine_evaluation(e, s, rd->ev.now);
        size_t rows = confirm_rows(&ev, (int32_t)i);
        for (size_t row = 0; row < rows && status == STEPDOWN_OK; row++) {
            status = confirm_evaluate(&ev, (int32_t)i, row, &c, o);
            if (status == STEPDOWN_OK) {
                add_confirmation(r, rd, &ev, &c, &b);
            }
        }
    }
    buffer_free(&b);
    confirm_result_free(&c);
    return status;
}

stepdown_status view_validation(struct engine *e, struct reading *rd, stepdown_result **out, stepdown_error **o) {
    struct stepdown_result *r = result_new(&e->env, RESULT_COLUMNS(confirm_columns));
    if (r == NULL) {
        return status_nomem(&e->env, o);
    }
    stepdown_status status = fill_validation(e, rd, r, o);
    return result_done(status, r, out, o);
}

// ---- verification ----------------------------------------------------------------------------------------------------------

enum chain_column { CHAIN_ID, CHAIN_KIND, CHAIN_RECORDS, CHAIN_INTACT, CHAIN_BAD, CHAIN_PROBLEM, CHAIN_HEAD };
static const struct column chain_columns[] = {
    [CHAIN_ID] = {"chain", STEPDOWN_COLUMN_TEXT},
    [CHAIN_KIND] = {"kind", STEPDOWN_COLUMN_TEXT},
    [CHAIN_RECORDS] = {"records", STEPDOWN_COLUMN_INTEGER},
    [CHAIN_INTACT] = {"intact", STEPDOWN_COLUMN_BOOLEAN},
    [CHAIN_BAD] = {"bad_sequence", STEPDOWN_COLUMN_INTEGER},
    [CHAIN_PROBLEM] = {"problem", STEPDOWN_COLUMN_TEXT},
    [CHAIN_HEAD] = {"head", STEPDOWN_COLUMN_TEXT},
};

static stepdown_status add_fault(void *ctx, const struct board_fault *fault, stepdown_error **o) {
    struct stepdown_result *r = ctx;
    char text[27] = "";
    (void)o; // what does not fit into memory is told at the end
    if (fault->pathway != NULL) {
        base32_print_id(fault->pathway, text);
    }
    result_add(r);
    result_string(r, CHAIN_ID, text);
    result_string(r, CHAIN_KIND, "board");
    result_number(r, CHAIN_INTACT, 0);
    result_number(r, CHAIN_BAD, fault->pathway != NULL ? (int64_t)fault->item.seq : -1);
    result_string(r, CHAIN_PROBLEM, fault->text);
    return STEPDOWN_OK;
}

static stepdown_status add_chain(struct engine *e, struct stepdown_result *r, const uint8_t id[RECORD_ID],
                                 struct verify_progress *progress, stepdown_error **o) {
    struct chain_report report;
    char text[27], hex[2 * DIGEST_SIZE + 1];
    stepdown_status status = verify_chain(e, id, progress, r->arena, &report, o);
    if (status != STEPDOWN_OK) {
        return status;
    }
    base32_print_id(report.id, text);
    hex_print(report.leaf, DIGEST_SIZE, hex);
    result_add(r);
    result_string(r, CHAIN_ID, text);
    result_string(r, CHAIN_KIND, report.access ? "access" : "pathway");
    result_number(r, CHAIN_RECORDS, (int64_t)report.records);
    result_number(r, CHAIN_INTACT, report.intact);
    result_number(r, CHAIN_BAD, report.bad_seq);
    result_string(r, CHAIN_PROBLEM, report.problem);
    result_string(r, CHAIN_HEAD, hex);
    const struct board_sink sink = {.seen = add_fault, .ctx = r};
    return report.intact && !report.access ? board_find_missing(e, id, &sink, o) : STEPDOWN_OK;
}

stepdown_status view_verification(struct engine *e, const uint8_t *pathway, struct verify_progress *progress,
                                  stepdown_result **out, stepdown_error **o) {
    struct stepdown_result *r = result_new(&e->env, RESULT_COLUMNS(chain_columns));
    if (r == NULL) {
        return status_nomem(&e->env, o);
    }
    stepdown_status status = pathway != NULL ? add_chain(e, r, pathway, progress, o) : STEPDOWN_OK;
    struct key from;
    key_first_pathway(&from);
    for (bool found = pathway == NULL; found && status == STEPDOWN_OK;) {
        uint8_t id[RECORD_ID];
        status = verify_next_chain(e, &from, id, &found, o);
        if (status == STEPDOWN_OK && found) {
            status = add_chain(e, r, id, progress, o);
        }
    }
    const struct board_sink sink = {.seen = add_fault, .ctx = r};
    if (status == STEPDOWN_OK) {
        status = board_find_wrong(e, pathway, &sink, o);
    }
    return result_done(status, r, out, o);
}
