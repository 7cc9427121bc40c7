// SPDX-License-Identifier: Apache-2.0
// Gates and their needs, confirmations, measures. May call: conditions, paths, moments, roles, compiler ground.
#include "protocol/compiler.h"

#include <string.h>

// ---- gates -------------------------------------------------------------------------------------------------------------

// "second_visit.start": the item and the verb that is guarded.
static void read_guard(struct compiler *c, struct gate_def *gate, const struct yaml *at) {
    stepdown_slice noun, verb;
    if (!slice_split(yaml_slice(at), '.', &noun, &verb)) {
        complain(c, at, "path", "guards names an item and the step that waits: item.step");
        return;
    }
    gate->item = compiler_name(c, TABLE_ITEMS, at, noun, "guards");
    if (gate->item < 0)
        return;
    const struct item_def *item = &c->d->items[gate->item];
    const struct verb_row *row = lifecycle_verb(item->kind, verb);
    if (row && row->kind != KIND_NONE && (row->flags & LIFECYCLE_ENGINE) == 0) {
        gate->code = row->code;
        return;
    }
    struct guess g;
    const struct verb_row *rows;
    size_t count = lifecycle_rows(&rows);
    guess_start(&g, verb);
    for (size_t i = 0; i < count; i++) {
        if (rows[i].kind == item->kind && rows[i].verb)
            guess_offer(&g, rows[i].verb);
    }
    complain(c, at, "name", "\"%.*s\" is no step of %s%s", (int)verb.size, (const char *)verb.data, item->def.name,
             guess_text(&g));
}

static void compile_need(struct compiler *c, int32_t index) {
    const struct origin *origin = compiler_origin_of(c, TABLE_NEEDS, index);
    int32_t node = condition_read(c, origin->body, "row says");
    if (c->d->needs[index].def.says[0] == 0)
        complain(c, origin->key, "key", "\"%s\" has no says: what a user reads when the gate is held",
                 origin->key->text);
    int32_t clearers = roles_clearers(c, node);
    c->d->needs[index].node = node;
    c->d->needs[index].clearers = clearers;
}

static void compile_gate(struct compiler *c, int32_t index) {
    struct yaml *body = compiler_origin_of(c, TABLE_GATES, index)->body;
    struct gate_def *gate = &c->d->gates[index];
    if (!compiler_keys(c, body, "a gate", "row says title guards watches applies needs funding"))
        return;
    const struct yaml *guards = compiler_word(c, body, "guards"), *funding = compiler_word(c, body, "funding");
    struct yaml *watches = yaml_get(body, "watches"), *applies = yaml_get(body, "applies"),
                *needs = yaml_get(body, "needs");
    if (!guards)
        complain(c, body, "key", "a gate guards a step: guards");
    else
        read_guard(c, gate, guards);
    if (gate->def.says[0] == 0)
        complain(c, body, "key", "a gate has a title");
    if (funding && !yaml_is(funding, "never_holds"))
        complain(c, funding, "type", "funding: never_holds, or nothing");
    uint8_t kind = gate->item >= 0 ? c->d->items[gate->item].kind : KIND_NONE;
    if (watches)
        gate->watches = states_read(c, watches, kind);
    if (gate->item >= 0)
        c->bound = (struct thing){.sort = THING_ITEM, .kind = kind, .def = gate->item};
    gate->applies = applies ? condition_read(c, applies, "") : NONE;
    if (!needs || needs->kind != YAML_MAP || needs->count == 0)
        complain(c, body, "key", "a gate has needs");
    for (uint32_t i = 0; i < gate->need_count; i++)
        compile_need(c, (int32_t)(gate->need_first + i));
    c->bound = (struct thing){.def = NONE};
}

void gates_compile(struct compiler *c) {
    for (size_t i = 0; i < c->d->gate_count; i++) {
        c->unit = c->d->gates[i].def.source;
        compile_gate(c, (int32_t)i);
    }
}

// ---- confirmations -------------------------------------------------------------------------------------------------------

