// SPDX-License-Identifier: Apache-2.0
// Definition sets in the store: putting one in force (sources, symbols, the set row, the active row, in one commit) and
// getting it back, compiled from the stored sources, for as long as a pathway cites it.
#include "engine/engine.h"

#include <string.h>

#include "record/cbor.h"

enum { SOURCE_CHUNK = 60000 };

// ---- writing ---------------------------------------------------------------------------------------------------------

struct activation {
    const struct compile_input *input;
    struct definitions *defs;
    struct buffer *row;
    struct arena *arena;
};

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
static stepdown_status put_dictionaries(struct engine *e, const struct activation *a, stepdown_error **o) {
    size_t count = 0;
    for (size_t i = 0; i < a->defs->source_count; i++) {
        count += a->defs->sources[i].dictionary;
    }
    struct protocol_source *found = arena_alloc(a->arena, (count + 1) * sizeof *found);
    if (found == NULL) {
        return status_nomem(&e->env, o);
    }
    count = 0;
    for (size_t i = 0; i < a->defs->source_count; i++) {
        const struct source_def *source = &a->defs->sources[i];
        if (!source->dictionary) {
            continue;
        }
        found[count] = a->input->library.find(a->input->library.ctx, source->name);
        found[count].file = source->name;
        if (found[count].text.data == NULL) {
            return status_fail(&e->env, o, STEPDOWN_NOT_FOUND, "the dictionary %s is gone", source->name);
        }
        count++;
    }
    return put_sources(e, a->row, found, count, o);
}

static stepdown_status put_symbols(struct engine *e, const struct activation *a, stepdown_error **o) {
    const struct definitions *d = a->defs;
    size_t count = d->name_count;
    struct key *keys = arena_alloc(a->arena, (count + 1) * sizeof *keys);
    stepdown_slice *slices = arena_alloc(a->arena, (count + 1) * sizeof *slices);
    struct row *rows = arena_alloc(a->arena, (count + 1) * sizeof *rows);
    if (keys == NULL || slices == NULL || rows == NULL) {
        return status_nomem(&e->env, o);
    }
    key_symbol_counter(&keys[count]);
    slices[count] = key_slice(&keys[count]);
    for (size_t i = 0; i < count; i++) {
        key_symbol_name(&keys[i], slice_text(d->names[i].qualified));
        slices[i] = key_slice(&keys[i]);
    }
    stepdown_status status = transaction_get(&e->transaction, slices, count + 1, a->arena, rows, o);
    uint32_t first = status == STEPDOWN_OK && rows[count].present && rows[count].value.size == 4
                         ? read_be32(rows[count].value.data)
                         : SYMBOL_FIRST;
    uint32_t next = first;
    uint8_t number[4];
    for (size_t i = 0; i < count && status == STEPDOWN_OK; i++) {
        if (rows[i].present) {
            continue;
        }
        write_be32(number, next);
        status = transaction_put(&e->transaction, slices[i], slice_of(number, sizeof number), o);
        if (status == STEPDOWN_OK) {
            struct key key;
            key_symbol_number(&key, next);
            status = transaction_put(&e->transaction, key_slice(&key), slice_text(d->names[i].qualified), o);
        }
        next++;
    }
    if (status == STEPDOWN_OK && next != first) {
        write_be32(number, next);
        status = transaction_put(&e->transaction, slices[count], slice_of(number, sizeof number), o);
    }
    return status;
}

