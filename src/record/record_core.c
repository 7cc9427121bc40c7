// SPDX-License-Identifier: Apache-2.0
// The core's key table. A row says which key, where in the header the field stands and what kind of field it is; a kind
// knows when the field is left out, how to write it and how to read it. May call: base, cbor, event.
#include "record/record_core.h"

#include <string.h>

struct kind {
    bool (*present)(const struct core *core, const void *field); // NULL: always
    void (*write)(struct buffer *b, struct core *core, const void *field);
    bool (*read)(struct cbor_reader *r, struct arena *arena, struct core *core, void *field);
};

static bool refuse(struct cbor_reader *r) {
    r->bad = true;
    return false;
}

// --- numbers and times

static void version_write(struct buffer *b, struct core *core, const void *field) {
    (void)core;
    (void)field;
    cbor_write_uint(b, RECORD_FORMAT);
}

static void uint64_write(struct buffer *b, struct core *core, const void *field) {
    (void)core;
    cbor_write_uint(b, *(const uint64_t *)field);
}

static bool uint64_read(struct cbor_reader *r, struct arena *arena, struct core *core, void *field) {
    (void)arena;
    (void)core;
    return cbor_read_uint(r, field);
}

static void uint8_write(struct buffer *b, struct core *core, const void *field) {
    (void)core;
    cbor_write_uint(b, *(const uint8_t *)field);
}

static bool uint8_read(struct cbor_reader *r, struct arena *arena, struct core *core, void *field) {
    uint64_t v;
    (void)arena;
    (void)core;
    if (!cbor_read_uint(r, &v))
        return false;
    if (v > UINT8_MAX)
        return refuse(r);
    *(uint8_t *)field = (uint8_t)v;
    return true;
}

static void time_write(struct buffer *b, struct core *core, const void *field) {
    (void)core;
    cbor_write_int(b, *(const stepdown_time *)field);
}

static bool time_read(struct cbor_reader *r, struct arena *arena, struct core *core, void *field) {
    (void)arena;
    (void)core;
    return cbor_read_int(r, field);
}

static bool raw_clock_present(const struct core *core, const void *field) {
    (void)core;
    return *(const stepdown_time *)field != STEPDOWN_TIME_NONE;
}

static bool raw_clock_read(struct cbor_reader *r, struct arena *arena, struct core *core, void *field) {
    return time_read(r, arena, core, field) && (raw_clock_present(core, field) || refuse(r));
}

static bool offset_present(const struct core *core, const void *field) {
    (void)field;
    return core->header.has_offset;
}

static void offset_write(struct buffer *b, struct core *core, const void *field) {
    (void)core;
    cbor_write_int(b, *(const int32_t *)field);
}

static bool offset_read(struct cbor_reader *r, struct arena *arena, struct core *core, void *field) {
    int64_t v;
    (void)arena;
    if (!cbor_read_int(r, &v))
        return false;
    if (v <= -RECORD_OFFSET_MAX || v >= RECORD_OFFSET_MAX)
        return refuse(r);
    *(int32_t *)field = (int32_t)v;
    core->header.has_offset = true;
    return true;
}

// --- ids, hashes, text, bytes

static bool fixed_read(struct cbor_reader *r, size_t size, uint8_t *to) {
    stepdown_slice bytes;
    if (!cbor_read_bytes(r, &bytes))
        return false;
    if (bytes.size != size)
        return refuse(r);
    memcpy(to, bytes.data, size);
    return true;
}

static void id_write(struct buffer *b, struct core *core, const void *field) {
    (void)core;
    cbor_write_bytes(b, field, RECORD_ID);
}

static bool id_read(struct cbor_reader *r, struct arena *arena, struct core *core, void *field) {
    (void)arena;
    (void)core;
    return fixed_read(r, RECORD_ID, field);
}

static bool hash_present(const struct core *core, const void *field) {
    static const uint8_t zero[DIGEST_SIZE];
    (void)core;
    return memcmp(field, zero, DIGEST_SIZE) != 0;
}

static void hash_write(struct buffer *b, struct core *core, const void *field) {
    (void)core;
    cbor_write_bytes(b, field, DIGEST_SIZE);
}

static bool hash_read(struct cbor_reader *r, struct arena *arena, struct core *core, void *field) {
    (void)arena;
    return fixed_read(r, DIGEST_SIZE, field) && (hash_present(core, field) || refuse(r));
}

