// SPDX-License-Identifier: Apache-2.0
// First pass over a file: header, and the name of everything, so that order within a file does not matter. Roles,
// lists, calendar rules and parameters are complete after it. May call: compiler ground, literals.
#include "protocol/compiler.h"

#include <stdio.h>
#include <string.h>

static const char protocol_keys[] =
    "protocol version title uses subject protects escalate transition roles lists fields calendar "
    "parameters reports items forms rules gates escalations patterns reviews confirm "
    "measures dashboards also";
// What a file may say of each of its subjects.
static const char half_keys[] = "escalate items forms rules gates escalations patterns reviews confirm measures "
                                "dashboards";
static const char dictionary_keys[] = "dictionary version title uses organizations roles lists fields calendar "
                                      "parameters reports items forms escalations";

// ---- names -------------------------------------------------------------------------------------------------------------

static bool well_formed(const struct yaml *key, bool spaces) {
    bool good = key->size > 0 && key->size <= 64;
    for (size_t i = 0; good && i < key->size; i++) {
        char ch = key->text[i];
        good = (ch >= 'a' && ch <= 'z') || (ch >= 'A' && ch <= 'Z') || (ch >= '0' && ch <= '9') || ch == '_' ||
               ch == '-' || (spaces && ch == ' ');
    }
    return good;
}

// Where a half has the name, NULL: nowhere.
static const struct yaml *half_name(const struct yaml *half, const char *name) {
    for (uint32_t s = 0; half && half->kind == YAML_MAP && s < half->count; s++) {
        const struct yaml *map = half->pairs[s].value;
        if (!compiler_has_word(half_keys, yaml_slice(half->pairs[s].key)) || map->kind != YAML_MAP)
            continue;
        for (uint32_t i = 0; i < map->count; i++) {
            const struct yaml *needs = yaml_get(map->pairs[i].value, "needs");
            if (yaml_is(map->pairs[i].key, name))
                return map->pairs[i].key;
            for (uint32_t n = 0; needs && needs->kind == YAML_MAP && n < needs->count; n++) {
                if (yaml_is(needs->pairs[n].key, name))
                    return needs->pairs[n].key;
            }
        }
    }
    return NULL;
}

// Halves are compiled apart, and yet one name means one thing in all of a file. The later one is the mistake.
static bool named_in_another_half(struct compiler *c, const struct yaml *key) {
    const struct unit *unit = &c->units[c->unit];
    const struct yaml *also = yaml_get(unit->root, "also");
    for (uint32_t i = 0; also && also->kind == YAML_MAP && i <= also->count; i++) {
        const struct yaml *half = i < also->count ? also->pairs[i].value : unit->root;
        const struct yaml *other = half == unit->half ? NULL : half_name(half, key->text);
        if (!other || other == key || other->line > key->line)
            continue;
        complain(c, key, "name", "\"%s\" is a name already (line %u, of another subject); one name means one thing",
                 key->text, (unsigned)other->line);
        return true;
    }
    return false;
}

// One name, one thing, within a file and its dictionaries.
static bool claim(struct compiler *c, const struct yaml *key, enum table table) {
    static const enum table tables[] = {TABLE_ROLES, TABLE_PARAMETERS, TABLE_LISTS,    TABLE_CALENDARS,
                                        TABLE_FORMS, TABLE_ITEMS,      TABLE_RULES,    TABLE_GATES,
                                        TABLE_NEEDS, TABLE_CONFIRMS,   TABLE_MEASURES, TABLE_DASHBOARDS};
    if (!well_formed(key, table == TABLE_CALENDARS)) {
        complain(c, key, "name", "a name has letters, digits, - and _, at most 64 of them");
        return false;
    }
    if (compiler_has_word("this trigger pathway now item none", yaml_slice(key))) {
        complain(c, key, "name", "\"%s\" has a meaning of its own and cannot be a name", key->text);
        return false;
    }
    if (compiler_count(c, table) >= NAMES_MAX) {
        complain(c, key, "name", "more than %d of one sort", NAMES_MAX);
        return false;
    }
    for (size_t i = 0; i < sizeof tables / sizeof tables[0]; i++) {
        int32_t found = compiler_find(c, tables[i], yaml_slice(key));
        if (found < 0)
            continue;
        const struct def *def = compiler_def_at(c, tables[i], (size_t)found);
        complain(c, key, "name", "\"%s\" is a name already (%s, %s, line %u); one name means one thing", key->text,
                 compiler_table_word(tables[i]), c->d->sources[def->source].name, (unsigned)def->line);
        return false;
    }
    return !named_in_another_half(c, key);
}

