// SPDX-License-Identifier: Apache-2.0
// Definition sets in the store: putting protocols in force (sources, symbols, set rows, active rows, in one commit) and
// getting a set back, compiled from the stored sources, for as long as a pathway cites it. Symbols are symbols.c's.
#include "engine/sets.h"

#include <string.h>

#include "record/cbor.h"

enum { SOURCE_CHUNK = 60000 };

// ---- writing ---------------------------------------------------------------------------------------------------------

static stepdown_status put_source(struct engine *e, stepdown_slice text, uint8_t hash[DIGEST_SIZE],
                                  stepdown_error **o) {
    if (!digest_sha256(e->digest, NULL, 0, text.data, text.size, hash)) {
        return status_fail(&e->env, o, STEPDOWN_INTERNAL, "the digest provider failed");
    }
    stepdown_status status = STEPDOWN_OK;
    size_t at = 0;
    for (uint16_t chunk = 0; status == STEPDOWN_OK && (at < text.size || chunk == 0); chunk++) {
        size_t size = text.size - at < SOURCE_CHUNK ? text.size - at : SOURCE_CHUNK;
        struct key key;
        key_source(&key, hash, chunk);
        status = transaction_put(&e->transaction, key_slice(&key), slice_of(text.data + at, size), o);
        at += size;
    }
    return status;
}

static stepdown_status put_sources(struct engine *e, struct buffer *row, const struct protocol_source *sources,
                                   size_t count, stepdown_error **o) {
    cbor_write_array(row, count);
    stepdown_status status = STEPDOWN_OK;
    for (size_t i = 0; i < count && status == STEPDOWN_OK; i++) {
        uint8_t hash[DIGEST_SIZE];
        status = put_source(e, sources[i].text, hash, o);
        cbor_write_array(row, 2);
        cbor_write_text(row, slice_text(sources[i].file));
        cbor_write_bytes(row, hash, sizeof hash);
    }
    return status;
}

// The dictionaries that the set uses, found by name where the compiler found them.
static stepdown_status put_dictionaries(struct engine *e, const struct compile_input *input,
                                        const struct definitions *defs, struct arena *arena, stepdown_error **o) {
    size_t count = 0;
    for (size_t i = 0; i < defs->source_count; i++) {
        count += defs->sources[i].dictionary;
    }
    struct protocol_source *found = arena_alloc(arena, (count + 1) * sizeof *found);
    if (found == NULL) {
        return status_nomem(&e->env, o);
    }
    count = 0;
    for (size_t i = 0; i < defs->source_count; i++) {
        const struct source_def *source = &defs->sources[i];
        if (!source->dictionary) {
            continue;
        }
        found[count] = input->library.find(input->library.ctx, arena, source->name);
        if (found[count].file == NULL) {
            return status_nomem(&e->env, o);
        }
        found[count].file = source->name;
        if (found[count].text.data == NULL) {
            return status_fail(&e->env, o, STEPDOWN_NOT_FOUND, "the dictionary %s is gone", source->name);
        }
        count++;
    }
    return put_sources(e, &e->bytes, found, count, o);
}

stepdown_status set_put(struct engine *e, const struct compile_input *input, const struct definitions *defs,
                        struct arena *arena, stepdown_error **o) {
    struct buffer *row = &e->bytes;
    buffer_clear(row);
    cbor_write_array(row, 5);
    cbor_write_text(row, slice_text(defs->subject));
    stepdown_status status = put_sources(e, row, input->protocols, input->protocol_count, o);
    if (status == STEPDOWN_OK) {
        status = put_sources(e, row, input->overlays, input->overlay_count, o);
    }
    cbor_write_array(row, input->setting_count);
    for (size_t i = 0; i < input->setting_count; i++) {
        cbor_write_array(row, 2);
        cbor_write_text(row, slice_text(input->settings[i].parameter));
        cbor_write_text(row, slice_text(input->settings[i].value));
    }
    if (status == STEPDOWN_OK) {
        status = put_dictionaries(e, input, defs, arena, o);
    }
    if (status != STEPDOWN_OK) {
        return status;
    }
    if (row->failed) {
        return status_nomem(&e->env, o);
    }
    struct key key;
    key_definition_set(&key, defs->hash);
    return transaction_put(&e->transaction, key_slice(&key), slice_of(row->data, row->size), o);
}

