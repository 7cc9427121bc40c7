// SPDX-License-Identifier: Apache-2.0
// Zones: named edge cases of daylight saving, rules in footers, and files that are none.
#define _DEFAULT_SOURCE 1 // tm_gmtoff, mkdtemp

#include "base/time.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/bytes.h"
#include "base/platform.h"
#include "support/memory.h"

static const char root[] = "/usr/share/zoneinfo";

static struct zone *load(const char *name) {
    struct env env = env_default();
    struct zone *zone = NULL;
    assert_int_equal(zone_load(&env, root, name, &zone, NULL), STEPDOWN_OK);
    return zone;
}

// Local time in a zone, its kind, and the instant as that zone prints it.
static void assert_resolves(const char *name, const char *local, enum zone_fold fold, const char *expected) {
    struct zone *zone = load(name);
    stepdown_time as_utc = 0;
    char text[40];
    assert_true(time_parse(slice_text(local), NULL, &as_utc, NULL));
    struct civil civil;
    enum zone_fold got = ZONE_PLAIN;
    civil_from_utc(as_utc, &civil);
    stepdown_time t = zone_utc(zone, &civil, &got);
    time_print(t, zone, text);
    assert_string_equal(text, expected);
    assert_int_equal(got, fold);
    assert_true(zone_utc(zone, &civil, NULL) == t);
    zone_free(&zone);
}

static void zone_gap_moves_the_clock_forward(void **state) {
    (void)state;
    static const char ny[] = "America/New_York";
    assert_resolves(ny, "2026-03-08T01:59:59Z", ZONE_PLAIN, "2026-03-08T01:59:59-05:00");
    assert_resolves(ny, "2026-03-08T02:00:00Z", ZONE_GAP, "2026-03-08T03:00:00-04:00");
    assert_resolves(ny, "2026-03-08T02:30:00Z", ZONE_GAP, "2026-03-08T03:30:00-04:00");
    assert_resolves(ny, "2026-03-08T02:59:59.999999Z", ZONE_GAP, "2026-03-08T03:59:59.999999-04:00");
    assert_resolves(ny, "2026-03-08T03:00:00Z", ZONE_PLAIN, "2026-03-08T03:00:00-04:00");
}

static void zone_overlap_takes_the_first_instant(void **state) {
    (void)state;
    static const char ny[] = "America/New_York";
    assert_resolves(ny, "2026-11-01T00:59:59Z", ZONE_PLAIN, "2026-11-01T00:59:59-04:00");
    assert_resolves(ny, "2026-11-01T01:00:00Z", ZONE_OVERLAP, "2026-11-01T01:00:00-04:00");
    assert_resolves(ny, "2026-11-01T01:59:59Z", ZONE_OVERLAP, "2026-11-01T01:59:59-04:00");
    assert_resolves(ny, "2026-11-01T02:00:00Z", ZONE_PLAIN, "2026-11-01T02:00:00-05:00");
}

static void far_years_follow_the_same_rules(void **state) {
    (void)state;
    static const char ny[] = "America/New_York";
    assert_resolves(ny, "2400-03-12T02:30:00Z", ZONE_GAP, "2400-03-12T03:30:00-04:00");
    assert_resolves(ny, "9998-07-01T12:00:00Z", ZONE_PLAIN, "9998-07-01T12:00:00-04:00");
    assert_resolves(ny, "9998-12-31T12:00:00Z", ZONE_PLAIN, "9998-12-31T12:00:00-05:00");
}

static void lord_howe_moves_by_half_an_hour(void **state) {
    (void)state;
    static const char lh[] = "Australia/Lord_Howe";
    assert_resolves(lh, "2026-01-15T12:00:00Z", ZONE_PLAIN, "2026-01-15T12:00:00+11:00");
    assert_resolves(lh, "2026-10-04T02:10:00Z", ZONE_GAP, "2026-10-04T02:40:00+11:00");
    assert_resolves(lh, "2026-10-04T02:30:00Z", ZONE_PLAIN, "2026-10-04T02:30:00+11:00");
    assert_resolves(lh, "2026-04-05T01:45:00Z", ZONE_OVERLAP, "2026-04-05T01:45:00+11:00");
    assert_resolves(lh, "2026-04-05T02:00:00Z", ZONE_PLAIN, "2026-04-05T02:00:00+10:30");
}

