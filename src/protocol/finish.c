// SPDX-License-Identifier: Apache-2.0
// The last pass: links that need everything (who answers an empty role), triggers sorted, names qualified, what each
// condition reads, the hash of the set. May call: compiler ground, record (event families, encoding), base.
#include "protocol/compiler.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "record/value_cbor.h"

// ---- triggers ----------------------------------------------------------------------------------------------------------

static int compare_triggers(const void *a, const void *b) {
    const struct trigger *left = a, *right = b;
    if (left->kind != right->kind)
        return left->kind < right->kind ? -1 : 1;
    if (left->source != right->source)
        return left->source < right->source ? -1 : 1;
    if (left->def != right->def)
        return left->def < right->def ? -1 : 1;
    if (left->code != right->code)
        return left->code < right->code ? -1 : 1;
    if (left->rule != right->rule)
        return left->rule < right->rule ? -1 : 1;
    return (left->term > right->term) - (left->term < right->term);
}

static void sort_triggers(struct compiler *c) {
    struct definitions *d = c->d;
    if (d->trigger_count > 0)
        qsort(d->triggers, d->trigger_count, sizeof *d->triggers, compare_triggers);
    d->rule_triggers = compiler_keep(c, d->trigger_count * sizeof *d->rule_triggers);
    for (size_t r = 0; d->rule_triggers && r < d->rule_count; r++) {
        d->rules[r].trigger_first = (uint32_t)d->rule_trigger_count;
        for (size_t t = 0; t < d->trigger_count; t++) {
            if (d->triggers[t].rule == (int32_t)r)
                d->rule_triggers[d->rule_trigger_count++] = (int32_t)t;
        }
        d->rules[r].trigger_count = (uint32_t)d->rule_trigger_count - d->rules[r].trigger_first;
    }
}

// Families with an entry among their events, a bit for each: filling in a form means any of these.
static uint64_t entering_families(void) {
    uint64_t families = 0;
    for (uint8_t family = 1; family < EVENT_FAMILIES; family++) {
        for (uint8_t member = 1; member < EVENT_MEMBERS; member++) {
            const struct event_row *row = event_row(EVENT_CODE(family, member));
            if (row && row->class == EVENT_CLASS_ENTRY)
                families |= UINT64_C(1) << family;
        }
    }
    return families;
}

// Families of events that can set the trigger off.
static uint64_t trigger_families(const struct trigger *t, uint64_t entering) {
    if (t->kind != TRIGGER_EVENT)
        return 0;
    if (t->source == SELECT_FIRED)
        return UINT64_C(1) << FAMILY_RULE | UINT64_C(1) << FAMILY_PATTERN;
    bool entry = t->source == SELECT_FORM && t->code == EVENT_FORM_SUBMITTED;
    return UINT64_C(1) << EVENT_FAMILY(t->code) | (entry ? entering : 0);
}

static void index_triggers(struct compiler *c) {
    struct definitions *d = c->d;
    uint64_t entering = entering_families();
    uint64_t *families = compiler_scratch(c, d->trigger_count * sizeof *families);
    size_t most = 0;
    for (size_t t = 0; families && t < d->trigger_count; t++) {
        families[t] = trigger_families(&d->triggers[t], entering);
        most += (size_t)__builtin_popcountll(families[t]);
    }
    d->family_triggers = compiler_keep(c, most * sizeof *d->family_triggers);
    uint32_t used = 0;
    for (uint8_t family = 0; families && d->family_triggers && family < EVENT_FAMILIES; family++) {
        d->family_first[family] = used;
        for (size_t t = 0; t < d->trigger_count; t++) {
            if ((families[t] >> family & 1) != 0)
                d->family_triggers[used++] = (int32_t)t;
        }
        d->family_first[family + 1] = used;
    }
    while (d->first_state_trigger < d->trigger_count && d->triggers[d->first_state_trigger].kind == TRIGGER_EVENT)
        d->first_state_trigger++;
}

// ---- names -------------------------------------------------------------------------------------------------------------

