// SPDX-License-Identifier: Apache-2.0
// Items: what is owned and due. First their shape (kind, owner, roles, what they hang on), then their moments and
// conditions; from, until, every and closes_when become rules of their own.
// May call: conditions, paths, moments, roles, rules (synthetic), compiler ground.
#include "protocol/compiler.h"

#include <string.h>

static const char item_keys[] = "kind row says title many about owner person due start end lead escalate applies "
                                "close_needs closes_when for from until every form must_have asks outcome chair attend "
                                "may_attend with to decisions at_start on_demand evidence justified_by reduce_when "
                                "steps_by amount draw steps dates before";

// Which options belong to which kind alone.
static const struct {
    const char *key, *kinds;
} only_for[] = {
    {"chair", "huddle"},
    {"attend", "huddle"},
    {"may_attend", "huddle"},
    {"decisions", "huddle"},
    {"with", "review improvement"},
    {"draw", "sample"},
    {"to", "update request"},
    {"outcome", "review improvement task appointment barrier"},
    {"form", "route task review improvement agreement update request support authorization barrier"},
    {"start", "appointment support authorization responsibility"},
    {"end", "appointment support authorization responsibility"},
    {"amount", "support authorization responsibility"},
    {"justified_by", "support"},
    {"reduce_when", "support"},
    {"steps", "taper"},
    {"dates", "taper"},
    {"before", "taper"},
};

static void each_item(struct compiler *c, void (*step)(struct compiler *c, int32_t index, struct yaml *body)) {
    for (size_t i = 0; i < c->d->item_count; i++) {
        c->unit = c->d->items[i].def.source;
        step(c, (int32_t)i, compiler_origin_of(c, TABLE_ITEMS, (int32_t)i)->body);
    }
}

// ---- shape -------------------------------------------------------------------------------------------------------------

static void no_such_kind(struct compiler *c, const struct yaml *kind, const struct yaml *key) {
    const struct kind_row *rows;
    size_t count = lifecycle_kinds(&rows);
    struct guess g;
    if (!kind || kind->kind != YAML_SCALAR) {
        complain(c, key, "key", "%s does not say what kind of item it is: kind", key->text);
        return;
    }
    if (yaml_is(kind, "alert")) {
        complain(c, kind, "name", "alerts are raised by escalations and are not declared as items");
        return;
    }
    guess_start(&g, yaml_slice(kind));
    for (size_t i = 0; i < count; i++)
        guess_offer(&g, rows[i].word);
    complain(c, kind, "name", "there is no kind of item \"%s\"%s", kind->text, guess_text(&g));
}

static void check_kind(struct compiler *c, const struct item_def *item, struct yaml *body, const struct yaml *key) {
    const struct kind_row *row = lifecycle_kind(item->kind);
    if (!row || item->kind == KIND_ALERT) {
        no_such_kind(c, yaml_get(body, "kind"), key);
        return;
    }
    for (size_t i = 0; i < sizeof only_for / sizeof only_for[0]; i++) {
        const struct yaml *found = yaml_get(body, only_for[i].key);
        if (found && !compiler_has_word(only_for[i].kinds, slice_text(row->word)))
            complain(c, found, "key", "%s is no option of a %s; it belongs to: %s", only_for[i].key, row->word,
                     only_for[i].kinds);
    }
}

static void shape_owner(struct compiler *c, struct item_def *item, const struct yaml *owner) {
    stepdown_slice left, right;
    if (!owner)
        return;
    if (slice_split(yaml_slice(owner), '.', &left, &right) && !slice_is(right, "chair")) {
        complain(c, owner, "role", "owner names the role that answers for it; write the person under person: %s",
                 owner->text);
        return;
    }
    item->owner_role = role_read(c, owner);
}

