// SPDX-License-Identifier: Apache-2.0
// The replay itself: a store in memory, a clock that follows the records, each command once more, and what differs.
// May call: engine, protocol, record, storage (the memory back end).
#include "report/replay.h"

#include <stdio.h>
#include <string.h>

#include "storage/backend.h"

enum { AT, SEQUENCE, STEP, CHANGE, EVENT, NAME, ROWS, BEFORE, AFTER, EXPLANATION };
static const struct column replay_columns[] = {
    [AT] = {"at", STEPDOWN_COLUMN_TIME},       [SEQUENCE] = {"sequence", STEPDOWN_COLUMN_INTEGER},
    [STEP] = {"step", STEPDOWN_COLUMN_TEXT},   [CHANGE] = {"change", STEPDOWN_COLUMN_TEXT},
    [EVENT] = {"event", STEPDOWN_COLUMN_TEXT}, [NAME] = {"name", STEPDOWN_COLUMN_TEXT},
    [ROWS] = {"rows", STEPDOWN_COLUMN_TEXT},   [BEFORE] = {"before", STEPDOWN_COLUMN_TIME},
    [AFTER] = {"after", STEPDOWN_COLUMN_TIME}, [EXPLANATION] = {"explanation", STEPDOWN_COLUMN_TEXT},
};

// Something that happened in one of the two runs.
struct happening {
    const struct definitions *names;
    const struct event *event;
    struct ref at; // place in its log
    struct ref about;
    stepdown_time when;
    bool matched;
};
struct happenings {
    struct happening *list;
    size_t count, cap;
};

struct replay {
    struct env env; // of the scratch engine: the clock below, fixed randomness
    struct arena arena;
    stepdown_time now;
    uint64_t random;
    struct engine *original, *scratch;
    struct stepdown_storage *storage;
    const struct compile_input *changed;
    struct definitions *names; // of the records
    struct definitions **sets; // of the scratch pathway, one after the other; the last is the one it has now
    size_t set_count, set_cap;
    struct record *records;
    size_t record_count, record_cap;
    uint8_t id[RECORD_ID]; // of the scratch pathway
    bool opened;
    uint64_t next; // first scratch record not yet seen
    struct replay_pairs pairs;
    struct happenings was, is;
    struct stepdown_result *r;
    const struct record *current; // the record whose command is carried out
    const char *told;
};

static stepdown_time replay_clock(void *ctx) {
    const struct replay *p = ctx;
    return p->now;
}

// Nothing secret is made here; the same replay gives the same answer.
static int32_t replay_random(void *ctx, uint8_t *out, size_t size) {
    struct replay *p = ctx;
    for (size_t i = 0; i < size; i++) {
        p->random = p->random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        out[i] = (uint8_t)(p->random >> 56);
    }
    return 1;
}

// ---- what is told ------------------------------------------------------------------------------------------------------

static const struct def *def_of(const struct definitions *d, uint32_t symbol) {
    const struct name_def *name = symbol != 0 ? definitions_symbol(d, symbol) : NULL;
    if (name == NULL) {
        return NULL;
    }
    switch (name->kind) {
    case NAME_ITEM: return &d->items[name->index].def;
    case NAME_FORM: return &d->forms[name->index].def;
    case NAME_RULE: return &d->rules[name->index].def;
    case NAME_GATE: return &d->gates[name->index].def;
    case NAME_NEED: return &d->needs[name->index].def;
    default: return NULL;
    }
}

// What a happening is about: its own definition, or that of the element it happens to.
static const struct def *def_at(const struct replay *p, const struct happening *h) {
    const struct def *own = def_of(h->names, h->event->name);
    for (size_t i = p->pairs.count; own == NULL && i > 0; i--) {
        const struct replay_pair *known = &p->pairs.list[i - 1];
        if (ref_equal(h->names == p->names ? known->was : known->is, h->event->target)) {
            own = def_of(p->names, known->name);
        }
    }
    return own;
}

static void tell(struct replay *p, stepdown_time at, const char *change, const char *event, const struct def *def,
                 const char *explanation) {
    result_add(p->r);
    result_number(p->r, AT, at);
    result_number(p->r, SEQUENCE, p->current != NULL ? (int64_t)p->current->header.seq : -1);
    result_string(p->r, STEP, p->told);
    result_string(p->r, CHANGE, change);
    result_string(p->r, EVENT, event);
    result_string(p->r, NAME, def != NULL ? def->name : "");
    result_string(p->r, ROWS, def != NULL ? def->row : "");
    result_number(p->r, BEFORE, STEPDOWN_TIME_NONE);
    result_number(p->r, AFTER, STEPDOWN_TIME_NONE);
    result_string(p->r, EXPLANATION, explanation);
}

