// SPDX-License-Identifier: Apache-2.0
// A decoded record as JSON that people can read: names instead of numbers where there are names, values as value_print
// shows them, hex for bytes. For showing only; nothing reads it back. May call: base, value, event.
#include "record/record.h"

static const char *const causes[] = {"genesis", "command", "timer", "signal", "import", "erasure", "access"};
static const char *const actor_types[] = {"?", "person", "engine", "system"};

static void string_print(struct buffer *out, stepdown_slice text) {
    buffer_text(out, "\"");
    for (size_t i = 0; i < text.size; i++) {
        uint8_t c = text.data[i];
        if (c == '"' || c == '\\')
            buffer_format(out, "\\%c", c);
        else if (c < 0x20)
            buffer_format(out, "\\u%04x", c);
        else
            buffer_append(out, &text.data[i], 1);
    }
    buffer_text(out, "\"");
}

static void hex_string_print(struct buffer *out, const uint8_t *data, size_t size) {
    char pair[3];
    buffer_text(out, "\"");
    for (size_t i = 0; i < size; i++) {
        hex_print(&data[i], 1, pair);
        buffer_append(out, pair, 2);
    }
    buffer_text(out, "\"");
}

static void text_field(struct buffer *out, const char *key, stepdown_slice text) {
    if (text.size == 0)
        return;
    buffer_format(out, ",\n  \"%s\": ", key);
    string_print(out, text);
}

static void bytes_field(struct buffer *out, const char *key, const uint8_t *data, size_t size) {
    buffer_format(out, ",\n  \"%s\": ", key);
    hex_string_print(out, data, size);
}

// Left out when all zero.
static void hash_field(struct buffer *out, const char *key, const uint8_t hash[DIGEST_SIZE]) {
    uint8_t any = 0;
    for (size_t i = 0; i < DIGEST_SIZE; i++)
        any |= hash[i];
    if (any)
        bytes_field(out, key, hash, DIGEST_SIZE);
}

static void time_field(struct buffer *out, const char *key, stepdown_time t, const struct zone *zone) {
    char text[40];
    time_print(t, zone, text);
    text_field(out, key, slice_text(text));
}

static void actor_print(struct buffer *out, const struct actor *actor) {
    buffer_format(out, ",\n  \"actor\": {\"type\": \"%s\", \"system\": ", actor_types[actor->type]);
    string_print(out, actor->system);
    buffer_text(out, ", \"id\": ");
    string_print(out, actor->id);
    buffer_text(out, ", \"role\": ");
    string_print(out, actor->role);
    buffer_text(out, ", \"on_behalf_of\": ");
    string_print(out, actor->behalf);
    buffer_text(out, "}");
}

static void header_print(const struct record *record, const struct zone *zone, struct buffer *out) {
    const struct record_header *h = &record->header;
    char id[27];
    buffer_format(out, "  \"seq\": %llu", (unsigned long long)h->seq);
    base32_print_id(h->pathway, id);
    text_field(out, "pathway", slice_text(id));
    base32_print_id(h->log_id, id);
    text_field(out, "log", slice_text(id));
    hash_field(out, "leaf", record->leaf);
    hash_field(out, "previous", h->previous);
    time_field(out, "recorded_at", h->recorded_at, zone);
    time_field(out, "occurred_at", h->occurred_at, zone);
    if (h->raw_clock != STEPDOWN_TIME_NONE)
        time_field(out, "raw_clock", h->raw_clock, zone);
    if (h->has_offset)
        buffer_format(out, ",\n  \"utc_offset_minutes\": %d", (int)h->offset_minutes);
    buffer_format(out, ",\n  \"cause\": \"%s\",\n  \"outcome\": %u", causes[h->cause], (unsigned)h->outcome);
    actor_print(out, &h->actor);
    text_field(out, "device", h->device);
    text_field(out, "request", h->request);
    text_field(out, "purpose", h->purpose);
    hash_field(out, "definition", h->definition);
    if (h->command_id.size > 0)
        bytes_field(out, "command_id", h->command_id.data, h->command_id.size);
    text_field(out, "engine", h->engine);
}

static void value_string_print(const struct value *value, const struct zone *zone, struct buffer *out) {
    struct buffer scratch;
    buffer_init(&scratch, out->env);
    value_print(value, zone, &scratch);
    string_print(out, slice_of(scratch.data, scratch.size));
    out->failed = out->failed || scratch.failed;
    buffer_free(&scratch);
}

static void attr_print(const struct attr *attr, const struct zone *zone, struct buffer *out) {
    const char *name = attribute_name(attr->key);
    if (name)
        buffer_format(out, "\"%s\": ", name);
    else
        buffer_format(out, "\"%u\": ", (unsigned)attr->key);
    if (attr->key == ATTR_ORIGIN) { // whose it is, which nobody is to learn here
        buffer_text(out, "\"kept back\"");
        return;
    }
    if (attr->disclosure == 0) {
        value_string_print(&attr->value, zone, out);
        return;
    }
    buffer_format(out, "{\"disclosure\": %u, ", (unsigned)attr->disclosure);
    if (attr->label) {
        buffer_text(out, "\"label\": ");
        string_print(out, slice_text(attr->label));
        buffer_text(out, ", ");
    }
    buffer_text(out, "\"value\": ");
    value_string_print(&attr->value, zone, out);
    buffer_text(out, "}");
}

static void event_print(const struct event *event, const struct zone *zone, struct buffer *out) {
    const struct event_row *row = event_row(event->code);
    buffer_text(out, "    {\"event\": ");
    if (row)
        buffer_format(out, "\"%s.%s\"", row->family, row->word);
    else
        buffer_format(out, "%u", (unsigned)event->code);
    if (event->name)
        buffer_format(out, ", \"name\": %u", (unsigned)event->name);
    buffer_format(out, ", \"element\": \"#%llu.%u\"", (unsigned long long)event->target.seq,
                  (unsigned)event->target.ord);
    for (uint32_t i = 0; i < event->attr_count; i++) {
        buffer_text(out, i == 0 ? ", \"attributes\": {" : ", ");
        attr_print(&event->attrs[i], zone, out);
    }
    buffer_text(out, event->attr_count > 0 ? "}}" : "}");
}

void record_print(const struct record *record, const struct zone *zone, struct buffer *out) {
    buffer_text(out, "{\n");
    header_print(record, zone, out);
    if (record->body_erased) {
        buffer_text(out, ",\n  \"events\": \"erased\"\n}\n");
        return;
    }
    buffer_text(out, ",\n  \"events\": [\n");
    for (uint32_t i = 0; i < record->event_count; i++) {
        if (i > 0)
            buffer_text(out, ",\n");
        event_print(&record->events[i], zone, out);
    }
    buffer_text(out, "\n  ]\n}\n");
}
