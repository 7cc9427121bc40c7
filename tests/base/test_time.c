// SPDX-License-Identifier: Apache-2.0
// Civil dates, and moments, dates and clock times as text.
#include "base/time.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/bytes.h"

static const char *const zones = "/usr/share/zoneinfo";

static struct zone *load(const char *name) {
    struct env env = env_default();
    struct zone *zone = NULL;
    assert_int_equal(zone_load(&env, zones, name, &zone, NULL), STEPDOWN_OK);
    return zone;
}

// The text lies on the heap without a NUL, so that reading past its end is seen.
static bool parse(const char *text, const struct zone *zone, stepdown_time *out, int32_t *offset) {
    size_t size = strlen(text);
    char *copy = malloc(size == 0 ? 1 : size);
    assert_non_null(copy);
    memcpy(copy, text, size);
    bool ok = time_parse(slice_of(copy, size), zone, out, offset);
    free(copy);
    return ok;
}

static void every_day_of_ten_thousand_years_counts_up_by_one(void **state) {
    (void)state;
    int64_t expected = TIME_MIN / TIME_DAY;
    for (int32_t year = 1; year <= 9999; year++)
        for (int32_t month = 1; month <= 12; month++)
            for (int32_t day = 1; day <= civil_month_days(year, month); day++, expected++) {
                int32_t y = 0, m = 0, d = 0;
                if (civil_to_days(year, month, day) != expected)
                    fail_msg("%d-%d-%d", (int)year, (int)month, (int)day);
                civil_from_days(expected, &y, &m, &d);
                if (y != year || m != month || d != day)
                    fail_msg("%lld", (long long)expected);
            }
    assert_true(expected - 1 == TIME_MAX / TIME_DAY);
}

static void known_days_have_their_numbers_and_weekdays(void **state) {
    (void)state;
    assert_int_equal(civil_to_days(1970, 1, 1), 0);
    assert_int_equal(civil_to_days(2000, 2, 29), 11016);
    assert_true(civil_to_days(1969, 12, 31) == -1);
    assert_int_equal(civil_weekday(0), 4);
    assert_int_equal(civil_weekday(-1), 3);
    assert_int_equal(civil_weekday(-4), 7);
    assert_int_equal(civil_weekday(civil_to_days(2026, 3, 2)), 1);
    assert_int_equal(civil_weekday(civil_to_days(2026, 11, 22)), 7);
    assert_int_equal(civil_month_days(1900, 2), 28);
    assert_int_equal(civil_month_days(2000, 2), 29);
    assert_int_equal(civil_month_days(2024, 2), 29);
}

static void moments_before_1970_split_towards_the_past(void **state) {
    (void)state;
    struct civil c;
    civil_from_utc(-1, &c);
    assert_int_equal(c.year, 1969);
    assert_int_equal(c.second, 59);
    assert_int_equal(c.microsecond, 999999);
    assert_true(civil_to_utc(&c) == -1);
    civil_from_utc(TIME_MIN, &c);
    assert_int_equal(c.year, 1);
    assert_int_equal(c.hour, 0);
    civil_from_utc(TIME_MAX, &c);
    assert_int_equal(c.year, 9999);
    assert_int_equal(c.microsecond, 999999);
    static const int64_t far[] = {INT64_MIN, INT64_MIN + 1, INT64_MAX};
    for (size_t i = 0; i < 3; i++)
        civil_from_utc(far[i], &c); // no overflow
    c = (struct civil){.year = INT32_MAX, .month = 12, .day = 31};
    assert_true(civil_to_utc(&c) == INT64_MAX);
    c.year = INT32_MIN;
    assert_true(civil_to_utc(&c) == INT64_MIN + 1);
}

static void civil_valid_refuses_what_no_clock_shows(void **state) {
    (void)state;
    static const struct civil good[] = {
        {1, 1, 1, 0, 0, 0, 0}, {9999, 12, 31, 23, 59, 59, 999999}, {2024, 2, 29, 0, 0, 0, 0}};
    static const struct civil bad[] = {
        {0, 1, 1, 0, 0, 0, 0},     {10000, 1, 1, 0, 0, 0, 0}, {2026, 0, 1, 0, 0, 0, 0},  {2026, 13, 1, 0, 0, 0, 0},
        {2026, 1, 0, 0, 0, 0, 0},  {2026, 4, 31, 0, 0, 0, 0}, {2026, 2, 29, 0, 0, 0, 0}, {1900, 2, 29, 0, 0, 0, 0},
        {2026, 1, 1, 24, 0, 0, 0}, {2026, 1, 1, 0, 60, 0, 0}, {2026, 1, 1, 0, 0, 60, 0}, {2026, 1, 1, 0, 0, 0, 1000000},
        {2026, 1, 1, -1, 0, 0, 0}, {2026, 1, 1, 0, 0, 0, -1}};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        assert_true(civil_valid(&good[i]));
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(civil_valid(&bad[i]));
}

