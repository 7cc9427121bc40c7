// SPDX-License-Identifier: Apache-2.0
// Rows that somebody tampered with. Every change of one byte and every truncation is refused, or the leaf tells.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "record/cbor.h"
#include "record/fixture.h"

// In a block of its own, so that a sanitizer sees a read past the end.
static stepdown_status decode(struct fixture *f, const void *data, size_t size, struct record *record) {
    uint8_t *block = malloc(size ? size : 1);
    assert_non_null(block);
    memcpy(block, data, size);
    arena_reset(&f->arena);
    stepdown_status status = record_decode(&f->env, f->digest, &f->arena, slice_of(block, size), record, NULL);
    free(block);
    return status;
}

static bool refused(stepdown_status status) { return status == STEPDOWN_CORRUPT || status == STEPDOWN_UNSUPPORTED; }

static void mutate_byte(struct fixture *f, size_t at, unsigned flip) {
    struct record record;
    f->row.data[at] ^= (uint8_t)flip;
    stepdown_status status = decode(f, f->row.data, f->row.size, &record);
    f->row.data[at] ^= (uint8_t)flip;
    if (refused(status))
        return;
    assert_int_equal(status, STEPDOWN_OK);
    assert_memory_not_equal(record.leaf, f->leaf, DIGEST_SIZE);
}

static void every_changed_byte_is_refused_or_changes_the_leaf(void **state) {
    struct fixture *f = *state;
    for (unsigned sample = 0; sample < SAMPLE_COUNT; sample++) {
        sample_encode(f, sample);
        // Every value in the small rows, a few in the row of all values.
        unsigned step = f->row.size < 1000 ? 1 : 29;
        for (size_t at = 0; at < f->row.size; at++) {
            for (unsigned flip = 1; flip < 256; flip += step)
                mutate_byte(f, at, flip);
        }
    }
}

static void every_truncation_is_refused(void **state) {
    struct fixture *f = *state;
    for (unsigned sample = 0; sample < SAMPLE_COUNT; sample++) {
        struct record record;
        sample_encode(f, sample);
        for (size_t size = 0; size < f->row.size; size++)
            assert_int_equal(decode(f, f->row.data, size, &record), STEPDOWN_CORRUPT);
        buffer_append(&f->row, "", 1);
        assert_int_equal(decode(f, f->row.data, f->row.size, &record), STEPDOWN_CORRUPT);
    }
}

static void a_refused_row_leaves_the_result_alone(void **state) {
    struct fixture *f = *state;
    struct record record, before;
    memset(&record, 0x77, sizeof record);
    memcpy(&before, &record, sizeof record);
    sample_encode(f, 1);
    assert_int_equal(decode(f, f->row.data, f->row.size - 1, &record), STEPDOWN_CORRUPT);
    assert_memory_equal(&record, &before, sizeof record);
}

// --- rows built by hand; the commitments are right, so only the shape is on trial

struct forgery {
    size_t core_count;        // entries that the core's map announces
    uint64_t version;         // 0: the one that is written
    bool before;              // the version before that one
    const char *skip, *extra; // core key to leave out; bytes at the end of the core
    size_t extra_size;
    const char *body; // the body's CBOR
    size_t body_size;
    const char *field; // the CBOR of the only withheld value, NULL: none
    size_t field_size;
    uint64_t number; // that the field's disclosure states
};

static void forge_disclosure(struct fixture *f, struct buffer *out, const char *value, size_t size, uint64_t number,
                             uint8_t commitment[DIGEST_SIZE]) {
    static const uint8_t salt[RECORD_SALT];
    buffer_init(out, &f->env);
    cbor_write_array(out, 3);
    cbor_write_bytes(out, salt, RECORD_SALT);
    buffer_append(out, value, size);
    cbor_write_uint(out, number);
    assert_true(digest_sha256(f->digest, NULL, 0, out->data, out->size, commitment));
}

