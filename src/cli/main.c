// SPDX-License-Identifier: Apache-2.0
// The tool's entry: which command, which options, what help. Owns both tables.
#include "cli/command.h"
#include "cli/when.h"

#include <locale.h>
#include <string.h>

enum { MOST_WORDS = 512 };

static const struct command commands[] = {
    {"protocol", "check", "FILE-or-NAME… [PARAMETER=VALUE…]", "compile protocol files and report every problem",
     "Each argument is a protocol file, an overlay file or the name of a protocol that ships with stepdown. Problems "
     "are "
     "listed with file, line and column, all of them in one go.",
     "stepdown protocol check failed-first-visit-huddle local-overlay.yaml PAR-01.late_after=19:00", 1, MOST_WORDS,
     run_protocol_check},
    {"protocol", "show", "FILE-or-NAME…", "summarize a protocol in words",
     "Roles, forms, items, rules, gates, escalations and confirmations with the requirement each one implements. With "
     "--json its elements, each with its rows and parts.",
     "stepdown protocol show failed-first-visit-huddle", 1, MOST_WORDS, run_protocol_show},
    {"protocol", "draw", "FILE-or-NAME…", "draw a protocol as a Graphviz diagram",
     "Writes the diagram in the dot language to standard output.",
     "stepdown protocol draw failed-first-visit-huddle | dot -Tsvg > huddle.svg", 1, MOST_WORDS, run_protocol_draw},
    {"protocol", "diff", "BEFORE AFTER", "say what differs between two protocols",
     "Each side is a protocol file or the name of one that ships with stepdown, with overlays and parameters behind "
     "'+'. "
     "Differences are listed element by element with their requirement rows: added, removed, tightened (less room than "
     "before), loosened, changed.",
     "stepdown protocol diff failed-first-visit-huddle failed-first-visit-huddle+local-overlay.yaml", 2, 2,
     run_protocol_diff},
    {"protocol", "list", "", "list protocols",
     "With --store those in force in that store, otherwise those that ship with stepdown: whom each is about, how many "
     "requirement rows it carries and what it protects from.",
     "stepdown protocol list", 0, 0, run_protocol_list},
    {"protocol", "activate", "FILE-or-NAME… [PARAMETER=VALUE…]", "put protocols in force in a store",
     "Each is in force by itself, with the overlays and parameters that are about it. Pathways opened from now on "
     "follow "
     "them; pathways that are running keep the ones they were opened under. With --for, only for pathways which that "
     "organization opens.",
     "stepdown protocol activate failed-first-visit-huddle PAR-01.late_after=19:00 --for harborview --store care.db", 1,
     MOST_WORDS, run_protocol_activate},
    {"store", "init", "", "make a new store",
     "Makes the file and names the person who answers when every escalation ladder has run out. No other command makes "
     "a "
     "store unless it is told to with --create and --fallback.",
     "stepdown store init --store care.db --fallback 'Ruth Adler:service-leader@harborview'", 0, 0, run_store_init},
    {"rebuild", "", "", "make anew what follows from the records",
     "Throws stored snapshots away, compares the index behind boards with every pathway and puts it right. Records are "
     "not "
     "touched, and others may go on working. `stepdown audit verify` names what there is to put right.",
     "stepdown rebuild --store care.db", 0, 0, run_rebuild},
    {"org", "set", "ORGANIZATION KIND", "make an organization known",
     "The kind is one of the protocols' dictionary: provider, case-management, clinical, funder and so on.",
     "stepdown org set harborview provider --store care.db", 2, 2, run_org_set},
    {"role", "assign", "PERSON:ROLE@ORGANIZATION [from=TIME] [until=TIME] [on_call=yes]", "say who holds a role",
     "Escalations find people through these assignments. Without `from` it holds from now on, without `until` for "
     "good.",
     "stepdown role assign 'Maria Chen:supervisor@harborview' on_call=yes --store care.db", 1, 4, run_role_assign},
    {"role", "list", "", "list who holds which role", "All assignments of the store, past ones too.",
     "stepdown role list --store care.db", 0, 0, run_role_list},
    {"pathway", "start", "PROTOCOL subject=ID zone=ZONE [NAME=VALUE…]", "open a pathway for a person",
     "More protocols at once with attach=PROTOCOL. The subject is your own opaque reference, never a name. The zone is "
     "the one the person lives in; due times such "
     "as "
     "'same day' follow its clock.",
     "stepdown pathway start failed-first-visit-huddle subject=p-4471 zone=America/New_York \\\n"
     "      --store care.db --as 'Maria Chen:supervisor@harborview'",
     1, MOST_WORDS, run_pathway_start},
    {"pathway", "show", "", "show a pathway with its items and entries",
     "Items with owner, state and due time; entries with facts apart from interpretation. --live leaves out finished "
     "items.",
     "stepdown pathway show --pathway ID --store care.db --as 'Maria Chen:supervisor@harborview'", 0, 0,
     run_pathway_show},
    {"pathway", "list", "", "list the pathways your organization takes part in",
     "--limit and --from page through them.",
     "stepdown pathway list --store care.db --as 'Maria Chen:supervisor@harborview'", 0, 0, run_pathway_list},
    {"pathway", "replay", "FILE-or-NAME… [PARAMETER=VALUE…]", "say what would have differed under other protocols",
     "Carries the recorded steps of a pathway out once more under these protocols, overlays and parameters, in a store "
     "of "
     "its own in memory and at their recorded times, and lists what differs: steps that would have been held or "
     "refused, "
     "what would have happened or not, due times that would have moved, and what could not be replayed. Changes "
     "nothing.",
     "stepdown pathway replay failed-first-visit-huddle local-overlay.yaml --pathway ID --store care.db \\\n"
     "      --as 'Maria Chen:supervisor@harborview'",
     1, MOST_WORDS, run_pathway_replay},
    {"pathway", "migrate", "[reason=TEXT]", "move pathways to the versions that are in force",
     "One pathway, or --all that the organization opened; each as a whole or not at all. With --dry-run it lists what "
     "stands against it, and what becomes of every running clock: kept, moved, dropped or new. Ends with 1 when "
     "something is refused.",
     "stepdown pathway migrate --all --dry-run --store care.db --as 'Maria Chen:supervisor@harborview'", 0, MOST_WORDS,
     run_pathway_migrate},
    {"each", "", "VERB [NAME=VALUE…]", "carry a command out on every pathway of the organization",
     "For commands that are about a whole pathway: reassign, hand-over-shift, take-over-shift and so on. Each "
     "pathway by itself; what is refused is listed and keeps no other from its turn. Ends with 1 when something is "
     "refused.",
     "stepdown each reassign from='Sam Ortiz' to='Lena Brandt' reason='on leave' --store care.db \\\n"
     "      --as 'Maria Chen:supervisor@harborview'",
     1, MOST_WORDS, run_each},
    {"submit", "", "FORM FIELD=VALUE… [about=ITEM]", "fill in a form",
     "A field given twice makes a list. A form that is filled in already is amended, unless it may be filled in many "
     "times.",
     "stepdown submit visit_record visit_time='2026-03-02T14:00:00-05:00' person_response=refused \\\n"
     "      --pathway ID --store care.db --as 'Sam Ortiz:frontline-staff@harborview' --at '2026-03-02 14:20'",
     1, MOST_WORDS, run_submit},
    {"do", "", "VERB ITEM [NAME=VALUE…]", "carry out a step on an item, an entry or the pathway",
     "Verbs are those of the item's kind: assign, accept, start, join, present, decide, close, refuse, own, resolve "
     "and "
     "so on; on entries amend, retract and erase; acknowledge, attest and withdraw on both. ITEM is a name (the newest "
     "of "
     "that "
     "name) or an id such as 12.0; `pathway` for the pathway itself. A step that a gate holds is refused with every "
     "unmet need and who can clear it.",
     "stepdown do assign second_visit owner='Lena Brandt' --pathway ID --store care.db \\\n"
     "      --as 'Maria Chen:supervisor@harborview'",
     2, MOST_WORDS, run_do},
    {"gate", "check", "GATE", "say whether a gate is open and what it waits for",
     "GATE is its name or the step it guards. Checking changes nothing. Ends with 0 when the gate is open and 1 when "
     "it "
     "is held.",
     "stepdown gate check second_visit.start --pathway ID --store care.db --as 'Maria Chen:supervisor@harborview'", 1,
     1, run_gate_check},
    {"board", "", "", "show what must happen next",
     "Every open action with its owner, when it is due, what proves that it is done and to whom it escalates; what "
     "hurts "
     "first on top. What nobody owns is marked UNOWNED. Of one pathway (--pathway), of a person (--person), of a role "
     "(--role), or without any of them everything of your organization; --overdue, --unowned, --blocked, --waiting and "
     "--due-within leave out the rest, --limit and --from page through it.",
     "stepdown board --role supervisor --due-within '4 hours' --store care.db \\\n"
     "      --as 'Maria Chen:supervisor@harborview'",
     0, 0, run_board},
    {"dashboard", "", "NAME", "show numbers about many, small ones kept back",
     "A dashboard of the pathway's protocols, apart for each organization. It is seen by the roles and for the "
     "--purpose "
     "that the protocol names; small numbers are hidden, and with them whatever they could be worked out from.",
     "stepdown dashboard capacity --pathway ID --purpose coordination --store care.db --as 'Joe "
     "Kim:commissioner@county'",
     1, 1, run_dashboard},
    {"measures", "", "", "show what the protocols measure",
     "Each measure with its value, of how many it is reckoned, and how many of them have no value yet. What cannot be "
     "computed says so, and so does what is not due yet; it is not nought.",
     "stepdown measures --pathway ID --store care.db --as 'Maria Chen:supervisor@harborview'", 0, 0, run_measures},
    {"responsibility", "", "", "show who held what, and every gap",
     "Between release and first contact, for each responsibility of the protocols and across organizations: who had "
     "accepted it since when, and every stretch of time in which nobody had.",
     "stepdown responsibility --pathway ID --store care.db --as 'Maria Chen:supervisor@harborview'", 0, 0,
     run_responsibility},
    {"knowledge", "", "ITEM", "say who knew something, since when and how",
     "Of an item, an entry or an update (a name, the newest of it, or an id such as 12.0): who wrote it, got it "
     "delivered, "
     "acknowledged it, sat in a huddle that had it as evidence or read it, in which version, since when; and whom it "
     "was sent to without reaching them yet.",
     "stepdown knowledge visit_record --pathway ID --store care.db --as 'Maria Chen:supervisor@harborview'", 1, 1,
     run_knowledge},
    {"report", "", "", "print a report of the pathway for funders and regulators",
     "What an audit confirms with the records that prove it, who held what, the measures, and what is still to be "
     "done. --for regulator shows coordinated response, oversight and decisions, --for funder need, intensity and "
     "measures; another audience is a ROLE with a --purpose. It holds what whoever asks may read and consent lets the "
     "audience read.",
     "stepdown report --for funder --pathway ID --store care.db --as 'Ruth Adler:service-leader@harborview'", 0, 0,
     run_report},
    {"advance", "", "", "let time pass",
     "Fires everything that is due by --at (without it, by now): overdue items, escalation steps, schedules.",
     "stepdown advance --store care.db --at '2026-03-03T00:00:00-05:00'", 0, 0, run_advance},
    {"audit", "show", "", "list the records of a pathway", "--from and --limit page through them.",
     "stepdown audit show --pathway ID --store care.db --as 'Maria Chen:supervisor@harborview'", 0, 0, run_audit_show},
    {"audit", "validate", "", "print the auditable validation",
     "For each confirmation whether it is answered, apart from that its value, and the records that prove it.",
     "stepdown audit validate --pathway ID --store care.db --as 'Maria Chen:supervisor@harborview'", 0, 0,
     run_audit_validate},
    {"audit", "verify", "", "verify the chains",
     "Walks every chain of the store, or that of --pathway, and names the first record that does not fit; names every "
     "row "
     "of the index behind boards that is missing, wrong or left over. Ends with 1 when something is.",
     "stepdown audit verify --store care.db", 0, 0, run_audit_verify},
    {"outbox", "lease", "[seconds=N]", "take messages to deliver",
     "Takes up to --limit messages (10) for so many seconds (300); each must be settled.",
     "stepdown outbox lease --store care.db --as 'mailer:frontline-staff@harborview'", 0, 1, run_outbox_lease},
    {"outbox", "settle", "TOKEN delivered|returned", "say what became of a message",
     "`returned` gives it back, to be taken again.",
     "stepdown outbox settle TOKEN delivered --store care.db --as 'mailer:frontline-staff@harborview'", 2, 2,
     run_outbox_settle},
    {"scenario", "run", "FILE…", "play scenario files and check what must be true",
     "Each plays on a virtual clock in a store of its own (a temporary file, or --store) and stops at the first "
     "expectation that is not met; the others go on. --quiet, --json and --tap replace the transcript, --junit FILE "
     "writes JUnit XML beside it, --rows FILE which requirement rows were put to the test and how. Ends with 1 when an "
     "expectation was not met, with 2 when a file is wrong.",
     "stepdown scenario run examples/failed-first-visit/1-the-story.yaml", 1, MOST_WORDS, run_scenario_run},
};
enum { COMMANDS = sizeof commands / sizeof commands[0] };

