// SPDX-License-Identifier: Apache-2.0
// stepdown: an embeddable engine for crisis-stabilization and step-down pathways. This header brings in all of it.
#ifndef STEPDOWN_H
#define STEPDOWN_H

#include <stepdown/audit.h>
#include <stepdown/board.h>
#include <stepdown/command.h>
#include <stepdown/engine.h>
#include <stepdown/pathway.h>
#include <stepdown/protocol.h>
#include <stepdown/result.h>
#include <stepdown/status.h>
#include <stepdown/storage.h>
#include <stepdown/types.h>

#endif
