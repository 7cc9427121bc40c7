// SPDX-License-Identifier: Apache-2.0
// Records from events to bytes and back: what is withheld, what is erased, what may not be recorded at all.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"
#include "record/fixture.h"
#include "storage/storage.h"

_Static_assert((int)RECORD_ROW_MAX == (int)STORAGE_VALUE_MAX, "a row is one value of the storage");

static stepdown_slice row_of(const struct fixture *f) { return slice_of(f->row.data, f->row.size); }

static struct record decode(struct fixture *f) {
    struct record record;
    assert_int_equal(record_decode(&f->env, f->digest, &f->arena, row_of(f), &record, NULL), STEPDOWN_OK);
    return record;
}

static void encode_sample(struct fixture *f, struct sample *s, stepdown_status expected) {
    uint8_t leaf[DIGEST_SIZE], untouched[DIGEST_SIZE];
    stepdown_error *error = NULL;
    memset(leaf, 0xee, sizeof leaf);
    memset(untouched, 0xee, sizeof untouched);
    assert_int_equal(record_encode(&f->env, f->digest, &s->header, s->events, s->event_count, &f->row, leaf, &error),
                     expected);
    if (expected == STEPDOWN_OK) {
        assert_null(error);
        memcpy(f->leaf, leaf, sizeof leaf);
        return;
    }
    assert_int_equal(error->code, expected);
    assert_memory_equal(leaf, untouched, sizeof leaf);
    assert_int_equal(f->row.size, 0);
    error_free(&error);
}

// Samples by name of what they show.
enum { GENESIS = 0, REFUSAL = 1, VALUES = 2, EARLY = 3, ACCESS = 4 };

static void check_header(const struct record_header *a, const struct record_header *b) {
    assert_memory_equal(a->log_id, b->log_id, RECORD_ID);
    assert_memory_equal(a->pathway, b->pathway, RECORD_ID);
    assert_memory_equal(a->previous, b->previous, DIGEST_SIZE);
    assert_memory_equal(a->definition, b->definition, DIGEST_SIZE);
    assert_true(a->seq == b->seq && a->recorded_at == b->recorded_at && a->raw_clock == b->raw_clock &&
                a->occurred_at == b->occurred_at && a->cause == b->cause && a->outcome == b->outcome);
    assert_true(a->actor.type == b->actor.type && slice_equal(a->actor.system, b->actor.system) &&
                slice_equal(a->actor.id, b->actor.id) && slice_equal(a->actor.role, b->actor.role) &&
                slice_equal(a->actor.behalf, b->actor.behalf));
    assert_true(slice_equal(a->device, b->device) && slice_equal(a->request, b->request) &&
                slice_equal(a->purpose, b->purpose) && slice_equal(a->command_id, b->command_id) &&
                slice_equal(a->engine, b->engine));
    assert_true(a->has_offset == b->has_offset && a->offset_minutes == b->offset_minutes);
}

static void check_event(const struct event *a, const struct event *b) {
    assert_int_equal(a->code, b->code);
    assert_int_equal(a->name, b->name);
    assert_true(ref_equal(a->target, b->target));
    assert_int_equal(a->attr_count, b->attr_count);
    for (uint32_t i = 0; i < a->attr_count; i++) {
        const struct attr *x = &a->attrs[i], *y = &b->attrs[i];
        assert_int_equal(x->key, y->key);
        assert_int_equal(x->disclosure, y->disclosure);
        assert_int_equal(x->withheld, y->withheld);
        assert_true(slice_equal(slice_text(x->label), slice_text(y->label)));
        assert_true(value_equal(&x->value, &y->value));
    }
}

static void records_come_back_as_they_were_written(void **state) {
    struct fixture *f = *state;
    for (unsigned i = GENESIS; i <= ACCESS; i++) {
        struct sample s = sample_make(&f->arena, i);
        encode_sample(f, &s, STEPDOWN_OK);
        struct record back = decode(f);
        check_header(&back.header, &s.header);
        assert_memory_equal(back.leaf, f->leaf, DIGEST_SIZE);
        assert_int_equal(back.event_count, s.event_count);
        assert_false(back.body_erased);
        for (uint32_t e = 0; e < s.event_count; e++)
            check_event(&back.events[e], &s.events[e]);
    }
}