struct option {
    const char *name, *value, *help;
    size_t place; // in struct options
};
#define OPTION(field) offsetof(struct options, field)
static const struct option option_rows[] = {
    {"--store", "FILE", "the store, a SQLite file", OPTION(store)},
    {"--as", "ACTOR:ROLE@ORG", "who does it, in which role, for which organization", OPTION(as)},
    {"--purpose", "PURPOSE", "purpose of use (treatment)", OPTION(purpose)},
    {"--pathway", "ID", "the pathway", OPTION(pathway)},
    {"--at", "TIME", "when it happened, if not now; for advance: until when", OPTION(at)},
    {"--zone", "ZONE", "zone for times (the pathway's own)", OPTION(zone)},
    {"--id", "COMMANDID", "carry the command out once under this id, however often it is sent", OPTION(id)},
    {"--expect", "SEQ", "refuse if the pathway has a newer record than this", OPTION(expect)},
    {"--json", NULL, "answer in JSON", OPTION(json)},
    {"--quiet", NULL, "scenario run: no transcript, one line for each scenario or case", OPTION(quiet)},
    {"--tap", NULL, "scenario run: answer in TAP, for test harnesses", OPTION(tap)},
    {"--junit", "FILE", "scenario run: also write JUnit XML there", OPTION(junit)},
    {"--rows", "FILE", "scenario run: also write there which requirement rows were put to the test", OPTION(rows)},
    {"--from", "N", "where to start in a list", OPTION(from)},
    {"--limit", "N", "how many rows at most", OPTION(limit)},
    {"--all", NULL, "every pathway in which the organization takes part", OPTION(all)},
    {"--dry-run", NULL, "say what would happen, and do nothing", OPTION(dry_run)},
    {"--for", "ORGANIZATION", "protocols: for pathways of this organization only; report: for whom", OPTION(whom)},
    {"--as-of", "TIME", "show the pathway as it was known then", OPTION(as_of)},
    {"--happened-by", "TIME", "entries: only of what had happened by then", OPTION(happened_by)},
    {"--person", "PERSON", "board: only what this person owns", OPTION(person)},
    {"--role", "ROLE", "board: only what this role answers for", OPTION(role)},
    {"--organization", "ORG", "board: of this organization (your own)", OPTION(organization)},
    {"--overdue", NULL, "board: only what is overdue", OPTION(overdue)},
    {"--unowned", NULL, "board: only what nobody owns", OPTION(unowned)},
    {"--blocked", NULL, "board: only what a gate holds or what is blocked", OPTION(blocked)},
    {"--waiting", NULL, "board: only what was sent and not yet answered", OPTION(waiting)},
    {"--due-within", "DURATION", "board: only what is due by then", OPTION(due_within)},
    {"--emergency", "REASON", "see all of the pathway in an emergency; on record, and reviewed", OPTION(emergency)},
    {"--live", NULL, "only what is not finished", OPTION(live)},
    {"--create", NULL, "make the store when there is none", OPTION(create)},
    {"--fallback", "PERSON:ROLE@ORG", "new store: who answers when every ladder has run out", OPTION(fallback)},
    {"--name", "NAME", "new store: its name", OPTION(name)},
    {"--help", NULL, "help for the command", OPTION(help)},
    {"--version", NULL, "version of the library", OPTION(version)},
};
enum { OPTIONS = sizeof option_rows / sizeof option_rows[0] };