// for: each X, or for: {each: X, filters}
static int32_t read_for(struct compiler *c, struct yaml *at, struct path *path) {
    static const char each[] = "each ";
    size_t size = sizeof each - 1;
    if (at->kind == YAML_MAP) {
        struct yaml *noun = yaml_get(at, "each");
        if (!compiler_keys(c, at, "for", "each " FILTER_KEYS) || !noun || !select_read(c, noun, at, path))
            return NONE;
        return selector_add(c, &path->selector);
    }
    if (!compiler_is_text(c, at, "for"))
        return NONE;
    stepdown_slice text = yaml_slice(at);
    if (text.size <= size || memcmp(text.data, each, size) != 0) {
        complain(c, at, "path", "for: each <item>");
        return NONE;
    }
    if (!path_selector(c, at, slice_of(text.data + size, text.size - size), true, path))
        return NONE;
    return selector_add(c, &path->selector);
}

static void read_labels(struct compiler *c, struct confirm_def *confirm, struct yaml *map) {
    if (map->kind != YAML_MAP || map->count == 0) {
        complain(c, map, "type", "label is a map of words and their conditions; the last may be otherwise");
        return;
    }
    struct label_def *labels = compiler_scratch(c, map->count * sizeof *labels);
    for (uint32_t i = 0; labels && i < map->count; i++) {
        struct yaml *value = map->pairs[i].value;
        bool otherwise = yaml_is(value, "otherwise");
        labels[i] = (struct label_def){compiler_text(c, yaml_slice(map->pairs[i].key)),
                                       otherwise ? NONE : condition_read(c, value, "")};
        if (otherwise && i + 1 < map->count)
            complain(c, value, "type", "otherwise is the last label; those after it are never reached");
    }
    confirm->label_first = (uint32_t)c->d->label_count;
    for (uint32_t i = 0; labels && i < map->count; i++) {
        if (compiler_push(c, TABLE_LABELS, &labels[i]) >= 0)
            confirm->label_count++;
    }
}

// A moment, or a list of which the first that comes counts.
static int32_t soonest(struct compiler *c, struct yaml *at) {
    int32_t found = NONE;
    if (!at || at->kind != YAML_LIST)
        return at ? moment_read(c, at) : NONE;
    for (uint32_t i = 0; i < at->count; i++) {
        struct term term = term_empty(at);
        term.kind = TERM_SOONER;
        term.a = found;
        term.b = moment_read(c, at->items[i]);
        found = found < 0 || term.b < 0 ? term.b : term_add(c, &term);
    }
    if (at->count == 0)
        complain(c, at, "time", "say at least one moment");
    return found;
}

static void compile_confirm(struct compiler *c, int32_t index) {
    const struct origin *origin = compiler_origin_of(c, TABLE_CONFIRMS, index);
    struct yaml *body = origin->body, *each = yaml_get(body, "for"), *applies = yaml_get(body, "applies");
    struct yaml *answered = yaml_get(body, "answered"), *value = yaml_get(body, "value"),
                *label = yaml_get(body, "label");
    struct confirm_def *confirm = &c->d->confirms[index];
    struct path path;
    if (!compiler_keys(c, body, "a confirmation", "row says for applies due answered value label"))
        return;
    if (confirm->def.says[0] == 0)
        complain(c, origin->key, "key", "\"%s\" has no says: the requirement in the source's words", origin->key->text);
    confirm->each = each ? read_for(c, each, &path) : NONE;
    if (confirm->each >= 0)
        c->bound = path.thing;
    confirm->applies = applies ? condition_read(c, applies, "") : NONE;
    confirm->due = soonest(c, yaml_get(body, "due"));
    if (answered)
        confirm->answered = condition_read(c, answered, "");
    else
        complain(c, origin->key, "key", "a confirmation says when it is answered: answered");
    confirm->value = value ? values_compile(c, value) : NONE;
    if (label)
        read_labels(c, confirm, label);
    c->bound = (struct thing){.def = NONE};
}

static void compile_measure(struct compiler *c, int32_t index) {
    const char *word;
    struct yaml *body = compiler_origin_of(c, TABLE_MEASURES, index)->body;
    if (!value_word(body, &word)) {
        complain(
            c, body, "key",
            "a measure is one of: count sum average share duration gap gaps earliest highest median p90 spread list "
            "delta");
        return;
    }
    c->in_measure = true;
    int32_t term = value_aggregate(c, body, word, false);
    c->in_measure = false;
    c->d->measures[index].term = term;
}

void confirms_compile(struct compiler *c) {
    for (size_t i = 0; i < c->d->measure_count; i++) {
        c->unit = c->d->measures[i].def.source;
        compile_measure(c, (int32_t)i);
    }
    for (size_t i = 0; i < c->d->confirm_count; i++) {
        c->unit = c->d->confirms[i].def.source;
        compile_confirm(c, (int32_t)i);
    }
}
