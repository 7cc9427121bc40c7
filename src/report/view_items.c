// SPDX-License-Identifier: Apache-2.0
// Items and entries as rows, and the board: what must happen next, what hurts first on top.
#include <stdlib.h>
#include <string.h>

#include "engine/verbs.h"
#include "report/views.h"

// ---- shared --------------------------------------------------------------------------------------------------------------

void view_id(struct stepdown_result *r, size_t column, const struct state *s, uint32_t element) {
    if (element != NO_ELEMENT) {
        result_format(r, column, "%llu.%u", (unsigned long long)s->elements[element].id.seq,
                      s->elements[element].id.ord);
    }
}

static void print_cited(const struct state *s, const struct value *value, struct buffer *out) {
    uint32_t element = state_find(s, value->ref);
    const struct name_def *field = value->field != 0 ? definitions_symbol(s->defs, value->field) : NULL;
    const char *dot = field != NULL ? strrchr(field->qualified, '.') : NULL;
    buffer_format(out, "%s %llu.%u%s%s", element != NO_ELEMENT ? element_word(s, element) : "event",
                  (unsigned long long)value->ref.seq, value->ref.ord, dot != NULL ? " " : "",
                  dot != NULL ? dot + 1 : "");
}

void view_value(const struct state *s, const struct value *value, struct buffer *out) {
    if (value->type == VALUE_REFERENCE) {
        print_cited(s, value, out);
        return;
    }
    uint8_t inner = value->type == VALUE_LIST && value->count > 0 ? value->items[0].type : VALUE_NONE;
    bool nested = inner == VALUE_REFERENCE || inner == VALUE_LIST;
    for (uint32_t i = 0; nested && i < value->count; i++) {
        buffer_text(out, i > 0 ? ", " : "");
        buffer_text(out, value_print_missing(&value->items[i]));
        view_value(s, &value->items[i], out);
    }
    if (!nested) {
        value_print(value, s->zone, out);
    }
}

const struct def *view_def(const struct state *s, uint32_t element) {
    const struct element *el = &s->elements[element];
    if ((el->flags & ELEMENT_IS_ITEM) == 0) {
        return el->def < s->defs->form_count ? &s->defs->forms[el->def].def : NULL;
    }
    if (el->kind == KIND_ALERT) {
        return el->ladder_rule < s->defs->rule_count ? &s->defs->rules[el->ladder_rule].def : NULL;
    }
    return el->def < s->defs->item_count ? &s->defs->items[el->def].def : NULL;
}

static const char *kind_word(const struct element *el) {
    const struct kind_row *row = lifecycle_kind(el->kind);
    return row != NULL ? row->word : "";
}

static void print_name(struct reading *rd, uint32_t element, struct buffer *out) {
    const struct def *def = view_def(rd->ev.state, element);
    if (def != NULL && def->says != NULL && def->says[0] != '\0') {
        buffer_text(out, def->says);
        return;
    }
    for (const char *p = reading_name(rd, element); *p != '\0'; p++) {
        buffer_format(out, "%c", *p == '_' || *p == '-' ? ' ' : *p);
    }
}

void view_title(struct reading *rd, uint32_t element, struct buffer *out) {
    const struct state *s = rd->ev.state;
    uint32_t about = s->elements[element].about;
    print_name(rd, element, out);
    if (s->elements[element].kind == KIND_ALERT && about != NO_ELEMENT) {
        buffer_text(out, ": ");
        print_name(rd, about, out);
    }
}

static void put_title(struct stepdown_result *r, size_t column, struct reading *rd, uint32_t element) {
    struct buffer b;
    buffer_init(&b, &r->env);
    view_title(rd, element, &b);
    result_buffer(r, column, &b);
    buffer_free(&b);
}

static void put_about(struct stepdown_result *r, size_t column, struct reading *rd, uint32_t element) {
    uint32_t about = rd->ev.state->elements[element].about;
    result_string(r, column, about != NO_ELEMENT ? reading_name(rd, about) : "pathway");
}

static const char *rows_of(const struct state *s, uint32_t element) {
    const struct def *def = view_def(s, element);
    return def != NULL && def->row != NULL ? def->row : "";
}

// ---- items -----------------------------------------------------------------------------------------------------------------

