// SPDX-License-Identifier: Apache-2.0
// Header and events -> row. The core stands first in the row but holds the commitments to what follows, so it is written
// with empty commitments, which are filled in as each disclosure is done. Allocates nothing but buffer space.
// May call: base, cbor, value, event.
#include <string.h>

#include "record/record_core.h"
#include "record/value_cbor.h"

// One encoding in progress.
struct encoder {
    const struct env *env;
    struct digest *digest;
    struct buffer *out;
    stepdown_error **error;
    struct core core;
    size_t core_at, core_size; // where the core stands in `out`
    const uint8_t *salts;
};

static void attr_swap(struct attr *a, struct attr *b) {
    struct attr held = *a;
    *a = *b;
    *b = held;
}

// Shell sort: in place, fast on the short and mostly sorted lists that come in, not quadratic on long ones.
static void attrs_sort(struct attr *attrs, size_t count) {
    for (size_t gap = count / 2; gap > 0; gap /= 2) {
        for (size_t i = gap; i < count; i++) {
            for (size_t j = i; j >= gap && attrs[j - gap].key > attrs[j].key; j -= gap)
                attr_swap(&attrs[j - gap], &attrs[j]);
        }
    }
}

static stepdown_status attr_check(struct encoder *e, const struct attr *attr) {
    size_t where;
    if (!attribute_readable(attr->key))
        return status_fail(e->env, e->error, STEPDOWN_INTERNAL, "record: there is no attribute %u",
                           (unsigned)attr->key);
    if (!value_valid(&attr->value))
        return status_fail(e->env, e->error, STEPDOWN_INVALID, "record: the value of attribute %u cannot be recorded",
                           (unsigned)attr->key);
    if (!attr->label)
        return STEPDOWN_OK;
    if (!attr->withheld || attr->label[0] == '\0')
        return status_fail(e->env, e->error, STEPDOWN_INTERNAL, "record: attribute %u has a label but is not withheld",
                           (unsigned)attr->key);
    if (!utf8_valid(slice_text(attr->label), &where))
        return status_fail(e->env, e->error, STEPDOWN_INVALID, "record: the label of attribute %u is not UTF-8",
                           (unsigned)attr->key);
    return STEPDOWN_OK;
}

static stepdown_status event_prepare(struct encoder *e, struct event *event) {
    if (!event_row(event->code))
        return status_fail(e->env, e->error, STEPDOWN_INTERNAL, "record: unknown event code %u", (unsigned)event->code);
    if (event->target.seq > e->core.header.seq)
        return status_fail(e->env, e->error, STEPDOWN_INTERNAL, "record: an event is about an element of the future");
    attrs_sort(event->attrs, event->attr_count);
    for (uint32_t i = 0; i < event->attr_count; i++) {
        struct attr *attr = &event->attrs[i];
        if (i > 0 && attr->key == event->attrs[i - 1].key)
            return status_fail(e->env, e->error, STEPDOWN_INTERNAL, "record: attribute %u stands twice",
                               (unsigned)attr->key);
        stepdown_status status = attr_check(e, attr);
        if (status != STEPDOWN_OK)
            return status;
        if (attr->withheld && e->core.slot_count == RECORD_WITHHELD_MAX)
            return status_fail(e->env, e->error, STEPDOWN_LIMIT, "record: more than %d withheld fields",
                               RECORD_WITHHELD_MAX);
        attr->disclosure = attr->withheld ? (uint16_t)++e->core.slot_count : 0;
        e->core.label_count += attr->label != NULL;
    }
    return STEPDOWN_OK;
}

// Check everything, sort attributes, number the disclosures.
static stepdown_status encoder_prepare(struct encoder *e, struct event *events, uint32_t count) {
    stepdown_status status;
    const char *fault = core_check(&e->core.header, &status);
    if (fault)
        return status_fail(e->env, e->error, status, "record: %s", fault);
    if (count == 0)
        return status_fail(e->env, e->error, STEPDOWN_INTERNAL, "record: no event");
    for (uint32_t i = 0; i < count; i++) {
        status = event_prepare(e, &events[i]);
        if (status != STEPDOWN_OK)
            return status;
    }
    return STEPDOWN_OK;
}

// A byte string whose length is known only afterwards: room for the longest head that a row can hold.
enum { WRAP_HEAD = 3 };

static size_t wrap_open(struct buffer *b) {
    static const uint8_t room[WRAP_HEAD];
    buffer_append(b, room, WRAP_HEAD);
    return b->size;
}

// Puts the head before what was written since `begin`. True: *at and *size tell where the contents came to stand.
static bool wrap_close(struct buffer *b, size_t begin, size_t *at, size_t *size) {
    size_t length = b->size - begin;
    if (b->failed || length > RECORD_ROW_MAX)
        return false;
    size_t head = length < 24 ? 1 : length <= UINT8_MAX ? 2 : WRAP_HEAD;
    size_t to = begin - WRAP_HEAD + head;
    if (to != begin)
        memmove(b->data + to, b->data + begin, length);
    b->size = begin - WRAP_HEAD;
    cbor_write_bytes_head(b, length);
    b->size += length;
    *at = to;
    *size = length;
    return !b->failed;
}

