// SPDX-License-Identifier: Apache-2.0
// Who knew an item, an entry or an update, since when and how: they wrote or moved it, got it delivered, acknowledged it,
// sat in a huddle that had it as evidence, or read it. What people did stands in the pathway's records; who read stands in
// the access chains. May call: engine, record.
#include <stdlib.h>
#include <string.h>

#include "engine/verbs.h"
#include "report/views.h"

enum { KNOWN_PERSON, KNOWN_ROLE, KNOWN_ORG, KNOWN_HOW, KNOWN_SINCE, KNOWN_OCCURRED, KNOWN_VERSION, KNOWN_THROUGH };
static const struct column known_columns[] = {
    [KNOWN_PERSON] = {"person", STEPDOWN_COLUMN_TEXT},      [KNOWN_ROLE] = {"role", STEPDOWN_COLUMN_TEXT},
    [KNOWN_ORG] = {"organization", STEPDOWN_COLUMN_TEXT},   [KNOWN_HOW] = {"how", STEPDOWN_COLUMN_TEXT},
    [KNOWN_SINCE] = {"since", STEPDOWN_COLUMN_TIME},        [KNOWN_OCCURRED] = {"occurred_at", STEPDOWN_COLUMN_TIME},
    [KNOWN_VERSION] = {"version", STEPDOWN_COLUMN_INTEGER}, [KNOWN_THROUGH] = {"through", STEPDOWN_COLUMN_TEXT},
};

// Views in which one sees what an item or an entry says.
static const struct {
    const char *view;
    bool items, entries;
} showing[] = {
    {"pathway", true, true}, {"items", true, false},  {"entries", false, true},
    {"board", true, false},  {"records", true, true},
};

struct known {
    stepdown_slice person, role, org;
    const char *how, *through;
    stepdown_time since, occurred;
    uint64_t version;
};
struct asked {
    struct engine *e;
    struct reading *rd;
    uint32_t element;
    uint32_t update; // the update or request that carries it, or is it; NO_ELEMENT
    struct arena keep;
    struct known *list;
    size_t count, cap;
    bool failed; // out of memory
};

// ---- gathering -----------------------------------------------------------------------------------------------------------

static bool changes(uint16_t code) {
    const struct event_row *row = event_row(code);
    return row != NULL && (row->class == EVENT_CLASS_ENTRY || row->class == EVENT_CLASS_OPEN ||
                           row->class == EVENT_CLASS_CHANGE || row->class == EVENT_CLASS_ITEM);
}

// The version that somebody had before them who saw the pathway after record `seq`.
static uint64_t version_at(const struct asked *a, uint64_t seq) {
    const struct state *s = a->rd->ev.state;
    uint64_t version = s->elements[a->element].id.seq;
    for (uint32_t i = s->elements[a->element].last_log; i != UINT32_MAX; i = s->log[i].previous) {
        if (s->log[i].seq <= seq && s->log[i].seq > version && changes(s->log[i].code)) {
            version = s->log[i].seq;
        }
    }
    return version;
}

static bool same(const struct known *a, const struct known *b) {
    return a->version == b->version && strcmp(a->how, b->how) == 0 && strcmp(a->through, b->through) == 0 &&
           slice_equal(a->person, b->person) && slice_equal(a->role, b->role) && slice_equal(a->org, b->org);
}

static bool keep(struct asked *a, stepdown_slice *text) {
    return text->size == 0 || arena_slice(&a->keep, *text, text);
}

// Everything once, at the first time. The texts of `one` may be short-lived.
static void add(struct asked *a, const struct known *one) {
    struct known k = *one;
    for (size_t i = 0; i < a->count; i++) {
        if (same(&a->list[i], &k)) {
            if (k.since < a->list[i].since) {
                a->list[i].since = k.since;
                a->list[i].occurred = k.occurred;
            }
            return;
        }
    }
    k.through = arena_text(&a->keep, k.through, strlen(k.through));
    if (!env_grow(&a->e->env, (void **)&a->list, &a->cap, a->count + 1, sizeof *a->list) || k.through == NULL ||
        !keep(a, &k.person) || !keep(a, &k.role) || !keep(a, &k.org)) {
        a->failed = true;
        return;
    }
    a->list[a->count++] = k;
}

