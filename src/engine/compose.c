// SPDX-License-Identifier: Apache-2.0
// Several protocols as one definition set: the sources of the sets that are in force, laid together, each dictionary
// once, and compiled. What was put together before is remembered; the store gets the row of the new set in the same
// commit as the record that first cites it.
#include "engine/sets.h"

#include <string.h>

enum { COMPOSED_MAX = 32 }; // protocols of one set

struct composed_entry {
    uint8_t parts[DIGEST_SIZE]; // digest of the hashes of the sets it was made of, in their order
    struct definitions *defs;   // borrowed: the engine keeps it
    struct composed_entry *next;
};

void composed_free(struct engine *e) {
    while (e->composed != NULL) {
        struct composed_entry *gone = e->composed;
        e->composed = gone->next;
        env_free(&e->env, gone);
    }
}

// ---- laying together -------------------------------------------------------------------------------------------------

// A growing list in the arena; `count` places are enough for all parts.
static bool room(struct stored_set *set, size_t protocols, size_t overlays, size_t settings, size_t dictionaries) {
    struct protocol_source *p = arena_zalloc(set->arena, (protocols + 1) * sizeof *p);
    struct protocol_source *o = arena_zalloc(set->arena, (overlays + 1) * sizeof *o);
    struct protocol_setting *s = arena_zalloc(set->arena, (settings + 1) * sizeof *s);
    struct protocol_source *d = arena_zalloc(set->arena, (dictionaries + 1) * sizeof *d);
    set->input.protocols = p;
    set->input.overlays = o;
    set->input.settings = s;
    set->dictionaries = d;
    return p != NULL && o != NULL && s != NULL && d != NULL;
}

static bool same_text(stepdown_slice a, stepdown_slice b) {
    return a.size == b.size && (a.size == 0 || memcmp(a.data, b.data, a.size) == 0);
}

static stepdown_status add_settings(struct stored_set *all, const struct stored_set *part, stepdown_error **o) {
    struct protocol_setting *settings = (struct protocol_setting *)(uintptr_t)all->input.settings;
    for (size_t i = 0; i < part->input.setting_count; i++) {
        const struct protocol_setting *more = &part->input.settings[i];
        bool known = false;
        for (size_t k = 0; k < all->input.setting_count && !known; k++) {
            known = strcmp(settings[k].parameter, more->parameter) == 0;
            if (known && strcmp(settings[k].value, more->value) != 0) {
                stepdown_status status =
                    status_fail(&all->e->env, o, STEPDOWN_INVALID,
                                "%s was set to %s for one of the protocols and to %s for another; put them in force "
                                "again together",
                                more->parameter, settings[k].value, more->value);
                status_detail(o, "parameter", "%s", more->parameter);
                return status;
            }
        }
        if (!known) {
            settings[all->input.setting_count++] = *more;
        }
    }
    return STEPDOWN_OK;
}

static stepdown_status add_dictionaries(struct stored_set *all, const struct stored_set *part, stepdown_error **o) {
    for (size_t i = 0; i < part->dictionary_count; i++) {
        const struct protocol_source *more = &part->dictionaries[i];
        bool known = false;
        for (size_t k = 0; k < all->dictionary_count && !known; k++) {
            known = strcmp(all->dictionaries[k].file, more->file) == 0;
            if (known && !same_text(all->dictionaries[k].text, more->text)) {
                stepdown_status status =
                    status_fail(&all->e->env, o, STEPDOWN_INVALID,
                                "the protocols were put in force with different versions of the dictionary %s; put "
                                "them in force again together, and migrate what is running",
                                more->file);
                status_detail(o, "dictionary", "%s", more->file);
                return status;
            }
        }
        if (!known) {
            all->dictionaries[all->dictionary_count++] = *more;
        }
    }
    return STEPDOWN_OK;
}

static stepdown_status add_part(struct stored_set *all, const struct stored_set *part, stepdown_error **o) {
    struct protocol_source *protocols = (struct protocol_source *)(uintptr_t)all->input.protocols;
    struct protocol_source *overlays = (struct protocol_source *)(uintptr_t)all->input.overlays;
    for (size_t i = 0; i < part->input.protocol_count; i++) {
        protocols[all->input.protocol_count++] = part->input.protocols[i];
    }
    for (size_t i = 0; i < part->input.overlay_count; i++) {
        overlays[all->input.overlay_count++] = part->input.overlays[i];
    }
    stepdown_status status = add_settings(all, part, o);
    return status == STEPDOWN_OK ? add_dictionaries(all, part, o) : status;
}