static void the_encoder_sorts_attributes_and_numbers_what_is_withheld(void **state) {
    struct fixture *f = *state;
    struct sample s = sample_make(&f->arena, REFUSAL);
    encode_sample(f, &s, STEPDOWN_OK);
    const struct attr *visit = s.events[0].attrs;
    assert_int_equal(visit[0].key, ATTR_METHOD);
    assert_int_equal(visit[1].key, 1029);
    assert_int_equal(visit[2].key, 1030);
    assert_int_equal(visit[2].disclosure, 1);
    assert_int_equal(visit[3].disclosure, 2);
    assert_int_equal(visit[0].disclosure, 0);
    assert_int_equal(decode(f).disclosure_count, 3);
}

static void many_attributes_in_reverse_are_sorted(void **state) {
    struct fixture *f = *state;
    struct attr attrs[1000];
    struct sample s = sample_make(&f->arena, GENESIS);
    for (uint32_t i = 0; i < 1000; i++)
        attrs[i] = plain(5000 - (i * 7919) % 1000, number_value(VALUE_QUANTITY, i));
    s.events[0].attrs = attrs;
    s.events[0].attr_count = 1000;
    encode_sample(f, &s, STEPDOWN_OK);
    struct record back = decode(f);
    for (uint32_t i = 1; i < 1000; i++)
        assert_int_equal(back.events[0].attrs[i].key, back.events[0].attrs[i - 1].key + 1);
}

static size_t times_found(stepdown_slice in, const char *text) {
    size_t size = strlen(text), found = 0;
    for (size_t at = 0; at + size <= in.size; at++)
        found += memcmp(in.data + at, text, size) == 0;
    return found;
}

static void withheld_texts_stand_in_their_disclosure_alone(void **state) {
    struct fixture *f = *state;
    struct sample s = sample_make(&f->arena, REFUSAL);
    encode_sample(f, &s, STEPDOWN_OK);
    struct record back = decode(f);
    assert_int_equal(times_found(back.core, "seems afraid"), 0);
    assert_int_equal(times_found(row_of(f), "seems afraid"), 1);
}

static void salts_come_from_one_draw_and_differ(void **state) {
    struct fixture *f = *state;
    struct sample s = sample_make(&f->arena, REFUSAL);
    encode_sample(f, &s, STEPDOWN_OK);
    assert_int_equal(f->draws, 1);
    assert_int_equal(f->salt, 4 * RECORD_SALT);
    struct buffer first = f->row;
    buffer_init(&f->row, &f->env);
    encode_sample(f, &s, STEPDOWN_OK); // the same events, other salts: other commitments
    assert_int_equal(first.size, f->row.size);
    assert_memory_not_equal(first.data, f->row.data, first.size);
    buffer_free(&first);
}

static void encoding_into_a_used_buffer_allocates_nothing(void **state) {
    struct fixture *f = *state;
    struct sample s = sample_make(&f->arena, REFUSAL);
    encode_sample(f, &s, STEPDOWN_OK);
    size_t before = f->memory.calls;
    encode_sample(f, &s, STEPDOWN_OK);
    assert_int_equal(f->memory.calls, before);
}

static void hundreds_of_withheld_fields_find_their_commitments(void **state) {
    struct fixture *f = *state;
    struct attr attrs[RECORD_WITHHELD_MAX + 1];
    struct sample s = sample_make(&f->arena, GENESIS);
    for (uint32_t i = 0; i <= RECORD_WITHHELD_MAX; i++)
        attrs[i] = withheld(SYMBOL_FIRST + i, number_value(VALUE_QUANTITY, i), NULL);
    s.events[0].attrs = attrs;
    s.events[0].attr_count = RECORD_WITHHELD_MAX;
    encode_sample(f, &s, STEPDOWN_OK);
    struct record back = decode(f);
    assert_int_equal(back.disclosure_count, RECORD_WITHHELD_MAX);
    for (uint32_t i = 0; i < RECORD_WITHHELD_MAX; i++)
        assert_int_equal(back.events[0].attrs[i].value.number, i);
    s.events[0].attr_count = RECORD_WITHHELD_MAX + 1;
    encode_sample(f, &s, STEPDOWN_LIMIT);
}

static void without_a_digest_nothing_is_checked_and_no_leaf_computed(void **state) {
    struct fixture *f = *state;
    static const uint8_t zero[DIGEST_SIZE];
    struct record back;
    sample_encode(f, REFUSAL);
    f->row.data[f->row.size - 3] ^= 1; // in the text of the last disclosure
    assert_int_equal(record_decode(&f->env, f->digest, &f->arena, row_of(f), &back, NULL), STEPDOWN_CORRUPT);
    assert_int_equal(record_decode(&f->env, NULL, &f->arena, row_of(f), &back, NULL), STEPDOWN_OK);
    assert_memory_equal(back.leaf, zero, DIGEST_SIZE);
}

