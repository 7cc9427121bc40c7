// SPDX-License-Identifier: Apache-2.0
// A storage that fails when it is told to. It stands in front of another storage and passes every call through, except
// the one that is armed: that one fails with a chosen status, once or from then on. Commits may be made UNKNOWN with
// or without having been applied.
#ifndef TESTS_SUPPORT_FAULTY_H
#define TESTS_SUPPORT_FAULTY_H

#include <stdbool.h>

#include <stepdown/storage.h>

enum faulty_slot {
    FAULTY_ANY, // counts every call of the slots below, in one row
    FAULTY_OPEN,
    FAULTY_CLOSE,
    FAULTY_BEGIN,
    FAULTY_GET,
    FAULTY_SCAN,
    FAULTY_COMMIT,
    FAULTY_ABORT,
    FAULTY_CONTROL,
    FAULTY_SLOTS
};

struct faulty_fault {
    enum faulty_slot slot;  // which calls are counted
    size_t at;              // the call that fails, from 1, counted from when it was armed; 0: none
    bool persistent;        // and all later ones
    stepdown_status status; // with what. UNKNOWN is for commits; other slots then fail with IO
    bool applied;           // a commit is carried out all the same, whatever it answers
    bool silent;            // no error object comes with the status
};

struct faulty;

// In front of `inner`, whose reference is taken. *out lives until faulty_free, which comes after the storages made by
// faulty_open are gone.
stepdown_status faulty_new(stepdown_storage *inner, struct faulty **out);
void faulty_free(struct faulty **faulty);
// A storage to give to whatever is tested; free it as usual. After IO or CORRUPT the old one is of no more use, by
// contract: open another one on the same data with this.
stepdown_status faulty_open(struct faulty *faulty, stepdown_storage **out, stepdown_error **out_error);
void faulty_arm(struct faulty *faulty, struct faulty_fault fault);       // counting starts anew
void faulty_disarm(struct faulty *faulty);                               // counting starts anew
size_t faulty_calls(const struct faulty *faulty, enum faulty_slot slot); // since armed or disarmed
size_t faulty_hits(const struct faulty *faulty);                         // calls made to fail since armed

// Every status a commit may fail with, each with the answers that the contract allows. For sweeps:
// for (i = 0; i < FAULTY_KINDS; i++) … faulty_kind(i, slot, at, persistent).
enum { FAULTY_KINDS = 11 };
struct faulty_fault faulty_kind(size_t index, enum faulty_slot slot, size_t at, bool persistent);

#endif
