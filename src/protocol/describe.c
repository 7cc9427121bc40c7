// SPDX-License-Identifier: Apache-2.0
// Compiled definitions back into words, close to how they are written in the file. Nested descriptions stop at a depth
// that no file reaches. May call: definitions, lifecycle, record, base.
#include "protocol/describe.h"

static const char *const attribute_words[] = {
    [ELEMENT_STATE] = "state",
    [ELEMENT_OWNER] = "owner",
    [ELEMENT_OWNER_ROLE] = "owner-role",
    [ELEMENT_OWNER_ORG] = "owner-organization",
    [ELEMENT_ORGANIZATION] = "organization",
    [ELEMENT_WAITING] = "waiting",
    [ELEMENT_GRANTED] = "granted",
    [ELEMENT_DUE] = "due",
    [ELEMENT_OPENED] = "opened",
    [ELEMENT_FINISHED] = "finished",
    [ELEMENT_START] = "start",
    [ELEMENT_END] = "end",
    [ELEMENT_OVERDUE] = "overdue",
    [ELEMENT_AUTHOR] = "author",
    [ELEMENT_AUTHOR_ROLE] = "author-role",
    [ELEMENT_OCCURRED] = "occurred",
    [ELEMENT_RECORDED] = "recorded",
    [ELEMENT_ABOUT] = "about",
    [ELEMENT_SELF] = "self",
    [ELEMENT_KIND] = "kind",
    [ELEMENT_OUTCOME] = "outcome",
    [ELEMENT_INTERVAL] = "interval",
    [ELEMENT_MEMBER] = "member",
    [ELEMENT_TEXT] = "text",
    [ELEMENT_REASON] = "reason",
    [ELEMENT_EVIDENCE] = "evidence",
    [ELEMENT_METHOD] = "method",
    [ELEMENT_AMOUNT] = "amount",
    [ELEMENT_LENGTH] = "length",
    [ELEMENT_PERSON] = "person",
    [ELEMENT_SENDER] = "member",
    [ELEMENT_STEP] = "step",
    [ELEMENT_CADENCE] = "cadence",
    [ELEMENT_NEXT_STEP] = "next-step",
};
static const char *const op_words[] = {
    [OP_IS] = "is",           [OP_IS_NOT] = "is not",          [OP_ONE_OF] = "is one of",  [OP_AT_LEAST] = "at least",
    [OP_AT_MOST] = "at most", [OP_MORE] = "more than",         [OP_LESS] = "less than",    [OP_BEFORE] = "before",
    [OP_AFTER] = "after",     [OP_NO_LATER] = "no later than", [OP_INCLUDES] = "includes",
};
static const char *const term_words[] = {
    [TERM_COUNT] = "count of ",       [TERM_SUM] = "sum of ",         [TERM_AVERAGE] = "average of ",
    [TERM_EARLIEST] = "earliest of ", [TERM_HIGHEST] = "highest of ", [TERM_SHARE] = "share of ",
    [TERM_LIST] = "list of ",         [TERM_MEDIAN] = "median of ",   [TERM_P90] = "ninth tenth of ",
    [TERM_SPREAD] = "spread of ",
};

const char *describe_kind(uint8_t kind) {
    const struct kind_row *row = lifecycle_kind(kind);
    return row ? row->word : "item";
}

static const char *event_word(uint16_t code) {
    const struct event_row *row = event_row(code);
    return row ? row->word : "recorded";
}

void describe_states(uint64_t states, struct buffer *out) {
    bool first = true;
    for (uint8_t s = 1; s < 64; s++) {
        if ((states & STATE_BIT(s)) == 0 || lifecycle_state_word(s)[0] == 0)
            continue;
        buffer_format(out, "%s%s", first ? "" : " or ", lifecycle_state_word(s));
        first = false;
    }
}

