// SPDX-License-Identifier: Apache-2.0
// Local times through the C library: TZ is switched to the zone asked for. The tool has one thread, so that is safe.
#include "cli/when.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { MICROSECONDS = 1000000, DAY_SECONDS = 86400, NAME_LIMIT = 128 };

static const char *zone_directory(void) {
    const char *directory = getenv("TZDIR");
    return directory && *directory ? directory : "/usr/share/zoneinfo";
}

bool zone_exists(const char *zone) {
    char path[1024];
    if (!*zone)
        return true;
    if (*zone == '/' || strstr(zone, "..") || strlen(zone) >= NAME_LIMIT)
        return false;
    int size = snprintf(path, sizeof path, "%s/%s", zone_directory(), zone);
    return size > 0 && (size_t)size < sizeof path && access(path, R_OK) == 0;
}

static void zone_switch(const char *zone) {
    static char current[NAME_LIMIT], original[NAME_LIMIT];
    static bool started, had_original;
    if (!started) {
        const char *set = getenv("TZ");
        had_original = set != NULL;
        snprintf(original, sizeof original, "%s", set ? set : "");
        started = true;
    } else if (strcmp(current, zone) == 0) {
        return;
    }
    snprintf(current, sizeof current, "%s", zone);
    if (*zone)
        setenv("TZ", zone, 1);
    else if (had_original)
        setenv("TZ", original, 1);
    else
        unsetenv("TZ");
    tzset();
}

// Seconds and what is left over, also before 1970.
static time_t whole_seconds(stepdown_time time) { return (time_t)(time / MICROSECONDS - (time % MICROSECONDS < 0)); }

static bool local_parts(stepdown_time time, const char *zone, struct tm *parts) {
    zone_switch(zone);
    time_t seconds = whole_seconds(time);
    return localtime_r(&seconds, parts) != NULL;
}

static char *format(struct pool *pool, stepdown_time time, const char *zone, const char *even, const char *odd) {
    struct tm parts;
    char text[96];
    if (time == STEPDOWN_TIME_NONE)
        return pool_copy(pool, "", 0);
    if (!local_parts(time, zone, &parts))
        return pool_copy(pool, "?", 1);
    size_t size = strftime(text, sizeof text, parts.tm_sec ? odd : even, &parts);
    return pool_copy(pool, text, size);
}

char *when_text(struct pool *pool, stepdown_time time, const char *zone) {
    return format(pool, time, zone, "%a %-d %b %Y %H:%M %Z", "%a %-d %b %Y %H:%M:%S %Z");
}

char *when_short(struct pool *pool, stepdown_time time, const char *zone) {
    return format(pool, time, zone, "%a %-d %b %H:%M %Z", "%a %-d %b %H:%M:%S %Z");
}

char *when_day(struct pool *pool, stepdown_time time, const char *zone) {
    return format(pool, time, zone, "%A %-d %B %Y", "%A %-d %B %Y");
}

char *when_clock(struct pool *pool, stepdown_time time, const char *zone) {
    return format(pool, time, zone, "%H:%M", "%H:%M:%S");
}

stepdown_time when_now(void) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (stepdown_time)now.tv_sec * MICROSECONDS + now.tv_nsec / 1000;
}

// ---- reading ------------------------------------------------------------------------------------------------------

static const char bad_time[] = "is not a time; write 2026-03-02 14:00 or 2026-03-02T14:00:00-05:00";
static const char bad_relative[] =
    "is not a time; write 2026-03-02 14:00, 14:00, next day 09:00, +2 hours or end of day";

// Exactly `count` digits.
static bool read_digits(const char **at, int count, int *out) {
    int value = 0;
    for (int i = 0; i < count; i++, ++*at) {
        if (**at < '0' || **at > '9')
            return false;
        value = value * 10 + (**at - '0');
    }
    *out = value;
    return true;
}

static bool read_char(const char **at, char c) {
    if (**at != c)
        return false;
    ++*at;
    return true;
}

// "14:00" or "14:00:30".
static bool read_clock(const char **at, struct tm *parts) {
    parts->tm_sec = 0;
    if (!read_digits(at, 2, &parts->tm_hour) || !read_char(at, ':') || !read_digits(at, 2, &parts->tm_min))
        return false;
    if (**at == ':' && (!read_char(at, ':') || !read_digits(at, 2, &parts->tm_sec)))
        return false;
    return parts->tm_hour < 24 && parts->tm_min < 60 && parts->tm_sec < 60;
}

static bool read_date(const char **at, struct tm *parts) {
    if (!read_digits(at, 4, &parts->tm_year) || !read_char(at, '-') || !read_digits(at, 2, &parts->tm_mon) ||
        !read_char(at, '-') || !read_digits(at, 2, &parts->tm_mday))
        return false;
    parts->tm_year -= 1900;
    parts->tm_mon -= 1;
    return true;
}

