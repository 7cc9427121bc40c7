// SPDX-License-Identifier: Apache-2.0
// Making a store, opening an engine on it, and closing it. The meta row names the log and the fallback that answers
// when every ladder has run out. Its SHA-256 stands behind it: nothing else would tell that a name or the secret changed.
#include "engine/engine.h"

#include <string.h>

#include "record/cbor.h"

enum { META_FORMAT = 1 };
#define CLOCK_MARGIN                                                                                                   \
    (400 * TIME_DAY) // so that what is due later than the last moment a clock can show can be worked out

// ---- creating ------------------------------------------------------------------------------------------------------

static stepdown_status write_meta(struct buffer *b, const struct env *env, const uint8_t log_id[RECORD_ID],
                                  const uint8_t secret[DIGEST_SIZE], const stepdown_slice texts[4],
                                  stepdown_error **o) {
    struct digest *digest = NULL;
    uint8_t hash[DIGEST_SIZE];
    stepdown_status status = digest_new(env, &digest, o);
    if (status != STEPDOWN_OK) {
        return status;
    }
    cbor_write_map(b, 7);
    cbor_write_uint(b, 0);
    cbor_write_uint(b, META_FORMAT);
    cbor_write_uint(b, 1);
    cbor_write_bytes(b, log_id, RECORD_ID);
    for (uint64_t i = 0; i < 4; i++) {
        cbor_write_uint(b, 2 + i);
        cbor_write_text(b, texts[i]);
    }
    cbor_write_uint(b, 6);
    cbor_write_bytes(b, secret, DIGEST_SIZE);
    bool hashed = digest_sha256(digest, NULL, 0, b->data, b->size, hash);
    digest_free(&digest);
    buffer_append(b, hash, sizeof hash);
    return b->failed ? status_nomem(env, o)
           : hashed  ? STEPDOWN_OK
                     : status_fail(env, o, STEPDOWN_INTERNAL, "the digest provider failed");
}

static stepdown_status create_rows(struct transaction *t, const struct env *env, const uint8_t log_id[RECORD_ID],
                                   const uint8_t secret[DIGEST_SIZE], const stepdown_slice texts[4],
                                   stepdown_error **o) {
    struct buffer row;
    buffer_init(&row, env);
    struct key key;
    key_meta(&key);
    uint8_t one[8];
    write_be64(one, 1);
    stepdown_status status = write_meta(&row, env, log_id, secret, texts, o);
    if (status == STEPDOWN_OK) {
        status = transaction_put_new(t, key_slice(&key), slice_of(row.data, row.size), o);
    }
    buffer_free(&row);
    if (status == STEPDOWN_OK) {
        key_settings_version(&key);
        status = transaction_put_new(t, key_slice(&key), slice_of(one, sizeof one), o);
    }
    return status;
}

stepdown_status engine_store_create(struct stepdown_storage *storage, const struct env *env, const char *name,
                                    const char *person, const char *role, const char *organization,
                                    stepdown_error **out_error) {
    const stepdown_slice texts[4] = {slice_text(name), slice_text(person), slice_text(role), slice_text(organization)};
    static const char *const labels[4] = {"the name of the log", "the fallback person", "the fallback role",
                                          "the fallback organization"};
    stepdown_status status = STEPDOWN_OK;
    for (int i = 0; i < 4 && status == STEPDOWN_OK; i++) {
        status = name_check(env, texts[i], labels[i], out_error);
    }
    uint8_t log_id[RECORD_ID], secret[DIGEST_SIZE];
    if (status == STEPDOWN_OK &&
        !(env->random(env->random_ctx, log_id, sizeof log_id) && env->random(env->random_ctx, secret, sizeof secret))) {
        status = status_fail(env, out_error, STEPDOWN_INTERNAL, "no entropy for the id of the log");
    }
    if (status != STEPDOWN_OK) {
        return status;
    }
    struct transaction t;
    transaction_init(&t, storage, env);
    status = transaction_begin(&t, true, NULL, 0, out_error);
    if (status == STEPDOWN_OK) {
        status = create_rows(&t, env, log_id, secret, texts, out_error);
    }
    if (status == STEPDOWN_OK) {
        stepdown_error *cause = NULL;
        status = transaction_commit(&t, &cause);
        if (status == STEPDOWN_CONFLICT) {
            stepdown_error_free(&cause);
            status = status_fail(env, out_error, STEPDOWN_EXISTS, "there is a store here already");
        } else if (out_error != NULL) {
            *out_error = cause;
        } else {
            stepdown_error_free(&cause);
        }
    }
    transaction_free(&t);
    return status;
}