void describe_roles(const struct definitions *d, int32_t set, struct buffer *out) {
    if (set < 0)
        return;
    const struct role_set *roles = &d->role_sets[set];
    if (roles->person >= 0)
        describe_term(d, roles->person, out);
    if (roles->people >= 0) {
        if (roles->named >= 0)
            buffer_format(out, "every %s of ", d->fields[d->terms[roles->named].field].def.name);
        else
            buffer_text(out, "every owner of ");
        describe_selector(d, roles->people, out);
        if (roles->named >= 0)
            buffer_format(out, ".%s", d->fields[d->terms[roles->named].field].def.name);
    }
    for (uint16_t i = 0; i < roles->count; i++)
        buffer_format(out, "%s%s",
                      i > 0                ? (roles->mode == ROLE_EACH ? " and " : " or ")
                      : roles->person >= 0 ? " or "
                                           : "",
                      d->roles[roles->roles[i]].def.name);
}

static void selector_noun(const struct definitions *d, const struct selector *s, struct buffer *out) {
    static const char *const picks[] = {
        [PICK_ALL] = "", [PICK_LATEST] = "", [PICK_EARLIEST] = "first ", [PICK_NEXT] = "next "};
    buffer_text(out, picks[s->pick]);
    switch (s->source) {
    case SELECT_ITEM: buffer_text(out, d->items[s->def].def.name); break;
    case SELECT_KIND: buffer_format(out, "any %s", describe_kind(s->kind)); break;
    case SELECT_FORM:
        buffer_text(out, d->forms[s->def].def.name);
        if (s->code != 0)
            buffer_format(out, ".%s", event_word(s->code));
        break;
    case SELECT_FAMILY: {
        const struct event_row *row = event_row(EVENT_CODE(EVENT_FAMILY(s->code), 1));
        buffer_text(out, row ? row->family : "fact");
        if ((s->code & 0xff) != 0)
            buffer_format(out, ".%s", event_word(s->code));
        break;
    }
    case SELECT_MARK: buffer_format(out, "%s marks", event_word(s->code)); break;
    case SELECT_FIRED: buffer_format(out, "%s fired", d->rules[s->def].def.name); break;
    case SELECT_THIS: buffer_text(out, "this"); break;
    case SELECT_TRIGGER: buffer_text(out, "trigger"); break;
    case SELECT_OVER: buffer_text(out, d->items[s->def].def.name); break;
    case SELECT_OVER_ENTRY: buffer_text(out, d->forms[s->def].def.name); break;
    case SELECT_PARTICIPANT: buffer_text(out, "participant"); break;
    default: buffer_text(out, "pathway"); break;
    }
}

void describe_selector(const struct definitions *d, int32_t index, struct buffer *out) {
    if (index < 0)
        return;
    const struct selector *s = &d->selectors[index];
    selector_noun(d, s, out);
    const struct {
        const char *word;
        int32_t term;
    } bounds[] = {{" since ", s->since}, {" until ", s->until}, {" during ", s->during}};
    if (s->of >= 0) {
        buffer_text(out, " of ");
        describe_selector(d, s->of, out);
    }
    if (s->by >= 0) {
        buffer_text(out, " by ");
        describe_roles(d, s->by, out);
    }
    if (s->states != 0) {
        buffer_text(out, " that is ");
        describe_states(s->states, out);
    }
    if (s->where >= 0) {
        buffer_text(out, " where ");
        describe_node(d, s->where, out);
    }
    for (size_t i = 0; i < sizeof bounds / sizeof bounds[0]; i++) {
        if (bounds[i].term < 0)
            continue;
        buffer_text(out, bounds[i].word);
        describe_term(d, bounds[i].term, out);
    }
    if (s->key > 0) {
        buffer_text(out, " with the same ");
        describe_term(d, s->key - 1, out);
    }
}

static void describe_value(const struct value *value, struct buffer *out) {
    if (value->type != VALUE_LIST) {
        value_print(value, NULL, out);
        return;
    }
    for (uint32_t i = 0; i < value->count; i++) {
        buffer_text(out, i > 0 ? " or " : "");
        value_print(&value->items[i], NULL, out);
    }
}