static const struct yaml *section(struct compiler *c, const char *key, bool shared) {
    const struct unit *unit = &c->units[c->unit];
    const struct yaml *map = yaml_get(shared ? unit->root : unit->half, key);
    if (map && map->kind != YAML_MAP) {
        complain(c, map, "type", "%s: is a map of names", key);
        return NULL;
    }
    return map;
}

// ---- roles, lists, calendar, parameters ----------------------------------------------------------------------------------

// A protocol that names a shared role says which requirement row it fills there.
static void add_row(struct compiler *c, struct role_def *role, const struct def *more) {
    if (more->row[0] == 0)
        return;
    const char *both =
        role->def.row[0] == 0 ? more->row : arena_format(&c->d->arena, "%s %s", role->def.row, more->row);
    c->nomem |= both == NULL;
    if (both)
        role->def.row = both;
}

static void check_org(struct compiler *c, const struct yaml *at) {
    bool known = false;
    struct guess g;
    guess_start(&g, yaml_slice(at));
    for (size_t i = 0; i < c->d->source_count; i++) {
        const struct yaml *orgs = yaml_get(c->units[i].root, "organizations");
        for (uint32_t o = 0; orgs && orgs->kind == YAML_MAP && o < orgs->count && compiler_sees(c, (uint16_t)i); o++) {
            known |= strcmp(orgs->pairs[o].key->text, at->text) == 0;
            guess_offer(&g, orgs->pairs[o].key->text);
        }
    }
    if (!known)
        complain(c, at, "role", "there is no kind of organization \"%s\"%s", at->text, guess_text(&g));
}

// One kind of organization, or several that may hold the role.
static const char *org_kinds(struct compiler *c, struct yaml *org) {
    struct yaml **words;
    const char *kinds = "";
    size_t count = compiler_words(c, org, "org", &words);
    for (size_t i = 0; i < count && kinds; i++) {
        check_org(c, words[i]);
        kinds = arena_format(&c->d->arena, "%s%s%s", kinds, i > 0 ? " " : "", words[i]->text);
        c->nomem |= kinds == NULL;
    }
    return kinds ? kinds : "";
}

// People hold a role by its plain name, so two protocols of a set cannot mean two kinds of organization by it.
static void check_same_role(struct compiler *c, const struct yaml *key, const char *org) {
    for (size_t i = 0; i < c->d->role_count; i++) {
        const struct role_def *other = &c->d->roles[i];
        if (strcmp(other->def.name, key->text) == 0 && strcmp(other->org_kind, org) != 0)
            complain(c, key, "role", "the role \"%s\" belongs to a %s in %s", key->text, other->org_kind,
                     c->d->sources[other->def.source].name);
    }
}

static void declare_role(struct compiler *c, struct yaml *key, struct yaml *body) {
    struct role_def role = {.if_empty = NONE, .named_in = NONE, .org_kind = ""};
    if (!compiler_keys(c, body, "a role", "row says org if_empty last informed"))
        return;
    role.def = compiler_def(c, key, body);
    int32_t shared = compiler_find(c, TABLE_ROLES, yaml_slice(key));
    struct yaml *org = yaml_get(body, "org");
    if (shared >= 0 && c->d->roles[shared].def.source != c->unit && !org) {
        add_row(c, &c->d->roles[shared], &role.def);
        return;
    }
    if (!claim(c, key, TABLE_ROLES))
        return;
    if (org) {
        role.org_kind = org_kinds(c, org);
        check_same_role(c, key, role.org_kind);
    } else {
        complain(c, key, "role", "no dictionary defines the role \"%s\"; say its org", key->text);
    }
    role.last = compiler_flag(c, body, "last");
    role.informed = compiler_flag(c, body, "informed");
    compiler_origin(c, TABLE_ROLES, compiler_push(c, TABLE_ROLES, &role), key, body, NONE);
}

// A list whose words stand within one another: a map of wider words, each with its own list or map of narrower ones.
struct nesting {
    const char **words;
    uint16_t *within;
    size_t count, cap;
};