// Conditions that became true, and work of rules without a requirement of their own, are inner workings.
static bool worth_telling(const struct happening *h) {
    const struct def *def = def_of(h->names, h->event->name);
    uint16_t code = h->event->code;
    if (code == EVENT_RULE_FIRED || code == EVENT_RULE_SET) {
        return def != NULL && def->row[0] != '\0';
    }
    return code != EVENT_RULE_BECAME_TRUE && code != EVENT_RULE_BECAME_FALSE && code != EVENT_RULE_SCHEDULED &&
           code != EVENT_RULE_LAPSED;
}

static void tell_happening(struct replay *p, const struct happening *h, const char *change) {
    const struct event_row *row = event_row(h->event->code);
    const struct value *due = event_get(h->event, ATTR_DUE), *person = event_get(h->event, ATTR_PERSON);
    const struct value *role = event_get(h->event, ATTR_OWNER_ROLE);
    char event[64], who[200] = "";
    if (row == NULL || !worth_telling(h)) {
        return;
    }
    (void)snprintf(event, sizeof event, "%s.%s", row->family, row->word);
    if (role != NULL) {
        (void)snprintf(who, sizeof who, "owner %.*s%s%.*s", (int)role->text.size, (const char *)role->text.data,
                       person != NULL ? ": " : "", person != NULL ? (int)person->text.size : 0,
                       person != NULL ? (const char *)person->text.data : "");
    }
    tell(p, h->when, change, event, def_at(p, h), who);
    if (due != NULL && due->type == VALUE_TIME) {
        result_number(p->r, change[0] == 'd' ? BEFORE : AFTER, due->number);
    }
}

// ---- comparing ---------------------------------------------------------------------------------------------------------

static const char *name_of(const struct happening *h) {
    const struct name_def *name = h->event->name != 0 ? definitions_symbol(h->names, h->event->name) : NULL;
    const char *dot = name != NULL ? strchr(name->qualified, '.') : NULL;
    return dot != NULL ? dot + 1 : "";
}

static bool makes(const struct happening *h) {
    const struct event_row *row = event_row(h->event->code);
    return row != NULL &&
           (row->class == EVENT_CLASS_OPEN || row->class == EVENT_CLASS_ENTRY || row->class == EVENT_CLASS_MARK);
}

// The same thing in both runs: kind of event, what it is about by name, and whom it happens to when that is known.
static bool alike(const struct replay *p, const struct happening *was, const struct happening *is) {
    if (was->event->code != is->event->code || strcmp(name_of(was), name_of(is)) != 0) {
        return false;
    }
    if (makes(was) && event_row(was->event->code)->class != EVENT_CLASS_MARK) {
        return true;
    }
    const struct replay_pair *twin = replay_twin(&p->pairs, was->event->target);
    return twin == NULL || ref_equal(twin->is, is->event->target);
}

static void pair(struct replay *p, const struct happening *was, const struct happening *is) {
    void *grown = p->pairs.list;
    if (!env_grow(&p->env, &grown, &p->pairs.cap, p->pairs.count + 1, sizeof *p->pairs.list)) {
        p->r->failed = true;
        return;
    }
    p->pairs.list = grown;
    p->pairs.list[p->pairs.count++] = (struct replay_pair){was->at, is->at, was->about, was->event->name};
}

static void tell_moved(struct replay *p, const struct happening *is, const char *change, stepdown_time before,
                       stepdown_time after) {
    const struct event_row *row = event_row(is->event->code);
    char event[64];
    (void)snprintf(event, sizeof event, "%s.%s", row->family, row->word);
    tell(p, is->when, change, event, def_at(p, is), "");
    result_number(p->r, BEFORE, before);
    result_number(p->r, AFTER, after);
}

static void match(struct replay *p, struct happening *was, struct happening *is) {
    const struct value *old = event_get(was->event, ATTR_DUE), *new = event_get(is->event, ATTR_DUE);
    was->matched = is->matched = true;
    if (makes(was)) {
        pair(p, was, is);
    }
    if (was->when != is->when && worth_telling(is)) {
        tell_moved(p, is, "moved", was->when, is->when);
    }
    if (old != NULL && new != NULL && old->type == VALUE_TIME &&new->type == VALUE_TIME && old->number != new->number) {
        tell_moved(p, is, "due moved", old->number, new->number);
    }
}

