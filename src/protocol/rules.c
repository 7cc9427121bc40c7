// SPDX-License-Identifier: Apache-2.0
// Rules, escalations and patterns: triggers, conditions, actions, ladders. All three are rule definitions.
// May call: conditions, paths, moments, roles, compiler ground.
#include "protocol/compiler.h"

#include <stdio.h>
#include <string.h>

enum { ACTIONS_MAX = 32 };

// ---- triggers ----------------------------------------------------------------------------------------------------------

int32_t trigger_add(struct compiler *c, int32_t rule, struct trigger trigger) {
    trigger.rule = rule;
    if (!trigger.every)
        trigger.from = NONE;
    int32_t index = compiler_push(c, TABLE_TRIGGERS, &trigger);
    if (index >= 0)
        c->d->rules[rule].trigger_count++;
    return index;
}

static struct trigger event_trigger(const struct path *path, uint16_t code) {
    return (struct trigger){.kind = TRIGGER_EVENT,
                            .source = path->selector.source,
                            .item_kind = path->selector.kind,
                            .code = code,
                            .def = path->selector.def,
                            .node = NONE,
                            .term = NONE};
}

// What `trigger` means in a rule with several triggers: the one thing they all speak of, or what they share.
static void merge_trigger(struct compiler *c, const struct thing *thing, bool first) {
    struct thing *all = &c->trigger;
    if (first) {
        *all = *thing;
        return;
    }
    bool items = (all->sort == THING_ITEM || all->sort == THING_KIND) &&
                 (thing->sort == THING_ITEM || thing->sort == THING_KIND);
    if (all->sort == thing->sort && all->def == thing->def && all->kind == thing->kind &&
        EVENT_FAMILY(all->code) == EVENT_FAMILY(thing->code)) {
        all->code = thing->code == all->code ? all->code : (uint16_t)(all->code & 0xff00);
        return;
    }
    *all =
        items
            ? (struct thing){.sort = THING_KIND, .kind = all->kind == thing->kind ? all->kind : KIND_NONE, .def = NONE}
            : (struct thing){.def = NONE};
}

// "second_visit.finished": every way in which it can end.
static void finished_triggers(struct compiler *c, int32_t rule, const struct path *path) {
    const struct verb_row *rows;
    size_t count = lifecycle_rows(&rows);
    for (size_t i = 0; i < count; i++) {
        if (rows[i].kind == path->thing.kind && (rows[i].flags & LIFECYCLE_ENDS) != 0)
            (void)trigger_add(c, rule, event_trigger(path, rows[i].code));
    }
    (void)trigger_add(c, rule, event_trigger(path, EVENT_ITEM_CANCELLED));
}

static uint16_t trigger_code(const struct compiler *c, const struct path *path, stepdown_slice word) {
    switch (path->thing.sort) {
    case THING_ITEM:
    case THING_KIND: return lifecycle_word_event(path->thing.kind, word);
    case THING_PATHWAY: return event_find(FAMILY_PATHWAY, word);
    case THING_FAMILY:
        return slice_is(word, "recorded") ? path->thing.code
                                          : event_find((uint8_t)EVENT_FAMILY(path->thing.code), word);
    case THING_FIRED:
        return slice_is(word, "fired") ? EVENT_RULE_FIRED : slice_is(word, "matched") ? EVENT_PATTERN_MATCHED : 0;
    case THING_FORM: {
        uint8_t family = c->d->forms[path->thing.def].family;
        if (slice_is(word, "granted"))
            return EVENT_SLOT_GRANTED;
        if (slice_is(word, "grant-withdrawn"))
            return EVENT_MARK_WITHDRAWN; // of a grant: the engine tells it from other marks
        if (slice_is(word, "recorded") && family != FAMILY_FORM)
            return EVENT_CODE(family, 0);
        uint16_t member = family != FAMILY_FORM ? event_find(family, word) : 0;
        if (family == FAMILY_REPORT)
            return member;
        return member != 0 ? member : event_find(FAMILY_FORM, word);
    }
    default: return 0;
    }
}

// A moment that is no event: the rule fires when it comes.
static void time_trigger(struct compiler *c, int32_t rule, const struct yaml *at) {
    int32_t term = moment_read(c, at);
    if (term >= 0)
        (void)trigger_add(c, rule, (struct trigger){.kind = TRIGGER_TIME, .term = term, .def = NONE, .node = NONE});
}