static void shape_decisions(struct compiler *c, struct item_def *item, const struct yaml *map) {
    if (!map)
        return;
    if (map->kind != YAML_MAP) {
        complain(c, map, "type", "decisions is a map of names");
        return;
    }
    struct decision_def *list = compiler_keep(c, map->count * sizeof *list);
    for (uint32_t i = 0; list && i < map->count; i++) {
        struct yaml *key = map->pairs[i].key, *body = map->pairs[i].value;
        list[i] = (struct decision_def){.def = compiler_def(c, key, body), .opens = NONE};
        if (!compiler_keys(c, body, "a decision", "row says opens"))
            continue;
        const struct yaml *opens = compiler_word(c, body, "opens");
        if (opens)
            list[i].opens = compiler_name(c, TABLE_ITEMS, opens, yaml_slice(opens), "opens");
    }
    item->decisions = list;
    item->decision_count = list ? (uint16_t)map->count : 0;
}

static size_t text_list(struct compiler *c, struct yaml *node, const char *what, const char *const **out) {
    struct yaml **words;
    size_t count = node ? compiler_words(c, node, what, &words) : 0;
    const char **kept = compiler_keep(c, count * sizeof(const char *));
    for (size_t i = 0; kept && i < count; i++)
        kept[i] = compiler_text(c, yaml_slice(words[i]));
    *out = kept;
    return kept ? count : 0;
}

static void shape_roles(struct compiler *c, struct item_def *item, struct yaml *body) {
    struct yaml *attend = yaml_get(body, "attend"), *may = yaml_get(body, "may_attend");
    struct yaml *with = yaml_get(body, yaml_get(body, "to") ? "to" : "with"), *steps_by = yaml_get(body, "steps_by");
    const struct yaml *chair = compiler_word(c, body, "chair");
    if (chair)
        item->chair = role_read(c, chair);
    if (item->kind == KIND_HUDDLE && !chair)
        complain(c, body, "key", "a huddle has a chair");
    if (item->owner_role < 0 && !yaml_get(body, "owner"))
        item->owner_role = item->chair; // who leads it answers for it
    item->attend_count = attend ? (uint16_t)role_list(c, attend, "attend", &item->attend) : 0;
    item->may_attend_count = may ? (uint16_t)role_list(c, may, "may_attend", &item->may_attend) : 0;
    item->steps_by_count = steps_by ? (uint16_t)role_list(c, steps_by, "steps_by", &item->steps_by) : 0;
    item->with_count = with ? (uint16_t)role_list(c, with, "with", &item->with) : 0;
    shape_decisions(c, item, yaml_get(body, "decisions"));
}

// for: each X, or for: {each: X, where: …}: the noun of it, NULL when there is none.
static const struct yaml *each_of(struct compiler *c, struct yaml *body, stepdown_slice *noun) {
    static const char each[] = "each ";
    struct yaml *at = yaml_get(body, "for");
    size_t size = sizeof each - 1;
    if (at && at->kind == YAML_MAP) {
        const struct yaml *named = compiler_keys(c, at, "for", "each where") ? compiler_word(c, at, "each") : NULL;
        *noun = named ? yaml_slice(named) : slice_text("");
        return named;
    }
    if (!at || !compiler_is_text(c, at, "for"))
        return NULL;
    *noun = yaml_slice(at);
    if (noun->size <= size || memcmp(noun->data, each, size) != 0) {
        complain(c, at, "path", "for: each <item, form or kind of item>");
        return NULL;
    }
    *noun = slice_of(noun->data + size, noun->size - size);
    return at;
}

// One is opened for each of these, and hangs on it; so several may be live.
static void shape_each(struct compiler *c, int32_t index, struct yaml *body) {
    static const char *const other[] = {"about", "every", "from", "at_start", "on_demand", "many"};
    struct item_def *item = &c->d->items[index];
    stepdown_slice noun;
    const struct yaml *at = each_of(c, body, &noun);
    if (!at)
        return;
    int32_t named = compiler_find(c, TABLE_ITEMS, noun), form = compiler_find(c, TABLE_FORMS, noun);
    uint8_t kind = lifecycle_kind_find(noun);
    for (size_t i = 0; i < sizeof other / sizeof other[0]; i++) {
        if (yaml_get(body, other[i]))
            complain(c, yaml_get(body, other[i]), "key", "%s is opened for each %.*s; %s says something else",
                     item->def.name, (int)noun.size, (const char *)noun.data, other[i]);
    }
    item->each_source = named >= 0 ? SELECT_ITEM : form >= 0 ? SELECT_FORM : SELECT_KIND;
    item->each = named >= 0 ? named : form >= 0 ? form : kind;
    item->many = true;
    if (named == index || (named < 0 && form < 0 && kind == KIND_NONE)) {
        complain(c, at, "name",
                 named == index ? "an item cannot be about itself" : "\"%.*s\" is no item, form or kind of item",
                 (int)noun.size, (const char *)noun.data);
        item->each = NONE;
    }
    if (named >= 0 && named != index)
        item->about = named;
}

