// SPDX-License-Identifier: Apache-2.0
// Bytes of a snapshot back into a state (layout: pathway/snapshot.h). They come from disk: whatever they hold, the state
// made from them is sound (every index in range, lists in order, kinds and states known) or there is none.
// May call: protocol, record, base.
#include <string.h>

#include "pathway/fold.h"
#include "pathway/snapshot.h"
#include "record/value_cbor.h"

struct reader {
    struct cbor_reader r;
    struct state *s;
    struct arena scratch; // lists of one value before they are kept
    bool failed;          // memory ran out
};

// A wish for more than the bytes say: the same as bad bytes.
static bool refuse(struct reader *in) {
    in->r.bad = true;
    return false;
}

static bool kept(struct reader *in, bool ok) {
    in->failed |= !ok;
    return ok;
}

// ---- parts ---------------------------------------------------------------------------------------------------------

static bool read_parts(struct reader *in, size_t parts) {
    size_t count;
    if (!cbor_read_array(&in->r, &count))
        return false;
    return count == parts || refuse(in);
}

static uint64_t read_number(struct reader *in, uint64_t limit) {
    uint64_t v = 0;
    if (!cbor_read_uint(&in->r, &v) || v > limit)
        refuse(in);
    return in->r.bad ? 0 : v;
}

static uint32_t read_u32(struct reader *in) { return (uint32_t)read_number(in, UINT32_MAX); }
static uint16_t read_u16(struct reader *in) { return (uint16_t)read_number(in, UINT16_MAX); }

static bool read_bool(struct reader *in) {
    bool v = false;
    return cbor_read_bool(&in->r, &v) && v;
}

static int64_t read_int(struct reader *in) {
    int64_t v = 0;
    cbor_read_int(&in->r, &v);
    return v;
}

static stepdown_time read_time(struct reader *in) {
    enum cbor_type type;
    if (cbor_peek(&in->r, &type) && type == CBOR_NULL) {
        cbor_read_null(&in->r);
        return STEPDOWN_TIME_NONE;
    }
    stepdown_time t = read_int(in);
    if (t == STEPDOWN_TIME_NONE) // must stand as null
        refuse(in);
    return t;
}

static stepdown_time read_step(struct reader *in, stepdown_time from) {
    return (stepdown_time)((uint64_t)from + (uint64_t)read_int(in));
}

static stepdown_slice read_text(struct reader *in) {
    stepdown_slice text = {0}, out = {0};
    if (cbor_read_text(&in->r, &text))
        kept(in, state_intern(in->s, text, &out));
    return out;
}

static void read_fixed(struct reader *in, uint8_t *out, size_t size) {
    stepdown_slice bytes;
    if (!cbor_read_bytes(&in->r, &bytes) || bytes.size != size)
        refuse(in);
    else
        memcpy(out, bytes.data, size);
}

// An element that stands before place `end`, or the pathway.
static uint32_t read_element_place(struct reader *in, size_t end) {
    uint64_t place = read_number(in, end);
    return place == 0 ? NO_ELEMENT : (uint32_t)(place - 1);
}

// A place in the records; it must come after *previous, which then becomes it.
static struct ref read_next_ref(struct reader *in, struct ref *previous) {
    struct ref at = {.seq = read_number(in, in->s->seq)};
    at.ord = read_u32(in);
    if (at.seq < previous->seq || (at.seq == previous->seq && at.ord <= previous->ord))
        refuse(in);
    *previous = at;
    return at;
}

static void read_value(struct reader *in, struct value *out) {
    struct value v = {0};
    arena_reset(&in->scratch);
    if (value_read(&in->r, &in->scratch, &v))
        kept(in, state_keep_value(in->s, &v, out));
    else if (!in->r.bad)
        kept(in, false);
}

// `row` for every item of a list.
static bool read_list(struct reader *in, bool (*row)(struct reader *in)) {
    size_t count = 0;
    bool ok = cbor_read_array(&in->r, &count);
    for (size_t i = 0; ok && i < count; i++)
        ok = row(in) && !in->r.bad && !in->failed;
    return ok;
}

// ---- the pathway ---------------------------------------------------------------------------------------------------