static void add_name(struct compiler *c, uint8_t kind, size_t index, const struct def *def, const char *inside) {
    struct name_def name = {.kind = kind, .index = (int32_t)index};
    const char *source = c->d->sources[def->source].name;
    name.qualified = inside ? arena_format(&c->d->arena, "%s.%s.%s", source, inside, def->name)
                            : arena_format(&c->d->arena, "%s.%s", source, def->name);
    c->nomem |= name.qualified == NULL;
    (void)compiler_push(c, TABLE_NAMES, &name);
}

static void add_names(struct compiler *c) {
    static const struct {
        enum table table;
        uint8_t kind;
    } plain[] = {{TABLE_ITEMS, NAME_ITEM},      {TABLE_FORMS, NAME_FORM},       {TABLE_RULES, NAME_RULE},
                 {TABLE_GATES, NAME_GATE},      {TABLE_CONFIRMS, NAME_CONFIRM}, {TABLE_ROLES, NAME_ROLE},
                 {TABLE_MEASURES, NAME_MEASURE}};
    const struct definitions *d = c->d;
    for (size_t t = 0; t < sizeof plain / sizeof plain[0]; t++) {
        for (size_t i = 0; i < compiler_count(c, plain[t].table); i++)
            add_name(c, plain[t].kind, i, compiler_def_at(c, plain[t].table, i), NULL);
    }
    for (size_t f = 0; f < d->form_count; f++) {
        for (uint32_t i = 0; i < d->forms[f].field_count; i++) {
            size_t field = d->forms[f].field_first + i;
            add_name(c, NAME_FIELD, field, &d->fields[field].def, d->forms[f].def.name);
        }
    }
    for (size_t g = 0; g < d->gate_count; g++) {
        for (uint32_t i = 0; i < d->gates[g].need_count; i++) {
            size_t need = d->gates[g].need_first + i;
            add_name(c, NAME_NEED, need, &d->needs[need].def, d->gates[g].def.name);
        }
    }
}

// ---- reads -------------------------------------------------------------------------------------------------------------

#define FAMILY_BIT(family) (UINT64_C(1) << (family))
// Memo of a computation under way: a node met again (by way of a need) adds nothing new.
#define READS_DONE (UINT64_C(1) << 63)
#define READS_TIME UINT64_C(1)

static uint64_t entry_reads(void) {
    return FAMILY_BIT(FAMILY_FORM) | FAMILY_BIT(FAMILY_DOCUMENT) | FAMILY_BIT(FAMILY_OBSERVATION) |
           FAMILY_BIT(FAMILY_CONTACT) | FAMILY_BIT(FAMILY_CRISIS_CONTACT) | FAMILY_BIT(FAMILY_CAPACITY) |
           FAMILY_BIT(FAMILY_CONSENT) | FAMILY_BIT(FAMILY_ERASURE) | FAMILY_BIT(FAMILY_REPORT);
}

// Entries of one form: only other pathways make those of a report.
static uint64_t form_reads(const struct definitions *d, int32_t form) {
    return form >= 0 && d->forms[form].report_to ? FAMILY_BIT(FAMILY_REPORT) | FAMILY_BIT(FAMILY_ERASURE)
                                                 : entry_reads();
}

// Of what is bound already, only a value that can change is read anew: those it was made with stay, and its fields are
// entries.
static bool bound_and_settled(const struct definitions *d, const struct term *t) {
    static const uint8_t settled[] = {ELEMENT_OPENED,   ELEMENT_AUTHOR, ELEMENT_AUTHOR_ROLE,  ELEMENT_OCCURRED,
                                      ELEMENT_RECORDED, ELEMENT_ABOUT,  ELEMENT_SELF,         ELEMENT_KIND,
                                      ELEMENT_MEMBER,   ELEMENT_TEXT,   ELEMENT_REASON,       ELEMENT_EVIDENCE,
                                      ELEMENT_METHOD,   ELEMENT_PERSON, ELEMENT_ORGANIZATION, ELEMENT_SENDER};
    uint8_t source = t->selector >= 0 ? d->selectors[t->selector].source : SELECT_PATHWAY;
    if (source != SELECT_THIS && source != SELECT_TRIGGER)
        return false;
    bool stays = t->kind == TERM_FIELD;
    for (size_t i = 0; i < sizeof settled; i++)
        stays |= t->kind == TERM_ATTRIBUTE && t->attribute == settled[i];
    return stays;
}

