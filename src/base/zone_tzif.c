// SPDX-License-Identifier: Apache-2.0
// Reads the binary TZif format, versions 1 to 4 (RFC 8536, RFC 9636). Every count is checked against the bytes there
// are before anything is read by it.
// May call: env, bytes, status.
#include <string.h>

#include "base/bytes.h"
#include "base/zone.h"

enum { TZIF_HEADER = 44, TZIF_TYPE = 6 };

struct tzif_block {
    uint8_t version;
    uint32_t isut, isstd, leap, times, types, chars;
    size_t width; // of a moment: 4 or 8 bytes
};

static stepdown_status tzif_corrupt(const struct zone *zone, stepdown_error **out_error, const char *what) {
    return status_fail(&zone->memory, out_error, STEPDOWN_CORRUPT, "zone %s: %s", zone->name, what);
}

static bool tzif_header(stepdown_slice in, size_t width, struct tzif_block *out) {
    if (in.size < TZIF_HEADER || memcmp(in.data, "TZif", 4) != 0)
        return false;
    const uint8_t *p = in.data + 20;
    *out = (struct tzif_block){in.data[4],        read_be32(p),      read_be32(p + 4),  read_be32(p + 8),
                               read_be32(p + 12), read_be32(p + 16), read_be32(p + 20), width};
    return out->version == 0 || out->version >= '2';
}

// Bytes of the data behind the header. 32-bit counts times small widths cannot overflow 64 bits.
static uint64_t tzif_size(const struct tzif_block *b) {
    return (uint64_t)b->times * (b->width + 1) + (uint64_t)b->types * TZIF_TYPE + b->chars +
           (uint64_t)b->leap * (b->width + 4) + b->isstd + b->isut;
}

static stepdown_status tzif_types(struct zone *zone, const struct tzif_block *b, const uint8_t *types,
                                  stepdown_error **out_error) {
    const uint8_t *names = types + (size_t)b->types * TZIF_TYPE;
    for (uint32_t i = 0; i < b->types; i++) {
        const uint8_t *p = types + (size_t)i * TZIF_TYPE;
        int32_t offset = (int32_t)read_be32(p);
        if (offset <= -ZONE_UTC_OFFSET_MOST || offset >= ZONE_UTC_OFFSET_MOST || p[4] > 1 || p[5] >= b->chars)
            return tzif_corrupt(zone, out_error, "a local time type is out of range");
        const uint8_t *name = names + p[5];
        const uint8_t *end = memchr(name, 0, b->chars - p[5]);
        if (end == NULL || end - name > ZONE_ABBREVIATION_MOST)
            return tzif_corrupt(zone, out_error, "an abbreviation does not end");
        if (!utf8_valid(slice_of(name, (size_t)(end - name)), NULL))
            return tzif_corrupt(zone, out_error, "an abbreviation is not text");
        zone->types[i].offset = offset;
        memcpy(zone->types[i].abbreviation, name, (size_t)(end - name) + 1);
    }
    zone->type_count = b->types;
    return STEPDOWN_OK;
}

static stepdown_status tzif_transitions(struct zone *zone, const struct tzif_block *b, const uint8_t *times,
                                        stepdown_error **out_error) {
    const uint8_t *types = times + b->times * b->width;
    for (uint32_t i = 0; i < b->times; i++) {
        const uint8_t *p = times + i * b->width;
        int64_t at = b->width == 8 ? (int64_t)read_be64(p) : (int32_t)read_be32(p);
        if (i > 0 && at <= zone->at[i - 1])
            return tzif_corrupt(zone, out_error, "transitions are not in order");
        if (types[i] >= b->types)
            return tzif_corrupt(zone, out_error, "a transition to a type that is not there");
        if (!zone_append(zone, at, types[i]))
            return status_nomem(&zone->memory, out_error);
    }
    return STEPDOWN_OK;
}

static stepdown_status tzif_data(struct zone *zone, const struct tzif_block *b, const uint8_t *data,
                                 stepdown_error **out_error) {
    if (b->types == 0 || b->types > 256 || b->chars == 0)
        return tzif_corrupt(zone, out_error, "no local time type, or too many");
    if ((b->isut != 0 && b->isut != b->types) || (b->isstd != 0 && b->isstd != b->types))
        return tzif_corrupt(zone, out_error, "indicators do not match the types");
    if (b->leap != 0)
        return status_fail(&zone->memory, out_error, STEPDOWN_UNSUPPORTED,
                           "zone %s counts leap seconds; moments of this library do not", zone->name);
    stepdown_status status = tzif_types(zone, b, data + (size_t)b->times * (b->width + 1), out_error);
    if (status != STEPDOWN_OK)
        return status;
    return tzif_transitions(zone, b, data, out_error);
}

// The footer: a newline, the rule, a newline.
static stepdown_status tzif_footer(struct zone *zone, stepdown_slice rest, stepdown_error **out_error) {
    const uint8_t *end = rest.size < 2 || rest.data[0] != '\n' ? NULL : memchr(rest.data + 1, '\n', rest.size - 1);
    if (end == NULL)
        return tzif_corrupt(zone, out_error, "the footer is cut off");
    size_t size = (size_t)(end - rest.data) - 1;
    return size == 0 ? STEPDOWN_OK : zone_extend(zone, slice_of(rest.data + 1, size), out_error);
}

stepdown_status zone_read(struct zone *zone, stepdown_slice tzif, stepdown_error **out_error) {
    struct tzif_block b;
    if (!tzif_header(tzif, 4, &b))
        return tzif_corrupt(zone, out_error, "not a TZif file");
    size_t at = TZIF_HEADER;
    if (tzif_size(&b) > tzif.size - at)
        return tzif_corrupt(zone, out_error, "the file is cut off");
    if (b.version == 0)
        return tzif_data(zone, &b, tzif.data + at, out_error);
    // From version 2 on the first block is only there for old readers.
    at += (size_t)tzif_size(&b);
    if (!tzif_header(slice_of(tzif.data + at, tzif.size - at), 8, &b))
        return tzif_corrupt(zone, out_error, "the second header is missing");
    at += TZIF_HEADER;
    if (tzif_size(&b) > tzif.size - at)
        return tzif_corrupt(zone, out_error, "the file is cut off");
    stepdown_status status = tzif_data(zone, &b, tzif.data + at, out_error);
    if (status != STEPDOWN_OK)
        return status;
    at += (size_t)tzif_size(&b);
    return tzif_footer(zone, slice_of(tzif.data + at, tzif.size - at), out_error);
}
