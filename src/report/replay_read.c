// SPDX-License-Identifier: Apache-2.0
// From a record back to the command that made it: which of its events the command itself made, with which verb, on what,
// and with which arguments. May call: lifecycle tables, record.
#include <string.h>

#include "report/replay.h"

struct reader {
    const struct env *env;
    struct arena *arena;
    const struct definitions *names;
    const struct replay_pairs *pairs;
    const struct record *record;
    struct replay_step *out;
    bool nomem;
};

const struct replay_pair *replay_twin(const struct replay_pairs *pairs, struct ref was) {
    for (size_t i = pairs->count; i > 0; i--) {
        if (ref_equal(pairs->list[i - 1].was, was))
            return &pairs->list[i - 1];
    }
    return NULL;
}

// ---- arguments ---------------------------------------------------------------------------------------------------------

static struct argument *add_argument(struct reader *r, const char *name) {
    struct command *c = &r->out->command;
    if (c->argument_count == ENGINE_ARGUMENTS_MAX) {
        r->out->cannot = "it has too many arguments";
        return NULL;
    }
    c->arguments[c->argument_count] = (struct argument){.name = name, .kind = ARGUMENT_TEXT};
    return &c->arguments[c->argument_count++];
}

static void add_text(struct reader *r, const char *name, stepdown_slice text) {
    struct argument *a = add_argument(r, name);
    if (a)
        a->text = text;
}

static void add_time(struct reader *r, const char *name, stepdown_time time) {
    struct argument *a = add_argument(r, name);
    if (a) {
        a->kind = ARGUMENT_TIME;
        a->number = time;
    }
}

static const char *id_text(struct reader *r, struct ref was, uint32_t field) {
    const struct replay_pair *twin = replay_twin(r->pairs, was);
    const struct name_def *name = field != 0 ? definitions_symbol(r->names, field) : NULL;
    bool known = field == 0 || (name && name->kind == NAME_FIELD);
    if (was.seq == 0 && was.ord == 0)
        return "pathway";
    if (!twin || !known) {
        r->out->cannot = "what it speaks of does not exist in the replay";
        return "";
    }
    const char *text = arena_format(r->arena, "%llu.%u%s%s", (unsigned long long)twin->is.seq, (unsigned)twin->is.ord,
                                    field != 0 ? "." : "", field != 0 ? r->names->fields[name->index].def.name : "");
    r->nomem |= text == NULL;
    return text ? text : "";
}

// The text form of a value that has no parts.
static void add_printed(struct reader *r, const char *name, const struct value *value) {
    struct buffer text;
    buffer_init(&text, r->env);
    value_print(value, NULL, &text);
    const char *kept = text.failed ? NULL : arena_text(r->arena, (const char *)text.data, text.size);
    size_t size = text.size;
    buffer_free(&text);
    r->nomem |= kept == NULL;
    if (kept)
        add_text(r, name, slice_of((const uint8_t *)kept, size));
}

static void add_interval(struct reader *r, const char *name, const struct value *value) {
    struct value start = {.type = VALUE_TIME, .number = value->number};
    if (value->until == STEPDOWN_TIME_NONE)
        add_printed(r, name, &start);
    else
        add_printed(r, name, value);
}

static void add_value(struct reader *r, const char *name, const struct value *value) {
    switch (value->type) {
    case VALUE_NONE: break;
    case VALUE_ERASED: r->out->cannot = "a value that it gave was erased"; break;
    case VALUE_TIME: add_time(r, name, value->number); break;
    case VALUE_INTERVAL: add_interval(r, name, value); break;
    case VALUE_REFERENCE: add_text(r, name, slice_text(id_text(r, value->ref, value->field))); break;
    case VALUE_LIST:
        for (uint32_t i = 0; i < value->count; i++)
            add_value(r, name, &value->items[i]);
        break;
    case VALUE_DURATION:
    case VALUE_QUANTITY:
    case VALUE_BOOLEAN:
    case VALUE_DATE: add_printed(r, name, value); break;
    default: add_text(r, name, value->text); break;
    }
}

static void add_field(struct reader *r, const struct field_def *field, const struct value *value) {
    if (value->type != VALUE_DECISION) {
        add_value(r, field->def.name, value);
        return;
    }
    if (value->count > 0)
        add_value(r, field->def.name, &value->items[0]);
    if (value->count < 2)
        return;
    const char *word = field->note && !field->reason_required ? "note" : "why";
    const char *name = arena_format(r->arena, "%s.%s", field->def.name, word);
    r->nomem |= name == NULL;
    if (name)
        add_value(r, name, &value->items[1]);
}