static void shape_item(struct compiler *c, int32_t index, struct yaml *body) {
    struct item_def *item = &c->d->items[index];
    const struct yaml *key = compiler_origin_of(c, TABLE_ITEMS, index)->key;
    if (!compiler_keys(c, body, "an item", item_keys))
        return;
    check_kind(c, item, body, key);
    const struct yaml *about = compiler_word(c, body, "about"), *form = compiler_word(c, body, "form");
    if (about)
        item->about = compiler_name(c, TABLE_ITEMS, about, yaml_slice(about), "about");
    shape_each(c, index, body);
    if (about && item->about == index)
        complain(c, about, "path", "an item cannot be about itself");
    if (form)
        item->form = compiler_name(c, TABLE_FORMS, form, yaml_slice(form), "form");
    shape_owner(c, item, compiler_word(c, body, "owner"));
    shape_roles(c, item, body);
    item->ask_count = (uint16_t)text_list(c, yaml_get(body, "asks"), "asks", &item->asks);
    item->at_start = compiler_flag(c, body, "at_start");
    item->on_demand = compiler_flag(c, body, "on_demand");
    item->evidence = compiler_kept_word(c, body, "evidence");
    const struct yaml *escalate = compiler_word(c, body, "escalate");
    item->escalation = escalate ? compiler_name(c, TABLE_RULES, escalate, yaml_slice(escalate), "escalate")
                                : c->units[c->unit].escalate;
}

void items_shape(struct compiler *c) {
    for (size_t i = 0; i < c->d->source_count; i++) {
        c->unit = (uint16_t)i;
        const struct unit *unit = &c->units[i];
        const struct yaml *escalate = compiler_word(c, unit->half, "escalate");
        if (!escalate && unit->half) // a file that says nothing of this subject has no items of it either
            escalate = compiler_word(c, unit->root, "escalate");
        c->units[i].escalate =
            escalate ? compiler_name(c, TABLE_RULES, escalate, yaml_slice(escalate), "escalate") : NONE;
    }
    each_item(c, shape_item);
}

// The field that says how much there is of it: a number with a unit, in one form about it.
static void amount_item(struct compiler *c, int32_t index, struct yaml *body) {
    struct item_def *item = &c->d->items[index];
    const struct yaml *amount = compiler_word(c, body, "amount");
    const struct path of = {.is_selector = true, .thing = {.sort = THING_ITEM, .kind = item->kind, .def = index}};
    if (amount)
        item->amount = amount_field(c, amount, path_field(c, &of, yaml_slice(amount)));
}

void items_amounts(struct compiler *c) { each_item(c, amount_item); }

// ---- moments and conditions ----------------------------------------------------------------------------------------------

static int32_t optional_moment(struct compiler *c, const struct yaml *body, const char *key) {
    const struct yaml *at = yaml_get(body, key);
    return at ? moment_read(c, at) : NONE;
}

// must_have: fields that its end waits for, besides close_needs.
static int32_t end_needs(struct compiler *c, const struct thing *thing, struct yaml *body) {
    struct yaml *needs = yaml_get(body, "close_needs"), *must = yaml_get(body, "must_have"), **words;
    size_t count = must ? compiler_words(c, must, "must_have", &words) : 0, used = 0;
    int32_t *children = compiler_scratch(c, (count + 1) * sizeof *children);
    if (!children || (!needs && !must))
        return NONE;
    if (needs)
        children[used++] = condition_read(c, needs, "");
    for (size_t i = 0; i < count; i++) {
        struct path found, from = {.is_selector = true, .selector = selector_this(words[i]), .thing = *thing};
        struct node node = node_empty(NODE_FIELD, words[i]);
        if (!path_part(c, words[i], &from, yaml_slice(words[i]), &found) || found.is_selector)
            continue;
        node.a = found.term;
        children[used++] = node_add(c, &node);
    }
    return used == 1 ? children[0] : node_group(c, NODE_ALL, body, children, used);
}