// ---- help ---------------------------------------------------------------------------------------------------------

static char *synopsis(struct pool *pool, const struct command *command) {
    return pool_print(pool, "%s%s%s%s%s", command->group, *command->name ? " " : "", command->name,
                      *command->arguments ? " " : "", command->arguments);
}

static void help_options(const struct screen *screen) {
    struct pool pool = {0};
    screen_line(screen, TONE_BOLD, "Options");
    for (size_t i = 0; i < OPTIONS; i++) {
        const struct option *option = &option_rows[i];
        const char *name = pool_print(&pool, "%s %s", option->name, option->value ? option->value : "");
        screen_paragraph(screen, TONE_PLAIN, pool_print(&pool, "  %-28s ", name), 31, option->help);
    }
    pool_free(&pool);
}

void help_overview(const struct screen *screen) {
    struct pool pool = {0};
    screen_line(screen, TONE_BOLD, "stepdown COMMAND [ARGUMENTS] [OPTIONS]");
    screen_paragraph(screen, TONE_PLAIN, "", 0,
                     "Step-down pathways after crisis care: who must do what by when, what holds, who is told, and the "
                     "proof.");
    screen_gap(screen);
    screen_line(screen, TONE_BOLD, "Commands");
    for (size_t i = 0; i < COMMANDS; i++) {
        const char *name = pool_print(&pool, "%s %s", commands[i].group, commands[i].name);
        screen_paragraph(screen, TONE_PLAIN, pool_print(&pool, "  %-20s ", name), 23, commands[i].summary);
    }
    screen_gap(screen);
    help_options(screen);
    screen_gap(screen);
    screen_paragraph(screen, TONE_PLAIN, "", 0,
                     "Ends with 0: done. 1: refused, held, not met or broken. 2: the command line or a file is wrong. "
                     "3: failed. 4: busy, try again. `stepdown help COMMAND` shows a command with an example.");
    pool_free(&pool);
}