static size_t words_in(const struct yaml *node) {
    size_t count = node->kind == YAML_SCALAR ? 1 : node->kind == YAML_LIST ? node->count : 0;
    for (uint32_t i = 0; node->kind == YAML_MAP && i < node->count; i++)
        count += 1 + words_in(node->pairs[i].value);
    return count;
}

static void nest_word(struct compiler *c, struct nesting *n, const struct yaml *word, uint16_t within) {
    for (size_t i = 0; i < n->count; i++) {
        if (slice_is(yaml_slice(word), n->words[i]))
            complain(c, word, "name", "\"%s\" stands in this list twice", word->text);
    }
    if (n->count >= n->cap || n->count >= UINT16_MAX - 1)
        return;
    n->within[n->count] = within;
    n->words[n->count++] = compiler_text(c, yaml_slice(word));
}

static void nest(struct compiler *c, struct nesting *n, struct yaml *node, uint16_t within) {
    struct yaml **words;
    size_t count = node->kind == YAML_MAP ? 0 : compiler_words(c, node, "a word of a list", &words);
    for (size_t i = 0; i < count; i++)
        nest_word(c, n, words[i], within);
    for (uint32_t i = 0; node->kind == YAML_MAP && i < node->count; i++) {
        nest_word(c, n, node->pairs[i].key, within);
        nest(c, n, node->pairs[i].value, (uint16_t)n->count);
    }
}

static void declare_nested(struct compiler *c, struct list_def *list, struct yaml *body) {
    struct nesting n = {.cap = words_in(body)};
    n.words = compiler_keep(c, n.cap * sizeof(const char *));
    n.within = compiler_keep(c, n.cap * sizeof *n.within);
    if (!n.words || !n.within)
        return;
    nest(c, &n, body, 0);
    list->words = n.words;
    list->within = n.within;
    list->count = n.count;
}

static void declare_list(struct compiler *c, struct yaml *key, struct yaml *body) {
    struct yaml **words;
    struct list_def list = {.def = compiler_def(c, key, NULL)};
    if (!claim(c, key, TABLE_LISTS))
        return;
    if (body->kind == YAML_MAP) {
        declare_nested(c, &list, body);
        compiler_origin(c, TABLE_LISTS, compiler_push(c, TABLE_LISTS, &list), key, body, NONE);
        return;
    }
    size_t count = compiler_words(c, body, "a word of a list", &words);
    const char **kept = compiler_keep(c, count * sizeof(const char *));
    for (size_t i = 0; kept && i < count; i++)
        kept[i] = compiler_text(c, yaml_slice(words[i]));
    list.words = kept;
    list.count = kept ? count : 0;
    compiler_origin(c, TABLE_LISTS, compiler_push(c, TABLE_LISTS, &list), key, body, NONE);
}

static int64_t clock_key(struct compiler *c, const struct yaml *map, const char *key, int64_t fallback) {
    const struct yaml *at = compiler_word(c, map, key);
    int64_t clock = fallback;
    if (at && !time_parse_clock(yaml_slice(at), &clock))
        complain(c, at, "time", "%s is a time of day such as \"20:00\"", key);
    return clock;
}

static void declare_calendar(struct compiler *c, struct yaml *key, struct yaml *body) {
    static const char *const rules[] = {
        [CALENDAR_SAME_DAY] = "same-day",     [CALENDAR_NEXT_MORNING] = "next-morning",
        [CALENDAR_END_OF_DAY] = "end-of-day", [CALENDAR_END_OF_SHIFT] = "end-of-shift",
        [CALENDAR_DAY_OF] = "day-of",
    };
    struct calendar_def calendar = {.late_after = -1, .then_until = -1};
    if (!compiler_keys(c, body, "a calendar rule", "row rule until late_after then_until") ||
        !claim(c, key, TABLE_CALENDARS))
        return;
    calendar.def = compiler_def(c, key, body);
    const struct yaml *rule = compiler_word(c, body, "rule");
    bool known = false;
    for (size_t i = 0; rule && i < sizeof rules / sizeof rules[0]; i++) {
        if (yaml_is(rule, rules[i])) {
            calendar.rule = (uint8_t)i;
            known = true;
        }
    }
    if (!known)
        complain(c, rule ? rule : key, "time", "rule is one of: same-day next-morning end-of-day end-of-shift day-of");
    calendar.until = clock_key(c, body, "until", calendar.rule == CALENDAR_NEXT_MORNING ? 12 * TIME_HOUR : TIME_DAY);
    calendar.late_after = clock_key(c, body, "late_after", -1);
    calendar.then_until = clock_key(c, body, "then_until", -1);
    if ((calendar.late_after < 0) != (calendar.then_until < 0))
        complain(c, key, "time", "late_after and then_until belong together");
    compiler_origin(c, TABLE_CALENDARS, compiler_push(c, TABLE_CALENDARS, &calendar), key, body, NONE);
}