// ---- putting in force ------------------------------------------------------------------------------------------------

// Every protocol that was handed in is in force by itself, in the half of its own subject; the others are put together
// from it when they are needed: a pathway is opened under the one or the several that it
// needs. They are compiled together first, so that every problem of any of them is found.
struct activation {
    stepdown_slice organization; // empty: everyone
    struct halves all;
    struct compile_input *inputs; // one for each protocol
    struct definitions **sets;
    size_t count;
    struct arena *arena;
};

static stepdown_status put_all(struct engine *e, void *ctx, stepdown_error **o) {
    struct activation *a = ctx;
    stepdown_status status = symbols_put(e, &a->all, a->arena, o);
    for (size_t i = 0; i < a->count && status == STEPDOWN_OK; i++) {
        struct key key;
        status = set_put(e, &a->inputs[i], a->sets[i], a->arena, o);
        if (status == STEPDOWN_OK) {
            key_active(&key, slice_text(a->sets[i]->sources[0].name), a->organization);
            status = transaction_put(&e->transaction, key_slice(&key), slice_of(a->sets[i]->hash, DIGEST_SIZE), o);
        }
    }
    return status;
}

// The part of the input that is about its protocol number `index`. Overlays stand last among the sources, in their order.
static stepdown_status single_out(struct engine *e, const struct compile_input *input, size_t index,
                                  struct activation *a, stepdown_error **o) {
    struct compile_input *single = &a->inputs[index];
    struct protocol_source *overlays = arena_alloc(a->arena, (input->overlay_count + 1) * sizeof *overlays);
    if (overlays == NULL) {
        return status_nomem(&e->env, o);
    }
    *single = *input;
    single->protocols = &input->protocols[index];
    single->protocol_count = 1;
    single->overlays = overlays;
    single->overlay_count = 0;
    single->settings_elsewhere = true;
    const struct definitions *all = a->all.list[0];
    for (size_t i = 0, overlay = 0; i < all->source_count; i++) {
        const struct source_def *source = &all->sources[i];
        if (!source->overlay) {
            continue;
        }
        if (source->of == (int32_t)index) {
            overlays[single->overlay_count++] = input->overlays[overlay];
        }
        overlay++;
    }
    return protocol_compile(&e->env, e->digest, single, &a->sets[index], o);
}

stepdown_status engine_activate(struct engine *e, const struct compile_input *input, stepdown_slice organization,
                                stepdown_error **o) {
    struct arena arena;
    arena_init(&arena, &e->env);
    struct activation a = {.organization = organization, .arena = &arena};
    stepdown_status status =
        organization.size > 0 ? engine_check_name(e, organization, "the organization", o) : STEPDOWN_OK;
    if (status == STEPDOWN_OK) {
        status = protocol_compile_halves(&e->env, e->digest, input, &a.all, o);
    }
    a.inputs = arena_zalloc(&arena, (input->protocol_count + 1) * sizeof *a.inputs);
    a.sets = arena_zalloc(&arena, (input->protocol_count + 1) * sizeof(struct definitions *));
    if (status == STEPDOWN_OK && (a.inputs == NULL || a.sets == NULL)) {
        status = status_nomem(&e->env, o);
    }
    for (size_t i = 0; i < input->protocol_count && status == STEPDOWN_OK; i++) {
        status = single_out(e, input, i, &a, o);
        a.count = i + 1;
    }
    if (status == STEPDOWN_OK) {
        status = engine_change_settings(e, put_all, &a, o);
    }
    for (size_t i = 0; i < a.count; i++) {
        definitions_release(&a.sets[i]);
    }
    halves_release(&a.all);
    arena_free(&arena);
    return status;
}

// ---- reading ---------------------------------------------------------------------------------------------------------

static struct protocol_source find_stored(void *ctx, struct arena *arena, const char *name) {
    struct stored_set *set = ctx;
    (void)arena;
    for (size_t i = 0; i < set->dictionary_count; i++) {
        if (strcmp(set->dictionaries[i].file, name) == 0) {
            return set->dictionaries[i];
        }
    }
    return (struct protocol_source){.file = name};
}