static uint64_t item_reads(uint8_t kind) {
    const struct kind_row *row = lifecycle_kind(kind);
    uint64_t own = row ? FAMILY_BIT(row->family) : UINT64_MAX & ~(READS_DONE | READS_TIME);
    return own | FAMILY_BIT(FAMILY_ITEM);
}

static uint64_t term_reads(const struct definitions *d, int32_t term, int depth);
static uint64_t node_reads(const struct definitions *d, int32_t node, int depth);

static uint64_t set_reads(const struct definitions *d, int32_t set, int depth);

static uint64_t selector_reads(const struct definitions *d, int32_t index, int depth) {
    if (index < 0 || depth > 4 * YAML_DEPTH_MAX)
        return 0;
    const struct selector *s = &d->selectors[index];
    uint64_t reads = selector_reads(d, s->of, depth + 1) | set_reads(d, s->by, depth + 1) |
                     node_reads(d, s->where, depth + 1) | term_reads(d, s->since, depth + 1) |
                     term_reads(d, s->until, depth + 1) | term_reads(d, s->during, depth + 1) |
                     term_reads(d, s->key - 1, depth + 1) | term_reads(d, s->bound - 1, depth + 1);
    if (s->during >= 0 || s->pick == PICK_NEXT)
        reads |= READS_TIME;
    switch (s->source) {
    case SELECT_OVER:
    case SELECT_ITEM:
    case SELECT_KIND: return reads | item_reads(s->kind);
    case SELECT_OVER_ENTRY: return reads | entry_reads();
    case SELECT_FORM: return reads | form_reads(d, s->def);
    case SELECT_FAMILY:
        return reads | FAMILY_BIT(EVENT_FAMILY(s->code)) | FAMILY_BIT(FAMILY_FORM) | FAMILY_BIT(FAMILY_ERASURE);
    case SELECT_MARK: return reads | FAMILY_BIT(EVENT_FAMILY(s->code)) | FAMILY_BIT(FAMILY_MARK);
    case SELECT_FIRED: return reads | FAMILY_BIT(FAMILY_RULE) | FAMILY_BIT(FAMILY_PATTERN);
    case SELECT_PARTICIPANT:
    case SELECT_PATHWAY: return reads | FAMILY_BIT(FAMILY_PATHWAY);
    default: break;
    }
    if (s->known && s->kind != KIND_NONE)
        return reads | item_reads(s->kind);
    if (s->known && s->code != 0)
        return reads | FAMILY_BIT(EVENT_FAMILY(s->code)) | FAMILY_BIT(FAMILY_FORM) | FAMILY_BIT(FAMILY_MARK) |
               FAMILY_BIT(FAMILY_ERASURE);
    return reads | item_reads(KIND_NONE) | entry_reads(); // this, trigger: anything
}

static uint64_t set_reads(const struct definitions *d, int32_t set, int depth) {
    if (set < 0 || depth > 4 * YAML_DEPTH_MAX)
        return 0;
    return term_reads(d, d->role_sets[set].person, depth + 1) | selector_reads(d, d->role_sets[set].people, depth + 1) |
           term_reads(d, d->role_sets[set].named, depth + 1);
}