void help_command(const struct screen *screen, const struct command *command) {
    struct pool pool = {0};
    screen_line(screen, TONE_BOLD, "stepdown %s", synopsis(&pool, command));
    screen_gap(screen);
    screen_paragraph(screen, TONE_PLAIN, "  ", 2, command->help);
    screen_gap(screen);
    screen_line(screen, TONE_BOLD, "Example");
    fprintf(screen->file, "  %s\n", command->example); // not wrapped: to be copied
    pool_free(&pool);
}

bool help_group(const struct screen *screen, const char *group) {
    bool found = false;
    for (size_t i = 0; i < COMMANDS; i++) {
        if (strcmp(commands[i].group, group) != 0)
            continue;
        if (found)
            screen_gap(screen);
        help_command(screen, &commands[i]);
        found = true;
    }
    return found;
}

// ---- words and options --------------------------------------------------------------------------------------------

const struct command *command_find(const char *const *words, size_t count, size_t *used) {
    for (size_t i = 0; count > 0 && i < COMMANDS; i++) {
        bool single = !*commands[i].name;
        if (strcmp(commands[i].group, words[0]) != 0)
            continue;
        if (single || (count > 1 && strcmp(commands[i].name, words[1]) == 0)) {
            *used = single ? 1 : 2;
            return &commands[i];
        }
    }
    return NULL;
}