enum item_column {
    ITEM_ID,
    ITEM_NAME,
    ITEM_TITLE,
    ITEM_KIND,
    ITEM_STATE,
    ITEM_ABOUT,
    ITEM_OWNER,
    ITEM_OWNER_ROLE,
    ITEM_OWNER_ORG,
    ITEM_ACCEPTED,
    ITEM_DELEGATE,
    ITEM_OFFERED,
    ITEM_DUE,
    ITEM_OVERDUE,
    ITEM_LATE,
    ITEM_SUSPENDED,
    ITEM_START,
    ITEM_END,
    ITEM_OPENED,
    ITEM_FINISHED,
    ITEM_ROWS,
    ITEM_VERSION
};
static const struct column item_columns[] = {
    [ITEM_ID] = {"id", STEPDOWN_COLUMN_TEXT},
    [ITEM_NAME] = {"name", STEPDOWN_COLUMN_TEXT},
    [ITEM_TITLE] = {"title", STEPDOWN_COLUMN_TEXT},
    [ITEM_KIND] = {"kind", STEPDOWN_COLUMN_TEXT},
    [ITEM_STATE] = {"state", STEPDOWN_COLUMN_TEXT},
    [ITEM_ABOUT] = {"about", STEPDOWN_COLUMN_TEXT},
    [ITEM_OWNER] = {"owner", STEPDOWN_COLUMN_TEXT},
    [ITEM_OWNER_ROLE] = {"owner_role", STEPDOWN_COLUMN_TEXT},
    [ITEM_OWNER_ORG] = {"owner_organization", STEPDOWN_COLUMN_TEXT},
    [ITEM_ACCEPTED] = {"accepted", STEPDOWN_COLUMN_BOOLEAN},
    [ITEM_DELEGATE] = {"delegate", STEPDOWN_COLUMN_TEXT},
    [ITEM_OFFERED] = {"offered_to", STEPDOWN_COLUMN_TEXT},
    [ITEM_DUE] = {"due", STEPDOWN_COLUMN_TIME},
    [ITEM_OVERDUE] = {"overdue", STEPDOWN_COLUMN_BOOLEAN},
    [ITEM_LATE] = {"late", STEPDOWN_COLUMN_BOOLEAN},
    [ITEM_SUSPENDED] = {"suspended", STEPDOWN_COLUMN_BOOLEAN},
    [ITEM_START] = {"start", STEPDOWN_COLUMN_TIME},
    [ITEM_END] = {"end", STEPDOWN_COLUMN_TIME},
    [ITEM_OPENED] = {"opened_at", STEPDOWN_COLUMN_TIME},
    [ITEM_FINISHED] = {"finished_at", STEPDOWN_COLUMN_TIME},
    [ITEM_ROWS] = {"rows", STEPDOWN_COLUMN_TEXT},
    [ITEM_VERSION] = {"version", STEPDOWN_COLUMN_INTEGER},
};

static void add_item(struct stepdown_result *r, struct reading *rd, uint32_t element) {
    const struct state *s = rd->ev.state;
    const struct element *el = &s->elements[element];
    result_add(r);
    view_id(r, ITEM_ID, s, element);
    result_string(r, ITEM_NAME, reading_name(rd, element));
    put_title(r, ITEM_TITLE, rd, element);
    result_string(r, ITEM_KIND, kind_word(el));
    result_string(r, ITEM_STATE, lifecycle_state_word(el->state));
    put_about(r, ITEM_ABOUT, rd, element);
    result_text(r, ITEM_OWNER, el->owner);
    result_text(r, ITEM_OWNER_ROLE, el->owner_role);
    result_text(r, ITEM_OWNER_ORG, el->owner_org);
    result_number(r, ITEM_ACCEPTED, (el->flags & ELEMENT_ACCEPTED) != 0);
    result_text(r, ITEM_DELEGATE, el->delegate);
    result_text(r, ITEM_OFFERED, el->offered);
    result_number(r, ITEM_DUE, el->kind == KIND_ALERT ? el->step_due : el->due); // an alert: answer by
    result_number(r, ITEM_OVERDUE, (el->flags & ELEMENT_OVERDUE_FLAG) != 0);
    result_number(r, ITEM_LATE, (el->flags & ELEMENT_LATE) != 0);
    result_number(r, ITEM_SUSPENDED, (el->flags & ELEMENT_SUSPENDED) != 0);
    result_number(r, ITEM_START, el->start);
    result_number(r, ITEM_END, el->end);
    result_number(r, ITEM_OPENED, el->opened_at);
    result_number(r, ITEM_FINISHED, el->finished_at);
    result_string(r, ITEM_ROWS, rows_of(s, element));
    result_number(r, ITEM_VERSION, (int64_t)state_version(s, element));
}

