// SPDX-License-Identifier: Apache-2.0
// Row -> record, with every commitment checked, and the erasure of one disclosure of a row. Input is hostile until it has
// been checked: nothing is trusted beyond what the reader has seen. May call: base, cbor, value, event.
#include <string.h>

#include "record/record_core.h"
#include "record/value_cbor.h"

// One decoding in progress.
struct decoder {
    const struct env *env;
    struct digest *digest; // NULL: commitments are not checked
    struct arena *arena;
    stepdown_error **error;
    struct core core;
    struct record record;
    struct cbor_reader row;
    uint32_t next_slot; // field disclosures that the body has cited so far
};

static stepdown_status decoder_corrupt(struct decoder *d, const char *what) {
    return status_fail(d->env, d->error, STEPDOWN_CORRUPT, "the record is damaged: %s", what);
}

// A read that returned false: bad input, or no memory.
static stepdown_status decoder_failed(struct decoder *d, const struct cbor_reader *r, const char *what) {
    return r->bad ? decoder_corrupt(d, what) : status_nomem(d->env, d->error);
}

static stepdown_status decode_core(struct decoder *d) {
    static const uint8_t leaf_prefix = 0;
    struct cbor_reader r;
    size_t parts;
    if (!cbor_read_array(&d->row, &parts) || parts != 2 || !cbor_read_bytes(&d->row, &d->record.core))
        return decoder_corrupt(d, "not a row");
    if (d->record.core.size > RECORD_CORE_MAX)
        return decoder_corrupt(d, "core too long");
    cbor_reader_init(&r, d->record.core);
    stepdown_status status = core_read(&r, d->arena, &d->core);
    if (status == STEPDOWN_UNSUPPORTED)
        return status_fail(d->env, d->error, status, "the record is of a format that this version cannot read");
    if (status == STEPDOWN_NOMEM)
        return status_nomem(d->env, d->error);
    if (status != STEPDOWN_OK)
        return decoder_corrupt(d, "core");
    if (d->digest &&
        !digest_sha256(d->digest, &leaf_prefix, 1, d->record.core.data, d->record.core.size, d->record.leaf))
        return status_fail(d->env, d->error, STEPDOWN_INTERNAL, "record: SHA-256 failed");
    return STEPDOWN_OK;
}

// Next disclosure of the row, its commitment checked. *erased: it is null, and `out` is empty.
static stepdown_status decode_disclosure(struct decoder *d, const uint8_t *commitment, stepdown_slice *out,
                                         bool *erased) {
    uint8_t found[DIGEST_SIZE];
    enum cbor_type type;
    *erased = cbor_peek(&d->row, &type) && type == CBOR_NULL;
    if (*erased)
        return cbor_read_null(&d->row) ? STEPDOWN_OK : decoder_corrupt(d, "disclosures");
    if (!cbor_read_bytes(&d->row, out))
        return decoder_corrupt(d, "disclosures");
    if (!d->digest)
        return STEPDOWN_OK;
    if (!digest_sha256(d->digest, NULL, 0, out->data, out->size, found))
        return status_fail(d->env, d->error, STEPDOWN_INTERNAL, "record: SHA-256 failed");
    return memcmp(found, commitment, DIGEST_SIZE) == 0 ? STEPDOWN_OK
                                                       : decoder_corrupt(d, "a disclosure does not fit its commitment");
}

static bool disclosure_begin(struct cbor_reader *r, stepdown_slice in) {
    size_t parts;
    stepdown_slice salt;
    cbor_reader_init(r, in);
    return cbor_read_array(r, &parts) && parts == 3 && cbor_read_bytes(r, &salt) && salt.size == RECORD_SALT;
}

static bool disclosure_end(struct cbor_reader *r, uint64_t number) {
    uint64_t found;
    return cbor_read_uint(r, &found) && found == number && cbor_at_end(r);
}