// ---- opening -------------------------------------------------------------------------------------------------------

// Takes the hash off the end of the row.
static bool fits_hash(struct engine *e, stepdown_slice *row) {
    uint8_t hash[DIGEST_SIZE];
    if (row->size <= DIGEST_SIZE) {
        return false;
    }
    row->size -= DIGEST_SIZE;
    return digest_sha256(e->digest, NULL, 0, row->data, row->size, hash) &&
           memcmp(row->data + row->size, hash, DIGEST_SIZE) == 0;
}

static bool read_meta(struct engine *e, stepdown_slice row, uint64_t *format) {
    struct cbor_reader r;
    bool whole = fits_hash(e, &row);
    cbor_reader_init(&r, row);
    size_t count;
    uint64_t key = 0, number;
    stepdown_slice id, secret, texts[4];
    if (!cbor_read_map(&r, &count) || !cbor_read_key(&r, &key, true, &number) || number != 0 ||
        !cbor_read_uint(&r, format)) {
        return false;
    }
    if (*format != META_FORMAT) {
        return true; // the caller refuses it by its number
    }
    if (!whole || count != 7 || !cbor_read_key(&r, &key, false, &number) || !cbor_read_bytes(&r, &id) ||
        id.size != RECORD_ID) {
        return false;
    }
    memcpy(e->log_id, id.data, RECORD_ID);
    for (int i = 0; i < 4; i++) {
        if (!cbor_read_key(&r, &key, false, &number) || !cbor_read_text(&r, &texts[i])) {
            return false;
        }
    }
    if (!cbor_read_key(&r, &key, false, &number) || !cbor_read_bytes(&r, &secret) || secret.size != DIGEST_SIZE) {
        return false;
    }
    memcpy(e->secret, secret.data, DIGEST_SIZE);
    return cbor_at_end(&r) && arena_slice(&e->meta, texts[0], &e->name) &&
           arena_slice(&e->meta, texts[1], &e->fallback_person) && arena_slice(&e->meta, texts[2], &e->fallback_role) &&
           arena_slice(&e->meta, texts[3], &e->fallback_organization);
}

static stepdown_status load_meta(struct engine *e, stepdown_error **o) {
    struct key key;
    key_meta(&key);
    stepdown_slice slice = key_slice(&key);
    struct row row;
    stepdown_status status = transaction_begin(&e->transaction, false, &slice, 1, o);
    if (status == STEPDOWN_OK) {
        status = transaction_get(&e->transaction, &slice, 1, &e->arena, &row, o);
        transaction_abort(&e->transaction);
    }
    if (status != STEPDOWN_OK) {
        return status;
    }
    if (!row.present) {
        return status_fail(&e->env, o, STEPDOWN_NOT_FOUND, "there is no store here; create one first");
    }
    uint64_t format = 0;
    if (!read_meta(e, row.value, &format)) {
        return status_fail(&e->env, o, STEPDOWN_CORRUPT, "the settings of the store cannot be read");
    }
    if (format != META_FORMAT) {
        return status_fail(&e->env, o, STEPDOWN_UNSUPPORTED, "the store has format %llu; this library knows format %d",
                           (unsigned long long)format, META_FORMAT);
    }
    return STEPDOWN_OK;
}

