// SPDX-License-Identifier: Apache-2.0
// From a tree to a scenario: times become moments, names become people, and what makes no sense becomes a diagnostic,
// all of them in one go.
#include "cli/scenario.h"
#include "cli/when.h"

#include <stdlib.h>
#include <string.h>

size_t node_count(const struct node *node) { return !node ? 0 : node->kind == NODE_LIST ? node->count : 1; }

const struct node *node_at(const struct node *node, size_t index) {
    return node->kind == NODE_LIST ? node->items[index] : node;
}

const struct post *scenario_post(const struct scenario *scenario, const char *text) {
    const struct post *found = NULL;
    for (size_t i = 0; i < scenario->post_count; i++) {
        const struct post *post = &scenario->posts[i];
        size_t name = strlen(post->person), role = strlen(post->role);
        bool by_name = strcmp(text, post->person) == 0;
        bool by_role = strncmp(text, post->person, name) == 0 && strncmp(text + name, " (", 2) == 0 &&
                       strncmp(text + name + 2, post->role, role) == 0 && strcmp(text + name + 2 + role, ")") == 0;
        bool by_post = strncmp(text, post->role, role) == 0 && text[role] == '@' &&
                       strcmp(text + role + 1, post->organization) == 0;
        if (by_role || (by_name && !found)) // of several roles the first is meant when none is named
            return post;
        if (by_post && !found)
            found = post;
    }
    return found;
}

// ---- header -------------------------------------------------------------------------------------------------------

static stepdown_time read_time(struct scenario *scenario, const struct node *node, stepdown_time reference) {
    stepdown_time time = STEPDOWN_TIME_NONE;
    const char *wrong = node->kind == NODE_TEXT ? when_read(node->text, scenario->zone, reference, &time) : NULL;
    if (wrong)
        diagnose(scenario->diagnostics, node, "'%s' %s", node->text, wrong);
    return time;
}

// "role@organization" of a known organization; false with a diagnostic.
static bool read_role(struct scenario *scenario, const struct node *node, const char **role,
                      const char **organization) {
    const char *at = strchr(node->text, '@');
    if (!at || at == node->text || !at[1]) {
        diagnose(scenario->diagnostics, node, "a role is written role@organization, not '%s'", node->text);
        return false;
    }
    *role = pool_copy(scenario->pool, node->text, (size_t)(at - node->text));
    *organization = at + 1;
    const struct node *organizations = tree_get(scenario->root, "organizations");
    if (organizations && !tree_get(organizations, *organization)) {
        diagnose(scenario->diagnostics, node, "'%s' is not among the organizations", *organization);
        return false;
    }
    return true;
}

static void read_post(struct scenario *scenario, const char *person, const struct node *node) {
    const struct node *role = node->kind == NODE_MAP ? tree_get(node, "role") : node;
    struct post post = {.node = node, .person = person, .from = STEPDOWN_TIME_NONE, .until = STEPDOWN_TIME_NONE};
    if (!role || role->kind != NODE_TEXT || !read_role(scenario, role, &post.role, &post.organization))
        return;
    const struct node *from = tree_get(node, "from"), *until = tree_get(node, "until");
    post.from = from ? read_time(scenario, from, scenario->start) : STEPDOWN_TIME_NONE;
    post.until = until ? read_time(scenario, until, scenario->start) : STEPDOWN_TIME_NONE;
    post.on_call = text_is_yes(tree_text(node, "on call", "no"));
    post.assigned = text_is_yes(tree_text(node, "assigned", "yes"));
    scenario->posts = pool_grow(scenario->pool, scenario->posts, scenario->post_count, sizeof post);
    scenario->posts[scenario->post_count++] = post;
}

static void read_people(struct scenario *scenario) {
    const struct node *people = tree_get(scenario->root, "people");
    const struct node *fallback = tree_get(tree_get(scenario->root, "fallback"), "role");
    const char *role, *organization;
    for (size_t i = 0; people && people->kind == NODE_MAP && i < people->count; i++) {
        for (size_t j = 0; j < node_count(people->items[i]); j++)
            read_post(scenario, people->keys[i]->text, node_at(people->items[i], j));
    }
    if (fallback && fallback->kind == NODE_TEXT)
        (void)read_role(scenario, fallback, &role, &organization);
}

