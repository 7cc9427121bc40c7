// SPDX-License-Identifier: Apache-2.0
// Store-wide settings: organizations, role assignments, zones. A settings version row changes with every write, so that
// an engine knows in one read whether what it remembers still stands, also when another engine wrote it.
#include "engine/engine.h"

#include <string.h>

#include "record/cbor.h"

stepdown_status engine_settings_version(struct engine *e, uint64_t *version, stepdown_error **o) {
    struct key key;
    key_settings_version(&key);
    stepdown_slice slice = key_slice(&key);
    struct row row;
    stepdown_status status = transaction_get(&e->transaction, &slice, 1, &e->arena, &row, o);
    if (status != STEPDOWN_OK) {
        return status;
    }
    if (!row.present || row.value.size != 8) {
        return status_fail(&e->env, o, STEPDOWN_CORRUPT, "the settings version of the store is missing");
    }
    *version = read_be64(row.value.data);
    return STEPDOWN_OK;
}

static stepdown_status attempt(struct engine *e, settings_change change, void *ctx, stepdown_error **o) {
    uint64_t version;
    arena_reset(&e->arena);
    stepdown_status status = transaction_begin(&e->transaction, true, NULL, 0, o);
    if (status != STEPDOWN_OK) {
        return status;
    }
    status = engine_settings_version(e, &version, o);
    if (status == STEPDOWN_OK) {
        status = change(e, ctx, o);
    }
    if (status == STEPDOWN_OK) {
        struct key key;
        key_settings_version(&key);
        uint8_t next[8];
        write_be64(next, version + 1);
        status = transaction_put(&e->transaction, key_slice(&key), slice_of(next, sizeof next), o);
    }
    if (status != STEPDOWN_OK) {
        transaction_abort(&e->transaction);
        return status;
    }
    return transaction_commit(&e->transaction, o);
}

stepdown_status engine_change_settings(struct engine *e, settings_change change, void *ctx, stepdown_error **o) {
    for (uint32_t tries = 0;; tries++) {
        stepdown_error *cause = NULL;
        stepdown_status status = attempt(e, change, ctx, &cause);
        if (!engine_again(e, &status, tries, &cause, o)) {
            return status;
        }
    }
}

bool engine_again(struct engine *e, stepdown_status *status, uint32_t tries, stepdown_error **cause,
                  stepdown_error **o) {
    if (*status != STEPDOWN_CONFLICT) {
        error_pass(cause, o);
        return false;
    }
    stepdown_error_free(cause);
    if (tries < e->retries) {
        return true;
    }
    *status = status_fail(&e->env, o, STEPDOWN_CONTENDED, "other engines kept winning; try again");
    return false;
}

void error_pass(stepdown_error **cause, stepdown_error **o) {
    if (o != NULL && *cause != NULL) {
        *o = *cause;
        *cause = NULL;
    } else {
        stepdown_error_free(cause);
    }
}

// ---- organizations and assignments -----------------------------------------------------------------------------------

stepdown_status name_check(const struct env *env, stepdown_slice text, const char *what, stepdown_error **o) {
    size_t bad;
    if (text.size > 0 && text.size <= ENGINE_NAME_MAX && utf8_valid(text, &bad) &&
        memchr(text.data, 0, text.size) == NULL) {
        return STEPDOWN_OK;
    }
    return status_fail(env, o, STEPDOWN_INVALID, "%s must be 1 to %d bytes of UTF-8 without NUL", what,
                       ENGINE_NAME_MAX);
}

stepdown_status engine_check_name(const struct engine *e, stepdown_slice text, const char *what, stepdown_error **o) {
    return name_check(&e->env, text, what, o);
}

static stepdown_status put_organization(struct engine *e, void *ctx, stepdown_error **o) {
    const struct organization *organization = ctx;
    struct key key;
    key_organization(&key, organization->name);
    return transaction_put(&e->transaction, key_slice(&key), organization->kind, o);
}

