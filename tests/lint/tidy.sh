#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# clang-tidy (.clang-tidy) over the library and the tool. usage: tidy.sh BUILD_DIR (run in the source directory)
set -u
log=$(mktemp)
trap 'rm -f "$log"' EXIT
run-clang-tidy -quiet -p "$1" "$PWD/src/[a-z]+/" >"$log" 2>&1 && exit 0
sed -i 's/\x1b\[[0-9;]*m//g' "$log"
grep -E '(warning|error):' "$log" | sort -u | grep . || tail -n 40 "$log"
exit 1
