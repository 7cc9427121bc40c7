// SPDX-License-Identifier: Apache-2.0
// The scenario language: every key and what may stand under it, in one table, and the one function that compares a file
// with it. docs/schema/scenario.schema.json says the same for editors.
#include "cli/scenario.h"
#include "cli/when.h"

#include <string.h>

static const struct shape text = {.kind = SHAPE_TEXT};
static const struct shape texts = {.kind = SHAPE_TEXT, .flags = SHAPE_OR_LIST};
static const struct shape moment = {.kind = SHAPE_TIME};
static const struct shape yes = {.kind = SHAPE_YES};
static const struct shape number = {.kind = SHAPE_NUMBER};
static const struct shape any = {.kind = SHAPE_ANY};
static const struct shape named_texts = {.kind = SHAPE_NAMED, .each = &texts};
static const struct shape named_any = {.kind = SHAPE_NAMED, .each = &any};
static const struct shape named_text = {.kind = SHAPE_NAMED, .each = &text};

// ---- header -------------------------------------------------------------------------------------------------------

static const char *const store_words[] = {"memory", "sqlite", NULL};
static const struct shape store = {.kind = SHAPE_WORD, .words = store_words};

static const struct key post_keys[] = {
    {"role", &text, true},    {"from", &moment, false},  {"until", &moment, false},
    {"on call", &yes, false}, {"assigned", &yes, false}, {NULL, NULL, false},
};
static const struct shape posts = {.kind = SHAPE_MAP, .flags = SHAPE_OR_LIST | SHAPE_OR_TEXT, .keys = post_keys};
static const struct shape people = {.kind = SHAPE_NAMED, .each = &posts};
static const struct key fallback_keys[] = {{"person", &text, true}, {"role", &text, true}, {NULL, NULL, false}};
static const struct shape fallback = {.kind = SHAPE_MAP, .keys = fallback_keys};

static const struct key continues_keys[] = {{"file", &text, true}, {"until", &text, false}, {NULL, NULL, false}};
static const struct shape continues = {.kind = SHAPE_MAP, .keys = continues_keys};

static const struct key scenario_keys[] = {
    {"scenario", &text, true},
    {"says", &text, false},
    {"protocols", &texts, true},
    {"parameters", &named_text, false},
    {"zone", &text, true},
    {"start", &text, true},
    {"store", &store, false},
    {"fallback", &fallback, true},
    {"organizations", &named_text, true},
    {"people", &people, true},
    {"steps", &any, false}, // or cases
    {"cases", &any, false},
    {"fragments", &any, false},
    {"continues", &continues, false},
    {NULL, NULL, false},
};
const struct shape shape_scenario = {.kind = SHAPE_MAP, .keys = scenario_keys};

static const struct key case_keys[] = {
    {"case", &text, true},
    {"says", &text, false},
    {"until", &text, false},
    {"without", &texts, false},
    {"parameters", &named_text, false},
    {"store", &store, false},
    {"organizations", &named_text, false},
    {"people", &people, false},
    {"proves", &texts, false},
    {"steps", &any, true},
    {NULL, NULL, false},
};
const struct shape shape_case = {.kind = SHAPE_MAP, .keys = case_keys};

// ---- expectations -------------------------------------------------------------------------------------------------

static const char *const gate_words[] = {"open", "held", NULL};
static const struct shape gate_state = {.kind = SHAPE_WORD, .words = gate_words};
static const struct key need_keys[] = {
    {"row", &text, true}, {"reason", &texts, false}, {"who", &text, false}, {NULL, NULL, false}};
static const struct shape needs = {.kind = SHAPE_MAP, .flags = SHAPE_OR_LIST | SHAPE_OR_TEXT, .keys = need_keys};
static const struct key gate_keys[] = {
    {"name", &text, true}, {"is", &gate_state, true}, {"unmet", &needs, false}, {NULL, NULL, false}};
static const struct shape gates = {.kind = SHAPE_MAP, .flags = SHAPE_OR_LIST, .keys = gate_keys};

static const struct key item_keys[] = {
    {"name", &text, false},    {"id", &text, false},      {"kind", &text, false},    {"title", &text, false},
    {"state", &text, false},   {"owner", &text, false},   {"role", &text, false},    {"organization", &text, false},
    {"about", &text, false},   {"due", &moment, false},   {"start", &moment, false}, {"end", &moment, false},
    {"accepted", &yes, false}, {"overdue", &yes, false},  {"late", &yes, false},     {"suspended", &yes, false},
    {"rows", &text, false},    {"count", &number, false}, {NULL, NULL, false},
};
static const struct shape items = {.kind = SHAPE_MAP, .flags = SHAPE_OR_LIST, .keys = item_keys};