// Zone and start. Where they are wrong the steps are still checked, on some other clock.
static void read_header(struct scenario *scenario) {
    const struct node *zone = tree_get(scenario->root, "zone"), *start = tree_get(scenario->root, "start");
    stepdown_time read = STEPDOWN_TIME_NONE;
    scenario->title = tree_text(scenario->root, "scenario", "");
    scenario->zone = "UTC";
    if (zone && zone->kind == NODE_TEXT && *zone->text && zone_exists(zone->text))
        scenario->zone = zone->text;
    else if (zone && zone->kind == NODE_TEXT)
        diagnose(scenario->diagnostics, zone, "there is no zone '%s'; write it as in America/New_York", zone->text);
    if (start)
        read = read_time(scenario, start, STEPDOWN_TIME_NONE);
    scenario->start = read == STEPDOWN_TIME_NONE ? 0 : read;
}

// ---- steps --------------------------------------------------------------------------------------------------------

// Names that earlier steps saved.
struct saved {
    struct pool *pool;
    const char **names;
    size_t count;
};

static bool saved_has(const struct saved *saved, const char *name, size_t size) {
    for (size_t i = 0; i < saved->count; i++) {
        if (strlen(saved->names[i]) == size && strncmp(saved->names[i], name, size) == 0)
            return true;
    }
    return false;
}

static void saved_add(struct saved *saved, const char *name) {
    saved->names = pool_grow(saved->pool, saved->names, saved->count, sizeof *saved->names);
    saved->names[saved->count++] = name;
}

// Every $name in the texts below `node` must have been saved.
static void check_references(struct scenario *scenario, const struct saved *saved, const struct node *node) {
    static const char name_characters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";
    for (const char *at = node->kind == NODE_TEXT ? strchr(node->text, '$') : NULL; at; at = strchr(at, '$')) {
        size_t size = strspn(++at, name_characters);
        if (*at == '$')
            at++;
        else if (!saved_has(saved, at, size))
            diagnose(scenario->diagnostics, node, "no earlier step saved '%.*s'", (int)size, at);
    }
    for (size_t i = 0; i < node->count; i++)
        check_references(scenario, saved, node->items[i]);
}

static void read_saves(struct scenario *scenario, struct saved *saved, const struct step *step) {
    const struct node *save = tree_get(step->node, "save");
    if (!save)
        return;
    if (!step->verb && !step->load)
        diagnose(scenario->diagnostics, save, "there is nothing to save: nobody does anything in this step");
    if (save->kind == NODE_TEXT)
        saved_add(saved, save->text);
    for (size_t i = 0; save->kind == NODE_MAP && i < save->count; i++)
        saved_add(saved, save->keys[i]->text);
}

// "do: refuse second_visit"
static void read_do(struct scenario *scenario, struct step *step, const struct node *node) {
    const char *space = strchr(node->text, ' ');
    if (!space || !space[1]) {
        diagnose(scenario->diagnostics, node, "'do' is a verb and what it is done to, as in: do: start huddle");
        return;
    }
    step->verb = pool_copy(scenario->pool, node->text, (size_t)(space - node->text));
    step->target = space + 1;
}

static void read_action(struct scenario *scenario, struct step *step) {
    static const char *const verbs[] = {"open", "submit", "amend", "retract", "add", "do", "deliver"};
    for (size_t i = 0; i < sizeof verbs / sizeof verbs[0]; i++) {
        const struct node *node = tree_get(step->node, verbs[i]);
        if (!node || node->kind != NODE_TEXT)
            continue;
        if (step->act)
            diagnose(scenario->diagnostics, node, "a step does one thing; '%s' is the second", verbs[i]);
        step->act = node;
        step->verb = verbs[i];
        step->target = node->text;
        step->outbox = strcmp(verbs[i], "deliver") == 0; // `do: deliver support` is a command
        if (strcmp(verbs[i], "do") == 0)
            read_do(scenario, step, node);
    }
}

