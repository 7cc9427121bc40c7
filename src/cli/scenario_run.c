// SPDX-License-Identifier: Apache-2.0
// Plays a scenario: sets the store up, lets time run from due moment to due moment up to each step, carries the step out
// in the name of whoever does it, and collects what followed. Owns the virtual clock and the temporary store.
#include "cli/runner.h"
#include "cli/when.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PAGE = 1000, LEASE_SECONDS = 60 };

// ---- clock and randomness ---------------------------------------------------------------------------------------------

static stepdown_time virtual_clock(void *ctx) {
    const struct runner *runner = ctx;
    return runner->now;
}

// SplitMix64 from a fixed seed: the same scenario always gives the same ids. Real stores use the system's entropy.
static int32_t fixed_random(void *ctx, uint8_t *out, size_t size) {
    struct runner *runner = ctx;
    for (size_t i = 0; i < size; i++) {
        uint64_t z = runner->random += UINT64_C(0x9E3779B97F4A7C15);
        z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
        z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
        out[i] = (uint8_t)(z ^ (z >> 31));
    }
    return 1;
}

// ---- setting up ---------------------------------------------------------------------------------------------------

static stepdown_status open_storage(struct runner *runner) {
    const struct node *root = runner->scenario->root;
    if (!runner->store_path && strcmp(tree_text(root, "store", "sqlite"), "memory") == 0)
        return stepdown_storage_open_memory(NULL, &runner->storage, &runner->error);
    if (!runner->store_path) {
        const char *base = getenv("TMPDIR");
        char *name = pool_print(&runner->pool, "%s/stepdown-XXXXXX", base && *base ? base : "/tmp");
        runner->directory = mkdtemp(name);
        if (!runner->directory)
            return stepdown_error_raise(&runner->error, STEPDOWN_IO, "no temporary folder could be made");
        runner->store_path = pool_print(&runner->pool, "%s/scenario.db", name);
    }
    return stepdown_storage_open_sqlite(runner->store_path, NULL, &runner->storage, &runner->error);
}

static stepdown_status open_engine(struct runner *runner) {
    stepdown_options *options = NULL;
    const struct node *fallback = tree_get(runner->scenario->root, "fallback");
    const char *role = tree_text(fallback, "role", ""), *at = strchr(role, '@');
    stepdown_status status = stepdown_options_new(&options, &runner->error);
    if (status != STEPDOWN_OK)
        return status;
    stepdown_options_set_clock(options, virtual_clock, runner);
    stepdown_options_set_random(options, fixed_random, runner);
    char *short_role = pool_copy(&runner->pool, role, (size_t)(at - role));
    status = stepdown_store_create(runner->storage, options, runner->scenario->title, tree_text(fallback, "person", ""),
                                   short_role, at + 1, &runner->error);
    if (status == STEPDOWN_OK)
        status = stepdown_engine_open(runner->storage, options, &runner->engine, &runner->error);
    stepdown_options_free(&options);
    return status;
}

// A path is relative to the scenario file.
static stepdown_status add_protocol(struct runner *runner, stepdown_protocol *protocol, const struct node *node) {
    const char *name = node->text, *slash = strrchr(node->file, '/');
    if (!strchr(name, '/') && !strchr(name, '.'))
        return stepdown_protocol_add_builtin(protocol, name, &runner->error);
    if (*name != '/' && slash)
        name = pool_print(&runner->pool, "%.*s/%s", (int)(slash - node->file), node->file, name);
    return stepdown_protocol_add_file(protocol, name, &runner->error);
}

static stepdown_status put_together(struct runner *runner, const struct node *names, const struct node *parameters,
                                    stepdown_protocol **protocol) {
    stepdown_status status = stepdown_protocol_new(NULL, protocol, &runner->error);
    for (size_t i = 0; status == STEPDOWN_OK && i < node_count(names); i++)
        status = add_protocol(runner, *protocol, node_at(names, i));
    for (size_t i = 0; status == STEPDOWN_OK && parameters && i < parameters->count; i++)
        status =
            stepdown_protocol_set(*protocol, parameters->keys[i]->text, parameters->items[i]->text, &runner->error);
    return status;
}

stepdown_status runner_protocol(struct runner *runner, stepdown_protocol **protocol) {
    const struct node *root = runner->scenario->root;
    return put_together(runner, tree_get(root, "protocols"), tree_get(root, "parameters"), protocol);
}