static void fill_items(struct stepdown_result *r, struct reading *rd, bool live_only) {
    const struct state *s = rd->ev.state;
    for (uint32_t i = 0; i < s->element_count; i++) {
        uint32_t flags = s->elements[i].flags;
        if ((flags & ELEMENT_IS_ITEM) != 0 && (!live_only || (flags & ELEMENT_FINISHED_FLAG) == 0)) {
            add_item(r, rd, i);
        }
    }
}

stepdown_status view_items(struct engine *e, struct reading *rd, bool live_only, stepdown_result **out,
                           stepdown_error **o) {
    struct stepdown_result *r = result_new(&e->env, RESULT_COLUMNS(item_columns));
    if (r == NULL) {
        return status_nomem(&e->env, o);
    }
    fill_items(r, rd, live_only);
    return result_finish(r, out, o);
}

// ---- entries ---------------------------------------------------------------------------------------------------------------

enum entry_column {
    ENTRY_ID,
    ENTRY_FORM,
    ENTRY_TITLE,
    ENTRY_EVENT,
    ENTRY_ABOUT,
    ENTRY_AUTHOR,
    ENTRY_ROLE,
    ENTRY_ORG,
    ENTRY_OCCURRED,
    ENTRY_RECORDED,
    ENTRY_RETRACTED,
    ENTRY_VERSION,
    ENTRY_FIELDS
};
static const struct column entry_columns[] = {
    [ENTRY_ID] = {"id", STEPDOWN_COLUMN_TEXT},
    [ENTRY_FORM] = {"form", STEPDOWN_COLUMN_TEXT},
    [ENTRY_TITLE] = {"title", STEPDOWN_COLUMN_TEXT},
    [ENTRY_EVENT] = {"event", STEPDOWN_COLUMN_TEXT},
    [ENTRY_ABOUT] = {"about", STEPDOWN_COLUMN_TEXT},
    [ENTRY_AUTHOR] = {"author", STEPDOWN_COLUMN_TEXT},
    [ENTRY_ROLE] = {"author_role", STEPDOWN_COLUMN_TEXT},
    [ENTRY_ORG] = {"author_organization", STEPDOWN_COLUMN_TEXT},
    [ENTRY_OCCURRED] = {"occurred_at", STEPDOWN_COLUMN_TIME},
    [ENTRY_RECORDED] = {"recorded_at", STEPDOWN_COLUMN_TIME},
    [ENTRY_RETRACTED] = {"retracted", STEPDOWN_COLUMN_BOOLEAN},
    [ENTRY_VERSION] = {"version", STEPDOWN_COLUMN_INTEGER},
    [ENTRY_FIELDS] = {"fields", STEPDOWN_COLUMN_ROWS},
};
enum field_column {
    FIELD_NAME,
    FIELD_TYPE,
    FIELD_VALUE,
    FIELD_STATEMENT,
    FIELD_AUTHOR,
    FIELD_ROLE,
    FIELD_ERASED,
    FIELD_VERSION,
    FIELD_ROWS,
    FIELD_WITHHELD
};
static const struct column field_columns[] = {
    [FIELD_NAME] = {"name", STEPDOWN_COLUMN_TEXT},        [FIELD_TYPE] = {"type", STEPDOWN_COLUMN_TEXT},
    [FIELD_VALUE] = {"value", STEPDOWN_COLUMN_TEXT},      [FIELD_STATEMENT] = {"statement", STEPDOWN_COLUMN_TEXT},
    [FIELD_AUTHOR] = {"author", STEPDOWN_COLUMN_TEXT},    [FIELD_ROLE] = {"author_role", STEPDOWN_COLUMN_TEXT},
    [FIELD_ERASED] = {"erased", STEPDOWN_COLUMN_BOOLEAN}, [FIELD_VERSION] = {"version", STEPDOWN_COLUMN_INTEGER},
    [FIELD_ROWS] = {"rows", STEPDOWN_COLUMN_TEXT},        [FIELD_WITHHELD] = {"withheld", STEPDOWN_COLUMN_BOOLEAN},
};