static void moments_are_read_from_rfc_3339(void **state) {
    (void)state;
    static const struct {
        const char *text;
        stepdown_time t;
        int32_t offset;
    } cases[] = {
        {"1970-01-01T00:00:00Z", 0, 0},
        {"2026-03-02T14:00:00-05:00", INT64_C(1772478000000000), -300},
        {"2026-03-02T19:00:00Z", INT64_C(1772478000000000), 0},
        {"2026-03-03T00:45:00+05:45", INT64_C(1772478000000000), 345},
        {"1970-01-01T00:00:00.5Z", 500000, 0},
        {"1970-01-01T00:00:00.000001Z", 1, 0},
        {"1969-12-31T23:59:59.999999Z", -1, 0},
        {"1970-01-01T00:00:00-00:00", 0, 0},
        {"1970-01-01T23:59:00+23:59", 0, 1439},
        {"0001-01-01T00:00:00Z", TIME_MIN, 0},
        {"9999-12-31T23:59:59.999999Z", TIME_MAX, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        stepdown_time t = 42;
        int32_t offset = 42;
        if (!parse(cases[i].text, NULL, &t, &offset) || t != cases[i].t || offset != cases[i].offset)
            fail_msg("%s: %lld %d", cases[i].text, (long long)t, (int)offset);
        assert_true(parse(cases[i].text, NULL, &t, NULL));
    }
}

static void malformed_moments_are_refused(void **state) {
    (void)state;
    static const char *const bad[] = {"",
                                      "2026",
                                      "2026-03-02",
                                      "2026-03-02T",
                                      "2026-03-02T14:00:00",
                                      "2026-03-02 14:00",
                                      "2026-03-02T14:00Z",
                                      "2026-03-02 14:00:00Z",
                                      "2026-3-02T14:00:00Z",
                                      "2026-03-02t14:00:00Z",
                                      "2026-03-02T14:00:00z",
                                      "2026-03-02T24:00:00Z",
                                      "2026-03-02T14:60:00Z",
                                      "2026-03-02T14:00:60Z",
                                      "2026-02-29T14:00:00Z",
                                      "2026-13-01T14:00:00Z",
                                      "0000-01-01T00:00:00Z",
                                      "0001-01-01T00:00:00+00:01",
                                      "9999-12-31T23:59:59-00:01",
                                      "2026-03-02T14:00:00.Z",
                                      "2026-03-02T14:00:00.1234567Z",
                                      "2026-03-02T14:00:00,5Z",
                                      "2026-03-02T14:00:00+5:00",
                                      "2026-03-02T14:00:00+0500",
                                      "2026-03-02T14:00:00+05",
                                      "2026-03-02T14:00:00+24:00",
                                      "2026-03-02T14:00:00+05:60",
                                      "2026-03-02T14:00:00Z ",
                                      " 2026-03-02T14:00:00Z",
                                      "2026-03-02T14:00:00ZZ",
                                      "2026-03-02T14:00:00+05:00:00",
                                      "+026-03-02T14:00:00Z",
                                      "-2026-03-02T14:00:00Z",
                                      "2026-03-02T14:00:0aZ",
                                      "20260302T140000Z"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        stepdown_time t = 42;
        int32_t offset = 42;
        if (parse(bad[i], NULL, &t, &offset) || t != 42 || offset != 42)
            fail_msg("accepted: %s", bad[i]);
    }
    stepdown_time t = 42;
    assert_false(time_parse(slice_of("1970-01-01T00:00:00\0Z", 21), NULL, &t, NULL));
}

static void local_texts_are_read_in_the_zone(void **state) {
    (void)state;
    struct zone *zone = load("America/New_York");
    stepdown_time t = 0;
    int32_t offset = 0;
    assert_true(parse("2026-03-02 14:00", zone, &t, &offset));
    assert_true(t == INT64_C(1772478000000000));
    assert_int_equal(offset, -300);
    assert_true(parse("2026-03-02T14:00", zone, &t, NULL) && t == INT64_C(1772478000000000));
    assert_true(parse("2026-03-02T14:00:01", zone, &t, NULL) && t == INT64_C(1772478001000000));
    assert_true(parse("2026-07-01 14:00:00", zone, &t, &offset));
    assert_int_equal(offset, -240);
    assert_true(parse("2026-03-02T14:00:00+01:00", zone, &t, &offset)); // a stated offset wins
    assert_int_equal(offset, 60);
    assert_false(parse("2026-03-02 14", zone, &t, NULL));
    assert_false(parse("2026-03-02 14:00:00.5", zone, &t, NULL));
    assert_false(parse("2026-03-02  14:00", zone, &t, NULL));
    assert_false(parse("2026-03-02 14:00 ", zone, &t, NULL));
    assert_false(parse("9999-12-31 23:00", zone, &t, NULL)); // past the year 9999 in UTC
    zone_free(&zone);
}

static void assert_printed(stepdown_time t, const struct zone *zone, const char *expected) {
    char text[40];
    memset(text, '#', sizeof text);
    time_print(t, zone, text);
    assert_string_equal(text, expected);
}

static void moments_are_printed_with_the_offset_of_the_zone(void **state) {
    (void)state;
    struct zone *new_york = load("America/New_York"), *kathmandu = load("Asia/Kathmandu");
    assert_printed(0, NULL, "1970-01-01T00:00:00Z");
    assert_printed(500000, NULL, "1970-01-01T00:00:00.5Z");
    assert_printed(-1, NULL, "1969-12-31T23:59:59.999999Z");
    assert_printed(INT64_C(1772478000000000), new_york, "2026-03-02T14:00:00-05:00");
    assert_printed(INT64_C(1782929000120000), new_york, "2026-07-01T14:03:20.12-04:00");
    assert_printed(INT64_C(1772478000000000), kathmandu, "2026-03-03T00:45:00+05:45");
    assert_printed(TIME_MIN, NULL, "0001-01-01T00:00:00Z");
    assert_printed(TIME_MIN, new_york, "0001-01-01T00:00:00Z");
    assert_printed(TIME_MAX, kathmandu, "9999-12-31T23:59:59.999999Z");
    // New York's local mean time was -4:56:02, which the text cannot say.
    assert_printed(civil_to_days(1880, 1, 1) * TIME_DAY, new_york, "1879-12-31T19:04:00-04:56");
    char text[40];
    time_print(INT64_MIN, NULL, text);
    time_print(INT64_MAX, new_york, text);
    assert_true(strlen(text) < sizeof text);
    zone_free(&new_york);
    zone_free(&kathmandu);
}

static void printed_moments_read_back_as_the_same(void **state) {
    (void)state;
    struct zone *places[] = {NULL, load("America/New_York"), load("Australia/Lord_Howe"), load("Europe/Dublin"),
                             load("Africa/Monrovia")};
    uint64_t seed = 1;
    for (int run = 0; run < 20000; run++) {
        seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        stepdown_time t = TIME_MIN + (stepdown_time)((seed >> 1) % (uint64_t)(TIME_MAX - TIME_MIN)), back = 0;
        if (run % 3 == 0)
            t -= t % TIME_SECOND;
        char text[40];
        time_print(t, places[run % 5], text);
        if (!parse(text, NULL, &back, NULL) || back != t)
            fail_msg("%lld became %s", (long long)t, text);
    }
    for (size_t i = 1; i < 5; i++)
        zone_free(&places[i]);
}

static void dates_and_clock_times_are_read_whole_or_not_at_all(void **state) {
    (void)state;
    int64_t value = 42;
    assert_true(time_parse_date(slice_text("2026-03-02"), &value));
    assert_int_equal(value, 20514);
    static const char *const bad_dates[] = {"",           "2026-03-2",  "2026-03-02 ", "2026-02-30",
                                            "0000-01-01", "2026/03/02", "20260302",    "2026-03-02T"};
    value = 42;
    for (size_t i = 0; i < sizeof bad_dates / sizeof *bad_dates; i++)
        assert_false(time_parse_date(slice_text(bad_dates[i]), &value));
    assert_int_equal(value, 42);
    assert_true(time_parse_clock(slice_text("14:00"), &value));
    assert_true(value == 14 * TIME_HOUR);
    assert_true(time_parse_clock(slice_text("23:59:59"), &value));
    assert_true(value == TIME_DAY - TIME_SECOND);
    static const char *const bad_clocks[] = {"",      "14",       "14:",    "14:0", "24:00",
                                             "14:60", "14:00:60", "14:00:", "2pm",  "14:00 "};
    value = 42;
    for (size_t i = 0; i < sizeof bad_clocks / sizeof *bad_clocks; i++)
        assert_false(time_parse_clock(slice_text(bad_clocks[i]), &value));
    assert_int_equal(value, 42);
}

static void dates_print_and_stay_within_the_calendar(void **state) {
    (void)state;
    char text[16];
    time_print_date(20514, text);
    assert_string_equal(text, "2026-03-02");
    time_print_date(INT64_MAX, text);
    assert_string_equal(text, "9999-12-31");
    time_print_date(INT64_MIN, text);
    assert_string_equal(text, "0001-01-01");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_day_of_ten_thousand_years_counts_up_by_one),
        cmocka_unit_test(known_days_have_their_numbers_and_weekdays),
        cmocka_unit_test(moments_before_1970_split_towards_the_past),
        cmocka_unit_test(civil_valid_refuses_what_no_clock_shows),
        cmocka_unit_test(moments_are_read_from_rfc_3339),
        cmocka_unit_test(malformed_moments_are_refused),
        cmocka_unit_test(local_texts_are_read_in_the_zone),
        cmocka_unit_test(moments_are_printed_with_the_offset_of_the_zone),
        cmocka_unit_test(printed_moments_read_back_as_the_same),
        cmocka_unit_test(dates_and_clock_times_are_read_whole_or_not_at_all),
        cmocka_unit_test(dates_print_and_stay_within_the_calendar),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