static void attr_write(struct buffer *b, const struct attr *attr) {
    cbor_write_uint(b, attr->key);
    if (attr->withheld) {
        cbor_write_array(b, 2);
        cbor_write_uint(b, 0);
        cbor_write_uint(b, attr->disclosure);
    } else {
        value_write(b, &attr->value);
    }
}

// Elements made by this record are the frequent targets, so the sequence number stands as a difference.
static void events_write(struct buffer *b, const struct core *core) {
    cbor_write_array(b, core->event_count);
    for (uint32_t i = 0; i < core->event_count; i++) {
        const struct event *event = &core->events[i];
        cbor_write_array(b, 5);
        cbor_write_uint(b, event->code);
        cbor_write_uint(b, event->name);
        cbor_write_uint(b, core->header.seq - event->target.seq);
        cbor_write_uint(b, event->target.ord);
        cbor_write_map(b, event->attr_count);
        for (uint32_t a = 0; a < event->attr_count; a++)
            attr_write(b, &event->attrs[a]);
    }
}

static stepdown_status encoder_full(struct encoder *e) {
    if (e->out->failed)
        return status_nomem(e->env, e->error);
    return status_fail(e->env, e->error, STEPDOWN_LIMIT, "record: more than %d bytes", RECORD_ROW_MAX);
}

// Disclosure `number`: the body (`attr` NULL) or a withheld value. Its commitment goes to `place` in the core.
static stepdown_status encoder_disclose(struct encoder *e, uint32_t number, const struct attr *attr, size_t place) {
    size_t at, size, begin = wrap_open(e->out);
    cbor_write_array(e->out, 3);
    cbor_write_bytes(e->out, e->salts + (size_t)number * RECORD_SALT, RECORD_SALT);
    if (attr)
        value_write(e->out, &attr->value);
    else
        events_write(e->out, &e->core);
    cbor_write_uint(e->out, number);
    if (!wrap_close(e->out, begin, &at, &size))
        return encoder_full(e);
    if (!digest_sha256(e->digest, NULL, 0, e->out->data + at, size, e->out->data + e->core_at + place))
        return status_fail(e->env, e->error, STEPDOWN_INTERNAL, "record: SHA-256 failed");
    return STEPDOWN_OK;
}

static stepdown_status encoder_disclose_fields(struct encoder *e) {
    size_t place = e->core.slots_at;
    for (uint32_t i = 0; i < e->core.event_count; i++) {
        const struct event *event = &e->core.events[i];
        for (uint32_t a = 0; a < event->attr_count; a++) {
            const struct attr *attr = &event->attrs[a];
            if (!attr->withheld)
                continue;
            stepdown_status status = encoder_disclose(e, attr->disclosure, attr, place);
            if (status != STEPDOWN_OK)
                return status;
            place = core_next_slot(place, attr->disclosure);
        }
    }
    return STEPDOWN_OK;
}

static stepdown_status encoder_write_core(struct encoder *e) {
    cbor_write_array(e->out, 2);
    size_t begin = wrap_open(e->out);
    core_write(e->out, &e->core);
    if (!wrap_close(e->out, begin, &e->core_at, &e->core_size))
        return encoder_full(e);
    if (e->core_size > RECORD_CORE_MAX)
        return status_fail(e->env, e->error, STEPDOWN_LIMIT, "record: a core of more than %d bytes", RECORD_CORE_MAX);
    return STEPDOWN_OK;
}

static stepdown_status encoder_run(struct encoder *e, uint8_t leaf[DIGEST_SIZE]) {
    uint8_t salts[(1 + RECORD_WITHHELD_MAX) * RECORD_SALT];
    static const uint8_t leaf_prefix = 0;
    if (!e->env->random(e->env->random_ctx, salts, (1 + (size_t)e->core.slot_count) * RECORD_SALT))
        return status_fail(e->env, e->error, STEPDOWN_INTERNAL, "record: no entropy");
    e->salts = salts;
    stepdown_status status = encoder_write_core(e);
    if (status != STEPDOWN_OK)
        return status;
    cbor_write_array(e->out, 1 + (size_t)e->core.slot_count);
    status = encoder_disclose(e, 0, NULL, e->core.body_at);
    if (status == STEPDOWN_OK)
        status = encoder_disclose_fields(e);
    if (status != STEPDOWN_OK)
        return status;
    if (e->out->size > RECORD_ROW_MAX)
        return encoder_full(e);
    if (!digest_sha256(e->digest, &leaf_prefix, 1, e->out->data + e->core_at, e->core_size, leaf))
        return status_fail(e->env, e->error, STEPDOWN_INTERNAL, "record: SHA-256 failed");
    return STEPDOWN_OK;
}

stepdown_status record_encode(const struct env *env, struct digest *digest, const struct record_header *header,
                              struct event *events, uint32_t event_count, struct buffer *out, uint8_t leaf[DIGEST_SIZE],
                              stepdown_error **out_error) {
    struct encoder e = {.env = env, .digest = digest, .out = out, .error = out_error};
    uint8_t computed[DIGEST_SIZE];
    e.core.header = *header;
    e.core.events = events;
    e.core.event_count = event_count;
    buffer_clear(out);
    stepdown_status status = encoder_prepare(&e, events, event_count);
    if (status == STEPDOWN_OK)
        status = encoder_run(&e, computed);
    if (status == STEPDOWN_OK)
        memcpy(leaf, computed, DIGEST_SIZE);
    else
        buffer_clear(out);
    return status;
}