static bool read_pathway(struct reader *in) {
    struct state *s = in->s;
    if (!read_parts(in, PARTS_PATHWAY))
        return false;
    s->subject = read_text(in);
    s->subject_disclosure = read_u16(in);
    s->subject_kind = read_text(in);
    s->zone_name = read_text(in);
    s->zone_version = read_text(in);
    s->org = read_text(in);
    s->stage = read_text(in);
    s->stage_disclosure = read_u16(in);
    s->stage_version = read_number(in, s->seq);
    read_fixed(in, s->definition, DIGEST_SIZE);
    s->opened_at = read_time(in);
    s->closed_at = read_time(in);
    s->closed = read_bool(in);
    return !in->r.bad && !in->failed;
}

static bool read_participant(struct reader *in) {
    struct participant p = {0};
    if (!read_parts(in, PARTS_PARTICIPANT))
        return false;
    p.org = read_text(in);
    p.kind = read_text(in);
    p.from = read_time(in);
    p.until = read_time(in);
    return !in->r.bad && kept(in, state_add_participant(in->s, &p));
}

// ---- elements ------------------------------------------------------------------------------------------------------

static bool read_field(struct reader *in) {
    struct field_value field = {.next = NO_INDEX};
    if (!read_parts(in, PARTS_FIELD))
        return false;
    field.symbol = read_u32(in);
    field.version = read_number(in, in->s->seq);
    field.disclosure = read_u16(in);
    stepdown_slice label = read_text(in);
    field.label = label.size > 0 ? (const char *)label.data : NULL;
    field.role = read_text(in);
    field.person = read_text(in);
    read_value(in, &field.value);
    if (field.symbol < SYMBOL_FIRST)
        refuse(in);
    return !in->r.bad && !in->failed && kept(in, state_add_field(in->s, (uint32_t)in->s->element_count - 1, &field));
}

enum {
    ENTRY_FLAGS = ELEMENT_RETRACTED,
    ITEM_FLAGS = ELEMENT_IS_ITEM | ELEMENT_FINISHED_FLAG | ELEMENT_OVERDUE_FLAG | ELEMENT_SUSPENDED | ELEMENT_ACCEPTED |
                 ELEMENT_ANSWERED | ELEMENT_LEAD_FIRED | ELEMENT_LATE | ELEMENT_ADHOC | ELEMENT_MET |
                 ELEMENT_START_GIVEN
};

// Is it an item of a known kind in a known state, or an entry?
static bool element_sound(const struct element *e) {
    const struct event_row *row = event_row(e->code);
    if (!row)
        return false;
    if (!(e->flags & ELEMENT_IS_ITEM))
        return row->class == EVENT_CLASS_ENTRY && e->kind == KIND_NONE && e->state == STATE_NONE &&
               !(e->flags & ~(uint32_t)ENTRY_FLAGS);
    const struct kind_row *kind = lifecycle_kind(e->kind);
    return row->class == EVENT_CLASS_OPEN && kind && kind->family == EVENT_FAMILY(e->code) && e->state != STATE_NONE &&
           lifecycle_state_word(e->state)[0] != '\0' && !(e->flags & ~(uint32_t)ITEM_FLAGS);
}

static void read_element_texts(struct reader *in, struct element *e) {
    stepdown_slice *texts[] = {&e->author,    &e->author_role, &e->author_org, &e->owner,    &e->owner_role,
                               &e->owner_org, &e->due_rule,    &e->name,       &e->delegate, &e->offered};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        *texts[i] = read_text(in);
    e->name_disclosure = read_u16(in);
}

static void read_element_times(struct reader *in, struct element *e) {
    stepdown_time *times[] = {&e->occurred_at, &e->recorded_at, &e->opened_at, &e->finished_at, &e->due,
                              &e->lead_at,     &e->start,       &e->end,       &e->step_due};
    for (size_t i = 0; i < sizeof times / sizeof times[0]; i++)
        *times[i] = read_time(in);
}

static bool read_element(struct reader *in) {
    struct state *s = in->s;
    struct element e = {.def = NO_INDEX, .ladder_rule = NO_INDEX};
    struct ref previous = {0};
    if (!read_parts(in, PARTS_ELEMENT))
        return false;
    if (s->element_count > 0)
        previous = s->elements[s->element_count - 1].id;
    e.id = read_next_ref(in, &previous);
    e.symbol = read_u32(in);
    e.flags = read_u32(in);
    e.about = read_element_place(in, s->element_count);
    e.version = read_number(in, s->seq);
    e.kind = (uint8_t)read_number(in, UINT8_MAX);
    e.state = (uint8_t)read_number(in, UINT8_MAX);
    e.code = read_u16(in);
    read_element_texts(in, &e);
    read_element_times(in, &e);
    e.ladder_symbol = read_u32(in);
    e.ladder_step = read_u32(in);
    if (in->r.bad || in->failed)
        return false;
    if (!element_sound(&e))
        return refuse(in);
    return kept(in, state_add_element(s, &e) != NO_ELEMENT) && read_list(in, read_field);
}

