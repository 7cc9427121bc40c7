#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Layout is what clang-format says (run in the source directory).
set -eu
find src include tests fuzz examples bindings \( -name '*.[ch]' -o -name '*.[ch]pp' \) -print | xargs clang-format --dry-run --Werror --ferror-limit=3
