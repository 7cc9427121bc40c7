// SPDX-License-Identifier: Apache-2.0
// A state as deterministic bytes (layout: pathway/snapshot.h). Depends on nothing but the records folded: not on how
// they were folded, nor on the definition set. May call: record, base.
#include "pathway/fold.h"
#include "pathway/snapshot.h"
#include "record/value_cbor.h"

static void write_time(struct buffer *b, stepdown_time t) {
    if (t == STEPDOWN_TIME_NONE)
        cbor_write_null(b);
    else
        cbor_write_int(b, t);
}

// Difference of two moments; wraps instead of overflowing, and so does the reader.
static void write_step(struct buffer *b, stepdown_time from, stepdown_time to) {
    cbor_write_int(b, (int64_t)((uint64_t)to - (uint64_t)from));
}

static void write_element_place(struct buffer *b, uint32_t element) {
    cbor_write_uint(b, element == NO_ELEMENT ? 0 : (uint64_t)element + 1);
}

static void write_ref(struct buffer *b, struct ref ref) {
    cbor_write_uint(b, ref.seq);
    cbor_write_uint(b, ref.ord);
}

static void write_pathway(struct buffer *b, const struct state *s) {
    cbor_write_array(b, PARTS_PATHWAY);
    cbor_write_text(b, s->subject);
    cbor_write_uint(b, s->subject_disclosure);
    cbor_write_text(b, s->subject_kind);
    cbor_write_text(b, s->zone_name);
    cbor_write_text(b, s->zone_version);
    cbor_write_text(b, s->org);
    cbor_write_text(b, s->stage);
    cbor_write_uint(b, s->stage_disclosure);
    cbor_write_uint(b, s->stage_version);
    cbor_write_bytes(b, s->definition, DIGEST_SIZE);
    write_time(b, s->opened_at);
    write_time(b, s->closed_at);
    cbor_write_bool(b, s->closed);
}

static void write_fields(struct buffer *b, const struct state *s, const struct element *e) {
    size_t count = 0;
    for (uint32_t at = e->first_field; at != NO_INDEX; at = s->fields[at].next)
        count++;
    cbor_write_array(b, count);
    for (uint32_t at = e->first_field; at != NO_INDEX; at = s->fields[at].next) {
        const struct field_value *field = &s->fields[at];
        cbor_write_array(b, PARTS_FIELD);
        cbor_write_uint(b, field->symbol);
        cbor_write_uint(b, field->version);
        cbor_write_uint(b, field->disclosure);
        cbor_write_text(b, slice_text(field->label));
        cbor_write_text(b, field->role);
        cbor_write_text(b, field->person);
        value_write(b, &field->value);
    }
}

static void write_element(struct buffer *b, const struct state *s, const struct element *e) {
    cbor_write_array(b, PARTS_ELEMENT);
    write_ref(b, e->id);
    cbor_write_uint(b, e->symbol);
    cbor_write_uint(b, e->flags);
    write_element_place(b, e->about);
    cbor_write_uint(b, e->version);
    cbor_write_uint(b, e->kind);
    cbor_write_uint(b, e->state);
    cbor_write_uint(b, e->code);
    const stepdown_slice texts[] = {e->author,    e->author_role, e->author_org, e->owner,    e->owner_role,
                                    e->owner_org, e->due_rule,    e->name,       e->delegate, e->offered};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        cbor_write_text(b, texts[i]);
    cbor_write_uint(b, e->name_disclosure);
    const stepdown_time times[] = {e->occurred_at, e->recorded_at, e->opened_at, e->finished_at, e->due,
                                   e->lead_at,     e->start,       e->end,       e->step_due};
    for (size_t i = 0; i < sizeof times / sizeof times[0]; i++)
        write_time(b, times[i]);
    cbor_write_uint(b, e->ladder_symbol);
    cbor_write_uint(b, e->ladder_step);
    write_fields(b, s, e);
}

static void write_log(struct buffer *b, const struct state *s) {
    uint64_t seq = 0;
    stepdown_time recorded_at = 0;
    cbor_write_array(b, s->log_count);
    for (size_t i = 0; i < s->log_count; i++) {
        const struct log_entry *entry = &s->log[i];
        cbor_write_array(b, PARTS_LOG);
        cbor_write_uint(b, entry->seq - seq);
        cbor_write_uint(b, entry->ord);
        cbor_write_uint(b, entry->code);
        write_element_place(b, entry->element);
        cbor_write_uint(b, entry->name);
        write_step(b, recorded_at, entry->recorded_at);
        write_step(b, entry->recorded_at, entry->occurred_at);
        seq = entry->seq;
        recorded_at = entry->recorded_at;
    }
}

static void write_attrs(struct buffer *b, const struct state *s, uint32_t first, uint32_t count) {
    cbor_write_array(b, count);
    for (uint32_t i = first; i < first + count; i++) {
        const struct attr *attr = &s->attrs[i];
        cbor_write_array(b, PARTS_ATTR);
        cbor_write_uint(b, attr->key);
        cbor_write_uint(b, attr->disclosure);
        value_write(b, &attr->value);
    }
}