// What happened since the last comparison, on both sides; then both lists are empty again.
static void compare(struct replay *p) {
    for (size_t i = 0; i < p->was.count; i++) {
        for (size_t k = 0; k < p->is.count && !p->was.list[i].matched; k++) {
            if (!p->is.list[k].matched && alike(p, &p->was.list[i], &p->is.list[k])) {
                match(p, &p->was.list[i], &p->is.list[k]);
            }
        }
    }
    for (size_t i = 0; i < p->was.count; i++) {
        if (!p->was.list[i].matched) {
            tell_happening(p, &p->was.list[i], "did not happen");
        }
    }
    for (size_t k = 0; k < p->is.count; k++) {
        if (!p->is.list[k].matched) {
            tell_happening(p, &p->is.list[k], "happened");
        }
    }
    p->was.count = p->is.count = 0;
}

static struct ref about_of(const struct event *event) {
    const struct value *about = event_get(event, ATTR_ABOUT);
    return about != NULL && about->type == VALUE_REFERENCE ? about->ref : (struct ref){0, 0};
}

static void remember(struct replay *p, struct happenings *into, const struct definitions *names,
                     const struct record *record) {
    for (uint32_t i = 0; i < record->event_count; i++) {
        void *grown = into->list;
        if (!env_grow(&p->env, &grown, &into->cap, into->count + 1, sizeof *into->list)) {
            p->r->failed = true;
            return;
        }
        into->list = grown;
        into->list[into->count++] = (struct happening){.names = names,
                                                       .event = &record->events[i],
                                                       .at = {.seq = record->header.seq, .ord = i},
                                                       .when = record->header.cause == CAUSE_TIMER
                                                                   ? record->header.occurred_at // when it was due
                                                                   : record->header.recorded_at,
                                                       .about = about_of(&record->events[i])};
    }
}

// ---- reading records -----------------------------------------------------------------------------------------------------

typedef stepdown_status (*record_seen)(struct replay *p, const struct record *record, stepdown_error **o);

// Every record of the pathway from `from` on; the transaction of the engine is open. Rows and records live in the arena.
static stepdown_status read_records(struct replay *p, struct engine *e, const uint8_t id[RECORD_ID], uint64_t from,
                                    record_seen seen, stepdown_error **o) {
    enum { PAGE = 500 };
    struct key first, end;
    bool more = true;
    stepdown_status status = STEPDOWN_OK;
    key_pathway(&end, id, SPACE_RECORD + 1);
    while (more && status == STEPDOWN_OK) {
        struct row *rows;
        size_t count;
        key_record(&first, id, from);
        status = transaction_scan(&e->transaction, key_slice(&first), key_slice(&end), false, PAGE, &p->arena, &rows,
                                  &count, &more, o);
        for (size_t i = 0; i < count && status == STEPDOWN_OK; i++) {
            struct record record;
            status = record_decode(&p->env, e->digest, &p->arena, rows[i].value, &record, o);
            if (status == STEPDOWN_OK) {
                status = seen(p, &record, o);
                from = record.header.seq + 1;
            }
        }
        more = more && count > 0;
    }
    return status;
}

static stepdown_status keep_record(struct replay *p, const struct record *record, stepdown_error **o) {
    void *grown = p->records;
    if (!env_grow(&p->env, &grown, &p->record_cap, p->record_count + 1, sizeof *p->records)) {
        return status_nomem(&p->env, o);
    }
    p->records = grown;
    p->records[p->record_count++] = *record;
    return STEPDOWN_OK;
}

static stepdown_status see_record(struct replay *p, const struct record *record, stepdown_error **o) {
    (void)o;
    p->next = record->header.seq + 1;
    remember(p, &p->is, p->sets[p->set_count - 1], record);
    return STEPDOWN_OK;
}

// The definitions that the scratch pathway is pinned to; others when a protocol was attached.
static stepdown_status keep_set(struct replay *p, struct definitions *defs, stepdown_error **o) {
    void *grown = p->sets;
    if (p->set_count > 0 && p->sets[p->set_count - 1] == defs) {
        return STEPDOWN_OK;
    }
    if (!env_grow(&p->env, &grown, &p->set_cap, p->set_count + 1, sizeof(struct definitions *))) {
        return status_nomem(&p->env, o);
    }
    p->sets = grown;
    p->sets[p->set_count++] = definitions_retain(defs);
    return STEPDOWN_OK;
}