static void add_fields(struct reader *r, const struct event *event) {
    for (uint32_t i = 0; i < event->attr_count; i++) {
        const struct attr *attr = &event->attrs[i];
        const struct name_def *name = attr->key >= SYMBOL_FIRST ? definitions_symbol(r->names, attr->key) : NULL;
        if (attr->key < SYMBOL_FIRST)
            continue;
        if (name && name->kind == NAME_FIELD)
            add_field(r, &r->names->fields[name->index], &attr->value);
        else
            r->out->cannot = "it gave a field that is no longer defined";
    }
}

// Steps that say of the actor what others say of somebody they name.
static bool is_own_word(uint16_t code) {
    const struct event_row *row = event_row(code);
    return (row && row->class == EVENT_CLASS_MARK) || code == EVENT_ITEM_ACCEPTED || code == EVENT_ITEM_CLAIMED;
}

// What the engine adds by itself: the actor, and due times that it works out.
static bool is_implied(const struct reader *r, const struct event *event, const struct attr *attr) {
    const struct actor *actor = &r->record->header.actor;
    switch (attr->key) {
    case ATTR_PERSON: return is_own_word(event->code) && slice_equal(attr->value.text, actor->id);
    case ATTR_ROLE: return slice_equal(attr->value.text, actor->role);
    case ATTR_ORG: return slice_equal(attr->value.text, actor->behalf);
    case ATTR_DUE: return event_get(event, ATTR_DUE_RULE) != NULL;
    default: return false;
    }
}

static void add_attributes(struct reader *r, const struct event *event, const char *person) {
    const struct {
        uint32_t key;
        const char *name;
    } names[] = {{ATTR_PERSON, person},   {ATTR_ROLE, "role"},    {ATTR_ORG, "organization"},
                 {ATTR_DUE, "due"},       {ATTR_START, "start"},  {ATTR_END, "end"},
                 {ATTR_REASON, "reason"}, {ATTR_TEXT, "text"},    {ATTR_OUTCOME, "outcome"},
                 {ATTR_METHOD, "method"}, {ATTR_VALUE, "amount"}, {ATTR_EVIDENCE, "evidence"}};
    for (uint32_t i = 0; i < event->attr_count; i++) {
        for (size_t n = 0; n < sizeof names / sizeof names[0]; n++) {
            if (event->attrs[i].key == names[n].key && !is_implied(r, event, &event->attrs[i]))
                add_value(r, names[n].name, &event->attrs[i].value);
        }
    }
}

// ---- which event the command made ----------------------------------------------------------------------------------------

// The verb that makes this event; NULL: the engine made it. What asks people for a reason and has none is the engine's.
static const char *lifecycle_word(const struct event *event) {
    const struct verb_row *rows;
    size_t count = lifecycle_rows(&rows);
    if (event->code == EVENT_ITEM_DELEGATION_ENDED)
        return "give-back"; // which is also how what is done for the owner ends
    if (event->code == EVENT_ITEM_OFFER_DECLINED)
        return "decline";
    bool moves = event->code == EVENT_APPOINTMENT_BOOKED || event->code == EVENT_APPOINTMENT_RESCHEDULED;
    if (moves && !event_get(event, ATTR_FLAG))
        return NULL; // it followed what its time is reckoned from; a time that people give is flagged
    for (size_t i = 0; i < count; i++) {
        bool unsaid = (rows[i].flags & LIFECYCLE_REASON) != 0 && !event_get(event, ATTR_REASON);
        if (rows[i].code == event->code && rows[i].verb && (rows[i].flags & LIFECYCLE_ENGINE) == 0 && !unsaid)
            return rows[i].verb;
    }
    return NULL;
}

// How far the command's own events go: what follows from them begins with a verdict or with something opened.
static uint32_t own_events(const struct record *record) {
    uint32_t i = 0;
    for (; i < record->event_count; i++) {
        uint16_t code = record->events[i].code;
        const struct event_row *row = event_row(code);
        bool verdict = row && row->class == EVENT_CLASS_ENGINE && code != EVENT_GATE_PASSED;
        if (i > 0 && (!row || verdict || row->class == EVENT_CLASS_OPEN))
            break;
    }
    return i;
}

