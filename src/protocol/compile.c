// SPDX-License-Identifier: Apache-2.0
// The compiler's front: reads the files asked for and the dictionaries they use, runs the passes in order, and gives
// either definitions or every problem found. May call: all of this room, record, base.
#include "protocol/compile.h"

#include <stdatomic.h>
#include <string.h>

#include "protocol/builtin.h"
#include "protocol/compiler.h"

enum { UNITS_MAX = 64 };

// ---- loading -----------------------------------------------------------------------------------------------------------

static struct yaml *read_source(struct compiler *c, const struct protocol_source *source) {
    struct yaml *root = NULL;
    const char *file = compiler_text(c, slice_text(source->file ? source->file : ""));
    size_t before = c->diagnostics.count;
    if (c->nomem || yaml_read(&c->scratch, file, source->text, &c->diagnostics, &root, NULL) != STEPDOWN_OK) {
        c->nomem = true;
        return NULL;
    }
    c->unreadable |= root == NULL || c->diagnostics.count > before;
    if (root && root->kind != YAML_MAP) {
        complain(c, root, "type", "a protocol file is a map that begins with protocol:, dictionary: or overlay:");
        return NULL;
    }
    return root;
}

static int32_t unit_find(const struct compiler *c, const char *name) {
    for (size_t i = 0; i < c->d->source_count; i++) {
        if (strcmp(c->d->sources[i].name, name) == 0 && !c->d->sources[i].overlay)
            return (int32_t)i;
    }
    return NONE;
}

// A file of one of the three sorts: its header word says which.
static int32_t unit_add(struct compiler *c, const struct protocol_source *source, const char *sort) {
    bool dictionary = strcmp(sort, "dictionary") == 0, overlay = strcmp(sort, "overlay") == 0;
    struct source_def def = {.dictionary = dictionary, .overlay = overlay, .of = NONE, .name = "", .version = ""};
    struct yaml *root = read_source(c, source);
    if (!root)
        return NONE;
    const struct yaml *name = compiler_word(c, root, sort);
    const struct yaml *version = compiler_word(c, root, "version"), *subject = compiler_word(c, root, "subject");
    if (!name || !version) {
        complain(c, root, "key", name ? "version is missing" : "this file begins with %s: name", sort);
        return NONE;
    }
    if ((!overlay && unit_find(c, name->text) >= 0) || c->d->source_count == UNITS_MAX) {
        complain(c, name, "name", c->d->source_count == UNITS_MAX ? "too many files" : "\"%s\" is loaded twice",
                 name->text);
        return NONE;
    }
    def.name = compiler_text(c, yaml_slice(name));
    def.version = compiler_text(c, yaml_slice(version));
    def.title = compiler_kept_word(c, root, "title");
    def.purpose = compiler_kept_word(c, root, "protects");
    def.subject = subject ? compiler_text(c, yaml_slice(subject)) : NULL;
    if (!digest_sha256(c->digest, NULL, 0, source->text.data, source->text.size, def.hash))
        c->nomem = true;
    int32_t index = compiler_push(c, TABLE_SOURCES, &def);
    if (index >= 0)
        c->units[index] = (struct unit){.root = root, .half = root, .file = root->file, .escalate = NONE};
    return index;
}

static void read_uses(struct compiler *c, size_t index) {
    struct yaml *uses = yaml_get(c->units[index].root, "uses"), **words;
    size_t count = uses ? compiler_words(c, uses, "uses", &words) : 0;
    for (size_t i = 0; i < count && !c->nomem; i++) {
        int32_t unit = unit_find(c, words[i]->text);
        if (unit < 0) {
            struct protocol_source source =
                c->input->library.find ? c->input->library.find(c->input->library.ctx, &c->scratch, words[i]->text)
                                       : (struct protocol_source){.file = words[i]->text};
            if (!source.file) {
                c->nomem = true;
                return;
            }
            if (!source.text.data) {
                complain(c, words[i], "name", "there is no dictionary \"%s\"", words[i]->text);
                c->incomplete = true;
                continue;
            }
            unit = unit_add(c, &source, "dictionary");
        }
        if (unit >= 0 && !c->d->sources[unit].dictionary)
            complain(c, words[i], "name", "\"%s\" is a protocol; only dictionaries are used", words[i]->text);
        else if (unit >= 0 && c->units[index].use_count < USES_MAX)
            c->units[index].uses[c->units[index].use_count++] = (uint16_t)unit;
        else if (unit >= 0)
            complain(c, words[i], "name", "more than %d dictionaries", USES_MAX);
    }
}

void units_load(struct compiler *c) {
    for (size_t i = 0; i < c->input->protocol_count && !c->nomem; i++)
        (void)unit_add(c, &c->input->protocols[i], "protocol");
    for (size_t i = 0; i < c->d->source_count && !c->nomem; i++) // grows while it runs: dictionaries use dictionaries
        read_uses(c, i);
}