static uint64_t term_reads(const struct definitions *d, int32_t index, int depth) {
    if (index < 0 || depth > 4 * YAML_DEPTH_MAX)
        return 0;
    const struct term *t = &d->terms[index];
    uint64_t reads = term_reads(d, t->a, depth + 1) | (t->kind != TERM_SEVERAL ? term_reads(d, t->b, depth + 1) : 0) |
                     node_reads(d, t->node, depth + 1);
    if (!bound_and_settled(d, t))
        reads |= selector_reads(d, t->selector, depth + 1);
    if (t->kind == TERM_NOW || t->kind == TERM_GAP || t->kind == TERM_GAPS || (t->kind == TERM_INTERVAL && t->b < 0))
        reads |= READS_TIME;
    if (t->kind == TERM_WINDOW || t->kind == TERM_DELTA)
        reads |= READS_TIME | term_reads(d, t->index, depth + 1) | term_reads(d, t->field, depth + 1);
    if (t->kind == TERM_CALENDAR && d->calendars[t->index].rule == CALENDAR_END_OF_SHIFT)
        reads |= FAMILY_BIT(FAMILY_CAPACITY) | FAMILY_BIT(FAMILY_FORM);
    for (int32_t i = 0; t->kind == TERM_SEVERAL && i < t->b; i++)
        reads |= term_reads(d, d->children[t->index + i], depth + 1);
    if (t->kind == TERM_FIELD)
        reads |= form_reads(d, d->fields[t->field].form);
    if (t->kind == TERM_SPAN ||
        (t->kind == TERM_ATTRIBUTE && t->attribute >= ELEMENT_AMOUNT && t->attribute <= ELEMENT_GRANTED))
        reads |= entry_reads();
    if (t->kind == TERM_ATTRIBUTE && (t->attribute == ELEMENT_CADENCE || t->attribute == ELEMENT_NEXT_STEP))
        reads |= entry_reads(); // the plan stands in a form
    if (t->kind == TERM_ATTRIBUTE && (t->attribute == ELEMENT_WAITING || t->attribute == ELEMENT_GRANTED))
        reads |= FAMILY_BIT(FAMILY_SLOT) | FAMILY_BIT(FAMILY_MARK); // given, and taken back
    if (t->kind == TERM_EVENT)
        reads |= FAMILY_BIT(EVENT_FAMILY(t->code));
    return reads;
}

static uint64_t node_reads_new(const struct definitions *d, int32_t index, int depth);

static uint64_t node_reads(const struct definitions *d, int32_t index, int depth) {
    if (index < 0 || depth > 4 * YAML_DEPTH_MAX)
        return 0;
    if ((d->node_reads[index] & READS_DONE) == 0) {
        d->node_reads[index] = READS_DONE;
        d->node_reads[index] |= node_reads_new(d, index, depth);
    }
    return d->node_reads[index] & ~READS_DONE;
}

static uint64_t node_reads_new(const struct definitions *d, int32_t index, int depth) {
    const struct node *n = &d->nodes[index];
    uint64_t reads = selector_reads(d, n->selector, depth + 1) | selector_reads(d, n->selector2, depth + 1) |
                     term_reads(d, n->a, depth + 1) | term_reads(d, n->b, depth + 1) | term_reads(d, n->c, depth + 1) |
                     term_reads(d, n->d, depth + 1) | set_reads(d, n->roles, depth + 1);
    for (uint16_t i = 0; i < n->child_count; i++)
        reads |= node_reads(d, d->children[n->first_child + i], depth + 1);
    switch (n->kind) {
    case NODE_FIELD:
    case NODE_COMPLETE: return reads | entry_reads();
    case NODE_ACK:
    case NODE_ATTESTED: return reads | entry_reads() | FAMILY_BIT(FAMILY_MARK);
    case NODE_ATTENDED: return reads | FAMILY_BIT(FAMILY_HUDDLE) | FAMILY_BIT(FAMILY_MARK);
    case NODE_OWNER: return reads | FAMILY_BIT(FAMILY_ITEM);
    case NODE_SEQUENCE: return reads | term_reads(d, n->index, depth + 1) | (n->d >= 0 ? READS_TIME : 0);
    case NODE_CONSENT: return reads | FAMILY_BIT(FAMILY_CONSENT) | READS_TIME;
    case NODE_FIRED: return reads | FAMILY_BIT(FAMILY_RULE) | FAMILY_BIT(FAMILY_PATTERN);
    case NODE_MET:
        return reads | node_reads(d, d->needs[d->gates[n->index].need_first + (uint32_t)n->n].node, depth + 1);
    case NODE_MEASURED: return reads | term_reads(d, d->measures[n->index].term, depth + 1);
    case NODE_COVERED:
    case NODE_SUSTAINED: return reads | READS_TIME | (n->kind == NODE_SUSTAINED ? entry_reads() : 0);
    default: return reads;
    }
}