static stepdown_status decode_field(struct decoder *d, uint32_t number) {
    struct core_slot *slot = &d->core.slots[number - 1];
    struct cbor_reader r;
    stepdown_slice bytes;
    bool erased;
    stepdown_status status = decode_disclosure(d, slot->commitment, &bytes, &erased);
    if (status != STEPDOWN_OK)
        return status;
    if (erased) {
        slot->value = (struct value){.type = VALUE_ERASED};
        return STEPDOWN_OK;
    }
    if (!disclosure_begin(&r, bytes))
        return decoder_corrupt(d, "field disclosure");
    if (!value_read(&r, d->arena, &slot->value))
        return decoder_failed(d, &r, "field disclosure");
    if (slot->value.type == VALUE_ERASED || !disclosure_end(&r, number))
        return decoder_corrupt(d, "field disclosure");
    return STEPDOWN_OK;
}

// [0, number] in place of a value? Leaves the reader where it was when it is not.
static bool marker_read(struct cbor_reader *r, uint64_t *number) {
    struct cbor_reader probe = *r;
    enum cbor_type type;
    size_t count;
    uint64_t zero;
    if (!cbor_peek(&probe, &type) || type != CBOR_ARRAY || !cbor_read_array(&probe, &count) || count != 2 ||
        !cbor_peek(&probe, &type) || type != CBOR_UINT || !cbor_read_uint(&probe, &zero) || zero != 0 ||
        !cbor_read_uint(&probe, number))
        return false;
    *r = probe;
    return true;
}

static stepdown_status decode_attr(struct decoder *d, struct cbor_reader *r, struct attr *attr) {
    uint64_t number;
    if (!marker_read(r, &number)) {
        if (!value_read(r, d->arena, &attr->value))
            return decoder_failed(d, r, "value");
        return attr->value.type == VALUE_ERASED ? decoder_corrupt(d, "value") : STEPDOWN_OK;
    }
    // Numbered in order of appearance, each cited once.
    if (number != (uint64_t)d->next_slot + 1 || number > d->core.slot_count)
        return decoder_corrupt(d, "number of a withheld field");
    d->next_slot++;
    attr->disclosure = (uint16_t)number;
    attr->withheld = true;
    attr->label = d->core.slots[number - 1].label;
    attr->value = d->core.slots[number - 1].value;
    return STEPDOWN_OK;
}

static stepdown_status decode_attrs(struct decoder *d, struct cbor_reader *r, struct event *event) {
    size_t count;
    uint64_t previous = 0, key;
    if (!cbor_read_map(r, &count) || count > UINT32_MAX)
        return decoder_corrupt(d, "attributes");
    if (count == 0)
        return STEPDOWN_OK;
    event->attrs = arena_zalloc(d->arena, count * sizeof *event->attrs);
    if (!event->attrs)
        return status_nomem(d->env, d->error);
    event->attr_count = (uint32_t)count;
    for (size_t i = 0; i < count; i++) {
        if (!cbor_read_key(r, &previous, i == 0, &key) || key == 0 || key > UINT32_MAX)
            return decoder_corrupt(d, "attribute key");
        if (!attribute_readable((uint32_t)key))
            return status_fail(d->env, d->error, STEPDOWN_UNSUPPORTED,
                               "the record holds an attribute %u, which this version does not know", (unsigned)key);
        event->attrs[i].key = (uint32_t)key;
        stepdown_status status = decode_attr(d, r, &event->attrs[i]);
        if (status != STEPDOWN_OK)
            return status;
    }
    return STEPDOWN_OK;
}

static stepdown_status decode_event(struct decoder *d, struct cbor_reader *r, struct event *event) {
    size_t parts;
    uint64_t code, name, back, ord;
    if (!cbor_read_array(r, &parts) || parts != 5 || !cbor_read_uint(r, &code) || !cbor_read_uint(r, &name) ||
        !cbor_read_uint(r, &back) || !cbor_read_uint(r, &ord))
        return decoder_corrupt(d, "event");
    if (code > UINT16_MAX || name > UINT32_MAX || back > d->core.header.seq || ord > UINT32_MAX)
        return decoder_corrupt(d, "event");
    if (!event_row((uint16_t)code))
        return status_fail(d->env, d->error, STEPDOWN_UNSUPPORTED,
                           "the record holds an event of kind %u, which this version does not know", (unsigned)code);
    event->code = (uint16_t)code;
    event->name = (uint32_t)name;
    event->target = (struct ref){.seq = d->core.header.seq - back, .ord = (uint32_t)ord};
    return decode_attrs(d, r, event);
}