// The option that `word` names; *value: what stands behind '=', or NULL.
static const struct option *option_find(const char *word, const char **value) {
    size_t size = strcspn(word, "=");
    *value = word[size] ? word + size + 1 : NULL;
    for (size_t i = 0; i < OPTIONS; i++) {
        if (strlen(option_rows[i].name) == size && strncmp(option_rows[i].name, word, size) == 0)
            return &option_rows[i];
    }
    return NULL;
}

int options_read(struct call *call, int argc, char *const *argv, const char **words, size_t *word_count) {
    bool literal = false; // behind "--"
    for (int i = 1; i < argc; i++) {
        const char *word = argv[i], *value;
        if (literal || strncmp(word, "--", 2) != 0 || strcmp(word, "--") == 0) {
            bool ends_options = !literal && strcmp(word, "--") == 0;
            literal = literal || ends_options;
            if (!ends_options)
                words[(*word_count)++] = word;
            continue;
        }
        const struct option *option = option_find(word, &value);
        if (!option)
            return call_misused(call, "there is no option %s; `stepdown --help` lists them", word);
        char *place = (char *)&call->options + option->place;
        if (!option->value) {
            if (value)
                return call_misused(call, "%s takes no value", option->name);
            *(bool *)(void *)place = true;
            continue;
        }
        if (!value && ++i >= argc)
            return call_misused(call, "%s needs a value: %s", option->name, option->value);
        *(const char **)(void *)place = value ? value : argv[i];
    }
    return EXIT_DONE;
}

