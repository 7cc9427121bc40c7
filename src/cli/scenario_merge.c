// SPDX-License-Identifier: Apache-2.0
// Puts together what is played: the steps of a continued scenario up to a label, without those that a case leaves out,
// fragments with their parameters filled in, and the headers of all of them. Knows keys, not meaning. May call: tree.
#include "cli/scenario.h"

#include <string.h>

enum { DEPTH_LIMIT = 8 }; // of continued scenarios, and of fragments in fragments

struct steps {
    const struct node **list;
    size_t count;
};

// A file with what it continues.
struct source {
    struct node *header;   // without steps, cases, fragments' files
    struct steps steps;    // as they stand in the files: those continued, then its own
    struct steps parent;   // all steps of the continued scenario, also those behind `until`
    size_t own;            // place of its first own step
    const char *continues; // title of what it continues, NULL
    const char *until;
};

static void steps_add(struct pool *pool, struct steps *steps, const struct node *step) {
    steps->list = pool_grow(pool, steps->list, steps->count, sizeof *steps->list);
    steps->list[steps->count++] = step;
}

static struct node *map_like(struct pool *pool, const struct node *at) {
    struct node *map = pool_take(pool, sizeof *map);
    *map = (struct node){.kind = NODE_MAP, .file = at->file, .line = at->line, .column = at->column, .text = ""};
    return map;
}

static struct node *text_like(struct pool *pool, const struct node *at, const char *text) {
    struct node *node = map_like(pool, at);
    node->kind = NODE_TEXT;
    node->text = text;
    node->quoted = true;
    return node;
}

static void map_put(struct pool *pool, struct node *map, const struct node *key, const struct node *value) {
    struct node *own_key = pool_take(pool, sizeof *own_key), *own_value = pool_take(pool, sizeof *own_value);
    *own_key = *key;
    *own_value = *value;
    for (size_t i = 0; i < map->count; i++) {
        if (strcmp(map->keys[i]->text, key->text) == 0) {
            map->keys[i] = own_key;
            map->items[i] = own_value;
            return;
        }
    }
    tree_append(pool, map, own_key, own_value);
}

static void map_put_text(struct pool *pool, struct node *map, const char *key, const char *text) {
    map_put(pool, map, text_like(pool, map, key), text_like(pool, map, text));
}

// ---- headers ------------------------------------------------------------------------------------------------------

// `above` with what `below` says instead. Maps of names are put together name by name.
static struct node *merge_header(struct pool *pool, const struct node *above, const struct node *below) {
    static const char *const named[] = {"organizations", "people", "parameters", "fragments"};
    struct node *merged = map_like(pool, below);
    for (size_t i = 0; above && i < above->count; i++)
        map_put(pool, merged, above->keys[i], above->items[i]);
    for (size_t i = 0; i < below->count; i++) {
        const struct node *inherited = tree_get(merged, below->keys[i]->text), *own = below->items[i];
        bool by_name = false;
        for (size_t j = 0; j < sizeof named / sizeof named[0]; j++)
            by_name = by_name || strcmp(named[j], below->keys[i]->text) == 0;
        if (by_name && inherited && inherited->kind == NODE_MAP && own->kind == NODE_MAP)
            own = merge_header(pool, inherited, own);
        map_put(pool, merged, below->keys[i], own);
    }
    return merged;
}

// The map without the keys that end with NULL.
static struct node *map_without(struct pool *pool, const struct node *map, const char *const *keys) {
    struct node *rest = map_like(pool, map);
    for (size_t i = 0; i < map->count; i++) {
        bool left_out = false;
        for (size_t j = 0; keys[j]; j++)
            left_out = left_out || strcmp(keys[j], map->keys[i]->text) == 0;
        if (!left_out)
            map_put(pool, rest, map->keys[i], map->items[i]);
    }
    return rest;
}

static const char *file_beside(struct pool *pool, const char *file, const char *name) {
    const char *slash = strrchr(file, '/');
    return *name == '/' || !slash ? name : pool_print(pool, "%.*s/%s", (int)(slash - file), file, name);
}