// --- erasure

static void an_erased_field_is_erased_and_the_leaf_stays(void **state) {
    struct fixture *f = *state;
    for (uint16_t number = 1; number <= 3; number++) {
        struct buffer erased;
        struct record back;
        buffer_init(&erased, &f->env);
        sample_encode(f, REFUSAL);
        assert_int_equal(record_erase(&f->env, row_of(f), number, &erased, NULL), STEPDOWN_OK);
        stepdown_slice row = slice_of(erased.data, erased.size);
        assert_int_equal(record_decode(&f->env, f->digest, &f->arena, row, &back, NULL), STEPDOWN_OK);
        assert_memory_equal(back.leaf, f->leaf, DIGEST_SIZE);
        for (uint32_t e = 0; e < back.event_count; e++) {
            for (uint32_t a = 0; a < back.events[e].attr_count; a++) {
                const struct attr *attr = &back.events[e].attrs[a];
                assert_int_equal(attr->value.type == VALUE_ERASED, attr->disclosure == number);
            }
        }
        buffer_free(&erased);
    }
}

static void an_erased_body_leaves_header_and_leaf(void **state) {
    struct fixture *f = *state;
    struct buffer erased;
    struct record back;
    buffer_init(&erased, &f->env);
    sample_encode(f, REFUSAL);
    assert_int_equal(record_erase(&f->env, row_of(f), 0, &erased, NULL), STEPDOWN_OK);
    stepdown_slice row = slice_of(erased.data, erased.size);
    assert_int_equal(record_decode(&f->env, f->digest, &f->arena, row, &back, NULL), STEPDOWN_OK);
    assert_true(back.body_erased);
    assert_int_equal(back.event_count, 0);
    assert_int_equal(back.disclosure_count, 3);
    assert_int_equal(back.header.seq, 4);
    assert_memory_equal(back.leaf, f->leaf, DIGEST_SIZE);
    buffer_free(&erased);
}

static void what_is_not_there_cannot_be_erased(void **state) {
    struct fixture *f = *state;
    struct buffer once, twice;
    buffer_init(&once, &f->env);
    buffer_init(&twice, &f->env);
    sample_encode(f, REFUSAL);
    assert_int_equal(record_erase(&f->env, row_of(f), 4, &once, NULL), STEPDOWN_NOT_FOUND);
    assert_int_equal(record_erase(&f->env, row_of(f), UINT16_MAX, &once, NULL), STEPDOWN_NOT_FOUND);
    assert_int_equal(record_erase(&f->env, row_of(f), 2, &once, NULL), STEPDOWN_OK);
    assert_int_equal(record_erase(&f->env, slice_of(once.data, once.size), 2, &twice, NULL), STEPDOWN_NOT_FOUND);
    assert_int_equal(record_erase(&f->env, slice_of(once.data, once.size - 1), 1, &twice, NULL), STEPDOWN_CORRUPT);
    assert_int_equal(twice.size, 0);
    buffer_free(&once);
    buffer_free(&twice);
}

// --- what may not be recorded

static void events_that_make_no_record_are_internal_errors(void **state) {
    struct fixture *f = *state;
    struct attr twice[] = {plain(7, text_value("a")), plain(5, text_value("b")), plain(7, text_value("c"))};
    struct attr keyless[] = {plain(0, text_value("a"))};
    struct attr labelled[] = {{.key = 7, .label = "p", .value = text_value("a")}};
    struct attr unlabelled[] = {withheld(7, text_value("a"), "")};
    struct attr *const lists[] = {twice, keyless, labelled, unlabelled};
    const uint32_t counts[] = {3, 1, 1, 1};
    struct sample s = sample_make(&f->arena, GENESIS);
    for (size_t i = 0; i < 4; i++) {
        s.events[0].attrs = lists[i];
        s.events[0].attr_count = counts[i];
        encode_sample(f, &s, STEPDOWN_INTERNAL);
    }
    s.events[0].attr_count = 0;
    s.events[0].target.seq = 1; // of the future
    encode_sample(f, &s, STEPDOWN_INTERNAL);
    s.events[0].target.seq = 0;
    s.events[0].code = 0x1ff;
    encode_sample(f, &s, STEPDOWN_INTERNAL);
    s.event_count = 0;
    encode_sample(f, &s, STEPDOWN_INTERNAL);
}