static stepdown_status decode_body(struct decoder *d, stepdown_slice bytes) {
    struct cbor_reader r;
    size_t count;
    if (!disclosure_begin(&r, bytes) || !cbor_read_array(&r, &count) || count == 0 || count > UINT32_MAX)
        return decoder_corrupt(d, "body");
    d->record.events = arena_zalloc(d->arena, count * sizeof *d->record.events);
    if (!d->record.events)
        return status_nomem(d->env, d->error);
    d->record.event_count = (uint32_t)count;
    for (size_t i = 0; i < count; i++) {
        stepdown_status status = decode_event(d, &r, &d->record.events[i]);
        if (status != STEPDOWN_OK)
            return status;
    }
    if (!disclosure_end(&r, 0) || d->next_slot != d->core.slot_count)
        return decoder_corrupt(d, "body");
    return STEPDOWN_OK;
}

// The body comes first in the row but cites the fields, so they are read before it.
static stepdown_status decode_disclosures(struct decoder *d) {
    size_t count;
    stepdown_slice body;
    if (!cbor_read_array(&d->row, &count) || count != 1 + (size_t)d->core.slot_count)
        return decoder_corrupt(d, "number of disclosures");
    stepdown_status status = decode_disclosure(d, d->core.body_commitment, &body, &d->record.body_erased);
    for (uint32_t number = 1; status == STEPDOWN_OK && number <= d->core.slot_count; number++)
        status = decode_field(d, number);
    if (status == STEPDOWN_OK && !cbor_at_end(&d->row))
        status = decoder_corrupt(d, "bytes after its end");
    if (status == STEPDOWN_OK && !d->record.body_erased)
        status = decode_body(d, body);
    return status;
}

stepdown_status record_decode(const struct env *env, struct digest *digest, struct arena *arena, stepdown_slice row,
                              struct record *out, stepdown_error **out_error) {
    struct decoder d = {.env = env, .digest = digest, .arena = arena, .error = out_error};
    cbor_reader_init(&d.row, row);
    stepdown_status status = decode_core(&d);
    if (status == STEPDOWN_OK)
        status = decode_disclosures(&d);
    if (status != STEPDOWN_OK)
        return status;
    d.record.header = d.core.header;
    d.record.disclosure_count = (uint16_t)d.core.slot_count;
    *out = d.record;
    return STEPDOWN_OK;
}

// Walks the row's frame. *from and *to: where disclosure `number` stands; equal when it is not there or erased.
static bool row_find(stepdown_slice row, uint16_t number, size_t *from, size_t *to) {
    struct cbor_reader r;
    size_t parts, count;
    stepdown_slice bytes;
    *from = *to = 0;
    cbor_reader_init(&r, row);
    if (!cbor_read_array(&r, &parts) || parts != 2 || !cbor_read_bytes(&r, &bytes) || !cbor_read_array(&r, &count))
        return false;
    for (size_t i = 0; i < count; i++) {
        enum cbor_type type;
        size_t begin = r.at;
        if (!cbor_peek(&r, &type) || !(type == CBOR_NULL ? cbor_read_null(&r) : cbor_read_bytes(&r, &bytes)))
            return false;
        if (i == number && type != CBOR_NULL) {
            *from = begin;
            *to = r.at;
        }
    }
    return cbor_at_end(&r);
}

stepdown_status record_erase(const struct env *env, stepdown_slice row, uint16_t number, struct buffer *out,
                             stepdown_error **out_error) {
    size_t from, to;
    if (!row_find(row, number, &from, &to))
        return status_fail(env, out_error, STEPDOWN_CORRUPT, "the record is damaged: not a row");
    if (from == to)
        return status_fail(env, out_error, STEPDOWN_NOT_FOUND, "the record has no disclosure %u, or it is erased",
                           (unsigned)number);
    buffer_clear(out);
    buffer_append(out, row.data, from);
    cbor_write_null(out);
    buffer_append(out, row.data + to, row.size - to);
    return out->failed ? status_nomem(env, out_error) : STEPDOWN_OK;
}