static stepdown_status activate(struct runner *runner) {
    stepdown_protocol *protocol = NULL;
    stepdown_status status = runner_protocol(runner, &protocol);
    if (status == STEPDOWN_OK)
        status = stepdown_engine_activate(runner->engine, protocol, &runner->error);
    if (status == STEPDOWN_OK && !runner->quiet)
        status = stepdown_protocol_elements(protocol, &runner->names, &runner->error);
    stepdown_protocol_free(&protocol);
    return status;
}

static stepdown_status introduce(struct runner *runner) {
    const struct scenario *scenario = runner->scenario;
    const struct node *organizations = tree_get(scenario->root, "organizations");
    stepdown_status status = STEPDOWN_OK;
    for (size_t i = 0; status == STEPDOWN_OK && i < organizations->count; i++)
        status = stepdown_engine_set_organization(runner->engine, organizations->keys[i]->text,
                                                  organizations->items[i]->text, &runner->error);
    for (size_t i = 0; status == STEPDOWN_OK && i < scenario->post_count; i++) {
        const struct post *post = &scenario->posts[i];
        stepdown_time from = post->from == STEPDOWN_TIME_NONE ? scenario->start : post->from;
        if (post->assigned)
            status = stepdown_engine_assign_role(runner->engine, post->role, post->organization, post->person, from,
                                                 post->until, post->on_call, &runner->error);
    }
    return status;
}

static bool set_up(struct runner *runner) {
    static stepdown_status (*const parts[])(struct runner *) = {open_storage, open_engine, activate, introduce};
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        stepdown_status status = parts[i](runner);
        if (status != STEPDOWN_OK) {
            runner_failed(runner, runner->scenario->root, status);
            return false;
        }
    }
    return true;
}

// ---- names --------------------------------------------------------------------------------------------------------

stepdown_session *runner_session(struct runner *runner, const struct post *post) {
    stepdown_session **session = &runner->sessions[post - runner->scenario->posts];
    if (!*session) {
        stepdown_status status = stepdown_session_open(runner->engine, post->person, post->role, post->organization,
                                                       NULL, session, &runner->error);
        if (status != STEPDOWN_OK)
            runner_failed(runner, post->node, status);
    }
    return *session;
}

static const char *saved_value(const struct runner *runner, const char *name, size_t size) {
    for (size_t i = runner->saved_count; i > 0; i--) { // the newest of a name counts
        const struct saved_name *saved = &runner->saved[i - 1];
        if (strlen(saved->name) == size && strncmp(saved->name, name, size) == 0)
            return saved->value;
    }
    return "";
}

const char *runner_expand(struct runner *runner, const char *text) {
    static const char name_characters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";
    const char *dollar = strchr(text, '$');
    if (!dollar)
        return text;
    size_t size = strspn(dollar + 1, name_characters);
    bool literal = dollar[1] == '$';
    const char *value = literal ? "$" : saved_value(runner, dollar + 1, size);
    const char *rest = runner_expand(runner, dollar + 1 + (literal ? 1 : size));
    return pool_print(&runner->pool, "%.*s%s%s", (int)(dollar - text), text, value, rest);
}

static void save(struct runner *runner, const char *name, const char *value) {
    runner->saved = pool_grow(&runner->pool, runner->saved, runner->saved_count, sizeof *runner->saved);
    runner->saved[runner->saved_count++] = (struct saved_name){name, pool_copy(&runner->pool, value, strlen(value))};
}

// `save: name` keeps the id of what the step made (of the pathway, for `open`); `save: {name: item}` that of what
// followed under that name.
static void save_ids(struct runner *runner, const stepdown_result *receipt) {
    const struct node *wanted = tree_get(runner->step->node, "save");
    const stepdown_result *events = result_rows(receipt, 0, "events");
    bool opened = strcmp(runner->step->verb, "open") == 0;
    if (wanted && wanted->kind == NODE_TEXT)
        save(runner, wanted->text, opened ? result_text(receipt, 0, "pathway") : result_text(events, 0, "id"));
    for (size_t i = 0; wanted && wanted->kind == NODE_MAP && i < wanted->count && !runner->stopped; i++) {
        const char *name = wanted->items[i]->text, *id = NULL;
        for (size_t row = 0; !id && row < stepdown_result_count(events); row++) {
            if (strcmp(result_text(events, row, "name"), name) == 0)
                id = result_text(events, row, "id");
        }
        if (id)
            save(runner, wanted->keys[i]->text, id);
        else
            runner_unmet(runner, wanted->items[i], "save",
                         pool_print(&runner->pool, "something named %s follows", name), "nothing of that name followed",
                         "");
    }
}

// ---- questions ----------------------------------------------------------------------------------------------------

stepdown_status ask_items(stepdown_session *session, const char *pathway, stepdown_result **out,
                          stepdown_error **out_error) {
    return stepdown_pathway_items(session, pathway, 0, out, out_error);
}

