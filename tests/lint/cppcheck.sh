#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# cppcheck over the library and the tool (run in the source directory).
set -eu
exec cppcheck --std=c11 --enable=warning,performance,portability --inline-suppr --error-exitcode=1 --quiet -j 2 \
    --suppress=missingIncludeSystem -Iinclude -Isrc src