// What goes out is written in full before: in the form it names, or else in the one form about it.
static int32_t written_in(const struct compiler *c, int32_t index) {
    int32_t found = c->d->items[index].form;
    for (size_t f = 0; f < c->d->form_count && c->d->items[index].form < 0; f++) {
        for (uint16_t i = 0; i < c->d->forms[f].about_count; i++) {
            if (c->d->forms[f].about[i] == index)
                found = found == NONE ? (int32_t)f : -2;
        }
    }
    return found;
}

static int32_t send_needs(struct compiler *c, int32_t index, const struct yaml *body) {
    uint8_t kind = c->d->items[index].kind;
    if (kind != KIND_UPDATE && kind != KIND_REQUEST)
        return NONE;
    int32_t form = written_in(c, index);
    struct selector self = selector_this(body);
    struct node node = node_empty(NODE_COMPLETE, body);
    if (form == -2)
        complain(c, compiler_origin_of(c, TABLE_ITEMS, index)->key, "V8",
                 "several forms are about %s; say which one it is written in: form", c->d->items[index].def.name);
    if (form < 0)
        return NONE; // V8 says so when it has none
    node.index = form;
    node.selector = selector_add(c, &self);
    return node_add(c, &node);
}

// The state that ends an item of this kind in the ordinary way.
static uint8_t closing_state(uint8_t kind) {
    static const char *const verbs[] = {"close", "end", "release", "done", "expire"};
    for (size_t i = 0; i < sizeof verbs / sizeof verbs[0]; i++) {
        const struct verb_row *row = lifecycle_verb(kind, slice_text(verbs[i]));
        if (row && (row->flags & LIFECYCLE_ENDS) != 0)
            return row->to;
    }
    return STATE_NONE;
}

static void closing_rule(struct compiler *c, int32_t index, struct yaml *body, const char *key) {
    struct item_def *item = &c->d->items[index];
    struct yaml *when = yaml_get(body, key);
    if (!when)
        return;
    struct action_def action = action_on(ACTION_CLOSE, index);
    action.state = closing_state(item->kind);
    if (action.state == STATE_NONE) {
        complain(c, when, "key", "nothing closes %s of this kind by itself; a person says how it ended",
                 item->def.name);
        return;
    }
    const char *name = arena_format(&c->d->arena, "%s.%s", item->def.name, key);
    c->nomem |= name == NULL;
    if (name)
        (void)rule_synthetic(c, when, name, when, &action);
}

static int32_t happened(struct compiler *c, struct yaml *at) {
    struct node node = node_empty(NODE_HAPPENED, at);
    node.a = moment_read(c, at);
    return node.a < 0 ? NONE : node_add(c, &node);
}

// every: day — from one moment until another, if they are given.
static void cadence_rule(struct compiler *c, int32_t index, struct yaml *body) {
    struct yaml *every = yaml_get(body, "every"), *from = yaml_get(body, "from"), *until = yaml_get(body, "until");
    struct action_def action = action_on(ACTION_OPEN, index);
    int32_t children[2];
    size_t count = 0;
    if (!compiler_is_text(c, every, "every"))
        return;
    static const struct {
        const char *word, *span;
    } words[] = {
        {"day", "1 day"}, {"week", "1 week"}, {"month", "1 month"}, {"quarter", "3 months"}, {"year", "1 year"}};
    stepdown_slice span = yaml_slice(every);
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (yaml_is(every, words[i].word))
            span = slice_text(words[i].span);
    }
    int32_t cadence = duration_text(c, every, span);
    const char *name = arena_format(&c->d->arena, "%s.every", c->d->items[index].def.name);
    c->nomem |= name == NULL;
    int32_t rule = name ? rule_synthetic(c, every, name, NULL, &action) : NONE;
    if (rule < 0)
        return;
    c->d->items[index].cadence = cadence;
    (void)trigger_add(c, rule,
                      (struct trigger){.kind = TRIGGER_TIME,
                                       .term = cadence,
                                       .every = true,
                                       .node = NONE,
                                       .def = NONE,
                                       .from = from ? moment_read(c, from) : NONE});
    if (from)
        children[count++] = happened(c, from);
    if (until) {
        int32_t ended = happened(c, until);
        children[count++] = node_group(c, NODE_NOT, until, &ended, 1);
    }
    if (count > 0)
        c->d->rules[rule].only_if = node_group(c, NODE_ALL, body, children, count);
}