stepdown_status ask_records(stepdown_session *session, const char *pathway, stepdown_result **out,
                            stepdown_error **out_error) {
    return stepdown_audit_records(session, pathway, 0, 1000, out, out_error);
}

// ---- what happened ------------------------------------------------------------------------------------------------

// How often a ladder has told the same people before, one time after the other.
static size_t told_again(struct runner *runner, const struct happening *happening) {
    const char *told = strstr(happening->text, "told ");
    struct called *of = NULL;
    if (strcmp(happening->event, "alert.ladder-step") != 0)
        return 0;
    for (size_t i = 0; i < runner->called_count && !of; i++) {
        bool same = runner->called[i].pathway == happening->pathway;
        of = same && strcmp(runner->called[i].alert, happening->id) == 0 ? &runner->called[i] : NULL;
    }
    if (!of) {
        runner->called = pool_grow(&runner->pool, runner->called, runner->called_count, sizeof *runner->called);
        of = &runner->called[runner->called_count++];
        *of = (struct called){happening->pathway, happening->id, "", 0};
    }
    of->times = told && strcmp(of->told, told) == 0 ? of->times + 1 : 0;
    of->told = told ? told : "";
    return of->times;
}

// `own`: the record was made by the step; its first event, and the forms it filled in, are told as the step itself.
static void remember(struct runner *runner, size_t pathway, const stepdown_result *records, size_t row, bool own) {
    const stepdown_result *events = result_rows(records, row, "events");
    struct pool *pool = &runner->pool;
    for (size_t i = 0; i < stepdown_result_count(events); i++) {
        const char *event = pool_print(pool, "%s", result_text(events, i, "event"));
        runner->happenings = pool_grow(pool, runner->happenings, runner->happening_count, sizeof *runner->happenings);
        runner->happenings[runner->happening_count++] = (struct happening){
            .pathway = pathway,
            .event = event,
            .id = pool_print(pool, "%s", result_text(events, i, "id")),
            .name = pool_print(pool, "%s", result_text(events, i, "name")),
            .about = pool_print(pool, "%s", result_text(events, i, "about")),
            .owner = pool_print(pool, "%s", result_text(events, i, "owner")),
            .role = pool_print(pool, "%s", result_text(events, i, "owner_role")),
            .text = pool_print(pool, "%s", result_text(events, i, "text")),
            .due = result_time(events, i, "due"),
            .own = own && strncmp(event, "gate.", 5) != 0 && (i == 0 || strncmp(event, "form.", 5) == 0),
        };
        struct happening *happening = &runner->happenings[runner->happening_count - 1];
        happening->again = told_again(runner, happening);
    }
}

// Records of every pathway that were not told yet become happenings.
static void collect(struct runner *runner, bool own) {
    for (size_t i = 0; i < runner->pathway_count && !runner->stopped; i++) {
        struct watched *watched = &runner->pathways[i];
        stepdown_result *records = NULL;
        do {
            stepdown_result_free(&records);
            stepdown_status status =
                stepdown_audit_records(watched->observer, watched->id, watched->next, PAGE, &records, &runner->error);
            if (status != STEPDOWN_OK) {
                runner_failed(runner, runner->step->node, status);
                break;
            }
            for (size_t row = 0; row < stepdown_result_count(records); row++) {
                remember(runner, i, records, row, own);
                watched->next = (uint64_t)result_integer(records, row, "sequence") + 1;
            }
        } while (*stepdown_result_next(records));
        stepdown_result_free(&records);
    }
}

// Everything that is due on the way to `until` fires at its own moment.
static void let_time_pass(struct runner *runner, stepdown_time until) {
    enum { ROUNDS = 10000 };
    for (size_t round = 0; round < ROUNDS && !runner->stopped; round++) {
        stepdown_time due = STEPDOWN_TIME_NONE;
        stepdown_result *fired = NULL;
        int32_t more = 0;
        stepdown_status status = stepdown_engine_next_due(runner->engine, &due, &runner->error);
        if (status == STEPDOWN_OK && (due == STEPDOWN_TIME_NONE || due > until)) {
            runner->now = until;
            return;
        }
        runner->now = due > runner->now ? due : runner->now;
        if (status == STEPDOWN_OK)
            status = stepdown_engine_advance(runner->engine, runner->now, 0, &fired, &more, &runner->error);
        for (size_t i = 0; status == STEPDOWN_OK && i < stepdown_result_count(fired); i++) {
            if (strcmp(result_text(fired, i, "status"), "OK") != 0)
                status = stepdown_error_raise(&runner->error, STEPDOWN_INTERNAL, result_text(fired, i, "message"));
        }
        stepdown_result_free(&fired);
        if (status != STEPDOWN_OK) {
            runner_failed(runner, runner->step->node, status);
            return;
        }
        size_t before = runner->happening_count;
        collect(runner, false);
        if (tell_worth(runner, before)) {
            tell_time(runner, runner->now);
            tell_happenings(runner, before);
        }
    }
    if (!runner->stopped)
        runner_unmet(runner, runner->step->node, "time", "time moves on", "something is due again and again", "");
}