static stepdown_status read_new(struct replay *p, stepdown_error **o) {
    struct state *s;
    struct head head;
    if (!p->opened) {
        return STEPDOWN_OK;
    }
    stepdown_status status = engine_begin_on(p->scratch, p->id, false, &s, &head, o);
    if (status == STEPDOWN_OK) {
        status = keep_set(p, s->defs, o);
    }
    if (status == STEPDOWN_OK) {
        status = read_records(p, p->scratch, p->id, p->next, see_record, o);
    }
    transaction_abort(&p->scratch->transaction);
    return status;
}

// ---- the two runs side by side ---------------------------------------------------------------------------------------------

static void seen_advanced(void *ctx, const struct advanced *what) {
    stepdown_status *failed = ctx;
    *failed = what->status != STEPDOWN_OK ? what->status : *failed;
}

// When what is due then fired in the original: as late as it did. What was not due then fires on time.
static stepdown_time fired_at(const struct replay *p, stepdown_time due) {
    for (size_t i = 0; i < p->record_count; i++) {
        const struct record_header *h = &p->records[i].header;
        if (h->cause == CAUSE_TIMER && h->occurred_at == due && h->recorded_at >= due) {
            return h->recorded_at;
        }
    }
    return due;
}

// Everything that is due on the way fires at its own moment.
static stepdown_status pass_time(struct replay *p, stepdown_time until, stepdown_error **o) {
    enum { ROUNDS = 100000 };
    stepdown_status failed = STEPDOWN_OK;
    const struct advance_sink sink = {.seen = seen_advanced, .ctx = &failed};
    for (int round = 0; round < ROUNDS; round++) {
        stepdown_time due;
        bool more;
        stepdown_status status = engine_next_due(p->scratch, &due, o);
        stepdown_time at = status == STEPDOWN_OK && due != STEPDOWN_TIME_NONE ? fired_at(p, due) : due;
        if (status != STEPDOWN_OK || due == STEPDOWN_TIME_NONE || at > until) {
            p->now = until > p->now ? until : p->now;
            return status;
        }
        p->now = at > p->now ? at : p->now;
        status = engine_advance(p->scratch, p->now, 0, &sink, &more, o);
        if (status != STEPDOWN_OK) {
            return status;
        }
        if (failed != STEPDOWN_OK) {
            return status_fail(&p->env, o, failed, "time could not pass in the replay");
        }
    }
    return status_fail(&p->env, o, STEPDOWN_LIMIT, "something is due again and again in the replay");
}

// A refusal in words: for a held gate every need with its reason.
static void tell_refusal(struct replay *p, stepdown_status status, const stepdown_error *error) {
    struct buffer rows, text;
    buffer_init(&rows, &p->env);
    buffer_init(&text, &p->env);
    buffer_format(&text, "%s: %s", stepdown_status_name(status),
                  error != NULL ? stepdown_error_message(error) : stepdown_status_text(status));
    for (size_t i = 0; error != NULL && i < stepdown_error_detail_count(error); i++) {
        const char *key = stepdown_error_detail_key(error, i), *value = stepdown_error_detail_value(error, i);
        if (strncmp(key, "need.", 5) == 0) {
            buffer_format(&rows, "%s%s", rows.size > 0 ? " " : "", value);
        }
        if (strncmp(key, "explanation.", 12) == 0) {
            buffer_format(&text, "; %s", value);
        }
    }
    tell(p, p->now, status == STEPDOWN_HELD ? "held" : "refused", "", NULL, "");
    result_buffer(p->r, ROWS, &rows);
    result_buffer(p->r, EXPLANATION, &text);
    buffer_free(&rows);
    buffer_free(&text);
}

static bool attached_later(const struct replay *p, const char *protocol) {
    for (size_t i = 0; i < p->record_count; i++) {
        for (uint32_t k = 0; k < p->records[i].event_count; k++) {
            const struct event *event = &p->records[i].events[k];
            const struct value *name = event->code == EVENT_PATHWAY_ATTACHED ? event_get(event, ATTR_NAME) : NULL;
            if (name != NULL && slice_is(name->text, protocol)) {
                return true;
            }
        }
    }
    return false;
}