// Whenever one of them is there, by hand or by rule.
static void each_rule(struct compiler *c, int32_t index, struct yaml *body) {
    const struct item_def *item = &c->d->items[index];
    struct action_def action = action_on(ACTION_OPEN, index);
    struct yaml *at = yaml_get(body, "for"), *where = at->kind == YAML_MAP ? yaml_get(at, "where") : NULL;
    bool form = item->each_source == SELECT_FORM, items = item->each_source == SELECT_ITEM;
    uint8_t kind = items ? c->d->items[item->each].kind : (uint8_t)item->each;
    struct selector trigger = selector_empty(at);
    struct thing thing = {.sort = form    ? THING_FORM
                                  : items ? THING_ITEM
                                          : THING_KIND,
                          .kind = form ? KIND_NONE : kind,
                          .def = form || items ? item->each : NONE};
    trigger.source = SELECT_TRIGGER;
    action.about = selector_add(c, &trigger);
    const char *name = arena_format(&c->d->arena, "%s.for", item->def.name);
    c->nomem |= name == NULL;
    int32_t rule = name ? rule_synthetic(c, at, name, NULL, &action) : NONE;
    if (rule < 0)
        return;
    (void)trigger_add(c, rule,
                      (struct trigger){.kind = TRIGGER_EVENT,
                                       .source = c->d->items[index].each_source,
                                       .item_kind = thing.kind,
                                       .code = form ? EVENT_FORM_SUBMITTED : lifecycle_opening(kind),
                                       .def = thing.def,
                                       .node = NONE,
                                       .term = NONE});
    int32_t node = where ? where_read(c, where, &thing) : NONE;
    c->d->rules[rule].only_if = node;
}

static void opening_rule(struct compiler *c, int32_t index, struct yaml *body) {
    struct yaml *from = yaml_get(body, "from");
    struct action_def action = action_on(ACTION_OPEN, index);
    if (c->d->items[index].each >= 0) {
        each_rule(c, index, body);
        return;
    }
    if (yaml_get(body, "every")) {
        cadence_rule(c, index, body);
        return;
    }
    const char *name = from ? arena_format(&c->d->arena, "%s.from", c->d->items[index].def.name) : NULL;
    c->nomem |= from && !name;
    if (name)
        (void)rule_synthetic(c, from, name, from, &action);
}

// draw: {from: noun, FILTERS, strata: part, at_least: n, percent: n, open: item, with: {…}}
static void compile_draw(struct compiler *c, int32_t index, struct yaml *map, const struct yaml *key) {
    struct draw_def draw = {NONE, NONE, NONE, NONE, NONE};
    struct path set;
    struct yaml *from = yaml_get(map, "from"), *open = yaml_get(map, "open");
    if (!compiler_keys(c, map, "a draw", "from strata at_least percent open with " FILTER_KEYS))
        return;
    if (!from || !open || (!yaml_get(map, "at_least") && !yaml_get(map, "percent"))) {
        complain(c, map, "key",
                 "%s says what is drawn (from), how many (at_least, percent) and what is opened for each", key->text);
        return;
    }
    if (!select_read(c, from, map, &set))
        return;
    if (set.thing.sort != THING_FORM && set.thing.sort != THING_FAMILY && set.thing.sort != THING_ITEM)
        complain(c, from, "path", "\"%s\" is neither a form nor an item; some of those are drawn", from->text);
    draw.selector = selector_add(c, &set.selector);
    draw.strata = key_read(c, map, "strata", &set.thing);
    draw.at_least = number_read(c, map, "at_least");
    draw.percent = number_read(c, map, "percent");
    c->trigger = set.thing;
    draw.action = action_open_read(c, map);
    c->trigger = (struct thing){.def = NONE};
    c->d->items[index].draw = draw;
}

