// SPDX-License-Identifier: Apache-2.0
// Format 1 in bytes: the sample records against tests/record/golden/*.cbor. The format is frozen, so these files stay as
// they are. `test_record_golden --add` writes files (and the fuzzer's seeds) of samples that have none yet.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "record/fixture.h"

static void golden_path(char *path, size_t size, const char *folder, const char *name) {
    int length = snprintf(path, size, "%s/%s/%s.cbor", STEPDOWN_SOURCE_DIR, folder, name);
    assert_true(length > 0 && (size_t)length < size);
}

static size_t golden_read(const char *name, uint8_t *out, size_t size) {
    char path[1024];
    golden_path(path, sizeof path, "tests/record/golden", name);
    FILE *file = fopen(path, "rb");
    if (!file)
        fail_msg("%s cannot be opened", path);
    size_t got = fread(out, 1, size, file);
    (void)fclose(file);
    return got;
}

static void sample_records_encode_to_the_golden_bytes(void **state) {
    struct fixture *f = *state;
    static uint8_t golden[RECORD_ROW_MAX + 1];
    for (unsigned i = 0; i < SAMPLE_COUNT; i++) {
        fixture_restart(f);
        sample_encode(f, i);
        size_t size = golden_read(sample_make(&f->arena, i).name, golden, sizeof golden);
        assert_int_equal(size, f->row.size);
        assert_memory_equal(golden, f->row.data, size);
    }
}

static void golden_rows_decode_to_the_sample_records(void **state) {
    struct fixture *f = *state;
    static uint8_t golden[RECORD_ROW_MAX + 1];
    for (unsigned i = 0; i < SAMPLE_COUNT; i++) {
        struct sample s = sample_make(&f->arena, i);
        struct record record;
        size_t size = golden_read(s.name, golden, sizeof golden);
        assert_int_equal(record_decode(&f->env, f->digest, &f->arena, slice_of(golden, size), &record, NULL),
                         STEPDOWN_OK);
        assert_int_equal(record.header.seq, s.header.seq);
        assert_int_equal(record.header.occurred_at, s.header.occurred_at);
        assert_int_equal(record.body_erased, s.erase == 0);
        assert_int_equal(record.event_count, s.erase == 0 ? 0 : s.event_count);
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

static void write_file(const struct fixture *f, const char *folder, const char *name) {
    char path[1024];
    golden_path(path, sizeof path, folder, name);
    FILE *file = fopen(path, "wbx"); // what is there stays
    if (!file)
        return;
    assert_int_equal(fwrite(f->row.data, 1, f->row.size, file), f->row.size);
    assert_int_equal(fclose(file), 0);
}

static void add(void **state) {
    struct fixture *f = *state;
    for (unsigned i = 0; i < SAMPLE_COUNT; i++) {
        fixture_restart(f);
        sample_encode(f, i);
        write_file(f, "tests/record/golden", sample_make(&f->arena, i).name);
        write_file(f, "fuzz/corpus/record", sample_make(&f->arena, i).name);
    }
}

int main(int argc, char **argv) {
    const struct CMUnitTest write[] = {cmocka_unit_test_setup_teardown(add, setup, teardown)};
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(sample_records_encode_to_the_golden_bytes, setup, teardown),
        cmocka_unit_test_setup_teardown(golden_rows_decode_to_the_sample_records, setup, teardown),
    };
    if (argc == 2 && strcmp(argv[1], "--add") == 0)
        return cmocka_run_group_tests(write, NULL, NULL);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