// Overlays become part of their protocol's tree; what remains of them is a line in the hash of the set.
static void overlays_load(struct compiler *c) {
    for (size_t i = 0; i < c->input->overlay_count && !c->nomem; i++) {
        int32_t index = unit_add(c, &c->input->overlays[i], "overlay");
        if (index < 0)
            continue;
        c->d->sources[index].of = overlay_merge(c, c->units[index].root);
        c->units[index].root = NULL;
        c->units[index].declared = true;
    }
}

// ---- halves ------------------------------------------------------------------------------------------------------------

// The sections of a file about a subject; a dictionary's are for everyone.
static struct yaml *half_of(const struct compiler *c, size_t unit, const char *subject) {
    const struct source_def *source = &c->d->sources[unit];
    if (source->dictionary || (source->subject && strcmp(source->subject, subject) == 0))
        return c->units[unit].root;
    struct yaml *half = yaml_get(yaml_get(c->units[unit].root, "also"), subject);
    return half && half->kind == YAML_MAP ? half : NULL;
}

// Bits of the halves there are, and of the one that was compiled.
struct spoken {
    uint8_t subjects, done;
};

// For whom the set is compiled, and for whom it could be.
static void halves_find(struct compiler *c, struct spoken *out) {
    c->subject = c->input->subject ? c->input->subject : c->d->sources[0].subject;
    for (size_t s = 0; s < SUBJECTS; s++) {
        if (c->subject && strcmp(c->subject, protocol_subjects[s]) == 0)
            c->d->subject = protocol_subjects[s];
        for (size_t i = 0; i < c->d->source_count; i++)
            out->subjects |=
                (uint8_t)(!c->d->sources[i].dictionary && half_of(c, i, protocol_subjects[s]) ? 1u << s : 0);
    }
    if (!c->d->subject)
        c->d->subject = protocol_subjects[0]; // the header's complaint says what is wrong
    c->subject = c->d->subject;
    for (size_t i = 0; i < c->d->source_count; i++)
        c->units[i].half = half_of(c, i, c->subject);
    c->d->subjects = out->subjects;
    for (size_t s = 0; s < SUBJECTS; s++)
        out->done |= (uint8_t)(c->subject == protocol_subjects[s] ? 1u << s : 0);
    if (c->unreadable) // one look is enough
        out->subjects = 0;
}

// ---- passes ------------------------------------------------------------------------------------------------------------

static void link_roles(struct compiler *c) {
    for (size_t i = 0; i < c->d->role_count; i++) {
        const struct yaml *if_empty =
            compiler_word(c, compiler_origin_of(c, TABLE_ROLES, (int32_t)i)->body, "if_empty");
        c->unit = c->d->roles[i].def.source;
        if (if_empty)
            c->d->roles[i].if_empty = compiler_name(c, TABLE_ROLES, if_empty, yaml_slice(if_empty), "if_empty");
    }
}

// Dictionaries come before those who use them, so that a name taken twice is seen from the side that took it last.
static void declare_after_uses(struct compiler *c, uint16_t index) {
    struct unit *unit = &c->units[index];
    if (unit->declared)
        return;
    unit->declared = true;
    for (size_t i = 0; i < unit->use_count; i++)
        declare_after_uses(c, unit->uses[i]);
    c->unit = index;
    declare_unit(c);
}

static void run_passes(struct compiler *c) {
    for (size_t i = 0; i < c->d->source_count && !c->nomem; i++)
        declare_after_uses(c, (uint16_t)i);
    static void (*const passes[])(struct compiler * c) = {
        settings_apply, link_roles,    items_shape,   forms_compile, forms_connect,    items_amounts,
        forms_suggest,  items_compile, rules_compile, gates_compile, confirms_compile, dashboards_compile};
    for (size_t i = 0; i < sizeof passes / sizeof passes[0] && !c->nomem; i++)
        passes[i](c);
}

static stepdown_status compiler_start(struct compiler *c, const struct env *env, stepdown_error **out_error) {
    c->d = env_zalloc(env, sizeof *c->d);
    if (!c->d)
        return status_nomem(env, out_error);
    c->d->env = *env;
    atomic_init(&c->d->references.value, 1);
    arena_init(&c->d->arena, &c->d->env);
    arena_init(&c->scratch, env);
    diagnostics_init(&c->diagnostics, env);
    c->bound.def = c->trigger.def = NONE;
    c->units = compiler_scratch(c, UNITS_MAX * sizeof *c->units);
    return STEPDOWN_OK;
}