static void text_trigger(struct compiler *c, int32_t rule, const struct yaml *at, bool first) {
    stepdown_slice text = yaml_slice(at), amount, anchor;
    int sign;
    struct path path;
    size_t dot = text.size;
    while (dot > 0 && text.data[dot - 1] != '.')
        dot--;
    if (split_shift(text, &amount, &sign, &anchor) || dot == 0) {
        if (dot == 0 && !split_shift(text, &amount, &sign, &anchor)) {
            complain(c, at, "path",
                     "an event is written noun.event (\"first_visit.refused\"); \"%s\" is neither that nor a "
                     "moment",
                     at->text);
            return;
        }
        time_trigger(c, rule, at);
        return;
    }
    stepdown_slice noun = slice_of(text.data, dot - 1), word = slice_of(text.data + dot, text.size - dot);
    if (!path_selector(c, at, noun, true, &path))
        return;
    merge_trigger(c, &path.thing, first);
    bool item = path.thing.sort == THING_ITEM || path.thing.sort == THING_KIND;
    if (item && path.thing.kind != KIND_NONE && slice_is(word, "finished")) {
        finished_triggers(c, rule, &path);
        return;
    }
    uint16_t code = trigger_code(c, &path, word);
    if (code == 0) {
        time_trigger(c, rule, at);
        return;
    }
    if (path.thing.sort == THING_FAMILY && (code & 0xff) != 0)
        c->trigger.code = code;
    (void)trigger_add(c, rule, event_trigger(&path, code));
}

static void map_trigger(struct compiler *c, int32_t rule, struct yaml *map) {
    struct trigger trigger = {.def = NONE, .node = NONE, .term = NONE, .from = NONE};
    if (yaml_get(map, "every")) {
        if (!compiler_keys(c, map, "a cadence", "every"))
            return;
        trigger.kind = TRIGGER_TIME;
        trigger.every = true;
        trigger.term = duration_read(c, yaml_get(map, "every"));
    } else {
        trigger.kind = TRIGGER_CONDITION;
        trigger.node = condition_read(c, map, "");
    }
    if (trigger.term >= 0 || trigger.node >= 0)
        (void)trigger_add(c, rule, trigger);
}

void triggers_read(struct compiler *c, int32_t rule, struct yaml *when) {
    c->trigger = (struct thing){.def = NONE};
    uint32_t count = when->kind == YAML_LIST ? when->count : 1;
    for (uint32_t i = 0; i < count; i++) {
        struct yaml *one = when->kind == YAML_LIST ? when->items[i] : when;
        if (one->kind == YAML_MAP)
            map_trigger(c, rule, one);
        else if (compiler_is_text(c, one, "when"))
            text_trigger(c, rule, one, i == 0);
    }
}

// ---- actions -----------------------------------------------------------------------------------------------------------

struct action_list {
    struct action_def list[ACTIONS_MAX];
    size_t count;
};

struct action_def action_on(uint8_t kind, int32_t item) {
    return (struct action_def){.kind = kind,
                               .item = item,
                               .rule = NONE,
                               .gate = NONE,
                               .about = NONE,
                               .field = NONE,
                               .term = NONE,
                               .report = NONE};
}

static void add_action(struct compiler *c, struct action_list *out, const struct action_def *action,
                       const struct yaml *at) {
    if (out->count < ACTIONS_MAX)
        out->list[out->count++] = *action;
    else
        complain(c, at, "type", "more than %d actions", ACTIONS_MAX);
}

static int32_t action_about(struct compiler *c, const struct yaml *map, const char *key) {
    const struct yaml *at = compiler_word(c, map, key);
    struct path path;
    return at && path_selector(c, at, yaml_slice(at), false, &path) ? selector_add(c, &path.selector) : NONE;
}

// A value for a field or attribute: a literal of its kind, or a path.
static int32_t value_for(struct compiler *c, const struct yaml *at, const struct shape *shape) {
    struct value value;
    bool flag = shape->type == VALUE_BOOLEAN && at->kind == YAML_SCALAR; // yes and no are what is asked for
    if (!flag && !compiler_is_text(c, at, "a value"))
        return NONE;
    if (path_known(c, yaml_slice(at)))
        return path_term(c, at, yaml_slice(at));
    if (literal_read(c, yaml_slice(at), shape, &value))
        return term_literal(c, at, &value);
    complain(c, at, "type", "\"%s\" is not %s", at->text, literal_type_word(shape->type));
    return NONE;
}

