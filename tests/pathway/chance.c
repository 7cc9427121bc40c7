// SPDX-License-Identifier: Apache-2.0
// Stories by chance: see chance.h.
#include "pathway/chance.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

uint32_t chance_below(struct chance *c, uint32_t limit) {
    c->seed ^= c->seed << 13;
    c->seed ^= c->seed >> 7;
    c->seed ^= c->seed << 17;
    return (uint32_t)(c->seed >> 33) % limit;
}

static bool maybe(struct chance *c) { return chance_below(c, 2) == 0; }

// Attributes of the event being made up.
struct bag {
    struct attr attrs[24];
    uint32_t count;
};

static void put(struct bag *bag, struct attr attr) {
    for (uint32_t i = 0; i < bag->count; i++) {
        if (bag->attrs[i].key == attr.key)
            return;
    }
    bag->attrs[bag->count++] = attr;
}

static const char *word(struct chance *c) {
    static const char *const words[] = {"nurse", "peer", "lead-1", "nurse-2", "clinic", "hospital", "über", ""};
    return words[chance_below(c, sizeof words / sizeof words[0])];
}

static stepdown_time moment(struct chance *c) { return AT_HOUR((int64_t)chance_below(c, 2000) - 200); }

static struct value any_value(struct chance *c) {
    static const struct value items[] = {{.type = VALUE_QUANTITY, .number = 3},
                                         {.type = VALUE_CHOICE, .text = {(const uint8_t *)"yes", 3}},
                                         {.type = VALUE_NONE}};
    switch (chance_below(c, 8)) {
    case 0: return (struct value){.type = VALUE_NONE};
    case 1: return (struct value){.type = VALUE_CHOICE, .text = slice_text("refused")};
    case 2: return (struct value){.type = VALUE_LIST, .items = items, .count = chance_below(c, 4)};
    case 3: return (struct value){.type = VALUE_TIME, .number = moment(c)};
    case 4: return (struct value){.type = VALUE_DURATION, .duration = {.days = 2, .exact = TIME_HOUR}};
    case 5: return (struct value){.type = VALUE_QUANTITY, .number = 25, .scale = 1, .text = slice_text("hours")};
    case 6: return (struct value){.type = VALUE_STATEMENT, .text = slice_text("seems well"), .interpretation = true};
    default: return (struct value){.type = VALUE_INTERVAL, .number = AT_HOUR(1), .until = STEPDOWN_TIME_NONE};
    }
}

static void put_fields(struct chance *c, struct bag *bag) {
    for (uint32_t n = chance_below(c, 4); n > 0; n--)
        put(bag, (struct attr){.key = SYMBOL_ATTENDANCE + chance_below(c, 6), // the last is no field of any form
                               .withheld = maybe(c),
                               .value = any_value(c)});
}

static void put_moment(struct chance *c, struct bag *bag, uint32_t key) {
    if (maybe(c))
        put(bag, attr_time(key, moment(c)));
}

static void put_word(struct chance *c, struct bag *bag, uint32_t key, bool withheld) {
    struct attr attr = attr_text(key, word(c));
    attr.withheld = withheld;
    if (maybe(c))
        put(bag, attr);
}

static void tell(struct chance *c, uint16_t code, uint32_t name, const struct ref *target, const struct bag *bag) {
    story_event(c->t, code, name, target, bag->attrs, bag->count);
}

// Any element (or none there is): its place.
static uint32_t any_element(struct chance *c) {
    size_t count = c->t->s->element_count;
    return count ? chance_below(c, (uint32_t)count) : NO_ELEMENT;
}

static struct ref any_target(struct chance *c) {
    uint32_t at = any_element(c);
    return at == NO_ELEMENT || chance_below(c, 4) == 0 ? PATHWAY : c->t->s->elements[at].id;
}

// ---- one event of each class ---------------------------------------------------------------------------------------

static void open_item(struct chance *c) {
    const struct kind_row *kinds;
    size_t count = lifecycle_kinds(&kinds);
    const struct kind_row *kind = &kinds[chance_below(c, (uint32_t)count)];
    uint32_t name = chance_below(c, 3) == 0 ? 0 : SYMBOL_VISIT + chance_below(c, 4);
    struct bag bag = {.count = 0};
    if (kind->kind == KIND_ALERT) {
        name = SYMBOL_LADDER;
        put_moment(c, &bag, ATTR_STEP_DUE);
        put(&bag, attr_number(ATTR_STEP, chance_below(c, 3)));
    }
    put(&bag, attr_ref(ATTR_ABOUT, any_target(c)));
    put_moment(c, &bag, ATTR_DUE);
    put_moment(c, &bag, ATTR_AT);
    put_moment(c, &bag, ATTR_START);
    put_moment(c, &bag, ATTR_END);
    if (maybe(c))
        put(&bag, attr_text(ATTR_FLAG, START_GIVEN));
    put_word(c, &bag, ATTR_DUE_RULE, false);
    put_word(c, &bag, ATTR_PERSON, false);
    put_word(c, &bag, ATTR_OWNER_ROLE, false);
    put_word(c, &bag, ATTR_NAME, maybe(c));
    if (maybe(c))
        put(&bag, attr_yes(ATTR_ACCEPTED));
    put_fields(c, &bag);
    tell(c, lifecycle_opening(kind->kind), name, NULL, &bag);
}