// Every fragment is a list of steps.
static void check_fragments(struct diagnostics *diagnostics, const struct node *fragments) {
    if (fragments->kind != NODE_MAP)
        diagnose(diagnostics, fragments, "fragments are a map (name: list of steps)");
    for (size_t i = 0; fragments->kind == NODE_MAP && i < fragments->count; i++) {
        if (fragments->items[i]->kind != NODE_LIST || fragments->items[i]->count == 0)
            diagnose(diagnostics, fragments->items[i], "a fragment is a list with at least one step");
    }
}

// `fragments:` as one map, wherever it stands.
static struct node *read_fragments(struct scenario_file *file, const struct node *node) {
    struct node *all = map_like(&file->pool, node);
    for (size_t i = 0; node->kind != NODE_MAP && i < node_count(node); i++) {
        const struct node *name = node_at(node, i);
        const struct node *read = NULL;
        if (name->kind == NODE_TEXT)
            read = tree_read(&file->pool, file_beside(&file->pool, name->file, name->text), &file->diagnostics);
        else
            diagnose(&file->diagnostics, name, "the name of a file is expected here");
        if (read)
            check_fragments(&file->diagnostics, read);
        if (read && read->kind == NODE_MAP)
            all = merge_header(&file->pool, all, read);
    }
    if (node->kind == NODE_MAP)
        check_fragments(&file->diagnostics, node);
    return node->kind == NODE_MAP ? merge_header(&file->pool, all, node) : all;
}

// ---- continuing another scenario ----------------------------------------------------------------------------------

// How many steps stand before the one of that label; SIZE_MAX: none has it.
static size_t steps_until(const struct steps *steps, const char *label) {
    for (size_t i = 0; i < steps->count; i++) {
        if (strcmp(tree_text(steps->list[i], "label", ""), label) == 0)
            return i;
    }
    return SIZE_MAX;
}

static bool source_read(struct scenario_file *file, const struct node *root, unsigned depth, struct source *source);

// What `root` takes from the scenario that it continues; its header, NULL when there is none.
static struct node *source_continue(struct scenario_file *file, const struct node *root, unsigned depth,
                                    struct source *source) {
    const struct node *continues = tree_get(root, "continues"), *name = tree_get(continues, "file");
    const struct node *until = tree_get(continues, "until");
    struct source from;
    if (!name || name->kind != NODE_TEXT)
        return NULL; // told when shapes are checked
    if (depth == DEPTH_LIMIT) {
        diagnose(&file->diagnostics, name, "scenarios continue one another more than %d times", DEPTH_LIMIT);
        return NULL;
    }
    const char *path = file_beside(&file->pool, root->file, name->text);
    const struct node *read = tree_read(&file->pool, path, &file->diagnostics);
    if (!read || read->kind != NODE_MAP || !source_read(file, read, depth + 1, &from))
        return NULL;
    source->continues = tree_text(read, "scenario", "");
    source->parent = from.steps;
    size_t count = from.steps.count;
    if (until && until->kind == NODE_TEXT) {
        source->until = until->text;
        count = steps_until(&from.steps, until->text);
        if (count == SIZE_MAX)
            diagnose(&file->diagnostics, until, "no step there is labelled '%s'", until->text);
    }
    for (size_t i = 0; i < count && i < from.steps.count; i++)
        steps_add(&file->pool, &source->steps, from.steps.list[i]);
    return from.header;
}

static bool source_read(struct scenario_file *file, const struct node *root, unsigned depth, struct source *source) {
    static const char *const not_inherited[] = {"steps", "cases", "continues", "says", NULL};
    const struct node *own = tree_get(root, "steps"), *fragments = tree_get(root, "fragments");
    *source = (struct source){.until = ""};
    if (root->kind != NODE_MAP)
        return false;
    const struct node *above = source_continue(file, root, depth, source);
    struct node *below = map_without(&file->pool, root, not_inherited);
    if (fragments)
        map_put(&file->pool, below, text_like(&file->pool, fragments, "fragments"), read_fragments(file, fragments));
    source->header = merge_header(&file->pool, above, below);
    source->own = source->steps.count;
    if (own && (own->kind != NODE_LIST || own->count == 0))
        diagnose(&file->diagnostics, own, "'steps' is a list with at least one step");
    for (size_t i = 0; own && own->kind == NODE_LIST && i < own->count; i++)
        steps_add(&file->pool, &source->steps, own->items[i]);
    return true;
}

