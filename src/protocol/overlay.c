// SPDX-License-Identifier: Apache-2.0
// Local adaptations: an overlay's sections are merged into the tree of its protocol before anything is compiled. It may
// add and it may tighten; whatever would drop or loosen something is V5. May call: yaml tree, literals, base.
#include "protocol/compiler.h"

#include <string.h>

static const char overlay_keys[] = "overlay version of title roles lists fields parameters items forms rules gates "
                                   "escalations patterns reviews confirm measures dashboards reports also";

static void loosens(struct compiler *c, const struct yaml *at, const char *name, const char *what) {
    complain(c, at, "V5", "an overlay may add and tighten; \"%.60s\" of %.60s %s", at->text ? at->text : "this", name,
             what);
}

static void append_pair(struct compiler *c, struct yaml *map, const struct yaml_pair *pair) {
    struct yaml_pair *pairs = compiler_scratch(c, (map->count + 1) * sizeof *pairs);
    if (!pairs)
        return;
    if (map->count > 0)
        memcpy(pairs, map->pairs, map->count * sizeof *pairs);
    pairs[map->count] = *pair;
    map->pairs = pairs;
    map->count++;
}

static void append_item(struct compiler *c, struct yaml *list, struct yaml *item) {
    struct yaml **items = compiler_scratch(c, (list->count + 1) * sizeof(struct yaml *));
    if (!items)
        return;
    if (list->count > 0)
        memcpy(items, list->items, list->count * sizeof(struct yaml *));
    items[list->count] = item;
    list->items = items;
    list->count++;
}

// A scalar that may also be written as a list becomes a list of one, so that more can be added.
static void make_list(struct compiler *c, struct yaml *node) {
    if (node->kind != YAML_SCALAR)
        return;
    struct yaml *only = compiler_scratch(c, sizeof *only);
    if (!only)
        return;
    *only = *node;
    node->kind = YAML_LIST;
    node->text = NULL;
    node->count = 0;
    append_item(c, node, only);
}

static bool holds_word(const struct yaml *list, const struct yaml *word) {
    for (uint32_t i = 0; i < list->count; i++) {
        if (word->kind == YAML_SCALAR && yaml_is(list->items[i], word->text))
            return true;
    }
    return false;
}

// ---- tightening, by key ------------------------------------------------------------------------------------------------

// How a key that the protocol has already may change.
typedef void tighten_fn(struct compiler *c, struct yaml *base, const struct yaml_pair *pair, const char *name);

static void add_words(struct compiler *c, struct yaml *base, const struct yaml_pair *pair, const char *name) {
    struct yaml **words;
    (void)name;
    size_t count = compiler_words(c, pair->value, pair->key->text, &words);
    make_list(c, base);
    for (size_t i = 0; i < count && base->kind == YAML_LIST; i++) {
        if (!holds_word(base, words[i]))
            append_item(c, base, words[i]);
    }
}

static void add_actions(struct compiler *c, struct yaml *base, const struct yaml_pair *pair, const char *name) {
    (void)name;
    for (uint32_t i = 0; pair->value->kind == YAML_LIST && base->kind == YAML_LIST && i < pair->value->count; i++)
        append_item(c, base, pair->value->items[i]);
}

static void add_names(struct compiler *c, struct yaml *base, const struct yaml_pair *pair, const char *name) {
    for (uint32_t i = 0; pair->value->kind == YAML_MAP && base->kind == YAML_MAP && i < pair->value->count; i++) {
        const struct yaml_pair *entry = &pair->value->pairs[i];
        if (yaml_get(base, entry->key->text))
            loosens(c, entry->key, name, "is there already and stays as it is");
        else
            append_pair(c, base, entry);
    }
}

// Both written durations: compared by their bounds. Equal text is fine; anything else cannot be shown to be shorter.
static void shorten(struct compiler *c, struct yaml *base, const struct yaml_pair *pair, const char *name) {
    struct duration old, new;
    const struct yaml *value = pair->value;
    if (value->kind != YAML_SCALAR || base->kind != YAML_SCALAR) {
        loosens(c, pair->key, name, "is one duration");
        return;
    }
    if (strcmp(value->text, base->text) == 0)
        return;
    if (!duration_parse(yaml_slice(base), &old) || !duration_parse(yaml_slice(value), &new))
        loosens(c, pair->key, name, "cannot be shown to come sooner; only a duration can be shortened");
    else if (duration_bound(&new) > duration_bound(&old))
        loosens(c, pair->key, name, "would be later than the protocol allows");
    else
        *base = *value;
}

static void require(struct compiler *c, struct yaml *base, const struct yaml_pair *pair, const char *name) {
    if (yaml_is(pair->value, "no") || yaml_is(pair->value, "false"))
        *base = *pair->value; // optional: no
    else
        loosens(c, pair->key, name, "would no longer be required");
}

// What a thing is called where the overlay comes from; what it means, and its rows, stay.
static void rename_it(struct compiler *c, struct yaml *base, const struct yaml_pair *pair, const char *name) {
    (void)name;
    if (compiler_is_text(c, pair->value, "title"))
        *base = *pair->value;
}