static struct shape field_shape(const struct compiler *c, int32_t field) {
    const struct field_def *f = &c->d->fields[field];
    return (struct shape){.type = f->type, .many = f->many, .list = f->list, .unit = f->unit};
}

static void read_with(struct compiler *c, struct action_def *action, const struct yaml *with) {
    static const struct {
        const char *word;
        uint8_t attribute, type;
    } known[] = {{"start", ELEMENT_START, VALUE_TIME},
                 {"end", ELEMENT_END, VALUE_TIME},
                 {"due", ELEMENT_DUE, VALUE_TIME},
                 {"owner", ELEMENT_OWNER, VALUE_PERSON}};
    action->with_first = (uint32_t)c->d->with_count;
    if (!with)
        return;
    if (with->kind != YAML_MAP) {
        complain(c, with, "type", "with is a map of fields");
        return;
    }
    const struct path of = {.is_selector = true,
                            .thing = {.sort = THING_ITEM, .kind = c->d->items[action->item].kind, .def = action->item}};
    for (uint32_t i = 0; i < with->count; i++) {
        const struct yaml *key = with->pairs[i].key;
        struct with_def row = {.field = NONE, .term = NONE};
        struct shape shape = {.type = VALUE_NONE, .list = NONE};
        for (size_t k = 0; k < sizeof known / sizeof known[0]; k++) {
            if (yaml_is(key, known[k].word)) {
                row.attribute = known[k].attribute;
                shape.type = known[k].type;
            }
        }
        if (shape.type == VALUE_NONE) {
            row.field = path_field(c, &of, yaml_slice(key));
            if (row.field < 0) {
                complain(c, key, "name", "no form about %s has a field \"%s\"", c->d->items[action->item].def.name,
                         key->text);
                continue;
            }
            shape = field_shape(c, row.field);
        }
        row.term = shape.type == VALUE_TIME && with->pairs[i].value->kind == YAML_SCALAR
                       ? moment_read(c, with->pairs[i].value)
                       : value_for(c, with->pairs[i].value, &shape);
        if (compiler_push(c, TABLE_WITHS, &row) >= 0)
            action->with_count++;
    }
}

static void act_open(struct compiler *c, struct yaml *map, struct yaml *value, struct action_list *out) {
    struct yaml **words;
    size_t count = compiler_words(c, value, "open", &words);
    for (size_t i = 0; i < count; i++) {
        struct action_def action = action_on(ACTION_OPEN, NONE);
        action.item = compiler_name(c, TABLE_ITEMS, words[i], yaml_slice(words[i]), "open");
        if (action.item < 0)
            continue;
        action.about = action_about(c, map, "about");
        read_with(c, &action, yaml_get(map, "with"));
        add_action(c, out, &action, words[i]);
    }
}

static void act_on_item(struct compiler *c, struct yaml *map, struct yaml *value, uint8_t kind, const char *what,
                        struct action_list *out) {
    struct action_def action = action_on(kind, NONE);
    if (!compiler_is_text(c, value, what))
        return;
    action.item = compiler_name(c, TABLE_ITEMS, value, yaml_slice(value), what);
    action.about = action_about(c, map, "about");
    if (action.item >= 0)
        add_action(c, out, &action, value);
}

static void act_close(struct compiler *c, struct yaml *map, struct yaml *value, struct action_list *out) {
    size_t before = out->count;
    const struct yaml *as = compiler_word(c, map, "as");
    act_on_item(c, map, value, ACTION_CLOSE, "close", out);
    if (out->count == before)
        return;
    struct action_def *action = &out->list[before];
    const struct verb_row *row =
        lifecycle_verb(c->d->items[action->item].kind, as ? slice_text("") : slice_text("close"));
    action->state = row ? row->to : STATE_NONE;
    if (as)
        action->state = lifecycle_state_find(yaml_slice(as));
    if (action->state == STATE_NONE)
        complain(c, as ? as : value, "name", "say in which state it ends: as");
}