// ---- log, marks, verdicts ------------------------------------------------------------------------------------------

static bool read_log(struct reader *in) {
    struct state *s = in->s;
    const struct log_entry *last = s->log_count > 0 ? &s->log[s->log_count - 1] : NULL;
    struct log_entry entry = {0};
    if (!read_parts(in, PARTS_LOG))
        return false;
    uint64_t before = last ? last->seq : 0;
    entry.seq = before + read_number(in, s->seq - before);
    entry.ord = read_u32(in);
    entry.code = read_u16(in);
    entry.element = read_element_place(in, s->element_count);
    entry.name = read_u32(in);
    entry.recorded_at = read_step(in, last ? last->recorded_at : 0);
    entry.occurred_at = read_step(in, entry.recorded_at);
    bool next = last ? (entry.seq == last->seq ? entry.ord == last->ord + 1 : entry.seq == last->seq + 1 && !entry.ord)
                     : entry.seq == 0 && entry.ord == 0;
    if (!next || !event_row(entry.code))
        return refuse(in);
    return !in->r.bad && kept(in, state_add_log(s, &entry));
}

static bool read_attr(struct reader *in) {
    struct attr attr = {0};
    if (!read_parts(in, PARTS_ATTR))
        return false;
    attr.key = read_u32(in);
    attr.disclosure = read_u16(in);
    read_value(in, &attr.value);
    return !in->r.bad && !in->failed && kept(in, state_add_attr(in->s, &attr));
}

static bool read_attrs(struct reader *in, uint32_t *first, uint32_t *count) {
    *first = (uint32_t)in->s->attr_count;
    if (!read_list(in, read_attr))
        return false;
    *count = (uint32_t)in->s->attr_count - *first;
    return true;
}

static bool read_mark(struct reader *in) {
    struct state *s = in->s;
    struct mark mark = {0};
    struct ref previous = {0};
    if (!read_parts(in, PARTS_MARK))
        return false;
    if (s->mark_count > 0)
        previous = s->marks[s->mark_count - 1].at;
    mark.element = read_element_place(in, s->element_count);
    mark.at = read_next_ref(in, &previous);
    mark.code = read_u16(in);
    mark.withdrawn = read_bool(in);
    mark.symbol = read_u32(in);
    mark.name = read_u32(in);
    mark.version = read_number(in, s->seq);
    mark.occurred_at = read_time(in);
    mark.recorded_at = read_time(in);
    mark.person = read_text(in);
    mark.role = read_text(in);
    mark.org = read_text(in);
    if (!state_leaves_mark(mark.code))
        return refuse(in);
    return read_attrs(in, &mark.attr_first, &mark.attr_count) && kept(in, state_add_mark(s, &mark));
}

static bool read_pass(struct reader *in) {
    struct state *s = in->s;
    struct gate_pass pass = {0};
    struct ref previous = {0};
    if (!read_parts(in, PARTS_PASS))
        return false;
    if (s->pass_count > 0)
        previous = s->passes[s->pass_count - 1].at;
    pass.element = read_element_place(in, s->element_count);
    pass.at = read_next_ref(in, &previous);
    pass.symbol = read_u32(in);
    pass.exception = read_bool(in);
    pass.closed_again = read_bool(in);
    return read_attrs(in, &pass.attr_first, &pass.attr_count) && kept(in, state_add_pass(s, &pass));
}

static bool read_schedule(struct reader *in) {
    struct schedule schedule = {0};
    if (!read_parts(in, PARTS_SCHEDULE))
        return false;
    schedule.element = read_element_place(in, in->s->element_count);
    schedule.symbol = read_u32(in);
    schedule.at = read_time(in);
    schedule.done = read_bool(in);
    if (schedule.at == STEPDOWN_TIME_NONE)
        return refuse(in);
    return !in->r.bad && kept(in, state_add_schedule(in->s, &schedule));
}