static bool is_offered(struct replay *p, const char *protocol, const char **first) {
    bool found = false;
    for (size_t i = 0; i < p->changed->protocol_count; i++) {
        const char *name = "", *version;
        if (protocol_identify(&p->env, &p->changed->protocols[i], &p->arena, &name, &version, NULL) != STEPDOWN_OK) {
            continue; // compiling it has said what is wrong with it
        }
        *first = *first != NULL ? *first : name;
        found = found || strcmp(name, protocol) == 0;
    }
    return found;
}

// The pathway is opened under the protocols that it was opened under, as far as the set has them.
static stepdown_status choose_protocols(struct replay *p, struct command *command, stepdown_error **o) {
    const char *first = NULL;
    command->target = "";
    for (size_t i = 0; i < p->names->source_count; i++) {
        const struct source_def *source = &p->names->sources[i];
        if (source->dictionary || source->overlay || attached_later(p, source->name) ||
            !is_offered(p, source->name, &first)) {
            continue;
        }
        if (command->target[0] == '\0') {
            command->target = source->name;
        } else if (command->argument_count < ENGINE_ARGUMENTS_MAX) {
            command->arguments[command->argument_count++] =
                (struct argument){.name = "attach", .kind = ARGUMENT_TEXT, .text = slice_text(source->name)};
        }
    }
    if (command->target[0] == '\0' && (is_offered(p, "", &first) || first == NULL)) {
        return status_fail(&p->env, o, STEPDOWN_INVALID, "the set has no protocol");
    }
    command->target = command->target[0] != '\0' ? command->target : first;
    return STEPDOWN_OK;
}

static stepdown_status carry_out(struct replay *p, struct replay_step *step, stepdown_error **o) {
    const struct record_header *h = &p->current->header;
    const struct session_info session = {.actor = h->actor.id,
                                         .role = h->actor.role,
                                         .organization = h->actor.behalf,
                                         .purpose = h->purpose,
                                         .emergency_until = STEPDOWN_TIME_NONE};
    struct receipt receipt = {.prepare = NULL};
    stepdown_error *why = NULL;
    bool opens = h->cause == CAUSE_GENESIS;
    stepdown_status status = opens ? choose_protocols(p, &step->command, o) : STEPDOWN_OK;
    if (status != STEPDOWN_OK) {
        return status;
    }
    status = engine_execute(p->scratch, &session, opens ? NULL : p->id, &step->command, &receipt, &why);
    if (status == STEPDOWN_OK && opens) {
        memcpy(p->id, receipt.pathway, RECORD_ID);
        p->opened = true;
    }
    int32_t category = stepdown_status_category(status);
    bool refusal = category == STEPDOWN_CATEGORY_REFUSED || category == STEPDOWN_CATEGORY_INPUT;
    if (refusal && !opens) {
        tell_refusal(p, status, why);
        p->was.count = 0; // what followed from it is told with it
        status = STEPDOWN_OK;
    }
    if (status != STEPDOWN_OK) {
        error_pass(&why, o);
        return status;
    }
    stepdown_error_free(&why);
    return STEPDOWN_OK;
}

static stepdown_status replay_command(struct replay *p, const struct record *record, stepdown_error **o) {
    struct replay_step step;
    p->told = "time passes";
    stepdown_status status = pass_time(p, record->header.recorded_at, o);
    if (status == STEPDOWN_OK) {
        status = read_new(p, o);
    }
    compare(p);
    p->current = record;
    remember(p, &p->was, p->names, record);
    if (status == STEPDOWN_OK) {
        status = replay_read(&p->env, &p->arena, p->names, &p->pairs, record, &step, o);
    }
    if (status != STEPDOWN_OK) {
        return status;
    }
    p->told = step.told;
    if (step.cannot != NULL) {
        tell(p, p->now, "not replayed", "", NULL, step.cannot);
        p->was.count = 0;
    } else {
        status = carry_out(p, &step, o);
    }
    if (status == STEPDOWN_OK) {
        status = read_new(p, o);
    }
    compare(p);
    p->current = NULL;
    return status;
}

static stepdown_status play(struct replay *p, stepdown_error **o) {
    stepdown_status status = STEPDOWN_OK;
    for (size_t i = 0; i < p->record_count && status == STEPDOWN_OK; i++) {
        const struct record *record = &p->records[i];
        if (record->header.cause == CAUSE_TIMER) {
            remember(p, &p->was, p->names, record);
        } else {
            status = replay_command(p, record, o);
        }
    }
    p->told = "time passes";
    if (status == STEPDOWN_OK && p->record_count > 0) {
        status = pass_time(p, p->records[p->record_count - 1].header.recorded_at, o);
    }
    if (status == STEPDOWN_OK) {
        status = read_new(p, o);
    }
    compare(p);
    return status;
}