// Protocols and overlays that come into force: the host does that, so nobody acts.
static void read_load(struct scenario *scenario, struct step *step) {
    static const char *const not_here[] = {"as", "occurred", "command id", "save"};
    const struct node *load = tree_get(step->node, "load"), *organization = tree_get(step->node, "for");
    const struct node *organizations = tree_get(scenario->root, "organizations");
    if (organization && !load)
        diagnose(scenario->diagnostics, organization, "'for' belongs to a step that loads protocols");
    if (organization && organizations && !tree_get(organizations, organization->text))
        diagnose(scenario->diagnostics, organization, "'%s' is not among the organizations", organization->text);
    if (!load)
        return;
    if (step->act)
        diagnose(scenario->diagnostics, load, "a step does one thing; 'load' is the second");
    step->act = step->load = load;
    for (size_t i = 0; i < sizeof not_here / sizeof not_here[0]; i++) {
        const struct node *node = tree_get(step->node, not_here[i]);
        if (node)
            diagnose(scenario->diagnostics, node, "'%s' does not belong to a step that loads protocols", not_here[i]);
    }
}

static void check_action(struct scenario *scenario, const struct step *step) {
    static const char *const needing[] = {"with", "occurred", "command id", "refused"};
    const struct node *as = tree_get(step->node, "as");
    if (step->act && !as && !step->load)
        diagnose(scenario->diagnostics, step->act, "nobody does this: 'as' is missing");
    if (!step->act && as && !tree_get(step->node, "tell"))
        diagnose(scenario->diagnostics, as, "this step does nothing");
    for (size_t i = 0; !step->act && i < sizeof needing / sizeof needing[0]; i++) {
        const struct node *node = tree_get(step->node, needing[i]);
        if (node)
            diagnose(scenario->diagnostics, node, "'%s' belongs to a step in which somebody does something",
                     needing[i]);
    }
}

static void check_post(struct scenario *scenario, const struct node *node) {
    if (node->kind == NODE_TEXT && !scenario_post(scenario, node->text))
        diagnose(scenario->diagnostics, node, "'%s' is not among the people", node->text);
}

static void check_status(struct scenario *scenario, const struct node *refused) {
    const struct node *status = refused && refused->kind == NODE_MAP ? tree_get(refused, "status") : refused;
    if (!status || status->kind != NODE_TEXT)
        return;
    for (stepdown_status code = 1; code < 100; code++) {
        if (strcmp(stepdown_status_name(code), status->text) == 0)
            return;
    }
    diagnose(scenario->diagnostics, status, "'%s' is no status; HELD, DENIED, WRONG_STATE and INVALID are",
             status->text);
}

static void check_show(struct scenario *scenario, const struct node *show) {
    static const char *const views[] = {"board", "validation", "verification", "entries", "pathway",
                                        "items", "records",    "measures",     NULL};
    for (size_t i = 0; i < node_count(show); i++) {
        const struct node *node = node_at(show, i);
        size_t known = 0;
        if (node->kind != NODE_TEXT || strncmp(node->text, "gate ", 5) == 0)
            continue;
        while (views[known] && strcmp(views[known], node->text) != 0)
            known++;
        if (!views[known])
            diagnose(scenario->diagnostics, node,
                     "'%s' cannot be shown; board, gate NAME, validation, measures, verification, entries, items, "
                     "records and pathway can",
                     node->text);
    }
}

// The step's moment, never before the one of the step before.
static stepdown_time read_at(struct scenario *scenario, const struct node *at, stepdown_time clock) {
    stepdown_time time = at ? read_time(scenario, at, clock) : clock;
    if (time == STEPDOWN_TIME_NONE || time >= clock)
        return time == STEPDOWN_TIME_NONE ? clock : time;
    diagnose(scenario->diagnostics, at, "time does not run backwards: the step before is later than '%s'", at->text);
    return clock;
}

