// SPDX-License-Identifier: Apache-2.0
// The one table of commands and the one table of options; help is made from them. May call: call.
#ifndef CLI_COMMAND_H
#define CLI_COMMAND_H

#include "cli/call.h"

struct command {
    const char *group, *name; // "protocol", "check"; name "" when the group has one command only
    const char *arguments;    // behind the name, in the synopsis
    const char *summary;      // one line
    const char *help;         // a paragraph
    const char *example;
    size_t least_words, most_words; // behind the name
    int (*run)(struct call *call);
};

// Find the command that the words name; *used is how many of them do. NULL: none.
const struct command *command_find(const char *const *words, size_t count, size_t *used);

void help_overview(const struct screen *screen);
void help_command(const struct screen *screen, const struct command *command);
// Help for every command that begins with `group`; false: there is none.
bool help_group(const struct screen *screen, const char *group);

// Take options out of the words. Returns EXIT_DONE, or says what is wrong.
int options_read(struct call *call, int argc, char *const *argv, const char **words, size_t *word_count);

// NAME=VALUE words from `first` on, as arguments of the command.
stepdown_status command_arguments(struct call *call, stepdown_command *command, size_t first);
// One command: `verb` on `target`, with the words from `first` on as its arguments.
int call_execute(struct call *call, const char *verb, const char *target, size_t first);

int run_protocol_check(struct call *call);
int run_protocol_show(struct call *call);
int run_protocol_draw(struct call *call);
int run_protocol_diff(struct call *call);
int run_protocol_list(struct call *call);
int run_protocol_activate(struct call *call);
int run_store_init(struct call *call);
int run_rebuild(struct call *call);
int run_org_set(struct call *call);
int run_role_assign(struct call *call);
int run_role_list(struct call *call);
int run_pathway_start(struct call *call);
int run_pathway_show(struct call *call);
int run_pathway_list(struct call *call);
int run_pathway_replay(struct call *call);
int run_pathway_migrate(struct call *call);
int run_each(struct call *call);
int run_submit(struct call *call);
int run_do(struct call *call);
int run_gate_check(struct call *call);
int run_board(struct call *call);
int run_measures(struct call *call);
int run_responsibility(struct call *call);
int run_report(struct call *call);
int run_knowledge(struct call *call);
int run_dashboard(struct call *call);
int run_advance(struct call *call);
int run_audit_show(struct call *call);
int run_audit_validate(struct call *call);
int run_audit_verify(struct call *call);
int run_outbox_lease(struct call *call);
int run_outbox_settle(struct call *call);
int run_scenario_run(struct call *call);

#endif
