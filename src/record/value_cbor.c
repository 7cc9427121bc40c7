// SPDX-License-Identifier: Apache-2.0
// Value <-> CBOR. The frequent types stand as plain CBOR (text, bytes, true and false, whole numbers, null); all others
// are arrays that begin with the number of the type, so that no two values share an encoding. May call: base, value,
// cbor.
#include "record/value_cbor.h"

// Array form: `parts` is the number of items after the type number.
typedef void write_fn(struct buffer *b, const struct value *v);
typedef bool read_fn(struct cbor_reader *r, struct arena *arena, size_t parts, int depth, struct value *out);

static bool refuse(struct cbor_reader *r) {
    r->bad = true;
    return false;
}

static void head_write(struct buffer *b, const struct value *v, size_t parts) {
    cbor_write_array(b, 1 + parts);
    cbor_write_uint(b, v->type);
}

static void none_write(struct buffer *b, const struct value *v) {
    (void)v;
    cbor_write_null(b);
}

static void text_write(struct buffer *b, const struct value *v) { cbor_write_text(b, v->text); }

static void bytes_write(struct buffer *b, const struct value *v) { cbor_write_bytes(b, v->text.data, v->text.size); }

static void boolean_write(struct buffer *b, const struct value *v) { cbor_write_bool(b, v->number != 0); }

// --- [type, text]: choice, person, role

static void word_write(struct buffer *b, const struct value *v) {
    head_write(b, v, 1);
    cbor_write_text(b, v->text);
}

static bool word_read(struct cbor_reader *r, struct arena *arena, size_t parts, int depth, struct value *out) {
    (void)arena;
    (void)depth;
    return parts == 1 ? cbor_read_text(r, &out->text) : refuse(r);
}

// --- [type, item, …]: list, decision

static void list_write(struct buffer *b, const struct value *v) {
    head_write(b, v, v->count);
    for (uint32_t i = 0; i < v->count; i++)
        value_write(b, &v->items[i]);
}

static bool read_at(struct cbor_reader *r, struct arena *arena, int depth, struct value *out);

static bool list_read(struct cbor_reader *r, struct arena *arena, size_t parts, int depth, struct value *out) {
    if (depth >= VALUE_DEPTH_MAX || parts > UINT32_MAX)
        return refuse(r);
    if (parts == 0)
        return true;
    struct value *items = arena_alloc(arena, parts * sizeof *items);
    if (!items)
        return false;
    for (size_t i = 0; i < parts; i++) {
        if (!read_at(r, arena, depth + 1, &items[i]))
            return false;
    }
    out->items = items;
    out->count = (uint32_t)parts;
    return true;
}

// --- [type, number]: time, date

static void number_write(struct buffer *b, const struct value *v) {
    head_write(b, v, 1);
    cbor_write_int(b, v->number);
}

static bool number_read(struct cbor_reader *r, struct arena *arena, size_t parts, int depth, struct value *out) {
    (void)arena;
    (void)depth;
    return parts == 1 ? cbor_read_int(r, &out->number) : refuse(r);
}

// --- [5, months, days, business days, microseconds]

static void duration_write(struct buffer *b, const struct value *v) {
    head_write(b, v, 4);
    cbor_write_int(b, v->duration.months);
    cbor_write_int(b, v->duration.days);
    cbor_write_int(b, v->duration.business);
    cbor_write_int(b, v->duration.exact);
}

static bool int32_read(struct cbor_reader *r, int32_t *out) {
    int64_t v;
    if (!cbor_read_int(r, &v))
        return false;
    if (v < INT32_MIN || v > INT32_MAX)
        return refuse(r);
    *out = (int32_t)v;
    return true;
}

static bool duration_read(struct cbor_reader *r, struct arena *arena, size_t parts, int depth, struct value *out) {
    struct duration *d = &out->duration;
    (void)arena;
    (void)depth;
    if (parts != 4)
        return refuse(r);
    return int32_read(r, &d->months) && int32_read(r, &d->days) && int32_read(r, &d->business) &&
           cbor_read_int(r, &d->exact);
}