static bool slice_present(const struct core *core, const void *field) {
    (void)core;
    return ((const stepdown_slice *)field)->size > 0;
}

static void text_write(struct buffer *b, struct core *core, const void *field) {
    (void)core;
    cbor_write_text(b, *(const stepdown_slice *)field);
}

static bool text_read(struct cbor_reader *r, struct arena *arena, struct core *core, void *field) {
    (void)arena;
    return cbor_read_text(r, field) && (slice_present(core, field) || refuse(r));
}

static void bytes_write(struct buffer *b, struct core *core, const void *field) {
    const stepdown_slice *bytes = field;
    (void)core;
    cbor_write_bytes(b, bytes->data, bytes->size);
}

static bool bytes_read(struct cbor_reader *r, struct arena *arena, struct core *core, void *field) {
    (void)arena;
    return cbor_read_bytes(r, field) && (slice_present(core, field) || refuse(r));
}

// --- actor, source

static void actor_write(struct buffer *b, struct core *core, const void *field) {
    const struct actor *actor = field;
    (void)core;
    cbor_write_array(b, 5);
    cbor_write_uint(b, actor->type);
    cbor_write_text(b, actor->system);
    cbor_write_text(b, actor->id);
    cbor_write_text(b, actor->role);
    cbor_write_text(b, actor->behalf);
}

static bool actor_read(struct cbor_reader *r, struct arena *arena, struct core *core, void *field) {
    struct actor *actor = field;
    size_t count;
    if (!cbor_read_array(r, &count))
        return false;
    if (count != 5)
        return refuse(r);
    return uint8_read(r, arena, core, &actor->type) && cbor_read_text(r, &actor->system) &&
           cbor_read_text(r, &actor->id) && cbor_read_text(r, &actor->role) && cbor_read_text(r, &actor->behalf);
}

static bool source_present(const struct core *core, const void *field) {
    (void)field;
    return core->header.device.size > 0 || core->header.request.size > 0;
}

static void source_write(struct buffer *b, struct core *core, const void *field) {
    (void)field;
    cbor_write_array(b, 2);
    cbor_write_text(b, core->header.device);
    cbor_write_text(b, core->header.request);
}

static bool source_read(struct cbor_reader *r, struct arena *arena, struct core *core, void *field) {
    size_t count;
    (void)arena;
    if (!cbor_read_array(r, &count))
        return false;
    if (count != 2)
        return refuse(r);
    return cbor_read_text(r, &core->header.device) && cbor_read_text(r, &core->header.request) &&
           (source_present(core, field) || refuse(r));
}

// --- commitments and labels

static const uint8_t unfilled[DIGEST_SIZE];

static void body_write(struct buffer *b, struct core *core, const void *field) {
    (void)field;
    cbor_write_bytes(b, unfilled, DIGEST_SIZE);
    core->body_at = b->size - core->begin - DIGEST_SIZE;
}

static bool commitment_read(struct cbor_reader *r, const uint8_t **out) {
    stepdown_slice bytes;
    if (!cbor_read_bytes(r, &bytes))
        return false;
    if (bytes.size != DIGEST_SIZE)
        return refuse(r);
    *out = bytes.data;
    return true;
}

static bool body_read(struct cbor_reader *r, struct arena *arena, struct core *core, void *field) {
    (void)arena;
    (void)field;
    return commitment_read(r, &core->body_commitment);
}

static bool slots_present(const struct core *core, const void *field) {
    (void)field;
    return core->slot_count > 0;
}

static void slots_write(struct buffer *b, struct core *core, const void *field) {
    (void)field;
    cbor_write_map(b, core->slot_count);
    for (uint32_t number = 1; number <= core->slot_count; number++) {
        cbor_write_uint(b, number);
        cbor_write_bytes(b, unfilled, DIGEST_SIZE);
        if (number == 1)
            core->slots_at = b->size - core->begin - DIGEST_SIZE;
    }
}

// Slots are numbered 1, 2, 3 … without a gap.
static bool slots_read(struct cbor_reader *r, struct arena *arena, struct core *core, void *field) {
    size_t count;
    (void)field;
    if (!cbor_read_map(r, &count))
        return false;
    if (count == 0 || count > RECORD_WITHHELD_MAX)
        return refuse(r);
    core->slots = arena_zalloc(arena, count * sizeof *core->slots);
    if (!core->slots)
        return false;
    core->slot_count = (uint32_t)count;
    for (uint32_t i = 0; i < count; i++) {
        uint64_t number;
        if (!cbor_read_uint(r, &number))
            return false;
        if (number != i + 1)
            return refuse(r);
        if (!commitment_read(r, &core->slots[i].commitment))
            return false;
    }
    return true;
}