static void apia_has_no_30_december_2011(void **state) {
    (void)state;
    static const char apia[] = "Pacific/Apia";
    assert_resolves(apia, "2011-12-29T23:59:59Z", ZONE_PLAIN, "2011-12-29T23:59:59-10:00");
    assert_resolves(apia, "2011-12-30T10:00:00Z", ZONE_GAP, "2011-12-31T10:00:00+14:00");
    assert_resolves(apia, "2011-12-31T00:00:00Z", ZONE_PLAIN, "2011-12-31T00:00:00+14:00");
}

static void kathmandu_lies_a_quarter_off(void **state) {
    (void)state;
    assert_resolves("Asia/Kathmandu", "2026-03-02T09:15:00Z", ZONE_PLAIN, "2026-03-02T09:15:00+05:45");
    assert_resolves("Asia/Kathmandu", "1985-12-31T12:00:00Z", ZONE_PLAIN, "1985-12-31T12:00:00+05:30");
}

static void dublin_saves_backwards_in_winter(void **state) {
    (void)state;
    struct zone *zone = load("Europe/Dublin");
    stepdown_time summer = civil_to_days(2026, 7, 1) * TIME_DAY, winter = civil_to_days(2026, 1, 1) * TIME_DAY;
    assert_int_equal(zone_offset(zone, summer), 3600);
    assert_string_equal(zone_abbreviation(zone, summer), "IST");
    assert_int_equal(zone_offset(zone, winter), 0);
    assert_string_equal(zone_abbreviation(zone, winter), "GMT");
    stepdown_time far = civil_to_days(2300, 7, 1) * TIME_DAY;
    assert_int_equal(zone_offset(zone, far), 3600);
    zone_free(&zone);
}

static void utc_needs_no_file_and_null_means_utc(void **state) {
    (void)state;
    struct env env = env_default();
    struct zone *zone = NULL;
    assert_int_equal(zone_load(&env, "/nowhere", "UTC", &zone, NULL), STEPDOWN_OK);
    struct zone *both[] = {zone, NULL};
    for (size_t i = 0; i < 2; i++) {
        assert_string_equal(zone_name(both[i]), "UTC");
        assert_string_equal(zone_version(both[i]), "");
        assert_int_equal(zone_offset(both[i], TIME_MAX), 0);
        assert_string_equal(zone_abbreviation(both[i], 0), "UTC");
        struct civil c;
        enum zone_fold fold = ZONE_GAP;
        zone_local(both[i], 1234567, &c);
        assert_true(zone_utc(both[i], &c, &fold) == 1234567);
        assert_int_equal(fold, ZONE_PLAIN);
    }
    zone_free(&zone);
    assert_null(zone);
    zone_free(&zone);
    zone_free(NULL);
}

static void extreme_moments_do_not_overflow(void **state) {
    (void)state;
    static const char *const chosen[] = {"America/New_York", "Asia/Kathmandu", "Pacific/Apia"};
    static const stepdown_time moments[] = {INT64_MIN, INT64_MIN + 1, TIME_MIN, TIME_MAX, INT64_MAX - 1, INT64_MAX};
    for (size_t i = 0; i < 3; i++) {
        struct zone *zone = load(chosen[i]);
        for (size_t k = 0; k < sizeof moments / sizeof *moments; k++) {
            struct civil c;
            zone_local(zone, moments[k], &c);
            zone_utc(zone, &c, NULL);
            assert_non_null(zone_abbreviation(zone, moments[k]));
        }
        struct civil far = {.year = INT32_MAX, .month = 12, .day = 31};
        zone_utc(zone, &far, NULL);
        far.year = INT32_MIN;
        zone_utc(zone, &far, NULL);
        zone_free(&zone);
    }
}

static void names_that_could_leave_the_directory_are_refused(void **state) {
    (void)state;
    static const char *const bad[] = {"",
                                      "/etc/passwd",
                                      "../../etc/passwd",
                                      "America/../UTC",
                                      "America//New_York",
                                      "America/",
                                      "/",
                                      ".",
                                      "..",
                                      "./UTC",
                                      "zone.tab",
                                      "America/New York",
                                      "America\\New_York",
                                      "A\xC3\xA4",
                                      "UTC\n",
                                      "%s",
                                      "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"};
    struct env env = env_default();
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct zone *zone = NULL;
        stepdown_error *error = NULL;
        assert_int_equal(zone_load(&env, root, bad[i], &zone, &error), STEPDOWN_INVALID);
        assert_null(zone);
        assert_non_null(error);
        stepdown_error_free(&error);
    }
    struct zone *zone = NULL;
    assert_int_equal(zone_load(&env, root, NULL, &zone, NULL), STEPDOWN_INVALID);
}