// What goes out is an update or a request: nothing else is sent, delivered and answered.
static void act_send(struct compiler *c, struct yaml *map, struct yaml *value, struct action_list *out) {
    size_t before = out->count;
    act_on_item(c, map, value, ACTION_SEND, "send", out);
    if (out->count == before)
        return;
    uint8_t item = c->d->items[out->list[before].item].kind;
    if (item != KIND_UPDATE && item != KIND_REQUEST)
        complain(c, value, "path", "only an update or a request can be sent");
    read_with(c, &out->list[before], yaml_get(map, "with"));
}

static void act_run(struct compiler *c, struct yaml *map, struct yaml *value, struct action_list *out) {
    size_t before = out->count;
    act_on_item(c, map, value, ACTION_RUN, "run", out);
    if (out->count > before && c->d->items[out->list[before].item].kind != KIND_ROUTE)
        complain(c, value, "path", "only a route is run");
}

// What the report says, in its own words: a value of another type would say more than it may.
static int32_t coded_value(struct compiler *c, struct yaml *at, int32_t field) {
    struct shape shape = field_shape(c, field);
    int32_t term = at->kind == YAML_MAP ? value_compile(c, at) : value_for(c, at, &shape);
    struct shape given = literal_shape(c, term);
    if (term >= 0 && given.type != VALUE_NONE && (given.type != shape.type || (given.many && !shape.many)))
        complain(c, at, "type", "this is %s, and the report wants %s", literal_type_word(given.type),
                 literal_type_word(shape.type));
    return term;
}

static void read_coded(struct compiler *c, struct action_def *action, const struct yaml *at, const struct yaml *with) {
    action->with_first = (uint32_t)c->d->with_count;
    for (uint32_t i = 0; with && with->kind == YAML_MAP && i < with->count; i++) {
        const struct yaml *key = with->pairs[i].key;
        struct with_def row = {.field = definitions_field(c->d, action->report, yaml_slice(key)), .term = NONE};
        if (row.field < 0) {
            complain(c, key, "name", "the report %s has no field \"%s\"", c->d->forms[action->report].def.name,
                     key->text);
            continue;
        }
        row.term = coded_value(c, with->pairs[i].value, row.field);
        if (compiler_push(c, TABLE_WITHS, &row) >= 0)
            action->with_count++;
    }
    if (!with || with->kind != YAML_MAP)
        complain(c, with ? with : at, "type", "a report says what it tells: with, a map of its fields");
}

static void report_to(struct compiler *c, struct action_def *action, const struct yaml *value, const struct yaml *to) {
    const char *subject = c->d->forms[action->report].report_to;
    if (!to) {
        if (strcmp(subject, c->subject) == 0 || strcmp(subject, protocol_subjects[0]) == 0)
            complain(c, value, "path", "\"%s\" goes to a %s; say which: to: members or sender", value->text, subject);
        return;
    }
    action->to = yaml_is(to, "members") ? REPORT_TO_MEMBERS : REPORT_TO_SENDER;
    if (yaml_is(to, "members") || yaml_is(to, "sender"))
        return;
    action->term = path_term(c, to, yaml_slice(to));
    if (action->term >= 0 && literal_shape(c, action->term).type != VALUE_REFERENCE)
        complain(c, to, "path", "to is members, sender, or a link to what somebody reported");
}

// What is told of when the action does not say: the trigger, or the item of which the trigger is a record.
static struct thing told_of(const struct compiler *c) {
    const struct form_def *form = c->trigger.sort == THING_FORM ? &c->d->forms[c->trigger.def] : NULL;
    if (!form || form->many || form->about_count != 1)
        return c->trigger;
    return (struct thing){.sort = THING_ITEM, .kind = c->d->items[form->about[0]].kind, .def = form->about[0]};
}