static void forge_core(struct fixture *f, const struct forgery *g, struct buffer *out, const uint8_t *body,
                       const uint8_t *field) {
    static const uint8_t id[RECORD_ID];
    buffer_init(out, &f->env);
    cbor_write_map(out, g->core_count ? g->core_count : field ? 11u : 10u);
    cbor_write_uint(out, 0);
    cbor_write_uint(out, g->before ? RECORD_FORMAT - 1 : g->version != 0 ? g->version : RECORD_FORMAT);
    cbor_write_uint(out, 1);
    cbor_write_bytes(out, id, RECORD_ID);
    cbor_write_uint(out, 2);
    cbor_write_bytes(out, id, RECORD_ID);
    for (uint64_t key = 3; key < 9; key++) {
        if (key == 4 || (key == 7 && g->skip)) // 4: no predecessor
            continue;
        cbor_write_uint(out, key);
        cbor_write_uint(out, 0);
    }
    cbor_write_uint(out, 9);
    buffer_append(out, "\x85\x01\x60\x60\x60\x60", 6);
    cbor_write_uint(out, 14);
    cbor_write_bytes(out, body, DIGEST_SIZE);
    if (field) {
        cbor_write_uint(out, 15);
        cbor_write_map(out, 1);
        cbor_write_uint(out, 1);
        cbor_write_bytes(out, field, DIGEST_SIZE);
    }
    buffer_append(out, g->extra, g->extra_size);
}

static stepdown_status forge(struct fixture *f, const struct forgery *g) {
    uint8_t body_commitment[DIGEST_SIZE], field_commitment[DIGEST_SIZE];
    struct buffer body, field, core;
    struct record record;
    forge_disclosure(f, &body, g->body, g->body_size, 0, body_commitment);
    forge_disclosure(f, &field, g->field, g->field_size, g->number ? g->number : 1, field_commitment);
    forge_core(f, g, &core, body_commitment, g->field ? field_commitment : NULL);
    buffer_clear(&f->row);
    cbor_write_array(&f->row, 2);
    cbor_write_bytes(&f->row, core.data, core.size);
    cbor_write_array(&f->row, g->field ? 2 : 1);
    cbor_write_bytes(&f->row, body.data, body.size);
    if (g->field)
        cbor_write_bytes(&f->row, field.data, field.size);
    stepdown_status status = decode(f, f->row.data, f->row.size, &record);
    buffer_free(&body);
    buffer_free(&field);
    buffer_free(&core);
    return status;
}

#define BODY(text) .body = text, .body_size = sizeof(text) - 1
#define FIELD(text) .field = text, .field_size = sizeof(text) - 1
#define EXTRA(text) .extra = text, .extra_size = sizeof(text) - 1
#define OPENED "\x81\x85\x19\x01\x01\x00\x00\x00" // [[0x101, 0, 0, 0, then the attributes

static void a_well_made_forgery_decodes(void **state) {
    struct fixture *f = *state;
    assert_int_equal(forge(f, &(struct forgery){BODY(OPENED "\xa0")}), STEPDOWN_OK);
    assert_int_equal(forge(f, &(struct forgery){BODY(OPENED "\xa1\x04\x82\x00\x01"), FIELD("\x61z")}), STEPDOWN_OK);
    assert_int_equal(forge(f, &(struct forgery){BODY(OPENED "\xa2\x04\xf5\x18\x18\x20")}), STEPDOWN_OK);
}

static void other_versions_and_unknown_events_are_unsupported(void **state) {
    struct fixture *f = *state;
    assert_int_equal(forge(f, &(struct forgery){.before = true, BODY(OPENED "\xa0")}), STEPDOWN_UNSUPPORTED);
    assert_int_equal(forge(f, &(struct forgery){.version = RECORD_FORMAT + 1, BODY(OPENED "\xa0")}),
                     STEPDOWN_UNSUPPORTED);
    assert_int_equal(forge(f, &(struct forgery){.version = UINT64_MAX, BODY(OPENED "\xa0")}), STEPDOWN_UNSUPPORTED);
    assert_int_equal(forge(f, &(struct forgery){BODY("\x81\x85\x19\x01\xff\x00\x00\x00\xa0")}), STEPDOWN_UNSUPPORTED);
    assert_int_equal(forge(f, &(struct forgery){BODY("\x81\x85\x00\x00\x00\x00\xa0")}), STEPDOWN_UNSUPPORTED);
}

