// SPDX-License-Identifier: Apache-2.0
// YAML to compiled definitions: reading with positions, merging overlays, checking (V1-V8 and the rest of lint),
// resolving names and paths, sorting triggers. Every problem is a positioned diagnostic; nothing is guessed.
// May call: yaml reader, lifecycle, record, base.
#ifndef PROTOCOL_COMPILE_H
#define PROTOCOL_COMPILE_H

#include "base/digest.h"
#include "protocol/definitions.h"

// One file as handed in. `text` is UTF-8 YAML, at most PROTOCOL_SOURCE_MAX bytes.
enum { PROTOCOL_SOURCE_MAX = 1024 * 1024 };
struct protocol_source {
    const char *file; // for diagnostics
    stepdown_slice text;
};
struct protocol_setting { // parameter set by an organization: "PAR-01" or the parameter's name, value as in a file
    const char *parameter;
    const char *value;
};
// Where dictionaries and protocols named in `uses:` come from: the built-in ones, or the host's. NULL text: unknown;
// NULL file: out of memory. The text may stand in the arena.
struct protocol_library {
    void *ctx;
    struct protocol_source (*find)(void *ctx, struct arena *arena, const char *name);
};
struct protocol_library protocol_library_builtin(void);

// `subject`: the half that is wanted; NULL: that of the first protocol's own subject.
struct compile_input {
    const char *subject;
    const struct protocol_source *protocols;
    size_t protocol_count;
    const struct protocol_source *overlays;
    size_t overlay_count;
    const struct protocol_setting *settings;
    size_t setting_count;
    bool settings_elsewhere; // a setting that nobody here knows is another protocol's: passed over
    struct protocol_library library;
};
// On refusal: PROTOCOL with all diagnostics in the error. Not yet bound to symbols.
stepdown_status protocol_compile(const struct env *env, struct digest *digest, const struct compile_input *input,
                                 struct definitions **out, stepdown_error **out_error);

// Every half there is: the first protocol's own subject first, then each other that a protocol of the set has sections for.
// The problems of all of them are reported together.
struct halves {
    struct definitions *list[SUBJECTS];
    size_t count;
};
stepdown_status protocol_compile_halves(const struct env *env, struct digest *digest, const struct compile_input *input,
                                        struct halves *out, stepdown_error **out_error);
void halves_release(struct halves *halves);

// Is this text an overlay (its first key is `overlay`)?
bool protocol_is_overlay(stepdown_slice text);
bool protocol_is_dictionary(stepdown_slice text);

// Header of a file without compiling it: name and version, for storing sources. INVALID when it has none.
stepdown_status protocol_identify(const struct env *env, const struct protocol_source *source, struct arena *arena,
                                  const char **name, const char **version, stepdown_error **out_error);

// Views of all halves. `draw`: Graphviz dot of triggers, items, gates and escalations. `show`: readable summary with
// row ids.
void protocol_draw(const struct halves *halves, struct buffer *out);
void protocol_show(const struct halves *halves, struct buffer *out);

#endif