static void describe_dotted(const struct definitions *d, const struct term *t, const char *part, struct buffer *out) {
    buffer_text(out, t->first ? "first " : "");
    describe_selector(d, t->selector, out);
    buffer_format(out, ".%s", part);
}

static void describe_span(const struct definitions *d, const struct term *t, struct buffer *out) {
    if (t->selector >= 0)
        describe_selector(d, t->selector, out);
    else
        describe_term(d, t->a, out);
    if (t->b >= 0) {
        buffer_text(out, " and ");
        describe_term(d, t->b, out);
    }
}

static void describe_shift(const struct definitions *d, const struct term *t, struct buffer *out) {
    describe_term(d, t->b, out);
    if (t->a < 0)
        return;
    buffer_text(out, t->sign < 0 ? " before " : " after ");
    describe_term(d, t->a, out);
}

static void describe_over(const struct definitions *d, const struct term *t, struct buffer *out) {
    buffer_text(out, term_words[t->kind]);
    if (t->a >= 0 && t->kind != TERM_COUNT) {
        describe_term(d, t->a, out);
        buffer_text(out, " over ");
    }
    describe_selector(d, t->selector, out);
    if (t->node >= 0) {
        buffer_text(out, " for which ");
        describe_node(d, t->node, out);
    }
}

static void describe_window(const struct definitions *d, const struct term *t, struct buffer *out) {
    bool delta = t->kind == TERM_DELTA;
    buffer_text(out, delta ? "change of " : "");
    describe_term(d, t->a, out);
    buffer_text(out, delta ? " over " : " within ");
    describe_term(d, t->index, out);
    buffer_text(out, delta ? " around " : " after ");
    describe_term(d, t->b, out);
    if (delta && t->field >= 0) {
        buffer_text(out, " from ");
        describe_term(d, t->field, out);
    }
    if (t->value.type == VALUE_DURATION) {
        buffer_text(out, " per ");
        value_print(&t->value, NULL, out);
    }
}

static void describe_pair(const struct definitions *d, const struct term *t, struct buffer *out) {
    describe_term(d, t->a, out);
    buffer_text(out, t->kind == TERM_TUPLE ? " and " : " by ");
    describe_term(d, t->b, out);
}

void describe_term(const struct definitions *d, int32_t index, struct buffer *out) {
    if (index < 0)
        return;
    const struct term *t = &d->terms[index];
    switch (t->kind) {
    case TERM_LITERAL: describe_value(&t->value, out); break;
    case TERM_NOW: buffer_text(out, "now"); break;
    case TERM_PARAMETER: buffer_text(out, d->parameters[t->index].def.name); break;
    case TERM_FIELD: describe_dotted(d, t, d->fields[t->field].def.name, out); break;
    case TERM_ATTRIBUTE: describe_dotted(d, t, attribute_words[t->attribute], out); break;
    case TERM_EVENT: describe_dotted(d, t, event_word(t->code), out); break;
    case TERM_SHIFT: describe_shift(d, t, out); break;
    case TERM_CALENDAR:
        buffer_text(out, d->calendars[t->index].def.name);
        if (t->a >= 0) {
            buffer_text(out, " after ");
            describe_term(d, t->a, out);
        }
        break;
    case TERM_ELAPSED:
        buffer_text(out, "from ");
        describe_term(d, t->b, out);
        buffer_text(out, " to ");
        describe_term(d, t->a, out);
        break;
    case TERM_INTERVAL:
        describe_term(d, t->a, out);
        buffer_text(out, " until ");
        describe_term(d, t->b, out);
        break;
    case TERM_GAP:
    case TERM_GAPS:
        buffer_text(out, t->kind == TERM_GAPS ? "stretches of " : "");
        describe_term(d, t->a, out);
        buffer_text(out, t->b >= 0 ? " not covered by " : ", how long");
        if (t->b >= 0)
            describe_term(d, t->b, out);
        break;
    case TERM_SOONER:
        describe_term(d, t->a, out);
        buffer_text(out, " or ");
        describe_term(d, t->b, out);
        buffer_text(out, ", whichever comes first");
        break;
    case TERM_SPAN: describe_span(d, t, out); break;
    case TERM_WINDOW:
    case TERM_DELTA: describe_window(d, t, out); break;
    case TERM_SEVERAL:
        for (int32_t i = 0; i < t->b; i++) {
            buffer_text(out, i > 0 ? "; " : "");
            describe_term(d, d->children[t->index + i], out);
        }
        break;
    case TERM_GROUPED:
    case TERM_TUPLE: describe_pair(d, t, out); break;
    default: describe_over(d, t, out); break;
    }
}