// Tells other pathways: `about` and `with` are of what the report is about, the trigger unless it says otherwise.
static void act_report(struct compiler *c, struct yaml *map, struct yaml *value, struct action_list *out) {
    struct action_def action = action_on(ACTION_REPORT, NONE);
    const struct yaml *about = compiler_word(c, map, "about");
    struct path path = {.thing = told_of(c)};
    if (!compiler_is_text(c, value, "report"))
        return;
    action.report = compiler_name(c, TABLE_FORMS, value, yaml_slice(value), "report");
    if (action.report < 0)
        return;
    if (!c->d->forms[action.report].report_to) {
        complain(c, value, "name",
                 "\"%s\" is a form; what one pathway tells another stands under reports:", value->text);
        return;
    }
    if (about && path_selector(c, about, yaml_slice(about), false, &path))
        action.about = selector_add(c, &path.selector);
    report_to(c, &action, value, compiler_word(c, map, "to"));
    c->bound = path.thing.sort != THING_NONE ? path.thing : (struct thing){.def = NONE};
    read_coded(c, &action, value, yaml_get(map, "with"));
    c->bound = (struct thing){.def = NONE};
    add_action(c, out, &action, value);
}

static void act_escalate(struct compiler *c, struct yaml *map, struct yaml *value, struct action_list *out) {
    struct action_def action = action_on(ACTION_ESCALATE, NONE);
    if (!compiler_is_text(c, value, "escalate"))
        return;
    action.rule = compiler_name(c, TABLE_RULES, value, yaml_slice(value), "escalate");
    action.about = action_about(c, map, "about");
    if (action.rule >= 0 && c->d->rules[action.rule].kind != RULE_ESCALATION)
        complain(c, value, "name", "\"%s\" is no escalation", value->text);
    if (action.rule >= 0)
        add_action(c, out, &action, value);
}

// `until` is a rule of its own that releases the gate at that moment.
static void release_when(struct compiler *c, int32_t gate, struct yaml *until) {
    struct action_def release = action_on(ACTION_RELEASE, NONE);
    struct thing trigger = c->trigger;
    const char *name = arena_format(&c->d->arena, "%s.until.%u", c->d->gates[gate].def.name, (unsigned)until->line);
    c->nomem |= name == NULL;
    release.gate = gate;
    if (name)
        (void)rule_synthetic(c, until, name, until, &release);
    c->trigger = trigger;
}

static void act_gate(struct compiler *c, struct yaml *map, struct yaml *value, uint8_t kind, struct action_list *out) {
    struct action_def action = action_on(kind, NONE);
    struct yaml *until = yaml_get(map, "until");
    if (!compiler_is_text(c, value, "a gate"))
        return;
    action.gate = compiler_name(c, TABLE_GATES, value, yaml_slice(value), kind == ACTION_HOLD ? "hold" : "release");
    if (until && action.gate >= 0 && kind == ACTION_HOLD)
        release_when(c, action.gate, until);
    if (action.gate >= 0)
        add_action(c, out, &action, value);
}

static void act_hold(struct compiler *c, struct yaml *map, struct yaml *value, struct action_list *out) {
    act_gate(c, map, value, ACTION_HOLD, out);
}

static void act_release(struct compiler *c, struct yaml *map, struct yaml *value, struct action_list *out) {
    act_gate(c, map, value, ACTION_RELEASE, out);
}

static void act_set(struct compiler *c, struct yaml *map, struct yaml *value, struct action_list *out) {
    struct action_def action = action_on(ACTION_SET, NONE);
    struct yaml *to = yaml_get(map, "to");
    if (!to || !compiler_is_text(c, value, "set")) {
        complain(c, map, "key", "set needs to: the new value");
        return;
    }
    int32_t term = path_term(c, value, yaml_slice(value));
    if (term < 0)
        return;
    if (c->d->terms[term].kind != TERM_FIELD) {
        complain(c, value, "path", "\"%s\" is no field", value->text);
        return;
    }
    action.field = c->d->terms[term].field;
    action.about = c->d->terms[term].selector;
    struct shape shape = field_shape(c, action.field);
    action.term = shape.type == VALUE_TIME && to->kind == YAML_SCALAR ? moment_read(c, to) : value_for(c, to, &shape);
    if (action.term >= 0)
        add_action(c, out, &action, value);
}