// One half. Complaints go to `diagnostics`. NULL: there are some, or memory ran out.
static struct definitions *compile_half(const struct env *env, struct digest *digest, const struct compile_input *input,
                                        struct diagnostics *diagnostics, struct spoken *spoken, bool *nomem) {
    struct compiler c = {.env = env, .digest = digest, .input = input};
    size_t before = diagnostics->count;
    if (compiler_start(&c, env, NULL) != STEPDOWN_OK) {
        *nomem = true;
        return NULL;
    }
    c.diagnostics = *diagnostics;
    if (!c.nomem)
        units_load(&c);
    c.refused |= c.diagnostics.count > before;
    if (!c.nomem && c.d->source_count == 0 && !c.refused)
        complain(&c, NULL, "key", "no protocol was given");
    if (!c.nomem && c.d->source_count > 0) {
        overlays_load(&c);
        halves_find(&c, spoken);
        if (!c.incomplete) // every name of a missing dictionary would be one more problem
            run_passes(&c);
        c.refused |= c.diagnostics.count > before;
        if (!c.nomem && !c.refused)
            finish(&c);
        if (!c.nomem && !c.refused)
            lint(&c);
    }
    c.refused |= c.diagnostics.count > before;
    *diagnostics = c.diagnostics;
    *nomem |= c.nomem || c.diagnostics.failed_alloc;
    arena_free(&c.scratch);
    if (*nomem || c.refused)
        definitions_release(&c.d);
    return c.d;
}

static stepdown_status report(const struct env *env, struct diagnostics *diagnostics, bool nomem, stepdown_error **o) {
    stepdown_status status = nomem ? status_nomem(env, o) : diagnostics_report(diagnostics, o, STEPDOWN_PROTOCOL);
    diagnostics_clear(diagnostics);
    return status;
}

stepdown_status protocol_compile(const struct env *env, struct digest *digest, const struct compile_input *input,
                                 struct definitions **out, stepdown_error **out_error) {
    struct diagnostics diagnostics;
    struct spoken spoken = {0};
    bool nomem = false;
    diagnostics_init(&diagnostics, env);
    struct definitions *d = compile_half(env, digest, input, &diagnostics, &spoken, &nomem);
    stepdown_status status = report(env, &diagnostics, nomem, out_error);
    if (status == STEPDOWN_OK)
        *out = d;
    return status;
}

stepdown_status protocol_compile_halves(const struct env *env, struct digest *digest, const struct compile_input *input,
                                        struct halves *out, stepdown_error **out_error) {
    struct diagnostics diagnostics;
    struct compile_input half = *input;
    struct spoken spoken = {0};
    bool nomem = false;
    *out = (struct halves){.count = 0};
    diagnostics_init(&diagnostics, env);
    struct definitions *d = compile_half(env, digest, input, &diagnostics, &spoken, &nomem);
    for (size_t s = 0; s <= SUBJECTS && !nomem; s++) {
        if (d)
            out->list[out->count++] = d;
        d = NULL;
        if (s == SUBJECTS || (spoken.subjects & ~spoken.done & 1u << s) == 0)
            continue;
        half.subject = protocol_subjects[s];
        d = compile_half(env, digest, &half, &diagnostics, &spoken, &nomem);
    }
    stepdown_status status = report(env, &diagnostics, nomem, out_error);
    if (status != STEPDOWN_OK)
        halves_release(out);
    return status;
}

void halves_release(struct halves *halves) {
    while (halves->count > 0)
        definitions_release(&halves->list[--halves->count]);
}

stepdown_status protocol_identify(const struct env *env, const struct protocol_source *source, struct arena *arena,
                                  const char **name, const char **version, stepdown_error **out_error) {
    static const char *const words[] = {"protocol", "dictionary", "overlay"};
    struct diagnostics diagnostics;
    struct yaml *root = NULL;
    diagnostics_init(&diagnostics, env);
    stepdown_status status =
        yaml_read(arena, source->file ? source->file : "", source->text, &diagnostics, &root, out_error);
    diagnostics_clear(&diagnostics);
    if (status != STEPDOWN_OK)
        return status;
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        const struct yaml *found = yaml_get(root, words[i]), *number = yaml_get(root, "version");
        if (!found || found->kind != YAML_SCALAR || !number || number->kind != YAML_SCALAR)
            continue;
        *name = found->text;
        *version = number->text;
        return STEPDOWN_OK;
    }
    return status_fail(
        env, out_error, STEPDOWN_INVALID,
        "%s has no name and version: it begins with protocol: and version:", source->file ? source->file : "the file");
}

// ---- the shipped files ---------------------------------------------------------------------------------------------------

static struct protocol_source find_builtin(void *ctx, struct arena *arena, const char *name) {
    const struct builtin_protocol *file = builtin_find(name);
    struct protocol_source source = {.file = name};
    (void)ctx;
    if (file && !builtin_text(file, arena, &source.text))
        source.file = NULL;
    return source;
}

struct protocol_library protocol_library_builtin(void) {
    return (struct protocol_library){NULL, find_builtin};
}