// Days since 1970 of a date in the Gregorian calendar.
static int64_t days_of(const struct tm *parts) {
    int64_t year = parts->tm_year + 1900 - (parts->tm_mon < 2), era = (year >= 0 ? year : year - 399) / 400;
    int64_t of_era = year - era * 400, month = (parts->tm_mon + 10) % 12;
    int64_t of_year = (153 * month + 2) / 5 + parts->tm_mday - 1;
    return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

static stepdown_time utc_of(const struct tm *parts) {
    int64_t seconds = parts->tm_hour * 3600 + parts->tm_min * 60 + parts->tm_sec;
    return (days_of(parts) * DAY_SECONDS + seconds) * MICROSECONDS;
}

// The instant of a wall-clock time; of two, the first.
static const char *instant_of(const struct tm *wanted, const char *zone, stepdown_time *out) {
    zone_switch(zone);
    for (int daylight = 1; daylight >= 0; daylight--) {
        struct tm tried = *wanted, got;
        tried.tm_isdst = daylight;
        time_t seconds = mktime(&tried);
        if (!localtime_r(&seconds, &got) || got.tm_hour != wanted->tm_hour || got.tm_min != wanted->tm_min ||
            got.tm_mday != wanted->tm_mday || got.tm_mon != wanted->tm_mon)
            continue;
        *out = (stepdown_time)seconds * MICROSECONDS;
        return NULL;
    }
    return "does not exist in this zone: no such day, or the clocks go forward then";
}

// "Z", "+01:00"; *minutes is set.
static bool read_offset(const char **at, int32_t *minutes) {
    int hours, rest;
    if (read_char(at, 'Z')) {
        *minutes = 0;
        return true;
    }
    int sign = **at == '-' ? -1 : 1;
    if (!read_char(at, '-') && !read_char(at, '+'))
        return false;
    if (!read_digits(at, 2, &hours) || !read_char(at, ':') || !read_digits(at, 2, &rest) || hours > 23 || rest > 59)
        return false;
    *minutes = sign * (hours * 60 + rest);
    return true;
}

static const char *read_absolute(const char *at, const char *zone, stepdown_time *out) {
    struct tm parts = {0};
    int32_t offset;
    if (!read_date(&at, &parts) || (*at != 'T' && *at != ' '))
        return bad_time;
    at++;
    if (!read_clock(&at, &parts))
        return bad_time;
    if (!*at)
        return instant_of(&parts, zone, out);
    if (!read_offset(&at, &offset) || *at)
        return bad_time;
    static const int days[] = {31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    if (parts.tm_mon < 0 || parts.tm_mon > 11 || parts.tm_mday < 1 || parts.tm_mday > days[parts.tm_mon])
        return "does not exist: no such day";
    *out = utc_of(&parts) - (stepdown_time)offset * 60 * MICROSECONDS;
    return NULL;
}

// The same clock time `days` later, or another clock time on that day.
static const char *move_day(stepdown_time reference, const char *zone, int days, const struct tm *clock,
                            stepdown_time *out) {
    struct tm parts;
    if (!local_parts(reference, zone, &parts))
        return bad_time;
    if (clock) {
        parts.tm_hour = clock->tm_hour;
        parts.tm_min = clock->tm_min;
        parts.tm_sec = clock->tm_sec;
    }
    struct tm noon = parts; // normalises the date without coming near a change of the clocks
    noon.tm_mday += days;
    noon.tm_hour = 12;
    noon.tm_isdst = -1;
    mktime(&noon);
    parts.tm_year = noon.tm_year;
    parts.tm_mon = noon.tm_mon;
    parts.tm_mday = noon.tm_mday;
    return instant_of(&parts, zone, out);
}

// "+2 hours"; days and weeks keep the clock time.
static const char *read_later(const char *at, const char *zone, stepdown_time reference, stepdown_time *out) {
    static const struct {
        const char *word;
        int seconds, days;
    } units[] = {{"second", 1, 0}, {"minute", 60, 0}, {"hour", 3600, 0}, {"day", 0, 1}, {"week", 0, 7}};
    char *end;
    long count = strtol(at, &end, 10);
    while (*end == ' ')
        end++;
    if (end == at || count < 0 || count > 100000)
        return bad_relative;
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
        size_t size = strlen(units[i].word);
        if (strncmp(end, units[i].word, size) != 0 || (end[size] && strcmp(end + size, "s") != 0))
            continue;
        if (units[i].days)
            return move_day(reference, zone, (int)count * units[i].days, NULL, out);
        *out = reference + (stepdown_time)count * units[i].seconds * MICROSECONDS;
        return NULL;
    }
    return bad_relative;
}

static const char *read_relative(const char *text, const char *zone, stepdown_time reference, stepdown_time *out) {
    static const char next_day[] = "next day ";
    struct tm clock = {0};
    const char *at = text;
    if (*at == '+')
        return read_later(at + 1, zone, reference, out);
    if (strcmp(at, "end of day") == 0)
        return move_day(reference, zone, 1, &clock, out);
    int days = strncmp(at, next_day, sizeof next_day - 1) == 0;
    if (days)
        at += sizeof next_day - 1;
    if (!read_clock(&at, &clock) || *at)
        return bad_relative;
    return move_day(reference, zone, days, &clock, out);
}

const char *when_read(const char *text, const char *zone, stepdown_time reference, stepdown_time *out) {
    const char *at = text;
    struct tm parts;
    if (reference == STEPDOWN_TIME_NONE || read_date(&at, &parts))
        return read_absolute(text, zone, out);
    return read_relative(text, zone, reference, out);
}

int32_t when_offset(const char *text) {
    struct tm parts;
    int32_t minutes;
    const char *at = text;
    if (!read_date(&at, &parts) || *at++ == '\0' || !read_clock(&at, &parts) || !read_offset(&at, &minutes))
        return INT32_MIN;
    return minutes;
}

const char *when_within(struct pool *pool, const char *text, const char *zone) {
    for (const char *at = text; *at; at++) {
        struct tm parts;
        int32_t offset;
        const char *end = at;
        bool starts = at == text || at[-1] < '0' || at[-1] > '9';
        if (!starts || !read_date(&end, &parts) || !read_char(&end, 'T') || !read_clock(&end, &parts) ||
            !read_offset(&end, &offset))
            continue;
        stepdown_time time = utc_of(&parts) - (stepdown_time)offset * 60 * MICROSECONDS;
        return pool_print(pool, "%.*s%s%s", (int)(at - text), text, when_short(pool, time, zone),
                          when_within(pool, end, zone));
    }
    return text;
}
