// SPDX-License-Identifier: Apache-2.0
// The smallest host: a store in memory, one protocol, one pathway.
// Build with CMake (CMakeLists.txt beside this file), or: cc embed.c $(pkg-config --cflags --libs stepdown)
#include <stdio.h>
#include <stepdown.h>

int main(void) {
    stepdown_error *error = NULL;
    stepdown_storage *storage = NULL;
    stepdown_engine *engine = NULL;
    stepdown_protocol *protocol = NULL;
    stepdown_session *session = NULL;
    stepdown_command *command = NULL;
    stepdown_result *receipt = NULL;

    int failed = stepdown_storage_open_memory(NULL, &storage, &error) ||
                 stepdown_store_create(storage, NULL, "embed", "lee", "service-leader", "harbor", &error) ||
                 stepdown_engine_open(storage, NULL, &engine, &error) ||
                 stepdown_engine_set_organization(engine, "harbor", "provider", &error) ||
                 stepdown_protocol_new(NULL, &protocol, &error) ||
                 stepdown_protocol_add_builtin(protocol, "failed-first-visit-huddle", &error) ||
                 stepdown_engine_activate(engine, protocol, &error) ||
                 stepdown_session_open(engine, "dana", "supervisor", "harbor", NULL, &session, &error) ||
                 stepdown_command_new(session, "open", "failed-first-visit-huddle", &command, &error) ||
                 stepdown_command_set(command, "subject", "person-17", &error) ||
                 stepdown_command_set(command, "zone", "America/New_York", &error) ||
                 stepdown_session_execute(session, NULL, command, &receipt, &error);
    if (failed)
        fprintf(stderr, "%s\n", error ? stepdown_error_message(error) : "out of memory");
    else
        printf("opened %s\n", stepdown_result_text(receipt, 0, stepdown_result_column(receipt, "pathway")));

    stepdown_error_free(&error);
    stepdown_result_free(&receipt);
    stepdown_command_free(&command);
    stepdown_session_free(&session);
    stepdown_protocol_free(&protocol);
    stepdown_engine_free(&engine);
    stepdown_storage_free(&storage);
    return failed != 0;
}