static void add_reads(struct compiler *c) {
    struct definitions *d = c->d;
    d->node_reads = compiler_keep(c, d->node_count * sizeof *d->node_reads);
    d->term_reads = compiler_keep(c, d->term_count * sizeof *d->term_reads);
    if (!d->node_reads || !d->term_reads)
        return;
    for (size_t i = 0; i < d->node_count; i++)
        (void)node_reads(d, (int32_t)i, 0);
    for (size_t i = 0; i < d->term_count; i++)
        d->term_reads[i] = term_reads(d, (int32_t)i, 0);
    for (size_t i = 0; i < d->node_count; i++)
        d->node_reads[i] &= ~READS_DONE;
}

// ---- hash --------------------------------------------------------------------------------------------------------------

enum { DEFINITIONS_FORMAT = 1 };

static void hash_sources(struct buffer *b, const struct definitions *d) {
    cbor_write_array(b, d->source_count);
    for (size_t i = 0; i < d->source_count; i++) {
        const struct source_def *source = &d->sources[i];
        const char *kind = source->overlay ? "overlay" : source->dictionary ? "dictionary" : "protocol";
        cbor_write_array(b, 4);
        cbor_write_text(b, slice_text(kind));
        cbor_write_text(b, slice_text(source->name));
        cbor_write_text(b, slice_text(source->version));
        cbor_write_bytes(b, source->hash, DIGEST_SIZE);
    }
}

static void hash_parameters(struct buffer *b, const struct definitions *d) {
    static const struct value none = {.type = VALUE_NONE};
    cbor_write_array(b, d->parameter_count);
    for (size_t i = 0; i < d->parameter_count; i++) {
        const struct parameter_def *parameter = &d->parameters[i];
        cbor_write_array(b, 4);
        cbor_write_text(b, slice_text(d->sources[parameter->def.source].name));
        cbor_write_text(b, slice_text(parameter->def.name));
        value_write(b, &parameter->value);
        value_write(b, parameter->part_name ? &parameter->part : &none);
    }
}

static void hash_calendars(struct buffer *b, const struct definitions *d) {
    cbor_write_array(b, d->calendar_count);
    for (size_t i = 0; i < d->calendar_count; i++) {
        cbor_write_array(b, 4);
        cbor_write_text(b, slice_text(d->calendars[i].def.name));
        cbor_write_int(b, d->calendars[i].until);
        cbor_write_int(b, d->calendars[i].late_after);
        cbor_write_int(b, d->calendars[i].then_until);
    }
}

// Every source, and every value that an organization can set, in the encoding of records (docs/format.md): what is
// printed for people may change, and sets that pathways are pinned to must be found all the same.
static void add_hash(struct compiler *c) {
    struct definitions *d = c->d;
    struct buffer bytes;
    buffer_init(&bytes, c->env);
    cbor_write_array(&bytes, 5);
    cbor_write_uint(&bytes, DEFINITIONS_FORMAT);
    cbor_write_text(&bytes, slice_text(d->subject));
    hash_sources(&bytes, d);
    hash_parameters(&bytes, d);
    hash_calendars(&bytes, d);
    if (bytes.failed || !digest_sha256(c->digest, NULL, 0, bytes.data, bytes.size, d->hash))
        c->nomem = true;
    buffer_free(&bytes);
}

void finish(struct compiler *c) {
    sort_triggers(c);
    index_triggers(c);
    add_names(c);
    add_reads(c);
    uses_collect(c);
    add_hash(c);
    c->d->evidence_rule = NONE;
    c->d->action_item = NONE;
    for (size_t i = 0; i < c->d->rule_count; i++) {
        if (strcmp(c->d->rules[i].def.name, "evidence-withdrawn") == 0 &&
            c->d->sources[c->d->rules[i].def.source].dictionary)
            c->d->evidence_rule = (int32_t)i;
    }
    for (size_t i = 0; i < c->d->item_count; i++) {
        if (strcmp(c->d->items[i].def.name, "action") == 0 && c->d->sources[c->d->items[i].def.source].dictionary)
            c->d->action_item = (int32_t)i;
    }
}
