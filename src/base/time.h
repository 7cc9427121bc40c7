// SPDX-License-Identifier: Apache-2.0
// Moments, civil dates, IANA zones (own TZif reader, RFC 8536) and the text forms of moments and durations.
// Moments are microseconds UTC. No libc time functions. May call: env, arena, status, platform.
#ifndef BASE_TIME_H
#define BASE_TIME_H

#include "base/env.h"
#include "base/status.h"

#define TIME_SECOND INT64_C(1000000)
#define TIME_MINUTE (60 * TIME_SECOND)
#define TIME_HOUR (60 * TIME_MINUTE)
#define TIME_DAY (24 * TIME_HOUR)
// Moments accepted from outside: years 0001 to 9999.
#define TIME_MIN INT64_C(-62135596800000000)
#define TIME_MAX INT64_C(253402300799999999)

struct civil {
    int32_t year, month, day; // proleptic Gregorian; month and day from 1
    int32_t hour, minute, second, microsecond;
};
int64_t civil_to_days(int32_t year, int32_t month, int32_t day); // days since 1970-01-01
void civil_from_days(int64_t days, int32_t *year, int32_t *month, int32_t *day);
int32_t civil_weekday(int64_t days); // 1 Monday … 7 Sunday
int32_t civil_month_days(int32_t year, int32_t month);
bool civil_valid(const struct civil *c); // a date and time of the years 0001 to 9999
stepdown_time civil_to_utc(const struct civil *c);
void civil_from_utc(stepdown_time t, struct civil *c);

// A zone, read once from `<directory>/<name>`; "UTC" needs no file. Immutable afterwards, so shared between threads.
// Functions that ask a zone take NULL for UTC.
struct zone;
// NOT_FOUND: no such zone; INVALID: not a name; CORRUPT: not a TZif file; UNSUPPORTED: a zone that counts leap seconds;
// IO, LIMIT (path too long), NOMEM.
stepdown_status zone_load(const struct env *env, const char *directory, const char *name, struct zone **out,
                          stepdown_error **out_error);
// Parse TZif bytes (for tests and fuzzing).
stepdown_status zone_parse(const struct env *env, const char *name, stepdown_slice tzif, struct zone **out,
                           stepdown_error **out_error);
void zone_free(struct zone **zone);
const char *zone_name(const struct zone *zone);
const char *zone_version(const struct zone *zone); // of the zone data ("2025b"), "" when the directory does not say
int32_t zone_offset(const struct zone *zone, stepdown_time t); // seconds east of UTC in force at t
const char *zone_abbreviation(const struct zone *zone, stepdown_time t);
void zone_local(const struct zone *zone, stepdown_time t, struct civil *out);
// Local to UTC. In a gap (a local time that does not exist) the clock is taken as moved forward: 02:30 in a gap of one
// hour is the instant that reads 03:30. In an overlap the first (earlier) instant is taken. *flag tells which.
enum zone_fold { ZONE_PLAIN, ZONE_GAP, ZONE_OVERLAP };
stepdown_time zone_utc(const struct zone *zone, const struct civil *local, enum zone_fold *flag);

// Text. RFC 3339 with seconds and zone offset ("2026-03-02T14:00:00-05:00"; fraction up to 6 digits; "Z"), year 0001
// to 9999. `offset` gets the stated offset in minutes. Also "2026-03-02 14:00" or "2026-03-02T14:00[:SS]" when `zone`
// is given: local there, and `offset` is the zone's in whole minutes. False: malformed.
bool time_parse(stepdown_slice text, const struct zone *zone, stepdown_time *out, int32_t *offset_minutes);
bool time_parse_date(stepdown_slice text, int64_t *days);          // "2026-03-02"
bool time_parse_clock(stepdown_slice text, int64_t *microseconds); // "14:00", "14:00:30": since local midnight
// RFC 3339 in UTC ("…Z") when zone is NULL, else with the zone's offset; fraction only if not zero. 40 chars suffice.
void time_print(stepdown_time t, const struct zone *zone, char out[40]);
void time_print_date(int64_t days, char out[16]);

// A duration: calendar days and exact time apart, because a day is not always 24 hours.
struct duration {
    int32_t months;   // calendar months (years are 12)
    int32_t days;     // calendar days in the pathway's zone (weeks are 7)
    int32_t business; // business days
    int64_t exact;    // microseconds (hours, minutes, seconds)
};
// "30 minutes", "48 hours", "14 days", "5 business days", "1 week", "6 months", "1 hour 30 minutes"; also "PT30M",
// "P14D" (ISO 8601). Larger units first, each once; only seconds may have a fraction. False: malformed or out of range.
bool duration_parse(stepdown_slice text, struct duration *out);
// "2 days 4 hours"; short units ("2d 4h") where that would not fit.
void duration_print(const struct duration *d, char out[64]);
// anchor + sign * d in the zone. Calendar parts first, by the local clock, then the exact part. Business days skip
// Saturday and Sunday and the sorted list of holidays (days since 1970). Saturates at TIME_MIN and TIME_MAX.
stepdown_time duration_add(stepdown_time anchor, const struct duration *d, int sign, const struct zone *zone,
                           const int64_t *holidays, size_t holiday_count);
// Upper bound on the length, for comparing windows: a month counts 31 days, a day 24 hours, business days their
// weekends but no holidays.
int64_t duration_bound(const struct duration *d);

#endif