// What a later version adds, an older one does not fold past; unless the number says that nothing rests on it.
static void unknown_attributes_are_unsupported_or_said_to_be_ignorable(void **state) {
    struct fixture *f = *state;
    assert_int_equal(ATTR_SYMBOLS, 0x30);
    assert_int_equal(forge(f, &(struct forgery){BODY(OPENED "\xa1\x18\x31\x00")}), STEPDOWN_UNSUPPORTED);     // 49
    assert_int_equal(forge(f, &(struct forgery){BODY(OPENED "\xa1\x19\x02\xff\x00")}), STEPDOWN_UNSUPPORTED); // 767
    assert_int_equal(forge(f, &(struct forgery){BODY(OPENED "\xa1\x19\x03\x00\x00")}), STEPDOWN_OK);          // 768
    assert_int_equal(forge(f, &(struct forgery){BODY(OPENED "\xa1\x19\x03\xff\x00")}), STEPDOWN_OK);          // 1023
}

static void bodies_out_of_shape_are_corrupt(void **state) {
    struct fixture *f = *state;
    const struct forgery bodies[] = {
        {BODY("\x80")},                                                // no event
        {BODY("\xa0")},                                                // no list
        {BODY("\x81\x84\x19\x01\x01\x00\x00\x00")},                    // event without attributes
        {BODY("\x81\x85\x1a\x00\x01\x00\x00\x00\x00\x00\xa0")},        // code beyond 16 bits
        {BODY("\x81\x85\x19\x01\x01\x00\x01\x00\xa0")},                // element before the beginning
        {BODY("\x81\x85\x19\x01\x01\x00\x00\x20\xa0")},                // negative ordinal
        {BODY(OPENED "\xa2\x05\x00\x04\x00")},                         // keys descend
        {BODY(OPENED "\xa2\x04\x00\x04\x00")},                         // key twice
        {BODY(OPENED "\xa1\x00\x00")},                                 // key 0
        {BODY(OPENED "\xa1\x1b\x00\x00\x00\x01\x00\x00\x00\x00\x00")}, // key beyond 32 bits
        {BODY(OPENED "\xa1\x18\x04\x00")},                             // key head too long
        {BODY(OPENED "\xa1\x04\x18\x05")},                             // value head too long
        {BODY(OPENED "\xa1\x04\x81\x10")},                             // erased inside a record
        {BODY(OPENED "\xa1\x04\xf9\x3c\x00")},                         // float
        {BODY(OPENED "\xa1\x04\xc1\x00")},                             // tag
        {BODY(OPENED "\xbf\x04\x00\xff")},                             // indefinite map
        {BODY("\x9f\x85\x19\x01\x01\x00\x00\x00\xa0\xff")},            // indefinite list
        {BODY(OPENED "\xa1\x04\x61\xff")},                             // not UTF-8
        {BODY(OPENED "\xa0\x00")},                                     // one item too many
        {BODY(OPENED "\xa1\x04\x82\x00\x01")},                         // cites a disclosure that is not there
    };
    for (size_t i = 0; i < sizeof bodies / sizeof bodies[0]; i++) {
        stepdown_status status = forge(f, &bodies[i]);
        if (status != STEPDOWN_CORRUPT)
            fail_msg("body %zu gives %d", i, (int)status);
    }
}