// Free slots to those who ask and wait: "allocate: slot, to: request, where: …".
static void act_allocate(struct compiler *c, struct yaml *map, struct yaml *value, struct action_list *out) {
    struct action_def action = action_on(ACTION_ALLOCATE, NONE);
    struct yaml *to = yaml_get(map, "to"), *where = yaml_get(map, "where");
    struct path path;
    if (!to || !compiler_is_text(c, value, "allocate") || !compiler_is_text(c, to, "to")) {
        complain(c, map, "key", "allocate needs to: the form or report that asks for it");
        return;
    }
    action.item = compiler_name(c, TABLE_ITEMS, value, yaml_slice(value), "allocate");
    if (action.item >= 0 && c->d->items[action.item].kind != KIND_SLOT)
        complain(c, value, "path", "only a slot is allocated");
    if (!path_selector(c, to, yaml_slice(to), true, &path))
        return;
    if (path.thing.sort != THING_FORM)
        complain(c, to, "path", "\"%s\" is no form or report; entries of one ask for a slot", to->text);
    if (where)
        path.selector.where = where_read(c, where, &path.thing);
    action.about = selector_add(c, &path.selector);
    if (action.item >= 0)
        add_action(c, out, &action, value);
}

// "taper.restore": a step that people take too.
static void act_take(struct compiler *c, struct yaml *map, struct yaml *value, struct action_list *out) {
    struct action_def action = action_on(ACTION_TAKE, NONE);
    stepdown_slice item, verb;
    (void)map;
    if (!compiler_is_text(c, value, "take"))
        return;
    if (!slice_split(yaml_slice(value), '.', &item, &verb)) {
        complain(c, value, "path", "take is item.step, such as taper.pause");
        return;
    }
    action.item = compiler_name(c, TABLE_ITEMS, value, item, "take");
    if (action.item < 0)
        return;
    const struct verb_row *row = lifecycle_verb(c->d->items[action.item].kind, verb);
    if (!row || row->kind == KIND_NONE || (row->flags & LIFECYCLE_ENGINE)) {
        struct guess g;
        const struct verb_row *rows;
        size_t count = lifecycle_rows(&rows);
        guess_start(&g, verb);
        for (size_t i = 0; i < count; i++) {
            if (rows[i].kind == c->d->items[action.item].kind && rows[i].verb)
                guess_offer(&g, rows[i].verb);
        }
        complain(c, value, "name", "\"%.*s\" is no step of its own that %s could take%s", (int)verb.size,
                 (const char *)verb.data, c->d->items[action.item].def.name, guess_text(&g));
        return;
    }
    action.code = row->code;
    add_action(c, out, &action, value);
}

static void act_flag(struct compiler *c, struct yaml *map, struct yaml *value, struct action_list *out) {
    struct action_def action = action_on(ACTION_FLAG, NONE);
    if (!compiler_is_text(c, value, "flag"))
        return;
    struct value word = {.type = VALUE_CHOICE,
                         .text = {(const uint8_t *)compiler_text(c, yaml_slice(value)), value->size}};
    action.term = term_literal(c, value, &word);
    action.about = action_about(c, map, "about");
    add_action(c, out, &action, value);
}

// The protocol need not be there while this one is compiled; it is looked for when the rule fires.
static void act_attach(struct compiler *c, struct yaml *map, struct yaml *value, struct action_list *out) {
    struct action_def action = action_on(ACTION_ATTACH, NONE);
    (void)map;
    if (!compiler_is_text(c, value, "attach"))
        return;
    if (yaml_is(value, c->d->sources[c->unit].name)) {
        complain(c, value, "name", "attach names another protocol than this one");
        return;
    }
    struct value word = {.type = VALUE_TEXT,
                         .text = {(const uint8_t *)compiler_text(c, yaml_slice(value)), value->size}};
    action.term = term_literal(c, value, &word);
    add_action(c, out, &action, value);
}

static const struct {
    const char *word, *options;
    void (*read)(struct compiler *c, struct yaml *map, struct yaml *value, struct action_list *out);
} actions[] = {
    {"open", "with about", act_open},
    {"close", "as about", act_close},
    {"send", "with about", act_send},
    {"escalate", "about", act_escalate},
    {"run", "about", act_run},
    {"hold", "until", act_hold},
    {"release", "", act_release},
    {"set", "to", act_set},
    {"flag", "about", act_flag},
    {"report", "about with to", act_report},
    {"allocate", "to where", act_allocate},
    {"attach", "", act_attach},
    {"take", "", act_take},
};