static const char *type_word(uint8_t type) {
    static const char *const words[] = {"",         "text",      "choice",   "list",     "moment",    "duration",
                                        "quantity", "yes or no", "link",     "decision", "statement", "person",
                                        "role",     "date",      "interval", "bytes",    "erased"};
    return type < sizeof words / sizeof words[0] ? words[type] : "";
}

// `own`: the reader's organization has written it.
static void add_field(struct stepdown_result *r, struct reading *rd, const struct field_value *value, bool own,
                      struct buffer *b) {
    const struct state *s = rd->ev.state;
    bool hidden = !own && value->value.type != VALUE_ERASED && !reading_may_value(rd, value);
    const struct field_def *f = value->field < s->defs->field_count ? &s->defs->fields[value->field] : NULL;
    result_add(r);
    result_string(r, FIELD_NAME, f != NULL ? f->def.name : "unknown");
    result_string(r, FIELD_TYPE, type_word(f != NULL ? f->type : value->value.type));
    bool statement = value->value.type == VALUE_STATEMENT;
    if (hidden) {
        result_string(r, FIELD_VALUE, WITHHELD);
    } else if (statement) { // fact or interpretation stands in a column of its own
        result_text(r, FIELD_VALUE, value->value.text);
    } else {
        view_value(s, &value->value, b);
        result_buffer(r, FIELD_VALUE, b);
    }
    result_string(r, FIELD_STATEMENT, !statement ? "" : value->value.interpretation ? "interpretation" : "fact");
    result_text(r, FIELD_AUTHOR, value->person);
    result_text(r, FIELD_ROLE, value->role);
    result_number(r, FIELD_ERASED, value->value.type == VALUE_ERASED);
    result_number(r, FIELD_VERSION, (int64_t)value->version);
    result_string(r, FIELD_ROWS, f != NULL ? f->def.row : "");
    result_number(r, FIELD_WITHHELD, hidden);
}

static void add_entry(struct stepdown_result *r, struct reading *rd, uint32_t element, struct buffer *b) {
    const struct state *s = rd->ev.state;
    const struct element *el = &s->elements[element];
    const struct event_row *row = event_row(el->code);
    result_add(r);
    view_id(r, ENTRY_ID, s, element);
    result_string(r, ENTRY_FORM, element_name(s, element));
    put_title(r, ENTRY_TITLE, rd, element);
    result_format(r, ENTRY_EVENT, "%s.%s", row != NULL ? row->family : "", row != NULL ? row->word : "");
    put_about(r, ENTRY_ABOUT, rd, element);
    result_text(r, ENTRY_AUTHOR, el->author);
    result_text(r, ENTRY_ROLE, el->author_role);
    result_text(r, ENTRY_ORG, el->author_org);
    result_number(r, ENTRY_OCCURRED, el->occurred_at);
    result_number(r, ENTRY_RECORDED, el->recorded_at);
    result_number(r, ENTRY_RETRACTED, (el->flags & ELEMENT_RETRACTED) != 0);
    result_number(r, ENTRY_VERSION, (int64_t)el->version);
    struct stepdown_result *fields = result_nest(r, ENTRY_FIELDS, RESULT_COLUMNS(field_columns));
    for (uint32_t i = el->first_field; i != UINT32_MAX; i = s->fields[i].next) {
        add_field(fields, rd, &s->fields[i], reading_own(rd, el->author_org), b);
    }
}

static void fill_entries(struct stepdown_result *r, struct reading *rd) {
    const struct state *s = rd->ev.state;
    struct buffer b;
    buffer_init(&b, &r->env);
    for (uint32_t i = 0; i < s->element_count; i++) {
        bool late = rd->happened_by != STEPDOWN_TIME_NONE && s->elements[i].occurred_at > rd->happened_by;
        if ((s->elements[i].flags & ELEMENT_IS_ITEM) == 0 && !late) {
            add_entry(r, rd, i, &b);
        }
    }
    buffer_free(&b);
}

stepdown_status view_entries(struct engine *e, struct reading *rd, stepdown_result **out, stepdown_error **o) {
    struct stepdown_result *r = result_new(&e->env, RESULT_COLUMNS(entry_columns));
    if (r == NULL) {
        return status_nomem(&e->env, o);
    }
    fill_entries(r, rd);
    return result_finish(r, out, o);
}

// ---- the pathway -------------------------------------------------------------------------------------------------------------