// Does the step go with the form that was filled in first? It does when the form is about the item.
static bool goes_with(const struct reader *r, const struct event *step) {
    const struct event *first = &r->record->events[0];
    const struct event_row *row = event_row(first->code);
    const struct value *about = event_get(first, ATTR_ABOUT);
    const struct replay_pair *entry = replay_twin(r->pairs, first->target);
    if (row && row->class == EVENT_CLASS_ENTRY)
        return about && ref_equal(about->ref, step->target);
    if (row && row->class == EVENT_CLASS_CHANGE)
        return entry && ref_equal(entry->about, step->target);
    return true;
}

// The step among them; taking something on and having read it go along with another step.
static const struct event *find_step(const struct reader *r, uint32_t own) {
    const struct record *record = r->record;
    const struct event *accepted = NULL;
    for (uint32_t i = 0; i < own; i++) {
        const struct event *event = &record->events[i];
        if (!lifecycle_word(event) || !goes_with(r, event))
            continue;
        if (event->code != EVENT_ITEM_ACCEPTED && event->code != EVENT_MARK_ACKNOWLEDGED)
            return event;
        accepted = accepted ? accepted : event;
    }
    return accepted;
}

static void set(struct reader *r, const char *verb, const char *target) {
    r->out->command.verb = verb;
    r->out->command.target = target;
}

static const char *plain(const struct definitions *names, uint32_t symbol) {
    const struct name_def *name = symbol != 0 ? definitions_symbol(names, symbol) : NULL;
    const char *dot = name ? strchr(name->qualified, '.') : NULL;
    return dot ? dot + 1 : name ? name->qualified : "";
}

// A decision may open an item, to which owner and due time were given with it.
static void read_decision(struct reader *r, const struct event *event) {
    const struct value *decided = event_get(event, ATTR_DECIDED);
    const struct event *opened = event + 1 < r->record->events + r->record->event_count ? event + 1 : NULL;
    const struct event_row *row = opened ? event_row(opened->code) : NULL;
    if (decided && decided->type == VALUE_ERASED)
        r->out->cannot = "a value that it gave was erased";
    if (decided && decided->type == VALUE_DECISION && decided->count > 0)
        add_value(r, "decision", &decided->items[0]);
    if (decided && decided->type == VALUE_DECISION && decided->count > 1)
        add_value(r, "reason", &decided->items[1]);
    for (uint32_t i = 0; i < event->attr_count; i++) {
        if (event->attrs[i].key == ATTR_EVIDENCE || event->attrs[i].key == ATTR_TEXT)
            add_value(r, event->attrs[i].key == ATTR_TEXT ? "text" : "evidence", &event->attrs[i].value);
    }
    if (!row || row->class != EVENT_CLASS_OPEN || r->names->action_item < 0 ||
        opened->name != r->names->items[r->names->action_item].def.symbol)
        return;
    for (uint32_t i = 0; i < opened->attr_count; i++) {
        if (opened->attrs[i].key == ATTR_PERSON)
            add_value(r, "owner", &opened->attrs[i].value);
        if (opened->attrs[i].key == ATTR_DUE && !is_implied(r, opened, &opened->attrs[i]))
            add_value(r, "due", &opened->attrs[i].value);
    }
}

// Forms that were filled in along with the step.
static void add_entry_fields(struct reader *r, uint32_t own) {
    for (uint32_t i = 0; i < own; i++) {
        const struct event_row *row = event_row(r->record->events[i].code);
        if (row && (row->class == EVENT_CLASS_ENTRY || row->class == EVENT_CLASS_CHANGE))
            add_fields(r, &r->record->events[i]);
    }
}

static void read_step(struct reader *r, const struct event *step, uint32_t own) {
    const struct value *field = event_get(step, ATTR_FIELD);
    const struct event_row *row = event_row(step->code);
    set(r, lifecycle_word(step), id_text(r, step->target, field ? (uint32_t)field->number : 0));
    add_entry_fields(r, own);
    const struct value *kind = step->code == EVENT_ITEM_CANCELLED ? event_get(step, ATTR_KIND) : NULL;
    if (kind)
        add_value(r, "kind", kind);
    if (step->code == EVENT_HUDDLE_DECIDED)
        read_decision(r, step);
    else
        add_attributes(r, step,
                       row->class == EVENT_CLASS_MARK || step->code == EVENT_ITEM_DELEGATED ? "person" : "owner");
}

