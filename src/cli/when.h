// SPDX-License-Identifier: Apache-2.0
// Local times for people: reading and writing moments in an IANA zone. The library computes with instants; only the tool
// shows and accepts wall-clock times. May call: the C library's zones, pool.
#ifndef CLI_WHEN_H
#define CLI_WHEN_H

#include "cli/pool.h"

#include <stdbool.h>

#include <stepdown/types.h>

// Does the zone exist here? "" is the machine's own and always does.
bool zone_exists(const char *zone);

// "Mon 2 Mar 2026 14:00 EST"; seconds only when there are any. "" for STEPDOWN_TIME_NONE.
char *when_text(struct pool *pool, stepdown_time time, const char *zone);
// The same without the year.
char *when_short(struct pool *pool, stepdown_time time, const char *zone);
// "Monday 2 March 2026", "14:00".
char *when_day(struct pool *pool, stepdown_time time, const char *zone);
char *when_clock(struct pool *pool, stepdown_time time, const char *zone);

// Read a moment. Absolute: "2026-03-02T14:00:00-05:00", "2026-03-02T19:00Z", "2026-03-02 14:00" (in the zone).
// With a `reference` other than STEPDOWN_TIME_NONE also: "14:00" (that day), "next day 09:00", "+2 hours",
// "+30 minutes", "+1 day", "end of day". Returns NULL and sets *out, or says what is wrong (static text).
const char *when_read(const char *text, const char *zone, stepdown_time reference, stepdown_time *out);
// Minutes from UTC that the text states ("-05:00", "Z"); INT32_MIN when it states none.
int32_t when_offset(const char *text);
// `text` with every moment in it ("2026-03-02T14:00:00-05:00") as people read it.
const char *when_within(struct pool *pool, const char *text, const char *zone);
stepdown_time when_now(void);

#endif
