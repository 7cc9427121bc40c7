// SPDX-License-Identifier: Apache-2.0
// Civil dates (proleptic Gregorian) and the text forms of moments, dates and clock times.
// May call: zone, cursor.
#include "base/time.h"

#include "base/cursor.h"

// Days are counted from 1 March of year 0, so that 29 February is a year's last day; 400 years are 146,097 days.
enum { DAYS_TO_1970 = 719468, DAYS_OF_400_YEARS = 146097 };

static int64_t floor_div(int64_t value, int64_t by) {
    int64_t whole = value / by;
    return value % by < 0 ? whole - 1 : whole;
}

int64_t civil_to_days(int32_t year, int32_t month, int32_t day) {
    int64_t y = (int64_t)year - (month <= 2 ? 1 : 0);
    int64_t era = floor_div(y, 400);
    int64_t year_of_era = y - era * 400;
    int64_t day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    return era * DAYS_OF_400_YEARS + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year -
           DAYS_TO_1970;
}

void civil_from_days(int64_t days, int32_t *year, int32_t *month, int32_t *day) {
    int64_t era = floor_div(days + DAYS_TO_1970, DAYS_OF_400_YEARS);
    int64_t day_of_era = days + DAYS_TO_1970 - era * DAYS_OF_400_YEARS;
    int64_t year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t from_march = (5 * day_of_year + 2) / 153;
    *day = (int32_t)(day_of_year - (153 * from_march + 2) / 5 + 1);
    *month = (int32_t)(from_march < 10 ? from_march + 3 : from_march - 9);
    *year = (int32_t)(era * 400 + year_of_era + (*month <= 2 ? 1 : 0));
}

int32_t civil_weekday(int64_t days) {
    int64_t since_monday = (days + 3) % 7; // 1970-01-01 was a Thursday
    return (int32_t)((since_monday < 0 ? since_monday + 7 : since_monday) + 1);
}

int32_t civil_month_days(int32_t year, int32_t month) {
    static const int32_t lengths[12] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    return month == 2 && leap ? 29 : lengths[month - 1];
}

bool civil_valid(const struct civil *c) {
    return c->year >= 1 && c->year <= 9999 && c->month >= 1 && c->month <= 12 && c->day >= 1 &&
           c->day <= civil_month_days(c->year, c->month) && c->hour >= 0 && c->hour <= 23 && c->minute >= 0 &&
           c->minute <= 59 && c->second >= 0 && c->second <= 59 && c->microsecond >= 0 && c->microsecond <= 999999;
}

stepdown_time civil_to_utc(const struct civil *c) {
    const int64_t most = INT64_MAX / TIME_DAY - 1;
    int64_t days = civil_to_days(c->year, c->month, c->day);
    if (days > most)
        return INT64_MAX;
    if (days < -most)
        return INT64_MIN + 1; // INT64_MIN means "no moment"
    return days * TIME_DAY + c->hour * TIME_HOUR + c->minute * TIME_MINUTE + c->second * TIME_SECOND + c->microsecond;
}

void civil_from_utc(stepdown_time t, struct civil *c) {
    int64_t days = floor_div(t, TIME_DAY);
    int64_t rest = t % TIME_DAY;
    if (rest < 0)
        rest += TIME_DAY;
    civil_from_days(days, &c->year, &c->month, &c->day);
    c->hour = (int32_t)(rest / TIME_HOUR);
    c->minute = (int32_t)(rest / TIME_MINUTE % 60);
    c->second = (int32_t)(rest / TIME_SECOND % 60);
    c->microsecond = (int32_t)(rest % TIME_SECOND);
}

// Exactly `count` digits.
static bool cursor_digits(struct cursor *c, int count, int32_t *out) {
    int64_t value = 0;
    bool all = cursor_take_digits(c, count, &value) == count;
    *out = (int32_t)value;
    return all;
}

static bool cursor_date(struct cursor *c, struct civil *out) {
    return cursor_digits(c, 4, &out->year) && cursor_take(c, '-') && cursor_digits(c, 2, &out->month) &&
           cursor_take(c, '-') && cursor_digits(c, 2, &out->day);
}

// hh:mm, then :ss with `*seconds` telling whether it was there.
static bool cursor_clock(struct cursor *c, struct civil *out, bool *seconds) {
    if (!cursor_digits(c, 2, &out->hour) || !cursor_take(c, ':') || !cursor_digits(c, 2, &out->minute))
        return false;
    *seconds = cursor_take(c, ':');
    return !*seconds || cursor_digits(c, 2, &out->second);
}

// One to six digits behind the point, as microseconds.
static bool cursor_fraction(struct cursor *c, int32_t *out) {
    int64_t value = 0;
    int count = cursor_take_digits(c, 6, &value);
    for (int i = count; i < 6; i++)
        value *= 10;
    *out = (int32_t)value;
    return count > 0;
}

