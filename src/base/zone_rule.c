// SPDX-License-Identifier: Apache-2.0
// The POSIX TZ rule in the footer of a TZif file ("EST5EDT,M3.2.0,M11.1.0"), with the extensions of RFC 8536: hours
// from -167 to 167. The rule is unrolled once into transitions over a full calendar cycle.
// May call: env, status, time, cursor.
#include <string.h>

#include "base/cursor.h"
#include "base/zone.h"

enum rule_day { RULE_MONTH, RULE_JULIAN, RULE_ZERO }; // Mm.w.d, Jn (never counts 29 February), n (counts it)

struct rule_date {
    enum rule_day kind;
    int32_t month, week, day;
    int32_t time; // seconds after local midnight
};

struct rule {
    struct zone_type standard, summer;
    bool has_summer;
    struct rule_date start, end; // of summer time
};

static bool is_letter(uint8_t c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

static bool cursor_number(struct cursor *c, int32_t low, int32_t high, int32_t *out) {
    int64_t value = 0;
    if (cursor_take_digits(c, 4, &value) == 0 || value < low || value > high)
        return false;
    *out = (int32_t)value;
    return true;
}

static bool rule_name(struct cursor *c, char out[ZONE_ABBREVIATION_MOST + 1]) {
    bool quoted = cursor_take(c, '<');
    size_t size = 0;
    for (; c->at < c->end; c->at++) {
        bool fits = is_letter(*c->at) || (quoted && (cursor_at_digit(c) || *c->at == '+' || *c->at == '-'));
        if (!fits)
            break;
        if (size == ZONE_ABBREVIATION_MOST)
            return false;
        out[size++] = (char)*c->at;
    }
    out[size] = '\0';
    return size >= 3 && (!quoted || cursor_take(c, '>'));
}

// [+-]h[h[h]][:mm[:ss]], in seconds
static bool rule_time(struct cursor *c, int32_t hours_most, int32_t *out) {
    bool minus = cursor_take(c, '-');
    if (!minus)
        cursor_take(c, '+');
    int32_t hours = 0, minutes = 0, seconds = 0;
    if (!cursor_number(c, 0, hours_most, &hours))
        return false;
    if (cursor_take(c, ':')) {
        if (!cursor_number(c, 0, 59, &minutes))
            return false;
        if (cursor_take(c, ':') && !cursor_number(c, 0, 59, &seconds))
            return false;
    }
    int32_t total = hours * 3600 + minutes * 60 + seconds;
    *out = minus ? -total : total;
    return true;
}

static bool rule_date(struct cursor *c, struct rule_date *out) {
    *out = (struct rule_date){.time = 2 * 3600};
    if (!cursor_take(c, ','))
        return false;
    if (cursor_take(c, 'M')) {
        out->kind = RULE_MONTH;
        if (!cursor_number(c, 1, 12, &out->month) || !cursor_take(c, '.') || !cursor_number(c, 1, 5, &out->week) ||
            !cursor_take(c, '.') || !cursor_number(c, 0, 6, &out->day))
            return false;
    } else if (cursor_take(c, 'J')) {
        out->kind = RULE_JULIAN;
        if (!cursor_number(c, 1, 365, &out->day))
            return false;
    } else {
        out->kind = RULE_ZERO;
        if (!cursor_number(c, 0, 365, &out->day))
            return false;
    }
    return !cursor_take(c, '/') || rule_time(c, 167, &out->time);
}

static bool rule_parse(stepdown_slice text, struct rule *out) {
    struct cursor c = cursor_of(text);
    *out = (struct rule){.has_summer = false};
    int32_t west = 0; // POSIX counts offsets to the west
    if (!rule_name(&c, out->standard.abbreviation) || !rule_time(&c, 24, &west))
        return false;
    out->standard.offset = -west;
    if (cursor_done(&c))
        return true;
    out->has_summer = true;
    if (!rule_name(&c, out->summer.abbreviation))
        return false;
    west -= 3600;
    if (!cursor_done(&c) && *c.at != ',' && !rule_time(&c, 24, &west))
        return false;
    out->summer.offset = -west;
    return rule_date(&c, &out->start) && rule_date(&c, &out->end) && cursor_done(&c);
}

// Days since 1970 of the rule's day in `year`.
static int64_t rule_day_in(const struct rule_date *date, int32_t year) {
    int64_t new_year = civil_to_days(year, 1, 1);
    if (date->kind == RULE_ZERO)
        return new_year + date->day;
    if (date->kind == RULE_JULIAN)
        return new_year + date->day - 1 + (civil_month_days(year, 2) == 29 && date->day >= 60 ? 1 : 0);
    int64_t first = civil_to_days(year, date->month, 1);
    int64_t next = date->month == 12 ? civil_to_days(year + 1, 1, 1) : civil_to_days(year, date->month + 1, 1);
    int64_t weekday = civil_weekday(first) % 7; // 0 Sunday, as the rule counts
    int64_t day = first + (date->day - weekday + 7) % 7 + 7 * (date->week - 1);
    return day < next ? day : day - 7; // week 5 is the last one
}

static int64_t rule_moment(const struct rule_date *date, int32_t year, int32_t offset) {
    return rule_day_in(date, year) * 86400 + date->time - offset;
}

// Index of a type like `wanted`, added when the file has none.
static uint16_t zone_type_add(struct zone *zone, const struct zone_type *wanted) {
    size_t i = 0;
    for (; i < zone->type_count; i++)
        if (zone->types[i].offset == wanted->offset && strcmp(zone->types[i].abbreviation, wanted->abbreviation) == 0)
            return (uint16_t)i;
    zone->types[zone->type_count++] = *wanted;
    return (uint16_t)i;
}

// Append one of the rule's transitions. The rule also decides from the file's last transition on, so one that lies
// before replaces that transition's type.
static bool zone_append_rule(struct zone *zone, size_t file_count, int64_t at, uint16_t type) {
    if (file_count > 0 && at <= zone->at[file_count - 1]) {
        zone->type[file_count - 1] = type;
        return true;
    }
    // Where one summer ends as the next begins, summer never ends; and one that ends before it begins leaves no trace.
    while (zone->count > file_count && zone->at[zone->count - 1] >= at)
        zone->count--;
    return zone_append(zone, at, type);
}

static bool rule_unroll(struct zone *zone, const struct rule *rule, int32_t year) {
    uint16_t standard = zone_type_add(zone, &rule->standard);
    uint16_t summer = zone_type_add(zone, &rule->summer);
    size_t file_count = zone->count;
    // A cycle from `year` + 2 on, and a year more on either side: hours of up to a week can carry a transition over the
    // new year, and zone_utc looks at a day before and after.
    for (int32_t y = year - 1; y <= year + 403; y++) {
        int64_t start = rule_moment(&rule->start, y, rule->standard.offset);
        int64_t end = rule_moment(&rule->end, y, rule->summer.offset);
        bool start_first = start <= end;
        if (!zone_append_rule(zone, file_count, start_first ? start : end, start_first ? summer : standard) ||
            !zone_append_rule(zone, file_count, start_first ? end : start, start_first ? standard : summer))
            return false;
    }
    zone->cyclic = true;
    zone->cycle_from = civil_to_days(year + 2, 1, 1) * 86400;
    return true;
}

stepdown_status zone_extend(struct zone *zone, stepdown_slice footer, stepdown_error **out_error) {
    struct rule rule;
    if (!rule_parse(footer, &rule))
        return status_fail(&zone->memory, out_error, STEPDOWN_CORRUPT, "zone %s: the footer's rule is malformed",
                           zone->name);
    const int64_t low = TIME_MIN / TIME_SECOND, high = TIME_MAX / TIME_SECOND;
    int64_t last = zone->count > 0 ? zone->at[zone->count - 1] : low;
    if (last > high)
        return STEPDOWN_OK; // no moment we take is later
    if (!rule.has_summer) {
        uint16_t type = zone_type_add(zone, &rule.standard);
        if (zone->count > 0)
            zone->type[zone->count - 1] = type;
        else
            zone->before = type;
        return STEPDOWN_OK;
    }
    int32_t year = 0, month = 0, day = 0;
    civil_from_days((last < low ? low : last) / 86400 - 1, &year, &month, &day);
    return rule_unroll(zone, &rule, year) ? STEPDOWN_OK : status_nomem(&zone->memory, out_error);
}
