// SPDX-License-Identifier: Apache-2.0
// Durations: their text forms, and adding them to a moment by the local calendar of a zone.
// May call: time, zone, cursor.
#include <stdio.h>
#include <string.h>

#include "base/cursor.h"
#include "base/time.h"

enum unit_part { PART_MONTHS, PART_DAYS, PART_BUSINESS, PART_EXACT };

// Units in the order in which a text must name them.
static const struct unit {
    const char *word, *brief;
    char date_letter, time_letter; // ISO 8601, before and after the T
    enum unit_part part;
    int64_t size;
    bool printed;
} units[] = {
    {"year", "y", 'Y', 0, PART_MONTHS, 12, true},
    {"month", "mo", 'M', 0, PART_MONTHS, 1, true},
    {"week", "w", 'W', 0, PART_DAYS, 7, false},
    {"day", "d", 'D', 0, PART_DAYS, 1, true},
    {"business day", "bd", 0, 0, PART_BUSINESS, 1, true},
    {"hour", "h", 0, 'H', PART_EXACT, TIME_HOUR, true},
    {"minute", "m", 0, 'M', PART_EXACT, TIME_MINUTE, true},
    {"second", "s", 0, 'S', PART_EXACT, TIME_SECOND, true},
};
enum { UNIT_COUNT = sizeof units / sizeof *units };

// No part is longer than the years 0001 to 9999.
static const int64_t part_most[] = {9999 * 12, 3652059, 3652059, TIME_MAX - TIME_MIN};

// A whole number of at most 18 digits, then perhaps a fraction in millionths (-1: none).
static bool take_amount(struct cursor *c, int64_t *whole, int64_t *millionths) {
    *millionths = -1;
    if (cursor_take_digits(c, 18, whole) == 0)
        return false;
    if (!cursor_take(c, '.'))
        return true;
    int digits = cursor_take_digits(c, 6, millionths);
    for (int i = digits; i < 6; i++)
        *millionths *= 10;
    return digits > 0;
}

// Add `whole` units; false: too long, or a fraction of something other than a second.
static bool duration_take(int64_t parts[4], const struct unit *unit, int64_t whole, int64_t millionths) {
    int64_t most = part_most[unit->part];
    if ((millionths >= 0 && unit->size != TIME_SECOND) || whole > most / unit->size)
        return false;
    int64_t amount = whole * unit->size + (millionths > 0 ? millionths : 0);
    if (amount > most - parts[unit->part])
        return false;
    parts[unit->part] += amount;
    return true;
}

// "1 hour 30 minutes"
static bool parse_words(struct cursor *c, int64_t parts[4]) {
    size_t next = 0;
    do {
        int64_t whole = 0, millionths = 0;
        if (!take_amount(c, &whole, &millionths) || !cursor_take(c, ' '))
            return false;
        while (next < UNIT_COUNT && !cursor_take_word(c, units[next].word))
            next++;
        if (next == UNIT_COUNT || !duration_take(parts, &units[next], whole, millionths))
            return false;
        next++;
        cursor_take(c, 's');
    } while (cursor_take(c, ' '));
    return cursor_done(c);
}

// "P1DT2H"; the P is taken already.
static bool parse_iso(struct cursor *c, int64_t parts[4]) {
    size_t next = 0;
    bool timed = false, any = false;
    while (!cursor_done(c)) {
        if (!timed)
            timed = cursor_take(c, 'T');
        int64_t whole = 0, millionths = 0;
        if (!take_amount(c, &whole, &millionths))
            return false;
        for (; next < UNIT_COUNT; next++) {
            char letter = timed ? units[next].time_letter : units[next].date_letter;
            if (letter != 0 && cursor_take(c, letter))
                break;
        }
        if (next == UNIT_COUNT || !duration_take(parts, &units[next], whole, millionths))
            return false;
        next++;
        any = true;
    }
    return any;
}

bool duration_parse(stepdown_slice text, struct duration *out) {
    int64_t parts[4] = {0, 0, 0, 0};
    struct cursor c = cursor_of(text);
    if (!(cursor_take(&c, 'P') ? parse_iso(&c, parts) : parse_words(&c, parts)))
        return false;
    *out = (struct duration){(int32_t)parts[PART_MONTHS], (int32_t)parts[PART_DAYS], (int32_t)parts[PART_BUSINESS],
                             parts[PART_EXACT]};
    return true;
}

