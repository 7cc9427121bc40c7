#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The example scenarios under valgrind: no bad access, no leak. usage: valgrind.sh TOOL (run in the source directory)
set -eu
for scenario in examples/*/*.yaml; do
    [ -e "$scenario" ] || { echo "no scenario found"; exit 1; }
    echo "$scenario"
    valgrind --quiet --leak-check=full --show-leak-kinds=all --errors-for-leak-kinds=all --error-exitcode=99 \
        "$1" scenario run "$scenario" >/dev/null
done