// "secure_update 12.0"
static const char *carrier(struct asked *a, uint32_t element) {
    const struct ref id = a->rd->ev.state->elements[element].id;
    const char *text =
        arena_format(&a->keep, "%s %llu.%u", reading_name(a->rd, element), (unsigned long long)id.seq, id.ord);
    a->failed = a->failed || text == NULL;
    return text != NULL ? text : "";
}

// ---- what people did -----------------------------------------------------------------------------------------------------

static void add_actor(struct asked *a, const struct log_entry *log, const struct record *record) {
    const struct event_row *row = event_row(log->code);
    const struct actor *actor = &record->header.actor;
    bool words = row->class == EVENT_CLASS_ENTRY || log->code == EVENT_FORM_AMENDED;
    if (actor->type != ACTOR_PERSON || actor->id.size == 0) {
        return;
    }
    const struct known k = {.person = actor->id,
                            .role = actor->role,
                            .org = actor->behalf,
                            .how = words ? "wrote" : row->word,
                            .through = "",
                            .since = log->recorded_at,
                            .occurred = log->occurred_at,
                            .version = version_at(a, log->seq)};
    add(a, &k);
}

static bool knows_already(const struct asked *a, stepdown_slice role, stepdown_slice org, stepdown_slice person) {
    for (size_t i = 0; i < a->count; i++) {
        const struct known *k = &a->list[i];
        bool named = person.size > 0 && slice_equal(k->person, person);
        if ((named || (person.size == 0 && slice_equal(k->role, role))) && slice_equal(k->org, org)) {
            return true;
        }
    }
    return false;
}

// Whom it was sent to and who has no part in it yet.
static void add_recipients(struct asked *a, const struct record *record, uint32_t ord) {
    const struct value *told = event_get(&record->events[ord], ATTR_RECIPIENTS);
    for (uint32_t i = 0; told != NULL && i < told->count; i++) {
        const struct value *parts = told->items[i].items;
        if (told->items[i].count == 3 && !knows_already(a, parts[0].text, parts[1].text, parts[2].text)) {
            const struct known k = {.person = parts[2].text,
                                    .role = parts[0].text,
                                    .org = parts[1].text,
                                    .how = "not received",
                                    .through = "",
                                    .since = STEPDOWN_TIME_NONE,
                                    .occurred = STEPDOWN_TIME_NONE,
                                    .version = version_at(a, record->header.seq)};
            add(a, &k);
        }
    }
}

static stepdown_status read_one(struct asked *a, uint64_t seq, struct record *out, stepdown_error **o) {
    struct engine *e = a->e;
    struct key key;
    struct row row;
    key_record(&key, a->rd->ev.state->id, seq);
    stepdown_slice slice = key_slice(&key);
    arena_reset(&e->reading);
    stepdown_status status = transaction_get(&e->transaction, &slice, 1, &e->reading, &row, o);
    if (status == STEPDOWN_OK && !row.present) {
        status = status_fail(&e->env, o, STEPDOWN_CORRUPT, "record %llu is missing", (unsigned long long)seq);
    }
    return status == STEPDOWN_OK ? record_decode(&e->env, e->digest, &e->reading, row.value, out, o) : status;
}

// Steps of `element` (`sent`: only whom it was sent to).
static stepdown_status follow_log(struct asked *a, uint32_t element, bool sent, stepdown_error **o) {
    const struct state *s = a->rd->ev.state;
    stepdown_status status = STEPDOWN_OK;
    for (uint32_t i = s->elements[element].last_log; i != UINT32_MAX && status == STEPDOWN_OK; i = s->log[i].previous) {
        struct record record;
        bool sends = s->log[i].code == EVENT_UPDATE_SENT || s->log[i].code == EVENT_REQUEST_SENT;
        if (sent ? !sends : !changes(s->log[i].code)) {
            continue;
        }
        status = read_one(a, s->log[i].seq, &record, o);
        if (status == STEPDOWN_OK && sent && s->log[i].ord < record.event_count) {
            add_recipients(a, &record, s->log[i].ord);
        } else if (status == STEPDOWN_OK && !sent) {
            add_actor(a, &s->log[i], &record);
        }
    }
    return status;
}