static const struct key alert_keys[] = {
    {"name", &text, false},    {"to", &text, false},    {"role", &text, false},  {"organization", &text, false},
    {"state", &text, false},   {"about", &text, false}, {"due", &moment, false}, {"step", &number, false},
    {"count", &number, false}, {NULL, NULL, false},
};
static const struct shape alerts = {.kind = SHAPE_MAP, .flags = SHAPE_OR_LIST, .keys = alert_keys};

static const char *const answered_words[] = {"confirmed", "unconfirmed", "not yet due", "not applicable", NULL};
static const struct shape answered = {.kind = SHAPE_WORD, .words = answered_words};
static const struct key confirmation_keys[] = {
    {"answered", &answered, true}, {"value", &text, false},    {"label", &text, false},
    {"records", &number, false},   {"lacking", &texts, false}, {NULL, NULL, false},
};
static const struct shape confirmation = {.kind = SHAPE_MAP, .flags = SHAPE_OR_TEXT, .keys = confirmation_keys};
static const struct shape confirmations = {.kind = SHAPE_NAMED, .each = &confirmation};

static const struct shape measures = {.kind = SHAPE_NAMED, .each = &text};

static const struct key board_keys[] = {
    {"action", &text, false},       {"kind", &text, false},
    {"state", &text, false},        {"owner", &text, false},
    {"role", &text, false},         {"due", &moment, false},
    {"overdue", &yes, false},       {"unowned", &yes, false},
    {"accepted", &yes, false},      {"held by", &text, false},
    {"done when", &text, false},    {"escalates", &moment, false},
    {"escalates to", &text, false}, {"rows", &text, false},
    {"attention", &text, false},    {"waiting", &yes, false},
    {"suspended", &yes, false},     {"subject", &text, false},
    {"protocol", &text, false},     {"organization", &text, false},
    {"count", &number, false},      {NULL, NULL, false},
};
static const struct shape board = {.kind = SHAPE_MAP, .flags = SHAPE_OR_LIST, .keys = board_keys};

static const struct key number_keys[] = {{"cell", &text, false},  {"group", &text, false},   {"number", &number, false},
                                         {"hidden", &yes, false}, {"count", &number, false}, {NULL, NULL, false}};
static const struct shape numbers = {.kind = SHAPE_MAP, .flags = SHAPE_OR_LIST, .keys = number_keys};
static const struct key dashboard_keys[] = {{"name", &text, true},
                                            {"purpose", &text, false},
                                            {"cells", &numbers, false},
                                            {"denied", &yes, false},
                                            {NULL, NULL, false}};
static const struct shape dashboards = {.kind = SHAPE_MAP, .flags = SHAPE_OR_LIST, .keys = dashboard_keys};

static const struct key entry_keys[] = {
    {"form", &text, false},         {"id", &text, false},          {"about", &text, false},
    {"author", &text, false},       {"role", &text, false},        {"retracted", &yes, false},
    {"occurred", &moment, false},   {"facts", &named_text, false}, {"interpretations", &named_text, false},
    {"fields", &named_text, false}, {"count", &number, false},     {NULL, NULL, false},
};
static const struct shape entries = {.kind = SHAPE_MAP, .flags = SHAPE_OR_LIST, .keys = entry_keys};

static const struct key event_keys[] = {
    {"event", &text, true},    {"name", &text, false}, {"text", &text, false},
    {"count", &number, false}, {NULL, NULL, false},
};
static const struct shape events = {.kind = SHAPE_MAP, .flags = SHAPE_OR_LIST | SHAPE_OR_TEXT, .keys = event_keys};

static const struct key message_keys[] = {
    {"to", &text, false},      {"role", &text, false}, {"organization", &text, false},
    {"subject", &text, false}, {"text", &text, false}, {"count", &number, false},
    {NULL, NULL, false},
};
static const struct shape messages = {.kind = SHAPE_MAP, .flags = SHAPE_OR_LIST, .keys = message_keys};

static const struct key pathway_keys[] = {
    {"closed", &yes, false},      {"stage", &text, false},   {"protocol", &text, false}, {"subject", &text, false},
    {"next due", &moment, false}, {"version", &text, false}, {NULL, NULL, false},
};
static const struct shape pathway = {.kind = SHAPE_MAP, .keys = pathway_keys};

static const char *const chain_words[] = {"intact", NULL};
static const struct shape chains = {.kind = SHAPE_WORD, .words = chain_words};

static const struct key boards_keys[] = {
    {"seen by", &text, false},    {"person", &text, false}, {"role", &text, false},    {"organization", &text, false},
    {"overdue", &yes, false},     {"unowned", &yes, false}, {"blocked", &yes, false},  {"waiting", &yes, false},
    {"due within", &text, false}, {"shows", &board, false}, {"count", &number, false}, {NULL, NULL, false},
};
static const struct shape boards = {.kind = SHAPE_MAP, .flags = SHAPE_OR_LIST, .keys = boards_keys};