static stepdown_status read_source(struct stored_set *set, stepdown_slice hash, stepdown_slice *out,
                                   stepdown_error **o) {
    struct engine *e = set->e;
    struct buffer text;
    buffer_init(&text, &e->env);
    stepdown_status status = STEPDOWN_OK;
    for (uint16_t chunk = 0;; chunk++) {
        struct key key;
        key_source(&key, hash.data, chunk);
        stepdown_slice slice = key_slice(&key);
        struct row row;
        status = transaction_get(&e->transaction, &slice, 1, set->arena, &row, o);
        if (status != STEPDOWN_OK || !row.present) {
            break;
        }
        buffer_append(&text, row.value.data, row.value.size);
        if (row.value.size < SOURCE_CHUNK) {
            break;
        }
    }
    uint8_t actual[DIGEST_SIZE];
    if (status == STEPDOWN_OK && (text.failed || !arena_slice(set->arena, slice_of(text.data, text.size), out))) {
        status = status_nomem(&e->env, o);
    }
    if (status == STEPDOWN_OK && (!digest_sha256(e->digest, NULL, 0, out->data, out->size, actual) ||
                                  memcmp(actual, hash.data, DIGEST_SIZE) != 0)) {
        status = status_fail(&e->env, o, STEPDOWN_CORRUPT, "the source of a protocol in force does not fit its hash");
    }
    buffer_free(&text);
    return status;
}

static stepdown_status corrupt_set(struct engine *e, stepdown_error **o) {
    return status_fail(&e->env, o, STEPDOWN_CORRUPT, "a definition set of the store cannot be read");
}

static stepdown_status read_sources(struct stored_set *set, struct cbor_reader *r, struct protocol_source **out,
                                    size_t *out_count, stepdown_error **o) {
    size_t count;
    if (!cbor_read_array(r, &count)) {
        return corrupt_set(set->e, o);
    }
    struct protocol_source *sources = arena_zalloc(set->arena, (count + 1) * sizeof *sources);
    if (sources == NULL) {
        return status_nomem(&set->e->env, o);
    }
    for (size_t i = 0; i < count; i++) {
        size_t two;
        stepdown_slice file, hash;
        if (!cbor_read_array(r, &two) || two != 2 || !cbor_read_text(r, &file) || !cbor_read_bytes(r, &hash) ||
            hash.size != DIGEST_SIZE) {
            return corrupt_set(set->e, o);
        }
        sources[i].file = arena_text(set->arena, (const char *)file.data, file.size);
        stepdown_status status =
            sources[i].file == NULL ? status_nomem(&set->e->env, o) : read_source(set, hash, &sources[i].text, o);
        if (status != STEPDOWN_OK) {
            return status;
        }
    }
    *out = sources;
    *out_count = count;
    return STEPDOWN_OK;
}

static stepdown_status read_settings(struct stored_set *set, struct cbor_reader *r, stepdown_error **o) {
    size_t count;
    if (!cbor_read_array(r, &count)) {
        return corrupt_set(set->e, o);
    }
    struct protocol_setting *settings = arena_zalloc(set->arena, (count + 1) * sizeof *settings);
    if (settings == NULL) {
        return status_nomem(&set->e->env, o);
    }
    for (size_t i = 0; i < count; i++) {
        size_t two;
        stepdown_slice parameter, value;
        if (!cbor_read_array(r, &two) || two != 2 || !cbor_read_text(r, &parameter) || !cbor_read_text(r, &value)) {
            return corrupt_set(set->e, o);
        }
        settings[i].parameter = arena_text(set->arena, (const char *)parameter.data, parameter.size);
        settings[i].value = arena_text(set->arena, (const char *)value.data, value.size);
        if (settings[i].parameter == NULL || settings[i].value == NULL) {
            return status_nomem(&set->e->env, o);
        }
    }
    set->input.settings = settings;
    set->input.setting_count = count;
    return STEPDOWN_OK;
}

void set_library(struct stored_set *set) {
    set->input.library = (struct protocol_library){.ctx = set, .find = find_stored};
    set->input.settings_elsewhere = true; // they were checked when they were set
}