static bool cursor_offset(struct cursor *c, int32_t *minutes) {
    *minutes = 0;
    if (cursor_take(c, 'Z'))
        return true;
    bool west = cursor_take(c, '-');
    int32_t hour = 0, minute = 0;
    if ((!west && !cursor_take(c, '+')) || !cursor_digits(c, 2, &hour) || !cursor_take(c, ':') ||
        !cursor_digits(c, 2, &minute) || hour > 23 || minute > 59)
        return false;
    *minutes = west ? -(hour * 60 + minute) : hour * 60 + minute;
    return true;
}

bool time_parse(stepdown_slice text, const struct zone *zone, stepdown_time *out, int32_t *offset_minutes) {
    struct cursor c = cursor_of(text);
    struct civil civil = {0};
    bool seconds = false, fraction = false;
    if (!cursor_date(&c, &civil))
        return false;
    bool spaced = cursor_take(&c, ' ');
    if ((!spaced && !cursor_take(&c, 'T')) || !cursor_clock(&c, &civil, &seconds))
        return false;
    fraction = seconds && cursor_take(&c, '.');
    if (fraction && !cursor_fraction(&c, &civil.microsecond))
        return false;
    if (!civil_valid(&civil))
        return false;
    stepdown_time t = 0;
    int32_t offset = 0;
    if (cursor_done(&c)) { // no offset: local time
        if (zone == NULL || fraction)
            return false;
        t = zone_utc(zone, &civil, NULL);
        offset = zone_offset(zone, t) / 60;
    } else {
        if (spaced || !seconds || !cursor_offset(&c, &offset) || !cursor_done(&c))
            return false;
        t = civil_to_utc(&civil) - offset * TIME_MINUTE;
    }
    if (t < TIME_MIN || t > TIME_MAX)
        return false;
    *out = t;
    if (offset_minutes != NULL)
        *offset_minutes = offset;
    return true;
}

bool time_parse_date(stepdown_slice text, int64_t *days) {
    struct cursor c = cursor_of(text);
    struct civil civil = {0};
    if (!cursor_date(&c, &civil) || !cursor_done(&c) || !civil_valid(&civil))
        return false;
    *days = civil_to_days(civil.year, civil.month, civil.day);
    return true;
}

bool time_parse_clock(stepdown_slice text, int64_t *microseconds) {
    struct cursor c = cursor_of(text);
    struct civil civil = {.year = 1970, .month = 1, .day = 1};
    bool seconds = false;
    if (!cursor_clock(&c, &civil, &seconds) || !cursor_done(&c) || !civil_valid(&civil))
        return false;
    *microseconds = civil_to_utc(&civil);
    return true;
}

// At least `width` digits.
static char *print_number(char *to, int64_t value, int width) {
    char digits[20];
    int count = 0;
    for (; value > 0 || count < width; value /= 10)
        digits[count++] = (char)('0' + value % 10);
    while (count > 0)
        *to++ = digits[--count];
    return to;
}

static char *print_date(char *to, int32_t year, int32_t month, int32_t day) {
    if (year < 0)
        *to++ = '-';
    to = print_number(to, year < 0 ? -(int64_t)year : year, 4);
    *to++ = '-';
    to = print_number(to, month, 2);
    *to++ = '-';
    return print_number(to, day, 2);
}

static char *print_clock(char *to, const struct civil *c) {
    to = print_number(to, c->hour, 2);
    *to++ = ':';
    to = print_number(to, c->minute, 2);
    *to++ = ':';
    to = print_number(to, c->second, 2);
    if (c->microsecond == 0)
        return to;
    *to++ = '.';
    to = print_number(to, c->microsecond, 6);
    while (to[-1] == '0')
        to--;
    return to;
}

void time_print(stepdown_time t, const struct zone *zone, char out[40]) {
    struct civil civil;
    // The text has room for whole minutes only; an older offset with seconds loses them on both sides, so that the
    // text still names the same instant.
    int32_t minutes = zone == NULL ? 0 : zone_offset(zone, t) / 60;
    if (t < TIME_MIN + TIME_DAY * 2 || t > TIME_MAX - TIME_DAY * 2)
        zone = NULL; // local time could leave the years 0001 to 9999
    if (zone == NULL)
        minutes = 0;
    civil_from_utc(t + minutes * TIME_MINUTE, &civil);
    char *to = print_date(out, civil.year, civil.month, civil.day);
    *to++ = 'T';
    to = print_clock(to, &civil);
    if (zone == NULL) {
        *to++ = 'Z';
    } else {
        *to++ = minutes < 0 ? '-' : '+';
        minutes = minutes < 0 ? -minutes : minutes;
        to = print_number(to, minutes / 60, 2);
        *to++ = ':';
        to = print_number(to, minutes % 60, 2);
    }
    *to = '\0';
}

void time_print_date(int64_t days, char out[16]) {
    const int64_t low = TIME_MIN / TIME_DAY, high = TIME_MAX / TIME_DAY;
    int32_t year = 0, month = 0, day = 0;
    civil_from_days(days < low ? low : days > high ? high : days, &year, &month, &day);
    *print_date(out, year, month, day) = '\0';
}
