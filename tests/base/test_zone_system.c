// SPDX-License-Identifier: Apache-2.0
// Differential: every zone installed on this machine, asked of us and of the C library, around every transition and at
// random moments.
#define _DEFAULT_SOURCE 1 // tm_gmtoff, tm_zone
#define _XOPEN_SOURCE 700 // nftw

#include "base/time.h"

#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "base/bytes.h"
#include "base/zone.h"

static const char root[] = "/usr/share/zoneinfo";
static char names[2000][ZONE_NAME_MOST + 1];
static size_t name_count;

// Zones of the same name below posix/ are the same; those below right/ count leap seconds.
static int note_zone(const char *path, const struct stat *about, int kind, struct FTW *where) {
    (void)about;
    (void)where;
    char magic[4] = "";
    const char *name = path + sizeof root;
    if (kind != FTW_F || strncmp(name, "posix/", 6) == 0 || strncmp(name, "right/", 6) == 0)
        return 0;
    if (name_count >= sizeof names / sizeof *names || strlen(name) > ZONE_NAME_MOST)
        return 0;
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        return 0;
    size_t got = fread(magic, 1, 4, file);
    fclose(file);
    bool fits = got == 4 && memcmp(magic, "TZif", 4) == 0 && strchr(name, '.') == NULL;
    if (fits)
        snprintf(names[name_count++], sizeof names[0], "%s", name);
    return 0;
}

static uint64_t seed = 1;

static int64_t random_between(int64_t low, int64_t high) {
    seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return low + (int64_t)((seed >> 11) % (uint64_t)(high - low));
}

static struct civil civil_of(const struct tm *tm) {
    return (struct civil){tm->tm_year + 1900, tm->tm_mon + 1, tm->tm_mday, tm->tm_hour, tm->tm_min, tm->tm_sec, 0};
}

static bool same_clock(const struct civil *a, const struct civil *b) {
    return a->year == b->year && a->month == b->month && a->day == b->day && a->hour == b->hour &&
           a->minute == b->minute && a->second == b->second;
}

// What the C library says at `seconds` must be what we say; and the local clock must lead back.
static void check_moment(const struct zone *zone, int64_t seconds) {
    time_t moment = (time_t)seconds;
    struct tm tm;
    if (localtime_r(&moment, &tm) == NULL)
        fail_msg("localtime_r");
    stepdown_time t = seconds * TIME_SECOND;
    if (zone_offset(zone, t) != tm.tm_gmtoff || strcmp(zone_abbreviation(zone, t), tm.tm_zone) != 0)
        fail_msg("%s at %lld: %d %s, not %ld %s", zone_name(zone), (long long)seconds, (int)zone_offset(zone, t),
                 zone_abbreviation(zone, t), tm.tm_gmtoff, tm.tm_zone);
    struct civil expected = civil_of(&tm), local;
    zone_local(zone, t, &local);
    if (!same_clock(&local, &expected))
        fail_msg("%s at %lld: another local time", zone_name(zone), (long long)seconds);
    enum zone_fold fold = ZONE_GAP;
    stepdown_time back = zone_utc(zone, &local, &fold);
    if (fold == ZONE_GAP || back > t || (fold == ZONE_PLAIN && back != t))
        fail_msg("%s at %lld: led back to %lld", zone_name(zone), (long long)seconds, (long long)(back / TIME_SECOND));
    if (back == t)
        return;
    moment = (time_t)(back / TIME_SECOND);
    localtime_r(&moment, &tm);
    struct civil first = civil_of(&tm);
    if (!same_clock(&first, &expected))
        fail_msg("%s at %lld: the overlap's first instant reads otherwise", zone_name(zone), (long long)seconds);
}

// The second before `at` and `at` read differently: skipped times are in a gap, repeated ones overlap.
static void check_transition(const struct zone *zone, int64_t at) {
    int64_t before = zone_offset(zone, (at - 1) * TIME_SECOND), after = zone_offset(zone, at * TIME_SECOND);
    if (before == after)
        return;
    struct civil local;
    enum zone_fold fold = ZONE_PLAIN;
    int64_t step = after - before;
    if (step > 0) {
        static const int64_t parts[] = {0, 1, 2};
        for (size_t i = 0; i < 3; i++) {
            int64_t into = parts[i] == 2 ? step - 1 : parts[i] * (step / 2);
            civil_from_utc((at + before + into) * TIME_SECOND, &local);
            stepdown_time t = zone_utc(zone, &local, &fold);
            if (fold != ZONE_GAP || t != (at + into) * TIME_SECOND)
                fail_msg("%s at %lld: no gap", zone_name(zone), (long long)at);
        }
        return;
    }
    civil_from_utc((at + after) * TIME_SECOND, &local);
    if (zone_utc(zone, &local, &fold) != (at + step) * TIME_SECOND || fold != ZONE_OVERLAP)
        if (zone_offset(zone, (at + step) * TIME_SECOND) == before) // else a transition just before spoils the overlap
            fail_msg("%s at %lld: no overlap", zone_name(zone), (long long)at);
}

static void check_zone(const char *name) {
    struct env env = env_default();
    struct zone *zone = NULL;
    stepdown_error *error = NULL;
    if (zone_load(&env, root, name, &zone, &error) != STEPDOWN_OK)
        fail_msg("%s", stepdown_error_message(error));
    setenv("TZ", name, 1);
    tzset();
    const int64_t low = civil_to_days(1850, 1, 1) * 86400, high = civil_to_days(2150, 1, 1) * 86400;
    for (size_t i = 0; i < zone->count; i++) {
        int64_t at = zone->at[i];
        if (at < low || at > high)
            continue;
        for (int64_t near = -2; near <= 2; near++)
            check_moment(zone, at + near);
        check_transition(zone, at);
    }
    for (int i = 0; i < 300; i++)
        check_moment(zone, random_between(civil_to_days(1900, 1, 1) * 86400, civil_to_days(2100, 1, 1) * 86400));
    for (int i = 0; i < 50; i++) // what the footer rules, far ahead, across cycles of 400 years
        check_moment(zone, random_between(high, TIME_MAX / TIME_SECOND - 86400 * 3));
    zone_free(&zone);
}

static void every_installed_zone_agrees_with_the_c_library(void **state) {
    (void)state;
    assert_int_equal(nftw(root, note_zone, 16, FTW_PHYS), 0);
    assert_true(name_count > 300);
    for (size_t i = 0; i < name_count; i++)
        check_zone(names[i]);
}

// Transitions that only the C library knows of would escape the test above.
static void no_transition_of_the_c_library_is_missed(void **state) {
    (void)state;
    static const char *const chosen[] = {"America/New_York",  "Europe/Dublin",    "Australia/Lord_Howe",
                                         "Africa/Casablanca", "Asia/Gaza",        "America/Santiago",
                                         "Pacific/Apia",      "Antarctica/Troll", "America/Nuuk"};
    struct env env = env_default();
    for (size_t i = 0; i < sizeof chosen / sizeof *chosen; i++) {
        struct zone *zone = NULL;
        assert_int_equal(zone_load(&env, root, chosen[i], &zone, NULL), STEPDOWN_OK);
        setenv("TZ", chosen[i], 1);
        tzset();
        int64_t last = civil_to_days(2100, 1, 1) * 86400;
        for (int64_t at = civil_to_days(1960, 1, 1) * 86400; at < last; at += 6 * 3600)
            check_moment(zone, at);
        zone_free(&zone);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_installed_zone_agrees_with_the_c_library),
        cmocka_unit_test(no_transition_of_the_c_library_is_missed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
