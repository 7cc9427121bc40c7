// SPDX-License-Identifier: Apache-2.0
// What the files of the compiler share: the compilation under way, its growing tables, complaints, names, scopes.
// Private to this room. May call: yaml reader, lifecycle, record, base.
#ifndef PROTOCOL_COMPILER_H
#define PROTOCOL_COMPILER_H

#include "protocol/compile.h"
#include "protocol/yaml.h"

enum { NONE = -1, COMPLAINTS_MAX = YAML_PROBLEMS_MAX, USES_MAX = 16, NAMES_MAX = 2000, QUANTIFIERS_MAX = 3 };

// The arrays of struct definitions that grow while compiling, in the order of compiler.c's table.
enum table {
    TABLE_SOURCES,
    TABLE_NAMES,
    TABLE_ROLES,
    TABLE_PARAMETERS,
    TABLE_LISTS,
    TABLE_CALENDARS,
    TABLE_FIELDS,
    TABLE_FORMS,
    TABLE_ITEMS,
    TABLE_RULES,
    TABLE_TRIGGERS,
    TABLE_ACTIONS,
    TABLE_WITHS,
    TABLE_STEPS,
    TABLE_GATES,
    TABLE_NEEDS,
    TABLE_CONFIRMS,
    TABLE_LABELS,
    TABLE_MEASURES,
    TABLE_DASHBOARDS,
    TABLE_CELLS,
    TABLE_TERMS,
    TABLE_SELECTORS,
    TABLE_ROLE_SETS,
    TABLE_NODES,
    TABLE_CHILDREN,
    TABLE_USES,
    TABLE_COUNT
};

// What a selector yields, so that the next part of a path can be understood.
enum thing_sort {
    THING_NONE,
    THING_ITEM,
    THING_KIND,
    THING_FORM,
    THING_FAMILY,
    THING_MARK,
    THING_PATHWAY,
    THING_FIRED,
    THING_PARTICIPANT
};
struct thing {
    uint8_t sort, kind; // enum thing_sort; item kind
    uint16_t code;      // FAMILY and MARK
    int32_t def;        // ITEM, FORM, FIRED
};

// One file: a protocol or a dictionary, with the overlays merged in. units[i] belongs to sources[i].
struct unit {
    struct yaml *root;
    struct yaml *half; // where the sections about the subject stand: the root, a map under also:, or NULL
    const char *file;
    uint16_t uses[USES_MAX];
    size_t use_count;
    int32_t escalate; // rules[]: default ladder of its items
    bool declared;
};

// Where the tree node of a definition is, for the later passes. Same index as the definition.
struct origin {
    struct yaml *key, *body;
    int32_t parent;
};

struct compiler {
    const struct env *env;
    struct digest *digest;
    const struct compile_input *input;
    struct definitions *d;
    struct arena scratch;
    struct diagnostics diagnostics;
    bool nomem;
    bool refused;    // there is a complaint, if only one that was made of another half already
    bool unreadable; // a file is no YAML
    bool incomplete; // a dictionary is missing
    struct unit *units;
    const char *subject;
    size_t cap[TABLE_COUNT];
    // Trees of declared things, beside the arrays of the same index.
    struct origin *origins[TABLE_COUNT];
    size_t origin_cap[TABLE_COUNT];
    uint16_t unit;      // being compiled
    struct thing bound; // `this`
    struct thing trigger;
    int quantifiers; // conditions over sets inside one another
    bool in_measure;
    bool in_key;   // of a pattern or count: same, distinct
    bool in_where; // `this` is a candidate: the names bound outside are out of reach
};

// ---- compiler.c: growing, complaining, reading words ------------------------------------------------------------------

// Append a row; its index, or NONE when memory ran out (c->nomem is set then).
int32_t compiler_push(struct compiler *c, enum table table, const void *row);
void *compiler_keep(struct compiler *c, size_t size);    // cleared, lives with the definitions
void *compiler_scratch(struct compiler *c, size_t size); // cleared, dies with the compilation
const char *compiler_text(struct compiler *c, stepdown_slice text);
void compiler_origin(struct compiler *c, enum table table, int32_t index, struct yaml *key, struct yaml *body,
                     int32_t parent);
const struct origin *compiler_origin_of(const struct compiler *c, enum table table, int32_t index);

