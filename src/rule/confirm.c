// SPDX-License-Identifier: Apache-2.0
// Confirmations: answered or not, with the proving records; and apart from it what the answer is, so that a bad outcome
// never looks like missing documentation. May call: pathway, protocol, base.
#include "rule/parts.h"

static const char *const answered_words[] = {
    [ANSWER_CONFIRMED] = "confirmed",
    [ANSWER_UNCONFIRMED] = "unconfirmed",
    [ANSWER_NOT_YET_DUE] = "not yet due",
    [ANSWER_NOT_APPLICABLE] = "not applicable",
};

const char *answered_word(uint8_t answered) {
    return answered < sizeof answered_words / sizeof answered_words[0] ? answered_words[answered] : "unknown";
}

void confirm_result_init(struct confirm_result *r, const struct env *env) {
    *r = (struct confirm_result){.confirm = -1, .element = NO_ELEMENT, .due = STEPDOWN_TIME_NONE};
    verdict_init(&r->verdict, env);
}

void confirm_result_free(struct confirm_result *r) {
    const struct env *env = r->verdict.env;
    verdict_free(&r->verdict);
    confirm_result_init(r, env);
}

size_t confirm_rows(struct evaluation *e, int32_t confirm) {
    int32_t each = e->defs->confirms[confirm].each;
    struct selection s;
    struct found found;
    size_t rows = 0;
    if (each < 0)
        return 1;
    selection_begin(&s, e, each);
    while (selection_next(&s, &found))
        rows++;
    return rows ? rows : 1;
}

static bool confirm_row(struct evaluation *e, int32_t each, size_t row, struct found *out) {
    struct selection s;
    selection_begin(&s, e, each);
    while (selection_next(&s, out)) {
        if (row-- == 0)
            return true;
    }
    return false;
}

// The first word whose condition holds. One before it that cannot be known leaves the word open: "otherwise" must not
// stand in for what nobody knows.
static const char *confirm_label(struct evaluation *e, const struct confirm_def *def) {
    for (uint32_t i = 0; i < def->label_count; i++) {
        const struct label_def *label = &e->defs->labels[def->label_first + i];
        enum truth truth = label->node < 0 ? TRUTH_TRUE : rule_evaluate(e, label->node);
        if (truth == TRUTH_TRUE)
            return label->word;
        if (truth == TRUTH_UNKNOWN)
            return NULL;
    }
    return NULL;
}

// Not yet due before its moment, and while nobody knows when that is. An erased moment hides nothing: it is asked now.
static bool confirm_waits(struct evaluation *e, const struct confirm_def *def, struct confirm_result *r) {
    stepdown_time due;
    bool erased;
    if (def->due < 0)
        return false;
    if (!term_moment(e, def->due, &due, &erased))
        return !erased;
    r->due = due;
    return e->now < due;
}

static void confirm_answer(struct evaluation *e, const struct confirm_def *def, struct confirm_result *r) {
    struct verdict *verdict = e->verdict;
    e->verdict = NULL;
    bool applies = def->applies < 0 || rule_evaluate(e, def->applies) != TRUTH_FALSE;
    bool waits = applies && confirm_waits(e, def, r);
    e->verdict = verdict;
    if (!applies || waits) {
        r->answered = applies ? ANSWER_NOT_YET_DUE : ANSWER_NOT_APPLICABLE;
        return;
    }
    enum truth truth = rule_evaluate(e, def->answered);
    r->answered = truth == TRUTH_TRUE ? ANSWER_CONFIRMED : ANSWER_UNCONFIRMED;
    r->vacuous = verdict->vacuous && truth == TRUTH_TRUE;
    if (truth == TRUTH_TRUE)
        verdict->unmet_count = 0;
    e->verdict = NULL;
    if (truth == TRUTH_TRUE)
        r->label = confirm_label(e, def);
    e->verdict = verdict;
    r->has_value = def->value >= 0 && rule_term(e, def->value, &r->value, NULL);
    verdict->truth = (uint8_t)truth;
}

stepdown_status confirm_evaluate(struct evaluation *e, int32_t confirm, size_t row, struct confirm_result *r,
                                 stepdown_error **out_error) {
    const struct confirm_def *def = &e->defs->confirms[confirm];
    struct found found = {{TARGET_PATHWAY, NO_ELEMENT}, false};
    struct evaluation in = *e;
    verdict_clear(&r->verdict);
    r->confirm = confirm;
    r->element = NO_ELEMENT;
    r->answered = ANSWER_NOT_APPLICABLE;
    r->vacuous = r->has_value = false;
    r->label = NULL;
    r->due = STEPDOWN_TIME_NONE;
    in.verdict = &r->verdict;
    in.empty_holds = false;
    if (def->each >= 0) {
        if (!confirm_row(&in, def->each, row, &found)) {
            r->vacuous = true;
            return STEPDOWN_OK;
        }
        target_bind(&in, found.target);
        r->element = in.this_element;
    }
    confirm_answer(&in, def, r);
    e->met_erased |= in.met_erased;
    return r->verdict.failed ? status_nomem(r->verdict.env, out_error) : STEPDOWN_OK;
}