static void enter(struct chance *c) {
    static const uint16_t codes[] = {EVENT_FORM_SUBMITTED, EVENT_CONTACT_REACHED, EVENT_CONSENT_GIVEN};
    struct bag bag = {.count = 0};
    put_fields(c, &bag);
    put_fields(c, &bag);
    put(&bag, attr_ref(ATTR_ABOUT, any_target(c)));
    put_word(c, &bag, ATTR_PERSON, false);
    tell(c, codes[chance_below(c, 3)], SYMBOL_SCRIPT + chance_below(c, 2), NULL, &bag);
}

static void change_entry(struct chance *c) {
    uint32_t at = any_element(c);
    struct bag bag = {.count = 0};
    if (at == NO_ELEMENT || c->t->s->elements[at].flags & (ELEMENT_IS_ITEM | ELEMENT_RETRACTED))
        return;
    struct ref target = c->t->s->elements[at].id;
    if (chance_below(c, 5) == 0) {
        tell(c, EVENT_FORM_RETRACTED, 0, &target, &bag);
        return;
    }
    put_fields(c, &bag);
    tell(c, EVENT_FORM_AMENDED, 0, &target, &bag);
}

static bool legal(const struct element *e, const struct verb_row *row) {
    return row && row->from & STATE_BIT(e->state) &&
           (!(e->flags & ELEMENT_FINISHED_FLAG) || row->flags & LIFECYCLE_FINISHED_OK);
}

// A step that the lifecycle table allows the item now, of the class wanted. 0: not this time.
static uint16_t any_step(struct chance *c, const struct element *e, uint8_t class) {
    const struct verb_row *rows;
    size_t count = lifecycle_rows(&rows);
    for (int attempt = 0; attempt < 40; attempt++) {
        uint16_t code = rows[chance_below(c, (uint32_t)count)].code;
        if (event_row(code)->class == class && legal(e, lifecycle_event(e->kind, code)))
            return code;
    }
    return 0;
}

static void step_item(struct chance *c) {
    uint32_t at = any_element(c);
    struct bag bag = {.count = 0};
    if (at == NO_ELEMENT || !(c->t->s->elements[at].flags & ELEMENT_IS_ITEM))
        return;
    struct ref target = c->t->s->elements[at].id;
    uint16_t code = any_step(c, &c->t->s->elements[at], EVENT_CLASS_ITEM);
    put_word(c, &bag, ATTR_PERSON, false);
    put_word(c, &bag, ATTR_ROLE, false);
    put_word(c, &bag, ATTR_REASON, true);
    if (code == EVENT_ITEM_DUE_CHANGED || chance_below(c, 8) == 0)
        put_moment(c, &bag, ATTR_DUE);
    put_moment(c, &bag, ATTR_START);
    put_moment(c, &bag, ATTR_STEP_DUE);
    if (code != 0)
        tell(c, code, 0, &target, &bag);
}

static void mark_something(struct chance *c) {
    static const uint16_t common[] = {EVENT_MARK_ACKNOWLEDGED, EVENT_MARK_ATTESTED, EVENT_MARK_DECIDED};
    uint32_t at = any_element(c);
    struct bag bag = {.count = 0};
    struct ref target = at == NO_ELEMENT ? PATHWAY : c->t->s->elements[at].id;
    uint16_t code = common[chance_below(c, 3)];
    if (at != NO_ELEMENT && c->t->s->elements[at].flags & ELEMENT_IS_ITEM && maybe(c))
        code = any_step(c, &c->t->s->elements[at], EVENT_CLASS_MARK);
    put_word(c, &bag, ATTR_REASON, true);
    put_word(c, &bag, ATTR_PERSON, false);
    put(&bag, (struct attr){.key = ATTR_DECIDED, .withheld = maybe(c), .value = any_value(c)});
    if (maybe(c))
        put(&bag, attr_number(ATTR_FIELD, SYMBOL_ATTENDANCE + chance_below(c, 9)));
    if (code != 0 && code != EVENT_MARK_WITHDRAWN)
        tell(c, code, SYMBOL_HUDDLE, &target, &bag);
}