static stepdown_status read_set(struct stored_set *set, stepdown_slice row, stepdown_error **o) {
    struct cbor_reader r;
    cbor_reader_init(&r, row);
    size_t five, count;
    stepdown_slice subject;
    struct protocol_source *sources;
    if (!cbor_read_array(&r, &five) || five != 5 || !cbor_read_text(&r, &subject)) {
        return corrupt_set(set->e, o);
    }
    set->input.subject = arena_text(set->arena, (const char *)subject.data, subject.size);
    if (set->input.subject == NULL) {
        return status_nomem(&set->e->env, o);
    }
    stepdown_status status = read_sources(set, &r, &sources, &count, o);
    if (status == STEPDOWN_OK) {
        set->input.protocols = sources;
        set->input.protocol_count = count;
        status = read_sources(set, &r, &sources, &count, o);
    }
    if (status == STEPDOWN_OK) {
        set->input.overlays = sources;
        set->input.overlay_count = count;
        status = read_settings(set, &r, o);
    }
    if (status == STEPDOWN_OK) {
        status = read_sources(set, &r, &set->dictionaries, &set->dictionary_count, o);
    }
    set_library(set);
    return status;
}

stepdown_status set_read(struct stored_set *set, const uint8_t hash[DIGEST_SIZE], stepdown_error **o) {
    struct key key;
    key_definition_set(&key, hash);
    stepdown_slice slice = key_slice(&key);
    struct row row;
    stepdown_status status = transaction_get(&set->e->transaction, &slice, 1, set->arena, &row, o);
    if (status == STEPDOWN_OK && !row.present) {
        status = status_fail(&set->e->env, o, STEPDOWN_CORRUPT, "the store lacks a definition set that is cited");
    }
    return status == STEPDOWN_OK ? read_set(set, row.value, o) : status;
}

stepdown_status set_compile(struct stored_set *set, struct definitions **out, stepdown_error **o) {
    struct definitions *d = NULL;
    stepdown_status status = protocol_compile(&set->e->env, set->e->digest, &set->input, &d, o);
    if (status == STEPDOWN_OK) {
        status = symbols_bind(set->e, set->arena, d, o);
    }
    if (status != STEPDOWN_OK) {
        definitions_release(&d);
        return status;
    }
    *out = d;
    return STEPDOWN_OK;
}

static struct definitions *kept(const struct engine *e, const uint8_t hash[DIGEST_SIZE]) {
    for (struct definitions_entry *entry = e->definitions; entry != NULL; entry = entry->next) {
        if (memcmp(entry->defs->hash, hash, DIGEST_SIZE) == 0) {
            return entry->defs;
        }
    }
    return NULL;
}

stepdown_status set_keep(struct engine *e, struct definitions **defs, stepdown_error **o) {
    struct definitions *known = kept(e, (*defs)->hash);
    if (known != NULL) {
        definitions_release(defs);
        *defs = known;
        return STEPDOWN_OK;
    }
    struct definitions_entry *entry = env_zalloc(&e->env, sizeof *entry);
    if (entry == NULL) {
        definitions_release(defs);
        return status_nomem(&e->env, o);
    }
    *entry = (struct definitions_entry){.defs = *defs, .next = e->definitions};
    e->definitions = entry;
    return STEPDOWN_OK;
}

stepdown_status engine_definitions(struct engine *e, const uint8_t hash[DIGEST_SIZE], struct definitions **out,
                                   stepdown_error **o) {
    struct definitions *defs = kept(e, hash);
    if (defs != NULL) {
        *out = defs;
        return STEPDOWN_OK;
    }
    struct arena arena;
    arena_init(&arena, &e->env);
    struct stored_set set = {.e = e, .arena = &arena};
    stepdown_status status = set_read(&set, hash, o);
    if (status == STEPDOWN_OK) {
        status = set_compile(&set, &defs, o);
    }
    if (status == STEPDOWN_OK && memcmp(defs->hash, hash, DIGEST_SIZE) != 0) {
        definitions_release(&defs);
        status = status_fail(&e->env, o, STEPDOWN_CORRUPT, "a definition set does not fit its hash");
    }
    if (status == STEPDOWN_OK) {
        status = set_keep(e, &defs, o);
    }
    arena_free(&arena);
    if (status == STEPDOWN_OK) {
        *out = defs;
    }
    return status;
}