static const struct key held_keys[] = {
    {"name", &text, true},   {"from", &moment, false},  {"until", &moment, false},
    {"covered", &yes, true}, {"count", &number, false}, {NULL, NULL, false},
};
static const struct shape held = {.kind = SHAPE_MAP, .flags = SHAPE_OR_LIST, .keys = held_keys};

static const char *const fate_words[] = {"protocol", "refused", "left", "kept", "moved", "dropped", "new", NULL};
static const struct shape fate = {.kind = SHAPE_WORD, .words = fate_words};
static const struct key migration_keys[] = {
    {"fate", &fate, true},  {"what", &text, false},    {"why", &text, false}, {"from", &moment, false},
    {"to", &moment, false}, {"count", &number, false}, {NULL, NULL, false},
};
static const struct shape migration = {.kind = SHAPE_MAP, .flags = SHAPE_OR_LIST, .keys = migration_keys};

static const struct shape expect; // what somebody sees is expected like the rest
static const struct shape seen = {.kind = SHAPE_NAMED, .each = &expect};

static const struct key expect_keys[] = {
    {"gate", &gates, false},           {"items", &items, false},
    {"alerts", &alerts, false},        {"confirmations", &confirmations, false},
    {"board", &board, false},          {"entries", &entries, false},
    {"dashboard", &dashboards, false}, {"events", &events, false},
    {"messages", &messages, false},    {"pathway", &pathway, false},
    {"sees", &texts, false},           {"cannot see", &texts, false},
    {"chains", &chains, false},        {"boards", &boards, false},
    {"seen by", &seen, false},         {"nowhere", &texts, false},
    {"measures", &measures, false},    {"responsibility", &held, false},
    {"migration", &migration, false},  {NULL, NULL, false},
};
static const struct shape expect = {.kind = SHAPE_MAP, .keys = expect_keys};

// ---- steps --------------------------------------------------------------------------------------------------------

static const struct key refused_keys[] = {
    {"status", &text, true}, {"unmet", &needs, false}, {"says", &texts, false}, {NULL, NULL, false}};
static const struct shape refused = {.kind = SHAPE_MAP, .flags = SHAPE_OR_TEXT, .keys = refused_keys};
static const struct shape save = {.kind = SHAPE_NAMED, .flags = SHAPE_OR_TEXT, .each = &text};

static const struct key step_keys[] = {
    {"label", &text, false},      {"at", &text, false},         {"as", &text, false},
    {"tell", &text, false},       {"open", &text, false},       {"submit", &text, false},
    {"amend", &text, false},      {"retract", &text, false},    {"add", &text, false},
    {"do", &text, false},         {"deliver", &yes, false},     {"with", &named_texts, false},
    {"occurred", &moment, false}, {"pathway", &text, false},    {"command id", &text, false},
    {"save", &save, false},       {"refused", &refused, false}, {"show", &texts, false},
    {"expect", &expect, false},   {"proves", &texts, false},    {"load", &texts, false},
    {"for", &text, false},        {NULL, NULL, false},
};
const struct shape shape_step = {.kind = SHAPE_MAP, .keys = step_keys};

static const struct key use_keys[] = {
    {"use", &text, true},      {"with", &named_any, false}, {"label", &text, false},
    {"at", &text, false},      {"as", &text, false},        {"tell", &text, false},
    {"pathway", &text, false}, {"proves", &texts, false},   {NULL, NULL, false},
};
const struct shape shape_use = {.kind = SHAPE_MAP, .keys = use_keys};

// ---- comparing ----------------------------------------------------------------------------------------------------

static const char *const kind_names[] = {
    [SHAPE_TEXT] = "text",
    [SHAPE_WORD] = "a word",
    [SHAPE_TIME] = "a time",
    [SHAPE_YES] = "yes or no",
    [SHAPE_NUMBER] = "a number",
    [SHAPE_MAP] = "a map (key: value)",
    [SHAPE_NAMED] = "a map (name: value)",
    [SHAPE_ANY] = "anything",
};
static const char *const node_names[] = {[NODE_TEXT] = "text", [NODE_LIST] = "a list", [NODE_MAP] = "a map"};