static stepdown_status lay_together(struct stored_set *all, const uint8_t (*hashes)[DIGEST_SIZE], size_t count,
                                    stepdown_error **o) {
    struct stored_set parts[COMPOSED_MAX];
    size_t protocols = 0, overlays = 0, settings = 0, dictionaries = 0;
    stepdown_status status = STEPDOWN_OK;
    for (size_t i = 0; i < count && status == STEPDOWN_OK; i++) {
        parts[i] = (struct stored_set){.e = all->e, .arena = all->arena};
        status = set_read(&parts[i], hashes[i], o);
        protocols += parts[i].input.protocol_count;
        overlays += parts[i].input.overlay_count;
        settings += parts[i].input.setting_count;
        dictionaries += parts[i].dictionary_count;
    }
    if (status == STEPDOWN_OK && !room(all, protocols, overlays, settings, dictionaries)) {
        status = status_nomem(&all->e->env, o);
    }
    for (size_t i = 0; i < count && status == STEPDOWN_OK; i++) {
        status = add_part(all, &parts[i], o);
    }
    set_library(all);
    return status;
}

// ---- one set -----------------------------------------------------------------------------------------------------------

static stepdown_status is_stored(struct engine *e, const uint8_t hash[DIGEST_SIZE], bool *stored, stepdown_error **o) {
    struct key key;
    struct row row = {.present = false};
    key_definition_set(&key, hash);
    stepdown_slice slice = key_slice(&key);
    stepdown_status status = transaction_get(&e->transaction, &slice, 1, &e->arena, &row, o);
    *stored = row.present;
    return status;
}

static stepdown_status make(struct engine *e, const uint8_t (*hashes)[DIGEST_SIZE], size_t count, const char *subject,
                            struct definitions **out, stepdown_error **o) {
    struct arena arena;
    arena_init(&arena, &e->env);
    struct stored_set all = {.e = e, .arena = &arena};
    struct definitions *defs = NULL;
    bool stored = false;
    stepdown_status status = lay_together(&all, hashes, count, o);
    all.input.subject = subject;
    if (status == STEPDOWN_OK) {
        status = set_compile(&all, &defs, o);
    }
    if (status == STEPDOWN_OK) {
        status = is_stored(e, defs->hash, &stored, o);
    }
    if (status == STEPDOWN_OK && !stored) {
        status = set_put(e, &all.input, defs, &arena, o);
    }
    if (status == STEPDOWN_OK) {
        status = set_keep(e, &defs, o);
    } else {
        definitions_release(&defs);
    }
    arena_free(&arena);
    if (status == STEPDOWN_OK) {
        *out = defs;
    }
    return status;
}

static stepdown_status compose(struct engine *e, const uint8_t (*hashes)[DIGEST_SIZE], size_t count,
                               const char *subject, struct definitions **out, stepdown_error **o) {
    uint8_t parts[DIGEST_SIZE];
    bool stored = false;
    if (!digest_sha256(e->digest, subject, strlen(subject), hashes, count * DIGEST_SIZE, parts)) {
        return status_fail(&e->env, o, STEPDOWN_INTERNAL, "the digest provider failed");
    }
    struct composed_entry *known = e->composed;
    while (known != NULL && memcmp(known->parts, parts, DIGEST_SIZE) != 0) {
        known = known->next;
    }
    stepdown_status status = known != NULL ? is_stored(e, known->defs->hash, &stored, o) : STEPDOWN_OK;
    if (status != STEPDOWN_OK || stored) {
        *out = stored ? known->defs : *out;
        return status;
    }
    struct composed_entry *entry = known == NULL ? env_zalloc(&e->env, sizeof *entry) : known;
    if (entry == NULL) {
        return status_nomem(&e->env, o);
    }
    status = make(e, hashes, count, subject, &entry->defs, o);
    if (status != STEPDOWN_OK) {
        if (known == NULL) {
            env_free(&e->env, entry);
        }
        return status;
    }
    if (known == NULL) {
        memcpy(entry->parts, parts, DIGEST_SIZE);
        entry->next = e->composed;
        e->composed = entry;
    }
    *out = entry->defs;
    return STEPDOWN_OK;
}

// ---- what is in force ----------------------------------------------------------------------------------------------------

static stepdown_status active_hash(struct engine *e, stepdown_slice organization, stepdown_slice protocol,
                                   uint8_t hash[DIGEST_SIZE], stepdown_error **o) {
    struct key keys[2];
    stepdown_slice slices[2];
    struct row rows[2];
    if (protocol.size == 0 || protocol.size > ENGINE_NAME_MAX) {
        return status_fail(&e->env, o, STEPDOWN_INVALID, "a protocol's name has 1 to %d bytes", ENGINE_NAME_MAX);
    }
    key_active(&keys[0], protocol, organization);
    key_active(&keys[1], protocol, slice_of(NULL, 0));
    slices[0] = key_slice(&keys[0]);
    slices[1] = key_slice(&keys[1]);
    stepdown_status status = transaction_get(&e->transaction, slices, 2, &e->arena, rows, o);
    if (status != STEPDOWN_OK) {
        return status;
    }
    const struct row *row = rows[0].present ? &rows[0] : &rows[1];
    if (!row->present || row->value.size != DIGEST_SIZE) {
        status = status_fail(&e->env, o, STEPDOWN_NOT_FOUND, "the protocol %.*s is not in force in this store",
                             (int)protocol.size, (const char *)protocol.data);
        status_detail(o, "protocol", "%.*s", (int)protocol.size, (const char *)protocol.data);
        return status;
    }
    memcpy(hash, row->value.data, DIGEST_SIZE);
    return STEPDOWN_OK;
}