// Everybody whom an expectation names.
static void check_people(struct scenario *scenario, const struct node *expect) {
    const struct node *sees = tree_get(expect, "sees"), *blind = tree_get(expect, "cannot see");
    const struct node *boards = tree_get(expect, "boards"), *seen = tree_get(expect, "seen by");
    for (size_t i = 0; i < node_count(sees); i++)
        check_post(scenario, node_at(sees, i));
    for (size_t i = 0; i < node_count(blind); i++)
        check_post(scenario, node_at(blind, i));
    for (size_t i = 0; i < node_count(boards); i++) {
        if (tree_get(node_at(boards, i), "seen by"))
            check_post(scenario, tree_get(node_at(boards, i), "seen by"));
    }
    for (size_t i = 0; seen && i < seen->count; i++) {
        check_post(scenario, seen->keys[i]);
        check_people(scenario, seen->items[i]);
    }
}

static void check_names(struct scenario *scenario, struct saved *saved, const struct step *step) {
    const struct node *node = step->node, *expect = tree_get(node, "expect"), *save = tree_get(node, "save");
    check_people(scenario, expect);
    for (size_t i = 0; i < node->count; i++) {
        if (node->items[i] != expect && node->items[i] != save && strcmp(node->keys[i]->text, "tell") != 0)
            check_references(scenario, saved, node->items[i]);
    }
    read_saves(scenario, saved, step);
    if (expect) // which may speak of what this step saves
        check_references(scenario, saved, expect);
}

static void check_proves(struct scenario *scenario, const struct node *node) {
    const struct node *proves = tree_get(node, "proves");
    if (proves && !tree_get(node, "expect") && !tree_get(node, "refused"))
        diagnose(scenario->diagnostics, proves, "nothing is proven: the step has neither 'expect' nor 'refused'");
}

static void read_step(struct scenario *scenario, struct saved *saved, struct step *step, stepdown_time *clock) {
    const struct node *node = step->node;
    const struct node *as = tree_get(node, "as"), *occurred = tree_get(node, "occurred");
    step->occurred = STEPDOWN_TIME_NONE;
    step->at = *clock = read_at(scenario, tree_get(node, "at"), *clock);
    struct shape_context context = {scenario->diagnostics, scenario->zone, step->at};
    shape_check(&context, node, &shape_step);
    if (node->kind != NODE_MAP)
        return;
    if (occurred && occurred->kind == NODE_TEXT)
        (void)when_read(occurred->text, scenario->zone, step->at, &step->occurred); // checked with the shape
    if (as)
        check_post(scenario, as);
    step->as = as && as->kind == NODE_TEXT ? scenario_post(scenario, as->text) : NULL;
    read_action(scenario, step);
    read_load(scenario, step);
    check_action(scenario, step);
    check_status(scenario, tree_get(node, "refused"));
    check_show(scenario, tree_get(node, "show"));
    check_names(scenario, saved, step);
    check_proves(scenario, node);
}

static void read_steps(struct scenario *scenario) {
    struct saved saved = {.pool = scenario->pool};
    stepdown_time clock = scenario->start;
    for (size_t i = 0; i < scenario->step_count; i++)
        read_step(scenario, &saved, &scenario->steps[i], &clock);
}

// ---- the file -----------------------------------------------------------------------------------------------------

static void read_scenario(struct scenario *scenario) {
    read_header(scenario);
    struct shape_context context = {scenario->diagnostics, scenario->zone, scenario->start};
    shape_check(&context, scenario->root, &shape_scenario);
    if (scenario->of_case)
        shape_check(&context, scenario->of_case, &shape_case);
    read_people(scenario);
    read_steps(scenario);
}

bool scenario_read(struct scenario_file *file, const char *path) {
    memset(file, 0, sizeof *file);
    file->file = path;
    file->diagnostics = (struct diagnostics){.pool = &file->pool};
    file->root = tree_read(&file->pool, path, &file->diagnostics);
    if (!file->root)
        return false;
    file->title = tree_text(file->root, "scenario", "");
    scenario_merge(file);
    for (size_t i = 0; i < file->count; i++)
        read_scenario(&file->list[i]);
    diagnostics_sort(&file->diagnostics);
    return file->diagnostics.count == 0;
}

void scenario_free(struct scenario_file *file) {
    pool_free(&file->pool);
    memset(file, 0, sizeof *file);
}