// ---- fragments ----------------------------------------------------------------------------------------------------

static const char name_characters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";

// What a use of a fragment fills in.
struct filling {
    struct scenario_file *file;
    const struct node *with; // may be NULL
    bool *used;
};

static const struct node *filling_find(const struct filling *filling, const char *name, size_t size) {
    for (size_t i = 0; filling->with && i < filling->with->count; i++) {
        const char *key = filling->with->keys[i]->text;
        if (strlen(key) != size || strncmp(key, name, size) != 0)
            continue;
        filling->used[i] = true;
        return filling->with->items[i];
    }
    return NULL;
}

// Text with each $parameter replaced. What is no parameter stays, for the names that steps save.
static const char *fill_text(const struct filling *filling, const struct node *node) {
    struct pool *pool = &filling->file->pool;
    const char *filled = "", *from = node->text;
    for (const char *dollar = strchr(from, '$'); dollar; dollar = strchr(dollar, '$')) {
        size_t size = strspn(dollar + 1, name_characters);
        const struct node *value = filling_find(filling, dollar + 1, size);
        if (value && value->kind != NODE_TEXT)
            diagnose(&filling->file->diagnostics, value, "the fragment writes '%s' inside a text; one text is needed",
                     pool_print(pool, "%.*s", (int)size, dollar + 1));
        if (value) {
            filled = pool_print(pool, "%s%.*s%s", filled, (int)(dollar - from), from, value->text);
            from = dollar + 1 + size;
        }
        dollar += 1 + size + (size == 0 && dollar[1] == '$');
    }
    return from == node->text ? node->text : pool_print(pool, "%s%s", filled, from);
}

static struct node *fill(const struct filling *filling, const struct node *node) {
    struct node *copy = pool_take(&filling->file->pool, sizeof *copy);
    *copy = *node;
    if (node->kind == NODE_TEXT) {
        size_t size = *node->text == '$' ? strspn(node->text + 1, name_characters) : 0;
        const struct node *value =
            size > 0 && !node->text[1 + size] ? filling_find(filling, node->text + 1, size) : NULL;
        if (value)
            *copy = *value; // a whole value may also be a list or a map
        else
            copy->text = fill_text(filling, node);
        return copy;
    }
    copy->count = 0;
    copy->items = copy->keys = NULL;
    for (size_t i = 0; i < node->count; i++) {
        struct node *key = node->kind == NODE_MAP ? fill(filling, node->keys[i]) : NULL;
        tree_append(&filling->file->pool, copy, key, fill(filling, node->items[i]));
    }
    return copy;
}

// ---- steps of one scenario ------------------------------------------------------------------------------------------

struct builder {
    struct scenario_file *file;
    struct scenario *scenario;
    const struct node *without; // labels that are left out, NULL
    bool *missed;               // one for each of them, cleared when it is found
    bool earlier;
};

static bool is_left_out(const struct builder *builder, const struct node *step) {
    const char *label = tree_text(step, "label", "");
    bool found = false;
    for (size_t i = 0; *label && i < node_count(builder->without); i++) {
        const struct node *wanted = node_at(builder->without, i);
        if (wanted->kind != NODE_TEXT || strcmp(wanted->text, label) != 0)
            continue;
        builder->missed[i] = false;
        found = true;
    }
    return found;
}

static void add_plain(const struct builder *builder, const struct node *node) {
    struct scenario *scenario = builder->scenario;
    scenario->steps = pool_grow(scenario->pool, scenario->steps, scenario->step_count, sizeof *scenario->steps);
    scenario->steps[scenario->step_count++] = (struct step){
        .node = node, .earlier = builder->earlier, .trusted = builder->earlier && scenario->of_case != NULL};
}

static bool acts(const struct node *step) {
    static const char *const verbs[] = {"open", "submit", "amend", "retract", "add", "do", "deliver", "use"};
    bool found = false;
    for (size_t i = 0; i < sizeof verbs / sizeof verbs[0]; i++)
        found = found || tree_get(step, verbs[i]) != NULL;
    return found;
}