// ---- setting up --------------------------------------------------------------------------------------------------------

static stepdown_status copy_directory(struct replay *p, stepdown_error **o) {
    const struct directory *directory = &p->original->directory;
    stepdown_status status = STEPDOWN_OK;
    for (size_t i = 0; i < directory->organization_count && status == STEPDOWN_OK; i++) {
        status =
            engine_set_organization(p->scratch, directory->organizations[i].name, directory->organizations[i].kind, o);
    }
    for (size_t i = 0; i < directory->assignment_count && status == STEPDOWN_OK; i++) {
        status = engine_assign(p->scratch, &directory->assignments[i], o);
    }
    return status;
}

static const char *kept(struct replay *p, stepdown_slice text) {
    const char *copy = arena_text(&p->arena, (const char *)text.data, text.size);
    return copy != NULL ? copy : "";
}

static stepdown_status open_scratch(struct replay *p, stepdown_error **o) {
    const struct engine *e = p->original;
    struct engine_options options = {.env = p->env, .zone_directory = e->zone_directory, .retries = 1, .cache = 4};
    stepdown_status status = memory_open(NULL, &p->storage, o);
    if (status == STEPDOWN_OK) {
        status = engine_store_create(p->storage, &p->env, "replay", kept(p, e->fallback_person),
                                     kept(p, e->fallback_role), kept(p, e->fallback_organization), o);
    }
    if (status == STEPDOWN_OK) {
        status = engine_new(p->storage, &options, &p->scratch, o);
    }
    if (status == STEPDOWN_OK) {
        status = copy_directory(p, o);
    }
    if (status == STEPDOWN_OK) {
        status = engine_activate(p->scratch, p->changed, slice_of(NULL, 0), o);
    }
    return status;
}

static stepdown_status read_original(struct replay *p, const struct session_info *session, const uint8_t id[RECORD_ID],
                                     stepdown_error **o) {
    struct engine *e = p->original;
    struct state *s;
    struct head head;
    stepdown_status status = engine_begin_read(e, session, id, "replay", &s, &head, o);
    if (status != STEPDOWN_OK) {
        return status;
    }
    struct reading reading;
    reading_begin(&reading, e, s, session);
    if (!reading_may_all(&reading)) {
        transaction_abort(&e->transaction);
        return status_fail(&e->env, o, STEPDOWN_DENIED,
                           "a replay tells what rules make of every field, and some of them are withheld from you");
    }
    p->names = definitions_retain(s->defs);
    p->now = s->opened_at;
    status = engine_directory(e, o);
    if (status == STEPDOWN_OK) {
        status = read_records(p, e, id, 0, keep_record, o);
    }
    if (status != STEPDOWN_OK) {
        transaction_abort(&e->transaction);
        return status;
    }
    return engine_end_read(e, o);
}

static void close_replay(struct replay *p) {
    if (p->scratch != NULL) {
        (void)engine_shut(p->scratch, NULL); // nobody will read what it would still write
        engine_destroy(&p->scratch);
    }
    storage_release(&p->storage);
    definitions_release(&p->names);
    for (size_t i = 0; i < p->set_count; i++) {
        definitions_release(&p->sets[i]);
    }
    env_free(&p->env, p->sets);
    env_free(&p->env, p->records);
    env_free(&p->env, p->pairs.list);
    env_free(&p->env, p->was.list);
    env_free(&p->env, p->is.list);
    arena_free(&p->arena);
}

stepdown_status view_replay(struct engine *e, const struct session_info *session, const uint8_t id[RECORD_ID],
                            const struct compile_input *changed, stepdown_result **out, stepdown_error **o) {
    struct replay p = {.env = e->env, .original = e, .changed = changed, .told = ""};
    p.env.clock = replay_clock;
    p.env.random = replay_random;
    p.env.clock_ctx = p.env.random_ctx = &p;
    arena_init(&p.arena, &p.env);
    p.r = result_new(&e->env, RESULT_COLUMNS(replay_columns));
    stepdown_status status = p.r != NULL ? read_original(&p, session, id, o) : status_nomem(&e->env, o);
    if (status == STEPDOWN_OK) {
        status = open_scratch(&p, o);
    }
    if (status == STEPDOWN_OK) {
        status = play(&p, o);
    }
    struct stepdown_result *r = p.r;
    close_replay(&p);
    return result_done(status, r, out, o);
}