static void add_mark(struct asked *a, const struct mark *m, const char *how, const char *through,
                     const struct mark *not_before) {
    bool later = not_before != NULL && not_before->recorded_at > m->recorded_at;
    const struct mark *since = later ? not_before : m;
    const struct known k = {.person = m->person,
                            .role = m->role,
                            .org = m->org,
                            .how = how,
                            .through = through,
                            .since = since->recorded_at,
                            .occurred = since->occurred_at,
                            .version = version_at(a, not_before != NULL ? not_before->at.seq : m->at.seq)};
    if (m->person.size > 0) {
        add(a, &k);
    }
}

// Words that somebody left on it. Who was absent knows nothing by that.
static void follow_marks(struct asked *a, uint32_t element) {
    const struct state *s = a->rd->ev.state;
    bool carried = element != a->element;
    for (uint32_t i = s->elements[element].first_mark; i != UINT32_MAX; i = s->marks[i].next) {
        const struct mark *m = &s->marks[i];
        const struct event_row *row = event_row(m->code);
        bool receipt =
            m->code == EVENT_MARK_RECEIVED || m->code == EVENT_MARK_ACKNOWLEDGED || m->code == EVENT_UPDATE_VIEWED;
        if (row != NULL && m->code != EVENT_HUDDLE_ABSENT && (receipt || !carried)) {
            add_mark(a, m, m->code == EVENT_MARK_RECEIVED ? "delivered" : row->word, carried ? carrier(a, element) : "",
                     NULL);
        }
    }
}

static bool cites(const struct value *list, struct ref id) {
    if (list == NULL || list->type != VALUE_LIST) {
        return list != NULL && list->type == VALUE_REFERENCE && ref_equal(list->ref, id);
    }
    bool found = false;
    for (uint32_t i = 0; i < list->count && !found; i++) {
        found = list->items[i].type == VALUE_REFERENCE && ref_equal(list->items[i].ref, id);
    }
    return found;
}

// Everybody in a huddle has seen what was presented there, in the version it had.
static void follow_huddles(struct asked *a) {
    const struct state *s = a->rd->ev.state;
    for (size_t i = 0; i < s->mark_count; i++) {
        const struct mark *shown = &s->marks[i];
        if (shown->code != EVENT_HUDDLE_PRESENTED || shown->element == NO_ELEMENT ||
            !cites(state_mark_attr(s, shown, ATTR_EVIDENCE), s->elements[a->element].id)) {
            continue;
        }
        const char *huddle = carrier(a, shown->element);
        for (uint32_t m = s->elements[shown->element].first_mark; m != UINT32_MAX; m = s->marks[m].next) {
            if (s->marks[m].code == EVENT_HUDDLE_JOINED && !s->marks[m].withdrawn) {
                add_mark(a, &s->marks[m], "attended", huddle, shown);
            }
        }
    }
}

// ---- who read ------------------------------------------------------------------------------------------------------------

static bool shows(const struct asked *a, stepdown_slice view) {
    bool item = (a->rd->ev.state->elements[a->element].flags & ELEMENT_IS_ITEM) != 0;
    for (size_t i = 0; i < sizeof showing / sizeof showing[0]; i++) {
        if (slice_is(view, showing[i].view)) {
            return item ? showing[i].items : showing[i].entries;
        }
    }
    return false;
}

static stepdown_slice text_of(const struct event *event, uint32_t key) {
    const struct value *v = event_get(event, key);
    return v != NULL ? v->text : slice_of(NULL, 0);
}