static void declare_parameter(struct compiler *c, struct yaml *key, struct yaml *body) {
    struct parameter_def parameter = {.part_name = NULL};
    if (!compiler_keys(c, body, "a parameter", "row says is of during tighter min max") ||
        !claim(c, key, TABLE_PARAMETERS))
        return;
    parameter.def = compiler_def(c, key, body);
    const struct yaml *is = compiler_word(c, body, "is"), *during = compiler_word(c, body, "during");
    const struct yaml *tighter = compiler_word(c, body, "tighter");
    parameter.tighter = (int8_t)(yaml_is(tighter, "higher") - yaml_is(tighter, "lower"));
    if (is)
        literal_guess(c, yaml_slice(is), &parameter.value);
    else
        complain(c, key, "key", "a parameter has a value: is");
    if (during) {
        parameter.part_name = "during";
        literal_guess(c, yaml_slice(during), &parameter.part);
        if (parameter.part.type != VALUE_DURATION)
            complain(c, during, "time", "during is a duration");
    }
    compiler_origin(c, TABLE_PARAMETERS, compiler_push(c, TABLE_PARAMETERS, &parameter), key, body, NONE);
}

// ---- the rest: names only ------------------------------------------------------------------------------------------------

static void declare_item(struct compiler *c, struct yaml *key, struct yaml *body) {
    struct item_def item = {.owner_role = NONE,
                            .owner_person = NONE,
                            .due = NONE,
                            .start = NONE,
                            .end = NONE,
                            .lead = NONE,
                            .escalation = NONE,
                            .about = NONE,
                            .applies = NONE,
                            .each = NONE,
                            .close_needs = NONE,
                            .send_needs = NONE,
                            .form = NONE,
                            .amount = NONE,
                            .chair = NONE,
                            .cadence = NONE,
                            .draw = {NONE, NONE, NONE, NONE, NONE},
                            .steps = NONE,
                            .dates = NONE,
                            .before = NONE,
                            .evidence = ""};
    if (!claim(c, key, TABLE_ITEMS))
        return;
    item.def = compiler_def(c, key, body);
    const struct yaml *kind = compiler_word(c, body, "kind");
    if (kind)
        item.kind = lifecycle_kind_find(yaml_slice(kind));
    item.many = compiler_flag(c, body, "many");
    compiler_origin(c, TABLE_ITEMS, compiler_push(c, TABLE_ITEMS, &item), key, body, NONE);
}

// reviews: are items of kind review unless they say improvement.
static void declare_review(struct compiler *c, struct yaml *key, struct yaml *body) {
    size_t before = c->d->item_count;
    declare_item(c, key, body);
    if (c->d->item_count > before && !yaml_get(body, "kind"))
        c->d->items[before].kind = KIND_REVIEW;
}

static void declare_form(struct compiler *c, struct yaml *key, struct yaml *body) {
    struct form_def form = {.family = FAMILY_FORM, .member = NONE, .amount = NONE, .by = NONE};
    if (!claim(c, key, TABLE_FORMS))
        return;
    form.def = compiler_def(c, key, body);
    const struct yaml *family = compiler_word(c, body, "records");
    if (family) {
        form.family = event_family_find(yaml_slice(family));
        const struct event_row *row = event_row(EVENT_CODE(form.family, 1));
        if (!row || row->class != EVENT_CLASS_ENTRY) {
            complain(c, family, "name",
                     "\"%s\" is no family of facts: document observation contact crisis_contact "
                     "capacity consent",
                     family->text);
            form.family = FAMILY_FORM;
        }
    }
    form.many = compiler_flag(c, body, "many") || form.family != FAMILY_FORM;
    compiler_origin(c, TABLE_FORMS, compiler_push(c, TABLE_FORMS, &form), key, body, NONE);
}

static bool speaks_of(const struct compiler *c, const char *subject) {
    const struct source_def *source = &c->d->sources[c->unit];
    return source->dictionary || (source->subject && strcmp(source->subject, subject) == 0) ||
           yaml_get(yaml_get(c->units[c->unit].root, "also"), subject);
}