static void zones_that_are_not_there_are_not_found(void **state) {
    (void)state;
    struct env env = env_default();
    struct zone *zone = NULL;
    assert_int_equal(zone_load(&env, root, "Mars/Olympus", &zone, NULL), STEPDOWN_NOT_FOUND);
    assert_int_equal(zone_load(&env, root, "UTC/Mars", &zone, NULL), STEPDOWN_NOT_FOUND);
    assert_int_equal(zone_load(&env, root, "America", &zone, NULL), STEPDOWN_NOT_FOUND); // a directory
    assert_int_equal(zone_load(&env, "/nowhere", "Europe/Dublin", &zone, NULL), STEPDOWN_NOT_FOUND);
    char longest[5000];
    memset(longest, 'x', sizeof longest);
    longest[sizeof longest - 1] = '\0';
    assert_int_equal(zone_load(&env, longest, "Europe/Dublin", &zone, NULL), STEPDOWN_LIMIT);
    assert_null(zone);
}

static void write_file(const char *directory, const char *name, const char *text) {
    char path[200];
    snprintf(path, sizeof path, "%s/%s", directory, name);
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static void assert_version(const char *directory, const char *expected) {
    struct env env = env_default();
    struct zone *zone = NULL;
    assert_int_equal(zone_load(&env, directory, "Dublin", &zone, NULL), STEPDOWN_OK);
    assert_string_equal(zone_version(zone), expected);
    zone_free(&zone);
}

static void zone_version_is_what_the_directory_says(void **state) {
    (void)state;
    char directory[] = "/tmp/zone-XXXXXX", path[200], target[200];
    assert_non_null(mkdtemp(directory));
    snprintf(path, sizeof path, "%s/Dublin", directory);
    snprintf(target, sizeof target, "%s/Europe/Dublin", root);
    assert_int_equal(symlink(target, path), 0);
    assert_version(directory, "");
    write_file(directory, "tzdata.zi", "R x\n");
    assert_version(directory, "");
    write_file(directory, "tzdata.zi", "# version 2025b\n# more\n");
    assert_version(directory, "2025b");
    write_file(directory, "+VERSION", "2026a\n");
    assert_version(directory, "2026a");
    write_file(directory, "+VERSION", "a-version-longer-than-any-can-be\n");
    assert_version(directory, "a-version-longe");
    static const char *const files[] = {"Dublin", "tzdata.zi", "+VERSION"};
    for (size_t i = 0; i < 3; i++) {
        snprintf(path, sizeof path, "%s/%s", directory, files[i]);
        unlink(path);
    }
    rmdir(directory);
}

// A TZif file is put together here from its parts.
struct tzif {
    char version;
    size_t times;
    int64_t at[4];
    uint8_t to[4];
    const char *footer; // NULL: none at all
};

static void tzif_block(struct buffer *b, const struct tzif *f, size_t width) {
    buffer_append(b, "TZif", 4);
    buffer_append(b, &f->version, 1);
    buffer_append(b, "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 15);
    uint32_t counts[6] = {0, 0, 0, (uint32_t)f->times, 2, 8};
    for (size_t i = 0; i < 6; i++)
        buffer_be32(b, counts[i]);
    for (size_t i = 0; i < f->times; i++) {
        if (width == 8)
            buffer_be64(b, (uint64_t)f->at[i]);
        else
            buffer_be32(b, (uint32_t)f->at[i]);
    }
    buffer_append(b, f->to, f->times);
    buffer_append(b, "\0\0\0\0\0\0\0\0\x0E\x10\1\4STD\0DST\0", 20); // +0 STD, +1 h DST
}

static stepdown_status tzif_parse(const struct tzif *f, struct zone **out) {
    struct env env = env_default();
    struct buffer b;
    buffer_init(&b, &env);
    tzif_block(&b, f, 4);
    if (f->version != 0)
        tzif_block(&b, f, 8);
    if (f->footer != NULL)
        buffer_text(&b, f->footer);
    assert_false(b.failed);
    stepdown_error *error = NULL;
    stepdown_status status = zone_parse(&env, "Test/Zone", slice_of(b.data, b.size), out, &error);
    assert_int_equal(status == STEPDOWN_OK, error == NULL);
    stepdown_error_free(&error);
    buffer_free(&b);
    return status;
}

static void every_version_of_the_format_is_read(void **state) {
    (void)state;
    static const char versions[] = {0, '2', '3', '4', '5'};
    for (size_t i = 0; i < sizeof versions; i++) {
        struct tzif f = {versions[i], 2, {-1000, 1000}, {1, 0}, versions[i] == 0 ? NULL : "\n\n"};
        struct zone *zone = NULL;
        assert_int_equal(tzif_parse(&f, &zone), STEPDOWN_OK);
        assert_string_equal(zone_name(zone), "Test/Zone");
        assert_int_equal(zone_offset(zone, -1001 * TIME_SECOND), 0); // before the first: type 0
        assert_int_equal(zone_offset(zone, -1000 * TIME_SECOND - 1), 0);
        assert_int_equal(zone_offset(zone, -1000 * TIME_SECOND), 3600);
        assert_int_equal(zone_offset(zone, 1000 * TIME_SECOND - 1), 3600);
        assert_int_equal(zone_offset(zone, 1000 * TIME_SECOND), 0);
        assert_int_equal(zone_offset(zone, TIME_MAX), 0); // no footer: the last one stays
        assert_string_equal(zone_abbreviation(zone, 0), "DST");
        zone_free(&zone);
    }
    struct tzif alien = {'1', 0, {0}, {0}, "\n\n"};
    struct zone *zone = NULL;
    assert_int_equal(tzif_parse(&alien, &zone), STEPDOWN_CORRUPT);
}

static void footer_rules_agree_with_the_c_library(void **state) {
    (void)state;
    static const char *const rules[] = {
        "EST5EDT,M3.2.0,M11.1.0",               // plain
        "CET-1CEST,M3.5.0,M10.5.0/3",           // last Sundays
        "IST-1GMT0,M10.5.0,M3.5.0/1",           // negative saving
        "<+1030>-10:30<+11>-11,M10.1.0,M4.1.0", // half an hour, southern
        "<-03>3<-02>,M3.5.0/-2,M10.5.0/-1",     // hours before the day
        "EET-2EEST,M3.4.4/50,M10.4.4/50",       // hours past the day
        "XXX3YYY,J60,J300/4:30:15",             // never counts 29 February
        "XXX3YYY,59,299",                       // counts it
        "AAA0BBB,J1/0,J365/23",                 // from edge to edge
        "AAA-12BBB-13,M9.5.0/2:45,M4.1.0/3:45", // far east
        "AAA11BBB,M1.1.6/167,M12.5.1/-167",     // the widest hours
        "UTC0",                                 // no saving
        "<-0330>3:30",                          //
        "<+0545>-5:45",                         //
        "AAAAAA24:59:59",                       // the widest offset
    };
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++) {
        char footer[80];
        snprintf(footer, sizeof footer, "\n%s\n", rules[i]);
        struct tzif f = {'3', 0, {0}, {0}, footer};
        struct zone *zone = NULL;
        if (tzif_parse(&f, &zone) != STEPDOWN_OK)
            fail_msg("refused: %s", rules[i]);
        setenv("TZ", rules[i], 1);
        tzset();
        const int64_t low = civil_to_days(1971, 1, 10) * 86400, high = civil_to_days(2450, 1, 1) * 86400;
        for (int64_t at = low; at < high; at += 5 * 3600 + 1) {
            time_t moment = (time_t)at;
            struct tm tm;
            localtime_r(&moment, &tm);
            stepdown_time t = at * TIME_SECOND;
            if (zone_offset(zone, t) != tm.tm_gmtoff || strcmp(zone_abbreviation(zone, t), tm.tm_zone) != 0)
                fail_msg("%s at %lld: %d, not %ld", rules[i], (long long)at, (int)zone_offset(zone, t), tm.tm_gmtoff);
        }
        zone_free(&zone);
    }
}

// RFC 8536, 3.3.1. The C library looks at one year alone and slips for hours around the new year.
static void summer_that_ends_as_the_next_begins_lasts_all_year(void **state) {
    (void)state;
    struct tzif f = {'3', 0, {0}, {0}, "\nEST5EDT,0/0,J365/25\n"};
    struct zone *zone = NULL;
    assert_int_equal(tzif_parse(&f, &zone), STEPDOWN_OK);
    for (int64_t at = civil_to_days(1960, 1, 1); at < civil_to_days(2460, 1, 1); at++)
        for (int64_t hour = 0; hour < 24; hour++)
            if (zone_offset(zone, at * TIME_DAY + hour * TIME_HOUR) != -4 * 3600)
                fail_msg("day %lld, hour %lld", (long long)at, (long long)hour);
    struct civil local = {2026, 1, 1, 0, 0, 0, 0};
    enum zone_fold fold = ZONE_GAP;
    assert_true(zone_utc(zone, &local, &fold) == civil_to_days(2026, 1, 1) * TIME_DAY + 4 * TIME_HOUR);
    assert_int_equal(fold, ZONE_PLAIN);
    zone_free(&zone);
}

static void rules_that_cross_the_new_year_hold_in_every_cycle(void **state) {
    (void)state;
    // Summer begins 167 hours before January's first Sunday, often in December.
    struct tzif f = {'3', 0, {0}, {0}, "\nAAA11BBB,M1.1.0/-167,M6.1.0\n"};
    struct zone *zone = NULL;
    assert_int_equal(tzif_parse(&f, &zone), STEPDOWN_OK);
    stepdown_time new_year = civil_to_days(2002, 1, 1) * TIME_DAY;
    assert_int_equal(zone_offset(zone, new_year - 3 * TIME_DAY), -11 * 3600);
    assert_int_equal(zone_offset(zone, new_year), -10 * 3600);
    const int64_t cycle = 146097 * TIME_DAY;
    for (stepdown_time t = civil_to_days(1, 3, 1) * TIME_DAY; t < civil_to_days(3, 3, 1) * TIME_DAY; t += TIME_HOUR) {
        struct civil local, later;
        enum zone_fold fold = ZONE_PLAIN, later_fold = ZONE_PLAIN;
        civil_from_utc(t, &local);
        stepdown_time utc = zone_utc(zone, &local, &fold);
        for (int64_t i = 1; i < 5; i++) {
            assert_int_equal(zone_offset(zone, t + i * cycle), zone_offset(zone, t));
            civil_from_utc(t + i * cycle, &later);
            assert_true(zone_utc(zone, &later, &later_fold) == utc + i * cycle);
            assert_int_equal(later_fold, fold);
        }
    }
    zone_free(&zone);
}

static void the_footer_rules_from_the_last_transition_on(void **state) {
    (void)state;
    struct tzif f = {'2', 2, {0, 1000}, {0, 1}, "\nABC-5\n"};
    struct zone *zone = NULL;
    assert_int_equal(tzif_parse(&f, &zone), STEPDOWN_OK);
    assert_int_equal(zone_offset(zone, 999 * TIME_SECOND), 0);
    assert_int_equal(zone_offset(zone, 1000 * TIME_SECOND), 5 * 3600);
    zone_free(&zone);
    f = (struct tzif){'2', 1, {INT64_MAX}, {1}, "\nSTD0DST,M3.5.0,M10.5.0\n"}; // no moment is later
    assert_int_equal(tzif_parse(&f, &zone), STEPDOWN_OK);
    assert_int_equal(zone_offset(zone, TIME_MAX), 0);
    zone_free(&zone);
    f = (struct tzif){'2', 1, {INT64_MIN}, {1}, "\nSTD0DST,M3.5.0,M10.5.0\n"};
    assert_int_equal(tzif_parse(&f, &zone), STEPDOWN_OK);
    assert_int_equal(zone_offset(zone, civil_to_days(2026, 7, 1) * TIME_DAY), 3600);
    assert_int_equal(zone_offset(zone, civil_to_days(2026, 1, 1) * TIME_DAY), 0);
    zone_free(&zone);
}

static void malformed_footers_are_refused(void **state) {
    (void)state;
    static const char *const bad[] = {"",
                                      "\n",
                                      "EST5",
                                      "\nEST5",
                                      "\nEST\n",
                                      "\nE5\n",
                                      "\n5\n",
                                      "\n<EST5\n",
                                      "\nE1T5\n",
                                      "\nEST25\n",
                                      "\nEST5:60\n",
                                      "\nEST5:00:60\n",
                                      "\nEST5:\n",
                                      "\nEST5EDT\n",
                                      "\nEST5EDT,M3.2.0\n",
                                      "\nEST5EDT,M3.2.0,M11.1.0,\n",
                                      "\nEST5EDT,M0.2.0,M11.1.0\n",
                                      "\nEST5EDT,M13.2.0,M11.1.0\n",
                                      "\nEST5EDT,M3.0.0,M11.1.0\n",
                                      "\nEST5EDT,M3.6.0,M11.1.0\n",
                                      "\nEST5EDT,M3.2.7,M11.1.0\n",
                                      "\nEST5EDT,M3.2.0/168,M11.1.0\n",
                                      "\nEST5EDT,M3.2.0/-168,M11.1.0\n",
                                      "\nEST5EDT,M3.2,M11.1.0\n",
                                      "\nEST5EDT,J0,J365\n",
                                      "\nEST5EDT,J1,J366\n",
                                      "\nEST5EDT,1,366\n",
                                      "\nEST5EDT,99999999999999999999,1\n",
                                      "\nABCDEFGHIJKLMNOP5\n",
                                      "\nEST5 \n"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct tzif f = {'2', 0, {0}, {0}, bad[i]};
        struct zone *zone = NULL;
        if (tzif_parse(&f, &zone) != STEPDOWN_CORRUPT)
            fail_msg("accepted: %s", bad[i]);
        assert_null(zone);
    }
}

static void transitions_out_of_order_or_to_nowhere_are_refused(void **state) {
    (void)state;
    static const struct tzif bad[] = {{'2', 2, {5, 5}, {0, 1}, "\n\n"},
                                      {'2', 2, {6, 5}, {0, 1}, "\n\n"},
                                      {'2', 1, {5}, {2}, "\n\n"},
                                      {0, 2, {6, 5}, {0, 1}, NULL}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct zone *zone = NULL;
        assert_int_equal(tzif_parse(&bad[i], &zone), STEPDOWN_CORRUPT);
    }
}

// Parse from a block of exactly `size` bytes, so that reading past the end is seen, and use what comes out.
static stepdown_status parse_copy(const uint8_t *data, size_t size) {
    struct env env = env_default();
    uint8_t *copy = malloc(size == 0 ? 1 : size);
    assert_non_null(copy);
    memcpy(copy, data, size);
    struct zone *zone = NULL;
    stepdown_status status = zone_parse(&env, "X", slice_of(copy, size), &zone, NULL);
    free(copy);
    for (int year = 1; status == STEPDOWN_OK && year < 9999; year += 500) {
        struct civil c;
        zone_local(zone, civil_to_days(year, 7, 1) * TIME_DAY, &c);
        zone_utc(zone, &c, NULL);
    }
    zone_free(&zone);
    return status;
}

static uint8_t *read_zone(const char *name, size_t *size) {
    struct env env = env_default();
    char path[200];
    uint8_t *data = NULL;
    snprintf(path, sizeof path, "%s/%s", root, name);
    assert_int_equal(platform_read_file(&env, path, 1 << 20, &data, size), PLATFORM_FILE_OK);
    return data;
}

static void truncated_files_are_refused_at_every_length(void **state) {
    (void)state;
    struct env env = env_default();
    size_t size = 0;
    uint8_t *data = read_zone("Pacific/Apia", &size);
    for (size_t cut = 0; cut < size; cut++)
        assert_int_equal(parse_copy(data, cut), STEPDOWN_CORRUPT);
    assert_int_equal(parse_copy(data, size), STEPDOWN_OK);
    env_free(&env, data);
}

static void damaged_files_never_lead_astray(void **state) {
    (void)state;
    struct env env = env_default();
    size_t size = 0, refused = 0;
    uint8_t *data = read_zone("America/Nuuk", &size);
    uint64_t seed = 7;
    for (int run = 0; run < 6000; run++) {
        seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        size_t at = (size_t)(seed >> 33) % (run % 2 == 0 ? size : 44);
        uint8_t old = data[at];
        data[at] = (uint8_t)(run % 3 == 0 ? 0xFF : seed >> 20);
        stepdown_status status = parse_copy(data, size);
        assert_true(status == STEPDOWN_OK || status == STEPDOWN_CORRUPT || status == STEPDOWN_UNSUPPORTED);
        refused += status != STEPDOWN_OK;
        data[at] = old;
    }
    assert_true(refused > 1000);
    env_free(&env, data);
}

static void counts_beyond_the_file_are_refused(void **state) {
    (void)state;
    uint8_t header[44] = "TZif2";
    for (size_t field = 20; field < 44; field += 4) {
        memset(header + field, 0xFF, 4);
        assert_int_equal(parse_copy(header, sizeof header), STEPDOWN_CORRUPT);
        memset(header + field, 0, 4);
    }
    memset(header + 20, 0xFF, 24);
    assert_int_equal(parse_copy(header, sizeof header), STEPDOWN_CORRUPT);
    static const uint8_t no_type[44] = "TZif";
    assert_int_equal(parse_copy(no_type, sizeof no_type), STEPDOWN_CORRUPT);
}

static void zones_that_count_leap_seconds_are_unsupported(void **state) {
    (void)state;
    // Version 1, one leap second, one type "UTC".
    static const uint8_t file[] = "TZif\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
                                  "\0\0\0\0\0\0\0\0\0\0\0\1\0\0\0\0\0\0\0\1\0\0\0\4"
                                  "\0\0\0\0\0\0UTC\0"
                                  "\4\262\130\0\0\0\0\1";
    assert_int_equal(parse_copy(file, sizeof file - 1), STEPDOWN_UNSUPPORTED);
    assert_int_equal(parse_copy(file, sizeof file - 2), STEPDOWN_CORRUPT);
}

static stepdown_status load_zone(const struct env *env, void *ctx) {
    struct zone *zone = NULL;
    stepdown_error *error = NULL;
    stepdown_status status = zone_load(env, root, ctx, &zone, &error);
    assert_int_equal(status == STEPDOWN_OK, zone != NULL);
    zone_free(&zone);
    stepdown_error_free(&error);
    return status;
}

static void loading_survives_every_failed_allocation(void **state) {
    (void)state;
    char new_york[] = "America/New_York", utc[] = "UTC";
    assert_true(test_memory_sweep(load_zone, new_york) > 5);
    assert_int_equal(test_memory_sweep(load_zone, utc), 2);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(zone_gap_moves_the_clock_forward),
        cmocka_unit_test(zone_overlap_takes_the_first_instant),
        cmocka_unit_test(far_years_follow_the_same_rules),
        cmocka_unit_test(lord_howe_moves_by_half_an_hour),
        cmocka_unit_test(apia_has_no_30_december_2011),
        cmocka_unit_test(kathmandu_lies_a_quarter_off),
        cmocka_unit_test(dublin_saves_backwards_in_winter),
        cmocka_unit_test(utc_needs_no_file_and_null_means_utc),
        cmocka_unit_test(extreme_moments_do_not_overflow),
        cmocka_unit_test(names_that_could_leave_the_directory_are_refused),
        cmocka_unit_test(zones_that_are_not_there_are_not_found),
        cmocka_unit_test(zone_version_is_what_the_directory_says),
        cmocka_unit_test(every_version_of_the_format_is_read),
        cmocka_unit_test(footer_rules_agree_with_the_c_library),
        cmocka_unit_test(summer_that_ends_as_the_next_begins_lasts_all_year),
        cmocka_unit_test(rules_that_cross_the_new_year_hold_in_every_cycle),
        cmocka_unit_test(the_footer_rules_from_the_last_transition_on),
        cmocka_unit_test(malformed_footers_are_refused),
        cmocka_unit_test(transitions_out_of_order_or_to_nowhere_are_refused),
        cmocka_unit_test(truncated_files_are_refused_at_every_length),
        cmocka_unit_test(damaged_files_never_lead_astray),
        cmocka_unit_test(counts_beyond_the_file_are_refused),
        cmocka_unit_test(zones_that_count_leap_seconds_are_unsupported),
        cmocka_unit_test(loading_survives_every_failed_allocation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
