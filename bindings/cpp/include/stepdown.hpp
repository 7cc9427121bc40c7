// SPDX-License-Identifier: Apache-2.0
// stepdown for C++17 and later: everything of <stepdown.h> as classes. Nothing to link beside the library of C.
#ifndef STEPDOWN_HPP
#define STEPDOWN_HPP

#include <stepdown/engine.hpp>
#include <stepdown/error.hpp>
#include <stepdown/errors.hpp>
#include <stepdown/protocol.hpp>
#include <stepdown/rows.hpp>
#include <stepdown/session.hpp>
#include <stepdown/storage.hpp>
#include <stepdown/value.hpp>

#endif