static void headers_that_contradict_themselves_are_internal_errors(void **state) {
    struct fixture *f = *state;
    const struct sample good = sample_make(&f->arena, GENESIS);
    struct sample bad[8];
    for (size_t i = 0; i < 8; i++)
        bad[i] = good;
    bad[0].header.cause = CAUSE_ACCESS + 1;
    bad[1].header.outcome = 5;
    bad[2].header.actor.type = 0;
    bad[3].header.actor.type = ACTOR_SYSTEM + 1;
    bad[4].header.recorded_at = STEPDOWN_TIME_NONE;
    bad[5].header.occurred_at = TIME_MAX + 1;
    bad[6].header.raw_clock = bad[6].header.recorded_at; // not behind
    bad[7].header.has_offset = true;
    bad[7].header.offset_minutes = 24 * 60;
    for (size_t i = 0; i < 8; i++)
        encode_sample(f, &bad[i], STEPDOWN_INTERNAL);
}

static void text_that_is_not_utf8_is_invalid_wherever_it_stands(void **state) {
    struct fixture *f = *state;
    const stepdown_slice bad = slice_of("\xff", 1);
    const struct value bad_text = {.type = VALUE_TEXT, .text = bad};
    struct attr attrs[] = {plain(7, bad_text)};
    struct attr label[] = {withheld(7, text_value("a"), "\xff")};
    struct sample s = sample_make(&f->arena, GENESIS);
    stepdown_slice *const texts[] = {&s.header.actor.system, &s.header.actor.id, &s.header.actor.role,
                                     &s.header.actor.behalf, &s.header.device,   &s.header.request,
                                     &s.header.purpose,      &s.header.engine};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        stepdown_slice good = *texts[i];
        *texts[i] = bad;
        encode_sample(f, &s, STEPDOWN_INVALID);
        *texts[i] = good;
    }
    s.events[0].attr_count = 1;
    s.events[0].attrs = attrs;
    encode_sample(f, &s, STEPDOWN_INVALID);
    s.events[0].attrs = label;
    encode_sample(f, &s, STEPDOWN_INVALID);
    attrs[0].value = (struct value){.type = VALUE_ERASED};
    s.events[0].attrs = attrs;
    encode_sample(f, &s, STEPDOWN_INVALID);
}

static void cores_and_rows_have_limits(void **state) {
    struct fixture *f = *state;
    static char text[70000];
    struct sample s = sample_make(&f->arena, GENESIS);
    struct attr attrs[] = {plain(ATTR_TEXT, text_value("")), withheld(SYMBOL_FIRST, text_value(""), NULL)};
    memset(text, 'x', sizeof text);
    s.header.request = slice_of(text, RECORD_CORE_MAX);
    encode_sample(f, &s, STEPDOWN_LIMIT);
    s.header.request = slice_of(text, 16000);
    encode_sample(f, &s, STEPDOWN_OK);
    s.header.request = slice_text("");
    s.events[0].attrs = attrs;
    s.events[0].attr_count = 2;
    attrs[0].value.text = slice_of(text, 65000); // nearly all of a row
    encode_sample(f, &s, STEPDOWN_OK);
    decode(f);
    attrs[1].value.text = slice_of(text, 1000); // one too many together
    encode_sample(f, &s, STEPDOWN_LIMIT);
    attrs[0].value.text = slice_of(text, 65536);
    encode_sample(f, &s, STEPDOWN_LIMIT);
}

static void a_row_of_the_greatest_size_is_the_last_that_fits(void **state) {
    struct fixture *f = *state;
    static char text[RECORD_ROW_MAX];
    struct sample s = sample_make(&f->arena, GENESIS);
    struct attr attrs[] = {plain(ATTR_TEXT, text_value(""))};
    memset(text, 'x', sizeof text);
    s.events[0].attrs = attrs;
    s.events[0].attr_count = 1;
    attrs[0].value.text = slice_of(text, 60000);
    encode_sample(f, &s, STEPDOWN_OK);
    size_t fits = 60000 + RECORD_ROW_MAX - f->row.size;
    attrs[0].value.text = slice_of(text, fits);
    encode_sample(f, &s, STEPDOWN_OK);
    assert_int_equal(f->row.size, RECORD_ROW_MAX);
    decode(f);
    attrs[0].value.text = slice_of(text, fits + 1);
    encode_sample(f, &s, STEPDOWN_LIMIT);
}