static bool labels_present(const struct core *core, const void *field) {
    (void)field;
    return core->label_count > 0;
}

static void labels_write(struct buffer *b, struct core *core, const void *field) {
    (void)field;
    cbor_write_map(b, core->label_count);
    for (uint32_t e = 0; e < core->event_count; e++) {
        const struct event *event = &core->events[e];
        for (uint32_t a = 0; a < event->attr_count; a++) {
            if (!event->attrs[a].label)
                continue;
            cbor_write_uint(b, event->attrs[a].disclosure);
            cbor_write_text(b, slice_text(event->attrs[a].label));
        }
    }
}

static bool labels_read(struct cbor_reader *r, struct arena *arena, struct core *core, void *field) {
    size_t count;
    uint64_t previous = 0, number;
    (void)field;
    if (!cbor_read_map(r, &count))
        return false;
    if (count == 0)
        return refuse(r);
    for (size_t i = 0; i < count; i++) {
        stepdown_slice label;
        if (!cbor_read_key(r, &previous, i == 0, &number) || !cbor_read_text(r, &label))
            return false;
        if (number == 0 || number > core->slot_count || label.size == 0 || memchr(label.data, 0, label.size))
            return refuse(r);
        core->slots[number - 1].label = arena_text(arena, (const char *)label.data, label.size);
        if (!core->slots[number - 1].label)
            return false;
    }
    return true;
}

// --- the table, keys ascending

static const struct kind kind_uint64 = {NULL, uint64_write, uint64_read};
static const struct kind kind_uint8 = {NULL, uint8_write, uint8_read};
static const struct kind kind_time = {NULL, time_write, time_read};
static const struct kind kind_raw_clock = {raw_clock_present, time_write, raw_clock_read};
static const struct kind kind_offset = {offset_present, offset_write, offset_read};
static const struct kind kind_id = {NULL, id_write, id_read};
static const struct kind kind_hash = {hash_present, hash_write, hash_read};
static const struct kind kind_text = {slice_present, text_write, text_read};
static const struct kind kind_bytes = {slice_present, bytes_write, bytes_read};
static const struct kind kind_actor = {NULL, actor_write, actor_read};
static const struct kind kind_source = {source_present, source_write, source_read};
static const struct kind kind_body = {NULL, body_write, body_read};
static const struct kind kind_slots = {slots_present, slots_write, slots_read};
static const struct kind kind_labels = {labels_present, labels_write, labels_read};
// Read before the others, by core_read itself.
static const struct kind kind_version = {NULL, version_write, NULL};

#define AT(member) offsetof(struct core, header.member)
static const struct {
    uint8_t key;
    const struct kind *kind;
    size_t at; // of the field in struct core
} fields[] = {
    {0, &kind_version, 0},
    {1, &kind_id, AT(log_id)},
    {2, &kind_id, AT(pathway)},
    {3, &kind_uint64, AT(seq)},
    {4, &kind_hash, AT(previous)},
    {5, &kind_time, AT(recorded_at)},
    {6, &kind_time, AT(occurred_at)},
    {7, &kind_uint8, AT(cause)},
    {8, &kind_uint8, AT(outcome)},
    {9, &kind_actor, AT(actor)},
    {10, &kind_source, 0},
    {11, &kind_text, AT(purpose)},
    {12, &kind_hash, AT(definition)},
    {13, &kind_bytes, AT(command_id)},
    {14, &kind_body, 0},
    {15, &kind_slots, 0},
    {16, &kind_text, AT(engine)},
    {18, &kind_labels, 0},
    {19, &kind_raw_clock, AT(raw_clock)},
    {20, &kind_offset, AT(offset_minutes)},
};
#undef AT

enum { FIELD_COUNT = sizeof fields / sizeof fields[0] };

static bool field_present(const struct core *core, size_t i) {
    return !fields[i].kind->present || fields[i].kind->present(core, (const uint8_t *)core + fields[i].at);
}