static void read_entry(struct reader *r, const struct event *event) {
    const struct value *about = event_get(event, ATTR_ABOUT), *reason = event_get(event, ATTR_REASON);
    if (event->code == EVENT_FORM_RETRACTED) {
        set(r, "retract", id_text(r, event->target, 0));
        if (reason)
            add_value(r, "reason", reason);
        return;
    }
    if (event->code == EVENT_FORM_AMENDED)
        set(r, "amend", id_text(r, event->target, 0));
    else
        set(r, "submit", plain(r->names, event->name));
    if (event->code != EVENT_FORM_AMENDED && about)
        add_text(r, "about", slice_text(id_text(r, about->ref, 0)));
    add_fields(r, event);
}

static void read_opening(struct reader *r, const struct event *event, uint32_t own) {
    const struct value *about = event_get(event, ATTR_ABOUT), *name = event_get(event, ATTR_NAME);
    const struct value *role = event_get(event, ATTR_OWNER_ROLE);
    const struct event_row *row = event_row(event->code);
    set(r, "add", name ? row->family : plain(r->names, event->name));
    if (about)
        add_text(r, "about", slice_text(id_text(r, about->ref, 0)));
    if (name)
        add_value(r, "name", name);
    if (name && role)
        add_value(r, "owner_role", role);
    for (uint32_t i = 0; i < event->attr_count; i++) {
        const struct attr *attr = &event->attrs[i];
        if (attr->key == ATTR_PERSON)
            add_value(r, "owner", &attr->value);
        if ((attr->key == ATTR_DUE && event_get(event, ATTR_DUE_RULE) == NULL))
            add_value(r, "due", &attr->value);
        if (attr->key == ATTR_START && event_get(event, ATTR_FLAG)) // given, not worked out
            add_value(r, "start", &attr->value);
        if (attr->key == ATTR_END)
            add_value(r, "end", &attr->value);
    }
    add_entry_fields(r, own);
}

static void read_genesis(struct reader *r, const struct event *event) {
    const struct value *subject = event_get(event, ATTR_SUBJECT), *zone = event_get(event, ATTR_ZONE);
    const struct value *kind = event_get(event, ATTR_SUBJECT_KIND);
    set(r, "open", "");
    add_text(r, "subject", subject && subject->type == VALUE_PERSON ? subject->text : slice_text("erased"));
    if (zone)
        add_value(r, "zone", zone);
    if (kind)
        add_value(r, "subject_kind", kind);
}

static void read_pathway(struct reader *r, const struct event *event) {
    static const struct {
        uint16_t code;
        const char *verb;
    } verbs[] = {{EVENT_PATHWAY_NOTICE, "notice"},        {EVENT_PATHWAY_DISCHARGED, "discharge"},
                 {EVENT_PATHWAY_RETURNED, "return"},      {EVENT_PATHWAY_STAGE_CHANGED, "stage"},
                 {EVENT_PATHWAY_CLOSED, "close-pathway"}, {EVENT_PATHWAY_REOPENED, "reopen-pathway"},
                 {EVENT_PATHWAY_ATTACHED, "attach"},      {EVENT_PATHWAY_JOINED, "join-pathway"},
                 {EVENT_PATHWAY_LEFT, "leave-pathway"}};
    const struct value *organization = event_get(event, ATTR_ORG);
    bool moves = event->code == EVENT_PATHWAY_JOINED || event->code == EVENT_PATHWAY_LEFT;
    for (size_t i = 0; i < sizeof verbs / sizeof verbs[0]; i++) {
        if (verbs[i].code == event->code)
            set(r, verbs[i].verb, "pathway");
    }
    const struct value *protocol = event->code == EVENT_PATHWAY_ATTACHED ? event_get(event, ATTR_NAME) : NULL;
    const struct value *target = moves ? organization : protocol;
    if (target) {
        const char *name = arena_text(r->arena, (const char *)target->text.data, target->text.size);
        r->nomem |= name == NULL;
        r->out->command.target = name ? name : "";
    } else if (r->out->command.verb) {
        add_attributes(r, event, "person");
    } else {
        r->out->cannot = "it changes which protocols are in force, or speaks to another pathway";
    }
}

static void read_withdrawal(struct reader *r, const struct event *event) {
    const struct value *mark = event_get(event, ATTR_MARK), *reason = event_get(event, ATTR_REASON);
    set(r, "withdraw", mark ? id_text(r, mark->ref, 0) : "");
    if (reason)
        add_value(r, "reason", reason);
}