static void add_reading(struct asked *a, struct known k, stepdown_slice view, uint64_t seq) {
    const struct state *s = a->rd->ev.state;
    bool then = a->rd->who->looks_back && a->rd->who->known_at != STEPDOWN_TIME_NONE && k.since > a->rd->ev.now;
    if (then || seq < s->elements[a->element].id.seq || !shows(a, view) || k.person.size == 0) {
        return;
    }
    char text[32] = "";
    memcpy(text, view.data, view.size < sizeof text ? view.size : sizeof text - 1);
    k.how = "read";
    k.through = text;
    k.version = version_at(a, seq);
    add(a, &k);
}

static void add_access(struct asked *a, const struct record *record, const struct event *event) {
    const struct value *pathway = event_get(event, ATTR_SIGNAL), *seq = event_get(event, ATTR_VERSION);
    const struct value *at = event_get(event, ATTR_AT);
    if ((event->code != EVENT_ACCESS_READ && event->code != EVENT_ACCESS_EMERGENCY) || pathway == NULL || seq == NULL ||
        pathway->text.size != RECORD_ID || memcmp(pathway->text.data, a->rd->ev.state->id, RECORD_ID) != 0) {
        return;
    }
    add_reading(a,
                (struct known){.person = text_of(event, ATTR_PERSON),
                               .role = text_of(event, ATTR_ROLE),
                               .org = text_of(event, ATTR_ORG),
                               .since = at != NULL ? at->number : record->header.occurred_at,
                               .occurred = at != NULL ? at->number : record->header.occurred_at},
                text_of(event, ATTR_KIND), (uint64_t)seq->number);
}

// Records of an access chain since there is what is asked about.
static stepdown_status follow_chain(struct asked *a, const uint8_t id[RECORD_ID], uint64_t last, stepdown_error **o) {
    enum { PAGE = 64 };
    struct engine *e = a->e;
    struct key from, to;
    uint64_t before;
    bool any;
    stepdown_time since = a->rd->ev.state->elements[a->element].recorded_at;
    stepdown_status status = engine_known_at(e, id, last, since - 1, &before, NULL, &any, o);
    key_record(&from, id, any ? before + 1 : 0);
    key_record(&to, id, last + 1);
    for (bool more = true; more && status == STEPDOWN_OK;) {
        struct row *rows;
        size_t count = 0;
        arena_reset(&e->reading);
        status = transaction_scan(&e->transaction, key_slice(&from), key_slice(&to), false, PAGE, &e->reading, &rows,
                                  &count, &more, o);
        for (size_t i = 0; i < count && status == STEPDOWN_OK; i++) {
            struct record record;
            status = record_decode(&e->env, e->digest, &e->reading, rows[i].value, &record, o);
            for (uint32_t n = 0; status == STEPDOWN_OK && n < record.event_count; n++) {
                add_access(a, &record, &record.events[n]);
            }
        }
        more = more && count > 0;
        if (more) {
            key_resume(&from, rows[count - 1].key);
        }
    }
    return status;
}

// Of every engine; what this one has not written yet counts too.
static stepdown_status follow_accesses(struct asked *a, stepdown_error **o) {
    struct engine *e = a->e;
    struct key from;
    stepdown_status status = STEPDOWN_OK;
    key_first_pathway(&from);
    for (bool found = true; found && status == STEPDOWN_OK;) {
        struct row row;
        struct head head;
        uint8_t id[RECORD_ID];
        status = engine_next_head(e, &from, &row, id, &found, o);
        if (status == STEPDOWN_OK && found && row.present && head_read(row.value, &head) && head.access) {
            status = follow_chain(a, id, head.seq, o);
        }
    }
    for (size_t i = 0; i < e->access.count && status == STEPDOWN_OK; i++) {
        const struct access_event *p = &e->access.pending[i];
        if (p->code == EVENT_ACCESS_READ && p->has_pathway && memcmp(p->pathway, a->rd->ev.state->id, RECORD_ID) == 0) {
            add_reading(
                a,
                (struct known){
                    .person = p->actor, .role = p->role, .org = p->organization, .since = p->at, .occurred = p->at},
                p->what, p->seq);
        }
    }
    return status;
}

// ---- the view ------------------------------------------------------------------------------------------------------------