stepdown_status engine_set_organization(struct engine *e, stepdown_slice name, stepdown_slice kind,
                                        stepdown_error **o) {
    stepdown_status status = engine_check_name(e, name, "the organization", o);
    if (status == STEPDOWN_OK) {
        status = engine_check_name(e, kind, "the kind of the organization", o);
    }
    struct organization organization = {.name = name, .kind = kind};
    return status == STEPDOWN_OK ? engine_change_settings(e, put_organization, &organization, o) : status;
}

static stepdown_status put_assignment(struct engine *e, void *ctx, stepdown_error **o) {
    const struct assignment *a = ctx;
    struct key key;
    key_assignment(&key, a->role, a->organization, a->person);
    uint8_t value[17];
    write_be64(value, (uint64_t)a->from);
    write_be64(value + 8, (uint64_t)a->until);
    value[16] = a->on_call;
    return transaction_put(&e->transaction, key_slice(&key), slice_of(value, sizeof value), o);
}

stepdown_status engine_assign(struct engine *e, const struct assignment *a, stepdown_error **o) {
    stepdown_status status = engine_check_name(e, a->role, "the role", o);
    if (status == STEPDOWN_OK) {
        status = engine_check_name(e, a->organization, "the organization", o);
    }
    if (status == STEPDOWN_OK) {
        status = engine_check_name(e, a->person, "the person", o);
    }
    if (status == STEPDOWN_OK && a->role.size + a->organization.size + a->person.size > KEY_MAX - 8) {
        status = status_fail(&e->env, o, STEPDOWN_LIMIT, "role, organization and person may have %d bytes together",
                             KEY_MAX - 8);
    }
    if (status == STEPDOWN_OK && a->until != STEPDOWN_TIME_NONE && a->until <= a->from) {
        status = status_fail(&e->env, o, STEPDOWN_INVALID, "an assignment must end after it starts");
    }
    struct assignment copy = *a;
    return status == STEPDOWN_OK ? engine_change_settings(e, put_assignment, &copy, o) : status;
}

// Split the part of an assignment's key behind the space byte at its two NUL bytes.
// The parts point into the key, where a NUL stands behind each.
static bool parse_assignment(stepdown_slice key, stepdown_slice value, struct assignment *out) {
    stepdown_slice rest = slice_of(key.data + 2, key.size - 2);
    stepdown_slice *parts[3] = {&out->role, &out->organization, &out->person};
    for (int i = 0; i < 3; i++) {
        const uint8_t *end = i < 2 ? memchr(rest.data, 0, rest.size) : rest.data + rest.size;
        if (end == NULL) {
            return false;
        }
        *parts[i] = slice_of(rest.data, (size_t)(end - rest.data));
        if (i < 2) {
            rest = slice_of(end + 1, rest.size - (size_t)(end - rest.data) - 1);
        }
    }
    if (value.size != 17) {
        return false;
    }
    out->from = (stepdown_time)read_be64(value.data);
    out->until = (stepdown_time)read_be64(value.data + 8);
    out->on_call = value.data[16] != 0;
    return true;
}

// Every row of a store-wide space, in pages, into one array of the arena.
stepdown_status engine_scan_all(struct engine *e, const struct key *from, const struct key *to, struct arena *arena,
                                struct row **out, size_t *out_count, stepdown_error **o) {
    enum { PAGE = 256 };
    struct row *all = NULL;
    size_t count = 0, cap = 0;
    struct key next = *from;
    for (bool more = true; more;) {
        struct row *rows;
        size_t got;
        stepdown_status status = transaction_scan(&e->transaction, key_slice(&next), key_slice(to), false, PAGE, arena,
                                                  &rows, &got, &more, o);
        if (status != STEPDOWN_OK) {
            return status;
        }
        if (count + got > cap) {
            cap = (count + got) * 2;
            struct row *grown = arena_alloc(arena, cap * sizeof *grown);
            if (grown == NULL) {
                return status_nomem(&e->env, o);
            }
            if (count > 0) {
                memcpy(grown, all, count * sizeof *grown);
            }
            all = grown;
        }
        if (got > 0) {
            memcpy(all + count, rows, got * sizeof *all);
            count += got;
            key_resume(&next, rows[got - 1].key);
        }
        more = more && got > 0;
    }
    *out = all;
    *out_count = count;
    return STEPDOWN_OK;
}