static int show_help(struct call *call, const char *const *words, size_t count) {
    size_t used = 0;
    const struct command *command = command_find(words, count, &used);
    if (count == 0)
        help_overview(&call->out);
    else if (command)
        help_command(&call->out, command);
    else if (!help_group(&call->out, words[0]))
        return call_misused(call, "there is no command %s; `stepdown --help` lists them", words[0]);
    return EXIT_DONE;
}

static int run_command(struct call *call, const char *const *words, size_t count) {
    size_t used = 0;
    call->command = command_find(words, count, &used);
    if (!call->command) {
        call_misused(call, "there is no command %s%s%s", words[0], count > 1 ? " " : "", count > 1 ? words[1] : "");
        if (!help_group(&call->err, words[0]))
            screen_line(&call->err, TONE_PLAIN, "`stepdown --help` lists the commands");
        return EXIT_USAGE;
    }
    call->words = words + used;
    call->word_count = count - used;
    if (call->word_count < call->command->least_words || call->word_count > call->command->most_words) {
        struct pool pool = {0};
        int code = call_misused(call, "%s arguments; it is written: stepdown %s",
                                call->word_count < call->command->least_words ? "too few" : "too many",
                                synopsis(&pool, call->command));
        pool_free(&pool);
        return code;
    }
    if (call->options.zone && !zone_exists(call->options.zone))
        return call_misused(call, "there is no zone '%s'; write it as in America/New_York", call->options.zone);
    return call->command->run(call);
}

int main(int argc, char **argv) {
    struct call call = {.clock = STEPDOWN_TIME_NONE};
    size_t count = 0;
    setlocale(LC_ALL, "C");
    screen_init(&call.out, stdout);
    screen_init(&call.err, stderr);
    const char **words = pool_take(&call.pool, ((size_t)argc + 1) * sizeof *words);
    int code = options_read(&call, argc, argv, words, &count);
    bool help_word = count > 0 && strcmp(words[0], "help") == 0;
    if (code != EXIT_DONE)
        ;
    else if (call.options.version)
        printf("stepdown %s\n", stepdown_version());
    else if (call.options.help || help_word)
        code = show_help(&call, words + help_word, count - help_word);
    else if (count == 0)
        code = (help_overview(&call.err), EXIT_USAGE);
    else
        code = run_command(&call, words, count);
    call_free(&call);
    if (fflush(stdout) != 0 || ferror(stdout)) {
        fputs("stepdown: the output could not be written\n", stderr);
        code = code == EXIT_DONE ? EXIT_FAILED : code;
    }
    return code;
}