static void field_disclosures_out_of_shape_are_corrupt(void **state) {
    struct fixture *f = *state;
    const struct forgery fields[] = {
        {BODY(OPENED "\xa1\x04\x82\x00\x01"), FIELD("\x61z"), .number = 2},    // states another number
        {BODY(OPENED "\xa1\x04\x82\x00\x02"), FIELD("\x61z")},                 // cited by another number
        {BODY(OPENED "\xa1\x04\x82\x00\x00"), FIELD("\x61z")},                 // cites the body
        {BODY(OPENED "\xa0"), FIELD("\x61z")},                                 // not cited
        {BODY(OPENED "\xa2\x04\x82\x00\x01\x05\x82\x00\x01"), FIELD("\x61z")}, // cited twice
        {BODY(OPENED "\xa1\x04\x82\x00\x01"), FIELD("\x81\x10")},              // erased by itself
        {BODY(OPENED "\xa1\x04\x82\x00\x01"), FIELD("\x82\x00\x01")},          // cites itself
        {BODY(OPENED "\xa1\x04\x82\x00\x01"), FIELD("\x61z\x61z")},            // one item too many
        {BODY(OPENED "\xa1\x04\x82\x00\x01"), FIELD("\x18\x05")},              // head too long
    };
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
        stepdown_status status = forge(f, &fields[i]);
        if (status != STEPDOWN_CORRUPT)
            fail_msg("field %zu gives %d", i, (int)status);
    }
}

static void cores_out_of_shape_are_corrupt(void **state) {
    struct fixture *f = *state;
    const struct forgery cores[] = {
        {BODY(OPENED "\xa0"), .core_count = 9, .skip = "cause"},             // a field that must be there is missing
        {BODY(OPENED "\xa0"), .core_count = 11},                             // fewer entries than announced
        {BODY(OPENED "\xa0"), .core_count = 9},                              // more
        {BODY(OPENED "\xa0"), .core_count = 11, EXTRA("\x11\x00")},          // 17 is not in use
        {BODY(OPENED "\xa0"), .core_count = 11, EXTRA("\x15\x00")},          // 21 neither
        {BODY(OPENED "\xa0"), .core_count = 11, EXTRA("\x03\x00")},          // keys descend
        {BODY(OPENED "\xa0"), .core_count = 11, EXTRA("\x0e\x00")},          // key twice
        {BODY(OPENED "\xa0"), .core_count = 11, EXTRA("\x10\x60")},          // empty engine version is left out
        {BODY(OPENED "\xa0"), .core_count = 11, EXTRA("\x0f\xa0")},          // no withheld fields: left out
        {BODY(OPENED "\xa0"), .core_count = 11, EXTRA("\x12\xa1\x01\x61p")}, // label of nothing
        {BODY(OPENED "\xa0"), .core_count = 11, EXTRA("\x13\x00")},          // raw clock that was not behind
        {BODY(OPENED "\xa0"), .core_count = 11, EXTRA("\x13\x3b\x7f\xff\xff\xff\xff\xff\xff\xff")}, // no moment
        {BODY(OPENED "\xa0"), .core_count = 11, EXTRA("\x14\x19\x05\xa0")},                         // offset of a day
        {BODY(OPENED "\xa0"), .core_count = 11, EXTRA("\x18\x14\x00")},                             // key head too long
        {BODY(OPENED "\xa0"), .core_count = 10, EXTRA("\x00")}, // bytes after the map
    };
    assert_int_equal(forge(f, &(struct forgery){BODY(OPENED "\xa0"), .core_count = 11, EXTRA("\x14\x39\x01\x2b")}),
                     STEPDOWN_OK); // offset of -300 minutes
    for (size_t i = 0; i < sizeof cores / sizeof cores[0]; i++) {
        stepdown_status status = forge(f, &cores[i]);
        if (status != STEPDOWN_CORRUPT)
            fail_msg("core %zu gives %d", i, (int)status);
    }
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
        TEST(every_changed_byte_is_refused_or_changes_the_leaf),
        TEST(every_truncation_is_refused),
        TEST(a_refused_row_leaves_the_result_alone),
        TEST(a_well_made_forgery_decodes),
        TEST(other_versions_and_unknown_events_are_unsupported),
        TEST(unknown_attributes_are_unsupported_or_said_to_be_ignorable),
        TEST(bodies_out_of_shape_are_corrupt),
        TEST(field_disclosures_out_of_shape_are_corrupt),
        TEST(cores_out_of_shape_are_corrupt),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