static stepdown_status read_assignments(struct engine *e, struct directory *d, stepdown_error **o) {
    struct key from, to;
    struct row *rows;
    size_t count;
    key_space_range('a', &from, &to);
    stepdown_status status = engine_scan_all(e, &from, &to, &e->arena, &rows, &count, o);
    if (status != STEPDOWN_OK) {
        return status;
    }
    d->assignments = arena_alloc(&d->arena, (count + 1) * sizeof *d->assignments);
    if (d->assignments == NULL) {
        return status_nomem(&e->env, o);
    }
    for (size_t i = 0; i < count; i++) {
        stepdown_slice key;
        if (!arena_slice(&d->arena, rows[i].key, &key)) {
            return status_nomem(&e->env, o);
        }
        if (!parse_assignment(key, rows[i].value, &d->assignments[i])) {
            return status_fail(&e->env, o, STEPDOWN_CORRUPT, "a role assignment of the store cannot be read");
        }
    }
    d->assignment_count = count;
    return STEPDOWN_OK;
}

static stepdown_status read_organizations(struct engine *e, struct directory *d, stepdown_error **o) {
    struct key from, to;
    struct row *rows;
    size_t count;
    key_space_range('o', &from, &to);
    stepdown_status status = engine_scan_all(e, &from, &to, &e->arena, &rows, &count, o);
    if (status != STEPDOWN_OK) {
        return status;
    }
    d->organizations = arena_alloc(&d->arena, (count + 1) * sizeof *d->organizations);
    if (d->organizations == NULL) {
        return status_nomem(&e->env, o);
    }
    for (size_t i = 0; i < count; i++) {
        stepdown_slice name = slice_of(rows[i].key.data + 2, rows[i].key.size - 2);
        if (!arena_slice(&d->arena, name, &d->organizations[i].name) ||
            !arena_slice(&d->arena, rows[i].value, &d->organizations[i].kind)) {
            return status_nomem(&e->env, o);
        }
    }
    d->organization_count = count;
    return STEPDOWN_OK;
}

stepdown_status engine_directory(struct engine *e, stepdown_error **o) {
    struct directory *d = &e->directory;
    uint64_t version;
    if (d->fresh) {
        return STEPDOWN_OK;
    }
    stepdown_status status = engine_settings_version(e, &version, o);
    if (status != STEPDOWN_OK || (d->loaded && d->version == version)) {
        d->fresh = status == STEPDOWN_OK;
        return status;
    }
    d->loaded = false;
    arena_reset(&d->arena);
    status = read_assignments(e, d, o);
    if (status == STEPDOWN_OK) {
        status = read_organizations(e, d, o);
    }
    if (status == STEPDOWN_OK) {
        d->version = version;
        d->loaded = d->fresh = true;
    }
    return status;
}

stepdown_slice engine_organization_kind(const struct engine *e, stepdown_slice organization) {
    for (size_t i = 0; i < e->directory.organization_count; i++) {
        if (slice_equal(e->directory.organizations[i].name, organization)) {
            return e->directory.organizations[i].kind;
        }
    }
    return slice_of(NULL, 0);
}

// ---- zones -----------------------------------------------------------------------------------------------------------

stepdown_status engine_zone(struct engine *e, stepdown_slice name, struct zone **out, stepdown_error **o) {
    for (struct zone_entry *entry = e->zones; entry != NULL; entry = entry->next) {
        if (slice_is(name, zone_name(entry->zone))) {
            *out = entry->zone;
            return STEPDOWN_OK;
        }
    }
    char *text = arena_text(&e->scratch, (const char *)name.data, name.size);
    struct zone_entry *entry = env_zalloc(&e->env, sizeof *entry);
    if (text == NULL || entry == NULL) {
        env_free(&e->env, entry);
        return status_nomem(&e->env, o);
    }
    stepdown_status status = zone_load(&e->env, e->zone_directory, text, &entry->zone, o);
    if (status != STEPDOWN_OK) {
        env_free(&e->env, entry);
        return status;
    }
    entry->next = e->zones;
    e->zones = entry;
    *out = entry->zone;
    return STEPDOWN_OK;
}