static void describe_group(const struct definitions *d, const struct node *n, struct buffer *out) {
    if (n->child_count == 1 && (n->kind == NODE_ALL || n->kind == NODE_ANY)) {
        describe_node(d, d->children[n->first_child], out);
        return;
    }
    if (n->kind == NODE_AT_LEAST)
        buffer_format(out, "at least %lld of ", (long long)n->n);
    buffer_text(out, n->kind == NODE_NOT ? "not (" : n->kind == NODE_WHEN ? "if (" : "(");
    for (uint16_t i = 0; i < n->child_count; i++) {
        if (i > 0)
            buffer_text(out, n->kind == NODE_ANY        ? " or "
                             : n->kind == NODE_AT_LEAST ? ", "
                             : n->kind == NODE_WHEN     ? ") then ("
                                                        : " and ");
        describe_node(d, d->children[n->first_child + i], out);
    }
    buffer_text(out, ")");
}

static void describe_word(const struct definitions *d, const struct node *n, const char *verb, struct buffer *out) {
    describe_selector(d, n->selector, out);
    if (n->index >= 0)
        buffer_format(out, ".%s", d->fields[n->index].def.name);
    buffer_format(out, " %s by ", verb);
    describe_roles(d, n->roles, out);
}

static void describe_happened(const struct definitions *d, const struct node *n, struct buffer *out) {
    describe_term(d, n->a, out);
    buffer_text(out, " happened");
    if ((n->flags & NODE_WITHIN) != 0) {
        buffer_text(out, " within ");
        describe_term(d, n->c, out);
    }
    if (n->b >= 0) {
        buffer_format(out, " %s ", op_words[n->op]);
        describe_term(d, n->b, out);
    }
}

static void describe_repeat(const struct definitions *d, const struct node *n, struct buffer *out) {
    buffer_format(out, "%lld times or more ", (long long)n->n);
    describe_selector(d, n->selector, out);
    const struct {
        const char *word;
        int32_t term;
    } parts[] = {{" with the same ", n->a}, {" of distinct ", n->c}, {" during ", n->b}};
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        if (parts[i].term < 0)
            continue;
        buffer_text(out, parts[i].word);
        describe_term(d, parts[i].term, out);
    }
    buffer_text(out, (n->flags & NODE_AT_ONCE) != 0 ? " at once" : "");
}

static void describe_compared(const struct definitions *d, const struct node *n, struct buffer *out) {
    if (n->kind == NODE_COUNT) {
        buffer_text(out, "count of ");
        describe_selector(d, n->selector, out);
    } else if (n->kind == NODE_SUSTAINED) {
        buffer_format(out, "%s", d->fields[n->index].def.name);
    } else {
        describe_term(d, n->a, out);
    }
    buffer_format(out, " %s ", op_words[n->op]);
    describe_term(d, n->kind == NODE_SUSTAINED ? n->a : n->b, out);
    if (n->kind == NODE_SUSTAINED) {
        buffer_text(out, " throughout ");
        describe_term(d, n->b, out);
    }
}