// What a use says for all steps of the fragment holds for those that do not say it themselves.
static void hand_down(struct pool *pool, const struct node *use, struct node *step) {
    static const char *const keys[] = {"as", "pathway", "proves"};
    for (size_t i = 0; step->kind == NODE_MAP && i < sizeof keys / sizeof keys[0]; i++) {
        const struct node *value = tree_get(use, keys[i]);
        bool proven = tree_get(step, "expect") || tree_get(step, "refused");
        bool fits = strcmp(keys[i], "proves") == 0 ? proven : acts(step);
        if (value && fits && !tree_get(step, keys[i]))
            map_put(pool, step, text_like(pool, value, keys[i]), value);
    }
}

static void add_step(const struct builder *builder, const struct node *node, unsigned depth);

// The time and the sentence of a use, as a step of its own.
static void add_opening(const struct builder *builder, const struct node *use) {
    static const char *const not_here[] = {"use", "with", "pathway", "proves", "label", NULL};
    static const char *const not_without_tell[] = {"as", NULL};
    if (!tree_get(use, "at") && !tree_get(use, "tell"))
        return;
    struct node *opening = map_without(builder->scenario->pool, use, not_here);
    add_plain(builder,
              tree_get(use, "tell") ? opening : map_without(builder->scenario->pool, opening, not_without_tell));
}

static void add_fragment(const struct builder *builder, const struct node *use, unsigned depth) {
    struct scenario_file *file = builder->file;
    const struct node *name = tree_get(use, "use"), *with = tree_get(use, "with");
    struct shape_context context = {&file->diagnostics, "UTC", 0};
    size_t before = file->diagnostics.count;
    shape_check(&context, use, &shape_use);
    if (file->diagnostics.count > before || name->kind != NODE_TEXT)
        return;
    const struct node *fragment = tree_get(tree_get(builder->scenario->root, "fragments"), name->text);
    if (!fragment || depth == DEPTH_LIMIT) {
        diagnose(&file->diagnostics, name,
                 fragment ? "fragments use one another too deep at '%s'" : "there is no fragment '%s'", name->text);
        return;
    }
    struct filling filling = {.file = file, .with = with};
    filling.used = pool_take(&file->pool, (with ? with->count : 0) + 1);
    add_opening(builder, use);
    for (size_t i = 0; fragment->kind == NODE_LIST && i < fragment->count; i++) {
        struct node *step = fill(&filling, fragment->items[i]);
        hand_down(&file->pool, use, step);
        add_step(builder, step, depth + 1);
    }
    for (size_t i = 0; with && i < with->count; i++) {
        if (!filling.used[i])
            diagnose(&file->diagnostics, with->keys[i], "the fragment '%s' has no $%s", name->text,
                     with->keys[i]->text);
    }
}

static void add_step(const struct builder *builder, const struct node *node, unsigned depth) {
    if (is_left_out(builder, node))
        return;
    if (tree_get(node, "use"))
        add_fragment(builder, node, depth);
    else
        add_plain(builder, node);
}

// ---- the scenarios of a file ------------------------------------------------------------------------------------------

static struct scenario *scenario_add(struct scenario_file *file, const struct source *source) {
    file->list = pool_grow(&file->pool, file->list, file->count, sizeof *file->list);
    struct scenario *scenario = &file->list[file->count++];
    *scenario = (struct scenario){.pool = &file->pool,
                                  .diagnostics = &file->diagnostics,
                                  .file = file->file,
                                  .continues = source->continues,
                                  .until = source->until};
    return scenario;
}

static void merge_whole(struct scenario_file *file, const struct source *source) {
    static const char *const kept_apart[] = {"steps", "cases", "fragments", NULL};
    struct scenario *scenario = scenario_add(file, source);
    scenario->root = merge_header(&file->pool, source->header, map_without(&file->pool, file->root, kept_apart));
    struct builder builder = {.file = file, .scenario = scenario};
    for (size_t i = 0; i < source->steps.count; i++) {
        builder.earlier = i < source->own;
        add_step(&builder, source->steps.list[i], 0);
    }
}