static stepdown_status allocate_engine(const struct engine_options *options, struct stepdown_storage *storage,
                                       struct engine **out, stepdown_error **o) {
    const struct env *env = &options->env;
    struct engine *e = env_zalloc(env, sizeof *e);
    if (e == NULL) {
        return status_nomem(env, o);
    }
    e->env = *env;
    e->retries = options->retries;
    e->cache_max = options->cache;
    e->storage = storage_retain(storage);
    arena_init(&e->meta, &e->env);
    arena_init(&e->arena, &e->env);
    arena_init(&e->command, &e->env);
    arena_init(&e->reading, &e->env);
    arena_init(&e->scratch, &e->env);
    arena_init(&e->directory.arena, &e->env);
    arena_init(&e->access.arena, &e->env);
    buffer_init(&e->row, &e->env);
    buffer_init(&e->bytes, &e->env);
    gate_result_init(&e->gate, &e->env);
    verdict_init(&e->verdict, &e->env);
    transaction_init(&e->transaction, storage, &e->env);
    e->mutex = platform_mutex_new(&e->env);
    const char *directory = options->zone_directory != NULL ? options->zone_directory : "/usr/share/zoneinfo";
    e->zone_directory = arena_text(&e->meta, directory, strlen(directory));
    stepdown_status status = STEPDOWN_OK;
    if (e->mutex == NULL || e->zone_directory == NULL) {
        status = status_nomem(env, o);
    } else {
        status = digest_new(&e->env, &e->digest, o);
    }
    if (status != STEPDOWN_OK) {
        engine_destroy(&e);
        return status;
    }
    *out = e;
    return STEPDOWN_OK;
}

stepdown_status engine_new(struct stepdown_storage *storage, const struct engine_options *options, struct engine **out,
                           stepdown_error **out_error) {
    struct engine *e = NULL;
    stepdown_status status = allocate_engine(options, storage, &e, out_error);
    if (status != STEPDOWN_OK) {
        return status;
    }
    status = load_meta(e, out_error);
    if (status == STEPDOWN_OK) {
        status = access_open(e, options->name != NULL ? options->name : "engine", out_error);
    }
    if (status != STEPDOWN_OK) {
        engine_destroy(&e);
        return status;
    }
    *out = e;
    return STEPDOWN_OK;
}

static void drop_shared(struct engine *e) {
    engine_forget_all(e);
    composed_free(e);
    while (e->definitions != NULL) {
        struct definitions_entry *next = e->definitions->next;
        definitions_release(&e->definitions->defs);
        env_free(&e->env, e->definitions);
        e->definitions = next;
    }
    while (e->zones != NULL) {
        struct zone_entry *next = e->zones->next;
        zone_free(&e->zones->zone);
        env_free(&e->env, e->zones);
        e->zones = next;
    }
}

stepdown_status engine_shut(struct engine *e, stepdown_error **out_error) {
    if (e->closed) {
        return STEPDOWN_OK;
    }
    stepdown_status status = access_flush(e, out_error);
    e->closed = true;
    drop_shared(e);
    return status;
}

void engine_destroy(struct engine **engine) {
    struct engine *e = *engine;
    if (e == NULL) {
        return;
    }
    *engine = NULL;
    struct env env = e->env;
    drop_shared(e);
    env_free(&env, e->cache);
    transaction_free(&e->transaction);
    gate_result_free(&e->gate);
    verdict_free(&e->verdict);
    buffer_free(&e->row);
    buffer_free(&e->bytes);
    arena_free(&e->access.arena);
    arena_free(&e->directory.arena);
    arena_free(&e->scratch);
    arena_free(&e->reading);
    arena_free(&e->command);
    arena_free(&e->arena);
    arena_free(&e->meta);
    if (e->digest != NULL) {
        digest_free(&e->digest);
    }
    if (e->mutex != NULL) {
        platform_mutex_free(&env, e->mutex);
    }
    storage_release(&e->storage);
    env_free(&env, e);
}

stepdown_time engine_now(const struct engine *e) {
    stepdown_time now = e->env.clock(e->env.clock_ctx);
    return now < TIME_MIN ? TIME_MIN : now > TIME_MAX - CLOCK_MARGIN ? TIME_MAX - CLOCK_MARGIN : now;
}
