// SPDX-License-Identifier: Apache-2.0
// Zones as the rest of the library sees them: loading by name, the offset at a moment, and local time to UTC.
// May call: env, bytes, status, time, platform.
#include "base/zone.h"

#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "base/platform.h"

enum { ZONE_FILE_MOST = 1024 * 1024, ZONE_PATH_MOST = 4096, ZONE_DATA_MOST = 4 * 1024 * 1024 };

static const struct zone zone_of_utc = {.name = "UTC", .types = {{0, "UTC"}}, .type_count = 1};

static bool zone_name_byte(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' ||
           c == '+';
}

// Parts of letters, digits, '_', '-' and '+', separated by single slashes: nothing that could leave the directory.
static bool zone_name_valid(const char *name) {
    size_t part = 0, size = 0;
    for (; name[size] != '\0'; size++) {
        if (size == ZONE_NAME_MOST)
            return false;
        if (name[size] == '/' && part > 0)
            part = 0;
        else if (zone_name_byte(name[size]))
            part++;
        else
            return false;
    }
    return part > 0;
}

bool zone_append(struct zone *zone, int64_t at, uint16_t type) {
    void *moments = zone->at, *types = zone->type;
    size_t cap = zone->cap;
    if (!env_grow(&zone->memory, &moments, &cap, zone->count + 1, sizeof *zone->at))
        return false;
    zone->at = moments;
    cap = zone->cap;
    if (!env_grow(&zone->memory, &types, &cap, zone->count + 1, sizeof *zone->type))
        return false;
    zone->type = types;
    zone->cap = cap;
    zone->at[zone->count] = at;
    zone->type[zone->count++] = type;
    return true;
}

static stepdown_status zone_new(const struct env *env, const char *name, struct zone **out,
                                stepdown_error **out_error) {
    if (name == NULL || !zone_name_valid(name))
        return status_fail(env, out_error, STEPDOWN_INVALID, "not the name of a time zone: %.100s",
                           name == NULL ? "" : name);
    struct zone *zone = env_zalloc(env, sizeof *zone);
    if (zone == NULL)
        return status_nomem(env, out_error);
    zone->memory = *env;
    memcpy(zone->name, name, strlen(name));
    *out = zone;
    return STEPDOWN_OK;
}

void zone_free(struct zone **zone) {
    if (zone == NULL || *zone == NULL)
        return;
    struct env memory = (*zone)->memory;
    env_free(&memory, (*zone)->at);
    env_free(&memory, (*zone)->type);
    env_free(&memory, *zone);
    *zone = NULL;
}

stepdown_status zone_parse(const struct env *env, const char *name, stepdown_slice tzif, struct zone **out,
                           stepdown_error **out_error) {
    struct zone *zone = NULL;
    stepdown_status status = zone_new(env, name, &zone, out_error);
    if (status != STEPDOWN_OK)
        return status;
    status = zone_read(zone, tzif, out_error);
    if (status != STEPDOWN_OK)
        zone_free(&zone);
    else
        *out = zone;
    return status;
}

// Read `<directory>/<name>`.
static stepdown_status zone_file_read(const struct env *env, const char *directory, const char *name, size_t limit,
                                      uint8_t **data, size_t *size, stepdown_error **out_error) {
    char path[ZONE_PATH_MOST];
    int length = snprintf(path, sizeof path, "%s/%s", directory, name);
    if (length < 0 || (size_t)length >= sizeof path)
        return status_fail(env, out_error, STEPDOWN_LIMIT, "the path of the zone directory is too long");
    switch (platform_read_file(env, path, limit, data, size)) {
    case PLATFORM_FILE_OK: return STEPDOWN_OK;
    case PLATFORM_FILE_MISSING:
        return status_fail(env, out_error, STEPDOWN_NOT_FOUND, "no time zone %s in %s", name, directory);
    case PLATFORM_FILE_TOO_LARGE:
        return status_fail(env, out_error, STEPDOWN_CORRUPT, "%s is too large for a time zone", path);
    case PLATFORM_FILE_NOMEM: return status_nomem(env, out_error);
    case PLATFORM_FILE_ERROR: break;
    }
    return status_fail(env, out_error, STEPDOWN_IO, "cannot read %s", path);
}

// The version as the zone data states it: all of `+VERSION`, or "# version 2025b" at the top of `tzdata.zi`. Which
// files there are is up to whoever packaged the data, so that a directory without either is no failure.
static stepdown_status zone_version_read(struct zone *zone, const char *directory, stepdown_error **out_error) {
    static const struct { const char *file, *prefix; } places[] = {{"+VERSION", ""}, {"tzdata.zi", "# version "}};
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        uint8_t *data = NULL;
        size_t size = 0, prefix = strlen(places[i].prefix), have = 0;
        stepdown_status status =
            zone_file_read(&zone->memory, directory, places[i].file, ZONE_DATA_MOST, &data, &size, NULL);
        if (status == STEPDOWN_NOMEM)
            return status_nomem(&zone->memory, out_error);
        if (status != STEPDOWN_OK)
            continue;
        if (size > prefix && memcmp(data, places[i].prefix, prefix) == 0)
            for (; have < sizeof zone->version - 1 && zone_name_byte((char)data[prefix + have]); have++)
                zone->version[have] = (char)data[prefix + have];
        zone->version[have] = '\0';
        env_free(&zone->memory, data);
        if (have > 0)
            break;
    }
    return STEPDOWN_OK;
}