static bool is_protocol(const struct definitions *defs, stepdown_slice name) {
    int32_t source = defs != NULL ? definitions_source(defs, name) : NAME_UNKNOWN;
    return source >= 0 && !defs->sources[source].dictionary;
}

// The subject that is wanted, or the first protocol's own. Each of them must have something to say of it.
static stepdown_status choose_subject(struct engine *e, const uint8_t (*hashes)[DIGEST_SIZE], size_t count,
                                      stepdown_slice wanted, struct definitions **first, const char **out,
                                      stepdown_error **o) {
    stepdown_status status = engine_definitions(e, hashes[0], first, o);
    if (status != STEPDOWN_OK) {
        return status;
    }
    wanted = wanted.size > 0 ? wanted : slice_text((*first)->sources[0].subject);
    size_t subject = 0;
    while (subject < SUBJECTS && !slice_is(wanted, protocol_subjects[subject])) {
        subject++;
    }
    for (size_t i = 0; i < count && status == STEPDOWN_OK; i++) {
        struct definitions *defs = *first;
        status = i > 0 ? engine_definitions(e, hashes[i], &defs, o) : STEPDOWN_OK;
        if (status == STEPDOWN_OK && (subject == SUBJECTS || (defs->subjects >> subject & 1) == 0)) {
            status = status_fail(&e->env, o, STEPDOWN_INVALID, "subject_kind: the protocol %s says nothing of a %.*s",
                                 defs->sources[0].name, (int)wanted.size, (const char *)wanted.data);
        }
    }
    *out = status == STEPDOWN_OK ? protocol_subjects[subject] : NULL;
    return status;
}

stepdown_status engine_active(struct engine *e, stepdown_slice organization, const struct definitions *base,
                              const stepdown_slice *protocols, size_t count, stepdown_slice subject,
                              struct definitions **out, stepdown_error **o) {
    uint8_t hashes[COMPOSED_MAX + 1][DIGEST_SIZE];
    size_t used = 0;
    if (count > COMPOSED_MAX - 1) {
        return status_fail(&e->env, o, STEPDOWN_LIMIT, "a pathway has at most %d protocols", COMPOSED_MAX - 1);
    }
    if (base != NULL) {
        subject = slice_text(base->subject);
        memcpy(hashes[used++], base->hash, DIGEST_SIZE);
    }
    stepdown_status status = STEPDOWN_OK;
    for (size_t i = 0; i < count && status == STEPDOWN_OK; i++) {
        bool twice = is_protocol(base, protocols[i]);
        for (size_t k = 0; k < i && !twice; k++) {
            twice = slice_equal(protocols[k], protocols[i]);
        }
        status = twice ? status_fail(&e->env, o, STEPDOWN_EXISTS, "the pathway has the protocol %.*s already",
                                     (int)protocols[i].size, (const char *)protocols[i].data)
                       : active_hash(e, organization, protocols[i], hashes[used++], o);
    }
    struct definitions *first = NULL;
    const char *kind = NULL;
    if (status == STEPDOWN_OK) {
        status = choose_subject(e, (const uint8_t(*)[DIGEST_SIZE])hashes, used, subject, &first, &kind, o);
    }
    if (status == STEPDOWN_OK && used == 1 && strcmp(first->subject, kind) == 0) {
        *out = first;
        return STEPDOWN_OK;
    }
    return status == STEPDOWN_OK ? compose(e, (const uint8_t(*)[DIGEST_SIZE])hashes, used, kind, out, o) : status;
}

stepdown_status engine_renewed(struct engine *e, stepdown_slice organization, const struct definitions *base,
                               struct definitions **out, stepdown_error **o) {
    stepdown_slice names[COMPOSED_MAX];
    size_t count = 0;
    for (size_t i = 0; i < base->source_count && count < COMPOSED_MAX; i++) {
        if (!base->sources[i].dictionary && !base->sources[i].overlay) {
            names[count++] = slice_text(base->sources[i].name);
        }
    }
    return engine_active(e, organization, NULL, names, count, slice_text(base->subject), out, o);
}
