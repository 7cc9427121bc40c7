// SPDX-License-Identifier: Apache-2.0
// More protocols for a running pathway: attached by hand or by a rule. What a pathway has stays as it is; the set that it
// is pinned to becomes a larger one, in a recorded event. Rules of the new protocol look at the state there is, not at
// the events that have been. May call: verbs, actions, sets.
#include "engine/actions.h"
#include "engine/board.h"
#include "engine/verbs.h"

#include <string.h>

// ---- another set -----------------------------------------------------------------------------------------------------

bool draft_is_new(const struct draft *d, const struct def *def) {
    return d->opening || (d->before != NULL && definitions_symbol(d->before, def->symbol) == NULL);
}

stepdown_status draft_rebind(struct draft *d, struct definitions *defs, stepdown_error **o) {
    if (d->before == NULL) {
        d->before = d->defs;
    }
    stepdown_status status = board_before(d, EVENT_PATHWAY_MIGRATED, NO_ELEMENT, o); // roles may be of other kinds now
    if (status == STEPDOWN_OK) {
        status = state_rebind(d->state, defs, o);
    }
    d->folded = true;
    d->defs = defs;
    memcpy(d->header.definition, defs->hash, DIGEST_SIZE);
    d->touched = ~UINT64_C(0); // conditions of new rules may hold already
    return status;
}

stepdown_status open_first_items(struct draft *d, stepdown_error **o) {
    stepdown_status status = STEPDOWN_OK;
    for (size_t i = 0; i < d->defs->item_count && status == STEPDOWN_OK; i++) {
        if (d->defs->items[i].at_start && draft_is_new(d, &d->defs->items[i].def)) {
            struct opening how = opening_none();
            status = item_open(d, (int32_t)i, &how, NULL, o);
        }
    }
    return status;
}

// ---- attaching -------------------------------------------------------------------------------------------------------

// `ev` is begun; it gets what every attachment says.
static stepdown_status attach(struct draft *d, stepdown_slice protocol, struct event_draft *ev, stepdown_error **o) {
    struct definitions *larger, *smaller = d->defs;
    stepdown_status status = engine_active(d->e, d->state->org, smaller, &protocol, 1, slice_of(NULL, 0), &larger, o);
    if (status != STEPDOWN_OK) {
        return status;
    }
    struct value hash = draft_text(VALUE_BYTES, slice_of(larger->hash, DIGEST_SIZE));
    event_text(ev, d, ATTR_NAME, VALUE_TEXT, protocol);
    event_value(ev, d, ATTR_DEFINITION, &hash);
    status = symbols_cite(d, ev, o);
    if (status == STEPDOWN_OK) {
        status = draft_emit(d, ev, NULL, o);
    }
    if (status == STEPDOWN_OK) {
        status = draft_rebind(d, larger, o);
    }
    return status == STEPDOWN_OK ? open_first_items(d, o) : status;
}

stepdown_status verb_attach(struct draft *d, struct command *c, stepdown_error **o) {
    struct event_draft ev;
    stepdown_status status = check_opener(d, "attach a protocol", o);
    if (status != STEPDOWN_OK) {
        return status;
    }
    event_start(&ev, d, EVENT_PATHWAY_ATTACHED, 0, NO_ELEMENT);
    status = argument_attributes(d, c, &ev, o);
    return status == STEPDOWN_OK ? attach(d, slice_text(c->target), &ev, o) : status;
}

// ---- by a rule -------------------------------------------------------------------------------------------------------

// A rule fires while others still look at the definitions: the set is changed when all of them are done.
stepdown_status attach_later(struct draft *d, stepdown_slice protocol, uint32_t rule, uint32_t trigger,
                             stepdown_error **o) {
    for (size_t i = 0; i < d->attach_count; i++) {
        if (slice_equal(d->attach[i].protocol, protocol)) {
            return STEPDOWN_OK;
        }
    }
    if (definitions_source(d->defs, protocol) >= 0) {
        return STEPDOWN_OK; // it is there
    }
    if (d->attach_count == DRAFT_ATTACH_MAX) {
        return status_fail(&d->e->env, o, STEPDOWN_LIMIT, "at most %d protocols are attached by one command",
                           DRAFT_ATTACH_MAX);
    }
    d->attach[d->attach_count++] = (struct attach_wish){.protocol = protocol, .rule = rule, .trigger = trigger};
    return STEPDOWN_OK;
}

// A protocol that cannot be attached holds nothing else up: it is said on record, and somebody is told.
static stepdown_status cannot_attach(struct draft *d, const struct attach_wish *wish, stepdown_error **o) {
    struct event_draft ev;
    event_start(&ev, d, EVENT_RULE_SET, wish->rule, NO_ELEMENT);
    event_text(&ev, d, ATTR_FLAG, VALUE_CHOICE, slice_text("protocol-not-attached"));
    event_text(&ev, d, ATTR_NAME, VALUE_TEXT, wish->protocol);
    stepdown_status status = draft_emit(d, &ev, NULL, o);
    return status == STEPDOWN_OK ? escalate(d, -1, wish->trigger, o) : status;
}

stepdown_status attach_wished(struct draft *d, stepdown_error **o) {
    stepdown_status status = STEPDOWN_OK;
    for (; d->attach_count > 0 && status == STEPDOWN_OK;) {
        struct attach_wish wish = d->attach[--d->attach_count];
        struct definitions *larger;
        stepdown_error *cause = NULL;
        status = engine_active(d->e, d->state->org, d->defs, &wish.protocol, 1, slice_of(NULL, 0), &larger, &cause);
        bool refused = status == STEPDOWN_NOT_FOUND || status == STEPDOWN_INVALID || status == STEPDOWN_PROTOCOL ||
                       status == STEPDOWN_LIMIT;
        if (refused) {
            stepdown_error_free(&cause);
            status = cannot_attach(d, &wish, o);
            continue;
        }
        error_pass(&cause, o);
        if (status == STEPDOWN_EXISTS) { // two rules wished for it
            if (o != NULL) {
                stepdown_error_free(o);
            }
            status = STEPDOWN_OK;
        } else if (status == STEPDOWN_OK) {
            struct event_draft ev;
            event_start(&ev, d, EVENT_PATHWAY_ATTACHED, 0, NO_ELEMENT);
            event_number(&ev, d, ATTR_RULE, wish.rule);
            status = attach(d, wish.protocol, &ev, o);
        }
    }
    return status;
}