static void describe_rest(const struct definitions *d, const struct node *n, struct buffer *out) {
    switch (n->kind) {
    case NODE_COVERED:
        describe_term(d, n->a, out);
        buffer_text(out, " covered by ");
        describe_term(d, n->b, out);
        break;
    case NODE_CONSENT:
        buffer_text(out, "consent to give ");
        describe_term(d, n->a, out);
        buffer_text(out, " to ");
        describe_term(d, n->b, out);
        buffer_text(out, " for ");
        describe_term(d, n->c, out);
        break;
    case NODE_LOOP:
        describe_selector(d, n->selector, out);
        buffer_text(out, " answered, with its outcome");
        break;
    case NODE_MEASURED: buffer_format(out, "%s can be measured", d->measures[n->index].def.name); break;
    case NODE_FIRED: buffer_format(out, "%s has fired", d->rules[n->index].def.name); break;
    case NODE_MET:
        buffer_format(out, "%s is met", d->needs[d->gates[n->index].need_first + (uint32_t)n->n].def.name);
        break;
    case NODE_REPEAT: describe_repeat(d, n, out); break;
    case NODE_ASCENDING:
        describe_term(d, n->a, out);
        buffer_text(out, " goes up");
        if (n->b >= 0) {
            buffer_text(out, " from ");
            describe_term(d, n->b, out);
        }
        if (n->c >= 0) {
            buffer_text(out, " by no more than the factor ");
            describe_term(d, n->c, out);
        }
        break;
    default:
        describe_term(d, n->a, out);
        buffer_text(out, " then ");
        describe_term(d, n->b, out);
        break;
    }
}

void describe_node(const struct definitions *d, int32_t index, struct buffer *out) {
    if (index < 0)
        return;
    const struct node *n = &d->nodes[index];
    switch (n->kind) {
    case NODE_ALL:
    case NODE_ANY:
    case NODE_NOT:
    case NODE_AT_LEAST:
    case NODE_WHEN: describe_group(d, n, out); break;
    case NODE_FIELD:
        describe_term(d, n->a, out);
        buffer_text(out, " recorded");
        break;
    case NODE_COMPLETE:
        describe_selector(d, n->selector, out);
        buffer_text(out, " complete");
        break;
    case NODE_COMPARE:
    case NODE_COUNT:
    case NODE_SUSTAINED: describe_compared(d, n, out); break;
    case NODE_EACH:
        buffer_text(out, "for each ");
        describe_selector(d, n->selector, out);
        buffer_text(out, ": ");
        describe_node(d, d->children[n->first_child], out);
        break;
    case NODE_STATE:
        describe_selector(d, n->selector, out);
        buffer_text(out, " is ");
        describe_states(n->states, out);
        break;
    case NODE_OWNER:
        describe_selector(d, n->selector, out);
        buffer_text(out, " has an owner who accepted");
        break;
    case NODE_ACK: describe_word(d, n, "acknowledged", out); break;
    case NODE_ATTESTED: describe_word(d, n, "attested", out); break;
    case NODE_ATTENDED: describe_word(d, n, "attended", out); break;
    case NODE_HAPPENED: describe_happened(d, n, out); break;
    default: describe_rest(d, n, out); break;
    }
}

void describe_trigger(const struct definitions *d, const struct trigger *t, struct buffer *out) {
    if (t->kind == TRIGGER_CONDITION) {
        describe_node(d, t->node, out);
        return;
    }
    if (t->kind == TRIGGER_TIME) {
        buffer_text(out, t->every ? "every " : "at ");
        describe_term(d, t->term, out);
        return;
    }
    const struct event_row *any = event_row(EVENT_CODE(EVENT_FAMILY(t->code), 1));
    switch (t->source) {
    case SELECT_ITEM: buffer_text(out, d->items[t->def].def.name); break;
    case SELECT_KIND: buffer_format(out, "any %s", describe_kind(t->item_kind)); break;
    case SELECT_FORM: buffer_text(out, d->forms[t->def].def.name); break;
    case SELECT_FIRED: buffer_text(out, d->rules[t->def].def.name); break;
    case SELECT_PATHWAY: buffer_text(out, "pathway"); break;
    default: buffer_text(out, any ? any->family : "fact"); break;
    }
    buffer_format(out, ".%s", event_word(t->code));
}