// reports: are forms that nobody fills in: what one pathway tells another.
static void declare_report(struct compiler *c, struct yaml *key, struct yaml *body) {
    struct form_def form = {.family = FAMILY_REPORT, .member = NONE, .by = NONE, .many = true};
    const struct yaml *to = compiler_word(c, body, "to");
    if (!claim(c, key, TABLE_FORMS))
        return;
    form.def = compiler_def(c, key, body);
    for (size_t s = 0; to && s < SUBJECTS; s++) {
        if (yaml_is(to, protocol_subjects[s]))
            form.report_to = protocol_subjects[s];
    }
    if (!form.report_to) {
        complain(c, to ? to : key, to ? "name" : "key",
                 "a report says to: whose pathways receive it, a person, program, provider or region");
        form.report_to = c->subject;
    } else if (!speaks_of(c, form.report_to)) {
        complain(c, to, "unreachable", "this protocol says nothing of a %s that could receive it", form.report_to);
    }
    compiler_origin(c, TABLE_FORMS, compiler_push(c, TABLE_FORMS, &form), key, body, NONE);
}

static void declare_rule_of(struct compiler *c, struct yaml *key, struct yaml *body, uint8_t kind) {
    struct rule_def rule = {.kind = kind, .only_if = NONE, .pattern = NONE, .run = NONE};
    if (!claim(c, key, TABLE_RULES))
        return;
    rule.def = compiler_def(c, key, body);
    compiler_origin(c, TABLE_RULES, compiler_push(c, TABLE_RULES, &rule), key, body, NONE);
}

static void declare_rule(struct compiler *c, struct yaml *key, struct yaml *body) {
    declare_rule_of(c, key, body, RULE_PLAIN);
}

static void declare_escalation(struct compiler *c, struct yaml *key, struct yaml *body) {
    declare_rule_of(c, key, body, RULE_ESCALATION);
}

static void declare_pattern(struct compiler *c, struct yaml *key, struct yaml *body) {
    declare_rule_of(c, key, body, RULE_PATTERN);
}

static void declare_gate(struct compiler *c, struct yaml *key, struct yaml *body) {
    struct gate_def gate = {.item = NONE, .applies = NONE};
    if (!claim(c, key, TABLE_GATES))
        return;
    gate.def = compiler_def(c, key, body);
    gate.need_first = (uint32_t)c->d->need_count;
    int32_t index = (int32_t)c->d->gate_count;
    const struct yaml *needs = yaml_get(body, "needs");
    for (uint32_t i = 0; needs && needs->kind == YAML_MAP && i < needs->count; i++) {
        struct need_def need = {.node = NONE, .clearers = NONE};
        if (!claim(c, needs->pairs[i].key, TABLE_NEEDS))
            continue;
        need.def = compiler_def(c, needs->pairs[i].key, needs->pairs[i].value);
        compiler_origin(c, TABLE_NEEDS, compiler_push(c, TABLE_NEEDS, &need), needs->pairs[i].key,
                        needs->pairs[i].value, index);
    }
    gate.need_count = (uint32_t)c->d->need_count - gate.need_first;
    compiler_origin(c, TABLE_GATES, compiler_push(c, TABLE_GATES, &gate), key, body, NONE);
}

static void declare_confirm(struct compiler *c, struct yaml *key, struct yaml *body) {
    struct confirm_def confirm = {.each = NONE, .applies = NONE, .answered = NONE, .due = NONE, .value = NONE};
    if (!claim(c, key, TABLE_CONFIRMS))
        return;
    confirm.def = compiler_def(c, key, body);
    compiler_origin(c, TABLE_CONFIRMS, compiler_push(c, TABLE_CONFIRMS, &confirm), key, body, NONE);
}

static void declare_measure(struct compiler *c, struct yaml *key, struct yaml *body) {
    struct measure_def measure = {.term = NONE};
    if (!claim(c, key, TABLE_MEASURES))
        return;
    measure.def = compiler_def(c, key, body);
    compiler_origin(c, TABLE_MEASURES, compiler_push(c, TABLE_MEASURES, &measure), key, body, NONE);
}

