// SPDX-License-Identifier: Apache-2.0
// Durations as text, and added to moments by the local calendar.
#include "base/time.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/bytes.h"

static struct zone *load(const char *name) {
    struct env env = env_default();
    struct zone *zone = NULL;
    assert_int_equal(zone_load(&env, "/usr/share/zoneinfo", name, &zone, NULL), STEPDOWN_OK);
    return zone;
}

// The text lies on the heap without a NUL, so that reading past its end is seen.
static bool parse(const char *text, struct duration *out) {
    size_t size = strlen(text);
    char *copy = malloc(size == 0 ? 1 : size);
    assert_non_null(copy);
    memcpy(copy, text, size);
    bool ok = duration_parse(slice_of(copy, size), out);
    free(copy);
    return ok;
}

static bool same(const struct duration *a, const struct duration *b) {
    return a->months == b->months && a->days == b->days && a->business == b->business && a->exact == b->exact;
}

static void durations_are_read_from_words_and_iso_8601(void **state) {
    (void)state;
    static const struct {
        const char *text;
        struct duration d;
    } cases[] = {
        {"30 minutes", {0, 0, 0, 30 * TIME_MINUTE}},
        {"48 hours", {0, 0, 0, 48 * TIME_HOUR}},
        {"14 days", {0, 14, 0, 0}},
        {"5 business days", {0, 0, 5, 0}},
        {"1 business day", {0, 0, 1, 0}},
        {"1 week", {0, 7, 0, 0}},
        {"1 week 2 days", {0, 9, 0, 0}},
        {"6 months", {6, 0, 0, 0}},
        {"1 year 6 months", {18, 0, 0, 0}},
        {"1 hour 30 minutes", {0, 0, 0, 90 * TIME_MINUTE}},
        {"1.5 seconds", {0, 0, 0, 1500000}},
        {"0 days", {0, 0, 0, 0}},
        {"2 days 1 business day 4 hours", {0, 2, 1, 4 * TIME_HOUR}},
        {"PT30M", {0, 0, 0, 30 * TIME_MINUTE}},
        {"P14D", {0, 14, 0, 0}},
        {"P2W", {0, 14, 0, 0}},
        {"P1Y2M3DT4H5M6.000007S", {14, 3, 0, 4 * TIME_HOUR + 5 * TIME_MINUTE + 6 * TIME_SECOND + 7}},
        {"P1M", {1, 0, 0, 0}},
        {"PT1M", {0, 0, 0, TIME_MINUTE}},
        {"9999 years", {9999 * 12, 0, 0, 0}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct duration d = {-1, -1, -1, -1};
        if (!parse(cases[i].text, &d) || !same(&d, &cases[i].d))
            fail_msg("%s: %d %d %d %lld", cases[i].text, (int)d.months, (int)d.days, (int)d.business,
                     (long long)d.exact);
    }
}

static void malformed_durations_are_refused(void **state) {
    (void)state;
    static const char *const bad[] = {"",
                                      " ",
                                      "day",
                                      "5",
                                      "5 ",
                                      "5days",
                                      "5  days",
                                      "5 dayss",
                                      "5 Days",
                                      "5 days ",
                                      " 5 days",
                                      "-5 days",
                                      "+5 days",
                                      "5 fortnights",
                                      "5 business",
                                      "5 business weeks",
                                      "1.5 days",
                                      "1. seconds",
                                      ".5 seconds",
                                      "1.1234567 seconds",
                                      "2 days 1 day",
                                      "2 days 1 week",
                                      "30 minutes 1 hour",
                                      "1 hour, 30 minutes",
                                      "1 hour and 30 minutes",
                                      "10000 years",
                                      "9999 years 1 month",
                                      "3652060 days",
                                      "999999999999999999 hours",
                                      "99999999999999999999 seconds",
                                      "4294967297 days",
                                      "P",
                                      "PT",
                                      "P1DT",
                                      "P1",
                                      "P1H",
                                      "PT1D",
                                      "P1D1D",
                                      "P1D1Y",
                                      "PT1S1M",
                                      "P1.5D",
                                      "P-1D",
                                      "-P1D",
                                      "p1d",
                                      "P1DT1HT1M",
                                      "P1D ",
                                      "P 1D"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct duration d = {-1, -1, -1, -1};
        if (parse(bad[i], &d) || d.months != -1 || d.exact != -1)
            fail_msg("accepted: %s", bad[i]);
    }
    struct duration d;
    assert_false(duration_parse(slice_of(NULL, 0), &d));
}

static void durations_are_printed_in_words(void **state) {
    (void)state;
    static const struct {
        struct duration d;
        const char *text;
    } cases[] = {
        {{0, 0, 0, 0}, "0 minutes"},
        {{0, 2, 0, 4 * TIME_HOUR}, "2 days 4 hours"},
        {{1, 1, 1, TIME_HOUR + TIME_MINUTE + TIME_SECOND}, "1 month 1 day 1 business day 1 hour 1 minute 1 second"},
        {{18, 14, 0, 0}, "1 year 6 months 14 days"},
        {{0, 0, 0, 1500000}, "1.5 seconds"},
        {{0, 0, 0, 1}, "0.000001 seconds"},
        {{0, 0, 0, -90 * TIME_MINUTE}, "-1 hour -30 minutes"},
        {{0, 0, 0, -500000}, "-0.5 seconds"},
        {{11, 30, 10, 86399 * TIME_SECOND + 999999}, "11mo 30d 10bd 23h 59m 59.999999s"},
        {{9999 * 12, 3652059, 3652059, 3599999999}, "9999y 3652059d 3652059bd 59m 59.999999s"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[64];
        duration_print(&cases[i].d, text);
        assert_string_equal(text, cases[i].text);
    }
    char text[64];
    struct duration extreme = {INT32_MIN, INT32_MIN, INT32_MIN, INT64_MIN};
    duration_print(&extreme, text);
    assert_true(strlen(text) < sizeof text);
}

static void printed_durations_read_back_as_the_same(void **state) {
    (void)state;
    uint64_t seed = 3;
    for (int run = 0; run < 5000; run++) {
        int32_t r[4];
        for (size_t i = 0; i < 4; i++) {
            seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
            r[i] = (int32_t)(seed >> 40);
        }
        // Fractions only by themselves: with all the rest they would need the short units.
        int64_t exact = run & 4 ? r[2] * INT64_C(90001) : 0;
        if (run & 3)
            exact -= exact % TIME_SECOND;
        struct duration d = {run & 1 ? r[0] % 200 : 0, run & 2 ? r[1] % 1000 : 0, 0, exact};
        struct duration back = {-1, -1, -1, -1};
        char text[64];
        duration_print(&d, text);
        if (!parse(text, &back) || !same(&d, &back))
            fail_msg("%s", text);
    }
}

// anchor (as text) + sign * duration (as text) in a zone, as text
static void assert_added(const char *zone_name, const char *anchor, int sign, const char *duration,
                         const char *expected) {
    struct zone *zone = load(zone_name);
    stepdown_time t = 0;
    struct duration d;
    char text[40];
    assert_true(time_parse(slice_text(anchor), NULL, &t, NULL));
    assert_true(parse(duration, &d));
    time_print(duration_add(t, &d, sign, zone, NULL, 0), zone, text);
    assert_string_equal(text, expected);
    zone_free(&zone);
}

static void month_ends_stay_within_the_month(void **state) {
    (void)state;
    static const char ny[] = "America/New_York";
    assert_added(ny, "2026-01-31T10:00:00-05:00", 1, "1 month", "2026-02-28T10:00:00-05:00");
    assert_added(ny, "2024-01-31T10:00:00-05:00", 1, "1 month", "2024-02-29T10:00:00-05:00");
    assert_added(ny, "2026-01-31T10:00:00-05:00", 1, "2 months", "2026-03-31T10:00:00-04:00");
    assert_added(ny, "2024-02-29T10:00:00-05:00", 1, "1 year", "2025-02-28T10:00:00-05:00");
    assert_added(ny, "2026-03-31T10:00:00-04:00", -1, "1 month", "2026-02-28T10:00:00-05:00");
    assert_added(ny, "2026-12-15T10:00:00-05:00", 1, "1 month", "2027-01-15T10:00:00-05:00");
    assert_added(ny, "2026-01-15T10:00:00-05:00", -1, "1 month", "2025-12-15T10:00:00-05:00");
    assert_added(ny, "2026-01-31T10:00:00-05:00", 1, "1 month 1 day", "2026-03-01T10:00:00-05:00");
}

static void calendar_days_keep_the_local_clock_and_hours_do_not(void **state) {
    (void)state;
    static const char ny[] = "America/New_York";
    assert_added(ny, "2026-03-07T14:00:00-05:00", 1, "1 day", "2026-03-08T14:00:00-04:00");
    assert_added(ny, "2026-03-07T14:00:00-05:00", 1, "24 hours", "2026-03-08T15:00:00-04:00");
    assert_added(ny, "2026-10-31T14:00:00-04:00", 1, "1 day", "2026-11-01T14:00:00-05:00");
    assert_added(ny, "2026-10-31T14:00:00-04:00", 1, "24 hours", "2026-11-01T13:00:00-05:00");
    assert_added(ny, "2026-03-07T02:30:00-05:00", 1, "1 day", "2026-03-08T03:30:00-04:00"); // into the gap
    assert_added(ny, "2026-10-31T01:30:00-04:00", 1, "1 day", "2026-11-01T01:30:00-04:00"); // into the overlap
    assert_added(ny, "2026-11-01T01:30:00-05:00", 1, "1 hour", "2026-11-01T02:30:00-05:00");
    assert_added(ny, "2026-11-01T01:30:00-05:00", 1, "0 days", "2026-11-01T01:30:00-05:00"); // its second instant
    assert_added(ny, "2026-03-07T14:00:00-05:00", 1, "1 day 4 hours", "2026-03-08T18:00:00-04:00");
    assert_added(ny, "2026-03-09T14:00:00-04:00", -1, "1 week", "2026-03-02T14:00:00-05:00");
    assert_added("Pacific/Apia", "2011-12-29T10:00:00-10:00", 1, "1 day", "2011-12-31T10:00:00+14:00");
}

static void business_days_skip_weekends(void **state) {
    (void)state;
    static const char utc[] = "UTC";
    assert_added(utc, "2026-03-02T09:00:00Z", 1, "5 business days", "2026-03-09T09:00:00+00:00"); // Monday to Monday
    assert_added(utc, "2026-03-06T09:00:00Z", 1, "1 business day", "2026-03-09T09:00:00+00:00");  // from a Friday
    assert_added(utc, "2026-03-07T09:00:00Z", 1, "1 business day", "2026-03-09T09:00:00+00:00");  // from a Saturday
    assert_added(utc, "2026-03-09T09:00:00Z", -1, "1 business day", "2026-03-06T09:00:00+00:00");
    assert_added(utc, "2026-03-08T09:00:00Z", -1, "1 business day", "2026-03-06T09:00:00+00:00");
    assert_added(utc, "2026-03-02T09:00:00Z", 1, "100 business days", "2026-07-20T09:00:00+00:00");
}

static void business_days_skip_holidays(void **state) {
    (void)state;
    int64_t holidays[] = {civil_to_days(2026, 1, 1), civil_to_days(2026, 12, 24), civil_to_days(2026, 12, 25),
                          civil_to_days(2026, 12, 26), civil_to_days(2027, 1, 1)};
    size_t count = sizeof holidays / sizeof *holidays;
    struct duration d = {0, 0, 1, 0};
    stepdown_time anchor = civil_to_days(2026, 12, 23) * TIME_DAY + 8 * TIME_HOUR; // a Wednesday
    char text[40];
    time_print(duration_add(anchor, &d, 1, NULL, holidays, count), NULL, text);
    assert_string_equal(text, "2026-12-28T08:00:00Z"); // a Monday
    d.business = 5;
    time_print(duration_add(anchor, &d, 1, NULL, holidays, count), NULL, text);
    assert_string_equal(text, "2027-01-04T08:00:00Z");
    anchor = civil_to_days(2026, 12, 28) * TIME_DAY;
    d.business = 1;
    time_print(duration_add(anchor, &d, -1, NULL, holidays, count), NULL, text);
    assert_string_equal(text, "2026-12-23T00:00:00Z");
    d = (struct duration){0, 1, 1, 0}; // calendar days first
    anchor = civil_to_days(2026, 12, 22) * TIME_DAY;
    time_print(duration_add(anchor, &d, 1, NULL, holidays, count), NULL, text);
    assert_string_equal(text, "2026-12-28T00:00:00Z");
}

static void sums_stop_at_the_ends_of_time(void **state) {
    (void)state;
    struct zone *zone = load("America/New_York");
    static const struct duration long_ones[] = {{INT32_MAX, 0, 0, 0},
                                                {0, INT32_MAX, 0, 0},
                                                {0, 0, INT32_MAX, 0},
                                                {0, 0, 0, INT64_MAX},
                                                {INT32_MAX, INT32_MAX, INT32_MAX, INT64_MAX}};
    for (size_t i = 0; i < sizeof long_ones / sizeof *long_ones; i++) {
        stepdown_time later = duration_add(0, &long_ones[i], 1, zone, NULL, 0);
        stepdown_time earlier = duration_add(0, &long_ones[i], -1, zone, NULL, 0);
        assert_true(later > TIME_MAX - 2 * TIME_DAY && later <= TIME_MAX);
        assert_true(earlier < TIME_MIN + 2 * TIME_DAY && earlier >= TIME_MIN);
    }
    struct duration d = {0, 0, 0, INT64_MAX};
    assert_true(duration_add(0, &d, 1, zone, NULL, 0) == TIME_MAX);
    assert_true(duration_add(0, &d, -1, zone, NULL, 0) == TIME_MIN);
    d = (struct duration){INT32_MIN, INT32_MIN, INT32_MIN, INT64_MIN};
    assert_true(duration_add(0, &d, 1, zone, NULL, 0) == TIME_MIN);
    assert_true(duration_add(0, &d, -1, zone, NULL, 0) == TIME_MAX);
    d = (struct duration){0, 0, 0, 1};
    assert_true(duration_add(INT64_MAX, &d, 1, zone, NULL, 0) == TIME_MAX);
    assert_true(duration_add(INT64_MIN, &d, -1, zone, NULL, 0) == TIME_MIN);
    zone_free(&zone);
}

static void bounds_are_never_shorter_than_the_sum(void **state) {
    (void)state;
    struct duration d = {1, 2, 0, TIME_HOUR};
    assert_true(duration_bound(&d) == 33 * TIME_DAY + TIME_HOUR);
    for (int32_t n = 0; n < 60; n++)
        for (int64_t day = 0; day < 14; day++) {
            d = (struct duration){n % 7, n % 3, n, n * TIME_MINUTE};
            stepdown_time anchor = (20000 + day) * TIME_DAY;
            assert_true(duration_add(anchor, &d, 1, NULL, NULL, 0) - anchor <= duration_bound(&d));
        }
    d = (struct duration){INT32_MAX, INT32_MAX, INT32_MAX, INT64_MAX};
    assert_true(duration_bound(&d) == INT64_MAX);
    d = (struct duration){INT32_MIN, INT32_MIN, INT32_MIN, INT64_MIN};
    assert_true(duration_bound(&d) < 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(durations_are_read_from_words_and_iso_8601),
        cmocka_unit_test(malformed_durations_are_refused),
        cmocka_unit_test(durations_are_printed_in_words),
        cmocka_unit_test(printed_durations_read_back_as_the_same),
        cmocka_unit_test(month_ends_stay_within_the_month),
        cmocka_unit_test(calendar_days_keep_the_local_clock_and_hours_do_not),
        cmocka_unit_test(business_days_skip_weekends),
        cmocka_unit_test(business_days_skip_holidays),
        cmocka_unit_test(sums_stop_at_the_ends_of_time),
        cmocka_unit_test(bounds_are_never_shorter_than_the_sum),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