// The plan of a taper: its cadences, the days on which they begin, and the cadence before the first of them.
static void compile_taper(struct compiler *c, int32_t index, const struct yaml *body) {
    static const struct {
        const char *key;
        uint8_t type;
        bool many;
    } parts[] = {{"steps", VALUE_DURATION, true}, {"dates", VALUE_DATE, true}, {"before", VALUE_DURATION, false}};
    int32_t terms[3];
    if (c->d->items[index].kind != KIND_TAPER)
        return;
    for (size_t i = 0; i < 3; i++) {
        const struct yaml *at = compiler_word(c, body, parts[i].key);
        terms[i] = at ? path_term(c, at, yaml_slice(at)) : NONE;
        struct shape shape = literal_shape(c, terms[i]);
        if (!at)
            complain(c, body, "key", "a taper says where its plan stands: steps, dates, before");
        else if (terms[i] >= 0 && (shape.type != parts[i].type || shape.many != parts[i].many))
            complain(c, at, "type", "%s is %s%s; \"%s\" is not", parts[i].key,
                     parts[i].many ? "a list, each member " : "", literal_type_word(parts[i].type), at->text);
    }
    struct item_def *item = &c->d->items[index];
    item->steps = terms[0];
    item->dates = terms[1];
    item->before = terms[2];
}

static void compile_item(struct compiler *c, int32_t index, struct yaml *body) {
    struct thing thing = {.sort = THING_ITEM, .kind = c->d->items[index].kind, .def = index};
    const struct yaml *lead = yaml_get(body, "lead"), *person = compiler_word(c, body, "person");
    struct yaml *applies = yaml_get(body, "applies");
    const struct kind_row *row = lifecycle_kind(thing.kind);
    bool interval = row && (row->flags & LIFECYCLE_INTERVAL) != 0;
    c->bound = thing;
    int32_t due = optional_moment(c, body, "due"), start = optional_moment(c, body, "start");
    int32_t end = optional_moment(c, body, "end"), early = lead ? duration_read(c, lead) : NONE;
    int32_t owner = person ? path_term(c, person, yaml_slice(person)) : NONE;
    int32_t condition = applies ? condition_read(c, applies, "") : NONE, needs = end_needs(c, &thing, body);
    int32_t sending = send_needs(c, index, body);
    if (owner >= 0 && literal_shape(c, owner).type != VALUE_PERSON)
        complain(c, person, "type", "\"%s\" is %s; a person is needed", person->text,
                 literal_type_word(literal_shape(c, owner).type));
    if (interval && start < 0)
        start = optional_moment(c, body, "from");
    if (interval && end < 0)
        end = optional_moment(c, body, "until");
    struct item_def *item = &c->d->items[index];
    item->due = due;
    if (due >= 0)
        item->due_text = compiler_text(c, yaml_slice(yaml_get(body, "due"))); // the tree dies with the compilation
    item->start = start;
    item->end = end;
    item->lead = early;
    item->owner_person = owner;
    item->applies = condition;
    item->close_needs = needs;
    item->send_needs = sending;
    if (yaml_get(body, "draw"))
        compile_draw(c, index, yaml_get(body, "draw"), compiler_origin_of(c, TABLE_ITEMS, index)->key);
    else if (item->kind == KIND_SAMPLE)
        complain(c, body, "key", "a sample says what is drawn: draw");
    compile_taper(c, index, body);
    c->bound = (struct thing){.def = NONE};
    opening_rule(c, index, body);
    closing_rule(c, index, body, "closes_when");
    if (!yaml_get(body, "every"))
        closing_rule(c, index, body, "until");
}

void items_compile(struct compiler *c) { each_item(c, compile_item); }
