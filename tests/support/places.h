// SPDX-License-Identifier: Apache-2.0
// A provider that keeps places free, and persons whose pathways ask it for one by a report: what is sent, delivered,
// granted, queued and told back, so that tests can race for the last place and kill whoever delivers. Ends the program
// when anything fails that must not.
#ifndef TESTS_SUPPORT_PLACES_H
#define TESTS_SUPPORT_PLACES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <stepdown.h>

enum { PLACES_PERSONS = 40, PLACES_ID = 32, PLACES_ARGUMENTS = 8 };

struct places {
    stepdown_time now;
    uint64_t seed;
    stepdown_storage *storage;
    stepdown_options *options;
    stepdown_engine *engine;
    stepdown_session *maria;
    char provider[PLACES_ID], persons[PLACES_PERSONS][PLACES_ID];
    size_t person_count;
};

// A new store at `path` (NULL: in memory), with the provider's pathway and that many persons'.
void places_make(struct places *p, const char *path, size_t persons);
// Another engine on the store of `of`: on the file, or on the same storage when `path` is NULL.
void places_join(struct places *p, const struct places *of, const char *path, uint64_t seed);
void places_free(struct places *p);
void places_at(struct places *p, int64_t minutes); // after the start; time does not pass by itself

// A command of the supervisor's. `command_id` may be NULL; arguments are name, value, …, NULL. When `out_id` is given it
// gets the id of the first event.
stepdown_status places_do(struct places *p, const char *pathway, const char *command_id, char out_id[PLACES_ID],
                          const char *verb, const char *target, ...);
// Person `who` wants a place; `number` makes it another wish than the others. The same again changes nothing.
void places_wish(struct places *p, size_t who, size_t number);
// Everything that waits is delivered, and everything that is due has happened. Somebody else may be doing the same.
void places_deliver(struct places *p);

size_t places_items(struct places *p, const char *pathway, const char *name, const char *state);  // state NULL: any
size_t places_events(struct places *p, const char *pathway, const char *event, const char *name); // name NULL: any
size_t places_entries(struct places *p, const char *pathway, const char *form);
bool places_intact(struct places *p);

#endif