stepdown_status zone_load(const struct env *env, const char *directory, const char *name, struct zone **out,
                          stepdown_error **out_error) {
    struct zone *zone = NULL;
    uint8_t *data = NULL;
    size_t size = 0;
    stepdown_status status = zone_new(env, name, &zone, out_error);
    if (status != STEPDOWN_OK)
        return status;
    if (strcmp(name, "UTC") == 0) {
        zone->types[0] = zone_of_utc.types[0];
        zone->type_count = 1;
    } else {
        status = zone_file_read(env, directory, name, ZONE_FILE_MOST, &data, &size, out_error);
        if (status != STEPDOWN_OK)
            goto out;
        status = zone_read(zone, slice_of(data, size), out_error);
        if (status != STEPDOWN_OK)
            goto out;
        status = zone_version_read(zone, directory, out_error);
        if (status != STEPDOWN_OK)
            goto out;
    }
    *out = zone;
    zone = NULL;
out:
    env_free(env, data);
    zone_free(&zone);
    return status;
}

const char *zone_name(const struct zone *zone) { return zone == NULL ? zone_of_utc.name : zone->name; }

const char *zone_version(const struct zone *zone) { return zone == NULL ? "" : zone->version; }

// Whole cycles between `seconds` and the moment of the table that stands for it.
static int64_t zone_cycles(const struct zone *zone, int64_t seconds) {
    if (!zone->cyclic || seconds < zone->cycle_from + ZONE_CYCLE)
        return 0;
    return (seconds - zone->cycle_from) / ZONE_CYCLE * ZONE_CYCLE;
}

// Number of transitions at or before `seconds`.
static size_t zone_find(const struct zone *zone, int64_t seconds) {
    size_t low = 0, high = zone->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (zone->at[middle] <= seconds)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

// The type in force after `passed` transitions.
static const struct zone_type *zone_type_after(const struct zone *zone, size_t passed) {
    return &zone->types[passed == 0 ? zone->before : zone->type[passed - 1]];
}

static int64_t floor_seconds(int64_t microseconds) {
    int64_t seconds = microseconds / TIME_SECOND;
    return microseconds % TIME_SECOND < 0 ? seconds - 1 : seconds;
}

static const struct zone_type *zone_type_at(const struct zone *zone, stepdown_time t) {
    if (zone == NULL)
        zone = &zone_of_utc;
    int64_t seconds = floor_seconds(t);
    return zone_type_after(zone, zone_find(zone, seconds - zone_cycles(zone, seconds)));
}

int32_t zone_offset(const struct zone *zone, stepdown_time t) { return zone_type_at(zone, t)->offset; }

const char *zone_abbreviation(const struct zone *zone, stepdown_time t) { return zone_type_at(zone, t)->abbreviation; }

void zone_local(const struct zone *zone, stepdown_time t, struct civil *out) {
    int64_t shift = zone_offset(zone, t) * TIME_SECOND;
    bool fits = shift < 0 ? t >= INT64_MIN - shift : t <= INT64_MAX - shift;
    civil_from_utc(fits ? t + shift : t, out);
}

// The instant whose local clock reads `local` seconds. A local time stands for the instants `local - offset` that lie
// where that offset is in force: none in a gap, two in an overlap.
static int64_t zone_resolve(const struct zone *zone, int64_t local, enum zone_fold *fold) {
    const int64_t reach = ZONE_UTC_OFFSET_MOST;
    int64_t first = local, gap = local;
    int found = 0;
    for (size_t i = zone_find(zone, local - reach); i <= zone->count; i++) {
        int64_t from = i == 0 ? INT64_MIN : zone->at[i - 1];
        int64_t until = i == zone->count ? INT64_MAX : zone->at[i];
        if (from > local + reach)
            break;
        int64_t instant = local - zone_type_after(zone, i)->offset;
        if (instant >= from && instant < until && found++ == 0)
            first = instant;
        if (instant >= until && local - zone_type_after(zone, i + 1)->offset < until)
            gap = instant; // the old offset carried on: as much later as the clock jumps
    }
    *fold = found == 0 ? ZONE_GAP : found == 1 ? ZONE_PLAIN : ZONE_OVERLAP;
    return found == 0 ? gap : first;
}

stepdown_time zone_utc(const struct zone *zone, const struct civil *local, enum zone_fold *flag) {
    if (zone == NULL)
        zone = &zone_of_utc;
    stepdown_time as_utc = civil_to_utc(local);
    int64_t seconds = floor_seconds(as_utc);
    int64_t cycles = zone_cycles(zone, seconds);
    enum zone_fold fold = ZONE_PLAIN;
    int64_t shift = zone_resolve(zone, seconds - cycles, &fold) - (seconds - cycles);
    if (flag != NULL)
        *flag = fold;
    bool fits = shift < 0 ? as_utc >= INT64_MIN - shift * TIME_SECOND : as_utc <= INT64_MAX - shift * TIME_SECOND;
    return fits ? as_utc + shift * TIME_SECOND : as_utc;
}