static void withdraw_mark(struct chance *c) {
    const struct state *s = c->t->s;
    if (s->mark_count == 0)
        return;
    const struct mark *mark = &s->marks[chance_below(c, (uint32_t)s->mark_count)];
    struct ref target = mark->element == NO_ELEMENT ? PATHWAY : s->elements[mark->element].id;
    struct bag bag = {.count = 0};
    put(&bag, attr_ref(ATTR_MARK, mark->at));
    if (!mark->withdrawn)
        tell(c, EVENT_MARK_WITHDRAWN, 0, &target, &bag);
}

static void judge_gate(struct chance *c) {
    static const uint16_t codes[] = {EVENT_GATE_PASSED, EVENT_GATE_EXCEPTION, EVENT_GATE_HELD, EVENT_RULE_HOLD,
                                     EVENT_RULE_RELEASE};
    struct ref target = any_target(c);
    struct bag bag = {.count = 0};
    const struct state *s = c->t->s;
    put_word(c, &bag, ATTR_REASON, true);
    put(&bag, attr_number(ATTR_GATE, SYMBOL_PROCEED));
    if (s->pass_count > 0 && chance_below(c, 4) == 0) {
        const struct gate_pass *pass = &s->passes[chance_below(c, (uint32_t)s->pass_count)];
        if (pass->closed_again || pass->exception)
            return;
        target = pass->element == NO_ELEMENT ? PATHWAY : s->elements[pass->element].id;
        tell(c, EVENT_GATE_CLOSED_AGAIN, SYMBOL_PROCEED, &target, &bag);
        return;
    }
    tell(c, codes[chance_below(c, 5)], SYMBOL_PROCEED, &target, &bag);
}

static void run_rule(struct chance *c) {
    static const uint16_t codes[] = {EVENT_RULE_FIRED,        EVENT_PATTERN_MATCHED, EVENT_RULE_BECAME_TRUE,
                                     EVENT_RULE_BECAME_FALSE, EVENT_RULE_SCHEDULED,  EVENT_RULE_SCHEDULED,
                                     EVENT_RULE_SCHEDULED,    EVENT_RULE_SET,        EVENT_OUTBOX_HANDED_OVER,
                                     EVENT_RULE_LAPSED};
    struct ref target = any_target(c);
    struct bag bag = {.count = 0};
    put_moment(c, &bag, ATTR_AT);
    tell(c, codes[chance_below(c, 10)], SYMBOL_NO_SHOW + chance_below(c, 2), &target, &bag);
}

static void turn_pathway(struct chance *c) {
    struct bag bag = {.count = 0};
    struct ref target = PATHWAY;
    uint16_t code = EVENT_PATHWAY_NOTICE;
    put(&bag, attr_text(ATTR_ORG, maybe(c) ? "payer" : "school"));
    switch (chance_below(c, 4)) {
    case 0: code = c->t->s->closed ? EVENT_PATHWAY_REOPENED : EVENT_PATHWAY_CLOSED; break;
    case 1:
        code = state_participates(c->t->s, bag.attrs[0].value.text, STEPDOWN_TIME_NONE) ? EVENT_PATHWAY_LEFT
                                                                                        : EVENT_PATHWAY_JOINED;
        put_word(c, &bag, ATTR_ORG_KIND, false);
        break;
    case 2:
        code = EVENT_PATHWAY_STAGE_CHANGED;
        put_word(c, &bag, ATTR_TEXT, maybe(c));
        break;
    default: break;
    }
    tell(c, code, 0, &target, &bag);
}

// ---- records -------------------------------------------------------------------------------------------------------

static bool erase_something(struct chance *c) {
    uint64_t seq = chance_below(c, (uint32_t)c->t->row_count);
    if (c->withheld[seq] == 0)
        return false;
    story_erase(c->t, seq, c->withheld[seq]--);
    return true;
}

void chance_record(struct chance *c) {
    static void (*const makers[])(struct chance *) = {
        open_item, enter,          enter,          change_entry,  change_entry, step_item, step_item,    step_item,
        step_item, mark_something, mark_something, withdraw_mark, judge_gate,   run_rule,  turn_pathway,
    };
    story_time(c->t, (int64_t)c->t->row_count + chance_below(c, 3));
    story_actor(c->t, maybe(c) ? "nurse-1" : "lead-1", word(c), word(c));
    if (chance_below(c, 10) == 0 && erase_something(c))
        return;
    uint32_t events = 1 + chance_below(c, 4);
    while (c->t->event_count < events)
        makers[chance_below(c, sizeof makers / sizeof makers[0])](c);
    assert_true(c->t->row_count < CHANCE_RECORDS);
    c->withheld[c->t->row_count] = c->t->s->disclosures;
    story_record(c->t);
}