static bool read_hold(struct reader *in) {
    struct state *s = in->s;
    struct hold hold = {0};
    struct ref previous = {0};
    if (!read_parts(in, PARTS_HOLD))
        return false;
    if (s->hold_count > 0)
        previous = s->holds[s->hold_count - 1].at;
    hold.element = read_element_place(in, s->element_count);
    hold.at = read_next_ref(in, &previous);
    hold.symbol = read_u32(in);
    hold.released = read_bool(in);
    return !in->r.bad && kept(in, state_add_hold(s, &hold));
}

static bool read_origin(struct reader *in) {
    struct state *s = in->s;
    struct origin origin = {0};
    if (!read_parts(in, PARTS_ORIGIN))
        return false;
    origin.element = read_element_place(in, s->element_count);
    origin.symbol = read_u32(in);
    read_fixed(in, origin.person, ORIGIN_TOKEN);
    read_fixed(in, origin.member, RECORD_ID);
    origin.about = (struct ref){.seq = read_number(in, INT64_MAX)};
    origin.about.ord = read_u32(in);
    origin.version = read_number(in, INT64_MAX);
    if (origin.element == NO_ELEMENT ||
        (s->origin_count > 0 && origin.element <= s->origins[s->origin_count - 1].element))
        return refuse(in);
    return !in->r.bad && kept(in, state_add_origin(s, &origin));
}

static bool read_match(struct reader *in) {
    struct state *s = in->s;
    struct pattern_match match = {0};
    struct ref previous = {0};
    if (!read_parts(in, PARTS_MATCH))
        return false;
    if (s->match_count > 0)
        previous = s->matches[s->match_count - 1].at;
    match.symbol = read_u32(in);
    match.at = read_next_ref(in, &previous);
    if (!read_attrs(in, &match.attr_first, &match.attr_count))
        return false;
    match.over = read_bool(in);
    return kept(in, state_add_match(s, &match));
}

// ---- the whole -----------------------------------------------------------------------------------------------------

// Everything after the version.
static bool read_state(struct reader *in) {
    struct state *s = in->s;
    uint8_t id[RECORD_ID] = {0};
    read_fixed(in, id, RECORD_ID);
    if (!in->r.bad && memcmp(id, s->id, RECORD_ID) != 0)
        return refuse(in);
    s->seq = s->snapshot_seq = read_number(in, INT64_MAX);
    s->empty = false;
    read_fixed(in, s->leaf, DIGEST_SIZE);
    s->recorded_at = read_time(in);
    if (!read_pathway(in) || !read_list(in, read_element) || !read_list(in, read_log) || !read_list(in, read_mark) ||
        !read_list(in, read_pass) || !read_list(in, read_schedule) || !read_list(in, read_hold) ||
        !read_list(in, read_participant) || !read_list(in, read_origin) || !read_list(in, read_match))
        return false;
    if (s->log_count == 0 || s->log[s->log_count - 1].seq != s->seq || s->log[0].code != EVENT_PATHWAY_OPENED)
        return refuse(in);
    return cbor_at_end(&in->r) || refuse(in);
}

static stepdown_status not_a_snapshot(const struct env *env, stepdown_error **out_error) {
    return status_fail(env, out_error, STEPDOWN_CORRUPT, "the snapshot of a pathway cannot be read");
}

stepdown_status snapshot_read(const struct env *env, struct definitions *defs, const uint8_t id[RECORD_ID],
                              stepdown_slice bytes, struct state **out, stepdown_error **out_error) {
    struct reader in = {.failed = false};
    size_t parts;
    uint64_t version;
    cbor_reader_init(&in.r, bytes);
    if (!cbor_read_array(&in.r, &parts) || parts == 0 || !cbor_read_uint(&in.r, &version))
        return not_a_snapshot(env, out_error);
    if (version != SNAPSHOT_VERSION)
        return status_fail(env, out_error, STEPDOWN_UNSUPPORTED, "a snapshot of version %llu, not %d",
                           (unsigned long long)version, SNAPSHOT_VERSION);
    if (parts != PARTS_SNAPSHOT)
        return not_a_snapshot(env, out_error);
    stepdown_status status = state_new(env, defs, id, &in.s, out_error);
    if (status != STEPDOWN_OK)
        return status;
    arena_init(&in.scratch, env);
    if (!read_state(&in))
        status = in.failed ? status_nomem(env, out_error) : not_a_snapshot(env, out_error);
    else if (!state_index(in.s))
        status = status_nomem(env, out_error);
    arena_free(&in.scratch);
    if (status == STEPDOWN_OK)
        *out = in.s;
    else
        state_free(&in.s);
    return status;
}