void core_write(struct buffer *b, struct core *core) {
    size_t count = 0;
    for (size_t i = 0; i < FIELD_COUNT; i++)
        count += field_present(core, i);
    core->begin = b->size;
    cbor_write_map(b, count);
    for (size_t i = 0; i < FIELD_COUNT; i++) {
        if (!field_present(core, i))
            continue;
        cbor_write_uint(b, fields[i].key);
        fields[i].kind->write(b, core, (const uint8_t *)core + fields[i].at);
    }
}

size_t core_next_slot(size_t at, uint32_t number) {
    size_t key = number + 1 < 24 ? 1 : number + 1 <= UINT8_MAX ? 2 : 3;
    return at + DIGEST_SIZE + key + 2; // 2: the head of a 32-byte string
}

// Facts about the header that hold in every record, written or read.
static const char *header_check(const struct record_header *h) {
    bool outcome_known = h->outcome == OUTCOME_SUCCESS || h->outcome == OUTCOME_MINOR ||
                         h->outcome == OUTCOME_SERIOUS || h->outcome == OUTCOME_MAJOR;
    if (h->cause > CAUSE_ACCESS)
        return "unknown cause";
    if (!outcome_known)
        return "unknown outcome";
    if (h->actor.type < ACTOR_PERSON || h->actor.type > ACTOR_SYSTEM)
        return "unknown actor type";
    if (h->recorded_at < TIME_MIN || h->recorded_at > TIME_MAX)
        return "recorded_at is outside the years 1 to 9999";
    if (h->occurred_at < TIME_MIN || h->occurred_at > TIME_MAX)
        return "occurred_at is outside the years 1 to 9999";
    if (h->raw_clock != STEPDOWN_TIME_NONE && h->raw_clock >= h->recorded_at)
        return "the raw clock is stated although it was not behind";
    return NULL;
}

const char *core_check(const struct record_header *h, stepdown_status *status) {
    const stepdown_slice texts[] = {h->actor.system, h->actor.id, h->actor.role, h->actor.behalf,
                                    h->device,       h->request,  h->purpose,    h->engine};
    const char *fault = header_check(h);
    *status = STEPDOWN_INTERNAL;
    if (!fault && h->has_offset && (h->offset_minutes <= -RECORD_OFFSET_MAX || h->offset_minutes >= RECORD_OFFSET_MAX))
        fault = "the UTC offset is a day or more";
    if (fault)
        return fault;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        size_t where;
        *status = STEPDOWN_INVALID;
        if (!utf8_valid(texts[i], &where))
            return "a text of actor, source, purpose or engine is not UTF-8";
    }
    return NULL;
}

// Map head, key 0, version: the part that every version shares.
static stepdown_status core_begin(struct cbor_reader *r, size_t *count) {
    uint64_t key, version;
    if (!cbor_read_map(r, count) || !cbor_read_uint(r, &key) || key != 0 || !cbor_read_uint(r, &version))
        return STEPDOWN_CORRUPT;
    return version == RECORD_FORMAT ? STEPDOWN_OK : STEPDOWN_UNSUPPORTED;
}

// The remaining keys against the table: a key that is not its row's means that the row was left out.
static bool core_fields(struct cbor_reader *r, struct arena *arena, struct core *core, size_t count) {
    size_t row = 1;
    for (size_t i = 1; i < count; i++) {
        uint64_t key;
        if (!cbor_read_uint(r, &key))
            return false;
        while (row < FIELD_COUNT && fields[row].key < key && fields[row].kind->present)
            row++;
        if (row == FIELD_COUNT || fields[row].key != key)
            return refuse(r);
        if (!fields[row].kind->read(r, arena, core, (uint8_t *)core + fields[row].at))
            return false;
        row++;
    }
    while (row < FIELD_COUNT && fields[row].kind->present)
        row++;
    return row == FIELD_COUNT || refuse(r);
}

stepdown_status core_read(struct cbor_reader *r, struct arena *arena, struct core *core) {
    size_t count;
    stepdown_status status = core_begin(r, &count);
    if (status != STEPDOWN_OK)
        return status;
    core->header.raw_clock = STEPDOWN_TIME_NONE;
    if (!core_fields(r, arena, core, count))
        return r->bad ? STEPDOWN_CORRUPT : STEPDOWN_NOMEM;
    return cbor_at_end(r) && !header_check(&core->header) ? STEPDOWN_OK : STEPDOWN_CORRUPT;
}