static void write_marks(struct buffer *b, const struct state *s) {
    cbor_write_array(b, s->mark_count);
    for (size_t i = 0; i < s->mark_count; i++) {
        const struct mark *mark = &s->marks[i];
        cbor_write_array(b, PARTS_MARK);
        write_element_place(b, mark->element);
        write_ref(b, mark->at);
        cbor_write_uint(b, mark->code);
        cbor_write_bool(b, mark->withdrawn);
        cbor_write_uint(b, mark->symbol);
        cbor_write_uint(b, mark->name);
        cbor_write_uint(b, mark->version);
        write_time(b, mark->occurred_at);
        write_time(b, mark->recorded_at);
        cbor_write_text(b, mark->person);
        cbor_write_text(b, mark->role);
        cbor_write_text(b, mark->org);
        write_attrs(b, s, mark->attr_first, mark->attr_count);
    }
}

static void write_passes(struct buffer *b, const struct state *s) {
    cbor_write_array(b, s->pass_count);
    for (size_t i = 0; i < s->pass_count; i++) {
        const struct gate_pass *pass = &s->passes[i];
        cbor_write_array(b, PARTS_PASS);
        write_element_place(b, pass->element);
        write_ref(b, pass->at);
        cbor_write_uint(b, pass->symbol);
        cbor_write_bool(b, pass->exception);
        cbor_write_bool(b, pass->closed_again);
        write_attrs(b, s, pass->attr_first, pass->attr_count);
    }
}

static void write_schedules(struct buffer *b, const struct state *s) {
    cbor_write_array(b, s->schedule_count);
    for (size_t i = 0; i < s->schedule_count; i++) {
        const struct schedule *schedule = &s->schedules[i];
        cbor_write_array(b, PARTS_SCHEDULE);
        write_element_place(b, schedule->element);
        cbor_write_uint(b, schedule->symbol);
        cbor_write_int(b, schedule->at);
        cbor_write_bool(b, schedule->done);
    }
}

static void write_holds(struct buffer *b, const struct state *s) {
    cbor_write_array(b, s->hold_count);
    for (size_t i = 0; i < s->hold_count; i++) {
        const struct hold *hold = &s->holds[i];
        cbor_write_array(b, PARTS_HOLD);
        write_element_place(b, hold->element);
        write_ref(b, hold->at);
        cbor_write_uint(b, hold->symbol);
        cbor_write_bool(b, hold->released);
    }
}

static void write_participants(struct buffer *b, const struct state *s) {
    cbor_write_array(b, s->participant_count);
    for (size_t i = 0; i < s->participant_count; i++) {
        const struct participant *p = &s->participants[i];
        cbor_write_array(b, PARTS_PARTICIPANT);
        cbor_write_text(b, p->org);
        cbor_write_text(b, p->kind);
        write_time(b, p->from);
        write_time(b, p->until);
    }
}

static void write_origins(struct buffer *b, const struct state *s) {
    cbor_write_array(b, s->origin_count);
    for (size_t i = 0; i < s->origin_count; i++) {
        const struct origin *o = &s->origins[i];
        cbor_write_array(b, PARTS_ORIGIN);
        write_element_place(b, o->element);
        cbor_write_uint(b, o->symbol);
        cbor_write_bytes(b, o->person, ORIGIN_TOKEN);
        cbor_write_bytes(b, o->member, RECORD_ID);
        write_ref(b, o->about);
        cbor_write_uint(b, o->version);
    }
}

static void write_matches(struct buffer *b, const struct state *s) {
    cbor_write_array(b, s->match_count);
    for (size_t i = 0; i < s->match_count; i++) {
        const struct pattern_match *match = &s->matches[i];
        cbor_write_array(b, PARTS_MATCH);
        cbor_write_uint(b, match->symbol);
        write_ref(b, match->at);
        write_attrs(b, s, match->attr_first, match->attr_count);
        cbor_write_bool(b, match->over);
    }
}

stepdown_status snapshot_write(const struct state *s, struct buffer *out, stepdown_error **out_error) {
    if (s->empty)
        return status_fail(s->env, out_error, STEPDOWN_MISUSE, "a pathway without records has no snapshot");
    buffer_clear(out);
    cbor_write_array(out, PARTS_SNAPSHOT);
    cbor_write_uint(out, SNAPSHOT_VERSION);
    cbor_write_bytes(out, s->id, RECORD_ID);
    cbor_write_uint(out, s->seq);
    cbor_write_bytes(out, s->leaf, DIGEST_SIZE);
    write_time(out, s->recorded_at);
    write_pathway(out, s);
    cbor_write_array(out, s->element_count);
    for (size_t i = 0; i < s->element_count; i++)
        write_element(out, s, &s->elements[i]);
    write_log(out, s);
    write_marks(out, s);
    write_passes(out, s);
    write_schedules(out, s);
    write_holds(out, s);
    write_participants(out, s);
    write_origins(out, s);
    write_matches(out, s);
    if (out->failed) {
        buffer_clear(out);
        return status_nomem(s->env, out_error);
    }
    return STEPDOWN_OK;
}