static void read_action(struct compiler *c, struct yaml *map, struct action_list *out) {
    char words[128];
    for (size_t i = 0; i < sizeof actions / sizeof actions[0]; i++) {
        if (!yaml_get(map, actions[i].word))
            continue;
        (void)snprintf(words, sizeof words, "%s %s", actions[i].word, actions[i].options);
        if (compiler_keys(c, map, "this action", words))
            actions[i].read(c, map, yaml_get(map, actions[i].word), out);
        return;
    }
    complain(
        c, map, "key",
        "this is no action; actions: open close send escalate run hold release set take flag report allocate attach");
}

static void store_actions(struct compiler *c, int32_t rule, const struct action_list *list) {
    c->d->rules[rule].action_first = (uint32_t)c->d->action_count;
    for (size_t i = 0; i < list->count; i++) {
        if (compiler_push(c, TABLE_ACTIONS, &list->list[i]) >= 0)
            c->d->rules[rule].action_count++;
    }
}

int32_t action_open_read(struct compiler *c, struct yaml *map) {
    struct action_list list = {.count = 0};
    act_open(c, map, yaml_get(map, "open"), &list);
    return list.count == 1 ? compiler_push(c, TABLE_ACTIONS, &list.list[0]) : NONE;
}

static void read_actions(struct compiler *c, struct yaml *list, struct action_list *out) {
    if (!list)
        return;
    if (list->kind != YAML_LIST) {
        complain(c, list, "type", "do is a list of actions");
        return;
    }
    for (uint32_t i = 0; i < list->count; i++)
        read_action(c, list->items[i], out);
}

// ---- ladders -------------------------------------------------------------------------------------------------------------

static void read_ladder(struct compiler *c, int32_t rule, struct yaml *ladder) {
    if (ladder->kind != YAML_LIST || ladder->count == 0) {
        complain(c, ladder, "type", "a ladder is a list of steps: {tell: role, answer_within: time}");
        return;
    }
    c->d->rules[rule].step_first = (uint32_t)c->d->step_count;
    for (uint32_t i = 0; i < ladder->count; i++) {
        struct yaml *map = ladder->items[i];
        struct ladder_step step = {.answer_within = NONE};
        if (!compiler_keys(c, map, "a step", "tell answer_within"))
            continue;
        const struct yaml *within = yaml_get(map, "answer_within");
        if (yaml_get(map, "tell"))
            step.tell_count = (uint16_t)role_list(c, yaml_get(map, "tell"), "tell", &step.tell);
        if (step.tell_count == 0)
            complain(c, map, "key", "a step says whom to tell: tell");
        if (within)
            step.answer_within = duration_read(c, within);
        else
            complain(c, map, "key", "a step says how long an answer may take: answer_within");
        if (compiler_push(c, TABLE_STEPS, &step) >= 0)
            c->d->rules[rule].step_count++;
    }
}

// ---- the three kinds -----------------------------------------------------------------------------------------------------

static void compile_plain(struct compiler *c, int32_t index, struct yaml *body) {
    struct action_list list = {.count = 0};
    struct yaml *when = yaml_get(body, "when"), *only_if = yaml_get(body, "only_if");
    if (!compiler_keys(c, body, "a rule", "row says when only_if do"))
        return;
    if (!when || !yaml_get(body, "do"))
        complain(c, body, "key", "a rule says when, and what to do");
    if (when)
        triggers_read(c, index, when);
    int32_t node = only_if ? condition_read(c, only_if, "") : NONE;
    c->d->rules[index].only_if = node;
    read_actions(c, yaml_get(body, "do"), &list);
    store_actions(c, index, &list);
}

static void compile_escalation(struct compiler *c, int32_t index, struct yaml *body) {
    struct action_list list = {.count = 0};
    if (body->kind == YAML_LIST) { // a ladder of the dictionary, called by name
        read_ladder(c, index, body);
        return;
    }
    struct yaml *when = yaml_get(body, "when"), *only_if = yaml_get(body, "only_if");
    struct yaml *ladder = yaml_get(body, "ladder");
    const struct yaml *run = compiler_word(c, body, "run");
    if (!compiler_keys(c, body, "an escalation", "row says when only_if ladder run do"))
        return;
    if (when)
        triggers_read(c, index, when);
    int32_t node = only_if ? condition_read(c, only_if, "") : NONE;
    c->d->rules[index].only_if = node;
    if (ladder)
        read_ladder(c, index, ladder);
    if (run) {
        int32_t item = compiler_name(c, TABLE_ITEMS, run, yaml_slice(run), "run");
        if (item >= 0 && c->d->items[item].kind != KIND_ROUTE)
            complain(c, run, "path", "only a route is run");
        c->d->rules[index].run = item;
    }
    if (!ladder && !run && !yaml_get(body, "do"))
        complain(c, body, "key", "an escalation has a ladder, runs a route, or does something");
    read_actions(c, yaml_get(body, "do"), &list);
    store_actions(c, index, &list);
}