void complain(struct compiler *c, const struct yaml *at, const char *rule, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
void complain_setting(struct compiler *c, const char *parameter, const char *problem); // of an organization's parameter

// "; did you mean "x"?" for a word that nobody knows.
struct guess {
    stepdown_slice wanted;
    const char *best;
    size_t distance;
    char text[96];
};
void guess_start(struct guess *g, stepdown_slice wanted);
void guess_offer(struct guess *g, const char *candidate);
void guess_words(struct guess *g, const char *words); // space-separated
const char *guess_text(struct guess *g);

// Is `map` a map whose keys all stand in `words` (space-separated)? Each other key is a complaint.
bool compiler_keys(struct compiler *c, const struct yaml *map, const char *what, const char *words);
bool compiler_has_word(const char *words, stepdown_slice word);
// Scalar text under a key. A missing key gives NULL without complaint; a list or map, or an unquoted boolean, is one.
const struct yaml *compiler_word(struct compiler *c, const struct yaml *map, const char *key);
const char *compiler_kept_word(struct compiler *c, const struct yaml *map, const char *key); // "" when missing
bool compiler_flag(struct compiler *c, const struct yaml *map, const char *key);
bool compiler_is_text(struct compiler *c, const struct yaml *node, const char *what);
// A scalar or a list of scalars as a list of words.
size_t compiler_words(struct compiler *c, struct yaml *node, const char *what, struct yaml ***out);
struct def compiler_def(struct compiler *c, const struct yaml *key, const struct yaml *body);

// Definition of that name that this unit can see (its own and those of the dictionaries it uses), or NONE.
int32_t compiler_find(const struct compiler *c, enum table table, stepdown_slice name);
// The same with a complaint when there is none.
int32_t compiler_name(struct compiler *c, enum table table, const struct yaml *at, stepdown_slice name,
                      const char *what);
void compiler_offer(const struct compiler *c, enum table table, struct guess *g);
const char *compiler_table_word(enum table table);
const struct def *compiler_def_at(const struct compiler *c, enum table table, size_t index);
size_t compiler_count(const struct compiler *c, enum table table);
bool compiler_sees(const struct compiler *c, uint16_t source);

// ---- literal.c: values written in the file -----------------------------------------------------------------------------

// What kind of value a term has.
struct shape {
    uint8_t type; // enum value_type, VALUE_NONE: any
    bool many;
    bool states;  // a word for a state
    int32_t list; // choices
    const char *unit;
};
struct shape literal_shape(const struct compiler *c, int32_t term);
// Read text as a value of that shape. False without a complaint.
bool literal_read(struct compiler *c, stepdown_slice text, const struct shape *shape, struct value *out);
void literal_guess(struct compiler *c, stepdown_slice text, struct value *out); // number, duration, date or word
const char *literal_type_word(uint8_t type);
const char *literal_calendar_word(const struct compiler *c, stepdown_slice text, int32_t *index); // NULL: not one

// ---- path.c: nouns, paths, moments -------------------------------------------------------------------------------------

struct path {
    bool is_selector;
    struct selector selector;
    struct thing thing;
    int32_t term; // otherwise
};
int32_t term_add(struct compiler *c, const struct term *term);
int32_t term_literal(struct compiler *c, const struct yaml *at, const struct value *value);
int32_t term_number(struct compiler *c, const struct yaml *at, int64_t number);
struct term term_empty(const struct yaml *at);
struct selector selector_empty(const struct yaml *at);
int32_t selector_add(struct compiler *c, const struct selector *selector);
struct selector selector_this(const struct yaml *at);
int32_t attribute_term(struct compiler *c, const struct yaml *at, const struct selector *of, uint8_t attribute);

// A path in full. `set`: the noun means all there are, not the bound one. False after a complaint.
bool path_read(struct compiler *c, const struct yaml *at, stepdown_slice text, bool set, struct path *out);
// Does the text name anything, so that it is a path and not a word? No complaints.
bool path_known(const struct compiler *c, stepdown_slice text);
// One part after a selector: attribute, event, member, form or field. False after a complaint.
bool path_part(struct compiler *c, const struct yaml *at, const struct path *from, stepdown_slice part,
               struct path *out);
int32_t path_term(struct compiler *c, const struct yaml *at, stepdown_slice text); // NONE after a complaint
// A selector that names elements for a condition about each or the current one (owner:, state:, ack: …).
bool path_selector(struct compiler *c, const struct yaml *at, stepdown_slice text, bool set, struct path *out);
int32_t path_field(struct compiler *c, const struct path *of, stepdown_slice name); // fields[], NONE; -2: in two forms
int32_t moment_read(struct compiler *c, const struct yaml *at);                     // see grammar: moments
int32_t moment_text(struct compiler *c, const struct yaml *at, stepdown_slice text);
int32_t duration_read(struct compiler *c, const struct yaml *at); // literal, parameter, calendar rule or path
int32_t duration_text(struct compiler *c, const struct yaml *at, stepdown_slice text);
bool split_shift(stepdown_slice text, stepdown_slice *amount, int *sign, stepdown_slice *anchor);
bool slice_split(stepdown_slice text, char at, stepdown_slice *left, stepdown_slice *right);
bool parameter_find(const struct compiler *c, stepdown_slice text, int32_t *index, bool *part);
int32_t number_read(struct compiler *c, const struct yaml *map, const char *key); // term of integer_read; NONE: no key
bool integer_read(struct compiler *c, const struct yaml *map, const char *key, int64_t *out);

// ---- roles.c -----------------------------------------------------------------------------------------------------------

#define ROLE_KEYS "by by_any by_each"
int32_t roles_read(struct compiler *c, const struct yaml *map); // by, by_any or by_each of the map; NONE: no such key
int32_t roles_add(struct compiler *c, uint8_t mode, const int32_t *roles, size_t count);
int32_t role_read(struct compiler *c, const struct yaml *at);
size_t role_list(struct compiler *c, struct yaml *node, const char *what, const int32_t **out);
int32_t roles_clearers(struct compiler *c, int32_t node);

// ---- condition.c, select.c, aggregate.c --------------------------------------------------------------------------------

#define FILTER_KEYS "of by by_any by_each state where since until during matching"
#define COMPARE_KEYS "is is_not one_of at_least at_most more_than less_than before after no_later_than includes"
int32_t condition_read(struct compiler *c, struct yaml *map, const char *also); // `also`: keys the caller reads
// A condition about each of several things. What it costs multiplies, so there is a limit to nesting them.
int32_t condition_each(struct compiler *c, struct yaml *map, const struct thing *thing);
int32_t node_add(struct compiler *c, const struct node *node);
struct node node_empty(uint8_t kind, const struct yaml *at);
int32_t node_group(struct compiler *c, uint8_t kind, const struct yaml *at, const int32_t *children, size_t count);
int32_t node_compare(struct compiler *c, const struct yaml *at, int32_t left, uint8_t op, struct yaml *right);
bool compare_find(const struct yaml *map, uint8_t *op, struct yaml **right);
// Selector from `noun` and the filters of the map. False after a complaint.
bool select_read(struct compiler *c, const struct yaml *noun, struct yaml *map, struct path *out);
uint64_t states_read(struct compiler *c, struct yaml *node, uint8_t kind);
// `this` in the selectors made since `first` is what a set is asked about: say what that is.
void selectors_bind(struct compiler *c, size_t first, const struct thing *thing);
int32_t where_read(struct compiler *c, struct yaml *where, const struct thing *candidate);
// A key of what is selected, one part or a list of two: same, distinct, group_by. NONE: no such key, or a complaint.
int32_t key_read(struct compiler *c, const struct yaml *map, const char *key, const struct thing *thing);
// A value: path, literal or a map with a value word (count, sum, list …). NONE after a complaint.
int32_t value_compile(struct compiler *c, struct yaml *node);
int32_t values_compile(struct compiler *c, struct yaml *node); // one, or a list of several
bool value_word(const struct yaml *map, const char **word);
int32_t value_aggregate(struct compiler *c, struct yaml *map, const char *word, bool compared);

// ---- span.c: needs and what covers them ----------------------------------------------------------------------------------

struct spans {
    int32_t needs, covers; // chains of TERM_SPAN
    uint8_t flags;         // enum span_flag
    const char *unit;      // of the difference, without "per day"
};
int32_t spans_read(struct compiler *c, struct yaml *needs, struct yaml *covers, struct yaml *where, struct spans *out);
int32_t covered_read(struct compiler *c, struct yaml *map, struct yaml *value);
int32_t gap_read(struct compiler *c, struct yaml *map, struct yaml *value);
int32_t gaps_read(struct compiler *c, struct yaml *map, struct yaml *value);
// Unit in which things of this sort say how much there is of them; NULL: they do not.
const char *span_unit(const struct compiler *c, const struct thing *thing);

// ---- the passes --------------------------------------------------------------------------------------------------------

void units_load(struct compiler *c);
// Which protocol it adapts, in sources[]; NONE: refused.
int32_t overlay_merge(struct compiler *c, const struct yaml *overlay);
void declare_unit(struct compiler *c);                                 // names of everything
void forms_compile(struct compiler *c);                                // fields
bool forms_know_class(const struct compiler *c, stepdown_slice class); // of data, that consent can be given for
int32_t amount_field(struct compiler *c, const struct yaml *at, int32_t field); // NONE after a complaint
void forms_connect(struct compiler *c); // what forms are about, who fills them in
void forms_suggest(struct compiler *c); // prefilled values
void items_shape(struct compiler *c);   // kinds, owners, roles, about
void items_amounts(struct compiler *c); // how much there is of them
void items_compile(struct compiler *c); // moments and conditions of items
void rules_compile(struct compiler *c); // rules, escalations, patterns
void gates_compile(struct compiler *c);
void confirms_compile(struct compiler *c);
void dashboards_compile(struct compiler *c);
void settings_apply(struct compiler *c);
struct action_def action_on(uint8_t kind, int32_t item); // of nothing else; item NONE: none
int32_t rule_synthetic(struct compiler *c, const struct yaml *at, const char *name, struct yaml *when,
                       const struct action_def *action);
int32_t action_open_read(struct compiler *c, struct yaml *map); // `open` and `with` of the map: actions[], NONE
int32_t trigger_add(struct compiler *c, int32_t rule, struct trigger trigger);
void triggers_read(struct compiler *c, int32_t rule, struct yaml *when);
void uses_collect(struct compiler *c); // which parameters and calendar rules each thing names
void finish(struct compiler *c);
void lint(struct compiler *c); // lint.c: V1 to V8 and who answers
void lint_gates(struct compiler *c);
void lint_graph(struct compiler *c);

#endif
