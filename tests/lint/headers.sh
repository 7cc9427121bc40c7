#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Every public header compiles alone, as C11 and as C++17.
# usage: headers.sh C-COMPILER C++-COMPILER (run in the source directory)
set -eu
flags="-Wall -Wextra -Wpedantic -Werror -Iinclude -fsyntax-only"
failed=0
for header in include/*.h include/stepdown/*.h; do
    [ -e "$header" ] || continue
    # shellcheck disable=SC2086
    printf '#include "%s"\n' "${header#include/}" | "$1" -std=c11 $flags -x c - || failed=1
    # shellcheck disable=SC2086
    printf '#include "%s"\n' "${header#include/}" | "$2" -std=c++17 $flags -x c++ - || failed=1
done
exit $failed