// close_needs: the old condition and the new one.
static void both_conditions(struct compiler *c, struct yaml *base, const struct yaml_pair *pair, const char *name) {
    (void)name;
    struct yaml *old = compiler_scratch(c, sizeof *old), *list = compiler_scratch(c, sizeof *list);
    struct yaml *key = compiler_scratch(c, sizeof *key);
    if (!old || !list || !key)
        return;
    *old = *base;
    *list = *pair->value;
    list->kind = YAML_LIST;
    list->count = 0;
    append_item(c, list, old);
    append_item(c, list, pair->value);
    *key = *pair->key;
    key->text = "all";
    key->size = 3;
    base->kind = YAML_MAP;
    base->count = 0;
    append_pair(c, base, &(struct yaml_pair){key, list});
}

static void tighten_map(struct compiler *c, struct yaml *base, const struct yaml *more, const char *name,
                        const char *section);

static void merge_fields(struct compiler *c, struct yaml *base, const struct yaml_pair *pair, const char *name) {
    (void)name;
    for (uint32_t i = 0; pair->value->kind == YAML_MAP && base->kind == YAML_MAP && i < pair->value->count; i++) {
        const struct yaml_pair *entry = &pair->value->pairs[i];
        struct yaml *field = yaml_get(base, entry->key->text);
        if (field)
            tighten_map(c, field, entry->value, entry->key->text, "field");
        else
            append_pair(c, base, entry);
    }
}

// Steps are matched by position: more people told, an answer sooner, more steps at the end; none left out.
static void merge_ladder(struct compiler *c, struct yaml *base, const struct yaml_pair *pair, const char *name) {
    const struct yaml *more = pair->value;
    if (more->kind != YAML_LIST || base->kind != YAML_LIST || more->count < base->count) {
        loosens(c, pair->key, name, "would lose steps; repeat those there are and add to them");
        return;
    }
    for (uint32_t i = 0; i < more->count; i++) {
        if (i >= base->count) {
            append_item(c, base, more->items[i]);
            continue;
        }
        struct yaml *old = base->items[i], *told = yaml_get(old, "tell"), **words;
        size_t count = told ? compiler_words(c, told, "tell", &words) : 0;
        struct yaml *now = yaml_get(more->items[i], "tell");
        if (now)
            make_list(c, now);
        for (size_t w = 0; now && w < count; w++) {
            if (!holds_word(now, words[w]))
                loosens(c, pair->key, name, "would no longer tell everyone it tells");
        }
        tighten_map(c, old, more->items[i], name, "step");
    }
}

static void set_parameter(struct compiler *c, struct yaml *base, const struct yaml *more, const char *name) {
    struct yaml *old = yaml_get(base, "is");
    const struct yaml *new = yaml_get(more, "is"), *tighter = yaml_get(base, "tighter");
    struct value before, after;
    int order = 0;
    if (!compiler_keys(c, more, "a parameter in an overlay", "is row says") || !old || !new ||
        old->kind != YAML_SCALAR || new->kind != YAML_SCALAR)
        return;
    literal_guess(c, yaml_slice(old), &before);
    literal_guess(c, yaml_slice(new), &after);
    bool higher = yaml_is(tighter, "higher");
    if (!higher && !yaml_is(tighter, "lower"))
        complain(c, new, "V5", "the protocol does not say which way \"%s\" is tighter, so an overlay cannot set it",
                 name);
    else if (!value_compare(&after, &before, &order))
        complain(c, new, "V5", "\"%s\" cannot be compared with the protocol's own value", name);
    else if (higher ? order < 0 : order > 0)
        complain(c, new, "V5", "\"%s\" would be looser than the protocol's own value", name);
    else
        *old = *new;
}

static const struct {
    const char *section, *key;
    tighten_fn *tighten;
} rules[] = {
    {"items", "title", rename_it},
    {"reviews", "title", rename_it},
    {"forms", "title", rename_it},
    {"gates", "title", rename_it},
    {"items", "due", shorten},
    {"items", "attend", add_words},
    {"items", "may_attend", add_words},
    {"items", "asks", add_words},
    {"items", "must_have", add_words},
    {"items", "with", add_words},
    {"items", "decisions", add_names},
    {"items", "close_needs", both_conditions},
    {"reviews", "due", shorten},
    {"reviews", "asks", add_words},
    {"reviews", "with", add_words},
    {"reviews", "must_have", add_words},
    {"reviews", "close_needs", both_conditions},
    {"forms", "fields", merge_fields},
    {"field", "optional", require},
    {"gates", "needs", add_names},
    {"gates", "watches", add_words},
    {"rules", "do", add_actions},
    {"escalations", "do", add_actions},
    {"escalations", "ladder", merge_ladder},
    {"step", "tell", add_words},
    {"step", "answer_within", shorten},
};

// Keys that may be new where the protocol has none: they ask for more.
static bool may_add(const char *section, const char *key) {
    if (strcmp(section, "items") == 0 || strcmp(section, "reviews") == 0)
        return compiler_has_word("attend may_attend asks must_have with decisions close_needs lead evidence",
                                 slice_text(key));
    return strcmp(section, "gates") == 0 ? strcmp(key, "watches") == 0
                                         : strcmp(section, "escalations") == 0 && strcmp(key, "do") == 0;
}