// One unit behind what stands in `out` already. False: no room.
static bool print_unit(char out[64], const struct unit *unit, bool brief, int64_t amount, int64_t millionths) {
    char fraction[8] = "";
    const char *gap = brief ? "" : " ";
    size_t used = strlen(out);
    if (millionths != 0) {
        snprintf(fraction, sizeof fraction, ".%06d", (int)(millionths < 0 ? -millionths : millionths));
        for (size_t end = strlen(fraction); fraction[end - 1] == '0'; end--)
            fraction[end - 1] = '\0';
    }
    bool plural = !brief && ((amount != 1 && amount != -1) || millionths != 0);
    int size = snprintf(out + used, 64 - used, "%s%s%lld%s%s%s%s", used > 0 ? " " : "",
                        amount == 0 && millionths < 0 ? "-" : "", (long long)amount, fraction, gap,
                        brief ? unit->brief : unit->word, plural ? "s" : "");
    return size >= 0 && (size_t)size < 64 - used;
}

static bool print_units(const struct duration *d, bool brief, char out[64]) {
    int64_t left[4] = {d->months, d->days, d->business, d->exact};
    out[0] = '\0';
    for (size_t i = 0; i < UNIT_COUNT; i++) {
        const struct unit *unit = &units[i];
        int64_t *part = &left[unit->part];
        if (!unit->printed)
            continue;
        int64_t amount = *part / unit->size, millionths = 0;
        *part %= unit->size;
        if (unit->size == TIME_SECOND)
            millionths = *part;
        if ((amount != 0 || millionths != 0) && !print_unit(out, unit, brief, amount, millionths))
            return false;
    }
    if (out[0] == '\0')
        memcpy(out, "0 minutes", sizeof "0 minutes");
    return true;
}

void duration_print(const struct duration *d, char out[64]) {
    if (!print_units(d, false, out))
        print_units(d, true, out); // a few extreme ones are cut even so
}

static int64_t add_within(int64_t a, int64_t b, int64_t low, int64_t high) {
    if (b > 0 && a > high - b)
        return high;
    if (b < 0 && a < low - b)
        return low;
    return a + b;
}

static bool is_business_day(int64_t day, const int64_t *holidays, size_t count) {
    if (civil_weekday(day) >= 6)
        return false;
    size_t low = 0, high = count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (holidays[middle] < day)
            low = middle + 1;
        else
            high = middle;
    }
    return low == count || holidays[low] != day;
}

static const int64_t day_low = TIME_MIN / TIME_DAY, day_high = TIME_MAX / TIME_DAY; // whole days that moments reach

// Add the calendar parts to a local date (days since 1970).
static int64_t days_add(int64_t day, const struct duration *d, int sign, const int64_t *holidays, size_t count) {
    if (d->months != 0) {
        int32_t year = 0, month = 0, date = 0;
        civil_from_days(day, &year, &month, &date);
        int64_t months = (int64_t)year * 12 + month - 1 + (int64_t)sign * d->months;
        if (months < 12)
            return day_low;
        if (months >= 10000 * 12)
            return day_high;
        year = (int32_t)(months / 12);
        month = (int32_t)(months % 12) + 1;
        int32_t last = civil_month_days(year, month);
        day = civil_to_days(year, month, date < last ? date : last);
    }
    day = add_within(day, (int64_t)sign * d->days, day_low, day_high);
    int64_t left = (int64_t)sign * d->business;
    int64_t step = left < 0 ? -1 : 1;
    while (left != 0 && day > day_low && day < day_high) {
        day += step;
        if (is_business_day(day, holidays, count))
            left -= step;
    }
    return day;
}

stepdown_time duration_add(stepdown_time anchor, const struct duration *d, int sign, const struct zone *zone,
                           const int64_t *holidays, size_t holiday_count) {
    stepdown_time t = anchor < TIME_MIN ? TIME_MIN : anchor > TIME_MAX ? TIME_MAX : anchor;
    if (d->months != 0 || d->days != 0 || d->business != 0) {
        struct civil local;
        zone_local(zone, t, &local);
        int64_t day = civil_to_days(local.year, local.month, local.day);
        day = days_add(day, d, sign, holidays, holiday_count);
        civil_from_days(day, &local.year, &local.month, &local.day);
        t = zone_utc(zone, &local, NULL);
    }
    int64_t exact = d->exact == INT64_MIN ? INT64_MIN + 1 : d->exact;
    exact = add_within(0, sign < 0 ? -exact : exact, -part_most[PART_EXACT], part_most[PART_EXACT]);
    t = t < TIME_MIN ? TIME_MIN : t > TIME_MAX ? TIME_MAX : t;
    return add_within(t, exact, TIME_MIN, TIME_MAX);
}

int64_t duration_bound(const struct duration *d) {
    int64_t business = d->business;
    int64_t days = (int64_t)d->months * 31 + d->days + business + (business + 4) / 5 * 2;
    const int64_t most = INT64_MAX / TIME_DAY;
    days = days > most ? most : days < -most ? -most : days;
    return add_within(days * TIME_DAY, d->exact, -INT64_MAX, INT64_MAX);
}