// --- faults

static void no_entropy_no_record(void **state) {
    struct fixture *f = *state;
    struct sample s = sample_make(&f->arena, REFUSAL);
    f->no_entropy = true;
    encode_sample(f, &s, STEPDOWN_INTERNAL);
}

static stepdown_status encode_erase_decode_print(const struct env *memory, void *ctx) {
    struct fixture *f = ctx;
    struct env env = f->env;
    struct buffer row, erased;
    struct arena arena;
    struct record back;
    uint8_t leaf[DIGEST_SIZE];
    env.allocate_ctx = memory->allocate_ctx;
    buffer_init(&row, &env);
    buffer_init(&erased, &env);
    arena_init(&arena, &env);
    struct sample s = sample_make(&f->arena, VALUES);
    stepdown_status status = record_encode(&env, f->digest, &s.header, s.events, s.event_count, &row, leaf, NULL);
    if (status == STEPDOWN_OK)
        status = record_erase(&env, slice_of(row.data, row.size), 3, &erased, NULL);
    if (status == STEPDOWN_OK)
        status = record_decode(&env, f->digest, &arena, slice_of(erased.data, erased.size), &back, NULL);
    if (status == STEPDOWN_OK) {
        buffer_clear(&row);
        record_print(&back, NULL, &row);
        status = row.failed ? STEPDOWN_NOMEM : STEPDOWN_OK;
    }
    arena_free(&arena);
    buffer_free(&erased);
    buffer_free(&row);
    return status;
}

static void every_failed_allocation_is_nomem_and_leaks_nothing(void **state) {
    struct fixture *f = *state;
    assert_true(test_memory_sweep(encode_erase_decode_print, f) > 5);
}

static void records_print_as_json(void **state) {
    struct fixture *f = *state;
    struct buffer text;
    buffer_init(&text, &f->env);
    sample_encode(f, REFUSAL);
    struct record back = decode(f);
    record_print(&back, NULL, &text);
    buffer_append(&text, "", 1);
    const char *out = (const char *)text.data;
    assert_non_null(strstr(out, "\"event\": \"huddle.opened\", \"name\": 1041, \"element\": \"#4.1\""));
    assert_non_null(strstr(out, "\"due-rule\": \"same day\""));
    assert_non_null(strstr(out, "\"1030\": {\"disclosure\": 1, \"label\": \"mental-health\", "
                                "\"value\": \"seems afraid (interpretation)\"}"));
    assert_non_null(strstr(out, "\"\\\"Not today. I am too tired to talk.\\\"\""));
    assert_non_null(strstr(out, "\"occurred_at\": \"2026-03-02T13:50:00Z\""));
    assert_non_null(strstr(out, "\"utc_offset_minutes\": -300"));
    buffer_free(&text);
}

static int setup(void **state) {
    static struct fixture f;
    fixture_open(&f);
    *state = &f;
    return 0;
}

static int teardown(void **state) {
    fixture_close(*state);
    return 0;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(records_come_back_as_they_were_written),
        TEST(the_encoder_sorts_attributes_and_numbers_what_is_withheld),
        TEST(many_attributes_in_reverse_are_sorted),
        TEST(withheld_texts_stand_in_their_disclosure_alone),
        TEST(salts_come_from_one_draw_and_differ),
        TEST(encoding_into_a_used_buffer_allocates_nothing),
        TEST(hundreds_of_withheld_fields_find_their_commitments),
        TEST(without_a_digest_nothing_is_checked_and_no_leaf_computed),
        TEST(an_erased_field_is_erased_and_the_leaf_stays),
        TEST(an_erased_body_leaves_header_and_leaf),
        TEST(what_is_not_there_cannot_be_erased),
        TEST(events_that_make_no_record_are_internal_errors),
        TEST(headers_that_contradict_themselves_are_internal_errors),
        TEST(text_that_is_not_utf8_is_invalid_wherever_it_stands),
        TEST(cores_and_rows_have_limits),
        TEST(a_row_of_the_greatest_size_is_the_last_that_fits),
        TEST(no_entropy_no_record),
        TEST(every_failed_allocation_is_nomem_and_leaks_nothing),
        TEST(records_print_as_json),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