static void tighten_map(struct compiler *c, struct yaml *base, const struct yaml *more, const char *name,
                        const char *section) {
    if (more->kind != YAML_MAP || base->kind != YAML_MAP) {
        complain(c, more, "V5", "\"%s\" is there already; an overlay writes a map of what it adds or tightens", name);
        return;
    }
    for (uint32_t i = 0; i < more->count; i++) {
        const struct yaml_pair *pair = &more->pairs[i];
        struct yaml *old = yaml_get(base, pair->key->text);
        tighten_fn *tighten = NULL;
        for (size_t r = 0; r < sizeof rules / sizeof rules[0]; r++) {
            if (strcmp(rules[r].section, section) == 0 && strcmp(rules[r].key, pair->key->text) == 0)
                tighten = rules[r].tighten;
        }
        if (old && tighten)
            tighten(c, old, pair, name);
        else if (!old && may_add(section, pair->key->text))
            append_pair(c, base, pair);
        else
            loosens(c, pair->key, name,
                    old ? "stays as the protocol has it" : "is not something an overlay can add there");
    }
}

// ---- sections ------------------------------------------------------------------------------------------------------------

static void merge_section(struct compiler *c, struct yaml *root, const struct yaml_pair *section) {
    static const char *const fixed[] = {"confirm", "measures", "dashboards", "patterns", "fields", "roles", "reports"};
    const char *word = section->key->text;
    struct yaml *base = yaml_get(root, word);
    if (section->value->kind != YAML_MAP) {
        complain(c, section->value, "type", "%s: is a map of names", word);
        return;
    }
    if (!base) {
        append_pair(c, root, section);
        return;
    }
    for (uint32_t i = 0; base->kind == YAML_MAP && i < section->value->count; i++) {
        const struct yaml_pair *pair = &section->value->pairs[i];
        struct yaml *old = yaml_get(base, pair->key->text);
        bool stays = false;
        for (size_t f = 0; f < sizeof fixed / sizeof fixed[0]; f++)
            stays |= strcmp(word, fixed[f]) == 0;
        if (!old)
            append_pair(c, base, pair);
        else if (stays)
            loosens(c, pair->key, word, "stays as the protocol has it");
        else if (strcmp(word, "lists") == 0)
            add_words(c, old, pair, word);
        else if (strcmp(word, "parameters") == 0)
            set_parameter(c, old, pair->value, pair->key->text);
        else
            tighten_map(c, old, pair->value, pair->key->text, word);
    }
}

// also: of the overlay, subject by subject into that of the protocol.
static void merge_halves(struct compiler *c, struct yaml *root, const struct yaml_pair *also) {
    struct yaml *base = yaml_get(root, "also");
    if (also->value->kind != YAML_MAP || !base || base->kind != YAML_MAP) {
        complain(c, also->key, "name",
                 "also: adapts what the protocol says of other subjects; it says nothing of them");
        return;
    }
    for (uint32_t i = 0; i < also->value->count; i++) {
        const struct yaml_pair *half = &also->value->pairs[i];
        struct yaml *old = yaml_get(base, half->key->text);
        if (!old || old->kind != YAML_MAP || half->value->kind != YAML_MAP) {
            complain(c, half->key, "name", "the protocol says nothing of a %s", half->key->text);
            continue;
        }
        for (uint32_t s = 0; s < half->value->count; s++)
            merge_section(c, old, &half->value->pairs[s]);
    }
}

static int32_t protocol_of(struct compiler *c, const struct yaml *of) {
    struct guess g;
    guess_start(&g, yaml_slice(of));
    for (size_t i = 0; i < c->d->source_count; i++) {
        const struct source_def *source = &c->d->sources[i];
        if (source->dictionary || source->overlay)
            continue;
        if (yaml_is(of, source->name))
            return (int32_t)i;
        guess_offer(&g, source->name);
    }
    complain(c, of, "name", "protocol \"%s\" is not among those loaded%s", of->text, guess_text(&g));
    return NONE;
}

int32_t overlay_merge(struct compiler *c, const struct yaml *overlay) {
    const struct yaml *of = compiler_word(c, overlay, "of");
    (void)compiler_keys(c, overlay, "an overlay", overlay_keys);
    if (!of) {
        complain(c, overlay, "key", "an overlay says which protocol it adapts: of");
        return NONE;
    }
    int32_t index = protocol_of(c, of);
    struct yaml *root = index >= 0 ? c->units[index].root : NULL;
    for (uint32_t i = 0; root && i < overlay->count; i++) {
        if (!compiler_has_word("overlay version of title", yaml_slice(overlay->pairs[i].key)) &&
            compiler_has_word(overlay_keys, yaml_slice(overlay->pairs[i].key))) {
            if (yaml_is(overlay->pairs[i].key, "also"))
                merge_halves(c, root, &overlay->pairs[i]);
            else
                merge_section(c, root, &overlay->pairs[i]);
        }
    }
    return index;
}
