// SPDX-License-Identifier: Apache-2.0
// How long the steps take that every record and every deadline needs. Prints nanoseconds; not run with the tests.
#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "base/digest.h"
#include "base/platform.h"
#include "base/time.h"

enum { ROUNDS = 1000000 };

static int64_t started;

static void begin(void) { started = platform_monotonic(); }

static void end(const char *what, int rounds) {
    printf("%-28s %8.1f ns\n", what, (double)(platform_monotonic() - started) * 1000 / rounds);
}

static void bench_digest(const struct env *env) {
    struct digest *digest = NULL;
    uint8_t record[300], out[DIGEST_SIZE];
    memset(record, 7, sizeof record);
    if (digest_new(env, &digest, NULL) != STEPDOWN_OK)
        return;
    uint8_t leaf = 0;
    begin();
    for (int i = 0; i < ROUNDS; i++)
        digest_sha256(digest, &leaf, 1, record, sizeof record, out);
    end("digest of 300 bytes", ROUNDS);
    begin();
    for (int i = 0; i < ROUNDS; i++)
        digest_sha256(digest, NULL, 0, record, 32, out);
    end("digest of 32 bytes", ROUNDS);
    digest_free(&digest);
}

static void bench_zone(const struct env *env) {
    struct zone *zone = NULL;
    if (zone_load(env, "/usr/share/zoneinfo", "America/New_York", &zone, NULL) != STEPDOWN_OK)
        return;
    const stepdown_time now = civil_to_days(2026, 3, 2) * TIME_DAY;
    uint64_t sum = 0;
    begin();
    for (int i = 0; i < ROUNDS; i++)
        sum += (uint64_t)zone_offset(zone, now + i * TIME_MINUTE);
    end("zone_offset, near moments", ROUNDS);
    uint64_t seed = 1;
    begin();
    for (int i = 0; i < ROUNDS; i++) {
        seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        sum += (uint64_t)zone_offset(zone, (stepdown_time)(seed >> 11) % (100 * 366 * TIME_DAY));
    }
    end("zone_offset, random moments", ROUNDS);
    begin();
    for (int i = 0; i < ROUNDS; i++) {
        struct civil local;
        zone_local(zone, now + i * TIME_MINUTE, &local);
        sum += (uint64_t)zone_utc(zone, &local, NULL);
    }
    end("zone_local and zone_utc", ROUNDS);
    zone_free(&zone);
    begin();
    for (int i = 0; i < 1000; i++) {
        if (zone_load(env, "/usr/share/zoneinfo", "America/New_York", &zone, NULL) == STEPDOWN_OK)
            zone_free(&zone);
    }
    end("zone_load and zone_free", 1000);
    fprintf(stderr, "%llu\n", (unsigned long long)sum); // keeps the loops alive
}

int main(void) {
    struct env env = env_default();
    bench_digest(&env);
    bench_zone(&env);
    return 0;
}