// --- number | [6, number, scale] | [6, number, scale, unit]

static void quantity_write(struct buffer *b, const struct value *v) {
    if (v->scale == 0 && v->text.size == 0) {
        cbor_write_int(b, v->number);
        return;
    }
    head_write(b, v, v->text.size ? 3 : 2);
    cbor_write_int(b, v->number);
    cbor_write_uint(b, v->scale);
    if (v->text.size)
        cbor_write_text(b, v->text);
}

static bool quantity_read(struct cbor_reader *r, struct arena *arena, size_t parts, int depth, struct value *out) {
    uint64_t scale;
    (void)arena;
    (void)depth;
    if (parts < 2 || parts > 3)
        return refuse(r);
    if (!cbor_read_int(r, &out->number) || !cbor_read_uint(r, &scale))
        return false;
    if (scale > 18 || (parts == 2 && scale == 0))
        return refuse(r);
    out->scale = (uint8_t)scale;
    if (parts == 2)
        return true;
    if (!cbor_read_text(r, &out->text))
        return false;
    return out->text.size > 0 || refuse(r);
}

// --- [8, seq, ord] | [8, seq, ord, version] | [8, seq, ord, version, field]; zeros at the end are left out

static void reference_write(struct buffer *b, const struct value *v) {
    size_t parts = v->field ? 4 : v->version ? 3 : 2;
    head_write(b, v, parts);
    cbor_write_uint(b, v->ref.seq);
    cbor_write_uint(b, v->ref.ord);
    if (parts > 2)
        cbor_write_uint(b, v->version);
    if (parts > 3)
        cbor_write_uint(b, v->field);
}

static bool reference_read(struct cbor_reader *r, struct arena *arena, size_t parts, int depth, struct value *out) {
    uint64_t ord, version = 0, field = 0;
    (void)arena;
    (void)depth;
    if (parts < 2 || parts > 4)
        return refuse(r);
    if (!cbor_read_uint(r, &out->ref.seq) || !cbor_read_uint(r, &ord) || (parts > 2 && !cbor_read_uint(r, &version)) ||
        (parts > 3 && !cbor_read_uint(r, &field)))
        return false;
    if (ord > UINT32_MAX || field > UINT32_MAX || (parts == 3 && version == 0) || (parts == 4 && field == 0))
        return refuse(r);
    out->ref.ord = (uint32_t)ord;
    out->version = version;
    out->field = (uint32_t)field;
    return true;
}

// --- [10, text, interpretation?]

static void statement_write(struct buffer *b, const struct value *v) {
    head_write(b, v, 2);
    cbor_write_text(b, v->text);
    cbor_write_bool(b, v->interpretation);
}

static bool statement_read(struct cbor_reader *r, struct arena *arena, size_t parts, int depth, struct value *out) {
    (void)arena;
    (void)depth;
    if (parts != 2)
        return refuse(r);
    return cbor_read_text(r, &out->text) && cbor_read_bool(r, &out->interpretation);
}

// --- [14, from] | [14, from, to]

static void interval_write(struct buffer *b, const struct value *v) {
    bool open = v->until == STEPDOWN_TIME_NONE;
    head_write(b, v, open ? 1 : 2);
    cbor_write_int(b, v->number);
    if (!open)
        cbor_write_int(b, v->until);
}

static bool interval_read(struct cbor_reader *r, struct arena *arena, size_t parts, int depth, struct value *out) {
    (void)arena;
    (void)depth;
    if (parts < 1 || parts > 2)
        return refuse(r);
    out->until = STEPDOWN_TIME_NONE;
    if (!cbor_read_int(r, &out->number))
        return false;
    if (parts == 1)
        return true;
    if (!cbor_read_int(r, &out->until))
        return false;
    return out->until != STEPDOWN_TIME_NONE || refuse(r);
}