// Work of a shift that changes hands as a whole: the same step on several items.
static bool read_shift(struct reader *r, const struct event *step, uint32_t own) {
    const struct value *to = step ? event_get(step, ATTR_PERSON) : NULL,
                       *why = step ? event_get(step, ATTR_REASON) : NULL;
    uint32_t others = 0;
    for (uint32_t i = 0; step && i < own; i++) {
        const struct event *event = &r->record->events[i];
        others += event->code == step->code && !ref_equal(event->target, step->target);
    }
    if (others == 0 ||
        (step->code != EVENT_ITEM_OFFERED && step->code != EVENT_ITEM_ACCEPTED && step->code != EVENT_ITEM_ASSIGNED))
        return false;
    set(r,
        step->code == EVENT_ITEM_OFFERED    ? "hand-over-shift"
        : step->code == EVENT_ITEM_ASSIGNED ? "reassign"
                                            : "take-over-shift",
        "");
    if (step->code == EVENT_ITEM_ASSIGNED)
        r->out->cannot = "it reassigned several items at once";
    if (step->code == EVENT_ITEM_OFFERED && to)
        add_value(r, "to", to);
    if (step->code == EVENT_ITEM_OFFERED && why)
        add_value(r, "reason", why);
    return true;
}

static void read_events(struct reader *r) {
    const struct event *first = &r->record->events[0];
    const struct event_row *row = event_row(first->code);
    uint32_t own = own_events(r->record);
    const struct event *step = find_step(r, own);
    if (first->code == EVENT_PATHWAY_OPENED)
        read_genesis(r, first);
    else if (row->class == EVENT_CLASS_PATHWAY)
        read_pathway(r, first);
    else if (first->code == EVENT_MARK_WITHDRAWN)
        read_withdrawal(r, first);
    else if (row->class == EVENT_CLASS_OPEN)
        read_opening(r, first, own);
    else if (step && !read_shift(r, step, own))
        read_step(r, step, own);
    else if (step)
        return;
    else if (row->class == EVENT_CLASS_ENTRY || row->class == EVENT_CLASS_CHANGE)
        read_entry(r, first);
    else
        r->out->cannot = "its record does not say by which step it was made";
}

// What people call the thing that the record's step was about.
static const char *told_about(const struct reader *r) {
    const struct event_row *row = r->record->event_count > 0 ? event_row(r->record->events[0].code) : NULL;
    bool steps = row && row->class != EVENT_CLASS_OPEN;
    const struct event *event = steps ? find_step(r, own_events(r->record)) : NULL;
    const struct replay_pair *twin = event ? replay_twin(r->pairs, event->target) : NULL;
    if (event == NULL && r->record->event_count > 0)
        event = &r->record->events[0];
    if (event == NULL)
        return "";
    return plain(r->names, event->name != 0 ? event->name : twin ? twin->name : 0);
}

stepdown_status replay_read(const struct env *env, struct arena *arena, const struct definitions *names,
                            const struct replay_pairs *pairs, const struct record *record, struct replay_step *out,
                            stepdown_error **o) {
    struct reader r = {env, arena, names, pairs, record, out, false};
    *out = (struct replay_step){.command = {.offset_minutes = INT32_MIN}};
    out->command.arguments = arena_zalloc(arena, ENGINE_ARGUMENTS_MAX * sizeof *out->command.arguments);
    if (out->command.arguments == NULL)
        return status_nomem(env, o);
    if (record->body_erased || record->event_count == 0)
        out->cannot = "what its record said was erased";
    else if (record->header.cause != CAUSE_COMMAND && record->header.cause != CAUSE_GENESIS)
        out->cannot = record->header.cause == CAUSE_ERASURE ? "it erased values, which are gone already"
                                                            : "it came from another pathway";
    else if (record->header.actor.type == ACTOR_ENGINE)
        out->cannot = "it says what became of a message, and a replay sends none";
    else
        read_events(&r);
    const char *verb = out->command.verb ? out->command.verb : "step", *what = told_about(&r);
    out->told = arena_format(arena, "%s%s%s", verb, *what ? " " : "", what);
    if (record->header.has_offset)
        out->command.offset_minutes = record->header.offset_minutes;
    if (record->header.occurred_at != record->header.recorded_at) {
        out->command.has_occurred = true;
        out->command.occurred_at = record->header.occurred_at;
    }
    return r.nomem || out->told == NULL ? status_nomem(env, o) : STEPDOWN_OK;
}