static stepdown_status put_set(struct engine *e, void *ctx, stepdown_error **o) {
    struct activation *a = ctx;
    struct buffer *row = a->row;
    buffer_clear(row);
    cbor_write_array(row, 4);
    stepdown_status status = put_sources(e, row, a->input->protocols, a->input->protocol_count, o);
    if (status == STEPDOWN_OK) {
        status = put_sources(e, row, a->input->overlays, a->input->overlay_count, o);
    }
    cbor_write_array(row, a->input->setting_count);
    for (size_t i = 0; i < a->input->setting_count; i++) {
        cbor_write_array(row, 2);
        cbor_write_text(row, slice_text(a->input->settings[i].parameter));
        cbor_write_text(row, slice_text(a->input->settings[i].value));
    }
    if (status == STEPDOWN_OK) {
        status = put_dictionaries(e, a, o);
    }
    if (status == STEPDOWN_OK) {
        status = put_symbols(e, a, o);
    }
    if (status != STEPDOWN_OK) {
        return status;
    }
    if (row->failed) {
        return status_nomem(&e->env, o);
    }
    struct key key;
    key_definition_set(&key, a->defs->hash);
    status = transaction_put(&e->transaction, key_slice(&key), slice_of(row->data, row->size), o);
    if (status == STEPDOWN_OK) {
        key_active(&key, slice_text(a->defs->sources[0].name));
        status = transaction_put(&e->transaction, key_slice(&key), slice_of(a->defs->hash, DIGEST_SIZE), o);
    }
    return status;
}

stepdown_status engine_activate(struct engine *e, const struct compile_input *input, stepdown_error **o) {
    struct arena arena;
    arena_init(&arena, &e->env);
    struct activation a = {.input = input, .row = &e->bytes, .arena = &arena};
    stepdown_status status = protocol_compile(&e->env, e->digest, input, &a.defs, o);
    if (status == STEPDOWN_OK) {
        status = engine_change_settings(e, put_set, &a, o);
    }
    definitions_release(&a.defs);
    arena_free(&arena);
    return status;
}

// ---- reading ---------------------------------------------------------------------------------------------------------

// The parts of a stored set while it is compiled again.
struct stored_set {
    struct engine *e;
    struct arena *arena;
    struct compile_input input;
    struct protocol_source *dictionaries;
    size_t dictionary_count;
};