// How many letters must change, at most `limit`.
static size_t distance(const char *a, const char *b, size_t limit) {
    size_t size_a = strlen(a), size_b = strlen(b), row[64];
    if (size_b >= 63 || size_a >= 63)
        return limit;
    for (size_t j = 0; j <= size_b; j++)
        row[j] = j;
    for (size_t i = 1; i <= size_a; i++) {
        size_t corner = row[0];
        row[0] = i;
        for (size_t j = 1; j <= size_b; j++) {
            size_t change = corner + (a[i - 1] != b[j - 1]), shorter = row[j] < row[j - 1] ? row[j] : row[j - 1];
            corner = row[j];
            row[j] = change < shorter + 1 ? change : shorter + 1;
        }
    }
    return row[size_b] < limit ? row[size_b] : limit;
}

static void unknown_key(const struct shape_context *context, const struct node *key, const struct key *keys) {
    enum { NEAR = 3 };
    const char *nearest = NULL, *all = "";
    size_t best = NEAR;
    for (const struct key *known = keys; known->name; known++) {
        size_t found = distance(key->text, known->name, NEAR);
        if (found < best) {
            best = found;
            nearest = known->name;
        }
        all = pool_print(context->diagnostics->pool, "%s%s%s", all, *all ? ", " : "", known->name);
    }
    if (nearest)
        diagnose(context->diagnostics, key, "unknown key '%s'; did you mean '%s'?", key->text, nearest);
    else
        diagnose(context->diagnostics, key, "unknown key '%s'; known here: %s", key->text, all);
}

static void check_map(const struct shape_context *context, const struct node *node, const struct shape *shape) {
    for (size_t i = 0; i < node->count; i++) {
        const struct key *known = shape->keys;
        while (known->name && strcmp(known->name, node->keys[i]->text) != 0)
            known++;
        if (known->name)
            shape_check(context, node->items[i], known->shape);
        else
            unknown_key(context, node->keys[i], shape->keys);
    }
    for (const struct key *known = shape->keys; known->name; known++) {
        if (known->required && !tree_get(node, known->name))
            diagnose(context->diagnostics, node, "'%s' is missing", known->name);
    }
}

static void check_word(const struct shape_context *context, const struct node *node, const struct shape *shape) {
    const char *all = "";
    for (size_t i = 0; shape->words[i]; i++) {
        if (strcmp(shape->words[i], node->text) == 0)
            return;
        all = pool_print(context->diagnostics->pool, "%s%s%s", all, *all ? ", " : "", shape->words[i]);
    }
    diagnose(context->diagnostics, node, "'%s' is not one of: %s", node->text, all);
}

static void check_text(const struct shape_context *context, const struct node *node, const struct shape *shape) {
    struct diagnostics *diagnostics = context->diagnostics;
    stepdown_time time;
    if (!*node->text && !node->quoted)
        diagnose(diagnostics, node, "a value is missing");
    else if (shape->kind == SHAPE_WORD)
        check_word(context, node, shape);
    else if (shape->kind == SHAPE_YES && strcmp(node->text, "yes") != 0 && strcmp(node->text, "no") != 0 &&
             strcmp(node->text, "true") != 0 && strcmp(node->text, "false") != 0)
        diagnose(diagnostics, node, "'%s' is neither yes nor no", node->text);
    else if (shape->kind == SHAPE_NUMBER && strspn(node->text, "0123456789") != strlen(node->text))
        diagnose(diagnostics, node, "'%s' is not a number", node->text);
    else if (shape->kind == SHAPE_TIME) {
        const char *wrong = when_read(node->text, context->zone, context->reference, &time);
        if (wrong)
            diagnose(diagnostics, node, "'%s' %s", node->text, wrong);
    }
}

void shape_check(const struct shape_context *context, const struct node *node, const struct shape *shape) {
    bool is_map = shape->kind == SHAPE_MAP || shape->kind == SHAPE_NAMED;
    if (shape->kind == SHAPE_ANY)
        return;
    if (node->kind == NODE_LIST && (shape->flags & SHAPE_OR_LIST)) {
        struct shape single = *shape;
        single.flags &= ~(unsigned)SHAPE_OR_LIST;
        for (size_t i = 0; i < node->count; i++)
            shape_check(context, node->items[i], &single);
    } else if (node->kind == NODE_TEXT && is_map && (shape->flags & SHAPE_OR_TEXT)) {
        check_text(context, node, &text);
    } else if (node->kind != (is_map ? NODE_MAP : NODE_TEXT)) {
        diagnose(context->diagnostics, node, "%s%s is expected here, not %s", kind_names[shape->kind],
                 shape->flags & SHAPE_OR_LIST ? " or a list" : "", node_names[node->kind]);
    } else if (shape->kind == SHAPE_MAP) {
        check_map(context, node, shape);
    } else if (shape->kind == SHAPE_NAMED) {
        for (size_t i = 0; i < node->count; i++)
            shape_check(context, node->items[i], shape->each);
    } else {
        check_text(context, node, shape);
    }
}