static void declare_dashboard(struct compiler *c, struct yaml *key, struct yaml *body) {
    struct dashboard_def dashboard = {.roles = NONE, .small = NONE, .purpose = "", .org_kind = ""};
    if (!claim(c, key, TABLE_DASHBOARDS))
        return;
    dashboard.def = compiler_def(c, key, body);
    compiler_origin(c, TABLE_DASHBOARDS, compiler_push(c, TABLE_DASHBOARDS, &dashboard), key, body, NONE);
}

static const struct {
    const char *name;
    void (*declare)(struct compiler *c, struct yaml *key, struct yaml *body);
    bool any_body; // not only maps
    bool shared;   // by all halves: stands at the top
} sections[] = {
    {"roles", declare_role, false, true},
    {"lists", declare_list, true, true},
    {"calendar", declare_calendar, false, true},
    {"parameters", declare_parameter, false, true},
    {"reports", declare_report, false, true},
    {"items", declare_item, false, false},
    {"reviews", declare_review, false, false},
    {"forms", declare_form, false, false},
    {"rules", declare_rule, false, false},
    {"escalations", declare_escalation, true, false},
    {"patterns", declare_pattern, false, false},
    {"gates", declare_gate, false, false},
    {"measures", declare_measure, false, false},
    {"confirm", declare_confirm, false, false},
    {"dashboards", declare_dashboard, false, false},
};

// ---- header --------------------------------------------------------------------------------------------------------------

static void refuse_unsupported(struct compiler *c, const struct yaml *root) {
    static const char *const later[] = {"period", "participants", "privacy", "indicators", "events"};
    for (size_t i = 0; i < sizeof later / sizeof later[0]; i++) {
        for (uint32_t p = 0; p < root->count; p++) {
            if (yaml_is(root->pairs[p].key, later[i]))
                complain(c, root->pairs[p].key, "unsupported", "%s sections are not supported by this version",
                         later[i]);
        }
    }
}

static bool is_subject(const struct yaml *at) {
    bool known = false;
    for (size_t s = 0; s < SUBJECTS; s++)
        known |= yaml_is(at, protocol_subjects[s]);
    return known;
}

static void check_halves(struct compiler *c, const struct yaml *root) {
    const struct yaml *subject = yaml_get(root, "subject"), *also = yaml_get(root, "also");
    if (subject && !is_subject(subject))
        complain(c, subject, "name", "a protocol is about a person, program, provider or region");
    if (also && also->kind != YAML_MAP) {
        complain(c, also, "type", "also: is a map of subjects, and of each the sections that are about it");
        return;
    }
    for (uint32_t i = 0; also && i < also->count; i++) {
        const struct yaml *key = also->pairs[i].key;
        if (!is_subject(key))
            complain(c, key, "name", "also: is about a person, program, provider or region");
        else if (subject && yaml_is(key, subject->text))
            complain(c, key, "name", "what is about a %s stands at the top: subject says so", key->text);
        (void)compiler_keys(c, also->pairs[i].value, "what is about a subject", half_keys);
    }
}

static void check_header(struct compiler *c, const struct yaml *root) {
    const struct source_def *source = &c->d->sources[c->unit];
    char keys[512];
    (void)snprintf(keys, sizeof keys, "%s period participants privacy indicators events",
                   source->dictionary ? dictionary_keys : protocol_keys);
    refuse_unsupported(c, root);
    check_halves(c, root);
    (void)compiler_keys(c, root, source->dictionary ? "a dictionary" : "a protocol", keys);
    if (source->title[0] == 0)
        complain(c, root, "key", "a title is missing");
    if (!source->dictionary && !source->subject)
        complain(c, root, "key", "subject is missing: person, program, provider or region");
    if (!source->dictionary && source->purpose[0] == 0)
        complain(c, root, "key",
                 "protects is missing: two or three lines on what this protocol protects the person from");
}

void declare_unit(struct compiler *c) {
    const struct yaml *root = c->units[c->unit].root;
    check_header(c, root);
    for (size_t s = 0; s < sizeof sections / sizeof sections[0]; s++) {
        const struct yaml *map = section(c, sections[s].name, sections[s].shared);
        for (uint32_t i = 0; map && i < map->count; i++) {
            if (!sections[s].any_body && map->pairs[i].value->kind != YAML_MAP)
                complain(c, map->pairs[i].value, "type", "\"%s\" is written as a map", map->pairs[i].key->text);
            else
                sections[s].declare(c, map->pairs[i].key, map->pairs[i].value);
        }
    }
}