static struct protocol_source find_stored(void *ctx, const char *name) {
    struct stored_set *set = ctx;
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

static stepdown_status read_set(struct stored_set *set, stepdown_slice row, stepdown_error **o) {
    struct cbor_reader r;
    cbor_reader_init(&r, row);
    size_t four, count;
    struct protocol_source *sources;
    if (!cbor_read_array(&r, &four) || four != 4) {
        return corrupt_set(set->e, o);
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
    set->input.library = (struct protocol_library){.ctx = set, .find = find_stored};
    return status;
}

static stepdown_status bind_symbols(struct engine *e, struct arena *arena, struct definitions *d, stepdown_error **o) {
    size_t count = d->name_count;
    struct key key;
    stepdown_slice *slices = arena_alloc(arena, (count + 1) * sizeof *slices);
    struct row *rows = arena_alloc(arena, (count + 1) * sizeof *rows);
    uint32_t *numbers = arena_alloc(arena, (count + 1) * sizeof *numbers);
    if (slices == NULL || rows == NULL || numbers == NULL) {
        return status_nomem(&e->env, o);
    }
    for (size_t i = 0; i < count; i++) {
        key_symbol_name(&key, slice_text(d->names[i].qualified));
        if (!arena_slice(arena, key_slice(&key), &slices[i])) {
            return status_nomem(&e->env, o);
        }
    }
    stepdown_status status = transaction_get(&e->transaction, slices, count, arena, rows, o);
    for (size_t i = 0; i < count && status == STEPDOWN_OK; i++) {
        if (!rows[i].present || rows[i].value.size != 4) {
            return status_fail(&e->env, o, STEPDOWN_CORRUPT, "the store has no number for %s", d->names[i].qualified);
        }
        numbers[i] = read_be32(rows[i].value.data);
        key_symbol_number(&key, numbers[i]);
        if (!arena_slice(arena, key_slice(&key), &slices[i])) {
            return status_nomem(&e->env, o);
        }
    }
    if (status == STEPDOWN_OK) { // and back: a number that means another name would make records say something else
        status = transaction_get(&e->transaction, slices, count, arena, rows, o);
    }
    for (size_t i = 0; i < count && status == STEPDOWN_OK; i++) {
        if (!rows[i].present || !slice_is(rows[i].value, d->names[i].qualified)) {
            return status_fail(&e->env, o, STEPDOWN_CORRUPT, "the number of %s names something else",
                               d->names[i].qualified);
        }
    }
    return status == STEPDOWN_OK ? definitions_bind(d, numbers, o) : status;
}

static stepdown_status compile_stored(struct engine *e, const uint8_t hash[DIGEST_SIZE], struct arena *arena,
                                      struct definitions **out, stepdown_error **o) {
    struct key key;
    key_definition_set(&key, hash);
    stepdown_slice slice = key_slice(&key);
    struct row row;
    stepdown_status status = transaction_get(&e->transaction, &slice, 1, arena, &row, o);
    if (status == STEPDOWN_OK && !row.present) {
        status = status_fail(&e->env, o, STEPDOWN_CORRUPT, "the store lacks a definition set that a pathway cites");
    }
    struct stored_set set = {.e = e, .arena = arena};
    if (status == STEPDOWN_OK) {
        status = read_set(&set, row.value, o);
    }
    struct definitions *d = NULL;
    if (status == STEPDOWN_OK) {
        status = protocol_compile(&e->env, e->digest, &set.input, &d, o);
    }
    if (status == STEPDOWN_OK && memcmp(d->hash, hash, DIGEST_SIZE) != 0) {
        status = status_fail(&e->env, o, STEPDOWN_CORRUPT, "a definition set does not fit its hash");
    }
    if (status == STEPDOWN_OK) {
        status = bind_symbols(e, arena, d, o);
    }
    if (status != STEPDOWN_OK) {
        definitions_release(&d);
        return status;
    }
    *out = d;
    return STEPDOWN_OK;
}

stepdown_status engine_definitions(struct engine *e, const uint8_t hash[DIGEST_SIZE], struct definitions **out,
                                   stepdown_error **o) {
    for (struct definitions_entry *entry = e->definitions; entry != NULL; entry = entry->next) {
        if (memcmp(entry->defs->hash, hash, DIGEST_SIZE) == 0) {
            *out = entry->defs;
            return STEPDOWN_OK;
        }
    }
    struct definitions_entry *entry = env_zalloc(&e->env, sizeof *entry);
    if (entry == NULL) {
        return status_nomem(&e->env, o);
    }
    struct arena arena;
    arena_init(&arena, &e->env);
    stepdown_status status = compile_stored(e, hash, &arena, &entry->defs, o);
    arena_free(&arena);
    if (status != STEPDOWN_OK) {
        env_free(&e->env, entry);
        return status;
    }
    entry->next = e->definitions;
    e->definitions = entry;
    *out = entry->defs;
    return STEPDOWN_OK;
}

stepdown_status engine_active(struct engine *e, stepdown_slice protocol, struct definitions **out, stepdown_error **o) {
    struct key key;
    if (protocol.size == 0 || protocol.size > ENGINE_NAME_MAX) {
        return status_fail(&e->env, o, STEPDOWN_INVALID, "a protocol's name has 1 to %d bytes", ENGINE_NAME_MAX);
    }
    key_active(&key, protocol);
    stepdown_slice slice = key_slice(&key);
    struct row row;
    stepdown_status status = transaction_get(&e->transaction, &slice, 1, &e->arena, &row, o);
    if (status != STEPDOWN_OK) {
        return status;
    }
    if (!row.present || row.value.size != DIGEST_SIZE) {
        return status_fail(&e->env, o, STEPDOWN_NOT_FOUND, "the protocol %.*s is not in force in this store",
                           (int)protocol.size, (const char *)protocol.data);
    }
    return engine_definitions(e, row.value.data, out, o);
}
