// SPDX-License-Identifier: Apache-2.0
// Terms, selectors and conditions in words, for show and draw. May call: definitions, lifecycle, record, base.
#ifndef PROTOCOL_DESCRIBE_H
#define PROTOCOL_DESCRIBE_H

#include "protocol/definitions.h"

void describe_term(const struct definitions *d, int32_t term, struct buffer *out);
void describe_selector(const struct definitions *d, int32_t selector, struct buffer *out);
void describe_node(const struct definitions *d, int32_t node, struct buffer *out);
void describe_roles(const struct definitions *d, int32_t set, struct buffer *out);
void describe_states(uint64_t states, struct buffer *out);
void describe_trigger(const struct definitions *d, const struct trigger *trigger, struct buffer *out);
void describe_action(const struct definitions *d, const struct action_def *action, struct buffer *out);
const char *describe_kind(uint8_t kind);
const char *describe_type(uint8_t type); // of a field

#endif
