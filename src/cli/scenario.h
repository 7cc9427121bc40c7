// SPDX-License-Identifier: Apache-2.0
// A scenario file, read and checked: who takes part, and what they do step by step. The language itself is one table of
// shapes (scenario_shape.c); scenario_merge.c puts together what is continued, left out and reused; meaning is checked
// in scenario_read.c. May call: tree, when, pool.
#ifndef CLI_SCENARIO_H
#define CLI_SCENARIO_H

#include "cli/tree.h"

#include <stepdown.h>

// ---- shapes -------------------------------------------------------------------------------------------------------

enum shape_kind {
    SHAPE_TEXT,   // any text
    SHAPE_WORD,   // one of `words`
    SHAPE_TIME,   // a moment, relative to the step's where there is a step
    SHAPE_YES,    // yes or no
    SHAPE_NUMBER, // 0 and up
    SHAPE_MAP,    // the keys of `keys`
    SHAPE_NAMED,  // keys of the author's choice, each with a value of shape `each`
    SHAPE_ANY     // looked at later
};
enum shape_flag {
    SHAPE_OR_LIST = 1, // or a list of that
    SHAPE_OR_TEXT = 2  // or just text
};
struct key;
struct shape {
    enum shape_kind kind;
    unsigned flags;
    const char *const *words;
    const struct key *keys; // ends with a NULL name
    const struct shape *each;
};
struct key {
    const char *name;
    const struct shape *shape;
    bool required;
};
extern const struct shape shape_scenario, shape_case, shape_step, shape_use;

struct shape_context {
    struct diagnostics *diagnostics;
    const char *zone;
    stepdown_time reference; // STEPDOWN_TIME_NONE: only absolute times
};
// Every way in which `node` is not of that shape becomes a diagnostic.
void shape_check(const struct shape_context *context, const struct node *node, const struct shape *shape);

// ---- the scenario -------------------------------------------------------------------------------------------------

// A person in a role.
struct post {
    const struct node *node;
    const char *person, *role, *organization;
    stepdown_time from, until; // STEPDOWN_TIME_NONE: from the start, for good
    bool on_call, assigned;    // not assigned: acts in the role without being on the list that ladders ask
};

struct step {
    const struct node *node;
    stepdown_time at, occurred; // occurred: STEPDOWN_TIME_NONE when it is `at`
    const struct post *as;      // NULL: nobody acts
    const char *verb;           // NULL: only time passes
    bool outbox;                // what is in the outbox is delivered, and nothing else
    const char *target;
    const struct node *act;  // where verb or target stand in the file
    const struct node *load; // protocols and overlays that come into force, NULL
    bool earlier;            // of what this scenario continues: played, not told
    bool trusted;            // of what a case continues: played, but what it expects is tested elsewhere
};

// What is played as a whole, from a fresh store: a file, or one of its cases.
struct scenario {
    struct pool *pool;
    struct diagnostics *diagnostics;
    const char *file;
    struct node *root;          // with what it inherits from the scenario it continues
    const struct node *of_case; // the case; NULL: the file as a whole
    const char *continues;      // title of that scenario, NULL
    const char *until;          // label of its first step that is left out; "": none is
    const char *title, *zone;
    stepdown_time start;
    struct post *posts;
    size_t post_count;
    struct step *steps;
    size_t step_count;
};

struct scenario_file {
    struct pool pool;
    struct diagnostics diagnostics;
    const char *file, *title;
    struct node *root;
    bool has_cases;
    struct scenario *list; // one, or one for each case
    size_t count;
};

// Reads and checks; false: the diagnostics say what is wrong. Free in both cases.
bool scenario_read(struct scenario_file *file, const char *path);
void scenario_free(struct scenario_file *file);

// Puts `list` together from the tree: steps of continued scenarios, fragments, cases. Steps have only their nodes then.
void scenario_merge(struct scenario_file *file);

// The post that "Maria Chen", "Maria Chen (supervisor)" or "supervisor@harborview" means; NULL: none or not clear.
const struct post *scenario_post(const struct scenario *scenario, const char *text);

// Element `index` of a list, or the node itself when it is no list.
size_t node_count(const struct node *node);
const struct node *node_at(const struct node *node, size_t index);

#endif