// The steps in front of a case: as far as its `until`, which may lie behind the one of the header.
static struct steps steps_before(struct scenario_file *file, const struct source *source, const struct node *of_case,
                                 struct scenario *scenario) {
    const struct node *until = tree_get(of_case, "until");
    struct steps steps = source->steps;
    if (!until || until->kind != NODE_TEXT)
        return steps;
    size_t count = steps_until(&source->steps, until->text);
    if (count == SIZE_MAX) {
        steps = source->parent;
        count = steps_until(&source->parent, until->text);
    }
    if (count == SIZE_MAX)
        diagnose(&file->diagnostics, until, "no step of what it continues is labelled '%s'", until->text);
    steps.count = count < steps.count ? count : steps.count;
    scenario->until = until->text;
    return steps;
}

// Cases are played in memory unless the file itself says otherwise.
static struct node *case_header(struct scenario_file *file, const struct source *source, const struct node *of_case) {
    static const char *const of_the_header[] = {"parameters", "organizations", "people", "store"};
    struct node *own = map_like(&file->pool, of_case);
    for (size_t i = 0; i < sizeof of_the_header / sizeof of_the_header[0]; i++) {
        const struct node *value = tree_get(of_case, of_the_header[i]);
        if (value)
            map_put(&file->pool, own, text_like(&file->pool, value, of_the_header[i]), value);
    }
    struct node *header = merge_header(&file->pool, source->header, own);
    map_put_text(&file->pool, header, "scenario", tree_text(of_case, "case", ""));
    if (!tree_get(file->root, "store") && !tree_get(of_case, "store"))
        map_put_text(&file->pool, header, "store", "memory");
    header->line = file->root->line; // where it is told what no header says
    header->column = file->root->column;
    return header;
}

static void merge_case(struct scenario_file *file, const struct source *source, const struct node *of_case) {
    if (of_case->kind != NODE_MAP) {
        diagnose(&file->diagnostics, of_case, "a case is a map (case: title, steps: …)");
        return;
    }
    struct scenario *scenario = scenario_add(file, source);
    const struct node *own = tree_get(of_case, "steps"), *without = tree_get(of_case, "without");
    scenario->of_case = of_case;
    scenario->root = case_header(file, source, of_case);
    struct steps before = steps_before(file, source, of_case, scenario);
    struct builder builder = {.file = file, .scenario = scenario, .without = without, .earlier = true};
    builder.missed = pool_take(&file->pool, node_count(without) + 1);
    memset(builder.missed, true, node_count(without));
    for (size_t i = 0; i < before.count; i++)
        add_step(&builder, before.list[i], 0);
    for (size_t i = 0; i < node_count(without); i++) {
        if (builder.missed[i])
            diagnose(&file->diagnostics, node_at(without, i), "no step before this case is labelled '%s'",
                     node_at(without, i)->text);
    }
    builder.earlier = false;
    builder.without = NULL;
    if (own && (own->kind != NODE_LIST || own->count == 0))
        diagnose(&file->diagnostics, own, "'steps' is a list with at least one step");
    for (size_t i = 0; own && own->kind == NODE_LIST && i < own->count; i++)
        add_step(&builder, own->items[i], 0);
}

void scenario_merge(struct scenario_file *file) {
    const struct node *cases = tree_get(file->root, "cases");
    struct source source;
    if (!source_read(file, file->root, 0, &source)) {
        diagnose(&file->diagnostics, file->root, "a map (key: value) is expected here, not %s",
                 file->root->kind == NODE_LIST ? "a list" : "text");
        return;
    }
    if (!cases && !tree_get(file->root, "steps"))
        diagnose(&file->diagnostics, file->root, "'steps' is missing");
    file->has_cases = cases != NULL;
    if (!cases) {
        merge_whole(file, &source);
        return;
    }
    if (cases->kind != NODE_LIST || cases->count == 0)
        diagnose(&file->diagnostics, cases, "'cases' is a list with at least one case");
    for (size_t i = 0; cases->kind == NODE_LIST && i < cases->count; i++)
        merge_case(file, &source, cases->items[i]);
}