// ---- steps --------------------------------------------------------------------------------------------------------

static stepdown_status set_arguments(struct runner *runner, stepdown_command *command) {
    const struct node *with = tree_get(runner->step->node, "with");
    const char *id = tree_text(runner->step->node, "command id", NULL);
    stepdown_status status = id ? stepdown_command_set_id(command, id, &runner->error) : STEPDOWN_OK;
    for (size_t i = 0; with && i < with->count; i++) {
        for (size_t j = 0; status == STEPDOWN_OK && j < node_count(with->items[i]); j++)
            status = stepdown_command_set(command, with->keys[i]->text,
                                          runner_expand(runner, node_at(with->items[i], j)->text), &runner->error);
    }
    return status;
}

static void watch(struct runner *runner, const char *id) {
    struct pool *pool = &runner->pool;
    runner->pathways = pool_grow(pool, runner->pathways, runner->pathway_count, sizeof *runner->pathways);
    runner->pathway = &runner->pathways[runner->pathway_count++];
    *runner->pathway = (struct watched){pool_copy(pool, id, strlen(id)),
                                        tree_text(tree_get(runner->step->node, "with"), "subject", id),
                                        runner_session(runner, runner->step->as), 0};
    runner->place = runner->pathway_count - 1; // the step has said whom it is about
}

static stepdown_status execute(struct runner *runner, stepdown_result **receipt) {
    const struct step *step = runner->step;
    stepdown_command *command = NULL;
    stepdown_session *session = runner_session(runner, step->as);
    if (!session)
        return STEPDOWN_INTERNAL;
    bool opens = strcmp(step->verb, "open") == 0;
    stepdown_status status =
        stepdown_command_new(session, step->verb, runner_expand(runner, step->target), &command, &runner->error);
    if (status == STEPDOWN_OK)
        status = set_arguments(runner, command);
    if (status == STEPDOWN_OK && opens && !tree_get(tree_get(step->node, "with"), "zone"))
        status = stepdown_command_set(command, "zone", runner->scenario->zone, &runner->error);
    if (status == STEPDOWN_OK && step->occurred != STEPDOWN_TIME_NONE)
        stepdown_command_set_occurred(command, step->occurred, INT32_MIN);
    if (status == STEPDOWN_OK)
        status = stepdown_session_execute(session, opens || !runner->pathway ? NULL : runner->pathway->id, command,
                                          receipt, &runner->error);
    stepdown_command_free(&command);
    return status;
}

// The host takes what is in the outbox and delivers it.
static void deliver(struct runner *runner) {
    stepdown_session *session = runner_session(runner, runner->step->as);
    if (!session)
        return;
    stepdown_status status = stepdown_outbox_lease(session, PAGE, LEASE_SECONDS, &runner->messages, &runner->error);
    for (size_t i = 0; status == STEPDOWN_OK && i < stepdown_result_count(runner->messages); i++)
        status = stepdown_outbox_settle(session, result_text(runner->messages, i, "token"), 1, &runner->error);
    if (status != STEPDOWN_OK)
        runner_failed(runner, runner->step->node, status);
    else
        tell_messages(runner);
}

// What the step loads comes into force, for everyone or for one organization; or it is refused, and nothing has changed.
static void load(struct runner *runner) {
    const struct node *step = runner->step->node, *refused = tree_get(step, "refused");
    const char *organization = tree_text(step, "for", NULL);
    stepdown_protocol *protocol = NULL;
    stepdown_status status = put_together(runner, runner->step->load, tree_get(step, "with"), &protocol);
    if (status == STEPDOWN_OK && organization)
        status = stepdown_protocol_set_organization(protocol, organization, &runner->error);
    if (status == STEPDOWN_OK)
        status = stepdown_engine_activate(runner->engine, protocol, &runner->error);
    stepdown_protocol_free(&protocol);
    if (status != STEPDOWN_OK && refused)
        tell_refusal(runner, status);
    if (refused)
        expect_refusal(runner, refused, status);
    else if (status != STEPDOWN_OK)
        runner_failed(runner, runner->step->act, status);
    stepdown_error_free(&runner->error);
}

