#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# clang-tidy (.clang-tidy) over the library and the tool. usage: tidy.sh BUILD_DIR (run in the source directory)
set -u
log=$(mktemp)
run-clang-tidy -quiet -p "$1" "$PWD/src/[a-z]+/" >"$log" 2>&1
status=$?
sed 's/\x1b\[[0-9;]*m//g' "$log" | grep -E '(warning|error):' | sort -u
[ $status -eq 0 ] || tail -n 40 "$log"
rm -f "$log"
exit $status
