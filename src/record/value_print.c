// SPDX-License-Identifier: Apache-2.0
// Values as people read them, one printer for each type. May call: base.
#include "record/value.h"

static void print_slice(stepdown_slice text, struct buffer *out) {
    if (text.size > 0)
        buffer_append(out, text.data, text.size);
}

static void print_time(stepdown_time t, const struct zone *zone, struct buffer *out) {
    char text[40];
    time_print(t, zone, text);
    buffer_text(out, text);
}

static void none_print(const struct value *v, const struct zone *zone, struct buffer *out) {
    (void)v;
    (void)zone;
    buffer_text(out, "none");
}

static void erased_print(const struct value *v, const struct zone *zone, struct buffer *out) {
    (void)v;
    (void)zone;
    buffer_text(out, "erased");
}

static void text_print(const struct value *v, const struct zone *zone, struct buffer *out) {
    (void)zone;
    print_slice(v->text, out);
}

static void items_print(const struct value *v, const struct zone *zone, const char *between, struct buffer *out) {
    for (uint32_t i = 0; i < v->count; i++) {
        if (i > 0)
            buffer_text(out, between);
        value_print(&v->items[i], zone, out);
    }
}

const char *value_print_missing(const struct value *item) {
    bool empty = item->type == VALUE_LIST && item->count == 0;
    return item->type == VALUE_NONE ? "not known" : empty ? "none" : "";
}

static void list_print(const struct value *v, const struct zone *zone, struct buffer *out) {
    for (uint32_t i = 0; i < v->count; i++) {
        buffer_text(out, i > 0 ? ", " : "");
        const char *missing = value_print_missing(&v->items[i]);
        buffer_text(out, missing);
        if (*missing == '\0')
            value_print(&v->items[i], zone, out);
    }
}

// "agreed: mother stays the first contact"
static void decision_print(const struct value *v, const struct zone *zone, struct buffer *out) {
    items_print(v, zone, ": ", out);
}

static void instant_print(const struct value *v, const struct zone *zone, struct buffer *out) {
    print_time(v->number, zone, out);
}

static void duration_value_print(const struct value *v, const struct zone *zone, struct buffer *out) {
    char text[64];
    (void)zone;
    duration_print(&v->duration, text);
    buffer_text(out, text);
}

// The digits of the number with a point `scale` places from the right, then the unit.
static void quantity_print(const struct value *v, const struct zone *zone, struct buffer *out) {
    char digits[32]; // least significant first
    unsigned size = 0;
    uint64_t rest = v->number < 0 ? ~(uint64_t)v->number + 1 : (uint64_t)v->number;
    (void)zone;
    do {
        digits[size++] = (char)('0' + rest % 10);
        rest /= 10;
    } while (size < sizeof digits && (rest > 0 || size <= v->scale));
    if (v->number < 0)
        buffer_text(out, "-");
    while (size > 0) {
        buffer_append(out, &digits[--size], 1);
        if (size > 0 && size == v->scale)
            buffer_text(out, ".");
    }
    if (v->text.size > 0)
        buffer_text(out, " ");
    print_slice(v->text, out);
}

static void boolean_print(const struct value *v, const struct zone *zone, struct buffer *out) {
    (void)zone;
    buffer_text(out, v->number ? "yes" : "no");
}

// "#3.1", a field of it "#3.1/1030", a version of it "#3.1@7"
static void reference_print(const struct value *v, const struct zone *zone, struct buffer *out) {
    (void)zone;
    buffer_text(out, "#");
    buffer_decimal(out, v->ref.seq);
    buffer_text(out, ".");
    buffer_decimal(out, v->ref.ord);
    if (v->field) {
        buffer_text(out, "/");
        buffer_decimal(out, v->field);
    }
    if (v->version) {
        buffer_text(out, "@");
        buffer_decimal(out, v->version);
    }
}

static void statement_print(const struct value *v, const struct zone *zone, struct buffer *out) {
    text_print(v, zone, out);
    buffer_text(out, v->interpretation ? " (interpretation)" : " (fact)");
}

static void date_print(const struct value *v, const struct zone *zone, struct buffer *out) {
    char text[16];
    (void)zone;
    time_print_date(v->number, text);
    buffer_text(out, text);
}

static void interval_print(const struct value *v, const struct zone *zone, struct buffer *out) {
    print_time(v->number, zone, out);
    if (v->until == STEPDOWN_TIME_NONE) {
        buffer_text(out, " onwards");
    } else {
        buffer_text(out, " to ");
        print_time(v->until, zone, out);
    }
}

static void bytes_print(const struct value *v, const struct zone *zone, struct buffer *out) {
    char text[3];
    (void)zone;
    for (size_t i = 0; i < v->text.size; i++) {
        hex_print(&v->text.data[i], 1, text);
        buffer_append(out, text, 2);
    }
}

static void (*const printers[])(const struct value *v, const struct zone *zone, struct buffer *out) = {
    [VALUE_NONE] = none_print,         [VALUE_TEXT] = text_print,           [VALUE_CHOICE] = text_print,
    [VALUE_LIST] = list_print,         [VALUE_TIME] = instant_print,        [VALUE_DURATION] = duration_value_print,
    [VALUE_QUANTITY] = quantity_print, [VALUE_BOOLEAN] = boolean_print,     [VALUE_REFERENCE] = reference_print,
    [VALUE_DECISION] = decision_print, [VALUE_STATEMENT] = statement_print, [VALUE_PERSON] = text_print,
    [VALUE_ROLE] = text_print,         [VALUE_DATE] = date_print,           [VALUE_INTERVAL] = interval_print,
    [VALUE_BYTES] = bytes_print,       [VALUE_ERASED] = erased_print,
};

void value_print(const struct value *value, const struct zone *zone, struct buffer *out) {
    if (value->type < sizeof printers / sizeof printers[0])
        printers[value->type](value, zone, out);
}