enum pathway_column {
    PATHWAY_ID,
    PATHWAY_PROTOCOL,
    PATHWAY_VERSION,
    PATHWAY_SUBJECT,
    PATHWAY_KIND,
    PATHWAY_ZONE,
    PATHWAY_ORG,
    PATHWAY_STAGE,
    PATHWAY_OPENED,
    PATHWAY_CLOSED,
    PATHWAY_SEQUENCE,
    PATHWAY_NEXT_DUE,
    PATHWAY_PARTICIPANTS,
    PATHWAY_ITEMS,
    PATHWAY_ENTRIES
};
static const struct column pathway_columns[] = {
    [PATHWAY_ID] = {"pathway", STEPDOWN_COLUMN_TEXT},
    [PATHWAY_PROTOCOL] = {"protocol", STEPDOWN_COLUMN_TEXT},
    [PATHWAY_VERSION] = {"version", STEPDOWN_COLUMN_TEXT},
    [PATHWAY_SUBJECT] = {"subject", STEPDOWN_COLUMN_TEXT},
    [PATHWAY_KIND] = {"subject_kind", STEPDOWN_COLUMN_TEXT},
    [PATHWAY_ZONE] = {"zone", STEPDOWN_COLUMN_TEXT},
    [PATHWAY_ORG] = {"organization", STEPDOWN_COLUMN_TEXT},
    [PATHWAY_STAGE] = {"stage", STEPDOWN_COLUMN_TEXT},
    [PATHWAY_OPENED] = {"opened_at", STEPDOWN_COLUMN_TIME},
    [PATHWAY_CLOSED] = {"closed", STEPDOWN_COLUMN_BOOLEAN},
    [PATHWAY_SEQUENCE] = {"sequence", STEPDOWN_COLUMN_INTEGER},
    [PATHWAY_NEXT_DUE] = {"next_due", STEPDOWN_COLUMN_TIME},
    [PATHWAY_PARTICIPANTS] = {"participants", STEPDOWN_COLUMN_ROWS},
    [PATHWAY_ITEMS] = {"items", STEPDOWN_COLUMN_ROWS},
    [PATHWAY_ENTRIES] = {"entries", STEPDOWN_COLUMN_ROWS},
};
static const struct column participant_columns[] = {{"organization", STEPDOWN_COLUMN_TEXT},
                                                    {"kind", STEPDOWN_COLUMN_TEXT}};

stepdown_status view_pathway(struct engine *e, struct reading *rd, stepdown_result **out, stepdown_error **o) {
    struct state *s = rd->ev.state;
    struct stepdown_result *r = result_new(&e->env, RESULT_COLUMNS(pathway_columns));
    if (r == NULL) {
        return status_nomem(&e->env, o);
    }
    struct timer timer;
    enum timer_what what;
    char id[27];
    base32_print_id(s->id, id);
    result_add(r);
    result_string(r, PATHWAY_ID, id);
    view_protocol_names(r, PATHWAY_PROTOCOL, s->defs, false);
    view_protocol_names(r, PATHWAY_VERSION, s->defs, true);
    result_text(r, PATHWAY_SUBJECT, s->subject);
    result_text(r, PATHWAY_KIND, s->subject_kind);
    result_text(r, PATHWAY_ZONE, s->zone_name);
    result_text(r, PATHWAY_ORG, s->org);
    bool stage = s->stage_disclosure == 0 || reading_may(rd, NULL);
    result_text(r, PATHWAY_STAGE, stage ? s->stage : slice_text(WITHHELD));
    result_number(r, PATHWAY_OPENED, s->opened_at);
    result_number(r, PATHWAY_CLOSED, s->closed);
    result_number(r, PATHWAY_SEQUENCE, (int64_t)s->seq);
    result_number(r, PATHWAY_NEXT_DUE, state_next_timer(s, &timer, &what));
    struct stepdown_result *participants = result_nest(r, PATHWAY_PARTICIPANTS, RESULT_COLUMNS(participant_columns));
    for (size_t i = 0; i < s->participant_count; i++) {
        if (s->participants[i].until == STEPDOWN_TIME_NONE) {
            result_add(participants);
            result_text(participants, 0, s->participants[i].org);
            result_text(participants, 1, s->participants[i].kind);
        }
    }
    fill_items(result_nest(r, PATHWAY_ITEMS, RESULT_COLUMNS(item_columns)), rd, false);
    fill_entries(result_nest(r, PATHWAY_ENTRIES, RESULT_COLUMNS(entry_columns)), rd);
    return result_finish(r, out, o);
}