static void act(struct runner *runner) {
    const struct node *refused = tree_get(runner->step->node, "refused");
    stepdown_result *receipt = NULL;
    stepdown_status status = execute(runner, &receipt);
    if (runner->stopped) {
        stepdown_result_free(&receipt);
        return;
    }
    if (status != STEPDOWN_OK && refused)
        tell_refusal(runner, status);
    if (refused)
        expect_refusal(runner, refused, status);
    else if (status != STEPDOWN_OK)
        runner_failed(runner, runner->step->act, status);
    if (status == STEPDOWN_OK && !runner->stopped) {
        if (strcmp(runner->step->verb, "open") == 0)
            watch(runner, result_text(receipt, 0, "pathway"));
        size_t before = runner->happening_count;
        collect(runner, true);
        tell_happenings(runner, before);
        save_ids(runner, receipt);
    }
    stepdown_error_free(&runner->error);
    stepdown_result_free(&receipt);
}

// The pathway that the step names, or the one before.
static void choose_pathway(struct runner *runner) {
    const struct node *named = tree_get(runner->step->node, "pathway");
    const char *id = named ? runner_expand(runner, named->text) : "";
    for (size_t i = 0; named && i < runner->pathway_count; i++) {
        if (strcmp(runner->pathways[i].id, id) == 0) {
            runner->pathway = &runner->pathways[i];
            return;
        }
    }
    if (named)
        runner_unmet(runner, named, "pathway", "a pathway that an earlier step opened", id, "");
}

// The expectations of the step, or of the case, were met.
static void prove(struct runner *runner, const struct node *rows) {
    for (size_t i = 0; i < node_count(rows); i++)
        coverage_touch(&runner->touches, &runner->pool, "row", "", node_at(rows, i)->text, "proven");
}

static void play_step(struct runner *runner, const struct step *step) {
    const struct node *expect = tree_get(step->node, "expect"), *show = tree_get(step->node, "show");
    runner->step = step;
    runner->hushed = step->earlier;
    runner->happening_count = 0;
    stepdown_result_free(&runner->messages);
    let_time_pass(runner, step->at);
    if (!runner->stopped)
        choose_pathway(runner);
    if (runner->stopped)
        return;
    tell_step(runner, step);
    if (step->load)
        load(runner);
    else if (step->outbox)
        deliver(runner);
    else if (step->verb)
        act(runner);
    if (!runner->stopped && expect && !step->trusted)
        expect_check(runner, expect);
    if (!runner->stopped && !step->trusted)
        prove(runner, tree_get(step->node, "proves"));
    for (size_t i = 0; !runner->stopped && !step->trusted && i < node_count(show); i++)
        tell_show(runner, node_at(show, i));
    runner->steps += !runner->stopped;
}

bool runner_play(struct runner *runner, const struct scenario *scenario, const struct screen *screen,
                 const char *store_path, bool quiet) {
    memset(runner, 0, sizeof *runner);
    runner->scenario = scenario;
    runner->screen = screen;
    runner->store_path = store_path;
    runner->quiet = quiet;
    runner->now = scenario->start;
    runner->place = SIZE_MAX;
    runner->sessions = pool_take(&runner->pool, (scenario->post_count + 1) * sizeof(stepdown_session *));
    tell_opening(runner);
    if (set_up(runner)) {
        for (size_t i = 0; i < scenario->step_count && !runner->stopped; i++)
            play_step(runner, &scenario->steps[i]);
    }
    if (!runner->stopped && runner->expectations > 0)
        prove(runner, tree_get(scenario->of_case, "proves"));
    return !runner->stopped;
}

static void remove_store(const struct runner *runner) {
    static const char *const endings[] = {"", "-wal", "-shm"};
    struct pool pool = {0};
    for (size_t i = 0; i < sizeof endings / sizeof endings[0]; i++)
        (void)unlink(pool_print(&pool, "%s%s", runner->store_path, endings[i])); // what is left shows in rmdir
    (void)rmdir(runner->directory);
    pool_free(&pool);
}

void runner_free(struct runner *runner) {
    for (size_t i = 0; i < runner->scenario->post_count; i++)
        stepdown_session_free(&runner->sessions[i]);
    stepdown_result_free(&runner->messages);
    stepdown_result_free(&runner->names);
    stepdown_error_free(&runner->error);
    stepdown_error_free(&runner->stop.error);
    stepdown_engine_free(&runner->engine);
    stepdown_storage_free(&runner->storage);
    if (runner->directory)
        remove_store(runner);
    pool_free(&runner->pool);
}