// Keys of a pattern that are not its condition.
static const char pattern_keys[] = "row says only_if open with escalate";

// What follows in a sequence is what only_if is asked about: its `trigger`.
static struct thing what_follows(struct compiler *c, const struct yaml *body, const struct node *n) {
    const struct yaml *sequence = yaml_get(body, "sequence");
    const struct yaml *second =
        sequence && sequence->kind == YAML_LIST && sequence->count == 2 ? sequence->items[1] : NULL;
    struct path path = {.thing = {.def = NONE}};
    stepdown_slice text;
    if (!second || n->kind != NODE_SEQUENCE || !definitions_each_time(c->d, n->a) || !definitions_each_time(c->d, n->b))
        return path.thing;
    text = yaml_slice(second);
    while (text.size > 0 && text.data[text.size - 1] != '.')
        text.size--;
    if (text.size < 2)
        return path.thing;
    text.size--; // the noun before the event
    return path_selector(c, second, text, true, &path) ? path.thing : (struct thing){.def = NONE};
}

static void compile_pattern(struct compiler *c, int32_t index, struct yaml *body) {
    struct action_list list = {.count = 0};
    struct yaml *only_if = yaml_get(body, "only_if"), *open = yaml_get(body, "open"),
                *escalate = yaml_get(body, "escalate");
    c->trigger = (struct thing){.def = NONE};
    int32_t node = condition_read(c, body, pattern_keys);
    if (node >= 0)
        c->trigger = what_follows(c, body, &c->d->nodes[node]);
    int32_t extra = only_if ? condition_read(c, only_if, "") : NONE;
    c->trigger = (struct thing){.def = NONE};
    c->d->rules[index].pattern = node;
    c->d->rules[index].only_if = extra;
    if (node >= 0)
        (void)trigger_add(c, index,
                          (struct trigger){.kind = TRIGGER_CONDITION, .node = node, .def = NONE, .term = NONE});
    if (open)
        act_open(c, body, open, &list);
    if (escalate)
        act_escalate(c, body, escalate, &list);
    store_actions(c, index, &list);
}

void rules_compile(struct compiler *c) {
    static void (*const compile[])(struct compiler * c, int32_t index, struct yaml * body) = {
        [RULE_PLAIN] = compile_plain, [RULE_ESCALATION] = compile_escalation, [RULE_PATTERN] = compile_pattern};
    size_t count = c->d->rule_count; // those made from items are complete
    for (size_t i = 0; i < count; i++) {
        struct yaml *body = compiler_origin_of(c, TABLE_RULES, (int32_t)i)->body;
        if (!body)
            continue;
        c->unit = c->d->rules[i].def.source;
        c->trigger = (struct thing){.def = NONE};
        compile[c->d->rules[i].kind](c, (int32_t)i, body);
    }
    c->trigger = (struct thing){.def = NONE};
}

int32_t rule_synthetic(struct compiler *c, const struct yaml *at, const char *name, struct yaml *when,
                       const struct action_def *action) {
    struct rule_def rule = {.kind = RULE_PLAIN, .only_if = NONE, .pattern = NONE, .run = NONE};
    struct action_list list = {.count = 1};
    rule.def = (struct def){.name = name, .row = "", .says = "", .line = at->line, .source = c->unit};
    int32_t index = compiler_push(c, TABLE_RULES, &rule);
    if (index < 0)
        return NONE;
    compiler_origin(c, TABLE_RULES, index, NULL, NULL, NONE);
    if (when)
        triggers_read(c, index, when);
    c->trigger = (struct thing){.def = NONE};
    list.list[0] = *action;
    store_actions(c, index, &list);
    return index;
}