static int by_since(const void *x, const void *y) {
    const struct known *a = x, *b = y;
    bool never_a = a->since == STEPDOWN_TIME_NONE, never_b = b->since == STEPDOWN_TIME_NONE;
    if (never_a != never_b) {
        return never_a - never_b;
    }
    int order = (a->since > b->since) - (a->since < b->since);
    order = order != 0 ? order : slice_compare(a->person, b->person);
    order = order != 0 ? order : (a->version > b->version) - (a->version < b->version);
    return order != 0 ? order : strcmp(a->how, b->how);
}

static bool sends(const struct state *s, uint32_t element) {
    return element != NO_ELEMENT && (s->elements[element].flags & ELEMENT_IS_ITEM) != 0 &&
           (s->elements[element].kind == KIND_UPDATE || s->elements[element].kind == KIND_REQUEST);
}

// An id such as 12.0, or a name: the newest of it.
static uint32_t find_what(const struct state *s, stepdown_slice what) {
    struct ref id;
    stepdown_slice rest;
    if (target_parse_id(what, &id, &rest) && rest.size == 0) {
        return state_find(s, id);
    }
    for (size_t i = s->element_count; i > 0; i--) {
        if (slice_is(what, element_name(s, (uint32_t)i - 1))) {
            return (uint32_t)i - 1;
        }
    }
    return NO_ELEMENT;
}

static stepdown_status gather(struct asked *a, stepdown_error **o) {
    const struct state *s = a->rd->ev.state;
    uint32_t about = s->elements[a->element].about;
    a->update = sends(s, a->element) ? a->element : sends(s, about) ? about : NO_ELEMENT;
    stepdown_status status = follow_log(a, a->element, false, o);
    if (status == STEPDOWN_OK) {
        follow_marks(a, a->element);
        follow_huddles(a);
    }
    if (status == STEPDOWN_OK && a->update != NO_ELEMENT && a->update != a->element) {
        follow_marks(a, a->update);
    }
    if (status == STEPDOWN_OK) {
        status = follow_accesses(a, o);
    }
    if (status == STEPDOWN_OK && a->update != NO_ELEMENT) {
        status = follow_log(a, a->update, true, o);
    }
    return status == STEPDOWN_OK && a->failed ? status_nomem(&a->e->env, o) : status;
}

static void print_known(struct stepdown_result *r, const struct known *k) {
    result_add(r);
    result_text(r, KNOWN_PERSON, k->person);
    result_text(r, KNOWN_ROLE, k->role);
    result_text(r, KNOWN_ORG, k->org);
    result_string(r, KNOWN_HOW, k->how);
    result_number(r, KNOWN_SINCE, k->since);
    result_number(r, KNOWN_OCCURRED, k->occurred);
    result_number(r, KNOWN_VERSION, (int64_t)k->version);
    result_string(r, KNOWN_THROUGH, k->through);
}

stepdown_status view_knowledge(struct engine *e, struct reading *rd, stepdown_slice what, stepdown_result **out,
                               stepdown_error **o) {
    struct asked a = {.e = e, .rd = rd, .element = find_what(rd->ev.state, what)};
    if (a.element == NO_ELEMENT) {
        return status_fail(&e->env, o, STEPDOWN_NOT_FOUND, "nothing here is called %.*s", (int)what.size,
                           (const char *)what.data);
    }
    arena_init(&a.keep, &e->env);
    stepdown_status status = gather(&a, o);
    struct stepdown_result *r = status == STEPDOWN_OK ? result_new(&e->env, RESULT_COLUMNS(known_columns)) : NULL;
    if (r == NULL) {
        status = status != STEPDOWN_OK ? status : status_nomem(&e->env, o);
    } else {
        if (a.count > 0) {
            qsort(a.list, a.count, sizeof *a.list, by_since);
        }
        for (size_t i = 0; i < a.count; i++) {
            print_known(r, &a.list[i]);
        }
        status = result_finish(r, out, o);
    }
    arena_free(&a.keep);
    env_free(&e->env, a.list);
    return status;
}