// --- [16]: only in snapshots

static void erased_write(struct buffer *b, const struct value *v) { head_write(b, v, 0); }

static bool erased_read(struct cbor_reader *r, struct arena *arena, size_t parts, int depth, struct value *out) {
    (void)arena;
    (void)out;
    return (parts == 0 && depth == 0) || refuse(r);
}

// --- the table

static const struct {
    write_fn *write;
    read_fn *read; // array form; NULL: the type has none
} codecs[] = {
    [VALUE_NONE] = {none_write, NULL},
    [VALUE_TEXT] = {text_write, NULL},
    [VALUE_CHOICE] = {word_write, word_read},
    [VALUE_LIST] = {list_write, list_read},
    [VALUE_TIME] = {number_write, number_read},
    [VALUE_DURATION] = {duration_write, duration_read},
    [VALUE_QUANTITY] = {quantity_write, quantity_read},
    [VALUE_BOOLEAN] = {boolean_write, NULL},
    [VALUE_REFERENCE] = {reference_write, reference_read},
    [VALUE_DECISION] = {list_write, list_read},
    [VALUE_STATEMENT] = {statement_write, statement_read},
    [VALUE_PERSON] = {word_write, word_read},
    [VALUE_ROLE] = {word_write, word_read},
    [VALUE_DATE] = {number_write, number_read},
    [VALUE_INTERVAL] = {interval_write, interval_read},
    [VALUE_BYTES] = {bytes_write, NULL},
    [VALUE_ERASED] = {erased_write, erased_read},
};

void value_write(struct buffer *b, const struct value *value) { codecs[value->type].write(b, value); }

static bool array_read(struct cbor_reader *r, struct arena *arena, int depth, struct value *v) {
    size_t count;
    uint64_t type;
    if (!cbor_read_array(r, &count))
        return false;
    if (count == 0)
        return refuse(r);
    if (!cbor_read_uint(r, &type))
        return false;
    if (type >= sizeof codecs / sizeof codecs[0] || !codecs[type].read)
        return refuse(r);
    v->type = (uint8_t)type;
    return codecs[type].read(r, arena, count - 1, depth, v);
}

static bool boolean_read(struct cbor_reader *r, struct value *v) {
    bool truth;
    if (!cbor_read_bool(r, &truth))
        return false;
    v->type = VALUE_BOOLEAN;
    v->number = truth;
    return true;
}

static bool read_at(struct cbor_reader *r, struct arena *arena, int depth, struct value *out) {
    static const uint8_t plain[] = {[CBOR_UINT] = VALUE_QUANTITY,
                                    [CBOR_NEGATIVE] = VALUE_QUANTITY,
                                    [CBOR_BYTES] = VALUE_BYTES,
                                    [CBOR_TEXT] = VALUE_TEXT,
                                    [CBOR_NULL] = VALUE_NONE};
    struct value v = {0};
    enum cbor_type type;
    bool ok = false;
    if (!cbor_peek(r, &type))
        return false;
    if (type < sizeof plain)
        v.type = plain[type];
    switch (type) {
    case CBOR_UINT:
    case CBOR_NEGATIVE: ok = cbor_read_int(r, &v.number); break;
    case CBOR_BYTES: ok = cbor_read_bytes(r, &v.text); break;
    case CBOR_TEXT: ok = cbor_read_text(r, &v.text); break;
    case CBOR_BOOL: ok = boolean_read(r, &v); break;
    case CBOR_NULL: ok = cbor_read_null(r); break;
    case CBOR_ARRAY: ok = array_read(r, arena, depth, &v); break;
    case CBOR_MAP: ok = refuse(r); break;
    }
    if (ok)
        *out = v;
    return ok;
}

bool value_read(struct cbor_reader *r, struct arena *arena, struct value *out) { return read_at(r, arena, 0, out); }
